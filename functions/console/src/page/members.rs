//! Who works for the organisation here, and what each may do.
//!
//! A member is an address: who proves it by signing in comes in. Inviting one is writing it down and sending a mail; nothing secret is in
//! that mail.

use crate::Refused;
use crate::api::{Call, Complaint};
use crate::desk::Desk;
use crate::posted::{Filled, Posted};
use crate::shell::{self, Field};
use badge::limits::MAX_SHORT_CHARS;
use badge::plan::Quota;
use badge::{BadgeId, EmailAddress, Lang, PersonId};
use edge::{Answer, Kind, Problem};
use maud::{Markup, html};
use queue::PromptLetter;
use serde_json::Value;
use store::people::{INVITATION_LIFE, person};
use store::{Member, Role, StoreError};

const ROLES: [Role; 4] = [Role::Admin, Role::Creator, Role::Issuer, Role::Reviewer];

fn role_name(lang: Lang, role: Role) -> &'static str {
    match role {
        Role::Admin => lang.pick("Admin", "管理者"),
        Role::Creator => lang.pick("Creator", "作成者"),
        Role::Issuer => lang.pick("Issuer", "発行者"),
        Role::Reviewer => lang.pick("Reviewer", "審査者"),
    }
}

fn role_says(lang: Lang, role: Role) -> &'static str {
    match role {
        Role::Admin => lang.pick("everything, members and settings too", "メンバーや設定を含むすべての操作"),
        Role::Creator => lang.pick("makes and changes badges and forms", "バッジと申請フォームの作成・変更"),
        Role::Issuer => lang.pick("issues, revokes and decides", "発行・取り消し・申請の判定"),
        Role::Reviewer => {
            lang.pick("sees what was issued and decides about applications", "発行履歴の閲覧と申請の判定")
        }
    }
}

/// `GET /console/{client}/members`.
pub(crate) async fn list(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    page(desk, 200, &Filled::default()).await
}

async fn page(desk: &Desk<'_>, status: u16, filled: &Filled) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let mut members = desk.app.store.members(desk.client()).await.map_err(edge::failed)?;
    members.sort_by(|a, b| a.address.as_str().cmp(b.address.as_str()));
    let badges = badges(desk).await?;
    let title = lang.pick("Members", "メンバー");
    Ok(shell::page(
        desk,
        status,
        title,
        "members",
        &html! {
            h1 { (title) }
            div.scroll { table {
                thead { tr {
                    th scope="col" { (lang.pick("Name", "名前")) }
                    th scope="col" { (lang.pick("Mail address", "メールアドレス")) }
                    th scope="col" { (lang.pick("Roles", "役割")) }
                    th scope="col" { (lang.pick("State", "状態")) }
                } }
                tbody {
                    @for member in &members {
                        tr {
                            td { a href=(desk.at(&format!("members/{}", member.person))) { (shown_name(member)) } }
                            td { (member.address.as_str()) }
                            td {
                                (member.roles.iter().map(|role| role_name(lang, *role)).collect::<Vec<_>>().join(lang.pick(", ", "・")))
                                @if let Some(badges) = &member.badges { span.soft { " (" (badges.len()) " " (lang.pick("badges", "件のバッジ")) ")" } }
                            }
                            td { (state(lang, member, desk.request.now)) }
                        }
                    }
                }
            } }
            h2 #invite { (lang.pick("Invite somebody", "メンバーを招待")) }
            (shell::complaints(lang, filled))
            form method="post" action=(desk.at("members")) {
                (shell::csrf(&desk.visitor))
                (Field::new("/email", lang.pick("Mail address", "メールアドレス")).required().line(lang, filled, "email", "email", ""))
                (fields(lang, filled, "", &[], None, &badges))
                button { (lang.pick("Invite", "招待する")) }
            }
        },
    ))
}

fn shown_name(member: &Member) -> &str {
    match member.name.trim() {
        "" => member.address.as_str(),
        name => name,
    }
}

fn state(lang: Lang, member: &Member, now: jiff::Timestamp) -> Markup {
    html! {
        @if member.joined_at.is_some() { span.state.good { (lang.pick("member", "参加済み")) } }
        @else if member.may_enter(now) { span.state.warn { (lang.pick("invited", "招待中")) } " " span.soft { (lang.pick("until ", "期限 ")) (shell::time(member.invited_until)) } }
        @else { span.state.bad { (lang.pick("invitation ran out", "招待の期限切れ")) } }
    }
}

/// Id and name of every badge.
async fn badges(desk: &Desk<'_>) -> Result<Vec<(String, String)>, Refused> {
    let list = desk.read(Call::to("GET /v2/badge/{client}", &[]).asking(&[("limit", "1000")])).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(list["result"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|badge| (text(&badge["id"]), text(&badge["name"])))
        .collect())
}

