//! Addresses as QR codes, two modules in each place: for a telephone that looks at the screen.

use qrcode::{Color, EcLevel, QrCode};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Light modules around the code. The standard wants four; telephones make do with two, and terminals are small.
const QUIET: usize = 2;

/// Columns and rows that the code takes; none where the data are too long for one.
pub(super) fn size(data: &str) -> Option<(usize, usize)> {
    let code = QrCode::with_error_correction_level(data, EcLevel::L).ok()?;
    let side = code.width() + 2 * QUIET;
    Some((side, side.div_ceil(2)))
}

/// The code in lines of as many columns as it needs; none where it is larger than that.
pub(super) fn lines(
    data: &str,
    columns: usize,
    rows: usize,
    style: Style,
) -> Option<Vec<Line<'static>>> {
    let code = QrCode::with_error_correction_level(data, EcLevel::L).ok()?;
    let side = code.width() + 2 * QUIET;
    if side > columns || side.div_ceil(2) > rows {
        return None;
    }
    let dark = |x: usize, y: usize| {
        let within = |place: usize| (QUIET..side - QUIET).contains(&place);
        within(x) && within(y) && code[(x - QUIET, y - QUIET)] == Color::Dark
    };
    let row = |y: usize| {
        let places = (0..side).map(|x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        });
        Line::from(vec![
            Span::raw(" "),
            Span::styled(places.collect::<String>(), style),
        ])
    };
    Some((0..side).step_by(2).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_where_it_belongs() {
        let data = "https://login.example/device?code=ABCD-EFGH";
        let lines = lines(data, 100, 100, Style::new()).unwrap();
        let code = QrCode::with_error_correction_level(data, EcLevel::L).unwrap();
        let mut read = Vec::new();
        for line in &lines {
            for upper in [true, false] {
                let modules = line.spans[1].content.chars().map(|place| match place {
                    '█' => true,
                    '▀' => upper,
                    '▄' => !upper,
                    _ => false,
                });
                read.push(modules.collect::<Vec<bool>>());
            }
        }
        for y in 0..code.width() {
            for x in 0..code.width() {
                assert_eq!(read[y + QUIET][x + QUIET], code[(x, y)] == Color::Dark);
            }
        }
        assert!(read[..QUIET].iter().flatten().all(|dark| !dark));
        assert!(read.iter().all(|row| row.len() == code.width() + 2 * QUIET));
    }

    #[test]
    fn what_is_too_large_is_not_drawn() {
        assert!(lines("https://a.example", 20, 100, Style::new()).is_none());
        assert!(lines("https://a.example", 100, 10, Style::new()).is_none());
        assert!(lines(&"x".repeat(10_000), 1_000, 1_000, Style::new()).is_none());
    }
}
