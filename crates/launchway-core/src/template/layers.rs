//! Templates that extend one another: the files of each, and what is left of them when one lies on the other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use semver::{Version, VersionReq};

use super::content::TemplateFile;
use super::include::Whole;
use super::manifest::{self, Manifest, ManifestHead, Places};
use super::requirement;
use super::source::Source;
use super::source::TemplateFiles;
use super::translation::{self, Translation};
use super::{LoadError, SourceFile};
use crate::language::problem::{Invalid, Location, Problem};
use crate::sources::spec::{SourceSpec, SpecError};

/// A template that another one extends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// Where it came from.
    pub source: Source,
}

impl fmt::Display for Layer {
    /// Writes the layer as a record names it: where it came from, and its id and version if that does not say them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, source } = self;
        match source {
            Source::Builtin => write!(formatter, "builtin:{id}@{version}"),
            // No path of this machine is remembered.
            Source::Folder(_) => write!(formatter, "folder#{id}@{version}"),
            Source::Git(git) => {
                formatter.write_str(&git.url)?;
                git.subfolder.iter().try_for_each(|subfolder| write!(formatter, "//{subfolder}"))?;
                write!(formatter, "@{}#{id}@{version}", git.commit)
            }
        }
    }
}

impl Layer {
    /// Reads the id and the version out of what a record says of a layer.
    #[must_use]
    pub fn remembered(text: &str) -> Option<(String, Version)> {
        let named = text.rsplit_once('#').map(|(_, named)| named).or_else(|| text.strip_prefix("builtin:"))?;
        let (id, version) = named.rsplit_once('@')?;
        Some((id.to_owned(), version.parse().ok()?))
    }
}

impl TemplateFiles {
    /// Reads which template this one extends, and nothing else of its manifest.
    ///
    /// # Errors
    /// The manifest asks for another program or is not TOML, or what it extends is not the name of a template.
    pub fn extends(&self) -> Result<Option<SourceSpec>, LoadError> {
        let text = manifest_text(self, manifest::FILE)?;
        let (only, places) = manifest::parse_head(manifest::FILE, &text).map_err(Invalid::from)?;
        let Some(head) = only.template else { return Ok(None) };
        requirement::check_head(&head, &places)?;
        let Some(extends) = head.extends else { return Ok(None) };
        let spec = extends.get_ref().parse().map_err(|error: SpecError| {
            let hint = error.fault.hint();
            Invalid::from(Problem::new(places.of(&extends), error.to_string()).hint(hint))
        })?;
        Ok(Some(spec))
    }

    /// Returns the version that the manifest gives the template itself, where it gives one; whether it can be used is not looked at.
    ///
    /// # Errors
    /// The manifest is not TOML.
    pub fn version(&self) -> Result<Option<Version>, LoadError> {
        let text = manifest_text(self, manifest::FILE)?;
        let (only, _) = manifest::parse_head(manifest::FILE, &text).map_err(Invalid::from)?;
        Ok(only.template.and_then(|head| head.version?.parse().ok()))
    }
}

/// Collects a folder's template and the built-in one that it extends; what else it may extend is not for the core to get.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<(TemplateFiles, Source)>, LoadError> {
    let files = TemplateFiles::folder(folder)?;
    let extended = match files.extends()? {
        Some(SourceSpec::Builtin { id, requirement }) => Some(builtin(&id, requirement.as_ref())?),
        _ => None,
    };
    let own = (files, Source::Folder(folder.to_owned()));
    Ok(std::iter::once(own).chain(extended.map(|files| (files, Source::Builtin))).collect())
}

/// Returns the files of a built-in template, if it is of a version that will do.
///
/// # Errors
/// There is none of that id, or this program has another version of it.
pub fn builtin(id: &str, requirement: Option<&VersionReq>) -> Result<TemplateFiles, LoadError> {
    let files = TemplateFiles::builtin(id)?;
    let version = version_of(&files);
    match (requirement, version) {
        (Some(requirement), Some(version)) if !requirement.matches(&version) => {
            Err(LoadError::OtherVersion { id: id.to_owned(), version, requirement: requirement.clone() })
        }
        _ => Ok(files),
    }
}

/// What a list says of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its id.
    pub id: String,
    /// What it makes, in a few words.
    pub title: String,
    /// Its version.
    pub version: Version,
}

impl Header {
    /// Reads the first table of a built-in template's manifest, and nothing else of it.
    ///
    /// # Errors
    /// There is none of that id.
    ///
    /// # Panics
    /// Never: the tests have read every built-in template.
    pub fn builtin(id: &str) -> Result<Self, LoadError> {
        let header = header_of(&TemplateFiles::builtin(id)?).expect("a built-in template has a header");
        let version = header.version.and_then(|version| version.parse().ok());
        Ok(Self {
            id: header.id.unwrap_or_default(),
            title: header.title.unwrap_or_default(),
            version: version.expect("a built-in template has a version"),
        })
    }
}

/// One template of a chain, with its manifest still in text.
pub(super) struct Raw {
    pub(super) source: Source,
    /// What stands before its paths in messages; nothing for the template itself.
    label: String,
    /// The manifest with its parts.
    manifest: Whole,
    files: BTreeMap<String, TemplateFile>,
}

