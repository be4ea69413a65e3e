//! What belongs to the organisation as a whole: what it says of itself, when it signs, API credentials, aliases, webhooks.

use crate::Refused;
use crate::api::Call;
use crate::desk::Desk;
use crate::posted::Filled;
use crate::shell::{self, Field};
use badge::Lang;
use edge::{Answer, Kind};
use maud::{Markup, html};
use serde_json::{Value, json};
use store::Role;

/// What webhooks are told of.
const TYPES: [(&str, &str, &str); 5] = [
    ("credential.issued", "issued", "発行"),
    ("credential.accepted", "accepted", "受領"),
    ("credential.declined", "declined", "辞退"),
    ("credential.revoked", "revoked", "取り消し"),
    ("credential.expired", "expired", "期限切れ"),
];
const ROLES: [&str; 4] = ["admin", "creator", "issuer", "reviewer"];

/// `GET /console/{client}/settings`.
pub(crate) async fn show(desk: &Desk<'_>) -> Result<Answer, Refused> {
    page(desk, 200, &Filled::default(), None).await
}

/// `secret`: what is shown once, and of what.
async fn page(
    desk: &Desk<'_>,
    status: u16,
    filled: &Filled,
    secret: Option<(&str, &Value)>,
) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let lang = desk.lang;
    let (organisation, secrets, aliases, hooks) = futures_util::future::try_join4(
        desk.read(Call::to("GET /v2/client/{client}", &[])),
        desk.read(Call::to("GET /v2/client/{client}/secret", &[])),
        desk.read(Call::to("GET /v2/client/{client}/alias", &[])),
        desk.read(Call::to("GET /v2/webhook/{client}", &[])),
    )
    .await?;
    let rows = |value: &Value| value["result"].as_array().cloned().unwrap_or_default();
    let about = filled.posted.text("about").unwrap_or_default();
    // Complaints and what was typed belong to one of the forms.
    let none = Filled::default();
    let of = |name: &str| if about == name { filled } else { &none };
    let title = lang.pick("Settings", "設定");
    Ok(shell::page(
        desk,
        status,
        title,
        "settings",
        &html! {
            h1 { (title) }
            dl {
                dt { (lang.pick("Organisation", "団体")) } dd { a href=(format!("/issuers/{}", desk.client())) { (desk.organisation.name) } }
                dt { (lang.pick("Client id", "クライアントID")) } dd { code { (desk.client()) } }
                dt { "DID" } dd { code { (desk.app.urls.issuer_did(desk.client())) } }
            }
            @if let Some((what, body)) = secret { (shown_once(lang, what, body)) }

            h2 #organisation { (lang.pick("Organisation", "団体")) }
            (form(desk, "organisation", of("organisation"), &organisation_fields(lang, of("organisation"), &organisation), lang.pick("Change the organisation", "団体の情報を編集")))

            h2 #credentials { (lang.pick("API credentials", "API認証情報")) }
            p.soft { (lang.pick("For Moodle and other systems that issue by themselves.", "Moodleなど、外部のシステムから発行するために使います。")) }
            div.scroll { table {
                thead { tr { th scope="col" { (lang.pick("Label", "ラベル")) } th scope="col" { (lang.pick("Roles", "役割")) } th scope="col" { (lang.pick("Made", "作成日時")) } th scope="col" {} } }
                tbody { @for row in rows(&secrets) {
                    tr {
                        td { (text(&row["label"])) }
                        td { (row["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")) }
                        td { (shell::time_of(&row["ctime"])) }
                        td { (remove(desk, "secret", &text(&row["id"]), lang.pick("Systems that use it are shut out within an hour.", "これを使用しているシステムは1時間以内に接続できなくなります。"))) }
                    }
                } }
            } }
            (form(desk, "secret", of("secret"), &html! {
                (Field::new("/label", lang.pick("Label", "ラベル")).within("secret").required().line(lang, of("secret"), "label", "text", ""))
                fieldset { legend { (lang.pick("Roles", "役割")) } @for role in ROLES { label.tick { input type="checkbox" name="role" value=(role) checked[of("secret").posted.has("role", role)]; span { (role) } } } }
            }, lang.pick("New API credential", "API認証情報を作成")))

            h2 #aliases { (lang.pick("Aliases", "エイリアス")) }
            p.soft { (lang.pick("Parts of the organisation under whose name it also issues.", "部署など、団体とは別の名義で発行するときに使います。")) }
            ul.rows { @for row in &rows(&aliases) {
                @let id = text(&row["id"]);
                @let changed = about == format!("alias {id}");
                li.alias {
                    span { strong { (text(&row["name"])) } " " span.soft { (text(&row["url"])) } }
                    details.remove open[changed] {
                        summary { (lang.pick("Change", "編集")) }
                        @let typed = if changed { filled } else { &none };
                        (shell::complaints_within(lang, typed, &id))
                        form method="post" {
                            (shell::csrf(&desk.visitor))
                            input type="hidden" name="about" value={"alias " (id)};
                            (alias_fields(lang, typed, &id, row))
                            p.soft.small { (lang.pick("What was issued under it stays as it is.", "発行済みのバッジは変わりません。")) }
                            button name="do" value="change" { (lang.pick("Save", "保存する")) }
                        }
                    }
                    (remove(desk, "alias", &id, lang.pick("What was issued under it stays as it is.", "発行済みのバッジは変わりません。")))
                }
            } }
            (form(desk, "alias", of("alias"), &alias_fields(lang, of("alias"), "alias", &Value::Null), lang.pick("New alias", "エイリアスを追加")))

            h2 #webhooks { "Webhooks" }
            p.soft { (lang.pick("Systems that are told what happens.", "発行や受領などの出来事を、外部のシステムに知らせます。")) }
            ul.rows { @for row in rows(&hooks) {
                li {
                    span {
                        strong { (text(&row["label"])) } " " code { (text(&row["url"])) } " "
                        @if row["state"] == "active" { span.state.good { (lang.pick("active", "有効")) } } @else { span.state.warn { (text(&row["state"])) } }
                        @if let Some(error) = row["last_error"].as_str() { " " span.soft { (error) } }
                    }
                    (remove(desk, "webhook", &text(&row["id"]), lang.pick("It is told nothing more.", "以後の通知は行われません。")))
                }
            } }
            (form(desk, "webhook", of("webhook"), &html! {
                (Field::new("/url", lang.pick("Address (https)", "URL(https)")).within("webhook").required().line(lang, of("webhook"), "url", "url", ""))
                (Field::new("/label", lang.pick("Label", "ラベル")).within("webhook").line(lang, of("webhook"), "label", "text", ""))
                fieldset { legend { (lang.pick("Of what (none ticked: everything)", "通知する内容(選択なし: すべて)")) } div.ticks { @for (name, en, ja) in TYPES { label.tick { input type="checkbox" name="type" value=(name) checked[of("webhook").posted.has("type", name)]; span { (lang.pick(en, ja)) } } } } }
            }, lang.pick("New webhook", "Webhookを追加")))
        },
    ))
}

