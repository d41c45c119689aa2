//! Running one command and measuring it, through `tests/bench/measure.py`.

use std::path::Path;
use std::process::Command;

use crate::{Result, workspace};

/// What one run took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Milliseconds by the clock.
    pub wall: f64,
    /// Milliseconds of processor time, the user's and the system's.
    pub processor: f64,
    /// The most memory, in MiB.
    pub memory: f64,
}

/// Runs a command, with nothing of this machine but the path and a home of its own.
///
/// # Errors
///
/// When it fails, with what it said.
pub fn run(words: &[String], folder: &Path, home: &Path) -> Result<Cost> {
    let mut command = Command::new("python3");
    command.arg("-IS").arg(workspace::root().join("tests/bench/measure.py")).args(words).current_dir(folder);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("LANG", "C.UTF-8").env("COLUMNS", "200");
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("`{}` failed: {}", words.join(" "), said.trim()).into());
    }
    let numbers: Vec<f64> =
        String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, user, system, memory] = numbers[..] else { return Err("nothing was measured".into()) };
    Ok(Cost { wall: wall * 1e3, processor: (user + system) * 1e3, memory: memory / 1024.0 })
}

/// Returns the median of each figure.
#[must_use]
pub fn median(costs: &[Cost]) -> Cost {
    let middle = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    Cost { wall: middle(|it| it.wall), processor: middle(|it| it.processor), memory: middle(|it| it.memory) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_each_figure() {
        let cost = |wall, memory| Cost { wall, processor: 0.0, memory };
        let found = median(&[cost(3.0, 1.0), cost(1.0, 9.0), cost(2.0, 5.0)]);
        assert!((found.wall - 2.0).abs() < 1e-9 && (found.memory - 5.0).abs() < 1e-9, "{found:?}");
    }
}
