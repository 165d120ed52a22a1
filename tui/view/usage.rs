//! The usage: sums by hour, day, model, key, provider or account, as a chart and as a table.
//!
//! ```text
//! │ by model · 7 days · 4.2k requests · 88M tokens · $212 │
//! │ ▁▃▂▇█▅  over time: bars or a line                     │
//! │ MODEL   COST ██████  REQUESTS  TOKENS …               │
//! ```

use modelgate_management::UsageGroup;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph, Sparkline, SparklineBar};

use super::say;
use crate::app::App;
use crate::format;
use crate::table::{self, Cell, Column, numbers, words};
use crate::text;
use crate::usage::Usage;

/// Places of a bar in the table.
const BAR: usize = 12;
/// From this height on there is a chart.
const HIGH: u16 = 14;

const COLUMNS: &[Column<UsageGroup>] = &[
    words("NAME", (18, 48), 0, |app, group| {
        Cell::plain(name(app, group))
    }),
    words("", (BAR, BAR), 1, |app, group| {
        Cell::new(bar(app, group), app.theme.accent())
    }),
    numbers("REQUESTS", 8, 2, |_, group| count(group.totals.requests)),
    numbers("FAILED", 6, 4, |app, group| {
        let failed = group.totals.failed;
        let style = if failed > 0 {
            app.theme.bad()
        } else {
            Style::new()
        };
        Cell::new(format::count(failed), style)
    }),
    numbers("IN", 6, 5, |_, group| count(group.totals.input)),
    numbers("CACHED", 6, 6, |_, group| count(group.totals.cache_read)),
    numbers("OUT", 6, 5, |_, group| {
        count(group.totals.output + group.totals.reasoning)
    }),
    numbers("TOKENS", 6, 3, |_, group| count(group.totals.tokens)),
    numbers("COST", 9, 0, |_, group| {
        Cell::plain(format::cost(&group.totals))
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let head = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.render_widget(Paragraph::new(heading(app, area.width)), head);
    let list = list_area(app, area);
    let groups: Vec<&UsageGroup> = app.usage.groups().iter().collect();
    if groups.is_empty() {
        let known = &app.usage.known;
        let words = match (&known.trouble, &known.value) {
            (Some(trouble), _) => trouble.message.as_str(),
            (None, None) => "asking…",
            (None, Some(summary)) if !summary.ledger.recording => {
                "requests are not recorded; usage-statistics-enabled turns that on"
            }
            (None, Some(_)) => "nothing was used in this time",
        };
        return say(app, list, words, frame);
    }
    render_chart(app, chart_area(app, area), frame);
    let chosen = app.place_in(&app.ids());
    table::render(app, list, frame, COLUMNS, &groups, chosen);
}

/// Where the table is.
pub(super) fn list_area(app: &App, body: Rect) -> Rect {
    let above = body.height.min(1) + chart_area(app, body).height;
    Rect {
        y: body.y + above,
        height: body.height - above,
        ..body
    }
}

/// A chart is for what follows each other in time.
fn chart_area(app: &App, body: Rect) -> Rect {
    let height = if app.usage.by.is_time() && body.height >= HIGH {
        body.height * 2 / 5
    } else {
        0
    };
    Rect {
        y: body.y + body.height.min(1),
        height,
        ..body
    }
}

fn heading(app: &App, width: u16) -> Line<'static> {
    let usage = &app.usage;
    let mut words = format!(
        " {} by {} · {}",
        usage.measure.name(),
        usage.by.name(),
        usage.span.name()
    );
    if let Some(summary) = &usage.known.value {
        let total = &summary.total;
        words.push_str(&format!(
            " · {} requests, {} tokens, {}",
            format::count(total.requests),
            format::count(total.tokens),
            format::cost(total)
        ));
        if total.unpriced > 0 {
            words.push_str(&format!(
                ", {} without a price",
                format::count(total.unpriced)
            ));
        }
    }
    Line::styled(text::clip(&words, usize::from(width)), app.theme.faint())
}

fn render_chart(app: &App, area: Rect, frame: &mut Frame<'_>) {
    if area.height < 3 || area.width < 20 {
        return;
    }
    let series = app.usage.series();
    let most = series.iter().map(|(_, amount)| *amount).max().unwrap_or(0);
    let (first, last) = match (series.first(), series.last()) {
        (Some((first, _)), Some((last, _))) => (label(app, first), label(app, last)),
        _ => return,
    };
    if app.usage.line {
        let points: Vec<(f64, f64)> = series
            .iter()
            .enumerate()
            .map(|(index, (_, amount))| (index as f64, *amount as f64))
            .collect();
        let data = Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(app.theme.accent())
            .data(&points);
        let furthest = series.len().saturating_sub(1).max(1);
        let x = Axis::default()
            .style(app.theme.faint())
            .bounds([0.0, furthest as f64])
            .labels([first, last]);
        let y = Axis::default()
            .style(app.theme.faint())
            .bounds([0.0, most.max(1) as f64])
            .labels(["0".to_owned(), app.usage.measure.format(most)]);
        frame.render_widget(Chart::new(vec![data]).x_axis(x).y_axis(y), area);
        return;
    }
    let bars = Rect {
        height: area.height - 1,
        ..area
    };
    let amounts = spread(&series, usize::from(area.width));
    let sparkline = Sparkline::default()
        .data(amounts.into_iter().map(SparklineBar::from))
        .style(app.theme.accent());
    frame.render_widget(sparkline, bars);
    let scale = Rect {
        y: area.y + area.height - 1,
        height: 1,
        ..area
    };
    let most = format!("most: {}", app.usage.measure.format(most));
    let room = usize::from(area.width);
    let left = text::clip(&first, room);
    let middle = text::clip(
        &most,
        room.saturating_sub(text::width(&left) + text::width(&last) + 4),
    );
    let gap = room.saturating_sub(text::width(&left) + text::width(&middle) + text::width(&last));
    let line = Line::from(vec![
        Span::raw(left),
        Span::raw(" ".repeat(gap / 2)),
        Span::raw(middle),
        Span::raw(" ".repeat(gap - gap / 2)),
        Span::raw(last),
    ]);
    frame.render_widget(Paragraph::new(line.style(app.theme.faint())), scale);
}

/// Amounts over so many columns: wide bars where there are few, sums where there are many.
fn spread(series: &[(String, u64)], columns: usize) -> Vec<Option<u64>> {
    let count = series.len().max(1);
    if count > columns {
        let mut sums = vec![0_u64; columns];
        for (index, (_, amount)) in series.iter().enumerate() {
            let column = index * columns / count;
            sums[column] = sums[column].saturating_add(*amount);
        }
        return sums.into_iter().map(Some).collect();
    }
    let wide = (columns / count).min(8);
    let bars = series.iter().flat_map(|(_, amount)| {
        let gap = usize::from(wide >= 3);
        let bar = std::iter::repeat_n(Some(*amount), wide - gap);
        bar.chain(std::iter::repeat_n(None, gap))
    });
    bars.collect()
}

/// What a group is called; hours where the person is.
fn name(app: &App, group: &UsageGroup) -> String {
    match (&group.name, app.usage.by.is_time()) {
        (Some(name), true) => label(app, name),
        _ => Usage::name(group),
    }
}

fn label(app: &App, name: &str) -> String {
    match name.parse::<jiff::Timestamp>() {
        Ok(hour) => hour
            .to_zoned(app.zone.clone())
            .strftime("%a %d %b %H:%M")
            .to_string(),
        Err(_) => text::safe(name).into_owned(),
    }
}

/// The measure beside the largest one.
fn bar(app: &App, group: &UsageGroup) -> String {
    let measure = app.usage.measure;
    let groups = app.usage.groups().iter();
    let most = groups.map(|group| measure.of(&group.totals)).max();
    let most = most.unwrap_or(0).max(1);
    let amount = measure.of(&group.totals);
    let length = (amount as f64 / most as f64 * BAR as f64).ceil() as usize;
    "█".repeat(length.min(BAR))
}

fn count(count: u64) -> Cell {
    Cell::plain(format::count(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_amounts_are_wide_and_many_are_summed() {
        let series = |amounts: &[u64]| -> Vec<(String, u64)> {
            amounts
                .iter()
                .map(|amount| (String::new(), *amount))
                .collect()
        };
        let wide = spread(&series(&[1, 2]), 8);
        assert_eq!(wide, [1, 1, 1, 0, 2, 2, 2, 0].map(|n| (n > 0).then_some(n)));
        assert_eq!(spread(&series(&[1, 2, 3, 4]), 2), [Some(3), Some(7)]);
        assert_eq!(spread(&series(&[1; 5]), 7).len(), 5);
    }
}
