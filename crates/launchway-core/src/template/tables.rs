//! Loading the tables of a manifest, in which `lookup` finds a row.

use super::loader::Loader;
use super::manifest::{self, Manifest, Places};
use crate::language::problem::Problem;
use crate::language::tables::{Table, Tables};
use crate::value::Value;

/// Makes the tables of all layers, with what is wrong with them.
pub(super) fn of_layers(layers: &[(Manifest, Places<'_>)]) -> (Tables, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut made = Vec::new();
    for (manifest, places) in layers {
        for raw in &manifest.tables {
            match table(raw) {
                Ok(table) => made.push((raw.id.get_ref().clone(), table)),
                Err(message) => problems.push(Problem::new(places.of(&raw.id), message)),
            }
        }
    }
    (made.into_iter().collect(), problems)
}

fn table(raw: &manifest::Table) -> Result<Table, String> {
    let rows: Vec<_> = raw.rows.iter().map(|row| row.iter().map(Value::to_json).collect()).collect();
    let table = Table::new(raw.columns.clone(), &raw.limits, &rows);
    table.map_err(|message| format!("table `{}`: {message}", raw.id.get_ref()))
}

impl Loader<'_> {
    /// Checks the ids of the tables of one layer.
    pub(super) fn tables(&mut self, tables: &[manifest::Table]) {
        for raw in tables {
            self.check_name(&raw.id);
            self.table_ids.insert(raw.id.get_ref().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load, question};

    fn problem(manifest: &str) -> String {
        let loaded = load(&[("template.toml", &format!("{HEAD}{TABLE}{manifest}")), ("files/a.txt.hbs", FILE)]);
        loaded.err().map(|error| error.to_string()).unwrap_or_default()
    }

    const FILE: &str = "{{lookup sizes \"type\" \"memory\" 600}} {{#if (eq (lookup sizes \"memory\" \"type\" service) 500)}}\n{{/if}}\n";
    const TABLE: &str = "[[table]]\nid = \"sizes\"\ncolumns = [\"type\", \"memory\"]\nlimits = [\"memory\"]\n\
        rows = [[\"tiny\", 500], [\"small\", 2000]]\n";

    #[test]
    fn every_fault_of_a_table_and_of_a_lookup_is_named() {
        let value = |is: &str| format!("[[value]]\nid = \"found\"\nis = '{is}'\n");
        for (manifest, expected) in [
            (String::new(), ""),
            (value("lookup sizes \"type\" \"memory\" 1"), ""),
            (value("lookup sises \"type\" \"memory\" 1"), "`sises` is not a declared name here"),
            (value("lookup service \"type\" \"memory\" 1"), "the first value of `lookup` is the name of a `[[table]]`"),
            (value("lookup sizes \"tpe\" \"memory\" 1"), "the table `sizes` has no column `tpe`"),
            (value("lookup sizes service \"memory\" 1"), "a column is written out, in quotes"),
            (value("lookup sizes \"type\" \"memory\" 1 \"type\""), "and then pairs of a column and its value"),
            (value("sizes"), "a table is no value of its own"),
            (value("concat sizes \"x\""), "a table is no value of its own"),
            (
                value("divide (lookup sizes \"memory\" \"type\" service) 2")
                    + "[[file]]\npath = \"*\"\nwhen = \"found\"",
                "neither true nor false",
            ),
            (TABLE.to_owned(), "the id `sizes` is declared twice"),
            (question("sizes", "kind = \"bool\""), "the id `sizes` is declared twice"),
            (
                TABLE.replace("sizes", "others").replace("500", "\"x\""),
                "table `others`: the column `memory` holds neither",
            ),
        ] {
            let problem = problem(&manifest);
            assert!(
                problem.contains(expected) && (problem.is_empty() || !expected.is_empty()),
                "{manifest}: {problem}"
            );
        }
    }
}
