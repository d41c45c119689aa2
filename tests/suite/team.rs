//! Two people, one project: branches that both update it, their merges, and what must never be lost on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::history::{History, files, lines};
use crate::program::{launchway, run};
use crate::sample;

/// A small generator of numbers: the same histories on every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const QUESTIONS: &str = r#"
[[question]]
id = "port"
prompt = "Port"
help = "The port."
kind = "int"
min = 1
max = 65535
default = 8080

[[question]]
id = "region"
prompt = "Region"
help = "The region."
kind = "choice"
choices = [{ value = "north" }, { value = "south" }]
default = "north"

[[question]]
id = "zone"
prompt = "Zone"
help = "The zone."
kind = "slug"
default = "{{region}}-{{port}}"
advanced = true
"#;

/// The files of a version: each release changes a line of its own, and the answers stand far apart.
fn release(version: usize) -> Vec<(String, Vec<u8>)> {
    let text = |number: usize| {
        let changes: Vec<(usize, String)> =
            (2..=version).map(|it| (it * 3, format!("release {it} of {number}"))).collect();
        let changes: Vec<(usize, &str)> = changes.iter().map(|(line, text)| (*line, text.as_str())).collect();
        lines(&changes)
    };
    let mut all = files(&[("one", &text(1)), ("sub/two", &text(2))]);
    let settings = format!("port {{{{port}}}}\n{}region {{{{region}}}}\n{}zone {{{{zone}}}}\n", text(3), text(4));
    all.push(("settings.hbs".to_owned(), settings.into_bytes()));
    for number in 2..=version {
        all.push((format!("added/{number}"), lines(&[]).into_bytes()));
    }
    if version < 3 {
        all.push(("given-up".to_owned(), b"given up in the third release\n".to_vec()));
    }
    all
}

fn started() -> History {
    History::new(&release(1), QUESTIONS)
}

/// What one of two branches does to the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Release(usize),
    Set(&'static str),
}

impl Change {
    fn make(self, history: &History) {
        match self {
            Self::Release(version) => {
                history.template(&format!("{version}.0.0"), &release(version), QUESTIONS);
                history.update(&["--allow-dirty"]).success();
            }
            Self::Set(answer) => drop(history.update(&["--set", answer]).success()),
        }
        history.commit();
    }
}

/// Merges a branch into the one that is checked out; the record is resolved if git cannot merge it.
fn merge(history: &History, branch: &str, words: &[&str]) {
    let merged = run(history.git_command(&["merge", "--quiet", "--no-edit", branch]));
    if merged.code != Some(0) {
        let unmerged = history.git(&["diff", "--name-only", "--diff-filter=U"]);
        // Where both branches have changed a line, a person takes one side; the answers of both make it right again.
        for path in unmerged.lines().filter(|path| !path.starts_with(".launchway/")) {
            history.git(&["checkout", "--quiet", "--ours", "--", path]);
            history.git(&["add", "--", path]);
        }
        history.update(&[&["--resolve-record"], words].concat()).success();
        assert_eq!(history.git(&["ls-files", "--unmerged"]), "");
        history.commit();
    }
}

/// The project without what its record says of the way there.
fn outcome(history: &History) -> xtask::tree::Tree {
    history.launchway(&["check"]).success();
    assert!(history.update(&[]).success().contains("nothing to do"));
    assert_eq!(history.git(&["status", "--porcelain"]), "");
    history.tree()
}

const CHANGES: [Change; 6] = [
    Change::Release(2),
    Change::Release(3),
    Change::Set("port=9000"),
    Change::Set("region=south"),
    Change::Set("zone=west"),
    Change::Release(1),
];

