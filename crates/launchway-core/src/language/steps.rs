//! How many steps a text takes to render, computed before it is rendered: loops multiply, whether they print anything or not.

use std::collections::BTreeMap;

use handlebars::template::{HelperTemplate, Parameter, Template as Syntax, TemplateElement};

use super::engine::Partials;

/// The lengths of the lists that the parameters of a partial stand for.
type Lengths = BTreeMap<String, u64>;

/// What has to be known to count.
pub(super) struct Counter<'a> {
    pub(super) partials: &'a Partials,
    /// How many elements a list of the answers has.
    pub(super) length: &'a dyn Fn(&str) -> u64,
    /// The parameters of the partials around the current element, the innermost last.
    pub(super) parameters: Vec<Lengths>,
}

impl Counter<'_> {
    /// Counts the elements that are visited, each as often as the loops around it go; of two branches the longer one.
    pub(super) fn steps(&mut self, syntax: &Syntax) -> u64 {
        syntax.elements.iter().fold(0, |sum: u64, element| sum.saturating_add(self.element(element)))
    }

    fn element(&mut self, element: &TemplateElement) -> u64 {
        match element {
            TemplateElement::HelperBlock(block) => self.block(block).saturating_add(1),
            TemplateElement::PartialExpression(partial) => {
                let found = self.partials.get(partial.name.as_name().unwrap_or_default());
                let Some(syntax) = found.and_then(|partial| partial.syntax().ok()) else { return 1 };
                let lists = partial.hash.iter();
                let lists = lists.map(|(name, value)| (name.clone(), self.length_of(value))).collect();
                self.parameters.push(lists);
                let steps = self.steps(syntax);
                self.parameters.pop();
                steps.saturating_add(1)
            }
            _ => 1,
        }
    }

    fn block(&mut self, block: &HelperTemplate) -> u64 {
        let body = block.template.as_ref().map_or(0, |body| self.steps(body));
        let otherwise = block.inverse.as_ref().map_or(0, |inverse| self.steps(inverse));
        if block.name.as_name() == Some("each") {
            let length = block.params.first().map_or(0, |list| self.length_of(list));
            return body.saturating_add(1).saturating_mul(length).saturating_add(otherwise);
        }
        body.max(otherwise)
    }

    fn length_of(&self, list: &Parameter) -> u64 {
        let name = list.as_name().unwrap_or_default().trim_start_matches("../");
        let given = self.parameters.iter().rev().find_map(|lengths| lengths.get(name));
        given.copied().unwrap_or_else(|| (self.length)(name))
    }
}
