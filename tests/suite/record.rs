//! The record in a team's history: what ties its files, what git may not do to them, and what an update remembers in it.

use std::fs;

use crate::history::{History, files, lines};
use crate::program::{launchway, run};

const RECORD: &str = ".launchway/orders.toml";
const BASE: &str = ".launchway/orders.base";
const ATTRIBUTES: &str = ".launchway/.gitattributes";

/// A file whose archive has line ends of both kinds in it: without order, and so not made smaller.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()[7]
    };
    (0..300_000).map(byte).collect()
}

fn noisy() -> Vec<(String, Vec<u8>)> {
    let mut all = files(&[("a", &lines(&[]))]);
    all.push(("noise.bin".to_owned(), noise()));
    all
}

impl History {
    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path).unwrap_or_else(|| panic!("there is no `{path}`"))).unwrap()
    }

    /// Makes the record one of an older format, which says less.
    pub(crate) fn with_format(&self, format: u32) {
        let record = self.text(RECORD).replace("format = 3\n", &format!("format = {format}\n"));
        let is_newer = |line: &&str| !["digest =", "defaults =", "conflicts ="].iter().any(|key| line.starts_with(key));
        self.write(RECORD, record.lines().filter(is_newer).fold(String::new(), |text, line| text + line + "\n"));
        self.delete(ATTRIBUTES);
        if format == 1 {
            self.delete(".launchway/orders.agreements.json");
        }
        self.commit();
    }
}

#[test]
fn u11_no_attribute_of_a_project_changes_the_record_on_its_way_through_git() {
    for attributes in [
        "* text eol=lf\n",
        "* text eol=crlf\n",
        "* text=auto eol=crlf\n",
        "* ident\n",
        "* filter=sed\n",
        "* working-tree-encoding=UTF-16\n",
    ] {
        let history = History::new(&noisy(), "");
        history.git(&["config", "filter.sed.clean", "sed s/a/b/"]);
        history.git(&["config", "filter.sed.smudge", "sed s/b/a/"]);
        history.write(".gitattributes", attributes.replace("* ", ".launchway/** "));
        history.git(&["rm", "--quiet", "--cached", "-r", "."]);
        history.commit();
        let before = history.tree();
        let base = history.read(BASE).unwrap();
        assert!(base.windows(2).any(|pair| pair == b"\r\n"), "the archive has something to ruin");
        for path in before.keys().filter(|path| path.starts_with(".launchway/")) {
            fs::remove_file(history.path(path)).unwrap();
        }
        history.git(&["checkout", "--quiet", "HEAD", "--", ".launchway"]);
        let differences = xtask::tree::differences(&before, &history.tree());
        assert_eq!(differences, Vec::<String>::new(), "{attributes}");
        history.launchway(&["check"]).success();
    }
}

#[test]
fn u11_no_setting_and_no_attribute_from_elsewhere_changes_the_record() {
    for elsewhere in ["core.autocrlf", "core.attributesFile", "the folder above"] {
        let history = History::new(&noisy(), "");
        let above = history.folder().join("attributes");
        fs::write(&above, "* text eol=crlf\n*.base text\n").unwrap();
        let mut place = history.project();
        match elsewhere {
            "core.autocrlf" => drop(history.git(&["config", "core.autocrlf", "true"])),
            "core.attributesFile" => drop(history.git(&["config", elsewhere, above.to_str().unwrap()])),
            _ => {
                fs::rename(&above, history.folder().join(".gitattributes")).unwrap();
                fs::remove_dir_all(history.path(".git")).unwrap();
                place = history.folder().to_owned();
            }
        }
        let git = |words: &[&str]| {
            let mut git = std::process::Command::new("git");
            run(git.args(words).current_dir(&place).envs(crate::program::GIT_IDENTITY)).success()
        };
        git(&["init", "--quiet"]);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "as it was made"]);
        let before = history.tree();
        for path in before.keys().filter(|path| path.starts_with(".launchway/")) {
            fs::remove_file(history.path(path)).unwrap();
        }
        git(&["checkout", "--quiet", "--", "."]);
        let record = |tree: xtask::tree::Tree| -> xtask::tree::Tree {
            tree.into_iter().filter(|(path, _)| path.starts_with(".launchway/")).collect()
        };
        assert_eq!(
            xtask::tree::differences(&record(before), &record(history.tree())),
            Vec::<String>::new(),
            "{elsewhere}"
        );
        history.launchway(&["check"]).success();
    }
}

#[test]
fn u11_an_attribute_that_nothing_in_the_project_can_overrule_is_named() {
    let history = History::new(&noisy(), "");
    history.write(".git/info/attributes", ".launchway/** text eol=lf\n");
    history.commit();
    let mut all = noisy();
    all.push(("more.bin".to_owned(), noise().into_iter().rev().collect()));
    history.template("2.0.0", &all, "");
    let said = history.update(&["--allow-dirty"]).failure(74);
    assert!(said.contains("git's index does not hold what was written to `.launchway/orders.base`"), "{said}");
    assert!(said.contains(".git/info/attributes"), "{said}");
    let hint = "git check-attr --all .launchway/orders.base";
    assert!(said.contains(hint), "{said}");
    assert!(history.git(&["check-attr", "--all", BASE]).contains("text: set"));
    // Whoever has committed it all the same is told, too.
    history.commit();
    history.delete(BASE);
    history.git(&["checkout", "--quiet", "--", BASE]);
    let said = history.launchway(&["check"]).failure(74);
    assert!(said.contains("git -C . check-attr --all .launchway/orders.base"), "{said}");
}

