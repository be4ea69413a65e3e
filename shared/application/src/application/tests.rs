use super::*;
use crate::answers::tests::typed;
use crate::approval::tests::{METHODS, method};
use crate::form::tests::{body, form};
use proptest::prelude::*;
use serde_json::json;

pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn applicant() -> Applicant {
    Applicant { name: "花子".into(), email: "hanako@example.org".parse().unwrap(), language: Lang::Ja }
}

pub(crate) fn begun(form: &Form) -> Application {
    let id = ApplicationId::from_random([4; 10]);
    Application::begin(id, form, applicant(), Typed::default(), now()).application
}

fn world(form: &Form) -> Circumstances<'_> {
    Circumstances { form, evidence: Evidence::Accepted, turn: 0, now: now() }
}

fn answers(form: &Form, right: bool) -> Answers {
    let course = if right { "b" } else { "a" };
    let value = json!({"why": "w", "course": course, "topics": ["x", "z"]});
    Answers::read(&typed(&value), &form.definition).unwrap()
}

fn code(form: &Form) -> Option<CodeId> {
    if let Approval::ClaimCode { codes, .. } = &form.definition.approval { Some(codes[0].id.clone()) } else { None }
}

fn submitted(form: &Form) -> Step {
    let step = begun(form).submit(applicant(), answers(form, true), code(form), &world(form)).unwrap();
    assert_eq!((step.application.state.name(), &step.effects[..]), ("unproven", &[][..]));
    assert_eq!(step.letters, [Letter::ProveAddress { round: 1 }]);
    step
}

fn proved(form: &Form) -> Step {
    submitted(form).application.prove(&world(form)).unwrap()
}

fn staff() -> Actor {
    Actor::Staff("key".into())
}

fn reviewer(id: &str) -> Actor {
    Actor::Reviewer(id.parse().unwrap())
}

fn juror(application: Application, form: &Form, id: &str, choice: Choice) -> Result<Step, Refusal> {
    application.vote(&form.definition, &id.parse().unwrap(), choice, "なるほど", now())
}

fn peer(number: u8) -> Approved {
    let event = EventId::from_random([1; 10]);
    let credential = CredentialId::new(&event, [number; 10]);
    Approved { person: format!("p{number}"), credential, submission: 0, comment: String::new(), at: now() }
}

fn held() -> (EventId, CredentialId) {
    let event = EventId::from_random([6; 10]);
    (event.clone(), CredentialId::new(&event, [7; 10]))
}

#[test]
fn nothing_is_approved_before_the_address_is_proved() {
    for name in ["automatic", "claim_code", "quiz"] {
        let form = form(method(name));
        let step = proved(&form);
        assert_eq!(step.application.state.name(), "approved", "{name}");
        let mut expected = vec![Effect::Enter];
        expected.extend(code(&form).map(Effect::UseCode));
        expected.push(Effect::AwaitBadge);
        assert_eq!(step.effects, expected);
        let entry = step.entry.unwrap();
        assert_eq!((entry.number, entry.from.as_str(), entry.to.as_str()), (2, "unproven", "approved"));
        assert_eq!(step.application.prove(&world(&form)), Err(Refusal::State { state: "approved" }));
    }
}

#[test]
fn another_address_is_proved_anew_before_anything_is_decided() {
    let form = form(json!({"method": "review", "reviewers": []}));
    let by = Actor::Staff("key".into());
    let returned = proved(&form).application.send_back(&form.definition, by, "?", now()).unwrap().application;
    let moved = Applicant { email: "other@example.org".parse().unwrap(), ..applicant() };
    let saved = returned.clone().save(&form.definition, moved.clone(), Typed::default());
    assert_eq!(saved, Err(Refusal::AddressBySubmitting));
    assert!(returned.clone().save(&form.definition, applicant(), Typed::default()).is_ok());
    let code = form.proof_code(&returned, 1);
    let step = returned.submit(moved, Answers::default(), None, &world(&form)).unwrap();
    assert_eq!((step.application.state.name(), &step.effects[..]), ("unproven", &[Effect::Leave][..]));
    assert_eq!(step.letters, [Letter::ProveAddress { round: 2 }]);
    assert!(
        matches!(step.application.enter_code(&form, &code, now()), Entered::Wrong(_)),
        "mailed to the other address"
    );
    let again = step.application.prove(&world(&form)).unwrap();
    assert_eq!((again.application.state.name(), &again.effects[..]), ("submitted", &[Effect::Enter][..]));
}

