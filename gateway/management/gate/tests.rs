use modelgate_config::Secret;
use modelgate_config::model::{ManagementKey, Proof};

use super::*;

const TOKEN: &str = "0123456789abcdef";
const KEY: (&str, &str) = ("x-management-key", TOKEN);
const SECRET: &str = "the-secret-of-the-file";
const REMOTE: &str = "the-secret-for-all";

fn gate() -> Gate {
    Gate {
        token: Some(Token::new(&Secret::from(TOKEN))),
        ..Gate::default()
    }
}

fn key(origin: &'static str, secret: &str, opens_remote: bool) -> ManagementKey {
    ManagementKey {
        origin,
        proof: Proof::Plain(Secret::from(secret)),
        opens_remote,
    }
}

/// A key in the file, and maybe one of the environment.
fn management(allow_remote: bool, family: bool) -> Management {
    let mut keys = vec![key("file", SECRET, false)];
    keys.extend(family.then(|| key("family", REMOTE, true)));
    Management {
        allow_remote,
        keys,
        panel: true,
    }
}

async fn ask(
    gate: &Gate,
    management: &Management,
    peer: &str,
    own: &str,
    pairs: &[(&'static str, &str)],
) -> Result<&'static str, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    let ask = Ask {
        headers: &headers,
        peer: peer.parse().ok(),
        own: own.parse().unwrap(),
    };
    let admitted = gate.admit(management, &ask).await;
    admitted.map(|manager| manager.key)
}

/// Without a configured key.
async fn token_only(peer: &str, own: &str, pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
    let admitted = ask(&gate(), &Management::default(), peer, own, pairs).await;
    admitted.map(|_| ())
}

async fn here(pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
    token_only("127.0.0.1", "127.0.0.1", pairs).await
}

#[tokio::test]
async fn the_token_is_taken_from_either_header() {
    let bearer = format!("bEaReR  {TOKEN}");
    for pairs in [
        &[KEY][..],
        &[("authorization", &bearer)],
        &[("authorization", TOKEN)],
        &[("authorization", ""), KEY],
    ] {
        assert_eq!(here(pairs).await, Ok(()), "{pairs:?}");
    }
    for pairs in [
        &[][..],
        &[("x-management-key", " ")],
        &[("x-api-key", TOKEN)],
    ] {
        assert_eq!(here(pairs).await, Err(Refusal::NoKey), "{pairs:?}");
    }
    for pairs in [
        &[("x-management-key", "0123456789abcdeF")][..],
        &[("authorization", "Bearer other"), KEY],
    ] {
        assert_eq!(here(pairs).await, Err(Refusal::WrongKey), "{pairs:?}");
    }
}

#[tokio::test]
async fn without_a_key_there_is_no_management_but_by_the_token_from_this_machine() {
    for (peer, own, expected) in [
        ("127.0.0.2", "0.0.0.0", Ok(())),
        ("::1", "::", Ok(())),
        ("::ffff:127.0.0.1", "::", Ok(())),
        ("192.0.2.1", "192.0.2.1", Ok(())),
        ("::ffff:192.0.2.1", "192.0.2.1", Ok(())),
        ("192.0.2.2", "192.0.2.1", Err(Refusal::Off)),
        ("192.0.2.2", "0.0.0.0", Err(Refusal::Off)),
        ("0.0.0.0", "0.0.0.0", Err(Refusal::Off)),
        ("nobody", "127.0.0.1", Err(Refusal::Off)),
    ] {
        assert_eq!(
            token_only(peer, own, &[KEY]).await,
            expected,
            "{peer} {own}"
        );
    }
    for header in [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "x-forwarded-host",
    ] {
        let forwarded = (header, "127.0.0.1");
        for peer in ["192.0.2.2", "127.0.0.1"] {
            let outcome = token_only(peer, "0.0.0.0", &[KEY, forwarded]).await;
            assert_eq!(outcome, Err(Refusal::Off), "{header} {peer}");
        }
    }
    let page = [
        KEY,
        ("origin", "https://evil.example"),
        ("host", "evil.example"),
    ];
    let outcome = token_only("192.0.2.2", "0.0.0.0", &page).await;
    assert_eq!(outcome, Err(Refusal::Off), "pages learn nothing either");
    let none = Gate::default();
    let off = ask(
        &none,
        &Management::default(),
        "127.0.0.1",
        "127.0.0.1",
        &[KEY],
    )
    .await;
    assert_eq!(off, Err(Refusal::Off));
    assert_eq!(Refusal::Off.answer(), None);
}

