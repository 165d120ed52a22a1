//! `ampcode`, and the older keys that stood for it.

use std::collections::HashSet;

use regex::{Regex, RegexBuilder};

use crate::environment::Environment;
use crate::error::Report;
use crate::keys::key_digest;
use crate::model::{Ampcode, ClientKey, MappedName, ModelMapping};
use crate::secret::Secret;
use crate::tree::{Position, Value};
use crate::values;
use crate::view::View;

/// The variable of Amp's own clients, which people also point at this gateway.
const VARIABLE: &str = "AMP_API_KEY";
/// Where Amp's own program keeps its keys, below the home.
const KEPT_KEYS: &str = ".local/share/amp/secrets.json";

/// `clients`: the keys of this gateway, none of which may ever reach Amp's server.
pub(crate) fn read(
    root: &View,
    clients: &[ClientKey],
    environment: &Environment,
    report: &mut Report,
) -> Ampcode {
    let block = root.get("ampcode");
    let said = |name: &str| {
        let newer = block.get(name);
        match newer.node().map(|node| &node.value) {
            None | Some(Value::Null) => root.get(&format!("amp-{name}")),
            Some(_) => newer,
        }
    };
    let url = said("upstream-url");
    let text = url.filled();
    let upstream = text.and_then(|text| report.accept(&url, values::base_url(text)));
    let mut key = secret(&said("upstream-api-key"), clients, report);
    if key.is_none() && upstream.is_some() {
        key = variable(clients, environment, report);
    }
    let flag = |view: View, default: bool| view.bool().unwrap_or(default);
    let home = environment.home().filter(|_| upstream.is_some());
    Ampcode {
        upstream,
        key,
        kept_keys: home.map(|home| home.join(KEPT_KEYS)),
        keys_of_clients: keys_of_clients(&block.get("upstream-api-keys"), clients, report),
        local_only: flag(said("restrict-management-to-localhost"), true),
        mappings: mappings(&said("model-mappings"), report),
        mappings_first: flag(block.get("force-model-mappings"), false),
    }
}

/// A key for Amp's server. One that lets clients in here would be given away there.
fn secret(view: &View, clients: &[ClientKey], report: &mut Report) -> Option<Secret> {
    let text = view.filled()?;
    if is_ours(text, clients) {
        let message = "this key lets clients in here, and would be given to Amp's server";
        let hint = "write the key of your account at Amp";
        report.problem(view.at, &view.key, message, hint);
        return None;
    }
    Some(Secret::from(text))
}

/// Whoever points Amp at this gateway exports a key of this gateway under that name.
fn variable(
    clients: &[ClientKey],
    environment: &Environment,
    report: &mut Report,
) -> Option<Secret> {
    let text = environment.get(VARIABLE)?;
    if is_ours(text, clients) {
        let message = "not used for Amp's server, because it lets clients in here";
        let hint = "write the key of your account at Amp to `ampcode.upstream-api-key`";
        report.warning(Position::default(), VARIABLE, message, hint);
        return None;
    }
    Some(Secret::from(text))
}

fn is_ours(key: &str, clients: &[ClientKey]) -> bool {
    let digest = key_digest(key);
    clients.iter().any(|client| client.digest == digest)
}

fn keys_of_clients(
    list: &View,
    clients: &[ClientKey],
    report: &mut Report,
) -> Vec<([u8; 32], Secret)> {
    let mut keys = Vec::new();
    let mut seen = HashSet::new();
    for entry in list.items() {
        let upstream = entry.get("upstream-api-key");
        if upstream.filled().is_none() {
            let hint = "add `upstream-api-key:`, or remove it";
            report.warning(entry.at, &upstream.key, "this entry has no key", hint);
        }
        let Some(secret) = secret(&upstream, clients, report) else {
            continue;
        };
        let names = entry.get("api-keys");
        for name in names.items() {
            let Some(key) = name.filled() else { continue };
            let digest = key_digest(key);
            if !seen.insert(digest) {
                let message = "this client has a key above; that one counts";
                report.warning(name.at, &name.key, message, "remove one of the two");
                continue;
            }
            keys.push((digest, secret.clone()));
        }
    }
    keys
}

