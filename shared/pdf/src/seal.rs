//! Putting the seal on: a certification signature in the profile PAdES baseline B-B (ETSI EN 319 142-1), as an
//! incremental update (ISO 32000-1 §7.5.6), so the bytes of the page are those the renderer wrote.
//!
//! The signature covers every byte of the finished file but its own hex string, and declares that no change is allowed
//! (DocMDP, P = 1). Its field shows nothing: one sees the seal in the reader's own signature panel, where it cannot be
//! imitated by drawing.

use jiff::Timestamp;
use lopdf::{Dictionary, IncrementalDocument, Object, StringFormat, dictionary};
use memchr::memmem;
use proof::{
    keys::{PublicKey, SignatureError},
    signing::SigningInput,
};

use crate::{
    Limits, Reason,
    authenticate::{self, State, TrustedSeal},
    certificate::{self, Certificate, CertificateError},
    cms, document,
    signature::{self, sha256},
};

/// Longest name and reason, in characters.
pub const MAX_TEXT_CHARS: usize = 200;

/// What a place of the `/ByteRange` holds until it is known: as long as the longest number.
const PLACEHOLDER: i64 = 9_999_999_999;

/// Longest DER text of a P-256 signature (RFC 3279 §2.2.3): two INTEGERs of 33 bytes.
const MAX_P256_SIGNATURE_BYTES: usize = 72;

/// What stands on a seal.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The DER of the certificate of the key that will sign.
    pub certificate_der: &'a [u8],
    /// Why it was sealed, for people.
    pub reason: &'a str,
    /// Who sealed it, for people. What counts is the certificate.
    pub name: &'a str,
    /// When; written to the second.
    pub at: Timestamp,
}

/// Why a document is not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not a PDF, damaged, encrypted or without a page.
    #[error("the document cannot be read as a PDF to be sealed")]
    Unreadable,
    /// It has a form or a signature already.
    #[error("the document has a form or a seal already")]
    NotFresh,
    /// Not exactly one credential is attached.
    #[error("the document does not carry exactly one credential")]
    NoCredential,
    /// Larger than what [`authenticate::examine`] takes.
    #[error("the document is too large")]
    TooLarge,
    /// A text is longer than [`MAX_TEXT_CHARS`].
    #[error("name or reason is too long")]
    Text,
    /// The certificate cannot be read, or is for a key that seals nothing.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate does not hold at that time or is not for sealing documents.
    #[error("the certificate is not for sealing at that time")]
    CertificateUse,
    /// The certificate is another key's.
    #[error("the certificate is of another key")]
    OtherKey,
    /// The signature is not the key's over this draft.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What came out would not be accepted; a mistake in here or in what was handed in.
    #[error("the sealed document does not authenticate: {}", .0.code())]
    NotAuthentic(Reason),
}

/// A document that waits for its seal.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Everything but the signature, the gap's zeros included.
    bytes: Vec<u8>,
    /// Where the gap's hex digits stand.
    digits: std::ops::Range<usize>,
    certificate: Vec<u8>,
    public_key: PublicKey,
    attributes: Vec<u8>,
    at: Timestamp,
}

/// Prepares `pdf` for its seal.
///
/// # Errors
/// See [`SealError`]; the last three variants come from [`Draft::complete`] only.
pub fn draft(pdf: Vec<u8>, sealing: &Sealing<'_>) -> Result<Draft, SealError> {
    let limits = Limits::default();
    let certificate = Certificate::read(sealing.certificate_der)?;
    let public_key = certificate.public_key().map_err(|_| CertificateError::Key)?;
    let algorithm = signature::identifier(public_key.algorithm()).ok_or(CertificateError::Key)?;
    if !certificate.is_valid_at(sealing.at) || !certificate.may_sign_documents() {
        return Err(SealError::CertificateUse);
    }
    let texts = [text(sealing.name)?, text(sealing.reason)?];

    // However the digest comes out, the seal will have this length at most.
    let signature_bytes = match &public_key {
        PublicKey::Rsa(key) => key.modulus().len(),
        _ => MAX_P256_SIGNATURE_BYTES,
    };
    let fingerprint = certificate.fingerprint();
    let blank = cms::signed_attributes(&[0; 32], &fingerprint);
    let room = cms::signed_data(&certificate, &blank, &algorithm, &vec![0; signature_bytes]).len();

    let (mut bytes, seal) = with_placeholders(pdf, sealing.at, texts, room, &limits)?;
    if bytes.len() > limits.max_bytes {
        return Err(SealError::TooLarge);
    }
    let digits = fill_in_range(&mut bytes, seal, 2 * room).ok_or(SealError::Unreadable)?;
    let parts = [&bytes[..digits.start - 1], &bytes[digits.end + 1..]];
    let attributes = cms::signed_attributes(&sha256(&parts), &fingerprint);
    Ok(Draft { bytes, digits, certificate: sealing.certificate_der.to_vec(), public_key, attributes, at: sealing.at })
}

