//! Globs of file rules: `*` within a segment, `**` over segments. Braces mean nothing here, they name values.

use regex::Regex;

/// A compiled glob.
#[derive(Debug)]
pub(crate) struct Glob {
    text: String,
    regex: Regex,
}

impl Glob {
    /// Compiles a glob; the error says what is wrong with it.
    pub(super) fn new(glob: &str) -> Result<Self, String> {
        let segments: Vec<&str> = glob.split('/').collect();
        let mut pattern = String::from("^");
        for (position, segment) in segments.iter().enumerate() {
            let is_last = position + 1 == segments.len();
            match (*segment, is_last) {
                ("**", true) => pattern.push_str(".+"),
                ("**", false) => pattern.push_str("(?:[^/]+/)*"),
                (segment, _) => {
                    let parts: Vec<String> = segment.split('*').map(regex::escape).collect();
                    pattern.push_str(&parts.join("[^/]*"));
                    pattern.push_str(if is_last { "" } else { "/" });
                }
            }
        }
        pattern.push('$');
        let regex = Regex::new(&pattern);
        regex.map(|regex| Self { text: glob.to_owned(), regex }).map_err(|_| format!("`{glob}` is too long for a glob"))
    }

    /// Tells whether a path matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }

    /// Returns the glob as it stands in the manifest.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
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
