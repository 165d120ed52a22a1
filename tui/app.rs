//! What the dashboard knows and where the person is in it: plain data, changed by `update` alone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use modelgate_management::{RequestDetail, UsageSummary};

use crate::accounts::Accounts;
use crate::keymap::Scope;
use crate::list::Cursor;
use crate::logs::Logs;
use crate::message::{Deed, Fetch, Link, Trouble};
use crate::requests::{Requests, Row, Sort};
use crate::theme::Theme;
use crate::traffic::Traffic;

/// How long a toast is shown.
const TOAST: SignedDuration = SignedDuration::from_secs(6);
/// Toasts that are shown together.
const TOASTS: usize = 3;

/// Everything.
#[derive(Debug)]
pub(crate) struct App {
    /// The address of the gateway, once one was found.
    pub(crate) place: Option<String>,
    pub(crate) theme: Theme,
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) link: Link,
    pub(crate) view: View,
    /// What lies over the view, the uppermost last.
    pub(crate) pages: Vec<Page>,
    /// What must be answered first.
    pub(crate) question: Option<Question>,
    /// The line that is typed.
    pub(crate) input: Option<Input>,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) traffic: Traffic,
    pub(crate) requests: Requests,
    pub(crate) request_list: RequestList,
    pub(crate) accounts: Accounts,
    pub(crate) logs: Logs,
    pub(crate) spent: Known<UsageSummary>,
    /// Events that were not taken in.
    pub(crate) lost: u64,
    /// When the latest requests were asked for last.
    pub(crate) polled: Option<Timestamp>,
    /// What was asked and is not answered yet, and when it was asked.
    pub(crate) asked: Vec<(Fetch, Timestamp)>,
    /// Requests that ended since what was spent was asked for.
    pub(crate) ended_since_spent: bool,
}

/// A view, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Overview,
    Requests,
    Accounts,
    Logs,
}

/// Something that lies over a view.
#[derive(Debug, Clone)]
pub(crate) enum Page {
    Help { scroll: usize },
    Why(Why),
}

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    pub(crate) id: String,
    pub(crate) detail: Known<RequestDetail>,
    pub(crate) scroll: usize,
}

/// The list of requests.
#[derive(Debug, Default)]
pub(crate) struct RequestList {
    pub(crate) cursor: Cursor,
    pub(crate) filter: String,
    pub(crate) sort: Sort,
    /// What is shown while the list is held still.
    pub(crate) held: Option<Requests>,
}

/// Whether something shall be done that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) deed: Deed,
}

/// A line that is typed, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) purpose: Purpose,
    pub(crate) text: String,
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Words that requests must have.
    Filter,
    /// Words that lines of the log must have.
    Search,
}

/// Something to be read in passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) bad: bool,
    until: Timestamp,
}

/// An answer of the gateway: the latest one, and why there is none later.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) value: Option<T>,
    pub(crate) trouble: Option<Trouble>,
    /// When it was asked for last.
    pub(crate) asked: Option<Timestamp>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            value: None,
            trouble: None,
            asked: None,
        }
    }
}

impl<T> Known<T> {
    pub(crate) fn learn(&mut self, value: T) {
        self.value = Some(value);
        self.trouble = None;
    }

    /// Whether it is time to ask again.
    pub(crate) fn is_older(&self, than: SignedDuration, now: Timestamp) -> bool {
        self.asked
            .is_none_or(|asked| now.duration_since(asked) >= than)
    }
}

