use super::*;

fn parsed(head: &str) -> Result<Parsed, Rejection> {
    parse(head.as_bytes())
}

/// The request, which must take the whole head.
fn accepted(head: &str) -> Request {
    let Parsed::Head { request, length } = parsed(head).unwrap() else { panic!("{head:?}") };
    assert_eq!(length, head.len(), "{head:?}");
    request
}

fn status(head: &[u8]) -> u16 {
    parse(head).expect_err(&String::from_utf8_lossy(head)).status
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
fn everything_that_rfc_9112_allows_is_accepted() {
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
fn a_target_is_a_path_or_an_http_url() {
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
    ] {
        let request = accepted(&format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!((request.path.as_str(), request.query.as_str()), (path, query), "{line}");
    }
}

#[test]
fn an_unfinished_head_is_waited_for() {
    let head = "\r\nGET /callback?code=1 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
    for end in 0..head.len() {
        assert_eq!(parsed(head.get(..end).unwrap()), Ok(Parsed::Unfinished), "{end}");
    }
    let Parsed::Head { length, .. } = parsed(&format!("{head}body")).unwrap() else { panic!() };
    assert_eq!(length, head.len());
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
        "OPTIONS * HTTP/1.1",
        "CONNECT a:443 HTTP/1.1",
        "CONNECT / HTTP/1.1x",
        "\rGET / HTTP/1.1",
    ] {
        assert_eq!(status(format!("{line}\r\nHost: a\r\n\r\n").as_bytes()), 400, "{line:?}");
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
        "Host: a\x0c\r\n",
        "Host: \x0ba\r\n",
        "Host: a\r\r\n",
        "Host: a\r\nA: b\rc\r\n",
        "Host: a\r\nA: \x1b[31m\r\n",
        "Host: a\r\n\r\r\n",
    ] {
        assert_eq!(status(format!("GET / HTTP/1.1\r\n{lines}\r\n").as_bytes()), 400, "{lines:?}");
    }
    assert_eq!(status(b"GET / HTTP/1.1\r\nHost: a\r\nA\xff: b\r\n\r\n"), 400);
    assert_eq!(status(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    assert_eq!(status(b"GET /\xff HTTP/1.0\r\n\r\n"), 400);
}

#[test]
fn a_body_must_have_one_length_that_is_a_number_or_come_in_chunks() {
    let head = |lines| format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    for (lines, body) in [
        ("", Body::None),
        ("Content-Length: 0\r\n", Body::Length(0)),
        ("content-length: 0012 \r\n", Body::Length(12)),
        ("Content-Length: 18446744073709551615\r\n", Body::Length(u64::MAX)),
        ("Content-Length: 18446744073709551616\r\n", Body::Length(u64::MAX)),
        ("Transfer-Encoding: chunked\r\n", Body::Chunked),
        ("transfer-encoding: Chunked \r\n", Body::Chunked),
    ] {
        assert_eq!(accepted(&head(lines)).body, body, "{lines:?}");
    }
    for lines in [
        "Content-Length:\r\n",
        "Content-Length: a\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: 1 1\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\ncontent-length: a\r\n",
        "transfer-encoding:\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: identity\r\n",
    ] {
        assert_eq!(status(head(lines).as_bytes()), 400, "{lines:?}");
    }
    let older = b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(older), 400);
}

#[test]
fn another_major_version_is_refused_with_505() {
    for line in ["GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/3.1"] {
        assert_eq!(status(format!("{line}\r\nHost: a\r\n\r\n").as_bytes()), 505, "{line}");
    }
}

#[test]
fn a_request_line_may_have_8_kib_and_no_more() {
    let line =
        |length: usize| format!("GET /{} HTTP/1.1", "a".repeat(length - "GET / HTTP/1.1".len()));
    let head = |length| format!("{}\r\nHost: a\r\n\r\n", line(length));
    accepted(&head(LINE_LIMIT));
    assert_eq!(status(head(LINE_LIMIT + 1).as_bytes()), 414);
    // The limit holds before the end of the line has arrived, and between its last two bytes.
    assert_eq!(parsed(&(line(LINE_LIMIT) + "\r")), Ok(Parsed::Unfinished));
    assert_eq!(parsed(&line(LINE_LIMIT)), Ok(Parsed::Unfinished));
    assert_eq!(status(line(LINE_LIMIT + 1).as_bytes()), 414);
}

#[test]
fn a_head_may_have_64_kib_and_no_more() {
    let head = |length: usize| {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
        format!("{start}{}\r\n\r\n", "b".repeat(length - start.len() - 4))
    };
    accepted(&head(HEAD_LIMIT));
    assert_eq!(status(head(HEAD_LIMIT + 1).as_bytes()), 431);
    assert_eq!(status("\n".repeat(HEAD_LIMIT + 1).as_bytes()), 431);
    assert_eq!(status(format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(11_000)).as_bytes()), 431);
}

#[test]
fn a_tls_handshake_is_recognised_by_its_first_bytes() {
    for bytes in [&b"\x16"[..], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        assert!(is_tls(bytes));
        assert_eq!(parse(bytes).unwrap_err().reason, "this port speaks HTTP, not HTTPS");
    }
    assert!(!is_tls(b"GET / HTTP/1.1"));
    assert!(!is_tls(b""));
}