#[test]
fn u10_any_order_of_two_updates_and_a_merge_ends_in_the_same_tree() {
    let pairs = CHANGES.into_iter().flat_map(|one| CHANGES.map(|two| (one, two)));
    for (one, two) in sample::of(pairs.collect(), 0, 5) {
        let newest = |history: &History| {
            let version = [one, two].iter().map(|it| if let Change::Release(it) = it { *it } else { 1 }).max().unwrap();
            history.template(&format!("{version}.0.0"), &release(version), QUESTIONS);
        };
        let in_a_row = |first: Change, second: Change| {
            let history = started();
            first.make(&history);
            if let (Change::Release(first), Change::Release(second)) = (first, second)
                && second < first
            {
                return outcome(&history);
            }
            second.make(&history);
            newest(&history);
            outcome(&history)
        };
        let wanted = in_a_row(one, two);
        assert_eq!(xtask::tree::differences(&wanted, &in_a_row(two, one)), Vec::<String>::new(), "{one:?} {two:?}");
        for (here, there) in [(one, two), (two, one)] {
            let history = started();
            history.git(&["checkout", "--quiet", "-b", "there"]);
            there.make(&history);
            history.git(&["checkout", "--quiet", "main"]);
            history.template("1.0.0", &release(1), QUESTIONS);
            here.make(&history);
            newest(&history);
            merge(&history, "there", &[]);
            let differences = xtask::tree::differences(&wanted, &outcome(&history));
            assert_eq!(differences, Vec::<String>::new(), "{here:?} merged with {there:?}");
        }
    }
}

/// Two branches, both updated and not merged yet; `main` is checked out.
fn apart(here: Change, there: Change) -> History {
    let history = started();
    history.git(&["checkout", "--quiet", "-b", "there"]);
    there.make(&history);
    history.git(&["checkout", "--quiet", "main"]);
    history.template("1.0.0", &release(1), QUESTIONS);
    here.make(&history);
    history.template("3.0.0", &release(3), QUESTIONS);
    history
}

#[test]
fn u10_a_merge_of_two_updates_says_what_to_do() {
    let history = apart(Change::Set("port=9000"), Change::Release(3));
    assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
    for words in [&["check"][..], &["update", "--template", "../template"], &["diff"]] {
        let said = history.launchway(words).failure(1);
        assert!(said.contains("launchway update --resolve-record"), "{said}");
    }
    let preview = history.update(&["--resolve-record", "--dry-run"]).success();
    assert!(preview.contains("orders: team 3.0.0"), "{preview}");
    assert_ne!(history.git(&["ls-files", "--unmerged"]), "", "a preview decides nothing");
    let (_, report) = history.updated(&["--resolve-record", "--dry-run"]);
    let (named, other) = (report["digest"].as_str().unwrap(), format!("sha256:{}", "0".repeat(64)));
    for dry_run in [&["--dry-run"][..], &[]] {
        let said = history.update(&[&["--resolve-record", "--expect", &other], dry_run].concat()).failure(1);
        assert!(said.contains("is not what `--expect` names") && said.contains(named), "{dry_run:?}: {said}");
    }
    assert_ne!(history.git(&["ls-files", "--unmerged"]), "", "what is not expected decides nothing");
    history.update(&["--resolve-record", "--expect", named, "--dry-run"]).success();
    history.update(&["--resolve-record", "--expect", named]).success();
    history.git(&["commit", "--quiet", "--no-edit"]);
    outcome(&history);
    let said = history.update(&["--resolve-record"]).failure(2);
    assert!(said.contains("no record of the project has to be resolved"), "{said}");
}

#[test]
fn u10_other_conflicts_are_solved_first() {
    let history = apart(Change::Set("port=9000"), Change::Release(3));
    for (branch, text) in [("there", "there\n"), ("main", "here\n")] {
        history.git(&["checkout", "--quiet", branch]);
        history.write("own", text);
        history.commit();
    }
    assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
    let said = history.update(&["--resolve-record"]).failure(1);
    assert!(said.contains("conflicts are left in `own`"), "{said}");
    history.write("own", "both\n");
    history.git(&["add", "own"]);
    history.update(&["--resolve-record"]).success();
    assert_eq!(history.text("own"), "both\n");
    history.git(&["commit", "--quiet", "--no-edit"]);
    outcome(&history);
}

