//! The order of packages in a `Cargo.lock`. Cargo insists on it: with `--locked` it refuses any other.

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
    const TABLE: &str = "[[package]]\n";
    let mut tables = lock.split(TABLE).map(str::trim_end);
    let head = tables.next().unwrap_or_default();
    let mut packages: Vec<&str> = tables.collect();
    packages.sort_by_cached_key(|package| (field(package, "name").to_owned(), version(package)));
    let mut sorted = head.to_owned();
    for package in packages {
        sorted.push_str("\n\n");
        sorted.push_str(TABLE);
        sorted.push_str(package);
    }
    sorted.push('\n');
    sorted
}

fn field<'p>(package: &'p str, key: &str) -> &'p str {
    let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
    line.unwrap_or_default()
}

fn version(package: &str) -> Option<semver::Version> {
    field(package, "version").parse().ok()
}
