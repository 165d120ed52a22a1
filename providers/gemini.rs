//! Google's Gemini API by key (`providers.md` 5).

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use memchr::memmem;
use modelgate_config::Secret;
use modelgate_config::model::{GeminiKey, Quirks};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Losses, Str, Target};
use url::Url;

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
pub(crate) fn fit(body: Bytes, losses: &mut Losses) -> Bytes {
    let begin = b"\"session";
    let named = |at: usize| {
        let rest = &body[at + begin.len()..];
        rest.starts_with(b"_id\"") || rest.starts_with(b"Id\"")
    };
    if !memmem::find_iter(&body, begin).any(named) {
        return body;
    }
    rewritten(body, &[], |_, key, _| {
        if !same(key, SESSION) {
            return Fate::Kept;
        }
        losses.quietly_dropped(key, "it is for gateways; Google does not know it");
        Fate::Gone
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

/// The address of a method. Whatever form of stream the client reads, events are asked for: the other form is one growing
/// list.
pub(crate) fn url(models: &Url, call: &Call<'_>) -> Option<Url> {
    let method = method(call.operation, call.stream)?;
    let model = call.model.strip_prefix("models/").unwrap_or(call.model);
    let mut url = models.clone();
    url.path_segments_mut()
        .ok()?
        .push(&[model, ":", method].concat());
    let others = url::form_urlencoded::parse(call.query.unwrap_or_default().as_bytes());
    let others: Vec<_> = others
        .filter(|(name, _)| !matches!(&**name, "alt" | "$alt"))
        .collect();
    if call.stream || !others.is_empty() {
        let mut pairs = url.query_pairs_mut();
        if call.stream {
            pairs.append_pair("alt", "sse");
        }
        pairs.extend_pairs(others);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use modelgate_dialects::Dialect;

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
            body: Bytes::new(),
            query,
            client_headers: None,
            limit: 0,
        };
        let url = url(&models, &call).map(String::from);
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

    #[test]
    fn the_name_of_a_conversation_stays_here() {
        let fitted = |body: &'static str| {
            let mut losses = Losses::default();
            let fitted = fit(Bytes::from_static(body.as_bytes()), &mut losses);
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
