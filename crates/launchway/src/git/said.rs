//! What git says, made fit to be shown: cut to a length, and without credentials.

use launchway_core::without_credentials;

/// Turns what came on stderr into text without credentials.
pub(super) fn harmless(bytes: &[u8]) -> String {
    without_credentials(&String::from_utf8_lossy(bytes))
}

/// What git says when a program that it has started has failed, and has said itself why.
const NO_CAUSES: [&str; 4] =
    ["Could not read from remote repository", "the remote end hung up", "early EOF", "unable to read from remote"];

/// How lines begin that are no cause: warnings, and the frame that ssh draws around one.
const NO_CAUSES_EITHER: [&str; 6] = ["warning:", "Warning:", "@", "hint:", "**", "debug1:"];

/// What the server itself says about a repository that it does not hand out.
const FROM_THE_SERVER: &str = "remote:";

/// Returns the cause: the first line that is an error; where it only says that another program has failed, what that program
/// has said; and with it what the server has said.
pub(super) fn cause(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let first = lines.iter().position(|line| is_error(line));
    let error = first.map(|first| lines[first]);
    let before = &lines[..first.unwrap_or(lines.len())];
    let is_cause = |line: &&&str| !NO_CAUSES_EITHER.iter().any(|start| line.starts_with(start));
    let own = |line: &&&str| is_cause(line) && !line.starts_with(FROM_THE_SERVER);
    let program = before.iter().rfind(own).copied();
    let line = match error {
        Some(error) if !NO_CAUSES.iter().any(|words| error.contains(words)) => error,
        Some(error) => program.unwrap_or(error),
        None => lines.iter().find(is_cause).or(lines.first()).copied().unwrap_or("git said nothing"),
    };
    let cause = without_word(line).to_owned();
    let mut server = before.iter().filter_map(|line| line.strip_prefix(FROM_THE_SERVER)).map(str::trim);
    match server.rfind(|said| !said.is_empty() && !cause.contains(said)) {
        Some(said) => format!("{cause}; the server says: {said}"),
        None => cause,
    }
}

fn is_error(line: &str) -> bool {
    line.starts_with("fatal:") || line.starts_with("error:")
}

fn without_word(line: &str) -> &str {
    let words = ["fatal:", "error:", "ERROR:", FROM_THE_SERVER];
    words.iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_ACCESS: &str = "fatal: Could not read from remote repository.\n\n\
        Please make sure you have the correct access rights\nand the repository exists.\n";

    #[test]
    fn the_line_that_says_what_is_wrong_is_chosen() {
        assert_eq!(cause("warning: x\nfatal: y\n"), "y");
        assert_eq!(cause("\n  hm \n"), "hm");
        assert_eq!(cause(""), "git said nothing");
        assert_eq!(
            cause("error: RPC failed; HTTP 403\nfatal: the remote end hung up unexpectedly\n"),
            "RPC failed; HTTP 403"
        );
    }

    #[test]
    fn what_a_program_has_said_that_git_started_is_the_cause() {
        for (before, said) in [
            ("ssh: Could not resolve hostname h: Name or service not known", ""),
            ("git@github.com: Permission denied (publickey).", ""),
            ("Host key verification failed.", ""),
            ("ssh: connect to host h port 22: Connection refused", ""),
            (
                "Warning: Permanently added 'h' (ED25519) to the list of known hosts.\nERROR: Repository not found.",
                "Repository not found.",
            ),
            (
                "@@@@@@@@\n@ WARNING: CHANGED! @\n@@@@@@@@\nHost key verification failed.",
                "Host key verification failed.",
            ),
        ] {
            let said = if said.is_empty() { before } else { said };
            assert_eq!(cause(&format!("{before}\n{NO_ACCESS}")), said);
        }
        assert_eq!(cause(NO_ACCESS), "Could not read from remote repository.");
    }

    #[test]
    fn what_the_server_says_is_shown_with_it() {
        let said = "remote: Repository not found.\nfatal: repository 'https://h/x/' not found\n";
        assert_eq!(cause(said), "repository 'https://h/x/' not found; the server says: Repository not found.");
        let said = format!("remote: \nremote: You shall not pass.\n{NO_ACCESS}");
        assert_eq!(cause(&said), "Could not read from remote repository.; the server says: You shall not pass.");
    }
}
