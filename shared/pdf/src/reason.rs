//! One table of everything an examination can say: stable code, verdict, and the words in both languages.
//!
//! The verdict belongs to the reason, so one reason never means valid here and altered there. Codes are public: a code is
//! never reused for something else.

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Sealed by a trusted key, and not one byte differs.
    Valid,
    /// It was sealed once, or pretends to; what is there now is not what was sealed.
    Altered,
    /// Sealed by somebody whom nothing here vouches for.
    Untrusted,
    /// No seal at all.
    Unsigned,
    /// Not a PDF.
    NotPdf,
    /// Not looked at.
    TooLarge,
}

macro_rules! reasons {
    ($( $name:ident $code:literal $verdict:ident $en:literal $ja:literal; )*) => {
        /// Why the verdict is what it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $( #[doc = $en] $name, )*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            /// Its stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$name => $code, )* }
            }

            /// The one verdict that it leads to.
            #[must_use]
            pub const fn verdict(self) -> Verdict {
                match self { $( Self::$name => Verdict::$verdict, )* }
            }

            /// A sentence for people, in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $( Self::$name => $en, )* }
            }

            /// A sentence for people, in Japanese.
            #[must_use]
            pub const fn ja(self) -> &'static str {
                match self { $( Self::$name => $ja, )* }
            }
        }
    };
}

reasons! {
    Sealed "sealed" Valid
        "This PDF was sealed here and has not been changed since."
        "このPDFは当サービスで封印されたもので、その後変更されていません。";
    SealedByAnchor "sealed_by_anchor" Valid
        "This PDF was sealed with a certificate that you trust and has not been changed since."
        "このPDFは信頼された証明書で封印されており、その後変更されていません。";
    LaterAdditions "later_additions" Altered
        "Something was added to this PDF after it was sealed. The file begins with an untouched original."
        "このPDFには封印後に内容が追加されています。ファイルの先頭部分は、変更のない元のPDFです。";
    BytesBefore "bytes_before" Altered
        "Something was put in front of the sealed PDF."
        "封印されたPDFの前に、別のデータが付け加えられています。";
    ContentChanged "content_changed" Altered
        "This PDF was changed after it was sealed."
        "このPDFは封印後に変更されています。";
    SignatureMismatch "signature_mismatch" Altered
        "The seal on this PDF is forged or damaged: its signature does not match."
        "このPDFの封印は偽造されたか破損しています。署名が一致しません。";
    SealBroken "seal_broken" Altered
        "The seal on this PDF is broken: it no longer covers the whole file as it should."
        "このPDFの封印は壊れています。ファイル全体が正しく保護されていません。";
    UnknownSigner "unknown_signer" Untrusted
        "This PDF was signed, but not with a key that is known here."
        "このPDFには署名がありますが、当サービスが把握している鍵によるものではありません。";
    SealNotInForce "seal_not_in_force" Untrusted
        "The seal bears a date on which its key was not in use."
        "封印の日付が、その鍵の使用期間に含まれていません。";
    SealCompromised "seal_compromised" Untrusted
        "The key of this seal is known to have been in wrong hands, so the seal proves nothing."
        "この封印の鍵は不正に使用されたおそれがあるため、封印では真正性を確認できません。";
    NotABadge "not_a_badge" Untrusted
        "The seal is genuine, but this is not a badge."
        "封印は本物ですが、このPDFはバッジではありません。";
    CertificateNotValid "certificate_not_valid" Untrusted
        "The certificate of this seal, or one above it, was not valid when the seal was put on."
        "封印に使われた証明書、またはその上位の証明書は、封印の時点で有効ではありませんでした。";
    CertificateUse "certificate_use" Untrusted
        "The certificate of this seal is not for signing documents."
        "封印に使われた証明書は、文書への署名を目的としたものではありません。";
    TimeUnknown "time_unknown" Untrusted
        "The seal does not say when it was put on, so its certificate cannot be checked."
        "封印の日時が記録されていないため、証明書の有効性を確認できません。";
    Unsupported "unsupported" Untrusted
        "The seal was made in a way that cannot be checked here."
        "この封印の方式には対応していないため、確認できません。";
    NoSeal "no_seal" Unsigned
        "This PDF bears no seal."
        "このPDFには封印がありません。";
    GenuineInside "genuine_inside" Unsigned
        "This PDF bears no seal of its own; a sealed PDF is inside it."
        "このPDF自体には封印がありません。封印された別のPDFが内部に含まれています。";
    NotPdf "not_pdf" NotPdf
        "This file is not a PDF."
        "このファイルはPDFではありません。";
    TooLarge "too_large" TooLarge
        "This file is too large to be checked."
        "ファイルが大きすぎるため確認できません。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_texts_are_there() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert!(Reason::ALL[..index].iter().all(|other| other.code() != reason.code()), "{}", reason.code());
            assert!(reason.en().ends_with('.') && reason.ja().ends_with('。'), "{}", reason.code());
        }
    }

    #[test]
    fn two_reasons_mean_valid() {
        let valid: Vec<_> = Reason::ALL.iter().filter(|reason| reason.verdict() == Verdict::Valid).collect();
        assert_eq!(valid, [&Reason::Sealed, &Reason::SealedByAnchor]);
    }
}
