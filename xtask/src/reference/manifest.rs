//! The page of the keys of a manifest, from its JSON Schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::cell;

/// Makes the page.
pub(super) fn page() -> String {
    let schema = launchway_core::schema::manifest();
    let mut text = format!("{}\n\n# Keys of `template.toml`\n\n", super::NOTE);
    text.push_str("From the JSON Schema that `launchway template schema` prints. [Templates](../templates.md) explains how they work\n");
    text.push_str("together. An unknown key is an error.\n\n");
    for (name, table) in objects(&schema["properties"]) {
        let is_array = table["type"] == "array";
        let heading = if is_array { format!("[[{name}]]") } else { format!("[{name}]") };
        let _ = writeln!(text, "## `{heading}`\n");
        if let Some(description) = table["description"].as_str() {
            let _ = writeln!(text, "{}\n", cell(description));
        }
        let keys = if is_array { &table["items"] } else { table };
        let _ = writeln!(text, "{}", rows(keys, ""));
    }
    text.trim_end().to_owned() + "\n"
}

/// Makes the table of the keys of a table, those of the tables inside it included.
fn rows(table: &Value, prefix: &str) -> String {
    let mut text = String::new();
    if prefix.is_empty() {
        text.push_str("| key | takes | |\n|---|---|---|\n");
    }
    let required = table["required"].as_array().cloned().unwrap_or_default();
    for (name, key) in objects(&table["properties"]) {
        let is_required = if required.contains(&Value::from(name)) { ", required" } else { "" };
        let description = key["description"].as_str().unwrap_or_default();
        let _ = writeln!(text, "| `{prefix}{name}` | {}{is_required} | {} |", takes(key), cell(description));
        for inner in [key, &key["items"]] {
            text.push_str(&rows_below(inner, &format!("{prefix}{name}.")));
        }
    }
    text
}

fn rows_below(table: &Value, prefix: &str) -> String {
    if table["properties"].is_object() { rows(table, prefix) } else { String::new() }
}

fn takes(key: &Value) -> String {
    if let Some(values) = key["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| format!("`{}`", value.as_str().unwrap_or("null"))).collect();
        return values.join(", ");
    }
    match &key["type"] {
        Value::String(one) if one == "object" => "a table".to_owned(),
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "as described".to_owned(),
    }
}

fn objects(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
