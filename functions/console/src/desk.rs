//! A member of an organisation at work.

use crate::api::{Call, Reply};
use crate::posted::Posted;
use crate::visitor::Visitor;
use crate::{App, Refused};
use badge::{ClientId, Lang, Organisation};
use edge::{Answer, Kind, Request};
use serde_json::Value;
use store::{Author, Deed, Member, Role};

/// Somebody signed in, in one of their organisations, with what they asked for.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) app: &'a App,
    pub(crate) request: &'a Request,
    pub(crate) visitor: Visitor,
    pub(crate) member: Member,
    pub(crate) organisation: Organisation,
    pub(crate) lang: Lang,
}

impl<'a> Desk<'a> {
    /// Who is signed in, in the organisation of this id. One that is not theirs and none look alike.
    pub(crate) async fn open(app: &'a App, request: &'a Request, client: &str) -> Result<Self, Refused> {
        let client: Option<ClientId> = client.parse().ok();
        let (visitor, member) = Visitor::of(app, request, client.as_ref()).await?;
        let (Some(client), Some(mut member)) = (client, member) else { return Err(Kind::NotFound.into()) };
        let stored = app.store.organisation(&client).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?;
        if member.joined_at.is_none() {
            member.joined_at = Some(request.now);
            app.store.put_member(&client, &member).await.map_err(edge::failed)?;
        }
        Ok(Self { app, request, visitor, member, organisation: stored.organisation, lang: request.lang })
    }

    pub(crate) fn client(&self) -> &ClientId {
        &self.organisation.id
    }

    /// The form that was posted, if a page of this session sent it.
    pub(crate) fn posted(&self) -> Result<Posted, Refused> {
        let posted = Posted::read(self.request)?;
        self.visitor.check(self.request, self.app.urls.base(), posted.raw("csrf"))?;
        Ok(posted)
    }

    /// Where a page of this organisation is: `at("badges")`.
    pub(crate) fn at(&self, page: &str) -> String {
        match page {
            "" => format!("/console/{}", self.client()),
            page => format!("/console/{}/{page}", self.client()),
        }
    }

    /// Whether the member has this role; an admin has all.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.member.is_admin() || self.member.roles.contains(&role)
    }

    /// For a page that only who has one of these roles may see.
    pub(crate) fn needs(&self, roles: &[Role]) -> Result<(), Refused> {
        if roles.iter().any(|role| self.is(*role)) { Ok(()) } else { Err(Kind::MissingRole.into()) }
    }

    /// What the API answers to what only reads; a refusal becomes the page's own.
    pub(crate) async fn read(&self, call: Call<'_>) -> Result<Value, Refused> {
        let reply = self.call(&call).await?;
        if reply.is_done() { Ok(reply.json()) } else { Err(reply.problem().into()) }
    }

    /// What the API answers, refusals too, to what changes nothing.
    pub(crate) async fn ask(&self, call: &Call<'_>) -> Result<Reply, Refused> {
        let once = (self.request.id.as_str(), self.request.now);
        Ok(self.app.api.call(self.client(), &self.member, self.lang, once, call).await?)
    }

    /// What the API answers, refusals too. What changes something is noted with its outcome.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Reply, Refused> {
        let reply = self.ask(call).await?;
        if call.changes() {
            let to = call.parameters.iter().map(|(_, value)| (*value).to_owned()).collect();
            self.note(call.route, to, reply.status).await?;
        }
        Ok(reply)
    }

    /// Notes what the member did.
    pub(crate) async fn note(&self, what: &str, to: Vec<String>, status: u16) -> Result<(), Refused> {
        let name = match self.member.name.trim() {
            "" => self.member.address.as_str(),
            name => name,
        };
        let deed = Deed {
            at: self.request.now,
            by: Author::Person(self.member.person.clone()),
            name: name.to_owned(),
            what: what.to_owned(),
            to,
            count: None,
            status,
        };
        // One page may do several things within one request.
        let place = format!("{}#{what}", self.request.id);
        Ok(self.app.store.note_deed(self.client(), &deed, &place).await.map_err(edge::failed)?)
    }

    /// Sends the browser on to a page of this organisation, which says what was done.
    pub(crate) fn done(&self, page: &str, what: &str) -> Answer {
        let mark = if page.contains('?') { '&' } else { '?' };
        see_other(&format!("{}{mark}done={what}", self.at(page)))
    }
}

/// Sends the browser on (RFC 9110 section 15.4.4).
pub(crate) fn see_other(to: &str) -> Answer {
    Answer::new(303).header("location", to).cache(edge::answer::Cache::None)
}
