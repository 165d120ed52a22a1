//! What must not be in a file: keys and tokens, found by the name they stand under, by what they look like, or because they
//! are known.

use http::{HeaderMap, HeaderValue};
use memchr::memmem;
use modelgate_config::Secret;

/// Parts of the names of headers, and of parameters in an address, that hold a secret (`management-api.md` 3.4).
const NAMES: [&str; 10] = [
    "authorization",
    "api-key",
    "api_key",
    "apikey",
    "token",
    "secret",
    "cookie",
    "password",
    "management-key",
    "credential",
];
/// The parameter in which Google's clients present a key.
const KEY: &str = "key";
/// Members of a JSON object whose text is a secret.
const MEMBERS: [&str; 14] = [
    "api_key",
    "apiKey",
    "api-key",
    "access_token",
    "accessToken",
    "refresh_token",
    "refreshToken",
    "id_token",
    "idToken",
    "client_secret",
    "clientSecret",
    "authorization",
    "Authorization",
    "password",
];
/// What keys begin with: ours, and those of providers.
const BEGINNINGS: [&str; 12] = [
    "mg-",
    "sk-",
    "gsk_",
    "xai-",
    "AIza",
    "ya29.",
    "AQ.",
    "gho_",
    "ghp_",
    "ghu_",
    "github_pat_",
    "hf_",
];
/// A key goes on for so many characters at least behind its beginning; what is shorter is a word.
const SHORTEST_KEY: usize = 14;
/// A token behind `Bearer`.
const SHORTEST_BEARER: usize = 6;
/// A JSON web token.
const SHORTEST_JWT: usize = 48;
/// What is shorter may be part of any word.
const SHORTEST_KNOWN: usize = 6;

/// The secrets that are known.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// The longest first, as one may be part of another.
    known: Vec<Secret>,
}

impl Mask {
    pub(super) fn new(known: impl IntoIterator<Item = Secret>) -> Self {
        let mut known: Vec<Secret> = known
            .into_iter()
            .filter(|secret| secret.expose().len() >= SHORTEST_KNOWN)
            .collect();
        known.sort_by(|one, other| {
            let (one, other) = (one.expose(), other.expose());
            (other.len(), one).cmp(&(one.len(), other))
        });
        known.dedup();
        Self { known }
    }

    /// The text without any secret.
    pub(super) fn cleaned(&self, text: String) -> String {
        words(members(self.without_known(text)))
    }

    /// The text without the secrets that are known.
    pub(super) fn without_known(&self, mut text: String) -> String {
        for secret in &self.known {
            if memmem::find(text.as_bytes(), secret.expose().as_bytes()).is_some() {
                text = text.replace(secret.expose(), &secret.mask());
            }
        }
        text
    }
}

/// Whether what stands under a name is a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == KEY || NAMES.iter().any(|part| name.contains(part))
}

/// The value of a header as it may be shown.
pub(super) fn header(name: &str, value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    if !value.is_sensitive() && !is_secret(name) {
        return text.into_owned();
    }
    match text.split_once(' ') {
        Some((scheme, secret)) => format!("{scheme} {}", Secret::from(secret).mask()),
        None => Secret::from(&*text).mask(),
    }
}

/// A query as it may be shown.
pub(super) fn query(query: &str) -> String {
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if is_secret(name) => {
            format!("{name}={}", Secret::from(value).mask())
        }
        _ => pair.to_owned(),
    });
    shown.collect::<Vec<String>>().join("&")
}

/// The secrets among headers, which may be repeated in a body.
pub(super) fn secrets(headers: &HeaderMap) -> impl Iterator<Item = Secret> {
    let secret = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || is_secret(name.as_str()));
    secret.filter_map(|(_, value)| {
        let text = value.to_str().ok()?;
        let secret = text.split_once(' ').map_or(text, |(_, secret)| secret);
        Some(Secret::from(secret.trim()))
    })
}

/// The secrets in a query.
pub(super) fn secrets_of_query(query: &str) -> impl Iterator<Item = Secret> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let secret = pairs.filter(|(name, _)| is_secret(name));
    secret.map(|(_, value)| Secret::from(&*value))
}

/// Which bytes are part of a word.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let char = byte as u8;
        table[byte] = char.is_ascii_alphanumeric() || matches!(char, b'-' | b'_' | b'.');
        byte += 1;
    }
    table
};

/// The text with every word masked that looks like a key.
fn words(text: String) -> String {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    // What comes before is in `clean`.
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !WORD[usize::from(bytes[at])] {
            at += 1;
            continue;
        }
        let length = bytes[at..]
            .iter()
            .position(|byte| !WORD[usize::from(*byte)]);
        let end = length.map_or(bytes.len(), |length| at + length);
        let word = &text[at..end];
        if word.len() >= SHORTEST_BEARER && (looks_secret(word) || is_bearer(&bytes[..at])) {
            clean.push_str(&text[copied..at]);
            clean.push_str(&Secret::from(word).mask());
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return text;
    }
    clean.push_str(&text[copied..]);
    clean
}

/// Whether what follows is a token.
fn is_bearer(before: &[u8]) -> bool {
    let word = before.last_chunk::<7>();
    word.is_some_and(|word| word.eq_ignore_ascii_case(b"bearer "))
}

