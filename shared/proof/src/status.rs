//! Status lists: W3C Bitstring Status List, its predecessor StatusList2021, and 1EdTech's revocation list.
//!
//! A list is a string of bits, gzipped, in base64url, inside a credential of its own that its issuer signs. Entry 0 is
//! the most significant bit of the first byte. Every badge names its entry; all badges of an issuer share few lists, so
//! that fetching one tells nobody which badge is being looked at.
//!
//! **Issue**: [`StatusEntry::to_value`] into the badge, [`Bitstring::set`], [`ListCredential::to_value`], sign.
//! **Check**: [`StatusEntry::parse`], fetch and verify the list's own proof, [`StatusList::parse`],
//! [`StatusList::status`].

use std::io::{Read as _, Write as _};

use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    encoding::{base64url_decode, base64url_encode},
    time::to_rfc3339_seconds,
};

/// Fewest entries of a list: 131,072 (16 KiB), for herd privacy (Bitstring Status List §2.2, §6.1).
pub const MIN_ENTRIES: usize = 131_072;

/// Largest list read, decompressed: 4 MiB, 32 Mi entries of one bit. Gzip shrinks zeros a thousandfold, so this bounds
/// what a small answer may grow to.
pub const MAX_STATUS_LIST_BYTES: usize = 4 * 1024 * 1024;

/// Longest `encodedList` looked at, in characters: [`MAX_STATUS_LIST_BYTES`] that did not shrink at all.
pub const MAX_ENCODED_LIST_CHARS: usize = MAX_STATUS_LIST_BYTES / 3 * 4 + 1024;

/// Largest `statusSize` read, in bits per entry. The specification names none; its examples use 2.
pub const MAX_STATUS_SIZE_BITS: u8 = 8;

/// Most entries of a 1EdTech revocation list that are looked at.
pub const MAX_REVOKED_CREDENTIALS: usize = 1_000_000;

/// Why a list, or an entry, is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// A member is missing or not of its type.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A status type that is not read here.
    #[error("unsupported status type {0}")]
    Unsupported(String),
    /// `encodedList` is not base64url of gzip.
    #[error("encodedList is not base64url of gzip")]
    Encoding,
    /// The list is larger than [`MAX_STATUS_LIST_BYTES`].
    #[error("the list is larger than {MAX_STATUS_LIST_BYTES} bytes")]
    TooLarge,
    /// The list is shorter than [`MIN_ENTRIES`].
    #[error("the list has {entries} entries, fewer than {MIN_ENTRIES}")]
    TooShort {
        /// How many it has.
        entries: usize,
    },
    /// The entry is not in the list.
    #[error("entry {index} is beyond the list's {entries}")]
    OutOfRange {
        /// The entry asked for.
        index: u64,
        /// How many there are.
        entries: usize,
    },
    /// The list was made for another purpose than the entry's.
    #[error("the list's purpose is not {0:?}")]
    WrongPurpose(String),
}

/// A string of bits, entry 0 first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitstring {
    bytes: Vec<u8>,
}

impl Bitstring {
    /// `entries` zeros, rounded up to whole bytes and to [`MIN_ENTRIES`].
    ///
    /// # Errors
    /// [`StatusError::TooLarge`].
    pub fn new(entries: usize) -> Result<Self, StatusError> {
        let bytes = entries.max(MIN_ENTRIES).div_ceil(8);
        if bytes > MAX_STATUS_LIST_BYTES {
            return Err(StatusError::TooLarge);
        }
        Ok(Self { bytes: vec![0; bytes] })
    }

