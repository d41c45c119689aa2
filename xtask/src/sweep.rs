//! Faults at every system call that writes: `new` and `update` are killed, or refused, at each of them in turn.
//!
//! After each, the folder is as before or as it should be in the end, and the next run succeeds and leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::expect;
use crate::{Result, tree, workspace};

/// The system calls that change something on a disk, or open what will be.
const CALLS: &str = "openat,mkdir,mkdirat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,flock,ftruncate,fchmod";

/// What is done at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program is killed.
    Kill,
    /// The call fails with this error.
    Error(&'static str),
}

impl Fault {
    /// Every fault, with the calls that it is injected at.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Kill, CALLS),
        (Self::Error("ENOSPC"), "write,writev,pwrite64,mkdir,mkdirat,fsync,renameat,renameat2,rename"),
        (Self::Error("EIO"), "write,writev,fsync,fdatasync,rename,renameat,renameat2,unlinkat"),
        (Self::Error("EROFS"), "mkdir,mkdirat,rename,renameat,renameat2,unlinkat"),
        (Self::Error("EMFILE"), "openat"),
        (Self::Error("EXDEV"), "rename,renameat,renameat2"),
    ];

    /// The name of the fault in a log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Error(error) => error,
        }
    }
}

/// The command that is disturbed: every one that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// `launchway new`.
    New,
    /// `launchway new --archive`.
    Archive,
    /// `launchway new` into a folder that is there.
    Here,
    /// `launchway new` into a folder of a repository, at whose root files of the project stand, too.
    Nested,
    /// `launchway new` with a template that is fetched, so that the cache is written, too.
    Fetch,
    /// `launchway update`.
    Update,
    /// `launchway update --undo`.
    Undo,
    /// `launchway update --heal`.
    Heal,
    /// `launchway update --keep`.
    Keep,
    /// `launchway update --resolve-record`.
    ResolveRecord,
    /// `launchway add service`.
    Add,
    /// `launchway adopt`.
    Adopt,
    /// `launchway advise --record`.
    Record,
    /// `launchway waive`.
    Waive,
    /// `launchway waive --end`.
    EndWaiver,
    /// `launchway template test --bless`.
    Bless,
    /// `launchway template new`.
    TemplateNew,
    /// `launchway catalog add`.
    CatalogAdd,
    /// `launchway catalog update`.
    CatalogUpdate,
    /// `launchway catalog remove`.
    CatalogRemove,
    /// `launchway defaults set`.
    DefaultsSet,
    /// `launchway defaults unset`.
    DefaultsUnset,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::New,
        Self::Here,
        Self::Archive,
        Self::Nested,
        Self::Fetch,
        Self::Update,
        Self::Undo,
        Self::Heal,
        Self::Keep,
        Self::ResolveRecord,
        Self::Add,
        Self::Adopt,
        Self::Record,
        Self::Waive,
        Self::EndWaiver,
        Self::Bless,
        Self::TemplateNew,
        Self::CatalogAdd,
        Self::CatalogUpdate,
        Self::CatalogRemove,
        Self::DefaultsSet,
        Self::DefaultsUnset,
    ];

    /// The command as it stands in a log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Here => "new --dest FOLDER",
            Self::Archive => "new --archive FILE",
            Self::Nested => "new --dest FOLDER_OF_REPOSITORY",
            Self::Fetch => "new --template URL",
            Self::Update => "update",
            Self::Undo => "update --undo",
            Self::Heal => "update --heal",
            Self::Keep => "update --keep",
            Self::ResolveRecord => "update --resolve-record",
            Self::Add => "add service",
            Self::Adopt => "adopt",
            Self::Record => "advise --record",
            Self::Waive => "waive",
            Self::EndWaiver => "waive --end",
            Self::Bless => "template test --bless",
            Self::TemplateNew => "template new",
            Self::CatalogAdd => "catalog add",
            Self::CatalogUpdate => "catalog update",
            Self::CatalogRemove => "catalog remove",
            Self::DefaultsSet => "defaults set",
            Self::DefaultsUnset => "defaults unset",
        }
    }

    fn words(self) -> Vec<&'static str> {
        let words = match self {
            Self::New => "new orders --template ../template-1 --no-input --no-git",
            Self::Here => "new orders --template ../template-1 --no-input --no-git --dest orders",
            Self::Archive => "new orders --template ../template-1 --no-input --archive orders.zip",
            Self::Nested => "new orders --template ../template-1 --no-input",
            Self::Fetch => "new orders --template file://WORLD/remote --no-input --no-git",
            Self::Update => "update orders --template ../template-2 --no-input",
            Self::Undo => "update orders --undo",
            Self::Heal => "update orders --template ../template-1 --no-input --heal a.txt --heal run.sh",
            Self::Keep => "update orders --template ../template-1 --no-input --keep a.txt",
            Self::ResolveRecord => "update orders --template ../template-2 --no-input --resolve-record",
            Self::Add => "add service billing --dir orders --template ../template-1 --no-input",
            Self::Adopt => "adopt orders --template ../template-1 --set service=orders",
            Self::Record => {
                "advise strategy --record=orders --platform=ecs --versions=yes --capacity=yes --risk=few --measure=yes \
                 --warm-up=no"
            }
            Self::Waive => "waive limit --dir orders --because for-now",
            Self::EndWaiver => "waive limit --dir orders --end",
            Self::Bless => "template test ./team --bless",
            Self::TemplateNew => "template new team",
            Self::CatalogAdd => "catalog add acme file://WORLD/catalog",
            Self::CatalogUpdate => "catalog update acme",
            Self::CatalogRemove => "catalog remove acme",
            Self::DefaultsSet => "defaults set region eu-west-1",
            Self::DefaultsUnset => "defaults unset region",
        };
        words.split(' ').filter(|word| !word.is_empty()).collect()
    }

    /// Tells whether the command stands in a project that was made and committed before.
    fn has_project(self) -> bool {
        self.stands_in() == Some("place/orders")
    }

    /// The folder that was there before and into which the command writes, if it is one.
    fn stands_in(self) -> Option<&'static str> {
        match self {
            Self::New
            | Self::Fetch
            | Self::TemplateNew
            | Self::CatalogAdd
            | Self::CatalogUpdate
            | Self::CatalogRemove
            | Self::Here
            | Self::Archive
            | Self::DefaultsSet
            | Self::DefaultsUnset => None,
            Self::Nested => Some("place"),
            Self::Bless => Some("place/team/tests/one"),
            Self::Update
            | Self::Undo
            | Self::Heal
            | Self::Keep
            | Self::ResolveRecord
            | Self::Add
            | Self::Adopt
            | Self::Record
            | Self::Waive
            | Self::EndWaiver => Some("place/orders"),
        }
    }

    /// Tells whether the project has an agreement that can be waived.
    fn has_agreement(self) -> bool {
        matches!(self, Self::Waive | Self::EndWaiver)
    }

    /// The exit codes of a run after one that has come to its end: what is done is not done again.
    fn codes_once_done(self) -> &'static [i32] {
        match self {
            // It is there already, or not committed yet.
            Self::Update
            | Self::Heal
            | Self::Keep
            | Self::Add
            | Self::Adopt
            | Self::Record
            | Self::TemplateNew
            | Self::Here
            | Self::Archive
            | Self::Nested => &[0, 3],
            Self::Undo => &[0, 1],
            Self::ResolveRecord | Self::EndWaiver | Self::CatalogAdd | Self::CatalogRemove => &[0, 2],
            Self::New
            | Self::Fetch
            | Self::Bless
            | Self::Waive
            | Self::CatalogUpdate
            | Self::DefaultsSet
            | Self::DefaultsUnset => &[0],
        }
    }
}

