use super::*;
use crate::path::beneath::Blob;

/// Loads a template from texts and checks every file of it.
pub(crate) fn load(files: &[(&str, &str)]) -> Result<Template, LoadError> {
    Template::from_layers(vec![(files_of(files), Source::Folder("t".into()))])
}

/// Loads a template from texts, as a built-in one is loaded.
pub(crate) fn load_unverified(files: &[(&str, &str)]) -> Result<Template, LoadError> {
    template(vec![(files_of(files), Source::Builtin)])
}

fn files_of(files: &[(&str, &str)]) -> TemplateFiles {
    let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Blob::plain(text.as_bytes().to_vec()).into());
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
        (question("port", "kind = \"number\""), "unknown variant `number`"),
        (
            question("port", "kind = \"int\"\nmax = 10\ndefault = 11"),
            "the default breaks its own rule: port `11` is out of range",
        ),
        (question("port", "kind = \"int\"\npattern = \"x\""), "`pattern` does not go with this kind"),
        (question("odd", "kind = \"text\"\npattern = \"(\""), "`(` is not a pattern"),
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
fn u29_every_id_that_is_no_word_of_the_language_has_a_flag() {
    let ids = ["name", "version", "help", "template", "output", "dry_run", "allow_secret_like", "lang"];
    let questions: String = ids.iter().map(|id| question(id, "kind = \"slug\"\ndefault = \"x\"")).collect();
    let template = load(&[("template.toml", &format!("{HEAD}{questions}"))]).unwrap();
    let flags: Vec<String> = ids.iter().map(|id| template.question(id).unwrap().flag()).collect();
    assert_eq!(flags[..3], ["--name", "--answer-version", "--answer-help"]);
    assert!(flags[2..].iter().all(|flag| flag.starts_with("--answer-")), "{flags:?}");
    let named = HEAD.replace("name = \"service\"", "name = \"name\"").replace("id = \"service\"", "id = \"name\"");
    assert_eq!(load(&[("template.toml", &named)]).unwrap().question("name").unwrap().flag(), "--name");
}

#[test]
fn u23_a_file_is_not_checked_for_a_reason_alone() {
    let file = |rest: &str| {
        let manifest = format!("{HEAD}[[file]]\npath = \"a.txt\"\n{rest}\n");
        problems_in(&[("template.toml", &manifest), ("files/a.txt", "a\n")])
    };
    assert_eq!(file("check = false\nbecause = \"Go templates are no YAML\""), "");
    assert_eq!(file("check = true"), "");
    for rest in ["check = false", "check = false\nbecause = \" \""] {
        assert!(file(rest).contains("template.toml:14:8: `check = false` needs `because`"), "{rest}: {}", file(rest));
    }
    for rest in ["because = \"x\"", "check = true\nbecause = \"x\""] {
        assert!(file(rest).contains("`because` says why a file is not checked"), "{rest}");
    }
}

#[test]
fn u30_a_place_takes_a_pointer_and_an_expression_together() {
    let manifest = format!(
        "{HEAD}[[agreement]]\nsays = \"the port\"\nplace = [\n\
         {{ file = \"a.yaml\", at = \"/args/*\", capture = '^--port=(\\d+)$' }},\n{{ is = \"8080\" }},\n]\n"
    );
    let planned = |text: &str| {
        let template = load(&[("template.toml", &manifest), ("files/a.yaml", text)]).unwrap();
        let interview = crate::Interview::new(&template, &crate::Answers::default(), crate::Defaults::All).unwrap();
        crate::Plan::new(&template, &interview.context().unwrap().unwrap()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(planned("args: [--host=0.0.0.0, --port=8080]\nother: --port=9\n"), Ok(()));
    assert!(planned("args: [--port=9]\n").unwrap_err().contains("the values differ"));
}

#[test]
fn a_rendered_file_must_be_text() {
    let files = [("template.toml", HEAD.as_bytes().to_vec()), ("files/a.txt.hbs", vec![0xff, 0xfe])];
    let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), Blob::plain(bytes).into())).collect();
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

/// Loads a template with a text in a file, and says what is wrong.
fn printed(path: &str, text: &str) -> String {
    let more = question("note", "kind = \"text\"\ndefault = \"x\"")
        + "[[value]]\nid = \"quoted\"\nis = \"quote note\"\n\
           [[partial]]\nname = \"word\"\nparameters = { it = \"word\" }\n";
    let manifest = format!("{HEAD}{more}");
    let partials = [("partials/word.hbs", "{{it}}\n"), ("partials/shell.hbs", "echo {{quote_shell note}}\n")];
    problems_in(&[&[("template.toml", manifest.as_str()), (path, text)][..], &partials].concat())
}

#[test]
fn u26_a_text_is_quoted_by_the_helper_of_the_kind_of_its_file() {
    let of = |helper: &str| format!("{{{{{helper} note}}}}\n");
    for (path, right) in [
        ("files/run.sh.hbs", "quote_shell"),
        ("files/Makefile.hbs", "quote_make"),
        ("files/Dockerfile.hbs", "quote_dockerfile"),
        ("files/main.tf.hbs", "quote_hcl"),
        ("files/pom.xml.hbs", "quote_xml"),
        ("files/a.properties.hbs", "quote_properties"),
        ("files/a.ps1.hbs", "quote_powershell"),
        ("files/a.yaml.hbs", "quote"),
        ("files/tsconfig.json.hbs", "quote"),
        ("files/a.rs.hbs", "quote_rust"),
        ("files/a.py.hbs", "quote"),
    ] {
        assert_eq!(printed(path, &of(right)), "", "{path}");
        let wrong = if right == "quote" { "quote_shell" } else { "quote" };
        let found = printed(path, &of(wrong));
        assert!(found.contains(&format!("{}:1:1: `{wrong}` does not quote a text for", &path)), "{path}: {found}");
    }
    assert!(printed("files/a.bat.hbs", &of("quote")).contains("does not quote a text for a batch file"));
    assert!(printed("files/bin/run.hbs", "#!/bin/sh\necho {{quote note}}\n").contains("files/bin/run.hbs:2:6"));
    for path in ["files/README.md.hbs", "files/a.txt.hbs", "files/a.conf.hbs"] {
        assert_eq!(printed(path, &of("quote_shell")), "", "{path}");
    }
}

