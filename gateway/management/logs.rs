//! The log: lines, and the logs of single requests (`management-api.md` 3).

mod cursor;
mod read;
mod requests;
mod sources;

use std::io;
use std::path::PathBuf;

use http::StatusCode;
use modelgate_management::logs::NOT_TO_FILE;
use modelgate_management::{LogLevel, LogsCleared};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use self::read::{Filter, Wanted};
use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use super::{Trouble, json};
use crate::state::State;

/// The methods of what is below `segments`; none where there is nothing.
pub(super) fn allow(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["logs"] => Some("GET, DELETE"),
        ["request-error-logs" | "request-log-by-id"]
        | ["request-error-logs" | "request-log-by-id", _] => Some("GET"),
        _ => None,
    }
}

/// Answers what is asked of logs; `deletes` where that is asked.
pub(super) async fn answer(
    state: &State,
    manager: &Manager,
    segments: &[&str],
    deletes: bool,
    ask: &Ask,
) -> Result<Response, Trouble> {
    let directory = state.snapshot().config.logs.directory.clone();
    match *segments {
        ["request-error-logs"] => requests::failures(directory).await,
        ["request-error-logs", name] => requests::failure(directory, name).await,
        ["request-log-by-id", id] => requests::by_id(&state.logs, directory, id).await,
        ["request-log-by-id"] => {
            let id = ask.parameter("id").unwrap_or_default();
            requests::by_id(&state.logs, directory, &id).await
        }
        _ if !state.logs.writes_lines() => Err(Refused::bad(NOT_TO_FILE).into()),
        _ if deletes => clear(state, manager, directory).await,
        _ => {
            let wanted = wanted(ask)?;
            let lines = spawn_blocking(move || read::read(&directory, &wanted)).await;
            Ok(json(&lines.map_err(Refused::from)?.map_err(unreadable)?)?)
        }
    }
}

/// Which lines are asked for.
fn wanted(ask: &Ask) -> Result<Wanted, Refused> {
    let limit = match ask.parameter("limit") {
        None => None,
        Some(text) => match text.trim().parse::<i64>() {
            Err(_) => return Err(Refused::bad("invalid limit: must be a positive integer")),
            Ok(number) => match usize::try_from(number) {
                Ok(0) | Err(_) => {
                    return Err(Refused::bad("invalid limit: must be greater than zero"));
                }
                Ok(limit) => Some(limit),
            },
        },
    };
    let level = match ask.parameter("level") {
        None => None,
        Some(text) => {
            let known = LogLevel::ALL.map(LogLevel::name).join(", ");
            let level = LogLevel::from_name(&text);
            Some(level.ok_or_else(|| {
                Refused::bad("invalid level").message(format!("the levels are {known}"))
            })?)
        }
    };
    let after = ask.parameter("after");
    let after = after.and_then(|after| after.trim().parse::<i64>().ok());
    Ok(Wanted {
        after: after.filter(|after| *after > 0),
        limit,
        cursor: ask.parameter("cursor"),
        filter: Filter {
            level,
            text: ask.parameter("grep"),
            request: ask.parameter("request"),
        },
    })
}

async fn clear(state: &State, manager: &Manager, directory: PathBuf) -> Result<Response, Trouble> {
    let logs = state.logs.clone();
    let cleared = spawn_blocking(move || {
        let there = directory.is_dir();
        there.then(|| logs.clear()).transpose()
    });
    let removed = cleared.await.map_err(Refused::from)?.map_err(|error| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Refused::new(status, format!("failed to clear logs: {error}"))
    })?;
    let removed = removed.ok_or_else(|| Refused::not_found("log directory not found"))?;
    let Manager { key, address } = manager;
    tracing::info!(by = key, %address, removed, "the log was deleted through the management API");
    Ok(json(&LogsCleared {
        success: true,
        message: "Logs cleared successfully".to_owned(),
        removed,
    })?)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
fn unreadable(error: io::Error) -> Refused {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Refused::new(status, format!("failed to read logs: {error}"))
}
