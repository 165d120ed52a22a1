//! Random conversations, told in every dialect.

use modelgate_dialects::json::{RawJson, Writer};
use modelgate_dialects::{Dialect, Str};
use proptest::prelude::*;

use super::{object, words};

/// A conversation as its client means it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    system: Vec<String>,
    rounds: Vec<Round>,
    tools: Vec<Tool>,
    limit: u64,
    stop: Vec<String>,
    stream: bool,
}

#[derive(Debug, Clone)]
struct Round {
    asks: Vec<Ask>,
    says: Option<String>,
    calls: Vec<Call>,
}

#[derive(Debug, Clone)]
enum Ask {
    Text { text: String, marked: bool },
    Image(String),
}

#[derive(Debug, Clone)]
struct Call {
    id: String,
    tool: usize,
    arguments: String,
    result: String,
}

#[derive(Debug, Clone)]
struct Tool {
    name: String,
    description: Option<String>,
    schema: RawJson,
}

/// Conversations that every dialect can tell in full.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let tool = (
        "[a-zA-Z][a-zA-Z0-9_-]{0,20}",
        prop::option::of(words()),
        schema(),
    );
    let tools = prop::collection::btree_map("[a-z_]{1,8}", tool, 1..4);
    let head = (
        prop::collection::vec(words(), 0..3),
        16u64..30_000,
        prop::collection::vec("[A-Z]{1,4}", 0..4),
    );
    (
        head,
        prop::collection::vec(round(), 1..5),
        tools,
        any::<bool>(),
    )
        .prop_map(|((system, limit, stop), mut rounds, tools, stream)| {
            let tools: Vec<Tool> = tools
                .into_iter()
                .map(|(key, (name, description, schema))| Tool {
                    name: format!("{name}{key}"),
                    description,
                    schema,
                })
                .collect();
            // Two messages of the user in a row are one for some.
            let last = rounds.len() - 1;
            for round in rounds
                .iter_mut()
                .take(last)
                .filter(|round| round.calls.is_empty())
            {
                round.says.get_or_insert_with(|| "ok".to_owned());
            }
            let calls = rounds.iter_mut().flat_map(|round| &mut round.calls);
            for (number, call) in calls.enumerate() {
                call.id.push_str(&number.to_string());
                call.tool %= tools.len();
            }
            Plan {
                system,
                rounds,
                tools,
                limit,
                stop,
                stream,
            }
        })
}

fn round() -> impl Strategy<Value = Round> {
    let ask = prop_oneof![
        4 => (words(), prop::bool::weighted(0.2)).prop_map(|(text, marked)| Ask::Text { text, marked }),
        1 => "([A-Za-z0-9+/]{4}){1,2}".prop_map(Ask::Image),
    ];
    let call = ("[a-z_-]{1,5}", any::<usize>(), object(), words());
    let calls = prop::collection::vec(call, 0..3).prop_map(|calls| {
        let call = |(id, tool, arguments, result)| Call {
            id,
            tool,
            arguments,
            result,
        };
        calls.into_iter().map(call).collect()
    });
    (
        prop::collection::vec(ask, 1..4),
        prop::option::of(words()),
        calls,
    )
        .prop_map(|(asks, says, calls)| Round { asks, says, calls })
}

fn schema() -> impl Strategy<Value = RawJson> {
    prop::sample::select(vec![
        r#"{"type":"object","properties":{}}"#,
        r#"{"type":"object","properties":{"title":{"type":"string","description":"é"}},"required":["title"]}"#,
        r#"{ "required": ["b"], "type": "object", "properties": {"b": {"anyOf": [{"type": "null"}, {"const": 1.0}]}} }"#,
    ])
    .prop_map(|text| RawJson::parse(Str::from_static(text)).unwrap())
}

impl Plan {
    /// The request in a client's words.
    pub(crate) fn told(&self, dialect: Dialect) -> Vec<u8> {
        let body = RawJson::build(|writer| {
            writer.object(|writer| {
                if dialect == Dialect::Gemini {
                    return self.gemini(writer);
                }
                writer.field("model", "upstream-model");
                let limit = match dialect {
                    Dialect::Responses => "max_output_tokens",
                    _ => "max_tokens",
                };
                writer.field(limit, &self.limit);
                if self.stream {
                    writer.field("stream", &true);
                }
                match dialect {
                    Dialect::Chat | Dialect::Completions => self.chat(writer),
                    Dialect::Claude | Dialect::Gemini => self.claude(writer),
                    Dialect::Responses => self.responses(writer),
                    Dialect::Kiro => panic!("no client speaks it"),
                }
            });
        });
        body.as_str().as_bytes().to_vec()
    }

    fn texts(key: &'static str, texts: &[String], writer: &mut Writer<'_>) {
        if !texts.is_empty() {
            writer.array_field(key, |writer| {
                texts.iter().for_each(|text| writer.value(text));
            });
        }
    }

