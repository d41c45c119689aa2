//! The root manifest of a Cargo workspace, edited so that a crate belongs to it: what people wrote there stays.

use regex::Regex;
use toml_edit::{Array, DocumentMut, Item, RawString, Table, TableLike, Value};

/// The keys of `[package]` that a member may inherit, and the tables of dependencies.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A root manifest that a crate was brought into.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    /// The text; the one that was there if nothing had to change.
    pub(crate) text: String,
    /// What was changed, one line each.
    pub(crate) says: Vec<String>,
    /// What differs from the template and was left as it is, one line each.
    pub(crate) differs: Vec<String>,
    /// The folders that the crate needs and that a new line of the manifest names.
    pub(crate) needs: Vec<String>,
}

/// Why a crate cannot be brought into a workspace.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum WorkspaceError {
    #[error("cannot be read as TOML: {0}")]
    Unreadable(String),
    #[error("has no `[workspace]`, so no second crate can belong to it")]
    NoWorkspace,
    #[error("excludes `{folder}`: `workspace.exclude` has `{entry}`")]
    Excluded { folder: String, entry: String },
    #[error("has a `{0}` of another shape than Cargo's")]
    Shape(String),
    #[error("lacks `{0}`, which the new crate inherits, and neither has the template's")]
    Unknown(String),
}

/// Brings a crate into the workspace of a root manifest. `model` is the root manifest that the crate was written for.
pub(crate) fn join(root: &str, folder: &str, crate_manifest: &str, model: &str) -> Result<Joined, WorkspaceError> {
    let line_ends = LineEnds::of(root);
    let mut edited =
        Edited { document: parse(&LineEnds::plain(root))?, says: Vec::new(), differs: Vec::new(), needs: Vec::new() };
    let (member, model) = (parse(crate_manifest)?, parse(model)?);
    edited.add_member(folder)?;
    edited.add_inherited(&member, &model)?;
    let Edited { document, says, differs, needs } = edited;
    let text = if says.is_empty() { root.to_owned() } else { line_ends.restore(&document.to_string()) };
    Ok(Joined { text, says, differs, needs })
}

/// Returns the name of a crate.
pub(crate) fn name(crate_manifest: &str) -> Option<String> {
    parse(crate_manifest).ok()?.get("package")?.get("name")?.as_str().map(str::to_owned)
}

/// Returns the version that a crate has: its own, or the one that it inherits.
pub(crate) fn version(root: &str, crate_manifest: &str) -> Option<String> {
    let (root, member) = (parse(&LineEnds::plain(root)).ok()?, parse(crate_manifest).ok()?);
    let own = member.get("package")?.get("version")?;
    let inherited = || root.get("workspace")?.get("package")?.get("version")?.as_str();
    own.as_str().or_else(inherited).map(str::to_owned)
}

/// Returns the requirement of a dependency of the workspace.
pub(crate) fn requirement(root: &str, dependency: &str) -> Option<semver::VersionReq> {
    let root = parse(&LineEnds::plain(root)).ok()?;
    requirement_of(root.get("workspace")?.get("dependencies")?.get(dependency)?)?.parse().ok()
}

fn parse(text: &str) -> Result<DocumentMut, WorkspaceError> {
    text.parse().map_err(|error: toml_edit::TomlError| WorkspaceError::Unreadable(error.message().replace('\n', ", ")))
}

/// What an editor on another system may have made of the text, and what it gets back.
struct LineEnds {
    has_carriage_returns: bool,
    has_mark: bool,
}

impl LineEnds {
    const MARK: char = '\u{feff}';

    fn of(text: &str) -> Self {
        Self { has_carriage_returns: text.contains("\r\n"), has_mark: text.starts_with(Self::MARK) }
    }

    fn plain(text: &str) -> String {
        text.trim_start_matches(Self::MARK).replace("\r\n", "\n")
    }

    fn restore(&self, text: &str) -> String {
        let mark = if self.has_mark { String::from(Self::MARK) } else { String::new() };
        mark + &if self.has_carriage_returns { text.replace('\n', "\r\n") } else { text.to_owned() }
    }
}

struct Edited {
    document: DocumentMut,
    says: Vec<String>,
    differs: Vec<String>,
    needs: Vec<String>,
}

