//! The floors of the crates: which folder may use which. ARCHITECTURE.md lists the folders of a crate from the ground
//! up, and no file imports from a folder that stands above its own.
//!
//! The sources are read as tokens, so that comments, texts and the layout of an import mean nothing; the arguments of
//! macros are read, too. What only the tests of a file use may come from anywhere.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::{Result, workspace};

const MAP: &str = "ARCHITECTURE.md";

/// Each crate with the heading of its table.
const CRATES: [(&str, &str); 4] = [
    ("crates/launchway-core", "## Floors of the template crate"),
    ("crates/launchway", "## Floors of the program"),
    ("crates/launchway-portal", "## Floors of the portal"),
    ("crates/launchway-serve", "## Floors of the server"),
];

/// The files that may use every floor: the front doors.
const DOORS: [&str; 2] = ["lib.rs", "main.rs"];

/// Something that does not agree with the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Climb {
    /// A file uses a floor above its own.
    Up {
        /// The file, from the root of the repository.
        file: String,
        /// The floor of the file.
        from: String,
        /// The floor that it uses.
        to: String,
    },
    /// A file takes something from the front door, which takes it from somewhere else.
    Corridor {
        /// The file.
        file: String,
        /// What is taken.
        name: String,
    },
    /// A folder that the table does not name.
    Unlisted(String),
    /// A row without a folder.
    Gone(String),
}

impl fmt::Display for Climb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up { file, from, to } => {
                write!(formatter, "{file}: `{from}` uses `{to}`, which stands above it")
            }
            Self::Corridor { file, name } => {
                write!(formatter, "{file}: `crate::{name}` comes through the front door; name its own module")
            }
            Self::Unlisted(folder) => write!(formatter, "{MAP} does not say where `{folder}` stands"),
            Self::Gone(folder) => write!(formatter, "{MAP} speaks of `{folder}`, which is not there"),
        }
    }
}

/// Holds every crate against its table.
///
/// # Errors
///
/// When a table or a source cannot be read.
pub fn climbs() -> Result<Vec<Climb>> {
    let map = fs::read_to_string(workspace::root().join(MAP))?;
    let mut climbs = Vec::new();
    for (folder, heading) in CRATES {
        let floors = floors(&map, heading).ok_or_else(|| format!("{MAP} has no table below `{heading}`"))?;
        climbs.extend(climbs_in(&workspace::root().join(folder).join("src"), folder, &floors)?);
    }
    climbs.sort();
    Ok(climbs)
}

/// Prints what climbs.
///
/// # Errors
///
/// When something climbs.
pub fn check() -> Result<()> {
    let climbs = climbs()?;
    for climb in &climbs {
        println!("{climb}");
    }
    match climbs.len() {
        0 => Ok(()),
        count => Err(format!("{count} imports or folders do not agree with the floors in {MAP}").into()),
    }
}

/// Reads the first column of the table below a heading, from the ground up.
#[must_use]
pub fn floors(map: &str, heading: &str) -> Option<Vec<String>> {
    let (_, below) = map.split_once(&format!("{heading}\n"))?;
    let section = below.split("\n## ").next()?;
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let floors: Vec<String> = rows.map(|(floor, _)| floor.trim_end_matches('/').to_owned()).collect();
    (!floors.is_empty()).then_some(floors)
}

/// Holds the sources of one crate against its floors; `label` stands before the paths in what is said.
///
/// # Errors
///
/// When a source cannot be read.
pub fn climbs_in(source: &Path, label: &str, floors: &[String]) -> Result<Vec<Climb>> {
    let files = sources(source)?;
    let mut climbs = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &files {
        let below = path.strip_prefix(source)?;
        let module = module(below);
        let Some(own) = module.first() else { continue };
        seen.insert(own.clone());
        let Some(height) = height(floors, own) else { continue };
        let file = format!("{label}/src/{}", below.display());
        let tokens: TokenStream =
            fs::read_to_string(path)?.parse().map_err(|error| format!("{file} cannot be read: {error}"))?;
        for name in uses(tokens, &module) {
            match self::height(floors, &name) {
                Some(other) if other > height => {
                    climbs.push(Climb::Up { file: file.clone(), from: own.clone(), to: name });
                }
                Some(_) => {}
                None => climbs.push(Climb::Corridor { file: file.clone(), name }),
            }
        }
    }
    let listed: BTreeSet<String> = floors.iter().cloned().collect();
    climbs.extend(seen.difference(&listed).cloned().map(Climb::Unlisted));
    climbs.extend(listed.difference(&seen).cloned().map(Climb::Gone));
    Ok(climbs)
}

fn height(floors: &[String], name: &str) -> Option<usize> {
    floors.iter().position(|floor| floor == name)
}

