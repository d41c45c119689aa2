//! What the services may depend on: their own crates, and those that teams add first.

use std::process::Command;

use xtask::workspace;

use super::{Verdict, tools, validate};
use crate::program::run;
use crate::project::{self, Project};

/// A database, tokens, metrics, remote calls, queues, clients, documentation: each with the crates that it brings.
const POPULAR: [&[&str]; 10] = [
    &["sqlx", "--features", "postgres,runtime-tokio,tls-rustls"],
    &["diesel", "--features", "sqlite"],
    &["jsonwebtoken", "--features", "rust_crypto"],
    &["opentelemetry-otlp"],
    &["tonic"],
    &["aws-sdk-sqs"],
    &["reqwest"],
    &["redis", "--features", "tokio-comp"],
    &["utoipa"],
    &["sentry"],
];

/// Runs cargo-deny, but for the advisories: their database is fetched, and has another content every day.
fn deny(project: &Project) -> Verdict {
    let mut command = Command::new(tools().linter("cargo-deny"));
    command.args(["--color", "never", "--workspace", "check", "bans", "licenses", "sources"]);
    validate(command.current_dir(&project.folder))
}

fn add(project: &Project, words: &[&str]) {
    let mut command = workspace::cargo();
    command.args(["add", "--quiet", "--package", project.service()]).args(words).current_dir(&project.folder);
    run(&mut command).success();
}

#[test]
fn deny_accepts_a_new_service() {
    let (_folder, project) = project::named("both-default").copy();
    deny(&project).unwrap();
}

#[test]
fn deny_accepts_what_teams_add_first() {
    for words in POPULAR {
        let (_folder, project) = project::named("both-default").copy();
        add(&project, words);
        deny(&project).unwrap_or_else(|said| panic!("{}: {said}", words[0]));
    }
}

#[test]
fn deny_notices_a_licence_that_nobody_decided_on() {
    let (_folder, project) = project::named("both-default").copy();
    project.replace("deny.toml", "    \"MIT\",\n", "");
    assert!(deny(&project).unwrap_err().contains("rejected"));
}
