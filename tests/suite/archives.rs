//! A project in one file: what comes out of it, and what is refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use xtask::tree::{self, Tree};

use crate::copied::{manifest, template};
use crate::next_steps::steps;
use crate::program::{GIT_IDENTITY, Ran, launchway, run};

const ECS: &[&str] = &["orders", "--target=ecs"];
const FILES: [&str; 3] = ["orders.zip", "orders.tar.gz", "orders.tgz"];

fn new(folder: &Path, words: &[&str]) -> Ran {
    run(launchway().arg("new").args(words).arg("--no-input").current_dir(folder).envs(GIT_IDENTITY))
}

/// Unpacks a file with a program of others, as a user would.
fn unpack(file: &Path) -> TempDir {
    let into = tempfile::tempdir().unwrap();
    // Python's own, since a machine has Python for the validators and need not have `unzip`. It keeps no modes by itself.
    let zip = "import os, sys, zipfile\n\
               for entry in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
               os.chmod(zipfile.ZipFile(sys.argv[1]).extract(entry), entry.external_attr >> 16 & 0o777)\n";
    let is_zip = file.extension().is_some_and(|it| it == "zip");
    let (program, words) = if is_zip { ("python3", vec!["-c", zip]) } else { ("tar", vec!["-xzf"]) };
    run(Command::new(program).args(words).arg(file).current_dir(into.path())).success();
    into
}

#[test]
fn what_is_unpacked_is_what_new_writes_byte_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    let kubernetes: &[&str] = &["orders", "--target=both", "--strategy=rolling", "--owner=web"];
    for words in [ECS, kubernetes] {
        let plain = tempfile::tempdir().unwrap();
        new(plain.path(), &[words, &["--no-git"]].concat()).success();
        let plain = tree::read(plain.path()).unwrap();
        for file in FILES {
            let said = new(folder.path(), &[words, &["--archive", file]].concat()).success();
            assert_eq!(said, format!("{file}\n"));
            let file = folder.path().join(file);
            assert_eq!(tree::differences(&plain, &tree::read(unpack(&file).path()).unwrap()), Vec::<String>::new());
            fs::remove_file(file).unwrap();
        }
    }
    assert!(tree::read(folder.path()).unwrap().is_empty(), "nothing else is written");
}

