//! What a provider takes that speaks a common dialect, but not all of it, and how it answers.

use bytes::Bytes;
use modelgate_dialects::json::{Document, RawJson, Value};
use modelgate_dialects::{Body, Dialect, Losses};

use crate::{
    Candidate, Credential, Operation, ProviderKind, antigravity, chatgpt, copilot, gemini, iflow,
    kimi, vertex, xai,
};

/// A request for an operation as the provider of a candidate takes it: its own words where it has some, and nothing that it
/// refuses; what is lost is named. It is in `dialect`, and was asked in that of the `client`.
#[must_use]
pub fn fit(
    candidate: &Candidate,
    operation: Operation,
    client: Dialect,
    dialect: Dialect,
    body: Body,
    losses: &mut Losses,
) -> Body {
    let kind = candidate.credential.kind;
    if (kind, dialect) == (ProviderKind::Xai, Dialect::Responses) {
        return xai::fit_responses(operation, &candidate.target, body.to_bytes(), losses).into();
    }
    if dialect != kind.dialect() {
        return body;
    }
    let fitted = match kind {
        ProviderKind::Antigravity => {
            antigravity::fit(&body.to_bytes(), &candidate.target.model, losses)
        }
        ProviderKind::ChatGpt => chatgpt::fit(operation, body.to_bytes(), losses),
        // It is read once more for its headers, and for its answer.
        ProviderKind::Copilot => body.to_bytes(),
        ProviderKind::Gemini => return gemini::fit(client, body, losses),
        ProviderKind::Iflow => iflow::fit(body.to_bytes()),
        ProviderKind::Kimi => kimi::fit(&body.to_bytes()),
        ProviderKind::Vertex => vertex::fit(gemini::fit(client, body, losses).to_bytes(), losses),
        ProviderKind::Xai => xai::fit(body.to_bytes(), losses),
        _ => return body,
    };
    fitted.into()
}

/// A request that says which conversation it belongs to, where it does not say so already.
#[must_use]
pub fn with_cache_key(body: &Body, key: &str) -> Body {
    let key = RawJson::build(|writer| writer.value(key));
    rewritten(body.to_bytes(), &[("prompt_cache_key", key)], |_, _, _| {
        Fate::Kept
    })
    .into()
}

/// A whole answer of the provider of a credential as its dialect has it; `asked` is the request.
#[must_use]
pub fn mend(credential: &Credential, asked: &Body, answer: Bytes) -> Bytes {
    match credential.kind {
        ProviderKind::Copilot => copilot::mend(&asked.to_bytes(), answer),
        _ => answer,
    }
}

/// What becomes of a field of a request.
pub(crate) enum Fate {
    /// It stays as it is spelt.
    Kept,
    /// It is left out.
    Gone,
    /// It gets another value.
    Is(RawJson),
}

/// A request whose fields are as `rule`, which is given the whole request too, has them, and which has those of `missing`: in one
/// pass. What is no object, or needs no change, comes back as it is.
pub(crate) fn rewritten(
    body: Bytes,
    missing: &[(&str, RawJson)],
    mut rule: impl FnMut(Value<'_>, &str, Value<'_>) -> Fate,
) -> Bytes {
    let Ok(document) = Document::parse(body.clone()) else {
        return body;
    };
    let root = document.root();
    let fitted = object(root, missing, |key, value| rule(root, key, value));
    fitted.map_or(body, |fitted| fitted.to_text().into_bytes())
}

/// A list inside of a request whose items are as `change` has them; where it changes none, it stays as it is spelt.
pub(crate) fn list(
    path: &str,
    value: Value<'_>,
    losses: &mut Losses,
    change: impl Fn(&str, Value<'_>, &mut Losses) -> Option<RawJson>,
) -> Fate {
    let items = value.items().enumerate();
    let changed: Vec<(Value<'_>, Option<RawJson>)> = items
        .map(|(index, item)| (item, change(&format!("{path}[{index}]"), item, losses)))
        .collect();
    if changed.iter().all(|(_, changed)| changed.is_none()) {
        return Fate::Kept;
    }
    Fate::Is(RawJson::build(|writer| {
        writer.array(|writer| {
            for (item, changed) in changed {
                writer.value(&changed.unwrap_or_else(|| item.raw()));
            }
        });
    }))
}

/// The same of an object inside of a request; nothing where it stays as it is.
pub(crate) fn object(
    value: Value<'_>,
    missing: &[(&str, RawJson)],
    mut rule: impl FnMut(&str, Value<'_>) -> Fate,
) -> Option<RawJson> {
    if !value.is_object() {
        return None;
    }
    let mut changed = false;
    let written = RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in value.entries() {
                let fate = rule(&key, value);
                changed |= !matches!(fate, Fate::Kept);
                match fate {
                    Fate::Kept => writer.foreign_field(&key, &value.raw()),
                    Fate::Gone => {}
                    Fate::Is(json) => writer.foreign_field(&key, &json),
                }
            }
            for (key, json) in missing {
                if value.get(key).is_none() {
                    changed = true;
                    writer.foreign_field(key, json);
                }
            }
        });
    });
    changed.then_some(written)
}

/// In Responses: reasoning for the next turn, which only its maker can read.
const STATE: &str = "reasoning.encrypted_content";

/// Whether a request in Responses wants it, by its `include`.
pub(crate) fn asks_for_state(include: Value<'_>) -> bool {
    let mut items = include.items();
    items.any(|item| item.as_str().as_deref() == Some(STATE))
}

/// The same `include` with it.
pub(crate) fn including_state(include: Option<Value<'_>>) -> RawJson {
    RawJson::build(|writer| {
        writer.array(|writer| {
            let asked = include.into_iter().flat_map(Value::items);
            asked.for_each(|item| writer.value(&item.raw()));
            writer.value(STATE);
        });
    })
}
