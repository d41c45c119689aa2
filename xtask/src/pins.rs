//! What the generated projects are built on: when its maker stops looking after it, and what is newer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use crate::workspace::{expect, output_of};
use crate::{Result, tools, tree, workspace};

/// How many months before its end a pin has to be replaced.
const NOTICE: u32 = 6;
/// The host of the actions.
const HOST: &str = "https://github.com";
/// The folders whose workflows use actions.
const WORKFLOWS: [&str; 3] = ["templates/service", ".github", "crates/launchway/src/fleet/jobs"];
/// The settings of `dist`, from which it writes the workflow of a release.
const DIST: &str = "dist-workspace.toml";
/// The kinds of projects, each of which has a lock file in the template.
const KINDS: [&str; 2] = ["http", "worker"];

/// The name of the service in the projects that renew them.
const SERVICE: &str = "pin-renewal";

/// Something that somebody else maintains, up to a month.
#[derive(Debug)]
pub struct Pin {
    name: String,
    /// What stands in the files that use it.
    pub text: String,
    last: Month,
    source: String,
}

/// A month, counted from the year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Month(u32);

impl Month {
    /// Reads `2028-08`.
    fn parse(text: &str) -> Result<Self> {
        let fault = || format!("`{text}` is not a month such as `2028-08`");
        let (year, month) = text.split_once('-').ok_or_else(fault)?;
        match (year.parse::<u32>(), month.parse::<u32>()) {
            (Ok(year), Ok(month @ 1..=12)) => Ok(Self(year * 12 + month - 1)),
            _ => Err(fault().into()),
        }
    }

    fn today() -> Result<Self> {
        Self::parse(&stdout(Command::new("date").args(["-u", "+%Y-%m"]))?)
    }
}

/// Reads `xtask/pins.toml`.
///
/// # Errors
///
/// When it is not as its first lines say.
pub fn pins() -> Result<Vec<Pin>> {
    read(&fs::read_to_string(workspace::root().join("xtask/pins.toml"))?)
}

fn read(text: &str) -> Result<Vec<Pin>> {
    let table: Table = text.parse()?;
    let pins = table.get("pin").and_then(Value::as_array).ok_or("there is no `[[pin]]`")?;
    pins.iter().map(pin).collect()
}

fn pin(value: &Value) -> Result<Pin> {
    let text = |key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("a pin has no `{key}`: {value}"))
    };
    Ok(Pin { name: text("name")?, text: text("text")?, last: Month::parse(&text("last")?)?, source: text("source")? })
}

/// Lists the pins, and fails if one of them ends within six months.
///
/// # Errors
///
/// When one does.
pub fn check() -> Result<()> {
    let (pins, today) = (pins()?, Month::today()?);
    for Pin { name, source, last, .. } in &pins {
        println!("{:3} months: {name} ({source})", i64::from(last.0) - i64::from(today.0));
    }
    match ending(&pins, today)[..] {
        [] => Ok(()),
        ref ending => Err(format!("within {NOTICE} months these end: {}", ending.join(", ")).into()),
    }
}

fn ending(pins: &[Pin], today: Month) -> Vec<&str> {
    pins.iter().filter(|pin| pin.last.0 < today.0 + NOTICE).map(|pin| pin.name.as_str()).collect()
}

/// Writes the newest actions and the newest compatible dependencies into the template.
///
/// # Errors
///
/// When there is no network, or no program.
pub fn renew() -> Result<()> {
    let renewed = renew_actions(HOST, &workflows()?)?;
    expect(Command::new(tools::install_release()?.program("dist")).arg("generate").current_dir(workspace::root()))?;
    for kind in KINDS {
        renew_lock(kind)?;
    }
    for (action, version) in renewed {
        println!("{action} {version}");
    }
    println!("next: `cargo xtask bless`, then `cargo xtask test`");
    Ok(())
}

/// Returns the files that name actions by their commits. `dist` takes those of the workflow that it writes from its settings.
fn workflows() -> Result<Vec<PathBuf>> {
    let mut files = vec![workspace::root().join(DIST)];
    let names_actions = |path: &&String| {
        [".yaml", ".yml", ".hbs"].iter().any(|ending| path.ends_with(ending)) && !path.ends_with("release.yml")
    };
    for folder in WORKFLOWS {
        let folder = workspace::root().join(folder);
        files.extend(tree::read(&folder)?.keys().filter(names_actions).map(|path| folder.join(path)));
    }
    Ok(files)
}

