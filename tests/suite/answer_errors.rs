//! An answer that is refused: where it came from, what was meant, and how it is written.

use std::fs;
use std::path::Path;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

fn new(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let new = ["new", "--no-input", "--dry-run"];
    run(launchway().args(new).args(words).envs(variables.iter().copied()).current_dir(folder))
}

const ECS: [&str; 2] = ["orders", "--target=ecs"];

#[test]
fn an_error_says_whether_the_answer_came_from_a_flag_the_environment_or_a_line_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = |words: &[&str], variables: &[(&str, &str)]| {
        let said = new(folder.path(), &[&ECS[..], words].concat(), variables).failure(2);
        said.lines().next().unwrap().to_owned()
    };
    assert!(place(&["--port=70000"], &[]).ends_with("(on the command line)"));
    for (variable, value) in [("LAUNCHWAY_PORT", "70000"), ("LAUNCHWAY_PORT", "many"), ("LAUNCHWAY_REPOSITORY", "x")] {
        let said = place(&[], &[(variable, value)]);
        assert!(said.ends_with(&format!("(from {variable} in the environment)")), "{said}");
    }
    for (name, text) in [
        ("a.toml", "description = \"x\"\n\nport = 70000\n"),
        ("a.yaml", "description: x\n# why\nport: 70000\n"),
        ("a.json", "{\n\"description\": \"x\",\n\"port\": 70000\n}\n"),
        ("b.yaml", "---\n\nrepository: https://example.com\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let said = place(&["--answers", name], &[]);
        assert!(said.ends_with(&format!("(in {name}:3)")), "{said}");
    }
}

#[test]
fn an_answer_with_a_character_that_no_file_can_have_is_blamed_and_not_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in [
        (
            "t/template.toml",
            "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"service\"\n\n[[question]]\nid = \"service\"\n\
             prompt = \"Name\"\nhelp = \"The name.\"\nkind = \"slug\"\n\n[[question]]\nid = \"note\"\nprompt = \"Note\"\n\
             help = \"A note.\"\nkind = \"text\"\ndefault = \"none\"\n",
        ),
        ("t/files/run.sh.hbs", "#!/bin/sh\necho {{quote_shell note}}\n"),
        ("a.toml", "service = \"orders\"\nnote = \"one\\rtwo\"\n"),
        ("b.toml", "service = \"orders\"\nnote = \"one\\u0000two\"\n"),
    ] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    }
    let template = "--template=./t";
    for (words, variables, place) in [
        (&["--answers=a.toml"][..], &[][..], "(in a.toml:2)"),
        (&["orders", "--note=a\rb"], &[], "(on the command line)"),
        (&["orders"], &[("LAUNCHWAY_NOTE", "a\rb")], "(from LAUNCHWAY_NOTE in the environment)"),
    ] {
        let said = new(root, &[&[template], words].concat(), variables).failure(2);
        assert!(
            said.contains("`note` has a carriage return, which `run.sh` cannot have") && said.contains(place),
            "{said}"
        );
        assert!(!said.contains("fault of the template"), "{said}");
    }
    let said = new(root, &[template, "--answers=b.toml"], &[]).failure(2);
    assert!(said.contains("NUL") && said.contains("(in b.toml:2)"), "{said}");
}

#[test]
fn an_unknown_key_or_variable_gets_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), "repositry = \"a/b\"\n").unwrap();
    let said = new(folder.path(), &[&ECS[..], &["--answers", "a.toml"]].concat(), &[]).failure(2);
    assert!(said.contains("a.toml:1") && said.contains("did you mean `repository`?"), "{said}");
    let ran = new(folder.path(), &[&ECS[..], &["--output=json"]].concat(), &[("LAUNCHWAY_REGOINS", "eu-west-1")]);
    assert!(ran.stderr.contains("`LAUNCHWAY_REGOINS`") && ran.stderr.contains("`LAUNCHWAY_REGIONS`"), "{}", ran.stderr);
    assert!(ran.success().contains("LAUNCHWAY_REGIONS"), "the JSON says it, too");
    // What is the program's own, or resembles nothing, is nobody's slip.
    let variables = [("LAUNCHWAY_LANG", "en"), ("LAUNCHWAY_GIT_TIMEOUT", "5"), ("LAUNCHWAY_SOMETHING_ELSE", "1")];
    let ran = new(folder.path(), &ECS, &variables);
    assert!(!ran.stderr.contains("LAUNCHWAY_"), "{}", ran.stderr);
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    let made = run(launchway().args(new).envs(GIT_IDENTITY).current_dir(folder.path()));
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let update = ["update", "orders", "--no-input", "--dry-run", "--set", "regoins=eu-west-1"];
    let said = run(launchway().args(update).current_dir(folder.path())).failure(2);
    assert!(said.contains("did you mean `regions`?"), "{said}");
}

