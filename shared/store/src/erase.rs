//! Everything of an organisation's, taken away for ever: for the operator, no function does this.
//!
//! The whole table is read, twice: first for what the organisation has (badges, events, lists, forms, applications), then for every row that
//! belongs to one of those. So nothing is missed because a row of an index was lost, and an erasure that broke off is done by the same
//! command again. What stops the organisation's work goes first, what says that something is left to erase goes last.

use crate::client::{Store, StoreError};
use crate::item::Item;
use crate::key::{self, TableKey};
use crate::objects::unavailable;
use crate::signing_keys::{DEFAULT_SCOPE, SigningKey};
use badge::{ApplicationId, BadgeId, ClientId, CredentialId, EventId, FormId, StatusListId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Something that has rows of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Thing {
    Badge(BadgeId),
    Event(EventId),
    List(StatusListId),
    Form(FormId),
    Application(ApplicationId),
}

/// Whose a row is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// An organisation's, by its key.
    Organisation(String),
    /// Whoever's this is.
    Thing(Thing),
    /// The deployment's, or a person's.
    Nobody,
}

/// Whose a row is, by its key; none for a key that nothing of the product's has.
pub(crate) fn whose(row: &TableKey) -> Option<Whose> {
    row.family()?;
    let pk: Vec<&str> = row.pk.split('#').collect();
    let sk: Vec<&str> = row.sk.split('#').collect();
    let thing = |thing: Option<Thing>| thing.map(Whose::Thing);
    let application = |id: &str| thing(id.parse().ok().map(Thing::Application));
    match (pk[..].first().copied()?, &pk[1..], &sk[..]) {
        ("ORGS", ..) => Some(Whose::Organisation(row.sk.clone())),
        ("HOOKS", _, [client, ..]) | ("PERSON", _, ["MEMBER", client]) => Some(Whose::Organisation((*client).into())),
        ("KEYS", _, ["KEY", scope, ..]) if *scope != DEFAULT_SCOPE => Some(Whose::Organisation((*scope).into())),
        ("DUE", _, [_, client, ..]) => Some(Whose::Organisation((*client).into())),
        (
            "ORG" | "SECRET" | "FEED" | "FORMS" | "MEMBERS" | "AUDIT" | "USAGE" | "EXPORT" | "APPLICATIONS"
            | "APPLICANT",
            [client, ..],
            _,
        ) => Some(Whose::Organisation((*client).into())),
        ("BADGE", [id], _) => thing(id.parse().ok().map(Thing::Badge)),
        ("EVENT", [id], _) | ("EXPIRY", [_], [id]) | ("PENDING", _, [_, id, ..]) => {
            thing(id.parse().ok().map(Thing::Event))
        }
        ("SHOWN", [id], _) => thing(id.parse().ok().map(|id: CredentialId| Thing::Event(id.event()))),
        ("STATUS", [id], _) | ("REVOKING", _, [_, id, ..]) => thing(id.parse().ok().map(Thing::List)),
        ("FORM", [id], _) => thing(id.parse().ok().map(Thing::Form)),
        ("APPLICATION" | "EVIDENCE" | "LETTER", [id], _) => application(id),
        ("AWARD", _, [_, id]) | ("REMIND", _, [id]) => application(id),
        _ => Some(Whose::Nobody),
    }
}

/// In which order rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// Without these nothing of the organisation's goes on.
    Stop,
    Rest,
    /// What tells whose the rest is.
    Head,
    /// That there is this organisation.
    Last,
}

fn turn(row: &TableKey) -> Turn {
    match (row.words().0, row.sk.as_str()) {
        ("ORG", "ORG") | ("SECRET" | "MEMBERS" | "HOOKS" | "PERSON" | "EXPORT", _) => Turn::Stop,
        ("BADGE" | "FORM" | "APPLICATION", "HEAD") | ("EVENT", "EVENT") | ("STATUS", "LIST") => Turn::Head,
        ("ORGS", _) => Turn::Last,
        _ => Turn::Rest,
    }
}

/// What an organisation has, or had.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Erasure {
    /// Rows of each kind.
    pub rows: BTreeMap<String, usize>,
    /// Files, each version of them counted.
    pub files: usize,
    /// KMS keys of the organisation's own. They are not deleted here: what they signed cannot be checked after their rows are gone.
    pub own_keys: Vec<String>,
}

/// What is gathered while the table is read.
#[derive(Debug, Default)]
struct Gathered {
    things: HashSet<Thing>,
    rows: BTreeSet<(Turn, TableKey)>,
    /// Object keys of its pictures, and of other organisations': the same picture is one file.
    pictures: BTreeSet<String>,
    of_others: HashSet<String>,
    own_keys: Vec<String>,
}