impl Edited {
    /// Adds the folder to the members, unless one of them covers it.
    fn add_member(&mut self, folder: &str) -> Result<(), WorkspaceError> {
        let workspace = self.workspace()?;
        let members = texts(workspace, "members")?;
        let is_named = members.iter().any(|member| is_at_or_below(folder, member));
        let excluded = texts(workspace, "exclude")?.into_iter().find(|entry| is_at_or_below(folder, entry));
        if let Some(entry) = excluded.filter(|_| !is_named) {
            return Err(WorkspaceError::Excluded { folder: folder.to_owned(), entry });
        }
        if members.iter().any(|member| covers(member, folder)) {
            return Ok(());
        }
        let shape = || WorkspaceError::Shape("workspace.members".to_owned());
        let empty = Item::Value(Value::Array(Array::new()));
        push(workspace.entry("members").or_insert(empty).as_array_mut().ok_or_else(shape)?, folder);
        self.says.push(format!("`{folder}` is a member"));
        Ok(())
    }

    fn workspace(&mut self) -> Result<&mut dyn TableLike, WorkspaceError> {
        self.document.get_mut("workspace").and_then(Item::as_table_like_mut).ok_or(WorkspaceError::NoWorkspace)
    }

    /// Adds what the crate inherits from its workspace and the workspace does not have.
    fn add_inherited(&mut self, member: &DocumentMut, model: &DocumentMut) -> Result<(), WorkspaceError> {
        let lints = model.get("workspace").and_then(|workspace| workspace.get("lints")).and_then(Item::as_table_like);
        let lints: Vec<(String, Item)> = lints
            .into_iter()
            .flat_map(|lints| lints.iter())
            .map(|(tool, item)| (tool.to_owned(), item.clone()))
            .collect();
        let model = |table: &str, key: &str| model.get("workspace")?.get(table)?.get(key).cloned();
        for key in inherited(member.get("package")) {
            self.add("package", &key, model("package", &key))?;
        }
        let inherits_lints = member.get("lints").and_then(|lints| lints.get("workspace")).is_some();
        if inherits_lints && self.workspace()?.get("lints").is_none() {
            for (tool, lints) in lints {
                self.insert("lints", &tool, lints)?;
            }
        }
        for key in DEPENDENCIES.iter().flat_map(|table| inherited(member.get(table))) {
            self.add("dependencies", &key, model("dependencies", &key))?;
        }
        Ok(())
    }

    fn add(&mut self, table: &str, key: &str, wanted: Option<Item>) -> Result<(), WorkspaceError> {
        let name = format!("workspace.{table}.{key}");
        let present = self.workspace()?.get(table).and_then(|table| table.get(key)).cloned();
        match (present, wanted) {
            (Some(present), Some(wanted)) if table == "dependencies" => {
                self.differs.extend(difference(key, &present, &wanted));
                Ok(())
            }
            (Some(_), _) => Ok(()),
            (None, Some(wanted)) => self.insert(table, key, wanted),
            (None, None) => Err(WorkspaceError::Unknown(name)),
        }
    }

    fn insert(&mut self, table: &str, key: &str, wanted: Item) -> Result<(), WorkspaceError> {
        let path = wanted.get("path").and_then(Item::as_str).map(str::to_owned);
        let shape = || WorkspaceError::Shape(format!("workspace.{table}"));
        let workspace = self.workspace()?;
        let into = workspace.entry(table).or_insert_with(|| Item::Table(Table::new()));
        into.as_table_like_mut().ok_or_else(shape)?.insert(key, plain(wanted));
        self.says.push(format!("`{key}` is in `workspace.{table}`"));
        self.needs.extend(path);
        Ok(())
    }
}

/// Leaves out the comments that stood around an item where it came from.
fn plain(item: Item) -> Item {
    match item {
        Item::Value(mut value) => {
            value.decor_mut().clear();
            Item::Value(value)
        }
        Item::Table(table) => Item::Value(Value::InlineTable(table.into_inline_table())),
        other => other,
    }
}

/// Returns the keys of a table that are taken from the workspace.
fn inherited(table: Option<&Item>) -> Vec<String> {
    let entries = table.and_then(Item::as_table_like).into_iter().flat_map(|table| table.iter());
    let from_workspace = entries.filter(|(_, item)| item.get("workspace").and_then(Item::as_bool) == Some(true));
    from_workspace.map(|(key, _)| key.to_owned()).collect()
}

