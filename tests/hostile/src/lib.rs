//! What must hold for any input, whatever it is: the bodies that the fuzz targets and the property tests share.
//!
//! Each takes bytes and panics when a promise is broken. The first argument of none of them is trusted in any way.

#![expect(clippy::unwrap_used, reason = "a broken promise ends the run")]

mod answers;
mod merge;
mod mutate;
mod paths;
mod record;
mod structure;
mod template;
mod texts;

pub use answers::answers;
pub use merge::merge;
pub use mutate::mutations;
pub use paths::{safe_path, source};
pub use record::record;
pub use structure::{is_wrong_unproven, structure};
pub use template::{manifest, parser, template};
pub use texts::{quoting, terminal};

/// A body by the name of its fuzz target.
pub type Body = fn(&[u8]);

/// Every body that needs nothing but the bytes, by the name of its fuzz target.
pub const BODIES: [(&str, Body); 9] = [
    ("manifest", manifest),
    ("template", template),
    ("parser", parser),
    ("safe_path", safe_path),
    ("answers", answers),
    ("source", source),
    ("record", record),
    ("terminal", terminal),
    ("quoting", quoting),
];
