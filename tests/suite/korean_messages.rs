//! What every command says in Korean where something is wrong: no line of it has a sentence in English, or half of one.

use std::fs;
use std::path::Path;

use xtask::{screens, tree};

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};

fn korean(folder: &Path, line: &str) -> Ran {
    let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
    run(launchway().current_dir(folder).env("LANG", "ko_KR.UTF-8").envs(GIT_IDENTITY).args(words))
}

/// Leaves out what is the same in every language: code, and what is quoted.
fn unquoted(line: &str) -> String {
    let line = line.split('`').step_by(2).collect::<Vec<_>>().join(" · ");
    let line = line.split(['“', '”']).step_by(2).collect::<Vec<_>>().join(" · ");
    line.split('\'').step_by(2).collect::<Vec<_>>().join(" · ")
}

/// The programs whose lines are typed as they are.
const PROGRAMS: [&str; 7] = ["launchway", "git", "gh", "cd", "kubectl", "aws", "cargo"];

/// Finds the words of a sentence in English: two in a row, before any command.
fn english(line: &str) -> Option<String> {
    let line = unquoted(line);
    let is_loop = line.trim_start().starts_with("for ");
    let words: Vec<&str> = line.split_whitespace().take_while(|word| !is_loop && !PROGRAMS.contains(word)).collect();
    let is_word = |word: &str| {
        let word = word.trim_end_matches([';', '.', ')']);
        word.len() > 1 && word.chars().all(|it| it.is_ascii_lowercase())
    };
    let pair = words.windows(2).find(|pair| is_word(pair[0]) && is_word(pair[1]))?;
    Some(pair.join(" "))
}

/// Lists the lines of English in what was said.
pub(crate) fn faults(line: &str, said: &str) -> Vec<String> {
    let labels = ["error: ", "hint: ", "warning: ", "note: ", "Usage: "];
    let is_english = |it: &&str| english(it).is_some() || labels.iter().any(|label| it.contains(label));
    said.lines().filter(is_english).map(|it| format!("$ {line}\n{it}")).collect()
}

