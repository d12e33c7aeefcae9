//! The browser: sends bytes, reads the answer to its end, and takes a reset for a failure.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use super::PATIENCE;

/// An answer, taken apart and checked: a status line, its headers, and a body of the length they
/// say.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("a page is UTF-8");
        let (head, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
        let (line, headers) = head.split_once("\r\n").expect("a status line and headers");
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .expect(line)
            .parse()
            .expect(line);
        let page = Self { status, headers: format!("{headers}\r\n"), body: body.to_owned() };
        for line in headers.split("\r\n") {
            let (name, value) = line.split_once(": ").expect(line);
            assert!(
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "{line}"
            );
            assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        }
        if page.status == 204 {
            return page;
        }
        let length: usize = page.header("content-length").expect("a length").parse().unwrap();
        // The answer to HEAD tells the length of what it leaves out.
        let is_bare = page.status == 405 && page.body.is_empty();
        assert!(is_bare || page.body.len() == length, "{page:?}");
        page
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.split("\r\n").filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// What every page has to promise the browser.
    pub(crate) fn assert_safe(&self) {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("connection", "close"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(self.header(name), Some(value), "{}", self.headers);
        }
        let policy = self.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.ends_with("='; base-uri 'none'; frame-ancestors 'none'"), "{policy}");
        for forbidden in ["<script", "src=", "href=", "onload", "url("] {
            assert!(!self.body.contains(forbidden), "{}", self.body);
        }
    }
}

pub(crate) fn connect(address: impl ToSocketAddrs) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the port is open");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Waits for somebody to connect.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let (sender, accepted) = mpsc::channel();
    let listener = listener.try_clone().unwrap();
    thread::spawn(move || sender.send(listener.accept()));
    let (stream, _) = accepted.recv_timeout(PATIENCE).expect("somebody connects").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes and reads until the other side closes.
pub(crate) fn send(address: impl ToSocketAddrs, bytes: &[u8]) -> Page {
    let mut stream = connect(address);
    stream.write_all(bytes).expect("the bytes are taken");
    read(&mut stream)
}

/// Reads an answer to its end; a reset is a failure.
pub(crate) fn read(stream: &mut TcpStream) -> Page {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the connection ends without a reset");
    Page::parse(&bytes)
}

/// A request as a browser writes it.
pub(crate) fn request(method: &str, url: &str) -> String {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, target) = rest.split_once('/').expect("a path");
    format!(
        "{method} /{target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\nAccept: text/html\r\n\r\n"
    )
}

/// The browser goes to a URL.
pub(crate) fn get(url: &str) -> Page {
    let host = url.split('/').nth(2).unwrap();
    send(host, request("GET", url).as_bytes())
}
