//! Projects rendered in memory by the core alone: for the wide matrices, where a process for each would take too long.

use std::sync::LazyLock;

use launchway_core::{AnswerProblem, Answers, Defaults, Interview, Plan, Provenance, Template, Value};
use xtask::tree::{File, Tree};

/// The built-in template, whose files are parsed once for all the tests.
pub(crate) static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::builtin("service").unwrap());

/// A project of which nothing was written.
pub(crate) struct Rendered {
    /// All the answers, the defaults among them.
    pub(crate) answers: Vec<(String, Value)>,
    pub(crate) tree: Tree,
}

/// Collects answers.
pub(crate) fn answers<'a>(given: impl IntoIterator<Item = (&'a str, Value)>) -> Answers {
    let mut answers = Answers::default();
    given.into_iter().for_each(|(id, value)| answers.set(id, value, Provenance::Flag));
    answers
}

/// Takes away the answers to questions that the others leave unasked; returns what is refused then.
pub(crate) fn settle(answers: &mut Answers) -> Vec<AnswerProblem> {
    loop {
        let interview = Interview::new(&TEMPLATE, answers, Defaults::All).unwrap();
        if !interview.problems.is_empty() || interview.unused.is_empty() {
            return interview.problems;
        }
        interview.unused.iter().for_each(|(id, _)| answers.remove(id));
    }
}

/// Renders a project with all the checks that a real one has to pass.
#[track_caller]
pub(crate) fn render(given: &Answers) -> Rendered {
    let interview = Interview::new(&TEMPLATE, given, Defaults::All).unwrap();
    let context = interview.context().unwrap().unwrap_or_else(|| panic!("{:?}", interview.problems));
    let plan = Plan::new(&TEMPLATE, &context).unwrap_or_else(|error| panic!("{error}\n{:?}", context.answers));
    let file = |file: launchway_core::PlannedFile| File { executable: file.executable, bytes: file.bytes.into_owned() };
    let tree = plan.files.into_iter().map(|(path, planned)| (path.as_str().to_owned(), file(planned))).collect();
    Rendered { answers: context.answers, tree }
}
