//! Digests of what a fleet goes by: each part with its length before it, so that no two lists of parts give the same bytes.

use launchway_core::hexadecimal;
use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of parts, in hexadecimal digits.
pub(super) fn of_parts<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part);
    }
    hexadecimal(&digest.finalize())
}

/// Returns the SHA-256 of bytes as they are, in hexadecimal digits.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_one_another() {
        let of = |parts: &[&str]| of_parts(parts.iter().map(|part| part.as_bytes()));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of_bytes(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
