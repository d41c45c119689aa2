//! HCL, the language of Terraform, with the line of each value.
//!
//! A block with labels is found by them, `resource "aws_lb" "main" {}` at `/resource/aws_lb/main`; where two have the same labels, they are
//! a list. A block without labels is always an element of a list, `health_check {}` at `/health_check/0`. Literals become what they
//! are, and so does what `jsonencode` and `toset` are given; any other expression becomes its own text, with a reference such as
//! `aws_lb.main.arn` in it.
//!
//! It is our own reader because agreements need places and literals alone, and the program has to stay small.

mod expression;
mod scan;

use std::collections::BTreeMap;

use self::expression::Ends;
use self::scan::Scan;
use super::{Content, Node, Unreadable};

/// The most levels of a document, as for every format.
const LEVELS: usize = 128;

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let mut scan = Scan::new(text);
    let content = body(&mut scan, 0, false)?;
    Ok(Node { line: 1, content })
}

/// Reads the attributes and the blocks up to the end of the text, or of the block.
fn body(scan: &mut Scan<'_>, level: usize, is_block: bool) -> Result<Content, Unreadable> {
    scan.descend(level)?;
    let mut entries = BTreeMap::new();
    loop {
        scan.blank(true)?;
        match scan.peek() {
            None if is_block => return Err(scan.fault("the block is not closed")),
            None => return Ok(Content::Mapping(entries)),
            Some(b'}') if is_block => {
                scan.step();
                return Ok(Content::Mapping(entries));
            }
            Some(_) => entry(scan, level, &mut entries)?,
        }
    }
}

/// Reads one attribute or one block.
fn entry(scan: &mut Scan<'_>, level: usize, entries: &mut BTreeMap<String, Node>) -> Result<(), Unreadable> {
    let begin = scan.at();
    let name = scan.identifier().ok_or_else(|| scan.fault("neither an attribute nor a block begins here"))?.to_owned();
    scan.blank(false)?;
    if scan.peek() == Some(b'=') {
        scan.step();
        scan.blank(false)?;
        let value = expression::read(scan, level + 1, Ends::Line)?;
        if entries.contains_key(&name) {
            return Err(scan.fault_at(begin, &format!("the key `{name}` appears twice in one body")));
        }
        entries.insert(name, value);
        return Ok(());
    }
    let mut labels = Vec::new();
    while scan.peek() != Some(b'{') {
        let label = match scan.peek() {
            Some(b'"') => scan.quoted()?,
            _ => scan.identifier().map(str::to_owned),
        };
        labels.push(label.ok_or_else(|| scan.fault("neither a `=` nor the `{` of a block follows"))?);
        scan.blank(false)?;
    }
    scan.step();
    let block = Node { line: scan.line_of(begin), content: body(scan, level + 1, true)? };
    place(entries, &name, &labels, block).map_err(|twice| scan.fault_at(begin, &twice))
}

