//! The validator's pages: the form, and the report in plain language.

use crate::kept::Source;
use badge::Lang;
use edge::answer::Cache;
use edge::html::{Page, time};
use edge::{Answer, Kind, Problem, Request, assets};
use jiff::Timestamp;
use maud::{Markup, html as markup};
use verify::{Outcome, PdfSeal, PdfVerdict, Report, Step, StepId, Text, Verdict};

/// A report to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) report: &'a Report,
    pub(crate) source: &'a Source,
    /// Where it is kept and until when, if it is.
    pub(crate) until: Option<(&'a str, Timestamp)>,
}

fn say(lang: Lang, text: &Text) -> &str {
    lang.pick(&text.en, &text.ja)
}

fn title(lang: Lang) -> &'static str {
    lang.pick("Badge validator", "バッジ検証")
}

/// What all of these pages are: `bucket` is where their script may send large files to.
fn page<'a>(request: &Request, title: &'a str, bucket: Option<&'a str>) -> Page<'a> {
    let scripts = vec![assets::page(), assets::validate()];
    Page { scripts, connect: bucket, ..Page::of(request, title) }
}

/// The form; `text` is what is already in it.
fn form_fields(lang: Lang, text: &str) -> Markup {
    markup! {
        form method="post" action="/validate" enctype="multipart/form-data" data-validate {
            div.field.drop {
                label for="file" { (lang.pick("Badge file", "バッジのファイル")) }
                input #file name="file" type="file" aria-describedby="file-hint" accept=".pdf,.png,.svg,.json,.jsonld,.jwt,.jws,.txt,application/pdf,image/png,image/svg+xml,application/json";
                p.soft #file-hint { (lang.pick("Choose it or drop it here: PDF, PNG, SVG, JSON or JWT, up to 4 MB (20 MB where scripts run).", "選ぶか、ここにドロップしてください。PDF・PNG・SVG・JSON・JWT、4MBまで（JavaScriptが使える場合は20MBまで）。")) }
            }
            div.field {
                label for="text" { (lang.pick("or its web address, or the text itself", "または、バッジのURLかテキスト")) }
                textarea.text #text name="text" rows="2" spellcheck="false" autocomplete="off" placeholder="https://" { (text) }
            }
            details {
                summary { (lang.pick("More", "詳しい設定")) }
                div.field {
                    label for="recipient" { (lang.pick("Whose badge should it be?", "受領者の確認（任意）")) }
                    input #recipient name="recipient" type="email" autocomplete="off" aria-describedby="recipient-hint";
                    p.soft #recipient-hint { (lang.pick("The holder's e-mail address. It is compared and not kept.", "持ち主のメールアドレス。照合だけに使い、保存しません。")) }
                }
                div.field {
                    label for="trust" { (lang.pick("Certificate of another sealing organisation", "ほかの組織の封印証明書（任意）")) }
                    input #trust name="trust" type="file" accept=".pem,.crt,.cer,application/x-pem-file" aria-describedby="trust-hint";
                    p.soft #trust-hint { (lang.pick("Only for a PDF that was sealed outside this service (PEM).", "当サービス以外で封印されたPDFの場合だけ必要です（PEM形式）。")) }
                }
            }
            label.choice {
                input type="checkbox" name="keep" value="1";
                span {
                    (lang.pick("Keep the result, to show it to others", "結果を保存して、ほかの人に見せる"))
                    span.soft.small { (lang.pick("The report, not the file, is kept for 30 days under an address of its own.", "ファイルではなく検証結果だけを、専用のURLで30日間保存します。")) }
                }
            }
            div.actions.start { button type="submit" { (lang.pick("Check", "検証する")) } }
            div data-progress hidden { p role="status" {} progress max="1" aria-label=(lang.pick("Progress", "進み具合")) {} }
        }
    }
}

