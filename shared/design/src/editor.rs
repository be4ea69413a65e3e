//! The form in which a design is composed. It is complete without scripts: every field is a control, templates and previews are buttons.
//! With `assets/designer.mjs` the picture follows what is typed, and icons are found by searching. All icons are named only when somebody wants
//! to choose one: by the script, or in the form that comes back from the button [`ICONS`].
//!
//! Whoever shows it posts to itself: [`BUTTON`] says which button was pressed, [`TEMPLATE`] which template, [`parse`] gives the design as it
//! was typed, for [`Design::read`], whose complaints go back into [`editor`]. A page that shows it loads [`STYLE`] and [`SCRIPT`], and its
//! `Content-Security-Policy` needs `img-src 'self' blob:` and `connect-src 'self'`.

mod controls;

use crate::choice::Choice as _;
use crate::model::{Design, MAX_ICONS, MAX_TEXTS};
use crate::{icons, templates};
use badge::Lang;
use badge::input::FieldError;
use controls::{Control, Kind, Section};
use maud::{Markup, html};
use serde_json::{Value, json};

/// What the form adds to the style of every page.
pub const STYLE: &str = include_str!("../assets/designer.css");
/// What makes the form more convenient where scripts run: an ES module.
pub const SCRIPT: &str = include_str!("../assets/designer.mjs");
/// The name of the buttons that send the form; their values are [`SAVE`], [`PREVIEW`] and [`ICONS`].
pub const BUTTON: &str = "do";
/// The value of [`BUTTON`] that asks for the design to be kept.
pub const SAVE: &str = "save";
/// The value of [`BUTTON`] that asks for the form again, with a picture.
pub const PREVIEW: &str = "preview";
/// The value of [`BUTTON`] that asks for the form again, with all icons to choose from ([`Shown::all_icons`]).
pub const ICONS: &str = "icons";
/// The name of the buttons that begin anew from a template; the value is its name.
pub const TEMPLATE: &str = "template";

/// Where things are. All of them are of the page's own origin.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// Where the form is posted to.
    pub action: &'a str,
    /// Where the script posts the same fields to, to get `image/svg+xml`, or `application/problem+json` with `errors`.
    pub preview: &'a str,
    /// What `GET /design/icons` answers.
    pub icons: &'a str,
    /// Below here are the pictures of templates: `GET /design/templates/{template}`.
    pub templates: &'a str,
}

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The language of the page.
    pub lang: Lang,
    /// The design: of [`Design::value`], or as it was typed ([`parse`]).
    pub filled: &'a Value,
    /// What is wrong with it. Pointers begin at the design.
    pub complaints: &'a [FieldError],
    /// The address of its picture, if it could be drawn.
    pub picture: Option<&'a str>,
    /// Whether every icon is named, and not only the chosen ones.
    pub all_icons: bool,
    /// What every form of the page carries besides: hidden fields.
    pub hidden: &'a Markup,
}

/// The design as it was typed, out of the form's fields. What belongs to others is left alone.
#[must_use]
pub fn parse<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let fields: Vec<(&str, &str)> = fields.into_iter().collect();
    let mut design = blank();
    for control in controls::all(Lang::En).iter().flat_map(|section| &section.controls) {
        let typed = fields.iter().find(|(name, _)| *name == control.name()).map(|(_, value)| *value);
        let value = match (&control.kind, typed) {
            (Kind::Check, typed) => typed.is_some().into(),
            // What is no number stays a text, which is told when it is read.
            (Kind::Number { .. }, Some(typed)) if !typed.trim().is_empty() => {
                typed.trim().parse::<i64>().map_or_else(|_| typed.into(), Value::from)
            }
            (Kind::Number { .. }, _) | (_, None) => Value::Null,
            (_, Some(typed)) => typed.into(),
        };
        if let Some(place) = design.pointer_mut(&control.pointer) {
            *place = value;
        }
    }
    design
}

/// A design with as many empty texts and icons as there may be.
fn blank() -> Value {
    let full = json!({
        "texts": vec![json!({"text": "x"}); MAX_TEXTS],
        "icons": vec![json!({"name": "award"}); MAX_ICONS],
    });
    let mut blank = Design::read(&full).unwrap_or_else(|_| Design::plain()).value();
    for (list, name) in [("texts", "text"), ("icons", "name")] {
        for entry in blank[list].as_array_mut().into_iter().flatten() {
            entry[name] = "".into();
        }
    }
    blank
}

