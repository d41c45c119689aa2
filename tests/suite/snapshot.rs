//! A folder before and after: every file, link and mode in it, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What stands in a folder, by path: the mode, and the bytes of a file or the target of a link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, (u32, Vec<u8>)>);

/// Takes a snapshot of a folder with everything below it.
pub(crate) fn of(folder: &Path) -> Snapshot {
    let mut entries = BTreeMap::new();
    collect(folder, "", &mut entries);
    Snapshot(entries)
}

fn collect(folder: &Path, prefix: &str, entries: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        let metadata = path.symlink_metadata().unwrap();
        let bytes = if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if metadata.is_file() && metadata.len() < (8 << 20) {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        if metadata.is_dir() {
            collect(&path, &format!("{name}/"), entries);
        }
        entries.insert(name, (metadata.mode(), bytes));
    }
}
