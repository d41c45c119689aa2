//! The check: a project's files held against what its record says of them. Nothing is rendered and nothing written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Project;
use super::waiver::{Date, Waiver};
use crate::agreement::document::{self, Format};
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Disagreement, Judge, Reported};
use crate::path::SafePath;
use crate::path::beneath::{self, Blob, NotRead};
use crate::path::root::Root;
use crate::value::Value;

/// Something that is wrong with a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// By which it can be waived: the id of the agreement, or `drifted:PATH` of a file; none of another rule.
    pub id: Option<String>,
    /// Which rule is broken.
    pub rule: Rule,
    /// What is wrong, in one line.
    pub message: String,
    /// Where: of an agreement every place, otherwise the file.
    pub places: Vec<FindingPlace>,
    /// The answers that set the values, by the id of their question.
    pub answers: Vec<(String, Value)>,
    /// The waiver of it, be it in effect or ended, once [`Waivers::mark`](super::waiver::Waivers::mark) has looked.
    pub waiver: Option<Waiver>,
}

/// The rules that a check knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A conflict of an update must be solved.
    Conflicted,
    /// A YAML, JSON, TOML or HCL file that was generated must parse.
    Unreadable,
    /// A file that agreements speak of must be there.
    Missing,
    /// Values that stand in several files must agree.
    Agreement,
    /// A file that belongs to the template must be as it was generated.
    Drifted,
}

/// A place that a finding speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingPlace {
    /// The file, below the project; none for a value that the agreement states itself.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The pointer or the pattern by which the values are found.
    pub at: Option<String>,
    /// The values that stand there.
    pub values: Vec<String>,
    /// The values that were generated there.
    pub generated: Vec<String>,
}

impl Finding {
    /// Tells whether the project accepts it today.
    #[must_use]
    pub fn is_waived(&self, today: Date) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| !waiver.has_ended(today))
    }

    /// Findings are sorted by rule and file.
    fn order(&self) -> (Rule, Option<&str>) {
        (self.rule, self.places.iter().find_map(|place| place.file.as_deref()))
    }
}

impl Rule {
    /// Returns the id of the rule, as it stands in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Conflicted => "conflicted",
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::Agreement => "agreement",
            Self::Drifted => "drifted",
        }
    }

    /// Returns what the rule says.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Conflicted => "A conflict of an update must be decided, and its marks must not stay in a file",
            Self::Unreadable => "A YAML, JSON, TOML or HCL file that was generated must parse",
            Self::Missing => "A file that agreements speak of must be there",
            Self::Agreement => "Values that stand in several files must agree",
            Self::Drifted => "A file that belongs to the template must be as it was generated",
        }
    }

    /// Tells whether it is said and fails no check: the file works, and the next update merges what was changed in it.
    #[must_use]
    pub fn is_note(self) -> bool {
        self == Self::Drifted
    }
}

/// Returns the id by which the drift of a file is waived.
#[must_use]
pub(crate) fn drift_id(path: &SafePath) -> String {
    format!("{}:{path}", Rule::Drifted.id())
}

/// Checks the files of a project, in a folder that may have changed since they were generated; `unmerged` are the files of
/// the folder of which git has more than one side. `ignores_modes` is asked whether the disk does not know which files can be
/// run, once one seems to be changed in that.
#[must_use]
pub fn check<'r>(
    root: impl Into<Root<'r>>,
    project: &Project,
    unmerged: &BTreeSet<SafePath>,
    ignores_modes: &dyn Fn() -> bool,
) -> Vec<Finding> {
    let root = root.into();
    let tree = Tree::read(root, project);
    let mut findings = conflicted(root, project);
    findings.extend(undecided(&findings, project, unmerged));
    let conflicted: BTreeSet<String> =
        findings.iter().flat_map(|it| &it.places).filter_map(|it| it.file.clone()).collect();
    findings.extend(tree.unreadable(&conflicted));
    let broken: BTreeSet<String> = findings.iter().flat_map(|it| &it.places).filter_map(|it| it.file.clone()).collect();
    findings.extend(tree.missing());
    findings.extend(tree.disagreements(&broken));
    findings.extend(tree.drifted(root, &broken, ignores_modes));
    findings.sort_by(|left, right| left.order().cmp(&right.order()));
    findings
}

/// The files of a project as they are, and as they were generated.
struct Tree<'p> {
    project: &'p Project,
    current: Texts<'p>,
    missing: BTreeSet<&'p str>,
    generated: Texts<'p>,
}

