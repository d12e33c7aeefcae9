//! One run of the client: a provider of its own, a port of its own, and a browser that does what the
//! case says.
//!
//! The client starts this program as its browser, or prints the URL. From there the exam's own browser
//! goes on. The run ends with the client, or with its time.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::books::Books;
use super::browser::Browser;
use super::client::{Client, TICK, Variables};
use super::files;
use super::kind::Kind;
use super::links::Links;
use super::plan::{Holds, Plan};
use super::ports::Claim;
use super::printed;
use super::provider::{self, Provider};
use super::seen::Record;
use super::visit::{self, Cookies};
use crate::practice::lock::locked;

/// How long a client that prints a URL has to open one by itself: what it prints may not be whole.
const GRACE: Duration = Duration::from_secs(1);
/// How many printed URLs are opened.
const MAX_OPENED: usize = 32;

/// The client that is examined, and how long a run may take.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) command: Vec<OsString>,
    pub(super) limit: Duration,
    pub(super) kind: Kind,
    pub(super) links: Links,
    /// The callback port of a client that doesn't use the given one.
    pub(super) own_port: Option<u16>,
    /// Whether somebody wants to read what happened.
    pub(super) wants_events: bool,
}

/// Runs the client once.
pub(super) fn once(name: &'static str, setup: &Setup, plan: Plan) -> Record {
    match watch(name, setup, plan) {
        Ok(record) => record,
        Err(problem) => {
            let mut record = Record::new(name, plan.point, setup.kind.last_leg, setup.limit);
            record.problem = Some(problem.to_string());
            record
        }
    }
}

fn watch(name: &'static str, setup: &Setup, plan: Plan) -> io::Result<Record> {
    let start = Instant::now();
    let provider = Provider::bind()?;
    let claim = Claim::take()?;
    let mut variables = Variables::new(&provider.origin, claim.port)?;
    (plan.changes)(&mut variables);
    let home = if plan.has_empty_home { Some(setup.links.empty_home(claim.port)?) } else { None };
    variables.home.clone_from(&home);
    let held = hold(plan.holds, setup.own_port.unwrap_or(claim.port));
    let mut record = Record::new(name, plan.point, setup.kind.last_leg, setup.limit);
    record.secret.clone_from(&variables.client_secret);
    for listener in &held {
        record.held.push(listener.local_addr()?);
    }
    let mut books = Books::new(provider.origin.clone(), setup.limit, record)?;
    books.auth_url.clone_from(&variables.auth_url);
    books.token_url.clone_from(&variables.token_url);
    books.wants_events = setup.wants_events;
    let books = Arc::new(books);
    books.hold_opener(plan.holds_browser);
    provider.start(&books, plan.answers)?;
    let result = Client::start(&setup.command, &variables, &setup.links, &books);
    let result = result.map(|client| accompany(client, &books, plan, &variables));
    drop(held);
    if let Some(home) = home {
        locked(&books.record).open_files = files::with_secrets(&home, &books);
    }
    locked(&books.record).lasted = start.elapsed();
    books.close();
    provider::wake(&books);
    result?;
    let mut record = locked(&books.record);
    while let Some(url) = books.take_opened() {
        record.opened.push(url);
    }
    // A thread of the provider may still hold the books: their content is taken out, and something empty left.
    std::mem::swap(&mut record.out, &mut *locked(&books.out));
    std::mem::swap(&mut record.err, &mut *locked(&books.err));
    let nothing = Record::new(name, plan.point, setup.kind.last_leg, setup.limit);
    Ok(std::mem::replace(&mut *record, nothing))
}

/// Listens on the callback port before the client can.
fn hold(holds: Holds, port: u16) -> Vec<TcpListener> {
    let addresses: &[&str] = match holds {
        Holds::Nothing => &[],
        Holds::Port => &["127.0.0.1", "::1"],
        Holds::PortOnV6 => &["::1"],
    };
    let mut held = Vec::new();
    for address in addresses {
        if let Ok(ip) = address.parse::<IpAddr>() {
            held.extend(TcpListener::bind((ip, port)));
        }
    }
    held
}

