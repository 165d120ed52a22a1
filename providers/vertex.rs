//! Google's Vertex AI, by key or with a service account, and servers that are called like it (`providers.md` 7).

use http::HeaderMap;
use modelgate_config::Secret;
use modelgate_config::model::{ProviderEntry, Quirks, VertexKey};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Str, Target};

use url::Url;

use crate::credential::{self, Credential, Login, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, gemini, models};

/// Where service accounts are used when nobody says otherwise.
pub(crate) const LOCATION: &str = "us-central1";
/// The location that needs no host of its own.
const GLOBAL: &str = "global";

/// Whose thought signatures these upstreams accept: nothing says that those of the Gemini API are valid here.
const REASONING_TAG: &str = "vertex";

/// The credential of a `vertex-api-key` entry.
pub(crate) fn credential(key: &VertexKey, index: usize, forge: &mut Forge<'_>) -> Credential {
    let base = &key.entry.base_url;
    let models = match &key.project {
        None => credential::join(base, &["v1", "publishers", "google", "models"]),
        Some(place) => of_project(base, &place.project, &place.location),
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

/// The credential of a service account.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let (project, location) = place(account).unwrap_or_default();
    let raw = Raw::of_account(ProviderKind::Vertex, "vertex", account, entry, login);
    let models = of_project(&entry.base_url, &project, &location);
    forge.make(raw, Urls::Models(models), credential::common_headers())
}

/// Where a service account is asked; none where its file does not say that right.
pub(crate) fn base_url(account: &Account) -> Option<String> {
    let (_, location) = place(account)?;
    Some(match &*location {
        GLOBAL => "https://aiplatform.googleapis.com".to_owned(),
        location => format!("https://{location}-aiplatform.googleapis.com"),
    })
}

/// The project and the location of a service account.
fn place(account: &Account) -> Option<(String, String)> {
    let project = account.settings.project_id.as_deref()?;
    let location = account.extra("location");
    let location = location.as_ref().map_or(LOCATION, Secret::expose);
    is_location(location).then(|| (project.to_owned(), location.to_owned()))
}

/// Whether this can be a location, which becomes part of the name of a host.
pub(crate) fn is_location(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(sign)
}

fn of_project(base: &Url, project: &str, location: &str) -> Url {
    let path = [
        "v1",
        "projects",
        project,
        "locations",
        location,
        "publishers",
        "google",
        "models",
    ];
    credential::join(base, &path)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_to_no_other_host() {
        for location in ["us-central1", "global", "europe-west4"] {
            assert!(is_location(location), "{location}");
        }
        for location in [
            "",
            "-a",
            "1a",
            "US",
            "evil.example/",
            "a.b",
            "a@b",
            "a:1",
            "é",
        ] {
            assert!(!is_location(location), "{location}");
        }
    }
}
