//! What the paths of Amp's server are here.

use http::Method;
use modelgate_dialects::Dialect;

/// What a path of Amp's server is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// One of our own paths, and the dialect of lists there.
    Ours { path: String, lists: Dialect },
    /// Amp's own server.
    Theirs(Door),
}

/// Who may go to Amp's own server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Whoever may ask models here: programs.
    Keyed,
    /// The same, to read.
    KeyedToRead,
    /// Everybody: a page where somebody logs in, in a browser that has no key.
    Open,
    /// The same, to read.
    OpenToRead,
}

/// The parts of Amp's server below `/api`; of the ads there is one page only.
const PARTS: [&str; 9] = [
    "internal",
    "user",
    "auth",
    "meta",
    "ads",
    "telemetry",
    "threads",
    "otel",
    "tab",
];
/// Operations of models, with or without `v1/` before them.
const OPERATIONS: [&str; 6] = [
    "chat/completions",
    "completions",
    "messages",
    "messages/count_tokens",
    "models",
    "responses",
];
/// Where Google's other service has its methods.
const OTHER_GOOGLE: &str = "v1beta1/";

impl Place {
    /// The place of a request; `None` for those that have nothing to do with Amp. Whatever climbs is not let through.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        let trimmed = path.trim_end_matches('/');
        let place = match trimmed.strip_prefix("/api/") {
            Some(tail) => match tail.strip_prefix("provider/") {
                Some(tail) => below_provider(method, tail),
                None => is_part(tail).then_some(Self::Theirs(Door::Keyed)),
            },
            None => page(trimmed).map(Self::Theirs),
        };
        place.filter(|_| !climbs(path))
    }
}

/// `{provider}/…`: the name of the provider says nothing but how lists look.
fn below_provider(method: &Method, tail: &str) -> Option<Place> {
    let (provider, tail) = tail.split_once('/')?;
    if let Some(tail) = tail
        .strip_prefix(OTHER_GOOGLE)
        .filter(|_| provider == "google")
    {
        let model = tail.rsplit_once("models/").map(|(_, model)| model);
        let asked = model.filter(|_| *method == Method::POST);
        return Some(match asked {
            Some(model) => ours(format!("/v1beta/models/{model}"), Dialect::Gemini),
            None => Place::Theirs(Door::Keyed),
        });
    }
    if tail == "v1beta/models" || tail.starts_with("v1beta/models/") {
        return Some(ours(format!("/{tail}"), Dialect::Gemini));
    }
    let operation = tail.strip_prefix("v1/").unwrap_or(tail);
    let lists = match provider {
        "anthropic" => Dialect::Claude,
        "google" => Dialect::Gemini,
        _ => Dialect::Chat,
    };
    let known = OPERATIONS.contains(&operation);
    known.then(|| ours(format!("/v1/{operation}"), lists))
}

fn ours(path: String, lists: Dialect) -> Place {
    Place::Ours { path, lists }
}

fn is_part(tail: &str) -> bool {
    let (part, more) = match tail.split_once('/') {
        Some((part, _)) => (part, true),
        None => (tail, false),
    };
    PARTS.contains(&part) && !(more && part == "ads")
}

fn page(path: &str) -> Option<Door> {
    let first = path.strip_prefix('/')?.split('/').next()?;
    match first {
        "auth" => Some(Door::Open),
        "threads" | "docs" | "settings" => Some(Door::OpenToRead),
        "threads.rss" | "news.rss" if path.len() == first.len() + 1 => Some(Door::KeyedToRead),
        _ => None,
    }
}

