//! What the dashboard knows and where the person is in it: plain data, changed by `update` alone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use modelgate_management::{Account, RequestDetail, UsageSummary};

use crate::keymap::Scope;
use crate::list::Cursor;
use crate::message::{Fetch, Link, Trouble};
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
    /// The line that is typed.
    pub(crate) input: Option<Input>,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) traffic: Traffic,
    pub(crate) requests: Requests,
    pub(crate) request_list: RequestList,
    pub(crate) accounts: Known<Vec<Account>>,
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
            input: None,
            toasts: Vec::new(),
            traffic: Traffic::default(),
            requests: Requests::default(),
            request_list: RequestList::default(),
            accounts: Known::default(),
            spent: Known::default(),
            lost: 0,
            polled: None,
            asked: Vec::new(),
            ended_since_spent: false,
        }
    }

    /// Where keys count now, the nearest first.
    pub(crate) fn scopes(&self) -> &'static [Scope] {
        if self.input.is_some() {
            return &[Scope::Typing];
        }
        match (self.pages.last(), self.view) {
            (Some(_), _) => &[Scope::Page],
            (None, View::Overview) => &[Scope::Everywhere],
            (None, View::Requests) => &[Scope::Requests, Scope::List, Scope::Everywhere],
        }
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
    pub(crate) const ALL: [Self; 2] = [Self::Overview, Self::Requests];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Requests => "Requests",
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
