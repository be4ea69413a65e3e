//! X.509 certificates of seals (RFC 5280): made for a key that somebody else holds, and read.
//!
//! A certificate here only carries a key and the words a PDF reader shows. Whether a seal is *trusted* is decided by the
//! certificate's [`fingerprint`], never by what it says of itself. [`draft_self_signed`] is what a platform begins with;
//! [`draft_request`] asks a certification authority for a certificate of the same key (RFC 2986), which PDF readers then
//! trust by themselves.

use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};
use proof::{
    keys::{PublicKey, SignatureError},
    signing::SigningInput,
};

use crate::{
    der::{self, Malformed, Reader},
    oids,
    signature::{self, Scheme, sha256},
};

/// Largest certificate read or put into a seal. A certificate of an authority has 1 to 2 kB.
pub const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// Longest common name and organisation, in characters (RFC 5280 appendix A.1, `ub-common-name`, `ub-organization-name`).
pub const MAX_NAME_CHARS: usize = 64;

/// How long a certificate made here is valid, in years. A seal that outlives it stays genuine: what counts is when it was
/// put on.
pub const VALID_YEARS: i32 = 10;

/// Most extensions read.
const MAX_EXTENSIONS: usize = 32;

/// What is known of a certificate's holder: the words a PDF reader shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The name, such as the platform's or the organisation's.
    pub common_name: &'a str,
    /// The organisation behind it.
    pub organization: Option<&'a str>,
    /// ISO 3166 country code, two capital letters.
    pub country: Option<&'a str>,
}

/// Why a certificate or a request cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A name is empty, too long or holds control characters, or a country is not two capital letters.
    #[error("the subject's {0} cannot stand in a certificate")]
    Subject(&'static str),
    /// Neither P-256 nor RSA: PDF readers know no other seals.
    #[error("a seal's key is P-256 or RSA")]
    Key,
    /// A year that certificates cannot write.
    #[error("time outside what a certificate can say")]
    Time,
    /// The signature is not the key's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Not DER, or not a certificate of version 3, or larger than [`MAX_CERTIFICATE_BYTES`].
    #[error("not an X.509 certificate")]
    Malformed,
}

impl From<Malformed> for CertificateError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// SHA-256 of a certificate's DER: the name it is trusted by.
#[must_use]
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    sha256(&[der])
}

/// A certificate or a request that waits for its signature.
#[derive(Debug, Clone)]
pub struct Draft {
    to_be_signed: Vec<u8>,
    public_key: PublicKey,
    algorithm: Vec<u8>,
}

impl Draft {
    /// What the key's holder has to sign.
    #[must_use]
    pub fn signing_input(&self) -> SigningInput {
        SigningInput::new(self.public_key.algorithm(), self.to_be_signed.clone())
    }

    /// The DER of the finished certificate or request. `signature` as [`proof::signing`] gives it.
    ///
    /// # Errors
    /// [`CertificateError::Signature`] if it is not the key's.
    pub fn complete(&self, signature: &[u8]) -> Result<Vec<u8>, CertificateError> {
        self.public_key.verify(self.public_key.algorithm(), &self.to_be_signed, signature)?;
        let signature = signature::to_der(self.public_key.algorithm(), signature)
            .ok_or(CertificateError::Signature(SignatureError::Mismatch))?;
        Ok(der::sequence(&[&self.to_be_signed, &self.algorithm, &der::value(der::BIT_STRING, &[&[0], &signature])]))
    }
}

