//! What is in an export: JSON as this platform keeps it, without what is secret, and the files beside it.

use crate::App;
use crate::archive::{Archive, Entry};
use crate::sheets;
use application::application::STATES;
use application::form::Form;
use badge::definition::{Artwork, ImageFormat};
use badge::delivery::Delivery;
use badge::{ApplicationId, BadgeId, ClientId, Event, EventId, FormId, StatusListId};
use edge::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::key::artwork_object;
use store::{Evidence, EvidenceState, Export, Listed, StoredCredential, StoredWebhook};

/// The form of exports, for whoever reads them: another number when something is meant otherwise than before.
const SCHEMA: u32 = 1;
/// Bytes of applicants' files in one export. What comes after is listed and can be had in the console.
const MAX_EVIDENCE_BYTES: u64 = 20_000_000_000;
/// Entries of the audit log in one read.
const DEEDS: usize = 1_000;

/// One thing to put into the zip; in the order in which they go in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Thing {
    Organisation,
    AuditLog,
    Badge(BadgeId),
    Event(EventId),
    StatusList(StatusListId),
    Form(FormId),
    Application(ApplicationId),
}

/// What is kept of it all for the manifest.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    counts: BTreeMap<String, u64>,
    /// Files that are not in it, and why.
    left_out: Vec<Value>,
    evidence_bytes: u64,
}

impl Kept {
    fn count(&mut self, what: &str, more: usize) {
        *self.counts.entry(what.to_owned()).or_default() += u64::try_from(more).unwrap_or(0);
    }
}

/// Everything there is to put into it, as it was when the export was asked for.
pub(crate) async fn things(app: &App, export: &Export) -> Result<BTreeSet<Thing>, Problem> {
    let (store, client) = (&app.store, &export.client);
    let mut things = BTreeSet::from([Thing::Organisation, Thing::AuditLog]);
    let badges = store.badges(client).await.map_err(edge::failed)?;
    things.extend(badges.into_iter().map(|badge| Thing::Badge(badge.id)));
    for event in events(app, export).await? {
        // A badge that was deleted stands in no list any more.
        things.insert(Thing::Badge(event.badge));
        things.insert(Thing::StatusList(event.status_list));
        things.insert(Thing::Event(event.id));
    }
    let forms = store.forms(client).await.map_err(edge::failed)?;
    things.extend(forms.into_iter().map(|form| Thing::Form(form.id)));
    let applications = applications(app, export).await?;
    things.extend(applications.into_iter().map(|application| Thing::Application(application.id)));
    Ok(things)
}

/// Events there were, the earliest first.
async fn events(app: &App, export: &Export) -> Result<Vec<Event>, Problem> {
    let mut events = app.store.event_rows(&export.client).await.map_err(edge::failed)?;
    events.retain(|event| event.created_at <= export.asked_at);
    Ok(events)
}

/// Applications that were begun by then. What was not handed in is its author's.
async fn applications(app: &App, export: &Export) -> Result<Vec<Listed>, Problem> {
    let mut all = Vec::new();
    for state in STATES.into_iter().filter(|state| *state != "draft") {
        all.extend(app.store.applications(&export.client, state).await.map_err(edge::failed)?);
    }
    all.retain(|application| application.created_at <= export.asked_at);
    Ok(all)
}

/// Puts one thing into the zip.
pub(crate) async fn add(
    app: &App,
    export: &Export,
    thing: &Thing,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let client = &export.client;
    match thing {
        Thing::Organisation => organisation(app, export, archive, kept).await,
        Thing::AuditLog => audit_log(app, export, archive, kept).await,
        Thing::Badge(id) => badge(app, client, id, archive, kept).await,
        Thing::Event(id) => event(app, client, id, archive, kept).await,
        Thing::StatusList(id) => status_list(app, client, id, archive, kept).await,
        Thing::Form(id) => form(app, client, id, archive, kept).await,
        Thing::Application(id) => application(app, client, id, export.asked_at, archive, kept).await,
    }
}

