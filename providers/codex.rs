//! OpenAI's Responses API by key, and servers that speak its dialect (`providers.md` 3.1).

use http::{HeaderMap, HeaderName};
use modelgate_config::model::{CodexKey, Quirks};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Str, Target};

use crate::credential::{self, Credential, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{ProviderKind, models};

/// Features under trial that a client was written for.
const BETA: HeaderName = HeaderName::from_static("openai-beta");
/// Whose encrypted reasoning these upstreams accept.
const REASONING_TAG: &str = "openai";

/// The credential of a `codex-api-key` entry.
pub(crate) fn credential(key: &CodexKey, index: usize, forge: &mut Forge<'_>) -> Credential {
    let base = &key.entry.base_url;
    let url = |path: &[&str]| Some(credential::join(base, path));
    let urls = Urls::Operations(Box::new(Operations {
        generate: url(&["responses"]),
        responses: None,
        messages: None,
        count_tokens: url(&["responses", "input_tokens"]),
        compact: url(&["responses", "compact"]),
        embed: None,
        models: url(&["models"]),
    }));
    let raw = Raw {
        id: format!("codex-api-key[{index}]"),
        kind: ProviderKind::Codex,
        provider: "codex",
        entry: &key.entry,
        secret: key.api_key.expose(),
        weight: key.entry.weight,
        proxy: &key.proxy,
        quirks: Quirks::default(),
        auth: credential::bearer(&key.api_key),
        account: None,
    };
    forge.make(raw, urls, credential::common_headers())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(_credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static(REASONING_TAG),
        model_profile: models::profile(model),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

/// The headers a client of the same dialect may set: the features it uses.
pub(crate) fn forward(from: &HeaderMap, to: &mut HeaderMap) {
    if let Some(beta) = from.get(&BETA) {
        to.insert(BETA, beta.clone());
    }
}
