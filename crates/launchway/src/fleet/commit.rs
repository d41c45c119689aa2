//! The commit of an update, made without a work tree and packed for whoever takes it over.

use std::collections::BTreeMap;

use launchway_core::{Blob, Edit, SafePath};

use super::repository::OpenRepository;
use crate::failure::Failure;
use crate::git::{FOLDER, GitError, NewObjects, ObjectFormat, ObjectKind, ObjectReader, Signature, TreeEntry};
use crate::repository::not_run;

/// What a commit is made of.
pub(super) struct CommitOrder<'c> {
    pub(super) parent: &'c str,
    /// The branch, such as `launchway/service`.
    pub(super) branch: &'c str,
    /// Who made the template, and when: the same inputs give the same commit.
    pub(super) signature: &'c Signature,
    pub(super) message: &'c str,
    /// The folder of the repository below which the edits are, if that is not its top.
    pub(super) folder: Option<&'c SafePath>,
    pub(super) edits: &'c [Edit],
}

/// A commit that was made.
pub(super) struct WrittenCommit {
    pub(super) commit: String,
    pub(super) tree: String,
    /// A bundle of what is new in it. Its bytes depend neither on the machine nor on how the repository is packed.
    pub(super) bundle: Vec<u8>,
}

/// Makes a commit on the objects of a repository.
pub(super) fn write(repository: &OpenRepository, order: &CommitOrder<'_>) -> Result<WrittenCommit, Failure> {
    made(repository.reader(), order).map_err(not_run)
}

fn made(reader: &ObjectReader, order: &CommitOrder<'_>) -> Result<WrittenCommit, GitError> {
    let CommitOrder { parent, branch, signature: Signature { name, email, date }, message, folder, edits } = order;
    let mut trees = Trees { reader, objects: NewObjects::new(ObjectFormat::of(parent)) };
    let edits: Vec<(String, &Edit)> = edits.iter().map(|edit| (below(*folder, &edit.path), edit)).collect();
    let edits: Vec<(&str, &Edit)> = edits.iter().map(|(path, edit)| (path.as_str(), *edit)).collect();
    let tree = match trees.edited(Some(&reader.tree_of(parent)?), &edits)? {
        Some(tree) => tree,
        None => trees.objects.add(ObjectKind::Tree, &[])?,
    };
    let by = format!("{name} <{email}> {date}");
    let text = format!("tree {tree}\nparent {parent}\nauthor {by}\ncommitter {by}\n\n{message}");
    let commit = trees.objects.add(ObjectKind::Commit, text.as_bytes())?;
    let bundle = trees.objects.bundle(&format!("refs/heads/{branch}"), &commit, parent);
    Ok(WrittenCommit { commit, tree, bundle })
}

fn below(folder: Option<&SafePath>, path: &SafePath) -> String {
    folder.map_or_else(|| path.to_string(), |folder| format!("{folder}/{path}"))
}

/// The trees of a commit that is made: those in which nothing changes are taken over by their names.
struct Trees<'r> {
    reader: &'r ObjectReader,
    objects: NewObjects,
}

/// What is edited at a name of a folder.
#[derive(Default)]
struct Edits<'e> {
    /// The file of this name, if it is edited.
    file: Option<&'e Edit>,
    /// What is edited below the folder of this name.
    below: Vec<(&'e str, &'e Edit)>,
}

