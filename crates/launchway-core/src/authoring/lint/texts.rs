//! What the texts of files hardly mean: a backslash that is eaten, a word that is quoted for nobody knows what.

use super::{LintFinding, LintRule};
use crate::language::file_kind::FileKind;
use crate::language::helpers::helper;
use crate::language::problem::Location;
use crate::language::syntax::tags;
use crate::template::Template;
use crate::text::line_and_column;

/// Looks through the files and partials of the template itself.
pub(super) fn of_files(template: &Template) -> Vec<LintFinding> {
    let own = template.files.iter().filter(|file| file.renders && template.is_own(&file.place()));
    let texts = own.clone().filter_map(|file| Some((file.place(), String::from_utf8(file.bytes().into_owned()).ok()?)));
    let partials = template.engine.partials().values().filter(|partial| template.is_own(&partial.file));
    let partials = partials.map(|partial| (partial.file.clone(), partial.text().to_owned()));
    let mut findings: Vec<_> = texts.chain(partials).flat_map(|(file, text)| eaten(template, &file, &text)).collect();
    for file in own {
        let bytes = file.bytes();
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let is_unknown = FileKind::of(&file.path, text) == FileKind::Unknown;
        let quotes = template.compile(file).ok().and_then(|it| it.text.as_ref()).and_then(|text| text.quotes.clone());
        if let (true, Some((name, place))) = (is_unknown, quotes.map(|quotes| *quotes)) {
            let message = format!("whether `{name}` is right for `{}` cannot be told from its name", file.path);
            let finding = LintFinding::new(LintRule::UnknownKind, place, message);
            findings
                .push(finding.hint("give the file an extension that names its format, or keep free text out of it"));
        }
    }
    findings
}

/// Finds the tags before which a backslash stands although they name something: `C:\{{app}}` prints `C:{{app}}`.
fn eaten(template: &Template, file: &str, text: &str) -> Vec<LintFinding> {
    let is_single = |start: usize| text[..start].ends_with('\\') && !text[..start].ends_with("\\\\");
    let found = tags(text).filter(|tag| is_single(tag.start) && names_something(template, tag.inner));
    let finding = |start: usize| {
        let (line, column) = line_and_column(text, start - 1);
        let message = "the backslash disappears, and the text in the braces is printed unchanged".to_owned();
        LintFinding::new(LintRule::EatenBackslash, Location::at(file, line, column), message)
            .hint(r"write `\\{{…}}` for a backslash before a value")
    };
    found.map(|tag| finding(tag.start)).collect()
}

/// Tells whether the first word of a tag is one of the template's or of the language's.
fn names_something(template: &Template, inner: &str) -> bool {
    // No word of the language begins so: the tag is Helm's.
    let is_foreign = inner.split([' ', '(']).any(|word| word.starts_with('.') && !word.starts_with("../"));
    let word = inner.trim_start_matches(['#', '/', '>', '~', ' ']).split([' ', '}', '~']).next().unwrap_or_default();
    let word = word.trim_start_matches("../");
    let is_element = || template.rules.iter().flat_map(|rule| &rule.each).any(|each| each.element == word);
    !is_foreign && (template.names().any(|name| name == word) || helper(word).is_some() || is_element())
}
