//! What can be earned: OB 3.0's Achievement, OB 2.0's BadgeClass.

use crate::id::{BadgeId, ClientId};
use crate::input::{Complaints, FieldError, Reader, Reason};
use crate::limits::{
    MAX_CONTENTS, MAX_CRITERIA_CHARS, MAX_DEFINITION_BYTES, MAX_DESCRIPTION_CHARS, MAX_EXPIRY_MONTHS, MAX_LIST_ITEMS,
    MAX_NAME_CHARS, MAX_SHORT_CHARS,
};
use crate::text::{Language, WebUrl};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// OB 3.0's values of `achievementType` (section B.1.5); others are written `ext:…`.
pub const ACHIEVEMENT_TYPES: [&str; 31] = [
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "Badge",
    "BachelorDegree",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CommunityService",
    "Competency",
    "Course",
    "CoCurricular",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "Membership",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "MasterCertificate",
    "MasterDegree",
    "MicroCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
];

/// OB 3.0's values of an alignment's `targetType` (section B.1.7).
pub const ALIGNMENT_TYPES: [&str; 7] = [
    "ceasn:Competency",
    "ceterms:Credential",
    "CFItem",
    "CFRubric",
    "CFRubricCriterion",
    "CFRubricCriterionLevel",
    "CTDL",
];

/// What an issuer says about a badge. The picture is kept beside it, in [`Badge::artwork`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The language of `contents[0]`; may be unknown.
    pub primary_language: Language,
    /// The badge's texts, one entry a language, the primary language first. Never empty.
    pub contents: Vec<Content>,
    /// The organisation's own grouping of its badges.
    #[serde(default)]
    pub category: Vec<String>,
    /// The aliases under whose name this badge may be issued.
    #[serde(default)]
    pub client_alias_id: Vec<String>,
    /// The mail a recipient gets.
    #[serde(default)]
    pub email_message: Option<EmailMessage>,
    /// The same mail in other languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_translations: Vec<EmailTranslation>,
    /// Months until a credential expires; 0 is never.
    #[serde(default)]
    pub expires_months: u32,
    /// A draft cannot be issued.
    pub draft: bool,
    /// What the issuer intends with the badge (free text of existing clients).
    #[serde(default)]
    pub intent: Option<String>,
}

/// A badge's texts in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The language; may be unknown.
    pub language: Language,
    /// The badge's name.
    pub name: String,
    /// What the badge is for.
    #[serde(default)]
    pub description: String,
    /// How it is earned, in Markdown.
    #[serde(default)]
    pub criteria: String,
    /// Free key words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the picture shows, for those who do not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_alt: Option<String>,
    /// Where the badge stands in frameworks of skills.
    #[serde(default)]
    pub alignments: Vec<Alignment>,
    /// OB 3.0 `achievementType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achievement_type: Option<String>,
    /// OB 3.0 `creditsAvailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits_available: Option<f64>,
    /// OB 3.0 `fieldOfStudy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_of_study: Option<String>,
    /// OB 3.0 `humanCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_code: Option<String>,
    /// OB 3.0 `specialization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialization: Option<String>,
}

/// A link from a badge to an entry of a framework (ESCO, CASE, CTDL …). OB 3.0 section B.1.6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alignment {
    /// Name of the entry.
    pub target_name: String,
    /// Address of the entry.
    pub target_url: WebUrl,
    /// What the entry says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_description: Option<String>,
    /// Name of the framework.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_framework: Option<String>,
    /// The entry's code within the framework.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_code: Option<String>,
    /// One of [`ALIGNMENT_TYPES`] or `ext:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
}

/// The mail that tells a recipient of a badge.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EmailMessage {
    /// Subject line.
    pub subject: String,
    /// Text before the link.
    pub body: String,
    /// Text of the link.
    pub link_text: String,
    /// Text after the link.
    pub footer: String,
}

/// A mail's texts in a language of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailTranslation {
    /// Which language.
    pub language: Language,
    /// The texts.
    #[serde(flatten)]
    pub message: EmailMessage,
}