/// Goes with the client from its start to its end.
fn accompany(mut client: Client, books: &Arc<Books>, plan: Plan, variables: &Variables) {
    let cookies = wait_for_request(&mut client, books, variables);
    let asked = locked(&books.record).request().cloned();
    let mut held = Vec::new();
    if let Some(asked) = asked {
        // However long it took to start, from here it has its time.
        books.begin(u32::from(plan.patience) * locked(&books.record).limit);
        let redirect_uri = asked.parameter("redirect_uri").unwrap_or(&variables.redirect_uri);
        if let Some(home) = Address::parse(redirect_uri) {
            let given = Address::parse(&variables.redirect_uri);
            let has_own_port = given.is_none_or(|given| given.port != home.port);
            locked(&books.record).has_own_port = has_own_port;
            locked(&books.record).home = Some(home.clone());
            let mut browser = Browser::new(Arc::clone(books), &mut client, asked, home, cookies);
            (plan.script)(&mut browser);
            held = browser.held;
        }
    }
    books.hold_opener(false);
    while client.is_running() && books.goes_on() {
        thread::sleep(TICK);
    }
    let end = client.end();
    let mut record = locked(&books.record);
    record.took = record.brought.map_or(Duration::ZERO, |brought| brought.elapsed());
    record.end = end;
    drop(record);
    client.finish();
    // Not before: a client that still runs would tell of the connection that has ended.
    drop(held);
}

/// Opens what the client opens, and what it prints, until an authorization request has come.
fn wait_for_request(client: &mut Client, books: &Books, variables: &Variables) -> Cookies {
    let mut cookies = Cookies::default();
    let mut printed = Printed::default();
    while books.goes_on() && locked(&books.record).request().is_none() {
        thread::sleep(TICK);
        if let Some(url) = books.take_opened() {
            visit::open(&url, books, &mut cookies);
        } else if let Some(url) = printed.next(books, variables) {
            visit::open(&url, books, &mut cookies);
        } else if !client.is_running() {
            break;
        }
    }
    cookies
}

/// The URLs that a client has printed, and when the first of them was seen.
#[derive(Default)]
struct Printed {
    /// How long both streams were when they were looked at.
    length: u64,
    is_quiet: bool,
    looked: Option<Instant>,
    since: Option<Instant>,
    urls: Vec<String>,
    opened: Vec<String>,
}

impl Printed {
    /// The next URL to open, once the client had the time to open it by itself.
    fn next(&mut self, books: &Books, variables: &Variables) -> Option<String> {
        let was_looked_at = self.looked.is_some_and(|looked| looked.elapsed() < GRACE / 8);
        if !was_looked_at {
            self.look(books);
        }
        let age = self.since?.elapsed();
        if self.opened.len() >= MAX_OPENED || age < GRACE {
            return None;
        }
        // The authorization request first: the others may not be meant to be opened.
        for wants_authorization in [true, false] {
            for url in &self.urls {
                let is_authorization = url.starts_with(&variables.auth_url);
                let is_callback = url.starts_with(&variables.redirect_uri);
                let is_due = is_authorization == wants_authorization && !is_callback;
                if is_due && !self.opened.contains(url) {
                    self.opened.push(url.clone());
                    return self.opened.last().cloned();
                }
            }
        }
        None
    }

    /// Looks at both streams, if they have grown, and once more when they are quiet.
    fn look(&mut self, books: &Books) {
        self.looked = Some(Instant::now());
        let length = locked(&books.out).length + locked(&books.err).length;
        let is_quiet = length == self.length;
        if is_quiet && self.is_quiet {
            return;
        }
        self.length = length;
        self.is_quiet = is_quiet;
        self.urls.clear();
        for stream in [&books.err, &books.out] {
            let text = locked(stream).text();
            self.urls.extend(printed::urls(&text, is_quiet));
        }
        if self.since.is_none() && !self.urls.is_empty() {
            self.since = self.looked;
        }
    }
}
