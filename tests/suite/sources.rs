//! Templates from git repositories: versions, the cache, what is recorded, and templates that extend others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use crate::program::{GIT_IDENTITY, run, write_executable};
use crate::remote::{MANIFEST, Server, World};

/// What a case changes in the surroundings of the program.
type Change<'c> = &'c dyn Fn(&mut Command);

fn record(world: &World) -> toml::Table {
    fs::read_to_string(world.path("orders/.launchway/orders.toml")).unwrap().parse().unwrap()
}

#[test]
fn without_a_reference_the_newest_release_is_taken_and_its_commit_is_recorded() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.9.0", "old\n");
    let commit = template.release("1.10.0", "new\n");
    template.release("v2.0.0-rc.1", "candidate\n");
    template.commit(&[("files/note.txt.hbs", "unreleased\n")]);
    world.new_project(&template.url(), &[]).success();
    let record = record(&world);
    let origin = record["template"].as_table().unwrap();
    assert_eq!(origin["source"].as_str(), Some("git"));
    assert_eq!(origin["url"].as_str(), Some(template.url().as_str()));
    assert_eq!(origin["tag"].as_str(), Some("1.10.0"));
    assert_eq!(origin["commit"].as_str(), Some(commit.as_str()));
    assert_eq!(world.take("note.txt"), "new\n");
}

#[test]
fn a_tag_a_version_a_branch_and_a_commit_can_be_asked_for() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let first = template.release("v1.0.0", "one\n");
    template.release("v2.0.0-rc.1", "candidate\n");
    template.commit(&[("files/note.txt.hbs", "main\n")]);
    template.git(&["branch", "1.0"]);
    for (reference, expected, key) in [
        ("v1.0.0", "one\n", "tag"),
        ("1.0.0", "one\n", "tag"),
        ("1", "one\n", "tag"),
        ("1.0", "main\n", "branch"),
        ("2.0.0-rc.1", "candidate\n", "tag"),
        ("main", "main\n", "branch"),
        (first.as_str(), "one\n", "commit"),
    ] {
        world.new_project(&format!("{}@{reference}", template.url()), &[]).success();
        assert!(record(&world)["template"].get(key).is_some(), "{reference}");
        assert_eq!(world.take("note.txt"), expected, "{reference}");
    }
    for (reference, plain) in [("01", "1"), ("v01", "1"), ("1.00", "1.0"), ("1.0.00", "1.0.0")] {
        let said = world.new_project(&format!("{}@{reference}", template.url()), &[]).failure(2);
        assert!(said.contains(&format!("`{reference}` is not how a version is written")), "{said}");
        assert!(said.contains(&format!("write `{plain}`")), "{said}");
    }
    for reference in ["v9.0.0", "absent", "3"] {
        let said = world.new_project(&format!("{}@{reference}", template.url()), &[]).failure(4);
        assert!(said.contains(&format!("no tag, branch or version `{reference}`")), "{said}");
    }
    let said = world.new_project(&format!("{}@{}", template.url(), "1".repeat(40)), &[]).failure(74);
    assert!(said.contains("cannot fetch"), "{said}");
}

#[test]
fn a_zero_before_a_number_is_right_where_the_tag_has_it() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("2024.01.15", "january\n");
    for reference in ["2024.01.15", "2024.01", "2024"] {
        world.new_project(&format!("{}@{reference}", template.url()), &[]).success();
        assert_eq!(world.take("note.txt"), "january\n", "{reference}");
    }
    for (reference, plain) in
        [("builtin:service@01", "1"), ("builtin:service@0.04", "0.4"), ("builtin:service@^00", "^0")]
    {
        let said = world.new_project(reference, &[]).failure(2);
        assert!(said.contains(&format!("write `{plain}`")), "{said}");
    }
}

