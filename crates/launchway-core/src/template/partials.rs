//! Loading the parameters of partials.

use super::layers::Shared;
use super::loader::usable_name;
use super::manifest::{self, Manifest, ParameterKind, Places};
use super::requirement;
use crate::language::engine::{Partial, Partials};
use crate::language::helpers::Type;
use crate::language::problem::Problem;

/// Makes the partials of all layers, with what is wrong with their parameters. The outermost layer that speaks of a partial
/// names its parameters.
pub(super) fn of_layers(shared: &Shared, layers: &[(Manifest, Places<'_>)]) -> (Partials, Vec<Problem>) {
    let partial =
        |(name, text): (&String, &super::layers::Text)| (name.clone(), Partial::new(&text.file, &text.text()));
    let mut partials: Partials = shared.partials.iter().map(partial).collect();
    let mut problems = Vec::new();
    for (manifest, places) in layers.iter().rev() {
        let oldest = requirement::oldest(&manifest.template);
        for raw in &manifest.partials {
            let place = places.of(&raw.name);
            let faults = raw.parameters.keys().filter_map(|name| usable_name(name, &oldest).err());
            problems.extend(faults.map(|message| Problem::new(place.clone(), message)));
            match partials.get_mut(raw.name.get_ref()) {
                Some(partial) => partial.parameters = parameters(raw),
                None => problems.push(Problem::new(place, format!("there is no partial `{}`", raw.name.get_ref()))),
            }
        }
    }
    (partials, problems)
}

fn parameters(raw: &manifest::Partial) -> std::collections::BTreeMap<String, Type> {
    let kind = |kind: &ParameterKind| match kind {
        ParameterKind::Text => Type::Text,
        ParameterKind::Word => Type::Word,
        ParameterKind::Words => Type::Words,
        ParameterKind::Int => Type::Int,
        ParameterKind::Bool => Type::Bool,
    };
    raw.parameters.iter().map(|(name, it)| (name.clone(), kind(it))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load};

    fn problem(manifest: &str, file: &str) -> String {
        let manifest = format!("{HEAD}{manifest}");
        let files = [
            ("template.toml", manifest.as_str()),
            ("partials/args.hbs", "{{quote what}} {{service}}\n"),
            ("files/a.txt.hbs", file),
        ];
        load(&files).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_parameters_of_a_partial_are_declared_in_the_manifest_and_held_everywhere() {
        let declared = "[[partial]]\nname = \"args\"\nparameters = { what = \"text\" }\n";
        assert_eq!(problem(declared, "{{> args what=\"x\"}}\n"), "");
        for (manifest, file, expected) in [
            ("", "a\n", "partials/args.hbs:1:1: `what` is not a declared name here"),
            (declared, "{{> args}}\n", "files/a.txt.hbs:1:1: the partial `args` needs `what`"),
            (&declared.replace("what", "if"), "a\n", "`if` is a word of the template language"),
            (&declared.replace("args", "arg"), "a\n", "template.toml:14:8: there is no partial `arg`"),
            (&declared.replace("text", "string"), "a\n", "unknown variant `string`"),
        ] {
            let problem = problem(manifest, file);
            assert!(problem.contains(expected), "{manifest}: {problem}");
        }
    }
}
