//! Reading YAML, JSON, TOML and HCL into one kind of tree, whose nodes know their line.

mod hcl;
mod json;
mod toml;
mod yaml;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A format that Launchway can read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Hcl,
    Json,
    JsonWithComments,
    Toml,
    Yaml,
}

impl Format {
    /// Guesses the format from a file's name; `None` for all that is neither YAML, JSON, TOML nor HCL, and for JSON5.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "Cargo.lock" {
            return Some(Self::Toml);
        }
        match name.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" if may_have_comments(path, name) => Some(Self::JsonWithComments),
            "json" => Some(Self::Json),
            "jsonc" | "code-workspace" => Some(Self::JsonWithComments),
            "toml" => Some(Self::Toml),
            "tf" | "tfvars" | "hcl" => Some(Self::Hcl),
            _ => None,
        }
    }
}

/// Files of JSON in which the tool that reads them allows comments and a comma after the last entry.
const WITH_COMMENTS: [&str; 8] = [
    "devcontainer.json",
    ".devcontainer.json",
    ".eslintrc.json",
    "tslint.json",
    "api-extractor.json",
    "rush.json",
    "tsdoc.json",
    "turbo.json",
];

fn may_have_comments(path: &str, name: &str) -> bool {
    let is_of_editor = path.rsplit('/').nth(1) == Some(".vscode");
    is_of_editor || name.starts_with("tsconfig") || name.starts_with("jsconfig") || WITH_COMMENTS.contains(&name)
}

/// Why a document could not be read. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Unreadable {
    /// The line of the fault.
    pub line: usize,
    /// The column of the fault, in characters.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// A value of a document, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The line, from 1, on which the value begins. What an alias stands for has the line of the alias.
    pub(crate) line: usize,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A text, a number, true, false or null; never an array or an object.
    Scalar(Json),
    Sequence(Vec<Node>),
    Mapping(BTreeMap<String, Node>),
}

/// Reads all the documents of a text; only YAML can have more than one.
///
/// A YAML node with a tag of its own, such as CloudFormation's `!Ref name`, becomes the object `{"!Ref": "name"}`.
///
/// # Errors
/// The first fault, with its place. Keys that stand twice in one mapping are a fault, and so is a document of more than
/// 128 levels or one that grows beyond 16 MiB when its aliases are resolved.
pub fn parse(format: Format, text: &str) -> Result<Vec<Json>, Unreadable> {
    read(format, text).map(|documents| documents.into_iter().map(Json::from).collect())
}

/// An entry at the top of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The line, from 1, on which the value begins.
    pub line: usize,
    /// The value.
    pub value: Json,
}

/// Reads the entries at the top of each document of a text, by their keys; nothing of a document that has none.
///
/// # Errors
/// Those of [`parse`].
pub fn entries(format: Format, text: &str) -> Result<Vec<Option<Vec<Entry>>>, Unreadable> {
    let entry = |(key, node): (String, Node)| Entry { key, line: node.line, value: node.into() };
    let of_document = |document: Node| match document.content {
        Content::Mapping(entries) => Some(entries.into_iter().map(entry).collect()),
        Content::Scalar(_) | Content::Sequence(_) => None,
    };
    Ok(read(format, text)?.into_iter().map(of_document).collect())
}

/// Reads all the documents of a text in one walk, with the line of each node. The errors are those of [`parse`].
pub(crate) fn read(format: Format, text: &str) -> Result<Vec<Node>, Unreadable> {
    match format {
        Format::Hcl => hcl::read(text).map(|document| vec![document]),
        Format::Json => json::read(text).map(|document| vec![document]),
        Format::JsonWithComments => json::read(&json::without_comments(text)).map(|document| vec![document]),
        Format::Toml => toml::read(text).map(|document| vec![document]),
        Format::Yaml => yaml::read(text),
    }
}

impl Node {
    /// Returns the value under a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Mapping(entries) => entries.get(key),
            Content::Scalar(_) | Content::Sequence(_) => None,
        }
    }

    /// Returns a plain value as text: a string, a number, true or false.
    pub(crate) fn plain(&self) -> Option<String> {
        match &self.content {
            Content::Scalar(Json::String(text)) => Some(text.clone()),
            Content::Scalar(Json::Null) | Content::Sequence(_) | Content::Mapping(_) => None,
            Content::Scalar(value) => Some(value.to_string()),
        }
    }
}

