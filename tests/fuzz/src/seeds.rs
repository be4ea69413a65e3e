//! Writes what the targets begin with, from documents that were really sealed: `seeds DIRECTORY`, a folder per target.
//!
//! `seeds --certificate FILE` makes the certificate anew that `seal.cer` is.

// Brings what the instrumented crates count with.
extern crate libfuzzer_sys as _;

use std::{env, fs, path::Path};

use fuzz::{CERTIFICATE, documents, seal_of};

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
}
