//! The steps of `cargo xtask test`, and which of them a run takes.

use std::fmt::Write as _;
use std::process::Command;

use xtask::{Result, workspace};

/// The smallest run that takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Run {
    Fast,
    Usual,
    All,
}

/// One command, with what it is for.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What is true once it passed.
    holds: &'static str,
    run: Run,
    environment: Option<(&'static str, &'static str)>,
    words: &'static str,
    /// The tests of the program that it runs; without any, all that no other step runs.
    modules: Modules,
}

/// Which modules of `tests/suite` a step runs.
enum Modules {
    NoSuite,
    Only(&'static [&'static str]),
    /// All that no other step runs.
    Others,
}

/// What tries a sample of very many cases, or waits for a long time: each takes more than ten seconds.
const SAMPLES: [&str; 24] = [
    "adopt::",
    "agreed::",
    "diagrams::",
    "fault_table::",
    "fleet_repositories::",
    "forge_faults::",
    "hostile_git::",
    "in_ci::",
    "job_control::",
    "korean_messages::",
    "lists::",
    "lost::",
    "matrix::",
    "merges::",
    "mutations::",
    "next_steps::",
    "peers::",
    "properties::",
    "publish::",
    "released::",
    "releases::",
    "strategies::",
    "sweep::",
    "team::",
];

/// What holds the generated files against other programs.
const VALIDATORS: [&str; 2] = ["validators::", "pairs::"];

/// What builds and runs the generated services.
const GENERATED: [&str; 2] = ["generated::", "memory::"];

/// What holds custom resources against types that are made from the definitions of each.
const CUSTOM_RESOURCES: [&str; 1] = ["validators::custom_resources::"];

const SUITE: &str = "cargo test --profile suite --package launchway-tests --locked";

const fn step(name: &'static str, run: Run, words: &'static str, holds: &'static str) -> Step {
    Step { name, holds, run, environment: None, words, modules: Modules::NoSuite }
}

const fn suite(name: &'static str, run: Run, modules: Modules, holds: &'static str) -> Step {
    Step { name, holds, run, environment: None, words: SUITE, modules }
}

/// Every step, in the order in which it is best to hear of a failure.
pub(crate) const STEPS: [Step; 16] = [
    step("floors", Run::Fast, "cargo xtask floors", "no folder uses one above it"),
    step("format", Run::Fast, "cargo fmt --all --check", "the code is formatted"),
    step(
        "lints",
        Run::Fast,
        "cargo clippy --profile suite --workspace --all-targets --locked -- -D warnings",
        "the compiler and clippy have nothing to say",
    ),
    step(
        "unit",
        Run::Fast,
        "cargo test --profile suite --workspace --exclude launchway-tests --locked",
        "the parts do what they say",
    ),
    suite("suite", Run::Fast, Modules::Others, "the program does what it says, from outside"),
    step(
        "deny",
        Run::Usual,
        "cargo xtask deny",
        "licences, sources and, where their database is reached, advisories of the dependencies",
    ),
    suite(
        "samples",
        Run::Usual,
        Modules::Only(&SAMPLES),
        "faults, histories, and combinations of answers, by a sample",
    ),
    Step {
        environment: Some(("RUSTDOCFLAGS", "-D warnings")),
        ..step(
            "rustdoc",
            Run::Usual,
            "cargo doc --profile suite --workspace --no-deps --locked",
            "the comments of the code have no broken link",
        )
    },
    step(
        "release",
        Run::Usual,
        "cargo xtask release --check",
        "the program builds from what its packages hold, and every channel brings the same one",
    ),
    step(
        "wasm",
        Run::Usual,
        "cargo xtask portal --check",
        "the template crate compiles for a machine without a disk, where the compiler can",
    ),
    step("tools", Run::Usual, "cargo xtask tools", "the validators are installed, pinned"),
    suite(
        "generated",
        Run::Usual,
        Modules::Only(&GENERATED),
        "the generated services build, pass their tests and drain",
    ),
    suite("validators", Run::Usual, Modules::Only(&VALIDATORS), "other programs accept the generated files"),
    // The types of the custom resources take minutes to build.
    Step {
        words: "cargo test --profile suite --package launchway-tests --features custom-resources --locked",
        ..suite(
            "custom",
            Run::All,
            Modules::Only(&CUSTOM_RESOURCES),
            "the types of the custom resources know every field of theirs",
        )
    },
    step("publish", Run::All, "cargo xtask package --clean", "`cargo package` accepts both crates, from nothing"),
    step("size", Run::All, "cargo xtask size", "the released program is no larger than 8 MiB"),
];

