//! From the files of a template, and of those that it extends, to a checked [`Template`].

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::add::AddRules;
use super::advisory::AdvisoryRule;
use super::layers::Layer;
use super::layers::{Raw, Shared, Text, lay_over};
use super::loader::{Declared, Loader};
use super::locks::AnswerLock;
use super::manifest::{Manifest, Places};
use super::migration::Migration;
use super::migration::loading::Target;
use super::partials;
use super::question::Question;
use super::repository::RepositoryRules;
use super::requirement;
use super::source::Source;
use super::source::TemplateFiles;
use super::tables;
use super::transition::TransitionRule;
use super::translation::Translation;
use super::{
    AgreementFile, AgreementRule, Computed, FileRule, LoadError, ObjectRule, Positions, SourceFile, StepRule, Template,
};
use crate::language::engine::{Compiled, Engine};
use crate::language::problem::Invalid;
use crate::language::problem::{Problem, none_or_invalid};
use crate::merge::ListRule;

/// The most templates that extend one another, the first and the last included.
pub const MAX_LAYERS: usize = 8;

/// Builds a template from its files, followed by those of the templates that it extends.
pub(super) fn template(layers: Vec<(TemplateFiles, Source)>) -> Result<Template, LoadError> {
    if layers.is_empty() || layers.len() > MAX_LAYERS {
        return Err(LoadError::Layers(layers.len()));
    }
    let is_builtin = layers.iter().all(|(_, source)| *source == Source::Builtin);
    let numbered = layers.into_iter().enumerate();
    let mut raw: Vec<Raw> =
        numbered.map(|(n, (files, source))| Raw::new(n, files, source)).collect::<Result<_, _>>()?;
    // From the template that extends no other to the one that extends them all.
    let mut shared = Shared::default();
    let files: Vec<_> = raw.iter_mut().rev().map(|raw| raw.split(&mut shared)).collect::<Result<_, _>>()?;
    let read: Vec<_> = raw.iter().map(Raw::manifest).collect::<Result<_, _>>()?;
    let identities = identities(&read)?;
    let (partials, mut problems) = partials::of_layers(&shared, &read);
    let (tables, faults) = tables::of_layers(&read);
    problems.extend(faults);
    let engine = Engine::new(partials, tables);
    // The tests have parsed those of the built-in templates.
    if !is_builtin {
        engine.parse_partials().map_err(|problems| Invalid { problems })?;
    }
    let mut loader = Loader::new(&engine, read[0].1.clone());
    (loader.is_builtin, loader.problems) = (is_builtin, problems);
    let mut built = Built::default();
    for (((manifest, places), (.., version)), files) in read.into_iter().zip(&identities).rev().zip(files) {
        let (files, translations) = files;
        loader.places = places;
        loader.oldest = requirement::oldest(&manifest.template);
        built.translations.extend(translations);
        built.add(&mut loader, manifest, version, files, &mut shared.agreements);
    }
    loader.stray_agreements(&shared.agreements);
    loader.settle_locks(&built.questions, &built.locks, &built.name_question);
    let Loader { names, problems, declared, .. } = loader;
    none_or_invalid(problems)?;
    let mut sources = raw.into_iter().map(|raw| raw.source);
    let mut layers = identities.into_iter().zip(&mut sources);
    let ((id, title, version), source) = layers.next().expect("there is at least one layer");
    let questions: Vec<Question> = built.questions.into_iter().map(|declared| declared.question).collect();
    Ok(Template {
        id,
        title,
        version,
        source,
        layers: layers.map(|((id, _, version), source)| Layer { id, version, source }).collect(),
        name_question: built.name_question,
        positions: Positions::of(&questions, &built.values),
        questions,
        values: built.values,
        files: built.files,
        removed: built.removed,
        rules: built.rules,
        objects: built.objects,
        next_steps: built.next_steps,
        agreements: built.agreements,
        agreement_files: built.agreement_files,
        merges: built.merges,
        add: built.add,
        repository: built.repository,
        locks: built.locks,
        migrations: built.migrations,
        advisories: built.advisories,
        transitions: built.transitions,
        transition_page: built.transition_page,
        engine,
        translations: built.translations,
        names,
        declared,
        is_builtin,
    })
}

