//! `cargo xtask test`: the checks of the repository, one after the other.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use xtask::{Result, WHOLE};

use crate::steps::{self, Choice, Run, Step};

/// What the test programs counted.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

pub(crate) fn test(words: &[&str]) -> Result<()> {
    let choice = Choice::read(words)?;
    let steps = choice.steps();
    if choice.is_list {
        print!("{}", steps::list(&steps));
        return Ok(());
    }
    let start = Instant::now();
    let mut count = Count::default();
    // What comes from the network comes while the compiler works. The step waits for it, and says what is wrong with it.
    let is_early = steps.len() > 1 && steps.iter().any(|step| step.name == "tools");
    let mut early = if is_early { Some(install_tools()?) } else { None };
    for step in steps {
        if let Err(error) = run(step, choice.run, &mut count) {
            eprintln!("\nfailed: {}, {error}\n  hint: repeat it with `{}`", step.name, step.line());
            println!("tests: {} passed, {} failed", count.passed, count.failed.max(1));
            return Err(format!("{} did not pass", step.name).into());
        }
    }
    if let Some(early) = &mut early {
        early.wait()?;
    }
    eprintln!("\neverything passed in {} s", start.elapsed().as_secs());
    println!("tests: {} passed, {} failed", count.passed, count.failed);
    Ok(())
}

/// Starts to install the validators beside the other steps.
fn install_tools() -> Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    Ok(command.arg("tools").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn run(step: &Step, run: Run, count: &mut Count) -> Result<()> {
    eprintln!("\n=== {}: {}", step.name, step.line());
    let start = Instant::now();
    let mut command = step.command();
    if run == Run::All {
        command.env(WHOLE, "1");
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("stdout is piped");
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        count.add(&line);
    }
    let status = child.wait()?;
    eprintln!("=== {}: {:.1} s", step.name, start.elapsed().as_secs_f32());
    if status.success() { Ok(()) } else { Err(status.to_string().into()) }
}

impl Count {
    /// Adds what a line such as `test result: ok. 12 passed; 0 failed; …` says.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let words: Vec<_> = result.split([' ', ';']).collect();
        let before = |word| {
            let place = words.iter().position(|other| *other == word)?;
            words.get(place.checked_sub(1)?)?.parse::<usize>().ok()
        };
        self.passed += before("passed").unwrap_or(0);
        self.failed += before("failed").unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_closing_lines_alone() {
        let mut count = Count::default();
        count.add("test golden::a_test ... ok");
        count.add("test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s");
        count.add("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        assert_eq!((count.passed, count.failed), (13, 3));
    }
}
