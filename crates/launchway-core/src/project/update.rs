//! An update: the three sides of a merge, and what comes of it. What has to be merged line by line is left to git.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Project;
use super::changes::Edit;
use super::check::conflict_in;
use super::record::{self, Remembered};
use crate::interview::context::Context;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::path::beneath::NotRead;
use crate::path::root::Root;
use crate::plan::{Plan, PlannedFile};
use crate::template::Ownership;
use crate::template::Template;

/// One side of a merge: files by their path.
pub type Side = BTreeMap<SafePath, Blob>;

/// The three sides of an update.
#[derive(Debug)]
pub struct Update {
    /// The files as they were generated, under the names that the new version has for them.
    pub base: Side,
    /// The files as they are in the project, healed ones as they were generated.
    pub ours: Side,
    /// The files as the new version generates them.
    pub theirs: Side,
    /// The files that really are in the project.
    current: Side,
    managed: BTreeSet<SafePath>,
    /// The generated files that the user keeps out of updates.
    yours: BTreeSet<SafePath>,
    /// The generated files in whose place something stands that is no plain file, and the template has not changed them.
    replaced: BTreeSet<SafePath>,
    /// Those that the template has changed.
    contested: BTreeMap<SafePath, Conflict>,
    healed: BTreeSet<SafePath>,
    moved: BTreeMap<SafePath, SafePath>,
    /// The names that the user has for files of the base, where they are others.
    known_as: BTreeMap<SafePath, SafePath>,
    /// Where the files are that the user has moved, by the names that they have in the base.
    found: BTreeMap<SafePath, SafePath>,
    /// What the project remembers of its files.
    remembered: Remembered,
    /// Whether git was told not to look at which files can be run.
    ignores_modes: bool,
}

/// Something in the project that an update cannot work on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {reason}")]
pub struct Obstacle {
    /// Where it is.
    pub path: SafePath,
    /// What it is, as the end of a sentence about the path.
    pub reason: String,
}

/// What an update is to do beside merging.
#[derive(Debug, Default)]
pub struct Wishes {
    /// The files that the template has moved, from the old path to the new one.
    pub moves: Vec<(SafePath, SafePath)>,
    /// The files, or the folders of them, that shall be as the template has them again.
    pub heal: BTreeSet<SafePath>,
    /// The files, and the folders of them, that stay out of updates.
    pub yours: BTreeSet<SafePath>,
    /// Whether the disk knows which files can be run; otherwise nobody has changed that.
    pub ignores_modes: bool,
}

/// What came of the merge.
#[derive(Debug, Default)]
pub struct Resolution {
    /// Every file that the merge has left, conflicts as they stand in the project then.
    pub files: Side,
    /// What both sides have changed in ways that do not go together.
    pub conflicts: BTreeMap<SafePath, Conflict>,
    /// The files that were followed to another name, from the new path to the one that the user knew.
    pub moved: BTreeMap<SafePath, SafePath>,
    /// The files that the user took away and the template has changed since.
    pub kept_deleted: BTreeSet<SafePath>,
    /// The user's own files that took part, because one of them may be a file of the template that was moved.
    pub others: BTreeSet<SafePath>,
}

/// A conflict: the file on each side, where it has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conflict {
    /// As it was generated.
    pub base: Option<Blob>,
    /// As the user has it.
    pub ours: Option<Blob>,
    /// As the new version has it.
    pub theirs: Option<Blob>,
}

