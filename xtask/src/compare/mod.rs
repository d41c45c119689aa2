//! The comparison with copier and cruft: the same histories through each tool, judged by what is left.

pub mod additions;
pub mod histories;
pub mod history;
pub mod oracle;
pub mod page;
pub mod run;
pub mod template;
pub mod tool;
