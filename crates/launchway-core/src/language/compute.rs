//! What the helpers compute: from values to a value, and nothing else.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::tables;

/// Computes the value of a call from those that it is given, or says why there is none.
pub(super) type Function = fn(&[&Json]) -> Result<Json, String>;

const MAX_COMPUTED_BYTES: usize = 64 << 10;

/// Tells whether a value counts as true in a condition.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64().is_some_and(f64::is_normal),
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(table) => !table.is_empty(),
    }
}

pub(super) fn and(values: &[&Json]) -> bool {
    values.iter().all(|value| is_true(value))
}

pub(super) fn or(values: &[&Json]) -> bool {
    values.iter().any(|value| is_true(value))
}

pub(super) fn greater(values: &[&Json]) -> bool {
    order(values) == Some(Ordering::Greater)
}

pub(super) fn greater_or_equal(values: &[&Json]) -> bool {
    order(values).is_some_and(Ordering::is_ge)
}

pub(super) fn less(values: &[&Json]) -> bool {
    order(values) == Some(Ordering::Less)
}

pub(super) fn less_or_equal(values: &[&Json]) -> bool {
    order(values).is_some_and(Ordering::is_le)
}

/// Compares two values; a text that is a number compares with numbers, and what differs in kind does not compare.
fn order(values: &[&Json]) -> Option<Ordering> {
    match (values[0], values[1]) {
        (Json::String(left), Json::String(right)) => Some(left.cmp(right)),
        (Json::Bool(left), Json::Bool(right)) => Some(left.cmp(right)),
        (left @ (Json::Number(_) | Json::String(_)), right @ (Json::Number(_) | Json::String(_))) => {
            Some(integer(left).ok()?.cmp(&integer(right).ok()?))
        }
        _ => None,
    }
}

/// Applies a function to the one text.
pub(super) fn map<T: Into<Json>>(texts: &[&Json], function: impl Fn(&str) -> T) -> Result<Json, String> {
    text(texts[0]).map(|text| function(&text).into())
}

fn text(value: &Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Null => Err("an argument has no value, its question was not asked".to_owned()),
        Json::Array(_) | Json::Object(_) => Err("an argument is a list, not a text".to_owned()),
    }
}

fn integer(value: &Json) -> Result<i64, String> {
    match value {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| format!("{value} is not a whole number"))
}

fn list(value: &Json) -> Result<&[Json], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{value} is not a list"))
}

pub(super) fn fold(numbers: &[&Json], step: fn(i64, i64) -> Option<i64>) -> Result<Json, String> {
    let mut total = integer(numbers[0])?;
    for number in &numbers[1..] {
        total = step(total, integer(number)?).ok_or("the result is out of range")?;
    }
    Ok(total.into())
}

pub(super) fn has(arguments: &[&Json]) -> Result<Json, String> {
    Ok(list(arguments[0])?.contains(arguments[1]).into())
}

/// Counts the items of a list; what was not asked has none.
pub(super) fn len(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.len(),
        Json::String(text) => text.len(),
        _ => 0,
    }
}

pub(super) fn concat(parts: &[&Json]) -> Result<Json, String> {
    let parts: Result<Vec<String>, String> = parts.iter().map(|part| text(part)).collect();
    bounded(parts?.concat())
}

fn bounded(text: String) -> Result<Json, String> {
    check_length(text.len())?;
    Ok(text.into())
}

/// Computed texts are short; a template that multiplies one is stopped before it takes all memory.
fn check_length(length: usize) -> Result<(), String> {
    if length > MAX_COMPUTED_BYTES {
        return Err(format!("the text is longer than {} KiB", MAX_COMPUTED_BYTES >> 10));
    }
    Ok(())
}

/// Replaces one text by another; what it becomes is measured before it is made.
pub(super) fn replace(arguments: &[&Json]) -> Result<Json, String> {
    let [whole, old, new] = [text(arguments[0])?, text(arguments[1])?, text(arguments[2])?];
    if old.is_empty() {
        return Err("the text to replace is empty".to_owned());
    }
    let count = whole.matches(&old).count();
    check_length(whole.len() - count * old.len() + count * new.len())?;
    Ok(whole.replace(&old, &new).into())
}

pub(super) fn end_of(value: &Json, pick: fn(&[Json]) -> Option<&Json>) -> Result<Json, String> {
    pick(list(value)?).cloned().ok_or_else(|| "the list is empty".to_owned())
}

/// The value of a name in a list of pairs `NAME=VALUE`.
fn paired<'p>(pairs: &'p [Json], name: &Json) -> Option<&'p str> {
    let of_name = |pair: &'p Json| {
        let (before, value) = pair.as_str()?.split_once('=')?;
        (Some(before) == name.as_str()).then_some(value)
    };
    pairs.iter().find_map(of_name)
}

pub(super) fn value_of(arguments: &[&Json]) -> Result<Json, String> {
    Ok(paired(list(arguments[0])?, arguments[1]).unwrap_or_default().into())
}

pub(super) fn values_of(pairs: &Json) -> Result<Json, String> {
    let mut values: Vec<Json> = Vec::new();
    for pair in list(pairs)? {
        let value = text(pair)?.split_once('=').map(|(_, value)| Json::from(value));
        values.extend(value.filter(|value| !values.contains(value)));
    }
    Ok(values.into())
}

