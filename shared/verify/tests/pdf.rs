//! Sealed PDFs, situation by situation: what the report says of the file, and what of the badge in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy takes helpers of tests for production code")]

mod common;
#[path = "../../pdf/tests/support/mod.rs"]
mod support;

use common::{Issuer, NOW, Web, check, run};
use proof::status::{Bitstring, ListCredential, MIN_ENTRIES};
use serde_json::{Value, json};
use support::{Sealer, page};
use verify::Verdict::{CouldNotBeChecked, Invalid, NotABadge, Valid};
use verify::{
    Carrier, Input, Kind, Options, Outcome, PdfVerdict, Report, SealState, StepId, Trust, TrustedSeal, Verdict,
};

const LIST: &str = "https://weavers.example/status/1";

fn weavers() -> Issuer {
    Issuer::did_web("weavers", 1)
}

fn seals(list: impl IntoIterator<Item = TrustedSeal>) -> Trust {
    Trust { seals: Some(list.into_iter().collect()), anchors: Vec::new() }
}

fn judge(bytes: &[u8], trust: Trust, web: &Web) -> Report {
    let options = Options { trust, ..Options::at(NOW.parse().unwrap()) };
    run(verify::verify(Input::Bytes(bytes), &options, web))
}

/// A badge in a sealed PDF, and the web of its issuer.
struct Scene {
    sealer: Sealer,
    pdf: Vec<u8>,
    web: Web,
}

impl Scene {
    fn of(badge: Value) -> Self {
        let issuer = weavers();
        let sealer = Sealer::p256();
        let pdf = sealer.seal(page(issuer.sign(badge).to_string().as_bytes(), "A badge"));
        Self { sealer, pdf, web: issuer.web() }
    }

    fn good() -> Self {
        Self::of(weavers().badge())
    }

    fn judge(&self) -> Report {
        judge(&self.pdf, seals([self.sealer.trust()]), &self.web)
    }

    fn judge_as(&self, bytes: &[u8]) -> Report {
        judge(bytes, seals([self.sealer.trust()]), &self.web)
    }

    fn judge_with(&self, trust: Trust) -> Report {
        judge(&self.pdf, trust, &self.web)
    }
}

/// The two answers: of the file (verdict, reason, and the step's code), and the overall one.
#[track_caller]
fn assert_seal(report: &Report, pdf: PdfVerdict, reason: &str, code: &str, verdict: Verdict) {
    let seal = report.pdf.as_ref().unwrap_or_else(|| panic!("no PDF: {report:#?}"));
    assert_eq!((seal.verdict, &*seal.reason), (pdf, reason), "{report:#?}");
    let first = &report.steps[0];
    assert_eq!((first.id, first.code.as_str()), (StepId::Seal, code), "{report:#?}");
    assert_eq!(report.verdict, verdict, "{report:#?}");
    assert_eq!(report.carrier, Some(Carrier::Pdf));
}

/// Nothing in a PDF whose seal does not hold was believed, shown or even read.
#[track_caller]
fn assert_closed(report: &Report) {
    assert_eq!(report.step(StepId::Input).map(|step| step.code.as_str()), Some("pdf_not_read"), "{report:#?}");
    assert_eq!(report.steps.len(), 2, "{report:#?}");
    assert_eq!((report.kind, &report.summary), (None, &verify::Summary::default()));
    assert!(report.steps[0].hint.is_some(), "what to do about it");
}

#[test]
fn a_good_badge_in_an_untouched_pdf() {
    let scene = Scene::good();
    let report = scene.judge();
    assert_seal(&report, PdfVerdict::Valid, "sealed", "seal_holds", Valid);
    assert_eq!(report.badge_verdict(), Valid);
    assert_eq!(report.kind, Some(Kind::OpenBadge3));
    assert_eq!(report.summary.name.as_deref(), Some("機織り"));
    assert_eq!(report.step(StepId::Input).unwrap().code.as_str(), "input_pdf");
    assert_eq!(report.step(StepId::Key).unwrap().code.as_str(), "key_listed");
    let json = serde_json::to_value(&report).unwrap();
    let seal = &json["pdf"]["seal"];
    assert_eq!(json["pdf"]["verdict"], "valid");
    assert_eq!((&seal["name"], &seal["at"]), (&json!("Example"), &json!("2026-01-15T09:30:00Z")));
    assert_eq!(seal["subject"], "Example Badges, Example KK");
    assert_eq!(seal["fingerprint"].as_str().map(str::len), Some(64));
    assert!(json["pdf"].get("original_length").is_none());
    assert!(json["pdf"]["message"]["ja"].as_str().unwrap().contains("封印"));
}

