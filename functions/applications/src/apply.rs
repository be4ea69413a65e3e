//! The public side, without an account.
//!
//! Who applies holds a link to their application from the moment it is begun; reviewers from outside and peers hold links of their own.
//! What a link opens is looked up in the application as it stands, so using one twice does no more than using it once. A link that is not
//! ours, an application that is not there and one of another form look alike.
//!
//! A form that is closed takes nothing new; what was sent back by a reviewer may be submitted again all the same.

use crate::review::{duplicate_exists, read_vote};
use crate::step::{self, Files, Subject};
use crate::{App, evidence, page, view};
use application::abuse::{
    self, Counted, MAX_BEGUN_PER_ADDRESS, MAX_BEGUN_PER_NETWORK, MAX_TRIED_PER_NETWORK, MAX_UNSOLVED_PER_NETWORK,
    MAX_WRONG_CODES, TRAP_FIELD,
};
use application::answers::{Answers, Applicant, Typed};
use application::application::{Actor, Approved, Circumstances, Decision, Entered, State, Step};
use application::approval::{Approval, Claim, Reviewer, claim};
use application::form::{Availability, Form};
use application::limits::MAX_COMMENT_CHARS;
use application::link::{Link, Opens};
use application::names::CodeId;
use application::{Application, Refusal};
use badge::definition::Badge;
use badge::input::{Complaints, FieldError, Reader, Reason};
use badge::limits::MAX_SHORT_CHARS;
use badge::{ApplicationId, CredentialId, FormId, rfc3339};
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) async fn answer(app: &App, request: &Request) -> Result<Answer, Problem> {
    match request.route.as_str() {
        "GET /apply/{form}" => show(app, request).await,
        "POST /apply/{form}/challenge" => challenge(app, request).await,
        "POST /apply/{form}/applications" => begin(app, request).await,
        "GET /apply/{form}/applications/{link}" => look(app, request).await,
        "PUT /apply/{form}/applications/{link}" => save(app, request).await,
        "POST /apply/{form}/applications/{link}/submit" => submit(app, request).await,
        "POST /apply/{form}/applications/{link}/proof" => send_proof(app, request).await,
        "POST /apply/{form}/applications/{link}/prove" => prove(app, request).await,
        "POST /apply/{form}/applications/{link}/withdraw" => withdraw(app, request).await,
        "POST /apply/{form}/applications/{link}/vote" => vote(app, request).await,
        "POST /apply/{form}/applications/{link}/decision" => decide(app, request).await,
        "POST /apply/{form}/applications/{link}/endorse" => endorse(app, request).await,
        _ => Err(Kind::NotFound.into()),
    }
}

pub(crate) async fn form(app: &App, request: &Request) -> Result<Form, Problem> {
    let id: FormId = request.id("form")?;
    app.store.form(&id).await.map_err(edge::failed)?.ok_or_else(|| Kind::NotFound.into())
}

/// `GET /apply/{form}`: what is asked, in the reader's language.
async fn show(app: &App, request: &Request) -> Result<Answer, Problem> {
    let form = form(app, request).await?;
    let badge = app.store.public_badge(&form.definition.badge).await.map_err(edge::failed)?;
    let mut value = form.public(request.lang, request.now);
    value["badge"] = badge.map_or(Value::Null, |badge| badge_of(app, &badge, request));
    Ok(Answer::json(200, &value).header("vary", "accept, accept-language"))
}

fn badge_of(app: &App, badge: &Badge, request: &Request) -> Value {
    let content = badge.content_for(request.lang.tag());
    json!({
        "id": app.urls.badge(&badge.id),
        "name": content.name,
        "description": content.description,
        "criteria": content.criteria,
        "image": app.urls.artwork(&badge.artwork.png_sha256, "png"),
    })
}

/// `POST /apply/{form}/challenge`: work to be done before something can be handed in.
async fn challenge(app: &App, request: &Request) -> Result<Answer, Problem> {
    let form = form(app, request).await?;
    let challenge = abuse::challenge(&form.id, &form.secret, chance::bytes(), request.now);
    let until = request.now.checked_add(abuse::CHALLENGE_LIFE).unwrap_or(request.now);
    let body = json!({
        "challenge": challenge, "algorithm": "sha-256", "difficulty_bits": abuse::DIFFICULTY_BITS, "expires_at": rfc3339(until),
    });
    Ok(Answer::json(200, &body))
}

