//! What is declared and used by nothing.

use std::collections::BTreeSet;

use super::{LintFinding, LintRule, own_questions};
use crate::language::engine::{Compiled, Expression};
use crate::template::question::{Choices, Kind};
use crate::template::transition::WAS;
use crate::template::{AgreementRule, Each, ReadingRule, Template};

/// Finds the questions, values and partials that change no file, no condition and no other answer.
pub(super) fn unused(template: &Template) -> Vec<LintFinding> {
    let Usage { names, partials } = Usage::of(template);
    let mut findings = Vec::new();
    for (question, place) in own_questions(template).filter(|(question, _)| !names.contains(&question.id)) {
        let message = format!("the answer to `{}` is used nowhere", question.id);
        let finding = LintFinding::new(LintRule::UnusedQuestion, place.clone(), message);
        findings.push(finding.hint("use it in a file, a `when` or a value, or take the question out"));
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
        for file in &template.files {
            if let Ok(compiled) = template.compile(file) {
                compiled.path.iter().chain(&compiled.text).for_each(|text| usage.compiled(text));
            }
        }
        usage.questions(template);
        usage.rules(template);
        usage.agreements(template);
        usage.transitions(template);
        // A value that only an unused one needs is not used either; values stand after what they are made of.
        for value in template.values.iter().rev() {
            if usage.names.contains(&value.id) {
                usage.names.extend(value.names().cloned());
            }
        }
        usage
    }

    fn questions(&mut self, template: &Template) {
        for question in &template.questions {
            self.when(question.when());
            self.names.extend(question.default_names().iter().cloned());
            for refusal in question.refusals() {
                // A question that only refuses its own answers decides nothing.
                self.names.extend(refusal.when.names().iter().filter(|name| **name != question.id).cloned());
            }
            if let Kind::Choice(Choices::By { question, .. }) | Kind::Choices(Choices::By { question, .. }) =
                &question.kind
            {
                self.names.insert(question.clone());
            }
        }
        template.locks.iter().for_each(|lock| self.when(lock.when.as_ref()));
    }

    fn rules(&mut self, template: &Template) {
        for rule in &template.rules {
            self.when(rule.when.as_ref());
            self.each(&rule.each);
        }
        for object in &template.objects {
            self.when(object.when.as_ref());
            template.purpose(object).iter().for_each(|purpose| self.compiled(purpose));
        }
        for step in &template.next_steps {
            self.when(step.when.as_ref());
            self.compiled(&step.command);
        }
    }

    fn transitions(&mut self, template: &Template) {
        for rule in template.all_transitions() {
            rule.conditions().for_each(|when| self.when(Some(when)));
            rule.before.iter().chain(&rule.after).for_each(|step| self.compiled(&step.command));
            let sentences = rule.sentences().filter_map(|it| template.sentence(it, &it.written).ok());
            sentences.for_each(|sentence| self.compiled(&sentence));
        }
        template.transition_page.iter().for_each(|path| self.compiled(path));
        let before: Vec<String> =
            self.names.iter().filter_map(|name| name.strip_prefix(WAS)).map(str::to_owned).collect();
        self.names.extend(before);
    }

    fn agreements(&mut self, template: &Template) {
        template.own_agreements().iter().for_each(|rule| self.agreement(rule));
        for file in template.agreement_files() {
            self.when(file.when.as_ref());
            template.agreements_in(file).into_iter().flatten().for_each(|rule| self.agreement(rule));
        }
    }

    fn agreement(&mut self, rule: &AgreementRule) {
        self.when(rule.when.as_ref());
        self.each(&rule.each);
        for place in &rule.places {
            match &place.reading {
                ReadingRule::At { file, at } => [file, at].into_iter().for_each(|text| self.compiled(text)),
                ReadingRule::Capture { file, .. } => self.compiled(file),
                ReadingRule::Is(is) => self.compiled(is),
            }
        }
    }

    fn when(&mut self, when: Option<&Expression>) {
        self.names.extend(when.iter().flat_map(|when| when.names()).cloned());
    }

    fn each(&mut self, each: &[Each]) {
        self.names.extend(each.iter().flat_map(|each| each.list.names()).cloned());
    }

    fn compiled(&mut self, compiled: &Compiled) {
        self.names.extend(compiled.names.iter().cloned());
        self.partials.extend(compiled.partials.iter().cloned());
    }
}
