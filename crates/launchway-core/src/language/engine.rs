//! Handlebars, held to the language that templates are written in. The only file that names the crate's registry.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use handlebars::template::{Parameter, Template as Syntax};
use handlebars::{Context, Handlebars, Output, RenderContext, Renderable, no_escape};
use serde_json::{Map, Value as Json};

use super::check::{Checker, Findings, Names, Printing, Scope};
use super::evaluate;
use super::helpers::{self, Type};
use super::problem::{Location, Problem};
use super::steps::Counter;
use super::syntax;
use super::tables::Tables;

/// The most steps that one text may take to render.
const MAX_STEPS: u64 = 1_000_000;
/// The most that one template may render: 5 MiB.
const MAX_RENDERED_BYTES: usize = 5 << 20;

/// Compiles and renders templates.
pub(crate) struct Engine {
    registry: Handlebars<'static>,
    partials: Partials,
    tables: Tables,
}

/// The partials of a template by name.
pub(crate) type Partials = BTreeMap<String, Partial>;

/// A partial, which is parsed when it is first used.
pub(crate) struct Partial {
    /// The file that it stands in, for messages.
    pub(crate) file: String,
    text: String,
    /// What whoever includes it has to say, by name.
    pub(crate) parameters: Names,
    parsed: OnceLock<Result<Syntax, Problem>>,
}

impl Partial {
    /// Takes the text of a partial without parameters.
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let (file, text) = (file.to_owned(), text.to_owned());
        Self { file, text, parameters: Names::new(), parsed: OnceLock::new() }
    }

    /// Returns the text as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the syntax tree, or why there is none.
    pub(crate) fn syntax(&self) -> Result<&Syntax, &Problem> {
        self.parsed.get_or_init(|| syntax::parse(&self.file, &self.text)).as_ref()
    }
}

/// A template that was parsed and checked.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    file: String,
    /// Where the text stands, for a text that is part of the manifest.
    stands_at: Option<Location>,
    syntax: Syntax,
    /// The declared names that it uses.
    pub(crate) names: Vec<String>,
    /// The partials that it includes, also through one another.
    pub(crate) partials: Vec<String>,
    /// How many elements it has, those of partials included.
    size: u64,
    loops: bool,
    /// Where a free text is first quoted in it, and by which helper.
    pub(crate) quotes: Option<Box<(&'static str, Location)>>,
}

/// An expression that was parsed and checked, such as the `when` of a question.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    file: String,
    /// Where it stands in the manifest.
    stands_at: Option<Location>,
    syntax: Parameter,
    /// The declared names that it uses.
    names: Vec<String>,
    pub(crate) yields: Type,
    /// The expression as it stands in the manifest.
    pub(crate) text: String,
}

