//! The generated service side by side with plain axum: what one request takes, and what the program does.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::measure;
use crate::{Result, tree, workspace};

/// The name of the service, and the crate beside it.
const CRATES: [&str; 2] = ["orders", "plain"];

/// What a program is, and what it takes.
struct Side {
    crates: usize,
    build_seconds: f64,
    bytes: u64,
    /// Microseconds of the user and of the system, instructions, and KiB of the idle program.
    figures: [f64; 4],
}

/// Builds both as a release does, runs them in turn, and returns a table.
///
/// # Errors
///
/// When one does not build or does not answer.
pub fn side_by_side() -> Result<String> {
    let folder = workspace::target().join("bench-service");
    fs::create_dir_all(&folder)?;
    let project = folder.join("project");
    fs::remove_dir_all(&project).or_else(|error| if project.exists() { Err(error) } else { Ok(()) })?;
    make(&folder)?;
    let [service, plain] = CRATES.map(|name| side(&project, &folder, name));
    Ok(table(&service?, &plain?))
}

/// Writes a project with the plain crate in its workspace.
fn make(folder: &Path) -> Result<()> {
    let new = ["new", CRATES[0], "--dest", "project", "--target", "both", "--no-input", "--no-git"];
    output(Command::new(workspace::program()?).args(new).current_dir(folder))?;
    let plain = tree::read(&workspace::root().join("tests/bench/plain"))?;
    tree::write(&plain, &folder.join("project/crates/plain"))?;
    Ok(())
}

fn side(project: &Path, folder: &Path, name: &str) -> Result<Side> {
    let target = folder.join(name);
    fs::remove_dir_all(&target).or_else(|error| if target.exists() { Err(error) } else { Ok(()) })?;
    let of = ["--package", name];
    let tree = ["tree", "--prefix", "none", "--edges", "normal", "--format", "{p}"];
    let listed = output(workspace::cargo().args(tree).args(of).current_dir(project))?;
    let mut crates: Vec<&str> = listed.lines().filter(|line| !line.contains(" (/") && !line.ends_with("(*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    let home = std::env::var("HOME").unwrap_or_default();
    let target_flag = target.display().to_string();
    let build = ["cargo", "build", "--release", "--quiet", "--target-dir", &target_flag, "--package", name];
    let build: Vec<String> = build.map(str::to_owned).into();
    let cost = measure::run(&build, project, Path::new(&home))?;
    let program = target.join("release").join(name);
    let requests = workspace::root().join("tests/bench/requests.py");
    let said = output(Command::new("python3").arg("-IS").arg(requests).arg(&program))?;
    let figures: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let figures = figures.try_into().map_err(|_| format!("nothing was measured: {said}"))?;
    let bytes = fs::metadata(&program)?.len();
    Ok(Side { crates: crates.len(), build_seconds: cost.processor / 1e3, bytes, figures })
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs and numbers of crates are small")]
fn table(service: &Side, plain: &Side) -> String {
    let time = |side: &Side| side.figures[0] + side.figures[1];
    let mut text = "| | service | plain axum | × |\n|---|---:|---:|---:|\n".to_owned();
    for (what, figure) in [
        ("processor time of one request, µs", &time as &dyn Fn(&Side) -> f64),
        ("of it the user's, µs", &|side| side.figures[0]),
        ("instructions of one request, without the kernel's", &|side| side.figures[2]),
        ("memory of the idle program, KiB", &|side| side.figures[3]),
        ("external crates", &|side| side.crates as f64),
        ("seconds of a processor for a release build", &|side| side.build_seconds),
        ("bytes of the program", &|side| side.bytes as f64),
    ] {
        let (ours, theirs) = (figure(service), figure(plain));
        let _ = writeln!(text, "| {what} | {ours:.1} | {theirs:.1} | {:.2} |", ours / theirs);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_both_sides_and_how_they_compare() {
        let side = |user, crates| Side { crates, build_seconds: 50.0, bytes: 1, figures: [user, 8.0, 1.0, 1.0] };
        let text = table(&side(8.0, 60), &side(2.0, 30));
        assert!(text.contains("| processor time of one request, µs | 16.0 | 10.0 | 1.60 |\n"), "{text}");
        assert!(text.contains("| external crates | 60.0 | 30.0 | 2.00 |\n"), "{text}");
    }
}
