//! The rows of the table of hostile input that stand nowhere else: each with its exit code, and with nothing written.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::hostile::{MANIFEST, new, template};
use crate::program::{launchway, path, run};
use crate::snapshot;
use crate::terminal::Terminal;

/// Makes a project that must be refused; nothing of the folder may change.
#[track_caller]
fn refused(folder: &Path, words: &[&str], code: i32) -> String {
    let before = snapshot::of(folder);
    let said = new(folder, words).failure(code);
    assert!(said.starts_with("error: "), "{said}");
    assert_eq!(snapshot::of(folder), before, "something was written: {said}");
    said
}

#[track_caller]
fn refused_template(files: &[(&str, &str)], code: i32, word: &str) {
    let said = refused(template(files).path(), &["--no-git"], code);
    assert!(said.contains(word), "`{word}` is not in:\n{said}");
}

fn question(rest: &str) -> String {
    format!("{MANIFEST}\n[[question]]\nid = \"x\"\nprompt = \"X\"\nhelp = \"X.\"\n{rest}\n")
}

#[test]
fn a01_a02_a05_a_name_that_is_not_one_folder_is_refused_on_every_system() {
    let folder = template(&[]);
    for name in [
        "../x",
        "..",
        ".",
        "",
        "  ",
        "/abs",
        "C:\\x",
        "\\\\host\\s",
        "a/b",
        "a\\b",
        "con",
        "nul",
        "com1",
        "aux.txt",
        "a:b",
        "a\u{0301}",
    ] {
        let before = snapshot::of(folder.path());
        let own = ["new", "--template", "./template", "--no-input", "--no-git"];
        let ran = run(launchway().args(own).arg(format!("--service={name}")).current_dir(folder.path()));
        let said = ran.failure(2);
        assert!(said.starts_with("error: ") && said.contains("hint: "), "{name}: {said}");
        assert_eq!(snapshot::of(folder.path()), before, "{name}");
    }
}

#[test]
fn a03_a04_a05_a_path_that_leads_elsewhere_or_that_a_system_cannot_hold_is_refused() {
    let lists = question("kind = \"text\"\ndefault = \"\"\n");
    refused_template(&[("template.toml", &lists)], 4, "breaks its own rule");
    for (name, word) in [
        ("aux.txt", "reserved"),
        ("COM\u{b9}", "reserved"),
        ("NUL.", "reserved"),
        ("a:b", "`:`"),
        ("end ", "ends"),
        ("end.", "ends"),
        ("es\u{1b}c", "control"),
        ("line\nbreak", "control"),
        ("{{concat \"..\" \"/\" \"x\"}}", "files/"),
        ("{{concat \"/\" \"etc\"}}", "files/"),
        ("{{concat \"\" \"\"}}/x", "files/"),
    ] {
        let folder = template(&[]);
        let file = folder.path().join("template/files").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "x\n").unwrap();
        let said = refused(folder.path(), &["--no-git"], 4);
        assert!(said.contains("files/") || said.contains(word), "{name:?}: {said}");
    }
}

#[test]
fn a06_a07_a08_paths_that_some_disk_takes_for_one_another_are_refused_with_both_names() {
    for (left, right) in
        [("README", "readme"), ("\u{e9}", "e\u{301}"), ("\u{fb01}", "fi"), ("a", "A/b"), ("stra\u{df}e", "STRASSE")]
    {
        let folder = template(&[(&format!("files/{left}"), "x\n"), (&format!("files/{right}"), "y\n")]);
        let said = refused(folder.path(), &["--no-git"], 4);
        let names = [left, right].map(|it| it.split('/').next().unwrap().to_owned());
        assert!(names.iter().all(|it| said.contains(it.as_str())), "{left} and {right}: {said}");
    }
    // A file and a folder of one path come from names with values in them.
    let twice = [("files/{{service}}", "x\n"), ("files/orders/b", "y\n")];
    let said = refused(template(&twice).path(), &["--no-git"], 4);
    assert!(said.contains("orders"), "{said}");
}

