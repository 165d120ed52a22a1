//! Every key, what it does where, and its help: one table, from which keys are looked up and help is printed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::View;

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In every view.
    Everywhere,
    /// In every list.
    List,
    Requests,
    Accounts,
    Models,
    Keys,
    Usage,
    Logs,
    Settings,
    /// On the page of a login.
    Login,
    /// While the QR code of a login is shown alone.
    Code,
    /// On the page of a model that is tested.
    Trial,
    /// On a page that lies over a view.
    Page,
    /// While a line is typed.
    Typing,
    /// While a question is open.
    Question,
}

/// What a person can want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Show(View),
    NextView,
    LastView,
    Help,
    Palette,
    Suspend,
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Filter,
    ClearFilter,
    Pause,
    Sort,
    Enable,
    Disable,
    ClearCooldown,
    Refresh,
    Remove,
    LogIn,
    LogInWith,
    ShowCode,
    ShowText,
    Browse,
    Paste,
    Try,
    NewKey,
    ChangeKey,
    DisableKey,
    Rotate,
    Revoke,
    By,
    Span,
    Measure,
    Line,
    Export,
    Level,
    Change,
    Close,
    Erase,
    EraseAll,
    Accept,
    Yes,
    No,
}

/// A key, without what differs between keyboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    code: KeyCode,
    ctrl: bool,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding {
    pub(crate) keys: &'static [Key],
    pub(crate) scope: Scope,
    pub(crate) command: Command,
    /// What it does, for the help.
    pub(crate) help: &'static str,
    /// The same in a word, for the line at the bottom.
    pub(crate) word: Option<&'static str>,
}

const fn key(char: char) -> Key {
    named(KeyCode::Char(char))
}

const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn ctrl(char: char) -> Key {
    Key {
        code: KeyCode::Char(char),
        ctrl: true,
    }
}

const fn row(
    scope: Scope,
    keys: &'static [Key],
    command: Command,
    word: Option<&'static str>,
    help: &'static str,
) -> Binding {
    Binding {
        keys,
        scope,
        command,
        help,
        word,
    }
}