impl Draft {
    /// What the key's holder has to sign: the signed attributes, some 150 bytes.
    #[must_use]
    pub fn signing_input(&self) -> SigningInput {
        SigningInput::new(self.public_key.algorithm(), self.attributes.clone())
    }

    /// The sealed document, as [`authenticate::examine`] accepts it: it has been asked. `signature` as
    /// [`proof::signing`] gives it.
    ///
    /// # Errors
    /// [`SealError::OtherKey`], [`SealError::Signature`], [`SealError::NotAuthentic`].
    pub fn complete(mut self, signature: &[u8], public_key: &PublicKey) -> Result<Vec<u8>, SealError> {
        if *public_key != self.public_key {
            return Err(SealError::OtherKey);
        }
        let broken = || SealError::NotAuthentic(Reason::SealBroken);
        let certificate = Certificate::read(&self.certificate)?;
        let algorithm = signature::identifier(public_key.algorithm()).ok_or_else(broken)?;
        let signature = signature::to_der(public_key.algorithm(), signature).ok_or(SignatureError::Mismatch)?;
        let seal = cms::signed_data(&certificate, &self.attributes, &algorithm, &signature);
        let gap = self.bytes.get_mut(self.digits.clone()).ok_or_else(broken)?;
        // As long as a signature of the key is at most.
        if 2 * seal.len() > gap.len() {
            return Err(SignatureError::Mismatch.into());
        }
        for (digits, byte) in gap.chunks_exact_mut(2).zip(&seal) {
            digits.copy_from_slice(&hex(*byte));
        }
        // To the second, as it is written.
        let at = Timestamp::from_second(self.at.as_second()).unwrap_or(self.at);
        let trust = TrustedSeal {
            fingerprint: certificate::fingerprint(&self.certificate),
            name: String::new(),
            valid_from: at,
            valid_until: Some(at),
            state: State::Active,
        };
        match authenticate::examine(&self.bytes, &[trust], &Limits::default()).reason {
            Reason::Sealed => Ok(self.bytes),
            Reason::SignatureMismatch => Err(SignatureError::Mismatch.into()),
            reason => Err(SealError::NotAuthentic(reason)),
        }
    }
}

/// Appends form, field and signature dictionary, the latter with placeholders. Returns its object number with the bytes.
fn with_placeholders(
    pdf: Vec<u8>,
    at: Timestamp,
    [name, reason]: [Object; 2],
    room: usize,
    limits: &Limits,
) -> Result<(Vec<u8>, u32), SealError> {
    if pdf.len() > limits.max_bytes {
        return Err(SealError::TooLarge);
    }
    let unreadable = |_| SealError::Unreadable;
    let original = document::load(&pdf, limits).map_err(|_| SealError::Unreadable)?;
    // Offsets count from the header, which a lenient reader would also find later.
    if !pdf.starts_with(b"%PDF-") {
        return Err(SealError::Unreadable);
    }
    let catalog = original.catalog().map_err(unreadable)?;
    if catalog.has(b"AcroForm") || catalog.has(b"Perms") || original.revision_count() != 1 {
        return Err(SealError::NotFresh);
    }
    document::credential(&original, limits).ok_or(SealError::NoCredential)?;
    let page_id = document::first_page(&original).ok_or(SealError::Unreadable)?;
    let catalog_id = original.trailer.get(b"Root").and_then(Object::as_reference).map_err(unreadable)?;
    // Objects are written in the order of their numbers: the signature comes last.
    let [field_id, form_id, seal_id] = [1, 2, 3].map(|next| (original.max_id.saturating_add(next), 0));

    let length = pdf.len();
    let mut update = IncrementalDocument::create_from(pdf, original);
    update.opt_clone_object_to_new_document(page_id).map_err(unreadable)?;
    update.opt_clone_object_to_new_document(catalog_id).map_err(unreadable)?;
    let page = update.new_document.get_dictionary(page_id).map_err(unreadable)?;
    let annotations = match page.get(b"Annots") {
        Ok(Object::Reference(id)) => {
            let id = *id;
            update.opt_clone_object_to_new_document(id).map_err(unreadable)?;
            update.new_document.get_object_mut(id).map_err(unreadable)?
        }
        found => {
            let none = found.is_err();
            let page = update.new_document.get_dictionary_mut(page_id).map_err(unreadable)?;
            if none {
                page.set("Annots", Object::Array(Vec::new()));
                // PDF/UA-1 §7.18.3: a page with annotations has their order follow the structure.
                page.set("Tabs", Object::Name(b"S".to_vec()));
            }
            page.get_mut(b"Annots").map_err(unreadable)?
        }
    };
    annotations.as_array_mut().map_err(unreadable)?.push(Object::Reference(field_id));
    let catalog = update.new_document.get_dictionary_mut(catalog_id).map_err(unreadable)?;
    catalog.set("AcroForm", form_id);
    catalog.set("Perms", dictionary! { "DocMDP" => seal_id });

    let document = &mut update.new_document;
    document.objects.insert(field_id, field(page_id, seal_id).into());
    document.objects.insert(form_id, dictionary! { "Fields" => vec![field_id.into()], "SigFlags" => 3 }.into());
    document.objects.insert(seal_id, seal(at, name, reason, room).into());
    document.max_id = seal_id.0;
    // Page and catalog once more, form, field, seal and table: without the page's own bytes a few thousand.
    let mut bytes = Vec::with_capacity(length + 2 * room + 8192);
    update.save_to(&mut bytes).map_err(|_| SealError::Unreadable)?;
    Ok((bytes, seal_id.0))
}

