//! The merge of files that both sides have changed, by git's own merge in a repository that is made for it alone.
//!
//! Nothing of the user's repository, of the folder that the program was started in and of the template takes part in it,
//! neither settings nor attributes, so it comes out the same everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::thread;

use launchway_core::{Blob, Conflict, Resolution, SafePath, Scratch, Side, Update};

use crate::failure::{Exit, Failure};
use crate::git::{Git, GitError, Importer};

/// The names of the sides; those of two of them stand in the marks of a conflict.
const BASE: &str = "base";
const YOURS: &str = "yours";

/// A side of a conflict, as git has it.
struct Stage {
    path: SafePath,
    mode: String,
    object: String,
    /// 1 for the base, 2 for the user's side, 3 for the template's.
    number: u8,
}

/// A generated file that the user has moved.
pub(super) struct MovedFile {
    /// The name that it was generated under.
    pub(super) from: SafePath,
    /// What it is now.
    pub(super) blob: Blob,
}

/// Merges the three sides. `moved` are the files that the user has moved, by the names that they have now.
pub(super) fn merge(
    update: &Update,
    theirs: &str,
    moved: BTreeMap<SafePath, MovedFile>,
) -> Result<Resolution, Failure> {
    if let Some(resolution) = update.resolution() {
        return Ok(resolution);
    }
    merge_sides(&Sides { base: &update.base, ours: &update.ours, theirs: &update.theirs }, theirs, moved)
}

/// The three sides of a merge.
pub(super) struct Sides<'s> {
    pub(super) base: &'s Side,
    pub(super) ours: &'s Side,
    pub(super) theirs: &'s Side,
}

/// Merges three sides, whatever they are; `theirs` is the name of the third in the marks of a conflict.
pub(super) fn merge_sides(
    sides: &Sides<'_>,
    theirs: &str,
    moved: BTreeMap<SafePath, MovedFile>,
) -> Result<Resolution, Failure> {
    if moved.is_empty() && sides.keep_their_names() {
        let ([base, ours, theirs_left], apart) = sides.divided();
        let left = Sides { base: &base, ours: &ours, theirs: &theirs_left };
        let mut resolution = merge_by_git(&left, theirs, moved)?;
        resolution.files.extend(apart);
        return Ok(resolution);
    }
    merge_by_git(sides, theirs, moved)
}

impl Sides<'_> {
    /// Tells whether every file of the base is on both sides, and every one of yours on theirs: then no file has moved, none stands
    /// where a folder of the other side is, and each can be merged by itself.
    fn keep_their_names(&self) -> bool {
        let has_all = |side: &Side, of: &Side| of.keys().all(|path| side.contains_key(path));
        has_all(self.ours, self.base) && has_all(self.theirs, self.ours)
    }

    /// Divides files that keep their names: the three sides of those that both have changed, and what becomes of the others.
    fn divided(&self) -> ([Side; 3], Side) {
        let (mut left, mut apart) = (<[Side; 3]>::default(), Side::new());
        for (path, theirs) in self.theirs {
            let (base, ours) = (self.base.get(path), self.ours.get(path));
            if ours == base || ours == Some(theirs) {
                apart.insert(path.clone(), theirs.clone());
            } else if let Some(ours) = ours.filter(|_| base == Some(theirs)) {
                apart.insert(path.clone(), ours.clone());
            } else {
                for (side, blob) in left.iter_mut().zip([base, ours, Some(theirs)]) {
                    side.extend(blob.map(|blob| (path.clone(), blob.clone())));
                }
            }
        }
        (left, apart)
    }
}

fn merge_by_git(sides: &Sides<'_>, theirs: &str, moved: BTreeMap<SafePath, MovedFile>) -> Result<Resolution, Failure> {
    let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| {
        Failure::new(Exit::CannotWrite, error.to_string())
            .hint("a merge needs a folder for temporary files; name another one in `TMPDIR`")
    })?;
    // Git does not take every version for the name of a branch.
    let theirs = &theirs.replace(".lock", "-lock");
    let others = moved.iter().filter(|(to, _)| !sides.ours.contains_key(*to));
    let others = others.map(|(to, moved)| (to.clone(), moved.blob.clone())).collect();
    let from = moved.into_iter().map(|(to, moved)| (to, moved.from)).collect();
    let git = settled(Git::on_scratch(scratch.path()));
    let merger = Merger { git, sides, others, from, apart: BTreeSet::new(), theirs };
    merger.run().map_err(not_merged)
}

