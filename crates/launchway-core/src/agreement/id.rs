//! What an agreement is called: an id that stays when its words change.

use std::collections::BTreeSet;

use super::Agreement;

/// The most characters that an id takes from what the values are.
const MAX_FROM_WORDS: usize = 60;

/// Makes an id from the words that say what the values are: the first of them, in lower case, with dashes.
pub(crate) fn from_words(says: &str) -> String {
    let says = says.strip_prefix("the ").unwrap_or(says);
    let words = says.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut id = String::new();
    for word in words {
        if !id.is_empty() && id.len() + word.len() >= MAX_FROM_WORDS {
            break;
        }
        let dash = if id.is_empty() { "" } else { "-" };
        id.push_str(dash);
        id.extend(word.chars().take(MAX_FROM_WORDS).map(|character| character.to_ascii_lowercase()));
    }
    if id.is_empty() { "agreement".to_owned() } else { id }
}

/// Gives an id to each agreement that has none, and a number to each whose id is taken by one before it.
pub(crate) fn name_each(agreements: &mut [Agreement]) {
    let mut taken = BTreeSet::new();
    for agreement in agreements {
        if agreement.id.is_empty() {
            agreement.id = from_words(&agreement.says);
        }
        let id = std::mem::take(&mut agreement.id);
        let numbered = (2_usize..).map(|number| format!("{id}-{number}"));
        let free = std::iter::once(id.clone()).chain(numbered).find(|id| !taken.contains(id));
        agreement.id = free.unwrap_or(id);
        taken.insert(agreement.id.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_the_first_words() {
        assert_eq!(from_words("the traffic port"), "traffic-port");
        assert_eq!(from_words("memory: the request and the limit"), "memory-the-request-and-the-limit");
        let long = from_words("the grace period, and the checks that a new task passes in it: these are many");
        assert_eq!(long, "grace-period-and-the-checks-that-a-new-task-passes-in-it");
        assert_eq!(from_words("포트"), "agreement");
    }

    #[test]
    fn no_two_agreements_of_a_project_have_the_same_id() {
        let agreement = |id: &str, says: &str| {
            let text = format!(r#"{{"id": "{id}", "says": "{says}", "places": [{{"is": "1"}}, {{"is": "1"}}]}}"#);
            serde_json::from_str::<Agreement>(&text).unwrap()
        };
        let mut agreements =
            [agreement("", "the port"), agreement("port", "x"), agreement("", "the port"), agreement("", "y")];
        name_each(&mut agreements);
        let ids: Vec<&str> = agreements.iter().map(|agreement| agreement.id.as_str()).collect();
        assert_eq!(ids, ["port", "port-2", "port-3", "y"]);
    }
}
