//! The checks that Handlebars leaves out: every name is declared, every printed value is safe where it stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Syntax, TemplateElement, TemplateMapping,
};
use serde_json::Value as Json;

use super::engine::{Partial, Partials};
use super::file_kind::FileKind;
use super::helpers::{self, HELPERS, Helper, Type, Yields};
use super::problem::{Location, Problem, nearest};
use super::tables::Tables;

const MAX_VISITED: usize = 200_000;
/// Blocks and partials inside one another; the renderer uses the stack for each.
const MAX_DEPTH: usize = 64;

/// What stands before the name of a question or value for what it was before a change.
pub(crate) const WAS: &str = "was_";

/// The names that a template can use, with their types.
pub(crate) type Names = BTreeMap<String, Type>;

/// Whether a free text may be printed without a quoting helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printing {
    /// Into what is not known yet: a text must be quoted, for whatever it is.
    Quoted,
    /// Into a file: a text must be quoted for its kind.
    Into(FileKind),
    /// Into another text, which is quoted where it is used.
    Anything,
}

/// What was learnt about a template that was checked.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    /// The declared names that the template uses.
    pub(crate) used: BTreeSet<String>,
    /// The partials that the template includes, also through one another.
    pub(crate) partials: BTreeSet<String>,
    /// Whether a free text is printed.
    pub(crate) prints_text: bool,
    /// How many elements were looked at, those of partials included.
    pub(crate) size: u64,
    /// Whether anything in it is done again and again.
    pub(crate) loops: bool,
    /// Where a free text is first quoted, and by which helper.
    pub(crate) quotes: Option<Box<(&'static str, Location)>>,
}

/// What a template can use beside names.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) partials: &'a Partials,
    pub(crate) tables: &'a Tables,
}

/// Checks one template against the names that are declared.
pub(crate) struct Checker<'a> {
    file: Rc<str>,
    /// What is looked at, if it is the text of a file.
    source: Option<&'a str>,
    names: &'a Names,
    scope: Scope<'a>,
    printing: Printing,
    frames: Vec<Frame>,
    /// The parameters of the partials around the current element, the innermost last.
    parameters: Vec<&'a Names>,
    partial_path: Vec<String>,
    /// Whether the partials that are included are checked as well.
    follows_partials: bool,
    visited: usize,
    depth: usize,
    findings: Findings,
}

/// A place that costs nothing as long as nobody has to be told of it.
#[derive(Clone)]
struct Spot {
    file: Rc<str>,
    position: Option<(usize, usize)>,
}

impl From<Spot> for Location {
    fn from(Spot { file, position }: Spot) -> Self {
        Self { file: file.to_string(), position }
    }
}

/// One `each` around the current element.
struct Frame {
    element: Type,
    parameter: Option<String>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(file: &str, names: &'a Names, scope: Scope<'a>, printing: Printing) -> Self {
        Self {
            file: file.into(),
            source: None,
            names,
            scope,
            printing,
            frames: Vec::new(),
            parameters: Vec::new(),
            partial_path: Vec::new(),
            follows_partials: true,
            visited: 0,
            depth: 0,
            findings: Findings::default(),
        }
    }

    /// Checks a partial on its own: it sees its parameters beside the names.
    pub(crate) fn of_partial(partial: &'a Partial, names: &'a Names, scope: Scope<'a>) -> Self {
        let checker = Self::new(&partial.file, names, scope, Printing::Quoted);
        Self { parameters: vec![&partial.parameters], ..checker }
    }

    /// Takes the text of the file, in which the places of quoted words are looked at.
    pub(crate) fn in_source(self, source: &'a str) -> Self {
        Self { source: Some(source), ..self }
    }

    /// Leaves out the partials that are included: only what stands in the text itself is looked at.
    pub(crate) fn without_partials(self) -> Self {
        Self { follows_partials: false, ..self }
    }

    pub(crate) fn check(mut self, syntax: &Syntax) -> Findings {
        self.walk(syntax);
        self.findings
    }

    /// Checks an expression and returns its type, if it has one.
    pub(crate) fn check_expression(mut self, expression: &Parameter) -> (Findings, Option<Type>) {
        let place = self.place(None);
        let yields = self.parameter_type(expression, &place);
        if yields == Some(Type::Table) {
            self.refuse(&place, TABLE_ALONE);
        }
        (self.findings, yields)
    }

