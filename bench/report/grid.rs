//! Pairs of dialects: one table a workload, a row for each client and a column for each upstream.

use std::fmt::Write;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::table::{Style, blank, heading};
use super::{Judge, Row, Verdict};
use crate::wire::Dialect;
use crate::workload::Goal;

/// What one workload cost through every pair.
#[derive(Debug, Serialize)]
pub(crate) struct Grid {
    pub(crate) title: String,
    pub(crate) goal: Goal,
    pub(crate) cells: Vec<Cell>,
}

/// One pair's measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) client: Dialect,
    pub(crate) upstream: Dialect,
    pub(crate) row: Row,
}

impl Grid {
    /// Every pair's row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.cells.iter().map(|cell| &cell.row)
    }

    /// Appends the table and what failed to `text`.
    pub(super) fn render(&self, style: Style, text: &mut String) {
        let Goal { reach, aim } = self.goal;
        let title = format!("{}: reach ≤ ×{reach}, aim ≤ ×{aim}", self.title);
        let mut table = blank(style);
        let upstreams = in_use(&Dialect::UPSTREAMS, |dialect| {
            self.cells.iter().any(|cell| cell.upstream == dialect)
        });
        let clients = in_use(&Dialect::CLIENTS, |dialect| {
            self.cells.iter().any(|cell| cell.client == dialect)
        });
        let mut header = vec!["client \\ upstream".to_owned()];
        header.extend(upstreams.iter().map(|upstream| upstream.name().to_owned()));
        table.set_header(header);
        for client in clients {
            let mut cells = vec![client.name().to_owned()];
            cells.extend(
                upstreams
                    .iter()
                    .map(|upstream| self.show(client, *upstream)),
            );
            table.add_row(cells);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}\n{table}\n", heading(style, &title));
        for row in self.rows() {
            if let Some(failure) = &row.failure {
                let _ = writeln!(text, "{} failed: {failure}", row.name);
            }
        }
    }

    /// The median, with a mark if it misses its reach.
    fn show(&self, client: Dialect, upstream: Dialect) -> String {
        let pair = |cell: &&Cell| cell.client == client && cell.upstream == upstream;
        let Some(Cell { row, .. }) = self.cells.iter().find(pair) else {
            return "–".to_owned();
        };
        let mark = match row.verdict {
            Verdict::Missed => " !",
            Verdict::Aim | Verdict::Reach | Verdict::Failed | Verdict::Unjudged => "",
        };
        match (row.judged, row.judge) {
            (Some(judged), Judge::Ratio | Judge::Value) => format!("×{:.2}{mark}", judged.median),
            (Some(judged), Judge::Excess) => format!("{:+.3}{mark}", judged.median),
            (None, _) => "FAILED".to_owned(),
        }
    }
}

fn in_use(all: &[Dialect], used: impl Fn(Dialect) -> bool) -> Vec<Dialect> {
    all.iter()
        .copied()
        .filter(|dialect| used(*dialect))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Series, Unit};
    use super::*;
    use crate::contender::Contender;

    #[test]
    fn a_grid_shows_each_pair_in_its_place_and_marks_what_misses() {
        let goal = Goal::new(2.2, 1.6);
        let cell = |client, upstream, ratio| {
            let mut series = Series::default();
            series.push(Contender::Yardstick, 10.0);
            series.push(Contender::Gateway, 10.0 * ratio);
            let row = Row::new("x", Unit::Micros, Judge::Ratio, Some(goal), &series);
            Cell {
                client,
                upstream,
                row,
            }
        };
        let grid = Grid {
            title: "small".to_owned(),
            goal,
            cells: vec![
                cell(Dialect::Chat, Dialect::Claude, 1.5),
                cell(Dialect::Gemini, Dialect::Responses, 3.0),
            ],
        };
        let mut text = String::new();
        grid.render(Style::Markdown, &mut text);
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains("| responses | claude |"), "{squeezed}");
        assert!(squeezed.contains("| chat | – | ×1.50 |"), "{squeezed}");
        assert!(squeezed.contains("| gemini | ×3.00 ! | – |"), "{squeezed}");
    }
}
