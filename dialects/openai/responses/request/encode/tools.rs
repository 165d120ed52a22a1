//! `tools`, `tool_choice`, `parallel_tool_calls`.

use super::knows_spaces;
use crate::Dialect;
use crate::free_text;
use crate::ir::{Namespace, Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::responses::wire::{self, CHAT_WEB_SEARCH};
use crate::openai::scope::Scope;

/// Writes everything about tools.
pub(super) fn write(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let carried: Vec<usize> = (0..request.tools.len())
        .filter(|index| carried(scope, *index))
        .collect();
    if !carried.is_empty() || has_empty_namespace(scope) {
        writer.array_field("tools", |writer| match knows_spaces(scope) {
            true => write_grouped(scope, writer),
            false => {
                for index in &carried {
                    write_tool(scope, writer, *index);
                }
            }
        });
    }
    if carried.is_empty() && !scope.native {
        scope.lose_choice();
        return;
    }
    if let Some(choice) = &request.tool_choice {
        write_choice(scope, writer, choice);
    }
    writer.field_opt("parallel_tool_calls", request.parallel_tool_calls.as_ref());
}

fn has_empty_namespace(scope: &Scope<'_>) -> bool {
    knows_spaces(scope) && !scope.request.namespaces.declared().is_empty()
}

/// Whether a tool goes upstream. Another vendor's server tools have no place, and are never passed off as functions
/// (traps 31 and 94), but for web search.
fn carried(scope: &mut Scope<'_>, index: usize) -> bool {
    let request = scope.request;
    let tool = &request.tools[index];
    let ToolKind::Server { dialect, kind, .. } = &tool.kind else {
        return true;
    };
    if *dialect == Dialect::Responses || is_web_search(tool) {
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
        } => kind == CHAT_WEB_SEARCH,
        ToolKind::Server { kind, .. } => kind.starts_with("web_search"),
        ToolKind::Function { .. } | ToolKind::Custom { .. } => false,
    }
}

/// The tools of a client that knows namespaces, in its own order.
fn write_grouped(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let mut spaces = request.namespaces.declared().iter().peekable();
    let mut index = 0;
    loop {
        if let Some(space) = spaces.next_if(|space| space.tools.start <= index) {
            write_namespace(scope, writer, space);
            index = space.tools.end;
        } else if index < request.tools.len() {
            write_tool(scope, writer, index);
            index += 1;
        } else {
            return;
        }
    }
}

fn write_namespace(scope: &mut Scope<'_>, writer: &mut Writer<'_>, space: &Namespace) {
    writer.object(|writer| {
        writer.field("type", "namespace");
        writer.field("name", &space.name);
        writer.field_opt("description", space.description.as_ref());
        writer.array_field("tools", |writer| {
            for index in space.tools.clone() {
                write_tool(scope, writer, index);
            }
        });
        wire::write_extensions(writer, &space.extensions, &[]);
    });
}

fn write_tool(scope: &mut Scope<'_>, writer: &mut Writer<'_>, index: usize) {
    let request = scope.request;
    let tool = &request.tools[index];
    let path = || request.tool_path(index);
    let (kind, schema, format) = match &tool.kind {
        ToolKind::Server {
            dialect: Dialect::Responses,
            raw,
            ..
        } => return writer.value(raw),
        ToolKind::Server { dialect, raw, .. } => {
            return web_search(scope, writer, *dialect, raw, index);
        }
        ToolKind::Function { schema } => ("function", scope.schema(index, schema.as_ref()), None),
        ToolKind::Custom { format } if !scope.target.chat.openai_tools => {
            return write_free_text(scope, writer, index, format.as_ref());
        }
        ToolKind::Custom { format } => ("custom", None, format.as_ref()),
    };
    let is_function = kind == "function";
    // Functions are strict here unless told otherwise, and elsewhere they are not (`dialects.md` 1.3).
    let strict = tool
        .strict
        .or((is_function && !scope.native).then_some(false));
    writer.object(|writer| {
        writer.field("type", kind);
        match request
            .namespaces
            .inner(&tool.name)
            .filter(|_| knows_spaces(scope))
        {
            Some((_, inner)) => writer.field("name", inner),
            None => writer.field("name", &scope.name(&tool.name)),
        }
        writer.field_opt("description", tool.description.as_ref());
        writer.field_opt("parameters", schema.as_ref());
        if let Some(format) = format {
            write_format(writer, format);
        }
        writer.field_opt("strict", strict.as_ref());
        if let Some(mark) = scope.mark(tool.cache.as_ref(), path) {
            wire::write_cache_mark(writer, mark);
        }
        scope.extensions(writer, &tool.extensions, &[], path);
    });
}