impl Update {
    /// Reads the project's side, and sets the other two beside it.
    ///
    /// Files that the user owns from the moment they were written stay out of it.
    ///
    /// # Errors
    /// What is in the way: links, special files, folders with the user's own files in them.
    pub fn new(root: Root<'_>, project: &Project, plan: &Plan, wishes: &Wishes) -> Result<Self, Vec<Obstacle>> {
        let is_seeded = |path: &SafePath| match plan.files.get(path) {
            Some(file) => file.ownership == Ownership::Seeded,
            None => project.seeded.contains(path),
        };
        let generated = project.generated.iter().filter(|(path, _)| !is_seeded(path));
        let mut base: Side = generated.map(|(path, blob)| (path.clone(), blob.clone())).collect();
        let planned = plan
            .files
            .iter()
            .map(|(path, file)| (path.clone(), Blob { bytes: file.bytes.clone(), executable: file.executable }));
        let mut theirs: Side =
            planned.filter(|(path, _)| !is_seeded(path) || !project.generated.contains_key(path)).collect();
        let mut remembered = Remembered { yours: wishes.yours.clone(), ..project.remembered.clone() };
        // What the user keeps stays kept under the name that the template has for it now.
        let kept_moves = wishes.moves.iter().filter(|(from, _)| from.is_among(&wishes.yours)).map(|(_, to)| to.clone());
        remembered.yours.extend(kept_moves);
        let mut yours = BTreeSet::new();
        for side in [&mut base, &mut theirs] {
            yours.extend(side.extract_if(.., |path, _| path.is_among(&remembered.yours)).map(|(path, _)| path));
        }
        let (current, not_plain) = read(root, &base, &theirs)?;
        let (mut replaced, mut contested) = (BTreeSet::new(), BTreeMap::new());
        for path in not_plain {
            let (base, theirs) = (base.remove(&path), theirs.remove(&path));
            if theirs.is_none() || base == theirs {
                replaced.insert(path);
            } else {
                contested.insert(path, Conflict { base, ours: None, theirs });
            }
        }
        let managed = plan.files.iter().filter(|(_, file)| file.ownership == Ownership::Managed);
        let mut update = Self {
            ours: current.clone(),
            managed: managed.map(|(path, _)| path.clone()).collect(),
            yours,
            replaced,
            contested,
            healed: BTreeSet::new(),
            moved: BTreeMap::new(),
            known_as: remembered.moved.clone(),
            found: BTreeMap::new(),
            remembered,
            ignores_modes: wishes.ignores_modes,
            base,
            theirs,
            current,
        };
        update.leave_seeded(is_seeded);
        update.follow(&wishes.moves);
        if wishes.ignores_modes {
            update.ignore_modes();
        }
        update.heal(&wishes.heal);
        update.keep_line_ends();
        Ok(update)
    }

    /// A file of the user's own stays, also where a new version would write one for a start.
    fn leave_seeded(&mut self, is_seeded: impl Fn(&SafePath) -> bool) {
        let current = &self.current;
        self.theirs.retain(|path, _| !is_seeded(path) || !current.contains_key(path));
        let theirs = &self.theirs;
        for side in [&mut self.ours, &mut self.current] {
            side.retain(|path, _| !is_seeded(path) || theirs.contains_key(path));
        }
    }

    /// Gives the files that the template has moved their new names on every side.
    fn follow(&mut self, moves: &[(SafePath, SafePath)]) {
        for (from, to) in moves {
            if !self.base.contains_key(from) || self.base.contains_key(to) || self.ours.contains_key(to) {
                continue;
            }
            if let Some(blob) = self.base.remove(from) {
                self.base.insert(to.clone(), blob);
                let name = self.known_as.remove(from).unwrap_or_else(|| from.clone());
                self.known_as.insert(to.clone(), name);
            }
            if let Some(blob) = self.ours.remove(from) {
                self.ours.insert(to.clone(), blob);
                self.moved.insert(to.clone(), from.clone());
            }
        }
    }

    /// Takes it that nobody has changed which files can be run.
    fn ignore_modes(&mut self) {
        for (path, blob) in &mut self.ours {
            if let Some(known) = self.base.get(path).or_else(|| self.theirs.get(path)) {
                blob.executable = known.executable;
            }
        }
    }

    /// Takes back what the user did to files, so that the template's text is what comes out.
    fn heal(&mut self, wanted: &BTreeSet<SafePath>) {
        let healed: BTreeSet<SafePath> = self.theirs.keys().filter(|path| path.is_among(wanted)).cloned().collect();
        for path in &healed {
            match self.base.get(path) {
                Some(blob) => self.ours.insert(path.clone(), blob.clone()),
                None => self.ours.remove(path),
            };
        }
        self.healed = healed;
    }

