//! An HTTP/1.x request head, RFC 9112 §2 to §5: octets in, a [`Request`] out, nothing else happens
//! here.
//!
//! ```text
//! GET /callback?code=4f2c&state=JxYk HTTP/1.1\r\n
//! Host: localhost:8000\r\n
//! \r\n
//! ```
//!
//! The rule throughout is to refuse, never to repair: a server that guesses what a broken request
//! meant can be made to guess wrong. What RFC 9112 §2.2 allows is allowed: a bare LF, and empty
//! lines before the request line.
//!
//! Left out: bodies and transfer codings (the callback has neither), folded header lines, and
//! HTTP/0.9. A larger program would take a library here.
//!
//! Shown by the tables below, and with hostile octets in `tests/suite/fuzz.rs`.

use std::str;

/// RFC 9112 §3: "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum,
/// request-line lengths of 8000 octets."
pub const LINE_LIMIT: usize = 8 * 1024;
/// The longest head that is read, in octets, request line included.
pub const HEAD_LIMIT: usize = 16 * 1024;

/// A request head that follows the rules.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, as sent: methods are case-sensitive.
    pub method: String,
    /// The path of the target, still escaped; or `*`, or `host:port`, which begin with no `/`.
    pub path: String,
    /// What follows the first `?` of the target, still escaped; empty where there is none.
    pub query: String,
    headers: Vec<(String, String)>,
}

// The query may hold the code, and a header the token.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Why a request is refused: the status to answer with and a sentence about the rule. Nothing of
/// the request is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status code.
    pub status: u16,
    /// What is wrong, as a phrase without a full stop.
    pub reason: &'static str,
}

impl Refusal {
    /// A refusal with this status.
    #[must_use]
    pub const fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason }
    }

    /// A refusal with 400, for what breaks the rules.
    #[must_use]
    pub const fn malformed(reason: &'static str) -> Self {
        Self::new(400, reason)
    }
}

impl Request {
    /// The value of a header field, or nothing where the field is missing; the first one where it
    /// is repeated.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }
}

/// Whether these octets begin a TLS handshake (RFC 8446 §5.1: content type 22, then the legacy
/// version 3.x), as they do when a browser insists on HTTPS.
#[must_use]
pub fn is_tls(octets: &[u8]) -> bool {
    matches!(octets, [0x16] | [0x16, 0x03, ..])
}

/// Reads a request head from the front of what has arrived so far, and says how many octets it
/// took; or `None` while its end has not arrived.
///
/// # Errors
/// When the octets can't become a request that follows the rules, with the status to answer.
pub fn parse(octets: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    if is_tls(octets) {
        return Err(Refusal::malformed("this port speaks HTTP, not HTTPS"));
    }
    let mut lines = Lines(octets);
    let mut head = Vec::new();
    let complete = loop {
        match lines.next() {
            None => break false,
            // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
            // ignore at least one empty line (CRLF) received prior to the request-line."
            Some(b"") if head.is_empty() => {}
            Some(b"") => break true,
            Some(line) => head.push(line),
        }
    };
    let unread = lines.0;
    let first_line = head.first().copied().unwrap_or(without_carriage_return(unread));
    if first_line.len() > LINE_LIMIT {
        return Err(Refusal::new(414, "the request line is longer than 8 KiB"));
    }
    let used = octets.len() - if complete { unread.len() } else { 0 };
    if used > HEAD_LIMIT {
        return Err(Refusal::new(431, "the request head is longer than 16 KiB"));
    }
    match head.as_slice() {
        [line, fields @ ..] if complete => Ok(Some((request(line, fields)?, used))),
        _ => Ok(None),
    }
}

fn request(line: &[u8], fields: &[&[u8]]) -> Result<Request, Refusal> {
    let (method, target, minor_version) = request_line(line)?;
    let (path, query) = split_target(method, target)?;
    let headers = fields.iter().map(|field| header_field(field)).collect::<Result<Vec<_>, _>>()?;

    // RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    // request message that lacks a Host header field and to any request message that contains more
    // than one Host header field line or a Host header field with an invalid field value."
    let mut hosts = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    match (hosts.next(), hosts.next()) {
        (None, _) if minor_version == b'0' => {}
        (Some((_, host)), None) if is_authority(host) => {}
        _ => {
            return Err(Refusal::malformed("there must be one Host header field, and a valid one"));
        }
    }
    // RFC 9112 §6.3: a length that is said twice may be said in two ways.
    let is_length = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-length");
    if headers.iter().filter(is_length).count() > 1 {
        return Err(Refusal::malformed("there are two Content-Length header fields"));
    }
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    Ok(Request { method, path, query, headers })
}

