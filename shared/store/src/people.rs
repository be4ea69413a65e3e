//! People: how somebody proves an address, stays signed in, and what they may do in which organisation.
//!
//! A person is an address: [`PersonId`] is a MAC of it under a secret of the deployment's own, so that no key tells an address. The
//! rows of a person and of an organisation's members are written by the console alone.
//!
//! A session knows the addresses that were proved in it, because only with them can an organisation's index be asked. Its row is sealed
//! under a key that the cookie alone gives: who reads the table, or a backup of it, learns neither an address nor that two of them are
//! one person's.

use crate::client::{Expect, Store, StoreError, held, key_map, unavailable};
use crate::item::{Item, number};
use crate::key;
use crate::rates::Counter;
use crate::secrets::Role;
use application::Secret;
use aws_lc_rs::aead::{AES_128_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use badge::plan::Limit;
use badge::{BadgeId, ClientId, EmailAddress, Lang, PersonId, SignInId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long a mailed code or link signs in.
pub const SIGN_IN_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// How often a code may be tried.
pub const MAX_SIGN_IN_ATTEMPTS: u32 = 5;
/// How long somebody stays signed in.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Addresses that one session may have proved.
pub const MAX_ADDRESSES: usize = 5;
/// How long an invitation waits for its first sign-in.
pub const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Attribute of a session's row.
const SEALED: &str = "sealed";

/// Somebody who is about to prove that an address is theirs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// Its name.
    pub id: SignInId,
    /// The address to be proved.
    pub address: EmailAddress,
    /// What code and link are made of.
    secret: Secret,
    /// In which language to write.
    pub lang: Lang,
    /// Until when it holds.
    pub until: Timestamp,
    /// The session, by its hash, that the address is to be added to; none when it begins one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    joins: Option<String>,
}

impl SignIn {
    /// A new one, out of random bytes.
    #[must_use]
    pub fn new(id: SignInId, address: EmailAddress, secret: [u8; 32], lang: Lang, now: Timestamp) -> Self {
        let until = now.checked_add(SIGN_IN_LIFE).unwrap_or(Timestamp::MAX);
        Self { id, address, secret: Secret::from_random(secret), lang, until, joins: None }
    }

    /// The same, to add the address to a session instead of beginning one.
    #[must_use]
    pub fn joining(self, session: &SessionToken) -> Self {
        Self { joins: Some(session.hash()), ..self }
    }

    /// Whether the address is to be added to a session.
    #[must_use]
    pub fn joins(&self) -> bool {
        self.joins.is_some()
    }

    /// Whether it is this session that the address is to be added to.
    #[must_use]
    pub fn is_for(&self, session: &SessionToken) -> bool {
        self.joins == Some(session.hash())
    }

    /// The six digits that are mailed.
    #[must_use]
    pub fn code(&self) -> String {
        let tag = self.secret.tag("sign-in code", self.id.as_str().as_bytes());
        let number = tag.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte)) % 1_000_000;
        format!("{number:06}")
    }

    /// What the mailed link carries.
    #[must_use]
    pub fn token(&self) -> String {
        hex::encode(self.secret.tag("sign-in link", self.id.as_str().as_bytes()))
    }

    /// Whether this is the code, told in constant time; full-width digits and blanks among them are understood.
    #[must_use]
    pub fn is_code(&self, entered: &str) -> bool {
        let digits: String = entered.chars().filter_map(digit).collect();
        same(&digits, &self.code())
    }

    /// Whether this is the link's token, told in constant time.
    #[must_use]
    pub fn is_token(&self, token: &str) -> bool {
        same(token, &self.token())
    }
}

/// A digit in either width; blanks and hyphens are passed over, anything else stays and fits nothing.
fn digit(c: char) -> Option<char> {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        ' ' | '\u{3000}' | '-' | '\t' => None,
        other => Some(other),
    }
}

