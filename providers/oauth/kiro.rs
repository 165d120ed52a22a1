//! Logins of Kiro (`providers.md` 9.1): the device flow of AWS, in JSON with names of its own. AWS knows no client of ours: one
//! is registered for each login, and what it is called and its secret stay with the account.

mod ask;
mod import;
mod social;

use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, RawJson, Value};
use url::Url;

pub(super) use import::import;
pub(super) use social::SERVICE;
pub use social::Social;

use super::device::{Begun, GRANT, Start};
use super::token::{Answer, Encoding, Question, refresh_token, send};
use super::{Grant, LoginError, NewAccount, Refused, Terms, granted};
use crate::store::{claims, lookup};
use crate::{Account, AccountKind, kiro, retry_hint};

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
    /// When AWS forgets it.
    expires: Option<Secret>,
}

/// Where AWS grants tokens, if nobody says otherwise.
const HOME: &str = "oidc.us-east-1.amazonaws.com";

/// When AWS forgets the client of an account, in its file.
const CLIENT_EXPIRES: &str = "client_secret_expires_at";

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
    let mut kept = vec![
        ("auth_method", "builder-id".into()),
        ("provider", "AWS".into()),
        ("client_id", client.id),
        ("client_secret", client.secret),
    ];
    kept.extend(client.expires.map(|expires| (CLIENT_EXPIRES, expires)));
    Ok(Begun {
        start,
        question,
        kept,
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
    let expires = lookup(answer.root(), CLIENT_EXPIRES).and_then(Value::as_u64);
    let expires = expires.filter(|expires| *expires > 0);
    Some(Client {
        id: text("client_id")?,
        secret: text("client_secret")?,
        expires: expires.map(|expires| expires.to_string().into()),
    })
}

fn unregistered() -> Refused {
    Refused::Failed("it did not register modelgate as a client".to_owned())
}

/// Whose the tokens are. Those of Builder IDs say nothing, and have no profile as a rule: such an account is called by its label.
pub(super) async fn identify(
    service: &OAuthService,
    http: &reqwest::Client,
    grant: Grant,
) -> NewAccount {
    let email = claims(grant.access.expose()).and_then(|claims| mail(claims.root()));
    let profile = ask::profile(service, http, &grant.access).await;
    let plan = ask::plan(service, http, &grant.access, None).await;
    let mut account = NewAccount::of(KIND, grant);
    let last = profile.as_deref().and_then(last);
    let who = email.clone().or_else(|| last.map(str::to_owned));
    account.who = who.map(|who| format!("aws-{who}"));
    account.plan = plan;
    account
        .fields
        .extend(email.map(|email| ("email", email.into())));
    account
        .fields
        .extend(profile.map(|profile| ("profile_arn", profile.into())));
    account
}

/// The last part of the name of a profile.
fn last(profile: &str) -> Option<&str> {
    let last = profile.rsplit(['/', ':']).next()?;
    (!last.is_empty()).then_some(last)
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
    let social = kiro::is_social(account);
    let url = if social {
        service(oauth, SERVICE)?.url(OAuthSetting::RefreshUrl)?
    } else {
        let field = |name| {
            let missing = || Refused::LoginAgain(format!("the file has no `{name}`"));
            account.extra(name).ok_or_else(missing)
        };
        fields.push(("clientId", field("client_id")?));
        fields.push(("clientSecret", field("client_secret")?));
        fields.push(("grantType", "refresh_token".into()));
        let home = service(oauth, KIND.name())?.url(OAuthSetting::TokenUrl)?;
        in_region(home, account.extra("region").as_ref())
    };
    let answer = Question::new(url, Encoding::Json, fields)
        .ask(http, KIND)
        .await?;
    // Kiro's own servers have no word for it.
    if social && answer.status == StatusCode::UNAUTHORIZED {
        let reason = "Kiro takes its refresh token no more";
        return Err(Refused::LoginAgain(reason.to_owned()));
    }
    let now = SystemTime::now();
    let answer = answer.good().map_err(|refused| {
        let end = account.extra(CLIENT_EXPIRES);
        explained(
            refused,
            end.and_then(|end| retry_hint::moment(end.expose())),
            now,
        )
    });
    granted(answer?, now)
}

/// The same place in another region, to which an account that was taken over says it belongs: AWS knows its client only there. Whoever
/// sets another place means that one.
fn in_region(mut home: Url, region: Option<&Secret>) -> Url {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let region = region.map(Secret::expose);
    let region = region.filter(|region| !region.is_empty() && region.bytes().all(plain));
    if let (Some(region), Some(HOME)) = (region, home.host_str()) {
        let host = format!("oidc.{region}.amazonaws.com");
        // An error leaves it where it is.
        let _ = home.set_host(Some(&host));
    }
    home
}

/// What a refusal means: after some months AWS forgets the client that the login was granted to, and calls that a wrong client.
fn explained(refused: Refused, forgotten: Option<SystemTime>, now: SystemTime) -> Refused {
    match (refused, forgotten) {
        (Refused::LoginAgain(reason), Some(end)) if end <= now => {
            let end = humantime::format_rfc3339_seconds(end).to_string();
            let day = end.split('T').next().unwrap_or_default();
            Refused::LoginAgain(format!("{reason}: AWS knew modelgate until {day}"))
        }
        (refused, _) => refused,
    }
}

fn service<'o>(oauth: &'o OAuth, name: &str) -> Result<&'o OAuthService, Refused> {
    let missing = || LoginError::NotOffered { kind: KIND };
    let service = oauth.service(name).ok_or_else(missing);
    service.map_err(|error| Refused::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_client_that_aws_has_forgotten_is_named_as_the_reason() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_553_600);
        let login = |reason: &str| Refused::LoginAgain(reason.to_owned());
        let day = Duration::from_secs(24 * 60 * 60);
        let told = explained(login("invalid_client"), Some(end), end + day);
        assert_eq!(
            told,
            login("invalid_client: AWS knew modelgate until 2026-09-28")
        );
        for (refused, end, now) in [
            (login("invalid_grant"), Some(end), end - day),
            (login("invalid_grant"), None, end),
            (Refused::Unavailable("x".to_owned()), Some(end), end + day),
        ] {
            assert_eq!(explained(refused.clone(), end, now), refused);
        }
    }

    #[test]
    fn an_account_is_renewed_in_its_region_and_at_nobody_elses() {
        let usual = OAuth::default();
        let usual = usual.service("kiro").unwrap();
        let usual = usual.url(OAuthSetting::TokenUrl).unwrap();
        let own = Url::parse("https://sso.example/token").unwrap();
        let at = |home: &Url, region: Option<&str>| {
            let region = region.map(Secret::from);
            in_region(home.clone(), region.as_ref()).to_string()
        };
        let expected = "https://oidc.eu-central-1.amazonaws.com/token";
        assert_eq!(at(&usual, Some("eu-central-1")), expected);
        for odd in ["", "EU", "x.example/", "a@b", "eu-central-1.x", "eu:1"] {
            assert_eq!(at(&usual, Some(odd)), usual.as_str(), "{odd}");
        }
        assert_eq!(at(&usual, None), usual.as_str());
        assert_eq!(at(&own, Some("eu-central-1")), own.as_str());
    }

    #[test]
    fn a_client_that_is_not_forgotten_has_no_end() {
        let client = |end: &str| {
            let body =
                format!(r#"{{"clientId":"c","clientSecret":"s","clientSecretExpiresAt":{end}}}"#);
            let client = client(body.into()).unwrap();
            client.expires.map(|end| end.expose().to_owned())
        };
        assert_eq!(client("1790553600").as_deref(), Some("1790553600"));
        assert_eq!(client("0"), None);
        assert_eq!(client("null"), None);
    }
}