#[test]
fn u26_no_way_round_leads_a_text_past_the_helper_of_its_file() {
    for text in [
        "echo {{quoted}}\n",
        "echo {{concat quoted \"x\"}}\n",
        "echo {{concat (quote note) \"x\"}}\n",
        "{{> word it=(quote note)}}\n",
        "{{> word it=quoted}}\n",
    ] {
        let found = printed("files/run.sh.hbs", text);
        assert!(found.contains("`quote` does not quote a text for a shell"), "{text}: {found}");
    }
    assert!(printed("files/a.yaml.hbs", "{{> shell}}\n").contains("partials/shell.hbs:1:6: `quote_shell` does not"));
    for text in [
        "{{> shell}}\n",
        "echo {{quote_shell quoted}}\n",
        "echo {{quote service}}\n",
        "{{#if (eq quoted \"a\")}}{{/if}}\n",
    ] {
        assert_eq!(printed("files/run.sh.hbs", text), "", "{text}");
    }
    for (text, place) in [
        ("echo \"hello {{quote_shell note}}\"\n", "quotes"),
        ("# {{quote_shell note}}\n", "a comment"),
        ("cat <<END\n{{quote_shell note}}\nEND\n", "a here-document"),
    ] {
        let found = printed("files/run.sh.hbs", text);
        assert!(
            found.contains(&format!("`quote_shell` is inside {place}, where its quotes have no effect")),
            "{found}"
        );
    }
    let step = question("note", "kind = \"text\"\ndefault = \"x\"")
        + "[[next_step]]\ncommand = \"echo {{quote note}}\"\npurpose = \"P\"\n";
    assert!(problems(&step).contains("`quote` does not quote a text for a shell"), "{}", problems(&step));
}

#[test]
fn u28_a_text_may_be_left_out_where_the_template_says_so() {
    use crate::interview::answers::Answers;
    use crate::value::Value;
    use crate::value::provenance::Provenance;
    let note = |rest: &str| format!("{HEAD}{}", question("note", &format!("kind = \"text\"\n{rest}")));
    let files = |rest: &str, text: &str| -> Result<String, String> {
        let files = [
            ("template.toml", note(rest)),
            ("files/a.yaml.hbs", "a: {{quote note}}\n{{#if note}}\nb: 1\n{{/if}}\n".to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let template = load(&files).map_err(|error| error.to_string())?;
        let mut answers = Answers::default();
        if text != "-" {
            answers.set("note", Value::Text(text.to_owned()), Provenance::Flag);
        }
        let interview = crate::Interview::new(&template, &answers, crate::Defaults::All).unwrap();
        let problems: Vec<String> = interview.problems.iter().map(|problem| problem.message.clone()).collect();
        let context = interview.context().unwrap().ok_or_else(|| format!("{problems:?}"))?;
        let plan = crate::Plan::new(&template, &context).unwrap();
        Ok(plan.files.values().next().unwrap().text().unwrap().to_owned())
    };
    let (empty, given) = (Ok("a: \"\"\n".to_owned()), Ok("a: \"x1\"\nb: 1\n".to_owned()));
    for rest in
        ["optional = true", "optional = true\ndefault = \"\"", "optional = true\npattern = 'x\\d'\nexample = \"x1\""]
    {
        assert_eq!(files(rest, "-"), empty, "{rest}");
        assert_eq!(files(rest, ""), empty, "{rest}");
        assert_eq!(files(rest, "x1"), given, "{rest}");
    }
    assert!(files("optional = true\npattern = 'x\\d'\nexample = \"x1\"", "y").is_err());
    assert!(files("optional = true", "  ").is_err());
    assert_eq!(files("optional = true\ndefault = \"x1\"", ""), empty);
    assert_eq!(files("optional = true\ndefault = \"x1\"", "-"), given);
    assert_eq!(files("optional = true\ndefault = \"{{#if (eq service \\\"b\\\")}}x{{/if}}\"", "-"), empty);
    assert!(files("default = \"\"", "-").unwrap_err().contains("the default breaks its own rule: note is empty"));
    assert!(files("default = \"x\"", "").unwrap_err().contains("note is empty"));
    let slug = note("").replace("kind = \"text\"", "kind = \"slug\"\noptional = true");
    assert!(problems_in(&[("template.toml", &slug)]).contains("`optional` does not go with this kind"));
    let template = load(&[("template.toml", &note("optional = true\npattern = 'x\\d'\nexample = \"x1\""))]).unwrap();
    let schema = crate::authoring::schema::answers(&template);
    assert_eq!(schema["properties"]["note"]["minLength"], 0);
    assert_eq!(schema["properties"]["note"]["pattern"], "^(?:x\\d|)$");
}
