//! Tools and the choice among them (`providers.md` 9.3).

use std::collections::HashSet;

use super::encode::Scope;
use crate::Dialect;
use crate::choice::among_tools;
use crate::error::EncodeError;
use crate::free_text;
use crate::ir::{Part, Request, Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Writer};

/// Chat's field for the provider's own web search; its decoder makes a server tool of it.
const WEB_SEARCH_OPTIONS: &str = "web_search_options";

/// The tools of a body.
#[derive(Debug)]
pub(super) struct Tools(Vec<Specification>);

#[derive(Debug)]
struct Specification {
    name: Str,
    description: Str,
    schema: RawJson,
}

impl Tools {
    /// Makes the tools of a request fit for Kiro.
    pub(super) fn of(scope: &mut Scope<'_>) -> Result<Self, EncodeError> {
        let request = scope.request;
        let mut lost = HashSet::new();
        let mut tools = Vec::with_capacity(request.tools.len());
        for (index, tool) in request.tools.iter().enumerate() {
            match &tool.kind {
                ToolKind::Function { schema } => {
                    tools.push(function(scope, index, tool, schema.as_ref()));
                }
                ToolKind::Custom { format } => {
                    tools.push(custom(scope, index, tool, format.as_ref()));
                }
                ToolKind::Server { kind, .. } => {
                    let path = match kind == WEB_SEARCH_OPTIONS {
                        true => kind.to_string(),
                        false => request.tool_path(index),
                    };
                    let why = format!("Kiro has no tool like `{kind}`");
                    scope.losses.dropped(path, why);
                    lost.insert(tool.name.clone());
                }
            }
        }
        choose(scope, &mut tools, &lost)?;
        if request.parallel_tool_calls == Some(false) && !tools.is_empty() {
            let path = match request.dialect {
                Dialect::Claude => "tool_choice.disable_parallel_tool_use",
                _ => "parallel_tool_calls",
            };
            let why = "Kiro cannot be kept from calling several tools at once";
            scope.losses.dropped(path, why);
        }
        Ok(Self(tools))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes `tools`.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.array_field("tools", |writer| {
            for tool in &self.0 {
                writer.object(|writer| {
                    writer.object_field("toolSpecification", |writer| {
                        writer.field("name", &tool.name);
                        writer.field("description", &tool.description);
                        writer.object_field("inputSchema", |writer| {
                            writer.field("json", &tool.schema);
                        });
                    });
                });
            }
        });
    }
}

fn function(
    scope: &mut Scope<'_>,
    index: usize,
    tool: &Tool,
    schema: Option<&RawJson>,
) -> Specification {
    report(scope, index, tool);
    if let Some(strict) = tool.strict {
        let path = scope.request.tool_field_path(index, "strict");
        let why = "Kiro enforces no schemas";
        match strict {
            true => scope.losses.dropped(path, why),
            false => scope.losses.quietly_dropped(path, why),
        }
    }
    Specification {
        name: scope.name(&tool.name),
        description: described(scope, index, tool.description.clone()),
        schema: schema.cloned().unwrap_or_else(empty_schema),
    }
}

/// A free-text tool becomes a function with one string (`dialects.md` 2.2).
fn custom(
    scope: &mut Scope<'_>,
    index: usize,
    tool: &Tool,
    format: Option<&RawJson>,
) -> Specification {
    report(scope, index, tool);
    scope.names.mark_custom(&tool.name);
    let losses = &mut scope.losses;
    let description = free_text::described(scope.request, index, format, "Kiro", losses);
    Specification {
        name: scope.name(&tool.name),
        description: described(scope, index, description),
        schema: free_text::schema(),
    }
}

fn report(scope: &mut Scope<'_>, index: usize, tool: &Tool) {
    let request = scope.request;
    let path = || request.tool_path(index);
    scope.foreign(&tool.extensions, path);
    scope.unmark(tool.cache.is_some(), path);
}

/// The description within Kiro's limit. It may not be empty: a tool without one is described by its name.
fn described(scope: &mut Scope<'_>, index: usize, description: Option<Str>) -> Str {
    let request = scope.request;
    let Some(description) = description.filter(|text| !text.is_blank()) else {
        return request.tools[index].name.clone();
    };
    let limit = scope.target.kiro.tool_description_limit;
    if description.len() <= limit {
        return description;
    }
    let path = request.tool_field_path(index, "description");
    let why = format!("Kiro takes {limit} bytes of a description");
    scope.losses.clamped(path, why);
    let mut cuts = (0..=limit).rev();
    let cut = cuts.find(|at| description.is_char_boundary(*at));
    description.slice_ref(&description[..cut.unwrap_or(0)])
}

fn empty_schema() -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "object");
            writer.object_field("properties", |_| {});
        });
    })
}

/// Kiro always leaves the choice to the model. What may not be called is not declared; that something must be called cannot be
/// said.
fn choose(
    scope: &mut Scope<'_>,
    tools: &mut Vec<Specification>,
    lost: &HashSet<Str>,
) -> Result<(), EncodeError> {
    let request = scope.request;
    let losses = &mut scope.losses;
    match among_tools(request, !tools.is_empty(), lost, "Kiro", losses)? {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) if has_calls(request) => {
            let why = "Kiro cannot be kept from calling tools, of which the conversation tells";
            losses.dropped("tool_choice", why);
        }
        Some(ToolChoice::None) => {
            let why = "Kiro has no such choice: it got no tools";
            losses.changed("tool_choice", why);
            keep(scope, tools, &[]);
        }
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Raw(..)) => {
            let why = "Kiro leaves it to the model which tools it calls";
            losses.dropped("tool_choice", why);
        }
        Some(ToolChoice::Allowed { names, required }) => {
            let why = match required {
                true => "Kiro got the allowed tools only, and leaves it to the model to call them",
                false => "Kiro knows no allowed subset: it got the allowed tools only",
            };
            losses.changed("tool_choice", why);
            keep(scope, tools, names);
        }
    }
    Ok(())
}

/// Declares no tools but those of these names.
fn keep(scope: &mut Scope<'_>, tools: &mut Vec<Specification>, names: &[Str]) {
    let names: HashSet<&Str> = names.iter().collect();
    for (index, tool) in scope.request.tools.iter().enumerate() {
        if !names.contains(&tool.name) {
            let path = scope.request.tool_path(index);
            scope.losses.quietly_dropped(path, "it may not be called");
        }
    }
    let allowed: HashSet<Str> = names.into_iter().map(|name| scope.name(name)).collect();
    tools.retain(|tool| allowed.contains(&tool.name));
}

fn has_calls(request: &Request) -> bool {
    let mut parts = request.turns.iter().flat_map(|turn| &turn.parts);
    parts.any(|part| matches!(part, Part::ToolCall(_)))
}
