//! The parts of a manifest: files by topic, which are read as if they stood at its end.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;

use super::content::TemplateFile;
use super::manifest::{self, Places};
use crate::language::problem::{Invalid, Location, Problem, none_or_invalid};

/// The folder of the parts in a template.
pub(super) const FOLDER: &str = "manifest";

/// A manifest with its parts behind it.
pub(super) struct Whole {
    pub(super) text: String,
    /// The files that the text is made of, each with where it starts.
    pub(super) files: Vec<(String, usize)>,
}

impl Whole {
    /// Puts the parts that a manifest includes behind it, in the order in which it names them.
    pub(super) fn new(
        label: &str,
        text: String,
        files: &BTreeMap<String, TemplateFile>,
        is_builtin: bool,
    ) -> Result<Self, Invalid> {
        let file = format!("{label}{}", manifest::FILE);
        let mut whole = Self { text: String::new(), files: vec![(file.clone(), 0)] };
        let (head, places) = manifest::parse_head(&file, &text)?;
        let included = head.template.map(|head| head.include).unwrap_or_default();
        let mut problems = stray(label, &included, files);
        let mut behind = String::new();
        for (position, part) in included.iter().enumerate() {
            let read = read(&included[..position], part, files);
            // The tests have checked the parts of the built-in templates.
            let checked =
                read.and_then(|text| if is_builtin { Ok(text) } else { checked(text).map_err(Fault::Inside) });
            match checked {
                Ok(part_text) => {
                    whole.files.push((format!("{label}{}", part.get_ref()), text.len() + 1 + behind.len()));
                    behind.push_str(&part_text);
                    behind.push('\n');
                }
                Err(fault) => problems.push(fault.problem(label, part, &places)),
            }
        }
        none_or_invalid(problems)?;
        drop(places);
        whole.text = text;
        if !included.is_empty() {
            whole.text.push('\n');
            whole.text.push_str(&behind);
        }
        Ok(whole)
    }

    /// Returns what finds places in the text.
    pub(super) fn places(&self) -> Places<'_> {
        Places::of_files(&self.text, &self.files)
    }
}

/// What is wrong with a part.
enum Fault {
    /// Said of where it is named.
    Named(String),
    /// Said of a line in it.
    Inside((usize, usize, String)),
}

impl Fault {
    fn problem(self, label: &str, part: &Spanned<String>, places: &Places<'_>) -> Problem {
        match self {
            Self::Named(message) => Problem::new(places.of(part), message)
                .hint(format!("parts are files below `{FOLDER}/`, each named once: `{FOLDER}/questions.toml`")),
            Self::Inside((line, column, message)) => {
                Problem::new(Location::at(&format!("{label}{}", part.get_ref()), line, column), message)
            }
        }
    }
}

fn read<'f>(
    earlier: &[Spanned<String>],
    part: &Spanned<String>,
    files: &'f BTreeMap<String, TemplateFile>,
) -> Result<Cow<'f, str>, Fault> {
    let path = part.get_ref();
    if earlier.iter().any(|earlier| earlier.get_ref() == path) {
        return Err(Fault::Named(format!("`{path}` is included twice")));
    }
    let is_below = path.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/')) && is_toml(path);
    let Some(blob) = files.get(path).filter(|_| is_below) else {
        return Err(Fault::Named(format!("there is no part `{path}`")));
    };
    let text = match blob.bytes() {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    };
    text.ok_or_else(|| Fault::Named(format!("`{path}` is not UTF-8 text")))
}

/// Checks that a part means the same behind others as it does alone: it is TOML, and begins with a table of its own.
fn checked(text: Cow<'_, str>) -> Result<Cow<'_, str>, (usize, usize, String)> {
    if let Err(error) = toml::from_str::<toml::Table>(&text) {
        let (line, column) = crate::text::line_and_column(&text, error.span().map_or(0, |span| span.start));
        return Err((line, column, error.message().replace('\n', ", ")));
    }
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let first = text.lines().map(str::trim).enumerate().find(|(_, line)| is_code(line));
    match first {
        Some((at, line)) if !line.starts_with('[') => {
            Err((at + 1, 1, "a part begins with a table, such as `[[question]]`".to_owned()))
        }
        _ if has_head(&text) => Err((1, 1, "`[template]` stands in `template.toml` alone".to_owned())),
        _ => Ok(text),
    }
}

fn has_head(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("[template]"))
}