#[test]
fn u11_an_older_project_is_protected_from_its_next_update_on() {
    for format in [1, 2] {
        let history = History::new(&noisy(), "");
        history.with_format(format);
        history.template("2.0.0", &noisy(), "");
        history.update(&[]).success();
        assert!(history.text(ATTRIBUTES).contains("*.base binary"), "format {format}");
        assert_eq!(history.git(&["ls-files", ATTRIBUTES]).trim(), ATTRIBUTES);
        assert!(history.git(&["check-attr", "text", "--", BASE]).ends_with("text: unset\n"));
        history.commit();
        assert!(history.update(&[]).success().contains("nothing to do"));
    }
}

#[test]
fn u11_what_a_team_wrote_there_stays_and_the_program_has_the_last_word() {
    let history = History::new(&noisy(), "");
    history.write(ATTRIBUTES, "* text\n*.toml linguist-generated");
    history.commit();
    history.template("2.0.0", &noisy(), "");
    history.update(&[]).success();
    let text = history.text(ATTRIBUTES);
    assert!(text.starts_with("* text\n*.toml linguist-generated\n# Written by"), "{text}");
    assert!(history.git(&["check-attr", "text", "--", RECORD]).ends_with("text: unset\n"));
    history.commit();
    assert!(history.update(&[]).success().contains("nothing to do"));
}

#[test]
fn u11_every_command_that_writes_a_record_protects_it() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input", "--no-git"];
    run(launchway().args(new).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    assert!(project.join(ATTRIBUTES).exists());
    fs::remove_dir_all(project.join(".launchway")).unwrap();
    run(launchway().args(["adopt"]).current_dir(&project)).success();
    assert!(project.join(ATTRIBUTES).exists());
    fs::remove_file(project.join(ATTRIBUTES)).unwrap();
    let git = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        run(git.args(words).current_dir(&project).envs(crate::program::GIT_IDENTITY)).success()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "adopted"]);
    run(launchway().args(["add", "service", "billing", "--defaults"]).current_dir(&project)).success();
    assert!(project.join(ATTRIBUTES).exists());
}

#[test]
fn u10_parts_of_two_updates_are_no_record() {
    let text = lines(&[]);
    let history = History::new(&files(&[("a", &text), ("b", "b\n")]), "");
    let old: Vec<Option<Vec<u8>>> = [RECORD, BASE].iter().map(|path| history.read(path)).collect();
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "b\n")]), "");
    history.update(&[]).success();
    history.commit();
    for (path, other) in [RECORD, BASE].iter().zip(old) {
        let whole = history.read(path).unwrap();
        history.write(path, other.unwrap());
        for words in [&["check"][..], &["diff"], &["update", "--template", "../template"]] {
            let said = history.launchway(words).failure(1);
            assert!(said.contains("are not of the same update"), "{path}: {said}");
            assert!(said.contains("launchway update --resolve-record"), "{path}: {said}");
        }
        history.write(path, whole);
    }
    history.launchway(&["check"]).success();
    // Where the template is reached, and how the files are laid out, is not what ties them.
    let record = history.text(RECORD);
    history
        .write(RECORD, record.replace("source = \"folder\"\n", "source = \"folder\" # here\n").replace('\n', "\r\n"));
    history.launchway(&["check"]).success();
}

#[test]
fn u10_answers_of_one_branch_do_not_go_with_the_files_of_another() {
    let manifest =
        "[[question]]\nid = \"port\"\nprompt = \"Port\"\nhelp = \"The port.\"\nkind = \"int\"\ndefault = 8080\n";
    let history = History::new(&files(&[("a.hbs", "{{port}}\n")]), manifest);
    history.write(RECORD, history.text(RECORD).replace("port = 8080", "port = 9000"));
    let said = history.launchway(&["check"]).failure(1);
    assert!(said.contains("are not of the same update"), "{said}");
}

/// A project whose template has changed the second of twelve lines of `a`, and `b`, and keeps `c`.
fn outdated() -> History {
    let history = History::new(&files(&[("a", &lines(&[])), ("b", "b\n"), ("c", "c\n")]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "B\n"), ("c", "c\n")]), "");
    history
}

/// The status that a report has for a path.
fn status<'r>(report: &'r serde_json::Value, path: &str) -> Option<&'r str> {
    let files = report["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).map(|file| file["status"].as_str().unwrap())
}

#[test]
fn u12_attributes_of_a_folder_have_no_part_in_a_merge() {
    for attributes in
        ["* merge=union\n", "* conflict-marker-size=30\n", "* merge=binary\n", "* -merge\n", "* merge=ours\n"]
    {
        let history = outdated();
        history.git(&["config", "merge.ours.driver", "true"]);
        history.write(".gitattributes", attributes);
        history.write("a", lines(&[(2, "U")]));
        history.commit();
        history.update(&[]).failure(1);
        let text = history.text("a");
        assert!(text.contains("<<<<<<< yours\nU\n=======\nT\n>>>>>>> team-2.0.0\n"), "{attributes}{text}");
        // From a folder that has nothing to do with the project, as well.
        let history = outdated();
        history.write("a", lines(&[(2, "U")]));
        history.commit();
        let elsewhere = history.folder().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join(".gitattributes"), attributes).unwrap();
        let update = ["update", "../orders", "--template", "../template", "--no-input"];
        run(launchway().args(update).current_dir(&elsewhere)).failure(1);
        assert!(history.text("a").contains("<<<<<<< yours\nU\n=======\nT\n"), "{attributes}");
    }
}

