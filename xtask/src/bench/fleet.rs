//! The fleet beside what a shell loop does for each repository: clone, update, commit, push.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{self, Cost};
use super::peers::Peer;
use super::template::{self, Size};
use crate::Result;

/// A project of as many files as one of the built-in template with both targets.
const SIZE: Size = Size { files: 77, bytes: 1_500, values: 230 };

/// How many of them the new version changes.
const CHANGED: usize = 24;

/// How many repositories there are beside the first, so that what is done once can be told from what is done for each.
const MORE: u32 = 20;

/// How often each is measured.
const ROUNDS: usize = 5;

const GIT_SETTINGS: &str = "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n";

/// What one repository takes, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct OneRepository {
    /// `fleet work` of a plan with this repository alone.
    pub alone: Cost,
    /// The processor time of each further repository of a plan.
    pub further: f64,
    /// Clone, update, commit and push.
    pub cloned: Cost,
}

/// What a report over many results takes.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// The number of results.
    pub results: u32,
    /// As text.
    pub text: Cost,
    /// As a page.
    pub page: Cost,
}

/// A large plan that was worked on.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The number of repositories.
    pub repositories: u32,
    /// What planning took.
    pub plan: Cost,
    /// What the work took.
    pub work: Cost,
}

/// A template in two versions, a project of the first, and bare repositories of it.
#[derive(Debug)]
pub struct Bench {
    folder: PathBuf,
    launchway: String,
}

impl Bench {
    /// Makes the template and the project in a folder.
    ///
    /// # Errors
    ///
    /// When a command of it fails.
    pub fn new(folder: &Path, launchway: &Path) -> Result<Self> {
        let bench = Self { folder: folder.to_owned(), launchway: launchway.display().to_string() };
        fs::create_dir_all(bench.home())?;
        fs::write(bench.home().join(".gitconfig"), GIT_SETTINGS)?;
        let platform = folder.join("platform");
        template::write(Peer::Launchway, SIZE, &platform)?;
        bench.git(&platform, &["init", "--quiet"])?;
        bench.release("v1.0.0")?;
        let url = format!("git+file://{}@v1.0.0", platform.display());
        bench.run(&[&bench.launchway, "new", "orders", "--no-input", "--template", &url])?;
        bench.edit()?;
        fs::create_dir(folder.join("one"))?;
        bench.git(folder, &["clone", "--quiet", "--bare", "orders", "one/orders.git"])?;
        for number in 0..CHANGED {
            let path = platform.join(format!("files/part{}/file{number}.txt.hbs", number / 20));
            let text = fs::read_to_string(&path)?;
            fs::write(path, text.replacen("nothing to fill in", "something new", 1))?;
        }
        let manifest = platform.join("template.toml");
        fs::write(&manifest, fs::read_to_string(&manifest)?.replace("1.0.0", "1.1.0"))?;
        bench.release("v1.1.0")?;
        Ok(bench)
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    fn release(&self, tag: &str) -> Result<()> {
        let platform = self.folder.join("platform");
        self.git(&platform, &["add", "--all"])?;
        self.git(&platform, &["commit", "--quiet", "--message", tag])?;
        self.git(&platform, &["tag", tag])
    }

    /// Changes the ends of three files, two of which the new version changes as well.
    fn edit(&self) -> Result<()> {
        let orders = self.folder.join("orders");
        for number in [1, 2, 50] {
            let path = orders.join(format!("part{}/file{number}.txt", number / 20));
            let text = fs::read_to_string(&path)?;
            fs::write(&path, text + "a line of ours\n")?;
        }
        self.git(&orders, &["commit", "--quiet", "--all", "--message", "ours"])
    }

    fn git(&self, folder: &Path, words: &[&str]) -> Result<()> {
        let mut line = vec!["git", "-C"];
        let folder = folder.display().to_string();
        line.push(&folder);
        self.run(&[&line[..], words].concat()).map(drop)
    }

    fn run(&self, words: &[&str]) -> Result<Cost> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        measure::run(&words, &self.folder, &self.home())
    }

