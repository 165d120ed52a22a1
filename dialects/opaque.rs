//! Provider-bound reasoning state on its way through clients of another dialect.
//!
//! A signature is valid only at the provider that made it (`dialects.md` 2.4). For a foreign client it is wrapped with
//! the provider's tag, and unwrapped when it comes back; nobody else's upstream ever sees it.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{
    GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE_NO_PAD,
};

use crate::ids;
use crate::ir::Opaque;
use crate::json::{Document, Str};

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

/// How every value of [`wrap_base64`] begins: [`PREFIX`], whose twelve bytes are sixteen digits.
pub const PREFIX_BASE64: &str = "bW9kZWxnYXRlfjEu";

/// Begins the id of a call with which state travels; all of it is legal in the ids of every vendor.
pub const IN_ID: &str = "modelgate1-";

/// Reads base64 with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The same as [`wrap`] in base64, for fields whose bytes SDKs decode (Gemini's `thoughtSignature`). Such a field does not
/// say whether there was text beside the state: `redacted` does.
#[must_use]
pub fn wrap_base64(opaque: &Opaque, redacted: bool) -> Str {
    let wrapped = if redacted {
        wrap_redacted(opaque)
    } else {
        wrap(opaque)
    };
    Str::from(STANDARD.encode(wrapped.as_bytes()))
}

/// The inverse of [`wrap_base64`]; some SDKs write the other alphabet of base64 when they send the bytes back. Text that
/// was never wrapped belongs to `native`.
#[must_use]
pub fn unwrap_base64(text: &Str, native: &Str) -> (Opaque, bool) {
    let decode = || {
        let digits = text.strip_prefix(PREFIX_BASE64)?;
        let digits = digits.replace('+', "-").replace('/', "_");
        let rest = String::from_utf8(LENIENT.decode(digits).ok()?).ok()?;
        Some((
            wrapped(&format!("{PREFIX}{rest}"))?,
            rest.ends_with(REDACTED),
        ))
    };
    let own = || Opaque {
        data: text.clone(),
        provider: native.clone(),
    };
    decode().unwrap_or_else(|| (own(), false))
}

/// The id of a call with the state that belongs to the call: nothing else of it survives every client
/// (`dialects.md` 2.4 and trap 53). The lengths of provider and state come first, the call's own id last.
#[must_use]
pub fn into_id(id: &Str, state: Option<&Opaque>) -> Str {
    let Some(state) = state.filter(|state| !state.data.is_empty()) else {
        return id.clone();
    };
    let provider = URL_SAFE_NO_PAD.encode(state.provider.as_bytes());
    let data = URL_SAFE_NO_PAD.encode(state.data.as_bytes());
    let (length, whole) = (provider.len(), data.len());
    Str::from(format!("{IN_ID}{length}-{whole}-{provider}{data}{id}"))
}

/// The inverse of [`into_id`]: a call's own id, and the state that came with it.
#[must_use]
pub fn from_id(id: &Str) -> (Str, Option<Opaque>) {
    let decode = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let split = || {
        let (length, rest) = id.strip_prefix(IN_ID)?.split_once('-')?;
        let (whole, rest) = rest.split_once('-')?;
        let (provider, rest) = rest.split_at_checked(length.parse().ok()?)?;
        let (data, own) = rest.split_at_checked(whole.parse().ok()?)?;
        let state = Opaque {
            data: Str::from(decode(data)?),
            provider: Str::from(decode(provider)?),
        };
        Some((id.slice_ref(own), Some(state)))
    };
    split().unwrap_or_else(|| (id.clone(), None))
}

/// Whether a body holds wrapped state in any of its forms, each of which begins a string.
#[must_use]
pub fn is_in(body: &Document) -> bool {
    body.has_text_from(&[PREFIX, IN_ID, PREFIX_BASE64, ids::REASONING_PREFIX])
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
