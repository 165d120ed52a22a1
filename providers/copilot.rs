//! GitHub accounts with Copilot (`providers.md` 12): Chat Completions, at an address that comes with a token of an hour at
//! most, which is made from GitHub's.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use modelgate_config::model::ProviderEntry;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::edit::{self, Step};
use modelgate_dialects::json::{Document, RawJson, Value, Writer};
use modelgate_dialects::{Dialect, Str, Target};
use uuid::Uuid;

use crate::credential::{self, AGENT, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, compatible};

pub(crate) const BASE_URL: &str = "https://api.githubcopilot.com";
const EDITOR: HeaderName = HeaderName::from_static("editor-version");
const PLUGIN: HeaderName = HeaderName::from_static("editor-plugin-version");
const INTENT: HeaderName = HeaderName::from_static("openai-intent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const INITIATOR: HeaderName = HeaderName::from_static("x-initiator");
const VISION: HeaderName = HeaderName::from_static("copilot-vision-request");

/// The credential of an account that somebody logged in to. `copilot-integration-id` is not ours to make up: who has one puts it
/// into the `headers` of the account.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(
        ProviderKind::Copilot,
        "github-copilot",
        account,
        entry,
        login,
    );
    let mut headers = credential::common_headers();
    headers.extend(identity());
    headers.insert(INTENT, HeaderValue::from_static("conversation-panel"));
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(&entry.base_url, &["chat", "completions"])),
        // Of some models it is the only place, and its list says so.
        responses: Some(credential::join(&entry.base_url, &["responses"])),
        models: Some(credential::join(&entry.base_url, &["models"])),
        ..Operations::default()
    }));
    forge.make(raw, urls, headers)
}

/// Who asks, which Copilot wants to know of everybody.
pub(crate) fn identity() -> [(HeaderName, HeaderValue); 2] {
    let own = HeaderValue::from_static(AGENT);
    [(EDITOR, own.clone()), (PLUGIN, own)]
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    compatible::target(credential, model)
}

/// The headers that depend on the request: whether a person or a tool asks, which decides what is paid, and whether there is
/// something to see. Both are told as they are.
pub(crate) fn describe(body: &Bytes, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(&Uuid::now_v7().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    let document = Document::parse(body.clone()).unwrap_or_default();
    let root = document.root();
    let turns = root.field("messages").or_else(|| root.field("input"));
    let (mut initiator, mut sees) = ("user", false);
    for turn in turns.into_iter().flat_map(Value::items) {
        // In Responses calls and their results are turns without a role.
        initiator = match turn.text_of("role").as_deref() {
            Some("assistant" | "tool") => "agent",
            None if turn.text_of("type").is_some_and(|kind| kind != "message") => "agent",
            _ => "user",
        };
        let parts = ["content", "output"].into_iter();
        let mut parts = parts
            .filter_map(|name| turn.field(name).filter(|parts| parts.is_array()))
            .flat_map(Value::items);
        sees |= parts.any(|part| {
            let kind = part.text_of("type");
            kind.is_some_and(|kind| matches!(&*kind, "image_url" | "input_image"))
        });
    }
    headers.insert(INITIATOR, HeaderValue::from_static(initiator));
    if sees {
        headers.insert(VISION, HeaderValue::from_static("true"));
    }
}

/// A whole answer in one piece: Copilot tells the text and the calls of some models as two choices, though one was asked for.
pub(crate) fn mend(asked: &Bytes, answer: Bytes) -> Bytes {
    let (Ok(asked), Ok(document)) = (
        Document::parse(asked.clone()),
        Document::parse(answer.clone()),
    ) else {
        return answer;
    };
    let wanted = asked
        .root()
        .field("n")
        .and_then(|n| n.as_u64())
        .unwrap_or(1);
    let choices = document.root().field("choices").into_iter();
    let choices: Vec<Value<'_>> = choices.flat_map(Value::items).collect();
    if wanted != 1 || choices.len() < 2 {
        return answer;
    }
    let joined = RawJson::build(|writer| join(writer, &choices));
    let joined = edit::set(&document, &[Step::Key("choices")], joined.as_str());
    joined.unwrap_or(answer)
}

/// Writes a list with one choice, which says all that the given ones say.
fn join(writer: &mut Writer<'_>, choices: &[Value<'_>]) {
    let messages = || choices.iter().filter_map(|choice| choice.field("message"));
    let texts = messages().filter_map(|message| message.text_of("content"));
    let text: Vec<Str> = texts.filter(|text| !text.is_empty()).collect();
    let calls = messages().filter_map(|message| message.field("tool_calls"));
    let calls: Vec<Value<'_>> = calls.flat_map(Value::items).collect();
    let ends = || {
        choices
            .iter()
            .filter_map(|choice| choice.text_of("finish_reason"))
    };
    let end = ends().find(|end| &**end == "tool_calls").or(ends().next());
    writer.array(|writer| {
        writer.object(|writer| {
            writer.field("index", &0_u64);
            writer.object_field("message", |writer| {
                for (key, value) in messages().take(1).flat_map(Value::entries) {
                    if key != "content" && key != "tool_calls" {
                        writer.foreign_key(&key);
                        value.write_compact(writer);
                    }
                }
                match text.is_empty() {
                    true => writer.null_field("content"),
                    false => writer.field("content", &*text.concat()),
                }
                if !calls.is_empty() {
                    writer.array_field("tool_calls", |writer| {
                        calls.iter().for_each(|call| call.write_compact(writer));
                    });
                }
            });
            writer.field_opt("finish_reason", end.as_ref());
        });
    });
}

