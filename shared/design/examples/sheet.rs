//! Draws every template in both languages and every shape into a folder, to be looked at:
//! `cargo run -p design --example sheet -- FONTS FOLDER`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a tool at the desk")]

use badge::Lang;
use design::{Choice as _, Design, FONTS, Fonts, Shape, render, templates};
use std::path::{Path, PathBuf};

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (fonts, folder) = (arguments.next().unwrap(), arguments.next().unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let fonts = Fonts::new(FONTS.map(|(face, name)| (face, std::fs::read(fonts.join(name)).unwrap()))).unwrap();
    for template in templates::all() {
        for lang in [Lang::En, Lang::Ja] {
            write(&folder, &format!("{}.{}", template.name, lang.tag()), &template.design(lang), &fonts);
        }
    }
    for shape in Shape::ALL {
        write(&folder, &format!("shape-{}", shape.name()), &Design { shape: *shape, ..Design::plain() }, &fonts);
    }
}

fn write(folder: &Path, name: &str, design: &Design, fonts: &Fonts) {
    let svg = render(design, fonts).into_string();
    let artwork = artwork::normalise(svg.as_bytes()).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), &svg).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), artwork.png).unwrap();
}
