use super::*;

#[track_caller]
fn check(tail: &str, query: Option<&str>, expected: Result<(Method, &str, bool), u16>) {
    let found = Google::at_model(tail, query);
    let found = found.map_err(|failure| failure.error.status);
    let found = found.as_ref().map(|google| {
        (
            google.method,
            google.model.as_deref().unwrap(),
            google.form.list,
        )
    });
    assert_eq!(found, expected.as_ref().map(|found| *found), "{tail}");
}

#[test]
fn a_path_says_model_and_method() {
    use Method::{CountTokens, Embed, Generate, Stream};
    check("m:generateContent", None, Ok((Generate, "m", true)));
    check(
        "m:streamGenerateContent",
        Some("alt=sse"),
        Ok((Stream, "m", false)),
    );
    check(
        "m:streamGenerateContent",
        Some("key=k&%24alt=sse"),
        Ok((Stream, "m", false)),
    );
    check(
        "m%3AcountTokens",
        Some("alt=json"),
        Ok((CountTokens, "m", true)),
    );
    check("models/m:embedContent", None, Ok((Embed, "m", true)));
    check(
        "publishers/google/models/m:embedContent",
        None,
        Ok((Embed, "m", true)),
    );
    check(
        "team/m:free:generateContent",
        None,
        Ok((Generate, "team/m:free", true)),
    );
    check(
        "m%28high%29:generateContent",
        None,
        Ok((Generate, "m(high)", true)),
    );
    check(
        "tunedModels/m:generateContent",
        None,
        Ok((Generate, "tunedModels/m", true)),
    );
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    for tail in [
        "../m:generateContent",
        "a/../m:generateContent",
        "..:generateContent",
        "a%2Fb:generateContent",
        "a%2fb:generateContent",
        "%2e%2e/m:generateContent",
        "a%23b:generateContent",
        "a%5cb:generateContent",
        "https://host/m:generateContent",
        "a//m:generateContent",
        ":generateContent",
        "a%00:generateContent",
        "a%3fb:generateContent",
    ] {
        check(tail, None, Err(400));
    }
    check("m:generate", None, Err(404));
    check("m", None, Err(404));
    assert!(Google::internal("embedContent", None).is_none());
    assert!(Google::internal("loadCodeAssist", None).is_none());
    assert_eq!(Google::internal("countTokens", None).unwrap().model, None);
}

fn rewritten(form: Form, pieces: &[&'static str]) -> String {
    let mut rewriter = form.rewriter(1 << 20).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&rewriter.on_bytes(Bytes::from_static(piece.as_bytes())));
    }
    out.extend_from_slice(&rewriter.finish());
    String::from_utf8(out).unwrap()
}

#[test]
fn events_become_a_list_or_get_an_envelope() {
    let list = Form {
        list: true,
        envelope: false,
    };
    let pieces = [
        "\n\n",
        "data: {\"a\":1}\n\ndata: {\"a\":2}\n\n",
        "data: {\"error\":{}}\n\n",
    ];
    let text = rewritten(list, &pieces);
    let items: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        items,
        serde_json::json!([{"a": 1}, {"a": 2}, {"error": {}}])
    );
    assert_eq!(rewritten(list, &[]).trim(), "[]");
    let envelope = Form {
        list: false,
        envelope: true,
    };
    assert_eq!(
        rewritten(envelope, &pieces),
        "\n\ndata: {\"response\":{\"a\":1}}\n\ndata: {\"response\":{\"a\":2}}\n\ndata: {\"error\":{}}\n\n"
    );
    let both = Form {
        list: true,
        envelope: true,
    };
    let items: serde_json::Value = serde_json::from_str(&rewritten(both, &pieces)).unwrap();
    assert_eq!(items[1], serde_json::json!({"response": {"a": 2}}));
    assert_eq!(Form::default().rewriter(1).map(|_| ()), None);
}