/// Drafts a certificate that `public_key` signs for itself, for [`VALID_YEARS`] from `from`. `serial` is random.
///
/// Not an authority; key usage digitalSignature and nonRepudiation, extended key usage document signing (RFC 9336), key
/// identifiers by RFC 7093 §2 method 1.
///
/// # Errors
/// [`CertificateError::Subject`], [`CertificateError::Key`], [`CertificateError::Time`].
pub fn draft_self_signed(
    public_key: &PublicKey,
    subject: &Subject<'_>,
    mut serial: [u8; 16],
    from: Timestamp,
) -> Result<Draft, CertificateError> {
    let algorithm = signature::identifier(public_key.algorithm()).ok_or(CertificateError::Key)?;
    let name = name(subject)?;
    let from = from.to_zoned_datetime(TimeZone::UTC);
    let until = from.checked_add(VALID_YEARS.years()).map_err(|_| CertificateError::Time)?;
    // Positive and of one length, whatever chance says (RFC 5280 §4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    let spki = public_key.to_spki_der();
    let identifier = key_identifier(&spki)?;
    let extensions = der::sequence(&[
        &extension(oids::BASIC_CONSTRAINTS, true, &der::sequence(&[])),
        &key_usage(),
        &document_signing(),
        &extension(oids::SUBJECT_KEY_IDENTIFIER, false, &der::value(der::OCTET_STRING, &[&identifier])),
        &extension(oids::AUTHORITY_KEY_IDENTIFIER, false, &der::sequence(&[&der::value(0x80, &[&identifier])])),
    ]);
    let validity = [from.datetime(), until.datetime()];
    let to_be_signed = to_be_signed(&serial, &algorithm, [&name, &name], validity, &spki, &extensions)?;
    Ok(Draft { to_be_signed, public_key: public_key.clone(), algorithm })
}

/// Drafts a request for a certificate of `public_key` (PKCS#10, RFC 2986), with the same key usages as
/// [`draft_self_signed`].
///
/// # Errors
/// [`CertificateError::Subject`], [`CertificateError::Key`].
pub fn draft_request(public_key: &PublicKey, subject: &Subject<'_>) -> Result<Draft, CertificateError> {
    let algorithm = signature::identifier(public_key.algorithm()).ok_or(CertificateError::Key)?;
    let extensions = der::sequence(&[&key_usage(), &document_signing()]);
    let attribute = der::sequence(&[&der::oid(oids::EXTENSION_REQUEST), &der::value(der::SET, &[&extensions])]);
    let to_be_signed = der::sequence(&[
        &der::value(der::INTEGER, &[&[0]]),
        &name(subject)?,
        &public_key.to_spki_der(),
        &der::value(der::context(0), &[&attribute]),
    ]);
    Ok(Draft { to_be_signed, public_key: public_key.clone(), algorithm })
}

/// TBSCertificate (RFC 5280 §4.1): `names` are issuer's and subject's.
fn to_be_signed(
    serial: &[u8],
    algorithm: &[u8],
    names: [&[u8]; 2],
    validity: [DateTime; 2],
    spki: &[u8],
    extensions: &[u8],
) -> Result<Vec<u8>, CertificateError> {
    Ok(der::sequence(&[
        &der::value(der::context(0), &[&der::value(der::INTEGER, &[&[2]])]),
        &der::value(der::INTEGER, &[serial]),
        algorithm,
        names[0],
        &der::sequence(&[&time(validity[0])?, &time(validity[1])?]),
        names[1],
        spki,
        &der::value(der::context(3), &[extensions]),
    ]))
}

fn name(subject: &Subject<'_>) -> Result<Vec<u8>, CertificateError> {
    let text = |what, text: &str| {
        let fits = !text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS && text.chars().all(shown);
        if fits { Ok(der::value(der::UTF8_STRING, &[text.as_bytes()])) } else { Err(CertificateError::Subject(what)) }
    };
    let part = |oid, value: Vec<u8>| der::value(der::SET, &[&der::sequence(&[&der::oid(oid), &value])]);
    let mut parts = Vec::new();
    if let Some(country) = subject.country {
        let fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        let value = fits.then(|| der::value(der::PRINTABLE_STRING, &[country.as_bytes()]));
        parts.extend(part(oids::COUNTRY, value.ok_or(CertificateError::Subject("country"))?));
    }
    if let Some(organization) = subject.organization {
        parts.extend(part(oids::ORGANIZATION, text("organization", organization)?));
    }
    parts.extend(part(oids::COMMON_NAME, text("common name", subject.common_name)?));
    Ok(der::sequence(&[&parts]))
}

/// Neither a control character nor one that reorders what stands around it.
pub(crate) fn shown(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
fn time(time: DateTime) -> Result<Vec<u8>, CertificateError> {
    match time.year() {
        1950..=2049 => Ok(der::value(der::UTC_TIME, &[time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()])),
        2050..=9999 => Ok(der::value(der::GENERALIZED_TIME, &[time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()])),
        _ => Err(CertificateError::Time),
    }
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[der::BOOLEAN, 1, 0xff] } else { &[] };
    der::sequence(&[&der::oid(oid), critical, &der::value(der::OCTET_STRING, &[value])])
}

