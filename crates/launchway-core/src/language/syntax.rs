//! From the text of a template to its syntax tree, with limits that keep the parser from overflowing.

use std::borrow::Cow;

use handlebars::template::{Parameter, Template as Syntax, TemplateElement};

use super::parser;
use super::problem::{Location, Problem};
use crate::text::line_and_column;

const MAX_NESTING: usize = 64;
const MAX_TAGS: usize = 2_000;
const MAX_BYTES: usize = 256 << 10;
/// Tags × bytes: Handlebars counts lines from the start of the file for every tag.
const MAX_WORK: usize = 64 << 20;
const MAX_PARENTHESES: usize = 16;

/// Stands for a brace of `${{ … }}` while Handlebars reads the text; never left in the tree.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';
/// What both begin with, as bytes.
const STAND_IN: u8 = 0xee;

/// Parses a template. `${{ … }}`, the expressions of GitHub's workflows, are literal text in it.
pub(crate) fn parse(file: &str, text: &str) -> Result<Syntax, Problem> {
    let at = |offset: usize, message: String| {
        let (line, column) = line_and_column(text, offset);
        Problem::new(Location::at(file, line, column), message)
    };
    if text.as_bytes().contains(&STAND_IN)
        && let Some(offset) = text.find([OPEN, CLOSE])
    {
        return Err(at(offset, "the private-use characters U+E000 and U+E001 cannot stand in a template".to_owned()));
    }
    check_limits(text).map_err(|(offset, message)| at(offset, message))?;
    let protected = protect_workflow_expressions(text).map_err(|offset| {
        at(offset, "`${{` is not closed by `}}`".to_owned())
            .hint("`${{ … }}` is a GitHub expression; write {{\"$\"}} before a value that follows a dollar sign")
    })?;
    let mut syntax = parser::parse(&protected).map_or_else(|| slow(file, &protected), Ok)?;
    if matches!(protected, Cow::Owned(_)) {
        restore_workflow_expressions(&mut syntax);
    }
    Ok(syntax)
}

/// Parses an expression: what can be between `{{` and `}}`.
pub(crate) fn parse_expression(file: &str, text: &str) -> Result<Parameter, Problem> {
    let text = text.trim();
    let refuse = || Problem::new(Location::file(file), format!("`{text}` is not an expression"));
    if parentheses(text) > MAX_PARENTHESES || text.len() > MAX_BYTES {
        let message = format!("the expression is too long, or has parentheses more than {MAX_PARENTHESES} deep");
        return Err(Problem::new(Location::file(file), message));
    }
    parser::expression(text).or_else(|| slow_expression(file, text)).ok_or_else(refuse)
}

/// Parses an expression as the one value of a helper, with Handlebars' own parser.
fn slow_expression(file: &str, text: &str) -> Option<Parameter> {
    let is_call = text.contains(char::is_whitespace) && !text.starts_with(['"', '\'', '(']);
    let tag = if is_call { format!("{{{{not ({text})}}}}") } else { format!("{{{{not {text}}}}}") };
    let mut elements = parse(file, &tag).ok()?.elements;
    match (elements.pop()?, elements.is_empty()) {
        (TemplateElement::Expression(mut call), true) if call.params.len() == 1 && call.hash.is_empty() => {
            call.params.pop()
        }
        _ => None,
    }
}

/// Parses a text the quick way and with Handlebars' own parser, for the tests that hold the two equal: none if the text
/// is refused before it is parsed, or is not for the quick way.
#[doc(hidden)]
#[must_use]
pub fn both_ways(text: &str) -> Option<(Syntax, Option<Syntax>)> {
    check_limits(text).ok()?;
    let protected = protect_workflow_expressions(text).ok()?;
    Some((parser::parse(&protected)?, Syntax::compile(&protected).ok()))
}

/// Parses with Handlebars' own parser, which understands everything and says what is wrong.
fn slow(file: &str, text: &str) -> Result<Syntax, Problem> {
    Syntax::compile(text).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        Problem::new(Location::at(file, line, column), plain_reason(&error))
    })
}

/// Refuses what would overflow the stack of the parser or of the renderer, or would take seconds.
fn check_limits(text: &str) -> Result<(), (usize, String)> {
    if text.len() > MAX_BYTES {
        return Err((0, format!("a file that is rendered cannot be larger than {} KiB", MAX_BYTES >> 10)));
    }
    let mut nesting = 0_usize;
    for (count, tag) in (1..).zip(tags(text)) {
        nesting = match tag.inner.trim_start_matches(['{', '~', '&']).bytes().next() {
            Some(b'#') => nesting + 1,
            Some(b'/') => nesting.saturating_sub(1),
            _ => nesting,
        };
        if nesting > MAX_NESTING {
            return Err((tag.start, format!("blocks are nested more than {MAX_NESTING} deep")));
        }
        if count > MAX_TAGS || count * text.len() > MAX_WORK {
            return Err((tag.start, format!("{count} tags are too many for a file of {} KiB", text.len() >> 10)));
        }
        if parentheses(tag.inner) > MAX_PARENTHESES {
            return Err((tag.start, format!("parentheses are nested more than {MAX_PARENTHESES} deep")));
        }
    }
    Ok(())
}

/// A tag of Handlebars, or an expression of a GitHub workflow.
pub(crate) struct Tag<'t> {
    /// The offset of its first brace.
    pub(crate) start: usize,
    /// What stands between `{{` and `}}`.
    pub(crate) inner: &'t str,
    /// Whether a dollar sign stands before it.
    is_workflow: bool,
    /// Whether `}}` was found.
    pub(crate) is_closed: bool,
}

