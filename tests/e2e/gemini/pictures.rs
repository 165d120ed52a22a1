//! Pictures of Imagen, which is asked with `:predict`: words of Google's that no other dialect has.

use super::{expect_error, post};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Gateway, KEY, Settings, Speaks};
use serde_json::{Value, json};

const ASKED: &str =
    r#"{"instances": [{"prompt":"A cat"} ],"parameters":{"sampleCount":2}, "zz":1}"#;

/// A server with one model that makes pictures, at both of Google's paths.
async fn imagen() -> StandIn {
    StandIn::start(|asked: &Asked| {
        let paths = ["/v1beta/models", "/v1/publishers/google/models"];
        let is_there = paths
            .iter()
            .any(|path| asked.path == format!("{path}/imagen-4:predict"));
        if !is_there || asked.header("x-goog-api-key") != Some("sk-a") {
            let error = json!({"code": 404, "message": "Not here.", "status": "NOT_FOUND"});
            return Said::json(404, &json!({"error": error}));
        }
        let body = asked.json();
        if body["instances"][0]["prompt"] == "" {
            let error = json!({"code": 400, "message": "No prompt.", "status": "INVALID_ARGUMENT"});
            return Said::json(400, &json!({"error": error}));
        }
        let picture = json!({"bytesBase64Encoded": "aGVsbG8=", "mimeType": "image/png"});
        Said::json(200, &json!({"predictions": [picture, picture]}))
    })
    .await
}

async fn in_front_of(imagen: &StandIn, section: &str) -> Gateway {
    let entry = format!(
        "{section}:\n  - api-key: sk-a\n    base-url: {}\n    fetch-models: false",
        imagen.url
    );
    Settings::new()
        .line("request-retry: 0")
        .line(&entry)
        .start()
        .await
}

async fn predict(gateway: &Gateway, model: &str, body: &str) -> Answer {
    let path = format!("/v1beta/models/{model}:predict");
    Answer::read(post(gateway, &path, body.to_owned())).await
}

#[tokio::test]
async fn a_picture_is_asked_for_and_comes_as_it_is() {
    for section in ["gemini-api-key", "vertex-api-key"] {
        let imagen = imagen().await;
        let gateway = in_front_of(&imagen, section).await;
        let answer = predict(&gateway, "imagen-4", ASKED).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let predictions: Value = answer.json()["predictions"].clone();
        assert_eq!(predictions.as_array().unwrap().len(), 2);
        assert_eq!(predictions[0]["bytesBase64Encoded"], "aGVsbG8=");
        let asked = imagen.everything().pop().unwrap();
        assert_eq!(std::str::from_utf8(&asked.body).unwrap(), ASKED);
        assert!(!format!("{asked:?}").contains(KEY));

        let empty = json!({"instances": [{"prompt": ""}]}).to_string();
        let refused = predict(&gateway, "imagen-4", &empty).await;
        assert!(
            expect_error(&refused, 400, "INVALID_ARGUMENT")
                .to_string()
                .contains("No prompt.")
        );
        // A failure of one model says nothing of the key.
        let missing = predict(&gateway, "imagen-9", ASKED).await;
        expect_error(&missing, 404, "NOT_FOUND");
        assert_eq!(predict(&gateway, "imagen-4", ASKED).await.status, 200);
    }
}

#[tokio::test]
async fn who_has_no_pictures_is_not_asked_for_them() {
    let (upstream, gateway) = crate::harness::scene::start(Speaks::Chat, "").await;
    let answer = predict(&gateway, "up-text", ASKED).await;
    assert!(
        matches!(answer.status, 400 | 404),
        "{} {}",
        answer.status,
        answer.text()
    );
    assert!(upstream.requests().is_empty());
}