    /// Lets the user's line ends be the line ends of all three sides: they are no edit, and the template's are no change.
    /// What was generated with them is the template's to change.
    fn keep_line_ends(&mut self) {
        for (path, blob) in &self.ours {
            let is_generated = self.base.get(path).is_some_and(|base| has_only_crlf(&base.bytes));
            if is_generated || !has_only_crlf(&blob.bytes) {
                continue;
            }
            for side in [&mut self.base, &mut self.theirs] {
                if let Some(other) = side.get_mut(path) {
                    other.bytes = with_crlf(&other.bytes);
                }
            }
        }
    }

    /// Returns the paths that any side has.
    #[must_use]
    pub fn paths(&self) -> BTreeSet<&SafePath> {
        self.base.keys().chain(self.ours.keys()).chain(self.theirs.keys()).collect()
    }

    /// Resolves the update where no file was changed on both sides; `None` where one was, or may have moved.
    #[must_use]
    pub fn resolution(&self) -> Option<Resolution> {
        let mut files = Side::new();
        for path in self.paths() {
            let (base, ours, theirs) = (self.base.get(path), self.ours.get(path), self.theirs.get(path));
            let is_gone = base.is_some() && ours.is_none() && theirs != base;
            let result = if !is_gone && (ours == base || ours == theirs) {
                theirs
            } else if theirs == base {
                ours
            } else {
                return None;
            };
            files.extend(result.map(|blob| (path.clone(), blob.clone())));
        }
        Some(Resolution { files, ..Resolution::default() })
    }

    /// Tells whether a file of the project is one of the template's, be it merged or not.
    #[must_use]
    pub fn knows(&self, path: &SafePath) -> bool {
        let sides = [&self.base, &self.ours, &self.theirs];
        sides.iter().any(|side| side.contains_key(path))
            || self.replaced.contains(path)
            || self.contested.contains_key(path)
            || path.is_among(&self.remembered.yours)
    }

    /// Adds to what came of the merge where something that is no plain file stands in the way of a change: it stays, and
    /// somebody has to decide.
    pub fn contest(&self, resolution: &mut Resolution) {
        resolution.conflicts.extend(self.contested.iter().map(|(path, conflict)| (path.clone(), conflict.clone())));
    }

    /// Returns the generated files that are not in their place, by the names that the new version has for them, with the last
    /// ones that the user had: those that were taken away or moved since the last update, and those that were moved before.
    #[must_use]
    pub fn missing(&self) -> BTreeMap<&SafePath, &SafePath> {
        let is_open = |path: &&SafePath| self.known_as.contains_key(*path) || !self.remembered.deleted.contains(*path);
        let missing = self.base.keys().filter(|path| !self.ours.contains_key(*path)).filter(is_open);
        missing.map(|path| (path, self.known_as.get(path).unwrap_or(path))).collect()
    }

    /// Takes note of where files are that the user has moved, by the names that the new version has for them.
    pub fn find(&mut self, found: BTreeMap<SafePath, SafePath>) {
        self.found = found;
    }

    /// Returns the files in which the marks of a conflict were left, also one that the template has given up since.
    #[must_use]
    pub fn conflicted(&self, root: Root<'_>) -> BTreeSet<&SafePath> {
        let is_marked = |blob: &Blob| conflict_in(&blob.bytes).is_some();
        let has_marks = |side: &Side, path| side.get(path).is_some_and(is_marked);
        let marked = self.current.keys().filter(|path| has_marks(&self.current, path) && !has_marks(&self.base, path));
        let given_up = self.remembered.conflicts.iter().filter(|path| !self.paths().contains(path));
        marked.chain(given_up.filter(|path| root.blob(path).as_ref().is_some_and(is_marked))).collect()
    }