#[test]
fn u10_an_answer_that_both_branches_have_changed_has_to_be_given() {
    let history = apart(Change::Set("port=9000"), Change::Set("port=9001"));
    assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
    history.git(&["checkout", "--quiet", "--ours", "settings"]);
    history.git(&["add", "settings"]);
    let said = history.update(&["--resolve-record"]).failure(1);
    assert!(said.contains("`port` is `9000` on the branch that is checked out and `9001` on the other one"), "{said}");
    assert!(said.contains("--set port=9000") && said.contains("--set port=9001"), "{said}");
    history.update(&["--resolve-record", "--set", "port=9001"]).success();
    assert!(history.text("settings").starts_with("port 9001\n"));
    history.commit();
    outcome(&history);
}

#[test]
fn u10_a_merge_that_was_committed_as_it_was_is_resolved_later() {
    for take in ["marks", "ours-and-theirs"] {
        let history = apart(Change::Set("port=9000"), Change::Release(3));
        assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
        if take == "ours-and-theirs" {
            history.git(&["checkout", "--quiet", "--ours", "--", ".launchway/orders.toml"]);
            history.git(&["checkout", "--quiet", "--theirs", "--", ".launchway/orders.base"]);
        }
        history.commit();
        history.write("own", "later\n");
        history.commit();
        let said = history.launchway(&["check"]).failure(1);
        assert!(said.contains("--resolve-record"), "{take}: {said}");
        history.update(&["--resolve-record"]).success();
        history.commit();
        assert!(history.text("settings").starts_with("port 9000\n"));
        outcome(&history);
    }
}

#[test]
fn u10_a_rebase_and_a_cherry_pick_of_an_update_are_resolved_as_well() {
    for how in [&["rebase", "there"][..], &["cherry-pick", "there"]] {
        let history = apart(Change::Set("port=9000"), Change::Release(3));
        assert_eq!(run(history.git_command(how)).code, Some(1));
        history.update(&["--resolve-record"]).success();
        history.git(&["-c", "core.editor=true", how[0], "--continue"]);
        assert!(history.text("settings").starts_with("port 9000\n"), "{how:?}");
        outcome(&history);
    }
}

#[test]
fn u10_what_a_person_deleted_is_not_brought_back_by_a_merge() {
    let history = started();
    history.git(&["checkout", "--quiet", "-b", "there"]);
    Change::Release(3).make(&history);
    history.delete("added/3");
    history.commit();
    history.git(&["checkout", "--quiet", "main"]);
    history.template("1.0.0", &release(1), QUESTIONS);
    Change::Set("port=9000").make(&history);
    history.delete("one");
    history.commit();
    history.template("3.0.0", &release(3), QUESTIONS);
    assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
    history.git(&["rm", "--quiet", "one"]);
    history.update(&["--resolve-record"]).success();
    history.commit();
    outcome(&history);
    assert_eq!((history.read("one"), history.read("added/3")), (None, None));
}

#[test]
fn u10_the_way_back_of_a_resolution_leads_to_the_merge() {
    let history = apart(Change::Set("port=9000"), Change::Release(3));
    assert_eq!(run(history.git_command(&["merge", "--quiet", "there"])).code, Some(1));
    let before = history.tree();
    let (code, report) = history.updated(&["--resolve-record"]);
    assert_eq!(code, Some(0), "{report:#}");
    history.shell(report["way_back"].as_str().unwrap());
    assert_eq!(xtask::tree::differences(&before, &history.tree()), Vec::<String>::new());
    history.update(&["--resolve-record"]).success();
    history.git(&["commit", "--quiet", "--no-edit"]);
    outcome(&history);
}

#[test]
fn u10_what_two_branches_keep_out_of_updates_stays_out() {
    let history = started();
    history.git(&["checkout", "--quiet", "-b", "there"]);
    history.update(&["--keep", "one"]).success();
    history.commit();
    history.git(&["checkout", "--quiet", "main"]);
    history.update(&["--keep", "sub"]).success();
    history.commit();
    merge(&history, "there", &[]);
    assert!(history.text(".launchway/orders.toml").contains("yours = [\"one\", \"sub\"]"));
    outcome(&history);
}

