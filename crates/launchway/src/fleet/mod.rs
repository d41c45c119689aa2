//! The fleet: many repositories kept in line with one template, on the objects of their commits. This floor knows no terminal.

mod commit;
mod digest;
mod emit;
mod listing;
mod markdown;
mod page;
mod plan;
mod record;
mod report;
mod repository;
mod result;
mod settings;
mod shard;
mod site;
mod sorted;
mod template;
mod text;
mod work;

pub(crate) use emit::{Engine, JobOrder, job};
pub(crate) use markdown::markdown;
pub(crate) use page::page;
pub(crate) use plan::{FleetPlan, planned};
pub(crate) use report::{FailOn, FleetReport};
pub(crate) use result::{State, write};
pub(crate) use settings::Settings;
pub(crate) use shard::Shard;
pub(crate) use text::text;
pub(crate) use work::{Work, work};
