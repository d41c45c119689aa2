//! How many instructions the main paths take, counted by callgrind: the same on a busy machine as on a quiet one.
//!
//! The counts are of the program as the tests build it, so that nothing has to be built for them. They are kept in
//! `tests/bench/instructions.txt`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::peers::Peer;
use super::template;
use super::works::SMALL;
use crate::{Result, workspace};

/// How far a count may be from the one that is kept, in percent: maps are laid out at random.
const TOLERANCE: f64 = 3.0;

/// A path through the program, and how many instructions it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The path.
    pub name: String,
    /// The instructions.
    pub count: u64,
}

/// Counts every path; none if there is no valgrind.
///
/// # Errors
///
/// When the program does not build, or fails.
pub fn count() -> Result<Option<Vec<Counted>>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    let program = workspace::program()?;
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    template::write(Peer::Launchway, SMALL, &folder.join("template"))?;
    let new = ["new", "orders", "--target", "ecs", "--defaults", "--no-input", "--no-git"];
    let small = ["new", "--no-input", "--no-git", "--template", "./template", "--dest", "small"];
    let mut counted = Vec::new();
    let paths: [(&str, &[&str]); 5] = [
        ("help", &["--help"][..]),
        ("templates", &["templates"]),
        ("new", &new),
        ("new-small-template", &small),
        ("check", &["check", "orders"]),
    ];
    for (name, words) in paths {
        counted.push(Counted { name: name.to_owned(), count: count_one(&program, words, folder)? });
    }
    commit(&folder.join("orders"))?;
    let update = ["update", "orders", "--set", "port=8081", "--defaults"];
    counted.push(Counted { name: "update".to_owned(), count: count_one(&program, &update, folder)? });
    Ok(Some(counted))
}

fn count_one(program: &Path, words: &[&str], folder: &Path) -> Result<u64> {
    let mut command = workspace::hermetic(Path::new("valgrind"))?;
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(words).current_dir(folder);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("`launchway {}` failed: {said}", words.join(" ")).into());
    }
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.split_whitespace().next());
    collected.and_then(|count| count.parse().ok()).ok_or_else(|| format!("callgrind said nothing: {said}").into())
}

fn commit(project: &Path) -> Result<()> {
    let name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "Make it"]] {
        let mut command = workspace::hermetic(Path::new("git"))?;
        if !command.args(name).args(words).current_dir(project).status()?.success() {
            return Err(format!("`git {}` failed", words.join(" ")).into());
        }
    }
    Ok(())
}

/// Writes the counts down.
///
/// # Errors
///
/// When the file cannot be written.
pub fn keep(counted: &[Counted]) -> Result<()> {
    let mut text = "# Instructions of the main paths, written by `cargo xtask bench --instructions`.\n".to_owned();
    for Counted { name, count } in counted {
        let _ = writeln!(text, "{name} {count}");
    }
    Ok(fs::write(path(), text)?)
}

/// Compares counts with those that are kept.
///
/// # Errors
///
/// When one is too far off, or is not kept.
pub fn check(counted: &[Counted]) -> Result<()> {
    let faults = faults(&fs::read_to_string(path())?, counted);
    if faults.is_empty() {
        return Ok(());
    }
    let hint = "find out why; if it is meant, keep the new counts: `cargo xtask bench --instructions`";
    Err(format!("{}\n  hint: {hint}", faults.join("\n")).into())
}

fn faults(kept: &str, counted: &[Counted]) -> Vec<String> {
    let known = |name: &str| kept.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    let fault = |Counted { name, count }: &Counted| {
        let Some(known) = known(&format!("{name} ")) else { return Some(format!("`{name}` is not kept")) };
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
        let percent = (*count as f64 / known as f64 - 1.0) * 100.0;
        let is_off = percent.abs() > TOLERANCE;
        is_off.then(|| format!("`{name}` takes {count} instructions, {percent:+.1} % of the {known} that are kept"))
    };
    counted.iter().filter_map(fault).collect()
}

fn path() -> PathBuf {
    workspace::root().join("tests/bench/instructions.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_off_or_unknown_is_a_fault() {
        let counted = |name: &str, count| Counted { name: name.to_owned(), count };
        let kept = "# text\nnew 1000\nnew-small-template 500\n";
        assert!(faults(kept, &[counted("new", 1_029), counted("new-small-template", 486)]).is_empty());
        let found = faults(kept, &[counted("new", 1_031), counted("update", 1), counted("new-small-template", 480)]);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
