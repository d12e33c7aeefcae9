//! A browser's requests, and its cookies.
//!
//! ```text
//! GET /login HTTP/1.1\r\nHost: localhost:3000\r\nCookie: session=…\r\nConnection: close\r\n\r\n
//! ```
//!
//! Left out: what a cookie says about its path, its age and its safety.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::books::Books;
use super::http::{self, Kind, Message};
use crate::show::terminal::escape_message;

/// How long a page is waited for that isn't the last one, and a connection.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// How many redirects are followed.
pub(super) const MAX_REDIRECTS: u32 = 8;
/// How many cookies are kept.
const MAX_COOKIES: usize = 50;

/// A request.
#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    pub(super) method: &'static str,
    /// More header lines.
    pub(super) headers: String,
    /// A form, if one is posted.
    pub(super) form: Option<String>,
}

impl Visit {
    pub(super) fn get() -> Self {
        Self { method: "GET", ..Self::default() }
    }

    pub(super) fn post(form: String) -> Self {
        Self { method: "POST", form: Some(form), ..Self::default() }
    }
}

/// How a request goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Whole,
    ByteByByte,
}

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    name: String,
    value: String,
}

/// RFC 6265 §8.5: cookies know no ports.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

impl Cookies {
    /// The header line for a request.
    fn line(&self, address: &Address) -> String {
        let mut pairs = Vec::new();
        for cookie in &self.0 {
            if cookie.host == address.host {
                pairs.push(format!("{}={}", cookie.name, cookie.value));
            }
        }
        if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) }
    }

    pub(super) fn keep(&mut self, address: &Address, answer: &Message) {
        for header in &answer.headers {
            if !header.name.eq_ignore_ascii_case("set-cookie") || self.0.len() >= MAX_COOKIES {
                continue;
            }
            let (pair, _) = header.value.split_once(';').unwrap_or((&header.value, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.0.retain(|cookie| cookie.host != address.host || cookie.name != name);
            let host = address.host.clone();
            self.0.push(Cookie { host, name: name.to_owned(), value: value.to_owned() });
        }
    }
}

/// Connects to the first of these that takes a connection.
pub(super) fn connect(sockets: &[SocketAddr]) -> Option<TcpStream> {
    for socket in sockets {
        if let Ok(stream) = TcpStream::connect_timeout(socket, SHORT) {
            let _ = stream.set_write_timeout(Some(SHORT));
            return Some(stream);
        }
    }
    None
}

/// Sends a request.
pub(super) fn write(
    mut stream: &TcpStream,
    address: &Address,
    visit: &Visit,
    cookies: &Cookies,
    pace: Pace,
) -> io::Result<()> {
    let mut request = format!("{} {} HTTP/1.1\r\n", visit.method, address.target);
    request += &format!("Host: {}\r\nUser-Agent: Mozilla/5.0\r\n", address.authority());
    request += "Accept: text/html,*/*\r\n";
    request += &visit.headers;
    request += &cookies.line(address);
    if let Some(form) = &visit.form {
        request += "Content-Type: application/x-www-form-urlencoded\r\n";
        request += &format!("Content-Length: {}\r\n", form.len());
    }
    request += "Connection: close\r\n\r\n";
    request += visit.form.as_deref().unwrap_or_default();
    stream.set_nodelay(true)?;
    if pace == Pace::Whole {
        return stream.write_all(request.as_bytes());
    }
    for byte in request.as_bytes() {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Where an answer redirects to.
pub(super) fn redirect(from: &Address, answer: &Message) -> Option<Address> {
    if !(300..400).contains(&answer.status()) {
        return None;
    }
    from.join(answer.header("location")?)
}

/// Opens a URL that the client has opened or printed.
pub(super) fn open(url: &str, books: &Books, cookies: &mut Cookies) {
    books.happens(format!("the browser opens {}", escape_message(url.as_bytes())));
    if let Some(address) = Address::parse(url) {
        follow(address, Visit::get(), books, cookies);
    }
}

/// Sends a request, and follows redirects on this machine, one of which may lead to the provider.
pub(super) fn follow(address: Address, visit: Visit, books: &Books, cookies: &mut Cookies) {
    let until = Instant::now() + SHORT;
    let goes_on = || Instant::now() < until && books.goes_on();
    let mut next = address;
    let mut visit = visit;
    for _ in 0..MAX_REDIRECTS {
        let Some(stream) = connect(&next.sockets()) else { return };
        if write(&stream, &next, &visit, cookies, Pace::Whole).is_err() {
            return;
        }
        let Some(answer) = http::read(&stream, Kind::Answer, &goes_on) else { return };
        cookies.keep(&next, &answer);
        let Some(address) = redirect(&next, &answer) else { return };
        next = address;
        visit = Visit::get();
    }
}
