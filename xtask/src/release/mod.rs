//! `cargo xtask release`: what a release consists of, for the platform of this machine, and whether each channel brings the same program.
//!
//! The program is built once, and packed for every channel. Each is installed without a network into a folder of its own, and makes
//! the same project.

mod archive;
mod channel;
mod npm;
mod twice;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use xtask::{Result, tools, workspace};

use channel::{Channel, said, typed};

/// The profile of what people get.
const PROFILE: &str = "dist";

/// The command of docs/installation.md for the crates.
const CRATES_LINE: &str = "cargo install --locked launchway";

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

/// Packs what npm gets out of the archives of a release in a folder, and names the files in the order in which they are published.
pub(crate) fn npm(archives: &Path) -> Result<()> {
    let folder = workspace::target().join("npm-packages");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for package in npm::pack_all(&workspace::root().join(archives), &folder)? {
        println!("{}", package.display());
    }
    Ok(())
}

/// Builds the program of the last commit twice, in folders of other names, and compares the bytes.
pub(crate) fn twice() -> Result<()> {
    twice::compare(PROFILE)
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
    let packages = npm::pack(&files.folder, &folder)?;

    let installed = |name: &str| folder.join("installed").join(name);
    let channels = [
        Channel { name: "archive", program: archive::unpack(&files.archive, &installed("archive"))? },
        Channel { name: "shell installer", program: archive::install(&files, &installed("shell"))? },
        Channel { name: "PyPI", program: wheel::install(&tools, &wheel, &installed("pypi"))? },
        Channel { name: "npm", program: npm::install(&packages, &installed("npm"))? },
        Channel { name: "crates", program: crates()? },
    ];
    channel::compare(&channels, &folder.join("tried"))?;
    for Channel { name, program } in &channels {
        println!("{name}: {}", relative(program));
    }
    println!(
        "Homebrew: the formula is Ruby, and names the archive and its digest; no Homebrew was there to install it"
    );
    println!("{} channels make the same project", channels.len());
    Ok(())
}

/// Installs the program from what the packages for the crate registry hold, which was built with the program of the tests.
fn crates() -> Result<PathBuf> {
    crate::package::package()?;
    let root = workspace::target().join("release-files").join("installed").join("crates");
    let profile = workspace::profile();
    let mut cargo = typed(CRATES_LINE, None, [Path::new("--path"), &crate::package::unpacked_program()]);
    cargo
        .args(["--offline", "--no-track", "--quiet", "--profile", &profile])
        .args(crate::package::unoptimised(&profile));
    said(cargo.arg("--target-dir").arg(workspace::target()).arg("--root").arg(&root).current_dir(workspace::root()))?;
    Ok(root.join("bin").join("launchway"))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_each_channel_with_the_command_that_the_check_runs() {
        let page = fs::read_to_string(workspace::root().join("docs/installation.md")).unwrap();
        let rows: Vec<&str> =
            page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| channel")).collect();
        let lines = [
            ("archive", archive::LINE),
            ("shell installer", archive::INSTALLER_LINE),
            ("PyPI", wheel::LINE),
            ("npm", npm::LINE),
            ("crates", CRATES_LINE),
        ];
        for (channel, line) in lines {
            let start = format!("| {channel} | `{line}`");
            assert_eq!(rows.iter().filter(|row| row.starts_with(&start)).count(), 1, "{start}");
        }
        // Nobody has a Homebrew here: that row says so.
        assert_eq!(rows.len(), lines.len() + 1, "{rows:?}");
    }
}
