//! The repositories of a fleet as they come: large, hostile, of another kind, named twice, or served by others. Each is a recorded state.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fleet::{Fleet, commit, git, three};
use crate::history::lines;
use crate::program::{self, GIT_IDENTITY, run};
use crate::remote::{Server, World};
use crate::sample;

/// Names the template of a fleet in its settings, and a list in place of the folder.
fn list(fleet: &Fleet, addresses: &[&str]) {
    fs::write(fleet.world.path("list.txt"), addresses.join("\n")).unwrap();
    fleet.settings("");
    let text = fs::read_to_string(fleet.world.path("FLEET.toml")).unwrap();
    let text = text.replace("\"directory\"", "\"list\"").replace("path = \"fleet\"", "path = \"list.txt\"");
    fs::write(fleet.world.path("FLEET.toml"), text).unwrap();
}

fn plan(fleet: &Fleet) -> Value {
    fleet.run(&["plan", "-o", "plan.json"]).success();
    fleet.json("plan.json")
}

fn left_out(plan: &Value) -> BTreeMap<String, (String, String)> {
    let text = |left: &Value, key: &str| left[key].as_str().unwrap().to_owned();
    let left = plan["left_out"].as_array().unwrap().iter();
    left.map(|left| (text(left, "id"), (text(left, "state"), text(left, "reason")))).collect()
}

