//! `cargo xtask portal`: the portal as a folder of static files, which any host of files can serve.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::advice;
use launchway_core::template::TemplateFiles;
use serde_json::{Value as Json, json};

use crate::Result;
use crate::workspace::{self, expect, output_of};

const TARGET: &str = "wasm32-unknown-unknown";

/// The profile of the released generator.
const PROFILE: &str = "web";

/// Where the files of the page stand.
const PAGE: &str = "crates/launchway-portal/page";

/// The most lines of the page's modules.
const MAX_LINES: usize = 600;

/// The most bytes with which the page can be used, before the generator has come.
const MAX_PAGE: usize = 60 << 10;

/// What makes markup or code of a text, and so of what a person typed or a template says.
const BANNED: [&str; 8] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
    "setHTMLUnsafe",
];

/// Writes the portal into a folder, `target/portal` if none is named, and returns it.
///
/// # Errors
///
/// When the generator cannot be built, or the folder not be written.
pub fn write(folder: Option<&Path>, templates: &[PathBuf]) -> Result<PathBuf> {
    check()?;
    let folder = folder.map_or_else(|| workspace::target().join("portal"), Path::to_path_buf);
    fs::create_dir_all(&folder)?;
    for (name, bytes) in page()? {
        fs::write(folder.join(name), bytes)?;
    }
    fs::copy(wasm()?, folder.join("launchway.wasm"))?;
    fs::write(folder.join("ko.json"), serde_json::to_vec(&korean()?)?)?;
    let templates = templates.iter().map(|template| offered(template)).collect::<Result<Vec<_>>>()?;
    fs::write(folder.join("templates.json"), serde_json::to_vec(&templates)?)?;
    Ok(folder)
}

/// Builds the generator as WebAssembly, and returns its file.
///
/// # Errors
///
/// When the compiler has no library for it and rustup cannot fetch one, or it does not build.
pub fn wasm() -> Result<PathBuf> {
    install_target()?;
    let words = ["build", "--locked", "--package", "launchway-web", "--target", TARGET, "--profile", PROFILE];
    expect(workspace::cargo().args(words))?;
    Ok(workspace::target().join(TARGET).join(PROFILE).join("launchway_web.wasm"))
}

/// Compiles the core for a machine without a disk: what of it touches one is left out there, and nothing else may.
///
/// # Errors
///
/// When it does not compile.
pub fn check_core() -> Result<()> {
    install_target()?;
    let words = ["check", "--locked", "--package", "launchway-portal", "--target", TARGET, "--profile", "suite"];
    expect(workspace::cargo().args(words))
}

/// Has rustup fetch the library of the target, if the compiler does not have it.
fn install_target() -> Result<()> {
    let compiler = output_of(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace::root()))?;
    let library = Path::new(String::from_utf8_lossy(&compiler).trim()).join("lib/rustlib").join(TARGET);
    if library.is_dir() {
        return Ok(());
    }
    let hint = format!("hint: `rustup target add {TARGET}` needs the network once");
    let mut rustup = Command::new("rustup");
    expect(rustup.args(["target", "add", TARGET]).current_dir(workspace::root()))
        .map_err(|error| format!("the compiler has no library for {TARGET}: {error}\n  {hint}").into())
}

/// Reads the files of the page, by their names.
fn page() -> Result<BTreeMap<String, Vec<u8>>> {
    let folder = workspace::root().join(PAGE);
    let named = |entry: fs::DirEntry| Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    fs::read_dir(folder)?.map(|entry| named(entry?)).collect()
}

/// Holds the page: its size, and that it makes no markup of a text.
///
/// # Errors
///
/// When it does not keep them.
pub fn check() -> Result<()> {
    let page = page()?;
    let faults = faults(&page);
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn faults(page: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut count = 0;
    for (name, bytes) in page {
        let text = String::from_utf8_lossy(bytes);
        for (number, line) in text.lines().enumerate() {
            let banned = BANNED.iter().filter(|banned| line.contains(**banned));
            let place = format!("{PAGE}/{name}:{}", number + 1);
            faults
                .extend(banned.map(|it| format!("{place}: `{it}` makes markup or code of a text; use `textContent`")));
        }
        if name.ends_with(".js") {
            count += text.lines().count();
        }
    }
    let size: usize = page.values().map(Vec::len).sum();
    if count > MAX_LINES {
        faults.push(format!("{PAGE}: the modules have {count} lines of at most {MAX_LINES}"));
    }
    if size > MAX_PAGE {
        faults.push(format!("{PAGE}: the page has {size} bytes of at most {MAX_PAGE}"));
    }
    faults
}

/// Returns the Korean of what the page takes from the program: the texts of the advice, and messages without a value in them.
fn korean() -> Result<BTreeMap<String, String>> {
    let folder = workspace::root().join("crates/launchway/src/language");
    let mut texts = BTreeMap::new();
    for name in ["ko.toml", "messages.ko.toml"] {
        let tables: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(&fs::read_to_string(folder.join(name))?)?;
        texts.extend(tables.into_values().flatten());
    }
    let wanted = wanted()?;
    texts.retain(|english, _| wanted.contains(english));
    Ok(texts)
}

/// Collects the English texts of the topics, and those that the page's modules name.
fn wanted() -> Result<BTreeSet<String>> {
    let mut wanted = BTreeSet::new();
    for topic in advice::topics() {
        let sides = topic.sides.iter().flat_map(|side| [&side.label, &side.price]);
        let alternatives = topic.alternatives.iter().flat_map(|it| [&it.name, &it.because]);
        let questions = topic.questions.iter().flat_map(|question| {
            let labels = question.choices.iter().map(|choice| &choice.label);
            [&question.prompt, &question.help].into_iter().chain(labels)
        });
        let texts = topic.rules.iter().map(|rule| &rule.because).chain(sides).chain(alternatives).chain(questions);
        wanted.extend(texts.chain([&topic.title]).cloned());
    }
    for (_, bytes) in page()?.into_iter().filter(|(name, _)| name.ends_with(".js")) {
        wanted.extend(String::from_utf8_lossy(&bytes).split('"').map(str::to_owned));
    }
    Ok(wanted)
}

/// Reads a template of a folder, as the page offers it beside the built-in ones.
fn offered(folder: &Path) -> Result<Json> {
    let name = folder.file_name().ok_or_else(|| format!("`{}` names no folder", folder.display()))?;
    let files = TemplateFiles::folder(folder)?;
    let file = |(path, _): (&str, _)| {
        let bytes = fs::read(folder.join(path))?;
        let executable = fs::metadata(folder.join(path))?.permissions().mode() & 0o100 != 0;
        Ok((path.to_owned(), json!({ "bytes": bytes, "executable": executable })))
    };
    let files = files.iter().map(file).collect::<Result<serde_json::Map<_, _>>>()?;
    Ok(json!({ "name": name.to_string_lossy(), "files": files }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_its_size_and_makes_no_markup_of_a_text() {
        check().unwrap();
        let page = |name: &str, text: &str| faults(&[(name.to_owned(), text.as_bytes().to_vec())].into());
        assert!(page("a.js", "a.innerHTML = b;\n")[0].starts_with("crates/launchway-portal/page/a.js:1: `innerHTML`"));
        assert!(page("a.js", &"\n".repeat(601))[0].contains("601 lines of at most 600"));
        assert!(page("a.css", &"a".repeat(61441))[0].contains("61441 bytes of at most 61440"));
    }
}
