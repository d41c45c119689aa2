//! The page *ECS or Kubernetes?*, and the two decisions beside it, from the rules of the advice, in each language.

use std::fmt::Write as _;
use std::fs;

use launchway_core::advice::{self, Alternative, Question, Rule, Topic, When};
use toml::{Table, Value};

use super::cell;
use crate::{Result, workspace};

/// What the page says around the rules, in one language.
pub(super) struct Words {
    title: &'static str,
    introduction: &'static str,
    /// What leads from the page to `docs/`.
    up: &'static str,
    /// The file of the translations of the rules, from the root of the repository.
    translations: Option<&'static str>,
    behind: &'static str,
    sides: &'static str,
    questions: &'static str,
    asked: &'static str,
    rules: &'static str,
    ruled: &'static str,
    elsewhere: &'static str,
    named: &'static str,
    is: &'static str,
    or: &'static str,
    and: &'static str,
    only: &'static str,
    not: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    title: "ECS or Kubernetes?",
    introduction: "\
This page holds everything that `launchway advise` and *Help me choose* know: the questions, and the rules that your answers
make true. Nothing else decides, so the same answers always get the same advice.

A rule adds a weight to one side, or it is **hard**: it leaves one side only, or rules sides out. Launchway applies the hard rules
first, in the order of this page. If a hard rule would leave nothing, the advice lists it under *What it does not meet*. It does the
same for a wish, which is an answer marked with `*`, if every side that meets it is ruled out. Of the sides that are left, Launchway
recommends the one with the greatest weight, and of equals the first one, which needs less.

| word | means |
|---|---|
| clear | the side is ahead by 3 or more, or nothing else is left |
| leaning | the side is ahead by less, or you cannot have everything that you asked for |
| either | another side has the same weight |

Blue/green, canary and linear deployments are no argument for Kubernetes: Amazon ECS has had them built in since 2025, and on
Kubernetes they need a controller such as Argo Rollouts or Flagger.
",
    up: "",
    translations: None,
    behind: "the reasons behind it",
    sides: "| side | its price, whatever you answer |",
    questions: "Questions",
    asked: "| flag | asks | answers |",
    rules: "Rules",
    ruled: "| when | then | because |",
    elsewhere: "What Launchway writes no files for",
    named: "| when | there is | because |",
    is: " is ",
    or: " or ",
    and: ", and ",
    only: "only ",
    not: "not ",
};

pub(super) const KOREAN: Words = Words {
    title: "ECS와 Kubernetes 중 무엇을 고를까요?",
    introduction: "\
이 문서에는 `launchway advise`와 *선택을 도와주세요*가 아는 모든 것이 있습니다. 질문, 그리고 답에 따라 참이 되는 규칙입니다. 다른 것은 결정에
관여하지 않으므로, 같은 답에는 언제나 같은 조언이 나옵니다.

규칙은 한쪽에 가중치를 더하거나, **강제 규칙**입니다. 강제 규칙은 한쪽만 남기거나 몇 가지를 제외합니다. Launchway는 강제 규칙을 이 문서의
순서대로 먼저 적용합니다. 강제 규칙을 지키면 아무것도 남지 않을 때는 그 규칙을 *충족하지 못하는 것*에 적습니다. `*`로 표시한 답은
희망이며, 그것을 충족하는 쪽이 모두 제외되면 희망도 거기에 적습니다. 남은 것 중에서는 가중치가 가장 큰 쪽을 추천하고, 가중치가 같으면
필요한 것이 더 적은 앞쪽을 추천합니다.

| 낱말 | 뜻 |
|---|---|
| 확실 | 3 이상 앞서거나, 다른 선택이 남지 않음 |
| 우세 | 그보다 적게 앞서거나, 요구한 것을 모두 얻을 수는 없음 |
| 비슷 | 다른 쪽과 가중치가 같음 |

블루/그린, 카나리, 선형 배포는 Kubernetes를 고를 이유가 되지 않습니다. Amazon ECS에는 2025년부터 내장되어 있으며, Kubernetes에서는 Argo
Rollouts나 Flagger 같은 컨트롤러가 필요합니다.
",
    up: "../",
    translations: Some("crates/launchway/src/language/ko.toml"),
    behind: "자세한 이유(영어)",
    sides: "| 선택 | 답과 관계없이 감수해야 할 점 |",
    questions: "질문",
    asked: "| 플래그 | 질문 | 답 |",
    rules: "규칙",
    ruled: "| 조건 | 결과 | 이유 |",
    elsewhere: "Launchway가 파일을 만들지 않는 선택",
    named: "| 조건 | 선택 | 이유 |",
    is: " = ",
    or: " 또는 ",
    and: ", 그리고 ",
    only: "다음만: ",
    not: "제외: ",
};

