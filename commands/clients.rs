//! Programs that ask the gateway, and how each is pointed at it (`clients.md` 3).

mod settings;
mod stronger;

use std::path::Path;

use modelgate_config::{Environment, Secret};
use serde_json::{Value as Json, json};

use self::settings::File;
pub(crate) use self::stronger::stronger;
use crate::inert::inert_json;

/// The variable that carries our key where a client may be told its name.
const KEY: &str = "MODELGATE_KEY";
/// How the gateway is called in the settings of clients that have names for providers.
const NAME: &str = "modelgate";

/// How Gemini CLI calls a login with a key.
const GEMINI_LOGIN: &str = "gemini-api-key";

/// A program that asks the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Claude,
    Codex,
    Gemini,
    Opencode,
    Qwen,
    Aider,
    /// Anything else: it is told in the words of all SDKs.
    Other,
}

/// What a client is to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wiring<'w> {
    /// The gateway, without anything behind the port.
    pub(crate) url: &'w str,
    /// What the client presents.
    pub(crate) key: &'w Secret,
    /// The model it is to ask for; its own choice where there is none.
    pub(crate) model: Option<&'w str>,
    /// Every model of the gateway, for clients that want a list.
    pub(crate) models: &'w [String],
    /// Where a file of settings may be put for a client that reads them nowhere else.
    pub(crate) directory: &'w Path,
}

/// How a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) set: Vec<(&'static str, Value)>,
    /// What the client would prefer to the above.
    pub(crate) unset: &'static [&'static str],
    /// What the environment cannot say; in front of the client's own arguments.
    pub(crate) arguments: Vec<String>,
    /// A file that the variables name. It holds no secret.
    pub(crate) file: Option<File>,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Plain(String),
    Key(Secret),
}

impl Client {
    /// The clients that are known by name.
    pub(crate) const KNOWN: [Self; 6] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Opencode,
        Self::Qwen,
        Self::Aider,
    ];

    /// Which client a program is, by the name of its file.
    pub(crate) fn of(program: &str) -> Self {
        let name = Path::new(program).file_stem();
        let name = name.and_then(|name| name.to_str()).unwrap_or_default();
        let known = Self::KNOWN.into_iter();
        let mut known = known.filter(|client| client.program() == name);
        known.next().unwrap_or(Self::Other)
    }

    /// The name of its program; of others it is not known.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Opencode => "opencode",
            Self::Qwen => "qwen",
            Self::Aider => "aider",
            Self::Other => "",
        }
    }

    /// How it is installed.
    pub(crate) fn installation(self) -> Option<&'static str> {
        match self {
            Self::Claude => Some("npm install -g @anthropic-ai/claude-code"),
            Self::Codex => Some("npm install -g @openai/codex"),
            Self::Gemini => Some("npm install -g @google/gemini-cli"),
            Self::Opencode => Some("npm install -g opencode-ai"),
            Self::Qwen => Some("npm install -g @qwen-code/qwen-code"),
            Self::Aider => Some("python -m pip install aider-chat"),
            Self::Other => None,
        }
    }

    /// Whether it is told every model by name, because it offers no others.
    pub(crate) fn wants_models(self) -> bool {
        self == Self::Opencode
    }

    /// How it is told.
    pub(crate) fn setup(self, wiring: Wiring<'_>) -> Setup {
        match self {
            Self::Claude => claude(wiring),
            Self::Codex => codex(wiring),
            Self::Gemini => gemini(wiring),
            Self::Opencode => opencode(wiring),
            Self::Qwen => qwen(wiring),
            Self::Aider => aider(wiring),
            Self::Other => other(wiring),
        }
    }
}

impl Setup {
    /// The variables of this environment that the client does not see any more.
    pub(crate) fn replaced(&self, environment: &Environment) -> Vec<&'static str> {
        let other = |(name, value): &(&'static str, Value)| {
            let now = environment.get(name)?;
            (now != value.clear()).then_some(*name)
        };
        let set = self.set.iter().filter_map(other);
        let unset = self.unset.iter().copied();
        set.chain(unset.filter(|name| environment.get(name).is_some()))
            .collect()
    }
}

impl Value {
    /// What the client gets.
    pub(crate) fn clear(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Key(key) => key.expose(),
        }
    }

    /// The same, a key masked where eyes see it.
    pub(crate) fn shown(&self, masked: bool) -> String {
        match self {
            Self::Key(key) if masked => key.mask(),
            Self::Plain(_) | Self::Key(_) => self.clear().to_owned(),
        }
    }
}

fn plain(text: impl Into<String>) -> Value {
    Value::Plain(text.into())
}

impl Wiring<'_> {
    /// The address for clients that speak OpenAI's dialects.
    fn v1(&self) -> Value {
        plain(format!("{}/v1", self.url))
    }

    fn base(&self) -> Value {
        plain(self.url)
    }

    fn key(&self) -> Value {
        Value::Key(self.key.clone())
    }

    fn named_model(&self) -> Option<Value> {
        self.model.map(plain)
    }
}

/// `ANTHROPIC_AUTH_TOKEN` goes before every login and every other key, and nothing is asked about it.
fn claude(wiring: Wiring<'_>) -> Setup {
    let mut set = vec![
        ("ANTHROPIC_BASE_URL", wiring.base()),
        ("ANTHROPIC_AUTH_TOKEN", wiring.key()),
    ];
    if let Some(model) = wiring.model {
        set.push(("ANTHROPIC_MODEL", plain(model)));
        // Its helpers ask for models of Anthropic, which need not be there beside somebody else's.
        if !model.starts_with("claude") {
            for helper in [
                "ANTHROPIC_DEFAULT_OPUS_MODEL",
                "ANTHROPIC_DEFAULT_SONNET_MODEL",
                "ANTHROPIC_DEFAULT_HAIKU_MODEL",
            ] {
                set.push((helper, plain(model)));
            }
        }
    }
    Setup {
        set,
        unset: &[
            "ANTHROPIC_API_KEY",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_FOUNDRY",
            "CLAUDE_CODE_USE_VERTEX",
        ],
        arguments: Vec::new(),
        file: None,
    }
}

