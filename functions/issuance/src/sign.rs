//! From a recorded plan to signed credentials.

use crate::pace::Pace;
use crate::{App, status};
use badge::definition::Badge;
use badge::event::{Draw, status_index};
use badge::input::{FieldError, Reason};
use badge::ob3::{self, Parts};
use badge::{CredentialId, EmailAddress, Event, Recipient, Signing};
use edge::{Kind, Problem, chance};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use observe::Count;
use proof::data_integrity::{Prepared, ProofOptions, SigningSuite};
use proof::did;
use proof::signing::SigningInput;
use serde_json::{Value, json};
use std::collections::VecDeque;
use store::StoredOrganisation;
use store::credentials::NewCredential;
use store::events::StoredEvent;
use store::pack::Frame;
use store::signing_keys::{KeyPurpose, SigningKey, active};

/// Refusals without anything going well in between after which a chunk is left for later. Each stands for the SDK's own repetitions.
const REFUSALS_IN_A_ROW: u32 = 12;

/// An organisation and the keys that sign for it now.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    pub(crate) organisation: &'a StoredOrganisation,
    pub(crate) did: String,
    /// Embedded proofs.
    pub(crate) key: SigningKey,
    /// The compact form, where the organisation wants one.
    pub(crate) compact_key: Option<SigningKey>,
    /// The compact form of status lists, where the deployment has any key for it.
    pub(crate) list_key: Option<SigningKey>,
}

impl<'a> Workshop<'a> {
    pub(crate) async fn open(app: &App, organisation: &'a StoredOrganisation) -> Result<Self, Problem> {
        let keys = app.store.signing_keys(&organisation.key_scope).await.map_err(edge::failed)?;
        let key = active(&keys, KeyPurpose::DataIntegrity).cloned();
        let wanted = KeyPurpose::of_vc_jwt(organisation.organisation.vc_jwt);
        let compact_key = wanted.and_then(|purpose| active(&keys, purpose)).cloned();
        if wanted.is_some() && compact_key.is_none() {
            return Err(Problem::internal("the organisation wants a VC-JWT, but no key for it is registered"));
        }
        let any = || active(&keys, KeyPurpose::JwtEs256).or_else(|| active(&keys, KeyPurpose::JwtRs256)).cloned();
        Ok(Self {
            organisation,
            did: app.urls.issuer_did(&organisation.organisation.id),
            key: key.ok_or_else(|| Problem::internal("no active key for embedded proofs is registered"))?,
            list_key: any(),
            compact_key,
        })
    }

    fn options(&self, created: Timestamp) -> Result<ProofOptions, Problem> {
        let method = did::multikey_method_id(&self.did, &self.key.public);
        let suite = SigningSuite::for_key(&self.key.public);
        match (method, suite) {
            (Some(verification_method), Some(suite)) => Ok(ProofOptions { suite, verification_method, created }),
            _ => Err(Problem::internal("the key for embedded proofs is of a kind that has no suite")),
        }
    }

    /// A document with an embedded proof, checked.
    pub(crate) async fn embed(&self, app: &App, prepared: &Prepared, document: Value) -> Result<Value, Problem> {
        // The error's own text would quote the document.
        let draft = prepared.draft(document).map_err(|_| Problem::internal("a document cannot be made canonical"))?;
        let signature = sign(app, &self.key, draft.signing_input()).await?;
        draft.complete(&signature, &self.key.public).map_err(Problem::internal)
    }

    /// A document as VC-JWT by `key`, checked.
    pub(crate) async fn compact(&self, app: &App, key: &SigningKey, document: &Value) -> Result<String, Problem> {
        let method = did::jwk_method_id(&self.did, &key.public);
        let draft = proof::vc_jwt::draft(document, key.public.algorithm(), &method).map_err(Problem::internal)?;
        let signature = sign(app, key, draft.signing_input()).await?;
        draft.complete(&signature, &key.public).map_err(Problem::internal)
    }

    /// The names of the keys that sign status lists now.
    pub(crate) fn list_signers(&self) -> String {
        let compact = self.list_key.as_ref().map_or("", |key| &key.kid);
        format!("{} {compact}", self.key.kid)
    }

