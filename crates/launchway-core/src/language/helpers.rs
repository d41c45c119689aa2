//! The helpers of the template language. Each is one row of [`HELPERS`], which the checker, the evaluator, the renderer,
//! `adopt` and the reference read.

use handlebars::{Context, Handlebars, Helper as Call, HelperDef, RenderContext, RenderError, RenderErrorReason};
use handlebars::{PathAndJson, ScopedJson};
use semver::Version;
use serde_json::Value as Json;

use super::compute::{self, Function};
use super::quote;
use super::tables::Tables;

/// What an expression yields, as far as the checks on templates need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    /// A string that cannot break a format: a slug, a choice, a quoted text.
    Word,
    /// A string that may hold anything.
    Text,
    /// A list of words.
    Words,
    /// A string that the helper of that name has made of a text, for the files that it is for.
    Quoted(&'static str),
    /// Whether a secret was given; no template ever sees the secret itself.
    Secret,
    /// A table of the manifest, which only `lookup` takes.
    Table,
}

impl Type {
    /// Returns what messages call it.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Word => "a word",
            Self::Text => "a text",
            Self::Quoted(_) => "a quoted text",
            Self::Words => "a list",
            Self::Secret => "a secret",
            Self::Table => "a table",
        }
    }

    /// Tells whether a value of another type can stand for one of this.
    pub(super) fn takes(self, other: Self) -> bool {
        match self {
            Self::Word => matches!(other, Self::Word | Self::Int | Self::Quoted(_)),
            Self::Text => matches!(other, Self::Text | Self::Word | Self::Int | Self::Quoted(_)),
            _ => self == other,
        }
    }
}

/// A helper: how it is called, what it yields, and what it says of itself.
pub(crate) struct Helper {
    pub(crate) name: &'static str,
    /// The fewest and the most values that it takes.
    pub(crate) arguments: (usize, usize),
    pub(crate) result: Yields,
    /// How its result is read backwards, from a file to the answers.
    pub(crate) backwards: Backwards,
    pub(super) function: Function,
    /// Since which version of the program it is there.
    since: (u64, u64),
    page: Page,
}

/// What the reference says of a helper.
#[derive(Clone, Copy)]
struct Page {
    /// The values that it takes.
    usage: &'static str,
    /// What it yields, in a few words.
    says: &'static str,
    /// A call, and what it yields, as JSON.
    example: Example,
}

/// The type of a helper's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yields {
    Bool,
    Int,
    /// A quoted text, safe where it stands.
    Quoted,
    /// A text if one of the arguments is a text, otherwise a word.
    LikeArguments,
    /// A list of words.
    Words,
    /// What the column of a table holds.
    Cell,
}

/// How the values that a helper was given are found in what it made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backwards {
    /// Not at all.
    Hidden,
    /// They stand there one after the other.
    Joined,
    /// They stand there with dashes as underscores.
    Snake,
    /// They stand in a quoted text.
    Quoted,
    /// They stand between two texts.
    Between(&'static str, &'static str),
    /// An element of the list stands there.
    Element,
    /// One of two stands there.
    Either,
}

/// The version of the program that came with the first helpers; every program refuses their names as ids.
const FIRST: (u64, u64) = (0, 1);
const SECOND: (u64, u64) = (0, 2);
const MANY: usize = 32;

use Backwards::{Between, Either, Element, Hidden, Joined, Quoted, Snake};

