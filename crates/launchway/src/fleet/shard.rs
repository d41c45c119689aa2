//! Which part of a fleet is meant: repository k belongs to shard k mod N.

use std::str::FromStr;

use crate::failure::{Exit, Failure};

/// The variables by which engines say which part is meant, each with the one that says how many there are.
const VARIABLES: [(&str, &str); 3] = [
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETION_COUNT"),
    ("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"),
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

    fn new(index: &str, count: &str) -> Result<Self, Failure> {
        let number = |text: &str| {
            text.parse::<usize>().map_err(|_| {
                Failure::new(Exit::NoShard, format!("`{text}` is not a number of a shard"))
                    .hint("the first of four is `--shard 0/4`")
            })
        };
        let (index, count) = (number(index)?, number(count)?);
        if index < count {
            return Ok(Self { index, count });
        }
        Err(Failure::new(Exit::NoShard, format!("there is no shard {index} of {count}"))
            .hint("the shards of N are 0 to N-1, and there is at least one"))
    }

    /// Reads from the environment which part is meant.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let set: Vec<_> = VARIABLES.iter().filter_map(|names| Some((names, variable(names.0)?))).collect();
        match &set[..] {
            [] => Err(Failure::new(Exit::NoShard, "no variable says which shard is meant")
                .hint(format!("an engine sets one of {}", crate::failure::listed(VARIABLES.map(|(index, _)| index))))),
            [((_, count), index)] => {
                let count = variable(count).ok_or_else(|| {
                    Failure::new(Exit::NoShard, format!("`{count}` does not say how many shards there are"))
                        .hint("set it for the job")
                })?;
                Self::new(index, &count)
            }
            [((one, _), _), ((other, _), _), ..] => {
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
        Self::new(index, count)
    }
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
        for text in ["7/7", "0/0", "1", "", "/", "a/2", "-1/2", "1/b", "1/2/3"] {
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
    }
}
