//! The promises of the machine, with a scripted provider and stopped time.

use std::collections::VecDeque;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::AccountKind;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Some moment in 2026.
pub(super) fn begin() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

/// A provider whose answers are given beforehand; when they run out, it grants `A1`, `A2` and so on.
#[derive(Default)]
pub(super) struct Script {
    pub(super) answers: Mutex<VecDeque<Result<Grant, Refused>>>,
    pub(super) calls: AtomicUsize,
    /// The moments of the calls, since the beginning.
    pub(super) moments: Mutex<Vec<Duration>>,
    pub(super) open: AtomicUsize,
    pub(super) most_open: AtomicUsize,
    pub(super) delay: Mutex<Duration>,
}

/// A directory and a machine over it.
pub(super) struct Scene {
    pub(super) directory: Arc<TempDir>,
    pub(super) script: Arc<Script>,
    pub(super) accounts: Accounts,
    pub(super) refresher: Refresher,
    begin: Instant,
}

pub(super) fn grant(access: &str) -> Grant {
    Grant {
        base: None,
        access: Secret::from(access),
        refresh: Some(Secret::from(format!("R-{access}"))),
        expires: None,
        fields: Vec::new(),
    }
}

impl Script {
    fn exchange(self: &Arc<Self>, begin: Instant) -> Exchange {
        let script = Arc::clone(self);
        Arc::new(move |_| {
            let script = Arc::clone(&script);
            async move {
                let number = script.calls.fetch_add(1, Ordering::SeqCst) + 1;
                script.moments.lock().unwrap().push(begin.elapsed());
                let open = script.open.fetch_add(1, Ordering::SeqCst) + 1;
                script.most_open.fetch_max(open, Ordering::SeqCst);
                let delay = *script.delay.lock().unwrap();
                tokio::time::sleep(delay).await;
                script.open.fetch_sub(1, Ordering::SeqCst);
                let answer = script.answers.lock().unwrap().pop_front();
                answer.unwrap_or_else(|| Ok(grant(&format!("A{number}"))))
            }
            .boxed()
        })
    }

    pub(super) fn seconds(&self) -> Vec<u64> {
        let moments = self.moments.lock().unwrap();
        moments.iter().map(Duration::as_secs).collect()
    }
}

impl Scene {
    pub(super) fn new() -> Self {
        let script = Arc::new(Script::default());
        *script.delay.lock().unwrap() = Duration::from_millis(10);
        Self::over(
            Arc::new(tempfile::tempdir().unwrap()),
            script,
            Instant::now(),
        )
    }

    fn over(directory: Arc<TempDir>, script: Arc<Script>, start: Instant) -> Self {
        let accounts = Accounts::open(directory.path()).unwrap();
        let clock = Clock::Runtime(begin(), start);
        let refresher = Refresher::with_clock(accounts.clone(), script.exchange(start), clock);
        Self {
            directory,
            script,
            accounts,
            refresher,
            begin: start,
        }
    }

    /// A second process over the same directory and provider.
    fn another(&self) -> Self {
        Self::over(
            Arc::clone(&self.directory),
            Arc::clone(&self.script),
            self.begin,
        )
    }

    /// An account whose token ends after a time.
    pub(super) fn account(&self, name: &str, kind: AccountKind, ends: Duration) {
        let expired = humantime::format_rfc3339_seconds(begin() + ends);
        let json = format!(
            r#"{{"type":"{kind}","access_token":"A0","refresh_token":"R0","id_token":"I0","email":"me@example.com","expired":"{expired}"}}"#
        );
        self.accounts.add(name, json.as_bytes()).unwrap();
    }

    fn expired(answers: impl IntoIterator<Item = Result<Grant, Refused>>) -> Self {
        let scene = Self::new();
        scene.account("a.json", AccountKind::Claude, Duration::ZERO);
        scene.script.answers.lock().unwrap().extend(answers);
        scene
    }

    pub(super) fn calls(&self) -> usize {
        self.script.calls.load(Ordering::SeqCst)
    }

    async fn token(&self) -> Result<String, RefreshError> {
        let token = self.refresher.token("a.json").await?;
        Ok(token.access.expose().to_owned())
    }

