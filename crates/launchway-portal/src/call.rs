//! One call of the page: JSON in; JSON or the bytes of an archive out.

use std::collections::BTreeMap;

use launchway_core::ArchiveFormat;
use serde::{Deserialize, Serialize};

use crate::advice::AdviceRequest;
use crate::fault::Fault;
use crate::request::Request;
use crate::templates::{Offer, OfferedFile, Portal};
use crate::told::Texts;

/// What the page can ask for.
#[derive(Debug, Deserialize)]
#[serde(tag = "call", content = "with", rename_all = "kebab-case", deny_unknown_fields)]
enum Call {
    /// Offers one more template, by its name and its files.
    Offer {
        name: String,
        files: BTreeMap<String, OfferedFile>,
    },
    /// Says in Korean what is wrong, from now on.
    Korean(Texts),
    Templates,
    Template {
        name: String,
        lang: String,
    },
    Schema(String),
    Validate(Request),
    Plan(Request),
    File {
        request: Request,
        path: String,
    },
    Zip(Request),
    TarGz(Request),
    Topics {
        known: BTreeMap<String, String>,
    },
    Advise(AdviceRequest),
    Share(Request),
    Shared(String),
}

impl Portal {
    /// Answers a call that is written as JSON: `{"call": "plan", "with": {"answers": {…}}}`.
    ///
    /// # Errors
    /// The call cannot be read, or as those of what it calls.
    pub fn call(&mut self, call: &[u8]) -> Result<Vec<u8>, Fault> {
        match serde_json::from_slice(call).map_err(|error| Fault::unreadable(error.to_string()))? {
            Call::Offer { name, files } => {
                self.offer(Offer::of_files(name, files)?);
                self.templates().map(|it| json(&it))
            }
            Call::Korean(texts) => {
                self.speak_korean(texts.into());
                Ok(json(&()))
            }
            Call::Templates => self.templates().map(|it| json(&it)),
            Call::Template { name, lang } => self.template(&name, &lang).map(|it| json(&it)),
            Call::Schema(name) => self.schema(&name).map(|it| json(&it)),
            Call::Validate(request) => self.validate(&request).map(|it| json(&it)),
            Call::Plan(request) => self.plan(&request).map(|it| json(&it)),
            Call::File { request, path } => self.file(&request, &path).map(|it| json(&it)),
            Call::Zip(request) => self.archive(&request, ArchiveFormat::Zip).map(|it| it.bytes),
            Call::TarGz(request) => self.archive(&request, ArchiveFormat::TarGz).map(|it| it.bytes),
            Call::Topics { known } => Ok(json(&self.topics(&known))),
            Call::Advise(request) => self.advise(&request).map(|it| json(&it)),
            Call::Share(request) => self.share(&request).map(|it| json(&it)),
            Call::Shared(query) => self.shared(&query).map(|it| json(&it)),
        }
    }
}

impl Fault {
    /// Returns the fault as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }
}

fn json(result: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(result).expect("strings, numbers and lists always fit into JSON")
}
