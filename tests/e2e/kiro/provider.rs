//! AWS's side of Kiro, as strict as `providers.md` 9 has it: OIDC, the servers for social accounts, and the binary stream.

use crate::harness::stand_in::{Asked, Said, StandIn};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use modelgate_dialects::json::Document;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

// The encoder of frames and the rules for requests are those that the codec is tested with.
#[path = "../../../dialects/tests/support/event_stream.rs"]
#[expect(dead_code, reason = "kinds of headers that Kiro does not send")]
mod event_stream;
#[path = "../../../dialects/tests/support/kiro_stream.rs"]
mod kiro_stream;
#[path = "../../../dialects/tests/support/valid_kiro_request.rs"]
mod valid_kiro_request;

pub(super) const ARN: &str = "arn:aws:codewhisperer:us-east-1:123456789012:profile/ABC";
/// What is asked about an account.
pub(super) const MODELS: &str = "ListAvailableModels";
pub(super) const PROFILES: &str = "ListProfiles";
pub(super) const USAGE: &str = "GetUsageLimits";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The stand-in, and what it says next.
pub(super) struct Aws {
    server: StandIn,
    next: Arc<Mutex<VecDeque<Said>>>,
    /// Of the login that a person has agreed to.
    challenge: Arc<Mutex<String>>,
    /// What is told of profiles; without it, nothing is told of an account.
    known: Arc<Mutex<Value>>,
    /// For how many seconds it says that tokens are good; nothing at all for `null`.
    life: Arc<Mutex<Value>>,
}

/// An end that is not near.
pub(super) fn fresh() -> &'static str {
    "2099-01-01T00:00:00.000Z"
}

/// An end that has passed.
pub(super) fn over() -> &'static str {
    "2020-01-01T00:00:00.000Z"
}

impl Aws {
    pub(super) async fn start() -> Self {
        let next: Arc<Mutex<VecDeque<Said>>> = Arc::default();
        let challenge: Arc<Mutex<String>> = Arc::default();
        let known = Arc::new(Mutex::new(json!({"profiles": []})));
        let life = Arc::new(Mutex::new(json!(3600)));
        let (about, given) = (Arc::clone(&known), Arc::clone(&life));
        let (queue, agreed, mut polls) = (Arc::clone(&next), Arc::clone(&challenge), 0);
        let server = StandIn::start(move |asked| match &*asked.path {
            "/client/register" => register(asked),
            "/device_authorization" => device(asked),
            "/token" => token(asked, &mut polls, &given.lock().unwrap()),
            "/oauth/token" => exchange(asked, &agreed.lock().unwrap(), &given.lock().unwrap()),
            "/refreshToken" => social(asked, &given.lock().unwrap()),
            _ if is_about(asked) => account(asked, &about.lock().unwrap()),
            _ => generate(asked, || queue.lock().unwrap().pop_front()),
        });
        Self {
            server: server.await,
            next,
            challenge,
            known,
            life,
        }
    }

    /// For how many seconds it says from now on that tokens are good; nothing at all for `null`.
    pub(super) fn says_of_life(&self, seconds: &Value) {
        self.life.lock().unwrap().clone_from(seconds);
    }

    /// What is told of the profiles of accounts; nothing at all is told for `null`.
    pub(super) fn knows(&self, profiles: &Value) {
        self.known.lock().unwrap().clone_from(profiles);
    }

    /// What was asked about accounts by this operation.
    pub(super) fn asked_about(&self, operation: &str) -> Vec<Asked> {
        let asked = self.server.everything().into_iter();
        asked
            .filter(|asked| is_about(asked) && operation_of(asked) == operation)
            .collect()
    }

    pub(super) fn url(&self) -> &str {
        &self.server.url
    }

    /// The person agrees in a browser: where it ends.
    pub(super) fn agree(&self, address: &str) -> String {
        let address = reqwest::Url::parse(address).unwrap();
        let pairs: HashMap<String, String> = address.query_pairs().into_owned().collect();
        assert_eq!(address.path(), "/login");
        assert_eq!(pairs["idp"], "Github");
        assert_eq!(pairs["code_challenge_method"], "S256");
        assert_eq!(pairs["prompt"], "select_account");
        self.challenge
            .lock()
            .unwrap()
            .clone_from(&pairs["code_challenge"]);
        format!(
            "{}?code=code-1&state={}",
            pairs["redirect_uri"], pairs["state"]
        )
    }

    /// Says this to the next request that is not at fault.
    pub(super) fn say(&self, said: Said) {
        self.next.lock().unwrap().push_back(said);
    }

    /// Says these frames (`kiro_stream`), torn where no frame ends.
    pub(super) fn say_stream(&self, frames: &str) {
        let stream = Said::bytes(
            "application/vnd.amazon.eventstream",
            kiro_stream::bytes(frames),
        );
        self.say(stream.in_pieces(7));
    }

    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        self.server.asked(path)
    }

    pub(super) fn last_generate(&self) -> Asked {
        self.asked("/generateAssistantResponse").pop().unwrap()
    }
}

fn refused(code: &str) -> Said {
    Said::json(400, &json!({"error": code, "error_description": "no"}))
}

