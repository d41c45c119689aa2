//! `cargo xtask reference [--check]`: the pages of the documentation that are made from the code.

pub mod commands;
mod decisions;
mod helpers;
mod manifest;
mod questions;
mod suite;
mod transitions;

use std::fs;

use crate::{Result, workspace};

const NOTE: &str = "<!-- Made by `cargo xtask reference`. Change what it is made from, and run that again. -->";

/// A page that is made.
struct Page {
    /// Its path below the root of the repository.
    path: &'static str,
    text: String,
}

fn pages() -> Result<Vec<Page>> {
    let template = launchway_core::Template::builtin("service").map_err(|error| error.to_string())?;
    Ok(vec![
        Page { path: "docs/ecs-or-kubernetes.md", text: decisions::page(&decisions::ENGLISH)? },
        Page { path: "docs/ko/ecs-or-kubernetes.md", text: decisions::page(&decisions::KOREAN)? },
        Page { path: "docs/reference/commands.md", text: commands::page()? },
        Page { path: "docs/reference/questions.md", text: questions::page(&template) },
        Page { path: "docs/reference/transitions.md", text: transitions::page(&template) },
        Page { path: "docs/reference/manifest.md", text: manifest::page() },
        Page { path: "tests/suite/README.md", text: suite::page()? },
        Page { path: "docs/reference/helpers.md", text: helpers::page() },
    ])
}

/// Writes the pages.
///
/// # Errors
///
/// When the program cannot be built or run, or a page cannot be written.
pub fn write() -> Result<()> {
    for page in pages()? {
        let path = workspace::root().join(page.path);
        fs::create_dir_all(path.parent().expect("a page stands in a folder"))?;
        fs::write(path, page.text)?;
        println!("wrote {}", page.path);
    }
    Ok(())
}

/// Lists the pages that are not what the code makes.
///
/// # Errors
///
/// When the program cannot be built or run.
pub fn stale() -> Result<Vec<&'static str>> {
    let is_stale =
        |page: &Page| fs::read_to_string(workspace::root().join(page.path)).ok().as_ref() != Some(&page.text);
    Ok(pages()?.iter().filter(|page| is_stale(page)).map(|page| page.path).collect())
}

/// Says which pages are out of date, and what writes them.
///
/// # Errors
///
/// When there are any.
pub fn check() -> Result<()> {
    match stale()?.as_slice() {
        [] => Ok(()),
        pages => {
            Err(format!("out of date: {}\n  hint: write them again with `cargo xtask reference`", pages.join(", "))
                .into())
        }
    }
}

/// Makes a text fit into a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
