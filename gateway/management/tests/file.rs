//! The file as a whole: lost updates, mistakes, sizes, uploads.

use super::table::{SETTINGS, Scene};
use super::*;

async fn put(scene: &Scene, text: &str, if_match: Option<&str>) -> (u16, HeaderMap, Value) {
    let mut headers = vec![KEY];
    headers.extend(if_match.map(|etag| ("if-match", etag)));
    let (status, headers, body) = sent(&scene.state, "PUT config.yaml", &headers, text).await;
    (status, headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_lost_update_is_refused() {
    let scene = Scene::new(SETTINGS);
    let (status, headers, body) = sent(&scene.state, "GET config.yaml", &[KEY], "").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (200, &"application/yaml; charset=utf-8".parse().unwrap())
    );
    assert_eq!(
        (
            &headers["cache-control"],
            &headers["x-content-type-options"]
        ),
        (&"no-store".parse().unwrap(), &"nosniff".parse().unwrap())
    );
    let text = String::from_utf8(body).unwrap();
    assert_eq!(text, scene.text());
    let etag = headers["etag"].to_str().unwrap().to_owned();
    let known = [KEY, ("if-none-match", &*etag)];
    let (status, _, body) = sent(&scene.state, "GET config.yaml", &known, "").await;
    assert_eq!((status, body.len()), (304, 0));

    let (status, headers, _) = put(
        &scene,
        &text.replace("debug: true", "debug: false"),
        Some(&etag),
    )
    .await;
    assert_eq!(status, 200);
    let newer = headers["etag"].to_str().unwrap().to_owned();
    let (status, headers, body) = put(&scene, &text, Some(&etag)).await;
    assert_eq!(
        (status, &body["error"]),
        (412, &"precondition_failed".into())
    );
    assert_eq!(headers["etag"], newer, "the one to read is named");
    assert!(scene.text().contains("debug: false"));
    let (status, _, _) = put(&scene, &text, Some(&newer)).await;
    assert_eq!(status, 200);
    let (status, ..) = sent(
        &scene.state,
        "PUT debug",
        &[KEY, ("if-match", "\"old\"")],
        "{\"value\":false}",
    )
    .await;
    assert_eq!(status, 412, "single settings too");
}

#[tokio::test]
async fn mistakes_are_told_with_line_and_column_and_change_nothing() {
    let scene = Scene::new(SETTINGS);
    let before = scene.text();
    let (status, _, body) = put(
        &scene,
        "debug: maybe\nclaude-api-key:\n  - base-url: x\n",
        None,
    )
    .await;
    assert_eq!((status, &body["error"]), (422, &"invalid_config".into()));
    let told: Vec<_> = body["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            (
                problem["line"].as_u64().unwrap(),
                problem["column"].as_u64().unwrap(),
                problem["key"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, 8, "debug"),
            (3, 5, "claude-api-key[0].api-key"),
            (3, 15, "claude-api-key[0].base-url")
        ]
    );
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("line 1, column 8"),
        "{body}"
    );
    assert_eq!(
        (scene.text(), scene.state.snapshot().config.debug),
        (before, true)
    );
}

