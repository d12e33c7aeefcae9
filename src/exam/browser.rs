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
use std::time::{Duration, Instant};
use std::{iter, process::Child, sync::Arc, sync::Mutex, thread};

use super::client::ticks;
use super::seen::{Page, Run, broken};
use crate::practice::authorization_request::AuthorizationRequest;
use crate::practice::fault::Fault;
use crate::practice::grants::SharedGrants;
use crate::practice::lock::locked;
use crate::practice::profile::Account;
use crate::wire::url::RedirectUri;

/// Markup that does nothing and is easy to find.
pub(super) const MARKUP: &str = "\"'><exam-mark>";
/// A state that isn't the client's.
pub(super) const FORGED: &str = "forged-forged-forged-forged-forged-forged-f";
/// What a terminal obeys: a colour, a carriage return, and a mark that turns the text around.
pub(super) const ESCAPES: &str = "\u{1b}[31mThe\r\u{202e}Octocat";
/// How long a page is waited for that isn't the last one.
const SHORT: Duration = Duration::from_secs(2);

/// One run of the client: what the provider breaks, and what the browser does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) fault: Option<&'static Fault>,
    pub(super) script: fn(&mut Browser),
}

/// The browser of one run.
#[derive(Debug)]
pub(super) struct Browser {
    /// What the client asked for.
    pub(super) request: AuthorizationRequest,
    pub(super) redirect_uri: RedirectUri,
    /// Where the client is looked for.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) grants: SharedGrants,
    pub(super) client: Child,
    /// Where it writes down what it sees.
    pub(super) run: Arc<Mutex<Run>>,
    pub(super) deadline: Instant,
    /// Whether it sends byte by byte.
    pub(super) is_slow: bool,
}

impl Browser {
    /// The person agrees, and the browser brings the right callback.
    pub(super) fn agrees(&mut self) {
        self.brings_at_last(&self.right());
    }

    /// The provider refuses with this error, and the browser brings that.
    pub(super) fn refuses(&mut self, error: &str, description: &str) {
        let parameters = [("error", error), ("error_description", description)];
        self.brings_at_last(&self.callback(&self.request, &parameters));
    }

    /// A stranger's code comes with each of these lists of states, then the right callback.
    pub(super) fn meets_strangers(&mut self, lists: &[&[&str]]) {
        let request = AuthorizationRequest {
            account: Account::Mallory,
            state: None,
            challenge: None,
            fault: None,
            ..self.request.clone()
        };
        for states in lists {
            let code = self.code(&request);
            let states = states.iter().map(|state| ("state", *state));
            let parameters: Vec<_> = [("code", &*code)].into_iter().chain(states).collect();
            self.brings(&self.callback(&request, &parameters));
        }
        self.agrees();
    }

    /// Brings the right callback to this address only, if `localhost` may mean it.
    pub(super) fn agrees_at(&mut self, ip: &str) {
        if self.addresses.len() > 1 && TcpListener::bind(format!("{ip}:0")).is_ok() {
            self.addresses.retain(|address| address.to_string().starts_with(ip));
            self.deadline = Instant::now() + 4 * SHORT;
            locked(&self.run).probe = Some(Ok(()));
        }
        self.agrees();
    }

    pub(super) fn comes_from_outside(&mut self) {
        let outside = SocketAddr::from(([127, 0, 0, 2], self.redirect_uri.port));
        // Once the client listens, and as long as it does.
        let inside = self.connect().filter(|_| cfg!(target_os = "linux"));
        locked(&self.run).probe = inside.map(|_inside| {
            let is_closed = TcpStream::connect_timeout(&outside, SHORT).is_err();
            broken(is_closed, format!("`{outside}` took a connection"))
        });
        self.agrees();
    }

    pub(super) fn takes_its_time(&mut self) {
        // What the client has started as its browser ends first.
        thread::sleep(SHORT / 4);
        let before = ticks(self.client.id());
        thread::sleep(SHORT);
        locked(&self.run).probe = before.zip(ticks(self.client.id())).map(|(before, after)| {
            // A tick is a hundredth of a second.
            let used = after.saturating_sub(before) / 2;
            broken(used < 10, format!("it used {used} % of a core while it waited"))
        });
        self.agrees();
    }

    /// The client's state; empty if it sent none.
    pub(super) fn state(&self) -> String {
        self.request.state.as_ref().map_or_else(String::new, |state| state.expose().to_owned())
    }