#[test]
fn a09_a_path_that_is_too_long_or_too_deep_is_refused_before_anything_is_written() {
    let deep = format!("files/{}/x", vec!["d"; 34].join("/"));
    refused_template(&[(&deep, "x\n")], 4, "32 folders deep");
    let manifest = question("kind = \"slug\"\nmax = 63\ndefault = \"a\"\n");
    let long = "{{x}}".repeat(5);
    let folder = template(&[("template.toml", &manifest), (&format!("files/{long}"), "x\n")]);
    let x = format!("--x=a{}", "b".repeat(60));
    refused(folder.path(), &["--no-git", &x], 4);
}

#[test]
fn a10_links_of_every_kind_are_refused_and_what_they_lead_to_is_not_read() {
    for target in ["/etc/passwd", "note.yaml.hbs", "/nowhere", "other", "."] {
        let folder = template(&[]);
        symlink(target, folder.path().join("template/files/link")).unwrap();
        symlink("link", folder.path().join("template/files/other")).unwrap();
        let said = refused(folder.path(), &["--no-git"], 4);
        assert!(said.contains("symbolic links are not allowed") && !said.contains("root:"), "{said}");
    }
}

#[test]
fn a14_a_destination_with_something_in_it_is_left_alone() {
    let folder = template(&[]);
    for make in [
        |at: &Path| fs::create_dir_all(at.join("note.yaml/sub")).unwrap(),
        |at: &Path| fs::write(at, "mine").unwrap(),
        |at: &Path| {
            fs::create_dir(at).unwrap();
            fs::write(at.join("NOTE.yaml"), "mine").unwrap();
        },
    ] {
        let at = folder.path().join("orders");
        make(&at);
        let said = refused(folder.path(), &["--no-git"], 3);
        assert!(said.contains("orders"), "{said}");
        if at.is_dir() { fs::remove_dir_all(at).unwrap() } else { fs::remove_file(at).unwrap() }
    }
}

#[test]
fn a15_a_destination_that_is_a_link_is_left_alone_wherever_it_leads() {
    let folder = template(&[]);
    fs::create_dir(folder.path().join("real")).unwrap();
    for target in ["real", "nowhere", "/etc"] {
        symlink(target, folder.path().join("orders")).unwrap();
        refused(folder.path(), &["--no-git"], 3);
        fs::remove_file(folder.path().join("orders")).unwrap();
    }
}

#[test]
fn a23_what_an_answer_says_is_never_run_by_what_is_generated() {
    let folder = template(&[("files/run.sh.hbs", "#!/bin/sh\nprintf %s {{quote_shell note}}\n")]);
    for (number, note) in
        ["$(touch canary)", "`touch canary`", "'; touch canary; '", "a\ntouch canary", "-n", "\\'; touch canary #"]
            .iter()
            .enumerate()
    {
        let dest = format!("p{number}");
        new(folder.path(), &["--no-git", "--dest", &dest, &format!("--note={note}")]).success();
        let at = folder.path().join(&dest);
        let ran = run(Command::new("sh").arg("run.sh").current_dir(&at));
        assert_eq!(ran.stdout, *note);
        assert!(!at.join("canary").exists(), "{note}");
    }
}

#[test]
fn a25_an_expression_of_a_workflow_is_written_as_it_stands() {
    let text = "on: ${{ github.ref }}\nif: ${{ github.event_name == 'x' && !cancelled() }}\n";
    let folder = template(&[("files/ci.yaml.hbs", text)]);
    new(folder.path(), &["--no-git"]).success();
    assert_eq!(fs::read_to_string(folder.path().join("orders/ci.yaml")).unwrap(), text);
}

#[test]
fn a33_a34_faults_of_a_template_are_named_with_their_place() {
    for (text, place) in [
        ("ok\n{{#if serivce}}x{{/if}}\n", "files/a.txt.hbs:2:"),
        ("{{#unless noet}}x{{/unless}}\n", "files/a.txt.hbs:1:"),
        ("{{#if (and service noet)}}x{{/if}}\n", "did you mean `note`?"),
        ("\n\n{{qoute note}}\n", "files/a.txt.hbs:3:"),
        ("{{eq service}}\n", "takes 2 values"),
        ("{{#if service}}x\n", "files/a.txt.hbs:"),
        ("{{/if}}\n", "files/a.txt.hbs:"),
        ("{{> nowhere}}\n", "there is no partial"),
        ("{{> (concat \"a\" \"b\")}}\n", "files/a.txt.hbs:1:"),
    ] {
        refused_template(&[("files/a.txt.hbs", text)], 4, place);
    }
}

