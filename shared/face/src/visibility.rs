//! The form in which a holder says what the public may see. It works for who proves to be the holder, and names what proves it.

use badge::{CredentialId, Lang, Visibility};
use maud::{Markup, html};

/// Where the form is sent.
pub const ACTION: &str = "/c/visibility";

/// What proves that the holder asks.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// The link from the mail.
    Link(&'a str),
    /// The holder's key to a credential.
    Key(&'a CredentialId, &'a str),
}

/// What stands now, and the form to change it. `has_name`: whether there is a name to show.
#[must_use]
pub fn form(lang: Lang, now: Visibility, proof: Proof<'_>, has_name: bool) -> Markup {
    let choice = |name: &str, is_on: bool, title: &str, text: &str| {
        html! {
            label.choice {
                input type="checkbox" name=(name) value="1" checked[is_on];
                span { (title) span.soft.small { (text) } }
            }
        }
    };
    html! {
        section.box.screen #visibility {
            h2 { (lang.pick("Who sees what", "公開範囲")) }
            p.soft.small {
                (lang.pick(
                    "Whoever knows the address of the public page can open it. What else it tells is yours to decide, and to change at any time.",
                    "公開ページは、URLを知っている人なら誰でも開けます。そのほかに何を見せるかはご自身で選べ、いつでも変更できます。"
                ))
            }
            form method="post" action=(ACTION) {
                @match proof {
                    Proof::Link(token) => input type="hidden" name="tk" value=(token);,
                    Proof::Key(id, key) => {
                        input type="hidden" name="credential" value=(id);
                        input type="hidden" name="key" value=(key);
                    }
                }
                fieldset {
                    @if has_name {
                        (choice("name", now.shows_name, lang.pick("Show my name", "名前を表示する"),
                            lang.pick("Otherwise the public page does not say whose badge it is.", "選ばない場合、公開ページに名前は表示されません。")))
                    }
                    (choice("listed", now.is_listed, lang.pick("Let search engines find it", "検索エンジンに表示を許可する"),
                        lang.pick("Otherwise they are asked not to list the page.", "選ばない場合、検索結果に載せないよう求めます。")))
                }
                div.actions.start { button.quiet type="submit" { (lang.pick("Save", "保存する")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_now_is_checked_and_the_proof_rides_along() {
        let page = |now, proof, name| form(Lang::En, now, proof, name).into_string();
        let hidden = page(Visibility::default(), Proof::Link("ab"), true);
        assert!(hidden.contains("name=\"tk\" value=\"ab\"") && hidden.contains("name=\"name\" value=\"1\""));
        assert!(!hidden.contains("checked"));
        let shown = page(Visibility { shows_name: true, is_listed: false }, Proof::Link("ab"), true);
        assert_eq!(shown.matches("checked").count(), 1);
        assert!(!page(Visibility::default(), Proof::Link("ab"), false).contains("name=\"name\""));
    }
}