#[test]
fn a_token_in_a_pdf() {
    let issuer = weavers();
    let token = issuer.token(&issuer.badge(), json!({"typ": "vc+jwt", "kid": issuer.method()}));
    let sealer = Sealer::rsa();
    let pdf = sealer.seal(page(token.as_bytes(), "A badge"));
    let report = judge(&pdf, seals([sealer.trust()]), &issuer.web());
    assert_eq!(report.pdf.as_ref().map(|pdf| pdf.verdict), Some(PdfVerdict::Valid), "{report:#?}");
    // It holds; the algorithm is the remark.
    assert_eq!(report.step(StepId::Proof).map(|step| step.code.as_str()), Some("algorithm_unusual"), "{report:#?}");
    assert_eq!(report.verdict, Verdict::ValidWithWarnings);
}

/// Unaltered, but …: the seal's line passes, the badge's fails.
#[test]
fn unaltered_and_valid_are_two_answers() {
    let issuer = weavers();
    let entry = json!({"id": format!("{LIST}#7"), "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": "7", "statusListCredential": LIST});
    let mut scene = Scene::of(issuer.badge_with("credentialStatus", entry));
    let mut bits = Bitstring::new(MIN_ENTRIES).unwrap();
    bits.set(7, true).unwrap();
    let valid_from = "2026-01-01T00:00:00Z".parse().unwrap();
    let list =
        ListCredential { url: LIST, issuer_id: &issuer.id, purpose: "revocation", valid_from, valid_until: None };
    scene.web = scene.web.json(LIST, &issuer.sign(list.to_value(&bits)));
    let report = scene.judge();
    assert_seal(&report, PdfVerdict::Valid, "sealed", "seal_holds", Invalid);
    assert_eq!(report.step(StepId::Seal).unwrap().outcome, Outcome::Passed);
    assert_eq!(report.step(StepId::Status).unwrap().code.as_str(), "revoked");
    assert_eq!(report.deciding().unwrap().id, StepId::Status);
    assert_eq!(report.badge_verdict(), Invalid);

    let expired = Scene::of(issuer.badge_with("validUntil", json!("2026-05-01T00:00:00Z"))).judge();
    assert_seal(&expired, PdfVerdict::Valid, "sealed", "seal_holds", Invalid);
    assert_eq!(expired.step(StepId::Validity).unwrap().code.as_str(), "expired");

    // The issuer's document out of reach: neither valid nor invalid, and the file is unaltered all the same.
    let scene = Scene { web: Web::default(), ..Scene::good() };
    assert_seal(&scene.judge(), PdfVerdict::Valid, "sealed", "seal_holds", CouldNotBeChecked);
}

/// The seal says nothing about a badge that nobody signed.
#[test]
fn a_seal_does_not_replace_a_proof() {
    let issuer = weavers();
    let sealer = Sealer::p256();
    let pdf = sealer.seal(page(issuer.badge().to_string().as_bytes(), "A badge"));
    let report = judge(&pdf, seals([sealer.trust()]), &issuer.web());
    assert_seal(&report, PdfVerdict::Valid, "sealed", "seal_holds", Invalid);
    assert_eq!(report.step(StepId::Proof).unwrap().code.as_str(), "proof_missing");
}