    pub(super) fn code(&self, request: &AuthorizationRequest) -> String {
        let code = locked(&self.grants).add_code(request.clone()).unwrap_or_default();
        locked(&self.run).codes.push(code.clone());
        code
    }

    fn callback(&self, request: &AuthorizationRequest, answer: &[(&'static str, &str)]) -> String {
        request.callback(&locked(&self.grants).issuer, answer).url()
    }

    pub(super) fn right(&self) -> String {
        self.callback(&self.request, &[("code", &self.code(&self.request))])
    }

    /// Brings the callback that counts, and waits for its page as long as the client may run.
    pub(super) fn brings_at_last(&mut self, callback: &str) {
        locked(&self.run).brought = Some(Instant::now());
        self.visit(callback);
    }

    /// Brings a callback that comes before or after it. Whoever takes it has the time to go on.
    pub(super) fn brings(&mut self, callback: &str) {
        self.visit(callback);
        thread::sleep(SHORT / 4);
    }

    /// Opens an address of the client's, and follows its redirects there.
    fn visit(&mut self, url: &str) {
        let (origin, mut next) = (self.redirect_uri.origin(), Some(url.to_owned()));
        for _ in 0..4 {
            let target = next.as_deref().map(|url| url.strip_prefix(&origin).unwrap_or(url));
            let target = target.filter(|target| target.starts_with('/'));
            next = target.and_then(|target| self.ask(&format!("GET {target}")));
        }
    }

    /// Sends a request, a method and a target, and keeps the page. Gives what it redirects to.
    pub(super) fn ask(&mut self, request: &str) -> Option<String> {
        let mut stream = self.connect()?;
        let host = self.redirect_uri.origin().replace("http://", "");
        let more = if request.starts_with("POST") { "Content-Length: 0\r\n" } else { "" };
        let head = format!("{request} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        stream.set_nodelay(true).ok()?;
        for piece in head.as_bytes().chunks(if self.is_slow { 1 } else { head.len() }) {
            stream.write_all(piece).ok()?;
            thread::sleep(Duration::from_millis(self.is_slow.into()));
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let is_last = locked(&self.run).brought.is_some();
        stream.set_read_timeout(Some(if is_last { left } else { SHORT })).ok()?;
        let mut received = Vec::new();
        // An error leaves what came before it.
        let _ = stream.take(1 << 20).read_to_end(&mut received);
        let text = String::from_utf8_lossy(&received);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            let (_, value) = lines.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            Some(value.trim().to_owned())
        };
        let chunks = iter::successors(chunk(body), |(_, rest)| chunk(rest)).map(|(chunk, _)| chunk);
        let is_chunked = header("transfer-encoding").is_some();
        let body = if is_chunked { chunks.collect() } else { body.to_owned() };
        let is_html =
            header("content-type").is_none_or(|it| it.contains("html") || it.contains("xml"));
        locked(&self.run).pages.push(Page { status, is_html, body });
        header("location").filter(|_| (300..400).contains(&status))
    }

    /// Connects to the first address of the client's that answers. It may need a while to listen.
    pub(super) fn connect(&mut self) -> Option<TcpStream> {
        let is_first = locked(&self.run).pages.is_empty();
        let until = if is_first { self.deadline } else { Instant::now() + SHORT / 2 };
        loop {
            let connect = |address| TcpStream::connect_timeout(address, SHORT).ok();
            let stream = self.addresses.iter().find_map(connect);
            let is_running = matches!(self.client.try_wait(), Ok(None));
            if stream.is_some() || !is_running || Instant::now() >= until {
                return stream;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// RFC 9112 §7.1: a chunk, after its size in bytes, and what follows it.
fn chunk(body: &str) -> Option<(&str, &str)> {
    let (size, rest) = body.trim_start_matches("\r\n").split_once("\r\n")?;
    rest.split_at_checked(usize::from_str_radix(size, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_where_their_sizes_say() {
        let body = "8\r\nSigned\r\n\r\n2\r\nin\r\n0\r\n\r\n";
        assert_eq!(chunk(body), Some(("Signed\r\n", "\r\n2\r\nin\r\n0\r\n\r\n")));
        assert_eq!(chunk("\r\n2\r\nin\r\n0\r\n\r\n"), Some(("in", "\r\n0\r\n\r\n")));
        assert_eq!(chunk("\r\n0\r\n\r\n"), Some(("", "\r\n")));
        for body in ["", "\r\n", "5\r\ncut", "ffffffffffffffff\r\n", "no size\r\n", "2"] {
            assert_eq!(chunk(body), None, "{body:?}");
        }
    }
}
