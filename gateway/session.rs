//! Which conversation a request belongs to, so that all of it goes to the account that holds its prompt cache
//! (`management-api.md` 6.5).

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use http::HeaderMap;
use modelgate_config::key_digest;
use modelgate_dialects::json::{Document, Kind, Value};

/// Headers that name a session, the surest first. Codex sends its thread as the last one.
const HEADERS: [&str; 6] = [
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "x-session-id",
    "x-session-affinity",
    "x-client-request-id",
];
/// Fields of a body that name one, the surest first.
const FIELDS: [&str; 5] = [
    "session_id",
    "sessionId",
    "prompt_cache_key",
    "conversation",
    "conversation_id",
];
/// Where Claude's clients name their user, and with it a session.
const USER: &str = "metadata.user_id";
/// Bytes of each text that stand for a conversation without a name.
const OPENING: usize = 100;
/// Turns that are looked at to see whether anybody has answered yet.
const LOOKED_AT: usize = 8;

/// The conversation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// Stands for the session, the caller and the model.
    pub(crate) id: u64,
    /// Where it was found.
    pub(crate) source: &'static str,
    /// Nothing has been answered in it yet, and only its first words tell it from others: it may go anywhere.
    pub(crate) is_new: bool,
}

impl Session {
    /// Finds the session of a request.
    pub(crate) fn find(
        headers: &HeaderMap,
        document: &Document,
        caller: &str,
        model: &str,
    ) -> Option<Self> {
        let session = |source, name: &[&[u8]]| Self {
            id: hash(caller, model, source, name),
            source,
            is_new: false,
        };
        let root = document.root();
        named(headers, root)
            .map(|(source, name)| session(source, &[name]))
            .or_else(|| {
                let user = root.field("metadata")?.field("user_id")?;
                Some(session(USER, &[spelling(user)?]))
            })
            .or_else(|| {
                let opening = Opening::of(root)?;
                Some(Self {
                    is_new: !opening.is_answered,
                    ..session("opening", &[opening.system, opening.question])
                })
            })
    }

    /// The sessions that a name can mean, wherever a client would have said it.
    pub(crate) fn named(name: &str, caller: &str, model: &str) -> Vec<Self> {
        let sources = HEADERS.into_iter().chain(FIELDS).chain([USER]);
        let session = |source| Self {
            id: hash(caller, model, source, &[name.as_bytes()]),
            source,
            is_new: false,
        };
        sources.map(session).collect()
    }
}

fn hash(caller: &str, model: &str, source: &str, name: &[&[u8]]) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one((caller, model, source, name))
}

/// The key by which a provider finds the beginning of a conversation again: the same for a session that the client names, and
/// nobody else's.
pub(crate) fn cache_key(headers: &HeaderMap, document: &Document, caller: &str) -> Option<String> {
    let (_, name) = named(headers, document.root())?;
    let digest = key_digest(&format!("{caller}\n{}", String::from_utf8_lossy(name)));
    let (first, _) = digest.split_at(16);
    Some(first.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How the client names the session, and where.
fn named<'a>(headers: &'a HeaderMap, root: Value<'a>) -> Option<(&'static str, &'a [u8])> {
    let header = |name: &'static str| {
        let value = headers.get(name)?.as_bytes().trim_ascii();
        (!value.is_empty()).then_some((name, value))
    };
    let [first, others @ ..] = HEADERS;
    header(first)
        .or_else(|| session_of_user(root).map(|name| (USER, name)))
        .or_else(|| others.into_iter().find_map(header))
        .or_else(|| {
            FIELDS.into_iter().find_map(|field| {
                let value = root.field(field)?;
                Some((field, spelling(value.field("id").unwrap_or(value))?))
            })
        })
}

/// A text as it is spelt, if there is any.
fn spelling(value: Value<'_>) -> Option<&[u8]> {
    let inner = value
        .source_bytes()
        .strip_prefix(b"\"")?
        .strip_suffix(b"\"")?;
    (!inner.is_empty()).then_some(inner)
}

