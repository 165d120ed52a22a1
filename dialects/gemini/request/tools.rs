//! Tools and the choice among them (`dialects.md` 2.2).

use std::collections::HashSet;

use super::encode::Scope;
use crate::choice::among_tools;
use crate::error::EncodeError;
use crate::free_text;
use crate::gemini::schema;
use crate::gemini::wire::write_rest;
use crate::ir::{Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value, Writer};
use crate::{Dialect, ids, tool_schema};

/// Chat's field for the provider's own web search; its decoder makes a server tool of it.
const WEB_SEARCH_OPTIONS: &str = "web_search_options";

/// The tools of a body.
pub(super) struct Tools<'r> {
    functions: Vec<Function<'r>>,
    /// Google's own, each an object by itself.
    servers: Vec<RawJson>,
    config: Option<Config<'r>>,
}

struct Function<'r> {
    tool: &'r Tool,
    name: Str,
    description: Option<Str>,
    /// The key and what stands there.
    schema: Option<(&'static str, RawJson)>,
}

enum Config<'r> {
    /// A Gemini client's own.
    Raw(&'r RawJson),
    Mode {
        mode: &'static str,
        names: Vec<Str>,
    },
}

/// A tool's name as Gemini takes it: a letter or `_` first. Its own clients' names are kept.
pub(super) fn fit_name(scope: &mut Scope<'_>, name: &Str) -> Str {
    let limit = scope.profile().tool_name_limit;
    let legal =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    let starts = |name: &str| {
        let first = name.bytes().next();
        first.is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
    };
    if scope.native && starts(name) && name.len() <= 128 && name.bytes().all(legal) {
        return name.clone();
    }
    let mut fit = ids::sanitise(name, limit);
    if !starts(&fit) {
        // The sign that no name may hold makes sure that the name is told apart from one that begins so anyway.
        fit = ids::sanitise(&Str::from(format!("_{name}/")), limit);
    }
    scope.names.remember(&fit, name);
    fit
}

impl<'r> Tools<'r> {
    /// Makes the tools of a request fit for Gemini.
    pub(super) fn of(scope: &mut Scope<'r>) -> Result<Self, EncodeError> {
        let request = scope.request;
        let mut drafter = Drafter {
            scope,
            lost: HashSet::new(),
            has_functions: false,
        };
        drafter.has_functions = request.tools.iter().any(is_function);
        let mut functions = Vec::new();
        let mut servers = Vec::new();
        for (index, tool) in request.tools.iter().enumerate() {
            match &tool.kind {
                ToolKind::Function { schema } => {
                    functions.push(drafter.function(index, tool, schema.as_ref()));
                }
                ToolKind::Custom { format } => {
                    functions.push(drafter.custom(index, tool, format.as_ref()));
                }
                ToolKind::Server { dialect, kind, raw } => {
                    servers.extend(drafter.server(index, tool, *dialect, kind, raw));
                }
            }
        }
        let has_tools = !functions.is_empty() || !servers.is_empty();
        let config = drafter.config(has_tools)?;
        if request.parallel_tool_calls == Some(false) && has_tools {
            let path = match request.dialect {
                Dialect::Claude => "tool_choice.disable_parallel_tool_use",
                Dialect::Chat
                | Dialect::Completions
                | Dialect::Kiro
                | Dialect::Gemini
                | Dialect::Responses => "parallel_tool_calls",
            };
            let why = "Gemini cannot be kept from calling several tools at once";
            drafter.scope.losses.dropped(path, why);
        }
        Ok(Self {
            functions,
            servers,
            config,
        })
    }

