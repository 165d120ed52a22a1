//! Service accounts of Google Cloud (`providers.md` 7). Nobody logs in to them: Google gives a key, and what is signed with it
//! is exchanged for tokens that live in memory (RFC 7523).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::DATE;
use modelgate_config::Secret;
use modelgate_dialects::json::{Document, RawJson, Value};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use url::Url;

use super::token::{Answer, Encoding, Question};
use super::{Grant, NewAccount, Refused, granted};
use crate::credential::is_trusted;
use crate::vertex::is_location;
use crate::{Account, AccountKind};

use super::google::is_project;

const KIND: AccountKind = AccountKind::Vertex;
/// What tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// What tells the exchange from others.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// So far clocks may be apart for something that is signed to count.
const SKEW: Duration = Duration::from_secs(5 * 60);
/// How long something that is signed counts; Google allows no more.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// What is wrong with the key of a service account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It is no JSON object.
    #[error("it is not a JSON object")]
    NotJson,
    /// A field is missing.
    #[error("it has no `{0}`; download the key of a service account from Google Cloud, as JSON")]
    Missing(&'static str),
    /// The private key cannot sign.
    #[error("its `private_key` is no RSA key of 2048 bits or more in PEM")]
    Key,
    /// The address may not be told what is signed.
    #[error("its `token_uri` is no address with https")]
    TokenUrl,
    /// The project can be none.
    #[error("its `project_id` is not the id of a project")]
    Project,
    /// The location can be none.
    #[error("`{0}` is not a location: name `global`, or a region such as `us-central1`")]
    Location(String),
}

/// Whoever can sign.
struct Signer {
    key: RsaKeyPair,
    key_id: Option<String>,
    email: String,
    project: String,
    token_url: Url,
}

/// The account of a key that Google gave, at a location.
pub(super) fn account(text: Bytes, location: &str) -> Result<NewAccount, KeyFileError> {
    if !is_location(location) {
        return Err(KeyFileError::Location(location.to_owned()));
    }
    let document = Document::parse(text).map_err(|_| KeyFileError::NotJson)?;
    let signer = Signer::read(document.root())?;
    let mut account = NewAccount::without_tokens(KIND);
    account.who = Some(signer.project.clone());
    account.objects = vec![("service_account", document.root().raw())];
    account.fields = vec![
        ("project_id", signer.project.into()),
        ("email", signer.email.into()),
        ("location", location.into()),
    ];
    Ok(account)
}

/// Exchanges something signed for a token.
pub(super) async fn mint(account: &Account, client: &reqwest::Client) -> Result<Grant, Refused> {
    let missing = || Refused::LoginAgain("the file has no `service_account`".to_owned());
    let key = account.extra_json("service_account").ok_or_else(missing)?;
    let unusable = |error: KeyFileError| Refused::LoginAgain(error.to_string());
    let document = Document::parse(Bytes::from(key.as_str().to_owned()));
    let document = document.map_err(|_| unusable(KeyFileError::NotJson))?;
    let signer = Signer::read(document.root()).map_err(unusable)?;
    let now = SystemTime::now();
    let assertion = signer
        .assertion(now)
        .ok_or_else(|| unusable(KeyFileError::Key))?;
    let fields = vec![("grant_type", GRANT.into()), ("assertion", assertion)];
    let question = Question::new(signer.token_url, Encoding::Form, fields);
    let answer = question.ask(client, KIND).await?;
    match apart(&answer, now) {
        Some(apart) if !answer.status.is_success() => Err(Refused::Failed(apart)),
        _ => granted(answer.good()?, now),
    }
}

/// How far our clock is from that of whoever answered, where that is too far: what is signed names its time.
fn apart(answer: &Answer, now: SystemTime) -> Option<String> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let theirs = httpdate::parse_http_date(date).ok()?;
    let (apart, way) = match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let minutes = apart.as_secs() / 60;
    (apart > SKEW).then(|| format!("the clock of this machine is {minutes} minutes {way}; set it"))
}

impl Signer {
    fn read(root: Value<'_>) -> Result<Self, KeyFileError> {
        if !root.is_object() {
            return Err(KeyFileError::NotJson);
        }
        let text = |name| {
            let text = root.text_of(name).filter(|text| !text.trim().is_empty());
            text.ok_or(KeyFileError::Missing(name))
        };
        let project = text("project_id")?.trim().to_owned();
        if !is_project(&project) {
            return Err(KeyFileError::Project);
        }
        let token_url = Url::parse(text("token_uri")?.trim())
            .ok()
            .filter(is_trusted);
        Ok(Self {
            email: text("client_email")?.trim().to_owned(),
            token_url: token_url.ok_or(KeyFileError::TokenUrl)?,
            key: key(&text("private_key")?).ok_or(KeyFileError::Key)?,
            key_id: text("private_key_id").ok().map(|id| id.trim().to_owned()),
            project,
        })
    }

    /// Says who it is and when, signed.
    fn assertion(&self, now: SystemTime) -> Option<Secret> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let head = RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("alg", "RS256");
                writer.field("typ", "JWT");
                writer.field_opt("kid", self.key_id.as_ref());
            });
        });
        let claims = RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("iss", &self.email);
                writer.field("scope", SCOPE);
                writer.field("aud", self.token_url.as_str());
                writer.field("iat", &now.as_secs());
                writer.field("exp", &(now + LIFE).as_secs());
            });
        });
        let encoded = |json: &RawJson| URL_SAFE_NO_PAD.encode(json.as_str());
        let said = format!("{}.{}", encoded(&head), encoded(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, said.as_bytes(), &mut signature)
            .ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Some(Secret::from(format!("{said}.{signature}")))
    }
}

/// A key in PEM, whatever became of its line breaks on the way here.
fn key(pem: &str) -> Option<RsaKeyPair> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END")?;
    let body = body.replace("\\r", "").replace("\\n", "");
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    match label {
        "" => RsaKeyPair::from_pkcs8(&der).ok(),
        "RSA " => RsaKeyPair::from_der(&der).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
