//! The web site of the documentation, built by mdBook.

use std::fs;

use xtask::site;

#[test]
fn mdbook_builds_the_site_with_every_page() {
    let folder = site::build().unwrap();
    let summary = fs::read_to_string(xtask::workspace::root().join("docs/SUMMARY.md")).unwrap();
    let pages = summary.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().replace(".md", ".html"));
    for page in pages {
        assert!(folder.join(&page).is_file(), "{page}");
    }
}
