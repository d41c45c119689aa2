//! The helpers of the template language, each with its signature.

use handlebars::{Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use serde_json::Value as Json;

use super::quote;

/// What an expression yields, as far as the checks on templates need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    /// A string that cannot break a format: a slug, a choice, a quoted text.
    Word,
    /// A string that may hold anything.
    Text,
    /// A list of words.
    Words,
    /// Whether a secret was given; no template ever sees the secret itself.
    Secret,
}

/// How a helper is called and what it yields.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: std::ops::RangeInclusive<usize>,
    pub(crate) result: Yields,
    function: Option<Function>,
}

/// The type of a helper's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yields {
    Bool,
    Int,
    /// A quoted text, safe where it stands.
    Quoted,
    /// A text if one of the arguments is a text, otherwise a word.
    LikeArguments,
}

type Function = fn(&[&Json]) -> Result<Json, String>;

const MANY: usize = 32;
const MAX_COMPUTED_BYTES: usize = 64 << 10;

/// Every helper that a template can call. Those without a function are Handlebars' own.
pub(crate) const HELPERS: &[Signature] = &[
    own("eq", 2..=2, Yields::Bool),
    own("ne", 2..=2, Yields::Bool),
    own("gt", 2..=2, Yields::Bool),
    own("gte", 2..=2, Yields::Bool),
    own("lt", 2..=2, Yields::Bool),
    own("lte", 2..=2, Yields::Bool),
    own("and", 2..=MANY, Yields::Bool),
    own("or", 2..=MANY, Yields::Bool),
    own("not", 1..=1, Yields::Bool),
    own("len", 1..=1, Yields::Int),
    with("has", 2..=2, Yields::Bool, has),
    with("add", 2..=MANY, Yields::Int, |numbers| fold(numbers, i64::checked_add)),
    with("subtract", 2..=2, Yields::Int, |numbers| fold(numbers, i64::checked_sub)),
    with("multiply", 2..=MANY, Yields::Int, |numbers| fold(numbers, i64::checked_mul)),
    with("divide", 2..=2, Yields::Int, |numbers| fold(numbers, i64::checked_div)),
    with("max", 2..=MANY, Yields::Int, |numbers| fold(numbers, |left, right| Some(left.max(right)))),
    with("min", 2..=MANY, Yields::Int, |numbers| fold(numbers, |left, right| Some(left.min(right)))),
    with("concat", 1..=MANY, Yields::LikeArguments, concat),
    with("lower", 1..=1, Yields::LikeArguments, |texts| text(texts[0]).map(|text| text.to_lowercase().into())),
    with("upper", 1..=1, Yields::LikeArguments, |texts| text(texts[0]).map(|text| text.to_uppercase().into())),
    with("snake", 1..=1, Yields::LikeArguments, |texts| text(texts[0]).map(|text| text.replace('-', "_").into())),
    with("first", 1..=1, Yields::LikeArguments, |lists| end_of(lists[0], <[Json]>::first)),
    with("last", 1..=1, Yields::LikeArguments, |lists| end_of(lists[0], <[Json]>::last)),
    with("before", 2..=2, Yields::LikeArguments, before),
    with("join", 2..=2, Yields::LikeArguments, join),
    with("choose", 3..=3, Yields::LikeArguments, choose),
    with("quote", 1..=1, Yields::Quoted, |texts| text(texts[0]).map(|text| quote::quote(&text).into())),
    with("quote_shell", 1..=1, Yields::Quoted, |texts| text(texts[0]).map(|text| quote::quote_shell(&text).into())),
    with("quote_markdown", 1..=1, Yields::Quoted, |texts| {
        text(texts[0]).map(|text| quote::quote_markdown(&text).into())
    }),
    with("quote_rust", 1..=1, Yields::Quoted, |texts| text(texts[0]).map(|text| quote::quote_rust(&text).into())),
    with("quote_sub", 1..=1, Yields::Quoted, |texts| text(texts[0]).map(|text| quote::quote_sub(&text).into())),
    with("quote_kubernetes", 1..=1, Yields::Quoted, |texts| {
        text(texts[0]).map(|text| quote::quote_kubernetes(&text).into())
    }),
];

