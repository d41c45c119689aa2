//! Paths, and the names of templates.

use std::path::{Component, Path};

use launchway_core::{SafePath, SourceSpec, check_reference, without_credentials};

/// A path that is accepted stays below its folder on every system, and names one file.
pub fn safe_path(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(path) = SafePath::new(&text) else { return };
    assert_eq!(path.as_str(), text);
    let components: Vec<Component<'_>> = Path::new(path.as_str()).components().collect();
    assert!(components.iter().all(|it| matches!(it, Component::Normal(_))), "{text:?}");
    let segments: Vec<&str> = text.split('/').collect();
    assert_eq!(components.len(), segments.len(), "{text:?}");
    assert!(segments.len() <= 33 && text.len() <= 4096 && segments.iter().all(|it| it.len() <= 255), "{text:?}");
    assert!(!text.contains(['\\', ':', '\0', '\n', '\r', '\u{1b}']), "{text:?}");
    let folded = |segment: &&str| segment.to_lowercase().trim_end_matches(['.', ' ']).to_owned();
    assert!(segments.iter().all(|it| folded(it) == it.to_lowercase() && folded(it) != ".git"), "{text:?}");
    let stem = |segment: &str| segment.split('.').next().unwrap_or_default().to_uppercase();
    assert!(segments.iter().all(|it| !["CON", "NUL", "AUX", "PRN", "COM1", "LPT9"].contains(&&*stem(it))), "{text:?}");
    let key = path.collision_key();
    assert_eq!(SafePath::new(&key).map_or(key.clone(), |again| again.collision_key()), key, "{text:?}");
}

/// A source that is accepted gives git neither an option nor a helper, and its password is never shown.
pub fn source(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if check_reference(&text).is_ok() {
        assert!(
            !text.starts_with(['-', '+', '.', '/']) && !text.contains("..") && !text.contains([':', '^', '~', '@'])
        );
    }
    let shown_text = without_credentials(&text);
    match text.parse::<SourceSpec>() {
        Ok(SourceSpec::Git(git)) => {
            let is_short = git.url.split_once('@').is_some_and(|(_, rest)| rest.contains(':') && !rest.contains("://"));
            let schemes = ["https://", "ssh://", "file://"];
            assert!(is_short || schemes.iter().any(|scheme| git.url.starts_with(scheme)), "{}", git.url);
            // Neither the whole, nor a user, nor a host may be taken for an option.
            let authority = git.url.split_once("://").map_or(git.url.as_str(), |(_, rest)| rest);
            let authority = authority.split(['/', ':']).next().unwrap_or_default();
            assert!(!authority.split('@').any(|it| it.starts_with('-')), "{}", git.url);
            assert!(!git.url.chars().any(|it| it.is_control() || it.is_whitespace()), "{:?}", git.url);
            if let Some(credentials) = &git.credentials {
                assert_eq!(format!("{credentials:?}"), "Credentials(..)");
            }
            let shown = SourceSpec::Git(git).to_string();
            let again: SourceSpec = shown.parse().unwrap_or_else(|error| panic!("{shown:?}: {error}"));
            assert_eq!(again.to_string(), shown);
        }
        Ok(spec) => {
            let shown = spec.to_string();
            assert!(!shown.starts_with('-'), "{shown:?}");
            let again: SourceSpec = shown.parse().unwrap_or_else(|error| panic!("{shown:?}: {error}"));
            assert_eq!(again.to_string(), shown);
        }
        Err(error) => assert_eq!(error.spec, shown_text),
    }
}
