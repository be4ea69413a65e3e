//! Badges: the list, one badge, and the editor.

use crate::Refused;
use crate::api::Call;
use crate::desk::Desk;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use badge::Lang;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::{Answer, Kind};
use maud::html;
use serde_json::{Value, json};
use store::Role;

/// Languages of the editor, each with its name in itself.
const LANGUAGES: [(&str, &str); 2] = [("ja", "日本語"), ("en", "English")];
/// What a badge may be (Open Badges 3.0 section B.1.5): those that organisations use most.
const TYPES: [(&str, &str, &str); 9] = [
    ("", "–", "–"),
    ("Achievement", "Achievement", "達成"),
    ("Assessment", "Exam or assessment", "試験・評価"),
    ("CertificateOfCompletion", "Certificate of completion", "修了証"),
    ("Certification", "Certification", "資格認定"),
    ("Competency", "Competency or skill", "能力・スキル"),
    ("Course", "Course", "講座"),
    ("MicroCredential", "Micro-credential", "マイクロクレデンシャル"),
    ("CommunityService", "Community service", "社会貢献活動"),
];

/// `GET /console/{client}/badges?q=&category=&draft=`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let category = desk.request.query("category");
    let draft = desk.request.query("draft").filter(|value| matches!(*value, "0" | "1"));
    let list = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])).await?;
    let rows = list["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = desk.request.query("q").map(str::to_lowercase).unwrap_or_default();
    let text = |badge: &Value, name: &str| badge[name].as_str().unwrap_or_default().to_owned();
    let matches = |badge: &&Value| {
        let holds = |part: &str| text(badge, part).to_lowercase().contains(&wanted);
        let of = |name: &str, value: &str| badge[name].as_array().is_some_and(|all| all.iter().any(|v| v == value));
        (holds("name") || holds("description"))
            && category.is_none_or(|category| of("category", category))
            && draft.is_none_or(|draft| badge["draft"] == (draft == "1"))
    };
    let shown: Vec<&Value> = rows.iter().rev().filter(matches).collect();
    let mut categories: Vec<&str> =
        rows.iter().filter_map(|badge| badge["category"].as_array()).flatten().filter_map(Value::as_str).collect();
    categories.sort_unstable();
    categories.dedup();
    let title = lang.pick("Badges", "バッジ");
    Ok(shell::page(
        desk,
        200,
        title,
        "badges",
        &html! {
            h1 { (title) }
            form.toolbar method="get" role="search" {
                div.grow { label for="q" { (lang.pick("Search", "検索")) } input #q type="search" name="q" value=(desk.request.query("q").unwrap_or_default()); }
                @if !categories.is_empty() {
                    div {
                        label for="category" { (lang.pick("Category", "カテゴリー")) }
                        select #category name="category" {
                            option value="" { (lang.pick("All", "すべて")) }
                            @for name in &categories { option value=(name) selected[category == Some(*name)] { (name) } }
                        }
                    }
                }
                div {
                    label for="draft" { (lang.pick("State", "状態")) }
                    select #draft name="draft" {
                        option value="" { (lang.pick("All", "すべて")) }
                        option value="0" selected[draft == Some("0")] { (lang.pick("Ready", "公開")) }
                        option value="1" selected[draft == Some("1")] { (lang.pick("Draft", "下書き")) }
                    }
                }
                button.quiet { (lang.pick("Show", "表示")) }
                @if desk.is(Role::Creator) && desk.member.badges.is_none() { a.button.primary href=(desk.at("badges/new")) { (lang.pick("New badge", "新しいバッジ")) } }
            }
            @if shown.is_empty() {
                div.empty {
                    @if rows.is_empty() { p { (lang.pick("There is no badge yet. A badge says what was achieved and how; it is issued as often as you like.", "まだバッジがありません。バッジには、何をどのように達成したかを書きます。作成したバッジは何度でも発行できます。")) } }
                    @else { p { (lang.pick("No badge is like that.", "条件に合うバッジはありません。")) } }
                }
            } @else {
                ul.cards {
                    @for badge in shown {
                        li.badge {
                            a href=(desk.at(&format!("badges/{}", text(badge, "id")))) {
                                img src=(text(badge, "image")) alt="" loading="lazy" width="120" height="120";
                                strong { (text(badge, "name")) }
                            }
                            @if badge["draft"] == true { span.state.warn { (lang.pick("draft", "下書き")) } }
                        }
                    }
                }
            }
        },
    ))
}