/// Fails for a line of English in what was said.
#[track_caller]
fn assert_korean(line: &str, said: &str) {
    let found = faults(line, said);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Makes a project in a repository, and returns its folder.
fn project(folder: &Path) -> std::path::PathBuf {
    let made = korean(folder, "new orders --target=both --no-input");
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_korean("new", &made.stderr);
    folder.join("orders")
}

fn replace(project: &Path, file: &str, from: &str, to: &str) {
    let path = project.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// What is wrong with what is asked of a whole project: each line, and whether it ends well.
const OF_A_PROJECT: &[&str] = &[
    "check",
    "check --updates",
    "check nowhere",
    "check --updates --output=sarif",
    "why Dockerfile",
    "why nothing.md",
    "why ../outside",
    "why deploy/ecs/README.md",
    "why deploy/helm/Chart.yaml",
    "why deploy/TRANSITION.md",
    "diff nowhere",
    "diff --output=xml",
    "diff --service=billing",
    "update --dry-run",
    "update --to=9.9.9",
    "update --undo",
    "update --set port",
    "update --set port=many",
    "update --set prot=9000",
    "update --set port=70000",
    "update --set service=billing",
    "update --no-input --dry-run --set port=9000",
    "update --no-input --set port=9000",
    "update --no-input --dry-run --set target=ecs",
    "update --keep=no",
    "update --keep=no README.md",
    "update --keep nothing.md",
    "update --heal nothing.md",
    "update --heal README.md",
    "update --resolve-record",
    "update --template=./nowhere",
    "update --diff --output=json",
    "add service orders",
    "add service Orders --no-input",
    "add service billing --from=shipping",
    "add service billing --no-input --dry-run",
    "add service billing --no-input --set port=many",
    "adopt .",
    "adopt nowhere",
    "adopt . --template=nowhere",
    "adopt . --name=other --set colour=red",
    "waive nothing --because x",
    "waive kubernetes-traffic-port --because _",
    "waive kubernetes-traffic-port --because x --until soon",
    "waive kubernetes-traffic-port --because x --until 2001-01-01",
    "waive kubernetes-traffic-port --end",
    "waive kubernetes-traffic-port",
    "waive kubernetes-traffic-port --because 알고_있음 --until 2999-01-01",
    "check",
    "waive kubernetes-traffic-port --end",
];

#[test]
fn every_command_about_a_project_says_what_is_wrong_in_korean() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    replace(&project, "Dockerfile", "EXPOSE 8080", "EXPOSE 8081");
    fs::remove_file(project.join("deploy/ecs/roles.yaml")).unwrap();
    run(shell("git commit --quiet --all --message faults").envs(GIT_IDENTITY).current_dir(&project)).success();
    let mut found = Vec::new();
    for line in OF_A_PROJECT {
        let Ran { stdout, stderr, .. } = korean(&project, line);
        let stdout = if line.contains("json") || line.contains("sarif") { String::new() } else { stdout };
        found.extend(faults(line, &format!("{stdout}{stderr}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    replace(&project, ".launchway/orders.toml", "format", "fromat");
    for line in ["check", "diff", "update", "why Dockerfile", "waive x --because y", "add service billing"] {
        assert_korean(line, &korean(&project, line).failure(74));
    }
}

/// What is wrong where there is no project: a template, a catalog, the defaults, the line itself.
const ELSEWHERE: &[&str] = &[
    "",
    "nope",
    "check --nope",
    "update a b",
    "check .",
    "update",
    "adopt some",
    "catalog list",
    "catalog add x http://example.com/x",
    "catalog add acme http://example.com/x",
    "catalog remove acme",
    "catalog update acme",
    "defaults",
    "defaults set colour red",
    "defaults set architecture sparc",
    "defaults unset colour",
    "templates",
    "template lint nowhere",
    "template lint broken",
    "template test broken",
    "template test sound --only nothing",
    "template test sound",
    "template lint sound",
    "template show service",
    "template show service --value nothing",
    "template show nowhere",
    "template new Broken",
    "template new sound",
    "template schema nothing",
    "advise strategy",
    "advise nothing",
    "explain nothing",
    "completions nothing",
    "man nothing",
    "new",
    "new --no-input",
    "new --resume",
    "new orders --target=ecs --no-input --diff --output=json",
    "new orders --target=ecs --no-input --answers=nothing.toml",
    "new orders --target=ecs --no-input --answers=lines.toml",
    "new orders --template=broken --no-input",
    "new orders --template=https://localhost:1/x --offline --no-input",
    "new some --target=ecs --no-input",
    "new orders --target=ecs --no-input --dest=nowhere/deep/orders",
];

#[test]
fn every_command_elsewhere_says_what_is_wrong_in_korean() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    korean(root, "template new sound").success();
    for (path, text) in [
        ("some/README.md", "mine\n"),
        ("some/Cargo.toml", "[package]\n"),
        ("lines.toml", "port = 70000\ncolour = 3\n"),
        ("broken/template.toml", "[template]\nid = \"A\"\ntitle = \"T\"\nversion = \"1\"\nname = \"it\"\ncolour = 1\n"),
        ("broken/files/a.txt.hbs", "{{#if}}{{nothing}}\n"),
    ] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    }
    let mut found = Vec::new();
    for line in ELSEWHERE {
        let words: &[&str] = if line.is_empty() { &[] } else { &[line] };
        let ran = words
            .first()
            .map_or_else(|| run(launchway().current_dir(root).env("LANG", "ko_KR.UTF-8")), |line| korean(root, line));
        let stdout = if line.contains("json") { String::new() } else { ran.stdout };
        found.extend(faults(line, &format!("{stdout}{}", ran.stderr)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_screen_of_an_error_is_english_in_korean() {
    for (name, file) in tree::read(&screens::folder().join("ko/errors")).unwrap() {
        let screen = String::from_utf8(file.bytes).unwrap();
        let said = screen.split_once('\n').unwrap().1.rsplit_once("exit code").unwrap().0;
        assert_korean(&name, said);
    }
}

#[test]
fn a_sentence_is_told_from_code_and_names() {
    for line in ["error: it is gone", "오류: could not be read", "a.toml: unknown field"] {
        assert!(english(line).is_some(), "{line}");
    }
    for line in [
        "launchway update --set port=1",
        "파일 `not there`",
        "규칙: “the traffic port”",
        "'a value' 값",
        "GitHub Actions",
    ] {
        assert_eq!(english(line), None, "{line}");
    }
}
