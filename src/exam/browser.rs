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
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{process, run::STRANGER};
use crate::practice::grants::{AuthorizationRequest, Grants};
use crate::practice::mischief;
use crate::secret::State;
use crate::wire::{form, url::RedirectUri};

/// Markup that does nothing, and is easy to find.
pub(super) const MARKUP: &str = "\"'><exam-mark>";
/// A state that isn't the client's.
pub(super) const FORGED: &str = "forged-forged-forged-forged-forged-forged-f";
/// What a terminal obeys: a colour, a carriage return, and a mark that turns the text around.
pub(super) const ESCAPES: &str = "\u{1b}[31mThe\r\u{202e}Octocat";
/// How long a page is waited for that isn't the last one.
const SHORT: Duration = Duration::from_secs(2);
const PAGE_LIMIT: usize = 1 << 20;

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
    /// What a probe of the port or the process found.
    pub(super) probe: Option<Result<(), String>>,
    /// Byte by byte.
    pub(super) slowly: bool,
    /// To this address only.
    only: Option<IpAddr>,
    /// Over this connection, which is open already.
    open: Option<TcpStream>,
}

/// The browser of one run.
#[derive(Debug)]
pub(super) struct Browser {
    /// What the client asked for.
    pub(super) request: AuthorizationRequest,
    pub(super) redirect_uri: RedirectUri,
    pub(super) grants: Arc<Mutex<Grants>>,
    /// The client's process.
    pub(super) client: u32,
    pub(super) has_ended: Arc<AtomicBool>,
    pub(super) deadline: Instant,
    pub(super) seen: Sight,
}

impl Browser {
    /// The person agrees, and the browser brings the right callback.
    pub(super) fn agrees(&mut self) {
        let callback = self.with_a_code(self.request.clone(), None);
        self.brings_at_last(&callback);
    }

    pub(super) fn agrees_twice(&mut self) {
        let callback = self.with_a_code(self.request.clone(), None);
        self.brings_at_last(&callback);
        self.brings(&callback);
    }

    /// The provider refuses with this error, and the browser brings that.
    pub(super) fn refuses(&mut self, error: &str, description: &str) {
        let parameters = [("error", error), ("error_description", description)];
        let callback = self.callback(&self.request, None, &parameters);
        self.brings_at_last(&callback);
    }

    /// Brings a stranger's code with this state, and with more at the end.
    pub(super) fn strangers(&mut self, state: Option<&str>, more: &str) {
        let state = state.map(|state| State::new(state.to_owned()));
        let (login, account, challenge, fault) = (STRANGER, "mallory", None, None);
        let request = self.request.clone();
        let request = AuthorizationRequest { login, account, challenge, fault, state, ..request };
        let callback = self.with_a_code(request, None);
        self.brings(&(callback + more));
    }

    /// The right state, as a parameter that follows others.
    pub(super) fn right_state(&self) -> String {
        let state = self.request.state.as_ref().map_or("", State::expose);
        format!("&{}", form::encode(&[("state", state)]))
    }

    pub(super) fn forges(&mut self) {
        let state = self.request.state.as_ref().map_or("", State::expose);
        let beginning: String = state.chars().take(state.len() / 2).collect();
        self.strangers(Some(FORGED), "");
        self.strangers(None, "");
        self.strangers(Some(&beginning), "");
        let state = Some(State::new(FORGED.to_owned()));
        let forged = AuthorizationRequest { state, ..self.request.clone() };
        let refusal = self.callback(&forged, None, &[("error", "access_denied")]);
        self.brings(&refusal);
        self.agrees();
    }

    pub(super) fn mixes_up(&mut self) {
        let callback = self.with_a_code(self.request.clone(), Some("https://attacker.example"));
        self.brings(&callback);
        self.agrees();
    }

    pub(super) fn strays(&mut self) {
        let path = self.redirect_uri.path().to_owned();
        for (method, target) in
            [("GET", "/favicon.ico"), ("GET", "/"), ("POST", &path), ("HEAD", &path)]
        {
            self.ask(method, target, Instant::now() + SHORT);
        }
        self.agrees();
    }

    pub(super) fn is_silent_first(&mut self) {
        // Once the client listens.
        let _first = self.connect();
        let _others = mischief::stay_silent(&self.request.redirect_uri);
        self.agrees();
    }

    pub(super) fn brings_markup(&mut self) {
        let (path, coded) = (self.redirect_uri.path().to_owned(), form::encode_value(MARKUP));
        let forged = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
        for target in [format!("/{coded}"), format!("{path}?{forged}")] {
            self.ask("GET", &target, Instant::now() + SHORT);
        }
    }

    /// Brings the right callback to this address only, if `localhost` may mean it.
    pub(super) fn agrees_at(&mut self, ip: IpAddr) {
        let has_ip = TcpListener::bind((ip, 0)).is_ok();
        if self.redirect_uri.addresses().len() < 2 || !has_ip {
            return self.agrees();
        }
        self.seen.only = Some(ip);
        self.agrees();
        let seen = format!("nobody answered on `{ip}`");
        self.seen.probe = Some(if self.seen.pages.is_empty() { Err(seen) } else { Ok(()) });
        if self.seen.pages.is_empty() {
            process::end(self.client);
        }
    }