    /// How many bits there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len() * 8
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, first entry in the most significant bit of the first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// From bytes, as stored.
    ///
    /// # Errors
    /// [`StatusError::TooLarge`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, StatusError> {
        if bytes.len() > MAX_STATUS_LIST_BYTES { Err(StatusError::TooLarge) } else { Ok(Self { bytes }) }
    }

    /// Bit `index`; `None` beyond the end.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<bool> {
        self.bytes.get(index / 8).map(|byte| byte & mask(index) != 0)
    }

    /// Sets bit `index` to `value`.
    ///
    /// # Errors
    /// [`StatusError::OutOfRange`].
    pub fn set(&mut self, index: usize, value: bool) -> Result<(), StatusError> {
        let entries = self.len();
        let byte = self.bytes.get_mut(index / 8).ok_or(StatusError::OutOfRange { index: index as u64, entries })?;
        if value {
            *byte |= mask(index);
        } else {
            *byte &= !mask(index);
        }
        Ok(())
    }

    /// How many bits are set.
    #[must_use]
    pub fn count_set(&self) -> usize {
        self.bytes.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// `encodedList`: `u`, and base64url of gzip. The same bits always give the same text.
    #[must_use]
    pub fn encode(&self) -> String {
        // mtime 0 and no name: gzip's header would otherwise differ from run to run.
        let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        let compressed = gzip.write_all(&self.bytes).and_then(|()| gzip.finish());
        // Writing into memory does not fail; an empty text would be refused by every reader.
        compressed.map(|bytes| format!("u{}", base64url_encode(&bytes))).unwrap_or_default()
    }

    /// Reads `encodedList`. The leading `u` (multibase) is missing in StatusList2021 and in early Bitstring lists; a gzip
    /// header in base64url starts with `H4sI`, so the two cannot be confused. Padding is accepted there as well.
    ///
    /// # Errors
    /// [`StatusError::Encoding`], [`StatusError::TooLarge`]. The shortest length is [`StatusList::parse`]'s to judge.
    pub fn decode(text: &str) -> Result<Self, StatusError> {
        if text.len() > MAX_ENCODED_LIST_CHARS {
            return Err(StatusError::TooLarge);
        }
        let text = text.strip_prefix('u').unwrap_or_else(|| text.trim_end_matches('='));
        let compressed = base64url_decode(text).map_err(|_| StatusError::Encoding)?;
        let mut bytes = Vec::new();
        let limit = MAX_STATUS_LIST_BYTES as u64 + 1;
        MultiGzDecoder::new(compressed.as_slice())
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|_| StatusError::Encoding)?;
        Self::from_bytes(bytes)
    }
}

/// The bit of entry `index` in its byte.
const fn mask(index: usize) -> u8 {
    0x80 >> (index % 8)
}

/// Where a badge's status stands: `BitstringStatusListEntry`, or `StatusList2021Entry` of old ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEntry {
    /// Id of the entry, different from the list's URL. Open Badges' schema requires it, Bitstring's does not.
    pub id: Option<String>,
    /// What the status says: `revocation`, `suspension`, `message`…
    pub purpose: String,
    /// Number of the entry.
    pub index: u64,
    /// URL of the list.
    pub list_url: String,
    /// Bits per entry; 1 unless the badge says otherwise.
    pub size_bits: u8,
    /// What each value means, for the purpose `message`.
    pub messages: Vec<(u8, String)>,
}

impl StatusEntry {
    /// The entry for a badge that we issue: one bit, `id` = `LIST#INDEX`.
    #[must_use]
    pub fn new(list_url: &str, index: u64, purpose: &str) -> Self {
        Self {
            id: Some(format!("{list_url}#{index}")),
            purpose: purpose.to_owned(),
            index,
            list_url: list_url.to_owned(),
            size_bits: 1,
            messages: Vec::new(),
        }
    }

