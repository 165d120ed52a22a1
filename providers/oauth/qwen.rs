//! Logins of Qwen (`providers.md` 11): a device flow with proof of who began it. The provider tells neither name nor address
//! of an account, so it is called by its label.

use modelgate_config::{OAuthService, OAuthSetting};

use super::{Grant, LoginError, NewAccount};
use crate::AccountKind;

/// What a login begins with, beside the client.
pub(super) fn start<'a>(
    service: &'a OAuthService,
    challenge: &'a str,
) -> Result<[(&'a str, &'a str); 3], LoginError> {
    Ok([
        ("scope", service.text(OAuthSetting::Scope)?),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ])
}

/// Whose the tokens are.
pub(super) fn identify(grant: Grant) -> NewAccount {
    NewAccount::of(AccountKind::Qwen, grant)
}
