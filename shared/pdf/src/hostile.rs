//! Every known way of making a PDF lie, tried on documents that were really sealed: what it is called, and what must be
//! said. `cargo test -p pdf-seal hostile -- --nocapture` prints time and size of each.

#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary};
use peak_alloc::PeakAlloc;

use crate::{
    Limits, Reason, Verdict,
    certificate::Certificate,
    cms, der, oids, signature,
    support::{CREDENTIAL, Sealer, find_last, gap, page, replace_once},
};

mod classes;
mod forms;
mod mutations;
mod signers;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// A document, its seal's key, and the places in it.
struct Genuine {
    sealer: Arc<Sealer>,
    bytes: Vec<u8>,
    digits: Range<usize>,
}

static GENUINE: LazyLock<Genuine> = LazyLock::new(Genuine::new);

impl Genuine {
    fn new() -> Self {
        Self::of(CREDENTIAL)
    }

    fn of(credential: &str) -> Self {
        let sealer = Arc::new(Sealer::p256());
        let bytes = sealer.seal(page(credential.as_bytes(), "A badge"));
        let digits = gap(&bytes);
        Self { sealer, bytes, digits }
    }

    /// With other hex digits in the gap, filled up with zeros.
    fn with_seal(&self, seal: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let digits: String = seal.iter().map(|byte| format!("{byte:02x}")).collect();
        let room = &mut bytes[self.digits.clone()];
        assert!(digits.len() <= room.len(), "the seal fits");
        room.fill(b'0');
        room[..digits.len()].copy_from_slice(digits.as_bytes());
        bytes
    }

