//! Logins of Qwen (`providers.md` 11): a device flow with proof of who began it. The provider tells neither name nor address
//! of an account, so it is called by its label.

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
