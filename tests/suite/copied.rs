//! What a template copies, quotes and asks, through the whole program: modes, bytes, hostile answers in real shells and in make, ids
//! and texts that may be empty, answers that look like secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use launchway_core::quote::{quote, quote_dockerfile, quote_make, quote_shell, quote_xml};
use tempfile::TempDir;
use xtask::{tools, workspace};

use crate::history::{History, files};
use crate::program::{GIT_IDENTITY, Ran, launchway, run};

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o111 == 0o111
}

fn make_executable(path: &Path, can_be_run: bool) {
    fs::set_permissions(path, fs::Permissions::from_mode(if can_be_run { 0o755 } else { 0o644 })).unwrap();
}

/// A template that names a project and asks one more question.
pub(crate) fn manifest(name: &str, more: &str) -> String {
    format!(
        "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"{name}\"\n[[question]]\nid = \"{name}\"\n\
         prompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n{more}"
    )
}

/// Writes a template to `t` in a new folder.
pub(crate) fn template(manifest: &str, files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in [("template.toml", manifest.as_bytes())].iter().chain(files) {
        let path = folder.path().join("t").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn new(folder: &TempDir, words: &[&str]) -> Ran {
    let new = ["new", "orders", "--template", "./t", "--no-git", "--no-input"];
    run(launchway().args(new).args(words).current_dir(folder.path()))
}

fn read(folder: &TempDir, path: &str) -> Vec<u8> {
    fs::read(folder.path().join("orders").join(path)).unwrap()
}

const NOTE: &str =
    "[[question]]\nid = \"note\"\nprompt = \"Note\"\nhelp = \"A note.\"\nkind = \"text\"\ndefault = \"x\"\n";

#[test]
fn u20_what_can_be_run_in_a_template_can_be_run_in_the_project_and_stays_so() {
    let sources: &[(&str, &[u8])] =
        &[("files/run.sh", b"#!/bin/sh\n"), ("files/tool.py.hbs", b"# {{service}}\n"), ("files/plain.txt", b"a\n")];
    let rule = "[[file]]\npath = \"quiet.sh\"\nexecutable = false\n";
    let folder = template(&manifest("service", rule), &[sources, &[("files/quiet.sh", b"x\n")]].concat());
    for path in ["run.sh", "tool.py.hbs", "quiet.sh"] {
        make_executable(&folder.path().join("t/files").join(path), true);
    }
    new(&folder, &[]).success();
    let modes = |project: &str| {
        let paths = ["plain.txt", "quiet.sh", "run.sh", "tool.py"];
        paths.map(|path| is_executable(&folder.path().join(project).join(path)))
    };
    assert_eq!(modes("orders"), [false, false, true, true]);
    run(launchway().args(["check", "orders"]).current_dir(folder.path())).success();
    let why = run(launchway()
        .args(["why", "run.sh", "--dir", "orders", "--template", "./t", "--output", "json"])
        .current_dir(folder.path()));
    assert!(why.success().contains("\"executable\": true"));
    let base =
        run(Command::new("tar").args(["-tvzf", "orders/.launchway/orders.base"]).current_dir(folder.path())).success();
    assert_eq!(base.lines().filter(|line| line.starts_with("-rwxr-xr-x")).count(), 2, "{base}");

    // The same from the objects of a repository, of which nothing is checked out.
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        run(git.args(words).current_dir(folder.path().join("t")).envs(GIT_IDENTITY)).success()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "t"]);
    let url = format!("file://{}", folder.path().join("t").display());
    let words = ["new", "orders", "--template", &url, "--no-git", "--no-input", "--dest", "of-git"];
    let mut of_git = launchway();
    of_git.args(words).current_dir(folder.path()).env("LAUNCHWAY_CACHE_DIR", folder.path().join("cache"));
    run(of_git).success();
    assert_eq!(modes("of-git"), [false, false, true, true]);

    // A record that is made anew remembers the modes, too: there is nothing to update.
    fs::remove_dir_all(folder.path().join("orders/.launchway")).unwrap();
    run(launchway().args(["adopt", "orders", "--template", "./t"]).current_dir(folder.path())).success();
    run(launchway().args(["check", "orders"]).current_dir(folder.path())).success();
    let base =
        run(Command::new("tar").args(["-tvzf", "orders/.launchway/orders.base"]).current_dir(folder.path())).success();
    assert_eq!(base.lines().filter(|line| line.starts_with("-rwxr-xr-x")).count(), 2, "{base}");
}

