//! Edits that somebody or something gets in the way of, at every moment of them.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tempfile::TempDir;

use super::super::tests::entries;
use super::*;
use crate::path::beneath::Blob;

fn edit_of(path: &str, before: Option<&'static str>, after: Option<&'static str>) -> Edit {
    let blob = |text: &'static str| Blob { bytes: text.as_bytes().into(), executable: false };
    Edit { path: SafePath::new(path).unwrap(), before: before.map(blob), after: after.map(blob) }
}

/// Every text below a folder, with its path.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_and_folders_change_places_and_nothing_stays_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "file").unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    fs::write(folder.path().join("b/c"), "below").unwrap();
    // Left by an update that was cut off before it did anything.
    fs::create_dir_all(folder.path().join(".launchway/.edit")).unwrap();
    fs::write(folder.path().join(".launchway/.edit/0"), "half").unwrap();
    let edits = [
        edit_of("a", Some("file"), None),
        edit_of("a/x/y", None, Some("deep")),
        edit_of("b", None, Some("now a file")),
        edit_of("b/c", Some("below"), None),
    ];
    edit(folder.path(), &edits).unwrap();
    assert_eq!(entries(folder.path()), ["a", "b"]);
    assert_eq!(fs::read(folder.path().join("a/x/y")).unwrap(), b"deep");
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"now a file");
}

#[test]
fn an_edit_that_fails_half_way_takes_back_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "old").unwrap();
    fs::create_dir_all(folder.path().join("z/own")).unwrap();
    // A folder with something in it cannot be replaced by a file.
    fs::write(folder.path().join("z/own/file"), "mine").unwrap();
    let edits = [
        edit_of("a", Some("old"), Some("new")),
        edit_of("new/deep", None, Some("deep")),
        edit_of("z", None, Some("in the way")),
    ];
    let error = edit(folder.path(), &edits).unwrap_err();
    assert!(matches!(error, EditError::Changed { .. }), "{error}");
    assert_eq!(entries(folder.path()), ["a", "z"]);
    assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_rights_whatever_the_umask_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "old").unwrap();
    fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o666)).unwrap();
    edit(folder.path(), &[edit_of("a", Some("old"), Some("new"))]).unwrap();
    assert_eq!(fs::metadata(folder.path().join("a")).unwrap().permissions().mode() & 0o777, 0o666);
}

/// What an edit does in the tests below: a file changes, one goes with its folder, one comes with a folder.
const PATHS: [&str; 4] = ["a", "gone/b", "new/c", "z"];

fn project() -> (TempDir, Vec<Edit>) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("gone")).unwrap();
    for (path, text) in [("a", "a\n"), ("gone/b", "b\n"), ("z", "z\n"), ("other", "other\n")] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let edits = vec![
        edit_of("a", Some("a\n"), Some("new a\n")),
        edit_of("gone/b", Some("b\n"), None),
        edit_of("new/c", None, Some("new c\n")),
        edit_of("z", Some("z\n"), Some("new z\n")),
    ];
    (folder, edits)
}

/// How somebody saves a file.
#[derive(Debug, Clone, Copy)]
enum Save {
    /// A new file takes its place, as most editors do it.
    Replace,
    /// The file is emptied and written.
    Rewrite,
    /// A line is added, as a shell does it.
    Append,
    /// A line is added to a file that was opened before the edit began.
    Late,
}

const SAVES: [Save; 4] = [Save::Replace, Save::Rewrite, Save::Append, Save::Late];

struct Person<'p> {
    folder: &'p Path,
    opened: Vec<Option<File>>,
}

impl<'p> Person<'p> {
    fn of(folder: &'p Path) -> Self {
        let open = |path: &&str| OpenOptions::new().append(true).open(folder.join(path)).ok();
        Self { folder, opened: PATHS.iter().map(open).collect() }
    }

