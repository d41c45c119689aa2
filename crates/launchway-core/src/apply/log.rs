//! A file to which whole lines are added, and from which none is ever taken.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::ApplyError;
use super::files::open_folder;

/// A log that this program alone writes to, until it is dropped.
#[derive(Debug)]
pub struct LineLog {
    path: PathBuf,
    file: File,
}

impl LineLog {
    /// Opens a log with the lines that are in it, and makes it if it is missing. A last line that was cut off is taken
    /// away. There is none while another program has it open.
    ///
    /// # Errors
    /// The system refused, or the log is no text.
    pub fn open(path: &Path) -> Result<Option<(Self, String)>, ApplyError> {
        let at = |error| ApplyError::Write { path: path.to_owned(), error };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(at)?;
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(at)?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        open_folder(folder)?.map_or(Ok(()), |folder| folder.sync_all()).map_err(at)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(at)?;
        let whole = whole_lines(&text).len();
        if whole < text.len() {
            file.set_len(whole as u64).map_err(at)?;
            text.truncate(whole);
        }
        file.seek(SeekFrom::End(0)).map_err(at)?;
        Ok(Some((Self { path: path.to_owned(), file }, text)))
    }

    /// Adds a line, which is on the disk when this returns.
    ///
    /// # Errors
    /// The system refused; then the log may end with a part of the line, which the next [`LineLog::open`] takes away.
    pub fn append(&mut self, line: &str) -> Result<(), ApplyError> {
        let line = format!("{line}\n");
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| ApplyError::Write { path: self.path.clone(), error })
    }
}

/// Returns a text up to its last whole line.
#[must_use]
pub fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_taken_away_and_two_programs_never_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("log");
        let (mut log, text) = LineLog::open(&path).unwrap().unwrap();
        assert_eq!(text, "");
        log.append("one").unwrap();
        assert!(LineLog::open(&path).unwrap().is_none());
        drop(log);
        fs::write(&path, "one\ntw").unwrap();
        let (mut log, text) = LineLog::open(&path).unwrap().unwrap();
        assert_eq!(text, "one\n");
        log.append("two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }
}
