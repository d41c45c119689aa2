//! Git repositories and servers that mean harm: nothing of theirs runs, nothing hangs, nothing is left.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{Ran, run, write_executable};
use crate::remote::{MANIFEST, Server, World};

/// A script that leaves a trace.
const CANARY: &str = "#!/bin/sh\ntouch \"$CANARY\"\n";

#[track_caller]
fn assert_usage(world: &World, template: &str) {
    let said = world.new_project(template, &[]).failure(2);
    assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
    assert!(!world.path("cache").exists(), "git was not even started");
    world.assert_nothing_ran();
}

#[test]
fn a49_options_in_the_place_of_a_source_are_refused() {
    let world = World::new();
    let canary = world.path("canary");
    let touch = format!("touch {}", canary.display());
    for template in [
        format!("--upload-pack={touch}"),
        format!("-u{touch}"),
        format!("-oProxyCommand={touch}"),
        format!("ssh://-oProxyCommand={touch}/x"),
        format!("ssh://-oProxyCommand=touch%20{}/x", canary.display()),
        "git@-oProxyCommand=touch canary:x".to_owned(),
        format!("git@host:--upload-pack={touch}"),
        format!("https://--upload-pack={touch}/x"),
    ] {
        let own = ["new", "orders", "--no-input", "--no-git"];
        let said = run(world.launchway().args(own).arg(format!("--template={template}"))).failure(2);
        assert!(said.starts_with("error: the source"), "{said}");
        world.assert_nothing_ran();
    }
}

#[test]
fn a50_protocols_that_run_commands_or_cannot_be_trusted_are_refused() {
    let world = World::new();
    let canary = world.path("canary");
    for template in [
        format!("ext::sh -c touch% {}", canary.display()),
        format!("git+ext::sh -c touch% {}", canary.display()),
        "EXT::sh -c x".to_owned(),
        "fd::3".to_owned(),
        "git://host/x".to_owned(),
        "http://host/x".to_owned(),
        "ftp://host/x".to_owned(),
        "file://host/x".to_owned(),
    ] {
        assert_usage(&world, &template);
    }
}

#[test]
fn a50_neither_the_environment_nor_a_setting_allows_another_protocol() {
    let world = World::new();
    let template = world.template("t", "one\n");
    let canary = world.path("canary");
    // What the user's settings turn the URL into is refused by git, whatever the environment allows.
    let settings = format!(
        "[url \"ext::sh -c touch% {canary} \"]\n\tinsteadOf = https://evil.example/\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[url \"{url}\"]\n\tinsteadOf = https://local.example/\n",
        canary = canary.display(),
        url = template.url(),
    );
    fs::write(world.path("home/.gitconfig"), settings).unwrap();
    for source in ["https://evil.example/x", "https://local.example/"] {
        let own = ["new", "orders", "--no-input", "--no-git", "--template"];
        let mut command = world.launchway();
        command.args(own).arg(format!("{source}x")).env("GIT_ALLOW_PROTOCOL", "ext:file:http:https");
        let said = run(command.env("GIT_PROTOCOL_FROM_USER", "1")).failure(74);
        assert!(said.contains("not allowed"), "{said}");
        world.assert_nothing_ran();
    }
}

#[test]
fn a51_references_that_are_more_than_a_name_are_refused() {
    let world = World::new();
    let template = world.template("t", "one\n");
    let upload = format!("--upload-pack=touch {}", world.path("canary").display());
    for reference in [
        upload.as_str(),
        "-x",
        "a..b",
        "HEAD^{/x}",
        "HEAD",
        "refs/heads/main:refs/heads/x",
        "+main",
        "main@{1}",
        "main~1",
        "a b",
        "",
        "x.lock",
        "/x",
        "x/",
        "*",
    ] {
        assert_usage(&world, &format!("{}@{reference}", template.url()));
    }
    // What another command takes for a version goes the same way.
    world.new_committed_project(&template.url());
    for to in ["--upload-pack=x", "a..b", "+main"] {
        let said = run(world.launchway().args(["update", "orders", "--no-input"]).arg(format!("--to={to}"))).failure(2);
        assert!(said.contains("cannot be the name of"), "{said}");
    }
    world.assert_nothing_ran();
}