    pub(crate) fn prepare(&self, contexts: &Value, created: Timestamp) -> Result<Prepared, Problem> {
        Prepared::new(contexts, &self.options(created)?).map_err(Problem::internal)
    }
}

async fn sign(app: &App, key: &SigningKey, input: &SigningInput) -> Result<Vec<u8>, Problem> {
    app.signer.sign(&key.arn, input).await.map_err(edge::failed)
}

fn document(
    app: &App,
    workshop: &Workshop<'_>,
    event: &Event,
    badge: &Badge,
    to: &Recipient,
    draw: &Draw,
    index: u32,
) -> Value {
    let organisation = &workshop.organisation.organisation;
    ob3::credential(&Parts { urls: &app.urls, organisation, badge, event, recipient: to, draw, status_index: index })
}

/// What the credentials of an event have in common: its first one as if it were nobody's, with a proof that lacks only the signature. What is
/// erased of a recipient must not be left in the text that the others are packed with.
pub(crate) fn frame(
    app: &App,
    workshop: &Workshop<'_>,
    event: &Event,
    badge: &Badge,
    recipients: &[Recipient],
    secret: &[u8; 32],
) -> Result<Frame, Problem> {
    let Some(first) = recipients.first() else { return Err(Problem::internal("an event without recipients")) };
    let index = status_index(secret, event.status_position);
    let nobody = nobody(first, recipients.get(1));
    let mut example = document(app, workshop, event, badge, &nobody, &event.draw(0), index);
    let options = workshop.options(event.created_at)?;
    example["proof"] = json!([{
        "type": "DataIntegrityProof", "cryptosuite": options.suite.suite().name(), "created": badge::rfc3339(options.created),
        "verificationMethod": options.verification_method, "proofPurpose": "assertionMethod", "proofValue": "z",
    }]);
    Ok(Frame::from_example(&example.to_string()))
}

/// The first recipient without what is theirs alone: of evidence, what the second has too.
fn nobody(first: &Recipient, second: Option<&Recipient>) -> Recipient {
    let shared = |evidence: &&badge::event::Evidence| second.is_some_and(|second| second.evidence.contains(evidence));
    Recipient {
        email: EmailAddress::erased(0),
        name: String::new(),
        evidence: first.evidence.iter().filter(shared).cloned().collect(),
        ..first.clone()
    }
}

