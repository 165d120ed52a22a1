//! States of the dashboard for tests: what a gateway told, what it would tell if it meant harm, and what is to be seen
//! when it tells nothing.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use modelgate_management::{Event, LoginBegun, Models, RequestDetail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::app::{App, Page, View};
use crate::message::{Answer, Deed, Effect, Fetch, Link, Message, Outcome, Trouble};
use crate::settings::pick;
use crate::text::tests::HOSTILE;
use crate::theme::Theme;
use crate::update::update;

/// 14:00 where the person is.
pub(crate) const NOW: &str = "2026-03-04T12:00:00Z";

/// What is seen of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A gateway at work.
    Recorded,
    /// A gateway of which nobody has asked anything.
    Empty,
    /// A gateway whose answers are errors.
    Failing,
    /// No gateway.
    Lost,
    /// Every text is of somebody who means harm.
    Hostile,
}

impl Seen {
    pub(crate) const ALL: [Self; 5] = [
        Self::Recorded,
        Self::Empty,
        Self::Failing,
        Self::Lost,
        Self::Hostile,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Answers what became of the request whose page is open.
    pub(crate) fn answer_why(self, app: &mut App) {
        let detail = match self {
            Self::Hostile => hostile(request()),
            _ => request(),
        };
        let mut detail: RequestDetail = read(detail);
        if let Some(Page::Why(why)) = app.pages.last() {
            detail.id.clone_from(&why.id);
        }
        update(app, Message::Answer(Answer::Request(Box::new(detail))));
    }

    /// The dashboard in this state.
    pub(crate) fn app(self, size: (u16, u16)) -> App {
        let mut app = new(size);
        match self {
            Self::Recorded => tell(&mut app, &|value| value),
            Self::Hostile => tell(&mut app, &hostile),
            Self::Empty => tell_nothing(&mut app),
            Self::Failing => fail(&mut app),
            Self::Lost => {
                let lost = Link::Lost(trouble("no gateway is running here"));
                update(&mut app, Message::Link(lost));
            }
        }
        app
    }
}

/// Two minutes of a gateway at work, for the picture in the README.
pub(crate) fn busy(size: (u16, u16)) -> App {
    let mut app = Seen::Recorded.app(size);
    for second in 4..124 {
        update(&mut app, Message::Time(later(second)));
        // As many as come to a small team: more, less, and now and then a failure.
        let count = [1, 2, 4, 3, 2, 1, 0, 1, 3, 5][second as usize / 2 % 10];
        for number in 0..count {
            let id = format!("b{second:03}-{number}");
            let (status, error) = match second * 7 % 31 {
                0 => (503, json!("overloaded")),
                _ => (200, Value::Null),
            };
            let slow = 400 + second as u64 * 37 % 900;
            update(&mut app, Message::Events(vec![read(started(&id))]));
            let ended = json!({"type": "request_ended", "id": id, "time": later(second), "client_key": "laptop",
                "dialect": "claude", "model": "claude-sonnet-4-5", "stream": true, "status": status, "complete": true,
                "credential": "claude-ada@example.com", "attempts": 1, "total_ms": slow * 7, "first_byte_ms": slow,
                "usage": {"input": 9_000, "cached": 8_000, "output": 200 + slow / 4},
                "cost": {"nanodollars": 9_000_000 + slow * 4_000, "basis": "exact"}, "error": error});
            update(&mut app, Message::Events(vec![read(ended)]));
        }
    }
    let events = [
        started("c1"),
        started("c2"),
        first_byte("c2"),
        started("c3"),
        progress("a2", 3_640, None),
        progress("c2", 91, Some(96)),
    ];
    update(&mut app, Message::Events(events.map(read).into()));
    update(&mut app, Message::Time(later(126)));
    app
}

/// A dashboard that has just been started.
pub(crate) fn new(size: (u16, u16)) -> App {
    let zone = TimeZone::fixed(offset(2));
    let mut app = App::new(Theme::Dark, zone, now(), size);
    update(&mut app, Message::Time(now()));
    app
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn trouble(message: &str) -> Trouble {
    Trouble {
        message: message.to_owned(),
        hint: Some("start it with: modelgate serve".to_owned()),
    }
}

/// What pressing a key wants done.
pub(crate) fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    let event = KeyEvent::new(code, KeyModifiers::NONE);
    update(app, Message::Key(event))
}

/// Types a line, key by key.
pub(crate) fn type_in(app: &mut App, text: &str) {
    for char in text.chars() {
        press(app, KeyCode::Char(char));
    }
}

fn tell(app: &mut App, change: &dyn Fn(Value) -> Value) {
    link(app);
    for answer in [
        Answer::Requests(read(change(requests()))),
        Answer::Accounts(read(change(accounts()))),
        Answer::Spent(read(change(spent()))),
        Answer::Models(read(change(models()))),
        Answer::Keys(read(change(keys()))),
        Answer::KeyUse(read(change(key_use()))),
        Answer::Usage(read(change(usage()))),
        Answer::Logs(read(change(logs()))),
        Answer::Settings(pick(change(settings()).as_object().unwrap())),
    ] {
        update(app, Message::Answer(answer));
    }
    let events = [
        started("a1"),
        started("a2"),
        first_byte("a2"),
        progress("a2", 80, None),
    ];
    let events = events.map(|event| read::<Event>(change(event))).into();
    update(app, Message::Events(events));
    update(app, Message::Time(later(3)));
}

fn tell_nothing(app: &mut App) {
    link(app);
    for answer in [
        Answer::Requests(read(json!({"requests": []}))),
        Answer::Accounts(read(json!({"accounts": []}))),
        Answer::Models(Models::default()),
        Answer::Keys(Vec::new()),
        Answer::Usage(read(no_usage("model"))),
        Answer::Settings(pick(settings().as_object().unwrap())),
        Answer::Logs(read(
            json!({"lines": [], "line-count": 0, "latest-timestamp": 0}),
        )),
        Answer::Spent(read(no_usage("day"))),
    ] {
        update(app, Message::Answer(answer));
    }
}

fn no_usage(by: &str) -> Value {
    json!({"by": by, "total": {}, "groups": [], "ledger": {"recording": true, "open": true, "written": 0, "queued": 0,
        "lost": 0}})
}

fn fail(app: &mut App) {
    link(app);
    for view in View::ALL {
        app.view = view;
        update(app, Message::Time(now()));
    }
    app.view = View::Overview;
    let fetches: Vec<Fetch> = app.asked.iter().map(|(fetch, _)| fetch.clone()).collect();
    for fetch in fetches {
        let trouble = trouble("the ledger cannot be read: disk I/O error");
        update(app, Message::Failed(fetch, trouble));
    }
}

fn link(app: &mut App) {
    update(app, Message::Place("http://127.0.0.1:8317".to_owned()));
    update(app, Message::Link(Link::Live));
}

/// So many seconds after [`NOW`].
pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

pub(crate) fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Texts that have a form, and would not be read in another one.
const FORMED: [&str; 13] = [
    "time",
    "next_try",
    "resets_at",
    "token_expires",
    "fetched",
    "state",
    "source",
    "outcome",
    "type",
    "since",
    "until",
    "by",
    "expires",
];

/// Every free text is of somebody who means harm. What differed still differs, and ids stay in their order.
fn hostile(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let formed = FORMED.contains(&&*name);
                let value = if formed { value } else { hostile(value) };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(hostile).collect(),
        Value::String(text) => {
            let which = text.bytes().map(usize::from).sum::<usize>() % HOSTILE.len();
            json!(format!("{text}{}", HOSTILE[which]))
        }
        other => other,
    }
}

