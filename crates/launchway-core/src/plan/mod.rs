//! The plan: every file of a project, rendered and checked, before anything is written.

mod budget;
mod moves;
pub(crate) mod output;
pub(crate) mod transitions;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use semver::Version;
use serde_json::Value as Json;

use crate::agreement::{self, Agreement, Reading};
use crate::cargo_lock;
use crate::interview::context::Context;
use crate::language::engine::{Compiled, Data, Expression};
use crate::language::problem::Invalid;
use crate::language::problem::{Location, Problem, none_or_invalid};
use crate::parallel;
use crate::path::SafePath;
use crate::path::collisions::Taken;
use crate::path::{RECORD_FOLDER, collision_key};
use crate::template::add::{AddRules, Move, below};
use crate::template::question::AnswerProblem;
use crate::template::{
    Advisory, AgreementRule, CompiledFile, Each, FileRule, Order, Ownership, PlaceRule, ReadingRule, RepositoryNeed,
    SourceFile, Template, unchecked,
};
use budget::{Budget, MAX_TURNS};
use output::{Output, OutputProblem};

/// Every file of a project, and what to say about them. The same context and template give the same plan.
#[derive(Debug)]
pub struct Plan {
    /// The name of the project.
    pub name: String,
    /// The folder that the project is of a larger repository, below whose root all paths are then; empty otherwise.
    pub folder: String,
    /// The files, sorted by path.
    pub files: BTreeMap<SafePath, PlannedFile>,
    /// The files of which a repository has one for all that is in it: one that is there stays.
    pub shared: BTreeSet<SafePath>,
    /// The names that files have in a new project which is a repository of its own, for those that have another one here.
    pub known_as: BTreeMap<SafePath, SafePath>,
    /// The files of the workspace, as a new project would have them, when the service is added to one: they are there
    /// already and not written, but say what the service relies on. Empty for a new project.
    pub workspace: BTreeMap<SafePath, PlannedFile>,
    /// The values that must stay the same in several files.
    pub agreements: Vec<Agreement>,
    /// What the files create in the cloud or the cluster.
    pub objects: Vec<Object>,
    /// What to run next.
    pub next_steps: Vec<NextStep>,
}

/// A file that will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// Whether the file can be run.
    pub executable: bool,
    /// Who it belongs to from then on.
    pub ownership: Ownership,
}

impl PlannedFile {
    /// Returns the content if it is text: UTF-8 without a NUL character.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

/// Something that the files create in the cloud or the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its kind, in the platform's own words.
    pub kind: String,
    /// What it is for, in one line.
    pub purpose: String,
}

/// The message of the commit with which a project begins.
pub const FIRST_COMMIT: &str = "Start from the launchway template";

/// A command to run next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// The command line.
    pub command: String,
    /// What it does.
    pub purpose: String,
    needs: Vec<RepositoryNeed>,
}

/// The repository of a project, as far as the next steps hang on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Whether the project stands at its top.
    pub is_own: bool,
    /// Whether it has the remote `origin`.
    pub has_remote: bool,
}