/// Every helper that a template can call.
#[rustfmt::skip]
pub(crate) const HELPERS: &[Helper] = &[
    truth("eq", "A B", 2, |it| Ok((it[0] == it[1]).into()), "whether both are the same", ("eq \"a\" \"a\"", "true")),
    truth("ne", "A B", 2, |it| Ok((it[0] != it[1]).into()), "whether they differ", ("ne 1 2", "true")),
    truth("gt", "A B", 2, |it| Ok(compute::greater(it).into()), "whether A is greater", ("gt 2 1", "true")),
    truth("gte", "A B", 2, |it| Ok(compute::greater_or_equal(it).into()), "whether A is greater, or the same", ("gte 2 2", "true")),
    truth("lt", "A B", 2, |it| Ok(compute::less(it).into()), "whether A is less", ("lt 2 1", "false")),
    truth("lte", "A B", 2, |it| Ok(compute::less_or_equal(it).into()), "whether A is less, or the same", ("lte \"2\" 10", "true")),
    truth("and", "A B …", MANY, |it| Ok(compute::and(it).into()), "whether all are true", ("and true (eq 1 2)", "false")),
    truth("or", "A B …", MANY, |it| Ok(compute::or(it).into()), "whether one is true", ("or true (eq 1 2)", "true")),
    truth("not", "A", 1, |it| Ok((!compute::is_true(it[0])).into()), "whether it is not true", ("not true", "false")),
    truth("covers", "PAIRS NAMES", 2, compute::covers, "whether the pairs `NAME=VALUE` have each of the names", ("covers ports zones", "false")).since(SECOND),
    truth("has", "LIST ITEM", 2, compute::has, "whether the list has the item", ("has zones \"b\"", "true")),
    truth("includes", "LIST ITEMS", 2, compute::includes, "whether the list has each of the items", ("includes zones (names_of ports)", "false")).since(SECOND),
    number("len", "LIST", 1, |it| Ok(compute::len(it[0]).into()), "how many items the list has", ("len zones", "3")),
    number("add", "A B …", MANY, |it| compute::fold(it, i64::checked_add), "the sum", ("add 1 2 3", "6")),
    number("subtract", "A B", 2, |it| compute::fold(it, i64::checked_sub), "the difference", ("subtract 3 1", "2")),
    number("multiply", "A B …", MANY, |it| compute::fold(it, i64::checked_mul), "the product", ("multiply 2 3", "6")),
    number("divide", "A B", 2, |it| compute::fold(it, i64::checked_div), "the whole part of the quotient", ("divide 7 2", "3")),
    number("max", "A B …", MANY, |it| compute::fold(it, |a, b| Some(a.max(b))), "the greatest", ("max 1 3 2", "3")),
    number("min", "A B …", MANY, |it| compute::fold(it, |a, b| Some(a.min(b))), "the least", ("min 1 3 2", "1")),
    text("concat", "A …", MANY, compute::concat, Joined, "the texts without anything between them", ("concat \"a\" 1", "\"a1\"")),
    text("lower", "TEXT", 1, |it| compute::map(it, str::to_lowercase), Joined, "in small letters", ("lower \"Ab\"", "\"ab\"")),
    text("upper", "TEXT", 1, |it| compute::map(it, str::to_uppercase), Hidden, "in capital letters", ("upper \"Ab\"", "\"AB\"")),
    text("snake", "TEXT", 1, |it| compute::map(it, |text| text.replace('-', "_")), Snake, "with underscores instead of dashes", ("snake \"my-orders\"", "\"my_orders\"")),
    text("kebab", "TEXT", 1, |it| compute::map(it, compute::kebab), Joined, "its words in small letters, with dashes between them", ("kebab \"HTTPServer v2\"", "\"http-server-v2\"")).since(SECOND),
    text("pascal", "TEXT", 1, |it| compute::map(it, compute::pascal), Hidden, "its words together, each with a capital", ("pascal \"my-orders\"", "\"MyOrders\"")).since(SECOND),
    text("camel", "TEXT", 1, |it| compute::map(it, compute::camel), Hidden, "its words together, each but the first with a capital", ("camel \"my-orders\"", "\"myOrders\"")).since(SECOND),
    text("title", "TEXT", 1, |it| compute::map(it, compute::title), Hidden, "its words with spaces between them, each with a capital", ("title \"my-orders\"", "\"My Orders\"")).since(SECOND),
    text("trim", "TEXT", 1, |it| compute::map(it, |text| text.trim().to_owned()), Joined, "without the white space around it", ("trim \" a b \"", "\"a b\"")).since(SECOND),
    text("replace", "TEXT OLD NEW", 3, compute::replace, Hidden, "with NEW wherever OLD stood", ("replace \"a.b.c\" \".\" \"/\"", "\"a/b/c\"")).since(SECOND),
    text("first", "LIST", 1, |it| compute::end_of(it[0], <[Json]>::first), Element, "the first item", ("first zones", "\"a\"")),
    text("last", "LIST", 1, |it| compute::end_of(it[0], <[Json]>::last), Element, "the last item", ("last zones", "\"c\"")),
    text("value_of", "PAIRS NAME", 2, compute::value_of, Hidden, "what the pairs `NAME=VALUE` have for the name, or nothing", ("value_of ports \"https\"", "\"443\"")).since(SECOND),
    row("values_of", (1, 1), Yields::Words, |it| compute::values_of(it[0]), Hidden, page("PAIRS", "the values of the pairs, each once", ("join (values_of ports) \" \"", "\"80 443\""))).since(SECOND),
    row("names_of", (1, 1), Yields::Words, |it| compute::names_of(it[0]), Hidden, page("PAIRS", "the names of the pairs", ("join (names_of ports) \"-\"", "\"http-https\""))).since(SECOND),
    row("split", (2, 2), Yields::Words, compute::split, Hidden, page("TEXT SEPARATOR", "the parts of the text between the separators", ("last (split \"a.b\" \".\")", "\"b\""))).since(SECOND),
    text("before", "LIST ITEM", 2, compute::before, Hidden, "the item before this one", ("before zones \"b\"", "\"a\"")),
    text("join", "LIST SEPARATOR", 2, compute::join, Hidden, "the items with the separator between them", ("join zones \", \"", "\"a, b, c\"")),
    text("choose", "CONDITION THEN ELSE", 3, compute::choose, Either, "one of the two", ("choose (eq 1 2) \"a\" \"b\"", "\"b\"")),
    row("lookup", (4, MANY), Yields::Cell, compute::lookup, Hidden, page("TABLE RESULT COLUMN VALUE …", "what the column RESULT holds in the first row that has each VALUE in its COLUMN", ("lookup sizes \"type\" \"memory\" 1000", "\"small\""))).since(SECOND),
    text("github_expression", "TEXT …", MANY, compute::github_expression, Between("${{ ", " }}"), "an expression of GitHub's workflows", ("github_expression \"vars.\" (upper \"role\")", "\"${{ vars.ROLE }}\"")).since(SECOND),
    quoted("quote", |it| compute::map(it, quote::quote), "for YAML, TOML and JSON", ("quote \"a b\"", "\"\\\"a b\\\"\"")),
    row("quote_shell", (1, 1), Yields::Quoted, |it| compute::map(it, quote::quote_shell), Joined, page("TEXT", "for a word of a shell", ("quote_shell \"a b\"", "\"'a b'\""))),
    row("quote_markdown", (1, 1), Yields::Quoted, |it| compute::map(it, quote::quote_markdown), Joined, page("TEXT", "for a paragraph of Markdown", ("quote_markdown \"*a*\"", "\"\\\\*a\\\\*\""))),
    quoted("quote_rust", |it| compute::map(it, quote::quote_rust), "for Rust", ("quote_rust \"a b\"", "\"\\\"a b\\\"\"")),
    quoted("quote_sub", |it| compute::map(it, quote::quote_sub), "for a string below `Fn::Sub`, where `${` names a variable", ("quote_sub \"${a}\"", "\"\\\"${!a}\\\"\"")),
    quoted("quote_kubernetes", |it| compute::map(it, quote::quote_kubernetes), "for `command`, `args` and `env` of a container, where `$(` names a variable", ("quote_kubernetes \"$(a)\"", "\"\\\"$$(a)\\\"\"")),
    escaped("quote_make", |it| compute::map(it, quote::quote_make), "for a word of a recipe of make, or of a variable that recipes use; line breaks become spaces", ("quote_make \"a $b\"", "\"'a $$b'\"")),
    quoted("quote_dockerfile", |it| compute::map(it, quote::quote_dockerfile), "for a word of a Dockerfile, not of its JSON lists; line breaks become spaces", ("quote_dockerfile \"a $b\"", "\"\\\"a \\\\$b\\\"\"")).since(SECOND),
    quoted("quote_hcl", |it| compute::map(it, quote::quote_hcl), "for HCL, where `${` and `%{` begin a template", ("quote_hcl \"${a}\"", "\"\\\"\\\\u0024{a}\\\"\"")).since(SECOND),
    escaped("quote_xml", |it| compute::map(it, quote::quote_xml), "for XML and HTML, in an element or between the quotes of an attribute", ("quote_xml \"a<b\"", "\"a&lt;b\"")),
    escaped("quote_properties", |it| compute::map(it, quote::quote_properties), "for a value in a file of Java's properties", ("quote_properties \"a=b\"", "\"a\\\\=b\"")),
    escaped("quote_powershell", |it| compute::map(it, quote::quote_powershell), "for PowerShell", ("quote_powershell \"it's\"", "\"'it''s'\"")),
];