#[test]
fn u20_check_finds_what_can_be_run_and_should_not_and_heal_undoes_it() {
    let manifest = "\n[[file]]\npath = \"*\"\nownership = \"managed\"\n\n[[file]]\npath = \"run\"\nexecutable = true\n";
    let history = History::new(&files(&[("run", "#!/bin/sh\n"), ("plain", "p\n")]), manifest);
    let check = || history.launchway(&["check"]).success();
    assert!(!check().contains("note:"), "{}", check());
    make_executable(&history.path("run"), false);
    make_executable(&history.path("plain"), true);
    let said = check();
    assert!(said.contains("note: run: the file belongs to the template and cannot be run any more\n"), "{said}");
    assert!(said.contains("note: plain: the file belongs to the template and can be run, which it was not made for\n"));
    assert!(said.contains("`launchway update --heal run`") && said.contains("2 notes"), "{said}");
    // Where git was told not to look at that, the disk does not know it.
    history.git(&["config", "core.fileMode", "false"]);
    assert!(!check().contains("note:"), "{}", check());
    assert_eq!(history.launchway(&["diff"]).success(), "");
    history.git(&["config", "core.fileMode", "true"]);
    assert!(history.launchway(&["diff"]).success().contains("old mode 100755\nnew mode 100644\n"));
    history.commit();
    history.update(&["--heal", "run", "--heal", "plain"]).success();
    assert!(is_executable(&history.path("run")) && !is_executable(&history.path("plain")));
    assert!(!check().contains("note:"), "{}", check());
}

#[test]
fn u20_modes_that_change_on_either_side_are_merged_by_an_update() {
    let sources = files(&[("a.sh", "a\n"), ("b.sh", "b\n"), ("c.sh", "c\n")]);
    let history = History::new(&sources, "");
    assert!(!history.is_executable("a.sh"));
    history.make_executable("b.sh");
    history.write("c.sh", "mine\n");
    history.commit();
    history.template("1.1.0", &sources, "");
    for path in ["a.sh", "c.sh"] {
        make_executable(&history.folder().join("template/files").join(path), true);
    }
    let (code, report) = history.updated(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert!(["a.sh", "b.sh", "c.sh"].iter().all(|path| history.is_executable(path)), "{report}");
    assert_eq!(history.read("c.sh").unwrap(), b"mine\n");
    history.commit();
    // And the template may take the bit away again, by its manifest alone.
    history.template("1.2.0", &sources, "[[file]]\npath = \"a.sh\"\nexecutable = false\n");
    assert_eq!(history.updated(&[]).0, Some(0));
    assert!(!history.is_executable("a.sh") && history.is_executable("b.sh"));
}

#[test]
fn u21_every_byte_of_a_copied_file_reaches_the_project_and_its_updates() {
    let odd: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("no-end.txt", b"a"),
        ("three.txt", b"a\n\n\n"),
        ("crlf.bat", b"@echo off\r\nexit\r\n"),
        ("bom.csv", b"\xef\xbb\xbfa;b\n"),
        ("latin1.txt", b"caf\xe9\n"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("broken.json", b"{ // no JSON\n"),
        ("twice.yaml", b"a: 1\na: 2\n"),
    ];
    let list = |last: &[u8]| -> Vec<(String, Vec<u8>)> {
        odd.iter().map(|(path, bytes)| ((*path).to_owned(), [*bytes, last].concat())).collect()
    };
    let history = History::new(&list(b""), "");
    for (path, bytes) in odd {
        assert_eq!(history.read(path).unwrap(), *bytes, "{path}");
    }
    history.launchway(&["check"]).success();
    history.template("1.1.0", &list(b"\xff\r"), "");
    assert_eq!(history.updated(&[]).0, Some(0));
    for (path, bytes) in odd {
        assert_eq!(history.read(path).unwrap(), [*bytes, b"\xff\r"].concat(), "{path}");
    }
    history.commit();
    // A change of the line ends alone is the template's to make.
    history.template("1.2.0", &files(&[("crlf.bat", "@echo off\r\nexit\r\n")]), "");
    assert_eq!(history.updated(&[]).0, Some(0));
    history.commit();
    history.template("1.3.0", &files(&[("crlf.bat", "@echo off\nexit\n")]), "");
    assert_eq!(history.updated(&[]).0, Some(0));
    assert_eq!(history.read("crlf.bat").unwrap(), b"@echo off\nexit\n");
}

#[test]
fn u21_a_diff_of_copied_files_is_one_that_git_applies() {
    let folder = template(
        &manifest("service", ""),
        &[
            ("files/no-end.txt", b"a"),
            ("files/crlf.txt", b"a\r\nb\r\n"),
            ("files/three.txt", b"a\n\n\n"),
            ("files/empty", b""),
        ],
    );
    let diff = new(&folder, &["--dry-run", "--diff"]).success();
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join("d"), diff).unwrap();
    run(Command::new("git").args(["apply", "--include=*.txt", "d"]).current_dir(into.path())).success();
    assert_eq!(fs::read(into.path().join("no-end.txt")).unwrap(), b"a");
    assert_eq!(fs::read(into.path().join("crlf.txt")).unwrap(), b"a\r\nb\r\n");
}

