//! The result of `check` as SARIF 2.1.0, which code scanning services read.

use std::fmt::Write as _;

use launchway_core::{Finding, FindingPlace, Rule};
use serde_json::{Value as Json, json};

use crate::commands::check::{Checked, culprit, shown};

const RULES: [Rule; 4] = [Rule::Unreadable, Rule::Missing, Rule::Agreement, Rule::Drifted];

pub(crate) fn to_json(checked: &[Checked]) -> String {
    let results: Vec<Json> = checked.iter().flat_map(|checked| &checked.findings).map(result).collect();
    let rules = RULES.map(|rule| json!({"id": rule.id(), "shortDescription": {"text": rule.says()}}));
    let log = json!({
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
    });
    let mut text = serde_json::to_string_pretty(&log).expect("strings, numbers and lists always fit into JSON");
    text.push('\n');
    text
}

fn result(finding: &Finding) -> Json {
    let culprit = culprit(finding);
    let others = finding.places.iter().filter(|place| *place != culprit && place.file.is_some());
    let related: Vec<Json> = others.map(|place| location(place, Some(&shown(place)))).collect();
    json!({
        "ruleId": finding.rule.id(),
        "level": "error",
        "message": {"text": message(finding)},
        "locations": [location(culprit, None)],
        "relatedLocations": related,
    })
}

/// Says all that a reader needs in one text: many services show nothing else.
fn message(finding: &Finding) -> String {
    let values = finding.places.iter().filter(|place| !place.values.is_empty()).map(shown);
    let answers = finding.answers.iter().map(|(id, value)| format!("the answer `{id}` is `{value}`"));
    let details: Vec<String> = values.chain(answers).collect();
    if details.is_empty() { finding.message.clone() } else { format!("{}: {}", finding.message, details.join("; ")) }
}

fn location(place: &FindingPlace, message: Option<&str>) -> Json {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(place.file.as_deref().unwrap_or_default()), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": place.line.unwrap_or(1)},
    }});
    if let Some(message) = message {
        location["message"] = json!({"text": message});
    }
    location
}

/// Encodes a path as a relative URI.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
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
    use super::uri;

    #[test]
    fn a_path_becomes_a_relative_uri() {
        assert_eq!(uri("deploy/ecs/service.yaml"), "deploy/ecs/service.yaml");
        assert_eq!(uri("a b/ü#.txt"), "a%20b/%C3%BC%23.txt");
    }
}