/// digitalSignature (0) and nonRepudiation (1).
fn key_usage() -> Vec<u8> {
    extension(oids::KEY_USAGE, true, &[der::BIT_STRING, 2, 6, 0b1100_0000])
}

fn document_signing() -> Vec<u8> {
    extension(oids::EXTENDED_KEY_USAGE, false, &der::sequence(&[&der::oid(oids::DOCUMENT_SIGNING)]))
}

/// The leftmost 160 bits of SHA-256 over the key's bits (RFC 7093 §2, method 1).
fn key_identifier(spki: &[u8]) -> Result<[u8; 20], Malformed> {
    let mut info = Reader::new(spki).enter(der::SEQUENCE)?;
    info.read(der::SEQUENCE)?;
    let digest = sha256(&[info.bytes_of_bit_string()?]);
    digest.first_chunk().copied().ok_or(Malformed)
}

/// A certificate that has been read. That it *is* one says nothing about whose it is.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    der: &'a [u8],
    to_be_signed: &'a [u8],
    /// The serial number's bytes, as they stand in the INTEGER.
    pub(crate) serial: &'a [u8],
    /// The issuer's Name, whole.
    pub(crate) issuer: &'a [u8],
    /// The subject's Name, whole.
    pub(crate) subject: &'a [u8],
    valid_from: Timestamp,
    valid_until: Timestamp,
    spki: &'a [u8],
    extensions: Vec<Extension<'a>>,
    scheme: Option<Scheme>,
    signature: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a certificate of version 3, all of `der`.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn read(der: &'a [u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::Malformed);
        }
        let mut all = Reader::new(der);
        let mut outer = all.enter(der::SEQUENCE)?;
        all.finish()?;
        let to_be_signed = outer.value(der::SEQUENCE)?;
        let outer_algorithm = outer.value(der::SEQUENCE)?;
        let signature = outer.bytes_of_bit_string()?;
        outer.finish()?;

        let mut inner = Reader::new(to_be_signed.contents);
        if inner.read(der::context(0))? != [der::INTEGER, 1, 2] {
            return Err(CertificateError::Malformed);
        }
        let serial = inner.read(der::INTEGER)?;
        let algorithm = inner.value(der::SEQUENCE)?;
        let issuer = inner.value(der::SEQUENCE)?.whole;
        let mut validity = inner.enter(der::SEQUENCE)?;
        let (valid_from, valid_until) = (read_time(&mut validity)?, read_time(&mut validity)?);
        validity.finish()?;
        let subject = inner.value(der::SEQUENCE)?.whole;
        let spki = inner.value(der::SEQUENCE)?.whole;
        // issuerUniqueID and subjectUniqueID (RFC 5280 §4.1.2.8) must not be used, and are refused by `finish`.
        let extensions = match inner.optional(der::context(3))? {
            Some(value) => read_extensions(value.contents)?,
            None => Vec::new(),
        };
        inner.finish()?;
        // What is signed and what is claimed about the signature must be one (RFC 5280 §4.1.1.2).
        if algorithm != outer_algorithm || serial.is_empty() {
            return Err(CertificateError::Malformed);
        }
        Ok(Self {
            der,
            to_be_signed: to_be_signed.whole,
            serial,
            issuer,
            subject,
            valid_from,
            valid_until,
            spki,
            extensions,
            scheme: Scheme::read(&mut Reader::new(algorithm.whole))?,
            signature,
        })
    }

    /// All of it.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// See [`fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint(self.der)
    }

    /// Its key.
    ///
    /// # Errors
    /// [`proof::keys::KeyError`] for a kind of key that is not known here.
    pub fn public_key(&self) -> Result<PublicKey, proof::keys::KeyError> {
        PublicKey::from_spki_der(self.spki)
    }

    /// From when and until when it is valid, both included.
    #[must_use]
    pub const fn validity(&self) -> (Timestamp, Timestamp) {
        (self.valid_from, self.valid_until)
    }

    /// Whether it is valid at `instant`.
    #[must_use]
    pub fn is_valid_at(&self, instant: Timestamp) -> bool {
        self.valid_from <= instant && instant <= self.valid_until
    }

    /// The subject for people: common name and organisation, without what would disturb the text around it.
    #[must_use]
    pub fn subject_text(&self) -> String {
        name_text(self.subject).unwrap_or_default()
    }

    /// Whether key usage and extended key usage, where it has them, allow to sign documents.
    #[must_use]
    pub fn may_sign_documents(&self) -> bool {
        self.key_usage(0b1100_0000) && self.extended_key_usage() && !self.is_authority()
    }

    /// Whether it may issue certificates: `cA` and keyCertSign.
    pub(crate) fn may_issue(&self) -> bool {
        self.is_authority() && self.key_usage(0b0000_0100)
    }

    /// Whether nothing in it is both critical and unknown here (RFC 5280 §4.2).
    pub(crate) fn is_understood(&self) -> bool {
        const KNOWN: [&[u8]; 6] = [
            oids::BASIC_CONSTRAINTS,
            oids::KEY_USAGE,
            oids::EXTENDED_KEY_USAGE,
            oids::CERTIFICATE_POLICIES,
            oids::SUBJECT_KEY_IDENTIFIER,
            oids::AUTHORITY_KEY_IDENTIFIER,
        ];
        self.extensions.iter().all(|extension| !extension.critical || KNOWN.contains(&extension.oid))
    }

    /// How many authorities may stand between it and a seal's certificate; `None` for any number.
    pub(crate) fn path_length(&self) -> Option<usize> {
        let mut constraints = Reader::new(self.extension(oids::BASIC_CONSTRAINTS)?).enter(der::SEQUENCE).ok()?;
        constraints.optional(der::BOOLEAN).ok()?;
        match constraints.optional(der::INTEGER).ok()?.map(|value| value.contents) {
            None => None,
            Some([length @ ..=0x7f]) => Some(usize::from(*length)),
            // Longer than any chain that is followed.
            Some(_) => Some(usize::MAX),
        }
    }

    /// Whether `issuer`'s key signed this certificate and the names fit.
    pub(crate) fn is_issued_by(&self, issuer: &Certificate<'_>) -> bool {
        let (Some(scheme), Ok(key)) = (self.scheme, issuer.public_key()) else { return false };
        self.issuer == issuer.subject && scheme.verify(None, &key, self.to_be_signed, self.signature)
    }

    fn is_authority(&self) -> bool {
        self.extension(oids::BASIC_CONSTRAINTS)
            .and_then(|value| Reader::new(value).enter(der::SEQUENCE).ok())
            .is_some_and(|constraints| constraints.rest().starts_with(&[der::BOOLEAN, 1, 0xff]))
    }

    /// Whether one of the bits is set in the first byte of key usage. Without the extension everything is allowed.
    fn key_usage(&self, bits: u8) -> bool {
        match self.extension(oids::KEY_USAGE) {
            None => true,
            Some(value) => matches!(value, [der::BIT_STRING, 2 | 3, _, first, ..] if first & bits != 0),
        }
    }

    /// Whether one of the purposes is, or is commonly taken for, the signing of documents. Without the extension everything
    /// is allowed; a certificate for servers or programs seals nothing.
    fn extended_key_usage(&self) -> bool {
        let Some(value) = self.extension(oids::EXTENDED_KEY_USAGE) else { return true };
        let Ok(mut purposes) = Reader::new(value).enter(der::SEQUENCE) else { return false };
        while let Ok(purpose) = purposes.read(der::OID) {
            if oids::DOCUMENT_PURPOSES.contains(&purpose) {
                return true;
            }
        }
        false
    }

    fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.extensions.iter().find(|extension| extension.oid == oid).map(|extension| extension.value)
    }
}