    fn text(&self) -> String {
        fs::read_to_string(self.directory.path().join("a.json")).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_requests_on_an_expired_token_make_one_call() {
    let scene = Scene::expired([]);
    for token in join_all((0..50).map(|_| scene.token())).await {
        assert_eq!(token.unwrap(), "A1");
    }
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.token().await.unwrap(), "A1");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_processes_make_one_call() {
    let one = Scene::expired([]);
    let other = one.another();
    *one.script.delay.lock().unwrap() = Duration::from_secs(3);
    let (first, second) = tokio::join!(one.token(), other.token());
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        ("A1".to_owned(), "A1".to_owned())
    );
    assert_eq!(one.calls(), 1);
    // A process that sleeps through a whole refresh of the other one.
    tokio::time::sleep(HOUR).await;
    assert_eq!(one.token().await.unwrap(), "A2");
    assert_eq!(other.token().await.unwrap(), "A2");
    assert_eq!(one.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_process_is_not_waited_for_for_ever() {
    let scene = Scene::expired([]);
    let lock = scene.another().accounts.lock_for_refresh("a.json").unwrap();
    let error = scene.token().await.unwrap_err();
    assert!(matches!(error, RefreshError::Busy { .. }), "{error}");
    drop(lock);
    assert_eq!(scene.token().await.unwrap(), "A1");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_when_it_ends_within_a_minute() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Claude, Duration::from_secs(70));
    assert_eq!(scene.token().await.unwrap(), "A0");
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(scene.token().await.unwrap(), "A1");
    let account = scene.accounts.snapshot().get("a.json").cloned().unwrap();
    let life = account
        .tokens
        .expires
        .unwrap()
        .duration_since(begin())
        .unwrap();
    assert_eq!(
        life.as_secs(),
        3600 + 11,
        "a provider that does not say means an hour"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_stops_nothing() {
    let scene = Scene::expired([]);
    *scene.script.delay.lock().unwrap() = Duration::from_secs(5);
    let short = Duration::from_secs(1);
    assert!(tokio::time::timeout(short, scene.token()).await.is_err());
    let account = scene.accounts.snapshot().get("a.json").cloned().unwrap();
    assert_eq!(scene.refresher.status(&account), Status::Refreshing);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(scene.text().contains("A1"));
    assert_eq!(scene.token().await.unwrap(), "A1");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_program_can_wait_for_refreshes() {
    let scene = Scene::expired([]);
    *scene.script.delay.lock().unwrap() = Duration::from_secs(5);
    let short = Duration::from_secs(1);
    assert!(tokio::time::timeout(short, scene.token()).await.is_err());
    scene.refresher.settled().await;
    assert!(scene.text().contains("R-A1"));
    assert_eq!(scene.begin.elapsed().as_secs(), 5);
    scene.refresher.settled().await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_given_up_after_thirty_seconds() {
    let scene = Scene::expired([]);
    *scene.script.delay.lock().unwrap() = HOUR;
    let error = scene.token().await.unwrap_err();
    assert!(
        error.to_string().contains("no answer within 30 s"),
        "{error}"
    );
    assert_eq!(scene.begin.elapsed().as_secs(), 30);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn nobody_gets_a_token_that_is_not_on_the_disk() {
    let scene = Scene::expired([]);
    // A directory in the place of the lock that a change needs: the disk does not take the tokens.
    let obstacle = scene.directory.path().join(".a.json.lock");
    fs::create_dir(&obstacle).unwrap();
    let error = scene.token().await.unwrap_err();
    assert!(matches!(error, RefreshError::Disk { .. }), "{error}");
    assert!(scene.text().contains("A0"));
    assert!(scene.token().await.is_err());
    fs::remove_dir(&obstacle).unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(scene.token().await.unwrap(), "A1", "the tokens were kept");
    assert!(scene.text().contains("R-A1"));
    assert_eq!(scene.calls(), 1, "the old refresh token is not used again");
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_leaves_out_keeps_its_old_value() {
    let mut answer = grant("A1");
    answer.refresh = None;
    answer.fields = vec![
        ("email", Secret::from("")),
        ("resource_url", Secret::from("q.example")),
    ];
    let scene = Scene::expired([Ok(answer)]);
    let token = scene.refresher.token("a.json").await.unwrap();
    assert_eq!(
        token.account.extra("resource_url").unwrap().expose(),
        "q.example"
    );
    for kept in [
        r#""refresh_token":"R0""#,
        r#""id_token":"I0""#,
        r#""email":"me@example.com""#,
    ] {
        assert!(scene.text().contains(kept), "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_over_is_left_alone_until_the_file_changes() {
    let scene = Scene::expired([Err(Refused::LoginAgain("invalid_grant".to_owned()))]);
    let error = scene.token().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the login of the account a is over (invalid_grant); run `modelgate login claude`"
    );
    tokio::time::sleep(24 * HOUR).await;
    assert_eq!(scene.token().await.unwrap_err(), error);
    assert_eq!(
        scene
            .refresher
            .refresh_now("a.json", None)
            .await
            .unwrap_err(),
        error
    );
    let account = scene.accounts.snapshot().get("a.json").cloned().unwrap();
    let reason = "invalid_grant".to_owned();
    assert_eq!(
        scene.refresher.status(&account),
        Status::LoginAgain { reason }
    );
    assert_eq!(scene.calls(), 1);
    scene
        .accounts
        .update("a.json", |edit| edit.set_text(&["refresh_token"], "R9"))
        .unwrap();
    assert_eq!(scene.token().await.unwrap(), "A2");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_given_up_is_not_used_although_it_has_not_ended() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Claude, HOUR);
    let token = scene.refresher.token("a.json").await.unwrap();
    let error = scene.refresher.give_up(&token, "revoked");
    assert_eq!(
        error.to_string(),
        "the login of the account a is over (revoked); run `modelgate login claude`"
    );
    assert_eq!(scene.token().await.unwrap_err(), error);
    let again = scene.refresher.refresh_now("a.json", None).await;
    assert_eq!(again.unwrap_err(), error);
    assert!(matches!(
        scene.refresher.status(&token.account),
        Status::LoginAgain { .. }
    ));
    assert_eq!(scene.calls(), 0);
    let login = |edit: &mut crate::store::Edit| edit.set_text(&["access_token"], "A9");
    scene.accounts.update("a.json", login).unwrap();
    assert_eq!(scene.token().await.unwrap(), "A9");
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_waited_out_within_bounds() {
    let rows = [(Some(1), 5), (Some(42), 42), (Some(3600), 300), (None, 60)];
    for (asked, waited) in rows {
        let asked = asked.map(Duration::from_secs);
        let scene = Scene::expired([Err(Refused::RateLimited(asked))]);
        let error = scene.token().await.unwrap_err();
        let RefreshError::Waiting { wait, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(wait, Duration::from_secs(waited));
        tokio::time::sleep(wait - Duration::from_millis(500)).await;
        assert!(scene.token().await.is_err());
        assert!(scene.refresher.refresh_now("a.json", None).await.is_err());
        assert_eq!(scene.calls(), 1);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(scene.token().await.unwrap(), "A2");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_tried_three_times_and_then_left_alone_for_a_minute() {
    let trouble = || Err(Refused::Unavailable("it answered 503".to_owned()));
    let scene = Scene::expired([trouble(), trouble(), trouble()]);
    let error = scene.token().await.unwrap_err();
    assert!(error.to_string().contains("it answered 503"), "{error}");
    assert_eq!(scene.script.seconds(), [0, 1, 3]);
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert!(scene.token().await.is_err());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.token().await.unwrap(), "A4");
    let scene = Scene::expired([trouble(), trouble()]);
    assert_eq!(scene.token().await.unwrap(), "A3");
    let scene = Scene::expired([Err(Refused::Failed("it answered 404".to_owned()))]);
    assert!(scene.token().await.is_err());
    assert_eq!(scene.calls(), 1, "a second try would only repeat it");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_not_ended_is_given_although_it_cannot_be_renewed() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Claude, Duration::from_secs(50));
    let answer = Err(Refused::LoginAgain("invalid_grant".to_owned()));
    scene.script.answers.lock().unwrap().push_back(answer);
    assert_eq!(scene.token().await.unwrap(), "A0");
    tokio::time::sleep(Duration::from_secs(51)).await;
    assert!(scene.token().await.is_err());
    assert_eq!(scene.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_renewed_once() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Claude, HOUR);
    let old = Secret::from("A0");
    let renewals = (0..20).map(|_| scene.refresher.refresh_now("a.json", Some(&old)));
    for token in join_all(renewals).await {
        assert_eq!(token.unwrap().access.expose(), "A1");
    }
    // One whose answer came late.
    let late = scene
        .refresher
        .refresh_now("a.json", Some(&old))
        .await
        .unwrap();
    assert_eq!((late.access.expose(), scene.calls()), ("A1", 1));
    let forced = scene.refresher.refresh_now("a.json", None).await.unwrap();
    assert_eq!((forced.access.expose(), scene.calls()), ("A2", 2));
}

#[tokio::test(start_paused = true)]
async fn a_login_during_a_refresh_wins() {
    let scene = Scene::expired([]);
    *scene.script.delay.lock().unwrap() = Duration::from_secs(5);
    let accounts = scene.accounts.clone();
    let login = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let json = br#"{"type":"claude","access_token":"NEW","refresh_token":"RNEW"}"#;
        accounts.add("a.json", json).unwrap();
    };
    let (token, ()) = tokio::join!(scene.token(), login);
    assert_eq!(token.unwrap(), "NEW");
    assert!(scene.text().contains("RNEW") && !scene.text().contains("A1"));
}

#[tokio::test(start_paused = true)]
async fn minted_tokens_stay_in_memory() {
    let scene = Scene::new();
    scene.account("a.json", AccountKind::Copilot, 24 * HOUR);
    let before = scene.text();
    for token in join_all((0..50).map(|_| scene.token())).await {
        assert_eq!(token.unwrap(), "A1");
    }
    assert_eq!(scene.token().await.unwrap(), "A1");
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.token().await.unwrap(), "A2");
    assert_eq!(scene.text(), before);
    scene.account("a.json", AccountKind::Copilot, 25 * HOUR);
    assert_eq!(
        scene.token().await.unwrap(),
        "A3",
        "another file, another login"
    );
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_there_is_an_error() {
    let scene = Scene::new();
    for file in ["b.json", "../a.json", ""] {
        let error = scene.refresher.token(file).await.unwrap_err();
        assert!(matches!(error, RefreshError::NoAccount { .. }), "{error}");
    }
    let gone = Scene::expired([]);
    fs::remove_file(gone.directory.path().join("a.json")).unwrap();
    let error = gone.token().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoAccount { .. }), "{error}");
    assert_eq!(gone.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_removed_during_a_refresh_stays_removed() {
    let scene = Scene::expired([]);
    *scene.script.delay.lock().unwrap() = Duration::from_secs(5);
    let removal = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene.accounts.remove("a.json").unwrap();
    };
    let (token, ()) = tokio::join!(scene.token(), removal);
    assert!(
        matches!(token, Err(RefreshError::NoAccount { .. })),
        "{token:?}"
    );
    assert_eq!(fs::read_dir(scene.directory.path()).unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_does_not_lock_an_account_for_ever() {
    let scene = Scene::expired([]);
    let exchange: Exchange = Arc::new(|_| async { panic!("on purpose") }.boxed());
    let clock = Clock::Runtime(begin(), scene.begin);
    let broken = Refresher::with_clock(scene.accounts.clone(), exchange, clock);
    let error = broken.token("a.json").await.unwrap_err();
    assert!(matches!(error, RefreshError::Stopped { .. }), "{error}");
    let error = broken.token("a.json").await.unwrap_err();
    assert!(matches!(error, RefreshError::Waiting { .. }), "{error}");
    assert_eq!(scene.token().await.unwrap(), "A1");
}

#[test]
fn a_task_that_is_dropped_at_once_hangs_nothing() {
    let scene = Scene::expired([]);
    // Without a runtime there is no task, as in one that is shutting down.
    let attempt = std::panic::AssertUnwindSafe(|| scene.token().now_or_never());
    assert!(std::panic::catch_unwind(attempt).is_err());
    let account = scene.accounts.snapshot().get("a.json").cloned().unwrap();
    assert_ne!(scene.refresher.status(&account), Status::Refreshing);
}
