//! The quick way from text to Handlebars' syntax tree, for the part of the language that templates use.
//!
//! Handlebars' own parser takes a millisecond for a file of 1 KB. This one makes the same tree in one pass, and makes
//! nothing of a text that has anything unusual in it: that is left to Handlebars' parser, with the words for what is wrong.

use std::collections::HashMap;
use std::sync::OnceLock;

use handlebars::template::{
    BlockParam, DecoratorTemplate, HelperTemplate, Parameter, Subexpression, Template as Syntax, TemplateElement,
    TemplateMapping,
};
use handlebars::{Path, PathSeg};
use serde_json::Value as Json;

use super::syntax::{Tag, tags};

/// Words that mean something of their own at the start of a tag or as a value.
const WORDS: [&str; 6] = ["as", "else", "this", "true", "false", "null"];

/// Parses a template; none if it holds what only Handlebars' own parser understands.
pub(crate) fn parse(text: &str) -> Option<Syntax> {
    let mut builder = Builder::new(text);
    for tag in tags(text) {
        let is_escaped = text[..tag.start].ends_with('\\');
        let trims_space = tag.inner.starts_with('~') || tag.inner.ends_with('~');
        if is_escaped || trims_space || tag.inner.starts_with('{') || tag.inner.contains("{{") {
            return None;
        }
        builder.tag(&tag)?;
    }
    builder.finish()
}

/// The nodes that cannot be made from outside of the crate, to be copied and filled.
struct Seeds {
    mapping: TemplateMapping,
    expression: HelperTemplate,
    /// On lines of their own, and amid others.
    blocks: [HelperTemplate; 2],
    partials: [DecoratorTemplate; 2],
    /// The step of a path that leads one level up.
    up: PathSeg,
}

fn seeds() -> &'static Seeds {
    static SEEDS: OnceLock<Seeds> = OnceLock::new();
    SEEDS.get_or_init(Seeds::new)
}

impl Seeds {
    fn new() -> Self {
        let syntax = |text: &str| Syntax::compile(text).expect("the text is a template");
        let helper = |text: &str| {
            let found = syntax(text).elements.into_iter().find_map(|element| match element {
                TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) => Some(*helper),
                _ => None,
            });
            let mut helper = found.expect("the text has a helper");
            (helper.template, helper.inverse) = (None, None);
            helper.params.clear();
            helper
        };
        let partial = |text: &str| {
            let found = syntax(text).elements.into_iter().find_map(|element| match element {
                TemplateElement::PartialExpression(partial) => Some(*partial),
                _ => None,
            });
            found.expect("the text has a partial")
        };
        let up = match helper("{{../x}}").name {
            Parameter::Path(Path::Relative((segments, _))) => segments.into_iter().next(),
            _ => None,
        };
        Self {
            mapping: syntax("x").mapping.swap_remove(0),
            expression: helper("{{x}}"),
            blocks: [helper("{{#if x}}\n{{/if}}"), helper("x{{#if x}}x{{/if}}")],
            partials: [partial("{{> x}}\n"), partial("x{{> x}}x")],
            up: up.expect("the path leads up"),
        }
    }
}

/// A block that is not closed yet.
struct Open<'t> {
    name: &'t str,
    /// The block itself and each of its `else if`, with what stands in them but for the last.
    branches: Vec<(HelperTemplate, Option<Syntax>)>,
    /// Whether its last `else` was seen.
    is_in_else: bool,
}

/// Puts the tree together from the left to the right.
struct Builder<'t> {
    text: &'t str,
    /// The trees of the text and of each open block, the innermost last.
    trees: Vec<Syntax>,
    open: Vec<Open<'t>>,
    /// The end of the last tag.
    done: usize,
    /// Whether the last tag stood on a line of its own, of which nothing is left.
    is_line_taken: bool,
    cursor: Cursor<'t>,
}

