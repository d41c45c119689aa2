//! `launchway help COMMAND` is `launchway COMMAND --help`, in every language, also of a command whose flags depend on a
//! template.

use std::borrow::Cow;
use std::ffi::OsString;

use super::definition;

/// Puts `--help` at the end of a line that asks by the word.
pub(crate) fn by_flag(arguments: &[OsString]) -> Cow<'_, [OsString]> {
    if !arguments.iter().any(|argument| argument == "help") {
        return Cow::Borrowed(arguments);
    }
    let Some(place) = place(arguments) else { return Cow::Borrowed(arguments) };
    let after = arguments[place..].iter().skip_while(|argument| *argument == "help");
    Cow::Owned(arguments[..place].iter().chain(after).cloned().chain(["--help".into()]).collect())
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
