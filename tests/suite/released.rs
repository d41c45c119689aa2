//! Projects that released templates made, `tests/released`, brought up to today's template with what people did to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use launchway_core::template::Effect;
use launchway_core::{Answers, Defaults, FORMAT, Interview, Plan, Provenance, Template, Value as Answer};
use serde::Deserialize;
use tempfile::TempDir;
use toml::{Table, Value};
use xtask::tree::{self, Tree};
use xtask::workspace;

use crate::history::{without_defaults, without_page};
use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::project::Project;

/// A released project, with what people did to it.
pub(crate) struct Released {
    /// `VERSION/CASE`.
    case: String,
    work: Work,
}

/// What people did to a project: `edits.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    #[serde(rename = "edit")]
    edits: Vec<Edit>,
    #[serde(default)]
    added: Vec<Added>,
    #[serde(default)]
    deleted: Vec<String>,
}

/// The only place of a file that reads `from`, and what stands there since.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    path: String,
    from: String,
    to: String,
}

/// A file of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    path: String,
    text: String,
}

/// A released project in a repository, the work of people committed.
pub(crate) struct Repository {
    _folder: TempDir,
    project: PathBuf,
}

impl Released {
    pub(crate) fn of(case: &str) -> Self {
        let work = fs::read_to_string(folder().join(case).join("edits.toml")).unwrap();
        Self { case: case.to_owned(), work: toml::from_str(&work).unwrap() }
    }

    /// Every project of `tests/released`.
    fn all() -> Vec<Self> {
        let of = |version: String| {
            let names = folders(&folder().join(&version));
            names.into_iter().map(move |name| Self::of(&format!("{version}/{name}")))
        };
        folders(&folder()).into_iter().flat_map(of).collect()
    }

    fn version(&self) -> &str {
        self.case.split('/').next().unwrap()
    }

    fn folder(&self) -> PathBuf {
        folder().join(&self.case)
    }

    fn commit(&self) -> Repository {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository { project: folder.path().join("project"), _folder: folder };
        tree::write(&tree::read(&self.folder().join("project")).unwrap(), &repository.project).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        self.work.to_do(&repository.project);
        repository.commit();
        repository
    }

    /// Updates the project; it lives as long as the repository.
    pub(crate) fn updated(&self) -> (Repository, Project) {
        let repository = self.commit();
        repository.launchway(&["update", "--defaults"]).success();
        let project = Project::at(repository.project.clone(), self.answers());
        (repository, project)
    }

    /// The answers in today's words.
    fn answers(&self) -> Table {
        let mut answers: Table = fs::read_to_string(self.folder().join("answers.toml")).unwrap().parse().unwrap();
        if let Some(region) = answers.remove("region") {
            answers.insert("regions".to_owned(), Value::Array(vec![region]));
        }
        // Until 0.4.0 the place in a list said it.
        let ends = [("production", "environments", true), ("home_region", "regions", false)];
        for (question, list, is_last) in ends {
            let Some(items) = answers.get(list).and_then(Value::as_array) else { continue };
            let item = if is_last { items.last() } else { items.first() };
            answers.extend(item.cloned().map(|item| (question.to_owned(), item)));
        }
        answers
    }

    /// What `new` makes of the answers today, with the work of people done to it.
    fn today(&self) -> Tree {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::make(self.answers(), &folder.path().join("project"));
        self.keep_seeded(&project.folder);
        self.work.to_do(&project.folder);
        tree::read(&project.folder).unwrap()
    }

    /// Puts in place what the project had already of the files that are the project's from the day on which they were written.
    fn keep_seeded(&self, today: &Path) {
        let record = tree::read(&today.join(".launchway")).unwrap();
        let (_, record) = record.into_iter().find(|(path, _)| path.strip_suffix(".toml").is_some()).unwrap();
        let record: Table = String::from_utf8(record.bytes).unwrap().parse().unwrap();
        let seeded = record["ownership"]["seeded"].as_array().unwrap().iter().filter_map(Value::as_str);
        for path in seeded {
            fs::copy(self.folder().join("project").join(path), today.join(path)).unwrap();
        }
    }

