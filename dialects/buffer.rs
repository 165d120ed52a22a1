//! Buffers for large bodies, which are used again: an allocator gives memory of this size back to the system at once, and
//! fetching a megabyte page by page costs more than writing to it.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Smaller ones are left to the allocator, in bytes.
const LARGE: usize = 256 << 10;
/// Larger ones are not kept, in bytes.
const HUGE: usize = 8 << 20;
/// What is kept for the next body, in bytes.
const KEPT: usize = 64 << 20;

/// A growing body. Its memory is used again once nobody looks at it any more.
#[derive(Debug, Default)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// A buffer that takes `capacity` bytes without growing.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        if capacity < LARGE {
            return Self(Vec::with_capacity(capacity));
        }
        let found = idle().take(capacity);
        // Sizes in steps, so that bodies of about the same length find each other's. Memory that is not written to costs
        // nothing.
        Self(found.unwrap_or_else(|| Vec::with_capacity(capacity.next_multiple_of(LARGE))))
    }

    /// The body, which grows no more.
    #[must_use]
    pub fn freeze(mut self) -> Bytes {
        if self.0.capacity() < LARGE {
            return Bytes::from(std::mem::take(&mut self.0));
        }
        // Little in a large buffer would keep it from the next body.
        if self.0.len() < self.0.capacity() / 8 {
            return Bytes::copy_from_slice(&self.0);
        }
        Bytes::from_owner(self)
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if (LARGE..=HUGE).contains(&self.0.capacity()) {
            idle().give(std::mem::take(&mut self.0));
        }
    }
}

/// Gives back the memory of buffers that nobody has needed since the last call. To be called every few seconds.
pub fn release_unused() {
    let unused = idle().unused();
    drop(unused);
}

fn idle() -> MutexGuard<'static, Idle> {
    static IDLE: Mutex<Idle> = Mutex::new(Idle::new());
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buffers between two bodies; the one used last is the first to be used again.
#[derive(Debug)]
struct Idle {
    buffers: Vec<Vec<u8>>,
    /// Bytes of all of them.
    size: usize,
    /// Least number of them since somebody asked: as many were not needed.
    least: usize,
}

impl Idle {
    const fn new() -> Self {
        Self {
            buffers: Vec::new(),
            size: 0,
            least: 0,
        }
    }

    fn take(&mut self, capacity: usize) -> Option<Vec<u8>> {
        // A small body in a large buffer would keep it from a large one.
        let fits = |buffer: &Vec<u8>| (capacity..=capacity * 4).contains(&buffer.capacity());
        let at = self.buffers.iter().rposition(fits)?;
        let buffer = self.buffers.remove(at);
        self.size -= buffer.capacity();
        self.least = self.least.min(self.buffers.len());
        Some(buffer)
    }

    fn give(&mut self, mut buffer: Vec<u8>) {
        if self.size + buffer.capacity() > KEPT {
            return;
        }
        buffer.clear();
        self.size += buffer.capacity();
        self.buffers.push(buffer);
    }

    fn unused(&mut self) -> Vec<Vec<u8>> {
        let unused: Vec<_> = self.buffers.drain(..self.least).collect();
        self.size -= unused.iter().map(Vec::capacity).sum::<usize>();
        self.least = self.buffers.len();
        unused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_buffer_of_a_fitting_size_is_used_again() {
        let mut idle = Idle::new();
        for size in [LARGE, 4 * LARGE, 2 * LARGE] {
            idle.give(Vec::with_capacity(size));
        }
        let taken = idle.take(LARGE).map(|buffer| buffer.capacity());
        assert_eq!(taken, Some(2 * LARGE));
        assert!(idle.take(8 * LARGE).is_none(), "none is large enough");
        assert!(
            idle.take(LARGE / 4)
                .is_some_and(|it| it.capacity() == LARGE)
        );
        assert!(
            idle.take(LARGE / 2).is_none(),
            "far too large a one is left"
        );
    }

    #[test]
    fn no_more_is_kept_than_allowed_and_all_of_it_is_empty() {
        let mut idle = Idle::new();
        for _ in 0..10 {
            idle.give(vec![7; HUGE]);
        }
        assert_eq!(idle.size, KEPT);
        assert_eq!(idle.take(HUGE).map(|buffer| buffer.len()), Some(0));
        assert_eq!(idle.size, KEPT - HUGE);
    }

    #[test]
    fn what_was_not_needed_for_a_while_is_given_back() {
        let mut idle = Idle::new();
        for _ in 0..3 {
            idle.give(Vec::with_capacity(LARGE));
        }
        assert_eq!(idle.unused().len(), 0, "they have only just come");
        let one = idle.take(LARGE);
        idle.give(one.unwrap_or_default());
        assert_eq!(idle.unused().len(), 2, "one was needed");
        assert_eq!((idle.unused().len(), idle.size), (1, 0));
    }

    #[test]
    fn bodies_of_every_size_are_what_was_written() {
        for size in [0, 10, LARGE - 1, LARGE, 3 * LARGE + 5] {
            let mut buffer = Buffer::with_capacity(size);
            buffer.resize(size, b'x');
            let body = buffer.freeze();
            assert!(body.len() == size && body.iter().all(|byte| *byte == b'x'));
        }
    }
}
