//! What was handed in: the bytes of a file as they are, a form with a file, or an address.

use badge::input::{FieldError, Reason};
use bytes::Bytes;
use edge::{Kind, Problem, Request};
use futures_util::stream;

/// Characters of an address or a recipient in a form.
const MAX_FIELD_CHARS: usize = 2_000;

/// A badge to judge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Submission {
    /// Its address; then `bytes` are empty.
    pub(crate) url: Option<String>,
    /// The file's content.
    pub(crate) bytes: Vec<u8>,
    /// The e-mail address of the person it should be about.
    pub(crate) recipient: Option<String>,
}

impl Submission {
    pub(crate) fn of_url(url: &str) -> Self {
        Self { url: Some(url.trim().to_owned()), ..Self::default() }
    }

    fn take(&mut self, name: &str, value: Vec<u8>) -> Result<(), Problem> {
        let text = |value: Vec<u8>| {
            let text = String::from_utf8(value).ok().filter(|t| t.chars().count() <= MAX_FIELD_CHARS);
            let reason = Reason::TooLong { max: MAX_FIELD_CHARS };
            let problem = || Problem::fields(vec![FieldError { pointer: format!("/{name}"), reason }]);
            text.map(|t| t.trim().to_owned()).ok_or_else(problem)
        };
        match name {
            "file" | "text" if !value.is_empty() => self.bytes = value,
            "url" => self.url = Some(text(value)?).filter(|t| !t.is_empty()),
            "recipient" => self.recipient = Some(text(value)?).filter(|t| !t.is_empty()),
            _ => {}
        }
        Ok(())
    }
}

pub(crate) fn missing(pointer: &str) -> Problem {
    Problem::fields(vec![FieldError { pointer: pointer.to_owned(), reason: Reason::Missing }])
}

/// The badge of a `POST /validate`: a form (`multipart/form-data` or URL-encoded, with `file` or `text` or `url`, and optionally
/// `recipient`), or any other body as the file itself.
pub(crate) async fn read(request: &Request) -> Result<Submission, Problem> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut submission = Submission::default();
    match media_type.as_str() {
        "multipart/form-data" => {
            let boundary = multer::parse_boundary(content_type).map_err(|_| Kind::UnsupportedMediaType)?;
            let body = Bytes::from(request.body.clone());
            let mut form = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
            let broken = |_| Problem::fields(vec![FieldError { pointer: String::new(), reason: Reason::NotObject }]);
            while let Some(field) = form.next_field().await.map_err(broken)? {
                let name = field.name().unwrap_or_default().to_owned();
                let value = field.bytes().await.map_err(broken)?;
                submission.take(&name, value.to_vec())?;
            }
        }
        "application/x-www-form-urlencoded" => {
            for (name, value) in url::form_urlencoded::parse(&request.body) {
                submission.take(&name, value.into_owned().into_bytes())?;
            }
            // Command-line tools send a file under this media type when they are told nothing else.
            if submission == Submission::default() {
                submission.bytes.clone_from(&request.body);
            }
        }
        _ => submission.bytes.clone_from(&request.body),
    }
    if submission.url.is_none() && submission.bytes.is_empty() { Err(missing("/file")) } else { Ok(submission) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn submit(content_type: &str, body: &[u8]) -> Result<Submission, Kind> {
        let mut request = Request::test(http::Method::POST, "/validate", &[("content-type", content_type)]);
        request.body = body.to_vec();
        read(&request).await.map_err(|problem| problem.kind())
    }

    #[tokio::test]
    async fn a_file_comes_raw_or_in_a_form() {
        let raw = submit("application/octet-stream", b"\x89PNG").await.unwrap();
        assert_eq!(raw.bytes, b"\x89PNG");
        let json = submit("application/json", b"{\"type\":\"Assertion\"}").await.unwrap();
        assert_eq!(json.bytes, b"{\"type\":\"Assertion\"}");
        let form =
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.png\"\r\n\r\n\x89PNG\r\n--x\r\n\
            Content-Disposition: form-data; name=\"recipient\"\r\n\r\n a@b.example \r\n--x\r\n\
            Content-Disposition: form-data; name=\"url\"\r\n\r\n\r\n--x--\r\n";
        let form = submit("multipart/form-data; boundary=x", form).await.unwrap();
        assert_eq!(form, Submission { url: None, bytes: b"\x89PNG".to_vec(), recipient: Some("a@b.example".into()) });
        let address =
            submit("application/x-www-form-urlencoded", b"url=https%3A%2F%2Fa.example%2Fb&text=").await.unwrap();
        assert_eq!(address, Submission::of_url("https://a.example/b"));
    }

    #[tokio::test]
    async fn nothing_and_broken_forms_are_refused() {
        assert_eq!(submit("", b"").await, Err(Kind::InvalidRequest));
        assert_eq!(submit("multipart/form-data", b"--x").await, Err(Kind::UnsupportedMediaType));
        assert_eq!(submit("multipart/form-data; boundary=x", b"--x\r\nContent-Disp").await, Err(Kind::InvalidRequest));
        assert_eq!(submit("application/x-www-form-urlencoded", b"recipient=a%40b").await, Err(Kind::InvalidRequest));
    }
}
