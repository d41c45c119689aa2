//! The oracle: looks at what an update left, and says what became of both changes. It knows no tool.

use crate::tree::{self, File, Tree};

use super::history::{History, Mark};

/// A project at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The files that are not the tool's own.
    pub files: Tree,
    /// The tool's own files.
    pub records: Tree,
    /// What git's index holds of files with conflicts, as `path:stage`.
    pub stages: Tree,
    /// The version of the template that the record names.
    pub recorded: String,
}

/// What was seen of an update.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The project before.
    pub before: Snapshot,
    /// The project after.
    pub after: Snapshot,
    /// All that git's objects hold, one after the other.
    pub objects: Vec<u8>,
    /// The exit code, if a signal did not end the tool.
    pub code: Option<i32>,
    /// What the tool printed.
    pub output: String,
    /// Whether an update that had nothing to do changed something.
    pub is_repeated_with_changes: bool,
    /// What is not as it was after the line that the tool printed to take the update back; nothing if it printed none.
    pub not_taken_back: Vec<String>,
    /// A secret that no file of the project may hold.
    pub token: Option<&'static str>,
}

/// What became of the two changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Both are where a careful person would have put them.
    Merged,
    /// Both are there, and git or markers show that they meet.
    Conflict,
    /// Both are there, one of them in a `.rej` file.
    Rejected,
    /// Both are there, but somebody has to choose, and nothing shows it.
    Unmarked,
    /// The tool stopped and changed nothing.
    Stopped,
    /// Both are there, but a file that was to be healed is as it was.
    NotHealed,
    /// The secret stands in the tool's record.
    SecretKept,
    /// Both are there, but not as they should be, and nothing shows it.
    Misplaced,
    /// The template's change is not there.
    TemplateLost,
    /// The team's change is not there, but git has it.
    TeamLost,
    /// The team's change is not there, and git has never had it.
    TeamGone,
}

/// What the oracle says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What became of the changes.
    pub fate: Fate,
    /// The exit code of the tool.
    pub code: Option<i32>,
    /// Whether the tool said that something is left to do, by its exit code or in words.
    pub is_said: bool,
    /// Whether the record names the new version.
    pub is_recorded: bool,
}

impl Verdict {
    /// Tells whether someone lost something, or had it misplaced.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.fate >= Fate::SecretKept
    }
}

/// Judges an update.
#[must_use]
pub fn judge(history: &History, observed: &Observed) -> Verdict {
    let is_said = observed.code != Some(0) || says(history, &observed.output);
    let is_recorded = observed.before.recorded != observed.after.recorded;
    Verdict { fate: fate(history, observed), code: observed.code, is_said, is_recorded }
}

fn fate(history: &History, observed: &Observed) -> Fate {
    let Observed { before, after, .. } = observed;
    if holds_token(observed) {
        return Fate::SecretKept;
    }
    if observed.code != Some(0)
        && before.files == after.files
        && after.stages.is_empty()
        && before.recorded == after.recorded
    {
        return Fate::Stopped;
    }
    let is_right = history.is_mergeable() && is_right(history, after) && after.stages.is_empty();
    if is_right && !observed.is_repeated_with_changes {
        return Fate::Merged;
    }
    if !is_there(&history.team, after) {
        return if is_in(&history.team, &observed.objects) { Fate::TeamLost } else { Fate::TeamGone };
    }
    if !is_there(&history.template, after) {
        return Fate::TemplateLost;
    }
    if !after.stages.is_empty() || after.files.values().any(has_markers) {
        return Fate::Conflict;
    }
    if after.files.keys().any(|path| is_rejection(path)) {
        return Fate::Rejected;
    }
    let drifted = history.setting.heal.is_some_and(|path| before.files.get(path) == after.files.get(path));
    match (drifted, history.is_mergeable()) {
        (true, _) => Fate::NotHealed,
        (false, true) => Fate::Misplaced,
        (false, false) => Fate::Unmarked,
    }
}

fn holds_token(observed: &Observed) -> bool {
    let Some(token) = observed.token else { return false };
    observed
        .before
        .records
        .values()
        .chain(observed.after.records.values())
        .any(|file| contains(&file.bytes, token.as_bytes()))
}

/// Whether the files are as a careful person would leave them, apart from line ends that git converts.
fn is_right(history: &History, after: &Snapshot) -> bool {
    let converts = history.setting.converts_line_ends();
    let seen = |path: &String| {
        let mut file = after.files.get(path)?.clone();
        if converts {
            file.bytes.retain(|byte| *byte != b'\r');
        }
        Some((path.clone(), file))
    };
    let seen: Tree = history.right.keys().filter_map(seen).collect();
    let is_absent = |path: &&str| !after.files.contains_key(*path);
    tree::differences(&history.right, &seen).is_empty()
        && history.right_absent.iter().all(is_absent)
        && !after.files.keys().any(|path| is_rejection(path))
}

/// Whether a change is in the project, in whatever file, or among what git shows as a conflict.
fn is_there(mark: &Mark, snapshot: &Snapshot) -> bool {
    let is_unmerged =
        |path: &str| snapshot.stages.keys().any(|stage| stage.rsplit_once(':').is_some_and(|(of, _)| of == path));
    match mark {
        Mark::Bytes(bytes) => {
            snapshot.files.values().chain(snapshot.stages.values()).any(|file| contains(&file.bytes, bytes))
        }
        Mark::Absent(path) => !snapshot.files.contains_key(*path) || is_unmerged(path),
        Mark::Executable(path) => snapshot.files.get(*path).is_some_and(|file| file.executable) || is_unmerged(path),
    }
}

