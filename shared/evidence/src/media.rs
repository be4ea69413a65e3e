//! The media types that may be uploaded: one table.
//!
//! No SVG and no HTML: they run scripts, and cleaning one would make other bytes of it than were handed in.

use serde::{Deserialize, Serialize};

macro_rules! media {
    ($( $name:ident $text:literal [$($extension:literal),+] $en:literal $ja:literal; )*) => {
        /// What a file says it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum MediaType {
            $( #[doc = $en] $name, )*
        }

        impl MediaType {
            /// All of them.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            /// Its name, for example `application/pdf`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// What the names of such files end in, in lower case, the usual one first.
            #[must_use]
            pub const fn extensions(self) -> &'static [&'static str] {
                match self { $( Self::$name => &[$($extension),+], )* }
            }

            /// What people call it.
            #[must_use]
            pub fn title(self, lang: badge::Lang) -> &'static str {
                match self { $( Self::$name => lang.pick($en, $ja), )* }
            }
        }
    };
}

media! {
    Pdf "application/pdf" ["pdf"] "PDF" "PDF";
    Png "image/png" ["png"] "PNG picture" "PNG画像";
    Jpeg "image/jpeg" ["jpg", "jpeg", "jpe", "jfif"] "JPEG picture" "JPEG画像";
    Webp "image/webp" ["webp"] "WebP picture" "WebP画像";
    Heic "image/heic" ["heic", "heif"] "HEIC picture" "HEIC画像";
    Gif "image/gif" ["gif"] "GIF picture" "GIF画像";
    Text "text/plain" ["txt"] "plain text" "テキスト";
    Csv "text/csv" ["csv"] "CSV" "CSV";
    Docx "application/vnd.openxmlformats-officedocument.wordprocessingml.document" ["docx"] "Word document" "Word文書";
    Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" ["xlsx"] "Excel workbook" "Excelブック";
    Pptx "application/vnd.openxmlformats-officedocument.presentationml.presentation" ["pptx"] "PowerPoint presentation"
        "PowerPointプレゼンテーション";
    Odt "application/vnd.oasis.opendocument.text" ["odt"] "OpenDocument text" "OpenDocumentテキスト";
    Mp4 "video/mp4" ["mp4", "m4v"] "MP4 video" "MP4動画";
    Mov "video/quicktime" ["mov", "qt"] "QuickTime video" "QuickTime動画";
    Webm "video/webm" ["webm"] "WebM video" "WebM動画";
    Mp3 "audio/mpeg" ["mp3"] "MP3 sound" "MP3音声";
    M4a "audio/mp4" ["m4a"] "M4A sound" "M4A音声";
    Zip "application/zip" ["zip"] "ZIP archive" "ZIPアーカイブ";
}

/// Other names that browsers give some of them.
const ALIASES: [(&str, MediaType); 7] = [
    ("application/x-zip-compressed", MediaType::Zip),
    ("application/x-zip", MediaType::Zip),
    ("audio/x-m4a", MediaType::M4a),
    ("audio/m4a", MediaType::M4a),
    ("audio/mp3", MediaType::Mp3),
    ("image/heif", MediaType::Heic),
    ("image/jpg", MediaType::Jpeg),
];

impl MediaType {
    /// The one of this name, whatever its case.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let alias = || ALIASES.iter().find(|(alias, _)| same(alias)).map(|(_, media)| *media);
        Self::ALL.iter().find(|media| same(media.name())).copied().or_else(alias)
    }

    /// The one whose files' names end so.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.iter().find(|media| media.extensions().contains(&extension.to_ascii_lowercase().as_str())).copied()
    }

    /// Whether such a file is a ZIP archive, of whatever.
    pub(crate) const fn is_archive(self) -> bool {
        matches!(self, Self::Docx | Self::Xlsx | Self::Pptx | Self::Odt | Self::Zip)
    }
}

impl TryFrom<String> for MediaType {
    type Error = &'static str;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::of_name(&name).ok_or("not a media type that is taken")
    }
}
impl From<MediaType> for String {
    fn from(media: MediaType) -> Self {
        media.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_lead_to_one_type_each() {
        for media in MediaType::ALL {
            assert_eq!(MediaType::of_name(&media.name().to_uppercase()), Some(*media));
            for extension in media.extensions() {
                assert_eq!(MediaType::of_extension(&extension.to_uppercase()), Some(*media), "{extension}");
            }
            assert_eq!(serde_json::to_string(media).unwrap(), format!("\"{}\"", media.name()));
        }
        assert_eq!(MediaType::of_name("audio/x-m4a"), Some(MediaType::M4a));
        for name in ["image/svg+xml", "text/html", "application/octet-stream", "application/msword", ""] {
            assert_eq!(MediaType::of_name(name), None);
        }
    }
}
