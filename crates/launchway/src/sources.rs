//! From the name of a template to the template: fetched, with all that it extends.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use launchway_core::template::{GitSource, Reference, Source, TemplateFiles};
use launchway_core::{GitOrigin, GitSpec, LoadError, Origin, OriginSource, SourceSpec, Template};
use semver::Version;

use crate::catalogs::{self, CatalogPolicy};
use crate::failure::{Exit, Failure};
use crate::git::{FetchOptions, Remote, Revision, RevisionSpec, Versions, below, leads_here, moved, tags_of_folder};
use crate::language::{self, Language};
use crate::terminal;

/// How many templates may extend one another.
const MAX_LAYERS: usize = 8;

/// A template, and what the catalog says that it was named by.
pub(crate) struct LoadedTemplate {
    pub(crate) template: Template,
    pub(crate) policy: Option<CatalogPolicy>,
}

/// Loads the template that a source names.
pub(crate) fn load(spec: &SourceSpec, options: &FetchOptions) -> Result<LoadedTemplate, Failure> {
    let SourceSpec::Entry { catalog, entry, reference } = spec else {
        return Ok(LoadedTemplate { template: template(spec, options)?, policy: None });
    };
    let (spec, policy) = catalogs::entry(catalog, entry, reference.as_deref(), options)?;
    let template = template(&spec, options)?;
    policy.check(&template)?;
    Ok(LoadedTemplate { template, policy: Some(policy) })
}

/// Loads the newest version of the template that a project was made from, or the version, tag, branch or commit `to`.
pub(crate) fn of_project(
    origin: &Origin,
    to: Option<&str>,
    template: Option<&str>,
    options: &FetchOptions,
) -> Result<LoadedTemplate, Failure> {
    if let Some(template) = template {
        return load(&with_reference(template.parse()?, to)?, options);
    }
    let template = match &origin.source {
        OriginSource::Builtin => self::template(&builtin(&origin.id, to)?, options)?,
        OriginSource::Git(git) => of_git_project(git, to, options)?,
        OriginSource::Folder => {
            let message = "the project was made from a template in a folder, and its record does not name the folder";
            return Err(Failure::new(Exit::Usage, message).hint("name it: `--template ./folder`"));
        }
    };
    Ok(LoadedTemplate { template, policy: None })
}

/// Lists the released versions that are known of the template that a project was made from, the newest last.
pub(crate) fn versions(origin: &Origin, options: &FetchOptions) -> Result<Vec<Version>, Failure> {
    match &origin.source {
        OriginSource::Builtin => Ok(vec![Template::builtin(&origin.id)?.version]),
        OriginSource::Git(git) => {
            let remote = Remote::open(&git_spec(git, None)?, options.offline)?;
            let versions = remote.versions()?;
            Ok(versions.all().filter(|version| version.pre.is_empty()).cloned().collect())
        }
        OriginSource::Folder => Ok(Vec::new()),
    }
}

fn builtin(id: &str, to: Option<&str>) -> Result<SourceSpec, Failure> {
    let requirement = to.map_or_else(String::new, |to| {
        let to = to.strip_prefix('v').unwrap_or(to);
        // A whole version is meant as it is.
        if Version::parse(to).is_ok() { format!("@={to}") } else { format!("@{to}") }
    });
    Ok(format!("builtin:{id}{requirement}").parse()?)
}

/// Sets which version of a template is meant.
pub(crate) fn with_reference(spec: SourceSpec, to: Option<&str>) -> Result<SourceSpec, Failure> {
    let Some(to) = to else { return Ok(spec) };
    match spec {
        SourceSpec::Git(GitSpec { reference: None, .. })
        | SourceSpec::Builtin { requirement: None, .. }
        | SourceSpec::Entry { reference: None, .. } => Ok(format!("{spec}@{to}").parse()?),
        SourceSpec::Folder(_) => Err(Failure::new(Exit::Usage, format!("a folder has no version `{to}`"))
            .hint("leave out `--to`, and have the folder be at that version")),
        _ => Err(Failure::new(Exit::Usage, format!("the version is given twice, in `{spec}` and as `{to}`"))
            .hint("leave out one of them")),
    }
}

