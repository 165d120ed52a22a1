//! Tables for people: columns without lines.

use comfy_table::{Table, presets};

/// The rows below their headings; without headings nothing stands above them. Cells must be safe to print.
pub(crate) fn columns<const N: usize>(
    headings: Option<[&str; N]>,
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(headings) = headings {
        table.set_header(headings);
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}
