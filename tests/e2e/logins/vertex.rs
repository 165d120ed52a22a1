//! Service accounts of Vertex AI, as strict as `providers.md` 7 has it: the signature, its audience and its end are verified.

use super::Scene;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Gateway, Speaks, eventually};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

const FILE: &str = include_str!("../../../providers/tests/support/service_account.json");
const MODELS: &str = "/v1/projects/project-1/locations/europe-west4/publishers/google/models";

/// A place for keys and models; both are asked at it.
async fn start() -> Scene {
    let server = StandIn::start(|asked| match &*asked.path {
        "/token" => token(asked),
        path if path.starts_with(MODELS) => generate(asked),
        path => panic!("{path}"),
    });
    Scene::new(server.await, &[])
}

/// The key of the account, whose tokens come from the stand-in.
fn key(scene: &Scene) -> Value {
    let mut key: Value = serde_json::from_str(FILE).unwrap();
    key["token_uri"] = json!(format!("{}/token", scene.server.url));
    key
}

fn token(asked: &Asked) -> Said {
    let form = asked.form();
    assert_eq!(
        form["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    let (said, signature) = form["assertion"].rsplit_once('.').unwrap();
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let file: Value = serde_json::from_str(FILE).unwrap();
    let pem = file["private_key"].as_str().unwrap();
    let body: String = pem.lines().filter(|line| !line.contains("---")).collect();
    let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(body).unwrap()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
    if public.verify(said.as_bytes(), &decoded(signature)).is_err() {
        return Said::json(400, &json!({"error": "invalid_grant"}));
    }
    let claims = decoded(said.split_once('.').unwrap().1);
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let (from, to) = (
        claims["iat"].as_u64().unwrap(),
        claims["exp"].as_u64().unwrap(),
    );
    assert!(now.abs_diff(from) < 60 && to - from == 3600, "{claims}");
    let host = asked.header("host").unwrap();
    assert_eq!(claims["aud"], format!("http://{host}/token"));
    assert_eq!(claims["iss"], "robot@project-1.iam.gserviceaccount.com");
    Said::json(
        200,
        &json!({"access_token": "access-1", "expires_in": 3599, "token_type": "Bearer"}),
    )
}

fn generate(asked: &Asked) -> Said {
    if asked.header("authorization") != Some("Bearer access-1") {
        return Said::json(
            401,
            &json!({"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}),
        );
    }
    let contents = asked.json()["contents"].clone();
    let roles = contents.as_array().unwrap().iter();
    assert!(
        roles.clone().all(|content| content["role"].is_string()),
        "{contents}"
    );
    let answer = json!({
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello there"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
    });
    if asked.path.contains(":streamGenerateContent?alt=sse") {
        return Said::bytes(
            "text/event-stream",
            format!("data: {answer}\n\n").into_bytes(),
        );
    }
    assert!(asked.path.ends_with(":generateContent"), "{}", asked.path);
    Said::json(200, &answer)
}

/// Everybody is answered by the account, with one token.
async fn expect_answers(scene: &Scene, gateway: &Gateway) {
    scene.change("vertex-project-1", &json!({"base_url": scene.server.url}));
    eventually("the account is at the stand-in", async || {
        let answer = gateway.question(Speaks::Chat, "gemini-2.5-flash", false);
        answer.await.status == 200
    })
    .await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, "gemini-2.5-flash", stream).await;
            answer.expect_text(dialect, "Hello there");
        }
    }
    assert_eq!(scene.server.asked("/token").len(), 1, "it is kept");
    let asked = scene.last(&format!("{MODELS}/gemini-2.5-flash:generateContent"));
    assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
    assert!(
        scene
            .saved("vertex-project-1")
            .get("access_token")
            .is_none()
    );
}

#[tokio::test]
async fn a_key_is_taken_over_and_signs_for_its_tokens() {
    let scene = start().await;
    let file = scene.home.path("key.json");
    fs::write(&file, key(&scene).to_string()).unwrap();
    let words = [
        "login",
        "vertex",
        "--json",
        "--import",
        file.to_str().unwrap(),
    ];
    let located = [&words[..], &["--location", "europe-west4"]].concat();
    let done = scene.launch().run(&located).await.json();
    assert_eq!(done["account"]["id"], "vertex-project-1");
    assert_eq!(done["account"]["project_id"], "project-1");
    let models = done["account"]["models"].as_array().unwrap();
    assert!(models.contains(&json!("gemini-2.5-flash")), "{models:?}");
    let others = json!(["gemini-*", "imagen-*"]);
    assert_eq!(done["account"]["other_names"], others);
    let next = |done: &Value| done["next"].as_str().unwrap().to_owned();
    assert!(next(&done).starts_with("modelgate serve --config "));
    assert_eq!(scene.saved("vertex-project-1")["location"], "europe-west4");
    let gateway = scene.launch().start().await;
    expect_answers(&scene, &gateway).await;
    assert!(!gateway.log().contains("PRIVATE KEY"));
    // Where a gateway runs, it has the account already.
    let again = scene.launch().run(&located).await.json();
    assert!(next(&again).starts_with("modelgate accounts --config "));

    for (words, hint) in [
        (&["login", "vertex"][..], "name the file with --import"),
        (&["login", "vertex", "--import", "/nowhere"], "/nowhere"),
        (
            &[&words[..], &["--location", "evil.example/"]].concat(),
            "is not a location",
        ),
    ] {
        let refused = scene.launch().run(words).await;
        assert_ne!(refused.code, Some(0), "{words:?}");
        assert!(
            refused.stderr.contains(hint),
            "{words:?}: {}",
            refused.stderr
        );
    }
}

#[tokio::test]
async fn a_key_is_sent_over_http_in_a_form() {
    let scene = start().await;
    let gateway = scene.launch().start().await;
    let send = async |file: Option<&str>, location: &str| {
        let mut body = String::new();
        let mut part = |head: &str, text: &str| {
            body += &format!("--edge\r\ncontent-disposition: form-data; {head}\r\n\r\n{text}\r\n");
        };
        if let Some(file) = file {
            part("name=\"file\"; filename=\"key.json\"", file);
        }
        part("name=\"location\"", location);
        body += "--edge--\r\n";
        let request = gateway
            .keyless("POST", "/v0/management/vertex/import")
            .header("x-management-key", gateway.token())
            .header("content-type", "multipart/form-data; boundary=edge");
        Answer::read(request.body(body)).await
    };
    let text = key(&scene).to_string();
    let mut nobody = key(&scene);
    nobody["project_id"] = json!("");
    let mut unsigned = key(&scene);
    unsigned["private_key"] = json!("x");
    for (file, location, error) in [
        (None, "", "file required"),
        (Some("{"), "", "invalid json"),
        (Some(&*nobody.to_string()), "", "project_id missing"),
        (Some(&*unsigned.to_string()), "", "invalid service account"),
        (Some(&*text), "evil.example/", "invalid location"),
    ] {
        let answer = send(file, location).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!(error))
        );
        assert!(!answer.text().contains("PRIVATE"), "{}", answer.text());
    }
    let imported = send(Some(&text), "europe-west4").await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    let expected = json!({
        "status": "ok", "auth-file": scene.file("vertex-project-1"), "project_id": "project-1",
        "email": "robot@project-1.iam.gserviceaccount.com", "location": "europe-west4",
    });
    assert_eq!(imported.json(), expected);
    expect_answers(&scene, &gateway).await;
    let log = gateway.log();
    assert!(log.contains("a service account was imported"), "{log}");
    assert!(!log.contains("PRIVATE KEY"), "{log}");

    let again = gateway.manage("POST", "vertex/import", &text).await;
    assert_eq!(again.json()["location"], "us-central1", "the usual place");
}

/// What is signed names its time, and Google refuses one that is far from its own.
#[tokio::test]
async fn clock_skew_is_told_where_google_refuses_what_was_signed() {
    let server = StandIn::start(|asked| {
        assert_eq!(asked.path, "/token");
        let refusal = json!({"error": "invalid_grant", "error_description": "Invalid JWT"});
        Said::json(400, &refusal).header("date", "Fri, 02 Jan 2026 03:04:05 GMT")
    });
    let scene = Scene::new(server.await, &[]);
    let file = scene.home.path("key.json");
    fs::write(&file, key(&scene).to_string()).unwrap();
    let words = ["login", "vertex", "--import", file.to_str().unwrap()];
    let imported = scene.launch().run(&words).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    scene.change("vertex-project-1", &json!({"base_url": scene.server.url}));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Chat, "gemini-2.5-flash", false);
    let answer = answer.await;
    assert!(answer.status >= 400, "{}", answer.text());
    let told = [answer.text().to_owned(), gateway.log()].concat();
    assert!(told.contains("the clock of this machine is "), "{told}");
    assert!(told.contains(" minutes ahead; set it"), "{told}");
}
