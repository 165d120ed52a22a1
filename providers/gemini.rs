//! Google's Gemini API by key (`providers.md` 5).

use http::{HeaderName, HeaderValue};
use memchr::memmem;
use modelgate_config::Secret;
use modelgate_config::model::{GeminiKey, Quirks};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Body, Dialect, Losses, Str, Target};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Position, Url, form_urlencoded};

use crate::credential::{self, Credential, Urls};
use crate::fit::{Fate, rewritten};
use crate::forge::{Forge, Raw};
use crate::store::same;
use crate::{Call, Operation, ProviderKind, models};

const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// Whose thought signatures these upstreams accept.
const REASONING_TAG: &str = "gemini";

/// The credential of a `gemini-api-key` entry.
pub(crate) fn credential(key: &GeminiKey, index: usize, forge: &mut Forge<'_>) -> Credential {
    let raw = Raw {
        id: format!("gemini-api-key[{index}]"),
        kind: ProviderKind::Gemini,
        provider: "gemini",
        entry: &key.entry,
        secret: key.api_key.expose(),
        weight: key.entry.weight,
        proxy: &key.proxy,
        quirks: Quirks::default(),
        auth: auth(&key.api_key),
        account: None,
    };
    let models = credential::join(&key.entry.base_url, &["v1beta", "models"]);
    forge.make(raw, Urls::Models(models), credential::common_headers())
}

/// The header that lets in, here and at Vertex AI.
pub(crate) fn auth(key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    credential::secret(KEY, key.expose())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(_credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static(REASONING_TAG),
        model_profile: models::profile(model),
        chat: ChatProfile::default(),
        gemini: GeminiProfile {
            call_ids: true,
            ..models::gemini_profile(model)
        },
        kiro: KiroProfile::default(),
    }
}

/// The name of a conversation, which clients of gateways and Gemini's command line send; Google refuses what it does not know.
const SESSION: &str = "session_id";

/// A request as the Gemini API and Vertex AI take it.
pub(crate) fn fit(client: Dialect, body: Body, losses: &mut Losses) -> Body {
    // What is translated has none of the clients' own fields; and a key never stands in two pieces.
    if client != Dialect::Gemini || !body.pieces().iter().any(|piece| names_session(piece)) {
        return body;
    }
    let fitted = rewritten(body.to_bytes(), &[], |_, key, _| {
        if !same(key, SESSION) {
            return Fate::Kept;
        }
        losses.quietly_dropped(key, "it is for gateways; Google does not know it");
        Fate::Gone
    });
    fitted.into()
}

fn names_session(body: &[u8]) -> bool {
    let begin = b"\"session";
    memmem::find_iter(body, begin).any(|at| {
        let rest = &body[at + begin.len()..];
        rest.starts_with(b"_id\"") || rest.starts_with(b"Id\"")
    })
}

/// The method of a model that is an operation; `None` where Google has none.
pub(crate) fn method(operation: Operation, stream: bool) -> Option<&'static str> {
    Some(match operation {
        Operation::Generate if stream => "streamGenerateContent",
        Operation::Generate => "generateContent",
        Operation::CountTokens => "countTokens",
        Operation::Embed => "embedContent",
        Operation::EmbedBatch => "batchEmbedContents",
        Operation::Predict => "predict",
        Operation::Compact => return None,
    })
}

