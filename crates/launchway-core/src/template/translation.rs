//! What a template says in other languages: its texts for people, each by the English one.

use std::collections::{BTreeMap, BTreeSet};

use super::Template;
use super::layers::Text;
use super::manifest;
use super::question::{Choices, Kind};
use super::source::is_of_template;
use super::transition::TransitionRule;
use crate::language::problem::{Invalid, Problem, none_or_invalid};

/// The folder of translations in a template: one file a language, named by its code.
pub(super) const FOLDER: &str = "translations";

/// The texts of one layer in one language.
pub(crate) struct Translation {
    pub(super) language: String,
    pub(super) texts: Texts,
    pub(super) is_own: bool,
}

/// Texts by their English ones.
pub(super) enum Texts {
    /// Those of the manifest.
    Read(BTreeMap<String, String>),
    /// Those of a file, which is parsed when somebody reads that language.
    File(Text),
}

/// How far a template is translated.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The texts that stay as the manifest has them, in the order of the template.
    pub missing: Vec<String>,
    /// What the template itself translates and nothing says, sorted.
    pub stale: Vec<String>,
}

impl Translation {
    /// Takes the file of a language, by its path in the template.
    pub(super) fn of_file(path: &str, text: Text) -> Option<Self> {
        let language = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".toml")?.to_owned();
        let is_own = is_of_template(&text.file);
        Some(Self { language, texts: Texts::File(text), is_own })
    }

    fn read(&self) -> Result<BTreeMap<String, String>, Invalid> {
        match &self.texts {
            Texts::Read(texts) => Ok(texts.clone()),
            Texts::File(text) => Ok(manifest::parse(&text.file, &text.text())?.0),
        }
    }
}

impl Template {
    /// Lists the languages beside English that the template itself, not one that it extends, is written in.
    #[must_use]
    pub fn own_languages(&self) -> BTreeSet<&str> {
        self.translations.iter().filter(|it| it.is_own).map(|it| it.language.as_str()).collect()
    }

    /// Replaces what people read by its translation, where there is one; of two layers, the outer one's. The texts of agreements stay:
    /// a project's record has them, and the files that are generated are the same in every language.
    ///
    /// # Errors
    /// A file of translations is not a TOML table of texts.
    pub fn translate(&mut self, language: &str) -> Result<(), Invalid> {
        let translated = self.texts_in(language)?;
        for text in self.texts() {
            if let Some(translated) = translated.get(text.as_str()) {
                text.clone_from(translated);
            }
        }
        self.check_purposes(language)
    }

    /// Tells how far the template, which is still in English, is translated.
    ///
    /// # Errors
    /// A file of translations or one of agreements cannot be read.
    pub fn coverage(&mut self, language: &str) -> Result<Coverage, Invalid> {
        let translated = self.texts_in(language)?;
        let mut stale = self.own_keys(language)?;
        let agreements = self.agreement_texts()?;
        let mut missing = Vec::new();
        for text in self.texts().into_iter().map(|text| &*text).chain(&agreements) {
            stale.remove(text);
            if !translated.contains_key(text) {
                missing.push(text.clone());
            }
        }
        Ok(Coverage { missing, stale: stale.into_iter().collect() })
    }

    /// Returns the texts of a language by the English ones, those of agreements among them; of two layers, the outer one's.
    ///
    /// # Errors
    /// A file of translations is not a TOML table of texts.
    pub fn texts_in(&self, language: &str) -> Result<BTreeMap<String, String>, Invalid> {
        let mut texts = BTreeMap::new();
        for translation in self.translations.iter().filter(|it| it.language == language) {
            texts.extend(translation.read()?);
        }
        // Tools for translators leave a text that nobody has translated empty.
        texts.retain(|_, translated| !translated.trim().is_empty());
        Ok(texts)
    }

    /// Returns the English texts that the template itself translates.
    fn own_keys(&self, language: &str) -> Result<BTreeSet<String>, Invalid> {
        let mut keys = BTreeSet::new();
        for translation in self.translations.iter().filter(|it| it.is_own && it.language == language) {
            keys.extend(translation.read()?.into_keys());
        }
        Ok(keys)
    }

