//! What must be answered first, in the middle of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::framed;
use crate::app::{App, Question};
use crate::text;

/// The widest it becomes.
const WIDEST: u16 = 60;

pub(super) fn render(app: &App, question: &Question, area: Rect, frame: &mut Frame<'_>) {
    let width = area.width.min(WIDEST);
    let lines = text::wrap(&question.text, usize::from(width).saturating_sub(4), 6);
    let height = u16::try_from(lines.len() + 4)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let inner = framed(app, place, "are you sure?", frame);
    let mut lines: Vec<Line<'static>> = lines
        .into_iter()
        .map(|line| Line::raw(format!(" {line}")))
        .collect();
    lines.push(Line::default());
    lines.push(Line::from(vec![
        Span::styled(" y", app.theme.bad()),
        Span::raw(" yes   "),
        Span::styled("n", app.theme.accent()),
        Span::raw(" no"),
    ]));
    frame.render_widget(Paragraph::new(lines), inner);
}
