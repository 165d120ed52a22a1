//! New files, and new texts of old ones.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::json;
use warp::reply::Response;

use super::{file_name, log, ok, several, with};
use crate::management::gate::Manager;
use crate::management::refused::Refused;
use crate::management::settings::Ask;
use crate::state::State;

/// `POST /auth-files`: parts of a form, or one file as the body. Nothing is written of a file that is no account.
pub(super) async fn upload(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    ask: Ask,
) -> Result<Response, Refused> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
    let parts = match boundary {
        Some(boundary) => parts(ask.body, boundary).await?,
        None => vec![(file_name(&ask)?, ask.body)],
    };
    let single = parts.len() == 1;
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let outcome = save(state, name.clone(), text).await;
        match outcome {
            Ok(name) => {
                log(manager, "uploaded", &name);
                files.push(name);
            }
            Err(refused) if single => return Err(refused),
            Err(refused) => failed.push((name, refused.error().to_owned())),
        }
    }
    if single {
        return Ok(ok(&json!({ "status": "ok" })));
    }
    Ok(several("uploaded", &files, &failed))
}

async fn save(state: &State, name: String, text: Bytes) -> Result<String, Refused> {
    if !name.ends_with(".json") {
        return Err(Refused::bad("file must be .json"));
    }
    let account = with(state, move |accounts| accounts.add(&name, &text)).await??;
    Ok(account.file.to_string())
}

/// The files of a form, whatever their fields are called.
async fn parts(body: Bytes, boundary: String) -> Result<Vec<(String, Bytes)>, Refused> {
    let body = stream::iter([Ok::<_, Infallible>(body)]);
    let mut form = multer::Multipart::new(body, boundary);
    let broken = |error: multer::Error| Refused::body().message(error.to_string());
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let Some(name) = field.file_name() else {
            continue;
        };
        // Some programs send the path that the file had there.
        let name = name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        parts.push((name, field.bytes().await.map_err(broken)?));
    }
    if parts.is_empty() {
        return Err(Refused::bad("no files uploaded"));
    }
    Ok(parts)
}
