//! The fields of a form: asked, with what was typed and what is wrong with it; and answers, read.

use super::post::ANSWER;
use crate::files::{self, Shown};
use application::Application;
use application::abuse::TRAP_FIELD;
use application::form::{Definition, Field, FieldKind};
use badge::Lang;
use badge::input::FieldError;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// What stands in the fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filled {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) code: String,
    answers: Map<String, Value>,
}

impl Filled {
    /// As it was sent.
    pub(crate) fn of_body(body: &Value) -> Self {
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let answers = body.get("answers").and_then(Value::as_object).cloned().unwrap_or_default();
        Self { name: text("name"), email: text("email"), code: text("code"), answers }
    }

    /// As it was saved, else as it was submitted.
    pub(crate) fn of(application: &Application) -> Self {
        let submitted = || application.submission.as_ref().map(|submission| submission.answers.value());
        let answers = application.draft.as_ref().map(application::Typed::value).or_else(submitted);
        Self {
            name: application.applicant.name.clone(),
            email: application.applicant.email.as_str().to_owned(),
            code: String::new(),
            answers: answers.and_then(|value| value.as_object().cloned()).unwrap_or_default(),
        }
    }

    fn text(&self, field: &Field) -> &str {
        self.answers.get(field.id.as_str()).and_then(Value::as_str).unwrap_or_default()
    }

    fn list(&self, field: &Field) -> Vec<&str> {
        let list = self.answers.get(field.id.as_str()).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// What is wrong, by field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrong<'a> {
    pub(crate) lang: Lang,
    pub(crate) errors: &'a [FieldError],
}

impl Wrong<'_> {
    /// Everything wrong with the field of this pointer or with a part of it.
    fn with(&self, pointer: &str) -> Vec<String> {
        let about = |error: &&FieldError| {
            error.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut texts: Vec<String> = Vec::new();
        for error in self.errors.iter().filter(about) {
            let text = error.reason.text(self.lang);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }
}

/// How a field is shown whatever its kind: its id in the page, and what surrounds it.
pub(crate) struct Frame<'a> {
    pub(crate) id: String,
    label: &'a str,
    hint: String,
    required: bool,
    lang: Lang,
    wrong: Vec<String>,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(pointer: &str, id: String, label: &'a str, required: bool, wrong: Wrong<'_>) -> Self {
        let texts = wrong.with(pointer);
        Self { id, label, hint: String::new(), required, lang: wrong.lang, wrong: texts }
    }

    pub(crate) fn hint(self, hint: String) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn described(&self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("h-{}", self.id));
        let error = (!self.wrong.is_empty()).then(|| format!("e-{}", self.id));
        let ids: Vec<String> = [hint, error].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub(crate) fn invalid(&self) -> Option<&'static str> {
        (!self.wrong.is_empty()).then_some("true")
    }

    fn mark(&self) -> Markup {
        html! { @if self.required { span.needed { (self.lang.pick("required", "必須")) } } @else { span.free { (self.lang.pick("optional", "任意")) } } }
    }

    fn hints(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() { p.hint id={"h-" (self.id)} { (self.hint) } }
            @if !self.wrong.is_empty() {
                p.error id={"e-" (self.id)} {
                    span.unseen { (self.lang.pick("Error: ", "エラー: ")) }
                    @for (index, text) in self.wrong.iter().enumerate() { @if index > 0 { br; } (text) }
                }
            }
        }
    }

    /// A field of one control.
    pub(crate) fn one(&self, control: &Markup) -> Markup {
        html! {
            div.field.invalid[!self.wrong.is_empty()] {
                label for=(self.id) { (self.label) " " (self.mark()) }
                (self.hints())
                (control)
            }
        }
    }

    /// A field of several controls.
    fn group(&self, controls: &Markup) -> Markup {
        html! {
            fieldset.field.invalid[!self.wrong.is_empty()] aria-describedby=[self.described()] {
                legend { (self.label) " " (self.mark()) }
                (self.hints())
                (controls)
            }
        }
    }
}

/// What the fields are asked with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) filled: &'a Filled,
    pub(crate) wrong: Wrong<'a>,
    /// The files of the application, and where they are asked about; none before there is an application.
    pub(crate) files: Option<(&'a [Shown], &'a str)>,
    /// Whether the address was proved, so that another one has to be proved anew.
    pub(crate) is_address_proved: bool,
}

