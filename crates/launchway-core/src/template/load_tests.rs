use std::borrow::Cow;

use super::*;

/// Loads a template from texts and checks every file of it.
pub(crate) fn load(files: &[(&str, &str)]) -> Result<Template, LoadError> {
    Template::from_layers(vec![(files_of(files), Source::Folder("t".into()))])
}

/// Loads a template from texts, as a built-in one is loaded.
pub(crate) fn load_unverified(files: &[(&str, &str)]) -> Result<Template, LoadError> {
    template(vec![(files_of(files), Source::Builtin)])
}

fn files_of(files: &[(&str, &str)]) -> TemplateFiles {
    let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Cow::Owned(text.as_bytes().to_vec()));
    TemplateFiles(files.iter().map(file).collect())
}

/// A template that asks for a name; manifests of tests go on from here.
pub(crate) const HEAD: &str = r#"[template]
id = "t"
title = "T"
version = "1.0.0"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"
default = "orders"
"#;

fn problems(manifest: &str) -> String {
    problems_in(&[("template.toml", &format!("{HEAD}{manifest}")), ("files/a.txt", "a\n")])
}

fn problems_in(files: &[(&str, &str)]) -> String {
    match load(files) {
        Ok(_) => String::new(),
        Err(LoadError::Invalid(invalid)) => {
            invalid.problems.iter().map(|problem| format!("{problem}\n")).collect::<Vec<_>>().concat()
        }
        Err(error) => error.to_string(),
    }
}

pub(crate) fn question(id: &str, rest: &str) -> String {
    format!("[[question]]\nid = \"{id}\"\nprompt = \"P\"\nhelp = \"H.\"\n{rest}\n")
}

