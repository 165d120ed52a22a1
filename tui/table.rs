//! Tables: columns that give way when there is no room, rows of which the chosen one is seen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::App;
use crate::format::UNKNOWN;
use crate::list::window;
use crate::text;

/// A column of rows of one kind.
#[derive(Debug)]
pub(crate) struct Column<R: ?Sized> {
    title: &'static str,
    /// Columns of the screen that it needs.
    least: usize,
    /// What it can make use of.
    most: usize,
    /// Numbers stand at the right.
    right: bool,
    /// The higher, the earlier it gives way; 0 stays.
    rank: u8,
    /// What stands in it.
    cell: fn(&App, &R) -> Cell,
}

/// What stands in a row under a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

/// A column of text.
pub(crate) const fn words<R: ?Sized>(
    title: &'static str,
    (least, most): (usize, usize),
    rank: u8,
    cell: fn(&App, &R) -> Cell,
) -> Column<R> {
    Column {
        title,
        least,
        most,
        right: false,
        rank,
        cell,
    }
}

/// A column of numbers.
pub(crate) const fn numbers<R: ?Sized>(
    title: &'static str,
    width: usize,
    rank: u8,
    cell: fn(&App, &R) -> Cell,
) -> Column<R> {
    Column {
        title,
        least: width,
        most: width,
        right: true,
        rank,
        cell,
    }
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::new())
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// What may not be known.
    pub(crate) fn known(text: Option<&str>) -> Self {
        Self::plain(text.unwrap_or(UNKNOWN))
    }
}

/// Draws the headings and as many rows as there is room for.
pub(crate) fn render<R: ?Sized>(
    app: &App,
    area: Rect,
    frame: &mut Frame<'_>,
    columns: &[Column<R>],
    rows: &[&R],
    chosen: Option<usize>,
) {
    let sizes = columns.iter().map(|column| Size {
        least: column.least,
        most: column.most,
        rank: column.rank,
    });
    let sizes: Vec<Size> = sizes.collect();
    let fitting = fitting(&sizes, usize::from(area.width));
    let line = |span: &dyn Fn(&Column<R>) -> (String, Style)| {
        Line::from_iter(fitting.iter().map(|(index, room)| {
            let column = &columns[*index];
            let (text, style) = span(column);
            let text = if column.right {
                text::right(&text, *room)
            } else {
                text::left(&text, *room)
            };
            Span::styled(text + " ", style)
        }))
    };
    let mut lines = vec![line(&|column| (column.title.to_owned(), app.theme.faint()))];
    for index in seen(area, rows.len(), chosen) {
        let row = line(&|column| {
            let cell = (column.cell)(app, rows[index]);
            (cell.text, cell.style)
        });
        lines.push(if chosen == Some(index) {
            row.style(app.theme.selected())
        } else {
            row
        });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// The rows that are seen in an area, below the headings.
pub(crate) fn seen(area: Rect, count: usize, chosen: Option<usize>) -> std::ops::Range<usize> {
    let room = usize::from(area.height.saturating_sub(1));
    window(count, chosen.unwrap_or(0), room)
}

/// How much room a column needs and can use.
#[derive(Debug, Clone, Copy)]
struct Size {
    least: usize,
    most: usize,
    rank: u8,
}

/// The columns for which there is room, and how much each gets. One place is left behind each of them.
fn fitting(columns: &[Size], width: usize) -> Vec<(usize, usize)> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needed = |kept: &[usize]| -> usize {
        let places = kept.iter().map(|index| columns[*index].least + 1);
        places.sum()
    };
    while needed(&kept) > width {
        let ranked = kept.iter().enumerate();
        let weakest = ranked.max_by_key(|(_, index)| columns[**index].rank);
        match weakest {
            Some((place, index)) if columns[*index].rank > 0 => drop(kept.remove(place)),
            _ => break,
        }
    }
    let mut left = width.saturating_sub(needed(&kept));
    let mut fitting: Vec<(usize, usize)> = kept
        .into_iter()
        .map(|index| (index, columns[index].least))
        .collect();
    // Who wants more gets it in turns.
    loop {
        let before = left;
        for (index, room) in &mut fitting {
            if left > 0 && *room < columns[*index].most {
                *room += 1;
                left -= 1;
            }
        }
        if left == before {
            return fitting;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn size(least: usize, most: usize, rank: u8) -> Size {
        Size { least, most, rank }
    }

    const SIZES: &[Size] = &[size(4, 20, 0), size(6, 10, 2), size(5, 5, 1)];

    #[test]
    fn columns_give_way_by_their_rank_and_share_what_is_left() {
        for (width, expected) in [
            (3, vec![(0, 4)]),
            (5, vec![(0, 4)]),
            (11, vec![(0, 4), (2, 5)]),
            (17, vec![(0, 10), (2, 5)]),
            (18, vec![(0, 4), (1, 6), (2, 5)]),
            (22, vec![(0, 6), (1, 8), (2, 5)]),
            (90, vec![(0, 20), (1, 10), (2, 5)]),
        ] {
            assert_eq!(fitting(SIZES, width), expected, "{width}");
        }
    }
}
