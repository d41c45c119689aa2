//! `cargo xtask bless [--check]`: writes the golden projects again, or says which of them are out of date.

use std::fs;

use xtask::golden::{self, Case};
use xtask::tree::{self, Tree};
use xtask::{Result, workspace};

pub(crate) fn bless() -> Result<()> {
    for_each_case(|case, rendered| {
        let differences = differences(case, rendered)?;
        if differences.is_empty() {
            return Ok(());
        }
        println!("{}: {} files changed", case.name, differences.len());
        if case.project().exists() {
            fs::remove_dir_all(case.project())?;
        }
        Ok(tree::write(rendered, &case.project())?)
    })
}

pub(crate) fn check() -> Result<()> {
    let mut stale = Vec::new();
    for_each_case(|case, rendered| {
        for difference in differences(case, rendered)? {
            stale.push(format!("  {}/{difference}", case.name));
        }
        Ok(())
    })?;
    if stale.is_empty() {
        return Ok(());
    }
    let list = stale.join("\n");
    Err(format!("the golden projects are out of date; run `cargo xtask bless` and review the diff\n{list}").into())
}

fn for_each_case(mut act: impl FnMut(&Case, &Tree) -> Result<()>) -> Result<()> {
    let program = workspace::program()?;
    for case in golden::cases()? {
        let mut rendered = golden::render(&program, &case)?;
        golden::take_base(&mut rendered);
        act(&case, &rendered)?;
    }
    Ok(())
}

fn differences(case: &Case, rendered: &Tree) -> Result<Vec<String>> {
    let blessed = if case.project().exists() { tree::read(&case.project())? } else { Tree::new() };
    Ok(tree::differences(&blessed, rendered))
}
