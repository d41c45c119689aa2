//! The program in Korean: what people read is Korean, and what is made is the same.

use std::fs;
use std::path::Path;

use crate::program::{launchway, run};
use crate::remote::World;

fn korean(folder: &Path, words: &[&str]) -> crate::program::Ran {
    run(launchway().current_dir(folder).env("LANG", "ko_KR.UTF-8").args(words))
}

#[test]
fn help_is_in_the_language_of_the_locale_and_of_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let help = korean(folder.path(), &["new", "--help"]).success();
    for text in ["사용법: launchway new", "옵션:", "질문:", "어디에서 실행할까요?", "이 도움말을 보여 줍니다"]
    {
        assert!(help.contains(text), "{text}: {help}");
    }
    assert!(!help.contains("Where will it run?"), "{help}");
    let by_flag = run(launchway().args(["--lang", "ko", "new", "--help"])).success();
    assert_eq!(by_flag, help);
    let english = korean(folder.path(), &["new", "--help", "--lang=en"]).success();
    assert_eq!(english, run(launchway().args(["new", "--help"])).success());
    let said = run(launchway().args(["--lang", "xx", "templates"])).failure(2);
    assert!(said.contains("'xx'") && said.contains("en, ko"), "{said}");
}

/// The languages, each with the heading of the commands and with what stands in no help of it.
const LANGUAGES: [(&str, &str, &[&str]); 2] =
    [("en", "Commands:", &["사용법"]), ("ko", "명령:", &["Usage:", "Commands:", "Options:", "Arguments:", "Print "])];

/// Finds the commands that a help lists.
fn commands(help: &str, heading: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty());
    let named = below.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Asks for the help of a command and of all below it, in every way; returns how many there were.
fn ask_everywhere((language, heading, foreign): (&str, &str, &[&str]), above: &[&str]) -> usize {
    let said = |words: &[&str]| run(launchway().env("LAUNCHWAY_LANG", language).args(words));
    let help = said(&[above, &["--help"]].concat()).success();
    assert!(!foreign.iter().any(|foreign| help.contains(foreign)), "{language} {above:?}: {help}");
    assert!(said(&[above, &["-h"]].concat()).success().len() > 20, "{language} {above:?}");
    let below = commands(&help, heading);
    for depth in 0..above.len() + usize::from(!below.is_empty()) {
        let words = [&above[..depth], &["help"], &above[depth..]].concat();
        assert_eq!(said(&words).success(), help, "{language} {words:?}");
    }
    assert!(below.is_empty() || below.iter().any(|name| name == "help"), "{language} {above:?}: {help}");
    let commands = below.iter().filter(|name| *name != "help");
    1 + commands.map(|name| ask_everywhere((language, heading, foreign), &[above, &[name]].concat())).sum::<usize>()
}

#[test]
fn every_command_at_every_depth_says_its_help_in_every_language_however_it_is_asked() {
    let asked = LANGUAGES.map(|language| ask_everywhere(language, &[]));
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0] > 25, "{asked:?}: advise and its topics are among them");
    let wrong = run(launchway().env("LAUNCHWAY_LANG", "ko").args(["help", "nwe"])).failure(2);
    assert!(wrong.contains("nwe"), "{wrong}");
}

#[test]
fn the_project_is_the_same_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let words = |dest: &'static str| ["new", "orders", "--target=both", "--no-input", "--no-git", "--dest", dest];
    let made = korean(folder.path(), &words("korean"));
    assert!(made.stderr.contains("파일") && made.stderr.contains("다음 단계"), "{}", made.stderr);
    made.success();
    run(launchway().current_dir(folder.path()).args(words("english"))).success();
    let tree = |name: &str| xtask::tree::read(&folder.path().join(name)).unwrap();
    assert!(tree("korean") == tree("english"));
}

#[test]
fn the_equivalent_command_and_the_steps_say_the_same_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["new", "orders", "--target=ecs", "--no-input", "--dry-run", "--output=json"];
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let korean = json(korean(folder.path(), &words).success());
    let english = json(run(launchway().current_dir(folder.path()).args(words)).success());
    for key in ["schema", "answers", "files", "command", "template"] {
        assert_eq!(korean[key], english[key], "{key}");
    }
    let commands = |it: &serde_json::Value| {
        let steps = it["next_steps"].as_array().unwrap();
        steps.iter().map(|step| step["command"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(commands(&korean), commands(&english));
    assert_ne!(korean["next_steps"][0]["purpose"], english["next_steps"][0]["purpose"]);
}

#[test]
fn a_template_from_git_brings_its_translations() {
    let world = World::new();
    let template = world.template("t", "text\n");
    template.commit(&[("translations/ko.toml", "\"The name.\" = \"이름입니다.\"\n")]);
    let words = ["new", "--help", "--template", &template.url()];
    let help = run(world.launchway().env("LANG", "ko_KR.UTF-8").args(words)).success();
    assert!(help.contains("이름입니다."), "{help}");
}

#[test]
fn a_check_says_what_a_template_from_git_agrees_on_in_its_own_korean_and_otherwise_all_in_english() {
    let world = World::new();
    let template = world.template("t", "port 1\n");
    let agreement = |says: &str| {
        format!(
            "\n[[agreement]]\nsays = \"{says}\"\nplace = [{{ is = \"1\" }}, {{ file = \"note.txt\", \
             capture = '^port (\\d+)$' }}]\n"
        )
    };
    let manifest = fs::read_to_string(template.folder.join("template.toml")).unwrap();
    let manifest = [manifest, agreement("note: the port of it"), agreement("the same once more")].concat();
    let korean = "\"note: the port of it\" = \"공지의 포트\"\n";
    template.commit(&[("template.toml", &manifest), ("translations/ko.toml", korean)]);
    let made = world.new_project(&template.url(), &[]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    fs::write(world.path("orders/note.txt"), "port 2\n").unwrap();
    let check = |language: &str| {
        let ran = run(world.launchway().args(["check", "orders", "--lang", language]));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        ran.stdout
    };
    let said = check("ko");
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("orders/note.txt:1: ")).collect();
    assert_eq!(
        lines,
        [
            "orders/note.txt:1: 공지의 포트: 값이 서로 다릅니다",
            "orders/note.txt:1: the same once more: the values differ"
        ]
    );
    assert!(check("en").contains("orders/note.txt:1: note: the port of it: the values differ"));
}
