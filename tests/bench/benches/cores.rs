//! CPU time per operation of the pure crates, on the inputs of `tests/peers`: one JSON line per case, named as the peers' are.
//!
//! `BENCH_INPUTS` is a folder that `tests/peers/run inputs` filled. CPU time of the thread, because machines that run this are
//! seldom idle; documents, keys and pictures are in memory, as they are for the peers.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use bake::Payload;
use pdf::authenticate::{self, State, TrustedSeal};
use pdf::certificate::{self, Subject};
use pdf::seal::{self, Sealing};
use proof::data_integrity::{Prepared, ProofOptions, SigningSuite, draft};
use proof::did::{DidDocumentBuilder, DidWeb, Standing, multikey_method_id};
use proof::status::{Bitstring, ListCredential, MIN_ENTRIES};
use proof::testing::TestKey;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use verify::{Accept, Document, Documents, Input, Options, Unavailable, Verdict};

/// CPU time of one case.
const BOX_MICROSECONDS: f64 = 150_000.0;
/// Operations between two looks at the clock, so that looking costs nothing.
const BATCH: u32 = 32;

const FIXTURE: &str = include_str!("../../peers/fixture.json");
const HOSTED: &str = include_str!("../../peers/hosted.json");
const PAGE: &str = include_str!("../../peers/page.json");
/// When the credentials are signed and judged, within their validity.
const NOW: &str = "2026-06-01T00:00:00Z";