/// Answers that try to become code, wherever they stand.
fn hostile() -> Vec<String> {
    let texts = [
        "plain",
        "it's",
        "say \"hi\"",
        "$(touch canary)",
        "`touch canary`",
        "$$(touch canary)",
        "${IFS}",
        "$(shell touch canary)",
        "'; touch canary; '",
        "\"; touch canary; \"",
        "a # b",
        "# a",
        "a\\",
        "a\\#b",
        "\\\\#",
        "a && touch canary",
        "| touch canary",
        "> canary",
        "-n",
        "--help",
        "=touch",
        "=none",
        "~",
        "*",
        "a\ntouch canary",
        "a\r\n\ttouch canary\n",
        "x:\n\ttouch canary",
        "%",
        "!!",
        "  spaces  ",
        "é 한국어 😀",
        "'\\''",
        "a'#'b",
        "",
    ];
    texts.map(str::to_owned).to_vec()
}

fn on_one_line(text: &str) -> String {
    text.replace("\r\n", " ").replace(['\n', '\r'], " ")
}

/// Runs a program in a folder of its own, in which nothing may appear, and returns the words that it printed.
fn printed(command: &mut Command, folder: &Path) -> Vec<String> {
    let mut said = run(command.current_dir(folder)).success();
    assert!(!folder.join("canary").exists(), "{command:?} ran an answer");
    assert_eq!(said.pop(), Some('\0'), "{command:?}");
    said.split('\0').map(str::to_owned).collect()
}

#[test]
fn u26_hostile_answers_are_words_for_every_shell_and_run_nothing() {
    tools::install_shells().unwrap();
    let texts = hostile();
    let one_line: Vec<String> = texts.iter().map(|text| on_one_line(text)).collect();
    let folder = tempfile::tempdir().unwrap();
    for (quoting, expected) in [(quote_shell as fn(&str) -> String, &texts), (quote_dockerfile, &one_line)] {
        let words: Vec<String> = texts.iter().map(|text| quoting(text)).collect();
        let variables: Vec<String> = words.iter().enumerate().map(|(at, word)| format!("v{at}={word}\n")).collect();
        let used: Vec<String> = (0..words.len()).map(|at| format!("\"$v{at}\"")).collect();
        let variables = variables.concat();
        let script = format!("{variables}printf '%s\\0' {}\nprintf '%s\\0' {}\n", words.join(" "), used.join(" "));
        fs::write(folder.path().join("script"), script).unwrap();
        let twice = [expected.as_slice(), expected.as_slice()].concat();
        for shell in ["sh", "bash", "zsh"] {
            assert_eq!(printed(Command::new(shell).arg("script"), folder.path()), twice, "{shell}");
        }
    }
}

#[test]
fn u26_hostile_answers_are_words_for_make_and_run_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for text in hostile() {
        let word = quote_make(&text);
        let makefile = format!(
            "A := {word}\nB = {word}\nall: # {word}\n\t@printf '%s\\0' {word} $(A) $(B)\n\t@X={word}; printf '%s\\0' \"$$X\"\n"
        );
        fs::write(folder.path().join("Makefile"), makefile).unwrap();
        let expected = vec![on_one_line(&text); 4];
        assert_eq!(printed(Command::new("make").arg("--silent"), folder.path()), expected, "{text:?}");
    }
}