impl From<Node> for Json {
    fn from(node: Node) -> Self {
        match node.content {
            Content::Scalar(value) => value,
            Content::Sequence(items) => items.into_iter().map(Self::from).collect(),
            Content::Mapping(entries) => entries.into_iter().map(|(key, value)| (key, Self::from(value))).collect(),
        }
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(newline, _)| newline + 1).collect())
    }

    /// Returns the line, from 1, of a byte offset.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yaml(text: &str) -> Result<Vec<Json>, String> {
        parse(Format::Yaml, text).map_err(|error| error.to_string())
    }

    #[test]
    fn yaml_reads_as_json_with_own_tags_kept() {
        let text =
            "a: !Ref B\nb: [1, 0x10, 1.5, yes, true, ~, '1']\nc: !Sub\n  - x\nd: !!str 1\n---\n- &x {k: v}\n- *x\n";
        let expected = vec![
            json!({"a": {"!Ref": "B"}, "b": [1, 16, 1.5, "yes", true, null, "1"], "c": {"!Sub": ["x"]}, "d": "1"}),
            json!([{"k": "v"}, {"k": "v"}]),
        ];
        assert_eq!(yaml(text), Ok(expected));
    }

    #[test]
    fn a_key_that_stands_twice_is_reported_with_its_place() {
        assert_eq!(
            yaml("a: 1\nb: 2\na: 3\n"),
            Err("line 3, column 4: the key `a` appears twice in one mapping".into())
        );
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..20 {
            let previous = vec![format!("*a{}", level - 1); 9].join(",");
            bomb = format!("{bomb}a{level}: &a{level} [{previous}]\n");
        }
        assert!(yaml(&bomb).is_err_and(|message| message.contains("larger than 16 MiB")));
    }

    #[test]
    fn one_long_text_with_many_aliases_is_refused_too() {
        let bomb = format!("a: &a \"{}\"\nb: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(50_000));
        assert!(yaml(&bomb).is_err_and(|message| message.contains("larger than 16 MiB")));
    }

    #[test]
    fn a_json_key_that_stands_twice_is_reported() {
        let read = |text| parse(Format::Json, text).map_err(|error| error.message);
        assert_eq!(read("{\"a\": {\"b\": 1, \"b\": 2}}"), Err("the key `b` appears twice in one object".to_owned()));
        assert_eq!(read("[1, -2, 0.5, true, null, \"x\"]"), Ok(vec![json!([1, -2, 0.5, true, null, "x"])]));
    }

    #[test]
    fn u23_files_whose_name_says_so_may_have_comments_and_a_last_comma() {
        let text = "// one\n{\n  /* \"b\": 1, */ \"a\": [1, \"// no ,] \\\" /* no */\", ], // é\n}\n";
        for path in ["tsconfig.json", "a/tsconfig.build.json", "jsconfig.json", "x.jsonc", "o.code-workspace"] {
            let format = Format::of(path).unwrap();
            assert_eq!(parse(format, text), Ok(vec![json!({"a": [1, "// no ,] \" /* no */"]})]), "{path}");
        }
        for path in [".vscode/settings.json", ".devcontainer/devcontainer.json", ".eslintrc.json", "turbo.json"] {
            assert_eq!(Format::of(path), Some(Format::JsonWithComments), "{path}");
        }
        for path in ["package.json", "settings.json", "my-tsconfig.json"] {
            assert_eq!(Format::of(path), Some(Format::Json), "{path}");
        }
        for path in ["renovate.json5", ".eslintrc", ".babelrc"] {
            assert_eq!(Format::of(path), None, "{path}");
        }
        let fault = |text| parse(Format::JsonWithComments, text).map_err(|error| (error.line, error.column)).err();
        assert_eq!(fault("// é\n{\n  \"a\": }\n"), Some((3, 8)));
        for text in ["{,}", "[,]", "[1,,]", "{\"a\": 1 \"b\": 2}", "/* open", "{\"a\": 1, \"a\": 2}", "{} /"] {
            assert!(fault(text).is_some(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        assert!(yaml(&"[".repeat(100_000)).is_err());
        assert!(parse(Format::Json, &"[".repeat(100_000)).is_err());
        assert!(parse(Format::Toml, &format!("a = {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn more_than_128_levels_are_refused_whatever_they_are_made_of() {
        // The parser itself refuses only what is deeper than this, and counts neither tags nor aliases.
        let brackets = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let dashes = |levels: usize| "- ".repeat(levels) + "x\n";
        let keys = |levels: usize| (0..levels).fold(String::new(), |text, level| text + &" ".repeat(level) + "k:\n");
        let tags = |levels: usize| "!t [".repeat(levels / 2) + &"]".repeat(levels / 2);
        // Each entry is as many levels deeper as it has brackets than the one before it, which it names.
        let aliases = |levels: usize| {
            let (open, close) = ("[".repeat(100), "]".repeat(100));
            let first = format!("- &a0 {}\n", brackets((levels - 1) % 100));
            (1..=(levels - 1) / 100).fold(first, |text, at| text + &format!("- &a{at} {open}*a{}{close}\n", at - 1))
        };
        let texts: [(&str, &dyn Fn(usize) -> String); 5] =
            [("[", &brackets), ("-", &dashes), ("k", &keys), ("!", &tags), ("*", &aliases)];
        for (name, text) in texts {
            assert!(yaml(&text(128)).is_ok(), "{name}: {:?}", yaml(&text(128)));
            for levels in if name == "*" { vec![130, 229, 40_000] } else { vec![130, 200] } {
                let said = yaml(&text(levels)).map(drop).expect_err(name);
                assert!(said.contains("nested more than 128 levels deep"), "{name} {levels}: {said}");
            }
        }
    }

    #[test]
    fn faults_have_a_line_and_a_column() {
        let place = |format, text| parse(format, text).map_err(|error| (error.line, error.column)).err();
        assert_eq!(place(Format::Toml, "a = 1\nb = \n").map(|place| place.0), Some(2));
        assert_eq!(place(Format::Json, "{\n  \"a\": }\n"), Some((2, 8)));
        assert!(place(Format::Yaml, "a: [1\nb: 2\n").is_some());
    }
}
