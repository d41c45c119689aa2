//! The form for a browser without JavaScript: what was answered stands in it, and what is wrong beside it.

use std::fmt::Write as _;

use launchway_portal::{Field, Form, FormChoice, Portal, Request};
use serde_json::Value as Json;

use crate::call::{Call, HTML, Reply, joined};
use crate::problem::Problem;

/// What stands around the questions, in the languages of the portal.
struct Words {
    lang: &'static str,
    about: &'static str,
    default: &'static str,
    make: &'static str,
    again: &'static str,
    yes: &'static str,
    no: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    about: "This form needs no JavaScript. Some answers lead to other questions: show the questions again after such an answer.",
    default: "default",
    make: "Make the project (zip)",
    again: "Show the questions again",
    yes: "yes",
    no: "no",
};

const KOREAN: Words = Words {
    lang: "ko",
    about: "이 양식은 JavaScript 없이 쓸 수 있습니다. 답변에 따라 질문이 달라지면 질문을 다시 표시하세요.",
    default: "기본값",
    make: "프로젝트 만들기 (zip)",
    again: "질문 다시 표시",
    yes: "예",
    no: "아니요",
};

/// Shows the questions with the answers of the address.
pub(crate) fn page(portal: &Portal, call: &Call) -> Result<Reply, Problem> {
    let request = portal.shared(&joined(call.query()))?;
    Ok(Reply::new(HTML, html(&portal.validate(&request)?, &request, false)))
}

/// Shows a form again that was sent and refused.
pub(crate) fn refused(portal: &Portal, call: &Call, problem: Problem) -> Result<Reply, Problem> {
    let Ok(form) = call.request(portal).and_then(|request| Ok((portal.validate(&request)?, request))) else {
        return Err(problem);
    };
    let mut reply = Reply::new(HTML, html(&form.0, &form.1, true));
    reply.status = problem.status();
    Ok(reply)
}

fn html(form: &Form, request: &Request, is_refused: bool) -> String {
    let words = if request.lang == KOREAN.lang { &KOREAN } else { &ENGLISH };
    let fields: String = form.fields.iter().map(|field| row(field, request, is_refused, words)).collect();
    let unknown = form.unknown.iter().fold(String::new(), |mut said, it| {
        let _ = writeln!(said, "<p><strong>{}</strong></p>", escaped(&it.detail));
        said
    });
    let Words { lang, about, make, again, .. } = words;
    let (title, template) = (escaped(&form.title), escaped(&form.template));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Launchway: {title}</title>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p>{about}</p>\n{unknown}<form method=\"post\" action=\"/v1/archive.zip\">\n\
         <input type=\"hidden\" name=\"template\" value=\"{template}\">\n\
         <input type=\"hidden\" name=\"lang\" value=\"{lang}\">\n{fields}\
         <p><button>{make}</button>\n<button formmethod=\"get\" formaction=\"/form\">{again}</button></p>\n\
         </form>\n</main>\n</body>\n</html>\n"
    )
}

fn row(field: &Field, request: &Request, is_refused: bool, words: &Words) -> String {
    let (id, prompt, help) = (escaped(&field.id), escaped(&field.prompt), escaped(&field.help));
    let given = request.answers.contains_key(&field.id);
    // Nobody is told of an answer that is missing before they were asked for it.
    let problem = field.problem.as_ref().filter(|_| given || is_refused);
    let problem = problem.map(|it| format!("<br>\n<strong>{}: {}</strong>", escaped(&it.detail), escaped(&it.hint)));
    let problem = problem.unwrap_or_default();
    let help = format!("<small id=\"help-{id}\">{help}</small>{problem}");
    match (&field.decided, field.kind) {
        (Some(by), _) => {
            let value = field.value.as_ref().map(text).unwrap_or_default();
            format!("<p>{prompt}: {} ({})<br>\n{help}</p>\n", escaped(&value), escaped(by))
        }
        (None, "choices") => {
            let boxes = boxes(field, request);
            format!("<fieldset><legend>{prompt}</legend>\n{boxes}<p>{help}</p></fieldset>\n")
        }
        _ => {
            let control = control(field, request, words);
            format!("<p><label for=\"{id}\">{prompt}</label><br>\n{control}<br>\n{help}</p>\n")
        }
    }
}

