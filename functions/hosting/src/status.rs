//! Status lists. Most verifiers read the embedded proof; one library reads the compact form alone, so that is there for the asking.

use crate::App;
use crate::form::{self, Ending};
use badge::StatusListId;
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use store::SignedList;

/// The media type of a credential in compact form (VC-JOSE-COSE section 6.1).
const COMPACT: &str = "application/vc+jwt";

/// `/status/{list}`, `.json`, `.jwt`.
pub(crate) async fn list(app: &App, request: &Request, id: &StatusListId, ending: Ending) -> Result<Answer, Problem> {
    let list = app.store.signed_list(id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    answer(request, ending, list)
}

fn answer(request: &Request, ending: Ending, list: SignedList) -> Result<Answer, Problem> {
    let wants_compact = match ending {
        Ending::None => request.accepts(COMPACT),
        Ending::Jwt => true,
        Ending::Json | Ending::Html => false,
    };
    match list.compact {
        Some(compact) if wants_compact => Ok(Answer::public(COMPACT, compact, Cache::Short).header("vary", "accept")),
        None if ending == Ending::Jwt => Err(Kind::NotFound.into()),
        _ => Ok(form::json(request, list.document)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(accept: &str, ending: Ending, compact: Option<&str>) -> Result<(String, String), Kind> {
        let request = Request::test(http::Method::GET, "/", &[("accept", accept)]);
        let list = SignedList {
            revoked_count: 0,
            signed_by: String::new(),
            document: "{}".into(),
            compact: compact.map(str::to_owned),
        };
        let response = answer(&request, ending, list).map_err(|problem| problem.kind())?.finish(&request);
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        Ok((media_type, String::from_utf8_lossy(response.body()).into_owned()))
    }

    fn ok(media_type: &str, body: &str) -> Result<(String, String), Kind> {
        Ok((media_type.to_owned(), body.to_owned()))
    }

    #[test]
    fn the_embedded_proof_unless_the_compact_form_is_named() {
        assert_eq!(given("*/*", Ending::None, Some("a.b.c")), ok("application/json", "{}"));
        assert_eq!(given(COMPACT, Ending::None, Some("a.b.c")), ok(COMPACT, "a.b.c"));
        assert_eq!(given(COMPACT, Ending::Json, Some("a.b.c")), ok("application/json", "{}"));
        assert_eq!(given("application/vc+ld+json", Ending::None, Some("a.b.c")), ok("application/vc+ld+json", "{}"));
    }

    #[test]
    fn a_deployment_without_a_key_for_it_has_no_compact_form() {
        assert_eq!(given(COMPACT, Ending::None, None), ok("application/json", "{}"));
        assert_eq!(given("*/*", Ending::Jwt, None), Err(Kind::NotFound));
        assert_eq!(given("*/*", Ending::Jwt, Some("a.b.c")), ok(COMPACT, "a.b.c"));
    }
}
