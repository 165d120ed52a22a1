//! Random answers.

use modelgate_dialects::ir::{
    Arguments, CallKind, Choice, Extensions, Media, MediaKind, MediaSource, Opaque, Part,
    Reasoning, Response, ServerBlock, Stop, StopReason, Text, ToolCall, Unknown, Usage,
};
use modelgate_dialects::json::RawJson;
use modelgate_dialects::{Dialect, Str};
use proptest::prelude::*;

use super::{name, object, raw, str, words};

pub(crate) fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(Dialect::ALL.to_vec())
}

/// Any answer that a stream can carry: see [`modelgate_dialects::ir::fold::unfold`] for the two things it cannot.
pub(crate) fn any_response() -> impl Strategy<Value = Response> {
    let parts = prop::collection::vec(any_part(), 0..5);
    let choice = (
        parts,
        prop::option::of(stop()),
        prop::option::of(raw()),
        0u32..3,
    );
    let head = (
        str(),
        str(),
        prop::option::of(0u64..1 << 40),
        prop::option::of(str()),
    );
    (
        dialect(),
        head,
        prop::collection::vec(choice, 0..3),
        prop::option::of(usage()),
        extensions(),
    )
        .prop_map(
            |(dialect, (id, model, created, service_tier), choices, usage, extensions)| {
                let mut next = 0;
                let choices = choices
                    .into_iter()
                    .filter_map(|(parts, stop, logprobs, gap)| {
                        if parts.is_empty() && stop.is_none() {
                            return None;
                        }
                        let index = next + gap;
                        next = index + 1;
                        let logprobs = logprobs.filter(|_| !parts.is_empty());
                        Some(Choice {
                            index,
                            parts,
                            stop,
                            logprobs,
                            extensions: Extensions::default(),
                        })
                    });
                Response {
                    id,
                    model,
                    created,
                    choices: choices.collect(),
                    usage,
                    service_tier,
                    extensions,
                    ..Response::new(dialect)
                }
            },
        )
}

/// An answer of one choice that both dialects can say in full: reasoning, then text, then calls.
pub(crate) fn common_response(provider: &'static str) -> impl Strategy<Value = Response> {
    let reasoning = prop::option::of(words().prop_map(move |text| {
        Part::Reasoning(Reasoning {
            text: Str::from(text),
            opaque: Some(Opaque {
                data: Str::from("EqoBsig=="),
                provider: Str::from_static(provider),
            }),
            ..Reasoning::default()
        })
    }));
    let text = prop::option::of(words().prop_map(|text| Part::Text(Text::new(Str::from(text)))));
    let calls = prop::collection::vec(("[a-z]{1,6}", object()), 0..3).prop_map(|calls| {
        let call = |(number, (name, arguments)): (usize, (String, String))| {
            Part::ToolCall(ToolCall {
                id: Str::from(format!("call_{number}")),
                name: Str::from(name),
                ..empty_call(arguments)
            })
        };
        calls
            .into_iter()
            .enumerate()
            .map(call)
            .collect::<Vec<Part>>()
    });
    let limit = any::<bool>();
    (
        reasoning,
        text,
        calls,
        limit,
        prop::option::of(plain_usage()),
    )
        .prop_map(|(reasoning, text, calls, limit, usage)| {
            let reason = if limit {
                StopReason::Length
            } else {
                StopReason::End
            };
            let stop = Stop::new(reason).settled(!calls.is_empty());
            let parts = reasoning.into_iter().chain(text).chain(calls).collect();
            Response {
                id: Str::from("id"),
                model: Str::from("m"),
                choices: vec![Choice {
                    parts,
                    stop: Some(stop),
                    ..Choice::default()
                }],
                usage,
                ..Response::new(Dialect::Chat)
            }
        })
}

fn empty_call(arguments: String) -> ToolCall {
    ToolCall {
        id: Str::new(),
        name: Str::new(),
        kind: CallKind::Function,
        arguments: Arguments(Str::from(arguments)),
        opaque: None,
        cache: None,
        extensions: Extensions::default(),
    }
}