impl NextStep {
    /// Tells whether the step can be run in such a repository.
    #[must_use]
    pub fn suits(&self, repository: RepositoryFacts) -> bool {
        self.needs.iter().all(|need| match need {
            RepositoryNeed::Own => repository.is_own,
            RepositoryNeed::Remote => repository.has_remote,
            RepositoryNeed::NoRemote => !repository.has_remote,
        })
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The template is at fault.
    #[error(transparent)]
    Template(#[from] Invalid),
    /// Answers have a character that no file can have where they stand in one as they are.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Answers(Vec<AnswerProblem>),
    /// The output does not pass its checks.
    #[error("the generated output failed its checks: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Output(Vec<OutputProblem>),
}

impl Plan {
    /// Renders every file that the answers select, and checks all of them.
    ///
    /// # Errors
    /// A fault of the template, or output that does not pass the checks: unreadable YAML, JSON, TOML or HCL, an agreement
    /// that does not hold, wrong line ends, two paths that a disk may take for one.
    pub fn new(template: &Template, context: &Context) -> Result<Self, PlanError> {
        let planner = Planner::new(template, context).map_err(Invalid::from)?;
        let files = planner.render_all()?;
        let agreements = planner.agreements()?;
        let output = Output::new(files.iter().map(|(path, it)| (path, &it.file, it.is_checked)));
        let unwritable = output.unwritable_answers(template, context);
        if !unwritable.is_empty() {
            return Err(PlanError::Answers(unwritable));
        }
        let mut faults = output.faults();
        if faults.is_empty() {
            faults = output.disagreements(&agreements);
        }
        if !faults.is_empty() {
            faults.sort();
            return Err(PlanError::Output(faults));
        }
        let (objects, next_steps) = (planner.objects()?, planner.next_steps()?);
        let shared = files.iter().filter(|(_, it)| it.is_shared).map(|(path, _)| path.clone()).collect();
        let in_new_project = |path: &SafePath| {
            let known_as = planner.place_in_new_project(path.as_str()).filter(|known_as| *known_as != path.as_str())?;
            Some((path.clone(), SafePath::new(&known_as).ok()?))
        };
        let known_as = files.keys().filter_map(in_new_project).collect();
        let (workspace, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, it)| it.is_of_workspace);
        let [workspace, files] =
            [workspace, files].map(|files| files.into_iter().map(|(path, rendered)| (path, rendered.file)).collect());
        let (name, folder) = (context.name.clone(), planner.folder.trim_end_matches('/').to_owned());
        Ok(Self { name, folder, files, shared, known_as, workspace, agreements, objects, next_steps })
    }

    /// Returns the values that agree, by the id of their agreement and place by place.
    #[must_use]
    pub fn agreed(&self) -> BTreeMap<&str, Vec<Vec<String>>> {
        Output::new(self.files.iter().map(|(path, file)| (path, file, true))).values(&self.agreements)
    }

    /// Returns what a template says of its older versions that a project was made of, as far as its answers are
    /// concerned, the worst first. `versions` has the version of every template by its id.
    ///
    /// # Errors
    /// The template is at fault.
    pub fn advisories(
        template: &Template,
        context: &Context,
        versions: &BTreeMap<String, Version>,
    ) -> Result<Vec<Advisory>, Invalid> {
        let planner = Planner::new(template, context)?;
        let mut advisories = Vec::new();
        for rule in template.advisories() {
            if let Some(advisory) = rule.of_project(versions)
                && planner.is_true(rule.when.as_ref())?
            {
                advisories.push(advisory.clone());
            }
        }
        advisories.sort_by_key(|advisory| Reverse(advisory.severity));
        Ok(advisories)
    }
}

/// A file with what the checks need to know about it.
pub(crate) struct Rendered {
    pub(crate) file: PlannedFile,
    /// Whether the checks on what was rendered hold for it.
    is_checked: bool,
    is_of_workspace: bool,
    is_shared: bool,
}

/// Returns what a file sees in each of its turns; none if the answers leave the file out.
pub(crate) fn turns_of<'c>(
    template: &Template,
    context: &'c Context,
    file: &SourceFile,
) -> Result<Vec<Cow<'c, Data>>, Problem> {
    let planner = Planner::new(template, context)?;
    let rules: Vec<&FileRule> = template.rules_for(file).collect();
    if planner.selects(&rules)? { planner.turns(each_of(&rules)) } else { Ok(Vec::new()) }
}

fn each_of<'t>(rules: &[&'t FileRule]) -> &'t [Each] {
    rules.iter().map(|rule| rule.each.as_slice()).find(|each| !each.is_empty()).unwrap_or_default()
}

/// Renders the files of a template one by one, for one set of answers.
pub(crate) struct Planner<'t, 'c> {
    pub(crate) template: &'t Template,
    pub(crate) context: &'c Context,
    /// How the service is added to a workspace; `None` for a new project.
    add: Option<&'t AddRules>,
    /// Where files go that stand elsewhere in a new project.
    moves: Vec<(String, String)>,
    /// Where files go that belong to the root of the repository.
    root_moves: Vec<(String, String)>,
    /// The folder that the project is of a larger repository, with `/` at its end.
    folder: String,
    /// The conditions that were evaluated, by their text: many rules share theirs.
    truths: Mutex<HashMap<String, bool>>,
    budget: Budget,
}

impl<'t, 'c> Planner<'t, 'c> {
    pub(crate) fn new(template: &'t Template, context: &'c Context) -> Result<Self, Problem> {
        let add = template.add.as_ref().filter(|add| context.added.contains_key(&add.value));
        let folder = template.repository.as_ref().and_then(|it| context.added.get(&it.folder));
        let is_elsewhere = add.is_some() || folder.is_some();
        let mut planner = Self {
            template,
            context,
            add,
            moves: Vec::new(),
            root_moves: Vec::new(),
            folder: folder.map_or_else(String::new, |folder| format!("{folder}/")),
            truths: Mutex::default(),
            budget: Budget::default(),
        };
        let is_of_workspace = |it: &Move| {
            let file = template.files.iter().find(|file| file.path == it.source);
            add.zip(file).is_some_and(|(add, file)| add.is_of_workspace(file))
        };
        let of_repository = template.rules.iter().filter_map(|rule| rule.repository.as_ref());
        let of_repository = of_repository.filter(|it| is_elsewhere && !is_of_workspace(it));
        planner.moves = planner.rendered(add.iter().flat_map(|add| &add.moves))?;
        planner.root_moves = planner.rendered(of_repository)?;
        Ok(planner)
    }

