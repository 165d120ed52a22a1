//! How a credential does: what it is barred from, why, and when it is tried again.
//!
//! A bar is as wide as its evidence: a refused key bars everything, a limit of one model that model only. When its time is
//! over one real request is the trial; a success ends the bar, a failure makes the next one longer.

mod recent;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use modelgate_dialects::Str;

use self::recent::Recent;
pub use self::recent::{STRETCH, STRETCHES, Stretch};
use crate::moment::Moment;
use crate::quota::QuotaWindow;
use crate::{CallError, CallErrorKind};

/// A trial without an outcome blocks other trials for this long.
const TRIAL: Duration = Duration::from_secs(60);
/// First bar after a limit, an overload or a lost connection; doubles with every failure in a row.
const SHORT: Duration = Duration::from_secs(1);
/// First bar after a refusal that somebody has to mend.
const LONG: Duration = Duration::from_secs(60);
/// Longest bar that is no limit with a time of its own.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// Characters of a failure's message that are kept.
const MESSAGE: usize = 300;
/// Models of one credential that can have a bar of their own.
const MODELS: usize = 64;

/// How long credentials are barred; from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cooling {
    /// Longest bar, whatever the provider says.
    pub max: Duration,
    /// Longest bar after an overload or a lost connection; zero: none.
    pub transient: Duration,
    /// Nothing is ever barred.
    pub disabled: bool,
}

/// What a credential may be used for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing speaks against it.
    Free,
    /// A bar is over, and nobody has tried since.
    Due,
    /// A bar is over, and somebody is trying.
    OnTrial,
    /// Barred.
    Barred {
        /// Until then.
        until: Moment,
        /// Because of trouble that comes and goes: better than nobody.
        soft: bool,
    },
}

/// What a bar is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The failure.
    pub kind: CallErrorKind,
    /// Its status.
    pub status: u16,
    /// What the provider said.
    pub message: Str,
    /// When it began.
    pub since: Moment,
    /// When it is over.
    pub until: Moment,
    /// Failures in a row.
    pub failures: u32,
    trial: Option<Moment>,
}

/// How one credential does. Survives new configurations; shared by everything that uses the credential.
#[derive(Debug, Default)]
pub struct Health {
    /// There is a bar of everything. This and the next are here to look at without the lock.
    barred: AtomicU32,
    /// Models with a bar of their own.
    barred_models: AtomicU32,
    succeeded: AtomicU64,
    failed: AtomicU64,
    recent: Recent,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Most credentials have none.
    all: Option<Box<Bar>>,
    models: Vec<(Str, Bar)>,
    quota: Vec<QuotaWindow>,
}

/// Everything that is known of a credential's health.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The bar of everything.
    pub all: Option<Bar>,
    /// The bars of single models, by the upstream's name.
    pub models: Vec<(Str, Bar)>,
    /// The windows of the account's plan, as the provider last told them.
    pub quota: Vec<QuotaWindow>,
    /// Calls that were answered, since the start.
    pub succeeded: u64,
    /// Calls that failed for reasons of the credential or the provider, since the start.
    pub failed: u64,
}

impl Health {
    /// What the credential may be used for now.
    #[must_use]
    pub fn standing(&self, model: &str, now: Moment) -> Standing {
        if self.is_well() {
            return Standing::Free;
        }
        let inner = self.lock();
        let of = |bar: &Bar| bar.standing(now);
        let all = inner.all.as_deref().map_or(Standing::Free, of);
        let own = inner.bar_of(model).map_or(Standing::Free, of);
        worse(all, own)
    }

    /// Takes the trial of a bar that is over; false when somebody else has it or the bar is not over.
    pub fn try_again(&self, model: &str, now: Moment) -> bool {
        let mut inner = self.lock();
        let bars = inner.bars_of(model);
        let mut bars: Vec<&mut Bar> = bars.collect();
        let free = bars.iter().all(|bar| bar.standing(now) == Standing::Due);
        if free {
            bars.iter_mut().for_each(|bar| bar.trial = Some(now));
        }
        free
    }

