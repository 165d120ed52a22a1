//! Where accounts of each provider are logged in to, when nobody says otherwise (`providers.md` 2 to 15).

use super::OAuthSetting;

/// What is known of a provider's logins when nobody says anything.
pub(super) type Defaults = &'static [(OAuthSetting, &'static str)];

/// The providers that accounts are logged in to.
pub(super) const SERVICES: &[(&str, Defaults)] = &[
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
