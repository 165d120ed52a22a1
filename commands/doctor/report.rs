//! What was found.

use std::fmt;

use clap::builder::styling::{AnsiColor, Style};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::inert::inert;
use crate::output::{FAINT, STRONG};

const GOOD: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const BROKEN: Style = AnsiColor::Red.on_default().bold();

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Area {
    Configuration,
    Files,
    Gateway,
    Accounts,
    Providers,
    Clock,
    Clients,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Good to know.
    Note,
    /// Works, and not as well as it could.
    Warning,
    /// Does not work.
    Broken,
}

/// One thing that was found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    pub(super) area: Area,
    pub(super) state: State,
    pub(super) what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

/// Everything that was found, in the order in which it was looked for.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) fn ok(&mut self, area: Area, what: impl Into<String>) {
        self.add(area, State::Ok, what.into(), None);
    }

    pub(super) fn note(&mut self, area: Area, what: impl Into<String>, hint: Option<String>) {
        self.add(area, State::Note, what.into(), hint);
    }

    pub(super) fn warning(&mut self, area: Area, what: impl Into<String>, hint: impl Into<String>) {
        self.add(area, State::Warning, what.into(), Some(hint.into()));
    }

    pub(super) fn broken(&mut self, area: Area, what: impl Into<String>, hint: impl Into<String>) {
        self.add(area, State::Broken, what.into(), Some(hint.into()));
    }

    fn add(&mut self, area: Area, state: State, what: String, hint: Option<String>) {
        self.checks.push(Check {
            area,
            state,
            what,
            hint: hint.filter(|hint| !hint.is_empty()),
        });
    }

    /// Whether everything works.
    pub(super) fn is_healthy(&self) -> bool {
        self.count(State::Broken) == 0
    }

    fn count(&self, state: State) -> usize {
        let checks = self.checks.iter();
        checks.filter(|check| check.state == state).count()
    }
}

impl Area {
    fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Files => "files",
            Self::Gateway => "gateway",
            Self::Accounts => "accounts",
            Self::Providers => "providers",
            Self::Clock => "clock",
            Self::Clients => "clients",
        }
    }
}

impl State {
    /// The word stands alone where there is no colour.
    fn word(self) -> (&'static str, Style) {
        match self {
            Self::Ok => ("ok", GOOD),
            Self::Note => ("note", FAINT),
            Self::Warning => ("warning", WARNING),
            Self::Broken => ("broken", BROKEN),
        }
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 2)?;
        report.serialize_field("healthy", &self.is_healthy())?;
        report.serialize_field("checks", &self.checks)?;
        report.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut area = None;
        for check in &self.checks {
            if area != Some(check.area) {
                let gap = if area.is_some() { "\n" } else { "" };
                writeln!(f, "{gap}{STRONG}{}{STRONG:#}", check.area.name())?;
                area = Some(check.area);
            }
            let (word, style) = check.state.word();
            writeln!(f, "  {style}{word:<7}{style:#}  {}", inert(&check.what))?;
            if let Some(hint) = &check.hint {
                writeln!(f, "           {FAINT}{}{FAINT:#}", inert(hint))?;
            }
        }
        let told = match (self.count(State::Broken), self.count(State::Warning)) {
            (0, 0) => "everything works".to_owned(),
            (0, warnings) => format!("everything works, with {}", counted(warnings, "warning")),
            (broken, 0) => format!("{} broken", counted(broken, "thing")),
            (broken, warnings) => format!(
                "{} broken, and {}",
                counted(broken, "thing"),
                counted(warnings, "warning")
            ),
        };
        writeln!(f, "\n{STRONG}{told}{STRONG:#}")
    }
}

fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::default();
        report.ok(Area::Configuration, "/c.yaml is good");
        report.warning(Area::Files, "a\u{1b}[2J", "chmod 600 a");
        report.note(Area::Files, "nothing else", None);
        report
    }

    #[test]
    fn a_warning_is_no_failure() {
        let mut report = report();
        assert!(report.is_healthy());
        let text = anstream::adapter::strip_str(&report.to_string()).to_string();
        assert_eq!(
            text,
            "configuration\n  ok       /c.yaml is good\n\nfiles\n  warning  a\\u{1b}[2J\n           chmod 600 a\n  \
             note     nothing else\n\neverything works, with 1 warning\n"
        );
        report.broken(Area::Clock, "wrong", "");
        assert!(!report.is_healthy());
        assert!(report.to_string().contains("1 thing broken, and 1 warning"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["healthy"], false);
        assert_eq!(json["checks"][0]["state"], "ok");
        assert_eq!(json["checks"][1]["hint"], "chmod 600 a");
        assert!(json["checks"][3].get("hint").is_none());
    }
}