    /// Writes `tools` and `toolConfig`.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        if !self.functions.is_empty() || !self.servers.is_empty() {
            writer.array_field("tools", |writer| {
                if !self.functions.is_empty() {
                    writer.object(|writer| {
                        writer.array_field("functionDeclarations", |writer| {
                            self.functions.iter().for_each(|tool| tool.write(writer));
                        });
                    });
                }
                self.servers.iter().for_each(|tool| writer.value(tool));
            });
        }
        match &self.config {
            None => {}
            Some(Config::Raw(raw)) => writer.field("toolConfig", *raw),
            Some(Config::Mode { mode, names }) => writer.object_field("toolConfig", |writer| {
                writer.object_field("functionCallingConfig", |writer| {
                    writer.field("mode", mode);
                    if !names.is_empty() {
                        writer.array_field("allowedFunctionNames", |writer| {
                            names.iter().for_each(|name| writer.value(name));
                        });
                    }
                });
            }),
        }
    }
}

impl Function<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            writer.field("name", &self.name);
            writer.field_opt("description", self.description.as_ref());
            if let Some((key, schema)) = &self.schema {
                writer.field(key, schema);
            }
            write_rest(writer, &self.tool.extensions);
        });
    }
}

fn is_function(tool: &Tool) -> bool {
    !matches!(tool.kind, ToolKind::Server { .. })
}

struct Drafter<'r, 's> {
    scope: &'s mut Scope<'r>,
    /// Names of tools that could not be carried.
    lost: HashSet<Str>,
    has_functions: bool,
}

