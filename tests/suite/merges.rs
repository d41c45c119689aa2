//! The table of merges: what a user did to a file, what the template did to it, and what must come of it.
//!
//! Every row is a real repository, a real project and a real update.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::history::{History, lines};

type Step = Box<dyn Fn(&History)>;

/// One row of the table.
struct Row {
    name: &'static str,
    old: BTreeMap<&'static str, Vec<u8>>,
    new: BTreeMap<&'static str, Vec<u8>>,
    manifests: [String; 2],
    user: Vec<Step>,
    late: Vec<Step>,
    words: Vec<&'static str>,
    exit: i32,
    statuses: BTreeMap<&'static str, &'static str>,
    files: Vec<(&'static str, Option<Vec<u8>>)>,
    checks: Vec<Step>,
}

fn row(name: &'static str) -> Row {
    Row {
        name,
        old: BTreeMap::new(),
        new: BTreeMap::new(),
        manifests: [String::new(), String::new()],
        user: Vec::new(),
        late: Vec::new(),
        words: vec!["--allow-dirty"],
        exit: 0,
        statuses: BTreeMap::new(),
        files: Vec::new(),
        checks: Vec::new(),
    }
}

impl Row {
    /// What the template has in its old version.
    fn old(mut self, path: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.old.insert(path, content.as_ref().to_vec());
        self
    }

    /// What the template has in its new version.
    fn changed(mut self, path: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.new.insert(path, content.as_ref().to_vec());
        self
    }

    fn both(self, path: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.old(path, &content).changed(path, &content)
    }

    /// More for the manifest, old and new.
    fn manifests(mut self, old: &str, new: &str) -> Self {
        self.manifests = [old.to_owned(), new.to_owned()];
        self
    }

    /// What the user did, and committed.
    fn user(mut self, step: impl Fn(&History) + 'static) -> Self {
        self.user.push(Box::new(step));
        self
    }

    fn edit(self, path: &'static str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref().to_vec();
        self.user(move |history| history.write(path, &content))
    }

    /// What the user did since the last commit.
    fn late(mut self, step: impl Fn(&History) + 'static) -> Self {
        self.late.push(Box::new(step));
        self
    }

    fn words(mut self, words: &[&'static str]) -> Self {
        self.words.extend(words);
        self
    }

    fn exit(mut self, code: i32) -> Self {
        self.exit = code;
        self
    }

    /// What the report must say of a file; of every other file it must say nothing.
    fn says(mut self, path: &'static str, status: &'static str) -> Self {
        self.statuses.insert(path, status);
        self
    }

    fn has(mut self, path: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path, Some(content.as_ref().to_vec())));
        self
    }

    fn lacks(mut self, path: &'static str) -> Self {
        self.files.push((path, None));
        self
    }

    fn check(mut self, check: impl Fn(&History) + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// Lives through the row; the faults that were found.
    fn run(&self) -> Vec<String> {
        let files = |side: &BTreeMap<&str, Vec<u8>>| -> Vec<(String, Vec<u8>)> {
            side.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect()
        };
        let history = History::new(&files(&self.old), &self.manifests[0]);
        self.user.iter().for_each(|step| step(&history));
        history.commit();
        self.late.iter().for_each(|step| step(&history));
        history.template("2.0.0", &files(&self.new), &self.manifests[1]);
        let preview = history.updated(&[&["--dry-run"], &self.words[..]].concat()).1;
        let before = (history.tree(), history.index());
        let (code, report) = history.updated(&self.words);
        let mut faults = Vec::new();
        let mut expect = |what: &str, is: String, wanted: String| {
            if is != wanted {
                faults.push(format!("{}: {what}\n  is     {is}\n  wanted {wanted}", self.name));
            }
        };
        expect("the exit code", format!("{code:?}"), format!("{:?}", Some(self.exit)));
        expect("the files of the report", format!("{:?}", statuses(&report)), format!("{:?}", self.statuses));
        expect("the preview", preview["files"].to_string(), report["files"].to_string());
        for (path, wanted) in &self.files {
            let shown =
                |content: Option<&Vec<u8>>| format!("{:?}", content.map(|it| String::from_utf8_lossy(it).into_owned()));
            expect(path, shown(history.read(path).as_ref()), shown(wanted.as_ref()));
        }
        let record = String::from_utf8(history.read(".launchway/orders.toml").unwrap()).unwrap();
        expect("the version in the record", record.contains("version = \"2.0.0\"").to_string(), true.to_string());
        self.checks.iter().for_each(|check| check(&history));
        faults.extend(self.way_back(&history, &report, &before));
        faults
    }

    /// The printed command brings everything back: the files, byte for byte, the record and git's index.
    fn way_back(&self, history: &History, report: &Value, before: &(xtask::tree::Tree, String)) -> Vec<String> {
        let Some(command) = report["way_back"].as_str() else { return vec![format!("{}: no way back", self.name)] };
        history.shell(command);
        let differs = xtask::tree::differences(&before.0, &history.tree()).into_iter();
        let mut faults: Vec<String> = differs.map(|it| format!("{}: after `{command}`: {it}", self.name)).collect();
        let index = history.index();
        if index != before.1 {
            faults.push(format!("{}: after `{command}` the index\n  is\n{index}\n  was\n{}", self.name, before.1));
        }
        faults
    }
}

fn statuses(report: &Value) -> BTreeMap<&str, &str> {
    let files = report["files"].as_array().unwrap();
    files.iter().map(|file| (file["path"].as_str().unwrap(), file["status"].as_str().unwrap())).collect()
}

/// A conflict as it stands in a file.
fn conflict(before: &str, yours: &str, theirs: &str, after: &str) -> String {
    format!("{before}<<<<<<< yours\n{yours}=======\n{theirs}>>>>>>> team-2.0.0\n{after}")
}

fn png(byte: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), &[byte; 64]].concat()
}

