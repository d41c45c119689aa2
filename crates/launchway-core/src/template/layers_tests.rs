use std::path::PathBuf;

use super::*;
use crate::interview::answers::Answers;
use crate::interview::{Defaults, Interview};
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::plan::Plan;
use crate::template::Template;
use crate::template::load::tests::HEAD;
use crate::value::Value;
use crate::value::provenance::Provenance;

/// The head of a template that extends another one.
const TEAM: &str = "[template]\nid = \"team\"\ntitle = \"Team\"\nversion = \"2.0.0\"\nextends = \"./base\"\n";

const BASE: &str = r#"
[[question]]
id = "size"
prompt = "Size"
help = "How large."
kind = "choice"
default = "small"
choices = [{ value = "small" }, { value = "large" }]

[[question]]
id = "regions"
prompt = "Regions"
help = "Where."
kind = "slugs"
default = ["eu-one"]

[[question]]
id = "extra"
prompt = "Extra?"
help = "More files."
kind = "bool"
default = false

[[value]]
id = "is_large"
is = "eq size \"large\""

[[file]]
path = "extra/**"
when = "extra"

[[agreement]]
says = "the name"
place = [{ file = "a.yaml", at = "/name" }, { file = "b.yaml", at = "/name" }]
"#;

fn files(files: &[(&str, &str)]) -> TemplateFiles {
    TemplateFiles(
        files.iter().map(|(path, text)| ((*path).to_owned(), Blob::plain(text.as_bytes().to_vec()).into())).collect(),
    )
}

fn base() -> Vec<(&'static str, String)> {
    vec![
        ("template.toml", format!("{HEAD}{BASE}")),
        ("files/a.yaml.hbs", "name: {{service}}\nsize: {{size}}\n".to_owned()),
        ("files/b.yaml.hbs", "{{> name}}\n".to_owned()),
        ("files/extra/c.txt", "c\n".to_owned()),
        ("partials/name.hbs", "name: {{service}}\n".to_owned()),
    ]
}

/// Lays a team's manifest and files over the base.
fn team(manifest: &str, own: &[(&str, &str)]) -> Result<Template, LoadError> {
    let manifest = format!("{TEAM}{manifest}");
    let own = [&[("template.toml", manifest.as_str())], own].concat();
    let base = base();
    let base: Vec<(&str, &str)> = base.iter().map(|(path, text)| (*path, text.as_str())).collect();
    Template::from_layers(vec![
        (files(&own), Source::Folder(PathBuf::from("team"))),
        (files(&base), Source::Folder(PathBuf::from("base"))),
    ])
}

fn problems(manifest: &str, own: &[(&str, &str)]) -> String {
    match team(manifest, own) {
        Ok(_) => String::new(),
        Err(LoadError::Invalid(invalid)) => {
            invalid.problems.iter().map(|problem| format!("{problem}\n")).collect::<Vec<_>>().concat()
        }
        Err(error) => error.to_string(),
    }
}

fn given(answers: &[(&str, Value)]) -> Answers {
    let mut given = Answers::default();
    for (id, value) in answers {
        given.set(id, value.clone(), Provenance::Flag);
    }
    given
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

/// Renders a project; the error is that of the answers or of the plan.
fn plan(template: &Template, answers: &Answers) -> Result<Plan, String> {
    let interview = Interview::new(template, answers, Defaults::All).map_err(|problem| problem.to_string())?;
    let Some(context) = interview.context().unwrap() else {
        let problems: Vec<String> = interview.problems.iter().map(|it| format!("{it} ({})", it.hint)).collect();
        return Err(problems.join("\n"));
    };
    Plan::new(template, &context).map_err(|error| error.to_string())
}

fn file<'p>(plan: &'p Plan, path: &str) -> &'p str {
    plan.files[&SafePath::new(path).unwrap()].text().unwrap()
}

