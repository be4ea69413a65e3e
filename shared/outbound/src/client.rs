//! One request from address to body: fetching a document, and telling somebody something.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use crate::address::is_public;
use crate::breaker::Breaker;
use crate::error::FetchError;
use crate::guard::{Guard, PORTS};

/// Longest address taken, in bytes.
const ADDRESS_MAX_BYTES: usize = 2048;
/// Addresses of one host that are tried in turn.
const CONNECT_ATTEMPTS: usize = 3;
/// Room for the status line and headers of an answer, in bytes. hyper's own minimum is 8 KiB.
const HEADERS_MAX_BYTES: usize = 16 * 1024;
/// How the client names itself to the hosts it asks for documents.
const VALIDATOR: &str = concat!("Shirushi/", env!("CARGO_PKG_VERSION"), " (Open Badges validator)");
/// How the client names itself to the hosts it tells something.
const NAME: &str = concat!("Shirushi/", env!("CARGO_PKG_VERSION"));
/// How much of the answer to a post is read, in bytes, and for how long: only so that the other side is not cut short.
const POST_ANSWER_BYTES: usize = 4 * 1024;
const POST_ANSWER_TIME: Duration = Duration::from_secs(1);

/// An answer: any final status, so 404 and 410 are answers too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status of the last answer.
    pub status: u16,
    /// Where the answer came from, after redirects.
    pub final_url: String,
    /// `Content-Type` as sent, if readable.
    pub content_type: Option<String>,
    /// The body, at most [`Limits::body_bytes`](crate::Limits::body_bytes) long.
    pub body: Vec<u8>,
}

/// What came back from a post: any final status, so redirects and errors are answers too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` as sent, if readable.
    pub retry_after: Option<String>,
}

/// A client that asks only what its [`Guard`] lets it. Cheap to clone; build one per process, because reading the machine's
/// root certificates takes a few milliseconds.
#[derive(Clone)]
pub struct Client {
    guard: Arc<Guard>,
    tls: TlsConnector,
    breaker: Breaker,
}