#[test]
fn a35_partials_that_include_one_another_are_refused() {
    refused_template(
        &[("partials/a.hbs", "{{> b}}"), ("partials/b.hbs", "{{> a}}"), ("files/a.txt.hbs", "{{> a}}\n")],
        4,
        "includes itself",
    );
    refused_template(&[("files/a.txt.hbs", "{{#*inline \"p\"}}{{> p}}{{/inline}}{{> p}}\n")], 4, "decorators");
}

#[test]
fn a36_a_line_of_a_mebibyte_and_a_hundred_thousand_tags_are_refused() {
    refused_template(&[("files/a.txt.hbs", &"x".repeat(1 << 20))], 4, "256 KiB");
    refused_template(&[("files/a.txt.hbs", &"{{port}}".repeat(25_000))], 4, "too many");
}

#[test]
fn a36_what_is_at_a_limit_is_taken_and_what_is_one_beyond_it_is_refused() {
    let nested = |depth: usize| format!("{}x{}\n", "{{#if true}}".repeat(depth), "{{/if}}".repeat(depth));
    let tags = |count: usize| "{{service}}\n".repeat(count);
    let bytes = |count: usize| "x".repeat(count - 1) + "\n";
    for (most, more, word) in [
        (nested(64), nested(65), "more than 64 deep"),
        (tags(2_000), tags(2_001), "2001 tags are too many"),
        (bytes(256 << 10), bytes((256 << 10) + 1), "larger than 256 KiB"),
    ] {
        new(template(&[("files/a.txt.hbs", &most)]).path(), &["--no-git"]).success();
        refused_template(&[("files/a.txt.hbs", &more)], 4, word);
    }
    let folder = template(&[]);
    let answers = |length: usize| format!("note: x\n#{}\n", "x".repeat(length - 10));
    fs::write(folder.path().join("a.yaml"), answers((1 << 20) + 1)).unwrap();
    assert!(refused(folder.path(), &["--no-git", "--answers", "a.yaml"], 2).contains("larger than 1 MiB"));
    fs::write(folder.path().join("a.yaml"), answers(1 << 20)).unwrap();
    new(folder.path(), &["--no-git", "--answers", "a.yaml"]).success();
}

#[test]
fn a38_what_is_too_large_is_refused_before_any_of_it_is_read() {
    // The files have no content on the disk: whoever read them would have to make it up.
    let sparse = |path: &Path, size: u64| fs::File::create(path).unwrap().set_len(size).unwrap();
    let folder = template(&[]);
    sparse(&folder.path().join("template/files/large"), 100 << 20);
    assert!(refused(folder.path(), &["--no-git"], 4).contains("larger than 5 MiB"));
    let folder = template(&[]);
    for number in 0..60 {
        sparse(&folder.path().join(format!("template/files/f{number:02}")), 5 << 20);
    }
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat", "-o"]).arg(&trace).arg(path());
    let own = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
    let ran = run(strace.args(own).current_dir(folder.path()));
    assert!(ran.failure(4).contains("larger than 256 MiB"));
    assert!(!fs::read_to_string(&trace).unwrap().contains("files/f0"), "files were opened");
    let mut many = String::new();
    for number in 0..65_540 {
        let _ = writeln!(many, "f{number}");
    }
    let folder = template(&[]);
    let make = "cd template/files && xargs touch";
    let mut shell =
        Command::new("sh").args(["-c", make]).current_dir(folder.path()).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), many.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
    let said = new(folder.path(), &["--no-git"]).failure(4);
    assert!(said.contains("more than 65536 files"), "{said}");
}