/// Refuses recipients whose credentials could not be made canonical, before anything is planned. The badge itself was judged when it
/// was made; what a recipient adds is evidence.
pub(crate) fn refuse_unsignable(
    app: &App,
    workshop: &Workshop<'_>,
    event: &Event,
    badge: &Badge,
    recipients: &[Recipient],
) -> Result<(), Problem> {
    let prepared = workshop.prepare(&json!(ob3::CONTEXTS), event.created_at)?;
    let mut errors = Vec::new();
    for (number, recipient) in (0..).zip(recipients).filter(|(_, recipient)| !recipient.evidence.is_empty()) {
        let document = document(app, workshop, event, badge, recipient, &event.draw(number), 0);
        if prepared.draft(document).is_err() {
            errors.push(FieldError { pointer: format!("/recipient/{number}/evidence"), reason: Reason::Unsignable });
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// Whether somebody may have signed some of what is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Nobody did. If somebody did after all, their signatures stay and ours are dropped.
    No,
    /// Look first.
    Perhaps,
}

/// `created` of the proof of what is signed at `now`: a whole event has one time, what is signed on claim its own. A proof tells when it was
/// made, and the key that signs now may not have existed when the event was planned.
pub(crate) fn created(event: &Event, now: Timestamp) -> Timestamp {
    match event.sign {
        Signing::AtIssue => event.created_at,
        Signing::OnClaim => now,
    }
}

/// Signs the one credential that somebody asks for. If somebody else does so at the same time, the bytes that are stored first count.
pub(crate) async fn claimed(app: &App, id: &CredentialId, now: Timestamp) -> Result<(), Problem> {
    let event = app.store.event(&id.event()).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
    let number = event.event.number_of(id).ok_or(Kind::NotFound)?;
    let (organisation, recipient) = futures_util::try_join!(
        app.store.organisation(&event.event.client),
        app.store.planned_recipient(&event.event.id, number),
    )
    .map_err(edge::failed)?;
    let organisation = organisation.ok_or_else(|| Problem::internal("the organisation of an event is gone"))?;
    let recipient = recipient.ok_or_else(|| Problem::internal("a planned recipient is gone"))?;
    let workshop = Workshop::open(app, &organisation).await?;
    missing(app, &workshop, &event, vec![(number, recipient)], Begun::No, created(&event.event, now)).await
}

/// Signs and stores what of these planned recipients is not stored yet.
pub(crate) async fn missing(
    app: &App,
    workshop: &Workshop<'_>,
    planned: &StoredEvent,
    recipients: Vec<(u32, Recipient)>,
    begun: Begun,
    created: Timestamp,
) -> Result<(), Problem> {
    let event = &planned.event;
    let ids: Vec<CredentialId> = recipients.iter().map(|(number, _)| event.draw(*number).credential).collect();
    let look = if begun == Begun::Perhaps { &ids[..] } else { &[] };
    let (there, badge, head) = futures_util::try_join!(
        app.store.credentials_present(look),
        app.store.badge_version(&event.badge, event.badge_version),
        app.store.list_head(&event.status_list),
    )
    .map_err(edge::failed)?;
    let badge = badge.ok_or_else(|| Problem::internal("the badge version of a planned event is gone"))?;
    let head = head.ok_or_else(|| Problem::internal("the status list of a planned event is gone"))?;
    status::renew(app, workshop, (&event.status_list, &head), created).await?;
    let prepared = workshop.prepare(&json!(ob3::CONTEXTS), created)?;
    let (badge, head, prepared) = (&badge, &head, &prepared);
    let one = |number: u32, recipient: Recipient| async move {
        let draw = event.draw(number);
        let index = status_index(&head.secret, event.status_position + number);
        let document = document(app, workshop, event, badge, &recipient, &draw, index);
        let signed = async {
            let compact = match &workshop.compact_key {
                Some(key) => Some(workshop.compact(app, key, &document).await?),
                None => None,
            };
            // `]]>` would end a CDATA section early in readers that take only the first one when they read a baked SVG.
            let signed = workshop.embed(app, prepared, document).await?.to_string().replace("]]>", "]]\\u003e");
            let credential = &draw.credential;
            let compact = compact.as_deref();
            let new = NewCredential { id: credential, number, recipient: &recipient, document: &signed, compact };
            app.store.put_credential(&new, &planned.frame).await.map_err(edge::failed)
        };
        let outcome: Result<(), Problem> = signed.await;
        (number, recipient, outcome)
    };
    let mut waiting: VecDeque<(u32, Recipient)> = recipients
        .into_iter()
        .zip(&ids)
        .filter(|(_, id)| !there.contains(*id))
        .map(|(recipient, _)| recipient)
        .collect();
    let mut patience = REFUSALS_IN_A_ROW;
    let mut pace = Pace::default();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < pace.width()
            && let Some((number, recipient)) = waiting.pop_front()
        {
            running.push(one(number, recipient));
        }
        match running.next().await {
            None => return Ok(()),
            Some((_, _, Ok(()))) => {
                observe::count(Count::SIGNED, 1);
                patience = REFUSALS_IN_A_ROW;
                pace.went_well();
            }
            Some((number, recipient, Err(problem))) if problem.kind() == Kind::Unavailable && patience > 0 => {
                patience -= 1;
                waiting.push_back((number, recipient));
                let [chance] = chance::bytes();
                tokio::time::sleep(pace.refused(chance)).await;
            }
            Some((_, _, Err(problem))) => return Err(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_nobodys() {
        let recipient = |email: &str, narratives: &[&str]| -> Recipient {
            let evidence: Vec<Value> = narratives.iter().map(|text| json!({"narrative": text})).collect();
            serde_json::from_value(json!({"email": email, "name": email, "evidence": evidence})).unwrap()
        };
        let (first, second) = (recipient("a@b.example", &["a's", "course"]), recipient("c@d.example", &["course"]));
        let both = nobody(&first, Some(&second));
        assert!(both.email.is_erased() && both.name.is_empty());
        assert_eq!(both.evidence, second.evidence);
        assert!(nobody(&first, None).evidence.is_empty());
    }
}
