//! CPU time of signing and verifying one badge, with keys in memory: `cargo bench -p proof`.
//!
//! Prints microseconds of CPU per operation, the median of the rounds. CPU time, because the machines that run this are
//! shared; no figure is ever asserted.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

use proof::{
    data_integrity::{Prepared, ProofOptions, SigningSuite, draft, proofs, verify},
    jws::{self, CompactJws},
    signing::SigningInput,
    testing::TestKey,
    vc_jwt,
};
use serde_json::Value;

const ROUNDS: usize = 7;

/// CPU time of one round. The kernel may count in ticks of four milliseconds: one tick is then two per cent.
const ROUND_MICROSECONDS: f64 = 200_000.0;

/// CPU time of this process so far, in microseconds.
fn cpu_microseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1000.0
}

fn measure(name: &str, mut operation: impl FnMut() -> usize) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_microseconds();
            let (mut spent, mut count) = (0.0, 0.0);
            while spent < ROUND_MICROSECONDS {
                for _ in 0..64 {
                    std::hint::black_box(operation());
                }
                count += 64.0;
                spent = cpu_microseconds() - start;
            }
            spent / count
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name:<44} {:>8.1} µs  (least {:.1})", rounds[ROUNDS / 2], rounds[0]);
}

fn options(key: &TestKey) -> ProofOptions {
    ProofOptions {
        suite: SigningSuite::for_key(key.public_key()).unwrap(),
        verification_method: format!(
            "did:web:badges.example:issuers:washi#{}",
            key.public_key().to_multikey().unwrap()
        ),
        created: "2026-01-15T09:30:00Z".parse().unwrap(),
    }
}

fn sign(text: &str, key: &TestKey, options: &ProofOptions) -> String {
    let draft = draft(serde_json::from_str(text).unwrap(), options).unwrap();
    let signature = key.sign(draft.signing_input()).unwrap();
    draft.complete(&signature, key.public_key()).unwrap().to_string()
}

fn main() {
    let value: Value = serde_json::from_str(include_str!("../tests/data/credential.json")).unwrap();
    let text = value.to_string();
    let canonical = jsonld::canonicalize(&value, &jsonld::Limits::default()).unwrap();
    println!("credential: {} bytes, {} quads", text.len(), canonical.as_str().lines().count());

    measure("parse and write the JSON", || serde_json::from_str::<Value>(&text).unwrap().to_string().len());
    measure("canonicalise", || jsonld::canonicalize(&value, &jsonld::Limits::default()).unwrap().as_str().len());

    let ed25519 = TestKey::ed25519(&[7; 32]).unwrap();
    let input = SigningInput::new(ed25519.public_key().algorithm(), vec![7; 64]);
    let signature = ed25519.sign(&input).unwrap();
    measure("Ed25519 alone: sign", || ed25519.sign(&input).unwrap().len());
    measure("Ed25519 alone: verify", || {
        ed25519.public_key().verify(input.algorithm(), input.bytes(), &signature).map_or(0, |()| 1)
    });
    let p256 = TestKey::fresh_p256().unwrap();
    let p384 = TestKey::fresh_p384().unwrap();
    for (name, key) in
        [("eddsa-rdfc-2022", &ed25519), ("ecdsa-rdfc-2019 P-256", &p256), ("ecdsa-rdfc-2019 P-384", &p384)]
    {
        let options = options(key);
        measure(&format!("sign {name}, text to text"), || sign(&text, key, &options).len());
        let prepared = Prepared::new(&value["@context"], &options).unwrap();
        measure(&format!("sign {name}, prepared"), || {
            let draft = prepared.draft(serde_json::from_str(&text).unwrap()).unwrap();
            let signature = key.sign(draft.signing_input()).unwrap();
            draft.complete(&signature, key.public_key()).unwrap().to_string().len()
        });
        let signed = sign(&text, key, &options);
        measure(&format!("verify {name}, from text"), || {
            let signed: Value = serde_json::from_str(&signed).unwrap();
            verify(&signed, proofs(&signed)[0], key.public_key()).unwrap().verification_method.len()
        });
    }

    let rsa = TestKey::fresh_rsa().unwrap();
    for (name, key) in [("ES256", &p256), ("RS256", &rsa)] {
        let draft = || vc_jwt::draft(&value, key.public_key().algorithm(), "did:web:badges.example#k").unwrap();
        let signature = key.sign(draft().signing_input()).unwrap();
        let text = draft().complete(&signature, key.public_key()).unwrap();
        measure(&format!("verify VC-JWT {name} with its claims"), || {
            let jws = CompactJws::parse(&text).unwrap();
            jws::verify(&jws, key.public_key()).unwrap();
            vc_jwt::check_claims(jws.payload()).unwrap().issues.len()
        });
    }
}