/// The editor: what to begin with, the picture, and the form.
#[must_use]
pub fn editor(shown: &Shown<'_>, places: &Places<'_>) -> Markup {
    let lang = shown.lang;
    let sections = controls::all(lang);
    let form = Form { shown, blank: blank() };
    html! {
        details.templates open[shown.filled.is_null()] {
            summary { (lang.pick("Start from a template", "テンプレートから始める")) }
            form method="post" action=(places.action) {
                (shown.hidden)
                p.hint { (lang.pick("What is in the form now is replaced.", "現在の入力内容は置き換えられます。")) }
                ul {
                    @for template in templates::all() {
                        li {
                            button.template type="submit" name=(TEMPLATE) value=(template.name) {
                                img src={(places.templates) "/" (template.name) "?lang=" (lang.tag())} alt="" width="96" height="96" loading="lazy";
                                span { (template.label(lang)) }
                            }
                        }
                    }
                }
            }
        }
        form.designer method="post" action=(places.action) data-preview=(places.preview) data-icons=(places.icons)
            data-wrong=(lang.pick("Some fields cannot be taken:", "次の項目をご確認ください："))
            data-failed=(lang.pick("The picture could not be drawn just now.", "現在、画像を表示できません。"))
            data-choose=(choose(lang))
            data-search=(lang.pick("Search icons", "アイコンを検索"))
            data-none=(lang.pick("No icon", "アイコンなし"))
            data-found=(lang.pick("icons found", "件のアイコン"))
            data-close=(lang.pick("Close", "閉じる")) {
            (shown.hidden)
            (form.summary(&sections))
            div.designing {
                div.look {
                    figure {
                        @match shown.picture {
                            Some(address) => img.picture src=(address) alt=(lang.pick("Preview of the badge", "バッジのプレビュー")) width="600" height="600";,
                            None => img.picture hidden alt=(lang.pick("Preview of the badge", "バッジのプレビュー")) width="600" height="600";,
                        }
                    }
                    p.said role="status" {}
                    div.actions {
                        button type="submit" name=(BUTTON) value=(PREVIEW) class="quiet" { (lang.pick("Preview", "プレビュー")) }
                        button type="submit" name=(BUTTON) value=(SAVE) { (lang.pick("Use this design", "このデザインを使う")) }
                    }
                }
                div.parts {
                    @for (index, section) in sections.iter().enumerate() { (form.section(section, index == 0)) }
                }
            }
        }
    }
}

fn choose(lang: Lang) -> &'static str {
    lang.pick("Choose an icon", "アイコンを選ぶ")
}

struct Form<'a> {
    shown: &'a Shown<'a>,
    blank: Value,
}

