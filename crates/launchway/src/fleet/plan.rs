//! The plan of a campaign: every repository with its head, and what it has. Nothing in it is of this machine or this hour but
//! the addresses.

use std::collections::BTreeSet;
use std::path::Path;

use launchway_core::{CommitTree, Project, ProjectError, SafePath, UnsafePath};
use serde::{Deserialize, Serialize};

use super::digest::{of_bytes, of_parts};
use super::listing::{Listed, list, unreachable};
use super::record::{answers_digest, owner, projects, record_digest};
use super::repository::{Address, Head, OpenRepository, Unusable};
use super::settings::{Select, Settings};
use super::template::{FleetTemplate, PlannedTemplate};
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::report::json;

const SCHEMA: &str = "launchway.fleet-plan/1";

/// How many digits of its digest name a campaign.
const CAMPAIGN_DIGITS: usize = 12;

/// What stands in the place of the digest while it is computed.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The most bytes of a plan: a project takes some 450 of them.
const MAX_BYTES: u64 = 512 << 20;

/// What is to be done with a fleet.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FleetPlan {
    schema: String,
    /// The SHA-256 of this file with zeros in the place of it.
    sha256: String,
    /// Twelve digits that name the same template, version and projects.
    pub(crate) campaign: String,
    pub(super) template: PlannedTemplate,
    /// Sorted by the SHA-256 of their ids, so that each shard has some of all teams.
    pub(super) repositories: Vec<PlannedProject>,
    /// What takes no part, and why.
    pub(super) left_out: Vec<LeftOut>,
}

/// A project that takes part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedProject {
    /// The id of the repository, with `#` and the name of the project if there are more at its top, or `#FOLDER/NAME` below that.
    pub(super) id: String,
    /// The folder of the repository in which its record stands, if that is not the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    pub(super) url: String,
    pub(super) branch: Option<String>,
    pub(super) head: String,
    pub(super) project: String,
    pub(super) record_sha256: String,
    /// The version that it has.
    pub(super) from: String,
    pub(super) answers_sha256: String,
    pub(super) owner: Option<String>,
}

/// A repository, or a project of one, that takes no part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftOut {
    pub(super) id: String,
    pub(super) state: LeftOutState,
    pub(super) reason: String,
}

/// Why something takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LeftOutState {
    Archived,
    Duplicate,
    Empty,
    Fork,
    NewerVersion,
    NoRecord,
    NotSelected,
    OtherTemplate,
    Unreachable,
    UnusableRecord,
}

impl LeftOutState {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Archived => "archived",
            Self::Duplicate => "duplicate",
            Self::Empty => "empty",
            Self::Fork => "fork",
            Self::NewerVersion => "newer-version",
            Self::NoRecord => "no-record",
            Self::NotSelected => "not-selected",
            Self::OtherTemplate => "other-template",
            Self::Unreachable => "unreachable",
            Self::UnusableRecord => "unusable-record",
        }
    }
}

impl PlannedProject {
    /// Returns where the repository is, and what was checked out there.
    pub(super) fn place(&self) -> Result<(Address, Head), String> {
        let address = Address::parse(&self.url, Path::new("/"))?;
        Ok((address, Head { branch: self.branch.clone(), commit: self.head.clone() }))
    }

    /// Returns the folder of the repository in which its record stands; nothing, if that is the top.
    pub(super) fn folder(&self) -> Result<Option<SafePath>, UnsafePath> {
        self.folder.as_deref().map(SafePath::new).transpose()
    }

    /// Returns the branch of its update. Others of the repository have another one: beside it at the top, or in other folders.
    pub(super) fn update_branch(&self, template: &str) -> String {
        let is_alone = self.folder.is_none() && !self.id.ends_with(&format!("#{}", self.project));
        let place = self.folder.as_ref().map(|folder| format!("-{}", &of_bytes(folder.as_bytes())[..8]));
        let own = if is_alone { String::new() } else { format!("-{}{}", self.project, place.unwrap_or_default()) };
        format!("launchway/{template}{own}")
    }

    /// Returns the name of the result: another head, template or answer has another one.
    pub(super) fn key(&self, plan: &FleetPlan) -> String {
        let parts = [&plan.campaign, &self.id, &self.head, &plan.template.digest, &self.answers_sha256];
        of_parts(parts.map(String::as_bytes))
    }
}