#[test]
fn u10_every_service_of_a_project_is_resolved() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(crate::program::GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let git_command = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(words).current_dir(&project).envs(crate::program::GIT_IDENTITY);
        git
    };
    let git = |words: &[&str]| run(git_command(words)).success();
    let program = |words: &[&str]| run(launchway().args(words).current_dir(&project));
    program(&["add", "service", "billing", "--defaults"]).success();
    git(&["commit", "--quiet", "--all", "--message", "billing"]);
    git(&["checkout", "--quiet", "-b", "there"]);
    for service in ["orders", "billing"] {
        program(&["update", "--service", service, "--set", "owner=checkout", "--no-input"]).success();
        git(&["commit", "--quiet", "--all", "--message", "owner"]);
    }
    git(&["checkout", "--quiet", "main"]);
    for service in ["orders", "billing"] {
        program(&["update", "--service", service, "--set", "execute_command=true", "--no-input"]).success();
        git(&["commit", "--quiet", "--all", "--message", "execute"]);
    }
    assert_eq!(run(git_command(&["merge", "--quiet", "there"])).code, Some(1));
    program(&["update", "--resolve-record"]).success();
    assert_eq!(git(&["ls-files", "--unmerged"]), "");
    git(&["commit", "--quiet", "--no-edit"]);
    program(&["check"]).success();
    for service in ["orders", "billing"] {
        let record = fs::read_to_string(project.join(format!(".launchway/{service}.toml"))).unwrap();
        assert!(record.contains("owner = \"checkout\"") && record.contains("execute_command = true"), "{record}");
        assert!(program(&["update", "--service", service, "--no-input"]).success().contains("nothing to do"));
    }
}

/// One of two people, with a branch, and the lines that are only in it.
struct Person {
    branch: &'static str,
    written: usize,
}

/// A history of a team: what each of the two wrote, and where it has to be.
struct Team {
    history: History,
    dice: Dice,
    version: usize,
    /// The lines that somebody wrote, and that nobody has taken back, by the branches that have them.
    wanted: BTreeMap<String, BTreeSet<&'static str>>,
    /// The lines that git's own merge of two branches has left out, before the program did anything.
    lost_by_git: Vec<String>,
    log: Vec<String>,
}

impl Team {
    fn new(seed: u64) -> Self {
        let history = started();
        history.git(&["branch", "ada"]);
        history.git(&["checkout", "--quiet", "-b", "bob"]);
        let mut dice = Dice(seed);
        dice.roll(2);
        let log = vec![format!("seed {seed}")];
        Self { history, dice, version: 1, wanted: BTreeMap::new(), lost_by_git: Vec::new(), log }
    }

    /// The files of the project, the record apart.
    fn paths(&self) -> Vec<String> {
        let paths = self.history.git(&["ls-files", "-z"]);
        paths.split_terminator('\0').filter(|path| !path.starts_with(".launchway/")).map(str::to_owned).collect()
    }

    fn any_path(&mut self) -> Option<String> {
        let paths = self.paths();
        if paths.is_empty() { None } else { Some(paths[self.dice.roll(paths.len())].clone()) }
    }

    fn text(&self, path: &str) -> Vec<String> {
        let bytes = self.history.read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }

    /// Adds a line somewhere, or changes one that the template wrote.
    fn edit(&mut self, person: &mut Person) {
        let Some(path) = self.any_path() else { return };
        let mut text = self.text(&path);
        let line = format!("{} wrote {} {}", person.branch, person.written, self.dice.roll(1_000_000));
        person.written += 1;
        let at = self.dice.roll(text.len() + 1);
        if at < text.len() && self.dice.roll(2) == 0 && !text[at].contains(" wrote ") {
            text[at].clone_from(&line);
        } else {
            text.insert(at, line.clone());
        }
        self.history.write(&path, text.join("\n") + "\n");
        self.wanted.entry(line).or_default().insert(person.branch);
        self.log.push(format!("{}: edits {path}", person.branch));
    }