impl Trees<'_> {
    /// Makes the tree of a folder after edits, which go by their paths below it; there is none if nothing is left in it.
    fn edited(&mut self, tree: Option<&str>, edits: &[(&str, &Edit)]) -> Result<Option<String>, GitError> {
        let entries = tree.map(|tree| self.reader.folder(tree)).transpose()?;
        let entries = entries.as_deref().unwrap_or_default();
        let mut entries: BTreeMap<Vec<u8>, TreeEntry> =
            entries.iter().map(|entry| (entry.path.clone(), entry.clone())).collect();
        for (name, edits) in by_name(edits) {
            let before = entries.remove(name.as_bytes());
            if let Some(after) = self.entry(name, before, &edits)? {
                entries.insert(after.path.clone(), after);
            }
        }
        let mut entries: Vec<TreeEntry> = entries.into_values().collect();
        if entries.is_empty() {
            return Ok(None);
        }
        entries.sort_by_cached_key(sorted_by);
        self.objects.add(ObjectKind::Tree, &written(&entries)?).map(Some)
    }

    /// Returns what stands at a name after the edits there. A file takes the place of a folder, and a folder that of a file.
    fn entry(
        &mut self,
        name: &str,
        before: Option<TreeEntry>,
        edits: &Edits<'_>,
    ) -> Result<Option<TreeEntry>, GitError> {
        let entry = |mode: &str, object| TreeEntry { path: name.as_bytes().to_vec(), mode: mode.to_owned(), object };
        if let Some(Blob { bytes, executable }) = edits.file.and_then(|edit| edit.after.as_ref()) {
            let mode = if *executable { "100755" } else { "100644" };
            return Ok(Some(entry(mode, self.objects.add(ObjectKind::Blob, bytes)?)));
        }
        let stays = before.filter(|_| edits.file.is_none());
        let is_folder = stays.as_ref().is_some_and(|entry| entry.mode == FOLDER);
        let adds = edits.below.iter().any(|(_, edit)| edit.after.is_some());
        if edits.below.is_empty() || !is_folder && !adds {
            return Ok(stays);
        }
        let tree = stays.filter(|_| is_folder).map(|entry| entry.object);
        Ok(self.edited(tree.as_deref(), &edits.below)?.map(|tree| entry(FOLDER, tree)))
    }
}

fn by_name<'e>(edits: &[(&'e str, &'e Edit)]) -> BTreeMap<&'e str, Edits<'e>> {
    let mut names: BTreeMap<&str, Edits<'_>> = BTreeMap::new();
    for (path, edit) in edits {
        match path.split_once('/') {
            Some((name, rest)) => names.entry(name).or_default().below.push((rest, edit)),
            None => names.entry(path).or_default().file = Some(edit),
        }
    }
    names
}

/// The order in which git wants the entries of a tree: a folder as if its name ended with a slash.
fn sorted_by(entry: &TreeEntry) -> Vec<u8> {
    let end: &[u8] = if entry.mode == FOLDER { b"/" } else { b"" };
    [&entry.path, end].concat()
}

/// Writes the entries of a tree as git keeps them.
fn written(entries: &[TreeEntry]) -> Result<Vec<u8>, GitError> {
    let mut bytes = Vec::new();
    for TreeEntry { path, mode, object } in entries {
        bytes.extend([mode.as_bytes(), b" ", path, b"\0"].concat());
        bytes.extend(object_bytes(object).ok_or_else(|| GitError::Said(format!("{object} names no object")))?);
    }
    Ok(bytes)
}

