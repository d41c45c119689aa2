//! A history: what happened to a template and to a project made from it, told in no tool's own words.

use super::tool::Tool;
use crate::tree::{File, Tree};

/// The answer to the question `service` that every template asks.
pub const SERVICE: &str = "orders";

/// One version of a template. Its texts, but not its paths, may hold `%id%` for the answer to a question.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// The files.
    pub files: Tree,
    /// Questions other than `service`, with their defaults.
    pub questions: Vec<(&'static str, &'static str)>,
}

/// Something that the team does to its project.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// What is done to it.
    pub change: Change,
}

/// What is done to a file.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is written.
    Write(Vec<u8>),
    /// The only place that reads so is replaced.
    Replace(&'static str, &'static str),
    /// It is deleted.
    Delete,
    /// It is moved to another path.
    Move(&'static str),
    /// It may be run from now on.
    Executable,
}

impl Edit {
    /// Writes a file.
    #[must_use]
    pub fn write(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), change: Change::Write(bytes.into()) }
    }

    /// Replaces the only place of a file that reads so.
    #[must_use]
    pub fn replace(path: &str, from: &'static str, to: &'static str) -> Self {
        Self { path: path.to_owned(), change: Change::Replace(from, to) }
    }

    /// Changes a file in another way.
    #[must_use]
    pub fn of(path: &str, change: Change) -> Self {
        Self { path: path.to_owned(), change }
    }
}

/// By what one recognises a change in a project.
#[derive(Debug, Clone)]
pub enum Mark {
    /// By bytes that stand nowhere else.
    Bytes(Vec<u8>),
    /// By a file that is not there.
    Absent(&'static str),
    /// By a file that may be run.
    Executable(&'static str),
}

/// What became of the template's repository between the two versions.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// It has the first version, and the second after it.
    Kept,
    /// Someone moved the tag of the first version to this.
    TagMoved(Version),
    /// Its history was rewritten: the commit of the first version is gone.
    Rewritten,
}

/// Where and how the update runs.
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
#[derive(Debug, Clone)]
pub struct Setting {
    /// What the user's own git configuration says when the update runs, in a fresh clone of the project.
    pub git: Vec<(&'static str, &'static str)>,
    /// Whether the user has hooks for every repository, which refuse every commit.
    pub hooks: bool,
    /// Whether the project is a folder of a larger repository.
    pub subfolder: bool,
    /// Whether the clone in which the update runs has the newest commit alone, as in many CI systems.
    pub shallow: bool,
    /// Whether the project was made from a relative path, and has moved since.
    pub relative: bool,
    /// Whether the address that the project was made from holds a token.
    pub token: bool,
    /// The file of which the team wants the template's text back.
    pub heal: Option<&'static str>,
    /// How often the update runs; what it did is committed in between.
    pub updates: usize,
    /// What became of the template's repository.
    pub upstream: Upstream,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            git: Vec::new(),
            hooks: false,
            subfolder: false,
            shallow: false,
            relative: false,
            token: false,
            heal: None,
            updates: 1,
            upstream: Upstream::Kept,
        }
    }
}

impl Setting {
    /// Tells whether the user has git convert line ends.
    #[must_use]
    pub fn converts_line_ends(&self) -> bool {
        self.git.contains(&("core.autocrlf", "true"))
    }
}

/// Another way to update, where a tool's documentation names an option that may avoid a fault.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// The tool.
    pub tool: Tool,
    /// The commands, run one after the other.
    pub commands: Vec<Vec<&'static str>>,
}

/// One history.
#[derive(Debug, Clone)]
pub struct History {
    /// A short name, for the command line.
    pub id: &'static str,
    /// What happens, as the table says it.
    pub title: &'static str,
    /// The version that the project is made from.
    pub first: Version,
    /// The version that it is updated to.
    pub second: Version,
    /// What the team commits in between.
    pub committed: Vec<Edit>,
    /// What the team does after its last commit.
    pub uncommitted: Vec<Edit>,
    /// The files as a careful person would leave them, or nothing where that person has to ask: a conflict.
    pub right: Tree,
    /// Files that this person would not leave there.
    pub right_absent: Vec<&'static str>,
    /// By what one recognises the team's change.
    pub team: Mark,
    /// By what one recognises the template's change.
    pub template: Mark,
    /// Where and how the update runs.
    pub setting: Setting,
    /// Other ways to update.
    pub alternatives: Vec<Alternative>,
}