    /// Holds what came of the merge against the project.
    ///
    /// # Errors
    /// A file of the user's own into which a change of the template goes cannot be read.
    pub fn changes(&self, root: Root<'_>, resolution: &Resolution) -> Result<Vec<FileChange>, Vec<Obstacle>> {
        let mut current: BTreeMap<&SafePath, Cow<'_, Blob>> =
            self.current.iter().map(|(path, blob)| (path, Cow::Borrowed(blob))).collect();
        let unknown = |path: &&SafePath| !self.current.contains_key(*path) && !self.theirs.contains_key(*path);
        let obstacle =
            |path: &SafePath, error: NotRead| vec![Obstacle { path: path.clone(), reason: error.to_string() }];
        for path in resolution.files.keys().filter(unknown) {
            match root.read_blob(path) {
                Ok(blob) if resolution.others.contains(path) => drop(current.insert(path, Cow::Owned(blob))),
                Ok(_) => return Err(vec![Obstacle { path: path.clone(), reason: TAKEN.to_owned() }]),
                Err(NotRead::Missing) => {}
                Err(error) => return Err(obstacle(path, error)),
            }
        }
        let left = self.yours.iter().chain(&self.replaced).chain(resolution.conflicts.keys());
        let paths: BTreeSet<&SafePath> = self
            .paths()
            .into_iter()
            .chain(current.keys().copied())
            .chain(resolution.files.keys())
            .chain(left)
            .collect();
        let changes = paths.into_iter().filter_map(|path| {
            let before = current.get(path).map(|blob| blob.as_ref().clone());
            self.change(path, before, resolution)
        });
        Ok(changes.collect())
    }

    fn change(&self, path: &SafePath, on_disk: Option<Blob>, resolution: &Resolution) -> Option<FileChange> {
        let after = resolution.files.get(path).cloned();
        let before = on_disk.clone().map(|blob| self.with_known_mode(path, blob));
        let from = resolution.moved.get(path).or_else(|| self.moved.get(path)).cloned();
        let is_moved_away = || resolution.moved.values().chain(self.moved.values()).any(|from| from == path);
        let status = match (&before, &after) {
            _ if self.yours.contains(path) => Status::Yours,
            _ if self.replaced.contains(path) => Status::Kept,
            _ if resolution.conflicts.contains_key(path) => Status::Conflict,
            (None, None) if self.is_kept_deleted(path, resolution) && !is_moved_away() => Status::KeptDeleted,
            (None, None) => return None,
            (before, after) if self.healed.contains(path) && before != after => Status::Healed,
            _ if from.is_some() => Status::Moved,
            (Some(_), None) if is_moved_away() => Status::MovedAway,
            (Some(_), None) => Status::Deleted,
            (None, Some(_)) => Status::New,
            (Some(before), Some(after)) if before == after => self.status_of_unchanged(path, after)?,
            (Some(_), Some(after)) if self.theirs.get(path) == Some(after) => Status::Clean,
            (Some(_), Some(_)) => Status::Merged,
        };
        // What the disk says of a file stays, unless the template has changed it.
        let after = match (&on_disk, &before, after) {
            (Some(on_disk), Some(before), Some(after)) if before.executable == after.executable => {
                Some(Blob { executable: on_disk.executable, ..after })
            }
            (_, _, after) => after,
        };
        Some(FileChange { status, from, edit: Edit { path: path.clone(), before: on_disk, after } })
    }

    /// Returns a file of the project with what is known of its mode, where the disk is not asked for it.
    fn with_known_mode(&self, path: &SafePath, blob: Blob) -> Blob {
        let known = self.ours.get(path).filter(|_| self.ignores_modes).map(|known| known.executable);
        Blob { executable: known.unwrap_or(blob.executable), ..blob }
    }

    fn is_kept_deleted(&self, path: &SafePath, resolution: &Resolution) -> bool {
        let is_followed = self.found.contains_key(path) && self.base.get(path) == self.theirs.get(path);
        let is_away = self.base.contains_key(path) && self.theirs.contains_key(path) && !is_followed;
        is_away || resolution.kept_deleted.contains(path)
    }

    /// Says why a file that the update leaves as it is differs from the template's; nothing if it does not.
    fn status_of_unchanged(&self, path: &SafePath, content: &Blob) -> Option<Status> {
        match self.theirs.get(path) {
            Some(theirs) if theirs == content => None,
            Some(_) if self.managed.contains(path) => Some(Status::Drifted),
            Some(_) => Some(Status::Kept),
            None => None,
        }
    }

