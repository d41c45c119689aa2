//! Which version of a template is taken from a repository, and how: the rows `u40` to `u45`, each with its siblings.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::process::Command;

use crate::program::{Ran, run};
use crate::remote::{MANIFEST, Repository, Server, World};

fn record(world: &World) -> toml::Table {
    fs::read_to_string(world.path("orders/.launchway/orders.toml")).unwrap().parse().unwrap()
}

fn note(world: &World) -> String {
    fs::read_to_string(world.path("orders/note.txt")).unwrap()
}

fn update(world: &World, words: &[&str]) -> Ran {
    run(world.launchway().args(["update", "orders", "--no-input", "--allow-dirty"]).args(words))
}

/// Commits the small template with a version in its manifest, and gives it tags.
fn release(template: &Repository, version: &str, tags: &[&str]) -> String {
    let manifest = MANIFEST.replace("1.0.0", version);
    let commit = template.commit(&[("template.toml", &manifest), ("files/note.txt.hbs", &format!("{version}\n"))]);
    for tag in tags {
        template.git(&["tag", "--force", tag]);
    }
    commit
}

/// Makes a project, and returns its note and what was said on the way.
fn made(world: &World, source: &str) -> (String, String) {
    let ran = world.new_project(source, &[]);
    assert_eq!(ran.code, Some(0), "{source}: {}", ran.stderr);
    (world.take("note.txt"), ran.stderr)
}

#[test]
fn u40_a_version_is_never_a_tag_of_fewer_numbers_and_updates_go_on() {
    let world = World::new();
    let template = world.template("t", "none\n");
    release(&template, "1.2.0", &["v1.2.0", "v1", "v1.2"]);
    release(&template, "1.2.3", &["v1.2.3"]);
    for reference in ["1", "v1", "1.2", "v1.2", "1.2.3"] {
        assert_eq!(made(&world, &format!("{}@{reference}", template.url())).0, "1.2.3\n", "{reference}");
    }
    world.new_committed_project(&format!("{}@1", template.url()));
    assert_eq!(record(&world)["template"]["tag"].as_str(), Some("v1.2.3"));
    release(&template, "1.3.0", &["v1.3.0", "v1"]);
    release(&template, "2.0.0", &["v2.0.0"]);
    update(&world, &["--to", "1"]).success();
    assert_eq!(note(&world), "1.3.0\n");
    update(&world, &["--to", "v2"]).success();
    assert_eq!(note(&world), "2.0.0\n");
}

#[test]
fn u40_catalogs_and_templates_that_extend_others_ask_for_versions_too() {
    let world = World::new();
    let template = world.template("t", "none\n");
    release(&template, "1.2.0", &["v1.2.0", "v1"]);
    release(&template, "1.2.3", &["v1.2.3"]);
    let url = template.url();
    let catalog = format!(
        "[catalog]\ntitle = \"C\"\n[[template]]\nname = \"small\"\ntitle = \"S\"\nsource = \"{url}\"\nversion = \"1\"\n"
    );
    let catalog = world.repository("catalog", &[("catalog.toml", &catalog)]);
    run(world.launchway().args(["catalog", "add", "acme", &catalog.url()])).success();
    assert_eq!(made(&world, "acme:small").0, "1.2.3\n");
    let extends = format!("[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"{url}@1\"\n");
    let team = world.repository("team", &[("template.toml", &extends)]);
    assert_eq!(made(&world, &team.url()).0, "1.2.3\n");
}

#[test]
fn u40_a_tag_that_is_moved_with_every_release_is_followed_where_nothing_else_is_meant() {
    let world = World::new();
    let template = world.template("t", "none\n");
    release(&template, "2.0.0", &["v2.0.0"]);
    release(&template, "1.9.0", &["v1"]);
    world.new_committed_project(&format!("{}@v1", template.url()));
    assert_eq!((note(&world).as_str(), record(&world)["template"]["tag"].as_str()), ("1.9.0\n", Some("v1")));
    release(&template, "1.9.1", &["v1"]);
    update(&world, &["--to", "v1"]).success();
    assert_eq!(note(&world), "1.9.1\n");
    release(&template, "1.9.2", &["v1"]);
    update(&world, &[]).success();
    assert_eq!(note(&world), "2.0.0\n", "the newest release");
}

