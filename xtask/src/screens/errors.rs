//! The errors: at least one for every exit code, and one for every kind of thing that can be wrong.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{hermetic, run};
use crate::Result;

/// What stands in the folder before the command runs.
enum Setting {
    Nothing,
    /// Files, each with its text; a path that ends with a slash is a folder.
    Files(&'static [(&'static str, &'static str)]),
    /// A project `orders`, in which a file then has another text, or is gone.
    Project(&'static str, Option<&'static str>),
    /// A project `orders` in which another launchway is at work.
    Busy,
}

use Setting::{Busy, Files, Nothing, Project};

/// A template of one file; what follows is the rest of the manifest.
macro_rules! manifest {
    ($rest:literal) => {
        concat!(
            "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"it\"\n\n[[question]]\nid = \"it\"\n",
            "prompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n",
            $rest
        )
    };
}

const RECORD: &str = ".launchway/orders.toml";

/// Each with its name, its exit code, what is there, and the words after `launchway`.
const CASES: &[(&str, i32, Setting, &str)] = &[
    ("drift", 1, Project("Dockerfile", Some("FROM scratch\n")), "check orders"),
    ("another-template", 1, Files(&[("some/file", "x\n")]), "adopt some"),
    ("no-command", 2, Nothing, ""),
    ("unknown-command", 2, Nothing, "nwe orders"),
    ("unknown-flag", 2, Nothing, "new orders --tagret=ecs"),
    ("bad-answers", 2, Nothing, "new Orders --target=mars --no-input --no-git"),
    ("bad-number", 2, Nothing, "new orders --target=ecs --port=99999 --no-input"),
    ("unanswered", 2, Nothing, "new orders --no-input"),
    ("unused-answer", 2, Nothing, "new orders --target=kubernetes --cpu=512 --no-input"),
    ("name-twice", 2, Nothing, "new orders --service=billing --no-input"),
    ("nobody-to-ask", 2, Nothing, "new --resume"),
    (
        "unknown-answer",
        2,
        Files(&[("answers.toml", "colour = \"red\"\n")]),
        "new orders --answers=answers.toml --no-input",
    ),
    ("unreadable-answers", 2, Files(&[("answers.yaml", "a: [\n")]), "new orders --answers=answers.yaml --no-input"),
    ("missing-answers", 2, Nothing, "new orders --answers=answers.yaml --no-input"),
    ("unknown-template", 2, Nothing, "new orders --template=servcie --no-input"),
    ("no-template", 2, Files(&[("some/file", "x\n")]), "new orders --template=./some --no-input"),
    ("bad-source", 2, Nothing, "new orders --template=ftp://example.com/t --no-input"),
    ("unknown-catalog", 2, Nothing, "new orders --template=acme:service --no-input"),
    ("no-folder", 2, Nothing, "check nowhere"),
    ("no-record", 2, Files(&[("some/file", "x\n")]), "check some"),
    ("newer-record", 2, Project(RECORD, Some("format = 99\n")), "check orders"),
    ("no-advice", 2, Nothing, "advise strategy"),
    ("unknown-page", 2, Nothing, "explain strategie"),
    ("exists", 3, Files(&[("orders", "mine\n")]), "new orders --target=ecs --no-input --no-git"),
    (
        "in-the-way",
        3,
        Files(&[("orders/LICENSE", "free\n"), ("orders/README.md", "mine\n"), ("orders/dockerfile", "mine\n")]),
        "new orders --target=ecs --no-input --no-git",
    ),
    (
        "has-project",
        3,
        Project("Dockerfile", Some("FROM scratch\n")),
        "new billing --target=ecs --no-input --no-git --dest orders",
    ),
    (
        "unreadable-manifest",
        4,
        Files(&[("t/template.toml", "[template\n"), ("t/files/a", "")]),
        "new x --template=./t --no-input",
    ),
    (
        "invalid-template",
        4,
        Files(&[("t/template.toml", manifest!("default = \"X X\"\n")), ("t/files/a.txt.hbs", "{{nope}}{{#if it}}\n")]),
        "new x --template=./t --no-input",
    ),
    (
        "unknown-key",
        4,
        Files(&[("t/template.toml", manifest!("colour = 1\n")), ("t/files/a", "")]),
        "new x --template=./t --no-input",
    ),
    (
        "bad-output",
        5,
        Files(&[("t/template.toml", manifest!("")), ("t/files/a.yaml.hbs", "a: {{it}}: b\n")]),
        "new x --template=./t --no-input --no-git",
    ),
    ("unknown-shard", 64, Nothing, "fleet work --results=results --shard=3/3"),
    ("no-plan", 65, Nothing, "fleet work --results=results"),
    (
        "edited-plan",
        65,
        Files(&[("plan.json", "{\"schema\": \"launchway.fleet-plan/1\"}\n")]),
        "fleet report --results=results",
    ),
    ("no-parent", 73, Nothing, "new orders --target=ecs --dest=missing/orders --no-input --no-git"),
    ("missing-base", 74, Project(".launchway/orders.base", None), "check orders"),
    ("unusable-record", 74, Project(RECORD, Some("format = \n")), "diff orders"),
    ("unusable-agreements", 74, Project(".launchway/orders.agreements.json", Some("[{}]\n")), "check orders"),
    ("unknown-key", 78, Files(&[("FLEET.toml", "[fleet]\ntempate = \"service\"\n")]), "fleet plan"),
    ("busy", 75, Busy, "update orders --set=port=9000 --no-input"),
];

/// Takes every error in a language, by its name.
pub(super) fn take(program: &Path, language: &str) -> Result<Vec<(String, String)>> {
    CASES
        .iter()
        .map(|(name, code, setting, line)| {
            let folder = tempfile::tempdir()?;
            let _lock = setting.make(program, folder.path())?;
            let words: Vec<&str> = line.split_whitespace().collect();
            let screen = run(program, language, &words, folder.path())?.of_code(*code)?;
            Ok((format!("errors/{code}-{name}"), screen))
        })
        .collect()
}

impl Setting {
    /// Makes what stands there; what comes back is held until the command has run.
    fn make(&self, program: &Path, folder: &Path) -> Result<Option<fs::File>> {
        match self {
            Nothing => {}
            Files(files) => files.iter().try_for_each(|(path, text)| write(&folder.join(path), text))?,
            Project(path, text) => {
                project(program, folder, &["--target=kubernetes"])?;
                let path = folder.join("orders").join(path);
                match text {
                    Some(text) => fs::write(path, text)?,
                    None => fs::remove_file(path)?,
                }
            }
            Busy => {
                project(program, folder, &["--target=kubernetes"])?;
                let record = fs::File::open(folder.join("orders/.launchway"))?;
                record.lock()?;
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    if path.to_string_lossy().ends_with('/') {
        return Ok(fs::create_dir_all(path)?);
    }
    Ok(fs::File::create(path)?.write_all(text.as_bytes())?)
}

/// Makes a project with a repository in which everything is committed.
pub(super) fn project(program: &Path, folder: &Path, flags: &[&str]) -> Result<()> {
    let output = hermetic(program, "en")?
        .args(["new", "orders", "--no-input", "--defaults"])
        .args(flags)
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
        .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
        .current_dir(folder)
        .output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}