type Example = (&'static str, &'static str);

const fn row(
    name: &'static str,
    arguments: (usize, usize),
    result: Yields,
    function: Function,
    backwards: Backwards,
    page: Page,
) -> Helper {
    Helper { name, arguments, result, backwards, function, since: FIRST, page }
}

const fn page(usage: &'static str, says: &'static str, example: Example) -> Page {
    Page { usage, says, example }
}

/// The bounds of how many values are taken: two or more, or as many as that.
const fn count(most: usize, least_of_many: usize) -> (usize, usize) {
    if most == MANY { (least_of_many, MANY) } else { (most, most) }
}

const fn truth(
    name: &'static str,
    usage: &'static str,
    most: usize,
    function: Function,
    says: &'static str,
    example: Example,
) -> Helper {
    row(name, count(most, 2), Yields::Bool, function, Hidden, page(usage, says, example))
}

const fn number(
    name: &'static str,
    usage: &'static str,
    most: usize,
    function: Function,
    says: &'static str,
    example: Example,
) -> Helper {
    row(name, count(most, 2), Yields::Int, function, Hidden, page(usage, says, example))
}

const fn text(
    name: &'static str,
    usage: &'static str,
    most: usize,
    function: Function,
    backwards: Backwards,
    says: &'static str,
    example: Example,
) -> Helper {
    row(name, count(most, 1), Yields::LikeArguments, function, backwards, page(usage, says, example))
}

