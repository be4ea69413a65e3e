//! A browser's bookkeeping: cookies, forms, and the mail that signs somebody in.

use crate::{Reply, base, eventually, mails, request};
use std::collections::BTreeMap;

/// Somebody at a browser without scripts.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
    /// The language it asks for.
    pub language: Option<&'static str>,
}

impl Browser {
    /// A browser that is signed in with an address, by the code in the mail.
    ///
    /// # Panics
    /// When that does not work.
    #[must_use]
    pub fn signed_in(address: &str) -> Self {
        let mut browser = Self::default();
        let page = browser.ask_for_code(address);
        let code = code(address);
        browser.post(&page, &[("code", &code)]).expect(303);
        browser
    }

    /// Asks for a code and waits for its mail; where the code is to be entered.
    ///
    /// # Panics
    /// When none comes.
    pub fn ask_for_code(&mut self, address: &str) -> String {
        let before = codes(address).len();
        let page = self.post("/sign-in", &[("email", address)]).expect(303).header("location").to_owned();
        eventually("the code is mailed", || codes(address).len() > before);
        page
    }

    /// A page.
    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[("accept", "text/html")], b"")
    }

    /// Sends a form.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let origin = base();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send("POST", path, &headers, body.as_bytes())
    }

    /// Opens the page at `path`, and sends the form on it with these fields and what holds it to the session.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf(path);
        self.post(path, &[&[("csrf", csrf.as_str())], fields].concat())
    }

    /// Sends a form on the page at `page` to where that form goes, with what holds it to the session.
    pub fn submit_to(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf(page);
        self.post(action, &[&[("csrf", csrf.as_str())], fields].concat())
    }

    /// The text that forms of this session carry, from the page at `path`.
    pub fn csrf(&mut self, path: &str) -> String {
        let page = self.get(path).expect(200).text();
        let rest = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Any request, with the cookies.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if let Some(language) = self.language {
            headers.push(("accept-language", language));
        }
        let reply = request(method, path, &headers, body);
        for set in reply.headers("set-cookie") {
            let pair = set.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// A cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Brings a cookie along that somebody else put there.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }
}

/// The latest code mailed to an address.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn code(address: &str) -> String {
    let found = codes(address).pop();
    assert!(found.is_some(), "a code in a subject");
    found.unwrap_or_default()
}

/// All codes mailed to an address, oldest first.
fn codes(address: &str) -> Vec<String> {
    let digits = |mail: &serde_json::Value| -> String {
        mail["Subject"].as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
    };
    mails(address).iter().map(digits).filter(|digits| digits.len() == 6).collect()
}

/// The link in the latest mail to an address.
#[must_use]
pub fn link(address: &str) -> String {
    let texts = mails(address).into_iter().filter_map(|mail| mail["BodyText"].as_str().map(str::to_owned));
    let link = |text: String| text.split_whitespace().find(|word| word.contains("/sign-in/")).map(str::to_owned);
    texts.filter_map(link).next_back().unwrap_or_default().replace(&base(), "")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
