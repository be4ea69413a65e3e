//! What was handed in: the bytes of a file as they are, a form with a file, an address, or the id of an upload.

use crate::{trust, upload};
use badge::input::{FieldError, Reason};
use badge::{CredentialId, UploadId};
use bytes::Bytes;
use edge::{Kind, Problem, Request};
use futures_util::stream;
use serde_json::Value;

/// Characters of an address or a recipient in a form.
const MAX_FIELD_CHARS: usize = 2_000;

/// A badge to judge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Submission {
    /// Where it is.
    pub(crate) badge: Place,
    /// The e-mail address of the person it should be about.
    pub(crate) recipient: Option<String>,
    /// Certificates whose seals are trusted, each DER.
    pub(crate) anchors: Vec<Vec<u8>>,
    /// Whether the report is to be kept, to be shown to others.
    pub(crate) keeps: bool,
}

/// Where a badge is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At an address.
    Url(String),
    /// In the bucket.
    Upload(UploadId),
    /// Here: the file's content, or a pasted text.
    Bytes(Vec<u8>),
}

impl Default for Place {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

/// The fields of a form, before anything is made of them.
#[derive(Debug, Default)]
struct Form {
    file: Vec<u8>,
    url: Vec<u8>,
    upload: Vec<u8>,
    recipient: Vec<u8>,
    trust: Vec<u8>,
    keeps: bool,
}

/// The fields of a form.
const FIELDS: [&str; 7] = ["file", "text", "url", "upload", "recipient", "trust", "keep"];

/// Whether a pasted text is an address, or a credential's id, instead of the badge itself.
fn is_address(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let is_web = text.starts_with(b"http://") || text.starts_with(b"https://");
    let is_id = || std::str::from_utf8(text).is_ok_and(|text| text.parse::<CredentialId>().is_ok());
    (is_web && !text.iter().any(u8::is_ascii_whitespace)) || is_id()
}

impl Form {
    fn take(&mut self, name: &str, value: Vec<u8>) {
        match name {
            "text" if is_address(&value) => self.url = value,
            "file" | "text" if !value.is_empty() => self.file = value,
            "keep" => self.keeps = value == b"1",
            "url" if !value.is_empty() => self.url = value,
            "upload" => self.upload = value,
            "recipient" => self.recipient = value,
            // A file chooser may send several.
            "trust" => {
                self.trust.extend(value);
                self.trust.push(b'\n');
            }
            _ => {}
        }
    }

    /// A JSON object that is a form, not a badge: of these members and no other.
    fn of_json(body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return None };
        let is_form = members.contains_key("url") || members.contains_key("upload");
        let known = |name: &String| ["url", "upload", "recipient", "trust", "keep"].contains(&name.as_str());
        if !is_form || !members.keys().all(known) {
            return None;
        }
        let mut form = Self::default();
        for (name, value) in members {
            let value = if value == Value::Bool(true) { Value::from("1") } else { value };
            form.take(&name, value.as_str()?.as_bytes().to_vec());
        }
        Some(form)
    }

    fn read(self) -> Result<Submission, Problem> {
        let mut complaints = Vec::new();
        let mut text = |name: &str, value: Vec<u8>| {
            let text = String::from_utf8(value).ok().filter(|t| t.chars().count() <= MAX_FIELD_CHARS);
            if text.is_none() {
                let reason = Reason::TooLong { max: MAX_FIELD_CHARS };
                complaints.push(FieldError { pointer: format!("/{name}"), reason });
            }
            text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
        };
        let (url, id) = (text("url", self.url), text("upload", self.upload));
        let recipient = text("recipient", self.recipient);
        let anchors = if self.trust.iter().all(u8::is_ascii_whitespace) {
            Vec::new()
        } else {
            trust::read(&self.trust).unwrap_or_else(|list| {
                complaints.extend(list);
                Vec::new()
            })
        };
        if url.is_none() && id.is_none() && self.file.is_empty() && complaints.is_empty() {
            complaints.extend(missing("/file"));
        }
        if !complaints.is_empty() {
            return Err(complaints.into());
        }
        let badge = match (url, id) {
            (Some(url), _) => Place::Url(url),
            // What is no id names no upload.
            (None, Some(id)) => Place::Upload(id.parse().map_err(|_| upload::unknown())?),
            (None, None) => Place::Bytes(self.file),
        };
        Ok(Submission { badge, recipient, anchors, keeps: self.keeps })
    }
}

