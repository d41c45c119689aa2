//! The packages of npm: one that starts the program, and one for each platform that carries it. Neither runs anything when it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use xtask::{Result, workspace};

use super::VERSION;
use super::channel::said;

/// The platforms of the releases, by the names that npm has for the system and the processor.
const PLATFORMS: [(&str, &str); 4] = [("linux", "x64"), ("linux", "arm64"), ("darwin", "x64"), ("darwin", "arm64")];

/// Packs the program for this platform, and what starts it.
pub(super) fn pack(program: &Path, folder: &Path) -> Result<[PathBuf; 2]> {
    let (system, processor) = this_platform();
    let carrier = folder.join("npm").join(format!("{system}-{processor}"));
    write(&carrier, &of_platform(system, processor), &[("bin/launchway", program)])?;
    let starter = folder.join("npm").join("launchway");
    let script = workspace::root().join("packages/npm/launchway.js");
    let readme = workspace::root().join("README.md");
    write(&starter, &starting(), &[("bin/launchway.js", &script), ("README.md", &readme)])?;
    Ok([packed(&carrier)?, packed(&starter)?])
}

fn this_platform() -> (&'static str, &'static str) {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    (system, if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" })
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
    let versions = PLATFORMS.iter().map(|(system, processor)| (name_of(system, processor), Value::from(VERSION)));
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
pub(super) fn install(packages: &[PathBuf; 2], folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let install =
        ["install", "--silent", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"];
    said(Command::new("npm").args(install).arg(folder).args(packages))?;
    Ok(folder.join("node_modules").join(".bin").join("launchway"))
}
