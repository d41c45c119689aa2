//! `launchway why`: which template file, conditions and answers are behind a file of a project.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use launchway_core::quote::quote_shell;
use launchway_core::template::Ownership;
use launchway_core::why::{Condition, Generated, NotNow, Turn, Why, why};
use launchway_core::{Answers, Blob, Context, Defaults, Interview, Project, Provenance, SafePath, Template, Value};
use serde_json::{Value as Json, json};

use crate::args::{self, Output};
use crate::commands::update::only;
use crate::failure::{Exit, Failure};
use crate::{report, sources, terminal};

const AFTER_HELP: &str = "\
Says which file of the template a path was made from, under which conditions, for which elements of a list, whose it is, \
and which answers stand behind it. For a path that the template does not make now: which condition is false, and which \
answers would bring it. Nothing is rendered and nothing is written.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("why")
        .about("Says which template file, conditions and answers are behind a file")
        .after_help(AFTER_HELP)
        .arg(Arg::new("PATH").required(true).help("The path below the folder of the project"))
        .arg(
            value("dir", "DIR")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The folder of the project, with `.launchway` in it"),
        )
        .arg(value("service", "NAME").help("Which project, where the folder holds more than one"))
        .arg(value("template", "TEMPLATE").help("The template; a project made from a folder needs it"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default();
    let path = path(matches.get_one::<String>("PATH").map_or("", String::as_str))?;
    let project = only(Project::open_all(&folder)?, matches.get_one::<String>("service").map(String::as_str))?;
    let template = load(&project, matches)?;
    let context = context(&template, &project)?;
    let why = why(&template, &context, path.as_str())?;
    let shown =
        Shown { project: &project, template: &template, path: &path, state: State::of(&project, &folder, &path) };
    if why == Why::NotOfTheTemplate && shown.state == State::Nothing {
        return Err(Failure::new(Exit::Usage, format!("there is no `{path}`, and the template makes none"))
            .hint("name a file by its path below the project, `deploy/ecs/README.md`"));
    }
    match args::output(matches) {
        Output::Json => terminal::print(&report::json(&shown.json(&why))),
        Output::Text => terminal::print(&terminal::visible(&shown.text(&why))),
    }
}

fn path(text: &str) -> Result<SafePath, Failure> {
    let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
    SafePath::new(text).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("name a file by its path below the project, `deploy/ecs/README.md`")
    })
}

/// Loads the version that the project was made from; of a built-in template the program has one version only.
fn load(project: &Project, matches: &ArgMatches) -> Result<Template, Failure> {
    let template = matches.get_one::<String>("template").map(String::as_str);
    let commit = project.template.commit.as_deref().filter(|_| template.is_none());
    Ok(sources::of_project(&project.template, commit, template, &args::source_options(matches))?.template)
}

/// Holds the answers that the project remembers against the template's questions.
fn context(template: &Template, project: &Project) -> Result<Context, Failure> {
    let mut answers = Answers::default();
    answers.join(project.added.clone());
    for (id, value) in &project.answers {
        answers.set(id, value.clone(), Provenance::Record);
    }
    let interview = Interview::new(template, &answers, Defaults::All)?;
    if !interview.problems.is_empty() {
        let failure = Failure::from(interview.problems.clone());
        return Err(
            failure.hint("the template asks otherwise than when the project was made; `launchway update` first")
        );
    }
    interview.context()?.ok_or_else(|| {
        let ids: Vec<_> = interview.open.iter().map(|(question, _)| format!("`{}`", question.id)).collect();
        Failure::new(Exit::Usage, format!("the project remembers no answer for {}", ids.join(", ")))
            .hint("`launchway update` asks for it")
    })
}

/// How the path stands in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it was generated.
    Unchanged,
    /// Generated, and changed since.
    Changed,
    /// Generated, and gone.
    Gone,
    /// There, and never generated.
    Own,
    /// Neither there nor generated.
    Nothing,
}

impl State {
    fn of(project: &Project, folder: &Path, path: &SafePath) -> Self {
        let there = Blob::read(folder, path);
        match (project.generated.get(path), there) {
            (Some(generated), Some(there)) if generated.bytes == there.bytes => Self::Unchanged,
            (Some(_), Some(_)) => Self::Changed,
            (Some(_), None) => Self::Gone,
            (None, Some(_)) => Self::Own,
            (None, None) if folder.join(path.as_str()).symlink_metadata().is_ok() => Self::Own,
            (None, None) => Self::Nothing,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Own => "own",
            Self::Nothing => "nothing",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "as it was generated",
            Self::Changed => "changed since it was generated",
            Self::Gone => "generated, and gone since",
            Self::Own => "there, and not generated when the project was made or last updated",
            Self::Nothing => "not there",
        }
    }
}

struct Shown<'a> {
    project: &'a Project,
    template: &'a Template,
    path: &'a SafePath,
    state: State,
}

