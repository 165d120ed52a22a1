//! From what the dashboard knows to the screen: pure, and the only place that says where things are.
//!
//! ```text
//! ┌ tabs ──────────────────────────── link ┐  one row
//! │ what is wrong with the gateway         │  one row, while it is lost
//! │ the view, or the page that lies over it│
//! └ keys, a line that is typed, or a toast ┘  one row
//! ```

mod bottom;
mod help;
mod overview;
mod requests;
mod top;
mod why;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::app::{App, Page, View};
use crate::message::Link;

/// Where things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) top: Rect,
    pub(crate) banner: Rect,
    pub(crate) body: Rect,
    pub(crate) bottom: Rect,
}

/// Draws everything.
pub(crate) fn render(app: &App, frame: &mut Frame<'_>) {
    let areas = areas(app);
    top::render(app, areas.top, frame);
    top::render_banner(app, areas.banner, frame);
    match (app.pages.last(), app.view) {
        (Some(page), _) => render_page(app, page, areas.body, frame),
        (None, View::Overview) => overview::render(app, areas.body, frame),
        (None, View::Requests) => requests::render(app, areas.body, frame),
    }
    bottom::render(app, areas.bottom, frame);
}

/// Where things are on a terminal of this size.
pub(crate) fn areas(app: &App) -> Areas {
    let (width, height) = app.size;
    let banner = u16::from(matches!(app.link, Link::Lost(_)) && height > 4);
    let row = |y: u16, rows: u16| {
        let y = y.min(height);
        Rect::new(0, y, width, rows.min(height - y))
    };
    Areas {
        top: row(0, 1),
        banner: row(1, banner),
        body: row(1 + banner, height.saturating_sub(2 + banner)),
        bottom: row(height.saturating_sub(1).max(1), 1),
    }
}

fn render_page(app: &App, page: &Page, area: Rect, frame: &mut Frame<'_>) {
    let lines = page_lines(app, page, area.width);
    let scroll = match page {
        Page::Help { scroll } => *scroll,
        Page::Why(why) => why.scroll,
    };
    let seen: Vec<Line<'static>> = lines
        .into_iter()
        .skip(scroll)
        .take(usize::from(area.height))
        .collect();
    frame.render_widget(Paragraph::new(seen), area);
}

fn page_lines(app: &App, page: &Page, width: u16) -> Vec<Line<'static>> {
    match page {
        Page::Help { .. } => help::lines(app.theme, usize::from(width)),
        Page::Why(why) => why::lines(app, why, usize::from(width)),
    }
}

/// How many lines the uppermost page has.
pub(crate) fn page_length(app: &App) -> Option<usize> {
    let page = app.pages.last()?;
    Some(page_lines(app, page, areas(app).body.width).len())
}

/// How many of them are seen at a time.
pub(crate) fn page_rows(app: &App) -> usize {
    usize::from(areas(app).body.height)
}

/// How many rows of the view's list are seen at a time.
pub(crate) fn list_rows(app: &App) -> usize {
    let body = areas(app).body;
    let area = match app.view {
        View::Overview => body,
        View::Requests => requests::list_area(body),
    };
    usize::from(area.height.saturating_sub(1))
}

#[cfg(test)]
mod tests;
