//! CHANGELOG.md, `Cargo.toml` and the built-in template tell one story of their versions.

use std::collections::BTreeSet;
use std::fs;

use toml::Table;
use xtask::workspace;

/// The head of a section: a version that was released, or what comes next.
#[derive(Debug, PartialEq)]
struct Section {
    heading: String,
    program: [u64; 3],
    template: [u64; 3],
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path)).unwrap()
}

fn version(text: &str) -> Result<[u64; 3], String> {
    let parts: Vec<u64> = text.split('.').filter_map(|part| part.parse().ok()).collect();
    parts.try_into().map_err(|_| format!("`{text}` is no version of three numbers"))
}

/// Reads the heads of a changelog, newest first.
fn sections(changelog: &str) -> Result<Vec<Section>, String> {
    let section = |text: &str| {
        let (heading, rest) = text.split_once("\n\n").ok_or("a section is empty")?;
        let says = rest.lines().next().and_then(|line| line.strip_prefix("Program ")?.strip_suffix('.'));
        let (program, template) = says
            .and_then(|line| line.split_once(", template "))
            .ok_or_else(|| format!("`{heading}` does not begin with `Program X, template Y.`"))?;
        Ok(Section { heading: heading.to_owned(), program: version(program)?, template: version(template)? })
    };
    changelog.split("\n## ").skip(1).map(section).collect()
}

/// Holds the sections against one another, and against the versions of today.
fn check(sections: &[Section], program: [u64; 3], template: [u64; 3]) -> Result<(), String> {
    let (next, released) = match sections.split_first() {
        Some((first, rest)) if first.heading == "Unreleased" => (Some(first), rest),
        _ => (None, sections),
    };
    for section in released {
        let number = section.heading.split(' ').next().unwrap_or_default();
        if version(number)? != section.program {
            return Err(format!("`{}` says that it is another version", section.heading));
        }
    }
    for pair in sections.windows(2) {
        if pair[0].program <= pair[1].program || pair[0].template < pair[1].template {
            return Err(format!("`{}` is not newer than `{}`", pair[0].heading, pair[1].heading));
        }
    }
    let newest = released.first().ok_or("nothing was released")?;
    let of = |section: &Section| (section.program, section.template);
    // Between two releases the program rises first, or both at once: a template may require the program that carries it.
    let mut stories = vec![of(newest)];
    stories.extend(next.iter().flat_map(|next| [of(next), (next.program, newest.template)]));
    if stories.contains(&(program, template)) {
        return Ok(());
    }
    Err(format!("program {program:?} with template {template:?} is none of {stories:?}"))
}

fn manifest() -> Table {
    read("Cargo.toml").parse().unwrap()
}

#[test]
fn the_changelog_tells_the_versions_of_the_program_and_the_template() {
    let manifest = manifest();
    let program = manifest["workspace"]["package"]["version"].as_str().unwrap();
    let template: Table = read("templates/service/template.toml").parse().unwrap();
    let template = template["template"]["version"].as_str().unwrap();
    let sections = sections(&read("CHANGELOG.md")).unwrap();
    check(&sections, version(program).unwrap(), version(template).unwrap()).unwrap();
}

#[test]
fn the_crates_of_the_workspace_have_one_version() {
    let manifest = manifest();
    let workspace = &manifest["workspace"];
    assert_eq!(workspace["dependencies"]["launchway-core"]["version"], workspace["package"]["version"]);
    for path in ["crates/launchway", "crates/launchway-core"] {
        let manifest: Table = read(&format!("{path}/Cargo.toml")).parse().unwrap();
        assert_eq!(manifest["package"]["version"]["workspace"].as_bool(), Some(true), "{path}");
    }
}

#[test]
fn every_template_that_left_a_project_is_in_the_changelog() {
    let changelog = read("CHANGELOG.md");
    let folders = fs::read_dir(workspace::root().join("tests/released")).unwrap();
    let folders = folders.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let versions: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert!(!versions.is_empty());
    let is_told = |version: &String| {
        changelog.contains(&format!("\n| {version} | ")) || changelog.contains(&format!(", template {version}.\n"))
    };
    assert!(versions.iter().all(is_told), "{versions:?}");
}

#[test]
fn a_story_that_does_not_fit_is_noticed() {
    let text = "# Changelog\n\n## Unreleased\n\nProgram 0.2.0, template 0.4.0.\n\n- x\n\n## 0.1.0\n\nProgram 0.1.0, template 0.3.0.\n";
    let told = sections(text).unwrap();
    assert_eq!(told.len(), 2);
    check(&told, [0, 1, 0], [0, 3, 0]).unwrap();
    check(&told, [0, 2, 0], [0, 3, 0]).unwrap();
    check(&told, [0, 2, 0], [0, 4, 0]).unwrap();
    check(&told, [0, 1, 0], [0, 4, 0]).expect_err("the template is ahead of the program");
    check(&told, [0, 3, 0], [0, 4, 0]).expect_err("the program is ahead of the changelog");
    check(&told[1..], [0, 2, 0], [0, 3, 0]).expect_err("nothing announces it");
    check(&sections(&text.replace("## 0.1.0", "## 0.1.1")).unwrap(), [0, 1, 0], [0, 3, 0]).expect_err("a heading");
    check(&sections(&text.replace("Program 0.2.0", "Program 0.1.0")).unwrap(), [0, 1, 0], [0, 3, 0])
        .expect_err("order");
    sections(&text.replace("Program 0.1.0, ", "")).expect_err("a section without its versions");
}