/// What an organisation says of itself, and when its credentials are signed.
fn organisation_fields(lang: Lang, filled: &Filled, row: &Value) -> Markup {
    let field = |name: &'static str, en, ja| Field::new(name, lang.pick(en, ja)).within("organisation");
    let line = |field: Field<'_>, name: &str, kind: &str| field.line(lang, filled, name, kind, &text(&row[name]));
    let sign =
        if filled.is_sent() { filled.posted.text("sign").unwrap_or_default().to_owned() } else { text(&row["sign"]) };
    let choices = [
        ("at_issue", lang.pick("at once, when they are issued", "発行時にすべて署名する")),
        (
            "on_claim",
            lang.pick(
                "each when somebody first opens it, which costs less when many never do",
                "最初に開かれたときに署名する(開かれないバッジが多いほど費用を抑えられます)",
            ),
        ),
    ];
    html! {
        (line(field("/name", "Name", "名称").required(), "name", "text"))
        (line(field("/url", "Web site", "ウェブサイト").required(), "url", "url"))
        (line(field("/email", "Public mail address", "公開メールアドレス").required(), "email", "email"))
        (line(field("/description", "Description", "説明"), "description", "text"))
        (line(field("/country", "Country (two letters)", "国コード(2文字)"), "country", "text"))
        fieldset {
            legend { (lang.pick("Badges are signed", "バッジへの署名")) }
            @for (value, label) in choices {
                label.tick { input type="radio" name="sign" value=(value) checked[sign == value]; span { (label) } }
            }
        }
        p.soft.small { (lang.pick("What is issued already stays as it is.", "発行済みのバッジは変わりません。")) }
    }
}

