//! The digest of what a command would write, by which somebody can ask for that and nothing else.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::changes::Edit;
use super::record::named;
use crate::path::beneath::Blob;

/// What every digest begins with.
const SCHEME: &str = "sha256:";

/// The digest of changes to files: of every path, and of its content and its executable bit before and after. Where the
/// folder stands, and in which order the files are written, makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesDigest(String);

impl ChangesDigest {
    /// Computes the digest of changes; a file that stays as it is is none.
    #[must_use]
    pub fn of(edits: &[Edit]) -> Self {
        let mut edits: Vec<&Edit> = edits.iter().filter(|edit| edit.before != edit.after).collect();
        edits.sort_by_key(|edit| &edit.path);
        let mut digest = Sha256::new();
        for edit in edits {
            part(&mut digest, edit.path.as_str().as_bytes());
            state(&mut digest, edit.before.as_ref());
            state(&mut digest, edit.after.as_ref());
        }
        Self(named(&digest.finalize()))
    }
}

fn part(digest: &mut Sha256, bytes: &[u8]) {
    digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
    digest.update(bytes);
}

fn state(digest: &mut Sha256, blob: Option<&Blob>) {
    match blob {
        None => digest.update([0]),
        Some(Blob { bytes, executable }) => {
            digest.update([1, u8::from(*executable)]);
            part(digest, bytes);
        }
    }
}

impl fmt::Display for ChangesDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 hexadecimal digits, as `--dry-run --output json` names it")]
pub struct NoDigest;

impl FromStr for ChangesDigest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let text = text.to_ascii_lowercase();
        let is_one =
            text.strip_prefix(SCHEME).is_some_and(|it| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit()));
        if is_one { Ok(Self(text)) } else { Err(NoDigest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::SafePath;

    fn edit(path: &str, before: Option<&'static str>, after: Option<&'static str>) -> Edit {
        let blob = |text: &'static str| Blob::plain(text.as_bytes());
        Edit { path: SafePath::new(path).unwrap(), before: before.map(blob), after: after.map(blob) }
    }

    #[test]
    fn whatever_would_be_written_otherwise_has_another_digest() {
        let (one, two) = (edit("a", None, Some("1")), edit("b", Some("1"), None));
        let runs = Edit { after: Some(Blob { bytes: b"1".as_slice().into(), executable: true }), ..one.clone() };
        let all = [
            vec![],
            vec![one.clone()],
            vec![two.clone()],
            vec![one.clone(), two.clone()],
            vec![runs],
            vec![edit("a", Some("0"), Some("1"))],
            vec![edit("a", None, Some("2"))],
            vec![edit("a", None, Some(""))],
            vec![edit("a1", None, Some(""))],
        ];
        let digests: Vec<String> = all.iter().map(|edits| ChangesDigest::of(edits).to_string()).collect();
        let mut different = digests.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), digests.len(), "{digests:#?}");
        let same = [two, edit("c", Some("1"), Some("1")), one];
        assert_eq!(ChangesDigest::of(&same).to_string(), digests[3], "neither order nor what stays counts");
    }

    #[test]
    fn a_digest_is_read_as_it_is_shown_and_nothing_else_is() {
        let digest = ChangesDigest::of(&[]);
        assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
        assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest.clone()));
        for wrong in ["", "sha256:", "sha512:00", &digest.to_string()[..70], &digest.to_string()[7..], "sha256:é"] {
            assert_eq!(wrong.parse::<ChangesDigest>(), Err(NoDigest), "{wrong}");
        }
    }
}
