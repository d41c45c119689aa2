//! What prompts are filled with: the surroundings, and a person's own defaults. Nothing of it counts where nothing is asked.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use xtask::{tree, workspace};

use crate::program::{GIT_IDENTITY, launchway, run, write_executable};
use crate::terminal::{ENTER, Terminal, UP};

/// A person: a home, and a folder to work in.
struct Person {
    home: TempDir,
    work: TempDir,
}

impl Person {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), work: tempfile::tempdir().unwrap() }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = launchway();
        command.args(words).env("HOME", self.home.path()).current_dir(self.work.path());
        command
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remote(&self, url: &str) {
        for words in [&["init", "--quiet"][..], &["remote", "add", "origin", url]] {
            let mut git = workspace::hermetic(Path::new("git")).unwrap();
            run(git.args(words).current_dir(self.work.path())).success();
        }
    }
}

const DEFAULTS: &str = ".config/launchway/defaults.toml";
const GH: &str = ".config/gh/hosts.yml";
const HOSTS: &str = "github.com:\n    user: ada\n    oauth_token: gho_secret\n    git_protocol: https\n";
const ASKS: [&str; 4] = ["new", "orders", "--description=x", "--no-git"];
const ECS: [&str; 9] = [
    "--target=ecs",
    "--capacity=fargate",
    "--cpu=256",
    "--scheme=internal",
    "--strategy=rolling",
    "--environments=dev,prod",
    "--production=prod",
    "--https=true",
    "--owner=payments",
];

#[test]
fn the_repository_and_the_region_of_the_surroundings_stand_in_the_prompts_and_are_recorded_as_given() {
    let person = Person::new();
    person.remote("https://ada:hunter2@github.com/acme/shop.git");
    let mut command = person.command(&[&ASKS[..], &ECS].concat());
    let terminal = Terminal::start(command.env("AWS_REGION", "eu-west-1").env("AWS_DEFAULT_REGION", "us-west-2"));
    terminal.wait_for("AWS regions").wait_for("eu-west-1").wait_for("Filled in from AWS_REGION.").press(ENTER);
    terminal.wait_for("GitHub repository").wait_for("acme/shop").wait_for("the remote `origin`").press(ENTER);
    terminal.wait_for("Enter generate").wait_for("from the remote `origin`").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(!left.written.contains("hunter2"), "no password of the address is shown");
    let record = fs::read_to_string(person.work.path().join(".launchway/orders.toml")).unwrap();
    assert!(record.contains("repository = \"acme/shop\"") && record.contains("regions = [\"eu-west-1\"]"), "{record}");
    let defaults = record.lines().find(|line| line.starts_with("defaults = ")).unwrap();
    assert!(!defaults.contains("repository") && !defaults.contains("\"regions\""), "{defaults}");
    assert!(!record.contains("placeholders"), "{record}");
}

#[test]
fn of_the_user_of_gh_and_of_an_organisation_the_owner_is_taken_and_gh_is_not_run() {
    let person = Person::new();
    person.write(GH, HOSTS);
    // Whoever runs it would find this in the place of `gh`.
    let bin = person.home.path().join("bin");
    write_executable(&bin.join("gh"), "#!/bin/sh\ntouch \"$HOME/ran\"\n");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for (organisation, shown) in [(None, "ada/orders"), (Some("acme"), "acme/orders")] {
        if let Some(organisation) = organisation {
            run(person.command(&["defaults", "set", "organisation", organisation])).success();
        }
        let mut command = person.command(&[&ASKS[..], &ECS, &["--regions=us-east-1", "--dry-run"]].concat());
        let terminal = Terminal::start(command.env("PATH", &path));
        terminal.wait_for("GitHub repository").wait_for(shown).press(ENTER);
        let left = terminal.end();
        assert_eq!(left.code, Some(0), "{}", left.screen);
        assert!(!left.written.contains("gho_secret"));
    }
    assert!(!person.home.path().join("ran").exists());
}

#[test]
fn where_nothing_is_asked_the_same_line_makes_the_same_project_for_everybody() {
    let (plain, rich) = (Person::new(), Person::new());
    rich.remote("https://github.com/acme/shop.git");
    rich.write(GH, HOSTS);
    rich.write(
        DEFAULTS,
        "owner = \"payments\"\norganisation = \"acme\"\nregion = \"eu-west-1\"\narchitecture = \"amd64\"\nlanguage = \"ko\"\n",
    );
    for words in [&["--no-input"][..], &["--defaults"]] {
        let made = [&plain, &rich].map(|person| {
            let dest = person.work.path().join("made");
            fs::remove_dir_all(&dest).unwrap_or_default();
            let words =
                [&["new", "orders", "--target=ecs", "--no-git", "--standalone", "--dest=made"][..], words].concat();
            let mut command = person.command(&words);
            command.env("AWS_REGION", "eu-west-1");
            if words.contains(&"--defaults") {
                let left = Terminal::start(&command).end();
                assert_eq!(left.code, Some(0), "{}", left.screen);
            } else {
                run(command).success();
            }
            tree::read(&dest).unwrap()
        });
        assert!(made[0] == made[1], "{words:?}: {:?}", tree::differences(&made[0], &made[1]));
    }
}

