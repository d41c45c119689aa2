//! What is declared and used by nothing.

use std::collections::BTreeSet;

use super::{LintFinding, LintRule, own_questions};
use crate::template::Template;
use crate::template::naming::{NamingPart, UserKind, UserPart};

/// Finds the questions, values and partials that change no file, no condition and no other answer.
pub(super) fn unused(template: &Template) -> Vec<LintFinding> {
    let Usage { names, partials } = Usage::of(template);
    let mut findings = Vec::new();
    for (question, place) in own_questions(template).filter(|(question, _)| !names.contains(&question.id)) {
        let message = format!("the answer to `{}` is used nowhere", question.id);
        let finding = LintFinding::new(LintRule::UnusedQuestion, place.clone(), message);
        findings.push(finding.hint("use it in a file, a `when` or a value, or remove the question"));
    }
    for value in template.values.iter().filter(|value| !names.contains(&value.id)) {
        let place = template.declared.get(&value.id).filter(|place| template.is_own(&place.file));
        let message = format!("the value `{}` is used nowhere", value.id);
        findings.extend(place.map(|place| LintFinding::new(LintRule::UnusedValue, place.clone(), message)));
    }
    for (name, partial) in template.engine.partials() {
        if !partials.contains(name) && template.is_own(&partial.file) {
            let place = crate::language::problem::Location::file(&partial.file);
            let message = format!("no file includes the partial `{name}`");
            findings.push(LintFinding::new(LintRule::UnusedPartial, place, message));
        }
    }
    findings
}

/// The names and partials that are used.
#[derive(Default)]
struct Usage {
    names: BTreeSet<String>,
    partials: BTreeSet<String>,
}

impl Usage {
    fn of(template: &Template) -> Self {
        let mut usage = Self { names: BTreeSet::from([template.name_question.clone()]), ..Self::default() };
        template.naming_parts().iter().filter(|part| is_use(part)).for_each(|part| usage.take(part));
        // A value that only an unused one needs is not used either; values stand after what they are made of.
        for value in template.values.iter().rev() {
            if usage.names.contains(&value.id) {
                usage.names.extend(value.names().cloned());
            }
        }
        usage
    }

    fn take(&mut self, part: &NamingPart<'_>) {
        // A question that only refuses its own answers decides nothing.
        let is_refusal = part.part == UserPart::Refuse;
        self.names.extend(part.names.iter().filter(|name| !is_refusal || **name != part.id).cloned());
        self.partials.extend(part.partials.iter().cloned());
    }
}

/// Tells whether a name that stands in a part changes a file, a condition or another answer. A value does so where it is
/// used itself, and a partial where it is included.
fn is_use(part: &NamingPart<'_>) -> bool {
    let is_passed_on = matches!(part.kind, UserKind::Value | UserKind::Partial);
    let is_of_others = matches!(part.kind, UserKind::Migration | UserKind::Add);
    !is_passed_on && !is_of_others && !matches!(part.part, UserPart::Preview | UserPart::From)
}
