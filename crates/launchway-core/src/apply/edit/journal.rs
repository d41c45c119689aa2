//! What an edit is about to do, written down before it does it, so that the next run can take it back.

use std::fmt::Write as _;

use super::swap::Identity;
use crate::path::SafePath;

const FIRST: &str = "launchway-edit 1";
const LAST: &str = "end";

/// One file that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The number under which it is staged, or moved aside.
    pub(super) number: usize,
    pub(super) path: SafePath,
    /// The file in its place from which the change was computed.
    pub(super) before: Option<Identity>,
    /// The file that was staged.
    pub(super) ours: Option<Identity>,
}

/// Everything that an edit does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) steps: Vec<Step>,
    /// The folders that are not there yet, the outermost first.
    pub(super) folders: Vec<SafePath>,
}

impl Journal {
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{FIRST}\n");
        for Step { number, path, before, ours } in &self.steps {
            let _ = writeln!(
                text,
                "file {number} {} {} {path}",
                identity_text(before.as_ref()),
                identity_text(ours.as_ref())
            );
        }
        for folder in &self.folders {
            let _ = writeln!(text, "folder {folder}");
        }
        text + LAST + "\n"
    }

    /// Reads a journal back; nothing if it was not written to its end: then nothing was done.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let mut journal = Self::default();
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next() != Some(FIRST) {
            return None;
        }
        loop {
            let line = lines.next()?;
            if line == LAST {
                return lines.next().is_none().then_some(journal);
            }
            match line.split_once(' ')? {
                ("file", rest) => journal.steps.push(step_of(rest)?),
                ("folder", path) => journal.folders.push(SafePath::new(path).ok()?),
                _ => return None,
            }
        }
    }
}

fn step_of(text: &str) -> Option<Step> {
    let mut words = text.splitn(4, ' ');
    let number = words.next()?.parse().ok()?;
    let side = |text: &str| if text == "-" { Some(None) } else { identity_of(text).map(Some) };
    let before = side(words.next()?)?;
    let ours = side(words.next()?)?;
    Some(Step { number, before, ours, path: SafePath::new(words.next()?).ok()? })
}

fn identity_text(identity: Option<&Identity>) -> String {
    let Some(Identity { inode, size, seconds, nanoseconds, mode }) = identity else { return "-".to_owned() };
    format!("{inode}:{size}:{seconds}:{nanoseconds}:{mode}")
}

fn identity_of(text: &str) -> Option<Identity> {
    let mut words = text.split(':');
    let inode = words.next()?.parse().ok()?;
    let size = words.next()?.parse().ok()?;
    let seconds = words.next()?.parse().ok()?;
    let nanoseconds = words.next()?.parse().ok()?;
    let mode = words.next()?.parse().ok()?;
    Some(Identity { inode, size, seconds, nanoseconds, mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_back_whole_or_not_at_all() {
        let identity = |inode| Some(Identity { inode, size: 2, seconds: -3, nanoseconds: 4, mode: 0o100_644 });
        let step = |number, path, before, ours| Step { number, path: SafePath::new(path).unwrap(), before, ours };
        let journal = Journal {
            steps: vec![
                step(0, "a b/c", identity(1), identity(2)),
                step(1, "d", None, identity(3)),
                step(2, "e", identity(4), None),
            ],
            folders: vec![SafePath::new("a b").unwrap()],
        };
        let text = journal.to_text();
        assert_eq!(Journal::of_text(&text), Some(journal));
        for end in 0..text.len() {
            assert_eq!(Journal::of_text(&text[..end]), None, "{end}");
        }
    }
}
