//! A small store in which everything agrees, and everything that may be wrong with it.

use super::*;
use crate::credentials::NewCredential;
use crate::feed;
use crate::pack::Frame;
use application::application::{Action, Actor, Edits, Entry, Submission};
use application::{Answers, Applicant, Secret, Typed};
use badge::definition::Artwork;
use badge::notice::Recipients;
use badge::{EvidenceId, Organisation, PersonId, WebhookId};
use proof::status::{Bitstring, ListCredential};
use proptest::prelude::*;
use serde_json::json;

const SECRET: [u8; 32] = [9; 32];

fn id<T: std::str::FromStr<Err = badge::id::IdError>>(text: &str) -> T {
    text.parse().unwrap()
}
pub(crate) fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}
fn client() -> ClientId {
    id("c1")
}

fn organisation() -> (Item, StoredOrganisation) {
    let organisation: Organisation = serde_json::from_value(json!({
        "id": "c1", "name": "Acme", "url": "https://a.example", "email": "a@a.example", "created_at": now(), "modified_at": now(),
    }))
    .unwrap();
    let item = Item::at(&key::organisation(&client())).doc(&organisation).unwrap();
    let item = item.text("key_scope", "default").bytes("mail_secret", [4; 32]).number("hooks", 1);
    let stored = organisations::read(&item).unwrap();
    (item, stored)
}

fn badge(version: u32) -> Badge {
    let definition = json!({
        "category": [], "primary_language": "ja", "draft": false, "expires": 0,
        "content": [{"language": "ja", "name": "n", "description": "d", "criteria": "c", "tag": []}],
    });
    let artwork: Artwork =
        serde_json::from_value(json!({"format": "png", "sha256": "aa", "png_sha256": "aa"})).unwrap();
    let definition = badge::definition::Definition::read(&definition).unwrap();
    Badge { id: id("b1"), client: client(), version, definition, artwork, created_at: now(), modified_at: now() }
}

fn event(letter: &str, count: u32, position: u32, application: Option<&str>) -> Event {
    serde_json::from_value(json!({
        "id": letter.repeat(20), "client": "c1", "badge": "b1", "badge_version": 2, "name": "", "issued_on": now(),
        "expires_on": "2027-06-10T00:00:00Z", "send_email": false, "recipient_count": count, "application": application,
        "created_at": "2026-06-10T11:50:00Z", "seed": letter.repeat(64), "status_list": "l1", "status_position": position,
    }))
    .unwrap()
}

fn recipient(n: u32) -> Recipient {
    serde_json::from_value(json!({"email": format!("P{n}@example.org"), "name": "花子"})).unwrap()
}

fn form() -> Form {
    let codes = json!([{"id": "door", "code": "HARU-2026", "uses": 10}]);
    let approval = json!({"method": "claim_code", "codes": codes, "once_per_person": false});
    let body = json!({"badge_id": "b1", "title": "t", "approval": approval});
    Form {
        id: id("f1"),
        client: client(),
        version: 1,
        definition: application::Definition::read(&body).unwrap(),
        archived_at: None,
        secret: Secret::from_random([7; 32]),
        created_at: now(),
        modified_at: now(),
    }
}

fn application(name: &str, n: u32, state: State) -> Application {
    let applicant = Applicant { name: "花子".into(), email: recipient(n).email, language: badge::Lang::Ja };
    let begun = Application::begin(id(name), &form(), applicant, Typed::default(), now()).application;
    let submission = Submission {
        number: 1,
        form_version: 1,
        answers: Answers::default(),
        score: None,
        code: Some("door".parse().unwrap()),
        at: now(),
    };
    Application { submission: Some(submission), counted: true, entries: 1, state, ..begun }
}