/// Says how a dependency of the workspace differs from the one that the crate was written for.
fn difference(name: &str, present: &Item, wanted: &Item) -> Option<String> {
    let (found, expected) = (requirement_of(present), requirement_of(wanted));
    if found != expected {
        let shown = |version: Option<&str>| version.map_or("no version".to_owned(), |version| format!("`{version}`"));
        return Some(format!(
            "`{name}` is {} in the workspace, and the template was written for {}",
            shown(found),
            shown(expected)
        ));
    }
    let has = features(present);
    let missing: Vec<String> = features(wanted).into_iter().filter(|feature| !has.contains(feature)).collect();
    (!missing.is_empty()).then(|| format!("`{name}` has no feature `{}` in the workspace", missing.join("`, `")))
}

fn requirement_of(item: &Item) -> Option<&str> {
    item.as_str().or_else(|| item.get("version")?.as_str())
}

fn features(item: &Item) -> Vec<String> {
    let features = item.get("features").and_then(Item::as_array).into_iter().flatten();
    features.filter_map(|feature| feature.as_str().map(str::to_owned)).collect()
}

fn texts(table: &dyn TableLike, key: &str) -> Result<Vec<String>, WorkspaceError> {
    let Some(item) = table.get(key) else { return Ok(Vec::new()) };
    let array = item.as_array().ok_or_else(|| WorkspaceError::Shape(format!("workspace.{key}")))?;
    Ok(array.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect())
}

/// Spells a folder as Cargo compares it.
fn spelled(entry: &str) -> &str {
    let mut entry = entry;
    while let Some(rest) = entry.strip_prefix("./") {
        entry = rest;
    }
    entry.trim_end_matches('/')
}

