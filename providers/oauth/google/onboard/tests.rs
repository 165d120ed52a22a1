use super::*;

#[track_caller]
fn check(answer: &str, expected: &Loaded) {
    let document = Document::parse(Bytes::from(answer.to_owned())).unwrap();
    assert_eq!(Loaded::read(document.root(), LEGACY), *expected, "{answer}");
}

#[test]
fn tiers_and_both_shapes_of_a_project_are_read() {
    let loaded = |offered: &str| Loaded {
        offered: offered.to_owned(),
        ..Loaded::default()
    };
    check("{}", &loaded(LEGACY));
    check(
        r#"{"allowedTiers":[{"id":"a"},{"id":"standard-tier","isDefault":true,"userDefinedCloudaicompanionProject":true}],
            "ineligibleTiers":[{"reasonMessage":"too young"}]}"#,
        &Loaded {
            wants_project: true,
            ..loaded("standard-tier")
        },
    );
    for project in [r#""p-1""#, r#"{"id":"p-1"}"#] {
        let answer = format!(
            r#"{{"currentTier":{{"id":"free-tier"}},"cloudaicompanionProject":{project}}}"#
        );
        check(
            &answer,
            &Loaded {
                current: Some(FREE.to_owned()),
                project: Some("p-1".to_owned()),
                ..loaded(LEGACY)
            },
        );
    }
    check(
        r#"{"currentTier":{"id":"standard-tier"},"paidTier":{"id":"g1-pro-tier","availableCredits":[]}}"#,
        &Loaded {
            current: Some("standard-tier".to_owned()),
            paid: Some("g1-pro-tier".to_owned()),
            ..loaded(LEGACY)
        },
    );
    check(
        r#"{"ineligibleTiers":[{"reasonMessage":"not in your country"}],"cloudaicompanionProject":" "}"#,
        &Loaded {
            refused: Some("not in your country".to_owned()),
            ..loaded(LEGACY)
        },
    );
}

#[test]
fn projects_on_their_way_out_are_left() {
    let answer = r#"[{"projectId":"a","lifecycleState":"ACTIVE"},{"projectId":"b","lifecycleState":"DELETE_REQUESTED"},
        {"projectId":"../c"},{"name":"d"},{"projectId":"e"}]"#;
    let document = Document::parse(Bytes::from(answer)).unwrap();
    let names: Vec<String> = document.root().items().filter_map(active).collect();
    assert_eq!(names, ["a", "e"]);
}
