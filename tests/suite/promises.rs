//! Sentences of docs/update.md, docs/sources.md and docs/threat-model.md that no other test holds.

use std::fs;

use launchway_core::{Template, merge};
use serde_json::Value;

use crate::history::{History, files, lines};
use crate::program::{GIT_IDENTITY, run};
use crate::remote::{MANIFEST, World};

fn outdated() -> History {
    let history = History::new(&files(&[("a", &lines(&[])), ("b", "b\n")]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "b\n"), ("c", "c\n")]), "");
    history
}

#[test]
fn an_update_commits_nothing_and_moves_no_branch() {
    let history = outdated();
    let state = || history.git(&["for-each-ref", "refs/heads"]) + &history.git(&["reflog"]);
    let before = state();
    for words in [&[][..], &["--undo"], &["--keep", "b"], &["--undo"], &["--heal", "b"]] {
        let all = if words == ["--undo"] {
            vec!["update", "--undo"]
        } else {
            [&["update", "--template", "../template"], words].concat()
        };
        history.launchway(&all).success();
        assert_eq!(state(), before, "{words:?}");
    }
}

#[test]
fn what_only_the_user_has_changed_is_in_the_json_alone() {
    let history = outdated();
    history.write("b", "mine\n");
    history.commit();
    let text = history.update(&["--dry-run"]).success();
    assert!(text.contains("  clean         a\n") && !text.contains("kept") && !text.contains(" b\n"), "{text}");
    let report = history.updated(&["--dry-run"]).1;
    let of_b = report["files"].as_array().unwrap().iter().find(|file| file["path"] == "b").unwrap();
    assert_eq!(of_b["status"], "kept");
}

#[test]
fn a_file_of_the_templates_that_is_kept_is_no_drift() {
    let managed = "[[file]]\npath = \"b\"\nownership = \"managed\"\n";
    let history = History::new(&files(&[("a", "a\n"), ("b", "b\n")]), managed);
    history.write("b", "mine\n");
    history.commit();
    let drift = "the file belongs to the template";
    let drifted = |history: &History| history.launchway(&["check", "--output", "json"]).stdout.contains(drift);
    assert!(drifted(&history));
    history.update(&["--keep", "b"]).success();
    assert!(!drifted(&history));
    history.launchway(&["check"]).success();
    history.commit();
    history.update(&["--keep=no", "b"]).success();
    assert!(drifted(&history));
}

#[test]
fn a_conflict_that_leaves_no_marks_is_decided_beforehand_by_heal_as_well() {
    let picture = |byte: u8| vec![("logo.png".to_owned(), [b"\x89PNG\0".as_slice(), &[byte; 64]].concat())];
    let history = History::new(&picture(1), "");
    history.write("logo.png", &picture(2)[0].1);
    history.commit();
    history.template("2.0.0", &picture(3), "");
    let said = history.update(&["--conflicts=marks"]).failure(3);
    assert!(said.contains("`--keep PATH`") && said.contains("`--heal PATH`"), "{said}");
    history.update(&["--conflicts=marks", "--heal", "logo.png"]).success();
    assert_eq!(history.read("logo.png").unwrap(), picture(3)[0].1);
    history.launchway(&["check"]).success();
}

#[test]
fn the_state_before_an_undo_comes_back_as_a_stash_does() {
    let history = outdated();
    history.update(&[]).success();
    history.write("a", "staged since\n");
    history.git(&["add", "a"]);
    history.write("a", "written since\n");
    history.launchway(&["update", "--undo", "--allow-dirty"]).success();
    history.git(&["reset", "--quiet", "--hard"]);
    history.git(&["stash", "apply", "--index", "--quiet", "refs/launchway/orders/before-undo"]);
    assert_eq!(
        (history.text("a"), history.git(&["show", ":a"])),
        ("written since\n".to_owned(), "staged since\n".to_owned())
    );
    assert_eq!(history.text("c"), "c\n");
}

#[test]
fn nothing_lands_in_a_submodule() {
    let history = outdated();
    let other = outdated();
    let address = other.project().display().to_string();
    history.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &address, "module"]);
    history.commit();
    history.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("module/x", "x\n")]), "");
    let said = history.update(&[]).failure(3);
    assert!(said.contains("`module/x` would land in a repository of its own"), "{said}");
    assert!(history.read("module/x").is_none());
}

