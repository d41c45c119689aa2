//! What serves the authors of templates.

pub mod lint;
pub mod matrix;
pub mod pairs;
pub mod schema;
pub mod show;
pub mod skeleton;
