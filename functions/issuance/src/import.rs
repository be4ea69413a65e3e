//! Issuing to a list in a file: upload and look, then start, follow, and fetch what became of each row.
//!
//! The upload issues nothing. It answers with everything that is wrong, line by line; rows that cannot be taken never hinder the
//! others. Starting reads the same file again and issues by the one way there is ([`crate::issue`]), with the import's id as the
//! request's key: started twice, it is one event.

use crate::App;
use crate::issue::{self, Key, Order};
use crate::lists::{self, Standing};
use badge::event::IssueRequest;
use badge::input::{FieldError, Reason};
use badge::{BadgeId, ClientId, Event, ImportId, Lang, Recipient};
use edge::token::Caller;
use edge::{Answer, Kind, Problem, Request, chance};
use jiff::Timestamp;
use letter::Award;
use roster::{BadRow, CellError, Roster, result};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::Import;

/// Recipients shown of an upload, so that a person sees whether columns and letters came out right.
const PREVIEW_ROWS: usize = 5;

/// Mails shown before anything is issued, each in another language.
const PREVIEW_MAILS: usize = 8;

/// `POST /v2/import/{client}/{badge}?time_zone=`: the file as the body.
pub(crate) async fn upload(app: &App, request: &Request) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let badge: BadgeId = request.id("badge")?;
    app.store.badge(&client, &badge).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    // A gateway on the way took the bytes for UTF-8 and replaced what was not: what was there before is lost.
    if request.body.windows(3).any(|three| three == "\u{fffd}".as_bytes()) {
        return Err(Problem::fields(vec![FieldError { pointer: "/file".into(), reason: Reason::FileEncoding }])
            .detail(
                "Send a file that is not UTF-8 with the content type application/octet-stream.",
                "UTF-8以外のファイルは Content-Type: application/octet-stream で送信してください。",
            ));
    }
    let time_zone = request.query("time_zone").unwrap_or("UTC").to_owned();
    let roster = roster::read(&request.body, Some(&time_zone), None)?;
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    let import = Import {
        id: ImportId::from_random(chance::bytes()),
        badge,
        time_zone,
        good: count(roster.rows.len()),
        bad: count(roster.bad.len()),
        created_at: request.now,
        event: None,
    };
    app.store.add_import(&client, &import, request.body.clone()).await.map_err(edge::failed)?;
    let mut body = json!({
        "success": true, "message": "", "resource_type": "import", "resource_id": import.id.as_str(), "count": import.good,
    });
    report(&mut body, &roster, request.lang);
    Ok(Answer::json(200, &body).header("location", format!("/v2/import/{client}/{}", import.id)))
}

/// `GET /v2/import/{client}/{import}`: what is wrong with it, and how far it is once it was started.
pub(crate) async fn show(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (import, file) = find(app, &client, request, caller).await?;
    let event = event_of(app, &import).await?;
    let roster = roster::read(&file, Some(&import.time_zone), event.as_ref().map(|event| event.issued_on))?;
    let mut body = json!({
        "id": import.id.as_str(),
        "badge_id": import.badge.as_str(),
        "time_zone": import.time_zone,
        "ctime": import.created_at.as_second(),
        "event_id": event.as_ref().map(|event| event.id.as_str()),
        "progress": null,
    });
    if let Some(event) = &event {
        body["progress"] = lists::counts(app, event).await?;
    }
    report(&mut body, &roster, request.lang);
    Ok(Answer::json(200, &body))
}

/// `POST /v2/import/{client}/{import}/start`: the body of a request to issue, without `recipient`.
pub(crate) async fn start(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (import, wanted) = asked(app, &client, request, caller).await?;
    let organisation = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::Forbidden)?;
    // No caller can give this name: a header holds no NUL.
    let key = Key::given(&format!("\0import {}", import.id), &request.body, request.now);
    let order = Order { wanted: &wanted, deed: audit::issuing(caller, request) };
    let event = issue::carry_out(app, &organisation, &import.badge, order, key, request.now).await?;
    app.store.note_import_event(&client, &import.id, &event.event.id).await.map_err(edge::failed)?;
    Ok(issue::answer(&event.event))
}