impl Step {
    pub(crate) fn command(&self) -> Command {
        let mut words = self.words.split(' ');
        let mut command = match words.next() {
            Some("cargo") => workspace::cargo(),
            program => Command::new(program.unwrap_or_default()),
        };
        command.args(words).args(self.modules.arguments()).envs(self.environment);
        command
    }

    /// The step as one types it.
    pub(crate) fn line(&self) -> String {
        let environment = self.environment.map(|(key, value)| format!("{key}='{value}' "));
        let mut line = format!("{}{}", environment.unwrap_or_default(), self.words);
        for argument in self.modules.arguments() {
            let _ = write!(line, " {argument}");
        }
        line
    }
}

impl Modules {
    /// What the test program is told: names that it runs, or leaves out.
    fn arguments(&self) -> Vec<&'static str> {
        match self {
            Self::NoSuite => Vec::new(),
            Self::Only(modules) => ["--"].into_iter().chain(modules.iter().copied()).collect(),
            Self::Others => {
                let others = STEPS.iter().filter_map(|step| match step.modules {
                    Self::Only(modules) => Some(modules),
                    _ => None,
                });
                ["--"].into_iter().chain(others.flatten().flat_map(|module| ["--skip", module])).collect()
            }
        }
    }
}

/// Which steps to take, and how much of what they sample.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) run: Run,
    pub(crate) is_list: bool,
    names: Vec<String>,
}

impl Choice {
    /// Reads the words after `cargo xtask test`.
    ///
    /// # Errors
    ///
    /// When a word is no step and no flag, or `--fast` does not fit the others.
    pub(crate) fn read(words: &[&str]) -> Result<Self> {
        let (flags, names): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(|word| word.starts_with('-'));
        if let Some(flag) = flags.iter().find(|flag| !["--fast", "--all", "--list"].contains(flag)) {
            return Err(format!("there is no flag `{flag}`\n  hint: there are `--fast`, `--all` and `--list`").into());
        }
        if let Some(name) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
            return Err(no_step(name).into());
        }
        let run = match (flags.contains(&"--fast"), flags.contains(&"--all")) {
            (true, true) => return Err("`--fast` leaves out steps, and `--all` leaves out none".into()),
            (true, false) if !names.is_empty() => {
                return Err("`--fast` chooses the steps itself\n  hint: name steps without it".into());
            }
            (true, false) => Run::Fast,
            (false, true) => Run::All,
            (false, false) => Run::Usual,
        };
        let names = names.into_iter().map(str::to_owned).collect();
        Ok(Self { run, is_list: flags.contains(&"--list"), names })
    }

    /// The steps in their order, each once.
    pub(crate) fn steps(&self) -> Vec<&'static Step> {
        // The list says of each step which run takes it.
        let run = if self.is_list && self.run == Run::Usual { Run::All } else { self.run };
        let is_taken = |step: &&Step| {
            if self.names.is_empty() { step.run <= run } else { self.names.iter().any(|name| name == step.name) }
        };
        STEPS.iter().filter(is_taken).collect()
    }
}

fn no_step(name: &str) -> String {
    let nearest = STEPS.iter().map(|step| (strsim::damerau_levenshtein(name, step.name), step.name)).min();
    let nearest = nearest.map(|(_, nearest)| format!("did you mean `{nearest}`? ")).unwrap_or_default();
    format!("there is no step `{name}`\n  hint: {nearest}`cargo xtask test --list` names all of them")
}

