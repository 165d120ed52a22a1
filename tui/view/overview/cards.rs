//! Six numbers with their graphs.

use modelgate_management::UsageTotals;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline, SparklineBar};

use crate::app::App;
use crate::format::{self, UNKNOWN};
use crate::text;
use crate::traffic::{LATELY, Timing};
use crate::update::spent;
use crate::view::framed;

/// Rows of a card: its frame and its number; graphs come on top.
const LEAST: u16 = 3;
const MOST: u16 = 8;

/// What a card shows.
struct Card {
    title: &'static str,
    value: String,
    style: Style,
    detail: String,
    /// The same in fewer words; empty: it is left out where it has no room.
    short: String,
    graph: fn(&App, usize) -> Vec<Option<u64>>,
}

impl Card {
    /// What is told beside the number, in as many words as have room.
    fn fitting(&self, room: usize) -> &str {
        if text::width(&self.detail) <= room || self.short.is_empty() {
            &self.detail
        } else {
            &self.short
        }
    }
}

/// Rows for all cards together.
pub(super) fn height(area: Rect) -> u16 {
    if is_narrow(area) {
        return area.height.min(6);
    }
    let rows = 6 / across(area.width);
    let share = area.height * 45 / 100;
    share.clamp(rows * LEAST, rows * MOST).min(area.height)
}

/// Where there is no room for cards, each is a line.
fn is_narrow(area: Rect) -> bool {
    area.width < 72 && area.height < 30 || area.height < 14
}

/// Cards that stand side by side.
fn across(width: u16) -> u16 {
    match width {
        0..44 => 1,
        44..72 => 2,
        72..168 => 3,
        _ => 6,
    }
}

pub(super) fn render(app: &App, body: Rect, area: Rect, frame: &mut Frame<'_>) {
    if is_narrow(body) {
        return render_lines(app, area, frame);
    }
    let across = across(area.width);
    let rows = Layout::vertical(vec![Constraint::Fill(1); usize::from(6 / across)]).split(area);
    let mut cards = cards(app).into_iter();
    for row in rows.iter() {
        let places = Layout::horizontal(vec![Constraint::Fill(1); usize::from(across)]).split(*row);
        for (place, card) in places.iter().zip(&mut cards) {
            render_card(app, *place, &card, frame);
        }
    }
}

fn cards(app: &App) -> [Card; 6] {
    [
        requests(app),
        tokens(app),
        cost(app),
        timing(app, "latency", Timing::Whole, |app, columns| {
            app.traffic
                .time_graph(app.second(), columns, Timing::Whole, 95)
        }),
        timing(app, "first token", Timing::First, |app, columns| {
            app.traffic
                .time_graph(app.second(), columns, Timing::First, 95)
        }),
        errors(app),
    ]
}

fn requests(app: &App) -> Card {
    let lately = app
        .traffic
        .lately(app.second(), |second| second.started as f64);
    Card {
        title: "requests/s",
        value: format::rate(lately / LATELY as f64),
        style: app.theme.strong(),
        detail: format!(
            "{} in 5 min",
            format::count(app.traffic.sum(|second| second.started))
        ),
        short: String::new(),
        graph: |app, columns| {
            let graph = app
                .traffic
                .graph(app.second(), columns, |second| second.started as f64);
            counts(&graph)
        },
    }
}

fn tokens(app: &App) -> Card {
    let spent = spent_today(app);
    // Where the sums are not known, what was seen.
    let seen = app.traffic.sum(|second| second.tokens as u64);
    let seen = format!("{} in 5 min", format::count(seen));
    let lately = app.traffic.lately(app.second(), |second| second.tokens);
    Card {
        title: "tokens/s",
        value: format::rate(lately / LATELY as f64),
        style: app.theme.strong(),
        detail: spent.map_or(seen, |(today, month)| {
            let (today, month) = (format::count(today.tokens), format::count(month.tokens));
            format!("{today} today, {month} this month")
        }),
        short: spent.map_or(String::new(), |(today, month)| {
            let (today, month) = (format::count(today.tokens), format::count(month.tokens));
            format!("{today} · month {month}")
        }),
        graph: |app, columns| {
            counts(
                &app.traffic
                    .graph(app.second(), columns, |second| second.tokens),
            )
        },
    }
}