/// What an invitation and a change have in common.
fn fields(
    lang: Lang,
    filled: &Filled,
    name: &str,
    roles: &[Role],
    only: Option<&[BadgeId]>,
    badges: &[(String, String)],
) -> Markup {
    let ticked =
        |role: Role| if filled.is_sent() { filled.posted.has("role", role.name()) } else { roles.contains(&role) };
    let is_limited = if filled.is_sent() { filled.posted.has("scope", "some") } else { only.is_some() };
    let chosen = |id: &str| {
        if filled.is_sent() {
            filled.posted.has("badge", id)
        } else {
            only.is_some_and(|only| only.iter().any(|b| b.as_str() == id))
        }
    };
    html! {
        (Field::new("/name", lang.pick("Name", "名前")).line(lang, filled, "name", "text", name))
        fieldset.wrong[filled.is_wrong("/roles")] #f-roles tabindex="-1" {
            legend { (lang.pick("Roles", "役割")) " " span.required { (lang.pick("required", "必須")) } }
            @for role in ROLES {
                label.tick {
                    input type="checkbox" name="role" value=(role.name()) checked[ticked(role)];
                    span { (role_name(lang, role)) " " span.soft { (role_says(lang, role)) } }
                }
            }
            @for complaint in filled.complaints_about("/roles") { p.error { (complaint.text) } }
        }
        fieldset #f-badges tabindex="-1" {
            legend { (lang.pick("With which badges", "対象のバッジ")) }
            label.tick { input type="radio" name="scope" value="all" checked[!is_limited]; span { (lang.pick("All", "すべて")) } }
            label.tick { input type="radio" name="scope" value="some" checked[is_limited]; span { (lang.pick("Only these (not for admins)", "次のバッジのみ(管理者を除く)")) } }
            @if !badges.is_empty() {
                div.ticks {
                    @for (id, name) in badges {
                        label.tick { input type="checkbox" name="badge" value=(id) checked[chosen(id)]; span { (name) } }
                    }
                }
            }
            @for complaint in filled.complaints_about("/badges") { p.error { (complaint.text) } }
        }
    }
}

/// What was sent: name, roles, badges.
struct Wanted {
    name: String,
    roles: Vec<Role>,
    badges: Option<Vec<BadgeId>>,
}

fn read(lang: Lang, posted: &Posted, complaints: &mut Vec<Complaint>) -> Wanted {
    let mut refuse =
        |pointer: &str, text: &str| complaints.push(Complaint { pointer: pointer.to_owned(), text: text.to_owned() });
    let name = posted.text("name").unwrap_or_default().to_owned();
    if name.chars().count() > MAX_SHORT_CHARS {
        refuse("/name", lang.pick("The name is too long.", "名前が長すぎます。"));
    }
    let roles: Vec<Role> = ROLES.into_iter().filter(|role| posted.has("role", role.name())).collect();
    if roles.is_empty() {
        refuse("/roles", lang.pick("Choose at least one role.", "役割を1つ以上選択してください。"));
    }
    // Who may do everything is not held up by a list.
    let is_limited = posted.has("scope", "some") && !roles.contains(&Role::Admin);
    let badges: Option<Vec<BadgeId>> =
        is_limited.then(|| posted.all("badge").filter_map(|id| id.parse().ok()).collect());
    if badges.as_ref().is_some_and(Vec::is_empty) {
        refuse("/badges", lang.pick("Choose at least one badge.", "バッジを1つ以上選択してください。"));
    }
    Wanted { name, roles, badges }
}

/// `POST /console/{client}/members`: invites an address.
pub(crate) async fn invite(desk: &Desk<'_>) -> Result<Answer, Refused> {
    desk.needs(&[Role::Admin])?;
    let posted = desk.posted()?;
    let (lang, now) = (desk.lang, desk.request.now);
    let mut complaints = Vec::new();
    let wanted = read(lang, &posted, &mut complaints);
    let address = posted.text("email").unwrap_or_default().parse::<EmailAddress>();
    let members = desk.app.store.members(desk.client()).await.map_err(edge::failed)?;
    let mut refuse = |text: &str| complaints.insert(0, Complaint { pointer: "/email".into(), text: text.to_owned() });
    let person = match &address {
        Ok(address) => Some(person(desk.app.people().await?, address)),
        Err(_) => {
            refuse(lang.pick("This is no mail address.", "メールアドレスの形式が正しくありません。"));
            None
        }
    };
    let before = members.iter().find(|member| Some(&member.person) == person.as_ref());
    if before.is_some_and(|member| member.joined_at.is_some()) {
        refuse(lang.pick("This address is a member already.", "このアドレスはすでにメンバーです。"));
    }
    let (Ok(address), Some(person), true) = (address, person, complaints.is_empty()) else {
        return page(desk, 400, &Filled { posted, complaints }).await;
    };
    let member = Member {
        person: person.clone(),
        address,
        name: wanted.name,
        roles: wanted.roles,
        badges: wanted.badges,
        created_at: now,
        joined_at: None,
        invited_until: now.checked_add(INVITATION_LIFE).map_err(Problem::internal)?,
    };
    let limit = desk.app.store.limit(&desk.app.plans, desk.client(), Quota::Members).await.map_err(edge::failed)?;
    // Who was invited before is counted already.
    let limit = limit.filter(|_| before.is_none());
    match desk.app.store.add_member(desk.client(), &member, limit).await {
        Err(StoreError::Quota(reached)) => {
            let text = Problem::quota(reached).text(lang).to_owned();
            return page(
                desk,
                Kind::QuotaReached.status(),
                &Filled { posted, complaints: vec![Complaint { pointer: String::new(), text }] },
            )
            .await;
        }
        done => done.map_err(edge::failed)?,
    }
    let letter = PromptLetter::Invitation { client: desk.client().clone(), person: person.clone() };
    desk.app.prompt.send(&[letter], 0).await.map_err(edge::failed)?;
    desk.note("POST members", vec![person.to_string()], 303).await?;
    Ok(desk.done("members", "invited"))
}