fn same(one: &str, other: &str) -> bool {
    proof::identity::equal_in_constant_time(one.as_bytes(), other.as_bytes())
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub person: PersonId,
    /// The address they proved first: what somebody may do as staff hangs on it alone.
    pub address: EmailAddress,
    /// Further addresses that they proved.
    pub others: Vec<EmailAddress>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Session {
    /// Every address that was proved, the first first.
    pub fn addresses(&self) -> impl Iterator<Item = &EmailAddress> {
        std::iter::once(&self.address).chain(&self.others)
    }

    /// Whether an address is one of them, however it is written.
    #[must_use]
    pub fn has(&self, address: &EmailAddress) -> bool {
        self.addresses().any(|one| one.folded() == address.folded())
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// What a session's cookie holds: whose it is, and 256 random bits of which the table knows only the hash.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    person: PersonId,
    random: [u8; 32],
}

impl SessionToken {
    /// A new one.
    #[must_use]
    pub fn new(person: PersonId, random: [u8; 32]) -> Self {
        Self { person, random }
    }

    /// The one a cookie holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (person, random) = text.split_once('.')?;
        let random = hex::decode(random).ok()?.try_into().ok()?;
        Some(Self { person: person.parse().ok()?, random })
    }

    /// As it is written in a cookie.
    #[must_use]
    pub fn write(&self) -> String {
        format!("{}.{}", self.person, hex::encode(self.random))
    }

    /// Whose it says it is.
    #[must_use]
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// What every form of this session carries, and no other site knows.
    #[must_use]
    pub fn csrf(&self) -> String {
        hex::encode(Secret::from_random(self.random).tag("csrf", self.person.as_str().as_bytes()))
    }

    /// Whether a form carries this session's text, told in constant time.
    #[must_use]
    pub fn is_csrf(&self, text: &str) -> bool {
        same(text, &self.csrf())
    }

    fn hash(&self) -> String {
        hex::encode(digest::digest(&digest::SHA256, &self.random))
    }

    /// The key of the session's row. The table knows only a hash of what it is made of.
    fn key(&self) -> Result<RandomizedNonceKey, StoreError> {
        let key = Secret::from_random(self.random).tag("session row", self.person.as_str().as_bytes());
        RandomizedNonceKey::new(&AES_128_GCM, &key).map_err(|_| StoreError::Corrupt("session key"))
    }

    /// A session as its row holds it: a nonce and what it seals.
    fn seal(&self, session: &Session) -> Result<Vec<u8>, StoreError> {
        let mut sealed = serde_json::to_vec(session).map_err(|_| StoreError::Corrupt("session"))?;
        let nonce = self.key()?.seal_in_place_append_tag(Aad::from(self.hash()), &mut sealed);
        let nonce = nonce.map_err(|_| StoreError::Corrupt("session"))?;
        Ok([&nonce.as_ref()[..], &sealed].concat())
    }

    fn open(&self, row: &[u8]) -> Result<Session, StoreError> {
        let corrupt = || StoreError::Corrupt("session");
        let (nonce, sealed) = row.split_first_chunk::<NONCE_LEN>().ok_or_else(corrupt)?;
        let (nonce, mut sealed) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let session = self.key()?.open_in_place(nonce, Aad::from(self.hash()), &mut sealed).map_err(|_| corrupt())?;
        serde_json::from_slice(session).map_err(|_| corrupt())
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionToken({}, …)", self.person)
    }
}

/// What somebody may do in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// Their address.
    pub address: EmailAddress,
    /// What they are called; may be empty.
    pub name: String,
    /// What they may do. Never empty.
    pub roles: Vec<Role>,
    /// With which badges only; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badges: Option<Vec<BadgeId>>,
    /// Since when.
    pub created_at: Timestamp,
    /// When they first came; until then it is an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
    /// Until when the invitation waits.
    pub invited_until: Timestamp,
}

impl Member {
    /// Whether they may come in: a member, or somebody whose invitation still waits.
    #[must_use]
    pub fn may_enter(&self, now: Timestamp) -> bool {
        self.joined_at.is_some() || now < self.invited_until
    }

    /// Whether they may do everything in the organisation.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }
}

/// Who did something in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// A member, in the console.
    Person(PersonId),
    /// An API credential, by its id.
    Credential(String),
}

/// What somebody did in the console, or a system by the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(flatten)]
    pub by: Author,
    /// Their name or address as it was, or what the organisation called the credential.
    pub name: String,
    /// The operation: a route of the API, or of the console where the API has none.
    pub what: String,
    /// What it was done to: ids, as they stand in the route.
    pub to: Vec<String>,
    /// To how many, where it was not one: recipients of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The answer's HTTP status.
    pub status: u16,
}