#[test]
fn a51_a_record_that_was_tampered_with_cannot_make_git_run_something() {
    let world = World::new();
    let template = world.template("t", "one\n");
    world.new_committed_project(&template.url());
    let path = world.path("orders/.launchway/orders.toml");
    let record = fs::read_to_string(&path).unwrap();
    let canary = world.path("canary");
    for url in [
        format!("ext::sh -c touch% {}", canary.display()),
        format!("--upload-pack=touch {}", canary.display()),
        "/etc".to_owned(),
        "http://host/x".to_owned(),
    ] {
        fs::write(&path, record.replace(&template.url(), &url)).unwrap();
        run(world.launchway().args(["update", "orders", "--no-input", "--allow-dirty"])).failure(2);
        world.assert_nothing_ran();
    }
    fs::write(&path, record.replace("branch = \"main\"", "branch = \"--upload-pack=x\"")).unwrap();
    run(world.launchway().args(["update", "orders", "--no-input", "--allow-dirty"])).failure(2);
}

#[test]
fn a53_hooks_filters_and_settings_of_a_repository_do_not_run() {
    let world = World::new();
    let canary = world.path("canary.sh");
    write_executable(&canary, CANARY);
    let attributes = "* filter=evil diff=evil merge=evil\n*.bin filter=lfs diff=lfs merge=lfs -text\n";
    let files = [
        ("template.toml", MANIFEST),
        ("files/note.txt.hbs", "one\n"),
        ("files/x.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        (".gitattributes", attributes),
        ("files/.gitattributes", attributes),
        (".lfsconfig", "[lfs]\n\turl = https://evil.example/\n"),
    ];
    let template = world.repository("t", &files);
    for hook in [
        "post-checkout",
        "post-merge",
        "reference-transaction",
        "pre-auto-gc",
        "post-index-change",
        "fsmonitor-watchman",
        "post-update",
        "pre-receive",
    ] {
        write_executable(&template.folder.join(".git/hooks").join(hook), CANARY);
    }
    let run_it = canary.display();
    let settings = format!(
        "[core]\n\tfsmonitor = {run_it}\n\tsshCommand = {run_it}\n\talternateRefsCommand = {run_it}\n\tpager = {run_it}\n\
         [uploadpack]\n\tpackObjectsHook = {run_it}\n[filter \"evil\"]\n\tsmudge = {run_it}\n\tclean = {run_it}\n\trequired = true\n\
         [diff \"evil\"]\n\tcommand = {run_it}\n\ttextconv = {run_it}\n"
    );
    let config = template.folder.join(".git/config");
    fs::write(&config, fs::read_to_string(&config).unwrap() + &settings).unwrap();
    // The filters and the template of new repositories are the user's own settings, and mean nothing here either.
    write_executable(&world.path("home/template/hooks/reference-transaction"), CANARY);
    let own = format!(
        "[init]\n\ttemplateDir = {}\n[filter \"evil\"]\n\tsmudge = {run_it}\n\trequired = true\n[filter \"lfs\"]\n\tsmudge = {run_it}\n\tprocess = {run_it}\n[core]\n\thooksPath = {}\n\tfsmonitor = {run_it}\n",
        world.path("home/template").display(),
        world.path("home/template/hooks").display()
    );
    fs::write(world.path("home/.gitconfig"), own).unwrap();
    world.new_project(&template.url(), &[]).success();
    world.assert_nothing_ran();
    assert_eq!(fs::read_to_string(world.path("orders/x.bin")).unwrap(), files[2].1);
    let checked_out =
        run(Command::new("grep").args(["--recursive", "--files-with-matches", "git-lfs"]).arg(world.path("cache")));
    assert_eq!(checked_out.stdout, "", "nothing is a checkout");
}

#[test]
fn a53_a_malicious_gitmodules_is_not_even_kept() {
    let world = World::new();
    let modules = "[submodule \"x\"]\n\tpath = x\n\turl = -u./payload\n";
    let template =
        world.repository("t", &[("template.toml", MANIFEST), ("files/a.txt", "a\n"), (".gitmodules", modules)]);
    let said = world.new_project(&template.url(), &[]).failure(74);
    assert!(said.contains("gitmodules"), "{said}");
    let said = world.new_project(&template.url(), &["--offline"]).failure(74);
    assert!(said.contains("was not fetched"), "{said}");
    world.assert_nothing_left();
}

#[test]
fn a53_links_and_submodules_are_refused() {
    let world = World::new();
    let template = world.template("link", "one\n");
    symlink("/etc/passwd", template.folder.join("files/passwd")).unwrap();
    template.commit(&[]);
    let said = world.new_project(&template.url(), &[]).failure(4);
    assert!(said.contains("symbolic links are not allowed"), "{said}");
    let template = world.repository("linked-folder", &[("template.toml", MANIFEST)]);
    symlink("/etc", template.folder.join("files")).unwrap();
    template.commit(&[]);
    let said = world.new_project(&template.url(), &[]).failure(4);
    assert!(said.contains("symbolic links are not allowed"), "{said}");
    let template = world.template("submodule", "one\n");
    let commit = template.git(&["rev-parse", "HEAD"]);
    template.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},files/x")]);
    template.git(&["commit", "--quiet", "--message", "x"]);
    let said = world.new_project(&template.url(), &[]).failure(4);
    assert!(said.contains("submodules are not allowed"), "{said}");
}

