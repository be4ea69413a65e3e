//! CPU time of one canonicalisation, on the typical credential of the golden corpus.
//!
//! `cargo bench -p jsonld`. Thread CPU time, since machines that build are seldom idle; the best and the median of rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use jsonld::{Limits, canonicalize, canonicalize_general};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use std::hint::black_box;

const ROUNDS: usize = 31;
const TYPICAL: &str = include_str!("../tests/golden/documents/typical-credential.json");
const PROOF: &str = include_str!("../tests/golden/documents/proof-configuration.json");

fn cpu_nanoseconds() -> u128 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u128::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000 + u128::try_from(time.tv_nsec).unwrap_or_default()
}

fn measure<T>(name: &str, repeats: u32, mut operation: impl FnMut() -> T) {
    for _ in 0..repeats {
        black_box(operation());
    }
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_nanoseconds();
            for _ in 0..repeats {
                black_box(operation());
            }
            cpu_nanoseconds() - start
        })
        .collect();
    rounds.sort_unstable();
    let micros = |nanoseconds: u128| nanoseconds as f64 / 1000.0 / f64::from(repeats);
    println!("{name:<44} best {:>8.2} µs   median {:>8.2} µs", micros(rounds[0]), micros(rounds[ROUNDS / 2]));
}

fn main() {
    let limits = Limits::default();
    let typical: Value = serde_json::from_str(TYPICAL).expect("fixture");
    let proof: Value = serde_json::from_str(PROOF).expect("fixture");
    let text = canonicalize(&typical, &limits).expect("fixture");
    println!("{} quads, {} bytes canonical", text.as_str().lines().count(), text.as_str().len());
    measure("JSON text -> Value", 200, || serde_json::from_str::<Value>(TYPICAL));
    measure("credential, kept contexts", 200, || canonicalize(&typical, &limits));
    measure("credential, kept contexts, with SHA-256", 200, || {
        canonicalize(&typical, &limits).map(|done| done.sha256())
    });
    measure("proof configuration, kept contexts", 500, || canonicalize(&proof, &limits));
    measure("credential, contexts built anew", 5, || canonicalize_general(&typical, &limits));
}
