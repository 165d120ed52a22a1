//! What the program uses: a validated configuration without undecided values.

mod ampcode;
mod ledger;
mod logs;
mod management;
mod routing;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::oauth::OAuth;
use crate::pattern::Pattern;
use crate::payload::Payload;
use crate::secret::Secret;

pub use ampcode::{Ampcode, MappedName, ModelMapping};
pub use ledger::Ledger;
pub use logs::{Logs, RequestLogs};
pub use management::{Management, ManagementKey, Proof};
pub use routing::{ErrorAction, ErrorRule, QuotaExceeded, Routing, Strategy};

/// One validated configuration; a request sees exactly one from start to end.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, and how.
    pub server: Server,
    /// The keys clients may present. Empty: only loopback may call.
    pub client_keys: Vec<ClientKey>,
    /// Who may manage the gateway, beside programs of the same person on this machine.
    pub management: Management,
    /// Verbose logging.
    pub debug: bool,
    /// Proxy for every upstream call that does not name its own.
    pub proxy: Proxy,
    /// Extra rounds over all candidates after the first one failed.
    pub request_retry: u32,
    /// Credentials that are tried in a round; 0: all.
    pub max_retry_credentials: usize,
    /// Longest time a request waits for a credential that is barred.
    pub max_retry_interval: Duration,
    /// Whose turn it is, and for how long nobody's.
    pub routing: Routing,
    /// Models of entries with a prefix are reached with it only.
    pub force_model_prefix: bool,
    /// What is done when a quota is used up.
    pub quota_exceeded: QuotaExceeded,
    /// Directory of account files.
    pub auth_dir: PathBuf,
    /// Directory of what a gateway remembers between two starts.
    pub state_dir: PathBuf,
    /// What is written down of requests.
    pub ledger: Ledger,
    /// What is written to log files.
    pub logs: Logs,
    /// What is known of the logins of each provider.
    pub oauth: OAuth,
    /// What holds for all accounts of a provider.
    pub channels: Vec<Channel>,
    /// Keep-alive and first-byte behaviour of streams.
    pub streaming: Streaming,
    /// Upper bounds that keep memory flat.
    pub limits: Limits,
    /// Upper bounds on every wait.
    pub timeouts: Timeouts,
    /// What is set in and removed from upstream requests.
    pub payload: Payload,
    /// Refuses a request that would lose meaning on its way into another dialect, instead of reporting the loss.
    pub strict_translation: bool,
    /// The store behind `previous_response_id` for upstreams that keep nothing; `None`: off.
    pub responses_store: Option<ResponsesStore>,
    /// `/v1internal`, which only this machine reaches, needs no client key.
    pub gemini_cli_endpoint: bool,
    /// Amp's own server, and what its models are called here.
    pub ampcode: Ampcode,
    /// `claude-api-key` entries in file order, then the one from the environment.
    pub claude: Vec<ClaudeKey>,
    /// `gemini-api-key` entries in file order, then the bare keys of its older name, then the one from the environment.
    pub gemini: Vec<GeminiKey>,
    /// `vertex-api-key` entries in file order.
    pub vertex: Vec<VertexKey>,
    /// `codex-api-key` entries in file order.
    pub codex: Vec<CodexKey>,
    /// `openai-compatibility` entries in file order, then those from the environment.
    pub compatible: Vec<CompatibleProvider>,
}

/// What holds for all accounts of a provider that somebody logged in to.
#[derive(Debug, Clone, Default)]
pub struct Channel {
    /// The provider, as the `type` of account files names it; in lower case.
    pub name: String,
    /// Other names of its models, for accounts that have none of their own.
    pub aliases: Vec<ModelAlias>,
    /// Never served by its accounts.
    pub excluded_models: Vec<Pattern>,
    /// What its failures mean, where that is not as usual.
    pub error_rules: Vec<ErrorRule>,
}

/// Another name of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAlias {
    /// Both names.
    pub entry: ModelEntry,
    /// The provider's own name stays.
    pub fork: bool,
}

/// Listening address and transport security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address to bind. Not loopback only when client keys exist.
    pub address: SocketAddr,
    /// Certificate and key files when TLS is on.
    pub tls: Option<Tls>,
}

