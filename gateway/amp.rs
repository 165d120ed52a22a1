//! Amp, whose clients take this gateway for their own server (`management-api.md` 7.1).
//!
//! What they ask of a model is asked at one of our own paths below the name of a provider: it is answered by a provider of
//! ours that has the model, or one that stands in for it ([`choice`]). All else, and what nobody here has, goes on to Amp's
//! own server ([`passage`]), let in by the key that is for there and by none of ours ([`headers`]). Start at [`enter`].

mod choice;
mod control;
mod headers;
mod kept;
mod model;
mod passage;
mod place;
mod unpacked;

use modelgate_dialects::{Dialect, Str};
use warp::reply::Response;

pub(crate) use self::kept::Kept;
pub(crate) use self::place::Place;
use crate::request::Incoming;
use crate::state::State;

/// What is known of a request that came by one of Amp's paths to one of ours.
#[derive(Debug, Clone)]
pub(crate) struct ByAmp {
    /// The dialect of lists, which the name of the provider says.
    pub(crate) lists: Dialect,
    /// The model that stands in for the one that is asked for.
    pub(crate) instead: Option<Str>,
}

/// What becomes of a request at the door.
pub(crate) enum Entered {
    /// It goes on as a request to one of our own paths.
    Ours(Box<Incoming>),
    /// It is answered.
    Answered(Response),
}

/// Leads a request by one of Amp's paths to where it is answered.
pub(crate) async fn enter(state: &State, incoming: Box<Incoming>, place: Place) -> Entered {
    match place {
        Place::Ours { path, lists } => model::enter(state, incoming, path, lists).await,
        Place::Theirs(door) => Entered::Answered(control::answer(state, incoming, door).await),
    }
}

#[cfg(test)]
mod tests;
