//! `claude-api-key`: keys of the Anthropic API, or of a server that speaks it.

use super::entry::{self, KeyEntry};
use super::{CLAUDE_URL, word};
use crate::error::Report;
use crate::model::{ClaudeAuth, ClaudeKey};
use crate::view::View;

pub(crate) fn read(list: &View, report: &mut Report) -> Vec<ClaudeKey> {
    list.items()
        .iter()
        .filter_map(|item| key(item, report))
        .collect()
}

/// `None` after a problem, and for an entry that is switched off.
fn key(item: &View, report: &mut Report) -> Option<ClaudeKey> {
    let auth = auth(&item.get("auth-scheme"), report);
    let KeyEntry {
        entry,
        api_key,
        proxy,
    } = entry::read_key(item, CLAUDE_URL, "sk-ant-…", report)?;
    Some(ClaudeKey {
        entry,
        api_key,
        proxy,
        auth,
    })
}

fn auth(view: &View, report: &mut Report) -> ClaudeAuth {
    match word(view).as_str() {
        "" | "auto" => ClaudeAuth::Auto,
        "api-key" | "x-api-key" => ClaudeAuth::ApiKey,
        "bearer" => ClaudeAuth::Bearer,
        _ => {
            report.problem(
                view.at,
                &view.key,
                "unknown auth scheme",
                "write `auto`, `api-key` or `bearer`",
            );
            ClaudeAuth::Auto
        }
    }
}