/// The settings of a merge, whatever git would choose by itself.
fn settled(git: Git) -> Git {
    const SETTINGS: [&str; 6] = [
        "merge.renames=true",
        // The user's own files never move because the template's do.
        "merge.directoryRenames=false",
        "merge.conflictStyle=merge",
        "core.attributesFile=/dev/null",
        "core.fsync=none",
        // One pack: a file for each object takes more than the merge.
        "fastimport.unpackLimit=0",
    ];
    SETTINGS.into_iter().fold(git, Git::setting)
}

fn not_merged(error: GitError) -> Failure {
    match error {
        GitError::NoGit => Failure::new(Exit::Usage, "there is no `git` on this machine, and it does the merging")
            .hint("install git 2.38 or newer"),
        error => Failure::new(Exit::Io, format!("git could not merge: {error}"))
            .hint("nothing was changed; a merge needs git 2.38 or newer")
            .caused_by(error),
    }
}

struct Merger<'u> {
    git: Git,
    sides: &'u Sides<'u>,
    /// The files that the user has moved, as they are now.
    others: Side,
    /// The names that they were generated under.
    from: BTreeMap<SafePath, SafePath>,
    /// The files that both sides have added, and that git would take for others of the user's under new names.
    apart: BTreeSet<SafePath>,
    theirs: &'u str,
}

