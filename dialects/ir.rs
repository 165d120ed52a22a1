//! The one request, response and event model that every dialect is decoded to and encoded from.
//!
//! `dialects.md` section 3 lists what it carries. Everything without a typed place is kept raw in [`Extensions`], tagged
//! with the dialect it came from: the same dialect writes it again, another one reports it.

pub mod content;
pub mod error;
pub mod event;
pub mod fold;
pub mod namespaces;
pub mod paths;
pub mod request;
pub mod response;
pub mod setting;
pub mod tool;
pub mod usage;

pub use content::{
    CacheMark, Extension, Extensions, Media, MediaKind, MediaSource, Opaque, Part, Reasoning,
    ServerBlock, Text, Unknown,
};
pub use error::{Error, ErrorKind};
pub(crate) use event::PARAGRAPH;
pub use event::{Delta, Event, ItemKind, ItemStart};
pub use namespaces::{Namespace, Namespaces};
pub(crate) use request::PLACE;
pub use request::{
    Caching, Identity, Legacy, Limits, Output, OutputFormat, Place, ReasoningMode, ReasoningWish,
    Request, Role, Sampling, State, SystemBlock, SystemRole, Turn,
};
pub use response::{Choice, Response, Stop, StopReason};
pub use setting::Setting;
pub use tool::{Arguments, CallKind, Tool, ToolCall, ToolChoice, ToolKind, ToolResult};
pub use usage::Usage;
