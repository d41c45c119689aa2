//! What the portal says, in a page and over HTTP: JSON in, JSON out.
//!
//! The page of static files calls these functions as WebAssembly, and a server calls them for whoever asks over HTTP, so both say
//! the same. Nothing here touches a file, a clock or the network, and every sentence is one of the program's own.
//!
//! ```
//! use launchway_portal::{Portal, Request};
//!
//! let portal = Portal::builtin();
//! let request: Request = serde_json::from_str(r#"{"answers": {"service": "orders", "target": "ecs"}}"#)?;
//! let plan = portal.plan(&request)?;
//! assert!(plan.files.iter().any(|file| file.path == "deploy/ecs/service.yaml"));
//! assert_eq!(plan.command, "launchway new orders --target=ecs --no-input");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advice;
mod call;
mod fault;
mod form;
mod plan;
mod request;
mod share;
mod templates;
mod told;

pub use advice::AdviceRequest;
pub use fault::{Fault, FieldFault};
pub use form::{Field, Form, FormChoice, FormPreview};
pub use launchway_core::ArchiveFormat;
pub use launchway_core::told::Translation;
pub use plan::{Archive, FileText, MAX_TEXT, PlanReport, PlannedObject, Step};
pub use request::{Request, Unused};
pub use share::Shared;
pub use templates::{Offer, OfferedFile, Portal};
