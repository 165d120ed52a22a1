//! Where somebody is in a list, and which part of it is seen.

use std::ops::Range;

use crate::keymap::Command;

/// A place in a list, by what stands there, so that it stays when others come and go.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// None: where the list begins, also when new ones come.
    id: Option<String>,
    /// The list is read from its end, where new ones come.
    from_end: bool,
}

impl Cursor {
    /// Of a list that is read from its end.
    pub(crate) fn at_end() -> Self {
        Self {
            id: None,
            from_end: true,
        }
    }

    /// Where it is among these.
    pub(crate) fn index<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> usize {
        let mut last = 0;
        for (index, other) in ids.into_iter().enumerate() {
            if self.id.as_deref() == Some(other) {
                return index;
            }
            last = index;
        }
        if self.from_end { last } else { 0 }
    }

    /// Whether it stays where new ones come.
    pub(crate) fn follows(&self) -> bool {
        self.id.is_none()
    }

    /// Chooses one.
    pub(crate) fn choose(&mut self, id: Option<&str>) {
        self.id = id.map(str::to_owned);
    }

    /// Moves among these, of which `page` are seen at a time. Tells whether that is a movement.
    pub(crate) fn go(&mut self, command: Command, ids: &[String], page: usize) -> bool {
        let at = self.index(ids.iter().map(String::as_str));
        let Some(to) = moved(command, at, ids.len(), page) else {
            return false;
        };
        let follows = match command {
            Command::First => !self.from_end,
            Command::Down | Command::PageDown | Command::Last => {
                self.from_end && to + 1 >= ids.len()
            }
            _ => false,
        };
        let to = ids.get(to).filter(|_| !follows);
        self.choose(to.map(String::as_str));
        true
    }
}

/// Where a movement leads from a place in a list or a text of that length; none where it is no movement.
pub(crate) fn moved(command: Command, at: usize, length: usize, page: usize) -> Option<usize> {
    let last = length.saturating_sub(1);
    let page = page.saturating_sub(1).max(1);
    Some(match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => (at + 1).min(last),
        Command::PageUp => at.saturating_sub(page),
        Command::PageDown => (at + page).min(last),
        Command::First => 0,
        Command::Last => last,
        _ => return None,
    })
}

/// The part of a list that is seen in so many rows: the chosen one is in its middle, but at the ends.
pub(crate) fn window(length: usize, chosen: usize, rows: usize) -> Range<usize> {
    let from = chosen
        .saturating_sub(rows / 2)
        .min(length.saturating_sub(rows));
    from..(from + rows).min(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stays_where_it_is_when_others_come() {
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        let mut cursor = Cursor::default();
        assert_eq!(cursor.index(["b", "a"]), 0);
        assert!(cursor.go(Command::Down, &ids(&["b", "a"]), 5));
        assert_eq!(cursor.index(["d", "c", "b", "a"]), 3);
        assert!(cursor.go(Command::First, &ids(&["c", "b", "a"]), 5));
        assert!(cursor.follows(), "it follows what comes");
        assert!(cursor.go(Command::Last, &ids(&["c", "b", "a"]), 5));
        assert_eq!(cursor.index(["c", "b"]), 0, "it is gone");
        assert!(!cursor.go(Command::Open, &ids(&["c"]), 5));
        assert!(cursor.go(Command::Down, &[], 5));
    }

    #[test]
    fn a_list_that_is_read_from_its_end_is_followed_there() {
        let ids: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let mut cursor = Cursor::at_end();
        assert_eq!(cursor.index(["a", "b", "c"]), 2);
        cursor.go(Command::Up, &ids, 5);
        assert_eq!(cursor.index(["a", "b", "c", "d"]), 1);
        cursor.go(Command::Down, &ids, 5);
        assert!(cursor.follows());
        assert_eq!(cursor.index(["a", "b", "c", "d"]), 3);
    }

    #[test]
    fn the_window_shows_the_chosen_one() {
        for (length, chosen, rows, expected) in [
            (0, 0, 5, 0..0),
            (3, 2, 5, 0..3),
            (100, 0, 10, 0..10),
            (100, 50, 10, 45..55),
            (100, 99, 10, 90..100),
            (5, 4, 0, 4..4),
        ] {
            assert_eq!(window(length, chosen, rows), expected);
        }
        assert_eq!(moved(Command::PageDown, 3, 100, 10), Some(12));
        assert_eq!(moved(Command::PageUp, 3, 100, 10), Some(0));
    }
}