#[test]
fn a_template_adds_replaces_and_removes_files_of_the_one_that_it_extends() {
    let own = [
        ("files/a.yaml", "name: orders\n"),
        ("files/d.txt.hbs", "{{team_name}} {{is_large}}\n"),
        ("partials/name.hbs", "name: {{service}}\nteam: {{team_name}}\n"),
    ];
    let manifest = "[[remove]]\npath = \"extra/**\"\n\
        [[question]]\nid = \"team_name\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\ndefault = \"payments\"\n";
    let template = team(manifest, &own).unwrap();
    assert_eq!(template.layers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["folder#t@1.0.0"]);
    let plan = plan(&template, &given(&[("extra", Value::Bool(true))])).unwrap();
    let paths: Vec<&str> = plan.files.keys().map(SafePath::as_str).collect();
    assert_eq!(paths, ["a.yaml", "b.yaml", "d.txt"]);
    assert_eq!(file(&plan, "a.yaml"), "name: orders\n");
    assert_eq!(file(&plan, "b.yaml"), "name: orders\nteam: payments\n", "a replaced partial serves inherited files");
    assert_eq!(file(&plan, "d.txt"), "payments false\n");
}

#[test]
fn the_checks_of_the_extended_template_hold_over_what_replaces_its_files() {
    let template = team("", &[("files/b.yaml", "name: other\n")]).unwrap();
    let error = plan(&template, &given(&[])).unwrap_err();
    assert!(error.contains("the name: the values differ"), "{error}");
    let template = team("[[remove]]\npath = \"b.yaml\"\n", &[]).unwrap();
    assert!(plan(&template, &given(&[])).unwrap().agreements.is_empty(), "a file that is gone agrees with nothing");
}

#[test]
fn rules_of_both_templates_hold_for_an_inherited_file() {
    let template =
        team("[[file]]\npath = \"extra/c.txt\"\nwhen = \"is_large\"\nownership = \"managed\"\n", &[]).unwrap();
    let has = |answers: &[(&str, Value)]| plan(&template, &given(answers)).unwrap().files.len() == 3;
    let (extra, large) = (("extra", Value::Bool(true)), ("size", text("large")));
    assert!(!has(std::slice::from_ref(&extra)) && !has(std::slice::from_ref(&large)) && has(&[extra, large]));
}

#[test]
fn every_fault_names_the_layer_and_the_place() {
    for (manifest, own, expected) in [
        ("", vec![("files/x.hbs", "{{typo}}\n")], "files/x.hbs:1:1: `typo` is not a declared name here"),
        ("", vec![("partials/name.hbs", "{{typo}}\n")], "partials/name.hbs:1:1: `typo` is not a declared name"),
        ("[[remove]]\npath = \"nothing\"\n", vec![], "template.toml:7:8: `nothing` matches no file of the extended"),
        ("[[change]]\nquestion = \"sise\"\n", vec![], "template.toml:7:12: there is no question `sise`"),
        ("[[change]]\nquestion = \"size\"\ndefault = \"huge\"\n", vec![], "template.toml:8:11: the default breaks"),
        ("[[change]]\nquestion = \"size\"\npattern = \"x\"\n", vec![], "template.toml:8:11: `pattern` does not go"),
        ("[[change]]\nquestion = \"size\"\n[[change]]\nquestion = \"size\"\n", vec![], "`size` is changed twice"),
        ("[[change]]\nquestion = \"regions\"\npattern = \"us.*\"\n", vec![], "the default of the extended template"),
        ("[[lock]]\nquestion = \"sise\"\nto = \"large\"\n", vec![], "template.toml:7:12: there is no question `sise`"),
        ("[[lock]]\nquestion = \"size\"\nto = \"huge\"\n", vec![], "template.toml:7:12: size `huge` is not one of"),
        ("[[lock]]\nquestion = \"size\"\nallow = [\"huge\"]\n", vec![], "size `huge` is not one of"),
        ("[[lock]]\nquestion = \"size\"\nallow = []\n", vec![], "the list is empty"),
        ("[[lock]]\nquestion = \"size\"\n", vec![], "a lock has one of `to`, `allow` and `deny`"),
        (
            "[[lock]]\nquestion = \"size\"\ndeny = [\"small\"]\n",
            vec![],
            "the default of `size` is `small`, which this lock",
        ),
        ("[[lock]]\nquestion = \"extra\"\nto = \"maybe\"\n", vec![], "extra `maybe` has the wrong type"),
        (
            "[[lock]]\nquestion = \"size\"\nto = \"large\"\nwhen = \"extra\"\n",
            vec![],
            "template.toml:9:8: `extra` is not known yet",
        ),
        (
            "[[lock]]\nquestion = \"size\"\nto = \"large\"\n[[lock]]\nquestion = \"size\"\nto = \"small\"\n",
            vec![],
            "template.toml:10:12: `size` cannot be `small` here: it is `large` by what `team` decided before",
        ),
        (
            "[[lock]]\nquestion = \"size\"\nallow = [\"small\"]\n[[lock]]\nquestion = \"size\"\ndeny = [\"small\"]\n",
            vec![],
            "`size` cannot be never `small` here",
        ),
        ("[[lock]]\nquestion = \"service\"\nto = \"orders\"\n", vec![], "names the project"),
        (
            "[[question]]\nid = \"size\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"bool\"\n",
            vec![],
            "template.toml:7:6: the id `size` is declared twice",
        ),
    ] {
        let found = problems(manifest, &own);
        assert!(found.contains(expected), "{manifest}\nexpected: {expected}\nfound: {found}");
        assert!(!found.contains("base/"), "the fault is not that of the extended template: {found}");
    }
    let mut broken = base();
    broken.push(("files/z.hbs", "{{typo}}\n".to_owned()));
    let broken: Vec<(&str, &str)> = broken.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let layers = vec![
        (files(&[("template.toml", TEAM)]), Source::Folder(PathBuf::from("team"))),
        (files(&broken), Source::Folder(PathBuf::from("../base"))),
    ];
    let error = Template::from_layers(layers).err().unwrap().to_string();
    assert!(error.contains("../base/files/z.hbs:1:1: `typo`"), "{error}");
}