/// Lists the sources, without the front doors and what only tests read.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let is_test = name == "tests.rs" || name.ends_with("_tests.rs") || DOORS.contains(&name.as_str());
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" && !is_test => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the path of the module that a file holds.
fn module(below: &Path) -> Vec<String> {
    let file = below.with_extension("");
    let mut module: Vec<String> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

/// Finds what a file uses of the other folders: `crate::NAME`, `crate::{NAME, …}`, and `super::` as far as the root.
fn uses(tokens: TokenStream, module: &[String]) -> BTreeSet<String> {
    let tokens: Vec<TokenTree> = without_tests(tokens);
    let mut uses = BTreeSet::new();
    let mut place = 0;
    while place < tokens.len() {
        if let Some(after) = root_path(&tokens, place, module.len()) {
            uses.extend(names(&tokens, after));
            place = after;
            continue;
        }
        if let TokenTree::Group(group) = &tokens[place] {
            uses.extend(self::uses(group.stream(), module));
        }
        place += 1;
    }
    uses
}

/// Returns where the path goes on that begins at the crate's root; `depth` is how many `super` lead there.
fn root_path(tokens: &[TokenTree], place: usize, depth: usize) -> Option<usize> {
    let is_first = place.checked_sub(1).is_none_or(|before| !is_punctuation(&tokens[before], ':'));
    if is_first && is_word(tokens.get(place)?, "crate") {
        return after_colons(tokens, place + 1);
    }
    let mut after = place;
    for _ in 0..depth {
        if !is_first || !is_word(tokens.get(after)?, "super") {
            return None;
        }
        after = after_colons(tokens, after + 1)?;
    }
    (depth > 0).then_some(after)
}

fn after_colons(tokens: &[TokenTree], place: usize) -> Option<usize> {
    let is_colon = |place: usize| tokens.get(place).is_some_and(|token| is_punctuation(token, ':'));
    (is_colon(place) && is_colon(place + 1)).then_some(place + 2)
}

/// Reads the names at a place of a path: one, or those in braces.
fn names(tokens: &[TokenTree], place: usize) -> Vec<String> {
    match tokens.get(place) {
        Some(TokenTree::Ident(name)) => vec![name.to_string()],
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => names_in_braces(group),
        _ => Vec::new(),
    }
}

fn names_in_braces(group: &Group) -> Vec<String> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let starts = (0..tokens.len()).filter(|place| *place == 0 || is_punctuation(&tokens[place - 1], ','));
    starts.flat_map(|place| names(&tokens, place)).filter(|name| name != "self").collect()
}

/// Leaves out the items that stand below `#[cfg(test)]`.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_test =
            is_punctuation(&token, '#') && tokens.peek().is_some_and(|next| next.to_string() == "[cfg (test)]");
        if !is_test {
            kept.push(token);
            continue;
        }
        // An item ends with its braces, or with a semicolon.
        let ends = |token: &TokenTree| {
            is_punctuation(token, ';')
                || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
        };
        let _ = tokens.by_ref().find(ends);
    }
    kept
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

fn is_punctuation(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punctuation) if punctuation.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "## Other\n\n| `x` | a |\n\n## Floors\n\n| folder | holds |\n|---|---|\n| `ground` | a |\n\
                       | `middle/` | b |\n| `top` | c |\n\n## After\n\n| `y` | d |\n";

    /// Says what climbs in a crate of these files.
    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain(&[("lib.rs", "mod ground;\nuse crate::top::Roof;")]) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let climbs = climbs_in(folder.path(), "c", &floors(MAP, "## Floors").unwrap()).unwrap();
        climbs.iter().map(ToString::to_string).collect()
    }

    const TOP: (&str, &str) = ("top.rs", "use crate::ground::Floor;\nuse crate::{middle::Wall, ground};");
    const MIDDLE: (&str, &str) = ("middle/mod.rs", "pub use super::ground::Floor;");
    const GROUND: (&str, &str) = ("ground/mod.rs", "pub struct Floor;");

    #[test]
    fn nothing_in_this_repository_climbs() {
        let said: Vec<String> = climbs().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said, [""; 0], "repeat it with `cargo xtask floors`");
    }

    #[test]
    fn a_crate_that_only_looks_down_is_as_it_should_be() {
        assert_eq!(said(&[TOP, MIDDLE, GROUND]), [""; 0]);
    }

    #[test]
    fn an_import_that_climbs_is_found_however_it_is_written() {
        for text in [
            "use crate::top::Roof;",
            "use crate::{ground::Floor, top::{Roof, Wall}};",
            "fn f() {\n    crate::top::roof();\n}",
            "fn f() { println!(\"{}\", crate::top::roof()); }",
            "pub(in crate::top) struct S;",
            "use super::super::top::Roof;",
            "use super::super::{ground, top};",
        ] {
            let expected = "c/src/middle/wall.rs: `middle` uses `top`, which stands above it";
            assert_eq!(said(&[TOP, MIDDLE, GROUND, ("middle/wall.rs", text)]), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_import_is_none() {
        for text in [
            "// use crate::top::Roof;\n/// [`crate::top::Roof`]\nstruct S;",
            "const TEXT: &str = \"crate::top\";",
            "#[cfg(test)]\nmod tests {\n    use crate::top::Roof;\n}",
            "#[cfg(test)]\nuse crate::top::Roof;\nstruct S;",
            "use super::top;",
        ] {
            assert_eq!(said(&[TOP, MIDDLE, GROUND, ("middle/wall.rs", text)]), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_comes_through_the_front_door_is_named() {
        let text = "use crate::ground;\nuse crate::Floor;";
        let expected = "c/src/top.rs: `crate::Floor` comes through the front door; name its own module";
        assert_eq!(said(&[("top.rs", text), MIDDLE, GROUND]), [expected]);
    }

    #[test]
    fn a_folder_without_a_row_and_a_row_without_a_folder_are_found() {
        let expected = [
            "ARCHITECTURE.md does not say where `cellar` stands",
            "ARCHITECTURE.md speaks of `top`, which is not there",
        ];
        assert_eq!(said(&[MIDDLE, GROUND, ("cellar/mod.rs", "")]), expected);
    }
}
