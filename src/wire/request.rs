//! Leg 2 arrives: the head of an HTTP/1.x request, RFC 9112 §2 to §6.
//!
//! ```text
//! GET /callback?code=4f2c&state=JxYk HTTP/1.1\r\n
//! Host: localhost:8000\r\n
//! \r\n
//! ```
//!
//! It never repairs: a server that guesses what a broken request meant can be made to guess wrong.
//!
//! Left out: bodies, folded header lines, HTTP/0.9, and targets such as `*` that aren't addresses.
//! Shown by the tables below, and with hostile bytes by `tests/suite/fuzz.rs`.

use super::ensure;
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
    headers: Vec<(String, String)>,
}

// The query may hold the code, and a header the token.
opaque!(Request);

impl Request {
    /// The value of a header; the first one, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// Why a request is refused, without repeating it: a status code, and a reason in lower case.
pub type Refusal = (u16, &'static str);

/// Whether a browser insists on HTTPS: a TLS record has type 22 and version 3.x (RFC 8446 §5.1).
pub fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16] | [0x16, 0x03, ..])
}

/// Reads the head of what has arrived, and says how many bytes it took; `None` if it isn't whole.
pub fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    ensure(!is_tls(bytes), (400, "this port speaks HTTP, not HTTPS"))?;
    let (mut lines, mut used) = (Vec::<&[u8]>::new(), 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        used += line.len();
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any
        // preceding CR."
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let fits = !lines.is_empty() || text.len() <= LINE_LIMIT;
        ensure(fits, (414, "the request line is longer than 8 KiB"))?;
        ensure(used <= HEAD_LIMIT, (431, "the request head is longer than 64 KiB"))?;
        match (line, lines.as_slice()) {
            // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
            // ignore at least one empty line (CRLF) received prior to the request-line."
            (b"\n" | b"\r\n", []) => {}
            (b"\n" | b"\r\n", [line, fields @ ..]) => {
                return Ok(Some((request(line, fields)?, used)));
            }
            _ => lines.push(text),
        }
    }
    Ok(None)
}

fn request(line: &[u8], fields: &[&[u8]]) -> Result<Request, Refusal> {
    // RFC 9112 §3: "request-line = method SP request-target SP HTTP-version". Bytes that aren't
    // UTF-8 become U+FFFD, which none of the three may hold.
    let line = String::from_utf8_lossy(line);
    let parts: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = *parts.as_slice() else {
        return Err((400, "the request line must be a method, a target and a version"));
    };
    ensure(is_token(method), (400, "the method isn't valid"))?;
    match version.strip_prefix("HTTP/").map(str::as_bytes) {
        Some([b'1', b'.', b'0'..=b'9']) => {}
        Some([b'0'..=b'9', b'.', b'0'..=b'9']) => {
            return Err((505, "this server speaks only HTTP/1.1 and HTTP/1.0"));
        }
        _ => return Err((400, "the HTTP version isn't valid")),
    }
    let (path, query) = split_target(target)?;
    let mut headers = Vec::new();
    for field in fields {
        headers.push(header(field)?);
    }
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    let request = Request { method, path, query, headers };

    // RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    // request message that lacks a Host header field and to any request message that contains more
    // than one Host header field line or a Host header field with an invalid field value."
    match request.values("host").as_slice() {
        [] if version == "HTTP/1.0" => {}
        [host] if is_authority(host) => {}
        _ => return Err((400, "there must be exactly one valid Host header")),
    }
    // RFC 9112 §6.3, about a body of unclear length: "If the unrecoverable error is in a request
    // message, the server MUST respond with a 400 (Bad Request) status code and then close the
    // connection."
    match request.values("content-length").as_slice() {
        _ if request.header("transfer-encoding").is_some() => {
            Err((400, "this server doesn't accept a Transfer-Encoding"))
        }
        [] => Ok(request),
        [size] if !size.is_empty() && size.bytes().all(|it| it.is_ascii_digit()) => Ok(request),
        _ => Err((400, "Content-Length must be a single number")),
    }
}

/// Path and query of a target, which must be a path or an http URL (RFC 9112 §3.2.1 and §3.2.2).
pub fn split_target(target: &str) -> Result<(&str, &str), Refusal> {
    // RFC 3986 §2: a URI is visible ASCII. No browser sends `#` or what follows it.
    let is_visible = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    ensure(is_visible, (400, "the target has characters that a target can't have"))?;
    // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests even though most
    // HTTP/1.1 clients will only send the absolute-form in requests to a proxy."
    let origin_form = match target.split_at_checked("http://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http://") => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or_default();
            let has_host = !authority.is_empty() && is_authority(authority);
            ensure(has_host, (400, "the target has no valid host"))?;
            path
        }
        _ if target.starts_with('/') => target,
        _ => return Err((400, "the target is neither a path nor an http URL")),
    };
    let (path, query) = origin_form.split_once('?').unwrap_or((origin_form, ""));
    Ok((if path.is_empty() { "/" } else { path }, query))
}

/// RFC 9112 §5: "field-line = field-name ":" OWS field-value OWS".
fn header(line: &[u8]) -> Result<(String, String), Refusal> {
    // RFC 9110 §5.5 calls bytes above ASCII opaque: it doesn't matter what becomes of them.
    let line = String::from_utf8_lossy(line);
    // RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any
    // received request message that contains whitespace between a header field name and colon." A
    // token has no white space, so this refuses folded lines (§5.2) too.
    let named = line.split_once(':').filter(|(name, _)| is_token(name));
    let (name, value) = named.ok_or((400, "every header line needs a valid name and a colon"))?;
    let value = value.trim_matches([' ', '\t']);
    let is_text = value.bytes().all(|byte| !byte.is_ascii_control() || byte == b'\t');
    ensure(is_text, (400, "a header line has control characters"))?;
    Ok((name.to_owned(), value.to_owned()))
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