/// Writes the newest release of every action, by its commit; returns those that changed.
fn renew_actions(host: &str, files: &[PathBuf]) -> Result<BTreeMap<String, String>> {
    let (mut newest, mut changed) = (BTreeMap::new(), BTreeMap::new());
    for file in files {
        let before = fs::read_to_string(file)?;
        let mut lines = Vec::new();
        for line in before.split_inclusive('\n') {
            lines.push(renewed(line, host, &mut newest, &mut changed)?.unwrap_or_else(|| line.to_owned()));
        }
        let after = lines.concat();
        if after != before {
            fs::write(file, after)?;
        }
    }
    Ok(changed)
}

/// Returns a line that names an action by a commit with the newest release, if it names one and not the newest.
fn renewed(
    line: &str,
    host: &str,
    newest: &mut BTreeMap<String, Release>,
    changed: &mut BTreeMap<String, String>,
) -> Result<Option<String>> {
    let Some(Named { before, action, version, told }) = named(line) else { return Ok(None) };
    if !newest.contains_key(action) {
        newest.insert(action.to_owned(), Release::newest(host, action)?);
    }
    let release = &newest[action];
    if version_of(version) >= version_of(&release.version) {
        return Ok(None);
    }
    changed.insert(action.to_owned(), release.version.clone());
    Ok(Some(format!("{before}{} # v{}{told}\n", release.commit, release.version)))
}

/// A line that names an action by a commit.
struct Named<'line> {
    before: &'line str,
    action: &'line str,
    version: &'line str,
    /// What a linter is told, or the end of a string.
    told: &'line str,
}

/// Reads `uses: OWNER/NAME@COMMIT # vVERSION`, or `"OWNER/NAME" = "COMMIT # vVERSION"` in the settings of `dist`.
fn named(line: &str) -> Option<Named<'_>> {
    let (named, said) = line.trim_end().split_once(" # v")?;
    let (version, told) = said.split_at(said.find([' ', '"']).unwrap_or(said.len()));
    let (action, commit) = match named.split_once("uses: ") {
        Some((_, uses)) => uses.split_once('@')?,
        None => named.strip_prefix('"')?.split_once("\" = \"")?,
    };
    Some(Named { before: &named[..named.len() - commit.len()], action, version, told })
}

/// A release of an action.
struct Release {
    version: String,
    commit: String,
}

impl Release {
    /// Asks the repository for its tags. Of a tag that is an object of its own, the commit comes after it, with `^{}`.
    fn newest(host: &str, action: &str) -> Result<Self> {
        // An action may be a folder of its repository.
        let repository: Vec<&str> = action.split('/').take(2).collect();
        let address = format!("{host}/{}", repository.join("/"));
        let tags = stdout(Command::new("git").args(["ls-remote", "--tags", &address]))?;
        let releases = tags.lines().filter_map(|line| {
            let (commit, tag) = line.split_once("\trefs/tags/v")?;
            let version = tag.trim_end_matches("^{}");
            Some((version_of(version)?, tag.ends_with("^{}"), version, commit))
        });
        let (_, _, version, commit) = releases.max().ok_or_else(|| format!("`{action}` has no release"))?;
        Ok(Self { version: version.to_owned(), commit: commit.to_owned() })
    }
}

