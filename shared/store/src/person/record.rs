//! Everything kept of an address, to be handed out.

use super::{Found, Place, Subject, last};
use crate::client::{Store, StoreError};
use crate::credentials::{self, Revocation};
use crate::item::Item;
use crate::key::{self, Family};
use crate::{Evidence, Member, StoredOrganisation};
use application::Form;
use application::application::Application;
use badge::{ApplicationId, ClientId, CredentialId, Delivery, EmailAddress, Recipient};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What rows say by themselves, by the kind of what they say.
#[derive(Debug, Default)]
struct Said {
    memberships: Vec<Value>,
    sessions: Vec<Value>,
    sign_ins: Vec<Value>,
    deeds: Vec<Value>,
    reviews: Vec<Value>,
    approvals: Vec<Value>,
}

impl Said {
    fn take(&mut self, subject: &Subject, row: &Item) -> Result<(), StoreError> {
        let key = row.key()?;
        let (of, found) = (last(&key.pk), &subject.found);
        let is_person = |id: &str| subject.person.as_ref().is_some_and(|own| own.as_str() == id);
        match (key.family(), key.words()) {
            (Some(Family::Member), _) => {
                let Ok(member) = row.get_doc::<Member>() else { return Ok(()) };
                if is_person(last(&key.sk)) || found.is(&member.address) {
                    self.memberships.push(json!({"organisation": organisation(found, of), "member": member}));
                }
            }
            (_, ("PERSON", "SESSION")) if is_person(of) => self.sessions.push(json!({"until": row.find_time("ttl")})),
            (_, ("SIGNIN", "SIGNIN")) => {
                let doc: Value = row.get_doc().unwrap_or_default();
                let address = doc["address"].as_str().and_then(|text| text.parse::<EmailAddress>().ok());
                if address.is_some_and(|address| found.is(&address)) {
                    self.sign_ins.push(json!({"until": doc["until"]}));
                }
            }
            (_, ("AUDIT", _)) => {
                let deed: Value = row.get_doc().unwrap_or_default();
                if deed["person"].as_str().is_some_and(is_person) {
                    self.deeds.push(json!({"organisation": organisation(found, of), "deed": deed}));
                }
            }
            (Some(Family::FormHead), _) => {
                let Ok(form) = row.get_doc::<Form>() else { return Ok(()) };
                for reviewer in form.definition.approval.reviewers().filter(|one| one.is(&found.address)) {
                    let organisation = organisation(found, form.client.as_str());
                    let title = form.definition.title.clone();
                    self.reviews.push(
                        json!({"organisation": organisation, "form": form.id, "title": title, "reviewer": reviewer}),
                    );
                }
            }
            (Some(Family::Application), _) => {
                let Ok(application) = row.get_doc::<Application>() else { return Ok(()) };
                for one in application.approvals.iter().filter(|one| subject.hmacs.contains(&one.person)) {
                    let organisation = organisation(found, application.client.as_str());
                    self.approvals.push(json!({
                        "organisation": organisation, "application": application.id, "credential": one.credential,
                        "comment": one.comment, "at": one.at,
                    }));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn organisation(found: &Found, client: &str) -> Value {
    let known = client.parse::<ClientId>().ok().and_then(|client| found.organisations.get(&client));
    json!({"id": client, "name": known.map(|one: &StoredOrganisation| &one.organisation.name)})
}

fn mail(known: &Delivery) -> Value {
    json!({
        "requested_at": known.requested_at, "sent_at": known.sent_at, "delivered_at": known.delivered_at, "bounce": known.bounce,
        "complained_at": known.complained_at, "opened_at": known.opened_at, "answer": known.answer, "pdf_at": known.pdf_at,
        "passport_at": known.passport_at,
    })
}

fn file(evidence: &Evidence) -> Value {
    json!({
        "id": evidence.promise.id, "field": evidence.promise.field, "file": evidence.promise.declaration,
        "created_at": evidence.promise.created_at, "state": evidence.state.name(), "keep_until": evidence.keep_until,
    })
}

impl Store {
    /// Everything kept of an address, across organisations, as JSON (docs/operations.md).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn person_record(&self, address: &EmailAddress, now: Timestamp) -> Result<Value, StoreError> {
        let subject = self.subject(address).await?;
        let mut said = Said::default();
        self.scan(|row| said.take(&subject, row)).await?;
        let mut credentials = Vec::new();
        for (place, id) in &subject.credentials {
            if let Some(recipient) = subject.found.places.get(place) {
                credentials.extend(self.credential_record(&subject, place, id, recipient).await?);
            }
        }
        let mut applications = Vec::new();
        let mut ids: Vec<&ApplicationId> = subject.found.applications.keys().collect();
        ids.sort();
        for id in ids {
            applications.extend(self.application_record(&subject, id, now).await?);
        }
        Ok(json!({
            "email": address,
            "made_at": now,
            "credentials": credentials,
            "applications": applications,
            "memberships": said.memberships,
            "sessions": said.sessions,
            "sign_ins": said.sign_ins,
            "deeds": said.deeds,
            "reviewer_of": said.reviews,
            "approved_as_peer": said.approvals,
        }))
    }

    async fn credential_record(
        &self,
        subject: &Subject,
        (event_id, number): &Place,
        id: &CredentialId,
        recipient: &Recipient,
    ) -> Result<Option<Value>, StoreError> {
        let Some(stored) = self.event(event_id).await? else { return Ok(None) };
        let event = &stored.event;
        let badge = self.badge_version(&event.badge, event.badge_version).await?;
        let row = self.get(&key::credential(id)).await?;
        let revoked: Option<Revocation> =
            row.as_ref().map(|row| row.find_json(credentials::REVOKED)).transpose()?.flatten();
        let signed = self.credential(&stored, id).await?;
        let (delivery, visibility) = (self.delivery(event_id, *number).await?, self.visibility(id).await?);
        let logged = event.log_entry.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        Ok(Some(json!({
            "id": id,
            "organisation": organisation(&subject.found, event.client.as_str()),
            "badge": {"id": event.badge, "version": event.badge_version, "name": badge.map(|badge| badge.content().name.clone())},
            "event": {"id": event.id, "name": event.name, "created_at": event.created_at, "log_entry": logged},
            "recipient": recipient,
            "issued_on": event.issued_on,
            "expires_on": event.expiry_of(recipient),
            "signed": signed.is_some(),
            "revoked": revoked,
            "mail": mail(&delivery),
            "visibility": visibility,
            "document": signed.as_ref().and_then(|signed| serde_json::from_str::<Value>(&signed.document).ok()),
        })))
    }

    async fn application_record(
        &self,
        subject: &Subject,
        id: &ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Value>, StoreError> {
        let Some(history) = self.application_history(id).await? else { return Ok(None) };
        let application = &history.application;
        let title = self.form(&application.form).await?.map(|form| form.definition.title);
        let files = self.evidence_of(id, now).await?;
        Ok(Some(json!({
            "organisation": organisation(&subject.found, application.client.as_str()),
            "form": {"id": application.form, "title": title},
            "application": application,
            "submissions": history.submissions,
            "trail": history.trail,
            "files": files.iter().map(file).collect::<Vec<_>>(),
        })))
    }
}