fn list(revoked: &[u32]) -> Item {
    let mut bits = Bitstring::new(STATUS_LIST_BITS as usize).unwrap();
    revoked.iter().for_each(|index| bits.set(*index as usize, true).unwrap());
    let credential = ListCredential {
        url: "https://x.example/l1",
        issuer_id: "did:web:x",
        purpose: "revocation",
        valid_from: now(),
        valid_until: None,
    };
    let document = credential.to_value(&bits).to_string();
    Item::at(&key::status_signed(&id("l1")))
        .number("revoked_count", 1)
        .text("signed_by", "k")
        .text("document", document)
}

fn signed(event: &Event, number: u32, revoked: bool) -> Item {
    let credential = event.draw(number).credential;
    let recipient = recipient(number);
    let new = NewCredential { id: &credential, number, recipient: &recipient, document: "{}", compact: None };
    let item = new.item(&Frame::from_example("{}")).unwrap();
    if revoked { item.text("r", json!({"at": now()}).to_string()) } else { item }
}

fn planned(event: &Event, recipients: &[Recipient]) -> Vec<Item> {
    let (_, organisation) = organisation();
    let mut items = vec![
        Item::at(&key::event(&event.id))
            .doc(event)
            .unwrap()
            .bytes("frame", Frame::from_example("{}").stored().unwrap()),
        Item::at(&key::event_row(&client(), event.created_at, &event.id)).doc(event).unwrap(),
        Item::at(&key::plan(&event.id, 0)).doc(&recipients).unwrap(),
    ];
    let credentials: Vec<CredentialId> = (0..).zip(recipients).map(|(n, _)| event.draw(n).credential).collect();
    let tags = recipients.iter().map(|recipient| organisation.mail_tag(&recipient.email));
    items.extend(addresses::rows(event, tags.zip(&credentials)));
    items.extend(expiries::rows(event, recipients));
    items
}

fn told(event: &Event, kind: NoticeKind, recipients: Recipients) -> Item {
    let notice = Notice { kind, event: event.id.clone(), recipients, at: now(), reason: None };
    feed::item(&client(), &notice).unwrap()
}

fn entry() -> Entry {
    let (from, to) = ("draft".to_owned(), "submitted".to_owned());
    let note = "from p0@example.org".to_owned();
    Entry { number: 1, at: now(), by: Actor::Applicant, action: Action::Submit, from, to, note }
}

fn applied(application: &Application) -> Vec<Item> {
    let (_, organisation) = organisation();
    let (id, person) = (&application.id, organisation.mail_hmac(&application.applicant.email));
    vec![
        Item::at(&key::application(id)).doc(application).unwrap(),
        Item::at(&key::submission(id, 1)).doc(&application.submission).unwrap(),
        Item::at(&key::trail(id, 1)).doc(&entry()).unwrap(),
        Item::at(&applications::row_key(application).unwrap()).doc(&Listed::of(application)).unwrap(),
        Item::at(&key::applicant(&client(), &person, id)),
        Item::at(&key::form_person(&form().id, &person)).number(USED, 1),
    ]
}

fn later() -> Timestamp {
    now() + SignedDuration::from_hours(23)
}

fn export(progress: ExportState) -> Item {
    let export = Export { progress, ..Export::new(id("x1"), client(), now()) };
    Item::at(&key::export(&client(), &export.id)).doc(&export).unwrap()
}

