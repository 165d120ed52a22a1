//! The settings that can be changed here, and what each does.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::say;
use crate::app::App;
use crate::settings::{SETTINGS, Setting};
use crate::table::{self, Cell, Column, words};
use crate::text;

/// Lines for what the chosen one does.
const HELP: u16 = 4;
/// From this height on there is room for them.
const HIGH: u16 = 14;

const COLUMNS: &[Column<Setting>] = &[
    words("SETTING", (26, 30), 0, |_, setting| {
        Cell::plain(setting.path)
    }),
    words("VALUE", (14, 40), 0, |app, setting| {
        let value = app.settings.shown(setting);
        let style = match value.as_deref() {
            Some("on") => app.theme.good(),
            Some("off" | "(empty)") | None => app.theme.faint(),
            Some(_) => app.theme.strong(),
        };
        Cell::new(value.as_deref().unwrap_or(crate::format::UNKNOWN), style)
    }),
    words("WHAT IT DOES", (20, 120), 1, |app, setting| {
        Cell::new(setting.help, app.theme.faint())
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let list = list_area(area);
    if let (None, Some(trouble)) = (&app.settings.known.value, &app.settings.known.trouble) {
        return say(app, list, &trouble.message, frame);
    }
    let settings: Vec<&Setting> = SETTINGS.iter().collect();
    let paths = SETTINGS.iter().map(|setting| setting.path);
    let chosen = app.settings.cursor.index(paths);
    table::render(app, list, frame, COLUMNS, &settings, Some(chosen));
    if area.height >= HIGH {
        let place = Rect {
            y: area.y + area.height - HELP,
            height: HELP,
            ..area
        };
        let width = usize::from(area.width);
        let mut lines = vec![Line::styled("─".repeat(width), app.theme.faint())];
        let help = text::wrap(SETTINGS[chosen].help, width.saturating_sub(2), 3);
        lines.extend(help.into_iter().map(|line| Line::raw(format!(" {line}"))));
        frame.render_widget(Paragraph::new(lines), place);
    }
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    let help = if body.height >= HIGH { HELP } else { 0 };
    Rect {
        height: body.height - help,
        ..body
    }
}
