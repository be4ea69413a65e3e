//! Every failure a caller can see, in one table.
//!
//! The body is `application/problem+json` (RFC 9457) with `errors[]`, a JSON Pointer, code and sentence for each field. Below `/v2`
//! and `/v1`, whose clients were written for Open Badge Factory, the same body also carries the members of its `ErrorResult`
//! (`timestamp`, `status`, `error`, `message`, `path`), and a refused token is answered with the plain text `403 Forbidden`:
//! those clients retry on it, and know no 401.

use crate::answer::Answer;
use crate::request::Request;
use badge::Lang;
use badge::input::FieldError;
use badge::plan::Reached;
use jiff::Timestamp;
use serde_json::json;

/// What kinds of failure there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something in the request cannot be taken.
    InvalidRequest,
    /// No valid token, or one for somebody else.
    Forbidden,
    /// The credentials at the token endpoint are wrong.
    WrongCredentials,
    /// The token's bearer may not do this.
    MissingRole,
    /// A page's form that was not sent from a page of ours, or whose session is over.
    ForgedRequest,
    /// There is nothing of this name, or it belongs to somebody else: both look alike.
    NotFound,
    /// The address exists, but not for this method.
    MethodNotAllowed,
    /// The record changed meanwhile, or is not in the state this needs.
    Conflict,
    /// The `If-Match` version is not the current one.
    VersionMismatch,
    /// The link was right and has run out.
    LinkExpired,
    /// The credential was revoked, and there is no file of it any more.
    Revoked,
    /// The credential was erased, with whatever else was kept of its holder.
    Erased,
    /// The request is too large.
    TooLarge,
    /// The media type cannot be read.
    UnsupportedMediaType,
    /// The request key was used for another request.
    RequestKeyReused,
    /// The badge is a draft.
    DraftBadge,
    /// They have done this too often for now.
    TooManyRequests,
    /// The organisation's plan allows no more.
    QuotaReached,
    /// Something this needs does not answer now; repeating helps.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// All kinds, for the tests and the documentation.
pub const KINDS: [Kind; 20] = [
    Kind::InvalidRequest,
    Kind::Forbidden,
    Kind::WrongCredentials,
    Kind::MissingRole,
    Kind::ForgedRequest,
    Kind::NotFound,
    Kind::MethodNotAllowed,
    Kind::Conflict,
    Kind::VersionMismatch,
    Kind::LinkExpired,
    Kind::Revoked,
    Kind::Erased,
    Kind::TooLarge,
    Kind::UnsupportedMediaType,
    Kind::RequestKeyReused,
    Kind::DraftBadge,
    Kind::TooManyRequests,
    Kind::QuotaReached,
    Kind::Unavailable,
    Kind::Internal,
];

const PREFIX: &str = "urn:shirushi:problem:";

