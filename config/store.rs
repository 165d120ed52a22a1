//! The configuration in use: read without a lock, replaced as a whole.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::edit::EditError;
use crate::environment::Environment;
use crate::error::{ConfigError, Problem};
use crate::file::{self, Loaded};
use crate::model::Config;
use crate::resolve::Overrides;
use crate::save::save;

/// A handle on the configuration in use; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    current: ArcSwap<Config>,
    subscribers: watch::Sender<Arc<Config>>,
    path: Option<PathBuf>,
    environment: Environment,
    overrides: Overrides,
    /// Held over every reload and edit, so that they happen one after the other.
    source: Mutex<Source>,
}

#[derive(Debug)]
struct Source {
    text: String,
    warnings: Vec<Problem>,
}

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// `false` when the file has the text it had before; then nothing was replaced.
    pub changed: bool,
    /// Changed keys that count only after a restart: `host`, `port`, `tls`.
    pub needs_restart: Vec<&'static str>,
    /// What is probably not meant, in the order of the file.
    pub warnings: Vec<Problem>,
}

impl Store {
    /// Puts a configuration to use. Refuses what [`Loaded::resolve`] refuses.
    pub fn new(loaded: Loaded, overrides: Overrides) -> Result<Self, ConfigError> {
        let Loaded {
            config,
            warnings,
            path,
            text,
            environment,
        } = loaded.resolve(&overrides)?;
        let config = Arc::new(config);
        let shared = Shared {
            current: ArcSwap::new(Arc::clone(&config)),
            subscribers: watch::Sender::new(config),
            path,
            environment,
            overrides,
            source: Mutex::new(Source { text, warnings }),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The configuration of this moment. Take it once per request.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Config> {
        self.shared.current.load_full()
    }

    /// Sees every later configuration; the current one counts as seen.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.shared.subscribers.subscribe()
    }

    /// The file, if there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// The text of the configuration in use.
    #[must_use]
    pub fn text(&self) -> String {
        self.source().text.clone()
    }

    /// The warnings about the configuration in use.
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        self.source().warnings.clone()
    }

    /// Reads the file again. After an error the configuration in use stays what it was.
    pub fn reload(&self) -> Result<Reloaded, ConfigError> {
        let mut source = self.source();
        let text = file::read(self.file()?)?;
        self.replace(&mut source, &text)
    }

    /// Changes the text of the file with `change` (see [`crate::edit`]), saves it and puts it to use. Refuses
    /// a text that is no valid configuration. Works on the file as it is now, also if it was not reloaded yet.
    pub fn edit(
        &self,
        change: impl FnOnce(&str) -> Result<String, EditError>,
    ) -> Result<Reloaded, ConfigError> {
        self.change(|text| Ok(change(text)?))
    }

    /// The same for a change that can fail in ways of its own.
    pub fn change<E: From<ConfigError>>(
        &self,
        change: impl FnOnce(&str) -> Result<String, E>,
    ) -> Result<Reloaded, E> {
        let mut source = self.source();
        let path = self.file()?;
        let old = file::read(path)?;
        let text = change(&old)?;
        let loaded = self.parse(&text)?;
        if text != old {
            save(path, &text).map_err(|source| ConfigError::Write {
                path: path.to_owned(),
                source,
            })?;
        }
        Ok(self.swap(&mut source, loaded))
    }

    /// The text of the file as it is now, also if it was not reloaded yet.
    pub fn read(&self) -> Result<String, ConfigError> {
        file::read(self.file()?)
    }

    /// What is probably not meant in a text that would replace the file, which stays as it is.
    ///
    /// # Errors
    /// When the text is no valid configuration.
    pub fn check(&self, text: &str) -> Result<Vec<Problem>, ConfigError> {
        Ok(self.parse(text)?.warnings)
    }

    fn file(&self) -> Result<&Path, ConfigError> {
        self.path().ok_or(ConfigError::NoFile)
    }

    fn parse(&self, text: &str) -> Result<Loaded, ConfigError> {
        file::parse(text, self.file()?, &self.shared.environment)?.resolve(&self.shared.overrides)
    }

    fn replace(&self, source: &mut Source, text: &str) -> Result<Reloaded, ConfigError> {
        if text == source.text {
            return Ok(Reloaded {
                changed: false,
                needs_restart: Vec::new(),
                warnings: source.warnings.clone(),
            });
        }
        let loaded = self.parse(text)?;
        Ok(self.swap(source, loaded))
    }

    fn swap(&self, source: &mut Source, loaded: Loaded) -> Reloaded {
        let changed = loaded.text != source.text;
        *source = Source {
            text: loaded.text,
            warnings: loaded.warnings,
        };
        let warnings = source.warnings.clone();
        if !changed {
            return Reloaded {
                changed,
                needs_restart: Vec::new(),
                warnings,
            };
        }
        let config = Arc::new(loaded.config);
        let old = self.shared.current.swap(Arc::clone(&config));
        let needs_restart = needs_restart(&old, &config);
        self.shared.subscribers.send_replace(config);
        Reloaded {
            changed,
            needs_restart,
            warnings,
        }
    }

    /// A panic of another holder left the source whole: it is replaced in one assignment.
    fn source(&self) -> MutexGuard<'_, Source> {
        self.shared
            .source
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes a file that no program has in use, as [`Store::change`] does, and tells what is probably not meant in it.
///
/// # Errors
/// As [`Store::change`]; the file is untouched then.
pub fn change_file<E: From<ConfigError>>(
    path: &Path,
    environment: &Environment,
    change: impl FnOnce(&str) -> Result<String, E>,
) -> Result<Vec<Problem>, E> {
    let old = file::read(path)?;
    let text = change(&old)?;
    let loaded = file::parse(&text, path, environment)?.resolve(&Overrides::default())?;
    if text != old {
        save(path, &text).map_err(|source| ConfigError::Write {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(loaded.warnings)
}

fn needs_restart(old: &Config, new: &Config) -> Vec<&'static str> {
    let kept = |config: &Config| {
        let ledger = &config.ledger;
        let days = (ledger.row_days, ledger.sum_days);
        (ledger.path.clone(), days, ledger.max_bytes)
    };
    let ledger = kept(old) != kept(new);
    let (old, new) = (&old.server, &new.server);
    let changes = [
        ("host", old.address.ip() != new.address.ip()),
        ("port", old.address.port() != new.address.port()),
        ("tls", old.tls != new.tls),
        ("ledger", ledger),
    ];
    changes
        .into_iter()
        .filter_map(|(key, changed)| changed.then_some(key))
        .collect()
}

#[cfg(test)]
mod tests;