/// Finds the tags from the left; braces inside a tag's strings and comments do not count.
pub(crate) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let start = done + braces(&text[done..])?;
        let rest = &text[start + 2..];
        let is_workflow = text[..start].ends_with('$');
        let end = if is_workflow { rest.find("}}") } else { end_of_tag(rest) };
        done = start + 2 + end.map_or(rest.len(), |end| end + 2);
        Some(Tag { start, inner: &rest[..end.unwrap_or(rest.len())], is_workflow, is_closed: end.is_some() })
    })
}

/// Finds `{{`; most texts have no brace for long.
fn braces(text: &str) -> Option<usize> {
    let mut done = 0;
    loop {
        let at = done + text[done..].find('{')?;
        if text.as_bytes().get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        done = at + 1;
    }
}

fn end_of_tag(rest: &str) -> Option<usize> {
    let comment = rest.trim_start_matches('~');
    if comment.starts_with("!--") {
        let end = rest.find("--}}").map(|end| end + 2);
        return end.or_else(|| rest.find("--~}}").map(|end| end + 3));
    }
    if comment.starts_with('!') {
        return rest.find("}}");
    }
    let bytes = rest.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', Some(_)) => at += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'}', None) if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn parentheses(tag: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in tag.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Replaces the braces of `${{ … }}` one for one, so that lines and columns stay what they are.
fn protect_workflow_expressions(text: &str) -> Result<Cow<'_, str>, usize> {
    if !text.contains("${{") {
        return Ok(text.into());
    }
    let mut protected = String::with_capacity(text.len());
    let mut done = 0;
    for tag in tags(text).filter(|tag| tag.is_workflow) {
        if !tag.is_closed {
            return Err(tag.start - 1);
        }
        protected.push_str(&text[done..tag.start]);
        protected.extend([OPEN, OPEN]);
        protected.push_str(tag.inner);
        protected.extend([CLOSE, CLOSE]);
        done = tag.start + 2 + tag.inner.len() + 2;
    }
    protected.push_str(&text[done..]);
    Ok(protected.into())
}

fn restore_workflow_expressions(syntax: &mut Syntax) {
    for element in &mut syntax.elements {
        match element {
            TemplateElement::RawString(text) if text.as_bytes().contains(&STAND_IN) => {
                *text = text.replace(OPEN, "{").replace(CLOSE, "}");
            }
            TemplateElement::HelperBlock(block) => {
                block.template.iter_mut().chain(block.inverse.iter_mut()).for_each(restore_workflow_expressions);
            }
            _ => {}
        }
    }
}

fn plain_reason(error: &handlebars::TemplateError) -> String {
    use handlebars::TemplateErrorReason as Reason;
    match error.reason() {
        Reason::MismatchingClosedHelper(open, closed) | Reason::MismatchingClosedDecorator(open, closed) => {
            format!("the block `{open}` is closed by `{closed}`")
        }
        Reason::InvalidSyntax(_) => "this is not valid Handlebars".to_owned(),
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (Option<(usize, usize)>, String) {
        let problem = parse("f.hbs", text).unwrap_err();
        (problem.place.position, problem.message)
    }

    #[test]
    fn an_expression_that_is_parsed_the_quick_way_is_what_handlebars_makes_of_it() {
        for text in [
            "service",
            "\"a b\"",
            "7",
            "true",
            "eq a \"b\"",
            "and (or a b) (not c)",
            "(first list)",
            "choose (lte memory 1843)\n \"a\" \"b\"",
            "concat \"$\" \"{\" x",
        ] {
            let quick = parser::expression(text).unwrap_or_else(|| panic!("{text} takes the slow way"));
            assert_eq!(Some(quick), slow_expression("t", text), "{text}");
        }
        for text in ["", "(a", "a)", "\"a\" \"b\"", "(a b) (c d)", "}} {{a", "a}}{{b", "this x y )"] {
            assert!(parse_expression("t", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_workflow_expression_is_text_and_keeps_columns() {
        let syntax = parse("f.hbs", "a: ${{ github.ref }}\n").unwrap();
        assert_eq!(syntax.elements, [TemplateElement::RawString("a: ${{ github.ref }}\n".to_owned())]);
        assert_eq!(problem("${{ github.ref }} {{#if").0.map(|place| place.0), Some(1));
        assert_eq!(problem("x\n ${{ oops").0, Some((2, 2)));
        let quoted = parse("f.hbs", "{{quote \"${{ github.ref }}\"}}").unwrap();
        assert!(!format!("{quoted:?}").contains(OPEN), "{quoted:?}");
    }

    #[test]
    fn hostile_nesting_is_refused_before_it_is_parsed() {
        assert!(problem(&"{{#if a}}".repeat(5_000)).1.contains("nested more than 64 deep"));
        assert!(problem(&"{{a}}".repeat(3_000)).1.contains("2001 tags are too many"));
        let deep = |start: &str| format!("{{{{{start} {}a{}}}}}", "(not ".repeat(500), ")".repeat(500));
        assert!(problem(&deep("not")).1.contains("parentheses"));
        assert!(problem(&deep("eq \"}}\"")).1.contains("parentheses"), "braces in a string do not end a tag");
        let large = format!("{}{}", "x".repeat(200_000), "{{a}}".repeat(1_000));
        assert!(problem(&large).1.contains("too many for a file"));
    }

    #[test]
    fn broken_syntax_has_a_place_and_never_panics() {
        for text in [
            "{{#if a}}",
            "{{/if}}",
            "{{#if a}}{{/each}}",
            "{{",
            "{{}}",
            "{{{a}}",
            "{{> }}",
            "{{else}}",
            "{{#if}}{{/if}}{{/if}}",
        ] {
            if let Err(problem) = parse("f.hbs", text) {
                assert!(problem.place.position.is_some(), "{text}: {problem}");
            }
        }
    }
}
