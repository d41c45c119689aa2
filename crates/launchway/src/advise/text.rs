//! Advice as a person reads it in a terminal.

use std::fmt::Write as _;

use launchway_core::advice::{Advice, Alternative, Change, Confidence, Reason};

use crate::language;

/// How many of the changes are shown that would lead to another recommendation.
const MAX_CHANGES: usize = 4;

/// A heading with what stands below it, each in a sentence without an end.
pub(crate) struct Section {
    pub(crate) heading: &'static str,
    pub(crate) lines: Vec<String>,
}

/// Returns the recommendation in one line: `Amazon ECS (clear: …)`.
pub(crate) fn recommendation(advice: &Advice) -> String {
    let why = match advice.confidence {
        Confidence::Clear => language::text("clear: much more speaks for it, or nothing else is left"),
        Confidence::Leaning if !advice.unmet.is_empty() => {
            language::text("leaning: what you need cannot all be had at once")
        }
        Confidence::Leaning => language::text("leaning: more speaks for it than for anything else"),
        Confidence::Either => language::text("either: another choice is as good, and this one needs less"),
    };
    format!("{} ({why})", language::translated(&advice.side.label))
}

/// Returns the parts of advice that have something to say.
pub(crate) fn sections(advice: &Advice) -> Vec<Section> {
    let because = |reason: &Reason| language::translated(&reason.rule.because).to_owned();
    let named = |reason: &Reason| format!("{}: {}", language::translated(&reason.side.label), because(reason));
    let mut against: Vec<String> = advice.reasons_against.iter().map(named).collect();
    against.push(language::filled("its price: {price}", &[("price", &language::translated(&advice.side.price))]));
    let sections = [
        (language::text("What speaks for it"), advice.reasons_for.iter().map(because).collect()),
        (language::text("What speaks against it"), against),
        (language::text("What is ruled out"), advice.ruled_out.iter().map(named).collect()),
        (language::text("What it does not meet"), advice.unmet.iter().map(named).collect()),
        (
            language::text("What Launchway writes no files for"),
            advice.alternatives.iter().copied().map(alternative).collect(),
        ),
        (language::text("What would change the answer"), changes(advice)),
    ];
    let section = |(heading, lines)| Section { heading, lines };
    sections.into_iter().map(section).filter(|section| !section.lines.is_empty()).collect()
}

/// Names what another tool would write, and when to take that.
fn alternative(it: &Alternative) -> String {
    format!("{}: {}", language::translated(&it.name), language::translated(&it.because))
}

/// Returns the answers that would lead elsewhere; of many the first.
fn changes(advice: &Advice) -> Vec<String> {
    let mut lines: Vec<String> = advice.changes.iter().take(MAX_CHANGES).map(change).collect();
    match advice.changes.len().saturating_sub(MAX_CHANGES) {
        0 => {}
        more => lines.push(language::filled("{count} more, of as many answers each", &[("count", &more)])),
    }
    if lines.is_empty() {
        lines.push(language::text("no two other answers would").to_owned());
    }
    lines
}

/// Says one change: `“Who would operate a cluster?” Nobody: Amazon ECS`.
fn change(change: &Change) -> String {
    let answer = |(question, choice): &(&launchway_core::advice::Question, &launchway_core::advice::Choice)| {
        format!("“{}” {}", language::translated(&question.prompt), language::translated(&choice.label))
    };
    let answers: Vec<String> = change.answers.iter().map(answer).collect();
    let together = answers.join(language::text(", and "));
    format!("{together}: {}", language::translated(&change.side.label))
}

/// Returns the command that brings a project there that was made with other answers.
pub(crate) fn update_command(advice: &Advice) -> String {
    let set = |flag: &str| {
        let (name, value) = flag.trim_start_matches('-').split_once('=').unwrap_or((flag, ""));
        format!(" --set {}={value}", name.replace('-', "_"))
    };
    advice.flags.iter().fold("launchway update".to_owned(), |line, flag| line + &set(flag))
}

/// Returns the command that shows the page about it.
pub(crate) fn explain_command(advice: &Advice) -> String {
    let page = advice.topic.page.trim_start_matches("explain/").trim_end_matches(".md");
    format!("launchway explain {page}")
}

/// Renders advice for a terminal of that width.
pub(crate) fn render(advice: &Advice, width: usize) -> String {
    let mut text = format!("{}\n", language::translated(&advice.topic.title));
    for line in crate::terminal::wrapped(&recommendation(advice), width.saturating_sub(2)) {
        let _ = writeln!(text, "  {line}");
    }
    for section in sections(advice) {
        let _ = writeln!(text, "\n{}", section.heading);
        for line in &section.lines {
            let lines = crate::terminal::wrapped(line, width.saturating_sub(4));
            let _ = writeln!(text, "  - {}", lines.join("\n    "));
        }
    }
    text
}
