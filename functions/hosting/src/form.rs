//! In which form a document is wanted: JSON unless HTML is asked for, and an ending in the address decides alone.
//!
//! Verifiers ask for anything, and more than one is lost when it gets a page. So a page is given only to who names `text/html`
//! before JSON, as browsers do, and names no credential type at all.

use edge::answer::Cache;
use edge::{Answer, Request};

/// What the end of an address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing: `Accept` decides.
    None,
    /// `.json`.
    Json,
    /// `.html`.
    Html,
    /// `.jwt`.
    Jwt,
}

impl Ending {
    /// The ending of a path.
    pub(crate) fn of(path: &str) -> Self {
        Self::split(path).1
    }

    /// A file name without its ending, and the ending.
    pub(crate) fn split(file: &str) -> (&str, Self) {
        match file.rsplit_once('.') {
            Some((name, "json")) => (name, Self::Json),
            Some((name, "html")) => (name, Self::Html),
            Some((name, "jwt")) => (name, Self::Jwt),
            _ => (file, Self::None),
        }
    }
}

/// The form to answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The document.
    Json,
    /// The page.
    Html,
    /// The compact form, asked for by the address.
    Jwt,
}

/// Media types of JSON-LD documents, in the order in which they are looked for in `Accept`. `application/vc` is VC Data Model
/// 2.0's (appendix C.1), `application/vc+ld+json` OB 3.0's (section 8).
const LINKED_DATA: [&str; 3] = ["application/vc", "application/vc+ld+json", "application/ld+json"];

impl Form {
    /// What this request wants of a document with a page.
    pub(crate) fn of(ending: Ending, request: &Request) -> Self {
        let names_linked_data = || LINKED_DATA.iter().any(|t| request.accepts(t));
        match ending {
            Ending::Json => Self::Json,
            Ending::Html => Self::Html,
            Ending::Jwt => Self::Jwt,
            Ending::None if request.prefers_html() && !names_linked_data() => Self::Html,
            Ending::None => Self::Json,
        }
    }
}

/// A credential or another OB 3.0 document: as the JSON-LD media type that `Accept` names, else as JSON.
pub(crate) fn json(request: &Request, bytes: impl Into<Vec<u8>>) -> Answer {
    let media_type = LINKED_DATA.into_iter().find(|t| request.accepts(t)).unwrap_or("application/json");
    Answer::public(media_type, bytes, Cache::Short).header("vary", "accept")
}

/// An OB 2.0 document: `application/ld+json` where `Accept` names it, else JSON.
pub(crate) fn ob2(request: &Request, bytes: impl Into<Vec<u8>>) -> Answer {
    let linked_data = request.accepts("application/ld+json");
    let media_type = if linked_data { "application/ld+json" } else { "application/json" };
    Answer::public(media_type, bytes, Cache::Short).header("vary", "accept")
}

/// Sends who wants a page to where it is.
pub(crate) fn see(url: String) -> Answer {
    Answer::new(303).header("location", url).header("vary", "accept").cache(Cache::Short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn request(accept: &str) -> Request {
        Request::test(Method::GET, "/", &[("accept", accept)])
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    #[test]
    fn json_by_default_and_by_ending() {
        let of = |ending, accept| Form::of(ending, &request(accept));
        for accept in
            ["", "*/*", "application/json", "application/vc+ld+json, text/html", "text/html;q=0.1, application/vc"]
        {
            assert_eq!(of(Ending::None, accept), Form::Json, "{accept}");
        }
        assert_eq!(of(Ending::None, BROWSER), Form::Html);
        assert_eq!(of(Ending::Json, BROWSER), Form::Json);
        assert_eq!(of(Ending::Html, "application/json"), Form::Html);
        assert_eq!(of(Ending::Jwt, BROWSER), Form::Jwt);
    }

    #[test]
    fn the_media_type_is_one_the_caller_names() {
        let media_type = |accept: &str| {
            let request = request(accept);
            json(&request, "{}").finish(&request).headers()["content-type"].to_str().unwrap().to_owned()
        };
        assert_eq!(media_type("*/*"), "application/json");
        assert_eq!(media_type("application/vc+ld+json"), "application/vc+ld+json");
        assert_eq!(media_type("application/ld+json;q=0.5, application/json"), "application/ld+json");
        assert_eq!(media_type("application/ld+json, application/vc"), "application/vc");
        let request = request("application/vc, application/json");
        let ob2 = ob2(&request, "{}").finish(&request);
        assert_eq!(
            (&ob2.headers()["content-type"], &ob2.headers()["vary"]),
            (&"application/json".parse().unwrap(), &"accept".parse().unwrap())
        );
    }

    #[test]
    fn only_known_endings_are_endings() {
        assert_eq!(Ending::split("a.json"), ("a", Ending::Json));
        assert_eq!(Ending::split("a.xml"), ("a.xml", Ending::None));
        assert_eq!(Ending::split("a"), ("a", Ending::None));
    }
}
