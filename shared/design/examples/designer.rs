//! The designer on a page of its own, for looking at it and for the browser tests:
//! `cargo run -p design --example designer -- FONTS`, which says where it listens.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a tool at the desk")]

use badge::Lang;
use design::{Choice as _, Design, FONTS, Fonts, editor, icons, render, templates};
use maud::{DOCTYPE, html};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'";

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let fonts = Fonts::new(FONTS.map(|(face, name)| (face, std::fs::read(folder.join(name)).unwrap()))).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming().flatten() {
        // A browser that goes away takes only its own answer with it.
        let _ = serve(&fonts, stream);
    }
}

fn serve(fonts: &Fonts, mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let fields = pairs(&String::from_utf8(body).unwrap());
    let (status, media_type, text) = answer(fonts, &path, &fields);
    write!(
        stream,
        "HTTP/1.1 {status} -\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\ncontent-security-policy: {POLICY}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}

fn answer(fonts: &Fonts, path: &str, fields: &[(String, String)]) -> (u16, &'static str, String) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let lang = if query.contains("lang=en") { Lang::En } else { Lang::Ja };
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let typed = || editor::parse(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    match path {
        "/style.css" => (200, "text/css", include_str!("../../edge/assets/style.css").to_owned() + editor::STYLE),
        "/designer.mjs" => (200, "text/javascript", editor::SCRIPT.to_owned()),
        "/icons" => {
            let named = |(name, en, ja): (&str, &str, &str)| json!({"name": name, "en": en, "ja": ja});
            let categories =
                icons::Category::ALL.iter().map(|c| named((c.name(), c.label(Lang::En), c.label(Lang::Ja))));
            let all = icons::all().iter().map(|icon| {
                json!({"name": icon.name, "category": icon.category.name(), "en": icon.en, "ja": icon.ja, "path": icon.path})
            });
            let body = json!({"category": categories.collect::<Vec<_>>(), "result": all.collect::<Vec<_>>()});
            (200, "application/json", body.to_string())
        }
        "/preview" => match Design::read(&typed()) {
            Ok(design) => (200, "image/svg+xml", render(&design, fonts).into_string()),
            Err(errors) => {
                let error = |e: &badge::input::FieldError| json!({"pointer": format!("#{}", e.pointer), "detail": e.reason.text(lang)});
                (
                    400,
                    "application/problem+json",
                    json!({"errors": errors.iter().map(error).collect::<Vec<_>>()}).to_string(),
                )
            }
        },
        "/" => {
            let chosen = field(editor::TEMPLATE).and_then(templates::find);
            let filled = match chosen {
                Some(template) => template.design(lang).value(),
                None if fields.is_empty() => Value::Null,
                None => typed(),
            };
            let all_icons = field(editor::BUTTON) == Some(editor::ICONS);
            (200, "text/html; charset=utf-8", page(fonts, lang, &filled, all_icons))
        }
        path => match path.strip_prefix("/templates/").and_then(templates::find) {
            Some(template) => (200, "image/svg+xml", render(&template.design(lang), fonts).into_string()),
            None => (404, "text/plain", String::new()),
        },
    }
}

fn page(fonts: &Fonts, lang: Lang, filled: &Value, all_icons: bool) -> String {
    let read = if filled.is_null() { Ok(Design::plain()) } else { Design::read(filled) };
    let picture = read.as_ref().ok().map(|design| {
        let svg = render(design, fonts).into_string();
        format!("data:image/svg+xml,{}", svg.bytes().map(|b| format!("%{b:02X}")).collect::<String>())
    });
    let complaints = read.err().unwrap_or_default();
    let (action, preview) = (format!("/?lang={}", lang.tag()), format!("/preview?lang={}", lang.tag()));
    let places = editor::Places { action: &action, preview: &preview, icons: "/icons", templates: "/templates" };
    let (complaints, picture, hidden) = (&complaints[..], picture.as_deref(), &html! {});
    let shown = editor::Shown { lang, filled, complaints, picture, all_icons, hidden };
    let title = lang.pick("Badge designer", "バッジデザイナー");
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/style.css";
                script type="module" src="/designer.mjs" {}
            }
            body { main { h1 { (title) } (editor::editor(&shown, &places)) } }
        }
    }
    .into_string()
}

/// The fields of a posted form.
fn pairs(body: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}