/// Returns the name of an object in bytes.
fn object_bytes(object: &str) -> Option<Vec<u8>> {
    let digits = object.as_bytes().chunks(2).map(|digits| std::str::from_utf8(digits).ok());
    digits.map(|digits| u8::from_str_radix(digits?, 16).ok()).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes the files that it looks at")]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::git::Git;

    /// A repository whose work tree gets the same edits, and git commits them.
    struct Compared {
        folder: tempfile::TempDir,
        git: Git,
    }

    impl Compared {
        fn new(format: &str, files: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let git = Git::of_user(folder.path()).with("GIT_AUTHOR_NAME", "A").with("GIT_AUTHOR_EMAIL", "a@a");
            let git = git.with("GIT_COMMITTER_NAME", "A").with("GIT_COMMITTER_EMAIL", "a@a");
            let git = git.with("GIT_AUTHOR_DATE", "1700000000 +0100").with("GIT_COMMITTER_DATE", "1700000000 +0100");
            let git = git.setting("core.autocrlf=false");
            git.text(&["init", "--quiet", "--initial-branch=main", &format!("--object-format={format}")]).unwrap();
            let compared = Self { folder, git };
            for path in files {
                compared.put(path, path);
            }
            compared.commit("first");
            compared
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn commit(&self, message: &str) -> String {
            self.git.text(&["add", "--all"]).unwrap();
            self.git.text(&["commit", "--quiet", "--allow-empty", "--message", message]).unwrap();
            self.git.text(&["rev-parse", "HEAD"]).unwrap()
        }

        /// Makes a commit of edits, and takes it over with git, which holds it to its own rules.
        fn made(&self, edits: &[Edit]) -> WrittenCommit {
            let parent = self.git.text(&["rev-parse", "HEAD"]).unwrap();
            let signature =
                Signature { name: "A".to_owned(), email: "a@a".to_owned(), date: "1700000000 +0100".to_owned() };
            let (branch, message, folder) = ("made", "second\n", None);
            let order = CommitOrder { parent: &parent, branch, signature: &signature, message, folder, edits };
            let made = made(&ObjectReader::start(&self.git).unwrap(), &order).unwrap();
            let bundle = self.folder.path().join(".git/bundle");
            fs::write(&bundle, &made.bundle).unwrap();
            let from = bundle.to_str().unwrap();
            self.git.text(&["-c", "fetch.fsckObjects=true", "fetch", "--quiet", from, "made:made"]).unwrap();
            made
        }
    }

    fn edit(path: &str, after: Option<&str>) -> Edit {
        let blob = |text: &str| Blob { bytes: text.as_bytes().to_vec().into(), executable: text.starts_with("#!") };
        Edit { path: SafePath::new(path).unwrap(), before: None, after: after.map(blob) }
    }

    #[test]
    fn a_commit_is_the_one_that_git_makes_of_the_same_edits() {
        let files = ["a", "a.b", "f/x", "f/g/y", "f-/z", "kept/1"];
        let cases: [&[Edit]; 7] = [
            &[edit("a", Some("new")), edit("a0", Some("0"))],
            &[edit("f/g/y", None)],
            &[edit("f/x", None), edit("f/g/y", None)],
            &[edit("f/x", None), edit("f/g/y", None), edit("f", Some("a file now"))],
            &[edit("a", None), edit("a/b/c", Some("#! a folder now")), edit("a/d", Some("d"))],
            &[edit("new/1", Some("1")), edit("new/2/3", Some("3")), edit("absent/1", None)],
            &[
                edit("a", None),
                edit("a.b", None),
                edit("f/x", None),
                edit("f/g/y", None),
                edit("f-/z", None),
                edit("kept/1", None),
            ],
        ];
        for (format, edits) in ["sha1", "sha256"].into_iter().flat_map(|format| cases.map(|edits| (format, edits))) {
            let compared = Compared::new(format, &files);
            let made = compared.made(edits);
            make_in(compared.folder.path(), edits);
            assert_eq!(made.commit, compared.commit("second"), "{format}, {edits:?}");
            assert_eq!(made.tree, compared.git.text(&["rev-parse", "HEAD^{tree}"]).unwrap());
        }
    }

    fn make_in(folder: &Path, edits: &[Edit]) {
        use std::os::unix::fs::PermissionsExt as _;
        for edit in edits.iter().filter(|edit| edit.after.is_none()) {
            let path = folder.join(edit.path.as_str());
            let _ = fs::remove_file(&path);
            // A folder in which nothing is left is none for git.
            path.ancestors().skip(1).take_while(|above| *above != folder).for_each(|above| drop(fs::remove_dir(above)));
        }
        for edit in edits {
            let Some(Blob { bytes, executable }) = &edit.after else { continue };
            let path = folder.join(edit.path.as_str());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(if *executable { 0o755 } else { 0o644 })).unwrap();
        }
    }
}