#[test]
fn without_a_tag_the_default_branch_is_taken() {
    let world = World::new();
    let template = world.template("t", "main\n");
    template.git(&["branch", "--move", "trunk"]);
    world.new_project(&template.url(), &[]).success();
    assert_eq!(record(&world)["template"]["branch"].as_str(), Some("trunk"));
    assert_eq!(world.take("note.txt"), "main\n");
    template.commit(&[("files/note.txt.hbs", "later\n")]);
    world.new_project(&template.url(), &["--offline"]).success();
    assert_eq!(world.take("note.txt"), "main\n", "offline it is what was fetched");
    world.new_project(&template.url(), &[]).success();
    assert_eq!(world.take("note.txt"), "later\n");
}

#[test]
fn a_template_can_stand_in_a_folder_of_its_repository() {
    let world = World::new();
    let files = [("teams/web/template.toml", MANIFEST), ("teams/web/files/note.txt", "web\n"), ("README.md", "x\n")];
    let repository = world.repository("t", &files);
    world.new_project(&format!("{}//teams/web", repository.url()), &[]).success();
    assert_eq!(record(&world)["template"]["subfolder"].as_str(), Some("teams/web"));
    assert_eq!(world.take("note.txt"), "web\n");
    let said = world.new_project(&repository.url(), &[]).failure(4);
    assert!(said.contains("no `template.toml` at its top") && said.contains("//teams/web"), "{said}");
    let said = world.new_project(&format!("{}//absent", repository.url()), &[]).failure(4);
    assert!(said.contains("no `template.toml` in `absent`"), "{said}");
}

#[test]
fn what_was_fetched_once_needs_no_network() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let commit = template.release("v1.0.0", "one\n");
    let ran = world.new_project(&template.url(), &[]);
    assert!(ran.stderr.contains("fetching v1.0.0 from"), "{}", ran.stderr);
    ran.success();
    world.take("note.txt");
    let kept = fs::read_dir(world.path("cache/git")).unwrap().map(|it| it.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.is_dir()).collect();
    let name = kept[0].file_name().unwrap().to_str().unwrap();
    assert!(kept.len() == 1 && name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{kept:?}");
    assert!(kept[0].join("objects").is_dir() && !kept[0].join(".git").exists(), "it is a bare repository");
    fs::rename(&template.folder, world.path("gone")).unwrap();
    for reference in ["@v1.0.0", "@1.0.0", &format!("@{commit}")] {
        let ran = world.new_project(&format!("{}{reference}", template.url()), &[]);
        assert!(!ran.stderr.contains("fetching"), "{}", ran.stderr);
        ran.success();
        assert_eq!(world.take("note.txt"), "one\n");
    }
    let said = world.new_project(&template.url(), &[]).failure(74);
    assert!(said.contains("cannot fetch from") && said.contains("--offline"), "{said}");
    world.new_project(&template.url(), &["--offline"]).success();
    assert_eq!(world.take("note.txt"), "one\n");
    for words in [["@v2.0.0", "--offline"], ["@main", "--offline"]] {
        let said = world.new_project(&format!("{}{}", template.url(), words[0]), &words[1..]).failure(74);
        assert!(said.contains("run it once without `--offline`"), "{said}");
    }
}

#[test]
fn the_command_at_the_end_names_the_version_that_was_found() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    let report = world.new_project(&template.url(), &["--output", "json"]).success();
    let report: Value = serde_json::from_str(&report).unwrap();
    let command = report["command"].as_str().unwrap();
    assert!(command.contains(&format!("--template={}@v1.0.0", template.url())), "{command}");
    assert_eq!(report["template"]["tag"], "v1.0.0");
}

#[test]
fn many_at_once_share_one_cache() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    let spawn = |number: usize| {
        let own = ["new", "orders", "--no-input", "--no-git", "--template", &template.url(), "--dest"];
        world.launchway().args(own).arg(format!("p{number}")).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(spawn).collect();
    for (number, mut child) in children.into_iter().enumerate() {
        assert!(child.wait().unwrap().success(), "{number}");
        assert_eq!(fs::read_to_string(world.path(&format!("p{number}/note.txt"))).unwrap(), "one\n");
    }
    world.assert_nothing_left();
}

