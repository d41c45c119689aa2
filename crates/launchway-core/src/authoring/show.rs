//! A template as one JSON object: what it asks, and what hangs on what.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::template::Template;
use crate::template::origin::Origin;
use crate::template::question::{Choice, Choices, Kind, Question, TextRule};
use crate::template::source::layer_of;
use crate::value::Value;
use crate::value::policy::{Policy, PolicyRule};

/// A question that hangs on another one.
#[derive(Debug, Serialize)]
pub struct Edge<'t> {
    /// The id of the other question.
    pub from: &'t str,
    /// The id of the question.
    pub to: &'t str,
    /// The condition; none where only the choices hang on the other answer.
    pub when: Option<&'t str>,
}

/// Lists what hangs on what, in the order of the questions.
#[must_use]
pub fn edges(template: &Template) -> Vec<Edge<'_>> {
    let edges = template.questions.iter().flat_map(|question| {
        let behind = template.hangs_on(question).into_iter();
        behind.map(|from| Edge { from, to: &question.id, when: question.when_text() })
    });
    edges.collect()
}

/// Returns the layer that a question is inherited from.
#[must_use]
pub fn inherited_from(template: &Template, question: &Question) -> Option<String> {
    let place = template.declared_at(&question.id).filter(|place| !template.is_own(&place.file))?;
    Some(layer_of(&place.file).to_owned())
}

/// Returns what `launchway template show --output json` prints.
#[must_use]
pub fn object(template: &Template) -> Json {
    json!({
        "schema": "launchway.template.show/1",
        "template": Origin::of(template),
        "title": template.title,
        "name": template.name_question,
        "questions": template.questions.iter().map(|it| question(template, it)).collect::<Vec<_>>(),
        "graph": edges(template),
    })
}

fn question(template: &Template, question: &Question) -> Json {
    let mut object = Map::new();
    let mut set = |key: &str, value: Json| drop(object.insert(key.to_owned(), value));
    set("id", question.id.as_str().into());
    set("kind", question.kind.name().into());
    set("prompt", question.prompt.as_str().into());
    set("help", question.help.as_str().into());
    set("flag", question.flag().into());
    set("default", question.written_default().map_or(Json::Null, Value::to_json));
    set("when", question.when_text().into());
    set("advanced", question.advanced.into());
    set("from", inherited_from(template, question).into());
    set("decided", template.policies(&question.id).map(policy).collect());
    match &question.kind {
        Kind::Text(rule) | Kind::Slug(rule) => text_rule(rule, &mut set),
        Kind::Slugs { rule, optional, pairs } => {
            text_rule(rule, &mut set);
            set("optional", (*optional).into());
            set("pairs", (*pairs).into());
        }
        Kind::Secret { rule, optional } => {
            text_rule(rule, &mut set);
            set("optional", (*optional).into());
        }
        Kind::Int { min, max } => {
            set("min", (*min).into());
            set("max", (*max).into());
        }
        Kind::Bool => {}
        Kind::Choice(Choices::Fixed(choices)) | Kind::Choices(Choices::Fixed(choices)) => {
            set("choices", choices.iter().map(choice).collect());
        }
        Kind::Choice(Choices::By { question, choices }) | Kind::Choices(Choices::By { question, choices }) => {
            let by: Map<String, Json> =
                choices.iter().map(|(answer, open)| (answer.clone(), open.iter().map(choice).collect())).collect();
            set("choices_by", json!({ question.as_str(): by }));
        }
    }
    Json::Object(object)
}

fn text_rule(rule: &TextRule, set: &mut impl FnMut(&str, Json)) {
    set("max", rule.max.into());
    set("pattern", rule.written_pattern.as_deref().into());
}

fn choice(choice: &Choice) -> Json {
    json!({ "value": choice.value, "label": choice.label, "consequence": choice.consequence })
}

fn policy((policy, when): (&Policy, Option<&str>)) -> Json {
    let json_of = |values: &Vec<Value>| values.iter().map(Value::to_json).collect();
    let (rule, value): (&str, Json) = match &policy.rule {
        PolicyRule::To(value) => ("to", value.to_json()),
        PolicyRule::Allow(values) => ("allow", json_of(values)),
        PolicyRule::Deny(values) => ("deny", json_of(values)),
    };
    json!({ rule: value, "when": when, "by": policy.by, "because": policy.because })
}