#[test]
fn an_address_proved_while_filling_in_is_proved() {
    let form = form(method("automatic"));
    let step = begun(&form).send_proof(now()).unwrap();
    assert_eq!(step.letters, [Letter::ProveAddress { round: 1 }]);
    let step = step.application.prove(&world(&form)).unwrap();
    assert_eq!((step.application.state.name(), &step.effects[..]), ("draft", &[][..]));
    let another = Applicant { email: "other@example.org".parse().unwrap(), ..applicant() };
    let moved = step.application.clone().save(&form.definition, another, Typed::default()).unwrap().application;
    assert_eq!(moved.proved_at, None);
    assert!(matches!(moved.enter_code(&form, &form.proof_code(&moved, 1), now()), Entered::Spent));
    let step = step.application.submit(applicant(), answers(&form, true), None, &world(&form)).unwrap();
    assert_eq!(step.application.state.name(), "approved");
}

#[test]
fn codes_are_tried_a_few_times_and_for_a_while() {
    let form = form(method("automatic"));
    let mut application = submitted(&form).application;
    let right = form.proof_code(&application, 1);
    assert_eq!(application.enter_code(&form, &right, now()), Entered::Right);
    assert_eq!(application.enter_code(&form, &right, now() + PROOF_CODE_LIFE), Entered::Spent);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for attempt in 1..=MAX_PROOF_ATTEMPTS {
        let Entered::Wrong(counted) = application.enter_code(&form, wrong, now()) else { panic!("attempt {attempt}") };
        assert_eq!(counted.revision, application.revision + 1);
        application = *counted;
    }
    assert_eq!(application.enter_code(&form, &right, now()), Entered::Spent);
    for round in 2..=MAX_PROOF_MAILS {
        let step = application.send_proof(now()).unwrap();
        assert_eq!(step.letters, [Letter::ProveAddress { round }]);
        application = step.application;
        assert_eq!(application.enter_code(&form, &form.proof_code(&application, round), now()), Entered::Right);
    }
    assert_eq!(application.send_proof(now()), Err(Refusal::NoAttemptsLeft));
}

#[test]
fn a_submission_waits_for_its_files_and_comes_back_when_one_is_refused() {
    let form = form(method("automatic"));
    let waiting = Circumstances { evidence: Evidence::Waiting, ..world(&form) };
    let step = submitted(&form).application.prove(&waiting).unwrap();
    assert_eq!(step.application.state.name(), "checking");
    assert_eq!(step.application.clone().check(&waiting).unwrap(), None);
    let good = step.application.clone().check(&world(&form)).unwrap().unwrap();
    assert_eq!((good.application.state.name(), &good.effects[..]), ("approved", &[Effect::AwaitBadge][..]));
    let fields = vec!["file".parse().unwrap()];
    let refused = Circumstances { evidence: Evidence::Refused { fields }, ..world(&form) };
    let bad = step.application.check(&refused).unwrap().unwrap();
    assert!(
        matches!(&bad.application.state, State::Returned { comment, by: Actor::System } if comment.contains("file"))
    );
    assert_eq!(bad.letters, [Letter::Returned]);
    // Nothing typed is lost, and the place taken is taken once.
    assert_eq!(bad.application.draft.as_ref().unwrap().value()["why"], "w");
    let again = bad.application.submit(applicant(), answers(&form, true), None, &world(&form)).unwrap();
    assert_eq!((again.application.state.name(), again.effects), ("approved", vec![Effect::AwaitBadge]));
}

