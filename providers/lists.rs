//! The providers' own lists of their models: fetched in the background, kept on the disk, and used at once at the next
//! start.
//!
//! Start at [`ModelLists`], which knows them; [`fetch`] asks for one.

mod fetch;
mod file;
mod page;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::credential::Credential;
use crate::{CallError, Moment};

pub use fetch::{Listed, fetch};

/// A list is fetched anew after this time, and up to a quarter more: not by everybody in the same minute.
const FRESH: Duration = Duration::from_secs(6 * 60 * 60);
/// First wait after a failure; doubles with every failure in a row.
const RETRY: Duration = Duration::from_secs(60);
/// Longest wait after failures.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Whose list it is: the kind of provider and the address of the list. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListKey(String);

/// What is known of the lists; shared by everybody, and outlives configurations.
#[derive(Debug)]
pub struct ModelLists {
    known: Mutex<HashMap<ListKey, List>>,
    changed: watch::Sender<()>,
}

/// What a list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The models, sorted, each once.
    pub models: Vec<String>,
    /// Those among them that are served in Responses only, where the list says so.
    pub in_responses_only: Vec<String>,
}

/// One list.
#[derive(Debug, Clone, Default)]
struct List {
    /// The names, sorted; empty: never fetched.
    models: Arc<[String]>,
    /// Those in Responses only.
    in_responses_only: Arc<[String]>,
    fetched: Option<SystemTime>,
    /// Why the last attempt failed.
    trouble: Option<String>,
    failures: u32,
    /// Not to be fetched before.
    due: Option<Moment>,
}

/// How one list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListStatus {
    /// Models on it.
    pub models: usize,
    /// When it was fetched; none: never.
    pub fetched: Option<SystemTime>,
    /// Why the last attempt failed; the list is that of an earlier one, or modelgate's own.
    pub trouble: Option<String>,
}

/// The file of the lists in a directory.
#[must_use]
pub fn path(directory: &Path) -> PathBuf {
    directory.join("models.json")
}

/// A list to be fetched, and who may ask for it.
#[derive(Debug, Clone)]
pub struct ListSource {
    /// Whose it is.
    pub key: ListKey,
    /// Credentials that are let in there.
    pub credentials: Vec<Arc<Credential>>,
}

impl ListKey {
    /// The list of a credential's provider, where it has one and is to be asked for it.
    #[must_use]
    pub fn of(credential: &Credential) -> Option<Self> {
        let url = credential.list_url().filter(|_| credential.fetch_models)?;
        let kind = credential.kind;
        let own = credential.file().filter(|_| kind.lists_by_account());
        Some(Self(match own {
            Some(file) => format!("{kind} {url} {file}"),
            None => format!("{kind} {url}"),
        }))
    }
}

impl fmt::Display for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for ModelLists {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl ModelLists {
    /// The lists of a file; none when it is missing.
    ///
    /// # Errors
    /// When it cannot be read, or is no such file.
    pub fn load(path: &Path) -> io::Result<Self> {
        let lists = Self::default();
        lists.lock().extend(file::load(path)?);
        Ok(lists)
    }

    /// Writes them to a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store(&self, path: &Path) -> io::Result<()> {
        let known = self.lock().clone();
        file::store(path, &known)
    }

    /// The names of a list, sorted, once it was fetched.
    #[must_use]
    pub fn of(&self, key: &ListKey) -> Option<Arc<[String]>> {
        let known = self.lock();
        let list = known.get(key).filter(|list| !list.models.is_empty())?;
        Some(Arc::clone(&list.models))
    }

    /// The names of a list that are served in Responses only.
    #[must_use]
    pub fn in_responses_only(&self, key: &ListKey) -> Arc<[String]> {
        let known = self.lock();
        let list = known.get(key).map(|list| &list.in_responses_only);
        list.cloned().unwrap_or_default()
    }

    /// How a list is; none before the first attempt to fetch it.
    #[must_use]
    pub fn status(&self, key: &ListKey) -> Option<ListStatus> {
        let known = self.lock();
        let list = known.get(key)?;
        Some(ListStatus {
            models: list.models.len(),
            fetched: list.fetched,
            trouble: list.trouble.clone(),
        })
    }

    /// Whether a list is to be fetched now.
    #[must_use]
    pub fn is_due(&self, key: &ListKey, now: Moment) -> bool {
        let known = self.lock();
        let due = known.get(key).and_then(|list| list.due);
        due.is_none_or(|due| due <= now)
    }

    /// Failures in a row of a list.
    #[must_use]
    pub fn failures(&self, key: &ListKey) -> usize {
        self.lock()
            .get(key)
            .map_or(0, |list| list.failures as usize)
    }

    /// Takes over what came of fetching a list. A failure leaves the names as they were.
    pub fn put(&self, key: &ListKey, outcome: Result<Names, CallError>, now: Moment) {
        let mut known = self.lock();
        let list = known.entry(key.clone()).or_default();
        match outcome {
            Ok(names) => {
                let changed = *list.models != *names.models
                    || *list.in_responses_only != *names.in_responses_only;
                let (models, in_responses_only) = if changed {
                    (names.models.into(), names.in_responses_only.into())
                } else {
                    (
                        Arc::clone(&list.models),
                        Arc::clone(&list.in_responses_only),
                    )
                };
                *list = List {
                    models,
                    in_responses_only,
                    fetched: Some(SystemTime::now()),
                    trouble: None,
                    failures: 0,
                    due: Some(now.after(FRESH + jitter(FRESH / 4))),
                };
                if changed {
                    self.changed.send_replace(());
                }
            }
            Err(error) => {
                list.trouble = Some(error.error.message.to_string());
                let wait = RETRY
                    .saturating_mul(1 << list.failures.min(16))
                    .min(LONGEST);
                list.failures = list.failures.saturating_add(1);
                list.due = Some(now.after(wait + jitter(wait / 4)));
            }
        }
    }

    /// Sees every later change of a list.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ListKey, List>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random time up to this one.
fn jitter(most: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random % most.max(1))
}

#[cfg(test)]
mod tests;
