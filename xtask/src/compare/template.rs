//! A version of a template, written in the language of each tool.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::history::{SERVICE, Version};
use super::tool::Tool;
use crate::tree::{self, File, Tree};

/// Writes `version` into `folder` as a template of `tool`; `number` is its version.
///
/// # Errors
///
/// When a file cannot be written.
pub(super) fn write(tool: Tool, version: &Version, number: &str, folder: &Path) -> io::Result<()> {
    let template = match tool {
        Tool::Copier => copier(version),
        Tool::Cruft => cruft(version),
        Tool::Launchway => launchway(version, number),
    };
    tree::write(&template, folder)
}

/// Returns the files that a project made from `version` has.
#[must_use]
pub fn rendered(version: &Version) -> Tree {
    let answers: Vec<_> = [("service", SERVICE)].into_iter().chain(version.questions.iter().copied()).collect();
    let of = |file: &File| {
        let bytes = match String::from_utf8(file.bytes.clone()) {
            Ok(text) => with_answers(text, &answers).into_bytes(),
            Err(error) => error.into_bytes(),
        };
        File { executable: file.executable, bytes }
    };
    version.files.iter().map(|(path, file)| (path.clone(), of(file))).collect()
}

fn with_answers(text: String, answers: &[(&str, &str)]) -> String {
    answers.iter().fold(text, |text, (id, answer)| text.replace(&format!("%{id}%"), answer))
}

/// The file as a text in which each `%id%` is what `tag` makes of it; nothing if it has none.
fn with_tags(version: &Version, file: &File, tag: impl Fn(&str) -> String) -> Option<File> {
    let text = std::str::from_utf8(&file.bytes).ok()?;
    let ids = ["service"].into_iter().chain(version.questions.iter().map(|(id, _)| *id));
    let tagged = ids.fold(text.to_owned(), |text, id| text.replace(&format!("%{id}%"), &tag(id)));
    (tagged != text).then(|| File { executable: file.executable, bytes: tagged.into_bytes() })
}

fn plain(text: impl Into<Vec<u8>>) -> File {
    File { executable: false, bytes: text.into() }
}

/// As copier's documentation has it: a subfolder, a suffix for what is rendered, an answers file.
fn copier(version: &Version) -> Tree {
    let mut settings = "_subdirectory: template\n_templates_suffix: .jinja\nservice:\n  type: str\n".to_owned();
    for (id, default) in &version.questions {
        let _ = write!(settings, "{id}:\n  type: str\n  default: {default}\n");
    }
    let answers =
        "# Changes here will be overwritten by Copier; NEVER EDIT MANUALLY\n{{ _copier_answers|to_nice_yaml -}}\n";
    let mut template = Tree::from([
        ("copier.yml".to_owned(), plain(settings)),
        ("template/{{ _copier_conf.answers_file }}.jinja".to_owned(), plain(answers)),
    ]);
    for (path, file) in &version.files {
        match with_tags(version, file, |id| format!("{{{{ {id} }}}}")) {
            Some(tagged) => template.insert(format!("template/{path}.jinja"), tagged),
            None => template.insert(format!("template/{path}"), file.clone()),
        };
    }
    template
}

/// As cookiecutter's documentation has it; what is not rendered is named, so that its bytes are copied.
fn cruft(version: &Version) -> Tree {
    let mut template = Tree::new();
    let mut copied = Vec::new();
    for (path, file) in &version.files {
        let tagged = with_tags(version, file, |id| format!("{{{{ cookiecutter.{id} }}}}"));
        if tagged.is_none() {
            copied.push(format!("    \"{path}\""));
        }
        let file = tagged.unwrap_or_else(|| file.clone());
        template.insert(format!("{{{{ cookiecutter.service }}}}/{path}"), file);
    }
    let mut settings = "{\n  \"service\": \"a-service\",\n".to_owned();
    for (id, default) in &version.questions {
        let _ = writeln!(settings, "  \"{id}\": \"{default}\",");
    }
    let _ = writeln!(settings, "  \"_copy_without_render\": [\n{}\n  ]\n}}", copied.join(",\n"));
    template.insert("cookiecutter.json".to_owned(), plain(settings));
    template
}

fn launchway(version: &Version, number: &str) -> Tree {
    let mut manifest = format!(
        "[template]\nid = \"example\"\ntitle = \"An example\"\nversion = \"{number}\"\nname = \"service\"\n\n\
         [[question]]\nid = \"service\"\nprompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n"
    );
    for (id, default) in &version.questions {
        let _ = write!(
            manifest,
            "\n[[question]]\nid = \"{id}\"\nprompt = \"{id}\"\nhelp = \"The {id}.\"\nkind = \"slug\"\ndefault = \"{default}\"\n"
        );
    }
    let mut template = Tree::new();
    for (path, file) in &version.files {
        if file.executable {
            let _ = write!(manifest, "\n[[file]]\npath = \"{path}\"\nexecutable = true\n");
        }
        match with_tags(version, file, |id| format!("{{{{{id}}}}}")) {
            Some(tagged) => template.insert(format!("files/{path}.hbs"), tagged),
            None => template.insert(format!("files/{path}"), file.clone()),
        };
    }
    template.insert("template.toml".to_owned(), plain(manifest));
    template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_gets_its_own_tag_and_a_file_without_one_is_copied() {
        let files = [("a.txt", "for %service%, tier %tier%\n"), ("b.txt", "100 % and {{ so }} on\n")];
        let files = files.map(|(path, text)| (path.to_owned(), plain(text))).into();
        let version = Version { files, questions: vec![("tier", "standard")] };
        let text = |tree: &Tree, path: &str| String::from_utf8(tree[path].bytes.clone()).unwrap();
        let [copier, cruft, launchway] = [copier(&version), cruft(&version), launchway(&version, "1.0.0")];
        assert_eq!(text(&copier, "template/a.txt.jinja"), "for {{ service }}, tier {{ tier }}\n");
        assert_eq!(text(&copier, "template/b.txt"), "100 % and {{ so }} on\n");
        let folder = "{{ cookiecutter.service }}";
        assert_eq!(
            text(&cruft, &format!("{folder}/a.txt")),
            "for {{ cookiecutter.service }}, tier {{ cookiecutter.tier }}\n"
        );
        assert!(text(&cruft, "cookiecutter.json").contains("[\n    \"b.txt\"\n  ]"));
        assert_eq!(text(&launchway, "files/a.txt.hbs"), "for {{service}}, tier {{tier}}\n");
        assert_eq!(text(&rendered(&version), "a.txt"), "for orders, tier standard\n");
    }
}
