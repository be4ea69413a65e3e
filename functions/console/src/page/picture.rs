//! The picture of a badge: drawn in the designer.

use crate::Refused;
use crate::api::{Call, Reply};
use crate::desk::Desk;
use crate::page::badges::content_in;
use crate::shell;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use design::editor::{BUTTON, ICONS, Places, SAVE, Shown, TEMPLATE, editor, parse};
use design::{Design, templates};
use edge::Answer;
use edge::answer::Cache;
use maud::html;
use serde_json::{Value, json};
use store::Role;

/// `GET …/badges/{badge}/image`.
pub(crate) async fn show(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let badge = desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?;
    let picture = badge["image"].as_str().map(str::to_owned);
    page(desk, 200, (id, &badge), &badge["design"], picture.as_deref(), false)
}

fn page(
    desk: &Desk<'_>,
    status: u16,
    (id, badge): (&str, &Value),
    filled: &Value,
    picture: Option<&str>,
    all_icons: bool,
) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let title = lang.pick("Picture", "画像");
    let complaints = if filled.is_null() { Vec::new() } else { Design::read(filled).err().unwrap_or_default() };
    let (action, hidden) = (desk.at(&format!("badges/{id}/image")), shell::csrf(&desk.visitor));
    let shown = Shown { lang, filled, complaints: &complaints, picture, all_icons, hidden: &hidden };
    let preview = format!("{action}/preview");
    let places = Places { action: &action, preview: &preview, icons: "/design/icons", templates: "/design/templates" };
    Ok(shell::page_with_designer(
        desk,
        status,
        title,
        "badges",
        &html! {
            p.soft {
                a href=(desk.at(&format!("badges/{id}"))) { (content_in(badge, lang)["name"].as_str().unwrap_or_default()) }
            }
            h1 { (title) }
            p.hint {
                (lang.pick("Draw it here, or upload a picture in the badge's editor. What was issued keeps the picture it has.", "ここでデザインするか、バッジの編集画面で画像をアップロードします。発行済みのバッジの画像は変わりません。"))
            }
            (editor(&shown, &places))
        },
    ))
}

async fn drawn(desk: &Desk<'_>, design: &Value) -> Result<Reply, Refused> {
    let accept = [("accept", "image/svg+xml")];
    desk.ask(&Call::to("POST /v2/client/{client}/design", &[]).with(&accept).json(design)).await
}

/// `POST …/badges/{badge}/image`: shows what was typed, begins from a template, or keeps the design as the badge's picture.
pub(crate) async fn save(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let posted = desk.posted()?;
    let place = [("badge", id)];
    let badge = desk.read(Call::to("GET /v2/badge/{client}/{badge}", &place)).await?;
    let filled = match posted.text(TEMPLATE).and_then(templates::find) {
        Some(template) => template.design(desk.lang).value(),
        None => parse(posted.fields()),
    };
    // A design that does not read is shown with what is wrong with it, without a picture.
    let readable = Design::read(&filled).is_ok();
    if posted.has(BUTTON, SAVE) && readable {
        let patch = json!({"design": Design::read(&filled).map(|design| design.value()).unwrap_or_default()});
        let reply = desk.call(&Call::to("PATCH /v2/badge/{client}/{badge}", &place).json(&patch)).await?;
        return if reply.is_done() {
            Ok(desk.done(&format!("badges/{id}"), "saved"))
        } else {
            Err(reply.problem().into())
        };
    }
    let picture = if readable { Some(drawn(desk, &filled).await?) } else { None };
    let picture = picture.filter(Reply::is_done).map(|reply| {
        let encoded = STANDARD.encode(&reply.body);
        format!("data:image/svg+xml;base64,{encoded}")
    });
    let (status, all_icons) = (if readable { 200 } else { 400 }, posted.has(BUTTON, ICONS));
    page(desk, status, (id, &badge), &filled, picture.as_deref(), all_icons)
}

/// `POST …/badges/{badge}/image/preview`: the picture of what is typed, for the script.
pub(crate) async fn preview(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let posted = desk.posted()?;
    let reply = drawn(desk, &parse(posted.fields())).await?;
    let media_type = if reply.is_done() { "image/svg+xml" } else { "application/problem+json" };
    Ok(Answer::new(reply.status).body(media_type, reply.body).cache(Cache::None))
}
