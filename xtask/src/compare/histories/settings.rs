//! Where and how an update runs: the user's git configuration, the folder, what became of the template's repository.

use super::super::history::{Edit, History, Setting, Upstream, replaced, text};
use super::super::tool::Tool;
use super::{CONFIG, config};

pub(super) fn all() -> Vec<History> {
    let with_git = |git| Setting { git, ..Setting::default() };
    vec![
        usual("autocrlf", "the user has `core.autocrlf = true`", with_git(vec![("core.autocrlf", "true")])),
        usual(
            "mnemonic-prefix",
            "the user has `diff.mnemonicPrefix = true`",
            with_git(vec![("diff.mnemonicPrefix", "true")]),
        ),
        usual("no-prefix", "the user has `diff.noprefix = true`", with_git(vec![("diff.noprefix", "true")])),
        trailing_spaces(),
        usual(
            "gpg-sign",
            "the user has `commit.gpgSign = true`, and no key at hand",
            with_git(vec![("commit.gpgSign", "true"), ("tag.gpgSign", "true"), ("gpg.program", "false")]),
        ),
        usual(
            "hooks",
            "the user has hooks for every repository, which refuse the commit",
            Setting { hooks: true, ..Setting::default() },
        ),
        usual(
            "subfolder",
            "the project is a folder of a larger repository",
            Setting { subfolder: true, ..Setting::default() },
        ),
        usual(
            "relative-path",
            "the project was made from a relative path, and has moved",
            Setting { relative: true, ..Setting::default() },
        ),
        usual(
            "token",
            "the project was made from an address with a token in it",
            Setting { token: true, ..Setting::default() },
        ),
        tag_moved(),
        usual(
            "history-rewritten",
            "the template's history was rewritten: its first version is gone",
            Setting { upstream: Upstream::Rewritten, ..Setting::default() },
        ),
    ]
}

/// What every tool should manage: the team changes one line of a file, the template another, far from it.
fn usual(id: &'static str, title: &'static str, setting: Setting) -> History {
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    History::new(id, title)
        .was("config.yaml", CONFIG)
        .is("config.yaml", replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25"))
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .becomes("config.yaml", replaced(&ours, "drain_seconds: 5", "drain_seconds: 25"))
        .marks(text("port: 9000"), text("drain_seconds: 25"))
        .setting(setting)
}

/// The project was made before the tag moved, so it lacks the line that the moved tag fixes, as the second version does.
fn tag_moved() -> History {
    let ours = replaced(&config(), "port: 8080", "port: 9000");
    let fixed = |text: &str| replaced(text, "connections: 20", "connections: 64");
    let moved = History::new("", "").was("config.yaml", fixed(CONFIG)).first;
    History::new("tag-moved", "the tag of the first version was moved to a commit that fixes a line")
        .was("config.yaml", CONFIG)
        .is("config.yaml", fixed(&replaced(CONFIG, "drain_seconds: 5", "drain_seconds: 25")))
        .team_commits(Edit::replace("config.yaml", "port: 8080", "port: 9000"))
        .becomes("config.yaml", fixed(&replaced(&ours, "drain_seconds: 5", "drain_seconds: 25")))
        .marks(text("port: 9000"), text("connections: 64"))
        .setting(Setting { upstream: Upstream::TagMoved(moved), ..Setting::default() })
        .also(Tool::Launchway, &["update --defaults --accept-moved"])
}

/// Two spaces at the end of a line are a line break in Markdown.
fn trailing_spaces() -> History {
    let first = "# %service%\n\nLine one.\n\nLine two.\n\nLine three.\n\nLine four.\n\nLine five.\n";
    let ours = replaced(&first.replace("%service%", "orders"), "Line one.", "Line one,  \nbroken by us.");
    History::new("whitespace", "the user has `apply.whitespace = fix`, and a line of theirs ends in two spaces")
        .was("guide.md", first)
        .is("guide.md", replaced(first, "Line five.", "Line five, fixed."))
        .team_commits(Edit::replace("guide.md", "Line one.", "Line one,  \nbroken by us."))
        .becomes("guide.md", replaced(&ours, "Line five.", "Line five, fixed."))
        .marks(text("Line one,  "), text("Line five, fixed."))
        .setting(Setting { git: vec![("apply.whitespace", "fix")], ..Setting::default() })
}