fn ids(plan: &Value) -> Vec<&str> {
    let mut ids: Vec<&str> =
        plan["repositories"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_repository_is_worked_on_once_however_often_and_however_it_is_named() {
    let fleet = three();
    let path = |path: &str| fleet.world.path(path).display().to_string();
    std::os::unix::fs::symlink(path("fleet/alpha.git"), path("link.git")).unwrap();
    let spellings = [
        "fleet/alpha.git",
        "./fleet/alpha.git/",
        "fleet/../fleet/alpha.git",
        "fleet/alpha",
        "link.git",
        &path("fleet/alpha.git"),
        &format!("file://{}", path("fleet/alpha.git")),
        &format!("file://{}/", path("link.git")),
        "# a comment",
        "",
        "fleet/beta.git",
    ];
    list(&fleet, &spellings);
    let plan = plan(&fleet);
    assert_eq!(ids(&plan).len(), 2, "{plan:#}");
    let states: Vec<String> = left_out(&plan).into_values().map(|(state, _)| state).collect();
    assert!(states.iter().all(|state| state == "duplicate" || state == "unreachable"), "{states:?}");
    assert_eq!(fleet.work("results", &[]), "ready 2\n");
}

#[test]
fn an_address_is_fetched_over_https_and_one_that_is_not_safe_is_left_out() {
    let fleet = three();
    let remotes = fleet.world.path("remotes");
    fs::rename(fleet.world.path("fleet/alpha.git"), remotes.join("alpha.git")).unwrap();
    let server = Server::of(&fleet.world);
    let secret = "s3cret-of-nobody";
    list(
        &fleet,
        &[
            &server.url("alpha.git"),
            &server.url("none.git"),
            "http://git.example/acme/plain.git",
            &format!("https://me:{secret}@git.example/acme/credentials.git"),
            "ext::sh -c touch${IFS}canary",
            "git://git.example/acme/old.git",
            "-u./canary:x",
            "ssh://-oProxyCommand=touch/canary",
            "fleet/beta.git",
        ],
    );
    let plan = plan(&fleet);
    assert_eq!(ids(&plan).len(), 2, "{plan:#}");
    let left = left_out(&plan);
    assert_eq!(left.len(), 7, "{left:#?}");
    assert!(left.values().all(|(state, reason)| state == "unreachable" && !reason.is_empty()), "{left:#?}");
    let text = fs::read_to_string(fleet.world.path("plan.json")).unwrap();
    assert!(!text.contains(secret), "a plan keeps no password");
    fleet.world.assert_nothing_ran();
    assert_eq!(fleet.work("results", &[]), "ready 2\n");
    drop(server);
    assert_eq!(fleet.work("results", &[]), "ready 2\n", "nothing is asked again");
    fleet.run(&["work", "--results", "others"]).failure(75);
}

#[test]
fn references_that_lead_nowhere_are_a_state_and_those_that_lead_on_are_followed() {
    let fleet = three();
    let bare = |name: &str| {
        let path = fleet.world.path(&format!("fleet/{name}.git"));
        git(fleet.world.folder.path(), &["clone", "--quiet", "--bare", "alpha", path.to_str().unwrap()]);
        path
    };
    let head = |name: &str, text: &str| fs::write(bare(name).join("HEAD"), text).unwrap();
    head("dangling", "ref: refs/heads/none\n");
    head("loop", "ref: refs/heads/loop\n");
    let around = fleet.world.path("fleet/loop.git/refs/heads/loop");
    fs::create_dir_all(around.parent().unwrap()).unwrap();
    fs::write(around, "ref: refs/heads/loop\n").unwrap();
    head("outside", "ref: ../../../alpha/.git/HEAD\n");
    head("garbage", "what is this\n");
    head("absent", &format!("{}\n", "1".repeat(40)));
    let commit = git(&fleet.world.path("alpha"), &["rev-parse", "HEAD"]);
    head("detached", &format!("{commit}\n"));
    head("symbolic", "ref: refs/heads/trunk\n");
    let trunk = fleet.world.path("fleet/symbolic.git/refs/heads/trunk");
    fs::create_dir_all(trunk.parent().unwrap()).unwrap();
    fs::write(trunk, "ref: refs/heads/main\n").unwrap();
    let blob = git(&fleet.world.path("alpha"), &["rev-parse", "HEAD:notes.txt"]);
    head("blob", &format!("{blob}\n"));
    let plan = fleet.plan();
    assert_eq!(ids(&plan), ["alpha", "beta", "detached", "gamma", "symbolic"], "{plan:#}");
    let left = left_out(&plan);
    assert_eq!(left.len(), 6, "{left:#?}");
    assert!(left.values().all(|(state, _)| ["empty", "unreachable"].contains(&state.as_str())), "{left:#?}");
    assert_eq!(fleet.work("results", &[]), "ready 4\nconflict 1\n");
}

#[test]
fn a_repository_of_sha256_has_a_commit_that_git_takes_over() {
    let fleet = three();
    let (folder, bare) = (fleet.world.path("delta"), fleet.world.path("fleet/delta.git"));
    git(fleet.world.folder.path(), &["init", "--quiet", "--object-format=sha256", "--initial-branch=main", "delta"]);
    for path in ["notes.txt", ".launchway"] {
        run(Command::new("cp").arg("-r").arg(fleet.world.path("alpha").join(path)).arg(&folder)).success();
    }
    commit(&folder);
    git(fleet.world.folder.path(), &["clone", "--quiet", "--bare", "delta", bare.to_str().unwrap()]);
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 3\nconflict 1\n");
    let result = &fleet.results("results")["delta"];
    assert_eq!(result["commit"].as_str().unwrap().len(), 64);
    let branch = "refs/heads/launchway/platform";
    git(
        &folder,
        &["fetch", "--quiet", fleet.bundle("results", result).to_str().unwrap(), &format!("{branch}:{branch}")],
    );
    assert_eq!(git(&folder, &["rev-parse", branch]), result["commit"].as_str().unwrap());
    git(&folder, &["fsck", "--strict", branch]);
}

#[test]
fn attributes_of_a_repository_change_nothing_of_a_merge() {
    let fleet = three();
    for name in ["beta", "gamma"] {
        let folder = fleet.world.path(name);
        let attributes =
            "* merge=union text eol=crlf ident filter=lfs\n*.txt working-tree-encoding=UTF-16 export-subst\n";
        fs::write(folder.join(".gitattributes"), attributes).unwrap();
        git(&folder, &["add", ".gitattributes"]);
        git(&folder, &["commit", "--quiet", "--message", "attributes"]);
        let bare = fleet.world.path(&format!("fleet/{name}.git"));
        fs::create_dir_all(bare.join("info")).unwrap();
        fs::write(bare.join("info/attributes"), "* merge=ours\n").unwrap();
        fleet.push(name);
    }
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 2\nconflict 1\n");
    let results = fleet.results("results");
    let (folder, bundle) = (fleet.world.path("beta"), fleet.bundle("results", &results["beta"]));
    git(&folder, &["fetch", "--quiet", bundle.to_str().unwrap(), "launchway/platform:launchway/platform"]);
    let merged = git(&folder, &["show", "launchway/platform:notes.txt"]);
    assert_eq!(merged, lines(&[(1, "mine"), (9, "theirs")]).trim());
}

/// Runs the work with so many KiB of memory for each process.
fn work_within(fleet: &Fleet, kib: u64) -> String {
    let line = format!("ulimit -v {kib}; exec \"$0\" fleet work --results results --jobs 1");
    let mut shell = fleet.world.launchway();
    let environment: Vec<_> =
        shell.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    shell = Command::new("sh");
    shell.env_clear().envs(environment).args(["-c", &line]).arg(program::path());
    run(shell.current_dir(fleet.world.folder.path())).success()
}

#[test]
fn a_blob_that_is_larger_than_the_memory_is_not_read() {
    let size = sample::size(96 << 20, 1 << 30);
    let fleet = three();
    let large = fleet.world.path("large");
    fs::File::create(&large).unwrap().set_len(size as u64).unwrap();
    // As a file of the project's own, in the place of one of the template's, as the list of what is ignored, and as a record.
    for (name, path) in
        [("own", "own.bin"), ("placed", "notes.txt"), ("ignores", ".gitignore"), ("record", ".launchway/alpha.toml")]
    {
        let folder = fleet.world.path(name);
        git(fleet.world.folder.path(), &["clone", "--quiet", "alpha", name]);
        let words = ["-c", "core.compression=1", "-c", "core.bigFileThreshold=1m", "hash-object", "-w", "../large"];
        let blob = git(&folder, &words);
        git(&folder, &["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
        git(&folder, &["commit", "--quiet", "--message", "large"]);
        let bare = fleet.world.path(&format!("fleet/{name}.git"));
        git(fleet.world.folder.path(), &["clone", "--quiet", "--bare", name, bare.to_str().unwrap()]);
    }
    let plan = fleet.plan();
    assert_eq!(left_out(&plan)["record"].0, "unusable-record");
    let said = work_within(&fleet, (size as u64 >> 10) / 2 + 400_000);
    let results = fleet.results("results");
    let state = |name: &str| results[name]["state"].as_str().unwrap();
    assert_eq!((state("own"), state("alpha"), state("gamma")), ("ready", "ready", "conflict"), "{said}");
    for name in ["placed", "ignores"] {
        assert!(["ready", "conflict", "error"].contains(&state(name)), "{name}: {}", results[name]);
    }
}

const QUESTION: &str =
    "\n[[question]]\nid = \"tier\"\nprompt = \"Tier\"\nhelp = \"How much it matters.\"\nkind = \"slug\"\n";

#[test]
fn a_new_question_gets_its_default_and_without_one_a_person_has_to_answer() {
    let mut fleet = Fleet::new(&[("files/notes.txt.hbs", "of {{owner}}\n")]);
    fleet.project("alpha", |_| {});
    let add = |folder: &Path, question: &str, text: &str| {
        let manifest = folder.join("template.toml");
        let before = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, before + question).unwrap();
        fs::write(folder.join("files/notes.txt.hbs"), text).unwrap();
    };
    let with_default = format!("{QUESTION}default = \"bronze\"\n");
    fleet.release("1.1.0", |folder| add(folder, &with_default, "of {{owner}}\ntier {{tier}}\n"));
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 1\n");
    let result = &fleet.results("results")["alpha"];
    let (folder, branch) = (fleet.world.path("alpha"), "launchway/platform");
    let bundle = fleet.bundle("results", result);
    git(&folder, &["fetch", "--quiet", bundle.to_str().unwrap(), &format!("{branch}:{branch}")]);
    assert_eq!(git(&folder, &["show", &format!("{branch}:notes.txt")]), "of web\ntier bronze");
    let second = QUESTION.replace("tier", "budget");
    fleet.release("1.2.0", |folder| add(folder, &second, "of {{owner}}\ntier {{tier}} {{budget}}\n"));
    fleet.plan();
    assert_eq!(fleet.work("without-default", &[]), "error 1\n");
    let results = fleet.results("without-default");
    let error = results.values().find_map(|it| it["error"].as_object()).unwrap_or_else(|| panic!("{results:#?}"));
    assert_eq!(error["class"], "answers");
    assert!(error["message"].as_str().unwrap().contains("budget"), "{error:?}");
}

#[test]
fn a_name_that_was_the_default_stays_the_name() {
    let manifest = crate::remote::MANIFEST.replace("kind = \"slug\"\n\n", "kind = \"slug\"\ndefault = \"orders\"\n\n");
    let mut fleet = Fleet::with_manifest(&manifest, &[("files/notes.txt.hbs", "{{service}}\n")]);
    let template = format!("{}@v1.0.0", fleet.template.url());
    run(fleet.world.launchway().args(["new", "--no-input", "--no-git", "--template", &template, "--dest", "orders"]))
        .success();
    let folder = fleet.world.path("orders");
    git(&folder, &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder);
    fleet.push("orders");
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt.hbs"), "the {{service}}\n").unwrap());
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 1\n");
    run(fleet.world.launchway().args(["update", "--to", "v1.1.0", "--defaults", "--no-input", "orders"])).success();
    assert_eq!(fs::read_to_string(folder.join("notes.txt")).unwrap(), "the orders\n");
}

#[test]
fn of_a_repository_with_several_services_each_has_its_own_result_and_some_can_be_selected() {
    let world = World::new();
    let launchway = |words: &[&str]| run(world.launchway().args(words).envs(GIT_IDENTITY)).success();
    launchway(&["new", "orders", "--target=ecs", "--owner=web", "--no-input"]);
    launchway(&["add", "service", "billing", "--dir=orders", "--no-input", "--set=owner=money"]);
    commit(&world.path("orders"));
    fs::create_dir(world.path("fleet")).unwrap();
    git(world.folder.path(), &["clone", "--quiet", "--bare", "orders", "fleet/shop.git"]);
    let plan = |select: &str| {
        let source = "[[source]]\nkind = \"directory\"\npath = \"fleet\"\n";
        fs::write(world.path("FLEET.toml"), format!("[fleet]\ntemplate = \"builtin:service\"\n\n{source}{select}"))
            .unwrap();
        launchway(&["fleet", "plan", "-o", "plan.json"]);
        serde_json::from_str::<Value>(&fs::read_to_string(world.path("plan.json")).unwrap()).unwrap()
    };
    assert_eq!(ids(&plan("")), ["shop#billing", "shop#orders"]);
    assert_eq!(launchway(&["fleet", "work", "--results", "results"]), "unchanged 2\n");
    for (select, expected) in [
        ("path = \"*#orders\"", "shop#orders"),
        ("path = [\"*#bill*\", \"none\"]", "shop#billing"),
        ("owner = \"money\"", "shop#billing"),
        ("answers = { owner = \"web\" }", "shop#orders"),
        ("answers = { owner = \"web\", target = \"ecs\" }", "shop#orders"),
    ] {
        let plan = plan(&format!("\n[select]\n{select}\n"));
        assert_eq!(ids(&plan), [expected], "{select}");
        let left = left_out(&plan);
        assert!(left.len() == 1 && left.values().all(|(state, _)| state == "not-selected"), "{left:?}");
    }
}

/// A repository with services in folders, of which one has moved a file; returns its clone and its bare repository.
fn with_folders(fleet: &Fleet) -> (std::path::PathBuf, std::path::PathBuf) {
    let shop = fleet.world.path("shop");
    for name in ["alpha", "beta", "gamma"] {
        let folder = shop.join("services").join(name);
        fs::create_dir_all(&folder).unwrap();
        for path in ["notes.txt", ".launchway"] {
            run(Command::new("cp").arg("-r").arg(fleet.world.path(name).join(path)).arg(&folder)).success();
        }
    }
    fs::write(shop.join("README.md"), "the shop\n").unwrap();
    git(&shop, &["init", "--quiet", "--initial-branch=main"]);
    commit(&shop);
    git(&shop, &["mv", "services/beta/notes.txt", "services/beta/moved.txt"]);
    commit(&shop);
    let bare = fleet.world.path("fleet/shop.git");
    git(fleet.world.folder.path(), &["clone", "--quiet", "--bare", "shop", bare.to_str().unwrap()]);
    (shop, bare)
}

#[test]
fn services_in_folders_of_a_repository_are_found_and_updated_as_in_a_clone() {
    let fleet = three();
    let (shop, _) = with_folders(&fleet);
    let plan = fleet.plan();
    let below = ["alpha", "beta", "gamma"].map(|name| format!("shop#services/{name}/{name}"));
    assert_eq!(ids(&plan)[3..], below.each_ref().map(String::as_str), "{plan:#}");
    assert_eq!(fleet.work("results", &[]), "ready 4\nconflict 2\n");
    let results = fleet.results("results");
    assert_eq!(results[&below[2]]["state"], "conflict");
    let mut branches = BTreeMap::new();
    for (name, changed) in [("alpha", "notes.txt"), ("beta", "moved.txt")] {
        let result = &results[&format!("shop#services/{name}/{name}")];
        let branch = result["branch"].as_str().unwrap();
        branches.insert(branch, name);
        let bundle = fleet.bundle("results", result);
        git(&shop, &["fetch", "--quiet", bundle.to_str().unwrap(), &format!("{branch}:{branch}")]);
        let files = git(&shop, &["diff", "--name-only", "main", branch]);
        let is_own = |path: &str| path.starts_with(&format!("services/{name}/"));
        assert!(files.lines().all(is_own) && files.contains(&format!("services/{name}/{changed}")), "{files}");
        let folder = format!("shop/services/{name}");
        run(fleet.world.launchway().args(["update", &folder, "--to", "v1.1.0", "--defaults", "--no-input"])).success();
        git(&shop, &["add", "--all"]);
        assert_eq!(git(&shop, &["write-tree"]), result["tree"].as_str().unwrap(), "{name}");
        git(&shop, &["reset", "--quiet", "--hard"]);
    }
    assert_eq!(branches.len(), 2, "each has a branch of its own: {branches:?}");
}

#[test]
fn a_record_in_a_folder_that_cannot_be_used_leaves_the_others_of_the_repository_in() {
    let fleet = three();
    let (shop, bare) = with_folders(&fleet);
    fs::write(shop.join("services/alpha/.launchway/alpha.toml"), "what is this\n").unwrap();
    // What ignores a file of a folder may stand above it.
    fs::write(shop.join(".gitignore"), "services/*/new.txt\n").unwrap();
    commit(&shop);
    git(&shop, &["push", "--quiet", bare.to_str().unwrap(), "main"]);
    let plan = fleet.plan();
    assert_eq!(ids(&plan)[3..], ["shop#services/beta/beta", "shop#services/gamma/gamma"], "{plan:#}");
    assert_eq!(left_out(&plan)["shop#services/alpha"].0, "unusable-record");
}

#[test]
fn what_the_catalog_of_a_project_forbids_is_a_state_of_this_project() {
    let mut fleet = Fleet::new(&[("files/notes.txt.hbs", "of {{owner}}\n")]);
    let entry = |locks: &str| {
        format!(
            "[catalog]\ntitle = \"Acme\"\n\n[[template]]\nname = \"service\"\ntitle = \"A service\"\nsource = \"git+{}\"\n{locks}",
            fleet.template.url()
        )
    };
    let (open, closed) =
        (entry(""), entry("\n[template.locks]\nowner = { deny = [\"web\"], because = \"the team is gone\" }\n"));
    let catalog = fleet.world.repository("catalog", &[("catalog.toml", &open)]);
    run(fleet.world.launchway().args(["catalog", "add", "acme", &catalog.url()])).success();
    for (name, owner) in [("alpha", "web"), ("beta", "money")] {
        let words = ["new", name, "--no-input", "--no-git", "--owner", owner, "--template", "acme:service"];
        run(fleet.world.launchway().args(words)).success();
        let folder = fleet.world.path(name);
        git(&folder, &["init", "--quiet", "--initial-branch=main"]);
        commit(&folder);
        fleet.push(name);
    }
    fleet.project("gamma", |_| {});
    catalog.commit(&[("catalog.toml", &closed)]);
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt.hbs"), "all of {{owner}}\n").unwrap());
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 2\nerror 1\n");
    let result = &fleet.results("results")["alpha"];
    assert_eq!(result["error"]["class"], "answers", "{result}");
    assert!(result["error"]["message"].as_str().unwrap().contains("the team is gone"), "{result}");
}

#[test]
fn the_versions_of_a_catalog_limit_a_new_project_and_the_launchway_that_it_needs_limits_an_update() {
    let mut fleet = Fleet::new(&[("files/notes.txt.hbs", "of {{owner}}\n")]);
    let catalog = |least: &str| {
        let url = fleet.template.url();
        format!(
            "[catalog]\ntitle = \"Acme\"\n{least}\n[[template]]\nname = \"service\"\ntitle = \"A service\"\n\
             source = \"git+{url}\"\nversion = \"~1.0\"\n"
        )
    };
    let (open, closed) = (catalog(""), catalog("min_version = \"99.0.0\"\n"));
    let repository = fleet.world.repository("catalog", &[("catalog.toml", &open)]);
    run(fleet.world.launchway().args(["catalog", "add", "acme", &repository.url()])).success();
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt.hbs"), "all of {{owner}}\n").unwrap());
    run(fleet.world.launchway().args(["new", "alpha", "--no-input", "--no-git", "--template", "acme:service"]))
        .success();
    let folder = fleet.world.path("alpha");
    assert_eq!(fs::read_to_string(folder.join("notes.txt")).unwrap(), "of web\n", "1.0.0, and not the newest");
    git(&folder, &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder);
    fleet.push("alpha");
    fleet.plan();
    // As `update`, which goes to the version that somebody names.
    assert_eq!(fleet.work("results", &[]), "ready 1\n");
    run(fleet.world.launchway().args(["update", "alpha", "--to", "v1.1.0", "--defaults", "--no-input"])).success();
    git(&folder, &["add", "--all"]);
    assert_eq!(fleet.results("results")["alpha"]["tree"], git(&folder, &["write-tree"]));
    repository.commit(&[("catalog.toml", &closed)]);
    fleet.project("beta", |_| {});
    fleet.release("1.2.0", |folder| fs::write(folder.join("files/notes.txt.hbs"), "for {{owner}}\n").unwrap());
    fleet.plan();
    assert_eq!(fleet.work("closed", &[]), "ready 1\nerror 1\n");
    let results = fleet.results("closed");
    assert!(results["alpha"]["error"]["message"].as_str().unwrap().contains("99.0.0"), "{results:#?}");
}