fn any_part() -> impl Strategy<Value = Part> {
    let citations = prop::option::of(Just(
        RawJson::parse(Str::from("[{\"a\":1},{\"b\":2}]")).unwrap(),
    ));
    let text = (str(), citations, extensions()).prop_map(|(text, citations, extensions)| {
        Part::Text(Text {
            text,
            citations,
            cache: None,
            extensions,
        })
    });
    let reasoning = (
        str(),
        prop::option::of(opaque()),
        any::<bool>(),
        prop::option::of(str()),
    )
        .prop_map(|(text, opaque, redacted, item_id)| {
            Part::Reasoning(Reasoning {
                text,
                opaque,
                redacted,
                item_id,
                ..Reasoning::default()
            })
        });
    let call = (
        str(),
        name(),
        any::<bool>(),
        object(),
        prop::option::of(opaque()),
    )
        .prop_map(|(id, name, custom, arguments, opaque)| {
            let kind = if custom {
                CallKind::Custom
            } else {
                CallKind::Function
            };
            Part::ToolCall(ToolCall {
                id,
                name: Str::from(name),
                kind,
                opaque,
                ..empty_call(arguments)
            })
        });
    let block =
        (dialect(), str(), raw(), any::<bool>()).prop_map(|(dialect, kind, raw, server)| {
            if server {
                Part::Server(ServerBlock { dialect, kind, raw })
            } else {
                Part::Unknown(Unknown { dialect, kind, raw })
            }
        });
    let media = str().prop_map(|url| {
        Part::Media(Box::new(Media::new(
            MediaKind::Image,
            MediaSource::Url(url),
        )))
    });
    prop_oneof![4 => text, 2 => reasoning, 3 => call, 1 => str().prop_map(Part::Refusal), 1 => block, 1 => media]
}

fn opaque() -> impl Strategy<Value = Opaque> {
    (str(), str()).prop_map(|(data, provider)| Opaque { data, provider })
}

fn extensions() -> impl Strategy<Value = Extensions> {
    prop::collection::vec((dialect(), "[a-d]{1,2}", raw()), 0..3).prop_map(|fields| {
        let mut extensions = Extensions::default();
        fields
            .into_iter()
            .for_each(|(dialect, key, value)| extensions.push(dialect, &key, value));
        extensions
    })
}

pub(crate) fn stop() -> impl Strategy<Value = Stop> {
    let reason = prop_oneof![
        prop::sample::select(vec![
            StopReason::End,
            StopReason::Length,
            StopReason::StopSequence,
            StopReason::ToolUse,
            StopReason::Filter,
            StopReason::Refusal,
            StopReason::Pause,
            StopReason::ContextExceeded,
            StopReason::MalformedCall,
        ]),
        str().prop_map(StopReason::Other),
    ];
    (reason, prop::option::of(str())).prop_map(|(reason, sequence)| Stop {
        reason,
        sequence,
        details: None,
    })
}

/// Counts that need not make sense together.
pub(crate) fn usage() -> impl Strategy<Value = Usage> {
    let count = || prop::option::of(prop_oneof![0u64..100_000, Just(u64::MAX)]);
    (
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
    )
        .prop_map(
            |(
                input,
                cache_read,
                cache_write,
                cache_write_5m,
                cache_write_1h,
                output,
                reasoning,
            )| Usage {
                input,
                cache_read,
                cache_write,
                cache_write_5m,
                cache_write_1h,
                output,
                reasoning,
                estimated: false,
                own: None,
            },
        )
}

/// Counts of a well-behaved upstream.
pub(crate) fn plain_usage() -> impl Strategy<Value = Usage> {
    (
        0u64..100_000,
        0u64..100_000,
        0u64..100_000,
        0u64..100_000,
        0u64..100_000,
    )
        .prop_map(
            |(input, cache_read, cache_write, output, reasoning)| Usage {
                input: Some(input),
                cache_read: Some(cache_read),
                cache_write: Some(cache_write),
                output: Some(output),
                reasoning: Some(reasoning),
                ..Usage::default()
            },
        )
}
