//! Providers that are configured by nothing but a key in the environment.

use url::{Host, Url};

use super::CLAUDE_URL;
use crate::environment::Environment;
use crate::error::Report;
use crate::model::{
    ClaudeAuth, ClaudeKey, CompatibleKey, CompatibleProvider, Config, ProviderEntry, Proxy, Quirks,
    Server,
};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::tree::Position;
use crate::values;

/// An OpenAI-compatible server known by its variable.
struct Known {
    name: &'static str,
    key: &'static str,
    url_variable: &'static str,
    url: &'static str,
    accepts: &'static [&'static str],
    developer_role: bool,
}

const CLAUDE_KEY: &str = "ANTHROPIC_API_KEY";
const CLAUDE_URL_VARIABLE: &str = "ANTHROPIC_BASE_URL";

const KNOWN: &[Known] = &[
    Known {
        name: "openai",
        key: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        url: "https://api.openai.com/v1",
        accepts: &["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
        developer_role: true,
    },
    Known {
        name: "gemini",
        key: "GEMINI_API_KEY",
        url_variable: "GEMINI_OPENAI_BASE_URL",
        url: "https://generativelanguage.googleapis.com/v1beta/openai",
        accepts: &["gemini-*"],
        developer_role: false,
    },
    Known {
        name: "openrouter",
        key: "OPENROUTER_API_KEY",
        url_variable: "OPENROUTER_BASE_URL",
        url: "https://openrouter.ai/api/v1",
        accepts: &["*/*"],
        developer_role: false,
    },
];

/// Appends the providers of the environment to those of the file. What the file says wins; `named` are
/// the names it uses, those of disabled entries included.
pub(crate) fn append(
    config: &mut Config,
    named: &[String],
    environment: &Environment,
    report: &mut Report,
) {
    if let Some(key) = environment.get(CLAUDE_KEY) {
        let key = Secret::from(key);
        if let Some(base_url) = base_url(
            CLAUDE_KEY,
            CLAUDE_URL_VARIABLE,
            CLAUDE_URL,
            environment,
            report,
        ) && !config
            .claude
            .iter()
            .any(|known| known.api_key == key && known.entry.base_url == base_url)
        {
            let entry = provider_entry(CLAUDE_KEY, base_url);
            config.claude.push(ClaudeKey {
                entry,
                api_key: key,
                proxy: Proxy::Inherit,
                auth: ClaudeAuth::Auto,
            });
        }
    }
    for known in KNOWN {
        let Some(key) = environment.get(known.key) else {
            continue;
        };
        if named
            .iter()
            .any(|name| name.eq_ignore_ascii_case(known.name))
        {
            let message = format!(
                "not used, because the file has a provider named `{}`",
                known.name
            );
            report.warning(Position::default(), known.key, message, "");
            continue;
        }
        let Some(base_url) = base_url(
            known.key,
            known.url_variable,
            known.url,
            environment,
            report,
        ) else {
            continue;
        };
        config.compatible.push(CompatibleProvider {
            name: known.name.to_owned(),
            entry: provider_entry(known.key, base_url),
            keys: vec![CompatibleKey {
                api_key: Some(Secret::from(key)),
                proxy: Proxy::Inherit,
            }],
            quirks: Quirks {
                developer_role: known.developer_role,
                ..Quirks::default()
            },
            accepts: known
                .accepts
                .iter()
                .map(|pattern| Pattern::new(pattern))
                .collect(),
        });
    }
}

/// Leaves out providers of the environment whose base URL is this very gateway: people export
/// `ANTHROPIC_BASE_URL` to point their clients at it, and it must not call itself.
pub(crate) fn drop_own_address(config: &mut Config, report: &mut Report) {
    let server = config.server.clone();
    let mut keep = |entry: &ProviderEntry| {
        let Some(variable) = url_variable(&entry.origin) else {
            return true;
        };
        let own = points_at(&entry.base_url, &server);
        if own {
            let message = format!(
                "points at modelgate itself, so {} is not used as a provider",
                entry.origin
            );
            let hint =
                format!("start modelgate without {variable}, or add the provider to the file");
            report.warning(Position::default(), variable, message, hint);
        }
        !own
    };
    config.claude.retain(|claude| keep(&claude.entry));
    config.compatible.retain(|provider| keep(&provider.entry));
}

/// A wrong address in the environment may be meant for another program: it costs the provider, not the start.
fn base_url(
    key: &str,
    variable: &str,
    default: &str,
    environment: &Environment,
    report: &mut Report,
) -> Option<Url> {
    match values::base_url(environment.get(variable).unwrap_or(default)) {
        Ok(url) => Some(url),
        Err(complaint) => {
            let message = format!("{}, so {key} is not used", complaint.message);
            report.warning(Position::default(), variable, message, complaint.hint);
            None
        }
    }
}

fn provider_entry(origin: &str, base_url: Url) -> ProviderEntry {
    ProviderEntry {
        origin: origin.to_owned(),
        base_url,
        prefix: None,
        priority: 0,
        models: Vec::new(),
        excluded_models: Vec::new(),
        headers: Vec::new(),
    }
}

fn url_variable(origin: &str) -> Option<&'static str> {
    if origin == CLAUDE_KEY {
        return Some(CLAUDE_URL_VARIABLE);
    }
    KNOWN
        .iter()
        .find(|known| known.key == origin)
        .map(|known| known.url_variable)
}

/// Same port, and a host that is loopback, unspecified or the very address we bind.
fn points_at(url: &Url, server: &Server) -> bool {
    let bound = server.address.ip();
    let own = |address: std::net::IpAddr| {
        address.is_loopback() || address.is_unspecified() || address == bound
    };
    let own_host = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => own(address.into()),
        Some(Host::Ipv6(address)) => own(address.into()),
        None => false,
    };
    own_host && url.port_or_known_default() == Some(server.address.port())
}