#[test]
fn a40_what_is_not_text_arrives_byte_for_byte() {
    let folder = template(&[]);
    let files = folder.path().join("template/files");
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 255, 13, 10]].concat();
    let utf16: Vec<u8> = "{{note}}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let contents = [
        ("logo.png", png),
        ("utf16.txt", utf16),
        ("latin1.txt", b"\xe9\xff {{note}}".to_vec()),
        ("zero.bin", b"\0{{note}}\0".to_vec()),
    ];
    for (name, bytes) in &contents {
        fs::write(files.join(name), bytes).unwrap();
    }
    new(folder.path(), &["--no-git"]).success();
    for (name, bytes) in contents {
        assert_eq!(fs::read(folder.path().join("orders").join(name)).unwrap(), bytes, "{name}");
    }
}

#[test]
fn a42_line_ends_of_a_checkout_do_not_reach_the_project() {
    let folder = template(&[("files/a.txt.hbs", "one {{service}}\ntwo\n")]);
    new(folder.path(), &["--no-git", "--dest", "lf"]).success();
    fs::write(folder.path().join("template/files/a.txt.hbs"), "one {{service}}\r\ntwo\r\n").unwrap();
    new(folder.path(), &["--no-git", "--dest", "crlf"]).success();
    assert_eq!(fs::read(folder.path().join("lf/a.txt")).unwrap(), b"one orders\ntwo\n");
    assert_eq!(fs::read(folder.path().join("crlf/a.txt")).unwrap(), b"one orders\ntwo\n");
}

#[test]
fn a43_every_fault_of_a_manifest_has_its_line() {
    for (rest, word) in [
        ("kind = \"text\"\ncolour = 1", "unknown field"),
        ("kind = 7", "template.toml:"),
        ("kind = \"slug\"\ndefault = \"Not A Slug\"", "breaks its own rule"),
        ("kind = \"bool\"\nwhen = \"x\"", "not known yet"),
    ] {
        let manifest = question(rest);
        refused_template(&[("template.toml", &manifest)], 4, word);
    }
    let twice = format!("{}{}", question("kind = \"bool\""), &question("kind = \"bool\"")[MANIFEST.len()..]);
    refused_template(&[("template.toml", &twice)], 4, "declared twice");
    let future = MANIFEST.replace("name = \"service\"", "name = \"service\"\nmin_version = \"99.0.0\"");
    refused_template(&[("template.toml", &future)], 4, "99.0.0");
}

#[test]
fn a44_a_pattern_cannot_take_long_however_it_is_written() {
    let slow = question("kind = \"text\"\npattern = \"(a+)+b|(a|a)*c|(.*)*d\"\n");
    let folder = template(&[("template.toml", &slow)]);
    let start = Instant::now();
    refused(folder.path(), &["--no-git", &format!("--x={}", "a".repeat(199))], 2);
    // An engine that tries again and again would need more than a life.
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    let large = question("kind = \"text\"\npattern = \"((((a{100}){100}){100}){100})\"\n");
    refused_template(&[("template.toml", &large)], 4, "is not a pattern");
}

#[test]
fn a45_an_answers_file_of_a_hundred_mebibytes_is_refused() {
    let folder = template(&[]);
    fs::File::create(folder.path().join("a.yaml")).unwrap().set_len(100 << 20).unwrap();
    assert!(refused(folder.path(), &["--no-git", "--answers", "a.yaml"], 2).contains("larger than 1 MiB"));
}

#[test]
fn a56_a_signal_in_the_wizard_writes_nothing_and_leaves_the_terminal_as_it_was() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let folder = template(&[]);
        let before = snapshot::of(folder.path());
        let mut command = launchway();
        command.args(["new", "--template", "./template"]).current_dir(folder.path());
        let terminal = Terminal::start(&command);
        terminal.wait_for("Name");
        run(Command::new("kill").args([&format!("-{signal}"), &terminal.pid()])).success();
        let left = terminal.end();
        assert_eq!((left.code, left.is_cursor_hidden, left.is_restored), (Some(code), false, true), "{signal}");
        assert_eq!(snapshot::of(folder.path()), before, "{signal}");
    }
}

