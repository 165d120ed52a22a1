//! The control panel's files: who gets them, and with which headers.

use super::*;
use crate::management::panel;

fn page(state: &State, method: Method, path: &str, peer: &str, host: &str) -> (u16, HeaderMap) {
    let mut headers = HeaderMap::new();
    headers.insert("host", host.parse().unwrap());
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method,
        path: path.to_owned(),
        query: None,
        headers: Arc::new(headers),
        peer: Some(peer.parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    let file = panel::file(path).unwrap();
    let (parts, _) = panel::answer(state, &incoming, file).into_parts();
    (parts.status.as_u16(), parts.headers)
}

const HERE: (&str, &str) = ("127.0.0.1:5000", "localhost:8317");
const FAR: (&str, &str) = ("192.0.2.2:5000", "gw.example:8317");

#[tokio::test]
async fn every_file_comes_with_its_kind_and_what_browsers_must_not_do() {
    let state = state(FILE);
    for (path, kind) in [
        ("/management.html", "text/html; charset=utf-8"),
        ("/management/main.js", "text/javascript; charset=utf-8"),
        (
            "/management/views/logs.js",
            "text/javascript; charset=utf-8",
        ),
        ("/management/style.css", "text/css; charset=utf-8"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let (status, headers) = page(&state, method, path, HERE.0, HERE.1);
            assert_eq!(
                (status, headers["content-type"].to_str().unwrap()),
                (200, kind),
                "{path}"
            );
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self';"),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["x-frame-options"], "DENY");
            assert_eq!(headers["cache-control"], "no-store");
        }
        let (status, headers) = page(&state, Method::POST, path, HERE.0, HERE.1);
        assert_eq!((status, &headers["allow"]), (405, &"GET".parse().unwrap()));
    }
    for path in [
        "/management/",
        "/management/..",
        "/management/../panel.rs",
        "/management/no.js",
    ] {
        let (status, _) = page(&state, Method::GET, path, HERE.0, HERE.1);
        assert_eq!(status, 404, "{path}");
    }
}

#[tokio::test]
async fn nobody_gets_the_page_who_could_not_use_it() {
    let shown = |text: &str, (peer, host): (&str, &str)| {
        page(&state(text), Method::GET, panel::PATH, peer, host).0
    };
    let key = "remote-management: {secret-key: hush-hush}";
    let open = "remote-management: {secret-key: hush-hush, allow-remote: true}";
    let off = "remote-management: {secret-key: hush-hush, disable-control-panel: true}";
    for (text, from, expected) in [
        ("debug: true", HERE, 200),
        ("debug: true", FAR, 404),
        (key, HERE, 200),
        (key, FAR, 404),
        (key, (HERE.0, FAR.1), 404),
        (open, HERE, 200),
        (open, FAR, 200),
        (off, HERE, 404),
    ] {
        assert_eq!(shown(text, from), expected, "{text} {from:?}");
    }
}
