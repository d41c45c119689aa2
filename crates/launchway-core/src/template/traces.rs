//! Traces: where answers stand in the files that a template makes, read from its syntax trees; nothing is rendered.

use std::collections::HashMap;
use std::mem;

use handlebars::template::{BlockParam, HelperTemplate, Parameter, Template as Syntax, TemplateElement};

use super::question::Kind;
use super::{Each, SourceFile, Template};
use crate::language::helpers::{self, Backwards};
use crate::language::problem::Problem;

/// Values that are computed from values that are computed: no deeper than this.
const MAX_DEPTH: usize = 16;

/// A piece of a line, or of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text that stands there whatever the answers are.
    Literal(String),
    /// An answer.
    Hole(Hole),
    /// Something that is computed in a way that cannot be turned around.
    Anything,
}

/// The place of an answer in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    /// The id of the question.
    pub(crate) question: String,
    /// Whether one element of a list stands there, and not the whole answer.
    pub(crate) is_element: bool,
    /// Whether it stands there as in a JSON string.
    pub(crate) is_quoted: bool,
    /// Whether dashes stand there as underscores.
    pub(crate) is_snake: bool,
}

/// A line of a file, in which an answer stands.
#[derive(Debug)]
pub(crate) struct TraceLine {
    /// Without the white space around it.
    pub(crate) pieces: Vec<Piece>,
    /// The number of the `each` that repeats the line, within its file.
    pub(crate) each: Option<usize>,
}

/// What is known of a file without any answer.
#[derive(Debug)]
pub(crate) struct FileTraces {
    /// The segments of its path.
    pub(crate) path: Vec<Vec<Piece>>,
    /// The lines in which answers stand.
    pub(crate) lines: Vec<TraceLine>,
}

impl Template {
    /// Returns the traces of every file, in the order of the files.
    pub(crate) fn traces(&self) -> Result<Vec<FileTraces>, Vec<Problem>> {
        self.files.iter().map(|file| self.file_traces(file)).collect()
    }

    /// Returns the traces of one file.
    pub(crate) fn file_traces(&self, file: &SourceFile) -> Result<FileTraces, Vec<Problem>> {
        let compiled = self.compile(file)?;
        let mut tracer = Tracer::new(self);
        let eaches = self.rules_for(file).flat_map(|rule| &rule.each);
        tracer.frames = eaches.map(|each| Tracer::new(self).frame_of(each)).collect();
        let path = match &compiled.path {
            Some(path) => tracer.one_line(path.syntax()),
            None => vec![Piece::Literal(file.path.clone())],
        };
        if let Some(text) = &compiled.text {
            tracer.walk(text.syntax(), 0);
            tracer.end_line();
        }
        Ok(FileTraces { path: segments(path), lines: tracer.lines })
    }
}

/// One `each` around the current element.
#[derive(Clone)]
struct Frame {
    element: Option<String>,
    /// The question whose answer is the list, if it is one's.
    list: Option<String>,
    number: Option<usize>,
}

struct Tracer<'t> {
    template: &'t Template,
    frames: Vec<Frame>,
    /// What the partials around the current element were given, the innermost last.
    arguments: Vec<HashMap<String, Argument>>,
    line: Vec<Piece>,
    lines: Vec<TraceLine>,
    eaches: usize,
}

/// What a partial was given for one of its parameters.
#[derive(Clone)]
struct Argument {
    pieces: Vec<Piece>,
    /// The question whose answer it is, if it is a list.
    list: Option<String>,
}

impl<'t> Tracer<'t> {
    fn new(template: &'t Template) -> Self {
        Self { template, frames: Vec::new(), arguments: Vec::new(), line: Vec::new(), lines: Vec::new(), eaches: 0 }
    }

    fn frame_of(&self, each: &Each) -> Frame {
        let list = self.list_of(each.list.syntax(), 0);
        Frame { element: Some(each.element.clone()), list, number: None }
    }