#[test]
fn every_fault_of_a_manifest_is_named_with_its_line() {
    let cases = [
        ("colour = 1".to_owned(), "template.toml:13:1: unknown field `colour`"),
        (question("service", "kind = \"bool\""), ":14:6: the id `service` is declared twice"),
        (question("Port", "kind = \"int\""), "the id `Port` is not of the form"),
        (question("quote", "kind = \"int\""), "`quote` is a word of the template language"),
        (question("dry_run", "kind = \"bool\""), "`--dry-run` is a flag of the program itself"),
        (question("port", "kind = \"number\""), "unknown variant `number`"),
        (
            question("port", "kind = \"int\"\nmax = 10\ndefault = 11"),
            "the default breaks its own rule: port `11` is out of range",
        ),
        (question("port", "kind = \"int\"\npattern = \"x\""), "`pattern` does not go with this kind"),
        (question("name", "kind = \"text\"\npattern = \"(\""), "is a flag of the program itself"),
        (question("team", "kind = \"text\"\npattern = \"(\""), "is not a pattern"),
        (question("key", "kind = \"secret\"\ndefault = \"x\""), "`default` does not go with this kind"),
        (question("key", "kind = \"secret\"\nexample = \"x\""), "`example` does not go with this kind"),
        (
            question("key", "kind = \"secret\"") + "[[value]]\nid = \"v\"\nis = \"concat key service\"\n",
            "`concat` does not take a secret",
        ),
        (
            question("key", "kind = \"secret\"") + "[[lock]]\nquestion = \"key\"\nto = \"x\"\n",
            "`key` is a secret, which nobody decides for the user",
        ),
        (
            question("key", "kind = \"secret\"") + &question("note", "kind = \"text\"\ndefault = \"{{key}}\""),
            "`key` is a secret, which nothing prints",
        ),
        (question("size", "kind = \"choice\""), "a choice needs either `choices`"),
        (question("size", "kind = \"choice\"\nchoices = [{ value = \"a b\" }]"), "the choice `a b` may only hold"),
        (
            question("size", "kind = \"choice\"\nchoices_by.cpu = { x = [\"y\"] }"),
            "`choices_by.cpu` is not an earlier `choice`",
        ),
        (
            question("team", "kind = \"text\"\nwhen = \"late\"") + &question("late", "kind = \"bool\""),
            "`late` is not known yet",
        ),
        (question("port", "kind = \"int\"\nmin = 2\nmax = 1"), "`min` 2 is greater than `max` 1"),
        (question("team", "kind = \"text\"\npattern = \"a)|(b\""), "is not a pattern"),
        (
            question("size", "kind = \"choice\"\nchoices = [{ value = \"a\" }, { value = \"a\" }]"),
            "the choice `a` is declared twice",
        ),
        (
            question("cpu", "kind = \"choice\"\nchoices = [{ value = \"1\" }, { value = \"2\" }]")
                + &question("size", "kind = \"choice\"\nchoices_by.cpu = { 1 = [\"a\"] }"),
            "`choices_by.cpu` has no choice for `2`",
        ),
        (question("team", "kind = \"slug\"\nmax = 400"), "`max` must be 1 or more, and at most 63"),
        ("[[file]]\npath = \"a.txt\"\nas = \"x\"".to_owned(), "`as` names the element of `each`"),
        (question("team", "kind = \"text\"\nwhen = \"typo\""), "`typo` is not a declared name here"),
        (question("team", "kind = \"text\"\nwhen = \"service\""), "`service` is neither true nor false"),
        (question("team", "kind = \"text\"\ndefault = \"{{typo}}\""), "`typo` is not a declared name here"),
        (
            "[[value]]\nid = \"a\"\nis = \"b\"\n[[value]]\nid = \"b\"\nis = \"a\"".to_owned(),
            "`b` is not a declared name here",
        ),
        ("[[file]]\npath = \"b/**\"".to_owned(), "`b/**` matches no file"),
        ("[[file]]\npath = \"a.txt\"\neach = \"service\"\nas = \"x\"".to_owned(), "`each` needs a list"),
        ("[[next_step]]\ncommand = \"{{typo}}\"\npurpose = \"x\"".to_owned(), "`typo` is not a declared name here"),
        (
            "[[agreement]]\nsays = \"x\"\nplace = [{ file = \"a\", at = \"/x\" }]".to_owned(),
            "an agreement needs two places",
        ),
        (
            "[[agreement]]\nsays = \"x\"\nas = \"y\"\nplace = [{ file = \"a\", at = \"/x\" }]".to_owned(),
            "`as` names the element of `each`",
        ),
        (
            "[[agreement]]\nsays = \"x\"\nplace = [{ file = \"a\" }, { file = \"b\", capture = \"x\" }]".to_owned(),
            "a place needs `file` with `at`, `capture`, both of them or `keys`, or `is` alone",
        ),
        (agreement("", "{ file = \"a\", at = \"x\" }, { is = \"1\" }"), "the pointer `x` does not start with `/`"),
        (agreement("", "{ file = \"a\", capture = \"x\" }, { is = \"1\" }"), "the pattern needs one group"),
        (agreement("from = \"typo\"\n", TWO_PLACES), "`typo` is neither a question nor a value"),
        (agreement("from = [\"typo\"]\n", TWO_PLACES), "`typo` is neither a question nor a value"),
        (agreement("id = \"A b\"\n", TWO_PLACES), "the id `A b` is not made of lower-case letters, digits and dashes"),
        (agreement("", "{ file = \"a\", at = \"/x\", keys = \"/x\" }, { is = \"1\" }"), "a place needs `file` with"),
        (
            agreement("", "{ file = \"a\", at = \"/x\", capture = \"x\" }, { is = \"1\" }"),
            "the pattern needs one group",
        ),
        (agreement("holds = \"gte a typo\"\n", TWO_PLACES), "`typo` is not a declared name here"),
        (agreement("holds = \"add a b\"\n", TWO_PLACES), "`add a b` is neither true nor false"),
        (agreement("holds = \"gte a b\"\nrelation = \"equal\"\n", TWO_PLACES), "has either `relation` or `holds`"),
        (agreement("holds = \"gte a 1\"\n", &TWO_PLACES.replace('b', "a")), "the id `a` is given to two places"),
        ("[[agreements]]\nfile = \"agreements/x.toml\"".to_owned(), "there is no file `agreements/x.toml`"),
        (
            "[[file]]\npath = \"a.txt\"\neach = [\"names\"]\nas = [\"x\", \"y\"]".to_owned(),
            "`each` needs `as`, the name of the element of each list",
        ),
        (
            question("names", "kind = \"slugs\"")
                + "[[file]]\npath = \"a.txt\"\neach = [\"names\", \"names\"]\nas = [\"x\", \"x\"]",
            "the element `x` is named twice",
        ),
        (question("port", "kind = \"int\"\noptional = true"), "`optional` does not go with this kind"),
    ];
    for (manifest, expected) in cases {
        let found = problems(&manifest);
        assert!(found.contains(expected), "{manifest}\nexpected: {expected}\nfound: {found}");
        assert!(found.starts_with("template.toml:"), "{found}");
    }
}

