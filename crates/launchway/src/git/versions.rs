//! Which tags of a repository are the versions of a template, and in which order.

use launchway_core::{SafePath, without_zeros};
use semver::{BuildMetadata, Prerelease, Version, VersionReq};

/// How a tag writes a version: tags of one shape can be put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape<'t> {
    /// What stands before the version: `orders/`, `service-`.
    prefix: &'t str,
    has_v: bool,
    /// How many numbers it has: a semantic version has three.
    numbers: usize,
    /// Whether they are a date, `2024-01-15`.
    is_date: bool,
}

/// A tag with the version that it names.
#[derive(Debug, Clone)]
struct Tagged<'t> {
    version: Version,
    tag: &'t str,
    shape: Shape<'t>,
}

/// The versions among the tags of a repository, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Versions<'t>(Vec<Tagged<'t>>);

impl<'t> Versions<'t> {
    /// Finds the versions of the template in a folder of the repository: the tags that bear the folder's name, or those that
    /// are semantic versions, or all tags if they have one shape.
    pub(super) fn of(tags: impl IntoIterator<Item = &'t str>, folder: Option<&SafePath>) -> Self {
        let read: Vec<Option<Tagged<'t>>> = tags.into_iter().map(Tagged::read).collect();
        let own = |tagged: &Tagged<'_>| folder.is_some_and(|folder| tagged.shape.is_of(folder));
        let of_folder: Vec<_> = read.iter().filter(|it| it.as_ref().is_some_and(own)).cloned().collect();
        let mut versions = Self::chosen(&of_folder, |shape| shape.numbers == 3);
        if versions.is_empty() {
            versions = Self::chosen(&read, |shape| shape.numbers == 3 && shape.prefix.is_empty() && !shape.is_date);
        }
        versions.sort_by(|left, right| (&left.version, left.tag).cmp(&(&right.version, right.tag)));
        Self(versions)
    }

    /// Takes all tags if they have one shape, and otherwise those that are versions without looking at the others.
    fn chosen(read: &[Option<Tagged<'t>>], is_version: impl Fn(Shape<'_>) -> bool) -> Vec<Tagged<'t>> {
        let first = read.first().and_then(Option::as_ref).map(|it| it.shape);
        let has_one_shape = first.is_some() && read.iter().all(|it| it.as_ref().map(|it| it.shape) == first);
        let all = read.iter().flatten();
        all.filter(|it| has_one_shape || is_version(it.shape) && it.is_semantic()).cloned().collect()
    }

    /// Lists the versions, the newest last.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Version> {
        self.0.iter().map(|it| &it.version)
    }

    /// Returns the tag of the newest version that is wanted.
    pub(crate) fn newest(&self, is_wanted: impl Fn(&Version) -> bool) -> Option<&'t str> {
        self.0.iter().rfind(|it| is_wanted(&it.version)).map(|it| it.tag)
    }

    /// Returns the tag of the newest version that `1`, `1.2` or `1.2.3` means, with or without a `v` before it.
    pub(super) fn matching(&self, name: &str) -> Option<&'t str> {
        let plain = name.strip_prefix('v').unwrap_or(name);
        let Some(asked) = Tagged::read(plain).filter(|it| it.shape.prefix.is_empty()) else {
            let requirement = VersionReq::parse(plain).ok()?;
            return self.newest(|version| requirement.matches(version));
        };
        let (numbers, asked) = (asked.shape.numbers, &asked.version);
        self.newest(|version| match numbers {
            1 => version.major == asked.major && version.pre == asked.pre,
            2 => (version.major, version.minor) == (asked.major, asked.minor) && version.pre == asked.pre,
            _ => version.cmp_precedence(asked).is_eq() && (asked.build.is_empty() || version.build == asked.build),
        })
    }

    /// Returns how a version is written that was typed with zeros before its numbers, unless its tag has them too.
    pub(super) fn respelt(name: &str, tag: &str) -> Option<String> {
        let plain = name.strip_prefix('v').unwrap_or(name);
        let tagged = Tagged::read(tag)?;
        let text = &tag[tagged.shape.prefix.len()..];
        if text.strip_prefix('v').unwrap_or(text).starts_with(plain) { None } else { without_zeros(plain) }
    }

    /// Returns the version that a tag names, be it among the versions or not.
    pub(crate) fn of_tag(tag: &str) -> Option<Version> {
        Tagged::read(tag).map(|it| it.version)
    }

    /// Tells whether a tag is a branch in disguise: `v1` beside `v1.2.3` is moved with every release.
    pub(crate) fn is_floating(&self, tag: &str) -> bool {
        Tagged::read(tag).is_some_and(|it| it.shape.numbers < 3) && !self.holds(tag)
    }

    /// Tells whether a tag is among the versions.
    pub(super) fn holds(&self, tag: &str) -> bool {
        self.0.iter().any(|it| it.tag == tag)
    }

    /// Tells whether the versions have fewer than three numbers.
    pub(super) fn are_short(&self) -> bool {
        self.0.iter().any(|it| it.shape.numbers < 3)
    }
}