    /// Renders from where and to where files move.
    fn rendered<'m>(&self, moves: impl Iterator<Item = &'m Move>) -> Result<Vec<(String, String)>, Problem> {
        let render = |text| self.render(text, self.context.data());
        moves.map(|it| Ok((render(&it.from)?, render(&it.to)?))).collect()
    }

    /// Renders a text within the budget of the project.
    pub(crate) fn render(&self, text: &Compiled, data: &Data) -> Result<String, Problem> {
        let engine = &self.template.engine;
        self.budget.take_steps(engine.steps(text, data)?).map_err(|message| text.problem(message))?;
        engine.render_counted(text, data)
    }

    /// Returns where a file stands: elsewhere than in a new project, if the service is added to a workspace.
    fn placed(&self, path: &str) -> String {
        let in_moves = |moves: &[(String, String)]| {
            moves.iter().find_map(|(from, to)| Some(format!("{to}{}", below(path, from)?)))
        };
        let in_project = || in_moves(&self.moves).unwrap_or_else(|| path.to_owned());
        in_moves(&self.root_moves).unwrap_or_else(|| self.in_folder(&in_project()))
    }

    /// Returns where a path of the project stands below the root of the repository.
    fn in_folder(&self, path: &str) -> String {
        format!("{}{path}", self.folder)
    }

    /// Returns where a file of the service stands in a new project; `None` for a file of another service.
    pub(crate) fn place_in_new_project(&self, path: &str) -> Option<String> {
        let back = |moves: &[(String, String)], path: &str| {
            moves.iter().find_map(|(from, to)| Some(format!("{from}{}", below(path, to)?)))
        };
        if let Some(back) = back(&self.root_moves, path) {
            return Some(back);
        }
        let path = path.strip_prefix(&self.folder)?;
        let is_of_first = self.moves.iter().chain(&self.root_moves).any(|(from, _)| below(path, from).is_some());
        back(&self.moves, path).or_else(|| (!is_of_first).then(|| path.to_owned()))
    }

    /// Tells whether a file belongs to the workspace that the service is added to.
    pub(crate) fn is_of_workspace(&self, file: &SourceFile) -> bool {
        self.add.is_some_and(|add| add.is_of_workspace(file))
    }

    /// Renders the files under safe paths that no disk takes for one another.
    fn render_all(&self) -> Result<BTreeMap<SafePath, Rendered>, Invalid> {
        let mut files = BTreeMap::new();
        let mut taken = Taken::default();
        let mut problems = Vec::new();
        let sources = &self.template.files;
        for (source, rendered) in sources.iter().zip(parallel::map(sources, |source| self.render_file(source))) {
            let rendered = rendered.unwrap_or_else(|invalid| {
                problems.extend(invalid.problems);
                Vec::new()
            });
            for (path, rendered) in rendered {
                match checked_path(&path, &mut taken) {
                    Ok(path) => drop(files.insert(path, rendered)),
                    Err(message) => problems.push(Problem::new(Location::file(&source.place()), message)),
                }
            }
        }
        problems.extend(repositories(&files));
        none_or_invalid(problems)?;
        Ok(files)
    }

    /// Renders a file once, or once for every element of its `each`; not at all if a rule's condition is false.
    pub(crate) fn render_file(&self, file: &SourceFile) -> Result<Vec<(String, Rendered)>, Invalid> {
        let rules: Vec<&FileRule> = self.template.rules_for(file).collect();
        if !self.selects(&rules)? {
            return Ok(Vec::new());
        }
        let compiled = self.template.compile(file).map_err(|problems| Invalid { problems })?;
        let render = |data: &Cow<'_, Data>| self.render_turn(file, &rules, compiled, data);
        Ok(self.turns(each_of(&rules))?.iter().map(render).collect::<Result<_, _>>()?)
    }

    /// Tells whether the conditions of all the rules that match a file are true.
    fn selects(&self, rules: &[&FileRule]) -> Result<bool, Problem> {
        for rule in rules {
            if !self.is_true(rule.when.as_ref())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn render_turn(
        &self,
        file: &SourceFile,
        rules: &[&FileRule],
        compiled: &CompiledFile,
        data: &Data,
    ) -> Result<(String, Rendered), Problem> {
        let path = match &compiled.path {
            Some(template) => self.render(template, data)?,
            None => file.path.clone(),
        };
        let bytes: Cow<'static, [u8]> = match &compiled.text {
            Some(template) => self.render(template, data)?.into_bytes().into(),
            None => file.bytes().into_owned().into(),
        };
        let too_large = |message| Problem::new(Location::file(&file.place()), message);
        self.budget.take_bytes(bytes.len()).map_err(too_large)?;
        let ordered = rules.iter().any(|rule| rule.order == Some(Order::CargoLock));
        let bytes = if ordered { in_cargo_order(bytes) } else { bytes };
        let is_checked = compiled.text.is_some() && unchecked(rules).is_none();
        let is_of_workspace = self.is_of_workspace(file);
        let path = if is_of_workspace { self.in_folder(&path) } else { self.placed(&path) };
        let planned = PlannedFile {
            bytes,
            executable: file.is_executable(rules),
            ownership: rules.iter().rev().find_map(|rule| rule.ownership).unwrap_or_default(),
        };
        let is_shared = !self.folder.is_empty() && rules.iter().any(|rule| rule.shared);
        Ok((path, Rendered { file: planned, is_checked, is_of_workspace, is_shared }))
    }

    /// Returns the values that are seen in each turn: one turn, or one for every combination of the lists' elements.
    pub(crate) fn turns(&self, each: &[Each]) -> Result<Vec<Cow<'c, Data>>, Problem> {
        if each.is_empty() {
            return Ok(vec![Cow::Borrowed(self.context.data())]);
        }
        let mut turns: Vec<Vec<(&str, String)>> = vec![Vec::new()];
        for Each { list, element } in each {
            let elements = self.elements(list)?;
            let count = turns.len().saturating_mul(elements.len());
            if count > MAX_TURNS {
                let problem =
                    Problem::new(list.place(), format!("the lists of `each` make more than {MAX_TURNS} turns"));
                return Err(problem.hint("name fewer lists, or shorter ones"));
            }
            self.budget.take_steps(count as u64).map_err(|message| Problem::new(list.place(), message))?;
            let mut longer = Vec::new();
            for turn in turns {
                longer.extend(
                    elements
                        .iter()
                        .map(|value| turn.iter().cloned().chain([(element.as_str(), value.clone())]).collect()),
                );
            }
            turns = longer;
        }
        let data = |turn: &Vec<(&str, String)>| {
            Cow::Owned(self.context.data_with(turn.iter().map(|(name, value)| (*name, value.as_str()))))
        };
        Ok(turns.iter().map(data).collect())
    }

    pub(crate) fn is_true(&self, when: Option<&Expression>) -> Result<bool, Problem> {
        let Some(when) = when else { return Ok(true) };
        let truths = || self.truths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = truths().get(when.text.as_str()) {
            return Ok(*known);
        }
        let data = self.context.data_for(when.names());
        let is_true = self.template.engine.evaluate(when, &data)? == Json::Bool(true);
        truths().insert(when.text.clone(), is_true);
        Ok(is_true)
    }

    fn elements(&self, list: &Expression) -> Result<Vec<String>, Problem> {
        let value = self.template.engine.evaluate(list, &self.context.data_for(list.names()))?;
        let elements = value.as_array().cloned().unwrap_or_default();
        Ok(elements.into_iter().filter_map(|element| element.as_str().map(str::to_owned)).collect())
    }

    fn objects(&self) -> Result<Vec<Object>, Invalid> {
        let mut objects = Vec::new();
        for rule in &self.template.objects {
            if self.is_true(rule.when.as_ref())? {
                let purpose = self.template.purpose(rule)?;
                let purpose = self.render(&purpose, self.context.data())?;
                objects.push(Object { kind: rule.kind.clone(), purpose });
            }
        }
        Ok(objects)
    }

    fn next_steps(&self) -> Result<Vec<NextStep>, Invalid> {
        let mut steps = Vec::new();
        for rule in &self.template.next_steps {
            if self.is_true(rule.when.as_ref())? {
                let command = self.render(&rule.command, self.context.data())?;
                steps.push(NextStep { command, purpose: rule.purpose.clone(), needs: rule.needs.clone() });
            }
        }
        Ok(steps)
    }

    /// Returns the agreements of the files that the answers select, with every name filled in.
    pub(crate) fn agreements(&self) -> Result<Vec<Agreement>, Invalid> {
        let removed = self.removed_paths()?;
        let mut rules: Vec<&AgreementRule> = self.template.own_agreements().iter().collect();
        for file in self.template.agreement_files() {
            if self.is_true(file.when.as_ref())? {
                rules.extend(self.template.agreements_in(file)?);
            }
        }
        let mut agreements = Vec::new();
        for rule in rules {
            if self.is_true(rule.when.as_ref())? {
                for data in self.turns(&rule.each)? {
                    agreements.extend(without_files(self.agreement(rule, &data)?, &removed));
                }
            }
        }
        agreement::id::name_each(&mut agreements);
        Ok(agreements)
    }

    /// Returns the paths of the files that an extending template has taken away.
    fn removed_paths(&self) -> Result<BTreeSet<String>, Invalid> {
        let mut removed = BTreeSet::new();
        for file in &self.template.removed {
            let path = self.template.compile_removed(file).map_err(|problems| Invalid { problems })?;
            for data in turns_of(self.template, self.context, file)? {
                removed.insert(match &path {
                    Some(path) => self.placed(&self.render(path, &data)?),
                    None => self.placed(&file.path),
                });
            }
        }
        Ok(removed)
    }

    fn agreement(&self, rule: &AgreementRule, data: &Data) -> Result<Agreement, Problem> {
        let render = |text: &Compiled| self.render(text, data);
        let file = |text: &Compiled| render(text).map(|path| self.placed(&path));
        let reading = |rule: &ReadingRule| -> Result<Reading, Problem> {
            Ok(match rule {
                ReadingRule::Within { file: path, at, capture } => {
                    Reading::Within { file: file(path)?, at: render(at)?, capture: capture.clone() }
                }
                ReadingRule::At { file: path, at } => Reading::At { file: file(path)?, at: render(at)? },
                ReadingRule::Capture { file: path, capture } => {
                    Reading::Capture { file: file(path)?, capture: capture.clone() }
                }
                ReadingRule::Keys { file: path, keys } => Reading::Keys { file: file(path)?, keys: render(keys)? },
                ReadingRule::Is(is) => Reading::Is { is: render(is)? },
            })
        };
        let place = |rule: &PlaceRule| {
            let otherwise = rule.otherwise.iter().map(reading).collect::<Result<_, Problem>>()?;
            Ok(agreement::Place { id: rule.id.clone(), unit: rule.unit, reading: reading(&rule.reading)?, otherwise })
        };
        let asked = |id: &&str| self.context.answers.iter().any(|(asked, _)| asked == id);
        let behind: BTreeSet<&str> =
            rule.from.iter().flatten().flat_map(|name| self.template.questions_behind(name)).collect();
        let element = |each: &Each| data.get(&each.element)?.as_str().map(str::to_owned);
        let words = rule.id.clone().unwrap_or_else(|| agreement::id::from_words(&rule.says));
        let id: Vec<String> = std::iter::once(words).chain(rule.each.iter().filter_map(element)).collect();
        Ok(Agreement {
            id: id.join("."),
            says: rule.says.clone(),
            answers: behind.into_iter().filter(asked).map(str::to_owned).collect(),
            relation: rule.relation,
            holds: rule.holds.clone(),
            places: rule.places.iter().map(place).collect::<Result<_, Problem>>()?,
        })
    }
}