#[test]
fn u12_no_attribute_and_no_setting_of_gits_has_a_part_in_a_merge() {
    type Setting = (&'static str, &'static str, fn(&History) -> Vec<(&'static str, String)>);
    let settings: [Setting; 8] = [
        (".git/info/attributes", "* merge=union\n", |_| Vec::new()),
        (".git/info/attributes", "* conflict-marker-size=30\n", |_| Vec::new()),
        ("../attributes", "* merge=union\n", |history| {
            history.git(&["config", "core.attributesFile", "../attributes"]);
            Vec::new()
        }),
        ("../home/.gitconfig", "[merge]\n\tdefault = union\n\tconflictStyle = zdiff3\n", |history| {
            vec![("HOME", history.folder().join("home").display().to_string())]
        }),
        ("../xdg/git/attributes", "* merge=union\n", |history| {
            vec![("XDG_CONFIG_HOME", history.folder().join("xdg").display().to_string())]
        }),
        ("../none", "", |history| {
            for (key, value) in [("merge.default", "own"), ("merge.own.driver", "true"), ("merge.text.driver", "true")]
            {
                history.git(&["config", key, value]);
            }
            Vec::new()
        }),
        ("../none", "", |_| vec![("GIT_CONFIG_PARAMETERS", "'merge.default'='union'".to_owned())]),
        (".gitattributes", "* merge=union\n", |history| {
            history.commit();
            history.git(&["config", "attr.tree", "HEAD"]);
            vec![("GIT_ATTR_SOURCE", "HEAD".to_owned())]
        }),
    ];
    for (path, text, set) in settings {
        let history = outdated();
        history.write("a", lines(&[(2, "U")]));
        history.commit();
        history.write(path, text);
        let variables = set(&history);
        let update = ["update", "--template", "../template", "--no-input"];
        run(launchway().args(update).envs(variables).current_dir(history.project())).failure(1);
        let merged = history.text("a");
        assert!(merged.contains("<<<<<<< yours\nU\n=======\nT\n>>>>>>> team-2.0.0\n"), "{path}: {text}{merged}");
    }
}

#[test]
fn u12_attributes_of_the_template_have_no_part_in_a_merge() {
    let attributes = (".gitattributes", "* merge=union\n");
    let history = History::new(&files(&[("a", &lines(&[])), attributes]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), attributes]), "");
    history.write("a", lines(&[(2, "U")]));
    history.commit();
    history.update(&[]).failure(1);
    assert!(history.text("a").contains("<<<<<<< yours\n"));
}

/// Puts something that is no plain file in the place of a file.
fn replace_with(history: &History, path: &str, what: &str) {
    history.delete(path);
    match what {
        "folder" => history.write(&format!("{path}/mine"), "mine\n"),
        "link" => std::os::unix::fs::symlink("c", history.path(path)).unwrap(),
        "large" => history.write(path, vec![b'x'; (16 << 20) + 1]),
        "pipe" => {
            // Git has no word for it: it can only be left out.
            history.git(&["rm", "--quiet", "--cached", path]);
            history.write(".git/info/exclude", format!("{path}\n"));
            run(std::process::Command::new("mkfifo").arg(history.path(path))).success();
        }
        _ => unreachable!(),
    }
}

const NOT_PLAIN: [&str; 4] = ["folder", "link", "large", "pipe"];

#[test]
fn u13_what_replaced_a_file_that_the_template_did_not_touch_stays_yours() {
    for what in NOT_PLAIN {
        let history = outdated();
        replace_with(&history, "c", what);
        history.commit();
        let (code, report) = history.updated(&[]);
        assert_eq!((code, status(&report, "c")), (Some(0), Some("kept")), "{what}: {report:#}");
        assert_eq!(history.text("b"), "B\n", "{what}");
        history.commit();
        assert!(history.update(&[]).success().contains("nothing to do"), "{what}");
    }
}

#[test]
fn u13_what_replaced_a_file_that_the_template_has_changed_is_a_conflict_until_it_is_decided() {
    for what in ["folder", "link", "large"] {
        let history = outdated();
        replace_with(&history, "b", what);
        history.git(&["add", "--all"]);
        history.commit();
        let (code, report) = history.updated(&[]);
        assert_eq!((code, status(&report, "b")), (Some(1), Some("conflict")), "{what}: {report:#}");
        assert_eq!(history.text("a"), lines(&[(2, "T")]), "{what}");
        assert_eq!(history.git(&["show", ":3:b"]), "B\n", "{what}");
        history.launchway(&["check"]).failure_on_stdout("b: a conflict of an update is not decided yet");
        assert!(history.update(&[]).failure(1).contains("conflicts are left in `b`"), "{what}");
        history.git(&["add", "--all"]);
        assert_eq!(history.git(&["ls-files", "--unmerged"]), "", "{what}");
        history.launchway(&["check"]).success();
        history.commit();
        history.update(&[]).success();
        history.commit();
        assert!(history.update(&[]).success().contains("nothing to do"), "{what}");
    }
}

#[test]
fn u13_the_way_back_of_such_a_conflict_brings_everything_back() {
    for what in ["folder", "link", "large"] {
        let history = outdated();
        replace_with(&history, "b", what);
        history.commit();
        let (_, report) = history.updated(&[]);
        history.shell(report["way_back"].as_str().unwrap());
        // Git compares what is there with what was committed.
        assert_eq!(history.git(&["status", "--porcelain"]), "", "{what}");
    }
}

#[test]
fn u13_what_stands_in_the_way_of_a_new_file_is_a_conflict_too() {
    let history = outdated();
    history.write("d/mine", "mine\n");
    history.commit();
    history.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("c", "c\n"), ("d", "d\n")]), "");
    let (code, report) = history.updated(&[]);
    assert_eq!((code, status(&report, "d")), (Some(1), Some("conflict")), "{report:#}");
    assert_eq!(history.text("d/mine"), "mine\n");
}