#[tokio::test]
async fn the_password_of_the_start_is_enough_here_and_nothing_elsewhere() {
    let gate = Gate {
        password: Some(Token::new(&Secret::from("hush"))),
        ..Gate::default()
    };
    let none = Management::default();
    let from = async |management: &Management, peer: &str, key: &str| {
        let pairs = [("x-management-key", key)];
        ask(&gate, management, peer, "0.0.0.0", &pairs).await
    };
    let ours = Ok("the password of this run");
    assert_eq!(from(&none, "127.0.0.1", "hush").await, ours);
    assert_eq!(from(&none, "127.0.0.1", "hush ").await, ours);
    let wrong = from(&none, "127.0.0.1", "hus").await;
    assert_eq!(wrong, Err(Refusal::WrongKey));
    assert_eq!(from(&none, "192.0.2.2", "hush").await, Err(Refusal::Off));
    let open = management(true, true);
    let far = from(&open, "192.0.2.2", "hush").await;
    assert_eq!(far, Err(Refusal::WrongKey));
    assert_eq!(from(&open, "127.0.0.1", "hush").await, ours);
}

#[tokio::test]
async fn other_machines_need_a_key_that_is_for_them() {
    let far = "192.0.2.2";
    let with = async |management: &Management, key: &str| {
        let pairs = [("x-management-key", key), ("host", "gw.example.com")];
        ask(&gate(), management, far, "0.0.0.0", &pairs).await
    };
    let closed = management(false, false);
    assert_eq!(with(&closed, SECRET).await, Err(Refusal::Remote));
    let open = management(true, false);
    assert_eq!(with(&open, SECRET).await, Ok("file"));
    assert_eq!(
        with(&open, TOKEN).await,
        Err(Refusal::WrongKey),
        "the token is for here"
    );
    let family = management(false, true);
    assert_eq!(with(&family, REMOTE).await, Ok("family"));
    assert_eq!(with(&family, SECRET).await, Err(Refusal::WrongKey));
    let local = ask(
        &gate(),
        &family,
        "::1",
        "::",
        &[("x-management-key", SECRET)],
    )
    .await;
    assert_eq!(local, Ok("file"));
}

