//! Logins of Kiro (`providers.md` 9.1): the device flow of AWS, in JSON with names of its own. AWS knows no client of ours: one
//! is registered for each login, and what it is called and its secret stay with the account.

mod import;
mod social;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, RawJson, Value};

pub(super) use import::import;
pub(super) use social::SERVICE;
pub use social::Social;

use super::device::{Begun, GRANT, Start};
use super::token::{Answer, Encoding, Question, refresh_token, send};
use super::{Grant, LoginError, NewAccount, Refused, Terms, granted};
use crate::store::{claims, lookup};
use crate::{Account, AccountKind, kiro};

const KIND: AccountKind = AccountKind::Kiro;

pub(super) const TERMS: Terms = Terms {
    text: "Kiro accounts are meant for AWS's own applications. Other programs may be refused, and the account with them.",
    instead: "an API key: ANTHROPIC_API_KEY for Claude's models",
};

pub(super) const NEEDS: [OAuthSetting; 5] = [
    OAuthSetting::RegisterUrl,
    OAuthSetting::DeviceUrl,
    OAuthSetting::TokenUrl,
    OAuthSetting::StartUrl,
    OAuthSetting::Scope,
];

/// Whom a login is granted to.
struct Client {
    id: Secret,
    secret: Secret,
}

/// Begins a login.
pub(super) async fn begin(
    service: &OAuthService,
    http: &reqwest::Client,
) -> Result<Begun, LoginError> {
    let client = register(service, http).await?;
    let first = Question::new(
        service.url(OAuthSetting::DeviceUrl)?,
        Encoding::Json,
        vec![
            ("clientId", client.id.clone()),
            ("clientSecret", client.secret.clone()),
            ("startUrl", service.secret(OAuthSetting::StartUrl)?.clone()),
        ],
    );
    let start = Start::read(KIND, first.begin(http, KIND).await?)?;
    let question = Question::new(
        service.url(OAuthSetting::TokenUrl)?,
        Encoding::Json,
        vec![
            ("clientId", client.id.clone()),
            ("clientSecret", client.secret.clone()),
            ("deviceCode", start.device_code.clone()),
            ("grantType", GRANT.into()),
        ],
    );
    Ok(Begun {
        start,
        question,
        kept: vec![
            ("auth_method", "builder-id".into()),
            ("provider", "AWS".into()),
            ("client_id", client.id),
            ("client_secret", client.secret),
        ],
        redeemer: None,
    })
}

async fn register(service: &OAuthService, http: &reqwest::Client) -> Result<Client, LoginError> {
    let scopes = service.text(OAuthSetting::Scope)?;
    let body = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("clientName", "modelgate");
            writer.field("clientType", "public");
            writer.array_field("scopes", |writer| {
                for scope in scopes.split_whitespace() {
                    writer.value(scope);
                }
            });
        });
    });
    let request = http
        .post(service.url(OAuthSetting::RegisterUrl)?)
        .header(CONTENT_TYPE, "application/json")
        .body(body.as_str().to_owned());
    let answer = send(request, KIND).await.and_then(Answer::good);
    let answer = answer.and_then(|body| client(body).ok_or_else(unregistered));
    answer.map_err(|refused| LoginError::refused(KIND, refused))
}

fn client(body: Bytes) -> Option<Client> {
    let answer = Document::parse(body).ok()?;
    let text = |name| {
        let text = lookup(answer.root(), name)?.text()?;
        (!text.is_blank()).then(|| Secret::from(&*text))
    };
    Some(Client {
        id: text("client_id")?,
        secret: text("client_secret")?,
    })
}

fn unregistered() -> Refused {
    Refused::Failed("it did not register modelgate as a client".to_owned())
}

/// Whose the tokens are. Those of Builder IDs say nothing: such an account is called by its label.
pub(super) fn identify(grant: Grant) -> NewAccount {
    let email = claims(grant.access.expose()).and_then(|claims| mail(claims.root()));
    let mut account = NewAccount::of(KIND, grant);
    account.who = email.as_ref().map(|email| format!("aws-{email}"));
    account
        .fields
        .extend(email.map(|email| ("email", email.into())));
    account
}

fn mail(claims: Value<'_>) -> Option<String> {
    let text = |name: &str| claims.text_of(name).filter(|text| text.contains('@'));
    let mail = text("email")
        .or_else(|| text("preferred_username"))
        .or_else(|| text("sub"))?;
    Some(mail.trim().to_owned())
}

/// Asks for new tokens: AWS those of its own accounts, Kiro those of Google and GitHub.
pub(super) async fn renew(
    account: &Account,
    oauth: &OAuth,
    http: &reqwest::Client,
) -> Result<Grant, Refused> {
    let refresh = refresh_token(account)?;
    let mut fields = vec![("refreshToken", refresh)];
    let url = if kiro::is_social(account) {
        service(oauth, SERVICE)?.url(OAuthSetting::RefreshUrl)?
    } else {
        let field = |name| {
            let missing = || Refused::LoginAgain(format!("the file has no `{name}`"));
            account.extra(name).ok_or_else(missing)
        };
        fields.push(("clientId", field("client_id")?));
        fields.push(("clientSecret", field("client_secret")?));
        fields.push(("grantType", "refresh_token".into()));
        service(oauth, KIND.name())?.url(OAuthSetting::TokenUrl)?
    };
    let answer = Question::new(url, Encoding::Json, fields)
        .ask(http, KIND)
        .await?;
    granted(answer.good()?, std::time::SystemTime::now())
}

fn service<'o>(oauth: &'o OAuth, name: &str) -> Result<&'o OAuthService, Refused> {
    let missing = || LoginError::NotOffered { kind: KIND };
    let service = oauth.service(name).ok_or_else(missing);
    service.map_err(|error| Refused::Failed(error.to_string()))
}
