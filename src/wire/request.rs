//! Leg 2 arrives: the head of an HTTP/1.x request, RFC 9112 §2 to §6.
//!
//! ```text
//! GET /callback?code=4f2c&state=JxYk HTTP/1.1\r\n
//! Host: localhost:8000\r\n
//! \r\n
//! ```
//!
//! This parser never repairs: a server that guesses what a broken request meant can be made to guess wrong.
//!
//! Left out: reading bodies (only their framing is known), folded header lines, HTTP/0.9, and targets
//! such as `*`. Shown by the tables below, and with hostile bytes by `tests/suite/fuzz.rs`.

use crate::secret::opaque;

/// RFC 9112 §3: "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum,
/// request-line lengths of 8000 octets."
pub const LINE_LIMIT: usize = 8 * 1024;
/// The longest head in bytes. All ports of `localhost` share their cookies, so there may be many.
pub const HEAD_LIMIT: usize = 64 * 1024;

/// A request head that follows the rules.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Methods are case-sensitive.
    pub method: String,
    /// The path of the target, still escaped.
    pub path: String,
    /// Everything after the first `?` of the target, still escaped.
    pub query: String,
    /// How the body is framed.
    pub body: Body,
    headers: Vec<Field>,
}

/// A header line, RFC 9112 §5.
#[derive(Clone, PartialEq, Eq)]
struct Field {
    name: String,
    value: String,
}

/// How the body of a request is framed, RFC 9112 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    None,
    /// This many bytes. A number that doesn't fit is the largest one that does.
    Length(u64),
    /// In chunks (§7.1), each with its size.
    Chunked,
}

// The query may hold the code, and a header the token.
opaque!(Request, Field);

impl Request {
    /// The value of a header; the first one, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let mut values = Vec::new();
        for field in &self.headers {
            if field.name.eq_ignore_ascii_case(name) {
                values.push(field.value.as_str());
            }
        }
        values
    }
}

/// Why a request is rejected, without repeating it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The status code of the answer.
    pub status: u16,
    /// The reason, in lower case.
    pub reason: &'static str,
}

/// The part of a request that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// More has to come.
    Unfinished,
    /// The whole head, which has this many bytes.
    Head { request: Request, length: usize },
}

/// Whether a browser insists on HTTPS: a TLS record has type 22 and version 3.x (RFC 8446 §5.1).
pub fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16] | [0x16, 0x03, ..])
}

/// Reads the head of what has arrived.
pub fn parse(bytes: &[u8]) -> Result<Parsed, Rejection> {
    if is_tls(bytes) {
        return Err(bad_request("this port speaks HTTP, not HTTPS"));
    }
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut length = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any
        // preceding CR."
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if lines.is_empty() && text.len() > LINE_LIMIT {
            return Err(Rejection { status: 414, reason: "the request line is longer than 8 KiB" });
        }
        if length > HEAD_LIMIT {
            return Err(Rejection {
                status: 431,
                reason: "the request head is longer than 64 KiB",
            });
        }
        let is_empty_line = matches!(line, b"\n" | b"\r\n");
        match lines.as_slice() {
            // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
            // ignore at least one empty line (CRLF) received prior to the request-line."
            [] if is_empty_line => {}
            [request_line, fields @ ..] if is_empty_line => {
                let request = read_head(request_line, fields)?;
                return Ok(Parsed::Head { request, length });
            }
            _ => lines.push(text),
        }
    }
    Ok(Parsed::Unfinished)
}

fn bad_request(reason: &'static str) -> Rejection {
    Rejection { status: 400, reason }
}

fn read_head(line: &[u8], fields: &[&[u8]]) -> Result<Request, Rejection> {
    // RFC 9112 §3: "request-line = method SP request-target SP HTTP-version". Bytes that aren't
    // UTF-8 become U+FFFD, which none of the three may hold.
    let line = String::from_utf8_lossy(line);
    let parts: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = *parts.as_slice() else {
        return Err(bad_request("the request line must be a method, a target and a version"));
    };
    if !is_token(method) {
        return Err(bad_request("the method isn't valid"));
    }
    match version.as_bytes() {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'] => {}
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            let reason = "this server speaks only HTTP/1.1 and HTTP/1.0";
            return Err(Rejection { status: 505, reason });
        }
        _ => return Err(bad_request("the HTTP version isn't valid")),
    }
    let target = split_target(target)?;
    let mut headers = Vec::new();
    for field in fields {
        headers.push(read_field(field)?);
    }
    let mut request = Request {
        method: method.to_owned(),
        path: target.path.to_owned(),
        query: target.query.to_owned(),
        body: Body::None,
        headers,
    };
    check_host(&request, version)?;
    request.body = framing(&request, version)?;
    Ok(request)
}

/// RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request
/// message that lacks a Host header field and to any request message that contains more than one Host
/// header field line or a Host header field with an invalid field value."
fn check_host(request: &Request, version: &str) -> Result<(), Rejection> {
    match request.values("host").as_slice() {
        [] if version == "HTTP/1.0" => Ok(()),
        [host] if is_authority(host) => Ok(()),
        _ => Err(bad_request("there must be exactly one valid Host header")),
    }
}

/// RFC 9112 §6.3, about a body of unclear length: "If the unrecoverable error is in a request message,
/// the server MUST respond with a 400 (Bad Request) status code and then close the connection."
fn framing(request: &Request, version: &str) -> Result<Body, Rejection> {
    let codings = request.values("transfer-encoding");
    let lengths = request.values("content-length");
    // RFC 9112 §6.1: by HTTP/1.0 a Transfer-Encoding makes the framing faulty, and beside a Content-Length
    // it may be an attempt to smuggle a second request.
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Body::None),
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") && version != "HTTP/1.0" => {
            Ok(Body::Chunked)
        }
        ([], [size]) if !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Body::Length(size.parse().unwrap_or(u64::MAX)))
        }
        ([], _) => Err(bad_request("Content-Length must be a single number")),
        _ => Err(bad_request("Transfer-Encoding must be chunked, without a Content-Length")),
    }
}

/// A request target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Still escaped, and never empty.
    pub path: &'a str,
    /// Everything after the first `?`, still escaped.
    pub query: &'a str,
}

/// Takes a target apart, which must be a path or an http URL (RFC 9112 §3.2.1 and §3.2.2).
pub fn split_target(target: &str) -> Result<Target<'_>, Rejection> {
    // RFC 3986 §2: a URI is visible ASCII. No browser sends `#` or what follows it.
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(bad_request("the target has characters that a target can't have"));
    }
    // RFC 9112 §3.2.2: "A server MUST accept the absolute-form in requests even though most HTTP/1.1
    // clients will only send the absolute-form to a proxy."
    let path_and_query = match target.split_at_checked("http://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http://") => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path_and_query) = rest.split_at(end);
            if authority.is_empty() || !is_authority(authority) {
                return Err(bad_request("the target has no valid host"));
            }
            path_and_query
        }
        _ if target.starts_with('/') => target,
        _ => return Err(bad_request("the target is neither a path nor an http URL")),
    };
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, query),
        None => (path_and_query, ""),
    };
    Ok(Target { path: if path.is_empty() { "/" } else { path }, query })
}

/// RFC 9112 §5: "field-line = field-name ":" OWS field-value OWS".
fn read_field(line: &[u8]) -> Result<Field, Rejection> {
    // RFC 9110 §5.5 calls bytes above ASCII opaque: it doesn't matter what becomes of them.
    let line = String::from_utf8_lossy(line);
    // RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any
    // received request message that contains whitespace between a header field name and colon." A
    // token has no white space, so this refuses folded lines (§5.2) too.
    let (name, value) = match line.split_once(':') {
        Some((name, value)) if is_token(name) => (name, value),
        _ => return Err(bad_request("every header line needs a valid name and a colon")),
    };
    let value = value.trim_matches([' ', '\t']);
    if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(bad_request("a header line has control characters"));
    }
    Ok(Field { name: name.to_owned(), value: value.to_owned() })
}

/// RFC 9110 §5.6.2: the characters of methods and header names.
fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

/// The characters of RFC 3986 §3.2 without user information. A Host header may also be empty.
fn is_authority(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte))
}

#[cfg(test)]
mod tests;
