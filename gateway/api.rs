//! The endpoints beside the ones that ask a model.

pub(crate) mod callback;
pub(crate) mod count_tokens;
pub(crate) mod embeddings;
pub(crate) mod internal;
pub(crate) mod models;
pub(crate) mod passed;
pub(crate) mod responses;
pub(crate) mod server_info;
mod whole;
