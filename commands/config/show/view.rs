//! The settings under the names of the configuration file, without secrets.

use std::time::{Duration, SystemTime};

use modelgate_config::Config;
use modelgate_config::model::{
    ClaudeAuth, ClaudeKey, ClientKey, CompatibleProvider, MaxTokensField, ModelEntry,
    ProviderEntry, Proxy, Quirks,
};
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
        "debug": config.debug,
        "proxy-url": proxy(&config.proxy),
        "request-retry": config.request_retry,
        "auth-dir": config.auth_dir,
        "claude-api-key": list(&config.claude, claude),
        "openai-compatibility": list(&config.compatible, compatible),
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

fn claude(key: &ClaudeKey) -> Value {
    let mut view = entry(&key.entry);
    view.insert("api-key".into(), json!(key.api_key.mask()));
    view.insert("proxy-url".into(), proxy(&key.proxy));
    let auth = match key.auth {
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
    let excluded = list(&entry.excluded_models, |pattern| json!(pattern.to_string()));
    view.insert("excluded-models".into(), excluded);
    view.insert("headers".into(), Value::Object(headers));
    view
}

fn model(model: &ModelEntry) -> Value {
    json!({ "name": model.name, "alias": model.alias })
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