impl Shown<'_> {
    fn text(&self, why: &Why) -> String {
        let mut lines = match why {
            Why::Generated(generated) => self.generated(generated),
            Why::NotNow(all) => all.iter().flat_map(|not_now| self.not_now(not_now)).collect(),
            Why::NotOfTheTemplate => vec![format!("{}: your own; the template makes no such file", self.path)],
        };
        let (made, is) = (&self.project.template.version, self.template.version.to_string());
        if *made != is {
            lines.push(format!("the project is of version {made}, and this is what version {is} says"));
        }
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    fn generated(&self, generated: &Generated) -> Vec<String> {
        let how = if generated.is_rendered { "rendered" } else { "copied as it is" };
        let mut lines = vec![
            self.path.to_string(),
            format!("  made from   {} of {}, {how}", generated.source.file, generated.source.layer),
            format!("  in project  {}", self.state.words()),
            format!("  ownership   {}", ownership(generated.ownership)),
        ];
        if generated.executable {
            lines.push("  mode        can be run".to_owned());
        }
        lines.extend(generated.conditions.iter().map(|it| format!("  because     {}", condition(it))));
        lines.extend(generated.each.iter().map(|turn| format!("  once for    {}", element(turn))));
        lines.extend(generated.partials.iter().map(|it| format!("  includes    {} of {}", it.file, it.layer)));
        lines.extend(generated.answers.iter().map(|(id, value)| format!("  shaped by   {}", answer(id, Some(value)))));
        lines
    }

    fn not_now(&self, not_now: &NotNow) -> Vec<String> {
        let mut lines = vec![
            format!("{}: the template does not make it with these answers", self.path),
            format!("  would be    {} of {}", not_now.source.file, not_now.source.layer),
            format!("  in project  {}", self.state.words()),
        ];
        lines.extend(not_now.conditions.iter().map(|it| format!("  not so      {}", condition(it))));
        let missing =
            |turn: &Turn| format!("  not in      `{}`: `{}`", turn.list, turn.element.as_deref().unwrap_or_default());
        lines.extend(not_now.missing.iter().map(missing));
        lines.push(match &not_now.change {
            Some(change) => format!("  comes with  launchway update{}", set(change)),
            None => "  comes with  no change of up to three answers that was tried".to_owned(),
        });
        lines
    }

    fn json(&self, why: &Why) -> Json {
        let mut json = json!({
            "schema": "launchway.why/1",
            "path": self.path.as_str(),
            "project": self.project.name,
            "project_version": self.project.template.version,
            "template": { "id": self.template.id, "version": self.template.version.to_string() },
            "state": self.state.word(),
            "made": matches!(why, Why::Generated(_)),
        });
        match why {
            Why::Generated(generated) => json["generated"] = generated_json(generated),
            Why::NotNow(all) => json["not_now"] = all.iter().map(not_now_json).collect(),
            Why::NotOfTheTemplate => {}
        }
        json
    }
}

fn ownership(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Merged => "merged: the template's and yours, an update merges both",
        Ownership::Managed => "managed: the template's, a change of yours is drift",
        Ownership::Seeded => "seeded: yours since it was written, an update leaves it alone",
    }
}

fn condition(condition: &Condition) -> String {
    let answers: Vec<String> = condition.answers.iter().map(|(id, value)| answer(id, value.as_ref())).collect();
    let hangs = if answers.is_empty() { String::new() } else { format!(": {}", answers.join(", ")) };
    format!("`{}` ({}){hangs}", condition.when.split_whitespace().collect::<Vec<_>>().join(" "), condition.rule)
}

fn answer(id: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("{id} = {}", terminal::visible_line(&value.to_string())),
        None => format!("{id} is not asked"),
    }
}

fn element(turn: &Turn) -> String {
    match &turn.element {
        Some(element) => format!("each of `{}`, here {} = {element}", turn.list, turn.name),
        None => format!("each of `{}`, as {}", turn.list, turn.name),
    }
}

fn set(change: &[(String, Value)]) -> String {
    let word = |(id, value): &(String, Value)| format!(" --set {}", quote_shell(&format!("{id}={value}")));
    change.iter().map(word).collect()
}

fn generated_json(generated: &Generated) -> Json {
    json!({
        "file": generated.source.file,
        "layer": generated.source.layer,
        "rendered": generated.is_rendered,
        "ownership": generated.ownership,
        "executable": generated.executable,
        "conditions": generated.conditions.iter().map(condition_json).collect::<Vec<_>>(),
        "each": generated.each.iter().map(turn_json).collect::<Vec<_>>(),
        "partials": generated.partials.iter().map(|it| json!({ "file": it.file, "layer": it.layer })).collect::<Vec<_>>(),
        "answers": generated.answers.iter().map(|(id, value)| (id.clone(), value.to_json())).collect::<Json>(),
    })
}

fn not_now_json(not_now: &NotNow) -> Json {
    let change = |change: &Vec<(String, Value)>| {
        change.iter().map(|(id, value)| (id.clone(), value.to_json())).collect::<Json>()
    };
    json!({
        "file": not_now.source.file,
        "layer": not_now.source.layer,
        "conditions": not_now.conditions.iter().map(condition_json).collect::<Vec<_>>(),
        "missing": not_now.missing.iter().map(turn_json).collect::<Vec<_>>(),
        "change": not_now.change.as_ref().map(change),
    })
}

fn condition_json(condition: &Condition) -> Json {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
    json!({
        "rule": condition.rule,
        "when": condition.when,
        "holds": condition.holds,
        "answers": condition.answers.iter().map(|(id, it)| (id.clone(), value(it))).collect::<Json>(),
    })
}

fn turn_json(turn: &Turn) -> Json {
    json!({ "list": turn.list, "name": turn.name, "element": turn.element })
}
