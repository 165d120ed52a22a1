use modelgate_dialects::Dialect;
use serde_json::{Value as Json, json};

use super::*;
use crate::Healths;

/// What is sent for a call of an account with a project, and where.
fn sent(
    kind: ProviderKind,
    operation: Operation,
    stream: bool,
    body: &Json,
) -> Result<(String, Json), CallError> {
    let healths = Healths::default();
    let places = Places {
        hosts: vec![Url::parse("https://one/base").unwrap()],
        models: None,
    };
    let mut forge = Forge::new(&healths);
    let credential = Credential {
        billed: Some(Box::new(Billed {
            project: (!body.is_null()).then(|| "p-1".into()),
            agent: None,
        })),
        ..forge.built_in("c", kind, Urls::CodeAssist(Box::new(places)))
    };
    let call = Call {
        credential: &credential,
        operation,
        dialect: Dialect::Gemini,
        id: "r-1",
        model: "models/gemini-2.5-pro",
        stream,
        body: Bytes::from(body.to_string()).into(),
        query: Some("alt=json"),
        client_headers: None,
        limit: 1000,
    };
    let url = credential.address(&call, 0).unwrap();
    let body = fit(&call)?;
    Ok((url, serde_json::from_slice(&body).unwrap()))
}

#[test]
fn a_request_goes_in_an_envelope_with_its_project() {
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let kind = ProviderKind::CodeAssist;
    let (url, body) = sent(kind, Operation::Generate, false, &request).unwrap();
    assert_eq!(url, "https://one/base/v1internal:generateContent");
    let expected = json!({
        "model": "gemini-2.5-pro", "project": "p-1", "user_prompt_id": "r-1", "request": request,
    });
    assert_eq!(body, expected);
    let (url, _) = sent(kind, Operation::Generate, true, &request).unwrap();
    assert_eq!(
        url,
        "https://one/base/v1internal:streamGenerateContent?alt=sse"
    );
}

#[test]
fn a_project_is_never_made_up() {
    for (kind, login) in [
        (ProviderKind::CodeAssist, "modelgate login gemini"),
        (ProviderKind::Antigravity, "modelgate login antigravity"),
    ] {
        let error = sent(kind, Operation::Generate, false, &Json::Null).unwrap_err();
        assert_eq!(error.kind, crate::CallErrorKind::Unauthorized);
        let message = &error.error.message;
        assert!(message.contains(login), "{message}");
    }
}

#[test]
fn what_is_counted_has_neither_project_nor_anything_but_contents() {
    let contents = json!([{"role": "user", "parts": [{"text": "hi"}]}]);
    let request = json!({
        "model": "models/x", "contents": contents, "systemInstruction": {"parts": [{"text": "be"}]},
        "tools": [{"functionDeclarations": []}], "safetySettings": [],
    });
    for request in [request.clone(), json!({"generateContentRequest": request})] {
        let kind = ProviderKind::CodeAssist;
        let (url, body) = sent(kind, Operation::CountTokens, false, &request).unwrap();
        assert_eq!(url, "https://one/base/v1internal:countTokens");
        let parts =
            json!([{"text": "be"}, {"text": r#"[{"functionDeclarations":[]}]"#}, {"text": "hi"}]);
        let told = json!([{"role": "user", "parts": parts}]);
        let expected = json!({"request": {"model": "models/gemini-2.5-pro", "contents": told}});
        assert_eq!(body, expected);
    }
}

#[test]
fn nothing_is_said_that_nobody_said() {
    let contents = json!([{"role": "model", "parts": [{"text": "hi"}]}]);
    let (kind, request) = (ProviderKind::CodeAssist, json!({"contents": contents}));
    let (_, body) = sent(kind, Operation::CountTokens, false, &request).unwrap();
    assert_eq!(body["request"]["contents"], contents);
}

#[test]
fn antigravity_numbers_its_requests_and_names_nobody() {
    let request = json!({"contents": [], "generationConfig": {"topK": 1}});
    let (_, body) = sent(
        ProviderKind::Antigravity,
        Operation::Generate,
        false,
        &request,
    )
    .unwrap();
    let id = body["requestId"].as_str().unwrap();
    assert!(id.starts_with("agent-") && id.len() == 42, "{id}");
    assert!(body.get("userAgent").is_none(), "{body}");
    assert_eq!(body["request"], request);
}

#[test]
fn when_a_quota_begins_anew_is_read_as_a_moment_too() {
    let failure = |metadata: Json| {
        let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "QUOTA_EXHAUSTED", "metadata": metadata});
        let body = json!({"error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED", "details": [info]}});
        failure(
            StatusCode::TOO_MANY_REQUESTS,
            &Bytes::from(body.to_string()),
        )
    };
    let told = failure(json!({"quotaResetTimeStamp": "2099-01-01T00:00:00Z"}));
    let moment = retry_hint::moment("2099-01-01T00:00:00Z");
    assert_eq!((told.retry_after, told.retry_at), (None, moment));
    let error = CallError::answered("p".into(), told);
    assert!(is_used_up(&error));
    let days = error.error.retry_after.unwrap().as_secs() / 86_400;
    assert!(days > 365, "{days}");
    let both =
        json!({"quotaResetDelay": "1h16m0.6s", "quotaResetTimeStamp": "2099-01-01T00:00:00Z"});
    let error = CallError::answered("p".into(), failure(both));
    assert_eq!(error.error.retry_after.unwrap().as_millis(), 4_560_600);
    for odd in [json!({"quotaResetTimeStamp": "soon"}), json!([]), json!(7)] {
        assert_eq!(failure(odd).retry_at, None);
    }
}

#[test]
fn a_count_of_more_than_contents_is_only_about_right() {
    for (request, roughly) in [
        (json!({"contents": []}), false),
        (json!({"contents": [], "system_instruction": {}}), true),
        (json!({"contents": [], "tools": []}), true),
        (
            json!({"generateContentRequest": {"contents": [], "tools": []}}),
            true,
        ),
    ] {
        let document = Document::parse(Bytes::from(request.to_string())).unwrap();
        assert_eq!(counts_roughly(document.root()), roughly, "{request}");
    }
}
