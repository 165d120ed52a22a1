//! Google's paths, which say what other vendors have in the body.

/// A method of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Without the collection it is in.
    pub(crate) model: String,
    pub(crate) method: Method,
    /// Asked at Vertex AI's path.
    pub(crate) vertex: bool,
    /// A stream is events, not a growing JSON list.
    pub(crate) events: bool,
}

/// What is asked of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Generate,
    Stream,
    Count,
    Embed,
    EmbedBatch,
}

impl Route {
    /// Reads a path and its query; nothing when it is no method of a model.
    pub(crate) fn read(path: &str, query: &str) -> Option<Self> {
        // Newer clients use the version without `beta`.
        let models = ["/v1beta/models/", "/v1/models/"];
        let (tail, vertex) = match models.iter().find_map(|models| path.strip_prefix(models)) {
            Some(tail) => (tail, false),
            None => (path.strip_prefix("/v1/publishers/google/models/")?, true),
        };
        let (model, method) = tail.rsplit_once(':')?;
        if model.is_empty() || model.contains('/') {
            return None;
        }
        let method = match method {
            "generateContent" => Method::Generate,
            "streamGenerateContent" => Method::Stream,
            "countTokens" => Method::Count,
            "embedContent" => Method::Embed,
            "batchEmbedContents" => Method::EmbedBatch,
            _ => return None,
        };
        Some(Self {
            model: model.to_owned(),
            method,
            vertex,
            events: query.split('&').any(|pair| pair == "alt=sse"),
        })
    }

    /// Whether errors and answers stand in a list.
    pub(crate) fn is_list(&self) -> bool {
        self.method == Method::Stream && !self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_doors_are_read() {
        let route = Route::read("/v1beta/models/up-text@x:streamGenerateContent", "alt=sse");
        let route = route.expect("a route");
        assert_eq!(
            (route.model.as_str(), route.is_list()),
            ("up-text@x", false)
        );
        let vertex = Route::read("/v1/publishers/google/models/m:streamGenerateContent", "");
        assert!(vertex.is_some_and(|route| route.vertex && route.is_list()));
        for odd in [
            "/v1beta/models/m:predict",
            "/v1beta/models/a/b:generateContent",
            "/v1beta/models/:generateContent",
        ] {
            assert_eq!(Route::read(odd, ""), None, "{odd}");
        }
    }
}