    /// Returns the files of the template that the project does not have any more.
    fn deleted(&self, resolution: &Resolution) -> BTreeSet<SafePath> {
        let is_there = |path: &SafePath| resolution.files.contains_key(path) || self.found.contains_key(path);
        self.theirs.keys().filter(|path| !is_there(path)).cloned().collect()
    }

    /// Returns the files of the template that the user has elsewhere.
    fn elsewhere(&self) -> BTreeMap<SafePath, SafePath> {
        let found = self.found.iter().filter(|(from, _)| self.theirs.contains_key(*from));
        found.map(|(from, to)| (from.clone(), to.clone())).collect()
    }

    /// Returns what the project remembers from then on, as edits of its record.
    ///
    /// # Errors
    /// A file of the record cannot be read.
    pub fn record(
        &self,
        root: Root<'_>,
        made: (&Template, &Context, &Plan),
        resolution: &Resolution,
    ) -> Result<RecordChange, Vec<Obstacle>> {
        let edit = |(path, file): (SafePath, PlannedFile)| {
            let before = match root.read_blob(&path) {
                Ok(blob) => Some(blob),
                Err(NotRead::Missing) => None,
                Err(error) => return Err(vec![Obstacle { path, reason: error.to_string() }]),
            };
            let after = Some(Blob { bytes: file.bytes, executable: file.executable });
            Ok(Edit { path, before, after })
        };
        let (deleted, moved) = (self.deleted(resolution), self.elsewhere());
        let conflicts = resolution.conflicts.keys().cloned().collect();
        let mut remembered = Remembered { deleted, yours: self.remembered.yours.clone(), conflicts, moved };
        let unreadable = |(path, error): (SafePath, NotRead)| vec![Obstacle { path, reason: error.to_string() }];
        let attributes = record::attributes(root).map_err(unreadable)?;
        let files = record::files(made, &remembered).into_iter().map(edit);
        let edits: Vec<Edit> = attributes.map(Ok).into_iter().chain(files).collect::<Result<_, _>>()?;
        remembered.conflicts.clone_from(&self.remembered.conflicts);
        let only_clears = !remembered.conflicts.is_empty()
            && edits.split_last().is_some_and(|(text, others)| {
                let with_conflicts = record::text(made, &remembered);
                let is_as_before = text.before.as_ref().is_some_and(|blob| *blob.bytes == *with_conflicts.as_bytes());
                is_as_before && others.iter().all(|edit| edit.before == edit.after)
            });
        Ok(RecordChange { edits, only_clears })
    }

    /// Returns the paths to heal that the template has no file for.
    #[must_use]
    pub fn unknown<'w>(&self, wanted: &'w BTreeSet<SafePath>) -> Vec<&'w SafePath> {
        let leads_to = |wanted: &SafePath| self.theirs.keys().any(|path| path.is_in(wanted));
        wanted.iter().filter(|path| !leads_to(path)).collect()
    }

    /// Returns the paths to keep that the template has no file for.
    #[must_use]
    pub fn not_to_keep<'w>(&self, wanted: &'w BTreeSet<SafePath>) -> Vec<&'w SafePath> {
        let leads_to = |wanted: &SafePath| self.yours.iter().any(|path| path.is_in(wanted));
        wanted.iter().filter(|path| !leads_to(path)).collect()
    }
}

/// What becomes of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// The edits of its files; the one that names the version comes last.
    pub edits: Vec<Edit>,
    /// Whether all that changes is that it forgets conflicts which are decided.
    pub only_clears: bool,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// What happens.
    pub status: Status,
    /// The name under which the user knew it.
    pub from: Option<SafePath>,
    /// The file before and after.
    pub edit: Edit,
}

