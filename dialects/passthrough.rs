//! Same dialect on both sides.
