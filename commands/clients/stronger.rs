//! Settings of a client that count more than its environment.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use modelgate_config::Environment;
use serde_json::Value as Json;

use super::{Client, GEMINI_LOGIN, Setup};
use crate::context::shown;
use crate::inert::inert;

/// Larger files are no settings.
const LARGEST: u64 = 1 << 20;

/// What keeps a client from being pointed at the gateway, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stronger {
    pub(crate) what: String,
    pub(crate) hint: String,
}

/// What the client's own files say against this set-up, as far as it is known where they are.
pub(crate) fn stronger(
    client: Client,
    setup: &Setup,
    environment: &Environment,
) -> Option<Stronger> {
    match client {
        Client::Claude => claude(setup, environment),
        Client::Gemini if setup.file.is_none() => gemini(environment),
        Client::Gemini => None,
        Client::Codex | Client::Opencode | Client::Qwen | Client::Aider | Client::Other => None,
    }
}

/// Its settings have an `env` of their own, which it puts over the real one.
fn claude(setup: &Setup, environment: &Environment) -> Option<Stronger> {
    let directory = match environment.get("CLAUDE_CONFIG_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => environment.home()?.join(".claude"),
    };
    let path = directory.join("settings.json");
    let settings = read(&path)?;
    let theirs = settings["env"].as_object()?;
    let ours = setup.set.iter().map(|(name, _)| *name);
    let ours = ours.chain(setup.unset.iter().copied());
    let names: Vec<&str> = ours.filter(|name| theirs.contains_key(*name)).collect();
    if names.is_empty() {
        return None;
    }
    Some(Stronger {
        what: format!("{} sets {}", shown(&path), names.join(", ")),
        hint: "take that out of its `env`, which counts more than the environment".to_owned(),
    })
}

/// How it logs in was chosen once, and stays so where nothing stronger may be said.
fn gemini(environment: &Environment) -> Option<Stronger> {
    let path = environment.home()?.join(".gemini/settings.json");
    let settings = read(&path)?;
    let now = settings["security"]["auth"]["selectedType"].as_str();
    let chosen = now.or_else(|| settings["selectedAuthType"].as_str())?;
    if chosen == GEMINI_LOGIN {
        return None;
    }
    Some(Stronger {
        what: format!("{} chooses the login `{}`", shown(&path), inert(chosen)),
        hint: "type /auth in it, and choose the Gemini API key".to_owned(),
    })
}

/// A file of settings; what is none counts as nothing said.
fn read(path: &Path) -> Option<Json> {
    let mut text = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::Secret;

    use super::*;
    use crate::clients::Wiring;

    fn told(client: Client, file: &str, text: &str) -> Option<Stronger> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())]);
        let mut setup = client.setup(Wiring {
            url: "http://127.0.0.1:8317",
            key: &Secret::from("mg-key"),
            model: None,
            models: &[],
            directory: home.path(),
        });
        setup.file = None;
        stronger(client, &setup, &environment)
    }

    #[test]
    fn the_environment_in_claudes_settings_is_stronger() {
        let file = ".claude/settings.json";
        let found = told(
            Client::Claude,
            file,
            r#"{"env": {"ANTHROPIC_API_KEY": "sk", "ANTHROPIC_BASE_URL": "https://x", "FOO": "1"}}"#,
        );
        let what = found.unwrap().what;
        assert!(
            what.ends_with("settings.json sets ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY"),
            "{what}"
        );
        for text in ["{}", "{\"env\": {\"FOO\": \"1\"}}", "no json", ""] {
            assert_eq!(told(Client::Claude, file, text), None, "{text}");
        }
    }

    #[test]
    fn the_login_that_gemini_has_chosen_stays() {
        let file = ".gemini/settings.json";
        for text in [
            r#"{"security": {"auth": {"selectedType": "oauth-personal"}}}"#,
            r#"{"selectedAuthType": "oauth-personal"}"#,
        ] {
            let what = told(Client::Gemini, file, text).unwrap().what;
            assert!(
                what.ends_with("chooses the login `oauth-personal`"),
                "{what}"
            );
        }
        let good = r#"{"security": {"auth": {"selectedType": "gemini-api-key"}}}"#;
        assert_eq!(told(Client::Gemini, file, good), None);
        assert_eq!(told(Client::Codex, file, "{}"), None);
    }
}