#[test]
fn a_template_extends_one_of_its_own_repository_and_one_of_another() {
    let world = World::new();
    let base = world.template("base", "base\n");
    base.release("v1.2.0", "base 1.2\n");
    let extends = |source: &str| {
        format!("[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"3.0.0\"\nextends = \"{source}\"\n")
    };
    let files = [
        ("web/template.toml", extends("../shared")),
        ("web/files/web.txt", "web\n".to_owned()),
        ("shared/template.toml", extends(&format!("{}@1", base.url())).replace("team", "shared")),
        ("shared/files/shared.txt", "shared\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let team = world.repository("team", &files);
    world.new_project(&format!("{}//web", team.url()), &[]).success();
    let record = record(&world);
    let layers: Vec<&str> =
        record["template"]["extends"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(layers[0].starts_with(&format!("{}//shared@", team.url())), "{layers:?}");
    assert!(layers[1].starts_with(&format!("{}@", base.url())), "{layers:?}");
    for (path, text) in [("note.txt", "base 1.2\n"), ("shared.txt", "shared\n"), ("web.txt", "web\n")] {
        assert_eq!(fs::read_to_string(world.path("orders").join(path)).unwrap(), text);
    }
}

#[test]
fn templates_that_extend_themselves_or_too_many_others_are_refused() {
    let world = World::new();
    let extends =
        |source: &str| format!("[template]\nid = \"x\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"{source}\"\n");
    let mut files =
        vec![("a/template.toml".to_owned(), extends("../b")), ("b/template.toml".to_owned(), extends("../a"))];
    for number in 0..9 {
        files.push((format!("c{number}/template.toml"), extends(&format!("../c{}", number + 1))));
    }
    files.push(("c9/template.toml".to_owned(), MANIFEST.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repository = world.repository("t", &files);
    let said = world.new_project(&format!("{}//a", repository.url()), &[]).failure(4);
    assert!(said.contains("extends itself"), "{said}");
    let said = world.new_project(&format!("{}//c0", repository.url()), &[]).failure(4);
    assert!(said.contains("more than 8 templates"), "{said}");
}

#[test]
fn a_template_from_a_repository_cannot_lead_to_files_of_this_machine() {
    let world = World::new();
    let secret = world.template("secret", "secret\n");
    let server = Server::of(&world);
    for source in ["/etc", "../../../secret", secret.folder.to_str().unwrap(), &secret.url()] {
        let manifest = format!("[template]\nid = \"x\"\ntitle = \"T\"\nversion = \"1.0.0\"\nextends = \"{source}\"\n");
        let name = format!("t{}", source.len());
        world.repository(&name, &[("template.toml", &manifest)]);
        let said = world.new_project(&server.url(&name), &[]).failure(4);
        assert!(said.contains("a path on this machine"), "{said}");
    }
}

#[test]
fn a55_a_tag_that_has_moved_is_refused_until_it_is_accepted() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let first = template.release("v1.0.0", "one\n");
    world.new_project(&template.url(), &[]).success();
    world.take("note.txt");
    let second = template.release("v1.0.0", "two\n");
    let said = world.new_project(&template.url(), &[]).failure(4);
    assert!(said.contains(&format!("locked {}… but tag is {}…", &first[..12], &second[..12])), "{said}");
    assert!(!world.path("orders").exists());
    world.new_project(&template.url(), &["--accept-moved"]).success();
    assert_eq!(world.take("note.txt"), "two\n");
    world.new_project(&template.url(), &[]).success();
    assert_eq!(world.take("note.txt"), "two\n", "what was accepted is kept");
}

#[test]
fn a_project_is_updated_to_the_newest_release_of_its_template_or_to_one_that_is_named() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    world.new_committed_project(&template.url());
    template.release("v1.1.0", "one and a bit\n");
    template.release("v2.0.0-rc.1", "candidate\n");
    let update =
        |words: &[&str]| run(world.launchway().args(["update", "orders", "--no-input", "--allow-dirty"]).args(words));
    update(&[]).success();
    assert_eq!(record(&world)["template"]["tag"].as_str(), Some("v1.1.0"));
    update(&["--to", "2.0.0-rc.1"]).success();
    assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), "candidate\n");
    template.release("v1.2.0", "one and more\n");
    update(&[]).success();
    assert_eq!(record(&world)["template"]["tag"].as_str(), Some("v2.0.0-rc.1"), "never back to an older version");
}

#[test]
fn a_project_that_was_made_from_a_branch_follows_the_branch() {
    let world = World::new();
    let template = world.template("t", "one\n");
    world.new_committed_project(&format!("{}@main", template.url()));
    template.release("v1.0.0", "release\n");
    template.commit(&[("files/note.txt.hbs", "two\n")]);
    run(world.launchway().args(["update", "orders", "--no-input"])).success();
    assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), "two\n");
}

