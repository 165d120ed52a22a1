//! The gateway with a certificate of its own.

use crate::harness::wire::Wire;
use crate::harness::{Answer, Gateway, HELLO, Home, KEY, Launch, Settings, Speaks, ask};
use modelgate_test_upstream::Upstream;
use std::fs;
use std::time::Duration;

/// A gateway with a certificate made for it, in front of an upstream of this dialect.
async fn secured(dialect: Speaks, lines: &str) -> (Upstream, Gateway, reqwest::Certificate) {
    let upstream = Upstream::start().await;
    let home = Home::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(home.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(home.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let tls = format!(
        "tls: {{enable: true, cert: {}, key: {}}}",
        home.path("cert.pem").display(),
        home.path("key.pem").display()
    );
    let settings = Settings::upstream(dialect, &upstream);
    let config = home.path("modelgate.yaml");
    fs::write(&config, settings.line(&tls).line(lines).text()).unwrap();
    let launch = Launch::in_home(&home)
        .arg("--config")
        .arg(config.to_str().unwrap());
    let gateway = launch.start().await;
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    (upstream, gateway, trusted)
}

fn url(gateway: &Gateway, path: &str) -> String {
    format!("https://localhost:{}{path}", gateway.address.port())
}

/// A client that trusts this certificate only, and resolves `localhost` to where the gateway is.
fn client(
    gateway: &Gateway,
    trusted: &reqwest::Certificate,
    change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .tls_certs_only([trusted.clone()])
        .resolve("localhost", gateway.address);
    ask::client(change(builder))
}

#[tokio::test]
async fn https_offers_http2_and_http1() {
    let (_upstream, gateway, trusted) = secured(Speaks::Chat, "").await;
    assert!(
        gateway.started["url"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    for (client, version) in [
        (
            client(&gateway, &trusted, |builder| builder),
            http::Version::HTTP_2,
        ),
        (
            client(&gateway, &trusted, reqwest::ClientBuilder::http1_only),
            http::Version::HTTP_11,
        ),
    ] {
        for dialect in Speaks::BOTH {
            for stream in [false, true] {
                let body = dialect.question("up-text", stream).to_string();
                let post = || {
                    let request = client.post(url(&gateway, dialect.path()));
                    request.bearer_auth(KEY).body(body.clone())
                };
                assert_eq!(post().send().await.unwrap().version(), version);
                Answer::read(post()).await.expect_text(dialect, HELLO);
            }
        }
    }
}

#[tokio::test]
async fn plain_http_is_not_spoken_on_a_port_with_tls() {
    let (_upstream, gateway, _) = secured(Speaks::Chat, "").await;
    let mut wire = Wire::sending(&gateway, "GET / HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    wire.until_closed().await;
    assert!(!wire.has("modelgate"), "{}", wire.text());
}

#[tokio::test]
async fn a_client_that_does_not_greet_is_sent_away() {
    let (_upstream, gateway, _) = secured(Speaks::Chat, "timeouts: {header: 300ms}").await;
    for beginning in [&b""[..], b"\x16\x03\x01"] {
        let mut wire = Wire::sending(&gateway, beginning).await;
        let waited = wire.until_closed().await;
        assert!(waited < Duration::from_secs(3), "{waited:?}");
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_after_its_greeting_is_sent_away() {
    use tokio::io::AsyncReadExt as _;
    let (_upstream, gateway, trusted) = secured(Speaks::Chat, "timeouts: {header: 300ms}").await;
    // Makes sure that the cryptography of this process is chosen.
    drop(client(&gateway, &trusted, |builder| builder));
    let pem = fs::read(gateway.home.path("cert.pem")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    let certificate = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(&pem);
    roots.add(certificate.unwrap()).unwrap();
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let mut config = rustls::ClientConfig::builder()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        let stream = tokio::net::TcpStream::connect(gateway.address)
            .await
            .unwrap();
        let name = "localhost".try_into().unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        let mut rest = Vec::new();
        let closed = stream.read_to_end(&mut rest);
        let closed = tokio::time::timeout(Duration::from_secs(3), closed).await;
        assert!(
            closed.is_ok(),
            "{} stays open",
            String::from_utf8_lossy(protocol)
        );
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_wrong_configuration() {
    let home = Home::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(home.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(home.path("other.pem"), other.signing_key.serialize_pem()).unwrap();
    fs::write(home.path("empty.pem"), "").unwrap();
    for (cert, key) in [
        ("missing.pem", "other.pem"),
        ("empty.pem", "other.pem"),
        ("cert.pem", "empty.pem"),
        ("cert.pem", "other.pem"),
    ] {
        let config = home.path("modelgate.yaml");
        let text = format!(
            "tls: {{enable: true, cert: {}, key: {}}}\n",
            home.path(cert).display(),
            home.path(key).display()
        );
        fs::write(&config, text).unwrap();
        let launch = Launch::in_home(&home)
            .arg("--config")
            .arg(config.to_str().unwrap());
        let finished = launch.run(&["serve", "--port", "0"]).await;
        assert_eq!(finished.code, Some(2), "{cert} {key} {}", finished.stderr);
        assert!(finished.stderr.contains(".pem"), "{}", finished.stderr);
    }
}
