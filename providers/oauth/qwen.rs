//! Logins of Qwen (`providers.md` 11): a device flow with proof of who began it. The provider tells neither name nor address
//! of an account, so it is called by its label.

use std::time::Duration;

use modelgate_config::{OAuthService, OAuthSetting};

use super::device::{Begun, GRANT, Start};
use super::token::{Encoding, Question};
use super::{LoginError, pkce};
use crate::AccountKind;

pub(super) const NEEDS: [OAuthSetting; 4] = [
    OAuthSetting::DeviceUrl,
    OAuthSetting::TokenUrl,
    OAuthSetting::ClientId,
    OAuthSetting::Scope,
];

/// The longest wait that its own clients come to.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// How long to wait instead of an interval that was too short.
pub(super) fn slower(interval: Duration) -> Duration {
    (interval * 3 / 2).min(LONGEST_INTERVAL).max(interval)
}

/// Begins a login.
pub(super) async fn begin(
    service: &OAuthService,
    client: &reqwest::Client,
) -> Result<Begun, LoginError> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let verifier = pkce::random::<32>()?;
    let first = Question::new(
        service.url(OAuthSetting::DeviceUrl)?,
        Encoding::Form,
        vec![
            ("client_id", client_id.clone()),
            ("scope", service.secret(OAuthSetting::Scope)?.clone()),
            ("code_challenge", pkce::challenge(&verifier).into()),
            ("code_challenge_method", "S256".into()),
        ],
    );
    let start = Start::read(
        AccountKind::Qwen,
        first.begin(client, AccountKind::Qwen).await?,
    )?;
    let question = Question::new(
        service.url(OAuthSetting::TokenUrl)?,
        Encoding::Form,
        vec![
            ("grant_type", GRANT.into()),
            ("device_code", start.device_code.clone()),
            ("code_verifier", verifier),
            ("client_id", client_id.clone()),
        ],
    );
    Ok(Begun {
        start,
        question,
        kept: Vec::new(),
        redeemer: None,
    })
}
