//! The exam's browser: it brings to the client's redirect URI what a case says, holds the tab, and
//! reads the page.
//!
//! ```text
//! GET /callback?code=…&iss=…&state=… HTTP/1.1\r\n           to the client, which may not be ready yet
//! Host: localhost:20514\r\nConnection: close\r\n\r\n
//! HTTP/1.1 200 OK\r\n … \r\n\r\n<h1>Signed in</h1>           read to its end
//! ```
//!
//! A *stranger's code* is one from another authorization request, made without PKCE by another
//! person. A client that checks nothing is signed in as `mallory`.
//!
//! Left out: HTML, scripts and cookies. Redirects are followed to the client only.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::process;
use super::run::{STRANGER, locked};
use crate::practice::grants::{AuthorizationRequest, Grants};
use crate::practice::mischief;
use crate::wire::{form, url::RedirectUri};

/// Markup that does nothing, and is easy to find.
pub(super) const MARKUP: &str = "\"'><exam-mark>";
/// A state that isn't the client's.
pub(super) const FORGED: &str = "forged-forged-forged-forged-forged-forged-f";
/// What a terminal obeys: a colour, a carriage return, and a mark that turns the text around.
pub(super) const ESCAPES: &str = "\u{1b}[31mThe\r\u{202e}Octocat";
/// How long a page is waited for that isn't the last one.
const SHORT: Duration = Duration::from_secs(2);
const PAGE_LIMIT: u64 = 1 << 20;

/// A page that the tab got.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// What the browser has seen, and how it brings what it brings.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) pages: Vec<Page>,
    /// The codes, in the order in which they were brought.
    pub(super) codes: Vec<String>,
    /// When the callback came that counts.
    pub(super) brought: Option<Instant>,
    /// Whether a probe of the port or the process went well, and what it found otherwise.
    pub(super) probe: Option<(bool, String)>,
    /// Byte by byte.
    pub(super) is_slow: bool,
    /// To this address only.
    only: &'static str,
    /// Over this connection, which is open already.
    open: Option<TcpStream>,
    /// Connections that say nothing, and stay open.
    silent: Vec<TcpStream>,
}

/// The browser of one run.
#[derive(Debug)]
pub(super) struct Browser {
    /// What the client asked for.
    pub(super) request: AuthorizationRequest,
    pub(super) redirect_uri: RedirectUri,
    pub(super) grants: Arc<Mutex<Grants>>,
    pub(super) client: Child,
    pub(super) deadline: Instant,
    pub(super) seen: Sight,
}

impl Browser {
    /// The person agrees, and the browser brings the right callback.
    pub(super) fn agrees(&mut self) {
        let callback = self.right();
        self.brings_at_last(&callback);
    }

    pub(super) fn agrees_twice(&mut self) {
        let callback = self.right();
        self.brings_at_last(&callback);
        self.brings(&callback);
    }

    /// The provider refuses with this error, and the browser brings that.
    pub(super) fn refuses(&mut self, error: &str, description: &str) {
        let parameters = [("error", error), ("error_description", description)];
        let callback = self.callback(self.state().as_deref().as_slice(), &parameters);
        self.brings_at_last(&callback);
    }

    /// A stranger's code comes with these states, then the right callback.
    pub(super) fn meets_a_stranger(&mut self, states: &[&str]) {
        self.brings_a_strangers_code(states);
        self.agrees();
    }

    fn brings_a_strangers_code(&mut self, states: &[&str]) {
        let (login, account, challenge, fault) = (STRANGER, "mallory", None, None);
        let request = self.request.clone();
        let code = self.code(AuthorizationRequest { login, account, challenge, fault, ..request });
        self.brings(&self.callback(states, &[("code", &code)]));
    }

    pub(super) fn forges(&mut self) {
        let state = self.state().unwrap_or_default();
        let beginning = state.get(..state.len() / 2).unwrap_or_default();
        self.brings_a_strangers_code(&[FORGED]);
        self.brings_a_strangers_code(&[]);
        self.brings_a_strangers_code(&[beginning]);
        self.brings(&self.callback(&[FORGED], &[("error", "access_denied")]));
        self.agrees();
    }

    pub(super) fn mixes_up(&mut self) {
        let right = form::encode_value(&locked(&self.grants).issuer);
        let callback = self.right().replace(&right, "https%3A%2F%2Fattacker.example");
        self.brings(&callback);
        self.agrees();
    }

    pub(super) fn strays(&mut self) {
        let path = self.redirect_uri.path().to_owned();
        for stray in ["GET /favicon.ico", "GET /", &format!("POST {path}"), &format!("HEAD {path}")]
        {
            self.ask(stray, Instant::now() + SHORT);
        }
        self.agrees();
    }

    pub(super) fn is_silent_first(&mut self) {
        // Once the client listens.
        let first = self.connect();
        self.seen.silent.extend(first);
        self.seen.silent.extend(mischief::stay_silent(&self.request.redirect_uri));
        self.agrees();
    }

    pub(super) fn brings_markup(&mut self) {
        let (path, coded) = (self.redirect_uri.path().to_owned(), form::encode_value(MARKUP));
        let forged = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
        self.ask(&format!("GET /{coded}"), Instant::now() + SHORT);
        self.ask(&format!("GET {path}?{forged}"), Instant::now() + SHORT);
    }

    /// Brings the right callback to this address only, if `localhost` may mean it.
    pub(super) fn agrees_at(&mut self, ip: &'static str) {
        let has_ip = TcpListener::bind(format!("{ip}:0")).is_ok();
        if self.redirect_uri.addresses().len() < 2 || !has_ip {
            return self.agrees();
        }
        self.seen.only = ip;
        self.agrees();
        let is_answered = !self.seen.pages.is_empty();
        self.seen.probe = Some((is_answered, format!("nobody answered on `{ip}`")));
        if !is_answered {
            process::end(self.client.id());
        }
    }

