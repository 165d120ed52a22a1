//! From the text of a file to a configuration.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::check;
use crate::environment::Environment;
use crate::error::{ConfigError, Problem, Report};
use crate::model::{
    Ampcode, Config, Limits, Management, Proxy, QuotaExceeded, ResponsesStore, Routing, Server,
    Streaming, Timeouts,
};
use crate::oauth::OAuth;
use crate::payload::Payload;
use crate::view::View;
use crate::{
    ampcode, channels, keys, ledger, logs, management, oauth, paths, payload, providers, routing,
    schema, server, tree,
};

/// A configuration and where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the file and the environment say.
    pub config: Config,
    /// What is probably not meant, in the order of the file.
    pub warnings: Vec<Problem>,
    /// The file; `None` when there is none.
    pub path: Option<PathBuf>,
    /// The text of the file.
    pub text: String,
    /// The environment it was read in; a reload reads in the same one.
    pub environment: Environment,
}

impl Loaded {
    /// A configuration without a file, for tests and for running on defaults.
    #[must_use]
    pub fn from_config(config: Config) -> Self {
        Self {
            config,
            warnings: Vec::new(),
            path: None,
            text: String::new(),
            environment: Environment::default(),
        }
    }
}

/// Reads a file. Apply [`Loaded::resolve`] before use.
pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, ConfigError> {
    let text = read(path)?;
    parse(&text, path, environment)
}

/// Reads the text of a file. `path` only names it in messages. Apply [`Loaded::resolve`] before use.
///
/// Every mistake is reported, not only the first. Touches neither disk nor network.
pub fn parse(text: &str, path: &Path, environment: &Environment) -> Result<Loaded, ConfigError> {
    let mut report = Report::new(path);
    let mut config = Config::default();
    if let Some(root) = tree::parse(text, &mut report) {
        check(&root, &schema::ROOT, &mut String::new(), &mut report);
        let root = View::root(&root);
        config = read_config(&root, environment, &mut report);
        let entries = root.get("openai-compatibility").items();
        let named: Vec<String> = entries
            .iter()
            .filter_map(|entry| entry.get("name").filled().map(str::to_owned))
            .collect();
        providers::environment::append(&mut config, &named, environment, &mut report);
    }
    let warnings = report.finish()?;
    Ok(Loaded {
        config,
        warnings,
        path: Some(path.to_owned()),
        text: text.to_owned(),
        environment: environment.clone(),
    })
}

/// The text of a file, or why it cannot be one. Never holds more than the largest accepted file in memory.
///
/// # Errors
/// When the file cannot be read, is too large or is no text. Whether it is a valid configuration is not asked.
pub fn read(path: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let invalid = |message: String| failed(io::Error::new(io::ErrorKind::InvalidData, message));
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > tree::LARGEST as u64 {
        return Err(invalid(tree::too_large(length)));
    }
    let mut bytes = Vec::new();
    file.take(tree::LARGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        invalid(format!(
            "line {line} is not UTF-8 text; save the file as UTF-8"
        ))
    })
}

fn read_config(root: &View, environment: &Environment, report: &mut Report) -> Config {
    let auth_dir = root.get("auth-dir");
    let number = |name: &str, most: u32, report: &mut Report| {
        server::count(&root.get(name), most, report).unwrap_or(0)
    };
    let client_keys = keys::read(root, report);
    Config {
        server: server::server(root, environment, report),
        ampcode: ampcode::read(root, &client_keys, environment, report),
        client_keys,
        management: management::read(&root.get("remote-management"), environment, report),
        debug: root.get("debug").bool().unwrap_or(false),
        proxy: server::proxy(&root.get("proxy-url"), report),
        request_retry: number("request-retry", server::MOST_ROUNDS, report),
        max_retry_credentials: number("max-retry-credentials", 1_000_000, report) as usize,
        max_retry_interval: Duration::from_secs(number("max-retry-interval", 3_600, report).into()),
        routing: routing::routing(root, report),
        force_model_prefix: root.get("force-model-prefix").bool().unwrap_or(false),
        quota_exceeded: routing::quota_exceeded(&root.get("quota-exceeded")),
        auth_dir: auth_dir.filled().map_or_else(
            || paths::default_auth_dir(environment),
            |path| environment.expand(path),
        ),
        state_dir: paths::state_dir(environment),
        ledger: ledger::read(root, environment, report),
        logs: logs::read(root, environment, report),
        oauth: oauth::read(root, environment, report),
        channels: channels::read(root, report),
        streaming: server::streaming(&root.get("streaming"), report),
        limits: server::limits(&root.get("limits"), report),
        timeouts: server::timeouts(&root.get("timeouts"), report),
        payload: payload::read(&root.get("payload"), report),
        strict_translation: server::strict_translation(&root.get("translation"), report),
        responses_store: server::responses_store(&root.get("responses-store"), report),
        gemini_cli_endpoint: root
            .get("enable-gemini-cli-endpoint")
            .bool()
            .unwrap_or(false),
        claude: providers::claude(&root.get("claude-api-key"), report),
        gemini: providers::gemini(
            &root.get("gemini-api-key"),
            &root.get("generative-language-api-key"),
            report,
        ),
        vertex: providers::vertex(&root.get("vertex-api-key"), report),
        codex: providers::codex(&root.get("codex-api-key"), report),
        compatible: providers::compatible(&root.get("openai-compatibility"), report),
    }
}

/// What an empty file means in an empty environment.
impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server {
                address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), server::DEFAULT_PORT),
                tls: None,
            },
            client_keys: Vec::new(),
            management: Management::default(),
            debug: false,
            proxy: Proxy::Inherit,
            request_retry: 0,
            max_retry_credentials: 0,
            max_retry_interval: Duration::ZERO,
            routing: Routing::default(),
            force_model_prefix: false,
            quota_exceeded: QuotaExceeded::default(),
            auth_dir: paths::default_auth_dir(&Environment::default()),
            state_dir: paths::state_dir(&Environment::default()),
            ledger: ledger::default(&Environment::default()),
            logs: logs::default(&Environment::default()),
            oauth: OAuth::default(),
            channels: Vec::new(),
            streaming: Streaming::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            payload: Payload::default(),
            strict_translation: false,
            responses_store: Some(ResponsesStore::default()),
            gemini_cli_endpoint: false,
            ampcode: Ampcode::default(),
            claude: Vec::new(),
            gemini: Vec::new(),
            vertex: Vec::new(),
            codex: Vec::new(),
            compatible: Vec::new(),
        }
    }
}