fn mappings(list: &View, report: &mut Report) -> Vec<ModelMapping> {
    let (mut exact, mut patterns) = (Vec::new(), Vec::new());
    for entry in list.items() {
        let (from, to) = (entry.get("from"), entry.get("to"));
        let (Some(name), Some(target)) = (from.filled(), to.filled()) else {
            let hint = "add `from:` and `to:`, or remove it";
            report.warning(entry.at, &entry.key, "this mapping is not whole", hint);
            continue;
        };
        let target = target.to_owned();
        if !entry.get("regex").bool().unwrap_or(false) {
            let from = MappedName::Exact(name.to_lowercase());
            exact.push(ModelMapping { from, to: target });
        } else if let Some(pattern) = pattern(&from, name, report) {
            let from = MappedName::Pattern(pattern);
            patterns.push(ModelMapping { from, to: target });
        }
    }
    exact.append(&mut patterns);
    exact
}

fn pattern(view: &View, text: &str, report: &mut Report) -> Option<Regex> {
    let built = RegexBuilder::new(text).case_insensitive(true).build();
    let told = built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
        let message = "this is no regular expression";
        report.problem(view.at, &view.key, message, reason);
    });
    told.ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{ConfigError, Loaded, Overrides, parse};

    const OURS: &str = "api-keys: [mg-ann, mg-bob, mg-carol]\n";

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        let environment = Environment::from_map(variables.iter().copied());
        let loaded = parse(&format!("{OURS}{text}"), Path::new("c.yaml"), &environment)?;
        loaded.resolve(&Overrides::default())
    }

    fn loaded(text: &str) -> Loaded {
        read(text, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        read(text, &[]).unwrap_err().to_string()
    }

    fn key(ampcode: &Ampcode, client: &str) -> Option<String> {
        let key = ampcode.key_of(Some(&ClientKey::new(client)));
        key.map(|key| key.expose().to_owned())
    }

    #[test]
    fn the_block_is_read_with_its_defaults() {
        let ampcode = loaded("").config.ampcode;
        assert!(ampcode.upstream.is_none() && ampcode.key.is_none());
        assert!(ampcode.local_only && !ampcode.mappings_first);
        let text = "ampcode:\n  upstream_url: https://ampcode.com/\n  upstream-api-key: ' sgamp-1 '\n  \
                    restrict-management-to-localhost: false\n  force-model-mappings: true\n";
        let ampcode = loaded(text).config.ampcode;
        let url = ampcode.upstream.as_ref().map(url::Url::as_str);
        assert_eq!(url, Some("https://ampcode.com/"));
        assert_eq!(key(&ampcode, "mg-ann").as_deref(), Some("sgamp-1"));
        assert!(!ampcode.local_only && ampcode.mappings_first);
    }

    #[test]
    fn older_names_count_where_the_block_says_nothing() {
        let older = "amp-upstream-url: https://old.example\namp-upstream-api-key: sgamp-old\n\
                     amp-restrict-management-to-localhost: false\namp-model-mappings: [{from: a, to: b}]\n";
        let ampcode = loaded(older).config.ampcode;
        assert_eq!(ampcode.upstream.unwrap().host_str(), Some("old.example"));
        assert!(!ampcode.local_only && ampcode.mappings.len() == 1);
        let newer = "ampcode: {upstream-url: 'https://new.example', upstream-api-key: , model-mappings: []}\n";
        let ampcode = loaded(&format!("{older}{newer}")).config.ampcode;
        assert_eq!(key(&ampcode, "mg-ann").as_deref(), Some("sgamp-old"));
        assert_eq!(ampcode.upstream.unwrap().host_str(), Some("new.example"));
        assert!(ampcode.mappings.is_empty());
    }

    #[test]
    fn a_clients_own_key_comes_before_that_of_all_and_that_of_the_environment() {
        let text = "ampcode:\n  upstream-url: https://ampcode.com\n  upstream-api-keys:\n    - {upstream-api-key: sgamp-a, api-keys: [mg-ann, ' ', mg-bob]}\n";
        let variables = [("AMP_API_KEY", "sgamp-env")];
        let ampcode = read(text, &variables).unwrap().config.ampcode;
        assert_eq!(key(&ampcode, "mg-bob").as_deref(), Some("sgamp-a"));
        assert_eq!(key(&ampcode, "mg-carol").as_deref(), Some("sgamp-env"));
        let anybody = ampcode.key_of(None).map(Secret::expose);
        assert_eq!(anybody, Some("sgamp-env"));
        let text = format!("{text}  upstream-api-key: sgamp-all\n");
        let ampcode = read(&text, &variables).unwrap().config.ampcode;
        assert_eq!(key(&ampcode, "mg-carol").as_deref(), Some("sgamp-all"));
    }

    #[test]
    fn amps_own_program_keeps_its_keys_in_the_home() {
        let home = [("HOME", "/home/me")];
        let kept = |text: &str, variables| read(text, variables).unwrap().config.ampcode.kept_keys;
        let text = "ampcode: {upstream-url: 'https://ampcode.com'}";
        let expected = Path::new("/home/me/.local/share/amp/secrets.json");
        assert_eq!(kept(text, &home).as_deref(), Some(expected));
        assert_eq!(kept(text, &[]), None);
        assert_eq!(kept("", &home), None);
    }

    #[test]
    fn a_key_of_this_gateway_is_never_meant_for_amps_server() {
        for text in [
            "ampcode: {upstream-api-key: mg-bob}",
            "ampcode: {upstream-api-keys: [{upstream-api-key: mg-bob, api-keys: [mg-ann]}]}",
            "amp-upstream-api-key: mg-bob",
        ] {
            let error = refused(text);
            assert!(error.contains("lets clients in here"), "{error}");
            assert!(!error.contains("mg-bob"), "{error}");
        }
        // Whoever points Amp here exports it for Amp.
        let text = "ampcode: {upstream-url: 'https://ampcode.com'}";
        let loaded = read(text, &[("AMP_API_KEY", "mg-ann")]).unwrap();
        assert!(loaded.config.ampcode.key.is_none());
        assert_eq!(loaded.warnings[0].key, "AMP_API_KEY");
        // Without a way to Amp's server, nothing is to be said of it.
        let loaded = read("", &[("AMP_API_KEY", "mg-ann")]).unwrap();
        assert!(loaded.warnings.is_empty());
    }

    #[test]
    fn exact_names_come_before_expressions_and_case_is_ignored() {
        let text = "ampcode:\n  model-mappings:\n    - {from: 'opus-\\d', to: by-pattern, regex: true}\n    \
                    - {from: Claude-OPUS-4, to: by-name}\n    - {from: ' ', to: x}\n    - {from: y}\n";
        let loaded = loaded(text);
        let warned: Vec<usize> = loaded.warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(warned, [6, 7]);
        let mappings = loaded.config.ampcode.mappings;
        let stands_in = |model: &str| {
            let all = mappings.iter().filter(|mapping| mapping.from.is(model));
            all.map(|mapping| &*mapping.to).collect::<Vec<_>>()
        };
        assert_eq!(stands_in("claude-opus-4"), ["by-name", "by-pattern"]);
        assert_eq!(stands_in("my-OPUS-4-1"), ["by-pattern"]);
        assert!(stands_in("opus").is_empty());
        let error = refused("ampcode: {model-mappings: [{from: 'a(', to: b, regex: true}]}");
        assert!(error.contains("no regular expression"), "{error}");
    }

    #[test]
    fn the_gateway_is_not_its_own_upstream() {
        for url in ["http://localhost:8317", "http://127.0.0.1:8317/"] {
            let error = refused(&format!("ampcode:\n  upstream-url: {url}\n"));
            assert!(error.contains("c.yaml:3:"), "{error}");
            assert!(error.contains("modelgate itself"), "{error}");
        }
        assert!(read("ampcode: {upstream-url: 'http://localhost:8318'}", &[]).is_ok());
        assert!(refused("ampcode: {upstream-url: ampcode.com}").contains("not a URL"));
    }
}
