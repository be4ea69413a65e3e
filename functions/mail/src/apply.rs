//! Letters about applications: to who applies, and to who reviews.
//!
//! A letter is written from the application as it stands when it is sent. When it stands somewhere else than the letter is about, as
//! after a decision, nothing is sent. Which of them was sent is remembered ([`store::letters`]), so that a job that comes twice is one
//! letter; an address that cannot be reached is the end of that letter, and of no other.

use crate::App;
use crate::apply_texts::{About, Facts};
use crate::pace::Clock;
use crate::post;
use crate::send::Handover;
use application::application::{Application, MAX_PROOF_ATTEMPTS, State};
use application::approval::{Access, Approval, Reviewer, Verdict};
use application::form::Form;
use application::link::{Opens, PROOF_CODE_LIFE, PROOF_LINK_LIFE, REVIEWER_LIFE};
use application::{Letter, ReviewerId};
use badge::definition::Badge;
use badge::delivery::{Bounce, BounceKind};
use badge::{EmailAddress, Lang, Organisation, Urls};
use edge::{Message, Problem};
use jiff::Timestamp;
use letter::address;
use letter::texts::{Issuer, Passage};
use letter::{Frame, Letter as Mail};
use queue::LetterJob;
use std::sync::atomic::AtomicBool;
use store::letters::{Bounced, Claim};

/// Sends a letter, unless it no longer fits or was sent.
pub(crate) async fn letter(app: &App, job: &LetterJob, message: &Message) -> Result<(), Problem> {
    let Some(post) = &app.post else {
        tracing::info!(application = job.application.as_str(), "mail is not configured");
        return Ok(());
    };
    let clock = Clock::starting(message.now, message.deadline);
    // A draft that nobody went on with is gone.
    let Some(application) = app.store.application(&job.application).await.map_err(edge::failed)? else { return Ok(()) };
    let (form, organisation, badge) = futures_util::try_join!(
        app.store.form(&application.form),
        app.store.organisation(&application.client),
        app.store.public_badge(&application.badge),
    )
    .map_err(edge::failed)?;
    let subject = Subject {
        urls: &app.urls,
        application: &application,
        form: &form.ok_or_else(|| Problem::internal("the form of an application is gone"))?,
        organisation: &organisation
            .ok_or_else(|| Problem::internal("the organisation of a form is gone"))?
            .organisation,
        badge: &badge.ok_or_else(|| Problem::internal("the badge of a form is gone"))?,
        now: clock.now(),
    };
    let Some(written) = subject.write(&job.letter) else {
        tracing::info!(application = job.application.as_str(), "a letter that fits no more");
        return Ok(());
    };
    let name = subject.name(&job.letter);
    match app.store.claim_letter(&application.id, &name, clock.now()).await.map_err(edge::failed)? {
        Claim::Ours => {}
        Claim::Sent => return Ok(()),
        // A claim that ends without a letter must not end with the message that would have sent it.
        Claim::Elsewhere => return Err(Problem::unavailable("a letter that is claimed elsewhere")),
    }
    let handover = Handover { app, post, clock, is_closed: &AtomicBool::new(false) };
    let handed_over = match address::mailbox(&written.to) {
        Some(mailbox) => {
            handover.hand_over(&written.mail, &mailbox, post::About::Application(&application.id, &job.letter)).await
        }
        None => Ok(Err("LocalPartNotAscii".to_owned())),
    };
    match handed_over {
        Ok(outcome) => {
            if let Err(code) = outcome {
                tracing::warn!(application = application.id.as_str(), code, "a letter that cannot be delivered");
                let bounce = Bounce { at: clock.now(), kind: BounceKind::Rejected, code };
                let (letter, reviewer) = (job.letter.kind().to_owned(), job.letter.reviewer().cloned());
                let bounced = Bounced { letter, reviewer, bounce };
                app.store.note_bounced_letter(&application.id, &bounced).await.map_err(edge::failed)?;
            }
            app.store.note_letter(&application.id, &name, clock.now()).await.map_err(edge::failed)
        }
        Err(later) => {
            // When this fails too, the claim runs out by itself.
            let _ = app.store.release_letter(&application.id, &name).await;
            Err(Problem::unavailable(format!("a letter about {} remains: {later}", application.id)))
        }
    }
}