impl Kind {
    /// The table: slug, status, title in English and Japanese.
    const fn row(self) -> (&'static str, u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => {
                ("invalid-request", 400, "The request cannot be taken as it is.", "リクエストの内容に誤りがあります。")
            }
            Self::Forbidden => (
                "forbidden",
                403,
                "A valid access token for this organisation is needed.",
                "この団体の有効なアクセストークンが必要です。",
            ),
            Self::WrongCredentials => (
                "wrong-credentials",
                403,
                "Client id or secret is wrong.",
                "クライアントIDまたはシークレットが正しくありません。",
            ),
            Self::MissingRole => (
                "missing-role",
                403,
                "This credential may not do this.",
                "この認証情報にはこの操作の権限がありません。",
            ),
            Self::ForgedRequest => (
                "forged-request",
                403,
                "This form was not sent from its own page, or its session is over. Please open the page again.",
                "このフォームは正しい画面から送信されていないか、セッションが終了しています。ページを開き直してください。",
            ),
            Self::NotFound => ("not-found", 404, "There is nothing here.", "見つかりません。"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                405,
                "This address does not take this method.",
                "このURLではこのメソッドを使えません。",
            ),
            Self::Conflict => (
                "conflict",
                409,
                "It was changed meanwhile, or is not in the state this needs.",
                "同時に変更されたか、この操作ができない状態です。",
            ),
            Self::VersionMismatch => {
                ("version-mismatch", 412, "It was changed since you read it.", "読み込み後に変更されています。")
            }
            Self::LinkExpired => {
                ("link-expired", 410, "This link has expired.", "このリンクは有効期限が切れています。")
            }
            Self::Revoked => ("revoked", 410, "This badge was revoked.", "このバッジは取り消されました。"),
            Self::Erased => ("erased", 410, "This badge was erased.", "このバッジは削除されました。"),
            Self::TooLarge => ("too-large", 413, "The request is too large.", "リクエストが大きすぎます。"),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", 415, "This media type cannot be read.", "このメディアタイプは扱えません。")
            }
            Self::RequestKeyReused => (
                "request-key-reused",
                422,
                "This Idempotency-Key was used for another request.",
                "このIdempotency-Keyは別のリクエストで使用済みです。",
            ),
            Self::DraftBadge => (
                "draft-badge",
                409,
                "The badge is a draft and cannot be issued.",
                "バッジが下書きのため発行できません。",
            ),
            Self::TooManyRequests => (
                "too-many-requests",
                429,
                "Too often for now. Please try again in an hour.",
                "回数の上限に達しました。1時間ほど待ってからもう一度お試しください。",
            ),
            // Not 403: existing clients repeat what was refused so with the next organisation they know.
            Self::QuotaReached => {
                ("quota-reached", 429, "The organisation's plan allows no more.", "団体のプランの上限に達しています。")
            }
            Self::Unavailable => (
                "unavailable",
                503,
                "Not possible at the moment. Please repeat in a few seconds.",
                "ただいま処理できません。少し待ってからもう一度お試しください。",
            ),
            Self::Internal => ("internal", 500, "A fault on our side.", "サーバー側で問題が発生しました。"),
        }
    }

    /// The problem type's URI.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{PREFIX}{}", self.row().0)
    }

    /// The kind of a problem type's URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let slug = uri.strip_prefix(PREFIX)?;
        KINDS.into_iter().find(|kind| kind.row().0 == slug)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// The title in the caller's language.
    #[must_use]
    pub fn title(self, lang: Lang) -> &'static str {
        let row = self.row();
        lang.pick(row.2, row.3)
    }
}

/// A failure on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    fields: Vec<FieldError>,
    detail: Option<(String, String)>,
    quota: Option<Box<Reached>>,
    cause: Option<String>,
}

