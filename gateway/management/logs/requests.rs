//! The logs of single requests (`management-api.md` 3.5): those of failures have files of their own, others are in one file with
//! many.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use modelgate_management::{LogFile, LogFiles};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use super::sources::sources;
use super::unreadable;
use crate::logs::Logs;
use crate::logs::names::{self, Kind, Series};
use crate::management::refused::Refused;
use crate::management::{Trouble, json};

/// Of a log, so many bytes are sent. Ours are shorter.
const LARGEST: u64 = 32 << 20;

/// The log of a request.
struct Found {
    name: String,
    text: Vec<u8>,
}

/// Which logs of failed requests there are, the newest first.
pub(super) async fn failures(directory: PathBuf) -> Result<Response, Trouble> {
    let files = spawn_blocking(move || list(&directory)).await;
    Ok(json(&files.map_err(Refused::from)?.map_err(unreadable)?)?)
}

/// The log of a failed request, by the name of its file.
pub(super) async fn failure(directory: PathBuf, name: &str) -> Result<Response, Trouble> {
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(Refused::bad("invalid log file name").into());
    }
    let is_failure = matches!(names::kind(name), Some(Kind::Request { failed: true, .. }));
    let name = name.to_owned();
    let found = spawn_blocking(move || match is_failure {
        true => file(&directory, name),
        false => Ok(None),
    });
    sent(found.await.map_err(Refused::from)?, "log file not found")
}

/// The log of a request, by its id, also of one that has just ended.
pub(super) async fn by_id(logs: &Logs, directory: PathBuf, id: &str) -> Result<Response, Trouble> {
    let id = id.trim().to_owned();
    if id.is_empty() {
        return Err(Refused::bad("missing request ID").into());
    }
    if !names::is_id(&id) {
        return Err(Refused::bad("invalid request ID").into());
    }
    let logs = logs.clone();
    let found = spawn_blocking(move || {
        logs.flush();
        match alone(&directory, &id)? {
            Some(found) => Ok(Some(found)),
            None => among_others(&directory, &id),
        }
    });
    let missing = "log file not found for the given request ID";
    sent(found.await.map_err(Refused::from)?, missing)
}

fn list(directory: &Path) -> io::Result<LogFiles> {
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

/// The log of an id that has a file of its own.
fn alone(directory: &Path, id: &str) -> io::Result<Option<Found>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    match names.find(|name| is_of(name, id)) {
        Some(name) => file(directory, name),
        None => Ok(None),
    }
}

/// The log of an id that is in a file with others.
fn among_others(directory: &Path, id: &str) -> io::Result<Option<Found>> {
    // The newest are asked for most.
    for source in sources(directory, Series::Requests)?.into_iter().rev() {
        for entry in source.entries()?.into_iter().flatten() {
            let entry = entry?;
            if is_of(&entry.name, id) {
                let text = source.part(entry.at, entry.length.min(LARGEST))?;
                let name = entry.name;
                return Ok(Some(Found { name, text }));
            }
        }
    }
    Ok(None)
}

fn is_of(name: &str, id: &str) -> bool {
    matches!(names::kind(name), Some(Kind::Request { id: of, .. }) if of == id)
}

/// What is in a file; none where there is no such file.
fn file(directory: &Path, name: String) -> io::Result<Option<Found>> {
    match read(&directory.join(&name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => Ok(text?.map(|text| Found { name, text })),
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // A link could lead anywhere.
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    Ok(Some(text))
}

/// A log to save.
fn sent(found: io::Result<Option<Found>>, missing: &str) -> Result<Response, Trouble> {
    let found = found.map_err(unreadable)?;
    let Found { name, text } = found.ok_or_else(|| Refused::not_found(missing))?;
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
