//! The peers: those written in Rust are built with cargo into `target/tools`, those in Python come with the venv of
//! `cargo xtask compare`.

use std::path::{Path, PathBuf};

use crate::{Result, tools, workspace};

/// A program that makes a project from a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// launchway itself.
    Launchway,
    /// kickstart, with Tera.
    Kickstart,
    /// ffizer, with Handlebars.
    Ffizer,
    /// cargo-generate, with Liquid.
    CargoGenerate,
    /// cookiecutter, with Jinja.
    Cookiecutter,
    /// copier, with Jinja.
    Copier,
}

/// All of them, in the order of the table.
pub const ALL: [Peer; 6] =
    [Peer::Launchway, Peer::Kickstart, Peer::Ffizer, Peer::CargoGenerate, Peer::Cookiecutter, Peer::Copier];

impl Peer {
    /// Returns its name, which is that of its program.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Launchway => "launchway",
            Self::Kickstart => "kickstart",
            Self::Ffizer => "ffizer",
            Self::CargoGenerate => "cargo-generate",
            Self::Cookiecutter => "cookiecutter",
            Self::Copier => "copier",
        }
    }

    /// Returns its version.
    ///
    /// # Errors
    ///
    /// When it is not pinned.
    pub fn version(self) -> Result<String> {
        match self {
            Self::Launchway => Ok(env!("CARGO_PKG_VERSION").to_owned()),
            Self::Kickstart => Ok("0.6.0".to_owned()),
            Self::Ffizer => Ok("2.13.12".to_owned()),
            Self::CargoGenerate => Ok("0.23.8".to_owned()),
            Self::Cookiecutter | Self::Copier => tools::peer_version(self.name()),
        }
    }

    /// Returns the path of the program. One that is not there is built if `builds` says so; none if it is absent then.
    ///
    /// # Errors
    ///
    /// When launchway cannot be built, or the Python packages cannot be installed.
    pub fn program(self, builds: bool) -> Result<Option<PathBuf>> {
        match self {
            Self::Launchway => launchway().map(Some),
            Self::Cookiecutter | Self::Copier => Ok(Some(tools::install_peers()?.join(self.name()))),
            Self::Kickstart | Self::Ffizer | Self::CargoGenerate => {
                let folder = workspace::target().join("tools").join(format!("{}-{}", self.name(), self.version()?));
                let program = folder.join("bin").join(self.name());
                if builds && !program.exists() && !self.install(&folder)? {
                    eprintln!("{} could not be built, and is left out", self.name());
                }
                Ok(program.exists().then_some(program))
            }
        }
    }

    fn install(self, folder: &Path) -> Result<bool> {
        eprintln!("building {} {}, which takes minutes", self.name(), self.version()?);
        let mut command = workspace::cargo();
        command.args(["install", "--quiet", "--locked", "--jobs", "1", "--root"]).arg(folder);
        if self == Self::Kickstart {
            command.args(["--features", "cli"]);
        }
        Ok(command.args([self.name(), "--version", &self.version()?]).status()?.success())
    }
}

/// Builds launchway as it is released.
///
/// # Errors
///
/// When it does not build.
pub fn launchway() -> Result<PathBuf> {
    let built =
        workspace::cargo().args(["build", "--profile", "dist", "--quiet", "--package", "launchway"]).status()?;
    if !built.success() {
        return Err("`cargo build --profile dist --package launchway` failed".into());
    }
    Ok(workspace::target().join("dist").join("launchway"))
}
