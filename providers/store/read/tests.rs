//! What the files of the family mean.

use std::time::{Duration, UNIX_EPOCH};

use modelgate_config::model::Proxy;

use super::*;

fn read(json: &str) -> Result<Account, String> {
    let text = Bytes::copy_from_slice(json.as_bytes());
    account("a.json".into(), text, Stamp::default())
}

#[track_caller]
fn good(json: &str) -> Account {
    read(json).unwrap()
}

fn seconds(account: &Account) -> Option<u64> {
    let expires = account.tokens.expires?;
    Some(expires.duration_since(UNIX_EPOCH).unwrap().as_secs())
}

#[test]
fn every_kind_is_known_by_its_type() {
    for kind in AccountKind::ALL {
        assert_eq!(good(&format!(r#"{{"type":"{kind}"}}"#)).kind, kind);
    }
    assert_eq!(good(r#"{"type":"Claude"}"#).kind, AccountKind::Claude);
}

#[test]
fn files_that_are_no_accounts_say_why() {
    let rows = [
        ("{\n  \"type\": claude}", "line 2 column 11"),
        ("[]", "not a JSON object"),
        ("{}", "no `type`"),
        (r#"{"type":""}"#, "no `type`"),
        (r#"{"type":"myspace"}"#, "`myspace` are not known"),
        (r#"{"type":"claude","disabled":"no"}"#, "`disabled`"),
        (r#"{"type":"claude","priority":"high"}"#, "`priority`"),
        (r#"{"type":"claude","priority":99999999999}"#, "`priority`"),
        (r#"{"type":"claude","weight":-1}"#, "`weight`"),
        (r#"{"type":"claude","label":{}}"#, "`label`"),
        (r#"{"type":"claude","proxy_url":"ftp://x"}"#, "`proxy_url`"),
        (r#"{"type":"claude","base_url":"x"}"#, "`base_url`"),
        (r#"{"type":"claude","headers":[]}"#, "`headers`"),
        (r#"{"type":"claude","headers":{"a b":"c"}}"#, "`headers`"),
        (
            r#"{"type":"claude","excluded_models":[[]]}"#,
            "`excluded_models`",
        ),
        (r#"{"type":"claude","model_aliases":3}"#, "`model_aliases`"),
        (
            r#"{"type":"claude","request_scoped_errors":[{"status":500}]}"#,
            "`request_scoped_errors`: unknown action",
        ),
    ];
    for (json, expected) in rows {
        let reason = read(json).unwrap_err();
        assert!(reason.contains(expected), "{json}: {reason}");
    }
}

#[test]
fn settings_are_read_in_every_spelling() {
    let names = [
        (
            "proxy_url",
            "excluded_models",
            "disable_cooling",
            "request_retry",
        ),
        (
            "proxy-url",
            "excluded-models",
            "disable-cooling",
            "request-retry",
        ),
        (
            "proxyUrl",
            "excludedModels",
            "disableCooling",
            "requestRetry",
        ),
    ];
    for (proxy, excluded, cooling, retry) in names {
        let account = good(&format!(
            r#"{{"type":"codex","{proxy}":"socks5://p:1","{excluded}":["GPT-4*"," "],"{cooling}":true,"{retry}":2}}"#
        ));
        let settings = account.settings;
        assert_eq!(settings.proxy, Proxy::Url(Secret::from("socks5://p:1")));
        assert_eq!(settings.excluded_models, [Pattern::new("gpt-4*")]);
        assert_eq!(settings.disable_cooling, Some(true));
        assert_eq!(settings.request_retry, Some(2));
    }
}

#[test]
fn all_settings_are_read() {
    let account = good(
        r#"{"type":"xai","email":" me@example.com ","label":"work","disabled":"true","prefix":"/team/","priority":"7",
            "weight":3,"note":"n","headers":{"X-A":"1","X-B":"","X-N":5},"excluded_models":"a, b*,",
            "model_aliases":{"fast":"grok-mini"},"request_retry":-1,"base_url":"https://x.ai/v1/","project_id":"p,q"}"#,
    );
    let settings = account.settings;
    assert_eq!(settings.email.as_deref(), Some("me@example.com"));
    assert_eq!(settings.label.as_deref(), Some("work"));
    assert_eq!(settings.prefix.as_deref(), Some("team"));
    assert_eq!(settings.note.as_deref(), Some("n"));
    assert_eq!(settings.project_id.as_deref(), Some("p,q"));
    assert_eq!((settings.disabled, settings.priority), (true, 7));
    assert_eq!((settings.weight, settings.request_retry), (Some(3), None));
    let headers: Vec<_> = settings
        .headers
        .iter()
        .map(|(name, value)| (&**name, value.expose()))
        .collect();
    assert_eq!(headers, [("X-A", "1"), ("X-N", "5")]);
    assert_eq!(
        settings.excluded_models,
        [Pattern::new("a"), Pattern::new("b*")]
    );
    assert_eq!(settings.base_url.unwrap().as_str(), "https://x.ai/v1");
    let alias = &settings.model_aliases[0];
    assert_eq!((&*alias.name, &*alias.alias), ("grok-mini", "fast"));
    let listed = good(r#"{"type":"xai","model_aliases":[{"name":"grok-mini","alias":"fast"}]}"#);
    assert_eq!(listed.settings.model_aliases, settings.model_aliases);
}

#[test]
fn every_historical_spelling_of_the_expiry_is_read() {
    let rows = [
        r#""expired":"2026-01-02T03:04:05Z""#,
        r#""expire":"2026-01-02T03:04:05.000Z""#,
        r#""expires_at":1767323045"#,
        r#""expiresAt":"2026-01-02T11:04:05+08:00""#,
        r#""expiry":"2026-01-02 03:04:05""#,
        r#""expires":1767323045000"#,
        r#""token":{"expiry":"2026-01-02T03:04:05Z"}"#,
        r#""timestamp":1767319445000,"expires_in":3600"#,
        r#""token":{"timestamp":1767319445000,"expires_in":"3600"}"#,
        r#""expired":"","expires_at":1767323045"#,
        r#""access_token":"e30.eyJleHAiOjE3NjczMjMwNDV9.x""#,
        r#""expired":"0001-01-01T00:00:00Z","expires_at":1767323045"#,
    ];
    for row in rows {
        let account = good(&format!(r#"{{"type":"claude",{row}}}"#));
        assert_eq!(seconds(&account), Some(1_767_323_045), "{row}");
    }
    assert_eq!(
        seconds(&good(r#"{"type":"claude","expires_in":3600}"#)),
        None
    );
}

#[test]
fn tokens_are_read_from_every_shape() {
    let rows = [
        r#"{"type":"claude","access_token":"A","refresh_token":"R"}"#,
        r#"{"type":"kiro","accessToken":"A","refreshToken":"R"}"#,
        r#"{"type":"gemini","token":{"access_token":"A","refresh_token":"R"}}"#,
        r#"{"type":"gemini","access_token":"","token":{"access_token":"A","refresh_token":"R"}}"#,
    ];
    for json in rows {
        let tokens = good(json).tokens;
        assert_eq!(tokens.access.unwrap().expose(), "A", "{json}");
        assert_eq!(tokens.refresh.unwrap().expose(), "R", "{json}");
    }
    let account = good(r#"{"type":"claude","lastRefresh":"2026-01-02 03:04:05"}"#);
    let moment = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    assert_eq!(account.tokens.last_refresh, Some(moment));
}

#[test]
fn what_is_particular_to_a_kind_is_kept() {
    let account = good(
        r#"{"type":"gemini","access_token":"A","accountId":"acc","auto":true,"n":5,"empty":"","client_id":"outer",
            "token":{"access_token":"A","client_id":"inner","client_secret":"s"},"service_account":{"private_key":"k"}}"#,
    );
    let extra = |name: &str| account.extra(name).map(|value| value.expose().to_owned());
    assert_eq!(extra("account_id").as_deref(), Some("acc"));
    assert_eq!(extra("auto").as_deref(), Some("true"));
    assert_eq!(extra("n").as_deref(), Some("5"));
    assert_eq!(extra("client_id").as_deref(), Some("outer"));
    assert_eq!(extra("client_secret").as_deref(), Some("s"));
    for absent in ["empty", "service_account", "access_token", "type", "x"] {
        assert_eq!(extra(absent), None, "{absent}");
    }
    let key = account.extra_json("service_account").unwrap();
    assert_eq!(key.as_str(), r#"{"private_key":"k"}"#);
}

#[test]
fn nothing_secret_is_shown() {
    let account = good(
        r#"{"type":"iflow","access_token":"hush-1-hush-hush-hush","refresh_token":"hush-2-hush-hush-hush",
            "api_key":"hush-3-hush-hush-hush","headers":{"X-Key":"hush-4-hush-hush-hush"},
            "proxy_url":"http://u:hush-5-hush@proxy:1"}"#,
    );
    let shown = format!("{account:?}");
    for number in 1..=5 {
        assert!(!shown.contains(&format!("hush-{number}")), "{shown}");
    }
}
