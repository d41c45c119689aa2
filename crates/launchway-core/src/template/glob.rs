//! Globs of file rules: `*` within a segment, `**` over segments. Braces mean nothing here, they name values.

/// Tells whether a path matches a glob.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    let glob: Vec<&str> = glob.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    segments_match(&glob, &path)
}

fn segments_match(glob: &[&str], path: &[&str]) -> bool {
    match (glob, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| segments_match(rest, &path[skipped..])),
        ([first, rest @ ..], [segment, below @ ..]) => segment_matches(first, segment) && segments_match(rest, below),
        _ => false,
    }
}

fn segment_matches(glob: &str, segment: &str) -> bool {
    match glob.split_once('*') {
        None => glob == segment,
        Some((start, rest)) => segment.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| segment_matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_match_within_and_over_segments() {
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
        for (glob, path) in [("deploy/*", "deploy/ecs/x"), ("*.rs", "a/b.rs"), ("a", "ab"), ("deploy/**", "deployed/x")]
        {
            assert!(!matches(glob, path), "{glob} {path}");
        }
    }
}
