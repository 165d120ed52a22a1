//! Responses on both sides, byte for byte; and servers that speak both of OpenAI's dialects.

use super::{PATH, Said, Scene, THOUGHT, ask, continued, events, post, question, tool_question};
use crate::harness::settings::SCRIPTED;
use crate::harness::{HELLO, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;

/// A body as no serialiser would write it.
fn odd_request(stream: bool) -> String {
    format!(
        "\r\n {{ \"zz_unknown\" :[1.0e0,-0, 1E400 ,\"\\ud83d\\ude00 \\/ 漢\"],\n\t\"input\": [ {{\"content\" : \
         \"Hi\\u0000\\u2028\" , \"role\":\"user\"}} ], \"temperature\":1.0e-1,\n\n \"stream\":{stream} , \
         \"model\"\t:  \"up-text\",\"max_output_tokens\":64 }}  \n"
    )
}

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    let scene = Scene::start().await;
    for stream in [false, true] {
        let body = odd_request(stream);
        post(&scene.gateway, PATH, body.clone()).await;
        let arrived = scene.upstream.last_request();
        assert_eq!(std::str::from_utf8(&arrived.body).unwrap(), body);
        assert_eq!(arrived.path, PATH);
    }
}

#[tokio::test]
async fn an_answer_and_a_stream_arrive_byte_for_byte() {
    let scene = Scene::start().await;
    let body = "{ \"output\":[ {\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[]} ],\n \"zz\" : 1.50, \
         \"model\" :\"scripted\", \"status\":\"completed\" ,\"object\":\"response\",\"id\":\"resp_1\"}\n";
    let script = Script::whole(200, "application/json", body);
    scene.upstream.script(SCRIPTED, script);
    let stream = ": hello\n\nevent: response.created\nid: 7\ndata: {\"type\":\"response.created\",\"sequence_number\":5, \"response\" :{\"id\":\"resp_1\",\"model\":\"scripted\"}}\n\n\
         event:zz_unknown\ndata:{\"type\":\"zz_unknown\",\ndata: \"a\":1.50}\n\n\
         event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"漢👩‍👩‍👧\"}\n\n\
         event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"model\":\"scripted\",\"status\":\"completed\",\"output\":[]}}\n\n";
    let writes: Vec<Vec<u8>> = stream.as_bytes().chunks(13).map(<[u8]>::to_vec).collect();
    scene.upstream.script(SCRIPTED, Script::sse(writes));
    let answer = ask(&scene.gateway, &question(SCRIPTED, false)).await;
    assert_eq!((answer.status, answer.text()), (200, body));
    let answer = ask(&scene.gateway, &question(SCRIPTED, true)).await;
    assert_eq!((answer.status, answer.text()), (200, stream));
}

#[tokio::test]
async fn a_tool_loop_with_reasoning_goes_through_unchanged() {
    let scene = Scene::start().await;
    for stream in [false, true] {
        let mut asked = tool_question("up-thinking-tools", stream);
        asked["reasoning"] = json!({"effort": "high", "summary": "auto"});
        asked["include"] = json!(["reasoning.encrypted_content"]);
        asked["store"] = json!(false);
        let said = Said::read(&ask(&scene.gateway, &asked).await);
        assert_eq!(said.thinking, THOUGHT);
        let body = continued(asked, &said, "sunny");
        let second = Said::read(&ask(&scene.gateway, &body).await);
        assert_eq!(second.text, "The tool said: sunny");
        assert_eq!(scene.upstream.last_request().json(), body);
    }
}

#[tokio::test]
async fn failures_stay_in_their_shape() {
    let scene = Scene::start().await;
    let answer = ask(&scene.gateway, &question("up-400", true)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
    for model in [
        "up-error-in-stream",
        "up-cut",
        "up-cut-clean",
        "up-no-finish",
    ] {
        let answer = ask(&scene.gateway, &question(model, true)).await;
        let last = events(&answer).pop().unwrap();
        let kind = last["type"].as_str().unwrap();
        assert!(
            matches!(kind, "response.failed" | "error"),
            "{model} {last}"
        );
    }
}

#[tokio::test]
async fn a_count_is_the_upstreams() {
    let scene = Scene::start().await;
    let body = "{ \"model\":\"up-text\",  \"input\" : \"What is the weather?\" }";
    let answer = post(&scene.gateway, "/v1/responses/input_tokens", body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(
        answer.json(),
        json!({"object": "response.input_tokens", "input_tokens": 5})
    );
    assert_eq!(answer.header("x-modelgate-estimated"), None);
    assert_eq!(&*scene.upstream.last_request().body, body.as_bytes());
}

#[tokio::test]
async fn a_server_of_both_dialects_is_asked_in_the_one_that_fits() {
    let upstream = Upstream::start().await;
    let more = "responses: true";
    let gateway = Settings::new()
        .provider(Speaks::Chat, &upstream.url(), &["sk-good"], more)
        .start()
        .await;
    for stream in [false, true] {
        for (client, path) in [
            (Speaks::Chat, "/v1/chat/completions"),
            (Speaks::Claude, PATH),
        ] {
            let answer = gateway.question(client, "up-text", stream).await;
            answer.expect_text(client, HELLO);
            assert_eq!(upstream.last_request().path, path, "{client:?}");
        }
        let body = question("up-text", stream);
        assert_eq!(Said::read(&ask(&gateway, &body).await).text, HELLO);
        let arrived = upstream.last_request();
        assert_eq!((&*arrived.path, arrived.json()), (PATH, body));
        assert_eq!(arrived.header("authorization"), Some("Bearer sk-good"));
    }
}
