//! What is in a zip, and whether its manifest says so.

#![allow(dead_code, unreachable_pub, reason = "no journey needs all of it")]

use aws_lc_rs::digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::process::Command;

/// The files of an export by their names.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What Python's library finds: every file whole, names that are not ASCII marked as UTF-8 (APPNOTE.TXT section 4.4.4), no path out of it.
const JUDGE: &str = "
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
names = [entry.filename for entry in archive.infolist()]
assert len(set(names)) == len(names)
for entry in archive.infolist():
    assert entry.filename.isascii() or entry.flag_bits & 0x800, entry
    assert not entry.filename.startswith('/') and '..' not in entry.filename.split('/'), entry
print(len(names))
";

/// Unpacks an export, after somebody else's library has judged it, and compares it with its manifest.
pub fn unpack(file: &[u8]) -> Files {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..archive.len() {
        let mut file = archive.by_index(n).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let name = file.name().unwrap().into_owned();
        files.insert(name, bytes);
    }
    let place = std::env::temp_dir().join(format!("{}.zip", hash(file)));
    std::fs::write(&place, file).unwrap();
    let judged = Command::new("python3").args(["-c", JUDGE]).arg(&place).output().unwrap();
    std::fs::remove_file(&place).unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    assert_eq!(String::from_utf8_lossy(&judged.stdout).trim(), files.len().to_string());

    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, files.len());
    for entry in listed {
        let bytes = &files[entry["name"].as_str().unwrap()];
        assert_eq!((&entry["sha256"], &entry["bytes"]), (&json!(hash(bytes)), &json!(bytes.len())), "{entry}");
    }
    files
}

fn hash(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
