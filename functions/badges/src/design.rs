//! Artwork that is composed: previews, what to begin with, and the design out of a request.

use crate::{App, picture};
use artwork::Artwork;
use badge::Lang;
use badge::input::FieldError;
use design::icons::Category;
use design::{Choice as _, Design, FONTS, Fonts, icons, templates};
use edge::answer::Cache;
use edge::{Answer, Kind, Problem, Request};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Draws designs. Its fonts are 27 MB, which most processes never need: they are read for the first design.
#[derive(Debug)]
pub(crate) struct Designer {
    folder: PathBuf,
    fonts: OnceLock<Fonts>,
}

impl Designer {
    /// With the fonts of this folder.
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), fonts: OnceLock::new() }
    }

    fn fonts(&self) -> Result<&Fonts, Problem> {
        if let Some(fonts) = self.fonts.get() {
            return Ok(fonts);
        }
        let mut files = Vec::with_capacity(FONTS.len());
        for (face, name) in FONTS {
            let bytes =
                std::fs::read(self.folder.join(name)).map_err(|error| Problem::internal(format!("{name}: {error}")))?;
            files.push((face, bytes));
        }
        let fonts = Fonts::new(files).map_err(Problem::internal)?;
        Ok(self.fonts.get_or_init(|| fonts))
    }

    /// The design as SVG.
    ///
    /// # Errors
    /// A fault of ours when the fonts cannot be read.
    fn svg(&self, design: &Design) -> Result<String, Problem> {
        Ok(design::render(design, self.fonts()?).into_string())
    }

    /// The design as artwork.
    ///
    /// # Errors
    /// What of it cannot be published, under the pointer `/design`; a fault of ours when the fonts cannot be read.
    pub(crate) fn draw(&self, design: &Design) -> Result<Artwork, Problem> {
        artwork::normalise(self.svg(design)?.as_bytes()).map_err(|error| {
            Problem::fields(vec![FieldError { pointer: "/design".into(), reason: picture::not_artwork(error) }])
        })
    }
}

/// The `design` of a request body; none when there is no such field.
///
/// # Errors
/// Every field of it that cannot be taken.
pub(crate) fn read(body: &Value) -> Result<Option<Design>, Vec<FieldError>> {
    let Some(design) = body.get("design").filter(|design| !design.is_null()) else { return Ok(None) };
    let below = |error: FieldError| FieldError { pointer: format!("/design{}", error.pointer), ..error };
    Design::read(design).map(Some).map_err(|errors| errors.into_iter().map(below).collect())
}

/// `POST /v2/client/{client}/design`: the design in the body as a picture, which is what a badge would get. SVG unless PNG is asked for.
pub(crate) fn preview(app: &App, request: &Request) -> Result<Answer, Problem> {
    let design = Design::read(&request.json()?)?;
    let artwork = app.designer.draw(&design)?;
    let answer = if request.accepts("image/png") {
        Answer::picture("image/png", artwork.png, Cache::None)
    } else {
        Answer::picture("image/svg+xml", artwork.bytes, Cache::None)
    };
    Ok(answer.header("vary", "accept"))
}

/// `GET /design/templates`: designs to begin with, in both languages.
pub(crate) fn templates() -> Answer {
    let spoken = |give: &dyn Fn(Lang) -> Value| json!({"en": give(Lang::En), "ja": give(Lang::Ja)});
    let row = |template: &templates::Template| {
        json!({
            "name": template.name,
            "label": spoken(&|lang| template.label(lang).into()),
            "design": spoken(&|lang| template.design(lang).value()),
        })
    };
    let rows: Vec<Value> = templates::all().iter().map(row).collect();
    public(&json!({"result": rows, "total": rows.len()}))
}

/// `GET /design/templates/{template}`: one of them as a picture, with words in the language `lang`, else in the caller's.
pub(crate) fn template(app: &App, request: &Request) -> Result<Answer, Problem> {
    let template = request.parameter("template").and_then(templates::find).ok_or(Kind::NotFound)?;
    let lang = match request.query("lang") {
        Some("en") => Lang::En,
        Some("ja") => Lang::Ja,
        _ => request.lang,
    };
    let svg = app.designer.svg(&template.design(lang))?;
    Ok(Answer::picture("image/svg+xml", svg, Cache::Short).header("vary", "accept-language"))
}

/// `GET /design/icons`: the icons that a design may name, with words to search them by.
pub(crate) fn icons() -> Answer {
    let category = |category: &Category| json!({"name": category.name(), "en": category.label(Lang::En), "ja": category.label(Lang::Ja)});
    let icon = |icon: &icons::Icon| json!({"name": icon.name, "category": icon.category.name(), "en": icon.en, "ja": icon.ja, "path": icon.path});
    let rows: Vec<Value> = icons::all().iter().map(icon).collect();
    let categories: Vec<Value> = Category::ALL.iter().map(category).collect();
    public(&json!({"category": categories, "result": rows, "total": rows.len()}))
}

fn public(value: &Value) -> Answer {
    Answer::public("application/json", value.to_string(), Cache::Short)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn designer() -> Designer {
        Designer::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.local/fonts"))
    }

    #[test]
    fn complaints_lead_into_the_design() {
        assert_eq!(read(&json!({})).unwrap(), None);
        assert_eq!(read(&json!({"design": null})).unwrap(), None);
        let errors = read(&json!({"design": {"fill": {"from": "x"}, "texts": 1}})).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/design/fill/from", "/design/texts"]);
    }

    #[test]
    fn what_is_previewed_is_what_becomes_artwork() {
        let (designer, design) = (designer(), templates::all()[0].design(Lang::Ja));
        let artwork = designer.draw(&design).unwrap();
        assert_eq!(String::from_utf8(artwork.bytes).unwrap(), designer.svg(&design).unwrap());
        assert!(artwork.png.starts_with(b"\x89PNG") && artwork.warnings.is_empty());
    }

    #[test]
    fn fonts_that_are_not_there_are_a_fault_of_ours() {
        assert_eq!(Designer::new("/nowhere").draw(&Design::plain()).unwrap_err().kind(), Kind::Internal);
    }

    #[test]
    fn what_to_begin_with_fits_an_answer() {
        let request = Request::test(http::Method::GET, "/", &[]);
        for answer in [templates(), icons()] {
            let response = answer.finish(&request);
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            assert!(response.body().len() > 10_000 && response.body().len() < 200_000);
        }
    }
}
