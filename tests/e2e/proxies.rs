//! How providers are reached: through a proxy for all, through one's own, or through none.

use crate::harness::proxy::{Kind, Login, Proxy, Secured, Visit, Way};
use crate::harness::{Answer, Gateway, HELLO, KEY, Launch, Speaks};
use modelgate_test_upstream::Upstream;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;

const LOGIN: Login = Some(("ada", "p@ss:word"));
/// The same as it is written in an address.
const WRITTEN: &str = "ada:p%40ss%3Aword@";

/// A gateway with one provider for each pair of a base address and a `proxy-url`, asked in this order; the first line is
/// the proxy of all.
async fn gateway(global: &str, providers: &[(String, String)]) -> Gateway {
    Launch::with(&config(global, providers)).start().await
}

fn config(global: &str, providers: &[(String, String)]) -> String {
    let mut text = format!(
        "api-keys: [{KEY}]\nrouting: {{strategy: fill-first}}\nproxy-url: '{global}'\nopenai-compatibility:\n"
    );
    for (number, (url, proxy)) in providers.iter().enumerate() {
        writeln!(
            text,
            "  - name: p{number}\n    base-url: {url}/v1\n    models: [{{name: up-text}}]\n    api-key-entries: [{{api-key: sk-{number}, proxy-url: '{proxy}'}}]"
        )
        .unwrap();
    }
    text
}

async fn ask(gateway: &Gateway) {
    let answer = gateway.question(Speaks::Chat, "up-text", true).await;
    answer.expect_text(Speaks::Chat, HELLO);
}

fn port(upstream: &Upstream) -> u16 {
    let url = upstream.url();
    url.rsplit(':').next().unwrap().parse().unwrap()
}

/// The upstream under a name that this machine does not know, and nobody but the proxy.
fn hidden(upstream: &Upstream) -> String {
    format!("http://upstream.invalid:{}", port(upstream))
}

fn visit(way: Way, host: &str, upstream: &Upstream) -> Visit {
    let target = format!("{host}:{}", port(upstream));
    Visit { way, target }
}

/// Each scheme, with what the proxy is to see of a provider behind it.
fn schemes() -> [(Kind, &'static str, Way, &'static str); 3] {
    [
        (Kind::Http, "http", Way::Forward, "upstream.invalid"),
        (Kind::Socks5, "socks5h", Way::SocksName, "upstream.invalid"),
        (Kind::Socks5, "socks5", Way::SocksAddress, "localhost"),
    ]
}

#[tokio::test]
async fn the_proxy_of_all_and_one_of_its_own_are_used() {
    for (kind, scheme, way, host) in schemes() {
        for (login, written) in [(None, ""), (LOGIN, WRITTEN)] {
            let (upstream, proxy) = (Upstream::start().await, Proxy::start(kind, login).await);
            let url = format!("{scheme}://{written}{}", proxy.address);
            let base = format!("http://{host}:{}", port(&upstream));
            for (global, own) in [(&*url, ""), ("", &*url), ("http://127.0.0.1:9", &*url)] {
                let gateway = gateway(global, &[(base.clone(), own.to_owned())]).await;
                ask(&gateway).await;
                let seen = match way {
                    Way::SocksAddress => visit(way, "127.0.0.1", &upstream),
                    _ => visit(way, host, &upstream),
                };
                assert_eq!(proxy.visits(), [seen], "{scheme} {login:?}");
                assert!(!gateway.log().contains("p%40ss"), "{}", gateway.log());
            }
            assert_eq!(upstream.requests().len(), 3);
            let forwarded = upstream.last_request();
            assert_eq!(forwarded.header("authorization"), Some("Bearer sk-0"));
        }
    }
}

#[tokio::test]
async fn direct_is_past_the_proxy_of_all_and_past_the_environment() {
    let (upstream, proxy) = (
        Upstream::start().await,
        Proxy::start(Kind::Http, None).await,
    );
    let url = format!("http://{}", proxy.address);
    for word in ["direct", "none"] {
        let through = gateway(&url, &[(upstream.url(), word.to_owned())]).await;
        ask(&through).await;
        assert_eq!(proxy.visits(), []);
    }
    let text = |global: &str| config(global, &[(upstream.url(), String::new())]);
    for (global, visits) in [("", 1), ("direct", 0)] {
        let launch = Launch::with(&text(global)).env("HTTP_PROXY", &url);
        ask(&launch.start().await).await;
        assert_eq!(proxy.visits().len(), visits, "{global}");
    }
}