#[tokio::test]
async fn large_files_bombs_and_odd_bytes_are_refused_at_once() {
    let scene = Scene::new(SETTINGS);
    let before = scene.text();
    let large = format!("# {}\n", "x".repeat(30 << 20));
    let (status, ..) = put(&scene, &large, None).await;
    assert_eq!(status, 413);
    let (status, _, body) = put(&scene, &format!("# {}\n", "x".repeat(8 << 20)), None).await;
    assert_eq!((status, &body["error"]), (400, &"invalid_yaml".into()));
    let mut bomb = String::from("x-a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("x-a{level}: &a{level} [{items}]\n"));
    }
    let (status, ..) = put(&scene, &bomb, None).await;
    assert_eq!(status, 400);
    let deep = format!("payload: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(put(&scene, &deep, None).await.0, 400);
    let (status, _, _) =
        sent_bytes(&scene.state, "PUT config.yaml", &[KEY], vec![0xff, 0xfe]).await;
    assert_eq!(status, 400);
    let nested = "[".repeat(10_000);
    let (status, ..) = sent(&scene.state, "PUT api-keys", &[KEY], &nested).await;
    assert_eq!(status, 400);
    assert_eq!(scene.text(), before);
}

#[tokio::test]
async fn a_file_that_became_too_large_or_vanished_is_told() {
    let scene = Scene::new(SETTINGS);
    let path = scene.home.path().join("c.yaml");
    std::fs::write(&path, format!("# {}\n", "x".repeat(30 << 20))).unwrap();
    for ask in ["GET config.yaml", "GET debug", "PUT debug"] {
        let (status, _, body) = sent(&scene.state, ask, &[KEY], "{\"value\":true}").await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (status, &body["error"]),
            (500, &"read_failed".into()),
            "{ask}"
        );
    }
    std::fs::remove_file(&path).unwrap();
    for ask in ["GET config.yaml", "GET config", "PUT debug"] {
        let (status, _, body) = sent(&scene.state, ask, &[KEY], "{\"value\":true}").await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (status, &body["error"]),
            (404, &"not_found".into()),
            "{ask}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_editors_nobody_loses_a_change() {
    let scene = std::sync::Arc::new(Scene::new(SETTINGS));
    let editors = (0..20).map(|number| {
        let scene = std::sync::Arc::clone(&scene);
        tokio::spawn(async move {
            let body = format!("{{\"old\":\"\",\"new\":\"mg-new-{number}\"}}");
            let (status, ..) = sent(&scene.state, "PATCH api-keys", &[KEY], &body).await;
            assert_eq!(status, 200);
            let (_, _, body) = sent(&scene.state, "GET api-keys", &[KEY], "").await;
            assert!(
                String::from_utf8(body)
                    .unwrap()
                    .contains(&format!("mg-new-{number}\"")),
                "one's own change is seen"
            );
        })
    });
    for editor in editors.collect::<Vec<_>>() {
        editor.await.unwrap();
    }
    let text = scene.text();
    for number in 0..20 {
        assert!(text.contains(&format!("- mg-new-{number}\n")), "{text}");
    }
    assert!(
        text.contains("- mg-ann   # Ann's\n") && text.contains("# the second"),
        "{text}"
    );
    assert_eq!(scene.state.snapshot().config.client_keys.len(), 23);
}

#[tokio::test]
async fn a_change_counts_before_its_answer() {
    let scene = Scene::new(SETTINGS);
    for (ask, body) in [
        ("PUT api-keys", "[\"mg-only\"]"),
        ("DELETE claude-api-key?index=0", ""),
        ("PUT debug", "{\"value\":false}"),
    ] {
        assert_eq!(sent(&scene.state, ask, &[KEY], body).await.0, 200);
    }
    let snapshot = scene.state.snapshot();
    assert_eq!(
        (snapshot.config.client_keys.len(), snapshot.config.debug),
        (1, false)
    );
    let mut ids = snapshot
        .catalog
        .credentials()
        .iter()
        .map(|one| one.id.to_string());
    assert!(!ids.any(|id| id == "claude-api-key[1]"));
}

#[tokio::test]
async fn a_new_management_key_is_hashed_before_it_is_on_the_disk() {
    let scene = Scene::new("remote-management:\n  allow-remote: true   # far\n");
    for (ask, body) in [
        (
            "PUT config.yaml",
            "remote-management:\n  allow-remote: true   # far\n  secret-key: hush-hush\n",
        ),
        (
            "PATCH config",
            r#"{"remote-management":{"secret-key":"hush-hush"}}"#,
        ),
    ] {
        let (status, headers, _) = sent(&scene.state, ask, &[KEY], body).await;
        assert_eq!(status, 200, "{ask}");
        let text = scene.text();
        assert!(
            text.contains("$2b$10$") && !text.contains("hush-hush"),
            "{text}"
        );
        assert!(text.contains("allow-remote: true   # far"), "{text}");
        let etag = headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(
            put(&scene, &text, Some(&etag)).await.0,
            200,
            "it is the one that is told"
        );
    }
    let key = [("x-management-key", "hush-hush")];
    assert_eq!(sent(&scene.state, "GET debug", &key, "").await.0, 200);
}

#[tokio::test]
async fn several_files_are_uploaded_as_a_form() {
    let scene = Scene::new(SETTINGS);
    let part = |field: &str, name: &str, text: &str| {
        format!(
            "--b\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n{text}\r\n"
        )
    };
    let good =
        r#"{"type":"claude","email":"eve@example.com","access_token":"t","refresh_token":"r"}"#;
    let form = [KEY, ("content-type", "multipart/form-data; boundary=b")];
    let ask = async |parts: &[String]| {
        let body = format!("{}--b--\r\n", parts.concat());
        let (status, _, body) = sent(&scene.state, "POST auth-files", &form, &body).await;
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    let (status, body) = ask(&[part("file", "C:\\x\\one.json", good)]).await;
    assert_eq!((status, body), (200, serde_json::json!({"status": "ok"})));
    let (status, body) = ask(&[
        part("a", "two.json", good),
        part("b", "three.json", "{"),
        part("c", "four.txt", good),
    ])
    .await;
    assert_eq!(
        (status, &body["uploaded"], &body["files"]),
        (207, &1.into(), &serde_json::json!(["two.json"]))
    );
    assert_eq!(body["failed"].as_array().unwrap().len(), 2);
    let (status, body) = ask(&[]).await;
    assert_eq!((status, &body["error"]), (400, &"no files uploaded".into()));
    let auth = scene.home.path().join("auth");
    assert!(auth.join("one.json").exists() && auth.join("two.json").exists());
    assert!(
        !auth.join("three.json").exists(),
        "what is no account is not written"
    );
}

#[tokio::test]
async fn an_account_that_is_uploaded_anew_is_tried_at_once() {
    let scene = Scene::new(SETTINGS);
    let name = "claude-ada@example.com.json";
    let credential = || {
        let snapshot = scene.state.snapshot();
        let mut all = snapshot.catalog.credentials().iter();
        let found = all.find(|one| one.file() == Some(name));
        std::sync::Arc::clone(found.unwrap())
    };
    let bar = || credential().health.report().all;
    credential()
        .health
        .shut("log in again".into(), modelgate_providers::Moment::now());
    assert!(bar().is_some());
    let text = r#"{"type":"claude","email":"ada@example.com","access_token":"new","refresh_token":"r","expired":"2099-01-01T00:00:00Z"}"#;
    let ask = format!("POST auth-files?name={name}");
    assert_eq!(sent(&scene.state, &ask, &[KEY], text).await.0, 200);
    assert_eq!(bar(), None);
}

#[tokio::test]
async fn what_cannot_be_saved_is_not_in_use_either() {
    let scene = Scene::new(SETTINGS);
    let path = scene.home.path().join("c.yaml");
    // A directory cannot be replaced by a file, not even by whoever may do everything.
    let moved = scene.home.path().join("moved.yaml");
    std::fs::rename(&path, &moved).unwrap();
    std::fs::create_dir(&path).unwrap();
    let (status, _, body) = sent(&scene.state, "PUT debug", &[KEY], r#"{"value":false}"#).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert!(
        (404..=500).contains(&status) && body["error"].is_string(),
        "{status} {body}"
    );
    assert!(
        scene.state.store.snapshot().debug,
        "the old setting stays in use"
    );
    assert!(scene.state.snapshot().config.debug);
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&moved, &path).unwrap();
    let (status, _, _) = sent(&scene.state, "PUT debug", &[KEY], r#"{"value":false}"#).await;
    assert_eq!((status, scene.state.snapshot().config.debug), (200, false));
}

#[tokio::test]
async fn an_upload_that_is_no_account_leaves_nothing_behind() {
    let scene = Scene::new(SETTINGS);
    let files = || {
        let entries = std::fs::read_dir(scene.home.path().join("auth")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    for (name, body) in [
        ("new.json", "nonsense"),
        ("new.json", r#"{"type":"nobody"}"#),
        ("new.json", ""),
        ("qwen-1.json", "{"),
    ] {
        let ask = format!("POST auth-files?name={name}");
        let (status, _, _) = sent(&scene.state, &ask, &[KEY], body).await;
        assert_eq!((status, files()), (400, before.clone()), "{body}");
    }
    let kept = std::fs::read_to_string(scene.home.path().join("auth/qwen-1.json")).unwrap();
    assert!(kept.contains("secret-access-token"), "{kept}");
}
