//! Requests held against GitHub's own description: `tests/servers/github.json` is taken from npm's `@octokit/openapi`, and
//! `validators::forge` holds that it is what the package has.

use std::sync::OnceLock;

use serde_json::Value;

use crate::forge::decoded;

fn operations() -> &'static [Value] {
    static OPERATIONS: OnceLock<Vec<Value>> = OnceLock::new();
    OPERATIONS.get_or_init(|| serde_json::from_str(include_str!("../servers/github.json")).unwrap())
}

/// Returns what is wrong with a request.
pub(crate) fn violations(method: &str, path: &str, query: &str, body: &[u8]) -> Vec<String> {
    let line = format!("{method} {path}?{query}");
    let fits = |operation: &&Value| operation["method"] == method && is_like(operation["path"].as_str().unwrap(), path);
    let Some(operation) = operations().iter().find(fits) else {
        return vec![format!("{line}: GitHub has no such request")];
    };
    let parameters = operation["parameters"].as_array().unwrap();
    let mut found = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_it = |parameter: &&Value| parameter["name"] == name && parameter["in"] == "query";
        match parameters.iter().find(is_it) {
            None => found.push(format!("{line}: there is no parameter `{name}`")),
            Some(parameter) if !takes(&parameter["schema"], &typed(&parameter["schema"], &decoded(value))) => {
                found.push(format!("{line}: `{name}` is not {}", parameter["schema"]));
            }
            Some(_) => {}
        }
    }
    match (operation.get("body"), body.is_empty()) {
        (None, false) => found.push(format!("{line}: takes no body")),
        (Some(schema), false) => match serde_json::from_slice(body) {
            Ok(value) if takes(schema, &value) && known(schema, &value) => {}
            _ => found.push(format!("{line}: {} is not {schema}", String::from_utf8_lossy(body))),
        },
        _ => {}
    }
    found
}

/// Tells whether a path is like a template, in which a name in braces stands for one part.
fn is_like(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_part = |(template, part): (&&str, &&str)| template == part || template.starts_with('{') && !part.is_empty();
    template.len() == path.len() && template.iter().zip(&path).all(is_part)
}

fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "boolean") => serde_json::from_str(text).unwrap_or(Value::Null),
        _ => Value::String(text.to_owned()),
    }
}

fn takes(schema: &Value, value: &Value) -> bool {
    let is_type = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    let all = |key: &str| schema[key].as_array().map(Vec::as_slice);
    let has_required =
        all("required").unwrap_or_default().iter().all(|name| value.get(name.as_str().unwrap()).is_some());
    let mut properties = schema["properties"].as_object().into_iter().flatten();
    let items = |items: &Value| value.as_array().is_none_or(|values| values.iter().all(|value| takes(items, value)));
    is_type
        && has_required
        && all("enum").is_none_or(|known| known.contains(value))
        && all("oneOf").or(all("anyOf")).is_none_or(|schemas| schemas.iter().any(|schema| takes(schema, value)))
        && properties.all(|(name, schema)| value.get(name).is_none_or(|value| takes(schema, value)))
        && schema.get("items").is_none_or(items)
        && schema["minItems"].as_u64().is_none_or(|least| value.as_array().is_none_or(|it| it.len() as u64 >= least))
}

/// Tells whether the description has every key of an object.
fn known(schema: &Value, value: &Value) -> bool {
    let schemas = schema["oneOf"].as_array().map_or_else(|| vec![schema], |schemas| schemas.iter().collect());
    let Some(value) = value.as_object() else { return true };
    value.keys().all(|key| schemas.iter().any(|schema| schema["properties"].get(key).is_some()))
}

#[test]
fn a_request_that_github_does_not_have_is_found() {
    let pulls = "/repos/a/b/pulls";
    let good = br#"{"title": "t", "head": "x", "base": "main", "draft": false}"#;
    assert_eq!(violations("POST", pulls, "", good), Vec::<String>::new());
    assert_eq!(violations("GET", pulls, "state=all&head=a%3Ax&per_page=100", b""), Vec::<String>::new());
    for (method, path, query, body) in [
        ("POST", pulls, "", &br#"{"title": "t", "head": "x"}"#[..]),
        ("POST", pulls, "", br#"{"title": "t", "head": "x", "base": "main", "drafts": false}"#),
        ("POST", pulls, "", br#"{"title": "t", "head": 1, "base": "main"}"#),
        ("GET", pulls, "state=every", b""),
        ("GET", pulls, "per_page=x", b""),
        ("GET", pulls, "branch=x", b""),
        ("DELETE", pulls, "", b""),
        ("GET", "/repos/a/b/pull", "", b""),
        ("POST", "/repos/a/b/issues/1/labels", "", br#"{"labels": []}"#),
    ] {
        assert_eq!(violations(method, path, query, body).len(), 1, "{method} {path} {query}");
    }
}
