//! From the start to the end of a process: signals, edits of the configuration, a taken port, and what it logs.

use crate::harness::wire::{Wire, head, request};
use crate::harness::{
    Answer, Ending, HELLO, Home, KEY, Launch, Settings, Speaks, eventually, start,
};
use modelgate_test_upstream::Upstream;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_stop_lets_open_streams_end() {
    for signal in ["TERM", "INT"] {
        for client in Speaks::BOTH {
            let (_upstream, mut gateway) = start(Speaks::Chat, "").await;
            let body = client.question("up-slow", true).to_string();
            let stream = tokio::spawn(Answer::read(gateway.post(client, body)));
            let mut seen =
                Wire::sending(&gateway, request(client, &client.question("up-slow", true))).await;
            seen.until("Hello").await;
            gateway.signal(signal);
            eventually("no new connections are taken", async || {
                tokio::net::TcpStream::connect(gateway.address)
                    .await
                    .is_err()
            })
            .await;
            stream.await.unwrap().expect_text(client, HELLO);
            seen.until_closed().await;
            assert!(seen.text().ends_with("\r\n0\r\n\r\n"), "{}", seen.text());
            assert_eq!(gateway.exit_code().await, Some(0), "{signal}");
        }
    }
}

#[tokio::test]
async fn a_stop_closes_idle_connections_at_once() {
    let (_upstream, mut gateway) = start(Speaks::Chat, "").await;
    let mut idle = Wire::sending(&gateway, "GET / HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    idle.until("endpoints").await;
    let mut silent = Wire::connect(&gateway).await;
    let mut half = Wire::sending(&gateway, "GET / HT").await;
    let begin = Instant::now();
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code().await, Some(0));
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    for wire in [&mut idle, &mut silent, &mut half] {
        wire.until_closed().await;
    }
}

#[tokio::test]
async fn a_request_on_an_old_connection_is_refused_during_a_stop() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    // The body of this request is still to come when the stop is asked for.
    let body = Speaks::Chat.question("up-text", false).to_string();
    let length = format!("content-length: {}\r\n", body.len());
    let mut begun = Wire::sending(&gateway, head(Speaks::Chat, &length)).await;
    let mut stream = Wire::sending(
        &gateway,
        request(Speaks::Chat, &Speaks::Chat.question("up-slow", true)),
    )
    .await;
    stream.until("Hello").await;
    gateway.signal("TERM");
    eventually("the stop is noticed", async || {
        tokio::net::TcpStream::connect(gateway.address)
            .await
            .is_err()
    })
    .await;
    stream
        .try_send(request(
            Speaks::Chat,
            &Speaks::Chat.question("up-text", false),
        ))
        .await;
    begun.try_send(body).await;
    begun.until_closed().await;
    stream.until_closed().await;
    // What had begun is answered; what had not is not.
    assert!(begun.has("200 OK") || begun.has("503"), "{}", begun.text());
    assert_eq!(
        stream.text().matches("HTTP/1.1 200").count(),
        1,
        "{}",
        stream.text()
    );
}

#[tokio::test]
async fn a_stream_that_does_not_end_is_cut_at_the_deadline() {
    let (_upstream, mut gateway) = start(Speaks::Chat, "timeouts: {drain: 300ms}").await;
    let mut wire = Wire::sending(
        &gateway,
        request(Speaks::Chat, &Speaks::Chat.question("up-hang-mid", true)),
    )
    .await;
    wire.until("Hello").await;
    let begin = Instant::now();
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code().await, Some(0));
    let waited = begin.elapsed();
    assert!(
        waited >= Duration::from_millis(300) && waited < SOON,
        "{waited:?}"
    );
    wire.until_closed().await;
    assert!(!wire.has("[DONE]"), "{}", wire.text());
    let clean = wire.text().ends_with("\r\n0\r\n\r\n");
    assert!(
        !clean || wire.has("\"error\""),
        "a cut stream looks complete: {}",
        wire.text()
    );
    assert!(gateway.log().contains("cut"), "{}", gateway.log());
}

#[tokio::test]
async fn a_second_signal_cuts_at_once() {
    let (_upstream, mut gateway) = start(Speaks::Chat, "").await;
    let body = Speaks::Chat.question("up-hang-mid", true);
    let mut wire = Wire::sending(&gateway, request(Speaks::Chat, &body)).await;
    wire.until("Hello").await;
    gateway.signal("INT");
    eventually("the stop is noticed", async || {
        gateway.log().contains("once more cuts")
    })
    .await;
    let begin = Instant::now();
    gateway.signal("INT");
    assert_eq!(gateway.exit_code().await, Some(130));
    assert!(begin.elapsed() < SOON);
}

