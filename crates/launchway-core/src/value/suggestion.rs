//! What was probably meant by an answer that is not accepted.

/// Makes a slug of a text: `Orders API` becomes `orders-api`.
pub(crate) fn slug(text: &str) -> Option<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric();
    let words: Vec<String> =
        text.split(|it| !is_part(it)).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    Some(words.join("-")).filter(|slug| !slug.is_empty() && slug != text)
}

/// Finds OWNER/NAME in the address of a repository, or in a text with space around it.
#[must_use]
pub fn owner_and_name(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let path = if let Some((_, rest)) = trimmed.split_once("://") {
        rest.split_once('/')?.1
    } else if let Some((host, path)) = trimmed.split_once(':') {
        Some(path).filter(|_| host.contains('@'))?
    } else if let Some((host, path)) = trimmed.split_once('/').filter(|(host, _)| host.contains('.')) {
        Some(path).filter(|_| !host.is_empty())?
    } else {
        trimmed
    };
    let mut segments = path.split(['/', '?', '#']).filter(|segment| !segment.is_empty());
    let (owner, name) = (segments.next()?, segments.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    Some(format!("{owner}/{name}")).filter(|found| found != text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_the_words_of_a_text() {
        for (text, slug) in [("Orders API", "orders-api"), ("  a__b ", "a-b"), ("Grüße", "gr-e"), ("a-b", "")] {
            assert_eq!(super::slug(text).unwrap_or_default(), slug, "{text}");
        }
        assert_eq!(slug("주문"), None);
    }

    #[test]
    fn owner_and_name_are_found_in_every_form_of_an_address_and_nothing_else_is_kept() {
        for text in [
            "https://github.com/acme/orders.git",
            "https://user:secret@github.com/acme/orders/pulls?q=1",
            "git@github.com:acme/orders.git",
            "ssh://git@github.com:22/acme/orders",
            "github.com/acme/orders#readme",
            " acme/orders ",
        ] {
            assert_eq!(owner_and_name(text).as_deref(), Some("acme/orders"), "{text}");
        }
        for text in ["", "acme", "acme/orders", "https://github.com", "https://github.com/acme", "/", "a:b"] {
            assert_eq!(owner_and_name(text), None, "{text}");
        }
    }
}
