//! The works: each is done by every program in turn, round after round, so that what disturbs the machine disturbs all.

use std::fs;
use std::path::{Path, PathBuf};

use super::measure::{self, Cost};
use super::peers::{self, Peer};
use super::template::{self, Size};
use crate::Result;

/// What one program took for one work.
#[derive(Debug, Clone)]
pub struct Row {
    /// The work.
    pub work: String,
    /// The program.
    pub program: String,
    /// The medians.
    pub cost: Cost,
}

/// A program that takes part.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Which it is.
    pub peer: Peer,
    /// Where it is.
    pub program: PathBuf,
}

/// A place to work in: on a disk, or in memory.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'s> {
    /// The folder.
    pub folder: &'s Path,
    /// How often the quick programs run; those in Python run a third as often.
    pub rounds: usize,
}

/// A small template, as most are.
pub const SMALL: Size = Size { files: 25, bytes: 600, values: 60 };
/// A large template.
pub const MANY: Size = Size { files: 5_000, bytes: 2_048, values: 15_000 };
/// One of nearly as many files as a template may have.
pub const VERY_MANY: Size = Size { files: 50_000, bytes: 2_048, values: 150_000 };

/// One command of a round.
struct Contestant {
    name: String,
    words: Vec<String>,
    destination: PathBuf,
    is_slow: bool,
}

impl Stage<'_> {
    fn home(&self) -> Result<PathBuf> {
        let home = self.folder.join("home");
        fs::create_dir_all(&home)?;
        let settings = "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n";
        fs::write(home.join(".gitconfig"), settings)?;
        Ok(home)
    }

    /// Has every runner make a project of a template of a size, and `cp -r` copy what launchway made.
    ///
    /// # Errors
    ///
    /// When one of them fails, or makes too few files.
    pub fn render(&self, work: &str, size: Size, runners: &[Runner]) -> Result<Vec<Row>> {
        let mut contestants = Vec::new();
        for Runner { peer, program } in runners {
            let folder = self.folder.join(peer.name());
            template::write(*peer, size, &folder.join("template"))?;
            let destination = folder.join("made").join("orders");
            let mut words = vec![program.display().to_string()];
            words.extend(template::words(*peer, &folder.join("template"), &destination));
            let is_slow = matches!(peer, Peer::Cookiecutter | Peer::Copier);
            contestants.push(Contestant { name: peer.name().to_owned(), words, destination, is_slow });
        }
        self.against_copying(work, contestants, size.files)
    }

    /// Has launchway make a project of its built-in template, and `cp -r` copy it.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub fn builtin(&self, work: &str, launchway: &Path) -> Result<Vec<Row>> {
        let destination = self.folder.join("builtin").join("orders");
        let words = ["new", "orders", "--target", "both", "--defaults", "--no-input", "--no-git", "--dest"];
        let mut words: Vec<String> = words.map(str::to_owned).into();
        words.insert(0, launchway.display().to_string());
        words.push(destination.display().to_string());
        self.against_copying(
            work,
            vec![Contestant { name: "launchway".to_owned(), words, destination, is_slow: false }],
            50,
        )
    }

    /// Runs commands that change nothing.
    ///
    /// # Errors
    ///
    /// When one fails.
    pub fn questions(&self, launchway: &Path) -> Result<Vec<Row>> {
        let home = self.home()?;
        let mut rows = Vec::new();
        let lines: [&[&str]; 3] = [&["--help"], &["templates"], &["check", "builtin/orders"]];
        for words in lines {
            let mut line = vec![launchway.display().to_string()];
            line.extend(words.iter().map(|word| (*word).to_owned()));
            let costs =
                (0..self.rounds).map(|_| measure::run(&line, self.folder, &home)).collect::<Result<Vec<_>>>()?;
            let work = format!("`launchway {}`", words[0]);
            rows.push(Row { work, program: "launchway".to_owned(), cost: measure::median(&costs) });
        }
        Ok(rows)
    }

    fn against_copying(&self, work: &str, mut contestants: Vec<Contestant>, files: usize) -> Result<Vec<Row>> {
        let home = self.home()?;
        let source = self.folder.join("to-copy");
        let _ = fs::remove_dir_all(&source);
        let destination = self.folder.join("copied").join("orders");
        let text = |path: &Path| path.display().to_string();
        let words = vec!["cp".to_owned(), "-r".to_owned(), text(&source), text(&destination)];
        contestants.push(Contestant { name: "cp -r".to_owned(), words, destination, is_slow: false });
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); contestants.len()];
        let mut syncs = Vec::new();
        for round in 0..self.rounds {
            for (contestant, costs) in contestants.iter().zip(&mut costs) {
                if contestant.is_slow && round % 3 != 0 {
                    continue;
                }
                let made = &contestant.destination;
                let _ = fs::remove_dir_all(made);
                fs::create_dir_all(made.parent().unwrap_or(made))?;
                costs.push(measure::run(&contestant.words, self.folder, &home)?);
                if template::count(made)? < files {
                    return Err(format!("{} made too few files", contestant.name).into());
                }
                if contestant.name == "launchway" && !source.exists() {
                    copy(made, &source)?;
                }
            }
            let copied = self.folder.join("copied").join("orders");
            syncs.push(measure::run(&["--sync".to_owned(), text(&copied)], self.folder, &home)?);
        }
        let row = |program: &str, costs: &[Cost]| Row {
            work: work.to_owned(),
            program: program.to_owned(),
            cost: measure::median(costs),
        };
        let mut rows: Vec<Row> = contestants.iter().zip(&costs).map(|(it, costs)| row(&it.name, costs)).collect();
        rows.push(row("fsync of the copy", &syncs));
        Ok(rows)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = std::process::Command::new("cp").arg("-r").arg(from).arg(to).status()?;
    if status.success() { Ok(()) } else { Err("`cp -r` failed".into()) }
}

/// Finds the programs; those that are not there are built if `builds` says so.
///
/// # Errors
///
/// When launchway cannot be built, or the Python packages cannot be installed.
pub fn runners(builds: bool) -> Result<Vec<Runner>> {
    let mut runners = Vec::new();
    for peer in peers::ALL {
        match peer.program(builds)? {
            Some(program) => runners.push(Runner { peer, program }),
            None => eprintln!("{} is not there, and is left out", peer.name()),
        }
    }
    Ok(runners)
}
