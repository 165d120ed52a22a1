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

fn document(json: &str) -> Document {
    let mut document = Document::default();
    document.reparse(Str::from(json)).unwrap();
    document
}

#[test]
fn state_in_base64_comes_back_in_either_alphabet() {
    let native = Str::from_static("native");
    for data in ["", "c2ln", "é漢😀??>>", "~~~///+++"] {
        for redacted in [false, true] {
            let state = Opaque {
                data: Str::from(data),
                provider: Str::from_static("claude"),
            };
            let wrapped = wrap_base64(&state, redacted);
            assert!(is_in(&document(&format!("[\"{wrapped}\"]"))));
            let other = wrapped.replace('+', "-").replace('/', "_");
            for text in [&*wrapped, &*other, other.trim_end_matches('=')] {
                let found = unwrap_base64(&Str::from(text), &native);
                assert_eq!(found, (state.clone(), redacted), "{text}");
            }
        }
    }
    let own = Str::from_static("AAECAw==");
    let (state, redacted) = unwrap_base64(&own, &native);
    assert_eq!((state.data, state.provider, redacted), (own, native, false));
}

#[test]
fn state_in_an_id_is_legal_everywhere_and_comes_back() {
    let state = Opaque {
        data: Str::from_static("Y2FsbA==/+"),
        provider: Str::from_static("gemini"),
    };
    for id in ["call_1", "", "a-b_c"] {
        let signed = into_id(&Str::from_static(id), Some(&state));
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        assert!(signed.bytes().all(legal), "{signed}");
        assert!(is_in(&document(&format!("{{\"id\":\"{signed}\"}}"))));
        assert_eq!(
            from_id(&signed),
            (Str::from_static(id), Some(state.clone()))
        );
    }
    for plain in [
        "call_1",
        "modelgate1-",
        "modelgate1-9-9-a",
        "modelgate1-2-2-é!ab",
    ] {
        let plain = Str::from_static(plain);
        assert_eq!(from_id(&plain), (plain, None));
    }
    assert!(!is_in(&document("[\"a modelgate1- word\"]")));
    let none = Str::from_static("call_1");
    assert_eq!(into_id(&none, None), none);
}