impl Asking<'_> {
    /// A list of everything that is wrong, each leading to its field. Read out at once, since it is where the reader lands.
    pub(crate) fn summary(&self) -> Markup {
        let lang = self.wrong.lang;
        let frames = self.frames();
        let label = |error: &FieldError| {
            let about = |pointer: &str| {
                error.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            frames.iter().find(|(pointer, ..)| about(pointer))
        };
        html! {
            @if !self.wrong.errors.is_empty() {
                div.note.bad #errors role="alert" tabindex="-1" autofocus {
                    h2 { (lang.pick("Please check what you entered", "入力内容をご確認ください")) }
                    ul {
                        @for error in self.wrong.errors {
                            li {
                                @match label(error) {
                                    Some((_, id, label)) => a href={"#" (id)} { (label) ": " (error.reason.text(lang)) },
                                    None => (error.reason.text(lang)),
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Pointer, id and label of every field, in order.
    fn frames(&self) -> Vec<(String, String, String)> {
        let lang = self.wrong.lang;
        let mut frames: Vec<(String, String, String)> = fixed(lang)
            .into_iter()
            .map(|(name, label)| (format!("/{name}"), format!("f-{name}"), label.to_owned()))
            .collect();
        for field in self.definition.asked() {
            let id = if is_group(&field) { format!("f-a-{}-0", field.id) } else { format!("f-a-{}", field.id) };
            frames.push((format!("/answers/{}", field.id), id, field.label.get(lang).to_owned()));
        }
        frames
    }

    /// Name and address.
    pub(crate) fn person(&self) -> Markup {
        let lang = self.wrong.lang;
        let frame = |name: &str, label| Frame::new(&format!("/{name}"), format!("f-{name}"), label, true, self.wrong);
        let [(_, name_label), (_, email_label), _] = fixed(lang);
        let name = frame("name", name_label)
            .hint(lang.pick("As it should stand on the badge.", "バッジに記載されるお名前です。").into());
        let mut hint = lang.pick("The badge is sent there.", "このアドレスにバッジが届きます。").to_owned();
        if !self.definition.domains.is_empty() {
            let domains = serde_json::to_value(&self.definition.domains).unwrap_or_default();
            let list: Vec<&str> = domains.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            hint.push_str(&format!(" {}{}", lang.pick("Only of: ", "使用できるドメイン: "), list.join(", ")));
        }
        if self.is_address_proved {
            hint.push(' ');
            hint.push_str(lang.pick(
                "If you change it, you confirm the new one by a mail before anything goes on.",
                "変更すると、新しいアドレスの確認が済むまで手続きは進みません。",
            ));
        }
        let email = frame("email", email_label).hint(hint);
        html! {
            (name.one(&html! {
                input id=(name.id) name="name" type="text" autocomplete="name" value=(self.filled.name) aria-required="true"
                    aria-describedby=[name.described()] aria-invalid=[name.invalid()];
            }))
            (email.one(&html! {
                input id=(email.id) name="email" type="email" autocomplete="email" inputmode="email" value=(self.filled.email) aria-required="true"
                    aria-describedby=[email.described()] aria-invalid=[email.invalid()];
            }))
        }
    }

    /// The claim code.
    pub(crate) fn code(&self) -> Markup {
        let [.., (_, label)] = fixed(self.wrong.lang);
        let frame = Frame::new("/code", "f-code".into(), label, true, self.wrong).hint(
            self.wrong
                .lang
                .pick(
                    "You were told it at the event, or by the organiser.",
                    "会場や主催者から案内されたコードを入力してください。",
                )
                .into(),
        );
        frame.one(&html! {
            input.code id=(frame.id) name="code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" value=(self.filled.code)
                aria-required="true" aria-describedby=[frame.described()] aria-invalid=[frame.invalid()];
        })
    }

    /// The form's own questions.
    pub(crate) fn questions(&self) -> Markup {
        html! { @for field in self.definition.asked() { (self.question(&field)) } }
    }

    fn question(&self, field: &Field) -> Markup {
        let lang = self.wrong.lang;
        let (pointer, id) = (format!("/answers/{}", field.id), format!("f-a-{}", field.id));
        let name = format!("{ANSWER}{}", field.id);
        let mut hint = field.help.get(lang).to_owned();
        if let FieldKind::Paragraph { max_chars } | FieldKind::Text { max_chars } = field.kind {
            let more = match lang {
                Lang::En => format!("Up to {max_chars} characters."),
                Lang::Ja => format!("{max_chars}文字まで"),
            };
            hint = if hint.is_empty() { more } else { format!("{hint} ({more})") };
        }
        let frame = Frame::new(&pointer, id, field.label.get(lang), field.required, self.wrong).hint(hint);
        let required = field.required.then_some("true");
        match &field.kind {
            FieldKind::Text { .. } => frame.one(&html! {
                input id=(frame.id) name=(name) type="text" value=(self.filled.text(field)) aria-required=[required]
                    aria-describedby=[frame.described()] aria-invalid=[frame.invalid()];
            }),
            FieldKind::Paragraph { .. } => frame.one(&html! {
                textarea id=(frame.id) name=(name) rows="6" aria-required=[required]
                    aria-describedby=[frame.described()] aria-invalid=[frame.invalid()] {
                    // A browser drops the first line break.
                    "\n" (self.filled.text(field))
                }
            }),
            FieldKind::Select { options } => frame.one(&html! {
                select id=(frame.id) name=(name) aria-required=[required] aria-describedby=[frame.described()] aria-invalid=[frame.invalid()] {
                    option value="" { (lang.pick("Please choose", "選択してください")) }
                    @for choice in options {
                        option value=(choice.value) selected[self.filled.text(field) == choice.value] { (choice.label.get(lang)) }
                    }
                }
            }),
            FieldKind::Date { min, max } => frame.one(&html! {
                input.date id=(frame.id) name=(name) type="date" placeholder="2027-03-31" value=(self.filled.text(field)) min=[min.map(|day| day.to_string())]
                    max=[max.map(|day| day.to_string())] aria-required=[required] aria-describedby=[frame.described()] aria-invalid=[frame.invalid()];
            }),
            FieldKind::Radio { options } => self.choices(&frame, field, "radio", options),
            FieldKind::Checkbox { options } => self.choices(&frame, field, "checkbox", options),
            FieldKind::File { max_files } => self.upload(&frame, field, *max_files),
        }
    }

    fn choices(&self, frame: &Frame<'_>, field: &Field, kind: &str, options: &[application::form::Choice]) -> Markup {
        let (text, list) = (self.filled.text(field), self.filled.list(field));
        let chosen = |value: &str| if kind == "radio" { text == value } else { list.contains(&value) };
        frame.group(&html! {
            div.choices.inline[field.inline] {
                @for (index, choice) in options.iter().enumerate() {
                    label.choice {
                        input id={(frame.id) "-" (index)} type=(kind) name={(ANSWER) (field.id)} value=(choice.value) checked[chosen(&choice.value)]
                            aria-invalid=[frame.invalid()];
                        span { (choice.label.get(frame.lang)) }
                    }
                }
            }
        })
    }

    /// Files are chosen once there is an application that they belong to; what was uploaded is named by its id.
    fn upload(&self, frame: &Frame<'_>, field: &Field, max_files: u32) -> Markup {
        let lang = self.wrong.lang;
        let Some((known, base)) = self.files else {
            return frame.one(&html! {
                p.later id=(frame.id) tabindex="-1" {
                    (lang.pick("You attach files on the next page, after “Save and continue”.", "「保存して次へ」を押したあとのページで添付します。"))
                }
            });
        };
        let limits = match lang {
            Lang::En => format!(
                "Up to {max_files} files of 50 MB each: PDF, pictures, videos, sound, Office documents, text, ZIP."
            ),
            Lang::Ja => format!("{max_files}個まで、各50 MBまで。PDF、画像、動画、音声、Office文書、テキスト、ZIP。"),
        };
        let chosen = self.filled.list(field);
        let mine: Vec<&Shown> =
            known.iter().filter(|file| file.field == field.id.as_str() && chosen.contains(&file.id.as_str())).collect();
        html! {
            div.field.invalid[!frame.wrong.is_empty()] data-files=(field.id) data-base=(base) data-max=(max_files) {
                label for=(frame.id) { (frame.label) " " (frame.mark()) }
                (frame.hints())
                p.hint id={"l-" (frame.id)} { (limits) }
                ul.files { @for file in &mine { (file_row(lang, file, Some(&format!("{ANSWER}{}", field.id)))) } }
                input.picker id=(frame.id) type="file" multiple[max_files > 1] accept=(files::accept()) aria-describedby={"l-" (frame.id) " e-" (frame.id)} aria-invalid=[frame.invalid()];
                noscript { p.later { (lang.pick("Attaching files needs JavaScript. Please switch it on, or use another browser.", "ファイルの添付にはJavaScriptが必要です。有効にするか、別のブラウザーをお使いください。")) } }
                p.said role="status" aria-live="polite" {}
            }
        }
    }
}

/// One uploaded file. `name`: of the hidden field that names it.
fn file_row(lang: Lang, file: &Shown, name: Option<&str>) -> Markup {
    html! {
        li data-file=(file.id) data-state=(file.state) {
            @if let Some(name) = name { input type="hidden" name=(name) value=(file.id); }
            span.file { (file.name) " " span.soft.small { (size(file.size_bytes)) } }
            span.is.{ "is-" (file.state) } { (state_text(lang, file.state)) }
            @if let Some(reason) = file.reason { p.error { (reason.text(lang)) } }
        }
    }
}

pub(crate) fn state_text(lang: Lang, state: &str) -> &'static str {
    match state {
        "uploading" => lang.pick("Uploading", "アップロード中"),
        "checking" => lang.pick("Being checked", "確認中"),
        "accepted" => lang.pick("Accepted", "確認済み"),
        _ => lang.pick("Refused", "受付不可"),
    }
}

pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn fixed(lang: Lang) -> [(&'static str, &'static str); 3] {
    [
        ("name", lang.pick("Your name", "お名前")),
        ("email", lang.pick("E-mail address", "メールアドレス")),
        ("code", lang.pick("Code", "コード")),
    ]
}

fn is_group(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Radio { .. } | FieldKind::Checkbox { .. })
}

/// A field that people neither see nor hear, and programs fill in.
pub(crate) fn trap(lang: Lang) -> Markup {
    html! {
        div.away aria-hidden="true" {
            label { (lang.pick("Leave this empty", "空のままにしてください")) " " input type="text" name=(TRAP_FIELD) value="" tabindex="-1" autocomplete="off"; }
        }
    }
}

/// An answer as people read it.
pub(crate) fn read(lang: Lang, field: &Field, answers: &Map<String, Value>) -> Vec<String> {
    let label = |value: &str| {
        let known = field.kind.options().iter().find(|choice| choice.value == value);
        known.map_or_else(|| value.to_owned(), |choice| choice.label.get(lang).to_owned())
    };
    match answers.get(field.id.as_str()) {
        Some(Value::String(text)) => vec![label(text)],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(label).collect(),
        _ => Vec::new(),
    }
}

/// Answers of one submission, with its files. `file`: where one can be had.
pub(crate) fn answered(
    lang: Lang,
    definition: &Definition,
    answers: &Value,
    files: &[Shown],
    link: &dyn Fn(&str) -> Option<String>,
) -> Markup {
    let empty = Map::new();
    let answers = answers.as_object().unwrap_or(&empty);
    html! {
        dl.answers {
            @for field in definition.asked() {
                dt { (field.label.get(lang)) }
                dd dir="auto" { (answer(lang, &field, answers, files, link)) }
            }
        }
    }
}

/// One answer.
pub(crate) fn answer(
    lang: Lang,
    field: &Field,
    answers: &Map<String, Value>,
    files: &[Shown],
    link: &dyn Fn(&str) -> Option<String>,
) -> Markup {
    let texts = read(lang, field, answers);
    html! {
        @if texts.is_empty() { span.soft { (lang.pick("(no answer)", "（未回答）")) } }
        @else if matches!(field.kind, FieldKind::File { .. }) {
            ul.files {
                @for id in &texts {
                    @match files.iter().find(|file| file.id == *id) {
                        Some(file) => li data-state=(file.state) {
                            @match link(id).filter(|_| file.state == "accepted") {
                                Some(href) => a href=(href) { (file.name) },
                                None => span.file { (file.name) },
                            }
                            " " span.soft.small { (size(file.size_bytes)) " · " (state_text(lang, file.state)) }
                            @if file.has_nested { p.small.warn { (lang.pick("Contains archives that nobody has looked into.", "中身を確認していないアーカイブが含まれています。")) } }
                        },
                        None => li.soft { (lang.pick("No longer kept", "保存期間が終了しました")) },
                    }
                }
            }
        }
        @else if texts.len() > 1 { ul { @for text in &texts { li { (text) } } } }
        @else { @for text in &texts { @for line in text.split('\n') { (line) br; } } }
    }
}
