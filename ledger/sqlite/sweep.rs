//! What is old is removed, a little at a time.

use rusqlite::TransactionBehavior;

use super::{Kind, Level, Store};
use crate::LedgerError;
use crate::record::RequestId;

/// Rows that are removed at once, so that writing never waits long.
const AT_ONCE: i64 = 2_000;

const DAY: i64 = 86_400_000;

impl Store {
    /// Removes some rows that began before so many days ago, and some sums. Says whether there may be more.
    pub(crate) fn sweep(
        &mut self,
        now: i64,
        row_days: Option<u32>,
        sum_days: Option<u32>,
    ) -> Result<bool, LedgerError> {
        let before = |days: u32| now.saturating_sub(i64::from(days).saturating_mul(DAY));
        let mut more = false;
        if let Some(days) = row_days {
            more |= self.sweep_rows(before(days))?;
        }
        if let Some(days) = sum_days {
            more |= self.sweep_sums(before(days).div_euclid(DAY))?;
        }
        Ok(more)
    }

    fn sweep_rows(&mut self, millis: i64) -> Result<bool, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let removed = transaction.execute(
            "DELETE FROM request WHERE id IN
             (SELECT id FROM request WHERE id < ?1 ORDER BY id LIMIT ?2)",
            (RequestId::first_of(millis).0, AT_ONCE),
        )?;
        if removed > 0 {
            // From now on nobody can tell what was here before.
            transaction.execute("UPDATE horizon SET millis = max(millis, ?1)", [millis])?;
        }
        transaction.commit()?;
        Ok(i64::try_from(removed).unwrap_or(0) == AT_ONCE)
    }

    fn sweep_sums(&mut self, day: i64) -> Result<bool, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let mut more = false;
        for kind in Kind::ALL {
            for level in Level::ALL {
                let bucket = level.bucket(day.saturating_mul(24));
                let removed = transaction.execute(
                    "DELETE FROM sums WHERE (kind, level, bucket, a, b) IN
                     (SELECT kind, level, bucket, a, b FROM sums
                      WHERE kind = ?1 AND level = ?2 AND bucket < ?3 LIMIT ?4)",
                    (kind.number(), level.number(), bucket, AT_ONCE),
                )?;
                more |= i64::try_from(removed).unwrap_or(0) == AT_ONCE;
            }
        }
        transaction.commit()?;
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Counts, Origin, Row};
    use crate::{Cost, Outcome, Tokens};

    fn row(day: i64, number: u64) -> Row {
        let mut id = RequestId::first_of(day * DAY + 1);
        id.0[8..].copy_from_slice(&number.to_be_bytes());
        Row {
            id,
            key: None,
            credential: None,
            provider: None,
            requested_model: None,
            served_model: None,
            client_dialect: None,
            upstream_dialect: None,
            stream: false,
            status: 200,
            outcome: Outcome::Completed,
            error: None,
            tokens: Tokens::default(),
            latency: std::time::Duration::ZERO,
            first_byte: None,
            upstream: None,
            cost: Cost::Unpriced,
            bytes_in: 0,
            bytes_out: 0,
            losses: 0,
            attempts: Vec::new(),
            imported: None,
        }
    }

    fn count(store: &Store, sql: &str) -> i64 {
        let count = store.connection.query_row(sql, [], |row| row.get(0));
        count.unwrap()
    }

    #[test]
    fn what_is_old_is_removed_and_sums_later() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(&directory.path().join("l.db"), None).unwrap();
        let rows: Vec<Row> = (0..3_000).map(|number| row(20_000, number)).collect();
        store.write(&rows).unwrap();
        store.write(&[row(20_080, 0), row(20_100, 0)]).unwrap();
        let rows = "SELECT count(*) FROM request";
        let sums = "SELECT count(*) FROM sums";
        let requests = "SELECT sum(requests) FROM sums WHERE kind = 0";

        // A little at a time.
        let now = 20_100 * DAY;
        assert!(store.sweep(now, Some(90), None).unwrap());
        assert_eq!(count(&store, rows), 1_002);
        assert!(!store.sweep(now, Some(90), None).unwrap());
        assert_eq!(count(&store, rows), 2);
        assert_eq!(count(&store, requests), 3_002);
        // One for all, two by key, model and credential each, one by key and model: of three days.
        assert_eq!(count(&store, sums), 24);
        assert!(!store.sweep(now, Some(20), Some(30)).unwrap());
        assert_eq!(count(&store, rows), 2);
        assert_eq!(count(&store, sums), 16);
        assert_eq!(count(&store, requests), 2);
        assert!(!store.sweep(now, None, None).unwrap());
        assert!(!store.sweep(now, Some(u32::MAX), Some(u32::MAX)).unwrap());
        assert_eq!(count(&store, rows), 2);
    }

    #[test]
    fn what_was_removed_does_not_come_back_by_an_import() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(&directory.path().join("l.db"), None).unwrap();
        let imported = |day, number| Row {
            imported: Some(Origin {
                nanos: 0,
                auth_index: None,
                counts: Counts {
                    input: number,
                    ..Counts::default()
                },
            }),
            ..row(day, number)
        };
        // Into a new ledger old rows may come.
        let merged = store.import(&[imported(10_000, 1)]).unwrap();
        assert_eq!((merged.added, merged.skipped), (1, 0));
        store.sweep(20_000 * DAY, Some(90), None).unwrap();
        assert_eq!(count(&store, "SELECT count(*) FROM request"), 0);
        let merged = store
            .import(&[
                imported(10_000, 1),
                imported(19_909, 2),
                imported(19_910, 3),
            ])
            .unwrap();
        assert_eq!((merged.added, merged.skipped), (1, 2));
        assert_eq!(store.counts().unwrap(), (2, 0));
    }
}