/// Puts a block where its name and its labels lead to.
fn place(entries: &mut BTreeMap<String, Node>, name: &str, labels: &[String], block: Node) -> Result<(), String> {
    let twice = || format!("the key `{name}` appears twice in one body");
    let line = block.line;
    let Some((label, labels)) = labels.split_first() else {
        let list = entries.entry(name.to_owned()).or_insert(Node { line, content: Content::Sequence(Vec::new()) });
        let Content::Sequence(blocks) = &mut list.content else { return Err(twice()) };
        blocks.push(block);
        return Ok(());
    };
    let labelled = entries.entry(name.to_owned()).or_insert(Node { line, content: Content::Mapping(BTreeMap::new()) });
    let Content::Mapping(blocks) = &mut labelled.content else { return Err(twice()) };
    if !labels.is_empty() {
        return place(blocks, label, labels, block);
    }
    match blocks.get_mut(label) {
        None => drop(blocks.insert(label.clone(), block)),
        Some(Node { content: Content::Sequence(same), .. }) => same.push(block),
        Some(same) => {
            let first = std::mem::replace(same, Node { line: same.line, content: Content::Sequence(Vec::new()) });
            same.content = Content::Sequence(vec![first, block]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::{Format, parse, read};
    use crate::agreement::pointer::Pointer;

    const TEXT: &str = r#"# A comment.
terraform {
  required_version = ">= 1.11" // another
  backend "s3" {}
}

/* a third,
   of two lines */
resource "aws_lb" "main" {
  name     = "orders-${var.environment}"
  internal = false
  idle     = 60
  subnets  = var.subnets
  ports    = [80, "443", -1.5,]

  health_check { path = "/readyz" }
  health_check {
    path = "/livez"
  }

  policy = jsonencode({
    Version = "2012-10-17"
    "a:b" : [for it in var.all : "${it}}"]
    Statement = [{ Effect = "Allow", Action = ["a", "b"] }]
  })

  text = <<-END
    line # no comment
  END
  both = var.x == null ? "}" : lower(
    "y"
  )
  quoted = "a\"b\n$${c}"
}
"#;

    fn parsed(text: &str) -> Result<Json, String> {
        parse(Format::Hcl, text).map(|mut all| all.remove(0)).map_err(|error| error.to_string())
    }

    #[test]
    fn blocks_are_found_by_their_labels_and_literals_are_what_they_are() {
        let expected = json!({
            "terraform": [{"required_version": ">= 1.11", "backend": {"s3": {}}}],
            "resource": {"aws_lb": {"main": {
                "name": "orders-${var.environment}",
                "internal": false,
                "idle": 60,
                "subnets": "var.subnets",
                "ports": [80, "443", -1.5],
                "health_check": [{"path": "/readyz"}, {"path": "/livez"}],
                "policy": {
                    "Version": "2012-10-17",
                    "a:b": "[for it in var.all : \"${it}}\"]",
                    "Statement": [{"Effect": "Allow", "Action": ["a", "b"]}],
                },
                "text": "    line # no comment\n",
                "both": "var.x == null ? \"}\" : lower(\n    \"y\"\n  )",
                "quoted": "a\"b\n${c}",
            }}},
        });
        assert_eq!(parsed(TEXT), Ok(expected));
    }

    #[test]
    fn a_value_has_its_line() {
        let documents = read(Format::Hcl, TEXT).unwrap();
        let line = |pointer: &str| Pointer::parse(pointer).unwrap().line(&documents);
        assert_eq!(line("/terraform/0/required_version"), Some(3));
        assert_eq!(line("/resource/aws_lb/main/idle"), Some(12));
        assert_eq!(line("/resource/aws_lb/main/health_check/*/path"), Some(16));
        assert_eq!(line("/resource/aws_lb/main/policy/Statement/0/Action/1"), Some(24));
    }

    #[test]
    fn blocks_with_the_same_labels_are_a_list() {
        let text = "provider \"aws\" {}\nprovider \"aws\" {\n  alias = \"b\"\n}\nprovider \"aws\" {}\n";
        assert_eq!(parsed(text), Ok(json!({"provider": {"aws": [{}, {"alias": "b"}, {}]}})));
    }

    #[test]
    fn what_is_no_hcl_is_refused_with_its_place() {
        for (text, said) in [
            ("a = 1\na = 2\n", "line 2, column 1: the key `a` appears twice in one body"),
            ("a {\n  b = 1\n", "line 3, column 1: the block is not closed"),
            ("a = [1, 2\n", "line 1, column 9: the bracket before this is not closed"),
            ("a = [1,\n", "line 1, column 5: the bracket is not closed"),
            ("a = \"b\nc\"\n", "line 1, column 5: the text is not closed"),
            ("a = \"${b\"\n", "line 1, column 5: the text is not closed"),
            ("a = <<END\nb\n", "line 1, column 5: the text is not closed"),
            ("a = )\n", "line 1, column 5: nothing opens this bracket"),
            ("a = \n", "line 1, column 5: a value is missing here"),
            ("a = 1 }\n", "line 1, column 7: neither an attribute nor a block begins here"),
            ("= 1\n", "line 1, column 1: neither an attribute nor a block begins here"),
            ("a b\n", "line 1, column 4: neither a `=` nor the `{` of a block follows"),
            ("a = { b = 1\n  b = 2 }\n", "line 2, column 3: the key `b` appears twice in one object"),
            ("/* a\n", "line 1, column 1: the comment is not closed"),
            ("a = \"\\q\"\n", "line 1, column 6: `\\q` is no escape of HCL"),
        ] {
            assert_eq!(parsed(text), Err(said.to_owned()), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        for (open, close) in [("a {", "}"), ("a = [", "]"), ("a = {b=", "}")] {
            let nested = |levels: usize| {
                let inner = open.trim_start_matches("a = ");
                format!("{open}{}{}", inner.repeat(levels - 1), close.repeat(levels)).replace("{}", "{}\n")
            };
            assert!(parsed(&nested(100_000)).is_err_and(|said| said.contains("128 levels")), "{open}");
        }
    }

    #[test]
    fn an_expression_that_is_no_literal_is_its_own_text() {
        for text in [
            "[a][0]",
            "{ a = 1 }.a",
            "\"a\" == b",
            "a ? [1] : [2]",
            "f(1, 2)...",
            "-a",
            "!a",
            "(1 + 2)",
            "a[\"b\"].c[*].d",
            "{ for k, v in a : k => v if v != \"}\" }",
            "1 + 2",
            "toset(a, b)",
            "f(\n  1,\n)",
            "jsonencode(a).b",
        ] {
            assert_eq!(parsed(&format!("a = {text}\nb = 1\n")), Ok(json!({"a": text, "b": 1})), "{text}");
        }
        assert_eq!(parsed("a = toset([\"b\"])\n"), Ok(json!({"a": ["b"]})));
        assert_eq!(parsed("a = null\nb = true # c\n"), Ok(json!({"a": null, "b": true})));
        assert_eq!(parsed("a = {}\nb = []\nc = {\n}\n"), Ok(json!({"a": {}, "b": [], "c": {}})));
        assert_eq!(parsed("a = [\n  x.y,\n  # c\n  z\n]\r\n"), Ok(json!({"a": ["x.y", "z"]})));
    }
}