#[test]
fn a_question_cannot_hide_the_element_of_an_inherited_loop() {
    let base = format!("{HEAD}{BASE}[[file]]\npath = \"{{{{region}}}}.txt\"\neach = \"regions\"\nas = \"region\"\n");
    let own = format!("{TEAM}[[question]]\nid = \"region\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"text\"\n");
    let layers = vec![
        (files(&[("template.toml", &own)]), Source::Folder(PathBuf::from("team"))),
        (
            files(&[("template.toml", &base), ("files/{{region}}.txt", "x\n"), ("files/extra/a", "a\n")]),
            Source::Builtin,
        ),
    ];
    let error = Template::from_layers(layers).err().unwrap().to_string();
    assert!(error.contains("template.toml:7:6: `region` is already the element of an `each`"), "{error}");
}

#[test]
fn layers_have_to_extend_one_another() {
    let one = || (files(&[("template.toml", TEAM)]), Source::Builtin);
    assert!(matches!(Template::from_layers(vec![one()]), Err(LoadError::Unresolved(extends)) if extends == "./base"));
    let last = || (files(&[("template.toml", HEAD)]), Source::Builtin);
    assert!(Template::from_layers(vec![last(), last()]).err().unwrap().to_string().contains("extends no other"));
    assert!(matches!(Template::from_layers(Vec::new()), Err(LoadError::Layers(0))));
    let nine = std::iter::repeat_with(one).take(9).collect();
    assert!(matches!(Template::from_layers(nine), Err(LoadError::Layers(9))));
    assert!(problems("[[question]]\n", &[]).contains("missing field"));
}

#[test]
fn a_decided_answer_is_taken_without_a_question_and_everything_follows_it() {
    let manifest = "[[lock]]\nquestion = \"size\"\nto = \"large\"\nbecause = \"small ones have failed\"\n";
    let template = team(manifest, &[("files/d.txt.hbs", "{{is_large}}\n")]).unwrap();
    let interview = Interview::new(&template, &given(&[]), Defaults::Advanced).unwrap();
    let open: Vec<&str> = interview.open.iter().map(|(question, _)| question.id.as_str()).collect();
    assert_eq!(open, ["service", "regions", "extra"]);
    let accepted = &interview.accepted[0];
    assert_eq!((&accepted.value, &accepted.provenance), (&text("large"), &Provenance::Policy("team".to_owned())));
    assert_eq!(accepted.because.as_deref(), Some("small ones have failed"));
    assert_eq!(file(&plan(&template, &given(&[])).unwrap(), "d.txt"), "true\n");
    assert!(plan(&template, &given(&[("size", text("large"))])).is_ok(), "the same answer is no contradiction");
    assert_eq!(
        plan(&template, &given(&[("size", text("small"))])).unwrap_err(),
        "size is `large` and cannot be `small`: `team` decided it: small ones have failed (leave out `--size`)"
    );
}