#[test]
fn u13_a_path_that_is_kept_is_left_out_of_updates_until_it_is_not() {
    for what in NOT_PLAIN.iter().chain(&["edit", "deletion"]) {
        let history = outdated();
        match *what {
            "edit" => history.write("b", "mine\n"),
            "deletion" => history.delete("b"),
            what => replace_with(&history, "b", what),
        }
        history.commit();
        let before = history.path("b").symlink_metadata().ok().map(|it| (it.len(), it.file_type()));
        let (code, report) = history.updated(&["--keep", "b"]);
        assert_eq!((code, status(&report, "b")), (Some(0), Some("yours")), "{what}: {report:#}");
        assert_eq!(history.path("b").symlink_metadata().ok().map(|it| (it.len(), it.file_type())), before, "{what}");
        assert!(history.text(RECORD).contains("yours = [\"b\"]"), "{what}");
        history.launchway(&["check"]).success();
        assert!(!history.launchway(&["diff"]).success().contains("b/b"), "{what}");
        let why = history.launchway(&["why", "b", "--template", "../template"]).success();
        assert!(why.contains("yours: `--keep` has taken it out of updates"), "{what}: {why}");
        history.commit();
        history.template("3.0.0", &files(&[("a", &lines(&[])), ("b", "BB\n"), ("c", "c\n")]), "");
        let (code, report) = history.updated(&[]);
        assert_eq!((code, status(&report, "b")), (Some(0), Some("yours")), "{what}: {report:#}");
        history.commit();
        assert!(history.update(&[]).success().contains("nothing to do"), "{what}");
        history.update(&["--keep=no", "b"]).success();
        assert!(!history.text(RECORD).contains("yours"), "{what}");
        history.commit();
        history.template("4.0.0", &files(&[("a", &lines(&[])), ("b", "4\n"), ("c", "c\n")]), "");
        let (_, report) = history.updated(&[]);
        let wanted = if *what == "deletion" { "kept-deleted" } else { "conflict" };
        assert_eq!(status(&report, "b"), Some(wanted), "{what}: it takes part again");
    }
}

#[test]
fn u13_a_folder_is_kept_with_all_that_the_template_has_below_it() {
    let history = History::new(&files(&[("a", "a\n"), ("sub/b", "b\n"), ("sub/deep/c", "c\n")]), "");
    history.template(
        "2.0.0",
        &files(&[("a", "A\n"), ("sub/b", "B\n"), ("sub/deep/c", "C\n"), ("sub/new", "new\n")]),
        "",
    );
    history.delete("sub/b");
    history.commit();
    history.update(&["--keep", "./sub/"]).success();
    assert_eq!(
        (history.read("sub/b"), history.text("sub/deep/c"), history.read("sub/new")),
        (None, "c\n".to_owned(), None)
    );
    assert_eq!(history.text("a"), "A\n");
    history.commit();
    // A folder of the project may be named as well, before the path or after `--keep`.
    let update = ["update", "orders", "--template", "./template", "--no-input", "--keep=no", "sub"];
    run(launchway().args(update).current_dir(history.folder())).success();
    assert!(!history.text(RECORD).contains("yours"));
}

#[test]
fn u13_a_file_that_was_moved_is_kept_by_either_of_its_names() {
    for name in ["a", "mine/a"] {
        let history = outdated();
        history.rename("a", "mine/a");
        history.commit();
        history.update(&[]).success();
        assert_eq!(history.text("mine/a"), lines(&[(2, "T")]));
        history.commit();
        history.template("3.0.0", &files(&[("a", &lines(&[(2, "3")])), ("b", "B\n"), ("c", "c\n")]), "");
        history.update(&["--keep", name]).success();
        assert_eq!(history.text("mine/a"), lines(&[(2, "T")]), "{name}");
        history.commit();
        history.update(&["--keep=no", "a"]).success();
    }
}

#[test]
fn u13_what_cannot_be_kept_is_said() {
    let history = outdated();
    for (words, message) in [
        (&["--keep", "nothing"][..], "the template has no file `nothing` to keep"),
        (&["--keep=no", "b"], "`b` is not kept out of updates"),
        (&["--keep=no"], "`--keep=no` has no path"),
        (&["--keep", "../b"], "`.` or `..`"),
        (&["--keep", "b", "--heal", "b"], "`b` is yours, and is not healed"),
        (&[".", "more"], "unexpected argument `more`"),
    ] {
        let said = history.update(words).failure(2);
        assert!(said.contains(message) && said.contains("hint:"), "{said}");
    }
}

#[test]
fn u13_a_file_that_is_kept_is_not_found_under_the_name_that_the_template_gives_it() {
    let history = History::new(&files(&[("old", &lines(&[])), ("b", "b\n")]), "");
    history.write("old", lines(&[(2, "U")]));
    history.commit();
    let migration = "[[migration]]\nto = \"2.0.0\"\nmove = { \"old\" = \"new\" }\n";
    history.template("2.0.0", &files(&[("new", &lines(&[(9, "T")])), ("b", "B\n")]), migration);
    let (code, report) = history.updated(&["--keep", "old"]);
    assert_eq!((code, status(&report, "new")), (Some(0), Some("yours")), "{report:#}");
    assert_eq!((history.text("old"), history.read("new")), (lines(&[(2, "U")]), None));
}

const TARGET: &str = r#"
[[question]]
id = "target"
prompt = "Target"
help = "The target."
kind = "choice"
choices = [{ value = "ecs" }, { value = "kubernetes" }]
default = "ecs"

[[question]]
id = "architecture"
prompt = "Architecture"
help = "The architecture."
kind = "choice"
choices = [{ value = "arm64" }, { value = "amd64" }]
default = '{{#if (eq target "ecs")}}ECS{{else}}amd64{{/if}}'
advanced = true
"#;

