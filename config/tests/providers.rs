//! The lists of keys beside `claude-api-key`, and who speaks Responses.

use super::mistakes::check;
use super::{config, lines, read};
use crate::Secret;
use crate::model::{ModelEntry, ProviderEntry, Proxy, VertexProject};

/// The common parts of the one entry of each list of keys, with key and proxy.
fn key_lists(entry: &str) -> Vec<(&'static str, ProviderEntry, Secret, Proxy)> {
    let text = |list: &str| format!("{list}:\n{entry}");
    let (gemini, vertex) = (
        config(&text("gemini-api-key")).gemini.remove(0),
        config(&text("vertex-api-key")).vertex.remove(0),
    );
    let codex = config(&text("codex-api-key")).codex.remove(0);
    let claude = config(&text("claude-api-key")).claude.remove(0);
    vec![
        ("claude-api-key", claude.entry, claude.api_key, claude.proxy),
        ("gemini-api-key", gemini.entry, gemini.api_key, gemini.proxy),
        ("vertex-api-key", vertex.entry, vertex.api_key, vertex.proxy),
        ("codex-api-key", codex.entry, codex.api_key, codex.proxy),
    ]
}

#[test]
fn a_bare_entry_asks_the_vendor() {
    let urls = [
        "https://api.anthropic.com/",
        "https://generativelanguage.googleapis.com/",
        "https://aiplatform.googleapis.com/",
        "https://api.openai.com/v1",
    ];
    for ((list, entry, api_key, proxy), url) in
        key_lists("  - api-key: ' key '").into_iter().zip(urls)
    {
        assert_eq!(entry.origin, format!("{list}[0]"));
        assert_eq!(entry.base_url.as_str(), url);
        assert_eq!((api_key.expose(), proxy), ("key", Proxy::Inherit), "{list}");
        assert_eq!((entry.prefix, entry.priority), (None, 0), "{list}");
        assert!(
            entry.models.is_empty() && entry.headers.is_empty(),
            "{list}"
        );
        assert!(entry.excluded_models.is_empty(), "{list}");
    }
}

#[test]
fn every_list_of_keys_has_the_common_keys() {
    let text = "  - api-key: k
    base-url: https://h.test/api/
    proxy_url: direct
    headers: {X-Team: research}
    models: [{name: upstream, alias: mine}, {name: other}]
    excluded-models: ['*-preview']
    prefix: /team/
    priority: 7
";
    for (list, entry, api_key, proxy) in key_lists(text) {
        assert_eq!(entry.base_url.as_str(), "https://h.test/api", "{list}");
        assert_eq!((api_key.expose(), proxy), ("k", Proxy::Direct), "{list}");
        let header = ("X-Team".to_owned(), Secret::from("research"));
        assert_eq!(entry.headers, [header], "{list}");
        let models: Vec<_> = entry
            .models
            .iter()
            .map(|model| (model.name.as_str(), model.alias.as_str()))
            .collect();
        assert_eq!(models, [("upstream", "mine"), ("other", "other")], "{list}");
        assert!(entry.excluded_models[0].matches("x-preview"), "{list}");
        assert_eq!(
            (entry.prefix.as_deref(), entry.priority),
            (Some("team"), 7),
            "{list}"
        );
    }
}