    pub(super) fn comes_from_outside(&mut self) {
        let outside = SocketAddr::from(([127, 0, 0, 2], self.redirect_uri.port));
        // Once the client listens.
        self.seen.open = self.connect();
        if self.seen.open.is_some() && cfg!(target_os = "linux") {
            let is_closed = TcpStream::connect_timeout(&outside, SHORT).is_err();
            self.seen.probe = Some((is_closed, format!("`{outside}` took a connection")));
        }
        self.agrees();
    }

    pub(super) fn takes_its_time(&mut self) {
        // What the client has started as its browser ends first.
        thread::sleep(SHORT / 4);
        let before = process::ticks(self.client.id());
        thread::sleep(SHORT);
        self.seen.probe = before.zip(process::ticks(self.client.id())).map(|(before, after)| {
            // A tick is a hundredth of a second.
            let used = after.saturating_sub(before) / 2;
            (used < 10, format!("it used {used} % of a core while it waited"))
        });
        self.agrees();
    }

    pub(super) fn state(&self) -> Option<String> {
        self.request.state.as_ref().map(|state| state.expose().to_owned())
    }

    fn code(&mut self, request: AuthorizationRequest) -> String {
        let code = locked(&self.grants).add_code(request).unwrap_or_default();
        self.seen.codes.push(code.clone());
        code
    }

    fn right(&mut self) -> String {
        let code = self.code(self.request.clone());
        self.callback(self.state().as_deref().as_slice(), &[("code", &code)])
    }

    fn callback(&self, states: &[&str], parameters: &[(&str, &str)]) -> String {
        let states: Vec<_> = states.iter().map(|state| ("state", *state)).collect();
        let request = AuthorizationRequest { state: None, ..self.request.clone() };
        request.callback(&locked(&self.grants).issuer, &[parameters, &states].concat())
    }

    /// Brings the callback that counts, and waits for its page as long as the client may run.
    fn brings_at_last(&mut self, callback: &str) {
        self.seen.brought = Some(Instant::now());
        self.visit(callback, self.deadline);
    }

    /// Brings a callback that comes before or after it. Whoever takes it has the time to go on.
    fn brings(&mut self, callback: &str) {
        self.visit(callback, Instant::now() + SHORT);
        thread::sleep(SHORT / 4);
    }

    /// Opens an address of the client's, and follows its redirects there.
    fn visit(&mut self, url: &str, deadline: Instant) {
        let (origin, mut next) = (self.redirect_uri.origin(), Some(url.to_owned()));
        for _ in 0..4 {
            let url = next.take().unwrap_or_default();
            let target = url.strip_prefix(&origin).unwrap_or(&url);
            if target.starts_with('/') && self.ask(&format!("GET {target}"), deadline).is_some() {
                let page = self.seen.pages.last().filter(|page| (300..400).contains(&page.status));
                next = page.and_then(|page| header(&page.head, "location")).map(str::to_owned);
            }
        }
    }

    /// Sends a request, a method and a target, and keeps the page.
    fn ask(&mut self, request: &str, deadline: Instant) -> Option<()> {
        let mut stream = self.connect()?;
        let origin = self.redirect_uri.origin();
        let host = origin.trim_start_matches("http://");
        let more = if request.starts_with("POST") { "Content-Length: 0\r\n" } else { "" };
        let head = format!("{request} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        stream.set_nodelay(true).ok()?;
        for piece in head.as_bytes().chunks(if self.seen.is_slow { 1 } else { head.len() }) {
            stream.write_all(piece).ok()?;
            thread::sleep(Duration::from_millis(self.seen.is_slow.into()));
        }
        self.seen.pages.push(read_page(stream, deadline)?);
        Some(())
    }

    /// Connects to the first address of the client's that answers. It may need a while to listen.
    fn connect(&mut self) -> Option<TcpStream> {
        if self.seen.open.is_some() {
            return self.seen.open.take();
        }
        let until = match (self.seen.pages.is_empty(), self.seen.only) {
            (true, "") => self.deadline,
            (true, _) => self.deadline.min(Instant::now() + 3 * SHORT),
            (false, _) => self.deadline.min(Instant::now() + SHORT / 2),
        };
        let addresses = self.redirect_uri.addresses();
        loop {
            let wanted = addresses.iter().filter(|it| it.to_string().starts_with(self.seen.only));
            let mut streams = wanted.map(|address| TcpStream::connect_timeout(address, SHORT));
            if let Some(stream) = streams.find_map(Result::ok) {
                return Some(stream);
            }
            if Instant::now() >= until || !matches!(self.client.try_wait(), Ok(None)) {
                return None;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The value of a header.
pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

/// Reads an answer up to its end, or as far as it came by then.
fn read_page(stream: TcpStream, deadline: Instant) -> Option<Page> {
    let left = deadline.saturating_duration_since(Instant::now());
    stream.set_read_timeout(Some(left)).ok()?;
    let mut received = Vec::new();
    // An error leaves what came before it.
    let _ = stream.take(PAGE_LIMIT).read_to_end(&mut received);
    let text = String::from_utf8_lossy(&received);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let is_chunked = header(head, "transfer-encoding").is_some();
    let body = if is_chunked { without_chunks(body) } else { body.to_owned() };
    Some(Page { status, head: head.to_owned(), body })
}

/// RFC 9112 §7.1: the body of a chunked message.
fn without_chunks(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, chunk)) = rest.split_once("\r\n") {
        let size = size.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some((chunk, more)) = chunk.split_at_checked(size).filter(|_| size > 0) else { break };
        body += chunk;
        rest = more.trim_start_matches("\r\n");
    }
    body
}
