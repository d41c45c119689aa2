//! One record of two: that of a project which two branches have updated, in the middle of their merge or after it.
//!
//! Git has merged the files of the project, and cannot merge its record. What the files were generated as is merged like the
//! files themselves; then the template is rendered with the answers of both, and the project is updated to that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use launchway_core::{
    Added, Answers, Blob, Defaults, Interview, Origin, Project, ProjectError, Provenance, Remembered, SafePath, Side,
    Template, Value,
};
use semver::Version;

use super::UpdateRequest;
use super::merge::{MergePlace, Sides, merge_sides};
use super::request::MergeBy;
use crate::answers;
use crate::failure::{Exit, Failure};
use crate::git::Git;
use crate::repository::{not_run, unmerged};

/// The two states that were merged, and the one that both come from.
struct Revisions {
    base: Option<String>,
    ours: String,
    theirs: String,
}

/// The record on each side; none in the base if both sides have made it.
pub(super) struct Both {
    base: Option<Project>,
    ours: Project,
    theirs: Project,
}

/// Finds the records that have to be resolved, and the projects of the folder that are whole.
pub(super) fn find(root: &Path) -> Result<(Vec<String>, Vec<Project>), Failure> {
    let unmerged = unmerged(root).map_err(not_run)?;
    let is_unmerged = |name: &str| Project::record_files(name).iter().any(|file| unmerged.contains(file));
    let (mut broken, mut whole, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (name, opened) in Project::open_each(root).map_err(|error| vec![error])? {
        match opened {
            Err(ProjectError::Conflicted { .. } | ProjectError::NotTied { .. }) => broken.push(name),
            _ if is_unmerged(&name) => broken.push(name),
            Ok(project) => whole.push(project),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    if broken.is_empty() {
        return Err(Failure::new(Exit::Usage, "no record of the project has to be resolved")
            .hint("leave out `--resolve-record`"));
    }
    Ok((broken, whole))
}

impl Both {
    /// Reads a record from the two states that were merged.
    pub(super) fn open(root: &Path, name: &str) -> Result<Self, Failure> {
        let git = Git::of_user(root);
        let Revisions { base, ours, theirs } = Revisions::find(&git, name)?;
        let open = |revision: &str| {
            Project::open_from(name, |path| git.bytes(&["show", &format!("{revision}:./{path}")], &[]).ok())
        };
        let at = |revision: &str| open(revision).map_err(|error| Failure::from(vec![error]));
        Ok(Self { base: base.and_then(|base| open(&base).ok()), ours: at(&ours)?, theirs: at(&theirs)? })
    }

    /// Returns the side of whose template the version is newer: all that the other one has is in it.
    pub(super) fn newer(&self) -> &Project {
        let version = |project: &Project| project.template.version.parse::<Version>().ok();
        let is_as_before = |project: &Project| self.base.as_ref().is_some_and(|base| base.template == project.template);
        match version(&self.ours).cmp(&version(&self.theirs)) {
            std::cmp::Ordering::Less => &self.theirs,
            std::cmp::Ordering::Equal if is_as_before(&self.ours) => &self.theirs,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => &self.ours,
        }
    }

    /// Makes one project of both: as if one branch had done what the two have done.
    pub(super) fn joined(self, template: &Template, request: &UpdateRequest) -> Result<Project, Failure> {
        // The answers are in the words of the template of today: they are not migrated once more.
        let Origin { version, extends, .. } = Origin::of(template);
        let origin = Origin { version, extends, ..self.newer().template.clone() };
        let Answered { answers, defaults } = self.answers(template, request)?;
        let generated = self.generated(template, request)?;
        let Self { base, ours, theirs } = self;
        let yours = |project: &Project| project.remembered.yours.clone();
        let cloned = |(from, to): (&SafePath, &SafePath)| (from.clone(), to.clone());
        let remembered = Remembered {
            deleted: &ours.remembered.deleted | &theirs.remembered.deleted,
            yours: joined_sets(&base.as_ref().map(yours).unwrap_or_default(), &yours(&ours), &yours(&theirs)),
            conflicts: BTreeSet::new(),
            moved: theirs.remembered.moved.iter().chain(&ours.remembered.moved).map(cloned).collect(),
        };
        Ok(Project {
            template: origin,
            answers,
            defaults,
            generated,
            managed: &ours.managed | &theirs.managed,
            seeded: &ours.seeded | &theirs.seeded,
            remembered,
            ..ours
        })
    }

    /// Merges what the files were generated as. Where both have changed a line in different ways it is that of the branch
    /// which is checked out: the template's own text decides in the end.
    fn generated(&self, template: &Template, request: &UpdateRequest) -> Result<Side, Failure> {
        let none = Side::new();
        let base = self.base.as_ref().map_or(&none, |base| &base.generated);
        let sides = Sides { base, ours: &self.ours.generated, theirs: &self.theirs.generated };
        let mut resolution = merge_sides(&MergePlace::default(), &sides, "theirs", BTreeMap::new())?;
        if request.merge == MergeBy::Structure {
            // Two branches of one project merge by lines where only its rules for lists would help.
            resolution.merge_by_structure(&template.merges, &BTreeMap::new());
        }
        let mut files = resolution.files;
        for (path, conflict) in resolution.conflicts {
            match conflict.ours {
                Some(blob) => drop::<Option<Blob>>(files.insert(path, blob)),
                None => drop(files.remove(&path)),
            }
        }
        Ok(files)
    }

    /// Merges the answers, in the words of the template of today. Those of both sides that differ have to be given.
    fn answers(&self, template: &Template, request: &UpdateRequest) -> Result<Answered, Failure> {
        let given = given(template, request)?;
        let of = |project: &Project| -> Result<Answered, Failure> {
            let migrated = template.migrate_from(&project.template.versions(), project.answers.clone())?;
            let defaults = migrated.named(&project.defaults);
            Ok(Answered { answers: migrated.answers, defaults })
        };
        let base = self.base.as_ref().map(of).transpose()?.unwrap_or_default();
        let (ours, theirs) = (of(&self.ours)?, of(&self.theirs)?);
        let (mut joined, mut of_ours, mut undecided) = (Answered::default(), BTreeSet::new(), Vec::new());
        let ids: BTreeSet<&String> = ours.answers.keys().chain(theirs.answers.keys()).collect();
        for id in ids {
            let (mine, other) = (ours.answers.get(id), theirs.answers.get(id));
            let side = newer_answer(base.answers.get(id), ours.get(id), theirs.get(id)).unwrap_or_else(|| {
                undecided.extend(mine.cloned().zip(other.cloned()).map(|(mine, other)| (id.clone(), mine, other)));
                AnswerOf::Ours
            });
            let (value, is_default) = match side {
                AnswerOf::Ours => (mine, ours.defaults.contains(id)),
                AnswerOf::Theirs => (other, theirs.defaults.contains(id)),
            };
            joined.answers.extend(value.map(|value| (id.clone(), value.clone())));
            if is_default {
                joined.defaults.insert(id.clone());
            }
            if side == AnswerOf::Ours {
                of_ours.insert(id.clone());
            }
        }
        undecided.retain(|(id, ..)| !given.contains(id));
        if !undecided.is_empty() {
            return Err(not_decided(&undecided));
        }
        let side = |id: &str| if of_ours.contains(id) { &ours } else { &theirs };
        joined.follow(template, &self.ours.added, |id| &side(id).answers)?;
        Ok(joined)
    }
}

/// Answers, with the ids of those that nobody gave.
#[derive(Default)]
struct Answered {
    answers: BTreeMap<String, Value>,
    defaults: BTreeSet<String>,
}

impl Answered {
    /// Returns an answer, and whether somebody gave it.
    fn get(&self, id: &str) -> Option<(&Value, bool)> {
        self.answers.get(id).map(|value| (value, !self.defaults.contains(id)))
    }

    /// Lets the defaults follow the answers of both sides: each was made of those of one, which `side` returns.
    fn follow<'s>(
        &mut self,
        template: &Template,
        added: &Added,
        side: impl Fn(&str) -> &'s BTreeMap<String, Value>,
    ) -> Result<(), Failure> {
        for question in template.questions.iter().filter(|question| self.defaults.contains(&question.id)) {
            let then = default_with(template, added, side(&question.id), &question.id)?;
            let now = default_with(template, added, &self.answers, &question.id)?;
            if now != then {
                self.answers.extend(now.map(|now| (question.id.clone(), now)));
            }
        }
        Ok(())
    }
}

/// The side whose answer is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerOf {
    Ours,
    Theirs,
}

/// Finds the side that has changed an answer; none if somebody has given another one on each.
fn newer_answer(
    base: Option<&Value>,
    ours: Option<(&Value, bool)>,
    theirs: Option<(&Value, bool)>,
) -> Option<AnswerOf> {
    let (Some((mine, is_mine_given)), Some((other, is_other_given))) = (ours, theirs) else {
        return Some(if theirs.is_none() { AnswerOf::Ours } else { AnswerOf::Theirs });
    };
    if mine == other {
        // Where both say the same it was given if one of them has given it.
        return Some(if is_mine_given { AnswerOf::Ours } else { AnswerOf::Theirs });
    }
    if base == Some(other) {
        Some(AnswerOf::Ours)
    } else if base == Some(mine) {
        Some(AnswerOf::Theirs)
    } else {
        match (is_mine_given, is_other_given) {
            (_, false) => Some(AnswerOf::Ours),
            (false, true) => Some(AnswerOf::Theirs),
            (true, true) => None,
        }
    }
}

/// Returns the default of a question beside other answers.
fn default_with(
    template: &Template,
    added: &Added,
    answers: &BTreeMap<String, Value>,
    id: &str,
) -> Result<Option<Value>, Failure> {
    let mut given = Answers::default();
    given.join(added.clone());
    for (id, value) in answers {
        given.set(id, value.clone(), Provenance::Record);
    }
    Ok(Interview::new(template, &given, Defaults::All)?.default_for(id, &given)?)
}

/// Returns the ids of the answers that are given with the command.
fn given(template: &Template, request: &UpdateRequest) -> Result<BTreeSet<String>, Failure> {
    let mut given = Answers::default();
    answers::set(template, &request.set, &mut given)?;
    for path in &request.answers_files {
        answers::add_file(path, template, &mut given)?;
    }
    Ok(given.iter().map(|(id, ..)| id.to_owned()).collect())
}

fn not_decided(open: &[(String, Value, Value)]) -> Failure {
    let says = |(id, mine, other): &(String, Value, Value)| {
        format!("`{id}` is `{mine}` on the branch that is checked out and `{other}` on the other one")
    };
    let all: Vec<String> = open.iter().map(says).collect();
    let failure = Failure::new(Exit::Refused, format!("both branches have changed an answer: {}", all.join("; ")));
    open.iter().fold(failure, |failure, (id, mine, other)| {
        failure.hint(format!("say which it is: `--set {id}={mine}` or `--set {id}={other}`"))
    })
}

/// Merges two sets that come from one.
fn joined_sets(
    base: &BTreeSet<SafePath>,
    ours: &BTreeSet<SafePath>,
    theirs: &BTreeSet<SafePath>,
) -> BTreeSet<SafePath> {
    let stays = |path: &&SafePath| !base.contains(*path) || ours.contains(*path) && theirs.contains(*path);
    ours.union(theirs).filter(stays).cloned().collect()
}

impl Revisions {
    /// Finds the states that are being merged; or, where the merge was committed as it was, those of the last one.
    fn find(git: &Git, name: &str) -> Result<Self, Failure> {
        let commit = |name: &str| git.text(&["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")]).ok();
        let merge_base = |ours: &str, theirs: &str| git.text(&["merge-base", ours, theirs]).ok();
        let head = commit("HEAD").unwrap_or_default();
        if let Some(theirs) = commit("MERGE_HEAD") {
            return Ok(Self { base: merge_base(&head, &theirs), ours: head, theirs });
        }
        for picked in ["REBASE_HEAD", "CHERRY_PICK_HEAD"] {
            if let Some(theirs) = commit(picked) {
                return Ok(Self { base: commit(&format!("{theirs}^")), ours: head, theirs });
            }
        }
        if let Some(base) = commit("REVERT_HEAD") {
            let theirs = commit(&format!("{base}^")).unwrap_or_default();
            return Ok(Self { base: Some(base), ours: head, theirs });
        }
        let record = Project::record_files(name);
        let words = ["rev-list", "--merges", "--full-history", "--max-count=1", "HEAD", "--"];
        let words: Vec<&str> = words.into_iter().chain(record.iter().map(SafePath::as_str)).collect();
        let last = git.text(&words).ok().filter(|commit| !commit.is_empty());
        let parents = last.and_then(|last| Some((commit(&format!("{last}^1"))?, commit(&format!("{last}^2"))?)));
        match parents {
            Some((ours, theirs)) => Ok(Self { base: merge_base(&ours, &theirs), ours, theirs }),
            None => Err(Failure::new(Exit::Refused, "git does not know of which two states the record was merged")
                .hint("restore a whole one: `git log -- .launchway` lists the commits that have one")),
        }
    }
}
