//! What would happen to a request.

use serde::{Deserialize, Serialize};

use crate::requests::Considered;
use crate::time::Timestamp;

/// `GET route?model=&session=`: who would be asked next, and why. Nothing is asked, and no turn is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteDecision {
    /// The model as it was named.
    pub model: String,
    /// How candidates of the same priority take turns: `fill-first`, `round-robin`.
    pub strategy: String,
    /// The session that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The account that would be asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// Why that one, or why none.
    pub why: String,
    /// Everybody who could answer, in the order in which they would be considered.
    #[serde(default)]
    pub candidates: Vec<Considered>,
    /// Where nobody can answer now: when the first of them is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}
