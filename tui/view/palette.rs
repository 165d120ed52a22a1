//! What can be chosen by its words: above the line in which they are typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::app::{App, Purpose};
use crate::keymap::told_by;
use crate::list::window;
use crate::login::ways;
use crate::text;

/// Lines at most.
const MOST: u16 = 12;
/// Places for a key, or another name, with one behind it.
const NAME: usize = 15;

/// What can be chosen, and by what it is called.
#[derive(Debug)]
pub(crate) struct Choice {
    name: String,
    words: &'static str,
}

/// What the line that is typed leaves to be chosen.
pub(crate) fn choices(app: &App) -> Vec<Choice> {
    let Some(input) = &app.input else {
        return Vec::new();
    };
    match input.purpose {
        Purpose::Palette(_) => {
            let rows = told_by(app.scopes_below(), &input.text).into_iter();
            let choice = rows.map(|row| Choice {
                name: row.keys.first().map(|key| key.name()).unwrap_or_default(),
                words: row.help,
            });
            choice.collect()
        }
        Purpose::Way(_) => {
            let choice = ways(&input.text).into_iter().map(|way| Choice {
                name: way.name.to_owned(),
                words: way.words,
            });
            choice.collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn render(app: &App, chosen: usize, body: Rect, frame: &mut Frame<'_>) {
    let choices = choices(app);
    let height = u16::try_from(choices.len().max(1))
        .unwrap_or(MOST)
        .min(MOST)
        .min(body.height);
    let area = Rect {
        y: body.y + body.height - height,
        height,
        ..body
    };
    frame.render_widget(Clear, area);
    let room = usize::from(area.width);
    if choices.is_empty() {
        let nothing = text::left(" nothing here is told by these words", room);
        frame.render_widget(
            Paragraph::new(Line::styled(nothing, app.theme.faint())),
            area,
        );
        return;
    }
    let seen = window(choices.len(), chosen, usize::from(height));
    let lines = seen.map(|index| {
        let Choice { name, words } = &choices[index];
        let line = Line::from(vec![
            Span::styled(format!(" {}", text::left(name, NAME)), app.theme.accent()),
            Span::raw(text::left(words, room.saturating_sub(NAME + 1))),
        ]);
        if index == chosen {
            line.style(app.theme.selected())
        } else {
            line
        }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