fn started(id: &str) -> Value {
    json!({"type": "request_started", "id": id, "time": NOW, "client_key": "laptop", "dialect": "claude",
        "model": "claude-sonnet-4-5", "stream": true})
}

fn first_byte(id: &str) -> Value {
    json!({"type": "request_first_byte", "id": id, "credential": "claude-ada@example.com", "ms": 640})
}

fn progress(id: &str, chunks: u64, tokens: Option<u64>) -> Value {
    json!({"type": "request_progress", "id": id, "ms": 2_000, "chunks": chunks, "tokens": tokens, "bytes": chunks * 190})
}

fn requests() -> Value {
    json!({"requests": [
        {"id": "0199-5", "time": "2026-03-04T11:59:50Z", "client_key": "laptop", "dialect": "chat", "model": "gpt-5.1",
         "stream": true, "status": 200, "complete": true, "credential": "openrouter[0]", "upstream_dialect": "chat",
         "attempts": 1, "total_ms": 4_210, "first_byte_ms": 310,
         "usage": {"input": 1_834, "cached": 1_024, "output": 622}, "cost": {"nanodollars": 9_512_500, "basis": "exact"}},
        {"id": "0199-4", "time": "2026-03-04T11:59:41Z", "client_key": "ci", "dialect": "claude",
         "model": "claude-sonnet-4-5(high)", "stream": true, "status": 200, "complete": false,
         "credential": "codex-ada@example.com", "upstream_dialect": "responses", "attempts": 3, "total_ms": 14_210,
         "first_byte_ms": 1_071, "usage": {"input": 120_400, "cached": 98_000, "output": 2_210},
         "cost": {"nanodollars": 1_204_000_000_u64, "basis": "estimated"}},
        {"id": "0199-3", "time": "2026-03-04T11:59:20Z", "client_key": "laptop", "dialect": "gemini",
         "model": "gemini-3-pro", "stream": false, "status": 429, "complete": true, "attempts": 2, "total_ms": 215,
         "usage": {}, "cost": {"basis": "unpriced"},
         "error": "every credential for `gemini-3-pro` is resting; the first is asked again in 7 s"},
        {"id": "0199-2", "time": "2026-03-04T11:58:01Z", "dialect": "chat", "model": "demo", "stream": true,
         "status": 499, "complete": false, "attempts": 1, "total_ms": 90, "usage": {}},
        {"id": "0199-1", "time": "2026-03-03T23:58:01Z", "client_key": "laptop", "dialect": "chat", "model": "demo",
         "stream": false, "status": 200, "complete": true, "credential": "demo[0]", "upstream_dialect": "chat",
         "attempts": 1, "total_ms": 12, "first_byte_ms": 12, "usage": {"input": 12, "output": 40},
         "cost": {"nanodollars": 0, "basis": "exact"}}]})
}

