//! Notices when the file changes.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::{
    DebounceEventResult, Debouncer, RecommendedCache, new_debouncer, notify,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode};

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

/// Reloads the store whenever its file has new text, and tells the outcome. A file that is missing or empty
/// for the moment is left alone, and the same broken text is reported once.
pub fn watch(
    store: &Store,
    on_outcome: impl Fn(Result<Reloaded, ConfigError>) + Send + 'static,
) -> Result<Watcher, ConfigError> {
    let path = store.path().ok_or(ConfigError::NoFile)?.to_owned();
    let failed = |path: &Path, source| ConfigError::Watch {
        path: path.to_owned(),
        source,
    };
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
    let handler = move |events: DebounceEventResult| {
        if let Some(outcome) = reaction.react(&events) {
            on_outcome(outcome);
        }
    };
    let mut debouncer =
        new_debouncer(SILENCE, None, handler).map_err(|source| failed(&directories[0], source))?;
    for directory in &directories {
        debouncer
            .watch(directory, RecursiveMode::NonRecursive)
            .map_err(|source| failed(directory, source))?;
    }
    Ok(Watcher {
        _debouncer: debouncer,
    })
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
    fn react(&mut self, events: &DebounceEventResult) -> Option<Result<Reloaded, ConfigError>> {
        if !self.concerns_file(events) {
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

    /// Errors of the watcher mean that events may be lost, so they count as a change. Mere reading, our own
    /// included, does not.
    fn concerns_file(&self, events: &DebounceEventResult) -> bool {
        let Ok(events) = events else { return true };
        let named = |path: &PathBuf| match &self.names {
            Some(names) => path
                .file_name()
                .is_some_and(|name| names.iter().any(|known| known == name)),
            None => true,
        };
        let concerns =
            |kind: EventKind, paths: &[PathBuf]| !kind.is_access() && paths.iter().any(named);
        events
            .iter()
            .any(|event| event.need_rescan() || concerns(event.kind, &event.paths))
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
