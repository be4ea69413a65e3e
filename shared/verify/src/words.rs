//! Errors of the pure crates in a reader's words, in both languages.

use bake::BakeError;
use bake::png::PngError;
use bake::svg::SvgError;
use proof::discovery::MethodError;
use proof::jws::JwsError;
use proof::keys::KeyError;
use proof::status::StatusError;

use crate::limits::quoted;
use crate::messages::Code;
use crate::report::{Finding, Text};

/// Why an image's badge cannot be read.
pub(crate) fn image(error: &BakeError) -> Finding {
    let why = match error {
        BakeError::Png(PngError::TooLarge | PngError::TooManyChunks) | BakeError::Svg(SvgError::TooLarge) => {
            return Finding::new(Code::ImageTooLarge);
        }
        BakeError::UnknownFormat => return Finding::new(Code::InputUnknown),
        BakeError::Png(PngError::Compressed(_)) => {
            Text::fixed("it is compressed, which the standard forbids", "標準で禁止されている圧縮が使われています")
        }
        BakeError::Png(PngError::Duplicate(_)) | BakeError::Svg(SvgError::Duplicate(_)) => {
            Text::fixed("there are two badges of the same version", "同じバージョンのバッジが2つ埋め込まれています")
        }
        BakeError::Png(PngError::Truncated) => Text::fixed("the file is cut off", "ファイルが途中で切れています"),
        BakeError::Png(PngError::Checksum { .. }) => {
            Text::fixed("the file is damaged (checksum)", "ファイルが破損しています（チェックサムの不一致）")
        }
        BakeError::Png(PngError::BadgeTooLarge(_)) | BakeError::Svg(SvgError::BadgeTooLarge(_)) => {
            Text::fixed("it is too large", "バッジのデータが大きすぎます")
        }
        BakeError::Png(PngError::Unrecognised(_)) | BakeError::Svg(SvgError::Unrecognised(_)) => Text::fixed(
            "it is neither JSON nor a token nor an address",
            "JSON・トークン・アドレスのいずれでもないデータです",
        ),
        BakeError::Svg(SvgError::Entities) => {
            Text::fixed("the image declares entities", "画像に実体宣言が含まれています")
        }
        BakeError::Png(_) => Text::fixed("the PNG file is damaged", "PNGファイルが破損しています"),
        BakeError::Svg(_) => Text::fixed("the SVG file is not well-formed", "SVGファイルの構文が正しくありません"),
    };
    Finding::with(Code::ImageMalformed, why)
}

/// Why a token cannot be taken apart.
pub(crate) fn token(error: &JwsError) -> Finding {
    match error {
        JwsError::TooLong => Finding::new(Code::DocumentTooComplex),
        JwsError::UnsupportedAlgorithm(name) if name == "none" => Finding::new(Code::ProofMissing),
        JwsError::UnsupportedAlgorithm(name) if name.starts_with("HS") => {
            Finding::with(Code::ProofSymmetric, quoted(name))
        }
        JwsError::UnsupportedAlgorithm(name) => Finding::with(Code::ProofUnsupported, quoted(name)),
        JwsError::UnsupportedHeader(name) => Finding::with(Code::ProofUnsupported, *name),
        JwsError::WrongKeyType { .. } => Finding::new(Code::ProofKeyUnsuitable),
        JwsError::SignatureMismatch => Finding::new(Code::ProofWrong),
        JwsError::Malformed(what) => {
            let ja = match *what {
                "not three parts" => "3つの部分に分かれていません",
                "payload is not base64url" => "本体がbase64urlではありません",
                "signature is not base64url" => "署名がbase64urlではありません",
                _ => "ヘッダーの形式が正しくありません",
            };
            Finding::with(Code::JwsMalformed, Text::fixed(what, ja))
        }
    }
}

/// What is wrong with a key.
pub(crate) fn key(error: &KeyError) -> Text {
    match error {
        KeyError::Malformed(what) => Text {
            en: format!("malformed {what}").into(),
            ja: format!("{what}の形式が正しくありません").into(),
        },
        KeyError::Unsupported(kind) => Text {
            en: format!("unsupported kind of key {}", quoted(kind)).into(),
            ja: format!("未対応の種類の鍵（{}）です", quoted(kind)).into(),
        },
        KeyError::NotOnCurve(curve) => Text {
            en: format!("not a point on the curve {curve}").into(),
            ja: format!("曲線{curve}上の点ではありません").into(),
        },
        KeyError::RsaModulusSize { bits } => Text {
            en: format!("an RSA key of {bits} bits is not accepted").into(),
            ja: format!("{bits}ビットのRSA鍵は受け付けられません").into(),
        },
        KeyError::PrivateKeyMaterial => Text::fixed(
            "the private key is published with it, so anyone can sign with it",
            "秘密鍵が公開されており、誰でも署名できる状態です",
        ),
        KeyError::OtherUse(member) => Text {
            en: format!("the key is not meant for checking such signatures ({member})").into(),
            ja: format!("この署名の検証に使う鍵ではありません（{member}）").into(),
        },
    }
}

/// What an issuer's document says of a key, when it does not simply list it.
pub(crate) fn method(error: &MethodError) -> Finding {
    match error {
        MethodError::NotListed => Finding::new(Code::KeyNotListed),
        MethodError::NotForAssertions { revoked: Some(since) } => Finding::with(Code::KeyRevoked, since.to_string()),
        MethodError::NotForAssertions { revoked: None } => Finding::new(Code::KeyNotForAssertions),
        MethodError::Ambiguous => Finding::new(Code::KeyAmbiguous),
        MethodError::OtherController(who) => Finding::with(Code::KeyOfAnother, quoted(who)),
        MethodError::Malformed(what) => {
            Finding::with(Code::KeyDocumentMalformed, Text::fixed(what, "文書の形式が正しくありません"))
        }
        MethodError::Key(error) => Finding::with(Code::KeyDocumentMalformed, key(error)),
    }
}

/// What is wrong with a status entry or list. `code` is the finding's for plain malformation.
pub(crate) fn status(error: &StatusError, code: Code) -> Finding {
    let why = match error {
        StatusError::Malformed(what) => Text::fixed(what, what),
        StatusError::Unsupported(kind) => return Finding::with(Code::StatusTypeUnknown, quoted(kind)),
        StatusError::WrongPurpose(_) => return Finding::new(Code::StatusPurposeDiffers),
        StatusError::Encoding => Text::fixed("the list is not readable", "リストを読み取れません"),
        StatusError::TooLarge => {
            let why = Text::fixed("the list is too large", "リストが大きすぎます");
            return Finding::with(Code::StatusListUnavailable, why);
        }
        StatusError::TooShort { entries } => Text {
            en: format!("the list is too short ({entries} entries)").into(),
            ja: format!("リストが短すぎます（{entries}件）").into(),
        },
        StatusError::OutOfRange { index, entries } => Text {
            en: format!("position {index} is beyond the list’s {entries} entries").into(),
            ja: format!("位置{index}はリストの件数（{entries}件）を超えています").into(),
        },
    };
    Finding::with(code, why)
}
