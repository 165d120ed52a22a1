//! `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options`.

use crate::Dialect;
use crate::free_text;
use crate::ir::{Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::chat::wire::{self, WEB_SEARCH};
use crate::openai::scope::Scope;

/// Writes everything about tools.
pub(super) fn write(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let carried: Vec<(usize, &Tool)> = request
        .tools
        .iter()
        .enumerate()
        .filter(|(index, tool)| carried(scope, *index, tool))
        .collect();
    if request.legacy_functions {
        write_functions(scope, writer, &carried);
        return;
    }
    if !carried.is_empty() {
        writer.array_field("tools", |writer| {
            for &(index, tool) in &carried {
                write_tool(scope, writer, index, tool);
            }
        });
    }
    web_search(scope, writer);
    if carried.is_empty() {
        // A choice without tools is a 400 (`dialects.md` 1.1).
        scope.lose_choice();
        return;
    }
    if let Some(choice) = &request.tool_choice {
        write_choice(scope, writer, choice);
    }
    writer.field_opt("parallel_tool_calls", request.parallel_tool_calls.as_ref());
}

/// Whether a tool goes into `tools`. Web search has a place of its own; another vendor's server tools have none, and are
/// never passed off as functions (trap 31).
fn carried(scope: &mut Scope<'_>, index: usize, tool: &Tool) -> bool {
    let ToolKind::Server { dialect, kind, .. } = &tool.kind else {
        return true;
    };
    if is_web_search(tool) {
        return false;
    }
    if *dialect == Dialect::Chat {
        return true;
    }
    scope.lose_server_tool(index, tool, kind);
    false
}

fn is_web_search(tool: &Tool) -> bool {
    match &tool.kind {
        ToolKind::Server {
            dialect: Dialect::Chat,
            kind,
            ..
        } => kind == WEB_SEARCH,
        ToolKind::Server { kind, .. } => {
            kind.starts_with("web_search") || kind.starts_with("googleSearch")
        }
        ToolKind::Function { .. } | ToolKind::Custom { .. } => false,
    }
}

fn write_tool(scope: &mut Scope<'_>, writer: &mut Writer<'_>, index: usize, tool: &Tool) {
    let request = scope.request;
    let path = || request.tool_path(index);
    let (key, schema, format) = match &tool.kind {
        ToolKind::Server { raw, .. } => return writer.value(raw),
        ToolKind::Function { schema } => ("function", scope.schema(index, schema.as_ref()), None),
        ToolKind::Custom { format } if !scope.target.chat.custom_tools => {
            return free_text(scope, writer, index, format.as_ref());
        }
        ToolKind::Custom { format } => ("custom", None, format.as_ref()),
    };
    let name = scope.name(&tool.name);
    if tool.strict.is_none() && key == "function" && request.dialect == Dialect::Responses {
        let why = "functions are strict by default in Responses and not here";
        scope
            .losses
            .quietly_dropped(format!("{}.strict", path()), why);
    }
    writer.object(|writer| {
        writer.field("type", key);
        writer.object_field(key, |writer| {
            writer.field("name", &name);
            writer.field_opt("description", tool.description.as_ref());
            writer.field_opt("parameters", schema.as_ref());
            if let Some(format) = format {
                write_format(writer, format);
            }
            writer.field_opt("strict", tool.strict.as_ref());
            wire::write_inner(writer, &tool.extensions, key);
        });
        if let Some(mark) = scope.mark(tool.cache.as_ref(), path) {
            wire::write_cache_mark(writer, mark);
        }
        scope.extensions(writer, &tool.extensions, &[key], path);
    });
}

/// A free-text tool for an upstream that knows functions only (`dialects.md` 2.2). Its answers are turned back by its name.
fn free_text(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    index: usize,
    format: Option<&RawJson>,
) {
    let request = scope.request;
    let tool = &request.tools[index];
    let path = || request.tool_path(index);
    scope.names.mark_custom(&tool.name);
    let losses = &mut scope.losses;
    let description = free_text::described(request, index, format, "the upstream", losses);
    let description = description.filter(|text| !text.is_empty());
    let name = scope.name(&tool.name);
    writer.object(|writer| {
        writer.field("type", "function");
        writer.object_field("function", |writer| {
            writer.field("name", &name);
            writer.field_opt("description", description.as_ref());
            writer.field("parameters", &free_text::schema());
        });
        scope.foreign(&tool.extensions, path);
    });
}

/// The form of free text: nested, where Responses has its grammar flat.
fn write_format(writer: &mut Writer<'_>, format: &RawJson) {
    let document = format.document();
    let root = document.root();
    if root.field("definition").is_none() {
        return writer.field("format", format);
    }
    writer.object_field("format", |writer| {
        writer.field("type", "grammar");
        writer.object_field("grammar", |writer| {
            for (key, value) in root.entries().filter(|(key, _)| key != "type") {
                writer.foreign_field(&key, &value.raw());
            }
        });
    });
}

/// The deprecated spelling, for a client that used it.
fn write_functions(scope: &mut Scope<'_>, writer: &mut Writer<'_>, tools: &[(usize, &Tool)]) {
    if !tools.is_empty() {
        writer.array_field("functions", |writer| {
            for &(index, tool) in tools {
                let ToolKind::Function { schema } = &tool.kind else {
                    continue;
                };
                let name = scope.name(&tool.name);
                let schema = scope.schema(index, schema.as_ref());
                writer.object(|writer| {
                    writer.field("name", &name);
                    writer.field_opt("description", tool.description.as_ref());
                    writer.field_opt("parameters", schema.as_ref());
                    wire::write_extensions(writer, &tool.extensions, &[]);
                });
            }
        });
    }
    match &scope.request.tool_choice {
        Some(ToolChoice::None) => writer.field("function_call", "none"),
        Some(ToolChoice::Auto) => writer.field("function_call", "auto"),
        Some(ToolChoice::Named(name)) => {
            let name = scope.name(name);
            writer.object_field("function_call", |writer| writer.field("name", &name));
        }
        _ => {}
    }
    web_search(scope, writer);
}

fn write_choice(scope: &mut Scope<'_>, writer: &mut Writer<'_>, choice: &ToolChoice) {
    match choice {
        ToolChoice::Auto => writer.field("tool_choice", "auto"),
        ToolChoice::None => writer.field("tool_choice", "none"),
        ToolChoice::Required => writer.field("tool_choice", "required"),
        ToolChoice::Named(name) if is_searching(scope, name) => {
            let why = "web search cannot be forced in Chat";
            scope.losses.dropped("tool_choice", why);
        }
        ToolChoice::Named(name) => {
            writer.key("tool_choice");
            write_chosen(scope, writer, name);
        }
        ToolChoice::Allowed { required, names } => {
            writer.object_field("tool_choice", |writer| {
                writer.field("type", "allowed_tools");
                writer.object_field("allowed_tools", |writer| {
                    writer.field("mode", if *required { "required" } else { "auto" });
                    writer.array_field("tools", |writer| {
                        names
                            .iter()
                            .for_each(|name| write_chosen(scope, writer, name));
                    });
                });
            });
        }
        ToolChoice::Raw(Dialect::Chat, raw) => writer.field("tool_choice", raw),
        ToolChoice::Raw(..) => scope
            .losses
            .dropped("tool_choice", "Chat has no such choice"),
    }
}

fn is_searching(scope: &Scope<'_>, name: &Str) -> bool {
    let mut tools = scope.request.tools.iter();
    tools.any(|tool| tool.name == *name && is_web_search(tool))
}

fn write_chosen(scope: &mut Scope<'_>, writer: &mut Writer<'_>, name: &Str) {
    let mut tools = scope.request.tools.iter();
    let custom =
        tools.any(|tool| tool.name == *name && matches!(tool.kind, ToolKind::Custom { .. }));
    let custom = custom && scope.target.chat.custom_tools;
    let key = if custom { "custom" } else { "function" };
    let name = scope.name(name);
    writer.object(|writer| {
        writer.field("type", key);
        writer.object_field(key, |writer| writer.field("name", &name));
    });
}

/// `web_search_options`, from itself or from Claude's server tool (`dialects.md` 2.2).
fn web_search(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let mut tools = request.tools.iter().enumerate();
    let Some((index, tool)) = tools.find(|(_, tool)| is_web_search(tool)) else {
        return;
    };
    if !scope.target.chat.web_search && !scope.native {
        let why = "the upstream does not search the web";
        scope.losses.dropped(request.tool_path(index), why);
        return;
    }
    match &tool.kind {
        ToolKind::Server {
            dialect: Dialect::Chat,
            raw,
            ..
        } => writer.field(WEB_SEARCH, raw),
        ToolKind::Server {
            dialect: Dialect::Gemini,
            raw,
            ..
        } => {
            let document = raw.document();
            let settings = document
                .root()
                .entries()
                .flat_map(|(_, tool)| tool.entries());
            for (key, _) in settings {
                let path = format!("{}.{key}", request.tool_path(index));
                let why = "Chat's web search has no such setting";
                scope.losses.dropped(path, why);
            }
            writer.object_field(WEB_SEARCH, |_| {});
        }
        ToolKind::Server { raw, .. } => {
            let document = raw.document();
            let size = document.root().field("search_context_size");
            let known = [
                "type",
                "name",
                "user_location",
                "search_context_size",
                "cache_control",
            ];
            for (key, value) in document.root().entries() {
                if !known.contains(&&*key) && !value.is_null() {
                    let path = format!("{}.{key}", request.tool_path(index));
                    scope
                        .losses
                        .dropped(path, "Chat's web search has no such setting");
                }
            }
            writer.object_field(WEB_SEARCH, |writer| {
                writer.field_opt("search_context_size", size.map(Value::raw).as_ref());
                user_location(writer, raw);
            });
        }
        ToolKind::Function { .. } | ToolKind::Custom { .. } => {}
    }
}

/// Chat nests what Claude has flat.
fn user_location(writer: &mut Writer<'_>, tool: &RawJson) {
    let document = tool.document();
    let Some(location) = document.root().field("user_location") else {
        return;
    };
    let field = |key| location.field(key).filter(|value| value.as_str().is_some());
    writer.object_field("user_location", |writer| {
        writer.field("type", "approximate");
        writer.object_field("approximate", |writer| {
            for key in ["city", "country", "region", "timezone"] {
                writer.field_opt(key, field(key).map(Value::raw).as_ref());
            }
        });
    });
}