#[test]
fn an_update_goes_to_a_branch_or_a_commit_that_is_named() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let first = template.release("v1.0.0", "one\n");
    world.new_committed_project(&template.url());
    template.commit(&[("files/note.txt.hbs", "main\n")]);
    let update =
        |to: &str| run(world.launchway().args(["update", "orders", "--no-input", "--allow-dirty", "--to", to]));
    for (to, key, text) in [("main", "branch", "main\n"), (first.as_str(), "commit", "one\n")] {
        update(to).success();
        let origin = record(&world)["template"].as_table().unwrap().clone();
        assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), text);
        assert_eq!(origin.get("branch").is_some(), key == "branch", "{origin}");
        assert!(origin.get("tag").is_none() && origin.get("commit").is_some(), "{origin}");
    }
}

#[test]
fn a_built_in_template_is_there_in_its_own_version_alone() {
    let world = World::new();
    let said = world.new_project("builtin:service@99", &["--target", "ecs"]).failure(4);
    assert!(said.contains("and `^99` is asked for"), "{said}");
}

#[test]
fn whoever_waits_too_long_for_another_one_to_fetch_is_told() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    world.new_project(&template.url(), &[]).success();
    world.take("note.txt");
    template.release("v1.1.0", "more\n");
    let files = fs::read_dir(world.path("cache/git")).unwrap().map(|it| it.unwrap().path());
    let lock = files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "lock")).unwrap();
    let lock = fs::File::open(lock).unwrap();
    lock.lock().unwrap();
    let mut command = world.launchway();
    command.args(["new", "orders", "--no-input", "--no-git", "--template", &template.url()]);
    let said = run(command.env("LAUNCHWAY_GIT_TIMEOUT", "1")).failure(75);
    assert!(said.contains("another launchway has been fetching"), "{said}");
    assert!(!world.path("orders").exists());
}

#[test]
fn a_check_says_how_many_versions_a_project_is_behind() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    world.new_committed_project(&template.url());
    let check = |words: &[&str]| run(world.launchway().args(["check", "orders", "--updates"]).args(words));
    assert!(check(&[]).success().contains("an update would change nothing"));
    // The version of a template is the one in its manifest.
    for version in ["1.1.0", "1.2.0"] {
        let manifest = MANIFEST.replace("1.0.0", version);
        template.commit(&[("template.toml", &manifest), ("files/note.txt.hbs", &format!("{version}\n"))]);
        template.git(&["tag", &format!("v{version}")]);
    }
    let said = check(&[]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stdout.contains("is 2 versions behind") && said.stdout.contains("note.txt"), "{}", said.stdout);
    let report: Value = serde_json::from_str(&check(&["--output", "json"]).stdout).unwrap();
    assert_eq!(report["projects"][0]["update"]["behind"], 2);
}

