//! What the family's programs call the logins of each provider (`management-api.md` 4.4, 4.5 and 4.7).

use modelgate_providers::AccountKind;

/// Where logins to accounts of a kind begin and end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// They begin at `/v0/management/{it}-auth-url`.
    begins: &'static [&'static str],
    /// They end at `/{it}/callback`, if a browser comes back.
    pub(crate) callback: Option<&'static str>,
    /// What the provider is called where somebody pastes what a browser ended on.
    names: &'static [&'static str],
}

/// The door to accounts of a kind; none where nobody logs in.
pub(crate) const fn door(kind: AccountKind) -> Option<Door> {
    match kind {
        AccountKind::Claude => web(&["anthropic"], "anthropic", &["anthropic", "claude"]),
        AccountKind::Codex => web(&["codex"], "codex", &["codex", "openai"]),
        AccountKind::Gemini => web(
            &["gemini-cli"],
            "google",
            &["gemini", "gemini-cli", "google"],
        ),
        AccountKind::Antigravity => web(
            &["antigravity"],
            "antigravity",
            &["antigravity", "anti-gravity"],
        ),
        AccountKind::Iflow => web(&["iflow"], "iflow", &["iflow", "i-flow"]),
        AccountKind::Kiro => web(&["kiro"], "kiro", &["kiro"]),
        AccountKind::Qwen => device(&["qwen"], &["qwen"]),
        AccountKind::Copilot => device(
            &["github", "copilot", "github-copilot"],
            &["github", "copilot", "github-copilot"],
        ),
        AccountKind::Kimi => device(&["kimi"], &["kimi"]),
        AccountKind::Xai => device(&["xai"], &["xai", "x-ai", "x.ai", "grok"]),
        AccountKind::Vertex => None,
    }
}

type Names = &'static [&'static str];

const fn web(begins: Names, callback: &'static str, names: Names) -> Option<Door> {
    Some(Door {
        begins,
        callback: Some(callback),
        names,
    })
}

const fn device(begins: Names, names: Names) -> Option<Door> {
    Some(Door {
        begins,
        callback: None,
        names,
    })
}

/// Whose logins begin at `/v0/management/{segment}`.
pub(crate) fn begun_at(segment: &str) -> Option<AccountKind> {
    let name = segment.strip_suffix("-auth-url")?;
    find(|door| door.begins.contains(&name))
}

/// Whose logins end at `/{name}/callback`.
pub(crate) fn ended_at(name: &str) -> Option<AccountKind> {
    find(|door| door.callback == Some(name))
}

/// Who is called so by somebody who pastes.
pub(crate) fn named(name: &str) -> Option<AccountKind> {
    find(|door| {
        door.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

fn find(is: impl Fn(&Door) -> bool) -> Option<AccountKind> {
    let mut kinds = AccountKind::ALL.into_iter();
    kinds.find(|kind| door(*kind).as_ref().is_some_and(&is))
}

#[cfg(test)]
mod tests {
    use modelgate_providers::oauth;

    use super::*;

    #[test]
    fn every_login_has_a_door_and_no_two_have_the_same() {
        let logins = |kind: &AccountKind| oauth::methods(*kind) != [oauth::Method::Import];
        for kind in oauth::kinds().filter(logins) {
            let door = door(kind).unwrap();
            let ways = modelgate_management::LoginWay::ALL;
            assert!(ways.iter().any(|way| way.name == kind.name()), "{kind}");
            for name in door.begins {
                assert_eq!(begun_at(&format!("{name}-auth-url")), Some(kind));
            }
            for name in door.names {
                assert_eq!(named(name), Some(kind));
                assert_eq!(named(&name.to_uppercase()), Some(kind));
            }
            if let Some(name) = door.callback {
                assert_eq!(ended_at(name), Some(kind));
            }
        }
        let ways = modelgate_management::LoginWay::ALL.into_iter();
        for way in ways.filter(|way| way.takes != modelgate_management::Takes::KeyFile) {
            let kind = begun_at(&way.begins()).map(AccountKind::name);
            assert_eq!(kind, Some(way.name), "clients are told of it");
        }
        assert_eq!(begun_at("anthropic"), None);
        assert_eq!((ended_at("qwen"), ended_at("claude")), (None, None));
    }
}