#[test]
fn a60_of_twenty_that_make_the_same_project_one_does() {
    path();
    // `cargo xtask sweep` does 200.
    xtask::race::race(10).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a66_without_a_home_or_with_a_full_temporary_folder_a_project_is_made() {
    for (number, (variable, value)) in
        [("HOME", "/nowhere"), ("TMPDIR", "/nowhere"), ("XDG_CACHE_HOME", "/proc/x")].iter().enumerate()
    {
        let folder = template(&[]);
        let own = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
        run(launchway().args(own).env(variable, value).current_dir(folder.path())).success();
        assert!(folder.path().join("orders/note.yaml").is_file(), "{number}");
    }
}

#[test]
fn a69_a_terminal_that_can_do_nothing_gets_plain_text() {
    for (variable, value) in [("TERM", "dumb"), ("COLUMNS", "1"), ("LANG", "C"), ("LC_ALL", "en_US.ISO-8859-1")] {
        let folder = template(&[]);
        let own = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
        let ran = run(launchway().args(own).env(variable, value).current_dir(folder.path()));
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains('\u{1b}'), "{variable}={value}");
        ran.success();
    }
}

#[test]
fn a73_the_same_bytes_come_out_whatever_the_clock_the_zone_and_the_folder() {
    let mut outcomes = Vec::new();
    for (zone, epoch) in [("Pacific/Kiritimati", "0"), ("UTC", "4291747200")] {
        let folder = template(&[]);
        let own = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
        let mut command = launchway();
        command.args(own).env("TZ", zone).env("SOURCE_DATE_EPOCH", epoch).current_dir(folder.path());
        run(command).success();
        outcomes.push(snapshot::of(&folder.path().join("orders")));
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

/// Runs a line in namespaces of its own; without `unshare` this fails, and says what to install.
fn unshared(flags: &[&str], line: &str, folder: &Path) -> crate::program::Ran {
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", line, "sh"]).arg(path()).current_dir(folder).env("HOME", folder);
    let missing = "these tests need `unshare` of the package util-linux, and leave to make user namespaces";
    let ran = run(command);
    assert!(!ran.stderr.contains("unshare: "), "{missing}: {}", ran.stderr);
    ran
}

const NEW: &str = "\"$1\" new orders --template ../template --no-input --no-git";

#[test]
fn a58_a_disk_that_is_full_or_read_only_is_named_and_nothing_stays_on_it() {
    let big = "x".repeat(200_000);
    let folder = template(&[("files/big.txt", &format!("{big}\n"))]);
    fs::create_dir(folder.path().join("disk")).unwrap();
    for (mount, words) in [
        ("mount -t tmpfs -o size=64k tmpfs disk", "No space left"),
        ("mount -t tmpfs -o size=64k,ro tmpfs disk", "Read-only"),
        ("mount -t tmpfs -o nr_inodes=3 tmpfs disk", "No space left"),
    ] {
        let line = format!("{mount} && cd disk && {NEW}; code=$?; ls -A; exit $code");
        let ran = unshared(&["-rm"], &line, folder.path());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(73), ""), "{mount}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    }
}

#[test]
fn a58_without_permission_with_few_descriptors_or_with_a_quota_nothing_is_half_written() {
    let big = "x".repeat(200_000);
    let folder = template(&[("files/big.txt", &format!("{big}\n"))]);
    fs::create_dir(folder.path().join("disk")).unwrap();
    for (flags, line, code) in [
        (&["-r", "--map-user=1000"][..], "chmod 0555 disk && cd disk && NEW", 73),
        (&["-r"], "chmod 0755 disk && cd disk && trap '' XFSZ && ulimit -f 8 && NEW", 73),
        (&["-r"], "cd disk && ulimit -f 8 && NEW", 73),
        (&["-r"], "cd disk && ulimit -n 5 && NEW", 0),
    ] {
        let line = format!("{}; code=$?; ls -A; exit $code", line.replace("NEW", NEW));
        let ran = unshared(flags, &line, folder.path());
        if code == 73 {
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(73), ""), "{line}: {}", ran.stderr);
        } else {
            assert!(matches!(ran.code, Some(0 | 73 | 74)), "{line}: {}", ran.stderr);
            assert!(!ran.stdout.contains(".launchway-"), "{line}: {}", ran.stdout);
        }
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}