    /// Saves a line in a file; tells whether there was one to save to.
    fn save(&self, how: Save, number: usize, line: &str) -> bool {
        let path = self.folder.join(PATHS[number]);
        if let Save::Late = how {
            let Some(mut file) = self.opened[number].as_ref() else { return false };
            file.write_all(line.as_bytes()).unwrap();
            return true;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match how {
            Save::Replace => {
                let new = path.with_extension("mine");
                fs::write(&new, line).unwrap();
                fs::rename(new, path).unwrap();
            }
            Save::Rewrite => fs::write(path, line).unwrap(),
            Save::Append | Save::Late => {
                let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
                file.write_all(line.as_bytes()).unwrap();
            }
        }
        true
    }
}

/// How many moments the edit has at which somebody can save; after the last, only a file that is open since before is lost.
fn moments() -> usize {
    let (folder, edits) = project();
    let mut count = 0;
    edit_watched(folder.path(), &edits, &mut |_| count += 1).unwrap();
    count
}

#[test]
fn u01_what_somebody_saves_at_any_moment_of_an_edit_is_still_there_after_it() {
    let mut taken_back = 0;
    for how in SAVES {
        for (number, path) in PATHS.into_iter().enumerate() {
            for moment in 0..moments() {
                let what = format!("{how:?} {path} at {moment}");
                let (folder, edits) = project();
                let person = Person::of(folder.path());
                let (mut now, mut is_saved) = (0, false);
                let done = edit_watched(folder.path(), &edits, &mut |at| {
                    let is_too_late = matches!((how, at), (Save::Late, Moment::Committed));
                    if now == moment && !is_too_late {
                        is_saved = person.save(how, number, "saved\n");
                    }
                    now += 1;
                });
                let found = texts(folder.path());
                assert_eq!(is_saved, found.iter().any(|(_, text)| text.contains("saved\n")), "{what}: {found:?}");
                if done.is_err() {
                    taken_back += 1;
                    is_as_before(&found, path, &what);
                }
                assert!(!folder.path().join(".launchway").exists(), "{what}");
            }
        }
    }
    assert!(taken_back > 50, "only {taken_back} edits were taken back");
}

/// Every file but the one that somebody saved is as it was.
fn is_as_before(found: &[(String, String)], saved: &str, what: &str) {
    for (path, text) in [("a", "a\n"), ("gone/b", "b\n"), ("z", "z\n"), ("other", "other\n")] {
        if path != saved {
            assert!(found.contains(&(path.to_owned(), text.to_owned())), "{what}: {path} in {found:?}");
        }
    }
    let is_new = |(path, text): &&(String, String)| path == "new/c" && saved != "new/c" || text == "new a\n";
    assert!(!found.iter().any(|it| is_new(&it)), "{what}: {found:?}");
}

#[test]
fn u01_lines_that_are_added_at_two_moments_are_both_there() {
    let all = moments();
    for (number, path) in PATHS.into_iter().enumerate() {
        for (first, second) in (0..all).flat_map(|first| (first..all.min(first + 4)).map(move |second| (first, second)))
        {
            let (folder, edits) = project();
            let person = Person::of(folder.path());
            let mut now = 0;
            // An edit that is taken back does not come to the second moment.
            let mut lines = Vec::new();
            let _ = edit_watched(folder.path(), &edits, &mut |_| {
                for (moment, line) in [(first, "first\n"), (second, "second\n")] {
                    if now == moment {
                        person.save(Save::Append, number, line);
                        lines.push(line);
                    }
                }
                now += 1;
            });
            let found = texts(folder.path());
            for line in lines {
                let is_there = found.iter().any(|(_, text)| text.contains(line));
                assert!(is_there, "{line} in {path} at {first} and {second}: {found:?}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn u01_a_change_of_the_rights_and_a_link_in_the_place_of_a_file_are_noticed_too() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let change: [fn(&Path); 3] = [
        |path| fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            symlink("other", path).unwrap();
        },
        |path| fs::remove_file(path).unwrap(),
    ];
    for change in change {
        let (folder, edits) = project();
        let state = || fs::symlink_metadata(folder.path().join("z")).ok().map(|it| it.permissions().mode());
        let mut changed = None;
        let error = edit_watched(folder.path(), &edits, &mut |at| {
            if at == Moment::Staged {
                change(&folder.path().join("z"));
                changed = state();
            }
        });
        assert!(matches!(error, Err(EditError::Changed { .. })), "{error:?}");
        assert_eq!(state(), changed);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"a\n");
    }
}

#[test]
fn u01_rights_that_are_not_those_that_a_change_was_computed_from_stop_it_before_it_begins() {
    use std::os::unix::fs::PermissionsExt as _;
    for path in ["z", "gone/b"] {
        let (folder, edits) = project();
        let at = folder.path().join(path);
        fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
        let error = edit(folder.path(), &edits);
        assert!(matches!(error, Err(EditError::Changed { .. })), "{path}: {error:?}");
        assert_eq!(fs::metadata(&at).unwrap().permissions().mode() & 0o777, 0o755, "{path}");
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"a\n");
    }
}

/// What is staged beside the project is no part of it.
fn project_texts(folder: &Path) -> Vec<(String, String)> {
    texts(folder).into_iter().filter(|(path, _)| !path.starts_with(".launchway/")).collect()
}

#[test]
fn u08_an_edit_that_is_cut_off_at_any_moment_is_taken_back_by_the_next_run_or_done() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for moment in 0..moments() {
        let (folder, edits) = project();
        let before = project_texts(folder.path());
        let mut now = 0;
        let mut cut_off = |_: Moment<'_>| {
            assert!(now != moment, "cut off");
            now += 1;
        };
        let ran = catch_unwind(AssertUnwindSafe(|| edit_watched(folder.path(), &edits, &mut cut_off)));
        assert!(ran.is_err());
        let is_done = moment == moments() - 1;
        let _ = take_back_cut_off(folder.path()).unwrap();
        assert_eq!(project_texts(folder.path()) == before, !is_done, "{moment}: {:?}", texts(folder.path()));
        assert!(!folder.path().join(".launchway/.edit").exists(), "{moment}");
        if !is_done {
            edit(folder.path(), &edits).unwrap();
        }
        let wanted = [("a", "new a\n"), ("new/c", "new c\n"), ("other", "other\n"), ("z", "new z\n")];
        let wanted: Vec<_> = wanted.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(project_texts(folder.path()), wanted, "{moment}");
    }
    std::panic::set_hook(hook);
}

