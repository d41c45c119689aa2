//! The command line: exit codes, what goes where, and that nothing is written unless all is well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use xtask::tree::{self, Tree};
use xtask::workspace;

use crate::program::{self, GIT_IDENTITY, Ran, launchway, run};
use crate::terminal::{CONTROL_C, Left, Terminal};

const NO_QUESTIONS: [&str; 2] = ["--no-input", "--no-git"];

/// Runs `launchway new orders` with further words in an empty folder.
fn new(folder: &Path, words: &[&str]) -> Ran {
    run(launchway().args(["new", "orders"]).args(NO_QUESTIONS).args(words).current_dir(folder))
}

fn empty_folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[track_caller]
fn assert_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_project_is_written_to_a_folder_of_its_name() {
    let folder = empty_folder();
    new(folder.path(), &["--target", "ecs"]).success();
    assert!(folder.path().join("orders/Cargo.toml").is_file());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn without_answers_one_error_lists_every_missing_flag() {
    for words in [&["new"][..], &["new", "--no-input"]] {
        let folder = empty_folder();
        let ran = run(launchway().args(words).current_dir(folder.path()));
        assert_eq!(ran.stdout, "");
        let said = ran.failure(2);
        assert!(said.contains("NAME") || said.contains("--service"), "{said}");
        assert!(said.contains("--target"), "{said}");
        assert_empty(folder.path());
    }
}

#[test]
fn the_line_that_the_error_suggests_is_ready_to_run() {
    let folder = empty_folder();
    let said = run(launchway().arg("new").current_dir(folder.path())).failure(2);
    let line = said.lines().find_map(|line| line.find("launchway new").map(|start| &line[start..]));
    let line = line.unwrap_or_else(|| panic!("no line to run in:\n{said}")).trim_end_matches('`');
    run(shell(line).current_dir(folder.path())).success();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Runs a line as a person does who has the program on the path.
fn shell(line: &str) -> Command {
    let mut command = workspace::hermetic(Path::new("/bin/sh")).unwrap();
    let mut path = program::path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.args(["-euc", line]).env("PATH", path).envs(GIT_IDENTITY);
    command
}

#[test]
fn the_result_as_json_lists_every_file_with_its_hash() {
    let folder = empty_folder();
    let said = new(folder.path(), &["--target", "both", "--output", "json"]).success();
    let result: Value = serde_json::from_str(&said).unwrap();
    let hashes = |tree: Tree| -> BTreeMap<String, String> {
        tree.into_iter().map(|(path, file)| (path, hexadecimal(&Sha256::digest(file.bytes)))).collect()
    };
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    let listed = result["files"].as_array().unwrap().iter();
    let listed: BTreeMap<_, _> = listed.map(|file| (string(&file["path"]), string(&file["sha256"]))).collect();
    assert_eq!(listed, hashes(tree::read(&folder.path().join("orders")).unwrap()));
    assert!(result["warnings"].is_array());
    assert!(Path::new(result["path"].as_str().unwrap()).ends_with("orders"));
}

#[test]
fn a_word_that_the_template_does_not_know_is_taken_with_a_warning() {
    let folder = empty_folder();
    let regions = ["--target", "ecs", "--regions", "eu-west-1,eu-wset-2", "--output", "json"];
    let result: Value = serde_json::from_str(&new(folder.path(), &regions).success()).unwrap();
    assert_eq!(
        result["warnings"],
        serde_json::json!(["the template does not know `eu-wset-2`, which `regions` names; did you mean `eu-west-2`?"])
    );
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[test]
fn the_command_that_is_shown_makes_the_same_project_byte_for_byte() {
    let words = [
        &["--target", "kubernetes"][..],
        &[
            "--target",
            "both",
            "--description",
            "It's \"$HOME\" & `id` \\ !",
            "--environments",
            "dev,live",
            "--production",
            "live",
            "--port",
            "9000",
        ],
        &["--target", "ecs", "--https=false", "--cpu", "1024", "--memory", "8192", "--repository", "ACME/Orders"],
    ];
    for words in words {
        let (once, again) = (empty_folder(), empty_folder());
        let said = new(once.path(), &[words, &["--output", "json"]].concat()).success();
        let result: Value = serde_json::from_str(&said).unwrap();
        let line = result["command"].as_str().unwrap();
        run(shell(line).current_dir(again.path())).success();
        let mut repeated = tree::read(&again.path().join("orders")).unwrap();
        repeated.retain(|path, _| !path.starts_with(".git/"));
        let first = tree::read(&once.path().join("orders")).unwrap();
        assert_eq!(tree::differences(&first, &repeated), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn a_destination_with_something_in_the_way_is_left_alone() {
    let folder = empty_folder();
    fs::create_dir(folder.path().join("orders")).unwrap();
    fs::write(folder.path().join("orders/README.md"), "mine").unwrap();
    let before = tree::read(folder.path()).unwrap();
    let said = new(folder.path(), &["--target", "ecs"]).failure(3);
    assert!(said.contains("orders"), "{said}");
    assert_eq!(tree::read(folder.path()).unwrap(), before);
}

#[test]
fn every_bad_answer_is_named_at_once_and_nothing_is_written() {
    let folder = empty_folder();
    let words = ["--target", "nomad", "--port", "80", "--environments", "dev,dev", "--ci", "jenkins"];
    let ran = new(folder.path(), &words);
    assert_eq!(ran.stdout, "");
    let said = ran.failure(2);
    for word in ["nomad", "80", "dev", "jenkins"] {
        assert!(said.contains(word), "`{word}` is not in:\n{said}");
    }
    assert_empty(folder.path());
}

#[test]
fn a01_a02_a05_a_name_that_would_break_something_is_refused() {
    for name in
        ["Orders", "1orders", "orders-", "or--ders", "orders.api", "true", "null", "tokio", "platform", &"a".repeat(41)]
    {
        let folder = empty_folder();
        let new = ["new", name, "--target", "ecs"];
        let said = run(launchway().args(new).args(NO_QUESTIONS).current_dir(folder.path())).failure(2);
        assert!(said.contains("service"), "{said}");
        assert_empty(folder.path());
    }
}

#[test]
fn no_service_can_be_called_like_a_crate_that_it_is_built_of() {
    let lock = workspace::root().join("tests/golden/ecs-default/project/Cargo.lock");
    let lock: toml::Table = fs::read_to_string(lock).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap());
    let others: BTreeSet<_> = packages.filter(|name| *name != "orders").map(|name| name.replace('_', "-")).collect();
    assert!(others.contains("axum"), "{others:?}");
    for name in others {
        let new = ["new", &name, "--target", "ecs", "--no-input", "--dry-run"];
        let ran = run(launchway().args(new));
        assert_eq!(ran.code, Some(2), "`{name}` is accepted");
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_answers_file() {
    let folder = empty_folder();
    fs::write(folder.path().join("answers.toml"), "target = \"ecs\"\nport = 3001\ncpu = 512\nowner = \"file\"\n")
        .unwrap();
    let words =
        ["new", "orders", "--answers", "answers.toml", "--port", "3003", "--no-input", "--dry-run", "--output=json"];
    let environment = [("LAUNCHWAY_PORT", "3002"), ("LAUNCHWAY_OWNER", "environment")];
    let said = run(launchway().args(words).envs(environment).current_dir(folder.path())).success();
    let result: Value = serde_json::from_str(&said).unwrap();
    let answer = |id: &str| result["answers"][id].to_string();
    assert_eq!(answer("port"), "3003");
    assert_eq!(answer("owner"), "\"environment\"");
    assert_eq!(answer("cpu"), "\"512\"");
    assert_eq!(answer("regions"), "[\"us-east-1\"]");
}

#[test]
fn a_flag_and_an_answers_file_are_refused_with_the_same_words() {
    let folder = empty_folder();
    fs::write(folder.path().join("answers.toml"), "target = \"ecs\"\nport = 80\n").unwrap();
    let by_flag = new(folder.path(), &["--target", "ecs", "--port", "80"]).failure(2);
    let by_file = new(folder.path(), &["--answers", "answers.toml"]).failure(2);
    let shared = by_flag.lines().filter(|line| line.contains("80")).find(|line| by_file.contains(line.trim()));
    assert!(shared.is_some(), "{by_flag}\n{by_file}");
}

#[test]
fn a_key_of_the_answers_file_that_no_question_has_is_refused() {
    let folder = empty_folder();
    fs::write(folder.path().join("answers.toml"), "target = \"ecs\"\nprot = 8080\n").unwrap();
    let said = new(folder.path(), &["--answers", "answers.toml"]).failure(2);
    assert!(said.contains("prot"), "{said}");
}

#[test]
fn an_unknown_flag_is_refused_with_the_flag_that_was_meant() {
    let said = run(launchway().args(["new", "orders", "--targte", "ecs"])).failure(2);
    assert!(said.contains("--targte") && said.contains("--target"), "{said}");
}

#[test]
fn the_templates_are_listed_on_stdout() {
    let said = run(launchway().arg("templates")).success();
    assert!(said.lines().any(|line| line.starts_with("service")), "{said}");
}

#[test]
fn the_help_of_new_has_a_flag_for_every_question() {
    let said = run(launchway().args(["new", "--help"])).success();
    let ids = ["description", "owner", "target", "environments", "repository", "ci", "architecture", "port", "regions"];
    let more = ["cpu", "memory", "scheme", "https", "exposure", "domain", "ingress-namespace", "gateway"];
    for id in ids.into_iter().chain(more) {
        assert!(said.contains(&format!("      --{id}")), "--{id} is not in:\n{said}");
    }
}

#[test]
fn a_dry_run_shows_the_files_and_writes_nothing() {
    let folder = empty_folder();
    let said = new(folder.path(), &["--target", "ecs", "--dry-run"]).success();
    assert!(said.contains("service.yaml") && said.contains("Dockerfile"), "{said}");
    assert!(!said.contains("AWSTemplateFormatVersion"), "{said}");
    assert_empty(folder.path());
}

#[test]
fn a_dry_run_with_diff_shows_what_is_in_the_files() {
    let folder = empty_folder();
    let said = new(folder.path(), &["--target", "ecs", "--dry-run", "--diff"]).success();
    assert!(said.contains("+AWSTemplateFormatVersion: \"2010-09-09\""), "{said}");
    assert_empty(folder.path());
}

#[test]
fn a_diff_cannot_be_json() {
    let folder = empty_folder();
    let said = new(folder.path(), &["--target", "ecs", "--dry-run", "--diff", "--output", "json"]).failure(2);
    assert!(said.contains("`--diff` is text"), "{said}");
}

/// Copies the built-in template, as a team does that makes it its own.
fn team_template() -> (TempDir, PathBuf) {
    let folder = empty_folder();
    let template = folder.path().join("template");
    let built_in = tree::read(&workspace::root().join("templates/service")).unwrap();
    tree::write(&built_in, &template).unwrap();
    (folder, template)
}

#[test]
fn a_team_can_use_a_template_of_its_own_with_everything_that_the_built_in_one_has() {
    let (folder, template) = team_template();
    fs::write(template.join("files/TEAM.md.hbs"), "# {{service}} of {{quote_markdown description}}\n").unwrap();
    new(folder.path(), &["--target", "both", "--dest", "built-in"]).success();
    let words = ["--target", "both", "--dest", "team", "--template", "./template"];
    new(folder.path(), &words).success();
    let without_record = |name: &str| {
        let mut tree = tree::read(&folder.path().join(name)).unwrap();
        tree.retain(|path, _| !path.starts_with(".launchway/"));
        tree
    };
    let differences = tree::differences(&without_record("built-in"), &without_record("team"));
    assert_eq!(differences, ["TEAM.md: not expected"]);
}

#[test]
fn a_template_that_does_not_quote_a_text_is_refused_with_the_place() {
    let (folder, template) = team_template();
    fs::write(template.join("files/TEAM.md.hbs"), "# {{service}}\n\nAbout: {{description}}\n").unwrap();
    let said = new(folder.path(), &["--target", "ecs", "--template", "./template"]).failure(4);
    assert!(said.contains("files/TEAM.md.hbs:3:8") && said.contains("quote"), "{said}");
    assert!(!folder.path().join("orders").exists());
}

#[test]
fn a_template_whose_output_does_not_parse_writes_nothing() {
    let (folder, template) = team_template();
    fs::write(template.join("files/team.yaml.hbs"), "name: [{{service}}\n").unwrap();
    let said = new(folder.path(), &["--target", "ecs", "--template", "./template"]).failure(5);
    assert!(said.contains("team.yaml"), "{said}");
    assert!(!folder.path().join("orders").exists());
}

#[test]
fn a_template_that_is_not_there_is_refused() {
    let folder = empty_folder();
    let said = new(folder.path(), &["--target", "ecs", "--template", "./nowhere"]).failure(2);
    assert!(said.contains("nowhere"), "{said}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    // Not even root can make a folder here.
    let said = new(Path::new("/"), &["--target", "ecs", "--dest", "/sys/orders"]).failure(73);
    assert!(said.contains("/sys"), "{said}");
}

#[test]
fn a57_a_run_that_is_killed_leaves_no_project_or_the_whole_one() {
    let folder = empty_folder();
    let words = ["new", "orders", "--target", "both", "--no-input", "--no-git"];
    let start = Instant::now();
    run(launchway().args(words).current_dir(folder.path())).success();
    let takes = start.elapsed();
    let project = folder.path().join("orders");
    let whole = tree::read(&project).unwrap();
    for moment in (0..20).map(|part| takes * part / 16) {
        fs::remove_dir_all(&project).unwrap_or_default();
        let mut command = launchway();
        command.args(words).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        if project.exists() {
            assert_eq!(tree::differences(&whole, &tree::read(&project).unwrap()), Vec::<String>::new(), "{moment:?}");
        }
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let folder = empty_folder();
    let words = ["new", "orders", "--target", "both", "--no-input", "--dry-run", "--diff"];
    let mut command = launchway();
    command.args(words).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked") && !said.contains("error"), "{said}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_is_not_a_terminal_gets_no_escape_sequence() {
    let folder = empty_folder();
    for words in [&["--target", "ecs"][..], &["--target", "nomad"], &["--target", "ecs", "--dry-run", "--diff"]] {
        let ran = new(folder.path(), words);
        assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran:?}");
    }
}

#[test]
fn a_terminal_gets_colour_unless_it_asks_for_none() {
    let mut command = launchway();
    command.arg("new");
    let coloured = asked_and_interrupted(&command);
    let plain = asked_and_interrupted(command.env("NO_COLOR", "1"));
    assert!(has_colour(&coloured.written), "{:?}", coloured.written);
    assert!(!has_colour(&plain.written), "{:?}", plain.written);
    assert_eq!(coloured.screen, plain.screen, "colour adds and never carries");
}

fn asked_and_interrupted(command: &Command) -> Left {
    let terminal = Terminal::start(command);
    terminal.wait_for("Service name").press(CONTROL_C);
    terminal.end()
}

/// Whether there is an escape sequence that ends in `m`: those set colours and weights.
fn has_colour(written: &str) -> bool {
    let sequences = written.split("\x1b[").skip(1);
    sequences.filter_map(|rest| rest.chars().find(char::is_ascii_alphabetic)).any(|end| end == 'm')
}

#[test]
fn a_project_starts_with_one_commit_of_everything() {
    let folder = empty_folder();
    let words = ["new", "orders", "--target", "both", "--no-input"];
    run(launchway().args(words).envs(GIT_IDENTITY).current_dir(folder.path())).success();
    let git = |words: &[&str]| {
        let mut git = workspace::hermetic(Path::new("git")).unwrap();
        run(git.args(words).current_dir(folder.path().join("orders"))).success()
    };
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(git(&["rev-list", "--count", "HEAD"]), "1\n");
    assert!(git(&["ls-files"]).contains("Cargo.lock\n"));
}

#[test]
fn the_record_holds_the_answers_and_the_files_as_they_were_made() {
    let folder = empty_folder();
    new(folder.path(), &["--target", "ecs", "--port", "9000"]).success();
    let record = fs::read_to_string(folder.path().join("orders/.launchway/orders.toml")).unwrap();
    let record: toml::Table = record.parse().unwrap();
    assert_eq!(record["answers"]["port"].as_integer(), Some(9000), "{record}");
    assert_eq!(record["answers"]["target"].as_str(), Some("ecs"), "{record}");
}

#[test]
fn the_small_template_of_the_guide_works_as_it_is_written() {
    let guide = fs::read_to_string(workspace::root().join("docs/templates.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let folder = empty_folder();
    let template = folder.path().join("template");
    fs::create_dir_all(template.join("files")).unwrap();
    fs::write(template.join("template.toml"), block("toml")).unwrap();
    fs::write(template.join("files/notice.yaml.hbs"), block("yaml")).unwrap();
    new(folder.path(), &["--template", "./template"]).success();
    let notice = fs::read_to_string(folder.path().join("orders/notice.yaml")).unwrap();
    assert_eq!(notice, "name: orders\ntext: \"This is orders\"\n");
}
