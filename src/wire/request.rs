//! An HTTP/1.x request head, RFC 9112 §2 to §5: octets in, a [`Request`] out, nothing else happens here.
//!
//! ```text
//! GET /callback?code=4f2c&state=JxYk HTTP/1.1\r\n
//! Host: localhost:8000\r\n
//! \r\n
//! ```
//!
//! The rule throughout is to refuse, never to repair: a server that guesses what a broken request meant can be made to
//! guess wrong.
//!
//! Left out: bodies and transfer codings (the callback has neither), folded header lines, and HTTP/0.9. A larger
//! program would take a library here.
//!
//! Shown by the tables below, and with hostile octets in `tests/fuzz.rs`.

use std::str;

/// RFC 9112 §3: "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum, request-line lengths of
/// 8000 octets."
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

/// Why a request is refused: the status to answer with and a sentence about the rule. Nothing of the request is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status code.
    pub status: u16,
    /// What is wrong, as a phrase without a full stop.
    pub reason: &'static str,
}

const fn malformed(reason: &'static str) -> Refusal {
    Refusal {
        status: 400,
        reason,
    }
}

impl Request {
    /// The value of a header field, or nothing where the field is missing; the first one where it is repeated.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }
}

/// Whether these octets begin a TLS handshake (RFC 8446 §5.1: content type 22, then the legacy version 3.x), as they
/// do when a browser insists on HTTPS.
#[must_use]
pub fn is_tls(octets: &[u8]) -> bool {
    matches!(octets, [0x16] | [0x16, 0x03, ..])
}

/// Reads a request head from the front of what has arrived so far, and says how many octets it took; or `None` while
/// its end has not arrived.
///
/// # Errors
/// When the octets can't become a request that follows the rules, with the status to answer.
pub fn parse(octets: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    if is_tls(octets) {
        return Err(malformed("this port speaks HTTP, not HTTPS"));
    }
    // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD ignore at least one empty
    // line (CRLF) received prior to the request-line."
    let empty_lines = octets
        .iter()
        .take_while(|octet| matches!(octet, b'\r' | b'\n'))
        .count();
    let message = octets.get(empty_lines..).unwrap_or_default();

    let mut lines = Lines(message);
    let line = lines.next();
    if line.map_or(message.len(), <[u8]>::len) > LINE_LIMIT {
        return Err(Refusal {
            status: 414,
            reason: "the request line is longer than 8 KiB",
        });
    }
    let fields: Vec<&[u8]> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let end = octets.len() - lines.0.len();
    // The head is complete when the line before what is left is empty.
    let complete = ended_by_empty_line(octets.get(empty_lines..end).unwrap_or_default());
    if end > HEAD_LIMIT || (!complete && octets.len() > HEAD_LIMIT) {
        return Err(Refusal {
            status: 431,
            reason: "the request head is longer than 16 KiB",
        });
    }
    let (Some(line), true) = (line, complete) else {
        return Ok(None);
    };
    if octets
        .get(..empty_lines)
        .is_some_and(|skipped| !only_line_ends(skipped))
    {
        return Err(malformed("a carriage return stands alone"));
    }

    let (method, target, minor_version) = request_line(line)?;
    let (path, query) = split_target(method, target)?;
    let headers = fields
        .into_iter()
        .map(header_field)
        .collect::<Result<Vec<_>, _>>()?;

    // RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
    // lacks a Host header field and to any request message that contains more than one Host header field line or a
    // Host header field with an invalid field value."
    let mut hosts = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    match (hosts.next(), hosts.next()) {
        (None, _) if minor_version == b'0' => {}
        (Some((_, host)), None) if is_authority(host) => {}
        _ => {
            return Err(malformed(
                "there must be one Host header field, and it must be valid",
            ));
        }
    }

    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
    };
    Ok(Some((request, end)))
}

/// The complete lines at the front of some octets, without their ends; what is left over stays inside.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any preceding CR."
        let end = self.0.iter().position(|&octet| octet == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

fn ended_by_empty_line(head: &[u8]) -> bool {
    head.ends_with(b"\n\n") || head.ends_with(b"\n\r\n")
}

fn only_line_ends(octets: &[u8]) -> bool {
    octets
        .split(|&octet| octet == b'\n')
        .all(|line| matches!(line, b"" | b"\r"))
        && octets.last() != Some(&b'\r')
}

/// RFC 9112 §3: "request-line = method SP request-target SP HTTP-version".
fn request_line(line: &[u8]) -> Result<(&str, &str, u8), Refusal> {
    let line = str::from_utf8(line).map_err(|_| malformed("the request line is not ASCII"))?;
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        // RFC 9112 §3: "No whitespace is allowed in the request-target." and "Recipients of an invalid request-line
        // SHOULD respond with either a 400 (Bad Request) error".
        return Err(malformed(
            "the request line is not made of a method, a target and a version, one space apart",
        ));
    };
    if !is_token(method) {
        return Err(malformed("the method is not a token"));
    }
    match version.as_bytes() {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor @ b'0'..=b'9',
        ] => Ok((method, target, *minor)),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(Refusal {
            status: 505,
            reason: "only HTTP/1.1 and HTTP/1.0 are spoken here",
        }),
        _ => Err(malformed("the version is not an HTTP version")),
    }
}

