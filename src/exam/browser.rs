//! The exam's browser: it brings to the client's redirect URI what a case says, holds the tab, and
//! reads the page.
//!
//! ```text
//! GET /callback?code=…&iss=…&state=… HTTP/1.1\r\n           to the client, which may not be ready yet
//! Host: localhost:20514\r\nConnection: close\r\n\r\n
//! HTTP/1.1 200 OK\r\n … \r\n\r\n<h1>Signed in</h1>           read to its end
//! ```
//!
//! It follows redirects as long as they stay on this machine, keeps cookies, and posts a form where
//! the client has asked for one (`response_mode=form_post`).
//!
//! Left out: HTML and scripts.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::books::{Books, Callback};
use super::client::{Client, TICK};
use super::http::{self, Kind, Message};
use super::parameters::{self, Parameter};
use super::seen::{Asked, Page, Probe};
use super::visit::{self, Cookies, MAX_REDIRECTS, Pace, SHORT, Visit};
use crate::practice::lock::locked;
use crate::show::terminal::escape_message;

/// The parameters of a callback.
pub(super) type Parameters = Vec<Parameter>;

/// The browser of one run.
#[derive(Debug)]
pub(super) struct Browser<'a> {
    pub(super) books: Arc<Books>,
    pub(super) client: &'a mut Client,
    /// The authorization request.
    pub(super) asked: Asked,
    /// The redirect URI.
    pub(super) home: Address,
    /// Where the client is looked for.
    pub(super) sockets: Vec<SocketAddr>,
    pub(super) pace: Pace,
    /// Connections that stay open as long as the run.
    pub(super) held: Vec<TcpStream>,
    pub(super) cookies: Cookies,
    /// More header lines of the callback.
    pub(super) headers: String,
    /// How long the client is looked for at most, if not as long as it runs.
    patience: Option<Duration>,
}

impl<'a> Browser<'a> {
    /// Goes on from an authorization request.
    pub(super) fn new(
        books: Arc<Books>,
        client: &'a mut Client,
        asked: Asked,
        home: Address,
        cookies: Cookies,
    ) -> Self {
        let sockets = home.sockets();
        let pace = Pace::Whole;
        Self {
            books,
            client,
            asked,
            home,
            sockets,
            pace,
            held: Vec::new(),
            cookies,
            headers: String::new(),
            patience: None,
        }
    }

    /// The client's state; empty if it sent none.
    pub(super) fn state(&self) -> String {
        self.asked.parameter("state").unwrap_or_default().to_owned()
    }

    /// Brings a callback that isn't the last one. A client that takes it has the time to go on.
    pub(super) fn brings(&mut self, parameters: &Parameters) -> Option<Page> {
        self.brings_for(parameters, SHORT)
    }

    /// The same, and its page is waited for this long.
    pub(super) fn brings_for(
        &mut self,
        parameters: &Parameters,
        patience: Duration,
    ) -> Option<Page> {
        let page = self.deliver(parameters, patience);
        thread::sleep(SHORT / 4);
        page
    }

    /// Brings the callback that counts, and waits for its page as long as the client may run.
    pub(super) fn brings_at_last(&mut self, parameters: &Parameters) -> Option<Page> {
        self.brings_within(parameters, self.books.left())
    }

    /// The same, but the page is waited for no longer than this.
    pub(super) fn brings_within(
        &mut self,
        parameters: &Parameters,
        patience: Duration,
    ) -> Option<Page> {
        self.notes_when_it_brought();
        self.deliver(parameters, patience)
    }

    /// The callback that counts goes out.
    pub(super) fn notes_when_it_brought(&self) {
        locked(&self.books.record).brought = Some(Instant::now());
    }

    fn deliver(&mut self, parameters: &Parameters, patience: Duration) -> Option<Page> {
        let visit = self.request_for(parameters);
        let address = self.address_for(&visit, parameters);
        self.visit(address, visit, patience)
    }

    /// Lays a callback ready that comes while the token endpoint works.
    pub(super) fn lays_ready(&self, parameters: &Parameters) {
        let visit = self.request_for(parameters);
        let address = self.address_for(&visit, parameters);
        *locked(&self.books.meanwhile) = Some(Callback { address, form: visit.form });
    }

    /// A GET, or a POST if the client has asked for one.
    pub(super) fn request_for(&self, parameters: &Parameters) -> Visit {
        let visit = match self.asked.parameter("response_mode") {
            Some("form_post") => Visit::post(parameters::encode(parameters)),
            _ => Visit::get(),
        };
        Visit { headers: self.headers.clone(), ..visit }
    }

