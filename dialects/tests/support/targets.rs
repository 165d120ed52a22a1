//! Upstream profiles by name; a fixture names one behind an `@` in its file name.

use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Thinking};
use modelgate_dialects::{Asked, Dialect, Names, Reply, Str, Target};

/// The provider tag of an upstream that speaks `dialect`.
pub(crate) fn provider(dialect: Dialect) -> Str {
    Str::from_static(match dialect {
        Dialect::Chat | Dialect::Completions | Dialect::Responses => "openai",
        Dialect::Claude => "claude",
        Dialect::Gemini => "gemini",
        Dialect::Kiro => "kiro",
    })
}

/// An upstream about which nothing special is known.
pub(crate) fn plain(dialect: Dialect) -> Target {
    Target {
        model: Str::from_static("upstream-model"),
        provider: provider(dialect),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        // Google's own API has ids.
        gemini: GeminiProfile {
            call_ids: true,
            ..GeminiProfile::default()
        },
        kiro: KiroProfile {
            conversation: Some(Str::from_static("11111111-2222-4333-8444-555555555555")),
            ..KiroProfile::default()
        },
    }
}

/// An upstream with one peculiarity.
pub(crate) fn named(dialect: Dialect, profile: &str) -> Target {
    let mut target = plain(dialect);
    let model = &mut target.model_profile;
    let chat = &mut target.chat;
    let gemini = &mut target.gemini;
    match profile {
        "" => {}
        "mid_system" => model.mid_system = true,
        "max_output" => model.max_output = Some(8192),
        "budget" => {
            model.thinking = Thinking::Budget {
                min: 1024,
                max: 32_000,
            }
        }
        "levels" => {
            model.thinking = Thinking::Levels {
                xhigh: true,
                max: false,
            }
        }
        "no_thinking" => model.thinking = Thinking::None,
        "no_sampling" => model.sampling = false,
        "one_of_the_pair" => model.sampling_pair = false,
        "no_prefill" => model.prefill = false,
        "no_json_schema" => model.json_schema = false,
        "replay_reasoning" => chat.replay_reasoning = true,
        "developer_role" => chat.developer_role = true,
        "image_in_tool" => chat.image_in_tool = true,
        "cache_control" => chat.cache_control = true,
        "max_completion_tokens" => chat.max_completion_tokens = true,
        "no_effort" => chat.reasoning_effort = false,
        "effort_without_tools" => chat.reasoning_effort_with_tools = false,
        "subset_schemas" => gemini.json_schema = false,
        "no_call_ids" => gemini.call_ids = false,
        "gemini_2_5_pro" => {
            model.thinking = Thinking::Budget {
                min: 128,
                max: 32_768,
            };
            gemini.thinking_off = false;
        }
        "gemini_2_5_flash" => {
            model.thinking = Thinking::Budget {
                min: 0,
                max: 24_576,
            };
        }
        "gemini_3" => {
            model.thinking = Thinking::Levels {
                xhigh: false,
                max: false,
            };
            gemini.signatures = true;
            gemini.result_parts = true;
            gemini.media_resolution = true;
            gemini.addresses = true;
            gemini.thinking_off = false;
            gemini.minimal = false;
            gemini.medium = false;
        }
        "social" => {
            let arn = "arn:aws:codewhisperer:us-east-1:123456789012:profile/ABC";
            target.kiro.profile_arn = Some(Str::from_static(arn));
            target.kiro.origin = Str::from_static("CLI");
        }
        "no_inference_config" => target.kiro.inference_config = false,
        "no_mixed_tools" => gemini.mixed_tools = false,
        "functions_only" => {
            chat.custom_tools = false;
            chat.web_search = false;
        }
        "other_provider" => target.provider = Str::from_static("other"),
        "deepseek" => {
            target.provider = Str::from_static("deepseek");
            chat.replay_reasoning = true;
        }
        other => panic!("no profile is called {other:?}"),
    }
    target
}

/// A request that asked the model to think.
pub(crate) fn asked() -> Asked {
    Asked {
        input: Some(17),
        thinking: true,
    }
}

/// A client that asked for usage and calls the model `client-model`.
pub(crate) fn reply() -> Reply {
    Reply {
        model: Str::from_static("client-model"),
        unique: Str::from_static("UNIQUE"),
        created: 1_700_000_001,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

/// A client with one peculiarity.
pub(crate) fn reply_named(profile: &str) -> Reply {
    let mut reply = reply();
    match profile {
        "" | "broken" => {}
        "custom_names" => {
            let name = Str::from_static("apply.patch");
            reply.names.upstream(&name, 64);
            reply.names.mark_custom(&name);
        }
        "no_usage" => reply.include_usage = false,
        "echo" => reply.echo = Some(Str::from_static("Once upon a time, ")),
        other => panic!("no profile is called {other:?}"),
    }
    reply
}
