//! `cargo xtask bless [--check]`: writes the golden projects and the screens again, or says which of them are out of date.

use std::fs;
use std::path::Path;

use xtask::golden::{self, Case};
use xtask::tree::{self, Tree};
use xtask::{Result, screens, workspace};

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
    })?;
    let taken = screens::take(&workspace::program()?)?;
    let differences = tree::differences(&blessed(&screens::folder())?, &taken);
    if differences.is_empty() {
        return Ok(());
    }
    println!("{} screens changed", differences.len());
    if screens::folder().exists() {
        fs::remove_dir_all(screens::folder())?;
    }
    Ok(tree::write(&taken, &screens::folder())?)
}

pub(crate) fn check() -> Result<()> {
    let mut stale = Vec::new();
    for_each_case(|case, rendered| {
        for difference in differences(case, rendered)? {
            stale.push(format!("  {}/{difference}", case.name));
        }
        Ok(())
    })?;
    let taken = screens::take(&workspace::program()?)?;
    for difference in tree::differences(&blessed(&screens::folder())?, &taken) {
        stale.push(format!("  screens/{difference}"));
    }
    if stale.is_empty() {
        return Ok(());
    }
    let list = stale.join("\n");
    Err(format!(
        "the golden projects or the screens are out of date; run `cargo xtask bless` and review the diff\n{list}"
    )
    .into())
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
    Ok(tree::differences(&blessed(&case.project())?, rendered))
}

/// What a folder holds as it was last blessed.
fn blessed(folder: &Path) -> Result<Tree> {
    if folder.exists() { Ok(tree::read(folder)?) } else { Ok(Tree::new()) }
}
