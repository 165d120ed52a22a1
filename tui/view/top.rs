//! The row at the top: the views, and whether the gateway can be reached.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::{App, View};
use crate::message::Link;
use crate::text;

/// From this width on every tab has its name, and from this one the beginning of it.
const WIDE: u16 = 110;
const NARROW: u16 = 76;

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let (state, style) = match &app.link {
        Link::Connecting => ("◌ connecting", app.theme.faint()),
        Link::Live => ("● live", app.theme.good()),
        Link::Polling => ("◐ polling", app.theme.warn()),
        Link::Lost(_) => ("✗ lost", app.theme.bad()),
    };
    let mut spans = Vec::new();
    for (view, name) in tabs(app, area.width) {
        let style = if view == app.view {
            app.theme.selected()
        } else {
            app.theme.faint()
        };
        spans.push(Span::styled(name, style));
    }
    let used: usize = spans.iter().map(|span| text::width(&span.content)).sum();
    let room = usize::from(area.width).saturating_sub(used);
    let place = app.place.as_deref().unwrap_or_default();
    let place = place.trim_start_matches("http://");
    let wide = text::width(state) + 2;
    let place = text::clip(place, room.saturating_sub(wide));
    let gap = room.saturating_sub(wide + text::width(&place));
    if room >= wide {
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(place, app.theme.faint()));
        spans.push(Span::styled(format!(" {state} "), style));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// The tabs and what is written on them: where there is no room, less of those one is not in.
fn tabs(app: &App, width: u16) -> impl Iterator<Item = (View, String)> {
    let letters = match width {
        WIDE.. => usize::MAX,
        NARROW..WIDE => 3,
        _ => 0,
    };
    let here = app.view;
    View::ALL.into_iter().enumerate().map(move |(index, view)| {
        let letters = if view == here { usize::MAX } else { letters };
        let name: String = view.name().chars().take(letters).collect();
        let space = if name.is_empty() { "" } else { " " };
        (view, format!(" {}{space}{name} ", index + 1))
    })
}

/// The tab at a column.
pub(super) fn tab_at(app: &App, width: u16, column: usize) -> Option<View> {
    let mut end = 0;
    tabs(app, width).find_map(|(view, name)| {
        end += text::width(&name);
        (column < end).then_some(view)
    })
}

/// What is wrong with the gateway.
pub(super) fn render_banner(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let Link::Lost(trouble) = &app.link else {
        return;
    };
    let mut words = format!(" {}", trouble.message);
    if let Some(hint) = &trouble.hint {
        words.push_str("; ");
        words.push_str(hint);
    }
    let line = Span::styled(text::left(&words, usize::from(area.width)), app.theme.bad());
    frame.render_widget(Paragraph::new(line), area);
}