    fn seal(&self) -> Vec<u8> {
        let digits = &self.bytes[self.digits.clone()];
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn parts(&self) -> [&[u8]; 2] {
        [&self.bytes[..self.digits.start - 1], &self.bytes[self.digits.end + 1..]]
    }

    fn attributes(&self, certificate: &[u8]) -> Vec<u8> {
        cms::signed_attributes(&signature::sha256(&self.parts()), &crate::certificate::fingerprint(certificate))
    }

    /// The number of the object that `text` stands in.
    fn object_with(&self, text: &[u8]) -> u32 {
        let at = find_last(&self.bytes, text).unwrap();
        let start = find_last(&self.bytes[..at], b" 0 obj").unwrap();
        let line = self.bytes[..start].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        std::str::from_utf8(&self.bytes[line..start]).unwrap().parse().unwrap()
    }

    fn dictionary(&self, id: u32) -> String {
        let start = find_last(&self.bytes, format!("\n{id} 0 obj\n").as_bytes()).unwrap();
        let text = &self.bytes[start + format!("\n{id} 0 obj\n").len()..];
        let end = text.windows(7).position(|window| window == b"\nendobj").unwrap();
        String::from_utf8_lossy(&text[..end]).into_owned()
    }

    /// An incremental update on top, as a PDF editor writes it.
    fn update(&self, objects: &[(u32, String)], root: Option<u32>) -> Vec<u8> {
        let mut out = self.bytes.clone();
        out.push(b'\n');
        let mut table = String::from("xref\n");
        for (id, object) in objects {
            table += &format!("{id} 1\n{:010} 00000 n \n", out.len());
            out.extend(format!("{id} 0 obj\n{object}\nendobj\n").bytes());
        }
        let previous = find_last(&out, b"startxref\n").unwrap() + 10;
        let previous: String =
            out[previous..].iter().take_while(|byte| byte.is_ascii_digit()).map(|b| char::from(*b)).collect();
        let root = root.unwrap_or_else(|| self.object_with(b"/Type/Catalog"));
        let start = out.len();
        let trailer = format!("trailer\n<</Root {root} 0 R/Size 60/Prev {previous}>>\nstartxref\n{start}\n%%EOF");
        out.extend(table.bytes().chain(trailer.bytes()));
        out
    }
}

/// A seal by `signer` over `message`, naming `certificate`; everything else as it should be.
fn seal_by(signer: &Sealer, certificate: &[u8], attributes: &[u8]) -> Vec<u8> {
    let algorithm = signature::identifier(signer.public_key().algorithm()).unwrap();
    let certificate = Certificate::read(certificate).unwrap();
    cms::signed_data(&certificate, attributes, &algorithm, &sign(signer, attributes))
}

fn sign(signer: &Sealer, message: &[u8]) -> Vec<u8> {
    let input = proof::signing::SigningInput::new(signer.public_key().algorithm(), message.to_vec());
    signer.key.sign_like_kms(&input).unwrap()
}

/// Replaces `what` in `der` and mends no length: for parts of the same size.
fn swap(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    assert_eq!(what.len(), with.len());
    replace_once(bytes, what, with)
}

const A: &[Verdict] = &[Verdict::Altered];
const U: &[Verdict] = &[Verdict::Untrusted];
const NONE: &[Verdict] = &[Verdict::Unsigned];
const BAD: &[Verdict] = &[Verdict::Altered, Verdict::Untrusted, Verdict::Unsigned, Verdict::NotPdf, Verdict::TooLarge];

type Case = (String, Vec<u8>, &'static [Verdict]);

fn additions(genuine: &Genuine) -> Vec<Case> {
    let content = genuine.object_with(b"(A badge) Tj");
    let catalog = genuine.object_with(b"/Type/Catalog");
    let page_id = genuine.object_with(b"/Type/Page/");
    let spec = genuine.object_with(b"/Type/Filespec");
    let root = genuine.dictionary(catalog);
    let stream = |text: &str| format!("<</Length {}>>stream\n{text}\nendstream", text.len());
    let forged = "BT /F1 24 Tf 100 400 Td (A better badge) Tj ET";
    let annotation = "<</Type/Annot/Subtype/FreeText/Rect[100 400 400 450]/Contents(A better badge)/DA(/F1 24 Tf)>>";
    let page_text = genuine.dictionary(page_id);
    let two = root.replace("/AF[", "/AF[51 0 R ");
    let other_spec = "<</Type/Filespec/AFRelationship/Data/F(credential.json)/EF<</F 52 0 R>>>>";
    let other_file = "<</Type/EmbeddedFile/Subtype/application#2Fld+json/Length 2>>stream\n{}\nendstream";
    let no_perms = format!("{}>>", root.split("/AcroForm").next().unwrap());
    let mut cases: Vec<(&str, Vec<u8>)> = vec![
        ("isa-page", genuine.update(&[(content, stream(forged))], None)),
        ("isa-info", genuine.update(&[(50, "<</Title(Better)>>".into())], None)),
        ("isa-xmp", genuine.update(&[(50, stream("<x:xmpmeta/>"))], None)),
        ("isa-credential", genuine.update(&[(spec, other_spec.into()), (52, other_file.into())], None)),
        (
            "isa-second-credential",
            genuine.update(&[(catalog, two), (51, other_spec.into()), (52, other_file.into())], None),
        ),
        ("isa-nothing", genuine.update(&[], None)),
        (
            "isa-without-xref",
            [&genuine.bytes[..], format!("\n{content} 0 obj\n{}\nendobj\n", stream(forged)).as_bytes()].concat(),
        ),
        ("append-newline", [&genuine.bytes[..], b"\n"].concat()),
        ("append-byte", [&genuine.bytes[..], b"x"].concat()),
        ("append-zeros", [&genuine.bytes[..], &[0; 1000]].concat()),
        ("append-eof", [&genuine.bytes[..], b"\n%%EOF\n"].concat()),
        ("append-zip", [&genuine.bytes[..], b"PK\x03\x04polyglot"].concat()),
        ("two-pdfs-same", [&genuine.bytes[..], &genuine.bytes[..]].concat()),
        ("two-pdfs-other-behind", [&genuine.bytes[..], &page(b"{}", "B")[..]].concat()),
        ("shadow-hide", {
            let mut bytes = genuine.update(&[(content, "null".into())], None);
            let at = find_last(&bytes, b"00000 n \ntrailer").unwrap();
            bytes[at + 6] = b'f';
            bytes
        }),
        ("shadow-replace", genuine.update(&[(page_id, page_text.replace("/MediaBox[0 0", "/MediaBox[9 9"))], None)),
        (
            "shadow-hide-and-replace",
            genuine.update(
                &[
                    (content, "null".into()),
                    (50, stream(forged)),
                    (page_id, page_text.replace("/Contents ", "/Contents 50 0 R%")),
                ],
                None,
            ),
        ),
        ("shadow-new-root", genuine.update(&[(50, root.clone())], Some(50))),
        (
            "eaa-annotation",
            genuine
                .update(&[(page_id, page_text.replace("/Annots[", "/Annots[53 0 R ")), (53, annotation.into())], None),
        ),
        ("docmdp-removed", genuine.update(&[(catalog, no_perms)], None)),
    ];
    // A second signature on top, correct and by somebody else.
    for (name, loosen) in [("ssa-second-signature", false), ("ssa-loosened", true)] {
        let room = 2000;
        let mut root = root.clone();
        if loosen {
            root = format!("{}>>", root.split("/Perms").next().unwrap());
        }
        let sig = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 {:>10} {:>10} {:>10}]/Contents<{}>>>",
            "A",
            "B",
            "C",
            "00".repeat(room)
        );
        let field = "<</FT/Sig/T(Second)/V 55 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>";
        let mut bytes = genuine.update(&[(catalog, root), (54, field.into()), (55, sig)], None);
        let digits = gap(&bytes);
        let (start, end) = (digits.start - 1, digits.end + 1);
        for (letter, number) in [("A", start), ("B", end), ("C", bytes.len() - end)] {
            bytes = replace_once(&bytes, format!("{letter:>10}").as_bytes(), format!("{number:>10}").as_bytes());
        }
        let stranger = Genuine { sealer: Arc::new(Sealer::p256()), digits, bytes };
        let attributes = stranger.attributes(&stranger.sealer.certificate);
        cases.push((name, stranger.with_seal(&seal_by(&stranger.sealer, &stranger.sealer.certificate, &attributes))));
    }
    cases.into_iter().map(|(name, bytes)| (name.to_owned(), bytes, A)).collect()
}

