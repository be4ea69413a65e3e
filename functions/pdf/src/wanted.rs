//! What somebody asks for by an address: which credential, by which key, which way round.

use badge::brand::PdfLayout;
use badge::input::FieldError;
use badge::{CredentialId, Event};
use edge::Problem;

/// A PDF badge that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) credential: CredentialId,
    key: String,
    /// Which way round; as the organisation has it, if nothing is said.
    pub(crate) layout: Option<PdfLayout>,
}

impl Wanted {
    /// What a path below `/pdf/` asks for, if it is `{key}/{credential}.pdf`, in this `layout`.
    ///
    /// # Errors
    /// When there is no such layout.
    pub(crate) fn read(path: &str, layout: Option<&str>) -> Result<Option<Self>, Problem> {
        let Some((key, file)) = path.split_once('/') else { return Ok(None) };
        let Some(credential) = file.strip_suffix(".pdf").and_then(|id| id.parse().ok()) else { return Ok(None) };
        let refuse = |reason| Problem::fields(vec![FieldError { pointer: "/layout".into(), reason }]);
        let layout = layout.map(str::parse).transpose().map_err(refuse)?;
        Ok(Some(Self { credential, key: key.to_owned(), layout }))
    }

    /// Whether it is the holder who asks, or somebody to whom the holder gave the address.
    pub(crate) fn may(&self, event: &Event) -> bool {
        event.is_holder_key(&self.credential, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Kind;

    #[test]
    fn a_key_and_a_credential_make_an_address() {
        let id = "0".repeat(40);
        let wanted = Wanted::read(&format!("abc/{id}.pdf"), Some("portrait")).unwrap().unwrap();
        assert_eq!((wanted.credential.as_str(), wanted.layout), (id.as_str(), Some(PdfLayout::Portrait)));
        assert_eq!(Wanted::read(&format!("abc/{id}.pdf"), None).unwrap().unwrap().layout, None);
        for path in
            [format!("{id}.pdf"), format!("abc/{id}"), format!("a/b/{id}.pdf"), format!("abc/{id}.png"), "/".into()]
        {
            assert_eq!(Wanted::read(&path, None).unwrap(), None, "{path}");
        }
        let refused = Wanted::read(&format!("abc/{id}.pdf"), Some("round")).unwrap_err();
        assert_eq!(refused.kind(), Kind::InvalidRequest);
    }
}