/// The table.
#[rustfmt::skip]
pub(crate) const TABLE: &[Binding] = &[
    row(Scope::Everywhere, &[key('1')], Command::Show(View::Overview), None, "Overview"),
    row(Scope::Everywhere, &[key('2')], Command::Show(View::Requests), None, "Requests"),
    row(Scope::Everywhere, &[key('3')], Command::Show(View::Accounts), None, "Accounts"),
    row(Scope::Everywhere, &[key('4')], Command::Show(View::Models), None, "Models"),
    row(Scope::Everywhere, &[key('5')], Command::Show(View::Keys), None, "Keys"),
    row(Scope::Everywhere, &[key('6')], Command::Show(View::Usage), None, "Usage"),
    row(Scope::Everywhere, &[key('7')], Command::Show(View::Logs), None, "Logs"),
    row(Scope::Everywhere, &[key('8')], Command::Show(View::Settings), None, "Settings"),
    row(Scope::Everywhere, &[named(KeyCode::Tab)], Command::NextView, None, "the next view"),
    row(Scope::Everywhere, &[named(KeyCode::BackTab)], Command::LastView, None, "the view before"),
    row(Scope::Everywhere, &[key('?'), named(KeyCode::F(1))], Command::Help, Some("help"), "this help"),
    row(Scope::Everywhere, &[key(':')], Command::Palette, None, "everything that can be done here, by its words"),
    row(Scope::Everywhere, &[ctrl('z')], Command::Suspend, None, "back to the shell; `fg` returns"),
    row(Scope::Everywhere, &[key('q'), ctrl('c')], Command::Quit, Some("quit"), "quit"),
    row(Scope::List, &[named(KeyCode::Up), key('k')], Command::Up, None, "up"),
    row(Scope::List, &[named(KeyCode::Down), key('j')], Command::Down, None, "down"),
    row(Scope::List, &[named(KeyCode::PageUp), ctrl('b')], Command::PageUp, None, "a page up"),
    row(Scope::List, &[named(KeyCode::PageDown), ctrl('f')], Command::PageDown, None, "a page down"),
    row(Scope::List, &[named(KeyCode::Home), key('g')], Command::First, None, "to the beginning, and stay there"),
    row(Scope::List, &[named(KeyCode::End), key('G')], Command::Last, None, "to the end"),
    row(Scope::Requests, &[named(KeyCode::Enter)], Command::Open, Some("why"), "why: what became of the request"),
    row(Scope::Requests, &[key('/')], Command::Filter, Some("filter"), "show only requests that have these words"),
    row(Scope::Requests, &[named(KeyCode::Esc)], Command::ClearFilter, None, "show all again"),
    row(Scope::Requests, &[key('p'), key(' ')], Command::Pause, Some("pause"), "hold the list still, or go on"),
    row(Scope::Requests, &[key('s')], Command::Sort, Some("sort"), "by another column: time, took, first token, tokens, cost"),
    row(Scope::Accounts, &[named(KeyCode::Enter)], Command::Open, None, "everything about it: limits, token, plan, models, file"),
    row(Scope::Accounts, &[key('c')], Command::ClearCooldown, Some("clear cooldown"), "try it again at once, and its models too"),
    row(Scope::Accounts, &[key('e')], Command::Enable, Some("enable"), "send requests with it again"),
    row(Scope::Accounts, &[key('d')], Command::Disable, Some("disable"), "send no more requests with it"),
    row(Scope::Accounts, &[key('r')], Command::Refresh, Some("refresh"), "renew its access token now"),
    row(Scope::Accounts, &[key('x'), named(KeyCode::Delete)], Command::Remove, Some("remove"), "forget it and delete its file; asks first"),
    row(Scope::Accounts, &[key('l')], Command::LogIn, Some("log in"), "log in to one: address, QR code, code, or what the browser ended on"),
    row(Scope::Accounts, &[key('L')], Command::LogInWith, None, "the same with a name for the account, and Google's projects"),
    row(Scope::Models, &[named(KeyCode::Enter), key('t')], Command::Try, Some("test"), "ask it something; that costs what any question costs"),
    row(Scope::Models, &[key('/')], Command::Filter, Some("filter"), "show only models whose name or provider has this"),
    row(Scope::Models, &[named(KeyCode::Esc)], Command::ClearFilter, None, "show all again"),
    row(Scope::Keys, &[key('n')], Command::NewKey, Some("new key"), "make a client key for some models and some time; it is shown once"),
    row(Scope::Keys, &[named(KeyCode::Enter), key('e')], Command::ChangeKey, Some("change"), "its name, its models, its end"),
    row(Scope::Keys, &[key('d')], Command::DisableKey, Some("disable"), "refuse who presents it, until d is pressed again"),
    row(Scope::Keys, &[key('r')], Command::Rotate, Some("rotate"), "another secret that may do the same, shown once; asks first"),
    row(Scope::Keys, &[key('x'), named(KeyCode::Delete)], Command::Revoke, Some("revoke"), "end it: who presents it is refused; asks first"),
    row(Scope::Usage, &[key('b')], Command::By, Some("by"), "by hour, day, model, key, provider or account"),
    row(Scope::Usage, &[key('t')], Command::Span, Some("time"), "of today, 24 hours, 7 days, 30 days, or ever"),
    row(Scope::Usage, &[key('m')], Command::Measure, Some("measure"), "compare cost, tokens, requests or failures"),
    row(Scope::Usage, &[key('c')], Command::Line, Some("chart"), "bars or a line"),
    row(Scope::Usage, &[key('e')], Command::Export, Some("export"), "write what is shown to a file: CSV or JSON, by the end of its name"),
    row(Scope::Logs, &[key('/')], Command::Filter, Some("search"), "show only lines that have these words"),
    row(Scope::Logs, &[named(KeyCode::Esc)], Command::ClearFilter, None, "show all again, and follow"),
    row(Scope::Logs, &[key('l')], Command::Level, Some("level"), "leave out what matters less: error, warn, info, debug, trace"),
    row(Scope::Logs, &[named(KeyCode::Enter)], Command::Open, Some("why"), "why: what became of the request of the line"),
    row(Scope::Settings, &[named(KeyCode::Enter), key(' ')], Command::Change, Some("change"), "turn it, or type another value"),
    row(Scope::Login, &[named(KeyCode::Enter), key('p')], Command::Paste, Some("paste"), "paste the address that the browser ended on, or code#state"),
    row(Scope::Login, &[key('o')], Command::Browse, Some("open"), "open the address in the browser of this machine"),
    row(Scope::Login, &[key('c')], Command::ShowCode, Some("QR code"), "the QR code alone, over the whole terminal"),
    row(Scope::Login, &[named(KeyCode::Esc), key('q'), named(KeyCode::Backspace)], Command::Close, Some("cancel"), "call the login off, unless it is over"),
    row(Scope::Code, &[key('c'), named(KeyCode::Esc), key('q'), named(KeyCode::Enter), named(KeyCode::Backspace)], Command::ShowText, Some("text"), "the address and the text again"),
    row(Scope::Code, &[ctrl('c')], Command::Quit, None, "quit"),
    row(Scope::Code, &[ctrl('z')], Command::Suspend, None, "back to the shell; `fg` returns"),
    row(Scope::Trial, &[named(KeyCode::Enter)], Command::Open, Some("why"), "why: what became of the request that it was"),
    row(Scope::Page, &[named(KeyCode::Esc), key('q'), named(KeyCode::Backspace)], Command::Close, Some("back"), "back"),
    row(Scope::Page, &[named(KeyCode::Up), key('k')], Command::Up, None, "up"),
    row(Scope::Page, &[named(KeyCode::Down), key('j')], Command::Down, None, "down"),
    row(Scope::Page, &[named(KeyCode::PageUp), ctrl('b')], Command::PageUp, None, "a page up"),
    row(Scope::Page, &[named(KeyCode::PageDown), ctrl('f'), key(' ')], Command::PageDown, None, "a page down"),
    row(Scope::Page, &[named(KeyCode::Home), key('g')], Command::First, None, "to the beginning"),
    row(Scope::Page, &[named(KeyCode::End), key('G')], Command::Last, None, "to the end"),
    row(Scope::Page, &[ctrl('c')], Command::Quit, None, "quit"),
    row(Scope::Page, &[ctrl('z')], Command::Suspend, None, "back to the shell; `fg` returns"),
    row(Scope::Typing, &[named(KeyCode::Enter)], Command::Accept, Some("done"), "done"),
    row(Scope::Typing, &[named(KeyCode::Esc), ctrl('c')], Command::Close, Some("forget it"), "forget it"),
    row(Scope::Typing, &[named(KeyCode::Up)], Command::Up, None, "the line above, where there is a choice"),
    row(Scope::Typing, &[named(KeyCode::Down), named(KeyCode::Tab)], Command::Down, None, "the line below"),
    row(Scope::Typing, &[named(KeyCode::Backspace)], Command::Erase, None, "erase a character"),
    row(Scope::Typing, &[ctrl('u')], Command::EraseAll, None, "erase everything"),
    row(Scope::Question, &[key('y')], Command::Yes, Some("yes"), "yes"),
    row(Scope::Question, &[key('n'), named(KeyCode::Esc), key('q'), ctrl('c')], Command::No, Some("no"), "no"),
];

