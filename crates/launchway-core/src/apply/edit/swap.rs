//! Moves of files that never overwrite anything: what was in a place comes out of it whole, or stays.

use std::io;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

/// A file by its folder and its name there.
#[derive(Clone, Copy)]
pub(super) struct FolderEntry<'p> {
    pub(super) folder: &'p OwnedFd,
    pub(super) name: &'p str,
}

/// Which file it is, and whether somebody has written to it since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) seconds: i64,
    pub(super) nanoseconds: u64,
    pub(super) mode: u32,
}

impl Identity {
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        trivial_numeric_casts,
        reason = "the types differ between systems"
    )]
    pub(super) fn of(found: &Stat) -> Self {
        Self {
            inode: found.st_ino as u64,
            size: found.st_size as u64,
            seconds: found.st_mtime as i64,
            nanoseconds: found.st_mtime_nsec as u64,
            mode: found.st_mode as u32,
        }
    }
}

impl FolderEntry<'_> {
    /// Returns what is there; nothing if there is nothing.
    pub(super) fn identity(self) -> io::Result<Option<Identity>> {
        match rustix::fs::statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(Identity::of(&found))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn remove(self) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self.folder, self.name, AtFlags::empty())?)
    }

    /// Moves what is here to a place that is ours alone, so that nothing can be there.
    pub(super) fn move_out(self, to: FolderEntry<'_>) -> io::Result<()> {
        Ok(rustix::fs::renameat(self.folder, self.name, to.folder, to.name)?)
    }

    /// Moves what is here to a place where nothing is; fails if something is there, whatever it is.
    pub(super) fn put(self, to: FolderEntry<'_>) -> io::Result<()> {
        match system::rename_exclusively(self, to) {
            Err(error) if is_unknown(error) => self.link(to).and_then(|()| self.remove()),
            moved => Ok(moved?),
        }
    }

    /// Lets two files change places in one step.
    ///
    /// Where the file system cannot do that, the second is moved out to `aside` first and the first is put into the gap,
    /// which fails if somebody was faster. In between there is no file; nothing is overwritten.
    pub(super) fn exchange(self, with: FolderEntry<'_>, aside: FolderEntry<'_>) -> io::Result<()> {
        match system::exchange(self, with) {
            Err(error) if is_unknown(error) => {}
            exchanged => return Ok(exchanged?),
        }
        // Without links there would be no way to fill the gap safely: this is found out before there is one.
        self.link(aside)?;
        aside.remove()?;
        with.move_out(aside)?;
        self.link(with)?;
        self.remove()?;
        aside.move_out(self)
    }

    fn link(self, to: FolderEntry<'_>) -> io::Result<()> {
        Ok(rustix::fs::linkat(self.folder, self.name, to.folder, to.name, AtFlags::empty())?)
    }
}

/// Tells an error of a file system that does not know a kind of rename.
fn is_unknown(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use rustix::fs::{RenameFlags, renameat_with};

    use super::{Errno, FolderEntry};

    pub(super) fn rename_exclusively(from: FolderEntry<'_>, to: FolderEntry<'_>) -> Result<(), Errno> {
        renameat_with(from.folder, from.name, to.folder, to.name, RenameFlags::NOREPLACE)
    }

    pub(super) fn exchange(one: FolderEntry<'_>, other: FolderEntry<'_>) -> Result<(), Errno> {
        renameat_with(one.folder, one.name, other.folder, other.name, RenameFlags::EXCHANGE)
    }
}

/// Systems that know neither kind of rename.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use super::{Errno, FolderEntry};

    pub(super) fn rename_exclusively(_: FolderEntry<'_>, _: FolderEntry<'_>) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }

    pub(super) fn exchange(_: FolderEntry<'_>, _: FolderEntry<'_>) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }
}
