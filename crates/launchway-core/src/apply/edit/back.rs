//! Taking an edit back, by what stands on the disk: what somebody has made of a file since is theirs.

use std::io;
use std::path::PathBuf;

use super::journal::{Journal, Step};
use super::staging::{Staging, above, aside, enter_or_create, name_of, remove_empty};
use super::swap::{FolderEntry, Identity};

/// The most names that are tried for a file that somebody saved and that has no place.
const MAX_SAVED: usize = 1000;

/// What became of taking back.
#[derive(Debug, Default)]
pub(super) struct Back {
    /// What somebody saved meanwhile and that has no place of its own any more, as files beside it.
    pub(super) kept: Vec<PathBuf>,
    /// Whether something could not be taken back.
    pub(super) is_stuck: bool,
}

impl Staging<'_> {
    /// Brings everything back that was done, as far as it was: the last step first.
    pub(super) fn take_back(&self, journal: &Journal) -> Back {
        let mut back = Back::default();
        for step in journal.steps.iter().rev() {
            let done = match (&step.before, &step.ours) {
                (None, Some(ours)) => self.take_back_new(step, ours, &mut back),
                (Some(before), Some(ours)) => self.take_back_changed(step, before, ours, &mut back),
                (before, None) => self.take_back_gone(step, before.as_ref(), &mut back),
            };
            back.is_stuck |= done.is_err();
        }
        for folder in journal.folders.iter().rev() {
            remove_empty(self.root, folder);
        }
        back
    }

    /// Takes a new file away again, unless somebody has made another of it.
    fn take_back_new(&self, step: &Step, ours: &Identity, back: &mut Back) -> io::Result<()> {
        let Ok(folder) = above(self.root, &step.path) else { return Ok(()) };
        let place = FolderEntry { folder: &folder, name: name_of(&step.path) };
        if place.identity()? != Some(*ours) {
            return Ok(());
        }
        let gone = gone(step);
        place.move_out(self.place(&gone))?;
        if self.place(&gone).identity()? == Some(*ours) {
            return Ok(());
        }
        // Saved in just this moment.
        self.bring_back(step, &gone, back)
    }

    fn take_back_changed(&self, step: &Step, before: &Identity, ours: &Identity, back: &mut Back) -> io::Result<()> {
        let folder = enter_or_create(self.root, &step.path)?;
        let place = FolderEntry { folder: &folder, name: name_of(&step.path) };
        let (number, aside, gone) = (step.number.to_string(), aside(step), gone(step));
        if self.place(&aside).identity()?.is_some() {
            // Cut off in the gap of an exchange in steps.
            if place.identity()? == Some(*ours) {
                place.move_out(self.place(&gone))?;
            }
            return self.bring_back(step, &aside, back);
        }
        let staged = self.place(&number).identity()?;
        if staged.is_none() || staged == Some(*ours) {
            return Ok(());
        }
        match place.identity()? {
            None => return self.bring_back(step, &number, back),
            // Somebody has written into the file that came; both texts stay.
            Some(found) if found.inode == ours.inode => self.exchange(step)?,
            Some(_) => return self.settle(step, &number, [before, ours], back),
        }
        let out = self.place(&number).identity()?;
        if out.is_some_and(|out| out.inode != ours.inode) {
            // Somebody has put another file there in just this moment, which is the newest then.
            self.exchange(step)?;
        }
        self.settle(step, &number, [before, ours], back)
    }

    fn take_back_gone(&self, step: &Step, before: Option<&Identity>, back: &mut Back) -> io::Result<()> {
        let number = step.number.to_string();
        if self.place(&number).identity()?.is_none() {
            return Ok(());
        }
        match self.give_back(step, &number) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.settle(step, &number, before, back),
            given => given,
        }
    }

    /// Puts what was taken out into its place again; where somebody has made another file there, both stay.
    fn bring_back(&self, step: &Step, name: &str, back: &mut Back) -> io::Result<()> {
        match self.give_back(step, name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.settle(step, name, step.before.as_ref(), back)
            }
            given => given,
        }
    }

    fn give_back(&self, step: &Step, name: &str) -> io::Result<()> {
        let folder = enter_or_create(self.root, &step.path)?;
        self.place(name).put(FolderEntry { folder: &folder, name: name_of(&step.path) })
    }

    /// Leaves a file that is known to be removed with the folder, and keeps any other beside the place that it had.
    fn settle<'k>(
        &self,
        step: &Step,
        name: &str,
        known: impl IntoIterator<Item = &'k Identity>,
        back: &mut Back,
    ) -> io::Result<()> {
        let Some(found) = self.place(name).identity()? else { return Ok(()) };
        if known.into_iter().any(|known| *known == found) {
            return Ok(());
        }
        let folder = enter_or_create(self.root, &step.path)?;
        for number in 0..MAX_SAVED {
            let saved = match number {
                0 => format!("{}.launchway-saved", name_of(&step.path)),
                number => format!("{}.launchway-saved-{number}", name_of(&step.path)),
            };
            match self.place(name).put(FolderEntry { folder: &folder, name: &saved }) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                put => {
                    put?;
                    back.kept.push(self.root.join(step.path.as_str()).with_file_name(saved));
                    return Ok(());
                }
            }
        }
        Err(io::Error::other("too many `*.launchway-saved-*` files were left here; remove them"))
    }
}

/// The name under which a file of ours is taken away again.
fn gone(step: &Step) -> String {
    format!("{}-gone", step.number)
}
