//! The help: the table of keys, printed.

use ratatui::text::{Line, Span};

use crate::keymap::{Scope, TABLE};
use crate::text;
use crate::theme::Theme;

/// Places for the keys.
const KEYS: usize = 18;

pub(super) fn lines(theme: Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for scope in Scope::ALL {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(
            format!(" {}", scope.heading()),
            theme.strong(),
        ));
        for row in TABLE.iter().filter(|row| row.scope == scope) {
            let names: Vec<String> = row.keys.iter().map(|key| key.name()).collect();
            let room = width.saturating_sub(KEYS + 3);
            lines.push(Line::from(vec![
                Span::styled(
                    format!("  {} ", text::left(&names.join(", "), KEYS)),
                    theme.accent(),
                ),
                Span::raw(text::clip(row.help, room)),
            ]));
        }
    }
    lines
}
