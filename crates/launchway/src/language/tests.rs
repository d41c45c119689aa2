//! Which language is chosen, and how values get into texts.

use std::collections::BTreeMap;

use super::*;

#[test]
fn the_locale_decides_unless_the_user_says_more() {
    let with = |pairs: &[(&str, &str)]| {
        let pairs: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Language::of_environment(|name| pairs.get(name).cloned(), None)
    };
    assert_eq!(with(&[]), Language::English);
    assert_eq!(with(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
    assert_eq!(with(&[("LANG", "ko")]), Language::Korean);
    assert_eq!(with(&[("LANG", "ko_KR.EUC-KR")]), Language::English);
    assert_eq!(with(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")]), Language::English);
    assert_eq!(with(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "")]), Language::Korean);
    assert_eq!(with(&[("LANG", "C"), ("LAUNCHWAY_LANG", "ko")]), Language::Korean);
    assert_eq!(with(&[("LANG", "ko_KR.UTF-8"), ("LAUNCHWAY_LANG", "en")]), Language::English);
    let preferred = |pairs: &[(&str, &str)]| {
        let set = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Language::of_environment(set, Some(Language::Korean))
    };
    assert_eq!(preferred(&[("LANG", "en_US.UTF-8")]), Language::Korean);
    assert_eq!(preferred(&[("LANG", "ko_KR.UTF-8"), ("LAUNCHWAY_LANG", "en")]), Language::English);
}

#[test]
fn the_program_carries_the_korean_texts_byte_for_byte() {
    for (packed, text) in [
        (&include_bytes!(concat!(env!("OUT_DIR"), "/ko.toml"))[..], include_str!("ko.toml")),
        (include_bytes!(concat!(env!("OUT_DIR"), "/messages.ko.toml")), include_str!("messages.ko.toml")),
    ] {
        assert!(unpacked(packed) == text.as_bytes(), "build again: {}", text.lines().next().unwrap_or_default());
    }
}

#[test]
fn values_are_filled_in_once() {
    assert_eq!(fill("{a} of {b}{", &[("a", &"{b}"), ("b", &2)]), "{b} of 2{");
    assert_eq!(fill("{unknown} stays", &[]), "{unknown} stays");
}