#[test]
fn mistakes_of_every_list_of_keys() {
    for list in ["gemini-api-key", "vertex-api-key", "codex-api-key"] {
        let at = |key: &str| format!("{list}[0].{key}");
        let one = |rest: &str| format!("{list}:\n  - api-key: k\n    {rest}");
        let rows = [
            ("base-url: h.test", "3:15", "base-url", "not a URL"),
            ("base-url: https://u:p@h", "3:15", "base-url", "user name"),
            ("proxy-url: x", "3:16", "proxy-url", "not a proxy"),
            ("prefix: a/b", "3:13", "prefix", "one word"),
            ("priority: 3000000000", "3:15", "priority", "too large"),
            ("headers: {Host: x}", "3:15", "headers.Host", "belongs to"),
            ("models: [{alias: }]", "3:14", "models[0].name", "neither"),
            ("models: {name: x}", "3:13", "models", "must be a list"),
            ("excluded-models: x", "3:22", "excluded-models", "a list"),
            ("disabled: 2", "3:15", "disabled", "true or false"),
        ];
        for (rest, place, key, message) in rows {
            check(&one(rest), place, &at(key), message);
        }
        let bare = format!("{list}:\n  - prefix: a");
        check(&bare, "2:5", &at("api-key"), "no `api-key`");
        let typed = format!("{list}:\n  - api-key: [k]");
        check(&typed, "2:14", &at("api-key"), "must be a single value");
        // What is switched off is checked, but not used.
        check(
            &one("disabled: true\n    prefix: a/b"),
            "4:13",
            &at("prefix"),
            "one word",
        );
        let off = config(&one("disabled: true"));
        assert!(off.gemini.is_empty() && off.vertex.is_empty() && off.codex.is_empty());
    }
}

#[test]
fn hints_show_how_a_key_begins() {
    for (list, start) in [
        ("gemini-api-key", "AIza"),
        ("vertex-api-key", "AQ."),
        ("codex-api-key", "sk-"),
    ] {
        let error = read(&format!("{list}:\n  - {{}}")).unwrap_err().to_string();
        let hint = format!("(hint: add `api-key: {start}…`, or remove the entry)");
        assert!(error.ends_with(&hint), "{error}");
    }
}

#[test]
fn bare_gemini_keys_are_folded_in() {
    let config = config(
        "gemini-api-key: [{api-key: a, priority: 2}, {api-key: d, disabled: true}]
generative_language_api_key: [a, '', b, b, c]
",
    );
    let keys: Vec<_> = config
        .gemini
        .iter()
        .map(|key| (key.entry.origin.as_str(), key.api_key.expose()))
        .collect();
    assert_eq!(
        keys,
        [
            ("gemini-api-key[0]", "a"),
            ("generative-language-api-key[2]", "b"),
            ("generative-language-api-key[4]", "c")
        ]
    );
    assert_eq!(config.gemini[0].entry.priority, 2);
    check(
        "generative-language-api-key: k",
        "1:30",
        "generative-language-api-key",
        "must be a list",
    );
}

#[test]
fn a_vertex_project_has_a_place() {
    let rows = [
        ("project: p", "https://aiplatform.googleapis.com/", "global"),
        (
            "project: p, location: Global",
            "https://aiplatform.googleapis.com/",
            "global",
        ),
        (
            "project: p, location: europe-west4",
            "https://europe-west4-aiplatform.googleapis.com/",
            "europe-west4",
        ),
        (
            "project: p, location: europe-west4, base-url: 'https://h.test'",
            "https://h.test/",
            "europe-west4",
        ),
    ];
    for (text, url, location) in rows {
        let key = config(&format!("vertex-api-key: [{{api-key: k, {text}}}]"))
            .vertex
            .remove(0);
        assert_eq!(key.entry.base_url.as_str(), url, "{text}");
        let project = VertexProject {
            project: "p".to_owned(),
            location: location.to_owned(),
        };
        assert_eq!(key.project, Some(project), "{text}");
    }
    let one = |rest: &str| format!("vertex-api-key:\n- api-key: k\n  {rest}");
    assert_eq!(config(&one("project: ''")).vertex[0].project, None);
    let at = |key: &str| format!("vertex-api-key[0].{key}");
    check(
        &one("location: global"),
        "3:13",
        &at("location"),
        "only below a `project`",
    );
    check(
        &one("project: ../secret"),
        "3:12",
        &at("project"),
        "not the id of a project",
    );
    check(
        &one("project: p\n  location: us.central1"),
        "4:13",
        &at("location"),
        "not a location",
    );
}

