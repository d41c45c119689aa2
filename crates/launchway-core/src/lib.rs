//! The template crate of Launchway: answers in, files out.
//!
//! Data flows one way: [`Answers`] are held against a [`Template`]'s questions in an [`Interview`], which yields a
//! [`Context`]; the context and the template yield a [`Plan`]; the plan and a folder yield [`Changes`]; [`apply`]
//! writes them. This crate never touches a terminal, a process, a clock, the environment or the network, and only
//! `apply` writes.
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

pub mod adopt;
pub mod advice;
pub mod agreement;
#[cfg(unix)]
mod apply;
mod archive;
mod authoring;
mod cargo_lock;
mod interview;
mod language;
mod merge;
mod packed;
mod parallel;
mod path;
mod plan;
mod project;
mod sources;
pub mod template;
mod text;
pub mod told;
mod value;
pub mod why;
mod workspace;

pub use agreement::{Agreement, document};
#[cfg(unix)]
pub use apply::{
    ApplyError, EditError, LineLog, ProjectLock, Scratch, TakenBack, Temporary, apply, can_be_prepared,
    clear_leftovers, create_bare_repository, edit, is_cut_off, open_lock, remove_private, take_back_cut_off,
    whole_lines, write_private, write_result, write_whole,
};
pub use archive::{ArchiveFormat, ArchivedFile};
pub use authoring::{lint, matrix, pairs, schema, show, skeleton};
pub use cargo_lock::sort_packages;
pub use interview::again::NewLine;
pub use interview::answers::Answers;
pub use interview::context::Context;
pub use interview::{Accepted, DefaultKept, Defaults, Interview, Overruled};
pub use language::helpers::{HelperReference, helper_references};
pub use language::problem::{Invalid, Location, Problem, nearest};
pub use language::quote;
#[doc(hidden)]
pub use language::syntax::both_ways;
#[doc(hidden)]
pub use merge::merge_unproven;
pub use merge::{ListRule, Merged, merge};
pub use packed::unpacked;
pub use path::beneath::{Blob, other_spelling};
pub use path::root::{CommitTree, EntryKind, ReadObject, Root};
pub use path::{Reason, SafePath, UnsafePath};
pub use plan::output::OutputProblem;
pub use plan::transitions::{ChangedAnswer, Transition, TransitionStep};
pub use plan::{FIRST_COMMIT, NextStep, Object, Plan, PlanError, PlannedFile, RepositoryFacts};
pub use project::changes::{Changes, DestinationError, DestinationExists, Edit, to_adopt};
pub use project::check::{Finding, FindingPlace, Rule, check, has_marks};
pub use project::digest::{ChangesDigest, NoDigest};
pub use project::placeholders::{Placeholder, placeholders};
pub use project::record::{FORMAT, Remembered};
pub use project::structure::MergedFile;
pub use project::update::{Conflict, FileChange, Obstacle, RecordChange, Resolution, Side, Status, Update, Wishes};
pub use project::waiver::{Date, Waiver, WaiverError, WaiverState, Waivers, waivable};
pub use project::{Project, ProjectError};
pub use sources::catalog::{CATALOG_FILE, Catalog, CatalogEntry, CatalogError, CatalogOrigin, EntrySource};
pub use sources::spec::{
    Credentials, GitSpec, SourceSpec, SpecError, SpecFault, check_reference, is_slug, without_credentials,
    without_zeros, zeros_hint,
};
pub use template::origin::{GitOrigin, Origin, OriginSource};
pub use template::question::AnswerProblem;
pub use template::{Advisory, LoadError, Severity, Template};
pub use text::{hexadecimal, is_invisible};
pub use value::policy::{Policy, PolicyRule};
pub use value::provenance::Provenance;
pub use value::suggestion::owner_and_name;
pub use value::{Added, Value};
pub use workspace::add::{AddError, Addition};
pub use workspace::cargo_workspace::WorkspaceError;