/// Which format a picture is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageFormat {
    /// Portable Network Graphics.
    Png,
    /// Scalable Vector Graphics.
    Svg,
}

impl ImageFormat {
    /// The file extension without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// The normalised picture of a badge, stored by the hash of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artwork {
    /// What was uploaded, after normalisation.
    pub format: ImageFormat,
    /// SHA-256 of the normalised bytes, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the PNG rendition; equal to `sha256` for a PNG.
    pub png_sha256: String,
    /// What it was drawn from, as crate `design` reads it; none for an upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design: Option<serde_json::Value>,
}

/// A badge definition in one of its versions. A version never changes; an edit makes the next one, so that what was issued stays
/// described as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Badge {
    /// Its id.
    pub id: BadgeId,
    /// Whose it is.
    pub client: ClientId,
    /// 1 for the first version.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// Its picture.
    pub artwork: Artwork,
    /// When the badge was created.
    pub created_at: Timestamp,
    /// When this version was made.
    pub modified_at: Timestamp,
}

impl Badge {
    /// The texts in the primary language.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.definition.contents[0]
    }

    /// The texts for who reads a language (BCP 47): the closest to it ([`Language::closeness`]), else those in the primary language.
    #[must_use]
    pub fn content_for(&self, language: &str) -> &Content {
        closest(&self.definition.contents, |content| content.language.closeness(language))
            .unwrap_or_else(|| self.content())
    }
}

impl Definition {
    /// A definition out of a request body in the shape of the Open Badge Factory API v2 (`POST /v2/badge/{client}`), plus our own
    /// `content[].image_alt`. The picture (`image`) is read elsewhere.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(body: &serde_json::Value) -> Result<Self, Vec<FieldError>> {
        let complaints = Complaints::default();
        let reader = Reader::root(body, &complaints);
        let primary_language = reader.language("primary_language");
        let mut contents: Vec<Content> = reader.list("content", MAX_CONTENTS).iter().map(Content::read).collect();
        if contents.is_empty() {
            let reason = if reader.field("content").is_some() { Reason::TooFew { min: 1 } } else { Reason::Missing };
            reader.refuse_field("content", reason);
        }
        for (index, content) in contents.iter().enumerate() {
            if contents[..index].iter().any(|other| other.language == content.language) {
                complaints.note(format!("/content/{index}/language"), Reason::Duplicate);
            }
        }
        // Existing clients read only the first entry: the primary language goes there.
        if let Some(index) = contents.iter().position(|c| c.language == primary_language) {
            let primary = contents.remove(index);
            contents.insert(0, primary);
        } else if primary_language.known().is_some() && !contents.is_empty() {
            reader.refuse_field("primary_language", Reason::NotFound);
        }
        let definition = Self {
            primary_language,
            contents,
            category: reader.texts("category", MAX_LIST_ITEMS, MAX_SHORT_CHARS),
            client_alias_id: reader.texts("client_alias_id", MAX_LIST_ITEMS, MAX_SHORT_CHARS),
            email_message: EmailMessage::read(&reader),
            email_translations: EmailTranslation::read_all(&reader),
            expires_months: reader
                .optional_integer("expires", 0, i64::from(MAX_EXPIRY_MONTHS))
                .and_then(|months| u32::try_from(months).ok())
                .unwrap_or(0),
            draft: reader.boolean("draft", true),
            intent: reader.optional_text("intent", MAX_SHORT_CHARS),
        };
        let bytes = serde_json::to_vec(&definition).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_DEFINITION_BYTES {
            reader.refuse(Reason::TooLong { max: MAX_DEFINITION_BYTES });
        }
        complaints.into_result(definition)
    }
}

impl EmailMessage {
    /// The `email_message` of a badge or of an event; none when absent or empty throughout.
    #[must_use]
    pub fn read(parent: &Reader<'_>) -> Option<Self> {
        Self::read_from(&parent.field("email_message")?)
    }

    fn read_from(reader: &Reader<'_>) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let text = |key, max| reader.optional_text(key, max).unwrap_or_default();
        let message = Self {
            subject: text("subject", MAX_SHORT_CHARS),
            body: text("body", MAX_CRITERIA_CHARS),
            link_text: text("link_text", MAX_SHORT_CHARS),
            footer: text("footer", MAX_DESCRIPTION_CHARS),
        };
        Some(message).filter(|m| *m != Self::default())
    }
}

