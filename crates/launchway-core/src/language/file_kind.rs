//! What kind of file a text is printed into, and which helpers quote it there.

/// The kinds of files that a free text can be printed into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// YAML, JSON and TOML.
    Data,
    Markdown,
    /// Plain text, which no program reads.
    Plain,
    Rust,
    /// Python and JavaScript, in which a JSON string means what it means in JSON.
    Script,
    Shell,
    Make,
    Dockerfile,
    Hcl,
    Xml,
    Properties,
    PowerShell,
    /// Windows' batch files, in which nothing can be quoted for good.
    Batch,
    Unknown,
}

use FileKind::{
    Batch, Data, Dockerfile, Hcl, Make, Markdown, Plain, PowerShell, Properties, Rust, Script, Shell, Unknown, Xml,
};

/// The kinds by the end of a file's name.
const ENDS: &[(&str, FileKind)] = &[
    ("yaml", Data),
    ("yml", Data),
    ("json", Data),
    ("jsonc", Data),
    ("json5", Data),
    ("code-workspace", Data),
    ("toml", Data),
    ("md", Markdown),
    ("markdown", Markdown),
    ("txt", Plain),
    ("rs", Rust),
    ("py", Script),
    ("js", Script),
    ("mjs", Script),
    ("cjs", Script),
    ("ts", Script),
    ("mts", Script),
    ("sh", Shell),
    ("bash", Shell),
    ("zsh", Shell),
    ("ksh", Shell),
    ("mk", Make),
    ("dockerfile", Dockerfile),
    ("tf", Hcl),
    ("tfvars", Hcl),
    ("hcl", Hcl),
    ("xml", Xml),
    ("html", Xml),
    ("xhtml", Xml),
    ("svg", Xml),
    ("xsd", Xml),
    ("plist", Xml),
    ("csproj", Xml),
    ("properties", Properties),
    ("ps1", PowerShell),
    ("psm1", PowerShell),
    ("psd1", PowerShell),
    ("bat", Batch),
    ("cmd", Batch),
];

/// The kinds by a file's whole name.
const NAMES: &[(&str, FileKind)] = &[
    ("Makefile", Make),
    ("makefile", Make),
    ("GNUmakefile", Make),
    ("Dockerfile", Dockerfile),
    ("Containerfile", Dockerfile),
    ("Cargo.lock", Data),
    ("LICENSE", Plain),
    ("NOTICE", Plain),
    (".bashrc", Shell),
    (".profile", Shell),
    (".envrc", Shell),
];

impl FileKind {
    /// Tells the kind by the name, and of a file without an end to its name by its first line.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let found = |table: &[(&str, Self)], name: &str| table.iter().find(|(it, _)| *it == name).map(|(_, it)| *it);
        if let Some(kind) = found(NAMES, name) {
            return kind;
        }
        if ["Dockerfile.", "Containerfile."].iter().any(|start| name.starts_with(start)) {
            return Dockerfile;
        }
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        end.and_then(|end| found(ENDS, &end)).unwrap_or_else(|| Self::of_first_line(text))
    }

    fn of_first_line(text: &str) -> Self {
        let first = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
        let mut words = first.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
        let program = words.find(|word| *word != "env" && !word.starts_with('-')).unwrap_or_default();
        match program {
            "sh" | "bash" | "dash" | "zsh" | "ksh" => Shell,
            "make" => Make,
            "node" => Script,
            "pwsh" => PowerShell,
            python if python.starts_with("python") => Script,
            _ => Unknown,
        }
    }

    /// Returns what messages call it.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Data => "YAML, JSON or TOML",
            Markdown => "Markdown",
            Plain => "plain text",
            Rust => "Rust",
            Script => "Python or JavaScript",
            Shell => "a shell",
            Make => "make",
            Dockerfile => "a Dockerfile",
            Hcl => "HCL",
            Xml => "XML",
            Properties => "a file of properties",
            PowerShell => "PowerShell",
            Batch => "a batch file",
            Unknown => "a file of this kind",
        }
    }

    /// Returns the helpers that quote a text there, the usual one first; none where any of them may be right.
    pub(crate) fn helpers(self) -> Option<&'static [&'static str]> {
        Some(match self {
            // Documents hold commands and snippets of other languages.
            Markdown | Plain | Unknown => return None,
            Data => &["quote", "quote_sub", "quote_kubernetes"],
            Rust => &["quote_rust"],
            Script => &["quote"],
            Shell => &["quote_shell"],
            Make => &["quote_make"],
            Dockerfile => &["quote_dockerfile"],
            Hcl => &["quote_hcl"],
            Xml => &["quote_xml"],
            Properties => &["quote_properties"],
            PowerShell => &["quote_powershell"],
            Batch => &[],
        })
    }

    /// Says what is wrong with the place of a quoted word, as far as what stands before it shows that; `before` is the text
    /// of the file up to there. A word brings its own quotes, which mean nothing within others.
    pub(crate) fn fault_of_place(self, before: &str) -> Option<&'static str> {
        let line = before.rsplit('\n').next().unwrap_or(before);
        match self {
            Shell if is_in_here_document(before) => Some("a here-document"),
            Shell | Make | PowerShell => place_in_line(line),
            Dockerfile if line.trim_start().starts_with('#') => Some("a comment"),
            Dockerfile => place_in_line(line).filter(|place| *place != "a comment"),
            _ => None,
        }
    }
}

