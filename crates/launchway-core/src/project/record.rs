//! What a project remembers of how it was made: `.launchway/<name>.toml`, `.agreements.json` and `.base`, and beside them
//! `.launchway/.gitattributes`, which keeps git from changing them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use flate2::Compression;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::changes::Edit;
use crate::archive::{ArchivedFile, tar_gz};
use crate::interview::context::Context;
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath::{Blob, NotRead};
use crate::path::root::Root;
use crate::plan::{Plan, PlannedFile};
use crate::sources::catalog::CatalogOrigin;
use crate::template::Ownership;
use crate::template::Template;
use crate::template::origin::Origin;
use crate::text::hexadecimal;
use crate::value::{Added, Value};

/// The version of the record's format.
pub const FORMAT: u32 = 3;

/// The oldest version that is still read; it had no agreements.
pub(crate) const OLDEST_FORMAT: u32 = 1;

/// The oldest version whose files are tied by a digest.
pub(crate) const TIED_FORMAT: u32 = 3;

/// What git is told of the record's files, whatever the attributes of the project say of all files.
pub(crate) const ATTRIBUTES: &str = "\
# Written by `launchway`: git keeps the record as it is, and never mixes two of the archives.
* -text -filter -ident !working-tree-encoding !merge !conflict-marker-size
*.base binary
";
const ATTRIBUTES_FILE: &str = ".gitattributes";

/// How the names of the record's files end.
pub(crate) const RECORD_ENDING: &str = "toml";
pub(crate) const AGREEMENTS_ENDING: &str = "agreements.json";
pub(crate) const BASE_ENDING: &str = "base";

#[derive(Serialize)]
struct Record<'a> {
    format: u32,
    launchway: &'static str,
    /// Ties this file to the two beside it: see [`digest`].
    digest: String,
    /// The answers that nobody gave.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    defaults: &'a BTreeSet<String>,
    /// Those of them that only hold the place of an answer.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    placeholders: BTreeSet<&'a str>,
    /// The files in which the last update has left a conflict.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    conflicts: &'a BTreeSet<&'a str>,
    template: &'a Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<&'a CatalogOrigin>,
    #[serde(serialize_with = "in_order")]
    answers: &'a [(String, Value)],
    #[serde(skip_serializing_if = "Added::is_empty")]
    added: &'a Added,
    #[serde(skip_serializing_if = "OwnershipRecord::is_empty")]
    ownership: OwnershipRecord<'a>,
}

/// The files that `update` does not merge.
#[derive(Serialize)]
struct OwnershipRecord<'a> {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    managed: &'a BTreeSet<&'a str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    seeded: &'a BTreeSet<&'a str>,
    /// Those that the user took away.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    deleted: &'a BTreeSet<&'a str>,
    /// Those, and the folders of those, that the user keeps out of updates.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    yours: &'a BTreeSet<&'a str>,
    /// Those that the user has moved, and where they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    moved: &'a BTreeMap<&'a str, &'a str>,
}

impl OwnershipRecord<'_> {
    fn is_empty(&self) -> bool {
        let Self { managed, seeded, deleted, yours, moved } = self;
        [managed, seeded, deleted, yours].iter().all(|files| files.is_empty()) && moved.is_empty()
    }
}

/// What became of a project's files that neither the template nor the files themselves can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The generated files that the user has deleted, as the last update found.
    pub deleted: BTreeSet<SafePath>,
    /// The files, and the folders of them, that the user keeps out of updates: see [`SafePath::is_among`].
    pub yours: BTreeSet<SafePath>,
    /// The files in which the last update has left a conflict.
    pub conflicts: BTreeSet<SafePath>,
    /// The generated files that the user has moved, with the names that they had when the last update found them.
    pub moved: BTreeMap<SafePath, SafePath>,
}

impl Remembered {
    /// Tells whether the last update has found that the user took a file away from its place.
    pub(crate) fn is_gone(&self, path: &str) -> bool {
        self.deleted.iter().chain(self.moved.keys()).any(|gone| gone.as_str() == path)
    }

    /// Returns where the moved files are, as texts.
    pub(crate) fn moves(&self) -> BTreeMap<&str, &str> {
        self.moved.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect()
    }
}

/// Returns the path of one of the files of a project's record.
pub(crate) fn file_of(name: &str, ending: &str) -> String {
    format!("{RECORD_FOLDER}/{name}.{ending}")
}