/// Claude Code's session inside of the name of its user: `…_session_<id>`, or JSON text with a `session_id`.
fn session_of_user(root: Value<'_>) -> Option<&[u8]> {
    const MARK: &str = "session_";
    let user = root.field("metadata")?.field("user_id")?.source();
    let at = user.rfind(MARK)? + MARK.len();
    let session = user[at..].trim_start_matches(|char: char| !char.is_ascii_alphanumeric());
    let session = session.strip_prefix("id").unwrap_or(session);
    let session = session.trim_matches(|char: char| !char.is_ascii_alphanumeric());
    let end = session.find(['"', '\\', ',']).unwrap_or(session.len());
    let session = &session[..end];
    (session.len() >= 8).then_some(session.as_bytes())
}

/// The first words of a conversation.
struct Opening<'d> {
    system: &'d [u8],
    question: &'d [u8],
    /// Somebody has answered already.
    is_answered: bool,
}

impl<'d> Opening<'d> {
    fn of(root: Value<'d>) -> Option<Self> {
        let turns = ["messages", "input", "contents"]
            .into_iter()
            .find_map(|key| root.field(key))?;
        if turns.kind() == Kind::String {
            return Some(Self {
                system: system(root),
                question: cut(turns.source_bytes()),
                is_answered: false,
            });
        }
        let role = |turn: &Value<'d>| turn.text_of("role");
        let is_system =
            |turn: &Value<'d>| matches!(role(turn).as_deref(), Some("system" | "developer"));
        let question = turns.items().find(|turn| !is_system(turn)).and_then(text)?;
        let instructions = system(root);
        let own = turns.items().next().filter(is_system).and_then(text);
        let mut looked_at = turns.items().take(LOOKED_AT);
        Some(Self {
            system: if instructions.is_empty() {
                own.unwrap_or_default()
            } else {
                instructions
            },
            question,
            is_answered: looked_at
                .any(|turn| matches!(role(&turn).as_deref(), Some("assistant" | "model"))),
        })
    }
}

fn system(root: Value<'_>) -> &[u8] {
    let keys = [
        "system",
        "instructions",
        "systemInstruction",
        "system_instruction",
    ];
    let system = keys.into_iter().find_map(|key| root.field(key));
    system.and_then(text).unwrap_or_default()
}

