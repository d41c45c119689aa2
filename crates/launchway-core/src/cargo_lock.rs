//! `Cargo.lock`: the order of its packages, on which Cargo insists, and a crate that is brought into it.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};

const TABLE: &str = "[[package]]\n";

/// Sorts the `[[package]]` tables by name and version, as Cargo writes them; the rest stays where it is.
///
/// ```
/// use launchway_core::sort_packages;
///
/// let lock = "version = 4\n\n[[package]]\nname = \"b\"\n\n[[package]]\nname = \"a\"\n";
/// assert_eq!(sort_packages(lock), "version = 4\n\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\n");
/// ```
#[must_use]
pub fn sort_packages(lock: &str) -> String {
    LockFile::read(lock).text()
}

/// Puts packages and what each depends on into the order of Cargo.
pub(crate) fn in_order(lock: &str) -> String {
    let mut lock = LockFile::read(lock);
    for package in &mut lock.packages {
        let mut entries: Vec<String> = package.dependencies().into_iter().map(str::to_owned).collect();
        if !entries.is_sorted_by_key(|entry| words(entry)) {
            entries.sort_by(|left, right| words(left).cmp(&words(right)));
            *package = package.depending_on(&entries);
        }
    }
    lock.text()
}

/// The name, the version and the source of an entry among some dependencies, which Cargo compares one after the other.
fn words(entry: &str) -> Vec<&str> {
    entry.split(' ').collect()
}

/// A lock file in its parts.
struct LockFile<'l> {
    head: &'l str,
    packages: Vec<Package>,
    /// What follows the packages, such as patches that nothing uses.
    tail: &'l str,
}

/// A package of a lock file.
#[derive(Debug, Clone)]
struct Package {
    name: String,
    version: Option<Version>,
    text: String,
}

impl<'l> LockFile<'l> {
    fn read(text: &'l str) -> Self {
        let end = ["\n[[patch", "\n[metadata", "\n[patch"].iter().filter_map(|table| text.find(table)).min();
        let (text, tail) = text.split_at(end.unwrap_or(text.len()));
        let mut tables = text.split(TABLE).map(str::trim_end);
        let head = tables.next().unwrap_or_default();
        Self { head, packages: tables.map(Package::read).collect(), tail: tail.trim() }
    }

    fn text(mut self) -> String {
        self.packages.sort_by_cached_key(|package| (package.name.clone(), package.version.clone()));
        let mut text = self.head.to_owned();
        for package in &self.packages {
            text.push_str("\n\n");
            text.push_str(TABLE);
            text.push_str(&package.text);
        }
        text.push('\n');
        if !self.tail.is_empty() {
            text.push('\n');
            text.push_str(self.tail);
            text.push('\n');
        }
        text
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(move |package| package.name == name)
    }

    /// Finds the package that an entry among some dependencies means.
    fn meant(&self, entry: &str) -> Option<&Package> {
        let mut words = entry.split(' ');
        let name = words.next()?;
        let version: Option<Version> = words.next().and_then(|version| version.parse().ok());
        self.named(name).find(|package| version.is_none() || package.version == version)
    }

    /// Finds the package that stands for one of another lock file: the one that a requirement asks for, or the newest of
    /// the same series, as a series is compatible and what a lock file holds fits together.
    fn like(&self, other: &Package, asked: Option<&VersionReq>) -> Option<&Package> {
        if other.is_local() {
            return self.named(&other.name).find(|package| package.is_local());
        }
        let fits = |version: &Version| match asked {
            Some(asked) => asked.matches(version),
            None => other.version.as_ref().is_some_and(|other| series(other) == series(version)),
        };
        let fitting = self.named(&other.name).filter(|package| package.version.as_ref().is_some_and(fits));
        fitting.max_by_key(|package| &package.version)
    }

