//! Ids stay apart, stay the same, and always fit.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn fit(id: &str, limit: usize) -> String {
    sanitise(&Str::from(id), limit).to_string()
}

fn is_legal(id: &str, limit: usize) -> bool {
    (1..=limit).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[test]
fn a_legal_id_is_left_alone() {
    for id in ["call_abc-123", "toolu_01A", "x", "-", "_", &"a".repeat(64)] {
        assert_eq!(fit(id, 64), id);
    }
}

#[test]
fn an_illegal_id_keeps_what_is_readable() {
    let fitted = fit("functions.get_weather:0", 64);
    assert!(fitted.starts_with("functions_get_weather_0_"), "{fitted}");
    assert!(fit("", 64).starts_with('_'));
    assert!(fit("日本", 64).starts_with("___"));
}

#[test]
fn ids_that_differ_only_in_what_is_illegal_or_cut_off_stay_apart() {
    let long = "a".repeat(70);
    let ids = [
        "a.b",
        "a:b",
        "a b",
        "a/b",
        "a_b",
        "aéb",
        "a漢b",
        "",
        " ",
        &long,
        &long[..69],
        &long[..68],
    ];
    let mut seen = HashMap::new();
    for id in ids {
        assert_eq!(seen.insert(fit(id, 64), id), None, "{id:?}");
    }
}

#[test]
fn a_generated_id_depends_on_name_and_place_only() {
    assert_eq!(generated("get_weather", 0), "call_get_weather_0");
    assert_ne!(generated("get_weather", 1), generated("get_weather", 0));
    assert!(is_legal(
        &generated(&"long.name/".repeat(20), 3),
        CALL_ID_LIMIT
    ));
}

proptest! {
    #[test]
    fn any_id_becomes_legal_and_stays_so(id in any::<String>(), limit in 16usize..130) {
        let once = sanitise(&Str::from(id.clone()), limit);
        prop_assert!(is_legal(&once, limit), "{}", once);
        prop_assert_eq!(&sanitise(&once, limit), &once);
        prop_assert_eq!(sanitise(&Str::from(id), limit), once);
    }

    #[test]
    fn different_ids_stay_different(ids in prop::collection::hash_set("[a-c.: é]{0,5}", 2..40)) {
        let fitted: std::collections::HashSet<Str> = ids.iter().map(|id| sanitise(&Str::from(id.as_str()), 64)).collect();
        prop_assert_eq!(fitted.len(), ids.len());
    }
}