fn ranges(genuine: &Genuine) -> Vec<Case> {
    let bytes = &genuine.bytes;
    let at = find_last(bytes, b"/ByteRange[").unwrap();
    let end = at + bytes[at..].iter().position(|byte| *byte == b']').unwrap() + 1;
    let array = bytes[at..end].to_vec();
    let length = bytes.len();
    let (a, b) = (genuine.digits.start - 1, genuine.digits.end + 1);
    let mut cases: Vec<Case> = Vec::new();
    for (index, value) in [
        "",
        "/ByteRange null",
        "/ByteRange[]",
        "/ByteRange[0]",
        "/ByteRange[null null null null]",
        "/ByteRange[0 0 0 0]",
        "/ByteRange[-1 0 0 0]",
        "/ByteRange[(0) (1) (2) (3)]",
        "/ByteRange[/A /B /C /D]",
        "/ByteRange[0 99999999999999999999 1 1]",
        "/ByteRange 99 0 R",
        "/ByteRange[0 9223372036854775807 1 1]",
        "/ByteRange[0 18446744073709551617 18446744073709551617 1]",
        "/ByteRange[0 9999999999 9999999999 9999999999]",
        "/ByteRange[0 4294967297 4294967299 1]",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        format!("/ByteRange[0 {a} {b} {}]", length - b - 1),
        format!("/ByteRange[0 {length} {length} 0]"),
        format!("/ByteRange[0 0 0 {length}]"),
        format!("/ByteRange[1 {} {b} {}]", a - 1, length - b),
        format!("/ByteRange[0 {a}.0 {b}.0 {}.0]", length - b),
        format!("/ByteRange[0 +{a} {b} {}]", length - b),
        format!("/ByteRange[0 {a} {b} {} 0 0]", length - b),
        format!("/Byte#52ange[0 {a} {b} {}]", length - b),
        format!("/#42yteRange[0 {a} {b} {}]", length - b),
        format!("/ByteRange[0\r\n{a}\r\n{b}\r\n{}]", length - b),
        format!("/ByteRange\0[0 {a} {b} {}]", length - b),
        format!("/ByteRange%[0 {a} {b} {}]", length - b),
        format!("%/ByteRange[0 {a} {b} {}]\n", length - b),
        format!("/X(/ByteRange[0 {a} {b} {}])", length - b),
        format!("/ByteRange[0 {a} {b} 0]/ByteRange[0 {a} {b} {}]", length - b),
        format!("/ByteRange<</A[0 {a} {b} {}]>>", length - b),
        format!("/ByteRange[[0 {a} {b} {}]]", length - b),
        format!("/ByteRange[0{a} {b} {}]", length - b),
        format!("/ByteRange[0 {a} {b} #{}]", length - b),
    ])
    .enumerate()
    {
        // In place where it fits, so that nothing else moves.
        let mut padded = value.clone().into_bytes();
        padded.resize(array.len().max(padded.len()), b' ');
        cases.push((format!("usf-range-{index}"), [&bytes[..at], &padded, &bytes[end..]].concat(), A));
    }
    let whole = &bytes[genuine.digits.start - 1..=genuine.digits.end];
    for (name, contents) in [("null", "null"), ("empty", "<>"), ("zero", "<00>"), ("string", "(x)"), ("missing", "")] {
        cases.push((format!("usf-contents-{name}"), replace_once(bytes, whole, contents.as_bytes()), A));
        let mut padded = contents.as_bytes().to_vec();
        padded.resize(whole.len(), b' ');
        cases.push((format!("usf-contents-{name}-padded"), replace_once(bytes, whole, &padded), A));
    }
    cases.push(("usf-contents-renamed".into(), replace_once(bytes, b"/Contents<", b"/Contentz<"), A));
    cases.push(("usf-contents-escaped".into(), replace_once(bytes, b"/Contents<", b"/Content#73<"), A));
    // Claims that are true, beside the genuine one, and claims of one gap within another.
    for (name, decoy) in [
        ("usf-decoys", format!("\n%/ByteRange[0 {a:010} {b:010} {:010}]", length - b).repeat(20)),
        ("usf-gap-in-gap", format!("\n%/ByteRange[0 {:010} {:010} {:010}]/Contents<00>", a + 4, b - 4, length - b)),
        ("usf-gap-is-empty", format!("\n%/ByteRange[0 {a:010} {a:010} {:010}]", length - a)),
    ] {
        cases.push((name.into(), [&bytes[..at], decoy.as_bytes(), &bytes[at..]].concat(), A));
    }
    cases.push(("usf-zeros".into(), genuine.with_seal(&[]), A));

    // Wrapping: the digest's bytes stay, what the reader follows lies in a widened gap.
    let shadow = |inside: &str, second: usize| {
        let start = a;
        let mut out = bytes[..b - 1].to_vec();
        out.extend(inside.bytes());
        out.resize(second, b' ');
        out.extend(&bytes[b..]);
        assert_eq!(&out[..start], &bytes[..start]);
        out
    };
    let second = b + 4000;
    let range = format!("/ByteRange[0 {a} {second} {}]", length - b);
    cases.push((
        "swa-object".into(),
        shadow(&format!(">>>\nendobj\n40 0 obj\n<</Type/Sig{range}/Contents<"), second),
        A,
    ));
    cases.push(("swa-array-in-gap".into(), shadow(&format!("> {range} <"), second), A));
    cases.push(("swa-range-in-hex".into(), shadow(&range, second), A));
    cases.push(("swa-closed".into(), shadow(&format!("{}>", "0".repeat(3999)), second), A));
    let moved = [&bytes[..at], range.as_bytes(), &bytes[at + range.len().min(array.len())..]].concat();
    cases.push(("swa-range-rewritten".into(), moved, A));
    cases
}

