//! Where a value stands, and readers that name the place when its shape is wrong.

use std::fmt;

use crate::error::DecodeError;
use crate::json::{Str, Value};

/// A path that costs nothing until it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'p> {
    before: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Item(usize),
}

impl<'p> At<'p> {
    /// A key of the outermost object.
    pub(crate) const fn key(key: &'p str) -> Self {
        Self {
            before: None,
            step: Step::Key(key),
        }
    }

    /// A key of the object that stands here.
    pub(crate) const fn field<'q>(&'q self, key: &'q str) -> At<'q> {
        At {
            before: Some(self),
            step: Step::Key(key),
        }
    }

    /// An item of the list that stands here.
    pub(crate) const fn item<'q>(&'q self, index: usize) -> At<'q> {
        At {
            before: Some(self),
            step: Step::Item(index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            before.fmt(f)?;
        }
        match self.step {
            Step::Key(key) if self.before.is_some() => write!(f, ".{key}"),
            Step::Key(key) => f.write_str(key),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

fn expected<T>(value: Option<T>, at: At<'_>, what: &str) -> Result<T, DecodeError> {
    value.ok_or_else(|| DecodeError::shape(at, format_args!("expected {what}")))
}

/// The string here.
pub(crate) fn text(value: Value<'_>, at: At<'_>) -> Result<Str, DecodeError> {
    expected(value.text(), at, "a string")
}

/// The string of a key that must be there.
pub(crate) fn required_text(object: Value<'_>, key: &str, at: &At<'_>) -> Result<Str, DecodeError> {
    expected(object.text_of(key), at.field(key), "a string")
}

/// The string of a key, where there is one.
pub(crate) fn optional_text(
    object: Value<'_>,
    key: &str,
    at: At<'_>,
) -> Result<Option<Str>, DecodeError> {
    let value = object.field(key);
    value.map(|value| text(value, at)).transpose()
}

/// The whole number of a key, where there is one.
pub(crate) fn optional_count(
    object: Value<'_>,
    key: &str,
    at: At<'_>,
) -> Result<Option<u64>, DecodeError> {
    let value = object.field(key);
    value
        .map(|value| expected(value.as_u64(), at, "a whole number that is not negative"))
        .transpose()
}

/// The number of a key, where there is one.
pub(crate) fn optional_number(
    object: Value<'_>,
    key: &str,
    at: At<'_>,
) -> Result<Option<f64>, DecodeError> {
    let value = object.field(key);
    value
        .map(|value| expected(value.as_f64(), at, "a number"))
        .transpose()
}

/// `true` or `false` of a key, where there is one.
pub(crate) fn optional_bool(
    object: Value<'_>,
    key: &str,
    at: At<'_>,
) -> Result<Option<bool>, DecodeError> {
    let value = object.field(key);
    value
        .map(|value| expected(value.as_bool(), at, "true or false"))
        .transpose()
}

/// The object of a key, where there is one.
pub(crate) fn optional_object<'d>(
    object: Value<'d>,
    key: &str,
    at: At<'_>,
) -> Result<Option<Value<'d>>, DecodeError> {
    match object.field(key) {
        Some(value) if !value.is_object() => Err(DecodeError::shape(at, "expected an object")),
        value => Ok(value),
    }
}

/// The list of a key, where there is one.
pub(crate) fn optional_list<'d>(
    object: Value<'d>,
    key: &str,
    at: At<'_>,
) -> Result<Option<Value<'d>>, DecodeError> {
    match object.field(key) {
        Some(value) if !value.is_array() => Err(DecodeError::shape(at, "expected a list")),
        value => Ok(value),
    }
}