#[test]
fn every_byte_and_every_mode_of_a_template_comes_out_again() {
    let long = format!("files/{}end", "a-long-name/".repeat(12));
    let files: [(&str, &[u8]); 5] = [
        ("files/run", b"#!/bin/sh\n"),
        ("files/empty", b""),
        ("files/logo.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("files/\u{d55c}\u{ad6d}\u{c5b4}.txt", b"a\r\n"),
        (&long, b"deep\n"),
    ];
    let folder = template(&manifest("service", "[[file]]\npath = \"run\"\nexecutable = true\n"), &files);
    let own: &[&str] = &["orders", "--template=./t"];
    new(folder.path(), &[own, &["--no-git"]].concat()).success();
    let plain = tree::read(&folder.path().join("orders")).unwrap();
    for file in FILES {
        new(folder.path(), &[own, &["--archive", file]].concat()).success();
        let unpacked = tree::read(&unpack(&folder.path().join(file)).path().join("orders")).unwrap();
        assert_eq!(tree::differences(&plain, &unpacked), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn the_bytes_depend_on_no_place_no_time_and_no_setting() {
    let packed = |zone: &str, below: &str, umask: &str, file: &str| {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(below);
        fs::create_dir_all(&place).unwrap();
        let line = format!("umask {umask}; exec \"$0\" new orders --target=ecs --no-input --archive {file}");
        let program = crate::program::path();
        let mut command = Command::new("sh");
        command.args(["-c", &line]).arg(program).current_dir(&place).env("TZ", zone).env("HOME", folder.path());
        run(command).success();
        fs::read(place.join(file)).unwrap()
    };
    for file in ["orders.zip", "orders.tar.gz"] {
        assert_eq!(packed("UTC", "a", "022", file), packed("Asia/Seoul", "b/c", "077", file), "{file}");
    }
    assert_eq!(packed("UTC", "a", "022", "orders.tgz"), packed("UTC", "a", "022", "other.tar.gz"));
}

#[test]
fn the_files_are_sorted_and_have_one_fixed_time() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["orders.zip", "orders.tar.gz"] {
        new(folder.path(), &[ECS, &["--archive", file]].concat()).success();
    }
    let list = "import datetime, sys, tarfile, zipfile\n\
                for entry in zipfile.ZipFile('orders.zip').infolist(): print(entry.filename, *entry.date_time)\n\
                for entry in tarfile.open('orders.tar.gz'):\n    \
                moment = datetime.datetime.fromtimestamp(entry.mtime, datetime.timezone.utc)\n    \
                print(entry.name, *moment.timetuple()[:6])\n";
    let said = run(Command::new("python3").args(["-c", list]).current_dir(folder.path())).success();
    let listed: Vec<&str> = said.lines().map(|line| line.strip_suffix(" 1980 1 1 0 0 0").expect(line)).collect();
    let (zip, tar) = listed.split_at(listed.len() / 2);
    assert!(zip == tar && zip.is_sorted() && zip.len() > 60, "{listed:?}");
}

/// Returns the report of a run, and all that stands in its folder then.
fn report(folder: &Path, words: &[&str]) -> (Value, Tree) {
    let said = new(folder, &[words, &["--output=json"]].concat()).success();
    (serde_json::from_str(&said).unwrap(), tree::read(folder).unwrap())
}

#[test]
fn a_preview_writes_nothing_and_its_digest_is_that_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, _) = report(folder.path(), &[ECS, &["--dry-run"]].concat());
    let (preview, there) = report(folder.path(), &[ECS, &["--archive=orders.zip", "--dry-run"]].concat());
    assert!(there.is_empty());
    assert_eq!((&preview["archive"], &preview["path"]), (&Value::from("orders.zip"), &Value::from("orders")));
    assert_eq!(plain["archive"], Value::Null);
    assert_eq!((&preview["digest"], &preview["files"]), (&plain["digest"], &plain["files"]));
    let expect = format!("--expect={}", preview["digest"].as_str().unwrap());
    let other = format!("--expect=sha256:{}", "0".repeat(64));
    new(folder.path(), &[ECS, &["--archive=orders.zip", &other]].concat()).failure(1);
    assert!(tree::read(folder.path()).unwrap().is_empty());
    let (written, _) = report(folder.path(), &[ECS, &["--archive=orders.zip", &expect]].concat());
    assert_eq!((&written["written"], &written["git"]), (&Value::from(true), &Value::from("skipped")));
    // The command of the report makes the same again.
    let command = written["command"].as_str().unwrap().replace("orders.zip", "again.zip");
    run(crate::program::shell(&command).current_dir(folder.path())).success();
    assert_eq!(fs::read(folder.path().join("orders.zip")).unwrap(), fs::read(folder.path().join("again.zip")).unwrap());
}

#[test]
fn what_cannot_be_packed_is_refused_and_nothing_is_written_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("there.zip"), "mine").unwrap();
    symlink("nowhere", folder.path().join("link.zip")).unwrap();
    fs::create_dir(folder.path().join("folder.zip")).unwrap();
    let before = tree::read(folder.path());
    for (file, code, message, next) in [
        ("orders.rar", 2, "the name `orders.rar` does not say how to pack the project", "end with one of `.zip`"),
        ("orders", 2, "the name `orders` does not say how to pack the project", "`.tar.gz`, `.tgz`"),
        (".zip", 2, "the name `.zip` does not say", "end with one of"),
        ("there.zip", 3, "`there.zip` is there already", "hint: choose another file with `--archive`"),
        ("link.zip", 3, "`link.zip` is there already", "hint: choose another file with `--archive`"),
        ("folder.zip", 3, "`folder.zip` is there already", "hint: choose another file with `--archive`"),
        ("none/orders.zip", 73, "the folder `none` does not exist", "hint: "),
    ] {
        let said = new(folder.path(), &[ECS, &["--archive", file]].concat()).failure(code);
        assert!(said.contains(message) && said.contains(next), "{file}: {said}");
    }
    let said = new(folder.path(), &[ECS, &["--archive=a.zip", "--dest=b"]].concat()).failure(2);
    assert!(said.contains("--archive") && said.contains("--dest"), "{said}");
    assert_eq!(format!("{before:?}"), format!("{:?}", tree::read(folder.path())));
}

#[test]
fn neither_a_folder_of_the_name_nor_a_repository_around_it_has_a_say() {
    let folder = tempfile::tempdir().unwrap();
    let git =
        |words: &[&str]| run(Command::new("git").args(words).current_dir(folder.path()).envs(GIT_IDENTITY)).success();
    new(folder.path(), &[ECS, &["--archive=outside.zip"]].concat()).success();
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "a"]);
    new(folder.path(), &["orders", "--target=kubernetes"]).success();
    new(folder.path(), &[ECS, &["--archive=inside.zip"]].concat()).success();
    let read = |file: &str| fs::read(folder.path().join(file)).unwrap();
    assert_eq!(read("inside.zip"), read("outside.zip"));
}

#[test]
fn the_next_steps_lead_from_the_file_to_a_project_that_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = new(folder.path(), &[ECS, &["--archive=my orders.tar.gz"]].concat());
    assert!(ran.stderr.contains("created `my orders.tar.gz` with "), "{}", ran.stderr);
    let steps = steps(&ran.stderr);
    assert_eq!(steps[..2], ["tar -xzf 'my orders.tar.gz'", "cd orders"]);
    assert!(steps[2].starts_with("git init --initial-branch=main && git add . && git commit"), "{steps:?}");
    let line = steps[..3].join(" && ");
    run(Command::new("sh").args(["-euc", &line]).current_dir(folder.path()).envs(GIT_IDENTITY)).success();
    run(launchway().args(["check", "orders"]).current_dir(folder.path())).success();
    let zip = new(folder.path(), &[ECS, &["--archive=-o.zip"]].concat());
    assert!(zip.stderr.contains("\n  unzip ./-o.zip\n"), "{}", zip.stderr);
}