    /// Spells out the versions of dependencies where a name alone does not say which package is meant, and only there.
    fn spell_out(&mut self, version_of: impl Fn(&Package, &str) -> Option<Version>) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for package in &self.packages {
            *counts.entry(package.name.clone()).or_default() += 1;
        }
        for package in &mut self.packages {
            let entry = |entry: &str| {
                let (name, has_source) = (entry.split(' ').next().unwrap_or_default(), entry.contains('('));
                match version_of(package, entry) {
                    Some(_) if has_source => entry.to_owned(),
                    Some(version) if counts.get(name).is_some_and(|count| *count > 1) => format!("{name} {version}"),
                    _ => name.to_owned(),
                }
            };
            let entries: Vec<String> = package.dependencies().into_iter().map(entry).collect();
            *package = package.depending_on(&entries);
        }
    }
}

/// Returns what compatible versions have in common.
pub(crate) fn series(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    }
}

impl Package {
    fn read(text: &str) -> Self {
        let version = field(text, "version").parse().ok();
        Self { name: field(text, "name").to_owned(), version, text: text.to_owned() }
    }

    fn is_local(&self) -> bool {
        field(&self.text, "source").is_empty()
    }

    fn key(&self) -> String {
        format!("{} {}", self.name, field(&self.text, "version"))
    }

    fn with_version(&self, version: &str) -> Self {
        let line = |version: &str| format!("version = \"{version}\"\n");
        Self::read(&self.text.replacen(&line(field(&self.text, "version")), &line(version), 1))
    }

