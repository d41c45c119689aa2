//! The flags of questions beside those of the program itself.

use std::borrow::Cow;

/// The flags of the program as of 0.1, in the form of ids. A question of the same name could not be answered, and every
/// program refuses it.
const REFUSED: &[&str] = &[
    "accept_moved",
    "accessible",
    "answers",
    "color",
    "defaults",
    "dest",
    "diff",
    "dry_run",
    "help",
    "lang",
    "name",
    "no_git",
    "no_input",
    "offline",
    "output",
    "resume",
    "template",
    "version",
];

/// Flags and variables that the program got since. A template may have a question of that name, which then has the prefix.
const NEWER: &[&str] = &["log", "verbose"];

/// What stands before the name of a question whose flag is the program's own.
const PREFIX: &str = "answer_";

/// Tells whether no question can have an id, since the program takes its flag for its own.
pub(super) fn is_refused(id: &str) -> bool {
    REFUSED.contains(&id)
}

/// Tells whether the flag of a question is another word than its id.
pub(crate) fn is_prefixed(id: &str) -> bool {
    NEWER.contains(&id.trim_start_matches(PREFIX))
}

/// Returns what the flag and the environment variable of a question are named after.
pub(super) fn name_of(id: &str) -> Cow<'_, str> {
    if is_prefixed(id) { Cow::Owned(format!("{PREFIX}{id}")) } else { Cow::Borrowed(id) }
}

/// Returns the flags of the program that the flag of no question can be, as they are written without dashes.
pub fn taken_flags() -> impl Iterator<Item = String> {
    REFUSED.iter().chain(NEWER).map(|id| id.replace('_', "-"))
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