/// Reads three numbers; anything else is no release.
fn version_of(text: &str) -> Option<[u64; 3]> {
    let numbers: Vec<u64> = text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Has cargo find the newest compatible dependencies of a project, and takes its lock file as the template's.
fn renew_lock(kind: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = folder.path().join(SERVICE);
    let new = ["new", SERVICE, "--target=both", "--no-input", "--no-git", "--template"];
    let template = workspace::root().join("templates/service");
    let mut program = Command::new(workspace::program()?);
    expect(program.args(new).arg(template).arg(format!("--kind={kind}")).current_dir(folder.path()))?;
    expect(workspace::cargo().arg("update").current_dir(&project))?;
    fs::write(lock_of(kind), as_template(&project.join("Cargo.lock"))?)?;
    Ok(())
}

fn lock_of(kind: &str) -> PathBuf {
    workspace::root().join(format!("templates/service/partials/lock-{kind}.hbs"))
}

fn as_template(lock: &Path) -> Result<String> {
    Ok(fs::read_to_string(lock)?.replace(&format!("name = \"{SERVICE}\""), "name = \"{{service}}\""))
}

fn stdout(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(output_of(command)?)?.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::golden;

    const PIN: &str = "[[pin]]\nname = \"D\"\ntext = \"d\"\nlast = \"2028-08\"\nsource = \"s\"\n";

    #[test]
    fn a_pin_fails_six_months_before_its_last_month() {
        let pins = read(PIN).unwrap();
        for (today, is_ending) in [("2028-02", false), ("2028-03", true), ("2028-08", true), ("2031-01", true)] {
            assert_eq!(!ending(&pins, Month::parse(today).unwrap()).is_empty(), is_ending, "{today}");
        }
        for wrong in ["2028", "2028-13", "soon"] {
            assert!(read(&PIN.replace("2028-08", wrong)).is_err(), "{wrong}");
        }
        assert!(read(&PIN.replace("source", "sauce")).unwrap_err().to_string().contains("no `source`"));
    }

    /// Returns what the lines of all golden projects name that is somebody else's system.
    fn systems() -> BTreeSet<String> {
        let mut systems = BTreeSet::new();
        for case in golden::cases().unwrap() {
            for file in tree::read(&case.project()).unwrap().values() {
                let text = String::from_utf8_lossy(&file.bytes);
                let lines = text.lines().map(str::trim_start).filter(|line| !line.contains("${{"));
                let named = lines.filter_map(|line| line.strip_prefix("FROM ").or(line.strip_prefix("runs-on: ")));
                systems.extend(named.map(|named| named.split(' ').next().unwrap_or_default().to_owned()));
            }
        }
        systems
    }

    #[test]
    fn every_system_of_a_generated_project_has_a_pin_and_every_pin_is_used() {
        let (pins, systems) = (pins().unwrap(), systems());
        let unknown: Vec<&String> =
            systems.iter().filter(|system| !pins.iter().any(|pin| system.contains(&pin.text))).collect();
        assert!(unknown.is_empty(), "xtask/pins.toml does not say when these end: {unknown:?}");
        for pin in &pins {
            assert!(systems.iter().any(|system| system.contains(&pin.text)), "nothing uses `{}`", pin.text);
        }
    }

    #[test]
    fn an_action_is_renewed_to_its_newest_release_by_the_commit() {
        let host = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
            stdout(Command::new("git").args(identity).args(words).current_dir(host.path().join("o/a"))).unwrap()
        };
        fs::create_dir_all(host.path().join("o/a")).unwrap();
        git(&["init", "--quiet"]);
        for tag in ["v1.9.0", "v1.10.0", "v2", "v2.0.0-rc.1"] {
            git(&["commit", "--quiet", "--allow-empty", "--message", tag]);
            git(&["tag", "--annotate", "--message", tag, tag]);
        }
        let newest = git(&["rev-parse", "v1.10.0^{commit}"]);
        let file = host.path().join("w.yaml");
        let told = "# zizmor: ignore[artipacked]";
        let before = format!("- uses: o/a/sub@abc # v1.9.0 {told}\n- uses: o/a/sub@abc # v1.10.0\n- uses: $/own\n");
        let before = format!("{before}\"o/a/sub\" = \"abc # v1.9.0\"\n# v1.9.0 of \"o/a/sub\"\n");
        fs::write(&file, before).unwrap();
        let changed = renew_actions(host.path().to_str().unwrap(), std::slice::from_ref(&file)).unwrap();
        assert_eq!(changed, BTreeMap::from([("o/a/sub".to_owned(), "1.10.0".to_owned())]));
        let renewed = format!("- uses: o/a/sub@{newest} # v1.10.0 {told}\n");
        let expected = format!("{renewed}- uses: o/a/sub@abc # v1.10.0\n- uses: $/own\n");
        let expected = format!("{expected}\"o/a/sub\" = \"{newest} # v1.10.0\"\n# v1.9.0 of \"o/a/sub\"\n");
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    }

    #[test]
    fn a_renewal_finds_every_action_and_a_version_has_one_commit() {
        let mut commits: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for file in workflows().unwrap() {
            for line in fs::read_to_string(&file).unwrap().lines().filter(|line| !line.trim().starts_with('#')) {
                let uses = line.split_once("uses: ").is_some_and(|(_, action)| !action.starts_with(['.', '$']));
                let Some(Named { before, action, version, .. }) = named(line) else {
                    assert!(!uses, "{}: no commit and version: {line}", file.display());
                    continue;
                };
                let commit = line[before.len()..].split(' ').next().unwrap();
                assert!(commit.len() == 40, "{}: no commit: {line}", file.display());
                commits.entry((action.to_owned(), version.to_owned())).or_default().insert(commit.to_owned());
            }
        }
        assert!(commits.len() > 15, "{commits:?}");
        commits.retain(|_, commits| commits.len() > 1);
        assert!(commits.is_empty(), "one version, and several commits: {commits:?}");
    }

    #[test]
    fn the_lock_file_of_a_project_becomes_the_templates_again() {
        let folder = tempfile::tempdir().unwrap();
        for kind in KINDS {
            let template = fs::read_to_string(lock_of(kind)).unwrap();
            let lock = folder.path().join("Cargo.lock");
            fs::write(&lock, template.replace("{{service}}", SERVICE)).unwrap();
            assert_eq!(as_template(&lock).unwrap(), template);
        }
    }
}
