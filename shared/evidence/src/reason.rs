//! Why a file is not taken: one table of stable codes and the words in both languages. Codes are public: a code is never reused for
//! something else.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($( $name:ident $code:literal $en:literal $ja:literal; )*) => {
        /// Why a file is not taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Reason {
            $( #[doc = $en] #[serde(rename = $code)] $name, )*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            /// Its stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$name => $code, )* }
            }

            /// A sentence or two for the applicant: what is wrong and what helps.
            #[must_use]
            pub fn text(self, lang: badge::Lang) -> &'static str {
                match self { $( Self::$name => lang.pick($en, $ja), )* }
            }
        }
    };
}

reasons! {
    // Of what is declared.
    NameNotAllowed "name_not_allowed"
        "The file's name is too long, or contains a path or characters that are not allowed. Please rename the file."
        "ファイル名が長すぎるか、パスや使用できない文字が含まれています。ファイル名を変更してください。";
    NameNotOfType "name_not_of_type"
        "The end of the file's name does not fit what kind of file it is said to be."
        "ファイル名の拡張子が、ファイルの種類と一致していません。";
    TypeNotAllowed "type_not_allowed"
        "Files of this kind are not taken. Please hand in a PDF, a picture, a video, a sound, a document or a ZIP archive."
        "この種類のファイルは受け付けていません。PDF、画像、動画、音声、文書、ZIPのいずれかで提出してください。";
    Empty "empty"
        "The file is empty."
        "ファイルが空です。";
    TooLarge "too_large"
        "The file is larger than 50 MB."
        "ファイルが50 MBを超えています。";
    // Of what arrived.
    SizeDiffers "size_differs"
        "The file does not have the size it was said to have. Please upload it again."
        "ファイルのサイズが申告と異なります。もう一度アップロードしてください。";
    NotDeclaredType "not_declared_type"
        "The file's content is not what its name says. Please save it again in the right format."
        "ファイルの内容が拡張子と一致していません。正しい形式で保存し直してください。";
    Damaged "damaged"
        "The file is damaged or incomplete."
        "ファイルが破損しているか、不完全です。";
    Executable "executable"
        "The file is a program or a script."
        "このファイルはプログラムまたはスクリプトです。";
    WebPage "web_page"
        "The file is a web page, which can run scripts. Please hand it in as a PDF."
        "このファイルはウェブページで、スクリプトを実行できるため受け付けられません。PDFで提出してください。";
    Ambiguous "ambiguous"
        "The file can be read as two different kinds of file."
        "このファイルは2種類の異なる形式として読み取ることができます。";
    EncryptedPdf "encrypted_pdf"
        "The PDF is encrypted, so it cannot be checked. Please save it without password and restrictions."
        "PDFが暗号化されているため確認できません。パスワードや権限の制限を外して保存し直してください。";
    EncryptedDocument "encrypted_document"
        "The document is encrypted, so it cannot be checked. Please save it without a password."
        "文書が暗号化されているため確認できません。パスワードを外して保存し直してください。";
    Macros "macros"
        "The document contains macros. Please save it without them."
        "文書にマクロが含まれています。マクロを除いて保存し直してください。";
    EncryptedArchive "encrypted_archive"
        "The archive is encrypted, so it cannot be checked. Please pack it without a password."
        "アーカイブが暗号化されているため確認できません。パスワードなしで作成し直してください。";
    ArchiveExecutable "archive_executable"
        "The archive contains a program, a script or a shortcut. Please pack it without them."
        "アーカイブにプログラム、スクリプト、またはショートカットが含まれています。取り除いて作成し直してください。";
    ArchiveInconsistent "archive_inconsistent"
        "The archive contradicts itself, or names files in a way that is not safe. Please pack it again."
        "アーカイブの情報に矛盾があるか、安全でないファイル名が含まれています。作成し直してください。";
    ArchiveTooLarge "archive_too_large"
        "The archive contains too many files, or unpacks to too much. Please hand in fewer or smaller files."
        "アーカイブ内のファイルが多すぎるか、展開後のサイズが大きすぎます。ファイルを減らすか小さくしてください。";
    ArchiveUnsupported "archive_unsupported"
        "The archive is packed in an unusual way that cannot be checked. Please pack it as a plain ZIP."
        "アーカイブの圧縮方式に対応していないため確認できません。標準的なZIP形式で作成し直してください。";
    Malware "malware"
        "The virus scanner found malware in the file."
        "ウイルススキャンにより、ファイルからマルウェアが検出されました。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use badge::Lang;

    #[test]
    fn codes_are_unique_and_texts_are_there() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert!(Reason::ALL[..index].iter().all(|other| other.code() != reason.code()), "{}", reason.code());
            let (en, ja) = (reason.text(Lang::En), reason.text(Lang::Ja));
            assert!(en.ends_with('.') && ja.ends_with('。') && !en.contains("  "), "{}", reason.code());
            assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{}\"", reason.code()));
        }
    }
}
