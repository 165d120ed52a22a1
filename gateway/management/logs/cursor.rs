//! A place in the log that outlives rotation: a file is known by how it begins, not by its name.

use std::fmt;
use std::io;

use sha2::{Digest as _, Sha256};

use super::sources::Source;

/// Of a file, so many bytes tell it from all others.
const HEAD: u64 = 4_096;
/// What a cursor of this form begins with.
const VERSION: &str = "1";

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// How the file begins, up to the place.
    fingerprint: String,
    /// Bytes before the place.
    offset: u64,
    /// The latest time of a line before it.
    pub(super) latest: i64,
}

impl Cursor {
    /// The place in one of several files, of which the oldest is the first. At the beginning of a file that is the end of the
    /// one before: of nothing there is no fingerprint.
    pub(super) fn at(
        sources: &[Source],
        index: usize,
        offset: u64,
        latest: i64,
    ) -> io::Result<Self> {
        let before = sources[..index.min(sources.len())].iter().rev();
        let mut before = before.filter(|source| source.length > 0);
        let (source, offset) = match (sources.get(index), before.next()) {
            (Some(source), _) if offset > 0 => (Some(source), offset),
            (_, Some(before)) => (Some(before), before.length),
            (_, None) => (None, 0),
        };
        let head = source.map_or(Ok(Vec::new()), |source| source.head(offset.min(HEAD)))?;
        Ok(Self {
            fingerprint: fingerprint(&head),
            offset,
            latest,
        })
    }

    /// The cursor that somebody was given; none where it is something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let mut next = || parts.next();
        let (version, offset, latest, fingerprint) = (next()?, next()?, next()?, next()?);
        let is_whole = next().is_none() && version == VERSION && fingerprint.len() == 64;
        is_whole.then_some(Self {
            fingerprint: fingerprint.to_owned(),
            offset: offset.parse().ok()?,
            latest: latest.parse().ok()?,
        })
    }

    /// The file and the place in it; none where it is gone.
    pub(super) fn find(&self, sources: &[Source]) -> io::Result<Option<(usize, u64)>> {
        if self.offset == 0 {
            let is_start = self.fingerprint == fingerprint(b"");
            return Ok(is_start.then_some((0, 0)));
        }
        for (index, source) in sources.iter().enumerate().rev() {
            if source.length < self.offset {
                continue;
            }
            let head = source.head(self.offset.min(HEAD))?;
            if fingerprint(&head) == self.fingerprint {
                return Ok(Some((index, self.offset)));
            }
        }
        Ok(None)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fingerprint,
            offset,
            latest,
        } = self;
        write!(f, "{VERSION}.{offset}.{latest}.{fingerprint}")
    }
}

fn fingerprint(head: &[u8]) -> String {
    let digest = Sha256::digest(head);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