impl<'p> Tree<'p> {
    /// Reads the files that a check looks into.
    fn read(root: Root<'_>, project: &'p Project) -> Self {
        let structured = project.generated.keys().map(SafePath::as_str).filter(|path| Format::of(path).is_some());
        let is_gone = |it: &Agreement| it.files().any(|path| project.remembered.is_gone(path));
        let spoken_of = project.agreements.iter().filter(|it| !is_gone(it)).flat_map(Agreement::files);
        let paths: BTreeSet<&str> = structured.chain(spoken_of).collect();
        let mut tree =
            Self { project, current: Texts::default(), missing: BTreeSet::new(), generated: Texts::default() };
        for path in paths {
            let content = match SafePath::new(path).map(|path| root.read(&path)) {
                Ok(Ok(bytes)) if beneath::is_pointer(&bytes) => {
                    Err("it is a pointer of Git LFS, and the file itself was not fetched: `git lfs pull`".to_owned())
                }
                Ok(Ok(bytes)) => {
                    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| "it is not UTF-8 text".to_owned())
                }
                Ok(Err(NotRead::Missing)) => {
                    tree.missing.insert(path);
                    continue;
                }
                Ok(Err(not_read)) => Err(format!("it {not_read}")),
                Err(error) => Err(error.to_string()),
            };
            tree.current.add(path, content);
        }
        for (path, blob) in &project.generated {
            let text =
                std::str::from_utf8(&blob.bytes).map(Cow::Borrowed).map_err(|_| "it is not UTF-8 text".to_owned());
            tree.generated.add(path.as_str(), text);
        }
        tree
    }

    /// Finds the files that cannot be read and could be when they were generated.
    fn unreadable(&self, known: &BTreeSet<String>) -> Vec<Finding> {
        let fault = |path: &str| {
            if known.contains(path) || self.is_yours(path) || self.is_as_generated(path) {
                return None;
            }
            let text = self.current.get(path).ok()?;
            let (line, message) = if let Err(reason) = text.text() {
                (None, reason)
            } else {
                let error = text.documents(Format::of(path)?).err()?;
                (Some(error.line), format!("column {}: {}", error.column, error.message))
            };
            let generated = self.generated.get(path).ok();
            let was_readable = |text: &str| Format::of(path).is_none_or(|format| document::read(format, text).is_ok());
            if !generated.is_none_or(|generated| generated.text().is_ok_and(was_readable)) {
                return None;
            }
            let place = FindingPlace { line, ..in_file(path) };
            Some(Finding {
                id: None,
                rule: Rule::Unreadable,
                message,
                places: vec![place],
                answers: Vec::new(),
                waiver: None,
            })
        };
        self.current.paths().filter_map(fault).collect()
    }

    /// Finds the files that agreements speak of and that are gone.
    fn missing(&self) -> Vec<Finding> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for agreement in &self.project.agreements {
            let is_finding =
                |path: &&str| self.missing.contains(path) && !self.is_deleted(path) && !self.is_yours(path);
            let gone: BTreeSet<&str> = agreement.files().filter(is_finding).collect();
            for path in gone {
                *counts.entry(path).or_default() += 1;
            }
        }
        let finding = |(path, count): (&str, usize)| Finding {
            id: None,
            rule: Rule::Missing,
            message: format!(
                "{}; {count} {} cannot be checked without it",
                if self.generated.get(path).is_ok() {
                    "the file was generated and is gone"
                } else {
                    "there is no such file"
                },
                if count == 1 { "agreement" } else { "agreements" }
            ),
            places: vec![in_file(path)],
            answers: Vec::new(),
            waiver: None,
        };
        counts.into_iter().map(finding).collect()
    }

    /// Tells whether a file is what was generated: then it can be read, and the agreements among such files hold, for
    /// nothing is written of which that is not so.
    fn is_as_generated(&self, path: &str) -> bool {
        let [current, generated] = [&self.current, &self.generated].map(|texts| texts.get(path).ok()?.text().ok());
        current.is_some() && current == generated
    }

    /// Finds the agreements that do not hold, among those whose files are all there and readable.
    fn disagreements(&self, broken: &BTreeSet<String>) -> Vec<Finding> {
        let judge = Judge::new(&self.current);
        let can_be_judged = |agreement: &&Agreement| {
            agreement.files().all(|path| {
                let is_kept_away = self.is_yours(path) && !self.is_readable(path);
                !self.missing.contains(path) && !broken.contains(path) && !self.is_deleted(path) && !is_kept_away
            }) && !agreement.files().all(|path| self.is_as_generated(path))
        };
        let agreements = self.project.agreements.iter().filter(can_be_judged);
        agreements.filter_map(|agreement| judge.disagreement(agreement)).map(|it| self.disagreement(it)).collect()
    }

    /// Tells whether the user took a file away and an update has seen that; then nothing is missing.
    fn is_deleted(&self, path: &str) -> bool {
        self.project.remembered.is_gone(path)
    }

    /// Tells whether the user keeps a file out of updates; then it is the user's, whatever it looks like.
    fn is_yours(&self, path: &str) -> bool {
        SafePath::new(path).is_ok_and(|path| path.is_among(&self.project.remembered.yours))
    }

    fn is_readable(&self, path: &str) -> bool {
        let text = self.current.get(path).ok();
        text.is_some_and(|text| {
            text.text().is_ok() && Format::of(path).is_none_or(|format| text.documents(format).is_ok())
        })
    }

    fn disagreement(&self, disagreement: Disagreement) -> Finding {
        let answer = |id: &String| Some((id.clone(), self.project.answers.get(id)?.clone()));
        let place = |reported: Reported| FindingPlace {
            file: reported.reading.file().map(str::to_owned),
            line: reported.line,
            at: reported.reading.way(),
            generated: reported.reading.values(&self.generated).unwrap_or_default(),
            values: reported.values,
        };
        Finding {
            id: Some(disagreement.id),
            rule: Rule::Agreement,
            message: format!("{}: {}", disagreement.says, disagreement.fault),
            answers: disagreement.answers.iter().filter_map(answer).collect(),
            places: disagreement.places.into_iter().map(place).collect(),
            waiver: None,
        }
    }

    /// Finds the template's own files that were changed or taken away, apart from those that were found before.
    fn drifted(&self, root: Root<'_>, broken: &BTreeSet<String>, ignores_modes: &dyn Fn() -> bool) -> Vec<Finding> {
        let is_known = |path: &&SafePath| {
            broken.contains(path.as_str())
                || self.missing.contains(path.as_str())
                || self.is_deleted(path.as_str())
                || self.is_yours(path.as_str())
        };
        let drift = |path: &SafePath| match root.read_blob(path) {
            Ok(found) => self.drift(path, &found, ignores_modes),
            Err(NotRead::Missing) => Some("the file belongs to the template and is gone"),
            Err(_) => Some("the file belongs to the template and cannot be read"),
        };
        let finding = |path: &SafePath| {
            let message = drift(path)?.to_owned();
            Some(Finding {
                id: Some(drift_id(path)),
                rule: Rule::Drifted,
                message,
                places: vec![in_file(path.as_str())],
                answers: Vec::new(),
                waiver: None,
            })
        };
        self.project.managed.iter().filter(|path| !is_known(path)).filter_map(finding).collect()
    }

    /// Says how a file differs from the one that was generated, if it does.
    fn drift(&self, path: &SafePath, found: &Blob, ignores_modes: &dyn Fn() -> bool) -> Option<&'static str> {
        let generated = self.project.generated.get(path);
        let Some(generated) = generated.filter(|it| is_same_text(&it.bytes, &found.bytes)) else {
            return Some("the file belongs to the template and was changed");
        };
        if generated.executable == found.executable || ignores_modes() {
            return None;
        }
        Some(if generated.executable {
            "the file belongs to the template and cannot be run any more"
        } else {
            "the file belongs to the template and can be run, which it was not made for"
        })
    }
}

