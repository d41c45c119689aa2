//! Keeps the repository honest. The library half is what the tests share with the commands:
//! where things are, how a golden project is rendered, where the validators are installed, and the comparison with peers.

#![expect(clippy::missing_panics_doc, reason = "each `expect` says why it cannot fail")]

pub mod bench;
pub mod compare;
pub mod floors;
pub mod golden;
pub mod marked;
pub mod picture;
pub mod pins;
pub mod portal;
pub mod race;
pub mod reference;
pub mod saves;
pub mod screens;
pub mod site;
pub mod sweep;
pub mod tools;
pub mod tree;
pub mod workspace;

/// The variable with which the tests try all that they otherwise take a fixed sample of: `cargo xtask test --all` sets it.
pub const WHOLE: &str = "LAUNCHWAY_TEST_ALL";

/// The result of anything here: a message for the person at the terminal, or the value.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