impl Client {
    /// A client that trusts the machine's root certificates.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "a root certificate could not be read");
        }
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(native.certs);
        if usable == 0 {
            tracing::warn!("no root certificates: every https request will fail");
        }
        Self::trusting(guard, roots)
    }

    fn trusting(guard: Guard, roots: RootCertStore) -> Self {
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("aws-lc-rs serves the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { guard: Arc::new(guard), tls: TlsConnector::from(Arc::new(config)), breaker: Breaker::default() }
    }

    /// Asks for `url` with the given `Accept` value, following redirects under the same rules. A host that has not answered several times
    /// in a row is not asked for a while.
    ///
    /// # Errors
    /// [`FetchError`]; a refused address is told apart from an unreachable host and from an oversized answer.
    pub async fn get(&self, url: &str, accept: &str) -> Result<Fetched, FetchError> {
        tokio::time::timeout(self.guard.limits.total, self.follow(url, accept))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }

    /// Posts `body` to `url`. No redirect is followed; of the answer only its head counts, the body is dropped.
    ///
    /// # Errors
    /// [`FetchError`] when there was no answer: then nobody knows whether it was taken.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Posted, FetchError> {
        let telling = async {
            let target = Target::parse(url, &self.guard)?;
            let mut request = target.request(Method::POST, NAME, Bytes::from(body))?;
            request.headers_mut().extend(headers);
            self.ask(&target, request).await
        };
        let answer = tokio::time::timeout(self.guard.limits.total, telling).await;
        let (head, body) = answer.unwrap_or(Err(FetchError::TimedOut))?.into_parts();
        // Whatever becomes of the body, the answer was given.
        let _ = tokio::time::timeout(POST_ANSWER_TIME, drop_body(body)).await;
        Ok(Posted { status: head.status.as_u16(), retry_after: header(&head.headers, RETRY_AFTER) })
    }

    /// Sends one request and reads the answer with its body, under the same limits. No redirect is followed: it is an answer, of which only
    /// the status is told. A host that has not answered several times in a row is not asked for a while. For conversations with a
    /// service that the operator names; `headers` may hold what identifies us there.
    ///
    /// # Errors
    /// [`FetchError`], as with [`Client::get`].
    pub async fn exchange(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Fetched, FetchError> {
        let talking = async {
            let target = Target::parse(url, &self.guard)?;
            let mut request = target.request(method, NAME, Bytes::from(body))?;
            request.headers_mut().extend(headers);
            Ok(match self.answer(&target, request).await? {
                Answer::Final(fetched) => fetched,
                Answer::Redirect(response) => Fetched {
                    status: response.status().as_u16(),
                    final_url: target.url.to_string(),
                    content_type: None,
                    body: Vec::new(),
                },
            })
        };
        tokio::time::timeout(self.guard.limits.total, talking).await.unwrap_or(Err(FetchError::TimedOut))
    }

    /// Whether `url` may be asked at all, as it is written and as its host resolves now. Nothing is sent.
    ///
    /// # Errors
    /// What a request would fail with before a connection is made.
    pub async fn check(&self, url: &str) -> Result<(), FetchError> {
        let target = Target::parse(url, &self.guard)?;
        let resolving = resolve(&target.host, target.port, target.exempt);
        let resolved = tokio::time::timeout(self.guard.limits.total, resolving).await;
        resolved.unwrap_or(Err(FetchError::TimedOut)).map(drop)
    }

    async fn follow(&self, url: &str, accept: &str) -> Result<Fetched, FetchError> {
        let mut target = Target::parse(url, &self.guard)?;
        let mut redirects = 0;
        loop {
            let mut request = target.request(Method::GET, VALIDATOR, Bytes::new())?;
            request.headers_mut().insert(ACCEPT, HeaderValue::from_str(accept).map_err(|_| FetchError::NotAnAddress)?);
            let response = match self.answer(&target, request).await? {
                Answer::Final(fetched) => return Ok(fetched),
                Answer::Redirect(response) => response,
            };
            if redirects == self.guard.limits.redirects {
                return Err(FetchError::TooManyRedirects(redirects));
            }
            redirects += 1;
            let location = header(response.headers(), LOCATION).ok_or(FetchError::RedirectWithoutTarget)?;
            let next = target.url.join(&location).map_err(|_| FetchError::RedirectWithoutTarget)?;
            target = Target::check(next, &self.guard)?;
        }
    }

    /// Asks a host that is not left alone, and notes whether it answers.
    async fn answer(&self, target: &Target, request: Request<Full<Bytes>>) -> Result<Answer, FetchError> {
        let attempt = self.breaker.begin(&format!("{}:{}", target.host, target.port))?;
        let answer = self.answer_whole(target, request).await;
        if !answer.as_ref().is_err_and(FetchError::is_silence) {
            attempt.answered();
        }
        answer
    }

    async fn answer_whole(&self, target: &Target, request: Request<Full<Bytes>>) -> Result<Answer, FetchError> {
        let response = self.ask(target, request).await?;
        if is_redirect(response.status().as_u16()) {
            return Ok(Answer::Redirect(response));
        }
        self.read(target, response).await.map(Answer::Final)
    }

    /// Connects and sends one request; the answer's head is in, its body is still to come.
    async fn ask(&self, target: &Target, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, FetchError> {
        let stream = connect(&target.host, target.port, target.exempt).await?;
        if target.url.scheme() == "http" {
            return send(stream, request).await;
        }
        let name = match &target.host {
            Host::Domain(domain) => ServerName::try_from(domain.clone()).map_err(|_| FetchError::NotAnAddress)?,
            Host::Ipv4(v4) => ServerName::from(IpAddr::V4(*v4)),
            Host::Ipv6(v6) => ServerName::from(IpAddr::V6(*v6)),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|_| FetchError::Tls(target.host.to_string()))?;
        send(stream, request).await
    }

    async fn read(&self, target: &Target, response: Response<Incoming>) -> Result<Fetched, FetchError> {
        let limit = self.guard.limits.body_bytes;
        let (head, mut incoming) = response.into_parts();
        if header(&head.headers, CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
            return Err(FetchError::Encoded);
        }
        let announced = header(&head.headers, CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(FetchError::TooLarge(limit));
        }
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(|_| FetchError::Protocol)?.into_data() else { continue };
            if body.len() + data.len() > limit {
                return Err(FetchError::TooLarge(limit));
            }
            body.extend_from_slice(&data);
        }
        Ok(Fetched {
            status: head.status.as_u16(),
            final_url: target.url.to_string(),
            content_type: header(&head.headers, CONTENT_TYPE),
            body,
        })
    }
}