    fn chat(&self, writer: &mut Writer<'_>) {
        Self::texts("stop", &self.stop, writer);
        writer.array_field("messages", |writer| {
            for text in &self.system {
                message("system", writer, |writer| writer.field("content", text));
            }
            for round in &self.rounds {
                message("user", writer, |writer| {
                    writer.array_field("content", |writer| {
                        round.asks.iter().for_each(|ask| ask.chat(writer));
                    });
                });
                round.chat(&self.tools, writer);
            }
        });
        writer.array_field("tools", |writer| {
            for tool in &self.tools {
                writer.object(|writer| {
                    writer.field("type", "function");
                    writer.object_field("function", |writer| {
                        writer.field("name", &tool.name);
                        writer.field_opt("description", tool.description.as_ref());
                        writer.field("parameters", &tool.schema);
                    });
                });
            }
        });
    }

    /// The first text of the system is the instructions, the others are items. There are no stop texts.
    fn responses(&self, writer: &mut Writer<'_>) {
        writer.field_opt("instructions", self.system.first());
        writer.array_field("input", |writer| {
            for text in self.system.iter().skip(1) {
                item(writer, "developer", |writer| writer.field("content", text));
            }
            for round in &self.rounds {
                item(writer, "user", |writer| {
                    writer.array_field("content", |writer| {
                        round.asks.iter().for_each(|ask| ask.responses(writer));
                    });
                });
                round.responses(&self.tools, writer);
            }
        });
        writer.array_field("tools", |writer| {
            for tool in &self.tools {
                writer.object(|writer| {
                    writer.field("type", "function");
                    writer.field("name", &tool.name);
                    writer.field_opt("description", tool.description.as_ref());
                    writer.field("parameters", &tool.schema);
                    writer.field("strict", &false);
                });
            }
        });
    }

    fn claude(&self, writer: &mut Writer<'_>) {
        Self::texts("stop_sequences", &self.stop, writer);
        if !self.system.is_empty() {
            writer.array_field("system", |writer| {
                self.system.iter().for_each(|text| block(text, writer));
            });
        }
        writer.array_field("messages", |writer| {
            let mut results: &[Call] = &[];
            for round in &self.rounds {
                message("user", writer, |writer| {
                    writer.array_field("content", |writer| {
                        results.iter().for_each(|call| call.result(writer));
                        round.asks.iter().for_each(|ask| ask.claude(writer));
                    });
                });
                round.claude(&self.tools, writer);
                results = &round.calls;
            }
            if !results.is_empty() {
                message("user", writer, |writer| {
                    writer.array_field("content", |writer| {
                        results.iter().for_each(|call| call.result(writer));
                    });
                });
            }
        });
        writer.array_field("tools", |writer| {
            for tool in &self.tools {
                writer.object(|writer| {
                    writer.field("name", &tool.name);
                    writer.field_opt("description", tool.description.as_ref());
                    writer.field("input_schema", &tool.schema);
                });
            }
        });
    }
}

/// What Gemini's URL says.
impl Plan {
    pub(crate) fn url(&self, request: &mut modelgate_dialects::ir::Request) {
        if request.dialect == Dialect::Gemini {
            request.stream = self.stream;
        }
    }

    fn gemini(&self, writer: &mut Writer<'_>) {
        let text = |text: &String, writer: &mut Writer<'_>| {
            writer.object(|writer| writer.field("text", text));
        };
        if !self.system.is_empty() {
            writer.object_field("systemInstruction", |writer| {
                writer.array_field("parts", |writer| {
                    self.system.iter().for_each(|part| text(part, writer));
                });
            });
        }
        writer.array_field("contents", |writer| {
            let mut results: &[Call] = &[];
            for round in &self.rounds {
                content("user", writer, |writer| {
                    results
                        .iter()
                        .for_each(|call| call.gemini_result(&self.tools, writer));
                    round.asks.iter().for_each(|ask| ask.gemini(writer));
                });
                results = &round.calls;
                if round.says.is_some() || !round.calls.is_empty() {
                    content("model", writer, |writer| {
                        round.says.iter().for_each(|says| text(says, writer));
                        results
                            .iter()
                            .for_each(|call| call.gemini(&self.tools, writer));
                    });
                }
            }
            if !results.is_empty() {
                content("user", writer, |writer| {
                    results
                        .iter()
                        .for_each(|call| call.gemini_result(&self.tools, writer));
                });
            }
        });
        writer.array_field("tools", |writer| {
            writer.object(|writer| {
                writer.array_field("functionDeclarations", |writer| {
                    for tool in &self.tools {
                        writer.object(|writer| {
                            writer.field("name", &tool.name);
                            writer.field_opt("description", tool.description.as_ref());
                            writer.field("parametersJsonSchema", &tool.schema);
                        });
                    }
                });
            });
        });
        writer.object_field("generationConfig", |writer| {
            writer.field("maxOutputTokens", &self.limit);
            Self::texts("stopSequences", &self.stop, writer);
        });
    }
}

fn content(role: &str, writer: &mut Writer<'_>, parts: impl FnOnce(&mut Writer<'_>)) {
    writer.object(|writer| {
        writer.field("role", role);
        writer.array_field("parts", parts);
    });
}

fn message(role: &str, writer: &mut Writer<'_>, fill: impl FnOnce(&mut Writer<'_>)) {
    writer.object(|writer| {
        writer.field("role", role);
        fill(writer);
    });
}

