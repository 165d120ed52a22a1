//! The vendor's words.
