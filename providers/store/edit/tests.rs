//! A change touches what it names and nothing else.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn edited(text: &str, change: impl FnOnce(&mut Edit)) -> Result<String, String> {
    let mut edit = Edit::new(Bytes::copy_from_slice(text.as_bytes())).unwrap();
    change(&mut edit);
    let text = edit.finish()?;
    Ok(String::from_utf8(text.to_vec()).unwrap())
}

#[track_caller]
fn check(text: &str, change: impl FnOnce(&mut Edit), expected: &str) {
    assert_eq!(edited(text, change).unwrap(), expected);
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// New tokens that last an hour.
fn renew(edit: &mut Edit) {
    let (access, refresh) = (Secret::from("A2"), Secret::from("R2"));
    let (expires, now) = (moment(1_767_326_645), moment(1_767_323_045));
    edit.set_tokens(&access, Some(&refresh), expires, now);
}

#[test]
fn the_rest_of_the_text_stays_to_the_byte() {
    let text = "{\n  \"type\" : \"claude\",\n\t\"disabled\": false , \"é\": [1.50, 2e3],\n  \"x\":{ }\n}\n";
    let expected = text.replace("false", "true");
    check(text, |edit| edit.set(&["disabled"], "true"), &expected);
}

#[test]
fn a_field_is_found_in_the_spelling_of_the_file() {
    check(
        r#"{"proxy-url":"a","requestRetry":1}"#,
        |edit| {
            edit.set_text(&["proxy_url"], "b\"");
            edit.set(&["request_retry"], "2");
            edit.set_text(&["note"], "new");
            edit.set_text(&["headers", "X-Team"], "t");
        },
        r#"{"proxy-url":"b\"","requestRetry":2,"note":"new","headers":{"X-Team":"t"}}"#,
    );
    check(
        r#"{"proxy-url":"a","headers":{"X-A":"1","XA":"2"}}"#,
        |edit| {
            edit.remove(&["proxyUrl"]);
            edit.remove(&["headers", "X-A"]);
            edit.remove(&["gone"]);
        },
        r#"{"headers":{"XA":"2"}}"#,
    );
}

#[test]
fn a_value_is_never_replaced_by_an_empty_one() {
    let text = r#"{"email":"me@example.com"}"#;
    for empty in ["\"\"", "null", "{}", "[]", " "] {
        check(text, |edit| edit.set(&["email"], empty), text);
    }
    check(text, |edit| edit.set_text(&["email"], ""), text);
}

#[test]
fn what_cannot_be_set_is_an_error() {
    assert!(edited(r#"{"a":1}"#, |edit| edit.set(&["a", "b"], "1")).is_err());
    assert!(edited(r#"{"a":1}"#, |edit| edit.set(&["a"], "}")).is_err());
}

#[test]
fn tokens_are_written_where_they_were_and_as_they_were_spelt() {
    check(
        r#"{"type":"claude","access_token":"A","refresh_token":"R","last_refresh":"","expired":"x","email":"e"}"#,
        renew,
        r#"{"type":"claude","access_token":"A2","refresh_token":"R2","last_refresh":"2026-01-02T03:04:05Z","expired":"2026-01-02T04:04:05Z","email":"e"}"#,
    );
    check(
        r#"{"type":"gemini","token":{"access_token":"A","refresh_token":"R","expiry":"x","scope":"s"}}"#,
        renew,
        r#"{"type":"gemini","token":{"access_token":"A2","refresh_token":"R2","expiry":"2026-01-02T04:04:05Z","scope":"s"},"last_refresh":"2026-01-02T03:04:05Z"}"#,
    );
    check(
        r#"{"type":"antigravity","access_token":"A","refresh_token":"R","expires_in":3599,"timestamp":1760000000000,"expired":"x","last_refresh":1760000000}"#,
        renew,
        r#"{"type":"antigravity","access_token":"A2","refresh_token":"R2","expires_in":3600,"timestamp":1767323045000,"expired":"2026-01-02T04:04:05Z","last_refresh":1767323045}"#,
    );
    check(
        r#"{"type":"kiro","accessToken":"A","refreshToken":"R","expiresAt":1760000000000,"lastRefresh":1}"#,
        renew,
        r#"{"type":"kiro","accessToken":"A2","refreshToken":"R2","expiresAt":1767326645000,"lastRefresh":1767323045}"#,
    );
    check(
        r#"{"type":"qwen","refresh_token":"R"}"#,
        renew,
        r#"{"type":"qwen","refresh_token":"R2","access_token":"A2","expired":"2026-01-02T04:04:05Z","last_refresh":"2026-01-02T03:04:05Z"}"#,
    );
}

#[test]
fn a_refresh_token_that_did_not_come_stays() {
    let change = |edit: &mut Edit| {
        edit.set_tokens(
            &Secret::from("A2"),
            None,
            moment(1_767_326_645),
            moment(1_767_323_045),
        );
    };
    let text = edited(r#"{"access_token":"A","refresh_token":"R"}"#, change).unwrap();
    assert!(text.contains(r#""refresh_token":"R""#), "{text}");
}
