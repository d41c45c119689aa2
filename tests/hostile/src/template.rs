//! Templates: the manifest, and files that are rendered.

use launchway_core::both_ways;
use launchway_core::document::{self, Format};
use launchway_core::template::{Source, TemplateFiles};
use launchway_core::{Answers, Defaults, Interview, LoadError, Plan, Provenance, Template, Value};

/// A template with a question of every kind.
const MANIFEST: &str = r#"[template]
id = "t"
title = "T"
version = "1.0.0"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"
default = "orders"

[[question]]
id = "note"
prompt = "Note"
help = "A note."
kind = "text"
default = "none"

[[question]]
id = "port"
prompt = "Port"
help = "The port."
kind = "int"
default = 8080

[[question]]
id = "https"
prompt = "HTTPS"
help = "Whether it is encrypted."
kind = "bool"
default = true

[[question]]
id = "names"
prompt = "Names"
help = "Some names."
kind = "slugs"
default = ["one", "two"]

[[question]]
id = "token"
prompt = "Token"
help = "A token."
kind = "secret"
optional = true
"#;

/// A note that no format reads as it stands.
const NOTE: &str = "He said \"hi\" \\ {{service}} # : - \n\t\u{1b}\u{85}";

fn load(files: &[(&str, &[u8])]) -> Result<Template, LoadError> {
    let blobs = files.iter().map(|(path, bytes)| ((*path).to_owned(), launchway_core::Blob::plain(bytes.to_vec())));
    let template = Template::from_layers(vec![(TemplateFiles::from_blobs(blobs)?, Source::Builtin)])?;
    template.verify()?;
    Ok(template)
}

/// Renders a template, if it can be; every fault has a message.
fn render(template: &Template) {
    let mut answers = Answers::default();
    if template.question("note").is_some() {
        answers.set("note", Value::Text(NOTE.to_owned()), Provenance::Flag);
    }
    let Ok(interview) = Interview::new(template, &answers, Defaults::All) else { return };
    let Ok(Some(context)) = interview.context() else { return };
    let Ok(plan) = Plan::new(template, &context) else { return };
    for (path, file) in &plan.files {
        let Some(format) = Format::of(path.as_str()) else { continue };
        let text = file.text().unwrap_or_default();
        assert!(document::parse(format, text).is_ok() || !path.as_str().starts_with("rendered"), "{path}: {text:?}");
    }
}

/// A manifest is read or refused, and what it declares is held to.
pub fn manifest(data: &[u8]) {
    match load(&[("template.toml", data), ("files/note.txt.hbs", b"x\n"), ("partials/p.hbs", b"p")]) {
        Ok(template) => render(&template),
        Err(LoadError::Invalid(invalid)) => {
            assert!(!invalid.problems.is_empty());
            assert!(invalid.problems.iter().all(|problem| !problem.to_string().trim().is_empty()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A file of a template is rendered or refused, and what is written is of its format.
pub fn template(data: &[u8]) {
    for path in ["files/rendered.yaml.hbs", "files/rendered.toml.hbs"] {
        let files = [("template.toml", MANIFEST.as_bytes()), (path, data), ("partials/p.hbs", b"{{service}}")];
        if let Ok(template) = load(&files) {
            render(&template);
        }
    }
    let files = [
        ("template.toml", MANIFEST.as_bytes()),
        ("files/a.txt.hbs", b"{{> p}}\n".as_slice()),
        ("partials/p.hbs", data),
    ];
    if let Ok(template) = load(&files) {
        render(&template);
    }
}

/// A text that is parsed the quick way has the tree that Handlebars' own parser makes of it.
pub fn parser(data: &[u8]) {
    if let Some((quick, own)) = std::str::from_utf8(data).ok().and_then(both_ways) {
        assert_eq!(Some(quick), own);
    }
}
