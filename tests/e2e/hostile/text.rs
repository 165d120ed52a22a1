//! What somebody writes who means harm, and whether any of it has come through.

use std::collections::BTreeSet;

/// Everything that acts on a terminal, hides, or reorders; none of it is what this program writes itself.
pub(super) const HARM: &str = concat!(
    // CSI, OSC 8, OSC 52, DCS; the same introduced by C1 controls.
    "\u{1b}[5;7m\u{1b}[2J\u{1b}]8;;http://evil.example\u{1b}\\",
    "\u{1b}]52;c;aGk=\u{7}\u{1b}P1$r0m\u{1b}\\",
    "\u{9b}5m\u{9d}52;c;aGk=\u{9c}\u{90}q\u{85}",
    // Directions, characters without a place, marks on nothing.
    "\u{202e}\u{2066}\u{200f}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{301}\u{301}",
    // What goes back, and what breaks the line.
    "\r\u{8}\u{7f}\u{2028}\u{2029}\nEVIL",
);

/// A name that begins like one.
pub(super) fn hostile(name: &str) -> String {
    format!("{name}{HARM}")
}

/// A text in double quotes as YAML takes it, in ASCII.
pub(super) fn quoted(text: &str) -> String {
    let quoted = text.chars().map(|char| match char {
        ' '..='~' if !"\"\\".contains(char) => char.to_string(),
        _ => format!("\\U{:08x}", u32::from(char)),
    });
    format!("\"{}\"", quoted.collect::<String>())
}

/// What came through to a reader of these bytes; on a terminal, our own colours and its line ends are none of it.
pub(super) fn came_through(sent: &[u8], on_terminal: bool) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(sent) else {
        return vec!["bytes that are no UTF-8".to_owned()];
    };
    let text = match on_terminal {
        true => without_colours(text).replace("\r\n", "\n"),
        false => text.to_owned(),
    };
    // Lines of CSV end so.
    let text = text.replace("\r\n", "\n");
    let active = text.chars().filter(|char| acts(*char) && *char != '\n');
    let active: BTreeSet<char> = active.collect();
    let active = active.into_iter();
    let mut found: Vec<String> = active
        .map(|char| char.escape_unicode().to_string())
        .collect();
    let begun = text
        .lines()
        .filter(|line| line.trim_start().starts_with("EVIL"));
    found.extend(begun.map(|line| format!("a line of its own: {line:?}")));
    found
}

/// The text without the colours that this program writes: bold, faint, underlined, and the usual sixteen.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let own = ["0", "1", "2", "4"].into_iter().map(str::to_owned);
        let mut own = own.chain((30..38).chain(90..98).map(|code: u8| code.to_string()));
        match own.find_map(|code| piece.strip_prefix(&format!("{code}m"))) {
            Some(rest) => plain.push_str(rest),
            None => plain.push_str(&format!("\u{1b}[{piece}")),
        }
    }
    plain
}

fn acts(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
        )
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[test]
fn harm_is_known_and_colours_are_none() {
    let all = came_through(HARM.as_bytes(), true);
    assert!(all.len() > 20, "{all:?}");
    let fine = "\u{1b}[1m\u{1b}[33mwarning:\u{1b}[0m modèle e\u{301}\r\n";
    assert_eq!(came_through(fine.as_bytes(), true), [""; 0]);
    assert_eq!(came_through(fine.as_bytes(), false), ["\\u{1b}"]);
}
