//! What scripts and shells use: answers from standard input, completions, manual pages.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{self, GIT_IDENTITY, Ran, launchway, run};

/// Runs the program with a text on its standard input.
fn fed(folder: &Path, words: &[&str], input: &str) -> Ran {
    let mut command = launchway();
    command.current_dir(folder).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    Ran {
        code: ended.status.code(),
        stdout: String::from_utf8(ended.stdout).unwrap(),
        stderr: String::from_utf8(ended.stderr).unwrap(),
    }
}

const FROM_STDIN: [&str; 6] = ["new", "orders", "--answers", "-", "--dry-run", "--output=json"];

#[test]
fn answers_are_read_from_standard_input_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let formats =
        ["target = \"ecs\"\nport = 3001\n", "{\"target\": \"ecs\", \"port\": 3001}", "target: ecs\nport: 3001\n"];
    let results = formats.map(|input| fed(folder.path(), &FROM_STDIN, input).success());
    assert!(results[0].contains("\"port\": 3001"), "{}", results[0]);
    assert!(results[0] == results[1] && results[1] == results[2]);
}

#[test]
fn standard_input_that_holds_no_answers_is_refused_with_both_readings() {
    let folder = tempfile::tempdir().unwrap();
    let said = fed(folder.path(), &FROM_STDIN, "target = \nport: [\n").failure(2);
    assert!(said.contains("cannot read the answers file `standard input`: as TOML, line"), "{said}");
    assert!(said.contains("as YAML, line"), "{said}");
    let said = fed(folder.path(), &FROM_STDIN, "{\"target\": \"ecs\", \"prot\": 1}").failure(2);
    assert!(said.contains("no question `prot` (in standard input:1)"), "{said}");
    let said = fed(folder.path(), &FROM_STDIN, &"#".repeat((1 << 20) + 1)).failure(2);
    assert!(said.contains("larger than 1 MiB"), "{said}");
}

/// Asks bash itself what it would offer for a line that is being typed.
fn bash_offers(folder: &Path, line: &[&str]) -> Vec<String> {
    let script = r#"
        source <(launchway completions bash)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9
        complete_of=$(complete -p launchway); complete_of=${complete_of##*-F }; ${complete_of%% *} launchway "${COMP_WORDS[COMP_CWORD]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let programs = program::path().parent().unwrap();
    let path = std::env::join_paths([programs, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script, "bash"]).args(line).current_dir(folder).env("PATH", path);
    let ended = command.env("HOME", folder).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().lines().map(|offer| offer.trim().to_owned()).collect()
}

#[test]
fn bash_completes_commands_flags_choices_and_templates() {
    let folder = tempfile::tempdir().unwrap();
    let offers = |line: &[&str]| bash_offers(folder.path(), line);
    assert_eq!(offers(&["launchway", "upd"]), ["update"]);
    assert_eq!(offers(&["launchway", "new", "orders", "--strateg"]), ["--strategy"]);
    assert_eq!(offers(&["launchway", "new", "orders", "--target", "k"]), ["kubernetes"]);
    assert_eq!(offers(&["launchway", "new", "--template", "se"]), ["service"]);
    assert_eq!(offers(&["launchway", "new", "--strategy", "x"]), [""; 1]);
}

#[test]
fn bash_completes_the_questions_of_the_template_on_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[template]\nid = \"tiny\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"thing\"\n\
         [[question]]\nid = \"thing\"\nprompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n\
         [[question]]\nid = \"colour\"\nprompt = \"Colour\"\nhelp = \"One.\"\nkind = \"choice\"\ndefault = \"red\"\n\
         choices = [{ value = \"red\" }, { value = \"green\" }]\n";
    fs::create_dir_all(folder.path().join("tiny/files")).unwrap();
    fs::write(folder.path().join("tiny/template.toml"), manifest).unwrap();
    fs::write(folder.path().join("tiny/files/a.txt.hbs"), "{{thing}} {{colour}}\n").unwrap();
    let offers = |line: &[&str]| bash_offers(folder.path(), line);
    assert_eq!(offers(&["launchway", "new", "--template", "./tiny", "--colour", "g"]), ["green"]);
    assert_eq!(offers(&["launchway", "new", "--template", "./tiny", "--strateg"]), [""; 1]);
    assert_eq!(offers(&["launchway", "new", "--template", "./ti"]), ["./tiny/"]);
    assert_eq!(offers(&["launchway", "template", "show", "./tiny", "--value", "co"]), ["colour"]);
    assert_eq!(offers(&["launchway", "template", "show", "--value", "membe"]), ["member"]);
}