/// An event with three credentials, one of them revoked, one with a recipient who waits for a signature, and two applications of which
/// one waits for its badge.
pub(crate) fn rows() -> Vec<Item> {
    let (first, second) = (event("1", 3, 5, Some("a1")), event("2", 1, 8, None));
    let revoked = first.draw(1).credential;
    let issued = State::Issued { event: first.id.clone(), credential: first.draw(0).credential };
    let approved = State::Approved { by: Actor::System, edits: Box::new(Edits::default()) };
    let (issued, approved) = (application("a1", 0, issued), application("a2", 1, approved));
    let index = status_index(&SECRET, 6);
    let (evidence, person): (EvidenceId, PersonId) = (id("e1"), id(&"0".repeat(32)));
    let promise = json!({
        "id": "e1", "client": "c1", "application": "a1", "field": "x", "created_at": now(),
        "declaration": ::evidence::Declaration::read("a.pdf", "application/pdf", 9).unwrap(),
    });
    let mut rows = vec![
        organisation().0,
        Item::at(&key::organisation_row(&client())),
        Item::at(&key::hook(&client(), &id::<WebhookId>("w1"))),
        Item::at(&key::badge_head(&id("b1"))).text("client", "c1").number("version", 2),
        Item::at(&key::badge_version(&id("b1"), 1)).doc(&badge(1)).unwrap(),
        Item::at(&key::badge_version(&id("b1"), 2)).doc(&badge(2)).unwrap(),
        Item::at(&key::badge_row(&client(), &id("b1"))).doc(&badge(2)).unwrap(),
        Item::at(&key::current_list(&client())).text("list", "l1").bytes("secret", SECRET).number("next_place", 20),
        Item::at(&key::status_list(&id("l1"))).text("client", "c1").bytes("secret", SECRET),
        Item::at(&key::status_revoked(&id("l1"), index)).text("credential", revoked.as_str()),
        Item::at(&key::revoked_row(&client(), &revoked)),
        list(&[index]),
        Item::at(&key::life(&first.id, 2)).text("an", r#"{"accepted":true,"at":"2026-06-10T11:55:00Z"}"#),
        Item::at(&key::tally(&first.id)).number("ac", 1),
        Item::at(&key::request(&client(), "h")).text("event", first.id.as_str()),
        told(&first, NoticeKind::Issued, Recipients::Range { from: 0, to: 3 }),
        told(&first, NoticeKind::Revoked, Recipients::Numbers(vec![1])),
        pending::row(&second, 0),
        Item::at(&key::form_head(&id("f1"))).doc(&form()).unwrap(),
        Item::at(&key::form_version(&id("f1"), 1)).doc(&form()).unwrap(),
        Item::at(&key::form_row(&client(), &id("f1"))).doc(&form()).unwrap(),
        Item::at(&key::form_count(&id("f1"))).number(USED, 2),
        Item::at(&key::form_code(&id("f1"), "door")).number(USED, 2),
        Item::at(&key::award(&approved.id, approved.since)),
        Item::at(&key::evidence(&id("a1"), &evidence))
            .doc(&promise)
            .unwrap()
            .text("stage", "uploading")
            .number("keep_until", 2),
        Item::at(&key::due(now(), &client(), &id("a1"), &evidence)),
        Item::at(&key::member(&client(), &person)),
        Item::at(&key::membership(&person, &client())),
        export(ExportState::Running { done: 1, of: 2 }),
        Item::at(&key::export_running(&client())).text("export_id", "x1").number("free_at", later().as_second()),
        Item::at(&counter(&client(), Quota::CredentialsPerMonth, now())).number(USED, 4),
        // Of another file, too, that is gone.
        Item::at(&counter(&client(), Quota::EvidenceBytesPerMonth, now())).number(USED, 12),
        Item::at(&key::usage(&client(), Quota::Badges, None)).number("added", 7),
    ];
    rows.extend((0..3).map(|number| signed(&first, number, number == 1)));
    rows.extend(planned(&first, &[recipient(0), recipient(1), recipient(2)]));
    rows.extend(planned(&second, &[recipient(0)]));
    rows.extend(applied(&issued));
    rows.extend(applied(&approved));
    rows
}

pub(crate) fn judge(rows: &[Item], at: Timestamp, busy: bool) -> Report {
    let mut checker = Checker::default();
    rows.iter().for_each(|row| checker.row(row));
    checker.finish(at, Busy { signing: busy, mail: busy })
}

fn found(rows: &[Item]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = judge(rows, now(), false).violations.into_iter().map(|one| one.rule).collect();
    rules.dedup();
    rules
}

fn key_of(row: &Item) -> TableKey {
    let text = |name| row.get_text(name).unwrap().to_owned();
    TableKey { pk: text("pk"), sk: text("sk") }
}

fn place(rows: &[Item], key: &TableKey) -> usize {
    rows.iter().position(|row| key_of(row) == *key).unwrap()
}

/// The rows with one in place of that of the same key, or besides.
fn with(item: Item) -> Vec<Item> {
    let mut rows = rows();
    rows.retain(|row| key_of(row) != key_of(&item));
    rows.push(item);
    rows
}

#[test]
fn a_store_that_agrees_with_itself_is_well() {
    let report = judge(&rows(), now(), false);
    assert_eq!(report.violations, BTreeSet::new());
    let count = |name| report.counts[name];
    assert_eq!((count("events"), count("credentials"), count("revoked"), count("leftovers")), (2, 3, 1, 0));
    assert_eq!(report.artwork, BTreeSet::from([key::artwork_object("aa", "png")]));
    assert_eq!(judge(&[], now(), false).violations, BTreeSet::new());
}

#[test]
fn no_row_can_be_lost_unnoticed_but_one_that_tells_of_itself_alone() {
    for place in 0..rows().len() {
        let mut rows = rows();
        let lost = rows.remove(place);
        let key = key_of(&lost);
        let added = key == key::usage(&client(), Quota::Badges, None);
        let alone = added || matches!(key.family(), Some(Family::Request | Family::File));
        let is_noticed = !judge(&rows, now(), false).violations.is_empty();
        assert_eq!(is_noticed, !alone, "{lost:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rows_come_in_any_order(rows in Just(rows()).prop_shuffle()) {
        prop_assert_eq!(judge(&rows, now(), false).violations, BTreeSet::new());
    }
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let (first, second) = (event("1", 3, 5, Some("a1")), event("2", 1, 8, None));
    let less = |key: TableKey| {
        let mut rows = rows();
        rows.remove(place(&rows, &key));
        rows
    };
    let both = |one: Vec<Item>, other: Vec<Item>| [one, other].concat();
    let unpublished = with(list(&[]));
    let own_tag = organisation().1.mail_tag(&recipient(0).email);
    let begun = key::revoking(now(), &id("l1"), "r");
    let approved = application("a2", 1, State::Approved { by: Actor::System, edits: Box::new(Edits::default()) });
    let overlapping = Event { status_position: 7, ..second.clone() };
    let beyond = Event { status_position: 20, ..second.clone() };
    let again = Event { application: Some(id("a1")), ..second.clone() };
    let replan = |event: &Event| {
        let mut rows = with(planned(event, &[recipient(0)]).remove(0));
        let at = place(&rows, &key::event_row(&client(), event.created_at, &event.id));
        rows[at] = planned(event, &[recipient(0)]).remove(1);
        rows
    };
    let month = |at| counter(&client(), Quota::CredentialsPerMonth, at);
    let next_month = now() + SignedDuration::from_hours(31 * 24);
    let done = ExportState::Ready { at: now(), size_bytes: 9 };
    let evidence = counter(&client(), Quota::EvidenceBytesPerMonth, now());
    let twin = {
        let [one, other] = [recipient(0), recipient(0)];
        let event = event("3", 2, 9, None);
        both(rows(), [planned(&event, &[one, other]), vec![pending::row(&event, 0)]].concat())
    };
    for (what, rows, expected) in [
        ("unknown", with(Item::at(&TableKey { pk: "X".into(), sk: "Y".into() })), Rule::UnknownRow),
        ("unreadable", with(Item::at(&key::event(&first.id))), Rule::Unreadable),
        ("event row", less(key::event_row(&client(), first.created_at, &first.id)), Rule::MissingRow),
        ("badge row", less(key::badge_row(&client(), &id("b1"))), Rule::MissingRow),
        ("organisation's row", less(key::organisation_row(&client())), Rule::MissingRow),
        ("current list", less(key::current_list(&client())), Rule::MissingRow),
        ("due row", less(key::due(now(), &client(), &id("a1"), &id("e1"))), Rule::MissingRow),
        ("award row", less(key::award(&approved.id, approved.since)), Rule::MissingRow),
        (
            "stray event",
            with(Item::at(&key::event_row(&client(), now(), &first.id)).doc(&first).unwrap()),
            Rule::StrayRow,
        ),
        ("stray award", with(Item::at(&key::award(&id("a1"), now()))), Rule::StrayRow),
        ("stray applicant", with(Item::at(&key::applicant(&client(), "00", &id("a1")))), Rule::StrayRow),
        (
            "other address",
            with(addresses::rows(&first, [([0; 16], &first.draw(0).credential)].into_iter()).remove(0)),
            Rule::StrayRow,
        ),
        (
            "other credential",
            with(addresses::rows(&first, [(own_tag, &first.draw(1).credential)].into_iter()).remove(0)),
            Rule::DifferentRow,
        ),
        (
            "old badge",
            with(Item::at(&key::badge_row(&client(), &id("b1"))).doc(&badge(1)).unwrap()),
            Rule::DifferentRow,
        ),
        ("version", less(key::badge_version(&id("b1"), 1)), Rule::Gap),
        ("plan", less(key::plan(&second.id, 0)), Rule::Gap),
        ("trail", less(key::trail(&id("a1"), 1)), Rule::Gap),
        ("life", with(Item::at(&key::life(&first.id, 3))), Rule::Dangling),
        ("tally", with(Item::at(&key::tally(&first.id)).number("ac", 2)), Rule::Miscounted),
        ("request", with(Item::at(&key::request(&client(), "x")).text("event", "3".repeat(20))), Rule::Dangling),
        ("unsigned", less(key::credential(&first.draw(2).credential)), Rule::NotSigned),
        ("finished too early", less(key::pending(&second.id, second.created_at, 0)), Rule::NotSigned),
        ("nobody's", with(signed(&event("4", 1, 0, None), 0, false)), Rule::NotPlanned),
        ("somebody else's", with(signed(&first, 7, false)), Rule::NotPlanned),
        ("twice", twin, Rule::RecipientTwice),
        ("two for one", replan(&again), Rule::ApplicationTwice),
        ("shared places", replan(&overlapping), Rule::Places),
        ("places never taken", replan(&beyond), Rule::Places),
        ("mark only", with(signed(&first, 2, true)), Rule::HalfRevoked),
        ("no mark", with(signed(&first, 1, false)), Rule::HalfRevoked),
        ("organisation's list", less(key::revoked_row(&client(), &first.draw(1).credential)), Rule::HalfRevoked),
        ("unpublished", unpublished.clone(), Rule::Unpublished),
        ("too many published", with(list(&[status_index(&SECRET, 6), 3])), Rule::Unpublished),
        ("form", with(Item::at(&key::form_count(&id("f1"))).number(USED, 3)), Rule::Miscounted),
        ("code", with(Item::at(&key::form_code(&id("f1"), "door")).number(USED, 1)), Rule::Miscounted),
        ("person", with(Item::at(&key::form_person(&id("f1"), "00")).number(USED, 1)), Rule::Miscounted),
        ("too few of a month", with(Item::at(&month(now())).number(USED, 3)), Rule::Miscounted),
        ("too many of a month", with(Item::at(&month(now())).number(USED, 5)), Rule::Miscounted),
        ("a month without events", with(Item::at(&month(next_month)).number(USED, 1)), Rule::Miscounted),
        ("less than the evidence", with(Item::at(&evidence).number(USED, 8)), Rule::Miscounted),
        ("a quota of no plan", with(Item::at(&TableKey { sk: "gold#0".into(), ..evidence.clone() })), Rule::Unreadable),
        ("nobody's lock", less(key::export(&client(), &id("x1"))), Rule::Dangling),
        ("lock of one that is there", with(export(done)), Rule::Dangling),
        ("export without a lock", less(key::export_running(&client())), Rule::MissingRow),
        ("hooks", less(key::hook(&client(), &id("w1"))), Rule::Miscounted),
        (
            "told twice",
            both(rows(), vec![told(&first, NoticeKind::Issued, Recipients::Range { from: 2, to: 3 })]),
            Rule::Mistold,
        ),
        (
            "told falsely",
            both(rows(), vec![told(&first, NoticeKind::Revoked, Recipients::Numbers(vec![0]))]),
            Rule::Mistold,
        ),
    ] {
        let found = found(&rows);
        assert!(found.contains(&expected), "{what}: {found:?}");
    }
    // Whoever is about to publish has not failed yet.
    assert_eq!(found(&both(unpublished, vec![Item::at(&begun)])), []);
}

#[test]
fn what_waits_for_too_long_is_stuck_unless_there_is_work_in_the_queue() {
    let stuck = |minutes: i64, busy| {
        let report = judge(&rows(), now() + SignedDuration::from_mins(minutes), busy);
        report.violations.into_iter().map(|one| (one.rule, one.at)).collect::<Vec<_>>()
    };
    assert_eq!(stuck(15, false), []);
    let families = |found: Vec<(Rule, String)>| -> Vec<String> {
        assert!(found.iter().all(|(rule, _)| *rule == Rule::Stuck), "{found:?}");
        found.into_iter().map(|(_, at)| at[..3].to_owned()).collect()
    };
    assert_eq!(families(stuck(40, false)), ["DUE", "PEN"]);
    assert_eq!(families(stuck(40, true)), ["DUE"]);
    assert_eq!(families(stuck(140, false)), ["AWA", "DUE", "PEN"]);
    assert_eq!(families(stuck(140, true)), ["DUE"]);
    assert_eq!(families(stuck(25 * 60, true)), ["DUE", "EXP"]);
}

#[test]
fn a_mail_that_was_claimed_and_never_sent_is_stuck_unless_there_are_mails_in_the_queues() {
    let (event, until) = (event("1", 3, 5, Some("a1")), now().as_second());
    let letter = key::letter(&id("a1"), "submitted");
    for key in [key::life(&event.id, 0), letter] {
        let claimed = [rows(), vec![Item::at(&key).number("cl", until)]].concat();
        assert_eq!(found(&claimed), []);
        let stuck = |busy| {
            let late = judge(&claimed, now() + PATIENCE + SignedDuration::from_secs(1), busy).violations;
            late.contains(&Violation { rule: Rule::Stuck, at: at(&key) })
        };
        assert!(stuck(false) && !stuck(true), "{key:?}");
    }
    let sent = [Item::at(&key::letter(&id("a1"), "x")).number("st", 1), Item::at(&key::letter_bounced(&id("a1")))];
    assert_eq!(found(&[rows(), sent.to_vec()].concat()), []);
}

#[test]
fn who_waits_at_a_form_that_always_reminded_has_a_reminder() {
    let waiting = application("a3", 2, State::Submitted);
    let reminder = |days: i64, since: Timestamp| {
        let day = expiries::day_of(now() + SignedDuration::from_hours(24 * days));
        Item::at(&key::reminder(day, &waiting.id)).number("since", since.as_millisecond())
    };
    let store = |versions: &[Option<u32>], reminders: &[Item]| {
        let forms = (1..).zip(versions).map(|(version, days)| {
            let definition = application::Definition { reminder_days: *days, ..form().definition };
            Form { version, definition, ..form() }
        });
        let forms: Vec<Form> = forms.collect();
        let head = forms.last().unwrap();
        let mut rows = rows();
        rows.retain(|row| {
            !matches!(key_of(row).family(), Some(Family::FormHead | Family::FormVersion | Family::FormRow))
        });
        rows.retain(|row| key_of(row) != key::form_count(&head.id));
        rows.push(Item::at(&key::form_count(&head.id)).number(USED, 3));
        rows.push(Item::at(&key::form_head(&head.id)).doc(head).unwrap());
        rows.push(Item::at(&key::form_row(&client(), &head.id)).doc(head).unwrap());
        rows.extend(forms.iter().map(|form| Item::at(&key::form_version(&form.id, form.version)).doc(form).unwrap()));
        [rows, applied(&waiting), reminders.to_vec()].concat()
    };
    let before = waiting.since - SignedDuration::from_secs(1);
    assert_eq!(found(&store(&[Some(7)], &[reminder(7, waiting.since)])), []);
    assert_eq!(found(&store(&[Some(7)], &[])), [Rule::MissingRow]);
    assert_eq!(found(&store(&[Some(7)], &[reminder(7, before)])), [Rule::MissingRow]);
    assert_eq!(found(&store(&[None, Some(7)], &[])), []);
    assert_eq!(found(&store(&[Some(7)], &[reminder(-1, waiting.since)])), []);
    assert_eq!(found(&store(&[Some(7)], &[reminder(-2, waiting.since)])), [Rule::Stuck]);
}

#[test]
fn what_is_signed_on_claim_needs_no_signature() {
    let event = Event { sign: Signing::OnClaim, ..event("5", 2, 9, None) };
    let done = told(&event, NoticeKind::Issued, Recipients::Range { from: 0, to: 2 });
    let counted = Item::at(&counter(&client(), Quota::CredentialsPerMonth, now())).number(USED, 6);
    let rows = [with(counted), planned(&event, &[recipient(0), recipient(1)]), vec![done]].concat();
    assert_eq!(found(&rows), []);
    assert_eq!(found(&[rows.clone(), vec![signed(&event, 1, false)]].concat()), []);
    let other = Event { seed: badge::event::Seed::from_random([0; 32]), ..event.clone() };
    assert_eq!(found(&[rows, vec![signed(&other, 1, false)]].concat()), [Rule::NotPlanned]);
}

#[test]
fn an_application_may_have_a_badge_that_nobody_claimed_but_none_that_was_not_planned() {
    let event = Event { sign: Signing::OnClaim, ..event("5", 1, 9, Some("a3")) };
    let done = told(&event, NoticeKind::Issued, Recipients::Range { from: 0, to: 1 });
    let with_badge = |credential: CredentialId| {
        let application = application("a3", 2, State::Issued { event: event.id.clone(), credential });
        let month = Item::at(&counter(&client(), Quota::CredentialsPerMonth, now())).number(USED, 5);
        let counts = [key::form_count(&id("f1")), key::form_code(&id("f1"), "door")];
        let counts: Vec<Item> = counts.iter().map(|key| Item::at(key).number(USED, 3)).chain([month]).collect();
        let mut rows = rows();
        rows.retain(|row| counts.iter().all(|count| key_of(count) != key_of(row)));
        [rows, counts, planned(&event, &[recipient(0)]), applied(&application), vec![done.clone()]].concat()
    };
    assert_eq!(found(&with_badge(event.draw(0).credential)), []);
    assert_eq!(found(&with_badge(event.draw(1).credential)), [Rule::Dangling]);
}

#[test]
fn what_never_came_about_is_no_damage() {
    let planned = planned(&event("5", 1, 0, None), &[recipient(0)]);
    let left: Vec<Item> = planned.into_iter().skip(2).collect();
    let report = judge(&[rows(), left].concat(), now(), false);
    assert_eq!((report.violations, report.counts["leftovers"]), (BTreeSet::new(), 3));
}

#[test]
fn a_tally_counts_what_is_there_and_at_most_as_many_more_as_were_erased() {
    let tally = |accepted, declined, bounced| Tally { accepted, declined, bounced };
    let found = tally(2, 1, 1);
    assert!(found.counts(found, 0) && found.counts(found, 9));
    assert!(!tally(3, 1, 1).counts(found, 0) && !tally(1, 1, 1).counts(found, 9));
    assert!(tally(3, 1, 2).counts(found, 1), "one recipient answered and their mail came back");
    assert!(!tally(3, 2, 1).counts(found, 1) && !tally(2, 1, 3).counts(found, 1));
}
