//! One history with one tool: the template, the project made from it, the edits, the update, and what was left.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::history::{Alternative, Change, Edit, History, SERVICE, Upstream, Version};
use super::oracle::{Observed, Snapshot};
use super::template;
use super::tool::{Places, Programs, Tool, hermetic};
use crate::Result;
use crate::tree::{self, Tree};

/// What a token in an address reads like here.
const TOKEN: &str = "hunter2token";

/// What one tool made of one history.
#[derive(Debug)]
pub struct Ran {
    /// What was seen.
    pub observed: Observed,
    /// How long each run of the update took, ascending.
    pub times: Vec<Duration>,
}

/// The folders of one run.
struct Stage<'a> {
    tool: Tool,
    programs: &'a Programs,
    history: &'a History,
    scratch: PathBuf,
    places: Places,
}

/// Plays `history` with `tool`, and repeats the update `repeats` times from the same state.
///
/// # Errors
///
/// When anything but the update itself fails.
pub fn run(tool: Tool, programs: &Programs, history: &History, repeats: usize) -> Result<Ran> {
    let scratch = tempfile::tempdir()?;
    let stage = Stage::new(tool, programs, history, scratch.path())?;
    if let Some(observed) = stage.prepare()? {
        return Ok(Ran { observed, times: vec![Duration::ZERO] });
    }
    let mut times = Vec::new();
    let mut observed = None;
    for repeat in 0..repeats {
        let copy = stage.copy(repeat)?;
        let commands = vec![tool.update(&copy, &history.setting); history.setting.updates];
        let (seen, time) = stage.update(&copy, &commands)?;
        times.push(time);
        observed.get_or_insert(seen);
    }
    times.sort();
    Ok(Ran { observed: observed.ok_or("the update has to run once")?, times })
}

/// Plays `history` with another way to update.
///
/// # Errors
///
/// When anything but the update itself fails.
pub fn alternative(programs: &Programs, history: &History, alternative: &Alternative) -> Result<Observed> {
    let scratch = tempfile::tempdir()?;
    let stage = Stage::new(alternative.tool, programs, history, scratch.path())?;
    if let Some(observed) = stage.prepare()? {
        return Ok(observed);
    }
    let commands: Vec<Vec<String>> =
        alternative.commands.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect();
    Ok(stage.update(&stage.copy(0)?, &commands)?.0)
}

impl<'a> Stage<'a> {
    fn new(tool: Tool, programs: &'a Programs, history: &'a History, scratch: &Path) -> Result<Self> {
        let scratch = scratch.canonicalize()?;
        let template = scratch.join("template").display().to_string();
        let setting = &history.setting;
        let git = if tool == Tool::Copier { "git+file://" } else { "file://" };
        let address = match (setting.token, setting.relative) {
            (true, _) => format!("https://ada:{TOKEN}@git.example.com/template.git"),
            (false, true) => "../template".to_owned(),
            (false, false) => format!("{git}{template}"),
        };
        let [home, project] = [scratch.join("home"), scratch.join("work").join(SERVICE)];
        fs::create_dir_all(&home)?;
        fs::create_dir_all(scratch.join("work"))?;
        let mut config = "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n".to_owned();
        if setting.token {
            // What git asks of that host, with the token or without it, it finds in the folder.
            for address in [
                format!("https://ada:{TOKEN}@git.example.com/template.git"),
                "https://git.example.com/template.git".to_owned(),
            ] {
                let _ = write!(config, "[url \"file://{template}\"]\ninsteadOf = {address}\n");
            }
        }
        fs::write(home.join(".gitconfig"), config)?;
        Ok(Self { tool, programs, history, places: Places { home, address, folder: template, project }, scratch })
    }

    /// Does all that comes before the update; returns what was seen if the tool refused to make the project.
    fn prepare(&self) -> Result<Option<Observed>> {
        self.template(&self.history.first, "1.0.0")?;
        let create = self.tool.create(self.programs, &self.places).output()?;
        let said = String::from_utf8_lossy(&[create.stdout, create.stderr].concat()).into_owned();
        if !create.status.success() && self.history.setting.token {
            return Ok(Some(Observed { code: create.status.code(), output: said, ..Observed::default() }));
        }
        if !create.status.success() {
            return Err(format!("{} made no project: {said}", self.tool.name()).into());
        }
        self.expect_made()?;
        let repository = self.repository();
        self.git(repository, &["init", "--quiet"])?;
        self.commit(repository, "Make the project")?;
        apply(&self.history.committed, &self.places.project)?;
        if !self.history.committed.is_empty() {
            self.commit(repository, "Make it ours")?;
        }
        self.upstream()?;
        self.configure()?;
        Ok(None)
    }

