//! What a change means for what runs: the page that is written for it, and what nobody does without being told.

use launchway_core::template::{Effect, Migrated, Ownership};
use launchway_core::{Context, Plan, PlannedFile, Project, SafePath, Template, Transition};

use super::UpdateRequest;
use super::answers::AnswerChange;
use crate::failure::{Exit, Failure};

/// What a change means, and where that is written down.
pub(crate) struct Transitions {
    pub(crate) all: Vec<Transition>,
    /// The page of this change, or of the last one where this changes nothing.
    pub(crate) page: Option<SafePath>,
}

impl Transitions {
    /// Finds out what a change means, and puts the page of it into the plan.
    pub(super) fn planned(
        project: &Project,
        migrated: &Migrated,
        made: (&Template, &Context),
        answers: &[AnswerChange],
        plan: &mut Plan,
    ) -> Result<Self, Failure> {
        let (template, context) = made;
        let all = template.transitions_of(&project.template.versions(), migrated, context)?;
        let file = if !answers.is_empty() || is_other_version(project, template) {
            template.transition_file(&all, context)?
        } else {
            last_page(project, template, context)?
        };
        let Some((path, file)) = file else { return Ok(Self { all, page: None }) };
        if plan.files.insert(path.clone(), file).is_some() {
            let message = format!("the template has a file `{path}` of its own, where what a change means is written");
            return Err(Failure::new(Exit::Template, message).hint("give `transitions` another path"));
        }
        Ok(Self { all, page: Some(path) })
    }

    /// Says why the change is not made: it cannot be, or it takes the service away and nobody has accepted that.
    pub(crate) fn refusal(&self, request: &UpdateRequest) -> Option<Failure> {
        self.refused().or_else(|| self.not_accepted(request))
    }

    /// Says why the change cannot be made, with the way around it.
    pub(super) fn refused(&self) -> Option<Failure> {
        let mut refused = self.all.iter().filter(|it| it.effect == Effect::Refused).peekable();
        refused.peek()?;
        let (texts, ways): (Vec<&str>, Vec<&str>) =
            refused.map(|it| (it.text.as_str(), it.instead.as_deref().unwrap_or_default())).unzip();
        let failure = Failure::new(Exit::Refused, format!("this cannot be changed in place: {}", texts.join(" ")));
        Some(ways.into_iter().fold(failure, Failure::hint))
    }

    fn not_accepted(&self, request: &UpdateRequest) -> Option<Failure> {
        let open: Vec<&Transition> = self.outages().filter(|it| !request.accept_outage.contains(&it.id)).collect();
        let texts: Vec<&str> = open.iter().map(|it| it.text.as_str()).collect();
        let flags: Vec<String> = open.iter().map(|it| format!("`--accept-outage={}`", it.id)).collect();
        (!open.is_empty()).then(|| {
            Failure::new(Exit::Refused, format!("the service would not answer for a while: {}", texts.join(" ")))
                .hint(format!("accept it with {}; `--dry-run` shows all that it takes", flags.join(" ")))
        })
    }

    fn outages(&self) -> impl Iterator<Item = &Transition> {
        self.all.iter().filter(|it| it.effect == Effect::Outage)
    }

    /// Names what was accepted and does not come with this change.
    pub(super) fn needless(&self, request: &UpdateRequest) -> Vec<String> {
        let is_needless = |id: &&String| !self.outages().any(|it| it.id == **id);
        let note = |id: &String| format!("this change brings no outage `{id}` to accept");
        request.accept_outage.iter().filter(is_needless).map(note).collect()
    }
}

/// Tells whether the versions of the templates are others than before.
fn is_other_version(project: &Project, template: &Template) -> bool {
    let now = launchway_core::Origin::of(template);
    project.template.version != now.version || project.template.extends != now.extends
}

/// Returns the page of the last change, which stays as long as there is no other one.
fn last_page(
    project: &Project,
    template: &Template,
    context: &Context,
) -> Result<Option<(SafePath, PlannedFile)>, Failure> {
    let Some(path) = template.transition_path(context)? else { return Ok(None) };
    let file = project.generated.get(&path).map(|blob| PlannedFile {
        bytes: blob.bytes.clone(),
        executable: blob.executable,
        ownership: Ownership::Merged,
    });
    Ok(file.map(|file| (path, file)))
}