#[test]
fn every_shell_gets_a_script_that_asks_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = run(launchway().args(["completions", shell])).success();
        assert!(script.contains("COMPLETE") && script.contains("launchway"), "{shell}: {script}");
    }
    run(launchway().args(["completions", "tcsh"])).failure(2);
}

#[test]
fn every_command_has_a_manual_page() {
    let overview = run(launchway().arg("man")).success();
    for command in
        ["new", "update", "check", "waive", "diff", "why", "add", "adopt", "templates", "catalog", "template"]
    {
        assert!(overview.contains(&format!("launchway\\-{command}(1)")), "{command}: {overview}");
        let page = run(launchway().args(["man", command])).success();
        assert!(page.starts_with(".ie \\n(.g .ds Aq"), "{page}");
        assert!(page.contains(&format!(".TH launchway-{command} 1")), "{page}");
    }
    let page = run(launchway().args(["man", "new"])).success();
    assert!(page.contains("\\-\\-strategy"), "{page}");
    assert!(run(launchway().args(["man", "template", "lint"])).success().contains("launchway-template-lint"));
    let said = run(launchway().args(["man", "nwe"])).failure(2);
    assert!(said.contains("there is no command `nwe`"), "{said}");
}

/// The keys that docs/output.md names for a schema.
fn documented(schema: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(xtask::workspace::root().join("docs/output.md")).unwrap();
    let row =
        page.lines().find(|line| line.starts_with(&format!("| `{schema}` |"))).unwrap_or_else(|| panic!("{schema}"));
    row.split('|').nth(3).unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_json_has_the_keys_that_the_documentation_names() {
    let folder = tempfile::tempdir().unwrap();
    let ran = |words: &[&str]| run(launchway().current_dir(folder.path()).envs(GIT_IDENTITY).args(words));
    ran(&["new", "orders", "--target=kubernetes", "--no-input"]).success();
    ran(&["template", "new", "made"]).success();
    let calls: [(&str, &[&str]); 12] = [
        ("launchway.update/1", &["update", "orders", "--dry-run"]),
        ("launchway.check/1", &["check", "orders"]),
        ("launchway.diff/1", &["diff", "orders"]),
        ("launchway.add/1", &["add", "service", "billing", "--dir", "orders", "--dry-run", "--no-input"]),
        ("launchway.templates/1", &["templates"]),
        ("launchway.catalog/1", &["catalog", "list"]),
        ("launchway.template.new/1", &["template", "new", "other"]),
        ("launchway.template.lint/1", &["template", "lint", "made"]),
        ("launchway.template.show/1", &["template", "show", "service"]),
        ("launchway.template.uses/1", &["template", "show", "service", "--value", "port"]),
        ("launchway.template-test/1", &["template", "test", "made"]),
        ("launchway.adopt/1", &["adopt", "bare", "--dry-run"]),
    ];
    let bare = folder.path().join("bare");
    xtask::tree::write(&xtask::tree::read(&folder.path().join("orders")).unwrap(), &bare).unwrap();
    fs::remove_dir_all(bare.join(".launchway")).unwrap();
    for (schema, words) in calls {
        let ran = ran(&[words, &["--output", "json"]].concat());
        let object: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{schema}: {ran:?}"));
        assert_eq!(object["schema"], schema);
        let keys: BTreeSet<String> = object.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, documented(schema), "{schema}");
    }
}
