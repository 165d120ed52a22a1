//! Accounts as they are shown, and how each did lately.

use std::collections::{HashMap, VecDeque};

use modelgate_management::Account;

use crate::app::Known;
use crate::list::Cursor;

/// Looks that a strip remembers.
pub(crate) const STRIP: usize = 24;

/// The accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) known: Known<Vec<Account>>,
    pub(crate) cursor: Cursor,
    strips: HashMap<String, Strip>,
}

/// What became of attempts between one look and the next, the latest last.
#[derive(Debug, Default)]
struct Strip {
    succeeded: u64,
    failed: u64,
    moments: VecDeque<Moment>,
}

/// A stretch of time between two looks.
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

    /// Takes in a look at all of them.
    pub(crate) fn look(&mut self, accounts: Vec<Account>) {
        self.strips
            .retain(|id, _| accounts.iter().any(|account| account.id == *id));
        for account in &accounts {
            let (succeeded, failed) = counts(account);
            match self.strips.get_mut(&account.id) {
                Some(strip) => strip.look(succeeded, failed),
                None => {
                    let strip = Strip {
                        succeeded,
                        failed,
                        moments: VecDeque::new(),
                    };
                    self.strips.insert(account.id.clone(), strip);
                }
            }
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

impl Strip {
    fn look(&mut self, succeeded: u64, failed: u64) {
        // A gateway that was started again counts from nothing.
        let good = succeeded > self.succeeded;
        let bad = failed > self.failed;
        let moment = match (good, bad) {
            (false, false) => Moment::Quiet,
            (true, false) => Moment::Good,
            (true, true) => Moment::Mixed,
            (false, true) => Moment::Bad,
        };
        (self.succeeded, self.failed) = (succeeded, failed);
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
        assert_eq!(strip, [Good, Bad, Mixed, Quiet, Quiet, Good]);
        for _ in 0..100 {
            accounts.look(vec![account(1, 0)]);
        }
        assert_eq!(accounts.strip("a").count(), STRIP);
        accounts.look(Vec::new());
        assert_eq!(accounts.strip("a").count(), 0);
    }
}
