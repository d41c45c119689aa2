//! Loading the rules of a manifest: which files there are, what they create, what to run next.

use std::collections::BTreeMap;

use toml::Spanned;

use super::loader::{Loader, usable_name};
use super::manifest::{self, OneOrMany, Removal};
use super::source::is_of_template;
use super::translation::{Texts, Translation};
use super::{Each, FileRule, ObjectRule, OutputCheck, SourceFile, StepRule};
use crate::language::check::Printing;
use crate::language::file_kind::FileKind;
use crate::language::glob::Glob;
use crate::language::helpers::Type;
use crate::language::problem::{Location, Problem};

impl Loader<'_> {
    pub(super) fn file_rules(
        &mut self,
        rules: Vec<manifest::FileRule>,
        files: &[SourceFile],
        is_repository_known: bool,
    ) -> Vec<FileRule> {
        let mut built = Vec::new();
        for raw in rules {
            let path = match Glob::new(raw.path.get_ref()) {
                Ok(path) => path,
                Err(message) => {
                    self.report(&raw.path, message);
                    continue;
                }
            };
            if !files.iter().any(|file| path.matches(&file.path)) {
                self.report(&raw.path, format!("`{}` matches no file below `files/`", raw.path.get_ref()));
            }
            let each = self.each(&raw.path, raw.each.as_ref(), raw.elements.as_ref());
            self.elements.extend(each.iter().map(|each| each.element.clone()));
            let when = self.condition(raw.when.as_ref());
            let check = self.output_check(&raw);
            let repository = raw.repository.as_ref();
            if repository.is_some() && !is_repository_known {
                let message = "the table `[repository]`, which names what templates see of the repository, is missing";
                self.report(&raw.path, message.to_owned());
            }
            if raw.shared && repository.is_none() {
                let message = "`shared` is for a file that belongs to the `repository`";
                self.report(&raw.path, message.to_owned());
            }
            let repository = repository.and_then(|to| self.repository_move(&raw.path, to));
            built.push(FileRule {
                repository,
                shared: raw.shared,
                path,
                when,
                each,
                ownership: raw.ownership,
                executable: raw.executable,
                order: raw.order,
                check,
            });
        }
        built
    }

    /// Reads `check` and `because`: what is not checked is not for nothing.
    fn output_check(&mut self, raw: &manifest::FileRule) -> Option<OutputCheck> {
        let because = raw.because.as_deref().map(str::trim).filter(|because| !because.is_empty());
        match (raw.check, because) {
            (Some(false), Some(because)) => Some(OutputCheck::Waived(because.to_owned())),
            (Some(false), None) => {
                let problem = Problem::new(self.places.of(&raw.path), "`check = false` needs `because`");
                self.problems.push(problem.hint("say why the file cannot be checked, for the readers of the manifest"));
                None
            }
            (check, None) if raw.because.is_none() => check.map(|_| OutputCheck::Checked),
            _ => {
                self.report(
                    &raw.path,
                    "`because` says why a file is not checked, and goes with `check = false`".to_owned(),
                );
                None
            }
        }
    }

    /// Takes files of the extended template away.
    pub(super) fn removals(
        &mut self,
        removals: Vec<manifest::Removal>,
        files: &mut Vec<SourceFile>,
    ) -> Vec<SourceFile> {
        let mut removed = Vec::new();
        for Removal { path } in removals {
            let glob = match Glob::new(path.get_ref()) {
                Ok(glob) => glob,
                Err(message) => {
                    self.report(&path, message);
                    continue;
                }
            };
            let before = removed.len();
            removed.extend(files.extract_if(.., |file| glob.matches(&file.path)));
            if removed.len() == before {
                self.report(&path, format!("`{}` matches no file of the extended template", path.get_ref()));
            }
        }
        removed
    }

    /// Reads `each` and `as`, which only mean something together: a list and its element, or as many of both.
    pub(super) fn each(
        &mut self,
        at: &Spanned<String>,
        lists: Option<&Spanned<OneOrMany>>,
        elements: Option<&OneOrMany>,
    ) -> Vec<Each> {
        let Some(lists) = lists else {
            if elements.is_some() {
                self.report(at, "`as` names the element of `each`, which is missing".to_owned());
            }
            return Vec::new();
        };
        let place = self.places.of(lists);
        let (lists, elements) = (lists.get_ref().as_slice(), elements.map_or(&[][..], OneOrMany::as_slice));
        if lists.len() != elements.len() {
            self.problems.push(Problem::new(place, "`each` needs `as`, the name of the element of each list"));
            return Vec::new();
        }
        let mut each: Vec<Each> = Vec::new();
        for (list, element) in lists.iter().zip(elements) {
            if each.iter().any(|earlier| earlier.element == *element) {
                self.problems.push(Problem::new(place.clone(), format!("the element `{element}` is named twice")));
            } else {
                each.extend(self.one_each(&place, list, element));
            }
        }
        each
    }

    fn one_each(&mut self, place: &Location, list: &str, element: &str) -> Option<Each> {
        let refused = if self.names.contains_key(element) {
            Err(format!("`{element}` is already the name of a question or value"))
        } else {
            usable_name(element, &self.oldest)
        };
        if let Err(message) = refused {
            self.problems.push(Problem::new(place.clone(), message));
            return None;
        }
        let expression = self.expression_at(list, place)?;
        if expression.yields != Type::Words {
            self.problems.push(Problem::new(place.clone(), "`each` needs a list"));
            return None;
        }
        Some(Each { list: expression, element: element.to_owned() })
    }

    pub(super) fn objects(&mut self, objects: Vec<manifest::Object>) -> Vec<ObjectRule> {
        let build = |raw: manifest::Object| ObjectRule {
            kind: raw.kind,
            place: self.places.of(&raw.purpose),
            purpose: raw.purpose.into_inner(),
            when: self.condition(raw.when.as_ref()),
        };
        objects.into_iter().map(build).collect()
    }

    pub(super) fn next_steps(&mut self, steps: Vec<manifest::NextStep>) -> Vec<StepRule> {
        let build = |raw: manifest::NextStep| {
            let when = self.condition(raw.when.as_ref());
            let place = self.places.of(&raw.command);
            let command = self.snippet(raw.command.get_ref(), &place, Printing::Into(FileKind::Shell))?;
            Some(StepRule { command, purpose: raw.purpose, when, needs: raw.needs })
        };
        steps.into_iter().filter_map(build).collect()
    }

    pub(super) fn translations(&self, written: BTreeMap<String, BTreeMap<String, String>>) -> Vec<Translation> {
        let is_own = is_of_template(self.places.file);
        let build = |(language, texts)| Translation { language, texts: Texts::Read(texts), is_own };
        written.into_iter().map(build).collect()
    }
}
