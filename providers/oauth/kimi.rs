//! Logins of Kimi (`providers.md` 13): a device flow in which the device has a number, made at the login and kept with the
//! account. The provider tells neither name nor address of an account, so it is called by its label.

use http::StatusCode;
use modelgate_config::{OAuthService, OAuthSetting, Secret};
use uuid::Uuid;

use super::device::{Begun, GRANT, Start};
use super::token::{Encoding, Question, refresh_token};
use super::{Grant, LoginError, Refused, granted};
use crate::{Account, AccountKind, kimi};

const KIND: AccountKind = AccountKind::Kimi;

pub(super) const NEEDS: [OAuthSetting; 3] = [
    OAuthSetting::DeviceUrl,
    OAuthSetting::TokenUrl,
    OAuthSetting::ClientId,
];

/// Begins a login.
pub(super) async fn begin(
    service: &OAuthService,
    client: &reqwest::Client,
) -> Result<Begun, LoginError> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let device = Uuid::now_v7().to_string();
    let url = service.url(OAuthSetting::DeviceUrl)?;
    let fields = vec![("client_id", client_id.clone())];
    let first = Question::new(url, Encoding::Form, fields).from(kimi::identity(Some(&device)));
    let start = Start::read(KIND, first.begin(client, KIND).await?)?;
    let question = Question::new(
        service.url(OAuthSetting::TokenUrl)?,
        Encoding::Form,
        vec![
            ("grant_type", GRANT.into()),
            ("device_code", start.device_code.clone()),
            ("client_id", client_id.clone()),
        ],
    );
    Ok(Begun {
        start,
        question: question.from(kimi::identity(Some(&device))),
        kept: vec![("device_id", device.into())],
        redeemer: None,
    })
}

/// Asks for new tokens. A plain 401 or 403 ends the login, too.
pub(super) async fn renew(
    account: &Account,
    service: &OAuthService,
    http: &reqwest::Client,
) -> Result<Grant, Refused> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let fields = vec![
        ("grant_type", "refresh_token".into()),
        ("refresh_token", refresh_token(account)?),
        ("client_id", client_id.clone()),
    ];
    let device = account.extra("device_id");
    let device = device.as_ref().map(Secret::expose);
    let url = service.url(OAuthSetting::TokenUrl)?;
    let question = Question::new(url, Encoding::Form, fields).from(kimi::identity(device));
    let answer = question.ask(http, KIND).await?;
    if matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    ) {
        let reason = format!("it answered {}", answer.status.as_u16());
        return Err(Refused::LoginAgain(answer.error().unwrap_or(reason)));
    }
    granted(answer.good()?, std::time::SystemTime::now())
}