/// Several blocks that look alike, as lists of containers do.
fn blocks(changes: &[(usize, &str)]) -> String {
    let block = |number: usize| {
        let value = changes.iter().find(|(changed, _)| *changed == number).map_or("info", |(_, value)| value);
        format!("- name: worker\n  image: app\n  env:\n    - name: LOG\n      value: {value}\n")
    };
    (1..=5).map(block).collect()
}

fn managed(path: &str) -> String {
    format!("[[file]]\npath = \"{path}\"\nownership = \"managed\"\n")
}

fn seeded(path: &str) -> String {
    format!("[[file]]\npath = \"{path}\"\nownership = \"seeded\"\n")
}

fn executable(path: &str) -> String {
    format!("[[file]]\npath = \"{path}\"\nexecutable = true\n")
}

fn content_rows() -> Vec<Row> {
    let text = lines(&[]);
    vec![
        row("nobody changes the file")
            .both("a", &text)
            .both("b", "b\n")
            .changed("b", "B\n")
            .says("b", "clean")
            .has("a", &text),
        row("the template changes a line")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .says("a", "clean")
            .has("a", lines(&[(2, "T")])),
        row("the user changes a line")
            .both("a", &text)
            .edit("a", lines(&[(2, "U")]))
            .says("a", "kept")
            .has("a", lines(&[(2, "U")])),
        row("both change different lines")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", lines(&[(9, "U")]))
            .says("a", "merged")
            .has("a", lines(&[(2, "T"), (9, "U")])),
        row("both change a line in the same way")
            .old("a", &text)
            .changed("a", lines(&[(2, "X")]))
            .edit("a", lines(&[(2, "X")]))
            .has("a", lines(&[(2, "X")])),
        row("both change a line in different ways")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", lines(&[(2, "U")]))
            .exit(1)
            .says("a", "conflict")
            .has(
                "a",
                conflict(
                    "line 1 of the file\n",
                    "U\n",
                    "T\n",
                    &lines(&[]).split_inclusive('\n').skip(2).collect::<String>(),
                ),
            )
            .check(|history| {
                let stages = history.git(&["ls-files", "--unmerged", "a"]);
                assert_eq!(stages.lines().count(), 3, "{stages}");
            }),
        row("both add a line at the end, the same one")
            .old("a", &text)
            .changed("a", format!("{text}more\n"))
            .edit("a", format!("{text}more\n"))
            .has("a", format!("{text}more\n")),
    ]
}