/// Orders the files of a project for writing: what names it comes last.
pub(crate) fn part_of(path: &SafePath) -> u8 {
    let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
    match (folder == RECORD_FOLDER, name.rsplit_once('.')) {
        (false, _) => 0,
        (true, Some((_, RECORD_ENDING))) => 2,
        (true, _) => 1,
    }
}

/// Returns the files of the record. They say nothing of the machine, the user or the time.
///
/// # Panics
/// Never: the record is made of strings, numbers and lists, which TOML can hold, and the archive is in memory.
#[must_use]
pub(crate) fn files(made: (&Template, &Context, &Plan), remembered: &Remembered) -> [(SafePath, PlannedFile); 3] {
    let (_, context, plan) = made;
    let path = |ending: &str| SafePath::new(&file_of(&context.name, ending)).expect("a slug makes a safe path");
    let file = |bytes: Vec<u8>| PlannedFile { bytes: bytes.into(), executable: false, ownership: Ownership::Managed };
    // The one that names the version comes last: an update that is cut off does not claim to be done.
    [
        (path(AGREEMENTS_ENDING), file(agreements(plan).into_bytes())),
        (path(BASE_ENDING), file(archive(plan))),
        (path(RECORD_ENDING), file(text(made, remembered).into_bytes())),
    ]
}

/// Writes the agreements as JSON, one on each line, so that a change of one is a change of its line.
fn agreements(plan: &Plan) -> String {
    let line = |agreement| serde_json::to_string(agreement).expect("texts and lists always fit into JSON");
    let lines: Vec<String> = plan.agreements.iter().map(line).collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// Writes the file that names the version.
pub(crate) fn text((template, context, plan): (&Template, &Context, &Plan), remembered: &Remembered) -> String {
    let owned = |wanted: Ownership| {
        let files = plan.files.iter().filter(move |(_, file)| file.ownership == wanted);
        files.map(|(path, _)| path.as_str()).collect()
    };
    let origin = Origin::of(template);
    let tied = Tied {
        template: TiedTemplate::of(&origin),
        answers: context.answers.iter().map(|(id, value)| (id.as_str(), value)).collect(),
        defaults: &context.defaults,
        added: &context.added,
        managed: owned(Ownership::Managed),
        seeded: owned(Ownership::Seeded),
        deleted: names(&remembered.deleted),
        yours: names(&remembered.yours),
        conflicts: names(&remembered.conflicts),
        moved: remembered.moves(),
    };
    let generated = plan.files.iter().map(|(path, file)| (path, &*file.bytes, file.executable));
    let record = Record {
        format: FORMAT,
        launchway: env!("CARGO_PKG_VERSION"),
        digest: digest(&tied, &agreements(plan), generated),
        defaults: &context.defaults,
        placeholders: placeholders(template, context),
        conflicts: &tied.conflicts,
        template: &origin,
        catalog: context.catalog.as_ref(),
        answers: &context.answers,
        added: &context.added,
        ownership: OwnershipRecord {
            managed: &tied.managed,
            seeded: &tied.seeded,
            deleted: &tied.deleted,
            yours: &tied.yours,
            moved: &tied.moved,
        },
    };
    let body = toml::to_string(&record).expect("strings, numbers and lists always fit into TOML");
    format!(
        "# How `launchway` made this project, so that a later version can be compared. Commit it; do not edit it.\n{body}"
    )
}

/// Returns the ids of the answers that nobody gave and that have to be replaced.
fn placeholders<'t>(template: &'t Template, context: &Context) -> BTreeSet<&'t str> {
    let questions = template.questions.iter().filter(|question| question.is_placeholder);
    questions.map(|question| question.id.as_str()).filter(|id| context.defaults.contains(*id)).collect()
}

pub(crate) fn names(paths: &BTreeSet<SafePath>) -> BTreeSet<&str> {
    paths.iter().map(SafePath::as_str).collect()
}

/// What the record says of the files beside it, in a form that two records have in common if they say the same.
#[derive(Serialize)]
pub(crate) struct Tied<'a> {
    pub(crate) template: TiedTemplate<'a>,
    pub(crate) answers: BTreeMap<&'a str, &'a Value>,
    pub(crate) defaults: &'a BTreeSet<String>,
    pub(crate) added: &'a Added,
    pub(crate) managed: BTreeSet<&'a str>,
    pub(crate) seeded: BTreeSet<&'a str>,
    pub(crate) deleted: BTreeSet<&'a str>,
    pub(crate) yours: BTreeSet<&'a str>,
    pub(crate) conflicts: BTreeSet<&'a str>,
    /// Left out where it is empty: the digest of a record in which nothing is moved does not know of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) moved: BTreeMap<&'a str, &'a str>,
}

