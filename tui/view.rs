//! From what the dashboard knows to the screen: pure, and the only place that says where things are.
//!
//! ```text
//! ┌ tabs ──────────────────────────── link ┐  one row
//! │ what is wrong with the gateway         │  one row, while it is lost
//! │ the view, or the page that lies over it│
//! └ keys, a line that is typed, or a toast ┘  one row
//! ```

mod account;
mod accounts;
mod bottom;
mod help;
mod keys;
mod login;
mod logs;
mod models;
mod overview;
mod palette;
mod qr;
mod question;
mod requests;
mod settings;
mod sheet;
mod top;
mod trial;
mod usage;
mod why;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

pub(crate) use self::palette::choices;
use crate::app::{App, Page, View};
use crate::message::Link;
use crate::{table, text};

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
    // Between two frames the terminal may have become smaller.
    let screen = frame.area();
    if let Some(code) = login::code_alone(app) {
        return render_code(app, code, screen, frame);
    }
    let areas = areas(app).within(screen);
    top::render(app, areas.top, frame);
    top::render_banner(app, areas.banner, frame);
    match (app.pages.last(), app.view) {
        (Some(page), _) => render_page(app, page, areas.body, frame),
        (None, View::Overview) => overview::render(app, areas.body, frame),
        (None, View::Requests) => requests::render(app, areas.body, frame),
        (None, View::Accounts) => accounts::render(app, areas.body, frame),
        (None, View::Models) => models::render(app, areas.body, frame),
        (None, View::Keys) => keys::render(app, areas.body, frame),
        (None, View::Usage) => usage::render(app, areas.body, frame),
        (None, View::Logs) => logs::render(app, areas.body, frame),
        (None, View::Settings) => settings::render(app, areas.body, frame),
    }
    if let Some(mut purpose) = app.input.as_ref().map(|input| input.purpose)
        && let Some(chosen) = purpose.chosen()
    {
        palette::render(app, *chosen, areas.body, frame);
    }
    if let Some(question) = &app.question {
        question::render(app, question, areas.body, frame);
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

impl Areas {
    fn within(self, screen: Rect) -> Self {
        Self {
            top: self.top.intersection(screen),
            banner: self.banner.intersection(screen),
            body: self.body.intersection(screen),
            bottom: self.bottom.intersection(screen),
        }
    }
}

/// Draws the QR code of a login in the middle of the screen, and the keys below where there is a row for them.
fn render_code(app: &App, code: Vec<Line<'static>>, screen: Rect, frame: &mut Frame<'_>) {
    let rows = u16::try_from(code.len()).unwrap_or(u16::MAX);
    let columns = code.first().map_or(0, Line::width);
    let columns = u16::try_from(columns).unwrap_or(u16::MAX);
    if columns > screen.width || rows > screen.height {
        return say(
            app,
            screen,
            "no room for the QR code; c shows the text",
            frame,
        );
    }
    let spare = screen.height - rows;
    let area = Rect {
        x: screen.x + (screen.width - columns) / 2,
        y: screen.y + spare / 2,
        width: columns,
        height: rows,
    };
    frame.render_widget(Paragraph::new(code), area);
    if spare > 1 {
        bottom::render(app, areas(app).within(screen).bottom, frame);
    }
}

/// Columns and rows that the QR code of the login takes whose page is open.
pub(crate) fn code_size(app: &App) -> Option<(usize, usize)> {
    match app.pages.last()? {
        Page::Login(login) => qr::size(&login.begun()?.url),
        _ => None,
    }
}

fn render_page(app: &App, page: &Page, area: Rect, frame: &mut Frame<'_>) {
    let lines = page_lines(app, page, area.width);
    let scroll = match page {
        Page::Help { scroll } => *scroll,
        Page::Why(why) => why.scroll,
        Page::Login(login) => login.scroll,
        Page::Trial(trial) => trial.scroll,
        Page::Account { scroll, .. } => *scroll,
        Page::NewKey { .. } => 0,
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
        Page::NewKey { new, key, replaces } => {
            let mut lines = keys::new_key(app, new, key.expose(), usize::from(width));
            lines.extend(
                replaces
                    .iter()
                    .flat_map(|old| keys::replaced(app, old, usize::from(width))),
            );
            lines
        }
        Page::Login(login) => login::lines(app, login, usize::from(width), page_rows(app)),
        Page::Trial(trial) => trial::lines(app, trial, usize::from(width)),
        Page::Account { id, .. } => account::lines(app, id, usize::from(width)),
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
    usize::from(list_area(app).height.saturating_sub(1))
}

/// Where the list of the view is.
fn list_area(app: &App) -> Rect {
    let body = areas(app).body;
    match app.view {
        View::Overview => Rect::default(),
        View::Requests => requests::list_area(body),
        View::Accounts => accounts::list_area(body),
        View::Models => models::list_area(body),
        View::Keys => keys::list_area(body),
        View::Usage => usage::list_area(app, body),
        View::Logs => logs::list_area(body),
        View::Settings => settings::list_area(body),
    }
}

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    View(View),
    /// A row of the view's list.
    Row(usize),
}

/// What is at a place of the screen.
pub(crate) fn target(app: &App, column: u16, row: u16) -> Option<Target> {
    if login::code_alone(app).is_some() {
        return None;
    }
    let place = Position::new(column, row);
    let areas = areas(app);
    if areas.top.contains(place) {
        return top::tab_at(app, areas.top.width, usize::from(column)).map(Target::View);
    }
    let list = list_area(app);
    if !app.pages.is_empty() || !list.contains(place) || row == list.y {
        return None;
    }
    let ids = app.ids();
    let chosen = app.place_in(&ids);
    let seen = table::seen(list, ids.len(), chosen);
    let index = seen.start + usize::from(row - list.y - 1);
    seen.contains(&index).then_some(Target::Row(index))
}

/// Draws a frame and tells what is inside.
fn framed(app: &App, area: Rect, title: &str, frame: &mut Frame<'_>) -> Rect {
    let title = text::clip(title, usize::from(area.width).saturating_sub(4));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(app.theme.faint())
        .title(Line::styled(format!(" {title} "), app.theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// Says something where there is nothing else to show.
fn say(app: &App, area: Rect, words: &str, frame: &mut Frame<'_>) {
    let lines = text::wrap(words, usize::from(area.width).saturating_sub(1), 3);
    let lines: Vec<Line<'static>> = lines
        .into_iter()
        .map(|line| Line::styled(format!(" {line}"), app.theme.faint()))
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}

#[cfg(test)]
mod tests;