fn more_content_rows() -> Vec<Row> {
    let text = lines(&[]);
    vec![
        row("both add a line at the end, another one")
            .old("a", &text)
            .changed("a", format!("{text}T\n"))
            .edit("a", format!("{text}U\n"))
            .exit(1)
            .says("a", "conflict")
            .has("a", conflict(&text, "U\n", "T\n", "")),
        row("the third of five blocks that look alike is the user's, the second the template's")
            .old("a", blocks(&[]))
            .changed("a", blocks(&[(2, "debug")]))
            .edit("a", blocks(&[(4, "trace")]))
            .says("a", "merged")
            .has("a", blocks(&[(2, "debug"), (4, "trace")])),
        row("the template puts a block before one that looks alike and that the user has changed")
            .old("a", blocks(&[]))
            .changed("a", format!("- name: first\n{}", blocks(&[])))
            .edit("a", blocks(&[(3, "trace")]))
            .says("a", "merged")
            .has("a", format!("- name: first\n{}", blocks(&[(3, "trace")]))),
        row("the user moves a block down, the template changes a line elsewhere")
            .old("a", format!("one\ntwo\n{text}"))
            .changed("a", format!("one\ntwo\n{}", lines(&[(6, "T")])))
            .edit("a", format!("{text}one\ntwo\n"))
            .says("a", "merged")
            .has("a", format!("{}one\ntwo\n", lines(&[(6, "T")]))),
        row("the user deletes a line that the template leaves alone, which changes another")
            .old("a", &text)
            .changed("a", lines(&[(10, "T")]))
            .edit("a", text.replace("line 3 of the file\n", ""))
            .says("a", "merged")
            .has("a", lines(&[(10, "T")]).replace("line 3 of the file\n", "")),
        row("the user changes white space, the template another line")
            .old("a", &text)
            .changed("a", lines(&[(10, "T")]))
            .edit("a", lines(&[(2, "  line 2 of the file")]))
            .says("a", "merged")
            .has("a", lines(&[(2, "  line 2 of the file"), (10, "T")])),
        row("the user takes the last newline away, the template changes another line")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", text.trim_end())
            .says("a", "merged")
            .has("a", lines(&[(2, "T")]).trim_end()),
        row("the user empties the file, the template changes it")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", "")
            .exit(1)
            .says("a", "conflict"),
    ]
}

fn line_end_rows() -> Vec<Row> {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let text = lines(&[]);
    vec![
        row("the user has line ends of Windows, the template changes a line")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", crlf(&text))
            .says("a", "clean")
            .has("a", crlf(&lines(&[(2, "T")]))),
        row("the user has line ends of Windows and an edit, the template changes another line")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .edit("a", crlf(&lines(&[(9, "U")])))
            .says("a", "merged")
            .has("a", crlf(&lines(&[(2, "T"), (9, "U")]))),
        row("git turns line ends on checkout")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .user(|history| drop(history.git(&["config", "core.autocrlf", "true"])))
            .late(move |history| {
                history.delete("a");
                history.git(&["checkout", "--quiet", "--", "a"]);
                assert!(history.read("a").unwrap().ends_with(b"\r\n"));
            })
            .says("a", "clean")
            .has("a", crlf(&lines(&[(2, "T")]))),
    ]
}

fn presence_rows() -> Vec<Row> {
    let text = lines(&[]);
    let changed = lines(&[(2, "T")]);
    vec![
        row("the template adds a file")
            .both("a", "a\n")
            .changed("b/c", "c\n")
            .says("b/c", "new")
            .has("b/c", "c\n")
            .check(|history| {
                assert!(history.git(&["diff", "--cached", "--name-only"]).contains("b/c"));
            }),
        row("the template adds a file that the user has, the same one")
            .both("a", "a\n")
            .changed("b", "b\n")
            .edit("b", "b\n")
            .has("b", "b\n"),
        row("the template adds a file that the user has, another one")
            .both("a", "a\n")
            .changed("b", "T\n")
            .edit("b", "U\n")
            .exit(1)
            .says("b", "conflict")
            .has("b", conflict("", "U\n", "T\n", "")),
        row("the template adds a file where an untracked one is")
            .both("a", "a\n")
            .changed("b", "T\n")
            .late(|history| history.write("b", "U\n"))
            .exit(1)
            .says("b", "conflict")
            .has("b", conflict("", "U\n", "T\n", "")),
        row("the template adds a file where an ignored one is")
            .both("a", "a\n")
            .changed("b", "T\n")
            .edit(".gitignore", "b\n")
            .late(|history| history.write("b", "U\n"))
            .exit(1)
            .says("b", "conflict")
            .has("b", conflict("", "U\n", "T\n", "")),
        row("the template deletes a file")
            .both("a", "a\n")
            .old("b/c", &text)
            .says("b/c", "deleted")
            .lacks("b/c")
            .lacks("b"),
        row("the template deletes a file that the user has changed")
            .both("a", "a\n")
            .old("b", &text)
            .edit("b", lines(&[(2, "U")]))
            .exit(1)
            .says("b", "conflict")
            .has("b", lines(&[(2, "U")])),
        row("the user deletes a file")
            .both("a", "a\n")
            .both("b", &text)
            .user(|history| history.delete("b"))
            .says("b", "kept-deleted")
            .lacks("b"),
        row("the user deletes a file that the template changes")
            .both("a", "a\n")
            .old("b", &text)
            .changed("b", &changed)
            .user(|history| history.delete("b"))
            .says("b", "kept-deleted")
            .lacks("b"),
        row("both delete a file").both("a", "a\n").old("b", &text).user(|history| history.delete("b")).lacks("b"),
        row("the user deletes a file without committing that")
            .both("a", "a\n")
            .old("b", &text)
            .changed("b", &changed)
            .late(|history| history.delete("b"))
            .says("b", "kept-deleted")
            .lacks("b"),
        row("a file that git ignores, and the template owns, has an edit")
            .old("env", &text)
            .changed("env", &changed)
            .both(".gitignore", "env\n")
            .late(|history| history.write("env", lines(&[(9, "U")])))
            .says("env", "merged")
            .has("env", lines(&[(2, "T"), (9, "U")]))
            .check(|history| assert_eq!(history.git(&["ls-files", "env"]), "")),
    ]
}

