//! Documents to seal and to spoil, made here.

#![allow(dead_code, reason = "every test takes what it needs")]

use jiff::Timestamp;
use lopdf::{Document, Object, Stream, StringFormat, dictionary, xref::XrefType};
use pdf::{
    Examination, Limits,
    authenticate::{self, State, TrustedSeal},
    certificate::{self, Subject},
    seal::{self, Sealing},
};
use proof::{keys::PublicKey, testing::TestKey};

pub(crate) const CREDENTIAL: &str = r#"{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","OpenBadgeCredential"],"name":"印","id":"urn:uuid:1"}"#;

pub(crate) fn at() -> Timestamp {
    "2026-01-15T09:30:00Z".parse().expect("a time")
}

/// A page with a line of text, a link, and `credential` attached as the renderer attaches it.
pub(crate) fn page(credential: &[u8], words: &str) -> Vec<u8> {
    document(credential, words, XrefType::CrossReferenceTable)
}

pub(crate) fn document(credential: &[u8], words: &str, xref: XrefType) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    document.reference_table.cross_reference_type = xref;
    let pages_id = document.new_object_id();
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let content = format!("BT /F1 24 Tf 100 400 Td ({words}) Tj ET");
    let content = document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
    let link = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![10.into(), 10.into(), 50.into(), 50.into()], "F" => 4,
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://badges.example/1") },
    });
    let page_id = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages_id, "Contents" => content, "Tabs" => "S", "Annots" => vec![link.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        "MediaBox" => vec![0.into(), 0.into(), 842.into(), 595.into()],
    });
    let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page_id.into()], "Count" => 1 };
    document.objects.insert(pages_id, pages.into());
    let mut file =
        Stream::new(dictionary! { "Type" => "EmbeddedFile", "Subtype" => "application/ld+json" }, credential.to_vec());
    file.compress().expect("deflates");
    let file = document.add_object(file);
    let spec = document.add_object(dictionary! {
        "Type" => "Filespec", "AFRelationship" => "Data", "EF" => dictionary! { "F" => file, "UF" => file },
        "F" => Object::string_literal("credential.json"), "UF" => Object::string_literal("credential.json"),
    });
    let names = dictionary! { "Names" => vec![Object::string_literal("credential.json"), spec.into()] };
    let catalog = document.add_object(dictionary! {
        "Type" => "Catalog", "Pages" => pages_id, "AF" => vec![spec.into()],
        "Names" => dictionary! { "EmbeddedFiles" => names },
    });
    let info = document.add_object(dictionary! { "Title" => Object::string_literal(words) });
    let id = Object::String(vec![7; 16], StringFormat::Hexadecimal);
    document.trailer = dictionary! { "Root" => catalog, "Info" => info, "ID" => vec![id.clone(), id] };
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("writes into memory");
    bytes
}

/// A key, its certificate, and what makes it trusted.
pub(crate) struct Sealer {
    pub(crate) key: TestKey,
    pub(crate) certificate: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new(key: TestKey) -> Self {
        Self::named(key, "Example Badges", [7; 16])
    }

    pub(crate) fn named(key: TestKey, common_name: &str, serial: [u8; 16]) -> Self {
        let subject = Subject { common_name, organization: Some("Example KK"), country: Some("JP") };
        let draft = certificate::draft_self_signed(key.public_key(), &subject, serial, at()).expect("drafts");
        let signature = key.sign(&draft.signing_input()).expect("signs");
        let certificate = draft.complete(&signature).expect("completes");
        Self { key, certificate }
    }

    pub(crate) fn p256() -> Self {
        Self::new(TestKey::fresh_p256().expect("a key"))
    }

    pub(crate) fn rsa() -> Self {
        Self::new(TestKey::fresh_rsa().expect("a key"))
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    pub(crate) fn sealing(&self) -> Sealing<'_> {
        Sealing { certificate_der: &self.certificate, reason: "発行 / Issued", name: "Example Badges", at: at() }
    }

    pub(crate) fn seal(&self, pdf: Vec<u8>) -> Vec<u8> {
        let draft = seal::draft(pdf, &self.sealing()).expect("drafts");
        let signature = self.key.sign(&draft.signing_input()).expect("signs");
        draft.complete(&signature, self.public_key()).expect("completes")
    }

    pub(crate) fn trust(&self) -> TrustedSeal {
        TrustedSeal {
            fingerprint: certificate::fingerprint(&self.certificate),
            name: "Example".into(),
            valid_from: at(),
            valid_until: None,
            state: State::Active,
        }
    }

    pub(crate) fn examine(&self, bytes: &[u8]) -> Examination {
        authenticate::examine(bytes, &[self.trust()], &Limits::default())
    }
}

/// The hex digits of the seal that covers all of `sealed`.
pub(crate) fn gap(sealed: &[u8]) -> std::ops::Range<usize> {
    let start = find_last(sealed, b"/Contents<").expect("a seal") + b"/Contents<".len();
    let end = start + sealed[start..].iter().position(|byte| *byte == b'>').expect("an end");
    start..end
}

pub(crate) fn find_last(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

pub(crate) fn replace_once(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let at = find_last(bytes, what).expect("what is to be replaced");
    [&bytes[..at], with, &bytes[at + what.len()..]].concat()
}
