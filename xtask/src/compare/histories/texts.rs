//! Edits of texts: blocks that look alike, lines near each other, line ends, encodings.

use super::super::history::{Edit, History, Mark, Setting, replaced, text};
use super::super::tool::Tool;
use super::{CONFIG, config};

pub(super) fn all() -> Vec<History> {
    vec![
        far_apart(),
        kubernetes_list(),
        ecs_containers(),
        cloudformation_resources(),
        same_line(),
        same_change(),
        next_to_each_other(),
        drifted_line(),
        shallow_blocks(),
        shallow_same_line(),
        crlf(),
        latin_1(),
        new_question(),
        twice(),
    ]
}

/// The plainest history: the team changes the port, the template a time, ten lines below.
fn plain(id: &'static str, title: &'static str) -> History {
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    History::new(id, title)
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .becomes("config.yaml", replaced(&ours, "drain_seconds: 5", "drain_seconds: 25"))
        .marks(text("port: 9000"), text("drain_seconds: 25"))
}

fn far_apart() -> History {
    plain("far-apart", "both change lines of one file, far from each other")
}

/// A Deployment with containers that differ in their names alone.
fn deployment(containers: &[&str]) -> String {
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %service%\nspec:\n  template:\n    spec:\n      containers:\n";
    containers.iter().fold(head.to_owned(), |text, name| {
        format!(
            "{text}        - name: {name}\n          image: registry.example.com/{name}\n          env:\n            - name: LOG_LEVEL\n              value: info\n            - name: REGION\n              value: eu-west-1\n          resources:\n            limits:\n              cpu: 500m\n              memory: 256Mi\n          readOnly: true\n"
        )
    })
}

/// Changes the block that begins with `start`, up to the next that begins with `next`.
fn in_block(whole: &str, start: &str, from: &str, to: &str) -> String {
    let begin = whole.find(start).expect("the block is there");
    let place = begin + whole[begin..].find(from).expect("the block has the text");
    format!("{}{to}{}", &whole[..place], &whole[place + from.len()..])
}

fn kubernetes_list() -> History {
    let own = |text: &str| text.replace("%service%", "orders");
    let first = deployment(&["app", "metrics", "proxy"]);
    let second = deployment(&["logs", "app", "metrics", "proxy"]);
    let edit = |text: &str| in_block(&own(text), "name: proxy", "memory: 256Mi", "memory: 999Mi");
    History::new(
        "kubernetes-list",
        "Kubernetes: edit in the third of three alike containers, the template adds one before them",
    )
    .was("deployment.yaml", first.clone())
    .is("deployment.yaml", second.clone())
    .team_commits(Edit::write("deployment.yaml", edit(&first)))
    .becomes("deployment.yaml", edit(&second))
    .marks(text("memory: 999Mi"), text("- name: logs"))
    .also(Tool::Copier, &["update --defaults --context-lines 20"])
}

/// A list of container definitions that differ in their names alone.
fn definitions(containers: &[(&str, u32)]) -> String {
    let one = |(name, cpu): &(&str, u32)| {
        format!(
            "    {{\n      \"name\": \"{name}\",\n      \"image\": \"registry.example.com/{name}\",\n      \"cpu\": {cpu},\n      \"memory\": 256,\n      \"essential\": true,\n      \"readonlyRootFilesystem\": true,\n      \"stopTimeout\": 30,\n      \"privileged\": false,\n      \"pseudoTerminal\": false,\n      \"user\": \"1000\"\n    }}"
        )
    };
    let containers: Vec<String> = containers.iter().map(one).collect();
    format!("{{\n  \"family\": \"%service%\",\n  \"containerDefinitions\": [\n{}\n  ]\n}}\n", containers.join(",\n"))
}

fn ecs_containers() -> History {
    let own = |text: &str| text.replace("%service%", "orders");
    let first = definitions(&[("app", 128), ("metrics", 128), ("proxy", 128), ("agent", 128)]);
    let second = definitions(&[("metrics", 128), ("proxy", 128), ("agent", 128)]);
    let edit = |text: &str| in_block(&own(text), "\"proxy\"", "\"stopTimeout\": 30", "\"stopTimeout\": 77");
    History::new("ecs-containers", "ECS: edit in the third of four alike containers, the template takes the first away")
        .was("task-definition.json", first.clone())
        .is("task-definition.json", second.clone())
        .team_commits(Edit::write("task-definition.json", edit(&first)))
        .becomes("task-definition.json", edit(&second))
        .marks(text("\"stopTimeout\": 77"), text("[\n    {\n      \"name\": \"metrics\""))
        .also(Tool::Copier, &["update --defaults --context-lines 20"])
}

/// A `CloudFormation` template with queues that differ in their names and what `settings` adds to each.
fn queues(queues: &[(&str, &str)]) -> String {
    queues.iter().fold("Resources:\n".to_owned(), |text, (name, settings)| {
        format!(
            "{text}  {name}:\n    Type: AWS::SQS::Queue\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Properties:\n      DelaySeconds: 0\n      MaximumMessageSize: 262144\n      MessageRetentionPeriod: 345600\n      VisibilityTimeout: 30\n      SqsManagedSseEnabled: true\n{settings}"
        )
    })
}

