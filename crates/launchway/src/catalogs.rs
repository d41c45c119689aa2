//! The team catalogs that the user has added, and what they say about templates.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use launchway_core::{
    Answers, CATALOG_FILE, Catalog, CatalogEntry, CatalogOrigin, EntrySource, GitSpec, SourceSpec, Template, is_slug,
    open_lock, write_private,
};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure, listed};
use crate::git::{FetchOptions, Remote, Revision, RevisionSpec, below, leads_here};
use crate::{folders, terminal};

/// The most that the list of catalogs, or a catalog, may take.
const MAX_BYTES: u64 = 1 << 20;

/// How long another launchway may keep the list of catalogs.
const PATIENCE: Duration = Duration::from_secs(10);

/// A catalog that the user has added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedCatalog {
    pub(crate) name: String,
    pub(crate) source: GitSpec,
}

/// What a catalog says about one template.
#[derive(Debug, Clone)]
pub(crate) struct CatalogPolicy {
    /// The name by which the user knows the catalog.
    pub(crate) by: String,
    url: String,
    entry: CatalogEntry,
}

impl CatalogPolicy {
    /// Tells the answers what is decided and what is preset.
    pub(crate) fn apply(&self, answers: &mut Answers) {
        answers.take_over(&self.entry, &self.by);
    }

    /// Returns what a project remembers of the catalog.
    pub(crate) fn origin(&self) -> CatalogOrigin {
        let locked = self.entry.locked();
        CatalogOrigin { url: self.url.clone(), entry: self.entry.name.clone(), locked }
    }

