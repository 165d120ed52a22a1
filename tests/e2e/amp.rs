//! Amp's clients: what they ask of models ([`models`], [`there`]), and what they ask of Amp's own server ([`control`]), for
//! which a stand-in answers that lets nobody in but the owner.

mod control;
mod models;
mod there;

use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Gateway, KEY, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What lets the owner in at Amp's own server.
const OWNER: &str = "sgamp-key-of-the-owner-0123456789";
/// What is no header of a request that goes on: keys, and traces of machines, programs and proxies.
const STAYS: [&str; 9] = [
    "api-key",
    "x-goog-api-key",
    "cookie",
    "origin",
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "x-amp-device-fingerprint",
    "x-stainless-os",
];

/// A gateway, a provider behind it, and a stand-in for Amp's own server.
struct Scene {
    upstream: Upstream,
    amp: StandIn,
    gateway: Gateway,
    settings: Settings,
    /// Lets pieces of streams through.
    gate: Arc<Semaphore>,
}

impl Scene {
    /// With these lines in the `ampcode` block, beside the address and the owner's key.
    async fn start(dialect: Speaks, lines: &[&str]) -> Self {
        let upstream = Upstream::start().await;
        let gate = Arc::new(Semaphore::new(0));
        let gates = Arc::clone(&gate);
        let amp = StandIn::start(move |asked| answer(asked, &gates)).await;
        let provider = Settings::upstream(dialect, &upstream);
        let settings = provider.line(&block(&amp.url, lines));
        let gateway = settings.start().await;
        Self {
            upstream,
            amp,
            gateway,
            settings,
            gate,
        }
    }
}

impl Drop for Scene {
    /// Whatever a test was about: no key of ours went to Amp's own server.
    fn drop(&mut self) {
        for asked in self.amp.everything() {
            let seen = format!("{asked:?}");
            let leaked = seen.contains(KEY) || seen.contains("mg-");
            assert!(!leaked || std::thread::panicking(), "a key leaked: {seen}");
        }
    }
}

fn block(url: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("ampcode:\n  upstream-url: {url}\n  upstream-api-key: {OWNER}\n{lines}")
}

/// Amp's own server: strict about who comes and with what.
fn answer(asked: &Asked, gate: &Arc<Semaphore>) -> Said {
    let is_open = ["/auth", "/docs"]
        .iter()
        .any(|page| asked.path.starts_with(page));
    let bearer = asked
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let keys = (bearer, asked.header("x-api-key"));
    let known =
        matches!(keys, (Some(one), Some(other)) if one == other && one.starts_with("sgamp-"));
    let is_anybody = is_open && keys == (None, None);
    if !known && !is_anybody {
        return Said::json(
            401,
            &json!({"error": format!("nobody is let in with {keys:?}")}),
        );
    }
    let odd = STAYS.iter().find(|name| asked.header(name).is_some());
    if odd.is_some() || !asked.user_agent().starts_with("modelgate/") {
        return Said::json(
            400,
            &json!({"error": format!("unwanted: {odd:?} {}", asked.user_agent())}),
        );
    }
    match &*asked.path {
        "/api/internal?getUserInfo" => {
            Said::json(200, &json!({"ok": true, "result": {"id": "user_1"}}))
                .header("access-control-allow-origin", "*")
                .header("set-cookie", "session=1")
        }
        "/api/threads/events" => events(gate),
        "/api/user/packed" => {
            Said::bytes("application/json", packed(br#"{"packed":true}"#)).in_pieces(1)
        }
        "/auth/sign-in" => {
            Said::json(302, &json!({})).header("location", "https://elsewhere.example/")
        }
        path if asked.method == "POST" && path.starts_with("/api/provider/") => model(asked, gate),
        path => Said::json(
            200,
            &json!({"path": path, "method": asked.method, "body": asked.body.to_vec()}),
        ),
    }
}

/// A stream that goes on when it is let.
fn events(gate: &Arc<Semaphore>) -> Said {
    let text = b"data: {\"at\":1}\n\ndata: {\"at\":2}\n\ndata: {\"at\":3}\n\n".to_vec();
    let piece = text.len() / 3;
    Said::bytes("text/event-stream", text)
        .in_pieces(piece)
        .waiting_at(gate)
}

/// An answer of a model that Amp pays for.
fn model(asked: &Asked, gate: &Arc<Semaphore>) -> Said {
    let wants_stream = asked.json()["stream"] == true;
    match asked.json()["model"].as_str() {
        Some("no-credits") => Said::json(402, &json!({"error": "no credits"})),
        _ if wants_stream => events(gate),
        model => Said::json(200, &json!({"from": "amp", "model": model})),
    }
}

fn packed(text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
