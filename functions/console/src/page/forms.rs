//! Application forms: the list, beginning from a template, and the editor.
//!
//! The editor is a plain form: each question has a row, some empty rows wait for new ones, and what belongs together in a list is written a
//! line each. So it works without scripts, and what the API has to complain about stands beside the row.

use crate::Refused;
use crate::api::{Call, Complaint};
use crate::desk::Desk;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use badge::Lang;
use edge::Answer;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use store::Role;

/// Rows that wait for new questions.
const EMPTY_ROWS: usize = 3;
/// Questions of a form (the API's own limit).
const MAX_ROWS: usize = 60;
const KINDS: [(&str, &str, &str); 7] = [
    ("text", "one line", "1行テキスト"),
    ("paragraph", "text", "段落"),
    ("radio", "one of several", "単一選択"),
    ("checkbox", "several", "複数選択"),
    ("select", "one, from a list", "プルダウン"),
    ("date", "date", "日付"),
    ("file", "files", "ファイル"),
];
const METHODS: [(&str, &str, &str); 6] = [
    ("review", "A reviewer decides", "担当者が審査"),
    ("jury", "A jury votes", "審査員の投票"),
    ("peer", "Holders of a badge endorse", "保有者による承認"),
    ("automatic", "At once", "自動承認"),
    ("claim_code", "By a code", "引換コード"),
    ("quiz", "By a quiz", "クイズ"),
];

fn pick(lang: Lang, all: &[(&'static str, &'static str, &'static str)], name: &str) -> &'static str {
    all.iter().find(|(n, ..)| *n == name).map_or("–", |(_, en, ja)| lang.pick(en, ja))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `GET /console/{client}/forms`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let lang = desk.lang;
    let query = [("limit", "1000"), ("archived", "1")];
    let (forms, badges) = futures_util::future::try_join(
        desk.read(Call::to("GET /v2/form/{client}", &[]).asking(&query)),
        desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])),
    )
    .await?;
    let name = |id: &Value| {
        badges["result"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|b| b["id"] == *id)
            .map(|b| text(&b["name"]))
            .unwrap_or_default()
    };
    let rows = forms["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    let title = lang.pick("Application forms", "申請フォーム");
    Ok(shell::page(
        desk,
        200,
        title,
        "forms",
        &html! {
            h1 { (title) }
            p { a.button.primary href=(desk.at("forms/new")) { (lang.pick("New form", "新しいフォーム")) } }
            @if rows.is_empty() { div.empty { p { (lang.pick("With a form, people apply for a badge: at a link, by a QR code, or within your own site.", "申請フォームを作ると、リンクやQRコード、自社サイトへの埋め込みから、バッジの申請を受け付けられます。")) } } }
            @else { div.scroll { table {
                thead { tr { th scope="col" { (lang.pick("Form", "フォーム")) } th scope="col" { (lang.pick("Badge", "バッジ")) } th scope="col" { (lang.pick("Approval", "承認方法")) } th scope="col" { (lang.pick("State", "状態")) } th scope="col" {} } }
                tbody { @for form in rows.iter().rev() {
                    tr {
                        td { a href=(desk.at(&format!("forms/{}", text(&form["id"])))) { (text(&form["title"])) } }
                        td { (name(&form["badge_id"])) }
                        td { (pick(lang, &METHODS, form["method"].as_str().unwrap_or_default())) }
                        td { (availability(lang, form)) }
                        td { a href=(text(&form["url"])) { (lang.pick("open", "開く")) } " · " a href=(format!("{}/poster", text(&form["url"]))) { (lang.pick("poster", "ポスター")) } }
                    }
                } }
            } } }
        },
    ))
}

fn availability(lang: Lang, form: &Value) -> Markup {
    let (class, words) = if form["archived"] == true {
        ("", lang.pick("archived", "アーカイブ済み"))
    } else {
        match form["availability"].as_str().unwrap_or_default() {
            "open" => ("good", lang.pick("open", "受付中")),
            "not_yet" => ("warn", lang.pick("not yet open", "受付開始前")),
            "over" => ("warn", lang.pick("over", "受付終了")),
            _ => ("", lang.pick("closed", "停止中")),
        }
    };
    html! { span class={"state " (class)} { (words) } }
}

/// `GET …/forms/new`: which badge, and from which template.
pub(crate) async fn begin(desk: &Desk<'_>) -> Result<Answer, Refused> {
    begin_page(desk, 200, &Filled::default()).await
}

async fn begin_page(desk: &Desk<'_>, status: u16, filled: &Filled) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let lang = desk.lang;
    let (templates, badges) = futures_util::future::try_join(
        desk.read(Call::to("GET /v2/form/{client}/template", &[])),
        desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])),
    )
    .await?;
    let options: Vec<(String, String)> =
        badges["result"].as_array().into_iter().flatten().map(|b| (text(&b["id"]), text(&b["name"]))).collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let title = lang.pick("New form", "新しいフォーム");
    Ok(shell::page(
        desk,
        status,
        title,
        "forms",
        &html! {
            h1 { (title) }
            (shell::complaints(lang, filled))
            @if options.is_empty() { div.empty { p { (lang.pick("Make a badge first: a form is for a badge.", "先にバッジを作成してください。フォームはバッジごとに作成します。")) } } }
            @else { form method="post" {
                (shell::csrf(&desk.visitor))
                (Field::new("/badge_id", lang.pick("For which badge", "対象のバッジ")).required().choice(lang, filled, "badge_id", &options, ""))
                fieldset #f-template tabindex="-1" {
                    legend { (lang.pick("Begin with", "ひな形")) }
                    @for (place, template) in templates["result"].as_array().into_iter().flatten().enumerate() {
                        label.tick {
                            input type="radio" name="template" value=(text(&template["id"])) checked[filled.posted.text("template").map_or(place == 0, |id| template["id"] == id)];
                            span { strong { (text(&template["title"])) } " " span.state { (pick(lang, &METHODS, template["body"]["approval"]["method"].as_str().unwrap_or_default())) } br; span.soft { (text(&template["description"])) } }
                        }
                    }
                }
                p.hint { (lang.pick("How applications are approved is chosen here for good; everything else can be changed.", "承認方法は後から変更できません。それ以外はすべて変更できます。")) }
                button { (lang.pick("Go on", "次へ")) }
            } }
        },
    ))
}