/// The name under which expressions are evaluated; no template can call it.
pub(crate) const AS_JSON: &str = "launchway_as_json";

const fn own(name: &'static str, arguments: std::ops::RangeInclusive<usize>, result: Yields) -> Signature {
    Signature { name, arguments, result, function: None }
}

const fn with(
    name: &'static str,
    arguments: std::ops::RangeInclusive<usize>,
    result: Yields,
    function: Function,
) -> Signature {
    Signature { name, arguments, result, function: Some(function) }
}

/// Finds a helper by its name.
pub(crate) fn signature(name: &str) -> Option<&'static Signature> {
    HELPERS.iter().find(|helper| helper.name == name)
}

/// Registers the helpers of the language, and takes out those of Handlebars that are not part of it.
pub(crate) fn register(registry: &mut Handlebars<'static>) {
    for name in ["lookup", "log", "raw", "with"] {
        registry.unregister_helper(name);
    }
    for helper in HELPERS {
        if let Some(function) = helper.function {
            registry.register_helper(helper.name, Box::new(Pure { name: helper.name, function }));
        }
    }
    let as_json = |values: &[&Json]| Ok(values[0].to_string().into());
    registry.register_helper(AS_JSON, Box::new(Pure { name: AS_JSON, function: as_json }));
}

/// A helper that computes a value from its arguments alone.
struct Pure {
    name: &'static str,
    function: Function,
}

impl HelperDef for Pure {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let arguments: Vec<&Json> = helper.params().iter().map(handlebars::PathAndJson::value).collect();
        (self.function)(&arguments)
            .map(ScopedJson::Derived)
            .map_err(|message| RenderErrorReason::Other(format!("`{}`: {message}", self.name)).into())
    }
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

fn fold(numbers: &[&Json], step: fn(i64, i64) -> Option<i64>) -> Result<Json, String> {
    let mut total = integer(numbers[0])?;
    for number in &numbers[1..] {
        total = step(total, integer(number)?).ok_or("the result is out of range")?;
    }
    Ok(total.into())
}

fn has(arguments: &[&Json]) -> Result<Json, String> {
    Ok(list(arguments[0])?.contains(arguments[1]).into())
}

fn concat(parts: &[&Json]) -> Result<Json, String> {
    let parts: Result<Vec<String>, String> = parts.iter().map(|part| text(part)).collect();
    bounded(parts?.concat())
}

/// Computed texts are short; a template that multiplies one is stopped before it takes all memory.
fn bounded(text: String) -> Result<Json, String> {
    if text.len() > MAX_COMPUTED_BYTES {
        return Err(format!("the text is longer than {} KiB", MAX_COMPUTED_BYTES >> 10));
    }
    Ok(text.into())
}

fn end_of(value: &Json, pick: fn(&[Json]) -> Option<&Json>) -> Result<Json, String> {
    pick(list(value)?).cloned().ok_or_else(|| "the list is empty".to_owned())
}

/// The element that stands in a list before a given one.
fn before(arguments: &[&Json]) -> Result<Json, String> {
    let items = list(arguments[0])?;
    let position = items.iter().position(|item| item == arguments[1]).and_then(|position| position.checked_sub(1));
    position.map(|position| items[position].clone()).ok_or_else(|| format!("nothing stands before {}", arguments[1]))
}

fn join(arguments: &[&Json]) -> Result<Json, String> {
    let items: Result<Vec<String>, String> = list(arguments[0])?.iter().map(text).collect();
    bounded(items?.join(&text(arguments[1])?))
}

fn choose(arguments: &[&Json]) -> Result<Json, String> {
    match arguments[0] {
        Json::Bool(true) => Ok(arguments[1].clone()),
        Json::Bool(false) | Json::Null => Ok(arguments[2].clone()),
        other => Err(format!("{other} is neither true nor false")),
    }
}
