//! The built-in model `demo`: answers locally, so that the very first request of a newcomer succeeds.
//!
//! It speaks the Claude dialect, as any upstream would: thinking when asked to, a tool call when a tool is forced or
//! named in the question, text otherwise.

mod answer;

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use modelgate_dialects::ir::fold::unfold;
use modelgate_dialects::ir::{Delta, Error, ErrorKind, Event, Request};
use modelgate_dialects::json::Document;
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{
    DecodeError, Dialect, EventEncoder, Names, Reply, Str, Target, decode_request, encode_response,
    tokens,
};
use url::Url;

use crate::call::{Call, Operation, Upstream};
use crate::credential::{Credential, Operations, Urls};
use crate::forge::Forge;
use crate::{CallError, ProviderKind, models};

/// The name of the model.
pub(crate) const MODEL: &str = "demo";
/// Pause between the words of a stream, so that one sees it stream.
const PACE: Duration = Duration::from_millis(15);

/// The credential of the built-in provider.
pub(crate) fn credential(forge: &mut Forge<'_>) -> Credential {
    let url = |text: &str| Url::parse(text).expect("a constant address");
    forge.built_in(
        "demo",
        ProviderKind::Demo,
        Urls::Operations(Box::new(Operations {
            generate: Some(url("demo:generate")),
            count_tokens: Some(url("demo:count-tokens")),
            ..Operations::default()
        })),
    )
}

/// What an encoder must know of the model.
pub(crate) fn target(_credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static("demo"),
        model_profile: models::profile(model),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

/// Answers a call.
pub(crate) fn call(call: &Call<'_>) -> Result<Upstream, CallError> {
    let request = read(&call.body.to_bytes()).map_err(|error| {
        let error = Error::new(ErrorKind::InvalidRequest, Str::from(error.to_string()));
        CallError::answered(Str::from_static("demo"), error)
    })?;
    Ok(match call.operation {
        Operation::CountTokens => {
            let count = tokens::estimate_request(&request);
            whole(Bytes::from(format!("{{\"input_tokens\":{count}}}")))
        }
        Operation::Generate if request.stream => streamed(&request),
        _ => whole(encode_response(
            Dialect::Claude,
            &answer::to(&request),
            &reply(),
        )),
    })
}

fn read(body: &Bytes) -> Result<Request, DecodeError> {
    decode_request(Dialect::Claude, &Document::parse(body.clone())?)
}

fn reply() -> Reply {
    Reply {
        model: Str::from_static(MODEL),
        unique: Str::from_static("demo"),
        created: 0,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

fn whole(body: Bytes) -> Upstream {
    upstream("application/json", Box::pin(stream::iter([Ok(body)])))
}

fn streamed(request: &Request) -> Upstream {
    let events = unfold(answer::to(request))
        .into_iter()
        .flat_map(by_words)
        .collect::<Vec<_>>()
        .into_iter();
    let encoder = EventEncoder::new(Dialect::Claude, reply());
    let frames = stream::unfold((events, encoder), |(mut events, mut encoder)| async move {
        let mut out = Vec::new();
        while out.is_empty() {
            let event = events.next()?;
            if matches!(event, Event::Delta { .. }) {
                tokio::time::sleep(PACE).await;
            }
            encoder.on(event, &mut out);
        }
        Some((Ok(Bytes::from(out)), (events, encoder)))
    });
    upstream("text/event-stream", Box::pin(frames))
}

fn upstream(content_type: &'static str, body: crate::body::ByteStream) -> Upstream {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Upstream { headers, body }
}

/// A delta of text cut behind its words; other events as they are.
fn by_words(event: Event) -> Vec<Event> {
    let (item, text, make): (u32, Str, fn(Str) -> Delta) = match event {
        Event::Delta {
            item,
            delta: Delta::Text(text),
        } => (item, text, Delta::Text),
        Event::Delta {
            item,
            delta: Delta::Reasoning(text),
        } => (item, text, Delta::Reasoning),
        // The deltas say it all; repeating the whole would hide a mistake in them.
        Event::ItemEnd { item, .. } => return vec![Event::ItemEnd { item, full: None }],
        other => return vec![other],
    };
    text.split_inclusive(' ')
        .map(|word| Event::Delta {
            item,
            delta: make(text.slice_ref(word)),
        })
        .collect()
}