pub(super) fn names_of(pairs: &Json) -> Result<Json, String> {
    let name = |pair: &Json| Ok(text(pair)?.split_once('=').map(|(name, _)| Json::from(name)));
    Ok(list(pairs)?.iter().filter_map(|pair| name(pair).transpose()).collect::<Result<Vec<Json>, String>>()?.into())
}

/// The parts of a text; one without the separator is its only part.
pub(super) fn split(arguments: &[&Json]) -> Result<Json, String> {
    let [whole, separator] = [text(arguments[0])?, text(arguments[1])?];
    if separator.is_empty() {
        return Err("the separator is empty".to_owned());
    }
    Ok(whole.split(separator.as_str()).map(Json::from).collect::<Vec<_>>().into())
}

pub(super) fn includes(arguments: &[&Json]) -> Result<Json, String> {
    let items = list(arguments[0])?;
    Ok(list(arguments[1])?.iter().all(|item| items.contains(item)).into())
}

pub(super) fn covers(arguments: &[&Json]) -> Result<Json, String> {
    let pairs = list(arguments[0])?;
    Ok(list(arguments[1])?.iter().all(|name| paired(pairs, name).is_some()).into())
}

/// The element that stands in a list before a given one.
pub(super) fn before(arguments: &[&Json]) -> Result<Json, String> {
    let items = list(arguments[0])?;
    let position = items.iter().position(|item| item == arguments[1]).and_then(|position| position.checked_sub(1));
    position.map(|position| items[position].clone()).ok_or_else(|| format!("nothing stands before {}", arguments[1]))
}

pub(super) fn join(arguments: &[&Json]) -> Result<Json, String> {
    let items: Result<Vec<String>, String> = list(arguments[0])?.iter().map(text).collect();
    bounded(items?.join(&text(arguments[1])?))
}

pub(super) fn choose(arguments: &[&Json]) -> Result<Json, String> {
    match arguments[0] {
        Json::Bool(true) => Ok(arguments[1].clone()),
        Json::Bool(false) | Json::Null => Ok(arguments[2].clone()),
        other => Err(format!("{other} is neither true nor false")),
    }
}

/// Writes an expression of GitHub's workflows, whose braces are literal text in a template.
pub(super) fn github_expression(parts: &[&Json]) -> Result<Json, String> {
    let inner = concat(parts)?;
    bounded(format!("${{{{ {} }}}}", inner.as_str().unwrap_or_default()))
}

/// Finds the first row of a table that fits, and returns one of its cells.
pub(super) fn lookup(arguments: &[&Json]) -> Result<Json, String> {
    let mut wanted = Vec::new();
    for pair in arguments[2..].chunks(2) {
        let [column, value] = pair else { return Err("a column has no value to look for".to_owned()) };
        wanted.push((text(column)?, *value));
    }
    tables::lookup(arguments[0], &text(arguments[1])?, &wanted)
}

pub(super) fn kebab(text: &str) -> String {
    words(text).join("-").to_lowercase()
}

pub(super) fn pascal(text: &str) -> String {
    words(text).iter().map(|word| capital(word)).collect()
}

pub(super) fn camel(text: &str) -> String {
    let words = words(text);
    let rest = words.iter().skip(1).map(|word| capital(word));
    words.first().map(|word| word.to_lowercase()).into_iter().chain(rest).collect()
}

pub(super) fn title(text: &str) -> String {
    words(text).iter().map(|word| capital(word)).collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
}

/// Splits a text into its words: at all that is no letter or digit, and before a capital that begins one.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = text.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let ends_capitals =
            before.is_some_and(char::is_uppercase) && letters.get(at + 1).is_some_and(|after| after.is_lowercase());
        let begins = before.is_some_and(|before| before.is_lowercase() || before.is_numeric()) || ends_capitals;
        if !letter.is_alphanumeric() || letter.is_uppercase() && begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is a word from the start").push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_found_in_every_way_of_writing_them() {
        for (text, expected) in [
            ("my-orders", "My Orders"),
            ("my_orders api", "My Orders Api"),
            ("myOrders", "My Orders"),
            ("HTTPServer", "Http Server"),
            ("v2Api", "V2 Api"),
            ("--a--", "A"),
            ("", ""),
            ("été", "Été"),
            ("주문", "주문"),
        ] {
            assert_eq!(title(text), expected, "{text}");
            assert_eq!(kebab(text), expected.to_lowercase().replace(' ', "-"), "{text}");
        }
        assert_eq!((camel("My-orders"), camel("")), ("myOrders".to_owned(), String::new()));
    }

    #[test]
    fn values_compare_as_numbers_where_one_of_them_is_one() {
        for (left, right, expected) in [
            (json!(2), json!("10"), Some(Ordering::Less)),
            (json!("2"), json!("10"), Some(Ordering::Greater)),
            (json!("x"), json!(1), None),
            (json!(null), json!(1), None),
            (json!(true), json!(false), Some(Ordering::Greater)),
        ] {
            assert_eq!(order(&[&left, &right]), expected, "{left} {right}");
        }
    }

    #[test]
    fn a_replacement_is_measured_before_it_is_made() {
        let (long, new) = (json!("a".repeat(60_000)), json!("b".repeat(60_000)));
        assert!(replace(&[&long, &json!("a"), &new]).unwrap_err().contains("longer than 64 KiB"));
        assert!(replace(&[&long, &json!(""), &new]).unwrap_err().contains("is empty"));
        assert_eq!(replace(&[&json!("a-b"), &json!("-"), &json!("")]).unwrap(), json!("ab"));
    }
}