fn main() {
    let inputs = PathBuf::from(variable("BENCH_INPUTS"));
    sign_and_verify();
    canonicalise();
    bake_and_extract(&inputs);
    verify_hosted(&inputs);
    seal_and_examine(&inputs);
    draw(&inputs);
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is told by a variable where its inputs are")]
fn variable(name: &str) -> String {
    std::env::var(name).expect("BENCH_INPUTS names a folder made by tests/peers/run inputs")
}

/// CPU time of this thread so far, in microseconds.
fn cpu_microseconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

fn measure<T>(case: &str, mut operation: impl FnMut() -> T) {
    for _ in 0..BATCH {
        black_box(operation());
    }
    let (start, mut spent, mut iterations) = (cpu_microseconds(), 0.0, 0);
    while spent < BOX_MICROSECONDS {
        for _ in 0..BATCH {
            black_box(operation());
        }
        iterations += BATCH;
        spent = cpu_microseconds() - start;
    }
    println!("{}", json!({"case": case, "cpu_us": spent / f64::from(iterations), "iterations": iterations}));
}

/// An issuer's key and how it signs.
struct Signer {
    key: TestKey,
    options: ProofOptions,
}

impl Signer {
    fn new(key: TestKey, issuer: &str) -> Self {
        let options = ProofOptions {
            suite: SigningSuite::for_key(key.public_key()).expect("a key with a suite"),
            verification_method: multikey_method_id(issuer, key.public_key()).expect("a key with a Multikey form"),
            created: NOW.parse().expect("an instant"),
        };
        Self { key, options }
    }

    /// JSON text in, signed JSON text out.
    fn sign(&self, text: &str) -> String {
        let value = serde_json::from_str(text).expect("JSON");
        let draft = draft(value, &self.options).expect("a signable document");
        let signature = self.key.sign(draft.signing_input()).expect("a signature");
        draft.complete(&signature, self.key.public_key()).expect("its own signature").to_string()
    }

    /// The same, with what the credentials of one event have in common done before.
    fn sign_prepared(&self, text: &str, prepared: &Prepared) -> String {
        let draft = prepared.draft(serde_json::from_str(text).expect("JSON")).expect("a signable document");
        let signature = self.key.sign(draft.signing_input()).expect("a signature");
        draft.complete(&signature, self.key.public_key()).expect("its own signature").to_string()
    }
}

fn sign_and_verify() {
    let fixture: Value = serde_json::from_str(FIXTURE).expect("JSON");
    let issuer = fixture["issuer"]["id"].as_str().expect("the fixture's issuer has an id");
    let mut unlisted = fixture.clone();
    unlisted.as_object_mut().and_then(|members| members.remove("credentialStatus")).expect("the fixture has a status");
    let unlisted = unlisted.to_string();

    let ed25519 = Signer::new(TestKey::ed25519(&[7; 32]).expect("a key"), issuer);
    let p256 = Signer::new(TestKey::fresh_p256().expect("a key"), issuer);
    measure("sign-eddsa-rdfc-2022", || ed25519.sign(FIXTURE));
    let prepared = Prepared::new(&fixture["@context"], &ed25519.options).expect("the fixture's contexts");
    measure("sign-eddsa-rdfc-2022-prepared", || ed25519.sign_prepared(FIXTURE, &prepared));
    for (case, signer) in [("verify-eddsa-rdfc-2022", &ed25519), ("verify-ecdsa-rdfc-2019", &p256)] {
        measure_verification(case, signer.sign(&unlisted).as_bytes(), &Web::default().with_issuer(issuer, signer));
    }
    let web = Web::default().with_issuer(issuer, &ed25519).with_status_list(&fixture, issuer, &ed25519);
    measure_verification("verify-eddsa-rdfc-2022-with-status", ed25519.sign(FIXTURE).as_bytes(), &web);
}

fn canonicalise() {
    let limits = jsonld::Limits::default();
    measure("canonicalize", || {
        let value = serde_json::from_str(FIXTURE).expect("JSON");
        jsonld::canonicalize(&value, &limits).expect("the fixture's contexts are bundled")
    });
}

fn bake_and_extract(inputs: &Path) {
    let credential: Value = serde_json::from_str(FIXTURE).expect("JSON");
    let text = credential.to_string();
    let payload = Payload::v3_json(&text);
    for (name, file) in [("png-400", "400.png"), ("png-2000", "2000.png"), ("svg", "drawing.svg")] {
        let image = read(inputs, file);
        let baked = bake::bake(&image, &payload).expect("a picture that takes a badge");
        measure(&format!("bake-{name}"), || bake::bake(black_box(&image), &payload));
        measure(&format!("unbake-{name}"), || bake::extract(black_box(&baked)));
    }
}

fn verify_hosted(inputs: &Path) {
    let hosted: Map<String, Value> = serde_json::from_str(HOSTED).expect("JSON");
    let document = |suffix: &str| hosted.iter().find(|(url, _)| url.ends_with(suffix)).expect("a hosted document");
    let web = hosted.iter().fold(Web::default(), |web, (url, value)| web.json(url, value));
    let image = document("/badge").1["image"].as_str().expect("the badge has an image");
    let web = web.with(image, read(inputs, "400.png"));
    measure_verification("verify-ob2-hosted", document("/assertion").1.to_string().as_bytes(), &web);
}

/// One page of one badge after another, as when an event's certificates are fetched: picture and fonts are known.
fn draw(inputs: &Path) {
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/fonts");
    let fonts = layout::FONTS.map(|(weight, name)| (weight, read(&fonts, name)));
    let renderer = layout::Renderer::new(layout::Fonts::new(fonts).expect("the fonts of infra/fonts"));
    let page: Value = serde_json::from_str(PAGE).expect("JSON");
    let text = |name: &str| page[name].as_str().expect("a text");
    let criteria = page["criteria"].as_array().expect("a list").iter();
    let criteria: String = criteria.map(|item| format!("- {}\n", item.as_str().expect("a text"))).collect();
    let picture = read(inputs, "badge.png");
    let issued_on = text("issued_on").parse().expect("an instant");
    let page = layout::Page {
        language: layout::Language::Ja,
        orientation: layout::Orientation::Landscape,
        recipient: text("recipient"),
        badge_name: text("badge_name"),
        description: text("description"),
        criteria: &criteria,
        issuer_name: text("issuer_name"),
        organisation_name: None,
        issued_on,
        expires_on: None,
        credential_id: text("credential_url"),
        credential_url: text("credential_url"),
        validator_url: text("validator_url"),
        validator_shown: text("validator_url"),
        colour: layout::Colour::new(29, 78, 156),
        logo: None,
        artwork: layout::Picture::Png(&picture),
        artwork_alt: "badge",
        attachments: &[layout::Attachment {
            name: "credential.json",
            media_type: "application/ld+json",
            description: "Open Badges 3.0 credential",
            relationship: layout::Relationship::Data,
            bytes: FIXTURE.as_bytes(),
        }],
        created: issued_on,
    };
    // Twice, once beside each peer.
    for case in ["page-beside-reportlab", "page-beside-weasyprint"] {
        measure(case, || renderer.render(&page).expect("a page"));
    }
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join(file)).expect("tests/peers/run inputs and infra/fonts have made it")
}

