//! What the mouse does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::keys::{closed, perform};
use crate::app::App;
use crate::keymap::Command;
use crate::message::Effect;
use crate::view::{self, Target};

/// Rows that a notch of the wheel moves.
const NOTCH: usize = 3;

pub(super) fn moved(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollUp => turned(app, Command::Up),
        MouseEventKind::ScrollDown => turned(app, Command::Down),
        MouseEventKind::Down(MouseButton::Left) => clicked(app, event.column, event.row),
        _ => Vec::new(),
    }
}

/// Nothing moves behind a question or under a line that is typed.
fn turned(app: &mut App, command: Command) -> Vec<Effect> {
    if app.question.is_none() && app.input.is_none() {
        for _ in 0..NOTCH {
            perform(app, command);
        }
    }
    Vec::new()
}

fn clicked(app: &mut App, column: u16, row: u16) -> Vec<Effect> {
    if app.question.is_some() || app.input.is_some() {
        return Vec::new();
    }
    match view::target(app, column, row) {
        Some(Target::View(view)) => {
            let pages = std::mem::take(&mut app.pages).into_iter();
            let mut effects: Vec<Effect> = pages.flat_map(|page| closed(app, page)).collect();
            effects.extend(perform(app, Command::Show(view)));
            effects
        }
        Some(Target::Row(index)) => {
            let ids = app.ids();
            let id = ids.get(index);
            // The second click opens what the first has chosen.
            if id.is_some() && app.chosen().as_ref() == id {
                return perform(app, Command::Open);
            }
            if let (Some(id), Some(cursor)) = (id, app.cursor()) {
                cursor.choose(Some(id));
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}
