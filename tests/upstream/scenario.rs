//! What each model name does. A name may carry marks after `@` (`up-text@anything`), which only make it another
//! model, the names of Claude's and Gemini's generations before it (`gemini-3-flash-up-text`), and the validators' marks (`reasoning-only-mct`, `effort-or-tools`, `no-sampling`, `no-prefill`, `mid-system`, `tool-images`).

use crate::answer::{Answer, Block, Finish, Usage};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::fault::Fault;
use crate::gemini;
use crate::plan::{Ending, Form, LATE, Plan, Quirk, Reply, SLOW};
use crate::render::{Delivery, Dress};
use crate::script::{Script, Step};
use bytes::Bytes;
use serde_json::json;

/// Every model name the server knows.
pub const SCENARIOS: &[&str] = &[
    "up-text",
    "up-unicode",
    "up-tools",
    "up-parallel",
    "up-noargs",
    "up-text-tools",
    "up-thinking",
    "up-thinking-tools",
    "up-redacted",
    "up-image",
    "up-tool-image",
    "up-length",
    "up-length-call",
    "up-stop",
    "up-refusal",
    "up-filter",
    "up-json",
    "up-echo",
    "up-401",
    "up-400",
    "up-403",
    "up-404",
    "up-413",
    "up-429",
    "up-429-once",
    "up-500",
    "up-500-once",
    "up-502",
    "up-503",
    "up-529",
    "up-cut",
    "up-cut-clean",
    "up-cut-tools",
    "up-error-in-stream",
    "up-error-first",
    "up-html",
    "up-html-502",
    "up-empty",
    "up-endless",
    "up-json-for-stream",
    "up-sse-for-plain",
    "up-slow",
    "up-late",
    "up-hang",
    "up-hang-mid",
    "up-late-usage",
    "up-usage-everywhere",
    "up-no-done",
    "up-no-finish",
    "up-crlf",
    "up-comments",
    "up-one-byte",
    "up-gzip",
    "up-big",
    "up-flood",
    "up-name-repeats",
    "up-late-id",
    "up-whole-call",
    "up-interleaved",
    "up-missing-index",
    "up-tool-calls-empty-array",
    "up-reasoning-field",
    "up-usage-cache",
    "up-session",
];

const HELLO: &str = "Hello from the scripted upstream.";
const UNICODE: &str = "Grüße 👩‍👩‍👧‍👦🇨🇭 漢字かな交じり文 שלום \u{2028}line\u{2029}paragraph NUL[\u{0}] quote\" back\\slash tab\tnew\nline end";
const THOUGHT: &str = "The user asks; I first think about it – carefully.";
const ARGUMENTS: &str = r#"{"city":"Zürich","days":3,"exact":true}"#;
const OTHER_ARGUMENTS: &str = r#"{"city":"東京","days":1,"exact":false}"#;
const HTML: &str = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>proxy error</body></html>";
const BIG: usize = 5 * 1024 * 1024;
/// One event of a flood.
const DROP: usize = 1024 * 1024;

/// What the model named in `facts` does now; nothing when there is no such model. `earlier_calls` counts the requests
/// this model got before.
pub(crate) fn plan(dialect: Dialect, facts: &Facts, earlier_calls: usize) -> Option<Plan> {
    let name = scenario_name(&facts.model);
    let fault = |status, message: &str| Some(Plan::Fault(Fault::new(status, message)));
    match name {
        "up-400" => fault(400, "The scripted upstream refuses this request."),
        "up-401" => Some(Plan::Fault(unauthorized(dialect))),
        "up-403" => fault(
            403,
            "Your account does not have permission to use this model.",
        ),
        "up-404" => Some(Plan::Fault(unknown(dialect, "up-404"))),
        "up-413" => fault(413, "Request exceeds the maximum size."),
        "up-429" => Some(Plan::Fault(rate_limited(dialect))),
        "up-429-once" if earlier_calls.is_multiple_of(2) => {
            Some(Plan::Fault(rate_limited(dialect)))
        }
        "up-500" => fault(500, "Internal server error"),
        "up-500-once" if earlier_calls.is_multiple_of(2) => fault(500, "Internal server error"),
        "up-502" => fault(502, "Bad gateway"),
        "up-503" => fault(
            503,
            "The engine is currently overloaded, please try again later.",
        ),
        "up-529" => fault(529, "Overloaded"),
        "up-html" => Some(Plan::Script(Script::whole(
            200,
            "text/html; charset=utf-8",
            HTML,
        ))),
        "up-html-502" => Some(Plan::Script(Script::whole(
            502,
            "text/html; charset=utf-8",
            HTML,
        ))),
        "up-empty" => Some(Plan::Script(Script::new(200).header("content-length", "0"))),
        "up-endless" => Some(Plan::Script(endless(facts.stream))),
        "up-hang" => Some(Plan::Script(Script::silent())),
        _ => reply(dialect, name, facts).map(|reply| Plan::Reply(Box::new(reply))),
    }
}

