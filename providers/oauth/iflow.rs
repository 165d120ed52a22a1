//! Logins of iFlow (`providers.md` 10): in a browser, or with the cookie of its platform. Neither lets anybody in by itself: a
//! key is asked for with it, and asked for again with everything that renews it.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, StatusCode};
use modelgate_config::{OAuthService, OAuthSetting, Secret, setting};
use modelgate_dialects::json::{Document, RawJson, Value};
use url::Url;

use super::browser::Ask;
use super::token::{Answer, Encoding, Question, refresh_token, send, within};
use super::{Grant, LoginError, NewAccount, Page, Refused, granted};
use crate::iflow::API_KEY;
use crate::{Account, AccountKind, credential};

const KIND: AccountKind = AccountKind::Iflow;
/// How long a renewal waits to be told the key: less than it may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The one cookie that counts.
const NAME: &str = "BXAuth";

/// Where the person is sent. Without the secret of its client nothing would come of it.
pub(super) fn authorize(service: &OAuthService, ask: &Ask<'_>) -> Result<Url, LoginError> {
    service.secret(OAuthSetting::ClientSecret)?;
    let mut url = service.url(OAuthSetting::AuthorizeUrl)?;
    url.query_pairs_mut()
        .append_pair("loginMethod", "phone")
        .append_pair("type", "phone")
        .append_pair("redirect", ask.redirect)
        .append_pair("state", ask.state)
        .append_pair("client_id", service.text(OAuthSetting::ClientId)?);
    Ok(url)
}

/// Where iFlow wants the browser to end, which is below where it began.
pub(super) fn ending(service: &OAuthService, page: Page<'_>) -> Option<Url> {
    let last = match page {
        Page::Done => "success",
        Page::Denied(_) => "error",
        Page::Stray | Page::Absent => return None,
    };
    let mut url = service.url(OAuthSetting::AuthorizeUrl).ok()?;
    url.set_query(None);
    url.path_segments_mut().ok()?.pop_if_empty().push(last);
    Some(url)
}

/// Turns a code into an account.
pub(super) async fn finish(
    service: &OAuthService,
    http: &reqwest::Client,
    code: &Secret,
    redirect: &Url,
) -> Result<NewAccount, Refused> {
    let fields = vec![
        ("grant_type", "authorization_code".into()),
        ("code", code.clone()),
        ("redirect_uri", redirect.as_str().into()),
    ];
    let grant = tokens(service, http, fields).await?;
    let (key, who) = user(service, http, &grant.access).await?;
    let mut account = NewAccount::of(KIND, grant);
    account.fields.push((API_KEY, key));
    let name = who.as_deref().map(Secret::from);
    account.fields.extend(name.map(|name| ("email", name)));
    account.who = who;
    Ok(account)
}

/// Asks for new tokens and the key that belongs to them, or for a new key where a cookie is all there is.
pub(super) async fn renew(
    account: &Account,
    service: &OAuthService,
    http: &reqwest::Client,
) -> Result<Grant, Refused> {
    if let (None, Some(cookie)) = (&account.tokens.refresh, account.extra("cookie")) {
        let missing = || Refused::LoginAgain("the file has no `email`".to_owned());
        let name = account.settings.email.as_deref().ok_or_else(missing)?;
        return issue(service, http, &cookie, name).await;
    }
    let fields = vec![
        ("grant_type", "refresh_token".into()),
        ("refresh_token", refresh_token(account)?),
    ];
    let mut grant = tokens(service, http, fields).await?;
    // The refresh token that was sent is spent: what came for it is kept in any case. An old key that is refused renews once more.
    match within(PATIENCE, user(service, http, &grant.access)).await {
        Ok((key, _)) => grant.fields.push((API_KEY, key)),
        Err(refused) => tracing::warn!(account = account.id(), ?refused, "the key is not told"),
    }
    Ok(grant)
}