/// What somebody typed, with what is wrong with it so far.
struct Typing {
    applicant: Option<Applicant>,
    typed: Typed,
    code: Option<String>,
    submit: bool,
    errors: Vec<FieldError>,
}

fn read_typing(body: &Value, form: &Form, request: &Request) -> Typing {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    if reader.field(TRAP_FIELD).is_some_and(|field| field.value().as_str() != Some("")) {
        reader.refuse_field(TRAP_FIELD, Reason::MustBeEmpty);
    }
    let typing = Typing {
        applicant: Applicant::read(&reader, &form.definition, request.lang),
        typed: Typed::read(&reader),
        code: reader.optional_text("code", MAX_SHORT_CHARS),
        submit: reader.boolean("submit", false),
        errors: Vec::new(),
    };
    let errors = complaints.into_result(()).err().unwrap_or_default();
    Typing { errors, ..typing }
}

fn field(pointer: &str, reason: Reason) -> FieldError {
    FieldError { pointer: pointer.to_owned(), reason }
}

/// `POST /apply/{form}/applications`: begins an application, and with `submit` hands it in at once. The answer holds the link to it.
async fn begin(app: &App, request: &Request) -> Result<Answer, Problem> {
    let form = form(app, request).await?;
    is_open(&form, request.now)?;
    let body = request.json()?;
    let mut typing = read_typing(&body, &form, request);
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    // Nothing is said about a code to who has not worked. Where no script runs nobody can: a few tries are taken from each network.
    let work = match text("solution") {
        "" if page::is_form(request) => {
            count(app, &form, request, "unsolved", MAX_UNSOLVED_PER_NETWORK).await?;
            None
        }
        solution => match abuse::solved(&form.id, &form.secret, text("challenge"), solution, request.now) {
            Ok(spent) => Some(spent),
            Err(_) => {
                typing.errors.push(field("/solution", Reason::Unsolved));
                return Err(typing.errors.into());
            }
        },
    };
    let mut ready = None;
    if typing.submit {
        match ready_to_submit(app, None, &typing, &form, request).await? {
            Ok(answers) => ready = Some(answers),
            Err(errors) => typing.errors.extend(errors),
        }
    }
    if let Some((nonce, until)) = &work
        && typing.errors.iter().any(|error| error.reason == Reason::WrongCode)
    {
        // Each guess costs its own work.
        app.store.spend(&form.id, nonce, *until).await.map_err(edge::failed)?;
    }
    let (Some(applicant), true) = (typing.applicant, typing.errors.is_empty()) else {
        return Err(typing.errors.into());
    };
    count(app, &form, request, "begin", MAX_BEGUN_PER_NETWORK).await?;
    if let Some((nonce, until)) = work
        && !app.store.spend(&form.id, &nonce, until).await.map_err(edge::failed)?
    {
        return Err(Problem::fields(vec![field("/solution", Reason::Unsolved)]));
    }
    // After that, or a repetition would cost somebody their mails.
    count_address(app, &form, &applicant, request.now).await?;
    let id = ApplicationId::from_random(chance::bytes());
    let mut step = Application::begin(id, &form, applicant.clone(), typing.typed, request.now);
    if let Some(Ready { answers, code, evidence }) = ready {
        let world = step::circumstances(app, &form, evidence, request.now).await?;
        step = step.application.submit(applicant, answers, code, &world).map_err(step::refused)?;
    } else {
        // A mail with the link lets somebody go on another day, and proves the address by the way.
        step = step.application.send_proof(request.now).map_err(step::refused)?;
    }
    step::write(app, None, &form, &step, request.now).await.map_err(step::problem)?;
    let subject = Subject { application: step.application, form };
    let mut value = view::applicant(app, &subject, request);
    value["url"] = view::link(app, &subject, &Opens::Applicant, request.now).into();
    let location = value["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &value).header("location", location))
}

fn is_open(form: &Form, now: Timestamp) -> Result<(), Problem> {
    let (en, ja) = match form.availability(now) {
        Availability::Open => return Ok(()),
        Availability::NotYet(opens) => {
            let at = local(form, opens);
            (format!("This form opens at {at}."), format!("このフォームの受付は {at} に始まります。"))
        }
        Availability::Over(closed) => {
            let at = local(form, closed);
            (format!("This form closed at {at}."), format!("このフォームの受付は {at} に終了しました。"))
        }
        Availability::Closed => {
            ("This form does not take applications.".into(), "このフォームは現在受け付けていません。".into())
        }
    };
    Err(Problem::new(Kind::Conflict).detail(en, ja))
}

/// An instant as the clock of the form's zone shows it.
fn local(form: &Form, at: Timestamp) -> String {
    let zone = form.definition.window.zone.as_str();
    at.in_tz(zone).map_or_else(|_| rfc3339(at), |local| format!("{} ({zone})", local.strftime("%Y-%m-%d %H:%M")))
}

async fn count(app: &App, form: &Form, request: &Request, what: &str, max: u32) -> Result<(), Problem> {
    let Some(source) = request.source else { return Ok(()) };
    let key = abuse::rate_key(&form.secret, what, &Counted::Network(source), request.now);
    within(app, &key, max, request.now).await
}

async fn count_address(app: &App, form: &Form, applicant: &Applicant, now: Timestamp) -> Result<(), Problem> {
    let key = abuse::rate_key(&form.secret, "begin", &Counted::Address(&applicant.email), now);
    within(app, &key, MAX_BEGUN_PER_ADDRESS, now).await
}

/// Another address gets a mail as well.
async fn count_move(app: &App, subject: &Subject, applicant: &Applicant, now: Timestamp) -> Result<(), Problem> {
    if subject.application.is_by(&applicant.email) {
        return Ok(());
    }
    count_address(app, &subject.form, applicant, now).await
}

async fn within(app: &App, key: &str, max: u32, now: Timestamp) -> Result<(), Problem> {
    let fits = app.store.count_rate(key, max, now).await.map_err(edge::failed)?;
    if fits { Ok(()) } else { Err(Kind::TooManyRequests.into()) }
}

/// What can be submitted.
struct Ready {
    answers: Answers,
    code: Option<CodeId>,
    evidence: application::Evidence,
}

/// Whether everything is there and right, or all that is wrong with it.
async fn ready_to_submit(
    app: &App,
    application: Option<&ApplicationId>,
    typing: &Typing,
    form: &Form,
    request: &Request,
) -> Result<Result<Ready, Vec<FieldError>>, Problem> {
    let mut errors = Vec::new();
    let code = match &form.definition.approval {
        Approval::ClaimCode { codes, .. } => {
            count(app, form, request, "code", MAX_TRIED_PER_NETWORK).await?;
            match claim(codes, typing.code.as_deref().unwrap_or_default(), &form.secret, request.now) {
                Claim::Right(code) => Some(code.id.clone()),
                Claim::Closed(_) => {
                    errors.push(field("/code", Reason::NotNow));
                    None
                }
                Claim::Wrong => {
                    let reason = if typing.code.is_some() { Reason::WrongCode } else { Reason::Missing };
                    errors.push(field("/code", reason));
                    None
                }
            }
        }
        _ => None,
    };
    let answers = match Answers::read(&typing.typed, &form.definition) {
        Ok(answers) => answers,
        Err(wrong) => {
            errors.splice(0..0, wrong);
            return Ok(Err(errors));
        }
    };
    let evidence = evidence::look(app, application, &answers, request.now).await?;
    Ok(if errors.is_empty() { Ok(Ready { answers, code, evidence }) } else { Err(errors) })
}

/// What a link opened.
pub(crate) struct Opened {
    pub(crate) subject: Subject,
    pub(crate) opens: Opens,
}

/// The application that the link in the path opens.
pub(crate) async fn open(app: &App, request: &Request) -> Result<Opened, Problem> {
    let form: FormId = request.id("form")?;
    let link = request.parameter("link").and_then(Link::parse).ok_or(Kind::NotFound)?;
    let subject = step::find(app, &form, &link.application).await?;
    if !subject.form.made_link(&subject.application, &link) {
        return Err(Kind::NotFound.into());
    }
    if link.until <= request.now {
        return Err(Kind::LinkExpired.into());
    }
    Ok(Opened { subject, opens: link.opens })
}

/// The same, provided it is the applicant's own link.
pub(crate) async fn open_own(app: &App, request: &Request) -> Result<Subject, Problem> {
    let opened = open(app, request).await?;
    if opened.opens == Opens::Applicant { Ok(opened.subject) } else { Err(Kind::NotFound.into()) }
}

/// The same, provided it is the link of a reviewer who may see it.
pub(crate) async fn open_reviewer(app: &App, request: &Request) -> Result<(Subject, Reviewer), Problem> {
    reviewed_by(open(app, request).await?)
}

fn reviewed_by(Opened { subject, opens }: Opened) -> Result<(Subject, Reviewer), Problem> {
    let Opens::Reviewer(id) = opens else { return Err(Kind::NotFound.into()) };
    // Who is no longer asked sees nothing any more; a draft is the applicant's own.
    let reviewer = subject.application.reviewer(&subject.form.definition, &id);
    let reviewer = reviewer.map_err(|_| Kind::NotFound)?.clone();
    if matches!(subject.application.state, State::Draft | State::Unproven | State::Checking) {
        return Err(Kind::NotFound.into());
    }
    Ok((subject, reviewer))
}

/// `GET /apply/{form}/applications/{link}`: what the holder of the link may see.
async fn look(app: &App, request: &Request) -> Result<Answer, Problem> {
    let opened = open(app, request).await?;
    let subject = opened.subject.clone();
    let value = match opened.opens {
        Opens::Applicant => view::applicant(app, &step::check(app, subject, request.now).await?, request),
        Opens::Proof { .. } => {
            // Seeing a link is not using it: what reads mails before people do proves nothing.
            json!({"state": subject.application.state.name(), "address_proved": subject.application.proved_at.is_some()})
        }
        Opens::Peer => {
            peers_may_see(&subject)?;
            view::peer(&subject, &answered(app, &subject).await?, request.lang)
        }
        Opens::Reviewer(_) => {
            let (subject, reviewer) = reviewed_by(opened)?;
            view::reviewer(&subject, &answered(app, &subject).await?, &reviewer, request.lang)
        }
    };
    Ok(Answer::json(200, &value))
}

/// The version of the form that was answered.
pub(crate) async fn answered(app: &App, subject: &Subject) -> Result<Form, Problem> {
    let version = subject.application.submission.as_ref().map_or(subject.form.version, |s| s.form_version);
    let form = app.store.form_version(&subject.form.id, version).await.map_err(edge::failed)?;
    Ok(form.unwrap_or_else(|| subject.form.clone()))
}

/// `PUT /apply/{form}/applications/{link}`: keeps what was typed, whatever is wrong with it.
async fn save(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = open_own(app, request).await?;
    let typing = read_typing(&request.json()?, &subject.form, request);
    let (Some(applicant), true) = (typing.applicant, typing.errors.is_empty()) else {
        return Err(typing.errors.into());
    };
    count_move(app, &subject, &applicant, request.now).await?;
    let saved = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.save(&world.form.definition, applicant.clone(), typing.typed.clone())
    });
    Ok(Answer::json(200, &view::applicant(app, &saved.await?, request)))
}

