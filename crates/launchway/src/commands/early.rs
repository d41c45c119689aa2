//! What the line says before it can be understood as a whole.

use std::ffi::OsString;

use crate::language::Language;
use crate::new::NamedTemplate;

/// Finds the language before the line is understood: its help is in that language already.
pub(crate) fn language(arguments: &[OsString]) -> Language {
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    let mut said = None;
    while let Some(argument) = arguments.next().filter(|argument| argument != "--") {
        if argument == "--lang" {
            said = arguments.next();
        } else if let Some(code) = argument.strip_prefix("--lang=") {
            said = Some(code.to_owned().into());
        }
    }
    said.and_then(|code| Language::of_code(&code))
        .unwrap_or_else(|| Language::of_environment(|name| std::env::var(name).ok()))
}

/// Tells whether questions are to be asked plainly, before the line is understood.
pub(crate) fn is_accessible(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--accessible")
}

/// Finds what names the template of `new`; none for other commands.
pub(crate) fn named(arguments: &[OsString]) -> Option<NamedTemplate> {
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    loop {
        match &*arguments.next()? {
            "new" => break,
            "--lang" => drop(arguments.next()),
            "--accessible" => {}
            other if other.starts_with("--lang=") => {}
            _ => return None,
        }
    }
    let mut named = NamedTemplate { may_ask: true, ..NamedTemplate::default() };
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--" => break,
            "--offline" => named.offline = true,
            "--accept-moved" => named.accept_moved = true,
            "--no-input" | "--help" | "-h" => named.may_ask = false,
            "--template" => named.template = arguments.next().map(std::borrow::Cow::into_owned),
            other => named.template = other.strip_prefix("--template=").map(str::to_owned).or(named.template),
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<NamedTemplate> {
        named(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_template_is_found_before_its_flags_are_known() {
        let template = |line: &str| read(line).and_then(|named| named.template);
        assert_eq!(template("launchway new orders --template ./x --unknown y"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --template=a:b --no-git"), Some("a:b".to_owned()));
        assert_eq!(template("launchway new orders -- --template x"), None);
        assert_eq!(read("launchway template new --template x"), None);
        assert_eq!(read("launchway check new"), None);
        assert_eq!(read("launchway"), None);
        assert_eq!(template("launchway --lang ko --lang=en new --template x"), Some("x".to_owned()));
        let all = read("launchway new --offline --accept-moved --no-input").unwrap();
        assert_eq!(all, NamedTemplate { template: None, offline: true, accept_moved: true, may_ask: false });
    }
}
