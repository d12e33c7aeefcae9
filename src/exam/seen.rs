//! The record of a run: the provider, the browser and the streams write it down as it comes, and
//! the judge reads it. This file imports neither provider nor browser nor judge.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::address::Address;
use super::http::Message;
use super::parameters::{Parameter, first};
use super::stream::Stream;

/// How many requests of each leg, and how many pages, are kept of a run.
const MAX_KEPT: usize = 64;
/// How much memory its requests may take, and how much its pages, apart from them, in bytes.
const MAX_REQUESTS: usize = 512 * 1024;
const MAX_PAGES: usize = 1024 * 1024;

/// Somebody who agrees to an authorization request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The person at the client, `octocat`.
    Person,
    /// Somebody else, `mallory`.
    Stranger,
}

impl Account {
    /// The name in the profile.
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::Person => "octocat",
            Self::Stranger => "mallory",
        }
    }
}

/// The point that a client has to reach, or else nobody can tell anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// It has been started.
    Start,
    AuthorizationRequest,
    /// The first callback reached it.
    Callback,
    TokenRequest,
    ProfileRequest,
}

/// The last leg that a client has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastLeg {
    /// It stops at the token.
    Token,
    #[default]
    Profile,
}

/// A request that came to the provider.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) request: Message,
    /// Its parameters, wherever they stood.
    pub(super) parameters: Vec<Parameter>,
    /// Whose code or token it had, if that is known.
    pub(super) account: Option<Account>,
    /// Why the provider refused it.
    pub(super) refused: Option<String>,
    /// Whether it was given what it asked for: a token, or a profile.
    pub(super) was_granted: bool,
}

impl Asked {
    /// The first value of a parameter; none if it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.parameters, name)
    }

    /// How much memory it takes.
    fn size(&self) -> usize {
        let mut size = self.request.size();
        for parameter in &self.parameters {
            size += parameter.size();
        }
        size
    }
}

/// A page that the tab got.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The target and the form of the request that it answers.
    pub(super) answers: String,
    pub(super) message: Message,
}

impl Page {
    pub(super) fn status(&self) -> u16 {
        self.message.status()
    }

    pub(super) fn body(&self) -> &str {
        &self.message.body
    }

    /// Whether a browser takes its markup for markup.
    pub(super) fn is_html(&self) -> bool {
        let media_type = self.message.header("content-type").unwrap_or("text/html");
        media_type.contains("html") || media_type.contains("xml")
    }
}

/// The result of a probe of the port or of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Fine,
    Wrong(String),
    /// This client or this system doesn't tell, and why.
    Untold(String),
}

/// The record of a run.
#[derive(Debug)]
pub(super) struct Record {
    /// The name of the case that it was made for.
    pub(super) name: &'static str,
    /// Which of the runs of its case it is.
    pub(super) number: usize,
    pub(super) point: Point,
    /// The last leg of the client, as the first login showed it.
    pub(super) last_leg: LastLeg,
    /// How long a run may usually take.
    pub(super) limit: Duration,
    /// The client secret that the client was given.
    pub(super) secret: String,
    /// The client's redirect URI, once it has asked.
    pub(super) home: Option<Address>,
    /// Where the exam listened before the client did.
    pub(super) held: Vec<SocketAddr>,
    /// Whether the client used another port than the one that it was given.
    pub(super) has_own_port: bool,
    pub(super) leg_1: Vec<Asked>,
    pub(super) leg_3: Vec<Asked>,
    pub(super) leg_4: Vec<Asked>,
    /// The requests that followed a redirect.
    pub(super) elsewhere: Vec<Asked>,
    /// How much of an answer without end went out, in bytes.
    pub(super) sent: u64,
    pub(super) pages: Vec<Page>,
    /// How much memory the requests and the pages take.
    request_bytes: usize,
    page_bytes: usize,
    /// The person's codes, in the order in which they were made. A stranger's code is no secret.
    pub(super) codes: Vec<String>,
    /// Those of them that a careful client doesn't exchange.
    pub(super) traps: Vec<String>,
    /// The tokens that the provider has sent, for access and for refresh.
    pub(super) tokens: Vec<String>,
    /// Whether the client started a browser, instead of printing the URL.
    pub(super) has_opened: bool,
    /// The URLs that the client has opened after its authorization request.
    pub(super) opened: Vec<String>,
    /// Files with secrets that others may read.
    pub(super) open_files: Vec<String>,
    /// Whether the first callback reached somebody; none as long as there was none.
    pub(super) was_delivered: Option<bool>,
    /// When the callback came that counts.
    pub(super) brought: Option<Instant>,
    pub(super) probe: Option<Probe>,
    pub(super) out: Stream,
    pub(super) err: Stream,
    /// Why there was no run.
    pub(super) problem: Option<String>,
    /// How the client ended; none if it still ran when its time was over.
    pub(super) end: Option<ExitStatus>,
    /// How long it ran after the callback that counts.
    pub(super) took: Duration,
    /// How long the whole run took.
    pub(super) lasted: Duration,
    /// The events in their order, if somebody wants to read them.
    pub(super) events: Vec<Event>,
}

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: Duration,
    pub(super) text: String,
}