/// A free-text tool for an upstream that knows functions only. Its answers are turned back by its name.
fn write_free_text(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    index: usize,
    format: Option<&RawJson>,
) {
    let request = scope.request;
    let tool = &request.tools[index];
    scope.names.mark_custom(&tool.name);
    let losses = &mut scope.losses;
    let description = free_text::described(request, index, format, "the upstream", losses);
    let description = description.filter(|text| !text.is_empty());
    let name = scope.name(&tool.name);
    writer.object(|writer| {
        writer.field("type", "function");
        writer.field("name", &name);
        writer.field_opt("description", description.as_ref());
        writer.field("parameters", &free_text::schema());
        writer.field("strict", &false);
    });
}

/// The form of free text: flat, where Chat nests its grammar.
fn write_format(writer: &mut Writer<'_>, format: &RawJson) {
    let document = format.document();
    let root = document.root();
    match root.field("grammar").filter(|grammar| grammar.is_object()) {
        None => writer.field("format", format),
        Some(grammar) => writer.object_field("format", |writer| {
            writer.field("type", "grammar");
            for (key, value) in grammar.entries() {
                writer.foreign_field(&key, &value.raw());
            }
        }),
    }
}

fn write_choice(scope: &mut Scope<'_>, writer: &mut Writer<'_>, choice: &ToolChoice) {
    match choice {
        ToolChoice::Auto => writer.field("tool_choice", "auto"),
        ToolChoice::None => writer.field("tool_choice", "none"),
        ToolChoice::Required => writer.field("tool_choice", "required"),
        ToolChoice::Named(name) => {
            writer.key("tool_choice");
            write_chosen(scope, writer, name);
        }
        ToolChoice::Allowed { required, names } => {
            writer.object_field("tool_choice", |writer| {
                writer.field("type", "allowed_tools");
                writer.field("mode", if *required { "required" } else { "auto" });
                writer.array_field("tools", |writer| {
                    names
                        .iter()
                        .for_each(|name| write_chosen(scope, writer, name));
                });
            });
        }
        ToolChoice::Raw(Dialect::Responses, raw) => writer.field("tool_choice", raw),
        ToolChoice::Raw(..) => scope
            .losses
            .dropped("tool_choice", "Responses has no such choice"),
    }
}

fn write_chosen(scope: &mut Scope<'_>, writer: &mut Writer<'_>, name: &Str) {
    let mut tools = scope.request.tools.iter();
    let found = tools.find(|tool| tool.name == *name);
    let kind = match found.map(|tool| &tool.kind) {
        Some(ToolKind::Server { .. }) => "web_search",
        Some(ToolKind::Custom { .. }) if scope.target.chat.openai_tools => "custom",
        Some(ToolKind::Custom { .. }) => "function",
        Some(ToolKind::Function { .. }) | None => "function",
    };
    writer.object(|writer| {
        writer.field("type", kind);
        if kind != "web_search" {
            writer.field("name", &scope.name(name));
        }
    });
}

/// `web_search`, from Chat's options or from Claude's server tool (`dialects.md` 2.2).
fn web_search(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    dialect: Dialect,
    options: &RawJson,
    index: usize,
) {
    let document = options.document();
    let root = document.root();
    let (level, lost): (String, &[&str]) = match dialect {
        Dialect::Chat => (CHAT_WEB_SEARCH.to_owned(), &[]),
        _ => (
            scope.request.tool_path(index),
            &["max_uses", "blocked_domains"],
        ),
    };
    for key in lost {
        if root.field(key).is_some() {
            let path = format!("{level}.{key}");
            let why = "the upstream's web search has no such setting";
            scope.losses.dropped(path, why);
        }
    }
    let location = root.field("user_location");
    let location = location.map(|place| place.field("approximate").unwrap_or(place));
    writer.object(|writer| {
        writer.field("type", "web_search");
        if let Some(domains) = root.field("allowed_domains") {
            writer.object_field("filters", |writer| {
                writer.field("allowed_domains", &domains.raw());
            });
        }
        let size = root.field("search_context_size").map(Value::raw);
        writer.field_opt("search_context_size", size.as_ref());
        if let Some(location) = location {
            writer.object_field("user_location", |writer| {
                writer.field("type", "approximate");
                for key in ["city", "country", "region", "timezone"] {
                    writer.field_opt(key, location.text_of(key).as_ref());
                }
            });
        }
    });
}