fn write(archive: &mut Archive, name: &str, value: &impl Serialize) -> Result<(), Problem> {
    let bytes = serde_json::to_vec_pretty(value).map_err(Problem::internal)?;
    archive.add(name, &bytes).map_err(Problem::internal)
}

/// A record without these members.
fn without(value: &impl Serialize, members: &[&str]) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(value).map_err(Problem::internal)?;
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !members.contains(&name.as_str()));
    }
    Ok(value)
}

async fn organisation(app: &App, export: &Export, archive: &mut Archive, kept: &mut Kept) -> Result<(), Problem> {
    let (store, client) = (&app.store, &export.client);
    let stored = store.organisation(client).await.map_err(edge::failed)?;
    let stored = stored.ok_or_else(|| Problem::internal("the organisation of an export is gone"))?;
    let brand = store.brand(client).await.map_err(edge::failed)?;
    if let Some(logo) = &brand.logo {
        for object in pictures(logo) {
            picture(app, &object, archive, kept).await?;
        }
    }
    let mut record = without(&stored.organisation, &[])?;
    record["did"] = app.urls.issuer_did(client).into();
    record["plan"] = json!(stored.tier);
    write(archive, "organisation.json", &record)?;
    write(archive, "brand.json", &brand)?;
    let aliases = store.aliases(client).await.map_err(edge::failed)?;
    kept.count("aliases", aliases.len());
    write(archive, "aliases.json", &aliases)?;
    let members = store.members(client).await.map_err(edge::failed)?;
    kept.count("members", members.len());
    write(archive, "members.json", &members)?;
    for (name, sheet) in [
        ("members.csv", sheets::members(&members)),
        ("events.csv", sheets::events(&events(app, export).await?)),
        ("applications.csv", sheets::applications(&applications(app, export).await?)),
    ] {
        archive.add(name, &sheet).map_err(Problem::internal)?;
    }
    let hooks = store.webhooks(client).await.map_err(edge::failed)?;
    kept.count("webhooks", hooks.len());
    let shown = |stored: &StoredWebhook| without(&stored.webhook, &["secrets"]);
    write(archive, "webhooks.json", &hooks.iter().map(shown).collect::<Result<Vec<_>, _>>()?)?;
    let revoked = store.revocations(client).await.map_err(edge::failed)?;
    kept.count("revocations", revoked.len());
    let row = |(credential, revocation): &(badge::CredentialId, store::Revocation)| json!({"credential": credential.as_str(), "at": revocation.at, "reason": revocation.reason});
    write(archive, "revocations.json", &revoked.iter().map(row).collect::<Vec<_>>())?;
    let templates = store.saved_templates(client).await.map_err(edge::failed)?;
    kept.count("form_templates", templates.len());
    write(archive, "forms/templates.json", &templates)
}

async fn audit_log(app: &App, export: &Export, archive: &mut Archive, kept: &mut Kept) -> Result<(), Problem> {
    let mut behind: Option<String> = None;
    for page in 1.. {
        let read = app.store.deeds_in_order(&export.client, behind.as_deref(), export.asked_at, DEEDS);
        let (deeds, last) = read.await.map_err(edge::failed)?;
        if deeds.is_empty() {
            break;
        }
        kept.count("audit_log", deeds.len());
        write(archive, &format!("audit-log/{page:05}.json"), &deeds)?;
        behind = last;
    }
    Ok(())
}

async fn badge(
    app: &App,
    client: &ClientId,
    id: &BadgeId,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let versions = app.store.badge_versions(id).await.map_err(edge::failed)?;
    kept.count("badges", 1);
    for badge in versions.iter().filter(|badge| badge.client == *client) {
        kept.count("badge_versions", 1);
        write(archive, &format!("badges/{id}/{:05}.json", badge.version), badge)?;
        for object in pictures(&badge.artwork) {
            picture(app, &object, archive, kept).await?;
        }
    }
    Ok(())
}

/// The object keys of a picture's forms, which are also their names in the zip.
fn pictures(artwork: &Artwork) -> Vec<String> {
    let mut objects = vec![artwork_object(&artwork.png_sha256, "png")];
    if artwork.format == ImageFormat::Svg {
        objects.push(artwork_object(&artwork.sha256, "svg"));
    }
    objects
}

