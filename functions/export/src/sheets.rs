//! The lists that people open in a spreadsheet, beside the JSON that says more.

use badge::delivery::Delivery;
use badge::{Event, Recipient, Urls, rfc3339};
use edge::sheet;
use jiff::Timestamp;
use std::collections::HashMap;
use store::{Listed, Member, StoredCredential};

fn file(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let rows = rows.map(sheet::row).collect::<String>();
    format!("{}{}{rows}", sheet::BEGINNING, sheet::row(head)).into_bytes()
}

fn time(at: Option<Timestamp>) -> String {
    at.map(rfc3339).unwrap_or_default()
}

/// Whoever is or was invited to be a member.
pub(crate) fn members(members: &[Member]) -> Vec<u8> {
    let row = |member: &Member| {
        let roles: Vec<&str> = member.roles.iter().map(|role| role.name()).collect();
        let badges = member.badges.iter().flatten().map(ToString::to_string).collect::<Vec<_>>();
        vec![
            member.address.as_str().to_owned(),
            member.name.clone(),
            roles.join(" "),
            badges.join(" "),
            rfc3339(member.created_at),
            time(member.joined_at),
        ]
    };
    file(&["email", "name", "roles", "only_badges", "invited_on", "joined_on"], members.iter().map(row))
}

/// What was issued, an event a row.
pub(crate) fn events(events: &[Event]) -> Vec<u8> {
    let row = |event: &Event| {
        vec![
            event.id.to_string(),
            rfc3339(event.created_at),
            event.name.clone(),
            event.badge.to_string(),
            event.alias.as_ref().map(|alias| alias.name.clone()).unwrap_or_default(),
            event.recipient_count.to_string(),
            rfc3339(event.issued_on),
            time(event.expires_on),
        ]
    };
    let head = ["event", "when", "name", "badge", "alias", "recipients", "issued_on", "expires_on"];
    file(&head, events.iter().map(row))
}

/// Who received what, by their number in the event; a credential that is not signed yet has no address.
pub(crate) fn recipients(
    urls: &Urls,
    event: &Event,
    recipients: &[Recipient],
    signed: &HashMap<u32, &StoredCredential>,
    deliveries: &HashMap<u32, Delivery>,
) -> Vec<u8> {
    let none = Delivery::default();
    let rows = recipients.iter().zip(0u32..).map(|(recipient, number)| {
        let credential = signed.get(&number);
        let revoked = credential.and_then(|credential| credential.revoked.as_ref());
        vec![
            recipient.email.as_str().to_owned(),
            recipient.name.clone(),
            deliveries.get(&number).unwrap_or(&none).state(event.send_email).name().to_owned(),
            rfc3339(event.issued_on),
            time(recipient.expires_on.or(event.expires_on)),
            time(revoked.map(|revoked| revoked.at)),
            revoked.and_then(|revoked| revoked.reason.clone()).unwrap_or_default(),
            credential.map(|credential| urls.credential(&credential.id)).unwrap_or_default(),
        ]
    });
    let head = ["email", "name", "state", "issued_on", "expires_on", "revoked_on", "reason", "credential"];
    file(&head, rows)
}

/// What was handed in.
pub(crate) fn applications(applications: &[Listed]) -> Vec<u8> {
    let row = |application: &Listed| {
        vec![
            application.id.to_string(),
            application.applicant.email.as_str().to_owned(),
            application.applicant.name.clone(),
            application.state.clone(),
            rfc3339(application.since),
            rfc3339(application.created_at),
            application.form.to_string(),
            application.badge.to_string(),
            application.submissions.to_string(),
        ]
    };
    let head = ["application", "email", "name", "state", "since", "begun_on", "form", "badge", "submissions"];
    file(&head, applications.iter().map(row))
}
