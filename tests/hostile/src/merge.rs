//! Updates against git's own merge of the same three sides.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

type Files = BTreeMap<String, String>;

const MANIFEST: &str = "[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"VERSION\"\nname = \"service\"\n\n[[question]]\nid = \"service\"\nprompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n";

/// An update leaves what git's merge of generated, edited and newly generated files leaves, conflicts included.
///
/// The bytes are edits, two for each: which side and file, and what is done to which line.
pub fn merge(program: &Path, data: &[u8]) {
    let base: Files = (0..3).map(|file| (format!("f{file}.txt"), lines(12))).collect();
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    for edit in data.chunks_exact(2).take(24) {
        let side = if edit[0] & 1 == 0 { &mut ours } else { &mut theirs };
        apply(side, edit[0] >> 1, edit[1]);
    }
    let folder = tempfile::tempdir().unwrap();
    let expected = merged_by_git(&folder.path().join("git"), [&base, &ours, &theirs]);
    let is = updated(program, folder.path(), [&base, &ours, &theirs]);
    assert_eq!(is, expected, "base {base:?}\nours {ours:?}\ntheirs {theirs:?}");
}

/// Edits a line of one of the files, or of one that only one of the sides has.
fn apply(files: &mut Files, file: u8, edit: u8) {
    let text = files.entry(format!("f{}.txt", file % 4)).or_insert_with(|| "new\n".to_owned());
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = usize::from(edit >> 3) % lines.len().max(1);
    match edit & 7 {
        0 | 1 if lines.len() > 1 => drop(lines.remove(at)),
        2 | 3 => lines.insert(at, format!("more {}\n", edit >> 6)),
        4 => lines.push("end\n".to_owned()),
        5 => lines.swap(0, at),
        _ => lines[at] = format!("other {}\n", edit >> 5),
    }
    *text = lines.concat();
}

fn git(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut git = Command::new("git");
    git.args(["-c", "merge.directoryRenames=false", "-c", "merge.conflictStyle=merge"]).args(words).current_dir(folder);
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    let ran = git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(matches!(ran.status.code(), Some(0 | 1)), "git {words:?}: {said}");
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

fn write(folder: &Path, files: &Files) {
    fs::create_dir_all(folder).unwrap();
    for (path, text) in files {
        fs::write(folder.join(path), text).unwrap();
    }
}

/// Merges three sides as three commits; returns the files, and whether all of it went together.
fn merged_by_git(folder: &Path, [base, ours, theirs]: [&Files; 3]) -> (bool, Files) {
    write(folder, base);
    git(folder, &["init", "--quiet", "--initial-branch=base"]);
    for (branch, files) in [("base", base), ("yours", ours), ("team-2.0.0", theirs)] {
        if branch != "base" {
            git(folder, &["checkout", "--quiet", "-b", branch, "base"]);
        }
        write(folder, files);
        git(folder, &["add", "--all"]);
        git(folder, &["commit", "--quiet", "--allow-empty", "--message", branch]);
    }
    let (code, said) = git(folder, &["merge-tree", "--write-tree", "--no-messages", "-z", "yours", "team-2.0.0"]);
    let tree = said.split('\0').next().unwrap_or_default();
    let names = git(folder, &["ls-tree", "-r", "--name-only", tree]).1;
    let content = |path: &str| git(folder, &["cat-file", "blob", &format!("{tree}:{path}")]).1;
    (code == Some(0), names.lines().map(|path| (path.to_owned(), content(path))).collect())
}

/// Makes a project of the first side, edits it to the second, and updates it to the third.
fn updated(program: &Path, folder: &Path, [base, ours, theirs]: [&Files; 3]) -> (bool, Files) {
    let template = |version: &str, files: &Files| {
        write(&folder.join("template/files"), files);
        fs::write(folder.join("template/template.toml"), MANIFEST.replace("VERSION", version)).unwrap();
    };
    let launch = |words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let ran = command.env("HOME", folder).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(matches!(ran.status.code(), Some(0 | 1)) && !said.contains("panicked"), "{words:?}: {said}");
        ran.status.code() == Some(0)
    };
    template("1.0.0", base);
    launch(&["new", "orders", "--template", "./template", "--no-input", "--no-git"]);
    let project = folder.join("orders");
    git(&project, &["init", "--quiet"]);
    for files in [base, ours] {
        write(&project, files);
        git(&project, &["add", "--all"]);
        git(&project, &["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }
    template("2.0.0", theirs);
    let is_clean = launch(&["update", "orders", "--template", "./template", "--no-input"]);
    let entries = fs::read_dir(&project).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let file = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    };
    (is_clean, entries.map(file).collect())
}

/// Numbered lines.
fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |text, line| text + "line " + &line.to_string() + "\n")
}
