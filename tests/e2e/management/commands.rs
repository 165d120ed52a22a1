//! `modelgate keys` and `modelgate config get`, `set`, `unset` and `edit`, on a running gateway and on a file.

use super::{FILE, run};
use crate::harness::process::Finished;
use crate::harness::{Answer, Gateway, Home, KEY, Launch};
use serde_json::json;
use std::fs;

/// The status that a client key gets.
async fn status(gateway: &Gateway, key: &str) -> u16 {
    let models = gateway.keyless("GET", "/v1/models").bearer_auth(key);
    Answer::read(models).await.status
}

fn file(gateway: &Gateway) -> String {
    fs::read_to_string(gateway.home.path("modelgate.yaml")).unwrap()
}

#[track_caller]
fn done(finished: &Finished) {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn a_client_key_is_made_used_rotated_and_revoked() {
    let gateway = Launch::with(FILE).start().await;
    let words = [
        "keys",
        "add",
        "--name",
        "ann",
        "--models",
        "son*,x",
        "--expires",
        "2099-01-01",
        "--json",
    ];
    let added = run(&gateway.home, &words).await.json();
    assert_eq!(
        (&added["name"], &added["models"], &added["expires"]),
        (&json!("ann"), &json!(["son*", "x"]), &json!("2099-01-01"))
    );
    let first = added["key"].as_str().unwrap();
    assert_eq!(status(&gateway, first).await, 200, "it counts at once");
    let listed = run(&gateway.home, &["keys"]).await;
    done(&listed);
    for word in [
        added["id"].as_str().unwrap(),
        "ann",
        "son*, x",
        "until 2099-01-01",
    ] {
        assert!(listed.stdout.contains(word), "{word}: {}", listed.stdout);
    }
    assert!(!listed.stdout.contains(first) && !listed.stdout.contains(KEY));
    let taken = run(&gateway.home, &["keys", "add", "--name", "ann"]).await;
    assert_eq!(taken.code, Some(1));

    for (words, expected) in [
        (&["--models", "other", "--expires", "2020-01-01"][..], 401),
        (&["--models", "*", "--expires", "never"], 200),
        (&["--disable"], 401),
        (&["--enable", "--models", "son*"], 200),
    ] {
        let set = run(&gateway.home, &[&["keys", "set", "ann"], words].concat()).await;
        done(&set);
        assert_eq!(status(&gateway, first).await, expected, "{words:?}");
    }
    let nothing = run(&gateway.home, &["keys", "set", "ann"]).await;
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);

    let rotated = run(&gateway.home, &["keys", "rotate", "ann"]).await;
    done(&rotated);
    let second = rotated.stdout.trim();
    assert_eq!(
        (
            status(&gateway, first).await,
            status(&gateway, second).await
        ),
        (401, 200)
    );

    let unsure = run(&gateway.home, &["keys", "revoke", "ann"]).await;
    assert_eq!(unsure.code, Some(2), "{}", unsure.stderr);
    done(&run(&gateway.home, &["keys", "revoke", "ann", "--yes"]).await);
    assert_eq!(status(&gateway, second).await, 401);
    let nobody = run(&gateway.home, &["keys", "revoke", "ann", "--yes"]).await;
    assert_eq!(nobody.code, Some(1));
    assert!(
        nobody.stderr.contains("no client key `ann`"),
        "{}",
        nobody.stderr
    );
    assert_eq!(file(&gateway), FILE, "nothing else is left of it");
    let log = gateway.log();
    assert!(!log.contains(first) && !log.contains(second), "{log}");
    assert!(
        log.contains("by=\"the token of this run\"") && log.contains("changed=\"api-keys\""),
        "{log}"
    );
}

#[tokio::test]
async fn provider_keys_are_listed_added_and_removed() {
    let gateway = Launch::with(FILE).start().await;
    let add = async |words: &[&str], key: &str| {
        let launch = Launch::in_home(&gateway.home).input(&format!("{key}\n"));
        launch
            .run(&[&["keys", "provider", "add"], words].concat())
            .await
    };
    done(
        &add(
            &["claude", "--priority", "5", "--model", "m=alias"],
            "sk-ant-new-0123456789",
        )
        .await,
    );
    done(&add(&["openai", "--name", "deep"], "sk-deep-two-0123456789").await);
    let listed = run(&gateway.home, &["keys", "provider", "--json"])
        .await
        .json();
    let told: Vec<_> = listed["providers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["id"].as_str().unwrap(),
                entry["keys"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("claude-api-key[0]", 1),
            ("claude-api-key[1]", 1),
            ("deep", 2)
        ]
    );
    assert!(!listed.to_string().contains("0123456789"), "{listed}");
    let accounts = run(&gateway.home, &["accounts", "--json"]).await.json();
    assert_eq!(
        accounts["accounts"][1]["id"], "claude-api-key[1]",
        "it is used at once"
    );
    for (words, key) in [
        (&["claude"][..], ""),
        (&["openai"], "sk"),
        (&["claude", "--name", "x"], "sk"),
    ] {
        assert_eq!(add(words, key).await.code, Some(2), "{words:?}");
    }
    done(
        &run(
            &gateway.home,
            &["keys", "provider", "remove", "claude-api-key[1]", "--yes"],
        )
        .await,
    );
    done(
        &run(
            &gateway.home,
            &["keys", "provider", "remove", "deep", "--yes"],
        )
        .await,
    );
    let gone = run(
        &gateway.home,
        &["keys", "provider", "remove", "deep", "--yes"],
    )
    .await;
    assert_eq!(gone.code, Some(1), "{}", gone.stderr);
    assert!(
        FILE.starts_with(file(&gateway).trim_end()),
        "{}",
        file(&gateway)
    );
    assert!(!gateway.log().contains("0123456789"));
}

