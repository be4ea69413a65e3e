//! The way to a form on paper and on a screen in front: a QR code, and a page to print with it.
//!
//! The poster is a page with print styles, not a PDF: every browser prints it or saves it as one, with the reader's own fonts, and
//! this function stays without a PDF library and its fonts.

use super::form::local;
use super::shell::{self, Look, Powers};
use application::Form;
use application::approval::Approval;
use application::form::EvidencePolicy;
use badge::definition::Badge;
use badge::{Lang, Urls};
use edge::answer::Cache;
use edge::{Answer, Problem, markdown};
use maud::{Markup, PreEscaped, html};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The empty border that readers need, in modules (ISO/IEC 18004).
const QUIET: usize = 4;
/// Dots of the PNG per module: 33 modules become a print of 5 cm at 150 dots per inch.
const DOTS: usize = 10;

/// Where the form is.
pub(crate) fn address(urls: &Urls, form: &Form) -> String {
    format!("{}/apply/{}", urls.base(), form.id)
}

/// The modules of a text's code, row by row with the quiet zone.
fn modules(text: &str) -> Result<Vec<Vec<bool>>, Problem> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Problem::internal)?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut rows = vec![vec![false; side]; side];
    for (row, colours) in rows.iter_mut().skip(QUIET).zip(code.to_colors().chunks(width)) {
        for (module, colour) in row.iter_mut().skip(QUIET).zip(colours) {
            *module = *colour == Color::Dark;
        }
    }
    Ok(rows)
}

fn svg(text: &str, label: &str) -> Result<String, Problem> {
    let rows = modules(text)?;
    let side = rows.len();
    let mut path = String::new();
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        while x < side {
            // Neighbours become one bar: seams between squares show on screens.
            let bar = row[x..].iter().take_while(|dark| **dark).count();
            if bar > 0 {
                let _ = write!(path, "M{x} {y}h{bar}v1h-{bar}z");
            }
            x += bar.max(1);
        }
    }
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={"0 0 " (side) " " (side)} role="img" aria-label=(label) shape-rendering="crispEdges" {
            path fill="#fff" d={"M0 0h" (side) "v" (side) "H0z"} {}
            path d=(path) {}
        }
    };
    Ok(markup.into_string())
}

fn png(text: &str) -> Result<Vec<u8>, Problem> {
    let rows = modules(text)?;
    let side = u32::try_from(rows.len() * DOTS).map_err(Problem::internal)?;
    let mut dots = Vec::new();
    for row in &rows {
        let line: Vec<bool> = row.iter().flat_map(|dark| std::iter::repeat_n(*dark, DOTS)).collect();
        let packed: Vec<u8> = line
            .chunks(8)
            .map(|bits| bits.iter().enumerate().fold(0xff, |byte, (at, dark)| byte & !(u8::from(*dark) << (7 - at))))
            .collect();
        dots.extend(std::iter::repeat_n(packed, DOTS).flatten());
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(Problem::internal)?;
    writer.write_image_data(&dots).map_err(Problem::internal)?;
    writer.finish().map_err(Problem::internal)?;
    Ok(bytes)
}

/// `GET /apply/{form}/qr.svg`.
pub(crate) fn qr_svg(urls: &Urls, form: &Form) -> Result<Answer, Problem> {
    Ok(Answer::picture("image/svg+xml", svg(&address(urls, form), "QR")?, Cache::Short))
}

/// `GET /apply/{form}/qr.png`.
pub(crate) fn qr_png(urls: &Urls, form: &Form) -> Result<Answer, Problem> {
    Ok(Answer::picture("image/png", png(&address(urls, form))?, Cache::Short))
}

/// What there is to do once the form is open.
fn steps(form: &Form, lang: Lang) -> [&'static str; 3] {
    let fill_in = match &form.definition.approval {
        Approval::ClaimCode { .. } => lang.pick(
            "Enter the code that you are told here, and your name and address.",
            "会場で案内されるコードと、お名前、メールアドレスを入力してください。",
        ),
        Approval::Quiz { .. } => lang.pick("Answer the questions.", "クイズに回答してください。"),
        _ if form.definition.evidence == EvidencePolicy::Yes => {
            lang.pick("Fill in the form and attach your evidence.", "フォームに入力し、証拠資料を添付してください。")
        }
        _ => lang.pick("Fill in the form.", "フォームに入力して送信してください。"),
    };
    let confirm = lang
        .pick("Confirm your address by the mail that you get.", "届いたメールから、メールアドレスを確認してください。");
    let receive = match &form.definition.approval {
        Approval::Automatic | Approval::ClaimCode { .. } => {
            lang.pick("The badge comes by mail.", "バッジがメールで届きます。")
        }
        Approval::Quiz { .. } => {
            lang.pick("Who passes gets the badge by mail.", "合格すると、バッジがメールで届きます。")
        }
        Approval::Peer { .. } => lang.pick(
            "Ask people who hold the badge to approve it; then it comes by mail.",
            "バッジをお持ちの方に承認を依頼してください。承認されると、バッジがメールで届きます。",
        ),
        Approval::Review { .. } | Approval::Jury { .. } => lang.pick(
            "Your application is reviewed; when it is approved, the badge comes by mail.",
            "申請内容を審査します。承認されると、バッジがメールで届きます。",
        ),
    };
    [fill_in, confirm, receive]
}

/// `GET /apply/{form}/poster`: one sheet of A4.
pub(crate) fn poster(urls: &Urls, form: &Form, badge: Option<&Badge>, look: Look) -> Result<Answer, Problem> {
    let lang = look.lang;
    let title = form.definition.title.get(lang);
    let address = address(urls, form);
    let code = svg(&address, lang.pick("QR code of the form's address", "申請フォームのQRコード"))?;
    let main: Markup = html! {
        div.poster {
            @if let Some(badge) = badge {
                @let content = badge.content_for(lang.tag());
                img src=(urls.artwork(&badge.artwork.png_sha256, "png")) alt=(content.image_alt.as_deref().unwrap_or(&content.name));
            }
            h1 dir="auto" { (title) }
            @let instructions = form.definition.instructions.get(lang);
            @if !instructions.trim().is_empty() { div.instructions dir="auto" { (markdown::render(instructions)) } }
            div.qr { (PreEscaped(code)) }
            ol.how {
                li { (lang.pick("Read the code with your telephone’s camera.", "スマートフォンのカメラでQRコードを読み取ってください。")) }
                @for step in steps(form, lang) { li { (step) } }
            }
            p.address { (address) }
            @if let Some(closes) = form.definition.window.closes_at() {
                p.soft { (lang.pick("Open until ", "受付期間: ")) (local(lang, form, closes)) (lang.pick("", " まで")) }
            }
        }
        p.center.screen.small.soft { (lang.pick("Print this page, or save it as a PDF, with your browser.", "ブラウザーの印刷機能で、印刷またはPDFとして保存できます。")) }
    };
    Ok(shell::page(200, look, title, Powers { is_switchable: true, ..Powers::default() }, &main))
}