/// Counts lines and columns while it goes through a text.
struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl Cursor<'_> {
    fn at(&mut self, offset: usize) -> (usize, usize) {
        let passed = &self.text[self.offset..offset];
        self.offset = offset;
        match passed.rfind('\n') {
            Some(last) => {
                self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
                self.column = passed[last + 1..].chars().count() + 1;
            }
            None => self.column += passed.chars().count(),
        }
        (self.line, self.column)
    }
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            trees: vec![Syntax::new()],
            open: Vec::new(),
            done: 0,
            is_line_taken: false,
            cursor: Cursor { text, offset: 0, line: 1, column: 1 },
        }
    }

    fn finish(mut self) -> Option<Syntax> {
        self.literal(self.text.len());
        let tree = self.trees.pop()?;
        self.open.is_empty().then_some(tree)
    }

    fn tag(&mut self, tag: &Tag<'t>) -> Option<()> {
        if !tag.is_closed {
            return None;
        }
        self.literal(tag.start);
        let end = tag.start + tag.inner.len() + 4;
        let inner = tag.inner;
        match inner.bytes().next()? {
            b'!' => self.comment(tag.start, end)?,
            b'#' => self.block(&inner[1..], tag.start, end)?,
            b'/' => self.close(inner[1..].trim_matches(is_space), tag.start, end)?,
            b'>' => self.partial(inner[1..].trim_matches(is_space), tag.start, end)?,
            _ => match inner.trim_start_matches(is_space).strip_prefix("else") {
                Some(rest) => self.otherwise(rest, tag.start, end)?,
                None => self.expression(inner, tag.start)?,
            },
        }
        self.done = end;
        Some(())
    }

    /// Takes the text before a tag, or before the end.
    fn literal(&mut self, end: usize) {
        let mut text = &self.text[self.done..end];
        if text.is_empty() {
            return;
        }
        // The place is that of the first letter, but for the very first text.
        let first = if self.done == 0 { Some(0) } else { text.find(|letter| !is_space(letter)) };
        let place = first.map_or(end, |first| self.done + first);
        if std::mem::take(&mut self.is_line_taken) {
            text = text.trim_start_matches(is_blank);
            text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
        }
        self.push(TemplateElement::RawString(text.to_owned()), place);
    }

    fn push(&mut self, element: TemplateElement, offset: usize) {
        self.push_place(offset);
        self.tree().elements.push(element);
    }

    fn push_place(&mut self, offset: usize) {
        let mut mapping = seeds().mapping.clone();
        (mapping.0, mapping.1) = self.cursor.at(offset);
        self.tree().mapping.push(mapping);
    }

    fn tree(&mut self) -> &mut Syntax {
        self.trees.last_mut().expect("the tree of the whole text is never taken away")
    }

    /// Tells whether a tag stands on a line of its own, and takes away the space before it if so.
    fn stands_alone(&mut self, start: usize, end: usize) -> bool {
        let after = self.text[end..].trim_start_matches(is_blank);
        let is_last = after.starts_with(['\n', '\r']) || end == self.text.len();
        let before = self.text[..start].trim_end_matches(is_blank);
        let is_alone = is_last && (before.is_empty() || before.ends_with(['\n', '\r']));
        if is_alone && let Some(TemplateElement::RawString(text)) = self.tree().elements.last_mut() {
            text.truncate(text.trim_end_matches(is_blank).len());
        }
        self.is_line_taken = is_alone;
        is_alone
    }

    fn comment(&mut self, start: usize, end: usize) -> Option<()> {
        let whole = &self.text[start..end];
        let is_long = whole.starts_with("{{!--");
        let is_odd = !is_long && whole[3..].trim_start_matches(is_space).starts_with("--");
        if is_odd || is_long && whole.len() < "{{!----}}".len() {
            return None;
        }
        self.stands_alone(start, end);
        let (open, close) = if is_long { ("{{!--", "--}}") } else { ("{{!", "}}") };
        let text = whole.trim_start_matches(open).trim_end_matches(close);
        self.push(TemplateElement::Comment(text.to_owned()), start);
        Some(())
    }

    fn expression(&mut self, inner: &str, start: usize) -> Option<()> {
        let call = call(inner)?;
        self.push(TemplateElement::Expression(Box::new(call)), start);
        Some(())
    }

    fn partial(&mut self, inner: &str, start: usize, end: usize) -> Option<()> {
        let name = &inner[..inner.find(is_space).unwrap_or(inner.len())];
        let arguments = Words { rest: &inner[name.len()..] }.named_values()?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
        if name.is_empty() || !name.bytes().all(is_plain) {
            return None;
        }
        let is_alone = self.stands_alone(start, end);
        let mut partial = seeds().partials[usize::from(!is_alone)].clone();
        (partial.name, partial.hash) = (Parameter::Name(name.to_owned()), arguments);
        let before = &self.text[..start];
        let indent = &before[before.trim_end_matches(is_blank).len()..];
        partial.indent = (!indent.is_empty()).then(|| indent.to_owned());
        self.push(TemplateElement::PartialExpression(Box::new(partial)), start);
        Some(())
    }

    fn block(&mut self, inner: &'t str, start: usize, end: usize) -> Option<()> {
        let name = &inner[..inner.find(is_space)?];
        let helper = self.branch(inner, start, end)?;
        self.push_place(start);
        self.open.push(Open { name, branches: vec![(helper, None)], is_in_else: false });
        self.trees.push(Syntax::new());
        Some(())
    }

    /// Reads the head of a block, or of an `else if`.
    fn branch(&mut self, inner: &str, start: usize, end: usize) -> Option<HelperTemplate> {
        let mut words = Words { rest: inner };
        let name = words.name()?;
        let (mut params, mut block_param) = (Vec::new(), None);
        while !words.skip_space() {
            if words.rest.starts_with("as ") {
                block_param = Some(BlockParam::Single(Parameter::Name(words.element()?.to_owned())));
            } else {
                params.push(words.value()?);
            }
        }
        let is_alone = self.stands_alone(start, end);
        let mut helper = seeds().blocks[usize::from(!is_alone)].clone();
        helper.name = Parameter::Name(name.to_owned());
        (helper.params, helper.block_param) = (params, block_param);
        Some(helper)
    }

    fn otherwise(&mut self, rest: &str, start: usize, end: usize) -> Option<()> {
        if self.open.last()?.is_in_else {
            return None;
        }
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(is_space)?.trim_start_matches(is_space) };
        let branch = if rest.is_empty() {
            self.stands_alone(start, end);
            None
        } else {
            Some(self.branch(rest, start, end)?)
        };
        let body = std::mem::take(self.tree());
        let open = self.open.last_mut()?;
        open.branches.last_mut()?.1 = Some(body);
        match branch {
            Some(mut branch) => {
                branch.chain = true;
                open.branches[0].0.chain = true;
                open.branches.push((branch, None));
            }
            None => open.is_in_else = true,
        }
        Some(())
    }

    fn close(&mut self, name: &str, start: usize, end: usize) -> Option<()> {
        self.stands_alone(start, end);
        let Open { name: opened, mut branches, is_in_else } = self.open.pop()?;
        if opened != name {
            return None;
        }
        let body = self.trees.pop()?;
        let mut inverse = None;
        if is_in_else {
            inverse = Some(body);
        } else {
            branches.last_mut()?.1 = Some(body);
        }
        let mut branches = branches.into_iter().rev().peekable();
        while let Some((mut helper, body)) = branches.next() {
            (helper.template, helper.inverse) = (body, inverse.take());
            let element = TemplateElement::HelperBlock(Box::new(helper));
            if branches.peek().is_none() {
                self.tree().elements.push(element);
                break;
            }
            let mut tree = Syntax::new();
            tree.elements.push(element);
            inverse = Some(tree);
        }
        Some(())
    }
}

