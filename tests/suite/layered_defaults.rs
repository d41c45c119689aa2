//! Defaults in templates that extend one another: what a lower layer, the team above it and a lock make of an answer that nobody
//! gave, and what becomes of it when another answer or a layer changes.

use std::fs;

use tempfile::TempDir;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

const BASE: &str = r#"
[template]
id = "base"
title = "The lower layer"
version = "VERSION"
name = "service"
[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"
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
choices = [{ value = "arm64" }, { value = "amd64" }, { value = "riscv" }]
default = '{{#if (eq target "ecs")}}ECS{{else}}amd64{{/if}}'
advanced = true
"#;

const OTHER_DEFAULT: &str = "[[change]]\nquestion = \"architecture\"\ndefault = \"riscv\"\n";
const FOLLOWING_DEFAULT: &str =
    "[[change]]\nquestion = \"architecture\"\ndefault = '{{#if (eq target \"ecs\")}}riscv{{else}}arm64{{/if}}'\n";
const LOCK: &str = "[[lock]]\nquestion = \"architecture\"\nto = \"riscv\"\n";

/// Three templates, each of which extends the one before it, and a project of one of them.
struct Layers(TempDir);

impl Layers {
    fn new() -> Self {
        let layers = Self(tempfile::tempdir().unwrap());
        layers.base("1.0.0", "arm64");
        layers.layer("team", "base", "1.0.0", "");
        layers.layer("top", "team", "1.0.0", "");
        layers
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn base(&self, version: &str, default: &str) {
        self.write("base/template.toml", &BASE.replace("VERSION", version).replace("ECS", default));
        self.write("base/files/a.hbs", "{{target}} {{architecture}}\n");
    }

    fn layer(&self, name: &str, below: &str, version: &str, more: &str) {
        let head =
            format!("[template]\nid = \"{name}\"\ntitle = \"T\"\nversion = \"{version}\"\nextends = \"../{below}\"\n");
        self.write(&format!("{name}/template.toml"), &(head + more));
    }

    fn made(&self, layer: &str, words: &[&str]) -> String {
        let template = format!("./{layer}");
        let new = ["new", "orders", "--no-input", "--template", &template];
        run(launchway().args(new).args(words).envs(GIT_IDENTITY).current_dir(self.0.path())).success();
        self.answers()
    }

    /// Updates the project, and commits that; returns the answers, and what was said.
    fn updated(&self, layer: &str, words: &[&str]) -> (String, String) {
        let ran = self.update(layer, words);
        let said = ran.stderr.clone();
        ran.success();
        let mut git = std::process::Command::new("git");
        git.args(["commit", "--quiet", "--all", "--allow-empty", "--message", "updated"]).envs(GIT_IDENTITY);
        run(git.current_dir(self.0.path().join("orders"))).success();
        (self.answers(), said)
    }

    fn update(&self, layer: &str, words: &[&str]) -> Ran {
        let template = format!("../{layer}");
        let update = ["update", "--no-input", "--template", &template];
        run(launchway().args(update).args(words).current_dir(self.0.path().join("orders")))
    }

    fn answers(&self) -> String {
        fs::read_to_string(self.0.path().join("orders/a")).unwrap().trim().to_owned()
    }
}

const TO_KUBERNETES: &[&str] = &["--set", "target=kubernetes"];
const TO_ECS: &[&str] = &["--set", "target=ecs"];

#[test]
fn u14_a_default_of_a_lower_layer_follows_the_answers_and_stays_where_the_layer_changes() {
    for layer in ["base", "team", "top"] {
        let layers = Layers::new();
        assert_eq!(layers.made(layer, &[]), "ecs arm64");
        let (answers, said) = layers.updated(layer, TO_KUBERNETES);
        assert_eq!(answers, "kubernetes amd64", "{layer}");
        assert!(said.contains("`architecture` becomes `amd64`, its default today; it was `arm64`"), "{layer}: {said}");
        assert_eq!(layers.updated(layer, TO_ECS).0, "ecs arm64", "{layer}");
        // The layer below changes; what runs stays.
        layers.base("2.0.0", "riscv");
        let (answers, said) = layers.updated(layer, &[]);
        assert_eq!(answers, "ecs arm64", "{layer}");
        assert!(said.contains("the default of `architecture` is `riscv` today; it stays `arm64`"), "{layer}: {said}");
        assert_eq!(layers.updated(layer, &["--take-defaults"]).0, "ecs riscv", "{layer}");
        assert_eq!(layers.updated(layer, TO_KUBERNETES).0, "kubernetes amd64", "{layer}: it is a default still");
    }
}

#[test]
fn u14_a_default_of_the_team_goes_before_the_one_below_and_is_one_like_it() {
    for (layer, extended) in [("team", "base"), ("top", "team")] {
        let layers = Layers::new();
        layers.layer(layer, extended, "1.0.0", FOLLOWING_DEFAULT);
        assert_eq!(layers.made("top", &[]), "ecs riscv", "{layer}");
        assert_eq!(layers.updated("top", TO_KUBERNETES).0, "kubernetes arm64", "{layer}");
        // The team takes it back: what runs stays, and the one below is offered.
        layers.layer(layer, extended, "2.0.0", "");
        let (answers, said) = layers.updated("top", &[]);
        assert_eq!(answers, "kubernetes arm64", "{layer}");
        assert!(said.contains("the default of `architecture` is `amd64` today; it stays `arm64`"), "{layer}: {said}");
        // One that the team brings for a project that has another already is offered, too.
        layers.layer(layer, extended, "3.0.0", OTHER_DEFAULT);
        let (answers, said) = layers.updated("top", &[]);
        assert_eq!(answers, "kubernetes arm64", "{layer}");
        assert!(said.contains("the default of `architecture` is `riscv` today; it stays `arm64`"), "{layer}: {said}");
        assert_eq!(layers.updated("top", &["--take-defaults"]).0, "kubernetes riscv", "{layer}");
    }
}

#[test]
fn u14_an_answer_that_was_given_stays_in_every_layer() {
    for more in ["", OTHER_DEFAULT, FOLLOWING_DEFAULT] {
        let layers = Layers::new();
        layers.layer("team", "base", "1.0.0", more);
        assert_eq!(layers.made("top", &["--architecture=arm64"]), "ecs arm64");
        let (answers, said) = layers.updated("top", TO_KUBERNETES);
        assert_eq!(answers, "kubernetes arm64", "{more}");
        assert!(!said.contains("architecture"), "{said}");
    }
}

#[test]
fn u14_an_answer_that_a_lock_decided_is_one_that_nobody_gave() {
    // While the lock holds, it is the lock's.
    let layers = Layers::new();
    layers.layer("team", "base", "1.0.0", LOCK);
    assert_eq!(layers.made("top", &[]), "ecs riscv");
    assert_eq!(layers.updated("top", TO_KUBERNETES).0, "kubernetes riscv");
    // Without it what runs stays, the default is offered, and follows the other answers again.
    layers.layer("team", "base", "2.0.0", "");
    let (answers, said) = layers.updated("top", &[]);
    assert_eq!(answers, "kubernetes riscv");
    assert!(said.contains("the default of `architecture` is `amd64` today; it stays `riscv`"), "{said}");
    assert_eq!(layers.updated("top", TO_ECS).0, "ecs arm64");
    // One that holds for some answers alone ends with them.
    let layers = Layers::new();
    layers.layer("team", "base", "1.0.0", &format!("{LOCK}when = 'eq target \"ecs\"'\n"));
    assert_eq!(layers.made("top", &[]), "ecs riscv");
    let (answers, said) = layers.updated("top", TO_KUBERNETES);
    assert_eq!(answers, "kubernetes amd64", "{said}");
    assert!(said.contains("`architecture` becomes `amd64`, its default today; it was `riscv`"), "{said}");
    assert_eq!(layers.updated("top", TO_ECS).0, "ecs riscv");
    // Who gave the answer that the lock has as well, gave it.
    let layers = Layers::new();
    layers.layer("team", "base", "1.0.0", &format!("{LOCK}when = 'eq target \"ecs\"'\n"));
    layers.made("top", &["--architecture=riscv"]);
    assert_eq!(layers.updated("top", TO_KUBERNETES).0, "kubernetes riscv");
}

#[test]
fn u14_defaults_of_a_lower_layer_follow_an_answer_that_a_lock_above_changes() {
    let lock = |target: &str| format!("[[lock]]\nquestion = \"target\"\nto = \"{target}\"\n");
    let layers = Layers::new();
    layers.layer("team", "base", "1.0.0", FOLLOWING_DEFAULT);
    layers.layer("top", "team", "1.0.0", &lock("ecs"));
    assert_eq!(layers.made("top", &[]), "ecs riscv");
    layers.layer("top", "team", "2.0.0", &lock("kubernetes"));
    let (answers, said) = layers.updated("top", &[]);
    assert_eq!(answers, "kubernetes arm64");
    assert!(said.contains("`target` is decided by top now; its answer was `ecs`"), "{said}");
    layers.layer("top", "team", "3.0.0", "");
    assert_eq!(layers.updated("top", &[]).0, "kubernetes arm64");
}

#[test]
fn u14_a_default_that_a_lock_rules_out_is_named_with_the_lock() {
    for lock in ["deny = [\"arm64\"]", "allow = [\"riscv\", \"amd64\"]"] {
        let layers = Layers::new();
        layers.made("top", &[]);
        layers.layer("team", "base", "2.0.0", &format!("[[lock]]\nquestion = \"architecture\"\n{lock}\n"));
        let said = layers.update("top", &[]).failure(2);
        let wanted = "architecture `arm64` is not allowed: `team` decided it; that was the answer so far";
        assert!(said.contains(wanted) && !said.contains("did not ask before"), "{said}");
        assert!(said.contains("--set architecture="), "{said}");
        assert_eq!(layers.updated("top", &["--set", "architecture=riscv"]).0, "ecs riscv");
    }
}