impl Form<'_> {
    /// What stands in a control.
    fn value(&self, pointer: &str) -> &Value {
        let typed = self.shown.filled.pointer(pointer).filter(|value| !value.is_null());
        typed.or_else(|| self.blank.pointer(pointer)).unwrap_or(&Value::Null)
    }

    /// The same as text.
    fn typed(&self, control: &Control) -> String {
        match self.value(&control.pointer) {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn complaints<'c>(&'c self, control: &'c Control) -> impl Iterator<Item = &'c FieldError> {
        self.shown.complaints.iter().filter(|error| error.pointer == control.pointer)
    }

    /// A list of everything that is wrong, each leading to its control.
    fn summary(&self, sections: &[Section]) -> Markup {
        let lang = self.shown.lang;
        let control = |error: &FieldError| {
            let mut all =
                sections.iter().flat_map(|section| section.controls.iter().map(move |control| (section, control)));
            all.find(|(_, control)| control.pointer == error.pointer)
        };
        html! {
            @if !self.shown.complaints.is_empty() {
                div.note.bad role="alert" tabindex="-1" autofocus {
                    strong { (lang.pick("Please check what you entered", "入力内容をご確認ください")) }
                    ul {
                        @for error in self.shown.complaints {
                            li {
                                @match control(error) {
                                    Some((section, control)) => a href={"#" (control.id())} {
                                        (section.title) " – " (control.label) ": " (error.reason.text(lang))
                                    },
                                    None => (error.reason.text(lang)),
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn section(&self, section: &Section, is_first: bool) -> Markup {
        let wrong = section.controls.iter().any(|control| self.complaints(control).next().is_some());
        let tells = section.controls.iter().find(|control| Some(&control.pointer) == section.tells.as_ref());
        let asked = self.shown.all_icons && section.controls.iter().any(|control| matches!(control.kind, Kind::Icon));
        let told = tells.map(|control| control.told(&self.typed(control), self.shown.lang));
        html! {
            details.part open[is_first || wrong || asked] {
                summary {
                    (section.title)
                    @if let Some(told) = told.filter(|told| !told.is_empty()) { span.told { (told) } }
                }
                @if !section.hint.is_empty() { p.hint { (section.hint) } }
                div.controls role="group" aria-label=(section.title) {
                    @for control in &section.controls { (self.control(control)) }
                }
            }
        }
    }

    fn control(&self, control: &Control) -> Markup {
        let (id, name, lang) = (control.id(), control.name(), self.shown.lang);
        let value = self.value(&control.pointer);
        let typed = self.typed(control);
        let errors: Vec<String> = self.complaints(control).map(|error| error.reason.text(lang)).collect();
        let invalid = (!errors.is_empty()).then_some("true");
        let described = invalid.map(|_| format!("e-{id}"));
        html! {
            div.control.wide[control.is_wide()].invalid[invalid.is_some()] {
                label for=(id) { (control.label) }
                @if let Some(described) = &described { p.error id=(described) { (errors.join(" ")) } }
                @match &control.kind {
                    Kind::Text { max } => input id=(id) name=(name) type="text" maxlength=(max) value=(typed) autocomplete="off"
                        aria-invalid=[invalid] aria-describedby=[described.as_ref()];,
                    Kind::Number { min, max } => input id=(id) name=(name) type="number" min=(min) max=(max) step="1" inputmode="numeric" value=(typed)
                        aria-invalid=[invalid] aria-describedby=[described.as_ref()];,
                    Kind::Colour => input id=(id) name=(name) type="color" value=(typed) aria-invalid=[invalid] aria-describedby=[described.as_ref()];,
                    Kind::Check => input id=(id) name=(name) type="checkbox" checked[value.as_bool() == Some(true)];,
                    Kind::Choice(choices) => select id=(id) name=(name) aria-invalid=[invalid] aria-describedby=[described.as_ref()] {
                        @for (choice, label) in choices { option value=(choice) selected[*choice == typed] { (label) } }
                    },
                    Kind::Icon => div.pick {
                        select.icon id=(id) name=(name) aria-invalid=[invalid] aria-describedby=[described.as_ref()] {
                            option value="" { (lang.pick("No icon", "アイコンなし")) }
                            @if self.shown.all_icons {
                                @for category in icons::Category::ALL {
                                    optgroup label=(category.label(lang)) {
                                        @for icon in icons::all().iter().filter(|icon| icon.category == *category) { (option(icon, &typed, lang)) }
                                    }
                                }
                            } @else if let Some(icon) = icons::find(&typed) { (option(icon, &typed, lang)) }
                        }
                        button.quiet type="submit" name=(BUTTON) value=(ICONS) { (choose(lang)) }
                    },
                }
            }
        }
    }
}

fn option(icon: &icons::Icon, typed: &str, lang: Lang) -> Markup {
    html! { option value=(icon.name) selected[icon.name == typed] { (lang.pick(icon.en, icon.ja)) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Choice;
    use badge::input::Reason;

    const PLACES: Places<'_> = Places {
        action: "/design",
        preview: "/design/preview",
        icons: "/design/icons",
        templates: "/design/templates",
    };

    fn shown(lang: Lang, filled: &Value, complaints: &[FieldError]) -> String {
        let hidden = html! { input type="hidden" name="token" value="t"; };
        editor(&Shown { lang, filled, complaints, picture: None, all_icons: false, hidden: &hidden }, &PLACES)
            .into_string()
    }

    /// What a browser would post of the form: the values of its controls.
    fn posted(page: &str) -> Vec<(String, String)> {
        let (_, form) = page.split_once("<form class=\"designer\"").unwrap();
        let attribute = |tag: &str, name: &str| {
            let rest = tag.split_once(&format!(" {name}=\""))?.1;
            Some(
                rest.split('"')
                    .next()?
                    .replace("&quot;", "\"")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&"),
            )
        };
        let mut fields = Vec::new();
        for tag in form.split("<input").skip(1) {
            let tag = tag.split('>').next().unwrap();
            let value = attribute(tag, "value");
            if attribute(tag, "type").as_deref() != Some("checkbox") || tag.contains(" checked") {
                fields.push((attribute(tag, "name").unwrap(), value.unwrap_or_else(|| "on".to_owned())));
            }
        }
        for tag in form.split("<select").skip(1) {
            let options = tag.split("</select>").next().unwrap();
            let chosen =
                options.split("<option").skip(1).find(|option| option.split('>').next().unwrap().contains(" selected"));
            let first = options.split("<option").nth(1).unwrap();
            fields.push((attribute(tag, "name").unwrap(), attribute(chosen.unwrap_or(first), "value").unwrap()));
        }
        fields
    }

    #[test]
    fn what_is_shown_is_posted_back_as_it_was() {
        for template in templates::all() {
            for lang in [Lang::En, Lang::Ja] {
                let design = template.design(lang);
                let fields = posted(&shown(lang, &design.value(), &[]));
                let parsed = parse(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                assert_eq!(Design::read(&parsed).unwrap(), design, "{}", template.name);
            }
        }
    }

    #[test]
    fn every_field_of_a_design_has_a_control() {
        fn leaves(value: &Value, pointer: &str, all: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    map.iter().for_each(|(key, value)| leaves(value, &format!("{pointer}/{key}"), all));
                }
                Value::Array(list) => {
                    list.iter().enumerate().for_each(|(n, value)| leaves(value, &format!("{pointer}/{n}"), all));
                }
                _ => all.push(pointer.to_owned()),
            }
        }
        let mut fields = Vec::new();
        leaves(&blank(), "", &mut fields);
        let controls: Vec<String> = controls::all(Lang::En)
            .iter()
            .flat_map(|section| section.controls.iter().map(|c| c.pointer.clone()))
            .collect();
        for field in fields.iter().filter(|field| *field != "/version") {
            assert!(controls.contains(field), "{field}");
        }
        assert_eq!(controls.len(), fields.len() - 1);
    }

    #[test]
    fn what_was_typed_stays_beside_what_is_wrong_with_it() {
        let parsed = parse([
            ("texts/2/text", "<b>織"),
            ("texts/2/size", "large"),
            ("fill/from", "red"),
            ("do", "save"),
            ("ring/filled", "on"),
        ]);
        assert_eq!((&parsed["texts"][2]["size"], &parsed["ring"]["filled"]), (&json!("large"), &json!(true)));
        let errors = Design::read(&parsed).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/fill/from", "/texts/2/size"]);
        let page = shown(Lang::Ja, &parsed, &errors);
        assert!(page.contains("value=\"&lt;b&gt;織\"") && page.contains("value=\"large\"") && !page.contains("<b>織"));
        assert!(page.contains("href=\"#f-texts-2-size\"") && page.contains(&Reason::NotInteger.text(Lang::Ja)));
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 2);
    }

    #[test]
    fn all_icons_are_named_where_somebody_wants_to_choose_one() {
        let filled = parse([("icons/0/name", "telescope")]);
        let few = shown(Lang::Ja, &filled, &[]);
        assert!(few.contains("<option value=\"telescope\" selected>") && !few.contains("<optgroup"));
        assert!(few.contains(&format!("name=\"{BUTTON}\" value=\"{ICONS}\"")));
        assert!(few.len() < 36_000, "{} bytes", few.len());
        let hidden = html! {};
        let asked =
            Shown { lang: Lang::Ja, filled: &filled, complaints: &[], picture: None, all_icons: true, hidden: &hidden };
        let all = editor(&asked, &PLACES).into_string();
        assert!(icons::all().iter().all(|icon| all.contains(&format!("<option value=\"{}\"", icon.name))));
        assert_eq!(posted(&all).len(), posted(&few).len() - 1, "but for the token");
    }

    #[test]
    fn nothing_runs_inside_the_page() {
        let page = shown(Lang::En, &Value::Null, &[]);
        assert!(
            !page.contains("<script")
                && !page.contains(" style=")
                && !page.contains(" onclick")
                && !page.contains("http")
        );
        assert_eq!(page.matches("name=\"token\"").count(), 2);
        assert!(page.matches("class=\"template\"").count() >= 12);
        assert!(crate::Shape::ALL.iter().all(|shape| page.contains(&format!("<option value=\"{}\"", shape.name()))));
    }
}