#[tokio::test]
async fn a_proxy_on_this_machine_does_not_make_strangers_local() {
    let from_here = async |management: &Management, pairs: &[(&'static str, &str)]| {
        ask(&gate(), management, "127.0.0.1", "127.0.0.1", pairs).await
    };
    let forwarded = ("x-forwarded-for", "127.0.0.1");
    let pairs = [KEY, forwarded, ("host", "127.0.0.1:8317")];
    let through = from_here(&management(false, false), &pairs).await;
    assert_eq!(through, Err(Refusal::Remote));
    let open = management(true, false);
    let named = ("host", "gw.example.com");
    let secret = ("x-management-key", SECRET);
    assert_eq!(from_here(&open, &[secret, named]).await, Ok("file"));
    assert_eq!(
        from_here(&open, &[KEY, named]).await,
        Err(Refusal::WrongKey)
    );
}

#[tokio::test]
async fn our_own_page_gets_in_with_a_key_and_no_other_does() {
    let (localhost, site) = (("host", "localhost:8317"), "sec-fetch-site");
    let page = ("origin", "http://localhost:8317");
    let same = (site, "same-origin");
    for (pairs, expected) in [
        (&[KEY, page, localhost][..], Ok(())),
        (&[KEY, page, localhost, same], Ok(())),
        // HTTP/2 has no `Host`.
        (&[KEY, page, same], Ok(())),
        (&[page, localhost, same], Err(Refusal::NoKey)),
        (&[KEY, page], Err(Refusal::Page)),
        (&[KEY, page, ("host", "127.0.0.1:8317")], Err(Refusal::Page)),
        (&[KEY, page, ("host", "localhost:9000")], Err(Refusal::Page)),
        (
            &[KEY, page, localhost, (site, "same-site")],
            Err(Refusal::Page),
        ),
        (
            &[KEY, page, localhost, (site, "cross-site")],
            Err(Refusal::Page),
        ),
        (&[KEY, ("origin", "null"), localhost], Err(Refusal::Page)),
        (
            &[KEY, ("origin", "https://evil.example"), localhost],
            Err(Refusal::Page),
        ),
        // A name that was made to point here.
        (
            &[
                KEY,
                ("origin", "http://evil.example"),
                ("host", "evil.example"),
                same,
            ],
            Err(Refusal::Host),
        ),
    ] {
        assert_eq!(here(pairs).await, expected, "{pairs:?}");
    }
    let far = [
        ("x-management-key", SECRET),
        ("origin", "http://gw.example:8317"),
        ("host", "gw.example:8317"),
    ];
    let from_far = async |management: &Management| {
        ask(&gate(), management, "192.0.2.2", "0.0.0.0", &far).await
    };
    let open = management(true, false);
    assert_eq!(from_far(&open).await, Ok("file"));
    assert_eq!(
        from_far(&management(false, false)).await,
        Err(Refusal::Remote)
    );
    let without = Management {
        panel: false,
        ..open
    };
    assert_eq!(from_far(&without).await, Err(Refusal::Page));
}

#[tokio::test]
async fn no_page_gets_in_whatever_it_presents() {
    for origin in ["http://127.0.0.1:8317", "null", "https://evil.example"] {
        let outcome = here(&[KEY, ("origin", origin)]).await;
        assert_eq!(outcome, Err(Refusal::Page), "{origin}");
    }
    for (host, expected) in [
        ("localhost:8317", Ok(())),
        ("LOCALHOST", Ok(())),
        ("127.0.0.1:8317", Ok(())),
        ("[::1]:8317", Ok(())),
        ("[::1]", Ok(())),
        ("evil.example:8317", Err(Refusal::Host)),
        ("localhost.evil.example", Err(Refusal::Host)),
        ("127.0.0.1.evil.example:80", Err(Refusal::Host)),
        ("192.0.2.1", Err(Refusal::Host)),
        ("", Err(Refusal::Host)),
    ] {
        assert_eq!(here(&[KEY, ("host", host)]).await, expected, "{host}");
    }
    let two = [KEY, ("host", "localhost"), ("host", "evil.example")];
    assert_eq!(here(&two).await, Err(Refusal::Host));
    let own = token_only("192.0.2.1", "192.0.2.1", &[KEY, ("host", "192.0.2.1:80")]).await;
    assert_eq!(own, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn five_failures_ban_and_the_right_key_from_here_passes_all_the_same() {
    let (gate, management) = (gate(), management(true, false));
    let from = async |peer: &str, key: &str| {
        let pairs = [("x-management-key", key)];
        ask(&gate, &management, peer, "0.0.0.0", &pairs).await
    };
    for peer in ["192.0.2.2", "127.0.0.1"] {
        assert_eq!(from(peer, "").await, Err(Refusal::NoKey));
        for _ in 0..4 {
            assert_eq!(from(peer, "wrong").await, Err(Refusal::WrongKey));
        }
        let half = Duration::from_secs(30 * 60);
        assert_eq!(from(peer, "wrong").await, Err(Refusal::Banned(half)));
    }
    assert!(matches!(
        from("192.0.2.2", SECRET).await,
        Err(Refusal::Banned(_))
    ));
    assert_eq!(from("192.0.2.3", SECRET).await, Ok("file"));
    assert_eq!(from("127.0.0.1", SECRET).await, Ok("file"));
    assert_eq!(
        from("127.0.0.1", "wrong").await,
        Err(Refusal::WrongKey),
        "forgiven"
    );
    for _ in 0..5 {
        from("127.0.0.1", "wrong").await.unwrap_err();
    }
    assert_eq!(from("127.0.0.1", TOKEN).await, Ok("the token of this run"));
    tokio::time::advance(Duration::from_secs(30 * 60)).await;
    assert_eq!(from("192.0.2.2", SECRET).await, Ok("file"));
}

#[test]
fn the_rest_of_a_ban_is_told_in_minutes_and_seconds() {
    for (millis, expected) in [
        (1_800_000, "30m0s"),
        (1_799_400, "29m59s"),
        (59_499, "59s"),
        (0, "0s"),
    ] {
        assert_eq!(rounded(Duration::from_millis(millis)), expected);
    }
    let refusal = Refusal::Banned(Duration::from_secs(1_799));
    let answer = refusal.answer().unwrap();
    assert_eq!(
        answer.error,
        "IP banned due to too many failed attempts. Try again in 29m59s"
    );
    assert!(refusal.retry_after().is_some());
}