fn rename_rows() -> Vec<Row> {
    let text = lines(&[]);
    let with_edit = lines(&[(9, "U")]);
    vec![
        row("the template renames a file")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", &text)
            .says("a", "deleted")
            .says("b", "new")
            .lacks("a"),
        row("the template renames a file that the user has changed")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", &text)
            .edit("a", &with_edit)
            .says("a", "moved-away")
            .says("b", "moved")
            .lacks("a")
            .has("b", &with_edit),
        row("the template renames and changes a file that the user has changed")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", lines(&[(2, "T")]))
            .edit("a", &with_edit)
            .says("a", "moved-away")
            .says("b", "moved")
            .has("b", lines(&[(2, "T"), (9, "U")])),
        row("the template renames a file and both change the same line")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", lines(&[(2, "T")]))
            .edit("a", lines(&[(2, "U")]))
            .exit(1)
            .says("a", "moved-away")
            .says("b", "conflict"),
        row("the user moves a file that the template changes")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .user(|history| history.rename("a", "sub/b"))
            .says("sub/b", "moved")
            .lacks("a")
            .has("sub/b", lines(&[(2, "T")])),
        row("the user moves and changes a file that the template changes")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .user(|history| {
                history.rename("a", "b");
                history.write("b", lines(&[(9, "U")]));
            })
            .says("b", "moved")
            .has("b", lines(&[(2, "T"), (9, "U")])),
        row("the user moves a file that the template leaves alone")
            .both("x", "x\n")
            .both("a", &text)
            .user(|history| history.rename("a", "b"))
            .has("b", &text),
        row("both rename a file, to different names")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", &text)
            .user(|history| history.rename("a", "c"))
            .exit(1)
            .says("b", "conflict")
            .says("c", "conflict")
            .has("c", &text),
        row("both rename a file, to the same name")
            .both("x", "x\n")
            .old("a", &text)
            .changed("b", lines(&[(2, "T")]))
            .user(|history| history.rename("a", "b"))
            .says("b", "clean")
            .has("b", lines(&[(2, "T")])),
        row("the user's own file in a folder that the template renames stays")
            .both("x", "x\n")
            .old("old/a", &text)
            .old("old/b", blocks(&[]))
            .changed("new/a", &text)
            .changed("new/b", blocks(&[]))
            .edit("old/mine", "mine\n")
            .says("new/a", "new")
            .says("new/b", "new")
            .says("old/a", "deleted")
            .says("old/b", "deleted")
            .has("old/mine", "mine\n"),
    ]
}