fn seals(genuine: &Genuine) -> Vec<Case> {
    // A gap with room for more than a seal of this key: that of an RSA key.
    let bytes = Sealer::rsa().seal(page(CREDENTIAL.as_bytes(), "A badge"));
    let genuine = &Genuine { sealer: Arc::clone(&genuine.sealer), digits: gap(&bytes), bytes };
    let own = &genuine.sealer;
    let other = Sealer::named(Sealer::p256().key, "Example Badges", [7; 16]);
    let attributes = genuine.attributes(&own.certificate);
    let foreign_attributes = genuine.attributes(&other.certificate);
    let exact = &seal_by(own, &own.certificate, &attributes)[..];
    assert_eq!(own.examine(&genuine.with_seal(exact)).reason, Reason::Sealed, "as it should be, it is valid");
    let certificate = Certificate::read(&own.certificate).unwrap();
    let algorithm = signature::identifier(own.public_key().algorithm()).unwrap();
    let mut cases: Vec<(&str, Vec<u8>, &'static [Verdict])> = vec![
        ("cert-look-alike", seal_by(&other, &other.certificate, &foreign_attributes), U),
        ("cert-genuine-named-other-signed", seal_by(&other, &own.certificate, &attributes), A),
        ("cert-other-named-genuine-attributes", seal_by(&other, &other.certificate, &attributes), A),
        ("cert-other-attributes-for-genuine", seal_by(own, &own.certificate, &foreign_attributes), A),
        ("gap-junk-behind", [exact, b"junk"].concat(), A),
        ("gap-shifted", [&[0], &exact[..exact.len() - 1]].concat(), A),
        ("gap-huge-length", [&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], &exact[4..]].concat(), A),
        ("gap-indefinite", [&[0x30, 0x80], &exact[4..]].concat(), A),
        ("gap-nesting", [0x30, 0x80].repeat(300), A),
        ("gap-only-length", vec![0x30, 0x82, 0xff, 0xff], A),
        ("gap-certificate-only", own.certificate.clone(), A),
        (
            "gap-signature-bit",
            {
                let mut seal = exact.to_vec();
                *seal.last_mut().unwrap() ^= 1;
                seal
            },
            A,
        ),
        ("cms-sha1-named", swap(exact, oids::SHA256, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04]), A),
        ("cms-other-type", swap(exact, oids::SIGNED_DATA, &[oids::DATA, &[]].concat()), A),
        ("cms-rsa-named", swap(exact, oids::ECDSA_SHA256, &oids::RSA[..8]), A),
    ];
    // By the genuine key, so that only the form is wrong: no seal of ours was ever written so.
    let signed =
        |attributes: &[u8], message: &[u8]| cms::signed_data(&certificate, attributes, &algorithm, &sign(own, message));
    let content_type = der::sequence(&[&der::oid(oids::CONTENT_TYPE), &der::value(der::SET, &[&der::oid(oids::DATA)])]);
    let digest = signature::sha256(&genuine.parts());
    let message_digest = der::sequence(&[
        &der::oid(oids::MESSAGE_DIGEST),
        &der::value(der::SET, &[&der::value(der::OCTET_STRING, &[&digest])]),
    ]);
    let bare = der::value(der::SET, &[&content_type, &message_digest]);
    let twice = der::value(der::SET, &[&content_type, &message_digest, &message_digest]);
    let only_type = der::value(der::SET, &[&content_type]);
    let empty = der::value(der::SET, &[]);
    let content = genuine.parts().concat();
    cases.extend([
        ("cms-without-certificate-attribute", signed(&bare, &bare), A),
        ("cms-digest-twice", signed(&twice, &twice), A),
        ("cms-without-digest", signed(&only_type, &only_type), A),
        ("cms-no-attributes", signed(&empty, &content), A),
        ("cms-signature-over-content", signed(&attributes, &content), A),
        ("cms-signature-over-digest", signed(&attributes, &digest), A),
        ("cms-signature-empty", cms::signed_data(&certificate, &attributes, &algorithm, &[]), A),
        (
            "cms-signature-zeros",
            cms::signed_data(&certificate, &attributes, &algorithm, &[0x30, 6, 2, 1, 0, 2, 1, 0]),
            A,
        ),
    ]);
    // Parts put together by hand.
    let raw = |version: u8, content: &[u8], certificates: &[u8], signers: &[u8]| {
        let data = der::sequence(&[
            &der::value(der::INTEGER, &[&[version]]),
            &der::value(der::SET, &[&der::sequence(&[&der::oid(oids::SHA256)])]),
            &der::sequence(&[&der::oid(oids::DATA), content]),
            &der::value(der::context(0), &[certificates]),
            &der::value(der::SET, &[signers]),
        ]);
        der::sequence(&[&der::oid(oids::SIGNED_DATA), &der::value(der::context(0), &[&data])])
    };
    let start = find_last(exact, &der::sequence(&[&der::oid(oids::DATA)])).unwrap();
    let after = &exact[start + der::sequence(&[&der::oid(oids::DATA)]).len()..];
    let mut reader = der::Reader::new(after);
    reader.read(der::context(0)).unwrap();
    let signer = reader.read(der::SET).unwrap();
    let attached = der::value(der::context(0), &[&der::value(der::OCTET_STRING, &[b"something"])]);
    assert_eq!(raw(1, &[], &own.certificate, signer), exact, "put together as it should be, it is the seal");
    cases.extend([
        ("cms-attached", raw(1, &attached, &own.certificate, signer), A),
        ("cms-no-signer", raw(1, &[], &own.certificate, &[]), A),
        ("cms-no-certificate", raw(1, &[], &[], signer), A),
        ("cms-version-3", raw(3, &[], &own.certificate, signer), A),
        ("cms-version-9", raw(9, &[], &own.certificate, signer), A),
    ]);
    let mut cases: Vec<Case> =
        cases.into_iter().map(|(name, seal, verdicts)| (name.to_owned(), genuine.with_seal(&seal), verdicts)).collect();
    let two = |first: &[u8], second: &[u8], signer: &Sealer, named: &[u8]| {
        let one = seal_by(signer, named, &attributes);
        let start = find_last(&one, &der::sequence(&[&der::oid(oids::DATA)])).unwrap();
        let mut reader = der::Reader::new(&one[start + der::sequence(&[&der::oid(oids::DATA)]).len()..]);
        reader.read(der::context(0)).unwrap();
        let signer = reader.read(der::SET).unwrap();
        (raw(1, &[], &[first, second].concat(), signer), raw(1, &[], first, &[signer, signer].concat()))
    };
    let (certificates, signers) = two(&own.certificate, &other.certificate, own, &own.certificate);
    cases.push(("cms-two-certificates".into(), genuine.with_seal(&certificates), A));
    cases.push(("cms-two-signers".into(), genuine.with_seal(&signers), A));
    let (certificates, _) = two(&other.certificate, &own.certificate, &other, &own.certificate);
    cases.push(("cert-genuine-second".into(), genuine.with_seal(&certificates), A));
    cases
}

