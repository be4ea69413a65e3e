use super::*;
use crate::check::rules::tests::{judge, now, rows};
use badge::Event;

/// One write of an erasure.
#[derive(Debug, Clone)]
enum Write {
    Delete(TableKey),
    Put(Item),
    /// Of a transaction.
    Both(Vec<Write>),
}

fn carry_out(rows: &mut Vec<Item>, write: &Write) {
    match write {
        Write::Delete(key) => rows.retain(|row| row.key().unwrap() != *key),
        Write::Put(item) => {
            carry_out(rows, &Write::Delete(item.key().unwrap()));
            rows.push(item.clone());
        }
        Write::Both(writes) => writes.iter().for_each(|write| carry_out(rows, write)),
    }
}

fn at_key<'a>(rows: &'a [Item], key: &TableKey) -> Option<&'a Item> {
    rows.iter().find(|row| row.key().unwrap() == *key)
}

fn with(row: &Item, attribute: &str, value: &AttributeValue) -> Item {
    match value {
        AttributeValue::B(bytes) => row.clone().bytes(attribute, bytes.as_ref()),
        value => row.clone().text(attribute, value.as_s().unwrap()),
    }
}

/// The writes of an erasure in their order, as [`Store::erase_person`] makes them, and what it leaves alone.
fn writes(rows: &[Item], address: &str) -> (Vec<Write>, BTreeSet<String>) {
    let mut found = Found::of(&address.parse().unwrap());
    rows.iter().for_each(|row| found.take(row).unwrap());
    let mut subject = Subject::new(found);
    for place in subject.found.places.keys() {
        let event: Option<Event> = at_key(rows, &key::event(&place.0)).map(|row| row.get_doc().unwrap());
        if let Some(event) = event.filter(|_| !subject.found.erased.contains_key(place)) {
            subject.credentials.insert(place.clone(), event.draw(place.1).credential);
        }
    }
    let mut work = Work::default();
    rows.iter().for_each(|row| work.take(&mut subject, row).unwrap());
    let goes = |turn| {
        let of_turn = work.goes.iter().filter(move |(own, _)| *own == turn);
        of_turn.map(|(_, key)| Write::Delete(key.clone())).collect::<Vec<_>>()
    };
    let becomes = |turn| {
        let of_turn = work.becomes.iter().filter(move |(own, ..)| *own == turn);
        of_turn.map(|(_, _, attribute, value, row)| Write::Put(with(row, attribute, value))).collect::<Vec<_>>()
    };
    let credentials = subject.credentials.iter().map(|(place, id)| {
        let (key, nobody) = (key::credential(id), json(&nobody(place.1, &subject.found.places[place])).unwrap());
        let left = with(&Item::at(&key).number("n", place.1), "p", &nobody);
        let revoked = at_key(rows, &key).and_then(|row| row.value("r").cloned());
        Write::Put(revoked.map_or(left.clone(), |revoked| with(&left, "r", &revoked)))
    });
    let applications = subject.found.applications.values().map(|before| {
        let after = blanked(before.clone());
        let mut both = vec![
            Write::Put(Item::at(&key::application(&before.id)).doc(&after).unwrap()),
            Write::Delete(row_key(before).unwrap()),
            Write::Put(Item::at(&row_key(&after).unwrap()).doc(&Listed::of(&after)).unwrap()),
        ];
        if before.counted && !after.counted {
            let count = key::form_count(&before.form);
            let used: i64 = at_key(rows, &count).unwrap().get_number(USED).unwrap();
            both.push(Write::Put(Item::at(&count).number(USED, used - 1)));
        }
        if let State::Approved { .. } = before.state {
            both.push(Write::Delete(key::award(&before.id, before.since)));
        }
        Write::Both(both)
    });
    let all = [
        goes(Turn::Stop),
        credentials.collect(),
        applications.collect(),
        goes(Turn::Rest),
        becomes(Turn::Rest),
        goes(Turn::Last),
        becomes(Turn::Last),
    ];
    (all.concat(), work.left)
}

fn erase(rows: &mut Vec<Item>, address: &str) -> usize {
    let (writes, left) = writes(rows, address);
    assert_eq!(left, BTreeSet::new());
    writes.iter().for_each(|write| carry_out(rows, write));
    writes.len()
}

