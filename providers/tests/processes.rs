//! The store and the refresh machine with real files, a real token endpoint and real processes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use modelgate_config::model::Proxy;
use modelgate_providers::oauth::{Encoding, TokenEndpoint};
use modelgate_providers::refresh::{Exchange, Refresher};
use modelgate_providers::{Accounts, Clients};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CONNECT: Duration = Duration::from_secs(5);

/// Where the child finds the endpoint and the directory.
const URL: &str = "MODELGATE_TEST_TOKEN_URL";
const DIRECTORY: &str = "MODELGATE_TEST_AUTH_DIR";

/// An account whose token has ended; every secret of it says `hush`.
const EXPIRED: &str = r#"{"type":"claude","access_token":"hush-access-0-hush","refresh_token":"hush-refresh-0-hush",
    "api_key":"hush-key-hush-hush","expired":"2020-01-01T00:00:00Z"}"#;

/// A token endpoint that lets every request wait a moment, and grants `hush-access-1`, `hush-access-2` and so on, or gives
/// one refusal over and over.
async fn endpoint(refusal: Option<&'static str>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::spawn(async move {
                // All of these requests fit in one piece.
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.unwrap();
                tokio::time::sleep(Duration::from_millis(300)).await;
                let body = format!(
                    r#"{{"access_token":"hush-access-{number}-hush","refresh_token":"hush-refresh-{number}-hush","expires_in":3600}}"#
                );
                let (status, body) = match refusal {
                    Some(refusal) => ("400 Bad Request", refusal),
                    None => ("200 OK", &*body),
                };
                let length = body.len();
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    (url, calls)
}

fn token_endpoint(url: &str) -> TokenEndpoint {
    TokenEndpoint {
        url: url.parse().unwrap(),
        encoding: Encoding::Json,
        client_id: "client".into(),
        client_secret: None,
        scope: None,
    }
}

/// A machine as the gateway has it.
fn refresher(directory: &Path, url: &str) -> Refresher {
    let endpoint = Arc::new(token_endpoint(url));
    let clients = Arc::new(Clients::default());
    let exchange: Exchange = Arc::new(move |account| {
        let (endpoint, clients) = (Arc::clone(&endpoint), Arc::clone(&clients));
        async move {
            endpoint
                .refresh(&clients, &Proxy::Direct, CONNECT, &account)
                .await
        }
        .boxed()
    });
    Refresher::new(Accounts::open(directory).unwrap(), exchange)
}

async fn fifty(refresher: &Refresher) -> Vec<String> {
    let requests = (0..50).map(|_| async {
        let token = refresher.token("a.json").await.unwrap();
        token.access.expose().to_owned()
    });
    join_all(requests).await
}

/// The child of the next test.
#[tokio::test]
#[ignore = "is run in processes of its own"]
async fn a_process_with_fifty_requests() {
    let (Ok(url), Ok(directory)) = (std::env::var(URL), std::env::var(DIRECTORY)) else {
        return;
    };
    let tokens = fifty(&refresher(Path::new(&directory), &url)).await;
    assert!(
        tokens.iter().all(|token| token == "hush-access-1-hush"),
        "{tokens:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_with_fifty_requests_each_make_one_call() {
    let directory = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(directory.path()).unwrap();
    accounts.add("a.json", EXPIRED.as_bytes()).unwrap();
    let (url, calls) = endpoint(None).await;
    let children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_process_with_fifty_requests", "--ignored"])
                .env(URL, &url)
                .env(DIRECTORY, directory.path())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = tokio::task::spawn_blocking(move || child.wait_with_output());
        let output = output.await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{output:?}"
        );
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let account = accounts.reload("a.json").unwrap();
    assert_eq!(
        account.tokens.refresh.as_ref().unwrap().expose(),
        "hush-refresh-1-hush"
    );
    let names = std::fs::read_dir(directory.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.json"], "no locks or drafts are left");
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_shown() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("bad.json"),
        r#"{"type":"claude","note":["hush"}"#,
    )
    .unwrap();
    std::fs::write(
        directory.path().join("proxy.json"),
        r#"{"type":"xai","proxy_url":"hush://hush"}"#,
    )
    .unwrap();
    Accounts::open(directory.path())
        .unwrap()
        .add("a.json", EXPIRED.as_bytes())
        .unwrap();
    let mut shown = String::new();
    let over = r#"{"error":"invalid_grant","message":"hush-refresh-0-hush"}"#;
    for refusal in [None, Some(over)] {
        let (url, _) = endpoint(refusal).await;
        let refresher = refresher(directory.path(), &url);
        for _ in 0..2 {
            let outcome = refresher.refresh_now("a.json", None).await;
            if let Err(error) = &outcome {
                shown += &error.to_string();
            }
            shown += &format!("{outcome:?}");
        }
        shown += &format!("{refresher:?} {:?}", refresher.accounts().snapshot());
    }
    let account = Accounts::open(directory.path())
        .unwrap()
        .reload("a.json")
        .unwrap();
    let nowhere = token_endpoint("http://127.0.0.1:9/hush?hush");
    let clients = Clients::default();
    let refused = nowhere
        .refresh(&clients, &Proxy::Direct, CONNECT, &account)
        .await;
    shown += &format!("{refused:?}");
    assert!(shown.contains("cannot reach claude"), "{shown}");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in ["tokens renewed", "bad.json", "proxy.json", "invalid_grant"] {
        assert!(logged.contains(expected), "{expected} is not in {logged}");
    }
    // Masks show the first and the last four letters.
    let shown = shown.replace("hush…hush", "");
    for text in [logged, shown] {
        assert!(!text.contains("hush"), "{text}");
    }
}
