use std::net::TcpListener;

use modelgate_config::{Environment, load};

use super::*;
use crate::output::testing::captured;

fn arguments(host: &str, port: u16) -> Args {
    Args {
        host: Some(host.to_owned()),
        port: Some(port),
        log: None,
        tui: false,
        password: None,
    }
}

/// Serves with a first run's configuration, which must fail.
fn fail(host: &str, port: u16) -> (CommandError, bool) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.yaml");
    let (output, _, _) = captured(false);
    let mut context = Context::new(Environment::default(), Some(path.clone()), output);
    let error = run(&mut context, arguments(host, port)).unwrap_err();
    (error, path.exists())
}

#[test]
fn a_taken_port_is_one_line_and_what_to_change() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (error, written) = fail("127.0.0.1", port);
    let message = error.message().unwrap();
    let expected = format!("cannot listen on 127.0.0.1:{port}: another program is using the port");
    assert_eq!((error.exit_code(), message), (1, expected));
    let hint = &error.hints()[0];
    assert!(
        hint.contains("--port ") && hint.contains("`port:` in /"),
        "{hint}"
    );
    assert!(
        !written,
        "a first run that did not start leaves nothing behind"
    );
}

#[test]
fn wrong_flags_are_wrong_usage() {
    let (error, written) = fail("no such host", 0);
    assert_eq!(error.exit_code(), 2);
    assert!(error.details()[0].starts_with("--host: "), "{error:?}");
    assert!(!written);
}

#[test]
fn a_password_that_is_blank_is_refused_and_that_of_the_environment_is_second() {
    let (output, _, _) = captured(false);
    let environment = Environment::from_map([("MODELGATE_PASSWORD", "of-the-environment")]);
    let context = Context::new(environment, None, output);
    for (flag, expected) in [
        (None, Some("of-the-environment")),
        (Some(" of-the-flag "), Some("of-the-flag")),
        (Some(" "), None),
    ] {
        let got = password(&context, flag.map(str::to_owned));
        match expected {
            Some(text) => assert_eq!(got.unwrap().unwrap().expose(), text),
            None => assert_eq!(got.unwrap_err().exit_code(), 2),
        }
    }
    let (output, _, _) = captured(false);
    let context = Context::new(Environment::default(), None, output);
    assert_eq!(password(&context, None).unwrap(), None);
}

#[test]
fn a_first_run_has_one_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.yaml");
    let (output, _, _) = captured(false);
    let context = Context::new(Environment::default(), Some(path.clone()), output);
    let opened = open::open(&context).unwrap();
    assert_eq!(opened.loaded.config.client_keys.len(), 1);
    let file = opened.new.unwrap();
    file.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(file.key.expose()));
    let again = load(&path, &Environment::default()).unwrap();
    assert_eq!(
        again.config.client_keys[0].id,
        opened.loaded.config.client_keys[0].id
    );
}
