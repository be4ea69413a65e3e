//! The evidence behind a badge, for whoever has the credential.

use super::fields::size;
use super::form::head;
use super::shell::{self, Look, Powers};
use crate::published::{Open, Published};
use crate::step::Subject;
use application::evidence;
use badge::Urls;
use badge::definition::Badge;
use edge::Answer;
use maud::{Markup, html};

/// The page. What is for reviewers only has one that is the same for every form.
pub(crate) fn show(urls: &Urls, look: Look, published: &Published, badge: Option<&Badge>) -> Answer {
    let lang = look.lang;
    let (title, main) = match published {
        Published::Closed => {
            let title = lang.pick("Evidence for reviewers only", "審査者のみに公開されている証拠資料");
            let main = html! {
                h1 { (title) }
                p { (lang.pick("The evidence behind this badge was shown to the reviewers. Only they can open it.", "このバッジの証拠資料は審査者に提示されました。閲覧できるのは審査者のみです。")) }
            };
            (title.to_owned(), main)
        }
        Published::Open(open) => {
            let title = open.subject.form.definition.title.get(lang);
            (format!("{}{title}", lang.pick("Evidence: ", "証拠資料: ")), main(urls, look, open, badge))
        }
    };
    shell::page(200, look, &title, Powers { is_switchable: true, ..Powers::default() }, &main)
}

fn main(urls: &Urls, look: Look, open: &Open, badge: Option<&Badge>) -> Markup {
    let lang = look.lang;
    let Subject { application, form } = &open.subject;
    html! {
        (head(urls, form, badge, lang))
        p { (lang.pick("This is the evidence with which the badge was applied for.", "このバッジの申請時に提出された証拠資料です。")) }
        @for (asked, text) in application.submission.iter().flat_map(|one| evidence::told(&open.answered, one, lang)) {
            h2 dir="auto" { (asked) }
            p dir="auto" { @for line in text.split('\n') { (line) br; } }
        }
        h2 { (lang.pick("Files", "ファイル")) }
        ul.files {
            @for file in &open.files {
                li { a href=(file.path) { (file.name) } " " span.soft.small { (size(file.size_bytes)) } }
            }
            @for _ in 0..open.gone { li.soft { (lang.pick("No longer kept", "保存期間が終了しました")) } }
        }
        p.small.soft { (lang.pick("Files come from the applicant. They were examined for programs and the like, which is no promise: open them with care.", "ファイルは申請者が提出したものです。不審なプログラムなどの検査は行っていますが、安全を保証するものではありません。")) }
        p { a href=(urls.credential(&open.credential)) { (lang.pick("The badge that was issued", "発行されたバッジ")) } }
    }
}
