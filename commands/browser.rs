//! The person's browser.

use crate::context::Context;

/// Sends it somewhere, if there is one.
pub(crate) fn open(context: &mut Context, url: &str) {
    if let Err(error) = open::that_detached(url) {
        let note = format!("no browser could be opened: {error}");
        context.output.note(&note);
    }
}
