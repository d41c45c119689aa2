//! Evaluates expressions: straight from the syntax tree to a value, without a text in between.

use std::borrow::Cow;

use handlebars::template::Parameter;
use serde_json::Value as Json;

use super::helpers;
use super::tables::Tables;

/// Finds the value of a name.
type Values<'v> = dyn Fn(&str) -> Option<&'v Json> + 'v;

/// Computes the value of an expression that was checked, or says why there is none.
pub(super) fn value<'v>(
    expression: &'v Parameter,
    values: &Values<'v>,
    tables: &'v Tables,
) -> Result<Cow<'v, Json>, String> {
    match expression {
        Parameter::Literal(literal) => Ok(Cow::Borrowed(literal)),
        Parameter::Subexpression(call) => {
            let arguments = call.params().map_or(&[][..], Vec::as_slice);
            called(call.name(), arguments, values, tables).map(Cow::Owned)
        }
        _ => named(expression.as_name().unwrap_or_default(), values, tables),
    }
}

fn named<'v>(name: &str, values: &Values<'v>, tables: &'v Tables) -> Result<Cow<'v, Json>, String> {
    let table = || tables.get(name).map(super::tables::Table::json);
    let found = values(name).or_else(table).map(Cow::Borrowed);
    found.ok_or_else(|| format!("`{name}` has no value here, its question was not asked"))
}

fn called<'v>(name: &str, arguments: &'v [Parameter], values: &Values<'v>, tables: &'v Tables) -> Result<Json, String> {
    let helper = helpers::helper(name).ok_or_else(|| format!("there is no helper `{name}`"))?;
    let arguments = arguments.iter().map(|argument| value(argument, values, tables));
    let arguments: Vec<Cow<'_, Json>> = arguments.collect::<Result<_, _>>()?;
    let arguments: Vec<&Json> = arguments.iter().map(AsRef::as_ref).collect();
    (helper.function)(&arguments).map_err(|message| format!("`{name}`: {message}"))
}
