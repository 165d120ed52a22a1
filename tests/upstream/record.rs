//! What arrived, and what is still being answered.

use crate::script::Script;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The oldest requests are forgotten beyond this many, so that a long run does not fill the memory.
const KEPT: usize = 20_000;

/// A request as it arrived, and the status it was given.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When it was understood; no two of one process are the same for requests that follow each other.
    pub arrived: Instant,
    /// The status of the answer, whether or not its body came to an end.
    pub status: u16,
    /// The method.
    pub method: Method,
    /// The path without query.
    pub path: String,
    /// The query without `?`, empty when there was none.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// Everything the server remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Records {
    requests: Mutex<VecDeque<Recorded>>,
    scripts: Mutex<HashMap<String, VecDeque<Script>>>,
    calls: Mutex<HashMap<String, usize>>,
    open: AtomicUsize,
    keyless: AtomicBool,
}

/// Counts one answer as open until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenAnswer(Arc<Records>);

impl Recorded {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When the body is not JSON, because then the test has found what it was looking for.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the recorded body is JSON")
    }

    /// A header as text, when present and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn to_json(&self) -> Value {
        let headers: serde_json::Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into(),
                )
            })
            .collect();
        json!({
            "method": self.method.as_str(),
            "status": self.status,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": String::from_utf8_lossy(&self.body),
        })
    }
}

impl Records {
    pub(crate) fn push(&self, request: Recorded) {
        let mut requests = lock(&self.requests);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        lock(&self.requests).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.requests).clear();
        lock(&self.calls).clear();
    }

    pub(crate) fn add_script(&self, model: &str, script: Script) {
        lock(&self.scripts)
            .entry(model.to_owned())
            .or_default()
            .push_back(script);
    }

    /// The next script for a model; the last one stays.
    pub(crate) fn script(&self, model: &str) -> Option<Script> {
        let mut scripts = lock(&self.scripts);
        let queue = scripts.get_mut(model)?;
        if queue.len() > 1 {
            queue.pop_front()
        } else {
            queue.front().cloned()
        }
    }

    /// How many times a model was asked before, this time not counted.
    pub(crate) fn count_call(&self, model: &str) -> usize {
        let mut calls = lock(&self.calls);
        let count = calls.entry(model.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    pub(crate) fn open_answer(self: &Arc<Self>) -> OpenAnswer {
        self.open.fetch_add(1, Ordering::SeqCst);
        OpenAnswer(Arc::clone(self))
    }

    pub(crate) fn allow_keyless(&self) {
        self.keyless.store(true, Ordering::SeqCst);
    }

    pub(crate) fn keyless(&self) -> bool {
        self.keyless.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Drop for OpenAnswer {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A panic in a test must not hide what was recorded before it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