/// What the grammar skips.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

/// What may stand beside a tag that is alone on its line.
fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

/// Reads what stands between the braces of an expression: a name, or a helper with its values.
fn call(inner: &str) -> Option<HelperTemplate> {
    let mut words = Words { rest: inner };
    words.skip_space();
    let mut helper = seeds().expression.clone();
    let mut name_only = Words { rest: words.rest };
    if let Some(path) = name_only.path()
        && name_only.skip_space()
    {
        helper.name = path;
        return Some(helper);
    }
    helper.name = Parameter::Name(words.name()?.to_owned());
    while !words.skip_space() {
        helper.params.push(words.value()?);
    }
    (!helper.params.is_empty()).then_some(helper)
}

/// Parses an expression: a value, or a helper with its values as it stands without parentheses; none if it holds what
/// only Handlebars' own parser understands.
pub(crate) fn expression(text: &str) -> Option<Parameter> {
    let mut words = Words { rest: text };
    let mut alone = words;
    match alone.value() {
        Some(value) if alone.skip_space() => Some(value),
        _ => {
            let name = words.name()?;
            words.arguments(Words::skip_space).and_then(|values| subexpression(name, values))
        }
    }
}

/// Makes the node of a call, which has one value or more.
fn subexpression(name: &str, values: Vec<Parameter>) -> Option<Parameter> {
    let has_values = !values.is_empty();
    let call = Subexpression::new(Parameter::Name(name.to_owned()), values, HashMap::new());
    has_values.then_some(Parameter::Subexpression(call))
}

