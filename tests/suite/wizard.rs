//! The wizard, walked with real keys in a real terminal.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::{tree, workspace};

use crate::program::{launchway, run};
use crate::terminal::{CONTROL_C, DOWN, ENTER, Left, PAGE_DOWN, Terminal, UP};

fn start(words: &[&str]) -> (TempDir, Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = launchway();
    command.env("LAUNCHWAY_STATE_DIR", workspace::target().join("tests/state"));
    let terminal = Terminal::start(command.arg("new").args(words).arg("--no-git").current_dir(folder.path()));
    (folder, terminal)
}

/// Presses a key of the review.
#[track_caller]
fn review(terminal: &Terminal, key: &str) {
    terminal.wait_for("Enter generate").press(key);
}

/// Points at an answer in the list of the review.
#[track_caller]
fn change(terminal: &Terminal, down: usize) {
    review(terminal, "e");
    choose(terminal, "Which answer?", down);
}

/// Answers a question of text; nothing takes the default.
#[track_caller]
fn answer(terminal: &Terminal, question: &str, text: &str) {
    terminal.wait_for(question).type_text(text).press(ENTER);
}

/// Chooses the item that is `down` below the one that is offered.
#[track_caller]
fn choose(terminal: &Terminal, question: &str, down: usize) {
    terminal.wait_for(question).press(&DOWN.repeat(down)).press(ENTER);
}

#[track_caller]
fn assert_left_in_order(left: &Left) {
    assert!(!left.is_cursor_hidden, "the cursor is visible again:\n{}", left.screen);
    assert!(left.is_restored, "lines, echo and signals are as before:\n{}", left.screen);
}

/// What the same answers give without a question.
#[track_caller]
fn assert_same_as(project: &Path, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    run(launchway().arg("new").args(words).args(["--no-input", "--no-git"]).current_dir(folder.path())).success();
    let expected = tree::read(&folder.path().join("orders")).unwrap();
    assert_eq!(tree::differences(&expected, &tree::read(project).unwrap()), Vec::<String>::new());
}

