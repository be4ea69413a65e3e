//! One table of everything a report can say: stable code, what it means for the step, and the words in both languages.
//!
//! # How to add a finding
//! Add a row. The outcome belongs to the code, so one code never passes here and fails there. `{value}` in a text is filled
//! with the finding's value; a row either uses it in both languages or in none (a test holds you to it). Codes are public:
//! pages, translations and other people's scripts refer to them, so a code is never reused for something else.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::report::{Outcome, StepId, Text};

struct Row {
    code: &'static str,
    outcome: Outcome,
    message: Text,
    hint: Option<Text>,
}

macro_rules! codes {
    ($( $name:ident $code:literal $outcome:ident $en:literal $ja:literal $( hint $hint_en:literal $hint_ja:literal )? ; )*) => {
        /// Stable name of a finding. Serialises as its text, such as `key_not_listed`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $( #[doc = $en] $name, )*
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];
        }

        static ROWS: &[Row] = &[ $( Row {
            code: $code,
            outcome: Outcome::$outcome,
            message: Text::fixed($en, $ja),
            hint: codes!(@hint $( $hint_en $hint_ja )?),
        }, )* ];
    };
    (@hint) => { None };
    (@hint $en:literal $ja:literal) => { Some(Text::fixed($en, $ja)) };
}

