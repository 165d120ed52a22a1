use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use modelgate_config::Environment;
use modelgate_config::model::Proxy;
use modelgate_providers::Clients;
use modelgate_providers::oauth::{Login, Reach, Social, Wanted};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Logins that are begun in front of nobody.
async fn login(kind: AccountKind) -> Arc<BrowserLogin> {
    let environment = Environment::from_map([("MODELGATE_GEMINI_CLIENT_SECRET", "s")]);
    let loaded = modelgate_config::parse("", Path::new("modelgate.yaml"), &environment).unwrap();
    let clients = Clients::default();
    let reach = Reach {
        clients: &clients,
        proxy: &Proxy::Direct,
        connect: SECOND,
    };
    let social = (kind == AccountKind::Kiro).then_some(Social::GitHub);
    let wanted = Wanted {
        social,
        ..Wanted::of(kind)
    };
    match Login::begin(&wanted, &loaded.config.oauth, reach).await {
        Ok(Login::Browser(login)) => Arc::from(login),
        other => panic!("{other:?}"),
    }
}

fn wish() -> Wish {
    let by = Manager {
        key: "the test",
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    Wish { by, label: None }
}

/// A book, its time, and the states of its logins.
struct Scene {
    book: Book,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self {
            book: Book::default(),
            now: Instant::now(),
        }
    }

    /// Enters a login.
    async fn away(&mut self, kind: AccountKind) -> Secret {
        let login = login(kind).await;
        let (state, until) = (login.state().clone(), self.now + login.patience());
        let stage = Stage::Away(login);
        self.enter(kind, state.clone(), stage, until);
        state
    }

    fn typing(&mut self, number: usize) -> Secret {
        let state = Secret::from(format!("state-{number}"));
        let (url, code) = ("https://x.example/".to_owned(), "AB-CD".to_owned());
        let stage = Stage::Typing { url, code };
        let until = self.now + 600 * SECOND;
        self.enter(AccountKind::Qwen, state.clone(), stage, until);
        state
    }

    fn enter(&mut self, kind: AccountKind, state: Secret, stage: Stage, until: Instant) {
        let wish = wish();
        let entry = Entry {
            state,
            kind,
            wish,
            stage,
            until,
        };
        self.book.enter(entry, self.now);
    }

    /// What becomes of somebody who comes with this.
    fn comes(&mut self, kind: AccountKind, query: &str) -> Result<String, Miss> {
        let callback = Callback::from_query(query);
        let back = self.book.take(Some(kind), &callback, self.now)?;
        Ok(match back {
            Back::Code(taken) => taken.code.expose().to_owned(),
            Back::Denied(error) => error.to_string(),
        })
    }

    fn status(&mut self, state: &Secret) -> Option<Status> {
        let (_, status) = self.book.status(state, self.now)?;
        Some(status)
    }
}

const CLAUDE: AccountKind = AccountKind::Claude;
const ACCOUNT: &str = "claude-ada@example.com";

fn logged_in() -> Status {
    Status::Done {
        account: ACCOUNT.to_owned(),
    }
}

#[tokio::test]
async fn a_state_counts_once() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    assert!(matches!(scene.status(&state), Some(Status::Away { .. })));
    let query = format!("code=c-1&state={}", state.expose());
    assert_eq!(scene.comes(CLAUDE, &query), Ok("c-1".to_owned()));
    assert_eq!(scene.status(&state), Some(Status::Asking));
    assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::NotAway));
    scene.book.end(&state, Ok(ACCOUNT.to_owned()), scene.now);
    assert_eq!(scene.status(&state), Some(logged_in()));
    assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::NotAway));
    // What is over does not become anything else.
    scene.book.end(&state, Err("late".to_owned()), scene.now);
    assert_eq!(scene.status(&state), Some(logged_in()));
}

#[tokio::test]
async fn only_the_whole_state_of_a_login_to_this_provider_ends_it() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    let word = state.expose();
    let short = &word[..word.len() - 1];
    for (query, miss) in [
        ("code=c-1".to_owned(), Miss::Unknown),
        ("code=c-1&state=".to_owned(), Miss::Unknown),
        ("code=c-1&state=guessed".to_owned(), Miss::Unknown),
        (format!("code=c-1&state={short}"), Miss::Unknown),
        (format!("code=c-1&state={word}A"), Miss::Unknown),
        (format!("state={word}"), Miss::Empty),
    ] {
        assert_eq!(scene.comes(CLAUDE, &query), Err(miss), "{query}");
    }
    let query = format!("code=c-1&state={word}");
    let elsewhere = scene.comes(AccountKind::Gemini, &query);
    assert_eq!(elsewhere, Err(Miss::Elsewhere));
    assert_eq!(scene.comes(CLAUDE, &query), Ok("c-1".to_owned()));
}