/// `POST …/submit`: hands in what is in the body. What cannot be taken is kept as a draft, so that nothing typed is lost.
async fn submit(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = open_own(app, request).await?;
    let (application, form) = (&subject.application, &subject.form);
    application.may_edit(&form.definition).map_err(step::refused)?;
    if application.wrong_codes >= MAX_WRONG_CODES {
        return Err(step::refused(Refusal::NoAttemptsLeft));
    }
    let mut typing = read_typing(&request.json()?, form, request);
    // What a reviewer asked for again may come when the form has closed.
    let again = matches!(application.state, State::Returned { .. });
    let closed = if again { None } else { is_open(form, request.now).err() };
    let ready = match (closed, ready_to_submit(app, Some(&application.id), &typing, form, request).await?) {
        (Some(closed), _) => Err(closed),
        (None, Ok(ready)) if typing.errors.is_empty() => Ok(ready),
        (None, wrong) => {
            typing.errors.extend(wrong.err().unwrap_or_default());
            Err(std::mem::take(&mut typing.errors).into())
        }
    };
    let Typing { applicant: Some(applicant), typed, .. } = typing else {
        return Err(ready.err().unwrap_or_else(|| Kind::InvalidRequest.into()));
    };
    count_move(app, &subject, &applicant, request.now).await?;
    let ready = match ready {
        Ok(ready) => ready,
        Err(problem) => {
            keep(app, &subject, applicant, typed, &problem, request).await;
            return Err(problem);
        }
    };
    // It answers the version that it was read against, whatever becomes of the form meanwhile.
    let (files, read_against) = (Files::Known(ready.evidence.clone()), subject.form.clone());
    let submitted = step::take(app, subject, files, request.now, |application, world| {
        let world = Circumstances { form: &read_against, ..world.clone() };
        application.submit(applicant.clone(), ready.answers.clone(), ready.code.clone(), &world)
    });
    Ok(Answer::json(200, &view::applicant(app, &submitted.await?, request)))
}