/// What became of the second of them.
pub(crate) fn request() -> Value {
    json!({
        "id": "0199-4", "time": "2026-03-04T11:59:41Z", "client_key": "ci", "dialect": "claude",
        "model": "claude-sonnet-4-5(high)", "stream": true, "status": 200, "complete": false,
        "served": {"credential": "codex-ada@example.com", "provider": "codex", "dialect": "responses", "model": "gpt-5.1"},
        "affinity": {"source": "metadata.user_id", "outcome": "moved", "credential": "codex-ada@example.com"},
        "candidates": [
            {"credential": "claude-api-key[0]", "model": "claude-sonnet-4-5", "outcome": "skipped",
             "reason": "cooling", "next_try": "2026-03-04T12:10:00Z"},
            {"credential": "claude-api-key[1]", "model": "claude-sonnet-4-5", "outcome": "tried"},
            {"credential": "codex-ada@example.com", "model": "gpt-5.1", "outcome": "tried"},
            {"credential": "openrouter[0]", "model": "sonnet", "outcome": "reserve"}],
        "more_candidates": 3,
        "attempts": [
            {"credential": "claude-api-key[1]", "model": "claude-sonnet-4-5", "status": 429, "kind": "rate_limited",
             "message": "Number of request tokens has exceeded your per-minute rate limit. Please slow down.",
             "retry_after_ms": 30_000, "ms": 212},
            {"credential": "codex-ada@example.com", "model": "gpt-5.1", "kind": "unreachable", "message": "no route",
             "ms": 5},
            {"credential": "codex-ada@example.com", "model": "gpt-5.1", "status": 200, "ms": 640}],
        "losses": [{"path": "system[0].cache_control", "action": "dropped", "why": "responses has no such mark"}],
        "times": {"total_ms": 14_210, "own_us": 412, "queue_ms": 200, "first_byte_ms": 1_071, "stream_ms": 13_139},
        "usage": {"input": 120_400, "cached": 98_000, "output": 2_210},
        "cost": {"nanodollars": 62_350_000_u64, "basis": "estimated", "parts": [
            {"what": "input", "tokens": 22_400, "price": 1_250_000}, {"what": "cache read", "tokens": 98_000, "price": 125_000},
            {"what": "output", "tokens": 2_210, "price": 10_000_000}]}
    })
}

