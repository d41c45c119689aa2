//! Job files: the shards of a plan, as an engine that is there already runs them.
//!
//! Whoever emits one signs it. So nothing of a plan reaches it but numbers, digits, and texts that are quoted for their place.

use std::num::NonZero;
use std::ops::RangeInclusive;

use clap::ValueEnum;
use launchway_core::quote::{quote_shell, visible_line};

use super::plan::FleetPlan;
use crate::failure::{Exit, Failure};

/// How many projects a shard has, if nobody says how many shards there are.
const PROJECTS_OF_A_SHARD: usize = 100;

/// How many pods of a Job run at once.
const PARALLEL: usize = 10;

/// What runs the shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Slurm,
    Kubernetes,
    GithubActions,
    AwsBatch,
}

/// What a job file is made of.
pub(crate) struct JobOrder<'o> {
    pub(crate) plan: &'o FleetPlan,
    /// The path of the plan, as the workers see it.
    pub(crate) path: &'o str,
    /// The folder of the results, as the workers see it.
    pub(crate) results: &'o str,
    pub(crate) shards: Option<NonZero<usize>>,
    /// The image that has launchway and git.
    pub(crate) image: Option<&'o str>,
}

impl Engine {
    fn text(self) -> &'static str {
        match self {
            Self::Slurm => include_str!("jobs/slurm.sh"),
            Self::Kubernetes => include_str!("jobs/kubernetes.yaml"),
            Self::GithubActions => include_str!("jobs/github-actions.yaml"),
            Self::AwsBatch => include_str!("jobs/aws-batch.sh"),
        }
    }

    /// Returns the fewest and the most shards that an engine takes: "Usage limits" of GitHub Actions, the validation of a Kubernetes
    /// Job with `backoffLimitPerIndex`, and "Array jobs" of AWS Batch. A cluster of Slurm says its own most, `MaxArraySize`.
    fn shards(self) -> RangeInclusive<usize> {
        match self {
            Self::Slurm => 1..=4_000_000,
            Self::Kubernetes => 1..=100_000,
            Self::GithubActions => 1..=256,
            Self::AwsBatch => 2..=10_000,
        }
    }

    /// Tells whether the workers see the folders of this machine, or of another one.
    pub(crate) fn is_elsewhere(self) -> bool {
        self != Self::Slurm
    }
}

/// Writes the job file of a plan for an engine.
pub(crate) fn job(engine: Engine, order: &JobOrder<'_>) -> Result<String, Failure> {
    let plan = order.plan;
    let possible = engine.shards();
    let of_size = || plan.len().div_ceil(PROJECTS_OF_A_SHARD).max(*possible.start());
    let shards = order.shards.map_or_else(of_size, NonZero::get);
    if !possible.contains(&shards) {
        let (least, most) = possible.into_inner();
        return Err(Failure::new(Exit::Usage, format!("the engine takes {least} to {most} shards, and not {shards}"))
            .hint("name as many: `--shards N`"));
    }
    let image = match (engine, order.image) {
        (Engine::Slurm, _) => String::new(),
        (_, Some(image)) => in_yaml(image)?,
        (_, None) => {
            return Err(Failure::new(Exit::Usage, "the engine needs an image with launchway and git in it")
                .hint("name it by its digest: `--image IMAGE@sha256:…`"));
        }
    };
    let [path, results] = [order.path, order.results].map(operand);
    let [path_in_yaml, results_in_yaml] = [in_yaml(&path)?, in_yaml(&results)?];
    let list = || (0..shards).map(|shard| shard.to_string()).collect::<Vec<_>>().join(", ");
    let values = [
        ("CAMPAIGN", plan.campaign.clone()),
        ("PROJECTS", plan.len().to_string()),
        ("TEMPLATE", visible_line(&plan.template.id)),
        ("VERSION", visible_line(&plan.template.to)),
        ("SHARDS", shards.to_string()),
        ("LAST", (shards - 1).to_string()),
        ("PARALLEL", shards.min(PARALLEL).to_string()),
        ("LIST", if engine == Engine::GithubActions { list() } else { String::new() }),
        ("IMAGE", image),
        ("PLAN_IN_SHELL", quote_shell(&path)),
        ("RESULTS_IN_SHELL", quote_shell(&results)),
        ("PLAN_IN_YAML", path_in_yaml),
        ("RESULTS_IN_YAML", results_in_yaml),
    ];
    Ok(filled(engine.text(), &values))
}

/// Fills values in, each once: a value that looks like a placeholder is none.
fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut parts = text.split('@');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    let mut is_after_value = false;
    for part in parts {
        // The sign that ends a placeholder begins none.
        let value = values.iter().find(|(name, _)| *name == part && !is_after_value);
        match value {
            Some((_, value)) => filled.push_str(value),
            None if is_after_value => filled.push_str(part),
            None => filled.extend(["@", part]),
        }
        is_after_value = value.is_some();
    }
    filled
}

/// Writes a path so that it is no option.
fn operand(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// Quotes a text for a YAML file, if it is one that no engine reads as more than a text.
fn in_yaml(text: &str) -> Result<String, Failure> {
    let is_plain = !text.is_empty()
        && !["${{", "$(", "Ref::"].iter().any(|it| text.contains(it))
        && !text.chars().any(char::is_control);
    if is_plain {
        return Ok(serde_json::Value::from(text).to_string());
    }
    Err(Failure::new(Exit::Usage, format!("`{}` cannot be written into a job file", visible_line(text)))
        .hint("name a path or an image without control characters, `${{`, `$(` and `Ref::`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_filled_in_once_and_a_sign_stays() {
        let values = [("A", "@B@".to_owned()), ("B", "x".to_owned())];
        assert_eq!(filled("@A@ of me@host @B@@B@ v@1", &values), "@B@ of me@host xx v@1");
        assert_eq!(filled("@A@B@A@", &values), "@B@B@B@");
        for engine in Engine::value_variants() {
            assert!(!engine.text().contains("@@") && engine.text().ends_with('\n'));
        }
    }

    #[test]
    fn a_path_is_no_option_and_no_expression() {
        assert_eq!(operand("-x y"), "./-x y");
        assert_eq!(in_yaml("a \"b\"").unwrap(), r#""a \"b\"""#);
        for text in ["", "a\nb", "${{ secrets.X }}", "$(HOME)", "Ref::plan"] {
            assert_eq!(in_yaml(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }
}
