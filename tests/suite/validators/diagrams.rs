//! The diagrams of the READMEs, read by Mermaid itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Verdict, ours, tools, validate};
use crate::diagrams;

fn mermaid(diagrams: impl IntoIterator<Item = PathBuf>) -> Verdict {
    validate(Command::new("node").arg(ours("mermaid.js")).arg(tools().mermaid()).args(diagrams))
}

#[test]
fn mermaid_reads_every_diagram() {
    let folder = tempfile::tempdir().unwrap();
    let texts = diagrams::projects().iter().flat_map(diagrams::diagrams).collect::<Vec<_>>();
    let files = texts.iter().enumerate().map(|(number, text)| {
        let file = folder.path().join(format!("{number}.mmd"));
        fs::write(&file, text).unwrap();
        file
    });
    mermaid(files.collect::<Vec<_>>()).unwrap();
}

#[test]
fn mermaid_refuses_a_label_that_is_not_closed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.mmd");
    fs::write(&file, "flowchart LR\n    a --> b\n    b --> c[\"not closed\n").unwrap();
    assert!(mermaid([file]).unwrap_err().contains("Parse error"));
}