    /// Refuses a catalog that speaks of questions that its template does not ask.
    pub(crate) fn check(&self, template: &Template) -> Result<(), Failure> {
        let unknown: Vec<_> = self.entry.questions().filter(|id| template.question(id).is_none()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let (by, name, id) = (&self.by, &self.entry.name, &template.id);
        let message =
            format!("`{by}:{name}` decides `{}`, which the template `{id}` does not ask", unknown.join("`, `"));
        Err(Failure::new(Exit::Template, message).hint(format!(
            "tell the maintainers of the catalog; `launchway template show {by}:{name}` lists the questions"
        )))
    }
}

/// A catalog as it was read, with the commit that it was read from.
pub(crate) struct CatalogContent {
    pub(crate) catalog: Catalog,
    pub(crate) commit: String,
}

/// Lists the catalogs that the user has added, by name.
pub(crate) fn all() -> Result<Vec<NamedCatalog>, Failure> {
    let Some(path) = file() else { return Ok(Vec::new()) };
    let text = match fs::metadata(&path) {
        Ok(metadata) if metadata.len() > MAX_BYTES => return Err(unusable(&path, "it is larger than 1 MiB")),
        Ok(_) => fs::read_to_string(&path).map_err(|error| unusable(&path, &error.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(&path, &error.to_string())),
    };
    let list: CatalogList = toml::from_str(&text).map_err(|error| unusable(&path, error.message()))?;
    let mut catalogs = Vec::new();
    for entry in list.catalogs {
        check_name(&entry.name)?;
        catalogs.push(NamedCatalog { name: entry.name, source: git_source(&entry.source)? });
    }
    catalogs.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(catalogs)
}

/// Finds a catalog that the user has added.
pub(crate) fn named(name: &str) -> Result<NamedCatalog, Failure> {
    let all = all()?;
    let names = listed(all.iter().map(|catalog| &catalog.name));
    all.into_iter().find(|catalog| catalog.name == name).ok_or_else(|| {
        let hint = match names.as_str() {
            "" => format!("add it: `launchway catalog add {name} https://…`"),
            names => format!("there is {names}; `launchway catalog add {name} https://…` adds another"),
        };
        Failure::new(Exit::Usage, format!("there is no catalog `{name}`")).hint(hint)
    })
}

/// Adds a catalog, which must be one; returns what it holds.
pub(crate) fn add(name: &str, source: &str) -> Result<CatalogContent, Failure> {
    check_name(name)?;
    let added = NamedCatalog { name: name.to_owned(), source: git_source(source)? };
    let _lock = lock()?;
    let mut catalogs = all()?;
    if let Some(other) = catalogs.iter().find(|other| other.name == name) {
        return Err(Failure::new(Exit::Usage, format!("there is a catalog `{name}` already: {}", other.source))
            .hint(format!("choose another name, or `launchway catalog remove {name}` first")));
    }
    let read = read(&added, &FetchOptions::default())?;
    if added.source.credentials.is_some() {
        terminal::tell(
            "warning: the password in the URL is not kept\n  hint: store it in a credential helper of git\n",
        );
    }
    catalogs.push(added);
    write(&catalogs)?;
    Ok(read)
}

/// Forgets a catalog.
pub(crate) fn remove(name: &str) -> Result<(), Failure> {
    let _lock = lock()?;
    named(name)?;
    let mut catalogs = all()?;
    catalogs.retain(|catalog| catalog.name != name);
    write(&catalogs)
}

/// Reads a catalog: as it is now, or offline as it was when it was fetched.
pub(crate) fn read(added: &NamedCatalog, options: &FetchOptions) -> Result<CatalogContent, Failure> {
    let _step = tracing::info_span!("read", what = %format_args!("the catalog {}", added.name)).entered();
    let remote = Remote::open(&added.source, options.offline)?;
    let Revision { commit, .. } = remote.find(&wanted(added, &remote)?, options.accept_moved)?;
    let path =
        added.source.subfolder.as_ref().map_or_else(|| CATALOG_FILE.to_owned(), |it| format!("{it}/{CATALOG_FILE}"));
    let Some(bytes) = remote.file(&commit, &path, MAX_BYTES)? else {
        let message = format!("`{}` has no `{path}`, so it is no catalog", added.source);
        return Err(Failure::new(Exit::Template, message).hint("docs/sources.md says what a catalog is"));
    };
    let name = format!("{}:{CATALOG_FILE}", added.name);
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(Exit::Template, format!("`{path}` of `{}` is not UTF-8 text", added.source)))?;
    Ok(CatalogContent { catalog: Catalog::parse(&name, &text)?, commit })
}

/// Which commit of its repository a catalog is read from. Without a reference that is the default branch: its tags may
/// be the versions of templates beside it.
fn wanted(added: &NamedCatalog, remote: &Remote) -> Result<RevisionSpec, Failure> {
    if let Some(reference) = &added.source.reference {
        return Ok(RevisionSpec::Named(reference.clone()));
    }
    let Some(branch) = remote.default_branch()? else { return Ok(RevisionSpec::Newest) };
    if !remote.is_offline() {
        remote.keep_default_branch(&branch)?;
    }
    Ok(RevisionSpec::Branch(branch))
}

/// A template that a catalog offers.
pub(crate) struct Offer {
    pub(crate) spec: SourceSpec,
    pub(crate) catalog: String,
    pub(crate) name: String,
    pub(crate) title: String,
    /// Where the template is, as the catalog says it.
    pub(crate) source: String,
}

/// Lists what the catalogs offer. A catalog that cannot be read is a warning: the others can.
pub(crate) fn offers(options: &FetchOptions) -> Result<Vec<Offer>, Failure> {
    let mut offers = Vec::new();
    for added in all()? {
        match read(&added, options) {
            Ok(read) => offers.extend(read.catalog.entries.iter().map(|entry| offer(&added, entry))),
            Err(failure) => terminal::tell(&format!("warning: the catalog `{}` is left out\n{failure}", added.name)),
        }
    }
    Ok(offers)
}

/// Describes a template of a catalog.
pub(crate) fn offer(added: &NamedCatalog, entry: &CatalogEntry) -> Offer {
    let (catalog, name, title) = (added.name.clone(), entry.name.clone(), entry.title.clone());
    let spec = SourceSpec::Entry { catalog: catalog.clone(), entry: name.clone(), reference: None };
    let source = match &entry.source {
        EntrySource::Here(path) => path.display().to_string(),
        EntrySource::There(spec) => spec.to_string(),
    };
    Offer { spec, catalog, name, title, source }
}

/// Finds a template of a catalog: where it is, and what the catalog says about it.
pub(crate) fn entry(
    catalog: &str,
    name: &str,
    reference: Option<&str>,
    options: &FetchOptions,
) -> Result<(SourceSpec, CatalogPolicy), Failure> {
    let added = named(catalog)?;
    let CatalogContent { catalog, .. } = read(&added, options)?;
    found(&added, &catalog, name, reference)
}

/// Returns what the catalog that a project was made through says now; nothing if it has no such template any more.
pub(crate) fn of_project(origin: &CatalogOrigin, options: &FetchOptions) -> Result<Option<CatalogPolicy>, Failure> {
    let known = all()?.into_iter().find(|added| added.source.url == origin.url);
    let added = match known {
        Some(added) => added,
        None => NamedCatalog { name: origin.url.clone(), source: git_source(&origin.url)? },
    };
    let CatalogContent { catalog, .. } = read(&added, options)?;
    if catalog.entry(&origin.entry).is_none() {
        return Ok(None);
    }
    found(&added, &catalog, &origin.entry, None).map(|(_, policy)| Some(policy))
}

fn found(
    added: &NamedCatalog,
    catalog: &Catalog,
    name: &str,
    reference: Option<&str>,
) -> Result<(SourceSpec, CatalogPolicy), Failure> {
    let Some(entry) = catalog.entry(name) else {
        let names = listed(catalog.entries.iter().map(|entry| &entry.name));
        return Err(Failure::new(Exit::Usage, format!("the catalog `{}` has no template `{name}`", added.name))
            .hint(format!("it has {names}")));
    };
    let reference = reference.map(str::to_owned).or_else(|| entry.requirement.clone());
    let spec = located(added, &entry.source, reference)?;
    let policy = CatalogPolicy { by: added.name.clone(), url: added.source.url.clone(), entry: entry.clone() };
    Ok((spec, policy))
}

/// Turns the source of an entry into one that can be loaded.
fn located(added: &NamedCatalog, source: &EntrySource, reference: Option<String>) -> Result<SourceSpec, Failure> {
    match source {
        EntrySource::Here(path) => {
            let subfolder = below(added.source.subfolder.as_ref(), path)?;
            let reference = reference.or_else(|| added.source.reference.clone());
            Ok(SourceSpec::Git(GitSpec { subfolder, reference, ..added.source.clone() }))
        }
        EntrySource::There(SourceSpec::Git(git)) => {
            if git.url.starts_with("file://") && !added.source.url.starts_with("file://") {
                return Err(leads_here(&git.to_string()));
            }
            let reference = reference.or_else(|| git.reference.clone());
            Ok(SourceSpec::Git(GitSpec { reference, ..git.clone() }))
        }
        EntrySource::There(SourceSpec::Builtin { id, requirement }) => {
            let requirement = reference.or_else(|| requirement.as_ref().map(ToString::to_string));
            let requirement = requirement.map_or_else(String::new, |it| format!("@{it}"));
            Ok(SourceSpec::from_str(&format!("builtin:{id}{requirement}"))?)
        }
        EntrySource::There(spec) => Ok(spec.clone()),
    }
}

/// The file that lists the catalogs.
#[derive(Default, Serialize, Deserialize)]
struct CatalogList {
    #[serde(default, rename = "catalog")]
    catalogs: Vec<ListEntry>,
}

#[derive(Serialize, Deserialize)]
struct ListEntry {
    name: String,
    source: String,
}

fn file() -> Option<PathBuf> {
    folders::config().map(|folder| folder.join("catalogs.toml"))
}

fn writable_file() -> Result<PathBuf, Failure> {
    file().ok_or_else(|| {
        Failure::new(Exit::CannotWrite, "there is no home folder to keep the list of catalogs in")
            .hint("name a folder for it in `LAUNCHWAY_CONFIG_DIR`")
    })
}

fn write(catalogs: &[NamedCatalog]) -> Result<(), Failure> {
    let entry = |it: &NamedCatalog| ListEntry { name: it.name.clone(), source: it.source.to_string() };
    let list = CatalogList { catalogs: catalogs.iter().map(entry).collect() };
    let body = toml::to_string(&list).expect("strings always fit into TOML");
    let text = format!("# The catalogs that `launchway catalog add` has added.\n{body}");
    write_private(&writable_file()?, text.as_bytes()).map_err(|error| not_written(&error))
}

fn lock() -> Result<fs::File, Failure> {
    let file = open_lock(&writable_file()?.with_extension("lock")).map_err(|error| not_written(&error))?;
    let start = Instant::now();
    while file.try_lock().is_err() {
        if start.elapsed() > PATIENCE {
            return Err(Failure::new(Exit::Busy, "another launchway is changing the list of catalogs")
                .hint("try again once it is done"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(file)
}

fn not_written(error: &launchway_core::ApplyError) -> Failure {
    Failure::new(Exit::CannotWrite, format!("the list of catalogs cannot be kept: {error}"))
        .hint("name a folder that can be written to in `LAUNCHWAY_CONFIG_DIR`")
}

fn unusable(path: &std::path::Path, reason: &str) -> Failure {
    Failure::new(Exit::Usage, format!("the list of catalogs `{}` cannot be used: {reason}", path.display()))
        .hint("fix it, or remove it and add the catalogs again")
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_slug(name) && name.len() > 1 && name != "builtin" {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("`{name}` cannot be the name of a catalog"))
        .hint("lower-case letters, digits and dashes, at least two, and not `builtin`; for example `acme`"))
}

fn git_source(source: &str) -> Result<GitSpec, Failure> {
    match source.parse()? {
        SourceSpec::Git(spec) => Ok(spec),
        spec => Err(Failure::new(Exit::Usage, format!("a catalog is a git repository, and `{spec}` is none"))
            .hint("for example `https://host/team/catalog.git`; one on this machine is `file:///path`")),
    }
}
