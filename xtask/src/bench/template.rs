//! The same template for every peer, each in its own language: files of lines, some of which have a value in them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::peers::Peer;
use crate::Result;

/// How large a template is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The number of files, of which twenty stand in each folder.
    pub files: usize,
    /// The bytes of each, about.
    pub bytes: usize,
    /// The values in all files together.
    pub values: usize,
}

/// The answers that the values come from.
pub const ANSWERS: [(&str, &str); 3] = [("service", "orders"), ("owner", "payments"), ("team", "platform")];

/// Writes the template of a size for a peer into an empty folder.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(peer: Peer, size: Size, folder: &Path) -> Result<()> {
    let below = match peer {
        Peer::Launchway => "files/",
        Peer::Cookiecutter => "{{cookiecutter.service}}/",
        _ => "",
    };
    for (path, text) in manifest(peer) {
        put(&folder.join(path), &text)?;
    }
    for number in 0..size.files {
        let path = format!("{below}part{}/file{number}.txt{}", number / 20, ending(peer));
        put(&folder.join(path), &content(peer, size, number))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    Ok(fs::write(path, text)?)
}

fn ending(peer: Peer) -> &'static str {
    match peer {
        Peer::Launchway => ".hbs",
        Peer::Ffizer => ".ffizer.hbs",
        Peer::Copier => ".jinja",
        Peer::Kickstart | Peer::CargoGenerate | Peer::Cookiecutter => "",
    }
}

/// The values are dealt out over the files, and stand on the first lines of each.
fn content(peer: Peer, size: Size, number: usize) -> String {
    let values = size.values * (number + 1) / size.files - size.values * number / size.files;
    let mut text = String::new();
    for value in 0..values {
        let (name, _) = ANSWERS[value % ANSWERS.len()];
        let name = if peer == Peer::Cookiecutter { format!("cookiecutter.{name}") } else { name.to_owned() };
        let _ = writeln!(text, "value {value} of file {number} is {{{{ {name} }}}} here");
    }
    while text.len() < size.bytes {
        let _ = writeln!(text, "line at {} of file {number}: nothing to fill in, and copied as it is", text.len());
    }
    text
}

fn manifest(peer: Peer) -> Vec<(&'static str, String)> {
    let each = |entry: fn(&str, &str) -> String| -> String {
        ANSWERS.iter().map(|(name, value)| entry(name, value)).collect()
    };
    match peer {
        Peer::Launchway => {
            let head = "[template]\nid = \"bench\"\ntitle = \"Benchmark\"\nversion = \"1.0.0\"\nname = \"service\"\n";
            let question = |name: &str, value: &str| {
                format!(
                    "\n[[question]]\nid = \"{name}\"\nprompt = \"A name\"\nhelp = \"A name.\"\nkind = \"slug\"\ndefault = \"{value}\"\n"
                )
            };
            vec![("template.toml", format!("{head}{}", each(question)))]
        }
        Peer::Kickstart => {
            let head = "name = \"bench\"\ndescription = \"Benchmark\"\nkickstart_version = 1\n";
            let variable = |name: &str, value: &str| {
                format!("\n[[variables]]\nname = \"{name}\"\ndefault = \"{value}\"\nprompt = \"A name\"\n")
            };
            vec![("template.toml", format!("{head}{}", each(variable)))]
        }
        Peer::Ffizer => {
            let variable = |name: &str, value: &str| format!("  - name: {name}\n    default_value: {value}\n");
            vec![(".ffizer.yaml", format!("variables:\n{}", each(variable)))]
        }
        Peer::CargoGenerate => {
            let variable = |name: &str, value: &str| {
                format!("\n[placeholders.{name}]\ntype = \"string\"\nprompt = \"A name\"\ndefault = \"{value}\"\n")
            };
            vec![("cargo-generate.toml", each(variable))]
        }
        Peer::Cookiecutter => {
            let pairs: Vec<String> = ANSWERS.iter().map(|(name, value)| format!("\"{name}\": \"{value}\"")).collect();
            vec![("cookiecutter.json", format!("{{{}}}\n", pairs.join(", ")))]
        }
        Peer::Copier => {
            let question = |name: &str, value: &str| format!("{name}:\n  type: str\n  default: {value}\n");
            vec![("copier.yml", each(question))]
        }
    }
}

/// Returns the words after the program that make a project from `template` at `destination`, which is not there.
#[must_use]
pub fn words(peer: Peer, template: &Path, destination: &Path) -> Vec<String> {
    let text = |path: &Path| path.display().to_string();
    let (template, destination, parent) = (text(template), text(destination), destination.parent().map(text));
    let parent = parent.unwrap_or_default();
    let words: Vec<&str> = match peer {
        Peer::Launchway => vec!["new", "--no-input", "--no-git", "--template", &template, "--dest", &destination],
        Peer::Kickstart => vec!["--no-input", "--output-dir", &destination, &template],
        Peer::Ffizer => vec!["apply", "--no-interaction", "--source", &template, "--destination", &destination],
        Peer::CargoGenerate => vec![
            "generate",
            "--path",
            &template,
            "--name",
            "orders",
            "--destination",
            &parent,
            "--vcs",
            "none",
            "--silent",
            "--define",
            "service=orders",
            "--define",
            "owner=payments",
            "--define",
            "team=platform",
        ],
        Peer::Cookiecutter => vec!["--no-input", "--output-dir", &parent, &template],
        Peer::Copier => vec!["copy", "--defaults", "--quiet", &template, &destination],
    };
    words.into_iter().map(str::to_owned).collect()
}

/// Counts the files below a folder.
///
/// # Errors
///
/// When it cannot be read.
pub fn count(folder: &Path) -> Result<usize> {
    let mut rest: Vec<PathBuf> = vec![folder.to_owned()];
    let mut files = 0;
    while let Some(folder) = rest.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { rest.push(entry.path()) } else { files += 1 }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_dealt_out_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let size = Size { files: 25, bytes: 100, values: 60 };
        write(Peer::Launchway, size, folder.path())?;
        let values: usize = (0..25).map(|number| content(Peer::Launchway, size, number).matches("{{").count()).sum();
        assert_eq!((count(folder.path())?, values), (26, 60));
        Ok(())
    }
}