/// What came back from one host.
enum Answer {
    Final(Fetched),
    Redirect(Response<Incoming>),
}

/// An address that passed the questions about how it is written.
struct Target {
    url: Url,
    host: Host<String>,
    port: u16,
    /// Allow-listed: may be `http` and may resolve to a private address.
    exempt: bool,
}

impl Target {
    fn parse(url: &str, guard: &Guard) -> Result<Self, FetchError> {
        if url.len() > ADDRESS_MAX_BYTES {
            return Err(FetchError::NotAnAddress);
        }
        Self::check(Url::parse(url).map_err(|_| FetchError::NotAnAddress)?, guard)
    }

    fn check(mut url: Url, guard: &Guard) -> Result<Self, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::SchemeNotAllowed);
        }
        let host = url.host().ok_or(FetchError::NotAnAddress)?.to_owned();
        let port = url.port_or_known_default().ok_or(FetchError::NotAnAddress)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::CredentialsInAddress);
        }
        let exempt = guard.allow.contains(&host.to_string(), port);
        if !exempt {
            if url.scheme() != "https" {
                return Err(FetchError::SchemeNotAllowed);
            }
            if !PORTS.contains(&port) {
                return Err(FetchError::PortNotAllowed(port));
            }
        }
        url.set_fragment(None);
        Ok(Self { url, host, port, exempt })
    }

    fn request(&self, method: Method, name: &'static str, body: Bytes) -> Result<Request<Full<Bytes>>, FetchError> {
        let authority = match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        };
        Request::builder()
            .method(method)
            .uri(&self.url[url::Position::BeforePath..url::Position::AfterQuery])
            .header(HOST, authority)
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            .header(USER_AGENT, HeaderValue::from_static(name))
            .body(Full::new(body))
            .map_err(|_| FetchError::NotAnAddress)
    }
}

/// Resolves once, looks at every answer, and connects to one that was looked at.
async fn connect(host: &Host<String>, port: u16, exempt: bool) -> Result<TcpStream, FetchError> {
    for address in resolve(host, port, exempt).await?.into_iter().take(CONNECT_ATTEMPTS) {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(FetchError::Connect(host.to_string()))
}

/// The addresses of a host that may be connected to; at least one.
async fn resolve(host: &Host<String>, port: u16, exempt: bool) -> Result<Vec<SocketAddr>, FetchError> {
    let resolved: Vec<SocketAddr> = match host {
        Host::Ipv4(v4) => vec![(*v4, port).into()],
        Host::Ipv6(v6) => vec![(*v6, port).into()],
        Host::Domain(domain) => tokio::net::lookup_host((domain.as_str(), port))
            .await
            .map_err(|_| FetchError::HostNotFound(domain.clone()))?
            .collect(),
    };
    if resolved.is_empty() {
        return Err(FetchError::HostNotFound(host.to_string()));
    }
    let usable = usable(resolved, exempt);
    if usable.is_empty() {
        return Err(FetchError::NotPublic(host.to_string()));
    }
    Ok(usable)
}

/// The addresses that may be connected to, IPv4 first: a Lambda function outside a VPC has no IPv6 route.
fn usable(mut resolved: Vec<SocketAddr>, exempt: bool) -> Vec<SocketAddr> {
    resolved.retain(|address| exempt || is_public(address.ip()));
    resolved.sort_by_key(SocketAddr::is_ipv6);
    resolved
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, FetchError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEADERS_MAX_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| FetchError::Protocol)?;
    // Ends by itself when the answer's body is dropped or read to its end.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|_| FetchError::Protocol)
}