#[test]
fn a53_what_is_too_large_is_refused_before_it_is_read() {
    let world = World::new();
    let large = "x".repeat((5 << 20) + 1);
    let template = world.repository("t", &[("template.toml", MANIFEST), ("files/large.txt", &large)]);
    let said = world.new_project(&template.url(), &[]).failure(4);
    assert!(said.contains("is larger than 5 MiB"), "{said}");
}

#[test]
fn a53_a_hundred_thousand_references_do_no_harm() {
    let world = World::new();
    let template = world.template("t", "none\n");
    let commit = template.release("v1.0.0", "one\n");
    let mut refs = "# pack-refs with: peeled fully-peeled sorted\n".to_owned();
    for number in 0..100_000 {
        let _ = writeln!(refs, "{commit} refs/tags/t{number:06}\n^{commit}");
    }
    fs::write(template.folder.join(".git/packed-refs"), refs.replace(&format!("\n^{commit}"), "")).unwrap();
    let start = Instant::now();
    world.new_project(&template.url(), &[]).success();
    assert!(start.elapsed() < Duration::from_mins(2), "{:?}", start.elapsed());
    assert_eq!(world.take("note.txt"), "one\n");
}

#[test]
fn a53_alternates_lead_nowhere() {
    let world = World::new();
    let secret = world.template("secret", "secret\n");
    let hidden = secret.git(&["rev-parse", "HEAD"]);
    let template = world.template("t", "one\n");
    let alternates = format!("{}\n", secret.folder.join(".git/objects").display());
    fs::write(template.folder.join(".git/objects/info/alternates"), alternates).unwrap();
    world.new_project(&template.url(), &[]).success();
    assert_eq!(world.take("note.txt"), "one\n");
    assert!(!hidden.is_empty());
    let kept = run(Command::new("find").arg(world.path("cache")).args(["-name", "alternates"]));
    assert_eq!(kept.stdout, "", "the cache has objects of its own alone");
}

/// Makes a project from a server that misbehaves, which has to end soon.
fn new_from(world: &World, url: &str) -> Ran {
    let start = Instant::now();
    let mut command = world.launchway();
    command.args(["new", "orders", "--no-input", "--no-git", "--template", url]);
    let ran = run(command.env("LAUNCHWAY_GIT_TIMEOUT", "3").env("TERM", "xterm"));
    assert!(start.elapsed() < Duration::from_mins(2), "it took {:?}", start.elapsed());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(!world.path("orders").exists());
    world.assert_nothing_left();
    ran
}

#[test]
fn a54_a_server_that_hangs_or_trickles_is_left() {
    for mode in ["hang", "slow"] {
        let world = World::new();
        let server = Server::start(mode, "");
        let said = new_from(&world, &server.url("t")).failure(74);
        assert!(said.contains("stopped after 3 seconds") && said.contains("LAUNCHWAY_GIT_TIMEOUT"), "{mode}: {said}");
    }
}

