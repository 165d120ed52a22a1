//! Rows that wait to be written, one behind the other in the same memory. A channel would have each of them allocated here and
//! freed by another thread, which costs more than to leave it here.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::Row;

/// Where rows wait.
#[derive(Debug)]
pub(crate) struct Queue {
    /// None once nobody takes them any more.
    rows: Mutex<Option<Vec<Row>>>,
    /// How many may wait.
    most: usize,
}

impl Queue {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            rows: Mutex::new(Some(Vec::new())),
            most,
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// Says why there is no place for it.
    pub(crate) fn push(&self, row: Row) -> Result<(), &'static str> {
        match &mut *self.rows() {
            None => Err("the ledger is closed"),
            Some(rows) if rows.len() >= self.most => Err("the ledger's queue is full"),
            Some(rows) => {
                rows.push(row);
                Ok(())
            }
        }
    }

    /// Hands over the rows that wait, in the order in which they came; the next ones come into the memory of `empty`.
    pub(crate) fn exchange(&self, empty: &mut Vec<Row>) {
        if let Some(rows) = &mut *self.rows() {
            std::mem::swap(rows, empty);
        }
    }

    /// Takes no more rows, and tells how many waited.
    pub(crate) fn close(&self) -> usize {
        self.rows().take().map_or(0, |rows| rows.len())
    }

    fn rows(&self) -> MutexGuard<'_, Option<Vec<Row>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
