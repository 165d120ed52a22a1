//! What the background does, and when.

use std::sync::atomic::Ordering;

use super::super::tests::{Scene, begin};
use super::super::{Refused, Status};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn minutes(count: u32) -> Duration {
    MINUTE * count
}

/// How long before the end of its token an account is due.
fn due_before(scene: &Scene, name: &str) -> Option<Duration> {
    let snapshot = scene.accounts.snapshot();
    let account = snapshot.get(name).unwrap();
    let due = due(account)?;
    Some(account.tokens.expires.unwrap().duration_since(due).unwrap())
}

#[tokio::test(start_paused = true)]
async fn every_kind_has_its_lead() {
    let rows = [
        (AccountKind::Claude, Some(minutes(240))),
        (AccountKind::Codex, Some(DAY * 5)),
        (AccountKind::Gemini, None),
        (AccountKind::Antigravity, Some(minutes(5))),
        (AccountKind::Kiro, Some(minutes(5))),
        (AccountKind::Iflow, Some(DAY)),
        (AccountKind::Qwen, Some(minutes(180))),
        (AccountKind::Copilot, None),
        (AccountKind::Kimi, Some(minutes(5))),
        (AccountKind::Xai, Some(minutes(5))),
        (AccountKind::Vertex, None),
    ];
    assert_eq!(rows.map(|(kind, _)| kind), AccountKind::ALL);
    let scene = Scene::new();
    for (kind, lead) in rows {
        scene.account("a.json", kind, DAY * 30);
        let before = due_before(&scene, "a.json");
        assert_eq!(before.is_some(), lead.is_some(), "{kind}");
        if let (Some(before), Some(lead)) = (before, lead) {
            assert!(
                before >= lead && before <= lead.mul_f64(1.04),
                "{kind}: {before:?}"
            );
        }
    }
}

/// iFlow gives a key for a cookie that nothing else renews.
#[tokio::test(start_paused = true)]
async fn a_key_for_a_cookie_is_renewed_two_days_ahead() {
    let scene = Scene::new();
    let expired = humantime::format_rfc3339_seconds(begin() + DAY * 30);
    let json = format!(
        r#"{{"type":"iflow","access_token":"k","api_key":"k","cookie":"BXAuth=a;","email":"ada","expired":"{expired}"}}"#
    );
    scene.accounts.add("a.json", json.as_bytes()).unwrap();
    let before = due_before(&scene, "a.json").unwrap();
    assert!(
        before >= DAY * 2 && before <= (DAY * 2).mul_f64(1.04),
        "{before:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn accounts_made_together_are_not_due_together() {
    let scene = Scene::new();
    let mut dues: Vec<Duration> = (0..20)
        .map(|number| {
            let name = format!("{number}.json");
            scene.account(&name, AccountKind::Claude, DAY);
            due_before(&scene, &name).unwrap()
        })
        .collect();
    dues.sort();
    assert!(dues[19] - dues[0] > minutes(4), "{dues:?}");
}

#[tokio::test(start_paused = true)]
async fn half_the_life_of_a_short_token_is_used() {
    let scene = Scene::new();
    let moment = |after| humantime::format_rfc3339_seconds(begin() + after);
    let json = format!(
        r#"{{"type":"claude","last_refresh":"{}","expired":"{}"}}"#,
        moment(Duration::ZERO),
        moment(minutes(60))
    );
    scene.accounts.add("a.json", json.as_bytes()).unwrap();
    let before = due_before(&scene, "a.json").unwrap();
    assert!(before >= minutes(30) && before < minutes(32), "{before:?}");
}

#[tokio::test(start_paused = true)]
async fn the_background_renews_each_account_in_time_and_no_sooner() {
    let scene = Scene::new();
    scene.account("kimi.json", AccountKind::Kimi, minutes(60));
    scene.account("disabled.json", AccountKind::Kimi, minutes(60));
    scene.accounts.set_disabled("disabled.json", true).unwrap();
    scene.account("gemini.json", AccountKind::Gemini, minutes(60));
    tokio::spawn(scene.refresher.clone().run());
    tokio::time::sleep(minutes(54)).await;
    assert_eq!(scene.calls(), 0);
    tokio::time::sleep(minutes(1)).await;
    assert_eq!(scene.calls(), 1);
    let snapshot = scene.accounts.snapshot();
    assert_eq!(
        snapshot
            .get("kimi.json")
            .unwrap()
            .tokens
            .access
            .as_ref()
            .unwrap()
            .expose(),
        "A1"
    );
    tokio::time::sleep(minutes(54)).await;
    assert_eq!(scene.calls(), 1);
    // The next one, and an account that comes in the meantime.
    scene.account("new.json", AccountKind::Xai, minutes(0));
    tokio::time::sleep(minutes(2)).await;
    assert_eq!(scene.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_background_comes_back_after_trouble_but_not_to_a_login_that_is_over() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Claude, minutes(0));
    let trouble = Refused::Failed("it answered 404".to_owned());
    let over = Refused::LoginAgain("invalid_grant".to_owned());
    scene
        .script
        .answers
        .lock()
        .unwrap()
        .extend([Err(trouble.clone()), Err(trouble), Err(over)]);
    tokio::spawn(scene.refresher.clone().run());
    tokio::time::sleep(DAY).await;
    assert_eq!(scene.script.seconds(), [0, 60, 120]);
    let account = scene.accounts.snapshot().get("a.json").cloned().unwrap();
    assert!(matches!(
        scene.refresher.status(&account),
        Status::LoginAgain { .. }
    ));
    scene
        .accounts
        .update("a.json", |edit| edit.set_text(&["refresh_token"], "R9"))
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_end_at_once_are_not_renewed_all_the_time() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Kimi, minutes(0));
    let brief = |number: u64| super::super::Grant {
        expires: Some(begin() + Duration::from_secs(1)),
        ..super::super::tests::grant(&format!("B{number}"))
    };
    scene
        .script
        .answers
        .lock()
        .unwrap()
        .extend((0..1000).map(|number| Ok(brief(number))));
    tokio::spawn(scene.refresher.clone().run());
    tokio::time::sleep(minutes(10)).await;
    assert!((8..=11).contains(&scene.calls()), "{}", scene.calls());
}

#[tokio::test(start_paused = true)]
async fn many_accounts_that_are_due_take_turns() {
    let scene = Scene::new();
    *scene.script.delay.lock().unwrap() = Duration::from_secs(2);
    for number in 0..40 {
        scene.account(&format!("{number}.json"), AccountKind::Kimi, minutes(0));
    }
    tokio::spawn(scene.refresher.clone().run());
    tokio::time::sleep(minutes(1)).await;
    assert_eq!(scene.calls(), 40);
    assert_eq!(scene.script.most_open.load(Ordering::SeqCst), WORKERS);
}