/// What a key means in these scopes, the first of them first.
pub(crate) fn command(scopes: &[Scope], event: &KeyEvent) -> Option<Command> {
    holder(scopes, Key::from(event)).map(|row| row.command)
}

/// Which row a key belongs to in these scopes, the first of them first.
pub(crate) fn holder(scopes: &[Scope], key: Key) -> Option<&'static Binding> {
    scopes.iter().find_map(|scope| {
        let mut rows = TABLE.iter().filter(|row| row.scope == *scope);
        rows.find(|row| row.keys.contains(&key))
    })
}

/// What can be done in these scopes and is told by these words, the nearest first. Movements need no words.
pub(crate) fn told_by(scopes: &[Scope], text: &str) -> Vec<&'static Binding> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let of_scopes = scopes.iter().flat_map(|scope| {
        let rows = TABLE.iter().filter(move |row| row.scope == *scope);
        rows.filter(|row| row.scope != Scope::List && row.command != Command::Palette)
    });
    let told = of_scopes.filter(|row| {
        let told = format!("{} {}", row.word.unwrap_or_default(), row.help).to_lowercase();
        words.iter().all(|word| told.contains(word))
    });
    told.collect()
}

impl From<&KeyEvent> for Key {
    /// A capital letter is another character; whether Shift was told beside it differs between terminals.
    fn from(event: &KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        }
    }
}

