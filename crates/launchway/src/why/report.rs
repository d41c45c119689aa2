//! The explanation of a path, as text and as JSON.

use std::collections::BTreeMap;

use launchway_core::quote::quote_shell;
use launchway_core::template::Ownership;
use launchway_core::why::{Condition, Generated, NotNow, Turn, Why};
use launchway_core::{Agreement, Project, SafePath, Template, Value};
use serde_json::{Value as Json, json};

use super::PathState;
use crate::terminal;

/// What is shown of an explanation.
pub(super) struct WhyResult<'a> {
    pub(super) project: &'a Project,
    pub(super) template: &'a Template,
    pub(super) path: &'a SafePath,
    pub(super) state: PathState,
}

impl WhyResult<'_> {
    pub(super) fn text(&self, why: &Why) -> String {
        let mut lines = match why {
            Why::Generated(generated) => self.generated(generated),
            Why::NotNow(all) => all.iter().flat_map(|not_now| self.not_now(not_now)).collect(),
            Why::OfAChange => vec![
                format!("{}: an update writes it for one change, and the next change takes it away", self.path),
                format!("  in project  {}", self.state.words()),
            ],
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
        let unchecked = generated.unchecked.as_deref().map(terminal::visible_line);
        lines.extend(unchecked.map(|because| format!("  unchecked   {because}")));
        lines.extend(generated.conditions.iter().map(|it| format!("  because     {}", condition(it))));
        lines.extend(generated.each.iter().map(|turn| format!("  once for    {}", element(turn))));
        lines.extend(generated.partials.iter().map(|it| format!("  includes    {} of {}", it.file, it.layer)));
        lines.extend(generated.answers.iter().map(|(id, value)| format!("  shaped by   {}", answer(id, Some(value)))));
        lines.extend(self.agreements());
        lines
    }

    /// Returns the agreements that speak of the file.
    fn held(&self) -> impl Iterator<Item = &Agreement> {
        self.project.agreements.iter().filter(|agreement| agreement.names(self.path))
    }

    /// Says in which agreements the file stands, by the question that sets their values.
    fn agreements(&self) -> Vec<String> {
        let mut by_question: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for agreement in self.held() {
            for question in &agreement.answers {
                by_question.entry(question).or_default().push(format!("`{}`", agreement.id));
            }
        }
        let line = |(question, ids): (&str, Vec<String>)| format!("  agrees by   {question}: {}", ids.join(", "));
        let mut lines: Vec<String> = by_question.into_iter().map(line).collect();
        let others = self.held().filter(|agreement| agreement.answers.is_empty()).count();
        if others > 0 {
            lines.push(format!("  agrees by   no answer: {others} agreements, which `--output json` lists"));
        }
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

    pub(super) fn json(&self, why: &Why) -> Json {
        let mut json = json!({
            "schema": "launchway.why/1",
            "path": self.path.as_str(),
            "project": self.project.name,
            "project_version": self.project.template.version,
            "template": { "id": self.template.id, "version": self.template.version.to_string() },
            "state": self.state.word(),
            "made": matches!(why, Why::Generated(_)),
            "agreements": self.held().map(agreement_json).collect::<Vec<_>>(),
        });
        match why {
            Why::Generated(generated) => json["generated"] = generated_json(generated),
            Why::NotNow(all) => json["not_now"] = all.iter().map(not_now_json).collect(),
            Why::OfAChange => json["of_a_change"] = true.into(),
            Why::NotOfTheTemplate => {}
        }
        json
    }
}

fn ownership(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Merged => "merged: the template's and yours, an update merges both",
        Ownership::Managed => "managed: the template's, a change of yours is merged and noted",
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

fn agreement_json(agreement: &Agreement) -> Json {
    json!({ "id": agreement.id, "says": agreement.says, "answers": agreement.answers })
}

fn generated_json(generated: &Generated) -> Json {
    json!({
        "file": generated.source.file,
        "layer": generated.source.layer,
        "rendered": generated.is_rendered,
        "ownership": generated.ownership,
        "executable": generated.executable,
        "unchecked": generated.unchecked,
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