fn contents(genuine: &Genuine) -> Vec<Case> {
    let bytes = &genuine.bytes;
    let other = genuine.sealer.seal(page(CREDENTIAL.replace("印", "章").as_bytes(), "A badge"));
    let other_gap = gap(&other);
    assert_eq!(other_gap.len(), genuine.digits.len());
    let transplant = |body: &[u8], digits: &[u8]| {
        let mut out = body.to_vec();
        out[gap(body)].copy_from_slice(digits);
        out
    };
    let letters = |from: &[u8], to: &[u8]| swap(bytes, from, to);
    let resave = |modern: bool| {
        let mut document = Document::load_mem(bytes).unwrap();
        let mut out = Vec::new();
        if modern { document.save_modern(&mut out) } else { document.save_to(&mut out) }.unwrap();
        out
    };
    let encrypted = || {
        let mut document = Document::load_mem(bytes).unwrap();
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: "",
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    };
    // As a linearised file begins (ISO 32000-1 annex F): an object and a table before everything else.
    let linearised = || {
        let first = b"\n90 0 obj\n<</Linearized 1/L 9000/H[500 40]/O 4/E 3000/N 1/T 8000>>\nendobj\nxref\n90 1\n0000000010 00000 n \n";
        let body = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        [&bytes[..body], first, &bytes[body..]].concat()
    };
    let inside = |compress: bool| {
        let mut outer = Document::load_mem(&page(CREDENTIAL.as_bytes(), "Outer")).unwrap();
        let mut stream = Stream::new(dictionary! { "Type" => "EmbeddedFile" }, bytes.clone());
        if compress {
            stream.compress().unwrap();
        }
        outer.add_object(stream);
        let mut out = Vec::new();
        outer.save_to(&mut out).unwrap();
        out
    };
    let unsigned = page(CREDENTIAL.as_bytes(), "A badge");
    let header = |junk: &[u8]| [junk, bytes].concat();
    let tokens = "verified seal /ByteRange and /SubFilter and /FT, really";
    vec![
        ("page-letter", letters(b"(A badge) Tj", b"(B badge) Tj"), A),
        ("info-letter", letters(b"(A badge)", b"(B badge)"), A),
        ("seal-name", letters(b"(Example Badges)", b"(Example Budges)"), A),
        ("seal-date", letters(b"(D:20260115", b"(D:20250115"), A),
        ("docmdp-loosened", letters(b"/P 1/", b"/P 3/"), A),
        ("docmdp-renamed", letters(b"/DocMDP", b"/DocMDQ"), A),
        (
            "credential-in-place",
            {
                let mut out = bytes.clone();
                let at = bytes.windows(12).position(|window| window == b"EmbeddedFile").unwrap();
                let at = at + bytes[at..].windows(6).position(|window| window == b"stream").unwrap() + 20;
                out[at] ^= 1;
                out
            },
            A,
        ),
        ("credential-relation", letters(b"/AFRelationship/Data", b"/AFRelationship/Late"), A),
        ("version", swap(bytes, b"%PDF-1.7", b"%PDF-1.4"), A),
        ("transplant-seal", transplant(bytes, &other[other_gap.clone()]), A),
        ("transplant-body", transplant(&other, &bytes[genuine.digits.clone()]), A),
        ("prefix-space", header(b" "), A),
        ("prefix-newline", header(b"\n"), A),
        ("prefix-bom", header("\u{feff}".as_bytes()), A),
        ("prefix-html", header(b"<html><script>alert(1)</script>"), A),
        ("prefix-2000", header(&[b' '; 2000]), &[Verdict::NotPdf]),
        ("two-pdfs-other-before", header(&page(b"{}", "B")), A),
        ("cut-last-byte", bytes[..bytes.len() - 1].to_vec(), A),
        ("cut-in-gap", bytes[..genuine.digits.start + 100].to_vec(), A),
        ("cut-before-seal", bytes[..genuine.digits.start - 400].to_vec(), BAD),
        ("genuine-inside", inside(false), NONE),
        ("genuine-inside-deflated", inside(true), NONE),
        ("stripped", unsigned.clone(), NONE),
        ("stripped-fake-words", page(CREDENTIAL.as_bytes(), tokens), NONE),
        ("swap-block", [&other[..other_gap.start - 500], &bytes[genuine.digits.start - 500..]].concat(), A),
        (
            "swap-credential",
            {
                let stream = |of: &[u8]| {
                    let start = of.windows(13).position(|window| window == b"/EmbeddedFile").unwrap();
                    let end = start + of[start..].windows(9).position(|window| window == b"endstream").unwrap();
                    start..end
                };
                let (own, others) = (stream(bytes), stream(&other));
                [&bytes[..own.start], &other[others], &bytes[own.end..]].concat()
            },
            A,
        ),
        ("resave", resave(false), A),
        ("resave-encrypted", encrypted(), A),
        ("resave-linearised", linearised(), A),
        // Packed into a compressed stream, nothing of the seal can be seen any more.
        ("resave-object-streams", resave(true), NONE),
        ("empty", Vec::new(), &[Verdict::NotPdf]),
        ("header-only", b"%PDF-".to_vec(), NONE),
        ("png", b"\x89PNG\r\n\x1a\n".to_vec(), &[Verdict::NotPdf]),
        ("upper-case-header", swap(bytes, b"%PDF-", b"%pdf-"), &[Verdict::NotPdf]),
    ]
    .into_iter()
    .map(|(name, bytes, verdicts)| (name.to_owned(), bytes, verdicts))
    .collect()
}