#[test]
fn u41_tags_that_are_no_versions_are_said_or_taken_in_their_order() {
    for (tags, expected, said) in [
        (&["v1.0", "v1.1"][..], "v1.1\n", "none of 2 tags of"),
        (&["v1.9", "v1.10"], "v1.10\n", "is a version of three numbers; they are taken in their order, and `v1.10` is"),
        (&["v1.0", "stable"], "unreleased\n", "none of 2 tags of"),
        (&["stable"], "unreleased\n", "the only tag of"),
        (&["v1.0.0-rc.1"], "unreleased\n", "is no release; what is on the branch `main` is taken"),
        (&["small-1.2.3", "small-1.10.0"], "small-1.10.0\n", ""),
        (&["2024.10.12", "2024.11.05"], "2024.11.05\n", ""),
        (&["v1.0.0+b.9", "v1.0.0+b.10"], "v1.0.0+b.10\n", ""),
    ] {
        let world = World::new();
        let template = world.template("t", "none\n");
        for tag in tags {
            template.release(tag, &format!("{tag}\n"));
        }
        template.commit(&[("files/note.txt.hbs", "unreleased\n")]);
        let (note, heard) = made(&world, &template.url());
        assert_eq!(note, expected, "{tags:?}");
        assert!(heard.contains(said), "{tags:?}: {heard}");
        assert_eq!(heard.contains("none of") || heard.contains("the only tag"), !said.is_empty(), "{tags:?}: {heard}");
    }
}

#[test]
fn u41_a_template_in_a_folder_has_the_tags_that_bear_its_name() {
    let world = World::new();
    let repository = world.repository("t", &[("README.md", "x\n")]);
    let release = |folder: &str, version: &str, text: &str| {
        let manifest = MANIFEST.replace("1.0.0", version);
        let paths = [format!("{folder}/template.toml"), format!("{folder}/files/note.txt")];
        repository.commit(&[(&paths[0], &manifest), (&paths[1], text)]);
        repository.git(&["tag", &format!("{folder}/v{version}")]);
    };
    release("orders", "1.2.3", "orders\n");
    release("billing", "4.0.0", "billing\n");
    let url = format!("{}//orders", repository.url());
    assert_eq!(made(&world, &url).0, "orders\n");
    assert_eq!(made(&world, &format!("{}//billing@4", repository.url())).0, "billing\n");
    world.new_committed_project(&url);
    assert_eq!(record(&world)["template"]["tag"].as_str(), Some("orders/v1.2.3"));
    release("orders", "1.3.0", "more orders\n");
    release("billing", "5.0.0", "billing\n");
    update(&world, &[]).success();
    assert_eq!(note(&world), "more orders\n");
}

/// Makes a repository with the small template and a catalog in folders, beside a file of 64 MiB that does not compress.
fn large(world: &World, allows_filters: bool) -> Repository {
    let repository = world.repository(
        "large",
        &[("web/template.toml", MANIFEST), ("web/files/note.txt", "web\n"), ("base/template.toml", MANIFEST)],
    );
    let mut bytes = vec![0; 64 << 20];
    fs::File::open("/dev/urandom").unwrap().read_at(&mut bytes, 0).unwrap();
    fs::write(repository.folder.join("large.bin"), &bytes).unwrap();
    repository.git(&["config", "core.compression", "0"]);
    repository.git(&["config", "uploadpack.allowFilter", if allows_filters { "true" } else { "false" }]);
    let catalog = "[catalog]\ntitle = \"C\"\n[[template]]\nname = \"web\"\ntitle = \"W\"\nsource = \"./web\"\n";
    let extends = "[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"../web\"\n";
    repository.commit(&[("catalog.toml", catalog), ("team/template.toml", extends), ("team/files/team.txt", "team\n")]);
    repository
}

