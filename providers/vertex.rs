//! Google's Vertex AI, by key or with a service account, and servers that are called like it (`providers.md` 7).

use bytes::Bytes;
use modelgate_config::Secret;
use modelgate_config::model::{ProviderEntry, Quirks, VertexKey};
use modelgate_dialects::json::{RawJson, Value};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Losses, Str, Target};
use url::Url;

use crate::credential::{self, Credential, Login, Urls};
use crate::fit::{Fate, list, object, rewritten};
use crate::forge::{Forge, Raw};
use crate::store::same;
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

/// A request as Vertex AI takes it: it wants to know of every turn whose it is, and some of its versions refuse the ids of calls
/// and results; that they belong together is told by their order.
pub(crate) fn fit(body: Bytes, losses: &mut Losses) -> Bytes {
    rewritten(body, &[], |_, key, value| match key {
        "contents" => list(key, value, losses, content),
        _ => Fate::Kept,
    })
}

fn content(path: &str, content: Value<'_>, losses: &mut Losses) -> Option<RawJson> {
    let user = [("role", RawJson::build(|writer| writer.value("user")))];
    if content.is_object() && content.get("role").is_none() {
        let why = "Vertex AI wants to know of every turn whose it is";
        losses.quietly_changed(format!("{path}.role"), why);
    }
    object(content, &user, |key, value| match key {
        "parts" => list(&format!("{path}.{key}"), value, losses, part),
        _ => Fate::Kept,
    })
}

fn part(path: &str, part: Value<'_>, losses: &mut Losses) -> Option<RawJson> {
    object(part, &[], |key, value| {
        if !same(key, "functionCall") && !same(key, "functionResponse") {
            return Fate::Kept;
        }
        let unnumbered = object(value, &[], |field, _| match field {
            "id" => {
                let why = "Vertex AI goes by the order of calls";
                losses.quietly_dropped(format!("{path}.{key}.id"), why);
                Fate::Gone
            }
            _ => Fate::Kept,
        });
        unnumbered.map_or(Fate::Kept, Fate::Is)
    })
}

#[cfg(test)]
mod tests {
    use modelgate_config::Config;
    use modelgate_dialects::Dialect;

    use super::*;
    use crate::{Accounts, Call, Catalog, Operation, oauth};

    #[test]
    fn calls_and_results_have_no_ids() {
        let fitted = |body: &'static str| {
            let mut losses = Losses::default();
            let fitted = fit(Bytes::from_static(body.as_bytes()), &mut losses);
            let paths: Vec<String> = losses.iter().map(|loss| loss.path.clone()).collect();
            (String::from_utf8(fitted.to_vec()).unwrap(), paths)
        };
        let body = r#"{"contents":[{"role":"user","parts":[{"text":"\"id\""}]},
            {"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{"id":1}},"thoughtSignature":"s"}]},
            {"role":"user","parts":[{"function_response":{"id":"a","name":"f","response":{"id":2}}}]}],"labels":{"id":"x"}}"#;
        let expected = r#"{"contents":[{"role":"user","parts":[{"text":"\"id\""}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"id":1}},"thoughtSignature":"s"}]},{"role":"user","parts":[{"function_response":{"name":"f","response":{"id":2}}}]}],"labels":{"id":"x"}}"#;
        let paths = [
            "contents[1].parts[0].functionCall.id",
            "contents[2].parts[0].function_response.id",
        ];
        let paths = paths.map(str::to_owned).to_vec();
        assert_eq!(fitted(body), (expected.to_owned(), paths));
        for body in [
            r#"{"contents": [{"role":"model","parts":[{"functionCall":{"name":"id"}}]}],"labels":{"id":"x"}}"#,
            r#"{"contents":"id"}"#,
            r#""id""#,
        ] {
            assert_eq!(fitted(body), (body.to_owned(), Vec::new()));
        }
    }

    /// Where a service account of a location is asked.
    fn asked_at(location: Option<&str>) -> String {
        let key = include_bytes!("tests/support/service_account.json");
        let account = oauth::service_account(Bytes::from_static(key), location).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(directory.path()).unwrap();
        let account = account.save(&accounts, None).unwrap();
        let catalog = Catalog::of_account(&Config::default(), &account);
        let call = Call {
            credential: &catalog.credentials()[0],
            operation: Operation::Generate,
            dialect: Dialect::Gemini,
            id: "r-1",
            model: "gemini-2.5-pro",
            stream: false,
            body: Bytes::new().into(),
            query: None,
            client_headers: None,
            limit: 0,
        };
        call.shown().0
    }

    #[test]
    fn a_location_has_a_host_of_its_own_and_global_has_none() {
        for (location, host, place) in [
            (None, "us-central1-aiplatform", "us-central1"),
            (
                Some("europe-west4"),
                "europe-west4-aiplatform",
                "europe-west4",
            ),
            (Some("global"), "aiplatform", "global"),
        ] {
            let expected = format!(
                "https://{host}.googleapis.com/v1/projects/project-1/locations/{place}/publishers/google/models/gemini-2.5-pro:generateContent"
            );
            assert_eq!(asked_at(location), expected);
        }
    }

    #[test]
    fn a_turn_of_nobody_is_the_users() {
        let mut losses = Losses::default();
        let body = r#"{"contents":[{"parts":[{"text":"Hi"}]},{"role":"model","parts":[]}, "x"],"systemInstruction":{"parts":[]}}"#;
        let expected = r#"{"contents":[{"parts":[{"text":"Hi"}],"role":"user"},{"role":"model","parts":[]},"x"],"systemInstruction":{"parts":[]}}"#;
        assert_eq!(fit(Bytes::from(body), &mut losses), expected);
        let paths: Vec<&str> = losses.iter().map(|loss| &*loss.path).collect();
        assert_eq!(paths, ["contents[0].role"]);
    }

    #[test]
    fn every_location_has_a_host_of_its_own_but_global() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = crate::Accounts::open(directory.path()).unwrap();
        for (location, expected) in [
            ("", Some("https://us-central1-aiplatform.googleapis.com")),
            (
                r#","location":"global""#,
                Some("https://aiplatform.googleapis.com"),
            ),
            (
                r#","location":"europe-west4""#,
                Some("https://europe-west4-aiplatform.googleapis.com"),
            ),
            (r#","location":"evil.example/""#, None),
        ] {
            let file = format!(r#"{{"type":"vertex","project_id":"p"{location}}}"#);
            let account = accounts.add("a.json", file.as_bytes()).unwrap();
            assert_eq!(base_url(&account).as_deref(), expected, "{location}");
        }
    }

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
