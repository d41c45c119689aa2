//! A message is found again in what was made of it, whole or not at all.

use std::fmt::Display;

use launchway_core::told::{fill, parts};

use super::translation;

fn korean_of(english: &str) -> String {
    translation().tell(english)
}

#[test]
fn a_message_is_told_with_its_values_and_what_stands_in_it() {
    for (english, expected) in [
        ("error: `a b` is missing", "오류: `a b`이(가) 없습니다"),
        ("  hint: did you mean `port`?\n", "  힌트: `port`을(를) 입력하려고 했나요?\n"),
        (
            "port `99999` is out of range (on the command line)",
            "port `99999`이(가) 범위를 벗어났습니다(명령줄에서 지정)",
        ),
        (
            "cannot read `a.toml`: No such file or directory (os error 2)",
            "`a.toml`을(를) 읽을 수 없습니다: 파일이나 폴더가 없습니다(os error 2)",
        ),
        ("template.toml:3:1: the id `A` is not a slug", "template.toml:3:1: id `A`이(가) 슬러그가 아닙니다"),
        ("`a/b.toml` cannot be used: it is not UTF-8 text", "`a/b.toml`: 사용할 수 없습니다: UTF-8 텍스트가 아닙니다"),
        ("`nothing was written` is missing", "`nothing was written`이(가) 없습니다"),
    ] {
        assert_eq!(korean_of(english), expected);
    }
}

#[test]
fn what_nobody_knows_stays_as_it_is() {
    for text in ["fatal: some words of git", "orders/Dockerfile", "a b: c d e (f g)", "이미 한국어입니다", "", "\n"]
    {
        assert_eq!(korean_of(text), text);
    }
    // A cause that another program has named stays as it said it.
    assert_eq!(korean_of("git failed: it went its own way"), "git이 실패했습니다: it went its own way");
}

#[test]
fn every_form_is_found_again_by_itself() {
    let mut faults = Vec::new();
    for (english, korean) in translation().messages() {
        let (pieces, names) = parts(english.trim());
        if !pieces.iter().any(|piece| piece.contains(char::is_alphanumeric)) {
            continue;
        }
        // What follows a value at once begins with a sign.
        let sign = |at: usize| if at > 0 && pieces[at].is_empty() { ", " } else { "" };
        let values: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("{}{name}-7", sign(at))).collect();
        let given: Vec<(&str, &dyn Display)> =
            names.iter().zip(&values).map(|(name, value)| (*name, value as &dyn Display)).collect();
        let (said, expected) = (fill(english.trim(), &given), fill(korean.trim(), &given));
        let found = korean_of(&said);
        if found != expected {
            faults.push(format!("{said}\n  {found}\n  instead of {expected}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_must_agree_is_told_with_its_fault_and_its_values_or_not_at_all() {
    translation().learn([("memory: the request".to_owned(), "메모리의 요청량".to_owned())].into());
    for (english, expected) in [
        ("memory: the request: the values differ", "메모리의 요청량: 값이 서로 다릅니다"),
        (
            "a.yaml at /x: memory: the request: the values differ: `1` in a.yaml at /x, `2, 3` in b",
            "a.yaml의 /x: 메모리의 요청량: 값이 서로 다릅니다: `1`(a.yaml의 /x), `2, 3`(b)",
        ),
        ("memory: the request: nobody knows this fault of it", "memory: the request: nobody knows this fault of it"),
        ("the other ports of it: the values differ", "the other ports of it: the values differ"),
    ] {
        assert_eq!(korean_of(english), expected);
    }
}
