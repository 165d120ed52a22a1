//! State comes back exactly, or belongs to the dialect it was found in.

use proptest::prelude::*;

use super::*;

const NATIVE: Str = Str::from_static("claude");

#[test]
fn text_that_was_never_wrapped_is_native() {
    for text in [
        "",
        "EqoBCkgIARAB",
        "modelgate~1",
        PREFIX,
        "modelgate~1.YQ",
        "modelgate~1.!.!",
        "modelgate~1.YQ.YQ==",
    ] {
        let opaque = unwrap(&Str::from(text), &NATIVE);
        assert_eq!(
            (&*opaque.data, &*opaque.provider),
            (text, "claude"),
            "{text:?}"
        );
    }
}

#[test]
fn a_wrapped_value_is_one_word_that_no_base64_signature_can_be() {
    let wrapped = wrap(&Opaque {
        data: Str::from("s+/=\n\u{2028}"),
        provider: Str::from("openai compatible"),
    });
    assert!(wrapped.starts_with(PREFIX));
    assert!(
        wrapped
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)),
        "{wrapped}"
    );
}

proptest! {
    #[test]
    fn wrapping_is_undone_exactly(data in any::<String>(), provider in any::<String>(), native in any::<String>()) {
        let opaque = Opaque { data: Str::from(data), provider: Str::from(provider) };
        let wrapped = wrap(&opaque);
        prop_assert_eq!(unwrap(&wrapped, &Str::from(native.clone())), opaque);
        // A client of a client wraps again: one layer comes off at a time.
        let twice = wrap(&Opaque { data: wrapped.clone(), provider: Str::from("other") });
        prop_assert_eq!(unwrap(&twice, &Str::from(native)).data, wrapped);
    }
}

#[test]
fn redacted_state_is_told_apart_and_comes_back_whole() {
    let state = Opaque {
        data: Str::from("SIG=="),
        provider: Str::from("claude"),
    };
    let wrapped = wrap_redacted(&state);
    assert!(is_redacted(&wrapped) && !is_redacted(&wrap(&state)));
    assert_eq!(unwrap(&wrapped, &Str::from("openai")), state);
    assert!(!is_redacted("someone's.redacted"));
}
