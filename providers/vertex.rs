//! Google's Vertex AI by key, and servers that are called like it (`providers.md` 7).

use http::HeaderMap;
use modelgate_config::model::{Quirks, VertexKey};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Str, Target};

use crate::credential::{self, Credential, Urls};
use crate::forge::{Forge, Raw};
use crate::{ProviderKind, gemini, models};

/// Whose thought signatures these upstreams accept: nothing says that those of the Gemini API are valid here.
const REASONING_TAG: &str = "vertex";

/// The credential of a `vertex-api-key` entry.
pub(crate) fn credential(key: &VertexKey, index: usize, forge: &mut Forge<'_>) -> Credential {
    let base = &key.entry.base_url;
    let models = match &key.project {
        None => credential::join(base, &["v1", "publishers", "google", "models"]),
        Some(place) => credential::join(
            base,
            &[
                "v1",
                "projects",
                &place.project,
                "locations",
                &place.location,
                "publishers",
                "google",
                "models",
            ],
        ),
    };
    let raw = Raw {
        id: format!("vertex-api-key[{index}]"),
        kind: ProviderKind::Vertex,
        provider: "vertex",
        entry: &key.entry,
        secret: key.api_key.expose(),
        weight: key.entry.weight,
        proxy: &key.proxy,
        quirks: Quirks::default(),
        auth: gemini::auth(&key.api_key),
        account: None,
    };
    forge.make(raw, Urls::Models(models), credential::common_headers())
}

/// What an encoder must know of one of its models. Some of its versions refuse the ids of calls, and take schemas only in
/// Google's own words.
pub(crate) fn target(_credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static(REASONING_TAG),
        model_profile: models::profile(model),
        chat: ChatProfile::default(),
        gemini: GeminiProfile {
            call_ids: false,
            json_schema: false,
            ..models::gemini_profile(model)
        },
        kiro: KiroProfile::default(),
    }
}

/// The headers a client of the same dialect may set: none.
pub(crate) fn forward(_from: &HeaderMap, _to: &mut HeaderMap) {}