codes! {
    // Reading the badge.
    InputJson "input_json" Passed
        "A badge was found in the JSON document."
        "JSON文書からバッジを読み取りました。";
    InputJwt "input_jwt" Passed
        "A signed badge (JWT) was found."
        "署名付きトークン（JWT）からバッジを読み取りました。";
    InputPng "input_png" Passed
        "A badge was found inside the PNG image."
        "PNG画像に埋め込まれたバッジを読み取りました。";
    InputSvg "input_svg" Passed
        "A badge was found inside the SVG image."
        "SVG画像に埋め込まれたバッジを読み取りました。";
    InputBothVersions "input_both_versions" Passed
        "The image holds an Open Badges 3.0 badge and an Open Badges 2.0 badge. This report is about the 3.0 badge."
        "画像にはOpen Badges 3.0と2.0の両方のバッジが埋め込まれています。この結果は3.0のバッジについてのものです。";
    InputEmpty "input_empty" Failed
        "There is nothing to check: the file is empty."
        "ファイルが空のため、確認するものがありません。";
    InputTooLarge "input_too_large" NotChecked
        "The file is too large to be checked (limit: {value})."
        "ファイルが大きすぎるため確認できません（上限: {value}）。";
    InputUnknown "input_unknown" Failed
        "This is not a file that holds a badge."
        "バッジが含まれる形式のファイルではありません。"
        hint "Use the badge’s PNG, SVG or JSON file, its JWT text, or its web address."
             "バッジのPNG・SVG・JSONファイル、JWTテキスト、またはバッジのWebアドレスを指定してください。";
    InputNoBadge "input_no_badge" Failed
        "The image holds no badge."
        "この画像にはバッジが埋め込まれていません。"
        hint "Screenshots and edited copies lose the badge. Download the image again from where the badge was issued or stored."
             "スクリーンショットや編集した画像からはバッジの情報が失われます。発行元やウォレットから画像をもう一度ダウンロードしてください。";
    ImageMalformed "image_malformed" Failed
        "The badge inside the image cannot be read: {value}."
        "画像に埋め込まれたバッジを読み取れません（{value}）。"
        hint "Ask the issuer for a new copy of the image."
             "発行元に画像の再発行を依頼してください。";
    ImageTooLarge "image_too_large" NotChecked
        "The image is larger than can be checked."
        "画像が大きすぎるため確認できません。";
    InputNotJson "input_not_json" Failed
        "The text is not a badge: it is not valid JSON."
        "JSONとして読み取れないため、バッジではありません。"
        hint "The file may have been cut off while it was copied. Download it again."
             "コピーの途中で内容が欠けた可能性があります。もう一度ダウンロードしてください。";
    JsonDuplicate "json_duplicate" Failed
        "The document says “{value}” twice in one place, so it can be read in two ways."
        "同じ場所に「{value}」が2回書かれており、内容が一通りに定まりません。";
    JsonTooDeep "json_too_deep" NotChecked
        "The document is nested too deeply to be checked."
        "文書の入れ子が深すぎるため確認できません。";
    JwsMalformed "jws_malformed" Failed
        "The token cannot be read: {value}."
        "トークンを読み取れません（{value}）。";
    InputHtml "input_html" Failed
        "The address answers with a web page, not with badge data."
        "このアドレスの内容はWebページで、バッジのデータではありません。"
        hint "Look for a link to the badge’s JSON or a button to download the badge on that page. Adding “.json” to the address often works."
             "そのページでバッジのJSONへのリンクやダウンロードボタンを探してください。アドレスの末尾に「.json」を付けると開ける場合もあります。";
    InputUnavailable "input_unavailable" NotChecked
        "The address could not be opened ({value})."
        "アドレスを開けませんでした（{value}）。"
        hint "Try again later, or hand in the badge’s file."
             "時間をおいて再度お試しいただくか、バッジのファイルを指定してください。";
    InputGone "input_gone" Failed
        "The issuer has withdrawn what was at this address (410 Gone)."
        "このアドレスの内容は発行元によって取り下げられています（410 Gone）。";
    InputPdf "input_pdf" Passed
        "A badge was found inside the PDF."
        "PDFに埋め込まれたバッジを読み取りました。";
    PdfNotRead "pdf_not_read" Skipped
        "What is inside the PDF was not looked at, because its seal does not vouch for it."
        "封印で保護されていることを確認できないため、PDFの中身は読み取っていません。";
    PdfNoBadge "pdf_no_badge" Failed
        "The PDF holds no badge."
        "このPDFにはバッジが埋め込まれていません。";
    PdfBadgeUnreadable "pdf_badge_unreadable" Failed
        "The badge inside the PDF cannot be read."
        "PDFに埋め込まれたバッジを読み取れません。"
        hint "Ask the issuer for a new copy of the PDF."
             "発行元にPDFの再発行を依頼してください。";

    // The seal of a PDF. The sentence of `pdf::Reason` is the value: why.
    SealHolds "seal_holds" Passed
        "Unaltered. {value}"
        "改変なし。{value}";
    SealLaterAdditions "seal_later_additions" Failed
        "Altered. {value}"
        "改変あり。{value}"
        hint "An untouched original with later additions: a comment or a signature may be harmless, a changed page is not. Ask for the file as it was issued."
             "変更のない元のPDFに、あとから内容が追加されたものです。コメントや署名だけのこともあれば、表示が書き換えられていることもあります。発行時のままのファイルを入手してください。";
    SealAltered "seal_altered" Failed
        "Altered. {value}"
        "改変あり。{value}"
        hint "Do not rely on what this PDF shows. Ask for the file as it was issued, or open the badge’s own address."
             "このPDFの表示内容は信用しないでください。発行時のままのファイルを入手するか、バッジのWebアドレスを開いて確認してください。";
    SealUntrusted "seal_untrusted" NotChecked
        "Nobody known here vouches for this PDF. {value}"
        "当サービスで把握している発行元による保証がありません。{value}"
        hint "Anybody can sign a PDF in any name. If you know the organisation that sealed it, hand in its certificate together with the file."
             "PDFへの署名は、誰でも、どのような名前でも行えます。封印した組織をご存じの場合は、その組織の証明書をファイルと一緒に指定してください。";
    SealMissing "seal_missing" NotChecked
        "Whether this PDF was altered cannot be told. {value}"
        "改変の有無を確認できません。{value}"
        hint "Printing or saving a PDF anew loses its seal. Ask for the file as it was issued, or open the badge’s own address."
             "印刷や保存し直しを行うと封印は失われます。発行時のままのファイルを入手するか、バッジのWebアドレスを開いて確認してください。";
    SealTooLarge "seal_too_large" NotChecked
        "The PDF could not be checked. {value}"
        "PDFを確認できませんでした。{value}";
    SealsUnavailable "seals_unavailable" NotChecked
        "The PDF is signed, but whose seal it is could not be looked up."
        "署名されたPDFですが、封印した発行元を照会できませんでした。"
        hint "Try again later. Until then this PDF is neither confirmed nor refuted."
             "時間をおいて再度お試しください。それまでは、このPDFの真偽は確定しません。";
    SealNotExamined "seal_not_examined" NotChecked
        "The PDF could not be examined: its structure is not readable here."
        "PDFの構造を読み取れず、確認できませんでした。"
        hint "Ask for the file as it was issued."
             "発行時のままのファイルを入手してください。";

    // Token claims.
    ClaimsMatch "claims_match" Passed
        "The token’s claims agree with the badge."
        "トークンの記載はバッジの内容と一致しています。";
    ClaimMissing "claim_missing" Failed
        "The token lacks the claim “{value}”."
        "トークンに必須の記載「{value}」がありません。";
    ClaimSubjectMissing "claim_subject_missing" Warning
        "The token does not repeat the recipient (“sub”), as the standard asks."
        "標準で求められている受領者の記載（「sub」）がトークンにありません。";
    ClaimDiffers "claim_differs" Failed
        "The token’s claim “{value}” contradicts the badge."
        "トークンの記載「{value}」がバッジの内容と食い違っています。";
    HeaderAdditional "header_additional" Warning
        "The token’s header has a parameter that the standard does not allow: {value}."
        "トークンのヘッダーに、標準で認められていない項目があります: {value}";
    AlgorithmUnusual "algorithm_unusual" Warning
        "The token is signed with {value}. Other validators may accept only RS256 and ES256."
        "トークンの署名方式は{value}です。RS256とES256以外を受け付けない検証サービスもあります。";
    JwtVcClaim "jwt_vc_claim" Warning
        "The badge is wrapped in the older “vc” claim."
        "バッジが旧形式の「vc」クレームに格納されています。";

    // Vocabulary.
    ContextOk "context_ok" Passed
        "Every term in the badge is defined by the standard’s vocabulary."
        "バッジで使われている用語はすべて標準の語彙で定義されています。";
    ContextMissing "context_missing" Failed
        "The badge does not begin with the vocabularies (“@context”) of Verifiable Credentials and Open Badges."
        "バッジの先頭に、Verifiable CredentialsとOpen Badgesの語彙（「@context」）が指定されていません。";
    ContextOld "context_old" Warning
        "The badge uses an older version of the Open Badges vocabulary: {value}."
        "Open Badges語彙の旧バージョンが使われています: {value}";
    ContextVc11 "context_vc11" Warning
        "The badge follows the older Verifiable Credentials data model 1.1."
        "旧版のVerifiable Credentialsデータモデル1.1に基づくバッジです。";
    ContextUnknown "context_unknown" NotChecked
        "The badge uses a vocabulary that is not known here, so its meaning cannot be checked: {value}."
        "未対応の語彙が使われているため、内容を確認できません: {value}";
    TermUndefined "term_undefined" Failed
        "The term “{value}” is not defined by any vocabulary the badge names. The signature does not cover it."
        "「{value}」は、バッジが指定するどの語彙にも定義されていません。この項目は署名で保護されません。"
        hint "The issuer must name the vocabulary that defines the term, or leave the term out."
             "発行元が、用語を定義する語彙を指定するか、この項目を削除する必要があります。";
    IriInvalid "iri_invalid" Failed
        "“{value}” is not a complete web address or identifier."
        "「{value}」は完全なアドレスまたは識別子ではありません。";
    JsonLdInvalid "json_ld_invalid" Failed
        "The badge is not valid JSON-LD."
        "JSON-LDとして正しくない文書です。";
    DocumentTooComplex "document_too_complex" NotChecked
        "The badge is too large or too complex to be checked."
        "バッジのデータが大きすぎるか複雑すぎるため、確認できません。";

    // Kind of document.
    TypeBadge "type_badge" Passed
        "The document is an Open Badge."
        "オープンバッジです。";
    TypeEndorsement "type_endorsement" Passed
        "The document is an endorsement, not a badge."
        "バッジではなく推薦（エンドースメント）の文書です。";
    TypeNotBadge "type_not_badge" Failed
        "The document is not an Open Badge."
        "オープンバッジではありません。"
        hint "It may be another kind of credential, or only a part of a badge such as its definition."
             "別の種類の証明書か、バッジの定義など一部分だけの可能性があります。";
    TypeMissing "type_missing" Failed
        "The document does not say that it is an Open Badge (“type”)."
        "オープンバッジであることを示す種類（「type」）が記載されていません。";

    // Structure, also of single parts.
    ModelOk "model_ok" Passed
        "All required information is there, in the form the standard asks for."
        "必須の情報がすべて、標準で定められた形式で記載されています。";
    MemberMissing "member_missing" Failed
        "Required information is missing: {value}."
        "必須の情報がありません: {value}";
    MemberIllTyped "member_ill_typed" Failed
        "A value is not of the right kind; expected: {value}."
        "値の種類が正しくありません。正しい種類: {value}";
    MemberNotAllowed "member_not_allowed" Failed
        "“{value}” is not allowed here."
        "「{value}」はここには記載できません。";
    ValueUnknown "value_unknown" Failed
        "“{value}” is not one of the values the standard defines."
        "「{value}」は標準で定められた値ではありません。";
    TypeNotListed "type_not_listed" Failed
        "A part of the badge is not marked as “{value}”."
        "種類（「type」）に「{value}」が指定されていません。";
    TimeNoZone "time_no_zone" Failed
        "The time “{value}” has no time zone, so it names no instant."
        "日時「{value}」にタイムゾーンがなく、時刻が定まりません。";
    TimeMalformed "time_malformed" Failed
        "“{value}” is not a date and time in the standard form."
        "「{value}」は標準の日時形式ではありません。";
    UriMalformed "uri_malformed" Failed
        "“{value}” is not an address or identifier."
        "「{value}」はアドレスまたは識別子ではありません。";
    NullValue "null_value" Failed
        "A value is left empty (null). It must be left out instead."
        "値が空（null）になっています。値がない項目は省略する必要があります。";
    ArrayMissing "array_missing" Warning
        "A single value stands where the standard writes a list."
        "標準ではリストで記載する項目に、単一の値が記載されています。";
    ArrayEmpty "array_empty" Warning
        "A list is empty. It should be left out."
        "リストが空です。空のリストは省略すべきです。";
    StatusIdMissing "status_id_missing" Warning
        "The revocation entry has no “id” of its own, which earlier editions of the standard require."
        "取り消し情報の項目に「id」がありません。標準の旧版では必須です。";

    // Named schemas.
    SchemaNone "schema_none" Skipped
        "The badge names no schema of its own."
        "独自のスキーマは指定されていません。";
    SchemaOk "schema_ok" Passed
        "The badge names the standard’s own schema; its rules were checked under “Structure”."
        "標準のスキーマが指定されています。その規則は「データの構成」で確認済みです。";
    SchemaUnknown "schema_unknown" Warning
        "The badge names a schema that is not checked here: {value}."
        "未対応のスキーマが指定されているため、その規則は確認していません: {value}";

    // Achievement and recipient.
    SubjectOk "subject_ok" Passed
        "The badge says what was achieved and whom it is about."
        "達成内容と受領者が正しく記載されています。";
    SubjectUnidentified "subject_unidentified" Failed
        "The badge does not say whom it is about."
        "受領者を特定する情報が記載されていません。";
    EvidenceNone "evidence_none" Skipped
        "The badge names no evidence."
        "エビデンスは記載されていません。";
    EvidenceOk "evidence_ok" Passed
        "The evidence is described properly. Whether it is true is for the reader to judge."
        "エビデンスは正しい形式で記載されています。内容の真偽は読み手の判断によります。";

    // Issuer.
    IssuerOk "issuer_ok" Passed
        "The issuer is described properly."
        "発行者は正しい形式で記載されています。";
    IssuerIsText "issuer_is_text" Failed
        "The issuer is given as a bare identifier, not as a profile."
        "発行者がプロフィールではなく識別子だけで記載されています。";

    IssuerEmailMissing "issuer_email_missing" Warning
        "The issuer’s profile has no e-mail address, which the standard asks for."
        "発行者のプロフィールに、標準で求められているメールアドレスがありません。";

    // Digital signature.
    ProofHolds "proof_holds" Passed
        "The badge is unaltered since it was signed ({value})."
        "署名後に改変されていません（{value}）。";
    ProofLegacy "proof_legacy" Warning
        "The badge is unaltered since it was signed, by an outdated method ({value})."
        "署名後に改変されていませんが、旧式の署名方式（{value}）が使われています。";
    ProofMissing "proof_missing" Failed
        "The badge is not signed."
        "バッジに電子署名がありません。"
        hint "Anyone can write an unsigned badge. Ask the issuer for the signed one."
             "署名のないバッジは誰でも作成できます。発行元に署名付きのバッジを依頼してください。";
    ProofWrong "proof_wrong" Failed
        "The signature does not match: the badge was altered after it was signed, or signed with another key."
        "電子署名が一致しません。署名後に内容が改変されたか、別の鍵で署名されています。";
    ProofMalformed "proof_malformed" Failed
        "The signature cannot be read: {value}."
        "電子署名を読み取れません（{value}）。";
    ProofPurpose "proof_purpose" Failed
        "The signature was made for another purpose: {value}."
        "電子署名の用途が異なります: {value}";
    ProofExpired "proof_expired" Failed
        "The signature’s own validity has ended."
        "電子署名自体の有効期限が切れています。";
    ProofUnsupported "proof_unsupported" NotChecked
        "The signature uses a method that cannot be checked here: {value}."
        "未対応の署名方式のため確認できません: {value}";
    ProofSymmetric "proof_symmetric" Failed
        "The token is protected by a shared secret ({value}), which proves nothing to anyone else."
        "共有の秘密鍵による方式（{value}）が使われており、第三者に対する証明になりません。";
    ProofKeyUnsuitable "proof_key_unsuitable" Failed
        "The key does not fit the method of the signature."
        "署名方式に合わない種類の鍵が使われています。";
    ProofKeyUnread "proof_key_unread" Failed
        "The key that the signature names cannot be read: {value}."
        "署名に使われた鍵を読み取れません（{value}）。";
    ProofKeyUnknown "proof_key_unknown" NotChecked
        "The signature could not be checked, because its key is not at hand."
        "署名に使われた鍵を入手できないため、電子署名を確認できませんでした。";
    ProofNoKeyNamed "proof_no_key_named" Failed
        "The signature does not say which key made it."
        "どの鍵による署名かが記載されていません。";
    KeyAddressMalformed "key_address_malformed" Failed
        "“{value}” does not name a key: it is not an address."
        "「{value}」はアドレスではないため、鍵を特定できません。";
    ProofAnotherFails "proof_another_fails" Warning
        "The badge has another signature that does not hold."
        "このほかに、一致しない電子署名も付けられています。";

    // Key belongs to the issuer.
    KeyListed "key_listed" Passed
        "The issuer’s own document lists the key."
        "発行者自身の公開情報に、この鍵が記載されています。";
    KeyIsIssuer "key_is_issuer" Passed
        "The issuer is identified by this very key. It says nothing about who holds it."
        "発行者はこの鍵そのもので識別されています。鍵の持ち主が誰かを示すものではありません。";
    KeyOfAnother "key_of_another" Failed
        "The key belongs to {value}, not to the issuer the badge names."
        "署名鍵の持ち主は{value}で、バッジに記載された発行者ではありません。"
        hint "Whoever made this badge is not shown to be its issuer. Do not rely on it."
             "このバッジが記載された発行者によるものとは確認できません。信用しないでください。";
    KeyNotListed "key_not_listed" Failed
        "The issuer’s own document does not list the key."
        "発行者自身の公開情報に、この鍵は記載されていません。"
        hint "Whoever made this badge is not shown to be its issuer. Do not rely on it."
             "このバッジが記載された発行者によるものとは確認できません。信用しないでください。";
    KeyNotForAssertions "key_not_for_assertions" Failed
        "The issuer lists the key, but not for signing badges."
        "発行者の公開情報に鍵はありますが、バッジの署名用としては記載されていません。";
    KeyAmbiguous "key_ambiguous" Failed
        "The issuer’s document lists two different keys under one name."
        "発行者の公開情報で、同じ名前に異なる鍵が登録されています。";
    KeyRevoked "key_revoked" Failed
        "The issuer has withdrawn the key ({value})."
        "この鍵は発行者によって無効にされています（{value}）。";
    KeyExpired "key_expired" Failed
        "The key was meant to be used until {value}."
        "この鍵の使用期限は{value}まででした。";
    KeyDocumentMalformed "key_document_malformed" Failed
        "The issuer’s document does not describe the key properly: {value}."
        "発行者の公開情報で、鍵が正しく記載されていません（{value}）。";
    IssuerDocumentOther "issuer_document_other" Failed
        "The document at the issuer’s address belongs to someone else: {value}."
        "発行者のアドレスにある文書は、別の主体のものです: {value}";
    IssuerUnavailable "issuer_unavailable" NotChecked
        "The issuer’s own document could not be read ({value}), so the key could not be tied to the issuer."
        "発行者自身の公開情報を取得できず（{value}）、署名鍵が発行者のものか確認できませんでした。"
        hint "Try again later. Until then this badge is neither confirmed nor refuted."
             "時間をおいて再度お試しください。それまでは、このバッジの真偽は確定しません。";
    IssuerUnresolvable "issuer_unresolvable" NotChecked
        "The issuer’s identifier ({value}) leads to no document that could be asked for its keys."
        "発行者の識別子（{value}）からは、鍵を確認できる公開情報にたどり着けません。";
    KeyNotAsked "key_not_asked" Skipped
        "Not asked, because there is no signature that holds."
        "有効な電子署名がないため、確認していません。";

    UnprovenNotAsked "unproven_not_asked" Skipped
        "Not asked, because the badge is not shown to be the issuer’s."
        "発行者のバッジと確認できていないため、確認していません。";

    // Newer version.
    RefreshNone "refresh_none" Skipped
        "The badge offers no newer version."
        "更新版の提供先は記載されていません。";
    RefreshUnknown "refresh_unknown" Warning
        "The badge offers newer versions in a way that is not known here: {value}."
        "更新版の提供方法が未対応の種類です: {value}";
    RefreshTaken "refresh_taken" Passed
        "The issuer offers a newer version. This report is about the newer one."
        "発行元に更新版がありました。この結果は更新版についてのものです。";
    RefreshCurrent "refresh_current" Passed
        "The issuer offers no newer version."
        "発行元に、これより新しい版はありません。";
    RefreshFailed "refresh_failed" Warning
        "A newer version could not be obtained ({value}). This report is about the version handed in."
        "更新版を取得できませんでした（{value}）。この結果は、お手元の版についてのものです。";

    // Revocation.
    StatusNone "status_none" Skipped
        "The badge names no way to revoke it."
        "取り消しを確認する方法は記載されていません。";
    StatusOk "status_ok" Passed
        "The badge has not been revoked."
        "取り消されていません。";
    Revoked "revoked" Failed
        "The issuer has revoked this badge."
        "このバッジは発行元によって取り消されています。";
    RevokedBecause "revoked_because" Failed
        "The issuer has revoked this badge: {value}."
        "このバッジは発行元によって取り消されています（理由: {value}）。";
    Suspended "suspended" Failed
        "The issuer has suspended this badge for the time being."
        "このバッジは発行元によって一時停止されています。";
    StatusFlag "status_flag" Warning
        "The issuer has attached a note to this badge: {value}."
        "発行元がこのバッジに状態を付記しています: {value}";
    StatusIndexNumber "status_index_number" Warning
        "The position in the revocation list is written as a number instead of a text."
        "取り消しリスト上の位置が、文字列ではなく数値で記載されています。";
    StatusMalformed "status_malformed" Failed
        "The badge does not properly say how to find out whether it was revoked: {value}."
        "取り消しの確認方法が正しく記載されていません（{value}）。";
    StatusTypeUnknown "status_type_unknown" NotChecked
        "Whether the badge was revoked could not be checked: its method is not known here ({value})."
        "取り消しの確認方法が未対応の種類（{value}）のため、確認できませんでした。";
    StatusListUnavailable "status_list_unavailable" NotChecked
        "Whether the badge was revoked could not be checked: the issuer’s list could not be read ({value})."
        "発行元の取り消しリストを取得できず（{value}）、取り消しの有無を確認できませんでした。"
        hint "Try again later. Until then this badge is neither confirmed nor refuted."
             "時間をおいて再度お試しください。それまでは、このバッジの真偽は確定しません。";
    StatusListMalformed "status_list_malformed" Failed
        "The issuer’s revocation list does not follow the standard: {value}."
        "発行元の取り消しリストが標準に従っていません（{value}）。";
    StatusListUnproven "status_list_unproven" Failed
        "The issuer’s revocation list is not properly signed: {value}"
        "発行元の取り消しリストの電子署名を確認できません。{value}";
    StatusListUntied "status_list_untied" NotChecked
        "The revocation list could not be checked: {value}"
        "取り消しリストを確認できませんでした。{value}";
    StatusListOtherIssuer "status_list_other_issuer" Warning
        "The revocation list is kept by someone else: {value}."
        "取り消しリストは別の主体が管理しています: {value}";
    StatusListExpired "status_list_expired" NotChecked
        "Whether the badge was revoked could not be checked: the issuer’s list is out of date."
        "発行元の取り消しリストの有効期限が切れており、取り消しの有無を確認できませんでした。";
    StatusPurposeDiffers "status_purpose_differs" Failed
        "The revocation list was made for another purpose than the badge says."
        "取り消しリストの用途が、バッジの記載と異なります。";
    StatusTooMany "status_too_many" NotChecked
        "The badge names more revocation lists than are checked."
        "取り消しリストの数が多すぎるため、すべては確認できませんでした。";

    // Validity period.
    ValidityOk "validity_ok" Passed
        "The badge is valid until {value}."
        "有効期限は{value}です。";
    ValidityOpen "validity_open" Passed
        "The badge is valid and has no end date."
        "有効です（有効期限なし）。";
    NotYetValid "not_yet_valid" Failed
        "The badge is not valid before {value}."
        "このバッジの有効期間は{value}からで、まだ始まっていません。";
    Expired "expired" Failed
        "The badge expired on {value}."
        "このバッジの有効期限は{value}に切れました。";
    ValidityUnreadable "validity_unreadable" Skipped
        "The dates cannot be read; see “Structure”."
        "日時を読み取れません。「データの構成」をご覧ください。";

    // Recipient.
    RecipientNotAsked "recipient_not_asked" Skipped
        "Nobody was named to compare the recipient with."
        "照合する相手が指定されていないため、確認していません。";
    RecipientMatches "recipient_matches" Passed
        "The badge is about the person who was named."
        "指定された方に発行されたバッジです。";
    RecipientDiffers "recipient_differs" Failed
        "The badge is not about the person who was named."
        "指定された方に発行されたバッジではありません。"
        hint "A badge may have been issued to another address of the same person."
             "同じ方の別のメールアドレス宛てに発行されている可能性があります。";

    // Endorsements.
    EndorsementsNone "endorsements_none" Skipped
        "The badge carries no endorsements."
        "推薦（エンドースメント）は含まれていません。";
    EndorsementsOk "endorsements_ok" Passed
        "All endorsements are genuine ({value})."
        "すべての推薦（エンドースメント）が真正です（{value}件）。";
    EndorsementFails "endorsement_fails" Failed
        "An endorsement in the badge does not hold: {value}"
        "バッジに含まれる推薦（エンドースメント）が有効ではありません。{value}";
    EndorsementUnchecked "endorsement_unchecked" Warning
        "An endorsement could not be checked. The badge itself is not affected. {value}"
        "確認できなかった推薦（エンドースメント）があります。バッジ自体には影響しません。{value}";
    EndorsementOfOther "endorsement_of_other" Warning
        "An endorsement is about something else than the place where it stands: {value}."
        "記載場所とは別の対象に向けた推薦（エンドースメント）が含まれています: {value}";
    EndorsementsTooMany "endorsements_too_many" Warning
        "The badge carries more endorsements than are checked; the first {value} were."
        "推薦（エンドースメント）の数が多いため、最初の{value}件だけを確認しました。";
    EndorsementsByLink "endorsements_by_link" Warning
        "The badge refers to endorsements elsewhere. They were not checked."
        "外部の推薦（エンドースメント）への参照がありますが、確認していません。";

    // Open Badges 2.0 and earlier.
    HostedOk "hosted_ok" Passed
        "The issuer’s site serves this badge. That copy was checked."
        "発行元のサイトで公開されているデータを確認しました。";
    HostedGone "hosted_gone" Passed
        "The issuer’s site answers that this badge was withdrawn (410 Gone)."
        "発行元のサイトは、このバッジが取り下げられたと応答しています（410 Gone）。";
    HostedDiffers "hosted_differs" Warning
        "The copy handed in differs from the one at the issuer’s site. The issuer’s copy was checked."
        "お手元のデータは、発行元のサイトで公開されているものと異なります。公開されているデータを確認しました。";
    HostedNoAddress "hosted_no_address" Failed
        "The badge does not say where the issuer’s copy is."
        "発行元で公開されているデータのアドレスが記載されていません。";
    HostedMissing "hosted_missing" Failed
        "The issuer’s site does not have this badge (404)."
        "発行元のサイトにこのバッジがありません（404）。"
        hint "The badge may have been withdrawn, or the site moved. Ask the issuer."
             "バッジが取り下げられたか、サイトが移転した可能性があります。発行元にお問い合わせください。";
    HostedUnavailable "hosted_unavailable" NotChecked
        "The copy at the issuer’s site could not be read ({value})."
        "発行元のサイトで公開されているデータを取得できませんでした（{value}）。"
        hint "This kind of badge can only be checked at the issuer’s site. Try again later."
             "この種類のバッジは、発行元のサイトでのみ確認できます。時間をおいて再度お試しください。";
    HostedOther "hosted_other" Failed
        "The issuer’s site serves another badge at this address: {value}."
        "発行元のサイトのこのアドレスでは、別のバッジが公開されています: {value}";
    VerificationUnknown "verification_unknown" Failed
        "The badge does not say how it is to be verified (hosted or signed)."
        "検証方法（ホスト型または署名型）が記載されていません。";
    BadgeClassOk "badge_class_ok" Passed
        "The badge’s definition was read and is complete."
        "バッジの定義を取得し、必要な情報を確認しました。";
    BadgeClassUnavailable "badge_class_unavailable" NotChecked
        "The badge’s definition could not be read ({value})."
        "バッジの定義を取得できませんでした（{value}）。";
    DocumentOther "document_other" Failed
        "The document at this address says that it is another one: {value}."
        "このアドレスの文書は、別の文書であると記載されています: {value}";
    ProfileUnavailable "profile_unavailable" NotChecked
        "The issuer’s profile could not be read ({value})."
        "発行者のプロフィールを取得できませんでした（{value}）。";
    ScopeOk "scope_ok" Passed
        "The badge is at an address that the issuer uses."
        "発行者が使用しているアドレスで公開されています。";
    ScopeOutside "scope_outside" Failed
        "The badge is at an address that the issuer does not claim as its own: {value}."
        "発行者のものとされていないアドレスで公開されています: {value}"
        hint "Anyone can put up a badge in someone else’s name. Do not rely on it."
             "他者の名前をかたったバッジは誰でも公開できます。信用しないでください。";
    SignedAlgorithm "signed_algorithm" Failed
        "Open Badges 2.0 allows the signature RS256 only; this one uses {value}."
        "Open Badges 2.0の署名方式はRS256に限られますが、{value}が使われています。";
    KeyUnavailable "key_unavailable" NotChecked
        "The key that the badge names could not be read ({value})."
        "バッジが指定する鍵を取得できませんでした（{value}）。";
    ImageOk "image_ok" Passed
        "The badge image can be loaded."
        "バッジ画像を取得できました。";
    ImageEmbedded "image_embedded" Passed
        "The badge image is part of the definition."
        "バッジ画像は定義に含まれています。";
    ImageUnavailable "image_unavailable" Warning
        "The badge image could not be loaded ({value})."
        "バッジ画像を取得できませんでした（{value}）。";
    ImageNotAnImage "image_not_an_image" Warning
        "What is at the badge image’s address is not a PNG or SVG image."
        "バッジ画像のアドレスの内容が、PNGまたはSVG画像ではありません。";
    ImageDataUri "image_data_uri" Failed
        "An assertion’s image must be an address, not the picture itself."
        "アサーションの画像は、画像データそのものではなくアドレスで記載する必要があります。";
    RecipientHashUnmarked "recipient_hash_unmarked" Failed
        "The recipient is hashed, but the badge says it is not."
        "受領者の情報はハッシュ化されていますが、そうではないと記載されています。";
    LegacyVersion "legacy_version" Warning
        "The badge follows {value}, an old edition of the standard."
        "標準の古い版（{value}）に基づくバッジです。";
}