#[test]
fn u26_python_and_xml_read_back_what_was_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let texts = hostile();
    let literals: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    let elements: Vec<String> = texts.iter().map(|text| format!("<t a=\"{0}\">{0}</t>", quote_xml(text))).collect();
    let script = format!(
        "# -*- coding: utf-8 -*-\nimport sys\nimport xml.etree.ElementTree as tree\n\
         texts = [{}]\nelements = tree.fromstring({}).findall('t')\n\
         words = texts + [it.text or '' for it in elements] + [it.get('a') for it in elements]\n\
         sys.stdout.buffer.write(''.join(word + '\\0' for word in words).encode('utf-8'))\n",
        literals.join(", "),
        quote(&format!("<r>{}</r>", elements.concat()))
    );
    fs::write(folder.path().join("script.py"), script).unwrap();
    let thrice = [texts.as_slice(), texts.as_slice(), texts.as_slice()].concat();
    assert_eq!(printed(Command::new("python3").arg("script.py"), folder.path()), thrice);
}

#[test]
fn u26_a_script_that_was_made_with_a_hostile_answer_runs_it_nowhere() {
    let files: &[(&str, &[u8])] = &[
        ("files/run.sh.hbs", b"#!/bin/sh\nnote={{quote_shell note}}\nprintf '%s\\0' \"$note\" {{quote_shell note}}\n"),
        ("files/Makefile.hbs", b"NOTE := {{quote_make note}}\nall:\n\t@printf '%s\\0' $(NOTE) {{quote_make note}}\n"),
    ];
    for text in ["$(touch canary)", "'; touch canary; '", "`touch canary` # $$(touch canary)"] {
        let folder = template(&manifest("service", NOTE), files);
        new(&folder, &["--note", text]).success();
        let project = folder.path().join("orders");
        assert_eq!(printed(Command::new("sh").arg("run.sh"), &project), [text, text]);
        assert_eq!(printed(Command::new("make").arg("--silent"), &project), [text, text]);
    }
    let wrong = template(&manifest("service", NOTE), &[("files/run.sh.hbs", b"echo {{quote note}}\n")]);
    let said = new(&wrong, &[]).failure(4);
    assert!(said.contains("files/run.sh.hbs:1:6: `quote` does not quote a text for a shell"), "{said}");
    assert!(said.contains("hint: use `{{quote_shell …}}` in a shell"), "{said}");
    let linted = run(launchway().args(["template", "lint", "./t"]).current_dir(wrong.path()));
    assert_eq!(linted.code, Some(1));
    assert!(linted.stdout.contains("quote_shell"), "{}", linted.stdout);
}

#[test]
fn u28_a_text_is_left_out_by_a_flag_a_file_and_the_environment() {
    let note = NOTE.replace("default = \"x\"", "optional = true");
    let folder = template(&manifest("service", &note), &[("files/a.yaml.hbs", b"note: {{quote note}}\n")]);
    fs::write(folder.path().join("a.toml"), "note = \"\"\n").unwrap();
    for words in [&[][..], &["--note="], &["--note", ""], &["--answers", "a.toml"], &["--defaults"]] {
        let made = new(&folder, &[words, &["--output", "json"]].concat()).success();
        assert!(made.contains("\"note\": \"\""), "{words:?}: {made}");
        assert_eq!(read(&folder, "a.yaml"), b"note: \"\"\n", "{words:?}");
        run(launchway().args(["check", "orders"]).current_dir(folder.path())).success();
        fs::remove_dir_all(folder.path().join("orders")).unwrap();
    }
    let mut command = launchway();
    command.args(["new", "orders", "--template", "./t", "--no-git", "--no-input"]).env("LAUNCHWAY_NOTE", "");
    run(command.current_dir(folder.path())).success();
    assert_eq!(read(&folder, "a.yaml"), b"note: \"\"\n");
}

