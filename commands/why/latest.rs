//! `modelgate why` without an id.

use modelgate_management::RequestSummary;

use crate::clock::{Clock, millis};
use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Remote;

pub(super) fn run(
    context: &mut Context,
    remote: &Remote,
    limit: usize,
) -> Result<(), CommandError> {
    let gateway = remote.open(context)?;
    let latest = gateway.wait(gateway.client.requests(limit))?;
    if context.output.is_json() {
        return context.output.json(&latest);
    }
    if latest.requests.is_empty() {
        context
            .output
            .note("no request is over since the gateway started");
        return Ok(());
    }
    context
        .output
        .data(&table(&latest.requests, &Clock::system()))
}

fn table(requests: &[RequestSummary], clock: &Clock) -> String {
    let headings = [
        "REQUEST", "AT", "KEY", "MODEL", "STATUS", "BY", "TRIES", "TOOK", "IN", "OUT",
    ];
    let known = |text: &Option<String>| match text {
        Some(text) => inert(text).into_owned(),
        None => "-".to_owned(),
    };
    let number = |tokens: Option<u64>| tokens.map_or("-".to_owned(), |tokens| tokens.to_string());
    let rows = requests.iter().map(|request| {
        [
            inert(&request.id).into_owned(),
            clock.at(request.time),
            known(&request.client_key),
            inert(&request.model).into_owned(),
            status(request),
            known(&request.credential),
            request.attempts.to_string(),
            millis(request.total_ms),
            number(request.usage.input),
            number(request.usage.output),
        ]
    });
    columns(Some(headings), rows).trim_fmt()
}

/// `200`, or `200 cut` where the answer did not come to its end.
fn status(request: &RequestSummary) -> String {
    let cut = !request.complete && request.status < 400;
    format!("{}{}", request.status, if cut { " cut" } else { "" })
}

#[cfg(test)]
mod tests {
    use modelgate_management::Requests;

    use super::*;
    use crate::clock::tests::clock;

    const RECORDED: &str = r#"{"requests": [
        {"id": "019cb8a1d1f07c1e8a3", "time": "2026-03-04T11:58:01.5Z", "client_key": "laptop", "dialect": "claude",
         "model": "sonnet(high)", "stream": true, "status": 200, "complete": false, "credential": "codex-ada.json",
         "attempts": 3, "total_ms": 14210, "usage": {"input": 1200, "output": 0}},
        {"id": "019cb8a1d1f07c1e8a2", "time": "2026-03-03T11:58:01.5Z", "dialect": "chat", "model": "gpt\u001b[31m",
         "stream": false, "status": 404, "complete": true, "attempts": 0, "total_ms": 1, "error": "no such model"}
    ]}"#;

    #[test]
    fn the_latest_requests() {
        let latest: Requests = serde_json::from_str(RECORDED).unwrap();
        insta::assert_snapshot!("table", table(&latest.requests, &clock()));
        insta::assert_json_snapshot!("json", latest);
    }
}