/// Leaves out of an agreement what it says of files that are not taken over; nothing may be left of it.
fn without_files(agreement: Agreement, removed: &BTreeSet<String>) -> Option<Agreement> {
    let is_removed = |place: &agreement::Place| place.files().any(|file| removed.contains(file));
    if !agreement.places.iter().any(is_removed) {
        return Some(agreement);
    }
    // The first place of some relations is what the others are compared with, and an expression names all of them.
    let is_lost = agreement.holds.is_some()
        || agreement.relation.has_a_first() && agreement.places.first().is_some_and(is_removed);
    let places: Vec<_> = agreement.places.iter().filter(|place| !is_removed(place)).cloned().collect();
    let is_lost = is_lost || places.len() < agreement.relation.least_places();
    (!is_lost).then_some(Agreement { places, ..agreement })
}

fn checked_path(path: &str, taken: &mut Taken) -> Result<SafePath, String> {
    let path = SafePath::new(path).map_err(|error| error.to_string())?;
    if path.as_str().split('/').next().is_some_and(|first| collision_key(first) == RECORD_FOLDER) {
        return Err(format!("the folder `{RECORD_FOLDER}` is kept for the project's record"));
    }
    match taken.take(&path) {
        Ok(()) => Ok(path),
        Err(other) => Err(format!("`{path}` and `{other}` are the same path on some disks")),
    }
}