impl App {
    pub(crate) fn new(theme: Theme, zone: TimeZone, now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            place: None,
            theme,
            zone,
            now,
            size,
            link: Link::Connecting,
            view: View::Overview,
            pages: Vec::new(),
            question: None,
            input: None,
            toasts: Vec::new(),
            traffic: Traffic::default(),
            requests: Requests::default(),
            request_list: RequestList::default(),
            accounts: Accounts::default(),
            logs: Logs::default(),
            spent: Known::default(),
            lost: 0,
            polled: None,
            asked: Vec::new(),
            ended_since_spent: false,
        }
    }

    /// Where keys count now, the nearest first.
    pub(crate) fn scopes(&self) -> &'static [Scope] {
        if self.question.is_some() {
            return &[Scope::Question];
        }
        if self.input.is_some() {
            return &[Scope::Typing];
        }
        match (self.pages.last(), self.view) {
            (Some(_), _) => &[Scope::Page],
            (None, View::Overview) => &[Scope::Everywhere],
            (None, View::Requests) => &[Scope::Requests, Scope::List, Scope::Everywhere],
            (None, View::Accounts) => &[Scope::Accounts, Scope::List, Scope::Everywhere],
            (None, View::Logs) => &[Scope::Logs, Scope::List, Scope::Everywhere],
        }
    }

    /// The ids of what the view lists, in the order of the list.
    pub(crate) fn ids(&self) -> Vec<String> {
        let ids = |ids: &mut dyn Iterator<Item = &String>| ids.cloned().collect();
        match self.view {
            View::Overview => Vec::new(),
            View::Requests => {
                let rows = self.listed_requests();
                ids(&mut rows.iter().map(|row| &row.summary.id))
            }
            View::Accounts => ids(&mut self.accounts.all().iter().map(|account| &account.id)),
            View::Logs => ids(&mut self.logs.shown().iter().map(|line| &line.id)),
        }
    }

    /// Where the person is in the list of the view.
    pub(crate) fn cursor(&mut self) -> Option<&mut Cursor> {
        match self.view {
            View::Overview => None,
            View::Requests => Some(&mut self.request_list.cursor),
            View::Accounts => Some(&mut self.accounts.cursor),
            View::Logs => Some(&mut self.logs.cursor),
        }
    }

    /// Where the person is among the ids of the view's list.
    pub(crate) fn place_in(&self, ids: &[String]) -> Option<usize> {
        let cursor = match self.view {
            View::Overview => return None,
            View::Requests => &self.request_list.cursor,
            View::Accounts => &self.accounts.cursor,
            View::Logs => &self.logs.cursor,
        };
        Some(cursor.index(ids.iter().map(String::as_str))).filter(|place| *place < ids.len())
    }

    /// What is chosen in the list of the view, by its id.
    pub(crate) fn chosen(&self) -> Option<String> {
        let mut ids = self.ids();
        let place = self.place_in(&ids)?;
        Some(ids.swap_remove(place))
    }

    /// The requests of the list, as they are filtered, sorted and held.
    pub(crate) fn listed_requests(&self) -> Vec<&Row> {
        let list = &self.request_list;
        let requests = list.held.as_ref().unwrap_or(&self.requests);
        requests.list(&list.filter, list.sort)
    }

    /// Seconds since 1970.
    pub(crate) fn second(&self) -> i64 {
        self.now.as_second()
    }

    /// Says something in passing.
    pub(crate) fn toast(&mut self, text: impl Into<String>, bad: bool) {
        if self.toasts.len() == TOASTS {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast {
            text: text.into(),
            bad,
            until: self.now.saturating_add(TOAST).unwrap_or(self.now),
        });
    }

    /// Takes away what was said long enough.
    pub(crate) fn expire(&mut self) {
        let now = self.now;
        self.toasts.retain(|toast| toast.until > now);
    }
}

impl View {
    pub(crate) const ALL: [Self; 4] = [Self::Overview, Self::Requests, Self::Accounts, Self::Logs];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Requests => "Requests",
            Self::Accounts => "Accounts",
            Self::Logs => "Logs",
        }
    }

    /// The view that many tabs further, around the end.
    pub(crate) fn beside(self, steps: isize) -> Self {
        let place = Self::ALL.iter().position(|view| *view == self);
        let count = Self::ALL.len() as isize;
        let next = (place.unwrap_or(0) as isize + steps).rem_euclid(count);
        Self::ALL[next as usize]
    }
}