/// Takes providers from its settings only; an argument is a setting for one run.
fn codex(wiring: Wiring<'_>) -> Setup {
    let provider = |key: &str| format!("model_providers.{NAME}.{key}");
    let base = format!("{}/v1", wiring.url);
    let mut settings = vec![
        ("model_provider".to_owned(), NAME),
        (provider("name"), NAME),
        (provider("base_url"), &base),
        (provider("env_key"), KEY),
        (provider("wire_api"), "responses"),
    ];
    settings.extend(wiring.model.map(|model| ("model".to_owned(), model)));
    let argument = |(name, value): (String, &str)| {
        // A JSON string is a TOML string.
        ["-c".to_owned(), format!("{name}={}", json!(value))]
    };
    Setup {
        set: vec![(KEY, wiring.key())],
        unset: &["CODEX_API_KEY"],
        arguments: settings.into_iter().flat_map(argument).collect(),
        file: None,
    }
}

/// How it logs in is a setting, and it does not take a key together with an address unless that setting says so.
fn gemini(wiring: Wiring<'_>) -> Setup {
    let mut set = vec![
        ("GOOGLE_GEMINI_BASE_URL", wiring.base()),
        ("GEMINI_API_KEY", wiring.key()),
    ];
    set.extend(wiring.named_model().map(|model| ("GEMINI_MODEL", model)));
    let file = settings::of_gemini(wiring.directory);
    set.extend(file.as_ref().map(|file| {
        let path = file.path.to_string_lossy();
        ("GEMINI_CLI_SYSTEM_SETTINGS_PATH", plain(path))
    }));
    Setup {
        set,
        unset: &[
            "GOOGLE_API_KEY",
            "GOOGLE_GENAI_USE_GCA",
            "GOOGLE_GENAI_USE_VERTEXAI",
        ],
        arguments: Vec::new(),
        file,
    }
}

/// Its settings may stand in a variable, beside those of its files, and may name another for the key.
fn opencode(wiring: Wiring<'_>) -> Setup {
    let named = wiring.model.into_iter();
    let names = named.chain(wiring.models.iter().map(String::as_str));
    let models: serde_json::Map<String, Json> =
        names.map(|name| (name.to_owned(), json!({}))).collect();
    let mut settings = json!({
        "provider": { NAME: {
            "npm": "@ai-sdk/openai-compatible",
            "name": NAME,
            "options": {
                "baseURL": format!("{}/v1", wiring.url),
                "apiKey": format!("{{env:{KEY}}}"),
            },
            "models": models,
        }},
    });
    if let Some(model) = wiring.model {
        settings["model"] = json!(format!("{NAME}/{model}"));
    }
    Setup {
        set: vec![
            (KEY, wiring.key()),
            (
                "OPENCODE_CONFIG_CONTENT",
                plain(inert_json(&settings.to_string())),
            ),
        ],
        unset: &[],
        arguments: Vec::new(),
        file: None,
    }
}

fn qwen(wiring: Wiring<'_>) -> Setup {
    let mut set = vec![
        ("OPENAI_BASE_URL", wiring.v1()),
        ("OPENAI_API_KEY", wiring.key()),
    ];
    set.extend(wiring.named_model().map(|model| ("OPENAI_MODEL", model)));
    Setup {
        set,
        unset: &[],
        arguments: ["--auth-type", "openai"].map(str::to_owned).to_vec(),
        file: None,
    }
}

/// Without a model it takes one of whoever has a key, so nobody else may have one.
fn aider(wiring: Wiring<'_>) -> Setup {
    let mut set = vec![
        ("OPENAI_API_BASE", wiring.v1()),
        ("OPENAI_API_KEY", wiring.key()),
        ("ANTHROPIC_API_BASE", wiring.base()),
        ("ANTHROPIC_API_KEY", wiring.key()),
    ];
    let model = wiring.model.map(|model| format!("openai/{model}"));
    set.extend(model.map(|model| ("AIDER_MODEL", plain(model))));
    Setup {
        set,
        unset: &[
            "AIDER_ANTHROPIC_API_KEY",
            "AIDER_OPENAI_API_BASE",
            "AIDER_OPENAI_API_KEY",
            "DEEPSEEK_API_KEY",
            "GEMINI_API_KEY",
            "OPENROUTER_API_KEY",
        ],
        arguments: Vec::new(),
        file: None,
    }
}

/// What the SDKs of OpenAI, Anthropic and Google read. No variable of theirs names a model.
fn other(wiring: Wiring<'_>) -> Setup {
    Setup {
        set: vec![
            ("OPENAI_BASE_URL", wiring.v1()),
            ("OPENAI_API_BASE", wiring.v1()),
            ("OPENAI_API_KEY", wiring.key()),
            ("ANTHROPIC_BASE_URL", wiring.base()),
            ("ANTHROPIC_API_KEY", wiring.key()),
            ("GOOGLE_GEMINI_BASE_URL", wiring.base()),
            ("GEMINI_API_KEY", wiring.key()),
        ],
        unset: &[
            "ANTHROPIC_AUTH_TOKEN",
            "GOOGLE_API_KEY",
            "GOOGLE_GENAI_USE_VERTEXAI",
        ],
        arguments: Vec::new(),
        file: None,
    }
}

#[cfg(test)]
mod tests;
