//! An account of every kind at the scripted upstream, which is as strict as its provider, with a place where all their tokens
//! are renewed.

use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Gateway, Home, KEY, Launch, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;

const ROBOT: &str = include_str!("../../../providers/tests/support/service_account.json");
/// What Kiro's service is asked of a plan.
const USAGE: &str = ".GetUsageLimits";
const FUTURE: &str = "2099-01-01T00:00:00Z";

/// What the rows ask for.
const SCENARIOS: [&str; 12] = [
    "up-text",
    "up-tools",
    "up-thinking",
    "up-usage-cache",
    "up-429",
    "up-400",
    "up-error-first",
    "up-error-in-stream",
    "up-cut",
    "up-cut-clean",
    "up-hang-mid",
    "up-flood",
];

/// Models of an account that are alike. Some accounts have two such families.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// How its models are called.
    pub(super) name: &'static str,
    /// Whose account.
    pub(super) kind: &'static str,
    /// How its provider calls them: what stands before and behind the name of a scenario.
    spelled: (&'static str, &'static str),
    used: [u64; 3],
}

const OF_OPENAI: [u64; 3] = [1000, 300, 4];
const OF_GOOGLE: [u64; 3] = [100, 30, 70];
const OF_ANTHROPIC: [u64; 3] = [22_044, 22_000, 4];

const fn place(name: &'static str, kind: &'static str, used: [u64; 3]) -> Place {
    Place {
        name,
        kind,
        spelled: ("", ""),
        used,
    }
}

pub(super) const PLACES: [Place; 13] = [
    place("max", "claude", OF_ANTHROPIC),
    place("codex", "codex", OF_OPENAI),
    place("cli", "gemini", OF_GOOGLE),
    place("anti", "antigravity", OF_GOOGLE),
    Place {
        spelled: ("claude-sonnet-4-5-", ""),
        ..place("anti-claude", "antigravity", OF_GOOGLE)
    },
    place("kiro", "kiro", [22_013, 22_000, 4]),
    place("iflow", "iflow", OF_OPENAI),
    place("qwen", "qwen", OF_OPENAI),
    place("copilot", "github-copilot", OF_OPENAI),
    Place {
        spelled: ("", "@responses"),
        ..place("copilot-responses", "github-copilot", OF_OPENAI)
    },
    place("kimi", "kimi", OF_OPENAI),
    place("xai", "xai", OF_OPENAI),
    place("vertex", "vertex", OF_GOOGLE),
];

impl Place {
    /// Its model that does what a scenario says.
    pub(super) fn model(&self, scenario: &str) -> String {
        scenario.replacen("up", self.name, 1)
    }

    /// Input, thereof out of a cache, and output of `up-usage-cache`, for clients of a dialect.
    pub(super) fn used(&self, dialect: Speaks) -> [u64; 3] {
        match (self.kind, dialect) {
            // It is asked in the client's words.
            ("kimi", Speaks::Claude) => OF_ANTHROPIC,
            _ => self.used,
        }
    }

    fn aliases(&self) -> impl Iterator<Item = Value> {
        let (before, behind) = self.spelled;
        SCENARIOS.iter().map(move |scenario| {
            json!({"name": format!("{before}{scenario}{behind}"), "alias": self.model(scenario)})
        })
    }
}

/// How the tokens of all accounts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tokens {
    Good,
    /// Over, which only the provider knows. Its first ones are over too, where none are kept.
    Old,
    /// Over, and there are no new ones.
    Ended,
}

/// All accounts, and a gateway in front of them.
pub(super) struct Scene {
    pub(super) upstream: Upstream,
    tokens: StandIn,
    home: Home,
    pub(super) gateway: Gateway,
}

impl Scene {
    /// Every account is let in.
    pub(super) async fn start() -> Self {
        Self::with(Tokens::Good).await
    }

    pub(super) async fn with(state: Tokens) -> Self {
        let (upstream, home) = (Upstream::start().await, Home::new());
        let at = upstream.url();
        let mut counts = HashMap::new();
        let tokens = StandIn::start(move |asked| renew(asked, &at, state, &mut counts)).await;
        let auth = home.path("auth");
        fs::create_dir(&auth).unwrap();
        for (kind, account) in accounts(&upstream.url(), &tokens.url, state) {
            fs::write(auth.join(format!("{kind}-a.json")), account.to_string()).unwrap();
        }
        let config = home.path("modelgate.yaml");
        let auth = auth.display();
        let text = format!("api-keys: [{KEY}]\nauth-dir: {auth}\nrequest-retry: 0\n");
        fs::write(&config, text).unwrap();
        let launch = Launch::in_home(&home)
            .arg("--config")
            .arg(config.to_str().unwrap());
        let launch = addresses(&tokens.url).fold(launch, |launch, (name, value)| {
            launch.env(&format!("MODELGATE_{name}"), &value)
        });
        let gateway = launch.start().await;
        Self {
            upstream,
            tokens,
            home,
            gateway,
        }
    }

    /// A short question for a scenario at a place.
    pub(super) async fn ask(
        &self,
        dialect: Speaks,
        place: &Place,
        scenario: &str,
        stream: bool,
    ) -> Answer {
        let model = place.model(scenario);
        self.gateway.question(dialect, &model, stream).await
    }

    /// How questions were answered. Lists of models, and how much of a plan is used, are asked for whenever there is time for it.
    pub(super) fn statuses(&self) -> Vec<u16> {
        let requests = self.upstream.requests();
        let questions = requests.iter().filter(|request| {
            let target = request.header("x-amz-target").unwrap_or_default();
            request.method == "POST" && !target.ends_with(USAGE)
        });
        questions.map(|request| request.status).collect()
    }