#[test]
fn an_empty_variable_is_no_answer_whatever_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let plain = new(folder.path(), &ECS, &[]).success();
    let variables = ["DESCRIPTION", "PORT", "HTTPS", "CPU", "REGIONS", "SECRETS", "REPOSITORY", "OWNER"];
    for variable in variables {
        let ran = new(folder.path(), &ECS, &[(&format!("LAUNCHWAY_{variable}"), "")]);
        assert_eq!(ran.code, Some(0), "{variable}: {}", ran.stderr);
        assert_eq!(ran.stdout, plain, "{variable}");
    }
}

#[test]
fn a_name_that_was_nearly_right_is_suggested_as_it_would_be_accepted() {
    let folder = tempfile::tempdir().unwrap();
    for (name, suggested) in [("Orders API", "orders-api"), ("orders_api", "orders-api"), ("-Orders--2-", "orders-2")] {
        let said = new(folder.path(), &["--target=ecs", &format!("--service={name}")], &[]).failure(2);
        assert!(said.contains(&format!("did you mean `{suggested}`?")), "{said}");
        new(folder.path(), &["--target=ecs", suggested], &[]).success();
    }
    for url in [
        "https://github.com/acme/orders",
        "https://github.com/acme/orders.git",
        "https://github.com/acme/orders/tree/main/src",
        "git@github.com:acme/orders.git",
        "ssh://git@github.com/acme/orders.git",
        "github.com/acme/orders/",
        " acme/orders ",
    ] {
        let said = new(folder.path(), &[&ECS[..], &[&format!("--repository={url}")]].concat(), &[]).failure(2);
        assert!(said.contains("did you mean `acme/orders`?"), "{url}: {said}");
    }
    // What could not be accepted is not suggested.
    let said = new(folder.path(), &["--target=ecs", "--service=Async"], &[]).failure(2);
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn an_answer_that_has_not_the_form_is_told_the_rule_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (words, rule) in [
        (&["orders", "--target=ecs", "--repository=acme"][..], "write OWNER/NAME"),
        (&["orders", "--target=ecs", "--regions=mars"], "write a region as AWS does"),
        (&["o", "--target=ecs"], "two characters or more"),
    ] {
        let said = new(folder.path(), words, &[]).failure(2);
        assert!(said.contains(rule), "{said}");
    }
}

#[test]
fn a_number_that_is_meant_as_a_text_is_told_to_be_quoted_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, quoted) in [
        ("a.yaml", "description: 3.10\n", "description: \"3.10\""),
        ("b.yaml", "description: 007\n", "description: \"007\""),
        ("c.yaml", "owner: 007 # Bond\n", "owner: \"007\""),
        ("d.toml", "description = 3.10\n", "description = \"3.10\""),
        ("e.json", "{\"description\": 3.10}\n", "\"description\": \"3.10\""),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let said = new(folder.path(), &[&ECS[..], &["--answers", name]].concat(), &[]).failure(2);
        assert!(said.contains(&format!("`{quoted}`")), "{text}: {said}");
        assert!(said.contains(&format!("{name}:1")), "{text}: {said}");
    }
    // A choice is written as it is read.
    fs::write(folder.path().join("f.yaml"), "cpu: 512\nport: 8081\n").unwrap();
    new(folder.path(), &[&ECS[..], &["--answers", "f.yaml"]].concat(), &[]).success();
}

