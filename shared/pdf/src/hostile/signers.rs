//! Documents by somebody who holds a certificate that an anchor vouches for, and means harm: their seal is as it should be,
//! so they come as far as a document of a stranger ever comes.

use super::{Cost, GENUINE, Genuine, measured, seal_by};
use crate::{
    Limits, Reason, Verdict,
    authenticate::examine_foreign,
    support::{Sealer, gap, replace_once},
};

/// Most that the heap may grow: the five objects on the way, as values, and the credential.
const MOST_HEAP_BYTES: usize = 24 << 20;

/// Objects by their text, then a table of them, the trailer, and in front of it a seal by `sealer` over everything.
/// `entries` are added to the table, `trailer` to the trailer.
fn document(sealer: &Sealer, objects: &[(u32, Vec<u8>)], entries: &str, trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = String::from("xref\n");
    let seal = format!(
        "<</Type/Sig/ByteRange[0 {:>10} {:>10} {:>10}]/Contents<{}>/M(D:20260115093000Z)>>",
        "A",
        "B",
        "C",
        "00".repeat(2000)
    );
    for (id, object) in objects.iter().chain([&(99, seal.into_bytes())]) {
        table += &format!("{id} 1\n{:010} 00000 n \n", out.len());
        out.extend(format!("{id} 0 obj\n").bytes().chain(object.iter().copied()).chain(*b"\nendobj\n"));
    }
    let start = out.len();
    out.extend(
        format!("{table}{entries}trailer\n<</Root 1 0 R/Size 100{trailer}>>\nstartxref\n{start}\n%%EOF").bytes(),
    );
    let digits = gap(&out);
    let (before, after) = (digits.start - 1, digits.end + 1);
    for (letter, number) in [("A", before), ("B", after), ("C", out.len() - after)] {
        out = replace_once(&out, format!("{letter:>10}").as_bytes(), format!("{number:>10}").as_bytes());
    }
    let mut unsealed = Genuine { sealer: std::sync::Arc::new(Sealer::p256()), digits, bytes: out };
    let attributes = unsealed.attributes(&sealer.certificate);
    unsealed.bytes = unsealed.with_seal(&seal_by(sealer, &sealer.certificate, &attributes));
    unsealed.bytes
}

fn object(text: impl Into<Vec<u8>>) -> Vec<u8> {
    text.into()
}

const CATALOG: &str = "<</Type/Catalog/AF[2 0 R]>>";
const SPEC: &str = "<</Type/Filespec/AFRelationship/Data/EF<</F 3 0 R>>>>";

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<</Type/EmbeddedFile/Subtype/a#2Fb/Length {}{dictionary}>>stream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), content.to_vec());
    stream.compress().unwrap();
    stream.content
}