impl Code {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its stable text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// What it means for the step that finds it.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        self.row().outcome
    }

    /// In plain words, with `value` filled in.
    #[must_use]
    pub fn message(self, value: Option<&Text>) -> Text {
        let message = &self.row().message;
        match value {
            None => message.clone(),
            Some(value) => Text {
                en: message.en.replace("{value}", &value.en).into(),
                ja: message.ja.replace("{value}", &value.ja).into(),
            },
        }
    }

    /// What the reader can do about it: said of this finding, or of its like. Whatever is not in order has one.
    #[must_use]
    pub fn hint(self) -> Option<Text> {
        self.row().hint.clone().or_else(|| self.general_hint())
    }

    /// What can be done about findings of this sort.
    fn general_hint(self) -> Option<Text> {
        let hint = match self {
            _ if self.outcome() < Outcome::NotChecked => return None,
            Self::InputEmpty | Self::PdfNoBadge => Text::fixed(
                "Choose the file once more, or ask whoever gave it to you for the original.",
                "ファイルを選び直すか、受け取った相手に元のファイルを求めてください。",
            ),
            Self::InputTooLarge
            | Self::ImageTooLarge
            | Self::JsonTooDeep
            | Self::SealTooLarge
            | Self::DocumentTooComplex
            | Self::StatusTooMany => Text::fixed(
                "Try the badge’s web address or its JSON file instead. If neither works, ask the issuer.",
                "バッジのURLやJSONファイルでお試しください。それでも確認できない場合は、発行元にお問い合わせください。",
            ),
            Self::ProofWrong
            | Self::ProofSymmetric
            | Self::EndorsementFails
            | Self::HostedOther
            | Self::DocumentOther => Text::fixed(
                "Do not rely on it. Ask the holder for the original, or the issuer whether they issued it.",
                "このままでは信用しないでください。元のファイルを持ち主に求めるか、発行の事実を発行元にご確認ください。",
            ),
            Self::KeyRevoked
            | Self::KeyExpired
            | Self::KeyNotForAssertions
            | Self::KeyAmbiguous
            | Self::IssuerDocumentOther
            | Self::StatusListUnproven
            | Self::ProofExpired => Text::fixed(
                "Ask the issuer whether this badge still counts, and for a new one if it does.",
                "このバッジが今も有効かを発行元に確認し、有効であれば再発行を依頼してください。",
            ),
            Self::Revoked | Self::RevokedBecause | Self::InputGone => Text::fixed(
                "It no longer counts. The issuer can tell you why.",
                "このバッジはもう有効ではありません。理由は発行元にお問い合わせください。",
            ),
            Self::Suspended => Text::fixed(
                "It may count again later. Ask the issuer, or check again.",
                "あとで再び有効になることがあります。発行元に確認するか、日を改めて検証してください。",
            ),
            Self::NotYetValid => {
                Text::fixed("Check it again after that date.", "その日時を過ぎてから、もう一度検証してください。")
            }
            Self::Expired => Text::fixed(
                "It was good until then. Ask the holder whether there is a newer one.",
                "その日までは有効でした。更新されたバッジがないか、持ち主にご確認ください。",
            ),
            Self::ContextUnknown | Self::ProofUnsupported | Self::StatusTypeUnknown => Text::fixed(
                "That is no fault of the badge. Another validator may know it; the issuer can say which.",
                "バッジに問題があるとは限りません。対応している検証サービスを発行元にお尋ねください。",
            ),
            _ if self.outcome() == Outcome::NotChecked => Text::fixed(
                "Nothing is said against the badge. Try again later, and ask the issuer if it stays so.",
                "バッジが無効という意味ではありません。時間をおいて再度お試しになり、変わらない場合は発行元にお問い合わせください。",
            ),
            _ => Text::fixed(
                "The badge is not made as the standard asks. Only the issuer can mend that: ask for a new one.",
                "標準に沿って作られていないバッジです。直せるのは発行元だけですので、再発行を依頼してください。",
            ),
        };
        Some(hint)
    }

    /// The verdict is "this is no badge", not "this badge is invalid".
    pub(crate) const fn means_no_badge(self) -> bool {
        matches!(
            self,
            Self::InputEmpty
                | Self::InputUnknown
                | Self::InputNoBadge
                | Self::InputNotJson
                | Self::InputHtml
                | Self::TypeNotBadge
                | Self::PdfNoBadge
        )
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Self::ALL.iter().copied().find(|code| code.as_str() == text);
        found.ok_or_else(|| D::Error::custom("no code of this name"))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// PAdES digital signatures, baseline: what a seal is.
const PADES: &str = "https://www.etsi.org/deliver/etsi_en/319100_319199/31914201/01.02.01_60/en_31914201v010201p.pdf";

/// The section of the specification that asks for a step.
pub(crate) const fn spec_link(step: StepId, is_v3: bool) -> &'static str {
    if !is_v3 {
        return match step {
            StepId::Input => "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/baking/index.html",
            StepId::Seal => PADES,
            StepId::BadgeClass | StepId::Image => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#BadgeClass"
            }
            StepId::Issuer => "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#Profile",
            StepId::Scope => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#VerificationObject"
            }
            StepId::Recipient => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#IdentityObject"
            }
            StepId::Endorsements => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#Endorsement"
            }
            StepId::Key => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#CryptographicKey"
            }
            StepId::Context | StepId::Type | StepId::DataModel => {
                "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#Assertion"
            }
            _ => "https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html#badge-verification",
        };
    }
    match step {
        StepId::Input => "https://www.imsglobal.org/spec/ob/v3p0/#docformat",
        StepId::Seal => PADES,
        StepId::Claims => "https://www.imsglobal.org/spec/ob/v3p0/#jwt-verify-credential",
        StepId::Context => "https://www.w3.org/TR/vc-data-model-2.0/#contexts",
        StepId::Type => "https://www.w3.org/TR/vc-data-model-2.0/#types",
        StepId::DataModel => "https://www.imsglobal.org/spec/ob/v3p0/#achievementcredential",
        StepId::Schema => "https://www.imsglobal.org/spec/ob/v3p0/#credentialschema",
        StepId::Subject => "https://www.imsglobal.org/spec/ob/v3p0/#achievementsubject",
        StepId::Evidence => "https://www.imsglobal.org/spec/ob/v3p0/#evidence",
        StepId::Issuer => "https://www.imsglobal.org/spec/ob/v3p0/#profile",
        StepId::Proof => "https://www.imsglobal.org/spec/ob/v3p0/#data-integrity",
        StepId::Key => "https://www.imsglobal.org/spec/ob/v3p0/#dereference",
        StepId::Refresh => "https://www.imsglobal.org/spec/ob/v3p0/#refreshservice",
        StepId::Status => "https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm",
        StepId::Validity => "https://www.w3.org/TR/vc-data-model-2.0/#validity-period",
        StepId::Recipient => "https://www.imsglobal.org/spec/ob/v3p0/#verify-identifier",
        StepId::Endorsements => "https://www.imsglobal.org/spec/ob/v3p0/#endorsement-verification",
        StepId::Hosted | StepId::BadgeClass | StepId::Scope | StepId::Image => {
            "https://www.imsglobal.org/spec/ob/v3p0/#verification"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn is_japanese(text: &str) -> bool {
        text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'))
    }

    #[test]
    fn every_code_speaks_both_languages() {
        for code in Code::ALL {
            let row = code.row();
            for text in std::iter::once(&row.message).chain(&row.hint) {
                assert!(!text.en.is_empty() && !is_japanese(&text.en), "{}: {}", row.code, text.en);
                assert!(is_japanese(&text.ja), "{}: {}", row.code, text.ja);
                assert_eq!(text.en.matches("{value}").count(), text.ja.matches("{value}").count(), "{}", row.code);
            }
        }
        for step in StepId::ALL {
            assert!(!step.title().en.is_empty() && is_japanese(&step.title().ja), "{step:?}");
        }
    }

    #[test]
    fn whatever_is_not_in_order_says_what_to_do() {
        for code in Code::ALL {
            let hint = code.hint();
            assert!(hint.is_some() || code.outcome() < Outcome::NotChecked, "{}", code.as_str());
            if let Some(hint) = hint {
                assert!(is_japanese(&hint.ja) && !is_japanese(&hint.en), "{}", code.as_str());
            }
        }
    }

    #[test]
    fn codes_are_unique_snake_case_and_in_table_order() {
        let mut seen = HashSet::new();
        assert_eq!(Code::ALL.len(), ROWS.len());
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} twice");
            assert!(
                text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{text}"
            );
            assert_eq!(serde_json::to_value(code).unwrap(), text);
            assert_eq!(serde_json::from_value::<Code>(text.into()).unwrap(), *code);
        }
    }

    #[test]
    fn what_is_no_badge_fails() {
        for code in Code::ALL.iter().filter(|code| code.means_no_badge()) {
            assert_eq!(code.outcome(), Outcome::Failed, "{}", code.as_str());
        }
    }

    #[test]
    fn values_are_filled_in() {
        let text = Code::Expired.message(Some(&Text::from("2026-01-01")));
        assert_eq!(text.en, "The badge expired on 2026-01-01.");
        assert_eq!(text.ja, "このバッジの有効期限は2026-01-01に切れました。");
    }

    #[test]
    fn every_step_has_a_section() {
        for step in StepId::ALL {
            for is_v3 in [true, false] {
                assert!(spec_link(step, is_v3).starts_with("https://www."), "{step:?}");
            }
        }
    }
}