#[test]
fn u29_the_ids_whose_flag_has_a_prefix_and_those_that_are_refused_are_listed() {
    let page = fs::read_to_string(workspace::root().join("docs/templates.md")).unwrap();
    let section = page.split("## Names of questions\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let (words, prefixed) = section.split_once("This concerns\n").unwrap();
    let listed = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let taken: Vec<String> = launchway_core::template::taken_flags().map(|flag| flag.replace('-', "_")).collect();
    assert_eq!(listed(prefixed.split(". Launchway 0.1").next().unwrap()), taken);
    let words = listed(words.split("\n`name` is").next().unwrap());
    let helpers = launchway_core::helper_references().into_iter();
    let of_first = helpers.filter(|it| it.since == "0.1").map(|it| it.usage.split(' ').next().unwrap().to_owned());
    for word in words.iter().cloned().chain(of_first) {
        let question = NOTE.replace("\"note\"", &format!("\"{word}\""));
        let folder = template(&manifest("service", &question), &[("files/a.txt", b"a\n")]);
        let said = new(&folder, &[]).failure(4);
        assert!(said.contains(&format!("`{word}` is a word of the template language")), "{said}");
    }
}

#[test]
fn u29_a_question_may_have_the_name_of_a_flag_of_the_program() {
    let question = |id: &str| {
        format!(
            "[[question]]\nid = \"{id}\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\ndefault = \"of-{}\"\n",
            id.replace('_', "-")
        )
    };
    let ids = ["version", "template", "output", "help", "dest", "dry_run", "lang", "verbose"];
    let more: String = ids.iter().map(|id| question(id)).collect();
    let text = ids.iter().map(|id| format!("{id}: {{{{{id}}}}}\n")).collect::<Vec<_>>().concat();
    let folder =
        template(&manifest("name", &more), &[("files/a.yaml.hbs", format!("name: {{{{name}}}}\n{text}").as_bytes())]);
    let made = |words: &[&str]| {
        let new = ["new", "--template", "./t", "--no-git", "--no-input"];
        run(launchway().args(new).args(words).current_dir(folder.path())).success();
        let text = String::from_utf8(read(&folder, "a.yaml")).unwrap();
        fs::remove_dir_all(folder.path().join("orders")).unwrap();
        text
    };
    for name in [&["orders"][..], &["--name", "orders"]] {
        assert!(made(name).starts_with("name: orders\nversion: of-version\n"), "{name:?}");
    }
    let flags: Vec<String> = ids.iter().map(|id| format!("--answer-{}=own", id.replace('_', "-"))).collect();
    let words: Vec<&str> = ["orders"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    assert_eq!(made(&words).matches(": own\n").count(), ids.len());
    let help = run(launchway().args(["new", "--template", "./t", "--help"]).current_dir(folder.path())).success();
    assert!(help.contains("--answer-version <NAME>"), "{help}");
}

/// A token of the form that GitHub gives its own, which is none.
fn token() -> String {
    format!("ghp_{}", "aB3".repeat(12))
}

#[test]
fn u32_an_answer_that_looks_like_a_secret_is_refused_from_wherever_it_comes() {
    let folder = template(&manifest("service", NOTE), &[("files/a.yaml.hbs", b"note: {{quote note}}\n")]);
    let token = token();
    let refused = |ran: Ran| {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(2), "{said}");
        assert!(
            said.contains("note looks like a token of GitHub, and answers stand in files that others read"),
            "{said}"
        );
        assert!(said.contains("`--allow-secret-like` takes it all the same"), "{said}");
        assert!(!said.contains(&token), "{said}");
        assert!(!folder.path().join("orders").exists() || folder.path().join("orders/.launchway").exists());
    };
    refused(new(&folder, &["--note", &token]));
    fs::write(folder.path().join("a.toml"), format!("note = \"{token}\"\n")).unwrap();
    refused(new(&folder, &["--answers", "a.toml"]));
    let mut command = launchway();
    command.args(["new", "orders", "--template", "./t", "--no-git", "--no-input"]).env("LAUNCHWAY_NOTE", &token);
    refused(run(command.current_dir(folder.path())));
    let made = new(&folder, &["--note", &token, "--allow-secret-like", "--output", "json"]).success();
    assert!(made.contains("--allow-secret-like"), "the printed command makes the same project: {made}");

    // What a record remembers is held against it as well: it may be older than the rule.
    let project = folder.path().join("orders");
    let git = |words: &[&str]| {
        run(Command::new("git").args(words).current_dir(&project).envs(GIT_IDENTITY)).success();
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "a"]);
    let update = |words: &[&str]| {
        let update = ["update", "--template", "../t", "--no-input"];
        run(launchway().args(update).args(words).current_dir(&project))
    };
    refused(update(&[]));
    update(&["--allow-secret-like"]).success();
    refused(update(&["--set", &format!("note={token}")]));
    run(launchway().args(["check"]).current_dir(&project)).success();
    run(launchway().args(["why", "a.yaml", "--template", "../t"]).current_dir(&project)).success();
    fs::remove_dir_all(project.join(".launchway")).unwrap();
    let adopt = |words: &[&str]| {
        let adopt = ["adopt", "orders", "--template", "./t", "--dry-run"];
        run(launchway().args(adopt).args(words).current_dir(folder.path()))
    };
    let found = adopt(&[]);
    assert_eq!(found.code, Some(2), "{}{}", found.stdout, found.stderr);
    assert!(!format!("{}{}", found.stdout, found.stderr).contains(&token));
    adopt(&["--allow-secret-like"]).success();
}

