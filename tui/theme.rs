//! What colours mean. Only the sixteen colours of the terminal are used, so that they fit what the person has chosen, and
//! nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// Which colours can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// On a dark ground.
    #[default]
    Dark,
    /// On a light ground.
    Light,
    /// None at all: `NO_COLOR`.
    Plain,
}

impl Theme {
    /// It works.
    pub(crate) fn good(self) -> Style {
        self.colored(Color::Green, Color::Green)
    }

    /// It may become bad, or must be waited for.
    pub(crate) fn warn(self) -> Style {
        self.colored(Color::Yellow, Color::Magenta)
    }

    /// It went wrong.
    pub(crate) fn bad(self) -> Style {
        self.colored(Color::Red, Color::Red)
            .add_modifier(Modifier::BOLD)
    }

    /// Where one is, and what can be done.
    pub(crate) fn accent(self) -> Style {
        self.colored(Color::Cyan, Color::Blue)
    }

    /// Words that explain other words.
    pub(crate) fn faint(self) -> Style {
        match self {
            Self::Dark | Self::Light => Style::new().fg(Color::DarkGray),
            Self::Plain => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Headings, and numbers that should be found at a glance.
    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The row that is chosen.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Black on white on any ground, for what a camera reads.
    pub(crate) fn paper(self) -> Style {
        match self {
            Self::Dark | Self::Light => Style::new().fg(Color::Black).bg(Color::White),
            Self::Plain => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    fn colored(self, dark: Color, light: Color) -> Style {
        match self {
            Self::Dark => Style::new().fg(dark),
            Self::Light => Style::new().fg(light),
            Self::Plain => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::Plain;
        for style in [
            theme.good(),
            theme.warn(),
            theme.bad(),
            theme.accent(),
            theme.faint(),
            theme.strong(),
            theme.selected(),
            theme.paper(),
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(Theme::Dark.warn(), Theme::Light.warn());
    }
}
