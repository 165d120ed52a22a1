//! `codex-api-key`: keys of OpenAI's Responses API, or of a server that speaks it.

use super::OPENAI_URL;
use super::entry::{self, KeyEntry};
use crate::error::Report;
use crate::model::CodexKey;
use crate::view::View;

pub(crate) fn read(list: &View, report: &mut Report) -> Vec<CodexKey> {
    list.items()
        .iter()
        .filter_map(|item| key(item, report))
        .collect()
}

/// `None` after a problem, and for an entry that is switched off.
fn key(item: &View, report: &mut Report) -> Option<CodexKey> {
    let KeyEntry {
        entry,
        api_key,
        proxy,
    } = entry::read_key(item, OPENAI_URL, "sk-…", report)?;
    Some(CodexKey {
        entry,
        api_key,
        proxy,
    })
}
