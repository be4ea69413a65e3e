//! An organisation's badges, in the shape of the Open Badge Factory API v2.

use crate::App;
use badge::ClientId;
use badge::definition::{Badge, Definition};
use badge::input::{FieldError, Reason};
use edge::obf::Page;
use edge::token::Caller;
use edge::{Answer, Problem, Request};
use serde_json::{Value, json};

/// What of the list was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted<'a> {
    draft: Option<bool>,
    category: Option<&'a str>,
    page: Page,
}

impl<'a> Wanted<'a> {
    /// Reads query parameters through `query`.
    fn read(query: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let page = Page::read(&mut errors, &query);
        let draft = match query("draft") {
            None => None,
            Some("0" | "false") => Some(false),
            Some("1" | "true") => Some(true),
            Some(_) => {
                errors.push(FieldError { pointer: "/draft".into(), reason: Reason::NotBoolean });
                None
            }
        };
        if errors.is_empty() { Ok(Self { draft, category: query("category"), page }) } else { Err(errors) }
    }

    /// The page of `badges` in order of creation, and how many there are on all pages.
    fn page(&self, mut badges: Vec<Badge>) -> (Vec<Badge>, usize) {
        badges.retain(|badge| {
            let Definition { draft, category, .. } = &badge.definition;
            self.draft.is_none_or(|wanted| *draft == wanted)
                && self.category.is_none_or(|wanted| category.iter().any(|c| c == wanted))
        });
        badges.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        self.page.of(badges)
    }
}

/// `GET /v2/badge/{client}`.
pub(crate) async fn list(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let wanted = Wanted::read(|name| request.query(name))?;
    let mut badges = app.store.badges(&client).await.map_err(edge::failed)?;
    badges.retain(|badge| caller.knows(&badge.id));
    let (badges, total) = wanted.page(badges);
    let rows: Vec<Value> = badges.iter().map(|badge| row(&app.urls, badge)).collect();
    Ok(Answer::json(200, &json!({"result": rows, "total": total})))
}

fn row(urls: &badge::Urls, badge: &Badge) -> Value {
    let definition = &badge.definition;
    let content = badge.content();
    json!({
        "id": badge.id.as_str(),
        "name": content.name,
        "description": content.description,
        "image": urls.artwork(&badge.artwork.png_sha256, "png"),
        "primary_language": definition.primary_language.as_str(),
        "language": definition.contents.iter().map(|c| c.language.as_str()).collect::<Vec<_>>(),
        "category": definition.category,
        "tag": content.tags,
        "client_alias_id": definition.client_alias_id,
        "creator_id": null,
        "draft": definition.draft,
        "ctime": badge.created_at.as_second(),
        "mtime": badge.modified_at.as_second(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::tests::badge;

    type Wrong = Vec<(String, &'static str)>;

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<Wanted<'static>, Wrong> {
        let query = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        Wanted::read(query).map_err(|list| list.into_iter().map(|e| (e.pointer, e.reason.code())).collect())
    }

    #[test]
    fn pages_and_filters_are_read_strictly() {
        let all = Wanted { draft: None, category: None, page: Page { limit: 1_000, offset: 0 } };
        assert_eq!(read(&[]), Ok(all));
        let some = read(&[("draft", "0"), ("limit", "2"), ("offset", "3"), ("external", "1"), ("category", "c")]);
        let page = Page { limit: 2, offset: 3 };
        assert_eq!(some, Ok(Wanted { draft: Some(false), category: Some("c"), page }));
        assert_eq!(read(&[("draft", "true")]).unwrap().draft, Some(true));
        let wrong = read(&[("draft", "maybe"), ("limit", "1001"), ("offset", "-1")]).unwrap_err();
        let expected = [("/limit", "out_of_range"), ("/offset", "out_of_range"), ("/draft", "not_boolean")]
            .map(|(p, c)| (p.into(), c));
        assert_eq!(wrong, expected);
    }

    #[test]
    fn filters_leave_what_was_asked_for_and_the_total_counts_every_page() {
        let badges: Vec<Badge> = (0..5).map(|n| badge(n, n % 2 == 1)).collect();
        let page = |draft, category, limit, offset| {
            let wanted = Wanted { draft, category, page: Page { limit, offset } };
            let (page, total) = wanted.page(badges.iter().rev().cloned().collect());
            (page.iter().map(|b| b.created_at.as_second()).collect::<Vec<_>>(), total)
        };
        assert_eq!(page(None, None, 2, 1), (vec![1, 2], 5));
        assert_eq!(page(Some(false), None, 9, 0), (vec![0, 2, 4], 3));
        assert_eq!(page(Some(true), None, 9, 2), (vec![], 2));
        assert_eq!(page(None, Some("織物"), 1, 0), (vec![0], 5));
        assert_eq!(page(None, Some("other"), 9, 0), (vec![], 0));
    }

    #[test]
    fn a_row_shows_the_picture_by_address() {
        let urls = badge::Urls::new("https://badges.example").unwrap();
        let row = row(&urls, &badge(1, false));
        assert_eq!(row["image"], format!("https://badges.example/artwork/{}.png", "cd".repeat(32)));
        assert_eq!(row["language"], json!(["ja", "en"]));
        assert_eq!((&row["name"], &row["draft"]), (&json!("機織り"), &json!(false)));
    }
}