#[test]
fn a54_a_server_that_does_not_stop_sending_is_stopped() {
    let world = World::new();
    let server = Server::start("endless_refs", "");
    new_from(&world, &server.url("t")).failure(74);
    let server = Server::start("endless_pack", "");
    let mut command = world.launchway();
    let new = ["new", "orders", "--no-input", "--no-git", "--template"];
    let said = run(command.args(new).arg(server.url("t")).env("LAUNCHWAY_GIT_TIMEOUT", "60")).failure(74);
    assert!(said.contains("more than 256 MiB came"), "{said}");
    world.assert_nothing_left();
}

#[test]
fn a54_a_server_that_wants_a_password_is_no_reason_to_ask() {
    let world = World::new();
    let server = Server::start("private", "");
    let said = new_from(&world, &server.url("t")).failure(74);
    assert!(said.contains("could not read Username") && said.contains("git ls-remote"), "{said}");
}

#[test]
fn a54_a_redirection_leads_neither_to_files_nor_to_plain_http() {
    let world = World::new();
    let secret = world.template("secret", "secret\n");
    for target in [secret.url(), "http://localhost:9/x".to_owned(), "ext::sh -c x".to_owned()] {
        let server = Server::start("redirect", &format!("{target}/info/refs"));
        let said = new_from(&world, &server.url("t")).failure(74);
        assert!(said.contains("cannot fetch from"), "{said}");
    }
}

#[test]
fn a54_a_certificate_that_nobody_trusts_is_refused() {
    let world = World::new();
    world.template("t", "one\n");
    let server = Server::of(&world);
    let new = ["new", "orders", "--no-input", "--no-git", "--template"];
    let said = run(world.launchway().args(new).arg(server.url("t")).env_remove("GIT_SSL_CAINFO")).failure(74);
    assert!(said.contains("certificate") && said.contains("GIT_SSL_CAINFO"), "{said}");
    run(world.launchway().args(new).arg(server.url("t"))).success();
    world.take("note.txt");
    let trusted = world
        .launchway()
        .get_envs()
        .find_map(|(key, value)| (key == "GIT_SSL_CAINFO").then(|| value.unwrap().to_owned()));
    let settings = format!("[http]\n\tsslCAInfo = {}\n", trusted.unwrap().display());
    fs::write(world.path("home/.gitconfig"), settings).unwrap();
    run(world.launchway().args(new).arg(server.url("t")).env_remove("GIT_SSL_CAINFO")).success();
}

#[test]
fn a54_what_a_server_says_cannot_steer_the_terminal_and_shows_no_password() {
    let world = World::new();
    let server = Server::start("steer", "");
    let said = new_from(&world, &server.url("t")).failure(74);
    assert!(!said.contains('\u{1b}') && !said.contains('\u{7}') && !said.contains("s3cret"), "{said:?}");
}

#[test]
fn a54_control_c_ends_git_with_all_that_it_started() {
    let world = World::new();
    let server = Server::start("hang", "");
    let mut child =
        world.launchway().args(["new", "orders", "--no-input", "--template", &server.url("t")]).spawn().unwrap();
    let pid = child.id().to_string();
    let gits = || run(Command::new("pgrep").args(["--parent", &pid])).stdout;
    let start = Instant::now();
    while gits().is_empty() {
        assert!(start.elapsed() < Duration::from_mins(1), "git was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    let git = gits().trim().to_owned();
    let is_limited = || {
        let limits = fs::read_to_string(format!("/proc/{git}/limits")).unwrap();
        limits.lines().any(|line| line.starts_with("Max address space") && line.contains(" 4294967296 "))
    };
    while !is_limited() {
        assert!(start.elapsed() < Duration::from_mins(1), "git may use all of the memory");
        std::thread::sleep(Duration::from_millis(10));
    }
    run(Command::new("kill").args(["-INT", &pid])).success();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let start = Instant::now();
    // One that has ended may stay as a zombie where the first process of a container looks after nobody.
    while !run(Command::new("pgrep").args(["--pgroup", &git, "--runstates", "DRST"])).stdout.is_empty() {
        assert!(start.elapsed() < Duration::from_mins(1), "git is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}