/// Keeps what could not be submitted. That this fails is no reason to say anything else than what is wrong.
async fn keep(app: &App, subject: &Subject, applicant: Applicant, typed: Typed, problem: &Problem, request: &Request) {
    let before = &subject.application;
    // Another address counts when it is submitted and proved.
    let applicant = match before.submission {
        Some(_) => Applicant { email: before.applicant.email.clone(), ..applicant },
        None => applicant,
    };
    let saved = before.clone().save(&subject.form.definition, applicant, typed);
    let Ok(Step { mut application, .. }) = saved else { return };
    if problem.field_errors().iter().any(|error| error.reason == Reason::WrongCode) {
        application.wrong_codes = application.wrong_codes.saturating_add(1);
    }
    if let Err(error) = app.store.write_attempt(&subject.application, &application, request.now).await {
        tracing::warn!(application = application.id.as_str(), %error, "not kept");
    }
}

/// `POST …/proof`: another mail that proves the address.
async fn send_proof(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = open_own(app, request).await?;
    count_address(app, &subject.form, &subject.application.applicant, request.now).await?;
    let sent =
        step::take(app, subject, Files::Any, request.now, |application, world| application.send_proof(world.now));
    Ok(Answer::json(200, &view::applicant(app, &sent.await?, request)))
}

