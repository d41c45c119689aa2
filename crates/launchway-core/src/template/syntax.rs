//! From the text of a template to its syntax tree, with limits that keep the parser from overflowing.

use handlebars::template::{Template as Syntax, TemplateElement};

use super::problem::{Place, Problem};
use crate::document::line_and_column;

const MAX_NESTING: usize = 64;
/// Handlebars counts lines from the start of the file for every tag: the time grows with tags × bytes.
const MAX_TAGS: usize = 2_000;
const MAX_BYTES: usize = 256 << 10;
const MAX_PARENTHESES: usize = 16;

/// Stands for a brace of `${{ … }}` while Handlebars reads the text; never left in the tree.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// Parses a template. `${{ … }}`, the expressions of GitHub's workflows, are literal text in it.
pub(crate) fn parse(file: &str, text: &str) -> Result<Syntax, Problem> {
    let at = |offset: usize, message: String| {
        let (line, column) = line_and_column(text, offset);
        Problem::new(Place::at(file, line, column), message)
    };
    if let Some(offset) = text.find([OPEN, CLOSE]) {
        return Err(at(offset, "the private-use characters U+E000 and U+E001 cannot stand in a template".to_owned()));
    }
    check_limits(text).map_err(|(offset, message)| at(offset, message))?;
    let protected = protect_workflow_expressions(text).map_err(|offset| {
        at(offset, "`${{` is not closed by `}}`".to_owned())
            .hint("`${{ … }}` is a GitHub expression; write {{\"$\"}} before a value that follows a dollar sign")
    })?;
    let mut syntax = Syntax::compile(&protected).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        Problem::new(Place::at(file, line, column), plain_reason(&error))
    })?;
    restore_workflow_expressions(&mut syntax);
    Ok(syntax)
}

/// Refuses what would overflow the stack of the parser or of the renderer.
fn check_limits(text: &str) -> Result<(), (usize, String)> {
    if text.len() > MAX_BYTES {
        return Err((0, format!("a file with tags cannot be larger than {} KiB", MAX_BYTES >> 10)));
    }
    let mut nesting = 0_usize;
    let mut tags = 0_usize;
    for (offset, _) in text.match_indices("{{") {
        let tag = text[offset + 2..].trim_start_matches(['{', '~', '&']);
        tags += 1;
        nesting = match tag.bytes().next() {
            Some(b'#') => nesting + 1,
            Some(b'/') => nesting.saturating_sub(1),
            _ => nesting,
        };
        if nesting > MAX_NESTING {
            return Err((offset, format!("blocks are nested more than {MAX_NESTING} deep")));
        }
        if tags > MAX_TAGS {
            return Err((offset, format!("more than {MAX_TAGS} tags in one file")));
        }
        if parentheses(tag) > MAX_PARENTHESES {
            return Err((offset, format!("parentheses are nested more than {MAX_PARENTHESES} deep")));
        }
    }
    Ok(())
}

fn parentheses(tag: &str) -> usize {
    let inner = tag.split("}}").next().unwrap_or(tag);
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in inner.bytes() {
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
fn protect_workflow_expressions(text: &str) -> Result<String, usize> {
    let mut protected = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(start) = text[done..].find("${{").map(|found| done + found) {
        let end = text[start..].find("}}").map(|found| start + found).ok_or(start)?;
        protected.push_str(&text[done..=start]);
        protected.extend([OPEN, OPEN]);
        protected.push_str(&text[start + 3..end]);
        protected.extend([CLOSE, CLOSE]);
        done = end + 2;
    }
    protected.push_str(&text[done..]);
    Ok(protected)
}

fn restore_workflow_expressions(syntax: &mut Syntax) {
    for element in &mut syntax.elements {
        match element {
            TemplateElement::RawString(text) if text.contains([OPEN, CLOSE]) => {
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
    fn a_workflow_expression_is_text_and_keeps_columns() {
        let syntax = parse("f.hbs", "a: ${{ github.ref }}\n").unwrap();
        assert_eq!(syntax.elements, [TemplateElement::RawString("a: ${{ github.ref }}\n".to_owned())]);
        assert_eq!(problem("${{ github.ref }} {{#if").0.map(|place| place.0), Some(1));
        assert_eq!(problem("x\n ${{ oops").0, Some((2, 2)));
    }

    #[test]
    fn hostile_nesting_is_refused_before_it_is_parsed() {
        assert!(problem(&"{{#if a}}".repeat(5_000)).1.contains("nested more than 64 deep"));
        assert!(problem(&"{{a}}".repeat(3_000)).1.contains("more than 2000 tags"));
        assert!(problem(&format!("{{{{not {}a{}}}}}", "(not ".repeat(500), ")".repeat(500))).1.contains("parentheses"));
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