/// Reads from a record where its template is; what it says is checked like anything else that names a template.
fn git_spec(origin: &GitOrigin, reference: Option<&str>) -> Result<GitSpec, Failure> {
    let url = &origin.url;
    let subfolder = origin.subfolder.as_ref().map_or_else(String::new, |subfolder| format!("//{subfolder}"));
    let reference = reference.map_or_else(String::new, |reference| format!("@{reference}"));
    match format!("{url}{subfolder}{reference}").parse()? {
        SourceSpec::Git(spec) => Ok(spec),
        _ => Err(Failure::new(Exit::Usage, format!("the record of the project names `{url}`, which is no repository"))
            .hint("name the template: `--template SOURCE`")),
    }
}

fn of_git_project(origin: &GitOrigin, to: Option<&str>, options: &FetchOptions) -> Result<Template, Failure> {
    let spec = git_spec(origin, to.or(origin.branch()))?;
    let remote = Remote::open(&spec, options.offline)?;
    check_not_moved(origin, &remote, options)?;
    let wanted = match (&spec.reference, origin.tag()) {
        (Some(reference), _) => RevisionSpec::Named(reference.clone()),
        (None, Some(tag)) => next_release(tag, &remote)?,
        (None, None) => RevisionSpec::Newest,
    };
    let found = remote.find(&wanted, options.accept_moved)?;
    template_of(first_of_git(&spec, &remote, found)?, options)
}

/// Finds out what comes after a tag: the newest release; after a prerelease also a newer one; after what is no version,
/// the tag itself.
fn next_release(tag: &str, remote: &Remote) -> Result<RevisionSpec, Failure> {
    let versions = remote.versions()?;
    let Some(current) = Versions::of_tag(tag) else { return Ok(RevisionSpec::Named(tag.to_owned())) };
    // Never back, as after a release was withdrawn.
    let is_newer = |version: &Version| *version >= current && (version.pre.is_empty() || !current.pre.is_empty());
    Ok(RevisionSpec::Named(versions.newest(is_newer).unwrap_or(tag).to_owned()))
}

/// Compares the commit in a project's record with what its tag is now; one that is moved with every release is followed.
fn check_not_moved(origin: &GitOrigin, remote: &Remote, options: &FetchOptions) -> Result<(), Failure> {
    let (Some(tag), locked) = (origin.tag(), &origin.commit) else { return Ok(()) };
    match remote.refs()?.tags.get(tag) {
        Some(commit) if commit != locked && !options.accept_moved && !remote.versions()?.is_floating(tag) => {
            Err(moved(&remote.url, tag, locked, commit))
        }
        _ => Ok(()),
    }
}

/// Has a template speak the user's language where it can; what it makes is the same in every language.
pub(crate) fn translate(template: &mut Template) -> Result<(), Failure> {
    let language = language::current();
    if language != Language::English {
        learn(template)?;
        template.translate(language.code()).map_err(LoadError::from)?;
    }
    Ok(())
}

/// Learns what a template says in the user's language.
fn learn(template: &Template) -> Result<(), Failure> {
    language::learn(template.texts_in(language::current().code()).map_err(LoadError::from)?);
    Ok(())
}

/// Learns what the template of a project says in the user's language, as far as this machine has it: a check needs no network. What is
/// not found stays English.
pub(crate) fn learn_of_project(origin: &Origin) {
    if language::current() == Language::English {
        return;
    }
    if let Ok(builtin) = Template::builtin("service") {
        let _ = learn(&builtin);
    }
    let options = FetchOptions { offline: true, accept_moved: false };
    if matches!(origin.source, OriginSource::Git(_))
        && let Ok(loaded) = of_project(origin, origin.commit(), None, &options)
    {
        let _ = learn(&loaded.template);
    }
}

