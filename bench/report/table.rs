//! A report as people read it: tables for the terminal, or the same as Markdown.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use super::{Group, Judge, Report, Unit, Verdict};
use crate::statistics::Spread;

/// How the tables are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Lines, for a terminal.
    Terminal,
    /// Pipes, for the README.
    Markdown,
}

/// The whole report: machine, method, one table per group, and what failed.
pub(crate) fn render(report: &Report, style: Style) -> String {
    let mut text = format!("{}\n{}\n", report.machine, report.method);
    for group in &report.groups {
        let title = heading(style, group.title);
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{title}\n{}\n", draw(group, style));
        for row in &group.rows {
            if let Some(failure) = &row.failure {
                let _ = writeln!(text, "{} failed: {failure}", row.name);
            }
        }
    }
    for grid in &report.grids {
        grid.render(style, &mut text);
    }
    text
}

/// An empty table in this style.
pub(super) fn blank(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Terminal => presets::UTF8_FULL_CONDENSED,
        Style::Markdown => presets::ASCII_MARKDOWN,
    });
    table
}

/// A heading in this style.
pub(super) fn heading(style: Style, title: &str) -> String {
    match style {
        Style::Terminal => title.to_owned(),
        Style::Markdown => format!("**{title}**\n"),
    }
}

fn draw(group: &Group, style: Style) -> Table {
    let compares = group.rows.iter().any(|row| row.other.is_some());
    let mut table = blank(style);
    let mut header = vec![
        "workload",
        "unit",
        "yardstick",
        "gateway",
        "judged (min–max)",
        "reach",
        "aim",
        "verdict",
    ];
    if compares {
        header.extend(["other", "gateway / other"]);
    }
    table.set_header(header);
    for row in &group.rows {
        let mut cells = vec![
            row.name.clone(),
            row.unit.label().to_owned(),
            median(row.yardstick),
            median(row.gateway),
            spread(row.judged, row.judge),
            row.goal
                .map_or_else(String::new, |goal| limit(goal.reach, row.judge)),
            row.goal
                .map_or_else(String::new, |goal| limit(goal.aim, row.judge)),
            row.verdict.label().to_owned(),
        ];
        if compares {
            cells.push(median(row.other));
            cells.push(spread(row.against_other, Judge::Ratio));
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

impl Unit {
    fn label(self) -> &'static str {
        match self {
            Self::Micros => "CPU µs/request",
            Self::PerSecond => "requests/s",
            Self::AddedMillis => "ms added",
            Self::Millis => "ms",
            Self::Kilobytes => "KB",
            Self::Megabytes => "MB",
            Self::Percent => "% of a core",
            Self::Streams => "streams",
            Self::Requests => "requests lost",
            Self::Sizes => "sizes of the request",
        }
    }
}

impl Verdict {
    fn label(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Reach => "reach",
            Self::Missed => "MISSED",
            Self::Failed => "FAILED",
            Self::Unjudged => "",
        }
    }
}

fn median(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "–".to_owned(), |spread| number(spread.median))
}

fn spread(spread: Option<Spread>, judge: Judge) -> String {
    let Some(Spread { median, min, max }) = spread else {
        return "–".to_owned();
    };
    match judge {
        Judge::Ratio => format!("×{median:.2} ({min:.2}–{max:.2})"),
        Judge::Excess => format!("{median:+.3} ({min:+.3} to {max:+.3})"),
        Judge::Value => format!("{} ({}–{})", number(median), number(min), number(max)),
    }
}

fn limit(limit: f64, judge: Judge) -> String {
    match judge {
        Judge::Ratio => format!("≤ ×{limit}"),
        Judge::Excess => format!("≤ {limit:+}"),
        Judge::Value => format!("≤ {limit}"),
    }
}

/// Three digits that matter, whatever the size.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Row, Series};
    use super::*;
    use crate::contender::Contender;
    use crate::machine::Machine;
    use crate::workload::Goal;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [1234.6, 45.67, 2.345, 0.1234, 0.0].map(number);
        assert_eq!(shown, ["1235", "45.7", "2.35", "0.123", "0"]);
    }

    #[test]
    fn a_report_names_machine_ratio_verdict_and_failure() {
        let mut series = Series::default();
        for (yardstick, gateway) in [(20.0, 30.0), (20.0, 24.0), (30.0, 39.0)] {
            series.push(Contender::Yardstick, yardstick);
            series.push(Contender::Gateway, gateway);
        }
        let goal = Some(Goal::new(1.6, 1.3));
        let report = Report {
            machine: Machine {
                cpu: "Abacus".to_owned(),
                cores: 2,
                kernel: "6.1".to_owned(),
                load_average: 0.0,
            },
            method: "3 rounds".to_owned(),
            groups: vec![Group {
                title: "CPU",
                rows: vec![
                    Row::new("small", Unit::Micros, Judge::Ratio, goal, &series),
                    Row::failed("stream", Unit::Micros, &anyhow::anyhow!("status 500")),
                ],
            }],
            grids: Vec::new(),
        };
        let text = render(&report, Style::Markdown);
        assert!(text.starts_with("Abacus, 2 cores, Linux 6.1\n3 rounds\n"));
        let row = "20.0 | 30.0 | ×1.30 (1.20–1.50) | ≤ ×1.6 | ≤ ×1.3 | aim |";
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(row), "{squeezed}");
        assert!(text.contains("stream failed: status 500"));
        assert!(report.has(Verdict::Failed) && !report.has(Verdict::Missed));
    }
}
