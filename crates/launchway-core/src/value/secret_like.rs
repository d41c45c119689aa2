//! Texts that look like secrets: each pattern is the form that the maker of the secret has given it.

use std::sync::OnceLock;

use regex::Regex;

use super::Value;

/// A form by which secrets of one kind are known.
struct Form {
    /// What messages call it.
    name: &'static str,
    /// What every text of the form holds, in any case of its letters; the pattern is tried only then.
    sign: &'static str,
    pattern: &'static str,
}

const fn form(name: &'static str, sign: &'static str, pattern: &'static str) -> Form {
    Form { name, sign, pattern }
}

#[rustfmt::skip]
const FORMS: &[Form] = &[
    form("an access key of AWS", "akia", r"\bAKIA[A-Z2-7]{16}\b"),
    form("an access key of AWS", "asia", r"\bASIA[A-Z2-7]{16}\b"),
    form("a secret access key of AWS", "secret", r#"(?i)aws_?secret_?(?:access_?)?key["']?\s*[=:]\s*["']?[a-z0-9/+]{40}\b"#),
    form("a token of GitHub", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    form("a token of GitHub", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,}\b"),
    form("a token of GitLab", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    form("a token of Slack", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    form("a webhook of Slack", "hooks.slack.com", r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
    form("a key of Stripe", "k_live_", r"\b[rs]k_live_[A-Za-z0-9]{16,}\b"),
    form("a key of OpenAI or Anthropic", "sk-", r"\bsk-(?:[a-z0-9]+-)*[A-Za-z0-9_-]*[A-Z0-9][A-Za-z0-9_-]{19,}"),
    form("a key of Google", "aiza", r"\bAIza[A-Za-z0-9_-]{35}"),
    form("a token of npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    form("a token of PyPI", "pypi-", r"\bpypi-AgEI[A-Za-z0-9_-]{16,}"),
    form("a JSON web token", "eyj", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    form("a private key", "private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    form("a URL with a password", "://", r"://[^/\s:@]+:[^/\s:@]+@"),
];

/// Returns what an answer looks like, if that is a secret.
pub(crate) fn of_value(value: &Value) -> Option<&'static str> {
    match value {
        Value::Text(text) => of(text),
        Value::List(items) => items.iter().find_map(|item| of(item)),
        Value::Bool(_) | Value::Int(_) => None,
    }
}

/// Returns what a text looks like, if that is a secret.
pub(crate) fn of(text: &str) -> Option<&'static str> {
    let small = text.to_ascii_lowercase();
    let is_of =
        |(at, form): &(usize, &Form)| small.contains(form.sign) && pattern(*at).is_some_and(|it| it.is_match(text));
    FORMS.iter().enumerate().find(is_of).map(|(_, form)| form.name)
}

fn pattern(at: usize) -> Option<&'static Regex> {
    static PATTERNS: [OnceLock<Option<Regex>>; FORMS.len()] = [const { OnceLock::new() }; FORMS.len()];
    PATTERNS[at].get_or_init(|| Regex::new(FORMS[at].pattern).ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u32_each_form_is_known_and_what_only_resembles_it_is_not() {
        let (letters, mixed) = ("A".repeat(16), "aB3".repeat(15));
        let secrets = [
            format!("AKIA{letters}"),
            format!("the key is ASIA{letters}."),
            format!("aws_secret_access_key = {}", &mixed[..40]),
            format!("ghp_{}", &mixed[..36]),
            format!("ghs_{}", &mixed[..40]),
            format!("github_pat_{}", &mixed[..30]),
            format!("glpat-{}", &mixed[..20]),
            format!("xoxb-12345-{}", &mixed[..12]),
            format!("https://hooks.slack.com/services/T0/B0/{}", &mixed[..24]),
            format!("sk_live_{}", &mixed[..24]),
            format!("sk-ant-api03-{mixed}"),
            format!("sk-proj-{mixed}"),
            format!("sk-{mixed}"),
            format!("AIza{}", &mixed[..35]),
            format!("npm_{}", &mixed[..36]),
            format!("pypi-AgEIcHlwaS5vcmc{mixed}"),
            "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl".to_owned(),
            "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
            "-----BEGIN PRIVATE KEY-----\nMIIE".to_owned(),
            "-----BEGIN PGP PRIVATE KEY BLOCK-----".to_owned(),
            "postgres://orders:hunter2@db/orders".to_owned(),
        ];
        for secret in &secrets {
            assert!(of(secret).is_some(), "{secret}");
        }
        for text in [
            "Takes orders",
            "AKIA is a prefix",
            "ghp_short",
            "Asia and Akita",
            "https://github.com/a/b",
            "arn:aws:iam::123456789012:role/deploy",
            "-----BEGIN CERTIFICATE-----",
            "sk-orders-of-the-payments-service-team",
            "risk-assessment-of-every-single-order",
            "postgres://db:5432/orders",
            "git@github.com:acme/orders.git",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(
            of_value(&Value::List(vec!["a".to_owned(), format!("AKIA{letters}")])),
            Some("an access key of AWS")
        );
    }
}
