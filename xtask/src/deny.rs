//! `cargo xtask deny`: holds the dependencies against `deny.toml`.

use std::process::Command;

use xtask::{Result, tools, workspace};

/// What cargo-deny says when it is not the dependencies that are wrong.
const UNREACHED: &str = "failed to fetch advisory database";

pub(crate) fn deny() -> Result<()> {
    let deny = tools::install_deny()?;
    let check = |what: &[&str]| {
        let mut command = Command::new(&deny);
        command.current_dir(workspace::root()).args(["--locked", "--log-level", "error", "check"]).args(what);
        command
    };
    if !check(&["bans", "licenses", "sources"]).status()?.success() {
        return Err("a dependency is against deny.toml".into());
    }
    // Its database is a repository on github.com, which not every network reaches.
    let advisories = check(&["advisories"]).output()?;
    let said = String::from_utf8_lossy(&advisories.stderr);
    print!("{}", String::from_utf8_lossy(&advisories.stdout));
    match verdict(advisories.status.success(), &said) {
        Verdict::Good => Ok(()),
        Verdict::Unknown => {
            println!("advisories not checked: their database cannot be reached");
            Ok(())
        }
        Verdict::Bad => Err(format!("an advisory speaks of a dependency\n{said}").into()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Unknown,
    Bad,
}

fn verdict(is_success: bool, said: &str) -> Verdict {
    if is_success {
        Verdict::Good
    } else if said.contains(UNREACHED) {
        Verdict::Unknown
    } else {
        Verdict::Bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_that_cannot_be_reached_is_passed_over() {
        let unreached = "[ERROR] failed to fetch advisory database https://github.com/RustSec/advisory-db with cli";
        assert_eq!(verdict(true, ""), Verdict::Good);
        assert_eq!(verdict(false, unreached), Verdict::Unknown);
        assert_eq!(verdict(false, "error[vulnerability]: A flaw"), Verdict::Bad);
    }
}