fn cloudformation_resources() -> History {
    let policy =
        "      ReceiveMessageWaitTimeSeconds: 20\n      KmsDataKeyReusePeriodSeconds: 300\n      FifoQueue: false\n";
    let more = format!(
        "{policy}      Tags:\n        - Key: team\n          Value: platform\n        - Key: tier\n          Value: standard\n        - Key: cost\n          Value: shared\n"
    );
    let first = queues(&[("Orders", policy), ("Refunds", policy), ("Audit", policy), ("Mail", policy)]);
    let second = queues(&[("Orders", &more), ("Refunds", &more), ("Audit", policy), ("Mail", policy)]);
    let edit = |text: &str| in_block(text, "  Audit:", "VisibilityTimeout: 30", "VisibilityTimeout: 600");
    History::new(
        "cloudformation",
        "CloudFormation: edit in the third of four alike resources, the template adds tags to the first two",
    )
    .was("stack.yaml", first.clone())
    .is("stack.yaml", second.clone())
    .team_commits(Edit::write("stack.yaml", edit(&first)))
    .becomes("stack.yaml", edit(&second))
    .marks(text("VisibilityTimeout: 600"), text("Value: platform"))
    .also(Tool::Copier, &["update --defaults --context-lines 20"])
}

fn same_line() -> History {
    History::new("same-line", "both change the same line")
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "requests: 100", "requests: 250"))
        .team_commits(Edit::replace("config.yaml", "requests: 100", "requests: 400"))
        .marks(text("requests: 400"), text("requests: 250"))
}

/// A clone with one commit lacks the texts that the project once had, which git could merge from.
fn shallow_blocks() -> History {
    let title = "the edit in the third of three alike containers again, in a clone with one commit, as CI has it";
    let setting = Setting { shallow: true, ..Setting::default() };
    History { id: "shallow-blocks", title, ..kubernetes_list() }.setting(setting)
}

fn shallow_same_line() -> History {
    let setting = Setting { shallow: true, ..Setting::default() };
    History { id: "rejected-hunk", title: "both change the same line, in a clone with one commit", ..same_line() }
        .setting(setting)
}

fn same_change() -> History {
    let both = replaced(&config(), "requests: 100", "requests: 250");
    History::new("same-change", "both make the same change, the template one more below it")
        .was("config.yaml", CONFIG)
        .is(
            "config.yaml",
            replaced(&replaced(CONFIG, "requests: 100", "requests: 250"), "drain_seconds: 5", "drain_seconds: 25"),
        )
        .team_commits(Edit::replace("config.yaml", "requests: 100", "requests: 250"))
        .becomes("config.yaml", replaced(&both, "drain_seconds: 5", "drain_seconds: 25"))
        .marks(text("requests: 250"), text("drain_seconds: 25"))
}

fn next_to_each_other() -> History {
    History::new("two-lines-apart", "both change lines of one file, with one line between them")
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "requests: 100", "requests: 250"))
        .team_commits(Edit::replace("config.yaml", "body_bytes: 65536", "body_bytes: 131072"))
        .becomes(
            "config.yaml",
            replaced(&replaced(&config(), "requests: 100", "requests: 250"), "body_bytes: 65536", "body_bytes: 131072"),
        )
        .marks(text("body_bytes: 131072"), text("requests: 250"))
}

/// The team wants its own line in one file, and the template's text back in another.
fn drifted_line() -> History {
    let policy = "# Who may call %service%.\nallow: [gateway]\naudit: true\nexpires_days: 30\n";
    let healed = policy.replace("%service%", "orders");
    plain(
        "drifted-line",
        "a line drifted that the template never touches again, and the team wants the template's back",
    )
    .file("policy.yaml", policy)
    .team_commits(Edit::replace("policy.yaml", "audit: true", "audit: false"))
    .becomes("policy.yaml", healed)
    .setting(Setting { heal: Some("policy.yaml"), ..Setting::default() })
    .also(
        Tool::Copier,
        &["update --defaults", "recopy --defaults --overwrite --vcs-ref :current: --exclude * --exclude !policy.yaml"],
    )
}

fn crlf() -> History {
    let windows = |text: &str| text.replace('\n', "\r\n");
    let ours = windows(&replaced(&config(), "port: 8080", "port: 9000"));
    History::new("crlf", "the team's editor saved a file with CRLF, the template changes a line of it")
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_commits(Edit::write("config.yaml", ours.clone()))
        .becomes("config.yaml", replaced(&ours, "drain_seconds: 5", "drain_seconds: 25"))
        .marks(text("port: 9000"), text("drain_seconds: 25"))
}

fn latin_1() -> History {
    let latin = |text: String| text.chars().filter_map(|letter| u8::try_from(letter).ok()).collect::<Vec<_>>();
    let first = "Straße\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let [team, template] = [("2\n", "Größe\n"), ("8\n", "Höhe\n")].map(|(from, to)| replaced(first, from, to));
    let both = replaced(&team, "8\n", "Höhe\n");
    History::new("latin-1", "a text that is not UTF-8, both change lines far from each other")
        .was("words.txt", latin(first.to_owned()))
        .is("words.txt", latin(template))
        .team_commits(Edit::write("words.txt", latin(team)))
        .becomes("words.txt", latin(both))
        .marks(Mark::Bytes(latin("Größe".to_owned())), Mark::Bytes(latin("Höhe".to_owned())))
}

fn new_question() -> History {
    let second = replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 5\ntier: %tier%");
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    History::new("new-question", "the template asks a new question, whose default is to be taken")
        .was("config.yaml", CONFIG)
        .is("config.yaml", second)
        .asks("tier", "standard")
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .becomes("config.yaml", replaced(&ours, "drain_seconds: 5", "drain_seconds: 5\ntier: standard"))
        .marks(text("port: 9000"), text("tier: standard"))
}

fn twice() -> History {
    plain("twice", "the update runs twice; the second time there is nothing to do")
        .setting(Setting { updates: 2, ..Setting::default() })
}