#[tokio::test]
async fn a_proxy_of_an_account_file_or_of_a_claude_key_is_used() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Kind::Socks5, LOGIN).await;
    let url = format!("socks5h://{WRITTEN}{}", proxy.address);
    let text = format!(
        "api-keys: [{KEY}]\nclaude-api-key:\n  - api-key: sk-a\n    base-url: {}\n    models: [{{name: up-text}}]\n    proxy-url: '{url}'\n",
        hidden(&upstream)
    );
    let gateway = Launch::with(&text).start().await;
    let answer = gateway.question(Speaks::Claude, "up-text", false).await;
    answer.expect_text(Speaks::Claude, HELLO);
    let seen = visit(Way::SocksName, "upstream.invalid", &upstream);
    assert_eq!(proxy.visits(), std::slice::from_ref(&seen));

    let launch = Launch::bare();
    let home = launch.home();
    let account = serde_json::json!({
        "type": "claude", "access_token": "sk-good", "expired": "2099-01-01T00:00:00Z",
        "base_url": hidden(&upstream), "proxy_url": url, "fetch_models": false,
        "model_aliases": [{"name": "up-text", "alias": "ada"}],
    });
    fs::create_dir_all(home.path("auth")).unwrap();
    fs::write(home.path("auth/claude-ada.json"), account.to_string()).unwrap();
    let text = format!(
        "api-keys: [{KEY}]\nauth-dir: {}\n",
        home.path("auth").display()
    );
    fs::write(home.path("modelgate.yaml"), text).unwrap();
    let path = home.path("modelgate.yaml");
    let launch = launch.arg("--config").arg(path.to_str().unwrap());
    let gateway = launch.start().await;
    let answer = gateway.question(Speaks::Claude, "ada", false).await;
    answer.expect_text(Speaks::Claude, HELLO);
    assert_eq!(proxy.visits(), [seen]);
}

