//! Providers that are configured by nothing but a key in the environment.

use url::{Host, Url};

use super::{CLAUDE_URL, GEMINI_URL, OPENAI_URL, entry};
use crate::environment::Environment;
use crate::error::Report;
use crate::model::{
    ClaudeAuth, ClaudeKey, CompatibleKey, CompatibleProvider, Config, GeminiKey, ProviderEntry,
    Proxy, Quirks, Server,
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
    responses: bool,
    developer_role: bool,
}

const CLAUDE_KEY: &str = "ANTHROPIC_API_KEY";
const CLAUDE_URL_VARIABLE: &str = "ANTHROPIC_BASE_URL";
const GEMINI_KEY: &str = "GEMINI_API_KEY";
/// The variable of Google's own clients.
const GEMINI_URL_VARIABLE: &str = "GOOGLE_GEMINI_BASE_URL";

const KNOWN: &[Known] = &[
    Known {
        name: "openai",
        key: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        url: OPENAI_URL,
        accepts: &["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
        responses: true,
        developer_role: true,
    },
    Known {
        name: "openrouter",
        key: "OPENROUTER_API_KEY",
        url_variable: "OPENROUTER_BASE_URL",
        url: "https://openrouter.ai/api/v1",
        accepts: &["*/*"],
        responses: false,
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
    config.claude.extend(claude(config, environment, report));
    config
        .gemini
        .extend(gemini(config, named, environment, report));
    for known in KNOWN {
        config
            .compatible
            .extend(compatible(known, named, environment, report));
    }
}

fn claude(config: &Config, environment: &Environment, report: &mut Report) -> Option<ClaudeKey> {
    let api_key = Secret::from(environment.get(CLAUDE_KEY)?);
    let base_url = base_url(
        CLAUDE_KEY,
        CLAUDE_URL_VARIABLE,
        CLAUDE_URL,
        environment,
        report,
    )?;
    let same = |known: &ClaudeKey| known.api_key == api_key && known.entry.base_url == base_url;
    (!config.claude.iter().any(same)).then(|| ClaudeKey {
        entry: entry::plain(CLAUDE_KEY, base_url),
        api_key,
        proxy: Proxy::Inherit,
        auth: ClaudeAuth::Auto,
    })
}

fn gemini(
    config: &Config,
    named: &[String],
    environment: &Environment,
    report: &mut Report,
) -> Option<GeminiKey> {
    let api_key = Secret::from(environment.get(GEMINI_KEY)?);
    // An entry of that name is how the file reaches Gemini: by its OpenAI-compatible address.
    if is_named("gemini", GEMINI_KEY, named, report) {
        return None;
    }
    let base_url = base_url(
        GEMINI_KEY,
        GEMINI_URL_VARIABLE,
        GEMINI_URL,
        environment,
        report,
    )?;
    let same = |known: &GeminiKey| known.api_key == api_key && known.entry.base_url == base_url;
    (!config.gemini.iter().any(same)).then(|| GeminiKey {
        entry: entry::plain(GEMINI_KEY, base_url),
        api_key,
        proxy: Proxy::Inherit,
    })
}

fn compatible(
    known: &Known,
    named: &[String],
    environment: &Environment,
    report: &mut Report,
) -> Option<CompatibleProvider> {
    let api_key = Secret::from(environment.get(known.key)?);
    if is_named(known.name, known.key, named, report) {
        return None;
    }
    let base_url = base_url(
        known.key,
        known.url_variable,
        known.url,
        environment,
        report,
    )?;
    Some(CompatibleProvider {
        name: known.name.to_owned(),
        entry: entry::plain(known.key, base_url),
        keys: vec![CompatibleKey {
            api_key: Some(api_key),
            proxy: Proxy::Inherit,
            weight: 1,
        }],
        responses: known.responses,
        quirks: Quirks {
            developer_role: known.developer_role,
            ..Quirks::default()
        },
        accepts: known
            .accepts
            .iter()
            .map(|pattern| Pattern::new(pattern))
            .collect(),
    })
}

/// Whether the file has an `openai-compatibility` entry of that name; then the variable is not used.
fn is_named(name: &str, variable: &str, named: &[String], report: &mut Report) -> bool {
    let taken = named.iter().any(|taken| taken.eq_ignore_ascii_case(name));
    if taken {
        let message = format!("not used, because the file has a provider named `{name}`");
        report.warning(Position::default(), variable, message, "");
    }
    taken
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
    config.gemini.retain(|gemini| keep(&gemini.entry));
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

fn url_variable(origin: &str) -> Option<&'static str> {
    match origin {
        CLAUDE_KEY => Some(CLAUDE_URL_VARIABLE),
        GEMINI_KEY => Some(GEMINI_URL_VARIABLE),
        _ => KNOWN
            .iter()
            .find(|known| known.key == origin)
            .map(|known| known.url_variable),
    }
}

/// Same port, and a host that is loopback, unspecified or the very address we bind.
pub(crate) fn points_at(url: &Url, server: &Server) -> bool {
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
