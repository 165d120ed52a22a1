//! What is known of the logins of each provider: `oauth` of the file, and variables of the environment.
//!
//! The defaults are the providers' own public clients (`providers.md` sections 2 to 14). No client secret is among them.

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use crate::environment::Environment;
use crate::error::Report;
use crate::secret::Secret;
use crate::tree::Position;
use crate::values;
use crate::view::View;

/// What can be said about the logins of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OAuthSetting {
    /// Where the person is sent.
    AuthorizeUrl,
    /// Where tokens are granted and renewed.
    TokenUrl,
    /// Where a login with a code for another device begins.
    DeviceUrl,
    /// Where the provider says where logins go.
    DiscoveryUrl,
    /// Where a program makes itself known, for providers that know none.
    RegisterUrl,
    /// Where somebody signs in, of an organisation, or to type a code.
    StartUrl,
    /// Where tokens are renewed, if that is another place.
    RefreshUrl,
    /// Where the provider says whose a token is.
    ProfileUrl,
    /// Where a key is given for a cookie.
    ApiKeyUrl,
    /// Where its models are asked.
    ApiUrl,
    /// Where its models are asked first, for providers with two such places.
    FirstUrl,
    /// Where the projects of an account are listed.
    ProjectsUrl,
    /// Where a project says which services it has.
    ServicesUrl,
    /// Where the browser comes back to; its port is listened on.
    RedirectUrl,
    /// Whom logins are granted to.
    ClientId,
    /// The secret of that client, for those that have one.
    ClientSecret,
    /// What is asked for.
    Scope,
    /// How a program calls itself where models are asked, for providers that want to know.
    Originator,
}

impl OAuthSetting {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::AuthorizeUrl,
        Self::TokenUrl,
        Self::DeviceUrl,
        Self::DiscoveryUrl,
        Self::RegisterUrl,
        Self::StartUrl,
        Self::RefreshUrl,
        Self::ProfileUrl,
        Self::ApiKeyUrl,
        Self::ApiUrl,
        Self::FirstUrl,
        Self::ProjectsUrl,
        Self::ServicesUrl,
        Self::RedirectUrl,
        Self::ClientId,
        Self::ClientSecret,
        Self::Scope,
        Self::Originator,
    ];

    /// Its key in the file.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AuthorizeUrl => "authorize-url",
            Self::TokenUrl => "token-url",
            Self::DeviceUrl => "device-url",
            Self::DiscoveryUrl => "discovery-url",
            Self::RegisterUrl => "register-url",
            Self::StartUrl => "start-url",
            Self::RefreshUrl => "refresh-url",
            Self::ProfileUrl => "profile-url",
            Self::ApiKeyUrl => "api-key-url",
            Self::ApiUrl => "api-url",
            Self::FirstUrl => "first-url",
            Self::ProjectsUrl => "projects-url",
            Self::ServicesUrl => "services-url",
            Self::RedirectUrl => "redirect-url",
            Self::ClientId => "client-id",
            Self::ClientSecret => "client-secret",
            Self::Scope => "scope",
            Self::Originator => "originator",
        }
    }

    fn is_url(self) -> bool {
        match self {
            Self::AuthorizeUrl
            | Self::TokenUrl
            | Self::DeviceUrl
            | Self::DiscoveryUrl
            | Self::RegisterUrl
            | Self::StartUrl
            | Self::RefreshUrl
            | Self::ProfileUrl
            | Self::ApiKeyUrl
            | Self::ApiUrl
            | Self::FirstUrl
            | Self::ProjectsUrl
            | Self::ServicesUrl
            | Self::RedirectUrl => true,
            Self::ClientId | Self::ClientSecret | Self::Scope | Self::Originator => false,
        }
    }
}

/// What is known of a provider's logins when nobody says anything.
type Defaults = &'static [(OAuthSetting, &'static str)];

/// The providers that accounts are logged in to.
const SERVICES: &[(&str, Defaults)] = &[
    ("antigravity", ANTIGRAVITY),
    ("claude", CLAUDE),
    ("codex", CODEX),
    ("codex-device", CODEX_DEVICE),
    ("gemini", GEMINI),
    ("github-copilot", COPILOT),
    ("iflow", IFLOW),
    ("kimi", KIMI),
    ("kiro", KIRO),
    ("kiro-social", KIRO_SOCIAL),
    ("qwen", QWEN),
    ("xai", XAI),
];

