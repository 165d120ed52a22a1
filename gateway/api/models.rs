//! `GET /v1/models` and `GET /v1/models/{id}`, in the shape of whoever reads it.

use std::time::SystemTime;

use http::StatusCode;
use modelgate_dialects::Dialect;
use modelgate_dialects::json::{RawJson, Writer};
use modelgate_providers::ModelListing;
use warp::reply::Response;

use crate::error::{self, Failure};
use crate::google;
use crate::reply;
use crate::request::Incoming;
use crate::state::State;

/// The dialect in which a client reads lists: Gemini's on Google's own path or with Google's headers, Claude's when it
/// names an API version of Anthropic's or is one of its clients, OpenAI's otherwise. Amp's clients say it in the path.
pub(crate) fn reader(incoming: &Incoming) -> Dialect {
    if let Some(amp) = &incoming.amp {
        return amp.lists;
    }
    let headers = &incoming.headers;
    let google = ["x-goog-api-key", "x-goog-api-client"];
    if incoming.path.starts_with("/v1beta/")
        || google.iter().any(|name| headers.contains_key(*name))
    {
        return Dialect::Gemini;
    }
    let agent = incoming
        .header("user-agent")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let claude = ["claude-cli", "claude-code", "anthropic"]
        .iter()
        .any(|name| agent.starts_with(name));
    if claude || incoming.headers.contains_key("anthropic-version") {
        Dialect::Claude
    } else {
        Dialect::Chat
    }
}

/// The models that the caller may use.
pub(crate) fn list(state: &State, incoming: &Incoming) -> Response {
    answer(state, incoming, |dialect, models| {
        Ok(RawJson::build(|writer| match dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Responses | Dialect::Kiro => writer
                .object(|writer| {
                    writer.field("object", "list");
                    writer.array_field("data", |writer| {
                        models.iter().for_each(|model| chat_model(model, writer));
                    });
                }),
            Dialect::Gemini => writer.object(|writer| {
                writer.array_field("models", |writer| {
                    models.iter().for_each(|model| gemini_model(model, writer));
                });
            }),
            Dialect::Claude => writer.object(|writer| {
                writer.array_field("data", |writer| {
                    models.iter().for_each(|model| claude_model(model, writer));
                });
                writer.field("has_more", &false);
                for (key, model) in [("first_id", models.first()), ("last_id", models.last())] {
                    match model {
                        Some(model) => writer.field(key, &model.id),
                        None => writer.null_field(key),
                    }
                }
            }),
        }))
    })
}

/// One model.
pub(crate) fn show(state: &State, incoming: &Incoming, id: &str) -> Response {
    answer(state, incoming, |dialect, models| {
        let id = google::bare(id);
        let model = models.iter().find(|model| model.id == id);
        let model = model.ok_or_else(|| Failure::unknown_model(id, &[]))?;
        Ok(RawJson::build(|writer| match dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Responses | Dialect::Kiro => {
                chat_model(model, writer);
            }
            Dialect::Claude => claude_model(model, writer),
            Dialect::Gemini => gemini_model(model, writer),
        }))
    })
}

fn answer(
    state: &State,
    incoming: &Incoming,
    write: impl FnOnce(Dialect, &[&ModelListing]) -> Result<RawJson, Failure>,
) -> Response {
    let dialect = reader(incoming);
    let snapshot = state.snapshot();
    let caller = snapshot.access.admit(
        &incoming.headers,
        incoming.query.as_deref(),
        incoming.peer,
        SystemTime::now(),
    );
    let body = caller.and_then(|caller| {
        let models: Vec<_> = snapshot
            .catalog
            .models()
            .iter()
            .filter(|model| caller.may_use(&model.id))
            .collect();
        write(dialect, &models)
    });
    match body {
        Ok(body) => reply::json(StatusCode::OK, body.to_text().into_bytes()),
        Err(failure) => error::answer(dialect, &failure),
    }
}

/// When a model was made is not known here; clients require the field.
fn chat_model(model: &ModelListing, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.field("id", &model.id);
        writer.field("object", "model");
        writer.field("created", &0_u64);
        writer.field(
            "owned_by",
            model
                .providers
                .first()
                .map_or("modelgate", |provider| provider),
        );
        // OpenAI's own list does not tell; OpenRouter's calls it this, and clients read it there.
        writer.field_opt("context_length", model.context_window.as_ref());
    });
}

fn gemini_model(model: &ModelListing, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.field("name", &format!("models/{}", model.id));
        writer.field("baseModelId", &model.id);
        writer.field("version", "001");
        writer.field("displayName", &model.id);
        writer.field_opt("inputTokenLimit", model.context_window.as_ref());
        writer.field_opt("outputTokenLimit", model.max_output.as_ref());
        writer.array_field("supportedGenerationMethods", |writer| {
            for method in ["generateContent", "streamGenerateContent", "countTokens"] {
                writer.value(method);
            }
        });
    });
}

fn claude_model(model: &ModelListing, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.field("type", "model");
        writer.field("id", &model.id);
        writer.field("display_name", &model.id);
        writer.field("created_at", "1970-01-01T00:00:00Z");
        writer.field_opt("max_input_tokens", model.context_window.as_ref());
        writer.field_opt("max_tokens", model.max_output.as_ref());
    });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn each_reader_finds_the_window_where_it_looks_and_nothing_where_it_is_not_known() {
        let told = |context_window, write: fn(&ModelListing, &mut Writer<'_>)| -> Value {
            let model = ModelListing {
                id: "m".into(),
                providers: Vec::new(),
                max_output: None,
                context_window,
            };
            let body = RawJson::build(|writer| write(&model, writer));
            serde_json::from_slice(&body.to_text().into_bytes()).unwrap()
        };
        for (write, name) in [
            (
                chat_model as fn(&ModelListing, &mut Writer<'_>),
                "context_length",
            ),
            (gemini_model, "inputTokenLimit"),
            (claude_model, "max_input_tokens"),
        ] {
            assert_eq!(told(Some(200_000), write)[name], json!(200_000));
            assert_eq!(told(None, write).get(name), None, "{name}");
        }
    }
}
