//! Rebuilds the crate when a built-in template file is added, changed or removed.
//!
//! `include_dir!` sees the files only while it expands; Cargo has to be told to expand it again.

#![expect(clippy::disallowed_macros, reason = "Cargo reads the lines that a build script prints")]

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=build.rs");
}
