//! From the keys of a declared question to its kind.

use std::collections::BTreeMap;

use super::manifest;
use super::question::{Choice, Choices, Kind, TextRule};
use crate::value::pattern;

const MAX_TEXT: usize = 200;
const MAX_SLUG: usize = 63;
const MAX_SECRET: usize = 4096;

/// Builds the kind; the error completes the sentence "question `x`: …".
pub(super) fn build(raw: &manifest::Question) -> Result<Kind, String> {
    use manifest::Kind as Declared;
    check_keys(raw)?;
    Ok(match raw.kind {
        Declared::Text => Kind::Text(TextRule { optional: raw.optional, ..text_rule(raw, MAX_TEXT)? }),
        Declared::Slug => Kind::Slug(text_rule(raw, MAX_SLUG)?),
        Declared::Slugs => Kind::Slugs { rule: text_rule(raw, MAX_SLUG)?, optional: raw.optional, pairs: raw.pairs },
        Declared::Int => int(raw)?,
        Declared::Bool => Kind::Bool,
        Declared::Secret => Kind::Secret { rule: text_rule(raw, MAX_SECRET)?, optional: raw.optional },
        Declared::Choice => Kind::Choice(choices(raw)?),
        Declared::Choices => Kind::Choices(choices(raw)?),
    })
}

fn int(raw: &manifest::Question) -> Result<Kind, String> {
    let (min, max) = (raw.min.unwrap_or(i64::MIN), raw.max.unwrap_or(i64::MAX));
    if min > max {
        return Err(format!("`min` {min} is greater than `max` {max}"));
    }
    Ok(Kind::Int { min, max })
}

fn repeated(choices: &[Choice]) -> Option<&str> {
    let values = || choices.iter().map(|choice| choice.value.as_str());
    values()
        .enumerate()
        .find(|(position, value)| values().take(*position).any(|earlier| earlier == *value))
        .map(|(_, value)| value)
}

/// A key that the kind does not use would be a rule that nobody keeps.
fn check_keys(raw: &manifest::Question) -> Result<(), String> {
    use manifest::Kind as Declared;
    let is_secret = raw.kind == Declared::Secret;
    let is_text = is_secret || matches!(raw.kind, Declared::Text | Declared::Slug | Declared::Slugs);
    let is_choice = matches!(raw.kind, Declared::Choice | Declared::Choices);
    let unused = [
        ("pattern", raw.pattern.is_some() && !is_text),
        ("rule", raw.rule.is_some() && raw.pattern.is_none()),
        ("prefill", raw.prefill.is_some() && is_secret),
        ("placeholder", raw.placeholder && (raw.default.is_none() || !is_text)),
        ("reserved", !raw.reserved.is_empty() && (!is_text || is_secret)),
        ("known", !raw.known.is_empty() && (!is_text || is_secret)),
        ("optional", raw.optional && !matches!(raw.kind, Declared::Text | Declared::Slugs) && !is_secret),
        ("pairs", raw.pairs && raw.kind != Declared::Slugs),
        ("default", raw.default.is_some() && is_secret),
        ("example", raw.example.is_some() && is_secret),
        ("refuse", !raw.refusals.is_empty() && is_secret),
        ("min", raw.min.is_some() && raw.kind != Declared::Int),
        ("max", raw.max.is_some() && !is_text && raw.kind != Declared::Int),
        ("choices", !raw.choices.is_empty() && !is_choice),
        ("choices_by", !raw.choices_by.is_empty() && !is_choice),
    ];
    match unused.iter().find(|(_, is_unused)| *is_unused) {
        Some((key, _)) => Err(format!("`{key}` does not go with this kind")),
        None => Ok(()),
    }
}

fn text_rule(raw: &manifest::Question, max: usize) -> Result<TextRule, String> {
    let max = match raw.max {
        None => max,
        Some(declared) => match usize::try_from(declared) {
            Ok(declared) if declared > 0 && (max != MAX_SLUG || declared <= MAX_SLUG) => declared,
            _ => return Err(format!("`max` must be 1 or more, and at most {MAX_SLUG} for slugs")),
        },
    };
    let pattern = raw.pattern.as_ref().map(|text| pattern::of_whole(text.get_ref())).transpose()?;
    let written_pattern = raw.pattern.as_ref().map(|text| text.get_ref().clone());
    let (reserved, known, rule) = (raw.reserved.clone(), raw.known.clone(), raw.rule.clone());
    Ok(TextRule { max, optional: false, pattern, written_pattern, reserved, known, rule })
}

fn choices(raw: &manifest::Question) -> Result<Choices, String> {
    let choices = match (raw.choices.is_empty(), raw.choices_by.len()) {
        (false, 0) => Choices::Fixed(raw.choices.iter().map(choice).collect()),
        (true, 1) => by_answer(&raw.choices_by),
        _ => return Err("a choice needs either `choices`, or `choices_by` with one question".to_owned()),
    };
    let repeated = choices.lists().iter().find_map(|list| repeated(list));
    if let Some(value) = repeated {
        return Err(format!("the choice `{value}` is declared twice"));
    }
    let odd = choices.all().map(|choice| &choice.value).find(|value| !is_plain(value)).cloned();
    match odd {
        None => Ok(choices),
        Some(value) => Err(format!(
            "the choice `{}` may only hold letters, digits, dots, dashes and underscores",
            value.escape_debug()
        )),
    }
}

fn choice(raw: &manifest::Choice) -> Choice {
    Choice {
        value: raw.value.clone(),
        label: raw.label.clone().unwrap_or_else(|| raw.value.clone()),
        consequence: raw.consequence.clone(),
    }
}

fn by_answer(declared: &BTreeMap<String, BTreeMap<String, Vec<String>>>) -> Choices {
    let (question, answers) = declared.iter().next().expect("the caller has counted one question");
    let choices = |values: &Vec<String>| {
        let choice = |value: &String| Choice { value: value.clone(), label: value.clone(), consequence: None };
        values.iter().map(choice).collect()
    };
    Choices::By {
        question: question.clone(),
        choices: answers.iter().map(|(answer, values)| (answer.clone(), choices(values))).collect(),
    }
}

/// Tells whether a text means nothing to any format, so that it may be printed bare, as choices are.
pub(super) fn is_plain(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}
