//! JSON Schemas (2020-12), for editors and other tools: of the manifest, and of the answers to one template.

use serde_json::{Map, Value as Json, json};

use crate::template::Template;
use crate::template::question::{Choice, Choices, Kind, Question, TextRule};
use crate::value::Value;
use crate::value::policy::PolicyRule;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const MANIFEST: &str = include_str!("schema/template.schema.json");

/// Returns the schema of `template.toml`.
///
/// # Panics
/// Never: the tests read the same text.
#[must_use]
pub fn manifest() -> Json {
    serde_json::from_str(MANIFEST).expect("the schema is JSON")
}

/// Returns the schema of the answers files of a template. No key is required: flags may say the rest.
#[must_use]
pub fn answers(template: &Template) -> Json {
    let properties: Map<String, Json> =
        template.questions.iter().map(|question| (question.id.clone(), property(template, question))).collect();
    json!({
        "$schema": DIALECT,
        "title": format!("Answers to {} {}", template.id, template.version),
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(template: &Template, question: &Question) -> Json {
    let Json::Object(mut schema) = of_kind(&question.kind) else { return Json::Bool(true) };
    schema.insert("title".to_owned(), question.prompt.as_str().into());
    schema.insert("description".to_owned(), question.help.as_str().into());
    if let Some(default) = question.fixed_default() {
        schema.insert("default".to_owned(), default.to_json());
    }
    let always: Vec<Json> = template
        .policies(&question.id)
        .filter(|(_, when)| when.is_none())
        .map(|(policy, _)| narrowed(question, &policy.rule))
        .collect();
    if !always.is_empty() {
        schema.insert("allOf".to_owned(), always.into());
    }
    Json::Object(schema)
}

fn of_kind(kind: &Kind) -> Json {
    match kind {
        Kind::Text(rule) => text(rule),
        Kind::Slug(rule) => slug(rule),
        Kind::Slugs { rule, optional, pairs: true } => list(&pair(rule), !optional),
        Kind::Slugs { rule, optional, .. } => list(&slug(rule), !optional),
        Kind::Int { min, max } => {
            let mut schema = json!({ "type": "integer" });
            if *min != i64::MIN {
                schema["minimum"] = (*min).into();
            }
            if *max != i64::MAX {
                schema["maximum"] = (*max).into();
            }
            schema
        }
        // A file holds whether a secret was given, never the secret.
        Kind::Bool | Kind::Secret { .. } => json!({ "type": "boolean" }),
        Kind::Choice(choices) => one_of(choices),
        Kind::Choices(choices) => list(&one_of(choices), false),
    }
}

fn text(rule: &TextRule) -> Json {
    let least = u8::from(!rule.optional);
    let mut schema = json!({ "type": "string", "minLength": least, "maxLength": rule.max });
    if let Some(pattern) = &rule.written_pattern {
        let or_nothing = if rule.optional { "|" } else { "" };
        schema["pattern"] = format!("^(?:{pattern}{or_nothing})$").into();
    }
    schema
}

fn slug(rule: &TextRule) -> Json {
    let mut schema = text(rule);
    schema["allOf"] = json!([{ "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$" }]);
    schema
}

fn pair(rule: &TextRule) -> Json {
    let value = rule.written_pattern.as_deref().unwrap_or("[A-Za-z0-9][A-Za-z0-9._-]*");
    json!({ "type": "string", "pattern": format!("^[a-z][a-z0-9]*(-[a-z0-9]+)*=(?:{value})$") })
}

fn list(items: &Json, is_needed: bool) -> Json {
    let least = u8::from(is_needed);
    json!({ "type": "array", "items": items, "minItems": least, "uniqueItems": true })
}

/// A choice that is a number may be written as one.
fn one_of(choices: &Choices) -> Json {
    let mut values: Vec<Json> = Vec::new();
    let mut add = |value: Json| {
        if !values.contains(&value) {
            values.push(value);
        }
    };
    let all: Vec<&Choice> = choices.all().collect();
    for choice in &all {
        add(choice.value.as_str().into());
    }
    all.iter().filter_map(|choice| choice.value.parse::<i64>().ok()).for_each(|number| add(number.into()));
    json!({ "enum": values })
}

/// What a team has decided, over the kind.
fn narrowed(question: &Question, rule: &PolicyRule) -> Json {
    let is_list = matches!(question.kind, Kind::Slugs { .. } | Kind::Choices(_));
    let items = |schema: Json| if is_list { json!({ "items": schema }) } else { schema };
    let spelt = |values: &[Value]| values.iter().flat_map(|value| spellings(question, value)).collect::<Vec<_>>();
    match rule {
        PolicyRule::To(value) => json!({ "enum": spellings(question, &question.coerce(value.clone())) }),
        PolicyRule::Allow(values) => items(json!({ "enum": spelt(values) })),
        PolicyRule::Deny(values) => items(json!({ "not": { "enum": spelt(values) } })),
    }
}

/// A choice that is a number may be written as one.
fn spellings(question: &Question, value: &Value) -> Vec<Json> {
    let number = value.to_string().parse::<i64>().ok().filter(|_| matches!(question.kind, Kind::Choice(_)));
    std::iter::once(value.to_json()).chain(number.map(Json::from)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::template::load::tests::{HEAD, load};

    /// Asks the loader which keys a table may have, by giving it one that no table has.
    fn keys_of(table: &str) -> BTreeSet<String> {
        let manifest = match table {
            "" => format!("zzz = 1\n{HEAD}"),
            "template" => HEAD.replace("[template]", "[template]\nzzz = 1"),
            table => format!("{HEAD}\n{table}\nzzz = 1\n"),
        };
        let error = load(&[("template.toml", &manifest)]).err().unwrap().to_string();
        let (_, expected) = error.split_once("unknown field `zzz`, expected ").unwrap_or_else(|| panic!("{error}"));
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_of_the_manifest_has_the_keys_that_the_loader_takes() {
        let schema = manifest();
        let of = |pointer: &str| -> BTreeSet<String> {
            schema.pointer(pointer).unwrap()["properties"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(of(""), keys_of(""));
        assert_eq!(of("/properties/template"), keys_of("template"));
        assert_eq!(of("/properties/add"), keys_of("[add]"));
        assert_eq!(of("/properties/repository"), keys_of("[repository]"));
        let lists = |table: &&String| !["template", "add", "repository", "translation"].contains(&table.as_str());
        for table in schema["properties"].as_object().unwrap().keys().filter(lists) {
            let found = keys_of(&format!("[[{table}]]"));
            assert_eq!(of(&format!("/properties/{table}/items")), found, "{table}");
        }
        for (table, pointer) in [
            ("[[question]]\n[[question.choices]]", "/properties/question/items/properties/choices/items"),
            ("[[question]]\n[[question.refuse]]", "/properties/question/items/properties/refuse/items"),
            ("[[add.move]]", "/properties/add/properties/move/items"),
            ("[[add.take]]", "/properties/add/properties/take/items"),
            ("[[agreement]]\n[[agreement.place]]", "/properties/agreement/items/properties/place/items"),
        ] {
            assert_eq!(of(pointer), keys_of(table), "{table}");
        }
    }

    #[test]
    fn the_schema_of_the_answers_has_every_question_with_what_was_decided() {
        let lock = "[[question]]\nid = \"size\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"choice\"\n\
            choices = [{ value = \"256\" }, { value = \"a\" }]\n[[lock]]\nquestion = \"size\"\nallow = [256]\n";
        let schema = answers(&load(&[("template.toml", &format!("{HEAD}{lock}"))]).unwrap());
        assert_eq!(schema["properties"]["size"]["enum"], json!(["256", "a", 256]));
        assert_eq!(schema["properties"]["size"]["allOf"], json!([{ "enum": [256, 256] }]));
        let service = Template::builtin("service").unwrap();
        let schema = answers(&service);
        let keys: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, service.questions.iter().map(|question| question.id.as_str()).collect());
        assert_eq!(schema["properties"]["port"]["minimum"], json!(1024));
    }
}
