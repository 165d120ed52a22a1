//! Vertex AI by a service account: its key is good for a token of an hour, and the path names project and location.

use super::Asked;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::gemini::{Method, Route};
use crate::script::Script;
use crate::server::{check_gemini, generate, or_refuse};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const MODELS: &str = "v1/projects/project-1/locations/europe-west4/publishers/google/models/";

pub(super) fn answer(asked: &Asked<'_>) -> Script {
    if asked.path == "token" {
        return or_refuse(Dialect::Gemini, mint(asked));
    }
    let facts = route(asked).and_then(|route| check_gemini(&route, asked.body));
    generate(asked.records, Dialect::Gemini, facts)
}

/// A token for a signed word of the robot. Who reads it here does not check the signature.
fn mint(asked: &Asked<'_>) -> Result<Script, Fault> {
    let form = String::from_utf8_lossy(asked.body);
    let field = |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name));
    let grant = field("grant_type=").unwrap_or_default();
    let assertion = field("assertion=").unwrap_or_default();
    let claims = assertion.split('.').nth(1).unwrap_or_default();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    let host = asked.header("host").unwrap_or_default();
    let right = grant == "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
        && claims["aud"] == format!("http://{host}/accounts/vertex/token")
        && claims["scope"] == "https://www.googleapis.com/auth/cloud-platform";
    if !right {
        return Err(Fault::new(401, "invalid_grant"));
    }
    let token = json!({"access_token": "token-vertex", "expires_in": 3599, "token_type": "Bearer"});
    Ok(Script::json(200, &token))
}

fn route(asked: &Asked<'_>) -> Result<Route, Fault> {
    asked.admit("token-vertex")?;
    let missing = || Fault::new(404, "Requested entity was not found.");
    let method = asked.path.strip_prefix(MODELS).ok_or_else(missing)?;
    let query = asked.parts.uri.query().unwrap_or_default();
    let route = Route::read(&format!("/v1/publishers/google/models/{method}"), query);
    let route = route.ok_or_else(missing)?;
    match route.method {
        Method::Generate => Ok(route),
        Method::Stream if route.events => Ok(route),
        _ => Err(missing()),
    }
}
