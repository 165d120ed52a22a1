use modelgate_config::OAuth;

use super::*;

#[test]
fn a_login_asks_for_a_refresh_token_and_proves_that_it_is_ours() {
    let oauth = OAuth::default();
    for (kind, redirect) in [
        ("gemini", "http://localhost:8085/oauth2callback"),
        ("antigravity", "http://localhost:51121/oauth-callback"),
    ] {
        let service = oauth.service(kind).unwrap();
        let own = service.url(OAuthSetting::RedirectUrl).unwrap();
        assert_eq!(own.as_str(), redirect);
        let ask = Ask {
            redirect,
            challenge: "c",
            state: "s",
        };
        let url = authorize(service, &ask).unwrap();
        let pair = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        assert_eq!(pair("access_type"), "offline");
        assert_eq!(pair("prompt"), "consent");
        assert_eq!(pair("code_challenge_method"), "S256");
        assert_eq!(pair("redirect_uri"), redirect);
        assert!(!pair("scope").contains("  "), "{url}");
        let unset = endpoint(service).unwrap_err().to_string();
        assert!(
            unset.contains(&format!("`oauth.{kind}.client-secret`")),
            "{unset}"
        );
    }
}

#[test]
fn a_project_never_leaves_its_step_of_a_path() {
    for (name, expected) in [
        ("my-project-1", true),
        ("example.com:my-project", true),
        ("", false),
        ("..", false),
        (".hidden", false),
        ("a/b", false),
        ("a%2fb", false),
    ] {
        assert_eq!(is_project(name), expected, "{name}");
    }
}

#[test]
fn files_are_called_as_the_family_calls_them() {
    let projects = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let who = |kind, names: &[&str]| who(kind, Some("a@x.example"), &projects(names));
    let is = |who: Option<String>, expected: &str| assert_eq!(who.as_deref(), Some(expected));
    is(who(AccountKind::Gemini, &["p"]), "a@x.example-p");
    is(who(AccountKind::Gemini, &["p", "q"]), "a@x.example-all");
    is(who(AccountKind::Antigravity, &["p"]), "a@x.example");
}
