//! `cargo xtask test [--fast]`: every check of the repository, in the order in which it is best to hear of a failure.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use xtask::{Result, workspace};

/// One command, with what it is for.
struct Step {
    name: &'static str,
    environment: Option<(&'static str, &'static str)>,
    words: &'static str,
    is_slow: bool,
}

const fn step(name: &'static str, words: &'static str) -> Step {
    Step { name, environment: None, words, is_slow: false }
}

const fn slow(name: &'static str, words: &'static str) -> Step {
    Step { name, environment: None, words, is_slow: true }
}

const STEPS: [Step; 8] = [
    step("format", "cargo fmt --all --check"),
    step("lints", "cargo clippy --workspace --all-targets --locked -- -D warnings"),
    step("unit tests", "cargo test --workspace --exclude launchway-tests --locked"),
    step(
        "the program from outside",
        "cargo test --package launchway-tests --locked -- --skip validators:: --skip generated::",
    ),
    Step {
        name: "documentation",
        environment: Some(("RUSTDOCFLAGS", "-D warnings")),
        words: "cargo doc --workspace --no-deps --locked",
        is_slow: true,
    },
    slow("package", "cargo xtask package"),
    slow("install the validators", "cargo xtask tools"),
    slow(
        "validators and generated services",
        "cargo test --package launchway-tests --features custom-resources --locked -- validators:: generated::",
    ),
];

/// What the test programs counted.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

pub(crate) fn test(fast: bool) -> Result<()> {
    let start = Instant::now();
    let mut count = Count::default();
    // What comes from the network comes while the compiler works. The step waits for it, and says what is wrong with it.
    let mut early = if fast { None } else { Some(install_tools()?) };
    for step in STEPS.iter().filter(|step| !(fast && step.is_slow)) {
        if let Err(error) = run(step, &mut count) {
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

fn run(step: &Step, count: &mut Count) -> Result<()> {
    eprintln!("\n=== {}: {}", step.name, step.line());
    let start = Instant::now();
    let mut child = step.command().stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
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

impl Step {
    fn command(&self) -> Command {
        let mut words = self.words.split(' ');
        let mut command = match words.next() {
            Some("cargo") => workspace::cargo(),
            program => Command::new(program.unwrap_or_default()),
        };
        command.args(words).envs(self.environment);
        command
    }

    /// The step as one types it.
    fn line(&self) -> String {
        let environment = self.environment.map(|(key, value)| format!("{key}='{value}' "));
        format!("{}{}", environment.unwrap_or_default(), self.words)
    }
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

    #[test]
    fn a_step_says_the_line_that_repeats_it() {
        let documentation = STEPS.iter().find(|step| step.name == "documentation").map(Step::line);
        assert_eq!(
            documentation.as_deref(),
            Some("RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked")
        );
    }
}