    /// Returns what the agreements say, each text once.
    fn agreement_texts(&self) -> Result<BTreeSet<String>, Invalid> {
        let mut texts: BTreeSet<String> = self.agreements.iter().map(|rule| rule.says.clone()).collect();
        for file in self.agreement_files() {
            texts.extend(self.agreements_in(file)?.iter().map(|rule| rule.says.clone()));
        }
        Ok(texts)
    }

    /// Checks that what objects are for can be rendered, now that it is in another language.
    fn check_purposes(&self, language: &str) -> Result<(), Invalid> {
        let problems = self.objects.iter().filter_map(|object| self.purpose(object).err());
        let problems = problems.flat_map(|invalid| invalid.problems).chain(self.sentence_problems());
        let inside = |problem: Problem| Problem {
            message: format!("in the language `{language}`: {}", problem.message),
            ..problem
        };
        none_or_invalid(problems.map(inside).collect())
    }

    /// Checks that every file of translations can be read.
    pub(super) fn verify_translations(&self) -> Vec<crate::language::problem::Problem> {
        self.translations.iter().filter_map(|it| it.read().err()).flat_map(|invalid| invalid.problems).collect()
    }

    /// Returns every text that people read while they answer, review and deploy.
    fn texts(&mut self) -> Vec<&mut String> {
        let mut texts = vec![&mut self.title];
        for question in &mut self.questions {
            texts.extend([&mut question.prompt, &mut question.help]);
            match &mut question.kind {
                Kind::Choice(choices) | Kind::Choices(choices) => texts.extend(of_choices(choices)),
                Kind::Text(rule) | Kind::Slug(rule) | Kind::Slugs { rule, .. } | Kind::Secret { rule, .. } => {
                    texts.extend(&mut rule.rule);
                }
                Kind::Int { .. } | Kind::Bool => {}
            }
            texts.extend(question.previews.iter_mut().map(|preview| &mut preview.label));
            texts.extend(question.refusals.iter_mut().map(|refusal| &mut refusal.because));
        }
        texts.extend(self.locks.iter_mut().filter_map(|lock| lock.policy.because.as_mut()));
        texts.extend(self.objects.iter_mut().map(|object| &mut object.purpose));
        texts.extend(self.next_steps.iter_mut().map(|step| &mut step.purpose));
        texts.extend(self.advisories.iter_mut().map(|rule| &mut rule.advisory.title));
        texts.extend(self.transitions.iter_mut().flat_map(TransitionRule::texts));
        let migrations = self.migrations.iter_mut().flat_map(|migration| &mut migration.transitions);
        texts.extend(migrations.flat_map(TransitionRule::texts));
        texts
    }
}