/// What is left of a tag.
#[derive(Clone, Copy)]
struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    /// Skips space; returns whether nothing is left.
    fn skip_space(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches(is_space);
        self.rest.is_empty()
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Takes a word of letters, digits and underscores that nothing but space or a parenthesis follows.
    fn word(&mut self) -> Option<&'t str> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let length = self.rest.bytes().take_while(|byte| is_part(*byte)).count();
        let is_whole = self.rest[length..].is_empty() || self.rest[length..].starts_with([' ', '\t', '\n', '\r', ')']);
        (length > 0 && is_whole).then(|| self.take(length))
    }

    fn name(&mut self) -> Option<&'t str> {
        let name = self.word()?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !WORDS.contains(&name);
        is_name.then_some(name)
    }

    /// Takes `as |name|`.
    fn element(&mut self) -> Option<&'t str> {
        self.take("as".len());
        self.skip_space();
        let (name, rest) = self.rest.strip_prefix('|')?.split_once('|')?;
        self.rest = rest;
        let mut words = Words { rest: name };
        (words.word()? == name && self.skip_space()).then_some(name)
    }

    /// Takes `name`, `../name`, `this` or `@index`.
    fn path(&mut self) -> Option<Parameter> {
        let whole = self.rest;
        let mut segments = Vec::new();
        while let Some(rest) = self.rest.strip_prefix("../") {
            segments.push(seeds().up.clone());
            self.rest = rest;
        }
        let is_local = self.rest.starts_with('@');
        if is_local {
            self.take(1);
        }
        let word = self.word()?;
        let raw = whole[..whole.len() - self.rest.len()].to_owned();
        if is_local {
            let is_known = segments.is_empty() && matches!(word, "index" | "first" | "last");
            return is_known.then(|| Parameter::Path(Path::Local((0, word.to_owned(), raw))));
        }
        match word {
            "this" if segments.is_empty() => {}
            word if WORDS.contains(&word) || !word.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                return None;
            }
            word => segments.push(PathSeg::Named(word.to_owned())),
        }
        Some(Parameter::Path(Path::Relative((segments, raw))))
    }

    /// Takes a value: a text, a number, a truth value, a path, or another call in parentheses.
    fn value(&mut self) -> Option<Parameter> {
        match self.rest.bytes().next()? {
            b'"' => self.text(),
            b'(' => self.call(),
            b'0'..=b'9' => self.number(),
            _ if self.rest.starts_with("true") || self.rest.starts_with("false") => {
                let truth = self.word()?.parse::<bool>().ok()?;
                Some(Parameter::Literal(truth.into()))
            }
            _ => self.path(),
        }
    }

    fn number(&mut self) -> Option<Parameter> {
        let digits = self.word().filter(|digits| *digits == "0" || !digits.starts_with('0'))?;
        digits.parse::<u32>().ok().map(|number| Parameter::Literal(number.into()))
    }

    fn text(&mut self) -> Option<Parameter> {
        let text = self.rest[1..].split_once('"')?.0;
        self.take(text.len() + 2);
        let is_separate = self.rest.is_empty() || self.rest.starts_with([' ', '\t', '\n', '\r', ')']);
        let is_plain = !text.contains(|letter: char| letter == '\\' || letter.is_control());
        (is_separate && is_plain).then(|| Parameter::Literal(Json::String(text.to_owned())))
    }

    fn call(&mut self) -> Option<Parameter> {
        self.take(1);
        self.skip_space();
        let name = self.name()?;
        let values = self.arguments(|words| words.skip_space() || words.rest.starts_with(')'))?;
        self.rest = self.rest.strip_prefix(')')?;
        let is_separate = self.rest.is_empty() || self.rest.starts_with([' ', '\t', '\n', '\r', ')']);
        subexpression(name, values).filter(|_| is_separate)
    }

    /// Takes `name=value` until the end.
    fn named_values(&mut self) -> Option<HashMap<String, Parameter>> {
        let mut values = HashMap::new();
        while !self.skip_space() {
            let (name, rest) = self.rest.split_once('=')?;
            let mut word = Words { rest: name };
            let is_name = word.name()? == name;
            self.rest = rest;
            let value = self.value()?;
            (is_name && values.insert(name.to_owned(), value).is_none()).then_some(())?;
        }
        Some(values)
    }

    /// Takes values until the end.
    fn arguments(&mut self, is_end: impl Fn(&mut Self) -> bool) -> Option<Vec<Parameter>> {
        let mut values = Vec::new();
        while !is_end(self) {
            values.push(self.value()?);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::source::{TemplateFiles, builtin_ids};

    /// Compares the quick tree with Handlebars' own; returns whether there is a quick one.
    fn is_same(text: &str) -> bool {
        let quick = parse(text);
        if let Some(quick) = &quick {
            assert_eq!(Some(quick), Syntax::compile(text).ok().as_ref(), "{text:?}");
        }
        quick.is_some()
    }

    #[test]
    fn every_built_in_file_is_parsed_the_quick_way_and_comes_out_the_same() {
        for id in builtin_ids() {
            for (path, file) in TemplateFiles::builtin(id).unwrap().0 {
                let bytes = file.bytes();
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                let is_unusual = text.contains("${{") || text.contains("\\{{");
                if path.rsplit('.').next() == Some("hbs") && !is_unusual {
                    assert!(is_same(text), "{path} takes the slow way");
                }
            }
        }
    }

    #[test]
    fn what_is_usual_takes_the_quick_way() {
        for text in [
            "a {{service}}\n",
            "{{service}} {{../service}}\n {{this}}{{@index}}",
            "{{quote (concat \"a b\" (lower service) 7 true)}}",
            " {{#if a}} \nx\n{{else if (eq a \"b\")}}\n  y\n{{else}}\nz\n{{/if}}\n",
            "{{#each list as |item|}}\n- {{item}}\n{{/each}}",
            "x\n  {{> part}}\ny {{> part-2}} z\n{{> part}}",
            "x\n  {{> part a=\"b c\" d=(concat e 7) f=true}}\ny",
            "{{!-- a --}}\nb {{! c }}\n{{!d}}",
            "{{concat (and a (not b))}}",
            "{{#if a}}{{/if}}{{#unless b}} {{/unless}}\n\n",
        ] {
            assert!(is_same(text), "{text:?}");
        }
    }

    #[test]
    fn any_mixture_of_pieces_comes_out_as_handlebars_has_it() {
        const PIECES: [&str; 49] = [
            "\n",
            "\n",
            " ",
            "  ",
            "\t",
            "x",
            "é\n",
            "a: ",
            "{{service}}",
            "{{ service }}",
            "{{quote a}}",
            "{{eq a \"b c\"}}",
            "{{#if a}}",
            "{{#if (and a b)}}",
            "{{#unless a}}",
            "{{#each l}}",
            "{{#each l as |e|}}",
            "{{#each ../l as | e |}}",
            "{{/if}}",
            "{{/if}}",
            "{{/unless}}",
            "{{/each}}",
            "{{/ if }}",
            "{{else}}",
            "{{ else }}",
            "{{else if b}}",
            "{{else if (or b c)}}",
            "{{elsewhere}}",
            "{{> p}}",
            "{{>p}}",
            "{{> p q}}",
            "{{> p q=a}}",
            "{{> p  q=\"x y\" r=(f 1) }}",
            "{{> p q = a}}",
            "{{> p q=a q=b}}",
            "{{> p q=a.b}}",
            "{{! c }}",
            "{{!-- c --}}",
            "{{!----}}",
            "{{!--}}",
            "{{this}}",
            "{{@index}}",
            "{{../x}}",
            "{{x.y}}",
            "{{x -1}}",
            "{{f 07}}",
            "{{true}}",
            "{{\"x\"}}",
            "{{}}",
        ];
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or_default() % below
        };
        let mut quick = 0;
        for _ in 0..20_000 {
            let text: String = (0..=next(9)).map(|_| PIECES[next(PIECES.len())]).collect();
            quick += usize::from(is_same(&text));
            let inner: String = (0..=next(5)).map(|_| PIECES[next(12)]).collect();
            quick += usize::from(is_same(&format!("{inner}{{{{#if a}}}}{inner}{{{{else}}}}{text}{{{{/if}}}}{inner}")));
        }
        assert!(quick > 3_000, "{quick} of 40000");
    }
}