/// Plans a campaign.
pub(crate) fn planned(settings: &Settings, options: &FetchOptions) -> Result<FleetPlan, Failure> {
    let template = FleetTemplate::load(&settings.template, settings.to.as_deref(), options)?;
    let mut listed = Vec::new();
    for source in &settings.sources {
        listed.extend(list(source)?);
    }
    let (mut repositories, mut left_out) = (Vec::new(), Vec::new());
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for Listed { id, address } in listed {
        let place = address.as_ref().ok().and_then(Address::place);
        if ids.contains(&id) || place.as_ref().is_some_and(|place| places.contains(place)) {
            let twice = "the repository is listed twice, or another one has the same id".to_owned();
            left_out.push(LeftOut { id, state: LeftOutState::Duplicate, reason: twice });
            continue;
        }
        ids.insert(id.clone());
        places.extend(place);
        for found in of_repository(&id, address, &template, &settings.select) {
            match found {
                Ok(project) => repositories.push(project),
                Err(left) => left_out.push(left),
            }
        }
    }
    repositories.sort_by_cached_key(|it: &PlannedProject| of_bytes(it.id.as_bytes()));
    left_out.sort_by(|left, right| (left.state, &left.id).cmp(&(right.state, &right.id)));
    let ids = repositories.iter().map(|it| it.id.as_bytes());
    let about = [template.planned.digest.as_bytes(), template.planned.to.as_bytes()];
    let campaign = of_parts(about.into_iter().chain(ids))[..CAMPAIGN_DIGITS].to_owned();
    let (schema, template) = (SCHEMA.to_owned(), template.planned);
    Ok(FleetPlan { schema, sha256: String::new(), campaign, template, repositories, left_out })
}

/// Finds the projects of a repository, and says of each that takes no part why.
fn of_repository(
    id: &str,
    address: Result<Address, (LeftOutState, String)>,
    template: &FleetTemplate,
    select: &Select,
) -> Vec<Result<PlannedProject, LeftOut>> {
    match read_projects(id, address, template, select) {
        Ok(projects) => projects,
        Err((state, reason)) => vec![Err(LeftOut { id: id.to_owned(), state, reason })],
    }
}

/// Reads the records of a repository at its head.
fn read_projects(
    id: &str,
    address: Result<Address, (LeftOutState, String)>,
    template: &FleetTemplate,
    select: &Select,
) -> Result<Vec<Result<PlannedProject, LeftOut>>, (LeftOutState, String)> {
    let address = address?;
    let url = address.shown().ok_or_else(|| unreachable("its path is no text".to_owned()))?;
    let head = address.head().map_err(|unusable| match unusable {
        Unusable::Empty => (LeftOutState::Empty, "nothing is committed".to_owned()),
        Unusable::Unreachable(reason) => unreachable(reason),
    })?;
    let repository = OpenRepository::open(&address, &head, false).map_err(|error| unreachable(error.message()))?;
    let entries = repository.entries(&head.commit).map_err(|error| unreachable(error.to_string()))?;
    let read = |object: &str, most| repository.content(object, most);
    let tree = CommitTree::new(entries, &read);
    let folders = tree.folders_with_records();
    if folders.is_empty() {
        return Err((LeftOutState::NoRecord, "there is no record of launchway in it".to_owned()));
    }
    let repository = PlannedRepository { id, url, head, template, select };
    Ok(folders.iter().flat_map(|folder| repository.in_folder(folder.as_deref(), &tree)).collect())
}

/// A repository whose records are read.
struct PlannedRepository<'r> {
    id: &'r str,
    url: String,
    head: Head,
    template: &'r FleetTemplate,
    select: &'r Select,
}

impl PlannedRepository<'_> {
    /// Reads the records of a folder, or of the top. What is wrong with them is not wrong with those of other folders.
    fn in_folder(&self, folder: Option<&str>, tree: &CommitTree<'_>) -> Vec<Result<PlannedProject, LeftOut>> {
        let id = folder.map_or_else(|| self.id.to_owned(), |folder| format!("{}#{folder}", self.id));
        let unusable = |reason| vec![Err(LeftOut { id: id.clone(), state: LeftOutState::UnusableRecord, reason })];
        let folder = match folder.map(SafePath::new).transpose() {
            Ok(folder) => folder,
            Err(error) => return unusable(error.to_string()),
        };
        let below = folder.as_ref().map(|folder| tree.within(folder));
        let tree = below.as_ref().unwrap_or(tree);
        match projects(tree) {
            Ok(all) => {
                let has_one = folder.is_none() && all.len() == 1;
                all.iter().map(|project| self.planned(project, (folder.as_ref(), tree), has_one)).collect()
            }
            Err(errors) => unusable(reasons(&errors)),
        }
    }

    fn planned(
        &self,
        project: &Project,
        (folder, tree): (Option<&SafePath>, &CommitTree<'_>),
        has_one: bool,
    ) -> Result<PlannedProject, LeftOut> {
        let id = match folder {
            None if has_one => self.id.to_owned(),
            None => format!("{}#{}", self.id, project.name),
            Some(folder) => format!("{}#{folder}/{}", self.id, project.name),
        };
        take(&id, project, self.template, self.select)?;
        Ok(PlannedProject {
            id,
            folder: folder.map(ToString::to_string),
            url: self.url.clone(),
            branch: self.head.branch.clone(),
            head: self.head.commit.clone(),
            project: project.name.clone(),
            record_sha256: record_digest(tree, project),
            from: project.template.version.clone(),
            answers_sha256: answers_digest(project),
            owner: owner(project).map(str::to_owned),
        })
    }
}