/// What an update does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Both changed it, and somebody has to decide.
    Conflict,
    /// The template brings it.
    New,
    /// The template changed it, the user did not.
    Clean,
    /// Both changed it, and both changes are in it now.
    Merged,
    /// One of the two has moved it, and the changes of the other were followed there.
    Moved,
    /// It is where the file of another line was.
    MovedAway,
    /// The template has given it up, and the user never changed it.
    Deleted,
    /// The template's text is back, as the user asked.
    Healed,
    /// The user took it away, and it stays away.
    KeptDeleted,
    /// It belongs to the template and is not as the template has it.
    Drifted,
    /// The user keeps it out of updates.
    Yours,
    /// The user changed it, and it stays so.
    Kept,
}

impl Status {
    /// Returns the name of the status, as it stands in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::New => "new",
            Self::Clean => "clean",
            Self::Merged => "merged",
            Self::Moved => "moved",
            Self::MovedAway => "moved-away",
            Self::Deleted => "deleted",
            Self::Healed => "healed",
            Self::KeptDeleted => "kept-deleted",
            Self::Drifted => "drifted",
            Self::Yours => "yours",
            Self::Kept => "kept",
        }
    }
}

/// Why a file of the user's own cannot stay where it is.
const TAKEN: &str = "is the name that git gives to one side of a conflict";

/// Reads the files that a side has from the project; and finds those in whose place something else stands.
fn read(root: Root<'_>, base: &Side, theirs: &Side) -> Result<(Side, BTreeSet<SafePath>), Vec<Obstacle>> {
    let (mut current, mut not_plain, mut obstacles) = (Side::new(), BTreeSet::new(), Vec::new());
    for path in base.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        match root.read_blob(path) {
            Ok(blob) => drop(current.insert(path.clone(), blob)),
            Err(NotRead::Missing) => {}
            // The template has made a folder of its file, or a file of its folder.
            Err(NotRead::BelowFile) if path.folders().any(|folder| has(base, folder) && !has(theirs, folder)) => {}
            Err(NotRead::Folder) if is_given_up(root, path, base, theirs) => {}
            Err(error) if error.is_not_plain() => drop(not_plain.insert(path.clone())),
            Err(error) => obstacles.push(Obstacle { path: path.clone(), reason: error.to_string() }),
        }
    }
    obstacles.extend(nested(root, &current, theirs).filter(|obstacle| !not_plain.contains(&obstacle.path)));
    if obstacles.is_empty() { Ok((current, not_plain)) } else { Err(obstacles) }
}

/// Finds the new files that would land in another repository, such as a submodule.
fn nested(root: Root<'_>, current: &Side, theirs: &Side) -> impl Iterator<Item = Obstacle> {
    let new = theirs.keys().filter(|path| !current.contains_key(*path));
    let is_in_another = move |path: &&SafePath| path.folders().any(|folder| root.is_repository(folder));
    let reason = "would land in a repository of its own inside the project";
    new.filter(is_in_another).map(|path| Obstacle { path: path.clone(), reason: reason.to_owned() })
}

fn has(side: &Side, path: &str) -> bool {
    side.keys().any(|known| known.as_str() == path)
}

/// Tells whether a folder holds nothing but files that the template has given up.
fn is_given_up(root: Root<'_>, folder: &SafePath, base: &Side, theirs: &Side) -> bool {
    let Ok(files) = root.files_below(folder) else { return false };
    files.iter().all(|path| base.contains_key(path) && !theirs.contains_key(path))
}

/// Tells whether a text has line ends of Windows and no others.
fn has_only_crlf(bytes: &[u8]) -> bool {
    let is_turned = |(at, byte): (usize, &u8)| *byte != b'\n' || at > 0 && bytes[at - 1] == b'\r';
    bytes.contains(&b'\n') && !bytes.contains(&0) && bytes.iter().enumerate().all(is_turned)
}

fn with_crlf(bytes: &[u8]) -> Cow<'static, [u8]> {
    if bytes.contains(&0) || bytes.contains(&b'\r') {
        return bytes.to_vec().into();
    }
    let mut changed = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for byte in bytes {
        if *byte == b'\n' {
            changed.push(b'\r');
        }
        changed.push(*byte);
    }
    changed.into()
}