    /// `credentialStatus` of a badge. `statusListIndex` is a string, as the specification has it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut entry = Map::new();
        if let Some(id) = &self.id {
            entry.insert("id".into(), id.as_str().into());
        }
        entry.insert("type".into(), "BitstringStatusListEntry".into());
        entry.insert("statusPurpose".into(), self.purpose.as_str().into());
        entry.insert("statusListIndex".into(), self.index.to_string().into());
        entry.insert("statusListCredential".into(), self.list_url.as_str().into());
        if self.size_bits != 1 {
            entry.insert("statusSize".into(), self.size_bits.into());
        }
        if !self.messages.is_empty() {
            let messages = self.messages.iter();
            let messages = messages.map(|(status, text)| json!({"status": format!("0x{status:x}"), "message": text}));
            entry.insert("statusMessage".into(), messages.collect::<Vec<_>>().into());
        }
        Value::Object(entry)
    }

    /// Reads one `credentialStatus`. One leniency: an index written as a JSON number.
    ///
    /// # Errors
    /// [`StatusError::Unsupported`] for another type (`1EdTechRevocationList` is read by [`RevocationList`]),
    /// [`StatusError::Malformed`].
    pub fn parse(entry: &Value) -> Result<Self, StatusError> {
        let text = |name| entry.get(name).and_then(Value::as_str);
        let kind = text("type").ok_or(StatusError::Malformed("credentialStatus.type"))?;
        if !matches!(kind, "BitstringStatusListEntry" | "StatusList2021Entry") {
            return Err(StatusError::Unsupported(kind.chars().take(60).collect()));
        }
        let index = match entry.get("statusListIndex") {
            Some(Value::String(digits)) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok(),
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let size_bits = match entry.get("statusSize") {
            None => Some(1),
            Some(size) => size.as_u64().and_then(|size| u8::try_from(size).ok()),
        };
        let size_bits = size_bits.filter(|size| (1..=MAX_STATUS_SIZE_BITS).contains(size));
        Ok(Self {
            id: text("id").map(str::to_owned),
            purpose: text("statusPurpose").ok_or(StatusError::Malformed("statusPurpose"))?.to_owned(),
            index: index.ok_or(StatusError::Malformed("statusListIndex"))?,
            list_url: text("statusListCredential").ok_or(StatusError::Malformed("statusListCredential"))?.to_owned(),
            size_bits: size_bits.ok_or(StatusError::Malformed("statusSize"))?,
            messages: messages(entry)?,
        })
    }

    /// What the badge says a value means.
    #[must_use]
    pub fn message(&self, status: u8) -> Option<&str> {
        self.messages.iter().find(|(value, _)| *value == status).map(|(_, text)| text.as_str())
    }
}

/// `statusMessage`: `[{"status": "0x0", "message": "…"}, …]`.
fn messages(entry: &Value) -> Result<Vec<(u8, String)>, StatusError> {
    const MALFORMED: StatusError = StatusError::Malformed("statusMessage");
    let Some(list) = entry.get("statusMessage") else {
        return Ok(Vec::new());
    };
    let read = |message: &Value| {
        let digits = message.get("status")?.as_str()?.strip_prefix("0x")?;
        let status = u8::from_str_radix(digits, 16).ok()?;
        Some((status, message.get("message")?.as_str()?.to_owned()))
    };
    let list = list.as_array().filter(|list| list.len() <= 1 << MAX_STATUS_SIZE_BITS).ok_or(MALFORMED)?;
    list.iter().map(|message| read(message).ok_or(MALFORMED)).collect()
}

/// A list that has been read from its credential. That credential's own proof is checked like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// Its purposes: mostly one.
    pub purposes: Vec<String>,
    /// The bits.
    pub bits: Bitstring,
    /// How long a reader may keep it, in milliseconds.
    pub ttl_milliseconds: Option<u64>,
}

impl StatusList {
    /// Reads `credentialSubject` of a `BitstringStatusListCredential` or `StatusList2021Credential`.
    ///
    /// # Errors
    /// [`StatusError::Malformed`], [`StatusError::Encoding`], [`StatusError::TooLarge`], [`StatusError::TooShort`].
    pub fn parse(credential: &Value) -> Result<Self, StatusError> {
        let subject = credential.get("credentialSubject").ok_or(StatusError::Malformed("credentialSubject"))?;
        let subject = match subject {
            Value::Array(subjects) if subjects.len() == 1 => &subjects[0],
            single => single,
        };
        if !names(subject.get("type")).any(|kind| matches!(kind, "BitstringStatusList" | "StatusList2021")) {
            return Err(StatusError::Malformed("credentialSubject.type"));
        }
        let purposes: Vec<_> = names(subject.get("statusPurpose")).map(str::to_owned).collect();
        if purposes.is_empty() {
            return Err(StatusError::Malformed("statusPurpose"));
        }
        let text = subject.get("encodedList").and_then(Value::as_str);
        let bits = Bitstring::decode(text.ok_or(StatusError::Malformed("encodedList"))?)?;
        if bits.len() < MIN_ENTRIES {
            return Err(StatusError::TooShort { entries: bits.len() });
        }
        Ok(Self { purposes, bits, ttl_milliseconds: subject.get("ttl").and_then(Value::as_u64) })
    }