fn is_toml(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end == "toml")
}

/// Finds the parts that nobody includes; a template without parts may have such a folder for itself.
fn stray(label: &str, included: &[Spanned<String>], files: &BTreeMap<String, TemplateFile>) -> Vec<Problem> {
    let is_named = |path: &String| included.iter().any(|part| part.get_ref() == path);
    let below = files.keys().filter(|path| path.starts_with(FOLDER) && path[FOLDER.len()..].starts_with('/'));
    let stray = below.filter(|path| !included.is_empty() && is_toml(path) && !is_named(path));
    let problem =
        |path: &String| Problem::new(Location::file(&format!("{label}{path}")), "no `include` names this part");
    stray.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load, question};

    fn problem(include: &str, parts: &[(&str, &str)]) -> String {
        let manifest = HEAD.replace("name = \"service\"", &format!("name = \"service\"\ninclude = [{include}]"));
        let files =
            [&[("template.toml", manifest.as_str()), ("files/a.txt.hbs", "{{team}} {{tail}}\n")], parts].concat();
        load(&files).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn parts_are_read_as_if_they_stood_at_the_end_and_faults_name_their_lines() {
        let team = question("team", "kind = \"slug\"\ndefault = \"x\"");
        let tail = "# What follows.\n\n[[value]]\nid = \"tail\"\nis = 'concat team \"-\" service'";
        let include = "\"manifest/questions/team.toml\", \"manifest/values.toml\"";
        let parts = [("manifest/questions/team.toml", team.as_str()), ("manifest/values.toml", tail)];
        assert_eq!(problem(include, &parts), "");
        let wrong = tail.replace("team", "taem");
        let found = problem(include, &[parts[0], ("manifest/values.toml", &wrong)]);
        assert!(found.contains("manifest/values.toml:5:6: `taem` is not a declared name here"), "{found}");
        let found =
            problem(include, &[parts[0], ("manifest/values.toml", "[[value]]\nid = \"tail\"\nis = 'team'\nas = 1\n")]);
        assert!(found.contains("manifest/values.toml:4:1: unknown field `as`"), "{found}");
    }

    #[test]
    fn what_is_no_part_is_refused() {
        let fine = "[[value]]\nid = \"team\"\nis = 'service'\n";
        for (include, parts, expected) in [
            ("\"manifest/a.toml\"", &[][..], "there is no part `manifest/a.toml`"),
            ("\"../a.toml\"", &[], "there is no part `../a.toml`"),
            ("\"files/a.txt.hbs\"", &[], "there is no part `files/a.txt.hbs`"),
            (
                "\"manifest/a.toml\", \"manifest/a.toml\"",
                &[("manifest/a.toml", fine)],
                "template.toml:6:31: `manifest/a.toml` is included twice",
            ),
            (
                "\"manifest/a.toml\"",
                &[("manifest/a.toml", fine), ("manifest/b.toml", fine)],
                "manifest/b.toml: no `include` names this part",
            ),
            (
                "\"manifest/a.toml\"",
                &[("manifest/a.toml", "x = 1\n")],
                "manifest/a.toml:1:1: a part begins with a table",
            ),
            (
                "\"manifest/a.toml\"",
                &[("manifest/a.toml", "[template]\nid = \"t\"\n")],
                "`[template]` stands in `template.toml` alone",
            ),
            ("\"manifest/a.toml\"", &[("manifest/a.toml", "\n[[value]]\nid = '''x\n")], "manifest/a.toml:"),
        ] {
            let found = problem(include, parts);
            assert!(found.contains(expected), "{include}: {found}");
        }
    }
}
