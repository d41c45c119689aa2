//! `cargo xtask package`: both crates packed, and built from what was packed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::{Result, workspace};

const CRATES: [&str; 2] = ["launchway-core", "launchway"];

/// Packs the crates, and builds the program from what was packed with the dependencies that are built already.
///
/// It is a workspace of its own, with the profiles and the lock file of this one.
pub(crate) fn package() -> Result<()> {
    let folder = workspace::target().join("packaged");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    pack(&folder, &["--no-verify"])?;
    for name in CRATES {
        unpack(&folder, name)?;
    }
    let manifest = fs::read_to_string(workspace::root().join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), unpacked_workspace(&manifest)?)?;
    fs::copy(workspace::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    build(&folder)?;
    run(workspace::hermetic(&workspace::built_program())?.arg("templates"))
}

/// Packs the crates as `cargo publish` does, in a folder that was never used before.
///
/// `cargo package` unpacks the core crate into cargo's home, under a name made of the folder's path, and takes what it
/// finds there for the same version. In a folder that is used twice the program would be built with an older core.
pub(crate) fn package_clean() -> Result<()> {
    fs::create_dir_all(workspace::target())?;
    let folder = tempfile::Builder::new().prefix("package-").tempdir_in(workspace::target())?;
    pack(folder.path(), &[])
}

fn pack(folder: &Path, words: &[&str]) -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["package", "--locked", "--allow-dirty"]).args(words).arg("--target-dir").arg(folder);
    run(command.args(CRATES.iter().flat_map(|name| ["--package", name])))
}

fn unpack(folder: &Path, name: &str) -> Result<()> {
    let archive = folder.join("package").join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")));
    // The files in it are as old as 2006, and cargo would not see that they have changed.
    run(Command::new("tar").args(["-xzmf"]).arg(archive).arg("-C").arg(folder))
}

/// The workspace of the unpacked crates, which has the profiles of `manifest`.
fn unpacked_workspace(manifest: &str) -> Result<String> {
    let profiles = manifest.find("\n[profile.").ok_or("Cargo.toml has no profiles")?;
    let version = env!("CARGO_PKG_VERSION");
    let [core, program] = CRATES.map(|name| format!("{name}-{version}"));
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [\"{core}\", \"{program}\"]\n");
    let patch = format!("\n[patch.crates-io]\nlaunchway-core = {{ path = \"{core}\" }}\n");
    Ok(format!("{workspace}{patch}{}", &manifest[profiles..]))
}

/// Builds the program: it starts once, and need not be fast.
fn build(folder: &Path) -> Result<()> {
    let profile = workspace::profile();
    let mut command = workspace::cargo();
    command.current_dir(folder).args(["build", "--offline", "--package", "launchway", "--profile", &profile]);
    run(command.args(unoptimised(&profile)).arg("--target-dir").arg(workspace::target()))
}

/// What leaves core as it is written.
pub(crate) fn unoptimised(profile: &str) -> [String; 2] {
    ["--config".to_owned(), format!("profile.{profile}.package.launchway-core.opt-level=0")]
}

/// The folder of the program's crate, once it is packed and unpacked.
pub(crate) fn unpacked_program() -> PathBuf {
    workspace::target().join("packaged").join(format!("launchway-{}", env!("CARGO_PKG_VERSION")))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unpacked_crates_are_built_with_the_profiles_of_the_repository() -> Result<()> {
        let manifest = unpacked_workspace("[workspace]\nmembers = []\n\n[profile.dev]\ndebug = 1\n")?;
        assert!(manifest.starts_with("[workspace]\nresolver = \"3\"\nmembers = [\"launchway-core-"), "{manifest}");
        assert!(manifest.ends_with("\n[profile.dev]\ndebug = 1\n"), "{manifest}");
        Ok(())
    }
}
