//! Accounts as they are shown, and how each did lately.

use std::collections::{HashMap, VecDeque};

use modelgate_management::{Account, RequestSummary};

use crate::app::Known;
use crate::list::Cursor;
use crate::requests::has_failed;

/// Moments that a strip remembers.
pub(crate) const STRIP: usize = 24;
/// Seconds of a moment, about as long as between two looks.
const MOMENT: i64 = 10;

/// The accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) known: Known<Vec<Account>>,
    pub(crate) cursor: Cursor,
    strips: HashMap<String, Strip>,
    /// What was known at first has been taken in.
    begun: bool,
}

/// What became of attempts in the moments in which there were any, the latest last.
#[derive(Debug, Default)]
struct Strip {
    /// Good and bad attempts at the latest look.
    counts: Option<(u64, u64)>,
    moments: VecDeque<Moment>,
}

/// A stretch of time between two looks. However long nothing is tried, that is one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing was tried.
    Quiet,
    Good,
    Mixed,
    Bad,
}

impl Accounts {
    pub(crate) fn all(&self) -> &[Account] {
        self.known.value.as_deref().unwrap_or_default()
    }

    /// Takes in the requests that ended before the first look, the oldest first. Later ones are seen in the counts.
    pub(crate) fn begin<'r>(&mut self, requests: impl Iterator<Item = &'r RequestSummary>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let mut latest: HashMap<&str, (i64, Moment)> = HashMap::new();
        for request in requests {
            let (Some(account), Some(moment)) = (request.credential.as_deref(), outcome(request))
            else {
                continue;
            };
            let took = i64::try_from(request.total_ms / 1_000).unwrap_or(0);
            let time = request.time.as_second().saturating_add(took) / MOMENT;
            let strip = self.strips.entry(account.to_owned()).or_default();
            let moment = match latest.get(account) {
                Some((then, before)) if *then == time => {
                    strip.moments.pop_back();
                    if *before == moment {
                        moment
                    } else {
                        Moment::Mixed
                    }
                }
                Some((then, _)) if time - then > 1 => {
                    strip.push(Moment::Quiet);
                    moment
                }
                _ => moment,
            };
            latest.insert(account, (time, moment));
            strip.push(moment);
        }
    }

    /// Takes in a look at all of them.
    pub(crate) fn look(&mut self, accounts: Vec<Account>) {
        self.strips
            .retain(|id, _| accounts.iter().any(|account| account.id == *id));
        for account in &accounts {
            let strip = self.strips.entry(account.id.clone()).or_default();
            strip.look(counts(account));
        }
        self.known.learn(accounts);
    }

    /// Takes in how one of them is now.
    pub(crate) fn change(&mut self, account: Account) {
        let accounts = self.known.value.get_or_insert_default();
        match accounts.iter_mut().find(|known| known.id == account.id) {
            Some(known) => *known = account,
            None => accounts.push(account),
        }
    }

    pub(crate) fn remove(&mut self, id: &str) {
        if let Some(accounts) = &mut self.known.value {
            accounts.retain(|account| account.id != id);
        }
    }

    /// How an account did lately, the latest last.
    pub(crate) fn strip(&self, id: &str) -> impl Iterator<Item = Moment> {
        let strip = self.strips.get(id).into_iter();
        strip.flat_map(|strip| strip.moments.iter().copied())
    }
}

fn counts(account: &Account) -> (u64, u64) {
    (account.succeeded.unwrap_or(0), account.failed.unwrap_or(0))
}

/// What a request says of the account that answered it; none where it was the request's own fault, or nobody waited.
fn outcome(request: &RequestSummary) -> Option<Moment> {
    match request.status {
        400 | 404 | 413 | 422 | 499 => None,
        _ if has_failed(request) => Some(Moment::Bad),
        _ => Some(Moment::Good),
    }
}

impl Strip {
    fn look(&mut self, (succeeded, failed): (u64, u64)) {
        let Some(before) = self.counts.replace((succeeded, failed)) else {
            return;
        };
        // A gateway that was started again counts from nothing.
        let (good, bad) = (succeeded > before.0, failed > before.1);
        self.push(match (good, bad) {
            (false, false) => Moment::Quiet,
            (true, false) => Moment::Good,
            (true, true) => Moment::Mixed,
            (false, true) => Moment::Bad,
        });
    }

    fn push(&mut self, moment: Moment) {
        let quiet = matches!(self.moments.back(), None | Some(Moment::Quiet));
        if moment == Moment::Quiet && quiet {
            return;
        }
        if self.moments.len() == STRIP {
            self.moments.pop_front();
        }
        self.moments.push_back(moment);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::read;

    fn account(succeeded: u64, failed: u64) -> Account {
        read(
            json!({"id": "a", "provider": "p", "kind": "k", "source": "config", "state": "ready", "priority": 0,
            "succeeded": succeeded, "failed": failed}),
        )
    }

    #[test]
    fn a_strip_tells_how_attempts_ended_between_two_looks() {
        let mut accounts = Accounts::default();
        for (succeeded, failed) in [(5, 5), (6, 5), (6, 6), (7, 7), (7, 7), (0, 0), (1, 0)] {
            accounts.look(vec![account(succeeded, failed)]);
        }
        let strip: Vec<Moment> = accounts.strip("a").collect();
        use Moment::{Bad, Good, Mixed, Quiet};
        assert_eq!(strip, [Good, Bad, Mixed, Quiet, Good], "a pause is one");
        for count in 2..100 {
            accounts.look(vec![account(count, 0)]);
        }
        assert_eq!(accounts.strip("a").count(), STRIP);
        accounts.look(Vec::new());
        assert_eq!(accounts.strip("a").count(), 0);
    }

    #[test]
    fn a_strip_begins_with_the_requests_that_are_known() {
        let request = |id: &str, second: i64, status: u16, account: &str| -> RequestSummary {
            let time = jiff::Timestamp::from_second(1_700_000_000 + second).unwrap();
            read(
                json!({"id": id, "time": time, "dialect": "chat", "model": "m", "stream": false, "status": status,
                "complete": true, "attempts": 1, "total_ms": 0, "credential": account}),
            )
        };
        let requests = [
            request("1", 0, 200, "a"),
            request("2", 2, 503, "a"),
            request("3", 10, 200, "a"),
            request("4", 11, 200, "b"),
            request("5", 500, 429, "a"),
            request("6", 501, 400, "a"),
        ];
        let mut accounts = Accounts::default();
        accounts.begin(requests.iter());
        accounts.look(vec![account(7, 2)]);
        use Moment::{Bad, Good, Mixed, Quiet};
        let strip = |accounts: &Accounts| accounts.strip("a").collect::<Vec<_>>();
        assert_eq!(strip(&accounts), [Mixed, Good, Quiet, Bad]);
        accounts.look(vec![account(8, 2)]);
        assert_eq!(strip(&accounts), [Mixed, Good, Quiet, Bad, Good]);
        // Those that come later are counted at the looks.
        accounts.begin(requests.iter());
        assert_eq!(strip(&accounts).len(), 5);
        assert_eq!(accounts.strip("b").count(), 0, "there is no such account");
    }
}
