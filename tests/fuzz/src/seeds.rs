//! Writes what the targets begin with: `seeds DIRECTORY`, a folder per target. All of it is real: sealed documents, signed badges, pictures that
//! were baked into, the forms and designs that there are.
//!
//! `seeds --certificate FILE` makes the certificate anew that `seal.cer` is.

// Brings what the instrumented crates count with.
extern crate libfuzzer_sys as _;

use std::{env, fs, path::Path};

use badge::Lang;
use evidence::MediaType;
use fuzz::{CERTIFICATE, badges, documents, seal_of};
use proof::did;
use proof::status::Bitstring;
use serde_json::Value;

const PICTURES: [(&str, &[u8]); 5] = [
    ("heart.png", include_bytes!("../../../shared/bake/tests/fixtures/heart.png")),
    ("baked-heart.png", include_bytes!("../../../shared/bake/tests/fixtures/baked-heart.png")),
    ("ldp.png", include_bytes!("../../../shared/bake/tests/fixtures/ldp.png")),
    ("hosted.svg", include_bytes!("../../../shared/bake/tests/fixtures/hosted.svg")),
    ("badge.svg", include_bytes!("../../independent/fixtures/badge.svg")),
];

const LISTS: [(&str, &str); 3] = [
    ("comma", "email,name,expires\nhana@example.org,Hana,2030-01-01\n\"taro@example.org\",\"Taro\nYamada\",\n"),
    (
        "semicolon",
        "\u{feff}メールアドレス;氏名;有効期限\r\nhana@example.org;山田 花;2030/1/1\r\nHANA@example.org;同じ人;\r\n",
    ),
    ("tab", "name\temail\tevidence_url\tlanguage\nA\ta@example.org\thttps://example.org/a\tja\n"),
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--certificate", file] => fs::write(file, documents::certificate()).expect("writes"),
        [directory] => write_all(Path::new(directory)),
        _ => panic!("one directory"),
    }
}

fn write_all(directory: &Path) {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = directory.join(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), bytes).expect("writes");
    };
    for (number, sealed) in documents::sealed().iter().enumerate() {
        write("examine", &format!("sealed-{number}"), sealed);
        write("examine", &format!("appended-{number}"), &[sealed, b"\n1 0 obj\nnull\nendobj\n".as_slice()].concat());
        write("examine", &format!("preceded-{number}"), &[b"\n", sealed.as_slice()].concat());
        write("document", &format!("sealed-{number}"), sealed);
        write("seal", &format!("seal-{number}"), &seal_of(sealed).expect("a seal"));
    }
    write("certificate", "p256", CERTIFICATE);
    write("certificate", "rsa", &documents::other_certificate());

    let json = |value: &Value| value.to_string().into_bytes();
    for (name, badge, site) in badges::all() {
        write("badge", &name, &badge);
        write("badge", &format!("{name}-at"), &[&badge, &b"\0"[..], &json(&site)].concat());
        if badge.starts_with(b"{") {
            write("canonical", &name, &badge);
        } else {
            write("key", &name, &badge);
        }
        write("key", &format!("{name}-document"), &json(&site));
    }
    for (name, picture) in PICTURES {
        write("picture", name, picture);
        write("badge", name, picture);
    }
    for key in badges::keys() {
        let name = key.jwk_thumbprint();
        write("key", &format!("{name}.jwk"), &json(&key.to_jwk()));
        write("key", &format!("{name}.pem"), key.to_spki_pem().as_bytes());
        write("key", &format!("{name}.multikey"), key.to_multikey().unwrap_or_default().as_bytes());
        write("key", &format!("{name}.did"), did::to_did_key(&key).unwrap_or_default().as_bytes());
    }
    write("key", "web", b"did:web:badges.example.org%3A8443:issuers:1#key-1");
    write("key", "list", Bitstring::new(1).expect("a list").encode().as_bytes());
    for (name, list) in LISTS {
        write("roster", name, list.as_bytes());
    }
    for (number, media) in (0u8..).zip(MediaType::ALL) {
        let file = evidence::testing::good(*media);
        write("handed_in", &format!("{number}-good"), &[&[number], file.as_slice()].concat());
    }
    for template in design::templates::all() {
        for lang in [Lang::Ja, Lang::En] {
            write("design", &format!("{}.{}", template.name, lang.tag()), &json(&template.design(lang).value()));
        }
    }
    for template in application::library::library() {
        let mut body = template.body;
        body["badge_id"] = "0123456789abcdefghjk".into();
        body["answers"] = serde_json::json!({"text": "x", "date": "2026-01-01", "choice": ["a"]});
        write("form", template.name, &json(&body));
    }
    let badge = serde_json::json!({"name": "A", "primary_language": "en", "content": [{"language": "en", "name": "A",
        "description": "B", "criteria": "# C", "tags": ["d"]}], "alignment": [], "expires": 12, "draft": false});
    write("form", "badge", &json(&badge));
}
