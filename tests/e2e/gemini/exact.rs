//! Google's dialect on both sides: bytes in are bytes out.

use super::{Form, Said, continued, expect_error, post, question, start, tool_question};
use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, HELLO, KEY, Settings};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;

/// A body as no serialiser would write it.
const ODD_REQUEST: &str = "\r\n {\"zz_unknown\" :[1.0e0,-0, 1E400,\"\\ud83d\\ude00 \\/ 漢\"],\n\t\"generation_config\" : \
    {\"topK\" : \"5\"}, \"contents\": [ {\"parts\" : [{\"text\":\"Hi\\u0000\\u2028\"}] , \"role\":\"USER\"} ] }  \n";

fn odd_answer(model: &str) -> String {
    format!(
        "{{ \"candidates\":[ {{\"finishReason\":\"STOP\", \"content\":{{\"role\":\"model\",\"parts\":[{{\"text\":\"\\u0048i \\/ 漢 \
         {model}\"}}]}} }}],\n \"zz\" : 1.50, \"modelVersion\" :\"{model}\" }}\n"
    )
}

/// Writes of a stream: comments, unknown fields, several data lines, and cuts inside characters.
fn odd_stream(model: &str) -> Vec<Vec<u8>> {
    let text = format!(
        ": hello\n\nretry: 10\nid: 7\ndata: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"漢👩‍👩‍👧\"}}]}}}}], \"modelVersion\" : \
         \"{model}\"}}\n\ndata:{{\"modelVersion\":\"{model}\",\"zz\":1.50,\ndata: \"candidates\":[{{\"finishReason\":\"STOP\"}}]}}\n\n:\n\n"
    );
    text.as_bytes().chunks(13).map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    for (method, query) in [
        ("generateContent", ""),
        ("streamGenerateContent?alt=sse", "alt=sse"),
        // Events are asked for whatever the client reads.
        ("streamGenerateContent", "alt=sse"),
        (
            "streamGenerateContent?alt=sse&$fields=a%20b",
            "alt=sse&%24fields=a+b",
        ),
    ] {
        // Whether the upstream likes it is not the question.
        Answer::read(post(
            &gateway,
            &format!("/v1beta/models/up-text:{method}"),
            ODD_REQUEST,
        ))
        .await;
        let arrived = upstream.last_request();
        assert_eq!(std::str::from_utf8(&arrived.body).unwrap(), ODD_REQUEST);
        let name = method.split('?').next().unwrap();
        assert_eq!(arrived.path, format!("/v1beta/models/up-text:{name}"));
        assert_eq!(arrived.query, query);
        assert_eq!(arrived.header("x-goog-api-key"), Some("sk-good"));
        assert!(!format!("{arrived:?}").contains(KEY));
    }
}

#[tokio::test]
async fn an_answer_arrives_byte_for_byte() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    let body = odd_answer(SCRIPTED);
    upstream.script(
        SCRIPTED,
        Script::whole(200, "application/json", body.clone()),
    );
    let answer = Form::Whole.ask(&gateway, SCRIPTED, &question()).await;
    assert_eq!((answer.status, answer.text()), (200, &*body));
}

#[tokio::test]
async fn a_stream_arrives_byte_for_byte() {
    for carriage_returns in [false, true] {
        let (upstream, gateway) = start(&["sk-good"], "").await;
        let mut writes = odd_stream(SCRIPTED);
        if carriage_returns {
            let text = String::from_utf8(writes.concat()).unwrap();
            writes = vec![text.replace('\n', "\r\n").into_bytes()];
        }
        let expected = String::from_utf8(writes.concat()).unwrap();
        upstream.script(SCRIPTED, Script::sse(writes));
        let answer = Form::Events.ask(&gateway, SCRIPTED, &question()).await;
        assert_eq!((answer.status, answer.text()), (200, &*expected));
        // As a list, each event's data is an item.
        let list = Form::List.ask(&gateway, SCRIPTED, &question()).await;
        let items = Form::List.responses(&list);
        assert_eq!(items.len(), 2, "{}", list.text());
        assert!(list.text().contains("\"zz\":1.50"), "{}", list.text());
    }
}

