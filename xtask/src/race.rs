//! Many runs of `new` at once, for one destination: one makes it, the others say that it is there, and nothing is left.

use std::fs;
use std::process::Stdio;

use crate::Result;
use crate::sweep::{self, Subject};
use crate::workspace::expect;

/// How many run at once.
pub const RUNNERS: usize = 20;

/// Lets twenty runs make the same project, so many times.
///
/// # Errors
///
/// The first round in which not exactly one of them made it whole, or something else is left.
pub fn race(rounds: usize) -> Result<()> {
    let world = sweep::World::new(Subject::New)?;
    let place = world.path("place");
    expect(&mut world.command(Subject::New, None))?;
    let whole = world.state()?;
    for round in 1..=rounds {
        fs::remove_dir_all(place.join("orders"))?;
        expect_one(&world).map_err(|error| format!("round {round}: {error}"))?;
        if world.state()? != whole {
            return Err(format!("round {round}: something else is there than after one run alone").into());
        }
    }
    Ok(())
}

fn expect_one(world: &sweep::World) -> Result<()> {
    let start = |_| world.command(Subject::New, None).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let children = (0..RUNNERS).map(start).collect::<std::io::Result<Vec<_>>>()?;
    let mut codes = Vec::new();
    for mut child in children {
        codes.push(child.wait()?.code());
    }
    let made = codes.iter().filter(|code| **code == Some(0)).count();
    if made == 1 && codes.iter().all(|code| matches!(code, Some(0 | 3))) {
        return Ok(());
    }
    Err(format!("the exit codes are {codes:?}").into())
}