/// Whether an address stands anywhere, or its name in the organisation's index.
fn names(rows: &[Item], address: &str) -> bool {
    let address: EmailAddress = address.parse().unwrap();
    let key = key::organisation(&"c1".parse().unwrap());
    let organisation = organisations::read(at_key(rows, &key).unwrap()).unwrap();
    let (tag, hmac) = (organisation.mail_tag(&address), organisation.mail_hmac(&address));
    rows.iter().any(|row| {
        let text = format!("{row:?}").to_lowercase();
        let indexed = row.value(addresses::ENTRIES).is_some() && addresses::without(row, &tag).unwrap().is_some();
        text.contains(&address.folded()) || text.contains(&hmac) || indexed
    })
}

fn count(rows: &[Item], pk: &str, sk: &str) -> usize {
    let of = |row: &&Item| row.get_text("pk").unwrap().starts_with(pk) && row.get_text("sk").unwrap().starts_with(sk);
    rows.iter().filter(of).count()
}

/// Issued to twice, once not signed yet, with an application; revoked, with an approved one; neither.
const PEOPLE: [&str; 3] = ["P0@example.org", "p1@EXAMPLE.org", "p2@example.org"];

#[test]
fn whoever_is_erased_is_named_nowhere_and_the_store_agrees_with_itself() {
    let mut rows = rows();
    for (place, address) in PEOPLE.iter().enumerate() {
        assert!(names(&rows, address));
        let plans = count(&rows, "EVENT#", "PLAN#");
        assert!(erase(&mut rows, address) > 0);
        assert!(!names(&rows, address), "{address}");
        assert_eq!(judge(&rows, now(), false).violations, BTreeSet::new(), "{address}");
        assert!(PEOPLE[place + 1..].iter().all(|other| names(&rows, other)));
        assert_eq!(erase(&mut rows, address), 0, "{address}: once");
        assert_eq!(count(&rows, "EVENT#", "PLAN#"), plans);
    }
    let report = judge(&rows, now(), false);
    assert_eq!((report.counts["credentials"], report.counts["erased"], report.counts["revoked"]), (0, 4, 1));
    assert!(report.credentials.is_empty(), "nothing is left to verify");
    assert_eq!(
        (count(&rows, "APPLICANT#", ""), count(&rows, "FORM#", "PERSON#"), count(&rows, "ORG#c1#MAIL", "")),
        (0, 0, 0)
    );
    let left: usize =
        ["issued", "withdrawn"].iter().map(|state| count(&rows, &format!("APPLICATIONS#c1#{state}"), "")).sum();
    assert_eq!((left, count(&rows, "AWARD#", "")), (2, 0));
}

#[test]
fn an_erasure_that_breaks_off_anywhere_is_finished_by_the_next() {
    for address in PEOPLE {
        let (all, _) = writes(&rows(), address);
        for done in 0..all.len() {
            let mut rows = rows();
            all[..done].iter().for_each(|write| carry_out(&mut rows, write));
            erase(&mut rows, address);
            assert!(!names(&rows, address), "{address} after {done}");
            assert_eq!(judge(&rows, now(), false).violations, BTreeSet::new(), "{address} after {done}");
        }
    }
}

#[test]
fn what_a_backup_brings_back_goes_again() {
    let before = rows();
    let mut rows = before.clone();
    erase(&mut rows, PEOPLE[2]);
    // What is missing comes back; what is in use counts.
    let back: Vec<Item> = before.into_iter().filter(|row| at_key(&rows, &row.key().unwrap()).is_none()).collect();
    assert!(!back.is_empty());
    rows.extend(back);
    assert!(erase(&mut rows, PEOPLE[2]) > 0);
    assert!(!names(&rows, PEOPLE[2]));
    assert_eq!(judge(&rows, now(), false).violations, BTreeSet::new());
}

fn subject() -> Subject {
    let mut found = Found::of(&"ann@x.example".parse().unwrap());
    found.secret = Some(Secret::from_random([3; 32]));
    rows().iter().for_each(|row| found.take(row).unwrap());
    Subject::new(found)
}

fn row(pk: &str, sk: &str, doc: &Value) -> Item {
    Item::at(&TableKey { pk: pk.to_owned(), sk: sk.to_owned() }).doc(doc).unwrap()
}

