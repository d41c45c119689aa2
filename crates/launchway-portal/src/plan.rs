//! A project that is rendered and checked in memory: its tree, its files, and the archive that holds it.

use std::collections::BTreeMap;
use std::path::Path;

use launchway_core::told::Translation;
use launchway_core::{
    ArchiveFormat, ArchivedFile, Changes, Context, Defaults, FIRST_COMMIT, Interview, NewLine, Origin, Plan,
    PlannedFile, Provenance, RepositoryFacts, SafePath, Template, hexadecimal,
};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::fault::{Fault, FieldFault};
use crate::request::{Read, Request, Unused, unused};
use crate::templates::Portal;
use crate::told::Told;

/// The most bytes of a file that stand in a plan as text.
pub const MAX_TEXT: usize = 256 << 10;

/// A project that could be written, as one JSON object. Its keys are those of `launchway new --output json` where that has the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// The form of this object.
    pub schema: &'static str,
    /// The folder of the project.
    pub path: String,
    /// The template.
    pub template: Origin,
    /// Every answer by the id of its question.
    pub answers: Map<String, Json>,
    /// Who decided answers, by the ids of their questions.
    pub decided: BTreeMap<String, String>,
    /// The ids of the answers that nobody gave and that have to be replaced.
    pub placeholders: Vec<String>,
    /// What `launchway new --expect` takes.
    pub digest: String,
    /// The files, sorted by path.
    pub files: Vec<FileText>,
    /// What the files create in the cloud or the cluster.
    pub objects: Vec<PlannedObject>,
    /// What to run once the archive is unpacked, in the folder of the project.
    pub next_steps: Vec<Step>,
    /// The command line that makes the same project.
    pub command: String,
    /// What to look at.
    pub warnings: Vec<String>,
    /// The answers that count for nothing.
    pub unused: Vec<Unused>,
}

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileText {
    /// Where it stands below the folder of the project.
    pub path: String,
    /// Its mode, in octal digits.
    pub mode: &'static str,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: usize,
    /// What it holds, unless that is no text or more than 256 KiB.
    pub text: Option<String>,
}

/// Something that the files create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedObject {
    /// Its kind, in the platform's own words.
    pub kind: String,
    /// What it is for.
    pub purpose: String,
}

/// A command to run next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The command line.
    pub command: String,
    /// What it does.
    pub purpose: String,
}

impl Told for PlanReport {
    fn tell(&mut self, translation: &Translation) {
        self.warnings.tell(translation);
        self.unused.tell(translation);
        self.next_steps.iter_mut().for_each(|step| step.purpose.tell(translation));
    }
}

/// A project in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The name of the file.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A project in memory.
struct Rendered<'t> {
    template: &'t Template,
    interview: Interview<'t>,
    context: Context,
    plan: Plan,
    changes: Changes,
}

impl<'t> Rendered<'t> {
    /// Renders a project of answers that are all there, as `launchway new --archive` does.
    fn new(template: &'t Template, request: &Request) -> Result<Self, Fault> {
        let Read { answers, mut problems, unknown } = request.read(template);
        let interview = Interview::new(template, &answers, Defaults::All)?;
        problems.extend(unknown);
        problems.extend(interview.problems.iter().cloned().map(FieldFault::from));
        if problems.is_empty() && !interview.is_complete() {
            problems.extend(interview.missing().into_iter().map(|question| {
                FieldFault::new(&question.id, format!("there is no answer for {}", question.flag()), question.usage())
            }));
        }
        if !problems.is_empty() {
            return Err(Fault::answers(problems));
        }
        let context = interview.context()?.ok_or_else(|| Fault::template("the answers are not complete"))?;
        let plan = Plan::new(template, &context)?;
        let changes = Changes::apart(template, &context, &plan, Path::new(&context.name));
        Ok(Self { template, interview, context, plan, changes })
    }

    fn command(&self, name: &str) -> String {
        self.interview.command(&NewLine { template: name, ..NewLine::default() })
    }

    fn files(&self) -> impl Iterator<Item = FileText> {
        self.changes.creates.iter().map(|(path, file)| file_text(path, file))
    }

    fn decided(&self) -> BTreeMap<String, String> {
        let decided = self.interview.accepted.iter().filter_map(|it| match &it.provenance {
            Provenance::Policy(by) => Some((it.question.id.clone(), by.clone())),
            _ => None,
        });
        decided.collect()
    }

