//! What is known of the logins of each provider: `oauth` of the file, and variables of the environment.
//!
//! The defaults are the providers' own public clients (`providers.md` sections 2 to 14). No client secret is among them.

mod services;

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use self::services::{Defaults, SERVICES};
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