impl Versions<'_> {
    /// Returns the version that the manifest of a template below a tag should have: dates are no versions of a manifest.
    pub(crate) fn told_by(tag: &str) -> Option<Version> {
        let tagged = Tagged::read(tag)?;
        let is_told = !tagged.shape.is_date && (tagged.shape.numbers == 2 || tagged.is_semantic());
        is_told.then_some(tagged.version)
    }
}

impl Shape<'_> {
    /// Tells whether tags of this shape bear the name of a folder: its path or its last segment.
    fn is_of(self, folder: &SafePath) -> bool {
        let name = self.prefix.strip_suffix(['/', '-', '_']).unwrap_or_default();
        let last = folder.as_str().rsplit('/').next().unwrap_or_default();
        !name.is_empty() && (name == folder.as_str() || name == last)
    }
}

impl<'t> Tagged<'t> {
    /// Reads `v1.2.3`, `1.2`, `orders/v1.2.3`, `service-1.2.3-rc.1`, `2024.01.15` or `2024-01-15`.
    fn read(tag: &'t str) -> Option<Self> {
        let folder = tag.rfind('/').map_or(0, |slash| slash + 1);
        let dashes = tag[folder..].match_indices(['-', '_']).map(|(dash, _)| folder + dash + 1);
        std::iter::once(folder).chain(dashes).find_map(|start| {
            let (prefix, text) = tag.split_at(start);
            let (has_v, text) = text.strip_prefix('v').map_or((false, text), |text| (true, text));
            let (version, numbers, is_date) = date(text).or_else(|| version(text))?;
            Some(Self { version, tag, shape: Shape { prefix, has_v, numbers, is_date } })
        })
    }

    /// Tells whether the version is written as semantic versions are, whatever stands before it.
    fn is_semantic(&self) -> bool {
        let text = &self.tag[self.shape.prefix.len()..];
        Version::parse(text.strip_prefix('v').unwrap_or(text)).is_ok()
    }
}

/// Reads `2024-01-15`.
fn date(text: &str) -> Option<(Version, usize, bool)> {
    let numbers: Vec<&str> = text.split('-').collect();
    let is_date = numbers.iter().map(|number| number.len()).eq([4, 2, 2]);
    let numbers: Vec<u64> = numbers.into_iter().map(number).collect::<Option<_>>()?;
    let [year, month, day] = numbers.try_into().ok()?;
    is_date.then(|| (Version::new(year, month, day), 3, true))
}

