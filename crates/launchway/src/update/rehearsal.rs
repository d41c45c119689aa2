//! An update of a project that is not in git, as the test cases of a template play it: computed, and written nowhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use launchway_core::{Defaults, FileChange, Interview, Plan, Template, Update, Wishes};

use super::answers;
use super::conflicts;
use super::merge::{MergePlace, merge};
use super::prepared::in_the_way;
use super::request::UpdateRequest;
use super::transitions::Transitions;
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::projects;

/// Returns what an update would do with every file of the project of a folder, where the defaults are taken of what nobody
/// answers.
pub(crate) fn rehearse(
    folder: &Path,
    template: &Template,
    answers_file: Option<PathBuf>,
) -> Result<Vec<FileChange>, Failure> {
    let project = projects::only(projects::open(folder)?, None)?;
    let request = UpdateRequest {
        answers_files: answers_file.into_iter().collect(),
        ..UpdateRequest::preview(folder, FetchOptions::default())
    };
    let (known, migrated) = answers::gather(template, &project, None, &request)?;
    let interview = Interview::new(template, &known.answers, Defaults::All)?;
    if !interview.problems.is_empty() {
        return Err(interview.problems.clone().into());
    }
    let context = interview.context()?.ok_or_else(|| {
        let open: Vec<_> = interview.open.iter().map(|(question, _)| format!("`{}`", question.id)).collect();
        Failure::new(Exit::Usage, format!("there is no answer for {}", open.join(", ")))
            .hint("add it to `answers.toml`, or to the migration")
    })?;
    let mut plan = Plan::new(template, &context)?;
    let changed = answers::changed(&project, &context);
    Transitions::planned(&project, &migrated, (template, &context), &changed, &mut plan)?;
    let wishes = Wishes { moves: template.rendered_moves(&context, &migrated)?, ..Wishes::default() };
    let update = Update::new(folder.into(), &project, &plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
    let label = format!("{}-{}", template.id, template.version);
    let mut resolution = merge(&MergePlace::default(), &update, &label, BTreeMap::new())?;
    update.contest(&mut resolution);
    conflicts::settle(&update, (folder.into(), &project), (template, &plan), &mut resolution, &request)?;
    update.changes(folder.into(), &resolution).map_err(|obstacles| in_the_way(&obstacles))
}