#[test]
fn a_resolved_record_goes_to_the_newest_commit_of_the_branch_that_is_followed() {
    let world = World::new();
    let template = world.template("t", "one\n");
    world.new_committed_project(&format!("{}@main", template.url()));
    let git = |words: &[&str]| {
        let mut git = xtask::workspace::hermetic(std::path::Path::new("git")).unwrap();
        run(git.args(words).envs(GIT_IDENTITY).current_dir(world.path("orders")))
    };
    let update = |words: &[&str]| {
        run(world.launchway().args(["update", "orders", "--no-input"]).args(words)).success();
    };
    git(&["branch", "--move", "ours"]).success();
    git(&["branch", "theirs"]).success();
    for (branch, text) in [("ours", "two\n"), ("theirs", "three\n")] {
        git(&["checkout", "--quiet", branch]).success();
        template.commit(&[("files/note.txt.hbs", text)]);
        update(&[]);
        git(&["commit", "--quiet", "--all", "--message", "update"]).success();
    }
    assert_eq!(git(&["merge", "--quiet", "ours"]).code, Some(1));
    git(&["checkout", "--ours", "note.txt"]).success();
    git(&["add", "note.txt"]).success();
    template.commit(&[("files/note.txt.hbs", "four\n")]);
    update(&["--resolve-record"]);
    assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), "four\n");
}

#[test]
fn a55_a_project_whose_tag_has_moved_is_left_alone_also_where_nothing_was_fetched_before() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let first = template.release("v1.0.0", "one\n");
    world.new_committed_project(&template.url());
    let second = template.release("v1.0.0", "two\n");
    fs::remove_dir_all(world.path("cache")).unwrap();
    let update = |words: &[&str]| run(world.launchway().args(["update", "orders", "--no-input"]).args(words));
    let said = update(&[]).failure(4);
    assert!(said.contains(&format!("locked {}… but tag is {}…", &first[..12], &second[..12])), "{said}");
    assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), "one\n");
    update(&["--accept-moved"]).success();
    assert_eq!(fs::read_to_string(world.path("orders/note.txt")).unwrap(), "two\n");
}

#[test]
fn a_password_in_a_url_is_used_and_neither_kept_nor_shown() {
    let world = World::new();
    world.template("t", "private\n");
    let server = Server::start("private", world.path("remotes").to_str().unwrap());
    let url = server.url("t");
    let with_password = url.replace("https://", "https://ada:s3cret@");
    // What is on a command line of git's, others can read.
    let git = run(Command::new("sh").args(["-c", "command -v git"])).success();
    let (log, script) = (world.path("git.log"), world.path("bin/git"));
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}'\nexec {} \"$@\"\n", log.display(), git.trim());
    write_executable(&script, &text);
    let path = format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap());
    let own = ["new", "orders", "--no-input", "--no-git", "--template", &with_password];
    let ran = run(world.launchway().args(own).args(["--output", "json", "--verbose"]).env("PATH", path));
    let lines = fs::read_to_string(&log).unwrap();
    assert!(lines.contains("fetch --quiet") && !lines.contains("s3cret"), "{lines}");
    let host = url.split('/').take(3).collect::<Vec<_>>().join("/");
    assert!(lines.contains("-c credential.helper= ") && lines.contains(&format!("-c credential.{host}.helper=")));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(record(&world)["template"]["url"].as_str(), Some(url.as_str()));
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cret"), "{}\n{}", ran.stdout, ran.stderr);
    let said =
        world.new_project(&url.replace("https://", "https://ada:wr0ng@"), &["--dest", "x", "--verbose"]).failure(74);
    assert!(!said.contains("wr0ng"), "{said}");
    let kept = run(Command::new("grep")
        .args(["--recursive", "--text", "s3cret", "cache", "home", "orders"])
        .current_dir(world.folder.path()));
    assert_eq!((kept.code, kept.stdout.as_str()), (Some(1), ""));
}

