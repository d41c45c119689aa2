//! From answers to advice: which rules are true, what they leave, and what they weigh.

use super::{Alternative, Choice, Question, Rule, Side, Topic, When};

/// By how much the best side must be ahead for a clear recommendation.
const CLEAR: u32 = 3;
/// How many answers are changed at once, at most, to find what would change the recommendation.
const MAX_CHANGED: usize = 2;

/// A recommendation with its reasons.
#[derive(Debug, Clone)]
pub struct Advice {
    /// The decision.
    pub topic: &'static Topic,
    /// The answers, in the order of the questions.
    pub answers: Vec<(&'static Question, &'static Choice)>,
    /// What is recommended.
    pub side: &'static Side,
    /// How sure that is.
    pub confidence: Confidence,
    /// What speaks for it: what leaves nothing else first, then by weight.
    pub reasons_for: Vec<Reason>,
    /// What speaks for other sides, by weight, unless they are ruled out.
    pub reasons_against: Vec<Reason>,
    /// What other sides are ruled out by.
    pub ruled_out: Vec<Reason>,
    /// What is not met by the recommendation, because the answers ask for things that exclude each other: hard rules that
    /// could not be kept, and wishes for which every side is ruled out.
    pub unmet: Vec<Reason>,
    /// What suits these answers too, or better, and is written by somebody else.
    pub alternatives: Vec<&'static Alternative>,
    /// The fewest other answers that would lead to another recommendation.
    pub changes: Vec<Change>,
    /// The flags of `launchway new` that follow.
    pub flags: Vec<&'static str>,
}

/// How sure a recommendation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Another side is as good; the recommended one needs less.
    Either,
    /// More speaks for it than for another side.
    Leaning,
    /// Much more speaks for it, or nothing else is left.
    Clear,
}

/// A rule that is true.
#[derive(Debug, Clone, Copy)]
pub struct Reason {
    /// The rule.
    pub rule: &'static Rule,
    /// The side that it speaks for, or against if it rules that out.
    pub side: &'static Side,
}

/// Other answers, and what they would lead to.
#[derive(Debug, Clone)]
pub struct Change {
    /// The answers that would be others.
    pub answers: Vec<(&'static Question, &'static Choice)>,
    /// What would be recommended.
    pub side: &'static Side,
}

/// What true rules come to.
#[derive(Debug)]
pub(super) struct Verdict<'r> {
    /// The position of the recommended side.
    pub(super) side: usize,
    pub(super) confidence: Confidence,
    /// The hard rules that could not be kept, because rules before them left nothing else, and the rules of wishes that no side
    /// meets which is left.
    pub(super) unmet: Vec<&'r Rule>,
}

impl Confidence {
    /// Returns the word for it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Either => "either",
            Self::Leaning => "leaning",
            Self::Clear => "clear",
        }
    }
}