fn within_a_mebibyte(world: &World, source: &str, words: &[&str]) -> Ran {
    let own = ["new", "orders", "--no-input", "--no-git", "--template", source];
    run(world.launchway().args(own).args(words).env("LAUNCHWAY_GIT_MIB", "1"))
}

#[test]
fn u42_of_a_large_repository_only_the_folder_of_the_template_is_fetched() {
    let world = World::new();
    let repository = large(&world, true);
    let server = Server::of(&world);
    for url in [repository.url(), server.url("large")] {
        within_a_mebibyte(&world, &format!("{url}//web"), &[]).success();
        assert_eq!(world.take("note.txt"), "web\n");
        // What it extends, and a catalog, come out of the same repository.
        within_a_mebibyte(&world, &format!("{url}//team"), &[]).success();
        assert_eq!(world.take("team.txt"), "team\n");
        run(world.launchway().args(["catalog", "add", "acme", &url]).env("LAUNCHWAY_GIT_MIB", "1")).success();
        within_a_mebibyte(&world, "acme:web", &[]).success();
        world.take("note.txt");
        run(world.launchway().args(["catalog", "remove", "acme"])).success();
        within_a_mebibyte(&world, &format!("{url}//web"), &["--offline"]).success();
        world.take("note.txt");
        let said = within_a_mebibyte(&world, &format!("{url}//base"), &["--offline"]);
        assert_eq!(said.code, Some(0), "the same manifest was fetched: {}", said.stderr);
        world.take(".launchway/orders.toml");
    }
    repository.commit(&[("base/files/other.txt", "other\n")]);
    within_a_mebibyte(&world, &format!("{}//web", repository.url()), &[]).success();
    world.take("note.txt");
    let said = within_a_mebibyte(&world, &format!("{}//base", repository.url()), &["--offline"]).failure(74);
    assert!(said.contains("run it once without `--offline`"), "{said}");
    let size =
        run(Command::new("du").args(["--summarize", "--block-size=1M", "cache"]).current_dir(world.folder.path()));
    assert!(size.success().split_whitespace().next().unwrap().parse::<u32>().unwrap() < 4);
    world.assert_nothing_left();
}

#[test]
fn u42_a_server_that_sends_whole_repositories_alone_is_named_with_the_next_step() {
    let world = World::new();
    let repository = large(&world, false);
    let server = Server::of(&world);
    for url in [repository.url(), server.url("large")] {
        let said = within_a_mebibyte(&world, &format!("{url}//web"), &[]).failure(74);
        assert!(said.contains("more than 1 MiB came") && said.contains("uploadpack.allowFilter"), "{said}");
        assert!(said.contains("LAUNCHWAY_GIT_MIB"), "{said}");
    }
    world.new_project(&format!("{}//web", repository.url()), &[]).success();
    assert_eq!(world.take("note.txt"), "web\n", "a server without filters sends all of it, within the limit");
    world.assert_nothing_left();
}

#[test]
fn u43_a_tag_that_was_moved_is_seen_with_a_warm_cache_too() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let first = release(&template, "1.0.0", &["v1.0.0"]);
    for reference in ["v1.0.0", "1.0.0"] {
        made(&world, &format!("{}@{reference}", template.url()));
    }
    let second = release(&template, "1.0.0", &["v1.0.0"]);
    let extends = format!(
        "[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"{}@v1.0.0\"\n",
        template.url()
    );
    let team = world.repository("team", &[("template.toml", &extends)]);
    for source in [format!("{}@v1.0.0", template.url()), format!("{}@1.0.0", template.url()), team.url()] {
        let said = world.new_project(&source, &[]).failure(4);
        assert!(said.contains(&format!("locked {}… but tag is {}…", &first[..12], &second[..12])), "{said}");
        assert!(!world.path("orders").exists());
    }
    world.new_project(&format!("{}@v1.0.0", template.url()), &["--offline"]).success();
    world.take("note.txt");
    fs::rename(&template.folder, world.path("gone")).unwrap();
    let (_, said) = made(&world, &format!("{}@v1.0.0", template.url()));
    assert!(said.contains("cannot be asked whether the tag `v1.0.0` was moved"), "{said}");
}