fn item(writer: &mut Writer<'_>, role: &str, fill: impl FnOnce(&mut Writer<'_>)) {
    writer.object(|writer| {
        writer.field("type", "message");
        writer.field("role", role);
        fill(writer);
    });
}

fn block(text: &str, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.field("type", "text");
        writer.field("text", text);
    });
}

fn mark(marked: bool, writer: &mut Writer<'_>) {
    if marked {
        writer.object_field("cache_control", |writer| writer.field("type", "ephemeral"));
    }
}

impl Ask {
    fn chat(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| match self {
            Self::Text { text, marked } => {
                writer.field("type", "text");
                writer.field("text", text);
                mark(*marked, writer);
            }
            Self::Image(data) => {
                writer.field("type", "image_url");
                let url = format!("data:image/png;base64,{data}");
                writer.object_field("image_url", |writer| writer.field("url", &url));
            }
        });
    }

    fn claude(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| match self {
            Self::Text { text, marked } => {
                writer.field("type", "text");
                writer.field("text", text);
                mark(*marked, writer);
            }
            Self::Image(data) => {
                writer.field("type", "image");
                writer.object_field("source", |writer| {
                    writer.field("type", "base64");
                    writer.field("media_type", "image/png");
                    writer.field("data", data);
                });
            }
        });
    }
}

impl Ask {
    fn gemini(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| match self {
            Self::Text { text, .. } => writer.field("text", text),
            Self::Image(data) => writer.object_field("inlineData", |writer| {
                writer.field("mimeType", "image/png");
                writer.field("data", data);
            }),
        });
    }

    fn responses(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| match self {
            Self::Text { text, marked } => {
                writer.field("type", "input_text");
                writer.field("text", text);
                mark(*marked, writer);
            }
            Self::Image(data) => {
                writer.field("type", "input_image");
                let url = format!("data:image/png;base64,{data}");
                writer.field("image_url", &url);
            }
        });
    }
}

impl Call {
    fn gemini(&self, tools: &[Tool], writer: &mut Writer<'_>) {
        let args = RawJson::parse(Str::from(self.arguments.as_str())).unwrap();
        writer.object(|writer| {
            writer.object_field("functionCall", |writer| {
                writer.field("id", &self.id);
                writer.field("name", &tools[self.tool].name);
                writer.field("args", &args);
            });
        });
    }

    fn gemini_result(&self, tools: &[Tool], writer: &mut Writer<'_>) {
        writer.object(|writer| {
            writer.object_field("functionResponse", |writer| {
                writer.field("id", &self.id);
                writer.field("name", &tools[self.tool].name);
                writer.object_field("response", |writer| writer.field("output", &self.result));
            });
        });
    }
}

impl Round {
    fn responses(&self, tools: &[Tool], writer: &mut Writer<'_>) {
        if let Some(text) = &self.says {
            item(writer, "assistant", |writer| writer.field("content", text));
        }
        for call in &self.calls {
            writer.object(|writer| {
                writer.field("type", "function_call");
                writer.field("call_id", &call.id);
                writer.field("name", &tools[call.tool].name);
                writer.field("arguments", &call.arguments);
            });
        }
        for call in &self.calls {
            writer.object(|writer| {
                writer.field("type", "function_call_output");
                writer.field("call_id", &call.id);
                writer.field("output", &call.result);
            });
        }
    }

    fn chat(&self, tools: &[Tool], writer: &mut Writer<'_>) {
        if self.says.is_some() || !self.calls.is_empty() {
            message("assistant", writer, |writer| {
                match &self.says {
                    Some(text) => writer.field("content", text),
                    None => writer.null_field("content"),
                }
                if !self.calls.is_empty() {
                    writer.array_field("tool_calls", |writer| {
                        for call in &self.calls {
                            writer.object(|writer| {
                                writer.field("id", &call.id);
                                writer.field("type", "function");
                                writer.object_field("function", |writer| {
                                    writer.field("name", &tools[call.tool].name);
                                    writer.field("arguments", &call.arguments);
                                });
                            });
                        }
                    });
                }
            });
        }
        for call in &self.calls {
            message("tool", writer, |writer| {
                writer.field("tool_call_id", &call.id);
                writer.field("content", &call.result);
            });
        }
    }

    fn claude(&self, tools: &[Tool], writer: &mut Writer<'_>) {
        if self.says.is_none() && self.calls.is_empty() {
            return;
        }
        message("assistant", writer, |writer| {
            writer.array_field("content", |writer| {
                self.says.iter().for_each(|text| block(text, writer));
                for call in &self.calls {
                    writer.object(|writer| {
                        writer.field("type", "tool_use");
                        writer.field("id", &call.id);
                        writer.field("name", &tools[call.tool].name);
                        writer.field(
                            "input",
                            &RawJson::parse(Str::from(call.arguments.as_str())).unwrap(),
                        );
                    });
                }
            });
        });
    }
}

impl Call {
    fn result(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            writer.field("type", "tool_result");
            writer.field("tool_use_id", &self.id);
            writer.field("content", &self.result);
        });
    }
}