/// The fields of an alias, new or as it is.
fn alias_fields(lang: Lang, filled: &Filled, scope: &str, row: &Value) -> Markup {
    let line = |field: Field<'_>, name: &str, kind: &str| {
        field.within(scope).line(lang, filled, name, kind, &text(&row[name]))
    };
    html! {
        (line(Field::new("/name", lang.pick("Name", "名称")).required(), "name", "text"))
        (line(Field::new("/url", lang.pick("Web site", "ウェブサイト")).required(), "url", "url"))
        (line(Field::new("/email", lang.pick("Mail address", "メールアドレス")).required(), "email", "email"))
        (line(Field::new("/reply_to", lang.pick("Where answers go, if elsewhere", "返信先(異なる場合)")), "reply_to", "email"))
        (line(Field::new("/description", lang.pick("Description", "説明")), "description", "text"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn form(desk: &Desk<'_>, about: &str, filled: &Filled, fields: &Markup, button: &str) -> Markup {
    html! {
        details.fold open[filled.is_sent()] {
            summary { (button) }
            (shell::complaints_within(desk.lang, filled, about))
            form method="post" {
                (shell::csrf(&desk.visitor))
                input type="hidden" name="about" value=(about);
                (fields)
                button name="do" value="add" { (button) }
            }
        }
    }
}

/// Removing asks once, and says what will happen.
fn remove(desk: &Desk<'_>, about: &str, id: &str, says: &str) -> Markup {
    let word = desk.lang.pick("Remove", "削除");
    html! {
        details.remove {
            summary { (word) }
            form method="post" {
                (shell::csrf(&desk.visitor))
                input type="hidden" name="about" value=(about);
                input type="hidden" name="id" value=(id);
                p { (says) }
                button.bad name="do" value="remove" { (word) }
            }
        }
    }
}

fn shown_once(lang: Lang, what: &str, body: &Value) -> Markup {
    let (name, value) = match what {
        "secret" => (lang.pick("Client secret", "クライアントシークレット"), text(&body["client_secret"])),
        _ => (lang.pick("Secret for signatures", "署名検証用シークレット"), text(&body["secret"])),
    };
    html! {
        div.note.good role="status" {
            strong { (lang.pick("Copy this now. It is shown this once and kept nowhere.", "今すぐコピーしてください。この画面にだけ表示され、どこにも保存されません。")) }
            dl { dt { (name) } dd { code.secret { (value) } } }
        }
    }
}

/// `POST /console/{client}/settings` with `about` (`organisation`, `secret`, `alias`, `webhook`) and `do` (`add`, `remove`).
pub(crate) async fn act(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let posted = desk.posted()?;
    let about = posted.text("about").unwrap_or_default().to_owned();
    let raw = |name: &str| posted.text(name).unwrap_or_default();
    if posted.has("do", "remove") {
        let (route, name) = match about.as_str() {
            "secret" => ("DELETE /v2/client/{client}/secret/{secret}", "secret"),
            "alias" => ("DELETE /v2/client/{client}/alias/{alias}", "alias"),
            "webhook" => ("DELETE /v2/webhook/{client}/{webhook}", "webhook"),
            _ => return Err(Kind::NotFound.into()),
        };
        let reply = desk.call(&Call::to(route, &[(name, raw("id"))])).await?;
        return if reply.is_done() { Ok(desk.done("settings", "deleted")) } else { Err(reply.problem().into()) };
    }
    let alias = || {
        let description = raw("description");
        json!({"name": raw("name"), "url": raw("url"), "email": raw("email"), "reply_to": raw("reply_to"), "description": description})
    };
    let changed = about.strip_prefix("alias ").filter(|_| posted.has("do", "change"));
    let place = changed.map(|id| [("alias", id)]);
    let parameters: &[(&str, &str)] = place.as_ref().map_or(&[], |place| place);
    let (route, body) = match about.as_str() {
        _ if changed.is_some() => ("PUT /v2/client/{client}/alias/{alias}", alias()),
        "secret" => (
            "POST /v2/client/{client}/secret",
            json!({"label": raw("label"), "roles": posted.all("role").collect::<Vec<_>>()}),
        ),
        "organisation" => ("PUT /v2/client/{client}", {
            let (name, country, sign) = (raw("name"), raw("country"), raw("sign"));
            json!({"name": name, "url": raw("url"), "email": raw("email"), "description": raw("description"), "country": country, "sign": sign})
        }),
        "alias" => ("POST /v2/client/{client}/alias", alias()),
        "webhook" => {
            let types: Vec<&str> = posted.all("type").collect();
            let types = if types.is_empty() { Value::Null } else { json!(types) };
            ("POST /v2/webhook/{client}", json!({"url": raw("url"), "label": raw("label"), "types": types}))
        }
        _ => return Err(Kind::NotFound.into()),
    };
    let reply = desk.call(&Call::to(route, parameters).json(&body)).await?;
    if !reply.is_done() {
        if [403, 404].contains(&reply.status) {
            return Err(reply.problem().into());
        }
        let complaints = reply.complaints();
        return page(desk, reply.status, &Filled { posted, complaints }, None).await;
    }
    match about.as_str() {
        // What is shown once cannot be sent on to.
        "secret" | "webhook" => page(desk, 200, &Filled::default(), Some((&about, &reply.json()))).await,
        _ if changed.is_some() || about == "organisation" => Ok(desk.done("settings", "saved")),
        _ => Ok(desk.done("settings", "created")),
    }
}