/// Paths of the PEM files of `tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// A key that a client may present.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// Stable public name of the key: the first 12 hex digits of its SHA-256. Safe to log.
    pub id: String,
    /// SHA-256 of the key; the key itself is not kept.
    pub digest: [u8; 32],
    /// Label given by the owner.
    pub name: Option<String>,
    /// Models the key may use; empty means all.
    pub models: Vec<Pattern>,
    /// Switched off without being removed.
    pub disabled: bool,
    /// Refused from this moment on.
    pub expires: Option<SystemTime>,
}

/// How upstream connections are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Proxy {
    /// The enclosing setting decides; at the top level the `*_PROXY` variables of the environment.
    #[default]
    Inherit,
    /// No proxy, not even from the environment.
    Direct,
    /// An `http`, `https`, `socks5` or `socks5h` URL; may hold a password.
    Url(Secret),
}

/// The `streaming` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streaming {
    /// Silence after which a keep-alive is sent to the client; `None`: never.
    pub keepalive: Option<Duration>,
    /// Extra tries after an upstream ended without any event.
    pub bootstrap_retries: u32,
}

/// The `limits` block; sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body after decompression.
    pub request_body: usize,
    /// Largest upstream answer that is held in memory, and largest single event of a stream.
    pub response_body: usize,
    /// Connections open at the same time.
    pub connections: usize,
}

/// The `timeouts` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS to the upstream.
    pub connect: Duration,
    /// From sending a request until the upstream's first byte.
    pub first_byte: Duration,
    /// Longest silence of an upstream stream.
    pub idle: Duration,
    /// For a client to send the head of a request; also the idle time of a kept-alive connection.
    pub header: Duration,
    /// For a client to send the next piece of a request body.
    pub body: Duration,
    /// For open requests to end after a stop was asked for.
    pub drain: Duration,
}

/// The `responses-store` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponsesStore {
    /// Most responses held; at least one.
    pub max_entries: usize,
    /// Most bytes of all of them together.
    pub max_size: usize,
    /// How long a response can be asked for.
    pub ttl: Duration,
}

/// A model of a provider entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// The upstream's name.
    pub name: String,
    /// The name clients use; equal to `name` when the file gives none.
    pub alias: String,
    /// Of an `openai-compatibility` entry: whether the server speaks Responses for this model; `None`: as the
    /// entry says. [`CompatibleProvider::speaks_responses`] decides.
    pub responses: Option<bool>,
}

/// What every provider entry has.
#[derive(Debug, Clone)]
pub struct ProviderEntry {
    /// Where the entry stands, for messages: `claude-api-key[0]`, `OPENAI_API_KEY`.
    pub origin: String,
    /// Without a trailing slash.
    pub base_url: url::Url,
    /// Only requests for `prefix/model` (and, unless forced, `model`) reach the entry.
    pub prefix: Option<String>,
    /// Higher is tried first.
    pub priority: i32,
    /// Its share of the turns with the strategy `weighted-round-robin`; 0 or less: none.
    pub weight: i64,
    /// What its failures mean, where that is not as usual.
    pub error_rules: Vec<ErrorRule>,
    /// Rounds that it takes part in after the first one, in place of [`Config::request_retry`].
    pub request_retry: Option<u32>,
    /// Whether it is never barred, in place of [`Routing::cooling_disabled`].
    pub cooling_disabled: Option<bool>,
    /// Models served; empty: the provider's own catalogue.
    pub models: Vec<ModelEntry>,
    /// The provider is asked for the list of its models, which are served too.
    pub fetch_models: bool,
    /// Never served by this entry.
    pub excluded_models: Vec<Pattern>,
    /// Extra headers, applied last. Names are valid header names, values valid header values.
    pub headers: Vec<(String, Secret)>,
}

/// One `claude-api-key` entry.
#[derive(Debug, Clone)]
pub struct ClaudeKey {
    /// The common part.
    pub entry: ProviderEntry,
    /// The key.
    pub api_key: Secret,
    /// Proxy of this key.
    pub proxy: Proxy,
    /// How the key is sent; `Auto` chooses by host (`providers.md` 2.1).
    pub auth: ClaudeAuth,
}

/// The `auth-scheme` of a `claude-api-key` entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClaudeAuth {
    /// `x-api-key` to the vendor's host, bearer elsewhere.
    #[default]
    Auto,
    /// Always `x-api-key`.
    ApiKey,
    /// Always `Authorization: Bearer`.
    Bearer,
}