    /// Reads a syntax tree that makes a single line.
    fn one_line(&self, syntax: &Syntax) -> Vec<Piece> {
        let mut tracer = Tracer { frames: self.frames.clone(), ..Tracer::new(self.template) };
        tracer.walk(syntax, 0);
        joined(tracer.line)
    }

    fn walk(&mut self, syntax: &Syntax, depth: usize) {
        for element in &syntax.elements {
            match element {
                TemplateElement::RawString(text) => self.raw(text),
                TemplateElement::Expression(call) => {
                    let pieces = self.printed(call);
                    self.line.extend(pieces);
                }
                TemplateElement::HelperBlock(block) => self.block(block, depth),
                TemplateElement::PartialExpression(partial) if depth < MAX_DEPTH * 4 => {
                    let named = partial.name.as_name().and_then(|name| self.template.engine.partial(name));
                    if let Some(syntax) = named.and_then(|named| named.syntax().ok()) {
                        let argument = |(name, value): (&String, &Parameter)| {
                            let argument = Argument { pieces: self.value(value, 0), list: self.list_of(value, 0) };
                            (name.clone(), argument)
                        };
                        let arguments = partial.hash.iter().map(argument).collect();
                        self.arguments.push(arguments);
                        self.walk(syntax, depth + 1);
                        self.arguments.pop();
                    }
                }
                _ => {}
            }
        }
    }

    fn raw(&mut self, text: &str) {
        for part in text.split_inclusive('\n') {
            self.line.push(Piece::Literal(part.trim_end_matches('\n').to_owned()));
            if part.ends_with('\n') {
                self.end_line();
            }
        }
    }

    /// Reads all branches of a block: which of them is taken is what is to be found out.
    fn block(&mut self, block: &HelperTemplate, depth: usize) {
        let branches = || block.template.iter().chain(&block.inverse);
        if !branches().any(has_line_end) {
            return self.line.push(Piece::Anything);
        }
        self.end_line();
        let is_each = block.name.as_name() == Some("each");
        if is_each {
            let frame = self.frame_of_block(block);
            self.frames.push(frame);
        }
        if let Some(body) = &block.template {
            self.walk(body, depth + 1);
            self.end_line();
        }
        if is_each {
            self.frames.pop();
        }
        if let Some(body) = &block.inverse {
            self.walk(body, depth + 1);
            self.end_line();
        }
    }

    fn frame_of_block(&mut self, block: &HelperTemplate) -> Frame {
        self.eaches += 1;
        let element = match &block.block_param {
            Some(BlockParam::Single(parameter)) => parameter.as_name().map(str::to_owned),
            _ => None,
        };
        let list = block.params.first().and_then(|list| self.list_of(list, 0));
        Frame { element, list, number: Some(self.eaches) }
    }