#[test]
fn whoever_changed_a_file_after_an_update_was_cut_off_is_told_the_way_out() {
    let history = outdated();
    history.update(&[]).success();
    let undo = "refs/worktree/launchway/orders/undo";
    history.git(&["update-ref", "refs/worktree/launchway/orders/writing", undo]);
    history.git(&["update-ref", "-d", undo]);
    history.write("a", "since\n");
    for words in [&[][..], &["--dry-run"], &["--keep", "b"]] {
        let said = history.update(&[words, &["--allow-dirty"]].concat()).failure(3);
        assert!(said.contains("launchway update --undo --allow-dirty"), "{words:?}: {said}");
        assert_eq!(history.text("a"), "since\n");
    }
}

const PORT: &str = "[[question]]\nid = \"port\"\nprompt = \"Port\"\nhelp = \"The port.\"\nkind = \"int\"\nmin = 1\nmax = 65535\ndefault = 8080\n";
const REGION: &str = "[[question]]\nid = \"region\"\nprompt = \"Region\"\nhelp = \"The region.\"\nkind = \"slug\"\ndefault = \"north\"\n";

#[test]
fn u10_a_revert_of_an_update_is_resolved_as_well() {
    let settings = format!("port {{{{port}}}}\n{}region {{{{region}}}}\n", lines(&[]));
    let history = History::new(&files(&[("settings.hbs", &settings)]), &format!("{PORT}{REGION}"));
    for answer in ["port=9000", "region=south"] {
        history.update(&["--set", answer]).success();
        history.commit();
    }
    assert_eq!(run(history.git_command(&["revert", "--no-edit", "HEAD~1"])).code, Some(1));
    assert_eq!(
        history
            .git(&["diff", "--name-only", "--diff-filter=U"])
            .lines()
            .filter(|it| !it.starts_with(".launchway/"))
            .count(),
        0
    );
    // The record names no folder.
    let said = history.launchway(&["update", "--resolve-record", "--no-input"]).failure(2);
    assert!(said.contains("--template ./folder"), "{said}");
    history.update(&["--resolve-record"]).success();
    history.git(&["-c", "core.editor=true", "revert", "--continue"]);
    let text = history.text("settings");
    assert!(text.starts_with("port 8080\n") && text.ends_with("region south\n"), "{text}");
    history.launchway(&["check"]).success();
    assert!(history.update(&[]).success().contains("nothing to do"));
}

#[test]
fn u11_an_added_service_notices_an_attribute_that_ruins_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(crate::program::launchway().args(new).envs(GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    fs::write(project.join(".git/info/attributes"), ".launchway/*.toml filter=own\n").unwrap();
    let mut git = std::process::Command::new("git");
    run(git.args(["config", "filter.own.clean", "sed s/billing/other/"]).current_dir(&project)).success();
    let add = ["add", "service", "billing", "--defaults"];
    let said = run(crate::program::launchway().args(add).current_dir(&project)).failure(74);
    assert!(said.contains("git's index does not hold what was written to `.launchway/billing.toml`"), "{said}");
    assert!(said.contains(".git/info/attributes"), "{said}");
}

/// A template whose second answer hangs on the first one, in a catalog that says something of the second.
fn of_catalog(says: &str) -> World {
    let world = World::new();
    let questions = format!(
        "{REGION}[[question]]\nid = \"zone\"\nprompt = \"Zone\"\nhelp = \"The zone.\"\nkind = \"slug\"\ndefault = \"{{{{region}}}}-a\"\nadvanced = true\n"
    );
    let manifest = MANIFEST.split("[[question]]\nid = \"region\"").next().unwrap().to_owned() + &questions;
    let template =
        world.repository("t", &[("template.toml", &manifest), ("files/note.txt.hbs", "{{region}} {{zone}}\n")]);
    template.git(&["tag", "v1.0.0"]);
    let catalog = format!(
        "[catalog]\ntitle = \"C\"\n[[template]]\nname = \"small\"\ntitle = \"S\"\nsource = \"{}\"\n{says}",
        template.url()
    );
    let catalog = world.repository("catalog", &[("catalog.toml", &catalog)]);
    run(world.launchway().args(["catalog", "add", "acme", &catalog.url()])).success();
    world
}

#[test]
fn u14_what_a_catalog_presets_or_decides_counts_as_given() {
    for (says, zone) in [
        ("[template.presets]\nzone = \"own\"\n", "own"),
        ("[template.locks]\nzone = \"own\"\n", "own"),
        ("", "south-a"),
    ] {
        let world = of_catalog(says);
        world.new_committed_project("acme:small");
        let record = fs::read_to_string(world.path("orders/.launchway/orders.toml")).unwrap();
        let defaults = record.lines().find(|line| line.starts_with("defaults = ")).unwrap_or_default();
        assert_eq!(defaults.contains("\"zone\""), says.is_empty(), "{says}: {record}");
        run(world.launchway().args(["update", "orders", "--no-input", "--set", "region=south"])).success();
        assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), format!("south {zone}\n"), "{says}");
    }
}