#[test]
fn an_answer_of_a_record_gives_way_to_what_the_team_has_decided_since() {
    let template = team("[[lock]]\nquestion = \"size\"\nto = \"large\"\n", &[]).unwrap();
    let mut answers = Answers::default();
    answers.set("size", text("small"), Provenance::Record);
    let interview = Interview::new(&template, &answers, Defaults::All).unwrap();
    assert_eq!(interview.answer("size"), Some(text("large")));
    assert_eq!((interview.overruled[0].question.as_str(), &interview.overruled[0].was), ("size", &text("small")));
}

#[test]
fn allowed_and_denied_answers_narrow_what_is_offered_and_taken() {
    let manifest = "[[change]]\nquestion = \"regions\"\ndefault = [\"eu-two\"]\n\
        [[lock]]\nquestion = \"regions\"\nallow = [\"eu-two\", \"eu-three\"]\nbecause = \"of the audit\"\n\
        [[lock]]\nquestion = \"size\"\ndeny = [\"large\"]\n";
    let template = team(manifest, &[]).unwrap();
    let regions = |items: &[&str]| plan(&template, &given(&[("regions", list(items))]));
    assert!(regions(&["eu-three", "eu-two"]).is_ok());
    assert_eq!(
        regions(&["eu-two", "us-one"]).unwrap_err(),
        "regions `eu-two,us-one` is not allowed: `team` decided it: of the audit (it may be only `eu-two` or `eu-three`)"
    );
    let interview = Interview::new(&template, &given(&[]), Defaults::All).unwrap();
    let open: Vec<_> = interview.open_choices(template.question("size").unwrap());
    assert_eq!(open.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>(), ["small"]);
    assert!(plan(&template, &given(&[("size", text("large"))])).unwrap_err().contains("(choose `small`)"));
}

#[test]
fn a_lock_holds_only_while_its_condition_is_true() {
    let manifest = "[[lock]]\nquestion = \"extra\"\nto = true\nwhen = \"is_large\"\n\
        [[lock]]\nquestion = \"extra\"\nto = false\nwhen = \"eq size \\\"large\\\"\"\n";
    let template =
        team(&manifest[..manifest.find("[[lock]]\nquestion = \"extra\"\nto = false").unwrap()], &[]).unwrap();
    let extra = |size| {
        let answers = given(&[("size", text(size))]);
        Interview::new(&template, &answers, Defaults::All).unwrap().answer("extra")
    };
    assert_eq!((extra("small"), extra("large")), (Some(Value::Bool(false)), Some(Value::Bool(true))));
    let template = team(manifest, &[]).unwrap();
    let error = plan(&template, &given(&[("size", text("large"))])).unwrap_err();
    assert!(error.starts_with("template.toml:11:12: `extra` cannot be `false` here: it is `true`"), "{error}");
}

#[test]
fn a_team_beside_the_template_decides_and_sets_defaults_too() {
    let template = team("", &[]).unwrap();
    let mut answers = given(&[]);
    answers.lock("size", text("large"), "acme", Some("it is paid for"));
    answers.preset("regions", list(&["eu-two"]), "acme");
    let interview = Interview::new(&template, &answers, Defaults::All).unwrap();
    let of = |id: &str| interview.accepted.iter().find(|accepted| accepted.question.id == id).unwrap();
    assert_eq!(of("size").provenance, Provenance::Policy("acme".to_owned()));
    assert_eq!(
        (&of("regions").value, &of("regions").provenance),
        (&list(&["eu-two"]), &Provenance::Preset("acme".to_owned()))
    );
    let interview = Interview::new(&template, &answers, Defaults::Advanced).unwrap();
    assert!(
        interview
            .open
            .iter()
            .any(|(question, default)| question.id == "regions" && *default == Some(list(&["eu-two"])))
    );
    answers.lock("size", text("small"), "other", None);
    let problems = Interview::new(&template, &answers, Defaults::All).unwrap().problems;
    assert!(problems[0].message.contains("`other` decided it"), "{problems:?}");
    let mut answers = given(&[]);
    answers.lock("size", text("huge"), "acme", None);
    let problems = Interview::new(&template, &answers, Defaults::All).unwrap().problems;
    assert!(problems[0].message.contains("size `huge` is not one of the choices; `acme` decided it"), "{problems:?}");
}

