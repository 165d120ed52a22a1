//! Provider entries: `claude-api-key`, `gemini-api-key`, `vertex-api-key`, `codex-api-key` and
//! `openai-compatibility`.

mod claude;
mod codex;
mod compatible;
mod entry;
pub(crate) mod environment;
mod gemini;
mod vertex;

use crate::view::View;

pub(crate) use claude::read as claude;
pub(crate) use codex::read as codex;
pub(crate) use compatible::read as compatible;
pub(crate) use gemini::read as gemini;
pub(crate) use vertex::read as vertex;

/// Anthropic's own address.
pub(crate) const CLAUDE_URL: &str = "https://api.anthropic.com";
/// The Gemini API's own address (`providers.md` 5).
pub(crate) const GEMINI_URL: &str = "https://generativelanguage.googleapis.com";
/// Vertex AI's own address for keys, and for the location `global` (`providers.md` 7).
pub(crate) const VERTEX_URL: &str = "https://aiplatform.googleapis.com";
/// OpenAI's own address.
pub(crate) const OPENAI_URL: &str = "https://api.openai.com/v1";

/// A word of a closed set, in kebab-case.
fn word(view: &View) -> String {
    view.text()
        .unwrap_or_default()
        .to_lowercase()
        .replace('_', "-")
}