    /// The format of the record.
    fn format(&self) -> i64 {
        let record = tree::read(&self.folder().join("project/.launchway")).unwrap();
        let (_, record) = record.into_iter().find(|(path, _)| path.strip_suffix(".toml").is_some()).unwrap();
        let record: Table = String::from_utf8(record.bytes).unwrap().parse().unwrap();
        record["format"].as_integer().unwrap()
    }
}

impl Work {
    #[track_caller]
    fn to_do(&self, project: &Path) {
        for Edit { path, from, to } in &self.edits {
            replace(&project.join(path), from, to);
        }
        for Added { path, text } in &self.added {
            let path = project.join(path);
            assert!(!path.exists(), "{} is a file of the template", path.display());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for path in &self.deleted {
            fs::remove_file(project.join(path)).unwrap();
        }
    }
}

impl Repository {
    fn git(&self, words: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(words).current_dir(&self.project).envs(GIT_IDENTITY);
        run(git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1")).success()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }

    fn launchway(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(&self.project))
    }

    fn tree(&self) -> Tree {
        let mut tree = tree::read(&self.project).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    }
}

fn folder() -> PathBuf {
    workspace::root().join("tests/released")
}

/// The names of the folders in a folder, in their order.
fn folders(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[track_caller]
fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` is in {} once", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn a_project_of_every_released_version_is_updated() {
    let all = Released::all();
    thread::scope(|scope| {
        for half in all.chunks(all.len().div_ceil(2)) {
            scope.spawn(|| half.iter().for_each(assert_is_updated));
        }
    });
}

/// The update keeps all that people did, the project passes the check, and is what `new` makes today with the same done to it.
fn assert_is_updated(released: &Released) {
    let repository = released.commit();
    let said = repository.launchway(&["update", "--defaults"]).success();
    let today = &Template::builtin("service").unwrap().version;
    let is_old = released.version() != today.to_string();
    let change = format!("{} -> {today}", released.version());
    assert_eq!(said.contains(&change), is_old, "{}: {said}", released.case);
    assert_eq!(repository.git(&["ls-files", "--unmerged"]), "", "{}", released.case);
    repository.launchway(&["check"]).success();
    repository.commit();

    let updated = repository.tree();
    repository.launchway(&["update", "--defaults"]).success();
    let again = tree::differences(&updated, &repository.tree());
    assert_eq!(again, Vec::<String>::new(), "{}: a second update does nothing", released.case);
    assert_eq!(repository.git(&["status", "--porcelain"]), "", "{}", released.case);

    let (mut fresh, mut updated) = (released.today(), updated);
    // The records of old do not know which answers nobody gave.
    [&mut fresh, &mut updated].into_iter().for_each(without_defaults);
    // What the change means for what runs is said to those alone who run something.
    [&mut fresh, &mut updated].into_iter().for_each(without_page);
    let mut differences = tree::differences(&fresh, &updated);
    if !released.work.deleted.is_empty() {
        // The record remembers it.
        differences.retain(|difference| !(is_record(difference) && names_all(difference, &released.work.deleted)));
    }
    assert_eq!(differences, Vec::<String>::new(), "{}", released.case);
}

fn is_record(difference: &str) -> bool {
    difference
        .split(':')
        .next()
        .is_some_and(|path| path.starts_with(".launchway/") && path.strip_suffix(".toml").is_some())
}

fn names_all(text: &str, names: &[String]) -> bool {
    names.iter().all(|name| text.contains(name))
}

#[test]
fn a_project_of_before_keeps_the_production_that_its_list_has_said_with_a_note() {
    let repository = Released::of("0.3.0/helm").commit();
    let said = repository.launchway(&["update", "--defaults"]).success();
    assert!(said.contains("production-by-name: Until now production was the last environment: live."), "{said}");
    let record = fs::read_to_string(repository.project.join(".launchway/accounts.toml")).unwrap();
    assert!(record.contains("production = \"live\"\n"), "{record}");
}

#[test]
fn a_project_of_before_keeps_the_port_with_which_its_target_groups_were_made() {
    let template = Template::builtin("service").unwrap();
    let before = launchway_core::Project::open_all(folder().join("0.3.0/ecs/project").as_path()).unwrap().remove(0);
    let versions = before.template.versions();
    for (port, then) in [(8080, 8080), (9000, 9000), (9000, 9100), (8080, 9100)] {
        let mut answers = before.answers.clone();
        answers.insert("port".to_owned(), Answer::Int(port));
        let migrated = template.migrate_from(&versions, answers).unwrap();
        let mut given = Answers::default();
        given.set("port", Answer::Int(then), Provenance::Flag);
        given.take_before(&template, &migrated.answers, &BTreeSet::new()).unwrap();
        let context = Interview::new(&template, &given, Defaults::All).unwrap().context().unwrap().unwrap();
        let plan = Plan::new(&template, &context).unwrap();
        let infra = plan.files.iter().find(|(path, _)| path.as_str() == "deploy/ecs/infra.yaml").unwrap().1;
        let infra = String::from_utf8(infra.bytes.to_vec()).unwrap();
        assert_eq!(infra.matches(&format!("      Port: {port}\n      HealthCheckPath: ")).count(), 2, "{infra}");
        // The stack that is there would take a port that its service cannot get, were it changed at the same time.
        let transitions = template.transitions_of(&versions, &migrated, &context).unwrap();
        let refused: Vec<&str> =
            transitions.iter().filter(|it| it.effect == Effect::Refused).map(|it| it.id.as_str()).collect();
        assert_eq!(refused, if port == then { &[][..] } else { &["code-deploy-port"] });
    }
}

#[test]
fn a_released_project_is_stored_whole() {
    for released in Released::all() {
        let project = released.folder().join("project");
        let stored = tree::read(&project).unwrap();
        let mut ls_files = Command::new("git");
        ls_files.args(["ls-files", "-z", "."]).current_dir(&project);
        let tracked = run(ls_files).success();
        let tracked: Vec<_> = tracked.split_terminator('\0').collect();
        assert_eq!(stored.keys().collect::<Vec<_>>(), tracked, "{}: git ignores something", released.case);
        let (_, base) = xtask::golden::take_base(&mut stored.clone()).unwrap();
        assert!(!base.bytes.is_empty());
    }
}

#[test]
fn the_readme_says_which_program_made_each_version() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let versions: BTreeSet<_> = rows.filter(|word| *word != "version").map(str::to_owned).collect();
    assert_eq!(versions, folders(&folder()));
}

/// A format that comes after this one leaves a project behind that has it.
#[test]
fn a_project_of_every_older_format_of_the_record_is_there() {
    let formats: BTreeSet<_> = Released::all().iter().map(Released::format).collect();
    let older: BTreeSet<_> = (1..i64::from(FORMAT)).collect();
    assert!(formats.is_superset(&older), "{formats:?}");
}

/// The ids of the advisories that `check --updates=security` names, after its exit code was looked at.
fn advisories(repository: &Repository, code: i32) -> Vec<String> {
    let ran = repository.launchway(&["check", "--updates=security", "--output", "json"]);
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["clean"], code == 0);
    let advisories = report["projects"][0]["update"]["advisories"].as_array().unwrap();
    advisories.iter().map(|advisory| advisory["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_autoscaler_and_the_measurements_of_before_change_with_a_word_about_it() {
    let repository = Released::of("0.3.0/kubernetes").commit();
    let said = repository.launchway(&["update", "--defaults"]).success();
    assert!(said.contains("autoscaled-by-container: ") && said.contains("analysis-without-requests: "), "{said}");
    let autoscaler = fs::read_to_string(repository.project.join("deploy/kubernetes/components/hpa/hpa.yaml")).unwrap();
    assert!(
        autoscaler.contains("type: ContainerResource") && autoscaler.contains("container: shipping"),
        "{autoscaler}"
    );
}

#[test]
fn a_danger_of_an_older_version_is_named_until_an_update_has_ended_it() {
    let released = Released::of("0.3.0/helm");
    let repository = released.commit();
    assert_eq!(advisories(&repository, 1), ["service-1", "service-2", "service-3"]);
    let update = repository.launchway(&["update", "--defaults"]).stdout;
    assert!(update.contains("advisory      service-1 (high, fixed in 0.4.0)"), "{update}");
    repository.commit();
    assert_eq!(advisories(&repository, 0), Vec::<String>::new());
}