#[test]
fn what_keeps_git_from_a_repository_is_said_with_its_cause_in_every_locale() {
    let world = World::new();
    let (server, private) = (Server::of(&world), Server::start("private", ""));
    let missing = server.url("nothing.git");
    world.template("t", "text\n");
    let cases = [
        ("ssh://git@host.invalid/x".to_owned(), "Could not resolve hostname host.invalid", "is the host name right"),
        ("https://host.invalid/x".to_owned(), "Could not resolve host: host.invalid", "is the host name right"),
        ("ssh://git@127.0.0.1:1/x".to_owned(), "127.0.0.1 port 1: Connection refused", "is the network up"),
        ("https://127.0.0.1:1/x".to_owned(), "127.0.0.1 port 1", "is the network up"),
        (missing.clone(), "not found", "the repository does not exist"),
        (format!("file://{}", world.path("nothing").display()), "nothing", "the repository does not exist"),
        (private.url("t.git"), "could not read Username", "give git your credentials"),
        (private.url("t.git").replace("://", "://ada:wrong@"), "Authentication failed", "give git your credentials"),
    ];
    for (url, cause, hint) in &cases {
        for locale in ["C.UTF-8", "ko_KR.UTF-8"] {
            let mut launchway = world.launchway();
            launchway.env("LC_ALL", locale).env("LANGUAGE", "ko").env("LAUNCHWAY_LANG", "en");
            let words = ["new", "orders", "--no-input", "--no-git", "--template", url];
            let said = run(launchway.args(words)).failure(74);
            let first = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
            assert!(first.contains(cause) && said.contains(hint), "{url}: {said}");
            assert!(!first.contains("Could not read from remote repository"), "{said}");
        }
    }
    let words = ["new", "orders", "--no-input", "--no-git", "--template", &server.url("t.git")];
    let said = run(world.launchway().env_remove("GIT_SSL_CAINFO").args(words)).failure(74);
    assert!(said.contains("certificate") && said.contains("http.sslCAInfo"), "{said}");
}

#[test]
fn what_ssh_says_of_keys_and_of_a_server_is_the_cause() {
    let world = World::new();
    let boilerplate = "fatal: Could not read from remote repository.";
    for (said, hint) in [
        ("git@host: Permission denied (publickey).", "give git your credentials"),
        ("Host key verification failed.", "ssh does not know the key of the host"),
        ("ERROR: Repository not found.", "the repository does not exist"),
    ] {
        // A program in the place of ssh says what ssh would: a server with keys is no part of the tests.
        let ssh = world.path("ssh");
        write_executable(&ssh, &format!("#!/bin/sh\necho '{said}' >&2\nexit 255\n"));
        let words = ["new", "orders", "--no-input", "--no-git", "--template", "ssh://git@host/x"];
        let failed = run(world.launchway().env("GIT_SSH", &ssh).env("GIT_SSH_VARIANT", "ssh").args(words)).failure(74);
        let cause = said.trim_start_matches("ERROR: ");
        assert!(failed.contains(&format!(": {cause}\n")) && failed.contains(hint), "{failed}");
        assert!(!failed.contains(boilerplate.trim_start_matches("fatal: ")), "{failed}");
    }
}

#[test]
fn a_credential_helper_of_gits_is_asked() {
    let world = World::new();
    world.template("t", "private\n");
    let server = Server::start("private", world.path("remotes").to_str().unwrap());
    let helper = "!f() { echo username=ada; echo password=s3cret; }; f";
    fs::write(world.path("home/.gitconfig"), format!("[credential]\n\thelper = \"{helper}\"\n")).unwrap();
    world.new_project(&server.url("t"), &[]).success();
    assert_eq!(world.take("note.txt"), "private\n");
}