    fn add(&mut self, person: &mut Person) {
        let path = format!("own/{}-{}", person.branch, person.written);
        let line = format!("{} wrote the file {}", person.branch, person.written);
        person.written += 1;
        self.history.write(&path, format!("{line}\n"));
        self.wanted.entry(line).or_default().insert(person.branch);
        self.log.push(format!("{}: adds {path}", person.branch));
    }

    /// Moves a file; its lines go along.
    fn rename(&mut self, person: &Person) {
        let Some(path) = self.any_path().filter(|path| !path.contains("moved")) else { return };
        let to = format!("moved-by-{}/{path}", person.branch);
        if self.history.read(&to).is_some() {
            return;
        }
        self.history.rename(&path, &to);
        self.log.push(format!("{}: moves {path}", person.branch));
    }

    /// Deletes a file in which nobody wrote.
    fn delete(&mut self, person: &Person) {
        let Some(path) = self.any_path() else { return };
        if self.text(&path).iter().any(|line| line.contains(" wrote ")) {
            return;
        }
        self.history.delete(&path);
        self.log.push(format!("{}: deletes {path}", person.branch));
    }

    fn update(&mut self, person: &Person) {
        let answers = ["port=9000", "port=9001", "region=south", "region=north", "zone=west"];
        let words: Vec<&str> = match self.dice.roll(3) {
            0 => vec!["--set", answers[self.dice.roll(answers.len())]],
            1 => vec!["--take-defaults"],
            _ => Vec::new(),
        };
        let ran = self.history.update(&words);
        self.log.push(format!("{}: updates {words:?}: {:?}", person.branch, ran.code));
        self.solve(ran.code, &ran.stderr);
    }

    /// Solves what is left of an update or a merge: every line of both sides stays.
    fn solve(&mut self, code: Option<i32>, said: &str) {
        assert!(matches!(code, Some(0 | 1)), "{}\n{said}", self.log.join("\n"));
        let unmerged = self.history.git(&["ls-files", "-z", "--unmerged"]);
        let paths: BTreeSet<&str> =
            unmerged.split_terminator('\0').filter_map(|it| Some(it.split_once('\t')?.1)).collect();
        for path in paths.into_iter().filter(|path| !path.starts_with(".launchway/")) {
            if self.history.read(path).is_some() {
                let is_mark = |line: &String| ["<<<<<<< ", "=======", ">>>>>>> "].iter().any(|it| line.starts_with(it));
                let text: Vec<String> = self.text(path).into_iter().filter(|line| !is_mark(line)).collect();
                self.history.write(path, text.join("\n") + "\n");
            }
            self.history.git(&["add", "--all", "--", path]);
        }
    }

    /// Merges the other branch into that of a person.
    fn merge(&mut self, person: &Person, other: &'static str) {
        let merged = run(self.history.git_command(&["merge", "--quiet", "--no-edit", other]));
        self.log.push(format!("{}: merges {other}: {:?}", person.branch, merged.code));
        self.leave_to_git([person.branch, other]);
        if merged.code != Some(0) {
            self.solve(Some(1), &merged.stderr);
            if !self.history.git(&["ls-files", "--unmerged"]).is_empty() {
                let both = ["--resolve-record", "--set", "port=9000", "--set", "region=north", "--set", "zone=west"];
                let ran = self.history.update(&both);
                self.log.push(format!("{}: resolves the record: {:?}", person.branch, ran.code));
                self.solve(ran.code, &ran.stderr);
            }
            assert_eq!(self.history.git(&["ls-files", "--unmerged"]), "", "{}", self.log.join("\n"));
        }
        self.history.commit();
        for branches in self.wanted.values_mut().filter(|branches| branches.contains(other)) {
            branches.insert(person.branch);
        }
        self.is_whole(person.branch);
    }