/// Reads one to three numbers, with what semantic versions have after them; numbers may have zeros in front.
fn version(text: &str) -> Option<(Version, usize, bool)> {
    let (text, build) = text.split_once('+').map_or((text, ""), |(text, build)| (text, build));
    let (text, pre) = text.split_once('-').map_or((text, ""), |(text, pre)| (text, pre));
    let numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let count = numbers.len();
    let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let (pre, build) = (Prerelease::new(pre).ok()?, BuildMetadata::new(build).ok()?);
    (count <= 3).then(|| (Version { pre, build, ..Version::new(at(0), at(1), at(2)) }, count, false))
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest<'t>(tags: &[&'t str], folder: Option<&str>) -> Option<&'t str> {
        let folder = folder.map(|folder| SafePath::new(folder).unwrap());
        Versions::of(tags.iter().copied(), folder.as_ref()).newest(|version| version.pre.is_empty())
    }

    #[test]
    fn versions_are_ordered_as_versions_and_prereleases_wait_to_be_asked_for() {
        let tags = ["v1.9.0", "1.10.0", "v2.0.0-rc.1", "latest", "v1.2"];
        let versions = Versions::of(tags, None);
        assert_eq!(versions.0.iter().map(|it| it.tag).collect::<Vec<_>>(), ["v1.9.0", "1.10.0", "v2.0.0-rc.1"]);
        assert_eq!(versions.newest(|version| version.pre.is_empty()), Some("1.10.0"));
        for (asked, found) in [
            ("1", Some("1.10.0")),
            ("v1", Some("1.10.0")),
            ("1.9", Some("v1.9.0")),
            ("v1.9.0", Some("v1.9.0")),
            ("1.8.0", None),
            ("2.0.0-rc.1", Some("v2.0.0-rc.1")),
            ("2", None),
            ("main", None),
        ] {
            assert_eq!(versions.matching(asked), found, "{asked}");
        }
    }

    #[test]
    fn u40_a_tag_of_fewer_than_three_numbers_is_a_branch_in_disguise() {
        let versions = Versions::of(["v1", "v1.2", "v1.2.3", "v1.1.0"], None);
        for asked in ["1", "v1", "1.2", "v1.2"] {
            assert_eq!(versions.matching(asked), Some("v1.2.3"), "{asked}");
        }
        assert!(versions.is_floating("v1") && versions.is_floating("v1.2"));
        assert!(!versions.is_floating("v1.2.3") && !versions.is_floating("latest"));
    }

    #[test]
    fn u41_versions_of_another_shape_are_taken_in_order_where_all_tags_have_it() {
        for (tags, expected) in [
            (&["v1.9", "v1.10"][..], Some("v1.10")),
            (&["v1", "v2", "v10"], Some("v10")),
            (&["v1.0", "latest"], None),
            (&["v1.0", "v1.1.1"], Some("v1.1.1")),
            (&["service-1.9.0", "service-1.10.0"], Some("service-1.10.0")),
            (&["my-2nd-thing-1.0.0", "my-2nd-thing-1.0.1"], Some("my-2nd-thing-1.0.1")),
            (&["orders/v1.2.3", "orders/v1.3.0-rc.1"], Some("orders/v1.2.3")),
            (&["orders/v1.2.3", "billing/v2.0.0"], None),
            (&["orders/v1.2.3", "v0.1.0"], Some("v0.1.0")),
            (&["2024.01.15", "2024.10.02", "2024.10.12"], Some("2024.10.12")),
            (&["2024.10.12", "2024.11.05"], Some("2024.11.05")),
            (&["2024-10-12", "2024-11-05"], Some("2024-11-05")),
            (&["20241012", "20241105"], Some("20241105")),
            (&["2024.11.05", "v1.0.0"], Some("v1.0.0")),
            (&["1.0.0+build.2", "1.0.0+build.10"], Some("1.0.0+build.10")),
            (&["v1.0-rc1", "v0.9"], Some("v0.9")),
            (&["1.2.3.4", "1.2.3.5"], None),
            (&[], None),
        ] {
            assert_eq!(newest(tags, None), expected, "{tags:?}");
        }
    }

    #[test]
    fn u41_the_tags_that_bear_the_name_of_a_folder_are_the_versions_of_its_template() {
        let tags = ["orders/v1.2.3", "orders/v1", "templates/orders/v1.3.0", "billing-2.0.0", "v9.0.0"];
        for (folder, expected) in [
            ("orders", "orders/v1.2.3"),
            ("a/billing", "billing-2.0.0"),
            ("templates/orders", "templates/orders/v1.3.0"),
            ("web", "v9.0.0"),
        ] {
            assert_eq!(newest(&tags, Some(folder)), Some(expected), "{folder}");
        }
        let folder = SafePath::new("orders").unwrap();
        let versions = Versions::of(tags, Some(&folder));
        assert_eq!(
            (versions.matching("1"), versions.matching("1.2.3")),
            (Some("orders/v1.2.3"), Some("orders/v1.2.3"))
        );
        assert!(versions.is_floating("orders/v1"));
    }

    #[test]
    fn u40_a_whole_version_is_meant_as_it_is() {
        let versions = Versions::of(["v1.2.3+b.1", "v1.2.3+b.2", "v1.4.0"], None);
        assert_eq!(versions.matching("1.2.3"), Some("v1.2.3+b.2"));
        assert_eq!(versions.matching("1.2.3+b.1"), Some("v1.2.3+b.1"));
        assert_eq!(versions.matching("1.3.0"), None);
    }
}