/// `POST …/prove`: by the link out of the mail, or by the applicant's own link with the `code` out of it.
async fn prove(app: &App, request: &Request) -> Result<Answer, Problem> {
    let Opened { subject, opens } = open(app, request).await?;
    if subject.application.proved_at.is_some() {
        // Whoever follows the link twice finds what they found the first time.
        return match opens {
            Opens::Applicant | Opens::Proof { .. } => Ok(Answer::json(200, &proved(app, &subject, request))),
            Opens::Reviewer(_) | Opens::Peer => Err(Kind::NotFound.into()),
        };
    }
    match opens {
        Opens::Proof { .. } => {}
        Opens::Applicant => {
            count(app, &subject.form, request, "prove", MAX_TRIED_PER_NETWORK).await?;
            check_code(app, &subject, request).await?;
        }
        Opens::Reviewer(_) | Opens::Peer => return Err(Kind::NotFound.into()),
    }
    let done = step::take(app, subject, Files::Submitted, request.now, Application::prove);
    Ok(Answer::json(200, &proved(app, &done.await?, request)))
}

/// Who holds the address holds the application.
fn proved(app: &App, subject: &Subject, request: &Request) -> Value {
    let mut value = view::applicant(app, subject, request);
    value["url"] = view::link(app, subject, &Opens::Applicant, request.now).into();
    value
}

async fn check_code(app: &App, subject: &Subject, request: &Request) -> Result<(), Problem> {
    let body = request.json()?;
    let complaints = Complaints::default();
    let code = Reader::root(&body, &complaints).text("code", 1, MAX_SHORT_CHARS);
    complaints.into_result(())?;
    match subject.application.enter_code(&subject.form, &code, request.now) {
        Entered::Right => Ok(()),
        Entered::Wrong(counted) => {
            // Who tries many at once is told of a conflict instead of whether one was right.
            app.store.write_attempt(&subject.application, &counted, request.now).await.map_err(edge::failed)?;
            Err(Problem::fields(vec![field("/code", Reason::WrongCode)]))
        }
        Entered::Spent => Err(Problem::new(Kind::LinkExpired).detail(
            "This code cannot be used any more. Ask for another mail.",
            "このコードは使用できなくなりました。確認メールを再送してください。",
        )),
    }
}

/// `POST …/withdraw`.
async fn withdraw(app: &App, request: &Request) -> Result<Answer, Problem> {
    let subject = open_own(app, request).await?;
    if matches!(subject.application.state, State::Withdrawn { by: Actor::Applicant }) {
        return Ok(Answer::json(200, &view::applicant(app, &subject, request)));
    }
    let withdrawn = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.withdraw(Actor::Applicant, world.now)
    });
    Ok(Answer::json(200, &view::applicant(app, &withdrawn.await?, request)))
}

/// `POST …/vote`: a juror's.
async fn vote(app: &App, request: &Request) -> Result<Answer, Problem> {
    let (subject, reviewer) = open_reviewer(app, request).await?;
    let (choice, comment) = read_vote(&request.json()?)?;
    let voted = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.vote(&world.form.definition, &reviewer.id, choice, &comment, world.now)
    });
    reviewed(app, &voted.await?, &reviewer, request).await
}

