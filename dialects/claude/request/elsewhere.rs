//! What only Anthropic can answer.

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::Request;

/// Refuses a thread, of which the client sends only what is new: nobody else keeps the rest, and the answer would not know
/// it. Anthropic's SDKs know this code and go on with the whole conversation in each request.
///
/// # Errors
/// Where the request begins a thread or goes on with one.
pub(crate) fn refuse_elsewhere(request: &Request) -> Result<(), EncodeError> {
    let thread = request.extensions.get(Dialect::Claude, "thread");
    if thread.is_none_or(|thread| thread.document().root().is_null()) {
        return Ok(());
    }
    let reason = "threads are kept by Anthropic only; send the whole conversation";
    Err(EncodeError::new("thread", reason).with_code("thread_unsupported_request"))
}
