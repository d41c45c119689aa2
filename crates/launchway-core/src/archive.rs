//! Files packed into one: the same files give the same bytes, whoever packs them, wherever and whenever.

use std::io::{self, Write as _};
use std::path::Path;

use flate2::write::DeflateEncoder;
use flate2::{Compression, GzBuilder};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// A file of an archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchivedFile<'a> {
    /// Where it stands, with a `/` between folders.
    pub path: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
    /// Whether it can be run.
    pub executable: bool,
}

impl ArchivedFile<'_> {
    const fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
}

/// How files are packed into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// A zip, which every desktop opens.
    Zip,
    /// A gzipped tar.
    TarGz,
}

/// When every file of an archive was changed last, in seconds since 1970: the first second that a zip can name.
const CHANGED: u32 = 315_532_800;

impl ArchiveFormat {
    /// The endings of names, and what they stand for.
    pub const ENDINGS: [(&'static str, Self); 3] =
        [(".zip", Self::Zip), (".tar.gz", Self::TarGz), (".tgz", Self::TarGz)];

    /// Returns the format that the name of a file ends with.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        let name = file.file_name()?.to_str()?.to_ascii_lowercase();
        let is_named = |(ending, _): &&(&str, Self)| name.len() > ending.len() && name.ends_with(ending);
        Self::ENDINGS.iter().find(is_named).map(|(_, format)| *format)
    }

    /// Packs files in the order in which they are given.
    #[must_use]
    pub fn pack<'a>(self, files: impl IntoIterator<Item = ArchivedFile<'a>>) -> Vec<u8> {
        match self {
            Self::Zip => zip(files).expect("memory takes every byte, and the paths are short"),
            Self::TarGz => tar_gz(files, CHANGED, Compression::default()),
        }
    }
}

fn zip<'a>(files: impl IntoIterator<Item = ArchivedFile<'a>>) -> Result<Vec<u8>, rawzip::Error> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for file in files {
        let entry = archive.new_file(file.path).compression_method(CompressionMethod::DEFLATE);
        let entry = entry.unix_permissions(file.mode()).last_modified(UtcDateTime::from_unix(CHANGED.into()));
        let (mut entry, config) = entry.start()?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
        writer.write_all(file.bytes)?;
        let (encoder, descriptor) = writer.finish()?;
        encoder.finish()?;
        entry.finish(descriptor)?;
    }
    archive.finish()
}

/// Packs files into a gzipped tar without users or machine.
pub(crate) fn tar_gz<'a>(
    files: impl IntoIterator<Item = ArchivedFile<'a>>,
    changed: u32,
    compression: Compression,
) -> Vec<u8> {
    let pack = || -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), compression));
        for file in files {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(file.mode());
            header.set_size(file.bytes.len() as u64);
            header.set_mtime(changed.into());
            header.set_uid(0);
            header.set_gid(0);
            archive.append_data(&mut header, file.path, file.bytes)?;
        }
        let mut gzip = archive.into_inner()?;
        gzip.flush()?;
        gzip.finish()
    };
    pack().expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_is_its_format() {
        let of = |name: &str| ArchiveFormat::of(Path::new(name));
        assert_eq!(of("a/orders.zip"), Some(ArchiveFormat::Zip));
        assert_eq!(of("orders.tar.gz"), Some(ArchiveFormat::TarGz));
        assert_eq!(of("ORDERS.TGZ"), Some(ArchiveFormat::TarGz));
        for name in ["orders", "orders.gz", "orders.tar", ".zip", "zip", "a.zip/b", "/"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (long, large) = ("a/".repeat(90) + "b", vec![b'a'; 70_000]);
        let file = |path, bytes| ArchivedFile { path, bytes, executable: false };
        let files = [file("empty", b""), file("run", b"#!/bin/sh\n"), file(&long, &large)];
        for (_, format) in ArchiveFormat::ENDINGS {
            let packed = format.pack(files);
            assert_eq!(packed, format.pack(files));
            assert!(packed.len() < 2000, "{format:?} is packed: {}", packed.len());
        }
    }
}
