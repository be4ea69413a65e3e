//! Certificates of other organisations, handed in with a file: whose seals its bearer trusts.

use badge::input::{FieldError, Reason};
use pdf::certificate::Certificate;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Certificates in one list. A seal's own, and the authorities of a few organisations.
pub(crate) const MAX_CERTIFICATES: usize = 10;
/// Bytes of one list: ten certificates with RSA keys and long names stay below half of it.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// The certificates of a PEM text, each DER.
///
/// # Errors
/// Everything that is wrong with it, below `/trust`.
pub(crate) fn read(pem: &[u8]) -> Result<Vec<Vec<u8>>, Vec<FieldError>> {
    let refused = |pointer: String, reason| FieldError { pointer: format!("/trust{pointer}"), reason };
    if pem.len() > MAX_BYTES {
        return Err(vec![refused(String::new(), Reason::TooLarge { max: MAX_BYTES })]);
    }
    let (mut certificates, mut complaints) = (Vec::new(), Vec::new());
    for (place, item) in CertificateDer::pem_slice_iter(pem).enumerate() {
        if place == MAX_CERTIFICATES {
            complaints.push(refused(String::new(), Reason::TooMany { max: MAX_CERTIFICATES }));
            break;
        }
        match item.ok().filter(|der| Certificate::read(der).is_ok()) {
            Some(der) => certificates.push(der.to_vec()),
            None => complaints.push(refused(format!("/{place}"), Reason::NotCertificate)),
        }
    }
    if certificates.is_empty() && complaints.is_empty() {
        complaints.push(refused(String::new(), Reason::NotCertificate));
    }
    if complaints.is_empty() { Ok(certificates) } else { Err(complaints) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use pdf::certificate::{Subject, draft_self_signed};
    use proof::testing::TestKey;

    fn certificate() -> Vec<u8> {
        let key = TestKey::fresh_p256().unwrap();
        let subject = Subject { common_name: "Partner", organization: None, country: None };
        let draft = draft_self_signed(key.public_key(), &subject, [7; 16], jiff::Timestamp::UNIX_EPOCH).unwrap();
        draft.complete(&key.sign(&draft.signing_input()).unwrap()).unwrap()
    }

    fn pem(der: &[u8]) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("a comment\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    fn complaints(text: &str) -> Vec<(String, &'static str)> {
        let list = read(text.as_bytes()).unwrap_err();
        list.into_iter().map(|error| (error.pointer, error.reason.code())).collect()
    }

    #[test]
    fn certificates_are_read_in_their_order() {
        let (one, two) = (certificate(), certificate());
        assert_eq!(read(format!("{}{}", pem(&one), pem(&two)).as_bytes()), Ok(vec![one, two]));
    }

    #[test]
    fn each_complaint_is_named() {
        let good = certificate();
        assert_eq!(complaints("no certificate"), [("/trust".to_owned(), "not_certificate")]);
        assert_eq!(complaints(&" ".repeat(MAX_BYTES + 1)), [("/trust".to_owned(), "too_large")]);
        let mixed = [pem(&good), pem(b"junk"), pem(&good), pem(b"")].concat();
        assert_eq!(
            complaints(&mixed),
            [("/trust/1".to_owned(), "not_certificate"), ("/trust/3".to_owned(), "not_certificate")]
        );
        let many = pem(&good).repeat(MAX_CERTIFICATES + 1);
        assert_eq!(complaints(&many), [("/trust".to_owned(), "too_many")]);
        assert_eq!(read(pem(&good).repeat(MAX_CERTIFICATES).as_bytes()).map(|list| list.len()), Ok(MAX_CERTIFICATES));
    }
}
