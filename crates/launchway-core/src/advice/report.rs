//! Advice as one JSON object.

use serde_json::{Value, json};

use super::{Advice, Alternative, Change, Choice, Question, Reason};

impl Advice {
    /// Returns what `launchway advise --output json` prints. Its texts are English in every language.
    #[must_use]
    pub fn to_json(&self, recorded: Option<&str>) -> Value {
        let answers: Vec<Value> = self.answers.iter().map(answer).collect();
        let reasons = |reasons: &[Reason]| -> Vec<Value> { reasons.iter().map(reason).collect() };
        json!({
            "schema": "launchway.advise/1",
            "topic": self.topic.id,
            "title": self.topic.title,
            "answers": answers,
            "recommendation": self.side.id,
            "label": self.side.label,
            "confidence": self.confidence.id(),
            "price": self.side.price,
            "reasons_for": reasons(&self.reasons_for),
            "reasons_against": reasons(&self.reasons_against),
            "ruled_out": reasons(&self.ruled_out),
            "unmet": reasons(&self.unmet),
            "alternatives": self.alternatives.iter().map(|it| alternative(it)).collect::<Vec<Value>>(),
            "changes": self.changes.iter().map(change).collect::<Vec<Value>>(),
            "command": self.command(),
            "recorded": recorded,
        })
    }

    /// Returns the command that follows from the advice.
    #[must_use]
    pub fn command(&self) -> String {
        self.flags.iter().fold("launchway new".to_owned(), |line, flag| line + " " + flag)
    }
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
