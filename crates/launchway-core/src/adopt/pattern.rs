//! Holding lines and paths against what a template would write there, to read the answers out of them.

use crate::template::Template;
use crate::template::question::Kind;
use crate::template::traces::{Hole, Piece};
use crate::value::Value;

/// Steps after which a line is given up: it has too many ways to be read.
const MAX_STEPS: usize = 4_000;
const MAX_LINE: usize = 1_000;

/// Reads the answers out of a text; `None` if the pieces do not make the text. The first way to read it counts.
pub(crate) fn read<'p>(template: &Template, pieces: &'p [Piece], text: &str) -> Option<Vec<(&'p Hole, String)>> {
    if text.len() > MAX_LINE {
        return None;
    }
    let mut reader = Reader { template, found: Vec::new(), steps: 0 };
    if !reader.step(pieces, text) {
        return None;
    }
    reader.found.into_iter().map(|(hole, taken)| Some((hole, plain(hole, taken)?))).collect()
}

/// Turns what was read into the answer to the question, which must be one that its rules allow.
pub(crate) fn value(template: &Template, hole: &Hole, text: &str) -> Option<Value> {
    let question = template.question(&hole.question)?;
    let value = if hole.is_element { Value::List(vec![text.to_owned()]) } else { question.read(text).ok()? };
    let is_choice = matches!(question.kind, Kind::Choice(_) | Kind::Choices(_));
    // Which choices are open hangs on other answers, and is judged with them.
    (is_choice || question.check(&value, &[]).is_ok()).then_some(value)
}

struct Reader<'t, 'p, 's> {
    template: &'t Template,
    found: Vec<(&'p Hole, &'s str)>,
    steps: usize,
}

impl<'p, 's> Reader<'_, 'p, 's> {
    fn step(&mut self, pieces: &'p [Piece], text: &'s str) -> bool {
        self.steps += 1;
        let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
        if self.steps > MAX_STEPS {
            return false;
        }
        match first {
            Piece::Literal(literal) => text.strip_prefix(literal.as_str()).is_some_and(|text| self.step(rest, text)),
            Piece::Anything => ends(text, 0).any(|end| self.step(rest, &text[end..])),
            Piece::Hole(hole) => self.hole(hole, rest, text),
        }
    }

    /// Tries the shortest text first.
    fn hole(&mut self, hole: &'p Hole, rest: &'p [Piece], text: &'s str) -> bool {
        for end in ends(text, 1) {
            let (taken, left) = text.split_at(end);
            if !self.suits(hole, taken) {
                return false;
            }
            self.found.push((hole, taken));
            if self.step(rest, left) {
                return true;
            }
            self.found.pop();
        }
        false
    }

    /// Tells whether a text could be the start of an answer.
    fn suits(&self, hole: &Hole, text: &str) -> bool {
        let Some(last) = text.bytes().last() else { return true };
        let Some(question) = self.template.question(&hole.question) else { return false };
        match question.kind {
            Kind::Text(_) => true,
            Kind::Int { .. } => last.is_ascii_digit() || text == "-",
            Kind::Secret { .. } => false,
            Kind::Bool => last.is_ascii_lowercase(),
            Kind::Slug(_) | Kind::Slugs { .. } => {
                last.is_ascii_lowercase() || last.is_ascii_digit() || last == if hole.is_snake { b'_' } else { b'-' }
            }
            Kind::Choice(_) | Kind::Choices(_) => last.is_ascii_alphanumeric() || b".-_".contains(&last),
        }
    }
}

fn ends(text: &str, least: usize) -> impl Iterator<Item = usize> {
    (least..=text.len()).filter(|end| text.is_char_boundary(*end))
}

/// Takes back what quoting and snake case did.
fn plain(hole: &Hole, taken: &str) -> Option<String> {
    let text = if hole.is_snake { taken.replace('_', "-") } else { taken.to_owned() };
    if hole.is_quoted { serde_json::from_str(&format!("\"{text}\"")).ok() } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(question: &str, is_quoted: bool) -> Piece {
        Piece::Hole(Hole { question: question.to_owned(), is_element: false, is_quoted, is_snake: false })
    }

    #[test]
    fn a_line_is_read_backwards_and_one_that_does_not_fit_is_not() {
        let template = Template::builtin("service").unwrap();
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let line = [literal("host: "), hole("service", false), literal("."), hole("domain", false)];
        let read = |pieces: &[Piece], text: &str| {
            let found = read(&template, pieces, text)?;
            Some(found.into_iter().map(|(hole, text)| format!("{}={text}", hole.question)).collect::<Vec<_>>())
        };
        assert_eq!(
            read(&line, "host: orders.a.example"),
            Some(vec!["service=orders".into(), "domain=a.example".into()])
        );
        assert_eq!(read(&line, "host: Orders.a.example"), None);
        let quoted = [literal("d = \""), hole("description", true), literal("\"")];
        assert_eq!(read(&quoted, r#"d = "a \"b\" c""#), Some(vec!["description=a \"b\" c".into()]));
        assert_eq!(read(&quoted, r#"d = "a\""#), None, "half of an escape is not a text");
    }
}