    /// A call was answered.
    pub fn on_success(&self, model: &str) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        self.recent.succeeded(SystemTime::now());
        if self.is_well() {
            return;
        }
        let mut inner = self.lock();
        inner.all = None;
        inner.models.retain(|(name, _)| **name != *model);
        self.count(&inner);
    }

    /// A call failed that began at a moment; gives what is barred now, if anything is.
    pub fn on_failure(
        &self,
        model: &Str,
        error: &CallError,
        began: Moment,
        cooling: &Cooling,
        now: Moment,
    ) -> Option<Bar> {
        if !error.counts() {
            self.on_nothing(model);
            return None;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.recent.failed(SystemTime::now());
        let mut inner = self.lock();
        inner.bars_of(model).for_each(|bar| bar.trial = None);
        let everything = error.bars_everything();
        let before = if everything {
            inner.all.take().map(|bar| *bar)
        } else {
            inner.take(model)
        };
        let bar = next_bar(before, error, began, cooling, now);
        if everything {
            inner.all = bar.clone().map(Box::new);
        } else if let Some(bar) = &bar {
            inner.put(model, bar);
        }
        self.count(&inner);
        bar
    }

    /// A call ended without telling anything of the credential: the client left, or the request was wrong.
    pub fn on_nothing(&self, model: &str) {
        if self.is_well() {
            return;
        }
        let mut inner = self.lock();
        inner.bars_of(model).for_each(|bar| bar.trial = None);
    }

    /// Bars everything until it is cleared, for an account whose owner has to log in again.
    pub fn shut(&self, message: Str, now: Moment) {
        let mut inner = self.lock();
        inner.all = Some(Box::new(Bar {
            kind: CallErrorKind::Unauthorized,
            status: 401,
            message,
            since: now,
            until: Moment::NEVER,
            failures: 1,
            trial: None,
        }));
        self.count(&inner);
    }

    /// Takes over a bar of an earlier run, of one model or of everything; one that is known already is newer.
    pub(crate) fn restore(&self, model: Option<&Str>, bar: Bar) {
        let mut inner = self.lock();
        match model {
            None => {
                inner.all.get_or_insert_with(|| Box::new(bar));
            }
            Some(model) if inner.bar_of(model).is_none() => inner.put(model, &bar),
            Some(_) => {}
        }
        self.count(&inner);
    }

    /// Ends every bar.
    pub fn clear(&self) {
        if self.is_well() {
            return;
        }
        let mut inner = self.lock();
        inner.all = None;
        inner.models.clear();
        self.count(&inner);
    }

    /// Takes over what the provider tells of the plan's windows.
    pub fn on_quota(&self, windows: Vec<QuotaWindow>) {
        if !windows.is_empty() {
            self.lock().quota = windows;
        }
    }

    /// What speaks against using the credential for a model: the wider bar, if there are two.
    #[must_use]
    pub fn bar(&self, model: &str) -> Option<Bar> {
        let inner = self.lock();
        inner
            .all
            .as_deref()
            .or_else(|| inner.bar_of(model))
            .cloned()
    }

    /// Everything that is known.
    #[must_use]
    pub fn report(&self) -> Report {
        let inner = self.lock();
        Report {
            all: inner.all.as_deref().cloned(),
            models: inner.models.clone(),
            quota: inner.quota.clone(),
            succeeded: self.succeeded.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    /// What became of the calls of the last hours, the oldest stretch of time first.
    #[must_use]
    pub fn recent(&self, now: SystemTime) -> [Stretch; STRETCHES] {
        self.recent.report(now)
    }

    /// Nothing is barred.
    pub(crate) fn is_well(&self) -> bool {
        self.barred.load(Ordering::Relaxed) == 0 && self.barred_models.load(Ordering::Relaxed) == 0
    }

    /// Brings the numbers up to date that are looked at without the lock.
    fn count(&self, inner: &Inner) {
        self.barred
            .store(u32::from(inner.all.is_some()), Ordering::Relaxed);
        let models = u32::try_from(inner.models.len()).unwrap_or(u32::MAX);
        self.barred_models.store(models, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn bar_of(&self, model: &str) -> Option<&Bar> {
        let found = self.models.iter().find(|(name, _)| **name == *model);
        found.map(|(_, bar)| bar)
    }

    fn take(&mut self, model: &str) -> Option<Bar> {
        let place = self.models.iter().position(|(name, _)| **name == *model)?;
        Some(self.models.swap_remove(place).1)
    }

    /// Of too many the one is forgotten that is over first: clients may ask for any name.
    fn put(&mut self, model: &Str, bar: &Bar) {
        self.models.push((model.clone(), bar.clone()));
        if self.models.len() > MODELS {
            let first = self
                .models
                .iter()
                .enumerate()
                .min_by_key(|(_, (_, bar))| bar.until);
            if let Some((place, _)) = first {
                self.models.swap_remove(place);
            }
        }
    }

    fn bars_of<'a>(&'a mut self, model: &'a str) -> impl Iterator<Item = &'a mut Bar> {
        let own = self
            .models
            .iter_mut()
            .filter(move |(name, _)| **name == *model);
        self.all
            .as_deref_mut()
            .into_iter()
            .chain(own.map(|(_, bar)| bar))
    }
}

impl Bar {
    /// A bar of an earlier run.
    pub(crate) fn kept(
        kind: CallErrorKind,
        status: u16,
        message: Str,
        failures: u32,
        since: Moment,
        until: Moment,
    ) -> Self {
        Self {
            kind,
            status,
            message,
            since,
            until,
            failures,
            trial: None,
        }
    }

    /// What it means now.
    #[must_use]
    pub fn standing(&self, now: Moment) -> Standing {
        if now < self.until {
            return Standing::Barred {
                until: self.until,
                soft: is_soft(self.kind),
            };
        }
        match self.trial {
            Some(begun) if now.since(begun) < TRIAL => Standing::OnTrial,
            _ => Standing::Due,
        }
    }
}

/// The bar after a failure; none where nothing is to be barred.
fn next_bar(
    before: Option<Bar>,
    error: &CallError,
    began: Moment,
    cooling: &Cooling,
    now: Moment,
) -> Option<Bar> {
    // Calls that were under way when the bar began tell of the same trouble, not of more of it.
    let same = before.as_ref().is_some_and(|bar| began <= bar.since);
    let known = before.as_ref().map_or(0, |bar| bar.failures);
    let failures = if same { known } else { known.saturating_add(1) };
    let wait = wait(error, failures, cooling);
    if wait.is_zero() {
        return None;
    }
    let until = now.after(wait);
    let message: String = error.error.message.chars().take(MESSAGE).collect();
    Some(Bar {
        kind: error.kind,
        status: error.error.status,
        message: Str::from(message),
        since: if same {
            before.as_ref().map_or(now, |bar| bar.since)
        } else {
            now
        },
        until: before.map_or(until, |bar| bar.until.max(until)),
        failures,
        trial: None,
    })
}

/// How long to bar after so many failures in a row.
fn wait(error: &CallError, failures: u32, cooling: &Cooling) -> Duration {
    use CallErrorKind::{
        Billing, Broken, Forbidden, Invalid, NotFound, Overloaded, RateLimited, TimedOut,
        Unauthorized, Unreachable, Unwelcome,
    };
    if cooling.disabled {
        return Duration::ZERO;
    }
    let hint = error.error.retry_after;
    let doubled = |first: Duration, longest: Duration| {
        let times = 1_u32 << failures.saturating_sub(1).min(16);
        first.saturating_mul(times).min(longest)
    };
    let wait = match error.kind {
        RateLimited => hint.unwrap_or_else(|| doubled(SHORT, LONGEST)),
        Overloaded | Broken | TimedOut | Unreachable => {
            let own = doubled(SHORT, cooling.transient);
            hint.filter(|_| !own.is_zero()).unwrap_or(own)
        }
        // `Invalid` and `Unwelcome` only where a rule of the operator's says so.
        Unauthorized | Forbidden | Unwelcome | NotFound | Invalid => doubled(LONG, LONGEST),
        Billing => hint.unwrap_or_else(|| doubled(5 * LONG, LONGEST)),
    };
    wait.min(cooling.max)
}

/// Trouble of the provider or the network, which nobody has to mend or wait for.
const fn is_soft(kind: CallErrorKind) -> bool {
    use CallErrorKind::{Broken, Overloaded, TimedOut, Unreachable};
    matches!(kind, Overloaded | Broken | TimedOut | Unreachable)
}

fn worse(one: Standing, other: Standing) -> Standing {
    let rank = |standing: Standing| match standing {
        Standing::Free => (0, Moment::at(0)),
        Standing::Due => (1, Moment::at(0)),
        Standing::OnTrial => (2, Moment::at(0)),
        Standing::Barred { until, soft: true } => (3, until),
        Standing::Barred { until, soft: false } => (4, until),
    };
    if rank(one) >= rank(other) { one } else { other }
}

#[cfg(test)]
mod tests;