impl Record {
    pub(super) fn new(name: &'static str, point: Point, last: LastLeg, limit: Duration) -> Self {
        Self {
            name,
            number: 0,
            point,
            last_leg: last,
            secret: String::new(),
            limit,
            home: None,
            held: Vec::new(),
            has_own_port: false,
            leg_1: Vec::new(),
            leg_3: Vec::new(),
            leg_4: Vec::new(),
            elsewhere: Vec::new(),
            sent: 0,
            pages: Vec::new(),
            request_bytes: 0,
            page_bytes: 0,
            codes: Vec::new(),
            traps: Vec::new(),
            tokens: Vec::new(),
            has_opened: false,
            opened: Vec::new(),
            open_files: Vec::new(),
            was_delivered: None,
            brought: None,
            probe: None,
            out: Stream::new("standard output"),
            err: Stream::new("standard error"),
            problem: None,
            end: None,
            took: Duration::ZERO,
            lasted: Duration::ZERO,
            events: Vec::new(),
        }
    }

    pub(super) fn streams(&self) -> [&Stream; 2] {
        [&self.err, &self.out]
    }

    pub(super) fn note_page(&mut self, page: Page) {
        let bytes = self.page_bytes + page.answers.len() + page.message.size();
        if self.pages.len() < MAX_KEPT && bytes <= MAX_PAGES {
            self.page_bytes = bytes;
            self.pages.push(page);
        }
    }

    /// Adds a request to one of the legs.
    pub(super) fn note_request(&mut self, leg: fn(&mut Self) -> &mut Vec<Asked>, asked: Asked) {
        let bytes = self.request_bytes + asked.size();
        if leg(self).len() < MAX_KEPT && bytes <= MAX_REQUESTS {
            self.request_bytes = bytes;
            leg(self).push(asked);
        }
    }

    /// Whether this account was signed in: the client's last leg was granted for it.
    pub(super) fn signed_in_as(&self, account: Account) -> bool {
        let last = match self.last_leg {
            LastLeg::Token => &self.leg_3,
            LastLeg::Profile => &self.leg_4,
        };
        last.iter().any(|asked| asked.was_granted && asked.account == Some(account))
    }

    /// How often a code came to the token endpoint.
    pub(super) fn exchanges_of(&self, code: &str) -> usize {
        self.leg_3.iter().filter(|asked| asked.parameter("code") == Some(code)).count()
    }

    /// How often the person's first code came to the token endpoint.
    pub(super) fn exchanges(&self) -> usize {
        let Some(code) = self.codes.first() else { return 0 };
        self.exchanges_of(code)
    }

    /// The first authorization request that a browser can go on from.
    pub(super) fn request(&self) -> Option<&Asked> {
        self.leg_1.iter().find(|asked| asked.refused.is_none())
    }

    /// Whether the browser was sent to an address that the exam held.
    pub(super) fn leads_to_held(&self) -> bool {
        let Some(home) = &self.home else { return false };
        home.sockets().iter().any(|socket| self.held.contains(socket))
    }

    /// A parameter of that request.
    pub(super) fn leg_1_parameter(&self, name: &str) -> Option<&str> {
        self.request()?.parameter(name)
    }

    /// A parameter of the first request of leg 3.
    pub(super) fn leg_3_parameter(&self, name: &str) -> Option<&str> {
        self.leg_3.first()?.parameter(name)
    }

    /// Every request.
    pub(super) fn asked(&self) -> Vec<&Asked> {
        let mut all = Vec::new();
        for leg in [&self.leg_1, &self.leg_3, &self.leg_4, &self.elsewhere] {
            all.extend(leg);
        }
        all
    }
}
