//! `GET /{provider}/callback`: where browsers come back to at the end of a login that was begun over HTTP
//! (`management-api.md` 4.5).
//!
//! Whoever comes needs no key, and learns nothing: only the state of a login that waits counts, once.

use std::sync::Arc;

use modelgate_providers::oauth::{self, Callback, LoginError, Page};
use warp::reply::Response;

use crate::pending::{self, ended_at};
use crate::state::State;

/// The page for a browser that comes back to `/{name}/callback`; none if there is no such place.
pub(crate) fn callback(state: &Arc<State>, name: &str, query: Option<&str>) -> Option<Response> {
    let kind = ended_at(name)?;
    let callback = Callback::from_query(query.unwrap_or_default());
    let config = Arc::clone(&state.snapshot().config);
    let page = |page: Page<'_>| oauth::shown(kind, &config.oauth, page).map(Into::into);
    Some(match pending::back(state, Some(kind), &callback) {
        Ok(None) => page(Page::Done),
        Ok(Some(LoginError::Denied { reason })) => page(Page::Denied(&reason)),
        Ok(Some(_)) | Err(_) => page(Page::Stray),
    })
}