    /// Takes out what git has just lost by itself: where several files have the same text, it takes one for another.
    fn leave_to_git(&mut self, branches: [&'static str; 2]) {
        let all = self.lines();
        let is_lost = |line: &String, on: &mut BTreeSet<&'static str>| {
            branches.iter().any(|branch| on.contains(branch)) && !all.contains(line)
        };
        for (line, _) in self.wanted.extract_if(.., is_lost) {
            self.log.push(format!("git's merge has lost `{line}`"));
            self.lost_by_git.push(line);
        }
    }

    /// Every line that stands in a file of the project, the record apart.
    fn lines(&self) -> BTreeSet<String> {
        let tree = self.history.tree();
        let mine = tree.iter().filter(|(path, _)| !path.starts_with(".launchway/"));
        let texts = mine.filter_map(|(_, file)| std::str::from_utf8(&file.bytes).ok());
        texts.flat_map(str::lines).map(str::to_owned).collect()
    }

    /// Every line that somebody wrote is there, and the record goes with the files.
    fn is_whole(&self, branch: &'static str) {
        let all = self.lines();
        let lost: Vec<_> =
            self.wanted.iter().filter(|(line, on)| on.contains(branch) && !all.contains(*line)).collect();
        assert!(lost.is_empty(), "{lost:?}\n{}", self.log.join("\n"));
        let check = self.history.launchway(&["check"]);
        assert_eq!(check.code, Some(0), "{}{}\n{}", check.stdout, check.stderr, self.log.join("\n"));
    }

    fn step(&mut self, person: &mut Person, other: &'static str) {
        self.history.git(&["checkout", "--quiet", person.branch]);
        match self.dice.roll(12) {
            0..=3 => self.edit(person),
            4 => self.add(person),
            5 => self.rename(person),
            6 => self.delete(person),
            7..=9 => self.update(person),
            10 => self.merge(person, other),
            _ if self.version < 3 => {
                self.version += 1;
                self.history.template(&format!("{}.0.0", self.version), &release(self.version), QUESTIONS);
                self.log.push(format!("release {}", self.version));
            }
            _ => {}
        }
        self.history.commit();
        self.is_whole(person.branch);
    }

    /// Lives through the history, and returns how many lines git's own merges have lost in it.
    fn live(mut self) -> usize {
        let mut people = [Person { branch: "ada", written: 0 }, Person { branch: "bob", written: 0 }];
        for _ in 0..14 {
            let turn = self.dice.roll(2);
            let other = people[1 - turn].branch;
            self.step(&mut people[turn], other);
        }
        // In the end both have all, and nobody has anything to do.
        for (turn, other) in [(0, "bob"), (1, "ada")] {
            self.history.git(&["checkout", "--quiet", people[turn].branch]);
            self.merge(&people[turn], other);
        }
        // The second update clears the conflicts of the first from the record.
        for _ in 0..2 {
            let ran = self.history.update(&[]);
            self.solve(ran.code, &ran.stderr);
            self.history.commit();
        }
        let again = self.history.update(&[]);
        assert!(again.stdout.contains("nothing to do"), "{}{}\n{}", again.stdout, again.stderr, self.log.join("\n"));
        self.is_whole("bob");
        self.lost_by_git.len()
    }
}

/// How many histories are lived through: a few in every run; `LAUNCHWAY_TEAMS=0..500` names others.
fn seeds() -> std::ops::Range<u64> {
    let named = std::env::var("LAUNCHWAY_TEAMS").ok();
    let range = named.as_deref().and_then(|it| it.split_once(".."));
    range.map_or(0..sample::size(5, 100) as u64, |(from, to)| from.parse().unwrap()..to.parse().unwrap())
}

#[test]
fn u10_no_line_of_a_team_is_ever_lost() {
    let (mut failed, mut lost_by_git) = (Vec::new(), 0);
    for seed in seeds() {
        match std::panic::catch_unwind(|| Team::new(seed).live()) {
            Ok(lost) => lost_by_git += lost,
            Err(_) => failed.push(seed),
        }
    }
    println!("histories {:?}: lines that git's own merges have lost: {lost_by_git}", seeds());
    assert!(failed.is_empty(), "{} of {:?}: {failed:?}", failed.len(), seeds());
}