impl Merger<'_> {
    fn run(mut self) -> Result<Resolution, GitError> {
        loop {
            let mut importer = Importer::start(&self.git)?;
            let (entries, diffs) = self.merge(&mut importer)?;
            // Git goes by likeness; where it has taken one file for another, it gets them once more without.
            let is_wrong = |difference: &&Difference| difference.from.as_ref() != self.from.get(&difference.path);
            let wrong: Vec<SafePath> = diffs.yours.iter().filter(is_wrong).map(|it| it.path.clone()).collect();
            if wrong.is_empty() {
                let blobs = blobs(&mut importer, &diffs, &entries)?;
                let resolution = self.resolution(&diffs, &entries, &blobs);
                return self.with_those_apart(resolution);
            }
            for path in wrong {
                self.from.remove(&path);
                if self.others.remove(&path).is_none() {
                    self.apart.insert(path);
                }
            }
        }
    }

    /// Merges what both sides have added by itself, without any old file that it could be taken for.
    fn with_those_apart(self, mut resolution: Resolution) -> Result<Resolution, GitError> {
        if self.apart.is_empty() {
            return Ok(resolution);
        }
        let only = |side: &Side| -> Side {
            self.apart.iter().filter_map(|path| Some((path.clone(), side.get(path)?.clone()))).collect()
        };
        let (base, ours, theirs) = (Side::new(), only(self.sides.ours), only(self.sides.theirs));
        let sides = Sides { base: &base, ours: &ours, theirs: &theirs };
        let (none, from, apart) = (Side::new(), BTreeMap::new(), BTreeSet::new());
        let alone = Merger { git: self.git, sides: &sides, others: none, from, apart, theirs: self.theirs }.run()?;
        resolution.files.extend(alone.files);
        resolution.conflicts.extend(alone.conflicts);
        Ok(resolution)
    }

    fn merge(&self, importer: &mut Importer) -> Result<(Vec<Stage>, Diffs), GitError> {
        importer.write(&self.stream())?;
        let tree = self.git.output(&["merge-tree", "--write-tree", "-z", "--no-messages", YOURS, self.theirs], &[])?;
        if !matches!(tree.code, Some(0 | 1)) {
            return Err(GitError::Said(tree.said));
        }
        let (tree, entries) = conflicts(&tree.stdout);
        let diffs = self.diffs(&tree, importer)?;
        Ok((entries, diffs))
    }

    /// Tells whether a file has no part in the merge: one that is merged apart, or that both sides have added with the same text.
    /// Git would take that for the new name of a file that only one side has any more, and lose what the other one has changed
    /// there.
    fn is_left_out(&self, path: &SafePath) -> bool {
        if self.apart.contains(path) {
            return true;
        }
        let Sides { base, ours, theirs } = self.sides;
        let bytes = |side: &'_ Side| side.get(path).map(|blob| blob.bytes.clone());
        !base.contains_key(path) && ours.contains_key(path) && bytes(ours) == bytes(theirs)
    }

    /// Writes the sides as three commits, two of them on the first.
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        let none = Side::new();
        for (name, parent, side, more) in [
            (BASE, "", self.sides.base, &none),
            (YOURS, "from :1\ndeleteall\n", self.sides.ours, &self.others),
            (self.theirs, "from :1\ndeleteall\n", self.sides.theirs, &none),
        ] {
            let mark = if name == BASE { "mark :1\n" } else { "" };
            let _ = write!(
                stream,
                "commit refs/heads/{name}\n{mark}committer launchway <launchway> 0 +0000\ndata 0\n{parent}"
            );
            for (path, blob) in side.iter().filter(|(path, _)| !self.is_left_out(path)).chain(more) {
                let mode = if blob.executable { "100755" } else { "100644" };
                let _ = write!(stream, "M {mode} inline {path}\ndata {}\n", blob.bytes.len());
                stream.extend_from_slice(&blob.bytes);
                stream.push(b'\n');
            }
        }
        stream
    }

    /// Compares what came out with the user's side, and each side with the base for the files that it has moved.
    fn diffs(&self, tree: &str, importer: &mut Importer) -> Result<Diffs, GitError> {
        if self.others.is_empty() && self.sides.keep_their_names() {
            return Ok(Diffs { result: self.merged(tree, importer)?, yours: Vec::new(), theirs: Vec::new() });
        }
        let pair = |left: &str, right: &str| self.differences(&["--no-renames"], left, right);
        let renames = |right: &str| self.differences(&["--find-renames", "--diff-filter=R"], BASE, right);
        let (result, yours, theirs) = thread::scope(|scope| {
            let yours = scope.spawn(|| renames(YOURS));
            let theirs = scope.spawn(|| renames(self.theirs));
            let result = pair(YOURS, tree);
            let yours = yours.join().expect("git is asked without a panic");
            (result, yours, theirs.join().expect("git is asked without a panic"))
        });
        Ok(Diffs { result: result?, yours: yours?, theirs: theirs? })
    }

    fn differences(&self, how: &[&str], left: &str, right: &str) -> Result<Vec<Difference>, GitError> {
        let arguments = [&["diff-tree", "-r", "-z", "--raw"], how, &[left, right, "--"]].concat();
        Ok(differences(&self.git.bytes(&arguments, &[])?))
    }

    /// Looks up what came out for each file, where all of them have kept their names.
    fn merged(&self, tree: &str, importer: &mut Importer) -> Result<Vec<Difference>, GitError> {
        let paths = self.sides.theirs.keys().filter(|path| !self.is_left_out(path));
        let difference = |path: &SafePath| {
            let (mode, object) = importer.entry(tree, path)?.unwrap_or_default();
            let is_there = !object.is_empty();
            Ok(Difference { path: path.clone(), from: None, mode, object, is_there })
        };
        paths.map(difference).collect()
    }

    fn resolution(&self, diffs: &Diffs, entries: &[Stage], blobs: &BTreeMap<String, Vec<u8>>) -> Resolution {
        let mut resolution = Resolution { files: self.sides.ours.clone(), ..Resolution::default() };
        for difference in &diffs.result {
            let blob = || {
                let bytes = blobs.get(&difference.object)?.clone().into();
                Some(Blob { bytes, executable: difference.mode == "100755" })
            };
            match blob().filter(|_| difference.is_there) {
                Some(blob) => resolution.files.insert(difference.path.clone(), blob),
                None => resolution.files.remove(&difference.path),
            };
        }
        for entry in entries {
            let Some(bytes) = blobs.get(&entry.object) else { continue };
            let blob = Some(Blob { bytes: bytes.clone().into(), executable: entry.mode == "100755" });
            let conflict = resolution.conflicts.entry(entry.path.clone()).or_default();
            match entry.number {
                1 => conflict.base = blob,
                2 => conflict.ours = blob,
                _ => conflict.theirs = blob,
            }
        }
        keep_deleted(&mut resolution);
        for path in resolution.conflicts.keys() {
            if let Some(blob) = self.others.get(path) {
                resolution.files.entry(path.clone()).or_insert_with(|| blob.clone());
            }
        }
        resolution.moved = self.moved(diffs, &resolution);
        resolution.others = self.others.keys().cloned().collect();
        resolution
    }

    /// Finds the files that were followed to another name.
    fn moved(&self, diffs: &Diffs, resolution: &Resolution) -> BTreeMap<SafePath, SafePath> {
        let pairs = |differences: &[Difference]| {
            let pair = |difference: &Difference| Some((difference.path.clone(), difference.from.clone()?));
            differences.iter().filter_map(pair).collect::<Vec<_>>()
        };
        let by_template = pairs(&diffs.theirs).into_iter().filter(|(_, from)| self.sides.ours.contains_key(from));
        let was_followed = |to: &SafePath| match (self.others.get(to), resolution.files.get(to)) {
            (Some(before), Some(after)) => before != after,
            _ => false,
        };
        let by_user = pairs(&diffs.yours).into_iter().filter(|(to, _)| was_followed(to));
        let moved = by_template.chain(by_user).filter(|(to, _)| resolution.files.contains_key(to));
        moved.chain(self.put_aside(resolution)).collect()
    }

    /// Finds the files for which git made a name because a folder of the template is in their place.
    fn put_aside(&self, resolution: &Resolution) -> Vec<(SafePath, SafePath)> {
        let aside = |path: &SafePath| {
            let from = SafePath::new(path.as_str().strip_suffix(&format!("~{YOURS}"))?).ok()?;
            self.sides.ours.contains_key(&from).then(|| (path.clone(), from))
        };
        resolution.conflicts.keys().filter_map(aside).collect()
    }
}

