//! Updates while somebody saves: whatever was saved, and whenever, stands in a file of the project afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::expect;
use crate::{Result, tree, workspace};

/// The files of the template: every third stays, every third changes, every third goes; as many come.
const FILES: usize = 60;

/// What came of the updates.
#[derive(Debug, Default)]
pub struct Saved {
    /// How many updates ran.
    pub rounds: usize,
    /// How often something was saved while one ran.
    pub saves: usize,
    /// How many updates there were of every exit code.
    pub codes: BTreeMap<i32, usize>,
}

impl fmt::Display for Saved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<String> = self.codes.iter().map(|(code, times)| format!("{times} with exit {code}")).collect();
        let (rounds, saves) = (self.rounds, self.saves);
        writeln!(
            formatter,
            "{rounds} updates of {FILES} files while somebody saved {saves} times in them ({}): 0 lost.",
            codes.join(", ")
        )
    }
}

/// A small generator of numbers: the same saves in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }
}

const MANIFEST: &str = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"VERSION\"\nname = \"service\"\n\n[[question]]\nid = \"service\"\nprompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n";

/// The path of a file; it is in the template's old version, in its new one, or in both.
fn path_of(number: usize) -> String {
    format!("sub{}/file{number}.txt", number % 7)
}

fn template(folder: &Path, version: usize) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("template.toml"), MANIFEST.replace("VERSION", &format!("{version}.0.0")))?;
    for number in 0..FILES + FILES / 3 {
        let is_there = match number {
            FILES.. => version == 2,
            number => version == 1 || number % 3 != 2,
        };
        if !is_there {
            continue;
        }
        let first = if number % 3 == 1 { version } else { 0 };
        let text = format!("first {first}\n{}last\n", format!("a line of {number}\n").repeat(20));
        let path = folder.join("files").join(path_of(number));
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    Ok(())
}

fn command(folder: &Path, program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
    command.env("HOME", folder.join("home")).env("TMPDIR", folder.join("tmp")).args(words);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Lets so many updates run, in each of which somebody saves up to three files at any time.
///
/// # Errors
///
/// The first round after which something that was saved is nowhere.
pub fn saves(rounds: usize) -> Result<Saved> {
    let program = workspace::program()?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    for below in ["home", "tmp"] {
        fs::create_dir(folder.join(below))?;
    }
    template(&folder.join("template-1"), 1)?;
    template(&folder.join("template-2"), 2)?;
    let new = ["new", "orders", "--template", "./template-1", "--no-input", "--no-git"];
    expect(command(folder, &program, &new).current_dir(folder))?;
    let git = Path::new("git");
    for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "work"]] {
        expect(command(folder, git, words).current_dir(folder.join("orders")))?;
    }
    let mut saved = Saved::default();
    let mut dice = Dice(7);
    let mut whole = Duration::from_millis(400);
    for round in 1..=rounds {
        let project = folder.join(format!("round-{round}"));
        expect(Command::new("cp").arg("-a").arg(folder.join("orders")).arg(&project))?;
        let start = Instant::now();
        let update = ["update", "--template", "../template-2", "--no-input", "--allow-dirty"];
        let mut child = command(folder, &program, &update).current_dir(&project).spawn()?;
        let lines = save(&mut dice, &project, whole, round)?;
        let code = child.wait()?.code().ok_or("an update died")?;
        if lines.is_empty() {
            whole = start.elapsed();
        }
        saved.rounds += 1;
        saved.saves += lines.len();
        *saved.codes.entry(code).or_default() += 1;
        let all: String =
            tree::read(&project)?.values().map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).collect();
        let lost: Vec<&String> = lines.iter().filter(|line| !all.contains(*line)).collect();
        if !lost.is_empty() {
            return Err(format!("round {round}, exit {code}: {lost:?} is in no file").into());
        }
        fs::remove_dir_all(&project)?;
    }
    Ok(saved)
}

/// Saves up to three different files, each at some time of the update and in some way; returns the lines that were saved.
fn save(dice: &mut Dice, project: &Path, whole: Duration, round: usize) -> Result<Vec<String>> {
    let mut files = BTreeSet::new();
    for _ in 0..dice.roll(4) {
        files.insert((dice.roll(1000), dice.roll(FILES + FILES / 3), dice.roll(3)));
    }
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    let start = Instant::now();
    for (share, number, how) in files {
        if !seen.insert(number) {
            continue;
        }
        let at = whole.mul_f64(f64::from(u32::try_from(share)?) / 1000.0);
        thread::sleep(at.saturating_sub(start.elapsed()));
        let line = format!("saved {round} {number}\n");
        let path = project.join(path_of(number));
        fs::create_dir_all(path.parent().unwrap_or(project))?;
        match how {
            0 => {
                let new = path.with_extension("mine");
                fs::write(&new, &line)?;
                fs::rename(new, path)?;
            }
            1 => fs::write(path, &line)?,
            _ => OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())?,
        }
        lines.push(line);
    }
    Ok(lines)
}
