//! All pairs: few rows in which every value of every parameter meets every value of every other one.

use std::collections::BTreeSet;

/// Two values that are to meet: (parameter, value) and (later parameter, value).
type Pair = ((usize, usize), (usize, usize));

/// Returns rows with one value (its index) for each parameter, given how many values each of them has. Each row is built
/// around the first pair that is still missing; the other parameters take the value that adds most pairs.
#[must_use]
pub fn all_pairs(sizes: &[usize]) -> Vec<Vec<usize>> {
    let mut missing = pairs_of(sizes);
    let mut rows = Vec::new();
    while let Some((left, right)) = missing.first().copied() {
        let mut chosen = vec![left, right];
        for (parameter, size) in sizes.iter().enumerate() {
            if parameter != left.0 && parameter != right.0 {
                chosen.push((parameter, best(parameter, *size, &chosen, &missing)));
            }
        }
        chosen.sort_unstable();
        missing.retain(|(left, right)| !(chosen.contains(left) && chosen.contains(right)));
        rows.push(chosen.into_iter().map(|(_, value)| value).collect());
    }
    rows
}

fn pairs_of(sizes: &[usize]) -> BTreeSet<Pair> {
    let values =
        || sizes.iter().enumerate().flat_map(|(parameter, size)| (0..*size).map(move |value| (parameter, value)));
    let pairs = values().flat_map(|left| values().map(move |right| (left, right)));
    pairs.filter(|(left, right)| left.0 < right.0).collect()
}

fn best(parameter: usize, size: usize, chosen: &[(usize, usize)], missing: &BTreeSet<Pair>) -> usize {
    let gain = |value: &usize| {
        let this = (parameter, *value);
        let is_missing = |other: &&(usize, usize)| missing.contains(&(this.min(**other), this.max(**other)));
        chosen.iter().filter(is_missing).count()
    };
    // `max_by_key` keeps the last of equals, so the order is turned around to keep the first.
    (0..size).rev().max_by_key(gain).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_values_meets_in_some_row() {
        let sizes = [3, 2, 5, 2, 4];
        let rows = all_pairs(&sizes);
        for ((left, left_value), (right, right_value)) in pairs_of(&sizes) {
            assert!(rows.iter().any(|row| row[left] == left_value && row[right] == right_value));
        }
        assert!(rows.len() < 40, "{} rows are hardly fewer than all 240 combinations", rows.len());
    }
}
