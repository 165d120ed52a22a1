//! Settings of one value.

use modelgate_config::setting::strategy;
use serde_json::Value as Json;

use super::{Ask, Verb};
use crate::management::refused::Refused;

/// What the value is.
#[derive(Debug)]
pub(super) struct Scalar {
    shape: Shape,
    deletable: bool,
}

#[derive(Debug)]
enum Shape {
    /// Its default.
    Flag(bool),
    /// Its default, and what stands for all numbers below zero.
    Number(i64, Option<i64>),
    Text,
    /// One of the words for a strategy.
    Strategy,
}

impl Scalar {
    const fn new(shape: Shape) -> Self {
        let deletable = false;
        Self { shape, deletable }
    }

    pub(super) const fn flag(default: bool) -> Self {
        Self::new(Shape::Flag(default))
    }

    pub(super) const fn number(default: i64) -> Self {
        Self::new(Shape::Number(default, None))
    }

    pub(super) const fn text() -> Self {
        Self::new(Shape::Text)
    }

    pub(super) const fn strategy() -> Self {
        Self::new(Shape::Strategy)
    }

    /// Numbers below zero are stored as this one.
    pub(super) const fn negative(self, instead: i64) -> Self {
        match self.shape {
            Shape::Number(default, _) => Self::new(Shape::Number(default, Some(instead))),
            _ => self,
        }
    }

    pub(super) const fn deletable(self) -> Self {
        Self {
            shape: self.shape,
            deletable: true,
        }
    }

    pub(super) const fn is_deletable(&self) -> bool {
        self.deletable
    }

    /// What the file says, else the default.
    pub(super) fn value(&self, said: Option<&Json>) -> Json {
        match (&self.shape, said) {
            (Shape::Flag(_), Some(Json::Bool(flag))) => Json::from(*flag),
            (Shape::Flag(default), _) => Json::from(*default),
            (Shape::Number(..), Some(Json::Number(number))) => Json::from(number.clone()),
            (Shape::Number(default, _), _) => Json::from(*default),
            (Shape::Text, said) => Json::from(text(said).trim()),
            (Shape::Strategy, said) => Json::from(strategy(text(said)).unwrap_or_default().name()),
        }
    }

    pub(super) fn changed(&self, verb: Verb, ask: &Ask) -> Result<Json, Refused> {
        if verb == Verb::Delete {
            return Ok(Json::from(""));
        }
        let value = ask.value()?;
        match &self.shape {
            Shape::Flag(_) if value.is_boolean() => Ok(value),
            Shape::Number(_, below) => {
                let number = value.as_i64().ok_or_else(Refused::body)?;
                let instead = below.filter(|_| number < 0);
                Ok(Json::from(instead.unwrap_or(number)))
            }
            Shape::Text => {
                let text = value.as_str().ok_or_else(Refused::body)?;
                Ok(Json::from(text.trim()))
            }
            Shape::Strategy => {
                let text = value.as_str().ok_or_else(Refused::body)?;
                let strategy = strategy(text).ok_or_else(|| Refused::bad("invalid strategy"))?;
                Ok(Json::from(strategy.name()))
            }
            Shape::Flag(_) => Err(Refused::body()),
        }
    }
}

fn text(said: Option<&Json>) -> &str {
    said.and_then(Json::as_str).unwrap_or_default()
}