fn looks_secret(word: &str) -> bool {
    if word.len() < SHORTEST_KEY {
        return false;
    }
    let word = word.trim_end_matches('.');
    let jwt = word.starts_with("eyJ") && word.len() >= SHORTEST_JWT;
    jwt && word.matches('.').count() == 2
        || BEGINNINGS.iter().any(|begin| {
            let rest = word.strip_prefix(begin);
            rest.is_some_and(|rest| rest.len() >= SHORTEST_KEY)
        })
}

/// The text with the values of secret members masked, also in JSON that is a text within JSON.
fn members(text: String) -> String {
    let mut clean = String::new();
    // What comes before is in `clean`.
    let mut copied = 0;
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &text.as_bytes()[at..]) {
        let escaped = text[at..at + quote].ends_with('\\');
        at += quote + 1;
        let Some((start, end)) = member(&text[at..], escaped) else {
            continue;
        };
        clean.push_str(&text[copied..at + start]);
        clean.push_str(&Secret::from(&text[at + start..at + end]).mask());
        at += end;
        copied = at;
    }
    if copied == 0 {
        return text;
    }
    clean.push_str(&text[copied..]);
    clean
}

/// Where the value of a secret member begins and ends, in a text that goes on behind the first quotation mark of its name.
fn member(text: &str, escaped: bool) -> Option<(usize, usize)> {
    // What all names begin with.
    if !text.starts_with(['a', 'A', 'c', 'i', 'p', 'r']) {
        return None;
    }
    let quote = if escaped { "\\\"" } else { "\"" };
    let name = MEMBERS.iter().find(|name| {
        let rest = text.strip_prefix(**name);
        rest.is_some_and(|rest| rest.starts_with(quote))
    })?;
    let rest = text[name.len() + quote.len()..].trim_start();
    let rest = rest.strip_prefix(':')?.trim_start().strip_prefix(quote)?;
    let start = text.len() - rest.len();
    let mut end = 0;
    loop {
        let at = end + rest.get(end..)?.find(quote)?;
        let slashes = rest[..at].bytes().rev().take_while(|byte| *byte == b'\\');
        if escaped || slashes.count() % 2 == 0 {
            return Some((start, start + at));
        }
        end = at + quote.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Mask::default().cleaned(text.to_owned()), expected);
    }

    #[test]
    fn what_looks_like_a_key_is_masked_and_words_are_not() {
        check(
            "key sk-ant-0123456789abcdef is wrong",
            "key sk-a…cdef is wrong",
        );
        check("mg-0123456789abcdef0123.", "mg-0…123.");
        check("(AIza0123456789abcdefgh)", "(AIza…efgh)");
        check("Authorization: bearer hush-hush", "Authorization: bearer …");
        let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.c2ln", "a".repeat(40));
        check(&jwt, "eyJh…2ln".replace("…2ln", "…c2ln").as_str());
        for text in [
            "sk-learn is a library, task-based and risk-free-of-charge-for-all",
            "eyJhbGciOiJIUzI1NiJ9",
            "the bearer of bad news",
            "grüße 模型 \u{1f642}",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn what_stands_under_a_secret_name_is_masked() {
        check(
            r#"{"access_token": "0123456789", "x": "y", "password":"a\"b", "token": "kept"}"#,
            r#"{"access_token": "…", "x": "y", "password":"…", "token": "kept"}"#,
        );
        check(
            r#"{"arguments":"{\"api_key\":\"0123\",\"n\":1}"}"#,
            r#"{"arguments":"{\"api_key\":\"…\",\"n\":1}"}"#,
        );
        for text in [
            r#"{"api_key":7}"#,
            r#"{"api_key":"#,
            r#"{"api_key":"x"#,
            r#"""#,
        ] {
            check(text, text);
        }
    }

    #[test]
    fn known_secrets_are_masked_wherever_they_stand() {
        let mask = Mask::new(["plain-words", "plain-words-and-more", "ab"].map(Secret::from));
        let clean = mask.cleaned("x=plain-words-and-more;plain-words,ab".to_owned());
        assert_eq!(clean, "x=plai…more;…,ab");
    }

    #[test]
    fn headers_and_queries_are_masked_by_their_names() {
        let shown = |name, value| header(name, &HeaderValue::from_static(value));
        assert_eq!(
            shown("authorization", "Bearer 0123456789abcdef"),
            "Bearer 0123…cdef"
        );
        for name in [
            "x-api-key",
            "X-Goog-Api-Key",
            "cookie",
            "x-management-key",
            "my-secret",
        ] {
            assert_eq!(shown(name, "short"), "…", "{name}");
        }
        assert_eq!(shown("user-agent", "curl/8"), "curl/8");
        let mut marked = HeaderValue::from_static("team");
        marked.set_sensitive(true);
        assert_eq!(header("x-team", &marked), "…");
        assert_eq!(
            query("alt=sse&key=mg-1&auth_token=x&b"),
            "alt=sse&key=…&auth_token=…&b"
        );
    }

    #[test]
    fn what_was_presented_is_known() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "authorization",
            HeaderValue::from_static("Bearer client-key"),
        );
        headers.insert("accept", HeaderValue::from_static("application/json"));
        let known: Vec<Secret> = secrets(&headers)
            .chain(secrets_of_query("key=a%2Db&x=y"))
            .collect();
        assert_eq!(known, ["client-key", "a-b"].map(Secret::from));
    }
}