/// `GET /console/{client}/badges/{badge}`: the badge as it is, and what can be done with it.
pub(crate) async fn show(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let badge = desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?;
    let content = content_in(&badge, lang);
    let name = content["name"].as_str().unwrap_or_default();
    let is_draft = badge["draft"] == true;
    let criteria = content["criteria"].as_str().unwrap_or_default();
    Ok(shell::page(
        desk,
        200,
        name,
        "badges",
        &html! {
            div.split {
                img.art src=(badge["image"].as_str().unwrap_or_default()) alt=(content["image_alt"].as_str().unwrap_or(name));
                div {
                    h1 { (name) }
                    @if is_draft { p { span.state.warn { (lang.pick("draft", "下書き")) } " " span.soft { (lang.pick("It cannot be issued yet.", "まだ発行できません。")) } } }
                    p { (content["description"].as_str().unwrap_or_default()) }
                    div.actions.start {
                        @if desk.is(Role::Issuer) && !is_draft { a.button.primary href=(desk.at(&format!("issue/{id}"))) { (lang.pick("Issue", "発行する")) } }
                        @if desk.is(Role::Creator) {
                            a.button href=(desk.at(&format!("badges/{id}/edit"))) { (lang.pick("Edit", "編集する")) }
                            a.button href=(desk.at(&format!("badges/{id}/image"))) { (lang.pick("Picture", "画像")) }
                        }
                        @if !is_draft { a.button href=(format!("/badges/{id}")) { (lang.pick("Public page", "公開ページ")) } }
                        a.button href=(desk.at(&format!("events?badge_id={id}"))) { (lang.pick("Issued", "発行履歴")) }
                    }
                }
            }
            h2 { (lang.pick("Criteria", "取得条件")) }
            (edge::markdown::render(criteria))
            dl {
                dt { (lang.pick("Languages", "言語")) }
                dd { (badge["content"].as_array().into_iter().flatten().filter_map(|c| c["language"].as_str()).collect::<Vec<_>>().join(", ")) }
                dt { (lang.pick("Valid for", "有効期間")) }
                dd { (months(lang, &badge["expires"])) }
                dt { (lang.pick("Version", "バージョン")) }
                dd { (badge["version"].as_u64().unwrap_or(1)) " · " (shell::time_of(&badge["mtime"])) }
            }
            @if desk.is(Role::Creator) {
                details.danger {
                    summary { (lang.pick("Delete this badge", "このバッジを削除")) }
                    p { (lang.pick("It leaves this list and can be issued no more. Everything issued so far stays valid and keeps its page.", "一覧から消え、以後は発行できなくなります。発行済みのバッジは有効なまま残り、ページも引き続き表示されます。")) }
                    form method="post" action=(desk.at(&format!("badges/{id}/delete"))) {
                        (shell::csrf(&desk.visitor))
                        button.bad { (lang.pick("Delete", "削除する")) }
                    }
                }
            }
        },
    ))
}

fn months(lang: Lang, value: &Value) -> String {
    match value.as_u64().unwrap_or(0) {
        0 => lang.pick("No end", "無期限").to_owned(),
        months => lang.pick(&format!("{months} months"), &format!("{months}か月")).to_owned(),
    }
}

/// A badge's texts in this language, else its first.
pub(crate) fn content_in(badge: &Value, lang: Lang) -> &Value {
    let all = badge["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().find(|content| content["language"] == lang.tag()).or_else(|| all.first()).unwrap_or(&Value::Null)
}

/// `POST …/delete`.
pub(crate) async fn delete(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.posted()?;
    let reply = desk.call(&Call::to("DELETE /v2/badge/{client}/{badge}", &[("badge", id)])).await?;
    if reply.is_done() { Ok(desk.done("badges", "deleted")) } else { Err(reply.problem().into()) }
}

/// `GET …/badges/new`, `GET …/badges/{badge}/edit`.
pub(crate) async fn edit(desk: &Desk<'_>, id: Option<&str>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let badge = match id {
        Some(id) => desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?,
        None => Value::Null,
    };
    editor(desk, 200, id, &badge, &Filled::default()).await
}

