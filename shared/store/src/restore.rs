//! Rows of a restored copy of the table, put back where they are missing or damaged: for the operator, no function does this.
//!
//! A table that is restored to a moment of the past stands beside the one in use. What was lost since is there; so is what was taken away
//! on purpose, and what has long been done. So not everything comes back by itself (`Comes`), and of what both tables have, the one in
//! use is right unless the operator says otherwise.

use crate::client::{Expect, Store, StoreError};
use crate::item::Item;
use crate::key::TableKey;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Rows compared at once.
const ROWS_AT_ONCE: usize = 100;
/// Keys of rows that differ, named in an answer.
const MAX_NAMED: usize = 1_000;

/// Which rows to put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// Those of every partition: what somebody has, no rights, and no work that waits.
    All,
    /// Those of one partition, rights and waiting work included.
    Partition(&'a str),
}

/// When a row comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// With everything else.
    Always,
    /// With everything else, but never over what is there: a counter of an older time forgets what was counted since.
    WhereMissing,
    /// When its partition is named: what somebody may do, which may have been taken away since, and what was waiting to be done, which may
    /// be done.
    Named,
    /// Never: sessions, codes, exports and counts of the past, and the place in a status list from which on places are free, for those taken since
    /// would be given away twice. Without that place the next event begins a list.
    Never,
}

fn comes(key: &TableKey) -> Comes {
    match key.words() {
        ("RATE" | "SIGNIN" | "EXPORT", _)
        | ("PERSON", "SESSION")
        | ("ORG", "STATUS" | "REQUEST")
        | ("FORM", "SPENT") => Comes::Never,
        ("SECRET" | "PERSON" | "MEMBERS" | "HOOKS" | "KEYS" | "SEALS", _)
        | ("PENDING" | "AWARD" | "DUE" | "REVOKING" | "REMIND" | "EXPIRY", _) => Comes::Named,
        ("USAGE", _) | ("EVENT", "TALLY") => Comes::WhereMissing,
        _ => Comes::Always,
    }
}

/// What was found, and what was put back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PutBack {
    /// Rows that are in both tables alike.
    pub same: usize,
    /// Rows that do not come back by themselves, or are over.
    pub left_out: usize,
    /// Rows of each kind that the table in use lacks.
    pub missing: BTreeMap<String, usize>,
    /// Rows that differ, by their keys; the first thousand of them.
    pub different: Vec<String>,
    /// Rows that were written.
    pub written: usize,
}

impl Store {
    /// Compares the rows of `copy` with those here. With `write` the missing are put here; with `overwrite`, too, those that differ.
    ///
    /// # Errors
    /// [`StoreError`] when a table cannot be read or written. What was written until then stays; repeating goes on.
    pub async fn put_back(
        &self,
        copy: &Self,
        which: Which<'_>,
        write: bool,
        overwrite: bool,
        now: Timestamp,
    ) -> Result<PutBack, StoreError> {
        let mut report = PutBack::default();
        let mut start = None;
        loop {
            let (mut rows, next) = match which {
                Which::Partition(partition) => (copy.query(partition, "", None).await?, None),
                Which::All => copy.scan_page(start).await?,
            };
            let read = rows.len();
            rows.retain(|row| returns(row, which, now));
            report.left_out += read - rows.len();
            for rows in rows.chunks(ROWS_AT_ONCE) {
                self.put_back_some(rows, write, overwrite, &mut report).await?;
            }
            start = next;
            if start.is_none() {
                return Ok(report);
            }
        }
    }

    async fn put_back_some(
        &self,
        rows: &[Item],
        write: bool,
        overwrite: bool,
        report: &mut PutBack,
    ) -> Result<(), StoreError> {
        let keys = rows.iter().map(Item::key).collect::<Result<Vec<_>, _>>()?;
        let here = self.get_whole(&keys).await?.into_iter().map(|item| Ok((item.key()?, item)));
        let here = here.collect::<Result<HashMap<_, _>, StoreError>>()?;
        for row in rows {
            let key = row.key()?;
            let expect = match here.get(&key) {
                Some(there) if there == row => {
                    report.same += 1;
                    continue;
                }
                Some(_) => {
                    if report.different.len() < MAX_NAMED {
                        report.different.push(format!("{} {}", key.pk, key.sk));
                    }
                    if !overwrite || comes(&key) == Comes::WhereMissing {
                        continue;
                    }
                    Expect::Anything
                }
                None => {
                    *report.missing.entry(key.kind()).or_default() += 1;
                    Expect::Absent
                }
            };
            if write {
                match self.put(row.clone(), expect).await {
                    Ok(()) => report.written += 1,
                    // Somebody wrote it meanwhile: theirs is right.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

fn returns(row: &Item, which: Which<'_>, now: Timestamp) -> bool {
    let Ok(key) = row.key() else { return false };
    let over = row.find_number::<i64>("ttl").is_some_and(|ttl| ttl <= now.as_second());
    let comes = match comes(&key) {
        Comes::Always | Comes::WhereMissing => true,
        Comes::Named => matches!(which, Which::Partition(_)),
        Comes::Never => false,
    };
    comes && !over && key.family().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pk: &str, sk: &str) -> Item {
        Item::at(&TableKey { pk: pk.to_owned(), sk: sk.to_owned() })
    }

    #[test]
    fn rights_and_waiting_work_come_back_when_they_are_named_and_what_is_over_never() {
        let now = Timestamp::from_second(1_000).unwrap();
        let outcome = |row: &Item| (returns(row, Which::All, now), returns(row, Which::Partition("x"), now));
        for (pk, sk, expected) in [
            ("BADGE#b", "VERSION#1", (true, true)),
            ("EVENT#e", "CRED#1", (true, true)),
            ("ORG#c", "ORG", (true, true)),
            ("SECRET#c", "s", (false, true)),
            ("MEMBERS#c", "p", (false, true)),
            ("PERSON#p", "MEMBER#c", (false, true)),
            ("PENDING#0", "1#e#0", (false, true)),
            ("PERSON#p", "SESSION#h", (false, false)),
            ("ORG#c", "STATUS", (false, false)),
            ("RATE#r", "RATE", (false, false)),
            ("USAGE#c", "credentials_per_month#1", (true, true)),
            ("EXPORT#c", "RUNNING", (false, false)),
            ("NOT#ours", "X", (false, false)),
        ] {
            assert_eq!(outcome(&row(pk, sk)), expected, "{pk} {sk}");
        }
        assert!(returns(&row("FEED#c", "1").number("ttl", 1_001), Which::All, now));
        assert!(!returns(&row("FEED#c", "1").number("ttl", 1_000), Which::All, now));
    }
}