/// The first text of something said, as it is spelt.
fn text(said: Value<'_>) -> Option<&[u8]> {
    let content = ["content", "parts"]
        .into_iter()
        .find_map(|key| said.field(key))
        .unwrap_or(said);
    let text = match content.kind() {
        Kind::String => content,
        Kind::Array => content.items().find_map(|part| part.field("text"))?,
        _ => return None,
    };
    Some(cut(text.source_bytes()))
}

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(OPENING)]
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn find(headers: &[(&'static str, &'static str)], body: &str) -> Option<Session> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )
        };
        let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        Session::find(
            &headers.iter().map(pair).collect(),
            &document,
            "caller",
            "m",
        )
    }

    fn source(headers: &[(&'static str, &'static str)], body: &str) -> &'static str {
        find(headers, body).map_or("none", |session| session.source)
    }

    #[test]
    fn the_key_of_a_cache_is_that_of_a_session_with_a_name() {
        let key = |name: Option<&'static str>, body: &'static str, caller: &str| {
            let value = name.map(http::HeaderValue::from_static);
            let first = http::HeaderName::from_static(HEADERS[0]);
            let headers = value.map(|value| (first, value)).into_iter().collect();
            let document = Document::parse(Bytes::from_static(body.as_bytes())).unwrap();
            cache_key(&headers, &document, caller)
        };
        let user = r#"{"metadata":{"user_id":"user_1_account__session_0123-4567-89ab"}}"#;
        let named = key(None, user, "a").unwrap();
        assert!(named.len() == 32 && !named.contains("0123"), "{named}");
        assert_eq!(key(None, user, "a").as_ref(), Some(&named));
        assert_ne!(key(None, user, "b").as_ref(), Some(&named));
        assert_ne!(key(Some("s-1"), user, "a").as_ref(), Some(&named));
        // A user has many conversations, and first words are no name.
        for unnamed in [
            r#"{"metadata":{"user_id":"ada"}}"#,
            r#"{"messages":[{"role":"user","content":"Hi"}]}"#,
        ] {
            assert_eq!(key(None, unnamed, "a"), None, "{unnamed}");
        }
    }

    #[test]
    fn the_surest_sign_counts() {
        let body = r#"{"metadata":{"user_id":"user_1_account__session_0123-4567-89ab"},"prompt_cache_key":"k"}"#;
        assert_eq!(
            source(&[("x-claude-code-session-id", "a")], body),
            "x-claude-code-session-id"
        );
        assert_eq!(source(&[("session-id", "a")], body), "metadata.user_id");
        assert_eq!(
            source(&[("session-id", "a")], r#"{"prompt_cache_key":"k"}"#),
            "session-id"
        );
        assert_eq!(
            source(&[], r#"{"prompt_cache_key":"k"}"#),
            "prompt_cache_key"
        );
        assert_eq!(
            source(&[], r#"{"conversation":{"id":"c"}}"#),
            "conversation"
        );
        assert_eq!(
            source(&[("session-id", " ")], r#"{"metadata":{"user_id":"me"}}"#),
            "metadata.user_id"
        );
        assert_eq!(source(&[], r#"{"messages":[]}"#), "none");
        assert_eq!(source(&[], r#"{"prompt":"x"}"#), "none");
    }

    #[test]
    fn claude_codes_session_is_found_in_both_spellings() {
        let old = r#"{"metadata":{"user_id":"user_0a_account_x_session_0123-4567-89ab"}}"#;
        let other_account =
            r#"{"metadata":{"user_id":"user_0b_account_y_session_0123-4567-89ab"}}"#;
        let json =
            r#"{"metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"0123-4567-89ab\"}"}}"#;
        assert_eq!(find(&[], old), find(&[], other_account));
        assert_eq!(find(&[], old), find(&[], json));
        assert_ne!(find(&[], old), find(&[], &old.replace("89ab", "89ac")));
    }

    #[test]
    fn a_conversation_without_a_name_is_known_by_its_first_words() {
        for (first, later) in [
            (
                r#"{"system":"s","messages":[{"role":"user","content":"q"}]}"#,
                r#"{"system":[{"text":"s","cache_control":{}}],"messages":[{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":"a"}]}"#,
            ),
            (
                r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}"#,
                r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant"}]}"#,
            ),
            (
                r#"{"instructions":"s","input":"q"}"#,
                r#"{"instructions":"s","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},{"role":"assistant"}]}"#,
            ),
            (
                r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"parts":[{"text":"q"}]}]}"#,
                r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"parts":[{"text":"q"}]},{"role":"model"}]}"#,
            ),
        ] {
            let (first, later) = (find(&[], first).unwrap(), find(&[], later).unwrap());
            assert_eq!(first.id, later.id);
            assert!(first.is_new && !later.is_new);
        }
    }

    #[test]
    fn a_session_is_found_by_its_name_alone() {
        let named = Session::named("s-1", "caller", "m");
        for (headers, body) in [
            (&[("x-session-id", "s-1")][..], "{}"),
            (&[][..], r#"{"prompt_cache_key":"s-1"}"#),
            (&[][..], r#"{"metadata":{"user_id":"s-1"}}"#),
        ] {
            let found = find(headers, body).unwrap();
            assert!(named.contains(&found), "{found:?}");
        }
    }

    #[test]
    fn callers_and_models_have_sessions_of_their_own() {
        let id = |caller, model| Session::named("s", caller, model)[0].id;
        assert_eq!(id("a", "m"), id("a", "m"));
        assert_ne!(id("a", "m"), id("b", "m"));
        assert_ne!(id("a", "m"), id("a", "n"));
    }
}
