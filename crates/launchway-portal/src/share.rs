//! Answers as a link: what differs from the defaults, as the query of a form would have it.

use launchway_core::Template;
use launchway_core::template::Kind;
use serde::Serialize;
use serde_json::Value as Json;

use crate::fault::Fault;
use crate::form::Settled;
use crate::request::{Read, Request};
use crate::templates::Portal;

/// What stands in a link beside the answers. No question has such a name.
const TEMPLATE: &str = "template";
const LANG: &str = "lang";

/// A link, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// What follows `#` or `?` in the link.
    pub query: String,
    /// The ids of the answers that are not in it, since they are secrets or cannot be read.
    pub left_out: Vec<String>,
}

impl Portal {
    /// Returns a link that gives the same answers.
    ///
    /// # Errors
    /// There is no such template, or it is invalid.
    pub fn share(&self, request: &Request) -> Result<Shared, Fault> {
        self.with_fault_told(&request.lang, self.link(request))
    }

    fn link(&self, request: &Request) -> Result<Shared, Fault> {
        let template = self.loaded(&request.template, &request.lang)?;
        let Read { answers, problems, unknown } = request.read(&template);
        let settled = Settled::new(&template, answers.clone())?;
        let mut pairs = vec![(TEMPLATE.to_owned(), request.template.clone())];
        let mut left_out: Vec<String> = problems.into_iter().chain(unknown).map(|it| it.question).collect();
        for (id, value, _) in answers.iter() {
            let Some(question) = template.question(id) else { continue };
            if matches!(question.kind, Kind::Secret { .. }) {
                left_out.push(id.to_owned());
            } else if settled.interview.default_for(id, &answers)?.as_ref() != Some(value) {
                pairs.push((key(&question.flag()), value.to_string()));
            }
        }
        left_out.sort();
        Ok(Shared { query: encoded(&pairs), left_out })
    }

    /// Reads a link, or the query of an address. An answer of which nobody knows is kept, so that whoever uses the request says so.
    ///
    /// # Errors
    /// It cannot be decoded, gives an answer twice, or names no template that there is.
    pub fn shared(&self, query: &str) -> Result<Request, Fault> {
        let mut request = Request::default();
        let pairs = decoded(query)?;
        for (name, value) in &pairs {
            match name.as_str() {
                TEMPLATE => request.template.clone_from(value),
                LANG => request.lang.clone_from(value),
                _ => {}
            }
        }
        let template = self.loaded(&request.template, &request.lang)?;
        for (name, value) in pairs.into_iter().filter(|(name, _)| name != TEMPLATE && name != LANG) {
            let id = id_of(&name, &template);
            if request.answers.insert(id, Json::String(value)).is_some() {
                return Err(Fault::unreadable(format!("`{name}` is given twice")).hint("leave out one of them"));
            }
        }
        Ok(request)
    }
}

/// Returns what a flag is called in a link.
fn key(flag: &str) -> String {
    flag.trim_start_matches('-').to_owned()
}

/// Finds the question of a name, by its flag or its id.
fn id_of(name: &str, template: &Template) -> String {
    let named = |flag: String| key(&flag) == name;
    let question = template.questions.iter().find(|question| question.id == name || named(question.flag()));
    question.map_or_else(|| name.to_owned(), |question| question.id.clone())
}

fn encoded(pairs: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", escaped(name), escaped(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Escapes what an address gives a meaning.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b',' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn decoded(query: &str) -> Result<Vec<(String, String)>, Fault> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((unescaped(name)?, unescaped(value)?))
    };
    pairs.map(pair).collect()
}

fn unescaped(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hexadecimal(rest.next(), rest.next()).ok_or_else(|| undecodable(text))?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| undecodable(text))
}

fn hexadecimal(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high?)? * 16 + digit(low?)?).ok()
}

fn undecodable(text: &str) -> Fault {
    Fault::unreadable(format!("`{}` cannot be decoded", text.escape_debug()))
        .hint("after a `%` stand two hexadecimal digits, and all of them together are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::Portal;

    #[test]
    fn whatever_stands_in_a_link_is_read_again() {
        for text in ["", "a b+c&d=e#f%", "서비스", "<b>\"'\n", "x/y:z,w"] {
            assert_eq!(unescaped(&escaped(text)).unwrap(), text);
        }
        for wrong in ["%", "%f", "%zz", "%ff"] {
            assert_eq!(unescaped(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn a_link_has_what_differs_from_the_defaults_and_gives_the_same_answers() {
        let portal = Portal::builtin();
        let answers = [("service", "orders"), ("target", "ecs"), ("port", "8080"), ("cpu", "1024")];
        let answers = answers.map(|(id, value)| (id.to_owned(), Json::from(value))).into();
        let shared = portal.share(&Request { answers, ..Request::default() }).unwrap();
        assert_eq!(shared.query, "template=service&cpu=1024&service=orders&target=ecs");
        let read = portal.shared(&shared.query).unwrap();
        assert_eq!(read.answers.keys().collect::<Vec<_>>(), ["cpu", "service", "target"]);
        assert_eq!(portal.share(&read).unwrap(), shared);
    }

    #[test]
    fn what_a_link_of_another_version_says_is_listed() {
        let portal = Portal::builtin();
        let read = portal.shared("service=orders&target=ecs&colour=red&memory=1").unwrap();
        let form = portal.validate(&read).unwrap();
        assert_eq!(form.unknown[0].detail, "the template `service` has no question `colour`");
        let memory = form.fields.iter().find(|field| field.id == "memory").unwrap();
        assert!(memory.problem.is_some() && memory.value.is_some(), "{memory:?}");
        assert!(portal.plan(&read).unwrap_err().errors.len() == 2);
    }
}