    /// The value of a badge's entry: 0 or 1, or up to `2^size - 1` of wider entries (Bitstring Status List §3.2).
    ///
    /// # Errors
    /// [`StatusError::WrongPurpose`], [`StatusError::TooShort`] and [`StatusError::OutOfRange`] in entries of that size.
    pub fn status(&self, entry: &StatusEntry) -> Result<u8, StatusError> {
        if !self.purposes.contains(&entry.purpose) {
            return Err(StatusError::WrongPurpose(entry.purpose.chars().take(60).collect()));
        }
        let size = usize::from(entry.size_bits.clamp(1, MAX_STATUS_SIZE_BITS));
        let entries = self.bits.len() / size;
        if entries < MIN_ENTRIES {
            return Err(StatusError::TooShort { entries });
        }
        let out_of_range = StatusError::OutOfRange { index: entry.index, entries };
        let index = usize::try_from(entry.index).ok().filter(|index| *index < entries).ok_or(out_of_range)?;
        let bits = (index * size..(index + 1) * size).map(|bit| self.bits.get(bit).unwrap_or_default());
        Ok(bits.fold(0, |value, bit| value << 1 | u8::from(bit)))
    }
}

/// A string or a list of strings.
fn names(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    list.iter().filter_map(Value::as_str)
}

/// The credential around a list that we publish; it is signed like a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCredential<'a> {
    /// URL of the list, where it is served: `statusListCredential` of the badges.
    pub url: &'a str,
    /// Id of the issuer: the same as the badges'.
    pub issuer_id: &'a str,
    /// What a set bit means: `revocation`.
    pub purpose: &'a str,
    /// From when this state of the list counts.
    pub valid_from: Timestamp,
    /// Until when, so that an old state cannot be shown for ever.
    pub valid_until: Option<Timestamp>,
}

impl ListCredential<'_> {
    /// The unsigned credential.
    #[must_use]
    pub fn to_value(&self, bits: &Bitstring) -> Value {
        let mut credential = Map::new();
        credential.insert("@context".into(), json!(["https://www.w3.org/ns/credentials/v2"]));
        credential.insert("id".into(), self.url.into());
        credential.insert("type".into(), json!(["VerifiableCredential", "BitstringStatusListCredential"]));
        credential.insert("issuer".into(), self.issuer_id.into());
        credential.insert("validFrom".into(), to_rfc3339_seconds(self.valid_from).into());
        if let Some(valid_until) = self.valid_until {
            credential.insert("validUntil".into(), to_rfc3339_seconds(valid_until).into());
        }
        // A plain string, not an array: digitalbazaar's library reads nothing else.
        credential.insert(
            "credentialSubject".into(),
            json!({
                "id": format!("{}#list", self.url),
                "type": "BitstringStatusList",
                "statusPurpose": self.purpose,
                "encodedList": bits.encode()
            }),
        );
        Value::Object(credential)
    }
}

/// What a `1EdTechRevocationList` URL answers (1EdTech revocation list 1.0): plain JSON, not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    /// Whose list it is.
    pub issuer: Option<String>,
    revoked: Vec<RevokedCredential>,
}

/// A credential that such a list names as revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCredential {
    /// Its id.
    pub id: String,
    /// Why, in the issuer's words.
    pub reason: Option<String>,
}

