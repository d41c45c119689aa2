//! The golden projects: what the program writes, compared for equality and read by people.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use xtask::golden::{self, Case};
use xtask::tree::{self, Tree};

use crate::program;

/// What the program makes of every golden case, with the base; made once for all the tests.
pub(crate) fn rendered() -> &'static BTreeMap<String, Tree> {
    static RENDERED: OnceLock<BTreeMap<String, Tree>> = OnceLock::new();
    let render = |case: Case| (golden::render(program::path(), &case).unwrap(), case.name);
    RENDERED.get_or_init(|| golden::cases().unwrap().into_iter().map(render).map(|(tree, name)| (name, tree)).collect())
}

#[test]
fn every_golden_project_is_what_the_program_writes() {
    let differences: Vec<String> = golden::cases().unwrap().iter().flat_map(differences).collect();
    assert!(differences.is_empty(), "run `cargo xtask bless` if this is meant:\n{}", differences.join("\n"));
}

fn differences(case: &Case) -> Vec<String> {
    let mut rendered = rendered()[&case.name].clone();
    golden::take_base(&mut rendered);
    let blessed = tree::read(&case.project()).unwrap_or_default();
    let differences = tree::differences(&blessed, &rendered);
    differences.into_iter().map(|difference| format!("{}/{difference}", case.name)).collect()
}

#[test]
fn a_project_is_the_same_on_every_run() {
    for case in golden::cases().unwrap() {
        let again = golden::render(program::path(), &case).unwrap();
        assert_eq!(tree::differences(&rendered()[&case.name], &again), Vec::<String>::new(), "{}", case.name);
    }
}

#[test]
fn the_base_of_the_next_update_is_the_project_itself() {
    for (case, rendered) in rendered() {
        let mut rendered = rendered.clone();
        let (_, base) = golden::take_base(&mut rendered).unwrap();
        rendered.retain(|path, _| !path.starts_with(".launchway/"));
        let folder = tempfile::tempdir().unwrap();
        tar::Archive::new(GzDecoder::new(base.bytes.as_slice())).unpack(folder.path()).unwrap();
        let unpacked = tree::read(folder.path()).unwrap();
        assert_eq!(tree::differences(&rendered, &unpacked), Vec::<String>::new(), "{case}");
    }
}

#[test]
fn no_golden_project_shows_that_a_template_made_it() {
    for case in golden::cases().unwrap() {
        assert_eq!(scars(&tree::read(&case.project()).unwrap()), Vec::<String>::new(), "{}", case.name);
    }
}

/// The places where a template left a trace: blank lines in a row, at an end or after nothing, trailing space, a tag.
pub(crate) fn scars(tree: &Tree) -> Vec<String> {
    let mut scars = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| !path.starts_with(".launchway/")) {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        // The hostile description has a tag of its own, Argo's files have some, and Rust formats with braces.
        let allowed = ["${{", "{{y}}", "{{args.", "{{.name}}", "{{.server}}"];
        let tags = allowed.iter().fold(text.to_owned(), |text, tag| text.replace(tag, ""));
        let is_chart = path.starts_with("deploy/kubernetes/chart/templates/");
        let has_tag = tags.contains("{{") && path.strip_suffix(".rs").is_none() && !is_chart;
        let is_scarred = [
            (text.contains("\n\n\n"), "two blank lines in a row"),
            (text.starts_with('\n'), "a blank line at the start"),
            (!text.ends_with('\n') || text.ends_with("\n\n"), "not one newline at the end"),
            (text.lines().any(|line| line.ends_with([' ', '\t', '\r'])), "space at the end of a line"),
            (has_tag, "a tag"),
        ];
        scars.extend(is_scarred.iter().filter(|(is, _)| *is).map(|(_, scar)| format!("{path}: {scar}")));
    }
    scars
}

#[test]
fn a_scar_is_noticed() {
    let file = |text: &str| tree::File { executable: false, bytes: text.into() };
    let tree =
        [("a", "\nx\n"), ("b", "x\n\n\ny\n"), ("c", "x"), ("d", "x \n"), ("e", "x: {{z}}\n"), ("f", "x: ${{ y }}\n")];
    let tree = tree.into_iter().map(|(path, text)| (path.to_owned(), file(text))).collect();
    assert_eq!(scars(&tree).iter().filter_map(|scar| scar.chars().next()).collect::<String>(), "abcde");
}