/// A label that is the value itself is no text; it is the same in every language.
fn of_choices(choices: &mut Choices) -> Vec<&mut String> {
    let lists = match choices {
        Choices::Fixed(choices) => vec![choices],
        Choices::By { choices, .. } => choices.values_mut().collect(),
    };
    let texts = lists.into_iter().flatten().flat_map(|choice| {
        let label = (choice.label != choice.value).then_some(&mut choice.label);
        label.into_iter().chain(choice.consequence.as_mut())
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load};
    use super::*;
    use crate::{Answers, Defaults, Interview, Plan};

    const QUESTION: &str = "[[question]]\nid = \"size\"\nprompt = \"How large?\"\nhelp = \"In tons.\"\nkind = \"choice\"\n\
         choices = [{ value = \"s\", label = \"Small\", consequence = \"It is cheap.\" }, { value = \"l\" }]\n";

    fn translated(files: &[(&str, &str)], language: &str) -> (Template, Coverage) {
        let mut template = load(files).unwrap();
        let coverage = template.coverage(language).unwrap();
        template.translate(language).unwrap();
        (template, coverage)
    }

    #[test]
    fn the_texts_of_the_manifest_and_of_a_file_are_replaced_and_the_rest_stays() {
        let manifest = format!("{HEAD}{QUESTION}[translation.ko]\n\"How large?\" = \"얼마나 큽니까?\"\n");
        let file = "\"Small\" = \"작음\"\n\"In tons.\" = \" \"\n\"It was cheap.\" = \"쌌습니다.\"\n";
        let files = [("template.toml", manifest.as_str()), ("translations/ko.toml", file)];
        let (template, coverage) = translated(&files, "ko");
        let question = template.question("size").unwrap();
        assert_eq!((question.prompt.as_str(), question.help.as_str()), ("얼마나 큽니까?", "In tons."));
        let choices = question.choices(|_| None);
        assert_eq!(
            (choices[0].label.as_str(), choices[0].value.as_str(), choices[1].label.as_str()),
            ("작음", "s", "l")
        );
        let is_missing = |text: &str| coverage.missing.iter().any(|missing| missing == text);
        assert!(is_missing("It is cheap.") && is_missing("In tons.") && !is_missing("l"));
        assert_eq!(coverage.stale, ["It was cheap."]);
        let (template, _) = translated(&files, "fr");
        assert_eq!(template.question("size").unwrap().prompt, "How large?");
    }

    #[test]
    fn what_an_object_is_for_is_rendered_and_checked_in_every_language() {
        let object = |purpose: &str| format!("{HEAD}[[object]]\nkind = \"Box\"\npurpose = \"{purpose}\"\n");
        let refused = load(&[("template.toml", &object("holds {{servce}}"))]).err().unwrap().to_string();
        assert!(refused.contains("template.toml:15:11: `servce` is not a declared name here"), "{refused}");
        let manifest = object("holds {{service}}");
        for (translation, expected) in
            [("{{service}} 보관", Ok("orders 보관")), ("{{typo}} 보관", Err("`ko`: `typo` is not"))]
        {
            let file = format!("\"holds {{{{service}}}}\" = \"{translation}\"\n");
            let mut template = load(&[("template.toml", &manifest), ("translations/ko.toml", &file)]).unwrap();
            let translated = template.translate("ko");
            match expected {
                Ok(purpose) => {
                    let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
                    let plan = Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap();
                    assert_eq!(plan.objects[0].purpose, purpose);
                }
                Err(message) => assert!(translated.unwrap_err().to_string().contains(message)),
            }
        }
    }

    #[test]
    fn what_an_agreement_says_is_a_text_of_the_template_and_stays_english_in_a_plan() {
        let agreement =
            |says: &str| format!("[[agreement]]\nsays = \"{says}\"\nplace = [{{ is = \"1\" }}, {{ is = \"1\" }}]\n");
        let manifest =
            format!("{HEAD}{}[[agreements]]\nfile = \"agreements/ports.toml\"\n", agreement("the traffic port"));
        let inner = [agreement("the admin port"), agreement("the traffic port")].concat();
        let file = "\"the traffic port\" = \"트래픽 포트\"\n\"the old port\" = \"이전 포트\"\n";
        let files =
            [("template.toml", manifest.as_str()), ("agreements/ports.toml", &inner), ("translations/ko.toml", file)];
        let (template, coverage) = translated(&files, "ko");
        let missing = |text: &str| coverage.missing.iter().filter(|missing| *missing == text).count();
        assert_eq!((missing("the admin port"), missing("the traffic port")), (1, 0));
        assert_eq!(coverage.stale, ["the old port"]);
        assert_eq!(template.texts_in("ko").unwrap()["the traffic port"], "트래픽 포트");
        let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
        let plan = Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap();
        assert_eq!(plan.agreements[0].says, "the traffic port");
    }

    #[test]
    fn a_file_that_is_no_table_of_texts_is_refused_with_its_place() {
        let files = [("template.toml", HEAD), ("translations/ko.toml", "a = \"b\"\nc = 1\n")];
        let problems = load(&files).err().unwrap().to_string();
        assert!(problems.contains("translations/ko.toml:2:5"), "{problems}");
    }

    #[test]
    fn the_built_in_template_is_korean_from_end_to_end() {
        let mut template = Template::builtin("service").unwrap();
        let coverage = template.coverage("ko").unwrap();
        assert_eq!(coverage, Coverage::default());
    }
}
