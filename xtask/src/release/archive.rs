//! The archive of a release with its digest, the installer and the formula that name it, as `dist` would make them of a build of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::hexadecimal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use xtask::tools::{self, Release};
use xtask::{Result, workspace};

use super::channel::{said, typed};

/// The commands of docs/installation.md: by hand, and with the installer.
pub(super) const LINE: &str = "tar --extract --strip-components=1 --file launchway-x86_64-unknown-linux-gnu.tar.gz";
pub(super) const INSTALLER_LINE: &str = "sh launchway-installer.sh";

/// What a coding agent reads; the archive has it beside the program.
const SKILL: &str = "skills/launchway/SKILL.md";

/// What was packed, in the folder that a release on GitHub would have.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) archive: PathBuf,
}

/// Holds `.github/workflows/release.yml` against what `dist` would write today.
pub(super) fn check_workflow(tools: &Release) -> Result<()> {
    let hint = "  hint: `dist generate` writes .github/workflows/release.yml again";
    dist(tools, &["generate", "--check"]).map(drop).map_err(|error| format!("{error}\n{hint}").into())
}

fn dist(tools: &Release, words: &[&str]) -> Result<String> {
    said(Command::new(tools.program("dist")).args(words).current_dir(workspace::root()))
}

/// Packs the program as the plan of `dist` says, lets `dist` make the installer and the formula for it, and holds what these name.
pub(super) fn pack(tools: &Release, program: &Path, folder: &Path) -> Result<Files> {
    let mut plan: Value = serde_json::from_str(&dist(tools, &["plan", "--output-format=json"])?)?;
    for target in targets()? {
        find_archive(&plan, &target)?;
    }
    let name = name(&target());
    let assets = plan["artifacts"][&name]["assets"].as_array().ok_or("the plan has no archive for this platform")?;
    let inside = folder.join("archive").join(name.trim_end_matches(".tar.gz"));
    fs::create_dir_all(&inside)?;
    for asset in assets {
        let path = asset["path"].as_str().ok_or("a file of the plan has no path")?;
        let from = match path {
            _ if asset["kind"] == "executable" => program.to_owned(),
            "SKILL.md" => workspace::root().join(SKILL),
            _ => workspace::root().join(path),
        };
        fs::copy(from, inside.join(path))?;
    }
    let files = Files { archive: folder.join("distrib").join(&name), folder: folder.join("distrib") };
    fs::create_dir_all(&files.folder)?;
    said(
        Command::new("tar")
            .args(["--create", "--gzip", "--file"])
            .arg(&files.archive)
            .arg("--directory")
            .arg(folder.join("archive"))
            .arg(inside.file_name().expect("it was joined")),
    )?;

    let digest = hexadecimal(&Sha256::digest(fs::read(&files.archive)?));
    plan["artifacts"][&name]["checksums"] = json!({ "sha256": digest });
    plan["upload_files"] = json!([]);
    let distrib = workspace::target().join("distrib");
    if distrib.exists() {
        fs::remove_dir_all(&distrib)?;
    }
    fs::create_dir_all(&distrib)?;
    fs::copy(&files.archive, distrib.join(&name))?;
    fs::write(distrib.join("local-dist-manifest.json"), plan.to_string())?;
    dist(tools, &["build", "--artifacts=global"])?;
    for file in ["launchway-installer.sh", "launchway.rb", "sha256.sum"] {
        let text = fs::read_to_string(distrib.join(file))?;
        if !text.contains(&digest) {
            return Err(format!("{file} does not name the digest of {name}").into());
        }
        fs::write(files.folder.join(file), text)?;
    }
    tools::install_ruby()?;
    said(Command::new("ruby").arg("-c").arg(files.folder.join("launchway.rb")))?;
    Ok(files)
}

/// The platforms of the releases.
fn targets() -> Result<Vec<String>> {
    let settings: toml::Table = fs::read_to_string(workspace::root().join("dist-workspace.toml"))?.parse()?;
    let targets = settings["dist"]["targets"].as_array().ok_or("dist-workspace.toml has no targets")?;
    Ok(targets.iter().filter_map(|target| target.as_str().map(str::to_owned)).collect())
}

/// The platform of this machine by the name that the releases have for it.
pub(super) fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-gnu" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// The name of an archive, by which `cargo binstall` finds it among the files of a release: `{ name }-{ target }.tar.gz`.
pub(super) fn name(target: &str) -> String {
    format!("launchway-{target}.tar.gz")
}

/// Finds the archive of a platform in the plan of `dist`, with the program at the top of the folder that it unpacks to.
fn find_archive(plan: &Value, target: &str) -> Result<()> {
    let archive = &plan["artifacts"][name(target)];
    let assets = archive["assets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_program = assets.iter().any(|asset| asset["kind"] == "executable" && asset["path"] == "launchway");
    if archive["kind"] == "executable-zip" && has_program {
        return Ok(());
    }
    Err(format!("dist plans no {} with the program at its top", name(target)).into())
}

/// Unpacks an archive, as somebody does by hand.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    said(typed(LINE, None, [archive]).current_dir(folder))?;
    Ok(folder.join("launchway"))
}

/// Runs the installer, which finds the files of the release in a folder.
pub(super) fn install(files: &Files, folder: &Path) -> Result<PathBuf> {
    let mut shell = typed(INSTALLER_LINE, None, [files.folder.join("launchway-installer.sh")]);
    let hermetic = workspace::hermetic(Path::new("sh"))?;
    shell.env_clear().envs(hermetic.get_envs().filter_map(|(key, value)| Some((key, value?))));
    shell.env("LAUNCHWAY_DOWNLOAD_URL", format!("file://{}", files.folder.display()));
    said(shell.env("LAUNCHWAY_UNMANAGED_INSTALL", folder).env("HOME", folder))?;
    Ok(folder.join("launchway"))
}
