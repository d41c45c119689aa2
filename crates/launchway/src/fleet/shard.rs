//! Which part of a fleet is meant: repository k belongs to shard k mod N.

use std::str::FromStr;

use crate::failure::{Exit, Failure};

/// The variables by which an engine says which part is meant.
struct Variables {
    index: &'static str,
    count: &'static str,
    /// The number of the first part, of the last one, and the step between them, where an engine does not count from 0.
    range: Option<[&'static str; 3]>,
}

const ENGINES: [Variables; 3] = [
    Variables {
        index: "SLURM_ARRAY_TASK_ID",
        count: "SLURM_ARRAY_TASK_COUNT",
        range: Some(["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"]),
    },
    Variables { index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETION_COUNT", range: None },
    Variables { index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE", range: None },
];

/// One part of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The whole fleet.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    fn new(index: usize, count: usize) -> Result<Self, Failure> {
        if index < count {
            return Ok(Self { index, count });
        }
        Err(Failure::new(Exit::NoShard, format!("there is no shard {index} of {count}"))
            .hint("the shards of N are 0 to N-1, and there is at least one"))
    }

    /// Reads from the environment which part is meant. A variable that is empty says nothing.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let set: Vec<_> = ENGINES.iter().filter_map(|engine| Some((engine, variable(engine.index)?))).collect();
        match &set[..] {
            [] => {
                let names = crate::failure::listed(ENGINES.map(|engine| engine.index));
                Err(Failure::new(Exit::NoShard, "no variable says which shard is meant")
                    .hint(format!("an engine sets one of {names}")))
            }
            [(engine, index)] => engine.shard(index, variable),
            [(one, _), (other, _), ..] => {
                let (one, other) = (one.index, other.index);
                Err(Failure::new(Exit::NoShard, format!("both `{one}` and `{other}` say which shard is meant"))
                    .hint("leave one of them out of the environment, or name the shard: `--shard I/N`"))
            }
        }
    }

    /// Tells whether the repository of a position is in this part.
    pub(crate) fn has(self, position: usize) -> bool {
        position % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (index, count) = text.split_once('/').unwrap_or((text, ""));
        let number = |text: &str| {
            number(text).ok_or_else(|| {
                Failure::new(Exit::NoShard, format!("`{text}` is not a number of a shard"))
                    .hint("the first of four is `--shard 0/4`")
            })
        };
        Self::new(number(index)?, number(count)?)
    }
}

impl Variables {
    /// Reads the other variables of an engine that has said a number.
    fn shard(&self, index: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
        let read = |name: &'static str| variable(name).map(|value| of_variable(name, &value)).transpose();
        let index = of_variable(self.index, index)?;
        let count = read(self.count)?.ok_or_else(|| {
            Failure::new(Exit::NoShard, format!("`{}` does not say how many shards there are", self.count))
                .hint("set it for the job")
        })?;
        let Some(range) = self.range else { return Shard::new(index, count) };
        let [first, last, step] = range.map(read);
        let (first, step) = (first?.unwrap_or(0), step?.unwrap_or(1).max(1));
        let Some(place) = index.checked_sub(first) else { return Err(self.has_gaps()) };
        // Of an array such as `0,3,7` nobody can say which numbers are in it.
        let is_whole = last?.is_none_or(|last| last.checked_sub(first).is_some_and(|span| span / step + 1 == count));
        if is_whole && place % step == 0 { Shard::new(place / step, count) } else { Err(self.has_gaps()) }
    }

    fn has_gaps(&self) -> Failure {
        Failure::new(
            Exit::NoShard,
            format!("the numbers of `{}` have gaps, and no shard can be told from them", self.index),
        )
        .hint("submit the array whole, such as `--array=0-99`, or name the shard: `--shard I/N`")
    }
}

