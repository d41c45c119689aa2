//! Tables of a manifest: rows of constants, in which `lookup` finds one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::helpers::Type;

/// The tables of a template by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables(Arc<BTreeMap<String, Table>>);

/// A table, whose rows are all as long as its list of columns.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Type)>,
    /// What `lookup` gets: `columns`, `limits` and `rows`.
    json: Json,
}

impl Tables {
    pub(crate) fn get(&self, name: &str) -> Option<&Table> {
        self.0.get(name)
    }
}

impl FromIterator<(String, Table)> for Tables {
    fn from_iter<T: IntoIterator<Item = (String, Table)>>(tables: T) -> Self {
        Self(Arc::new(tables.into_iter().collect()))
    }
}

impl Table {
    /// Makes a table; a column of limits fits what is no greater than they are.
    pub(crate) fn new(columns: Vec<String>, limits: &BTreeSet<String>, rows: &[Vec<Json>]) -> Result<Self, String> {
        if let Some(twice) = columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column)) {
            return Err(format!("the column `{}` is named twice", twice.1));
        }
        if let Some((at, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != columns.len()) {
            return Err(format!("row {} has {} cells, and there are {} columns", at + 1, row.len(), columns.len()));
        }
        if let Some(limit) = limits.iter().find(|limit| !columns.contains(limit)) {
            return Err(format!("there is no column `{limit}`"));
        }
        let json = json!({ "columns": columns, "limits": limits, "rows": rows });
        let typed = |(at, column): (usize, String)| {
            let kind = type_of(rows.iter().map(|row| &row[at]));
            kind.map(|kind| (column.clone(), kind)).ok_or_else(|| {
                format!("the column `{column}` holds neither texts alone, nor whole numbers, nor true and false")
            })
        };
        let columns: Vec<_> = columns.into_iter().enumerate().map(typed).collect::<Result<_, String>>()?;
        match columns.iter().find(|(column, kind)| limits.contains(column) && *kind != Type::Int) {
            Some((column, _)) => Err(format!("the limits of the column `{column}` are not whole numbers")),
            None => Ok(Self { columns, json }),
        }
    }

    /// Returns what a column holds.
    pub(crate) fn column(&self, name: &str) -> Option<Type> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, kind)| *kind)
    }

    pub(crate) fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the table as a value.
    pub(crate) fn json(&self) -> &Json {
        &self.json
    }
}

/// Returns the one type that all cells of a column have.
fn type_of<'c>(mut cells: impl Iterator<Item = &'c Json>) -> Option<Type> {
    let of = |cell: &Json| match cell {
        Json::String(_) => Some(Type::Word),
        Json::Number(number) if number.is_i64() => Some(Type::Int),
        Json::Bool(_) => Some(Type::Bool),
        _ => None,
    };
    let first = of(cells.next()?)?;
    cells.all(|cell| of(cell) == Some(first)).then_some(first)
}

/// Finds the first row of a table that fits, and returns one of its cells.
pub(super) fn lookup(table: &Json, result: &str, wanted: &[(String, &Json)]) -> Result<Json, String> {
    let column = |name: &str| {
        let found = table["columns"].as_array().and_then(|columns| columns.iter().position(|it| it == name));
        found.ok_or_else(|| format!("the table has no column `{name}`"))
    };
    let is_limit = |name: &str| table["limits"].as_array().is_some_and(|limits| limits.iter().any(|it| it == name));
    let result = column(result)?;
    let wanted: Vec<(usize, bool, &Json)> = wanted
        .iter()
        .map(|(name, value)| Ok((column(name)?, is_limit(name), *value)))
        .collect::<Result<_, String>>()?;
    let fits = |row: &&Json| wanted.iter().all(|(at, is_limit, value)| cell_fits(&row[*at], *is_limit, value));
    let row = table["rows"].as_array().into_iter().flatten().find(fits);
    row.map(|row| row[result].clone()).ok_or_else(|| {
        let values: Vec<String> = wanted.iter().map(|(.., value)| value.to_string()).collect();
        format!("no row of the table fits {}", values.join(" and "))
    })
}

fn cell_fits(cell: &Json, is_limit: bool, value: &Json) -> bool {
    let number = |value: &Json| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    match (number(cell), number(value)) {
        (Some(limit), Some(value)) if is_limit => value <= limit,
        (Some(cell), Some(value)) => cell == value,
        _ => cell == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(columns: &[&str], limits: &[&str], rows: Json) -> Result<Table, String> {
        let Json::Array(rows) = rows else { unreachable!("it is a list") };
        let rows: Vec<Vec<Json>> = rows.iter().map(|row| row.as_array().unwrap().clone()).collect();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Table::new(names(columns), &names(limits).into_iter().collect(), &rows)
    }

    #[test]
    fn a_row_is_found_by_equal_cells_and_by_limits() {
        let rows = json!([["a", "x", 10], ["b", "x", 20], ["c", "y", 20]]);
        let table = made(&["name", "kind", "most"], &["most"], rows).unwrap();
        let find = |wanted: &[(&str, Json)]| {
            let wanted: Vec<_> = wanted.iter().map(|(column, value)| ((*column).to_owned(), value)).collect();
            lookup(table.json(), "name", &wanted)
        };
        assert_eq!(find(&[("most", json!(10))]).unwrap(), json!("a"));
        assert_eq!(find(&[("kind", json!("x")), ("most", json!("11"))]).unwrap(), json!("b"));
        assert_eq!(find(&[("kind", json!("y")), ("most", json!(1))]).unwrap(), json!("c"));
        assert_eq!(find(&[("most", json!(21))]).unwrap_err(), "no row of the table fits 21");
        assert_eq!(find(&[("most", json!(null))]).unwrap_err(), "no row of the table fits null");
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        for (made, expected) in [
            (made(&["a", "a"], &[], json!([])), "the column `a` is named twice"),
            (made(&["a", "b"], &[], json!([["x"]])), "row 1 has 1 cells, and there are 2 columns"),
            (made(&["a"], &["b"], json!([["x"]])), "there is no column `b`"),
            (made(&["a"], &["a"], json!([["x"]])), "the limits of the column `a` are not whole numbers"),
            (made(&["a"], &[], json!([["x"], [1]])), "the column `a` holds neither"),
            (made(&["a"], &[], json!([])), "the column `a` holds neither"),
        ] {
            assert!(made.as_ref().is_err_and(|error| error.starts_with(expected)), "{made:?} {expected}");
        }
    }
}