/// Finds the generated files in which the marks of a conflict were left.
fn conflicted(root: Root<'_>, project: &Project) -> Vec<Finding> {
    let is_generated = |path: &SafePath| project.generated.get(path).is_some_and(|it| conflict_in(&it.bytes).is_some());
    let finding = |path: &SafePath| {
        let line = conflict_in(&root.read(path).ok()?)?;
        if is_generated(path) {
            return None;
        }
        let place = FindingPlace { line: Some(line), ..in_file(path.as_str()) };
        let message = "a conflict of an update is not resolved yet".to_owned();
        Some(Finding {
            id: None,
            rule: Rule::Conflicted,
            message,
            places: vec![place],
            answers: Vec::new(),
            waiver: None,
        })
    };
    // The record also knows the conflicts in files that the template has given up.
    let paths: BTreeSet<&SafePath> = project.generated.keys().chain(&project.remembered.conflicts).collect();
    paths.into_iter().filter_map(finding).collect()
}

/// Finds the conflicts of an update that have left no marks: the record knows them, and git still has their sides.
fn undecided(marked: &[Finding], project: &Project, unmerged: &BTreeSet<SafePath>) -> Vec<Finding> {
    let is_marked =
        |path: &SafePath| marked.iter().flat_map(|it| &it.places).any(|it| it.file.as_deref() == Some(path.as_str()));
    let open = project.remembered.conflicts.iter().filter(|path| unmerged.contains(*path) && !is_marked(path));
    let message = "a conflict of an update is not decided yet: `git add` or `git rm` decides it";
    let finding = |path: &SafePath| Finding {
        id: None,
        rule: Rule::Conflicted,
        message: message.to_owned(),
        places: vec![in_file(path.as_str())],
        answers: Vec::new(),
        waiver: None,
    };
    open.map(finding).collect()
}

/// Tells whether a text has the marks of a conflict.
#[must_use]
pub fn has_marks(bytes: &[u8]) -> bool {
    conflict_in(bytes).is_some()
}

/// Returns the line of the first of git's marks, if all three are there.
pub(crate) fn conflict_in(bytes: &[u8]) -> Option<usize> {
    let mut first = None;
    let mut next = b"<<<<<<< ".as_slice();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if !line.starts_with(next) {
            continue;
        }
        match next {
            b"<<<<<<< " => (first, next) = (Some(number + 1), b"======="),
            b"=======" => next = b">>>>>>> ",
            _ => return first,
        }
    }
    None
}

/// Compares what a checkout on Windows may have turned.
fn is_same_text(left: &[u8], right: &[u8]) -> bool {
    let without = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
    left == right || !left.contains(&0) && without(left) == without(right)
}

fn in_file(path: &str) -> FindingPlace {
    FindingPlace { file: Some(path.to_owned()), line: None, at: None, values: Vec::new(), generated: Vec::new() }
}
