//! The log: lines, and the logs of single requests (`management-api.md` 3).

mod cursor;
mod read;
mod sources;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use modelgate_management::logs::NOT_TO_FILE;
use modelgate_management::{LogFile, LogFiles, LogLevel, LogsCleared};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use self::read::{Filter, Wanted};
use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use super::{Trouble, json};
use crate::logs::names::{self, Kind};
use crate::state::State;

/// The largest file that is sent.
const LARGEST: u64 = 32 << 20;

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
        ["request-error-logs"] => {
            let files = spawn_blocking(move || failures(&directory)).await;
            Ok(json(&files.map_err(Refused::from)?.map_err(unreadable)?)?)
        }
        ["request-error-logs", name] => {
            let path = directory.join(failure(name)?);
            download(name.to_owned(), path).await
        }
        ["request-log-by-id", id] => by_id(directory, id).await,
        ["request-log-by-id"] => by_id(directory, &ask.parameter("id").unwrap_or_default()).await,
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

/// The logs of failed requests, the newest first.
fn failures(directory: &Path) -> io::Result<LogFiles> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LogFiles::default()),
        entries => entries?,
    };
    let mut files: Vec<LogFile> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let Some(Kind::Request { failed: true, .. }) = names::kind(&name) else {
                return None;
            };
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let modified = metadata.modified().ok()?;
            let modified = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some(LogFile {
                name,
                size: metadata.len(),
                modified: i64::try_from(modified.as_secs()).ok()?,
            })
        })
        .collect();
    files.sort_by(|one, other| (other.modified, &other.name).cmp(&(one.modified, &one.name)));
    Ok(LogFiles { files })
}

/// The name of the log of a failed request, and of nothing else.
fn failure(name: &str) -> Result<&str, Refused> {
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(Refused::bad("invalid log file name"));
    }
    match names::kind(name) {
        Some(Kind::Request { failed: true, .. }) => Ok(name),
        _ => Err(Refused::not_found("log file not found")),
    }
}

async fn by_id(directory: PathBuf, id: &str) -> Result<Response, Trouble> {
    let id = id.trim().to_owned();
    if id.is_empty() {
        return Err(Refused::bad("missing request ID").into());
    }
    if !names::is_id(&id) {
        return Err(Refused::bad("invalid request ID").into());
    }
    let unknown = || Refused::not_found("log file not found for the given request ID");
    let found = spawn_blocking(move || {
        let entries = fs::read_dir(directory).ok()?;
        let mut names = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().into_string().ok()?, entry.path()))
        });
        names.find(
            |(name, _)| matches!(names::kind(name), Some(Kind::Request { id: of, .. }) if of == id),
        )
    });
    let found = found.await.map_err(Refused::from)?;
    let (name, path) = found.ok_or_else(unknown)?;
    download(name, path).await
}

/// A file to save.
async fn download(name: String, path: PathBuf) -> Result<Response, Trouble> {
    let read = spawn_blocking(move || {
        // A link could lead anywhere.
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let mut text = Vec::new();
        File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
        Ok(text)
    });
    let text = read.await.map_err(Refused::from)?.map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Refused::not_found("log file not found")
        } else {
            unreadable(error)
        }
    })?;
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(attachment) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, attachment);
    }
    Ok(response)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
fn unreadable(error: io::Error) -> Refused {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Refused::new(status, format!("failed to read logs: {error}"))
}
