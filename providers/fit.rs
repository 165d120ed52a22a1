//! What a provider takes that speaks a common dialect, but not all of it, and how it answers.

use bytes::Bytes;
use modelgate_dialects::{Dialect, Losses};

use crate::{Credential, ProviderKind, copilot, iflow, kimi, xai};

/// A request for an answer as the provider of a credential takes it: its own words where it has some, and nothing that it
/// refuses; what is lost is named.
#[must_use]
pub fn fit(credential: &Credential, dialect: Dialect, body: Bytes, losses: &mut Losses) -> Bytes {
    if dialect != credential.kind.dialect() {
        return body;
    }
    match credential.kind {
        ProviderKind::Iflow => iflow::fit(body),
        ProviderKind::Kimi => kimi::fit(&body),
        ProviderKind::Xai => xai::fit(body, losses),
        ProviderKind::Antigravity
        | ProviderKind::Claude
        | ProviderKind::CodeAssist
        | ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Copilot
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Kiro
        | ProviderKind::Vertex => body,
    }
}

/// A whole answer of the provider of a credential as its dialect has it; `asked` is the request.
#[must_use]
pub fn mend(credential: &Credential, asked: &Bytes, answer: Bytes) -> Bytes {
    match credential.kind {
        ProviderKind::Copilot => copilot::mend(asked, answer),
        ProviderKind::Antigravity
        | ProviderKind::Claude
        | ProviderKind::CodeAssist
        | ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Iflow
        | ProviderKind::Kimi
        | ProviderKind::Kiro
        | ProviderKind::Vertex
        | ProviderKind::Xai => answer,
    }
}
