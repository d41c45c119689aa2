//! What git says, made fit to be shown: cut to a length, and without credentials.

use launchway_core::without_credentials;

/// Turns what came on stderr into text without credentials.
pub(super) fn harmless(bytes: &[u8]) -> String {
    without_credentials(&String::from_utf8_lossy(bytes))
}

/// Returns the line that says the most, without the word in front: the first that is an error, or else the first.
pub(super) fn first_line(said: &str) -> &str {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
    let line = lines().find(is_error).or_else(|| lines().next()).unwrap_or("git said nothing");
    line.strip_prefix("fatal:").or(line.strip_prefix("error:")).unwrap_or(line).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_what_is_wrong_is_chosen() {
        assert_eq!(first_line("warning: x\nfatal: y\n"), "y");
        assert_eq!(first_line("\n  hm \n"), "hm");
        assert_eq!(first_line(""), "git said nothing");
    }
}