#[test]
fn hostile_surroundings_fill_no_prompt() {
    let person = Person::new();
    person.remote("https://github.com/a\u{1b}[31m/b;rm -rf ~");
    person.write(GH, "github.com:\n  user: \"x\\e[2J$(touch ran)\"\n");
    let mut command = person.command(&[&ASKS[..], &ECS, &["--dry-run"]].concat());
    let terminal = Terminal::start(command.env("AWS_REGION", "mars\u{1b}[2J"));
    terminal.wait_for("AWS regions").press(ENTER);
    terminal.wait_for("GitHub repository").wait_for("my-org/orders").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(!left.written.contains("mars") && !left.written.contains("rm -rf") && !left.written.contains("Filled in"));
    // A file that never ends, or cannot be read, keeps nobody waiting.
    let pipe = Person::new();
    for path in [GH, DEFAULTS] {
        pipe.write(path, "");
        fs::remove_file(pipe.home.path().join(path)).unwrap();
        run(Command::new("mkfifo").arg(pipe.home.path().join(path))).success();
    }
    let terminal = Terminal::start(&pipe.command(&[&ASKS[..], &ECS, &["--regions=us-east-1", "--dry-run"]].concat()));
    terminal.wait_for("Your own defaults are not used").wait_for("GitHub repository").press(ENTER);
    assert_eq!(terminal.end().code, Some(0));
}

#[test]
fn a_person_has_a_default_for_what_is_left_at_the_templates_otherwise_and_is_asked_then() {
    let person = Person::new();
    for (key, value) in [("architecture", "amd64"), ("owner", "payments"), ("region", "eu-central-1")] {
        run(person.command(&["defaults", "set", key, value])).success();
    }
    let words: Vec<&str> = [&ASKS[..], &ECS].concat().into_iter().filter(|word| !word.starts_with("--owner")).collect();
    let terminal = Terminal::start(&person.command(&[&words[..], &["--repository=acme/orders"]].concat()));
    terminal
        .wait_for("Which team owns it?")
        .wait_for("payments")
        .wait_for("Filled in from your defaults.")
        .press(ENTER);
    terminal.wait_for("AWS regions").wait_for("eu-central-1").press(ENTER);
    terminal.wait_for("Processor architecture").wait_for("Filled in from your defaults.").press(ENTER);
    terminal.wait_for("Enter generate").wait_for("answered, from your defaults").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    let record = fs::read_to_string(person.work.path().join("orders/.launchway/orders.toml")).unwrap();
    for answer in ["architecture = \"amd64\"", "owner = \"payments\"", "regions = [\"eu-central-1\"]"] {
        assert!(record.contains(answer), "{record}");
    }
    // Another answer is the person's own.
    let terminal =
        Terminal::start(&person.command(&[&words[..], &["--repository=acme/orders", "--dest=other"]].concat()));
    terminal.wait_for("Which team owns it?").press(ENTER).wait_for("AWS regions").press(ENTER);
    terminal.wait_for("Processor architecture").press(UP).press(ENTER).wait_for("Enter generate").press(ENTER);
    assert_eq!(terminal.end().code, Some(0));
    let record = fs::read_to_string(person.work.path().join("other/.launchway/orders.toml")).unwrap();
    assert!(record.contains("architecture = \"arm64\""), "{record}");
}

#[test]
fn the_defaults_are_listed_set_and_taken_away_and_are_their_owners_alone() {
    let person = Person::new();
    let listed = run(person.command(&["defaults"])).success();
    assert!(listed.contains("# region: "), "{listed}");
    let set = run(person.command(&["defaults", "set", "region", "eu-west-1"])).success();
    assert!(set.contains("region = \"eu-west-1\"\n"), "{set}");
    run(person.command(&["defaults", "set", "language", "ko"])).success();
    let file = person.home.path().join(DEFAULTS);
    assert_eq!(fs::read_to_string(&file).unwrap(), "language = \"ko\"\nregion = \"eu-west-1\"\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let json: Value =
        serde_json::from_str(&run(person.command(&["defaults", "list", "--output=json"])).success()).unwrap();
    assert_eq!(json["schema"], "launchway.defaults/1");
    assert_eq!(json["defaults"], serde_json::json!({ "language": "ko", "region": "eu-west-1" }));
    let help = run(person.command(&["check", "--help"])).success();
    assert!(help.contains("사용법"), "the language is one of them: {help}");
    assert!(run(person.command(&["check", "--help"]).env("LAUNCHWAY_LANG", "en")).success().contains("Usage"));
    run(person.command(&["defaults", "unset", "language"])).success();
    run(person.command(&["defaults", "unset", "language"])).success();
    assert_eq!(fs::read_to_string(&file).unwrap(), "region = \"eu-west-1\"\n");
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 2, "the file and its lock");
}