/// Its client has a secret, which its operator gives.
const ANTIGRAVITY: Defaults = &[
    (OAuthSetting::AuthorizeUrl, GOOGLE_AUTHORIZE),
    (OAuthSetting::TokenUrl, GOOGLE_TOKEN),
    (OAuthSetting::ProfileUrl, GOOGLE_PROFILE),
    (
        OAuthSetting::FirstUrl,
        "https://daily-cloudcode-pa.googleapis.com",
    ),
    (OAuthSetting::ApiUrl, CODE_ASSIST),
    (
        OAuthSetting::RedirectUrl,
        "http://localhost:51121/oauth-callback",
    ),
    (
        OAuthSetting::ClientId,
        "1071006060591-tmhssin2h21lcre235vtolojh4g403ep.apps.googleusercontent.com",
    ),
    (
        OAuthSetting::Scope,
        "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
         https://www.googleapis.com/auth/userinfo.profile https://www.googleapis.com/auth/cclog \
         https://www.googleapis.com/auth/experimentsandconfigs",
    ),
];

const CLAUDE: Defaults = &[
    (
        OAuthSetting::AuthorizeUrl,
        "https://claude.ai/oauth/authorize",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://platform.claude.com/v1/oauth/token",
    ),
    (
        OAuthSetting::ProfileUrl,
        "https://api.anthropic.com/api/oauth/profile",
    ),
    (OAuthSetting::RedirectUrl, "http://localhost:54545/callback"),
    (
        OAuthSetting::ClientId,
        "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    ),
    (OAuthSetting::Scope, "user:profile user:inference"),
];

const CODEX: Defaults = &[
    (
        OAuthSetting::AuthorizeUrl,
        "https://auth.openai.com/oauth/authorize",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://auth.openai.com/oauth/token",
    ),
    (
        OAuthSetting::RedirectUrl,
        "http://localhost:1455/auth/callback",
    ),
    (OAuthSetting::ClientId, "app_EMoamEEZ73f0CkXaXp7hrann"),
    (OAuthSetting::Scope, "openid profile email offline_access"),
    (OAuthSetting::Originator, "modelgate"),
];

/// What a code that is typed at OpenAI needs beside that: it becomes a code as a browser brings one.
const CODEX_DEVICE: Defaults = &[
    (
        OAuthSetting::DeviceUrl,
        "https://auth.openai.com/api/accounts/deviceauth/usercode",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://auth.openai.com/api/accounts/deviceauth/token",
    ),
    (
        OAuthSetting::StartUrl,
        "https://auth.openai.com/codex/device",
    ),
    (
        OAuthSetting::RedirectUrl,
        "https://auth.openai.com/deviceauth/callback",
    ),
];

const COPILOT: Defaults = &[
    (
        OAuthSetting::DeviceUrl,
        "https://github.com/login/device/code",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://github.com/login/oauth/access_token",
    ),
    (
        OAuthSetting::RefreshUrl,
        "https://api.github.com/copilot_internal/v2/token",
    ),
    (OAuthSetting::ProfileUrl, "https://api.github.com/user"),
    (OAuthSetting::ClientId, "Iv1.b507a08c87ecfe98"),
    (OAuthSetting::Scope, "read:user"),
];

/// Its client has a secret, which is not ours to give.
const IFLOW: Defaults = &[
    (OAuthSetting::AuthorizeUrl, "https://iflow.cn/oauth"),
    (OAuthSetting::TokenUrl, "https://iflow.cn/oauth/token"),
    (
        OAuthSetting::ProfileUrl,
        "https://iflow.cn/api/oauth/getUserInfo",
    ),
    (
        OAuthSetting::ApiKeyUrl,
        "https://platform.iflow.cn/api/openapi/apikey",
    ),
    (
        OAuthSetting::RedirectUrl,
        "http://localhost:11451/oauth2callback",
    ),
    (OAuthSetting::ClientId, "10009311001"),
];

/// Its client has a secret, which its operator gives.
const GEMINI: Defaults = &[
    (OAuthSetting::AuthorizeUrl, GOOGLE_AUTHORIZE),
    (OAuthSetting::TokenUrl, GOOGLE_TOKEN),
    (OAuthSetting::ProfileUrl, GOOGLE_PROFILE),
    (OAuthSetting::ApiUrl, CODE_ASSIST),
    (
        OAuthSetting::ProjectsUrl,
        "https://cloudresourcemanager.googleapis.com/v1/projects",
    ),
    (
        OAuthSetting::ServicesUrl,
        "https://serviceusage.googleapis.com/v1",
    ),
    (
        OAuthSetting::RedirectUrl,
        "http://localhost:8085/oauth2callback",
    ),
    (
        OAuthSetting::ClientId,
        "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com",
    ),
    (
        OAuthSetting::Scope,
        "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
         https://www.googleapis.com/auth/userinfo.profile",
    ),
];

const GOOGLE_AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const GOOGLE_TOKEN: &str = "https://oauth2.googleapis.com/token";
const GOOGLE_PROFILE: &str = "https://www.googleapis.com/oauth2/v1/userinfo";
const CODE_ASSIST: &str = "https://cloudcode-pa.googleapis.com";

const KIMI: Defaults = &[
    (
        OAuthSetting::DeviceUrl,
        "https://auth.kimi.com/api/oauth/device_authorization",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://auth.kimi.com/api/oauth/token",
    ),
    (
        OAuthSetting::ClientId,
        "17e5f671-d194-4dfb-9706-5516cb48c098",
    ),
];

/// Its client is registered anew for each login.
const KIRO: Defaults = &[
    (
        OAuthSetting::RegisterUrl,
        "https://oidc.us-east-1.amazonaws.com/client/register",
    ),
    (
        OAuthSetting::DeviceUrl,
        "https://oidc.us-east-1.amazonaws.com/device_authorization",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://oidc.us-east-1.amazonaws.com/token",
    ),
    (OAuthSetting::StartUrl, "https://view.awsapps.com/start"),
    (OAuthSetting::ApiUrl, CODE_WHISPERER),
    (
        OAuthSetting::Scope,
        "codewhisperer:completions codewhisperer:analysis codewhisperer:conversations",
    ),
];

/// Accounts of Kiro that belong to Google or GitHub have no client at all.
const KIRO_SOCIAL: Defaults = &[
    (
        OAuthSetting::AuthorizeUrl,
        "https://prod.us-east-1.auth.desktop.kiro.dev/login",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://prod.us-east-1.auth.desktop.kiro.dev/oauth/token",
    ),
    (
        OAuthSetting::RefreshUrl,
        "https://prod.us-east-1.auth.desktop.kiro.dev/refreshToken",
    ),
    (
        OAuthSetting::RedirectUrl,
        "kiro://kiro.kiroAgent/authenticate-success",
    ),
    (OAuthSetting::ApiUrl, CODE_WHISPERER),
];

const CODE_WHISPERER: &str = "https://codewhisperer.us-east-1.amazonaws.com";

const QWEN: Defaults = &[
    (
        OAuthSetting::DeviceUrl,
        "https://chat.qwen.ai/api/v1/oauth2/device/code",
    ),
    (
        OAuthSetting::TokenUrl,
        "https://chat.qwen.ai/api/v1/oauth2/token",
    ),
    (OAuthSetting::ClientId, "f0304373b74a44d2b584a3fb70ca9e56"),
    (OAuthSetting::Scope, "openid profile email model.completion"),
];

const XAI: Defaults = &[
    (
        OAuthSetting::DiscoveryUrl,
        "https://auth.x.ai/.well-known/openid-configuration",
    ),
    (
        OAuthSetting::ClientId,
        "b1a00492-073a-47ea-816f-4c329264a828",
    ),
    (
        OAuthSetting::Scope,
        "openid profile email offline_access grok-cli:access api:access",
    ),
];

/// What is known of the logins of all providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth {
    services: BTreeMap<&'static str, OAuthService>,
}

