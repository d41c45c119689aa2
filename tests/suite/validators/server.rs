//! The server, asked by schemathesis: what its description says holds for every request that it allows, and for many that it does not.

use std::process::Command;

use xtask::{tools, workspace};

use super::validate;
use crate::portal_server::Portal;
use crate::sample;

/// What is held of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance";

#[test]
fn the_server_answers_as_its_description_says() {
    let portal = Portal::start(&[]);
    let place = format!("http://{}", portal.address);
    let folder = tempfile::tempdir().unwrap();
    let mut command: Command = workspace::hermetic(&tools::install_schemathesis().unwrap()).unwrap();
    command.args(["run", &format!("{place}/openapi.json"), "--url", &place, "--checks", CHECKS]);
    let examples = sample::size(20, 300).to_string();
    command.args(["--max-examples", &examples, "--seed", "23", "--generation-deterministic"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--workers", "1", "--no-color"]).current_dir(folder.path());
    validate(&mut command).unwrap();
}