impl Submission {
    pub(crate) fn of_url(url: &str) -> Self {
        Self { badge: Place::Url(url.trim().to_owned()), ..Self::default() }
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Err(missing("/file").into());
        }
        Ok(Self { badge: Place::Bytes(bytes.to_vec()), ..Self::default() })
    }
}

pub(crate) fn missing(pointer: &str) -> Vec<FieldError> {
    vec![FieldError { pointer: pointer.to_owned(), reason: Reason::Missing }]
}

/// The badge of a `POST /validate`: a form (`multipart/form-data`, URL-encoded or JSON, with `file` or `text` or `url` or
/// `upload`, and optionally `recipient` and `trust`), or any other body as the file itself.
pub(crate) async fn read(request: &Request) -> Result<Submission, Problem> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut form = Form::default();
    match media_type.as_str() {
        "multipart/form-data" => {
            let boundary = multer::parse_boundary(content_type).map_err(|_| Kind::UnsupportedMediaType)?;
            let body = Bytes::from(request.body.clone());
            let mut parts = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
            let broken = |_| Problem::fields(vec![FieldError { pointer: String::new(), reason: Reason::NotObject }]);
            while let Some(field) = parts.next_field().await.map_err(broken)? {
                let name = field.name().unwrap_or_default().to_owned();
                let value = field.bytes().await.map_err(broken)?;
                form.take(&name, value.to_vec());
            }
        }
        "application/x-www-form-urlencoded" => {
            let mut known = false;
            for (name, value) in url::form_urlencoded::parse(&request.body) {
                known |= FIELDS.contains(&name.as_ref());
                form.take(&name, value.into_owned().into_bytes());
            }
            // Command-line tools send a file under this media type when they are told nothing else.
            if !known {
                return Submission::of_bytes(&request.body);
            }
        }
        "application/json" => match Form::of_json(&request.body) {
            Some(found) => form = found,
            None => return Submission::of_bytes(&request.body),
        },
        _ => return Submission::of_bytes(&request.body),
    }
    form.read()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn submit(content_type: &str, body: &[u8]) -> Result<Submission, Problem> {
        let mut request = Request::test(http::Method::POST, "/validate", &[("content-type", content_type)]);
        request.body = body.to_vec();
        read(&request).await
    }

    async fn refused(content_type: &str, body: &[u8]) -> Option<Kind> {
        submit(content_type, body).await.err().map(|problem| problem.kind())
    }

    fn file(bytes: &[u8]) -> Submission {
        Submission { badge: Place::Bytes(bytes.to_vec()), ..Submission::default() }
    }

    const MULTIPART: &str = "multipart/form-data; boundary=x";
    const URL_ENCODED: &str = "application/x-www-form-urlencoded";

    fn part(name: &str, value: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{value}\r\n")
    }

    #[tokio::test]
    async fn a_file_comes_raw_or_in_a_form() {
        assert_eq!(submit("application/octet-stream", b"\x89PNG").await, Ok(file(b"\x89PNG")));
        assert_eq!(submit("application/pdf", b"%PDF-1.7").await, Ok(file(b"%PDF-1.7")));
        let json = b"{\"type\":\"Assertion\"}";
        assert_eq!(submit("application/json", json).await, Ok(file(json)));
        let form = [part("file", "%PDF-"), part("recipient", " a@b.example "), part("url", ""), part("trust", "")];
        let form = submit(MULTIPART, format!("{}--x--\r\n", form.concat()).as_bytes()).await;
        assert_eq!(form, Ok(Submission { recipient: Some("a@b.example".into()), ..file(b"%PDF-") }));
        let address = submit(URL_ENCODED, b"url=https%3A%2F%2Fa.example%2Fb&text=").await;
        assert_eq!(address, Ok(Submission::of_url("https://a.example/b")));
        // A token, sent as command-line tools do.
        assert_eq!(submit(URL_ENCODED, b"eyJh.eyJi.c2ln").await, Ok(file(b"eyJh.eyJi.c2ln")));
    }

    #[tokio::test]
    async fn what_is_pasted_is_an_address_an_id_or_the_badge() {
        let pasted =
            |text: &str| format!("text={}", url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
        let read = async |text: &str| submit(URL_ENCODED, pasted(text).as_bytes()).await;
        assert_eq!(read(" https://a.example/b\n").await, Ok(Submission::of_url("https://a.example/b")));
        let id = "0".repeat(40);
        assert_eq!(read(&id).await, Ok(Submission::of_url(&id)));
        for badge in ["eyJh.eyJi.c2ln", "{\"id\":\"https://a.example\"}", "https://a.example and more"] {
            assert_eq!(read(badge).await, Ok(file(badge.as_bytes())), "{badge}");
        }
    }

    #[tokio::test]
    async fn a_report_is_kept_only_when_that_is_asked_for() {
        let form = [part("file", "x"), part("keep", "1")].concat();
        let kept = submit(MULTIPART, format!("{form}--x--\r\n").as_bytes()).await;
        assert_eq!(kept, Ok(Submission { keeps: true, ..file(b"x") }));
        let json = submit("application/json", br#"{"url":"https://a.example/b","keep":true}"#).await;
        assert_eq!(json, Ok(Submission { keeps: true, ..Submission::of_url("https://a.example/b") }));
        assert_eq!(submit(URL_ENCODED, b"text=x&keep=0").await, Ok(file(b"x")));
    }

    #[tokio::test]
    async fn an_upload_is_named_in_any_form() {
        let upload = Ok(Submission { badge: Place::Upload("abc123".parse().unwrap()), ..Submission::default() });
        assert_eq!(submit("application/json", br#"{"upload":"abc123"}"#).await, upload);
        assert_eq!(submit(URL_ENCODED, b"upload=abc123").await, upload);
        assert_eq!(submit(MULTIPART, format!("{}--x--\r\n", part("upload", "abc123")).as_bytes()).await, upload);
        for nothing in ["../x", "a/b", "no such id", "あ"] {
            let body = serde_json::json!({ "upload": nothing }).to_string();
            assert_eq!(submit("application/json", body.as_bytes()).await, Err(upload::unknown()), "{nothing}");
        }
    }

    #[tokio::test]
    async fn only_a_form_is_taken_for_one() {
        let address = submit("application/json", br#"{"url":"https://a.example/b","recipient":"a@b.example"}"#).await;
        let expected =
            Submission { recipient: Some("a@b.example".into()), ..Submission::of_url("https://a.example/b") };
        assert_eq!(address, Ok(expected));
        for badge in [r#"{"url":"https://a.example","type":"Profile"}"#, r#"{"upload":1}"#, r#"["upload"]"#, "{"] {
            assert_eq!(submit("application/json", badge.as_bytes()).await, Ok(file(badge.as_bytes())));
        }
    }

    #[tokio::test]
    async fn every_complaint_is_named_at_once() {
        let body = [part("url", &"a".repeat(MAX_FIELD_CHARS + 1)), part("trust", "junk")].concat();
        let problem = submit(MULTIPART, format!("{body}--x--\r\n").as_bytes()).await.unwrap_err();
        let expected = vec![
            FieldError { pointer: "/url".into(), reason: Reason::TooLong { max: MAX_FIELD_CHARS } },
            FieldError { pointer: "/trust".into(), reason: Reason::NotCertificate },
        ];
        assert_eq!(problem, Problem::fields(expected));
    }

    #[tokio::test]
    async fn nothing_and_broken_forms_are_refused() {
        assert_eq!(refused("", b"").await, Some(Kind::InvalidRequest));
        assert_eq!(refused("multipart/form-data", b"--x").await, Some(Kind::UnsupportedMediaType));
        assert_eq!(refused(MULTIPART, b"--x\r\nContent-Disp").await, Some(Kind::InvalidRequest));
        assert_eq!(refused(URL_ENCODED, b"recipient=a%40b").await, Some(Kind::InvalidRequest));
    }
}