/// What is known of the logins of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthService {
    name: &'static str,
    values: BTreeMap<OAuthSetting, Secret>,
}

/// A setting that a login needs and nobody has given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthUnset {
    service: &'static str,
    setting: OAuthSetting,
}

impl fmt::Display for OAuthUnset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, variable) = (self.key(), self.variable());
        write!(
            f,
            "`{key}` is not set; set it in the configuration, or {variable} in the environment"
        )
    }
}

impl std::error::Error for OAuthUnset {}

impl OAuthUnset {
    /// Its key in the file, with those above it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("oauth.{}.{}", self.service, self.setting.key())
    }

    /// The variable of the environment that sets it, too.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.service, self.setting)
    }
}

impl OAuth {
    /// What is known of a provider, by the `type` of its accounts; `None` where nothing is known of its logins.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&OAuthService> {
        self.services.get(name)
    }
}

impl OAuthService {
    /// An address.
    ///
    /// # Errors
    /// When it is not set.
    pub fn url(&self, setting: OAuthSetting) -> Result<Url, OAuthUnset> {
        let text = self.text(setting)?;
        Url::parse(text).map_err(|_| self.unset(setting))
    }

    /// A word.
    ///
    /// # Errors
    /// When it is not set.
    pub fn text(&self, setting: OAuthSetting) -> Result<&str, OAuthUnset> {
        self.secret(setting).map(Secret::expose)
    }