/// Reads a number that is written in digits alone.
fn number(text: &str) -> Option<usize> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn of_variable(name: &str, value: &str) -> Result<usize, Failure> {
    number(value).ok_or_else(|| {
        Failure::new(Exit::NoShard, format!("`{name}` is `{value}`, which is not a number"))
            .hint("an engine sets it; without one, name the shard: `--shard I/N`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repository_is_in_one_shard() {
        let shards: Vec<Shard> = (0..7).map(|index| format!("{index}/7").parse().unwrap()).collect();
        assert!((0..100).all(|position| shards.iter().filter(|shard| shard.has(position)).count() == 1));
        assert!((0..3).all(|position| Shard::WHOLE.has(position)));
    }

    #[test]
    fn a_shard_that_there_is_not_is_refused() {
        for text in
            ["7/7", "0/0", "1", "", "/", "a/2", "-1/2", "+1/2", "1/+2", "1/b", "1/2/3", "0/99999999999999999999"]
        {
            assert_eq!(text.parse::<Shard>().unwrap_err().exit, Exit::NoShard, "{text}");
        }
    }

    #[test]
    fn one_engine_says_which_shard_is_meant() {
        let from = |set: &[(&str, &str)]| {
            let found = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Shard::from_environment(found).map_err(|failure| failure.message())
        };
        let slurm = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(from(&slurm), Ok(Shard { index: 3, count: 4 }));
        assert!(from(&[]).unwrap_err().contains("no variable"));
        assert!(from(&slurm[..1]).unwrap_err().contains("`SLURM_ARRAY_TASK_COUNT` does not say"));
        let two = [slurm[0], slurm[1], ("JOB_COMPLETION_INDEX", "1")];
        assert!(from(&two).unwrap_err().contains("both `SLURM_ARRAY_TASK_ID` and `JOB_COMPLETION_INDEX`"));
        assert!(from(&[slurm[0], ("SLURM_ARRAY_TASK_COUNT", "3")]).unwrap_err().contains("no shard 3 of 3"));
        assert!(from(&[slurm[0], ("SLURM_ARRAY_TASK_COUNT", "0")]).unwrap_err().contains("no shard 3 of 0"));
        assert!(from(&[slurm[0], ("SLURM_ARRAY_TASK_COUNT", "")]).unwrap_err().contains("does not say"));
        assert_eq!(from(&[slurm[0], slurm[1], ("JOB_COMPLETION_INDEX", "")]), Ok(Shard { index: 3, count: 4 }));
        for engine in ["JOB_COMPLETION", "AWS_BATCH_JOB_ARRAY"] {
            let count = if engine == "JOB_COMPLETION" { "JOB_COMPLETION_COUNT" } else { "AWS_BATCH_JOB_ARRAY_SIZE" };
            let index = format!("{engine}_INDEX");
            assert_eq!(from(&[(&index, "0"), (count, "2")]), Ok(Shard { index: 0, count: 2 }));
            assert_eq!(
                from(&[(&index, "x"), (count, "2")]).unwrap_err(),
                format!("`{index}` is `x`, which is not a number")
            );
            assert!(from(&[(&index, "0"), (count, "-2")]).unwrap_err().contains("which is not a number"));
        }
    }

    #[test]
    fn an_array_of_slurm_counts_from_anywhere_in_any_step_but_has_no_gaps() {
        let from = |id: &str, count: &str, min: &str, max: &str, step: &str| {
            let found = |name: &str| {
                let (_, value) = [("ID", id), ("COUNT", count), ("MIN", min), ("MAX", max), ("STEP", step)]
                    .into_iter()
                    .find(|(known, _)| name == format!("SLURM_ARRAY_TASK_{known}"))?;
                Some(value.to_owned())
            };
            Shard::from_environment(found)
                .map(|Shard { index, count }| (index, count))
                .map_err(|failure| failure.message())
        };
        assert_eq!(from("0", "4", "0", "3", "1"), Ok((0, 4)));
        assert_eq!(from("1", "4", "1", "4", "1"), Ok((0, 4)), "`--array=1-4`");
        assert_eq!(from("4", "4", "1", "4", ""), Ok((3, 4)));
        assert_eq!(from("6", "4", "0", "6", "2"), Ok((3, 4)), "`--array=0-6:2`");
        assert_eq!(from("7", "1", "7", "7", "1"), Ok((0, 1)), "`--array=7` is the whole");
        for (id, count, min, max) in [("3", "3", "0", "7"), ("5", "2", "3", "5"), ("1", "2", "2", "3")] {
            assert!(from(id, count, min, max, "1").unwrap_err().contains("have gaps"), "{id} of {min} to {max}");
        }
    }
}