    /// Where this request of a callback goes: a form has its parameters in the body.
    pub(super) fn address_for(&self, visit: &Visit, parameters: &Parameters) -> Address {
        let target = match visit.form {
            Some(_) => self.home.target.clone(),
            None => self.callback_target(&parameters::encode(parameters)),
        };
        Address { target, ..self.home.clone() }
    }

    /// The redirect URI's path and query with the parameters of a response.
    pub(super) fn callback_target(&self, form: &str) -> String {
        let joint = if self.home.target.contains('?') { '&' } else { '?' };
        format!("{}{joint}{form}", self.home.target)
    }

    /// Opens an address, follows redirects, and keeps the pages. Gives the last one.
    pub(super) fn visit(
        &mut self,
        address: Address,
        visit: Visit,
        patience: Duration,
    ) -> Option<Page> {
        let until = Instant::now() + patience;
        let mut address = address;
        let mut visit = visit;
        for _ in 0..MAX_REDIRECTS {
            let page = self.send(&address, &visit, until)?;
            let Some(next) = visit::redirect(&address, &page.message) else { return Some(page) };
            address = next;
            visit = Visit::get();
        }
        None
    }

    /// Asks the client for something beside its callback.
    pub(super) fn asks(&mut self, method: &'static str, target: &str) -> Option<Page> {
        let address = Address { target: target.to_owned(), ..self.home.clone() };
        let visit = match method {
            "POST" => Visit::post(String::new()),
            _ => Visit { method, ..Visit::default() },
        };
        self.send(&address, &visit, Instant::now() + SHORT)
    }

    /// Sends a request, and keeps the page.
    fn send(&mut self, address: &Address, visit: &Visit, until: Instant) -> Option<Page> {
        let is_home = address.authority() == self.home.authority();
        let target = &address.target;
        let authority = address.authority();
        self.books.happens(format!("the browser sends {} {target} to {authority}", visit.method));
        let stream = if is_home { self.connect()? } else { visit::connect(&address.sockets())? };
        if is_home {
            self.note_delivery(true);
        }
        // A client that closes in the middle of a request has taken it.
        let _ = visit::write(&stream, address, visit, &self.cookies, self.pace);
        let books = Arc::clone(&self.books);
        let goes_on = move || Instant::now() < until && books.goes_on();
        let Some(message) = http::read(&stream, Kind::Answer, &goes_on) else {
            self.books.happens("the browser gets no page");
            return None;
        };
        self.books.happens(format!("the browser gets {}", summary(&message)));
        self.cookies.keep(address, &message);
        let answers = format!("{} {}", address.target, visit.form.as_deref().unwrap_or_default());
        let page = Page { answers, message };
        locked(&self.books.record).note_page(page.clone());
        Some(page)
    }

    /// Writes down whether the first callback reached somebody.
    pub(super) fn note_delivery(&self, was_delivered: bool) {
        let mut record = locked(&self.books.record);
        if record.was_delivered.is_none() {
            record.was_delivered = Some(was_delivered);
        }
    }

    /// Connects to the first address of the client's that answers. It may need a while to listen.
    pub(super) fn connect(&mut self) -> Option<TcpStream> {
        let is_first = locked(&self.books.record).was_delivered.is_none();
        let until = match self.patience {
            Some(patience) => Instant::now() + patience,
            None if is_first => Instant::now() + self.books.left(),
            None => Instant::now() + SHORT / 2,
        };
        loop {
            let stream = visit::connect(&self.sockets);
            let is_late = !self.books.goes_on() || Instant::now() >= until;
            if stream.is_some() || !self.client.is_running() || is_late {
                if stream.is_none() {
                    self.note_delivery(false);
                }
                return stream;
            }
            thread::sleep(TICK);
        }
    }

    /// The client is looked for this long at most.
    pub(super) fn looks_no_longer_than(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Whether the client starts a browser within this time. A slow one may print its URL long before that.
    pub(super) fn has_opened_within(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if locked(&self.books.record).has_opened {
                return true;
            }
            if Instant::now() >= deadline || !self.books.goes_on() {
                return false;
            }
            thread::sleep(TICK);
        }
    }

    /// Writes down what a probe found.
    pub(super) fn found(&self, probe: Probe) {
        locked(&self.books.record).probe = Some(probe);
    }
}

/// A page in a few lines.
fn summary(page: &Message) -> String {
    let mut text = page.start.clone();
    for header in &page.headers {
        text += &format!("\n{}: {}", header.name, header.value);
    }
    escape_message(format!("{text}\n{}", page.body).as_bytes())
}