#[tokio::test]
async fn a_refusal_ends_the_login_and_is_remembered_for_a_while() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    let query = format!("error=access_denied&state={}", state.expose());
    let told = "the login was refused: access_denied".to_owned();
    assert_eq!(scene.comes(CLAUDE, &query), Ok(told.clone()));
    assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::Failed(told.clone())));
    scene.now += MEMORY - SECOND;
    assert_eq!(scene.status(&state), Some(Status::Failed(told)));
    scene.now += SECOND;
    assert_eq!(scene.status(&state), None);
    assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::Unknown));
}

#[tokio::test]
async fn a_browser_that_comes_too_late_is_too_late() {
    let mut scene = Scene::new();
    let (claude, kiro) = (
        scene.away(CLAUDE).await,
        scene.away(AccountKind::Kiro).await,
    );
    let begun = scene.now;
    let minutes = |minutes: u32| begun + 60 * minutes * SECOND;
    assert_eq!(scene.book.away_until(CLAUDE, begun), Some(minutes(5)));
    scene.now = minutes(5) - SECOND;
    assert!(matches!(scene.status(&claude), Some(Status::Away { .. })));
    scene.now = minutes(5);
    let late = "nobody came back from the browser in time".to_owned();
    assert_eq!(scene.status(&claude), Some(Status::Failed(late.clone())));
    assert_eq!(scene.book.away_until(CLAUDE, scene.now), None);
    let query = format!("code=c-1&state={}", claude.expose());
    assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::Failed(late)));
    // Who has to copy an address has longer.
    assert!(matches!(scene.status(&kiro), Some(Status::Away { .. })));
    // However late somebody looks, the end was when it was.
    scene.now = minutes(15);
    assert_eq!(scene.status(&claude), None);
    scene.now = minutes(20);
    assert_eq!(scene.status(&kiro), None);
}

#[tokio::test]
async fn a_code_that_nobody_types_is_over() {
    let mut scene = Scene::new();
    let state = scene.typing(1);
    scene.now += 600 * SECOND;
    let late = "the code was not typed in time, and is over".to_owned();
    assert_eq!(scene.status(&state), Some(Status::Failed(late)));
}

#[tokio::test]
async fn who_was_to_tell_of_the_account_and_never_did_is_not_waited_for() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    let query = format!("code=c-1&state={}", state.expose());
    scene.comes(CLAUDE, &query).unwrap();
    scene.now += LONGEST;
    assert!(matches!(scene.status(&state), Some(Status::Failed(_))));
}

#[tokio::test]
async fn many_logins_make_the_oldest_give_way_and_the_book_no_longer() {
    let mut scene = Scene::new();
    let claude = scene.away(CLAUDE).await;
    let states: Vec<Secret> = (0..200).map(|number| scene.typing(number)).collect();
    assert_eq!(scene.book.logins.len(), CAPACITY);
    let open = states.iter().filter(|state| {
        let status = scene.book.status(state, scene.now);
        matches!(status, Some((_, Status::Typing { .. })))
    });
    assert_eq!(open.count(), OPEN, "the last ones");
    assert!(scene.book.is_open(&states[199], scene.now));
    let told = scene.status(&states[191]);
    assert!(matches!(told, Some(Status::Failed(_))), "{told:?}");
    // Those to other providers are none of their concern.
    assert!(matches!(scene.status(&claude), Some(Status::Away { .. })));
}

#[tokio::test]
async fn strangers_change_nothing_however_many_come() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    for number in 0..10_000 {
        let query = format!("code=c&state=guess-{number}");
        assert_eq!(scene.comes(CLAUDE, &query), Err(Miss::Unknown));
    }
    assert_eq!(scene.book.logins.len(), 1);
    let query = format!("code=c-1&state={}", state.expose());
    assert_eq!(scene.comes(CLAUDE, &query), Ok("c-1".to_owned()));
}

#[tokio::test]
async fn what_is_called_off_is_forgotten() {
    let mut scene = Scene::new();
    let (away, typing) = (scene.away(CLAUDE).await, scene.typing(1));
    for state in [&away, &typing] {
        assert!(scene.book.cancel(state, scene.now));
        assert!(!scene.book.cancel(state, scene.now));
        assert_eq!(scene.status(state), None);
        assert!(!scene.book.is_open(state, scene.now));
    }
    let done = scene.typing(2);
    scene.book.end(&done, Ok(ACCOUNT.to_owned()), scene.now);
    assert!(!scene.book.cancel(&done, scene.now));
    assert_eq!(scene.status(&done), Some(logged_in()));
}

#[tokio::test]
async fn no_state_is_printed() {
    let mut scene = Scene::new();
    let state = scene.away(CLAUDE).await;
    assert!(!format!("{:?}", scene.book).contains(state.expose()));
}