/// What a failure means. A model that is not for everybody is no fault of the request.
pub(crate) fn failure(status: StatusCode, body: &Bytes) -> Error {
    let mut error = modelgate_dialects::decode_error(Dialect::Chat, status.as_u16(), body);
    if error.code.as_deref() == Some("model_not_supported") {
        error.kind = ErrorKind::NotFound;
        error.status = error.kind.status();
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(messages: &str, initiator: &str, sees: bool) {
        let mut headers = HeaderMap::new();
        describe(
            &Bytes::from(format!(r#"{{"messages":{messages}}}"#)),
            &mut headers,
        );
        assert_eq!(headers[INITIATOR], initiator, "{messages}");
        assert_eq!(headers.contains_key(VISION), sees, "{messages}");
        assert!(headers.contains_key(REQUEST_ID));
    }

    #[test]
    fn who_asks_is_told_as_it_is() {
        check(r#"[{"role":"user","content":"Hi"}]"#, "user", false);
        check(
            r#"[{"role":"user","content":"Hi"},{"role":"assistant"},{"role":"tool"}]"#,
            "agent",
            false,
        );
        check(
            r#"[{"role":"tool"},{"role":"user","content":[{"type":"image_url"}]}]"#,
            "user",
            true,
        );
        check("7", "user", false);
    }

    #[test]
    fn who_asks_is_told_in_responses_too() {
        let check = |input: &str, initiator: &str, sees: bool| {
            let mut headers = HeaderMap::new();
            let body = format!(r#"{{"input":{input}}}"#);
            describe(&Bytes::from(body), &mut headers);
            assert_eq!(headers[INITIATOR], initiator, "{input}");
            assert_eq!(headers.contains_key(VISION), sees, "{input}");
        };
        check(r#""Hi""#, "user", false);
        check(
            r#"[{"type":"message","role":"user","content":[{"type":"input_image"}]}]"#,
            "user",
            true,
        );
        check(
            r#"[{"type":"function_call"},{"type":"function_call_output","output":"x"}]"#,
            "agent",
            false,
        );
        check(
            r#"[{"type":"function_call_output","output":[{"type":"input_image"}]}]"#,
            "agent",
            true,
        );
        check(
            r#"[{"type":"function_call_output"},{"role":"user","content":"Hi"}]"#,
            "user",
            false,
        );
    }

    #[test]
    fn a_model_that_is_not_for_this_account_is_not_there() {
        let body = r#"{"error":{"message":"The requested model is not supported.","code":"model_not_supported"}}"#;
        let error = failure(StatusCode::BAD_REQUEST, &Bytes::from(body));
        assert_eq!((error.kind, error.status), (ErrorKind::NotFound, 404));
    }

    #[test]
    fn an_answer_in_several_choices_is_one() {
        const ANSWER: &str = r#"{"id":"c","choices":[
            {"index":0,"message":{"role":"assistant","content":"Let me see."},"finish_reason":"tool_calls"},
            {"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t"}]},"finish_reason":"tool_calls"}],"usage":{}}"#;
        let mended = |asked: &'static str, answer: &'static str| {
            let answer = mend(
                &Bytes::from_static(asked.as_bytes()),
                Bytes::from_static(answer.as_bytes()),
            );
            String::from_utf8(answer.to_vec()).unwrap()
        };
        assert_eq!(
            mended("{}", ANSWER),
            r#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Let me see.","tool_calls":[{"id":"t"}]},"finish_reason":"tool_calls"}],"usage":{}}"#
        );
        assert_eq!(mended(r#"{"n":2}"#, ANSWER), ANSWER, "they were asked for");
        for answer in [r#"{"choices":[{"index":0}]}"#, "{}", "x"] {
            assert_eq!(mended("{}", answer), answer);
        }
    }
}