/// What came of a sweep: how many points there were, and how often each outcome.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// How many times the fault was injected.
    pub points: usize,
    /// How often each outcome was seen.
    pub seen: BTreeMap<String, usize>,
}

impl Outcomes {
    /// Writes them as a row of a table.
    #[must_use]
    pub fn row(&self, command: &str, fault: Fault) -> String {
        let outcomes: Vec<String> = self.seen.iter().map(|(outcome, times)| format!("{times} {outcome}")).collect();
        format!("| `{command}` | {} | {} | {} |\n", fault.name(), self.points, outcomes.join("; "))
    }
}

/// A world of its own for every run: a template in two versions, a project, a home and a folder for temporary files.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

const MANIFEST: &str = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"VERSION\"\nname = \"service\"\n\n[[question]]\nid = \"service\"\nprompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n\n[add]\nvalue = \"more\"\nworkspace = [\"Cargo.toml\", \"a.txt\", \"run.sh\"]\nmove = [{ from = \"deep\", to = \"more/{{service}}/deep\" }OLD]\n";

/// An agreement of two files, which only those projects have in which it is waived.
const AGREEMENT: &str = "\n[[agreement]]\nid = \"limit\"\nsays = \"the limit\"\nplace = [{ file = \"one.yaml\", at = \"/limit\" }, { file = \"two.yaml\", at = \"/limit\" }]\n";

