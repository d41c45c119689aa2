//! Variables of the environment that nearly answer a question.

use launchway_core::template::{Question, is_own_variable};
use launchway_core::{Template, nearest};

const PREFIX: &str = "LAUNCHWAY_";

/// Names each variable that answers no question and resembles one that does. What resembles none is another template's.
pub(crate) fn misspelt_variables(template: &Template) -> Vec<String> {
    let known: Vec<String> = template.questions.iter().map(Question::variable).collect();
    let mut set: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    set.sort();
    let is_unknown = |name: &String| {
        name.strip_prefix(PREFIX).is_some_and(|own| !is_own_variable(own)) && !known.iter().any(|known| known == name)
    };
    let names = known.iter().filter_map(|name| name.strip_prefix(PREFIX)).collect::<Vec<_>>();
    let warning = |name: String| {
        let meant = nearest(name.strip_prefix(PREFIX)?, names.iter().copied())?;
        Some(format!("`{name}` answers no question; did you mean `{PREFIX}{meant}`?"))
    };
    set.into_iter().filter(is_unknown).filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Collects the names of variables that the code has as texts.
    fn named(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path).unwrap();
                let words = text.split('"').filter_map(|word| word.strip_prefix(PREFIX)).map(str::to_owned);
                found.extend(words.filter(|word| word.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')));
            }
        }
    }

    #[test]
    fn every_variable_that_the_program_reads_is_one_of_its_own() {
        let mut found = Vec::new();
        named(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        found.retain(|name| !name.is_empty());
        assert!(found.len() > 6, "{found:?}");
        let others: Vec<&String> = found.iter().filter(|name| !is_own_variable(name)).collect();
        assert!(
            others.is_empty(),
            "{others:?} would be taken for answers: add them to `template/flags.rs` of the core"
        );
    }
}
