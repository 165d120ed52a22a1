//! Notices when the file changes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::{
    DebounceEventResult, Debouncer, RecommendedCache, new_debouncer, notify,
};

use notify::{RecommendedWatcher, RecursiveMode};

use crate::error::ConfigError;
use crate::file;
use crate::save::follow_links;
use crate::store::{Reloaded, Store};

/// Editors write in several steps; this much silence ends a change.
const SILENCE: Duration = Duration::from_millis(150);

/// Watches until it is dropped.
pub struct Watcher {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

/// What changed in a watched directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Files with these names were written, made, renamed or removed.
    Files(BTreeSet<OsString>),
    /// Something; the system lost count.
    Unknown,
}

/// Reloads the store whenever its file has new text, and tells the outcome. A file that is missing or empty
/// for the moment is left alone, and the same broken text is reported once.
pub fn watch(
    store: &Store,
    on_outcome: impl Fn(Result<Reloaded, ConfigError>) + Send + 'static,
) -> Result<Watcher, ConfigError> {
    let path = store.path().ok_or(ConfigError::NoFile)?.to_owned();
    let target = follow_links(&path).unwrap_or_else(|_| path.clone());
    let mut directories = vec![directory(&path)];
    if directory(&target) != directories[0] {
        directories.push(directory(&target));
    }
    let mut reaction = Reaction {
        store: store.clone(),
        names: names(&path, &target),
        path,
        refused: None,
    };
    watch_directories(&directories, move |changes| {
        if let Some(outcome) = reaction.react(&changes) {
            on_outcome(outcome);
        }
    })
}

/// Tells what changes directly in a directory, a moment after it has.
pub fn watch_directory(
    directory: &Path,
    on_changes: impl FnMut(Changes) + Send + 'static,
) -> Result<Watcher, ConfigError> {
    watch_directories(&[directory.to_owned()], on_changes)
}

fn watch_directories(
    directories: &[PathBuf],
    mut on_changes: impl FnMut(Changes) + Send + 'static,
) -> Result<Watcher, ConfigError> {
    let failed = |path: &PathBuf, source| ConfigError::Watch {
        path: path.clone(),
        source,
    };
    let handler = move |events: DebounceEventResult| {
        if let Some(changes) = changes(&events) {
            on_changes(changes);
        }
    };
    let mut debouncer =
        new_debouncer(SILENCE, None, handler).map_err(|source| failed(&directories[0], source))?;
    for directory in directories {
        debouncer
            .watch(directory, RecursiveMode::NonRecursive)
            .map_err(|source| failed(directory, source))?;
    }
    Ok(Watcher {
        _debouncer: debouncer,
    })
}

/// Errors of the watcher mean that events may be lost. Mere reading, our own included, is no change.
fn changes(events: &DebounceEventResult) -> Option<Changes> {
    let Ok(events) = events else {
        return Some(Changes::Unknown);
    };
    if events.iter().any(|event| event.need_rescan()) {
        return Some(Changes::Unknown);
    }
    let names: BTreeSet<OsString> = events
        .iter()
        .filter(|event| !event.kind.is_access())
        .flat_map(|event| &event.paths)
        .filter_map(|path| path.file_name().map(OsString::from))
        .collect();
    (!names.is_empty()).then_some(Changes::Files(names))
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

/// What happens on events in the directory of the file.
struct Reaction {
    store: Store,
    path: PathBuf,
    /// Files whose events count; `None` for a link, which can be redirected by any rename nearby.
    names: Option<Vec<OsString>>,
    /// A text that was refused, so that it is not refused again.
    refused: Option<String>,
}

impl Reaction {
    fn react(&mut self, changes: &Changes) -> Option<Result<Reloaded, ConfigError>> {
        if !self.concerns_file(changes) {
            return None;
        }
        let text = match file::read(&self.path) {
            Ok(text) => text,
            Err(error) => return unreadable(error).map(Err),
        };
        if text.trim().is_empty() || self.refused.as_ref() == Some(&text) {
            return None;
        }
        match self.store.reload() {
            Ok(reloaded) => {
                // Going back to the text in use changes nothing, but ends the trouble.
                let healed = self.refused.take().is_some();
                (reloaded.changed || healed).then_some(Ok(reloaded))
            }
            Err(error) => {
                self.refused = Some(text);
                Some(Err(error))
            }
        }
    }

    fn concerns_file(&self, changes: &Changes) -> bool {
        match (changes, &self.names) {
            (Changes::Files(changed), Some(names)) => {
                names.iter().any(|known| changed.contains(known))
            }
            (Changes::Unknown, _) | (_, None) => true,
        }
    }
}

/// A file that is being replaced is missing for a moment; that is not worth a word.
fn unreadable(error: ConfigError) -> Option<ConfigError> {
    match &error {
        ConfigError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => None,
        _ => Some(error),
    }
}

fn names(path: &Path, target: &Path) -> Option<Vec<OsString>> {
    if path != target {
        return None;
    }
    path.file_name().map(|name| vec![name.to_owned()])
}

fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests;