const TWO_PLACES: &str = r#"{ id = "a", is = "1" }, { id = "b", is = "2" }"#;

#[test]
fn a_question_with_advice_has_an_answer_for_every_recommendation() {
    let choice = |values: &str, rest: &str| {
        let values: Vec<String> = values.split(' ').map(|value| format!("{{ value = \"{value}\" }}")).collect();
        question("where", &format!("kind = \"choice\"\nchoices = [{}]\n{rest}", values.join(", ")))
    };
    let sound = [
        choice("ecs kubernetes nomad", "advice = \"architecture\""),
        choice("here there", "advice = \"scope\"\nadvised = { one = \"here\", several = \"there\" }"),
        question(
            "where",
            "kind = \"slugs\"\nadvice = \"scope\"\nadvised = { one = [\"a\"], several = [\"a\", \"b\"] }",
        ),
    ];
    for manifest in sound {
        assert_eq!(problems(&manifest), "", "{manifest}");
    }
    let faults = [
        (choice("ecs kubernetes", "advice = \"architectur\""), "there is no advice about `architectur`"),
        (choice("ecs nomad", "advice = \"architecture\""), "no answer is named for the recommendation `kubernetes`"),
        (
            choice("one several", "advice = \"scope\"\nadvised = { two = \"one\" }"),
            "`two` is not among what is recommended",
        ),
        (
            choice("one more", "advice = \"scope\"\nadvised = { several = \"mroe\" }"),
            "the answer for `several` breaks its own rule",
        ),
        (choice("one several", "advised = { one = \"one\" }"), "`advised` goes with `advice`"),
        (question("where", "kind = \"text\"\nadvice = \"scope\""), "`advice` goes with a list of slugs"),
    ];
    for (manifest, fault) in faults {
        let said = problems(&manifest);
        assert!(said.contains(fault), "{manifest}\n{said}");
    }
}

fn agreement(keys: &str, places: &str) -> String {
    format!("[[agreement]]\nsays = \"x\"\n{keys}place = [{places}]\n")
}

#[test]
fn a_file_of_agreements_is_checked_like_the_manifest_and_named_in_its_faults() {
    let manifest = format!("{HEAD}[[agreements]]\nfile = \"agreements/a.toml\"\n");
    let found = |agreements: &str| problems_in(&[("template.toml", &manifest), ("agreements/a.toml", agreements)]);
    let empty = found("[[agreement]]\nsays = \"x\"\nplace = []\n");
    assert_eq!(empty, "agreements/a.toml:2:8: an agreement needs two places or more\n");
    assert!(found("[[agreement]]\nsay = \"x\"\n").starts_with("agreements/a.toml:2:1: unknown field `say`"));
    let stray = problems_in(&[("template.toml", HEAD), ("agreements/b.toml", "")]);
    assert_eq!(stray, "agreements/b.toml: no `[[agreements]]` of the manifest names this file\n");
}