fn is_at_or_below(folder: &str, entry: &str) -> bool {
    folder.strip_prefix(spelled(entry)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tells whether a member, which may be a glob, stands for a folder.
fn covers(member: &str, folder: &str) -> bool {
    let mut pattern = String::from("^");
    let mut rest = spelled(member);
    while let Some(first) = rest.chars().next() {
        let set = rest.strip_prefix('[').and_then(|set| set.find(']').map(|end| &set[..end]));
        let (length, text) = match (first, set) {
            _ if rest.starts_with("**/") => (3, "(?:[^/]+/)*".to_owned()),
            ('*', _) => (1, "[^/]*".to_owned()),
            ('?', _) => (1, "[^/]".to_owned()),
            ('[', Some(set)) => {
                let set_of = set.strip_prefix('!').map_or_else(|| set.to_owned(), |set| format!("^{set}"));
                (set.len() + 2, format!("[{set_of}]"))
            }
            _ => (first.len_utf8(), regex::escape(&first.to_string())),
        };
        pattern.push_str(&text);
        rest = &rest[length..];
    }
    Regex::new(&format!("{pattern}$")).is_ok_and(|pattern| pattern.is_match(folder))
}

/// Adds a text to an array, on a line of its own where the others have one; comments keep their place.
fn push(array: &mut Array, text: &str) {
    let raw = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let Some(last) = array.len().checked_sub(1).and_then(|last| array.get_mut(last)) else {
        array.push(text);
        return;
    };
    let before = raw(last.decor().prefix());
    let Some((_, indent)) = before.rsplit_once('\n') else {
        array.push(text);
        return;
    };
    let after = raw(last.decor().suffix());
    last.decor_mut().set_suffix("");
    let after = after + &raw(Some(array.trailing()));
    let comments = after.rsplit_once('\n').map_or("", |(comments, _)| comments);
    let prefix = format!("{comments}\n{indent}");
    array.push_formatted(Value::from(text).decorated(prefix, ""));
    array.set_trailing("\n");
    array.set_trailing_comma(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str = "[package]\nname = \"billing\"\nversion.workspace = true\n\n\
         [dependencies]\naxum.workspace = true\n\n[dev-dependencies]\ntower = { workspace = true, features = [\"x\"] }\n\n\
         [lints]\nworkspace = true\n";
    const MODEL: &str = "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.package]\nversion = \"0.1.0\"\n\n\
         [workspace.dependencies]\n# Few features.\naxum = { version = \"0.8.9\", features = [\"json\"] }\ntower = \"0.5\"\n\n\
         [workspace.lints.rust]\nunsafe_code = \"forbid\"\n";

    fn joined(root: &str) -> Result<Joined, WorkspaceError> {
        join(root, "crates/billing", CRATE, MODEL)
    }

    #[test]
    fn a_workspace_that_has_everything_is_not_touched() {
        let joined = joined(MODEL).unwrap();
        assert_eq!((joined.text.as_str(), joined.says.len(), joined.differs.len()), (MODEL, 0, 0));
    }

    #[test]
    fn members_are_globs_as_cargo_reads_them() {
        for member in
            ["crates/*", "./crates/*", "crates/billing/", "crates/b?lling", "**/billing", "crates/[a-c]*", "*/*"]
        {
            assert!(covers(member, "crates/billing"), "{member}");
        }
        for member in ["crates", "crate/*", "*", "crates/bill", "crates/[!b]*", "crates/billing/*", "crates/{billing}"]
        {
            assert!(!covers(member, "crates/billing"), "{member}");
        }
    }

    #[test]
    fn a_member_is_added_and_every_comment_stays() {
        let rest = MODEL.split_once("]\n").unwrap().1.split_once("]\n").unwrap().1;
        for (members, expected) in [
            ("[\"crates/platform\"]", "[\"crates/platform\", \"crates/billing\"]"),
            (
                "[\n    # The library.\n    \"crates/platform\", # shared\n]",
                "[\n    # The library.\n    \"crates/platform\", # shared\n    \"crates/billing\",\n]",
            ),
            ("[\n  \"crates/platform\" # shared\n]", "[\n  \"crates/platform\", # shared\n  \"crates/billing\",\n]"),
        ] {
            let text = |members: &str| format!("# Ours.\n[workspace] # all of it\nmembers = {members}\n{rest}");
            assert_eq!(joined(&text(members)).unwrap().text, text(expected));
        }
    }

    #[test]
    fn an_excluded_folder_is_an_error_unless_it_is_named() {
        let excluding =
            |members: &str| MODEL.replace("[\"crates/*\"]", &format!("{members}\nexclude = [\"./crates/billing\"]"));
        let entry = "./crates/billing".to_owned();
        assert_eq!(
            joined(&excluding("[\"crates/*\"]")),
            Err(WorkspaceError::Excluded { folder: "crates/billing".to_owned(), entry })
        );
        assert!(joined(&excluding("[\"crates/billing\"]")).is_ok());
        assert!(joined(&MODEL.replace("[\"crates/*\"]", "[\"crates/*\"]\nexclude = [\"crates/bill\"]")).is_ok());
    }

    #[test]
    fn what_the_crate_inherits_is_added_and_what_differs_is_reported() {
        let root = "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\n\
             axum = \"0.7\" # not yet\n";
        let joined = joined(root).unwrap();
        assert_eq!(joined.differs, ["`axum` is `0.7` in the workspace, and the template was written for `0.8.9`"]);
        assert!(joined.text.starts_with("[workspace]\nmembers = [\"crates/*\"]\n"), "{}", joined.text);
        assert!(joined.text.contains("axum = \"0.7\" # not yet\ntower = \"0.5\"\n"), "{}", joined.text);
        assert_eq!(version(&joined.text, CRATE).as_deref(), Some("0.1.0"));
        assert!(joined.text.contains("unsafe_code = \"forbid\""), "{}", joined.text);
        let again = super::join(&joined.text, "crates/billing", CRATE, MODEL).unwrap();
        assert_eq!(again.says, Vec::<String>::new());
    }

    #[test]
    fn a_missing_feature_is_reported() {
        let joined = joined(&MODEL.replace("\"json\"", "")).unwrap();
        assert_eq!(joined.differs, ["`axum` has no feature `json` in the workspace"]);
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        let root = format!("\u{feff}{}", MODEL.replace("crates/*", "crates/platform").replace('\n', "\r\n"));
        let text = joined(&root).unwrap().text;
        assert_eq!(text, root.replace("platform\"]", "platform\", \"crates/billing\"]"));
    }

    #[test]
    fn a_manifest_without_a_workspace_is_refused() {
        assert_eq!(joined("[package]\nname = \"x\"\n"), Err(WorkspaceError::NoWorkspace));
    }
}