/// What costs the most that a stranger can make it cost.
fn bombs(genuine: &Genuine) -> Vec<Case> {
    let full = Limits::default().max_bytes;
    let fill = |pattern: &[u8]| {
        let mut out = [b"%PDF-1.7\n", pattern.repeat(full / pattern.len() - 2).as_slice()].concat();
        out.resize(full, b' ');
        out
    };
    let stream = |content: Vec<u8>, times: usize| {
        let mut stream = Stream::new(dictionary! {}, content);
        let mut filters = Vec::new();
        for _ in 0..times {
            let mut inner = Stream::new(dictionary! {}, stream.content.clone());
            inner.compress().unwrap();
            stream.content = inner.content;
            filters.push(Object::Name(b"FlateDecode".to_vec()));
        }
        stream.dict.set("Filter", filters);
        let mut document = Document::load_mem(&page(CREDENTIAL.as_bytes(), "A")).unwrap();
        document.add_object(stream);
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    };
    // Eight claims to cover everything, each with the largest gap, each with a whole seal by a stranger in it.
    let claims = |end: usize, copies: usize| {
        let seal: String = genuine.seal().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut out = b"%PDF-1.7\n".to_vec();
        out.resize(full - copies * 140_000, b' ');
        for _ in 0..copies {
            let at = out.len();
            let (start, stop) = (at + 120, at + 120 + 130_002);
            let range = format!("/ByteRange[0 {start} {stop} {}]", end.max(stop + 1) - stop);
            out.extend(format!("{range:<111}/Contents<{seal}{}>", "0".repeat(130_000 - seal.len())).bytes());
            out.resize(at + 140_000, b' ');
        }
        out
    };
    let looped = b"%PDF-1.7\nxref\n0 0\ntrailer<</Root 1 0 R/Prev 9/Size 1>>\nstartxref\n9\n%%EOF".to_vec();
    vec![
        ("bomb-zeros", fill(&[0]), BAD),
        ("bomb-headers", fill(b"%PDF-"), BAD),
        ("bomb-keys", fill(b"/ByteRange"), BAD),
        ("bomb-ranges", fill(b"/ByteRange[0 5 9 3]"), BAD),
        ("bomb-ranges-whole", fill(format!("/ByteRange[0 5 131077 {}]", full - 131_077).as_bytes()), BAD),
        ("bomb-ranges-spaces", fill(format!("/ByteRange{}[0 5 9 3]", " ".repeat(110)).as_bytes()), BAD),
        ("bomb-open", fill(b"<"), BAD),
        ("bomb-nesting", fill(b"[<</A"), BAD),
        ("bomb-claims-whole", claims(full, 8), BAD),
        ("bomb-claims-part", claims(full - 1, 16), BAD),
        ("bomb-claims-many", claims(full, 100), BAD),
        ("bomb-subfilter", fill(b"/SubFilter /FT /TransformMethod "), BAD),
        ("bomb-flate", stream(vec![0; 2 << 20], 1), NONE),
        ("bomb-flate-nested", stream(vec![0; 2 << 20], 3), NONE),
        ("bomb-xref-loop", looped, NONE),
        ("bomb-too-large", vec![b' '; full + 1], &[Verdict::TooLarge]),
    ]
    .into_iter()
    .map(|(name, bytes, verdicts)| (name.to_owned(), bytes, verdicts))
    .collect()
}

