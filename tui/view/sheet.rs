//! Pages of labels and what belongs to them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::App;
use crate::text;

/// Places for a label.
pub(super) const LABEL: usize = 10;
/// Lines that one text may take.
const MOST: usize = 8;

/// A page in the making.
pub(super) struct Sheet<'a> {
    pub(super) app: &'a App,
    pub(super) width: usize,
    pub(super) lines: Vec<Line<'static>>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(app: &'a App, width: usize) -> Self {
        Self {
            app,
            width,
            lines: Vec::new(),
        }
    }

    /// A heading, below what is there.
    pub(super) fn heading(&mut self, words: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let words = text::clip(&format!(" {words}"), self.width);
        self.lines
            .push(Line::styled(words, self.app.theme.strong()));
    }

    /// A label and what belongs to it, over as many lines as it takes.
    pub(super) fn row(&mut self, label: &str, words: &str, style: Style) {
        let room = self.width.saturating_sub(LABEL + 4);
        for (index, line) in text::wrap(words, room, MOST).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.spans(label, vec![Span::styled(line, style)]);
        }
    }

    pub(super) fn plain(&mut self, label: &str, words: &str) {
        self.row(label, words, Style::new());
    }

    /// A label and a line that has several styles.
    pub(super) fn spans(&mut self, label: &str, spans: Vec<Span<'static>>) {
        let label = format!("  {} ", text::left(label, LABEL));
        let mut line = vec![Span::styled(label, self.app.theme.faint())];
        line.extend(spans);
        self.lines.push(Line::from(line));
    }
}
