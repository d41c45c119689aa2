//! The template crate of Launchway: answers in, files out.
//!
//! Data flows one way: [`Answers`] are held against a [`Template`]'s questions in an [`Interview`], which yields a
//! [`Context`]; the context and the template yield a [`Plan`]; the plan and a folder yield [`Changes`]; [`apply`]
//! writes them. This crate never touches a terminal, a process, a clock, the environment or the network, and only
//! `apply.rs` writes.
//!
//! ```
//! use launchway_core::{Answers, Defaults, Interview, Plan, Provenance, Template, Value};
//!
//! let template = Template::builtin("service")?;
//! let mut answers = Answers::default();
//! answers.set("service", Value::Text("orders".into()), Provenance::Flag);
//! answers.set("target", Value::Text("ecs".into()), Provenance::Flag);
//! let interview = Interview::new(&template, &answers, Defaults::All)?;
//! let context = interview.context()?.expect("every question has an answer or a default");
//! let plan = Plan::new(&template, &context)?;
//! assert!(plan.files.keys().any(|path| path.as_str() == "deploy/ecs/service.yaml"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod add;
pub mod adopt;
pub mod advice;
pub mod agreement;
mod answers;
mod apply;
mod beneath;
mod cargo_lock;
mod cargo_workspace;
mod catalog;
mod changes;
mod check;
mod collisions;
mod context;
pub mod document;
mod interview;
pub mod lint;
mod locate;
pub mod matrix;
mod moves;
mod output;
pub mod pairs;
mod parallel;
mod pattern;
mod plan;
mod pointer;
mod policy;
mod project;
mod record;
mod relation;
mod safe_path;
pub mod schema;
pub mod skeleton;
mod source_spec;
pub mod template;
mod text;
mod texts;
mod update;
mod value;
pub mod why;

pub use add::{AddError, Addition};
pub use answers::{Answers, Provenance};
pub use apply::{
    ApplyError, EditError, Lock, Scratch, Temporary, apply, clear_leftovers, create_bare_repository, edit, open_lock,
    remove_private, write_private,
};
pub use beneath::Blob;
pub use cargo_lock::sort_packages;
pub use cargo_workspace::WorkspaceError;
pub use catalog::{CATALOG_FILE, Catalog, CatalogEntry, CatalogError, CatalogOrigin, EntrySource};
pub use changes::{Changes, DestinationExists, Edit, to_adopt};
pub use check::{Finding, FindingPlace, Rule, check};
pub use context::Context;
pub use interview::{Accepted, Defaults, Interview, Overruled};
pub use output::OutputProblem;
pub use plan::{NextStep, Object, Plan, PlanError, PlannedFile};
pub use policy::{Policy, PolicyRule};
pub use project::{Project, ProjectError};
pub use record::FORMAT;
pub use safe_path::{Reason, SafePath, UnsafePath};
pub use source_spec::{
    Credentials, GitSpec, SourceSpec, SpecError, SpecFault, check_reference, is_slug, without_credentials,
};
pub use template::{AnswerProblem, Invalid, LoadError, Origin, Template, quote};
pub use text::is_invisible;
pub use update::{Conflict, FileChange, Obstacle, Resolution, Side, Status, Update, Wishes};
pub use value::{Added, Value};
