//! The record of a project, as somebody may have edited it.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use launchway_core::Project;

const RECORD: &[u8] = b"format = 2\nlaunchway = \"0.1.0\"\n[template]\nid = \"t\"\nversion = \"1.0.0\"\nsource = \"folder\"\n[answers]\nservice = \"x\"\n";

/// A record is read or refused; the first byte says which of its files the others stand in.
pub fn record(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join(".launchway");
    fs::create_dir(&record).unwrap();
    let packed = |bytes: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let empty = packed(&[0; 1024]);
    let (text, agreements, base): (&[u8], &[u8], &[u8]) = match which % 4 {
        0 => (data, b"[]", &empty),
        1 => (RECORD, data, &empty),
        2 => (RECORD, b"[]", data),
        _ => (RECORD, b"[]", &packed(data)),
    };
    fs::write(record.join("x.toml"), text).unwrap();
    fs::write(record.join("x.agreements.json"), agreements).unwrap();
    fs::write(record.join("x.base"), base).unwrap();
    match Project::open_all(folder.path()) {
        Ok(projects) => {
            for project in projects {
                // Nothing of it leads out of the folder, and reading all that it names does no harm.
                assert!(project.edits(folder.path()).iter().all(|edit| edit.after.is_none()));
                let _ = launchway_core::check(folder.path(), &project, &project.remembered.conflicts, &|| false);
            }
        }
        Err(errors) => assert!(errors.iter().all(|error| !error.to_string().is_empty())),
    }
}
