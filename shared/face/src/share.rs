//! Giving a credential away: its address, other sites' buttons, and the code for other sites' pages.
//!
//! What is shared is always the public address, never one with the holder's key in it. The buttons are plain links: nothing is asked
//! of those sites before somebody follows one.

use badge::{CredentialId, Lang, Urls};
use jiff::Timestamp;
use maud::{Markup, html};

/// Width and height of a credential in another site's page, in CSS pixels.
pub const EMBED_SIZE: (u32, u32) = (420, 190);

/// What is shared.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// The public addresses.
    pub urls: &'a Urls,
    /// Which credential.
    pub id: &'a CredentialId,
    /// The badge's name in the reader's language.
    pub name: &'a str,
    /// Who issued it, as the public sees it.
    pub issuer: &'a str,
    /// Since when it is valid.
    pub issued_on: Timestamp,
    /// Until when it is.
    pub until: Option<Timestamp>,
}

fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(format!("{base}?")).extend_pairs(pairs).finish().replacen("?&", "?", 1)
}

impl Shared<'_> {
    /// Where LinkedIn adds it to somebody's profile. Months are those of UTC.
    #[must_use]
    pub fn linkedin(&self) -> String {
        let part = |at: Timestamp, format: &str| at.strftime(format).to_string();
        let url = self.urls.credential(self.id);
        let (year, month) = (part(self.issued_on, "%Y"), part(self.issued_on, "%-m"));
        let end = self.until.map(|until| (part(until, "%Y"), part(until, "%-m")));
        let mut pairs = vec![
            ("startTask", "CERTIFICATION_NAME"),
            ("name", self.name),
            ("organizationName", self.issuer),
            ("issueYear", &year),
            ("issueMonth", &month),
        ];
        if let Some((year, month)) = &end {
            pairs.extend([("expirationYear", year.as_str()), ("expirationMonth", month.as_str())]);
        }
        pairs.extend([("certUrl", url.as_str()), ("certId", self.id.as_str())]);
        address("https://www.linkedin.com/profile/add", &pairs)
    }

    /// Where X begins a post about it.
    #[must_use]
    pub fn x(&self) -> String {
        address("https://x.com/intent/post", &[("text", self.name), ("url", &self.urls.credential(self.id))])
    }

    /// HTML for other sites' pages.
    #[must_use]
    pub fn embed_code(&self, width: u32, height: u32) -> String {
        let frame = html! {
            iframe src=(self.urls.embed(self.id)) width=(width) height=(height) title=(self.name) loading="lazy" {}
        };
        frame.into_string()
    }

    /// The part of a page that offers all of it.
    #[must_use]
    pub fn section(&self, lang: Lang) -> Markup {
        let url = self.urls.credential(self.id);
        let (width, height) = EMBED_SIZE;
        html! {
            section.screen {
                h2.ruled { (lang.pick("Share", "共有する")) }
                div.field {
                    label for="share-url" { (lang.pick("Public address", "公開ページのURL")) }
                    input #share-url type="url" readonly value=(url);
                }
                div.actions.start {
                    button.quiet type="button" hidden data-copy="share-url" data-done=(lang.pick("Copied", "コピーしました")) { (lang.pick("Copy the address", "URLをコピー")) }
                    button.quiet type="button" hidden data-share=(url) { (lang.pick("Share …", "共有…")) }
                    a.button href=(self.linkedin()) target="_blank" rel="noopener noreferrer" { (lang.pick("Add to LinkedIn", "LinkedInに追加")) }
                    a.button href=(self.x()) target="_blank" rel="noopener noreferrer" { (lang.pick("Post on X", "Xに投稿")) }
                    span.small role="status" {}
                }
                details {
                    summary { (lang.pick("Show it on a web site", "ウェブサイトに埋め込む")) }
                    div.field {
                        label for="embed-code" { (lang.pick("Code to put into a page", "ページに貼り付けるコード")) }
                        textarea.code #embed-code readonly rows="3" { (self.embed_code(width, height)) }
                    }
                    div.actions.start {
                        button.quiet type="button" hidden data-copy="embed-code" data-done=(lang.pick("Copied", "コピーしました")) { (lang.pick("Copy the code", "コードをコピー")) }
                        span.small role="status" {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::EventId;

    fn urls() -> Urls {
        Urls::new("https://badges.example").unwrap()
    }

    fn shared<'a>(urls: &'a Urls, id: &'a CredentialId, name: &'a str, until: Option<i64>) -> Shared<'a> {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let (issued_on, until) = (at(1_768_469_400), until.map(at));
        Shared { urls, id, name, issuer: "学院 & Co", issued_on, until }
    }

    #[test]
    fn linkedin_is_told_everything_it_asks_for() {
        let (urls, id) = (urls(), CredentialId::new(&EventId::from_random([7; 10]), [8; 10]));
        let pairs = |until| {
            let link = shared(&urls, &id, "織 & weaving", until).linkedin();
            let url = url::Url::parse(&link).unwrap();
            assert_eq!((url.host_str(), url.path()), (Some("www.linkedin.com"), "/profile/add"));
            url.query_pairs().into_owned().collect::<Vec<(String, String)>>()
        };
        let expected = [
            ("startTask", "CERTIFICATION_NAME"),
            ("name", "織 & weaving"),
            ("organizationName", "学院 & Co"),
            ("issueYear", "2026"),
            ("issueMonth", "1"),
            ("expirationYear", "2027"),
            ("expirationMonth", "1"),
            ("certUrl", &format!("https://badges.example/credentials/{id}")),
            ("certId", id.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(Some(1_800_000_000)), expected);
        assert!(!pairs(None).iter().any(|(name, _)| name.starts_with("expiration")));
    }

    #[test]
    fn no_name_breaks_out_of_the_code_or_the_page() {
        let name = "\"></iframe><script>x</script>";
        let (urls, id) = (urls(), CredentialId::new(&EventId::from_random([7; 10]), [8; 10]));
        let shared = shared(&urls, &id, name, None);
        let code = shared.embed_code(420, 190);
        assert!(
            code.starts_with("<iframe src=\"https://badges.example/credentials/") && !code.contains("<script"),
            "{code}"
        );
        let page = shared.section(Lang::Ja).into_string();
        assert!(!page.contains("<script") && !page.contains("<iframe"), "{page}");
    }
}