#[test]
fn u32_a_service_that_is_added_is_given_no_secret_either() {
    let folder = tempfile::tempdir().unwrap();
    let line = ["new", "orders", "--no-input", "--target", "ecs"];
    run(launchway().args(line).current_dir(folder.path()).envs(GIT_IDENTITY)).success();
    let add = |words: &[&str]| {
        let add = ["add", "service", "bills", "--no-input", "--dry-run"];
        run(launchway().args(add).args(words).current_dir(folder.path().join("orders")))
    };
    let set = format!("description=See {}", token());
    let said = add(&["--set", &set]).failure(2);
    assert!(said.contains("description looks like a token of GitHub") && !said.contains(&token()), "{said}");
    add(&["--set", &set, "--allow-secret-like"]).success();
}

#[test]
fn u33_no_file_is_written_beside_one_that_some_disks_take_for_it() {
    let history = History::new(&files(&[("a.txt", "a\n"), ("docs/guide.md", "g\n")]), "");
    history.write("readme.md", "mine\n");
    history.write("Notes/own.md", "mine\n");
    history.commit();
    let own = [("a.txt", "b\n"), ("docs/guide.md", "g\n")];
    for (path, other) in [("README.md", "readme.md"), ("notes/new.md", "Notes"), ("docs/Guide.md", "docs/guide.md")] {
        let with_new = |files: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
            let kept = files.iter().filter(|(it, _)| *it != "docs/guide.md" || path != "docs/Guide.md");
            kept.chain([&(path, "new\n")]).map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        history.template("1.1.0", &with_new(&own), "");
        if path == "docs/Guide.md" {
            // The template's own file goes, so nothing is left beside the new one.
            assert_eq!(history.updated(&["--dry-run"]).0, Some(0), "{path}");
            continue;
        }
        let before = history.tree();
        for words in [&["--dry-run"][..], &[]] {
            let said = history.update(words).failure(3);
            let message = format!("`{path}` and `{other}`, which is there, are the same path on some disks");
            assert!(said.contains(&message) && said.contains("--keep PATH"), "{said}");
            assert!(history.tree() == before);
        }
        assert_eq!(history.updated(&["--keep", path, "--dry-run"]).0, Some(0), "{path}");
    }
}

#[test]
fn u33_an_adopted_project_and_an_added_service_are_told_of_it_too() {
    let folder =
        template(&manifest("service", ""), &[("files/README.md", b"a\nb\nc\n"), ("files/b.txt", b"1\n2\n3\n4\n")]);
    new(&folder, &[]).success();
    let project = folder.path().join("orders");
    fs::remove_dir_all(project.join(".launchway")).unwrap();
    fs::rename(project.join("README.md"), project.join("readme.md")).unwrap();
    let adopted = run(launchway().args(["adopt", "orders", "--template", "./t"]).current_dir(folder.path()));
    assert!(adopted.stderr.contains("note: `README.md` is missing, and `readme.md` is there"), "{}", adopted.stderr);

    let line = ["new", "shop", "--no-input", "--target", "ecs"];
    run(launchway().args(line).current_dir(folder.path()).envs(GIT_IDENTITY)).success();
    fs::create_dir_all(folder.path().join("shop/Services/bills")).unwrap();
    let add = ["add", "service", "bills", "--no-input", "--dry-run"];
    let said = run(launchway().args(add).current_dir(folder.path().join("shop"))).failure(3);
    assert!(said.contains("`Services`, which is there, are the same path on some disks"), "{said}");
}