/// A project for ECS, whose architecture is the default of that target.
fn targeted(words: &[&str]) -> History {
    let manifest = manifest_of("arm64");
    History::with_words(&files(&[("a.hbs", "{{target}} {{architecture}}\n")]), &manifest, words)
}

fn manifest_of(ecs: &str) -> String {
    TARGET.replace("ECS", ecs)
}

fn targeted_again(history: &History, ecs: &str) {
    history.template("2.0.0", &files(&[("a.hbs", "{{target}} {{architecture}}\n")]), &manifest_of(ecs));
}

#[test]
fn u14_a_default_follows_the_answers_that_it_is_made_of() {
    let history = targeted(&["--target=ecs"]);
    assert_eq!(history.text("a"), "ecs arm64\n");
    let ran = history.update(&["--set", "target=kubernetes"]);
    let said = "note: `architecture` becomes `amd64`, its default today; it was `arm64`, and nobody gave that";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    ran.success();
    assert_eq!(history.text("a"), "kubernetes amd64\n");
    history.commit();
    // It is a default still.
    history.update(&["--set", "target=ecs"]).success();
    assert_eq!(history.text("a"), "ecs arm64\n");
}

#[test]
fn u14_an_answer_that_was_given_stays() {
    let history = targeted(&["--target=ecs", "--architecture=arm64"]);
    history.update(&["--set", "target=kubernetes"]).success();
    assert_eq!(history.text("a"), "kubernetes arm64\n");
}

#[test]
fn u14_the_answers_of_older_formats_count_as_given() {
    for format in [1, 2] {
        let history = targeted(&["--target=ecs"]);
        history.with_format(format);
        history.update(&["--set", "target=kubernetes"]).success();
        assert_eq!(history.text("a"), "kubernetes arm64\n", "format {format}");
    }
}

#[test]
fn u14_what_runs_stays_where_only_the_template_has_another_default() {
    let history = targeted(&["--target=ecs"]);
    targeted_again(&history, "amd64");
    let ran = history.update(&["--output", "json"]);
    let said = "the default of `architecture` is `amd64` today; it stays `arm64`, and `--take-defaults` changes it";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.success()).unwrap();
    assert_eq!(report["offers"], serde_json::json!([{ "id": "architecture", "is": "arm64", "default": "amd64" }]));
    assert_eq!(history.text("a"), "ecs arm64\n");
    history.commit();
    history.update(&["--take-defaults"]).success();
    assert_eq!(history.text("a"), "ecs amd64\n");
    history.commit();
    assert!(history.update(&[]).success().contains("nothing to do"));
    // And from then on it is a default as before.
    targeted_again(&history, "arm64");
    history.update(&["--set", "target=kubernetes"]).success();
    assert_eq!(history.text("a"), "kubernetes amd64\n");
}

#[test]
fn an_answer_that_the_team_has_locked_since_is_that_of_the_lock() {
    let history = targeted(&["--target=kubernetes"]);
    let lock = "[[lock]]\nquestion = \"target\"\nto = \"ecs\"\nbecause = \"the team runs nothing else\"\n";
    history.template("2.0.0", &files(&[("a.hbs", "{{target}} {{architecture}}\n")]), &(manifest_of("arm64") + lock));
    let ran = history.update(&[]);
    assert!(ran.stderr.contains("target") && ran.stderr.contains("ecs"), "{}", ran.stderr);
    // Another answer is another answer, whoever gave it: the default that hangs on it follows.
    assert!(ran.stderr.contains("`architecture` becomes `arm64`, its default today; it was `amd64`"), "{}", ran.stderr);
    ran.success();
    assert_eq!(history.text("a"), "ecs arm64\n");
}

#[test]
fn the_name_of_a_project_is_never_changed() {
    let history = targeted(&["--target=ecs"]);
    let said = history.update(&["--set", "service=billing"]).failure(2);
    assert!(said.contains("the project is called `orders`, and an update does not rename it"), "{said}");
    assert_eq!(history.git(&["status", "--porcelain"]), "");
}