async fn find(desk: &Desk<'_>, person: &str) -> Result<Member, Refused> {
    desk.needs(&[Role::Admin])?;
    let person: PersonId = person.parse().map_err(|_| Kind::NotFound)?;
    Ok(desk.app.store.member(desk.client(), &person).await.map_err(edge::failed)?.ok_or(Kind::NotFound)?)
}

/// `GET /console/{client}/members/{person}`.
pub(crate) async fn show(desk: &Desk<'_>, person: &str) -> Result<Answer, Refused> {
    let member = find(desk, person).await?;
    one(desk, 200, &member, &Filled::default()).await
}

async fn one(desk: &Desk<'_>, status: u16, member: &Member, filled: &Filled) -> Result<Answer, Refused> {
    let lang = desk.lang;
    let badges = badges(desk).await?;
    let title = shown_name(member);
    let is_oneself = member.person == desk.member.person;
    Ok(shell::page(
        desk,
        status,
        title,
        "members",
        &html! {
            h1 { (title) }
            p { (member.address.as_str()) " " (state(lang, member, desk.request.now)) }
            (shell::complaints(lang, filled))
            form method="post" {
                (shell::csrf(&desk.visitor))
                (fields(lang, filled, &member.name, &member.roles, member.badges.as_deref(), &badges))
                button name="do" value="save" { (lang.pick("Save", "保存する")) }
            }
            @if !is_oneself {
                details.danger {
                    summary { (lang.pick("Remove from the organisation", "団体から外す")) }
                    p { (lang.pick("They can open no page of this organisation from then on. What they issued and decided stays, and so does their name in the audit log.", "以後、この団体のページを開けなくなります。これまでの発行や判定、操作履歴の名前は残ります。")) }
                    form method="post" {
                        (shell::csrf(&desk.visitor))
                        button.bad name="do" value="remove" { (lang.pick("Remove", "外す")) }
                    }
                }
            }
        },
    ))
}

/// `POST /console/{client}/members/{person}` with `do`: `save`, `remove`. Nobody takes their own admin's powers: else there might be no
/// admin left.
pub(crate) async fn change(desk: &Desk<'_>, person: &str) -> Result<Answer, Refused> {
    let member = find(desk, person).await?;
    let posted = desk.posted()?;
    let is_oneself = member.person == desk.member.person;
    if posted.has("do", "remove") {
        if is_oneself {
            return Err(Kind::Conflict.into());
        }
        desk.app.store.remove_member(desk.client(), &member.person).await.map_err(edge::failed)?;
        desk.note("DELETE members", vec![person.to_owned()], 303).await?;
        return Ok(desk.done("members", "removed"));
    }
    let mut complaints = Vec::new();
    let wanted = read(desk.lang, &posted, &mut complaints);
    if is_oneself && !wanted.roles.contains(&Role::Admin) {
        let text = desk.lang.pick(
            "You cannot take the admin's role from yourself. Another admin can.",
            "自分自身の管理者の役割は外せません。ほかの管理者に依頼してください。",
        );
        complaints.push(Complaint { pointer: "/roles".into(), text: text.to_owned() });
    }
    if !complaints.is_empty() {
        return one(desk, 400, &member, &Filled { posted, complaints }).await;
    }
    let changed = Member { name: wanted.name, roles: wanted.roles, badges: wanted.badges, ..member };
    desk.app.store.put_member(desk.client(), &changed).await.map_err(edge::failed)?;
    desk.note("PUT members", vec![person.to_owned()], 303).await?;
    Ok(desk.done("members", "saved"))
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
    fn a_list_of_badges_limits_everybody_but_an_admin() {
        let read = |body: &str| {
            let mut complaints = Vec::new();
            let wanted = read(Lang::En, &posted(body), &mut complaints);
            (
                wanted.roles,
                wanted.badges.map(|b| b.len()),
                complaints.into_iter().map(|c| c.pointer).collect::<Vec<_>>(),
            )
        };
        assert_eq!(read("role=issuer&scope=some&badge=abc"), (vec![Role::Issuer], Some(1), vec![]));
        assert_eq!(read("role=admin&scope=some&badge=abc"), (vec![Role::Admin], None, vec![]));
        assert_eq!(read("role=issuer&role=root&scope=some").2, ["/badges"]);
        assert_eq!(read("name=x").2, ["/roles"]);
    }
}