fn accounts() -> Value {
    json!({"session_hit_rate": 0.87, "accounts": [
        {"id": "claude-api-key[0]", "provider": "claude", "kind": "claude", "source": "config", "state": "cooling",
         "reason": "rate_limited (429): Please slow down", "next_try": "2026-03-04T12:10:00Z", "priority": 10, "weight": 1,
         "succeeded": 1_204, "failed": 31,
         "model_list": {"models": 15, "fetched": "2026-03-04T11:00:00Z", "error": "cannot reach claude"}},
        {"id": "claude-ada@example.com", "provider": "claude", "kind": "claude", "source": "file", "state": "ready",
         "email": "ada@example.com", "label": "work", "file": "claude-ada@example.com.json", "priority": 0, "weight": 2,
         "succeeded": 422, "failed": 0, "token_expires": "2026-03-04T19:30:00Z",
         "quota": [{"name": "5h", "used_percent": 62.5, "resets_at": "2026-03-04T14:00:00Z"},
                   {"name": "weekly", "used_percent": 91.0, "resets_at": "2026-03-08T00:00:00Z"}],
         "models": [{"model": "claude-opus-4-5", "state": "cooling", "reason": "overloaded (529)",
                     "next_try": "2026-03-04T12:00:30Z"}]},
        {"id": "codex-ada@example.com", "provider": "codex", "kind": "codex", "source": "file", "state": "log_in_again",
         "reason": "the refresh token was revoked", "plan": "plus", "priority": 0, "succeeded": 8, "failed": 2},
        {"id": "openrouter[0]", "provider": "openrouter", "kind": "openai-compatibility", "source": "environment",
         "state": "disabled", "reason": "disabled in the configuration", "priority": 0},
        {"id": "demo[0]", "provider": "demo", "kind": "demo", "source": "built-in", "state": "on_trial", "priority": -1,
         "succeeded": 40, "failed": 0}]})
}

fn spent() -> Value {
    json!({"since": "2026-03-01T00:00:00Z", "by": "day",
        "total": {"requests": 4_210, "failed": 33, "tokens": 88_201_334, "cost_nanodollars": 212_400_000_000_u64},
        "groups": [
            {"name": "2026-03-03", "requests": 3_000, "cost_nanodollars": 200_000_000_000_u64},
            {"name": "2026-03-04", "requests": 1_210, "tokens": 3_401_220, "cost_nanodollars": 12_400_000_000_u64}],
        "ledger": {"recording": true, "open": true, "written": 4_210, "queued": 0, "lost": 0}})
}

fn logs() -> Value {
    json!({"line-count": 5, "latest-timestamp": 0, "lines": [
        "[2026-03-04T11:59:20.100Z] [0199c8a1d1f07c1e8a3f] [warn ] [modelgate_gateway::search] attempt failed \
         credential=claude-api-key[0] status=429",
        "[2026-03-04T11:59:20.120Z] [0199c8a1d1f07c1e8a3f] [info ] [modelgate_gateway::record] request caller=\"laptop\" \
         dialect=\"gemini\" model=gemini-3-pro stream=false attempts=2 status=429 complete=true total_ms=215",
        "[2026-03-04T11:59:30.000Z] [--------] [error] [modelgate_ledger::writer] the ledger cannot be written",
        "thread 'ledger' panicked",
        "[2026-03-04T11:59:50.000Z] [--------] [debug] [modelgate_gateway::lists] a list was fetched models=40"]})
}

fn models() -> Value {
    json!({"models": [
        {"id": "claude-sonnet-4-5", "providers": ["claude", "openrouter"], "max_output": 64_000,
         "context_window": 200_000,
         "price": {"input": 3_000_000, "output": 15_000_000, "cache_read": 300_000},
         "servers": [
            {"credential": "claude-api-key[0]", "model": "claude-sonnet-4-5", "state": "cooling",
             "reason": "rate_limited (429): Please slow down", "next_try": "2026-03-04T12:10:00Z"},
            {"credential": "claude-ada@example.com", "model": "claude-sonnet-4-5-20250929", "state": "ready"}],
         "more_servers": 2},
        {"id": "cheap", "providers": ["deepseek"], "price": {"input": 2_800, "output": 42_000},
         "servers": [{"credential": "deepseek[0]", "model": "deepseek-chat", "state": "log_in_again"}]},
        {"id": "demo", "providers": ["demo"], "servers": [{"credential": "demo[0]", "model": "demo", "state": "ready"}]}],
      "other_names": [{"provider": "openrouter", "patterns": ["*/*"]}]})
}

fn keys() -> Value {
    json!([
        {"id": "a7c8d4193582", "name": "laptop"},
        {"id": "a26ac8553a04", "name": "ci", "models": ["gpt-*", "claude-*"], "expires": "2026-03-06T12:00:00Z"},
        {"id": "00ffc8553a04", "disabled": true},
        {"id": "11ffc8553a04", "name": "old", "expires": "2026-01-01T00:00:00Z"}])
}