/// The empty form.
pub(crate) fn form(request: &Request, bucket: Option<&str>) -> Answer {
    let lang = request.lang;
    let main = markup! {
        h1 { (title(lang)) }
        p.lead { (lang.pick("Is this badge genuine, unaltered, and still valid?", "そのバッジは本物か、改変されていないか、いまも有効かを確かめます。")) }
        (form_fields(lang, ""))
        p.soft.small { (lang.pick("What you hand in is checked and then deleted.", "お預かりしたファイルは、検証後すぐに削除します。")) }
    };
    let page = Page { cache: Cache::Short, is_indexed: true, ..page(request, title(lang), bucket) };
    page.answer(&main)
}

/// The form again, with what hindered the check.
pub(crate) fn refused(request: &Request, problem: &Problem, bucket: Option<&str>) -> Answer {
    let (lang, kind) = (request.lang, problem.kind());
    let text = match kind {
        Kind::NotFound => lang.pick(
            "There is no result at this address. Results are kept for 30 days, and only when somebody asks for it.",
            "このURLに検証結果はありません。結果は、保存を選んだ場合に限り30日間保存されます。",
        ),
        Kind::InvalidRequest if problem.field_errors().iter().any(|error| error.pointer == "/file") => {
            lang.pick("Please choose a file, or enter an address.", "ファイルを選ぶか、URLを入力してください。")
        }
        _ => problem.text(lang),
    };
    let main = markup! {
        h1 { (title(lang)) }
        div class="note bad" role="alert" {
            strong { (kind.title(lang)) }
            p { (text) }
        }
        (form_fields(lang, ""))
    };
    Page { status: kind.status(), ..page(request, title(lang), bucket) }.answer(&main)
}

