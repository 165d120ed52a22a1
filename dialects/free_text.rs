//! Free-text tools for upstreams that know functions only (`dialects.md` 2.2): each is a function with one string, `input`.

use crate::Dialect;
use crate::ir::Request;
use crate::json::{RawJson, Str};
use crate::losses::Losses;

/// The schema of such a function.
pub(crate) fn schema() -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "object");
            writer.object_field("properties", |writer| {
                writer.object_field("input", |writer| writer.field("type", "string"));
            });
            writer.array_field("required", |writer| writer.value("input"));
        });
    })
}

/// The description of the tool at `index`, with its grammar, which the `upstream` does not enforce.
pub(crate) fn described(
    request: &Request,
    index: usize,
    format: Option<&RawJson>,
    upstream: &str,
    losses: &mut Losses,
) -> Option<Str> {
    let tool = request.tools.get(index);
    let description = tool.and_then(|tool| tool.description.clone());
    let is_text =
        |format: &RawJson| format.document().root().text_of("type").as_deref() == Some("text");
    let Some(grammar) = format.filter(|format| !is_text(format)) else {
        return description;
    };
    let field = match request.dialect {
        Dialect::Chat | Dialect::Completions | Dialect::Kiro => "custom.format",
        Dialect::Claude | Dialect::Gemini | Dialect::Responses => "format",
    };
    let path = format!("{}.{field}", request.tool_path(index));
    let why = format!("{upstream} enforces no grammar: it stands in the tool's description");
    losses.changed(path, why);
    let description = description.filter(|text| !text.is_empty());
    let before = description.map_or_else(String::new, |text| format!("{text}\n\n"));
    let grammar = grammar.as_str();
    let text = format!("{before}The input must follow this format: {grammar}");
    Some(Str::from(text))
}