    /// How often new tokens were asked for.
    pub(super) fn renewals(&self, kind: &str) -> usize {
        self.tokens.asked(&format!("/{kind}")).len()
    }

    /// The file of an account.
    pub(super) fn saved(&self, kind: &str) -> Value {
        let path = self.home.path(&format!("auth/{kind}-a.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// What a command shows as JSON.
    pub(super) async fn run(&self, words: &[&str]) -> Value {
        Launch::in_home(&self.home).run(words).await.json()
    }
}

/// Where tokens are renewed.
fn addresses(tokens: &str) -> impl Iterator<Item = (&'static str, String)> {
    let places = [
        ("CLAUDE_TOKEN_URL", "claude"),
        ("CODEX_TOKEN_URL", "codex"),
        ("GEMINI_TOKEN_URL", "gemini"),
        ("ANTIGRAVITY_TOKEN_URL", "antigravity"),
        ("KIRO_SOCIAL_REFRESH_URL", "kiro"),
        ("IFLOW_TOKEN_URL", "iflow"),
        ("IFLOW_PROFILE_URL", "iflow-user"),
        ("QWEN_TOKEN_URL", "qwen"),
        ("GITHUB_COPILOT_REFRESH_URL", "github-copilot"),
        ("KIMI_TOKEN_URL", "kimi"),
        ("XAI_DISCOVERY_URL", "xai-discovery"),
    ];
    let secrets = [
        "GEMINI_CLIENT_SECRET",
        "ANTIGRAVITY_CLIENT_SECRET",
        "IFLOW_CLIENT_SECRET",
    ];
    let places = places.map(|(name, path)| (name, format!("{tokens}/{path}")));
    let secrets = secrets.map(|name| (name, "secret-1".to_owned()));
    places.into_iter().chain(secrets)
}

/// The files of the accounts, as logins leave them.
fn accounts(upstream: &str, tokens: &str, state: Tokens) -> Vec<(&'static str, Value)> {
    let over = state != Tokens::Good;
    let token = |kind: &str| format!("{}-{kind}", if over { "over" } else { "token" });
    let mut robot: Value = serde_json::from_str(ROBOT).unwrap();
    robot["token_uri"] = json!(format!("{tokens}/vertex"));
    let own = [
        ("claude", "claude", json!({})),
        ("codex", "codex", json!({"account_id": "workspace-1"})),
        ("gemini", "gemini", json!({"project_id": "p-1"})),
        ("antigravity", "antigravity", json!({"project_id": "p-1"})),
        (
            "kiro",
            "kiro",
            json!({"auth_method": "social", "profile_arn": "arn:aws:codewhisperer:us-east-1:1:profile/A"}),
        ),
        (
            "iflow",
            "iflow/v1",
            json!({"api_key": if over { "over-iflow" } else { "key-iflow" }}),
        ),
        ("qwen", "qwen/v1", json!({})),
        // What lets it in is made anew at each start, and its list says where each model is.
        (
            "github-copilot",
            "",
            json!({"access_token": "token-github", "base_url": "", "fetch_models": true}),
        ),
        ("kimi", "kimi/v1", json!({"device_id": "device-1"})),
        (
            "xai",
            "xai/v1",
            json!({"token_endpoint": format!("{tokens}/xai")}),
        ),
        (
            "vertex",
            "vertex",
            json!({"service_account": robot, "project_id": "project-1", "location": "europe-west4"}),
        ),
    ];
    let file = |(kind, path, own): (&'static str, &str, Value)| {
        let places = PLACES.iter().filter(|place| place.kind == kind);
        let aliases: Vec<Value> = places.flat_map(Place::aliases).collect();
        let mut account = json!({
            "type": kind, "access_token": token(kind), "refresh_token": "refresh-0", "expired": FUTURE,
            "base_url": format!("{upstream}/accounts/{path}"), "fetch_models": false, "model_aliases": aliases,
        });
        let fields = account.as_object_mut().unwrap();
        fields.extend(own.as_object().unwrap().clone());
        fields.retain(|_, value| value != "");
        (kind, account)
    };
    own.into_iter().map(file).collect()
}

/// New tokens.
fn renew(
    asked: &Asked,
    upstream: &str,
    state: Tokens,
    counts: &mut HashMap<String, usize>,
) -> Said {
    let kind = asked.path.trim_start_matches('/');
    let count = counts.entry(kind.to_owned()).or_default();
    *count += 1;
    let token = match state == Tokens::Old && *count == 1 {
        true => "over",
        false => "token",
    };
    if state == Tokens::Ended {
        return match kind {
            "github-copilot" => Said::json(401, &json!({"message": "Bad credentials"})),
            _ => Said::json(400, &json!({"error": "invalid_grant"})),
        };
    }
    let answer = match kind {
        _ if kind.starts_with("iflow-user?") => {
            json!({"success": true, "data": {"apiKey": "key-iflow"}})
        }
        "vertex" => json!({"access_token": format!("{token}-vertex"), "expires_in": 3599}),
        "github-copilot" => json!({
            "token": format!("{token}-copilot"), "expires_at": 4_000_000_000_u64,
            "endpoints": {"api": format!("{upstream}/accounts/copilot/business")},
        }),
        "kiro" => json!({
            "accessToken": "token-kiro", "refreshToken": "refresh-1", "expiresIn": 3600,
            "profileArn": "arn:aws:codewhisperer:us-east-1:1:profile/A",
        }),
        _ => json!({
            "access_token": format!("token-{kind}"), "refresh_token": "refresh-1", "expires_in": 3600,
            "token_type": "Bearer",
        }),
    };
    Said::json(200, &answer)
}