/// What belongs to the root of a repository that a project is a folder of: a file of its own, and one that is there for all.
const REPOSITORY: &str = "\n[repository]\nvalue = \"nested\"\nfolder = \"folder\"\n\n[[file]]\npath = \"ci.yaml\"\nrepository = \".github/ci-{{service}}.yaml\"\n\n[[file]]\npath = \"shared.yml\"\nrepository = \".github/dependabot.yml\"\nshared = true\n";
const SHARED: &str = "version: 2\nupdates:\n  - package-ecosystem: cargo\n    directory: /{{folder}}\n    schedule:\n      interval: weekly\n";

/// The files of the template in its two versions. In the second, one is gone, one is new, and two have changed.
fn files(version: u8) -> Vec<(&'static str, String)> {
    let lines = |first: &str, last: &str| format!("{first}\n{}{last}\n", "middle\n".repeat(9));
    let mut files = vec![
        ("files/a.txt", lines(if version == 1 { "one" } else { "two" }, "end")),
        ("files/deep/er/b.txt.hbs", format!("{{{{service}}}} {version}\n")),
        ("files/run.sh", "#!/bin/sh\n".to_owned()),
    ];
    files.push(("files/Cargo.toml.hbs", "[workspace]\nmembers = [\"crates/{{service}}\"]\n".to_owned()));
    let manifest = "[package]\nname = \"{{service}}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    files.push(("files/crates/{{service}}/Cargo.toml.hbs", manifest.to_owned()));
    files.push(if version == 1 {
        ("files/old.txt", "old\n".to_owned())
    } else {
        ("files/new/c.txt", "c\n".to_owned())
    });
    files
}

impl World {
    pub(crate) fn new(subject: Subject) -> Result<Self> {
        let world = Self { folder: tempfile::tempdir()? };
        for folder in ["home", "tmp", "place", "config"] {
            fs::create_dir(world.path(folder))?;
        }
        for version in [1, 2] {
            let manifest = MANIFEST.replace("VERSION", &format!("{version}.0.0"));
            let old = ", { from = \"old.txt\", to = \"more/{{service}}/old.txt\" }";
            let new = ", { from = \"new\", to = \"more/{{service}}/new\" }";
            let manifest = manifest.replace("OLD", if version == 1 { old } else { new });
            let agreement = if subject.has_agreement() { AGREEMENT } else { "" };
            world.write(&format!("template-{version}/template.toml"), &(manifest + agreement))?;
            for path in ["one.yaml", "two.yaml"].into_iter().filter(|_| subject.has_agreement()) {
                world.write(&format!("template-{version}/files/{path}"), "limit: 7\n")?;
            }
            for (path, text) in files(version) {
                world.write(&format!("template-{version}/{path}"), &text)?;
            }
        }
        if subject == Subject::Nested {
            world.write(
                "template-1/template.toml",
                &(MANIFEST.replace("VERSION", "1.0.0").replace("OLD", "") + REPOSITORY),
            )?;
            world.write("template-1/files/ci.yaml", "on: push\n")?;
            world.write("template-1/files/shared.yml.hbs", SHARED)?;
        }
        world.prepare(subject)?;
        Ok(world)
    }

