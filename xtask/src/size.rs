//! `cargo xtask size`: holds the size of the program that is released.

use std::fs;

use xtask::{Result, workspace};

/// In bytes: 8 MiB.
const MOST: u64 = 8 << 20;

/// Builds the program as it is released, which takes minutes, and holds its size.
pub(crate) fn size() -> Result<()> {
    let status =
        workspace::cargo().args(["build", "--profile", "dist", "--locked", "--package", "launchway"]).status()?;
    if !status.success() {
        return Err("`cargo build --profile dist --package launchway` failed".into());
    }
    let bytes = fs::metadata(workspace::target().join("dist").join("launchway"))?.len();
    println!("{}", judge(bytes)?);
    Ok(())
}

fn judge(bytes: u64) -> Result<String> {
    let said = format!("the released program has {bytes} bytes of at most {MOST}");
    if bytes > MOST {
        return Err(format!("{said}\n  hint: what made it larger becomes a program of its own").into());
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_8_mib_and_no_byte_more() {
        assert_eq!(judge(8_388_608).unwrap(), "the released program has 8388608 bytes of at most 8388608");
        assert!(judge(8_388_609).unwrap_err().to_string().contains("8388609 bytes"));
    }
}