#[test]
fn what_was_altered_is_invalid_and_stays_closed() {
    let scene = Scene::good();
    let sealed = &scene.pdf;
    let altered = |bytes: &[u8], reason: &str| {
        let report = scene.judge_as(bytes);
        assert_seal(&report, PdfVerdict::Altered, reason, "seal_altered", Invalid);
        assert_closed(&report);
    };
    let mut changed = sealed.clone();
    changed[20] ^= 1;
    altered(&changed, "content_changed");
    // Somebody else's words on the page.
    altered(&support::replace_once(sealed, b"(A badge)", b"(B badge)"), "content_changed");
    let gap = support::gap(sealed);
    let mut forged = sealed.clone();
    forged[gap.start + 2..gap.start + 40].fill(b'0');
    altered(&forged, "seal_broken");
    // A reader of PDFs looks for the beginning within the first kilobyte.
    altered(&[b"\n", &sealed[..]].concat(), "bytes_before");
    altered(&[b"\x89PNG\r\n\x1a\n", &sealed[..]].concat(), "bytes_before");
    altered(&sealed[..sealed.len() - 1], "seal_broken");

    let more = [&sealed[..], b"\n% more"].concat();
    let report = scene.judge_as(&more);
    assert_seal(&report, PdfVerdict::Altered, "later_additions", "seal_later_additions", Invalid);
    assert_closed(&report);
    let pdf = report.pdf.unwrap();
    assert_eq!(pdf.original_length, Some(sealed.len()));
    assert!(pdf.message.en.contains("untouched original"));
    assert_eq!(pdf.seal.unwrap().name.as_deref(), Some("Example"));
}

#[test]
fn what_nobody_vouches_for_could_not_be_checked() {
    let scene = Scene::good();
    let unsealed = page(weavers().sign(weavers().badge()).to_string().as_bytes(), "A badge");
    let report = scene.judge_as(&unsealed);
    assert_seal(&report, PdfVerdict::Unsigned, "no_seal", "seal_missing", CouldNotBeChecked);
    assert_closed(&report);
    // A genuine one inside another is no seal of the other.
    let inside = [&unsealed[..], b"\n", &scene.pdf, b"\n%%EOF"].concat();
    let report = scene.judge_as(&inside);
    assert_seal(&report, PdfVerdict::Unsigned, "genuine_inside", "seal_missing", CouldNotBeChecked);
    assert_closed(&report);

    let untrusted = |trust: Trust, reason: &str| {
        let report = scene.judge_with(trust);
        assert_seal(&report, PdfVerdict::Untrusted, reason, "seal_untrusted", CouldNotBeChecked);
        assert_closed(&report);
        assert!(report.pdf.unwrap().seal.is_some(), "who it says it is, for the reader to judge");
    };
    untrusted(seals([]), "unknown_signer");
    untrusted(seals([Sealer::p256().trust()]), "unknown_signer");
    let known = |state, days: Option<i64>| {
        let mut seal = scene.sealer.trust();
        seal.valid_until = days.map(|days| support::at() + jiff::SignedDuration::from_hours(24 * days));
        TrustedSeal { state, ..seal }
    };
    untrusted(seals([known(SealState::Compromised, Some(1))]), "seal_compromised");
    untrusted(seals([known(SealState::Retired, Some(-1))]), "seal_not_in_force");
    let retired = scene.judge_with(seals([known(SealState::Retired, Some(1))]));
    assert_seal(&retired, PdfVerdict::Valid, "sealed", "seal_holds", Valid);
}

#[test]
fn a_list_out_of_reach_is_another_answer_than_an_unknown_seal() {
    let scene = Scene::good();
    let none = |anchors: Vec<Vec<u8>>| Trust { seals: None, anchors };
    let report = scene.judge_with(none(Vec::new()));
    assert_seal(&report, PdfVerdict::NotChecked, "seals_unavailable", "seals_unavailable", CouldNotBeChecked);
    assert_closed(&report);
    // Whether the certificate that came along is one of ours, and compromised, is what could not be looked up.
    let report = scene.judge_with(none(vec![scene.sealer.certificate.clone()]));
    assert_seal(&report, PdfVerdict::NotChecked, "seals_unavailable", "seals_unavailable", CouldNotBeChecked);
    // What needs no list is answered without.
    let mut changed = scene.pdf.clone();
    changed[20] ^= 1;
    let report = judge(&changed, none(Vec::new()), &scene.web);
    assert_seal(&report, PdfVerdict::Altered, "content_changed", "seal_altered", Invalid);
    let report = judge(b"%PDF-1.7\n", none(Vec::new()), &scene.web);
    assert_seal(&report, PdfVerdict::Unsigned, "no_seal", "seal_missing", CouldNotBeChecked);
}