/// What cannot stand in a segment of a path.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The address of a method. Whatever form of stream the client reads, events are asked for: the other form is one growing
/// list.
pub(crate) fn address(base: &Url, call: &Call<'_>) -> Option<String> {
    let method = method(call.operation, call.stream)?;
    let model = call.model.strip_prefix("models/").unwrap_or(call.model);
    let models = base[..Position::AfterPath].trim_end_matches('/');
    // Put together by hand: each request has one, and changing a parsed address parses it again.
    let mut address = String::with_capacity(models.len() + model.len() + method.len() + 16);
    address.extend([models, "/"]);
    address.extend(utf8_percent_encode(model, SEGMENT));
    address.extend([":", method]);
    let others = form_urlencoded::parse(call.query.unwrap_or_default().as_bytes());
    let mut others = others
        .filter(|(name, _)| !matches!(&**name, "alt" | "$alt"))
        .peekable();
    let own = base.query();
    if own.is_some() || call.stream || others.peek().is_some() {
        address.push('?');
        let begin = address.len();
        address.push_str(own.unwrap_or_default());
        let mut pairs = form_urlencoded::Serializer::for_suffix(address, begin);
        if call.stream {
            pairs.append_pair("alt", "sse");
        }
        address = pairs.extend_pairs(others).finish();
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use bytes::Bytes;

    use super::*;

    #[track_caller]
    fn check(operation: Operation, stream: bool, model: &str, query: Option<&str>, expected: &str) {
        let models = Url::parse("https://host/base/v1beta/models").unwrap();
        let healths = crate::Healths::default();
        let credential = crate::demo::credential(&mut Forge::new(&healths));
        let call = Call {
            credential: &credential,
            operation,
            dialect: Dialect::Gemini,
            id: "r-1",
            model,
            stream,
            body: Bytes::new().into(),
            query,
            client_headers: None,
            limit: 0,
        };
        let url = address(&models, &call);
        let expected = (!expected.is_empty()).then(|| format!("{models}/{expected}"));
        assert_eq!(url, expected);
    }

    #[test]
    fn methods_are_called_on_models() {
        use Operation::{Compact, CountTokens, EmbedBatch, Generate, Predict};
        check(
            Generate,
            false,
            "gemini-2.5-pro",
            None,
            "gemini-2.5-pro:generateContent",
        );
        check(
            Generate,
            true,
            "models/m",
            None,
            "m:streamGenerateContent?alt=sse",
        );
        check(CountTokens, false, "m", Some("alt=sse"), "m:countTokens");
        check(EmbedBatch, false, "m", None, "m:batchEmbedContents");
        check(Predict, false, "imagen-4", None, "imagen-4:predict");
        check(
            Generate,
            true,
            "m",
            Some("alt=json&x=a%20b"),
            "m:streamGenerateContent?alt=sse&x=a+b",
        );
        check(Compact, false, "m", None, "");
    }

    #[test]
    fn a_model_never_leaves_its_collection() {
        use Operation::Generate;
        check(
            Generate,
            false,
            "../../x",
            None,
            "..%2F..%2Fx:generateContent",
        );
        check(Generate, false, "a?b#c", None, "a%3Fb%23c:generateContent");
        check(Generate, false, "..", None, "..:generateContent");
        check(Generate, false, "a%2fb", None, "a%252fb:generateContent");
    }

    proptest! {
        /// As `url` writes it, but for `^`, which it leaves as it is.
        #[test]
        fn every_model_is_written_as_a_segment_of_a_path(model in r"[!-\]_-~é ]{1,12}") {
            let mut url = Url::parse("https://host/v1beta/models").unwrap();
            url.path_segments_mut().unwrap().push(&format!("{model}:predict"));
            let written = utf8_percent_encode(&model, SEGMENT);
            prop_assert_eq!(url.path(), format!("/v1beta/models/{written}:predict"));
        }
    }

    #[test]
    fn the_name_of_a_conversation_stays_here() {
        let fitted = |body: &'static str| {
            let mut losses = Losses::default();
            let body = Bytes::from_static(body.as_bytes()).into();
            let fitted = fit(Dialect::Gemini, body, &mut losses).to_bytes();
            let paths: Vec<String> = losses.iter().map(|loss| loss.path.clone()).collect();
            (String::from_utf8(fitted.to_vec()).unwrap(), paths)
        };
        for name in ["session_id", "sessionId"] {
            let body =
                format!(r#"{{"contents":[{{"session_id":1}}],"{name}":"s", "labels":{{}}}}"#);
            let expected = r#"{"contents":[{"session_id":1}],"labels":{}}"#;
            let expected = (expected.to_owned(), vec![name.to_owned()]);
            assert_eq!(fitted(body.leak()), expected);
            let alone = format!(r#"{{"{name}":"s"}}"#);
            assert_eq!(fitted(alone.leak()).0, "{}");
        }
        for body in [
            r#"{"contents": [{"parts":[{"text":"session_id"}]}]}"#,
            r#"{"contents": [{"parts":[{"functionCall":{"args":{"session_id":"x"}}}]}]}"#,
            r#""session_id""#,
        ] {
            assert_eq!(fitted(body), (body.to_owned(), Vec::new()));
        }
    }
}