impl Store {
    /// The deployment's secret under which addresses become [`PersonId`]s; made by who first asks. `random`: what it is made of then.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn people_secret(&self, random: [u8; 32]) -> Result<Secret, StoreError> {
        let key = key::people_secret();
        if let Some(item) = self.get(&key).await? {
            return item.get_doc();
        }
        match self.put(Item::at(&key).doc(&Secret::from_random(random))?, Expect::Absent).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        self.get(&key).await?.ok_or(StoreError::Corrupt("people"))?.get_doc()
    }

    /// Records that somebody wants to prove an address.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id is taken.
    pub async fn add_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        let item = Item::at(&key::sign_in(&sign_in.id)).doc(sign_in)?.number("ttl", sign_in.until.as_second());
        self.put(item, Expect::New).await
    }

    /// What somebody is about to prove, if that still holds.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn sign_in(&self, id: &SignInId, now: Timestamp) -> Result<Option<SignIn>, StoreError> {
        let Some(item) = self.get(&key::sign_in(id)).await? else { return Ok(None) };
        let sign_in: SignIn = item.get_doc()?;
        let tried: u32 = item.find_number("tried").unwrap_or(0);
        Ok(Some(sign_in).filter(|sign_in| now < sign_in.until && tried < MAX_SIGN_IN_ATTEMPTS))
    }

    /// Counts one more attempt at a code, before it is looked at; whether it is one of the few allowed.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be counted.
    pub async fn count_attempt(&self, id: &SignInId) -> Result<bool, StoreError> {
        self.count_within(Counter {
            key: &key::sign_in(id),
            name: "tried",
            max: MAX_SIGN_IN_ATTEMPTS.into(),
            ends: None,
        })
        .await
    }

    /// Records that a browser was sent to the identity provider, until when it is awaited back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id is taken.
    pub async fn await_provider(&self, id: &SignInId, until: Timestamp) -> Result<(), StoreError> {
        self.put(Item::at(&key::provider_sign_in(id)).number("ttl", until.as_second()), Expect::New).await
    }

    /// That a browser came back from the identity provider: whether it was awaited. Only the first time, and in time.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded.
    pub async fn back_from_provider(&self, id: &SignInId, now: Timestamp) -> Result<bool, StoreError> {
        let used = self
            .dynamo()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(key_map(&key::provider_sign_in(id))))
            .condition_expression("attribute_exists(pk) AND #ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(now.as_second()))
            .send()
            .await;
        held(used.map_err(|e| unavailable("DeleteItem", &e)))
    }

    /// Begins a session. `proved`: what is used up by it, unless that was used up before; false when somebody was first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn begin_session(
        &self,
        proved: Option<&SignIn>,
        token: &SessionToken,
        session: &Session,
    ) -> Result<bool, StoreError> {
        let item = Item::at(&key::session(&token.person, &token.hash())).bytes(SEALED, token.seal(session)?);
        let mut writes = vec![self.transact_put(item.number("ttl", session.until.as_second()), Expect::Absent)?];
        if let Some(proved) = proved {
            writes.push(self.transact_delete(&key::sign_in(&proved.id), Some("attribute_exists(pk)"))?);
        }
        held(self.transact(writes).await)
    }

    /// Whose a cookie's token is, and what they may do in `client`; none when it holds no more.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn session(
        &self,
        token: &SessionToken,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Option<(Session, Option<Member>)>, StoreError> {
        let session = key::session(&token.person, &token.hash());
        let (session, member) = match client {
            Some(client) => {
                let [session, member] = self.get_many([&session, &key::member(client, &token.person)]).await?;
                (session, member)
            }
            None => (self.get(&session).await?, None),
        };
        let Some(sealed) = session.as_ref().and_then(|row| row.find_bytes(SEALED)) else { return Ok(None) };
        let session = token.open(sealed)?;
        if !session.holds(now) {
            return Ok(None);
        }
        let member = member.as_ref().map(Item::get_doc::<Member>).transpose()?;
        Ok(Some((session, member.filter(|member| member.may_enter(now)))))
    }

    /// Keeps what a session knows now; one that has ended stays ended.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended.
    pub async fn keep_session(&self, token: &SessionToken, session: &Session) -> Result<(), StoreError> {
        let values = HashMap::from([(":sealed".to_owned(), AttributeValue::B(Blob::new(token.seal(session)?)))]);
        let key = key::session(&token.person, &token.hash());
        self.update(&key, &format!("SET {SEALED} = :sealed"), Some("attribute_exists(pk)"), values).await
    }

    /// Ends one session; harmless when it is over.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), StoreError> {
        match self.delete(&key::session(&token.person, &token.hash())).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends all sessions of somebody.
    ///
    /// # Errors
    /// [`StoreError`] when not all could be ended.
    pub async fn end_sessions(&self, person: &PersonId) -> Result<(), StoreError> {
        for item in self.query(&key::person_partition(person), key::SESSIONS, None).await? {
            let sk = item.get_text("sk")?.to_owned();
            let session = key::TableKey { pk: key::person_partition(person), sk };
            match self.delete(&session).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// In which organisations somebody is a member, or invited.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn memberships(&self, person: &PersonId) -> Result<Vec<ClientId>, StoreError> {
        let items = self.query(&key::person_partition(person), key::MEMBERSHIPS, None).await?;
        let client = |item: &Item| {
            let sk = item.get_text("sk")?.strip_prefix(key::MEMBERSHIPS).unwrap_or_default();
            sk.parse().map_err(|_| StoreError::Corrupt("membership"))
        };
        items.iter().map(client).collect()
    }

    /// An organisation's members and the invited, in no order.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn members(&self, client: &ClientId) -> Result<Vec<Member>, StoreError> {
        self.query(&key::members_partition(client), "", None).await?.iter().map(Item::get_doc).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn member(&self, client: &ClientId, person: &PersonId) -> Result<Option<Member>, StoreError> {
        self.get(&key::member(client, person)).await?.as_ref().map(Item::get_doc).transpose()
    }

    /// Records a member as they are now, new or not.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn put_member(&self, client: &ClientId, member: &Member) -> Result<(), StoreError> {
        self.transact(self.member_rows(client, member)?).await
    }

    /// Records a new member, if the plan has room for one more.
    ///
    /// # Errors
    /// [`StoreError::Quota`] when it has not.
    pub async fn add_member(&self, client: &ClientId, member: &Member, limit: Option<Limit>) -> Result<(), StoreError> {
        self.transact_one_more(client, limit, self.member_rows(client, member)?, member.created_at).await
    }

    fn member_rows(&self, client: &ClientId, member: &Member) -> Result<Vec<TransactWriteItem>, StoreError> {
        let pointer = Item::at(&key::membership(&member.person, client));
        let row = Item::at(&key::member(client, &member.person)).doc(member)?;
        let put = |item: Item| {
            let put = Put::builder().table_name(self.table()).set_item(Some(item.into_map())).build();
            put.map(|put| TransactWriteItem::builder().put(put).build()).map_err(|_| StoreError::Corrupt("member"))
        };
        Ok(vec![put(pointer)?, put(row)?])
    }

    /// Takes somebody out of an organisation; harmless when they are not in it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn remove_member(&self, client: &ClientId, person: &PersonId) -> Result<(), StoreError> {
        let delete = |key| {
            let delete = Delete::builder().table_name(self.table()).set_key(Some(key_map(&key))).build();
            delete.map(|d| TransactWriteItem::builder().delete(d).build()).map_err(|_| StoreError::Corrupt("member"))
        };
        self.transact(vec![delete(key::membership(person, client))?, delete(key::member(client, person))?]).await
    }

    /// Records what somebody did. `request`: the request's id, which keeps two of one instant apart.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub async fn note_deed(&self, client: &ClientId, deed: &Deed, request: &str) -> Result<(), StoreError> {
        self.put(deed_row(client, deed, request)?, Expect::Anything).await
    }

    /// What was done in an organisation before `before`, the earliest first, at most `limit`, and where the next of it begins.
    /// `behind`: where the ones before ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn deeds_in_order(
        &self,
        client: &ClientId,
        behind: Option<&str>,
        before: Timestamp,
        limit: usize,
    ) -> Result<(Vec<Deed>, Option<String>), StoreError> {
        let (partition, end) = (key::deeds_partition(client), key::sortable(before));
        let items = self.query_between(&partition, behind.unwrap_or("0"), &end, limit).await?;
        let last = items.last().map(|item| item.get_text("sk").map(str::to_owned)).transpose()?;
        Ok((items.iter().map(Item::get_doc).collect::<Result<_, _>>()?, last))
    }

    /// What was done in an organisation before `before`, the latest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn deeds(&self, client: &ClientId, before: Timestamp, limit: usize) -> Result<Vec<Deed>, StoreError> {
        let items = self.query_last(&key::deeds_partition(client), &key::sortable(before), limit).await?;
        items.iter().map(Item::get_doc).collect()
    }
}

