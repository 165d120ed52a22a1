//! The choice among tools, for vendors that take only some of them.

use std::collections::HashSet;

use crate::error::EncodeError;
use crate::ir::{Request, ToolChoice};
use crate::json::Str;
use crate::losses::Losses;

/// What there is to choose, where tools are left to choose from.
///
/// # Errors
/// A tool that must be called and is one of the `lost`, since `vendor` has none like it.
pub(crate) fn among_tools<'r>(
    request: &'r Request,
    has_tools: bool,
    lost: &HashSet<Str>,
    vendor: &str,
    losses: &mut Losses,
) -> Result<Option<&'r ToolChoice>, EncodeError> {
    let choice = request.tool_choice.as_ref();
    if let Some(ToolChoice::Named(name)) = choice
        && lost.contains(name)
    {
        let reason = format!("the tool `{name}` must be called, but {vendor} has none like it");
        return Err(EncodeError::new("tool_choice", reason));
    }
    if choice.is_some() && !has_tools {
        let why = "there are no tools to choose from";
        losses.dropped("tool_choice", why);
        return Ok(None);
    }
    Ok(choice)
}