/// Whether a step of a path leads up: what is let through at one place must not come out at another.
fn climbs(path: &str) -> bool {
    let lower = path.to_ascii_lowercase().replace("%2e", ".");
    let mut steps = lower.split(['/', '\\']);
    steps.any(|step| matches!(step, "." | "..")) || lower.contains("%2f") || lower.contains("%5c")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Option<Place> {
        Place::of(&method.parse().unwrap(), path)
    }

    #[test]
    fn operations_are_our_own_below_any_provider() {
        for (method, path, expected, lists) in [
            (
                "POST",
                "openai/v1/chat/completions",
                "/v1/chat/completions",
                Dialect::Chat,
            ),
            (
                "POST",
                "openai/chat/completions",
                "/v1/chat/completions",
                Dialect::Chat,
            ),
            (
                "POST",
                "xai/v1/completions",
                "/v1/completions",
                Dialect::Chat,
            ),
            ("POST", "openai/responses", "/v1/responses", Dialect::Chat),
            (
                "POST",
                "anthropic/v1/messages",
                "/v1/messages",
                Dialect::Claude,
            ),
            (
                "POST",
                "anthropic/v1/messages/count_tokens",
                "/v1/messages/count_tokens",
                Dialect::Claude,
            ),
            ("GET", "anthropic/models", "/v1/models", Dialect::Claude),
            ("GET", "google/v1/models/", "/v1/models", Dialect::Gemini),
            ("GET", "fireworks/v1/models", "/v1/models", Dialect::Chat),
            (
                "GET",
                "google/v1beta/models",
                "/v1beta/models",
                Dialect::Gemini,
            ),
            (
                "POST",
                "google/v1beta/models/m:generateContent",
                "/v1beta/models/m:generateContent",
                Dialect::Gemini,
            ),
            (
                "POST",
                "google/v1beta1/publishers/google/models/m:streamGenerateContent",
                "/v1beta/models/m:streamGenerateContent",
                Dialect::Gemini,
            ),
        ] {
            let path = format!("/api/provider/{path}");
            assert_eq!(
                of(method, &path),
                Some(ours(expected.to_owned(), lists)),
                "{path}"
            );
        }
        for path in [
            "openai/v1/files",
            "openai",
            "",
            "openai/v2/responses",
            "openai/v1beta1/models/m",
        ] {
            assert_eq!(of("POST", &format!("/api/provider/{path}")), None, "{path}");
        }
    }

    #[test]
    fn all_else_of_amps_is_on_its_own_server() {
        use Door::{Keyed, KeyedToRead, Open, OpenToRead};
        for (path, door) in [
            ("/api/internal", Some(Keyed)),
            ("/api/user/x/y", Some(Keyed)),
            ("/api/ads", Some(Keyed)),
            ("/api/ads/x", None),
            ("/api/tab/", Some(Keyed)),
            ("/api/users", None),
            ("/api", None),
            ("/api/event_logging/batch", None),
            ("/api/provider/google/v1beta1/operations/1", Some(Keyed)),
            (
                "/api/provider/google/v1beta1/publishers/google/models/m",
                Some(Keyed),
            ),
            ("/auth", Some(Open)),
            ("/auth/cli-login", Some(Open)),
            ("/authors", None),
            ("/threads", Some(OpenToRead)),
            ("/threads/T-1", Some(OpenToRead)),
            ("/threads.rss", Some(KeyedToRead)),
            ("/threads.rss/x", None),
            ("/news.rss", Some(KeyedToRead)),
            ("/docs/a", Some(OpenToRead)),
            ("/settings", Some(OpenToRead)),
            ("/", None),
            ("", None),
            ("/v1/messages", None),
        ] {
            assert_eq!(of("GET", path), door.map(Place::Theirs), "{path}");
        }
    }

    #[test]
    fn no_path_climbs_from_one_place_to_another() {
        for path in [
            "/auth/../api/internal",
            "/auth/%2e%2E/api/internal",
            "/threads/./x",
            "/auth/..%2fapi/internal",
            "/auth/..%5capi",
            "/auth/..\\api",
            "/api/provider/google/v1beta1/models/../../../internal",
        ] {
            assert_eq!(of("POST", path), None, "{path}");
        }
    }
}
