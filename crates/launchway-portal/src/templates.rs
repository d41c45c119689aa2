//! The templates that a portal offers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use launchway_core::template::{Source, TemplateFiles, builtin, builtin_ids};
use launchway_core::told::Translation;
use launchway_core::{Blob, LoadError, SourceSpec, Template, nearest, schema, show};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::fault::Fault;

/// A file of a template that a page brings along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedFile {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether it can be run.
    #[serde(default)]
    pub executable: bool,
}

/// The language in which templates are written.
pub(crate) const ENGLISH: &str = "en";

pub(crate) const KOREAN: &str = "ko";

type Load = Box<dyn Fn() -> Result<Template, LoadError> + Send + Sync>;

/// A template that a portal offers, in every language that was asked for.
pub struct Offer {
    name: String,
    load: Load,
    loaded: Mutex<BTreeMap<String, Arc<Template>>>,
}

impl Offer {
    /// Offers a template by the name that `--template` takes; it is loaded when somebody asks, once for each language.
    pub fn new(
        name: impl Into<String>,
        load: impl Fn() -> Result<Template, LoadError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), load: Box::new(load), loaded: Mutex::default() }
    }

    /// Offers a template by its files, and by those of the built-in one that it may extend.
    ///
    /// # Errors
    /// The template is invalid, or extends one that is not built in.
    pub fn of_files(name: String, files: BTreeMap<String, OfferedFile>) -> Result<Self, Fault> {
        let shown = name.clone();
        let load = move || {
            let blobs = files.iter().map(|(path, file)| {
                (path.clone(), Blob { bytes: file.bytes.clone().into(), executable: file.executable })
            });
            let files = TemplateFiles::from_blobs(blobs)?;
            let mut layers = vec![(files, Source::Folder(PathBuf::from(&shown)))];
            if let Some(extended) = layers[0].0.extends()? {
                let SourceSpec::Builtin { id, requirement } = &extended else {
                    return Err(LoadError::Unresolved(extended.to_string()));
                };
                layers.push((builtin(id, requirement.as_ref())?, Source::Builtin));
            }
            Template::from_layers(layers)
        };
        let offer = Self::new(name, load);
        offer.template(ENGLISH)?;
        Ok(offer)
    }

    /// Returns the template in a language; where the template does not speak it, in English.
    fn template(&self, language: &str) -> Result<Arc<Template>, Fault> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        // A language that nobody speaks is no reason to keep one more template.
        let language = if language == ENGLISH || Self::speaks(language) { language } else { ENGLISH };
        if let Some(template) = loaded.get(language) {
            return Ok(Arc::clone(template));
        }
        let mut template = (self.load)()?;
        if language != ENGLISH {
            template.translate(language).map_err(LoadError::from)?;
        }
        let template = Arc::new(template);
        loaded.insert(language.to_owned(), Arc::clone(&template));
        Ok(template)
    }

    fn speaks(language: &str) -> bool {
        LANGUAGES.contains(&language)
    }
}

/// The languages that the portal speaks.
pub(crate) const LANGUAGES: [&str; 2] = [ENGLISH, KOREAN];

/// What a page or a server asks. It is made once, and keeps the templates that were loaded.
pub struct Portal {
    offers: Vec<Offer>,
    /// What is said of answers in Korean, once somebody has brought it.
    pub(crate) korean: Option<Translation>,
}

impl Portal {
    /// Offers the built-in templates.
    #[must_use]
    pub fn builtin() -> Self {
        let offer = |id: String| Offer::new(id.clone(), move || Template::builtin(&id));
        Self::new(builtin_ids().into_iter().map(|id| offer(id.to_owned())).collect())
    }

    /// Offers these templates.
    #[must_use]
    pub fn new(offers: Vec<Offer>) -> Self {
        Self { offers, korean: None }
    }

    /// Offers one more template; one that has its name is replaced.
    pub fn offer(&mut self, offer: Offer) {
        self.offers.retain(|it| it.name != offer.name);
        self.offers.push(offer);
    }

    /// Returns a template by its name, in a language.
    ///
    /// # Errors
    /// There is none of that name, or it is invalid.
    pub(crate) fn loaded(&self, name: &str, language: &str) -> Result<Arc<Template>, Fault> {
        match self.offers.iter().find(|offer| offer.name == name) {
            Some(offer) => offer.template(language),
            None => Err(self.no_template(name)),
        }
    }

    fn no_template(&self, name: &str) -> Fault {
        let names = || self.offers.iter().map(|offer| offer.name.as_str());
        let fault = Fault::not_found(format!("there is no template `{name}`"));
        match nearest(name, names()) {
            Some(nearest) => fault.hint(format!("did you mean `{nearest}`?")),
            None => fault.hint(format!("choose one of {}", names().collect::<Vec<_>>().join(", "))),
        }
    }

    /// Lists the templates, as `launchway templates --output json` does.
    ///
    /// # Errors
    /// One of them is invalid.
    pub fn templates(&self) -> Result<Json, Fault> {
        let entry = |offer: &Offer| {
            let template = offer.template(ENGLISH)?;
            Ok(json!({ "id": offer.name, "version": template.version.to_string(), "title": template.title }))
        };
        let entries = self.offers.iter().map(entry).collect::<Result<Vec<_>, Fault>>()?;
        Ok(json!({ "schema": "launchway.templates/1", "templates": entries }))
    }

    /// Returns what `launchway template show --output json` prints, with texts of a language.
    ///
    /// # Errors
    /// There is no such template, or it is invalid.
    pub fn template(&self, name: &str, language: &str) -> Result<Json, Fault> {
        Ok(show::object(&*self.loaded(name, language)?))
    }

    /// Returns what `launchway template schema` prints: the JSON Schema of the answers.
    ///
    /// # Errors
    /// There is no such template, or it is invalid.
    pub fn schema(&self, name: &str) -> Result<Json, Fault> {
        Ok(schema::answers(&*self.loaded(name, ENGLISH)?))
    }
}