/// A helper that puts quotes around a text.
const fn quoted(name: &'static str, function: Function, says: &'static str, example: Example) -> Helper {
    row(name, (1, 1), Yields::Quoted, function, Quoted, page("TEXT", says, example))
}

/// A helper of 0.2 that escapes what a text holds.
const fn escaped(name: &'static str, function: Function, says: &'static str, example: Example) -> Helper {
    row(name, (1, 1), Yields::Quoted, function, Joined, page("TEXT", says, example)).since(SECOND)
}

impl Helper {
    const fn since(self, since: (u64, u64)) -> Self {
        Self { since, ..self }
    }

    /// Tells whether a program of that version, and every newer one, has the helper.
    pub(crate) fn is_known_to(&self, oldest: &Version) -> bool {
        self.since == FIRST || self.since <= (oldest.major, oldest.minor)
    }
}

/// Finds a helper by its name.
pub(crate) fn helper(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}

/// What the reference says of a helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperReference {
    /// How it is called.
    pub usage: String,
    /// What it yields.
    pub says: &'static str,
    /// A call.
    pub example: &'static str,
    /// What that call yields, as JSON.
    pub result: &'static str,
    /// Since which version of the program it is there.
    pub since: String,
}

/// Lists the helpers of the template language, for the reference.
#[must_use]
pub fn helper_references() -> Vec<HelperReference> {
    let reference = |helper: &Helper| HelperReference {
        usage: format!("{} {}", helper.name, helper.page.usage),
        says: helper.page.says,
        example: helper.page.example.0,
        result: helper.page.example.1,
        since: format!("{}.{}", helper.since.0, helper.since.1),
    };
    HELPERS.iter().map(reference).collect()
}