/// The token endpoint wants to know who asks twice: in the form, and by HTTP Basic.
async fn tokens(
    service: &OAuthService,
    http: &reqwest::Client,
    mut fields: Vec<(&'static str, Secret)>,
) -> Result<Grant, Refused> {
    let id = service.secret(OAuthSetting::ClientId)?;
    let secret = service.secret(OAuthSetting::ClientSecret)?;
    fields.extend([("client_id", id.clone()), ("client_secret", secret.clone())]);
    let pair = BASE64_STANDARD.encode(format!("{}:{}", id.expose(), secret.expose()));
    let basic = credential::secret(AUTHORIZATION, &format!("Basic {pair}"));
    let url = service.url(OAuthSetting::TokenUrl)?;
    let question = Question::new(url, Encoding::Form, fields).from(basic.into_iter().collect());
    let answer = question.ask(http, KIND).await?;
    granted(answer.good()?, SystemTime::now())
}

/// The key of an account, and who it is: a mail address or a telephone number.
async fn user(
    service: &OAuthService,
    http: &reqwest::Client,
    access: &Secret,
) -> Result<(Secret, Option<String>), Refused> {
    let mut url = service.url(OAuthSetting::ProfileUrl)?;
    url.query_pairs_mut()
        .append_pair("accessToken", access.expose());
    let answer = send(http.get(url), KIND).await?;
    let document = Document::parse(answer.good()?).unwrap_or_default();
    let data = data(&document)?;
    let key = text(data, "apiKey").ok_or_else(no_key)?;
    let who = text(data, "email").or_else(|| text(data, "phone"));
    Ok((Secret::from(key), who))
}

/// Logs in with the cookie of the platform, pasted with or without others around it.
pub(super) async fn by_cookie(
    service: &OAuthService,
    http: &reqwest::Client,
    pasted: &Secret,
) -> Result<NewAccount, LoginError> {
    let cookie = cookie(pasted).ok_or(LoginError::NoCookie { name: NAME })?;
    let refused = |refused| LoginError::refused(KIND, refused);
    let name = named(service, http, &cookie).await.map_err(refused)?;
    let grant = issue(service, http, &cookie, &name)
        .await
        .map_err(refused)?;
    let mut account = NewAccount::of(KIND, grant);
    account.fields.push(("cookie", cookie));
    account.fields.push(("email", Secret::from(&*name)));
    account.who = Some(name);
    Ok(account)
}

fn cookie(pasted: &Secret) -> Option<Secret> {
    let mut pairs = pasted.expose().trim().split(';');
    let value = pairs.find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim().trim_start_matches("Cookie:").trim();
        (name == NAME).then(|| value.trim())
    })?;
    (!value.is_empty()).then(|| Secret::from(format!("{NAME}={value};")))
}

/// What the platform calls the key of an account.
async fn named(
    service: &OAuthService,
    http: &reqwest::Client,
    cookie: &Secret,
) -> Result<String, Refused> {
    let url = service.url(OAuthSetting::ApiKeyUrl)?;
    let request = http.get(url).headers(with(cookie));
    let document = platform(request).await?;
    text(data(&document)?, "name").ok_or_else(no_key)
}

/// Asks for a new key. The old one ends with it.
async fn issue(
    service: &OAuthService,
    http: &reqwest::Client,
    cookie: &Secret,
    name: &str,
) -> Result<Grant, Refused> {
    let body = RawJson::build(|writer| writer.object(|writer| writer.field("name", name)));
    let url = service.url(OAuthSetting::ApiKeyUrl)?;
    let request = http.post(url).headers(with(cookie));
    let request = request.header(CONTENT_TYPE, "application/json");
    let document = platform(request.body(body.as_str().to_owned())).await?;
    let data = data(&document)?;
    let key = Secret::from(text(data, "apiKey").ok_or_else(no_key)?);
    Ok(Grant {
        access: key.clone(),
        refresh: None,
        expires: text(data, "expireTime").and_then(|end| moment(&end)),
        base: None,
        fields: vec![(API_KEY, key)],
    })
}

/// The platform's moments have no zone; it is in China.
fn moment(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once(' ')?;
    setting::moment(&format!("{date}T{time}:00+08:00")).ok()
}

async fn platform(request: reqwest::RequestBuilder) -> Result<Document, Refused> {
    let answer = send(request, KIND).await?;
    if matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    ) {
        return Err(Refused::LoginAgain("the cookie is over".to_owned()));
    }
    Ok(Document::parse(Answer::good(answer)?).unwrap_or_default())
}

fn with(cookie: &Secret) -> HeaderMap {
    let header = credential::secret(COOKIE, cookie.expose());
    header.into_iter().collect()
}

/// `data`, where the answer says that it is one.
fn data(document: &Document) -> Result<Value<'_>, Refused> {
    let root = document.root();
    let good = root.field("success").and_then(Value::as_bool);
    let data = root.field("data").filter(|_| good == Some(true));
    data.ok_or_else(no_key)
}

fn text(object: Value<'_>, name: &str) -> Option<String> {
    let text = object.text_of(name)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn no_key() -> Refused {
    Refused::Failed("it gave no key for the account".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_counts_however_it_is_pasted() {
        for (pasted, expected) in [
            ("BXAuth=abc", Some("BXAuth=abc;")),
            (" x=1; BXAuth=a=b ; y=2\n", Some("BXAuth=a=b;")),
            ("Cookie: BXAuth=abc; x=1", Some("BXAuth=abc;")),
            ("BXAuth=", None),
            ("XBXAuth=abc", None),
            ("abc", None),
        ] {
            let read = cookie(&Secret::from(pasted));
            assert_eq!(read.as_ref().map(Secret::expose), expected, "{pasted}");
        }
    }

    #[test]
    fn the_browser_ends_at_a_page_of_iflow() {
        let oauth = modelgate_config::OAuth::default();
        let service = oauth.service("iflow").unwrap();
        let ending = |page| ending(service, page).map(String::from);
        let at = |page: &str| Some(format!("https://iflow.cn/oauth/{page}"));
        assert_eq!(ending(Page::Done), at("success"));
        assert_eq!(ending(Page::Denied("no")), at("error"));
        assert_eq!((ending(Page::Stray), ending(Page::Absent)), (None, None));
    }

    #[test]
    fn moments_are_those_of_china() {
        let end = moment("2026-01-02 11:04").unwrap();
        let since = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_767_323_040);
        assert_eq!(moment("soon"), None);
    }
}
