//! Catalogs of a team: added, listed, used, updated and removed; what they decide, and that the user is told.

use std::fs;

use serde_json::Value;

use crate::program::{Ran, run};
use crate::remote::{MANIFEST, Repository, Server, World};
use crate::rendered::TEMPLATE;
use crate::terminal::{CONTROL_C, DOWN, END, ENTER, Terminal};

/// A team's template that extends the built-in one, and decides one answer.
const TEAM: &str = r#"[template]
id = "payments"
title = "A service of the payments team"
version = "1.0.0"
extends = "builtin:service"

[[lock]]
question = "target"
to = "ecs"
because = "the team runs nothing on Kubernetes"
"#;

/// A catalog that presets one answer and decides another.
const CATALOG: &str = r#"[catalog]
title = "Templates of Acme"
min_version = "0.1.0"

[[template]]
name = "payments"
title = "A payments service"
source = "SOURCE"
version = "1"

[template.presets]
port = 9000

[template.locks]
environments = { to = ["dev", "prod"], because = "there are no others" }
strategy = { deny = ["rolling"], because = "a bad version must not reach everybody" }
"#;

fn catalog(world: &World, source: &str) -> Repository {
    world.repository("catalog", &[("catalog.toml", &CATALOG.replace("SOURCE", source))])
}

