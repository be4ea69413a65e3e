//! The validator's pages: the form, and the report in plain language.

use badge::Lang;
use edge::Answer;
use edge::answer::Cache;
use edge::html;
use maud::{Markup, html as markup};
use verify::{Outcome, Report, Step, Text, Verdict};

fn say(lang: Lang, text: &Text) -> &str {
    lang.pick(&text.en, &text.ja)
}

fn form_fields(lang: Lang) -> Markup {
    markup! {
        form method="post" action="/validate" enctype="multipart/form-data" {
            p {
                label for="file" { (lang.pick("Badge file (PNG, SVG, JSON or JWT)", "バッジファイル（PNG・SVG・JSON・JWT）")) }
                br;
                input id="file" name="file" type="file" accept=".png,.svg,.json,.jsonld,.jwt,.jws,.txt,image/png,image/svg+xml,application/json";
            }
            p {
                label for="url" { (lang.pick("or its address", "またはバッジのURL")) }
                br;
                input id="url" name="url" type="url" placeholder="https://";
            }
            p {
                label for="recipient" { (lang.pick("Recipient's e-mail address, to check whose badge it is (optional)", "受領者のメールアドレス（本人のものか確認する場合・任意）")) }
                br;
                input id="recipient" name="recipient" type="email" autocomplete="off";
            }
            button type="submit" { (lang.pick("Check", "検証する")) }
        }
    }
}

/// The empty form.
pub(crate) fn form(lang: Lang) -> Answer {
    let title = lang.pick("Badge validator", "バッジ検証");
    let main = markup! {
        h1 { (title) }
        p { (lang.pick("Is this badge genuine, unaltered, and still valid?", "そのバッジは本物か、改変されていないか、いまも有効かを確かめます。")) }
        (form_fields(lang))
    };
    html::page(200, lang, title, Cache::Short, &main)
}

fn verdict(lang: Lang, verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Valid => ("good", lang.pick("Valid", "有効です")),
        Verdict::ValidWithWarnings => ("good", lang.pick("Valid, with remarks", "有効です（注意点があります）")),
        Verdict::Invalid => ("bad", lang.pick("Not valid", "有効ではありません")),
        Verdict::CouldNotBeChecked => ("warn", lang.pick("Could not be checked", "確認できませんでした")),
        Verdict::NotABadge => ("warn", lang.pick("There is no badge in this", "バッジが見つかりません")),
    }
}

fn outcome(lang: Lang, outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Passed => ("good", lang.pick("passed", "合格")),
        Outcome::Warning => ("warn", lang.pick("remark", "注意")),
        Outcome::Failed => ("bad", lang.pick("failed", "不合格")),
        Outcome::NotChecked => ("warn", lang.pick("could not be checked", "確認できず")),
        Outcome::Skipped => ("soft", lang.pick("does not apply", "対象外")),
    }
}

fn step(lang: Lang, step: &Step) -> Markup {
    let (class, word) = outcome(lang, step.outcome);
    markup! {
        li {
            strong { (say(lang, &step.title)) } " "
            span class={"state " (class)} { (word) }
            br;
            (say(lang, &step.message))
            @if let Some(hint) = &step.hint { br; span.soft { (say(lang, hint)) } }
            @for detail in &step.details { br; span.soft { (say(lang, &detail.message)) } }
        }
    }
}

/// The answer: one verdict at a glance, then every step that applied.
pub(crate) fn report(lang: Lang, report: &Report) -> Answer {
    let title = lang.pick("Badge validator", "バッジ検証");
    let (class, word) = verdict(lang, report.verdict);
    let summary = &report.summary;
    let row = |label: &str, value: &Option<String>| {
        markup! { @if let Some(value) = value { dt { (label) } dd { (value) } } }
    };
    let (skipped, taken): (Vec<&Step>, Vec<&Step>) = report.steps.iter().partition(|s| s.outcome == Outcome::Skipped);
    let main = markup! {
        h1 { span class={"state " (class)} { (word) } }
        @if let Some(deciding) = report.deciding().filter(|_| report.verdict != Verdict::Valid) {
            p { (say(lang, &deciding.message)) }
        }
        dl {
            (row(lang.pick("Badge", "バッジ"), &summary.name))
            (row(lang.pick("Issuer", "発行者"), &summary.issuer_name))
            (row(lang.pick("Issuer's id", "発行者ID"), &summary.issuer_id))
            (row(lang.pick("Valid from", "有効期間の開始"), &summary.valid_from))
            (row(lang.pick("Valid until", "有効期間の終了"), &summary.valid_until))
            @if let Some(kind) = report.kind { dt { (lang.pick("Standard", "規格")) } dd { (kind.label()) } }
            dt { (lang.pick("Checked at", "検証日時")) } dd { (report.checked_at) }
        }
        h2 { (lang.pick("What was checked", "検証した内容")) }
        ol.steps { @for s in &taken { (step(lang, s)) } }
        @if !skipped.is_empty() {
            p.soft {
                (lang.pick("Does not apply: ", "対象外: "))
                (skipped.iter().map(|s| say(lang, &s.title)).collect::<Vec<_>>().join(lang.pick(", ", "、")))
            }
        }
        h2 { (lang.pick("Check another badge", "別のバッジを検証する")) }
        (form_fields(lang))
    };
    html::page(200, lang, title, Cache::None, &main)
}