/// How something ended, at a glance: its class, its sign and its word.
type Glance = (&'static str, &'static str, &'static str);

fn verdict(lang: Lang, verdict: Verdict) -> Glance {
    match verdict {
        Verdict::Valid => ("good", "✓", lang.pick("Valid", "有効です")),
        Verdict::ValidWithWarnings => ("good", "✓", lang.pick("Valid, with remarks", "有効です（注意点があります）")),
        Verdict::Invalid => ("bad", "✕", lang.pick("Not valid", "有効ではありません")),
        Verdict::CouldNotBeChecked => ("warn", "?", lang.pick("Could not be checked", "確認できませんでした")),
        Verdict::NotABadge => ("warn", "?", lang.pick("There is no badge in this", "バッジが見つかりません")),
    }
}

/// The one answer about the whole. A file that was altered is called that.
fn glance(lang: Lang, report: &Report) -> Glance {
    match &report.pdf {
        Some(pdf) if pdf.verdict == PdfVerdict::Altered => (
            "bad",
            "✕",
            lang.pick("Not valid: the file was altered", "有効ではありません（ファイルが改変されています）"),
        ),
        _ => verdict(lang, report.verdict),
    }
}

fn outcome(lang: Lang, outcome: Outcome) -> Glance {
    match outcome {
        Outcome::Passed => ("good", "✓", lang.pick("passed", "合格")),
        Outcome::Warning => ("warn", "!", lang.pick("remark", "注意")),
        Outcome::Failed => ("bad", "✕", lang.pick("failed", "不合格")),
        Outcome::NotChecked => ("warn", "?", lang.pick("could not be checked", "確認できず")),
        Outcome::Skipped => ("soft", "–", lang.pick("does not apply", "対象外")),
    }
}

fn sign(class: &str, sign: &str) -> Markup {
    markup! { span class={"sign " (class)} aria-hidden="true" { span { (sign) } } }
}

fn step(lang: Lang, step: &Step) -> Markup {
    let (class, mark, word) = outcome(lang, step.outcome);
    markup! {
        li {
            (sign(class, mark))
            div {
                h3 { (say(lang, &step.title)) " " span class={"state " (class)} { (word) } }
                p { (say(lang, &step.message)) }
                @for detail in &step.details { p.soft { (say(lang, &detail.message)) } }
                @if let Some(hint) = &step.hint { p.hint { (say(lang, hint)) } }
            }
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

/// An instant as it was written: in the reader's zone if it is one.
fn instant(lang: Lang, text: &str) -> Markup {
    match text.parse::<Timestamp>() {
        Ok(at) => time(lang, at),
        Err(_) => markup! { (text) },
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
                    @if let Some(at) = &seal.at { dt { (lang.pick("Sealed on", "封印日時")) } dd { (instant(lang, at)) } }
                }
            }
        }
    }
}

/// The second: the badge in it.
fn pdf_badge(lang: Lang, pdf: &PdfSeal, report: &Report) -> Markup {
    let looked_at = pdf.verdict == PdfVerdict::Valid;
    let (class, _, word) = if looked_at {
        verdict(lang, report.badge_verdict())
    } else {
        ("warn", "?", lang.pick("not looked at", "未確認"))
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

/// How the result can be shown to others.
fn share(lang: Lang, shown: &Shown<'_>) -> Markup {
    let (url, note) = match (shown.until, shown.source) {
        (Some((url, until)), _) => (
            url.to_owned(),
            markup! { (lang.pick("Kept until ", "保存期限：")) (time(lang, until)) (lang.pick(". It shows what was found then.", "。検証した時点の結果を表示します。")) },
        ),
        (None, Source::Url(url)) => (
            format!("?url={}", url::form_urlencoded::byte_serialize(url.as_bytes()).collect::<String>()),
            markup! { (lang.pick("Whoever opens it gets a new check.", "開くたびに、あらためて検証します。")) },
        ),
        (None, Source::File { .. }) => {
            return markup! {
                section.box.screen {
                    h2 { (lang.pick("Show this result to others", "この結果を共有する")) }
                    // A script still has the file, and hands it in again.
                    button.quiet type="button" data-keep hidden { (lang.pick("Keep the result for 30 days", "結果を30日間保存する")) }
                    p.soft.small {
                        (lang.pick(
                            "The file was deleted. To keep the result, the file is checked once more.",
                            "ファイルは削除しました。結果を保存するときは、ファイルをもう一度検証します。"
                        ))
                    }
                }
            };
        }
    };
    markup! {
        section.box.screen {
            h2 { (lang.pick("Show this result to others", "この結果を共有する")) }
            p { a #result-url href=(url) { (lang.pick("Address of this result", "この結果のURL")) } }
            p.soft.small { (note) }
        }
    }
}

fn facts(lang: Lang, shown: &Shown<'_>) -> Markup {
    let Shown { report, source, .. } = shown;
    let summary = &report.summary;
    let row = |label: &str, value: &Option<String>| {
        markup! { @if let Some(value) = value { dt { (label) } dd dir="auto" { (value) } } }
    };
    let when = |label: &str, value: &Option<String>| {
        markup! { @if let Some(value) = value { dt { (label) } dd { (instant(lang, value)) } } }
    };
    markup! {
        dl {
            (row(lang.pick("Badge", "バッジ"), &summary.name))
            (row(lang.pick("Issuer", "発行者"), &summary.issuer_name))
            (row(lang.pick("Issuer's id", "発行者ID"), &summary.issuer_id))
            (when(lang.pick("Valid from", "有効期間の開始"), &summary.valid_from))
            (when(lang.pick("Valid until", "有効期間の終了"), &summary.valid_until))
            @if let Some(kind) = report.kind { dt { (lang.pick("Standard", "規格")) } dd { (kind.label()) } }
            dt { (lang.pick("Checked at", "検証日時")) } dd { (instant(lang, &report.checked_at)) }
            @match source {
                Source::Url(url) => { dt { (lang.pick("Address", "URL")) } dd { code { (url) } } }
                Source::File { sha256, .. } => { dt { (lang.pick("File (SHA-256)", "ファイル（SHA-256）")) } dd { code { (sha256) } } }
            }
        }
    }
}

/// The answer: one verdict at a glance, then every step that applied.
pub(crate) fn report(request: &Request, shown: &Shown<'_>, bucket: Option<&str>) -> Answer {
    page(request, title(request.lang), bucket).answer(&report_markup(request.lang, shown))
}

fn report_markup(lang: Lang, shown: &Shown<'_>) -> Markup {
    let report = shown.report;
    let (class, mark, word) = glance(lang, report);
    let (skipped, taken): (Vec<&Step>, Vec<&Step>) = report.steps.iter().partition(|s| s.outcome == Outcome::Skipped);
    let deciding = report.deciding().filter(|_| report.verdict != Verdict::Valid && report.pdf.is_none());
    let address = match shown.source {
        Source::Url(url) => url.as_str(),
        Source::File { .. } => "",
    };
    markup! {
        div class={"verdict " (class)} {
            (sign(class, mark))
            div {
                h1 { (word) }
                @if let Some(step) = deciding {
                    p { (say(lang, &step.message)) }
                    @if let Some(hint) = &step.hint { p { (say(lang, hint)) } }
                }
            }
        }
        @if let Some(pdf) = &report.pdf {
            (pdf_file(lang, pdf))
            (pdf_badge(lang, pdf, report))
        }
        (facts(lang, shown))
        h2 { (lang.pick("What was checked", "検証した内容")) }
        ol.steps { @for s in &taken { (step(lang, s)) } }
        @if !skipped.is_empty() {
            p.soft {
                (lang.pick("Does not apply: ", "対象外: "))
                (skipped.iter().map(|s| say(lang, &s.title)).collect::<Vec<_>>().join(lang.pick(", ", "、")))
            }
        }
        (share(lang, shown))
        section.screen {
            h2.ruled { (lang.pick("Check another badge", "別のバッジを検証する")) }
            (form_fields(lang, address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    fn asked(lang: Lang) -> Request {
        Request::test(http::Method::GET, "/validate", &[("accept-language", lang.tag())])
    }

    async fn page_of(lang: Lang, bytes: &[u8]) -> String {
        let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
        let source = Source::File { sha256: "ab".repeat(32), bytes: bytes.len() };
        let found = verify::verify(Input::Bytes(bytes), &options, &Offline).await;
        let page = report(&asked(lang), &Shown { report: &found, source: &source, until: None }, None);
        html(page)
    }

    #[test]
    fn the_form_takes_pdfs_and_certificates() {
        let page = html(form(&asked(Lang::En), None));
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

    #[tokio::test]
    async fn what_can_be_shown_to_others_says_how_long() {
        let options = Options::at("2026-04-01T00:00:00Z".parse().unwrap());
        let found = verify::verify(Input::Bytes(b"hello"), &options, &Offline).await;
        let shown =
            |source: &Source, until| report_markup(Lang::En, &Shown { report: &found, source, until }).into_string();
        let file = Source::File { sha256: "ab".repeat(32), bytes: 5 };
        let page = shown(&file, None);
        assert!(page.contains(&"ab".repeat(32)) && !page.contains("result-url"), "{page}");
        let until = "2026-05-01T00:00:00Z".parse().unwrap();
        let page = shown(&file, Some(("https://badges.example/validate/results/r1", until)));
        assert!(page.contains("href=\"https://badges.example/validate/results/r1\"") && page.contains("1 May 2026"));
        let page = shown(&Source::Url("https://a.example/\"><b>?c&d".into()), None);
        assert!(page.contains("href=\"?url=https%3A%2F%2Fa.example%2F%22%3E%3Cb%3E%3Fc%26d\""), "{page}");
        assert!(!page.contains("<b>") && page.contains("&lt;b&gt;?c&amp;d</textarea>"));
    }

    #[tokio::test]
    async fn every_step_that_is_not_in_order_says_what_to_do() {
        for lang in [Lang::En, Lang::Ja] {
            let page = page_of(lang, br#"{"type":["OpenBadgeCredential"]}"#).await;
            assert!(page.contains("class=\"hint\""), "{page}");
        }
    }

    #[test]
    fn a_complaint_comes_with_the_form() {
        let problem = Problem::from(crate::submission::missing("/file"));
        let answer = refused(&asked(Lang::Ja), &problem, Some("https://bucket.example/"));
        let response = answer.finish(&asked(Lang::Ja));
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("connect-src 'self' https://bucket.example/;") && response.status() == 400);
        let page = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(page.contains("ファイルを選ぶか") && page.contains("data-validate"), "{page}");
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