#[test]
fn the_wizard_makes_a_project_for_ecs() {
    let (folder, terminal) = start(&[]);
    answer(&terminal, "Service name", "orders");
    answer(&terminal, "What does it do", "");
    choose(&terminal, "Where will it run?", 0);
    answer(&terminal, "AWS regions", "eu-west-1");
    choose(&terminal, "What do the tasks run on?", 1);
    choose(&terminal, "CPU of one task", 1);
    choose(&terminal, "Who may reach the load balancer?", 1);
    choose(&terminal, "How does a new version replace", 2);
    choose(&terminal, "Who moves the traffic on Amazon ECS?", 0);
    answer(&terminal, "Environments", "dev,live");
    answer(&terminal, "Which environment is production?", "live");
    answer(&terminal, "GitHub repository", "acme/orders");
    review(&terminal, ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_left_in_order(&left);
    let size = ["--capacity", "fargate-spot", "--cpu", "512", "--scheme", "internal", "--strategy", "canary"];
    let rest = [
        "orders",
        "--target",
        "ecs",
        "--regions",
        "eu-west-1",
        "--environments",
        "dev,live",
        "--production",
        "live",
        "--repository",
        "acme/orders",
    ];
    assert_same_as(&folder.path().join("orders"), &[&rest[..], &size].concat());
}

#[test]
fn the_wizard_makes_a_project_for_kubernetes() {
    let (folder, terminal) = start(&["orders"]);
    answer(&terminal, "What does it do", "Takes orders");
    choose(&terminal, "Where will it run?", 1);
    choose(&terminal, "How is it reached from outside", 2);
    answer(&terminal, "Domain below which", "example.org");
    answer(&terminal, "Namespace of the ingress controller", "edge");
    answer(&terminal, "Name of the Gateway", "");
    choose(&terminal, "How does a new version replace", 0);
    answer(&terminal, "Environments", "");
    answer(&terminal, "GitHub repository", "");
    review(&terminal, ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_left_in_order(&left);
    let exposure = ["--exposure", "gateway", "--domain", "example.org", "--ingress-namespace", "edge"];
    let rest = ["orders", "--target", "kubernetes", "--description", "Takes orders"];
    assert_same_as(&folder.path().join("orders"), &[&rest[..], &exposure].concat());
}

#[test]
fn the_review_shows_everything_and_an_answer_can_be_changed() {
    let (folder, terminal) =
        start(&["orders", "--target", "kubernetes", "--exposure", "none", "--environments", "prod"]);
    answer(&terminal, "What does it do", "");
    choose(&terminal, "How does a new version replace", 0);
    answer(&terminal, "GitHub repository", "acme/orders");
    for _ in 0..4 {
        review(&terminal, PAGE_DOWN);
    }
    terminal.wait_for("--repository=acme/orders");
    let shown = terminal.written();
    let wanted = ["overlays/", "Dockerfile", "HorizontalPodAutoscaler", "(flag)", "(default)"];
    for text in wanted {
        assert!(shown.contains(text), "`{text}` is not in:\n{shown}");
    }
    change(&terminal, 1);
    answer(&terminal, "(The orders service)", "Takes orders");
    review(&terminal, "G");
    terminal.wait_for("--description='Takes orders'");
    review(&terminal, ENTER);
    assert_eq!(terminal.end().code, Some(0));
    let readme = fs::read_to_string(folder.path().join("orders/README.md")).unwrap();
    assert!(readme.contains("Takes orders"));
}

#[test]
fn an_answer_is_refused_in_the_prompt_and_asked_again() {
    let (_folder, terminal) = start(&[]);
    answer(&terminal, "Service name", "Orders!");
    terminal.wait_for("`Orders!` is not a slug");
    assert!(!terminal.screen().contains("What does it do"), "{}", terminal.screen());
    terminal.press(CONTROL_C);
    assert_eq!(terminal.end().code, Some(130));
}

#[test]
fn a_choice_that_another_answer_rules_out_is_refused_with_its_reason_and_asked_again() {
    let (folder, terminal) = start(&["orders", "--target", "kubernetes", "--exposure", "none", "--ci", "none"]);
    answer(&terminal, "What does it do", "");
    choose(&terminal, "How does a new version replace", 3);
    terminal.wait_for("linear is a strategy of Amazon ECS");
    terminal.wait_for("❯ Linear").press(UP).wait_for("❯ Canary").press(ENTER);
    choose(&terminal, "Who moves the traffic on Kubernetes?", 0);
    terminal.wait_for("Who lets a new version go on?").press(CONTROL_C);
    assert_interrupted(terminal, folder.path());
}

#[test]
fn an_answer_that_is_pasted_arrives_whole() {
    let (folder, terminal) = start(&[]);
    terminal.wait_for("Service name").press("inventory-reservation-and-allocation-api").press(ENTER);
    terminal
        .wait_for("What does it do")
        .wait_for("(The inventory-reservation-and-allocation-api service)")
        .press(CONTROL_C);
    assert_interrupted(terminal, folder.path());
}

#[test]
fn a_default_follows_the_answers_that_it_is_made_of() {
    let words = ["first", "--target", "kubernetes", "--exposure", "none", "--environments", "prod", "--ci", "none"];
    let (folder, terminal) = start(&words);
    answer(&terminal, "What does it do", "");
    choose(&terminal, "How does a new version replace", 0);
    answer(&terminal, "GitHub repository", "");
    change(&terminal, 0);
    terminal.wait_for("❯ first").press("\x15").wait_without("❯ first").type_text("second").press(ENTER);
    review(&terminal, "G");
    terminal.wait_for("launchway new second");
    review(&terminal, ENTER);
    assert_eq!(terminal.end().code, Some(0));
    let readme = fs::read_to_string(folder.path().join("second/README.md")).unwrap();
    assert!(readme.contains("The second service"), "{readme}");
}

#[test]
fn leaving_at_the_review_writes_nothing() {
    let (folder, terminal) = start(&["orders", "--target", "kubernetes", "--exposure", "none"]);
    answer(&terminal, "What does it do", "");
    choose(&terminal, "How does a new version replace", 0);
    answer(&terminal, "Environments", "");
    answer(&terminal, "GitHub repository", "");
    review(&terminal, "q");
    terminal.wait_for("forget the answers?").press("y");
    let left = terminal.end();
    assert_eq!(left.code, Some(1), "{}", left.screen);
    assert_left_in_order(&left);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn control_c_in_a_text_question_leaves_the_terminal_as_it_was() {
    let (folder, terminal) = start(&[]);
    terminal.wait_for("Service name").type_text("ord").press(CONTROL_C);
    assert_interrupted(terminal, folder.path());
}

#[test]
fn control_c_in_a_choice_leaves_the_terminal_as_it_was() {
    let (folder, terminal) = start(&["orders", "--description", "x"]);
    terminal.wait_for("Where will it run?").press(DOWN).wait_for("❯ Kubernetes").press(CONTROL_C);
    assert_interrupted(terminal, folder.path());
}

#[test]
fn control_c_at_the_review_leaves_the_terminal_as_it_was() {
    let (folder, terminal) =
        start(&["orders", "--target", "kubernetes", "--exposure", "none", "--environments", "prod"]);
    answer(&terminal, "What does it do", "");
    choose(&terminal, "How does a new version replace", 0);
    answer(&terminal, "GitHub repository", "");
    review(&terminal, CONTROL_C);
    assert_interrupted(terminal, folder.path());
}

#[track_caller]
fn assert_interrupted(terminal: Terminal, folder: &Path) {
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    assert_left_in_order(&left);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "nothing was written");
}