async fn picture(app: &App, object: &str, archive: &mut Archive, kept: &mut Kept) -> Result<(), Problem> {
    if archive.entries.iter().any(|entry| entry.name == object) {
        return Ok(());
    }
    match app.store.object(object).await.map_err(edge::failed)? {
        Some(bytes) => {
            kept.count("pictures", 1);
            archive.add(object, &bytes).map_err(Problem::internal)
        }
        None => {
            kept.left_out.push(json!({"file": object, "reason": "it is not there"}));
            Ok(())
        }
    }
}

async fn event(
    app: &App,
    client: &ClientId,
    id: &EventId,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let store = &app.store;
    let Some(stored) = store.event(id).await.map_err(edge::failed)?.filter(|stored| stored.event.client == *client)
    else {
        return Ok(());
    };
    let planned = store.planned_recipients(id).await.map_err(edge::failed)?;
    let deliveries = store.deliveries(id).await.map_err(edge::failed)?;
    let credentials = store.credentials(&stored).await.map_err(edge::failed)?;
    kept.count("events", 1);
    kept.count("recipients", planned.len());
    kept.count("credentials", credentials.len());
    let mut record = without(&stored.event, &["seed"])?;
    let signed: HashMap<u32, &StoredCredential> = credentials.iter().map(|one| (one.number, one)).collect();
    let recipients = planned.iter().zip(0u32..).map(|(recipient, number)| {
        let mut row = without(recipient, &[])?;
        let credential = signed.get(&number);
        row["credential"] = stored.event.draw(number).credential.as_str().into();
        row["signed"] = credential.is_some().into();
        row["revoked"] = json!(credential.and_then(|one| one.revoked.as_ref()));
        row["mail"] = delivery(deliveries.get(&number), &stored.event);
        Ok(row)
    });
    record["recipients"] = recipients.collect::<Result<Vec<Value>, Problem>>()?.into();
    write(archive, &format!("events/{id}/event.json"), &record)?;
    let sheet = sheets::recipients(&app.urls, &stored.event, &planned, &signed, &deliveries);
    archive.add(&format!("events/{id}/recipients.csv"), &sheet).map_err(Problem::internal)?;
    // Byte for byte: the proof is of these bytes.
    for credential in &credentials {
        let name = format!("events/{id}/credentials/{}", credential.id);
        archive.add(&format!("{name}.json"), credential.document.as_bytes()).map_err(Problem::internal)?;
        if let Some(compact) = &credential.compact {
            archive.add(&format!("{name}.jwt"), compact.as_bytes()).map_err(Problem::internal)?;
        }
    }
    Ok(())
}

fn delivery(delivery: Option<&Delivery>, event: &Event) -> Value {
    let none = Delivery::default();
    let known = delivery.unwrap_or(&none);
    json!({
        "state": known.state(event.send_email).name(),
        "requested_at": known.requested_at, "sent_at": known.sent_at, "delivered_at": known.delivered_at, "bounce": known.bounce,
        "complained_at": known.complained_at, "opened_at": known.opened_at, "answer": known.answer, "pdf_at": known.pdf_at,
    })
}

async fn status_list(
    app: &App,
    client: &ClientId,
    id: &StatusListId,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let head = app.store.list_head(id).await.map_err(edge::failed)?;
    if head.is_none_or(|head| head.client != *client) {
        return Ok(());
    }
    let Some(signed) = app.store.signed_list(id).await.map_err(edge::failed)? else { return Ok(()) };
    kept.count("status_lists", 1);
    archive.add(&format!("status-lists/{id}.json"), signed.document.as_bytes()).map_err(Problem::internal)?;
    if let Some(compact) = &signed.compact {
        archive.add(&format!("status-lists/{id}.jwt"), compact.as_bytes()).map_err(Problem::internal)?;
    }
    Ok(())
}

