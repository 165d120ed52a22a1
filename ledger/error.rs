//! Why the ledger could not be asked or written.

use std::io;

/// Why a query, an export or an import came to nothing. Requests are served all the same.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no ledger to read yet; [`crate::Ledger::status`] tells why.
    #[error("the ledger is not open")]
    NotOpen,
    /// Another program's database has the name of the ledger. It is left alone.
    #[error("the file is a database of another program; name another file, or move it away")]
    Foreign,
    /// A newer version made the file. It is left alone.
    #[error("the file was made by a newer version (schema {found}, this one knows {known})")]
    Newer {
        /// The version of the file.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The writer did not answer within its time, or has ended.
    #[error("the ledger is busy or was closed; try again")]
    Busy,
    /// What SQLite says.
    #[error("the ledger's database failed")]
    Database(#[from] rusqlite::Error),
    /// The file or the place that is written to.
    #[error("the ledger's file or the output cannot be used")]
    Io(#[from] io::Error),
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The file is damaged: begin a new one.
    SetAside,
    /// Try again later: the disk may have room then, the file may be writable.
    Wait,
    /// It would fail again.
    GiveUp,
}

impl LedgerError {
    pub(crate) fn remedy(&self) -> Remedy {
        use rusqlite::ErrorCode as Code;
        let Self::Database(error) = self else {
            return Remedy::Wait;
        };
        match error.sqlite_error_code() {
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Remedy::SetAside,
            Some(Code::ConstraintViolation | Code::TypeMismatch | Code::TooBig) => Remedy::GiveUp,
            Some(_) => Remedy::Wait,
            None => Remedy::GiveUp,
        }
    }

    /// The message with its reasons.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}