/// One `gemini-api-key` entry, or a bare key of `generative-language-api-key`. Base URL without a version
/// (`providers.md` 5).
#[derive(Debug, Clone)]
pub struct GeminiKey {
    /// The common part.
    pub entry: ProviderEntry,
    /// The key.
    pub api_key: Secret,
    /// Proxy of this key.
    pub proxy: Proxy,
}

/// One `vertex-api-key` entry. Base URL without a version; it suits `project` unless the file says otherwise
/// (`providers.md` 7).
#[derive(Debug, Clone)]
pub struct VertexKey {
    /// The common part.
    pub entry: ProviderEntry,
    /// The key.
    pub api_key: Secret,
    /// Proxy of this key.
    pub proxy: Proxy,
    /// Models are asked for below this project; `None`: without one (express mode).
    pub project: Option<VertexProject>,
}

/// The `project` and `location` of a `vertex-api-key` entry. Each is one safe step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VertexProject {
    /// Id or number.
    pub project: String,
    /// `global` or a region, in lower case.
    pub location: String,
}

/// One `codex-api-key` entry: OpenAI's Responses API by key. Base URL up to and including `/v1`
/// (`providers.md` 3.1).
#[derive(Debug, Clone)]
pub struct CodexKey {
    /// The common part.
    pub entry: ProviderEntry,
    /// The key.
    pub api_key: Secret,
    /// Proxy of this key.
    pub proxy: Proxy,
}

/// One `openai-compatibility` entry.
#[derive(Debug, Clone)]
pub struct CompatibleProvider {
    /// The provider's name, unique in the file.
    pub name: String,
    /// The common part.
    pub entry: ProviderEntry,
    /// Keys, tried in order; never empty. A key may be absent for servers that need none.
    pub keys: Vec<CompatibleKey>,
    /// The server also speaks Responses.
    pub responses: bool,
    /// What this server deviates in.
    pub quirks: Quirks,
    /// Models accepted beside `models` when that is empty (`gpt-*` for OpenAI itself); `*` for servers unknown to us.
    pub accepts: Vec<Pattern>,
}

/// A key of an OpenAI-compatible provider.
#[derive(Debug, Clone)]
pub struct CompatibleKey {
    /// `None` sends no `Authorization` header.
    pub api_key: Option<Secret>,
    /// Proxy of this key.
    pub proxy: Proxy,
    /// Its share of the turns, like that of an entry.
    pub weight: i64,
}

/// Deviations of an OpenAI-compatible server, the `quirks` block of its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Ask for usage in streams with `stream_options.include_usage` (`true`); some servers refuse it.
    pub stream_options: bool,
    /// Which field carries the output limit; `Auto` decides by model name.
    pub max_tokens: MaxTokensField,
    /// The role `developer` is understood (`false`: sent as `system`).
    pub developer_role: bool,
    /// Image parts are accepted in `tool` messages.
    pub image_in_tool: bool,
    /// Claude's `cache_control` objects are accepted on parts and tools.
    pub cache_control: bool,
    /// Earlier reasoning is sent back as `reasoning_content` on assistant turns (DeepSeek, Kimi).
    pub replay_reasoning: bool,
    /// `reasoning_effort` is understood.
    pub reasoning_effort: bool,
}

/// The field for the output limit of a Chat upstream (`dialects.md` 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MaxTokensField {
    /// `max_completion_tokens` for OpenAI's own models, `max_tokens` elsewhere.
    #[default]
    Auto,
    /// Always `max_tokens`.
    MaxTokens,
    /// Always `max_completion_tokens`.
    MaxCompletionTokens,
}

impl CompatibleProvider {
    /// Whether the server speaks Responses for one of its models.
    #[must_use]
    pub fn speaks_responses(&self, model: &ModelEntry) -> bool {
        model.responses.unwrap_or(self.responses)
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            stream_options: true,
            max_tokens: MaxTokensField::Auto,
            developer_role: false,
            image_in_tool: false,
            cache_control: false,
            replay_reasoning: false,
            reasoning_effort: true,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_body: 64 << 20,
            response_body: 64 << 20,
            connections: 10_000,
        }
    }
}

impl Default for Streaming {
    fn default() -> Self {
        Self {
            keepalive: Some(Duration::from_secs(15)),
            bootstrap_retries: 1,
        }
    }
}

impl Default for ResponsesStore {
    fn default() -> Self {
        Self {
            max_entries: 1000,
            max_size: 64 << 20,
            ttl: Duration::from_secs(60 * 60),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            header: Duration::from_secs(30),
            body: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}
