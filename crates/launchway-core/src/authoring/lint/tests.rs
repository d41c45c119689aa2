use super::*;
use crate::template::load::tests::{HEAD, load};

fn question(id: &str, rest: &str) -> String {
    format!("[[question]]\nid = \"{id}\"\nprompt = \"P\"\nhelp = \"H.\"\n{rest}\n")
}

fn found(manifest: &str, files: &[(&str, &str)]) -> Vec<String> {
    let manifest = format!("{HEAD}{manifest}");
    let files = [&[("template.toml", manifest.as_str())], files].concat();
    let template = load(&files).unwrap_or_else(|error| panic!("{error}"));
    lint(&template).iter().map(|it| format!("{}: {}: {}", it.place, it.rule.id(), it.message)).collect()
}

#[test]
fn what_nothing_uses_is_found_with_its_place() {
    let manifest = question("size", "kind = \"bool\"\ndefault = true")
        + &question("port", "kind = \"int\"\ndefault = 8\nrefuse = [{ when = \"gt port 9\", because = \"x\" }]")
        + &question("used", "kind = \"bool\"\ndefault = true")
        + "[[value]]\nid = \"inner\"\nis = \"not size\"\n[[value]]\nid = \"outer\"\nis = \"not inner\"\n";
    let files = [("files/a.txt.hbs", "{{#if used}}\n{{/if}}\n"), ("partials/p.hbs", "{{service}}\n")];
    assert_eq!(
        found(&manifest, &files),
        [
            "partials/p.hbs: unused-partial: no file includes the partial `p`",
            "template.toml:14:6: unused-question: the answer to `size` is used nowhere",
            "template.toml:20:6: unused-question: the answer to `port` is used nowhere",
            "template.toml:33:6: unused-value: the value `inner` is used nowhere",
            "template.toml:36:6: unused-value: the value `outer` is used nowhere",
        ]
    );
}

#[test]
fn u24_a_backslash_that_is_eaten_before_a_name_is_found_and_one_before_other_braces_is_not() {
    let text = "C:\\{{service}}\nC:\\\\{{service}}\n\\{{ .Values.port }}\n\\{{ add .Values.port 1 }}\n\\{{#if (eq service \"a\")}}\n";
    let found = found("", &[("files/a.txt.hbs", text), ("partials/p.hbs", "\\{{quote service}}\n")]);
    let eaten = "eaten-backslash: the backslash disappears, and the text in the braces is printed unchanged";
    let found: Vec<_> = found.into_iter().filter(|it| it.contains("eaten")).collect();
    assert_eq!(found, [format!("files/a.txt.hbs:1:3: {eaten}"), format!("partials/p.hbs:1:1: {eaten}")]);
    let template = load(&[("template.toml", HEAD), ("files/a.txt.hbs", text)]).unwrap();
    let interview = crate::Interview::new(&template, &crate::Answers::default(), crate::Defaults::All).unwrap();
    let plan = crate::Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap();
    let made = plan.files.values().next().unwrap().text().unwrap().to_owned();
    assert_eq!(
        made,
        "C:{{service}}\nC:\\orders\n{{ .Values.port }}\n{{ add .Values.port 1 }}\n{{#if (eq service \"a\")}}\n"
    );
}

#[test]
fn u26_a_text_that_is_quoted_in_a_file_of_no_known_kind_is_found() {
    let manifest = question("note", "kind = \"text\"\ndefault = \"x\"");
    let files = |name| [(name, "{{service}} {{quote note}}\n")];
    let message = "unknown-kind: whether `quote` is right for `nginx.conf` cannot be told from its name";
    assert_eq!(found(&manifest, &files("files/nginx.conf.hbs")), [format!("files/nginx.conf.hbs:1:13: {message}")]);
    assert_eq!(found(&manifest, &files("files/a.yaml.hbs")), Vec::<String>::new());
    assert_eq!(found("", &[("files/nginx.conf.hbs", "{{service}} {{quote service}}\n")]), Vec::<String>::new());
}

#[test]
fn what_is_used_anywhere_is_not_found() {
    let manifest = question("a", "kind = \"bool\"\ndefault = true")
        + &question("b", "kind = \"slug\"\ndefault = \"{{service}}\"\nwhen = \"a\"")
        + &question("c", "kind = \"choice\"\ndefault = \"x\"\nchoices = [{ value = \"x\" }]")
        + &question("d", "kind = \"choice\"\nchoices_by.c = { x = [\"y\"] }")
        + &question("e", "kind = \"slugs\"\ndefault = [\"x\"]")
        + "[[file]]\npath = \"{{it}}.txt\"\neach = \"e\"\nas = \"it\"\n\
           [[next_step]]\ncommand = \"{{d}} {{b}}\"\npurpose = \"P\"\nwhen = \"a\"\n";
    assert_eq!(found(&manifest, &[("files/{{it}}.txt", "x\n")]), Vec::<String>::new());
}