/// Returns the id, the title and the version of every layer, after checking that each extends the next.
fn identities(read: &[(Manifest, Places<'_>)]) -> Result<Vec<(String, String, Version)>, LoadError> {
    let mut identities = Vec::new();
    for (position, (manifest, places)) in read.iter().enumerate() {
        let header = &manifest.template;
        let is_last = position + 1 == read.len();
        match &header.extends {
            Some(extends) if is_last => return Err(LoadError::Unresolved(extends.get_ref().clone())),
            None if !is_last => {
                let message = format!("`{}` extends no other template", header.id.get_ref());
                return Err(Invalid::from(Problem::new(places.of(&header.id), message)).into());
            }
            _ => {}
        }
        let version = requirement::version(&header.version, places).map_err(Invalid::from)?;
        identities.push((header.id.get_ref().clone(), header.title.clone(), version));
    }
    Ok(identities)
}

/// What the layers amount to, from the first to the last.
#[derive(Default)]
struct Built {
    name_question: String,
    questions: Vec<Declared>,
    values: Vec<Computed>,
    files: Vec<SourceFile>,
    removed: Vec<SourceFile>,
    rules: Vec<FileRule>,
    objects: Vec<ObjectRule>,
    next_steps: Vec<StepRule>,
    agreements: Vec<AgreementRule>,
    agreement_files: Vec<AgreementFile>,
    merges: Vec<ListRule>,
    add: Option<AddRules>,
    repository: Option<RepositoryRules>,
    locks: Vec<AnswerLock>,
    migrations: Vec<Migration>,
    advisories: Vec<AdvisoryRule>,
    transitions: Vec<TransitionRule>,
    transition_ids: BTreeSet<String>,
    transition_page: Option<Compiled>,
    translations: Vec<Translation>,
}

impl Built {
    /// Adds one layer, whose rules see what it declares itself and what the layers before it have declared.
    fn add(
        &mut self,
        loader: &mut Loader<'_>,
        manifest: Manifest,
        version: &Version,
        files: Vec<SourceFile>,
        agreements: &mut BTreeMap<String, Text>,
    ) {
        let inherited = self.questions.len();
        loader.header(&manifest, &self.questions, &mut self.name_question);
        loader.declare_added(&manifest, &mut self.add);
        loader.declare_repository(&manifest, &mut self.repository);
        self.removed.extend(loader.removals(manifest.removals, &mut self.files));
        lay_over(&mut self.files, files);
        // What is there again is not gone.
        self.removed.retain(|removed| !self.files.iter().any(|file| file.path == removed.path));
        loader.tables(&manifest.tables);
        loader.questions(manifest.questions, &mut self.questions);
        self.values.extend(loader.values(manifest.values));
        loader.conditions(&mut self.questions[inherited..], inherited);
        loader.changes(manifest.changes, &mut self.questions, inherited);
        let is_repository_known = self.repository.is_some();
        self.rules.extend(loader.file_rules(manifest.files, &self.files, is_repository_known));
        self.objects.extend(loader.objects(manifest.objects));
        self.next_steps.extend(loader.next_steps(manifest.next_steps));
        self.agreements.extend(loader.agreements(manifest.agreements, manifest.places));
        self.agreement_files.extend(loader.agreement_files(manifest.agreement_files, agreements));
        self.merges.extend(loader.merges(&manifest.merges, &self.files));
        if let (Some(raw), Some(add)) = (manifest.add, &mut self.add) {
            loader.add_rules(&raw, add, &self.questions, &self.values, &self.files);
        }
        self.locks.extend(loader.locks(manifest.locks, manifest.template.id.get_ref(), &self.questions));
        let target = Target {
            layer: manifest.template.id.get_ref(),
            version,
            questions: &self.questions,
            files: &self.files,
            rules: &self.rules,
        };
        let layer = manifest.template.id.get_ref();
        self.advisories.extend(loader.advisories(manifest.advisories, layer, version));
        self.translations.extend(loader.translations(manifest.translations));
        let ids = &mut self.transition_ids;
        self.migrations.extend(loader.migrations(manifest.migrations, &target, ids));
        self.transitions.extend(loader.transitions(manifest.transitions, &self.questions, ids));
        let page = manifest.template.transitions.as_ref().and_then(|path| loader.transition_page(path));
        self.transition_page = page.or(self.transition_page.take());
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
pub(crate) mod tests;