/// Most that the heap may grow while one file is examined, whatever it is and says: the file itself lies with the caller.
const MOST_HEAP_BYTES: usize = 1 << 20;

/// Most often that the digest of a file is made: for each claim to cover it, or a part of it, as a whole and as the inside.
const MOST_DIGESTS: usize = 32;

/// Longest that one file may take. What it takes is in the table; this only notices that something became quadratic, on a
/// busy machine and without optimisation.
const MOST_SECONDS: u128 = 20;

/// What an examination cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    micros: u128,
    heap: usize,
    hashed: usize,
}

fn measured<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    HEAP.reset_peak_usage();
    let (heap, hashed, start) = (HEAP.current_usage(), signature::hashed(), cpu_micros());
    let found = work();
    let micros = cpu_micros() - start;
    let heap = HEAP.peak_usage().saturating_sub(heap);
    (found, Cost { micros, heap, hashed: signature::hashed() - hashed })
}

#[test]
fn nothing_hostile_is_valid() {
    let genuine = &*GENUINE;
    assert_eq!(genuine.sealer.examine(&genuine.bytes).reason, Reason::Sealed, "the original");
    let (mut table, mut wrong) = (classes::Table::default(), Vec::new());
    for make in [additions, ranges, seals, forms::gaps, forms::seals, contents, bombs] {
        for (name, bytes, expected) in make(genuine) {
            let (found, cost) = measured(|| genuine.sealer.examine(&bytes));
            table.add(&name, bytes.len(), cost);
            assert_ne!(found.verdict, Verdict::Valid, "{name}");
            assert_eq!(found.credential, None, "{name}");
            assert!(cost.micros < MOST_SECONDS * 1_000_000, "{name}: {cost:?}");
            assert!(cost.heap < MOST_HEAP_BYTES, "{name}: {cost:?}");
            assert!(cost.hashed <= MOST_DIGESTS * bytes.len() + (64 << 10), "{name}: {cost:?}");
            if !expected.contains(&found.verdict) {
                wrong.push(format!("{name}: {:?}, {}", found.verdict, found.reason.code()));
            }
            // What strangers may not say of us, they may not say with a certificate of ours as an anchor either. Only what
            // the key itself signed in another form than ours is another's seal.
            let anchors = [genuine.sealer.certificate.as_slice()];
            let (foreign, cost) =
                measured(|| crate::authenticate::examine_foreign(&bytes, &anchors, &Limits::default()));
            assert!(cost.heap < MOST_HEAP_BYTES, "{name}: {cost:?}");
            if foreign.verdict == Verdict::Valid && !classes::is_signed_by_the_key(&name) {
                wrong.push(format!("{name}: valid by anchor"));
            }
        }
    }
    table.print();
    assert!(wrong.is_empty(), "{wrong:#?}");
    table.assert_complete();
}

