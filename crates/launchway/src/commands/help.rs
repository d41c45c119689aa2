//! `launchway help COMMAND` is `launchway COMMAND --help`, in every language, also of a command whose flags depend on a
//! template. It is also what an error ends with that names no other line to run.

use std::borrow::Cow;
use std::ffi::OsString;

use super::{command as command_line, definition};
use crate::language::told;

/// The programs of the lines that hints name.
const PROGRAMS: [&str; 3] = ["`launchway ", "`git ", "`mkdir "];

/// Puts `--help` at the end of a line that asks by the word.
pub(crate) fn by_flag(arguments: &[OsString]) -> Cow<'_, [OsString]> {
    if !arguments.iter().any(|argument| argument == "help") {
        return Cow::Borrowed(arguments);
    }
    let Some(place) = place(arguments) else { return Cow::Borrowed(arguments) };
    let after = arguments[place..].iter().skip_while(|argument| *argument == "help");
    Cow::Owned(arguments[..place].iter().chain(after).cloned().chain(["--help".into()]).collect())
}

/// Tells whether a message names a line that can be run.
pub(crate) fn names_a_line(said: &str) -> bool {
    PROGRAMS.iter().any(|program| said.contains(program))
}

/// Returns the last hint of an error: the line that shows what the command takes.
pub(crate) fn last_hint(arguments: &[OsString]) -> String {
    let hint = format!("`{0} --help` shows what it takes", called(arguments));
    told(&format!("  hint: {hint}")).into_owned() + "\n"
}

/// Returns the command of a line without its flags and arguments, such as `launchway fleet work`.
fn called(arguments: &[OsString]) -> String {
    let mut line = command_line(None);
    // This reads the commands that are defined late.
    line.build();
    let (mut command, mut called) = (&line, "launchway".to_owned());
    for word in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        let Some(next) = command.find_subcommand(word) else { continue };
        command = next;
        called = format!("{called} {word}");
    }
    called
}

/// Finds the word where a command stands, before which there are only commands and flags of all of them.
fn place(arguments: &[OsString]) -> Option<usize> {
    let mut line = definition(None);
    // This reads the commands that are defined late.
    line.build();
    let mut command = &line;
    let mut words = arguments.iter().enumerate().skip(1);
    while let Some((place, argument)) = words.next() {
        let argument = argument.to_str()?;
        if let Some(flag) = argument.strip_prefix("--") {
            let flag = line.get_arguments().find(|it| it.is_global_set() && it.get_long() == flag.split('=').next())?;
            if flag.get_action().takes_values() && !argument.contains('=') {
                words.next();
            }
            continue;
        }
        command = command.find_subcommand(argument)?;
        if command.get_name() == "help" {
            return Some(place);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hint_names_the_command_and_nothing_else_of_the_line() {
        for (line, expected) in [
            ("launchway", "launchway"),
            ("launchway nwe orders", "launchway"),
            ("launchway new orders --target=ecs", "launchway new"),
            ("launchway --lang en fleet work --shard=3/3", "launchway fleet work"),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(last_hint(&words), format!("  hint: `{expected} --help` shows what it takes\n"));
        }
        assert!(
            names_a_line("  hint: `git -C orders checkout HEAD`\n") && !names_a_line("  hint: leave out `--cpu`\n")
        );
    }

    #[test]
    fn the_word_is_the_flag_wherever_a_command_can_stand() {
        let by_flag = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let words: Vec<String> =
                super::by_flag(&words).iter().map(|word| word.to_string_lossy().into_owned()).collect();
            words.join(" ")
        };
        for (line, expected) in [
            ("launchway help", "launchway --help"),
            ("launchway help help", "launchway --help"),
            ("launchway help new", "launchway new --help"),
            (
                "launchway --lang ko --verbose help new --template ./x",
                "launchway --lang ko --verbose new --template ./x --help",
            ),
            ("launchway --lang=ko catalog help add", "launchway --lang=ko catalog add --help"),
            ("launchway help catalog add", "launchway catalog add --help"),
            ("launchway advise help strategy", "launchway advise strategy --help"),
            ("launchway new help", "launchway new help"),
            ("launchway why help", "launchway why help"),
            ("launchway new --dest help", "launchway new --dest help"),
            ("launchway --unknown help", "launchway --unknown help"),
        ] {
            assert_eq!(by_flag(line), expected);
        }
    }
}