/// The complete lines at the front of some octets, without their ends; what is left over stays
/// inside.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any
        // preceding CR."
        let end = self.0.iter().position(|&octet| octet == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(without_carriage_return(line))
    }
}

fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// RFC 9112 §3: "request-line = method SP request-target SP HTTP-version".
fn request_line(line: &[u8]) -> Result<(&str, &str, u8), Refusal> {
    let line =
        str::from_utf8(line).map_err(|_| Refusal::malformed("the request line is not ASCII"))?;
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        // RFC 9112 §3.2: "No whitespace is allowed in the request-target." and "Recipients of an
        // invalid request-line SHOULD respond with either a 400 (Bad Request) error".
        return Err(Refusal::malformed(
            "the request line is not made of a method, a target and a version, one space apart",
        ));
    };
    if !is_token(method) {
        return Err(Refusal::malformed("the method is not a token"));
    }
    match version.as_bytes() {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => {
            Ok((method, target, *minor))
        }
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            Err(Refusal::new(505, "only HTTP/1.1 and HTTP/1.0 are spoken here"))
        }
        _ => Err(Refusal::malformed("the version is not an HTTP version")),
    }
}

/// Path and query of a target, in one of the four forms of RFC 9112 §3.2.
///
/// # Errors
/// When it has none of them.
pub fn split_target<'a>(method: &str, target: &'a str) -> Result<(&'a str, &'a str), Refusal> {
    // RFC 3986 §2: a URI is visible ASCII; `#` and what follows never travel.
    if !target.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'#') {
        return Err(Refusal::malformed("the target has characters that a target can't have"));
    }
    // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests even though most
    // HTTP/1.1 clients will only send the absolute-form in requests to a proxy."
    let origin_form = match without_http_scheme(target) {
        Some(rest) => {
            let path = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(path).unwrap_or((rest, ""));
            if authority.is_empty() || !is_authority(authority) {
                return Err(Refusal::malformed("the target names no host"));
            }
            path
        }
        None if target.starts_with('/') => target,
        None if method == "OPTIONS" && target == "*" => target,
        None if method == "CONNECT" && !target.is_empty() && is_authority(target) => target,
        None => {
            return Err(Refusal::malformed("the target is neither a path nor an http URL"));
        }
    };
    let (path, query) = origin_form.split_once('?').unwrap_or((origin_form, ""));
    Ok((if path.is_empty() { "/" } else { path }, query))
}

fn without_http_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_at_checked("http://".len())?;
    scheme.eq_ignore_ascii_case("http://").then_some(rest)
}

/// RFC 9112 §5: "field-line = field-name ":" OWS field-value OWS".
fn header_field(line: &[u8]) -> Result<(String, String), Refusal> {
    // RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any
    // received request message that contains whitespace between a header field name and colon." A
    // token has no white space, so this refuses folded lines (§5.2) and white space before the
    // first line (§2.2) as well.
    let colon = line.iter().position(|&octet| octet == b':');
    let (name, value) = colon.and_then(|colon| line.split_at_checked(colon)).unwrap_or((b"", b""));
    let name = str::from_utf8(name).ok().filter(|name| is_token(name));
    let Some(name) = name else {
        return Err(Refusal::malformed("a header line has no name before a colon"));
    };

    let value = without_white_space(value.get(1..).unwrap_or_default());
    // RFC 9110 §5.5: control characters are invalid in a field value; octets above ASCII are
    // opaque.
    if value.iter().any(|&octet| octet.is_ascii_control() && octet != b'\t') {
        return Err(Refusal::malformed("a header line has control characters"));
    }
    Ok((name.to_owned(), String::from_utf8_lossy(value).into_owned()))
}

/// RFC 9110 §5.6.3: "OWS = *( SP / HTAB )".
fn without_white_space(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// RFC 9110 §5.6.2: what methods and field names are made of.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet))
}

/// The characters of RFC 3986 §3.2 without user information; may be empty, as a Host field may.
fn is_authority(text: &str) -> bool {
    text.bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&octet))
}

#[cfg(test)]
mod tests;