    /// Fails if the tool did not make of the first version what the history says, its record aside.
    fn expect_made(&self) -> Result<()> {
        let made = without_records(self.tool, tree::read(&self.places.project)?);
        let differences = tree::differences(&template::rendered(&self.history.first), &made);
        if differences.is_empty() {
            return Ok(());
        }
        Err(format!("{} made another project:\n{}", self.tool.name(), differences.join("\n")).into())
    }

    /// Lets the template's repository go on to the second version.
    fn upstream(&self) -> Result<()> {
        let template = self.scratch.join("template");
        match &self.history.setting.upstream {
            Upstream::Kept => {}
            Upstream::TagMoved(moved) => self.template(moved, "1.0.0")?,
            Upstream::Rewritten => fs::remove_dir_all(template)?,
        }
        self.template(&self.history.second, "2.0.0")
    }

    /// Commits a version of the template under its tag.
    fn template(&self, version: &Version, number: &str) -> Result<()> {
        let folder = self.scratch.join("template");
        if folder.exists() {
            let commands: [&[&str]; 2] = [&["rm", "-r", "--quiet", "."], &["clean", "-fdxq"]];
            commands.iter().try_for_each(|words| self.git(&folder, words))?;
        } else {
            fs::create_dir_all(&folder)?;
            self.git(&folder, &["init", "--quiet"])?;
        }
        template::write(self.tool, version, number, &folder)?;
        // A template may hold files that its own `.gitignore` names.
        self.git(&folder, &["add", "--all", "--force"])?;
        self.git(&folder, &["commit", "--quiet", "--message", number])?;
        self.git(&folder, &["tag", "--force", &format!("v{number}")])
    }

    /// Writes the user's own configuration, which was not there before.
    fn configure(&self) -> Result<()> {
        let home = &self.places.home;
        let file = home.join(".gitconfig").display().to_string();
        for (key, value) in &self.history.setting.git {
            self.git(home, &["config", "--file", &file, key, value])?;
        }
        if self.history.setting.hooks {
            let hooks = home.join("hooks");
            fs::create_dir_all(&hooks)?;
            for hook in ["pre-commit", "commit-msg"] {
                fs::write(hooks.join(hook), "#!/bin/sh\necho 'the message names no ticket' >&2\nexit 1\n")?;
                fs::set_permissions(hooks.join(hook), fs::Permissions::from_mode(0o755))?;
            }
            self.git(home, &["config", "--file", &file, "core.hooksPath", &hooks.display().to_string()])?;
        }
        Ok(())
    }

    /// Clones the project as a colleague would, with the files that are in no commit.
    fn copy(&self, repeat: usize) -> Result<Places> {
        let folder = self.scratch.join("runs").join(repeat.to_string()).join("clone");
        fs::create_dir_all(folder.parent().expect("it was joined"))?;
        let original = format!("file://{}", self.repository().display());
        let clone = folder.join(SERVICE).display().to_string();
        let is_subfolder = self.history.setting.subfolder;
        let clone = if is_subfolder { folder.display().to_string() } else { clone };
        let depth = if self.history.setting.shallow { ["--depth", "1"].as_slice() } else { &[] };
        let words = [&["clone", "--quiet"], depth, &[original.as_str(), clone.as_str()]].concat();
        self.git(&self.scratch, &words)?;
        let project = folder.join(SERVICE);
        let mut ignored = tree::read(&self.places.project)?;
        ignored.retain(|path, _| !path.starts_with(".git/") && !project.join(path).exists());
        tree::write(&ignored, &project)?;
        apply(&self.history.uncommitted, &project)?;
        Ok(Places { project, ..self.places.clone() })
    }