    /// Keeps the line if an answer stands in it.
    fn end_line(&mut self) {
        let pieces = trimmed(joined(mem::take(&mut self.line)));
        if pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))) {
            let each = self.frames.iter().rev().find_map(|frame| frame.number);
            self.lines.push(TraceLine { pieces, each });
        }
    }

    fn printed(&self, call: &HelperTemplate) -> Vec<Piece> {
        match call.name.as_name() {
            Some(name) if !call.params.is_empty() => self.call(name, &call.params, 0),
            Some(name) => self.named(name, 0),
            None => vec![Piece::Anything],
        }
    }

    fn value(&self, parameter: &Parameter, depth: usize) -> Vec<Piece> {
        match parameter {
            Parameter::Literal(literal) => match literal.as_str() {
                Some(text) => vec![Piece::Literal(text.to_owned())],
                None => vec![Piece::Literal(literal.to_string())],
            },
            Parameter::Subexpression(inner) => {
                self.call(inner.name(), inner.params().map_or(&[][..], Vec::as_slice), depth)
            }
            _ => self.named(parameter.as_name().unwrap_or_default(), depth),
        }
    }

    fn named(&self, path: &str, depth: usize) -> Vec<Piece> {
        let name = path.trim_start_matches("../");
        let frame = match name {
            "this" => self.frames.last(),
            _ => self.frames.iter().rev().find(|frame| frame.element.as_deref() == Some(name)),
        };
        if let Some(frame) = frame {
            return vec![frame.list.as_ref().map_or(Piece::Anything, |list| hole(list, true))];
        }
        if let Some(argument) = self.argument(name) {
            return argument.pieces.clone();
        }
        if let Some(question) = self.template.question(name) {
            let is_list = matches!(question.kind, Kind::Slugs { .. } | Kind::Choices(_));
            return vec![if is_list { Piece::Anything } else { hole(name, false) }];
        }
        let computed = self.template.computed(name).map(|value| value.is.syntax());
        match computed {
            Some(computed) if depth < MAX_DEPTH => self.value(computed, depth + 1),
            _ => vec![Piece::Anything],
        }
    }

    fn call(&self, helper: &str, arguments: &[Parameter], depth: usize) -> Vec<Piece> {
        let all = || arguments.iter().flat_map(|argument| self.value(argument, depth + 1)).collect::<Vec<_>>();
        let between = |before: &str, pieces: Vec<Piece>, after: &str| {
            let literal = |text: &str| std::iter::once(Piece::Literal(text.to_owned()));
            literal(before).chain(pieces).chain(literal(after)).collect()
        };
        match helpers::helper(helper).map_or(Backwards::Hidden, |helper| helper.backwards) {
            _ if depth >= MAX_DEPTH => vec![Piece::Anything],
            Backwards::Joined => all(),
            Backwards::Snake => all().into_iter().map(in_snake_case).collect(),
            Backwards::Quoted => between("\"", all().into_iter().map(quoted).collect(), "\""),
            Backwards::Between(before, after) => between(before, all(), after),
            Backwards::Element => {
                let list = arguments.first().and_then(|list| self.list_of(list, depth));
                vec![list.map_or(Piece::Anything, |list| hole(&list, true))]
            }
            Backwards::Either if self.is_of_added(arguments.first()) => {
                arguments.get(2).map_or_else(Vec::new, |argument| self.value(argument, depth + 1))
            }
            Backwards::Hidden | Backwards::Either => vec![Piece::Anything],
        }
    }

    /// Tells whether a choice hangs on whether a service is added, which it is not in a project of its own.
    fn is_of_added(&self, condition: Option<&Parameter>) -> bool {
        let Some(name) = condition.and_then(Parameter::as_name) else { return false };
        let is_of_place = |name: &str| self.template.names_of_place().any(|of_place| of_place == name);
        // `or` of two such names is none of an own project either.
        let is_either = |names: Vec<&String>| !names.is_empty() && names.iter().all(|name| is_of_place(name));
        is_of_place(name)
            || self
                .template
                .computed(name)
                .is_some_and(|value| value.is.text.starts_with("or ") && is_either(value.names().collect()))
    }

    fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().rev().find_map(|arguments| arguments.get(name))
    }

    /// Returns the question whose answer a list is.
    fn list_of(&self, list: &Parameter, depth: usize) -> Option<String> {
        let name = list.as_name()?.trim_start_matches("../");
        if let Some(argument) = self.argument(name) {
            return argument.list.clone();
        }
        if self.template.question(name).is_some() {
            return Some(name.to_owned());
        }
        let computed = self.template.computed(name)?;
        if depth < MAX_DEPTH { self.list_of(computed.is.syntax(), depth + 1) } else { None }
    }
}

fn hole(question: &str, is_element: bool) -> Piece {
    Piece::Hole(Hole { question: question.to_owned(), is_element, is_quoted: false, is_snake: false })
}

fn quoted(piece: Piece) -> Piece {
    match piece {
        Piece::Literal(text) => Piece::Literal(crate::language::quote::quote(&text).trim_matches('"').to_owned()),
        Piece::Hole(hole) => Piece::Hole(Hole { is_quoted: true, ..hole }),
        Piece::Anything => Piece::Anything,
    }
}

