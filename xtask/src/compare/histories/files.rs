//! What happens to whole files: moved, deleted, added, binary, ignored, untracked, made executable.

use super::super::history::{Change, Edit, History, Mark, replaced, text};
use super::super::tool::Tool;
use super::{CONFIG, config};

pub(super) fn all() -> Vec<History> {
    vec![
        template_renames(),
        renamed_and_same_line(),
        both_rename(),
        team_moves(),
        template_deletes(),
        team_deletes(),
        both_binary(),
        both_add(),
        untracked(),
        untracked_and_ignored(),
        ignored(),
        ignored_same_line(),
        ignored_and_deleted(),
        ignored_and_renamed(),
        template_makes_executable(),
        team_makes_executable(),
        file_becomes_folder(),
        folder_becomes_file(),
        sixty_files(),
    ]
}

fn template_renames() -> History {
    History::new("template-renames", "the template renames a file that the team edited")
        .was("config.yaml", CONFIG)
        .is("settings/service.yaml", CONFIG)
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .becomes("settings/service.yaml", replaced(&config(), "port: 8080", "port: 9000"))
        .becomes_absent("config.yaml")
        .marks(text("port: 9000"), Mark::Absent("config.yaml"))
        .also(Tool::Copier, &["update --defaults --conflict rej"])
}

fn team_moves() -> History {
    History::new("team-moves", "the team moved a file, the template fixes a line of it")
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_commits(Edit::of("config.yaml", Change::Move("settings/service.yaml")))
        .becomes("settings/service.yaml", replaced(&config(), "drain_seconds: 5", "drain_seconds: 25"))
        .becomes_absent("config.yaml")
        .marks(Mark::Absent("config.yaml"), text("drain_seconds: 25"))
        .also(Tool::Copier, &["update --defaults --conflict rej"])
}

fn renamed_and_same_line() -> History {
    History::new("renamed-same-line", "the template renames a file and changes a line that the team changes too")
        .was("config.yaml", CONFIG)
        .is("settings/service.yaml", replaced(CONFIG, "requests: 100", "requests: 250"))
        .team_commits(Edit::replace("config.yaml", "requests: 100", "requests: 400"))
        .marks(text("requests: 400"), text("requests: 250"))
}