impl Engine {
    /// Makes an engine with the partials of a template by name, and with the tables of its manifest.
    pub(crate) fn new(partials: Partials, tables: Tables) -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(no_escape);
        helpers::register(&mut registry, &tables);
        Self { registry, partials, tables }
    }

    /// Parses every partial, also those that nobody uses.
    pub(crate) fn parse_partials(&self) -> Result<(), Vec<Problem>> {
        let problems: Vec<Problem> =
            self.partials.values().filter_map(|partial| partial.syntax().err().cloned()).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Compiles a template and checks it against the declared names.
    pub(crate) fn compile(
        &self,
        file: &str,
        text: &str,
        names: &Names,
        printing: Printing,
    ) -> Result<(Compiled, bool), Vec<Problem>> {
        let syntax = syntax::parse(file, text).map_err(|problem| vec![problem])?;
        let findings = Checker::new(file, names, self.scope(), printing).in_source(text).check(&syntax);
        let prints_text = findings.prints_text;
        compiled(file, syntax, findings).map(|compiled| (compiled, prints_text))
    }

    /// Finds a partial.
    pub(crate) fn partial(&self, name: &str) -> Option<&Partial> {
        self.partials.get(name)
    }

    /// Returns all partials by name.
    pub(crate) fn partials(&self) -> &Partials {
        &self.partials
    }

    /// Checks every partial on its own, so that one that nobody uses is sound as well.
    pub(crate) fn partial_problems(&self, names: &Names) -> Vec<Problem> {
        let check = |partial: &Partial| match partial.syntax() {
            Ok(syntax) => Checker::of_partial(partial, names, self.scope()).check(syntax).problems,
            Err(problem) => vec![problem.clone()],
        };
        self.partials.values().flat_map(check).collect()
    }

    /// Returns the names that stand in a partial itself, its parameters aside.
    pub(crate) fn partial_names(&self, partial: &Partial, names: &Names) -> BTreeSet<String> {
        let checker = || Checker::of_partial(partial, names, self.scope()).without_partials();
        partial.syntax().map_or_else(|_| BTreeSet::new(), |syntax| checker().check(syntax).used)
    }

    /// Returns the names that stand in a template itself, and not in the partials that it includes.
    pub(crate) fn own_names(&self, compiled: &Compiled, names: &Names) -> BTreeSet<String> {
        let checker = Checker::new(&compiled.file, names, self.scope(), Printing::Anything);
        checker.without_partials().check(&compiled.syntax).used
    }

    /// Compiles an expression: what can be between `{{` and `}}`.
    pub(crate) fn expression(&self, file: &str, text: &str, names: &Names) -> Result<Expression, Vec<Problem>> {
        let syntax = syntax::parse_expression(file, text).map_err(|problem| vec![problem])?;
        let (findings, yields) = Checker::new(file, names, self.scope(), Printing::Anything).check_expression(&syntax);
        let Some(yields) = yields.filter(|_| findings.problems.is_empty()) else { return Err(findings.problems) };
        let names = findings.used.into_iter().collect();
        Ok(Expression { file: file.to_owned(), stands_at: None, syntax, names, yields, text: text.trim().to_owned() })
    }

    fn scope(&self) -> Scope<'_> {
        Scope { partials: &self.partials, tables: &self.tables }
    }

    /// Counts the steps that a text takes to render; of two branches the longer one. Handlebars cannot be stopped on its
    /// way, so too many are refused before.
    pub(crate) fn steps(&self, template: &Compiled, data: &Data) -> Result<u64, Problem> {
        if !template.loops {
            return Ok(template.size);
        }
        let length = |name: &str| data.get(name).and_then(Json::as_array).map_or(0, |list| list.len() as u64);
        let mut counter = Counter { partials: &self.partials, length: &length, parameters: Vec::new() };
        match counter.steps(&template.syntax) {
            steps if steps > MAX_STEPS => {
                let message = format!("the text takes more than {MAX_STEPS} steps to render: its loops multiply");
                Err(template.problem(message).hint("loop over fewer lists inside one another"))
            }
            steps => Ok(steps),
        }
    }

    /// Renders a template.
    pub(crate) fn render(&self, template: &Compiled, data: &Data) -> Result<String, Problem> {
        self.steps(template, data)?;
        self.render_counted(template, data)
    }

    /// Renders a template whose steps the caller has counted.
    pub(crate) fn render_counted(&self, template: &Compiled, data: &Data) -> Result<String, Problem> {
        let mut output = Capped(String::new());
        let mut context = RenderContext::new(None);
        if let Some(block) = context.block_mut() {
            for name in &template.partials {
                let syntax = self.partials.get(name).and_then(|partial| partial.syntax().ok());
                if let Some(syntax) = syntax {
                    block.set_local_partial(name.clone(), syntax);
                }
            }
        }
        template.syntax.render(&self.registry, &data.0, &mut context, &mut output).map(|()| output.0).map_err(|error| {
            let partial = error.template_name.as_ref().and_then(|name| self.partials.get(name));
            let file = partial.map_or(&template.file, |partial| &partial.file);
            let place = match (&template.stands_at, error.line_no, error.column_no) {
                (Some(place), ..) => place.clone(),
                (None, Some(line), Some(column)) => Location::at(file, line, column),
                _ => Location::file(file),
            };
            Problem::new(place, plain_reason(&error))
        })
    }

    /// Evaluates an expression.
    pub(crate) fn evaluate(&self, expression: &Expression, data: &Data) -> Result<Json, Problem> {
        self.evaluate_with(expression, &|name| data.get(name))
    }

    /// Evaluates an expression over values that something else keeps.
    pub(crate) fn evaluate_with<'v>(
        &'v self,
        expression: &'v Expression,
        values: &(dyn Fn(&str) -> Option<&'v Json> + 'v),
    ) -> Result<Json, Problem> {
        let value = evaluate::value(&expression.syntax, values, &self.tables);
        value.map(Cow::into_owned).map_err(|message| Problem::new(expression.place(), message))
    }
}