    /// Copies the bare repository, so that there are so many in a folder.
    fn copies(&self, name: &str, count: u32) -> Result<()> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let source = self.folder.join("one/orders.git");
        // A repository has its files in one place: hard links take no time, and nothing writes to them.
        let script = "for number in $(seq 1 $1); do cp -rl \"$2\" \"$3/orders-$number.git\"; done";
        let status =
            Command::new("sh").args(["-c", script, "sh", &count.to_string()]).args([&source, &folder]).status()?;
        if status.success() { Ok(()) } else { Err("`cp -rl` failed".into()) }
    }

    fn plan(&self, name: &str) -> Result<Cost> {
        let text = format!(
            "[fleet]\ntemplate = \"git+file://{}\"\nto = \"1.1.0\"\n\n[[source]]\nkind = \"directory\"\npath = \"{name}\"\n",
            self.folder.join("platform").display()
        );
        fs::write(self.folder.join(format!("{name}.toml")), text)?;
        self.run(&[&self.launchway, "fleet", "plan", &format!("{name}.toml"), "--out", &format!("{name}.json")])
    }

    fn work(&self, name: &str, words: &[&str]) -> Result<Cost> {
        let results = format!("{name}-results");
        let _ = fs::remove_dir_all(self.folder.join(&results));
        let plan = format!("{name}.json");
        self.run(&[&[self.launchway.as_str(), "fleet", "work", &plan, "--results", &results], words].concat())
    }

    /// Measures one repository, in turn with what a shell loop does.
    ///
    /// # Errors
    ///
    /// When a command of it fails.
    pub fn one_repository(&self) -> Result<OneRepository> {
        self.copies("more", MORE + 1)?;
        self.plan("one")?;
        self.plan("more")?;
        let (mut alone, mut more, mut cloned) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            alone.push(self.work("one", &["--jobs", "1"])?);
            more.push(self.work("more", &["--jobs", "1"])?);
            cloned.push(self.clone_and_push()?);
        }
        let (alone, more, cloned) = (measure::median(&alone), measure::median(&more), measure::median(&cloned));
        Ok(OneRepository { alone, further: (more.processor - alone.processor) / f64::from(MORE), cloned })
    }

    fn clone_and_push(&self) -> Result<Cost> {
        for gone in ["clone", "forge.git"] {
            let _ = fs::remove_dir_all(self.folder.join(gone));
        }
        self.git(&self.folder, &["clone", "--quiet", "--bare", "orders", "forge.git"])?;
        let script = "git clone --quiet forge.git clone && cd clone && git switch --quiet --create update && \
                      \"$1\" update --to v1.1.0 --defaults --no-input >/dev/null && \
                      git commit --quiet --message update && git push --quiet origin update";
        self.run(&["sh", "-c", script, "sh", &self.launchway])
    }

    /// Works on a plan of many repositories, with two jobs.
    ///
    /// # Errors
    ///
    /// When a command of it fails.
    pub fn campaign(&self, repositories: u32) -> Result<Campaign> {
        let name = format!("of-{repositories}");
        self.copies(&name, repositories)?;
        let plan = self.plan(&name)?;
        let work = self.work(&name, &["--jobs", "2"])?;
        Ok(Campaign { repositories, plan, work })
    }

    /// Reports on a campaign that was worked on.
    ///
    /// # Errors
    ///
    /// When a command of it fails.
    pub fn reports(&self, results: u32) -> Result<Reports> {
        let (plan, folder) = (format!("of-{results}.json"), format!("of-{results}-results"));
        let report = |format: &str| {
            let words = [self.launchway.as_str(), "fleet", "report", &plan, "--results", &folder, "--format", format];
            (0..ROUNDS).map(|_| self.run(&words)).collect::<Result<Vec<_>>>().map(|costs| measure::median(&costs))
        };
        Ok(Reports { results, text: report("text")?, page: report("html")? })
    }
}

/// Writes what one repository takes, and campaigns with their reports, as tables.
#[must_use]
pub fn table(one: &OneRepository, campaigns: &[(Campaign, Reports)]) -> String {
    let mut text =
        "| one repository of 77 files, of which 24 change | processor, ms | × less |\n|---|---:|---:|\n".to_owned();
    let cloned = one.cloned.processor;
    for (what, processor) in [
        ("clone, `update`, commit, push", cloned),
        ("`fleet work`, this repository alone", one.alone.processor),
        ("`fleet work`, each further repository", one.further),
    ] {
        let _ = writeln!(text, "| {what} | {processor:.0} | {:.1} |", cloned / processor);
    }
    text.push_str("\n| repositories | `fleet plan`, s | `fleet work --jobs 2`, s | processor of the work, s | for each, ms | memory, MiB | report as text, s | as a page, s |\n");
    text.push_str("|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (campaign, reports) in campaigns {
        let Campaign { repositories, plan, work } = campaign;
        let _ = writeln!(
            text,
            "| {repositories} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.2} | {:.2} |",
            plan.wall / 1e3,
            work.wall / 1e3,
            work.processor / 1e3,
            work.processor / f64::from(*repositories),
            work.memory,
            reports.text.wall / 1e3,
            reports.page.wall / 1e3,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_compare_processor_time() {
        let cost = |processor| Cost { processor, wall: 1_000.0, memory: 20.0 };
        let one = OneRepository { alone: cost(60.0), further: 30.0, cloned: cost(300.0) };
        let campaign = Campaign { repositories: 100, plan: cost(1.0), work: cost(5_000.0) };
        let text = table(&one, &[(campaign, Reports { results: 100, text: cost(1.0), page: cost(1.0) })]);
        assert!(text.contains("| `fleet work`, this repository alone | 60 | 5.0 |\n"), "{text}");
        assert!(text.contains("| 100 | 1.0 | 1.0 | 5.0 | 50.0 | 20 | 1.00 | 1.00 |\n"), "{text}");
    }
}