impl Raw {
    /// Takes a template; `position` counts from the one that extends all others.
    pub(super) fn new(position: usize, files: TemplateFiles, source: Source) -> Result<Self, LoadError> {
        let label = if position == 0 { String::new() } else { label(&files, &source) };
        let file = format!("{label}{}", manifest::FILE);
        let text = manifest_text(&files, &file)?;
        // A built-in template is of this program.
        if source != Source::Builtin {
            requirement::check(&file, &text)?;
        }
        let manifest = Whole::new(&label, text, &files.0, source == Source::Builtin)?;
        Ok(Self { source, label, manifest, files: files.0 })
    }

    /// Parses the manifest; the second value finds places in its text.
    pub(super) fn manifest(&self) -> Result<(Manifest, Places<'_>), Invalid> {
        Ok(manifest::parse_at(&self.manifest.text, self.manifest.places())?)
    }

    /// Separates what becomes a file of the project from what it is made with. What is not copied as it is loses its
    /// carriage returns.
    pub(super) fn split(&mut self, shared: &mut Shared) -> Result<(Vec<SourceFile>, Vec<Translation>), Invalid> {
        let (mut sources, mut translations) = (Vec::new(), Vec::new());
        for (path, content) in std::mem::take(&mut self.files) {
            let is_copied = path.starts_with("files/") && path.strip_suffix(".hbs").is_none();
            let content = if is_copied { content } else { content.without_carriage_returns() };
            let file = || format!("{}{path}", self.label);
            if let Some(path) = path.strip_prefix("files/") {
                let (path, renders) = path.strip_suffix(".hbs").map_or((path, false), |stem| (stem, true));
                sources.push(SourceFile::new(&self.label, path, renders, content));
            } else if let Some(name) = path.strip_prefix("partials/").and_then(|name| name.strip_suffix(".hbs")) {
                shared.partials.insert(name.to_owned(), Text::new(file(), content)?);
            } else if path.starts_with("agreements/") {
                shared.agreements.insert(path.clone(), Text::new(file(), content)?);
            } else if path.starts_with(translation::FOLDER) {
                translations.extend(Translation::of_file(&path, Text::new(file(), content)?));
            }
        }
        Ok((sources, translations))
    }
}

/// What the files of all layers share: of two with the same name, the one of the outer layer.
#[derive(Default)]
pub(super) struct Shared {
    /// By their name.
    pub(super) partials: BTreeMap<String, Text>,
    /// By their path in the template.
    pub(super) agreements: BTreeMap<String, Text>,
}

/// A text, with the path that messages give it.
pub(super) struct Text {
    pub(super) file: String,
    content: TemplateFile,
}

impl Text {
    /// Takes a file that must be text. What is packed is of this program, and is not unpacked to look.
    pub(super) fn new(file: String, content: TemplateFile) -> Result<Self, Invalid> {
        if content.is_plain() {
            text_of(&file, &content.bytes())?;
        }
        Ok(Self { file, content })
    }

    /// Returns the text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self.content.bytes() {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).expect("it was checked")),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).expect("the texts of the program are UTF-8")),
        }
    }
}

/// Lays the files of a layer over those below it: a file of the same output path takes the other's place.
pub(super) fn lay_over(below: &mut Vec<SourceFile>, files: Vec<SourceFile>) {
    below.retain(|file| !files.iter().any(|own| own.path == file.path));
    below.extend(files);
    below.sort_by(|left, right| left.path.cmp(&right.path));
}

/// Says in messages whose file it is: `builtin:service/`, or the folder as it was named.
fn label(files: &TemplateFiles, source: &Source) -> String {
    match source {
        Source::Builtin => format!("builtin:{}/", header_of(files).and_then(|header| header.id).unwrap_or_default()),
        // Told apart from the folders of the template itself.
        Source::Folder(folder) if folder.is_relative() && !folder.starts_with("..") => {
            format!("./{}/", folder.strip_prefix(".").unwrap_or(folder).display())
        }
        Source::Folder(folder) => format!("{}/", folder.display()),
        Source::Git(git) => match &git.subfolder {
            Some(subfolder) => format!("{}//{subfolder}/", git.url),
            None => format!("{}/", git.url),
        },
    }
}

fn header_of(files: &TemplateFiles) -> Option<ManifestHead> {
    let text = manifest_text(files, manifest::FILE).ok()?;
    manifest::parse_head(manifest::FILE, &text).ok()?.0.template
}

fn version_of(files: &TemplateFiles) -> Option<Version> {
    header_of(files)?.version?.parse().ok()
}

fn manifest_text(files: &TemplateFiles, file: &str) -> Result<String, Invalid> {
    let bytes = files.0.get(manifest::FILE).map(TemplateFile::bytes).unwrap_or_default();
    text_of(file, &bytes).map(str::to_owned)
}

/// Returns a file that must be text.
fn text_of<'b>(path: &str, bytes: &'b [u8]) -> Result<&'b str, Invalid> {
    std::str::from_utf8(bytes).map_err(|_| Problem::new(Location::file(path), "this is not UTF-8 text").into())
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
