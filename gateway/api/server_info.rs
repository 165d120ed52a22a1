//! What the server says of itself, without a key.

use http::StatusCode;
use modelgate_dialects::json::RawJson;
use warp::reply::Response;

use crate::reply;
use crate::routes::ENDPOINTS;
use crate::state::State;

/// `GET /`: what this is and where to go.
pub(crate) fn root() -> Response {
    let body = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("message", "modelgate");
            writer.field("version", env!("CARGO_PKG_VERSION"));
            writer.array_field("endpoints", |writer| {
                ENDPOINTS.iter().for_each(|endpoint| {
                    writer.value(&format!("{} {}", endpoint.method, endpoint.path));
                });
            });
        });
    });
    reply::json(StatusCode::OK, body.to_text().into_bytes())
}

/// `GET /healthz`: the process lives.
pub(crate) fn health() -> Response {
    reply::json(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// `GET /readyz`: requests are taken. 503 while the gateway shuts down.
pub(crate) fn ready(state: &State) -> Response {
    if state.is_draining() {
        return reply::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#);
    }
    reply::json(
        StatusCode::OK,
        format!(r#"{{"status":"ready","models":{}}}"#, state.model_count()),
    )
}

/// `POST /api/event_logging/batch`: Claude Code's telemetry, taken and forgotten.
pub(crate) fn event_sink() -> Response {
    reply::json(StatusCode::OK, r#"{"status":"ok"}"#)
}
