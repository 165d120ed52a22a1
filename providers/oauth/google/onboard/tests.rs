use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use modelgate_config::model::Proxy;
use modelgate_config::{Environment, parse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;
use crate::Clients;

#[track_caller]
fn check(answer: &str, expected: &Loaded) {
    let document = Document::parse(Bytes::from(answer.to_owned())).unwrap();
    assert_eq!(Loaded::read(document.root(), LEGACY), *expected, "{answer}");
}

#[test]
fn tiers_and_both_shapes_of_a_project_are_read() {
    let loaded = |offered: &str| Loaded {
        offered: offered.to_owned(),
        ..Loaded::default()
    };
    check("{}", &loaded(LEGACY));
    check(
        r#"{"allowedTiers":[{"id":"a"},{"id":"standard-tier","isDefault":true,"userDefinedCloudaicompanionProject":true}],
            "ineligibleTiers":[{"reasonMessage":"too young"}]}"#,
        &Loaded {
            wants_project: true,
            ..loaded("standard-tier")
        },
    );
    for project in [r#""p-1""#, r#"{"id":"p-1"}"#] {
        let answer = format!(
            r#"{{"currentTier":{{"id":"free-tier"}},"cloudaicompanionProject":{project}}}"#
        );
        check(
            &answer,
            &Loaded {
                current: Some(FREE.to_owned()),
                project: Some("p-1".to_owned()),
                ..loaded(LEGACY)
            },
        );
    }
    check(
        r#"{"currentTier":{"id":"standard-tier"},"paidTier":{"id":"g1-pro-tier","availableCredits":[]}}"#,
        &Loaded {
            current: Some("standard-tier".to_owned()),
            paid: Some("g1-pro-tier".to_owned()),
            ..loaded(LEGACY)
        },
    );
    check(
        r#"{"ineligibleTiers":[{"reasonMessage":"not in your country"}],"cloudaicompanionProject":" "}"#,
        &Loaded {
            refused: Some("not in your country".to_owned()),
            ..loaded(LEGACY)
        },
    );
}

#[test]
fn projects_on_their_way_out_are_left() {
    let answer = r#"[{"projectId":"a","lifecycleState":"ACTIVE"},{"projectId":"b","lifecycleState":"DELETE_REQUESTED"},
        {"projectId":"../c"},{"name":"d"},{"projectId":"e"}]"#;
    let document = Document::parse(Bytes::from(answer)).unwrap();
    let names: Vec<String> = document.root().items().filter_map(active).collect();
    assert_eq!(names, ["a", "e"]);
}

/// A place whose operations are never done, and how often it was asked.
async fn never_done() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}}") {
                let mut piece = [0; 4096];
                let length = stream.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..length]);
            }
            counted.fetch_add(1, Ordering::SeqCst);
            let body = r#"{"name":"operations/1","done":false}"#;
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
            let answer = format!("{head} {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_never_done_is_given_up() {
    let (url, asked) = never_done().await;
    let text = format!("oauth: {{gemini: {{api-url: '{url}'}}}}");
    let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
    let connect = Duration::from_secs(3600);
    let onboarding = Onboarding {
        kind: AccountKind::Gemini,
        service: loaded.config.oauth.service("gemini").unwrap(),
        http: &Clients::default().get(&Proxy::Direct, connect).unwrap(),
        access: &Secret::from("access-0"),
    };
    let begin = Instant::now();
    let error = onboarding.onboard(FREE, None).await.unwrap_err();
    assert!(error.to_string().contains("in time"), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), TRIES);
    assert!(
        begin.elapsed() < Duration::from_secs(120),
        "{:?}",
        begin.elapsed()
    );
}
