//! The validator's pages: the form, and the report in plain language.

use badge::Lang;
use edge::Answer;
use edge::answer::Cache;
use edge::html;
use maud::{Markup, html as markup};
use verify::{Outcome, PdfSeal, PdfVerdict, Report, Step, StepId, Text, Verdict};

fn say(lang: Lang, text: &Text) -> &str {
    lang.pick(&text.en, &text.ja)
}

fn form_fields(lang: Lang) -> Markup {
    markup! {
        form method="post" action="/validate" enctype="multipart/form-data" {
            p {
                label for="file" { (lang.pick("Badge file (PDF, PNG, SVG, JSON or JWT)", "バッジファイル（PDF・PNG・SVG・JSON・JWT）")) }
                br;
                input id="file" name="file" type="file" accept=".pdf,.png,.svg,.json,.jsonld,.jwt,.jws,.txt,application/pdf,image/png,image/svg+xml,application/json";
                br;
                span.soft { (lang.pick("Up to 4 MB.", "4MBまで。")) }
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
            p {
                label for="trust" { (lang.pick("For a PDF sealed by an organisation outside this service: its certificate (PEM, optional)", "当サービス以外の組織が封印したPDFの場合：その組織の証明書（PEM形式・任意）")) }
                br;
                input id="trust" name="trust" type="file" accept=".pem,.crt,.cer,application/x-pem-file";
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

fn pdf_verdict(lang: Lang, verdict: PdfVerdict) -> (&'static str, &'static str) {
    match verdict {
        PdfVerdict::Valid => ("good", lang.pick("Unaltered", "改変されていません")),
        PdfVerdict::Altered => ("bad", lang.pick("Altered", "改変されています")),
        PdfVerdict::Untrusted => ("warn", lang.pick("Sealed by somebody unknown", "封印した発行元を確認できません")),
        PdfVerdict::Unsigned | PdfVerdict::NotPdf => ("warn", lang.pick("No seal", "封印がありません")),
        PdfVerdict::TooLarge | PdfVerdict::NotChecked => {
            ("warn", lang.pick("Could not be checked", "確認できませんでした"))
        }
    }
}

/// The first of a PDF's two answers: the file.
fn pdf_file(lang: Lang, pdf: &PdfSeal) -> Markup {
    let (class, word) = pdf_verdict(lang, pdf.verdict);
    let proven = pdf.verdict == PdfVerdict::Valid;
    markup! {
        section class={"note " (class)} {
            strong { (lang.pick("1. The PDF file: ", "1. PDFファイル：")) (word) }
            p { (say(lang, &pdf.message)) }
            @if let Some(seal) = &pdf.seal {
                dl {
                    @if let Some(name) = &seal.name { dt { (lang.pick("Sealed by", "封印した発行元")) } dd { (name) } }
                    @if seal.name.is_none() || !proven {
                        dt { (lang.pick("Named in the certificate", "証明書に記載の名称")) }
                        dd {
                            (seal.subject)
                            @if !proven { " " span.soft { (lang.pick("(not confirmed)", "（未確認）")) } }
                        }
                    }
                    @if let Some(at) = &seal.at { dt { (lang.pick("Sealed on", "封印日時")) } dd { (at) } }
                }
            }
        }
    }
}

/// The second: the badge in it.
fn pdf_badge(lang: Lang, pdf: &PdfSeal, report: &Report) -> Markup {
    let looked_at = pdf.verdict == PdfVerdict::Valid;
    let (class, word) = if looked_at {
        verdict(lang, report.badge_verdict())
    } else {
        ("warn", lang.pick("not looked at", "未確認"))
    };
    let deciding = report.steps.iter().filter(|step| step.id != StepId::Seal).rev().max_by_key(|step| step.outcome);
    let why = deciding.filter(|_| !looked_at || report.badge_verdict() != Verdict::Valid);
    markup! {
        section class={"note " (class)} {
            strong { (lang.pick("2. The badge in it: ", "2. PDFの中のバッジ：")) (word) }
            @if let Some(step) = why { p { (say(lang, &step.message)) } }
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
        @if let Some(pdf) = &report.pdf {
            (pdf_file(lang, pdf))
            (pdf_badge(lang, pdf, report))
        } @else if let Some(deciding) = report.deciding().filter(|_| report.verdict != Verdict::Valid) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use edge::Request;
    use verify::{Accept, Document, Documents, Input, Options, Unavailable};

    struct Offline;
    impl Documents for Offline {
        async fn get(&self, _url: &str, _accept: Accept) -> Result<Document, Unavailable> {
            Err(Unavailable::Unreachable)
        }
    }

    fn html(answer: Answer) -> String {
        let response = answer.finish(&Request::test(http::Method::GET, "/validate", &[]));
        String::from_utf8(response.body().to_vec()).unwrap()
    }

    async fn page_of(lang: Lang, bytes: &[u8]) -> String {
        let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
        html(report(lang, &verify::verify(Input::Bytes(bytes), &options, &Offline).await))
    }

    #[test]
    fn the_form_takes_pdfs_and_certificates() {
        let page = html(form(Lang::En));
        assert!(page.contains("application/pdf") && page.contains("name=\"trust\""));
    }

    #[tokio::test]
    async fn a_pdf_has_two_answers() {
        let page = page_of(Lang::En, b"%PDF-1.7\n").await;
        assert!(
            page.contains("1. The PDF file: No seal") && page.contains("2. The badge in it: not looked at"),
            "{page}"
        );
        assert!(page.contains("Could not be checked") && !page.contains("Not valid"));
        let page = page_of(Lang::Ja, b"%PDF-1.7\n").await;
        assert!(
            page.contains("1. PDFファイル：封印がありません") && page.contains("2. PDFの中のバッジ：未確認"),
            "{page}"
        );
        // It claims a seal over the whole file and has none.
        let page = page_of(Lang::En, b"%PDF-1.7\n/ByteRange[0 9 99 9]/Contents<00>").await;
        assert!(page.contains("1. The PDF file: Altered") && page.contains("Not valid"), "{page}");
    }

    #[tokio::test]
    async fn what_is_no_pdf_has_one() {
        let page = page_of(Lang::En, b"hello").await;
        assert!(page.contains("There is no badge in this") && !page.contains("The PDF file"));
    }

    #[test]
    fn only_an_unaltered_file_looks_good() {
        use PdfVerdict::{Altered, NotChecked, NotPdf, TooLarge, Unsigned, Untrusted, Valid};
        for lang in [Lang::En, Lang::Ja] {
            for verdict in [Valid, Altered, Untrusted, Unsigned, NotPdf, TooLarge, NotChecked] {
                assert_eq!(pdf_verdict(lang, verdict).0 == "good", verdict == Valid);
            }
        }
    }
}