/// `POST …/forms/new`: makes the form, not yet open, and goes on to the editor.
pub(crate) async fn create(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let posted = desk.posted()?;
    let templates = desk.read(Call::to("GET /v2/form/{client}/template", &[])).await?;
    let chosen = posted.text("template").unwrap_or_default();
    let template = templates["result"].as_array().into_iter().flatten().find(|template| template["id"] == chosen);
    let mut body = template.map(|template| template["body"].clone()).unwrap_or_default();
    if !body.is_object() {
        let text = desk.lang.pick("Choose a template.", "ひな形を選択してください。");
        let complaints = vec![Complaint { pointer: "/template".into(), text: text.to_owned() }];
        return begin_page(desk, 400, &Filled { posted, complaints }).await;
    }
    let badge = posted.text("badge_id").unwrap_or_default().to_owned();
    body["badge_id"] = badge.as_str().into();
    body["active"] = false.into();
    // What only the organisation knows is made up so that the form exists; the editor shows it first.
    match body["approval"]["method"].as_str() {
        Some("peer") => body["approval"]["badge_ids"] = json!([badge]),
        Some("claim_code") => {
            let random: [u8; 4] = edge::chance::bytes();
            body["approval"]["codes"] = json!([{"code": hex::encode(random).to_uppercase(), "uses": 100}]);
        }
        _ => {}
    }
    let reply = desk.call(&Call::to("POST /v2/form/{client}", &[]).json(&body)).await?;
    if !reply.is_done() {
        if reply.status == 403 {
            return Err(reply.problem().into());
        }
        let complaints = reply.complaints();
        return begin_page(desk, reply.status, &Filled { posted, complaints }).await;
    }
    let answer = reply.json();
    Ok(desk.done(&format!("forms/{}", answer["resource_id"].as_str().unwrap_or_default()), "created"))
}

/// `GET …/forms/{form}`.
pub(crate) async fn edit(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let form = desk.read(Call::to("GET /v2/form/{client}/{form}", &[("form", id)])).await?;
    editor(desk, 200, &form, &Filled::default()).await
}