    fn dependencies(&self) -> Vec<&str> {
        let list = self.text.split_once("dependencies = [\n").map_or("", |(_, list)| list);
        list.lines().map_while(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect()
    }

    /// Puts other entries in place of the dependencies.
    fn depending_on(&self, entries: &[String]) -> Self {
        let Some((before, list)) = self.text.split_once("dependencies = [\n") else { return self.clone() };
        let after = list.split_once(']').map_or("", |(_, after)| after);
        let lines = entries.iter().fold(String::new(), |lines, entry| lines + " \"" + entry + "\",\n");
        Self { text: format!("{before}dependencies = [\n{lines}]{after}"), ..self.clone() }
    }
}

/// Brings a package of another lock file, `model`, into a lock file, with all that it needs and that is not there yet.
///
/// What is there stays as it is. `asked` says which versions of a dependency the workspace asks for. `None` if the model
/// does not hold together.
pub(crate) fn join(
    lock: &str,
    model: &str,
    name: &str,
    version: &str,
    asked: impl Fn(&str) -> Option<VersionReq>,
) -> Option<String> {
    let plain = lock.replace("\r\n", "\n");
    let (mut joined, model) = (LockFile::read(&plain), LockFile::read(model));
    let mut chosen: BTreeMap<(String, String), Option<Version>> = BTreeMap::new();
    for package in &joined.packages {
        let version = |entry: &str| joined.meant(entry)?.version.clone();
        chosen.extend(package.dependencies().into_iter().map(|it| ((package.key(), it.to_owned()), version(it))));
    }
    let own = model.named(name).find(|package| package.is_local())?.with_version(version);
    joined.packages.push(own.clone());
    let mut waiting = vec![own];
    while let Some(package) = waiting.pop() {
        for entry in package.dependencies() {
            let wanted = model.meant(entry)?;
            let asked = if package.name == name { asked(&wanted.name) } else { None };
            let there = joined.like(wanted, asked.as_ref()).map(|there| there.version.clone());
            if there.is_none() {
                joined.packages.push(wanted.clone());
                waiting.push(wanted.clone());
            }
            chosen.insert((package.key(), entry.to_owned()), there.unwrap_or_else(|| wanted.version.clone()));
        }
    }
    joined.spell_out(|package, entry| chosen.get(&(package.key(), entry.to_owned())).cloned().flatten());
    let text = joined.text();
    Some(if lock.contains("\r\n") { text.replace('\n', "\r\n") } else { text })
}

/// Tells whether a lock file holds a package of a name.
pub(crate) fn holds(lock: &str, name: &str) -> bool {
    LockFile::read(&lock.replace("\r\n", "\n")).named(name).next().is_some()
}

fn field<'p>(package: &'p str, key: &str) -> &'p str {
    let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
    line.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# Made by Cargo.\nversion = 4\n";

    /// Writes a lock file of packages, each `name version` with what it depends on; one without a version is local.
    fn lock(packages: &[(&str, &[&str])]) -> String {
        let package = |(package, dependencies): &(&str, &[&str])| {
            let (name, version) = package.split_once(' ').unwrap_or((package, ""));
            let source = if version.is_empty() { "" } else { "source = \"registry\"\n" };
            let version = if version.is_empty() { "0.1.0" } else { version };
            let entries = dependencies.iter().fold(String::new(), |entries, entry| entries + " \"" + entry + "\",\n");
            let list = if entries.is_empty() { String::new() } else { format!("dependencies = [\n{entries}]\n") };
            format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}{list}")
        };
        packages.iter().fold(HEAD.to_owned(), |text, it| text + &package(it))
    }

    fn joined(before: &[(&str, &[&str])], model: &[(&str, &[&str])], asked: &str) -> String {
        join(&lock(before), &lock(model), "billing", "0.1.0", |_| asked.parse().ok()).unwrap()
    }

    #[test]
    fn a_crate_is_brought_in_at_its_place_and_nothing_else_moves() {
        let model: [(&str, &[&str]); 3] =
            [("axum 1.0.0", &[]), ("billing", &["axum", "platform"]), ("platform", &["axum"])];
        let before: [(&str, &[&str]); 3] =
            [("axum 1.4.0", &[]), ("orders", &["axum", "platform"]), ("platform", &["axum"])];
        let mut after = before.to_vec();
        after.insert(1, ("billing", &["axum", "platform"]));
        assert_eq!(joined(&before, &model, "1.0"), lock(&after));
        let text = lock(&before) + "\n[[patch.unused]]\nname = \"x\"\n";
        let text = join(&text, &lock(&model), "billing", "0.1.0", |_| None).unwrap();
        assert_eq!(text, lock(&after) + "\n[[patch.unused]]\nname = \"x\"\n");
    }

    #[test]
    fn packages_that_are_missing_come_along_with_what_they_need() {
        let model: [(&str, &[&str]); 3] = [("billing", &["tower"]), ("pin 0.2.0", &[]), ("tower 0.5.0", &["pin"])];
        assert_eq!(joined(&[("orders", &[])], &model, "0.5"), lock(&[model[0], ("orders", &[]), model[1], model[2]]));
    }

    #[test]
    fn two_versions_of_a_package_are_told_apart_everywhere() {
        let model: [(&str, &[&str]); 3] = [("a 2.0.0", &[]), ("b 1.0.0", &["a"]), ("billing", &["b"])];
        let expected: [(&str, &[&str]); 5] = [
            ("a 1.0.0", &[]),
            ("a 2.0.0", &[]),
            ("b 1.0.0", &["a 2.0.0"]),
            ("billing", &["b"]),
            ("orders", &["a 1.0.0"]),
        ];
        assert_eq!(joined(&[("a 1.0.0", &[]), ("orders", &["a"])], &model, "1"), lock(&expected));
    }

    #[test]
    fn the_version_that_the_workspace_asks_for_is_taken() {
        let model: [(&str, &[&str]); 2] = [("a 1.0.0", &[]), ("billing", &["a"])];
        let before: [(&str, &[&str]); 3] = [("a 1.0.0", &[]), ("a 2.0.0", &[]), ("orders", &["a 2.0.0"])];
        assert!(
            joined(&before, &model, "2")
                .contains("name = \"billing\"\nversion = \"0.1.0\"\ndependencies = [\n \"a 2.0.0\"")
        );
    }
}