fn register(asked: &Asked) -> Said {
    let expected = json!({
        "clientName": "modelgate", "clientType": "public",
        "scopes": ["codewhisperer:completions", "codewhisperer:analysis", "codewhisperer:conversations"],
    });
    if asked.json() != expected {
        return refused("invalid_request");
    }
    Said::json(
        200,
        &json!({"clientId": "client-1", "clientSecret": "secret-1", "clientIdIssuedAt": 1, "clientSecretExpiresAt": 4_000_000_000_u64}),
    )
}

fn device(asked: &Asked) -> Said {
    let body = asked.json();
    let start = body["startUrl"].as_str().unwrap_or_default();
    if body["clientId"] != "client-1"
        || body["clientSecret"] != "secret-1"
        || !start.ends_with("/start")
    {
        return refused("invalid_client");
    }
    Said::json(
        200,
        &json!({
            "deviceCode": "device-1", "userCode": "ABCD-EFGH", "verificationUri": "https://device.example/",
            "verificationUriComplete": "https://device.example/?user_code=ABCD-EFGH", "expiresIn": 600, "interval": 1,
        }),
    )
}

fn token(asked: &Asked, polls: &mut usize, life: &Value) -> Said {
    let body = asked.json();
    if body["clientId"] != "client-1" || body["clientSecret"] != "secret-1" {
        return refused("invalid_client");
    }
    let expected = |more: Value| {
        let mut all = json!({"clientId": "client-1", "clientSecret": "secret-1"});
        let fields = all.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        all
    };
    if body == expected(json!({"grantType": "refresh_token", "refreshToken": "refresh-0"})) {
        return granted(1, None, life);
    }
    if body != expected(json!({"grantType": DEVICE, "deviceCode": "device-1"})) {
        return refused("invalid_grant");
    }
    *polls += 1;
    match polls {
        1 => refused("authorization_pending"),
        _ => granted(0, None, life),
    }
}

fn exchange(asked: &Asked, challenge: &str, life: &Value) -> Said {
    let body = asked.json();
    let verifier = body["code_verifier"].as_str().unwrap_or_default();
    let expected = json!({
        "code": "code-1", "code_verifier": verifier, "redirect_uri": "kiro://kiro.kiroAgent/authenticate-success",
    });
    match body == expected && BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge {
        true => granted(0, Some(ARN), life),
        false => refused("invalid_grant"),
    }
}

fn social(asked: &Asked, life: &Value) -> Said {
    match asked.json() == json!({"refreshToken": "refresh-0"}) {
        true => granted(1, Some(ARN), life),
        false => Said::json(401, &json!({"message": "Bad credentials"})),
    }
}

fn granted(number: usize, arn: Option<&str>, life: &Value) -> Said {
    let mut body = json!({
        "accessToken": format!("access-{number}"), "refreshToken": format!("refresh-{number}"), "tokenType": "Bearer",
    });
    if !life.is_null() {
        body["expiresIn"] = life.clone();
    }
    if let Some(arn) = arn {
        body["profileArn"] = json!(arn);
    }
    Said::json(200, &body)
}

/// The operation that is called, without the service.
fn operation_of(asked: &Asked) -> &str {
    let target = asked.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

fn is_about(asked: &Asked) -> bool {
    let target = asked.header("x-amz-target").unwrap_or_default();
    target.starts_with("AmazonCodeWhispererService.")
}

fn account(asked: &Asked, known: &Value) -> Said {
    assert_eq!((&*asked.method, &*asked.path), ("POST", "/"));
    let refused = || {
        Said::json(
            403,
            &json!({"__type": "AccessDeniedException", "message": "no"}),
        )
    };
    match operation_of(asked) {
        MODELS => list(),
        _ if known.is_null() => refused(),
        PROFILES if known.get("profiles").is_none() => refused(),
        PROFILES | "ListAvailableCustomizations" => Said::json(200, known),
        USAGE => {
            let used =
                json!({"currentUsageWithPrecision": 250.0, "usageLimitWithPrecision": 1000.0});
            let info = json!({"subscriptionTitle": "KIRO PRO"});
            // As AWS writes moments in JSON.
            let reset = 4_070_908_800.0;
            Said::json(
                200,
                &json!({"subscriptionInfo": info, "nextDateReset": reset, "usageBreakdownList": [used]}),
            )
        }
        other => panic!("{other}"),
    }
}

fn list() -> Said {
    let names = ["auto", "claude-new-9.9"];
    let models =
        names.map(|name| json!({"modelId": name, "modelName": name, "rateMultiplier": 1.0}));
    Said::json(200, &json!({"models": models}))
}

/// What is wrong with a request is told as AWS does; all others get what comes next.
fn generate(asked: &Asked, next: impl FnOnce() -> Option<Said>) -> Said {
    let document = Document::parse(asked.body.clone()).unwrap();
    let mut faults = valid_kiro_request::faults(document.root());
    let header = |name: &str| asked.header(name).unwrap_or_default();
    if header("content-type") != "application/x-amz-json-1.0" {
        faults.push("content-type".to_owned());
    }
    if header("accept") != "*/*" {
        faults.push("accept".to_owned());
    }
    if header("amz-sdk-invocation-id").len() != 36 {
        faults.push("amz-sdk-invocation-id".to_owned());
    }
    if !header("authorization").starts_with("Bearer access-") {
        faults.push("authorization".to_owned());
    }
    if !faults.is_empty() {
        let body = json!({"__type": "ValidationException", "message": faults.join("; ")});
        return Said::json(400, &body);
    }
    next().unwrap_or_else(|| Said::json(500, &json!({"message": "nothing to say"})))
}