impl Key {
    /// What a terminal sends when it is pressed.
    #[cfg(test)]
    pub(crate) fn event(self) -> KeyEvent {
        let modifiers = if self.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(self.code, modifiers)
    }

    /// What is printed on it.
    pub(crate) fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(char) if self.ctrl => char.to_ascii_uppercase().to_string(),
            KeyCode::Char(char) => char.to_string(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        if self.ctrl {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }
}

impl Scope {
    /// Every scope, in the order of the help.
    pub(crate) const ALL: [Self; 15] = [
        Self::Everywhere,
        Self::List,
        Self::Requests,
        Self::Accounts,
        Self::Models,
        Self::Keys,
        Self::Usage,
        Self::Logs,
        Self::Settings,
        Self::Login,
        Self::Code,
        Self::Trial,
        Self::Page,
        Self::Typing,
        Self::Question,
    ];

    /// Its heading in the help.
    pub(crate) const fn heading(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::List => "in a list",
            Self::Requests => "requests",
            Self::Accounts => "accounts",
            Self::Models => "models",
            Self::Keys => "keys",
            Self::Usage => "usage",
            Self::Logs => "logs",
            Self::Settings => "settings",
            Self::Login => "while logging in",
            Self::Code => "while a QR code is shown",
            Self::Trial => "while a model is tested",
            Self::Page => "on a page like this one",
            Self::Typing => "while typing",
            Self::Question => "when asked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (index, row) in TABLE.iter().enumerate() {
            for other in &TABLE[..index] {
                let same = row.keys.iter().any(|key| other.keys.contains(key));
                assert!(!same || row.scope != other.scope, "{row:?} and {other:?}");
            }
            assert!(!row.keys.is_empty() && !row.help.is_empty());
            assert!(!row.help.ends_with('.'), "{}", row.help);
            assert!(Scope::ALL.contains(&row.scope));
        }
    }

    #[test]
    fn views_are_switched_by_their_numbers() {
        for (index, view) in View::ALL.into_iter().enumerate() {
            let digit = char::from_digit(index as u32 + 1, 10).unwrap();
            let event = KeyEvent::new(KeyCode::Char(digit), KeyModifiers::NONE);
            let command = command(&[Scope::Everywhere], &event);
            assert_eq!(command, Some(Command::Show(view)));
        }
    }

    #[test]
    fn what_can_be_done_is_found_by_its_words() {
        let scopes = [Scope::Accounts, Scope::List, Scope::Everywhere];
        let found = told_by(&scopes, "COOL");
        assert_eq!(found[0].command, Command::ClearCooldown);
        assert!(told_by(&scopes, "pause").is_empty(), "not here");
        let all = told_by(&scopes, "");
        assert!(
            all.iter()
                .all(|row| !matches!(row.command, Command::Up | Command::Palette))
        );
        assert_eq!(told_by(&scopes, "requests").len(), 3);
    }

    #[test]
    fn the_nearest_scope_wins() {
        let escape = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        let scopes = [Scope::Page, Scope::Requests];
        assert_eq!(command(&scopes, &escape), Some(Command::Close));
        assert_eq!(command(&scopes[1..], &escape), Some(Command::ClearFilter));
        let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(command(&[Scope::List], &capital), Some(Command::Last));
        assert_eq!(command(&[Scope::Typing], &capital), None);
    }
}