#[test]
fn u44_a_tag_that_names_another_version_than_the_manifest_is_noticed() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.commit(&[("files/all.txt.hbs", "{{service}} {{region}}\n")]);
    release(&template, "1.0.0", &["v2.0.0", "1.0.0"]);
    let mismatch = "the tag `v2.0.0` is on a template whose `template.toml` says version `1.0.0`";
    let (_, said) = made(&world, &template.url());
    assert_eq!(said.matches(mismatch).count(), 1, "{said}");
    let (_, said) = made(&world, &format!("{}@1.0.0", template.url()));
    assert!(!said.contains("is on a template"), "{said}");
    let extends =
        format!("[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"{}@2\"\n", template.url());
    let (_, said) = made(&world, &world.repository("team", &[("template.toml", &extends)]).url());
    assert!(said.contains(mismatch), "{said}");
    let of_author = |words: &[&str]| run(world.launchway().arg("template").args(words).arg(&template.folder));
    let linted = of_author(&["lint"]);
    assert_eq!(linted.code, Some(0), "{}", linted.stderr);
    assert!(
        linted.stdout.contains(&format!("template.toml: warning: {mismatch} (other-version)")),
        "{}",
        linted.stdout
    );
    assert_eq!(of_author(&["lint", "--level", "warning"]).code, Some(1));
    let tested = of_author(&["test", "--matrix"]);
    assert!(tested.stderr.contains(mismatch), "{}", tested.stderr);
    fs::write(template.folder.join("files/more.txt"), "more\n").unwrap();
    assert!(!of_author(&["lint"]).stdout.contains("other-version"), "it is on its way to another version");
}

#[test]
fn u45_queries_and_fragments_of_urls_are_shown_nowhere() {
    let world = World::new();
    let server = Server::start("redirect", "https://localhost:1/elsewhere?token=s3cret#s3cret");
    let extends =
        "[template]\nid = \"x\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"https://h/a?token=s3cret\"\n";
    let team = world.repository("team", &[("template.toml", extends)]);
    let catalog =
        "[catalog]\ntitle = \"C\"\n[[template]]\nname = \"a\"\ntitle = \"S\"\nsource = \"https://h/a#s3cret\"\n";
    let catalog = world.repository("catalog", &[("catalog.toml", catalog)]);
    fs::create_dir_all(world.path("project/.launchway")).unwrap();
    let url = "https://h/a?token=s3cret";
    let settings = "[url \"https://localhost:1/x?token=s3cret\"]\n\tinsteadOf = https://instead.example/\n";
    fs::write(world.path("home/.gitconfig"), settings).unwrap();
    let redirected = server.url("t");
    for words in [
        &["new", "orders", "--no-input", "--template", url][..],
        &["new", "orders", "--no-input", "--template", "https://h/a#s3cret", "--verbose"],
        &["new", "orders", "--no-input", "--template", url, "--output", "json"],
        &["new", "orders", "--no-input", "--template", "git@h:a.git?token=s3cret", "--verbose"],
        &["catalog", "add", "short", "git@h:a.git#s3cret"],
        &["new", "orders", "--no-input", "--template", &redirected, "--verbose"],
        &["new", "orders", "--no-input", "--template", "https://instead.example/", "--verbose"],
        &["new", "orders", "--no-input", "--template", "https://instead.example/t", "--verbose"],
        &["new", "orders", "--no-input", "--template", &team.url()],
        &["new", "--help", "--template", url],
        &["template", "show", url],
        &["template", "lint", url],
        &["template", "lint", team.folder.to_str().unwrap(), "--output", "json"],
        &["adopt", "project", "--template", url],
        &["catalog", "add", "acme", url, "--verbose"],
        &["catalog", "add", "acme", &catalog.url(), "--output", "json"],
        &["update", "project", "--template", url, "--output", "json"],
    ] {
        let ran = run(world.launchway().args(words));
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code != Some(0) && !all.contains("s3cret"), "{words:?}: {all}");
    }
    let kept =
        run(Command::new("grep").args(["--recursive", "s3cret", "cache", "config"]).current_dir(world.folder.path()));
    assert_eq!(kept.stdout, "");
}
