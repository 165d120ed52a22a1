//! New files, and new texts of old ones.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;
use warp::reply::Response;

use super::{file_name, log, ok, several, with};
use crate::management::form::{self, Part};
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
    let sent = match form::parts(headers, ask.body.clone()).await? {
        Some(parts) => self::files(parts)?,
        None => vec![(file_name(&ask)?, ask.body)],
    };
    let single = sent.len() == 1;
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for (name, text) in sent {
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
fn files(parts: Vec<Part>) -> Result<Vec<(String, Bytes)>, Refused> {
    let files = parts
        .into_iter()
        .filter_map(|part| Some((part.file?, part.body)));
    let files: Vec<_> = files.collect();
    if files.is_empty() {
        return Err(Refused::bad("no files uploaded"));
    }
    Ok(files)
}
