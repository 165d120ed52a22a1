//! What a provider takes that speaks a common dialect, but not all of it.

use bytes::Bytes;
use modelgate_dialects::Losses;

use crate::{Credential, ProviderKind, iflow, kimi, xai};

/// A request for an answer as the provider of a credential takes it: its own words where it has some, and nothing that it
/// refuses; what is lost is named.
#[must_use]
pub fn fit(credential: &Credential, body: Bytes, losses: &mut Losses) -> Bytes {
    match credential.kind {
        ProviderKind::Iflow => iflow::fit(body),
        ProviderKind::Kimi => kimi::fit(&body),
        ProviderKind::Xai => xai::fit(body, losses),
        ProviderKind::Claude
        | ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Copilot
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Kiro
        | ProviderKind::Vertex => body,
    }
}