    /// Brings it into the state in which the command is run.
    fn prepare(&self, subject: Subject) -> Result<()> {
        if subject.has_project() {
            expect(&mut self.command(Subject::New, None))?;
            if subject == Subject::Adopt {
                fs::remove_dir_all(self.path("place/orders/.launchway"))?;
            }
            // Both sides have changed this file, so that git has to merge it.
            let edited = self.path("place/orders/a.txt");
            fs::write(&edited, fs::read_to_string(&edited)?.replace("end", "my end"))?;
            self.git("place/orders")?;
        }
        match subject {
            Subject::Here => {
                self.write("place/orders/LICENSE", "free\n")?;
                self.write("place/orders/deep/mine.txt", "mine\n")?;
            }
            Subject::Nested => {
                self.write("place/orders/LICENSE", "free\n")?;
                self.write("place/.github/dependabot.yml", &SHARED.replace("/{{folder}}", "/"))?;
                self.git("place")?;
            }
            Subject::DefaultsUnset => expect(&mut self.command(Subject::DefaultsSet, None))?,
            Subject::Undo => expect(&mut self.command(Subject::Update, None))?,
            Subject::EndWaiver => expect(&mut self.command(Subject::Waive, None))?,
            Subject::ResolveRecord => {
                self.in_project(&["checkout", "--quiet", "-b", "there"])?;
                expect(&mut self.command(Subject::Keep, None))?;
                self.git("place/orders")?;
                self.in_project(&["checkout", "--quiet", "-"])?;
                expect(&mut self.command(Subject::Update, None))?;
                self.git("place/orders")?;
                let merged = self.in_project(&["merge", "--quiet", "there"]);
                merged.err().ok_or("the two records were merged by git itself")?;
            }
            Subject::Bless => {
                for (path, text) in files(2) {
                    self.write(&format!("place/team/{path}"), &text)?;
                }
                fs::copy(self.path("template-2/template.toml"), self.path("place/team/template.toml"))?;
                self.write("place/team/tests/one/answers.toml", "service = \"orders\"\n")?;
                expect(&mut self.command(Subject::Bless, None))?;
                self.write("place/team/tests/one/expected/a.txt", "other\n")?;
                self.write("place/team/tests/one/expected/gone/b.txt", "gone\n")?;
                fs::remove_file(self.path("place/team/tests/one/expected/run.sh"))?;
            }
            Subject::Fetch => {
                for (path, text) in files(1) {
                    self.write(&format!("remote/{path}"), &text)?;
                }
                fs::copy(self.path("template-1/template.toml"), self.path("remote/template.toml"))?;
                self.git("remote")?;
            }
            Subject::CatalogAdd | Subject::CatalogUpdate | Subject::CatalogRemove => {
                let catalog = "[catalog]\ntitle = \"Acme\"\n\n[[template]]\nname = \"one\"\ntitle = \"One\"\nsource = \"builtin:service\"\n";
                self.write("catalog/catalog.toml", catalog)?;
                self.git("catalog")?;
                if subject != Subject::CatalogAdd {
                    expect(&mut self.command(Subject::CatalogAdd, None))?;
                }
                if subject == Subject::CatalogUpdate {
                    self.write("catalog/catalog.toml", &catalog.replace("One", "The one"))?;
                    self.git("catalog")?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)
    }

    /// Makes a repository of a folder, and commits what is in it.
    fn git(&self, folder: &str) -> Result<()> {
        for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "work"]] {
            expect(hermetic_git(&self.path("home")).args(words).current_dir(self.path(folder)))?;
        }
        Ok(())
    }

    fn in_project(&self, words: &[&str]) -> Result<()> {
        expect(hermetic_git(&self.path("home")).args(words).current_dir(self.path("place/orders")))
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The command of a subject, under strace if a fault is injected at the call of that number.
    pub(crate) fn command(&self, subject: Subject, fault: Option<(Fault, &str, usize)>) -> Command {
        let mut command = Command::new(workspace::built_program());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        command.env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        command.env("LAUNCHWAY_CONFIG_DIR", self.path("config"));
        let world = self.folder.path().to_string_lossy();
        command.args(subject.words().iter().map(|word| word.replace("WORLD", &world)));
        command.current_dir(self.path("place"));
        match fault {
            None => command,
            Some(fault) => disturbed(&command, &self.path("trace"), fault),
        }
    }

    /// What git's index has of the project, if there is one.
    fn index(&self) -> Result<Vec<u8>> {
        let folders = ["place", "place/orders"].map(|folder| self.path(folder));
        let Some(folder) = folders.iter().find(|folder| folder.join(".git").exists()) else { return Ok(Vec::new()) };
        let mut git = hermetic_git(&self.path("home"));
        Ok(git.args(["ls-files", "--stage", "-z"]).current_dir(folder).output()?.stdout)
    }

    /// All that stands where the project does, git's folder left out, and what is left among the temporary files.
    pub(crate) fn state(&self) -> io::Result<tree::Tree> {
        let mut state = tree::read(&self.path("place"))?;
        state.retain(|path, _| !path.starts_with("orders/.git/") && !path.starts_with(".git/"));
        let world = self.folder.path().to_string_lossy().into_owned();
        // The record of a project names the address that its template was fetched from.
        if let Some(record) = state.get_mut("orders/.launchway/orders.toml") {
            record.bytes = String::from_utf8_lossy(&record.bytes).replace(&world, "WORLD").into_bytes();
        }
        for (path, mut file) in tree::read(&self.path("config"))? {
            if path.rsplit('.').next() == Some("toml") {
                file.bytes = String::from_utf8_lossy(&file.bytes).replace(&world, "WORLD").into_bytes();
                state.insert(format!("config/{path}"), file);
            }
        }
        for entry in fs::read_dir(self.path("tmp"))?.chain(fs::read_dir(self.path("place"))?) {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !matches!(name.as_str(), "orders" | "team" | ".git" | ".github" | ".launchway") {
                state.insert(format!("{name}/"), tree::File { executable: false, bytes: Vec::new() });
            }
        }
        Ok(state)
    }
}

/// Returns a command, which must have a cleared environment, with a fault at a call of the program itself, not of the threads and
/// processes that it starts.
#[must_use]
pub fn disturbed(command: &Command, trace: &Path, (fault, calls, number): (Fault, &str, usize)) -> Command {
    let what = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
    };
    let mut strace = Command::new("strace");
    strace.args(["-qq", "-o"]).arg(trace).arg("-e").arg(format!("trace={calls}"));
    strace.arg("-e").arg(format!("inject={calls}:{what}:when={number}")).arg("--");
    strace.arg(command.get_program()).args(command.get_args()).env_clear();
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    strace
}

