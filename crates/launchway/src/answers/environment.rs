//! Variables of the environment that nearly answer a question.

use launchway_core::{Template, nearest};

const PREFIX: &str = "LAUNCHWAY_";

/// The program's own variables, without the prefix.
const OWN: [&str; 6] = ["CACHE_DIR", "CONFIG_DIR", "GIT_TIMEOUT", "LANG", "LOG", "STATE_DIR"];

/// Names each variable that answers no question and resembles one that does. What resembles none is another template's.
pub(crate) fn misspelt_variables(template: &Template) -> Vec<String> {
    let known: Vec<String> = template.questions.iter().map(launchway_core::template::Question::variable).collect();
    let mut set: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    set.sort();
    let is_unknown = |name: &String| {
        name.strip_prefix(PREFIX).is_some_and(|own| !OWN.contains(&own)) && !known.iter().any(|known| known == name)
    };
    let names = known.iter().filter_map(|name| name.strip_prefix(PREFIX)).collect::<Vec<_>>();
    let warning = |name: String| {
        let meant = nearest(name.strip_prefix(PREFIX)?, names.iter().copied())?;
        Some(format!("`{name}` answers no question; did you mean `{PREFIX}{meant}`?"))
    };
    set.into_iter().filter(is_unknown).filter_map(warning).collect()
}