/// The whole verification of a file: every step, into a report.
fn measure_verification(case: &str, bytes: &[u8], web: &Web) {
    let options = Options::at(NOW.parse().expect("an instant"));
    let once = || at_hand(verify::verify(Input::Bytes(bytes), &options, web));
    let report = once();
    assert_eq!(report.verdict, Verdict::Valid, "{case}: {report:#?}");
    measure(case, once);
}

/// The result of a future that waits for nothing.
fn at_hand<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("everything is in memory"),
    }
}

/// Addresses and what they answer.
#[derive(Default)]
struct Web(HashMap<String, Document>);

impl Web {
    fn with(mut self, url: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(url.to_owned(), Document { status: 200, content_type: None, bytes });
        self
    }

    fn json(self, url: &str, value: &Value) -> Self {
        self.with(url, value.to_string().into_bytes())
    }

    fn with_issuer(self, issuer: &str, signer: &Signer) -> Self {
        let did: DidWeb = issuer.parse().expect("the fixture's issuer is a did:web");
        let builder = DidDocumentBuilder::new(issuer).key(signer.key.public_key().clone(), Standing::Trusted);
        self.json(&did.document_url(), &builder.build())
    }

    fn with_status_list(self, credential: &Value, issuer: &str, signer: &Signer) -> Self {
        let url = credential["credentialStatus"]["statusListCredential"].as_str().expect("the fixture has a status");
        let valid_from = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let list = ListCredential { url, issuer_id: issuer, purpose: "revocation", valid_from, valid_until: None };
        let unsigned = list.to_value(&Bitstring::new(MIN_ENTRIES).expect("a list"));
        self.with(url, signer.sign(&unsigned.to_string()).into_bytes())
    }
}

impl Documents for Web {
    async fn get(&self, url: &str, _accept: Accept) -> Result<Document, Unavailable> {
        self.0.get(url).cloned().ok_or(Unavailable::Unreachable)
    }
}

/// A key that is nobody's secret: `tests/peers/bench_pdf.py` seals with the same.
const SEAL_SCALAR: [u8; 32] = [1; 32];
const SEAL_POINT: [u8; 33] = [
    0x02, 0x6f, 0xf0, 0x3b, 0x94, 0x92, 0x41, 0xce, 0x1d, 0xad, 0xd4, 0x35, 0x19, 0xe6, 0x96, 0x0e, 0x0a, 0x85, 0xb4,
    0x1a, 0x69, 0xa0, 0x5c, 0x32, 0x81, 0x03, 0xaa, 0x2b, 0xce, 0x15, 0x94, 0xca, 0x16,
];

/// The signature is part of sealing, by a key in memory in place of KMS. The sealed file is left for the peer to judge.
fn seal_and_examine(inputs: &Path) {
    let page = std::fs::read(inputs.join("page.pdf")).expect("page.pdf");
    let key = TestKey::p256(&SEAL_SCALAR, &SEAL_POINT).expect("a key");
    let at = NOW.parse().expect("an instant");
    let subject = Subject { common_name: "Example Badges", organization: None, country: None };
    let draft = certificate::draft_self_signed(key.public_key(), &subject, [7; 16], at).expect("a draft");
    let certificate = draft.complete(&key.sign(&draft.signing_input()).expect("a signature")).expect("a certificate");
    let sealing = Sealing { certificate_der: &certificate, reason: "Issued", name: "Example Badges", at };
    let sealed = || {
        let draft = seal::draft(page.clone(), &sealing).expect("a draft");
        let signature = key.sign(&draft.signing_input()).expect("a signature");
        draft.complete(&signature, key.public_key()).expect("its own signature")
    };
    let file = sealed();
    std::fs::write(inputs.join("sealed.pdf"), &file).expect("a folder to write into");
    std::fs::write(inputs.join("sealed.cer"), &certificate).expect("a folder to write into");
    let trust = [TrustedSeal {
        fingerprint: certificate::fingerprint(&certificate),
        name: "Example Badges".to_owned(),
        valid_from: at,
        valid_until: None,
        state: State::Active,
    }];
    measure("seal-pdf", sealed);
    measure("examine-pdf", || {
        let found = authenticate::examine(&file, &trust, &pdf::Limits::default());
        assert_eq!(found.verdict, pdf::Verdict::Valid);
        found
    });
}
