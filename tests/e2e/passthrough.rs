//! The same dialect on both sides: bytes in are bytes out.

use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, KEY, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};

/// A body as no serialiser would write it: white space, key order, unknown fields, spellings of numbers and strings.
fn odd_request(dialect: Speaks, model: &str, stream: bool) -> String {
    let path_of_own = match dialect {
        Speaks::Chat => {
            "\"n\" : 1, \"seed\":12345678901234567890, \"logit_bias\":{}, \"stream_options\" : {\"include_usage\" :true}"
        }
        Speaks::Claude => "\"metadata\" : {\"user_id\":\"u\\u002d1\"}",
    };
    format!(
        "\r\n {{ \"zz_unknown\" :[1.0e0,-0, 1E400,0.10000000000000000001 ,\"\\ud83d\\ude00 \\/ 漢\"],\n\t\"messages\": \
         [ {{\"content\" : \"Hi\\u0000\\u2028\" , \"role\":\"user\"}} ],  {path_of_own},\"temperature\":1.0e-1,\n\n\
         \"stream\":{stream} , \"model\"\t:  \"{model}\",\"max_tokens\":64 }}  \n"
    )
}

/// An answer as no serialiser would write it.
fn odd_answer(dialect: Speaks, model: &str) -> String {
    match dialect {
        Speaks::Chat => format!(
            "{{ \"choices\":[ {{\"finish_reason\":\"stop\",\"index\":0, \"message\":{{\"role\":\"assistant\",\
             \"content\":\"\\u0048i \\/ 漢 {model}\"}} }}],\n \"zz\" : 1.50, \"model\" :\"{model}\", \"usage\":{{\"prompt_tokens\":1,\
             \"completion_tokens\":2,\"total_tokens\":3}} }}\n"
        ),
        Speaks::Claude => format!(
            "{{ \"content\":[ {{\"text\":\"\\u0048i \\/ 漢 {model}\",\"type\":\"text\"}} ],\n\"role\":\"assistant\",\"type\":\"message\",\
             \"id\":\"msg_1\", \"zz\" : 1.50, \"model\" :\"{model}\", \"stop_reason\":\"end_turn\",\"stop_sequence\":null,\
             \"usage\":{{\"input_tokens\":1,\"output_tokens\":2}} }}\n"
        ),
    }
}

/// Writes of a stream: comments, unknown fields and events, several data lines, and cuts inside characters.
fn odd_stream(dialect: Speaks, model: &str) -> Vec<Vec<u8>> {
    let text = match dialect {
        Speaks::Chat => format!(
            ": hello\n\nretry: 10\nid: 7\ndata: {{\"id\":\"c\", \"model\" : \"{model}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"漢👩‍👩‍👧\"}}}}]}}\n\n\
             data:{{\"model\":\"{model}\",\"zz\":1.50,\ndata: \"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n:\n\n\
             data: [DONE]\n\n"
        ),
        Speaks::Claude => format!(
            ": hello\n\nevent: message_start\ndata: {{\"type\":\"message_start\", \"message\":{{\"model\" : \"{model}\",\"id\":\"m\",\"type\":\"message\",\
             \"role\":\"assistant\",\"content\":[],\"usage\":{{\"input_tokens\":1,\"output_tokens\":1}}}}}}\n\n\
             event: zz_unknown\nid: 7\ndata: {{\"type\":\"zz_unknown\",\ndata: \"a\":1.50}}\n\n\
             event:content_block_start\ndata:{{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"text\",\"text\":\"\"}}}}\n\n\
             event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"漢👩‍👩‍👧\"}}}}\n\n\
             event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n\
             event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}},\"usage\":{{\"output_tokens\":2}}}}\n\n\
             event: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"
        ),
    };
    text.as_bytes().chunks(13).map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        for stream in [false, true] {
            let body = odd_request(dialect, "up-text", stream);
            // Whether the upstream likes it is not the question.
            Answer::read(gateway.post(dialect, body.clone())).await;
            let arrived = upstream.last_request();
            assert_eq!(std::str::from_utf8(&arrived.body).unwrap(), body);
            assert_eq!(arrived.path, dialect.path());
            assert_eq!(arrived.header("content-type"), Some("application/json"));
        }
    }
}

#[tokio::test]
async fn an_answer_arrives_byte_for_byte() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        let body = odd_answer(dialect, SCRIPTED);
        upstream.script(
            SCRIPTED,
            Script::whole(200, "application/json", body.clone()),
        );
        let answer = gateway.question(dialect, SCRIPTED, false).await;
        assert_eq!((answer.status, answer.text()), (200, &*body));
        assert!(answer.header("x-modelgate-dropped").is_none());
    }
}