#[tokio::test]
async fn a_proxy_that_is_down_is_named_and_another_credential_is_asked() {
    let upstream = Upstream::start().await;
    for (kind, scheme) in [
        (Kind::Http, "http"),
        (Kind::Socks5, "socks5"),
        (Kind::Socks5, "socks5h"),
    ] {
        let proxy = Proxy::start(kind, LOGIN).await;
        let address = proxy.address;
        drop(proxy);
        let url = format!("{scheme}://{WRITTEN}{address}");
        let named = format!("cannot reach p0 through the proxy {scheme}://{address}");
        let down = (upstream.url(), url);
        let lonely = gateway("", std::slice::from_ref(&down)).await;
        let refusal = lonely.question(Speaks::Chat, "up-text", false).await;
        let refusal = refusal.refusal(Speaks::Chat);
        assert_eq!(refusal.status, 502);
        assert!(refusal.message.contains(&named), "{}", refusal.message);
        let both = gateway("", &[down, (upstream.url(), String::new())]).await;
        ask(&both).await;
        for gateway in [lonely, both] {
            let log = gateway.log();
            assert!(log.contains(&named), "{log}");
            assert!(!log.contains("p%40ss") && !log.contains("p@ss"), "{log}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_wants_another_password_is_named_and_another_credential_is_asked() {
    let upstream = Upstream::start().await;
    for (kind, scheme) in [(Kind::Http, "http"), (Kind::Socks5, "socks5")] {
        for wrong in ["", "ada:wrong@"] {
            let proxy = Proxy::start(kind, LOGIN).await;
            let url = format!("{scheme}://{wrong}{}", proxy.address);
            let providers = [(upstream.url(), url), (upstream.url(), String::new())];
            let gateway = gateway("", &providers).await;
            ask(&gateway).await;
            let named = format!("through the proxy {scheme}://{}", proxy.address);
            assert!(gateway.log().contains(&named), "{}", gateway.log());
            assert_eq!(proxy.visits(), []);
            assert_eq!(
                upstream.last_request().header("authorization"),
                Some("Bearer sk-1")
            );
        }
    }
}

/// A file with the certificates that the gateway is to trust.
async fn trusting(text: &str, secured: &[&Secured]) -> Gateway {
    let launch = Launch::with(text);
    let pem: String = secured.iter().map(|secured| &*secured.pem).collect();
    let path = launch.home().path("trusted.pem");
    fs::write(&path, pem).unwrap();
    let launch = launch.env("SSL_CERT_FILE", path.to_str().unwrap());
    launch.start().await
}

#[tokio::test]
async fn a_provider_with_tls_is_reached_through_a_tunnel_that_the_proxy_cannot_look_into() {
    let upstream = Upstream::start().await;
    let target = SocketAddr::from(([127, 0, 0, 1], port(&upstream)));
    let secured = Secured::start(target).await;
    let base = format!("https://localhost:{}", secured.address.port());
    for (kind, scheme, way) in [
        (Kind::Http, "http", Way::Tunnel),
        (Kind::Socks5, "socks5h", Way::SocksName),
    ] {
        let proxy = Proxy::start(kind, LOGIN).await;
        let url = format!("{scheme}://{WRITTEN}{}", proxy.address);
        let text = config(&url, &[(base.clone(), String::new())]);
        let gateway = trusting(&text, &[&secured]).await;
        // A connection goes back to the pool a moment after its answer ends, which the next request may be ahead of.
        for _ in 0..5 {
            ask(&gateway).await;
        }
        let target = format!("localhost:{}", secured.address.port());
        let visits = proxy.visits();
        assert!(visits.len() < 5, "connections are used again: {visits:?}");
        let tunnel = Visit { way, target };
        assert!(visits.iter().all(|visit| *visit == tunnel), "{visits:?}");
        assert!(!visits.is_empty());
        let sent = upstream.last_request();
        assert_eq!(sent.header("authorization"), Some("Bearer sk-0"));
        assert_eq!(sent.header("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn a_proxy_can_have_tls_itself() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Kind::Http, LOGIN).await;
    let secured = Secured::start(proxy.address).await;
    let url = format!("https://{WRITTEN}localhost:{}", secured.address.port());
    let text = config(&url, &[(hidden(&upstream), String::new())]);
    let gateway = trusting(&text, &[&secured]).await;
    ask(&gateway).await;
    let seen = visit(Way::Forward, "upstream.invalid", &upstream);
    assert_eq!(proxy.visits(), [seen]);
    // Whose certificate nobody vouches for is not told the password.
    let doubtful = Launch::with(&text).start().await;
    let answer = Answer::read(doubtful.post(
        Speaks::Chat,
        Speaks::Chat.question("up-text", false).to_string(),
    ));
    let refusal = answer.await.refusal(Speaks::Chat);
    assert_eq!(refusal.status, 502);
    assert_eq!(proxy.visits(), []);
}

#[tokio::test]
async fn a_provider_that_speaks_http2_is_asked_in_it() {
    let upstream = Upstream::start().await;
    let provider = gateway("", &[(upstream.url(), String::new())]).await;
    let secured = Secured::speaking(&["h2"], provider.address).await;
    let base = format!("https://localhost:{}", secured.address.port());
    let text = config("", &[(base, String::new())]).replace("sk-0", KEY);
    let gateway = trusting(&text, &[&secured]).await;
    let asked = (0..20).map(|_| ask(&gateway));
    futures_util::future::join_all(asked).await;
    assert_eq!(upstream.requests().len(), 20);
}

/// A conversation whose long texts go on as they are spelt, in pieces.
fn conversation() -> serde_json::Value {
    let line = "\tlet größe = \"\\u00e9\"; // 😀\n";
    let turns = (0..199).map(|turn| {
        let role = ["user", "assistant"][turn % 2];
        let text = format!("{turn}:{}", line.repeat(turn * 3));
        serde_json::json!({"role": role, "content": text})
    });
    let turns: Vec<_> = turns.collect();
    serde_json::json!({"model": "up-text", "max_tokens": 64, "messages": turns})
}

#[tokio::test]
async fn a_long_conversation_arrives_whole_however_it_travels() {
    let upstream = Upstream::start().await;
    let plain = SocketAddr::from(([127, 0, 0, 1], port(&upstream)));
    let other = gateway("", &[(upstream.url(), String::new())]).await;
    let one = Secured::start(plain).await;
    let two = Secured::speaking(&["h2"], other.address).await;
    let secured = |at: &Secured| format!("https://localhost:{}", at.address.port());
    let body = conversation();
    for (base, key) in [
        (upstream.url(), "sk-0"),
        (secured(&one), "sk-0"),
        (secured(&two), KEY),
    ] {
        let text = config("", &[(base.clone(), String::new())]).replace("sk-0", key);
        let gateway = trusting(&text, &[&one, &two]).await;
        let answer = gateway.ask(Speaks::Claude, &body).await;
        answer.expect_text(Speaks::Claude, HELLO);
        let sent = upstream.last_request().json();
        assert_eq!(sent["messages"], body["messages"], "{base}");
    }
}
