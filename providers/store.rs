//! The accounts that people logged in with: one JSON file each in the directory `auth-dir`.
//!
//! [`Accounts`] holds what the files say, notices when they change, and changes them without losing anything that it
//! does not understand. Start at [`Accounts::open`]. What is written here touches the disk and blocks; what is read does
//! not.

mod account;
mod edit;
mod expiry;
mod file;
mod name;
mod read;
mod snapshot;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use modelgate_config::{Changes, ConfigError, Watcher, save, watch_directory};
use tokio::sync::watch;

pub use account::{Account, AccountKind, Settings, Tokens};
pub use edit::Edit;
pub use name::file_name;
pub use snapshot::{Snapshot, Trouble};

pub(crate) use expiry::{claims, life_of_jwt, of_jwt};
use file::Purpose;
pub(crate) use file::{Lock, Stamp};
pub(crate) use read::{lookup, same, tokens};
use snapshot::Entry;

/// A handle on the accounts of a directory; clones share it.
#[derive(Debug, Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    /// Held while files are looked at, so that what is published last was read last.
    entries: Mutex<BTreeMap<Arc<str>, Entry>>,
    published: watch::Sender<Arc<Snapshot>>,
}

/// Why an account was not changed. Nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such account.
    #[error("there is no account file `{file}`")]
    NotFound {
        /// The name that was asked for.
        file: String,
    },
    /// The file, as it is or as it would be, is no account.
    #[error("{file}: {reason}")]
    Invalid {
        /// The name of the file.
        file: String,
        /// One sentence, without any value of the file.
        reason: String,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Accounts {
    /// Reads all files of a directory. One that is missing has no accounts; it is made when it is needed. Files that are no
    /// accounts are logged and listed in the snapshot, and hide nothing.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let accounts = Self {
            shared: Arc::new(Shared {
                directory: directory.to_owned(),
                entries: Mutex::default(),
                published: watch::Sender::new(Arc::default()),
            }),
        };
        accounts.scan()?;
        Ok(accounts)
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// The accounts of this moment. Take it once per request.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.published.borrow())
    }

    /// Sees every later snapshot; the current one counts as seen.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.published.subscribe()
    }

    /// Follows the directory, which is made if it is missing, until the watcher is dropped.
    ///
    /// # Errors
    /// When the directory can be neither made nor watched.
    pub fn follow(&self) -> Result<Watcher, ConfigError> {
        let directory = &self.shared.directory;
        modelgate_config::make_directory(directory).map_err(|source| ConfigError::Write {
            path: directory.clone(),
            source,
        })?;
        let accounts = self.clone();
        let watcher = watch_directory(directory, move |changes| accounts.notice(&changes))?;
        // What has changed between the first reading and now.
        self.notice(&Changes::Unknown);
        Ok(watcher)
    }

    /// Changes an account: reads its file again, under a lock that holds in other processes too, and replaces it as a
    /// whole. What `change` does not touch stays to the byte.
    ///
    /// # Errors
    /// When the file is no account, before or after the change, or cannot be written.
    pub fn update(
        &self,
        file: &str,
        change: impl FnOnce(&mut Edit),
    ) -> Result<Arc<Account>, StoreError> {
        let name = known_name(file)?;
        let _lock = self.lock(file)?;
        let old = self.read(&name)?;
        let invalid = |reason| invalid(file, reason);
        let mut edit = Edit::new(old.clone()).map_err(|error| invalid(error.to_string()))?;
        change(&mut edit);
        let new = edit.finish().map_err(invalid)?;
        if new != old {
            self.write(&name, &new)?;
        }
        self.fresh(&name)
    }

    /// Switches an account off or on.
    ///
    /// # Errors
    /// As [`Accounts::update`].
    pub fn set_disabled(&self, file: &str, disabled: bool) -> Result<Arc<Account>, StoreError> {
        self.update(file, |edit| {
            edit.set(&["disabled"], if disabled { "true" } else { "false" });
        })
    }

    /// Adds an account, or replaces the file of this name, which is made harmless with [`file_name`].
    ///
    /// # Errors
    /// When the text is no account of a known kind, or the file cannot be written.
    pub fn add(&self, name: &str, json: &[u8]) -> Result<Arc<Account>, StoreError> {
        let name: Arc<str> = file_name(name).into();
        let directory = &self.shared.directory;
        modelgate_config::make_directory(directory).map_err(|source| failed(directory, source))?;
        let _lock = self.lock(&name)?;
        // A link may lead out of the directory; what it names is not ours to write.
        if let Some(Err(reason)) = file::stamp(directory, &name) {
            return Err(invalid(&name, reason));
        }
        self.write(&name, &Bytes::copy_from_slice(json))?;
        self.fresh(&name)
    }

    /// Saves what a login has brought: in the file of this name if there is one, of which everything else stays, or in a new
    /// one. The name is made harmless with [`file_name`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn enroll(
        &self,
        name: &str,
        kind: AccountKind,
        fill: impl FnOnce(&mut Edit),
    ) -> Result<Arc<Account>, StoreError> {
        let name: Arc<str> = file_name(name).into();
        let directory = &self.shared.directory;
        modelgate_config::make_directory(directory).map_err(|source| failed(directory, source))?;
        let _lock = self.lock(&name)?;
        let known = match self.read(&name) {
            Err(StoreError::NotFound { .. }) => None,
            known => Some(known?),
        };
        let empty = || Bytes::from(format!(r#"{{"type":"{kind}"}}"#));
        let invalid = |reason| invalid(&name, reason);
        let mut edit =
            Edit::new(known.unwrap_or_else(empty)).map_err(|error| invalid(error.to_string()))?;
        fill(&mut edit);
        self.write(&name, &edit.finish().map_err(invalid)?)?;
        self.fresh(&name)
    }

    /// Removes an account with its file; also a file that is no usable account.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub fn remove(&self, file: &str) -> Result<(), StoreError> {
        let name = known_name(file)?;
        let path = self.shared.directory.join(file);
        let _lock = self.lock(file)?;
        fs::remove_file(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => not_found(file),
            _ => failed(&path, source),
        })?;
        self.look(&[name]);
        Ok(())
    }

    /// The text of a file, also of one that is no usable account.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub fn text(&self, file: &str) -> Result<Bytes, StoreError> {
        let name = known_name(file)?;
        let directory = &self.shared.directory;
        let stamp = file::stamp(directory, &name).ok_or_else(|| not_found(file))?;
        stamp.map_err(|reason| invalid(file, reason))?;
        file::text(directory, &name).map_err(|source| failed(&directory.join(file), source))
    }

    /// The account as its file is now, whether or not the change was noticed yet.
    ///
    /// # Errors
    /// When there is no such file, or it is no account.
    pub fn reload(&self, file: &str) -> Result<Arc<Account>, StoreError> {
        self.fresh(&known_name(file)?)
    }

    /// The lock to hold while new tokens are got for an account; `None` while another process has it.
    pub(crate) fn lock_for_refresh(&self, file: &str) -> Result<Option<Lock>, StoreError> {
        let directory = &self.shared.directory;
        let name = known_name(file)?;
        Lock::attempt(directory, &name, Purpose::Refresh)
            .map_err(|source| failed(&directory.join(file), source))
    }

    fn lock(&self, file: &str) -> Result<Lock, StoreError> {
        let directory = &self.shared.directory;
        Lock::for_writing(directory, file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => not_found(file),
            _ => failed(&directory.join(file), source),
        })
    }

    /// The text of a file that can be an account.
    fn read(&self, name: &str) -> Result<Bytes, StoreError> {
        let directory = &self.shared.directory;
        let stamp = file::stamp(directory, name).ok_or_else(|| not_found(name))?;
        let stamp = stamp.map_err(|reason| invalid(name, reason))?;
        let text =
            file::text(directory, name).map_err(|source| failed(&directory.join(name), source))?;
        read::account(name.into(), text.clone(), stamp).map_err(|reason| invalid(name, reason))?;
        Ok(text)
    }

    fn write(&self, name: &Arc<str>, text: &Bytes) -> Result<(), StoreError> {
        read::account(Arc::clone(name), text.clone(), file::Stamp::default())
            .map_err(|reason| invalid(name, reason))?;
        let path = self.shared.directory.join(&**name);
        // What was read as JSON is UTF-8.
        let text = std::str::from_utf8(text).map_err(|_| invalid(name, "it is not UTF-8"))?;
        save(&path, text).map_err(|source| failed(&path, source))
    }

    fn fresh(&self, name: &Arc<str>) -> Result<Arc<Account>, StoreError> {
        self.look(std::slice::from_ref(name));
        let entries = self.entries();
        let entry = entries.get(name).ok_or_else(|| not_found(name))?;
        match (&entry.account, &entry.trouble) {
            (Some(account), _) => Ok(Arc::clone(account)),
            (None, Some(trouble)) => Err(invalid(name, &*trouble.reason)),
            (None, None) => Err(not_found(name)),
        }
    }

    fn notice(&self, changes: &Changes) {
        match changes {
            Changes::Files(names) => {
                let names: Vec<&str> = names.iter().filter_map(|name| name.to_str()).collect();
                // Mounted secrets are links through `..data`, which alone is replaced.
                if !names.iter().any(|name| name.starts_with("..")) {
                    let names = names.into_iter().filter(|name| name::is_account(name));
                    return self.look(&names.map(Arc::from).collect::<Vec<_>>());
                }
            }
            Changes::Unknown => {}
        }
        if let Err(error) = self.scan() {
            tracing::warn!(%error, "cannot read the directory of accounts");
        }
    }

    /// Looks at all files.
    fn scan(&self) -> Result<(), StoreError> {
        let directory = &self.shared.directory;
        let listing = match fs::read_dir(directory) {
            Ok(listing) => Some(listing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(directory, source)),
        };
        let mut names: Vec<Arc<str>> = self.entries().keys().cloned().collect();
        for entry in listing.into_iter().flatten() {
            let name = entry
                .map_err(|source| failed(directory, source))?
                .file_name();
            if let Some(name) = name.to_str().filter(|name| name::is_account(name)) {
                names.push(name.into());
            }
        }
        names.sort_unstable();
        names.dedup();
        self.look(&names);
        Ok(())
    }

    /// Reads those of the files again that have changed, and publishes what is new.
    fn look(&self, names: &[Arc<str>]) {
        let mut entries = self.entries();
        let mut changed = false;
        for name in names {
            changed |= snapshot::look(&mut entries, &self.shared.directory, name);
        }
        if changed {
            let snapshot = Snapshot::of(entries.values());
            self.shared.published.send_replace(Arc::new(snapshot));
        }
    }

    /// A panic of another holder left the entries whole: each is replaced in one step.
    fn entries(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Entry>> {
        let entries = self.shared.entries.lock();
        entries.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names from outside lead to nothing but account files.
fn known_name(file: &str) -> Result<Arc<str>, StoreError> {
    if name::is_account(file) {
        Ok(file.into())
    } else {
        Err(not_found(file))
    }
}

fn not_found(file: &str) -> StoreError {
    StoreError::NotFound {
        file: file.to_owned(),
    }
}

fn invalid(file: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Invalid {
        file: file.to_owned(),
        reason: reason.into(),
    }
}

fn failed(path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
