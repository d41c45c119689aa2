//! A new template repository that works at once: what `launchway template new` writes.

use std::borrow::Cow;

use crate::interview::answers::Answers;
use crate::interview::{Defaults, Interview};
use crate::language::problem::Problem;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::plan::{Plan, PlanError, PlannedFile};
use crate::template::Ownership;
use crate::template::source::{Source, TemplateFiles};
use crate::template::{LoadError, Template};
use crate::value::Value;
use crate::value::provenance::Provenance;

const MANIFEST: &str = include_str!("skeleton/template.toml");
const README_FILE: &str = include_str!("skeleton/README.md.hbs");
const SETTINGS_FILE: &str = include_str!("skeleton/settings.yaml.hbs");
const README: &str = include_str!("skeleton/README.md");
const WORKFLOW: &str = include_str!("skeleton/template.yaml");
const ATTRIBUTES: &str = "# The same bytes on every machine.\n* text=auto eol=lf\n";

/// The answers of the test case that a new template has.
const ANSWERS: &str = "project = \"orders\"\ndescription = \"Takes \\\"orders\\\"\"\nport = 8443\n";

/// Why there is no new template. What it is made of is tested, so these are faults of the program.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum SkeletonError {
    #[error("`{0}` is not a slug: use lower-case letters, digits and single dashes, and start with a letter")]
    Name(String),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Answers(#[from] Problem),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Returns the files of a new template's repository, sorted by path.
///
/// # Errors
/// The name is not a slug.
pub fn skeleton(name: &str) -> Result<Vec<(SafePath, PlannedFile)>, SkeletonError> {
    if !crate::sources::spec::is_slug(name) {
        return Err(SkeletonError::Name(name.escape_debug().to_string()));
    }
    let named = |text: &str| text.replace("NAME", name);
    let template = [
        ("template.toml", named(MANIFEST)),
        ("files/README.md.hbs", README_FILE.to_owned()),
        ("files/settings.yaml.hbs", SETTINGS_FILE.to_owned()),
    ];
    let mut files: Vec<(String, String)> = vec![
        (".gitattributes".to_owned(), ATTRIBUTES.to_owned()),
        (".github/workflows/template.yaml".to_owned(), WORKFLOW.to_owned()),
        ("README.md".to_owned(), named(README)),
        ("tests/default/answers.toml".to_owned(), "project = \"orders\"\n".to_owned()),
        ("tests/every-answer/answers.toml".to_owned(), ANSWERS.to_owned()),
    ];
    let text = |value: &str| Value::Text(value.to_owned());
    let given = [("description", text("Takes \"orders\"")), ("port", Value::Int(8443))];
    for (case, given) in [("default", &given[..0]), ("every-answer", &given[..])] {
        for (path, content) in expected(&template, given)? {
            files.push((format!("tests/{case}/expected/{path}"), content));
        }
    }
    files.extend(template.map(|(path, text)| (path.to_owned(), text)));
    files.sort();
    let planned = |(path, text): (String, String)| {
        let path = SafePath::new(&path).expect("the paths of the skeleton are safe, and so is a slug");
        (path, PlannedFile { bytes: Cow::Owned(text.into_bytes()), executable: false, ownership: Ownership::Merged })
    };
    Ok(files.into_iter().map(planned).collect())
}

/// Renders what a case of the new template makes.
fn expected(template: &[(&str, String)], given: &[(&str, Value)]) -> Result<Vec<(String, String)>, SkeletonError> {
    let blobs = template.iter().map(|(path, text)| ((*path).to_owned(), Blob::plain(text.clone().into_bytes())));
    let files = TemplateFiles::from_blobs(blobs).map_err(LoadError::from)?;
    let template = Template::from_layers(vec![(files, Source::Builtin)])?;
    let mut answers = Answers::default();
    answers.set(&template.name_question, Value::Text("orders".to_owned()), Provenance::Flag);
    for (id, value) in given {
        answers.set(id, value.clone(), Provenance::Flag);
    }
    let interview = Interview::new(&template, &answers, Defaults::All)?;
    let context = interview.context()?.expect("every question has an answer or a default");
    let plan = Plan::new(&template, &context)?;
    let text = |(path, file): (SafePath, PlannedFile)| {
        (path.as_str().to_owned(), String::from_utf8_lossy(&file.bytes).into_owned())
    };
    Ok(plan.files.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::lint::lint;

    #[test]
    fn a_new_template_is_sound_and_has_nothing_to_find() {
        let files = skeleton("payments").unwrap();
        let blobs = files.iter().map(|(path, file)| (path.as_str().to_owned(), Blob::plain(file.bytes.clone())));
        let template = TemplateFiles::from_blobs(blobs).unwrap();
        let template = Template::from_layers(vec![(template, Source::Builtin)]).unwrap();
        assert_eq!((template.id.as_str(), template.files.len()), ("payments", 2));
        assert_eq!(lint(&template), []);
        let quoted =
            files.iter().find(|(path, _)| path.as_str() == "tests/every-answer/expected/settings.yaml").unwrap();
        assert!(quoted.1.text().unwrap().contains("description: \"Takes \\\"orders\\\"\"\n"));
    }

    #[test]
    fn a_template_has_a_name_that_can_be_one() {
        for name in ["", "../x", "Payments", "a b"] {
            assert!(matches!(skeleton(name), Err(SkeletonError::Name(_))), "{name}");
        }
    }
}
