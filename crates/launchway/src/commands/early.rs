//! What the line says before all of it can be understood: the flags of `new` are known once its template is.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _, value_parser};

use super::{GlobalOptions, definition};
use crate::git::FetchOptions;
use crate::language::Language;
use crate::new::NamedTemplate;
use crate::preferences::{self, Preference};
use crate::trace;

/// What is known of the line whatever the template asks.
pub(crate) struct EarlyArguments {
    pub(crate) language: Language,
    /// Whether questions are to be asked plainly.
    pub(crate) accessible: bool,
    /// Whether every step is to be shown.
    pub(crate) verbose: bool,
    /// What names the template, if the command is `new`.
    pub(crate) new: Option<NamedTemplate>,
    /// What names the template, if the command is `template show`.
    pub(crate) shown: Option<String>,
    /// What the command is about, if it is about a project.
    pub(crate) project: NamedProject,
}

/// What a line says about a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedProject {
    pub(crate) folder: PathBuf,
    /// What names its template, if the line does.
    pub(crate) template: Option<String>,
}

/// Reads the line by its definition, as far as it can be understood: what is wrong with it is said when all of it is read.
pub(crate) fn read(arguments: &[OsString]) -> EarlyArguments {
    let matches = forgiving(arguments).try_get_matches_from(arguments).ok();
    let global = matches.as_ref().and_then(|matches| GlobalOptions::from_arg_matches(matches).ok());
    let variable = |name: &str| std::env::var(name).ok();
    let language = global.as_ref().and_then(|global| Language::of_code(global.lang.as_deref()?));
    let is_given = |switch: fn(&GlobalOptions) -> bool| global.as_ref().is_some_and(switch);
    EarlyArguments {
        language: language.unwrap_or_else(|| Language::of_environment(variable, preferred_language())),
        accessible: is_given(|global| global.accessible),
        verbose: is_given(|global| global.verbose) || trace::is_wanted(variable),
        new: matches.as_ref().and_then(|matches| matches.subcommand_matches("new")).map(named),
        shown: matches.as_ref().and_then(shown),
        project: project(matches.as_ref()),
    }
}

/// Returns the language of a person's own defaults. What is wrong with them is said by the commands that need them.
fn preferred_language() -> Option<Language> {
    Language::of_code(preferences::read().ok()?.get(&Preference::Language)?)
}

/// The definition of the command line, with which nothing is an error and help is a flag like another: one mistake must not
/// hide the template from the words before it.
fn forgiving(arguments: &[OsString]) -> Command {
    let help = Arg::new("help").short('h').long("help").global(true).action(ArgAction::SetTrue);
    definition(None)
        .ignore_errors(true)
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(help)
        .mut_args(with_any_value)
        .mut_subcommand("new", |new| {
            let questions = questions(&new, arguments);
            new.mut_args(with_any_value).mut_arg("NAME", |name| name.num_args(0..)).args(questions)
        })
}

fn with_any_value(arg: Arg) -> Arg {
    if arg.get_action().takes_values() { arg.value_parser(value_parser!(String)) } else { arg }
}

/// The flags on the line that nothing defines: they are taken for those of questions, whose template is not known yet.
fn questions(new: &Command, arguments: &[OsString]) -> Vec<Arg> {
    let of_all = GlobalOptions::augment_args(Command::new("all"));
    let defined = new.get_arguments().chain(of_all.get_arguments()).filter_map(Arg::get_long);
    let defined: BTreeSet<&str> = defined.chain(["help"]).collect();
    let flags = arguments.iter().filter_map(|argument| argument.to_str()?.strip_prefix("--"));
    let flags: BTreeSet<&str> = flags.map(|flag| flag.split('=').next().unwrap_or_default()).collect();
    let is_flag =
        |flag: &&&str| flag.starts_with(|first: char| first.is_ascii_alphanumeric()) && !defined.contains(*flag);
    flags.iter().filter(is_flag).map(|flag| question(flag)).collect()
}

fn question(flag: &str) -> Arg {
    let id = format!("the question of --{flag}");
    Arg::new(id).long(flag.to_owned()).num_args(0..=1).action(ArgAction::Append).allow_negative_numbers(true)
}

