//! Loading agreements: from their tables in the manifest, or in a file of their own, to rules that were checked.

use std::collections::BTreeMap;

use toml::Spanned;

use super::layers::Text;
use super::loader::{Loader, usable_name};
use super::manifest::{self, AgreementPlace, NamedPlace, OneOrMany};
use super::places::NamedPlaces;
use super::{AgreementFile, AgreementRule, PlaceRule, ReadingRule, Template};
use crate::agreement::pointer::Pointer;
use crate::language::check::{Names, Printing};
use crate::language::engine::Compiled;
use crate::language::helpers::Type;
use crate::language::problem::{Invalid, Location, Problem, none_or_invalid};
use crate::value::pattern;

/// Compiles a file of agreements.
pub(super) fn compile(template: &Template, file: &AgreementFile) -> Result<Vec<AgreementRule>, Invalid> {
    let text = file.text.text();
    let (parsed, places): (manifest::Agreements, _) = manifest::parse(&file.text.file, &text)?;
    let loader = Loader::new(&template.engine, places);
    let mut loader = Loader {
        names: template.names.clone(),
        oldest: file.oldest.clone(),
        is_builtin: template.is_builtin,
        ..loader
    };
    let agreements = loader.agreements(parsed.agreements, parsed.places);
    none_or_invalid(loader.problems)?;
    Ok(agreements)
}

