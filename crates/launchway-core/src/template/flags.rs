//! The flags of questions beside those of the program itself.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// The flags of `new` beside those of questions, and those of every command, in the form of ids. A question of that name has
/// a flag with the prefix. `name` is not among them: the name has no flag of its own.
const FLAGS: &[&str] = &[
    "accept_moved",
    "accessible",
    "allow_secret_like",
    "answers",
    "archive",
    "color",
    "defaults",
    "dest",
    "diff",
    "dry_run",
    "expect",
    "help",
    "lang",
    "no_git",
    "no_input",
    "offline",
    "output",
    "resume",
    "standalone",
    "template",
    "verbose",
    "version",
];

/// What the program's own variables end with, in the same form; the variable of a question is never one of them.
const VARIABLES: &[&str] =
    &["cache_dir", "config_dir", "git_mib", "git_timeout", "lang", "log", "password", "state_dir", "username"];

/// What stands before the name of a question whose flag is the program's own.
const PREFIX: &str = "answer_";

/// Tells whether the flag of a question is another word than its id.
pub(crate) fn is_prefixed(id: &str) -> bool {
    let id = id.trim_start_matches(PREFIX);
    FLAGS.contains(&id) || VARIABLES.contains(&id)
}

/// Returns what the flag and the environment variable of a question are named after.
pub(super) fn name_of(id: &str) -> Cow<'_, str> {
    if is_prefixed(id) { Cow::Owned(format!("{PREFIX}{id}")) } else { Cow::Borrowed(id) }
}

/// Returns the flags of the program that the flag of no question can be, as they are written without dashes.
pub fn taken_flags() -> impl Iterator<Item = String> {
    let taken: BTreeSet<&str> = FLAGS.iter().chain(VARIABLES).copied().collect();
    taken.into_iter().map(|id| id.replace('_', "-"))
}

/// Tells whether a variable, without what all of them begin with, is one of the program's own.
#[must_use]
pub fn is_own_variable(name: &str) -> bool {
    VARIABLES.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load, question};
    use crate::lint::lint;

    #[test]
    fn a_newer_flag_of_the_program_refuses_no_question_and_no_two_questions_share_a_flag() {
        let ids = ["verbose", "answer_verbose", "answer_answer_log", "plain_log", "log"];
        let questions: String = ids.iter().map(|id| question(id, "kind = \"bool\"\ndefault = true")).collect();
        let template = load(&[("template.toml", &format!("{HEAD}{questions}"))]).unwrap();
        let flags: Vec<String> = ids.iter().map(|id| template.question(id).unwrap().flag()).collect();
        assert_eq!(
            flags,
            [
                "--answer-verbose",
                "--answer-answer-verbose",
                "--answer-answer-answer-log",
                "--plain-log",
                "--answer-log"
            ]
        );
        assert_eq!(template.question("log").unwrap().variable(), "LAUNCHWAY_ANSWER_LOG");
        let found: Vec<String> = lint(&template).iter().map(|finding| finding.message.clone()).collect();
        let expected =
            "the flag of question `verbose` is `--answer-verbose`: `--verbose` is a flag of the program itself";
        assert!(found.contains(&expected.to_owned()), "{found:?}");
    }
}
