//! OpenAI's other endpoints: answers that are gone on from, legacy completions, vectors of texts.

use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};

use crate::harness::{Answer, Gateway, HELLO, Settings, Speaks, start};

async fn post(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    Answer::read(gateway.request("POST", path).body(body.to_string())).await
}

/// The text of a whole answer of Responses.
fn text(answer: &Answer) -> String {
    let json = answer.json();
    let items = json["output"].as_array().cloned().unwrap_or_default();
    let parts = items.iter().filter_map(|item| item["content"].as_array());
    let texts = parts.flatten().filter_map(|part| part["text"].as_str());
    texts.collect()
}

fn tools() -> Value {
    json!([{"type": "function", "name": "weather", "strict": false, "parameters": {"type": "object", "properties": {}}}])
}

#[tokio::test]
async fn a_conversation_goes_on_from_an_answer_by_its_id() {
    for upstream_speaks in Speaks::BOTH {
        let (upstream, gateway) = start(upstream_speaks, "").await;
        let first = json!({"model": "up-tools", "input": "How is the weather?", "tools": tools()});
        let first = post(&gateway, "/v1/responses", &first).await.json();
        let items = first["output"].as_array().unwrap();
        let call = items
            .iter()
            .find(|item| item["type"] == "function_call")
            .unwrap();
        let second = json!({
            "model": "up-tools",
            "previous_response_id": first["id"],
            "input": [{"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}],
            "tools": tools(),
        });
        let second = post(&gateway, "/v1/responses", &second).await;
        assert_eq!(text(&second), "The tool said: sunny");
        let asked = upstream.last_request().json();
        assert!(asked.to_string().contains("How is the weather?"), "{asked}");
        // And from that one.
        let third = json!({"model": "up-text", "previous_response_id": second.json()["id"], "input": "And now?"});
        assert_eq!(text(&post(&gateway, "/v1/responses", &third).await), HELLO);
        let asked = upstream.last_request().json();
        let asked = asked["messages"].as_array().unwrap();
        assert!(asked.len() >= 5, "{asked:?}");
    }
}

#[tokio::test]
async fn nobody_goes_on_from_what_is_not_kept() {
    let lines = "api-keys: [mg-key-of-the-test-0123456789, mg-another-key-0123456789]";
    let upstream = Upstream::start().await;
    let config = Settings::upstream(Speaks::Chat, &upstream).text();
    let config = config.lines().skip(1).collect::<Vec<_>>().join("\n");
    let config = format!("{lines}\n{config}\n");
    let gateway = crate::harness::Launch::with(&config).start().await;
    let ask = |more: Value| {
        let mut body = json!({"model": "up-text", "input": "Hi"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let refused = async |body: &Value| {
        let answer = post(&gateway, "/v1/responses", body).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, &error["code"]),
            (404, &json!("previous_response_not_found"))
        );
        assert_eq!(error["param"], "previous_response_id");
    };
    let kept = post(&gateway, "/v1/responses", &ask(json!({})))
        .await
        .json();
    let go_on = ask(json!({"previous_response_id": kept["id"]}));
    // Another key's answer is nobody's.
    let other = gateway
        .keyless("POST", "/v1/responses")
        .bearer_auth("mg-another-key-0123456789")
        .body(go_on.to_string());
    assert_eq!(Answer::read(other).await.status, 404);
    assert_eq!(text(&post(&gateway, "/v1/responses", &go_on).await), HELLO);
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    assert_eq!(
        Answer::read(gateway.request("GET", &path)).await.status,
        404
    );
    let gone = Answer::read(gateway.request("DELETE", &path)).await;
    assert_eq!(
        (gone.status, gone.json()["deleted"].clone()),
        (200, json!(true))
    );
    assert_eq!(
        Answer::read(gateway.request("DELETE", &path)).await.status,
        404
    );
    refused(&go_on).await;
    refused(&ask(json!({"previous_response_id": "resp_never"}))).await;
    let unkept = post(&gateway, "/v1/responses", &ask(json!({"store": false})))
        .await
        .json();
    refused(&ask(json!({"previous_response_id": unkept["id"]}))).await;
}

#[tokio::test]
async fn streams_are_gone_on_from_too() {
    let (_upstream, gateway) = start(Speaks::Claude, "").await;
    let first = json!({"model": "up-text", "input": "Hi", "stream": true});
    let first = post(&gateway, "/v1/responses", &first).await;
    let last = first.frames().pop().unwrap().json();
    assert_eq!(last["type"], "response.completed");
    let second = json!({"model": "up-text", "input": "And?", "previous_response_id": last["response"]["id"]});
    assert_eq!(text(&post(&gateway, "/v1/responses", &second).await), HELLO);
}

#[tokio::test]
async fn legacy_completions_are_answered_by_every_upstream() {
    for upstream_speaks in Speaks::BOTH {
        let (_upstream, gateway) = start(upstream_speaks, "").await;
        let body =
            json!({"model": "up-text", "prompt": "Say hello. ", "echo": true, "max_tokens": 50});
        let answer = post(&gateway, "/v1/completions", &body).await.json();
        assert_eq!(answer["object"], "text_completion");
        assert_eq!(answer["choices"][0]["text"], format!("Say hello. {HELLO}"));
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        let body = json!({"model": "up-text", "prompt": "Say hello.", "stream": true});
        let answer = post(&gateway, "/v1/completions", &body).await;
        let frames = answer.frames();
        let texts = frames
            .iter()
            .map(|frame| frame.json()["choices"][0]["text"].clone());
        let text: String = texts
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect();
        assert_eq!(text, HELLO);
        assert_eq!(frames.last().unwrap().data, "[DONE]");
        let body = json!({"model": "up-text", "prompt": ["one", "two"]});
        assert_eq!(post(&gateway, "/v1/completions", &body).await.status, 400);
        let cut = json!({"model": "up-cut", "prompt": "x", "stream": true});
        let cut = post(&gateway, "/v1/completions", &cut).await;
        assert!(cut.frames().last().unwrap().json()["error"].is_object());
    }
}

#[tokio::test]
async fn vectors_come_from_gemini_in_openais_words() {
    let upstream = Upstream::start().await;
    let entry = format!(
        "gemini-api-key:\n  - api-key: sk-good\n    base-url: {}\n    models: [{{name: up-text}}]",
        upstream.url()
    );
    let gateway = Settings::new().line(&entry).start().await;
    let body = json!({"model": "up-text", "input": ["one", "two"], "dimensions": 4});
    let answer = post(&gateway, "/v1/embeddings", &body).await;
    // Google counts nothing here.
    assert_eq!(answer.header("x-modelgate-estimated"), Some("true"));
    let answer = answer.json();
    assert_eq!(
        answer["usage"],
        json!({"prompt_tokens": 2, "total_tokens": 2})
    );
    assert_eq!(answer["object"], "list");
    assert_eq!(answer["model"], "up-text");
    let data = answer["data"].as_array().unwrap();
    assert_eq!(data.len(), 2);
    assert_eq!(data[1]["index"], 1);
    assert!(data.iter().all(|one| one["embedding"].is_array()));
    assert!(
        upstream
            .last_request()
            .path
            .ends_with(":batchEmbedContents")
    );
    let body = json!({"model": "up-text", "input": "one", "encoding_format": "base64"});
    let answer = post(&gateway, "/v1/embeddings", &body).await.json();
    assert!(answer["data"][0]["embedding"].is_string());
    let body = json!({"model": "up-text", "input": [1, 2]});
    let refused = post(&gateway, "/v1/embeddings", &body).await;
    assert_eq!(refused.status, 400);
}

/// OpenAI takes 2048 texts at once, Google a hundred.
#[tokio::test]
async fn more_texts_than_gemini_takes_at_once_are_sent_in_pieces() {
    let upstream = Upstream::start().await;
    let entry = format!(
        "gemini-api-key:\n  - api-key: sk-good\n    base-url: {}\n    models: [{{name: up-text}}]",
        upstream.url()
    );
    let gateway = Settings::new().line(&entry).start().await;
    let embed = async |texts: &[String]| {
        let body = json!({"model": "up-text", "input": texts});
        let answer = post(&gateway, "/v1/embeddings", &body).await.json();
        answer["data"].as_array().unwrap().clone()
    };
    let texts: Vec<String> = (0..250).map(|number| format!("text {number}")).collect();
    let data = embed(&texts).await;
    assert_eq!(data.len(), 250);
    assert_eq!(data[249]["index"], 249);
    assert_eq!(upstream.requests().len(), 3);
    let alone = embed(&texts[100..101]).await;
    assert_eq!(data[100]["embedding"], alone[0]["embedding"]);
    assert_ne!(data[0]["embedding"], alone[0]["embedding"]);
}

#[tokio::test]
async fn an_operation_that_nobody_has_is_a_404() {
    let (upstream, gateway) = start(Speaks::Claude, "").await;
    for (path, body) in [
        ("/v1/embeddings", json!({"model": "up-text", "input": "x"})),
        (
            "/v1/responses/compact",
            json!({"model": "up-text", "input": "x"}),
        ),
    ] {
        let answer = post(&gateway, path, &body).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, &error["code"]),
            (404, &json!("operation_not_found"))
        );
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_server_without_a_key_is_asked_without_one_at_the_address_that_was_given() {
    let upstream = Upstream::start().await;
    upstream.allow_keyless();
    for slash in ["", "/"] {
        let servers = format!(
            "openai-compatibility: [{{name: own, base-url: '{}/v1{slash}', models: [{{name: up-text}}]}}]",
            upstream.url()
        );
        let gateway = Settings::new().line(&servers).start().await;
        let answer = gateway.question(Speaks::Chat, "up-text", false).await;
        answer.expect_text(Speaks::Chat, HELLO);
        let sent = upstream.last_request();
        assert_eq!(sent.path, "/v1/chat/completions");
        assert_eq!(sent.header("authorization"), None);
    }
}