/// What comes closest; the first of several, and none when nothing comes close at all.
fn closest<T>(all: &[T], closeness: impl Fn(&T) -> usize) -> Option<&T> {
    all.iter().rev().max_by_key(|one| closeness(one)).filter(|one| closeness(one) > 0)
}

impl EmailTranslation {
    /// The texts for who reads a language (BCP 47), if there are any ([`Language::closeness`]).
    #[must_use]
    pub fn find<'a>(all: &'a [Self], language: &str) -> Option<&'a Self> {
        closest(all, |translation| translation.language.closeness(language))
    }

    /// The `email_message_translations` of a badge or of an event, an extension of ours: `email_message` with a `language`.
    #[must_use]
    pub fn read_all(parent: &Reader<'_>) -> Vec<Self> {
        let list = parent.list("email_message_translations", MAX_CONTENTS);
        let one = |reader: &Reader<'_>| {
            let language = reader.language("language");
            let message = EmailMessage::read_from(reader)?;
            if language.is_unknown() {
                reader.refuse_field("language", Reason::Missing);
            }
            Some(Self { language, message })
        };
        list.iter().filter_map(one).collect()
    }
}

impl Content {
    fn read(reader: &Reader<'_>) -> Self {
        let _ = reader.is_object();
        let achievement_type = reader.optional_text("achievement_type", MAX_SHORT_CHARS);
        refuse_unless_known(reader, "achievement_type", achievement_type.as_deref(), &ACHIEVEMENT_TYPES);
        Self {
            language: reader.language("language"),
            name: reader.text("name", 1, MAX_NAME_CHARS),
            description: reader.text("description", 0, MAX_DESCRIPTION_CHARS),
            criteria: reader.text("criteria", 0, MAX_CRITERIA_CHARS),
            tags: reader.texts("tag", MAX_LIST_ITEMS, MAX_SHORT_CHARS),
            image_alt: reader.optional_text("image_alt", MAX_NAME_CHARS),
            alignments: reader.list("alignment", MAX_LIST_ITEMS).iter().filter_map(Alignment::read).collect(),
            achievement_type,
            credits_available: reader.optional_number("credits_available"),
            field_of_study: reader.optional_text("field_of_study", MAX_SHORT_CHARS),
            human_code: reader.optional_text("human_code", MAX_SHORT_CHARS),
            specialization: reader.optional_text("specialization", MAX_SHORT_CHARS),
        }
    }
}

impl Alignment {
    /// Reads both spellings in use: OB 3.0's (`targetName`) and OB 2.0-style snake case (`target_name`).
    fn read(reader: &Reader<'_>) -> Option<Self> {
        if !reader.is_object() {
            return None;
        }
        let key = |camel: &'static str, snake: &'static str| if reader.field(snake).is_some() { snake } else { camel };
        let short = |camel, snake| reader.optional_text(key(camel, snake), MAX_SHORT_CHARS);
        let target_name = reader.text(key("targetName", "target_name"), 1, MAX_NAME_CHARS);
        let url_key = key("targetUrl", "target_url");
        let target_url = reader.optional_url(url_key);
        if reader.field(url_key).is_none() {
            reader.refuse_field(url_key, Reason::Missing);
        }
        let type_key = key("targetType", "target_type");
        let target_type = reader.optional_text(type_key, MAX_SHORT_CHARS);
        refuse_unless_known(reader, type_key, target_type.as_deref(), &ALIGNMENT_TYPES);
        Some(Self {
            target_name,
            target_url: target_url?,
            target_description: reader
                .optional_text(key("targetDescription", "target_description"), MAX_DESCRIPTION_CHARS),
            target_framework: short("targetFramework", "target_framework"),
            target_code: short("targetCode", "target_code"),
            target_type,
        })
    }
}