/// What becomes of a row: its document then, or a word.
fn fate(subject: &Subject, row: &Item) -> Value {
    match subject.fate(&row.key().unwrap(), row).unwrap() {
        Fate::Stays => "stays".into(),
        Fate::Goes(_) => "goes".into(),
        Fate::Left => "left".into(),
        Fate::Becomes(_, _, value) => serde_json::from_str(value.as_s().unwrap()).unwrap(),
    }
}

#[test]
fn what_mentions_somebody_does_so_no_more_and_an_organisations_own_words_are_named() {
    let subject = subject();
    let (person, hmac) = (subject.person.clone().unwrap(), subject.hmacs.iter().next().unwrap().clone());
    let erased = EmailAddress::erased("person");
    let deed = |who: &str, name: &str, to: &str| serde_json::json!({"person": who, "name": name, "to": [to]});
    let nobody = "0".repeat(32);
    let approval = |person: &str, comment: &str| serde_json::json!({"approvals": [{"person": person, "credential": "c", "comment": comment}]});
    let reviewer =
        |name: &str, email: &str| serde_json::json!({"reviewers": [{"id": "r1", "name": name, "email": email}]});
    for (pk, sk, doc, expected) in [
        ("AUDIT#c1", "1#r", deed(person.as_str(), "Ann", "x"), deed(&nobody, ERASED_NAME, "x")),
        ("AUDIT#c1", "1#r", deed("else", "Bo", person.as_str()), deed("else", "Bo", &nobody)),
        ("AUDIT#c1", "1#r", deed("else", "Bo", "x"), "stays".into()),
        ("APPLICATION#z", "HEAD", approval(&hmac, "fine work"), approval("c", "")),
        ("APPLICATION#z", "TRAIL#1", "said ANN@x.example".into(), format!("said {}", erased.as_str()).into()),
        ("APPLICATION#z", "TRAIL#1", "said joann@x.example".into(), "stays".into()),
        ("FORM#f", "HEAD", reviewer("Ann", "Ann@x.example"), reviewer(ERASED_NAME, "erased-r1@erased.invalid")),
        ("FORMS#c1", "TEMPLATE#f", reviewer("Bo", "bo@x.example"), "stays".into()),
        (
            "EVENT#e",
            "EVENT",
            serde_json::json!({"log_entry": "{\"for\":\"ann@x.example\"}"}),
            serde_json::json!({"log_entry": format!("{{\"for\":\"{}\"}}", erased.as_str())}),
        ),
        ("EVENT#e", "EVENT", serde_json::json!({"issuer": {"name": "A", "email": "ann@x.example"}}), "left".into()),
        ("BADGE#b", "VERSION#1", serde_json::json!({"criteria": "Ask ann@x.example."}), "left".into()),
        ("ORG#c1", "ALIAS#a", serde_json::json!({"name": "A", "email": "ann@x.example"}), "left".into()),
        ("ORG#c1", "ORG", serde_json::json!({"email": "a@a.example"}), "stays".into()),
        ("RESULT#r", "RESULT", serde_json::json!({"recipient": "ann@x.example"}), "goes".into()),
        ("SIGNIN#s", "SIGNIN", serde_json::json!({"address": "Ann@x.example"}), "goes".into()),
        ("SIGNIN#s", "SIGNIN", serde_json::json!({"address": "bo@x.example"}), "stays".into()),
    ] {
        assert_eq!(fate(&subject, &row(pk, sk, &doc)), expected, "{pk} {sk} {doc}");
    }
    let at = |pk: String, sk: String| Item::at(&TableKey { pk, sk });
    for (row, expected) in [
        (at(format!("PERSON#{person}"), "SESSION#h".into()), "goes"),
        (at(format!("PERSON#{person}"), "MEMBER#c1".into()), "goes"),
        (at("MEMBERS#c1".into(), person.to_string()), "goes"),
        (at("MEMBERS#c1".into(), "1".repeat(32)), "stays"),
        (at(format!("APPLICANT#c1#{hmac}"), "z".into()), "goes"),
        (at("FORM#f".into(), format!("PERSON#{hmac}")), "goes"),
        (at("FORM#f".into(), "PERSON#00".into()), "stays"),
    ] {
        assert_eq!(fate(&subject, &row), expected, "{row:?}");
    }
}