fn template(spec: &SourceSpec, options: &FetchOptions) -> Result<Template, Failure> {
    template_of(layer(spec, options)?, options)
}

fn template_of(first: (TemplateFiles, Source), options: &FetchOptions) -> Result<Template, Failure> {
    Ok(Template::from_layers(chain(first, options)?)?)
}

/// Gets the files of the template that a source names, without what it extends.
pub(crate) fn first(spec: &SourceSpec, options: &FetchOptions) -> Result<(TemplateFiles, Source), Failure> {
    match spec {
        SourceSpec::Entry { catalog, entry, reference } => {
            layer(&catalogs::entry(catalog, entry, reference.as_deref(), options)?.0, options)
        }
        spec => layer(spec, options),
    }
}

/// Follows what a template extends to the end.
pub(crate) fn chain(
    first: (TemplateFiles, Source),
    options: &FetchOptions,
) -> Result<Vec<(TemplateFiles, Source)>, Failure> {
    let mut layers = vec![first];
    while let Some((files, source)) = layers.last() {
        let Some(extended) = files.extends()? else { break };
        if layers.len() == MAX_LAYERS {
            let message = format!("more than {MAX_LAYERS} templates extend one another, up to `{extended}`");
            return Err(Failure::new(Exit::Template, message));
        }
        let next = extended_layer(&extended, source, options)?;
        if let Some(names) = layers.iter().map(|(_, source)| source).find(|source| is_same(source, &next.1)) {
            let message = format!("the template extends itself: `{extended}` comes twice ({})", shown(names));
            return Err(Failure::new(Exit::Template, message).hint("take `extends` out of one of them"));
        }
        layers.push(next);
    }
    Ok(layers)
}

fn shown(source: &Source) -> String {
    match source {
        Source::Builtin => "built in".to_owned(),
        Source::Folder(folder) => folder.display().to_string(),
        Source::Git(git) => format!("{}@{}", git.url, git.commit),
    }
}

/// Tells whether two layers are one template, in whatever version.
fn is_same(left: &Source, right: &Source) -> bool {
    let real = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    match (left, right) {
        (Source::Folder(left), Source::Folder(right)) => real(left) == real(right),
        (Source::Git(left), Source::Git(right)) => left.url == right.url && left.subfolder == right.subfolder,
        // Only one of the built-in templates can be in a chain: they extend nothing.
        (Source::Builtin, Source::Builtin) => true,
        _ => false,
    }
}

/// Reads one template from where it is.
fn layer(spec: &SourceSpec, options: &FetchOptions) -> Result<(TemplateFiles, Source), Failure> {
    let _step = tracing::info_span!("read", what = %format_args!("the template {spec}")).entered();
    match spec {
        SourceSpec::Builtin { id, requirement } => {
            Ok((launchway_core::template::builtin(id, requirement.as_ref())?, Source::Builtin))
        }
        SourceSpec::Folder(folder) => {
            Ok((TemplateFiles::folder(folder).map_err(LoadError::from)?, Source::Folder(folder.clone())))
        }
        SourceSpec::Git(spec) => {
            let remote = Remote::open(spec, options.offline)?;
            let wanted = spec.reference.clone().map_or(RevisionSpec::Newest, RevisionSpec::Named);
            let found = remote.find(&wanted, options.accept_moved)?;
            first_of_git(spec, &remote, found)
        }
        SourceSpec::Entry { .. } => {
            Err(Failure::new(Exit::Template, format!("`{spec}` names an entry of a catalog, which cannot be extended"))
                .hint("name what the catalog names: a repository, or a built-in template"))
        }
    }
}

fn first_of_git(spec: &GitSpec, remote: &Remote, found: Revision) -> Result<(TemplateFiles, Source), Failure> {
    let files = remote.template(&found.commit, spec.subfolder.as_ref())?;
    warn_of_another_version(spec, &found.reference, &files, remote)?;
    let Revision { reference, commit } = found;
    let (url, subfolder) = (spec.url.clone(), spec.subfolder.clone());
    Ok((files, Source::Git(GitSource { url, subfolder, reference, commit })))
}

