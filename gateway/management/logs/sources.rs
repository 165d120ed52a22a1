//! The files of a series, and the lines or the logs in them. Whatever their sizes, memory is bounded.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::logs::bundle::Entries;
use crate::logs::names::{self, Kind, Series};
use crate::logs::rolling::is_same;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;
/// Of a line, so many bytes are shown. Ours are shorter.
const LONGEST: usize = 64 << 10;

/// A file of a series.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// Open, where its name may mean another file at any moment.
    open: Option<File>,
    /// What counts: what is written later is read later.
    pub(super) length: u64,
    pub(super) modified: SystemTime,
}

/// The files of a series in a directory, the oldest first.
///
/// The one that is written to is opened before the others are listed: if it is put aside meanwhile, it is found twice and
/// left out once, and nothing is missed.
pub(super) fn sources(directory: &Path, series: Series) -> io::Result<Vec<Source>> {
    let path = directory.join(series.current());
    let main = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        file => Some(file?),
    };
    let metadata = main.as_ref().map(File::metadata).transpose()?;
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut sources: Vec<Source> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_rotated =
                names::kind(entry.file_name().to_str()?) == Some(Kind::Rotated(series));
            let other = entry
                .metadata()
                .ok()
                .filter(|it| is_rotated && it.is_file())?;
            let twice = metadata.as_ref().is_some_and(|main| is_same(main, &other));
            (!twice).then(|| Source::new(entry.path(), None, &other))
        })
        .collect();
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    if let (Some(file), Some(metadata)) = (main, metadata) {
        sources.push(Source::new(path, Some(file), &metadata));
    }
    Ok(sources)
}

impl Source {
    fn new(path: PathBuf, open: Option<File>, metadata: &fs::Metadata) -> Self {
        Self {
            path,
            open,
            length: metadata.len(),
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        }
    }

    /// The file from a place on; none where it is gone.
    fn open(&self, from: u64) -> io::Result<Option<File>> {
        let file = match &self.open {
            Some(file) => file.try_clone(),
            None => File::open(&self.path),
        };
        let mut file = match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        file.seek(SeekFrom::Start(from))?;
        Ok(Some(file))
    }

    /// The first bytes, at most so many.
    pub(super) fn head(&self, count: u64) -> io::Result<Vec<u8>> {
        self.part(0, count)
    }

    /// The bytes from a place on, at most so many.
    pub(super) fn part(&self, from: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut part = Vec::new();
        if let Some(file) = self.open(from)? {
            file.take(count).read_to_end(&mut part)?;
        }
        Ok(part)
    }

    /// The logs of requests in it; none where it is gone.
    pub(super) fn entries(&self) -> io::Result<Option<Entries>> {
        self.open(0)?.map(Entries::of).transpose()
    }

    /// Hands every whole line from a place on to `take`, until that tells false, and tells where it ended.
    pub(super) fn lines(&self, from: u64, mut take: impl FnMut(&str) -> bool) -> io::Result<u64> {
        let Some(file) = self.open(from)? else {
            return Ok(self.length);
        };
        let rest = self.length.saturating_sub(from);
        let mut reader = BufReader::with_capacity(PIECE, file.take(rest));
        let mut line = Vec::new();
        let (mut end, mut at) = (from, from);
        loop {
            let piece = reader.fill_buf()?;
            if piece.is_empty() {
                return Ok(end);
            }
            let stop = piece.iter().position(|byte| *byte == b'\n');
            let part = &piece[..stop.unwrap_or(piece.len())];
            let room = LONGEST - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(stop.is_some());
            reader.consume(used);
            at += used as u64;
            if stop.is_some() {
                end = at;
                if !take(String::from_utf8_lossy(&line).trim_end_matches('\r')) {
                    return Ok(end);
                }
                line.clear();
            }
        }
    }

    /// Where the last `count` whole lines begin, and how many there are if they are fewer; at most so many bytes before the
    /// end.
    pub(super) fn tail(&self, count: usize, most: u64) -> io::Result<(u64, usize)> {
        let mut piece = vec![0; PIECE];
        let mut ends = 0;
        let mut at = self.length;
        let first = self.length.saturating_sub(most);
        while at > first {
            let start = at.saturating_sub(PIECE as u64).max(first);
            let Some(mut file) = self.open(start)? else {
                return Ok((self.length, 0));
            };
            // At most a piece.
            let size = usize::try_from(at - start).unwrap_or(PIECE);
            file.read_exact(&mut piece[..size])?;
            for (index, _) in piece[..size]
                .iter()
                .enumerate()
                .rev()
                .filter(|(_, byte)| **byte == b'\n')
            {
                if ends == count {
                    return Ok((start + index as u64 + 1, count));
                }
                ends += 1;
            }
            at = start;
        }
        if first == 0 {
            return Ok((0, ends));
        }
        // It is somewhere within a line.
        let begin = self.lines(first, |_| false)?;
        Ok((begin, ends.saturating_sub(1)))
    }
}