/// Registers the helpers of the language, and takes out those of Handlebars that are not part of it.
pub(super) fn register(registry: &mut Handlebars<'static>, tables: &Tables) {
    for name in ["log", "raw", "with"] {
        registry.unregister_helper(name);
    }
    for helper in HELPERS {
        registry.register_helper(helper.name, Box::new(Registered { helper, tables: tables.clone() }));
    }
}

/// A helper as Handlebars calls it: it computes a value from its arguments alone.
struct Registered {
    helper: &'static Helper,
    tables: Tables,
}

impl Registered {
    fn argument<'a>(&'a self, argument: &'a PathAndJson<'_>) -> &'a Json {
        let path = argument.relative_path().filter(|_| argument.is_value_missing());
        let table = path.and_then(|path| self.tables.get(path.trim_start_matches("../")));
        table.map_or_else(|| argument.value(), |table| table.json())
    }
}

impl HelperDef for Registered {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render_context: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        // Without arguments it is a name, to which the helper yields.
        if call.params().is_empty() {
            return render_context.evaluate(context, self.helper.name);
        }
        let arguments: Vec<&Json> = call.params().iter().map(|argument| self.argument(argument)).collect();
        let failed = |message| RenderErrorReason::Other(format!("`{}`: {message}", self.helper.name)).into();
        (self.helper.function)(&arguments).map(ScopedJson::Derived).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::check::{Names, Printing};
    use super::super::engine::{Data, Engine, Partials};
    use super::super::tables::Table;
    use super::*;

    fn engine() -> Engine {
        let columns = ["type", "memory"].map(str::to_owned).to_vec();
        let rows = [vec![json!("tiny"), json!(500)], vec![json!("small"), json!(2000)]];
        let table = Table::new(columns, &BTreeSet::from(["memory".to_owned()]), &rows).unwrap();
        Engine::new(Partials::new(), Tables::from_iter([("sizes".to_owned(), table)]))
    }

    #[test]
    fn the_example_of_every_helper_holds_where_it_is_evaluated_and_where_it_is_rendered() {
        let names = Names::from(["ports", "zones"].map(|name| (name.to_owned(), Type::Words)));
        let Json::Object(values) = json!({ "ports": ["http=80", "https=443"], "zones": ["a", "b", "c"] }) else {
            unreachable!("it is an object")
        };
        let data = Data::from(values);
        for HelperReference { usage, example, result, says, .. } in helper_references() {
            assert!(!says.is_empty() && example.contains(usage.split(' ').next().unwrap()), "{usage}: {example}");
            let engine = engine();
            let expression = engine.expression("t", example, &names).unwrap();
            let result: Json = serde_json::from_str(result).unwrap();
            assert_eq!(engine.evaluate(&expression, &data).unwrap(), result, "{example}");
            let tag = format!("{{{{{example}}}}}");
            let (compiled, _) = engine.compile("t", &tag, &names, Printing::Quoted).unwrap();
            let shown = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
            assert_eq!(engine.render(&compiled, &data).unwrap(), shown, "{example}");
        }
    }

    #[test]
    fn a_new_helper_yields_to_a_name_and_is_still_called_with_values() {
        let names = Names::from([("title".to_owned(), Type::Word), ("zones".to_owned(), Type::Words)]);
        let Json::Object(values) = json!({ "title": "it", "zones": ["a"] }) else { unreachable!("it is an object") };
        let data = Data::from(values);
        let text =
            "{{title}} {{title title}}{{#if title}}!{{/if}}{{#each zones as |kebab|}} {{kebab}} {{../title}}{{/each}}";
        let engine = engine();
        let (compiled, _) = engine.compile("t", text, &names, Printing::Quoted).unwrap();
        assert_eq!(engine.render(&compiled, &data).unwrap(), "it It! a it");
        let expression = engine.expression("t", "concat title (title title)", &names).unwrap();
        assert_eq!(engine.evaluate(&expression, &data).unwrap(), json!("itIt"));
    }
}
