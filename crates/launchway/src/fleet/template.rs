//! The template of a fleet, loaded once for all its repositories.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use launchway_core::template::{Reference, Source};
use launchway_core::{CatalogOrigin, GitSpec, Origin, OriginSource, Project, SourceSpec, Template};
use serde::{Deserialize, Serialize};

use super::digest::of_parts;
use crate::catalogs;
use crate::failure::{Exit, Failure};
use crate::git::{FetchOptions, Remote, Signature};
use crate::sources::{self, LoadedTemplate};

/// Who made the built-in templates, for commits that update to one.
const NAME: &str = "launchway";

/// When each version of a built-in template that a program can hold was finished.
const FINISHED: [(&str, &str, &str); 1] = [("service", "0.4.0", "1795951486 +0000")];

/// The template as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedTemplate {
    pub(super) id: String,
    /// What loads it again.
    pub(super) source: String,
    /// The version.
    pub(super) to: String,
    /// The commit, of one in a git repository.
    pub(super) commit: Option<String>,
    /// The SHA-256 of its files, and of those of the templates that it extends.
    pub(super) digest: String,
}

/// The template, with what a project needs that was made through a catalog.
pub(super) struct FleetTemplate {
    pub(super) planned: PlannedTemplate,
    /// Who made it, and when.
    pub(super) signature: Signature,
    loaded: Arc<LoadedTemplate>,
    spec: SourceSpec,
    options: FetchOptions,
    by_catalog: Mutex<BTreeMap<(String, String), Arc<LoadedTemplate>>>,
}

impl FleetTemplate {
    /// Loads the template that a fleet names.
    pub(super) fn load(spec: &SourceSpec, to: Option<&str>, options: &FetchOptions) -> Result<Self, Failure> {
        let spec = sources::with_reference(spec.clone(), to.map(|to| exact(spec, to)).as_deref())?;
        let layers = sources::chain(sources::first(&spec, options)?, options)?;
        let digest = digest(&layers);
        let template = Template::from_layers(layers)?;
        let spec = match spec {
            SourceSpec::Builtin { id, .. } => format!("builtin:{id}@={}", template.version).parse()?,
            spec => sources::pinned(&spec, &template),
        };
        let origin = Origin::of(&template);
        let planned = PlannedTemplate {
            id: template.id.clone(),
            source: spec.to_string(),
            to: template.version.to_string(),
            commit: origin.commit().map(str::to_owned),
            digest,
        };
        let signature = signature(&template, options)?;
        let loaded = Arc::new(LoadedTemplate { template, policy: None });
        Ok(Self { planned, signature, loaded, spec, options: options.clone(), by_catalog: Mutex::default() })
    }

    /// Loads the template that a plan names, which has to be what it was.
    pub(super) fn planned(planned: &PlannedTemplate, options: &FetchOptions) -> Result<Self, Failure> {
        let found = Self::load(&planned.source.parse()?, None, options)?;
        if found.planned == *planned {
            return Ok(found);
        }
        let message = format!("the template `{}` is not the one that was planned with", planned.source);
        Err(Failure::new(Exit::Settings, message).hint("plan the fleet again, by the same version of launchway"))
    }

    /// Returns the template for a project, with what its catalog says now.
    pub(super) fn of_project(&self, project: &Project) -> Result<Arc<LoadedTemplate>, Failure> {
        let Some(CatalogOrigin { url, entry, .. }) = &project.catalog else { return Ok(Arc::clone(&self.loaded)) };
        let mut known = self.by_catalog.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (url.clone(), entry.clone());
        if let Some(loaded) = known.get(&key) {
            return Ok(Arc::clone(loaded));
        }
        let policy = project.catalog.as_ref().map(|origin| catalogs::of_project(origin, &self.options)).transpose()?;
        let loaded = LoadedTemplate { policy: policy.flatten(), ..sources::load(&self.spec, &self.options)? };
        let loaded = Arc::new(loaded);
        known.insert(key, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Tells whether a project was made from this template, in whatever version.
    pub(super) fn made(&self, project: &Project) -> bool {
        let origin = Origin::of(&self.loaded.template);
        let is_same = match (&origin.source, &project.template.source) {
            (OriginSource::Builtin, OriginSource::Builtin) => true,
            (OriginSource::Git(own), OriginSource::Git(other)) => {
                (&own.url, &own.subfolder) == (&other.url, &other.subfolder)
            }
            _ => false,
        };
        is_same && origin.id == project.template.id
    }

    /// Tells whether a project is at a later version already.
    pub(super) fn is_older_than(&self, project: &Project) -> bool {
        project.template.version.parse::<semver::Version>().is_ok_and(|version| version > self.loaded.template.version)
    }
}

/// A whole version of a built-in template is meant as it is.
fn exact(spec: &SourceSpec, to: &str) -> String {
    let is_whole = matches!(spec, SourceSpec::Builtin { .. }) && to.parse::<semver::Version>().is_ok();
    if is_whole { format!("={to}") } else { to.to_owned() }
}

fn digest(layers: &[(launchway_core::template::TemplateFiles, Source)]) -> String {
    let files = layers.iter().enumerate().flat_map(|(number, (files, _))| {
        files.iter().flat_map(move |(path, blob)| {
            let mode = format!("{number} {}", if blob.executable { "x" } else { "-" }).into_bytes();
            [path.as_bytes().to_vec(), mode, blob.bytes().into_owned()]
        })
    });
    let parts: Vec<Vec<u8>> = files.collect();
    of_parts(parts.iter().map(Vec::as_slice))
}

/// Finds out who made the template, and when: its commit says so, or the program, of a built-in one.
fn signature(template: &Template, options: &FetchOptions) -> Result<Signature, Failure> {
    let built_in = |date: &str| Signature { name: NAME.to_owned(), email: NAME.to_owned(), date: date.to_owned() };
    match &template.source {
        Source::Git(git) => {
            let reference = match &git.reference {
                Reference::Tag(name) | Reference::Branch(name) => Some(name.clone()),
                Reference::Commit => Some(git.commit.clone()),
            };
            let spec = GitSpec { url: git.url.clone(), credentials: None, subfolder: git.subfolder.clone(), reference };
            Remote::open(&spec, options.offline)?.signature(&git.commit)
        }
        Source::Builtin => {
            let version = template.version.to_string();
            let known = FINISHED.iter().find(|(id, known, _)| *id == template.id && *known == version);
            let internal = || Failure::new(Exit::Internal, "the program does not know when its template was finished");
            known.map(|(_, _, date)| built_in(date)).ok_or_else(internal)
        }
        Source::Folder(_) => Err(Failure::new(Exit::Settings, "a folder is no template of a fleet")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_every_built_in_template_it_is_known_when_it_was_finished() {
        for id in launchway_core::template::builtin_ids() {
            let spec = format!("builtin:{id}").parse().unwrap();
            let template = FleetTemplate::load(&spec, None, &FetchOptions::default()).unwrap();
            assert!(template.signature.date.ends_with(" +0000"), "add the version to FINISHED");
            let again = FleetTemplate::planned(&template.planned, &FetchOptions::default()).unwrap();
            assert_eq!(again.planned, template.planned);
        }
    }
}