    fn walk(&mut self, syntax: &Syntax) {
        // The file itself is not inside anything.
        if self.depth > MAX_DEPTH {
            let place = self.place(syntax.mapping.first());
            return self.refuse(&place, &format!("blocks and partials are nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        self.walk_elements(syntax);
        self.depth -= 1;
    }

    fn walk_elements(&mut self, syntax: &Syntax) {
        for (index, element) in syntax.elements.iter().enumerate() {
            let place = self.place(syntax.mapping.get(index));
            self.visited += 1;
            self.findings.size += 1;
            if self.visited > MAX_VISITED {
                return self.report(Problem::new(place, "partials multiply the template beyond its limit"));
            }
            self.element(element, &place);
        }
    }

    fn element(&mut self, element: &TemplateElement, place: &Spot) {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(expression) => self.printed(expression, place),
            TemplateElement::HelperBlock(block) => self.block(block, place),
            TemplateElement::PartialExpression(partial) => match &partial.name {
                Parameter::Name(name) if partial.params.is_empty() => self.partial(name, &partial.hash, place),
                Parameter::Name(_) => self.refuse(place, "a partial takes `name=value`, and no value without a name"),
                _ => self.refuse(place, "the name of a partial must be written out"),
            },
            TemplateElement::HtmlExpression(_) => {
                self.refuse(place, "`{{{…}}}` and `{{&…}}` are not used: nothing is escaped for HTML, write `{{…}}`");
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                self.refuse(place, "decorators such as `{{#*inline}}` are not part of the language");
            }
            TemplateElement::PartialBlock(_) => {
                self.refuse(place, "a partial cannot be used as a block");
            }
            _ => self.refuse(place, "this element is not part of the language"),
        }
    }

    fn printed(&mut self, expression: &HelperTemplate, place: &Spot) {
        let Some(yields) = self.call_type(expression, place) else { return };
        match yields {
            Type::Words => {
                let problem = Problem::new(place.clone(), "a list cannot be printed");
                self.report(problem.hint("loop over it with `{{#each}}`, or use `{{join list \",\"}}`"));
            }
            Type::Text => {
                self.findings.prints_text = true;
                if self.printing != Printing::Anything {
                    let problem = Problem::new(
                        place.clone(),
                        format!("`{}` is a text, and is printed without a quoting helper", shown(expression)),
                    );
                    self.report(problem.hint(self.right_helper()));
                }
            }
            Type::Quoted(helper) => self.quoted(helper, place),
            Type::Secret => {
                let message = format!("`{}` is a secret, which nothing prints", shown(expression));
                self.report(Problem::new(place.clone(), message).hint(SECRET_HINT));
            }
            Type::Table => self.refuse(place, TABLE_ALONE),
            Type::Bool | Type::Int | Type::Word => {}
        }
    }

    /// Holds the helper that has quoted a text against the kind of the file, and against the place in it.
    fn quoted(&mut self, helper: &'static str, place: &Spot) {
        if self.findings.quotes.is_none() {
            self.findings.quotes = Some(Box::new((helper, place.clone().into())));
        }
        let Printing::Into(kind) = self.printing else { return };
        if kind.helpers().is_some_and(|helpers| !helpers.contains(&helper)) {
            let message = format!("`{helper}` does not quote a text for {}", kind.shown());
            let problem = Problem::new(place.clone(), message);
            return self.report(problem.hint(self.right_helper()));
        }
        let before = self.source.zip(place.position).map(|(source, position)| up_to(source, position));
        if let Some(outer) = before.and_then(|before| kind.fault_of_place(before)) {
            let message = format!("`{helper}` is inside {outer}, where its quotes have no effect");
            let problem = Problem::new(place.clone(), message);
            self.report(problem.hint("make it a separate word, such as the value of a variable"));
        }
    }

    /// Says which helper quotes a text here.
    fn right_helper(&self) -> String {
        let kind = if let Printing::Into(kind) = self.printing { kind } else { FileKind::Unknown };
        match kind.helpers() {
            Some([]) => "no text can be quoted there; let the script read it from another file".to_owned(),
            Some([first, ..]) => format!("use `{{{{{first} …}}}}` in {}", kind.shown()),
            None => {
                "use the helper for what the file is: `{{quote …}}` in YAML, TOML and JSON, `{{quote_markdown …}}` \
                     in Markdown, and the others of the reference"
                    .to_owned()
            }
        }
    }

    fn block(&mut self, block: &HelperTemplate, place: &Spot) {
        let name = block.name.as_name().unwrap_or_default();
        if !matches!(name, "if" | "unless" | "each") {
            let problem = Problem::new(place.clone(), format!("`{name}` is not a block"));
            return self.report(problem.hint("the blocks are `if`, `unless` and `each`"));
        }
        if block.params.len() != 1 || !block.hash.is_empty() {
            return self.refuse(place, &format!("`{name}` takes one value"));
        }
        let subject = self.parameter_type(&block.params[0], place);
        if name == "each" {
            self.each(block, subject, place);
        } else {
            block.template.iter().for_each(|body| self.walk(body));
        }
        block.inverse.iter().for_each(|body| self.walk(body));
    }

    fn each(&mut self, block: &HelperTemplate, subject: Option<Type>, place: &Spot) {
        self.findings.loops = true;
        if subject.is_some_and(|subject| subject != Type::Words) {
            self.refuse(place, "`each` needs a list");
        }
        let parameter = match &block.block_param {
            Some(BlockParam::Single(parameter)) => parameter.as_name().map(str::to_owned),
            Some(_) => return self.refuse(place, "`each` names one element, use `@index` for its place"),
            None => None,
        };
        if parameter.as_deref().is_some_and(|name| self.names.contains_key(name)) {
            self.refuse(place, "the element has the name of a question or value");
        }
        self.frames.push(Frame { element: Type::Word, parameter });
        block.template.iter().for_each(|body| self.walk(body));
        self.frames.pop();
    }

    fn partial(&mut self, name: &str, arguments: &HashMap<String, Parameter>, place: &Spot) {
        if !self.frames.is_empty() {
            return self.refuse(place, "a partial cannot stand inside `each`: outer names have no spelling in it");
        }
        let Some(partial) = self.scope.partials.get(name) else {
            let problem = Problem::new(place.clone(), format!("there is no partial `{name}`"));
            return self.report(with_nearest(problem, name, self.scope.partials.keys().map(String::as_str)));
        };
        if self.partial_path.iter().any(|open| open == name) {
            let path = self.partial_path.join("` → `");
            return self.refuse(place, &format!("the partial includes itself: `{path}` → `{name}`"));
        }
        let syntax = match partial.syntax() {
            Ok(syntax) => syntax,
            Err(problem) => return self.report(problem.clone()),
        };
        self.check_arguments(name, &partial.parameters, arguments, place);
        if !self.follows_partials {
            return;
        }
        self.findings.partials.insert(name.to_owned());
        self.partial_path.push(name.to_owned());
        let caller = std::mem::replace(&mut self.file, partial.file.as_str().into());
        let source = self.source.replace(partial.text());
        self.parameters.push(&partial.parameters);
        self.walk(syntax);
        self.parameters.pop();
        (self.file, self.source) = (caller, source);
        self.partial_path.pop();
    }

    /// Holds what a partial is given against its parameters.
    fn check_arguments(
        &mut self,
        name: &str,
        parameters: &Names,
        arguments: &HashMap<String, Parameter>,
        place: &Spot,
    ) {
        for missing in parameters.keys().filter(|parameter| !arguments.contains_key(*parameter)) {
            let problem = Problem::new(place.clone(), format!("the partial `{name}` needs `{missing}`"));
            self.report(problem.hint(format!("write `{{{{> {name} {missing}=…}}}}`")));
        }
        for (argument, value) in arguments {
            let given = self.parameter_type(value, place);
            match (parameters.get(argument), given) {
                (None, _) => {
                    let message = format!("the partial `{name}` has no parameter `{argument}`");
                    let known = parameters.keys().map(String::as_str);
                    self.report(with_nearest(Problem::new(place.clone(), message), argument, known));
                }
                (Some(wanted), Some(given)) if !wanted.takes(given) => {
                    let (wanted, given) = (wanted.shown(), given.shown());
                    self.refuse(place, &format!("`{argument}` of the partial `{name}` is {wanted}, and gets {given}"));
                }
                (Some(Type::Word), Some(Type::Quoted(helper))) => self.quoted(helper, place),
                _ => {}
            }
        }
    }

    fn call_type(&mut self, call: &HelperTemplate, place: &Spot) -> Option<Type> {
        if call.params.is_empty() && call.hash.is_empty() {
            return self.bare_type(&call.name, place);
        }
        let name = call.name.as_name().unwrap_or_default();
        self.helper_type(name, &call.params, !call.hash.is_empty(), place)
    }

    fn bare_type(&mut self, name: &Parameter, place: &Spot) -> Option<Type> {
        match name.as_name() {
            Some(name) if helpers::helper(name).is_some() && !self.is_name(name) => {
                self.helper_type(name, &[], false, place)
            }
            _ => self.parameter_type(name, place),
        }
    }

    fn helper_type(&mut self, name: &str, parameters: &[Parameter], has_hash: bool, place: &Spot) -> Option<Type> {
        let types: Vec<Option<Type>> =
            parameters.iter().map(|parameter| self.parameter_type(parameter, place)).collect();
        let Some(helper) = helpers::helper(name) else {
            let problem = Problem::new(place.clone(), format!("there is no helper `{name}`"));
            self.report(with_nearest(problem, name, HELPERS.iter().map(|helper| helper.name)));
            return None;
        };
        let (least, most) = helper.arguments;
        if has_hash || !(least..=most).contains(&parameters.len()) {
            let wanted = match (least, most) {
                (1, 1) => "1 value".to_owned(),
                (least, most) if least == most => format!("{least} values"),
                (1, _) => "1 value or more".to_owned(),
                (least, _) => format!("{least} values or more"),
            };
            self.refuse(place, &format!("`{name}` takes {wanted}, and gets {}", parameters.len()));
            return None;
        }
        if types.contains(&Some(Type::Secret)) && !takes_secrets(name, &types) {
            let problem = Problem::new(place.clone(), format!("`{name}` does not take a secret"));
            self.report(problem.hint(SECRET_HINT));
            return None;
        }
        self.result_type(helper, parameters, &types, place)
    }

    fn result_type(
        &mut self,
        helper: &Helper,
        parameters: &[Parameter],
        types: &[Option<Type>],
        place: &Spot,
    ) -> Option<Type> {
        if helper.result == Yields::Cell {
            return self.cell_type(parameters, types, place);
        }
        if types.contains(&Some(Type::Table)) {
            self.refuse(place, TABLE_ALONE);
            return None;
        }
        Some(match helper.result {
            Yields::Bool => Type::Bool,
            Yields::Int => Type::Int,
            Yields::Words => Type::Words,
            Yields::LikeArguments if types.contains(&Some(Type::Text)) => Type::Text,
            Yields::Quoted if types.iter().flatten().any(|it| matches!(it, Type::Text | Type::Quoted(_))) => {
                Type::Quoted(helper.name)
            }
            Yields::LikeArguments => {
                types.iter().flatten().find(|it| matches!(it, Type::Quoted(_))).copied().unwrap_or(Type::Word)
            }
            Yields::Quoted | Yields::Cell => Type::Word,
        })
    }

    /// Checks a `lookup`: its table, and every column that it names.
    fn cell_type(&mut self, parameters: &[Parameter], types: &[Option<Type>], place: &Spot) -> Option<Type> {
        let name = parameters.first().and_then(Parameter::as_name).unwrap_or_default().trim_start_matches("../");
        let Some(table) = self.scope.tables.get(name).filter(|_| types.first() == Some(&Some(Type::Table))) else {
            self.refuse(place, "the first value of `lookup` is the name of a `[[table]]`");
            return None;
        };
        if !parameters.len().is_multiple_of(2) {
            self.refuse(place, "`lookup` takes a table, a column, and then pairs of a column and its value");
            return None;
        }
        let columns = parameters[1..2].iter().chain(parameters[2..].iter().step_by(2));
        let mut found = Vec::new();
        for parameter in columns {
            let Parameter::Literal(Json::String(column)) = parameter else {
                self.refuse(place, "a column is written out, in quotes");
                return None;
            };
            found.push(table.column(column).or_else(|| {
                let problem = Problem::new(place.clone(), format!("the table `{name}` has no column `{column}`"));
                self.report(with_nearest(problem, column, table.column_names()));
                None
            }));
        }
        found.first().copied().flatten()
    }

    fn parameter_type(&mut self, parameter: &Parameter, place: &Spot) -> Option<Type> {
        match parameter {
            Parameter::Literal(literal) if literal.is_string() => Some(Type::Word),
            Parameter::Literal(literal) if literal.is_boolean() => Some(Type::Bool),
            Parameter::Literal(literal) if literal.is_i64() => Some(Type::Int),
            Parameter::Subexpression(inner) => {
                let parameters = inner.params().map_or(&[][..], Vec::as_slice);
                let has_hash = inner.hash().is_some_and(|hash| !hash.is_empty());
                self.helper_type(inner.name(), parameters, has_hash, place)
            }
            Parameter::Name(path) => self.path_type(path, place),
            Parameter::Path(_) => self.path_type(parameter.as_name().unwrap_or_default(), place),
            _ => {
                self.refuse(place, "this value is not part of the language");
                None
            }
        }
    }

    /// Resolves `name`, `this`, `@index`, `../name` and the element of an enclosing `each`.
    fn path_type(&mut self, path: &str, place: &Spot) -> Option<Type> {
        let (mut ups, mut name) = (0, path);
        while let Some(above) = name.strip_prefix("../") {
            (ups, name) = (ups + 1, above);
        }
        let resolved = match name {
            "this" if ups == 0 => self.frames.last().map(|frame| frame.element),
            "@index" if ups == 0 && !self.frames.is_empty() => Some(Type::Int),
            "@first" | "@last" if ups == 0 && !self.frames.is_empty() => Some(Type::Bool),
            _ if ups == 0 && self.element_named(name).is_some() => self.element_named(name),
            _ if ups == self.frames.len() => self.declared(name),

            _ => None,
        };
        if resolved.is_none() {
            self.report_unknown(path, name, place);
        }
        resolved
    }

    fn element_named(&self, name: &str) -> Option<Type> {
        self.frames.iter().find(|frame| frame.parameter.as_deref() == Some(name)).map(|frame| frame.element)
    }

    /// Tells whether a word is a name here, to which a helper yields.
    fn is_name(&self, name: &str) -> bool {
        self.element_named(name).is_some() || self.parameter_named(name).is_some() || self.names.contains_key(name)
    }

    fn parameter_named(&self, name: &str) -> Option<Type> {
        self.parameters.iter().rev().find_map(|parameters| parameters.get(name)).copied()
    }

    fn declared(&mut self, name: &str) -> Option<Type> {
        if let Some(parameter) = self.parameter_named(name) {
            return Some(parameter);
        }
        let table = || self.scope.tables.get(name).map(|_| Type::Table);
        let found = self.names.get(name).copied().or_else(table);
        if found.is_some_and(|it| it != Type::Table) && !self.findings.used.contains(name) {
            self.findings.used.insert(name.to_owned());
        }
        found
    }

    fn report_unknown(&mut self, path: &str, name: &str, place: &Spot) {
        let problem = Problem::new(place.clone(), format!("`{path}` is not a declared name here"));
        if self.names.contains_key(name) || self.parameter_named(name).is_some() {
            let outer = "../".repeat(self.frames.len());
            return self.report(problem.hint(format!("write `{outer}{name}`: each `each` adds one level")));
        }
        if name.strip_prefix(WAS).is_some_and(|today| self.names.contains_key(today)) {
            return self.report(problem.hint("only a transition knows what was before a change"));
        }
        let elements = self.frames.iter().filter_map(|frame| frame.parameter.as_deref());
        let known: Vec<&str> = self.names.keys().map(String::as_str).chain(elements).collect();
        let problem = with_nearest(problem, name, known);
        self.report(problem);
    }

    fn place(&self, mapping: Option<&TemplateMapping>) -> Spot {
        Spot { file: Rc::clone(&self.file), position: mapping.map(|at| (at.0, at.1)) }
    }

    fn refuse(&mut self, place: &Spot, message: &str) {
        self.report(Problem::new(place.clone(), message));
    }

    fn report(&mut self, problem: Problem) {
        self.findings.problems.push(problem);
    }
}

/// Returns what stands before a place of a text.
fn up_to(text: &str, (line, column): (usize, usize)) -> &str {
    let start = text.match_indices('\n').nth(line.wrapping_sub(2)).map_or(0, |(newline, _)| newline + 1);
    let length = text[start..].char_indices().nth(column.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[..start + length]
}

const SECRET_HINT: &str =
    "a secret can only be used in a condition, which tells whether it was given: `{{#if …}}`, `when`";

const TABLE_ALONE: &str = "a table is no value of its own; `lookup` finds one in it";

/// Tells whether a helper only asks whether a secret was given.
fn takes_secrets(name: &str, types: &[Option<Type>]) -> bool {
    match name {
        "and" | "or" | "not" => true,
        "choose" => !types.iter().skip(1).any(|it| *it == Some(Type::Secret)),
        _ => false,
    }
}

/// Returns what an expression starts with, for messages.
fn shown(expression: &HelperTemplate) -> &str {
    expression.name.as_name().unwrap_or("…")
}

fn with_nearest<'n>(problem: Problem, name: &str, known: impl IntoIterator<Item = &'n str>) -> Problem {
    match nearest(name, known) {
        Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
        None => problem,
    }
}