/// A line for each step: its name, the run that takes it, and what it holds.
pub(crate) fn list(steps: &[&Step]) -> String {
    let run = |step: &Step| match step.run {
        Run::Fast => "--fast",
        Run::Usual => "",
        Run::All => "--all",
    };
    steps.iter().fold(String::new(), |mut list, step| {
        let _ = writeln!(list, "{:12} {:8} {}", step.name, run(step), step.holds);
        list
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<&'static str> {
        Choice::read(words).unwrap().steps().into_iter().map(|step| step.name).collect()
    }

    fn refused(words: &[&str]) -> String {
        Choice::read(words).unwrap_err().to_string()
    }

    #[test]
    fn each_run_takes_the_steps_of_the_smaller_one_and_more() {
        let [fast, usual, all] = [&["--fast"][..], &[], &["--all"]].map(names);
        assert_eq!(fast, ["floors", "format", "lints", "unit", "suite"]);
        assert!(usual.starts_with(&fast) && usual.len() > fast.len(), "{usual:?}");
        assert!(all.starts_with(&usual) && all.len() == STEPS.len(), "{all:?}");
    }

    #[test]
    fn named_steps_run_alone_in_their_order() {
        assert_eq!(names(&["suite", "format", "suite"]), ["format", "suite"]);
        assert_eq!(names(&["size"]), ["size"]);
    }

    #[test]
    fn flags_compose_where_they_mean_something_together() {
        assert!(Choice::read(&["--list", "--fast"]).unwrap().is_list);
        assert_eq!(names(&["--list", "--fast"]), names(&["--fast"]));
        assert_eq!(names(&["--list"]), names(&["--all"]));
        assert_eq!(Choice::read(&["--all", "samples"]).unwrap().run, Run::All);
        assert!(refused(&["--fast", "--all"]).contains("leaves out none"));
        assert!(refused(&["--fast", "suite"]).contains("hint: name steps without it"));
        assert!(refused(&["--quick"]).starts_with("there is no flag `--quick`\n  hint: "));
    }

    #[test]
    fn an_unknown_step_names_the_nearest_one() {
        let said =
            "there is no step `sutie`\n  hint: did you mean `suite`? `cargo xtask test --list` names all of them";
        assert_eq!(refused(&["sutie"]), said);
    }

    #[test]
    fn the_list_has_a_line_for_each_step_with_a_name_without_spaces() {
        let list = list(&Choice::read(&["--all"]).unwrap().steps());
        assert_eq!(list.lines().count(), STEPS.len());
        for (line, step) in list.lines().zip(&STEPS) {
            assert!(line.starts_with(&format!("{} ", step.name)) && line.ends_with(step.holds), "{line}");
            assert!(!step.name.contains(' ') && !step.holds.is_empty());
        }
    }

    #[test]
    fn every_module_of_the_suite_is_run_by_one_step_and_is_there() {
        let main = std::fs::read_to_string(workspace::root().join("tests/suite/main.rs")).unwrap();
        let others = Modules::Others.arguments();
        for module in [&SAMPLES[..], &VALIDATORS, &GENERATED].concat() {
            assert_eq!(others.iter().filter(|other| **other == module).count(), 1, "{module}");
            assert!(main.contains(&format!("mod {};", module.trim_end_matches(':'))), "{module}");
        }
    }

    #[test]
    fn every_build_is_of_one_profile() {
        let builds = STEPS.iter().map(Step::line).filter(|line| !line.contains("cargo fmt") && !line.contains("xtask"));
        for line in builds {
            assert!(line.contains(" --profile suite ") && line.contains(" --locked"), "{line}");
        }
    }

    #[test]
    fn a_step_says_the_line_that_repeats_it() {
        let documentation = STEPS.iter().find(|step| step.name == "rustdoc").map(Step::line);
        assert_eq!(
            documentation.as_deref(),
            Some("RUSTDOCFLAGS='-D warnings' cargo doc --profile suite --workspace --no-deps --locked")
        );
    }
}
