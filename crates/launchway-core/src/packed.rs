//! What the program carries packed: the build scripts of both crates pack it.

use std::io::Read as _;

use flate2::bufread::DeflateDecoder;

/// Unpacks what a build script has packed into the program.
///
/// # Panics
/// Never for what the program carries: the tests have unpacked all of it.
#[must_use]
pub fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed.len() * 4);
    DeflateDecoder::new(packed).read_to_end(&mut bytes).expect("a build script has packed it");
    bytes
}