#[test]
fn the_record_and_the_report_have_the_keys_that_the_documentation_names() {
    let page = fs::read_to_string(xtask::workspace::root().join("docs/update.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    let history = targeted(&["--target=ecs"]);
    history.template("2.0.0", &files(&[("a.hbs", "{{target}} {{architecture}}, more\n")]), &manifest_of("amd64"));
    let (_, first) = history.updated(&[]);
    history.commit();
    let (_, second) = history.updated(&["--set", "target=kubernetes", "--keep", "a"]);
    for (key, report) in [("files", &first), ("offers", &first), ("answers", &second)] {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{key}` | array |"))).unwrap();
        let parts = report[key][0].as_object().unwrap().keys();
        assert!(parts.clone().all(|part| row.contains(&format!("`{part}`"))), "{row}: {:?}", &report[key][0]);
    }
    let record: toml::Table = history.text(RECORD).parse().unwrap();
    for (key, value) in &record {
        let written = if value.is_table() { format!("`[{key}]`") } else { format!("`{key}`") };
        assert!(rows.iter().any(|row| row.split('|').nth(1).unwrap().contains(&written)), "{written}");
    }
}

#[test]
fn an_agreement_with_a_value_in_a_file_that_is_kept_is_still_checked() {
    let agreement = "[[agreement]]\nsays = \"the limit\"\n\
         place = [{ file = \"a.toml\", at = \"/limit\" }, { file = \"b.toml\", at = \"/limit\" }]\n";
    let texts = [("a.toml", "limit = 7\n"), ("b.toml", "limit = 7\n")];
    let history = History::new(&files(&texts), agreement);
    history.update(&["--keep", "b.toml"]).success();
    history.launchway(&["check"]).success();
    history.write("b.toml", "limit = 8\n");
    history.launchway(&["check"]).failure_on_stdout("the limit: the values differ");
    history.delete("b.toml");
    fs::create_dir(history.path("b.toml")).unwrap();
    history.launchway(&["check"]).success();
}

#[test]
fn u14_a_default_is_still_one_when_its_question_has_another_name() {
    let history = targeted(&["--target=ecs"]);
    let manifest = manifest_of("arm64").replace("id = \"architecture\"", "id = \"cpu_kind\"")
        + "[[migration]]\nto = \"2.0.0\"\nrename = { architecture = \"cpu_kind\" }\n";
    history.template("2.0.0", &files(&[("a.hbs", "{{target}} {{cpu_kind}}\n")]), &manifest);
    history.update(&["--set", "target=kubernetes"]).success();
    assert_eq!(history.text("a"), "kubernetes amd64\n");
}

#[test]
fn u14_a_service_that_is_added_has_its_own_defaults_with_its_own_answers() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(crate::program::GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let answer = |name: &str| -> String {
        let text = fs::read_to_string(project.join(format!(".launchway/{name}.toml"))).unwrap();
        text.parse::<toml::Table>().unwrap()["answers"]["architecture"].as_str().unwrap().to_owned()
    };
    let add = ["add", "service", "billing", "--set", "target=kubernetes", "--defaults"];
    run(launchway().args(add).current_dir(&project)).success();
    assert_eq!((answer("orders").as_str(), answer("billing").as_str()), ("arm64", "amd64"));
}

fn asking(kind: &str) -> String {
    format!("[[question]]\nid = \"port\"\nprompt = \"Port\"\nhelp = \"The port.\"\n{kind}\n")
}

const TEXT: &str = "kind = \"text\"\nmax = 9\ndefault = \"8080\"";
const INT: &str = "kind = \"int\"\nmin = 1\nmax = 65535\ndefault = 8080";

#[test]
fn u15_an_answer_is_converted_where_nothing_of_it_is_lost() {
    let choice = "kind = \"choice\"\nchoices = [{ value = \"8080\" }, { value = \"9000\" }, { value = \"true\" }]\ndefault = \"8080\"";
    let several = "kind = \"choices\"\nchoices = [{ value = \"8080\" }, { value = \"9000\" }]\ndefault = [\"8080\"]";
    let slugs = "kind = \"slugs\"\ndefault = [\"a\"]";
    for (from, given, to, wanted) in [
        (TEXT, "9000", INT, "9000"),
        (INT, "9000", TEXT, "9000"),
        (TEXT, "9000", choice, "9000"),
        (choice, "9000", INT, "9000"),
        (TEXT, "true", "kind = \"bool\"\ndefault = false", "true"),
        ("kind = \"bool\"\ndefault = true", "false", TEXT, "false"),
        ("kind = \"slug\"\ndefault = \"a\"", "prod", slugs, "prod"),
        (choice, "true", "kind = \"bool\"\ndefault = false", "true"),
        ("kind = \"bool\"\ndefault = false", "true", choice, "true"),
        (TEXT, "9000", several, "9000"),
        (several, "9000", TEXT, "9000"),
        (INT, "9000", several, "9000"),
        (several, "9000", INT, "9000"),
        (choice, "9000", several, "9000"),
        (several, "9000", choice, "9000"),
        (slugs, "prod", "kind = \"slug\"\ndefault = \"a\"", "prod"),
    ] {
        let history = History::with_words(&files(&[("a", "a\n")]), &asking(from), &[&format!("--port={given}")]);
        history.template("2.0.0", &files(&[("a", "a\n")]), &asking(to));
        history.update(&[]).success();
        let record: toml::Table = history.text(RECORD).parse().unwrap();
        let is = match &record["answers"]["port"] {
            toml::Value::Array(items) => items[0].as_str().unwrap().to_owned(),
            toml::Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        assert_eq!(is, wanted, "{from} -> {to}");
    }
}

#[test]
fn u15_an_answer_that_is_lost_stops_the_update_and_is_named() {
    let narrower = "kind = \"choice\"\nchoices = [{ value = \"8080\" }]\ndefault = \"8080\"";
    for (from, given, to) in [
        (TEXT, "09000", INT),
        (TEXT, "http", INT),
        (TEXT, "9000", narrower),
        (TEXT, "9000", "kind = \"bool\"\ndefault = true\nadvanced = true"),
        (INT, "1", "kind = \"bool\"\ndefault = true"),
        ("kind = \"bool\"\ndefault = false", "true", INT),
        ("kind = \"slugs\"\ndefault = [\"a\"]", "a,b", "kind = \"slug\"\ndefault = \"a\""),
        (INT, "9000", "kind = \"slugs\"\ndefault = [\"a\"]"),
        (INT, "9000", "kind = \"int\"\nmin = 1\nmax = 8999\ndefault = 8080"),
    ] {
        let history = History::with_words(&files(&[("a", "a\n")]), &asking(from), &[&format!("--port={given}")]);
        history.template("2.0.0", &files(&[("a", "a\n")]), &asking(to));
        let before = history.tree();
        let said = history.update(&[]).failure(2);
        assert!(said.contains(&format!("`{given}`")) && said.contains("that was the answer so far"), "{said}");
        assert!(said.contains("--set port=") && said.contains("--defaults"), "{said}");
        assert_eq!(xtask::tree::differences(&before, &history.tree()), Vec::<String>::new());
        let ran = history.update(&["--defaults"]);
        assert!(ran.stderr.contains(&format!("`{given}`")), "{}", ran.stderr);
        assert!(ran.stderr.contains("its default is taken"), "{}", ran.stderr);
        ran.success();
    }
}

#[test]
fn u15_an_answer_that_is_lost_is_asked_for_in_a_terminal() {
    use crate::terminal::{CONTROL_C, ENTER, Terminal};
    let history = History::with_words(&files(&[("a", "a\n")]), &asking(TEXT), &["--port=http"]);
    history.template("2.0.0", &files(&[("a.hbs", "{{port}}\n")]), &asking(INT));
    let start = || {
        let update = ["update", "--template", "../template"];
        Terminal::start(launchway().args(update).current_dir(history.project()))
    };
    let terminal = start();
    terminal.wait_for("Port").wait_for("http").press(CONTROL_C);
    terminal.end();
    assert_eq!(history.text("a"), "a\n");
    let terminal = start();
    terminal.wait_for("Port").press(ENTER).wait_for("Review").press(ENTER);
    terminal.end();
    assert_eq!(history.text("a"), "8080\n");
}

#[test]
fn u17_a_conflict_without_marks_is_a_finding_until_it_is_decided() {
    let image = |byte: u8| [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), &[byte; 64]].concat();
    let template = |version: &str, history: &History, picture: u8, gone: bool, text: &str| {
        let mut all = files(&[("c", "c\n"), ("run", text)]);
        all.push(("logo.png".to_owned(), image(picture)));
        if !gone {
            all.push(("notes".to_owned(), lines(&[]).into_bytes()));
        }
        history.template(version, &all, "");
    };
    let mut all = files(&[("c", "c\n"), ("run", "run\n"), ("notes", &lines(&[]))]);
    all.push(("logo.png".to_owned(), image(1)));
    let history = History::new(&all, "");
    history.write("logo.png", image(2));
    history.write("notes", lines(&[(3, "U")]));
    history.commit();
    template("2.0.0", &history, 3, true, "run\n");
    let (code, report) = history.updated(&[]);
    assert_eq!((code, &report["conflicts"]), (Some(1), &2.into()), "{report:#}");
    assert!(history.text(RECORD).contains("conflicts = [\"logo.png\", \"notes\"]"));
    let check = history.launchway(&["check"]);
    assert_eq!(check.code, Some(1));
    for path in ["logo.png", "notes"] {
        assert!(
            check.stdout.contains(&format!("{path}: a conflict of an update is not decided yet")),
            "{}",
            check.stdout
        );
    }
    let json: serde_json::Value =
        serde_json::from_str(&history.launchway(&["check", "--output", "json"]).stdout).unwrap();
    assert_eq!(json["projects"][0]["findings"][0]["rule"], "conflicted");
    history.git(&["add", "logo.png"]);
    history.launchway(&["check"]).failure_on_stdout("notes: a conflict");
    history.git(&["rm", "--quiet", "--cached", "notes"]);
    history.launchway(&["check"]).success();
    history.commit();
    // Whoever clones it has nothing to decide, and the next update clears what the record says of it.
    history.launchway(&["check"]).success();
    let (code, report) = history.updated(&[]);
    assert_eq!((code, &report["conflicts"]), (Some(0), &0.into()), "{report:#}");
    assert!(!history.text(RECORD).contains("conflicts"));
    history.commit();
    assert!(history.update(&[]).success().contains("nothing to do"));
}

#[test]
fn u17_a_conflict_without_marks_in_a_file_that_git_ignores_is_a_finding_too() {
    let image = |byte: u8| [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), &[byte; 64]].concat();
    let with = |picture: u8, more: &[&str]| {
        let mut all = files(&[("a", "a\n")]);
        all.push(("logo.png".to_owned(), image(picture)));
        all.extend(more.iter().map(|path| ((*path).to_owned(), image(picture))));
        all
    };
    let history = History::new(&with(1, &[]), "");
    history.git(&["rm", "--quiet", "--cached", "logo.png"]);
    history.write(".gitignore", "*.png\n");
    history.write("logo.png", image(2));
    history.write("new.png", image(2));
    history.commit();
    history.template("2.0.0", &with(3, &["new.png"]), "");
    history.update(&[]).failure(1);
    for path in ["logo.png", "new.png"] {
        assert_eq!(history.read(path).unwrap(), image(2), "{path}");
        history.launchway(&["check"]).failure_on_stdout(&format!("{path}: a conflict of an update is not decided yet"));
        let sides = history.git(&["ls-files", "--unmerged", path]);
        let ours = history.git(&["hash-object", path]);
        assert!(
            !sides.is_empty() && !sides.contains(ours.trim()),
            "{path}: nothing of the team's gets into git: {sides}"
        );
        history.git(&["rm", "--quiet", "--cached", path]);
    }
    history.launchway(&["check"]).success();
}

#[test]
fn u17_a_conflict_that_is_decided_is_no_change_that_an_update_would_make() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(crate::program::GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let git = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        run(git.args(words).current_dir(&project).envs(crate::program::GIT_IDENTITY)).success()
    };
    let dockerfile = || fs::read_to_string(project.join("Dockerfile")).unwrap();
    let ours = dockerfile().replace("EXPOSE 8080 9090", "# ours\nEXPOSE 8080 9090");
    fs::write(project.join("Dockerfile"), &ours).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "ours"]);
    let program = |words: &[&str]| run(launchway().args(words).current_dir(&project));
    program(&["update", "--set", "port=8099", "--no-input"]).failure(1);
    fs::write(project.join("Dockerfile"), ours.replace("EXPOSE 8080", "EXPOSE 8099")).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "decided"]);
    let record = || fs::read_to_string(project.join(RECORD)).unwrap();
    assert!(record().contains("conflicts = [\"Dockerfile\"]"));
    assert!(program(&["check", "--updates"]).success().contains("an update would change nothing"));
    program(&["update", "--no-input"]).success();
    assert!(!record().contains("conflicts"));
}

#[test]
fn u16_a_new_file_that_git_ignores_is_said_at_once() {
    let history = History::new(&files(&[("a", "a\n")]), "");
    history.write(".gitignore", "deploy/\n");
    history.commit();
    history.template("2.0.0", &files(&[("a", "A\n"), ("deploy/x y", "x\n"), ("new", "new\n")]), "");
    let wanted = "git is told to ignore `deploy/x y`, so a commit leaves it out; if it belongs there: `git add -f -- 'deploy/x y'`";
    for words in [&["--dry-run"][..], &[]] {
        let ran = history.update(&[&["--output", "json"], words].concat());
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.success()).unwrap();
        assert_eq!(report["notes"], serde_json::json!([wanted]));
    }
    assert_eq!(history.git(&["ls-files", "deploy"]), "");
    history.shell(wanted.split('`').nth(3).unwrap());
    assert_eq!(history.git(&["ls-files", "deploy"]), "deploy/x y\n");
    history.commit();
    assert!(!history.update(&[]).stderr.contains("ignore"));
}

#[test]
fn u16_every_command_that_writes_says_what_git_ignores() {
    let folder = tempfile::tempdir().unwrap();
    let git = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        run(git.args(words).current_dir(folder.path()).envs(crate::program::GIT_IDENTITY)).success()
    };
    git(&["init", "--quiet"]);
    fs::write(folder.path().join(".gitignore"), ".launchway/\nDockerfile\n").unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input", "--standalone"];
    let said = run(launchway().args(new).current_dir(folder.path())).stderr;
    assert!(said.contains("git is told to ignore `.launchway/.gitattributes`"), "{said}");
    assert!(said.contains("`git -C orders add -f -- .launchway/.gitattributes"), "{said}");
    assert!(said.contains("`Dockerfile`"), "{said}");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "made"]);
    let project = folder.path().join("orders");
    let add = ["add", "service", "billing", "--defaults"];
    let said = run(launchway().args(add).current_dir(&project)).stderr;
    assert!(said.contains("git is told to ignore") && said.contains("`services/billing/Dockerfile`"), "{said}");
    fs::write(folder.path().join(".gitignore"), ".launchway/\ndocs/\n").unwrap();
    let record: Vec<serde_json::Value> =
        serde_json::from_str(&fs::read_to_string(project.join(".launchway/orders.agreements.json")).unwrap()).unwrap();
    let waive = vec!["waive", record[0]["id"].as_str().unwrap(), "--because", "x", "--service", "orders"];
    let advise =
        "advise strategy --record --platform=ecs --versions=yes --capacity=yes --risk=few --measure=yes --warm-up=no";
    for (words, path) in
        [(waive, ".launchway/orders.waivers"), (advise.split(' ').collect(), "docs/decisions/strategy.md")]
    {
        let ran = run(launchway().args(&words).current_dir(&project));
        assert!(ran.stderr.contains(&format!("note: git is told to ignore `{path}`")), "{}", ran.stderr);
        ran.success();
    }
    fs::remove_dir_all(project.join(".launchway")).unwrap();
    let said = run(launchway().args(["adopt", "--name", "orders"]).current_dir(&project)).stderr;
    assert!(said.contains("git is told to ignore") && said.contains("`.launchway/orders.toml`"), "{said}");
}