/// The row of a deed. `place` keeps two of one instant apart.
pub(crate) fn deed_row(client: &ClientId, deed: &Deed, place: &str) -> Result<Item, StoreError> {
    Item::at(&key::deed(client, deed.at, place)).doc(deed)
}

/// The name of somebody with this address.
#[must_use]
pub fn person(secret: &Secret, address: &EmailAddress) -> PersonId {
    PersonId::from_tag(secret.tag("person", address.folded().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(secret: u8) -> SignIn {
        let id = SignInId::from_random([1; 10]);
        SignIn::new(id, "a@example.org".parse().unwrap(), [secret; 32], Lang::Ja, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_code_is_read_as_people_type_it_and_fits_one_sign_in() {
        let (one, other) = (sign_in(1), sign_in(2));
        let code = one.code();
        assert_eq!((code.len(), code.bytes().all(|b| b.is_ascii_digit())), (6, true));
        let wide: String =
            code.chars().map(|c| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap()).collect();
        for typed in [code.clone(), format!(" {} {}", &code[..3], &code[3..]), wide] {
            assert!(one.is_code(&typed) && !other.is_code(&typed), "{typed}");
        }
        for wrong in ["", "x", &format!("{code}0"), &code[1..]] {
            assert!(!one.is_code(wrong), "{wrong}");
        }
        assert!(one.is_token(&one.token()) && !one.is_token(&other.token()) && !one.is_token(""));
    }

    #[test]
    fn a_person_is_the_same_in_any_case_and_no_address_is_in_their_name() {
        let secret = Secret::from_random([3; 32]);
        let of = |address: &str| person(&secret, &address.parse().unwrap());
        assert_eq!(of("Hana@Example.org"), of("hana@example.org"));
        assert_ne!(of("hana@example.org"), of("hana@example.com"));
        assert_ne!(of("a@b.example"), person(&Secret::from_random([4; 32]), &"a@b.example".parse().unwrap()));
    }

    #[test]
    fn a_cookie_reads_back_and_its_forms_are_its_own() {
        let person = PersonId::from_tag([7; 16]);
        let (one, other) = (SessionToken::new(person.clone(), [1; 32]), SessionToken::new(person, [2; 32]));
        assert_eq!(SessionToken::parse(&one.write()), Some(one.clone()));
        assert!(one.is_csrf(&one.csrf()) && !one.is_csrf(&other.csrf()) && !one.is_csrf(""));
        assert!(!one.csrf().contains(&hex::encode([1; 8])) && !format!("{one:?}").contains("0101"));
        for broken in ["", ".", "x.y", &one.write()[1..], &format!("{}0", one.write())] {
            assert_eq!(SessionToken::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_sessions_row_opens_by_its_cookie_alone_and_tells_no_address() {
        let person = PersonId::from_tag([7; 16]);
        let (one, other) = (SessionToken::new(person.clone(), [1; 32]), SessionToken::new(person.clone(), [2; 32]));
        let session = Session {
            person,
            address: "Hana@example.org".parse().unwrap(),
            others: vec!["h@work.example".parse().unwrap()],
            since: Timestamp::UNIX_EPOCH,
            until: Timestamp::UNIX_EPOCH,
        };
        let (row, again) = (one.seal(&session).unwrap(), one.seal(&session).unwrap());
        assert_eq!(one.open(&row).unwrap(), session);
        assert!(row != again && !row.windows(7).any(|bytes| bytes == b"example"));
        let mut changed = row.clone();
        *changed.last_mut().unwrap() ^= 1;
        for (token, row) in [(&other, &row[..]), (&one, &changed), (&one, &row[..5]), (&one, b"")] {
            assert!(matches!(token.open(row), Err(StoreError::Corrupt("session"))));
        }
        assert!(session.has(&"hana@EXAMPLE.org".parse().unwrap()) && !session.has(&"x@work.example".parse().unwrap()));
        let joining = sign_in(1).joining(&one);
        assert!(joining.joins() && joining.is_for(&one) && !joining.is_for(&other) && !sign_in(1).is_for(&one));
    }

    #[test]
    fn a_deed_is_a_members_or_a_credentials() {
        let person = PersonId::from_tag([7; 16]);
        let at = Timestamp::UNIX_EPOCH;
        let (name, what) = ("n".to_owned(), "POST members".to_owned());
        let deed = Deed { at, by: Author::Person(person.clone()), name, what, to: vec![], count: None, status: 303 };
        let row = serde_json::to_value(&deed).unwrap();
        assert_eq!((&row["person"], row.get("count")), (&person.as_str().into(), None));
        let system = Deed { by: Author::Credential("abc".into()), count: Some(3), ..deed.clone() };
        let other = serde_json::to_value(&system).unwrap();
        assert_eq!((&other["credential"], other.get("person")), (&"abc".into(), None));
        for (row, deed) in [(row, deed), (other, system)] {
            assert_eq!(serde_json::from_value::<Deed>(row).unwrap(), deed);
        }
    }

    #[test]
    fn an_invitation_ends_and_a_membership_does_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let member = Member {
            person: PersonId::from_tag([7; 16]),
            address: "a@example.org".parse().unwrap(),
            name: String::new(),
            roles: vec![Role::Reviewer],
            badges: None,
            created_at: at(0),
            joined_at: None,
            invited_until: at(10),
        };
        assert!(member.may_enter(at(9)) && !member.may_enter(at(10)) && !member.is_admin());
        assert!(Member { joined_at: Some(at(5)), ..member }.may_enter(at(99)));
    }
}
