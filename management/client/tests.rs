use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::logins::{LoginStatus, LoginWay, LoginWishes, Takes};

/// Answers one request, and tells what was asked.
async fn asked(
    answer: &str,
    ask: impl AsyncFnOnce(Client) -> Result<(), ClientError>,
) -> (String, Result<(), ClientError>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let client = Client::remote(&url, &Secret::from("the-key")).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(head[..read].to_vec()).unwrap()
    };
    tokio::join!(serve, ask(client))
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

#[tokio::test]
async fn ids_and_queries_are_escaped_and_the_key_is_presented() {
    let body = r#"{"id":"a/b[0]?","action":"clear_cooldown"}"#;
    let (head, outcome) = asked(&answer("200 OK", body), async |client| {
        let done = client.act("a/b[0]?", AccountAction::ClearCooldown).await?;
        assert_eq!(done.id, "a/b[0]?");
        assert_eq!(done.account, None);
        Ok(())
    })
    .await;
    outcome.unwrap();
    let line = head.lines().next().unwrap();
    assert_eq!(
        line,
        "POST /v0/management/accounts/a%2Fb[0]%3F/clear-cooldown HTTP/1.1"
    );
    assert!(head.contains("x-management-key: the-key"), "{head}");

    let body = r#"{"model":"m(high)","strategy":"fill-first","why":"first"}"#;
    let (head, outcome) = asked(&answer("200 OK", body), async |client| {
        client.route("m&a=(high)", Some("s 1")).await.map(|_| ())
    })
    .await;
    outcome.unwrap();
    assert!(
        head.starts_with("GET /v0/management/route?model=m%26a%3D%28high%29&session=s+1 "),
        "{head}"
    );
}

#[tokio::test]
async fn refusals_are_told_in_the_gateways_words() {
    for (status, body, expected) in [
        (
            "404 Not Found",
            r#"{"error":{"message":"no account `x`","type":"not_found_error","code":"unknown_account"}}"#,
            "no account `x`",
        ),
        (
            "401 Unauthorized",
            r#"{"error":"invalid management key"}"#,
            "invalid management key",
        ),
    ] {
        let (_, outcome) = asked(&answer(status, body), async |client| {
            client.accounts().await.map(|_| ())
        })
        .await;
        let error = outcome.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.is_unknown(), status.starts_with("404"));
        assert_eq!(error.hint().is_some(), status.starts_with("401"));
    }
}