async fn editor(desk: &Desk<'_>, status: u16, form: &Value, filled: &Filled) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let badges = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])).await?;
    let definition = &form["definition"];
    let words = |name: &str, of: &str| text(&definition[name][of]);
    let both = |name: &str, label: &str, rows: u32| {
        html! { div.pair { @for (tag, language) in [("ja", "日本語"), ("en", "English")] {
            (Field::new(&format!("/{name}/{tag}"), &format!("{label} ({language})")).paragraph(lang, filled, &format!("{name}.{tag}"), rows, &words(name, tag)))
        } } }
    };
    let flag = |name: &str| {
        if filled.is_sent() { filled.posted.has(name, "yes") } else { definition[name].as_bool().unwrap_or(true) }
    };
    let number = |name: &str| definition[name].as_u64().map(|n| n.to_string()).unwrap_or_default();
    let title = text(&form["title"]);
    let is_archived = form["archived"] == true;
    Ok(shell::page(
        desk,
        status,
        &title,
        "forms",
        &html! {
            p.soft { a href=(desk.at("forms")) { (lang.pick("Application forms", "申請フォーム")) } }
            h1 { (title) }
            p {
                (availability(lang, form)) " " span.state { (pick(lang, &METHODS, form["method"].as_str().unwrap_or_default())) } " "
                a href=(text(&form["url"])) { (lang.pick("Open the form", "フォームを開く")) } " · "
                a href=(format!("{}/poster", text(&form["url"]))) { (lang.pick("Poster with QR code", "QRコード付きポスター")) } " · "
                span.soft { (form["application_count"].as_u64().unwrap_or(0)) (lang.pick(" applications", "件の申請")) }
            }
            (sharing(lang, form))
            (shell::complaints(lang, filled))
            form method="post" {
                (shell::csrf(&desk.visitor))
                input type="hidden" name="version" value=(filled.value("version", &form["version"].as_u64().unwrap_or(0).to_string()));
                h2 { (lang.pick("Texts", "文面")) }
                (Field::new("/primary_language", lang.pick("Main language", "主言語")).choice(lang, filled, "primary_language", &[("ja", "日本語"), ("en", "English")], &text(&definition["primary_language"])))
                (both("title", lang.pick("Title", "タイトル"), 1))
                (both("instructions", lang.pick("Instructions for applicants", "申請者への案内"), 3))
                (both("reviewer_instructions", lang.pick("Instructions for reviewers", "審査者への案内"), 2))
                h2 { (lang.pick("Questions", "設問")) }
                p.hint { (lang.pick("Name and mail address are always asked. Open a question to change it, and empty its labels to remove it. Choices are written a line each: value | Japanese | English.", "名前とメールアドレスは必ず入力されます。設問を開くと編集できます。削除するには、設問文を空にしてください。選択肢は1行に1つ、「値 | 日本語 | 英語」の形で入力します。")) }
                (questions(lang, filled, definition))
                h2 { (lang.pick("Approval", "承認")) }
                (approval(lang, filled, definition, &badges))
                h2 { (lang.pick("When, who, how often", "受付期間と条件")) }
                div.pair {
                    (Field::new("/not_before", lang.pick("Opens", "受付開始")).line(lang, filled, "not_before", "datetime-local", &text(&definition["not_before"])))
                    (Field::new("/not_after", lang.pick("Closes", "受付終了")).line(lang, filled, "not_after", "datetime-local", &text(&definition["not_after"])))
                }
                (Field::new("/time_zone", lang.pick("Time zone", "タイムゾーン")).line(lang, filled, "time_zone", "text", definition["time_zone"].as_str().unwrap_or("Asia/Tokyo")))
                div.pair {
                    (Field::new("/per_person", lang.pick("Applications of one person (0: any number)", "1人あたりの申請数(0: 無制限)")).line(lang, filled, "per_person", "number", &number("per_person")))
                    (Field::new("/total", lang.pick("Applications in all (empty: any number)", "申請数の上限(空欄: 無制限)")).line(lang, filled, "total", "number", &number("total")))
                }
                (Field::new("/domains", lang.pick("Only addresses of these domains, with commas between", "許可するメールドメイン(カンマ区切り)")).line(lang, filled, "domains", "text", &joined(&definition["domains"])))
                h2 { (lang.pick("Evidence, and where to go on", "エビデンスとその他の設定")) }
                div.pair {
                    (Field::new("/evidence", lang.pick("Files as evidence", "エビデンスのファイル")).choice(lang, filled, "evidence", &[("no", lang.pick("none", "なし")), ("optional", lang.pick("optional", "任意")), ("yes", lang.pick("needed", "必須"))], &text(&definition["evidence"])))
                    (Field::new("/evidence_shown", lang.pick("Who may see them", "エビデンスの公開範囲")).choice(lang, filled, "evidence_shown", &[("reviewers", lang.pick("reviewers", "審査者のみ")), ("public", lang.pick("everybody", "公開"))], &text(&definition["evidence_shown"])))
                    (Field::new("/evidence_days", lang.pick("Kept for how many days", "保存日数")).line(lang, filled, "evidence_days", "number", &number("evidence_days")))
                    (Field::new("/reminder_days", lang.pick("Remind after how many days", "催促までの日数")).line(lang, filled, "reminder_days", "number", &number("reminder_days")))
                }
                (Field::new("/redirect_url", lang.pick("Where applicants go on", "申請後の移動先URL")).line(lang, filled, "redirect_url", "url", &text(&definition["redirect_url"])))
                (Field::new("/embed_origins", lang.pick("Sites that may embed the form, with commas between", "埋め込みを許可するサイト(カンマ区切り)")).line(lang, filled, "embed_origins", "text", &joined(&definition["embed_origins"])))
                label.tick { input type="checkbox" name="active" value="yes" checked[flag("active")]; span { (lang.pick("Takes applications", "申請を受け付ける")) } }
                label.tick { input type="checkbox" name="visible" value="yes" checked[flag("visible")]; span { (lang.pick("Shown on the badge's public page", "バッジの公開ページに表示する")) } }
                div.actions.start { button name="do" value="save" { (lang.pick("Save", "保存する")) } }
            }
            div.actions.start {
                form method="post" { (shell::csrf(&desk.visitor)) button.quiet name="do" value="clone" { (lang.pick("Copy this form", "複製する")) } }
                form method="post" { (shell::csrf(&desk.visitor))
                    @if is_archived { button.quiet name="do" value="restore" { (lang.pick("Take out of the archive", "アーカイブから戻す")) } }
                    @else { button.quiet name="do" value="archive" { (lang.pick("Archive", "アーカイブする")) } }
                }
            }
        },
    ))
}