#[test]
fn an_unknown_region_is_a_warning_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let ran = new(folder.path(), &[&ECS[..], &["--regions=eu-wset-1"]].concat(), &[]);
    assert!(ran.stderr.contains("did you mean `eu-west-1`?"), "{}", ran.stderr);
    ran.success();
    let ran = new(folder.path(), &[&ECS[..], &["--regions=xx-atlantis-7"]].concat(), &[]);
    assert!(ran.stderr.contains("xx-atlantis-7") && !ran.stderr.contains("did you mean"), "{}", ran.stderr);
}

#[test]
fn an_account_that_is_missing_or_twice_there_or_none_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let all = "dev=111111111111,staging=111111111111,prod=222222222222";
    for (accounts, wrong) in [
        ("dev", "`dev` is not a pair of a name and a value"),
        ("=111111111111", "`=111111111111` is not a pair"),
        ("Dev=111111111111", "`Dev=111111111111` is not a pair"),
        ("dev=", "accounts is empty"),
        ("dev=1", "`1` does not have the form that is needed"),
        ("dev=1111111111111", "twelve digits"),
        ("dev=111111111111=2", "`111111111111=2` does not have the form"),
        ("dev=111111111111", "an environment is missing"),
        ("dev=111111111111,dev=222222222222,staging=111111111111,prod=222222222222", "names `dev` twice"),
        (&format!("{all},qa=111111111111"), "it names what is no environment"),
        (&format!("{all},registry=333333333333,qa=111111111111"), "it names what is no environment"),
    ] {
        let said = new(folder.path(), &[&ECS[..], &["--accounts", accounts]].concat(), &[]).failure(2);
        assert!(said.contains(wrong), "{accounts}: {said}");
    }
    for accounts in [all, &format!("{all},registry=333333333333"), ""] {
        new(folder.path(), &[&ECS[..], &["--accounts", accounts]].concat(), &[]).success();
    }
    fs::write(folder.path().join("a.toml"), "accounts = [\"dev=111111111111\", \"prod=222222222222\"]\n").unwrap();
    let two = ["--answers=a.toml", "--environments=dev,prod"];
    new(folder.path(), &[&ECS[..], &two].concat(), &[]).success();
}

#[test]
fn a_key_of_a_secret_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let managed = ["--secrets=database-url,token", "--secret-store=secrets-manager"];
    let parameters = ["--secrets=database-url,token"];
    let form = "write SECRET.KEY";
    for (words, keys, wrong) in [
        (&managed[..], "token", "`token` is not a pair of a name and a value"),
        (&managed[..], "other=a.b", "it names what is not among `secrets`"),
        (&managed[..], "token=a", form),
        (&managed[..], "token=a.", form),
        (&managed[..], "token=.b", form),
        (&managed[..], "token=A.b", form),
        (&managed[..], "token=a:b", form),
        (&managed[..], "token=a.b.AWSCURRENT", form),
        (&managed[..], "token=a.b..1", form),
        (&managed[..], "token=a.b,token=a.c", "names `token` twice"),
        (&parameters[..], "token=a.b", "choose secrets-manager as `secret_store`"),
    ] {
        let said = new(folder.path(), &[&ECS[..], words, &["--secret-keys", keys]].concat(), &[]).failure(2);
        assert!(said.contains(wrong), "{keys}: {said}");
    }
    let both = ["orders", "--target=both", "--secrets=token", "--secret-store=secrets-manager"];
    let said = new(folder.path(), &[&both[..], &["--secret-keys=token=a.b.AWSPREVIOUS."]].concat(), &[]).failure(2);
    assert!(said.contains("stages and versions are those of Secrets Manager"), "{said}");
    let version = "token=a.b..aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    for keys in ["token=a.b,database-url=a.c", "token=a.b.AWSPREVIOUS.", version, ""] {
        new(folder.path(), &[&ECS[..], &managed, &["--secret-keys", keys]].concat(), &[]).success();
    }
}
