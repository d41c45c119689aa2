//! `tests/suite/README.md`: what each module of the suite holds, from the first paragraph of its own documentation.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::cell;
use crate::{Result, workspace};

const INTRODUCTION: &str = "\
The suite runs the whole program from outside. It is one test binary, `cargo test --package launchway-tests`, and its modules
are listed here by what the first lines of each say of it. A filter behind `--` runs one module:

    cargo test --package launchway-tests -- update::

A test belongs to the lowest layer that can fail: a unit test beside the code, unless it takes a process, a terminal, a
repository or a whole project. Its name is a sentence. The program that the tests start is built by them, from today's sources,
and sees nothing of the machine: no variable, an empty home, a fixed width.
";

const VALIDATORS: &str = "\
`cargo xtask tools` installs the validators below `target/tools`, pinned. `custom_resources` needs
`--features custom-resources`, whose types take minutes to build: `cargo xtask test custom` runs it.
";

/// A module, with its first paragraph.
struct Module {
    name: String,
    says: String,
    has_tests: bool,
}

/// Makes the page.
pub(super) fn page() -> Result<String> {
    let folder = workspace::root().join("tests/suite");
    let (tests, pieces): (Vec<Module>, Vec<Module>) = modules(&folder.join("main.rs"), &folder)?
        .into_iter()
        .filter(|module| module.name != "validators")
        .partition(|module| module.has_tests);
    let validators = folder.join("validators");
    let validators = modules(&validators.join("mod.rs"), &validators)?;
    let (tests, pieces, validators) = (table(&tests), table(&pieces), table(&validators));
    Ok(format!(
        "{}\n\n# The suite\n\n{INTRODUCTION}\n## Tests\n\n{tests}\n## Validators\n\n{VALIDATORS}\n{validators}\n\
         ## What the tests are built from\n\n{pieces}",
        super::NOTE
    ))
}

/// Reads the modules that a file declares, from the files beside it.
fn modules(file: &Path, folder: &Path) -> Result<Vec<Module>> {
    let text = fs::read_to_string(file)?;
    let names = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    names.map(|name| module(folder, name)).collect()
}

fn module(folder: &Path, name: &str) -> Result<Module> {
    let beside = folder.join(format!("{name}.rs"));
    let path = if beside.is_file() { beside } else { folder.join(name).join("mod.rs") };
    let text = fs::read_to_string(path)?;
    let paragraph = text.lines().map_while(|line| line.strip_prefix("//! ")).collect::<Vec<_>>().join(" ");
    Ok(Module { name: name.to_owned(), says: paragraph, has_tests: text.contains("#[test]") })
}

fn table(modules: &[Module]) -> String {
    modules.iter().fold("| module | holds |\n|---|---|\n".to_owned(), |mut table, module| {
        let _ = writeln!(table, "| `{}` | {} |", module.name, cell(&module.says));
        table
    })
}