#[test]
fn a_version_at_the_end_of_a_google_address_is_doubted() {
    for list in ["gemini-api-key", "vertex-api-key"] {
        for version in ["v1", "v1beta", "v1beta1/"] {
            let text = format!("{list}:\n- api-key: k\n  base-url: https://h.test/{version}");
            let warnings = read(&text).unwrap().warnings;
            let version = version.trim_end_matches('/');
            assert_eq!(
                lines(&warnings),
                [format!(
                    "modelgate.yaml:3:13: the version `{version}` is added to this address, so it would be there twice (hint: remove `/{version}` from its end)"
                )]
            );
        }
        config(&format!(
            "{list}: [{{api-key: k, base-url: 'https://h.test/v1/gemini'}}]"
        ));
    }
    config("codex-api-key: [{api-key: k, base-url: 'https://h.test/v1'}]");
}

#[test]
fn a_model_decides_for_itself_whether_it_speaks_responses() {
    let config = config(
        "openai-compatibility:
  - name: both
    base-url: http://h/v1
    responses: true
    models: [{name: a}, {name: b, responses: false}, {name: c, responses: yes}]
  - name: chat
    base-url: http://h/v1
    models: [{name: a}, {name: b, responses: false}, {name: c, responses: true}]
",
    );
    let (both, chat) = (&config.compatible[0], &config.compatible[1]);
    assert_eq!((both.responses, chat.responses), (true, false));
    let spoken = |provider: &crate::model::CompatibleProvider| -> Vec<bool> {
        let speaks = |model: &ModelEntry| provider.speaks_responses(model);
        provider.entry.models.iter().map(speaks).collect()
    };
    assert_eq!(spoken(both), [true, false, true]);
    assert_eq!(spoken(chat), [false, false, true]);
    let one =
        |rest: &str| format!("openai-compatibility:\n- name: n\n  base-url: http://h\n  {rest}");
    check(
        &one("responses: maybe"),
        "4:14",
        "openai-compatibility[0].responses",
        "must be true or false",
    );
    check(
        &one("models: [{name: m, responses: 1}]"),
        "4:33",
        "openai-compatibility[0].models[0].responses",
        "must be true or false",
    );
}

#[test]
fn new_keys_are_suggested() {
    let rows = [
        ("gemini-api-keys: []", "gemini-api-key"),
        ("vertex-key: []", "vertex-api-key"),
        ("translations: strict", "translation"),
        ("response-store: {}", "responses-store"),
        ("max-size-mb: 3", "responses-store.max-size-mb"),
        ("payload: {overide: []}", "override"),
        (
            "payload: {filter: [{models: [{name: x}], param: [a], params: [a]}]}",
            "params",
        ),
        (
            "payload: {filter: [{models: [{name: x, protokol: gemini}], params: [a]}]}",
            "protocol",
        ),
        ("vertex-api-key: [{api-key: k, projekt: p}]", "project"),
        (
            "openai-compatibility: [{name: n, base-url: 'http://h', response: true}]",
            "responses",
        ),
    ];
    for (text, suggested) in rows {
        let warnings = read(text)
            .unwrap_or_else(|error| panic!("{error}"))
            .warnings;
        assert_eq!(warnings.len(), 1, "{text}\n{warnings:?}");
        assert_eq!(
            warnings[0].hint,
            Some(format!("did you mean `{suggested}`?")),
            "{text}"
        );
    }
}

#[test]
fn keys_of_every_list_are_masked() {
    let secret = "Sup3rS3cretValue42";
    for list in ["gemini-api-key", "vertex-api-key", "codex-api-key"] {
        for text in [
            format!("{list}: [{{api-key: {secret}, headers: {{X-Key: {secret}}}}}]"),
            format!("{list}: [{secret}]"),
            format!("{list}: [{{api-key: [{secret}]}}]"),
            format!("{list}: [{{api-key: k, base-url: 'https://u:{secret}@h'}}]"),
            format!("{list}: [{{api-key: k, proxy-url: 'socks://u:{secret}@h'}}]"),
            format!("{list}: [{{api-key: k, {secret}: x}}]"),
            format!("generative-language-api-key: [{secret}]"),
            format!("generative-language-api-key: {secret}"),
        ] {
            let said = match read(&text) {
                Ok(loaded) => format!("{:?} {:?}", loaded.config, loaded.warnings),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains(secret), "{text}\n{said}");
        }
    }
}