fn reasons(errors: &[ProjectError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Tells whether a project takes part, or why not.
fn take(id: &str, project: &Project, template: &FleetTemplate, select: &Select) -> Result<(), LeftOut> {
    let left = |state, reason: String| Err(LeftOut { id: id.to_owned(), state, reason });
    let origin = &project.template;
    if !template.made(project) {
        return left(
            LeftOutState::OtherTemplate,
            format!("it was made from the template `{}` ({})", origin.id, origin.source.id()),
        );
    }
    if template.is_older_than(project) {
        return left(LeftOutState::NewerVersion, format!("it is at version {} already", origin.version));
    }
    if !select.takes(id, owner(project), &project.answers) {
        return left(LeftOutState::NotSelected, "`[select]` does not take it".to_owned());
    }
    Ok(())
}

impl FleetPlan {
    /// Returns how many projects take part.
    pub(crate) fn len(&self) -> usize {
        self.repositories.len()
    }

    /// Returns how many projects are in a repository that is a folder of this machine.
    pub(crate) fn local(&self) -> usize {
        let is_local = |it: &&PlannedProject| matches!(it.place(), Ok((Address::Local(_), _)));
        self.repositories.iter().filter(is_local).count()
    }

    /// Returns how many repositories and projects take no part, for each reason.
    pub(crate) fn left_out_counts(&self) -> Vec<(&'static str, usize)> {
        let states: BTreeSet<LeftOutState> = self.left_out.iter().map(|left| left.state).collect();
        let count = |state| self.left_out.iter().filter(|left| left.state == state).count();
        states.into_iter().map(|state| (state.id(), count(state))).collect()
    }

    /// Writes the plan as its file has it, with the digest of that.
    pub(crate) fn to_text(&self) -> String {
        let blank = json(self).replacen("\"sha256\": \"\"", &format!("\"sha256\": \"{NO_DIGEST}\""), 1);
        let digest = of_bytes(blank.as_bytes());
        blank.replacen(NO_DIGEST, &digest, 1)
    }

    /// Reads a plan, which has to be as it was written.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::new(Exit::NotAsWritten, format!("cannot read the plan `{}`: {error}", path.display()))
                .hint("`launchway fleet plan FLEET.toml -o plan.json` writes one")
        };
        if path.metadata().map_err(cannot)?.len() > MAX_BYTES {
            return Err(not_as_written(path, &format!("it is larger than {} MiB", MAX_BYTES >> 20)));
        }
        let text = std::fs::read_to_string(path).map_err(cannot)?;
        let plan: Self = serde_json::from_str(&text).map_err(|error| not_as_written(path, &error.to_string()))?;
        if plan.schema != SCHEMA {
            return Err(not_as_written(
                path,
                &format!("its schema is `{}`, and this launchway knows `{SCHEMA}`", plan.schema),
            ));
        }
        if plan.sha256.len() != NO_DIGEST.len()
            || of_bytes(text.replacen(&plan.sha256, NO_DIGEST, 1).as_bytes()) != plan.sha256
        {
            return Err(not_as_written(path, "it was changed after it was written"));
        }
        // Files that somebody signs are made of it.
        if plan.campaign.len() != CAMPAIGN_DIGITS || !plan.campaign.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(not_as_written(path, "its campaign is no digest"));
        }
        Ok(plan)
    }
}

fn not_as_written(path: &Path, fault: &str) -> Failure {
    Failure::new(Exit::NotAsWritten, format!("`{}` is no plan to work by: {fault}", path.display()))
        .hint("plan the fleet again, and leave the file as it is")
}
