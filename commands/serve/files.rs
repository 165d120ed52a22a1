//! The limit of open files: every request of a client needs two.

/// Files beside connections: logs, the configuration, the runtime's own.
const OTHERS: u64 = 64;
/// So many are enough for a person; who needs more is not told at every start.
const PLENTY: u64 = 4096;

/// Raises the limit as far as the system lets us, and says when that is not far enough for the connections that
/// the configuration allows.
pub(crate) fn raise_limit(connections: usize) {
    let wanted = wanted(connections);
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < wanted.min(PLENTY) => tracing::warn!(
            limit,
            wanted,
            "few files may be open at a time, so new connections may be refused; `ulimit -n` raises the limit, \
             `limits.connections` asks for less"
        ),
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "the limit of open files stays as it is"),
    }
}

/// A connection to the client and one to the provider, for every connection allowed.
fn wanted(connections: usize) -> u64 {
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    connections.saturating_mul(2).saturating_add(OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_for_a_connection() {
        assert_eq!(wanted(10_000), 20_064);
        assert_eq!(wanted(usize::MAX), u64::MAX);
    }
}