#[test]
fn one_reviewer_decides_and_both_versions_count() {
    let form = form(method("review"));
    let step = proved(&form);
    let invited = |id: &str| Letter::ReviewerInvited { reviewer: id.parse().unwrap() };
    assert_eq!(step.letters, [Letter::Received, invited("r1"), invited("r2")]);
    let back = step.application.send_back(&form.definition, reviewer("r1"), "もう少し詳しく", now()).unwrap();
    assert_eq!(back.entry.as_ref().unwrap().note, "もう少し詳しく");
    assert_eq!(back.letters, [Letter::Returned]);
    let newer = Form { version: 2, ..form.clone() };
    let again = back.application.submit(applicant(), answers(&form, false), None, &world(&newer)).unwrap();
    let submission = again.application.submission.clone().unwrap();
    assert_eq!((submission.number, submission.form_version), (2, 2));
    assert_eq!((again.application.state.name(), &again.effects[..]), ("submitted", &[][..]));
    let edits = Edits { criteria_add: Some("とてもよい".into()), ..Edits::default() };
    let done = again.application.approve(&form.definition, reviewer("r2"), edits.clone(), now()).unwrap();
    assert_eq!(done.effects, [Effect::AwaitBadge]);
    assert!(matches!(&done.application.state, State::Approved { edits: kept, .. } if **kept == edits));
    let (event, credential) = held();
    let issued = done.application.issued(event.clone(), credential.clone(), now()).unwrap().unwrap();
    assert_eq!(issued.effects, [Effect::HaveBadge]);
    let application = issued.application;
    assert_eq!(application.clone().issued(event.clone(), credential, now()), Ok(None));
    let other = CredentialId::new(&event, [8; 10]);
    assert_eq!(application.clone().issued(event, other, now()), Err(Refusal::State { state: "issued" }));
    assert!(application.withdraw(Actor::Applicant, now()).is_err());
}

#[test]
fn nobody_decides_about_their_own_or_what_they_are_not_asked() {
    let mut value = body(method("review"));
    value["routing"] = json!({"by": "round_robin"});
    let mut form = form(method("review"));
    form.definition = Definition::read(&value).unwrap();
    let application = proved(&form).application;
    assert_eq!(application.assigned, ["r1".parse().unwrap()]);
    let decide =
        |application: Application, by| application.approve(&form.definition, by, Edits::default(), now()).map(|_| ());
    assert_eq!(decide(application.clone(), reviewer("r2")), Err(Refusal::NotAsked));
    assert_eq!(decide(application.clone(), reviewer("nobody")), Err(Refusal::NotAsked));
    assert_eq!(decide(application.clone(), Actor::Applicant), Err(Refusal::NotAsked));
    let mut own = application.clone();
    own.applicant.email = "R1@secret.example".parse().unwrap();
    assert_eq!(decide(own, reviewer("r1")), Err(Refusal::Own));
    let step = application.assign(&form.definition, vec!["r2".parse().unwrap()], staff(), now()).unwrap();
    assert_eq!(step.letters, [Letter::ReviewerInvited { reviewer: "r2".parse().unwrap() }]);
    assert_eq!(decide(step.application.clone(), reviewer("r1")), Err(Refusal::NotAsked));
    assert_eq!(decide(step.application, reviewer("r2")), Ok(()));
}

#[test]
fn a_jury_decides_by_votes_alone() {
    let form = form(method("jury"));
    let application = proved(&form).application;
    let alone = application.clone().approve(&form.definition, staff(), Edits::default(), now());
    assert_eq!(alone, Err(Refusal::VotesDecide));
    let one = juror(application.clone(), &form, "r1", Choice::Issue).unwrap().application;
    let twice = juror(one.clone(), &form, "r1", Choice::Issue).unwrap().application;
    assert_eq!((twice.state.name(), twice.votes.len()), ("submitted", 1));
    assert_eq!(juror(one.clone(), &form, "r9", Choice::Issue), Err(Refusal::NotAsked));
    let issue = juror(one.clone(), &form, "r3", Choice::Issue).unwrap();
    assert_eq!((issue.application.state.name(), &issue.effects[..]), ("approved", &[Effect::AwaitBadge][..]));
    let split = juror(one, &form, "r2", Choice::Reject).unwrap();
    assert_eq!(split.application.state.name(), "submitted");
    let reject = juror(split.application, &form, "r3", Choice::Reject).unwrap();
    assert_eq!((reject.application.state.name(), reject.letters), ("rejected", vec![Letter::Rejected]));
    assert_eq!(juror(reject.application, &form, "r1", Choice::Issue), Err(Refusal::State { state: "rejected" }));
}

