//! The result of `check` as SARIF 2.1.0, which code scanning services read.

use std::fmt::Write as _;
use std::path::{Component, Path};

use launchway_core::{Date, Finding, FindingPlace, Rule};
use serde_json::{Value as Json, json};

use super::CheckResult;
use super::report::level;
use super::text::{culprit, shown, with_values};
use crate::report;

const RULES: [Rule; 5] = [Rule::Conflicted, Rule::Unreadable, Rule::Missing, Rule::Agreement, Rule::Drifted];

/// Renders the log; paths are below `folder`, which code scanning wants relative to the root of the repository.
pub(crate) fn to_json(checked: &[CheckResult], folder: &Path) -> String {
    let findings = checked.iter().flat_map(|checked| checked.findings.iter().map(|finding| (finding, checked.today)));
    let results: Vec<Json> = findings.map(|(finding, today)| result(finding, folder, today)).collect();
    let rules = RULES.map(|rule| json!({"id": rule.id(), "shortDescription": {"text": rule.says()}}));
    report::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "launchway",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "results": results,
        }],
    }))
}

fn result(finding: &Finding, folder: &Path, today: Date) -> Json {
    let culprit = culprit(finding);
    let others = with_values(finding).filter(|place| Some(*place) != culprit);
    let related = others.filter_map(|place| {
        let mut location = location(place, folder)?;
        location["message"] = message(&shown(place, Path::new(".")));
        Some(location)
    });
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "level": level(finding.rule),
        "message": message(&summary(finding)),
        "locations": culprit.and_then(|place| location(place, folder)).into_iter().collect::<Vec<_>>(),
        "relatedLocations": related.collect::<Vec<_>>(),
    });
    if let Some(id) = finding.id.as_ref().filter(|_| finding.rule == Rule::Agreement) {
        result["properties"] = json!({"agreement": id});
    }
    // The waiver stands in a file of its own, so to SARIF it is an external one; an empty list says that there is none.
    let waivers = finding.waiver.iter().filter(|_| finding.is_waived(today));
    let accepted = |because: &String| json!({"kind": "external", "status": "accepted", "justification": because});
    result["suppressions"] = waivers.map(|waiver| accepted(&waiver.because)).collect();
    result
}

/// Says all that a reader needs in one text: many services show nothing else.
fn summary(finding: &Finding) -> String {
    let values = with_values(finding).map(|place| shown(place, Path::new(".")));
    let answers = finding.answers.iter().map(|(id, value)| format!("the answer `{id}` is `{value}`"));
    let details: Vec<String> = values.chain(answers).collect();
    if details.is_empty() { finding.message.clone() } else { format!("{}: {}", finding.message, details.join("; ")) }
}

/// Makes a message; a single brace would begin a placeholder.
fn message(text: &str) -> Json {
    json!({"text": text.replace('{', "{{").replace('}', "}}")})
}

fn location(place: &FindingPlace, folder: &Path) -> Option<Json> {
    let mut physical =
        json!({"artifactLocation": {"uri": uri(folder, place.file.as_deref()?), "uriBaseId": "%SRCROOT%"}});
    if let Some(line) = place.line {
        physical["region"] = json!({"startLine": line});
    }
    Some(json!({"physicalLocation": physical}))
}

/// Encodes a path as a relative URI; a folder that leads elsewhere than down is left out.
fn uri(folder: &Path, file: &str) -> String {
    let leads_down = folder.components().all(|it| matches!(it, Component::Normal(_) | Component::CurDir));
    let names = folder.components().filter(|it| leads_down && matches!(it, Component::Normal(_)));
    let folder = names.fold(String::new(), |path, name| path + &name.as_os_str().to_string_lossy() + "/");
    format!("{folder}{file}").bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_relative_to_where_the_program_was_started() {
        for (folder, file, expected) in [
            (".", "deploy/ecs/service.yaml", "deploy/ecs/service.yaml"),
            ("./services/orders/", "a b/ü#.txt", "services/orders/a%20b/%C3%BC%23.txt"),
            ("../orders", "Dockerfile", "Dockerfile"),
            ("/srv/orders", "Dockerfile", "Dockerfile"),
        ] {
            assert_eq!(uri(Path::new(folder), file), expected);
        }
    }

    #[test]
    fn braces_of_a_message_are_no_placeholders() {
        assert_eq!(message("[0-9]{64}")["text"], "[0-9]{{64}}");
    }
}