    /// A word that may be secret.
    ///
    /// # Errors
    /// When it is not set.
    pub fn secret(&self, setting: OAuthSetting) -> Result<&Secret, OAuthUnset> {
        self.values.get(&setting).ok_or_else(|| self.unset(setting))
    }

    fn unset(&self, setting: OAuthSetting) -> OAuthUnset {
        OAuthUnset {
            service: self.name,
            setting,
        }
    }
}

impl Default for OAuth {
    fn default() -> Self {
        let service = |(name, defaults): &(&'static str, Defaults)| {
            let values = defaults.iter();
            let values = values.map(|(setting, value)| (*setting, Secret::from(*value)));
            let values = values.collect();
            (*name, OAuthService { name, values })
        };
        Self {
            services: SERVICES.iter().map(service).collect(),
        }
    }
}

/// The variables of the environment that count.
pub(crate) fn variables() -> impl Iterator<Item = String> {
    SERVICES
        .iter()
        .flat_map(|(name, _)| OAuthSetting::ALL.map(|setting| variable(name, setting)))
}

fn variable(service: &str, setting: OAuthSetting) -> String {
    format!("MODELGATE_{service}_{}", setting.key())
        .replace('-', "_")
        .to_ascii_uppercase()
}

/// Reads `oauth`, and what the environment says otherwise, which is stronger.
pub(crate) fn read(root: &View, environment: &Environment, report: &mut Report) -> OAuth {
    let mut oauth = OAuth::default();
    for (name, service) in &mut oauth.services {
        let section = root.get("oauth").get(name);
        for setting in OAuthSetting::ALL {
            let view = section.get(setting.key());
            if let Some(text) = view.filled() {
                let value = value(setting, text);
                if let Some(value) = report.accept(&view, value) {
                    service.values.insert(setting, value);
                }
            }
            let variable = variable(name, setting);
            let Some(text) = environment.get(&variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            match value(setting, text) {
                Ok(value) => {
                    service.values.insert(setting, value);
                }
                Err(wrong) => {
                    report.problem(Position::default(), &variable, wrong.message, wrong.hint);
                }
            }
        }
    }
    oauth
}

fn value(setting: OAuthSetting, text: &str) -> Result<Secret, values::Complaint> {
    if setting.is_url() {
        return values::base_url(text).map(|url| Secret::from(url.as_str()));
    }
    if setting == OAuthSetting::Originator {
        values::header_value(text)?;
    }
    Ok(Secret::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_both_places() {
        let oauth = OAuth::default();
        let claude = oauth.service("claude").unwrap();
        let unset = claude.secret(OAuthSetting::ClientSecret).unwrap_err();
        let message = unset.to_string();
        assert!(
            message.contains("`oauth.claude.client-secret`"),
            "{message}"
        );
        assert!(
            message.contains("MODELGATE_CLAUDE_CLIENT_SECRET"),
            "{message}"
        );
        assert!(oauth.service("nobody").is_none());
    }

    #[test]
    fn every_default_can_be_read() {
        let oauth = OAuth::default();
        for (name, defaults) in SERVICES {
            let service = oauth.service(name).unwrap();
            for (setting, value) in *defaults {
                let read = value_of(service, *setting);
                assert_eq!(
                    read.trim_end_matches('/'),
                    *value,
                    "{name} {}",
                    setting.key()
                );
                assert_ne!(
                    *setting,
                    OAuthSetting::ClientSecret,
                    "no secret is in the source"
                );
            }
        }
    }

    fn value_of(service: &OAuthService, setting: OAuthSetting) -> String {
        if setting.is_url() {
            return service.url(setting).unwrap().to_string();
        }
        service.text(setting).unwrap().to_owned()
    }
}