    /// Runs the commands of an update, one after the other.
    fn update(&self, places: &Places, commands: &[Vec<String>]) -> Result<(Observed, Duration)> {
        let setting = &self.history.setting;
        let before = self.snapshot(places)?;
        let (mut code, mut output, mut time) = (Some(0), String::new(), Duration::ZERO);
        for (number, words) in commands.iter().enumerate() {
            if number > 0 && setting.updates > 1 {
                self.commit(&places.project, "Take the update")?;
            }
            let mut command = self.tool.command(self.programs, places);
            command.current_dir(&places.project).args(words);
            let start = Instant::now();
            let ended = command.output()?;
            time = start.elapsed();
            code = ended.status.code();
            output += &String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat());
        }
        let is_clean = self.said(&places.project, &["status", "--porcelain"])?.is_empty();
        let after = self.snapshot(places)?;
        let objects = self.said(&places.project, &["cat-file", "--batch-all-objects", "--batch"])?;
        let not_taken_back = self.take_back(places, &output, &before)?;
        let observed = Observed {
            before,
            after,
            objects,
            code,
            output,
            not_taken_back,
            is_repeated_with_changes: setting.updates > 1 && !is_clean,
            token: setting.token.then_some(TOKEN),
        };
        Ok((observed, time))
    }

    /// Runs the line that brings the old state back, if the tool printed one, and says what is not as it was.
    fn take_back(&self, places: &Places, output: &str, before: &Snapshot) -> Result<Vec<String>> {
        let Some(line) = output.lines().find_map(|line| line.strip_prefix("to take it back: ")) else {
            return Ok(Vec::new());
        };
        // What was committed since is taken back by git.
        if self.history.setting.updates > 1 {
            return Ok(Vec::new());
        }
        let mut command = Command::new("sh");
        hermetic(&mut command, &self.places.home);
        // The line names the program as its users do.
        let folder = self.programs.launchway.parent().unwrap_or_else(|| Path::new("."));
        let paths = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{paths}", folder.display()));
        let ended = command.args(["-c", line]).current_dir(&places.project).output()?;
        if !ended.status.success() {
            return Ok(vec![format!("{line}: {}", String::from_utf8_lossy(&ended.stderr))]);
        }
        let after = self.snapshot(places)?;
        Ok(tree::differences(&self.whole(before), &self.whole(&after)))
    }

    /// All files of a project, without carriage returns where the user has git convert line ends.
    fn whole(&self, snapshot: &Snapshot) -> Tree {
        let mut whole = snapshot.files.clone();
        whole.extend(snapshot.records.clone());
        if self.history.setting.converts_line_ends() {
            for file in whole.values_mut() {
                file.bytes.retain(|byte| *byte != b'\r');
            }
        }
        whole
    }

    fn snapshot(&self, places: &Places) -> Result<Snapshot> {
        let mut all = tree::read(&places.project)?;
        all.retain(|path, _| !path.starts_with(".git/"));
        let mut stages = Tree::new();
        let unmerged = self.said(&places.project, &["ls-files", "--unmerged", "-z"])?;
        for entry in unmerged.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            let (about, path) = entry.split_once('\t').ok_or("an entry of the index has a path")?;
            let words: Vec<_> = about.split(' ').collect();
            let [mode, object, stage] = words[..] else { return Err("an entry has three words".into()) };
            let bytes = self.said(&places.project, &["cat-file", "blob", object])?;
            stages.insert(format!("{path}:{stage}"), tree::File { executable: mode == "100755", bytes });
        }
        let records: Tree = all.iter().filter(|(path, _)| self.tool.is_record(path)).map(owned).collect();
        let files = without_records(self.tool, all);
        Ok(Snapshot { files, records, stages, recorded: self.tool.recorded(&places.project) })
    }

    /// The top folder of the project's repository.
    fn repository(&self) -> &Path {
        if self.history.setting.subfolder { self.places.parent() } else { &self.places.project }
    }

    fn commit(&self, folder: &Path, message: &str) -> Result<()> {
        self.git(folder, &["add", "--all"])?;
        self.git(folder, &["commit", "--quiet", "--message", message])
    }

    /// Runs git for what the user does, as the user has it configured.
    fn git(&self, folder: &Path, words: &[&str]) -> Result<()> {
        self.said(folder, words).map(|_| ())
    }

    fn said(&self, folder: &Path, words: &[&str]) -> Result<Vec<u8>> {
        let mut command = Command::new("git");
        hermetic(&mut command, &self.places.home);
        let output = command.args(words).current_dir(folder).output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!("git {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn owned((path, file): (&String, &tree::File)) -> (String, tree::File) {
    (path.clone(), file.clone())
}

fn without_records(tool: Tool, mut files: Tree) -> Tree {
    files.retain(|path, _| !tool.is_record(path));
    files
}

/// Does what the team does.
fn apply(edits: &[Edit], project: &Path) -> Result<()> {
    for Edit { path, change } in edits {
        let file = project.join(path);
        match change {
            Change::Write(bytes) => fs::write(&file, bytes)?,
            Change::Replace(from, to) => {
                let text = fs::read_to_string(&file)?;
                fs::write(&file, super::history::replaced(&text, from, to))?;
            }
            Change::Delete => fs::remove_file(&file)?,
            Change::Move(to) => {
                let to = project.join(to);
                fs::create_dir_all(to.parent().expect("it was joined"))?;
                fs::rename(&file, to)?;
            }
            Change::Executable => fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?,
        }
    }
    Ok(())
}