/// A page that is being made.
struct Page<'w> {
    words: &'w Words,
    translations: Table,
}

/// Makes the page in a language.
pub(super) fn page(words: &Words) -> Result<String> {
    let page = Page { words, translations: words.translations.map_or_else(|| Ok(Table::new()), translations)? };
    let mut text = format!("{}\n\n# {}\n\n{}\n", super::NOTE, words.title, words.introduction);
    for topic in advice::topics() {
        let _ = writeln!(text, "{}", page.decision(topic));
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// Reads what the program says of the rules in another language.
fn translations(path: &str) -> Result<Table> {
    let mut all: Table = fs::read_to_string(workspace::root().join(path))?.parse()?;
    match all.remove("data") {
        Some(Value::Table(data)) => Ok(data),
        _ => Err(format!("{path} has no table `data`").into()),
    }
}

impl Page<'_> {
    fn say<'t>(&'t self, text: &'t str) -> &'t str {
        self.translations.get(text).and_then(Value::as_str).unwrap_or(text)
    }

    fn decision(&self, topic: &Topic) -> String {
        let words = self.words;
        let mut text = format!("## {}\n\n`launchway advise {}`; ", self.say(&topic.title), topic.id);
        let _ = writeln!(text, "[{}]({}{})\n\n{}\n|---|---|", words.behind, words.up, topic.page, words.sides);
        for side in &topic.sides {
            let _ = writeln!(text, "| {} | {} |", self.say(&side.label), cell(self.say(&side.price)));
        }
        let _ = writeln!(text, "\n### {}\n\n{}\n|---|---|---|", words.questions, words.asked);
        for question in &topic.questions {
            let asks = cell(self.say(&question.prompt));
            let _ = writeln!(text, "| `{}` | {asks} | {} |", question.flag(), self.answers(question));
        }
        let _ = writeln!(text, "\n### {}\n\n{}\n|---|---|---|", words.rules, words.ruled);
        for rule in &topic.rules {
            let because = self.reason(&rule.because, &rule.about);
            let _ = writeln!(text, "| {} | {} | {because} |", self.when(&rule.when), self.then(topic, rule));
        }
        if !topic.alternatives.is_empty() {
            let _ = writeln!(text, "\n### {}\n\n{}\n|---|---|---|", words.elsewhere, words.named);
        }
        text + &topic.alternatives.iter().map(|it| self.alternative(it)).collect::<String>()
    }

    fn alternative(&self, it: &Alternative) -> String {
        let because = self.reason(&it.because, &it.about);
        format!("| {} | {} | {because} |\n", self.when(&it.when), self.say(&it.name))
    }

    fn reason(&self, because: &str, about: &str) -> String {
        format!("[{}]({}{about})", cell(self.say(because)), self.words.up)
    }

    fn answers(&self, question: &Question) -> String {
        let answers = question.choices.iter().map(|choice| {
            let mark = if choice.wish { " `*`" } else { "" };
            format!("`{}` {}{mark}", choice.value, cell(self.say(&choice.label)))
        });
        answers.collect::<Vec<_>>().join("<br>")
    }

    fn when(&self, answers: &When) -> String {
        let condition = |(id, values): (&String, &Vec<String>)| {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("`{}`{}{}", id.replace('_', "-"), self.words.is, values.join(self.words.or))
        };
        answers.iter().map(condition).collect::<Vec<_>>().join(self.words.and)
    }

    fn then(&self, topic: &Topic, rule: &Rule) -> String {
        let label = |id: &str| topic.side(id).map_or_else(|| id.to_owned(), |side| self.say(&side.label).to_owned());
        if let Some(side) = &rule.side {
            return format!("{} +{}", label(side), rule.weight);
        }
        if let Some(only) = &rule.only {
            return format!("**{}{}**", self.words.only, label(only));
        }
        let sides: Vec<String> = rule.rules_out.iter().map(|id| label(id)).collect();
        format!("**{}{}**", self.words.not, sides.join(&format!(", {}", self.words.not)))
    }
}
