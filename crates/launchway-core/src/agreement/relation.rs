//! How the values of an agreement relate, and what their numbers count.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How the values of an agreement relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// All are equal.
    #[default]
    Equal,
    /// Each number is less than the next, or equal to it.
    Ascending,
    /// Every value of the first place is among the values of the others.
    OneOf,
    /// No value stands in two places.
    Disjoint,
    /// All places have the same values, in whatever order.
    SameSet,
    /// The first place has every value of the others, and may have more.
    Includes,
    /// Something stands in each of the places, whatever it is.
    Present,
    /// Nothing stands in any of the places.
    Absent,
}

/// What numbers count. `m` is a thousandth of a processor in one and a minute in the other, so a place has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Processors, as Kubernetes writes them: `2`, `0.5`, `500m`. Counted in thousandths.
    Cpu,
    /// Memory and storage, as Kubernetes writes them: `1Gi`, `512Mi`, `64M`, `33554432`. Counted in bytes.
    Bytes,
    /// Times: `30`, `30s`, `5m`, `1h`. Counted in seconds.
    Seconds,
}

impl Relation {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns how few places an agreement may have.
    pub(crate) fn least_places(self) -> usize {
        if self.is_about_being_there() { 1 } else { 2 }
    }

    /// Tells whether places may be empty or hold several values.
    pub(crate) fn is_of_sets(self) -> bool {
        matches!(self, Self::OneOf | Self::Disjoint | Self::SameSet | Self::Includes)
    }

    /// Tells whether the first place is compared with the others, and so must not be empty.
    pub(crate) fn has_a_first(self) -> bool {
        matches!(self, Self::OneOf | Self::Includes)
    }

    /// Tells whether it only matters that something stands there, be it a plain value or not.
    pub(crate) fn is_about_being_there(self) -> bool {
        matches!(self, Self::Absent | Self::Present)
    }
}

/// Tells how values break a relation.
pub(crate) fn broken_relation(relation: Relation, values: &[Vec<String>], units: &[Option<Unit>]) -> Option<String> {
    let set = |values: &Vec<String>| values.iter().cloned().collect::<BTreeSet<String>>();
    match relation {
        Relation::Equal => {
            let mut all = values.iter().flatten();
            let first = all.next()?;
            all.any(|value| value != first).then(|| "the values differ".to_owned())
        }
        Relation::Ascending => {
            let numbers = values.iter().zip(units).map(|(values, unit)| number(values, *unit));
            match numbers.collect::<Result<Vec<f64>, String>>() {
                Err(fault) => Some(fault),
                Ok(numbers) => (!numbers.is_sorted()).then(|| "the values are not in ascending order".to_owned()),
            }
        }
        Relation::OneOf => {
            let others: BTreeSet<String> = values.iter().skip(1).flatten().cloned().collect();
            let stray = values.first()?.iter().find(|value| !others.contains(*value))?;
            Some(format!("`{stray}` is not there"))
        }
        Relation::Disjoint => {
            let mut seen = BTreeSet::new();
            let twice =
                values.iter().find_map(|values| set(values).into_iter().find(|value| !seen.insert(value.clone())))?;
            Some(format!("`{twice}` appears in two places"))
        }
        Relation::Includes => {
            let first = values.first()?;
            let missing = values.iter().skip(1).flatten().find(|value| !first.contains(value))?;
            Some(format!("`{missing}` is missing there"))
        }
        // A place where nothing stands has been reported as it was read.
        Relation::Present => None,
        Relation::Absent => values.iter().flatten().next().map(|value| format!("`{value}` must not appear there")),
        Relation::SameSet => {
            let sets: Vec<_> = values.iter().map(set).collect();
            let stray = sets.windows(2).find_map(|pair| pair[0].symmetric_difference(&pair[1]).next().cloned())?;
            Some(format!("`{stray}` is missing in a place"))
        }
    }
}

fn number(values: &[String], unit: Option<Unit>) -> Result<f64, String> {
    let text = the_one(values)?;
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let value: f64 = digits.parse().map_err(|_| format!("`{text}` is not a number"))?;
    let suffix = text[digits.len()..].trim();
    let factor = match (unit, suffix) {
        (None, "" | "%") | (Some(Unit::Bytes), "") | (Some(Unit::Cpu), "m") | (Some(Unit::Seconds), "" | "s") => 1.0,
        (Some(Unit::Cpu), "") | (Some(Unit::Bytes), "k") => 1e3,
        (Some(Unit::Bytes), "M") => 1e6,
        (Some(Unit::Bytes), "G") => 1e9,
        (Some(Unit::Bytes), "T") => 1e12,
        (Some(Unit::Bytes), "Ki") => 1024.0,
        (Some(Unit::Bytes), "Mi") => 1024.0 * 1024.0,
        (Some(Unit::Bytes), "Gi") => 1024.0 * 1024.0 * 1024.0,
        (Some(Unit::Bytes), "Ti") => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        (Some(Unit::Seconds), "m") => 60.0,
        (Some(Unit::Seconds), "h") => 3600.0,
        _ => return Err(format!("`{text}` has the unit `{suffix}`, which cannot be compared here")),
    };
    Ok(value * factor)
}

/// Reads the one whole number that stands in a place.
#[expect(clippy::cast_possible_truncation, reason = "the fraction is zero, and the size is checked")]
pub(crate) fn whole_number(values: &[String], unit: Option<Unit>) -> Result<i64, String> {
    let value = number(values, unit)?;
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Ok(value as i64)
    } else {
        Err(format!("`{}` is not a whole number", values.join(", ")))
    }
}

/// Several places of one pattern or pointer count as one value if they hold the same.
fn the_one(values: &[String]) -> Result<&String, String> {
    match values.iter().find(|value| **value != values[0]) {
        None => values.first().ok_or_else(|| "there is no value".to_owned()),
        Some(other) => Err(format!("both `{}` and `{other}` appear there", values[0])),
    }
}
