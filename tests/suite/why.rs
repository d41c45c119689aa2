//! `launchway why`: what is behind a file, and what would bring one that is not there.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::history::{History, files};
use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};

fn project(words: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--dest", "orders", "--no-input", "--no-git"];
    run(launchway().args(new).args(words).current_dir(folder.path())).success();
    folder
}

fn why(folder: &TempDir, words: &[&str]) -> Ran {
    run(launchway().arg("why").args(words).current_dir(folder.path().join("orders")))
}

#[test]
fn a_misspelt_path_is_answered_with_the_file_that_was_probably_meant() {
    let folder = project(&["--target=kubernetes"]);
    let meant = "did you mean `deploy/kubernetes/README.md`?";
    for (words, hint) in [
        (&["why", "deploy/kubernetes/REDME.md"][..], meant),
        (&["why", "nothing/like/it"][..], "such as `README.md`"),
        (&["update", "--heal", "deploy/kubernetes/REDME.md"][..], meant),
        (&["update", "--keep", "deploy/kubernetes/REDME.md"][..], meant),
    ] {
        let line = "git init --quiet && git add --all && git commit --quiet --allow-empty --message All";
        let orders = folder.path().join("orders");
        run(shell(line).envs(GIT_IDENTITY).current_dir(&orders)).success();
        let said = run(launchway().args(words).current_dir(&orders)).failure(2);
        assert!(said.contains(hint), "{words:?}: {said}");
    }
}

#[test]
fn a_generated_file_is_traced_to_its_template_its_conditions_its_element_and_its_answers() {
    let folder = project(&["--target=kubernetes", "--port=8085", "--environments=dev,prod"]);
    let said = why(&folder, &["deploy/kubernetes/overlays/prod/kustomization.yaml"]).success();
    for line in [
        "  made from   files/deploy/kubernetes/overlays/{{environment}}/kustomization.yaml.hbs of service ",
        "  in project  as it was generated",
        "  ownership   merged: ",
        "  because     `kubernetes` (deploy/kubernetes/**): target = kubernetes\n",
        "  once for    each of `environments`, here environment = prod\n",
        "  shaped by   service = orders\n",
        "  shaped by   environments = dev,prod\n",
        "  agrees by   environments: `",
        "`kubernetes-environment-namespace.prod`",
    ] {
        assert!(said.contains(line), "`{line}` is not in:\n{said}");
    }
    assert!(!said.contains("port = "), "the port stands elsewhere:\n{said}");
    let said = why(&folder, &["./Dockerfile"]).success();
    assert!(said.contains("shaped by   port = 8085\n"), "{said}");
    let said = why(&folder, &["deploy/kubernetes/base/workload/deployment.yaml"]).success();
    assert!(said.contains("  includes    partials/pod_template.hbs of service "), "{said}");
    assert!(said.contains("shaped by   port = 8085\n"), "it stands in the partial:\n{said}");
}

