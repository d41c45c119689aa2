//! The way of an update: the project's repository, the answers, the merge, and what git is told of it.

pub(crate) mod answers;
pub(crate) mod index;
pub(crate) mod merge;
pub(crate) mod report;
pub(crate) mod repository;
