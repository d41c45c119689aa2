//! Advice as one JSON object.

use launchway_core::advice::{Advice, Alternative, Change, Choice, Question, Reason};
use serde_json::{Value, json};

use super::text;
use crate::report;

/// Renders what `launchway advise --output json` prints. Its texts are English in every language.
pub(crate) fn to_json(advice: &Advice, recorded: Option<&str>) -> String {
    let answers: Vec<Value> = advice.answers.iter().map(answer).collect();
    let reasons = |reasons: &[Reason]| -> Vec<Value> { reasons.iter().map(reason).collect() };
    report::json(&json!({
        "schema": "launchway.advise/1",
        "topic": advice.topic.id,
        "title": advice.topic.title,
        "answers": answers,
        "recommendation": advice.side.id,
        "label": advice.side.label,
        "confidence": advice.confidence.id(),
        "price": advice.side.price,
        "reasons_for": reasons(&advice.reasons_for),
        "reasons_against": reasons(&advice.reasons_against),
        "ruled_out": reasons(&advice.ruled_out),
        "unmet": reasons(&advice.unmet),
        "alternatives": advice.alternatives.iter().map(|it| alternative(it)).collect::<Vec<Value>>(),
        "changes": advice.changes.iter().map(change).collect::<Vec<Value>>(),
        "command": text::command(advice),
        "recorded": recorded,
    }))
}

fn answer((question, choice): &(&Question, &Choice)) -> Value {
    json!({ "question": question.id, "prompt": question.prompt, "answer": choice.value, "label": choice.label })
}

fn reason(reason: &Reason) -> Value {
    json!({
        "side": reason.side.id,
        "because": reason.rule.because,
        "hard": reason.rule.is_hard(),
        "weight": reason.rule.weight,
        "about": format!("docs/{}", reason.rule.about),
    })
}

fn alternative(it: &Alternative) -> Value {
    json!({ "name": it.name, "because": it.because, "about": format!("docs/{}", it.about) })
}

fn change(change: &Change) -> Value {
    let answer = |(question, choice): &(&Question, &Choice)| json!({ "question": question.id, "answer": choice.value });
    json!({ "answers": change.answers.iter().map(answer).collect::<Vec<Value>>(), "recommendation": change.side.id })
}