#[test]
fn a_jury_that_lost_a_juror_may_need_staff() {
    let mut form = form(method("jury"));
    let mut application = proved(&form).application;
    application.applicant.email = "j1@secret.example".parse().unwrap();
    assert_eq!(juror(application.clone(), &form, "r1", Choice::Issue), Err(Refusal::Own));
    if let Approval::Jury { verdict, .. } = &mut form.definition.approval {
        *verdict = Verdict::Votes { issue: 3, reject: 3 };
    }
    assert!(application.approve(&form.definition, staff(), Edits::default(), now()).is_ok());
}

#[test]
fn a_final_reviewer_decides_seeing_the_votes() {
    let form = form(method("final"));
    let application = proved(&form).application;
    let approve = |application: &Application, by| {
        application.clone().approve(&form.definition, by, Edits::default(), now()).map(|step| step.effects)
    };
    for by in [staff(), reviewer("r1")] {
        assert_eq!(approve(&application, by), Err(Refusal::FinalReviewerDecides));
    }
    let one = juror(application, &form, "r1", Choice::Reject).unwrap();
    let all = juror(one.application, &form, "r2", Choice::Reject).unwrap();
    assert_eq!(all.letters, [Letter::ReviewerInvited { reviewer: "r3".parse().unwrap() }]);
    assert_eq!(all.application.state.name(), "submitted");
    assert_eq!(approve(&all.application, reviewer("r3")), Ok(vec![Effect::AwaitBadge]));
    let mut own = all.application;
    own.applicant.email = "f@secret.example".parse().unwrap();
    assert_eq!(approve(&own, reviewer("r3")), Err(Refusal::Own));
    assert!(approve(&own, staff()).is_ok());
}

#[test]
fn peers_approve_once_each_and_not_themselves() {
    let form = form(method("peer"));
    let application = proved(&form).application;
    let endorse =
        |application: &Application, number, own| application.clone().endorse(&form.definition, peer(number), own);
    assert_eq!(
        application.clone().approve(&form.definition, staff(), Edits::default(), now()),
        Err(Refusal::PeersDecide)
    );
    assert_eq!(endorse(&application, 1, true), Err(Refusal::Own));
    let one = endorse(&application, 1, false).unwrap().application;
    assert_eq!(one.state.name(), "submitted");
    assert_eq!(endorse(&one, 1, false), Err(Refusal::ApprovedAlready));
    let two = endorse(&one, 2, false).unwrap();
    assert_eq!((two.application.state.name(), two.effects), ("approved", vec![Effect::AwaitBadge]));
    assert!(one.reject(&form.definition, staff(), "違います", false, now()).is_ok());
}

#[test]
fn a_missed_mark_waits_for_staff_and_may_be_tried_again() {
    let form = form(method("quiz"));
    let first = begun(&form).submit(applicant(), answers(&form, false), None, &world(&form)).unwrap();
    let waits = first.application.prove(&world(&form)).unwrap().application;
    assert_eq!(waits.state.name(), "submitted");
    assert_eq!(waits.submission.as_ref().unwrap().score.map(|s| (s.points, s.passed)), Some((2, false)));
    assert!(waits.clone().approve(&form.definition, staff(), Edits::default(), now()).is_ok());
    let missed = waits.clone().submit(applicant(), answers(&form, false), None, &world(&form)).unwrap();
    let third = missed.application.submit(applicant(), answers(&form, true), None, &world(&form));
    assert_eq!(third, Err(Refusal::NoAttemptsLeft));
    let passed = waits.submit(applicant(), answers(&form, true), None, &world(&form)).unwrap();
    assert_eq!(passed.application.state.name(), "approved");
}

#[test]
fn who_leaves_gives_the_place_back_once() {
    let form = form(method("review"));
    let application = proved(&form).application;
    let left = application.clone().withdraw(Actor::Applicant, now()).unwrap();
    assert_eq!(left.effects, [Effect::Leave]);
    let aside = application.set_aside(staff(), None, now()).unwrap();
    assert_eq!(aside.effects, [Effect::Leave]);
    assert!(aside.application.withdraw(Actor::Applicant, now()).is_err());
    assert_eq!(begun(&form).withdraw(Actor::Applicant, now()).unwrap().effects, []);
}

#[test]
fn a_code_is_needed_where_a_code_decides() {
    let form = form(method("claim_code"));
    let without = begun(&form).submit(applicant(), answers(&form, true), None, &world(&form));
    assert_eq!(without, Err(Refusal::CodeNeeded));
}

