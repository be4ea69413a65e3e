//! The classes of attacks, what catches each, and the table of what they cost.

use super::Cost;

/// A class of attacks.
pub(super) struct Class {
    name: &'static str,
    /// What its files' names begin with.
    prefixes: &'static [&'static str],
    caught_by: &'static str,
}

const fn class(name: &'static str, prefixes: &'static [&'static str], caught_by: &'static str) -> Class {
    Class { name, prefixes, caught_by }
}

/// All of them, by the names that the literature has where it has one.
const CLASSES: [Class; 20] = [
    class("incremental saving (ISA)", &["isa-"], "the range must reach the last byte"),
    class("wrapping (SWA)", &["swa-"], "the gap is exactly one hex string, in front of it /Contents"),
    class("universal forgery (USF)", &["usf-"], "four plain numbers or no seal; a check that cannot be made is a no"),
    class("shadow", &["shadow-"], "the range must reach the last byte"),
    class("evil annotation (EAA)", &["eaa-"], "the range must reach the last byte; no change is allowed, P = 1"),
    class("sneaky signature (SSA)", &["ssa-"], "the genuine range must reach the last byte; the other key is nobody's"),
    class("certification loosened", &["docmdp-"], "the range, or the digest"),
    class("certificate substitution", &["cert-"], "the certificate's SHA-256 is on the list; signingCertificateV2"),
    class("CMS", &["cms-"], "there is one way to write a seal, and it is written again to compare"),
    class("DER and digits in the gap", &["gap-"], "shortest definite lengths, hex digits only, zeros behind"),
    class("ECDSA numbers", &["ecdsa-"], "one DER text of a signature, then the arithmetic"),
    class("changed in place", &["page-", "info-", "seal-", "credential-", "version"], "the digest"),
    class("swapped between badges", &["swap-"], "the digest"),
    class("transplanted seal", &["transplant-"], "messageDigest is another document's"),
    class("bytes outside", &["append-", "prefix-", "two-pdfs-"], "%PDF- at the first byte; the range reaches the last"),
    class("genuine badge inside", &["genuine-inside"], "the range is not the outer file's"),
    class("stripped", &["stripped"], "words are no seal"),
    class("written anew", &["resave", "cut-"], "range and digest"),
    class("not a PDF", &["empty", "header-only", "png", "upper-case-header"], "%PDF- at the first byte"),
    class("bombs", &["bomb-"], "nothing is parsed or inflated before the signature holds"),
];

impl Class {
    fn has(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}

/// Whether the genuine key signed the file, only not as a seal of ours: to somebody who takes its certificate as an anchor,
/// such a signature is as good as any.
pub(super) fn is_signed_by_the_key(name: &str) -> bool {
    name.starts_with("cms-") || name == "cert-twice"
}

/// What the files of each class cost.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(String, usize, Cost)>,
}

impl Table {
    pub(super) fn add(&mut self, name: &str, bytes: usize, cost: Cost) {
        assert_eq!(CLASSES.iter().filter(|class| class.has(name)).count(), 1, "{name} is in one class");
        self.rows.push((name.to_owned(), bytes, cost));
    }

    pub(super) fn assert_complete(&self) {
        for class in &CLASSES {
            assert!(self.rows.iter().any(|(name, ..)| class.has(name)), "{} has a file", class.name);
        }
    }

    /// Per class the number of files, and the worst of them.
    pub(super) fn print(&self) {
        println!(
            "{:<26} {:>5} {:>9} {:>9} {:>9}  slowest, largest; caught by",
            "class", "files", "CPU µs", "heap B", "hashed B"
        );
        for class in &CLASSES {
            let rows: Vec<_> = self.rows.iter().filter(|(name, ..)| class.has(name)).collect();
            print_row(class.name, &rows, class.caught_by);
        }
        print_row("all", &self.rows.iter().collect::<Vec<_>>(), "");
    }
}

fn print_row(class: &str, rows: &[&(String, usize, Cost)], caught_by: &str) {
    let (Some(slowest), Some(largest), Some(hashed)) = (
        rows.iter().max_by_key(|row| row.2.micros),
        rows.iter().max_by_key(|row| row.2.heap),
        rows.iter().map(|row| row.2.hashed).max(),
    ) else {
        return;
    };
    println!(
        "{class:<26} {:>5} {:>9} {:>9} {hashed:>9}  {} ({} B), {}; {caught_by}",
        rows.len(),
        slowest.2.micros,
        largest.2.heap,
        slowest.0,
        slowest.1,
        largest.0,
    );
}