/// How a vendor refuses a model that it does not have.
pub(crate) fn unknown(dialect: Dialect, model: &str) -> Fault {
    match dialect {
        Dialect::Chat | Dialect::Responses => Fault::new(
            404,
            format!("The model `{model}` does not exist or you do not have access to it."),
        )
        .code("model_not_found"),
        Dialect::Claude => Fault::new(404, format!("model: {model}")),
        Dialect::Gemini => Fault::new(
            404,
            format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."
            ),
        ),
    }
}

fn reply(dialect: Dialect, name: &str, facts: &Facts) -> Option<Reply> {
    let mut reply = Reply::new(answer(dialect, name, facts)?);
    match name {
        "up-unicode" => reply.delivery = Delivery::Ragged,
        "up-one-byte" => reply.delivery = Delivery::Bytes,
        "up-late" => reply.delivery = Delivery::Late(LATE),
        "up-slow" => reply.delivery = Delivery::Slow(SLOW),
        "up-crlf" => reply.dress = Dress::Crlf,
        "up-comments" => reply.dress = Dress::Comments,
        "up-gzip" => reply.form = Form::Gzip,
        "up-json-for-stream" if facts.stream => reply.form = Form::Swapped,
        "up-sse-for-plain" if !facts.stream => reply.form = Form::Swapped,
        "up-cut" | "up-cut-tools" => reply.ending = Ending::Cut,
        "up-cut-clean" => reply.ending = Ending::CutClean,
        "up-error-in-stream" => reply.ending = Ending::Error,
        "up-error-first" => reply.ending = Ending::ErrorFirst,
        "up-hang-mid" => reply.ending = Ending::Hang,
        "up-flood" => reply.ending = Ending::Flood,
        "up-no-done" => reply.ending = Ending::NoTerminal,
        "up-no-finish" => reply.ending = Ending::NoFinish,
        "up-late-usage" => reply.quirk = Quirk::LateUsage,
        "up-usage-everywhere" => reply.quirk = Quirk::UsageEverywhere,
        "up-name-repeats" => reply.quirk = Quirk::NameRepeats,
        "up-late-id" => reply.quirk = Quirk::LateId,
        "up-whole-call" => reply.quirk = Quirk::WholeCall,
        "up-interleaved" => reply.quirk = Quirk::Interleaved,
        "up-missing-index" => reply.quirk = Quirk::MissingIndex,
        "up-tool-calls-empty-array" => reply.quirk = Quirk::EmptyToolCalls,
        "up-reasoning-field" => reply.quirk = Quirk::ReasoningField,
        _ => {}
    }
    Some(reply)
}

