//! *Help me choose*: what speaks for which side of a decision, as rules that are data.
//!
//! A topic asks a few questions. Each answer makes rules true; a rule gives a side weight, or leaves nothing but one side,
//! or rules sides out. Nothing else decides, so the same answers always get the same advice, with all of its reasons.
//!
//! ```
//! let topic = launchway_core::advice::topic("architecture").expect("it is built in");
//! let first_of_each = vec![0; topic.questions.len()];
//! let advice = topic.advise(&first_of_each);
//! assert_eq!(advice.side.id, "ecs");
//! ```

mod evaluate;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

pub use evaluate::{Advice, Change, Confidence, Reason};

/// The topics, with what the rules of each can recommend. The rules themselves are read when they are asked for: most
/// runs of the program never are.
pub static TOPICS: [Known; 3] = [
    Known {
        id: "architecture",
        sides: &["ecs", "kubernetes"],
        text: include_str!("architecture.toml"),
        read: &ARCHITECTURE,
    },
    Known { id: "scope", sides: &["one", "several"], text: include_str!("scope.toml"), read: &SCOPE },
    Known {
        id: "strategy",
        sides: &["rolling", "blue-green", "canary", "linear"],
        text: include_str!("strategy.toml"),
        read: &STRATEGY,
    },
];

static ARCHITECTURE: OnceLock<Topic> = OnceLock::new();
static SCOPE: OnceLock<Topic> = OnceLock::new();
static STRATEGY: OnceLock<Topic> = OnceLock::new();

/// A topic whose rules may not have been read yet.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub id: &'static str,
    /// The names of what can be recommended.
    pub sides: &'static [&'static str],
    text: &'static str,
    read: &'static OnceLock<Topic>,
}

impl Known {
    /// Returns the topic with its rules.
    #[must_use]
    pub fn topic(&self) -> &'static Topic {
        self.read.get_or_init(|| toml::from_str(self.text).expect("a test reads the same rules"))
    }
}

/// A decision that people ask about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name, on the command line and in a template's manifest.
    pub id: String,
    /// The decision, as a question.
    pub title: String,
    /// The page of the documentation about it, below `docs/`.
    pub page: String,
    /// What can be recommended; of equals, the earlier one is.
    #[serde(rename = "side")]
    pub sides: Vec<Side>,
    /// What is asked, in this order.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
    /// What follows from the answers.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// What Launchway writes nothing for, and suits some answers better.
    #[serde(rename = "alternative", default)]
    pub alternatives: Vec<Alternative>,
    /// What of `launchway new` follows from the recommendation.
    #[serde(rename = "flag")]
    pub flags: Vec<Flag>,
}

/// One of the things that can be recommended.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Its name.
    pub id: String,
    /// Its name as a person reads it.
    pub label: String,
    /// What it costs whoever chooses it, whatever was answered.
    pub price: String,
}

/// A question of a topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, and that of its flag.
    pub id: String,
    /// The question as a person reads it.
    pub prompt: String,
    /// One sentence of help.
    pub help: String,
    /// The answers that it accepts.
    pub choices: Vec<Choice>,
}

/// An answer to a question of a topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// The answer as a person reads it.
    pub label: String,
    /// Whether it asks for something that a recommendation meets or does not; other answers state a fact.
    #[serde(default)]
    pub wish: bool,
    /// The answers to a template's questions that it goes with; with others it is not offered.
    #[serde(default)]
    pub fits: BTreeMap<String, String>,
}

/// What follows from answers. It says exactly one of `side`, `only` and `rules_out`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The answers under which it is true: one of those listed for each question.
    pub when: When,
    /// The side that it speaks for, by its weight.
    pub side: Option<String>,
    /// How much it speaks for its side.
    #[serde(default)]
    pub weight: u32,
    /// The only side that is left.
    pub only: Option<String>,
    /// The sides that are left no more.
    #[serde(default)]
    pub rules_out: Vec<String>,
    /// Why, in one sentence without an end.
    pub because: String,
    /// The place in the documentation that says more, below `docs/`.
    pub about: String,
}

/// Something that no side stands for, since Launchway writes no files for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// The answers under which it is named.
    pub when: When,
    /// Its name as a person reads it.
    pub name: String,
    /// What it is, and when it is the better choice, without an end.
    pub because: String,
    /// The place in the documentation that says more, below `docs/`.
    pub about: String,
}

/// A flag of `launchway new` that follows from a recommendation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The side that it goes with; with any of them if none is named.
    pub side: Option<String>,
    /// The answers that it goes with.
    #[serde(default)]
    pub when: When,
    /// The flag with its value.
    pub is: String,
}

/// Answers by the id of their question.
pub type When = BTreeMap<String, Vec<String>>;

/// Lists the topics with their rules.
pub fn topics() -> impl Iterator<Item = &'static Topic> {
    TOPICS.iter().map(Known::topic)
}

/// Finds a topic by its name.
#[must_use]
pub fn known(id: &str) -> Option<&'static Known> {
    TOPICS.iter().find(|known| known.id == id)
}

/// Returns the topic of that name with its rules.
#[must_use]
pub fn topic(id: &str) -> Option<&'static Topic> {
    known(id).map(Known::topic)
}

impl Topic {
    /// Returns the side of that name.
    #[must_use]
    pub fn side(&self, id: &str) -> Option<&Side> {
        self.sides.iter().find(|side| side.id == id)
    }
}

impl Question {
    /// Returns the flag of the question, with its dashes.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", self.id.replace('_', "-"))
    }

    /// Returns the position of an answer.
    #[must_use]
    pub fn position(&self, value: &str) -> Option<usize> {
        self.choices.iter().position(|choice| choice.value == value)
    }

    /// Returns the positions of the answers that go with what is known of a template's questions.
    #[must_use]
    pub fn open(&self, known: impl Fn(&str) -> Option<String>) -> Vec<usize> {
        let fits =
            |choice: &Choice| choice.fits.iter().all(|(id, value)| known(id).is_none_or(|known| known == *value));
        (0..self.choices.len()).filter(|position| fits(&self.choices[*position])).collect()
    }
}

impl Rule {
    /// Tells whether it is more than a weight.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.side.is_none()
    }
}
