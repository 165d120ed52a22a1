//! All accounts at one moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::account::Account;
use super::file::{self, Stamp};
use super::read;

/// All accounts at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    accounts: Vec<Arc<Account>>,
    troubles: Vec<Arc<Trouble>>,
}

/// What is to be said about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its name.
    pub file: Arc<str>,
    /// One sentence for a person, without any value of the file.
    pub reason: Box<str>,
    /// The account is used all the same.
    pub usable: bool,
}

impl Snapshot {
    /// The accounts, those that are switched off included, sorted by file name.
    #[must_use]
    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    /// The files that are no accounts, or need a look, sorted by file name.
    #[must_use]
    pub fn troubles(&self) -> &[Arc<Trouble>] {
        &self.troubles
    }

    /// The account of a file.
    #[must_use]
    pub fn get(&self, file: &str) -> Option<&Arc<Account>> {
        let at = self
            .accounts
            .binary_search_by(|account| (*account.file).cmp(file));
        self.accounts.get(at.ok()?)
    }

    pub(super) fn of<'e>(entries: impl Iterator<Item = &'e Entry> + Clone) -> Self {
        let accounts = entries.clone().filter_map(|entry| entry.account.clone());
        Self {
            accounts: accounts.collect(),
            troubles: entries.filter_map(|entry| entry.trouble.clone()).collect(),
        }
    }
}

/// What was last seen of a file.
#[derive(Debug)]
pub(super) struct Entry {
    /// `None` when it could not be looked at.
    stamp: Option<Stamp>,
    pub(super) account: Option<Arc<Account>>,
    pub(super) trouble: Option<Arc<Trouble>>,
}

/// Reads a file again if it is not the one that was seen. Whether anything is new.
pub(super) fn look(
    entries: &mut BTreeMap<Arc<str>, Entry>,
    directory: &Path,
    name: &Arc<str>,
) -> bool {
    let old = entries.get(name);
    let new = match file::stamp(directory, name) {
        None => return entries.remove(name).is_some(),
        Some(Ok(stamp)) => {
            if old.is_some_and(|old| old.stamp == Some(stamp)) {
                return false;
            }
            match file::text(directory, name) {
                // Somebody has emptied it to write it anew, and will be through in a moment.
                Ok(text) if text.is_empty() && old.is_some() => return false,
                Ok(text) => entry(read::account(Arc::clone(name), text, stamp), name, stamp),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return entries.remove(name).is_some();
                }
                Err(error) => unusable(name, error.to_string(), None),
            }
        }
        Some(Err(reason)) => unusable(name, reason, None),
    };
    let same_trouble = old.is_some_and(|old| old.trouble == new.trouble);
    if same_trouble && new.account.is_none() && old.is_some_and(|old| old.account.is_none()) {
        // Nothing to say again, but the file need not be read again either.
        entries.insert(Arc::clone(name), new);
        return false;
    }
    if let (false, Some(trouble)) = (same_trouble, &new.trouble) {
        tracing::warn!(file = %name, usable = trouble.usable, "account file: {}", trouble.reason);
    }
    entries.insert(Arc::clone(name), new);
    true
}

fn entry(read: Result<Account, String>, name: &Arc<str>, stamp: Stamp) -> Entry {
    match read {
        Err(reason) => unusable(name, reason, Some(stamp)),
        Ok(account) => Entry {
            stamp: Some(stamp),
            account: Some(Arc::new(account)),
            trouble: stamp.broad_mode().map(|mode| {
                let reason = format!("others can read it (mode {mode:03o}); run `chmod 600` on it");
                trouble(name, reason, true)
            }),
        },
    }
}

fn unusable(name: &Arc<str>, reason: String, stamp: Option<Stamp>) -> Entry {
    Entry {
        stamp,
        account: None,
        trouble: Some(trouble(name, reason, false)),
    }
}

fn trouble(file: &Arc<str>, reason: String, usable: bool) -> Arc<Trouble> {
    Arc::new(Trouble {
        file: Arc::clone(file),
        reason: reason.into(),
        usable,
    })
}