#[test]
fn u08_what_somebody_made_of_a_file_since_an_edit_was_cut_off_stays() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for how in [Save::Replace, Save::Rewrite, Save::Append] {
        for (number, path) in PATHS.into_iter().enumerate() {
            let (folder, edits) = project();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                edit_watched(folder.path(), &edits, &mut |at| assert!(at != Moment::Done, "cut off"))
            }));
            assert!(ran.is_err());
            Person::of(folder.path()).save(how, number, "saved since\n");
            take_back_cut_off(folder.path()).unwrap().unwrap();
            let found = texts(folder.path());
            assert!(found.iter().any(|(_, text)| text.contains("saved since\n")), "{how:?} {path}");
            is_as_before(&found, path, "since");
        }
    }
    std::panic::set_hook(hook);
}

#[test]
fn nothing_is_written_where_a_file_is_not_as_the_changes_were_computed_for() {
    type Change = fn(&Path) -> io::Result<()>;
    let changes: [(&str, Change); 6] = [
        ("another text", |path| fs::write(path, "mine")),
        ("no file", |path| fs::remove_file(path)),
        ("a link to the same text", |path| {
            fs::rename(path, path.with_extension("moved"))?;
            std::os::unix::fs::symlink("b.moved", path)
        }),
        ("a folder", |path| fs::remove_file(path).and_then(|()| fs::create_dir(path))),
        ("a file that was not there", |path| fs::write(path.with_file_name("new"), "mine")),
        ("a folder above that leads elsewhere", |path| {
            fs::create_dir(path.with_file_name("elsewhere"))?;
            std::os::unix::fs::symlink("elsewhere", path.with_file_name("deep"))
        }),
    ];
    for (what, change) in changes {
        for after in [Some("new b"), None] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a"), "old a").unwrap();
            fs::write(folder.path().join("b"), "old b").unwrap();
            change(&folder.path().join("b")).unwrap();
            let before = entries(folder.path());
            let edits = [
                edit_of("a", Some("old a"), Some("new a")),
                edit_of("b", Some("old b"), after),
                edit_of("deep/new", None, Some("deep")),
                edit_of("new", None, Some("new")),
            ];
            let error = edit(folder.path(), &edits).unwrap_err();
            assert!(matches!(error, EditError::Changed { .. }), "{what}: {error}");
            assert_eq!(entries(folder.path()), before, "{what}");
            assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old a", "{what}");
        }
    }
}