    pub(super) fn comes_from_outside(&mut self) {
        let outside = SocketAddr::from(([127, 0, 0, 2], self.redirect_uri.port));
        // Once the client listens.
        self.seen.open = self.connect();
        if self.seen.open.is_some() && cfg!(target_os = "linux") {
            let is_taken = TcpStream::connect_timeout(&outside, SHORT).is_ok();
            let seen = format!("`{outside}` took a connection");
            self.seen.probe = Some(if is_taken { Err(seen) } else { Ok(()) });
        }
        self.agrees();
    }

    pub(super) fn takes_its_time(&mut self) {
        // What the client has started as its browser ends first.
        thread::sleep(SHORT / 4);
        let before = process::ticks(self.client);
        thread::sleep(SHORT);
        self.seen.probe = before.zip(process::ticks(self.client)).map(|(before, after)| {
            // A tick is a hundredth of a second.
            let used = after.saturating_sub(before) / 2;
            let seen = format!("it used {used} % of a core while it waited");
            if used < 10 { Ok(()) } else { Err(seen) }
        });
        self.agrees();
    }

    /// The callback of a request, from this issuer or the provider itself.
    fn callback(
        &self,
        request: &AuthorizationRequest,
        issuer: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> String {
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        request.callback(issuer.unwrap_or(&grants.issuer), parameters)
    }

    fn with_a_code(&mut self, request: AuthorizationRequest, issuer: Option<&str>) -> String {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let code = grants.add_code(request.clone()).unwrap_or_default();
        drop(grants);
        self.seen.codes.push(code.clone());
        self.callback(&request, issuer, &[("code", &code)])
    }

    /// Brings the callback that counts, and waits for its page as long as the client may run.
    fn brings_at_last(&mut self, callback: &str) {
        self.seen.brought = Some(Instant::now());
        self.visit(callback, self.deadline);
    }

    /// Brings a callback that comes before or after it.
    fn brings(&mut self, callback: &str) {
        self.visit(callback, Instant::now() + SHORT);
    }

    /// Opens an address of the client's, and follows its redirects there.
    fn visit(&mut self, url: &str, deadline: Instant) {
        let (origin, mut next) = (self.redirect_uri.origin(), Some(url.to_owned()));
        for _ in 0..4 {
            let url = next.take().unwrap_or_default();
            let target = url.strip_prefix(&origin).unwrap_or(&url);
            if target.starts_with('/') && self.ask("GET", target, deadline).is_some() {
                let page = self.seen.pages.last().filter(|page| (300..400).contains(&page.status));
                next = page.and_then(|page| header(&page.head, "location")).map(str::to_owned);
            }
        }
    }

    /// Sends a request, and keeps the page.
    fn ask(&mut self, method: &str, target: &str, deadline: Instant) -> Option<()> {
        let mut stream = self.connect()?;
        let origin = self.redirect_uri.origin();
        let host = origin.trim_start_matches("http://");
        let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{length}Connection: close\r\n\r\n"
        );
        stream.set_nodelay(true).ok()?;
        for piece in head.as_bytes().chunks(if self.seen.slowly { 1 } else { head.len() }) {
            stream.write_all(piece).ok()?;
            thread::sleep(Duration::from_millis(self.seen.slowly.into()));
        }
        self.seen.pages.push(read_page(stream, deadline)?);
        Some(())
    }

    /// Connects to the first address of the client's that answers. It may need a while to listen.
    fn connect(&mut self) -> Option<TcpStream> {
        if self.seen.open.is_some() {
            return self.seen.open.take();
        }
        let patience = if self.seen.pages.is_empty() { 5 } else { 1 };
        let until = self.deadline.min(Instant::now() + Duration::from_secs(patience));
        let addresses = self.redirect_uri.addresses();
        loop {
            let wanted =
                addresses.iter().filter(|it| self.seen.only.is_none_or(|ip| ip == it.ip()));
            let mut streams = wanted.map(|address| TcpStream::connect_timeout(address, SHORT));
            if let Some(stream) = streams.find_map(Result::ok) {
                return Some(stream);
            }
            if Instant::now() >= until || self.has_ended.load(Ordering::SeqCst) {
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
fn read_page(mut stream: TcpStream, deadline: Instant) -> Option<Page> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let length = header(head, "content-length").and_then(|it| it.parse::<usize>().ok());
        let is_whole = received.len() > PAGE_LIMIT
            || head.len() < text.len() && length.is_some_and(|length| body.len() >= length)
            || body.ends_with("\r\n0\r\n\r\n");
        let left = deadline.saturating_duration_since(Instant::now());
        let mut bytes = [0; 4096];
        let count = match stream.set_read_timeout(Some(left)) {
            Ok(()) if !is_whole => stream.read(&mut bytes).unwrap_or_default(),
            _ => 0,
        };
        if count == 0 {
            let status = head.split(' ').nth(1)?.parse().ok()?;
            return Some(Page { status, head: head.to_owned(), body: body.to_owned() });
        }
        received.extend_from_slice(bytes.get(..count)?);
    }
}
