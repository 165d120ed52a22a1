//! Where something stands in the client's own body, for losses: what lies within a turn's part or a tool.

use super::Request;
use crate::Dialect;

impl Request {
    /// Where the arguments of a call stand: `messages[1].tool_calls[0].function.arguments`.
    #[must_use]
    pub fn arguments_path(&self, turn: usize, part: usize) -> String {
        let field = match self.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => "function.arguments",
            Dialect::Claude => "input",
            Dialect::Gemini => "functionCall.args",
            Dialect::Responses => "arguments",
        };
        format!("{}.{field}", self.part_path(turn, part))
    }

    /// Where the `inner`th part of a result stands, whose content was `bare` when it was one string.
    #[must_use]
    pub fn result_part_path(&self, turn: usize, part: usize, inner: usize, bare: bool) -> String {
        let path = self.part_path(turn, part);
        match self.dialect {
            _ if bare => path,
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => format!("{path}[{inner}]"),
            Dialect::Claude => format!("{path}.content[{inner}]"),
            Dialect::Gemini => path,
            Dialect::Responses => format!("{path}.output[{inner}]"),
        }
    }

    /// Where a field of a function stands: `tools[2].function.strict`.
    #[must_use]
    pub fn tool_field_path(&self, tool: usize, field: &str) -> String {
        let path = self.tool_path(tool);
        match self.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => {
                format!("{path}.function.{field}")
            }
            Dialect::Claude | Dialect::Gemini | Dialect::Responses => format!("{path}.{field}"),
        }
    }
}