/// The stages of the editor, in their order: what each is called, and its place in the page.
fn stages(lang: Lang) -> [(&'static str, &'static str); 5] {
    [
        ("picture", lang.pick("1. Picture", "1. 画像")),
        ("texts", lang.pick("2. Texts", "2. 内容")),
        ("alignment", lang.pick("3. Skills", "3. スキル・分類")),
        ("mail", lang.pick("4. Mail", "4. メール")),
        ("issue", lang.pick("5. Issuing", "5. 発行設定")),
    ]
}

async fn editor(
    desk: &Desk<'_>,
    status: u16,
    id: Option<&str>,
    badge: &Value,
    filled: &Filled,
) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let aliases = desk.read(Call::to("GET /v2/client/{client}/alias", &[])).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let primary = badge["primary_language"].as_str().unwrap_or(lang.tag()).to_owned();
    let title = if id.is_some() {
        lang.pick("Edit badge", "バッジを編集")
    } else {
        lang.pick("New badge", "新しいバッジ")
    };
    let permitted: Vec<&str> =
        badge["client_alias_id"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ticked_alias =
        |id: &str| if filled.is_sent() { filled.posted.has("alias", id) } else { permitted.contains(&id) };
    let ready = if filled.is_sent() { filled.posted.has("draft", "no") } else { badge["draft"] == false };
    Ok(shell::page(
        desk,
        status,
        title,
        "badges",
        &html! {
            h1 { (title) }
            nav.steps aria-label=(lang.pick("Stages", "手順")) { @for (place, name) in stages(lang) { a href=(format!("#{place}")) { (name) } } }
            (shell::complaints(lang, filled))
            form method="post" enctype="multipart/form-data" {
                (shell::csrf(&desk.visitor))
                @if let Some(version) = badge["version"].as_u64() { input type="hidden" name="version" value=(filled.value("version", &version.to_string())); }
                section #picture {
                    h2 { (stages(lang)[0].1) }
                    @if let Some(image) = badge["image"].as_str() { img.art src=(image) alt=(lang.pick("The picture now", "現在の画像")); }
                    (Field::new("/image", lang.pick("Upload a picture", "画像をアップロード"))
                        .hint(lang.pick("PNG or SVG, square, up to 4 MB. It can be drawn in the designer after saving, too.", "正方形のPNGまたはSVG(4MBまで)。保存後にデザイナーで作成することもできます。"))
                        .around(lang, filled, |id, described| html! { input id=(id) name="image" type="file" accept="image/png,image/svg+xml" aria-describedby=[described]; }))
                }
                section #texts {
                    h2 { (stages(lang)[1].1) }
                    (Field::new("/primary_language", lang.pick("Main language", "主言語")).choice(lang, filled, "primary", &LANGUAGES, &primary))
                    @for (tag, name) in LANGUAGES {
                        @let content = badge["content"].as_array().into_iter().flatten().find(|c| c["language"] == tag).cloned().unwrap_or_default();
                        @let place = place_of(filled, badge, tag);
                        @let is_open = !content.is_null() || tag == primary || filled.posted.text(&format!("name.{tag}")).is_some();
                        details open[is_open] {
                            summary lang=(tag) { (name) }
                            (Field::new(&format!("/content/{place}/name"), lang.pick("Name", "名称")).line(lang, filled, &format!("name.{tag}"), "text", &text(&content["name"])))
                            (Field::new(&format!("/content/{place}/description"), lang.pick("Description", "説明")).hint(lang.pick("What somebody who holds it has achieved.", "このバッジの保有者が達成したこと。")).paragraph(lang, filled, &format!("description.{tag}"), 4, &text(&content["description"])))
                            (Field::new(&format!("/content/{place}/criteria"), lang.pick("Criteria", "取得条件")).hint(lang.pick("How it is earned. Markdown: **bold**, - lists, [links](https://…).", "どうすれば取得できるか。Markdownが使えます: **太字**、- 箇条書き、[リンク](https://…)")).paragraph(lang, filled, &format!("criteria.{tag}"), 8, &text(&content["criteria"])))
                            (Field::new(&format!("/content/{place}/image_alt"), lang.pick("What the picture shows, for who does not see it", "画像の代替テキスト")).line(lang, filled, &format!("alt.{tag}"), "text", &text(&content["image_alt"])))
                        }
                    }
                }
                section #alignment {
                    h2 { (stages(lang)[2].1) }
                    @let first = badge["content"][0].clone();
                    (Field::new("/content/0/achievement_type", lang.pick("Kind of achievement", "達成の種類")).choice(lang, filled, "type", &TYPES.map(|(value, en, ja)| (value, lang.pick(en, ja))), &text(&first["achievement_type"])))
                    (Field::new("/content/0/tag", lang.pick("Key words, with commas between", "キーワード(カンマ区切り)")).line(lang, filled, "tag", "text", &list_of(&first["tag"])))
                    (Field::new("/content/0/alignment", lang.pick("Skills, one a line: name | address | framework", "スキル・基準(1行に1件): 名称 | URL | フレームワーク")).hint(lang.pick("For example an entry of ESCO.", "ESCOの項目など。")).paragraph(lang, filled, "alignment", 3, &alignment_lines(&first["alignment"])))
                    (Field::new("/category", lang.pick("Categories, with commas between", "カテゴリー(カンマ区切り)")).hint(lang.pick("Your own grouping, seen by staff only.", "団体内での分類。スタッフにのみ表示されます。")).line(lang, filled, "category", "text", &list_of(&badge["category"])))
                }
                section #mail {
                    h2 { (stages(lang)[3].1) }
                    p.hint { (lang.pick("What is left empty is said in our words. {{recipient}}, {{badge}}, {{issuer}}, {{link}} and {{expires}} are filled in.", "空欄の場合は標準の文面になります。{{recipient}}、{{badge}}、{{issuer}}、{{link}}、{{expires}} は差し込まれます。")) }
                    @let mail = &badge["email_message"];
                    (Field::new("/email_message/subject", lang.pick("Subject", "件名")).line(lang, filled, "mail.subject", "text", &text(&mail["subject"])))
                    (Field::new("/email_message/body", lang.pick("Text", "本文")).paragraph(lang, filled, "mail.body", 6, &text(&mail["body"])))
                    (Field::new("/email_message/link_text", lang.pick("Button", "ボタンの文字")).line(lang, filled, "mail.link_text", "text", &text(&mail["link_text"])))
                    (Field::new("/email_message/footer", lang.pick("Below", "フッター")).paragraph(lang, filled, "mail.footer", 2, &text(&mail["footer"])))
                }
                section #issue {
                    h2 { (stages(lang)[4].1) }
                    (Field::new("/expires", lang.pick("Valid for how many months", "有効期間(月)")).hint(lang.pick("0 or empty: without end.", "0または空欄で無期限。")).line(lang, filled, "expires", "number", &badge["expires"].as_u64().filter(|m| *m > 0).map(|m| m.to_string()).unwrap_or_default()))
                    @if aliases["result"].as_array().is_some_and(|all| !all.is_empty()) {
                        fieldset {
                            legend { (lang.pick("Aliases it may be issued under (none ticked: all)", "発行できるエイリアス(選択なし: すべて)")) }
                            @for alias in aliases["result"].as_array().into_iter().flatten() {
                                @let alias_id = text(&alias["id"]);
                                label.tick { input type="checkbox" name="alias" value=(alias_id) checked[ticked_alias(&alias_id)]; span { (text(&alias["name"])) } }
                            }
                        }
                    }
                    label.tick { input type="checkbox" name="draft" value="no" checked[ready]; span { (lang.pick("Ready to be issued", "発行できる状態にする")) } }
                }
                div.actions.start { button { (lang.pick("Save", "保存する")) } a.button href=(desk.at(&id.map_or("badges".to_owned(), |id| format!("badges/{id}")))) { (lang.pick("Cancel", "キャンセル")) } }
            }
        },
    ))
}