/// Whether git's objects hold a change; what is not bytes is in the commit that was made before.
fn is_in(mark: &Mark, objects: &[u8]) -> bool {
    match mark {
        Mark::Bytes(bytes) => contains(objects, bytes),
        Mark::Absent(_) | Mark::Executable(_) => true,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

fn has_markers(file: &File) -> bool {
    file.bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< "))
}

fn is_rejection(path: &str) -> bool {
    path.strip_suffix(".rej").is_some()
}

/// Whether a line of the output names a file of the history together with a word for what is left to do.
fn says(history: &History, output: &str) -> bool {
    let paths = history.first.files.keys().chain(history.second.files.keys());
    let names: Vec<_> = paths.filter_map(|path| path.rsplit('/').next()).collect();
    let words = ["conflict", "reject", "not apply", "failed", "error", "overwrit", "kept"];
    output.to_lowercase().lines().any(|line| {
        words.iter().any(|word| line.contains(word)) && names.iter().any(|name| line.contains(&name.to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::history::{Edit, text};
    use super::*;

    /// The team changes line `b`, the template line `d`.
    fn history() -> History {
        History::new("", "")
            .was("list", "a\nb\nc\nd\n")
            .is("list", "a\nb\nc\nD\n")
            .team_commits(Edit::replace("list", "b", "B"))
            .becomes("list", "a\nB\nc\nD\n")
            .marks(text("B"), text("D"))
    }

    fn files(list: &[(&str, &str)]) -> Tree {
        let file = |text: &str| File { executable: false, bytes: text.into() };
        list.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect()
    }

    /// An update with exit code 0 and without a word, after which the files read so.
    fn left(list: &[(&str, &str)]) -> Observed {
        let before =
            Snapshot { files: files(&[("list", "a\nB\nc\nd\n")]), recorded: "1".into(), ..Snapshot::default() };
        let after = Snapshot { files: files(list), recorded: "2".into(), ..Snapshot::default() };
        Observed { before, after, objects: b"a\nB\nc\nd\n".to_vec(), code: Some(0), ..Observed::default() }
    }

    fn fate(observed: &Observed) -> Fate {
        judge(&history(), observed).fate
    }

    #[test]
    fn only_both_changes_in_their_places_are_a_merge() {
        assert_eq!(fate(&left(&[("list", "a\nB\nc\nD\n")])), Fate::Merged);
        assert_eq!(fate(&left(&[("list", "B\nb\nc\nD\n")])), Fate::Misplaced);
        assert_eq!(fate(&left(&[("list", "a\nB\nc\nd\n")])), Fate::TemplateLost);
        assert_eq!(fate(&left(&[("list", "a\nb\nc\nD\n")])), Fate::TeamLost);
        assert_eq!(fate(&left(&[])), Fate::TeamLost);
    }

    #[test]
    fn an_edit_that_git_has_never_had_is_lost_for_good() {
        let observed = Observed { objects: Vec::new(), ..left(&[("list", "a\nb\nc\nD\n")]) };
        assert_eq!(fate(&observed), Fate::TeamGone);
    }

    #[test]
    fn a_conflict_is_one_that_markers_the_index_or_a_file_beside_it_show() {
        let marked = "a\n<<<<<<< ours\nB\n=======\nb\n>>>>>>> theirs\nc\nD\n";
        assert_eq!(fate(&left(&[("list", marked)])), Fate::Conflict);
        assert_eq!(fate(&left(&[("list", "a\nb\nc\nD\n"), ("list.rej", "+B\n")])), Fate::Rejected);
        let mut observed = left(&[("list", "a\nB\nc\nd\n")]);
        observed.after.stages = files(&[("list:2", "a\nB\nc\nd\n"), ("list:3", "a\nb\nc\nD\n")]);
        assert_eq!(fate(&observed), Fate::Conflict);
    }

    #[test]
    fn a_tool_has_stopped_only_if_it_changed_nothing() {
        let mut observed = left(&[("list", "a\nB\nc\nd\n")]);
        observed.code = Some(1);
        assert_eq!(fate(&observed), Fate::TemplateLost, "the record moved");
        observed.after.recorded = "1".into();
        assert_eq!(fate(&observed), Fate::Stopped);
    }

    #[test]
    fn a_loss_is_said_by_the_exit_code_or_by_a_line_that_names_the_file() {
        let mut observed = left(&[("list", "a\nb\nc\nD\n")]);
        observed.output = "Good work! No conflicts.\nUpdated list".into();
        assert!(!judge(&history(), &observed).is_said);
        observed.output = "error: patch failed: list:2".into();
        assert!(judge(&history(), &observed).is_said);
        let observed = Observed { code: Some(1), ..left(&[]) };
        assert!(judge(&history(), &observed).is_said);
    }

    #[test]
    fn a_token_in_the_record_is_noticed() {
        let mut observed = left(&[("list", "a\nB\nc\nD\n")]);
        observed.token = Some("secret");
        assert_eq!(fate(&observed), Fate::Merged);
        observed.after.records = files(&[("record", "from: https://ada:secret@example.com/x\n")]);
        assert_eq!(fate(&observed), Fate::SecretKept);
    }

    #[test]
    fn a_second_update_that_changes_something_is_no_merge() {
        let observed = Observed { is_repeated_with_changes: true, ..left(&[("list", "a\nB\nc\nD\n")]) };
        assert_ne!(fate(&observed), Fate::Merged);
    }
}