/// What takes one answer. Left as it is, it gives none, and the template's default counts.
fn control(field: &Field, request: &Request, words: &Words) -> String {
    let id = escaped(&field.id);
    let given = request.answers.get(&field.id).map(text).unwrap_or_default();
    let name = format!("id=\"{id}\" name=\"{id}\" aria-describedby=\"help-{id}\"");
    let default = field.default.as_ref().map(text).unwrap_or_default();
    let choices = match field.kind {
        "bool" => vec![("true", words.yes), ("false", words.no)],
        _ => field
            .choices
            .iter()
            .filter(|it| it.refused.is_none())
            .map(|it| (it.value.as_str(), it.label.as_str()))
            .collect(),
    };
    if choices.is_empty() {
        return format!("<input {name} value=\"{}\" placeholder=\"{}\">", escaped(&given), escaped(&default));
    }
    let default = choices.iter().find(|(value, _)| *value == default).map_or("", |(_, label)| label);
    let default = if default.is_empty() { String::new() } else { format!("{default} ({})", words.default) };
    let mut options = format!("<option value=\"\">{}</option>\n", escaped(&default));
    for (value, label) in choices {
        let selected = if value == given { " selected" } else { "" };
        let _ = writeln!(options, "<option value=\"{}\"{selected}>{}</option>", escaped(value), escaped(label));
    }
    format!("<select {name}>\n{options}</select>")
}

fn boxes(field: &Field, request: &Request) -> String {
    let given = request.answers.get(&field.id).or(field.value.as_ref()).map(text).unwrap_or_default();
    let is_given = |value: &str| given.split(',').any(|it| it == value);
    let one = |choice: &FormChoice| {
        let checked = if is_given(&choice.value) { " checked" } else { "" };
        let (id, value, label) = (escaped(&field.id), escaped(&choice.value), escaped(&choice.label));
        format!("<label><input type=\"checkbox\" name=\"{id}\" value=\"{value}\"{checked}> {label}</label><br>\n")
    };
    field.choices.iter().filter(|it| it.refused.is_none()).map(one).collect()
}

/// An answer as a flag takes it.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}

/// A text as text of a page, also between quotes.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> String {
        let portal = Portal::builtin();
        let request = portal.shared(query).unwrap();
        html(&portal.validate(&request).unwrap(), &request, true)
    }

    #[test]
    fn what_was_answered_stands_in_the_form_as_text() {
        let page = shown("service=Orders%22%3E%3Cscript%3E&description=a+%26+b&colour=%3Cb%3E");
        assert!(
            page.contains("value=\"Orders&quot;&gt;&lt;script&gt;\"") && page.contains("value=\"a &amp; b\""),
            "{page}"
        );
        assert!(!page.contains("<script") && page.contains("has no question `colour`"), "{page}");
        assert!(page.contains("<strong>"), "what is wrong stands beside it: {page}");
    }

    #[test]
    fn every_question_can_be_answered_and_is_labelled() {
        let page = shown("service=orders&target=both");
        let portal = Portal::builtin();
        let form = portal.validate(&portal.shared("service=orders&target=both").unwrap()).unwrap();
        assert!(form.fields.len() > 10);
        for field in form.fields {
            let id = escaped(&field.id);
            assert!(page.contains(&format!("name=\"{id}\"")), "{id}");
            assert!(page.contains(&format!("<label for=\"{id}\">")) || field.kind == "choices", "{id}");
        }
        assert!(shown("lang=ko").contains("<html lang=\"ko\">"));
    }
}