/// What a letter is about.
struct Subject<'a> {
    urls: &'a Urls,
    application: &'a Application,
    /// As it is now.
    form: &'a Form,
    organisation: &'a Organisation,
    badge: &'a Badge,
    now: Timestamp,
}

/// A letter ready to be handed over.
struct Written {
    to: EmailAddress,
    mail: Mail,
}

/// To whom a letter goes, and with what.
struct Addressed<'a> {
    to: &'a EmailAddress,
    name: &'a str,
    lang: Lang,
    /// What the link in it opens; none for who comes in without one.
    opens: Option<Opens>,
    code: Option<String>,
    about: About,
}

impl Subject<'_> {
    /// What a letter is called in the record of those sent: another one when the application has come there anew.
    fn name(&self, letter: &Letter) -> String {
        let since = self.application.since.as_millisecond();
        match letter {
            Letter::ProveAddress { round } => format!("PROVE#{round}"),
            Letter::Received => format!("RECEIVED#{since}"),
            Letter::Returned => format!("RETURNED#{since}"),
            Letter::Rejected => format!("REJECTED#{since}"),
            Letter::ReviewerInvited { reviewer } => format!("INVITED#{reviewer}#{since}"),
            Letter::ReviewerReminded { reviewer } => format!("REMINDED#{reviewer}#{since}"),
            Letter::ApplicantReminded => format!("REMINDED#{since}"),
        }
    }

    /// The letter; none when it does not fit where the application stands.
    fn write(&self, letter: &Letter) -> Option<Written> {
        let addressed = self.address(letter)?;
        let (lang, content) = (addressed.lang, self.badge.content_for(addressed.lang.tag()));
        let facts = Facts {
            lang,
            to: addressed.name,
            applicant: &self.application.applicant.name,
            badge: &content.name,
            form: self.form.definition.title.get(lang),
            issuer: &self.organisation.name,
            address: &format!(
                "{}/v2/application/{}/{}",
                self.urls.base(),
                self.application.client,
                self.application.id
            ),
            since: self.application.since,
            zone: self.form.definition.window.zone.as_str(),
        };
        let link = addressed.opens.as_ref().map(|opens| self.url(opens));
        let frame = Frame {
            lang,
            picture: Some(&self.urls.artwork(&self.badge.artwork.png_sha256, "png")),
            alt: content.image_alt.as_deref().unwrap_or(&content.name),
            name: Passage { text: content.name.clone(), language: content.language.known().map(str::to_owned) },
            link: link.as_deref(),
            code: addressed.code.as_deref(),
            issuer: Issuer::itself(self.organisation),
        };
        Some(Written { to: addressed.to.clone(), mail: frame.letter(facts.texts(&addressed.about)) })
    }

    fn url(&self, opens: &Opens) -> String {
        self.urls.application(&self.form.id, &self.form.link(self.application, opens, self.now))
    }

    fn address(&self, letter: &Letter) -> Option<Addressed<'_>> {
        match (letter, &self.application.state) {
            (Letter::ProveAddress { round }, State::Draft | State::Unproven) => self.proof(*round),
            (Letter::Received, State::Submitted) => Some(self.applicant(About::Received)),
            (Letter::Returned, State::Returned { comment, .. }) => {
                Some(self.applicant(About::Returned { comment: comment.clone() }))
            }
            (Letter::Rejected, State::Rejected { reason, mailed: true, .. }) => {
                Some(self.applicant(About::Rejected { reason: reason.clone() }))
            }
            (Letter::ApplicantReminded, State::Returned { comment, .. }) => {
                Some(self.applicant(About::Waiting { comment: Some(comment.clone()) }))
            }
            // Reminding an address that nobody has proved would be writing to strangers.
            (Letter::ApplicantReminded, State::Draft) if self.application.proved_at.is_some() => {
                Some(self.applicant(About::Waiting { comment: None }))
            }
            (Letter::ReviewerInvited { reviewer }, State::Submitted) => self.reviewer(reviewer, false),
            (Letter::ReviewerReminded { reviewer }, State::Submitted) => self.reviewer(reviewer, true),
            _ => None,
        }
    }

    fn applicant(&self, about: About) -> Addressed<'_> {
        let applicant = &self.application.applicant;
        let (to, name, lang) = (&applicant.email, applicant.name.as_str(), applicant.language);
        Addressed { to, name, lang, opens: Some(Opens::Applicant), code: None, about }
    }

    /// Only the latest mail proves anything, and nothing once the address was changed.
    fn proof(&self, round: u32) -> Option<Addressed<'_>> {
        let application = self.application;
        let proof = application.proof.filter(|proof| proof.round == round && proof.attempts < MAX_PROOF_ATTEMPTS)?;
        if application.proved_at.is_some() {
            return None;
        }
        let code_until = proof.sent_at.checked_add(PROOF_CODE_LIFE).ok().filter(|until| *until > self.now);
        let link_until = self.now.checked_add(PROOF_LINK_LIFE).unwrap_or(self.now);
        let draft = matches!(application.state, State::Draft);
        let resume = draft.then(|| self.url(&Opens::Applicant));
        Some(Addressed {
            opens: Some(Opens::Proof { round }),
            code: code_until.map(|_| self.form.proof_code(application, round)),
            ..self.applicant(About::Prove { code_until, link_until, resume })
        })
    }

    /// A reviewer who may still look at it, has an address, and has not voted on what was submitted last, unless theirs is the last word.
    fn reviewer(&self, id: &ReviewerId, again: bool) -> Option<Addressed<'_>> {
        let (application, definition) = (self.application, &self.form.definition);
        application.reviewer(definition, id).ok()?;
        let number = application.submissions();
        let last = matches!(&definition.approval, Approval::Jury { verdict: Verdict::FinalReviewer { reviewer }, .. } if reviewer.id == *id);
        if !last && application.votes.iter().any(|vote| vote.by == *id && vote.submission == number) {
            return None;
        }
        let reviewer: &Reviewer = definition.approval.reviewer(id)?;
        let opens = match reviewer.access {
            Access::Outside => Some(Opens::Reviewer(id.clone())),
            Access::Inside { .. } => None,
        };
        let link_until = opens.as_ref().and_then(|_| self.now.checked_add(REVIEWER_LIFE).ok());
        let about = About::Review { link_until, again };
        Some(Addressed {
            to: reviewer.email.as_ref()?,
            name: &reviewer.name,
            lang: reviewer.language,
            opens,
            code: None,
            about,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use crate::wire::{Call, Records, Reply, Wire, error};
    use application::application::{Choice, Vote};
    use letter::sample::same_as;
    use serde_json::{Value, json};
    use std::fmt::Write as _;

    const WAITS: [&str; 3] = ["draft", "unproven", "submitted"];

    fn in_state(language: Lang, state: &str) -> Application {
        let by = json!({"who": "staff", "id": "key"});
        let comment = "写真を一枚添えてください。\n\n裏面も見たいです。";
        sample::application(
            language,
            match state {
                "returned" => json!({"name": state, "comment": comment, "by": by}),
                "rejected" => json!({"name": state, "reason": "糸が**切れて**います。", "mailed": true, "by": by}),
                _ => json!({"name": state}),
            },
        )
    }

    fn written(application: &Application, letter: &Letter, seconds: i64) -> Option<Written> {
        let now = sample::at(sample::ISSUED + seconds);
        let (form, organisation, badge) = (sample::form(), sample::organisation(), sample::badge());
        Subject { urls: &sample::urls(), application, form: &form, organisation: &organisation, badge: &badge, now }
            .write(letter)
    }

    fn reviewer(id: &str) -> ReviewerId {
        id.parse().unwrap()
    }

    fn invited(id: &str) -> Letter {
        Letter::ReviewerInvited { reviewer: reviewer(id) }
    }

    /// Every letter, with a state that it fits.
    fn all() -> Vec<(&'static str, Letter)> {
        vec![
            ("draft", Letter::ProveAddress { round: 1 }),
            ("submitted", Letter::Received),
            ("returned", Letter::Returned),
            ("rejected", Letter::Rejected),
            ("submitted", invited("june")),
            ("submitted", invited("jiro")),
            ("submitted", invited("saito")),
            ("submitted", Letter::ReviewerReminded { reviewer: reviewer("june") }),
            ("submitted", Letter::ReviewerReminded { reviewer: reviewer("jiro") }),
            ("returned", Letter::ApplicantReminded),
            ("draft", Letter::ApplicantReminded),
        ]
    }

    fn fitting(language: Lang, state: &str, letter: &Letter) -> Application {
        let mut application = in_state(language, state);
        if state == "draft" && *letter == Letter::ApplicantReminded {
            application.proved_at = Some(sample::at(sample::ISSUED));
        }
        application
    }

    #[test]
    fn the_letters_in_japanese_and_english() {
        let letters = |language| {
            let mut out = String::new();
            for (state, letter) in all() {
                let Written { to, mail } = written(&fitting(language, state, &letter), &letter, 60).unwrap();
                write!(out, "==== {letter:?}, to {}\n{}\n\n{}\n", to.as_str(), mail.subject, mail.text).unwrap();
            }
            out
        };
        same_as(env!("CARGO_MANIFEST_DIR"), "apply.ja.txt", include_str!("golden/apply.ja.txt"), &letters(Lang::Ja));
        same_as(env!("CARGO_MANIFEST_DIR"), "apply.en.txt", include_str!("golden/apply.en.txt"), &letters(Lang::En));
        let html = |language, letter| written(&in_state(language, "unproven"), &letter, 60).unwrap().mail.html;
        let prove = Letter::ProveAddress { round: 1 };
        same_as(
            env!("CARGO_MANIFEST_DIR"),
            "apply.ja.html",
            include_str!("golden/apply.ja.html"),
            &html(Lang::Ja, prove.clone()),
        );
        same_as(
            env!("CARGO_MANIFEST_DIR"),
            "apply.en.html",
            include_str!("golden/apply.en.html"),
            &html(Lang::En, prove),
        );
    }

    #[test]
    fn links_open_what_they_are_for_and_go_to_whom_they_are_for() {
        let form = sample::form();
        let link_in = |text: &str| {
            let link = text.split_whitespace().find(|word| word.contains("/applications/")).map(str::to_owned)?;
            application::link::Link::parse(link.rsplit_once('/')?.1)
        };
        for (letter, state, opens) in [
            (Letter::ProveAddress { round: 1 }, "unproven", Some(Opens::Proof { round: 1 })),
            (Letter::Received, "submitted", Some(Opens::Applicant)),
            (Letter::Returned, "returned", Some(Opens::Applicant)),
            (Letter::Rejected, "rejected", Some(Opens::Applicant)),
            (invited("june"), "submitted", Some(Opens::Reviewer(reviewer("june")))),
            (invited("saito"), "submitted", None),
        ] {
            let application = in_state(Lang::En, state);
            let Written { to, mail } = written(&application, &letter, 60).unwrap();
            let link = link_in(&mail.text);
            assert_eq!(link.as_ref().map(|link| link.opens.clone()), opens, "{letter:?}");
            assert!(
                link.is_none_or(
                    |link| form.made_link(&application, &link) && link.until > sample::at(sample::ISSUED + 60)
                )
            );
            let expected = match &letter {
                Letter::ReviewerInvited { reviewer } if reviewer.as_str() == "june" => "june@jury.example",
                Letter::ReviewerInvited { .. } => "saito@hataori.example",
                _ => "hana@learners.example",
            };
            assert_eq!(to.as_str(), expected);
            assert_eq!(mail.html.contains("/applications/"), opens.is_some());
        }
    }

    #[test]
    fn who_proves_an_address_gets_a_code_and_nothing_that_a_stranger_typed() {
        let mut application = in_state(Lang::En, "unproven");
        application.applicant.name = "Buy at https://evil.example".into();
        let code = sample::form().proof_code(&application, 1);
        let prove = |application: &Application, round, seconds| {
            written(application, &Letter::ProveAddress { round }, seconds).map(|written| written.mail)
        };
        let mail = prove(&application, 1, 60).unwrap();
        for text in [&mail.text, &mail.html] {
            assert!(text.contains(&code) && text.contains("Asia/Tokyo") && !text.contains("evil"), "{text}");
        }
        // After an hour the code would not work; the link does for days.
        let late = prove(&application, 1, 3_600).unwrap();
        assert!(!late.text.contains(&code) && late.text.contains("/applications/"));
        assert!(prove(&application, 2, 60).is_none(), "another mail was asked for");
        let mut spent = application.clone();
        spent.proof.as_mut().unwrap().attempts = MAX_PROOF_ATTEMPTS;
        assert!(prove(&spent, 1, 60).is_none(), "the address was changed");
        application.proved_at = Some(sample::at(sample::ISSUED));
        assert!(prove(&application, 1, 60).is_none());
    }

    #[test]
    fn a_letter_that_fits_no_more_is_not_written() {
        for state in ["draft", "unproven", "checking", "submitted", "returned", "rejected"] {
            for (fits, letter) in all() {
                let is_proof = matches!(letter, Letter::ProveAddress { .. }) && WAITS[..2].contains(&state);
                let reminded = letter == Letter::ApplicantReminded;
                let expected =
                    is_proof || fits == state && !(reminded && state == "draft") || reminded && state == "returned";
                assert_eq!(written(&in_state(Lang::Ja, state), &letter, 60).is_some(), expected, "{letter:?} {state}");
            }
        }
        let mut quiet = in_state(Lang::Ja, "rejected");
        let State::Rejected { mailed, .. } = &mut quiet.state else { panic!("rejected") };
        *mailed = false;
        assert!(written(&quiet, &Letter::Rejected, 60).is_none());
    }

    #[test]
    fn only_reviewers_who_are_waited_for_are_written_to() {
        let mut application = in_state(Lang::Ja, "submitted");
        let is_written = |application: &Application, id| written(application, &invited(id), 60).is_some();
        assert!(
            is_written(&application, "june") && is_written(&application, "fumi") && !is_written(&application, "nobody")
        );
        let vote = |by, submission| Vote {
            by: reviewer(by),
            submission,
            choice: Choice::Issue,
            comment: String::new(),
            at: sample::at(sample::ISSUED),
        };
        application.votes = vec![vote("june", 1), vote("jiro", 0), vote("fumi", 1)];
        assert!(
            !is_written(&application, "june") && is_written(&application, "jiro") && is_written(&application, "fumi")
        );
        application.assigned.clear();
        assert!(!is_written(&application, "jiro"));
        application.applicant.email = "FUMI@jury.example".parse().unwrap();
        assert!(!is_written(&application, "fumi"), "nobody is asked about an application of their own");
    }

    fn records(application: Application) -> impl Fn(&Call) -> Option<Reply> + Send + 'static {
        let others = Records::with(0);
        move |call| {
            let item = |value: Value| Some((200, json!({"Item": value})));
            let doc = |text: String| json!({"doc": {"S": text}});
            let key = &call.body["Key"];
            match (call.operation.as_str(), key["pk"]["S"].as_str()?.split('#').next()?) {
                ("GetItem", "APPLICATION") => item(doc(serde_json::to_string(&application).unwrap())),
                ("GetItem", "FORM") => item(doc(serde_json::to_string(&sample::form()).unwrap())),
                ("GetItem", "BADGE") if key["sk"]["S"] == "HEAD" => item(json!({"version": {"N": "1"}})),
                _ => others.read(call),
            }
        }
    }

    async fn run(wire: &Wire, letter: Letter) -> Result<(), String> {
        let job = LetterJob {
            application: sample::application(Lang::Ja, json!({"name": "submitted"})).id,
            revision: 1,
            letter,
        };
        let message = Message {
            queue: "stack-mail".into(),
            id: "m".into(),
            body: serde_json::to_string(&job).unwrap(),
            attempt: 1,
            trace: None,
            now: sample::at(sample::ISSUED + 60),
            deadline: sample::at(sample::ISSUED + 120),
        };
        wire.app().message(&message).await.map_err(|problem| problem.cause().unwrap_or_default().to_owned())
    }

    fn wire(state: &str, ses: impl Fn() -> Reply + Send + 'static) -> Wire {
        let records = records(in_state(Lang::Ja, state));
        Wire::answering(move |call| match call.operation.as_str() {
            "SendEmail" => ses(),
            _ => records(call).unwrap_or((200, json!({}))),
        })
    }

    fn written_down(wire: &Wire) -> Vec<String> {
        let short = |call: Call| {
            let expression = call.body["UpdateExpression"].as_str().unwrap().to_owned();
            format!("{} {}", call.body["Key"]["sk"]["S"].as_str().unwrap(), &expression[..6])
        };
        wire.calls("UpdateItem").into_iter().map(short).collect()
    }

    fn marks(marks: [&str; 2]) -> Vec<String> {
        marks.map(|mark| format!("REJECTED#{}000 {mark}", sample::ISSUED)).into()
    }

    #[tokio::test]
    async fn a_letter_is_claimed_sent_and_written_down() {
        let wire = wire("rejected", || (200, json!({"MessageId": "m-1"})));
        assert_eq!(run(&wire, Letter::Rejected).await, Ok(()));
        assert_eq!(written_down(&wire), marks(["SET cl", "SET st"]));
        let sent = &wire.calls("SendEmail")[0].body;
        assert_eq!(sent["Destination"]["ToAddresses"], json!(["hana@learners.example"]));
        assert_eq!(sent["ReplyToAddresses"], json!(["contact@hataori.example"]));
        let id = in_state(Lang::Ja, "rejected").id;
        let tags =
            json!([{"Name": "shirushi-application", "Value": id}, {"Name": "shirushi-letter", "Value": "rejected"}]);
        assert_eq!(sent["EmailTags"], tags);
        assert_eq!(sent["Content"]["Simple"]["Subject"]["Data"], "バッジ「手織り入門」の申請の結果について");
        // The record's key holds no address.
        let keys: Vec<String> = wire.calls("UpdateItem").iter().map(|call| call.body["Key"].to_string()).collect();
        assert!(keys.iter().all(|key| key.contains("LETTER#") && !key.contains('@')));
    }

    #[tokio::test]
    async fn what_stands_elsewhere_or_is_gone_is_not_written_to() {
        let wire = wire("submitted", || (200, json!({})));
        assert_eq!(run(&wire, Letter::Rejected).await, Ok(()));
        assert_eq!((wire.calls("SendEmail").len(), written_down(&wire)), (0, vec![]));
        let gone = Wire::answering(|_| (200, json!({})));
        assert_eq!(run(&gone, Letter::Rejected).await, Ok(()));
        assert_eq!(gone.all().len(), 1);
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_reached_is_the_end_of_the_letter() {
        let wire = wire("rejected", || error("MessageRejected", "no hana@learners.example"));
        assert_eq!(run(&wire, Letter::Rejected).await, Ok(()));
        let [claimed, sent] = marks(["SET cl", "SET st"]).try_into().unwrap();
        assert_eq!(written_down(&wire), [claimed, "BOUNCED SET do".to_owned(), sent]);
        let noted = wire.calls("UpdateItem")[1].body["ExpressionAttributeValues"][":doc"]["S"].to_string();
        assert!(noted.contains("MessageRejected") && noted.contains("rejected") && !noted.contains('@'), "{noted}");
    }

    #[tokio::test]
    async fn while_nothing_can_be_sent_the_job_comes_back() {
        let wire = wire("rejected", || error("SendingPausedException", "x"));
        let cause = run(&wire, Letter::Rejected).await.unwrap_err();
        assert!(cause.ends_with("SendingPausedException") && !cause.contains('@'), "{cause}");
        assert_eq!(written_down(&wire), marks(["SET cl", "REMOVE"]));
    }

    #[tokio::test]
    async fn what_was_sent_is_not_sent_again() {
        for (record, is_done) in
            [(json!({"st": {"N": "1768469400"}}), true), (json!({"cl": {"N": "1768469400"}}), false)]
        {
            let records = records(in_state(Lang::Ja, "rejected"));
            let wire = Wire::answering(move |call| {
                let is_record = call.body["Key"]["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("LETTER#"));
                match (is_record, call.operation.as_str()) {
                    (true, "GetItem") => (200, json!({"Item": record})),
                    (true, _) => error("ConditionalCheckFailedException", "The conditional request failed"),
                    (false, _) => records(call).unwrap_or((200, json!({}))),
                }
            });
            assert_eq!(run(&wire, Letter::Rejected).await.is_ok(), is_done);
            assert_eq!(wire.calls("SendEmail").len(), 0);
        }
    }
}
