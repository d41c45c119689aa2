//! The benchmark: the same work for launchway and its peers, in turn, and the instruction counts of the main paths.

pub mod fleet;
pub mod instructions;
pub mod measure;
pub mod page;
pub mod peers;
pub mod service;
pub mod template;
pub mod works;