async fn form(
    app: &App,
    client: &ClientId,
    id: &FormId,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let Some(form) = app.store.form(id).await.map_err(edge::failed)?.filter(|form| form.client == *client) else {
        return Ok(());
    };
    kept.count("forms", 1);
    write(archive, &format!("forms/{id}/form.json"), &form_record(&form)?)?;
    for version in 1..=form.version {
        if let Some(old) = app.store.form_version(id, version).await.map_err(edge::failed)? {
            kept.count("form_versions", 1);
            write(archive, &format!("forms/{id}/{version:05}.json"), &form_record(&old)?)?;
        }
    }
    Ok(())
}

/// A form with its definition as the API takes it, so that it can be made again elsewhere.
fn form_record(form: &Form) -> Result<Value, Problem> {
    let mut record = without(form, &["secret"])?;
    record["definition"] = form.definition.write();
    Ok(record)
}

async fn application(
    app: &App,
    client: &ClientId,
    id: &ApplicationId,
    now: Timestamp,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<(), Problem> {
    let history = app.store.application_history(id).await.map_err(edge::failed)?;
    let Some(history) = history.filter(|history| history.application.client == *client) else { return Ok(()) };
    let files = app.store.evidence_of(id, now).await.map_err(edge::failed)?;
    kept.count("applications", 1);
    kept.count("submissions", history.submissions.len());
    let mut rows = Vec::new();
    for file in &files {
        let name = evidence(app, client, id, file, archive, kept).await?;
        let declaration = &file.promise.declaration;
        rows.push(json!({
            "id": file.promise.id.as_str(), "field": file.promise.field, "name": declaration.name.as_str(),
            "media_type": declaration.media.name(), "size_bytes": declaration.size_bytes, "state": file.state.name(),
            "created_at": file.promise.created_at, "keep_until": file.keep_until, "file": name,
        }));
    }
    let record = json!({
        // How the address is proved is for who is about to do it.
        "application": without(&history.application, &["proof"])?,
        "submissions": history.submissions,
        "trail": history.trail,
        "evidence": rows,
    });
    write(archive, &format!("applications/{id}/application.json"), &record)
}

/// Puts a file into the zip that reviewers may have; its name there.
async fn evidence(
    app: &App,
    client: &ClientId,
    application: &ApplicationId,
    file: &Evidence,
    archive: &mut Archive,
    kept: &mut Kept,
) -> Result<Option<String>, Problem> {
    let EvidenceState::Accepted { object, .. } = &file.state else { return Ok(None) };
    if file.promise.client != *client {
        return Ok(None);
    }
    kept.count("evidence", 1);
    let (id, declaration) = (&file.promise.id, &file.promise.declaration);
    // Two files may have one name; no name is a path.
    let name = format!("applications/{application}/evidence/{id}/{}", declaration.name.as_str());
    let size = declaration.size_bytes;
    let mut leave_out = |reason: &str| kept.left_out.push(json!({"file": name, "reason": reason}));
    if kept.evidence_bytes.saturating_add(size) > MAX_EVIDENCE_BYTES {
        leave_out("it would be too large");
        return Ok(None);
    }
    let bytes = app.files.evidence_bytes(&file.object(), &object.version, 0..size).await.map_err(edge::failed)?;
    let Some(bytes) = bytes else {
        leave_out("it is not there");
        return Ok(None);
    };
    kept.evidence_bytes += size;
    archive.add(&name, &bytes).map_err(Problem::internal)?;
    Ok(Some(name))
}

/// The last file: what is in the zip.
pub(crate) async fn manifest(app: &App, export: &Export, entries: &[Entry], kept: &Kept) -> Result<Vec<u8>, Problem> {
    let stored = app.store.organisation(&export.client).await.map_err(edge::failed)?;
    let manifest = json!({
        "format": "shirushi-export",
        "schema_version": SCHEMA,
        "client": export.client.as_str(),
        "organisation": stored.map(|stored| stored.organisation.name),
        "from": app.urls.base(),
        "asked_at": export.asked_at,
        "counts": kept.counts,
        "left_out": kept.left_out,
        "files": entries,
    });
    serde_json::to_vec_pretty(&manifest).map_err(Problem::internal)
}