/// Finds folders that git would take for a repository of its own, with settings that it would obey.
fn repositories(files: &BTreeMap<SafePath, Rendered>) -> Vec<Problem> {
    let keys: BTreeSet<String> = files.keys().map(SafePath::collision_key).collect();
    let holds = |folder: &str| keys.range(folder.to_owned()..).next().is_some_and(|key| key.starts_with(folder));
    let is_repository = |folder: &str| holds(&format!("{folder}objects/")) && holds(&format!("{folder}refs/"));
    keys.iter()
        .filter_map(|key| key.strip_suffix("head").filter(|folder| folder.is_empty() || folder.ends_with('/')))
        .filter(|folder| is_repository(folder))
        .map(|folder| {
            Problem::new(Location::file(&format!("files/{folder}")), "git would take this folder for a repository")
        })
        .collect()
}

fn in_cargo_order(bytes: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    match std::str::from_utf8(&bytes) {
        Ok(text) => cargo_lock::sort_packages(text).into_bytes().into(),
        Err(_) => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::answers::Answers;
    use crate::interview::{Defaults, Interview};
    use crate::path::beneath::Blob;
    use crate::template::load::tests::{HEAD, load, load_unverified, question};
    use crate::template::{Source, TemplateFiles};
    use crate::value::Value;
    use crate::value::provenance::Provenance;

    const QUESTIONS: &str = r#"
[[question]]
id = "environments"
prompt = "Environments"
help = "A list."
kind = "slugs"
default = ["dev", "prod"]

[[question]]
id = "extra"
prompt = "Extra?"
help = "A switch."
kind = "bool"
default = false
"#;

    fn plan(manifest: &str, files: &[(&str, &str)]) -> Result<Plan, PlanError> {
        let manifest = format!("{HEAD}{QUESTIONS}{manifest}");
        let mut all = vec![("template.toml", manifest.as_str())];
        all.extend(files);
        let template = load(&all).unwrap_or_else(|error| panic!("{error}"));
        let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
        Plan::new(&template, &interview.context().unwrap().unwrap())
    }

    fn fault(manifest: &str, files: &[(&str, &str)]) -> String {
        plan(manifest, files).expect_err("the plan has a fault").to_string()
    }

    fn paths(plan: &Plan) -> Vec<&str> {
        plan.files.keys().map(SafePath::as_str).collect()
    }

    #[test]
    fn rules_select_multiply_and_mark_files() {
        let manifest = r#"
[[file]]
path = "env/{{environment}}.txt"
each = "environments"
as = "environment"
ownership = "seeded"
[[file]]
path = "extra/**"
when = "extra"
[[file]]
path = "run.sh"
executable = true
"#;
        let files = [
            ("files/env/{{environment}}.txt.hbs", "{{service}} {{environment}}\n"),
            ("files/extra/a.txt", "a\n"),
            ("files/run.sh", "#!/bin/sh\n"),
        ];
        let plan = plan(manifest, &files).unwrap();
        assert_eq!(paths(&plan), ["env/dev.txt", "env/prod.txt", "run.sh"]);
        let file = |path| &plan.files[&SafePath::new(path).unwrap()];
        assert_eq!(*file("env/prod.txt").bytes, *b"orders prod\n");
        assert_eq!(file("env/prod.txt").ownership, Ownership::Seeded);
        assert!(file("run.sh").executable && !file("env/dev.txt").executable);
    }

    #[test]
    fn a_path_that_is_unsafe_or_taken_is_a_fault_of_the_template() {
        for (files, message) in [
            (vec![("files/README", "a\n"), ("files/readme", "b\n")], "the same path on some disks"),
            (vec![("files/a.txt", "a\n"), ("files/a.txt.hbs", "b\n")], "the same path on some disks"),
            (vec![("files/.git/hooks/pre-commit", "x\n")], "git's own folder"),
            (vec![("files/.launchway/orders.toml", "x\n")], "kept for the project's record"),
            (vec![("files/.LAUNCHWAY/x", "x\n")], "kept for the project's record"),
            (vec![("files/a/HEAD", "x\n"), ("files/a/objects/x", "x\n"), ("files/a/refs/x", "x\n")], "a repository"),
            (vec![("files/aux.txt", "x\n")], "Windows reserves"),
        ] {
            let found = fault("", &files);
            assert!(found.contains(message) && found.contains("files/"), "{found}");
        }
    }

    #[test]
    fn output_that_is_not_what_it_should_be_is_refused_with_its_place() {
        for (path, text, message) in [
            ("files/a.yaml.hbs", "a: 1\na: {{service}}\n", "a.yaml:2:4: the key `a` appears twice"),
            ("files/a.json.hbs", "{\"a\": {{service}}}\n", "a.json:1:"),
            ("files/a.toml.hbs", "a = {{service}}\n", "a.toml:1:5"),
            ("files/a.txt.hbs", "a", "exactly one newline"),
            ("files/a.txt.hbs", "a\n\n", "exactly one newline"),
            ("files/a.txt.hbs", "a\rb\n", "carriage return"),
            ("files/tsconfig.json.hbs", "{ // x\n  \"a\": 1,,\n}\n", "tsconfig.json:2:"),
        ] {
            let found = fault("", &[(path, text)]);
            assert!(found.contains(message), "{text:?}: {found}");
        }
    }

    #[test]
    fn windows_line_ends_of_a_checkout_do_not_reach_the_output() {
        let plan = plan("", &[("files/a.txt.hbs", "{{#if extra}}\r\nx\r\n{{/if}}\r\ny\r\n")]).unwrap();
        assert_eq!(*plan.files[&SafePath::new("a.txt").unwrap()].bytes, *b"y\n");
    }

    #[test]
    fn u21_what_is_not_rendered_is_copied_byte_for_byte_whatever_it_holds() {
        let texts = [
            "",
            "a",
            "a\n\n\n",
            "a\r\nb\r\n",
            "a\rb",
            "\u{feff}a\n",
            "{{service}} \\{{",
            "a\0b",
            "{ // x\n}",
            "a: 1\na: 2\n",
        ];
        for text in texts {
            for path in ["files/a.txt", "files/a.yaml", "files/a.json", "files/a.toml", "files/run.sh", "files/a"] {
                let plan = plan("", &[(path, text)]).unwrap_or_else(|error| panic!("{path} {text:?}: {error}"));
                assert_eq!(plan.files.values().next().unwrap().bytes.as_ref(), text.as_bytes(), "{path} {text:?}");
            }
        }
    }

    #[test]
    fn u23_a_file_that_cannot_be_checked_is_written_as_it_was_rendered() {
        let rule = |more: &str| format!("[[file]]\npath = \"a.yaml\"\n{more}\n");
        let files = [("files/a.yaml.hbs", "{{#if extra}}\n{{/if}}\na: \\{{ .Values.a }}\n{{service}}")];
        assert!(fault(&rule(""), &files).contains("exactly one newline"));
        let made = plan(&rule("check = false\nbecause = \"Helm reads it\""), &files).unwrap();
        assert_eq!(*made.files.values().next().unwrap().bytes, *b"a: {{ .Values.a }}\norders");
        let tsconfig = [("files/tsconfig.json.hbs", "{\n  // {{service}}\n  \"a\": [1,],\n}\n")];
        assert!(plan("", &tsconfig).is_ok());
    }

    #[test]
    fn u20_the_outermost_rule_says_whether_a_file_can_be_run_and_else_its_own_mode() {
        let rule = |path: &str, it: bool| format!("[[file]]\npath = \"{path}\"\nexecutable = {it}\n");
        let manifest = format!("{HEAD}{QUESTIONS}{}{}", rule("*.sh", true), rule("b.sh", false));
        let file = |text: &str, executable| Blob { bytes: text.as_bytes().to_vec().into(), executable };
        let own = [("a.sh", false), ("b.sh", true), ("c.py.hbs", true), ("d.py", false)];
        let files = own.map(|(path, executable)| (format!("files/{path}"), file("x\n", executable)));
        let files = files.into_iter().chain([("template.toml".to_owned(), file(&manifest, true))]);
        let base = (TemplateFiles::from_blobs(files).unwrap(), Source::Folder("base".into()));
        let outer = format!(
            "[template]\nid = \"o\"\ntitle = \"O\"\nversion = \"1.0.0\"\nextends = \"./base\"\n{}{}",
            rule("c.py", false),
            rule("b.sh", true)
        );
        let run = |layers: Vec<(TemplateFiles, Source)>| {
            let template = Template::from_layers(layers).unwrap();
            let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
            let plan = Plan::new(&template, &interview.context().unwrap().unwrap()).unwrap();
            let run = plan.files.into_iter().filter(|(_, file)| file.executable);
            run.map(|(path, _)| path.as_str().to_owned()).collect::<Vec<_>>()
        };
        let files = [("template.toml", outer.as_str()), ("files/d.py", "y\n")];
        let files = files.map(|(path, text)| (path.to_owned(), file(text, path == "files/d.py")));
        let own = TemplateFiles::from_blobs(files).unwrap();
        assert_eq!(run(vec![(own, Source::Folder("o".into())), base.clone()]), ["a.sh", "b.sh", "d.py"]);
        assert_eq!(run(vec![base]), ["a.sh", "c.py"]);
    }

    /// Sixty elements, and a text that loops over them to a depth.
    fn many() -> String {
        let list: Vec<String> = (0..60).map(|n| format!("\"e{n}\"")).collect();
        question("many", &format!("kind = \"slugs\"\ndefault = [{}]", list.join(", ")))
    }

    fn nested(depth: usize, body: &str) -> String {
        let open = (0..depth).map(|up| format!("{{{{#each {}many}}}}", "../".repeat(up))).collect::<Vec<_>>().concat();
        format!("{open}{body}{}", "{{/each}}".repeat(depth))
    }

    #[test]
    fn u25_loops_that_multiply_end_with_an_error_whether_they_print_or_not() {
        let many = many();
        for body in ["", "{{#if @first}}{{/if}}"] {
            let text = |depth| format!("{}\n", nested(depth, body));
            assert!(plan(&many, &[("files/a.txt.hbs", &text(2))]).is_ok());
            let found = fault(&many, &[("files/a.txt.hbs", &text(8))]);
            assert!(found.contains("files/a.txt.hbs: the text takes more than 1000000 steps to render"), "{found}");
        }
        let partial = nested(8, "").replace("many", "all");
        let with = "[[partial]]\nname = \"p\"\nparameters = { all = \"words\" }\n";
        let files = [("files/a.txt.hbs", "{{> p all=many}}\n"), ("partials/p.hbs", &partial)];
        assert!(fault(&format!("{many}{with}"), &files).contains("takes more than 1000000 steps"));
        for table in
            ["[[next_step]]\ncommand = \"@\"\npurpose = \"P\"\n", "[[object]]\nkind = \"K\"\npurpose = \"@\"\n"]
        {
            let found = fault(&format!("{many}{}", table.replace('@', &nested(8, ""))), &[("files/a.txt", "a\n")]);
            assert!(found.contains("takes more than 1000000 steps") && found.contains("template.toml:"), "{found}");
        }
        let late = question("late", &format!("kind = \"slug\"\ndefault = \"{}x\"", nested(8, "")));
        let all = format!("{HEAD}{many}{late}");
        let template = load(&[("template.toml", &all), ("files/a.txt", "a\n")]).unwrap();
        let error = Interview::new(&template, &Answers::default(), Defaults::All).err().unwrap().to_string();
        assert!(error.contains("takes more than 1000000 steps"), "{error}");
    }

    #[test]
    fn u25_lists_of_a_rule_that_multiply_and_files_that_add_up_end_with_an_error() {
        let many = many();
        let rule = "each = [\"many\", \"many\", \"many\"]\nas = [\"a\", \"b\", \"c\"]\n";
        let file = format!("{many}[[file]]\npath = \"*.txt\"\n{rule}");
        let found = fault(&file, &[("files/{{a}}{{b}}{{c}}.txt", "a\n")]);
        assert!(found.contains("the lists of `each` make more than 10000 turns"), "{found}");
        let agreement =
            format!("{many}[[agreement]]\nsays = \"x\"\n{rule}place = [{{ is = \"1\" }}, {{ is = \"1\" }}]\n");
        let found = fault(&agreement, &[("files/a.txt", "a\n")]);
        assert!(found.contains("the lists of `each` make more than 10000 turns"), "{found}");
        let names: Vec<String> = (0..300).map(|n| format!("files/a{n}.txt.hbs")).collect();
        let text = format!("{}\n", nested(3, ""));
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
        assert!(fault(&many, &files).contains("the project takes more than 50 million steps to render"));
        let large = "x".repeat(4 << 20) + "\n";
        let manifest = format!("{many}[[file]]\npath = \"**\"\neach = \"many\"\nas = \"a\"\n");
        let found = fault(&manifest, &[("files/{{a}}.txt", &large), ("files/b/{{a}}.txt", &large)]);
        assert!(found.contains("the project is larger than 256 MiB"), "{found}");
    }

    #[test]
    fn bytes_that_are_no_text_are_copied() {
        let png = "\u{89}PNG\r\n\u{1a}\n\0\0";
        let plan = plan("", &[("files/a.png", png)]).unwrap();
        assert_eq!(*plan.files[&SafePath::new("a.png").unwrap()].bytes, *png.as_bytes());
    }

    #[test]
    fn an_agreement_that_does_not_hold_names_every_place_and_value() {
        let manifest = r#"
[[agreement]]
says = "the port"
place = [
    { file = "a.yaml", at = "/port" },
    { file = "Dockerfile", capture = 'EXPOSE (\d+)' },
]
"#;
        let files = |expose: &'static str| [("files/a.yaml", "port: 8080\n"), ("files/Dockerfile", expose)];
        assert!(plan(manifest, &files("EXPOSE 8080\n")).is_ok());
        let found = fault(manifest, &files("EXPOSE 80\n"));
        assert!(
            found.contains("the port: the values differ: `8080` in a.yaml at /port, `80` in Dockerfile"),
            "{found}"
        );
        assert!(fault(manifest, &files("USER 1\n")).contains("Dockerfile: the port: nothing matches"));
    }

    #[test]
    fn several_lists_multiply_files_and_agreements() {
        let manifest = r#"
[[question]]
id = "regions"
prompt = "P"
help = "H."
kind = "slugs"
default = ["eu", "us"]
[[file]]
path = "{{environment}}.{{region}}.json"
each = ["environments", "regions"]
as = ["environment", "region"]
[[agreement]]
says = "the region"
from = "regions"
each = ["environments", "regions"]
as = ["environment", "region"]
place = [{ file = "{{environment}}.{{region}}.json", at = "/region" }, { is = "{{region}}" }]
"#;
        let plan = plan(manifest, &[("files/{{environment}}.{{region}}.json.hbs", "{\"region\": \"{{region}}\"}\n")]);
        let plan = plan.unwrap();
        assert_eq!(paths(&plan), ["dev.eu.json", "dev.us.json", "prod.eu.json", "prod.us.json"]);
        let last = plan.agreements.last().unwrap();
        assert_eq!(last.places[0].reading.to_string(), "prod.us.json at /region");
        assert_eq!(last.answers, ["regions"]);
    }

    #[test]
    fn a_file_of_agreements_is_only_read_when_its_condition_is_true() {
        let files = [("agreements/broken.toml", "?"), ("files/a.txt", "a\n")];
        let manifest = |when| format!("[[agreements]]\nfile = \"agreements/broken.toml\"\nwhen = \"{when}\"\n");
        let plan = |manifest: &str| {
            let manifest = format!("{HEAD}{QUESTIONS}{manifest}");
            let template = load_unverified(&[("template.toml", &manifest), files[0], files[1]]).unwrap();
            let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
            Plan::new(&template, &interview.context().unwrap().unwrap()).map_err(|error| error.to_string())
        };
        assert!(plan(&manifest("extra")).is_ok());
        let error = plan(&manifest("not extra")).expect_err("the file is broken");
        assert!(error.contains("agreements/broken.toml:1:"), "{error}");
    }

    #[test]
    fn a_value_whose_question_was_not_asked_cannot_be_printed() {
        let manifest = "[[question]]\nid = \"late\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\nwhen = \"extra\"\ndefault = \"x\"\n";
        for text in ["{{late}}\n", "{{quote late}}\n", "{{concat late \"x\"}}\n"] {
            assert!(fault(manifest, &[("files/a.txt.hbs", text)]).contains("not asked"), "{text}");
        }
        assert!(plan(manifest, &[("files/a.txt.hbs", "{{#if late}}\n{{late}}\n{{/if}}\n")]).is_ok());
    }

    #[test]
    fn the_same_answers_make_the_same_bytes() {
        let template = Template::builtin("service").unwrap();
        let mut answers = Answers::default();
        answers.set("service", Value::Text("orders".to_owned()), Provenance::Flag);
        answers.set("target", Value::Text("both".to_owned()), Provenance::Flag);
        let interview = Interview::new(&template, &answers, Defaults::All).unwrap();
        let context = interview.context().unwrap().unwrap();
        let make = || {
            let plan = Plan::new(&template, &context).unwrap();
            crate::project::changes::Changes::to_create(&template, &context, &plan, std::path::Path::new("absent"))
                .unwrap()
                .creates
        };
        assert_eq!(make(), make());
    }
}