fn mode_and_kind_rows() -> Vec<Row> {
    let text = lines(&[]);
    vec![
        row("the template makes a file executable")
            .both("run", &text)
            .manifests("", &executable("run"))
            .says("run", "clean")
            .check(|history| assert!(history.is_executable("run"))),
        row("the template makes a file executable that the user has changed")
            .both("run", &text)
            .manifests("", &executable("run"))
            .edit("run", lines(&[(9, "U")]))
            .says("run", "merged")
            .has("run", lines(&[(9, "U")]))
            .check(|history| assert!(history.is_executable("run"))),
        row("the user makes a file executable that the template changes")
            .old("run", &text)
            .changed("run", lines(&[(2, "T")]))
            .user(|history| history.make_executable("run"))
            .says("run", "merged")
            .has("run", lines(&[(2, "T")]))
            .check(|history| assert!(history.is_executable("run"))),
        row("the template changes a picture")
            .old("p.png", png(1))
            .changed("p.png", png(2))
            .says("p.png", "clean")
            .has("p.png", png(2)),
        row("the user changes a picture")
            .both("p.png", png(1))
            .edit("p.png", png(3))
            .says("p.png", "kept")
            .has("p.png", png(3)),
        row("both change a picture")
            .old("p.png", png(1))
            .changed("p.png", png(2))
            .edit("p.png", png(3))
            .exit(1)
            .says("p.png", "conflict")
            .has("p.png", png(3))
            .check(|history| {
                let stages = history.git(&["ls-files", "--unmerged", "p.png"]);
                assert_eq!(stages.lines().count(), 3, "{stages}");
            }),
        row("the template makes a folder of a file")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a/b", "b\n")
            .says("a", "deleted")
            .says("a/b", "new")
            .has("a/b", "b\n"),
        row("the template makes a file of a folder")
            .both("x", "x\n")
            .old("a/b", &text)
            .changed("a", "a\n")
            .says("a", "new")
            .says("a/b", "deleted")
            .has("a", "a\n"),
        row("the template makes a folder of a file that the user has changed")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a/b", "b\n")
            .edit("a", lines(&[(9, "U")]))
            .exit(1)
            .says("a", "moved-away")
            .says("a/b", "new")
            .says("a~yours", "conflict")
            .has("a~yours", lines(&[(9, "U")])),
    ]
}

fn ownership_rows() -> Vec<Row> {
    let text = lines(&[]);
    vec![
        row("a managed file has drifted")
            .both("a", &text)
            .manifests(&managed("a"), &managed("a"))
            .edit("a", lines(&[(9, "U")]))
            .says("a", "drifted")
            .has("a", lines(&[(9, "U")])),
        row("a managed file has drifted and is healed")
            .both("a", &text)
            .manifests(&managed("a"), &managed("a"))
            .edit("a", lines(&[(9, "U")]))
            .words(&["--heal", "a"])
            .says("a", "healed")
            .has("a", &text),
        row("a file of a folder that is healed was deleted")
            .old("sub/a", &text)
            .changed("sub/a", lines(&[(2, "T")]))
            .user(|history| history.delete("sub/a"))
            .words(&["--heal", "./sub/"])
            .says("sub/a", "healed")
            .has("sub/a", lines(&[(2, "T")])),
        row("a seeded file is the user's")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .manifests(&seeded("a"), &seeded("a"))
            .edit("a", lines(&[(9, "U")]))
            .has("a", lines(&[(9, "U")])),
        row("a seeded file that the user has deleted does not come back")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .manifests(&seeded("a"), &seeded("a"))
            .user(|history| history.delete("a"))
            .lacks("a"),
        row("the template gives up a seeded file, which stays")
            .both("x", "x\n")
            .old("a", &text)
            .manifests(&seeded("a"), "")
            .edit("a", lines(&[(9, "U")]))
            .has("a", lines(&[(9, "U")])),
        row("a new seeded file is written once")
            .both("x", "x\n")
            .changed("a", &text)
            .manifests("", &seeded("a"))
            .says("a", "new")
            .has("a", &text),
        row("a new seeded file leaves the user's alone")
            .both("x", "x\n")
            .changed("a", &text)
            .manifests("", &seeded("a"))
            .edit("a", "mine\n")
            .has("a", "mine\n"),
        row("a merged file becomes seeded and is left alone from then on")
            .both("x", "x\n")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .manifests("", &seeded("a"))
            .edit("a", lines(&[(9, "U")]))
            .has("a", lines(&[(9, "U")])),
        row("a seeded file becomes merged and gets the template's changes")
            .old("a", &text)
            .changed("a", lines(&[(2, "T")]))
            .manifests(&seeded("a"), "")
            .edit("a", lines(&[(9, "U")]))
            .says("a", "merged")
            .has("a", lines(&[(2, "T"), (9, "U")])),
    ]
}

fn rows() -> Vec<Row> {
    [
        content_rows(),
        more_content_rows(),
        line_end_rows(),
        presence_rows(),
        rename_rows(),
        mode_and_kind_rows(),
        ownership_rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn a63_every_row_of_the_table_comes_out_as_it_must() {
    assert!(rows().len() >= 40);
    // Both cores: most of the time goes into starting git.
    let faults = |part: usize| rows().into_iter().skip(part).step_by(2).flat_map(|row| row.run()).collect::<Vec<_>>();
    let found = std::thread::scope(|scope| {
        let other = scope.spawn(|| faults(1));
        [faults(0), other.join().unwrap()].concat()
    });
    assert!(found.is_empty(), "{}\n{} faults", found.join("\n"), found.len());
}