fn cpu_micros() -> u128 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u128::try_from(spent.tv_sec).unwrap() * 1_000_000 + u128::try_from(spent.tv_nsec).unwrap() / 1000
}

#[test]
fn an_untouched_original_is_found_in_what_was_added_to() {
    let genuine = &*GENUINE;
    for (name, bytes, _) in additions(genuine) {
        let found = genuine.sealer.examine(&bytes);
        assert_eq!(found.reason, Reason::LaterAdditions, "{name}");
        let length = found.original_length.unwrap();
        assert_eq!(&bytes[..length], genuine.bytes, "{name}");
    }
}

#[test]
fn words_for_what_was_done() {
    let genuine = &*GENUINE;
    let reasons: Vec<(String, Reason)> = [contents(genuine), seals(genuine)]
        .concat()
        .into_iter()
        .map(|(name, bytes, _)| (name, genuine.sealer.examine(&bytes).reason))
        .collect();
    for (name, reason) in [
        ("page-letter", Reason::ContentChanged),
        ("transplant-seal", Reason::ContentChanged),
        ("prefix-bom", Reason::BytesBefore),
        ("two-pdfs-other-before", Reason::BytesBefore),
        ("genuine-inside", Reason::GenuineInside),
        ("stripped-fake-words", Reason::NoSeal),
        ("resave", Reason::SealBroken),
        ("cert-look-alike", Reason::UnknownSigner),
        ("cert-genuine-named-other-signed", Reason::SignatureMismatch),
        ("cms-no-signer", Reason::SealBroken),
    ] {
        assert_eq!(reasons.iter().find(|found| found.0 == name).map(|found| found.1), Some(reason), "{name}");
    }
}

/// A key may have sealed things that are no badges.
#[test]
fn the_document_must_be_the_seals_own() {
    let genuine = &*GENUINE;
    for (what, with) in [
        (&b"/P 1/"[..], &b"/P 2/"[..]),
        (b"/Perms<</DocMDP", b"/Perms<</DocMDQ"),
        (b"/AFRelationship/Data", b"/AFRelationship/Late"),
        (b"/Fields[", b"/Felder["),
        (b"(D:20260115", b"(X:20260115"),
        (b"/Reference[", b"/Referenze["),
    ] {
        let changed = Genuine {
            bytes: swap(&genuine.bytes, what, with),
            sealer: Arc::new(Sealer::p256()),
            digits: genuine.digits.clone(),
        };
        let attributes = changed.attributes(&genuine.sealer.certificate);
        let sealed = changed.with_seal(&seal_by(&genuine.sealer, &genuine.sealer.certificate, &attributes));
        let found = genuine.sealer.examine(&sealed);
        assert_eq!(found.reason, Reason::NotABadge, "{}", String::from_utf8_lossy(what));
        assert!(found.seal.is_some());
    }
}