impl Loader<'_> {
    pub(super) fn agreements(
        &mut self,
        agreements: Vec<manifest::Agreement>,
        places: Vec<NamedPlace>,
    ) -> Vec<AgreementRule> {
        let mut named = self.named_places(places);
        let agreements = agreements.into_iter().filter_map(|raw| self.agreement(raw, &mut named)).collect();
        named.report_unused(self);
        agreements
    }

    /// Finds the text of each declared file; the files are compiled when they are used.
    pub(super) fn agreement_files(
        &mut self,
        declared: Vec<manifest::AgreementFile>,
        texts: &mut BTreeMap<String, Text>,
    ) -> Vec<AgreementFile> {
        let mut files = Vec::new();
        for raw in declared {
            let when = self.condition(raw.when.as_ref());
            if let Some(text) = texts.remove(raw.file.get_ref()) {
                files.push(AgreementFile::new(text, when, self.oldest.clone()));
            } else {
                let message = format!("there is no file `{}`, or it is named twice", raw.file.get_ref());
                self.report(&raw.file, message);
            }
        }
        files
    }

    /// Reports the files of agreements that nobody declared.
    pub(super) fn stray_agreements(&mut self, texts: &BTreeMap<String, Text>) {
        for text in texts.values() {
            let problem =
                Problem::new(Location::file(&text.file), "no `[[agreements]]` of the manifest names this file");
            self.problems.push(problem);
        }
    }

    fn agreement(&mut self, raw: manifest::Agreement, named: &mut NamedPlaces) -> Option<AgreementRule> {
        let has_ids = raw.holds.is_some();
        let entries = raw.places.into_iter().map(|entry| self.place(entry, has_ids, named));
        let given: Vec<AgreementPlace> = entries.collect::<Option<_>>()?;
        if given.len() < raw.relation.unwrap_or_default().least_places() {
            self.report(&raw.says, "an agreement needs two places or more".to_owned());
        }
        if raw.relation.is_some() && raw.holds.is_some() {
            self.report(&raw.says, "an agreement has either `relation` or `holds`".to_owned());
        }
        if let Some(id) = raw.id.as_ref().filter(|id| !is_id(id.get_ref())) {
            self.report(id, format!("the id `{}` is not made of lower-case letters, digits and dashes", id.get_ref()));
        }
        self.from(raw.from.as_ref());
        let holds = raw.holds.as_ref().map(|holds| self.holds(holds, &given));
        let when = self.condition(raw.when.as_ref());
        let each = self.each(&raw.says, raw.each.as_ref(), raw.elements.as_ref());
        self.names.extend(each.iter().map(|each| (each.element.clone(), Type::Word)));
        let places: Option<Vec<_>> = given.iter().map(|place| self.place_rule(&raw.says, place)).collect();
        for each in &each {
            self.names.remove(&each.element);
        }
        Some(AgreementRule {
            id: raw.id.map(Spanned::into_inner),
            says: raw.says.into_inner(),
            when,
            each,
            relation: raw.relation.unwrap_or_default(),
            holds,
            from: raw.from.map(|from| from.into_inner().as_slice().to_vec()),
            places: places?,
        })
    }

    /// Checks the questions and values that set the values.
    fn from(&mut self, from: Option<&Spanned<OneOrMany>>) {
        let Some(from) = from else { return };
        for name in from.get_ref().as_slice() {
            if !self.names.contains_key(name) {
                self.report(from, format!("`{name}` is neither a question nor a value"));
            }
        }
    }

    /// Checks an expression over the ids of places, each of which stands for a whole number.
    fn holds(&mut self, holds: &Spanned<String>, places: &[AgreementPlace]) -> String {
        let mut ids = Names::new();
        for id in places.iter().filter_map(|place| place.id.as_ref()) {
            let name = id.get_ref();
            if let Err(message) = usable_name(name, &self.oldest) {
                self.report(id, message);
            } else if ids.insert(name.clone(), Type::Int).is_some() {
                self.report(id, format!("the id `{name}` is given to two places"));
            }
        }
        match self.engine.expression(self.places.file, holds.get_ref(), &ids) {
            Ok(expression) if expression.yields == Type::Bool => {}
            Ok(_) => self.report(holds, format!("`{}` is neither true nor false", holds.get_ref())),
            Err(problems) => {
                let place = self.places.of(holds);
                self.report_at(problems, &place);
            }
        }
        holds.get_ref().clone()
    }

    fn check_pattern(&mut self, capture: &Spanned<String>) {
        match pattern::of_lines(capture.get_ref()) {
            Ok(pattern) if pattern.captures_len() == 2 => {}
            Ok(_) => self.report(capture, "the pattern needs one group, which holds the value".to_owned()),
            Err(message) => self.report(capture, message),
        }
    }

    fn place_rule(&mut self, says: &Spanned<String>, raw: &AgreementPlace) -> Option<PlaceRule> {
        let reading = self.reading(says, raw)?;
        let otherwise = raw.fallbacks.iter().map(|place| self.reading(says, place)).collect::<Option<_>>()?;
        Some(PlaceRule { id: raw.id.as_ref().map(|id| id.get_ref().clone()), unit: raw.unit, reading, otherwise })
    }

    fn reading(&mut self, says: &Spanned<String>, raw: &AgreementPlace) -> Option<ReadingRule> {
        let pointer = |loader: &mut Self, text: &Spanned<String>| {
            if let Err(fault) = Pointer::parse(text.get_ref()) {
                loader.report(text, format!("the pointer {fault}"));
            }
            loader.compile_place(text)
        };
        let pattern = |loader: &mut Self, text: &Spanned<String>| {
            if !loader.is_builtin {
                loader.check_pattern(text);
            }
            text.get_ref().clone()
        };
        Some(match (&raw.file, &raw.at, &raw.capture, &raw.keys, &raw.is) {
            (Some(file), Some(at), Some(capture), None, None) => ReadingRule::Within {
                file: self.compile_place(file)?,
                at: pointer(self, at)?,
                capture: pattern(self, capture),
            },
            (Some(file), Some(at), None, None, None) => {
                ReadingRule::At { file: self.compile_place(file)?, at: pointer(self, at)? }
            }
            (Some(file), None, Some(capture), None, None) => {
                ReadingRule::Capture { file: self.compile_place(file)?, capture: pattern(self, capture) }
            }
            (Some(file), None, None, Some(keys), None) => {
                ReadingRule::Keys { file: self.compile_place(file)?, keys: pointer(self, keys)? }
            }
            (None, None, None, None, Some(is)) => ReadingRule::Is(self.compile_place(is)?),
            _ => {
                let message = "a place needs `file` with `at`, `capture`, both of them or `keys`, or `is` alone";
                self.report(says, message.to_owned());
                return None;
            }
        })
    }

    fn compile_place(&mut self, text: &Spanned<String>) -> Option<Compiled> {
        let place = self.places.of(text);
        self.snippet(text.get_ref(), &place, Printing::Quoted)
    }
}

/// Tells whether a text may be the id of an agreement.
fn is_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_allowed)
}