    fn placeholders(&self) -> Vec<String> {
        let accepted = self.interview.accepted.iter();
        let is_one = accepted.filter(|it| it.question.is_placeholder && it.provenance == Provenance::Default);
        is_one.map(|it| it.question.id.clone()).collect()
    }

    /// Lists what to run in the folder that was unpacked: no repository is there yet.
    fn next_steps(&self) -> Vec<Step> {
        let first = Step {
            command: format!("git init --initial-branch=main && git add . && git commit --message '{FIRST_COMMIT}'"),
            purpose: "makes a repository of it, which `launchway update` needs".to_owned(),
        };
        let facts = RepositoryFacts { is_own: true, has_remote: false };
        let own = self.plan.next_steps.iter().filter(|step| step.suits(facts));
        let own = own.map(|step| Step { command: step.command.clone(), purpose: step.purpose.clone() });
        std::iter::once(first).chain(own).collect()
    }

    fn report(&self, name: &str) -> PlanReport {
        let object = |it: &launchway_core::Object| PlannedObject { kind: it.kind.clone(), purpose: it.purpose.clone() };
        PlanReport {
            schema: "launchway.plan/1",
            path: self.context.name.clone(),
            template: Origin::of(self.template),
            answers: self.context.answers.iter().map(|(id, value)| (id.clone(), value.to_json())).collect(),
            decided: self.decided(),
            placeholders: self.placeholders(),
            digest: self.changes.digest().to_string(),
            files: self.files().collect(),
            objects: self.plan.objects.iter().map(object).collect(),
            next_steps: self.next_steps(),
            command: self.command(name),
            warnings: self.interview.unknown_words(),
            unused: unused(&self.interview),
        }
    }

    fn pack(&self, format: ArchiveFormat) -> Archive {
        let folder = &self.context.name;
        let paths: Vec<String> = self.changes.creates.iter().map(|(path, _)| format!("{folder}/{path}")).collect();
        let files = paths.iter().zip(&self.changes.creates).map(|(path, (_, file))| ArchivedFile {
            path,
            bytes: &file.bytes,
            executable: file.executable,
        });
        let ending = ArchiveFormat::ENDINGS.iter().find(|(_, it)| *it == format).map_or("", |(ending, _)| ending);
        Archive { name: format!("{folder}{ending}"), bytes: format.pack(files) }
    }
}

fn file_text(path: &SafePath, file: &PlannedFile) -> FileText {
    FileText {
        path: path.as_str().to_owned(),
        mode: if file.executable { "0755" } else { "0644" },
        sha256: hexadecimal(&Sha256::digest(&file.bytes)),
        size: file.bytes.len(),
        text: file.text().filter(|text| text.len() <= MAX_TEXT).map(str::to_owned),
    }
}

impl Portal {
    /// Renders a project, and says all of it.
    ///
    /// # Errors
    /// There is no such template, an answer is missing or refused, or the template is invalid.
    pub fn plan(&self, request: &Request) -> Result<PlanReport, Fault> {
        self.told(&request.lang, self.rendered(request, |it| Ok(it.report(&request.template))))
    }

    /// Packs a project into the bytes that `launchway new --archive` writes.
    ///
    /// # Errors
    /// As those of [`Portal::plan`].
    pub fn archive(&self, request: &Request, format: ArchiveFormat) -> Result<Archive, Fault> {
        self.with_fault_told(&request.lang, self.rendered(request, |it| Ok(it.pack(format))))
    }

    /// Returns one file of a project.
    ///
    /// # Errors
    /// As those of [`Portal::plan`], and where the project has no file at that path.
    pub fn file(&self, request: &Request, path: &str) -> Result<FileText, Fault> {
        let file = |rendered: Rendered<'_>| {
            rendered.files().find(|file| file.path == path).ok_or_else(|| {
                Fault::not_found(format!("with these answers the project has no file `{path}`"))
                    .hint("the plan lists every file")
            })
        };
        self.with_fault_told(&request.lang, self.rendered(request, file))
    }

    /// Renders a project for something that is made of it.
    fn rendered<T>(&self, request: &Request, made: impl FnOnce(Rendered<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let template = self.loaded(&request.template, &request.lang)?;
        made(Rendered::new(&template, request)?)
    }
}
