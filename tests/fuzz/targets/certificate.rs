//! The reader of certificates.

#![no_main]

use fuzz::CERTIFICATE;
use libfuzzer_sys::fuzz_target;
use pdf::certificate::{Certificate, fingerprint};

fuzz_target!(|der: &[u8]| {
    if let Ok(certificate) = Certificate::read(der) {
        assert_eq!(certificate.der(), der, "a certificate is all of its bytes");
        assert_eq!(certificate.fingerprint() == fingerprint(CERTIFICATE), der == CERTIFICATE);
        let _ = (certificate.public_key().is_ok(), certificate.subject_text(), certificate.may_sign_documents());
        let (from, until) = certificate.validity();
        assert!(from > until || certificate.is_valid_at(from));
    }
});
