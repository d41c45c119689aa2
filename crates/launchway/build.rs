//! Makes the program smaller: the Korean texts are packed, and what a release never reads is left out of it.

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
    link_small();
    Ok(())
}

/// Leaves out the names, which Cargo keeps of a package with settings of its own whatever `strip` says, and on the platform whose linker is
/// known to take it, what only unwinding reads and what is the same code twice. Cargo does not say which profile it is: only that of a release,
/// which aborts, is optimised for its size, and nobody debugs it.
fn link_small() {
    println!("cargo::rerun-if-changed=link.ld");
    let is = |variable: &str, value: &str| std::env::var(variable).is_ok_and(|set| set == value);
    let is_small = is("OPT_LEVEL", "z") && is("DEBUG", "false");
    if is_small && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    }
    if !is_small || !is("TARGET", "x86_64-unknown-linux-gnu") {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("link.ld");
    for argument in [format!("-T,{}", script.display()), "--no-eh-frame-hdr".to_owned(), "--icf=all".to_owned()] {
        println!("cargo::rustc-link-arg-bins=-Wl,{argument}");
    }
}