fn read_extensions(bytes: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut all = Reader::new(bytes);
    let mut list = all.enter(der::SEQUENCE)?;
    all.finish()?;
    let mut extensions: Vec<Extension<'_>> = Vec::new();
    while !list.is_empty() {
        let mut one = list.enter(der::SEQUENCE)?;
        let oid = one.read(der::OID)?;
        let critical = match one.optional(der::BOOLEAN)?.map(|value| value.contents) {
            None => false,
            Some([0xff]) => true,
            Some(_) => return Err(Malformed),
        };
        let value = one.read(der::OCTET_STRING)?;
        one.finish()?;
        if extensions.len() == MAX_EXTENSIONS || extensions.iter().any(|other| other.oid == oid) {
            return Err(Malformed);
        }
        extensions.push(Extension { oid, critical, value });
    }
    Ok(extensions)
}

/// UTCTime or GeneralizedTime, to the second and in UTC (RFC 5280 §4.1.2.5).
pub(crate) fn read_time(reader: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    let value = reader.any()?;
    let (century, rest) = match (value.tag, value.contents) {
        (der::UTC_TIME, [b'0'..=b'4', ..]) => ("20", value.contents),
        (der::UTC_TIME, [b'5'..=b'9', ..]) => ("19", value.contents),
        (der::GENERALIZED_TIME, _) => ("", value.contents),
        _ => return Err(Malformed),
    };
    let rest = std::str::from_utf8(rest).map_err(|_| Malformed)?;
    let text = format!("{century}{rest}");
    let digits = text.strip_suffix('Z').ok_or(Malformed)?;
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    let time = DateTime::strptime("%Y%m%d%H%M%S", digits).map_err(|_| Malformed)?;
    TimeZone::UTC.to_timestamp(time).map_err(|_| Malformed)
}