#[test]
fn reminders_go_to_who_is_waited_for() {
    let form = form(method("jury"));
    let application = proved(&form).application;
    let after = juror(application, &form, "r1", Choice::Issue).unwrap().application;
    let reminded = |id: &str| Letter::ReviewerReminded { reviewer: id.parse().unwrap() };
    assert_eq!(after.reminders(&form.definition), [reminded("r2"), reminded("r3")]);
    let back = after.send_back(&form.definition, staff(), "?", now()).unwrap().application;
    assert_eq!(back.reminders(&form.definition), [Letter::ApplicantReminded]);
    assert_eq!(begun(&form).reminders(&form.definition), []);
}

#[test]
fn decisions_are_read_whole() {
    let read = |value: Value| Decision::read(&value, now());
    let codes =
        |value: Value| read(value).unwrap_err().into_iter().map(|e| (e.pointer, e.reason.code())).collect::<Vec<_>>();
    let approve = json!({"decision": "approve", "criteria_add": "x", "expires_on": 4_000_000_000_i64, "email_message": {"subject": "s"}});
    assert!(
        matches!(read(approve), Ok(Decision::Approve(edits)) if edits.email_message.is_some() && edits.expires_on.is_some())
    );
    assert_eq!(codes(json!({"decision": "approve", "expires_on": 5})), [("/expires_on".to_owned(), "too_early")]);
    assert_eq!(codes(json!({"decision": "return"})), [("/comment".to_owned(), "missing")]);
    assert_eq!(codes(json!({})), [("/decision".to_owned(), "missing")]);
    assert_eq!(
        codes(json!({"decision": "duplicate", "duplicate_of": "a-b"})),
        [("/duplicate_of".to_owned(), "not_found")]
    );
    assert_eq!(
        read(json!({"decision": "reject", "send_email": false})),
        Ok(Decision::Reject { reason: String::new(), mail: false })
    );
}

#[test]
fn every_refusal_is_told_in_both_languages() {
    for state in STATES {
        let (en, ja) = Refusal::State { state }.texts();
        assert!(en.contains(state) && !ja.contains(state));
    }
    for refusal in [Refusal::Own, Refusal::NotAsked, Refusal::VotesDecide, Refusal::PeersDecide, Refusal::CodeNeeded] {
        let (en, ja) = refusal.texts();
        assert!(en.is_ascii() && !ja.is_ascii());
    }
}

/// Anything anybody may try, in any order.
#[derive(Debug, Clone)]
enum Try {
    Save(u8),
    Submit { right: bool, version: u32, evidence: u8 },
    SendProof,
    Prove(u8),
    Check(u8),
    Vote { juror: u8, issue: bool },
    Endorse { peer: u8, own: bool },
    Decide { decision: u8, by: u8 },
    Withdraw(bool),
    Issued(u8),
}

fn anything() -> impl Strategy<Value = Try> {
    prop_oneof![
        1 => (0u8..2).prop_map(Try::Save),
        3 => (any::<bool>(), 1u32..4, 0u8..3).prop_map(|(right, version, evidence)| Try::Submit { right, version, evidence }),
        1 => Just(Try::SendProof),
        3 => (0u8..3).prop_map(Try::Prove),
        2 => (0u8..3).prop_map(Try::Check),
        4 => (1u8..5, any::<bool>()).prop_map(|(juror, issue)| Try::Vote { juror, issue }),
        3 => (0u8..4, any::<bool>()).prop_map(|(peer, own)| Try::Endorse { peer, own }),
        4 => (0u8..4, 0u8..4).prop_map(|(decision, by)| Try::Decide { decision, by }),
        1 => any::<bool>().prop_map(Try::Withdraw),
        3 => (0u8..2).prop_map(Try::Issued),
    ]
}

fn evidence(number: u8) -> Evidence {
    match number {
        0 | 3.. => Evidence::Accepted,
        1 => Evidence::Waiting,
        2 => Evidence::Refused { fields: vec!["file".parse().unwrap()] },
    }
}

