//! `modelgate keys`.

use std::path::Path;
use std::time::SystemTime;

use modelgate_config::model::ClientKey;
use modelgate_config::{Environment, parse};
use serde::Serialize;

use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::target::Target;

#[derive(Debug, Serialize)]
struct View {
    keys: Vec<KeyView>,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyView {
    pub(super) id: String,
    pub(super) name: Option<String>,
    models: Vec<String>,
    disabled: bool,
    expires: Option<String>,
}

pub(super) fn run(context: &mut Context, target: &Target) -> Result<(), CommandError> {
    let read = target.read()?;
    // The file counts alone: what the environment says of the gateway is not known here.
    let loaded = parse(
        read.text(),
        Path::new("config.yaml"),
        &Environment::default(),
    )?;
    let keys = loaded.config.client_keys;
    if context.output.is_json() {
        let keys = keys.iter().map(view).collect();
        return context.output.json(&View { keys });
    }
    if keys.is_empty() {
        context.output.note(
            "there are no client keys, so only programs on the gateway's own machine may call",
        );
        return Ok(());
    }
    context.output.data(&table(&keys, SystemTime::now()))
}

fn view(key: &ClientKey) -> KeyView {
    KeyView {
        id: key.id.clone(),
        name: key.name.clone(),
        models: key.models.iter().map(ToString::to_string).collect(),
        disabled: key.disabled,
        expires: key.expires.map(date),
    }
}

fn table(keys: &[ClientKey], now: SystemTime) -> String {
    let rows = keys.iter().map(|key| {
        let models = match &key.models[..] {
            [] => "all".to_owned(),
            models => {
                let models: Vec<String> = models.iter().map(ToString::to_string).collect();
                models.join(", ")
            }
        };
        [
            key.id.clone(),
            inert(key.name.as_deref().unwrap_or("-")).into_owned(),
            inert(&models).into_owned(),
            state(key, now),
        ]
    });
    columns(Some(["KEY", "NAME", "MODELS", "STATE"]), rows).trim_fmt()
}

fn state(key: &ClientKey, now: SystemTime) -> String {
    match key.expires {
        _ if key.disabled => "disabled".to_owned(),
        Some(end) if end <= now => format!("expired on {}", date(end)),
        Some(end) => format!("until {}", date(end)),
        None => "good".to_owned(),
    }
}

fn date(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => time.to_string(),
        Err(_) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn keys_are_listed_without_the_keys() {
        let text = "api-keys:\n  - mg-secret-secret\n  - {key: mg-secret-other, name: \"a\\eb\", models: ['gpt-*', x], expires: 2030-01-01}\n  - {key: mg-secret-third, disabled: true}\n";
        let loaded = parse(text, Path::new("c.yaml"), &Environment::default()).unwrap();
        let keys = loaded.config.client_keys;
        let at = |seconds| table(&keys, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let early = at(0);
        assert!(
            !early.contains("secret") && !early.contains('\u{1b}'),
            "{early}"
        );
        for word in [
            "all",
            "gpt-*, x",
            "good",
            "until 2030-01-01T00:00:00Z",
            "disabled",
        ] {
            assert!(early.contains(word), "{word}: {early}");
        }
        assert!(at(4_000_000_000).contains("expired on 2030-01-01"));
        let json = serde_json::to_value(view(&keys[1])).unwrap();
        let expected = serde_json::json!({"id": keys[1].id, "name": "a\u{1b}b", "models": ["gpt-*", "x"],
            "disabled": false, "expires": "2030-01-01T00:00:00Z"});
        assert_eq!(json, expected);
    }
}
