//! What must hold of the advice, tried for every combination of answers.

use std::collections::BTreeSet;

use super::*;

/// Returns every combination of answers to the questions of a topic.
fn combinations(topic: &Topic) -> Vec<Vec<usize>> {
    topic.questions.iter().fold(vec![Vec::new()], |all, question| {
        let more =
            |given: Vec<usize>| (0..question.choices.len()).map(move |choice| [given.clone(), vec![choice]].concat());
        all.into_iter().flat_map(more).collect()
    })
}

/// Calls `hold` with every topic and every combination of answers.
fn for_all(mut hold: impl FnMut(&'static Topic, &[usize])) {
    for topic in topics() {
        let all = combinations(topic);
        assert!(all.len() >= 90, "{}: {} combinations", topic.id, all.len());
        for given in &all {
            hold(topic, given);
        }
    }
}

fn advice(topic: &'static Topic, values: &[(&str, &str)]) -> Advice {
    let position = |question: &Question| {
        let value = values.iter().find(|(id, _)| *id == question.id).map(|(_, value)| *value);
        value.map_or(0, |value| question.position(value).unwrap())
    };
    topic.advise(&topic.questions.iter().map(position).collect::<Vec<_>>())
}

#[test]
fn the_names_that_are_known_without_reading_are_those_of_the_rules() {
    for known in &TOPICS {
        let topic = known.topic();
        assert_eq!(topic.id, known.id);
        assert_eq!(topic.sides.iter().map(|side| side.id.as_str()).collect::<Vec<_>>(), known.sides);
    }
}

#[test]
fn every_rule_and_flag_speaks_of_answers_and_sides_that_there_are() {
    for topic in topics() {
        let flags = topic.flags.iter().map(|flag| &flag.when);
        let alternatives = topic.alternatives.iter().map(|it| &it.when);
        let whens = topic.rules.iter().map(|rule| &rule.when).chain(flags).chain(alternatives);
        for (id, values) in whens.flatten() {
            let question = topic.questions.iter().find(|question| question.id == *id).unwrap();
            assert!(values.iter().all(|value| question.position(value).is_some()), "{}: {id} {values:?}", topic.id);
        }
        let sides = topic.rules.iter().flat_map(|rule| rule.side.iter().chain(&rule.only).chain(&rule.rules_out));
        for side in sides.chain(topic.flags.iter().filter_map(|flag| flag.side.as_ref())) {
            assert!(topic.side(side).is_some(), "{}: {side}", topic.id);
        }
    }
}

#[test]
fn every_rule_says_one_thing() {
    for rule in topics().flat_map(|topic| &topic.rules) {
        let said = [rule.side.is_some(), rule.only.is_some(), !rule.rules_out.is_empty()];
        assert_eq!(said.iter().filter(|is_said| **is_said).count(), 1, "{rule:?}");
        assert_eq!(rule.side.is_some(), rule.weight > 0, "{rule:?}");
        assert!(!rule.when.is_empty(), "{rule:?}");
    }
}

#[test]
fn six_questions_are_enough() {
    assert!(topics().all(|topic| topic.questions.len() == 6));
}

#[test]
fn every_question_matters() {
    for topic in topics() {
        for question in &topic.questions {
            let read = topic.rules.iter().map(|rule| &rule.when).chain(topic.flags.iter().map(|flag| &flag.when));
            assert!(read.clone().any(|when| when.contains_key(&question.id)), "{}: {}", topic.id, question.id);
        }
    }
}

#[test]
fn every_rule_is_shown_and_every_side_recommended_for_some_answers() {
    let (mut shown, mut sides) = (BTreeSet::new(), BTreeSet::new());
    for_all(|topic, given| {
        let advice = topic.advise(given);
        sides.insert((&topic.id, &advice.side.id));
        let reasons = advice.reasons_for.iter().chain(&advice.reasons_against).chain(&advice.ruled_out);
        shown.extend(reasons.map(|reason| (&topic.id, &reason.rule.because)));
    });
    for topic in topics() {
        for rule in &topic.rules {
            assert!(shown.contains(&(&topic.id, &rule.because)), "{}: {}", topic.id, rule.because);
        }
        for side in &topic.sides {
            assert!(sides.contains(&(&topic.id, &side.id)), "{}: {}", topic.id, side.id);
        }
    }
}

#[test]
fn every_word_of_confidence_is_used() {
    let mut words = BTreeSet::new();
    for_all(|topic, given| {
        words.insert((&topic.id, topic.advise(given).confidence.id()));
    });
    assert_eq!(words.len(), 9, "{words:?}");
}

#[test]
fn one_more_reason_for_a_side_never_turns_the_recommendation_away_from_it() {
    for_all(|topic, given| {
        let fired = topic.fired(given);
        let before = topic.weigh(&fired);
        let side = &topic.sides[before.side].id;
        let speaks = |rule: &&Rule| {
            let for_it = rule.side.as_ref().or(rule.only.as_ref()) == Some(side);
            for_it || (!rule.rules_out.is_empty() && !rule.rules_out.contains(side))
        };
        for (position, rule) in topic.rules.iter().enumerate().filter(|(_, rule)| speaks(rule)) {
            let is_before =
                |other: &&&Rule| topic.rules.iter().position(|it| std::ptr::eq(it, **other)) <= Some(position);
            let place = fired.iter().take_while(is_before).count();
            let mut more = fired.clone();
            more.insert(place, rule);
            let after = topic.weigh(&more);
            assert_eq!(after.side, before.side, "{}: {given:?} with {rule:?}", topic.id);
            // A rule that rules out what a wish asked for lowers the word, and says what is not met.
            let is_lost = after.unmet.len() > before.unmet.len();
            assert!(is_lost || after.confidence >= before.confidence, "{}: {given:?} with {rule:?}", topic.id);
        }
    });
}

#[test]
fn an_answer_that_only_adds_reasons_for_a_side_never_turns_the_recommendation_away_from_it() {
    let mut compared = 0;
    for_all(|topic, given| {
        let before = topic.weigh(&topic.fired(given));
        let favour = |given: &[usize]| favour(topic, given, before.side);
        for other in topic.others(given, 0, 1) {
            if is_no_less(&favour(&other), &favour(given)) {
                compared += 1;
                let after = topic.weigh(&topic.fired(&other));
                assert_eq!(after.side, before.side, "{}: {given:?} to {other:?}", topic.id);
            }
        }
    });
    assert!(compared > 1000, "{compared}");
}

/// What the answers say of a side: its weight, the negated weight of each other side, and the hard rules.
fn favour(topic: &Topic, given: &[usize], side: usize) -> Vec<i64> {
    let fired = topic.fired(given);
    let weight = |id: &str| -> i64 {
        fired.iter().filter(|rule| rule.side.as_deref() == Some(id)).map(|rule| i64::from(rule.weight)).sum()
    };
    let is = |position: usize| position == side;
    let weights = topic.sides.iter().enumerate().map(|(at, it)| if is(at) { weight(&it.id) } else { -weight(&it.id) });
    let hard = topic.rules.iter().filter(|rule| rule.is_hard()).map(|rule| {
        let holds = fired.iter().any(|it| std::ptr::eq(*it, rule));
        let id = &topic.sides[side].id;
        let is_for = rule.only.as_ref() == Some(id) || (rule.only.is_none() && !rule.rules_out.contains(id));
        i64::from(holds) * if is_for { 1 } else { -1 }
    });
    weights.chain(hard).collect()
}

fn is_no_less(one: &[i64], other: &[i64]) -> bool {
    one.iter().zip(other).all(|(one, other)| one >= other)
}

#[test]
fn hard_rules_win_whatever_else_was_answered() {
    let architecture = topic("architecture").unwrap();
    for given in combinations(architecture) {
        let advice = architecture.advise(&given);
        let said = |question: &str, value: &str| {
            advice.answers.iter().any(|(it, choice)| it.id == question && choice.value == value)
        };
        if said("place", "elsewhere") || said("extensions", "needed") {
            assert_eq!(advice.side.id, "kubernetes", "{given:?}");
        } else if said("operation", "nobody") {
            let is_lost = said("place", "later") || said("extensions", "useful");
            let word = if is_lost { Confidence::Leaning } else { Confidence::Clear };
            assert_eq!((advice.side.id.as_str(), advice.confidence), ("ecs", word), "{given:?}");
        }
    }
}

#[test]
fn a_hard_rule_is_kept_or_named_as_what_is_not_met() {
    for_all(|topic, given| {
        let advice = topic.advise(given);
        for rule in topic.fired(given).into_iter().filter(|rule| rule.is_hard()) {
            let id = &advice.side.id;
            let is_met = rule.only.as_ref().is_none_or(|only| only == id) && !rule.rules_out.contains(id);
            let is_named = advice.unmet.iter().any(|reason| std::ptr::eq(reason.rule, rule));
            assert!(is_met || is_named, "{}: {given:?} {rule:?}", topic.id);
        }
        assert!(advice.unmet.is_empty() || advice.confidence != Confidence::Clear);
    });
}

/// Returns the rules that the answer to a question makes true.
fn rules_of<'r>(topic: &'static Topic, fired: &[&'r Rule], wish: &str) -> Vec<&'r Rule> {
    fired.iter().copied().filter(|rule| topic.wish(rule) == Some(wish)).collect()
}

#[test]
fn no_wish_is_both_unmet_and_unnamed() {
    let (mut wishes, mut lost) = (0, 0);
    for_all(|topic, given| {
        let advice = topic.advise(given);
        let fired = topic.fired(given);
        for (question, choice) in advice.answers.iter().filter(|(_, choice)| choice.wish) {
            let rules = rules_of(topic, &fired, &question.id);
            assert!(!rules.is_empty(), "{}: nothing speaks for the wish {}={}", topic.id, question.id, choice.value);
            let is_of_it = |reason: &Reason| rules.iter().any(|rule| std::ptr::eq(*rule, reason.rule));
            let is_met = rules.iter().any(|rule| rule.side.as_ref() == Some(&advice.side.id));
            let is_unmet = advice.unmet.iter().any(is_of_it);
            let is_named = is_unmet || advice.reasons_against.iter().any(is_of_it);
            assert!(is_met || is_named, "{}: {given:?}: {}={}", topic.id, question.id, choice.value);
            assert!(!is_unmet || (!is_met && advice.confidence != Confidence::Clear), "{}: {given:?}", topic.id);
            (wishes, lost) = (wishes + 1, lost + usize::from(is_unmet));
        }
    });
    assert!(wishes > 500 && lost > 30, "{wishes} {lost}");
}

#[test]
fn a_wish_that_no_side_can_meet_any_more_is_not_met_and_lowers_the_word() {
    let strategy = topic("strategy").unwrap();
    let advice = advice(strategy, &[("platform", "ecs"), ("capacity", "no"), ("risk", "preview")]);
    assert_eq!((advice.side.id.as_str(), advice.confidence), ("rolling", Confidence::Leaning));
    assert_eq!(advice.unmet.iter().map(|reason| reason.side.id.as_str()).collect::<Vec<_>>(), ["blue-green"]);
}

/// What `docs/explain/strategies.md` says of measurements.
#[test]
fn nobody_is_told_to_move_traffic_in_steps_that_nothing_measures() {
    let strategy = topic("strategy").unwrap();
    for given in combinations(strategy) {
        let advice = strategy.advise(&given);
        let said =
            |id: &str, value: &str| advice.answers.iter().any(|(it, choice)| it.id == id && choice.value == value);
        if said("measure", "no") {
            assert!(["rolling", "blue-green"].contains(&advice.side.id.as_str()), "{given:?}");
        }
        if said("measure", "no") && said("capacity", "yes") && said("risk", "few") {
            assert_eq!(advice.side.id, "blue-green", "a person who tries the version is worth more: {given:?}");
        }
    }
}

#[test]
fn what_launchway_writes_no_files_for_is_named_for_some_answers_and_not_for_all() {
    for topic in topics() {
        let all = combinations(topic);
        for it in &topic.alternatives {
            let named =
                all.iter().filter(|given| topic.advise(given).alternatives.iter().any(|named| named.name == it.name));
            let count = named.count();
            assert!(count > 0 && count * 2 < all.len(), "{}: {} of {}", it.name, count, all.len());
        }
    }
    let named = advice(topic("strategy").unwrap(), &[("versions", "no"), ("capacity", "no")]);
    assert_eq!(named.alternatives[0].name, "Stop, then start");
}

#[test]
fn what_would_change_the_answer_does_and_nothing_less_would() {
    for_all(|topic, given| {
        let advice = topic.advise(given);
        for change in &advice.changes {
            let mut other = given.to_vec();
            for (question, choice) in &change.answers {
                let position = topic.questions.iter().position(|it| it.id == question.id).unwrap();
                other[position] = question.position(&choice.value).unwrap();
            }
            let after = topic.weigh(&topic.fired(&other));
            assert_eq!(topic.sides[after.side], *change.side);
            assert_ne!(change.side, advice.side);
        }
        let counts: BTreeSet<usize> = advice.changes.iter().map(|change| change.answers.len()).collect();
        assert!(counts.len() <= 1, "the fewest alone");
    });
}

#[test]
fn the_same_answers_get_the_same_advice() {
    for_all(|topic, given| {
        let said = || format!("{:?}", topic.advise(given));
        assert_eq!(said(), said());
    });
}

#[test]
fn nobody_is_told_that_only_kubernetes_can_shift_traffic() {
    let texts = topic("architecture").unwrap().rules.iter().map(|rule| rule.because.to_lowercase());
    for text in texts {
        assert!(!["canary", "blue", "traffic", "roll"].iter().any(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn answers_that_ask_for_both_platforms_at_once_are_told_so() {
    let advice = advice(topic("architecture").unwrap(), &[("place", "elsewhere"), ("operation", "nobody")]);
    assert_eq!((advice.side.id.as_str(), advice.confidence), ("kubernetes", Confidence::Leaning));
    assert_eq!(advice.unmet.len(), 1);
}

#[test]
fn what_is_known_of_a_template_is_not_asked_again() {
    let strategy = topic("strategy").unwrap();
    let open = |target: &str| {
        let known = |id: &str| (id == "target").then(|| target.to_owned());
        strategy.questions[0].open(known)
    };
    assert_eq!((open("ecs"), open("kubernetes"), open("both")), (vec![0], vec![1, 2], vec![3]));
    assert_eq!(strategy.questions[0].open(|_| None).len(), 4);
}
