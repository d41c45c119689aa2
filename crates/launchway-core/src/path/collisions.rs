//! Which paths some disk would take for one another: by case, by Unicode form, or as a file and a folder.

use std::collections::HashMap;

use super::SafePath;
use super::collision_key;

/// The paths that are taken, files and the folders above them.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashMap<String, Spelling>);

#[derive(Debug)]
struct Spelling {
    path: String,
    is_folder: bool,
}

impl Taken {
    /// Takes a path for a file. The error is the path that stands in the way.
    pub(crate) fn take(&mut self, path: &SafePath) -> Result<(), String> {
        for folder in path.folders() {
            match self.0.get(&collision_key(folder)) {
                Some(taken) if !taken.is_folder || taken.path != folder => return Err(taken.path.clone()),
                Some(_) => {}
                None => self.insert(folder, true),
            }
        }
        if let Some(taken) = self.0.get(&path.collision_key()) {
            return Err(taken.path.clone());
        }
        self.insert(path.as_str(), false);
        Ok(())
    }

    fn insert(&mut self, path: &str, is_folder: bool) {
        self.0.insert(collision_key(path), Spelling { path: path.to_owned(), is_folder });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_one_disk_confuses_are_found() {
        for (first, second, taken) in [
            ("README", "readme", "README"),
            ("a/b", "A/c", "a"),
            ("a", "a/b", "a"),
            ("a/b", "a", "a"),
            ("x/y", "x/y", "x/y"),
            ("\u{e9}", "e\u{301}", "\u{e9}"),
        ] {
            let mut paths = Taken::default();
            paths.take(&SafePath::new(first).unwrap()).unwrap();
            assert_eq!(paths.take(&SafePath::new(second).unwrap()), Err(taken.to_owned()), "{first} {second}");
        }
    }

    #[test]
    fn neighbours_are_not_confused() {
        let mut paths = Taken::default();
        for path in ["a/b", "a/c", "ab", "a.b", "b/a"] {
            assert_eq!(paths.take(&SafePath::new(path).unwrap()), Ok(()), "{path}");
        }
    }
}