#[test]
fn a_file_that_is_not_made_comes_with_the_answers_that_are_named_and_those_bring_it() {
    let folder = project(&["--target=kubernetes"]);
    for (path, change) in [
        ("deploy/kubernetes/components/ingress/ingress.yaml", "--set exposure=ingress\n"),
        // `ecs` would bring it as well, and take everything of Kubernetes away.
        ("deploy/ecs/service.yaml", "--set target=both\n"),
        ("deploy/kubernetes/promote.sh", "--set strategy="),
        ("deploy/kubernetes/overlays/qa/kustomization.yaml", "--set environments=dev,staging,qa,prod\n"),
    ] {
        let said = why(&folder, &[path]).success();
        assert!(said.starts_with(&format!("{path}: the template does not make it with these answers\n")), "{said}");
        let (_, set) = said.split_once("comes with  launchway update").unwrap();
        assert!(set.trim_start().starts_with(change.trim_end()), "{said}");
        let mut words = vec!["--target=kubernetes".to_owned()];
        for change in set.split(" --set ").skip(1) {
            let (id, value) = change.trim().split_once('=').unwrap();
            words.retain(|word| !word.starts_with(&format!("--{id}=")));
            words.push(format!("--{}={value}", id.replace('_', "-")));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(project(&words).path().join("orders").join(path).is_file(), "{words:?} does not bring {path}");
    }
}

#[test]
fn u23_the_reason_for_which_a_file_is_not_checked_is_shown() {
    let rule = "\n[[file]]\npath = \"settings.json\"\ncheck = false\nbecause = \"The editor reads comments in it.\"\n";
    let sources = files(&[("settings.json.hbs", "{ // {{service}}\n"), ("plain.json", "{}\n")]);
    let history = History::new(&sources, rule);
    let why = |path: &str, words: &[&str]| {
        history.launchway(&[&["why", path, "--template", "../template"], words].concat()).success()
    };
    let said = why("settings.json", &[]);
    assert!(said.contains("  unchecked   The editor reads comments in it.\n"), "{said}");
    let json: Value = serde_json::from_str(&why("settings.json", &["--output", "json"])).unwrap();
    assert_eq!(json["generated"]["unchecked"], "The editor reads comments in it.");
    assert!(!why("plain.json", &[]).contains("unchecked"));
}

#[test]
fn a_false_condition_is_named_with_the_answers_behind_it() {
    let folder = project(&["--target=kubernetes", "--exposure=gateway"]);
    let said = why(&folder, &["deploy/kubernetes/components/ingress/ingress.yaml"]).success();
    assert!(
        said.contains("not so      `ingress` (deploy/kubernetes/components/ingress/**): exposure = gateway\n"),
        "{said}"
    );
    let said = why(&folder, &["deploy/ecs/dns.yaml"]).success();
    assert!(said.contains("regions is not asked"), "{said}");
}

#[test]
fn the_state_of_a_path_is_told_and_what_is_nothing_is_an_error() {
    let folder = project(&["--target=ecs"]);
    let root = folder.path().join("orders");
    fs::write(root.join("NOTES.md"), "mine\n").unwrap();
    fs::write(root.join("Dockerfile"), "mine\n").unwrap();
    fs::remove_file(root.join("deny.toml")).unwrap();
    assert_eq!(why(&folder, &["NOTES.md"]).success(), "NOTES.md: your own; the template makes no such file\n");
    assert!(why(&folder, &["Dockerfile"]).success().contains("in project  changed since it was generated\n"));
    assert!(why(&folder, &["deny.toml"]).success().contains("in project  generated, and gone since\n"));
    for (path, message) in [
        ("nothing.md", "there is no `nothing.md`, and the template makes none"),
        ("../orders/Dockerfile", "`..`"),
        ("/etc/hostname", "is absolute"),
    ] {
        assert!(why(&folder, &[path]).failure(2).contains(message), "{path}");
    }
    let elsewhere =
        run(launchway().args(["why", "Dockerfile", "--dir", "orders"]).current_dir(folder.path())).success();
    assert!(elsewhere.starts_with("Dockerfile\n"), "{elsewhere}");
}

#[test]
fn the_json_holds_the_same_for_programs() {
    let folder = project(&["--target=ecs"]);
    let json =
        |path: &str| -> Value { serde_json::from_str(&why(&folder, &[path, "--output", "json"]).success()).unwrap() };
    let params = json("deploy/ecs/params/dev.json");
    assert_eq!(
        (&params["schema"], &params["made"], &params["state"]),
        (&"launchway.why/1".into(), &true.into(), &"unchanged".into())
    );
    assert_eq!(params["generated"]["file"], "files/deploy/ecs/params/{{environment}}.json.hbs");
    assert_eq!(params["generated"]["ownership"], "merged");
    assert_eq!(params["generated"]["each"][0]["element"], "dev");
    assert_eq!(params["generated"]["conditions"][0]["answers"]["target"], "ecs");
    let switch = json("deploy/kubernetes/switch.sh");
    assert_eq!((&switch["made"], &switch["state"]), (&false.into(), &"nothing".into()));
    assert_eq!(switch["not_now"][0]["change"]["rollout_controller"], "none");
    assert_eq!(switch["not_now"][0]["change"]["target"], "both");
}

#[test]
fn what_is_managed_or_seeded_says_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("t");
    fs::create_dir_all(template.join("files")).unwrap();
    let manifest = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"service\"\n\
                    [[question]]\nid = \"service\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\ndefault = \"one\"\n\
                    [[file]]\npath = \"m.txt\"\nownership = \"managed\"\n[[file]]\npath = \"s.sh\"\nownership = \"seeded\"\nexecutable = true\n";
    fs::write(template.join("template.toml"), manifest).unwrap();
    fs::write(template.join("files/m.txt"), "m\n").unwrap();
    fs::write(template.join("files/s.sh"), "s\n").unwrap();
    let new = ["new", "--template", "./t", "--no-input", "--no-git"];
    run(launchway().args(new).current_dir(folder.path())).success();
    let why = |words: &[&str]| run(launchway().arg("why").args(words).current_dir(folder.path()));
    let said = why(&["m.txt", "--dir", "one", "--template", "./t"]).success();
    assert!(
        said.contains("files/m.txt of t 1.0.0, copied as it is") && said.contains("ownership   managed: "),
        "{said}"
    );
    let said = why(&["s.sh", "--dir", "one", "--template", "./t"]).success();
    assert!(said.contains("ownership   seeded: ") && said.contains("mode        can be run"), "{said}");
    assert!(why(&["s.sh", "--dir", "one"]).failure(2).contains("made from a template in a folder"));
}