/// What starting an import with this body would issue.
async fn asked(
    app: &App,
    client: &ClientId,
    request: &Request,
    caller: &Caller,
) -> Result<(Import, IssueRequest), Problem> {
    let (import, file) = find(app, client, request, caller).await?;
    let body = if request.body.is_empty() { json!({}) } else { request.json()? };
    let terms = IssueRequest::read_for(&body, Vec::new())?;
    let roster = roster::read(&file, Some(&import.time_zone), Some(terms.issued_on.unwrap_or(request.now)))?;
    if roster.rows.is_empty() {
        return Err(Problem::fields(vec![FieldError { pointer: "/file".into(), reason: Reason::TooFew { min: 1 } }]));
    }
    let wanted = IssueRequest { recipients: roster.rows.into_iter().map(|row| row.recipient).collect(), ..terms };
    Ok((import, wanted))
}

/// `POST /v2/import/{client}/{import}/preview`: the mails that starting with this body would send, one for each language of a recipient,
/// by the code that writes them. Only the link in them leads nowhere.
pub(crate) async fn preview(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (import, wanted) = asked(app, &client, request, caller).await?;
    let (badge, organisation) =
        futures_util::try_join!(app.store.badge(&client, &import.badge), app.store.organisation(&client))
            .map_err(edge::failed)?;
    let badge = badge.ok_or(Kind::NotFound)?;
    if badge.definition.draft {
        return Err(Kind::DraftBadge.into());
    }
    let organisation = organisation.ok_or(Kind::Forbidden)?.organisation;
    let event = issue::drafted(app, &organisation, &badge, &wanted, issue::seconds(request.now)).await?;
    let mut seen: Vec<(u32, &Recipient, usize)> = Vec::new();
    for (number, recipient) in (0u32..).zip(&wanted.recipients) {
        match seen.iter_mut().find(|(_, first, _)| first.language == recipient.language) {
            Some((_, _, count)) => *count += 1,
            None => seen.push((number, recipient, 1)),
        }
    }
    // What most of them get comes first.
    seen.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    let mail = |(number, recipient, count): &(u32, &Recipient, usize)| {
        let award = Award {
            urls: &app.urls,
            organisation: &organisation,
            badge: &badge,
            event: &event,
            number: *number,
            recipient,
            round: 0,
        };
        let letter = award.letter();
        json!({
            "language": recipient.language.as_str(), "count": count, "email": recipient.email.as_str(),
            "sender": letter.sender, "reply_to": letter.reply_to,
            "subject": letter.subject, "text": letter.text, "html": letter.html,
        })
    };
    let mails: Vec<Value> = seen.iter().take(PREVIEW_MAILS).map(mail).collect();
    Ok(Answer::json(200, &json!({"send_email": wanted.send_email, "mails": mails})))
}

/// `GET /v2/import/{client}/{import}/result`: a row for each row of the file, with what became of it.
pub(crate) async fn outcome(app: &App, request: &Request, caller: &Caller) -> Result<Answer, Problem> {
    let client: ClientId = request.id("client")?;
    let (import, file) = find(app, &client, request, caller).await?;
    let event = event_of(app, &import).await?;
    let roster = roster::read(&file, Some(&import.time_zone), event.as_ref().map(|event| event.issued_on))?;
    let standings = match &event {
        Some(event) => lists::standings(app, event).await?,
        None => Vec::new(),
    };
    let by_address: HashMap<String, &Standing> =
        standings.iter().map(|standing| (standing.recipient.email.folded(), standing)).collect();
    let mut rows: Vec<result::ResultRow<'_>> = roster.bad.iter().map(|bad| refused_row(bad, request.lang)).collect();
    for row in &roster.rows {
        let standing = by_address.get(&row.recipient.email.folded()).copied();
        rows.push(issued_row(app, event.as_ref(), row.line, &row.recipient, standing));
    }
    rows.sort_by_key(|row| row.line);
    let file = result::result_csv(rows.into_iter());
    Ok(Answer::new(200)
        .body("text/csv; charset=utf-8", file)
        .cache(edge::answer::Cache::None)
        .header("content-disposition", format!("attachment; filename=\"import-{}.csv\"", import.id)))
}