fn refuse_unless_known(reader: &Reader<'_>, key: &str, value: Option<&str>, known: &[&str]) {
    if value.is_some_and(|v| !known.contains(&v) && !v.starts_with("ext:")) {
        reader.refuse_field(key, Reason::NotAllowed { allowed: format!("{}, ext:…", known.join(", ")) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body() -> Value {
        json!({
            "category": ["courses"], "primary_language": "ja", "draft": false, "expires": 12,
            "content": [
                {"language": "en", "name": "Teamwork", "description": "d", "criteria": "c", "tag": ["a", ""],
                 "alignment": [{"targetName": "collaborate", "targetUrl": "https://esco.example/s1", "targetType": "CFItem"}]},
                {"language": "ja", "name": "チームワーク", "description": "説明", "criteria": "基準", "tag": null}
            ]
        })
    }

    fn complaints(change: impl Fn(&mut Value)) -> Vec<(String, &'static str)> {
        let mut value = body();
        change(&mut value);
        let errors = Definition::read(&value).err().unwrap_or_default();
        errors.into_iter().map(|e| (e.pointer, e.reason.code())).collect()
    }

    #[test]
    fn the_primary_language_comes_first() {
        let definition = Definition::read(&body()).unwrap();
        assert_eq!(definition.contents[0].name, "チームワーク");
        assert_eq!(definition.contents[1].tags, ["a"]);
        assert_eq!(definition.contents[1].alignments[0].target_type.as_deref(), Some("CFItem"));
        assert_eq!((definition.expires_months, definition.draft), (12, false));
    }

    #[test]
    fn texts_are_found_by_the_closest_language() {
        let languages = ["pt-BR", "zh-Hans", "zh-Hant", "ja"].map(|tag| tag.parse::<Language>().unwrap());
        let all = languages.map(|language| EmailTranslation { language, message: EmailMessage::default() });
        let found = |wanted| EmailTranslation::find(&all, wanted).map(|t| t.language.as_str());
        assert_eq!(found("zh-Hant-TW"), Some("zh-Hant"));
        assert_eq!(found("zh"), Some("zh-Hans"));
        assert_eq!(found("PT"), Some("pt-BR"));
        assert_eq!((found("fr"), found("")), (None, None));
    }

    #[test]
    fn a_client_that_knows_no_language_is_served_too() {
        let exported = json!({
            "category": [], "image": "data:image/png;base64,x", "primary_language": "",
            "content": [{"language": "", "name": "n", "description": "d", "criteria": "", "tag": []}],
            "email_message": {"subject": "", "body": "", "link_text": "", "footer": ""}, "expires": 0, "draft": false
        });
        let definition = Definition::read(&exported).unwrap();
        assert_eq!(definition.primary_language.known(), None);
        assert_eq!(definition.email_message, None);
    }

    #[test]
    fn complaints_name_field_and_reason() {
        assert_eq!(complaints(|v| v["content"] = json!([])), [("/content".into(), "too_few")]);
        assert_eq!(complaints(|v| v["primary_language"] = json!("fi")), [("/primary_language".into(), "not_found")]);
        let mute = complaints(|v| v["email_message_translations"] = json!([{"language": "ja"}, {"language": "!"}]));
        assert_eq!(mute, [("/email_message_translations/1/language".into(), "not_language")]);
        assert_eq!(
            complaints(|v| v["content"][1]["language"] = json!("en"))[0],
            ("/content/1/language".into(), "duplicate")
        );
        assert_eq!(complaints(|v| v["expires"] = json!(-1)), [("/expires".into(), "out_of_range")]);
        assert_eq!(
            complaints(|v| v["content"][0]["achievement_type"] = json!("Cake")),
            [("/content/0/achievement_type".into(), "not_allowed")]
        );
        assert_eq!(complaints(|v| v["content"][0]["achievement_type"] = json!("ext:Cake")), []);
        assert_eq!(
            complaints(|v| v["content"][0]["alignment"][0]["targetUrl"] = json!("javascript:x")),
            [("/content/0/alignment/0/targetUrl".into(), "not_url")]
        );
        assert_eq!(
            complaints(|v| v["content"][0]["name"] = json!("x".repeat(256))),
            [("/content/0/name".into(), "too_long")]
        );
    }
}