fn both_rename() -> History {
    History::new(
        "both-rename",
        "the team and the template rename a file, to different names, and the template fixes a line",
    )
    .was("config.yaml", CONFIG)
    .is("settings/service.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
    .team_commits(Edit::of("config.yaml", Change::Move("ours/service.yaml")))
    .marks(Mark::Absent("config.yaml"), text("drain_seconds: 25"))
}

fn template_deletes() -> History {
    History::new("template-deletes", "the template deletes a file that the team edited")
        .was("config.yaml", CONFIG)
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .marks(text("port: 9000"), Mark::Absent("config.yaml"))
        .also(Tool::Copier, &["update --defaults --conflict rej"])
}

fn team_deletes() -> History {
    History::new("team-deletes", "the team deleted a file that the template changes, and another changes too")
        .was("notes.yaml", CONFIG)
        .is("notes.yaml", replaced(CONFIG, "port: 8080", "port: 8081"))
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_commits(Edit::of("notes.yaml", Change::Delete))
        .becomes("config.yaml", replaced(&config(), "drain_seconds: 5", "drain_seconds: 25"))
        .becomes_absent("notes.yaml")
        .marks(Mark::Absent("notes.yaml"), text("drain_seconds: 25"))
}

fn binary(seed: u8) -> Vec<u8> {
    let noise = (0..1200u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[2] ^ seed);
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".iter().copied().chain(noise).collect()
}

fn both_binary() -> History {
    History::new("both-binary", "both change a binary")
        .was("logo.png", binary(1))
        .is("logo.png", binary(2))
        .team_commits(Edit::write("logo.png", binary(3)))
        .marks(Mark::Bytes(binary(3)), Mark::Bytes(binary(2)))
        .also(Tool::Copier, &["update --defaults --conflict rej"])
}

const TEMPLATE_SEED: &str = "insert one\ninsert two\ninsert three\n";
const TEAM_SEED: &str = "load everything\nfrom the team's own file\n";

fn both_add() -> History {
    History::new("both-add", "both add a file of the same name, the team's is committed")
        .is("seed.txt", TEMPLATE_SEED)
        .team_commits(Edit::write("seed.txt", TEAM_SEED))
        .marks(text("from the team's own file"), text("insert two"))
}

fn untracked() -> History {
    History::new("untracked", "the template adds a file where the team has one that it never committed")
        .is("seed.txt", TEMPLATE_SEED)
        .team_keeps(Edit::write("seed.txt", TEAM_SEED))
        .marks(text("from the team's own file"), text("insert two"))
        .also(Tool::Cruft, &["update --skip-apply-ask --allow-untracked-files"])
}

fn untracked_and_ignored() -> History {
    History::new("untracked-ignored", "the template adds a file where the team has one that git ignores")
        .file(".gitignore", "seed.txt\n")
        .is("seed.txt", TEMPLATE_SEED)
        .team_keeps(Edit::write("seed.txt", TEAM_SEED))
        .marks(text("from the team's own file"), text("insert two"))
        .also(Tool::Copier, &["update --defaults --skip seed.txt"])
}

fn ignored() -> History {
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    History::new("ignored", "a file of the template that git ignores; the team and the template edit it")
        .file(".gitignore", "local.yaml\n")
        .was("local.yaml", CONFIG)
        .is("local.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_keeps(Edit::write("local.yaml", ours.clone()))
        .becomes("local.yaml", replaced(&ours, "drain_seconds: 5", "drain_seconds: 25"))
        .marks(text("port: 9000"), text("drain_seconds: 25"))
        .also(Tool::Copier, &["update --defaults --skip local.yaml"])
}

fn ignored_same_line() -> History {
    History::new("ignored-same-line", "a file of the template that git ignores; both change the same line")
        .file(".gitignore", "local.yaml\n")
        .was("local.yaml", CONFIG)
        .is("local.yaml", replaced(CONFIG, "requests: 100", "requests: 250"))
        .team_keeps(Edit::replace("local.yaml", "requests: 100", "requests: 400"))
        .marks(text("requests: 400"), text("requests: 250"))
}

fn ignored_and_deleted() -> History {
    History::new(
        "ignored-deleted",
        "a file of the template that git ignores; the team edits it, the template deletes it",
    )
    .file(".gitignore", "local.yaml\n")
    .was("local.yaml", CONFIG)
    .team_keeps(Edit::replace("local.yaml", "port: 8080", "port: 9000"))
    .marks(text("port: 9000"), Mark::Absent("local.yaml"))
}

fn ignored_and_renamed() -> History {
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    History::new(
        "ignored-renamed",
        "a file of the template that git ignores; the team edits it, the template renames it",
    )
    .file(".gitignore", "local.yaml\nown.yaml\n")
    .was("local.yaml", CONFIG)
    .is("own.yaml", CONFIG)
    .team_keeps(Edit::replace("local.yaml", "port: 8080", "port: 9000"))
    .becomes("own.yaml", ours)
    .becomes_absent("local.yaml")
    .marks(text("port: 9000"), Mark::Absent("local.yaml"))
}

const SCRIPT: &str = "#!/bin/sh\nset -eu\necho building %service%\necho testing\necho packing\necho pushing\n";

fn template_makes_executable() -> History {
    let ours = replaced(SCRIPT, "%service%", "orders").replace("pushing", "pushing to ours");
    History::new("template-chmod", "the template makes a script executable, the team edited its text")
        .was("build.sh", SCRIPT)
        .is("build.sh", SCRIPT)
        .is_executable("build.sh")
        .team_commits(Edit::replace("build.sh", "pushing", "pushing to ours"))
        .becomes("build.sh", ours)
        .becomes_executable("build.sh")
        .marks(text("pushing to ours"), Mark::Executable("build.sh"))
}

fn team_makes_executable() -> History {
    let theirs = replaced(SCRIPT, "testing", "testing twice");
    History::new("team-chmod", "the team made a script executable, the template changes its text")
        .was("build.sh", SCRIPT)
        .is("build.sh", theirs.clone())
        .team_commits(Edit::of("build.sh", Change::Executable))
        .becomes("build.sh", theirs.replace("%service%", "orders"))
        .becomes_executable("build.sh")
        .marks(Mark::Executable("build.sh"), text("testing twice"))
}

fn file_becomes_folder() -> History {
    History::new("file-becomes-folder", "a file that the team edited becomes a folder in the template")
        .was("config", CONFIG)
        .is("config/base.yaml", CONFIG)
        .is("config/limits.yaml", "soft: 10\nhard: 20\n")
        .team_commits(Edit::replace("config", "port: 8080", "port: 9000"))
        .becomes("config/base.yaml", replaced(&config(), "port: 8080", "port: 9000"))
        .becomes("config/limits.yaml", "soft: 10\nhard: 20\n")
        .marks(text("port: 9000"), text("hard: 20"))
}

fn folder_becomes_file() -> History {
    History::new("folder-becomes-file", "a folder of the template, to which the team added a file, becomes a file")
        .was("config/base.yaml", CONFIG)
        .is("config", "moved: elsewhere\n")
        .team_commits(Edit::write("config/ours.yaml", "from: the team\n"))
        .marks(text("from: the team"), text("moved: elsewhere"))
}

/// As large as a generated service: sixty files, of which the template changes a third and the team a fifth.
fn sixty_files() -> History {
    let mut history =
        History::new("sixty-files", "sixty files of three hundred lines; the template changes 20, the team 12")
            .marks(text("port: 9000"), text("drain_seconds: 25"));
    let long = |text: &str| format!("{text}{}", "# A line of padding.\n".repeat(287));
    for number in 0..60 {
        let path = &format!("src/part-{number:02}.yaml");
        let by_template = number % 3 == 0;
        let by_team = number % 5 == 0;
        let fix = |text: &str| replaced(text, "drain_seconds: 5", "drain_seconds: 25");
        let second = if by_template { fix(CONFIG) } else { CONFIG.to_owned() };
        history = history.was(path, long(CONFIG)).is(path, long(&second));
        if by_team {
            let ours = replaced(&second.replace("%service%", "orders"), "port: 8080", "port: 9000");
            history = history.team_commits(Edit::replace(path, "port: 8080", "port: 9000")).becomes(path, long(&ours));
        }
    }
    history
}
