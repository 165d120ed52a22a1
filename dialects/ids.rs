//! Identifiers made fit for a target, by a pure function: the same id always becomes the same id, so that a call and
//! its result still meet and prompt caches hit.

use sha2::{Digest, Sha256};

use crate::json::Str;

/// Longest call id that the Responses API takes, and more than any other but Chat asks for.
pub const CALL_ID_LIMIT: usize = 64;

/// Longest call id that every model takes over Chat: OpenAI refuses longer ones for many ("expected a string with maximum
/// length 40").
pub const CHAT_CALL_ID_LIMIT: usize = 40;

/// Begins the id of every item of thinking that the gateway numbers itself (Responses). State of a provider is bound to the
/// provider's own ids, so an upstream never sees ours.
pub const REASONING_PREFIX: &str = "rs_modelgate_";

/// `id` when it is `[A-Za-z0-9_-]{1,limit}`, else a readable form of it with a hash that keeps it apart from others.
#[must_use]
pub fn sanitise(id: &Str, limit: usize) -> Str {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !id.is_empty() && id.len() <= limit && id.bytes().all(legal) {
        return id.clone();
    }
    let hash = Sha256::digest(id.as_bytes());
    let tail: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head: String = id
        .chars()
        .take(limit.saturating_sub(tail.len() + 1))
        .map(|char| {
            if char.is_ascii() && legal(char as u8) {
                char
            } else {
                '_'
            }
        })
        .collect();
    Str::from(format!("{head}_{tail}"))
}

/// Longest name of an end user that OpenAI takes; Claude Code's is about 150 characters of JSON.
const END_USER_LIMIT: usize = 64;

/// The name of an end user, or one made of it that tells as much to somebody who only compares them.
#[must_use]
pub fn end_user(name: &Str) -> Str {
    if name.chars().count() <= END_USER_LIMIT {
        return name.clone();
    }
    let hash = Sha256::digest(name.as_bytes());
    let half: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Str::from(half)
}

/// The id of a call that came without one: the same for the same place in the same conversation.
#[must_use]
pub fn generated(name: &str, ordinal: usize) -> Str {
    sanitise(&Str::from(format!("call_{name}_{ordinal}")), CALL_ID_LIMIT)
}

#[cfg(test)]
mod tests;
