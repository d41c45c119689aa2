//! Globs of file rules: `*` within a segment, `**` over segments. Braces mean nothing here, they name values.

/// The longest glob, in bytes.
const MAX_BYTES: usize = 4 << 10;

/// A glob that was read.
#[derive(Debug)]
pub(crate) struct Glob {
    text: String,
}

impl Glob {
    /// Reads a glob; the error says what is wrong with it.
    pub(crate) fn new(glob: &str) -> Result<Self, String> {
        if glob.len() > MAX_BYTES {
            return Err(format!("`{glob}` is too long for a glob"));
        }
        Ok(Self { text: glob.to_owned() })
    }

    /// Tells whether a path matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        // Without stars, as most are, or with the same beginning: nothing has to be taken apart.
        let plain = self.text.split('*').next().unwrap_or_default();
        if plain.len() == self.text.len() {
            return plain == path;
        }
        let folder = plain.rfind('/').map_or("", |end| &plain[..end]);
        path.starts_with(folder) && matches_segments(&self.text, path)
    }

    /// Returns the glob as it stands in the manifest.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Holds the segments of a path against those of a glob. Of all `**` only the last can have taken too few, so it takes
/// no longer than one times the other.
fn matches_segments(glob: &str, path: &str) -> bool {
    let (mut globs, segments): (Vec<&str>, Vec<&str>) = (glob.split('/').collect(), path.split('/').collect());
    // At the end it stands for something: a folder is not below itself.
    if globs.last() == Some(&"**") {
        globs.insert(globs.len() - 1, "*");
    }
    let is_same = |glob: usize, segment: usize| matches_segment(globs[glob], segments[segment]);
    matches_with_stars(globs.len(), segments.len(), |at| globs[at] == "**", is_same)
}

fn matches_segment(glob: &str, segment: &str) -> bool {
    let (globs, letters) = (glob.as_bytes(), segment.as_bytes());
    matches_with_stars(globs.len(), letters.len(), |at| globs[at] == b'*', |glob, at| globs[glob] == letters[at])
}

/// Matches a pattern of `patterns` items, of which some stand for any number of the `items`.
fn matches_with_stars(
    patterns: usize,
    items: usize,
    is_star: impl Fn(usize) -> bool,
    is_same: impl Fn(usize, usize) -> bool,
) -> bool {
    let (mut pattern, mut item, mut retry) = (0, 0, None);
    while item < items {
        if pattern < patterns && is_star(pattern) {
            retry = Some((pattern, item));
            pattern += 1;
        } else if pattern < patterns && is_same(pattern, item) {
            (pattern, item) = (pattern + 1, item + 1);
        } else if let Some((star, taken)) = retry {
            retry = Some((star, taken + 1));
            (pattern, item) = (star + 1, taken + 1);
        } else {
            return false;
        }
    }
    (pattern..patterns).all(is_star)
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_match_within_and_over_segments() {
        let matches = |glob, path| Glob::new(glob).unwrap().matches(path);
        for (glob, path) in [
            ("**", "a/b"),
            ("deploy/**", "deploy/ecs/service.yaml"),
            ("**/*.rs", "main.rs"),
            ("**/*.rs", "crates/x/src/main.rs"),
            ("crates/{{service}}/**", "crates/{{service}}/src/lib.rs"),
            ("*.t*l", "Cargo.toml"),
            ("a/**/b/**", "a/b/b/c"),
            ("**/**/x", "x"),
        ] {
            assert!(matches(glob, path), "{glob} {path}");
        }
        for (glob, path) in
            [("deploy/*", "deploy/ecs/x"), ("*.rs", "a/b.rs"), ("a", "ab"), ("deploy/**", "deployed/x"), ("a.b", "axb")]
        {
            assert!(!matches(glob, path), "{glob} {path}");
        }
        assert!(!matches("*a*a*a*a*a*a*a*a*a*a*b", &"a".repeat(2_000)), "it takes no longer than any other");
    }
}
