//! The web site of the documentation, built by mdBook.

use std::fs;

use xtask::portal::Build;
use xtask::site;

use super::portal;
use crate::book;

#[test]
fn mdbook_builds_the_site_with_every_page() {
    let folder = site::build(Build::Tested).unwrap();
    let summary = fs::read_to_string(xtask::workspace::root().join("docs/SUMMARY.md")).unwrap();
    let pages = summary.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().replace(".md", ".html"));
    for page in pages {
        assert!(folder.join(&page).is_file(), "{page}");
    }
}

#[test]
fn the_width_of_the_page_is_the_one_that_its_code_is_held_to() {
    let folder = site::build(Build::Tested).unwrap().join("css");
    let sheets = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let sheets: String = sheets.collect();
    let pixels = |name: &str| sheets.split_once(&format!("{name}: ")).and_then(|(_, rest)| rest.split_once("px;"));
    for (name, tenths) in [("--content-max-width", book::CONTENT), ("--page-padding", book::PAGE_PADDING)] {
        assert_eq!(pixels(name).unwrap().0.parse(), Ok(tenths / 10), "{name}");
    }
    assert!(sheets.contains("--code-font-size: 0.875em;"));
}

#[test]
fn the_page_of_a_wrong_address_finds_its_style_sheets() {
    let folder = site::build(Build::Tested).unwrap();
    let page = fs::read_to_string(folder.join("404.html")).unwrap();
    assert!(page.contains("<base href=\"/launchway/\">"), "the address may be any depth");
    assert!(page.contains("There is no such page"));
}

#[test]
fn the_first_page_leads_to_the_portal() {
    let folder = site::build(Build::Tested).unwrap();
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    let leads = page.contains("<a class=\"try\" href=\"portal/index.html\">Try it here</a>");
    if portal::is_missing() {
        assert!(!leads, "nothing leads to what is not there");
        return;
    }
    assert!(leads);
    for file in ["index.html", "app.js", "launchway.wasm"] {
        assert!(folder.join("portal").join(file).is_file(), "{file}");
    }
}