async fn drop_body(mut body: Incoming) {
    let mut left = POST_ANSWER_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn header(headers: &HeaderMap, name: http::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{AllowList, Limits};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    /// A server that answers every connection with what `answer` makes of the request's first line and headers.
    async fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = read_head(&mut stream).await;
                let reply = answer(&head);
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        port
    }

    async fn read_head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { break };
            head.push(byte);
        }
        String::from_utf8(head).unwrap()
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    fn moved(to: &str) -> String {
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
    }

    fn client(ports: &[u16], limits: Limits) -> Client {
        let list: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        Client::trusting(Guard { allow: AllowList::parse(&list.join(",")).unwrap(), limits }, RootCertStore::empty())
    }

    async fn refused(url: &str) -> FetchError {
        client(&[], Limits::default()).get(url, "*/*").await.unwrap_err()
    }

    #[tokio::test]
    async fn addresses_are_refused_as_written() {
        assert_eq!(refused("badge.json").await, FetchError::NotAnAddress);
        assert_eq!(refused("https://").await, FetchError::NotAnAddress);
        assert_eq!(
            refused(&format!("https://a.example/{}", "x".repeat(ADDRESS_MAX_BYTES))).await,
            FetchError::NotAnAddress
        );
        for other in ["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "data:,x"] {
            assert_eq!(refused(other).await, FetchError::SchemeNotAllowed, "{other}");
        }
        assert_eq!(refused("https://user@a.example/").await, FetchError::CredentialsInAddress);
        assert_eq!(refused("https://:secret@a.example/").await, FetchError::CredentialsInAddress);
        assert_eq!(refused("https://a.example:22/").await, FetchError::PortNotAllowed(22));
    }

    /// Every spelling of a private address ends at the same refusal; none of these opens a connection.
    #[tokio::test]
    async fn private_addresses_are_refused_in_every_spelling() {
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://localhost/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[fd00:ec2::254]/",
            "https://10.0.0.1:8443/",
        ] {
            assert!(matches!(refused(url).await, FetchError::NotPublic(_)), "{url}");
        }
    }

    #[test]
    fn a_mixed_answer_keeps_its_public_addresses_only() {
        let mixed: Vec<SocketAddr> =
            ["[2606:4700::1]:443", "10.0.0.1:443", "8.8.8.8:443"].iter().map(|text| text.parse().unwrap()).collect();
        let kept: Vec<String> = usable(mixed.clone(), false).iter().map(ToString::to_string).collect();
        assert_eq!(kept, ["8.8.8.8:443", "[2606:4700::1]:443"]);
        assert_eq!(usable(mixed, true).len(), 3);
    }

    #[tokio::test]
    async fn a_host_that_is_silent_is_left_alone_and_one_that_answers_badly_is_not() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let broken = serve(|_| "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        let client = client(&[port, broken], Limits::default());
        for _ in 0..5 {
            assert_eq!(client.get(&format!("http://127.0.0.1:{broken}/"), "*/*").await.unwrap().status, 500);
        }
        let mut outcomes = Vec::new();
        for _ in 0..5 {
            outcomes.push(client.get(&format!("http://127.0.0.1:{port}/"), "*/*").await.unwrap_err());
        }
        let (silent, alone) =
            (FetchError::Connect("127.0.0.1".into()), FetchError::LeftAlone(format!("127.0.0.1:{port}")));
        assert_eq!(outcomes, [silent.clone(), silent.clone(), silent, alone.clone(), alone]);
        // What is refused is nobody's fault.
        for _ in 0..5 {
            assert!(matches!(client.get("https://127.0.0.1/", "*/*").await, Err(FetchError::NotPublic(_))));
        }
    }

    #[tokio::test]
    async fn an_allow_listed_host_answers_over_http() {
        let port = serve(|head| {
            assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{head}");
            let head = head.to_lowercase();
            assert!(head.contains("accept: application/json\r\n"));
            assert!(head.contains("accept-encoding: identity\r\n"));
            assert!(!head.contains("cookie"));
            ok("{}")
        })
        .await;
        let url = format!("http://127.0.0.1:{port}/a?b=c#fragment");
        let fetched = client(&[port], Limits::default()).get(&url, "application/json").await.unwrap();
        assert_eq!(fetched.status, 200);
        assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
        assert_eq!(fetched.body, b"{}");
        assert_eq!(fetched.final_url, format!("http://127.0.0.1:{port}/a?b=c"));
        // The list names one spelling; another name for the same machine is not exempt.
        let other = format!("http://localhost:{port}/");
        assert_eq!(client(&[port], Limits::default()).get(&other, "*/*").await, Err(FetchError::SchemeNotAllowed));
    }

    /// Posts to the one server there is; what it was sent, head and body, is what `answer` looks at.
    async fn post(
        path: &str,
        limits: Limits,
        answer: impl Fn(&str) -> String + Send + 'static,
    ) -> Result<Posted, FetchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = read_head(&mut stream).await;
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
                let mut body = vec![0; length];
                stream.read_exact(&mut body).await.unwrap();
                let reply = answer(&format!("{head}{}", String::from_utf8(body).unwrap()));
                let _ = stream.write_all(reply.as_bytes()).await;
                // The connection stays open: who waits for its end waits for ever.
                tokio::spawn(async move {
                    let _ = stream.read_u8().await;
                });
            }
        });
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        let url = format!("http://127.0.0.1:{port}{path}");
        client(&[port], limits).post(&url, headers, "{\"n\":\"花\"}".into()).await
    }

    #[tokio::test]
    async fn a_post_carries_its_headers_and_its_body() {
        let posted = post("/hook?a=b#c", Limits::default(), |sent| {
            assert!(sent.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{sent}");
            assert!(sent.ends_with("\r\n\r\n{\"n\":\"花\"}"), "{sent}");
            let head = sent.to_lowercase();
            assert!(head.contains("webhook-id: msg_1\r\n") && head.contains("content-type: application/json\r\n"));
            assert!(head.contains(&format!("user-agent: shirushi/{}\r\n", env!("CARGO_PKG_VERSION"))));
            assert!(!head.contains("validator") && !head.contains("transfer-encoding"));
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
        });
        assert_eq!(posted.await, Ok(Posted { status: 204, retry_after: None }));
    }

    #[tokio::test]
    async fn a_post_follows_no_redirect_and_keeps_no_body() {
        let moved = post("/", Limits::default(), |_| moved("http://169.254.169.254/")).await;
        assert_eq!(moved, Ok(Posted { status: 302, retry_after: None }));
        let busy = "HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 1000000\r\n\r\n";
        let answer = format!("{busy}{}", "x".repeat(1_000_000));
        let posted = post("/", Limits { body_bytes: 1, ..Limits::default() }, move |_| answer.clone()).await;
        assert_eq!(posted, Ok(Posted { status: 503, retry_after: Some("120".into()) }));
        // An answer whose body never comes was given all the same.
        let posted = post("/", Limits::default(), |_| "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".to_owned()).await;
        assert_eq!(posted.unwrap().status, 200);
    }

    #[tokio::test]
    async fn a_post_without_an_answer_says_so() {
        let limits = Limits { total: Duration::from_millis(60), ..Limits::default() };
        assert_eq!(post("/", limits, |_| String::new()).await, Err(FetchError::TimedOut));
        let strict = client(&[], Limits::default());
        for (url, refusal) in [
            ("http://hooks.example/", FetchError::SchemeNotAllowed),
            ("https://127.0.0.1/", FetchError::NotPublic("127.0.0.1".into())),
            ("https://hooks.example:22/", FetchError::PortNotAllowed(22)),
        ] {
            assert_eq!(strict.post(url, HeaderMap::new(), vec![]).await, Err(refusal), "{url}");
        }
    }

    #[tokio::test]
    async fn an_address_is_checked_without_a_connection() {
        let client = client(&[9], Limits::default());
        for good in ["http://127.0.0.1:9/hook", "https://8.8.8.8/", "https://[2606:4700:4700::1111]:8443/"] {
            assert_eq!(client.check(good).await, Ok(()), "{good}");
        }
        for (bad, refusal) in [
            ("http://127.0.0.1:10/", FetchError::SchemeNotAllowed),
            ("https://127.0.0.1/", FetchError::NotPublic("127.0.0.1".into())),
            ("https://localhost/", FetchError::NotPublic("localhost".into())),
            ("https://[::ffff:169.254.169.254]/", FetchError::NotPublic("[::ffff:a9fe:a9fe]".into())),
            ("https://a@8.8.8.8/", FetchError::CredentialsInAddress),
            ("https://8.8.8.8:25/", FetchError::PortNotAllowed(25)),
            ("hooks", FetchError::NotAnAddress),
        ] {
            assert_eq!(client.check(bad).await, Err(refusal), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_final_status_is_an_answer() {
        let port = serve(|_| "HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone".to_owned()).await;
        let fetched =
            client(&[port], Limits::default()).get(&format!("http://127.0.0.1:{port}/"), "*/*").await.unwrap();
        assert_eq!((fetched.status, fetched.body.as_slice()), (410, b"gone".as_slice()));
    }

    #[tokio::test]
    async fn redirects_are_followed_up_to_the_limit_and_checked_each() {
        let port = serve(|head| match head.split(' ').nth(1) {
            Some("/3") => moved("/2"),
            Some("/2") => moved("1"),
            Some("/1") => moved("/0#x"),
            Some("/0") => ok("end"),
            Some("/inside") => moved("https://169.254.169.254/"),
            Some("/down") => moved("http://a.example/"),
            Some("/bare") => "HTTP/1.1 301 Moved\r\ncontent-length: 0\r\n\r\n".to_owned(),
            _ => moved("/loop"),
        })
        .await;
        let client = client(&[port], Limits::default());
        let get = |path: &str| {
            let url = format!("http://127.0.0.1:{port}{path}");
            let client = client.clone();
            async move { client.get(&url, "*/*").await }
        };
        let fetched = get("/3").await.unwrap();
        assert_eq!((fetched.final_url, fetched.body), (format!("http://127.0.0.1:{port}/0"), b"end".to_vec()));
        assert_eq!(get("/loop").await, Err(FetchError::TooManyRedirects(3)));
        assert!(matches!(get("/inside").await, Err(FetchError::NotPublic(_))));
        assert_eq!(get("/down").await, Err(FetchError::SchemeNotAllowed));
        assert_eq!(get("/bare").await, Err(FetchError::RedirectWithoutTarget));
    }

    #[tokio::test]
    async fn a_redirect_to_an_unlisted_private_port_is_refused() {
        let inner = serve(|_| ok("secret")).await;
        let outer = serve(move |_| moved(&format!("https://127.0.0.1:{inner}/"))).await;
        let answer = client(&[outer], Limits::default()).get(&format!("http://127.0.0.1:{outer}/"), "*/*").await;
        assert_eq!(answer, Err(FetchError::PortNotAllowed(inner)));
    }

    #[tokio::test]
    async fn bodies_are_bounded_whether_announced_or_not() {
        let limits = Limits { body_bytes: 8, ..Limits::default() };
        let port = serve(|head| match head.split(' ').nth(1) {
            Some("/fits") => ok("12345678"),
            Some("/announced") => ok("123456789"),
            Some("/lies") => "HTTP/1.1 200 OK\r\n\r\n123456789".to_owned(),
            _ => {
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n".to_owned()
            }
        })
        .await;
        let client = client(&[port], limits);
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
        assert_eq!(client.get(&url("/fits"), "*/*").await.unwrap().body, b"12345678");
        for path in ["/announced", "/lies", "/chunked"] {
            assert_eq!(client.get(&url(path), "*/*").await, Err(FetchError::TooLarge(8)), "{path}");
        }
    }

    #[tokio::test]
    async fn an_exchange_reads_the_answer_and_follows_nothing() {
        let limits = Limits { body_bytes: 8, ..Limits::default() };
        let port = serve(|head| match head.split(' ').nth(1) {
            Some("/moved") => moved("/elsewhere"),
            Some("/large") => ok("123456789"),
            Some("/bad") => "HTTP/1.1 400 No\r\ncontent-length: 5\r\n\r\nerror".to_owned(),
            _ => {
                assert!(head.starts_with("POST /token HTTP/1.1\r\n"), "{head}");
                let head = head.to_lowercase();
                assert!(head.contains("authorization: basic abc\r\n") && head.contains("content-length: 3\r\n"));
                assert!(head.contains(&format!("user-agent: {}\r\n", NAME.to_lowercase())));
                ok("{}")
            }
        })
        .await;
        let client = client(&[port], limits);
        let exchange = async |path: &str| {
            let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static("Basic abc"))]);
            let url = format!("http://127.0.0.1:{port}{path}");
            let answer = client.exchange(Method::POST, &url, headers, b"a=b".to_vec()).await;
            answer.map(|fetched| (fetched.status, fetched.body))
        };
        assert_eq!(exchange("/token").await, Ok((200, b"{}".to_vec())));
        assert_eq!(exchange("/bad").await, Ok((400, b"error".to_vec())));
        assert_eq!(exchange("/moved").await, Ok((302, Vec::new())));
        assert_eq!(exchange("/large").await, Err(FetchError::TooLarge(8)));
        let inside = client.exchange(Method::GET, "https://127.0.0.1/", HeaderMap::new(), Vec::new()).await;
        assert!(matches!(inside, Err(FetchError::NotPublic(_))));
    }

    #[tokio::test]
    async fn an_exchange_leaves_a_silent_host_alone() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let (client, url) = (client(&[port], Limits::default()), format!("http://127.0.0.1:{port}/"));
        let mut outcomes = Vec::new();
        for _ in 0..4 {
            outcomes.push(client.exchange(Method::GET, &url, HeaderMap::new(), Vec::new()).await.unwrap_err());
        }
        let silent = FetchError::Connect("127.0.0.1".into());
        let alone = FetchError::LeftAlone(format!("127.0.0.1:{port}"));
        assert_eq!(outcomes, [silent.clone(), silent.clone(), silent, alone]);
    }

    #[tokio::test]
    async fn an_encoded_body_and_a_broken_answer_are_told_apart() {
        let port = serve(|head| match head.split(' ').nth(1) {
            Some("/gzip") => "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".to_owned(),
            Some("/short") => "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_owned(),
            Some("/huge-head") => format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2 * HEADERS_MAX_BYTES)),
            _ => "SSH-2.0-OpenSSH\r\n".to_owned(),
        })
        .await;
        let client = client(&[port], Limits::default());
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
        assert_eq!(client.get(&url("/gzip"), "*/*").await, Err(FetchError::Encoded));
        for path in ["/short", "/huge-head", "/other"] {
            assert_eq!(client.get(&url(path), "*/*").await, Err(FetchError::Protocol), "{path}");
        }
    }

    #[tokio::test]
    async fn a_slow_answer_ends_at_the_total_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            // One byte for ever: each arrives in time, all together do not.
            while stream.write_all(b".").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let limits = Limits { total: Duration::from_millis(60), ..Limits::default() };
        let answer = client(&[port], limits).get(&format!("http://127.0.0.1:{port}/"), "*/*").await;
        assert_eq!(answer, Err(FetchError::TimedOut));
    }

    #[tokio::test]
    async fn nobody_listening() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let answer = client(&[port], Limits::default()).get(&format!("http://127.0.0.1:{port}/"), "*/*").await;
        assert_eq!(answer, Err(FetchError::Connect("127.0.0.1".to_owned())));
    }

    #[tokio::test]
    async fn tls_proves_the_name() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    read_head(&mut stream).await;
                    let _ = stream.write_all(ok("secure").as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        let allow = AllowList::parse(&format!("localhost:{port},127.0.0.1:{port}")).unwrap();
        let guard = Guard { allow, limits: Limits::default() };
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let trusting = Client::trusting(guard.clone(), roots);
        let named = format!("https://localhost:{port}/");
        assert_eq!(trusting.get(&named, "*/*").await.unwrap().body, b"secure");
        // The right certificate under the wrong name, and an unknown certificate under the right one.
        let other = trusting.get(&format!("https://127.0.0.1:{port}/"), "*/*").await;
        assert_eq!(other, Err(FetchError::Tls("127.0.0.1".to_owned())));
        let strict = Client::trusting(guard, RootCertStore::empty());
        assert_eq!(strict.get(&named, "*/*").await, Err(FetchError::Tls("localhost".to_owned())));
    }
}
