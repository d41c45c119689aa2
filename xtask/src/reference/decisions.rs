//! The page *ECS or Kubernetes?*, and the two decisions beside it, from the rules of the advice.

use std::fmt::Write as _;

use launchway_core::advice::{self, Question, Rule, Topic};

use super::cell;

const INTRODUCTION: &str = "\
This page is the whole of what `launchway advise` and *Help me choose* know: the questions, and the rules that the answers
make true. There is no other knowledge and no chance in it, so the same answers always get the same advice.

A rule either speaks for a side, with a weight, or is **hard**: it leaves one side alone, or rules sides out. Hard rules are
kept first, in the order of this page; one that would leave nothing is named as what cannot be met. Of what is left, the side
with the greatest weight is recommended, and of equals the one that stands first, which needs less.

| word | means |
|---|---|
| clear | it is ahead by 3 or more, or nothing else is left |
| leaning | it is ahead by less, or what was asked for cannot all be had |
| either | another side weighs as much |

Blue/green, canary and linear deployments are no argument here: Amazon ECS has them built in since 2025, and on Kubernetes a
controller such as Argo Rollouts or Flagger does them.
";

/// Makes the page.
pub(super) fn page() -> String {
    let mut text = format!("{}\n\n# ECS or Kubernetes?\n\n{INTRODUCTION}\n", super::NOTE);
    for topic in advice::topics() {
        let _ = writeln!(text, "{}", decision(topic));
    }
    text.trim_end().to_owned() + "\n"
}

fn decision(topic: &Topic) -> String {
    let mut text =
        format!("## {}\n\n`launchway advise {}`; [what is behind it]({})\n\n", topic.title, topic.id, topic.page);
    text.push_str("| side | its price, whatever was answered |\n|---|---|\n");
    for side in &topic.sides {
        let _ = writeln!(text, "| {} | {} |", side.label, cell(&side.price));
    }
    text.push_str("\n### Questions\n\n| flag | asks | answers |\n|---|---|---|\n");
    for question in &topic.questions {
        let _ = writeln!(text, "| `{}` | {} | {} |", question.flag(), cell(&question.prompt), answers(question));
    }
    text.push_str("\n### Rules\n\n| when | then | because |\n|---|---|---|\n");
    for rule in &topic.rules {
        let _ =
            writeln!(text, "| {} | {} | [{}]({}) |", when(rule), then(topic, rule), cell(&rule.because), rule.about);
    }
    text
}

fn answers(question: &Question) -> String {
    let answers = question.choices.iter().map(|choice| format!("`{}` {}", choice.value, cell(&choice.label)));
    answers.collect::<Vec<_>>().join("<br>")
}

fn when(rule: &Rule) -> String {
    let condition = |(id, values): (&String, &Vec<String>)| {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        format!("`{}` is {}", id.replace('_', "-"), values.join(" or "))
    };
    rule.when.iter().map(condition).collect::<Vec<_>>().join(", and ")
}

fn then(topic: &Topic, rule: &Rule) -> String {
    let label = |id: &str| topic.side(id).map_or_else(|| id.to_owned(), |side| side.label.clone());
    if let Some(side) = &rule.side {
        return format!("{} +{}", label(side), rule.weight);
    }
    if let Some(only) = &rule.only {
        return format!("**only {}**", label(only));
    }
    let sides: Vec<String> = rule.rules_out.iter().map(|id| label(id)).collect();
    format!("**not {}**", sides.join(", not "))
}