#[test]
fn a_catalog_comes_from_what_follows_the_at_and_lists_show_what_was_fetched_last() {
    let world = World::new();
    let text = |title: &str| {
        format!("[catalog]\ntitle = \"C\"\n[[template]]\nname = \"small\"\ntitle = \"{title}\"\nsource = \"service\"\n")
    };
    let catalog = world.repository("catalog", &[("catalog.toml", &text("The first"))]);
    catalog.git(&["tag", "v1.0.0"]);
    catalog.commit(&[("catalog.toml", &text("The second"))]);
    let launchway = |words: &[&str]| run(world.launchway().args(words)).success();
    launchway(&["catalog", "add", "tagged", &format!("{}@v1.0.0", catalog.url())]);
    launchway(&["catalog", "add", "newest", &catalog.url()]);
    let listed = |name: &str| -> String {
        let list: Value = serde_json::from_str(&launchway(&["catalog", "list", "--output", "json"])).unwrap();
        let found = list["catalogs"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
        found["templates"][0]["title"].as_str().unwrap().to_owned()
    };
    assert_eq!((listed("tagged").as_str(), listed("newest").as_str()), ("The first", "The second"));
    catalog.commit(&[("catalog.toml", &text("The third"))]);
    assert!(launchway(&["templates"]).contains("The second"), "as it was fetched");
    launchway(&["catalog", "update"]);
    assert_eq!((listed("tagged").as_str(), listed("newest").as_str()), ("The first", "The third"));
    assert!(launchway(&["templates"]).contains("The third"));
}

#[test]
fn the_lists_of_the_documentation_merge_what_both_sides_have_added() {
    let page = fs::read_to_string(xtask::workspace::root().join("docs/update.md")).unwrap();
    let template = Template::builtin("service").unwrap();
    let merged = |path: &str, base: &str, element: &dyn Fn(&str) -> String| {
        let [yours, theirs] = ["yy", "tt"].map(|name| format!("{base}{}", element(name)));
        merge(path, &template.merges, base, &yours, &theirs).map(|it| it.text)
    };
    let both = |base: &str, element: &dyn Fn(&str) -> String| Some(format!("{base}{}{}", element("yy"), element("tt")));
    let mut named = Vec::new();
    for (list, key) in [
        ("containers", "name"),
        ("initContainers", "name"),
        ("env", "name"),
        ("volumes", "name"),
        ("volumeMounts", "name"),
        ("ports", "name"),
        ("containerDefinitions", "name"),
        ("environment", "name"),
        ("secrets", "name"),
        ("ContainerDefinitions", "Name"),
        ("Environment", "Name"),
        ("Secrets", "Name"),
        ("topologySpreadConstraints", "topologyKey"),
        ("Tags", "Key"),
        ("tags", "key"),
    ] {
        let element = |name: &str| format!("  - {key}: {name}\n    other: {name}\n");
        let base = format!("{list}:\n{}", element("base"));
        assert_eq!(merged("deploy/x.yaml", &base, &element), both(&base, &element), "{list}");
        // CloudFormation has the same lists with a capital letter.
        named.extend([list, key].into_iter().filter(|name| key != "Name" || *name == "Name"));
    }
    for list in ["resources", "components"] {
        let element = |name: &str| format!("  - {name}.yaml\n");
        let base = format!("{list}:\n{}", element("base"));
        assert_eq!(merged("deploy/kustomization.yaml", &base, &element), both(&base, &element), "{list}");
        named.push(list);
    }
    for list in ["features", "members", "exclude", "default-members", "dependencies"] {
        let text = |names: &str| format!("[x]\n{list} = [{names}]\n");
        let all = merge("Cargo.toml", &template.merges, &text("\"a\""), &text("\"a\", \"y\""), &text("\"a\", \"t\""));
        assert_eq!(all.map(|it| it.text), Some(text("\"a\", \"y\", \"t\"")), "{list}");
        named.push(list);
    }
    let update = |name: &str| format!("  - package-ecosystem: {name}\n    directory: /\n");
    let base = format!("version: 2\nupdates:\n{}", update("cargo"));
    assert_eq!(merged(".github/dependabot.yml", &base, &update), both(&base, &update));
    // A list whose elements have no name is asked about.
    let words = |name: &str| format!("  - {name}\n");
    assert_eq!(merged("deploy/x.yaml", "words:\n  - base\n", &words), None);
    for name in named {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_limits_of_the_threat_model_are_those_of_the_code() {
    let root = xtask::workspace::root();
    let page = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let core = "crates/launchway-core/src";
    for (promise, file, constant) in [
        (
            "| a file of a template | 5 MiB; 256 KiB if it is rendered |",
            "template/source.rs",
            "MAX_FILE_BYTES: u64 = 5 << 20",
        ),
        ("256 KiB if it is rendered |", "language/syntax.rs", "MAX_BYTES: usize = 256 << 10"),
        ("| a template | 65,536 files, 256 MiB, 32 folders deep", "template/source.rs", "MAX_FILES: usize = 65_536"),
        ("256 MiB, 32 folders deep", "template/source.rs", "MAX_TOTAL_BYTES: u64 = 256 << 20"),
        ("32 folders deep, counted", "template/source.rs", "MAX_DEPTH: usize = 32"),
        ("| tags of a file, blocks inside one another | 2,000; 64 |", "language/syntax.rs", "MAX_TAGS: usize = 2_000"),
        ("| 2,000; 64 |", "language/syntax.rs", "MAX_NESTING: usize = 64"),
        ("a whole project | 1,000,000; 50,000,000 |", "language/engine.rs", "MAX_STEPS: u64 = 1_000_000"),
        ("; 50,000,000 |", "plan/budget.rs", "MAX_STEPS: u64 = 50_000_000"),
        ("| turns of the lists of one `each` | 10,000 |", "plan/budget.rs", "MAX_TURNS: usize = 10_000"),
        (
            "| a path | 4,096 bytes, 255 in each segment, 32 folders deep |",
            "path/mod.rs",
            "MAX_PATH_BYTES: usize = 4096",
        ),
        ("255 in each segment", "path/mod.rs", "MAX_SEGMENT_BYTES: usize = 255"),
        ("32 folders deep |", "path/mod.rs", "MAX_DEPTH: usize = 32"),
        (
            "| an answers file | 1 MiB; 128 levels and 16 MiB",
            "../../launchway/src/answers/file.rs",
            "MAX_BYTES: u64 = 1 << 20",
        ),
        ("128 levels and", "agreement/document/yaml.rs", "MAX_DEPTH: usize = 128"),
        ("and 16 MiB once", "agreement/document/yaml.rs", "MAX_WEIGHT: usize = 16 << 20"),
        ("| agreements in a record | 4,096 |", "project/mod.rs", "MAX_AGREEMENTS: usize = 4096"),
        ("| what git may send | 256 MiB;", "../../launchway/src/git/remote.rs", "MAX_RECEIVED: u64 = 256 << 20"),
    ] {
        assert!(page.contains(promise), "the page does not say `{promise}`");
        let source = fs::read_to_string(root.join(core).join(file)).unwrap();
        assert!(source.contains(&format!("const {constant};")), "{file} has another limit than `{promise}`");
    }
}