fn hermetic_git(home: &Path) -> Command {
    let mut git = Command::new("git");
    git.env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        // The same commits in every world: a record names the one that its template was fetched from.
        git.env(format!("GIT_{role}_DATE"), "2026-01-01T00:00:00Z");
        git.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    git
}

/// Injects a fault at every `step`th of the calls, until a run gets to its end undisturbed.
///
/// # Errors
/// strace is missing, or the first promise that was broken, with the number of the call.
pub fn sweep(subject: Subject, fault: Fault, calls: &str, step: usize) -> Result<Outcomes> {
    let missing =
        |error| format!("the sweep needs `strace`, which cannot be started ({error}): install the package `strace`");
    Command::new("strace").arg("--version").output().map_err(missing)?;
    let world = World::new(subject)?;
    let before = world.state()?;
    expect(&mut world.command(subject, None))?;
    let after = (world.state()?, world.index()?);
    let mut outcomes = Outcomes::default();
    // strace counts every kind of call on its own.
    for call in calls.split(',') {
        for number in (1..).step_by(step) {
            let world = World::new(subject)?;
            let ran = world.command(subject, Some((fault, call, number))).output()?;
            if !was_injected(&world.path("trace"))? {
                break;
            }
            outcomes.points += 1;
            let said = String::from_utf8_lossy(&ran.stderr).into_owned();
            let outcome = judge(&world, (&before, &after.0), fault, ran.status.code(), &said)
                .and_then(|outcome| next_run(&world, subject, &after).map(|()| outcome))
                .map_err(|error| format!("{subject:?}, {} at {call} {number}: {error}\n{said}", fault.name()))?;
            *outcomes.seen.entry(outcome).or_default() += 1;
        }
    }
    if outcomes.points == 0 {
        return Err(
            format!("{subject:?}, {}: no fault could be injected; may `strace` trace here?", fault.name()).into()
        );
    }
    Ok(outcomes)
}

/// Runs a command where another one was cut off before it, and returns what it says; nothing if it writes into no folder that
/// was there.
///
/// # Errors
/// The command did not come to its end.
pub fn run_after_cut_off(subject: Subject) -> Result<Option<String>> {
    let Some(folder) = subject.stands_in() else { return Ok(None) };
    let world = World::new(subject)?;
    world.write(&format!("{folder}/.launchway/.edit/journal"), "launchway-edit 1\nend\n")?;
    let ran = world.command(subject, None).output()?;
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !ran.status.success() || world.path(&format!("{folder}/.launchway/.edit")).exists() {
        return Err(format!("`{}` ended with {:?}:\n{said}", subject.name(), ran.status.code()).into());
    }
    Ok(Some(said))
}

