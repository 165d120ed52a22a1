//! Single settings that stand outside the configuration file too: account files spell them the same way.
//!
//! Every reader answers with the value, or with one sentence about what is wrong. What could be a secret is never
//! repeated in it.

use std::time::SystemTime;

use url::Url;

use crate::model::Proxy;
use crate::values::{self, Complaint};

/// The value of a `proxy-url`.
pub fn proxy(text: &str) -> Result<Proxy, String> {
    sentence(values::proxy(text))
}

/// The base URL of an upstream, without a slash at the end.
pub fn base_url(text: &str) -> Result<Url, String> {
    sentence(values::base_url(text))
}

/// A name before models; never holds a slash. `None` when nothing is left of it.
pub fn prefix(text: &str) -> Result<Option<String>, String> {
    sentence(values::prefix(text))
}

/// Checks an extra header that can be sent.
pub fn header(name: &str, value: &str) -> Result<(), String> {
    sentence(values::header_name(name).and_then(|()| values::header_value(value)))
}

/// A moment: RFC 3339 with or without fraction and offset, with a space instead of the `T`, or a date alone (its first
/// second). Without an offset it is UTC.
pub fn moment(text: &str) -> Result<SystemTime, String> {
    sentence(values::moment(text))
}

fn sentence<T>(read: Result<T, Complaint>) -> Result<T, String> {
    read.map_err(|complaint| format!("{}: {}", complaint.message, complaint.hint))
}