impl Topic {
    /// Gives advice for the answers at these positions, one for each question.
    #[must_use]
    pub fn advise(&'static self, given: &[usize]) -> Advice {
        let fired = self.fired(given);
        let verdict = self.weigh(&fired);
        let side = &self.sides[verdict.side];
        let is_kept = |rule: &Rule| !verdict.unmet.iter().any(|unmet| std::ptr::eq(*unmet, rule));
        let kept = || fired.iter().copied().filter(|rule| is_kept(rule));
        let spoken = || kept().filter_map(|rule| self.spoken_for(rule));
        let against = |rule: &'static Rule| {
            rule.rules_out.iter().filter_map(move |id| self.side(id)).map(move |side| Reason { rule, side })
        };
        let is_ruled_out = |side: &Side| kept().any(|rule| rule.rules_out.contains(&side.id));
        Advice {
            topic: self,
            answers: self.answers(given),
            side,
            confidence: verdict.confidence,
            reasons_for: sorted(spoken().filter(|reason| reason.side == side)),
            reasons_against: sorted(spoken().filter(|reason| reason.side != side && !is_ruled_out(reason.side))),
            ruled_out: kept().flat_map(against).collect(),
            unmet: verdict
                .unmet
                .iter()
                .flat_map(|rule| self.spoken_for(rule).into_iter().chain(against(rule)))
                .collect(),
            alternatives: self.alternatives.iter().filter(|it| self.holds(&it.when, given)).collect(),
            changes: self.changes(given, verdict.side),
            flags: self.flags(given, side),
        }
    }

    /// Returns the rules that are true, in their order.
    pub(super) fn fired(&self, given: &[usize]) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| self.holds(&rule.when, given)).collect()
    }

    /// Decides. Hard rules are kept in their order, each unless it would leave nothing; of what is left the side with the
    /// greatest weight is recommended, of equals the earlier one.
    pub(super) fn weigh<'r>(&self, fired: &[&'r Rule]) -> Verdict<'r> {
        let mut left: Vec<usize> = (0..self.sides.len()).collect();
        let mut unmet = Vec::new();
        for rule in fired.iter().filter(|rule| rule.is_hard()) {
            let narrowed: Vec<usize> = left.iter().copied().filter(|side| self.leaves(rule, *side)).collect();
            if narrowed.is_empty() {
                unmet.push(*rule);
            } else {
                left = narrowed;
            }
        }
        unmet.extend(self.lost_wishes(fired, &left));
        let mut weights: Vec<(u32, usize)> = left.iter().map(|side| (self.weight(fired, *side), *side)).collect();
        weights.sort_by_key(|(weight, side)| (std::cmp::Reverse(*weight), *side));
        let ahead = weights.get(1).map(|second| weights[0].0 - second.0);
        let confidence = match ahead {
            Some(0) => Confidence::Either,
            _ if !unmet.is_empty() => Confidence::Leaning,
            Some(ahead) if ahead < CLEAR => Confidence::Leaning,
            _ => Confidence::Clear,
        };
        Verdict { side: weights[0].1, confidence, unmet }
    }

    /// Finds the rules of every wish that speaks for no side which is left.
    fn lost_wishes<'r>(&self, fired: &[&'r Rule], left: &[usize]) -> Vec<&'r Rule> {
        let is_left = |rule: &Rule| left.iter().any(|side| rule.side.as_ref() == Some(&self.sides[*side].id));
        let is_lost = |wish: &str| !fired.iter().any(|rule| self.wish(rule) == Some(wish) && is_left(rule));
        fired.iter().copied().filter(|rule| self.wish(rule).is_some_and(is_lost)).collect()
    }

    /// Returns the question whose answer asks for what a rule speaks of, if its answer is a wish.
    pub(super) fn wish<'r>(&self, rule: &'r Rule) -> Option<&'r str> {
        let (id, values) = rule.when.first_key_value()?;
        let question = self.questions.iter().find(|question| question.id == *id)?;
        let is_wish = |choice: &Choice| choice.wish && values.contains(&choice.value);
        (rule.side.is_some() && rule.when.len() == 1 && question.choices.iter().any(is_wish)).then_some(id)
    }

    fn leaves(&self, rule: &Rule, side: usize) -> bool {
        let id = &self.sides[side].id;
        rule.only.as_ref().is_none_or(|only| only == id) && !rule.rules_out.contains(id)
    }

    fn weight(&self, fired: &[&Rule], side: usize) -> u32 {
        let id = Some(&self.sides[side].id);
        fired.iter().filter(|rule| rule.side.as_ref() == id).map(|rule| rule.weight).sum()
    }

    fn holds(&self, when: &When, given: &[usize]) -> bool {
        self.questions.iter().zip(given).all(|(question, position)| {
            when.get(&question.id).is_none_or(|values| values.contains(&question.choices[*position].value))
        })
    }

    fn answers(&'static self, given: &[usize]) -> Vec<(&'static Question, &'static Choice)> {
        self.questions.iter().zip(given).map(|(question, position)| (question, &question.choices[*position])).collect()
    }

    fn spoken_for(&'static self, rule: &'static Rule) -> Option<Reason> {
        let side = self.side(rule.side.as_ref().or(rule.only.as_ref())?)?;
        Some(Reason { rule, side })
    }

    fn flags(&'static self, given: &[usize], side: &Side) -> Vec<&'static str> {
        let fits =
            |flag: &&super::Flag| flag.side.as_ref().is_none_or(|id| *id == side.id) && self.holds(&flag.when, given);
        self.flags.iter().filter(fits).map(|flag| flag.is.as_str()).collect()
    }

    /// Finds the fewest other answers that lead to another side.
    fn changes(&'static self, given: &[usize], side: usize) -> Vec<Change> {
        let mut tried = (1..=MAX_CHANGED).map(|count| self.changes_of(given, side, count));
        tried.find(|changes| !changes.is_empty()).unwrap_or_default()
    }

    fn changes_of(&'static self, given: &[usize], side: usize, count: usize) -> Vec<Change> {
        let mut found = Vec::new();
        for other in self.others(given, 0, count) {
            let verdict = self.weigh(&self.fired(&other));
            if verdict.side != side {
                let changed = |position: &usize| other[*position] != given[*position];
                let answer = |position: usize| {
                    let question = &self.questions[position];
                    (question, &question.choices[other[position]])
                };
                let answers = (0..given.len()).filter(changed).map(answer).collect();
                found.push(Change { answers, side: &self.sides[verdict.side] });
            }
        }
        found
    }

    /// Lists the answers that differ in exactly `count` questions, none of them before `first`.
    pub(super) fn others(&self, given: &[usize], first: usize, count: usize) -> Vec<Vec<usize>> {
        if count == 0 {
            return vec![given.to_vec()];
        }
        let mut found = Vec::new();
        for position in first..given.len() {
            for choice in (0..self.questions[position].choices.len()).filter(|choice| *choice != given[position]) {
                let mut other = given.to_vec();
                other[position] = choice;
                found.extend(self.others(&other, position + 1, count - 1));
            }
        }
        found
    }
}

/// Sorts reasons: hard ones first, then by weight, and in their order.
fn sorted(reasons: impl Iterator<Item = Reason>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = reasons.collect();
    reasons.sort_by_key(|reason| (!reason.rule.is_hard(), std::cmp::Reverse(reason.rule.weight)));
    reasons
}
