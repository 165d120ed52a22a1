//! `/config.yaml`: the text of the file (`management-api.md` 1.5 and 1.7).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use modelgate_config::document::{self, Document};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use super::change;
use super::etag::Etag;
use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::state::State;

/// The file as it is on the disk.
pub(super) async fn read(state: &State, headers: &HeaderMap) -> Result<Response, Refused> {
    let store = state.store.clone();
    let text = spawn_blocking(move || store.read()).await??;
    let etag = Etag::of(&text);
    let mut response = Response::new(Bytes::new().into());
    if etag.is_known(headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response = Response::new(text.into());
        let kind = HeaderValue::from_static("application/yaml; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response.headers_mut().insert(ETAG, etag.header());
    Ok(response)
}

/// What the file says, as it is on the disk.
pub(super) async fn document(state: &State) -> Result<Document, Refused> {
    let store = state.store.clone();
    let read = spawn_blocking(move || document::clear(&store.read()?, std::path::Path::new("")));
    Ok(read.await??)
}

/// A new file; with `?dry-run=true`, what would be said of it.
pub(super) async fn write(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    ask: Ask,
) -> Result<Response, Refused> {
    let dry = ask.parameter("dry-run").is_some_and(|word| word == "true");
    let text = String::from_utf8(ask.body.into())
        .map_err(|_| Refused::bad("invalid_yaml").message("the file is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(Refused::bad("invalid_yaml").message("the body is empty"));
    }
    if dry {
        return change::check(state, text).await;
    }
    change::file(state, manager, headers, text).await
}
