//! Waivers: agreements that a project breaks on purpose, and files of the template that it has changed on purpose, each with a reason,
//! in `.launchway/<name>.waivers`.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use toml_edit::{DocumentMut, Item, Table};

use super::Project;
use super::changes::Edit;
use super::check::{Finding, conflict_in, drift_id};
use crate::language::problem::nearest;
use crate::path::beneath::{self, Blob, NotRead};
use crate::path::{RECORD_FOLDER, SafePath};
use crate::text::line_and_column;

/// How the name of the file ends. It is none of the record's: an update never touches it.
const ENDING: &str = "waivers";

const HEAD: &str = "\
# What this project does otherwise on purpose, in TOML. `launchway check` lists it every time.
# `launchway waive` writes this file, and no update touches it.
";

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// An agreement that may be broken, or a file of the template that may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The id of the agreement, or `drifted:PATH` of the file.
    pub id: String,
    /// Why.
    pub because: String,
    /// The last day; without one it does not end by itself.
    pub until: Option<Date>,
}

/// What a waiver does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverState {
    /// Something is found, and that is accepted.
    InEffect,
    /// Nothing is found.
    Idle,
    /// Its last day has passed.
    Ended,
    /// Neither an agreement of the project nor a file of the template has its id.
    Unknown,
}

/// The waivers of one project, as its file has them.
#[derive(Debug, Clone)]
pub struct Waivers {
    path: SafePath,
    text: String,
    before: Option<Blob>,
    list: Vec<Waiver>,
}

