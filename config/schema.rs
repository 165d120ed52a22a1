//! Every key the file may have: its name, its shape and its meaning.
//!
//! The table drives the checks of `check.rs` and is the list of keys for a reader. Keys that no part
//! of the program reads yet are here too, so that an existing file loads without a warning.

/// What a value must look like. Null stands for "not set" everywhere.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Anything at all.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// One scalar: text, or a number that is read as text.
    Text,
    /// Text that lets somebody in; shown masked.
    Secret,
    /// A list of one shape.
    List(&'static Shape),
    /// A mapping with known keys.
    Map(&'static [Field]),
    /// A mapping whose keys are free.
    Table(&'static Shape),
    /// A scalar, which is a secret, or a mapping with known keys.
    SecretOrMap(&'static [Field]),
}

/// One known key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) shape: Shape,
}

use Shape::{Any, Bool, Integer, List, Map, Secret, SecretOrMap, Table, Text};

const fn field(key: &'static str, shape: Shape) -> Field {
    Field { key, shape }
}

const TEXTS: Shape = List(&Text);
const SECRETS: Shape = List(&Secret);
const HEADERS: Shape = Table(&Secret);

/// The keys of the file.
pub(crate) const ROOT: Shape = Map(&[
    // Server
    field("host", Text),    // address to bind; "" means all interfaces
    field("port", Integer), // 0 means any free port
    field("tls", Map(TLS)),
    field("limits", Map(LIMITS)),
    field("timeouts", Map(TIMEOUTS)),
    field("streaming", Map(STREAMING)),
    field("nonstream-keepalive-interval", Integer), // seconds between blank lines of a pending answer
    field("ws-auth", Bool),                         // client keys also guard the websocket
    field("remote-management", Map(REMOTE_MANAGEMENT)),
    field("pprof", Map(&[field("enable", Bool), field("addr", Text)])),
    field("commercial-mode", Bool), // leaves request logging out
    // Clients
    field("api-keys", List(&SecretOrMap(CLIENT_KEY))),
    field("auth", Map(&[field("providers", List(&Map(LEGACY_AUTH)))])), // older place of client keys
    // Accounts
    field("auth-dir", Text),
    field("incognito-browser", Bool), // logins open a private window
    field("auth-auto-refresh-workers", Integer),
    field("oauth", Map(OAUTH)),
    field("oauth-excluded-models", Table(&TEXTS)), // by provider
    field("oauth-model-alias", Table(&List(&Map(MODEL)))), // by channel
    field("oauth-model-mappings", Table(&List(&Map(MODEL)))), // older name of `oauth-model-alias`
    field(
        "oauth-request-scoped-errors",
        Table(&List(&Map(ERROR_RULE))),
    ),
    // Logs and records
    field("debug", Bool),
    field("logging-to-file", Bool),
    field("logs-dir", Text), // of log files; default: below the user's state directory
    field("logs-max-total-size-mb", Integer), // 0: no limit
    field("error-logs-max-files", Integer), // 0: no limit
    field("usage-statistics-enabled", Bool),
    field("ledger", Map(LEDGER)),
    field("redis-usage-queue-retention-seconds", Integer),
    field("request-log", Bool),
    // Routing
    field("proxy-url", Secret),
    field("request-retry", Integer), // extra rounds over all candidates
    field("max-retry-credentials", Integer), // credentials tried in a round; 0: all
    field("max-retry-interval", Integer), // seconds a request may wait for a cooling credential
    field("disable-cooling", Bool),
    field("save-cooldown-status", Bool), // cooldowns outlive the program
    field("transient-error-cooldown-seconds", Integer),
    field("quota-exceeded", Map(QUOTA_EXCEEDED)),
    field("routing", Map(ROUTING)),
    field("force-model-prefix", Bool), // models of prefixed entries only as `prefix/model`
    field("passthrough-headers", Bool), // upstream response headers reach the client
    field("translation", Text),        // `lenient` or `strict`: a loss of meaning is a 400
    field("responses-store", Map(RESPONSES_STORE)),
    field("payload", Map(PAYLOAD)),
    // Providers
    field("claude-api-key", List(&Map(PROVIDER_KEY))),
    field("openai-compatibility", List(&Map(COMPATIBLE))),
    field("gemini-api-key", List(&Map(PROVIDER_KEY))),
    field("codex-api-key", List(&Map(PROVIDER_KEY))),
    field("xai-api-key", List(&Map(PROVIDER_KEY))),
    field("vertex-api-key", List(&Map(PROVIDER_KEY))),
    field("interactions-api-key", List(&Map(PROVIDER_KEY))),
    field("generative-language-api-key", SECRETS), // older name of `gemini-api-key`
    field("kiro", List(&Map(KIRO))),
    field("kiro-preferred-endpoint", Text), // `ide` or `cli`
    field("ampcode", Map(AMPCODE)),
    field("amp-upstream-url", Text), // older place of `ampcode`, as are the next three
    field("amp-upstream-api-key", Secret),
    field("amp-restrict-management-to-localhost", Bool),
    field("amp-model-mappings", List(&Map(AMP_MODEL))),
    field("enable-gemini-cli-endpoint", Bool), // `/v1internal` without a client key
    field("claude-header-defaults", Table(&Any)),
    field("codex-header-defaults", Table(&Any)),
    field("antigravity-signature-cache-enabled", Bool),
    field("antigravity-signature-bypass-strict", Bool),
    field("disable-claude-cloak-mode", Bool),
    field(
        "claude-code",
        Map(&[field("disable-cloaking-model-list", Any)]),
    ),
    field("antigravity", Map(&[field("sensitive-words", TEXTS)])),
    field("xai", Map(&[field("inject-x-search", Any)])),
    field("codex", Table(&Any)),
    field("disable-image-generation", Text), // true, false, `chat` or `passthrough`
    field("gpt-image-2-base-model", Text),
    field("video-result-auth-cache-ttl", Text),
    // Clusters and plugins
    field("credential-concurrency", Any),
    field("credential-in-flight", Any),
    field("plugins", Any),
]);

const TLS: &[Field] = &[
    field("enable", Bool),
    field("cert", Text),
    field("key", Text),
];

const LIMITS: &[Field] = &[
    field("request-body", Text),  // largest request after decompression
    field("response-body", Text), // largest answer held in memory
    field("connections", Integer),
];

const TIMEOUTS: &[Field] = &[
    field("connect", Text),    // to the upstream
    field("first-byte", Text), // until the upstream answers
    field("idle", Text),       // longest silence of an upstream stream
    field("header", Text),     // for a client to send a request's head
    field("body", Text),       // for a client to send the next piece of a body
    field("drain", Text),      // for open requests to end at shutdown
];

const STREAMING: &[Field] = &[
    field("keepalive-seconds", Integer), // 0: never
    field("bootstrap-retries", Integer), // tries after a stream without any event
];

const REMOTE_MANAGEMENT: &[Field] = &[
    field("allow-remote", Bool),
    field("secret-key", Secret), // plain or bcrypt; empty: no remote management
    field("disable-control-panel", Bool),
    field("panel-github-repository", Text),
    field("disable-auto-update-panel", Bool),
];

const CLIENT_KEY: &[Field] = &[
    field("key", Secret),
    field("key-hash", Text), // `sha256:` and 64 hex digits, instead of `key`
    field("name", Text),
    field("models", TEXTS), // patterns; empty: all
    field("disabled", Bool),
    field("expires", Text), // refused from this date or moment on
];

const LEGACY_AUTH: &[Field] = &[
    field("name", Text),
    field("type", Text),
    field("sdk", Text),
    field("api-keys", SECRETS),
    field("config", Any),
];

/// The providers of `oauth.rs`.
const OAUTH: &[Field] = &[
    field("antigravity", Map(OAUTH_SERVICE)),
    field("claude", Map(OAUTH_SERVICE)),
    field("codex", Map(OAUTH_SERVICE)),
    field("codex-device", Map(OAUTH_SERVICE)), // with a code
    field("gemini", Map(OAUTH_SERVICE)),
    field("github-copilot", Map(OAUTH_SERVICE)),
    field("iflow", Map(OAUTH_SERVICE)),
    field("kimi", Map(OAUTH_SERVICE)),
    field("kiro", Map(OAUTH_SERVICE)),
    field("kiro-social", Map(OAUTH_SERVICE)), // accounts of Google and GitHub
    field("qwen", Map(OAUTH_SERVICE)),
    field("xai", Map(OAUTH_SERVICE)),
];

const OAUTH_SERVICE: &[Field] = &[
    field("authorize-url", Text), // where the person is sent
    field("token-url", Text),
    field("device-url", Text),    // where a login with a code begins
    field("discovery-url", Text), // where the provider says where logins go
    field("register-url", Text),  // where a program makes itself known
    field("start-url", Text),     // where somebody signs in, of an organisation or to type a code
    field("refresh-url", Text),   // where tokens are renewed, if elsewhere
    field("profile-url", Text),   // where the provider says whose a token is
    field("api-key-url", Text),   // where a key is given for a cookie
    field("api-url", Text),       // where the provider's models are asked
    field("first-url", Text),     // where they are asked first, if there are two such places
    field("projects-url", Text),  // where the projects of an account are listed
    field("services-url", Text),  // where a project says which services it has
    field("redirect-url", Text),  // where the browser comes back to
    field("client-id", Text),
    field("client-secret", Secret),
    field("scope", Text),
    field("originator", Text), // how the program calls itself where models are asked (`codex`)
];

const QUOTA_EXCEEDED: &[Field] = &[
    field("switch-project", Bool),
    field("switch-preview-model", Bool),
    field("antigravity-credits", Bool), // paid credits when the free ones are used up
];

const ROUTING: &[Field] = &[
    field("strategy", Text), // `round-robin`, `weighted-round-robin` or `fill-first`
    field("session-affinity", Bool),
    field("session-affinity-ttl", Text),
    field("max-cooldown", Text), // longest time a credential is barred
    field("fallbacks", Table(&TEXTS)), // other models by model
    field("claude-code-session-affinity", Bool), // older switch
];

const LEDGER: &[Field] = &[
    field("path", Text),
    field("keep-days", Integer),        // single requests; 0: for ever
    field("keep-sums-days", Integer),   // sums of hours and days; 0: for ever
    field("max-file-size-mb", Integer), // 0: no limit
    field("prices", Text),              // a file of prices that count before the built-in ones
];

const RESPONSES_STORE: &[Field] = &[
    field("max-entries", Integer), // 0: off
    field("max-size-mb", Integer), // 0: off
    field("ttl", Text),            // 0: off
];

const PAYLOAD: &[Field] = &[
    field("default", List(&Map(PAYLOAD_SET))), // sets what a request does not say
    field("default-raw", List(&Map(PAYLOAD_SET))), // the same with values as JSON text
    field("override", List(&Map(PAYLOAD_SET))), // sets whatever a request says
    field("override-raw", List(&Map(PAYLOAD_SET))),
    field("filter", List(&Map(PAYLOAD_FILTER))), // removes
];

const PAYLOAD_SET: &[Field] = &[
    field("models", List(&Map(PAYLOAD_MODEL))),
    field("params", Table(&Any)), // value by dotted path
];

const PAYLOAD_FILTER: &[Field] = &[
    field("models", List(&Map(PAYLOAD_MODEL))),
    field("params", TEXTS), // dotted paths
];

const PAYLOAD_MODEL: &[Field] = &[
    field("name", Text),     // pattern
    field("protocol", Text), // of the upstream; empty: any
    field("from-protocol", Any),
    field("headers", Any),
    field("match", Any),
    field("not-match", Any),
    field("exist", Any),
    field("not-exist", Any),
];

const MODEL: &[Field] = &[
    field("name", Text),      // the upstream's name
    field("alias", Text),     // the clients' name; repeated aliases form a pool
    field("responses", Bool), // openai-compatibility: stronger than that of the entry
    field("fork", Bool),      // keep the original name too
    field("display-name", Text),
    field("max-context-length", Integer),
    field("force-mapping", Bool),
    field("is-compat", Bool),
    field("thinking", Any),
    field("image", Any),
    field("input-modalities", Any),
    field("output-modalities", Any),
];

const ERROR_RULE: &[Field] = &[
    field("status", Any),
    field("match", Any),
    field("match-regexr", Any),
    field("action", Text),
];

/// One entry of `claude-api-key` and its siblings.
const PROVIDER_KEY: &[Field] = &[
    field("api-key", Secret),
    field("base-url", Text),
    field("proxy-url", Secret), // also `direct`
    field("prefix", Text),
    field("priority", Integer), // higher is tried first
    field("weight", Integer),
    field("disabled", Bool),
    field("models", List(&Map(MODEL))),
    field("fetch-models", Bool), // asks the provider for its list; default: where there are no `models`
    field("excluded-models", TEXTS),
    field("headers", HEADERS),
    field("auth-scheme", Text), // `auto`, `api-key` or `bearer`
    field("project", Text),     // vertex: asks below this project
    field("location", Text),    // vertex: the project's; default `global`
    field("cloak", Any),
    field("experimental-cch-signing", Any),
    field("rebuild-mid-system-message", Any),
    field("fingerprint-profile", Any),
    field("websockets", Bool),
    field("alpha-search", Any),
    field("disable-cooling", Bool),
    field("request-retry", Integer),
    field("request-scoped-errors", List(&Map(ERROR_RULE))),
];

const COMPATIBLE: &[Field] = &[
    field("name", Text), // unique
    field("base-url", Text),
    field("api-key-entries", List(&Map(COMPATIBLE_KEY))),
    field("api-keys", SECRETS), // older form of `api-key-entries`
    field("prefix", Text),
    field("priority", Integer),
    field("disabled", Bool),
    field("models", List(&Map(MODEL))),
    field("fetch-models", Bool), // asks the provider for its list; default: where there are no `models`
    field("excluded-models", TEXTS),
    field("headers", HEADERS),
    field("responses", Bool), // the server also speaks `/responses`
    field("quirks", Map(QUIRKS)),
    field("support-prompt-cache-key", Bool),
    field("disable-cooling", Bool),
    field("request-retry", Integer),
    field("request-scoped-errors", List(&Map(ERROR_RULE))),
];

const COMPATIBLE_KEY: &[Field] = &[
    field("api-key", Secret), // empty: no Authorization header
    field("proxy-url", Secret),
    field("weight", Integer),
];

const QUIRKS: &[Field] = &[
    field("stream-options", Bool), // asks for usage in streams
    field("max-tokens", Text),     // `auto`, `max-tokens` or `max-completion-tokens`
    field("developer-role", Bool),
    field("image-in-tool", Bool),
    field("cache-control", Bool),
    field("replay-reasoning", Bool),
    field("reasoning-effort", Bool),
];

const KIRO: &[Field] = &[
    field("token-file", Text),
    field("access-token", Secret),
    field("refresh-token", Secret),
    field("profile-arn", Text),
    field("region", Text),
    field("proxy-url", Secret),
    field("agent-task-type", Text),
    field("preferred-endpoint", Text),
];

const AMPCODE: &[Field] = &[
    field("upstream-url", Text),
    field("upstream-api-key", Secret),
    field("upstream-api-keys", List(&Map(AMP_KEY))),
    field("restrict-management-to-localhost", Bool),
    field("model-mappings", List(&Map(AMP_MODEL))),
    field("force-model-mappings", Bool),
];

const AMP_KEY: &[Field] = &[
    field("upstream-api-key", Secret),
    field("api-keys", SECRETS), // client keys it stands for
];

const AMP_MODEL: &[Field] = &[
    field("from", Text),
    field("to", Text),
    field("regex", Bool), // `from` is a regular expression
];

/// Kebab-case and snake_case name the same key.
pub(crate) fn same_key(written: &str, known: &str) -> bool {
    written.len() == known.len()
        && written
            .bytes()
            .zip(known.bytes())
            .all(|(w, k)| w == k || (w == b'_' && k == b'-'))
}

/// The known keys of a mapping of this shape; `None` when its keys are free.
pub(crate) fn fields(shape: &Shape) -> Option<&'static [Field]> {
    match shape {
        Map(fields) | SecretOrMap(fields) => Some(fields),
        _ => None,
    }
}
