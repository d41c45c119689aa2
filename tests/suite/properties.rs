//! What the fuzz targets hold, held here for their seeds and for some thousand inputs that are made of them.

use std::fs;

use launchway_hostile::{BODIES, mutations};
use xtask::workspace;

use crate::sample;

/// The seeds of a fuzz target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = workspace::root().join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seeds");
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn what_must_hold_for_any_input_holds_for_the_seeds_and_what_is_made_of_them() {
    for (target, body) in BODIES {
        let is_slow = matches!(target, "template" | "record");
        let count = if is_slow { sample::size(200, 20_000) } else { sample::size(1_000, 100_000) };
        mutations(&seeds(target), count).for_each(|input| body(&input));
    }
}

#[test]
fn u27_kubernetes_expands_a_quoted_text_to_what_it_was_and_so_does_every_other_reader() {
    let quoting = BODIES.iter().find(|(target, _)| *target == "quoting").unwrap().1;
    let made =
        ["$(HOME)", "$$(HOME)", "$$$(HOME)", "$", "$$", "$(", "$()", "a$(HOME", "$(NONE)$", "${a}$$${b}%{c}", "`a`\\`"];
    for text in made {
        quoting(text.as_bytes());
    }
    // Every text of up to seven of the characters that mean something to Kubernetes.
    let letters = ['$', '(', ')', 'H', '\\', '"', '\''];
    for number in 0..sample::size(letters.len().pow(5), letters.len().pow(7)) {
        let digits = std::iter::successors(Some(number), |rest| (*rest > 0).then_some(rest / letters.len()));
        let text: String = digits.map(|digit| letters[digit % letters.len()]).collect();
        quoting(text.as_bytes());
    }
}

#[test]
fn a63_an_update_merges_as_git_does() {
    let program = crate::program::path();
    mutations(&seeds("merge"), sample::size(8, 1_000)).for_each(|input| launchway_hostile::merge(program, &input));
}

#[test]
fn a_merge_by_structure_means_what_a_merge_of_the_leaves_says() {
    let count = sample::size(20_000, 1_000_000);
    let merged = mutations(&seeds("structure"), count).filter(|input| launchway_hostile::structure(input)).count();
    assert!(merged > count / 5, "only {merged} of {count} cases were merged: the test shows nothing");
}

#[test]
fn without_its_proof_a_merge_by_structure_would_be_wrong() {
    let is_wrong = |input: &Vec<u8>| launchway_hostile::is_wrong_unproven(input);
    let wrong = mutations(&seeds("structure"), 20_000).filter(is_wrong).count();
    println!("{wrong} of 20000 would be wrong");
    assert!(wrong > 0, "the proof of a merge by structure finds nothing that another step would not");
}