#[tokio::test]
async fn an_alias_changes_the_path_and_the_version_only() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let gateway = Settings::new()
        .line(&format!("gemini-api-key: [{{api-key: sk-good, base-url: '{url}', models: [{{name: {SCRIPTED}, alias: mine}}]}}]"))
        .start()
        .await;
    upstream.script(
        SCRIPTED,
        Script::whole(200, "application/json", odd_answer(SCRIPTED)),
    );
    upstream.script(SCRIPTED, Script::sse(odd_stream(SCRIPTED)));
    let answer = Form::Whole.ask(&gateway, "mine", &question()).await;
    let named = |model: &str| format!("\"modelVersion\" :\"{model}\"");
    let expected = odd_answer(SCRIPTED).replace(&named(SCRIPTED), &named("mine"));
    assert_eq!(answer.text(), expected);
    let arrived = upstream.last_request();
    assert_eq!(
        arrived.path,
        format!("/v1beta/models/{SCRIPTED}:generateContent")
    );
    assert_eq!(arrived.body, question().to_string());
    for form in [Form::Events, Form::List] {
        let answer = form.ask(&gateway, "mine", &question()).await;
        let said = Said::read(form, &answer);
        assert_eq!((&*said.text, &*said.model), ("漢👩‍👩‍👧", "mine"));
        assert!(!answer.text().contains(SCRIPTED), "{}", answer.text());
    }
}

#[tokio::test]
async fn signatures_go_there_and_back_untouched() {
    let (_upstream, gateway) = start(&["sk-good"], "").await;
    for form in Form::ALL {
        for model in [
            "gemini-3-flash-up-parallel",
            "gemini-3-flash-up-thinking-tools",
        ] {
            let mut asked = tool_question();
            asked["generationConfig"] = json!({"thinkingConfig": {"includeThoughts": true}});
            let first = Said::read(form, &form.ask(&gateway, model, &asked).await);
            let body = continued(asked, &first, "dry");
            let second = Said::read(form, &form.ask(&gateway, model, &body).await);
            assert!(second.text.starts_with("The tool said: dry"), "{second:?}");
        }
    }
}

#[tokio::test]
async fn counts_and_refusals_are_the_upstreams_own() {
    let (upstream, gateway) = start(&["sk-good"], "request-retry: 0").await;
    let path = "/v1beta/models/up-text:countTokens";
    let answer = Answer::read(post(&gateway, path, question().to_string())).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert!(answer.json()["promptTokensDetails"].is_array());
    assert_eq!(upstream.last_request().path, path);
    for form in Form::ALL {
        let mut body = question();
        body["sessions"] = json!("x");
        let answer = form.ask(&gateway, "up-text", &body).await;
        let error = expect_error(&answer, 400, "INVALID_ARGUMENT").to_string();
        assert!(error.contains("Cannot find field"), "{error}");
        assert_eq!(error.starts_with('['), form == Form::List);
    }
}

#[tokio::test]
async fn a_cut_stream_ends_with_an_error() {
    let (_upstream, gateway) = start(&["sk-good"], "request-retry: 0").await;
    for form in [Form::Events, Form::List] {
        for model in ["up-cut", "up-cut-clean", "up-error-in-stream"] {
            let answer = form.ask(&gateway, model, &question()).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            let responses = form.responses(&answer);
            let last = responses.last().unwrap();
            assert!(last["error"]["code"].is_u64(), "{form:?} {model} {last}");
        }
        let answer = form.ask(&gateway, "up-late-usage", &question()).await;
        let said = Said::read(form, &answer);
        assert_eq!(
            (&*said.text, &said.usage["totalTokenCount"]),
            (HELLO, &json!(20))
        );
    }
}