async fn find(app: &App, client: &ClientId, request: &Request, caller: &Caller) -> Result<(Import, Vec<u8>), Problem> {
    let id: ImportId = request.id("import")?;
    let import = app.store.import(client, &id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    caller.about(&import.badge)?;
    // The file goes a little earlier or later than the record.
    let file = app.store.import_file(client, &id).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    Ok((import, file))
}

async fn event_of(app: &App, import: &Import) -> Result<Option<Event>, Problem> {
    let Some(id) = &import.event else { return Ok(None) };
    Ok(app.store.event(id).await.map_err(edge::failed)?.map(|stored| stored.event))
}

fn refused_row(bad: &BadRow, lang: Lang) -> result::ResultRow<'_> {
    let error = |error: &CellError| match error.column {
        "" => error.reason.text(lang),
        column => format!("{column}: {}", error.reason.text(lang)),
    };
    result::ResultRow {
        line: bad.line,
        email: (&bad.email).into(),
        outcome: "refused".into(),
        reason: bad.errors.iter().map(error).collect::<Vec<_>>().join(" ").into(),
        ..Default::default()
    }
}

fn issued_row<'a>(
    app: &App,
    event: Option<&Event>,
    line: u64,
    recipient: &'a Recipient,
    standing: Option<&'a Standing>,
) -> result::ResultRow<'a> {
    let row = result::ResultRow {
        line,
        email: recipient.email.as_str().into(),
        name: recipient.name.as_str().into(),
        ..Default::default()
    };
    let (Some(event), Some(standing)) = (event, standing) else {
        return result::ResultRow { outcome: "not_started".into(), ..row };
    };
    let outcome = match standing.state {
        Some(state) if state.is_revoked => "revoked",
        Some(_) => "issued",
        None => "pending",
    };
    result::ResultRow {
        outcome: outcome.into(),
        credential_id: standing.credential.to_string().into(),
        credential_url: app.urls.credential(&standing.credential).into(),
        receive_url: standing.receive_url(app, event).into(),
        mail: standing.delivery.state(event.send_email).name().into(),
        ..row
    }
}

/// Adds what was found in a file to an answer.
fn report(body: &mut Value, roster: &Roster, lang: Lang) {
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    let error = |error: &CellError| json!({"column": error.column, "code": error.reason.code(), "detail": error.reason.text(lang)});
    body["encoding"] = roster.encoding.into();
    body["rows"] = json!({"good": roster.rows.len(), "bad": roster.bad.len()});
    body["errors"] = roster
        .bad
        .iter()
        .map(|bad| {
            let errors: Vec<Value> = bad.errors.iter().map(error).collect();
            json!({"line": bad.line, "email": bad.email, "errors": errors})
        })
        .collect();
    body["warnings"] = roster.warnings.iter().map(|w| json!({"code": w.code(), "detail": w.text(lang)})).collect();
    body["preview"] = roster
        .rows
        .iter()
        .take(PREVIEW_ROWS)
        .map(|row| {
            let recipient = &row.recipient;
            json!({
                "line": row.line, "email": recipient.email.as_str(), "name": recipient.name,
                "language": recipient.language.as_str(), "expires_on": time(recipient.expires_on),
                "evidence": recipient.evidence.len(),
            })
        })
        .collect();
}