#[test]
fn a_hostile_signer_gains_nothing() {
    let sealer = &GENUINE.sealer;
    let limits = Limits::default();
    let plain = |file: Vec<u8>| vec![(1, object(CATALOG)), (2, object(SPEC)), (3, file)];
    let with = |id: u32, text: Vec<u8>| {
        let mut objects = plain(stream("", b"{}"));
        match objects.iter_mut().find(|found| found.0 == id) {
            Some(found) => found.1 = text,
            None => objects.push((id, text)),
        }
        document(sealer, &objects, "", "")
    };
    let big = |open: &str, inside: &str, close: &str| {
        [open.as_bytes(), &inside.repeat((18 << 20) / inside.len()).into_bytes(), close.as_bytes()].concat()
    };
    let bomb = deflated(&vec![b' '; 16 << 20]);
    let twice = deflated(&bomb);
    let small = deflated(&vec![b'1'; 1 << 20]);
    let containers: Vec<(u32, Vec<u8>)> =
        (100..4100).map(|id| (id, stream("/Filter/FlateDecode/N 1/First 4/Type/ObjStm", &small))).collect();
    let copies = "4 1\n0000000009 00000 n \n".to_owned()
        + &(0..80_000).map(|id| format!("{} 1\n0000000300 00000 n \n", 200 + id)).collect::<String>();
    let harmless = document(sealer, &plain(stream("", b"{}")), "", "");
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("anchored-harmless", harmless.clone(), true),
        ("anchored-array", with(4, big("[", "1 ", "]")), true),
        ("anchored-catalog-array", with(1, big("<</AF[2 0 R]/X[", "1 ", "]>>")), false),
        ("anchored-catalog-names", with(1, big("<</AF[2 0 R]", "/a 1", ">>")), false),
        ("anchored-catalog-small-names", with(1, object(format!("<</AF[2 0 R]/X[{}]>>", "1 ".repeat(30_000)))), true),
        ("anchored-catalog-nested", with(1, object(format!("<</X{}", "[".repeat(60_000)))), false),
        ("anchored-catalog-dictionaries", with(1, object("<</X".repeat(15_000))), false),
        ("anchored-catalog-string", with(1, object(format!("<</X{}", "(".repeat(60_000)))), false),
        ("anchored-catalog-itself", with(1, object("1 0 R")), false),
        ("anchored-files", with(1, object(format!("<</AF[{}]>>", "2 0 R ".repeat(10_000)))), false),
        ("anchored-two-credentials", with(1, object("<</AF[2 0 R 2 0 R]>>")), false),
        ("anchored-credential-inflates", with(3, stream("/Filter/FlateDecode", &bomb)), false),
        ("anchored-credential-inflates-twice", with(3, stream("/Filter[/FlateDecode/FlateDecode]", &twice)), false),
        ("anchored-filters", with(3, stream(&format!("/Filter[{}]", "/FlateDecode".repeat(4000)), &bomb)), false),
        ("anchored-other-filter", with(3, stream("/Filter/LZWDecode", &bomb)), false),
        ("anchored-credential-large", with(3, stream("", &vec![b'1'; 18 << 20])), false),
        ("anchored-length-loop", with(3, object("<</Subtype/a/Length 3 0 R>>stream\n{}\nendstream")), false),
        (
            "anchored-length-huge",
            with(3, object("<</Subtype/a/Length 9223372036854775807>>stream\n{}\nendstream")),
            false,
        ),
        ("anchored-length-negative", with(3, object("<</Subtype/a/Length -1>>stream\n{}\nendstream")), false),
        ("anchored-object-streams", document(sealer, &[plain(stream("", b"{}")), containers].concat(), "", ""), false),
        (
            "anchored-one-object-often",
            {
                let mut objects = plain(stream("", b"{}"));
                objects.push((4, big("[", "1 ", "]")[..(9 << 20)].to_vec()));
                document(sealer, &objects, &copies, "")
            },
            false,
        ),
        ("anchored-previous-itself", document(sealer, &plain(stream("", b"{}")), "", "/Prev 9"), false),
        ("anchored-previous-far", document(sealer, &plain(stream("", b"{}")), "", "/Prev 9999999999"), false),
        ("anchored-encrypted", document(sealer, &plain(stream("", b"{}")), "", "/Encrypt 1 0 R"), false),
        ("anchored-count-huge", document(sealer, &plain(stream("", b"{}")), "5 4294967295\n", ""), false),
        ("anchored-count-overflow", document(sealer, &plain(stream("", b"{}")), "5 9999999999\n", ""), false),
        ("anchored-many-subsections", document(sealer, &plain(stream("", b"{}")), &"7 0\n".repeat(100_000), ""), false),
    ];
    println!("{:<36} {:>9} {:>9} {:>9}  credential", "by a hostile signer", "bytes", "CPU µs", "heap B");
    for (name, bytes, expected) in &cases {
        assert!(bytes.len() <= limits.max_bytes, "{name}: {}", bytes.len());
        let (found, cost) = measured(|| examine_foreign(bytes, &[&sealer.certificate], &limits));
        let Cost { micros, heap, .. } = cost;
        println!("{name:<36} {:>9} {micros:>9} {heap:>9}  {}", bytes.len(), found.credential.is_some());
        assert_eq!((found.verdict, found.reason), (Verdict::Valid, Reason::SealedByAnchor), "{name}");
        assert_eq!(found.seal.unwrap().at, Some(crate::support::at()), "{name}");
        assert_eq!(found.credential.is_some(), *expected, "{name}");
        assert!(heap < MOST_HEAP_BYTES, "{name}: {cost:?}");
        assert!(micros < super::MOST_SECONDS * 1_000_000, "{name}: {cost:?}");
    }
}
