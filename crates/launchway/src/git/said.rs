//! What git says, made fit to be shown: cut to a length, and without credentials.

/// Turns what came on stderr into text without credentials.
pub(super) fn harmless(bytes: &[u8]) -> String {
    without_credentials(&String::from_utf8_lossy(bytes))
}

/// Takes user names and passwords out of the URLs in a text.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        rest = after[..end].rfind('@').map_or(after, |at| &after[at + 1..]);
    }
    clean.push_str(rest);
    clean
}

/// Returns the line that says the most: the first that is an error, or else the first.
pub(super) fn first_line(said: &str) -> &str {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
    lines().find(is_error).or_else(|| lines().next()).unwrap_or("git said nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_every_url() {
        for (text, expected) in [
            ("fatal: https://me:secret@host/x and https://tok@h", "fatal: https://host/x and https://h"),
            ("https://a:p@ss@host/path@v1", "https://host/path@v1"),
            ("https://host/a@b", "https://host/a@b"),
            ("no url, me@host:path", "no url, me@host:path"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }

    #[test]
    fn the_line_that_says_what_is_wrong_is_chosen() {
        assert_eq!(first_line("warning: x\nfatal: y\n"), "fatal: y");
        assert_eq!(first_line("\n  hm \n"), "hm");
        assert_eq!(first_line(""), "git said nothing");
    }
}