fn attempt(application: Application, form: &Form, what: &Try) -> Result<Option<Step>, Refusal> {
    let with = |number| Circumstances { evidence: evidence(number), ..world(form) };
    let definition = &form.definition;
    match what {
        Try::Save(who) => {
            let email = format!("p{who}@example.org").parse().unwrap();
            application.save(definition, Applicant { email, ..applicant() }, Typed::default()).map(Some)
        }
        Try::Submit { right, version, evidence: number } => {
            let newer = Form { version: *version, ..form.clone() };
            let world = Circumstances { form: &newer, ..with(*number) };
            let email = if *version % 2 == 0 { "other@example.org" } else { "hanako@example.org" };
            let applicant = Applicant { email: email.parse().unwrap(), ..applicant() };
            application.submit(applicant, answers(form, *right), code(form), &world).map(Some)
        }
        Try::SendProof => application.send_proof(now()).map(Some),
        Try::Prove(number) => application.prove(&with(*number)).map(Some),
        Try::Check(number) => application.check(&with(*number)),
        Try::Vote { juror: number, issue } => {
            let choice = if *issue { Choice::Issue } else { Choice::Reject };
            juror(application, form, &format!("r{number}"), choice).map(Some)
        }
        Try::Endorse { peer: number, own } => application.endorse(definition, peer(*number), *own).map(Some),
        Try::Decide { decision, by } => {
            let by = if *by == 0 { staff() } else { reviewer(&format!("r{by}")) };
            let decision = match decision {
                0 => Decision::Approve(Box::default()),
                1 => Decision::Return { comment: "c".into() },
                2 => Decision::Reject { reason: "r".into(), mail: true },
                _ => Decision::Duplicate { of: None },
            };
            application.decide(definition, decision, by, now()).map(Some)
        }
        Try::Withdraw(staffs) => {
            application.withdraw(if *staffs { staff() } else { Actor::Applicant }, now()).map(Some)
        }
        Try::Issued(number) => {
            let event = EventId::from_random([6; 10]);
            application.issued(event.clone(), CredentialId::new(&event, [*number; 10]), now())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_sequence_of_actions_issues_twice(
        which in 0usize..METHODS.len(), tries in proptest::collection::vec(anything(), 1..40),
    ) {
        let form = form(serde_json::from_str(METHODS[which].1).unwrap());
        let mut application = begun(&form);
        let mut all: Vec<Effect> = Vec::new();
        for what in &tries {
            let before = application.clone();
            // Who looks in vain, and who is refused, changes nothing.
            if let Ok(Some(step)) = attempt(application.clone(), &form, what) {
                    // What is over stays over; only a badge follows an approval.
                    let from = before.state.name();
                    prop_assert!(!matches!(from, "issued" | "rejected" | "withdrawn" | "duplicate"), "{from} → {what:?}");
                    if from == "approved" {
                        prop_assert_eq!(step.application.state.name(), "issued");
                    }
                    prop_assert_eq!(step.application.revision, before.revision + 1);
                    if let Some(entry) = &step.entry {
                        prop_assert_eq!(entry.number, before.entries + 1);
                        prop_assert_eq!(entry.from.as_str(), from);
                        prop_assert_eq!(entry.to.as_str(), step.application.state.name());
                    } else {
                        prop_assert_eq!(step.application.state.name(), from);
                    }
                    all.extend(step.effects);
                    application = step.application;
            }
            let count = |wanted: fn(&Effect) -> bool| all.iter().filter(|effect| wanted(effect)).count();
            let (awaited, had) = (count(|e| *e == Effect::AwaitBadge), count(|e| *e == Effect::HaveBadge));
            prop_assert!(awaited <= 1 && had <= awaited);
            prop_assert!(count(|e| matches!(e, Effect::UseCode(_))) <= 1);
            let (entered, left) = (count(|e| *e == Effect::Enter), count(|e| *e == Effect::Leave));
            // One place at a time; another address gives it back before it takes one.
            prop_assert_eq!(entered, left + usize::from(application.counted));
            // Nothing is approved whose address was not proved, or that takes no place.
            if matches!(application.state, State::Approved { .. } | State::Issued { .. }) {
                prop_assert!(application.proved_at.is_some() && application.counted && awaited == 1);
            }
            let stored = serde_json::to_string(&application).unwrap();
            prop_assert_eq!(serde_json::from_str::<Application>(&stored).unwrap(), application.clone());
        }
    }
}
