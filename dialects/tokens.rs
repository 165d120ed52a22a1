//! Local token estimate.
