//! Merges by structure: cases from the files of real projects, `tests/merges`, and what comes of them in an update.

use std::fs;
use std::process::Command;

use launchway_core::{Template, merge};
use xtask::compare::additions::Case;
use xtask::workspace;

use crate::history::History;

/// What the merge by lines leaves is a conflict.
fn conflicts_by_lines(case: &Case) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let names = [("yours", &case.yours), ("base", &case.base), ("theirs", &case.theirs)];
    for (name, text) in names {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut git = Command::new("git");
    let ran = git.args(["merge-file", "--stdout", "yours", "base", "theirs"]).current_dir(folder.path()).output();
    (1..128).contains(&ran.unwrap().status.code().unwrap())
}

fn by_structure(case: &Case, template: &Template) -> Option<String> {
    merge(&case.path, &template.merges, &case.base, &case.yours, &case.theirs).map(|merged| merged.text)
}

#[test]
fn real_files_are_merged_as_a_careful_person_would_and_what_must_be_asked_is() {
    let template = Template::builtin("service").unwrap();
    let (to_merge, to_ask) = (Case::all("merged").unwrap(), Case::all("asked").unwrap());
    let by_lines = to_merge.iter().chain(&to_ask).filter(|case| !conflicts_by_lines(case));
    let by_lines: Vec<&str> = by_lines.map(|case| case.name.as_str()).collect();
    assert!(by_lines.is_empty(), "a merge by lines does these: {by_lines:?}");
    let (mut right, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    for case in &to_merge {
        match by_structure(case, &template) {
            Some(text) if text == case.merged => right += 1,
            Some(text) => wrong.push(format!("{}\n{}", case.name, diff(&case.merged, &text))),
            None => missed.push(case.name.as_str()),
        }
    }
    for case in &to_ask {
        wrong.extend(by_structure(case, &template).map(|text| format!("{}\n{}", case.name, diff(&case.base, &text))));
    }
    println!("{right} of {} merged, asked all the same: {missed:?}", to_merge.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(to_merge.len() >= 60 && right * 10 >= to_merge.len() * 9, "{right} of {}: {missed:?}", to_merge.len());
    assert!(to_ask.len() >= 40, "only {} cases must be asked", to_ask.len());
    let page = fs::read_to_string(workspace::root().join("docs/compare.md")).unwrap();
    for row in [
        format!("| merge by lines, `--merge=lines` | 0 of {} | {1} of {1} | 0 |", to_merge.len(), to_ask.len()),
        format!("| merge by structure | {right} of {} | {1} of {1} | 0 |", to_merge.len(), to_ask.len()),
    ] {
        assert!(page.contains(&row), "docs/compare.md lacks\n{row}");
    }
    for name in &missed {
        assert!(page.contains(&format!("`{name}`")), "docs/compare.md does not name {name}");
    }
}

fn diff(left: &str, right: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("expected"), left).unwrap();
    fs::write(folder.path().join("is"), right).unwrap();
    let ran = Command::new("diff").args(["-u", "expected", "is"]).current_dir(folder.path()).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn every_trap_of_a_merge_by_structure_has_a_case() {
    let cases: Vec<String> = Case::all("asked").unwrap().into_iter().map(|case| case.name).collect();
    for trap in [
        "anchor",
        "merge-key",
        "tab",
        "carriage-returns",
        "several-documents",
        "key-twice",
        "block-scalar",
        "block-indented-anew",
        "environment-that-is-used",
        "setting-that-is-used",
        "helm-template",
    ] {
        assert!(cases.iter().any(|case| case == trap), "{trap} has no case");
    }
}

const BASE: &str = "name: orders\nenv:\n  - name: PORT\n    value: \"8080\"\n";
const YOURS: &str = "  - name: WAREHOUSE\n    value: hamburg\n";
const THEIRS: &str = "  - name: LOG\n    value: info\n";

fn sides() -> [String; 3] {
    [BASE.to_owned(), format!("{BASE}{YOURS}"), format!("{BASE}{THEIRS}")]
}

/// A project of a template with one file, which both sides then change.
fn history(path: &str, manifest: &str, [base, yours, theirs]: &[String; 3]) -> History {
    let file = |text: &String| vec![(path.to_owned(), text.clone().into_bytes())];
    let history = History::new(&file(base), manifest);
    history.write(path, yours);
    history.commit();
    history.template("2.0.0", &file(theirs), manifest);
    history
}

/// A text by whose likeness git finds a file that was moved and changed.
fn long() -> String {
    (0..40).fold(String::new(), |text, number| format!("{text}key{number}: value\n"))
}

fn text(history: &History, path: &str) -> String {
    String::from_utf8(history.read(path).unwrap()).unwrap()
}

#[test]
fn what_both_have_added_stands_beside_each_other_and_the_report_says_so() {
    let history = history("app.yaml", "", &sides());
    let preview = history.updated(&["--dry-run"]).1;
    let (code, report) = history.updated(&[]);
    assert_eq!((code, report["conflicts"].as_u64()), (Some(0), Some(0)), "{report}");
    let file = &report["files"][0];
    assert_eq!((&file["status"], &file["by"]), (&"merged".into(), &"structure".into()));
    assert_eq!(file["keys"], serde_json::json!(["env.LOG"]));
    assert_eq!(preview["files"], report["files"]);
    assert_eq!(text(&history, "app.yaml"), format!("{BASE}{YOURS}{THEIRS}"));
    assert_eq!(history.git(&["ls-files", "--unmerged"]), "");
    assert!(!text(&history, ".launchway/orders.toml").contains("\nconflicts = [\"app.yaml\"]"));
    assert_eq!(history.launchway(&["check"]).code, Some(0));
}

#[test]
fn the_text_of_the_report_names_the_keys_and_not_all_of_many() {
    let [base, yours, _] = sides();
    let added = (0..7).fold(String::new(), |text, number| format!("{text}  - name: V{number}\n    value: x\n"));
    let history = history("app.yaml", "", &[base.clone(), yours, base + &added]);
    let said = history.update(&[]).success();
    assert!(
        said.contains("merged        app.yaml (by structure: env.V0, env.V1, env.V2, env.V3, env.V4, 2 more)"),
        "{said}"
    );
}

#[test]
fn a_merge_by_lines_leaves_the_conflict() {
    let history = history("app.yaml", "", &sides());
    let (code, report) = history.updated(&["--merge=lines"]);
    assert_eq!((code, &report["files"][0]["status"]), (Some(1), &"conflict".into()));
    assert_eq!((&report["files"][0]["by"], &report["files"][0]["keys"]), (&().into(), &serde_json::json!([])));
}

#[test]
fn a_file_that_either_side_has_moved_is_merged_under_its_new_name() {
    let long = long();
    let [base, yours, theirs] = sides().map(|text| format!("{long}{text}"));
    let merged = format!("{long}{BASE}{YOURS}{THEIRS}");
    let by_user = history("app.yaml", "", &[base.clone(), yours.clone(), theirs.clone()]);
    by_user.git(&["mv", "app.yaml", "service.yaml"]);
    by_user.commit();
    let by_template = History::new(&[("app.yaml".to_owned(), base.into_bytes())], "");
    by_template.write("app.yaml", yours);
    by_template.commit();
    by_template.template("2.0.0", &[("service.yaml".to_owned(), theirs.into_bytes())], "");
    for history in [by_user, by_template] {
        let (code, report) = history.updated(&[]);
        assert_eq!(code, Some(0), "{report}");
        let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == "service.yaml").unwrap();
        assert_eq!((&file["status"], &file["by"]), (&"moved".into(), &"structure".into()), "{report}");
        assert_eq!(text(&history, "service.yaml"), merged);
    }
}

#[test]
fn a_template_says_what_names_the_elements_of_its_lists() {
    let rules = |hosts: &[&str]| {
        let rule = |host: &&str| format!("    - host: {host}\n      http: {{}}\n");
        format!("spec:\n  rules:\n{}", hosts.iter().map(rule).collect::<String>())
    };
    let sides = [rules(&["a"]), rules(&["a", "mine"]), rules(&["a", "theirs"])];
    let manifest = "[[merge]]\nfiles = \"deploy/*.yaml\"\npath = \"/spec/rules\"\nkey = \"host\"\n";
    let history = history("deploy/ingress.yaml", manifest, &sides);
    let (code, report) = history.updated(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(text(&history, "deploy/ingress.yaml"), rules(&["a", "mine", "theirs"]));
    let without = self::history("deploy/ingress.yaml", "", &sides);
    assert_eq!(without.updated(&[]).0, Some(1));
}

#[test]
fn a_merge_after_which_values_disagree_is_given_up() {
    // Each side agrees with itself. Both together would not: the team's value is the one that the template has changed.
    let agreement = "[[agreement]]\nsays = \"the host\"\n\
        place = [{ file = \"app.yaml\", at = \"/env/*/value\" }, { file = \"other.yaml\", at = \"/host\" }]\n";
    let app = |values: &[(&str, &str)]| {
        let element = |(name, value): &(&str, &str)| format!("  - name: {name}\n    value: {value}\n");
        format!("env:\n{}", values.iter().map(element).collect::<String>())
    };
    let files = |app: String, host: &str| {
        let other = format!("host: {host}\n");
        vec![("app.yaml".to_owned(), app.into_bytes()), ("other.yaml".to_owned(), other.into_bytes())]
    };
    // The value stands in the file only because it stands in no other place.
    let otherwise = "[[place]]\nname = \"app\"\nfile = \"app.yaml\"\nat = \"/env/*/value\"\n[[agreement]]\nsays = \"the host\"\n\
        place = [{ file = \"other.yaml\", at = \"/hosts/*\", otherwise = \"app\" }, { file = \"other.yaml\", at = \"/host\" }]\n";
    for (manifest, status) in [(agreement, "conflict"), (otherwise, "conflict"), ("", "merged")] {
        let history = History::new(&files(app(&[("A", "x")]), "x"), manifest);
        history.write("app.yaml", app(&[("A", "x"), ("MINE", "x")]));
        history.commit();
        history.template("2.0.0", &files(app(&[("A", "y"), ("THEIRS", "y")]), "y"), manifest);
        let report = history.updated(&[]).1;
        assert_eq!(report["files"][0]["status"], status, "{report}");
        assert_eq!(text(&history, "app.yaml").contains("<<<<<<< yours"), status == "conflict");
    }
}

#[test]
fn one_record_of_two_is_made_with_what_both_have_added() {
    let history = History::new(&[("app.yaml".to_owned(), BASE.into())], "");
    history.git(&["checkout", "--quiet", "-b", "other"]);
    history.template("2.0.0", &[("app.yaml".to_owned(), format!("{BASE}{THEIRS}").into())], "");
    history.update(&[]).success();
    history.commit();
    history.git(&["checkout", "--quiet", "main"]);
    history.template("2.1.0", &[("app.yaml".to_owned(), format!("{BASE}{YOURS}").into())], "");
    history.update(&[]).success();
    history.commit();
    let merged = crate::program::run(history.git_command(&["merge", "--quiet", "other"]));
    assert_ne!(merged.code, Some(0));
    history.write("app.yaml", format!("{BASE}{YOURS}{THEIRS}"));
    history.git(&["add", "app.yaml"]);
    history.template("2.2.0", &[("app.yaml".to_owned(), format!("{BASE}{YOURS}{THEIRS}").into())], "");
    let ran = history.update(&["--resolve-record"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(text(&history, "app.yaml"), format!("{BASE}{YOURS}{THEIRS}"));
}

fn disputed() -> [String; 3] {
    ["a: 1\n".to_owned(), "a: 2\n".to_owned(), "a: 3\n".to_owned()]
}

#[test]
fn marks_alone_leave_an_index_that_git_and_bots_can_work_with() {
    let history = history("app.yaml", "", &disputed());
    let (code, report) = history.updated(&["--conflicts=marks"]);
    assert_eq!((code, &report["files"][0]["status"]), (Some(1), &"conflict".into()), "{report}");
    let marked = "<<<<<<< yours\na: 2\n=======\na: 3\n>>>>>>> team-2.0.0\n";
    assert_eq!(text(&history, "app.yaml"), marked);
    assert_eq!(history.git(&["ls-files", "--unmerged"]), "");
    assert_eq!(history.git(&["show", ":app.yaml"]), marked);
    history.git(&["stash"]);
    history.git(&["stash", "pop", "--index"]);
    assert!(text(&history, ".launchway/orders.toml").contains("conflicts = [\"app.yaml\"]"));
    let check = history.launchway(&["check"]);
    assert!(
        check.code == Some(1) && check.stdout.contains("a conflict of an update is not resolved yet"),
        "{}",
        check.stdout
    );
    history.commit();
    assert_eq!(history.update(&[]).code, Some(1), "an update does not run into marks");
    history.write("app.yaml", "a: 3\n");
    history.commit();
    assert_eq!(history.launchway(&["check"]).code, Some(0));
    history.update(&[]).success();
    assert!(!text(&history, ".launchway/orders.toml").contains("conflicts = [\"app.yaml\"]"));
}

#[test]
fn marks_alone_are_taken_back_like_every_update() {
    let history = history("app.yaml", "", &disputed());
    let before = (history.tree(), history.index());
    history.updated(&["--conflicts=marks"]);
    history.launchway(&["update", "--undo"]).success();
    assert_eq!((history.tree(), history.index()), before);
}

#[test]
fn a_file_that_the_template_gave_up_has_marks_around_all_of_it_until_somebody_decides() {
    let history = History::new(&[("app.yaml".to_owned(), b"a: 1\n".to_vec())], "");
    history.write("app.yaml", "a: 2\n");
    history.commit();
    history.template("2.0.0", &[("other.yaml".to_owned(), b"b: 1\n".to_vec())], "");
    assert_eq!(history.updated(&["--conflicts=marks"]).0, Some(1));
    assert_eq!(text(&history, "app.yaml"), "<<<<<<< yours\na: 2\n=======\n>>>>>>> team-2.0.0\n");
    assert_eq!(history.git(&["ls-files", "--unmerged"]), "");
    history.commit();
    assert_eq!(history.launchway(&["check"]).code, Some(1));
    assert_eq!(history.update(&[]).code, Some(1), "an update does not run into marks");
    history.write("app.yaml", "a: 2\n");
    history.commit();
    assert_eq!(history.launchway(&["check"]).code, Some(0));
    history.update(&[]).success();
}

#[test]
fn marks_in_a_file_that_was_moved_are_found_although_git_was_told_that_they_are_solved() {
    let long = long();
    let history = history("app.yaml", "", &disputed().map(|text| long.clone() + &text));
    history.git(&["mv", "app.yaml", "service.yaml"]);
    history.commit();
    assert_eq!(history.updated(&[]).0, Some(1));
    history.commit();
    let check = history.launchway(&["check"]);
    assert!(check.code == Some(1) && check.stdout.contains("service.yaml"), "{}", check.stdout);
    assert_eq!(history.update(&[]).code, Some(1), "an update does not run into marks");
}

#[test]
fn a_conflict_that_would_leave_no_trace_is_refused_and_nothing_is_written() {
    let binary =
        |byte: u8| vec![("logo.png".to_owned(), [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), &[byte; 64]].concat())];
    let history = History::new(&binary(1), "");
    history.write("logo.png", &binary(2)[0].1);
    history.commit();
    history.template("2.0.0", &binary(3), "");
    let before = (history.tree(), history.index());
    let ran = history.update(&["--conflicts=marks"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("a conflict in `logo.png` leaves no marks"), "{}", ran.stderr);
    assert_eq!((history.tree(), history.index()), before);
    assert_eq!(history.update(&["--conflicts=marks", "--keep", "logo.png"]).code, Some(0));
}
