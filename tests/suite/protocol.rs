//! A coding agent at work: a scripted client with the program and the skill alone makes, changes, breaks and repairs a service, in few
//! calls that say little. The commands are those of `skills/launchway/SKILL.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::workspace;

use crate::golden;
use crate::program::{GIT_IDENTITY, Ran, run, shell};

/// The most calls that the client may need.
const CALLS: usize = 12;
/// The most that it may have to read, in tokens of about four bytes.
const TOKENS: usize = 6000;
/// The most that it reads before it knows what there is, and what it would make.
const TOKENS_OF_DISCOVERY: usize = 200;
const BYTES_OF_A_TOKEN: usize = 4;

fn skill() -> String {
    fs::read_to_string(workspace::root().join("skills/launchway/SKILL.md")).unwrap()
}

/// What an agent reads of every skill that it has, to know when it needs one.
fn head(skill: &str) -> &str {
    skill.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap()
}

/// The commands of a page, each a block of `sh`.
fn commands(page: &str) -> Vec<String> {
    page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().trim().to_owned()).collect()
}

/// Who follows the skill, with what it has been told so far.
struct Client {
    folder: PathBuf,
    calls: usize,
    read: usize,
}

impl Client {
    fn call(&mut self, line: &str) -> Ran {
        let ran = run(shell(line).envs(GIT_IDENTITY).current_dir(&self.folder));
        self.calls += 1;
        self.read += ran.stdout.len() + ran.stderr.len();
        ran
    }
}

/// The place of the first finding, and what the template wrote there.
fn repair(said: &str) -> (String, usize, String, String) {
    let place = said.lines().next().unwrap();
    let (file, rest) = place.split_once(':').unwrap();
    let line = rest.split(':').next().unwrap().parse().unwrap();
    let found =
        said.lines().find(|it| it.contains(&format!("in {file}:{line} ")) && it.contains("generated as")).unwrap();
    let words: Vec<&str> = found.split('`').collect();
    (file.to_owned(), line, words[1].to_owned(), words[words.len() - 2].to_owned())
}

fn replace_in_line(path: &Path, line: usize, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    let edit = |(number, it): (usize, &str)| if number + 1 == line { it.replacen(from, to, 1) } else { it.to_owned() };
    let lines: Vec<String> = text.lines().enumerate().map(edit).collect();
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_client_with_the_skill_alone_makes_changes_breaks_and_repairs_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client { folder: folder.path().to_owned(), calls: 0, read: 0 };
    let commands = commands(&skill());
    let [plan, make, preview, change, commit, check, why] = commands.as_slice() else { panic!("{commands:?}") };

    let digest = client.call(plan).success();
    let discovery = head(&skill()).len() + client.read;
    assert!(discovery <= TOKENS_OF_DISCOVERY * BYTES_OF_A_TOKEN, "{discovery} bytes");
    let digest = digest.split('"').nth(3).unwrap();
    client.call(&make.replace("sha256:DIGEST", digest)).success();
    client.folder = folder.path().join("orders");

    client.call(preview).success();
    client.call(change).success();
    client.call(commit).success();
    client.call(check).success();

    replace_in_line(&client.folder.join("Dockerfile"), port_line(&client.folder), "9000", "9001");
    let said = client.call(check);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    let (file, line, wrong, right) = repair(&said.stdout);
    assert_eq!((file.as_str(), wrong.as_str(), right.as_str()), ("Dockerfile", "9001", "9000"));
    replace_in_line(&client.folder.join(file), line, &wrong, &right);
    client.call(check).success();
    client.call(why).success();

    // The two edits are calls of a client as well.
    assert!(client.calls + 2 <= CALLS, "{} calls", client.calls + 2);
    assert!(client.read <= TOKENS * BYTES_OF_A_TOKEN, "{} bytes", client.read);
}

fn port_line(folder: &Path) -> usize {
    let text = fs::read_to_string(folder.join("Dockerfile")).unwrap();
    text.lines().position(|line| line.starts_with("EXPOSE 9000")).unwrap() + 1
}

#[test]
fn the_skill_has_the_head_that_agents_read_and_is_short() {
    let skill = skill();
    let head = head(&skill);
    let keys: Vec<&str> = head.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(keys, ["name", "description"]);
    assert!(head.starts_with("name: launchway\n"));
    assert!(head.len() <= 1024 && skill.lines().count() <= 80, "{}", skill.lines().count());
}

/// The commands of a page: what is indented by four spaces, or by six in a list.
fn indented(page: &str) -> BTreeSet<String> {
    let is_command = |line: &&str| line.starts_with("    ") && !line.trim().is_empty();
    page.lines().filter(is_command).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_page_for_agents_has_the_commands_of_the_readmes() {
    let mut seen = 0;
    for (case, tree) in golden::rendered() {
        let text = |path: &str| tree.get(path).map(|file| String::from_utf8(file.bytes.clone()).unwrap());
        let Some(page) = text("AGENTS.md") else { continue };
        let readmes =
            ["README.md", "deploy/kubernetes/README.md", "deploy/ecs/README.md"].map(|it| text(it).unwrap_or_default());
        let said: BTreeSet<&str> = readmes.iter().flat_map(|it| it.lines()).map(str::trim).collect();
        let commands = indented(&page);
        assert!(commands.len() >= 7, "{case}: {commands:?}");
        for command in commands.iter().filter(|it| !it.starts_with("launchway ")) {
            assert!(said.contains(command.as_str()), "{case}: no README says `{command}`");
        }
        for platform in ["ecs", "kubernetes"] {
            let readme = format!("deploy/{platform}/README.md");
            assert_eq!(page.contains(&readme), tree.contains_key(&readme), "{case}");
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_commands_of_the_page_for_agents_run_in_the_project() {
    for target in ["ecs", "kubernetes", "both"] {
        let folder = tempfile::tempdir().unwrap();
        let mut client = Client { folder: folder.path().to_owned(), calls: 0, read: 0 };
        client.call(&format!("launchway new orders --target={target} --no-input")).success();
        client.folder = folder.path().join("orders");
        let page = fs::read_to_string(client.folder.join("AGENTS.md")).unwrap();
        let commands: Vec<String> = indented(&page).into_iter().filter(|it| it.starts_with("launchway ")).collect();
        assert_eq!(commands.len(), 3);
        for command in commands {
            client.call(&command).success();
        }
    }
}

#[test]
fn a_page_for_agents_that_is_there_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client { folder: folder.path().to_owned(), calls: 0, read: 0 };
    client.call("launchway new orders --target=kubernetes --no-input").success();
    client.folder = folder.path().join("orders");
    let page = client.folder.join("AGENTS.md");
    let ours = fs::read_to_string(&page).unwrap() + "\nAnswer in Korean.\n";
    fs::write(&page, &ours).unwrap();
    client.call("git commit --quiet --all --message 'Say how to answer'").success();
    client.call("launchway add service billing --set port=8081 --no-input").success();
    assert_eq!(fs::read_to_string(&page).unwrap(), ours);
    client.call("git add --all && git commit --quiet --message 'Add billing'").success();
    client.call("launchway update --service=orders --set port=9000").success();
    assert_eq!(fs::read_to_string(&page).unwrap(), ours);
}

#[test]
fn without_a_page_for_agents_there_is_none_and_an_update_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client { folder: folder.path().to_owned(), calls: 0, read: 0 };
    client.call("launchway new orders --target=ecs --agents=false --no-input").success();
    client.folder = folder.path().join("orders");
    assert!(!client.folder.join("AGENTS.md").exists());
    client.call("launchway update --set agents=true").success();
    assert!(client.folder.join("AGENTS.md").exists());
}