fn list_of(value: &Value) -> String {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn alignment_lines(value: &Value) -> String {
    let line = |entry: &Value| {
        let part = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let parts = [part("targetName"), part("targetUrl"), part("targetFramework")];
        parts.join(" | ").trim_end_matches([' ', '|']).to_owned()
    };
    value.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// Beyond the places that languages have in a badge.
const UNPLACED: usize = 90;

/// The place of a language's texts in what was sent, or would be: complaints are about places.
fn place_of(filled: &Filled, badge: &Value, tag: &str) -> usize {
    let found = if filled.is_sent() {
        written(&filled.posted).iter().position(|t| *t == tag)
    } else {
        badge["content"].as_array().into_iter().flatten().position(|content| content["language"] == tag)
    };
    // What has no place yet gets one that nothing else has: fields are told apart by it.
    found.unwrap_or_else(|| UNPLACED + LANGUAGES.iter().position(|(t, _)| *t == tag).unwrap_or_default())
}

/// The languages that something was written in, the main one first; that one also when it is empty, so that it is complained about.
fn written(posted: &Posted) -> Vec<&'static str> {
    let primary = posted.text("primary");
    let main = LANGUAGES.iter().find(|(tag, _)| Some(*tag) == primary).unwrap_or(&LANGUAGES[0]).0;
    let is_written = |tag: &str| {
        ["name", "description", "criteria"].iter().any(|part| posted.text(&format!("{part}.{tag}")).is_some())
    };
    let others = LANGUAGES.iter().map(|(tag, _)| *tag).filter(|tag| *tag != main && is_written(tag));
    std::iter::once(main).chain(others).collect()
}

/// What was typed, as the API takes it. `before`: what the editor shows nothing of stays.
fn body(posted: &Posted, before: &Value) -> Value {
    let parts = |text: Option<&str>| -> Vec<String> {
        let parts = text.unwrap_or_default().split([',', '、', '，']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let alignment: Vec<Value> = posted
        .text("alignment")
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut parts = line.split('|').map(str::trim);
            let mut part = || parts.next().unwrap_or_default();
            json!({"targetName": part(), "targetUrl": part(), "targetFramework": part()})
        })
        .collect();
    let mut contents: Vec<Value> = Vec::new();
    for tag in written(posted) {
        let old = before["content"].as_array().into_iter().flatten().find(|content| content["language"] == tag);
        let mut content = old.cloned().unwrap_or_else(|| json!({}));
        let raw = |part: &str| posted.text(&format!("{part}.{tag}")).unwrap_or_default();
        content["language"] = tag.into();
        for part in ["name", "description", "criteria"] {
            content[part] = raw(part).into();
        }
        content["image_alt"] = raw("alt").into();
        content["achievement_type"] = posted.text("type").unwrap_or_default().into();
        content["tag"] = parts(posted.text("tag")).into();
        content["alignment"] = alignment.clone().into();
        contents.push(content);
    }
    // Texts in languages that the editor does not show stay.
    let shown = |content: &&Value| LANGUAGES.iter().any(|(tag, _)| content["language"] == *tag);
    contents.extend(before["content"].as_array().into_iter().flatten().filter(|content| !shown(content)).cloned());
    let mail = |part: &str| posted.text(&format!("mail.{part}")).unwrap_or_default();
    let expires: Value = match posted.text("expires") {
        None => 0.into(),
        Some(text) => text.parse::<u32>().map_or_else(|_| text.into(), Value::from),
    };
    let mut body = json!({
        "primary_language": written(posted)[0],
        "content": contents,
        "category": parts(posted.text("category")),
        "client_alias_id": posted.all("alias").collect::<Vec<_>>(),
        "email_message": {"subject": mail("subject"), "body": mail("body"), "link_text": mail("link_text"), "footer": mail("footer")},
        "expires": expires,
        "draft": !posted.has("draft", "no"),
    });
    for kept in ["intent", "email_message_translations"] {
        if !before[kept].is_null() {
            body[kept] = before[kept].clone();
        }
    }
    if let Some(bytes) = posted.file("image") {
        let media_type = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/svg+xml" };
        body["image"] = format!("data:{media_type};base64,{}", STANDARD.encode(bytes)).into();
    }
    body
}

/// A picture for badges that have none yet, until one is drawn or uploaded.
const FIRST_PICTURE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600"><circle cx="300" cy="300" r="280" fill="#b3261e"/><circle cx="300" cy="300" r="240" fill="none" stroke="#f4f1ea" stroke-width="10"/><path d="M300 150l44 96 105 12-78 71 21 104-92-52-92 52 21-104-78-71 105-12z" fill="#f4f1ea"/></svg>"##;

/// `POST …/badges/new`, `POST …/badges/{badge}/edit`.
pub(crate) async fn save(desk: &Desk<'_>, id: Option<&str>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let posted = desk.posted()?;
    let before = match id {
        Some(id) => desk.read(Call::to("GET /v2/badge/{client}/{badge}", &[("badge", id)])).await?,
        None => Value::Null,
    };
    let mut body = body(&posted, &before);
    let reply = match id {
        Some(id) => {
            let condition = format!("\"{}\"", posted.text("version").unwrap_or("0"));
            let headers = [("if-match", condition.as_str())];
            desk.call(&Call::to("PUT /v2/badge/{client}/{badge}", &[("badge", id)]).with(&headers).json(&body)).await?
        }
        None => {
            if body["image"].is_null() {
                body["image"] = format!("data:image/svg+xml;base64,{}", STANDARD.encode(FIRST_PICTURE)).into();
            }
            desk.call(&Call::to("POST /v2/badge/{client}", &[]).json(&body)).await?
        }
    };
    if !reply.is_done() {
        if reply.status == Kind::MissingRole.status() || reply.status == 404 {
            return Err(reply.problem().into());
        }
        let complaints = reply.complaints();
        return editor(desk, reply.status, id, &before, &Filled { posted, complaints }).await;
    }
    let answer = reply.json();
    let id = answer["resource_id"].as_str().unwrap_or_default();
    Ok(desk.done(&format!("badges/{id}"), "saved"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Request;

    fn posted(body: &str) -> Posted {
        let mut request = Request::test(http::Method::POST, "/", &[]);
        request.body = body.into();
        Posted::read(&request).unwrap()
    }

    #[test]
    fn what_is_typed_becomes_what_the_api_takes() {
        let body = body(
            &posted(
                "primary=en&name.ja=%E5%8D%B0&name.en=Seal&description.en=D&criteria.en=C&tag=a%2C%20b%E3%80%81c&alignment=Weave%20%7C%20https%3A%2F%2Fe.example%20%7C%20ESCO%0D%0A&expires=12&alias=x&mail.subject=S&draft=no",
            ),
            &json!({"content": [{"language": "en", "human_code": "H1"}, {"language": "fr", "name": "F"}], "intent": "i"}),
        );
        assert_eq!(
            (&body["primary_language"], &body["draft"], &body["expires"]),
            (&json!("en"), &json!(false), &json!(12))
        );
        let languages: Vec<&str> =
            body["content"].as_array().unwrap().iter().map(|c| c["language"].as_str().unwrap()).collect();
        assert_eq!(languages, ["en", "ja", "fr"]);
        let english = &body["content"][0];
        assert_eq!(
            (&english["name"], &english["human_code"], &english["tag"]),
            (&json!("Seal"), &json!("H1"), &json!(["a", "b", "c"]))
        );
        assert_eq!(
            english["alignment"],
            json!([{"targetName": "Weave", "targetUrl": "https://e.example", "targetFramework": "ESCO"}])
        );
        assert_eq!(
            (&body["intent"], &body["email_message"]["subject"], &body["client_alias_id"]),
            (&json!("i"), &json!("S"), &json!(["x"]))
        );
    }

    #[test]
    fn fields_of_two_languages_are_never_of_one_place() {
        for badge in [Value::Null, json!({"content": [{"language": "en"}]})] {
            let places = LANGUAGES.map(|(tag, _)| place_of(&Filled::default(), &badge, tag));
            assert_ne!(places[0], places[1], "{badge}");
        }
        let filled = Filled { posted: posted("primary=en&name.en="), complaints: Vec::new() };
        assert_eq!(place_of(&filled, &Value::Null, "en"), 0);
        assert_ne!(place_of(&filled, &Value::Null, "ja"), 0);
    }

    #[test]
    fn what_is_no_number_is_left_to_be_complained_about() {
        assert_eq!(body(&posted("expires=soon"), &Value::Null)["expires"], "soon");
        assert_eq!(body(&posted("primary=ja&draft="), &Value::Null)["draft"], true);
        assert_eq!(alignment_lines(&json!([{"targetName": "W", "targetUrl": "u"}])), "W | u");
    }
}