fn key_use() -> Value {
    json!({"by": "key", "total": {"requests": 4_210}, "groups": [
        {"name": "a7c8d4193582", "of": "laptop", "requests": 4_000, "failed": 30, "tokens": 88_000_000,
         "cost_nanodollars": 212_000_000_000_u64},
        {"name": "a26ac8553a04", "of": "ci", "requests": 210, "tokens": 201_334, "cost_nanodollars": 400_000_000}],
      "ledger": {"recording": true, "open": true, "written": 4_210, "queued": 0, "lost": 0}})
}

fn usage() -> Value {
    json!({"by": "model", "total": {"requests": 4_210, "tokens": 88_201_334, "cost_nanodollars": 212_400_000_000_u64,
            "unpriced": 12},
        "groups": [
            {"name": "claude-sonnet-4-5", "requests": 3_800, "failed": 33, "input": 2_000_000, "cache_read": 84_000_000,
             "output": 1_900_000, "reasoning": 100_000, "tokens": 88_000_000, "cost_nanodollars": 209_000_000_000_u64},
            {"name": "gpt-5.1", "requests": 398, "input": 100_000, "output": 90_000, "tokens": 190_000,
             "cost_nanodollars": 3_400_000_000_u64},
            {"name": "demo", "requests": 12, "tokens": 11_334, "unpriced": 12},
            {"requests": 1}],
        "ledger": {"recording": true, "open": true, "written": 4_210, "queued": 0, "lost": 0}})
}

/// Sums of the hours of a night, of which two were quiet.
pub(crate) fn hours() -> Value {
    let hour =
        |name: &str, cost: u64| json!({"name": name, "requests": 10, "cost_nanodollars": cost});
    json!({"by": "hour", "total": {"requests": 40, "cost_nanodollars": 1_800_000_000}, "groups": [
        hour("2026-03-03T20:00:00Z", 900_000_000), hour("2026-03-03T21:00:00Z", 300_000_000),
        hour("2026-03-04T00:00:00Z", 200_000_000), hour("2026-03-04T01:00:00Z", 400_000_000)],
      "ledger": {"recording": true, "open": true, "written": 40, "queued": 0, "lost": 0}})
}

fn settings() -> Value {
    json!({"debug": false, "logging-to-file": true, "logs-max-total-size-mb": 0, "error-logs-max-files": 10,
        "usage-statistics-enabled": true, "request-log": false, "proxy-url": "socks5://me:secret@proxy.example:1080",
        "request-retry": 3, "max-retry-credentials": 0, "max-retry-interval": 30, "force-model-prefix": false,
        "routing": {"strategy": "weighted-round-robin"}, "api-keys": ["mg-secret"]})
}

/// A login that has begun: through a browser, or with a code.
pub(crate) fn login(code: Option<&str>) -> LoginBegun {
    let url = match code {
        Some(_) => "https://login.example/device?user_code=ABCD-EFGH".to_owned(),
        None => format!(
            "https://claude.example/oauth/authorize?code=true&client_id=9d1c250a-e61b-44d9-88ed-5944d1962f5e\
             &response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A54545%2Fcallback&scope=org%3Acreate_api_key\
             +user%3Aprofile+user%3Ainference&code_challenge={}&code_challenge_method=S256&state={}",
            "Zx".repeat(21),
            "q7".repeat(21)
        ),
    };
    LoginBegun {
        url,
        state: "s-1".into(),
        code: code.map(str::to_owned),
        expires_in: code.map(|_| 900),
        warning: code.is_none().then(|| {
            "The provider wants its accounts used with its own programs only. Instead: an API key.".to_owned()
        }),
        message: code.is_none().then(|| {
            "port 54545 is in use by another program; send the address that the browser ends on to oauth-callback"
                .to_owned()
        }),
    }
}

/// A login that somebody has begun in the view of accounts.
pub(crate) fn logging_in(seen: Seen, code: Option<&str>, size: (u16, u16)) -> App {
    let mut app = seen.app(size);
    app.view = View::Accounts;
    type_in(&mut app, "lclaude");
    let effects = press(&mut app, KeyCode::Enter);
    let [Effect::Do(deed @ Deed::BeginLogin { .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    let mut begun = login(code);
    if seen == Seen::Hostile {
        begun.url.push_str(HOSTILE[0]);
        begun.code = begun.code.map(|code| code + HOSTILE[1]);
        begun.message = begun.message.map(|message| message + HOSTILE[2]);
    }
    let done = Message::Done(deed.clone(), Ok(Outcome::Login(begun)));
    update(&mut app, done);
    update(&mut app, Message::Time(later(45)));
    app
}