fn name_text(name: &[u8]) -> Result<String, Malformed> {
    let mut parts = Reader::new(name).enter(der::SEQUENCE)?;
    let (mut common_name, mut organization) = (None, None);
    while !parts.is_empty() {
        let mut set = parts.enter(der::SET)?;
        while !set.is_empty() {
            let mut attribute = set.enter(der::SEQUENCE)?;
            let oid = attribute.read(der::OID)?;
            let value = attribute.any()?;
            let text = match value.tag {
                der::UTF8_STRING | der::PRINTABLE_STRING | der::IA5_STRING => std::str::from_utf8(value.contents).ok(),
                _ => None,
            };
            match oid {
                oids::COMMON_NAME => common_name = common_name.or(text),
                oids::ORGANIZATION => organization = organization.or(text),
                _ => {}
            }
        }
    }
    let parts: Vec<String> = [common_name, organization.filter(|_| organization != common_name)]
        .into_iter()
        .flatten()
        .map(|text| text.chars().filter(|letter| shown(*letter)).take(MAX_NAME_CHARS).collect())
        .collect();
    Ok(parts.join(", "))
}

/// Authorities and what they issue, for tests of chains.
#[cfg(test)]
pub(crate) mod authority {
    use super::*;
    use proof::testing::TestKey;

    /// What an issued certificate shall say.
    #[derive(Clone, Copy)]
    pub(crate) struct Wish {
        pub(crate) subject: &'static str,
        pub(crate) issuer: &'static str,
        /// `Some`: an authority, with so many below it.
        pub(crate) authority: Option<u8>,
        pub(crate) key_usage: u8,
        /// The purposes of extended key usage; without any, the certificate has no such extension.
        pub(crate) purposes: &'static [&'static [u8]],
        pub(crate) validity: [&'static str; 2],
    }