/// What was used in the day of today and in this month, as far as the ledger has told.
fn spent_today(app: &App) -> Option<(UsageTotals, UsageTotals)> {
    let today = app.now.to_zoned(app.zone.clone()).date().to_string();
    let summary = app.spent.value.as_ref()?;
    Some(spent(summary, &today))
}

fn cost(app: &App) -> Card {
    let spent = spent_today(app);
    Card {
        title: "cost today",
        value: spent.map_or(UNKNOWN.to_owned(), |(today, _)| format::cost(&today)),
        style: app.theme.strong(),
        detail: spent.map_or(String::new(), |(_, month)| {
            format!("{} this month", format::cost(&month))
        }),
        short: spent.map_or(String::new(), |(_, month)| {
            format!("month {}", format::cost(&month))
        }),
        graph: |app, columns| {
            let graph = app
                .traffic
                .graph(app.second(), columns, |second| second.cost as f64);
            counts(&graph)
        },
    }
}

fn timing(
    app: &App,
    title: &'static str,
    timing: Timing,
    graph: fn(&App, usize) -> Vec<Option<u64>>,
) -> Card {
    let at = |percent| {
        let time = app.traffic.percentile(timing, percent);
        time.map_or(UNKNOWN.to_owned(), format::millis)
    };
    Card {
        title,
        value: format!("p50 {}", at(50)),
        style: app.theme.strong(),
        detail: format!("p95 {}", at(95)),
        short: String::new(),
        graph,
    }
}

fn errors(app: &App) -> Card {
    let failed = app.traffic.sum(|second| second.failed);
    let ended = app.traffic.sum(|second| second.ended);
    Card {
        title: "errors",
        value: format::percent(failed, ended),
        style: if failed > 0 {
            app.theme.bad()
        } else {
            app.theme.strong()
        },
        detail: format!("{} of {}", format::count(failed), format::count(ended)),
        short: String::new(),
        graph: |app, columns| {
            let graph = app
                .traffic
                .graph(app.second(), columns, |second| second.failed as f64);
            counts(&graph)
        },
    }
}

/// Whole numbers for a graph; fractions of a token are still seen.
fn counts(graph: &[f64]) -> Vec<Option<u64>> {
    let scaled = graph.iter().map(|value| Some((value * 1_000.0) as u64));
    scaled.collect()
}

fn render_lines(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(area.width).saturating_sub(28);
    let lines = cards(app).into_iter().map(|card| {
        let title = text::left(&format!(" {}", card.title), 14);
        Line::from(vec![
            Span::styled(title, app.theme.faint()),
            Span::styled(text::left(&card.value, 14), card.style),
            Span::styled(text::clip(card.fitting(room), room), app.theme.faint()),
        ])
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn render_card(app: &App, area: Rect, card: &Card, frame: &mut Frame<'_>) {
    let inner = framed(app, area, card.title, frame);
    let [number, graph] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner);
    let room = usize::from(number.width);
    let value = text::clip(&format!(" {}", card.value), room);
    let left = room.saturating_sub(text::width(&value) + 1);
    let told = card.fitting(left);
    let detail = text::right(told, left);
    let fits = text::width(told) <= left;
    let mut spans = vec![Span::styled(value, card.style)];
    if fits {
        spans.push(Span::styled(detail, app.theme.faint()));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), number);
    if graph.height == 0 || graph.width == 0 {
        return;
    }
    let bars = (card.graph)(app, usize::from(graph.width));
    let bars = bars.into_iter().map(SparklineBar::from);
    let sparkline = Sparkline::default().data(bars).style(app.theme.accent());
    frame.render_widget(sparkline, graph);
}