#[tokio::test]
async fn somebody_else_is_not_taken_for_a_gateway() {
    for text in [
        answer("200 OK", "<html>"),
        answer("502 Bad Gateway", "<html>"),
        answer("302 Found", ""),
    ] {
        let (_, outcome) = asked(&text, async |client| client.requests(10).await.map(|_| ())).await;
        assert!(
            matches!(outcome, Err(ClientError::Foreign { .. })),
            "{outcome:?}"
        );
    }
    let (_, outcome) = asked("", async |client| client.request("1").await.map(|_| ())).await;
    assert!(
        matches!(outcome, Err(ClientError::Silent { .. })),
        "{outcome:?}"
    );
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, expected) in [
        ("127.0.0.1:8317", Some("http://127.0.0.1:8317")),
        ("localhost:8317/", Some("http://localhost:8317")),
        (
            " https://gw.example.com/a/ ",
            Some("https://gw.example.com/a"),
        ),
        ("ftp://x", None),
        ("http://", None),
        ("http://me:secret@x", None),
        ("http://x/?a=1", None),
    ] {
        let client = Client::remote(text, &Secret::from("k"));
        let url = client.as_ref().ok().map(Client::url);
        assert_eq!(url, expected, "{text}");
        if let Err(error) = &client {
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}

#[test]
fn a_key_that_cannot_be_sent_is_refused_and_never_shown() {
    for key in ["", "two\nlines"] {
        let error = Client::remote("x:1", &Secret::from(key)).unwrap_err();
        assert!(matches!(error, ClientError::BadKey(_)), "{error}");
    }
    let client = Client::remote("x:1", &Secret::from("very-secret-key")).unwrap();
    assert!(!format!("{client:?}").contains("very-secret-key"));
}

#[test]
fn without_a_gateway_the_person_is_told_how_to_start_one() {
    let home = tempfile::tempdir().unwrap();
    let error = Client::local(home.path(), Path::new("/a.yaml")).unwrap_err();
    assert_eq!(error.to_string(), "no gateway is running here");
    assert!(error.hint().unwrap().contains("modelgate serve"));
}

#[tokio::test]
async fn the_configuration_is_read_and_replaced_where_it_is_still_what_was_read() {
    let text = "debug: true\n";
    let read = answer("200 OK\r\netag: \"e1\"", text);
    let (head, outcome) = asked(&read, async |client| {
        let read = client.config().await?;
        assert_eq!(read.text, text);
        assert!(
            !format!("{read:?}").contains("debug"),
            "a file holds secrets"
        );
        Ok(())
    })
    .await;
    outcome.unwrap();
    assert!(
        head.starts_with("GET /v0/management/config.yaml "),
        "{head}"
    );

    let read = ConfigText {
        text: text.to_owned(),
        etag: Some(HeaderValue::from_static("\"e1\"")),
    };
    let saved = answer(
        "200 OK",
        r#"{"ok":true,"changed":["config"],"needs_restart":["port"]}"#,
    );
    let (head, outcome) = asked(&saved, async |client| {
        let saved = client.replace_config(&read, "port: 2\n".to_owned()).await?;
        assert_eq!(
            (saved.needs_restart, saved.warnings.len()),
            (vec!["port".to_owned()], 0)
        );
        Ok(())
    })
    .await;
    outcome.unwrap();
    assert!(
        head.starts_with("PUT ") && head.contains("if-match: \"e1\""),
        "{head}"
    );
}

#[tokio::test]
async fn a_configuration_that_is_not_taken_says_why() {
    let read = ConfigText {
        text: String::new(),
        etag: None,
    };
    let problem = r#"{"error":"invalid_config","problems":[{"line":1,"column":7,"key":"port","message":"m","hint":"h"}]}"#;
    for (status, body, stale, problems) in [
        (
            "412 Precondition Failed",
            r#"{"error":"precondition_failed"}"#,
            true,
            0,
        ),
        ("422 Unprocessable Content", problem, false, 1),
    ] {
        let (_, outcome) = asked(&answer(status, body), async |client| {
            client
                .replace_config(&read, String::new())
                .await
                .map(|_| ())
        })
        .await;
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.is_stale(), error.problems().len()),
            (stale, problems)
        );
        if let [problem] = error.problems() {
            assert_eq!(problem.to_string(), "line 1, column 7: m (hint: h)");
        }
    }
}

#[tokio::test]
async fn a_gateway_without_management_is_told_from_something_else() {
    let (_, outcome) = asked(&answer("404 Not Found", ""), async |client| {
        client.accounts().await.map(|_| ())
    })
    .await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, ClientError::Off { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("secret-key"));
}