impl RevocationList {
    /// Reads `{"id", "issuer", "revokedCredential": [{"id", "revoked"?, "revocationReason"?}]}`. An entry counts as
    /// revoked unless it says `"revoked": false`; one entry without brackets counts as a list of one.
    ///
    /// # Errors
    /// [`StatusError::Malformed`], [`StatusError::TooLarge`] beyond [`MAX_REVOKED_CREDENTIALS`].
    pub fn parse(list: &Value) -> Result<Self, StatusError> {
        const MALFORMED: StatusError = StatusError::Malformed("revokedCredential");
        let list = list.as_object().ok_or(StatusError::Malformed("1EdTechRevocationList"))?;
        let entries = match list.get("revokedCredential") {
            None => &[],
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        if entries.len() > MAX_REVOKED_CREDENTIALS {
            return Err(StatusError::TooLarge);
        }
        let mut revoked = Vec::new();
        for entry in entries {
            let id = entry.get("id").and_then(Value::as_str).ok_or(MALFORMED)?;
            match entry.get("revoked") {
                None | Some(Value::Bool(true)) => revoked.push(RevokedCredential {
                    id: id.to_owned(),
                    reason: entry.get("revocationReason").and_then(Value::as_str).map(str::to_owned),
                }),
                Some(Value::Bool(false)) => {}
                Some(_) => return Err(MALFORMED),
            }
        }
        let issuer = list.get("issuer").and_then(|issuer| issuer.as_str().or_else(|| issuer.get("id")?.as_str()));
        Ok(Self { issuer: issuer.map(str::to_owned), revoked })
    }

    /// The entry that revokes the credential of that id.
    #[must_use]
    pub fn find(&self, credential_id: &str) -> Option<&RevokedCredential> {
        self.revoked.iter().find(|revoked| revoked.id == credential_id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bitstring Status List, example of an encoded list: 131,072 zeros.
    const ZEROS: &str = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
    const URL: &str = "https://badges.example/status/7";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn list(bits: &Bitstring) -> Value {
        let credential = ListCredential {
            url: URL,
            issuer_id: "did:web:badges.example",
            purpose: "revocation",
            valid_from: "2026-01-15T09:30:00Z".parse().unwrap(),
            valid_until: Some("2026-02-15T09:30:00Z".parse().unwrap()),
        };
        credential.to_value(bits)
    }

    #[test]
    fn the_first_entry_is_the_most_significant_bit() {
        let mut bits = Bitstring::new(1).unwrap();
        assert_eq!(bits.len(), MIN_ENTRIES);
        bits.set(0, true).unwrap();
        bits.set(15, true).unwrap();
        assert_eq!(&bits.as_bytes()[..2], [0x80, 0x01]);
        assert_eq!((bits.get(0), bits.get(1), bits.get(MIN_ENTRIES)), (Some(true), Some(false), None));
        bits.set(0, false).unwrap();
        assert_eq!(bits.count_set(), 1);
        let beyond = StatusError::OutOfRange { index: MIN_ENTRIES as u64, entries: MIN_ENTRIES };
        assert_eq!(bits.set(MIN_ENTRIES, true), Err(beyond));
    }

    #[test]
    fn lists_of_others_are_read() {
        let zeros = Bitstring::new(0).unwrap();
        assert_eq!(Bitstring::decode(ZEROS), Ok(zeros.clone()));
        // StatusList2021: no multibase prefix, perhaps padding.
        assert_eq!(Bitstring::decode(&ZEROS[1..]), Ok(zeros.clone()));
        assert_eq!(Bitstring::decode(&format!("{}==", &ZEROS[1..])), Ok(zeros));
        for text in ["", "u", "uAAAA", "zH4sI", &ZEROS[..40], &format!("{ZEROS}="), &ZEROS.replace('M', "N")] {
            assert_eq!(Bitstring::decode(text), Err(StatusError::Encoding), "{text}");
        }
    }

    #[test]
    fn a_small_text_may_not_become_a_huge_list() {
        let bomb = format!("u{}", base64url_encode(&gzip(&vec![0; MAX_STATUS_LIST_BYTES + 1])));
        assert!(bomb.len() < 20_000);
        assert_eq!(Bitstring::decode(&bomb), Err(StatusError::TooLarge));
        // Several gzip members count together.
        let members = gzip(&vec![0; MAX_STATUS_LIST_BYTES / 2]).repeat(3);
        assert_eq!(Bitstring::decode(&format!("u{}", base64url_encode(&members))), Err(StatusError::TooLarge));
        assert_eq!(Bitstring::decode(&"A".repeat(MAX_ENCODED_LIST_CHARS + 1)), Err(StatusError::TooLarge));
        assert_eq!(Bitstring::new(usize::MAX), Err(StatusError::TooLarge));
    }

    #[test]
    fn the_list_credential_is_read_back_and_is_sound_json_ld() {
        let mut bits = Bitstring::new(MIN_ENTRIES).unwrap();
        bits.set(94567, true).unwrap();
        let credential = list(&bits);
        assert_eq!(credential["credentialSubject"]["type"], "BitstringStatusList");
        assert_eq!(list(&bits), credential, "the same bits give the same text");
        let read = StatusList::parse(&credential).unwrap();
        assert_eq!(read.bits, bits);
        assert_eq!(read.status(&StatusEntry::new(URL, 94567, "revocation")), Ok(1));
        assert_eq!(read.status(&StatusEntry::new(URL, 94568, "revocation")), Ok(0));
        let beyond = StatusError::OutOfRange { index: 131_072, entries: MIN_ENTRIES };
        assert_eq!(read.status(&StatusEntry::new(URL, 131_072, "revocation")), Err(beyond));
        let wrong = StatusError::WrongPurpose("suspension".into());
        assert_eq!(read.status(&StatusEntry::new(URL, 0, "suspension")), Err(wrong));
        let canonical = jsonld::canonicalize(&credential, &jsonld::Limits::default()).unwrap();
        assert!(canonical.as_str().contains("https://www.w3.org/ns/credentials/status#encodedList"));
    }

    #[test]
    fn lists_are_refused_for_what_they_lack() {
        let good = list(&Bitstring::new(0).unwrap());
        let with = |name: &str, value: Value| {
            let mut list = good.clone();
            list["credentialSubject"][name] = value;
            StatusList::parse(&list)
        };
        let short = format!("u{}", base64url_encode(&gzip(&[0; 16_383])));
        assert_eq!(with("encodedList", json!(short)), Err(StatusError::TooShort { entries: 131_064 }));
        assert_eq!(with("encodedList", json!(1)), Err(StatusError::Malformed("encodedList")));
        assert_eq!(with("type", json!("Other")), Err(StatusError::Malformed("credentialSubject.type")));
        assert_eq!(with("statusPurpose", json!([])), Err(StatusError::Malformed("statusPurpose")));
        assert_eq!(StatusList::parse(&json!([])), Err(StatusError::Malformed("credentialSubject")));
        let two = with("statusPurpose", json!(["revocation", "suspension"])).unwrap();
        assert_eq!(two.status(&StatusEntry::new(URL, 0, "suspension")), Ok(0));
        assert!(with("type", json!(["BitstringStatusList"])).is_ok());
        assert_eq!(with("ttl", json!(300_000)).unwrap().ttl_milliseconds, Some(300_000));
    }

    #[test]
    fn wide_entries_and_messages() {
        let entry = StatusEntry::parse(&json!({
            "id": "https://a.example/1#5", "type": "BitstringStatusListEntry", "statusPurpose": "message",
            "statusListIndex": "5", "statusSize": 2, "statusListCredential": URL,
            "statusMessage": [{"status": "0x0", "message": "pending"}, {"status": "0x2", "message": "発行"}]
        }))
        .unwrap();
        let mut bits = Bitstring::new(2 * MIN_ENTRIES).unwrap();
        bits.set(10, true).unwrap();
        let list = StatusList { purposes: vec!["message".into()], bits, ttl_milliseconds: None };
        let status = list.status(&entry).unwrap();
        assert_eq!((status, entry.message(status), entry.message(1)), (2, Some("発行"), None));
        assert_eq!(StatusEntry::parse(&entry.to_value()), Ok(entry.clone()));
        // Half as many entries fit when each takes two bits.
        let short = StatusList { bits: Bitstring::new(MIN_ENTRIES).unwrap(), ..list };
        assert_eq!(short.status(&entry), Err(StatusError::TooShort { entries: MIN_ENTRIES / 2 }));
    }

    #[test]
    fn entries_are_read_strictly() {
        let good = StatusEntry::new(URL, 94567, "revocation");
        assert_eq!(good.to_value()["statusListIndex"], "94567");
        assert_eq!(StatusEntry::parse(&good.to_value()), Ok(good.clone()));
        let with = |name: &str, value: Value| {
            let mut entry = good.to_value();
            entry[name] = value;
            StatusEntry::parse(&entry)
        };
        assert_eq!(with("statusListIndex", json!(94567)), Ok(good.clone()));
        assert_eq!(with("type", json!("StatusList2021Entry")), Ok(good.clone()));
        assert_eq!(
            with("type", json!("1EdTechRevocationList")),
            Err(StatusError::Unsupported("1EdTechRevocationList".into()))
        );
        for index in
            [json!("-1"), json!("+1"), json!(""), json!("1.0"), json!(1.5), json!("99999999999999999999"), json!(null)]
        {
            assert_eq!(with("statusListIndex", index), Err(StatusError::Malformed("statusListIndex")));
        }
        for size in [json!(0), json!(9), json!("1"), json!(null)] {
            assert_eq!(with("statusSize", size), Err(StatusError::Malformed("statusSize")));
        }
        for message in [json!({}), json!([{"status": "1", "message": ""}]), json!([{"status": "0x1ff", "message": ""}])]
        {
            assert_eq!(with("statusMessage", message), Err(StatusError::Malformed("statusMessage")));
        }
        assert_eq!(with("statusListCredential", json!({})), Err(StatusError::Malformed("statusListCredential")));
    }

    #[test]
    fn the_1edtech_revocation_list() {
        let list = RevocationList::parse(&json!({
            "id": "https://a.example/revoked", "issuer": "https://a.example/issuer",
            "revokedCredential": [
                {"id": "urn:1", "revoked": true, "revocationReason": "issued in error"},
                {"id": "urn:2"},
                {"id": "urn:3", "revoked": false}
            ]
        }))
        .unwrap();
        assert_eq!(list.issuer.as_deref(), Some("https://a.example/issuer"));
        assert_eq!(list.find("urn:1").unwrap().reason.as_deref(), Some("issued in error"));
        assert!(list.find("urn:2").is_some() && list.find("urn:3").is_none() && list.find("urn:4").is_none());
        assert!(RevocationList::parse(&json!({"revokedCredential": {"id": "urn:1"}})).unwrap().find("urn:1").is_some());
        assert!(RevocationList::parse(&json!({})).unwrap().find("urn:1").is_none());
        for bad in [
            json!([]),
            json!({"revokedCredential": ["urn:1"]}),
            json!({"revokedCredential": [{"id": "urn:1", "revoked": "no"}]}),
        ] {
            assert!(matches!(RevocationList::parse(&bad), Err(StatusError::Malformed(_))), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn round_trip(indexes in prop::collection::btree_set(0_usize..200_000, 0..60)) {
            let mut bits = Bitstring::new(200_000).unwrap();
            for index in &indexes {
                bits.set(*index, true).unwrap();
            }
            prop_assert_eq!(bits.count_set(), indexes.len());
            let text = bits.encode();
            prop_assert_eq!(&bits.encode(), &text);
            let read = Bitstring::decode(&text).unwrap();
            prop_assert!(indexes.iter().all(|index| read.get(*index) == Some(true)));
            prop_assert_eq!(read, bits);
        }

        #[test]
        fn any_input_is_answered(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..80), number in any::<i64>()) {
            let _ = Bitstring::decode(&text);
            let _ = Bitstring::decode(&format!("uH4sI{}", base64url_encode(&bytes)));
            let entry = json!({"type": "BitstringStatusListEntry", "statusPurpose": text, "statusListCredential": text,
                "statusListIndex": number, "statusSize": number});
            let _ = StatusEntry::parse(&entry);
            let _ = RevocationList::parse(&entry);
        }
    }
}
