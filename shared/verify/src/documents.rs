//! Documents from elsewhere: how a verification asks for them, and what it makes of the answers.
//!
//! Nothing here opens a connection. The caller hands in a [`Documents`]; in production it is the guarded client, in tests a
//! map. A caller that hosts credentials itself may answer its own addresses from the store.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use pdf::authenticate::TrustedSeal;
use serde_json::Value;

use crate::json;
use crate::limits::MAX_DOCUMENTS;
use crate::report::Text;

/// What kind of answer is wanted; [`Accept::header`] is its HTTP form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accept {
    /// A badge: JSON, a JWT, or an image that carries one.
    Badge,
    /// A JSON document: an issuer profile, a badge class, a DID document, a key.
    Json,
    /// A status list credential: JSON, or a JWT.
    StatusList,
    /// A picture.
    Image,
}

impl Accept {
    /// Value of the `Accept` header. HTML comes last, because hosts that know it best would send it to everyone.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Badge => {
                "application/vc+ld+json, application/ld+json, application/json, application/vc+jwt, image/png, image/svg+xml, \
                 text/plain;q=0.5, */*;q=0.1"
            }
            Self::Json => "application/ld+json, application/did+json, application/json, text/plain;q=0.5, */*;q=0.1",
            Self::StatusList => {
                "application/vc+ld+json, application/ld+json, application/json, application/vc+jwt;q=0.9, text/plain;q=0.5, \
                 */*;q=0.1"
            }
            Self::Image => "image/*, */*;q=0.1",
        }
    }
}

/// An answer with any final HTTP status: 404 and 410 are answers, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, if sent. A hint only; content is told by its bytes.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Why there is no answer. None of these says anything about the badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unavailable {
    /// The address is not one that may be opened: not https, a private network, not an address at all.
    NotAllowed,
    /// The host does not exist.
    HostNotFound,
    /// No connection, or it broke.
    Unreachable,
    /// No secure connection: the certificate is not accepted.
    Insecure,
    /// No complete answer in time.
    TimedOut,
    /// The answer is larger than accepted.
    TooLarge,
    /// This verification has asked for [`MAX_DOCUMENTS`] documents already.
    BudgetSpent,
}

impl Unavailable {
    /// The reason as the object of a sentence: "… ({reason})".
    pub(crate) const fn reason(self) -> Text {
        match self {
            Self::NotAllowed => Text::fixed("the address may not be opened", "このアドレスは開けません"),
            Self::HostNotFound => Text::fixed("the site was not found", "サイトが見つかりません"),
            Self::Unreachable => Text::fixed("the site does not answer", "サイトが応答しません"),
            Self::Insecure => Text::fixed("no secure connection", "安全な接続ができません"),
            Self::TimedOut => Text::fixed("the site took too long", "応答に時間がかかりすぎました"),
            Self::TooLarge => Text::fixed("the answer is too large", "データが大きすぎます"),
            Self::BudgetSpent => Text::fixed("the badge refers to too many addresses", "参照先のアドレスが多すぎます"),
        }
    }
}

/// Where documents come from.
///
/// An implementation answers with whatever the address serves, follows redirects under its own rules, and keeps nothing: a
/// verification asks for each address once. Old badges name `http://` addresses; an implementation may ask for their
/// `https://` form instead, and must not ask in the clear.
pub trait Documents: Sync {
    /// Asks for one document.
    fn get(&self, url: &str, accept: Accept) -> impl Future<Output = Result<Document, Unavailable>> + Send;
}

/// Whom the badge should be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedIdentity {
    /// The kind of identifier in Open Badges 3.0 words: `emailAddress`, `url`, `telephone`, `id` (a DID or URL), or any other
    /// of `IdentifierTypeEnum`.
    pub identity_type: String,
    /// The identifier in plain text.
    pub value: String,
}

impl ClaimedIdentity {
    /// An e-mail address.
    #[must_use]
    pub fn email(address: &str) -> Self {
        Self { identity_type: "emailAddress".to_owned(), value: address.to_owned() }
    }
}

/// What a verification is told beside the badge.
#[derive(Debug, Clone)]
pub struct Options {
    /// The instant that decides about validity periods.
    pub now: Timestamp,
    /// Compare the recipient with this person, if given.
    pub recipient: Option<ClaimedIdentity>,
    /// Whose seals on PDFs count.
    pub trust: Trust,
}

impl Options {
    /// At this instant, about nobody in particular, and with no seal trusted.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now, recipient: None, trust: Trust::default() }
    }
}

/// Whose seals on PDFs count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The seals that are known here, whatever became of them; `None` if the list cannot be read now. What bears one of them is
    /// judged by this list alone.
    pub seals: Option<Vec<TrustedSeal>>,
    /// Certificates (X.509, DER) of other organisations that whoever asks trusts.
    pub anchors: Vec<Vec<u8>>,
}

/// Nobody's.
impl Default for Trust {
    fn default() -> Self {
        Self { seals: Some(Vec::new()), anchors: Vec::new() }
    }
}

/// One verification's view of the outside: each address once, and not more than [`MAX_DOCUMENTS`].
pub(crate) struct World<'a, D> {
    documents: &'a D,
    pub(crate) options: &'a Options,
    asked: usize,
    answers: HashMap<String, Result<Arc<Document>, Unavailable>>,
}

/// Why an address gave no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoJson {
    Unavailable(Unavailable),
    Status(u16),
    NotJson,
}

impl NoJson {
    pub(crate) fn reason(self) -> Text {
        match self {
            Self::Unavailable(unavailable) => unavailable.reason(),
            Self::Status(status) => Text {
                en: format!("the site answers with status {status}").into(),
                ja: format!("サイトの応答はステータス{status}です").into(),
            },
            Self::NotJson => Text::fixed("the answer is not JSON", "応答がJSON形式ではありません"),
        }
    }
}

impl<'a, D: Documents> World<'a, D> {
    pub(crate) fn new(documents: &'a D, options: &'a Options) -> Self {
        Self { documents, options, asked: 0, answers: HashMap::new() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.options.now
    }

    /// One document. The fragment names something inside it and is not sent.
    pub(crate) async fn get(&mut self, url: &str, accept: Accept) -> Result<Arc<Document>, Unavailable> {
        let url = without_fragment(url);
        if let Some(answer) = self.answers.get(url) {
            return answer.clone();
        }
        if self.asked == MAX_DOCUMENTS {
            return Err(Unavailable::BudgetSpent);
        }
        self.asked += 1;
        let answer = self.documents.get(url, accept).await.map(Arc::new);
        self.answers.insert(url.to_owned(), answer.clone());
        answer
    }

    /// One JSON document, answered with status 200.
    pub(crate) async fn json(&mut self, url: &str) -> Result<Value, NoJson> {
        let document = self.get(url, Accept::Json).await.map_err(NoJson::Unavailable)?;
        if document.status != 200 {
            return Err(NoJson::Status(document.status));
        }
        json::parse(&document.bytes).map_err(|_| NoJson::NotJson)
    }
}

/// The address without what follows `#`.
pub(crate) fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

/// Whether the text is a web address. What may be opened is [`Documents`]' decision.
pub(crate) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
