//! The JSON Schemas of `launchway template schema`, held by a validator that is not ours.

use std::fs;
use std::path::PathBuf;

use xtask::{golden, workspace};

use super::{check, validate};
use crate::program::{launchway, run};

/// Writes a schema that the program prints to a file.
fn schema(folder: &tempfile::TempDir, words: &[&str]) -> PathBuf {
    let printed = run(launchway().args(["template", "schema"]).args(words)).success();
    let path = folder.path().join("schema.json");
    fs::write(&path, printed).unwrap();
    path
}

/// Puts the parts of the built-in manifest behind it, as the program reads them.
fn whole_manifest() -> String {
    let template = workspace::root().join("templates/service");
    let text = fs::read_to_string(template.join("template.toml")).unwrap();
    let included = |line: &str| Some(line.trim().strip_prefix('"')?.strip_suffix("\",")?.to_owned());
    let parts: Vec<String> = text.lines().filter_map(included).collect();
    assert!(!parts.is_empty(), "the built-in manifest has no parts");
    let read = |part: &String| fs::read_to_string(template.join(part)).unwrap();
    std::iter::once(text.clone()).chain(parts.iter().map(read)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_schema_of_the_manifest_accepts_the_built_in_one_and_refuses_faults() {
    let folder = tempfile::tempdir().unwrap();
    let schema = schema(&folder, &[]);
    let text = whole_manifest();
    let manifest = folder.path().join("whole.toml");
    fs::write(&manifest, &text).unwrap();
    let mut command = check("schemas.py");
    command.arg(schema).arg(&manifest).arg("--refused");
    for (number, (from, to)) in
        [("kind = \"slug\"", "kind = \"word\""), ("[[value]]", "[[values]]"), ("advanced = true", "advanced = 1")]
            .iter()
            .enumerate()
    {
        let path = folder.path().join(format!("{number}.toml"));
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        command.arg(path);
    }
    validate(&mut command).unwrap();
}

#[test]
fn the_schema_of_the_answers_accepts_those_of_every_golden_project_and_refuses_faults() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = check("schemas.py");
    command.arg(schema(&folder, &["service"])).args(golden::cases().unwrap().iter().map(golden::Case::answers));
    command.arg("--refused");
    for (number, answers) in
        ["port = 80", "strategy = \"big-bang\"", "regions = [\"mars\"]", "colour = \"red\"", "quota = \"yes\""]
            .iter()
            .enumerate()
    {
        let path = folder.path().join(format!("{number}.toml"));
        fs::write(&path, answers).unwrap();
        command.arg(path);
    }
    validate(&mut command).unwrap();
}