/// `POST …/decision`: a reviewer's.
async fn decide(app: &App, request: &Request) -> Result<Answer, Problem> {
    let (subject, reviewer) = open_reviewer(app, request).await?;
    let decision = Decision::read(&request.json()?, request.now)?;
    duplicate_exists(app, &subject, &decision).await?;
    let decided = step::take(app, subject, Files::Any, request.now, |application, world| {
        let by = Actor::Reviewer(reviewer.id.clone());
        application.decide(&world.form.definition, decision.clone(), by, world.now)
    });
    reviewed(app, &decided.await?, &reviewer, request).await
}

async fn reviewed(app: &App, subject: &Subject, reviewer: &Reviewer, request: &Request) -> Result<Answer, Problem> {
    Ok(Answer::json(200, &view::reviewer(subject, &answered(app, subject).await?, reviewer, request.lang)))
}

/// Peers see what waits for them, and whether it was decided.
pub(crate) fn peers_may_see(subject: &Subject) -> Result<(), Problem> {
    let peers = matches!(subject.form.definition.approval, Approval::Peer { .. });
    let hidden = matches!(subject.application.state, State::Draft | State::Unproven | State::Checking);
    if peers && !hidden { Ok(()) } else { Err(Kind::NotFound.into()) }
}

/// `POST …/endorse` with `credential`: the link out of the mail about the peer's own badge shows that they hold it.
async fn endorse(app: &App, request: &Request) -> Result<Answer, Problem> {
    let Opened { subject, opens: Opens::Peer } = open(app, request).await? else { return Err(Kind::NotFound.into()) };
    peers_may_see(&subject)?;
    let (text, comment) = read_endorsement(&request.json()?)?;
    let peer = held(app, &subject.form, &text, request.now).await?;
    let peer = peer.ok_or_else(|| Problem::fields(vec![field("/credential", Reason::NotFound)]))?;
    let own = subject.application.is_by(&peer.email);
    let approval =
        Approved { person: peer.person, credential: peer.credential, submission: 0, comment, at: request.now };
    let endorsed = step::take(app, subject, Files::Any, request.now, |application, world| {
        application.endorse(&world.form.definition, approval.clone(), own)
    });
    let subject = endorsed.await?;
    Ok(Answer::json(200, &view::peer(&subject, &answered(app, &subject).await?, request.lang)))
}

fn read_endorsement(body: &Value) -> Result<(String, String), Vec<FieldError>> {
    let complaints = Complaints::default();
    let reader = Reader::root(body, &complaints);
    let text = reader.text("credential", 1, badge::limits::MAX_URL_CHARS);
    let comment = reader.optional_text("comment", MAX_COMMENT_CHARS).unwrap_or_default();
    complaints.into_result((text, comment))
}

/// Somebody who holds one of the badges.
struct Peer {
    person: String,
    email: badge::EmailAddress,
    credential: CredentialId,
}

/// The token out of a link to `/c/receive`, or the token itself.
fn receive_token(text: &str) -> &str {
    let text = text.trim();
    let token = text.split_once("tk=").map_or(text, |(_, behind)| behind);
    token.split(['&', '#']).next().unwrap_or_default()
}

/// Whose link this is, provided that it shows a valid credential of one of the form's badges. `text`: the link, or the address it ends.
async fn held(app: &App, form: &Form, text: &str, now: Timestamp) -> Result<Option<Peer>, Problem> {
    let Some(link) = badge::receive::Link::parse(receive_token(text)) else { return Ok(None) };
    let Approval::Peer { badges, .. } = &form.definition.approval else { return Ok(None) };
    let mut found = app.store.held(std::slice::from_ref(&link.credential)).await.map_err(edge::failed)?;
    let Some(held) = found.pop() else { return Ok(None) };
    let event = &held.event;
    let fits =
        event.made_link(&link) && link.until > now && badges.contains(&event.badge) && event.client == form.client;
    let valid = held.revoked.is_none() && event.expiry_of(&held.recipient).is_none_or(|end| end > now);
    if !fits || !valid {
        return Ok(None);
    }
    let organisation = app.store.organisation(&form.client).await.map_err(edge::failed)?;
    let email = held.recipient.email.clone();
    Ok(organisation.map(|organisation| Peer {
        person: organisation.mail_hmac(&email),
        email,
        credential: link.credential,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_badge_is_shown_by_a_link_or_its_token() {
        for text in ["5f8a", " https://badges.example.org/c/receive?lang=ja&tk=5f8a#x ", "/c/receive?tk=5f8a&lang=ja"] {
            assert_eq!(receive_token(text), "5f8a");
        }
    }
}
