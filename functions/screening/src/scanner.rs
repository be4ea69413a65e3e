//! A virus scanner that speaks clamd's protocol (clamd(8), INSTREAM): `zINSTREAM`, then the file in pieces, each with its length in four
//! bytes before it, then a length of nothing; the answer ends with a zero byte. The file goes through in pieces and is never held whole.

use aws_sdk_s3::primitives::ByteStream;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A scanner in the same network answers at once or not at all.
const CONNECT: Duration = Duration::from_secs(3);
/// A whole scan: 50 MB of archives take clamd some ten seconds.
const WHOLE: Duration = Duration::from_secs(40);
/// Larger than any answer: a signature's name and a few words.
const MAX_ANSWER_BYTES: u64 = 4_096;

/// Where a scanner listens.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    address: String,
}

/// What a scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scan {
    /// Nothing that it knows.
    Clean,
    /// This.
    Found(String),
}

/// Why a scanner says nothing of a file.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// It cannot be reached, broke off, or was too slow.
    Unreachable(&'static str),
    /// The file could not be read to its end.
    Source,
    /// It says that it cannot, for example because the file is larger than its `StreamMaxLength`.
    Refused(String),
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(what) => write!(f, "the scanner {what}"),
            Self::Source => f.write_str("the file broke off"),
            Self::Refused(answer) => write!(f, "the scanner says: {answer}"),
        }
    }
}

impl Scanner {
    /// At `host:port`.
    pub(crate) fn at(address: &str) -> Option<Self> {
        let (host, port) = address.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self { address: address.to_owned() })
    }

    /// Has it read a file.
    pub(crate) async fn scan(&self, body: ByteStream) -> Result<Scan, ScanError> {
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(&self.address)).await;
        let stream = connecting.map_err(|_| ScanError::Unreachable("does not answer"))?;
        let stream = stream.map_err(|_| ScanError::Unreachable("cannot be reached"))?;
        let scanning = tokio::time::timeout(WHOLE, converse(stream, body)).await;
        scanning.map_err(|_| ScanError::Unreachable("is too slow"))?
    }
}

async fn converse(mut stream: TcpStream, mut body: ByteStream) -> Result<Scan, ScanError> {
    let (mut from, mut to) = stream.split();
    // One that has heard enough says so and hangs up while we still send.
    let sent: Result<(), ScanError> = async {
        let broken = |_| ScanError::Unreachable("broke off");
        to.write_all(b"zINSTREAM\0").await.map_err(broken)?;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| ScanError::Source)?;
            if piece.is_empty() {
                continue; // would say that this is the end
            }
            let length = u32::try_from(piece.len()).map_err(|_| ScanError::Source)?;
            to.write_all(&length.to_be_bytes()).await.map_err(broken)?;
            to.write_all(&piece).await.map_err(broken)?;
        }
        to.write_all(&[0; 4]).await.map_err(broken)?;
        to.flush().await.map_err(broken)
    }
    .await;
    if let Err(ScanError::Source) = sent {
        return Err(ScanError::Source);
    }
    let mut answer = Vec::new();
    let heard = (&mut from).take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await;
    match read(&answer) {
        // That all of a file is clean can only be said of all of it.
        Some(Ok(Scan::Clean)) => sent.map(|()| Scan::Clean),
        Some(said) => said,
        None => Err(sent.err().unwrap_or(if heard.is_ok() {
            ScanError::Unreachable("says nothing that makes sense")
        } else {
            ScanError::Unreachable("broke off")
        })),
    }
}

/// `stream: OK`, `stream: Eicar-Test-Signature FOUND`, or `… ERROR`, each with a zero byte behind.
fn read(answer: &[u8]) -> Option<Result<Scan, ScanError>> {
    let answer = std::str::from_utf8(answer.strip_suffix(b"\0")?).ok()?;
    if let Some(refused) = answer.strip_suffix(" ERROR") {
        return Some(Err(ScanError::Refused(refused.chars().take(200).collect())));
    }
    let said = answer.strip_prefix("stream: ")?;
    if said == "OK" {
        return Some(Ok(Scan::Clean));
    }
    said.strip_suffix(" FOUND").map(|name| Ok(Scan::Found(name.chars().take(200).collect())))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// A small clamd: takes one file after another and answers by what is in it.
    pub(crate) fn fake_clamd(limit: usize) -> Scanner {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scanner = Scanner::at(&listener.local_addr().unwrap().to_string()).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut command = [0; 10];
                if stream.read_exact(&mut command).is_err() || &command != b"zINSTREAM\0" {
                    continue;
                }
                let mut file = Vec::new();
                let complete = loop {
                    let mut length = [0; 4];
                    if stream.read_exact(&mut length).is_err() {
                        break false;
                    }
                    let length = u32::from_be_bytes(length) as usize;
                    if length == 0 || file.len() + length > limit {
                        break length == 0;
                    }
                    let start = file.len();
                    file.resize(start + length, 0);
                    stream.read_exact(&mut file[start..]).unwrap();
                };
                let answer: &[u8] = match file {
                    _ if !complete => b"INSTREAM size limit exceeded. ERROR\0",
                    file if file.windows(4).any(|part| part == b"evil") => b"stream: Evil.Test FOUND\0",
                    file if file.starts_with(b"mumble") => b"what?",
                    _ => b"stream: OK\0",
                };
                let _ = stream.write_all(answer);
            }
        });
        scanner
    }

    async fn said(scanner: &Scanner, file: &[u8]) -> String {
        match scanner.scan(ByteStream::from(file.to_vec())).await {
            Ok(Scan::Clean) => "clean".to_owned(),
            Ok(Scan::Found(name)) => name,
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn it_says_what_the_scanner_says() {
        let scanner = fake_clamd(10_000_000);
        assert_eq!(said(&scanner, b"good").await, "clean");
        assert_eq!(said(&scanner, b"good and evil").await, "Evil.Test");
        assert_eq!(said(&scanner, &vec![7; 5_000_000]).await, "clean");
        assert_eq!(said(&scanner, b"mumble").await, "the scanner says nothing that makes sense");
    }

    #[tokio::test]
    async fn a_scanner_that_cannot_is_not_one_that_found_nothing() {
        let refused = said(&fake_clamd(10), b"more than ten bytes").await;
        assert!(refused.starts_with("the scanner says: INSTREAM") || refused == "the scanner broke off", "{refused}");
        let nobody = Scanner::at("127.0.0.1:1").unwrap();
        assert_eq!(said(&nobody, b"good").await, "the scanner cannot be reached");
    }

    #[test]
    fn answers_are_read_strictly() {
        assert!(matches!(read(b"stream: OK\0"), Some(Ok(Scan::Clean))));
        assert!(matches!(read(b"stream: a OK FOUND\0"), Some(Ok(Scan::Found(name))) if name == "a OK"));
        for odd in [&b"stream: OK"[..], b"OK\0", b"", b"\0", b"stream: not OK\0", b"stream: \xff FOUND\0"] {
            assert!(read(odd).is_none(), "{odd:?}");
        }
        for address in ["clamd", "clamd:", ":3310", "clamd:99999", ""] {
            assert!(Scanner::at(address).is_none(), "{address}");
        }
        assert!(Scanner::at("clamd.internal:3310").is_some());
    }
}