#[test]
fn u31_a_case_plays_the_update_of_a_project_of_an_older_version() {
    let sources: &[(&str, &[u8])] =
        &[("files/a.yaml.hbs", b"name: {{service}}\nlevel: {{level}}\n"), ("files/run.sh", b"#!/bin/sh\n")];
    let level = "[[question]]\nid = \"level\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"int\"\ndefault = 1\n";
    let folder = template(&manifest("service", level), sources);
    let at = |path: &str| folder.path().join("t").join(path);
    make_executable(&at("files/run.sh"), true);
    fs::create_dir_all(at("tests/from-1")).unwrap();
    new(&folder, &["--level=3", "--dest", "t/tests/from-1/project"]).success();
    fs::write(at("tests/from-1/project/mine.txt"), "mine\n").unwrap();
    let text = fs::read_to_string(at("tests/from-1/project/a.yaml")).unwrap();
    fs::write(at("tests/from-1/project/a.yaml"), format!("# mine\n{text}")).unwrap();
    let more = level.replace("level", "depth")
        + &level.replace("level", "width").replace("default = 1\n", "")
        + "[[migration]]\nto = \"2.0.0\"\nrename = { level = \"depth\" }\nmove = { \"run.sh\" = \"bin/run.sh\" }\n";
    fs::write(at("template.toml"), manifest("service", &more).replace("1.0.0", "2.0.0")).unwrap();
    fs::write(at("files/a.yaml.hbs"), "name: {{service}}\nlevel: {{depth}}\nwidth: {{width}}\n").unwrap();
    fs::create_dir(at("files/bin")).unwrap();
    fs::rename(at("files/run.sh"), at("files/bin/run.sh")).unwrap();
    let play =
        |words: &[&str]| run(launchway().args(["template", "test", "./t"]).args(words).current_dir(folder.path()));
    let open = play(&[]);
    assert_eq!(open.code, Some(1));
    assert!(open.stdout.contains("there is no answer for `width`"), "{}", open.stdout);
    fs::write(at("tests/from-1/answers.toml"), "width = 7\n").unwrap();
    fs::write(at("tests/from-1/case.toml"), "commands = [\"bin/run.sh\", \"test -f mine.txt\"]\n").unwrap();
    let missing = play(&[]);
    assert!(missing.stdout.contains("a.yaml: made, and not expected"), "{}", missing.stdout);
    play(&["--bless"]).success();
    play(&[]).success();
    assert_eq!(
        fs::read_to_string(at("tests/from-1/expected/a.yaml")).unwrap(),
        "# mine\nname: orders\nlevel: 3\nwidth: 7\n"
    );
    assert!(is_executable(&at("tests/from-1/expected/bin/run.sh")));
    assert!(!at("tests/from-1/expected/run.sh").exists() && !at("tests/from-1/expected/.launchway").exists());
    assert!(at("tests/from-1/project/run.sh").exists(), "the project of the case stays what it was");
    // A migration that is wrong, and a conflict, fail the case.
    fs::write(
        at("template.toml"),
        manifest("service", &more.replace("level = \"depth\"", "level = \"width\"")).replace("1.0.0", "2.0.0"),
    )
    .unwrap();
    assert!(
        play(&[]).stdout.contains("failed: from-1\n  a.yaml:3: expected `level: 3`, made `level: 1`"),
        "{}",
        play(&[]).stdout
    );
    fs::write(at("template.toml"), manifest("service", &more).replace("1.0.0", "2.0.0")).unwrap();
    fs::write(at("tests/from-1/project/a.yaml"), "name: other\nlevel: 9\n").unwrap();
    fs::write(at("files/a.yaml.hbs"), "name: {{service}}-x\nlevel: {{depth}}\nwidth: {{width}}\n").unwrap();
    let conflict = play(&[]);
    assert!(
        conflict.stdout.contains("a.yaml: the project and the template have both changed it"),
        "{}",
        conflict.stdout
    );
}
