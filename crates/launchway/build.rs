//! Packs the Korean texts, so that the program is smaller.

#![expect(clippy::disallowed_macros, reason = "Cargo reads the lines that a build script prints")]
#![expect(clippy::disallowed_methods, reason = "a build script writes where Cargo says")]

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?);
    for name in ["ko.toml", "messages.ko.toml"] {
        let text = Path::new("src/language").join(name);
        println!("cargo::rerun-if-changed={}", text.display());
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&fs::read(text)?)?;
        fs::write(out.join(name), encoder.finish()?)?;
    }
    Ok(())
}