impl Gathered {
    /// First reading: whatever says whose it is.
    fn first(&mut self, client: &ClientId, row: &Item) -> Result<(), StoreError> {
        let key = row.key()?;
        let doc: Option<Value> = row.get_doc().ok();
        let said = row.get_text("client").ok().or_else(|| doc.as_ref()?["client"].as_str());
        let ours = match whose(&key) {
            Some(Whose::Organisation(id)) => id == client.as_str(),
            Some(Whose::Thing(thing)) => {
                let ours = said == Some(client.as_str());
                if ours {
                    self.things.insert(thing);
                }
                ours
            }
            _ => return Ok(()),
        };
        let mut pictures = BTreeSet::new();
        if let (true, Some(doc)) = (matches!(key.family(), Some(key::Family::BadgeVersion)) || key.sk == "BRAND", &doc)
        {
            pictures_in(doc, &mut pictures);
        }
        if ours {
            self.pictures.extend(pictures);
            if key.pk == key::KEYS_PARTITION {
                self.own_keys.extend(row.get_doc::<SigningKey>().ok().map(|key| key.arn));
            }
        } else {
            self.of_others.extend(pictures);
        }
        Ok(())
    }

    /// Second reading: every row of the organisation's and of what it has.
    fn second(&mut self, client: &ClientId, row: &Item) -> Result<(), StoreError> {
        let key = row.key()?;
        let ours = match whose(&key) {
            Some(Whose::Organisation(id)) => id == client.as_str(),
            Some(Whose::Thing(thing)) => self.things.contains(&thing),
            _ => false,
        };
        if ours {
            self.rows.insert((turn(&key), key));
        }
        Ok(())
    }

    fn prefixes(&self, client: &ClientId) -> Vec<String> {
        let events = self.things.iter().filter_map(|thing| match thing {
            Thing::Event(id) => Some([format!("baked/{id}"), format!("pdf/{id}")]),
            _ => None,
        });
        let own = self.pictures.iter().filter(|picture| !self.of_others.contains(*picture)).cloned();
        let of_client = ["imports", "exports"].map(|folder| format!("{folder}/{client}/"));
        events.flatten().chain(own).chain(of_client).collect()
    }
}

/// Object keys of pictures that a document names.
fn pictures_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, format) in [("png_sha256", "png"), ("sha256", "png"), ("sha256", "svg")] {
                let hash = map.get(name).and_then(Value::as_str).filter(|_| map.contains_key("png_sha256"));
                found.extend(hash.map(|hash| key::artwork_object(hash, format)));
            }
            map.values().for_each(|value| pictures_in(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| pictures_in(value, found)),
        _ => {}
    }
}

impl Store {
    /// Looks for everything of an organisation's, and with `write` takes it away. Nobody but the operator knows of it any more then: its
    /// credentials' addresses answer 404, and what it signed cannot be checked.
    ///
    /// `evidence`: the store of the bucket of evidence.
    ///
    /// # Errors
    /// [`StoreError`] when something cannot be read or taken away. Repeating goes on.
    pub async fn erase_organisation(
        &self,
        evidence: &Self,
        client: &ClientId,
        write: bool,
    ) -> Result<Erasure, StoreError> {
        let mut found = Gathered::default();
        self.scan(|row| found.first(client, row)).await?;
        self.scan(|row| found.second(client, row)).await?;
        let mut erasure = Erasure { own_keys: std::mem::take(&mut found.own_keys), ..Erasure::default() };
        for (_, row) in &found.rows {
            *erasure.rows.entry(row.kind()).or_default() += 1;
        }
        let rows = |turn: Turn| found.rows.iter().filter(move |(own, _)| *own == turn).map(|(_, key)| key);
        if write {
            self.delete_all(rows(Turn::Stop)).await?;
            self.delete_all(rows(Turn::Rest)).await?;
        }
        for prefix in found.prefixes(client) {
            erasure.files += self.erase_files(&prefix, write).await?;
        }
        erasure.files += evidence.erase_files(&format!("{}{client}/", key::EVIDENCE_OBJECTS), write).await?;
        if write {
            self.delete_all(rows(Turn::Head)).await?;
            self.delete_all(rows(Turn::Last)).await?;
        }
        Ok(erasure)
    }

