//! A record for a project that has none, with the answers that fit its files best.

mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use launchway_core::adopt::{Adoption, Fit, Standing, adopt, read_tree, read_tree_within};
use launchway_core::{Answers, Edit, Provenance, SafePath, Template, Value, edit, other_spelling, to_adopt};

use self::report::AdoptResult;
use crate::failure::{Exit, Failure};
use crate::git::{Enclosing, FetchOptions};
use crate::language;
use crate::projects::refuse_left_out;
use crate::report::{OUTPUT_HELP, Output};
use crate::repository::begin::begin;
use crate::repository::say_ignored;
use crate::sources::{self, LoadedTemplate};
use crate::{answers, interrupt, terminal};

const AFTER_HELP: &str = "\
Finds the answers from which the template would make the files of this folder: it reads them out of the files, renders \
in memory, and keeps the answers that fit most lines. It asks nothing, and changes no file but those of the record, \
`.launchway/NAME.*`. \
Exit code 1 if hardly anything fits, 3 if there is a record already.";

/// What `launchway adopt` is asked for.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct AdoptRequest {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The template to hold the files against
    #[arg(long, default_value = "service")]
    pub(crate) template: String,
    /// The name of the project, if it is not to be found
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// An answer that is known: `--set strategy=canary`; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[arg(long, help = answers::ALLOW_SECRET_LIKE)]
    pub(crate) allow_secret_like: bool,
    /// Shows what was found, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    pub(crate) output: Output,
}

/// Writes a record for the project of a folder.
pub(crate) fn run(request: &AdoptRequest) -> Result<(), Failure> {
    let LoadedTemplate { template, policy } = sources::load(&request.template.parse()?, &request.sources)?;
    let given = given(request, &template)?;
    let enclosing = enclosing(&request.folder, &template);
    let writes_to = [Some(request.folder.as_path()), enclosing.as_ref().map(|it| it.root.as_path())];
    let begun = writes_to.into_iter().flatten().filter(|_| !request.dry_run).map(begin);
    let _locks = begun.collect::<Result<Vec<_>, Failure>>()?;
    refuse_records(&request.folder, given.get(&template.name_question))?;
    let reading = tracing::info_span!("read", what = %request.folder.display());
    let (folder, there) = reading.in_scope(|| standing(&request.folder, enclosing, &template, &given))?;
    let folder = folder.as_path();
    let name = Value::Text(name_of(&request.folder));
    let is_root = folder != request.folder.as_path();
    refuse_records(folder, given.get(&template.name_question).or(Some(&name).filter(|_| is_root)))?;
    let _step = tracing::info_span!("adopt", what = %folder.display()).entered();
    let mut adoption = adopt(&template, &there, &given, &name_of(&request.folder))?;
    refuse_found_secrets(request, &template, &adoption)?;
    adoption.context.catalog = policy.map(|policy| policy.origin());
    let edits = edits(&template, &adoption, folder)?;
    for note in other_spellings(&adoption, folder) {
        terminal::tell(&format!("note: {note}\n"));
    }
    let is_written = !request.dry_run;
    if is_written {
        interrupt::uninterrupted(|| edit(folder, &edits))?;
    }
    say_ignored(folder, edits.iter().map(|edit| &edit.path));
    let shown = AdoptResult { template: &template, adoption: &adoption, edits: &edits, is_written };
    match request.output {
        Output::Json => terminal::print(&shown.json()),
        Output::Text => {
            terminal::print(&language::told(&shown.text()))?;
            terminal::say(&language::told(&shown.next(folder)));
            Ok(())
        }
    }
}

/// Reads the answers that are known.
fn given(request: &AdoptRequest, template: &Template) -> Result<BTreeMap<String, Value>, Failure> {
    let mut texts = request.set.clone();
    texts.extend(request.name.iter().map(|name| format!("{}={name}", template.name_question)));
    let mut answers = Answers::default();
    answers::set(template, &texts, &mut answers)?;
    if request.allow_secret_like {
        answers.allow_secret_like();
    }
    answers::refuse_secrets(&answers, template)?;
    Ok(answers.iter().map(|(id, value, _)| (id.to_owned(), value.clone())).collect())
}

/// Finds the repository that the folder is one of, if files of the project may stand at its root.
fn enclosing(folder: &Path, template: &Template) -> Option<Enclosing> {
    let has_own_record = folder.join(".launchway").is_dir();
    if has_own_record || !template.has_files_of_repository() { None } else { Enclosing::of(folder) }
}

/// Reads what stands in a folder, and returns it with the folder of the record: that is the root of the repository where files of
/// the project stand there.
fn standing(
    folder: &Path,
    enclosing: Option<Enclosing>,
    template: &Template,
    given: &BTreeMap<String, Value>,
) -> Result<(PathBuf, Standing), Failure> {
    let name = given.get(&template.name_question).map_or_else(|| name_of(folder), ToString::to_string);
    if let Some(Enclosing { root, folder }) = enclosing
        && let Some(there) = read_tree_within(&root, &folder, template, &name)?
    {
        return Ok((root, there));
    }
    Ok((folder.to_owned(), read_tree(folder, template)?))
}

/// Refuses to put into a record what looks like a secret in a file that is there.
fn refuse_found_secrets(request: &AdoptRequest, template: &Template, adoption: &Adoption) -> Result<(), Failure> {
    let mut answers = Answers::default();
    if request.allow_secret_like {
        answers.allow_secret_like();
    }
    for (id, value) in &adoption.context.answers {
        answers.set(id, value.clone(), Provenance::Record);
    }
    answers::refuse_secrets(&answers, template)
}

/// Returns the name of the folder, wherever it is named from.
fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A project that has a record needs none; beside it another one may be adopted by its name.
fn refuse_records(folder: &Path, name: Option<&Value>) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("`{}` is not a folder", folder.display()))
            .hint("name the folder of a project"));
    }
    let entries = folder.join(".launchway").read_dir().into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let known: BTreeSet<String> = names.collect();
    let is_known = name.is_none_or(|name| known.contains(&name.to_string()));
    match known.first() {
        Some(first) if is_known => {
            let known = name.map_or_else(|| first.clone(), ToString::to_string);
            Err(Failure::new(Exit::Exists, format!("`{known}` has a record already, `.launchway/{known}.toml`"))
                .hint("`launchway update` brings it up to date; `--name NAME` adopts another project beside it"))
        }
        _ => refuse_left_out(folder),
    }
}

/// Says of the files that are missing which of them stand there under another spelling.
fn other_spellings(adoption: &Adoption, folder: &Path) -> Vec<String> {
    let missing = adoption.files.iter().filter(|file| file.fit == Fit::Missing);
    let note = |path: SafePath| {
        let other = other_spelling(folder, &path)?;
        Some(format!("`{path}` is missing, and `{other}` is there: some disks take the two for one file"))
    };
    missing.filter_map(|file| note(SafePath::new(&file.path).ok()?)).collect()
}

fn edits(template: &Template, adoption: &Adoption, folder: &Path) -> Result<Vec<Edit>, Failure> {
    let missing = adoption.files.iter().filter(|file| file.fit == Fit::Missing);
    let missing = missing.filter_map(|file| SafePath::new(&file.path).ok()).collect();
    to_adopt(template, &adoption.context, &adoption.plan, &missing, folder).map_err(|exists| {
        Failure::new(Exit::Exists, exists.to_string())
            .hint("it belongs to a record: restore the rest from git, or remove what is left")
    })
}