impl Problem {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, fields: Vec::new(), detail: None, quota: None, cause: None }
    }

    /// Fields that cannot be taken.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(Kind::InvalidRequest) }
    }

    /// A limit of the organisation's plan that is reached.
    #[must_use]
    pub fn quota(reached: Reached) -> Self {
        let (en, ja) = reached.texts();
        Self { quota: Some(Box::new(reached)), ..Self::new(Kind::QuotaReached) }.detail(en, ja)
    }

    /// With a sentence about this very case, in English and Japanese.
    #[must_use]
    pub fn detail(mut self, en: impl Into<String>, ja: impl Into<String>) -> Self {
        self.detail = Some((en.into(), ja.into()));
        self
    }

    /// A fault of ours. `cause` goes to the log, never to the caller; it must hold no names, addresses or documents.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(Kind::Internal) }
    }

    /// Something this needs does not answer. `cause` goes to the log only.
    #[must_use]
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(Kind::Unavailable) }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The fields that cannot be taken.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.fields
    }

    /// What to say about it in this language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match &self.detail {
            Some((en, ja)) => lang.pick(en, ja),
            None => self.kind.title(lang),
        }
    }

    /// What the log should know.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The answer to a request that failed so.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Answer {
        let compatible = request.path.starts_with("/v2/") || request.path.starts_with("/v1/");
        if compatible && self.kind == Kind::Forbidden {
            return Answer::new(403).body("text/plain; charset=utf-8", "403 Forbidden");
        }
        let lang = request.lang;
        let title = self.kind.title(lang);
        let detail = self.detail.as_ref().map(|(en, ja)| lang.pick(en, ja));
        let mut body = json!({"type": self.kind.uri(), "title": title, "status": self.kind.status()});
        if let Some(detail) = detail {
            body["detail"] = detail.into();
        }
        if !request.id.is_empty() {
            body["instance"] = format!("urn:shirushi:request:{}", request.id).into();
        }
        if !self.fields.is_empty() {
            let field = |error: &FieldError| json!({"pointer": format!("#{}", error.pointer), "code": error.reason.code(), "detail": error.reason.text(lang)});
            body["errors"] = self.fields.iter().map(field).collect();
        }
        if let Some(Reached { limit, used, renews_at }) = self.quota.as_deref().copied() {
            let renews_at = renews_at.map(Timestamp::as_second);
            body["quota"] = json!({"name": limit.quota.name(), "plan": limit.tier.name(), "limit": limit.max, "used": used, "renews_at": renews_at});
        }
        if compatible {
            let status =
                http::StatusCode::from_u16(self.kind.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
            body["timestamp"] = request.now.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string().into();
            body["error"] = status.canonical_reason().unwrap_or("Error").into();
            body["path"] = request.path.as_str().into();
            if self.kind != Kind::WrongCredentials {
                body["message"] = detail.unwrap_or(title).into();
            }
        }
        let answer = Answer::new(self.kind.status())
            .body("application/problem+json", body.to_string())
            .header("content-language", lang.tag())
            .header("cache-control", "no-store");
        let again = self.quota.as_ref().and_then(|reached| reached.renews_at).filter(|at| *at > request.now);
        let answer = match again {
            Some(at) => answer.header("retry-after", (at.as_second() - request.now.as_second()).max(1).to_string()),
            None => answer,
        };
        // A script of another site that may read public documents may also read why there is none.
        if compatible { answer } else { answer.header("access-control-allow-origin", "*") }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl From<Vec<FieldError>> for Problem {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::fields(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::input::Reason;
    use serde_json::Value;

    fn body(problem: &Problem, path: &str, headers: &[(&'static str, &str)]) -> (u16, Value) {
        let request = Request::test(http::Method::GET, path, headers);
        let response = problem.answer(&request).finish(&request);
        let status = response.status().as_u16();
        (status, serde_json::from_slice(response.body()).unwrap_or(Value::Null))
    }

    #[test]
    fn the_table_reads_both_ways() {
        for kind in KINDS {
            assert_eq!(Kind::from_uri(&kind.uri()), Some(kind));
            assert!((400..600).contains(&kind.status()));
            assert!(kind.title(Lang::Ja).chars().any(|c| c > '\u{3000}'));
        }
        assert_eq!(Kind::from_uri("about:blank"), None);
    }

    #[test]
    fn fields_are_named_in_the_callers_language() {
        let problem = Problem::fields(vec![FieldError { pointer: "/name".into(), reason: Reason::Missing }]);
        let (status, english) = body(&problem, "/validate", &[]);
        assert_eq!((status, &english["errors"][0]["pointer"]), (400, &Value::from("#/name")));
        assert!(english.get("timestamp").is_none());
        let (_, japanese) = body(&problem, "/v2/badge/x", &[("accept-language", "ja")]);
        assert_eq!(japanese["errors"][0]["detail"], "この項目は必須です。");
        assert_eq!((&japanese["error"], &japanese["path"]), (&Value::from("Bad Request"), &Value::from("/v2/badge/x")));
        assert_eq!(japanese["timestamp"], "1970-01-01T00:00:00.000+00:00");
    }

    #[test]
    fn a_refused_token_is_plain_text_for_existing_clients() {
        let request = Request::test(http::Method::GET, "/v2/badge/x", &[]);
        let response = Problem::new(Kind::Forbidden).answer(&request).finish(&request);
        assert_eq!((response.status().as_u16(), &response.body()[..]), (403, &b"403 Forbidden"[..]));
    }

    #[test]
    fn a_quota_says_which_how_much_and_until_when() {
        use badge::plan::{Limit, Quota, Tier};
        let limit = Limit { quota: Quota::CredentialsPerMonth, max: 5, tier: Tier::Basic };
        let problem = Problem::quota(limit.reached(4, Timestamp::UNIX_EPOCH));
        let request = Request::test(http::Method::POST, "/v2/event/c/b/issue", &[]);
        let response = problem.answer(&request).finish(&request);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (429, &"2678400".parse().unwrap())
        );
        let (_, body) = body(&problem, "/v2/event/c/b/issue", &[("accept-language", "ja")]);
        assert_eq!(
            body["quota"],
            json!({"name": "credentials_per_month", "plan": "basic", "limit": 5, "used": 4, "renews_at": 2_678_400})
        );
        assert!(body["message"].as_str().unwrap().contains("Basicプラン"));
        let standing = Problem::quota(Limit { quota: Quota::Badges, ..limit }.reached(5, Timestamp::UNIX_EPOCH));
        let response = standing.answer(&request).finish(&request);
        assert!(!response.headers().contains_key("retry-after"));
    }

    #[test]
    fn a_fault_of_ours_tells_only_the_request() {
        let (status, body) = body(&Problem::internal("PutItem: secret@example.org"), "/credentials/x", &[]);
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secret"));
        assert_eq!(body["instance"], "urn:shirushi:request:test");
    }
}
