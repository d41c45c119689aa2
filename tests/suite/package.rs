//! What `cargo package` takes along: the program is installed from it, templates included.

use std::collections::BTreeSet;

use xtask::{tree, workspace};

use crate::program::run;

#[test]
fn the_package_holds_every_file_of_the_templates() {
    let list = ["package", "--list", "--package", "launchway-core", "--allow-dirty", "--locked"];
    let said = run(workspace::cargo().args(list)).success();
    let packaged: BTreeSet<_> = said.lines().filter_map(|line| line.strip_prefix("templates/")).collect();
    let templates = tree::read(&workspace::root().join("templates")).unwrap();
    assert_eq!(packaged, templates.keys().map(String::as_str).collect());
}