/// How people find the form: its address, the code for another site's page, and the code to scan.
fn sharing(lang: Lang, form: &Value) -> Markup {
    let url = text(&form["url"]);
    let title = text(&form["title"]);
    let frame = html! { iframe src={(url) "?embed=1"} title=(title) width="100%" height="900" style="border:0" {} }
        .into_string();
    html! {
        details.fold {
            summary { (lang.pick("Hand the form out", "フォームを配る")) }
            div.field { label for="share-link" { (lang.pick("Link", "リンク")) } input #share-link type="text" readonly value=(url); }
            div.field {
                label for="share-frame" { (lang.pick("For a page of your own site", "自社サイトへの埋め込み")) }
                p.hint #share-frame-hint { (lang.pick("Name the site below, among those that may embed the form.", "下の「埋め込みを許可するサイト」に、埋め込み先のサイトを登録してください。")) }
                textarea #share-frame readonly rows="2" aria-describedby="share-frame-hint" { (frame) }
            }
            p {
                a href={(url) "/qr.svg"} { (lang.pick("QR code (SVG)", "QRコード(SVG)")) } " · "
                a href={(url) "/qr.png"} { (lang.pick("QR code (PNG)", "QRコード(PNG)")) } " · "
                a href={(url) "/poster"} { (lang.pick("Poster", "ポスター")) }
            }
        }
    }
}

fn joined(value: &Value) -> String {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// A row for each question there is, and some for new ones.
fn questions(lang: Lang, filled: &Filled, definition: &Value) -> Markup {
    let there = definition["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sent = (0..MAX_ROWS).take_while(|row| filled.posted.raw(&format!("q{row}.type")).is_some()).count();
    let count = if filled.is_sent() { sent } else { (there.len() + EMPTY_ROWS).min(MAX_ROWS) };
    // A complaint is about a question's place among those that are kept.
    let kept: Vec<usize> = (0..count).filter(|row| is_kept(&filled.posted, *row)).collect();
    html! {
        @for row in 0..count {
            @let field = there.get(row).cloned().unwrap_or_default();
            @let place = if filled.is_sent() { kept.iter().position(|r| *r == row) } else { Some(row) }.unwrap_or(MAX_ROWS);
            @let name = |part: &str| format!("q{row}.{part}");
            @let required = if filled.is_sent() { filled.posted.has(&name("required"), "yes") } else { field["required"] == true };
            details.fold.question open[filled.is_wrong(&format!("/fields/{place}"))] {
                summary { (summary(lang, filled, row, &field)) }
                input type="hidden" name=(name("id")) value=(filled.value(&name("id"), &text(&field["id"])));
                div.pair {
                    (Field::new(&format!("/fields/{place}/label/ja"), lang.pick("Question (Japanese)", "設問文(日本語)")).line(lang, filled, &name("label.ja"), "text", &text(&field["label"]["ja"])))
                    (Field::new(&format!("/fields/{place}/label/en"), lang.pick("Question (English)", "設問文(英語)")).line(lang, filled, &name("label.en"), "text", &text(&field["label"]["en"])))
                    (Field::new(&format!("/fields/{place}/type"), lang.pick("Kind", "種類")).choice(lang, filled, &name("type"), &KINDS.map(|(v, en, ja)| (v, lang.pick(en, ja))), field["type"].as_str().unwrap_or("text")))
                    (Field::new(&format!("/fields/{place}/options"), lang.pick("Choices", "選択肢")).paragraph(lang, filled, &name("options"), 2, &option_lines(&field["options"])))
                    (Field::new(&format!("/fields/{place}/help/ja"), lang.pick("Help (Japanese)", "補足(日本語)")).line(lang, filled, &name("help.ja"), "text", &text(&field["help"]["ja"])))
                    (Field::new(&format!("/fields/{place}/help/en"), lang.pick("Help (English)", "補足(英語)")).line(lang, filled, &name("help.en"), "text", &text(&field["help"]["en"])))
                }
                label.tick { input type="checkbox" name=(name("required")) value="yes" checked[required]; span { (lang.pick("Must be answered", "必須にする")) } }
            }
        }
    }
}

/// A question in short: its number, what it asks, and how it is answered.
fn summary(lang: Lang, filled: &Filled, row: usize, field: &Value) -> Markup {
    let other = if lang == Lang::Ja { Lang::En } else { Lang::Ja };
    let labels = [lang, other].map(|lang| {
        let there = text(&field["label"][lang.tag()]);
        filled.value(&format!("q{row}.label.{}", lang.tag()), &there).trim().to_owned()
    });
    let kind = filled.value(&format!("q{row}.type"), field["type"].as_str().unwrap_or_default()).to_owned();
    html! {
        @match labels.iter().find(|label| !label.is_empty()) {
            Some(label) => { (row + 1) ". " (label) " " span.soft { (pick(lang, &KINDS, &kind)) } },
            None => { (lang.pick("Add a question", "設問を追加")) },
        }
    }
}

fn is_kept(posted: &Posted, row: usize) -> bool {
    ["ja", "en"].iter().any(|tag| posted.text(&format!("q{row}.label.{tag}")).is_some())
}

fn option_lines(value: &Value) -> String {
    let line = |option: &Value| {
        format!("{} | {} | {}", text(&option["value"]), text(&option["label"]["ja"]), text(&option["label"]["en"]))
    };
    value.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// What the method of approval needs.
fn approval(lang: Lang, filled: &Filled, definition: &Value, badges: &Value) -> Markup {
    let approval = &definition["approval"];
    let number = |name: &str| approval[name].as_u64().map(|n| n.to_string()).unwrap_or_default();
    let people = |pointer: &str, name: &str, label: &str| {
        let hint = lang.pick("One a line: name | mail address | language (ja or en). They decide by a link in a mail; leave the address away for colleagues who work here.", "1行に1名: 名前 | メールアドレス | 言語(ja または en)。メール内のリンクから審査します。コンソールで審査する人はアドレスを省略できます。");
        Field::new(pointer, label).hint(hint).paragraph(
            lang,
            filled,
            &format!("approval.{name}"),
            3,
            &people_lines(&approval[name]),
        )
    };
    html! {
        @match approval["method"].as_str().unwrap_or_default() {
            "review" => { (people("/approval/reviewers", "reviewers", lang.pick("Reviewers", "審査者"))) },
            "jury" => {
                (people("/approval/jurors", "jurors", lang.pick("Jurors", "審査員")))
                div.pair {
                    (Field::new("/approval/issue_votes", lang.pick("Votes to issue", "発行に必要な票数")).line(lang, filled, "approval.issue_votes", "number", &number("issue_votes")))
                    (Field::new("/approval/reject_votes", lang.pick("Votes to reject", "却下に必要な票数")).line(lang, filled, "approval.reject_votes", "number", &number("reject_votes")))
                }
                (Field::new("/approval/final_reviewer", lang.pick("Or a final reviewer who sees all votes: name | mail address | language", "または最終判定者(全員の票を見て判定): 名前 | メールアドレス | 言語")).line(lang, filled, "approval.final_reviewer", "text", &people_lines(&json!([approval["final_reviewer"]]))))
            },
            "peer" => {
                fieldset { legend { (lang.pick("Whose holders endorse", "承認できる人が保有するバッジ")) }
                    div.ticks { @for badge in badges["result"].as_array().into_iter().flatten() {
                        @let id = text(&badge["id"]);
                        @let ticked = if filled.is_sent() { filled.posted.has("approval.badge", &id) } else { approval["badge_ids"].as_array().is_some_and(|all| all.contains(&badge["id"])) };
                        label.tick { input type="checkbox" name="approval.badge" value=(id) checked[ticked]; span { (text(&badge["name"])) } }
                    } }
                    @for complaint in filled.complaints_about("/approval/badge_ids") { p.error { (complaint.text) } }
                }
                (Field::new("/approval/threshold", lang.pick("How many", "必要な承認数")).line(lang, filled, "approval.threshold", "number", &number("threshold")))
            },
            "claim_code" => {
                (Field::new("/approval/codes", lang.pick("Codes", "引換コード")).hint(lang.pick("One a line: code | uses (empty: any number)", "1行に1つ: コード | 使用回数(空欄: 無制限)")).paragraph(lang, filled, "approval.codes", 3, &code_lines(&approval["codes"])))
                label.tick { input type="checkbox" name="approval.once_per_person" value="yes" checked[if filled.is_sent() { filled.posted.has("approval.once_per_person", "yes") } else { approval["once_per_person"] != false }]; span { (lang.pick("Once per person", "1人1回まで")) } }
            },
            "quiz" => {
                (Field::new("/approval/questions", lang.pick("Right answers", "正解")).hint(lang.pick("One question a line, by its number: number | right value; another right value | points", "1行に1問、設問番号で: 番号 | 正解の値; 別の正解 | 配点")).paragraph(lang, filled, "approval.questions", 4, &quiz_lines(&approval["questions"], &definition["fields"])))
                div.pair {
                    (Field::new("/approval/pass_mark", lang.pick("Pass mark", "合格点")).line(lang, filled, "approval.pass_mark", "number", &number("pass_mark")))
                    (Field::new("/approval/attempts", lang.pick("Attempts", "受験回数の上限")).line(lang, filled, "approval.attempts", "number", &number("attempts")))
                }
                (people("/approval/reviewers", "reviewers", lang.pick("Who decides about those who fail", "不合格者を審査する人")))
            },
            _ => { p { (lang.pick("The badge is issued as soon as the address is proved.", "メールアドレスの確認後、すぐにバッジが発行されます。")) } },
        }
    }
}

fn people_lines(value: &Value) -> String {
    let line = |one: &Value| {
        format!("{} | {} | {}", text(&one["name"]), text(&one["email"]), text(&one["language"]))
            .trim_end_matches([' ', '|'])
            .to_owned()
    };
    value.as_array().into_iter().flatten().filter(|one| one.is_object()).map(line).collect::<Vec<_>>().join("\n")
}

fn code_lines(value: &Value) -> String {
    let line = |one: &Value| {
        format!("{} | {}", text(&one["code"]), one["uses"].as_u64().map(|n| n.to_string()).unwrap_or_default())
            .trim_end_matches([' ', '|'])
            .to_owned()
    };
    value.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

fn quiz_lines(questions: &Value, fields: &Value) -> String {
    let place = |id: &Value| {
        fields.as_array().into_iter().flatten().position(|field| field["id"] == *id).map_or(0, |place| place + 1)
    };
    let line = |one: &Value| {
        let right =
            one["right"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
        format!("{} | {right} | {}", place(&one["field"]), one["points"].as_u64().unwrap_or(1))
    };
    questions.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// The parts of a line.
fn parts(line: &str) -> Vec<&str> {
    line.split(['|', '｜']).map(str::trim).collect()
}

fn lines<'a>(posted: &'a Posted, name: &str) -> impl Iterator<Item = Vec<&'a str>> {
    posted.text(name).unwrap_or_default().lines().filter(|line| !line.trim().is_empty()).map(parts)
}

/// The people in some lines, each with a name.
fn people(posted: &Posted, name: &str, before: &Value) -> Vec<Value> {
    named(unnamed(posted, name, before), 'r')
}

/// Who was there before is known by the address, else by the name, and keeps what the line does not say.
fn unnamed(posted: &Posted, name: &str, before: &Value) -> Vec<Value> {
    let one = |parts: Vec<&str>| {
        let at = |place: usize| parts.get(place).copied().unwrap_or_default();
        let same = |one: &&Value| if at(1).is_empty() { one["name"] == at(0) } else { one["email"] == at(1) };
        let known = before.as_array().into_iter().flatten().find(same);
        let mut person = known.cloned().unwrap_or_else(|| json!({}));
        person["name"] = at(0).into();
        if at(1).is_empty() {
            person["access"] = "inside".into();
        } else {
            person["email"] = at(1).into();
            person["access"] = "outside".into();
        }
        if !at(2).is_empty() {
            person["language"] = at(2).into();
        }
        person
    };
    lines(posted, name).map(one).collect()
}

/// The same with a name for each that has none: one that no other has.
fn named(mut all: Vec<Value>, letter: char) -> Vec<Value> {
    let mut used: Vec<String> = all.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect();
    for one in &mut all {
        if one["id"].is_null() {
            let free = (1..=used.len() + 1).map(|n| format!("{letter}{n}")).find(|id| !used.contains(id));
            let id = free.unwrap_or_default();
            used.push(id.clone());
            one["id"] = id.into();
        }
    }
    all
}

/// A number if it is one; else what was typed, to be complained about.
fn numeral(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

/// What was typed, as the API takes it; what the editor does not show stays as in `before`.
fn body(posted: &Posted, before: &Value) -> Value {
    let mut body = before.as_object().cloned().unwrap_or_default();
    let words = |name: &str| json!({"ja": posted.text(&format!("{name}.ja")).unwrap_or_default(), "en": posted.text(&format!("{name}.en")).unwrap_or_default()});
    for name in ["title", "instructions", "reviewer_instructions"] {
        body.insert(name.into(), words(name));
    }
    for name in
        ["primary_language", "not_before", "not_after", "time_zone", "redirect_url", "evidence", "evidence_shown"]
    {
        match posted.text(name) {
            Some(text) => drop(body.insert(name.into(), text.into())),
            None => drop(body.remove(name)),
        }
    }
    for name in ["per_person", "total", "evidence_days", "reminder_days"] {
        match posted.text(name) {
            Some(text) => drop(body.insert(name.into(), numeral(text))),
            None => drop(body.remove(name)),
        }
    }
    for name in ["domains", "embed_origins"] {
        let all: Vec<&str> =
            posted.text(name).unwrap_or_default().split([',', '、']).map(str::trim).filter(|p| !p.is_empty()).collect();
        body.insert(name.into(), json!(all));
    }
    for name in ["active", "visible"] {
        body.insert(name.into(), posted.has(name, "yes").into());
    }
    let rows: Vec<usize> = (0..MAX_ROWS).filter(|row| is_kept(posted, *row)).collect();
    let old = |id: &str| before["fields"].as_array().into_iter().flatten().find(|field| field["id"] == id);
    let mut ids = Vec::new();
    let fields: Vec<Value> = rows
        .iter()
        .map(|row| {
            let part = |part: &str| posted.text(&format!("q{row}.{part}"));
            let id = part("id").map_or_else(|| new_id(before, &ids), str::to_owned);
            ids.push(id.clone());
            let kind = part("type").unwrap_or("text");
            let kept = old(&id).filter(|field| field["type"] == kind).cloned().unwrap_or_else(|| json!({}));
            let mut field = kept.as_object().cloned().unwrap_or_else(Map::new);
            field.insert("id".into(), id.into());
            field.insert("type".into(), kind.into());
            field.insert("label".into(), words(&format!("q{row}.label")));
            field.insert("help".into(), words(&format!("q{row}.help")));
            field.insert("required".into(), posted.has(&format!("q{row}.required"), "yes").into());
            if matches!(kind, "radio" | "checkbox" | "select") {
                field.insert(
                    "options".into(),
                    lines(posted, &format!("q{row}.options")).map(|parts| option(&parts)).collect(),
                );
            }
            Value::Object(field)
        })
        .collect();
    let approval = approval_of(posted, &before["approval"], &ids);
    body.insert("fields".into(), fields.into());
    body.insert("approval".into(), approval);
    body.into()
}

/// `value | 日本語 | English`; with fewer parts, what there is serves for the rest.
fn option(parts: &[&str]) -> Value {
    let at = |place: usize| parts.get(place).copied().filter(|part| !part.is_empty());
    let value = at(0).unwrap_or_default();
    let ja = at(1).unwrap_or(value);
    json!({"value": value, "label": {"ja": ja, "en": at(2).unwrap_or(ja)}})
}

/// A name for a new question that no other has.
fn new_id(before: &Value, taken: &[String]) -> String {
    let used = |id: &str| {
        taken.iter().any(|t| t == id) || before["fields"].as_array().into_iter().flatten().any(|f| f["id"] == id)
    };
    (1..=2 * MAX_ROWS).map(|n| format!("q{n}")).find(|id| !used(id)).unwrap_or_default()
}

fn approval_of(posted: &Posted, before: &Value, ids: &[String]) -> Value {
    let mut approval = before.clone();
    let number = |name: &str| posted.text(&format!("approval.{name}")).map(numeral);
    let set = |approval: &mut Value, name: &str, value: Option<Value>| match (value, approval.as_object_mut()) {
        (Some(value), Some(approval)) => drop(approval.insert(name.to_owned(), value)),
        (None, Some(approval)) => drop(approval.remove(name)),
        _ => {}
    };
    match before["method"].as_str().unwrap_or_default() {
        "review" => approval["reviewers"] = people(posted, "approval.reviewers", &before["reviewers"]).into(),
        "jury" => {
            // The last one's name is none of the others'.
            let mut all = unnamed(posted, "approval.jurors", &before["jurors"]);
            let count = all.len();
            all.extend(
                unnamed(posted, "approval.final_reviewer", &json!([before["final_reviewer"]])).into_iter().take(1),
            );
            let mut jurors = named(all, 'r');
            let last = jurors.split_off(count).pop();
            approval["jurors"] = jurors.into();
            let votes = ["issue_votes", "reject_votes"].map(|name| (name, number(name).filter(|_| last.is_none())));
            for (name, value) in votes {
                set(&mut approval, name, value);
            }
            set(&mut approval, "final_reviewer", last);
        }
        "peer" => {
            approval["badge_ids"] = json!(posted.all("approval.badge").collect::<Vec<_>>());
            set(&mut approval, "threshold", number("threshold"));
        }
        "claim_code" => {
            let code = |parts: Vec<&str>| {
                let at = |place: usize| parts.get(place).copied().unwrap_or_default();
                let known = before["codes"].as_array().into_iter().flatten().find(|one| one["code"] == at(0));
                let mut code = known.cloned().unwrap_or_else(|| json!({}));
                code["code"] = at(0).into();
                set(&mut code, "uses", Some(at(1)).filter(|uses| !uses.is_empty()).map(numeral));
                code
            };
            approval["codes"] = named(lines(posted, "approval.codes").map(code).collect(), 'c').into();
            approval["once_per_person"] = posted.has("approval.once_per_person", "yes").into();
        }
        "quiz" => {
            let question = |parts: Vec<&str>| {
                let at = |place: usize| parts.get(place).copied().unwrap_or_default();
                let field = at(0)
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| ids.get(n.checked_sub(1)?))
                    .cloned()
                    .unwrap_or_else(|| at(0).to_owned());
                let right: Vec<&str> = at(1).split([';', '；']).map(str::trim).filter(|p| !p.is_empty()).collect();
                json!({"field": field, "right": right, "points": if at(2).is_empty() { 1.into() } else { numeral(at(2)) }})
            };
            approval["questions"] = lines(posted, "approval.questions").map(question).collect();
            approval["reviewers"] = people(posted, "approval.reviewers", &before["reviewers"]).into();
            set(&mut approval, "pass_mark", number("pass_mark"));
            set(&mut approval, "attempts", number("attempts"));
        }
        _ => {}
    }
    approval
}

/// `POST …/forms/{form}` with `do`: `save`, `clone`, `archive`, `restore`.
pub(crate) async fn change(desk: &Desk<'_>, id: &str) -> Result<Answer, Refused> {
    desk.needs(&[Role::Creator])?;
    let posted = desk.posted()?;
    let place = [("form", id)];
    match posted.text("do").unwrap_or_default() {
        "clone" => {
            let reply = desk.call(&Call::to("POST /v2/form/{client}/{form}/clone", &place).json(&json!({}))).await?;
            let answer = reply.json();
            return if reply.is_done() {
                Ok(desk.done(&format!("forms/{}", text(&answer["resource_id"])), "created"))
            } else {
                Err(reply.problem().into())
            };
        }
        does @ ("archive" | "restore") => {
            let call =
                Call::to("POST /v2/form/{client}/{form}/archive", &place).json(&json!({"archived": does == "archive"}));
            let reply = desk.call(&call).await?;
            return if reply.is_done() {
                Ok(desk.done(&format!("forms/{id}"), "saved"))
            } else {
                Err(reply.problem().into())
            };
        }
        _ => {}
    }
    let form = desk.read(Call::to("GET /v2/form/{client}/{form}", &place)).await?;
    let condition = format!("\"{}\"", posted.text("version").unwrap_or("0"));
    let headers = [("if-match", condition.as_str())];
    let call =
        Call::to("PUT /v2/form/{client}/{form}", &place).with(&headers).json(&body(&posted, &form["definition"]));
    let reply = desk.call(&call).await?;
    if reply.is_done() {
        return Ok(desk.done(&format!("forms/{id}"), "saved"));
    }
    if [403, 404].contains(&reply.status) {
        return Err(reply.problem().into());
    }
    let complaints = reply.complaints();
    editor(desk, reply.status, &form, &Filled { posted, complaints }).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Request;

    fn posted(fields: &[(&str, &str)]) -> Posted {
        let mut request = Request::test(http::Method::POST, "/", &[]);
        request.body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        Posted::read(&request).unwrap()
    }

    #[test]
    fn what_is_shown_and_sent_back_unchanged_is_the_same_definition() {
        for template in application::library::library() {
            let mut before = template.body.clone();
            before["badge_id"] = "b1".into();
            if template.name == "peer-endorsed" {
                before["approval"]["badge_ids"] = json!(["b2"]);
            }
            if template.name == "claim-at-event" {
                before["approval"]["codes"] = json!([{"code": "HARU-2026", "uses": 5}]);
            }
            let before = application::form::Definition::read(&before).unwrap();
            let written = before.write();
            let fields = sent(&written);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let body = body(&posted(&fields), &written);
            let after = application::form::Definition::read(&body)
                .unwrap_or_else(|e| panic!("{}: {e:?} {body}", template.name));
            assert_eq!(after, before, "{}", template.name);
        }
    }

    /// What a browser sends of the editor that shows this definition.
    fn sent(definition: &Value) -> Vec<(String, String)> {
        let badges = json!({"result": [{"id": "b2", "name": "B"}]});
        let markup = html! { (questions(Lang::En, &Filled::default(), definition)) (approval(Lang::En, &Filled::default(), definition, &badges)) }.into_string();
        let mut fields = controls(&markup);
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        for name in ["title", "instructions", "reviewer_instructions"] {
            for tag in ["ja", "en"] {
                add(&format!("{name}.{tag}"), text(&definition[name][tag]));
            }
        }
        for name in
            ["primary_language", "not_before", "not_after", "time_zone", "redirect_url", "evidence", "evidence_shown"]
        {
            add(name, text(&definition[name]));
        }
        for name in ["per_person", "total", "evidence_days", "reminder_days"] {
            add(name, definition[name].as_u64().map(|n| n.to_string()).unwrap_or_default());
        }
        for name in ["active", "visible"] {
            add(name, if definition[name] == false { "" } else { "yes" }.to_owned());
        }
        fields
    }

    /// Names and values of the controls in some markup, as far as these pages have them.
    fn controls(markup: &str) -> Vec<(String, String)> {
        let plain =
            |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        let attribute =
            |tag: &str, name: &str| Some(plain(tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?));
        let mut fields = Vec::new();
        for part in markup.split('<').skip(1) {
            let (tag, rest) = part.split_once('>').unwrap();
            let Some(name) = attribute(tag, "name") else {
                if tag.starts_with("option") && tag.ends_with(" selected") {
                    let last: &mut (String, String) = fields.last_mut().unwrap();
                    last.1 = attribute(tag, "value").unwrap();
                }
                continue;
            };
            let is_box = tag.contains("type=\"checkbox\"");
            if tag.starts_with("textarea") {
                fields.push((name, plain(rest)));
            } else if tag.starts_with("select") {
                fields.push((name, String::new()));
            } else if !is_box || tag.contains(" checked") {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        fields
    }

    #[test]
    fn a_new_question_gets_a_name_of_its_own_and_an_emptied_one_goes() {
        let before = json!({"fields": [{"id": "q1", "type": "text", "label": {"ja": "あ", "en": "A"}, "max_chars": 10}, {"id": "why", "type": "text", "label": {"ja": "い", "en": "B"}}], "approval": {"method": "automatic"}});
        let body = body(
            &posted(&[
                ("q0.id", "q1"),
                ("q0.type", "text"),
                ("q0.label.ja", "あ"),
                ("q0.label.en", "A"),
                ("q1.id", "why"),
                ("q1.type", "text"),
                ("q1.label.ja", ""),
                ("q1.label.en", ""),
                ("q2.id", ""),
                ("q2.type", "radio"),
                ("q2.label.ja", "う"),
                ("q2.options", "a | 京都 | Kyoto\nb"),
            ]),
            &before,
        );
        let ids: Vec<&str> =
            body["fields"].as_array().unwrap().iter().map(|field| field["id"].as_str().unwrap()).collect();
        assert_eq!((ids, &body["fields"][0]["max_chars"]), (vec!["q1", "q2"], &json!(10)));
        assert_eq!(
            body["fields"][1]["options"],
            json!([{"value": "a", "label": {"ja": "京都", "en": "Kyoto"}}, {"value": "b", "label": {"ja": "b", "en": "b"}}])
        );
    }

    #[test]
    fn people_keep_what_a_line_does_not_say() {
        let before = json!([{"id": "r1", "name": "Old", "email": "a@b.example", "access": "outside", "language": "ja"}, {"id": "r2", "name": "In", "access": "inside", "credential": "s1"}]);
        let posted = posted(&[("p", "New | a@b.example\nIn\nThird | c@d.example | en")]);
        let people = people(&posted, "p", &before);
        assert_eq!(
            (&people[0]["id"], &people[0]["name"], &people[0]["language"]),
            (&json!("r1"), &json!("New"), &json!("ja"))
        );
        assert_eq!((&people[1]["credential"], &people[1]["access"]), (&json!("s1"), &json!("inside")));
        assert_eq!(
            people[2],
            json!({"id": "r3", "name": "Third", "email": "c@d.example", "language": "en", "access": "outside"})
        );
    }
}
