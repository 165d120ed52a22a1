//! Tools and the choice among them (`dialects.md` 2.2).

use std::collections::HashSet;

use super::messages::report_foreign;
use super::{closed, marks};
use crate::Dialect;
use crate::choice::among_tools;
use crate::claude::wire::{write_cache_mark, write_rest, write_without};
use crate::error::EncodeError;
use crate::free_text;
use crate::ir::{CacheMark, Request, Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::Target;
use crate::tool_schema;

/// Chat's field for the provider's own web search; its decoder makes a server tool of it.
const WEB_SEARCH_OPTIONS: &str = "web_search_options";

/// The tools of a body.
#[derive(Debug)]
pub(super) struct Tools<'r> {
    pub(super) tools: Vec<Draft<'r>>,
    pub(super) choice: Option<Choice<'r>>,
    /// `disable_parallel_tool_use`, where it is said.
    single: Option<bool>,
}

/// One tool of a body.
#[derive(Debug)]
pub(super) struct Draft<'r> {
    form: Form<'r>,
    pub(super) cache: Option<CacheMark>,
}

#[derive(Debug)]
enum Form<'r> {
    Function {
        tool: &'r Tool,
        name: Str,
        description: Option<Str>,
        schema: RawJson,
        strict: Option<bool>,
    },
    Server(&'r RawJson),
    WebSearch(RawJson),
}

/// The choice among them.
#[derive(Debug)]
pub(super) enum Choice<'r> {
    Auto,
    Any,
    None,
    Tool(Str),
    Raw(&'r RawJson),
}

/// Longest tool name. Older models take 64 characters, which is all that the other dialects allow anyway.
pub(super) fn name_limit(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Claude => 128,
        Dialect::Chat
        | Dialect::Completions
        | Dialect::Kiro
        | Dialect::Gemini
        | Dialect::Responses => 64,
    }
}

/// Free text as the object that a tool in its stead takes.
pub(super) fn free_text(text: &str) -> RawJson {
    RawJson::build(|writer| writer.object(|writer| writer.field("input", text)))
}

impl<'r> Tools<'r> {
    /// Makes the tools of a request fit for Claude.
    pub(super) fn of(
        request: &'r Request,
        target: &Target,
        names: &mut Names,
        losses: &mut Losses,
    ) -> Result<Self, EncodeError> {
        let mut drafter = Drafter {
            request,
            target,
            names,
            losses,
            taken: HashSet::new(),
            lost: HashSet::new(),
        };
        let allowed = drafter.allowed();
        let mut tools = Vec::with_capacity(request.tools.len());
        for (index, tool) in request.tools.iter().enumerate() {
            if allowed
                .as_ref()
                .is_none_or(|names| names.contains(&tool.name))
            {
                tools.extend(drafter.draft(index, tool));
            }
        }
        let choice = drafter.choice(!tools.is_empty())?;
        let single = request.parallel_tool_calls.map(|parallel| !parallel);
        if tools.is_empty() && single == Some(true) && request.dialect != Dialect::Claude {
            let why = "there are no tools to call";
            drafter.losses.dropped("parallel_tool_calls", why);
        }
        Ok(Self {
            single: single.filter(|_| !tools.is_empty()),
            tools,
            choice,
        })
    }

    /// A tool must be called: with that, Claude does not think.
    pub(super) fn forced(&self) -> bool {
        matches!(self.choice, Some(Choice::Any | Choice::Tool(_)))
    }

    /// Marks that stand inside raw tools are lifted by the decoder, so all of them are here.
    pub(super) fn marks(&mut self) -> impl Iterator<Item = &mut Option<CacheMark>> {
        self.tools.iter_mut().map(|tool| &mut tool.cache)
    }

    /// Writes `tools` and `tool_choice`.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        if self.tools.is_empty() {
            return;
        }
        writer.array_field("tools", |writer| {
            self.tools.iter().for_each(|tool| tool.write(writer));
        });
        // The flag needs a choice to stand in.
        let choice = match (&self.choice, self.single) {
            (None, Some(true)) => &Choice::Auto,
            (None, _) => return,
            (Some(choice), _) => choice,
        };
        writer.key("tool_choice");
        let (word, name) = match choice {
            Choice::Raw(raw) => return writer.value(*raw),
            Choice::Auto => ("auto", None),
            Choice::Any => ("any", None),
            Choice::None => ("none", None),
            Choice::Tool(name) => ("tool", Some(name)),
        };
        writer.object(|writer| {
            writer.field("type", word);
            writer.field_opt("name", name);
            if !matches!(choice, Choice::None) {
                writer.field_opt("disable_parallel_tool_use", self.single.as_ref());
            }
        });
    }
}

