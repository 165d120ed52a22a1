//! Placeholder for the next commit.
