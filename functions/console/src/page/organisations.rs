//! Where somebody is a member.

use crate::visitor::Visitor;
use crate::{App, Refused, shell};
use edge::{Answer, Request};
use maud::html;

/// `GET /console`: the organisations to choose from; the only one is gone on to at once.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Answer, Refused> {
    let (visitor, _) = Visitor::of(app, request, None).await?;
    let person = visitor.token.person();
    let clients = app.store.memberships(person).await.map_err(edge::failed)?;
    let reads = clients.iter().map(|client| async move {
        let member = app.store.member(client, person).await?;
        let organisation = app.store.organisation(client).await?;
        Ok::<_, store::StoreError>((member, organisation))
    });
    let found = futures_util::future::try_join_all(reads).await.map_err(edge::failed)?;
    let mut open: Vec<_> = found
        .into_iter()
        .filter_map(|(member, organisation)| Some((member?, organisation?.organisation)))
        .filter(|(member, _)| member.may_enter(request.now))
        .collect();
    open.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    if let [(_, only)] = open.as_slice() {
        return Ok(crate::desk::see_other(&format!("/console/{}", only.id)));
    }
    let lang = request.lang;
    let title = lang.pick("Your organisations", "所属団体");
    Ok(shell::signed_in(
        200,
        request,
        title,
        &visitor,
        "narrow",
        &html! {
            h1 { (title) }
            @if open.is_empty() {
                p {
                    (lang.pick(
                        "This address is no member of any organisation here. Ask an admin of yours to invite it: ",
                        "このアドレスはどの団体にも登録されていません。団体の管理者に、次のアドレスの招待を依頼してください: "
                    ))
                    strong { (visitor.session.address.as_str()) }
                }
                p { a.button.main href="/my" { (lang.pick("My badges", "マイバッジ")) } }
            } @else {
                ul.cards {
                    @for (member, organisation) in &open {
                        li {
                            a href=(format!("/console/{}", organisation.id)) { (organisation.name) }
                            @if member.joined_at.is_none() { " " span.state.warn { (lang.pick("invited", "招待中")) } }
                        }
                    }
                }
            }
        },
    ))
}
