//! Connections that read, kept between questions.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::LedgerError;
use crate::sqlite::Reader;

/// Connections that are kept; under more questions at once, more are opened.
const KEPT: usize = 4;

#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    /// Asks a question. A connection that failed, or whose file was put aside, is not used again.
    pub(crate) fn ask<T>(
        &self,
        ask: impl FnOnce(&Reader) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let reader = match kept {
            Some(reader) if reader.is_of(&self.path) => reader,
            _ => Reader::open(&self.path)?,
        };
        let answer = ask(&reader)?;
        let mut idle = idle();
        if idle.len() < KEPT {
            idle.push(reader);
        }
        Ok(answer)
    }
}
