//! What somebody has of an organisation, found by an address that they have proved.
//!
//! Nothing is written for this: each organisation's own index of addresses is asked, and then the records that it names.

use crate::client::{Store, StoreError};
use crate::credentials::{Issued, Revocation};
use crate::item::Item;
use crate::key::{self, TableKey};
use crate::organisations::StoredOrganisation;
use application::Form;
use application::application::Application;
use badge::definition::Badge;
use badge::{ApplicationId, CredentialId, Delivery, EmailAddress, Event, EventId, Recipient};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::{HashMap, HashSet};

/// Planned recipients read at once.
const PLANNED_AT_ONCE: usize = 16;

/// A credential as its holder has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Its id.
    pub id: CredentialId,
    /// The event that issued it.
    pub event: Event,
    /// The badge as it was then.
    pub badge: Badge,
    /// Who holds it.
    pub recipient: Recipient,
    /// Its revocation.
    pub revoked: Option<Revocation>,
    /// What became of its mail, and the holder's answer.
    pub delivery: Delivery,
}

/// What an organisation's index has under an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Credentials, some of which may not have come about, with when they were planned in milliseconds since 1970; the latest last.
    pub credentials: Vec<(i64, CredentialId)>,
    /// Applications, in no order.
    pub applications: Vec<ApplicationId>,
}

impl Store {
    /// What an organisation has about an address: two queries.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn indexed(
        &self,
        organisation: &StoredOrganisation,
        address: &EmailAddress,
    ) -> Result<Indexed, StoreError> {
        let (client, hmac) = (&organisation.organisation.id, organisation.mail_hmac(address));
        let (credentials, applications) = futures_util::try_join!(
            self.credentials_of_address(organisation, address),
            self.applications_of(client, &hmac),
        )?;
        Ok(Indexed { credentials, applications })
    }

    /// These credentials as their holders have them, in the order of `ids`. One that is signed on claim is held as soon as it is planned;
    /// of the others those that are not signed are left out, as are erased ones.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn held(&self, ids: &[CredentialId]) -> Result<Vec<Held>, StoreError> {
        let events: HashMap<_, _> = ids.iter().map(|id| (id.event(), key::event(&id.event()))).collect();
        let credentials: Vec<_> = ids.iter().map(key::credential).collect();
        let events: Vec<TableKey> = events.into_values().collect();
        let (events, credentials) = futures_util::try_join!(
            self.get_projected(&events, "pk, sk, doc"),
            self.get_projected(&credentials, "pk, sk, n, r, p"),
        )?;
        let events = events.iter().map(Item::get_doc::<Event>).collect::<Result<Vec<_>, _>>()?;
        let events: HashMap<_, _> = events.into_iter().map(|event| (event.id.clone(), event)).collect();
        let mut issued = credentials.iter().map(crate::credentials::issued).collect::<Result<Vec<_>, _>>()?;
        issued.extend(self.unclaimed(&events, ids, &issued).await?);
        issued.retain(|issued| !issued.recipient.email.is_erased());
        let lives: Vec<_> = issued.iter().map(|issued| key::life(&issued.id.event(), issued.number)).collect();
        let versions: HashMap<_, _> = events
            .values()
            .map(|event| ((&event.badge, event.badge_version), key::badge_version(&event.badge, event.badge_version)))
            .collect();
        let versions: Vec<TableKey> = versions.into_values().collect();
        let (lives, badges) = futures_util::try_join!(self.get_whole(&lives), self.get_whole(&versions))?;
        let badges = badges.iter().map(Item::get_doc::<Badge>).collect::<Result<Vec<_>, _>>()?;
        let lives = lives
            .iter()
            .map(|item| Ok(((item.get_text("pk")?, item.get_text("sk")?), crate::deliveries::read(item)?)))
            .collect::<Result<HashMap<_, _>, StoreError>>()?;
        let mut held: HashMap<CredentialId, Held> = HashMap::new();
        for issued in issued {
            let Some(event) = events.get(&issued.id.event()) else { continue };
            let same = |badge: &&Badge| badge.id == event.badge && badge.version == event.badge_version;
            let badge = badges.iter().find(same).ok_or(StoreError::Corrupt("badge version"))?;
            let life = key::life(&event.id, issued.number);
            let delivery = lives.get(&(life.pk.as_str(), life.sk.as_str())).cloned().unwrap_or_default();
            let (event, badge) = (event.clone(), badge.clone());
            let (recipient, revoked) = (issued.recipient, issued.revoked);
            held.insert(issued.id.clone(), Held { id: issued.id, event, badge, recipient, revoked, delivery });
        }
        Ok(ids.iter().filter_map(|id| held.remove(id)).collect())
    }

    /// Those of these credentials that are not signed because nobody has asked for them yet.
    async fn unclaimed(
        &self,
        events: &HashMap<EventId, Event>,
        ids: &[CredentialId],
        signed: &[Issued],
    ) -> Result<Vec<Issued>, StoreError> {
        let signed: HashSet<&CredentialId> = signed.iter().map(|issued| &issued.id).collect();
        let planned = |id: &CredentialId| {
            let event = events.get(&id.event()).filter(|_| !signed.contains(id))?;
            Some((id.clone(), event.number_of(id)?))
        };
        let unclaimed: Vec<_> =
            ids.iter().filter_map(planned).map(|(id, number)| self.planned_as(id, number)).collect();
        stream::iter(unclaimed).buffer_unordered(PLANNED_AT_ONCE).try_collect().await
    }

    async fn planned_as(&self, id: CredentialId, number: u32) -> Result<Issued, StoreError> {
        let recipient = self.planned_recipient(&id.event(), number).await?;
        let recipient = recipient.ok_or(StoreError::Corrupt("plan"))?;
        Ok(Issued { id, number, recipient, revoked: None })
    }

    /// These applications with their forms as they are now, in no order; those that are gone are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn applications_with_forms(&self, ids: &[ApplicationId]) -> Result<Vec<(Application, Form)>, StoreError> {
        let keys: Vec<_> = ids.iter().map(key::application).collect();
        let applications = self.get_whole(&keys).await?;
        let applications = applications.iter().map(Item::get_doc::<Application>).collect::<Result<Vec<_>, _>>()?;
        let forms: HashMap<_, _> = applications.iter().map(|one| (&one.form, key::form_head(&one.form))).collect();
        let forms = self.get_whole(&forms.into_values().collect::<Vec<_>>()).await?;
        let forms = forms.iter().map(Item::get_doc::<Form>).collect::<Result<Vec<_>, _>>()?;
        let with_form = |application: Application| {
            let form = forms.iter().find(|form| form.id == application.form)?.clone();
            Some((application, form))
        };
        Ok(applications.into_iter().filter_map(with_form).collect())
    }
}
