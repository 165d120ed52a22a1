//! The settings under the names of the configuration file, without secrets.

use std::time::{Duration, SystemTime};

use modelgate_config::model::{
    ClaudeAuth, ClaudeKey, ClientKey, CompatibleProvider, Management, MaxTokensField, ModelEntry,
    Proof, ProviderEntry, Proxy, Quirks, RequestLogs, ResponsesStore, VertexKey,
};
use modelgate_config::payload::{Payload, PayloadModel, PayloadProtocol, PayloadRule, PayloadSet};
use modelgate_config::{Config, Secret};
use serde_json::{Map, Value, json};

/// All settings as one object.
pub(crate) fn settings(config: &Config) -> Value {
    let address = config.server.address;
    let tls = match &config.server.tls {
        Some(tls) => json!({ "enable": true, "cert": tls.cert, "key": tls.key }),
        None => json!({ "enable": false }),
    };
    let streaming = &config.streaming;
    let (limits, timeouts) = (&config.limits, &config.timeouts);
    json!({
        "host": address.ip().to_string(),
        "port": address.port(),
        "tls": tls,
        "api-keys": list(&config.client_keys, client_key),
        "remote-management": management(&config.management),
        "debug": config.debug,
        "logging-to-file": config.logs.to_file,
        "logs-dir": config.logs.directory,
        "logs-max-total-size-mb": config.logs.max_bytes.map_or(0, |bytes| bytes >> 20),
        "request-log": config.logs.requests == RequestLogs::All,
        "error-logs-max-files": config.logs.error_files.unwrap_or(0),
        "commercial-mode": config.logs.requests == RequestLogs::Off,
        "proxy-url": proxy(&config.proxy),
        "request-retry": config.request_retry,
        "auth-dir": config.auth_dir,
        "translation": if config.strict_translation { "strict" } else { "lenient" },
        "responses-store": responses_store(config.responses_store.as_ref()),
        "enable-gemini-cli-endpoint": config.gemini_cli_endpoint,
        "claude-api-key": list(&config.claude, claude),
        "gemini-api-key": list(&config.gemini, |k| Value::Object(key(&k.entry, &k.api_key, &k.proxy))),
        "vertex-api-key": list(&config.vertex, vertex),
        "codex-api-key": list(&config.codex, |k| Value::Object(key(&k.entry, &k.api_key, &k.proxy))),
        "openai-compatibility": list(&config.compatible, compatible),
        "payload": payload(&config.payload),
        "streaming": {
            "keepalive-seconds": streaming.keepalive.map_or(json!(0), seconds),
            "bootstrap-retries": streaming.bootstrap_retries,
        },
        "limits": {
            "request-body": limits.request_body,
            "response-body": limits.response_body,
            "connections": limits.connections,
        },
        "timeouts": {
            "connect": seconds(timeouts.connect),
            "first-byte": seconds(timeouts.first_byte),
            "idle": seconds(timeouts.idle),
            "header": seconds(timeouts.header),
            "body": seconds(timeouts.body),
            "drain": seconds(timeouts.drain),
        },
    })
}

fn list<T>(items: &[T], view: impl Fn(&T) -> Value) -> Value {
    items.iter().map(view).collect()
}

fn client_key(key: &ClientKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "models": list(&key.models, |pattern| json!(pattern.to_string())),
        "disabled": key.disabled,
        "expires": key.expires.map(moment),
    })
}

/// The keys of the environment are told with the one of the file, by their variables.
fn management(management: &Management) -> Value {
    let mut view = Map::new();
    view.insert("allow-remote".into(), json!(management.allow_remote));
    for key in &management.keys {
        let name = key.origin.rsplit('.').next().unwrap_or(key.origin);
        let (Proof::Plain(secret) | Proof::Bcrypt(secret)) = &key.proof;
        view.insert(name.to_owned(), json!(secret.mask()));
    }
    Value::Object(view)
}

/// A store that is off holds no entries.
fn responses_store(store: Option<&ResponsesStore>) -> Value {
    match store {
        Some(store) => json!({
            "max-entries": store.max_entries,
            "max-size-mb": store.max_size >> 20,
            "ttl": seconds(store.ttl),
        }),
        None => json!({ "max-entries": 0 }),
    }
}

/// What every entry has that is one key.
fn key(provider: &ProviderEntry, api_key: &Secret, own_proxy: &Proxy) -> Map<String, Value> {
    let mut view = entry(provider);
    view.insert("api-key".into(), json!(api_key.mask()));
    view.insert("proxy-url".into(), proxy(own_proxy));
    view
}

