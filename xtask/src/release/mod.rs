//! `cargo xtask release`: what a release consists of, for the platform of this machine, and whether each channel brings the same program.
//!
//! The program is built once, and packed for every channel. Each is installed without a network into a folder of its own, and makes
//! the same project.

mod archive;
mod channel;
mod npm;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use xtask::{Result, tools, workspace};

use channel::Channel;

/// The profile of what people get.
const PROFILE: &str = "dist";

/// The version that every channel has.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packs the program in the profile of the tests, which is built already, and tries every channel.
pub(crate) fn check() -> Result<()> {
    release(&workspace::profile())
}

/// The same for the program as it is released, whose build takes minutes. What was packed stays in `target/release-files`.
pub(crate) fn full() -> Result<()> {
    release(PROFILE)
}

fn release(profile: &str) -> Result<()> {
    let tools = tools::install_release()?;
    let folder = workspace::target().join("release-files");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    archive::check_workflow(&tools)?;
    let wheel = wheel::build(&tools, profile, &folder)?;
    let program = wheel::program(&wheel, &folder)?;
    let files = archive::pack(&tools, &program, &folder)?;
    let packages = npm::pack(&program, &folder)?;

    let installed = |name: &str| folder.join("installed").join(name);
    let channels = [
        Channel { name: "archive", program: archive::unpack(&files, &installed("archive"))? },
        Channel { name: "shell installer", program: archive::install(&files, &installed("shell"))? },
        Channel { name: "PyPI", program: wheel::install(&tools, &wheel, &installed("pypi"))? },
        Channel { name: "npm", program: npm::install(&packages, &installed("npm"))? },
        Channel { name: "crates", program: crates()? },
    ];
    channel::compare(&channels, &folder.join("tried"))?;
    for Channel { name, program } in &channels {
        println!("{name}: {}", relative(program));
    }
    println!("Homebrew: the formula names the archive and its digest; no Homebrew was there to install it");
    println!("{} channels make the same project", channels.len());
    Ok(())
}

/// The program that was built of what the packages for the crate registry hold.
fn crates() -> Result<PathBuf> {
    crate::package::package()?;
    let program = workspace::target().join("release-files").join("installed").join("crates").join("launchway");
    fs::create_dir_all(program.parent().expect("a joined path has a parent"))?;
    fs::copy(workspace::built_program(), &program)?;
    Ok(program)
}

fn relative(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}
