//! What can be done here, by its words: above the line in which they are typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::app::App;
use crate::keymap::told_by;
use crate::list::window;
use crate::text;

/// Lines at most.
const MOST: u16 = 12;
/// Places for a key.
const KEY: usize = 10;

pub(super) fn render(app: &App, words: &str, chosen: usize, body: Rect, frame: &mut Frame<'_>) {
    let rows = told_by(app.scopes_below(), words);
    let height = u16::try_from(rows.len().max(1))
        .unwrap_or(MOST)
        .min(MOST)
        .min(body.height);
    let area = Rect {
        y: body.y + body.height - height,
        height,
        ..body
    };
    frame.render_widget(Clear, area);
    let room = usize::from(area.width);
    if rows.is_empty() {
        let nothing = text::left(" nothing here is told by these words", room);
        frame.render_widget(
            Paragraph::new(Line::styled(nothing, app.theme.faint())),
            area,
        );
        return;
    }
    let seen = window(rows.len(), chosen, usize::from(height));
    let lines = seen.map(|index| {
        let row = rows[index];
        let key = row.keys.first().map(|key| key.name()).unwrap_or_default();
        let line = Line::from(vec![
            Span::styled(format!(" {}", text::left(&key, KEY)), app.theme.accent()),
            Span::raw(text::left(row.help, room.saturating_sub(KEY + 1))),
        ]);
        if index == chosen {
            line.style(app.theme.selected())
        } else {
            line
        }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
