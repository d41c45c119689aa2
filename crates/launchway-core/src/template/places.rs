//! Named places: what several agreements say of the same file is written once.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::loader::Loader;
use super::manifest::{AgreementPlace, NamedPlace, PlaceEntry};
use crate::language::problem::{Problem, nearest};

/// The named places of a file of agreements, or of a manifest.
#[derive(Default)]
pub(super) struct NamedPlaces {
    by_name: BTreeMap<String, (Spanned<String>, AgreementPlace)>,
    used: BTreeSet<String>,
}

impl NamedPlaces {
    /// Reports the places that no agreement speaks of.
    pub(super) fn report_unused(&self, loader: &mut Loader<'_>) {
        for (name, (written, _)) in self.by_name.iter().filter(|(name, _)| !self.used.contains(*name)) {
            loader.report(written, format!("no agreement speaks of the place `{name}`"));
        }
    }
}

impl Loader<'_> {
    /// Collects the named places of one file, each completed by the one that it is a part of.
    pub(super) fn named_places(&mut self, places: Vec<NamedPlace>) -> NamedPlaces {
        let mut named = NamedPlaces::default();
        for NamedPlace { name, within, unit, file, at, capture, keys, is, otherwise } in places {
            if named.by_name.contains_key(name.get_ref()) {
                self.report(&name, format!("the place `{}` is named twice", name.get_ref()));
            }
            let given =
                AgreementPlace { within, unit, file, at, capture, keys, is, otherwise, ..AgreementPlace::default() };
            if let Some(place) = self.completed(given, &mut named) {
                named.by_name.insert(name.get_ref().clone(), (name, place));
            }
        }
        named
    }

    /// Completes a place of an agreement. With `holds` it goes by the name of the place that it is.
    pub(super) fn place(
        &mut self,
        entry: Spanned<PlaceEntry>,
        has_ids: bool,
        named: &mut NamedPlaces,
    ) -> Option<AgreementPlace> {
        let span = entry.span();
        let place = match entry.into_inner() {
            PlaceEntry::Table(place) => *place,
            PlaceEntry::Named(name) => {
                AgreementPlace { within: Some(Spanned::new(span, name)), ..AgreementPlace::default() }
            }
        };
        let name = place.within.clone().filter(|_| has_ids);
        let place = self.completed(place, named)?;
        Some(AgreementPlace { id: place.id.or(name), ..place })
    }

    /// Fills in what a place does not say itself, and its named place does; its pointer goes on from that one's.
    fn completed(&mut self, place: AgreementPlace, named: &mut NamedPlaces) -> Option<AgreementPlace> {
        let fallbacks = self.fallbacks(place.otherwise.as_ref(), named)?;
        let Some(within) = &place.within else { return Some(AgreementPlace { fallbacks, ..place }) };
        let Some((_, whole)) = named.by_name.get(within.get_ref()) else {
            self.report_unknown_place(within, named);
            return None;
        };
        named.used.insert(within.get_ref().clone());
        // What is wrong with it is reported where it is used.
        let here = |text: &Spanned<String>| Spanned::new(within.span(), text.get_ref().clone());
        let goes_on = |rest: Spanned<String>| match &whole.at {
            Some(start) => Spanned::new(rest.span(), format!("{}{}", start.get_ref(), rest.get_ref())),
            None => rest,
        };
        // A pattern of its own is looked for in the whole file, unless it stands beside a pointer; and keys have their own.
        let says_how = place.at.is_some() || place.capture.is_some() || place.keys.is_some();
        let own = place.at.map(goes_on);
        let at = own.or_else(|| whole.at.as_ref().filter(|_| !says_how).map(here));
        let inherited = if says_how { &[] } else { whole.fallbacks.as_slice() };
        Some(AgreementPlace {
            id: place.id,
            within: None,
            unit: place.unit.or(whole.unit),
            file: place.file.or_else(|| whole.file.as_ref().map(here)),
            at,
            capture: place.capture.or_else(|| whole.capture.as_ref().filter(|_| !says_how).map(here)),
            keys: place.keys.map(goes_on).or_else(|| whole.keys.as_ref().filter(|_| !says_how).map(here)),
            is: place.is.or_else(|| whole.is.as_ref().map(here)),
            fallbacks: if fallbacks.is_empty() { inherited.to_vec() } else { fallbacks },
            otherwise: None,
        })
    }

    /// Returns the named place whose value counts where nothing stands, and those that it names itself.
    fn fallbacks(&mut self, name: Option<&Spanned<String>>, named: &mut NamedPlaces) -> Option<Vec<AgreementPlace>> {
        let Some(name) = name else { return Some(Vec::new()) };
        let Some((_, place)) = named.by_name.get(name.get_ref()) else {
            self.report_unknown_place(name, named);
            return None;
        };
        named.used.insert(name.get_ref().clone());
        let first = AgreementPlace { fallbacks: Vec::new(), ..place.clone() };
        Some(std::iter::once(first).chain(place.fallbacks.iter().cloned()).collect())
    }

    fn report_unknown_place(&mut self, name: &Spanned<String>, named: &NamedPlaces) {
        let problem = Problem::new(self.places.of(name), format!("there is no `[[place]]` named `{}`", name.get_ref()));
        let nearest = nearest(name.get_ref(), named.by_name.keys().map(String::as_str));
        self.problems.push(match nearest {
            Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
            None => problem,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load};

    const PLACES: &str = "[[place]]\nname = \"box\"\nfile = \"a.yaml\"\nat = \"/boxes/[name={{service}}]\"\n\
        [[place]]\nname = \"whole\"\nfile = \"a.yaml\"\n[[place]]\nname = \"most\"\nin = \"whole\"\nat = \"/most\"\n";

    fn loaded(agreement: &str) -> Result<super::super::Template, String> {
        let manifest = format!("{HEAD}{PLACES}{agreement}");
        let files = [
            ("template.toml", manifest.as_str()),
            ("files/a.yaml", "most: 3\nboxes:\n  - { name: orders, size: 2 }\n"),
        ];
        load(&files).map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_is_completed_by_the_named_one_and_goes_by_its_name() {
        let agreement = "[[agreement]]\nsays = \"x\"\nholds = \"gt most size\"\n\
            place = [{ id = \"size\", in = \"box\", at = \"/size\" }, \"most\"]\n";
        let template = loaded(agreement).unwrap();
        let answers = crate::Answers::default();
        let interview = crate::Interview::new(&template, &answers, crate::Defaults::All).unwrap();
        let plan = crate::Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap();
        let shown = format!("{:?}", plan.agreements[0].places);
        assert!(shown.contains("/boxes/[name=orders]/size") && shown.contains("\"/most\""), "{shown}");
        let broken = loaded(&agreement.replace("gt most", "lt most")).unwrap();
        let interview = crate::Interview::new(&broken, &answers, crate::Defaults::All).unwrap();
        assert!(crate::Plan::new(&broken, &interview.context().unwrap().unwrap()).is_err());
    }

    #[test]
    fn a_place_where_nothing_stands_has_the_value_of_the_one_that_it_names() {
        let own = "[[place]]\nname = \"least\"\nin = \"whole\"\nat = \"/least\"\notherwise = \"most\"\n";
        let agreement = "[[agreement]]\nsays = \"x\"\nholds = \"eq least size\"\n\
            place = [{ id = \"size\", in = \"box\", at = \"/size\" }, \"least\"]\n";
        let template = loaded(&format!("{own}{agreement}")).unwrap();
        let answers = crate::Answers::default();
        let interview = crate::Interview::new(&template, &answers, crate::Defaults::All).unwrap();
        let error = crate::Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap_err().to_string();
        assert!(error.contains("least = 3, size = 2"), "{error}");
        let unknown = loaded(&format!("{}{agreement}", own.replace("\"most\"", "\"mst\""))).err().unwrap_or_default();
        assert!(unknown.contains("there is no `[[place]]` named `mst`"), "{unknown}");
    }

    #[test]
    fn what_is_wrong_with_a_named_place_is_said_with_its_line() {
        for (agreement, expected) in [
            ("", "template.toml:14:8: no agreement speaks of the place `box`"),
            (
                "[[agreement]]\nsays = \"x\"\nplace = [\"bx\", \"most\"]\n",
                "template.toml:26:10: there is no `[[place]]` named `bx`",
            ),
            ("[[place]]\nname = \"box\"\nis = \"1\"\n", "the place `box` is named twice"),
            (
                "[[agreement]]\nsays = \"x\"\nplace = [{ in = \"box\", zzz = 1 }]\n",
                "unknown field `zzz`, expected one of",
            ),
            ("[[agreement]]\nsays = \"x\"\nplace = [7]\n", "expected a place, or the name of one"),
        ] {
            let found = loaded(agreement).err().unwrap_or_default();
            assert!(found.contains(expected), "{agreement}: {found}");
        }
    }
}