impl History {
    /// Begins a history in which nothing happens yet.
    #[must_use]
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self {
            id,
            title,
            first: Version::default(),
            second: Version::default(),
            committed: Vec::new(),
            uncommitted: Vec::new(),
            right: Tree::new(),
            right_absent: Vec::new(),
            team: Mark::Bytes(Vec::new()),
            template: Mark::Bytes(Vec::new()),
            setting: Setting::default(),
            alternatives: Vec::new(),
        }
        .file("README.md", "# %service%\n\nMade from a template.\n")
    }

    /// Adds a file that both versions have alike.
    #[must_use]
    pub fn file(self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        self.was(path, text.clone()).is(path, text)
    }

    /// Adds a file of the first version.
    #[must_use]
    pub fn was(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.first.files.insert(path.to_owned(), File { executable: false, bytes: text.into() });
        self
    }

    /// Adds a file of the second version.
    #[must_use]
    pub fn is(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.second.files.insert(path.to_owned(), File { executable: false, bytes: text.into() });
        self
    }

    /// Takes a file out of the second version.
    #[must_use]
    pub fn is_gone(mut self, path: &str) -> Self {
        self.second.files.remove(path);
        self
    }

    /// Adds something that the team commits.
    #[must_use]
    pub fn team_commits(mut self, edit: Edit) -> Self {
        self.committed.push(edit);
        self
    }

    /// Adds something that the team does not commit.
    #[must_use]
    pub fn team_keeps(mut self, edit: Edit) -> Self {
        self.uncommitted.push(edit);
        self
    }

    /// Makes a file of the second version one that may be run.
    #[must_use]
    pub fn is_executable(mut self, path: &str) -> Self {
        self.second.files.get_mut(path).expect("the second version has the file").executable = true;
        self
    }

    /// Says that a careful person would make a file one that may be run.
    #[must_use]
    pub fn becomes_executable(mut self, path: &str) -> Self {
        self.right.get_mut(path).expect("what becomes of the file was said").executable = true;
        self
    }

    /// Adds a question of the second version, with its default.
    #[must_use]
    pub fn asks(mut self, id: &'static str, default: &'static str) -> Self {
        self.second.questions.push((id, default));
        self
    }

    /// Says what a careful person would make of a file.
    #[must_use]
    pub fn becomes(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.right.insert(path.to_owned(), File { executable: false, bytes: text.into() });
        self
    }

    /// Says that a careful person would leave no such file.
    #[must_use]
    pub fn becomes_absent(mut self, path: &'static str) -> Self {
        self.right_absent.push(path);
        self
    }

    /// Says by what one recognises both changes.
    #[must_use]
    pub fn marks(mut self, team: Mark, template: Mark) -> Self {
        (self.team, self.template) = (team, template);
        self
    }

    /// Says where and how the update runs.
    #[must_use]
    pub fn setting(mut self, setting: Setting) -> Self {
        self.setting = setting;
        self
    }

    /// Adds another way to update.
    #[must_use]
    pub fn also(mut self, tool: Tool, commands: &[&'static str]) -> Self {
        let commands = commands.iter().map(|line| line.split(' ').collect()).collect();
        self.alternatives.push(Alternative { tool, commands });
        self
    }

    /// Tells whether a careful person could merge it without asking.
    #[must_use]
    pub fn is_mergeable(&self) -> bool {
        !(self.right.is_empty() && self.right_absent.is_empty())
    }
}

/// Returns the mark of a text.
#[must_use]
pub fn text(text: &str) -> Mark {
    Mark::Bytes(text.into())
}

/// Returns `text` with the one place that reads `from` changed.
///
/// # Panics
///
/// When there is none, or more than one.
#[must_use]
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "`{from}` is there once in\n{text}");
    text.replace(from, to)
}
