//! Files that a newer version of a template has elsewhere.

use super::{Planner, turns_of};
use crate::interview::context::Context;
use crate::language::problem::Problem;
use crate::path::SafePath;
use crate::template::Template;
use crate::template::migration::{Migrated, Path};

impl Template {
    /// Renders the paths of moved files with the answers of today, each from the old path to the new one: once, or
    /// once for every turn of the file's `each`.
    ///
    /// # Errors
    /// A path cannot be rendered, or is not safe.
    pub fn rendered_moves(&self, context: &Context, migrated: &Migrated) -> Result<Vec<(SafePath, SafePath)>, Problem> {
        let mut rendered = Vec::new();
        let planner = Planner::new(self, context)?;
        for (from, to) in &migrated.moves {
            let (Some(from), Some(to)) = (self.moved_path(from), self.moved_path(to)) else { continue };
            let turns = match self.files.iter().find(|file| file.path == to.text) {
                Some(file) => turns_of(self, context, file)?,
                None => vec![context.data().into()],
            };
            for data in turns {
                let path = |path: &Path| {
                    let text = self.engine.render(&path.compiled, &data)?;
                    SafePath::new(&planner.placed(&text)).map_err(|error| path.compiled.problem(format!("the {error}")))
                };
                rendered.push((path(from)?, path(to)?));
            }
        }
        Ok(rendered)
    }
}