/// The field and its widget in one: without a size, so it shows nothing; Print and Locked, as PDF/A wants it.
fn field(page: lopdf::ObjectId, seal: lopdf::ObjectId) -> Dictionary {
    dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => Object::string_literal("Seal"),
        "TU" => Object::string_literal("Seal"),
        "F" => 132,
        "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
        "P" => page,
        "V" => seal,
    }
}

/// The signature dictionary (ISO 32000-1 §12.8.1, EN 319 142-1 §6.3). What is searched for in it stands before any text.
fn seal(at: Timestamp, name: Object, reason: Object, room: usize) -> Dictionary {
    dictionary! {
        "Type" => "Sig",
        "Filter" => "Adobe.PPKLite",
        "SubFilter" => "ETSI.CAdES.detached",
        "ByteRange" => vec![0.into(), PLACEHOLDER.into(), PLACEHOLDER.into(), PLACEHOLDER.into()],
        "Contents" => Object::String(vec![0; room], StringFormat::Hexadecimal),
        "M" => Object::String(document::to_date(at), StringFormat::Literal),
        "Name" => name,
        "Reason" => reason,
        "Reference" => vec![Object::Dictionary(dictionary! {
            "Type" => "SigRef",
            "TransformMethod" => "DocMDP",
            "TransformParams" => dictionary! { "Type" => "TransformParams", "P" => 1, "V" => "1.2" },
        })],
    }
}

/// Finds the placeholders in the last object of the body and writes the range. Returns where the gap's digits stand.
fn fill_in_range(bytes: &mut [u8], seal: u32, digits: usize) -> Option<std::ops::Range<usize>> {
    let object = memmem::rfind(bytes, format!("\n{seal} 0 obj").as_bytes())?;
    let find = |from: usize, what: &[u8]| Some(from + memmem::find(bytes.get(from..)?, what)? + what.len());
    let range = find(object, b"/ByteRange[")?;
    let range_end = find(range, b"]")? - 1;
    let start = find(range_end, b"/Contents<")?;
    let end = start + digits;
    if bytes.get(end) != Some(&b'>') || bytes[start..end].iter().any(|digit| *digit != b'0') {
        return None;
    }
    let (before, after) = (start - 1, end + 1);
    let text = format!("0 {before} {after} {}", bytes.len() - after);
    let place = bytes.get_mut(range..range_end)?;
    let (numbers, spaces) = place.split_at_mut_checked(text.len())?;
    numbers.copy_from_slice(text.as_bytes());
    spaces.fill(b' ');
    Some(start..end)
}

const fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

/// A text string (ISO 32000-1 §7.9.2.2): ASCII, or UTF-16 with a byte order mark.
fn text(text: &str) -> Result<Object, SealError> {
    if text.chars().count() > MAX_TEXT_CHARS || !text.chars().all(certificate::shown) {
        return Err(SealError::Text);
    }
    if text.is_ascii() {
        return Ok(Object::string_literal(text));
    }
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Ok(Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal))
}