/// Finds the project in the arguments of the innermost command.
fn project(matches: Option<&ArgMatches>) -> NamedProject {
    let innermost = std::iter::successors(matches, |matches| Some(matches.subcommand()?.1)).last();
    let folder = innermost.and_then(|it| it.try_get_one::<PathBuf>("folder").ok().flatten().cloned());
    let template = innermost.and_then(|it| it.try_get_one::<String>("template").ok().flatten().cloned());
    NamedProject { folder: folder.unwrap_or_else(|| PathBuf::from(".")), template }
}

fn shown(matches: &ArgMatches) -> Option<String> {
    let show = matches.subcommand_matches("template")?.subcommand_matches("show")?;
    show.get_one::<String>("source").cloned()
}

fn named(matches: &ArgMatches) -> NamedTemplate {
    let fetching = FetchOptions::from_arg_matches(matches).unwrap_or_default();
    NamedTemplate {
        // Where none is named, the user may choose one.
        template: matches.get_one::<String>("template").filter(|_| is_given(matches, "template")).cloned(),
        offline: fetching.offline,
        accept_moved: fetching.accept_moved,
        may_ask: !is_given(matches, "no-input") && !is_given(matches, "help"),
    }
}

fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn early(line: &str) -> EarlyArguments {
        read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_template_is_found_before_its_flags_are_known() {
        let template = |line: &str| early(line).new.and_then(|named| named.template);
        assert_eq!(template("launchway new orders --template ./x --unknown y"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --unknown y --is-public --template ./x"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --count=-5 --count -5 --template ./x"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --NAME --template ./x"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --template=a:b --no-git"), Some("a:b".to_owned()));
        assert_eq!(template("launchway new --template a --template b"), Some("b".to_owned()));
        assert_eq!(template("launchway new a b --output xml --lang xx --diff --template ./x"), Some("./x".to_owned()));
        assert_eq!(template("launchway new orders -- --template x"), None);
        assert_eq!(template("launchway --lang ko new --template x"), Some("x".to_owned()));
        assert_eq!(template("launchway --accessible new --template x"), Some("x".to_owned()));
        for other in ["launchway template new --template x", "launchway check new", "launchway", "launchway --version"]
        {
            assert_eq!(early(other).new, None, "{other}");
        }
        let all = early("launchway new --offline --accept-moved --no-input").new.unwrap();
        assert_eq!(all, NamedTemplate { template: None, offline: true, accept_moved: true, may_ask: false });
        assert!(!early("launchway new orders --help").new.unwrap().may_ask);
    }

    #[test]
    fn the_template_that_is_shown_is_found() {
        let shown = |line: &str| early(line).shown;
        assert_eq!(shown("launchway template show ./x --value a"), Some("./x".to_owned()));
        assert_eq!(shown("launchway --lang ko template show --value a ./x"), Some("./x".to_owned()));
        assert_eq!(shown("launchway template show --value a"), Some("service".to_owned()));
        assert_eq!(shown("launchway template lint ./x"), None);
    }

    #[test]
    fn the_project_that_a_command_is_about_is_found() {
        let project = |line: &str| early(line).project;
        let named = |folder: &str, template: Option<&str>| NamedProject {
            folder: folder.into(),
            template: template.map(str::to_owned),
        };
        assert_eq!(project("launchway update --set a"), named(".", None));
        assert_eq!(project("launchway update ./x --template ./t --set a"), named("./x", Some("./t")));
        assert_eq!(project("launchway add service --dir ./x --set a"), named("./x", None));
        assert_eq!(project("launchway why --dir=./x a"), named("./x", None));
        assert_eq!(project("launchway adopt --set a"), named(".", Some("service")));
        assert_eq!(project("launchway"), named(".", None));
    }

    #[test]
    fn the_language_is_found_wherever_it_stands() {
        for line in [
            "launchway --lang ko",
            "launchway --lang=ko --help",
            "launchway new orders --target x --lang ko",
            "launchway check . --lang ko --help",
            "launchway template show --lang=ko",
        ] {
            assert_eq!(early(line).language, Language::Korean, "{line}");
        }
        assert!(early("launchway new x --unknown 1 --accessible").accessible);
        assert!(!early("launchway new x -- --accessible").accessible);
        assert!(early("launchway check --verbose").verbose && !early("launchway check").verbose);
    }
}