/// The template without the way to it, which may change.
#[derive(Serialize)]
pub(crate) struct TiedTemplate<'a> {
    id: &'a str,
    version: &'a str,
    commit: Option<&'a str>,
    extends: &'a [String],
}

impl<'a> TiedTemplate<'a> {
    pub(crate) fn of(origin: &'a Origin) -> Self {
        let Origin { id, version, extends, .. } = origin;
        Self { id, version, commit: origin.commit(), extends }
    }
}

/// Returns the digest that ties the three files of a record: none of them goes with those of another update, and none was
/// merged by itself. Line ends, and how the archive was packed, make no difference.
pub(crate) fn digest<'f>(
    tied: &Tied<'_>,
    agreements: &str,
    generated: impl Iterator<Item = (&'f SafePath, &'f [u8], bool)>,
) -> String {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(bytes);
    };
    part(&serde_json::to_vec(tied).expect("texts and lists always fit into JSON"));
    part(agreements.replace('\r', "").as_bytes());
    for (path, bytes, executable) in generated {
        part(path.as_str().as_bytes());
        part(&[u8::from(executable)]);
        part(bytes);
    }
    named(&digest.finalize())
}

/// Writes a SHA-256 with its name before it.
pub(super) fn named(digest: &[u8]) -> String {
    format!("sha256:{}", hexadecimal(digest))
}

/// Returns the file that a new project has so that git leaves the record as it is.
pub(crate) fn new_attributes() -> (SafePath, PlannedFile) {
    let bytes = ATTRIBUTES.as_bytes().into();
    (attributes_path(), PlannedFile { bytes, executable: false, ownership: Ownership::Managed })
}

fn attributes_path() -> SafePath {
    SafePath::new(&format!("{RECORD_FOLDER}/{ATTRIBUTES_FILE}")).expect("the path is a safe one")
}

/// Returns what a folder needs so that git leaves the record as it is, if it does not have it: what stands there stays, and
/// the program's lines come last, where they win.
pub(crate) fn attributes(root: Root<'_>) -> Result<Option<Edit>, (SafePath, NotRead)> {
    let path = attributes_path();
    let before = match root.read_blob(&path) {
        Ok(blob) => Some(blob),
        Err(NotRead::Missing) => None,
        Err(error) => return Err((path, error)),
    };
    let there = before.as_ref().map_or(Cow::Borrowed(""), |blob| String::from_utf8_lossy(&blob.bytes));
    if there.replace('\r', "").ends_with(ATTRIBUTES) {
        return Ok(None);
    }
    let end = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
    let bytes = [before.as_ref().map_or(&[][..], |blob| &blob.bytes), end.as_bytes(), ATTRIBUTES.as_bytes()].concat();
    Ok(Some(Edit { path, before, after: Some(Blob { bytes: bytes.into(), executable: false }) }))
}

/// Keeps the answers in the order of the questions.
fn in_order<S: Serializer>(answers: &&[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(answers.iter().map(|(id, value)| (id, value)))
}

/// Packs the files exactly as they were generated: a gzipped tar without times, users or machine.
fn archive(plan: &Plan) -> Vec<u8> {
    let files = plan.files.iter().map(|(path, file)| ArchivedFile {
        path: path.as_str(),
        bytes: &file.bytes,
        executable: file.executable,
    });
    tar_gz(files, 0, Compression::fast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_record_stand_in_its_folder_under_the_name_of_the_project() {
        let files = ["toml", "base"].map(|ending| file_of("orders", ending));
        assert_eq!(files, [".launchway/orders.toml", ".launchway/orders.base"]);
        let parts = ["src/main.rs", "a.launchway/orders.toml"].into_iter().chain(files.iter().map(String::as_str));
        let parts: Vec<u8> = parts.map(|path| part_of(&SafePath::new(path).unwrap())).collect();
        assert_eq!(parts, [0, 0, 2, 1], "what names the version comes last");
    }

    #[test]
    fn the_names_of_paths_are_the_paths() {
        let paths: BTreeSet<SafePath> = ["b/c", "a"].into_iter().map(|path| SafePath::new(path).unwrap()).collect();
        assert_eq!(names(&paths).into_iter().collect::<Vec<_>>(), ["a", "b/c"]);
        assert!(names(&BTreeSet::new()).is_empty());
    }
}
