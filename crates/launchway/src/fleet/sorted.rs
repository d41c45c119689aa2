//! The orders in which a table can be read. A page without a script has the rows once for each of them.

use std::cmp::{Ordering, Reverse};

use semver::Version;

use super::report::Table;

/// The rows of a table in one order, by their positions.
pub(super) struct RowOrder {
    /// The column that they are sorted by; none as they stand in the report.
    pub(super) column: Option<usize>,
    pub(super) rows: Vec<usize>,
}

/// Returns the orders of a table: as it stands first, then by each column that gives another one.
pub(super) fn orders(table: &Table) -> Vec<RowOrder> {
    let mut orders = vec![RowOrder { column: None, rows: (0..table.rows.len()).collect() }];
    for column in 0..table.columns.len() {
        let mut rows: Vec<usize> = (0..table.rows.len()).collect();
        rows.sort_by(|left, right| compare(&table.rows[*left][column], &table.rows[*right][column]));
        if orders.iter().all(|known| known.rows != rows) {
            orders.push(RowOrder { column: Some(column), rows });
        }
    }
    orders
}

/// Compares two cells: the larger number first, the older version first, any other text by its letters, and nothing last.
fn compare(left: &str, right: &str) -> Ordering {
    let numbers = (left.parse::<u64>(), right.parse::<u64>());
    if let (Ok(left), Ok(right)) = numbers {
        return Reverse(left).cmp(&Reverse(right));
    }
    if let (Ok(left), Ok(right)) = (left.parse::<Version>(), right.parse::<Version>()) {
        return left.cmp(&right);
    }
    (left.is_empty(), left.to_lowercase(), left).cmp(&(right.is_empty(), right.to_lowercase(), right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_sorts_by_what_is_in_it_and_no_order_comes_twice() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["b", "1.9.0", "2", ""]), row(["A", "1.10.0", "10", "x"]), row(["c", "1.2.0", "9", ""])];
        let table = Table { title: "t", columns: vec!["a", "b", "c", "d"], rows };
        let found: Vec<_> = orders(&table).into_iter().map(|order| (order.column, order.rows)).collect();
        let expected =
            vec![(None, vec![0, 1, 2]), (Some(0), vec![1, 0, 2]), (Some(1), vec![2, 0, 1]), (Some(2), vec![1, 2, 0])];
        assert_eq!(found, expected, "the last column sorts as the first one does");
    }
}