#[tokio::test]
async fn a_taken_port_is_one_line_and_a_hint() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let port = gateway.address.port().to_string();
    let launch = Launch::with(&Settings::new().text());
    let finished = launch.run(&["serve", "--port", &port]).await;
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("error: cannot listen on 127.0.0.1:"),
        "{lines:?}"
    );
    assert!(
        lines[0].ends_with("another modelgate is already serving there"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("hint: ") && lines[1].contains("--port"),
        "{lines:?}"
    );
    assert_eq!(finished.stdout, "");
}

#[tokio::test]
async fn a_first_run_that_cannot_start_leaves_nothing_behind() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let home = Home::new();
    let port = gateway.address.port().to_string();
    let finished = Launch::in_home(&home)
        .run(&["serve", "--port", &port])
        .await;
    assert_eq!(finished.code, Some(1));
    assert!(!home.default_config().exists());
}

#[tokio::test]
async fn no_secret_is_ever_logged() {
    const SECRETS: [&str; 6] = [
        "mg-secret-client-key-000",
        "sk-secret-upstream-key-111",
        "secret-header-value-222",
        "secret-proxy-password-333",
        "mg-secret-wrong-key-444",
        "secret prompt of a person 555",
    ];
    let [client_key, upstream_key, header, password, wrong, prompt] = SECRETS;
    for level in ["trace", "trace,modelgate=trace"] {
        let upstream = Upstream::start().await;
        let proxied = format!("proxy-url: http://user:{password}@127.0.0.1:1\nprefix: proxied");
        let settings = Settings::new()
            .provider(
                Speaks::Claude,
                &upstream.url(),
                &["fail-401", upstream_key],
                &format!("headers: {{X-Team: {header}}}"),
            )
            .provider(Speaks::Chat, &upstream.url(), &["sk-x"], "prefix: plain")
            .serving(Speaks::Claude, &upstream.url(), &[upstream_key], &proxied);
        let config = settings.text().replace(KEY, client_key);
        let gateway = Launch::with(&config).arg("--log").arg(level).start().await;
        for model in [
            "up-text",
            "up-echo",
            "up-401",
            "up-cut",
            "proxied/claude-x",
            "nothing",
        ] {
            for client in Speaks::BOTH {
                for (key, query) in [
                    (client_key, String::new()),
                    (wrong, String::new()),
                    ("", format!("?key={client_key}")),
                ] {
                    let body = client.question(model, true).to_string();
                    let body = body.replace("What is the weather?", prompt);
                    let request = gateway.keyless("POST", &format!("{}{query}", client.path()));
                    let request = match key {
                        "" => request,
                        key => request.bearer_auth(key).header("x-api-key", key),
                    };
                    Answer::read(request.body(body)).await;
                }
            }
        }
        gateway.rewrite(&format!("{config}\nport: {upstream_key}\nzz: {password}\n"));
        eventually("the broken edit is told", async || {
            gateway.log().contains("was not reloaded")
        })
        .await;
        let log = gateway.log();
        assert!(
            log.matches(" request ").count() + log.matches(": request").count() > 20,
            "{log}"
        );
        for secret in SECRETS {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} at {level}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_fails_is_recorded_as_failed() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let answer = gateway.question(Speaks::Claude, "up-cut", true).await;
    assert!(matches!(answer.ending(Speaks::Claude), Ending::Failed(_)));
    let id = answer.header("x-request-id").unwrap().to_owned();
    let record = || {
        let log = gateway.log();
        let lines = log
            .lines()
            .filter(|line| line.contains(&id) && line.contains("total_ms="));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("the record is written", async || !record().is_empty()).await;
    let record = record();
    assert_eq!(record.len(), 1, "exactly one record: {record:?}");
    assert!(record[0].contains("error="), "{record:?}");
}

#[tokio::test]
async fn the_program_that_gave_a_password_manages_and_its_silence_ends_the_gateway() {
    const WORD: &str = "word-of-the-parent";
    let settings = Settings::new();
    let launch = Launch::with(&settings.text()).env("MODELGATE_PASSWORD", WORD);
    let mut gateway = launch.start().await;
    let ask = async |path: &str, key: &str| {
        let request = gateway.keyless("GET", path).bearer_auth(key);
        Answer::read(request).await.status
    };
    for (path, key, status) in [
        ("/keep-alive", WORD, 200),
        ("/keep-alive", "wrong", 401),
        ("/v0/management/config", WORD, 200),
        ("/v0/management/config", "wrong", 401),
        ("/v1/models", WORD, 401),
    ] {
        assert_eq!(ask(path, key).await, status, "{path} {key}");
    }
    assert_eq!(ask("/keep-alive", WORD).await, 200);
    // Ten seconds are given, and the clock of a process cannot be moved.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(ask("/healthz", "").await, 200);
    assert_eq!(gateway.exit_code().await, Some(0));
    let log = gateway.log();
    assert!(log.contains("nobody asks /keep-alive any more"), "{log}");
    assert!(!log.contains(WORD), "{log}");
}