#[tokio::test]
async fn a_setting_is_set_at_its_own_path() {
    let (head, outcome) = asked(&answer("200 OK", r#"{"status":"ok"}"#), async |client| {
        let value = serde_json::json!("fill-first");
        client.set("routing.strategy", &value).await
    })
    .await;
    outcome.unwrap();
    assert!(
        head.starts_with("PUT /v0/management/routing/strategy "),
        "{head}"
    );
    assert!(head.ends_with(r#"{"value":"fill-first"}"#), "{head}");
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused_before_anything_is_sent() {
    let file = "api-keys: [{key: mg-0123456789, name: ci}]\n";
    let (_, outcome) = asked(&answer("200 OK", file), async |client| {
        let new = modelgate_config::keys::NewKey {
            name: Some("ci".to_owned()),
            ..modelgate_config::keys::NewKey::default()
        };
        client.add_key(&new).await.map(|_| ())
    })
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "there is already a client key `ci`");
}

#[tokio::test]
async fn a_login_is_begun_followed_ended_and_called_off() {
    let begun = r#"{"status":"ok","url":"https://p/x?a=b","state":"s-1","user_code":"AB-CD","expires_in":600,
        "flow":"device","method":"device_code"}"#;
    let named = |words: &str| LoginWay::ALL.iter().find(|way| way.words == words);
    for (way, path) in [
        (
            named("GitHub Copilot"),
            "github-copilot-auth-url?is_webui=true ",
        ),
        (
            named("Kiro, with GitHub"),
            "kiro-auth-url?is_webui=true&method=github ",
        ),
    ] {
        let (head, outcome) = asked(&answer("200 OK", begun), async |client| {
            let begun = client
                .begin_login(way.unwrap(), &LoginWishes::default())
                .await?;
            assert_eq!(begun.code.as_deref(), Some("AB-CD"));
            assert!(!format!("{begun:?}").contains("s-1"));
            Ok(())
        })
        .await;
        outcome.unwrap();
        assert!(
            head.starts_with(&format!("GET /v0/management/{path}")),
            "{head}"
        );
    }
    for (body, expected) in [
        (r#"{"status":"wait"}"#, LoginStatus::Waiting),
        (
            r#"{"status":"device_code","user_code":"x"}"#,
            LoginStatus::Waiting,
        ),
        (r#"{"status":"ok"}"#, LoginStatus::Done(None)),
        (
            r#"{"status":"ok","account":"a"}"#,
            LoginStatus::Done(Some("a".to_owned())),
        ),
        (
            r#"{"status":"error","error":"no"}"#,
            LoginStatus::Failed("no".to_owned()),
        ),
    ] {
        let (head, outcome) = asked(&answer("200 OK", body), async |client| {
            let status = client.login_status(&Secret::from("s-1")).await?;
            assert_eq!(status, expected);
            Ok(())
        })
        .await;
        outcome.unwrap();
        assert!(head.contains("/get-auth-status?state=s-1 "), "{head}");
    }
    let refused = r#"{"status":"error","error":"state is required"}"#;
    let (head, outcome) = asked(&answer("400 Bad Request", refused), async |client| {
        client.end_login(&Secret::from("c#s\"")).await
    })
    .await;
    assert_eq!(outcome.unwrap_err().to_string(), "state is required");
    assert!(head.ends_with(r##"{"redirect_url":"c#s\""}"##), "{head}");
    let cancelled = r#"{"status":"ok","cancelled":true}"#;
    let (head, outcome) = asked(&answer("200 OK", cancelled), async |client| {
        client.cancel_login(&Secret::from("s-1")).await
    })
    .await;
    outcome.unwrap();
    assert!(head.starts_with("DELETE /v0/management/oauth-session?state=s-1 "));
}

#[tokio::test]
async fn what_is_wished_of_an_account_is_said() {
    let some = |text: &str| Some(text.to_owned());
    let way = |takes: Takes, name: &str| {
        let mut all = LoginWay::ALL.into_iter();
        all.find(|way| way.takes == takes && way.name == name)
            .unwrap()
    };
    let begun = r#"{"status":"ok","url":"https://p/x","state":"s-1"}"#;
    let (head, outcome) = asked(&answer("200 OK", begun), async |client| {
        let wishes = LoginWishes {
            label: some("at work"),
            projects: some("one,two"),
        };
        let gemini = way(Takes::Page, "gemini");
        client.begin_login(&gemini, &wishes).await.map(|_| ())
    })
    .await;
    outcome.unwrap();
    let path =
        "GET /v0/management/gemini-cli-auth-url?is_webui=true&label=at+work&project_id=one%2Ctwo ";
    assert!(head.starts_with(path), "{head}");

    let made = r#"{"status":"ok","email":"ada@example.com"}"#;
    let (head, outcome) = asked(&answer("200 OK", made), async |client| {
        let (iflow, cookie) = (way(Takes::Cookie, "iflow"), "BXAuth=x".into());
        let made = client.login_by_cookie(&iflow, &cookie, &None).await?;
        assert_eq!(made.as_deref(), Some("ada@example.com"));
        Ok(())
    })
    .await;
    outcome.unwrap();
    assert!(
        head.starts_with("POST /v0/management/iflow-auth-url "),
        "{head}"
    );
    assert!(head.ends_with(r#"{"cookie":"BXAuth=x"}"#), "{head}");

    let (head, outcome) = asked(&answer("200 OK", made), async |client| {
        let (key, location) = ("{}".into(), some("europe-west4"));
        client
            .import_key_file(&key, &location, &some("work"))
            .await
            .map(|_| ())
    })
    .await;
    outcome.unwrap();
    let path = "POST /v0/management/vertex/import?label=work&location=europe-west4 ";
    assert!(head.starts_with(path) && head.ends_with("{}"), "{head}");
}
