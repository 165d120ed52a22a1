//! What is old is removed, a little at a time.

use rusqlite::TransactionBehavior;

use super::Store;
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
        for (table, parts) in [
            ("usage", "client_key, model"),
            ("credential_usage", "provider, credential"),
        ] {
            for (level, bucket) in [(0, day.saturating_mul(24)), (1, day)] {
                let sql = format!(
                    "DELETE FROM {table} WHERE (level, bucket, {parts}) IN
                     (SELECT level, bucket, {parts} FROM {table}
                      WHERE level = ?1 AND bucket < ?2 LIMIT ?3)"
                );
                let removed = transaction.execute(&sql, (level, bucket, AT_ONCE))?;
                more |= i64::try_from(removed).unwrap_or(0) == AT_ONCE;
            }
        }
        transaction.commit()?;
        Ok(more)
    }
}
