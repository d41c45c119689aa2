//! `cargo xtask portal`: the portal as a folder of static files, which any host of files can serve.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use launchway_core::advice;
use launchway_core::template::TemplateFiles;
use serde_json::{Value as Json, json};

use crate::Result;
use crate::workspace::{self, expect, output_of};

const TARGET: &str = "wasm32-unknown-unknown";

/// How the generator is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Small, for people.
    Released,
    /// Quickly, for tests that do not mind how large it is.
    Tested,
}

/// What of the profile is left out for tests, where it would only take time: the page waits for a person, not for a processor.
const TESTED: [&str; 2] = ["profile.suite.package.launchway-core.opt-level=0", "profile.suite.debug=false"];

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
pub fn write(folder: Option<&Path>, templates: &[PathBuf], build: Build) -> Result<PathBuf> {
    check()?;
    if let Some(why) = missing()? {
        return Err(why.into());
    }
    let folder = folder.map_or_else(|| workspace::target().join("portal"), Path::to_path_buf);
    fs::create_dir_all(&folder)?;
    for (name, bytes) in page()? {
        fs::write(folder.join(name), bytes)?;
    }
    fs::copy(wasm(build)?, folder.join("launchway.wasm"))?;
    fs::write(folder.join("ko.json"), serde_json::to_vec(&korean()?)?)?;
    let templates = templates.iter().map(|template| offered(template)).collect::<Result<Vec<_>>>()?;
    fs::write(folder.join("templates.json"), serde_json::to_vec(&templates)?)?;
    Ok(folder)
}

/// Builds the generator as WebAssembly, and returns its file.
///
/// # Errors
///
/// When it does not build.
fn wasm(build: Build) -> Result<PathBuf> {
    let (profile, settings) = match build {
        Build::Released => ("web", &[][..]),
        Build::Tested => ("suite", &TESTED[..]),
    };
    let words =
        ["build", "--quiet", "--locked", "--package", "launchway-web", "--target", TARGET, "--profile", profile];
    let settings = settings.iter().flat_map(|setting| ["--config", setting]);
    expect(workspace::cargo().args(words).args(settings))?;
    Ok(workspace::target().join(TARGET).join(profile).join("launchway_web.wasm"))
}

/// Compiles the generator for a machine without a disk: what of the template crate touches one is left out there, and nothing else may.
/// Says so on stderr where the compiler has no library for that.
///
/// # Errors
///
/// When it does not compile.
pub fn check_core() -> Result<()> {
    match missing()? {
        Some(why) => {
            eprintln!("nothing was compiled for a machine without a disk: {why}");
            Ok(())
        }
        None => wasm(Build::Tested).map(drop),
    }
}

/// Has rustup fetch the library of the target, if the compiler does not have it, and says why it still has none.
///
/// # Errors
///
/// When there is no compiler.
pub fn missing() -> Result<Option<String>> {
    // One asks at a time: what is being fetched is there for the next one.
    static ASKED: Mutex<()> = Mutex::new(());
    let _alone = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(if is_installed()? { None } else { not_fetched() })
}

fn is_installed() -> Result<bool> {
    let compiler = output_of(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace::root()))?;
    Ok(Path::new(String::from_utf8_lossy(&compiler).trim()).join("lib/rustlib").join(TARGET).is_dir())
}

/// Fetches the library, and says why it could not be.
fn not_fetched() -> Option<String> {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(workspace::root()).env("RUSTUP_MAX_RETRIES", "1");
    let said = match rustup.output() {
        Ok(output) if output.status.success() => return None,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("rustup: {error}"),
    };
    Some(format!(
        "the compiler has no library for {TARGET}\n  {}\n  hint: `rustup target add {TARGET}` needs the network once",
        said.replace('\n', "\n  ")
    ))
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
        if is_module(name) {
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

fn is_module(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "js")
}

/// Returns the Korean of what the page takes from the program: whole texts of the advice, and all messages, which are found again in
/// what is made of them.
fn korean() -> Result<Json> {
    let texts = |name: &str| -> Result<BTreeMap<String, String>> {
        let file = workspace::root().join("crates/launchway/src/language").join(name);
        let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&fs::read_to_string(file)?)?;
        Ok(tables.into_values().flatten().collect())
    };
    let (mut whole, wanted) = (texts("ko.toml")?, wanted()?);
    whole.retain(|english, _| wanted.contains(english));
    Ok(json!({ "whole": whole, "messages": texts("messages.ko.toml")? }))
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
    for (_, bytes) in page()?.into_iter().filter(|(name, _)| is_module(name)) {
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
