//! `cargo xtask`: see `USAGE`.

mod benchmark;
mod bless;
mod comparison;
mod deny;
mod package;
mod release;
mod size;
mod steps;
mod test;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xtask::marked::Marked;
use xtask::portal::Build;
use xtask::sweep::{self, Fault, Subject};
use xtask::{Result, floors, picture, pins, portal, race, reference, saves, site, tools};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--fast | --all] [--list] [STEP...]
                    the checks of the repository, or the named ones alone; --fast leaves out what needs minutes, --all
                    adds what is too long for every run, and tries all of what the others sample; --list names them
  bench [WORK [--large] | --without-building | --service | --instructions [--check]]
                    the same work for launchway and its peers, which are built and installed; writes
                    docs/benchmark.md; --without-building leaves out the peers that would have to be built;
                    --service builds the generated service and plain axum as releases, and writes both side by side to the page;
                    --instructions counts those of the main paths; --check compares them with those kept;
                    with `fleet`, measures a fleet beside a shell loop, and campaigns of 100 and 1,000 repositories, and
                    writes them to the page; --large adds one of 10,000, which takes minutes
  bless [--check]   write the golden projects and the screens again; --check only says which are out of date
  compare [--check | --additions | HISTORY...]
                    the same histories through copier, cruft and launchway; writes docs/compare.md;
                    --check only says whether it has them all; with names, only shows those; --additions plays the
                    cases of tests/merges through copier and cruft, and counts
  deny              hold the licences, sources and advisories of the dependencies against deny.toml
  floors            hold the imports between folders against the tables in ARCHITECTURE.md
  package [--clean] pack both crates, and build what was packed; --clean builds their dependencies again, too
  pins [--renew]    say when the systems that generated projects are built on come to their end, and fail six months before;
                    --renew writes the newest actions and dependencies into the template, for which it needs the network
  picture [--check] play the wizard and draw it into docs/wizard.svg; --check only says whether it is up to date
  portal [DIR] [--template FOLDER...] [--check]
                    build the portal as static files, in target/portal if no folder is named, with templates of folders beside the
                    built-in ones; --check only compiles it for a machine without a disk, if the compiler can
  reference [--check]
                    write the pages that are made from the code, in docs/ and tests/suite; --check only says which are
                    out of date
  release [--check | --npm FOLDER | --twice]
                    pack the program for every channel, install each without a network, and hold the projects that they make
                    against each other; --check takes the program of the tests, whose build does not take minutes; --npm packs
                    what npm gets of the archives in a folder, and names the files; --twice builds the last commit twice, in
                    other folders, and compares the bytes
  size              build the program as it is released, which must not be larger than 8 MiB
  site              build the documentation as a web site, under target/site
  sweep [SUBJECT]   faults at every system call of every command that writes, 200 rounds of 20 runs of `new` at once, and
                    1,000 updates while somebody saves; writes docs/threat-model.md; with `new`, `update --undo`, `race`,
                    `saves` and the like only shows that. Needs strace
  tools             install the validators, pinned, under target/tools, and Slurm by apt-get, as root";

/// How often many runs race for one destination.
const RACES: usize = 200;

/// How many updates run while somebody saves.
const SAVES: usize = 1000;

const SWEPT: Marked = Marked { page: "docs/threat-model.md", command: "cargo xtask sweep" };

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["test", ref words @ ..] => test::test(words),
        ["bless"] => bless::bless(),
        ["bless", "--check"] => bless::check(),
        ["compare", "--check"] => comparison::check(),
        ["compare", "--additions"] => comparison::additions(),
        ["compare", ref names @ ..] => comparison::compare(names),
        ["bench"] => benchmark::bench(true),
        ["bench", "--without-building"] => benchmark::bench(false),
        ["bench", "fleet"] => benchmark::fleet(false),
        ["bench", "fleet", "--large"] => benchmark::fleet(true),
        ["bench", "--service"] => benchmark::service(),
        ["bench", "--instructions"] => benchmark::instructions(false),
        ["bench", "--instructions", "--check"] => benchmark::instructions(true),
        ["floors"] => floors::check().and_then(|()| portal::check()),
        ["deny"] => deny::deny(),
        ["package"] => package::package(),
        ["package", "--clean"] => package::package_clean(),
        ["size"] => size::size(),
        ["pins"] => pins::check(),
        ["pins", "--renew"] => pins::renew(),
        ["picture"] => picture::write(),
        ["picture", "--check"] => picture::check(),
        ["portal", "--check"] => portal::check_core(),
        ["portal", ref words @ ..] => write_portal(words),
        ["release"] => release::full(),
        ["release", "--check"] => release::check(),
        ["release", "--npm", archives] => release::npm(Path::new(archives)),
        ["release", "--twice"] => release::twice(),
        ["reference"] => reference::write(),
        ["reference", "--check"] => reference::check(),
        ["site"] => site::build(Build::Released).map(|folder| println!("{}", folder.display())),
        ["sweep", ref subjects @ ..] => sweep_all(subjects),
        ["tools"] => install_tools(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn sweep_all(subjects: &[&str]) -> Result<()> {
    xtask::workspace::program()?;
    let wanted = subjects.join(" ");
    let is_wanted = |name: &str| wanted.is_empty() || wanted == name;
    let mut log = "| command | fault | points | outcomes |\n|---|---|---:|---|\n".to_owned();
    for subject in Subject::ALL.into_iter().filter(|subject| is_wanted(subject.name())) {
        // Killed, and a full disk: everywhere. The others meet the same code in the two commands that have all of it.
        let has_all = matches!(subject, Subject::New | Subject::Update);
        for (fault, calls) in Fault::ALL.into_iter().take(if has_all { Fault::ALL.len() } else { 2 }) {
            let row = sweep::sweep(subject, fault, calls, 1)?.row(subject.name(), fault);
            print!("{row}");
            log.push_str(&row);
        }
    }
    if is_wanted("race") {
        race::race(RACES)?;
        let raced =
            format!("{RACES} rounds of {} runs of `new` at once: in each, one made the project.\n", race::RUNNERS);
        print!("{raced}");
        log.extend(["\n", &raced]);
    }
    if is_wanted("saves") {
        let saved = saves::saves(SAVES)?.to_string();
        print!("{saved}");
        log.extend(["\n", &saved]);
    }
    if subjects.is_empty() { SWEPT.write(&log) } else { Ok(()) }
}

/// Writes the portal: the folders after `--template` are templates, and the one before them is where it goes.
fn write_portal(words: &[&str]) -> Result<()> {
    let (folder, templates) = match words {
        [folder, rest @ ..] if !folder.starts_with('-') => (Some(Path::new(folder)), rest),
        rest => (None, rest),
    };
    let template = |pair: &[&str]| -> Result<PathBuf> {
        match pair {
            ["--template", template] => Ok(PathBuf::from(template)),
            _ => Err(format!(
                "`{}` is not understood\n  hint: cargo xtask portal [DIR] [--template FOLDER]...",
                pair.join(" ")
            )
            .into()),
        }
    };
    let templates = templates.chunks(2).map(template).collect::<Result<Vec<_>>>()?;
    println!("{}", portal::write(folder, &templates, Build::Released)?.display());
    Ok(())
}

fn install_tools() -> Result<()> {
    tools::install_slurm()?;
    let tools = tools::install()?;
    for name in ["cfn-lint", "kubectl", "kubernetes-validate", "actionlint", "zizmor", "hadolint"] {
        println!("{}", tools.linter(name).display());
    }
    println!("{}\n{}", tools.aws("ministack").display(), tools.checkov().display());
    println!("{}", tools.helm().display());
    Ok(())
}