impl<'r> Drafter<'r, '_> {
    fn function(&mut self, index: usize, tool: &'r Tool, given: Option<&RawJson>) -> Function<'r> {
        let request = self.scope.request;
        let path = || request.tool_path(index);
        self.scope.foreign(&tool.extensions, path);
        self.scope.unmark(tool.cache.is_some(), path);
        if let Some(strict) = tool.strict {
            let path = request.tool_field_path(index, "strict");
            let why = "Gemini follows schemas to the letter for all tools or for none";
            match strict {
                true => self.scope.losses.dropped(path, why),
                false => self.scope.losses.quietly_dropped(path, why),
            }
        }
        Function {
            tool,
            name: fit_name(self.scope, &tool.name),
            description: tool.description.clone(),
            schema: self.schema(index, tool, given),
        }
    }

    /// A Gemini client's own spelling, real JSON Schema where the model takes it, else the subset (traps 45 to 49).
    fn schema(
        &mut self,
        index: usize,
        tool: &Tool,
        given: Option<&RawJson>,
    ) -> Option<(&'static str, RawJson)> {
        if let Some(own) = tool.extensions.get(Dialect::Gemini, "parameters") {
            return Some(("parameters", own.clone()));
        }
        let given = given?;
        let request = self.scope.request;
        let given = match self.scope.native {
            true => given.clone(),
            false => {
                let losses = &mut self.scope.losses;
                tool_schema::mended(request, index, given, "Gemini", losses)
            }
        };
        if self.scope.profile().json_schema {
            return Some(("parametersJsonSchema", given));
        }
        let cleaned = schema::clean(&given);
        report_schema(self.scope, &request.schema_path(index), cleaned.lost);
        (!cleaned.is_empty).then_some(("parameters", cleaned.schema))
    }

    /// A free-text tool becomes a function with one string (`dialects.md` 2.2).
    fn custom(&mut self, index: usize, tool: &'r Tool, format: Option<&RawJson>) -> Function<'r> {
        let request = self.scope.request;
        self.scope.names.mark_custom(&tool.name);
        self.scope
            .foreign(&tool.extensions, || request.tool_path(index));
        let losses = &mut self.scope.losses;
        let description = free_text::described(request, index, format, "Gemini", losses);
        let schema = free_text::schema();
        let key = if self.scope.profile().json_schema {
            "parametersJsonSchema"
        } else {
            "parameters"
        };
        Function {
            tool,
            name: fit_name(self.scope, &tool.name),
            description,
            schema: Some((key, schema)),
        }
    }

    /// A tool of the vendor's own: Google's as it is, others' as what does the same here.
    fn server(
        &mut self,
        index: usize,
        tool: &Tool,
        dialect: Dialect,
        kind: &str,
        raw: &RawJson,
    ) -> Option<RawJson> {
        let request = self.scope.request;
        self.scope
            .unmark(tool.cache.is_some(), || request.tool_path(index));
        let path = if kind == WEB_SEARCH_OPTIONS {
            kind.to_owned()
        } else {
            request.tool_path(index)
        };
        if dialect == Dialect::Gemini {
            return Some(raw.clone());
        }
        let same = match kind {
            WEB_SEARCH_OPTIONS => "googleSearch",
            kind if kind.starts_with("web_search_2") => "googleSearch",
            kind if kind.starts_with("web_fetch_2") => "urlContext",
            kind if kind.starts_with("code_execution_2") => "codeExecution",
            kind => {
                self.lost.insert(tool.name.clone());
                let why = format!("Gemini has no tool like `{kind}`");
                self.scope.losses.dropped(path, why);
                return None;
            }
        };
        if self.has_functions && !self.scope.profile().mixed_tools {
            self.lost.insert(tool.name.clone());
            let why = "this model takes no tools of Google's beside functions";
            self.scope.losses.dropped(path, why);
            return None;
        }
        let document = raw.document();
        let blocked = document
            .root()
            .field("blocked_domains")
            .filter(|_| same == "googleSearch");
        for (key, value) in document.root().entries() {
            let said = matches!(&*key, "type" | "name" | "cache_control" | "blocked_domains");
            if !said && !value.is_null() {
                let why = "Google's tool has no such setting";
                self.scope.losses.dropped(format!("{path}.{key}"), why);
            }
        }
        Some(RawJson::build(|writer| {
            writer.object(|writer| {
                writer.object_field(same, |writer| {
                    writer.field_opt("excludeDomains", blocked.map(Value::raw).as_ref());
                });
            });
        }))
    }

    fn config(&mut self, has_tools: bool) -> Result<Option<Config<'r>>, EncodeError> {
        let request = self.scope.request;
        let own = request.extensions.get(Dialect::Gemini, "toolConfig");
        if let Some(own) = own.filter(|_| self.scope.native) {
            return Ok(Some(Config::Raw(own)));
        }
        let (lost, losses) = (&self.lost, &mut self.scope.losses);
        let choice = among_tools(request, has_tools, lost, "Gemini", losses)?;
        let Some(choice) = choice else {
            return Ok(None);
        };
        let is_server = |name: &Str| {
            let mut tools = request.tools.iter();
            tools.any(|tool| tool.name == *name && !is_function(tool))
        };
        let (mode, names) = match choice {
            ToolChoice::Auto => ("AUTO", Vec::new()),
            ToolChoice::None => ("NONE", Vec::new()),
            ToolChoice::Required => ("ANY", Vec::new()),
            ToolChoice::Named(name) if is_server(name) => {
                let why = "a tool of Google's cannot be forced";
                self.scope.losses.dropped("tool_choice", why);
                return Ok(None);
            }
            ToolChoice::Named(name) => ("ANY", vec![fit_name(self.scope, name)]),
            ToolChoice::Allowed { required, names } => {
                let mode = if *required { "ANY" } else { "VALIDATED" };
                let names = names.iter().map(|name| fit_name(self.scope, name));
                (mode, names.collect())
            }
            ToolChoice::Raw(..) => {
                self.scope
                    .losses
                    .dropped("tool_choice", "Gemini has no such choice");
                return Ok(None);
            }
        };
        Ok(Some(Config::Mode { mode, names }))
    }
}

/// Names the keywords that a schema lost.
pub(super) fn report_schema(scope: &mut Scope<'_>, base: &str, lost: Vec<schema::Lost>) {
    for lost in lost {
        let dot = if lost.path.is_empty() { "" } else { "." };
        let path = format!("{base}{dot}{}", lost.path);
        match lost.quiet {
            true => scope.losses.quietly_dropped(path, lost.why),
            false => scope.losses.dropped(path, lost.why),
        }
    }
}