#[tokio::test]
async fn a_stream_arrives_byte_for_byte() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        for carriage_returns in [false, true] {
            let mut writes = odd_stream(dialect, SCRIPTED);
            if carriage_returns {
                let text = String::from_utf8(writes.concat()).unwrap();
                writes = vec![text.replace('\n', "\r\n").into_bytes()];
            }
            let expected = String::from_utf8(writes.concat()).unwrap();
            // The last script of a model is repeated, so each case has a gateway's view of its own.
            upstream.script(SCRIPTED, Script::sse(writes.clone()));
            upstream.script(SCRIPTED, Script::sse(writes));
            let answer = gateway.question(dialect, SCRIPTED, true).await;
            if !carriage_returns {
                assert_eq!((answer.status, answer.text()), (200, &*expected));
            }
            let last = gateway.question(dialect, SCRIPTED, true).await;
            assert_eq!(last.status, 200);
            assert_eq!(last.text(), expected);
        }
    }
}

#[tokio::test]
async fn an_alias_changes_the_model_and_nothing_else() {
    const ALIAS: &str = "my \"own\" model/漢";
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let models = format!("models: [{{name: {SCRIPTED}, alias: 'my \"own\" model/漢'}}]");
        let gateway = Settings::new()
            .serving(dialect, &upstream.url(), &["sk-good"], &models)
            .start()
            .await;
        let in_json = |model: &str| serde_json::to_string(model).unwrap();
        let alias = in_json(ALIAS);
        let request = odd_request(dialect, "_MODEL_", false).replace("\"_MODEL_\"", &alias);
        upstream.script(
            SCRIPTED,
            Script::whole(200, "application/json", odd_answer(dialect, SCRIPTED)),
        );
        Answer::read(gateway.post(dialect, request.clone())).await;
        let arrived = upstream.last_request().body;
        let expected = request.replace(&alias, &in_json(SCRIPTED));
        assert_eq!(std::str::from_utf8(&arrived).unwrap(), expected);

        let answer = gateway.question(dialect, ALIAS, false).await;
        let expected = odd_answer(dialect, SCRIPTED).replace(
            &format!("\"model\" :{}", in_json(SCRIPTED)),
            &format!("\"model\" :{alias}"),
        );
        assert_eq!(answer.text(), expected);
    }
}

#[tokio::test]
async fn an_alias_is_in_every_event() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::new()
            .serving(
                dialect,
                &upstream.url(),
                &["sk-good"],
                &format!("models: [{{name: {SCRIPTED}, alias: mine}}]"),
            )
            .start()
            .await;
        upstream.script(SCRIPTED, Script::sse(odd_stream(dialect, SCRIPTED)));
        let answer = gateway.question(dialect, "mine", true).await;
        answer.expect_text(dialect, "漢👩‍👩‍👧");
        assert!(!answer.text().contains(SCRIPTED), "{}", answer.text());
        assert_eq!(answer.folded(dialect).model, "mine");
    }
}

#[tokio::test]
async fn queries_and_version_headers_reach_a_claude_upstream() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Claude, &upstream).start().await;
    let body = Speaks::Claude.question("up-text", false).to_string();
    let request = gateway
        .keyless("POST", &format!("/v1/messages?beta=true&key={KEY}&x=%20y"))
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-01-01")
        .header("anthropic-beta", "one-2025-01-01")
        .header("anthropic-beta", "two-2025-01-01, three-2025-01-01")
        .body(body);
    Answer::read(request).await;
    let arrived = upstream.last_request();
    assert_eq!(arrived.query, "beta=true&x=%20y");
    assert_eq!(arrived.header("anthropic-version"), Some("2023-01-01"));
    let betas: Vec<&str> = arrived
        .headers
        .get_all("anthropic-beta")
        .iter()
        .flat_map(|value| value.to_str().unwrap().split(','))
        .map(str::trim)
        .collect();
    assert_eq!(
        betas,
        ["one-2025-01-01", "two-2025-01-01", "three-2025-01-01"]
    );
}

#[tokio::test]
async fn the_gateway_names_itself_and_keeps_the_clients_headers() {
    for dialect in Speaks::BOTH {
        for client in Speaks::BOTH {
            let upstream = Upstream::start().await;
            let gateway = Settings::upstream(dialect, &upstream).start().await;
            let request = gateway
                .post(client, client.question("up-text", false).to_string())
                .header("user-agent", "claude-cli/2.1.0 (external, cli)")
                .header("x-stainless-lang", "python")
                .header("x-app", "cli")
                .header("cookie", "session=secret")
                .header("x-api-key", KEY)
                .header("openai-organization", "org-client");
            let answer = Answer::read(request).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            let arrived = upstream.last_request();
            let agent = arrived.header("user-agent").unwrap_or_default();
            assert!(agent.starts_with("modelgate/"), "{agent}");
            let headers = format!("{:?}", arrived.headers);
            for private in [
                "stainless",
                "x-app",
                "session=secret",
                "org-client",
                KEY,
                "claude-cli",
            ] {
                assert!(!headers.contains(private), "{private} in {headers}");
            }
            assert_eq!(arrived.header("authorization"), Some("Bearer sk-good"));
        }
    }
}

#[tokio::test]
async fn a_large_answer_is_not_changed_or_cut() {
    for stream in [false, true] {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
        let answer = gateway.question(Speaks::Chat, "up-big", stream).await;
        answer.expect_text(
            Speaks::Chat,
            &"0123456789abcdef".repeat(5 * 1024 * 1024 / 16),
        );
    }
}