#[test]
fn what_no_answers_lead_to_is_found_where_choices_alone_decide_it() {
    let choices = "kind = \"choice\"\ndefault = \"a\"\nchoices = [{ value = \"a\" }, { value = \"b\" }]";
    let manifest = question("size", choices)
        + &question("never", "kind = \"bool\"\ndefault = true\nwhen = \"and is_a (eq size \\\"b\\\")\"")
        + &question("number", "kind = \"int\"\ndefault = 1")
        + "[[value]]\nid = \"is_a\"\nis = \"eq size \\\"a\\\"\"\n\
           [[file]]\npath = \"*.txt\"\nwhen = \"is_a\"\n\
           [[file]]\npath = \"b.txt\"\nwhen = \"not is_a\"\n\
           [[file]]\npath = \"c.txt\"\nwhen = \"never\"\n\
           [[file]]\npath = \"d.txt\"\nwhen = \"gt number 3\"\n";
    let files = [("files/a.txt", "x\n"), ("files/b.txt", "x\n"), ("files/c.txt", "x\n"), ("files/d.txt", "x\n")];
    let unreachable: Vec<String> =
        found(&manifest, &files).into_iter().filter(|finding| finding.contains("unreachable")).collect();
    assert_eq!(
        unreachable,
        [
            "files/b.txt: unreachable-file: no answers select this file: the conditions of its rules are never true together",
            "files/c.txt: unreachable-file: no answers select this file: the conditions of its rules are never true together",
            "template.toml:21:6: unreachable-question: no answers lead to question `never`: its `when` is never true",
        ]
    );
}

#[test]
fn an_answer_that_is_decided_makes_files_unreachable() {
    let manifest = question("extra", "kind = \"bool\"\ndefault = true")
        + "[[file]]\npath = \"a.txt\"\nwhen = \"extra\"\n[[lock]]\nquestion = \"extra\"\nto = false\n";
    assert!(found(&manifest, &[("files/a.txt", "x\n")])[0].starts_with("files/a.txt: unreachable-file"));
}

#[test]
fn a_question_that_helps_nobody_is_found() {
    let manifest = question("a", "kind = \"text\"\npattern = \"x+\"\ndefault = \"x\"")
        + "[[question]]\nid = \"b\"\nprompt = \" \"\nhelp = \"\"\nkind = \"bool\"\ndefault = true\n\
           [[question]]\nid = \"c\"\nprompt = \"Port?\"\nhelp = \"Port?\"\nkind = \"bool\"\ndefault = true\n";
    let found = found(&manifest, &[("files/a.hbs", "{{quote a}} {{b}} {{c}}\n")]);
    let messages: Vec<&str> = found.iter().filter_map(|finding| finding.split("missing-help: ").nth(1)).collect();
    assert_eq!(
        messages,
        [
            "question `a` asks for a form and shows no example of it",
            "the `help` of question `b` is empty",
            "the `prompt` of question `b` is empty",
            "the help of question `c` only repeats its prompt",
        ]
    );
}

#[test]
fn values_that_build_on_each_other_are_looked_through_in_no_time() {
    let mut manifest = question("on", "kind = \"bool\"\ndefault = true")
        + "[[value]]\nid = \"v0\"\nis = \"and on true\"\n[[value]]\nid = \"v1\"\nis = \"not v0\"\n";
    for n in 2..120 {
        manifest = format!("{manifest}[[value]]\nid = \"v{n}\"\nis = \"or v{} v{}\"\n", n - 1, n - 2);
    }
    manifest += "[[file]]\npath = \"a.txt\"\nwhen = \"v119\"\n";
    assert_eq!(found(&manifest, &[("files/a.txt", "x\n")]), Vec::<String>::new());
}

#[test]
fn the_built_in_templates_have_nothing_to_find() {
    for id in crate::template::source::builtin_ids() {
        let found: Vec<String> = lint(&Template::builtin(id).unwrap()).iter().map(|it| format!("{it:?}")).collect();
        assert_eq!(found, Vec::<String>::new(), "{id}");
    }
}

#[test]
fn a_change_of_which_nothing_is_said_is_found_where_a_template_says_something_of_others() {
    let questions =
        question("a", "kind = \"bool\"\ndefault = true") + &question("b", "kind = \"bool\"\ndefault = true");
    let files = [("files/a.txt.hbs", "{{#if (and a b)}}\n{{/if}}\n")];
    assert_eq!(found(&questions, &files), [""; 0]);
    let transition = "[[transition]]\nid = \"a-changes\"\nquestion = \"a\"\neffect = \"none\"\n";
    assert_eq!(
        found(&format!("{questions}{transition}"), &files),
        ["template.toml:20:6: silent-change: no `[[transition]]` says what a change of `b` means for what runs"]
    );
}

#[test]
fn a_default_that_looks_like_a_secret_is_found_and_not_repeated() {
    let key = format!("AKIA{}", "A".repeat(16));
    let questions = question("a", &format!("kind = \"text\"\ndefault = \"{key}\""))
        + &question("b", "kind = \"text\"\ndefault = \"plain\"");
    let found = found(&questions, &[("files/a.yaml.hbs", "a: {{quote a}}\nb: {{quote b}}\n")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("secret-default: the default of question `a` looks like") && !found[0].contains(&key),
        "{found:?}"
    );
}