#[test]
fn what_is_no_default_is_refused_with_the_nearest_key_and_nothing_is_changed() {
    let person = Person::new();
    run(person.command(&["defaults", "set", "region", "eu-west-1"])).success();
    for (words, found) in [
        (&["set", "regoin", "x"][..], "did you mean `region`?"),
        (&["unset", "nothing-like-it"], "there is architecture, language"),
        (&["set", "region", "Mars 1"], "no default for `region`"),
        (&["set", "architecture", "mips"], "arm64 or amd64"),
        (&["set", "language", "xx"], "en or ko"),
        (&["set", "organisation", "a/b"], "no default for `organisation`"),
        (&["set", "owner", "\u{1b}[2J"], "no default for `owner`"),
    ] {
        let said = run(person.command(&[&["defaults"], words].concat())).failure(2);
        assert!(said.contains(found) && !said.contains('\u{1b}'), "{words:?}: {said}");
    }
    let file = person.home.path().join(DEFAULTS);
    assert_eq!(fs::read_to_string(&file).unwrap(), "region = \"eu-west-1\"\n");
    for (text, found) in [
        ("regoin = \"x\"\n", "did you mean `region`?"),
        ("region = 1\n", "no text in quotes"),
        ("region = \"$(x)\"\n", "no default for `region`"),
        ("not toml\n", "cannot be used"),
        (&"#".repeat(70_000), "larger than 64 KiB"),
    ] {
        fs::write(&file, text).unwrap();
        for words in [&["defaults"][..], &["defaults", "set", "owner", "payments"]] {
            let said = run(person.command(words)).failure(2);
            assert!(said.contains(found) && said.contains("defaults.toml"), "{text:.30}: {said}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "it is not written over");
    }
}

#[test]
fn a_placeholder_is_marked_in_the_review_and_check_names_where_it_still_stands() {
    let person = Person::new();
    let words = [&ASKS[..3], &ECS, &["--regions=us-east-1"]].concat();
    let mut command = person.command(&words);
    let terminal = Terminal::start(command.envs(GIT_IDENTITY));
    terminal.wait_for("GitHub repository").press(ENTER);
    terminal.wait_for("Enter generate").wait_for("my-org/orders").wait_for("default, to be replaced").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    let checked = run(person.command(&["check", "orders"]));
    assert!(checked.stderr.contains("`repository` is still the placeholder `my-org/orders`"), "{}", checked.stderr);
    assert!(checked.stderr.contains("  orders/Dockerfile:"), "{}", checked.stderr);
    checked.success();
    let json: Value =
        serde_json::from_str(&run(person.command(&["check", "orders", "--output=json"])).success()).unwrap();
    assert_eq!(json["clean"], true);
    let placeholder = &json["projects"][0]["placeholders"][0];
    assert_eq!((&placeholder["question"], &placeholder["value"]), (&"repository".into(), &"my-org/orders".into()));
    for place in placeholder["places"].as_array().unwrap() {
        let text = fs::read_to_string(person.work.path().join("orders").join(place["file"].as_str().unwrap())).unwrap();
        let line = text.lines().nth(usize::try_from(place["line"].as_u64().unwrap()).unwrap() - 1).unwrap();
        assert!(line.contains("my-org/orders"), "{place}: {line}");
    }
    let set = ["update", "orders", "--set", "repository=acme/orders", "--no-input"];
    run(person.command(&set)).success();
    let checked = run(person.command(&["check", "orders"]));
    assert!(!checked.stderr.contains("placeholder"), "{}", checked.stderr);
}

#[test]
fn a_placeholder_that_nobody_was_asked_about_is_told_at_once() {
    let person = Person::new();
    let words = ["new", "orders", "--target=both", "--exposure=ingress", "--no-input", "--no-git"];
    let ran = run(person.command(&words));
    for (question, value) in [("repository", "my-org/orders"), ("domain", "example.com")] {
        assert!(ran.stderr.contains(&format!("`{question}` is the placeholder `{value}`")), "{}", ran.stderr);
    }
    ran.success();
    let given = run(person.command(&[&words[..], &["--repository=a/b", "--domain=a.example", "--dest=b"]].concat()));
    assert!(!given.stderr.contains("placeholder"), "{}", given.stderr);
}
