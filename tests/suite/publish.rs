//! Publishing a fleet, at the fake of a forge: the rules of a campaign by their numbers, budgets, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xtask::{tree, workspace};

use crate::forge::{FakeForge, Fault, Pull, TOKEN, refuse_pushes};
use crate::history::lines;
use crate::program::{GIT_IDENTITY, Ran, run, write_executable};
use crate::remote::{Repository, Server, World};

const MANIFEST: &str = r#"[template]
id = "platform"
title = "Ours"
version = "1.0.0"
name = "project"

[[question]]
id = "project"
prompt = "Name"
help = "The name."
kind = "slug"
"#;

pub(crate) const BRANCH: &str = "launchway/platform";

/// A template with two versions, repositories of one project at the forge, and a plan of the way from one version to the other.
pub(crate) struct Campaign {
    pub(crate) world: World,
    pub(crate) forge: FakeForge,
    template: Repository,
    pub(crate) names: Vec<String>,
}

impl Campaign {
    pub(crate) fn new(count: usize) -> Self {
        Self::with(count, "notes.txt")
    }

    /// Makes a template of one file, which changes from one version to the other.
    fn with(count: usize, file: &str) -> Self {
        let world = World::new();
        let path = format!("files/{file}");
        let files = [("template.toml", MANIFEST), (path.as_str(), &lines(&[]))];
        let template = world.repository("template", &files);
        template.git(&["tag", "v1.0.0"]);
        let words = ["new", "orders", "--defaults", "--no-input", "--no-git", "--template"];
        run(world.launchway().args(words).arg(format!("{}@v1.0.0", template.url()))).success();
        let forge = FakeForge::start(&world.path("forge"));
        let names: Vec<String> = (0..count).map(|number| format!("acme/p{number:02}")).collect();
        let new = Self { world, forge, template, names };
        git(&new.world.path("orders"), &["init", "--quiet", "--initial-branch=main"]);
        new.commit();
        for name in &new.names {
            let bare = new.bare(name);
            git(&new.world.path("orders"), &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
        }
        new.template
            .commit(&[("template.toml", &MANIFEST.replace("1.0.0", "1.1.0")), (&path, &lines(&[(9, "theirs")]))]);
        new.template.git(&["tag", "v1.1.0"]);
        new.settings("");
        new
    }

    /// One that is planned and worked on.
    pub(crate) fn ready(count: usize) -> Self {
        let new = Self::new(count);
        new.plan_and_work();
        new
    }

    pub(crate) fn bare(&self, name: &str) -> PathBuf {
        self.world.path(&format!("forge/{name}.git"))
    }

    fn commit(&self) {
        let folder = self.world.path("orders");
        git(&folder, &["add", "--all"]);
        git(&folder, &["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }

    /// Changes a file of the project, on a branch of a repository.
    fn change(&self, name: &str, branch: &str, (path, text): (&str, &str)) {
        let folder = self.world.path("orders");
        let bare = self.bare(name);
        git(&folder, &["fetch", "--quiet", bare.to_str().unwrap(), branch]);
        git(&folder, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
        fs::write(folder.join(path), text).unwrap();
        self.commit();
        git(&folder, &["push", "--quiet", bare.to_str().unwrap(), &format!("HEAD:refs/heads/{branch}")]);
    }

    /// Makes a commit of a person's on a branch.
    pub(crate) fn commit_to(&self, name: &str, branch: &str) {
        self.change(name, branch, ("own.txt", "mine\n"));
    }

    pub(crate) fn settings(&self, more: &str) {
        let urls: Vec<String> = self.names.iter().map(|name| self.forge.url(name) + "\n").collect();
        fs::write(self.world.path("list.txt"), urls.concat()).unwrap();
        let template = self.template.url();
        let text = format!(
            "[fleet]\ntemplate = \"{template}\"\nto = \"1.1.0\"\n\n[[source]]\nkind = \"list\"\npath = \"list.txt\"\n{more}"
        );
        fs::write(self.world.path("FLEET.toml"), text).unwrap();
    }

    pub(crate) fn fleet(&self, words: &[&str]) -> Command {
        let mut command = self.world.launchway();
        command.arg("fleet").args(words);
        command.env("GITHUB_TOKEN", TOKEN).env("GITHUB_API_URL", self.forge.api());
        command
    }

    pub(crate) fn plan_and_work(&self) {
        run(self.fleet(&["plan", "-o", "plan.json"])).success();
        run(self.fleet(&["work", "--results", "results"])).success();
    }

    pub(crate) fn publish(&self, words: &[&str]) -> Ran {
        run(self.fleet(&[&["publish", "--results", "results", "--wait", "0"], words].concat()))
    }

    pub(crate) fn pulls(&self, name: &str) -> Vec<Pull> {
        self.forge.with(|forge| forge.pulls.get(name).cloned().unwrap_or_default())
    }

    fn change_pull(&self, name: &str, change: impl FnOnce(&mut Pull)) {
        self.forge.with(|forge| change(forge.pulls.get_mut(name).unwrap().last_mut().unwrap()));
    }

    pub(crate) fn tip(&self, name: &str) -> String {
        git(&self.bare(name), &["rev-parse", &format!("refs/heads/{BRANCH}")])
    }

    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(self.world.path("results/publish.jsonl")).unwrap_or_default()
    }

    fn steps(&self) -> Vec<String> {
        let step = |line: &str| serde_json::from_str::<Value>(line).unwrap()["step"].as_str().unwrap().to_owned();
        self.journal().lines().map(step).collect()
    }

    fn report(&self) -> Value {
        let words = ["report", "--results", "results", "--format", "json"];
        serde_json::from_str(&run(self.fleet(&words)).success()).unwrap()
    }
}

pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = workspace::hermetic(Path::new("git")).unwrap();
    git.args(words).envs(GIT_IDENTITY).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z").env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
    run(git).success().trim().to_owned()
}

#[test]
fn rule_4_each_project_has_one_branch_and_one_pull_request_and_a_second_run_asks_and_changes_nothing() {
    let campaign = Campaign::new(2);
    campaign.settings("[pull-request]\ntitle = \"{template} {to} for {project}\"\nlabels = [\"fleet\"]\n");
    campaign.plan_and_work();
    let ran = campaign.publish(&[]);
    assert!(
        ran.stderr.contains("2 projects to look at; the budget of the forge makes it take 0 s at least"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.success(), "open 2\n");
    for name in &campaign.names {
        let pulls = campaign.pulls(name);
        assert_eq!(pulls.len(), 1);
        let pull = &pulls[0];
        assert_eq!((pull.title.as_str(), pull.labels.concat()), ("platform 1.1.0 for orders", "fleet".to_owned()));
        assert_eq!((pull.head.as_str(), pull.base.as_str(), pull.is_draft), (BRANCH, "main", false));
        assert!(pull.body.contains("| `notes.txt` | clean |"), "{}", pull.body);
        assert_eq!(
            git(&campaign.bare(name), &["rev-parse", &format!("{BRANCH}^")]),
            git(&campaign.bare(name), &["rev-parse", "main"])
        );
    }
    assert_eq!(campaign.steps().iter().filter(|step| *step == "opened").count(), 2);
    let before = campaign.journal();
    campaign.forge.count_anew();
    assert_eq!(campaign.publish(&[]).success(), "open 2\n");
    assert_eq!(campaign.forge.with(|forge| forge.requests.clone()), ["GET /issues"], "a hundred at once");
    assert_eq!(campaign.journal(), before);
    campaign.forge.assert_described();
}

#[test]
fn rule_5_an_open_pull_request_is_updated_with_its_tree_and_never_over_a_persons_commit() {
    let campaign = Campaign::ready(3);
    campaign.publish(&[]).success();
    let [first, second, third] = [0, 1, 2].map(|at| campaign.names[at].clone());
    let before = [&first, &second, &third].map(|name| campaign.tip(name));
    // A person commits to the branch of the second, and all three move on.
    campaign.change(&second, BRANCH, ("own.txt", "mine\n"));
    let of_person = campaign.tip(&second);
    for name in [&first, &second] {
        campaign.change(name, "main", ("other.txt", "more\n"));
    }
    campaign.plan_and_work();
    assert_eq!(campaign.publish(&[]).success(), "open 3\n");
    assert_ne!(campaign.tip(&first), before[0], "it is on the new head");
    assert_eq!(
        git(&campaign.bare(&first), &["rev-parse", &format!("{BRANCH}^")]),
        git(&campaign.bare(&first), &["rev-parse", "main"])
    );
    assert_eq!(campaign.tip(&second), of_person, "it stays");
    assert_eq!(campaign.tip(&third), before[2]);
    for name in &campaign.names {
        assert_eq!(campaign.pulls(name).len(), 1);
    }
    assert!(campaign.pulls(&first)[0].body.contains(&campaign.tip(&first)), "the mark names the commit");
    let report = campaign.report();
    let reasons: Vec<&str> =
        report["projects"].as_array().unwrap().iter().filter_map(|it| it["published"]["reason"].as_str()).collect();
    assert_eq!(reasons, ["somebody has committed to it, so it stays as it is"]);
    // Without the journal, the mark alone says which commit is ours.
    fs::remove_file(campaign.world.path("results/publish.jsonl")).unwrap();
    campaign.change(&first, "main", ("other.txt", "and more\n"));
    campaign.plan_and_work();
    assert_eq!(campaign.publish(&[]).success(), "open 3\n");
    assert_eq!(
        git(&campaign.bare(&first), &["rev-parse", &format!("{BRANCH}^")]),
        git(&campaign.bare(&first), &["rev-parse", "main"])
    );
    assert_eq!(campaign.tip(&second), of_person);
    campaign.forge.assert_described();
}

#[test]
fn rule_5_a_branch_of_somebody_else_is_left_and_said() {
    let campaign = Campaign::ready(2);
    let [first, second] = [&campaign.names[0], &campaign.names[1]];
    for name in [first, second] {
        git(&campaign.bare(name), &["branch", BRANCH, "main"]);
    }
    campaign.change(first, BRANCH, ("own.txt", "mine\n"));
    let before = [first, second].map(|name| campaign.tip(name));
    let said = campaign.publish(&[]).failure(1);
    assert!(said.contains("of 2 projects the pull request was declined or has failed"), "{said}");
    assert_eq!([first, second].map(|name| campaign.tip(name)), before);
    assert_eq!(campaign.report()["published"], serde_json::json!({ "failed": 2 }));
    assert!(campaign.journal().contains("branch-taken"));
}

#[test]
fn rule_6_what_was_closed_without_a_merge_is_declined_for_good_unless_it_is_offered_again() {
    let campaign = Campaign::ready(2);
    campaign.publish(&[]).success();
    let name = &campaign.names[0];
    campaign.change_pull(name, |pull| pull.state = "closed");
    for _ in 0..2 {
        assert_eq!(campaign.publish(&[]).code, Some(1));
        assert_eq!(campaign.pulls(name).len(), 1);
    }
    // Neither another head nor a lost journal makes it another question.
    campaign.change(name, "main", ("other.txt", "more\n"));
    campaign.plan_and_work();
    fs::remove_file(campaign.world.path("results/publish.jsonl")).unwrap();
    campaign.publish(&[]).failure(1);
    assert_eq!(campaign.pulls(name).len(), 1);
    assert_eq!(campaign.report()["published"], serde_json::json!({ "declined": 1, "open": 1 }));
    assert_eq!(campaign.publish(&["--reopen"]).success(), "open 2\n");
    assert_eq!(campaign.pulls(name).len(), 2);
    assert_eq!(campaign.publish(&["--reopen"]).success(), "open 2\n");
    assert_eq!(campaign.pulls(name).len(), 2);
}

#[test]
fn rule_7_a_pull_request_whose_answer_was_lost_is_found_and_never_a_second_one_opened() {
    let campaign = Campaign::ready(1);
    let name = &campaign.names[0];
    for (method, end) in [("POST", "/git-receive-pack"), ("POST", "/pulls")] {
        campaign.forge.with(|forge| forge.next = Some((method, end, Fault::Lost)));
        let said = campaign.publish(&[]).failure(75);
        assert!(said.contains("of 1 projects the forge has not answered"), "{said}");
    }
    assert_eq!(campaign.pulls(name).len(), 1, "it was opened");
    assert_eq!(campaign.publish(&[]).success(), "open 1\n");
    assert_eq!(campaign.pulls(name).len(), 1);
    assert_eq!(campaign.steps().last().unwrap(), "found");
    // The same within one run that waits.
    let campaign = Campaign::ready(1);
    campaign.forge.with(|forge| forge.next = Some(("POST", "/pulls", Fault::Lost)));
    assert_eq!(campaign.publish(&["--wait", "30"]).code, Some(2), "an option is given once");
    let words = ["publish", "--results", "results", "--wait", "30"];
    assert_eq!(run(campaign.fleet(&words)).success(), "open 1\n");
    assert_eq!(campaign.pulls(&campaign.names[0]).len(), 1);
}

#[test]
fn rule_9_the_forge_wins_over_the_journal() {
    let campaign = Campaign::ready(3);
    campaign.publish(&[]).success();
    campaign.change_pull("acme/p00", |pull| (pull.state, pull.is_merged) = ("closed", true));
    campaign.change_pull("acme/p01", |pull| pull.state = "closed");
    let states = |ran: Ran| ran.stdout;
    assert_eq!(states(run(campaign.fleet(&["status", "--results", "results"]))), "open 1\nmerged 1\ndeclined 1\n");
    assert_eq!(campaign.report()["published"], serde_json::json!({ "open": 1, "merged": 1, "declined": 1 }));
    // Without a journal, all is found again; with one that knows less, too.
    let whole = campaign.journal();
    for kept in 0..=whole.lines().count() {
        let text: String = whole.split_inclusive('\n').take(kept).collect();
        fs::write(campaign.world.path("results/publish.jsonl"), text + "{\"torn").unwrap();
        assert_eq!(states(campaign.publish(&[])), "open 1\nmerged 1\ndeclined 1\n", "{kept}");
        for name in &campaign.names {
            assert_eq!(campaign.pulls(name).len(), 1, "{kept}");
        }
    }
    // An app has no list of what it has opened, and asks for each.
    campaign.forge.with(|forge| forge.is_app = true);
    campaign.change_pull("acme/p02", |pull| (pull.state, pull.is_merged) = ("closed", true));
    assert_eq!(states(run(campaign.fleet(&["status", "--results", "results"]))), "merged 2\ndeclined 1\n");
    campaign.forge.assert_described();
}

#[test]
fn rule_10_a_conflict_has_a_draft_only_if_it_is_asked_for_and_then_people_have_it() {
    let campaign = Campaign::new(1);
    let name = &campaign.names[0];
    campaign.change(name, "main", ("notes.txt", &lines(&[(9, "mine")])));
    campaign.plan_and_work();
    assert_eq!(campaign.publish(&[]).success(), "");
    assert!(campaign.pulls(name).is_empty());
    campaign.settings("[pull-request]\ndraft_conflicts = true\n");
    campaign.forge.with(|forge| forge.next = Some(("POST", "/pulls", Fault::Lost)));
    campaign.publish(&[]).failure(75);
    for _ in 0..2 {
        assert_eq!(campaign.publish(&[]).success(), "open 1\n");
    }
    let pulls = campaign.pulls(name);
    assert_eq!((pulls.len(), pulls[0].is_draft), (1, true));
    assert!(pulls[0].body.contains("| `notes.txt` | conflict |"), "{}", pulls[0].body);
    assert_eq!(
        git(&campaign.bare(name), &["diff", "--stat", "main", BRANCH]),
        "",
        "no mark of a conflict is committed"
    );
    campaign.change(name, BRANCH, ("notes.txt", "decided\n"));
    let decided = campaign.tip(name);
    fs::remove_file(campaign.world.path("results/publish.jsonl")).unwrap();
    assert_eq!(campaign.publish(&[]).success(), "open 1\n");
    assert_eq!(campaign.tip(name), decided);
}

#[test]
fn the_policy_says_how_many_are_open_which_wave_it_is_and_when_it_ends() {
    let campaign = Campaign::ready(5);
    let policy = |text: &str| campaign.settings(&format!("[policy]\n{text}\n"));
    assert_eq!(campaign.publish(&["--limit", "1"]).success(), "open 1\n");
    policy("max_open = 2");
    let said = campaign.publish(&[]).failure(75);
    assert!(said.contains("2 pull requests are open, which is `max_open`"), "{said}");
    assert_eq!(campaign.report()["published"], serde_json::json!({ "open": 2 }));
    policy("waves = [\"1\", \"60 %\", \"100 %\"]");
    let said = campaign.publish(&[]).failure(2);
    assert!(said.contains("name it by `--wave`: `1`, `60 %`, `100 %`"), "{said}");
    campaign.publish(&["--wave", "2"]).failure(2);
    assert_eq!(campaign.publish(&["--wave", "60%"]).success(), "open 3\n");
    fs::write(campaign.world.path("results/STOP"), "").unwrap();
    let said = campaign.publish(&["--wave", "100 %"]).failure(75);
    assert!(said.contains("the file `STOP`"), "{said}");
    fs::remove_file(campaign.world.path("results/STOP")).unwrap();
    // A fifth was declined, and more than a tenth is too much.
    let opened = campaign.names.iter().find(|name| !campaign.pulls(name).is_empty()).unwrap();
    campaign.change_pull(opened, |pull| pull.state = "closed");
    policy("halt_above = \"10 %\"");
    let said = campaign.publish(&[]).failure(1);
    assert!(said.contains("of 5 projects 1 were declined or have failed, which is above `halt_above`"), "{said}");
    policy("halt_above = \"20 %\"");
    assert_eq!(campaign.publish(&[]).stdout, "open 4\ndeclined 1\n");
}

#[test]
fn a_limit_of_the_forge_is_waited_for_or_ends_the_run_with_75() {
    let campaign = Campaign::ready(1);
    let fault = |headers, message| Fault::Status(403, headers, message);
    let spent =
        fault(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4102444800")], "API rate limit exceeded");
    for (fault, said) in [
        (spent, "API rate limit exceeded"),
        (fault(&[("retry-after", "60")], "You have exceeded a secondary rate limit"), "for 1 min"),
        (fault(&[], "You have exceeded a secondary rate limit"), "secondary rate limit"),
        (Fault::Status(429, &[("retry-after", "7200")], "slow down"), "for 2 h 0 min: slow down"),
    ] {
        campaign.forge.with(|forge| forge.next = Some(("GET", "/pulls", fault)));
        let error = campaign.publish(&[]).failure(75);
        assert!(error.contains("the forge has to be left alone") && error.contains(said), "{error}");
        assert!(error.contains("run the same again later"), "{error}");
    }
    campaign.forge.with(|forge| forge.next = Some(("POST", "/pulls", fault(&[("retry-after", "1")], "slow down"))));
    let start = std::time::Instant::now();
    let words = ["publish", "--results", "results", "--wait", "30"];
    assert_eq!(run(campaign.fleet(&words)).success(), "open 1\n");
    assert!(start.elapsed().as_millis() >= 1000);
    assert_eq!(campaign.pulls(&campaign.names[0]).len(), 1);
}

#[test]
fn what_the_budget_of_an_hour_was_spent_on_counts_in_the_next_run() {
    let campaign = Campaign::ready(1);
    campaign.publish(&["--limit", "0"]).success();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let spent = format!(
        "{{\"schema\":\"launchway.fleet-publish/1\",\"at\":{},\"campaign\":\"c\",\"to\":\"0.9.0\",\"id\":\"x\",\"key\":\"k\",\"step\":\"opening\"}}\n",
        now - 600
    );
    fs::write(campaign.world.path("results/publish.jsonl"), spent.repeat(450)).unwrap();
    let error = campaign.publish(&[]).failure(75);
    assert!(error.contains("the budget for new content is used up"), "{error}");
    assert!(campaign.pulls(&campaign.names[0]).is_empty());
}

#[test]
fn what_a_repository_refuses_is_a_recorded_state_and_the_others_go_on() {
    let campaign = Campaign::with(5, ".github/workflows/ci.yml");
    campaign.plan_and_work();
    refuse_pushes(
        &campaign.bare("acme/p00"),
        "echo \"refusing to allow a Personal Access Token to create or update workflow without \\`workflow\\` scope\" >&2; exit 1",
    );
    refuse_pushes(&campaign.bare("acme/p01"), "echo 'error: GH006: Protected branch update failed' >&2; exit 1");
    campaign.forge.with(|forge| {
        forge.archived.insert("acme/p02".to_owned());
        forge.renamed.insert("acme/p03".to_owned(), "acme/renamed".to_owned());
    });
    fs::rename(campaign.bare("acme/p03"), campaign.bare("acme/renamed")).unwrap();
    assert_eq!(campaign.publish(&[]).stdout, "open 2\nfailed 3\n");
    for class in ["workflow-scope", "protected", "archived"] {
        assert!(campaign.journal().contains(&format!("\"class\":\"{class}\"")), "{class}: {}", campaign.journal());
    }
    assert_eq!(campaign.pulls("acme/renamed").len(), 1);
    // Once it is allowed, the next run does it.
    fs::remove_file(campaign.bare("acme/p00").join("hooks/pre-receive")).unwrap();
    assert_eq!(campaign.publish(&[]).stdout, "open 3\nfailed 2\n");
}

#[test]
fn the_token_is_in_no_output_no_journal_and_no_argument_and_goes_to_no_other_host() {
    let campaign = Campaign::ready(1);
    let shim = campaign.world.path("shim");
    let log = campaign.world.path("arguments");
    let paths = std::env::var("PATH").unwrap();
    let script = format!("#!/bin/sh\necho \"$@\" >> {}\nPATH={paths} exec git \"$@\"\n", log.display());
    write_executable(&shim.join("git"), &script);
    let mut said = String::new();
    campaign.forge.with(|forge| forge.next = Some(("POST", "/pulls", Fault::Status(422, &[], "no"))));
    for (words, code) in
        [(&["publish", "--wait", "0"][..], 1), (&["publish", "--wait", "0"], 0), (&["status"], 0), (&["report"], 0)]
    {
        let mut command = campaign.fleet(words);
        command.args(["--results", "results", "--verbose"]).env("PATH", format!("{}:{paths}", shim.display()));
        let ran = run(command);
        assert_eq!(ran.code, Some(code), "{words:?}: {}", ran.stderr);
        said += &(ran.stdout + &ran.stderr);
    }
    assert_eq!(campaign.pulls(&campaign.names[0]).len(), 1, "git was let in");
    let arguments = fs::read_to_string(log).unwrap();
    assert!(arguments.contains("push") && arguments.contains("credential."), "{arguments}");
    let files = tree::read(campaign.world.folder.path()).unwrap();
    let kept = files.iter().filter(|(path, _)| !path.starts_with("remotes/"));
    for (path, file) in kept {
        assert!(!file.bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "{path}");
    }
    assert!(said.contains("trace: ") && !said.contains(TOKEN) && !arguments.contains(TOKEN), "{said}");
    // A repository of another host is not shown the token, and is a state.
    let other = FakeForge::start(&campaign.world.path("forge"));
    let mut publish = campaign.fleet(&["publish", "--results", "elsewhere", "--wait", "0"]);
    run(campaign.fleet(&["work", "--results", "elsewhere"])).success();
    publish.env("GITHUB_API_URL", other.api());
    run(publish).failure(1);
    let journal = fs::read_to_string(campaign.world.path("elsewhere/publish.jsonl")).unwrap();
    assert!(journal.contains("another-forge"), "{journal}");
}

#[test]
fn an_environment_that_cannot_be_used_is_refused_before_anything_is_done() {
    let campaign = Campaign::ready(1);
    let words = ["publish", "--results", "results", "--wait", "0"];
    for (variable, value, said) in [
        ("GITHUB_TOKEN", "", "there is no token for the forge"),
        ("GITHUB_TOKEN", "a b", "`GITHUB_TOKEN` is no token"),
        ("GITHUB_TOKEN", "another", "the forge does not accept the token: Bad credentials"),
        ("GITHUB_API_URL", "http://git.example", "has to begin with `https://`"),
        ("GITHUB_API_URL", "git.example", "is no address"),
        ("GIT_SSL_CAINFO", "/none", "cannot read the certificates that `GIT_SSL_CAINFO` names"),
    ] {
        let error = run(campaign.fleet(&words).env(variable, value)).failure(78);
        assert!(error.contains(said) && !error.contains("a b"), "{error}");
    }
    let text = fs::read_to_string(campaign.world.path("FLEET.toml")).unwrap();
    fs::write(campaign.world.path("FLEET.toml"), text.replace("[fleet]\n", "[fleet]\nidentity = \"other\"\n")).unwrap();
    let error = campaign.publish(&[]).failure(78);
    assert!(error.contains("the token is of `bot`, and `[fleet] identity` is `other`"), "{error}");
    fs::write(campaign.world.path("FLEET.toml"), text.replace("[fleet]\n", "[fleet]\nidentity = \"Bot\"\n")).unwrap();
    campaign.publish(&[]).success();
    fs::write(campaign.world.path("results/publish.jsonl"), "{}\n").unwrap();
    let error = campaign.publish(&[]).failure(65);
    assert!(error.contains("line 1 of `results/publish.jsonl` is no step of a fleet"), "{error}");
    run(campaign.fleet(&["report", "--results", "results"])).failure(65);
}

#[test]
fn a_forge_is_reached_by_tls_and_only_with_a_certificate_that_is_trusted() {
    let campaign = Campaign::ready(1);
    let text = fs::read_to_string(campaign.world.path("FLEET.toml")).unwrap();
    fs::write(campaign.world.path("FLEET.toml"), text.replace("[fleet]\n", "[fleet]\nidentity = \"bot\"\n")).unwrap();
    let folder = campaign.world.path("certificates");
    fs::create_dir(&folder).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    for words in [
        format!("req -x509 {key} -subj /CN=ours -keyout ca.key -out ca.pem"),
        format!("req {key} -subj /CN=localhost -keyout key.pem -out request.pem"),
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out localhost.pem"
            .to_owned(),
    ] {
        run(Command::new("openssl").args(words.split(' ')).current_dir(&folder)).success();
    }
    let server = Server::with_certificate(&folder.join("localhost.pem"), &folder.join("key.pem"));
    let publish = |trusted: Option<&str>| {
        let mut publish = campaign.fleet(&["publish", "--results", "results", "--wait", "0"]);
        publish.env("GITHUB_API_URL", server.url("")).env_remove("GIT_SSL_CAINFO");
        run(publish.envs(trusted.map(|file| ("GIT_SSL_CAINFO", folder.join(file)))))
    };
    // What answers is git, which has no such page.
    let error = publish(Some("ca.pem")).failure(78);
    assert!(error.contains("the forge has refused with status 404"), "{error}");
    for trusted in [None, Some("localhost.pem")] {
        let error = publish(trusted).failure(75);
        assert!(error.contains("the forge does not answer: ") && error.contains("certificate"), "{error}");
    }
}

#[test]
fn the_repositories_of_an_organisation_are_listed_page_by_page_and_those_that_take_no_part_are_said() {
    let campaign = Campaign::new(3);
    campaign.forge.with(|forge| {
        forge.forks.insert("acme/p01".to_owned());
        forge.archived.extend((0..210).map(|number| format!("acme/old-{number:03}")));
    });
    git(&campaign.bare("acme/p02"), &["update-ref", "-d", "refs/heads/main"]);
    let text = fs::read_to_string(campaign.world.path("FLEET.toml")).unwrap();
    let text = text.replace("kind = \"list\"\npath = \"list.txt\"", "kind = \"github\"\norganisation = \"acme\"");
    fs::write(campaign.world.path("FLEET.toml"), &text).unwrap();
    let said = run(campaign.fleet(&["plan", "-o", "plan.json"]));
    assert!(
        said.stderr.contains("left out, archived: 210\n") && said.stderr.contains("left out, fork: 1\n"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("left out, empty: 1\n"), "{}", said.stderr);
    let plan: Value = serde_json::from_str(&fs::read_to_string(campaign.world.path("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["repositories"].as_array().unwrap().len(), 1);
    assert_eq!(plan["repositories"][0]["url"], campaign.forge.url("acme/p00"));
    let pages = campaign.forge.with(|forge| forge.requests.iter().filter(|line| line.contains("/orgs/")).count());
    assert_eq!(pages, 3);
    fs::write(campaign.world.path("FLEET.toml"), text.replace("\"acme\"", "\"nobody\"")).unwrap();
    let error = run(campaign.fleet(&["plan", "-o", "plan.json"])).failure(78);
    assert!(error.contains("the forge has no organisation `nobody`"), "{error}");
    campaign.forge.assert_described();
}