#[test]
fn all_faults_are_reported_at_once_and_sorted() {
    let manifest = format!("{HEAD}{}", question("port", "kind = \"int\"\nwhen = \"typo\""));
    let found = problems_in(&[
        ("template.toml", &manifest),
        ("files/b.txt.hbs", "{{typo}}\n"),
        ("files/a.txt.hbs", "\n{{#if typo}}{{/if}} {{service\n"),
    ]);
    assert_eq!(found.lines().count(), 1, "the files are only checked once the manifest is sound: {found}");
    let found = problems_in(&[
        ("template.toml", HEAD),
        ("files/b.txt.hbs", "{{typo}} {{tpyo}}\n"),
        ("files/a.txt.hbs", "\n{{#if typo}}{{/if}}\n"),
    ]);
    let places: Vec<&str> = found.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["files/a.txt.hbs:2:1", "files/b.txt.hbs:1:1", "files/b.txt.hbs:1:10"]);
}

#[test]
fn a_template_for_a_newer_program_is_refused() {
    let manifest = HEAD.replace("version = \"1.0.0\"", "version = \"1.0.0\"\nmin_version = \"99.0.0\"");
    assert!(matches!(load(&[("template.toml", &manifest)]), Err(LoadError::NeedsNewer(_))));
    let manifest = HEAD.replace("1.0.0", "one");
    assert!(problems_in(&[("template.toml", &manifest)]).contains("template.toml:4:11: `one` is not a version"));
}

#[test]
fn the_name_must_be_a_slug_question_that_is_always_asked() {
    let manifest = HEAD.replace("name = \"service\"", "name = \"other\"");
    assert!(problems_in(&[("template.toml", &manifest)]).contains("`name` must be the id of a slug question"));
}

#[test]
fn a_partial_that_nobody_uses_is_checked_too() {
    let files = [("template.toml", HEAD), ("partials/p.hbs", "{{typo}}")];
    assert!(problems_in(&files).contains("partials/p.hbs:1:1: `typo` is not a declared name"));
}

#[test]
fn a_partial_may_use_the_element_of_the_files_that_use_it() {
    let environments = question("environments", "kind = \"slugs\"\ndefault = [\"dev\"]");
    let rule = "[[file]]\npath = \"{{environment}}.txt\"\neach = \"environments\"\nas = \"environment\"\n";
    let manifest = format!("{HEAD}{environments}{rule}");
    let partial = ("partials/p.hbs", "{{environment}}\n");
    let files = [("template.toml", manifest.as_str()), partial, ("files/{{environment}}.txt.hbs", "{{> p}}\n")];
    assert_eq!(problems_in(&files), "");
    let elsewhere = [&files[..], &[("files/a.txt.hbs", "{{> p}}\n")]].concat();
    assert!(problems_in(&elsewhere).contains("`environment` is not a declared name"));
}

#[test]
fn a_path_may_hold_slugs_but_no_text() {
    let manifest = format!("{HEAD}{}", question("team", "kind = \"text\"\ndefault = \"x\""));
    assert!(
        problems_in(&[("template.toml", &manifest), ("files/{{team}}.txt", "")])
            .contains("a path cannot hold a free text")
    );
    assert_eq!(problems_in(&[("template.toml", &manifest), ("files/{{service}}/a.txt", "")]), "");
}

#[test]
fn a_rendered_file_must_be_text() {
    let files = [("template.toml", HEAD.as_bytes().to_vec()), ("files/a.txt.hbs", vec![0xff, 0xfe])];
    let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), Cow::Owned(bytes))).collect();
    let template = template(vec![(TemplateFiles(files), Source::Builtin)]).unwrap();
    assert!(template.verify().unwrap_err().to_string().contains("must be UTF-8 text"));
}

#[test]
fn the_built_in_templates_are_sound_also_by_the_rules_for_all_others() {
    for id in crate::template::source::builtin_ids() {
        let files = TemplateFiles::builtin(id).unwrap();
        Template::from_layers(vec![(files, Source::Folder("templates".into()))]).unwrap();
    }
}

#[test]
fn the_built_in_templates_are_sound() {
    for id in crate::template::source::builtin_ids() {
        let template = Template::builtin(id).unwrap();
        template.verify().unwrap();
        let header = crate::template::layers::Header::builtin(id).unwrap();
        assert_eq!((header.id, header.title, header.version), (template.id, template.title, template.version));
    }
}