    /// Takes away each version of every file whose key begins so. How many there were.
    pub(crate) async fn erase_files(&self, prefix: &str, write: bool) -> Result<usize, StoreError> {
        let (mut files, mut after) = (0, (None, None));
        loop {
            let page = self
                .s3()
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(prefix)
                .set_key_marker(after.0)
                .set_version_id_marker(after.1)
                .send()
                .await
                .map_err(|error| unavailable("ListObjectVersions", &error))?;
            let versions = page.versions.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
            let marks = page.delete_markers.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
            for (key, version) in versions.chain(marks) {
                files += 1;
                if write {
                    let delete = self.s3().delete_object().bucket(self.bucket());
                    let sent = delete.set_key(key).set_version_id(version).send().await;
                    sent.map_err(|error| unavailable("DeleteObject", &error))?;
                }
            }
            if page.is_truncated != Some(true) {
                return Ok(files);
            }
            after = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "acme";

    fn id<T: std::str::FromStr>(digit: char) -> T {
        std::iter::repeat_n(digit, 20).collect::<String>().parse().ok().expect("an id")
    }

    fn row(pk: &str, sk: &str) -> TableKey {
        TableKey { pk: pk.to_owned(), sk: sk.to_owned() }
    }

    /// Every row of the table in `key`, its names filled in: whose it is has been thought about.
    #[test]
    fn each_kind_of_row_is_an_organisations_or_is_named_here_as_nobodys() {
        const NOBODYS: [&str; 8] = ["EXPIRY", "RESULT", "SEALS", "RATE", "PEOPLE", "SIGNIN", "PERSON", "KEYS"];
        let fill = |text: &str| {
            let mut parts = text.split(['{', '}']).enumerate();
            let name = |(place, part): (usize, &str)| match (place % 2, part) {
                (0, literal) => literal.to_owned(),
                (_, "client") => CLIENT.to_owned(),
                (_, "credential") => "1".repeat(40),
                (_, "day" | "created" | "at" | "since" | "shard" | "n" | "first") => "7".to_owned(),
                (_, "scope") => DEFAULT_SCOPE.to_owned(),
                _ => "1".repeat(20),
            };
            parts.by_ref().map(name).collect::<String>()
        };
        let mut rows = 0;
        let lines = include_str!("key.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        for (pk, rest) in lines.filter_map(|line| line.split_once("` | `")) {
            let key = row(&fill(pk), &fill(rest.split_once('`').unwrap().0));
            let found = whose(&key);
            let nobodys = NOBODYS.iter().any(|name| key.pk.starts_with(name));
            match found {
                Some(Whose::Organisation(id)) => assert_eq!(id, CLIENT, "{key:?}"),
                Some(Whose::Thing(_)) => {}
                Some(Whose::Nobody) => assert!(nobodys, "{key:?} is nobody's"),
                None => panic!("{key:?} is not known"),
            }
            rows += 1;
        }
        assert!(rows > 50, "{rows}");
    }

    #[test]
    fn what_has_rows_of_its_own_is_found_by_what_it_says_and_others_stay() {
        let ours: ClientId = CLIENT.parse().unwrap();
        let event: EventId = id('2');
        let others: EventId = id('3');
        let head = |event: &EventId, client: &str| {
            Item::at(&key::event(event)).text("doc", format!("{{\"client\":\"{client}\"}}"))
        };
        let rows = [
            head(&event, CLIENT),
            head(&others, "another"),
            Item::at(&row(&format!("EVENT#{event}"), "PLAN#00000")),
            Item::at(&row(&format!("EVENT#{others}"), "PLAN#00000")),
            Item::at(&row("ORG#acme", "ORG")),
            Item::at(&row("ORG#acmes", "ORG")),
            Item::at(&row("ORGS", CLIENT)),
            Item::at(&row("PENDING#2", &format!("7#{event}#000"))),
        ];
        let mut found = Gathered::default();
        rows.iter().for_each(|row| found.first(&ours, row).unwrap());
        rows.iter().for_each(|row| found.second(&ours, row).unwrap());
        let keys: Vec<(Turn, String)> =
            found.rows.iter().map(|(turn, key)| (*turn, format!("{} {}", key.pk, key.sk))).collect();
        let expected = [
            (Turn::Stop, "ORG#acme ORG".to_owned()),
            (Turn::Rest, format!("EVENT#{event} PLAN#00000")),
            (Turn::Rest, format!("PENDING#2 7#{event}#000")),
            (Turn::Head, format!("EVENT#{event} EVENT")),
            (Turn::Last, format!("ORGS {CLIENT}")),
        ];
        assert_eq!(keys, expected);
        assert!(found.prefixes(&ours).contains(&format!("pdf/{event}")));
        assert!(!found.prefixes(&ours).contains(&format!("pdf/{others}")));
    }

    #[test]
    fn a_picture_that_another_organisation_has_too_stays() {
        let ours: ClientId = CLIENT.parse().unwrap();
        let version = |badge: char, client: &str, hash: &str| {
            let doc =
                serde_json::json!({"client": client, "artwork": {"format": "png", "sha256": hash, "png_sha256": hash}});
            Item::at(&key::badge_version(&id(badge), 1)).text("doc", doc.to_string())
        };
        let mut found = Gathered::default();
        for row in [version('1', CLIENT, "aa"), version('2', CLIENT, "bb"), version('3', "another", "bb")] {
            found.first(&ours, &row).unwrap();
        }
        let prefixes = found.prefixes(&ours);
        assert!(prefixes.contains(&key::artwork_object("aa", "png")));
        assert!(!prefixes.contains(&key::artwork_object("bb", "png")));
    }
}