#[test]
fn a66_without_a_place_for_a_cache_a_template_is_fetched_all_the_same() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    fs::write(world.path("file"), "").unwrap();
    let cases: &[(&str, Change<'_>)] = &[
        ("there is no home folder", &|command| {
            command.env_remove("HOME").env_remove("LAUNCHWAY_CACHE_DIR");
        }),
        ("cannot write", &|command| {
            command.env("LAUNCHWAY_CACHE_DIR", world.path("file/below"));
        }),
    ];
    for (reason, change) in cases {
        let mut command = world.launchway();
        command.args(["new", "orders", "--no-input", "--no-git", "--template", &template.url()]);
        change(&mut command);
        let ran = run(&mut command);
        assert!(ran.stderr.contains("what is fetched is not kept") && ran.stderr.contains(reason), "{}", ran.stderr);
        ran.success();
        assert_eq!(world.take("note.txt"), "one\n");
        assert_eq!(fs::read_dir(world.path("tmp")).unwrap().count(), 0, "nothing is left");
        let said = run(command.arg("--offline")).failure(74);
        assert!(said.contains("offline, and there is no cache") && said.contains("LAUNCHWAY_CACHE_DIR"), "{said}");
    }
}

#[test]
fn a66_a_cache_that_cannot_be_written_to_is_read() {
    let world = World::new();
    let template = world.template("t", "none\n");
    template.release("v1.0.0", "one\n");
    world.new_project(&template.url(), &[]).success();
    world.take("note.txt");
    template.release("v1.1.0", "more\n");
    let new = |words: &[&str]| {
        // Whoever is root may write everywhere: a user of a namespace of its own may not.
        let mut command = Command::new("unshare");
        let inner = world.launchway();
        command.args(["--user", "--map-user=1000"]).arg(inner.get_program());
        command.env_clear().envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let own = ["new", "orders", "--no-input", "--no-git", "--dry-run", "--template"];
        run(command.args(own).args(words).current_dir(world.folder.path()))
    };
    let folders = run(Command::new("find").args(["cache", "-type", "d"]).current_dir(world.folder.path())).success();
    let set_mode = |mode| {
        for folder in folders.lines() {
            fs::set_permissions(world.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set_mode(0o555);
    let offline = new(&[&template.url(), "--offline"]);
    let online = new(&[&template.url()]);
    set_mode(0o755);
    offline.success();
    let said = online.failure(73);
    assert!(said.contains("Unable to create") && said.contains("LAUNCHWAY_CACHE_DIR"), "{said}");
}

#[test]
fn a66_settings_of_the_desktop_are_followed() {
    let world = World::new();
    let template = world.template("t", "one\n");
    let new = |change: &dyn Fn(&mut Command)| {
        let mut command = world.launchway();
        command.env_remove("LAUNCHWAY_CACHE_DIR");
        change(&mut command);
        run(command.args(["new", "orders", "--no-input", "--no-git", "--template", &template.url()])).success();
        world.take("note.txt");
    };
    new(&|command| {
        command.env("XDG_CACHE_HOME", world.path("xdg"));
    });
    assert!(world.path("xdg/launchway/git").is_dir());
    new(&|command| {
        command.env("XDG_CACHE_HOME", "relative");
    });
    assert!(world.path("home/.cache/launchway/git").is_dir());
    let catalog = world.repository("c", &[("catalog.toml", "[catalog]\ntitle = \"x\"\n")]);
    for (settings, list) in [("xdg", "xdg/launchway/catalogs.toml"), ("", "home/.config/launchway/catalogs.toml")] {
        let mut command = world.launchway();
        command.env_remove("LAUNCHWAY_CONFIG_DIR");
        if !settings.is_empty() {
            command.env("XDG_CONFIG_HOME", world.path(settings));
        }
        run(command.args(["catalog", "add", "acme", &catalog.url()])).success();
        assert!(world.path(list).is_file(), "{list}");
    }
}
