//! Provider-bound reasoning state on its way through clients of another dialect.
//!
//! A signature is valid only at the provider that made it (`dialects.md` 2.4). For a foreign client it is wrapped with
//! the provider's tag, and unwrapped when it comes back; nobody else's upstream ever sees it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ir::Opaque;
use crate::json::Str;

/// Begins every wrapped value. No vendor's signature can begin like this: neither `~` nor `.` is a base64 digit.
pub const PREFIX: &str = "modelgate~1.";

/// `opaque` as text for a client of another dialect: `modelgate~1.<provider>.<data>`, both base64url.
#[must_use]
pub fn wrap(opaque: &Opaque) -> Str {
    let provider = URL_SAFE_NO_PAD.encode(opaque.provider.as_bytes());
    let data = URL_SAFE_NO_PAD.encode(opaque.data.as_bytes());
    Str::from(format!("{PREFIX}{provider}.{data}"))
}

/// Ends the wrapped state of thinking that has no text by nature, for dialects with one form for both.
const REDACTED: &str = ".redacted";

/// As [`wrap`], for state that stands for redacted thinking.
#[must_use]
pub fn wrap_redacted(opaque: &Opaque) -> Str {
    Str::from(format!("{}{REDACTED}", wrap(opaque)))
}

/// Whether the text was made by [`wrap_redacted`].
#[must_use]
pub fn is_redacted(text: &str) -> bool {
    text.starts_with(PREFIX) && text.ends_with(REDACTED)
}

/// The inverse of [`wrap`] and [`wrap_redacted`]; text that was never wrapped belongs to `native`.
#[must_use]
pub fn unwrap(text: &Str, native: &Str) -> Opaque {
    wrapped(text).unwrap_or_else(|| Opaque {
        data: text.clone(),
        provider: native.clone(),
    })
}

fn wrapped(text: &str) -> Option<Opaque> {
    let (provider, data) = text.strip_prefix(PREFIX)?.split_once('.')?;
    let data = data.strip_suffix(REDACTED).unwrap_or(data);
    let decode = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    Some(Opaque {
        data: Str::from(decode(data)?),
        provider: Str::from(decode(provider)?),
    })
}

#[cfg(test)]
mod tests;