#[test]
fn u18_a_preview_ends_as_the_update_would() {
    let history = outdated();
    history.write("c", "mine\n");
    let ran = history.update(&["--dry-run", "--output", "json"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing was written, and without `--dry-run` it would be refused:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: there are changes that are not committed, in `c`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("it will be"), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["refusal"], "there are changes that are not committed, in `c`");
    assert_eq!(status(&report, "b"), Some("clean"), "what it would be is shown all the same");
    let real = history.update(&[]);
    assert_eq!(real.code, ran.code);
    let ran = history.update(&["--dry-run", "--allow-dirty"]);
    assert!(ran.stderr.contains("without `--dry-run` it will be"), "{}", ran.stderr);
    ran.success();
    // Somebody who only looks whether there is something new is not asked to commit first.
    let check = history.launchway(&["check", "--updates"]);
    assert!(!check.stderr.contains("not committed"), "{}", check.stderr);
}

#[test]
fn u18_what_is_in_the_way_of_writing_is_in_the_way_of_a_preview() {
    let history = outdated();
    for is_link in [false, true] {
        if is_link {
            std::os::unix::fs::symlink("/tmp", history.path(".launchway/.edit")).unwrap();
        } else {
            history.write(".launchway/.edit", "mine\n");
        }
        let (preview, real) = (history.update(&["--dry-run"]), history.update(&[]));
        assert_eq!((preview.code, real.code), (Some(73), Some(73)), "{}", preview.stdout);
        assert_eq!(preview.stderr, real.stderr);
        history.delete(".launchway/.edit");
    }
    history.update(&["--dry-run"]).success();
}

#[test]
fn u18_a_preview_of_an_added_service_ends_as_the_addition_would() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(crate::program::GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let lock = fs::read_to_string(project.join("Cargo.lock")).unwrap();
    fs::write(project.join("Cargo.lock"), format!("{lock}\n")).unwrap();
    let add = |words: &[&str]| {
        let all = [&["add", "service", "billing", "--defaults", "--output", "json"], words].concat();
        run(launchway().args(all).current_dir(&project))
    };
    let (preview, real) = (add(&["--dry-run"]), add(&[]));
    assert_eq!((preview.code, real.code), (Some(3), Some(3)), "{}", preview.stderr);
    assert!(preview.stderr.ends_with(&real.stderr), "{}", preview.stderr);
    let report: serde_json::Value = serde_json::from_str(&preview.stdout).unwrap();
    assert!(report["refusal"].as_str().unwrap().contains("not committed"), "{report:#}");
    add(&["--dry-run", "--allow-dirty"]).success();
}
