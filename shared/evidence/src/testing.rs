//! Small files of every type, good and bad, for tests. Behind the feature `testing`, which no function enables.

use crate::MediaType;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// A file in an archive that is being made.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name, in whatever encoding.
    pub name: Vec<u8>,
    /// Its content.
    pub content: Vec<u8>,
    /// Whether it is packed.
    pub deflated: bool,
    /// Its flags, the same in header and directory.
    pub flags: u16,
}

impl Member {
    /// A packed file.
    #[must_use]
    pub fn new(name: &str, content: &[u8]) -> Self {
        Self { name: name.as_bytes().to_vec(), content: content.to_vec(), deflated: true, flags: 0 }
    }

    /// A file that is not packed.
    #[must_use]
    pub fn stored(name: &str, content: &[u8]) -> Self {
        Self { deflated: false, ..Self::new(name, content) }
    }
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(content.len() + 64);
    // Into enough room this cannot fail.
    let _ = Compress::new(Compression::default(), false).compress_vec(content, &mut packed, FlushCompress::Finish);
    packed
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}
fn half(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes()
}

/// An archive of these files.
#[must_use]
pub fn zip(members: &[Member]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let packed = if member.deflated { deflate(&member.content) } else { member.content.clone() };
        let mut crc = Crc::new();
        crc.update(&member.content);
        let method = if member.deflated { 8 } else { 0 };
        let common = [
            &member.flags.to_le_bytes()[..],
            &half(method),
            &[0, 0, 0x21, 0x5c], // some day of 2026
            &crc.sum().to_le_bytes(),
            &word(packed.len()),
            &word(member.content.len()),
            &half(member.name.len()),
            &[0, 0],
        ]
        .concat();
        let at = word(file.len());
        file.extend([&b"PK\x03\x04\x14\0"[..], &common, &member.name, &packed].concat());
        directory.extend([&b"PK\x01\x02\x14\0\x14\0"[..], &common, &[0; 10], &at, &member.name].concat());
    }
    let (count, start, length) = (half(members.len()), word(file.len()), word(directory.len()));
    [&file[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &length, &start, &[0, 0]].concat()
}

/// An office document with such a folder, and further files.
#[must_use]
pub fn office(folder: &str, more: &[Member]) -> Vec<u8> {
    let types = Member::new("[Content_Types].xml", b"<?xml version=\"1.0\"?><Types/>");
    let main = Member::new(&format!("{folder}/main.xml"), b"<?xml version=\"1.0\"?><main/>");
    zip(&[&[types, Member::new("_rels/.rels", b"<Relationships/>"), main], more].concat())
}

/// An OpenDocument text with such a manifest, and further files.
#[must_use]
pub fn odt(manifest: &str, more: &[Member]) -> Vec<u8> {
    let first = Member::stored("mimetype", MediaType::Odt.name().as_bytes());
    let manifest = Member::new("META-INF/manifest.xml", manifest.as_bytes());
    zip(&[&[first, Member::new("content.xml", b"<office:document-content/>"), manifest], more].concat())
}

/// A PDF with such a trailer.
#[must_use]
pub fn pdf(trailer: &str) -> Vec<u8> {
    let body = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n";
    let references = "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000058 00000 n \n";
    let trailer = format!("trailer\n<< /Size 3 /Root 1 0 R {trailer} >>\nstartxref\n{}\n%%EOF\n", body.len());
    format!("{body}{references}{trailer}").into_bytes()
}

/// The beginning of a program of Windows.
#[must_use]
pub fn program() -> Vec<u8> {
    let mut file = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".to_vec();
    file.resize(600, 0);
    file
}

/// A compound file as an office program makes it of a document with a password.
#[must_use]
pub fn encrypted_office() -> Vec<u8> {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(200_000, 0);
    file[30] = 9; // sectors of 512 bytes
    file[48..52].copy_from_slice(&word(200)); // the directory's, in the middle of the file
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = 201 * 512 + 256;
    file[at..at + name.len()].copy_from_slice(&name);
    file
}

fn brand(name: &str) -> Vec<u8> {
    [b"\0\0\0\x18ftyp", name.as_bytes(), b"\0\0\0\0", name.as_bytes(), b"isom", b"\0\0\0\x08free"].concat()
}

/// A good file of this type.
#[must_use]
pub fn good(media: MediaType) -> Vec<u8> {
    match media {
        MediaType::Pdf => pdf(""),
        MediaType::Png => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\0IEND\xaeB`\x82".to_vec(),
        MediaType::Jpeg => b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9".to_vec(),
        MediaType::Webp => b"RIFF\x0c\0\0\0WEBPVP8L\0\0\0\0".to_vec(),
        MediaType::Heic => [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08meta".to_vec()].concat(),
        MediaType::Gif => b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec(),
        MediaType::Text => "私は三年間、織物を学びました。\r\nI learnt weaving.\n".as_bytes().to_vec(),
        MediaType::Csv => "name,点\n花子,10\n".as_bytes().to_vec(),
        MediaType::Docx => office("word", &[]),
        MediaType::Xlsx => office("xl", &[]),
        MediaType::Pptx => office("ppt", &[]),
        MediaType::Odt => odt("<manifest:manifest/>", &[]),
        MediaType::Mp4 => brand("mp42"),
        MediaType::M4a => brand("M4A "),
        MediaType::Mov => b"\0\0\0\x14ftypqt  \0\0\0\0qt  \0\0\0\x08wide".to_vec(),
        MediaType::Webm => b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04".to_vec(),
        MediaType::Mp3 => b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64\0\0\0\0".to_vec(),
        MediaType::Zip => zip(&[Member::new("work/report.txt", b"what I did"), Member::stored("work/photo.png", &good(MediaType::Png))]),
    }
}