/// Warns where a tag names another version than the template that it is on. Nobody who keeps a template means that, and an
/// update goes by the version of the template.
fn warn_of_another_version(
    spec: &GitSpec,
    reference: &Reference,
    files: &TemplateFiles,
    remote: &Remote,
) -> Result<(), Failure> {
    let Reference::Tag(tag) = reference else { return Ok(()) };
    if remote.is_offline() || remote.versions().is_ok_and(|versions| versions.is_floating(tag)) {
        return Ok(());
    }
    if let Some(mismatch) = VersionMismatch::of(tag, files)? {
        let spec = GitSpec { reference: None, credentials: None, ..spec.clone() };
        terminal::warn_once(&format!("`{spec}`: {mismatch}\n  hint: tell the maintainers of the template"));
    }
    Ok(())
}

/// A tag that names another version than the template that it is on.
pub(crate) struct VersionMismatch {
    tag: String,
    version: Version,
}

impl VersionMismatch {
    /// Compares a tag with the version in the manifest of a template; what names no version there is nothing to compare with.
    pub(crate) fn of(tag: &str, files: &TemplateFiles) -> Result<Option<Self>, Failure> {
        let Some(told) = Versions::told_by(tag) else { return Ok(None) };
        let Some(version) = files.version()?.filter(|version| version.cmp_precedence(&told).is_ne()) else {
            return Ok(None);
        };
        Ok(Some(Self { tag: tag.to_owned(), version }))
    }
}

/// Finds the tags on which a template in a folder stands that name another version than its manifest.
pub(crate) fn mismatches(files: &TemplateFiles, source: &Source) -> Result<Vec<VersionMismatch>, Failure> {
    let Source::Folder(folder) = source else { return Ok(Vec::new()) };
    let found = tags_of_folder(folder).into_iter().map(|tag| VersionMismatch::of(&tag, files));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

impl fmt::Display for VersionMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag, version } = self;
        write!(formatter, "the tag `{tag}` is on a template whose `template.toml` says version `{version}`")
    }
}

/// Reads what a template extends, as seen from where the template is.
fn extended_layer(
    extended: &SourceSpec,
    from: &Source,
    options: &FetchOptions,
) -> Result<(TemplateFiles, Source), Failure> {
    match (from, extended) {
        (Source::Folder(folder), SourceSpec::Folder(path)) => {
            layer(&SourceSpec::Folder(plain(&folder.join(path))), options)
        }
        (Source::Git(git), SourceSpec::Folder(path)) => sibling(git, path, options),
        (Source::Git(git), SourceSpec::Git(spec))
            if spec.url.starts_with("file://") && !git.url.starts_with("file://") =>
        {
            Err(leads_here(&extended.to_string()))
        }
        _ => layer(extended, options),
    }
}

/// Takes `.` out of a path.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// Reads a template of the same repository, of the same commit.
fn sibling(git: &GitSource, path: &Path, options: &FetchOptions) -> Result<(TemplateFiles, Source), Failure> {
    let subfolder = below(git.subfolder.as_ref(), path)?;
    let spec = GitSpec { url: git.url.clone(), credentials: None, subfolder, reference: None };
    let remote = Remote::open(&spec, options.offline)?;
    // The commit is there, unless nothing is kept.
    remote.find(&RevisionSpec::Named(git.commit.clone()), options.accept_moved)?;
    let found = Revision { reference: git.reference.clone(), commit: git.commit.clone() };
    first_of_git(&spec, &remote, found)
}

/// Names a source again so that it is the same once there are newer versions.
pub(crate) fn pinned(spec: &SourceSpec, template: &Template) -> SourceSpec {
    let mut spec = spec.clone();
    let Source::Git(GitSource { reference: Reference::Tag(tag), .. }) = &template.source else { return spec };
    if let SourceSpec::Git(GitSpec { reference, .. }) | SourceSpec::Entry { reference, .. } = &mut spec {
        *reference = Some(tag.clone());
    }
    spec
}