fn vertex(vertex: &VertexKey) -> Value {
    let mut view = key(&vertex.entry, &vertex.api_key, &vertex.proxy);
    if let Some(project) = &vertex.project {
        view.insert("project".into(), json!(project.project));
        view.insert("location".into(), json!(project.location));
    }
    Value::Object(view)
}

fn claude(claude: &ClaudeKey) -> Value {
    let mut view = key(&claude.entry, &claude.api_key, &claude.proxy);
    let auth = match claude.auth {
        ClaudeAuth::Auto => "auto",
        ClaudeAuth::ApiKey => "api-key",
        ClaudeAuth::Bearer => "bearer",
    };
    view.insert("auth-scheme".into(), json!(auth));
    Value::Object(view)
}

fn compatible(provider: &CompatibleProvider) -> Value {
    let mut view = Map::new();
    view.insert("name".into(), json!(provider.name));
    view.append(&mut entry(&provider.entry));
    let keys = list(&provider.keys, |key| {
        json!({
            "api-key": key.api_key.as_ref().map(|key| key.mask()),
            "proxy-url": proxy(&key.proxy),
        })
    });
    view.insert("api-key-entries".into(), keys);
    view.insert("responses".into(), json!(provider.responses));
    view.insert("quirks".into(), quirks(&provider.quirks));
    Value::Object(view)
}

fn entry(entry: &ProviderEntry) -> Map<String, Value> {
    let headers: Map<String, Value> = entry
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value.mask())))
        .collect();
    let mut view = Map::new();
    view.insert("from".into(), json!(entry.origin));
    view.insert("base-url".into(), json!(entry.base_url.as_str()));
    view.insert("prefix".into(), json!(entry.prefix));
    view.insert("priority".into(), json!(entry.priority));
    view.insert("models".into(), list(&entry.models, model));
    view.insert("fetch-models".into(), json!(entry.fetch_models));
    let excluded = list(&entry.excluded_models, |pattern| json!(pattern.to_string()));
    view.insert("excluded-models".into(), excluded);
    view.insert("headers".into(), Value::Object(headers));
    view
}

fn model(model: &ModelEntry) -> Value {
    let mut view = json!({ "name": model.name, "alias": model.alias });
    if let (Some(responses), Some(map)) = (model.responses, view.as_object_mut()) {
        map.insert("responses".into(), json!(responses));
    }
    view
}

/// The raw rules stand behind the others of their kind, as they are applied.
fn payload(payload: &Payload) -> Value {
    let sets = |rules: &[PayloadRule<PayloadSet>]| {
        list(rules, |rule| {
            let set = |set: &PayloadSet| (set.path.to_string(), json_value(set.value.as_str()));
            let params: Map<String, Value> = rule.params.iter().map(set).collect();
            json!({ "models": list(&rule.models, payload_model), "params": params })
        })
    };
    let filters = list(&payload.filters, |rule| {
        let params = list(&rule.params, |path| json!(path.to_string()));
        json!({ "models": list(&rule.models, payload_model), "params": params })
    });
    json!({
        "default": sets(&payload.defaults),
        "override": sets(&payload.overrides),
        "filter": filters,
    })
}

fn payload_model(model: &PayloadModel) -> Value {
    let protocol = model.protocol.map(|protocol| match protocol {
        PayloadProtocol::Chat => "openai",
        PayloadProtocol::Responses => "openai-response",
        PayloadProtocol::Claude => "claude",
        PayloadProtocol::Gemini => "gemini",
        PayloadProtocol::Unspoken => "none",
    });
    json!({ "name": model.name.to_string(), "protocol": protocol })
}

/// Was read as JSON before; what could not be is shown as text.
fn json_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn quirks(quirks: &Quirks) -> Value {
    let max_tokens = match quirks.max_tokens {
        MaxTokensField::Auto => "auto",
        MaxTokensField::MaxTokens => "max-tokens",
        MaxTokensField::MaxCompletionTokens => "max-completion-tokens",
    };
    json!({
        "stream-options": quirks.stream_options,
        "max-tokens": max_tokens,
        "developer-role": quirks.developer_role,
        "image-in-tool": quirks.image_in_tool,
        "cache-control": quirks.cache_control,
        "replay-reasoning": quirks.replay_reasoning,
        "reasoning-effort": quirks.reasoning_effort,
    })
}

fn proxy(proxy: &Proxy) -> Value {
    match proxy {
        Proxy::Inherit => json!(""),
        Proxy::Direct => json!("direct"),
        Proxy::Url(url) => json!(url.mask()),
    }
}

fn seconds(duration: Duration) -> Value {
    if duration.subsec_nanos() == 0 {
        json!(duration.as_secs())
    } else {
        json!(duration.as_secs_f64())
    }
}

fn moment(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