fn answer(dialect: Dialect, name: &str, facts: &Facts) -> Option<Answer> {
    let thought = || Block::Thinking(THOUGHT.to_owned());
    Some(match name {
        "up-unicode" => Answer::text(UNICODE),
        "up-tools" | "up-name-repeats" | "up-late-id" | "up-whole-call" | "up-missing-index"
        | "up-cut-tools" => calls(facts, 1, ARGUMENTS),
        "up-parallel" | "up-interleaved" => calls(facts, 2, ARGUMENTS),
        "up-noargs" => calls(facts, 1, ""),
        "up-length-call" => calls(facts, 1, r#"{"city":"Zür"#).finish(Finish::Length),
        "up-text-tools" => match calls(facts, 1, ARGUMENTS) {
            answer if answer.finish == Finish::Calls => {
                answer.after(Block::Text("Let me look. ".to_owned()))
            }
            answer => answer,
        },
        "up-thinking" | "up-reasoning-field" if facts.thinking => {
            Answer::text(HELLO).after(thought()).usage(Usage::REASONED)
        }
        "up-thinking-tools" if facts.thinking => calls(facts, 1, ARGUMENTS)
            .after(thought())
            .usage(Usage::REASONED),
        "up-thinking-tools" => calls(facts, 1, ARGUMENTS),
        "up-redacted" if facts.thinking => calls(facts, 1, ARGUMENTS)
            .after(Block::Redacted)
            .usage(Usage::REASONED),
        "up-redacted" => calls(facts, 1, ARGUMENTS),
        "up-image" => Answer::text(images(facts)),
        "up-tool-image" if facts.results.is_empty() => calls(facts, 1, ARGUMENTS),
        "up-tool-image" => Answer::text(images(facts)),
        "up-length" => Answer::text("This answer is cut off by the").finish(Finish::Length),
        "up-stop" => Answer::text("Stopped before the mark: ").finish(Finish::Stop(
            facts.stop.clone().unwrap_or_else(|| "END".to_owned()),
        )),
        "up-refusal" => {
            let mut answer = Answer::text("").finish(Finish::Refusal);
            answer.blocks = vec![Block::Refusal("I cannot help with that.".to_owned())];
            answer
        }
        "up-filter" => Answer::text("This answer was").finish(Finish::Filter),
        "up-json" => Answer::text(facts.format.to_string()),
        "up-echo" => Answer::text(facts.raw.as_str()),
        "up-big" => Answer::text("0123456789abcdef".repeat(BIG / 16)),
        "up-flood" => Answer::text("x".repeat(DROP)),
        "up-session" => session(facts),
        "up-usage-cache" => Answer::text(HELLO).usage(cached(dialect)),
        name if SCENARIOS.contains(&name) => Answer::text(HELLO),
        _ => return None,
    })
}

/// Calls the first `count` tools (the first one twice when there is only one); a text after the results.
fn calls(facts: &Facts, count: usize, arguments: &str) -> Answer {
    if !facts.results.is_empty() {
        return Answer::text(format!("The tool said: {}", facts.results.join(" | ")));
    }
    let Some(first) = facts.tools.first() else {
        return Answer::text("There is no tool to call.");
    };
    let mut calls = vec![(first.as_str(), arguments)];
    if count == 2 && !facts.one_call_only {
        calls.push((facts.tools.get(1).unwrap_or(first), OTHER_ARGUMENTS));
    }
    Answer::calls(calls)
}

/// A turn of a conversation in which every question leads to two calls, and their results to a text. Each turn thinks, and
/// says what no other says.
fn session(facts: &Facts) -> Answer {
    let turn = facts.calls / 2 + usize::from(facts.results.is_empty());
    let (answer, what) = if facts.results.is_empty() {
        let arguments = format!(r#"{{"city":"Zürich","days":{turn},"exact":true}}"#);
        let calls = calls(facts, 2, &arguments).behind(facts.calls);
        (
            calls.after(Block::Text(format!("Looking, turn {turn}. "))),
            "ask",
        )
    } else {
        let said = facts.results.join(" | ");
        (Answer::text(format!("Turn {turn} said: {said}.")), "read")
    };
    if facts.thinking {
        answer
            .after(Block::Thinking(format!("In turn {turn} I {what}.")))
            .usage(Usage::REASONED)
    } else {
        answer
    }
}

/// The media type and SHA-256 of each image, as JSON.
fn images(facts: &Facts) -> String {
    let images: Vec<_> = facts
        .images
        .iter()
        .map(|image| json!({"media_type": image.media_type, "sha256": image.digest}))
        .collect();
    json!(images).to_string()
}

/// Counts of a prompt that was partly cached, large enough to show a wrong sum.
fn cached(dialect: Dialect) -> Usage {
    match dialect {
        Dialect::Chat | Dialect::Responses => Usage {
            input: 500,
            cache_read: 300,
            cache_write: 200,
            output: 4,
            reasoning: 0,
        },
        Dialect::Gemini => Usage {
            input: 70,
            cache_read: 30,
            cache_write: 0,
            output: 70,
            reasoning: 20,
        },
        Dialect::Claude => Usage {
            input: 13,
            cache_read: 22_000,
            cache_write: 31,
            output: 4,
            reasoning: 0,
        },
    }
}

/// The name without marks.
fn scenario_name(model: &str) -> &str {
    const MARKS: [&str; 6] = [
        "-reasoning-only-mct",
        "-effort-or-tools",
        "-no-sampling",
        "-no-prefill",
        "-mid-system",
        "-tool-images",
    ];
    let mut name = model.split('@').next().unwrap_or(model);
    // `gemini-3-flash-up-tools` and `claude-sonnet-4-6-up-tools` say to both sides which generation they are.
    let is_family = name.starts_with("gemini-") || name.starts_with("claude-");
    if let Some(place) = name.find("-up-").filter(|_| is_family) {
        name = &name[place + 1..];
    }
    while let Some(shorter) = MARKS.iter().find_map(|mark| name.strip_suffix(mark)) {
        name = shorter;
    }
    name
}

fn unauthorized(dialect: Dialect) -> Fault {
    match dialect {
        Dialect::Chat | Dialect::Responses => {
            Fault::new(401, "Incorrect API key provided.").code("invalid_api_key")
        }
        Dialect::Claude => Fault::new(401, "invalid x-api-key"),
        Dialect::Gemini => gemini::bad_key(),
    }
}

fn rate_limited(dialect: Dialect) -> Fault {
    match dialect {
        Dialect::Chat | Dialect::Responses => {
            Fault::new(429, "Rate limit reached. Please try again in 7s.")
                .code("rate_limit_exceeded")
        }
        Dialect::Claude => Fault::new(429, "This request would exceed your rate limit."),
        Dialect::Gemini => Fault::new(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
        ),
    }
}

/// One line without end: 256 MiB, far more than anybody should keep.
fn endless(stream: bool) -> Script {
    let (content_type, opening) = if stream {
        ("text/event-stream", "data: {\"id\":\"")
    } else {
        ("application/json", "{\"id\":\"")
    };
    let bytes = Bytes::from(vec![b'x'; 64 * 1024]);
    Script::new(200)
        .header("content-type", content_type)
        .chunk(opening)
        .step(Step::Repeat { bytes, times: 4096 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_model_has_a_plan() {
        for dialect in [
            Dialect::Chat,
            Dialect::Claude,
            Dialect::Gemini,
            Dialect::Responses,
        ] {
            for stream in [false, true] {
                for name in SCENARIOS {
                    let facts = Facts {
                        model: (*name).to_owned(),
                        stream,
                        ..Facts::default()
                    };
                    let plan =
                        plan(dialect, &facts, 0).unwrap_or_else(|| panic!("{name} has no plan"));
                    let _ = plan.to_script(dialect, &facts);
                }
            }
        }
    }

    #[test]
    fn marks_do_not_change_the_scenario() {
        assert_eq!(
            scenario_name("up-text-no-sampling-reasoning-only-mct@second"),
            "up-text"
        );
        assert_eq!(scenario_name("gemini-3-flash-up-tools@b"), "up-tools");
        assert!(
            plan(
                Dialect::Chat,
                &Facts {
                    model: "gpt-unknown".to_owned(),
                    ..Facts::default()
                },
                0
            )
            .is_none()
        );
    }

    #[test]
    fn once_fails_every_other_time() {
        let facts = Facts {
            model: "up-429-once".to_owned(),
            ..Facts::default()
        };
        assert!(matches!(
            plan(Dialect::Chat, &facts, 0),
            Some(Plan::Fault(_))
        ));
        assert!(matches!(
            plan(Dialect::Chat, &facts, 1),
            Some(Plan::Reply(_))
        ));
    }
}