impl Compiled {
    /// Returns the syntax tree.
    pub(crate) fn syntax(&self) -> &Syntax {
        &self.syntax
    }

    /// Makes a problem of what the text was rendered to.
    pub(crate) fn problem(&self, message: String) -> Problem {
        Problem::new(self.place(), message)
    }

    /// Returns where the text stands.
    pub(crate) fn place(&self) -> Location {
        self.stands_at.clone().unwrap_or_else(|| Location::file(&self.file))
    }

    /// Says where in the manifest the text stands.
    pub(crate) fn standing_at(self, place: &Location) -> Self {
        Self { stands_at: Some(place.clone()), ..self }
    }
}

impl Expression {
    /// Says where in the manifest the expression stands.
    pub(crate) fn standing_at(self, place: &Location) -> Self {
        Self { stands_at: Some(place.clone()), ..self }
    }

    /// Returns the syntax of what is evaluated.
    pub(crate) fn syntax(&self) -> &Parameter {
        &self.syntax
    }

    /// Returns where the expression stands.
    pub(crate) fn place(&self) -> Location {
        self.stands_at.clone().unwrap_or_else(|| Location::file(&self.file))
    }

    /// Returns the declared names that the expression uses.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

/// The values that a template sees.
#[derive(Debug, Clone)]
pub(crate) struct Data(Context);

impl Data {
    /// Returns a value by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.0.data().get(name)
    }
}

impl From<Map<String, Json>> for Data {
    fn from(values: Map<String, Json>) -> Self {
        Self(Context::from(Json::Object(values)))
    }
}

impl<'d> From<&'d Data> for Cow<'d, Data> {
    fn from(data: &'d Data) -> Self {
        Self::Borrowed(data)
    }
}

fn compiled(file: &str, syntax: Syntax, findings: Findings) -> Result<Compiled, Vec<Problem>> {
    if findings.problems.is_empty() {
        let Findings { used, partials, size, loops, quotes, .. } = findings;
        let (names, partials) = (used.into_iter().collect(), partials.into_iter().collect());
        Ok(Compiled { file: file.to_owned(), stands_at: None, syntax, names, partials, size, loops, quotes })
    } else {
        Err(findings.problems)
    }
}