/// Tells whether a line has quotes that are still open, or is a comment by now.
fn place_in_line(line: &str) -> Option<&'static str> {
    let (mut open, mut is_at_word, mut is_escaped) = (None, true, false);
    for character in line.chars() {
        match (open, character) {
            _ if is_escaped => is_escaped = false,
            (None | Some('"'), '\\') => is_escaped = true,
            (Some(quote), _) if quote == character => open = None,
            (None, '"' | '\'') => open = Some(character),
            (None, '#') if is_at_word => return Some("a comment"),
            _ => {}
        }
        is_at_word = character.is_whitespace() || matches!(character, ';' | '&' | '|' | '(');
    }
    open.map(|_| "quotes")
}

/// Tells whether a here-document was begun and not ended.
fn is_in_here_document(before: &str) -> bool {
    let mut end: Option<&str> = None;
    let lines: Vec<&str> = before.split('\n').collect();
    for line in &lines[..lines.len() - 1] {
        match end {
            Some(word) if line.trim_start_matches('\t') == word => end = None,
            Some(_) => {}
            None => end = here_document(line),
        }
    }
    end.is_some()
}

/// Returns the word that ends the here-document which a line begins.
fn here_document(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("<<")?;
    let word = after.trim_start_matches('-').trim_start().trim_start_matches(['"', '\'', '\\']);
    let length = word.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(word.len());
    Some(&word[..length]).filter(|word| !word.is_empty() && !after.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_told_by_the_name_and_by_the_first_line() {
        for (path, text, kind) in [
            ("a/run.sh", "", Shell),
            ("Makefile", "", Make),
            ("build/rules.mk", "", Make),
            ("Dockerfile", "", Dockerfile),
            ("docker/Dockerfile.worker", "", Dockerfile),
            ("worker.dockerfile", "", Dockerfile),
            ("main.tf", "", Hcl),
            ("{{environment}}.tfvars", "", Hcl),
            ("pom.xml", "", Xml),
            ("application.properties", "", Properties),
            ("run.CMD", "", Batch),
            ("run.ps1", "", PowerShell),
            ("tsconfig.json", "", Data),
            ("bin/run", "#!/usr/bin/env bash\n", Shell),
            ("bin/run", "#!/usr/bin/env -S python3 -u\n", Script),
            ("bin/run", "#!/bin/sh -eu\n", Shell),
            ("bin/run", "#!/usr/bin/awk\n", Unknown),
            ("nginx.conf", "", Unknown),
        ] {
            assert_eq!(FileKind::of(path, text), kind, "{path} {text}");
        }
    }

    #[test]
    fn a_place_within_quotes_a_comment_or_a_here_document_is_found() {
        for (before, place) in [
            ("echo ", None),
            ("echo \"a\" 'b' ", None),
            ("echo it\\'s ", None),
            ("a#b=", None),
            ("cat <<END\nx\nEND\necho ", None),
            ("grep <<< word\n", None),
            ("echo \"hello ", Some("quotes")),
            ("echo 'hello ", Some("quotes")),
            ("x # ", Some("a comment")),
            ("# ", Some("a comment")),
            ("cat <<END\n", Some("a here-document")),
            ("cat <<-'END'\n\tx\n", Some("a here-document")),
        ] {
            assert_eq!(Shell.fault_of_place(before), place, "{before:?}");
        }
        assert_eq!(Dockerfile.fault_of_place("# "), Some("a comment"));
        assert_eq!(Dockerfile.fault_of_place("LABEL a=\""), Some("quotes"));
        assert_eq!(Make.fault_of_place("all:\n\techo '"), Some("quotes"));
    }
}
