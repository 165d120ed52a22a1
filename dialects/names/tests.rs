//! Tool names find their way back.

use proptest::prelude::*;

use super::*;

#[test]
fn a_legal_name_is_its_own_way_back() {
    let mut names = Names::default();
    let name = Str::from("get_weather");
    assert_eq!(names.upstream(&name, 64), name);
    assert_eq!(names.client(&name), name);
}

#[test]
fn an_illegal_or_long_name_is_restored() {
    let mut names = Names::default();
    for name in [
        "mcp.server/tool:read",
        "a b",
        &"long".repeat(40),
        "名前",
        "",
    ] {
        let name = Str::from(name);
        let upstream = names.upstream(&name, 64);
        assert_ne!(upstream, name);
        assert_eq!(
            names.upstream(&name, 64),
            upstream,
            "the same name becomes the same name again"
        );
        assert_eq!(names.client(&upstream), name);
    }
}

#[test]
fn a_name_nobody_declared_is_left_as_the_model_wrote_it() {
    assert_eq!(
        Names::default().client(&Str::from("hallucinated")),
        "hallucinated"
    );
}

#[test]
fn free_text_tools_are_remembered_by_the_clients_name() {
    let mut names = Names::default();
    names.mark_custom(&Str::from("apply.patch"));
    assert!(names.is_custom("apply.patch"));
    assert!(!names.is_custom("apply_patch"));
}

proptest! {
    #[test]
    fn the_map_is_a_bijection(clients in prop::collection::hash_set("[a-c._/ é]{0,6}", 0..40)) {
        let mut names = Names::default();
        let pairs: Vec<(Str, Str)> = clients
            .iter()
            .map(|client| (Str::from(client.as_str()), names.upstream(&Str::from(client.as_str()), 64)))
            .collect();
        let upstream: std::collections::HashSet<&Str> = pairs.iter().map(|(_, upstream)| upstream).collect();
        prop_assert_eq!(upstream.len(), pairs.len());
        for (client, upstream) in &pairs {
            prop_assert_eq!(&names.client(upstream), client);
        }
    }
}
