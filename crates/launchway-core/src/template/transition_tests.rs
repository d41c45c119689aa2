use std::collections::BTreeMap;

use semver::Version;

use crate::interview::Interview;
use crate::interview::answers::Answers;
use crate::template::load::tests::{HEAD, load};
use crate::template::{Effect, Template};
use crate::value::Value;
use crate::value::provenance::Provenance;
use crate::{Defaults, Transition};

const QUESTIONS: &str = r#"
[[question]]
id = "size"
prompt = "P"
help = "H."
kind = "choice"
default = "small"
choices = [{ value = "small" }, { value = "large" }, { value = "huge" }]

[[question]]
id = "zones"
prompt = "P"
help = "H."
kind = "slugs"
default = ["a"]

[[value]]
id = "is_large"
is = 'ne size "small"'
"#;

fn template(rest: &str) -> Result<Template, String> {
    let head = HEAD.replace("version = \"1.0.0\"", "version = \"2.0.0\"\ntransitions = \"deploy/TRANSITION.md\"");
    load(&[("template.toml", &format!("{head}{QUESTIONS}{rest}")), ("files/{{service}}.txt", "{{size}}\n")])
        .map_err(|error| error.to_string())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn change(template: &Template, from: &str, before: &[(&str, Value)], after: &[(&str, Value)]) -> Vec<Transition> {
    let before = before.iter().map(|(id, value)| ((*id).to_owned(), value.clone()));
    let versions = BTreeMap::from([(template.id.clone(), from.parse::<Version>().unwrap())]);
    let migrated = template.migrate_from(&versions, before.collect()).unwrap();
    let mut answers = Answers::default();
    for (id, value) in after {
        answers.set(id, value.clone(), Provenance::Flag);
    }
    let context = Interview::new(template, &answers, Defaults::All).unwrap().context().unwrap().unwrap();
    template.transitions_of(&versions, &migrated, &context).unwrap()
}

const RULES: &str = r#"
[[transition]]
id = "grow"
question = "size"
from = "small"
to = ["large", "huge"]
effect = "steps"
text = "It grows from {{was_size}} to {{size}}."
before = [{ command = "grow {{quote_shell service}} --from {{was_size}}", purpose = "makes room" }]
after = [
    { command = "{{#each was_zones as |zone|}}clean {{zone}}\n{{/each}}", purpose = "cleans up" },
    { command = "never", purpose = "never", when = "was_is_large" },
]

[[transition]]
id = "zones-come-and-go"
question = ["zones"]
when = "is_large"
effect = "outage"
text = "Zones move."

[[transition]]
id = "shrink"
question = "size"
when = "and was_is_large (not is_large)"
effect = "refused"
text = "It never shrinks."
instead = "Make a new one."

[[migration]]
to = "2.0.0"

[[migration.transition]]
id = "second"
when = "is_large"
effect = "new-pods"
text = "The second version starts anew."
"#;

#[test]
fn a_transition_speaks_of_the_answers_before_and_after() {
    let template = template(RULES).unwrap();
    let ids = |found: &[Transition]| found.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let small = [("size", text("small")), ("zones", list(&["a", "b"]))];
    let large = [("size", text("large")), ("zones", list(&["b"]))];
    let found = change(&template, "2.0.0", &small, &large);
    assert_eq!(ids(&found), ["grow", "zones-come-and-go"]);
    assert_eq!((found[0].effect, found[0].text.as_str()), (Effect::Steps, "It grows from small to large."));
    assert_eq!(found[0].before[0].command, "grow orders --from small");
    assert_eq!(found[0].after.iter().map(|step| step.command.as_str()).collect::<Vec<_>>(), ["clean a\nclean b"]);
    assert_eq!(ids(&change(&template, "2.0.0", &large, &small)), ["shrink"]);
    assert_eq!(ids(&change(&template, "2.0.0", &large, &[("size", text("huge")), large[1].clone()])), [""; 0]);
    assert_eq!(ids(&change(&template, "2.0.0", &large, &large)), [""; 0]);
    assert_eq!(ids(&change(&template, "1.9.0", &large, &large)), ["second"]);
}

#[test]
fn the_page_is_written_for_what_has_an_effect_and_is_the_same_in_every_language() {
    let mut template =
        template(&format!("{RULES}[translation.ko]\n\"Zones move.\" = \"영역이 옮겨집니다.\"\n")).unwrap();
    let before = [("size", text("large")), ("zones", list(&["a"]))];
    let after = [("size", text("large")), ("zones", list(&["b"]))];
    template.translate("ko").unwrap();
    let found = change(&template, "2.0.0", &before, &after);
    assert_eq!(found[0].text, "영역이 옮겨집니다.");
    let mut answers = Answers::default();
    answers.set("size", text("large"), Provenance::Flag);
    let context = Interview::new(&template, &answers, Defaults::All).unwrap().context().unwrap().unwrap();
    let (path, file) = template.transition_file(&found, &context).unwrap().unwrap();
    assert_eq!(path.as_str(), "deploy/TRANSITION.md");
    assert!(file.text().unwrap().ends_with("| `zones` | a | b |\n\n## outage: zones-come-and-go\n\nZones move.\n"));
    assert_eq!(template.transition_file(&[], &context).unwrap(), None);
}

#[test]
fn a_transition_says_all_that_it_needs_and_nothing_in_vain() {
    for (keys, expected) in [
        ("effect = \"steps\"", "`question` or `when` says of which change it speaks"),
        ("when = \"is_large\"\nfrom = \"small\"\neffect = \"none\"", "answers to a `question`, which is missing"),
        ("question = \"size\"\neffect = \"new-pods\"", "`text` is missing"),
        ("question = \"size\"\neffect = \"steps\"\ntext = \"T.\"", "`steps` needs `before` or `after`"),
        ("question = \"size\"\neffect = \"refused\"\ntext = \"T.\"", "`instead` is missing"),
        (
            "question = \"size\"\neffect = \"none\"\nafter = [{ command = \"c\", purpose = \"p\" }]",
            "with the effect `none` there are no steps",
        ),
        ("question = \"sise\"\neffect = \"none\"", "there is no question `sise`"),
        ("question = \"size\"\nto = \"tiny\"\neffect = \"none\"", "size `tiny` is not one of the choices"),
        ("question = \"size\"\neffect = \"none\"\ntext = \"{{was_colour}}\"", "`was_colour` is not a declared name"),
        ("question = \"size\"\neffect = \"sudden\"", "unknown variant `sudden`"),
    ] {
        let found = template(&format!("[[transition]]\nid = \"x\"\n{keys}\n")).err().unwrap_or_default();
        assert!(found.contains(expected), "{keys}\nexpected: {expected}\nfound: {found}");
    }
    let twice = "[[transition]]\nid = \"x\"\nquestion = \"size\"\neffect = \"none\"\n".repeat(2);
    assert!(template(&twice).err().unwrap().contains("the transition `x` is declared twice"));
}

#[test]
fn a_partial_sees_what_was_before_in_a_transition_and_nowhere_else() {
    let head = HEAD.replace("version = \"1.0.0\"", "version = \"2.0.0\"");
    let rule = "[[transition]]\nid = \"x\"\nquestion = \"size\"\neffect = \"steps\"\ntext = \"T.\"\n\
                before = [{ command = \"{{> grow}}\", purpose = \"grows\" }]\n";
    let with = |text: &str| {
        let manifest = format!("{head}{QUESTIONS}{rule}");
        load(&[
            ("template.toml", &manifest),
            ("files/{{service}}.txt.hbs", text),
            ("partials/grow.hbs", "grow {{was_size}} {{size}}"),
        ])
    };
    let found = change(&with("{{size}}\n").unwrap(), "2.0.0", &[("size", text("small"))], &[("size", text("large"))]);
    assert_eq!(found[0].before[0].command, "grow small large");
    let refused = with("{{> grow}}\n").err().unwrap();
    let said = refused.to_string();
    assert!(said.contains("partials/grow.hbs:1:6: `was_size` is not a declared name here"), "{said}");
    assert!(format!("{refused:?}").contains("only a transition knows what was before"), "{refused:?}");
}