#[test]
fn anchors_vouch_for_other_organisations() {
    let scene = Scene::good();
    let anchored = |seals: Vec<TrustedSeal>| Trust {
        seals: Some(seals),
        anchors: vec![Sealer::p256().certificate, scene.sealer.certificate.clone()],
    };
    let report = scene.judge_with(anchored(vec![Sealer::p256().trust()]));
    assert_seal(&report, PdfVerdict::Valid, "sealed_by_anchor", "seal_holds", Valid);
    assert_eq!(report.summary.name.as_deref(), Some("機織り"));
    let seal = report.pdf.unwrap().seal.unwrap();
    assert_eq!((seal.name, seal.subject.as_str()), (None, "Example Badges, Example KK"));
    // They do not overrule what is known here of a seal of ours.
    let compromised = TrustedSeal { state: SealState::Compromised, ..scene.sealer.trust() };
    let report = scene.judge_with(anchored(vec![compromised]));
    assert_seal(&report, PdfVerdict::Untrusted, "seal_compromised", "seal_untrusted", CouldNotBeChecked);
    assert_closed(&report);
    let report = scene.judge_with(anchored(vec![scene.sealer.trust()]));
    assert_seal(&report, PdfVerdict::Valid, "sealed", "seal_holds", Valid);
    // Nor do they make good what was changed, or hide that one of ours is in it.
    let only_others = || Trust { anchors: vec![Sealer::p256().certificate], ..seals([scene.sealer.trust()]) };
    let mut changed = scene.pdf.clone();
    changed[20] ^= 1;
    let report = judge(&changed, only_others(), &scene.web);
    assert_seal(&report, PdfVerdict::Altered, "content_changed", "seal_altered", Invalid);
    let report = judge(&[b"\n", &scene.pdf[..]].concat(), only_others(), &scene.web);
    assert_seal(&report, PdfVerdict::Altered, "bytes_before", "seal_altered", Invalid);
    let report = judge(&[&scene.pdf[..], b"\n"].concat(), only_others(), &scene.web);
    assert_seal(&report, PdfVerdict::Altered, "later_additions", "seal_later_additions", Invalid);
}

/// Another organisation's document with a seal and no badge, and such with something else in a badge's place.
#[test]
fn an_untouched_pdf_without_a_badge() {
    let sealer = Sealer::p256();
    let vouched = |pdf: Vec<u8>| {
        let trust = Trust { anchors: vec![sealer.certificate.clone()], ..seals([]) };
        judge(&sealer.seal(pdf), trust, &Web::default())
    };
    // Sealed with an attachment, because it must be; then the attachment is no badge.
    for (content, code, verdict) in [
        ("https://weavers.example/badges/1", "pdf_badge_unreadable", Invalid),
        ("<html></html>", "pdf_badge_unreadable", Invalid),
        ("{\"a\":1,\"a\":2}", "json_duplicate", Invalid),
        ("{\"a\":1}", "input_pdf", NotABadge),
    ] {
        let report = vouched(page(content.as_bytes(), "A letter"));
        assert_seal(&report, PdfVerdict::Valid, "sealed_by_anchor", "seal_holds", verdict);
        assert_eq!(report.step(StepId::Input).unwrap().code.as_str(), code, "{report:#?}");
    }
}

#[test]
fn a_pdf_at_an_address() {
    let scene = Scene::good();
    let address = "https://weavers.example/badge.pdf";
    let web = scene.web.clone().with(address, 200, scene.pdf.clone());
    let options = Options { trust: seals([scene.sealer.trust()]), ..Options::at(NOW.parse().unwrap()) };
    let report = run(verify::verify(Input::Url(address), &options, &web));
    assert_seal(&report, PdfVerdict::Valid, "sealed", "seal_holds", Valid);
}

#[test]
fn a_pdf_beyond_the_limit() {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(verify::limits::MAX_INPUT_BYTES + 1, b' ');
    let report = check(&bytes, &Web::default());
    let seal = report.pdf.as_ref().unwrap();
    assert_eq!((seal.verdict, &*seal.reason, report.verdict), (PdfVerdict::TooLarge, "too_large", CouldNotBeChecked));
}

#[test]
fn what_is_no_pdf_has_no_word_about_a_seal() {
    let issuer = weavers();
    let report = check(issuer.sign(issuer.badge()).to_string(), &issuer.web());
    assert!(report.pdf.is_none() && report.step(StepId::Seal).is_none());
    assert!(serde_json::to_value(&report).unwrap().get("pdf").is_none());
}