fn plain_reason(error: &handlebars::RenderError) -> String {
    use handlebars::RenderErrorReason as Reason;
    match error.reason() {
        Reason::MissingVariable(Some(name)) => format!("`{name}` has no value here, its question was not asked"),
        Reason::IOError(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// An output that ends the rendering when it gets too large.
struct Capped(String);

impl Output for Capped {
    fn write(&mut self, segment: &str) -> Result<(), std::io::Error> {
        if self.0.len() + segment.len() > MAX_RENDERED_BYTES {
            let limit = MAX_RENDERED_BYTES >> 20;
            return Err(std::io::Error::other(format!("the rendered text is larger than {limit} MiB")));
        }
        self.0.push_str(segment);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let entries = [
            ("service", Type::Word),
            ("description", Type::Text),
            ("port", Type::Int),
            ("https", Type::Bool),
            ("environments", Type::Words),
        ];
        entries.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect()
    }

    fn data() -> Data {
        let Json::Object(values) = json!({
            "service": "orders", "description": "{{service}} \"x\"", "port": 8080, "https": false,
            "environments": ["dev", "prod"],
        }) else {
            unreachable!("the literal is an object")
        };
        Data::from(values)
    }

    fn engine() -> Engine {
        let texts = [("line", "- {{service}}\n"), ("loop_a", "{{> loop_b}}"), ("loop_b", "{{> loop_a}}")];
        let mut partials: Partials =
            texts.map(|(name, text)| (name.to_owned(), Partial::new("partials/p.hbs", text))).into();
        let mut args = Partial::new(
            "partials/args.hbs",
            "--name={{service}}\n{{#each items as |item|}}\n--item={{../service}}-{{item}}\n{{/each}}\n{{#if deep}}\n{{> line}}\n{{/if}}\n",
        );
        let parameters = [("service", Type::Word), ("items", Type::Words), ("deep", Type::Bool)];
        args.parameters = parameters.map(|(name, kind)| (name.to_owned(), kind)).into();
        partials.insert("args".to_owned(), args);
        Engine::new(partials, Tables::default())
    }

    fn render(text: &str) -> Result<String, String> {
        let engine = engine();
        let (compiled, _) = engine.compile("files/f.hbs", text, &names(), Printing::Quoted).map_err(|problems| {
            problems
                .iter()
                .map(|problem| format!("{problem} ({})", problem.hint.as_deref().unwrap_or("-")))
                .collect::<Vec<_>>()
                .join("\n")
        })?;
        engine.render(&compiled, &data()).map_err(|problem| problem.to_string())
    }

    fn refused(text: &str) -> String {
        render(text).expect_err(text)
    }

    #[test]
    fn values_blocks_loops_and_partials_render() {
        assert_eq!(render("{{service}}:{{port}} {{https}}").unwrap(), "orders:8080 false");
        assert_eq!(
            render("{{#each environments as |environment|}}\n{{environment}} {{../service}} {{this}}\n{{/each}}\n")
                .unwrap(),
            "dev orders dev\nprod orders prod\n"
        );
        assert_eq!(render("{{#if https}}\na\n{{else if (gt port 80)}}\nb\n{{else}}\nc\n{{/if}}\n").unwrap(), "b\n");
        assert_eq!(render("list:\n  {{> line}}\n").unwrap(), "list:\n  - orders\n");
        assert_eq!(
            render("{{last environments}} {{join environments \", \"}} {{divide port 80}}").unwrap(),
            "prod dev, prod 101"
        );
    }

    #[test]
    fn a_partial_sees_its_parameters_and_so_do_its_loops_and_the_partials_in_it() {
        let call = "a:\n  {{> args service=(concat service \"-x\") items=environments deep=true}}\n{{service}}\n";
        assert_eq!(
            render(call).unwrap(),
            "a:\n  --name=orders-x\n  --item=orders-x-dev\n  --item=orders-x-prod\n  - orders-x\norders\n"
        );
    }

    #[test]
    fn the_parameters_of_a_partial_are_checked_where_it_is_included() {
        for (text, message) in [
            ("{{> args service=\"x\" items=environments}}", "the partial `args` needs `deep`"),
            ("{{> args servce=\"x\" items=environments deep=https}}", "the partial `args` has no parameter `servce`"),
            (
                "{{> args service=description items=environments deep=https}}",
                "`service` of the partial `args` is a word, and gets a text",
            ),
            (
                "{{> args service=\"x\" items=service deep=https}}",
                "`items` of the partial `args` is a list, and gets a word",
            ),
            ("{{> args service=\"x\" items=environments deep=typo}}", "`typo` is not a declared name here"),
            ("{{> args service items=environments}}", "a partial takes `name=value`, and no value without a name"),
            ("{{> line service=\"x\"}}", "the partial `line` has no parameter `service`"),
        ] {
            assert!(refused(text).contains(message), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn an_answer_is_never_rendered_again() {
        assert_eq!(render("{{quote description}}").unwrap(), r#""{{service}} \"x\"""#);
    }

    #[test]
    fn an_undeclared_name_is_refused_also_where_strict_mode_is_blind() {
        assert_eq!(
            refused("a\n {{servce}}"),
            "files/f.hbs:2:2: `servce` is not a declared name here (did you mean `service`?)"
        );
        for text in [
            "{{#if typo}}{{/if}}",
            "{{#unless typo}}{{/unless}}",
            "{{#if (and https typo)}}{{/if}}",
            "{{quote typo}}",
            "{{#each typo}}{{/each}}",
        ] {
            assert!(refused(text).contains("`typo` is not a declared name"), "{text}");
        }
        assert!(refused("{{#each environments}}{{service}}{{/each}}").contains("write `../service`"));
    }

    #[test]
    fn a_text_must_be_quoted_for_its_format() {
        for text in ["{{description}}", "{{concat service description}}", "{{lower description}}"] {
            assert!(refused(text).contains("printed without a quoting helper"), "{text}");
        }
        assert!(render("{{quote (concat service description)}}").is_ok());
    }

    #[test]
    fn what_is_not_part_of_the_language_is_refused_with_its_place() {
        for (text, message) in [
            ("{{{service}}}", "are not used"),
            ("{{&service}}", "are not used"),
            ("{{#with service}}{{/with}}", "`with` is not a block"),
            ("{{lookup environments 0 \"a\" 1}}", "the first value of `lookup` is the name of a `[[table]]`"),
            ("{{quot description}}", "did you mean `quote`?"),
            ("{{quote}}", "`quote` takes 1 value, and gets 0"),
            ("{{quote service port}}", "`quote` takes 1 value, and gets 2"),
            ("{{environments}}", "a list cannot be printed"),
            ("{{#each service}}{{/each}}", "`each` needs a list"),
            ("{{#each environments}}{{> line}}{{/each}}", "a partial cannot stand inside `each`"),
            ("{{> loop_a}}", "includes itself: `loop_a` → `loop_b` → `loop_a`"),
            ("{{> (lower service)}}", "must be written out"),
            ("{{> missing}}", "there is no partial `missing`"),
            ("{{#*inline \"x\"}}{{/inline}}", "decorators"),
            ("{{this}}", "`this` is not a declared name"),
            ("{{@index}}", "`@index` is not a declared name"),
        ] {
            assert!(refused(text).contains(message), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn a_long_chain_of_partials_is_refused_not_followed() {
        let texts: Vec<(String, String)> =
            (0..5_000).map(|n| (format!("p{n}"), format!("{{{{> p{}}}}}", n + 1))).collect();
        let partials = texts.into_iter().map(|(name, text)| (name, Partial::new("partials/p.hbs", &text))).collect();
        let engine = Engine::new(partials, Tables::default());
        let problems = engine.compile("files/f.hbs", "{{> p0}}", &names(), Printing::Quoted).unwrap_err();
        assert!(problems[0].message.contains("nested more than 64 deep"));
    }

    #[test]
    fn a_computed_text_does_not_grow_without_bound() {
        let long = format!("(concat {})", vec![format!("\"{}\"", "x".repeat(4_000)); 30].join(" "));
        assert!(refused(&format!("{{{{quote {long}}}}}")).contains("longer than 64 KiB"));
    }

    #[test]
    fn unbounded_output_is_cut_off() {
        let block = |body: String| format!("{{{{#each environments}}}}{body}{{{{/each}}}}");
        let first = block("x".repeat(100_000));
        let nested = (1..7).fold(first, |body, _| block(body)).replacen("{{#each environments}}", "\u{0}", 1);
        let nested = nested
            .replace("{{#each environments}}", "{{#each UPenvironments}}")
            .replace('\u{0}', "{{#each environments}}");
        let nested = nested
            .split("UP")
            .enumerate()
            .map(|(up, part)| if up == 0 { part.to_owned() } else { format!("{}{part}", "../".repeat(up)) })
            .collect::<String>();
        assert!(refused(&nested).contains("larger than 5 MiB"));
    }

    #[test]
    fn expressions_yield_json_of_a_known_type() {
        let engine = engine();
        for (text, value, yields) in [
            ("service", json!("orders"), Type::Word),
            ("\"a b\"", json!("a b"), Type::Word),
            ("7", json!(7), Type::Int),
            ("eq service \"orders\"", json!(true), Type::Bool),
            ("concat description \"x\"", json!("{{service}} \"x\"x"), Type::Text),
            ("last environments", json!("prod"), Type::Word),
            ("environments", json!(["dev", "prod"]), Type::Words),
            ("max 1 (divide port 1024)", json!(7), Type::Int),
        ] {
            let expression = engine.expression("template.toml", text, &names()).unwrap();
            assert_eq!((engine.evaluate(&expression, &data()).unwrap(), expression.yields), (value, yields), "{text}");
        }
        for text in [
            "(eq service \"a\") (eq service \"b\")",
            "\"a\" \"b\"",
            "service x=1",
            "",
            "eq service",
            "typo",
            "}} {{service",
            "eq (",
            "service }}{{service",
        ] {
            assert!(engine.expression("template.toml", text, &names()).is_err(), "{text}");
        }
    }
}
