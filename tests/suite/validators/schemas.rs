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

#[test]
fn the_schema_of_the_manifest_accepts_the_built_in_one_and_refuses_faults() {
    let folder = tempfile::tempdir().unwrap();
    let schema = schema(&folder, &[]);
    let manifest = workspace::root().join("templates/service/template.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut command = check("schemas.py");
    command.arg(schema).arg(&manifest).arg("--refused");
    for (number, (from, to)) in
        [("kind = \"slug\"", "kind = \"word\""), ("[[value]]", "[[values]]"), ("advanced = true", "advanced = 1")]
            .iter()
            .enumerate()
    {
        let path = folder.path().join(format!("{number}.toml"));
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