/// Why a waiver is not accepted, or a file of them cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WaiverError {
    #[error("`{file}:{line}`: a conflict is left in it")]
    Conflicted { file: String, line: usize },
    #[error("`{file}:{line}`: {reason}")]
    Unreadable { file: String, line: usize, reason: String },
    #[error("nothing of `{project}` can be waived by the id `{id}`")]
    UnknownId { project: String, id: String, nearest: Option<String> },
    #[error("a waiver needs a reason")]
    NoReason,
    #[error("`{0}` is not a date")]
    NoDate(String),
    #[error("the date {0} has passed")]
    PastDate(Date),
    #[error("`{0}` is not waived")]
    NotWaived(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    waiver: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    because: Spanned<String>,
    until: Option<Spanned<Datetime>>,
}

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// The text is no day of the calendar in that form.
    pub fn parse(text: &str) -> Result<Self, WaiverError> {
        let no_date = || WaiverError::NoDate(text.to_owned());
        Self::of(&text.parse::<Datetime>().map_err(|_| no_date())?).ok_or_else(no_date)
    }

    /// Returns the day that comes so many days after 1970-01-01, by the Gregorian calendar.
    #[must_use]
    pub fn after_1970(days: u64) -> Self {
        let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (mut year, mut rest) = (1970_u64, days);
        // Four hundred years always have as many days.
        year += 400 * (rest / 146_097);
        rest %= 146_097;
        while rest >= if is_leap(year) { 366 } else { 365 } {
            rest -= if is_leap(year) { 366 } else { 365 };
            year += 1;
        }
        let february = if is_leap(year) { 29 } else { 28 };
        let mut month = 1_u8;
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            if rest < length {
                break;
            }
            rest -= length;
            month += 1;
        }
        Self { year: u16::try_from(year).unwrap_or(u16::MAX), month, day: u8::try_from(rest + 1).unwrap_or(1) }
    }

    /// Takes the day of a date that has no time.
    fn of(moment: &Datetime) -> Option<Self> {
        let date = moment.date.filter(|_| moment.time.is_none() && moment.offset.is_none())?;
        Some(Self { year: date.year, month: date.month, day: date.day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Waiver {
    /// Makes a waiver of an agreement of a project.
    ///
    /// # Errors
    /// Nothing has the id, the reason is empty, or the last day is before `today`.
    pub fn new(
        project: &Project,
        id: &str,
        because: &str,
        until: Option<Date>,
        today: Date,
    ) -> Result<Self, WaiverError> {
        let ids = waivable(project);
        if !ids.iter().any(|known| known == id) {
            let nearest = nearest(id, ids.iter().map(String::as_str)).map(str::to_owned);
            return Err(WaiverError::UnknownId { project: project.name.clone(), id: id.to_owned(), nearest });
        }
        let because = because.split_whitespace().collect::<Vec<_>>().join(" ");
        if because.is_empty() {
            return Err(WaiverError::NoReason);
        }
        match until.filter(|until| *until < today) {
            Some(passed) => Err(WaiverError::PastDate(passed)),
            None => Ok(Self { id: id.to_owned(), because, until }),
        }
    }

    /// Tells whether its last day has passed.
    #[must_use]
    pub fn has_ended(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

impl Waivers {
    /// Reads the waivers of a project; without a file there are none.
    ///
    /// # Errors
    /// The file is not as `launchway waive` writes it.
    pub fn read(root: &Path, project: &str) -> Result<Self, WaiverError> {
        let file = format!("{RECORD_FOLDER}/{project}.{ENDING}");
        let unreadable = |line: usize, reason: String| WaiverError::Unreadable { file: file.clone(), line, reason };
        let path = SafePath::new(&file).map_err(|error| unreadable(1, error.to_string()))?;
        let blob = match beneath::read_blob(root, &path) {
            Ok(blob) => blob,
            Err(NotRead::Missing) => {
                return Ok(Self { path, text: String::new(), before: None, list: Vec::new() });
            }
            Err(error) => return Err(unreadable(1, error.to_string())),
        };
        if let Some(line) = conflict_in(&blob.bytes) {
            return Err(WaiverError::Conflicted { file, line });
        }
        let text =
            String::from_utf8(blob.bytes.to_vec()).map_err(|_| unreadable(1, "it is not UTF-8 text".to_owned()))?;
        let list = parsed(&text).map_err(|(line, reason)| unreadable(line, reason))?;
        Ok(Self { path, text, before: Some(blob), list })
    }

    /// Returns the waivers, in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Waiver] {
        &self.list
    }

    /// Returns the path of the file below the project.
    #[must_use]
    pub fn path(&self) -> &SafePath {
        &self.path
    }

    /// Returns the change that adds a waiver, in the place of one of the same id.
    ///
    /// # Errors
    /// The file cannot be edited.
    pub fn with(&self, waiver: &Waiver) -> Result<Edit, WaiverError> {
        let mut entry = Table::new();
        entry.insert("id", toml_edit::value(&waiver.id));
        entry.insert("because", toml_edit::value(&waiver.because));
        if let Some(until) = waiver.until.and_then(|until| until.to_string().parse::<toml_edit::Datetime>().ok()) {
            entry.insert("until", toml_edit::value(until));
        }
        self.edited(&waiver.id, Some(entry))
    }

    /// Returns the change that takes a waiver away.
    ///
    /// # Errors
    /// There is none of that id, or the file cannot be edited.
    pub fn without(&self, id: &str) -> Result<Edit, WaiverError> {
        if self.list.iter().any(|waiver| waiver.id == id) {
            self.edited(id, None)
        } else {
            Err(WaiverError::NotWaived(id.to_owned()))
        }
    }

    /// Edits the text, so that what somebody wrote beside it stays.
    fn edited(&self, id: &str, entry: Option<Table>) -> Result<Edit, WaiverError> {
        let fault = |reason: String| WaiverError::Unreadable { file: self.path.to_string(), line: 1, reason };
        let mut document: DocumentMut =
            self.text.parse().map_err(|error: toml_edit::TomlError| fault(error.message().to_owned()))?;
        let list = document.entry("waiver").or_insert_with(|| Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
        let Some(list) = list.as_array_of_tables_mut() else {
            return Err(fault("waivers belong in `[[waiver]]` tables".to_owned()));
        };
        let is_of_id = |table: &Table| table.get("id").and_then(Item::as_str) == Some(id);
        let position = list.iter().position(is_of_id);
        match (position, entry) {
            (Some(position), Some(entry)) => {
                if let Some(table) = list.get_mut(position) {
                    let decor = table.decor().clone();
                    *table = entry;
                    *table.decor_mut() = decor;
                }
            }
            (Some(position), None) => {
                let head = list.get(0).filter(|_| position == 0).map(|table| table.decor().clone());
                list.remove(position);
                // What stands above the first waiver is about all of them.
                if let Some((head, first)) = head.zip(list.get_mut(0)) {
                    *first.decor_mut() = head;
                }
            }
            (None, Some(entry)) => list.push(entry),
            (None, None) => {}
        }
        let is_needed = !document["waiver"].as_array_of_tables().is_none_or(toml_edit::ArrayOfTables::is_empty);
        let head = if self.before.is_none() { format!("{HEAD}\n") } else { String::new() };
        let text = format!("{head}{document}");
        let after = is_needed.then(|| Blob { bytes: text.into_bytes().into(), executable: false });
        Ok(Edit { path: self.path.clone(), before: self.before.clone(), after })
    }

    /// Marks the findings that are waived, or were until a day that has passed.
    pub fn mark(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.waiver = self.list.iter().find(|waiver| Some(&waiver.id) == finding.id.as_ref()).cloned();
        }
    }

    /// Tells what each waiver does now, after the findings were marked.
    #[must_use]
    pub fn states(&self, project: &Project, findings: &[Finding], today: Date) -> Vec<(Waiver, WaiverState)> {
        let known = waivable(project);
        let state = |waiver: &Waiver| {
            if waiver.has_ended(today) {
                WaiverState::Ended
            } else if findings.iter().any(|finding| finding.id.as_ref() == Some(&waiver.id)) {
                WaiverState::InEffect
            } else if known.contains(&waiver.id) {
                WaiverState::Idle
            } else {
                WaiverState::Unknown
            }
        };
        self.list.iter().map(|waiver| (waiver.clone(), state(waiver))).collect()
    }
}

/// Returns the ids by which something of a project can be waived: its agreements, and the drift of the template's own files.
#[must_use]
pub fn waivable(project: &Project) -> Vec<String> {
    let agreements = project.agreements.iter().map(|agreement| agreement.id.clone());
    agreements.chain(project.managed.iter().map(drift_id)).collect()
}

impl WaiverState {
    /// Returns the word for it in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::InEffect => "in-effect",
            Self::Idle => "idle",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

/// Reads the file; the error has its line.
fn parsed(text: &str) -> Result<Vec<Waiver>, (usize, String)> {
    let line = |offset: usize| line_and_column(text, offset).0;
    let file: File = toml::from_str(text)
        .map_err(|error| (line(error.span().map_or(0, |span| span.start)), error.message().replace('\n', ", ")))?;
    let mut list: Vec<Waiver> = Vec::new();
    for Entry { id, because, until } in file.waiver {
        if because.get_ref().trim().is_empty() {
            return Err((line(because.span().start), WaiverError::NoReason.to_string()));
        }
        if list.iter().any(|waiver| waiver.id == *id.get_ref()) {
            return Err((line(id.span().start), format!("`{}` is waived twice", id.get_ref())));
        }
        let day = |until: Spanned<Datetime>| {
            let fault = (line(until.span().start), WaiverError::NoDate(until.get_ref().to_string()).to_string());
            Date::of(until.get_ref()).ok_or(fault)
        };
        let until = until.map(day).transpose()?;
        list.push(Waiver { id: id.into_inner(), because: because.into_inner(), until });
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_day_is_counted_from_1970_and_read_in_one_form() {
        for (days, text) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_453, "2025-12-31"),
            (20_454, "2026-01-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::after_1970(days).to_string(), text);
            assert_eq!(date(text), Date::after_1970(days));
        }
        for text in ["", "2026-2-1", "2026-02-30", "2026-13-01", "2026-01-01T00:00:00", "tomorrow"] {
            assert_eq!(Date::parse(text), Err(WaiverError::NoDate(text.to_owned())), "{text}");
        }
        assert!(date("2026-09-30") < date("2026-10-01"));
    }

    fn waivers(text: &str) -> Waivers {
        let path = SafePath::new(".launchway/orders.waivers").unwrap();
        let blob = Blob { bytes: text.to_owned().into_bytes().into(), executable: false };
        let before = Some(blob).filter(|_| !text.is_empty());
        Waivers { path, text: text.to_owned(), before, list: parsed(text).unwrap() }
    }

    fn text(edit: &Edit) -> String {
        String::from_utf8(edit.after.clone().unwrap().bytes.into_owned()).unwrap()
    }

    #[test]
    fn a_waiver_is_added_changed_and_taken_away_and_what_stands_beside_it_stays() {
        let waiver =
            |because: &str| Waiver { id: "port".into(), because: because.into(), until: Some(date("2027-06-30")) };
        let first = text(&waivers("").with(&waiver("A \"proxy\"")).unwrap());
        let expected = format!("{HEAD}\n[[waiver]]\nid = \"port\"\nbecause = 'A \"proxy\"'\nuntil = 2027-06-30\n");
        assert_eq!(first, expected);
        assert_eq!(waivers(&first).list(), [waiver("A \"proxy\"")]);
        let noted = first.replace("[[waiver]]", "# Asked by the platform team.\n[[waiver]]");
        let changed = text(&waivers(&noted).with(&Waiver { until: None, ..waiver("B") }).unwrap());
        assert!(
            changed.contains("# Asked by the platform team.\n[[waiver]]\nid = \"port\"\nbecause = \"B\"\n"),
            "{changed}"
        );
        assert!(!changed.contains("until"), "{changed}");
        assert_eq!(waivers(&changed).without("port").unwrap().after, None);
        assert_eq!(waivers(&changed).without("prt").unwrap_err(), WaiverError::NotWaived("prt".into()));
    }

    #[test]
    fn what_is_wrong_with_a_file_of_waivers_is_said_with_its_line() {
        for (text, line, message) in [
            ("[[waiver]]\nid = \"a\"\n", 1, "missing field `because`"),
            ("[[waiver]]\nid = \"a\"\nbecause = \" \"\n", 3, "a waiver needs a reason"),
            ("[[waiver]]\nid = \"a\"\nbecause = \"b\"\nuntil = \"soon\"\n", 4, "invalid type"),
            ("[[waiver]]\nid = \"a\"\nbecause = \"b\"\nuntil = 2027-01-01T00:00:00Z\n", 4, "is not a date"),
            ("[[waiver]]\nid = \"a\"\nbecause = \"b\"\nzzz = 1\n", 4, "unknown field `zzz`"),
            ("[[waiver]]\nid = \"a\"\nbecause = \"b\"\n[[waiver]]\nid = \"a\"\nbecause = \"c\"\n", 5, "waived twice"),
            ("x", 1, ""),
        ] {
            let (found, reason) = parsed(text).unwrap_err();
            assert!(found == line && reason.contains(message), "{text}: {found}: {reason}");
        }
    }

    #[test]
    fn a_waiver_ends_after_its_last_day() {
        let waiver = Waiver { id: "a".into(), because: "b".into(), until: Some(date("2026-06-30")) };
        assert!(!waiver.has_ended(date("2026-06-30")) && waiver.has_ended(date("2026-07-01")));
        assert!(!Waiver { until: None, ..waiver }.has_ended(date("9999-12-31")));
    }
}