fn launchway(world: &World, words: &[&str]) -> Ran {
    run(world.launchway().args(words))
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn u32_what_a_catalog_presets_or_decides_is_no_secret_either() {
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    for kind in ["presets", "locks"] {
        let world = World::new();
        let decided = format!("[template.{kind}]\ndescription = \"see {token}\"\n");
        let text = format!(
            "[catalog]\ntitle = \"Acme\"\n\n[[template]]\nname = \"payments\"\ntitle = \"Payments\"\n\
             source = \"builtin:service\"\n\n{decided}"
        );
        let catalog = world.repository("catalog", &[("catalog.toml", &text)]);
        launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
        let said = new_service(&world, &["--target=ecs"]).failure(2);
        assert!(said.contains("description looks like a token of GitHub") && said.contains("acme"), "{kind}: {said}");
        assert!(!said.contains(&token), "{kind}: {said}");
        assert!(!world.path("orders").exists());
        new_service(&world, &["--target=ecs", "--allow-secret-like"]).success();
        // An answer of one's own comes before what is only preset.
        if kind == "presets" {
            std::fs::remove_dir_all(world.path("orders")).unwrap();
            new_service(&world, &["--target=ecs", "--description", "ours"]).success();
        }
    }
}

fn new_service(world: &World, words: &[&str]) -> Ran {
    world.new_project("acme:payments", words)
}

/// The whole way of a team: its template, its catalog, a project of it, and the same again without the remotes.
fn walk(world: &World, template: &str, catalog: &str, go_offline: impl FnOnce()) {
    let said = launchway(world, &["catalog", "add", "acme", catalog]).success();
    assert!(said.contains("Templates of Acme") && said.contains("acme:payments"), "{said}");
    let words = ["--strategy", "canary", "--output", "json"];
    let report: Value = serde_json::from_str(&new_service(world, &words).success()).unwrap();
    assert_eq!(report["template"]["url"], template);
    assert_eq!(report["template"]["tag"], "v1.0.0");
    assert_eq!(report["template"]["extends"][0], format!("builtin:service@{}", TEMPLATE.version));
    assert_eq!(report["catalog"]["url"], catalog);
    assert_eq!(report["answers"]["target"], "ecs");
    assert_eq!(report["answers"]["port"], 9000);
    assert_eq!(report["answers"]["environments"], serde_json::json!(["dev", "prod"]));
    assert!(world.path("orders/TEAM.md").is_file(), "the team's own file");
    assert!(world.path("orders/Cargo.toml").is_file(), "a file of the template that it extends");
    launchway(world, &["check", "orders"]).success();
    let record: toml::Table = fs::read_to_string(world.path("orders/.launchway/orders.toml")).unwrap().parse().unwrap();
    assert_eq!(record["catalog"]["entry"].as_str(), Some("payments"));
    assert_eq!(record["catalog"]["locked"].as_array().map(Vec::len), Some(2));
    fs::rename(world.path("orders"), world.path("online")).unwrap();
    go_offline();
    new_service(world, &["--strategy", "canary"]).failure(74);
    new_service(world, &["--strategy", "canary", "--offline"]).success();
    let same = run(std::process::Command::new("diff")
        .args(["--recursive", "online", "orders"])
        .current_dir(world.folder.path()));
    assert_eq!(same.stdout, "", "offline the same is made");
}

#[test]
fn a_team_template_with_locks_is_used_through_a_catalog_from_files_and_then_offline() {
    let world = World::new();
    let template = world.repository("payments", &[("template.toml", TEAM), ("files/TEAM.md", "Ask payments.\n")]);
    template.git(&["tag", "v1.0.0"]);
    let catalog = catalog(&world, &template.url());
    walk(&world, &template.url(), &catalog.url(), || {
        fs::rename(world.path("remotes"), world.path("gone")).unwrap();
    });
}

#[test]
fn a_team_template_with_locks_is_used_through_a_catalog_from_https_and_then_offline() {
    let world = World::new();
    let server = Server::of(&world);
    let template = world.repository("payments", &[("template.toml", TEAM), ("files/TEAM.md", "Ask payments.\n")]);
    template.git(&["tag", "v1.0.0"]);
    let (template, catalog_url) = (server.url("payments"), server.url("catalog"));
    catalog(&world, &template);
    walk(&world, &template, &catalog_url, || drop(server));
}

#[test]
fn what_the_team_has_decided_is_refused_otherwise_with_who_and_why() {
    let world = World::new();
    let template = world.repository("payments", &[("template.toml", TEAM), ("files/TEAM.md", "x\n")]);
    template.git(&["tag", "v1.0.0"]);
    let catalog = catalog(&world, &template.url());
    launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
    for (words, who, why) in [
        (["--strategy", "rolling"], "acme", "a bad version must not reach everybody"),
        (["--environments", "dev,staging"], "acme", "there are no others"),
        (["--target", "kubernetes"], "payments", "the team runs nothing on Kubernetes"),
    ] {
        let said = new_service(&world, &words).failure(2);
        assert!(said.contains(who) && said.contains(why), "{said}");
    }
}

#[test]
fn a_catalog_can_hold_templates_itself_and_is_read_anew_for_each_project() {
    let world = World::new();
    let text =
        "[catalog]\ntitle = \"Acme\"\n\n[[template]]\nname = \"small\"\ntitle = \"Small\"\nsource = \"./small\"\n";
    let files = [("catalog.toml", text), ("small/template.toml", MANIFEST), ("small/files/note.txt", "one\n")];
    let catalog = world.repository("catalog", &files);
    launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
    world.new_project("acme:small", &[]).success();
    assert_eq!(world.take("note.txt"), "one\n");
    catalog.commit(&[("catalog.toml", &format!("{text}\n[template.locks]\nregion = \"us-east-1\"\n"))]);
    let said = world.new_project("acme:small", &["--region", "eu-north-1"]).failure(2);
    assert!(said.contains("us-east-1") || said.contains("acme"), "{said}");
    let said = launchway(&world, &["catalog", "update"]).success();
    assert!(said.contains("decides region"), "{said}");
}

#[test]
fn catalogs_are_added_listed_updated_and_removed() {
    let world = World::new();
    let catalog = catalog(&world, "service");
    let said = launchway(&world, &["catalog", "list"]);
    assert!(said.stderr.contains("there are no catalogs"), "{}", said.stderr);
    launchway(&world, &["catalog", "add", "acme", &format!("{}@main", catalog.url())]).success();
    let again = launchway(&world, &["catalog", "add", "acme", &catalog.url()]).failure(2);
    assert!(again.contains("there is a catalog `acme` already"), "{again}");
    let listed: Value =
        serde_json::from_str(&launchway(&world, &["catalog", "list", "--output", "json"]).success()).unwrap();
    assert_eq!(listed["schema"], "launchway.catalog/1");
    assert_eq!(listed["catalogs"][0]["name"], "acme");
    assert_eq!(keys(&listed["catalogs"][0]), ["commit", "name", "source", "templates", "title"]);
    let offered = &listed["catalogs"][0]["templates"][0];
    assert_eq!(keys(offered), ["from", "locked", "name", "title", "version"]);
    let templates: Value =
        serde_json::from_str(&launchway(&world, &["templates", "--output", "json"]).success()).unwrap();
    let of_catalog = templates["templates"].as_array().unwrap().iter().find(|it| it["source"] == "catalog").unwrap();
    assert_eq!(keys(of_catalog), ["catalog", "from", "id", "source", "title"]);
    assert_eq!(listed["catalogs"][0]["templates"][0]["locked"], serde_json::json!(["environments", "strategy"]));
    let templates = launchway(&world, &["templates"]).success();
    assert!(templates.contains("service ") && templates.contains("acme:payments  A payments service"), "{templates}");
    let changed = CATALOG.replace("SOURCE", "service").replace("A payments service", "Another");
    let commit = catalog.commit(&[("catalog.toml", &changed)]);
    assert!(launchway(&world, &["catalog", "list"]).success().contains("A payments service"), "as it was fetched");
    let updated: Value =
        serde_json::from_str(&launchway(&world, &["catalog", "update", "acme", "--output", "json"]).success()).unwrap();
    assert_eq!(updated["catalogs"][0]["commit"], commit);
    assert!(launchway(&world, &["catalog", "list"]).success().contains("Another"));
    fs::remove_dir_all(world.path("cache")).unwrap();
    let forgotten: Value =
        serde_json::from_str(&launchway(&world, &["catalog", "list", "--output", "json"]).success()).unwrap();
    let forgotten = &forgotten["catalogs"][0];
    assert!(["title", "commit", "templates"].iter().all(|key| forgotten[key].is_null()), "{forgotten}");
    launchway(&world, &["catalog", "remove", "acme"]).success();
    let said = launchway(&world, &["catalog", "remove", "acme"]).failure(2);
    assert!(said.contains("there is no catalog `acme`"), "{said}");
    let said = new_service(&world, &[]).failure(2);
    assert!(said.contains("launchway catalog add acme"), "{said}");
}

#[test]
fn what_is_no_catalog_is_not_added() {
    let world = World::new();
    let template = world.template("t", "x\n");
    let newer = world.repository("newer", &[("catalog.toml", "[catalog]\ntitle = \"x\"\nmin_version = \"99.0.0\"\n")]);
    let broken = world.repository("broken", &[("catalog.toml", "[catalog]\ntitle = \"x\"\n[[tempalte]]\n")]);
    for (name, source, code, word) in [
        ("acme", template.url(), 4, "is no catalog"),
        ("acme", newer.url(), 4, "needs launchway 99.0.0"),
        ("acme", broken.url(), 4, "catalog.toml:3"),
        ("acme", "./t".to_owned(), 2, "a catalog is a git repository"),
        ("builtin", template.url(), 2, "cannot be the name of a catalog"),
        ("a", template.url(), 2, "cannot be the name of a catalog"),
        ("../x", template.url(), 2, "cannot be the name of a catalog"),
    ] {
        let said = launchway(&world, &["catalog", "add", name, &source]).failure(code);
        assert!(said.contains(word), "`{word}` is not in: {said}");
        assert!(!world.path("config/catalogs.toml").exists());
    }
}

#[test]
fn a_catalog_that_speaks_of_other_questions_than_its_template_is_refused() {
    let world = World::new();
    let template = world.template("t", "x\n");
    let catalog = catalog(&world, &template.url());
    template.release("v1.0.0", "x\n");
    launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
    let said = new_service(&world, &[]).failure(4);
    assert!(
        said.contains("decides `port`, `environments`, `strategy`, which the template `small` does not ask"),
        "{said}"
    );
    let said = world.new_project("acme:absent", &[]).failure(2);
    assert!(said.contains("it has `payments`"), "{said}");
}

#[test]
fn a_catalog_from_the_network_cannot_name_files_of_this_machine() {
    let world = World::new();
    let template = world.template("t", "x\n");
    let server = Server::of(&world);
    catalog(&world, &template.url());
    launchway(&world, &["catalog", "add", "acme", &server.url("catalog")]).success();
    let said = new_service(&world, &[]).failure(4);
    assert!(said.contains("a path on this machine"), "{said}");
}

#[test]
fn a66_without_a_home_a_catalog_cannot_be_added_and_all_else_works() {
    let world = World::new();
    let catalog = catalog(&world, "service");
    let without_home =
        |words: &[&str]| run(world.launchway().env_remove("HOME").env_remove("LAUNCHWAY_CONFIG_DIR").args(words));
    let said = without_home(&["catalog", "add", "acme", &catalog.url()]).failure(73);
    assert!(said.contains("LAUNCHWAY_CONFIG_DIR"), "{said}");
    without_home(&["catalog", "list"]).success();
    without_home(&["new", "orders", "--target", "ecs", "--no-input", "--no-git", "--dry-run"]).success();
    fs::write(world.path("file"), "").unwrap();
    let mut command = world.launchway();
    command.env("LAUNCHWAY_CONFIG_DIR", world.path("file/below"));
    let said = run(command.args(["catalog", "add", "acme", &catalog.url()])).failure(73);
    assert!(said.contains("the list of catalogs cannot be kept"), "{said}");
}

#[test]
fn the_wizard_first_asks_for_the_template_and_the_review_says_what_the_team_has_decided() {
    let world = World::new();
    let template = world.repository("payments", &[("template.toml", TEAM), ("files/TEAM.md", "x\n")]);
    template.git(&["tag", "v1.0.0"]);
    let catalog = catalog(&world, &template.url());
    launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
    let mut command = world.launchway();
    // What is left to ask is the description.
    let answers = [
        "--regions=eu-west-1",
        "--capacity=fargate",
        "--cpu=256",
        "--scheme=internal",
        "--strategy=canary",
        "--deployment-controller=ecs",
        "--ci=none",
    ];
    let terminal = Terminal::start(command.args(["new", "orders", "--no-git"]).args(answers));
    terminal.wait_for("Which template?").wait_for("built in").wait_for("A payments service");
    terminal.press(DOWN).wait_for("❯ acme:payments").press(ENTER);
    terminal.wait_for("✔ Which template?").wait_for("A service of the payments team");
    terminal.wait_for("What does it do").press(ENTER);
    // The line that makes the project again stands at the end of the review.
    terminal.wait_for("Enter generate").press(END).wait_for("--template=acme:payments@v1.0.0");
    let written = terminal.written();
    for text in ["decided by payments", "decided by acme", "--template=acme:payments@v1.0.0"] {
        assert!(written.contains(text), "`{text}` is not in:\n{written}");
    }
    terminal.press(CONTROL_C);
    assert_eq!(terminal.end().code, Some(130));
}

#[test]
fn without_a_terminal_or_with_a_template_nothing_is_asked_first() {
    let world = World::new();
    let catalog = catalog(&world, "service");
    launchway(&world, &["catalog", "add", "acme", &catalog.url()]).success();
    let ran = launchway(&world, &["new", "orders", "--target", "ecs", "--no-git", "--dry-run"]);
    assert!(!ran.stderr.contains("Which template?"), "{}", ran.stderr);
    ran.success();
    let mut command = world.launchway();
    let terminal = Terminal::start(command.args(["new", "--template", "service", "--no-git"]));
    terminal.wait_for("Service name").press(CONTROL_C);
    assert!(!terminal.end().written.contains("Which template?"));
}
