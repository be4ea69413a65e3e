//! What a page's form sends: names and values in their order, and files.

use crate::api::Complaint;
use edge::{Kind, Problem, Request};

/// Bytes that a form may send, files apart: percent-encoding makes three of one.
const MAX_FORM_BYTES: usize = 400_000;
/// Parts of a form with files.
const MAX_PARTS: usize = 400;

/// A form as it was sent. Lines end as they do elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Posted {
    /// Reads `application/x-www-form-urlencoded` and `multipart/form-data`.
    ///
    /// # Errors
    /// [`Kind::TooLarge`], [`Kind::UnsupportedMediaType`].
    pub(crate) fn read(request: &Request) -> Result<Self, Problem> {
        let content_type = request.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/x-www-form-urlencoded" | "" => {
                if request.body.len() > MAX_FORM_BYTES {
                    return Err(Kind::TooLarge.into());
                }
                let pairs = url::form_urlencoded::parse(&request.body);
                let fields = pairs.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect();
                Ok(Self { fields, files: Vec::new() })
            }
            "multipart/form-data" => multipart(content_type, &request.body).ok_or_else(|| Kind::InvalidRequest.into()),
            _ => Err(Kind::UnsupportedMediaType.into()),
        }
    }

    /// The first value of a name, without blanks around it; none when it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The first value of a name, as it is.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name that are not empty.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked, or a button was pressed.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|v| v == value)
    }

    /// Names and values in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A file that was chosen; none when nothing was.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(n, bytes)| n == name && !bytes.is_empty()).map(|(_, bytes)| bytes.as_slice())
    }
}

/// `multipart/form-data` (RFC 7578): parts between lines that a boundary makes.
fn multipart(content_type: &str, body: &[u8]) -> Option<Posted> {
    let boundary = content_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // The first delimiter has no line before it.
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let mut posted = Posted::default();
    for _ in 0..MAX_PARTS {
        if rest.starts_with(b"--") {
            return Some(posted);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, after) = (std::str::from_utf8(rest.get(..head_end)?).ok()?, rest.get(head_end + 4..)?);
        let end = find(after, &delimiter)?;
        let content = after.get(..end)?;
        let disposition =
            head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        let name = parameter(disposition, "name")?;
        if parameter(disposition, "filename").is_some() {
            posted.files.push((name, content.to_vec()));
        } else {
            posted.fields.push((name, std::str::from_utf8(content).ok()?.replace("\r\n", "\n")));
        }
        rest = after.get(end + delimiter.len()..)?;
    }
    None
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A quoted parameter of a header, as browsers write it.
fn parameter(header: &str, name: &str) -> Option<String> {
    let rest = header.split(';').map(str::trim).find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    Some(rest.trim_matches('"').replace("%22", "\""))
}

/// What was typed, and what is wrong with it: what a page needs to show a form again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filled {
    pub(crate) posted: Posted,
    pub(crate) complaints: Vec<Complaint>,
}

impl Filled {
    /// The value to show in a field: what was typed, else what there is.
    pub(crate) fn value<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.posted.raw(name).unwrap_or(otherwise)
    }

    /// Whether anything was sent.
    pub(crate) fn is_sent(&self) -> bool {
        !self.posted.fields.is_empty() || !self.posted.files.is_empty()
    }

    /// The complaints about what the API calls `pointer`, or about a part of it.
    pub(crate) fn complaints_about<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = &'a Complaint> {
        let is_about = move |complaint: &&Complaint| {
            complaint.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.complaints.iter().filter(is_about)
    }

    /// Whether there is any.
    pub(crate) fn is_wrong(&self, pointer: &str) -> bool {
        self.complaints_about(pointer).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: &str, body: &[u8]) -> Request {
        let mut request = Request::test(http::Method::POST, "/", &[("content-type", content_type)]);
        request.body = body.to_vec();
        request
    }

    #[test]
    fn a_form_is_read_in_both_notations() {
        let simple = request("application/x-www-form-urlencoded", "a=%E5%8D%B0%0D%0Ax&b=&a=2".as_bytes());
        let posted = Posted::read(&simple).unwrap();
        assert_eq!((posted.text("a"), posted.text("b"), posted.raw("b")), (Some("印\nx"), None, Some("")));
        assert_eq!(posted.all("a").collect::<Vec<_>>(), ["印\nx", "2"]);
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xe5\x8d\xb0\r\n--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--X\r\n--XX--\r\n";
        let posted = Posted::read(&request("multipart/form-data; boundary=XX", body)).unwrap();
        assert_eq!((posted.text("a"), posted.file("f")), (Some("印"), Some(&b"\x89PNG\r\n--X"[..])));
        assert!(posted.file("a").is_none() && posted.has("a", "印"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let kind = |content_type: &str, body: &[u8]| Posted::read(&request(content_type, body)).map_err(|p| p.kind());
        assert_eq!(kind("text/plain", b"a=1"), Err(Kind::UnsupportedMediaType));
        assert_eq!(kind("", &vec![b'x'; MAX_FORM_BYTES + 1]), Err(Kind::TooLarge));
        for broken in [
            &b"--XX"[..],
            b"",
            b"--XX\r\nx\r\n\r\ny\r\n--XX--",
            b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ny",
        ] {
            assert_eq!(kind("multipart/form-data; boundary=XX", broken), Err(Kind::InvalidRequest), "{broken:?}");
        }
        assert_eq!(kind("multipart/form-data", b"--XX--"), Err(Kind::InvalidRequest));
    }
}
