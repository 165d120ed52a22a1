//! The clients of this machine: which are there, and whether the environment points them at the gateway as it should.

use std::env::split_paths;

use modelgate_config::keys::listed;
use modelgate_config::{Environment, key_digest, read_file};

use super::gateway::Running;
use super::report::{Area, Report};
use crate::clients::Client;
use crate::context::Context;

const HERE: Area = Area::Clients;

/// A variable with an address, the one with its key, and what belongs behind the port.
const ADDRESSES: [(&str, &str, &str); 5] = [
    ("OPENAI_BASE_URL", "OPENAI_API_KEY", "/v1"),
    ("OPENAI_API_BASE", "OPENAI_API_KEY", "/v1"),
    ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", ""),
    ("ANTHROPIC_API_BASE", "ANTHROPIC_API_KEY", ""),
    ("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY", ""),
];

pub(super) fn check(context: &Context, running: Option<&Running>, report: &mut Report) {
    let environment = &context.environment;
    let installed: Vec<&str> = Client::KNOWN
        .iter()
        .map(|client| client.program())
        .filter(|program| is_installed(environment, program))
        .collect();
    match &installed[..] {
        [] => report.note(HERE, "none of the known ones is on your PATH", None),
        [first, ..] => report.ok(
            HERE,
            format!(
                "{} can be started: modelgate launch {first}",
                installed.join(", ")
            ),
        ),
    }
    if let Some(running) = running {
        let digests = digests(running);
        let port = running.runtime.address.port();
        variables(environment, port, digests.as_deref(), report);
    }
}

fn is_installed(environment: &Environment, program: &str) -> bool {
    let path = environment.get("PATH").unwrap_or_default();
    split_paths(path).any(|directory| directory.join(program).is_file())
}

/// The digests of the keys that the gateway takes; none where that is not known.
fn digests(running: &Running) -> Option<Vec<[u8; 32]>> {
    let path = &running.runtime.config;
    let keys = listed(&read_file(path).ok()?, path).ok()?;
    Some(keys.iter().map(|key| key.entry.digest).collect())
}

/// What is wrong with variables that name the gateway at this port of this machine.
fn variables(
    environment: &Environment,
    port: u16,
    digests: Option<&[[u8; 32]]>,
    report: &mut Report,
) {
    for (address, key, behind) in ADDRESSES {
        let Some(rest) = environment
            .get(address)
            .and_then(|url| behind_port(url, port))
        else {
            continue;
        };
        if rest.trim_end_matches('/') != behind {
            report.warning(
                HERE,
                format!(
                    "{address} ends in `{rest}`, where programs expect `{behind}` behind the port"
                ),
                format!("export {address}=http://127.0.0.1:{port}{behind}"),
            );
        }
        let known = |key: &str| match digests {
            Some([]) | None => true,
            Some(digests) => digests.contains(&key_digest(key)),
        };
        let auth_token = environment.get("ANTHROPIC_AUTH_TOKEN");
        let auth_token = auth_token.filter(|_| key.starts_with("ANTHROPIC"));
        if !auth_token
            .or_else(|| environment.get(key))
            .is_some_and(known)
        {
            report.warning(
                HERE,
                format!("{address} names the gateway, and {key} is no client key of it"),
                "modelgate env prints lines that belong together",
            );
        }
    }
}

/// What stands behind the port of an address of this machine.
fn behind_port(url: &str, port: u16) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let hosts = ["127.0.0.1", "localhost", "[::1]"];
    let here = hosts
        .iter()
        .any(|host| authority == format!("{host}:{port}"));
    here.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Vec<String> {
        let environment = Environment::from_map(pairs.iter().copied());
        let mut report = Report::default();
        let digests = [key_digest("mg-key")];
        variables(&environment, 8317, Some(&digests), &mut report);
        report.checks.into_iter().map(|check| check.what).collect()
    }

    #[test]
    fn addresses_and_keys_belong_together() {
        for (pairs, expected) in [
            (&[][..], None),
            (&[("OPENAI_BASE_URL", "https://api.example.com/")], None),
            (
                &[
                    ("OPENAI_BASE_URL", "http://localhost:8317/v1/"),
                    ("OPENAI_API_KEY", "mg-key"),
                ],
                None,
            ),
            (
                &[
                    ("OPENAI_BASE_URL", "http://localhost:8317"),
                    ("OPENAI_API_KEY", "mg-key"),
                ],
                Some("OPENAI_BASE_URL ends in ``"),
            ),
            (
                &[
                    ("ANTHROPIC_BASE_URL", "http://127.0.0.1:8317/v1"),
                    ("ANTHROPIC_API_KEY", "mg-key"),
                ],
                Some("ANTHROPIC_BASE_URL ends in `/v1`"),
            ),
            (
                &[
                    ("ANTHROPIC_BASE_URL", "http://127.0.0.1:8317"),
                    ("ANTHROPIC_AUTH_TOKEN", "mg-key"),
                ],
                None,
            ),
            (
                &[
                    ("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:8317"),
                    ("GEMINI_API_KEY", "AIza"),
                ],
                Some("GEMINI_API_KEY is no client key"),
            ),
        ] {
            let told = told(pairs);
            match expected {
                None => assert!(told.is_empty(), "{told:?}"),
                Some(words) => {
                    assert!(told.len() == 1 && told[0].contains(words), "{told:?}");
                }
            }
        }
    }
}
