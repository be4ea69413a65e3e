//! The feed, for systems that would rather ask than be told: the very messages that webhooks get, page by page.
//!
//! What happened a few seconds ago is held back until it has settled ([`store::feed::SETTLE`]), so that a reader who goes on from `next`
//! misses nothing.

use crate::App;
use crate::message::{self, Message};
use crate::reading;
use badge::ClientId;
use badge::input::{FieldError, Reason};
use badge::notice::{KINDS, NoticeKind};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge::{Answer, Problem, Request};
use serde_json::{Value, json};
use store::Place;

/// Messages of one page, and as many when the caller does not say.
const MAX_PAGE: usize = 1_000;
const PAGE: usize = 100;
/// Entries read at once.
const ENTRIES: usize = 200;
/// Entries looked at for one page: where a filter leaves little, a page may be short, or empty, and say that there is more.
const MAX_ENTRIES: usize = 2_000;

/// What of the feed was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    after: Place,
    limit: usize,
    kinds: Vec<NoticeKind>,
}

impl Wanted {
    /// Reads query parameters through `query`.
    fn read<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut refuse = |name: &str, reason| errors.push(FieldError { pointer: format!("/{name}"), reason });
        let after = read_cursor(query("after").unwrap_or_default());
        if after.is_none() {
            refuse("after", Reason::NotFound);
        }
        let limit = query("limit").map_or(Some(PAGE), |text| text.parse().ok().filter(|n| (1..=MAX_PAGE).contains(n)));
        if limit.is_none() {
            refuse("limit", Reason::OutOfRange { min: 1, max: MAX_PAGE as i64 });
        }
        let kinds = query("type").map(|names| names.split(',').map(NoticeKind::from_name).collect::<Option<Vec<_>>>());
        if kinds == Some(None) {
            refuse("type", not_a_kind());
        }
        match (after, limit, kinds.unwrap_or_else(|| Some(Vec::new()))) {
            (Some(after), Some(limit), Some(kinds)) => Ok(Self { after, limit, kinds }),
            _ => Err(errors),
        }
    }
}

/// Why something is no name of a kind.
pub(crate) fn not_a_kind() -> Reason {
    Reason::NotAllowed { allowed: KINDS.map(NoticeKind::name).join(", ") }
}

/// A place as readers keep it: opaque, empty at the beginning.
pub(crate) fn cursor(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(place.to_string())
}

/// The place of a cursor; none when we have never given it.
pub(crate) fn read_cursor(cursor: &str) -> Option<Place> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&text).ok()?.parse().ok()
}

/// `GET /v2/feed/{client}?after=&limit=&type=`.
pub(crate) async fn page(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let wanted = Wanted::read(|name| request.query(name))?;
    let (mut place, mut messages, mut more, mut looked_at) = (wanted.after, Vec::<Message>::new(), true, 0);
    while more && messages.len() < wanted.limit && looked_at < MAX_ENTRIES {
        let entries = app.store.feed(&client, &place, request.now, ENTRIES).await.map_err(edge::failed)?;
        let reading = reading::read(&entries, &place, &wanted.kinds, wanted.limit - messages.len());
        messages.extend(message::build(app, &client, &reading.steps).await?.into_iter().flatten());
        more = !reading.complete || entries.len() == ENTRIES;
        looked_at += entries.len();
        place = reading.end;
    }
    let messages: Vec<Value> = messages.into_iter().map(|message| message.body).collect();
    Ok(Answer::json(200, &json!({"result": messages, "next": cursor(&place), "more": more})))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<Wanted, Vec<(String, &'static str)>> {
        let query = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        Wanted::read(query).map_err(|list| list.into_iter().map(|e| (e.pointer, e.reason.code())).collect())
    }

    /// `001800000025125#07070707070707070707#00042#credential.revoked~7`
    const CURSOR: &str = "MDAxODAwMDAwMDI1MTI1IzA3MDcwNzA3MDcwNzA3MDcwNzA3IzAwMDQyI2NyZWRlbnRpYWwucmV2b2tlZH43";

    #[test]
    fn pages_and_filters_are_read_strictly() {
        assert_eq!(read(&[]), Ok(Wanted { after: Place::default(), limit: 100, kinds: vec![] }));
        let some =
            read(&[("after", CURSOR), ("limit", "1000"), ("type", "credential.issued,credential.revoked")]).unwrap();
        assert_eq!(cursor(&some.after), CURSOR);
        assert_eq!((some.limit, some.kinds), (1_000, vec![NoticeKind::Issued, NoticeKind::Revoked]));
        let wrong = read(&[("after", "~"), ("limit", "0"), ("type", "credential.issued,")]).unwrap_err();
        let expected = [("/after", "not_found"), ("/limit", "out_of_range"), ("/type", "not_allowed")];
        assert_eq!(wrong, expected.map(|(p, c)| (p.into(), c)));
        assert_eq!(read(&[("limit", "1001")]).unwrap_err()[0].1, "out_of_range");
    }

    #[test]
    fn only_cursors_of_ours_are_taken() {
        assert_eq!(read_cursor(""), Some(Place::default()));
        assert_eq!(cursor(&Place::default()), "");
        let padded = format!("{CURSOR}=");
        let other = URL_SAFE_NO_PAD.encode("001800000025125#x#00042#credential.revoked~7");
        for bad in [&CURSOR[1..], &padded, &other, "AA", "\u{3042}"] {
            assert_eq!(read_cursor(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_given_back_alike(text in "[A-Za-z0-9_=+/-]{0,90}|\\PC{0,40}") {
            if let Some(place) = read_cursor(&text) {
                prop_assert_eq!(cursor(&place), text);
            }
        }
    }
}