#[test]
fn a_folder_may_extend_a_built_in_template_of_the_version_that_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let write = |extends: &str| {
        let manifest = TEAM.replace("./base", extends);
        #[expect(clippy::disallowed_methods, reason = "a test lays out a template")]
        std::fs::write(folder.path().join("template.toml"), manifest).unwrap();
    };
    write("builtin:service");
    let template = Template::from_folder(folder.path()).unwrap();
    assert_eq!((template.id.as_str(), template.name_question.as_str()), ("team", "service"));
    assert_eq!(template.layers[0].id, "service");
    write("builtin:service@99");
    assert!(matches!(Template::from_folder(folder.path()), Err(LoadError::OtherVersion { .. })));
    write("ext::sh -c x");
    let error = Template::from_folder(folder.path()).err().unwrap().to_string();
    assert!(error.contains("template.toml:5:11: the source `ext::sh -c x`"), "{error}");
    write("builtin:nothing");
    assert!(matches!(Template::from_folder(folder.path()), Err(LoadError::Source(_))));
}

#[test]
fn what_a_record_says_of_a_layer_is_read_back() {
    for (text, id) in
        [("builtin:service@0.2.0", "service"), ("folder#base@0.2.0", "base"), ("https://h/x@abc#b@0.2.0", "b")]
    {
        assert_eq!(Layer::remembered(text), Some((id.to_owned(), Version::new(0, 2, 0))), "{text}");
    }
    assert_eq!(Layer::remembered("https://h/x@abc"), None);
}

#[test]
fn another_default_is_no_placeholder_and_another_pattern_has_a_rule_of_its_own() {
    let base = "[[question]]\nid = \"host\"\nprompt = \"Host\"\nhelp = \"Where.\"\nkind = \"text\"\npattern = \"[a-z.]+\"\n\
                rule = \"write a host\"\ndefault = \"example.com\"\nplaceholder = true\n";
    let base = format!("{HEAD}{base}");
    let layered = |change: &str| {
        let manifest = format!("{TEAM}[[change]]\nquestion = \"host\"\n{change}");
        let own = (files(&[("template.toml", &manifest)]), Source::Folder(PathBuf::from("team")));
        let base = files(&[("template.toml", &base), ("files/a.hbs", "{{service}} {{quote host}}\n")]);
        Template::from_layers(vec![own, (base, Source::Folder(PathBuf::from("base")))])
    };
    let hint = |template: &Template| {
        let question = template.question("host").unwrap();
        question.check(&Value::Text("A".to_owned()), &[]).unwrap_err().hint
    };
    let same = layered("help = \"Here.\"\n").unwrap();
    assert!(
        same.question("host").unwrap().is_placeholder && hint(&same).starts_with("write a host"),
        "{}",
        hint(&same)
    );
    let other = layered("default = \"acme.dev\"\npattern = \"[a-z]+.dev\"\nrule = \"write a host of acme\"\n").unwrap();
    assert!(!other.question("host").unwrap().is_placeholder);
    assert!(hint(&other).starts_with("write a host of acme"), "{}", hint(&other));
    let silent = layered("default = \"acme.dev\"\npattern = \"[a-z]+.dev\"\n").unwrap();
    assert!(hint(&silent).starts_with("where"), "{}", hint(&silent));
    assert!(layered("rule = \"write a host\"\n").err().unwrap().to_string().contains("no pattern beside it"));
}
