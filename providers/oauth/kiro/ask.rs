//! What Kiro says of an account that somebody has just logged in to. One of which nothing is said is an account all the same.

use bytes::Bytes;
use modelgate_config::{OAuthService, OAuthSetting, Secret};

use super::KIND;
use crate::kiro::{self, About};
use crate::oauth::Refused;
use crate::oauth::token::{Answer, send_briefly};

/// Whose quota it is about.
const ORIGIN: &str = "AI_EDITOR";

/// The profile of an account.
pub(super) async fn profile(
    service: &OAuthService,
    http: &reqwest::Client,
    access: &Secret,
) -> Option<String> {
    for about in [About::Profiles, About::Customizations] {
        match ask(service, http, access, about, None).await {
            Ok(answer) => return kiro::profile_of(answer),
            Err(refused) => tracing::debug!(?refused, ?about, "the profile is not told"),
        }
    }
    None
}

/// What somebody pays for.
pub(super) async fn plan(
    service: &OAuthService,
    http: &reqwest::Client,
    access: &Secret,
    profile: Option<&str>,
) -> Option<String> {
    let answer = ask(service, http, access, About::Usage, profile).await;
    let answer = answer.inspect_err(|refused| tracing::debug!(?refused, "the plan is not told"));
    kiro::title(answer.ok()?)
}

async fn ask(
    service: &OAuthService,
    http: &reqwest::Client,
    access: &Secret,
    about: About,
    profile: Option<&str>,
) -> Result<Bytes, Refused> {
    let request = http
        .post(service.url(OAuthSetting::ApiUrl)?)
        .headers(kiro::headers_about(about))
        .bearer_auth(access.expose())
        .body(about.body(ORIGIN, profile));
    send_briefly(request, KIND).await.and_then(Answer::good)
}