/// Path and query of a target, in one of the four forms of RFC 9112 §3.2.
///
/// # Errors
/// When it has none of them.
pub fn split_target<'a>(method: &str, target: &'a str) -> Result<(&'a str, &'a str), Refusal> {
    // RFC 3986 §2: a URI is visible ASCII; `#` and what follows never travel.
    if !target
        .bytes()
        .all(|octet| octet.is_ascii_graphic() && octet != b'#')
    {
        return Err(malformed(
            "the target has characters that a target can't have",
        ));
    }
    // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests even though most HTTP/1.1 clients will only
    // send the absolute-form in requests to a proxy."
    let origin_form = match without_http_scheme(target) {
        Some(rest) => {
            let path = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(path).unwrap_or((rest, ""));
            if authority.is_empty() || !is_authority(authority) {
                return Err(malformed("the target names no host"));
            }
            path
        }
        None if target.starts_with('/') => target,
        None if method == "OPTIONS" && target == "*" => target,
        None if method == "CONNECT" && !target.is_empty() && is_authority(target) => target,
        None => return Err(malformed("the target is neither a path nor an http URL")),
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
    // RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any received request
    // message that contains whitespace between a header field name and colon." A token has no white space, so this
    // refuses folded lines (§5.2) and white space before the first line (§2.2) as well.
    let colon = line.iter().position(|&octet| octet == b':');
    let (name, value) = colon
        .and_then(|colon| line.split_at_checked(colon))
        .unwrap_or((b"", b""));
    let name = str::from_utf8(name).ok().filter(|name| is_token(name));
    let Some(name) = name else {
        return Err(malformed("a header line has no name before a colon"));
    };

    let value = value.get(1..).unwrap_or_default().trim_ascii();
    // RFC 9110 §5.5: control characters are invalid in a field value; octets above ASCII are opaque.
    if value
        .iter()
        .any(|&octet| octet.is_ascii_control() && octet != b'\t')
    {
        return Err(malformed("a header line has control characters"));
    }
    Ok((name.to_owned(), String::from_utf8_lossy(value).into_owned()))
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
mod tests {
    use super::*;

    fn parsed(octets: &str) -> Result<Option<(Request, usize)>, Refusal> {
        parse(octets.as_bytes())
    }

    /// The request in the front of `octets`, which must take all of them.
    fn accepted(octets: &str) -> Request {
        let (request, used) = parsed(octets).unwrap().expect(octets);
        assert_eq!(used, octets.len(), "{octets:?}");
        request
    }

    fn status(octets: &[u8]) -> u16 {
        parse(octets)
            .expect_err(&String::from_utf8_lossy(octets))
            .status
    }

    #[test]
    fn a_browsers_request_is_read() {
        let request = accepted(
            "GET /callback?code=4f2c&state=a%20b HTTP/1.1\r\nHost: localhost:8000\r\nAccept:text/html \r\nEmpty:\r\n\r\n",
        );
        assert_eq!(request.method, "GET");
        assert_eq!(request.path, "/callback");
        assert_eq!(request.query, "code=4f2c&state=a%20b");
        assert_eq!(request.header("HOST"), Some("localhost:8000"));
        assert_eq!(request.header("accept"), Some("text/html"));
        assert_eq!(request.header("empty"), Some(""));
        assert_eq!(request.header("missing"), None);
    }

    #[test]
    fn what_rfc_9112_lets_pass_is_accepted() {
        for head in [
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\n\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.7\r\nHost: [::1]:8000\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nhOsT:\ta:1\t \r\nX: a\tb\r\n\r\n",
        ] {
            assert_eq!(accepted(head).path, "/", "{head:?}");
        }
    }

    #[test]
    fn the_four_forms_of_a_target_are_told_apart() {
        for (line, path, query) in [
            ("GET /", "/", ""),
            ("GET /?", "/", ""),
            ("GET /a?b?c", "/a", "b?c"),
            ("GET //a/../b", "//a/../b", ""),
            ("GET /%00", "/%00", ""),
            ("GET http://localhost:8000/a?b", "/a", "b"),
            ("GET HTTP://[::1]:8000/a", "/a", ""),
            ("GET http://localhost?b", "/", "b"),
            ("GET http://localhost", "/", ""),
            ("OPTIONS *", "*", ""),
            ("CONNECT a:443", "a:443", ""),
        ] {
            let request = accepted(&format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(
                (request.path.as_str(), request.query.as_str()),
                (path, query),
                "{line}"
            );
        }
    }

    #[test]
    fn what_has_not_all_arrived_is_waited_for() {
        let head = "\r\nGET /callback?code=1 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(parsed(head.get(..end).unwrap()), Ok(None), "{end}");
        }
        let (_, used) = parsed(&format!("{head}body")).unwrap().unwrap();
        assert_eq!(used, head.len());
    }

    #[test]
    fn a_malformed_request_line_is_refused_with_400() {
        for line in [
            "GET",
            "GET /",
            "GET  / HTTP/1.1",
            "GET /  HTTP/1.1",
            "GET / HTTP/1.1 ",
            " GET / HTTP/1.1",
            "GET\t/ HTTP/1.1",
            "GET /a b HTTP/1.1",
            "GET /a\tb HTTP/1.1",
            "G(T / HTTP/1.1",
            "GÉT / HTTP/1.1",
            "GET / http/1.1",
            "GET / HTTP/1.",
            "GET / HTTP/1.10",
            "GET / HTTP/11",
            "GET / HTTP 1.1",
            "GET / HTTPS/1.1",
            "GET / FTP/1.1",
            "GET /a#b HTTP/1.1",
            "GET /\0 HTTP/1.1",
            "GET /\x7f HTTP/1.1",
            "GET /é HTTP/1.1",
            "GET /\r HTTP/1.1",
            "GET callback HTTP/1.1",
            "GET * HTTP/1.1",
            "GET ?a HTTP/1.1",
            "GET https://localhost/ HTTP/1.1",
            "GET http:///a HTTP/1.1",
            "GET http://user@localhost/ HTTP/1.1",
            "GET ftp://localhost/ HTTP/1.1",
            "CONNECT / HTTP/1.1x",
            "\rGET / HTTP/1.1",
        ] {
            assert_eq!(
                status(format!("{line}\r\nHost: a\r\n\r\n").as_bytes()),
                400,
                "{line:?}"
            );
        }
    }

    #[test]
    fn malformed_header_lines_are_refused_with_400() {
        for lines in [
            "",
            "Hosts: a\r\n",
            "Host: a\r\nHost: a\r\n",
            "Host: a\r\nhost: b\r\n",
            "Host: a b\r\n",
            "Host: a/b\r\n",
            "Host: user@a\r\n",
            "Host : a\r\n",
            " Host: a\r\n",
            "Host: a\r\n folded: b\r\n",
            "Host: a\r\n\tfolded\r\n",
            "Host: a\r\nno colon\r\n",
            "Host: a\r\n: no name\r\n",
            "Host: a\r\nA(B: c\r\n",
            "Host: a\r\nA: b\0c\r\n",
            "Host: a\r\nA: b\rc\r\n",
            "Host: a\r\nA: \x1b[31m\r\n",
            "Host: a\r\n\r\r\n",
        ] {
            assert_eq!(
                status(format!("GET / HTTP/1.1\r\n{lines}\r\n").as_bytes()),
                400,
                "{lines:?}"
            );
        }
        assert_eq!(
            status(b"GET / HTTP/1.1\r\nHost: a\r\nA\xff: b\r\n\r\n"),
            400
        );
        assert_eq!(status(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
        assert_eq!(status(b"GET /\xff HTTP/1.0\r\n\r\n"), 400);
    }

    #[test]
    fn another_major_version_is_refused_with_505() {
        for line in [
            "GET / HTTP/2.0",
            "PRI * HTTP/2.0",
            "GET / HTTP/0.9",
            "GET / HTTP/3.1",
        ] {
            assert_eq!(
                status(format!("{line}\r\nHost: a\r\n\r\n").as_bytes()),
                505,
                "{line}"
            );
        }
    }

    #[test]
    fn a_request_line_may_have_8_kib_and_no_more() {
        let line = |length: usize| {
            format!(
                "GET /{} HTTP/1.1",
                "a".repeat(length - "GET / HTTP/1.1".len())
            )
        };
        let head = |length| format!("{}\r\nHost: a\r\n\r\n", line(length));
        accepted(&head(LINE_LIMIT));
        assert_eq!(status(head(LINE_LIMIT + 1).as_bytes()), 414);
        // Before its end has arrived, as well.
        assert_eq!(parsed(&line(LINE_LIMIT)), Ok(None));
        assert_eq!(status(line(LINE_LIMIT + 1).as_bytes()), 414);
    }

    #[test]
    fn a_head_may_have_16_kib_and_no_more() {
        let head = |length: usize| {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
            format!("{start}{}\r\n\r\n", "b".repeat(length - start.len() - 4))
        };
        accepted(&head(HEAD_LIMIT));
        assert_eq!(status(head(HEAD_LIMIT + 1).as_bytes()), 431);
        assert_eq!(status("\n".repeat(HEAD_LIMIT + 1).as_bytes()), 431);
        assert_eq!(
            status(format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(3000)).as_bytes()),
            431
        );
    }

    #[test]
    fn a_tls_handshake_is_recognised_by_its_first_octets() {
        for octets in [
            &b"\x16"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ] {
            assert!(is_tls(octets));
            assert_eq!(status(octets), 400);
        }
        assert!(!is_tls(b"GET / HTTP/1.1"));
        assert!(!is_tls(b""));
    }
}
