//! What a project remembers of how it was made: `.launchway/<name>.toml`, `.agreements.json` and `.base`.

use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use serde::{Serialize, Serializer};

use crate::interview::context::Context;
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::plan::{Plan, PlannedFile};
use crate::sources::catalog::CatalogOrigin;
use crate::template::Ownership;
use crate::template::Template;
use crate::template::origin::Origin;
use crate::value::{Added, Value};

/// The version of the record's format.
pub const FORMAT: u32 = 2;

/// The oldest version that is still read; it had no agreements.
pub(crate) const OLDEST_FORMAT: u32 = 1;

/// How the names of the record's files end.
pub(crate) const RECORD_ENDING: &str = "toml";
pub(crate) const AGREEMENTS_ENDING: &str = "agreements.json";
pub(crate) const BASE_ENDING: &str = "base";

#[derive(Serialize)]
struct Record<'a> {
    format: u32,
    launchway: &'static str,
    template: Origin,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    managed: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seeded: Vec<&'a str>,
    /// Those that the user took away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deleted: Vec<&'a str>,
}

impl OwnershipRecord<'_> {
    fn is_empty(&self) -> bool {
        self.managed.is_empty() && self.seeded.is_empty() && self.deleted.is_empty()
    }
}

/// Returns the path of one of the files of a project's record.
pub(crate) fn file_of(name: &str, ending: &str) -> String {
    format!("{RECORD_FOLDER}/{name}.{ending}")
}

/// Returns the files of the record. They say nothing of the machine, the user or the time.
///
/// # Panics
/// Never: the record is made of strings, numbers and lists, which TOML can hold, and the archive is in memory.
#[must_use]
pub(crate) fn files(
    template: &Template,
    context: &Context,
    plan: &Plan,
    deleted: &BTreeSet<SafePath>,
) -> [(SafePath, PlannedFile); 3] {
    let path = |ending: &str| SafePath::new(&file_of(&context.name, ending)).expect("a slug makes a safe path");
    let file = |bytes: Vec<u8>| PlannedFile { bytes: bytes.into(), executable: false, ownership: Ownership::Managed };
    // The one that names the version comes last: an update that is cut off does not claim to be done.
    [
        (path(AGREEMENTS_ENDING), file(agreements(plan).into_bytes())),
        (path(BASE_ENDING), file(archive(plan))),
        (path(RECORD_ENDING), file(text(template, context, plan, deleted).into_bytes())),
    ]
}

/// Writes the agreements as JSON, one on each line, so that a change of one is a change of its line.
fn agreements(plan: &Plan) -> String {
    let line = |agreement| serde_json::to_string(agreement).expect("texts and lists always fit into JSON");
    let lines: Vec<String> = plan.agreements.iter().map(line).collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

fn text(template: &Template, context: &Context, plan: &Plan, deleted: &BTreeSet<SafePath>) -> String {
    let owned = |wanted: Ownership| {
        let files = plan.files.iter().filter(|(_, file)| file.ownership == wanted);
        files.map(|(path, _)| path.as_str()).collect()
    };
    let record = Record {
        format: FORMAT,
        launchway: env!("CARGO_PKG_VERSION"),
        template: Origin::of(template),
        catalog: context.catalog.as_ref(),
        answers: &context.answers,
        added: &context.added,
        ownership: OwnershipRecord {
            managed: owned(Ownership::Managed),
            seeded: owned(Ownership::Seeded),
            deleted: deleted.iter().map(SafePath::as_str).collect(),
        },
    };
    let body = toml::to_string(&record).expect("strings, numbers and lists always fit into TOML");
    format!(
        "# How `launchway` made this project, so that a later version can be compared. Commit it; do not edit it.\n{body}"
    )
}

/// Keeps the answers in the order of the questions.
fn in_order<S: Serializer>(answers: &&[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(answers.iter().map(|(id, value)| (id, value)))
}

/// Packs the files exactly as they were generated: a gzipped tar without times, users or machine.
fn archive(plan: &Plan) -> Vec<u8> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    for (path, file) in &plan.files {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(if file.executable { 0o755 } else { 0o644 });
        header.set_size(file.bytes.len() as u64);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, path.as_str(), &*file.bytes).expect("memory takes every byte");
    }
    let mut gzip = archive.into_inner().expect("memory takes every byte");
    gzip.flush().expect("memory takes every byte");
    gzip.finish().expect("memory takes every byte")
}
