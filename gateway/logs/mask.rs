//! What must not be in a file: keys and tokens, found by the name they stand under, by what they look like, or because they
//! are known.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};
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
/// What keys begin with: ours, those of providers, and JSON web tokens.
const BEGINNINGS: [&str; 13] = [
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
    JWT,
];
const JWT: &str = "eyJ";
/// What a token stands behind.
const BEARER: &str = "bearer ";
/// A key goes on for so many characters at least behind its beginning; what is shorter is a word.
const SHORTEST_KEY: usize = 14;
/// A token behind `Bearer`.
const SHORTEST_BEARER: usize = 6;
/// A JSON web token.
const SHORTEST_JWT: usize = 48;
/// What is shorter may be part of any word.
const SHORTEST_KNOWN: usize = 6;

/// The searches for the above: each text is looked through once, whatever number of things is looked for.
static NAMED: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut search = AhoCorasickBuilder::new();
    searching(search.ascii_case_insensitive(true), &NAMES)
});
static MEMBER: LazyLock<AhoCorasick> =
    LazyLock::new(|| searching(&mut AhoCorasickBuilder::new(), &MEMBERS));
static BEGINNING: LazyLock<AhoCorasick> =
    LazyLock::new(|| searching(&mut AhoCorasickBuilder::new(), &BEGINNINGS));
static BEARING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut search = AhoCorasickBuilder::new();
    searching(search.ascii_case_insensitive(true), &[BEARER])
});

/// The search for any of the texts.
fn searching(search: &mut AhoCorasickBuilder, texts: &[&str]) -> AhoCorasick {
    let search = search.match_kind(MatchKind::LeftmostLongest);
    search.build(texts).expect("a search for a few short texts")
}

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
        let text = masked(self.without_known(text), &MEMBER, member);
        masked(masked(text, &BEARING, borne), &BEGINNING, key)
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
    name.eq_ignore_ascii_case(KEY) || NAMED.is_match(name)
}

/// Bytes as text. Nearly all are, which is seen faster than what of them is not.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The value of a header as it may be shown.
pub(super) fn header<'a>(name: &str, value: &'a HeaderValue) -> Cow<'a, str> {
    let text = text(value.as_bytes());
    if !value.is_sensitive() && !is_secret(name) {
        return text;
    }
    Cow::from(match text.split_once(' ') {
        Some((scheme, secret)) => format!("{scheme} {}", Secret::from(secret).mask()),
        None => Secret::from(&*text).mask(),
    })
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

/// The text with all masked that `secret` tells of what was found: where a secret is, if there is one.
fn masked(
    text: String,
    search: &AhoCorasick,
    secret: impl Fn(&str, Range<usize>) -> Option<Range<usize>>,
) -> String {
    let mut clean = String::new();
    // What comes before is in `clean`.
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = search.find(Input::new(&text).range(at..)) {
        at = found.start() + 1;
        if let Some(secret) = secret(&text, found.range()) {
            clean.push_str(&text[copied..secret.start]);
            clean.push_str(&Secret::from(&text[secret.clone()]).mask());
            at = secret.end;
            copied = at;
        }
    }
    if copied == 0 {
        return text;
    }
    clean.push_str(&text[copied..]);
    clean
}

/// A token behind `bearer`.
fn borne(text: &str, bearer: Range<usize>) -> Option<Range<usize>> {
    let word = word(text, bearer.end);
    (word.len() >= SHORTEST_BEARER).then_some(word)
}

/// A word that is a key by its beginning.
fn key(text: &str, beginning: Range<usize>) -> Option<Range<usize>> {
    let before = text.as_bytes()[..beginning.start].last();
    // Asked first: what goes on for a megabyte is read once, and not from each place in it that looks like a beginning.
    if before.is_some_and(|byte| WORD[usize::from(*byte)]) {
        return None;
    }
    let whole = word(text, beginning.start);
    let word = text[whole.clone()].trim_end_matches('.');
    let is_key = if text[beginning.clone()] == *JWT {
        word.len() >= SHORTEST_JWT && word.matches('.').count() == 2
    } else {
        word.len() >= beginning.len() + SHORTEST_KEY
    };
    is_key.then_some(whole)
}

/// The word that begins there.
fn word(text: &str, start: usize) -> Range<usize> {
    let mut rest = text.as_bytes()[start..].iter();
    let length = rest.position(|byte| !WORD[usize::from(*byte)]);
    start..length.map_or(text.len(), |length| start + length)
}

/// The value of a secret member, also in JSON that is a text within JSON.
fn member(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let before = text[..name.start].strip_suffix('"')?;
    let escaped = before.ends_with('\\');
    let quote = if escaped { "\\\"" } else { "\"" };
    let rest = text[name.end..].strip_prefix(quote)?.trim_start();
    let rest = rest.strip_prefix(':')?.trim_start().strip_prefix(quote)?;
    let start = text.len() - rest.len();
    let mut end = 0;
    loop {
        let at = end + rest.get(end..)?.find(quote)?;
        let slashes = rest[..at].bytes().rev().take_while(|byte| *byte == b'\\');
        if escaped || slashes.count() % 2 == 0 {
            return Some(start..start + at);
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
    fn a_long_word_full_of_beginnings_is_read_once() {
        // Read again from each of them, this would take minutes.
        let text = format!("x{}", "sk-".repeat(1 << 18));
        check(&text, &text);
        let key = "sk-".repeat(1 << 18);
        check(&key, "sk-s…-sk-");
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
        let shown = |name, value| header(name, &HeaderValue::from_static(value)).into_owned();
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
