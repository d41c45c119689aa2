//! A service that joins a Cargo workspace which is there already.

pub(crate) mod add;
pub(crate) mod cargo_workspace;