#[tokio::test]
async fn settings_are_read_changed_and_taken_out() {
    let gateway = Launch::with(&format!("# mine\nrequest-retry: 1   # why\n{FILE}"))
        .start()
        .await;
    let get = async |path: &str| run(&gateway.home, &["config", "get", path]).await;
    assert_eq!(get("request-retry").await.stdout, "1\n");
    assert_eq!(get("claude-api-key[0].api-key").await.stdout, "sk-a…cdef\n");
    let clear = [
        "config",
        "get",
        "claude-api-key[0].api-key",
        "--show-secrets",
        "--json",
    ];
    assert_eq!(
        run(&gateway.home, &clear).await.json(),
        "sk-ant-0123456789abcdef"
    );
    assert_eq!(get("debug").await.code, Some(1));
    assert_eq!(get("debgu").await.code, Some(2));

    done(&run(&gateway.home, &["config", "set", "request-retry", "3"]).await);
    done(
        &run(
            &gateway.home,
            &["config", "set", "routing.strategy", "fill-first"],
        )
        .await,
    );
    let text = file(&gateway);
    assert!(
        text.starts_with("# mine\nrequest-retry: 3   # why\n"),
        "{text}"
    );
    let decision = run(&gateway.home, &["route", "sonnet", "--json"])
        .await
        .json();
    assert_eq!(decision["strategy"], "fill-first", "it counts at once");
    let wrong = run(&gateway.home, &["config", "set", "request-retry", "many"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("line 2, column 16"),
        "{}",
        wrong.stderr
    );
    let unknown = run(&gateway.home, &["config", "set", "request-retri", "1"]).await;
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    done(&run(&gateway.home, &["config", "unset", "routing"]).await);
    assert_eq!(
        file(&gateway),
        text.replace("routing:\n  strategy: fill-first\n", "")
    );
}

#[tokio::test]
async fn without_a_gateway_the_file_is_changed() {
    let home = Home::new();
    let missing = run(&home, &["keys"]).await;
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.contains("modelgate config init"),
        "{}",
        missing.stderr
    );
    done(&run(&home, &["config", "init"]).await);
    let added = run(&home, &["keys", "add", "--json"]).await.json();
    done(&run(&home, &["config", "set", "debug", "true"]).await);
    let text = fs::read_to_string(home.default_config()).unwrap();
    assert!(
        text.contains(added["key"].as_str().unwrap()) && text.contains("\ndebug: true\n"),
        "{text}"
    );
    assert!(text.contains("# Log every decision."), "comments stay");
    let open = run(&home, &["config", "set", "port", "many"]).await;
    assert_eq!(open.code, Some(2), "{}", open.stderr);
}

#[tokio::test]
async fn a_file_that_is_named_is_meant_and_not_that_of_another_gateway() {
    let gateway = Launch::with(FILE).start().await;
    let other = gateway.home.path("other.yaml");
    fs::write(&other, "port: 1\n").unwrap();
    let words = [
        "config",
        "set",
        "debug",
        "true",
        "--config",
        other.to_str().unwrap(),
    ];
    done(&run(&gateway.home, &words).await);
    assert_eq!(
        fs::read_to_string(&other).unwrap(),
        "port: 1\ndebug: true\n"
    );
    assert_eq!(file(&gateway), FILE);
}

#[tokio::test]
async fn the_editor_gets_a_copy_that_is_checked() {
    let gateway = Launch::with(FILE).start().await;
    let edit = async |editor: &str| {
        let launch = Launch::in_home(&gateway.home).env("EDITOR", editor);
        launch.run(&["config", "edit"]).await
    };
    let same = edit("true").await;
    done(&same);
    assert!(
        same.stderr.contains("nothing was changed"),
        "{}",
        same.stderr
    );
    done(&edit("sh -c 'echo \"request-retry: 2\" >> \"$1\"' sh").await);
    assert_eq!(file(&gateway), format!("{FILE}request-retry: 2\n"));
    let wrong = edit("sh -c 'echo \"port: many\" >> \"$1\"' sh").await;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("must be a whole number"),
        "{}",
        wrong.stderr
    );
    assert!(
        wrong.stderr.contains("your changes are still in"),
        "{}",
        wrong.stderr
    );
    assert!(!file(&gateway).contains("port: many"));
    assert_eq!(edit("false").await.code, Some(1));
    let copies = gateway.home.files().into_iter().filter(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("edit-"))
    });
    assert_eq!(copies.count(), 1, "only the one with the mistake is kept");
}
