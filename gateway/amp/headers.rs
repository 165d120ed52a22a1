//! What of a request, and of an answer, goes on between Amp's clients and Amp's own server.
//!
//! Nothing that lets anybody in here leaves: not under the names of keys, and not under any other name.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, COOKIE, FORWARDED, ORIGIN, PROXY_AUTHORIZATION, REFERER,
    SET_COOKIE, STRICT_TRANSPORT_SECURITY, USER_AGENT, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::Secret;

use crate::access::{Access, presented};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What lets people in, here or elsewhere.
const KEYS: [HeaderName; 8] = [
    AUTHORIZATION,
    PROXY_AUTHORIZATION,
    COOKIE,
    X_API_KEY,
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("x-management-key"),
    HeaderName::from_static("x-local-password"),
];
/// What tells of the machine, the program and the proxies in front of us.
const TRACES: [HeaderName; 11] = [
    FORWARDED,
    VIA,
    ORIGIN,
    REFERER,
    USER_AGENT,
    HeaderName::from_static("http-referer"),
    HeaderName::from_static("priority"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("x-amp-device-fingerprint"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-title"),
];
/// The same, by how the names begin.
const FAMILIES: [&str; 4] = ["cf-", "sec-", "x-forwarded-", "x-stainless-"];
/// What is for Amp's own address alone.
const OF_THEIRS: [HeaderName; 2] = [SET_COOKIE, STRICT_TRANSPORT_SECURITY];

/// The headers of a client for Amp's own server, and the key that lets it in there.
pub(super) fn to_amp(client: &HeaderMap, access: &Access, key: Option<&Secret>) -> HeaderMap {
    let stays = |name: &HeaderName, value: &HeaderValue| {
        let mut families = FAMILIES.iter();
        KEYS.contains(name)
            || TRACES.contains(name)
            || families.any(|family| name.as_str().starts_with(family))
            // It was taken off the body.
            || *name == CONTENT_ENCODING
            || holds_key(value, access)
    };
    let mut headers = HeaderMap::new();
    for (name, value) in client.iter().filter(|(name, value)| !stays(name, value)) {
        headers.append(name.clone(), value.clone());
    }
    let Some(key) = key else {
        return headers;
    };
    let bearer = format!("Bearer {}", key.expose());
    for (name, text) in [(X_API_KEY, key.expose()), (AUTHORIZATION, &bearer)] {
        let Ok(mut value) = HeaderValue::from_str(text) else {
            tracing::warn!("the key for Amp's server cannot be sent as a header; it is left out");
            break;
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers
}

/// Whether a word of a header is a key of ours.
fn holds_key(value: &HeaderValue, access: &Access) -> bool {
    let text = String::from_utf8_lossy(value.as_bytes());
    let mut words = text.split([' ', ',', ';', '=', '"']);
    words.any(|word| access.knows(word)) || access.knows(text.trim())
}

/// The query of a client for Amp's own server: what lets it in here is left out.
pub(super) fn query(client: &HeaderMap, query: Option<&str>, access: &Access) -> Option<String> {
    let query = query?;
    let key = presented(client, Some(query));
    let stays = |pair: &&str| {
        url::form_urlencoded::parse(pair.as_bytes()).any(|(name, value)| {
            let is_key = key.as_deref().is_some_and(|key| key == value);
            is_key || access.knows(&value) || access.knows(&name)
        })
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !stays(pair)).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The headers of an answer for the client: no other page may read it, and cookies are for Amp's own address.
pub(super) fn from_amp(mut headers: HeaderMap) -> HeaderMap {
    let shared: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in shared.iter().chain(&OF_THEIRS) {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use modelgate_config::model::ClientKey;

    use super::*;

    const KEY: &str = "mg-0123456789abcdef";

    fn access() -> Access {
        Access::new(&[ClientKey::new(KEY), ClientKey::new("mg-other")])
    }

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn no_key_leaves_under_any_name() {
        let bearer = format!("Bearer {KEY}");
        let odd = format!("token=\"{KEY}\"; a");
        let client = map(&[
            ("Authorization", &bearer),
            ("Proxy-Authorization", "Basic x"),
            ("Api-Key", "x"),
            ("X-Api-Key", KEY),
            ("X-Goog-Api-Key", "x"),
            ("X-Management-Key", "x"),
            ("Cookie", "session=1"),
            ("X-Custom", KEY),
            ("X-Custom-2", &bearer),
            ("X-Custom-3", &odd),
            ("X-Custom-4", "mg-other"),
            ("X-Kept", "mg-unknown"),
        ]);
        let sent = to_amp(&client, &access(), None);
        assert_eq!(names(&sent), ["x-kept"]);
    }

    #[test]
    fn the_key_for_there_is_sent_both_ways_and_shown_nowhere() {
        let client = map(&[("authorization", "Bearer x"), ("x-api-key", "y")]);
        let sent = to_amp(&client, &access(), Some(&Secret::from("sgamp-1")));
        assert_eq!(sent["authorization"], "Bearer sgamp-1");
        assert_eq!(sent["x-api-key"], "sgamp-1");
        assert_eq!(sent.len(), 2);
        assert!(!format!("{sent:?}").contains("sgamp"));
    }

    #[test]
    fn traces_of_machines_and_proxies_stay_here() {
        let client = map(&[
            ("user-agent", "amp/1"),
            ("x-amp-device-fingerprint", "f"),
            ("x-amp-client-application", "CLI"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=1.2.3.4"),
            ("via", "1.1 p"),
            ("x-real-ip", "1.2.3.4"),
            ("cf-connecting-ip", "1.2.3.4"),
            ("sec-ch-ua", "x"),
            ("sec-fetch-mode", "x"),
            ("x-stainless-os", "x"),
            ("referer", "http://localhost"),
            ("origin", "http://localhost"),
            ("content-encoding", "gzip"),
            ("content-type", "application/json"),
            ("accept", "*/*"),
        ]);
        let sent = to_amp(&client, &access(), None);
        let expected = ["accept", "content-type", "x-amp-client-application"];
        assert_eq!(names(&sent), expected);
    }

    #[test]
    fn keys_are_taken_out_of_queries() {
        let access = access();
        let ours = format!("a=1&key={KEY}&b");
        let escaped = format!("auth_token={}&getUserInfo", KEY.replace('-', "%2D"));
        let none = map(&[]);
        for (client, asked, expected) in [
            (&none, Some("getUserInfo"), Some("getUserInfo")),
            (&none, Some(&*ours), Some("a=1&b")),
            (&none, Some(&*escaped), Some("getUserInfo")),
            (&none, Some(KEY), None),
            (&none, Some("x=mg-other"), None),
            // Whatever is presented here is not for there, be it right or wrong.
            (&none, Some("key=wrong&c=%20"), Some("c=%20")),
            (
                &map(&[("x-api-key", "mine")]),
                Some("auth_token=mine&key=k"),
                Some("key=k"),
            ),
            (&none, None, None),
        ] {
            let kept = query(client, asked, &access);
            assert_eq!(kept.as_deref(), expected, "{asked:?}");
        }
    }

    #[test]
    fn no_other_page_reads_an_answer() {
        let answer = map(&[
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "*"),
            ("set-cookie", "a=b"),
            ("strict-transport-security", "max-age=1"),
            ("location", "/x"),
        ]);
        assert_eq!(names(&from_amp(answer)), ["location"]);
    }
}