fn in_snake_case(piece: Piece) -> Piece {
    match piece {
        Piece::Literal(text) => Piece::Literal(text.replace('-', "_")),
        Piece::Hole(hole) => Piece::Hole(Hole { is_snake: true, ..hole }),
        Piece::Anything => Piece::Anything,
    }
}

fn has_line_end(syntax: &Syntax) -> bool {
    syntax.elements.iter().any(|element| match element {
        TemplateElement::RawString(text) => text.contains('\n'),
        TemplateElement::HelperBlock(block) => block.template.iter().chain(&block.inverse).any(has_line_end),
        TemplateElement::PartialExpression(_) => true,
        _ => false,
    })
}

/// Makes one literal of those that follow one another.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (Some(Piece::Anything), Piece::Anything) => {}
            (_, piece) => joined.push(piece),
        }
    }
    joined.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
    joined
}

fn trimmed(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if let Some(Piece::Literal(first)) = pieces.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(Piece::Literal(last)) = pieces.last_mut() {
        *last = last.trim_end().to_owned();
    }
    pieces.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
    pieces
}

/// Splits a path at its slashes, which only literals hold.
fn segments(path: Vec<Piece>) -> Vec<Vec<Piece>> {
    let (mut segments, mut current) = (Vec::new(), Vec::new());
    for piece in path {
        let Piece::Literal(text) = piece else {
            current.push(piece);
            continue;
        };
        for (number, part) in text.split('/').enumerate() {
            if number > 0 {
                segments.push(std::mem::take(&mut current));
            }
            if !part.is_empty() {
                current.push(Piece::Literal(part.to_owned()));
            }
        }
    }
    segments.push(current);
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::load::tests::{HEAD, load};

    #[test]
    fn answers_are_found_in_lines_paths_partials_loops_and_computed_values() {
        let manifest = format!(
            "{HEAD}[[question]]\nid = \"zones\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slugs\"\ndefault = [\"a\"]\n\
             [[value]]\nid = \"host\"\nis = 'concat service \".example\"'\n\
             [[partial]]\nname = \"q\"\nparameters = {{ it = \"text\", all = \"words\" }}\n\
             [[file]]\npath = \"d/{{{{zone}}}}.txt\"\neach = \"zones\"\nas = \"zone\"\n"
        );
        let template = load(&[
            ("template.toml", &manifest),
            ("partials/p.hbs", "in: {{quote host}}\n"),
            ("partials/q.hbs", "of: {{quote it}}\n{{#each all as |one|}}\n* {{one}}\n{{/each}}\n"),
            (
                "files/d/{{zone}}.txt.hbs",
                "x\n  {{> p}}\n{{#each zones as |it|}}\n- {{it}}{{#if (eq it \"a\")}}!{{/if}}\n{{/each}}\nz {{zone}}\n{{> q it=host all=zones}}\n",
            ),
        ])
        .unwrap();
        let traces = template.traces().unwrap();
        let service = |is_quoted| {
            Piece::Hole(Hole { question: "service".to_owned(), is_element: false, is_quoted, is_snake: false })
        };
        let literal = |text: &str| Piece::Literal(text.to_owned());
        assert_eq!(traces[0].path, [vec![literal("d")], vec![hole("zones", true), literal(".txt")]]);
        let lines: Vec<_> = traces[0].lines.iter().map(|line| (line.pieces.clone(), line.each)).collect();
        assert_eq!(
            lines,
            [
                (vec![literal("in: \""), service(true), literal(".example\"")], None),
                (vec![literal("- "), hole("zones", true), Piece::Anything], Some(1)),
                (vec![literal("z "), hole("zones", true)], None),
                (vec![literal("of: \""), service(true), literal(".example\"")], None),
                (vec![literal("* "), hole("zones", true)], Some(2)),
            ]
        );
    }
}
