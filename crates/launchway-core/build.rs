//! Packs the built-in templates, file by file, so that the program is smaller.
//!
//! `include_dir!` sees the packed files only while it expands; Cargo runs this again, and expands it again, when a template file is
//! added, changed or removed.

#![expect(clippy::disallowed_macros, reason = "Cargo reads the lines that a build script prints")]
#![expect(clippy::disallowed_methods, reason = "Cargo says in the environment where a build script writes")]

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?;
    let packed = PathBuf::from(out).join("templates");
    // What an earlier run has packed may be gone from the templates.
    if packed.exists() {
        fs::remove_dir_all(&packed)?;
    }
    pack_folder(Path::new("templates"), &packed)
}

fn pack_folder(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let packed = to.join(path.file_name().ok_or("an entry of a folder has a name")?);
        if path.is_dir() {
            pack_folder(&path, &packed)?;
        } else {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&fs::read(&path)?)?;
            fs::write(packed, encoder.finish()?)?;
        }
    }
    Ok(())
}
