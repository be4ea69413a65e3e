//! CPU time per operation: `cargo bench -p pdf-seal`.
//!
//! The page is filled up with text to 140 kB, twice what a page with a picture and its fonts has.

#![allow(missing_docs, clippy::print_stdout, clippy::expect_used, reason = "the figures are the output")]

use std::hint::black_box;

use pdf::{Limits, authenticate, seal};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let words = "x".repeat(70_000);
    for (name, sealer) in [("P-256", support::Sealer::p256()), ("RSA-2048", support::Sealer::rsa())] {
        let page = support::page(support::CREDENTIAL.as_bytes(), &words);
        let draft = seal::draft(page.clone(), &sealer.sealing()).expect("drafts");
        let signature = sealer.key.sign(&draft.signing_input()).expect("signs");
        let sealed = draft.clone().complete(&signature, sealer.public_key()).expect("completes");
        let trust = [sealer.trust()];
        let anchors = [sealer.certificate.as_slice()];
        report(&format!("{name}: draft"), || seal::draft(page.clone(), &sealer.sealing()).expect("drafts"));
        report(&format!("{name}: complete, examined"), || draft.clone().complete(&signature, sealer.public_key()));
        report(&format!("{name}: examine"), || authenticate::examine(black_box(&sealed), &trust, &Limits::default()));
        report(&format!("{name}: examine by anchor"), || {
            authenticate::examine_foreign(black_box(&sealed), &anchors, &Limits::default())
        });
        println!("{name}: page {} bytes, sealed {} bytes", page.len(), sealed.len());
    }
    let spam = |pattern: &[u8]| [b"%PDF-1.7\n", pattern.repeat((20 << 20) / pattern.len()).as_slice()].concat();
    for (name, bytes) in
        [("zeros", spam(&[0])), ("keys", spam(b"/ByteRange")), ("ranges", spam(b"/ByteRange[0 5 9 3]"))]
    {
        let bytes = &bytes[..bytes.len().min(20 << 20)];
        report(&format!("20 MiB of {name}"), || authenticate::examine(black_box(bytes), &[], &Limits::default()));
    }
}

/// Runs `work` for about a fifth of a second of CPU time and prints the mean.
fn report<T>(label: &str, work: impl Fn() -> T) {
    black_box(work());
    let start = cpu_nanos();
    let (mut count, mut spent) = (0_u32, 0);
    while spent < 200_000_000 {
        for _ in 0..4 {
            black_box(work());
        }
        count += 4;
        spent = cpu_nanos() - start;
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
    let micros = spent as f64 / f64::from(count) / 1000.0;
    println!("{label:<40} {micros:>10.2} µs");
}

/// CPU time of this process.
fn cpu_nanos() -> i64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec * 1_000_000_000 + spent.tv_nsec
}
