//! Telling strings from structure in JSON that comes in pieces.

/// Follows JSON byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    open: bool,
    escaped: bool,
}

impl Strings {
    /// Takes the next byte; whether it belongs to a string, its quotes included.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        if !self.open {
            self.open = byte == b'"';
            return self.open;
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.open = false,
            _ => {}
        }
        true
    }

    /// Whether a string has begun and not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }
}
