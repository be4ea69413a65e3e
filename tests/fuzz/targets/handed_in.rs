//! Files that applicants hand in, of every type that there is. The first byte says which.

#![no_main]

use evidence::{MediaType, Pieces, Verdict, examine};
use libfuzzer_sys::fuzz_target;

/// More rounds than any file needs.
const ROUNDS: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, file)) = bytes.split_first() else { return };
    let media = MediaType::ALL[usize::from(*kind) % MediaType::ALL.len()];
    let size = file.len() as u64;
    let mut pieces = Pieces::of_size(size);
    for _ in 0..ROUNDS {
        let Verdict::Need(need) = examine(media, size, &pieces) else { return };
        for read in need.reads() {
            assert!(read.start < read.end && read.end <= size, "only what the file has is asked for");
            let (from, to) = (read.start as usize, read.end as usize);
            pieces.fill(&need, read.start, &file[from..to]);
        }
    }
    panic!("an examination has no end");
});
