//! The packages of npm: one that starts the program, and one for each platform that carries it. Neither runs anything when it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use xtask::{Result, workspace};

use super::VERSION;
use super::archive;
use super::channel::{said, typed};

/// The command of docs/installation.md.
pub(super) const LINE: &str = "npm install launchway";

/// A platform of the releases: its name for Rust, and what npm calls the system and the processor.
type Platform = (&'static str, &'static str, &'static str);

const PLATFORMS: [Platform; 4] = [
    ("x86_64-unknown-linux-gnu", "linux", "x64"),
    ("aarch64-unknown-linux-gnu", "linux", "arm64"),
    ("x86_64-apple-darwin", "darwin", "x64"),
    ("aarch64-apple-darwin", "darwin", "arm64"),
];

/// Packs the program of each platform out of the archives in a folder, and what starts it, in the order in which they are published.
pub(super) fn pack_all(archives: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let carriers = PLATFORMS.iter().map(|platform| carrier(*platform, archives, folder));
    carriers.chain([starter(folder)]).collect()
}

/// The same for the platform of this machine alone.
pub(super) fn pack(archives: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let target = archive::target();
    let platform = PLATFORMS.iter().find(|(name, ..)| *name == target).ok_or("npm has no package for this platform")?;
    Ok(vec![carrier(*platform, archives, folder)?, starter(folder)?])
}

/// Packs the program of one platform.
fn carrier(platform: Platform, archives: &Path, folder: &Path) -> Result<PathBuf> {
    let (target, system, processor) = platform;
    let unpacked = folder.join("npm").join("archives").join(target);
    let program = archive::unpack(&archives.join(archive::name(target)), &unpacked)?;
    let carrier = folder.join("npm").join(format!("{system}-{processor}"));
    write(&carrier, &of_platform(system, processor), &[("bin/launchway", &program)])?;
    packed(&carrier)
}

/// Packs what starts the program.
fn starter(folder: &Path) -> Result<PathBuf> {
    let starter = folder.join("npm").join("launchway");
    let script = workspace::root().join("packages/npm/launchway.js");
    let readme = workspace::root().join("README.md");
    write(&starter, &starting(), &[("bin/launchway.js", &script), ("README.md", &readme)])?;
    packed(&starter)
}

fn common(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "version": VERSION,
        "description": description,
        "license": "MIT OR Apache-2.0",
        "repository": { "type": "git", "url": "git+https://github.com/launchway/launchway.git" },
    })
}

fn of_platform(system: &str, processor: &str) -> Value {
    let mut package =
        common(&name_of(system, processor), &format!("The program of launchway for {system} on {processor}"));
    package["os"] = json!([system]);
    package["cpu"] = json!([processor]);
    if system == "linux" {
        package["libc"] = json!(["glibc"]);
    }
    package["files"] = json!(["bin/launchway"]);
    package
}

fn starting() -> Value {
    let mut package =
        common("launchway", "Starts a Rust service for Amazon ECS or Kubernetes, deployment files included");
    package["bin"] = json!({ "launchway": "bin/launchway.js" });
    package["files"] = json!(["bin/launchway.js"]);
    package["engines"] = json!({ "node": ">=18" });
    let versions = PLATFORMS.iter().map(|(_, system, processor)| (name_of(system, processor), Value::from(VERSION)));
    package["optionalDependencies"] = Value::Object(versions.collect());
    package
}

fn name_of(system: &str, processor: &str) -> String {
    format!("@launchway/{system}-{processor}")
}

fn write(folder: &Path, package: &Value, files: &[(&str, &Path)]) -> Result<()> {
    fs::create_dir_all(folder.join("bin"))?;
    fs::write(folder.join("package.json"), format!("{package:#}\n"))?;
    for (name, from) in files {
        fs::copy(from, folder.join(name))?;
    }
    Ok(())
}

fn packed(folder: &Path) -> Result<PathBuf> {
    let name =
        said(Command::new("npm").args(["pack", "--silent", "--offline", "--ignore-scripts"]).current_dir(folder))?;
    Ok(folder.join(name.trim()))
}

/// Installs both packages with npm, which reaches no registry and runs no script.
pub(super) fn install(packages: &[PathBuf], folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let install = ["--silent", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"];
    said(typed(LINE, None, packages).args(install).arg(folder))?;
    Ok(folder.join("node_modules").join(".bin").join("launchway"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_the_program_asks_for_the_package_of_each_platform_in_its_own_version() {
        let wanted = starting()["optionalDependencies"].clone();
        for (_, system, processor) in PLATFORMS {
            let package = of_platform(system, processor);
            assert_eq!(wanted[package["name"].as_str().unwrap()], package["version"], "{system} {processor}");
        }
        assert_eq!(wanted.as_object().unwrap().len(), PLATFORMS.len());
        assert!(starting().get("scripts").is_none());
    }

    #[test]
    fn an_archive_that_is_missing_ends_the_packing() {
        let folder = tempfile::tempdir().unwrap();
        let said = pack_all(folder.path(), folder.path()).unwrap_err().to_string();
        assert!(said.contains("launchway-x86_64-unknown-linux-gnu.tar.gz"), "{said}");
    }
}
