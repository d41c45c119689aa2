//! `launchway template show --value`: who uses a question or a value.

use std::fmt::Write as _;

use launchway_core::template::{NameUser, NameUses, UnknownName};
use launchway_core::{Location, Template};
use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::language;
use crate::report::{self, Output};
use crate::terminal::visible_line;

#[derive(Serialize)]
struct UsesReport<'a> {
    schema: &'static str,
    template: &'a str,
    name: &'a str,
    kind: &'static str,
    declared: Option<PlaceReport<'a>>,
    is: Option<&'a str>,
    when: Option<&'a str>,
    users: Vec<UserReport<'a>>,
}

#[derive(Serialize)]
struct UserReport<'a> {
    kind: &'static str,
    id: &'a str,
    parts: Vec<&'static str>,
    through: &'a [String],
    place: Option<PlaceReport<'a>>,
}

#[derive(Serialize)]
struct PlaceReport<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
}

/// Says who uses a name, as text or as JSON.
pub(super) fn said(template: &Template, name: &str, output: Output) -> Result<String, Failure> {
    let uses = template.uses(name).map_err(|unknown| refused(template, name, &unknown))?;
    Ok(match output {
        Output::Json => report::json(&object(template, name, &uses)),
        Output::Text => text(name, &uses),
    })
}

fn refused(template: &Template, name: &str, unknown: &UnknownName) -> Failure {
    let message = format!("the template `{}` has neither a question nor a value `{name}`", template.id);
    let hint = unknown.nearest.as_ref().map_or_else(
        || "`launchway template show` lists the questions".to_owned(),
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Failure::new(Exit::Usage, message).hint(hint)
}

fn text(name: &str, uses: &NameUses) -> String {
    let declared = uses.declared.as_ref().map_or_else(String::new, |place| format!(", declared at {place}"));
    let mut lines = vec![format!("{name} ({}){declared}", uses.kind.id())];
    lines.extend(uses.is.iter().map(|is| format!("  is: {is}")));
    lines.extend(uses.when.iter().map(|when| format!("  when: {when}")));
    lines.push(String::new());
    lines.extend(uses.users.iter().map(user));
    lines.push(match uses.users.len() {
        0 => "used nowhere".to_owned(),
        1 => "1 user".to_owned(),
        count => format!("{count} users"),
    });
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", visible_line(&language::told(line)));
        text
    })
}

fn user(user: &NameUser) -> String {
    let parts = user.parts.iter().map(|part| part.id().to_owned());
    let through = user.through.iter().map(|partial| format!("through the partial `{partial}`"));
    let ways: Vec<String> = parts.chain(through).collect();
    let id = if user.id.is_empty() { String::new() } else { format!(" {}", user.id) };
    let place = user.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}{id}: {}{place}", user.kind.id(), ways.join(", "))
}

fn object<'a>(template: &'a Template, name: &'a str, uses: &'a NameUses) -> UsesReport<'a> {
    UsesReport {
        schema: "launchway.template.uses/1",
        template: &template.id,
        name,
        kind: uses.kind.id(),
        declared: uses.declared.as_ref().map(place),
        is: uses.is.as_deref(),
        when: uses.when.as_deref(),
        users: uses.users.iter().map(user_report).collect(),
    }
}

fn user_report(user: &NameUser) -> UserReport<'_> {
    UserReport {
        kind: user.kind.id(),
        id: &user.id,
        parts: user.parts.iter().map(|part| part.id()).collect(),
        through: &user.through,
        place: user.place.as_ref().map(place),
    }
}

fn place(place: &Location) -> PlaceReport<'_> {
    let (line, column) = place.position.unzip();
    PlaceReport { file: &place.file, line, column }
}