impl Draft<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            match &self.form {
                Form::Function {
                    tool,
                    name,
                    description,
                    schema,
                    strict,
                } => {
                    writer.field("name", name);
                    writer.field_opt("description", description.as_ref());
                    writer.field("input_schema", schema);
                    writer.field_opt("strict", strict.as_ref());
                    write_rest(writer, &tool.extensions);
                }
                Form::Server(raw) => write_without(writer, raw, &["cache_control"]),
                Form::WebSearch(raw) => write_without(writer, raw, &[]),
            }
            write_cache_mark(writer, self.cache.as_ref());
        });
    }
}

struct Drafter<'r, 'l> {
    request: &'r Request,
    target: &'l Target,
    names: &'l mut Names,
    losses: &'l mut Losses,
    /// Names in use; Claude wants each once.
    taken: HashSet<Str>,
    /// Names of tools that could not be carried.
    lost: HashSet<Str>,
}

impl<'r> Drafter<'r, '_> {
    /// The names that may be called, where only some may: Claude gets no others.
    fn allowed(&mut self) -> Option<HashSet<&'r Str>> {
        let Some(ToolChoice::Allowed { names, .. }) = &self.request.tool_choice else {
            return None;
        };
        let why = "Claude knows no allowed subset: it got the allowed tools only";
        self.losses.changed("tool_choice", why);
        Some(names.iter().collect())
    }

    fn draft(&mut self, index: usize, tool: &'r Tool) -> Option<Draft<'r>> {
        let cache = tool.cache.as_ref().map(marks::fit);
        let form = match &tool.kind {
            ToolKind::Server {
                dialect: Dialect::Claude,
                raw,
                ..
            } => {
                self.taken.insert(tool.name.clone());
                return Some(Draft {
                    form: Form::Server(raw),
                    cache,
                });
            }
            ToolKind::Server {
                dialect: Dialect::Chat,
                kind,
                raw,
            } if kind == WEB_SEARCH_OPTIONS => return self.web_search(raw, WEB_SEARCH_OPTIONS),
            ToolKind::Server {
                dialect: Dialect::Gemini,
                kind,
                raw,
            } if kind == "googleSearch" => return self.google_search(index, raw),
            ToolKind::Server {
                dialect: Dialect::Responses,
                kind,
                raw,
            } if kind.starts_with("web_search") => {
                return self.web_search(raw, &self.request.tool_path(index));
            }
            ToolKind::Server { kind, .. } => {
                let why = format!("Claude has no tool like `{kind}`");
                self.losses.dropped(self.request.tool_path(index), why);
                self.lost.insert(tool.name.clone());
                return None;
            }
            ToolKind::Function { schema } => self.function(index, tool, schema.as_ref()),
            ToolKind::Custom { format } => self.custom(index, tool, format.as_ref()),
        };
        let path = || self.request.tool_path(index);
        report_foreign(self.losses, &tool.extensions, path);
        Some(Draft { form, cache })
    }

    fn function(&mut self, index: usize, tool: &'r Tool, given: Option<&RawJson>) -> Form<'r> {
        let request = self.request;
        let own = request.dialect == Dialect::Claude;
        let schema = match given {
            None => tool_schema::empty(),
            // A Claude client's own is its own affair.
            Some(schema) if own => schema.clone(),
            Some(schema) => tool_schema::mended(request, index, schema, "Claude", self.losses),
        };
        let strict = self.strict(index, tool);
        let schema = match strict {
            Some(true) if !own => {
                closed::enforced(&schema, &request.schema_path(index), self.losses)
            }
            _ => schema,
        };
        Form::Function {
            tool,
            name: self.name(tool),
            description: tool.description.clone(),
            schema,
            strict,
        }
    }

    /// A free-text tool becomes a function with one string (`dialects.md` 2.2).
    fn custom(&mut self, index: usize, tool: &'r Tool, format: Option<&RawJson>) -> Form<'r> {
        self.names.mark_custom(&tool.name);
        let (request, losses) = (self.request, &mut self.losses);
        Form::Function {
            tool,
            description: free_text::described(request, index, format, "Claude", losses),
            name: self.name(tool),
            schema: free_text::schema(),
            strict: None,
        }
    }

    fn name(&mut self, tool: &Tool) -> Str {
        let name = self
            .names
            .upstream(&tool.name, name_limit(self.request.dialect));
        self.taken.insert(name.clone());
        name
    }

    /// Strictness came with structured output; older models do not know the word.
    fn strict(&mut self, index: usize, tool: &Tool) -> Option<bool> {
        let strict = tool.strict?;
        if self.target.model_profile.json_schema {
            return (strict || self.request.dialect == Dialect::Claude).then_some(strict);
        }
        if strict {
            let why = "this model does not enforce schemas";
            let path = self.request.tool_field_path(index, "strict");
            self.losses.dropped(path, why);
        }
        None
    }

    fn google_search(&mut self, index: usize, raw: &RawJson) -> Option<Draft<'r>> {
        let at = self.request.tool_path(index);
        let document = raw.document();
        for (key, _) in document
            .root()
            .entries()
            .flat_map(|(_, tool)| tool.entries())
        {
            let why = "Claude's web search has no such setting";
            self.losses.dropped(format!("{at}.{key}"), why);
        }
        self.web_search(&RawJson::empty_object(), &at)
    }

    /// Chat's options, or the tool of Responses, which stand at `at`.
    fn web_search(&mut self, options: &RawJson, at: &str) -> Option<Draft<'r>> {
        let name = Str::from_static("web_search");
        let declared = self.request.tools.iter().any(|tool| tool.name == name);
        if declared || !self.taken.insert(name) {
            let why = "a tool of the name `web_search` exists";
            self.losses.dropped(at, why);
            return None;
        }
        let document = options.document();
        let root = document.root();
        let filters = root.field("filters");
        let inner = filters.into_iter().flat_map(Value::entries);
        let lost = root
            .entries()
            .filter(|(key, _)| !matches!(&**key, "type" | "user_location" | "filters"))
            .map(|(key, value)| (key.to_string(), value));
        let lost = lost.chain(
            inner
                .filter(|(key, _)| key != "allowed_domains")
                .map(|(key, value)| (format!("filters.{key}"), value)),
        );
        for (key, _) in lost.filter(|(_, value)| !value.is_null()) {
            let path = format!("{at}.{key}");
            self.losses
                .dropped(path, "Claude's web search has no such setting");
        }
        let domains = filters.and_then(|filters| filters.field("allowed_domains"));
        let location = root.field("user_location");
        let location = location.map(|place| place.field("approximate").unwrap_or(place));
        let raw = RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("type", "web_search_20250305");
                writer.field("name", "web_search");
                writer.field_opt("allowed_domains", domains.map(Value::raw).as_ref());
                if let Some(location) = location {
                    writer.object_field("user_location", |writer| {
                        writer.field("type", "approximate");
                        for key in ["city", "region", "country", "timezone"] {
                            writer.field_opt(key, location.text_of(key).as_ref());
                        }
                    });
                }
            });
        });
        Some(Draft {
            form: Form::WebSearch(raw),
            cache: None,
        })
    }

    fn choice(&mut self, has_tools: bool) -> Result<Option<Choice<'r>>, EncodeError> {
        let (lost, losses) = (&self.lost, &mut self.losses);
        let choice = among_tools(self.request, has_tools, lost, "Claude", losses)?;
        let Some(choice) = choice else {
            return Ok(None);
        };
        Ok(match choice {
            ToolChoice::Auto
            | ToolChoice::Allowed {
                required: false, ..
            } => Some(Choice::Auto),
            ToolChoice::Required | ToolChoice::Allowed { required: true, .. } => Some(Choice::Any),
            ToolChoice::None => Some(Choice::None),
            ToolChoice::Named(name) => {
                let limit = name_limit(self.request.dialect);
                Some(Choice::Tool(self.names.upstream(name, limit)))
            }
            ToolChoice::Raw(Dialect::Claude, raw) => Some(Choice::Raw(raw)),
            ToolChoice::Raw(..) => {
                let why = "Claude has no such choice";
                self.losses.dropped("tool_choice", why);
                None
            }
        })
    }
}