/// Tells whether a disturbed command came to the call at which the fault was.
///
/// # Errors
/// There is no trace: strace could not be started.
pub fn was_injected(trace: &Path) -> Result<bool> {
    let trace = fs::read(trace)?;
    let trace = String::from_utf8_lossy(&trace);
    Ok(trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL"))
}

/// Holds what is there after the fault against what was there before, and what should be there in the end.
fn judge(
    world: &World,
    (before, after): (&tree::Tree, &tree::Tree),
    fault: Fault,
    code: Option<i32>,
    said: &str,
) -> Result<String> {
    if said.contains("panicked") {
        return Err("it panicked".into());
    }
    let state = world.state()?;
    if fault == Fault::Kill {
        // Each file is as before, or as it will be; what is staged beside them is not the project.
        let is_whole =
            |(path, file): &(&String, &tree::File)| before.get(*path) == Some(file) || after.get(*path) == Some(file);
        let torn: Vec<&String> = state.iter().filter(|it| !is_staged(it.0) && !is_whole(it)).map(|it| it.0).collect();
        if !torn.is_empty() {
            return Err(format!("torn: {torn:?}").into());
        }
        let lost: Vec<&String> =
            before.keys().filter(|it| after.contains_key(*it) && !state.contains_key(*it)).collect();
        if !lost.is_empty() {
            return Err(format!("lost: {lost:?}").into());
        }
        let is_all = |wanted: &tree::Tree| wanted.iter().all(|(path, file)| state.get(path) == Some(file));
        return Ok(if is_all(after) {
            "killed, whole"
        } else if is_all(before) {
            "killed, untouched"
        } else {
            "killed, between two files"
        }
        .to_owned());
    }
    let code = code.ok_or("it died")?;
    // What could not be removed is left for the next run.
    let state: tree::Tree = state.into_iter().filter(|(path, _)| !is_staged(path)).collect();
    let name = if state == *after {
        "whole"
    } else if state == *before {
        "untouched"
    } else {
        let names = |tree: &tree::Tree| tree.keys().cloned().collect::<Vec<_>>();
        return Err(format!("exit {code}, and neither as before nor as it should be: {:?}", names(&state)).into());
    };
    if code != 0 && !said.lines().any(|line| line.starts_with("error: ")) && !said.contains("error") {
        return Err(format!("exit {code} without a word").into());
    }
    // Before the program itself runs, the system says that it could not be started.
    if code == 127 && said.contains("shared libraries") {
        return Ok("not started".to_owned());
    }
    // Advice is said before its record is written, and that it could not be written is said after it.
    if name == "untouched" && !matches!(code, 2 | 3 | 73 | 74 | 75) {
        return Err(format!("exit {code} although nothing was written").into());
    }
    Ok(format!("exit {code}, {name}"))
}

/// A path that belongs to the staging of a run.
fn is_staged(path: &str) -> bool {
    path.contains(".launchway-")
        || path.contains(".launchway/.edit/")
        || path.starts_with("launchway-merge-")
        || path.starts_with(".orders.zip.")
        || Path::new(path).extension().is_some_and(|ending| ending == "new")
        || path.ends_with('/')
}

/// Runs the same again, which must come to what should be there in the end, with nothing beside it.
fn next_run(world: &World, subject: Subject, after: &(tree::Tree, Vec<u8>)) -> Result<()> {
    let is_there = matches!(subject, Subject::New | Subject::Fetch) && world.path("place/orders").exists();
    if is_there {
        // It is whole; another one cleans up.
        fs::remove_dir_all(world.path("place/orders"))?;
    }
    let reached = world.state()?;
    let is_done = after.0.iter().all(|(path, file)| reached.get(path) == Some(file));
    let ran = world.command(subject, None).output()?;
    let is_expected = ran
        .status
        .code()
        .is_some_and(|code| code == 0 || is_done && !is_there && subject.codes_once_done().contains(&code));
    if !is_expected {
        let (code, said) = (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned());
        return Err(format!("the next run: exit {code:?}\n{said}").into());
    }
    let mut state = world.state()?;
    // What is done already merges nothing, and so does not look for what another merge could not remove.
    state.retain(|path, _| !(is_done && path.starts_with("launchway-")));
    if state != after.0 {
        let other: Vec<String> = tree::differences(&after.0, &state);
        return Err(format!("after the next run: {other:?}").into());
    }
    // Where git could not be told, the program has said so, and a file that is written is not written again.
    if !is_done && world.index()? != after.1 {
        return Err("after the next run git's index is another".into());
    }
    Ok(())
}