    pub(crate) fn issue(wish: &Wish, key: &PublicKey, issuer: &TestKey) -> Vec<u8> {
        let names = [wish.issuer, wish.subject]
            .map(|common_name| name(&Subject { common_name, organization: None, country: None }).unwrap());
        let constraints = match wish.authority {
            Some(most) => der::sequence(&[&[der::BOOLEAN, 1, 0xff], &der::value(der::INTEGER, &[&[most]])]),
            None => der::sequence(&[]),
        };
        let purposes: Vec<u8> = wish.purposes.iter().flat_map(|purpose| der::oid(purpose)).collect();
        let purposes = match purposes.as_slice() {
            [] => Vec::new(),
            purposes => extension(oids::EXTENDED_KEY_USAGE, false, &der::sequence(&[purposes])),
        };
        let extensions = der::sequence(&[
            &extension(oids::BASIC_CONSTRAINTS, true, &constraints),
            &extension(oids::KEY_USAGE, true, &[der::BIT_STRING, 2, 0, wish.key_usage]),
            &purposes,
        ]);
        let algorithm = signature::identifier(issuer.public_key().algorithm()).unwrap();
        let validity = wish.validity.map(|date| format!("{date}T00:00:00").parse().unwrap());
        let names = [names[0].as_slice(), names[1].as_slice()];
        let to_be_signed = to_be_signed(&[5], &algorithm, names, validity, &key.to_spki_der(), &extensions).unwrap();
        let draft = Draft { to_be_signed, public_key: issuer.public_key().clone(), algorithm };
        draft.complete(&issuer.sign(&draft.signing_input()).unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::testing::TestKey;

    const SUBJECT: Subject<'_> = Subject { common_name: "印", organization: Some("Example KK"), country: Some("JP") };

    fn certificate(key: &TestKey, from: &str, chance: u8) -> Vec<u8> {
        let draft = draft_self_signed(key.public_key(), &SUBJECT, [chance; 16], from.parse().unwrap()).unwrap();
        draft.complete(&key.sign(&draft.signing_input()).unwrap()).unwrap()
    }

    #[test]
    fn what_is_made_is_read() {
        for key in [TestKey::fresh_p256().unwrap(), TestKey::fresh_rsa().unwrap()] {
            // Ten years from 2044 on end where the other form of time is due.
            for (from, until) in
                [("2026-01-15T09:30:00Z", "2036-01-15T09:30:00Z"), ("2044-02-29T00:00:00Z", "2054-02-28T00:00:00Z")]
            {
                let der = certificate(&key, from, 0xff);
                let read = Certificate::read(&der).unwrap();
                assert_eq!(read.validity(), (from.parse().unwrap(), until.parse().unwrap()));
                assert_eq!(read.public_key().as_ref(), Ok(key.public_key()));
                assert_eq!(read.subject_text(), "印, Example KK");
                assert!(read.may_sign_documents() && !read.may_issue() && read.is_understood());
                assert!(read.is_issued_by(&read), "signed by itself");
                assert_eq!(read.serial[0], 0x7f, "positive");
                assert!(read.is_valid_at(until.parse().unwrap()));
                assert!(!read.is_valid_at(read.validity().1 + jiff::SignedDuration::from_secs(1)));
            }
        }
    }

    #[test]
    fn serials_are_of_one_length() {
        let key = TestKey::fresh_p256().unwrap();
        let der = certificate(&key, "2026-01-15T09:30:00Z", 0);
        assert_eq!(Certificate::read(&der).unwrap().serial[0], 0x40);
    }

    #[test]
    fn refuses_other_keys_names_and_signatures() {
        let key = TestKey::fresh_p256().unwrap();
        let at = "2026-01-15T09:30:00Z".parse().unwrap();
        let refusal = |key: &PublicKey, subject: &Subject<'_>| {
            assert_eq!(draft_request(key, subject).err(), draft_self_signed(key, subject, [0; 16], at).err());
            draft_request(key, subject).err()
        };
        let ed25519 = TestKey::ed25519(&[1; 32]).unwrap();
        assert_eq!(refusal(ed25519.public_key(), &SUBJECT), Some(CertificateError::Key));
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for common_name in ["", " ", "a\u{202e}b", "a\nb", &long] {
            let subject = Subject { common_name, ..SUBJECT };
            assert_eq!(refusal(key.public_key(), &subject), Some(CertificateError::Subject("common name")));
        }
        for country in ["", "jp", "JPN", "日"] {
            let subject = Subject { country: Some(country), ..SUBJECT };
            assert_eq!(refusal(key.public_key(), &subject), Some(CertificateError::Subject("country")));
        }
        let draft = draft_request(key.public_key(), &SUBJECT).unwrap();
        assert_eq!(draft.complete(&[1; 64]), Err(CertificateError::Signature(SignatureError::Mismatch)));
    }

    #[test]
    fn a_changed_certificate_is_not_issued_by_its_key() {
        let key = TestKey::fresh_p256().unwrap();
        let der = certificate(&key, "2026-01-15T09:30:00Z", 1);
        let genuine = Certificate::read(&der).unwrap();
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1;
            if let Ok(changed) = Certificate::read(&changed) {
                assert!(!changed.is_issued_by(&genuine), "byte {at}");
            }
        }
        assert!(Certificate::read(&der[..der.len() - 1]).is_err());
        assert!(Certificate::read(&[der.as_slice(), &[0]].concat()).is_err());
    }
}