/// What the user took away stays away: the template's change of it is no conflict.
fn keep_deleted(resolution: &mut Resolution) {
    let is_deletion = |conflict: &Conflict| conflict.base.is_some() && conflict.ours.is_none();
    let deleted: Vec<SafePath> = resolution
        .conflicts
        .iter()
        .filter(|(_, conflict)| is_deletion(conflict))
        .map(|(path, _)| path.clone())
        .collect();
    for path in deleted {
        let conflict = resolution.conflicts.remove(&path);
        resolution.files.remove(&path);
        // Without a side of the template's it has only been renamed; the conflict is where it went.
        if conflict.is_some_and(|conflict| conflict.theirs.is_some()) {
            resolution.kept_deleted.insert(path);
        }
    }
}

/// Reads the contents of the objects that are spoken of.
fn blobs(importer: &mut Importer, diffs: &Diffs, entries: &[Stage]) -> Result<BTreeMap<String, Vec<u8>>, GitError> {
    let of_result = diffs.result.iter().filter(|difference| difference.is_there).map(|it| it.object.as_str());
    let wanted: BTreeSet<&str> = of_result.chain(entries.iter().map(|entry| entry.object.as_str())).collect();
    wanted.into_iter().map(|object| Ok((object.to_owned(), importer.blob(object)?))).collect()
}

struct Diffs {
    result: Vec<Difference>,
    yours: Vec<Difference>,
    theirs: Vec<Difference>,
}

/// A line of a raw diff between two trees.
struct Difference {
    path: SafePath,
    from: Option<SafePath>,
    mode: String,
    object: String,
    is_there: bool,
}

/// Reads what `diff-tree -z --raw` says: `:old-mode new-mode old-object new-object status`, then one path or two.
fn differences(output: &[u8]) -> Vec<Difference> {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0');
    let mut found = Vec::new();
    while let Some(header) = fields.next().and_then(|field| field.strip_prefix(':')) {
        let words: Vec<&str> = header.split(' ').collect();
        let [_, mode, _, object, status] = words[..] else { continue };
        let first = fields.next().unwrap_or_default();
        let (from, path) = if status.starts_with('R') { (Some(first), fields.next()) } else { (None, Some(first)) };
        let Ok(path) = SafePath::new(path.unwrap_or_default()) else { continue };
        let from = from.and_then(|from| SafePath::new(from).ok());
        found.push(Difference {
            path,
            from,
            mode: mode.to_owned(),
            object: object.to_owned(),
            is_there: status != "D",
        });
    }
    found
}

/// Reads what `merge-tree -z` says: the tree, then of every conflict `mode object stage TAB path`.
fn conflicts(output: &[u8]) -> (String, Vec<Stage>) {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0');
    let tree = fields.next().unwrap_or_default().to_owned();
    let entry = |field: &str| {
        let (head, path) = field.split_once('\t')?;
        let words: Vec<&str> = head.split(' ').collect();
        let [mode, object, number] = words[..] else { return None };
        let (mode, object) = (mode.to_owned(), object.to_owned());
        Some(Stage { path: SafePath::new(path).ok()?, mode, object, number: number.parse().ok()? })
    };
    (tree, fields.filter_map(entry).collect())
}
