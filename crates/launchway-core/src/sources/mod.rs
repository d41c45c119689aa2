//! How a template is named, and what a catalog says of templates. Nothing is fetched here.

pub(crate) mod catalog;
pub(crate) mod spec;
