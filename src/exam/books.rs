//! The books of a run: what its provider has handed out, and what was seen. Provider, browser and
//! client's streams share them.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::address::Address;
use super::printed::MAX_URL;
use super::seen::{Account, Event, Record};
use super::stream::Stream;
use crate::practice::lock::locked;
use crate::secret::{base64url, random, sha256};

/// How many events are kept of a run, how much of each, in characters, and how much of all, in bytes.
const MAX_EVENTS: usize = 300;
const MAX_EVENT: usize = 4000;
const MAX_EVENT_BYTES: usize = 512 * 1024;
/// How many URLs wait that the client has opened.
const MAX_OPENED: usize = 100;

/// Whether the whole exam was told to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends every run soon.
#[cfg(unix)]
pub(super) fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A code that was given, and the token that it gives.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) account: Account,
    pub(super) code: String,
    pub(super) token: String,
    /// Of the authorization request.
    pub(super) challenge: Option<String>,
    /// The scope that was asked for.
    pub(super) scope: String,
    /// How often the code came.
    pub(super) uses: u32,
}

impl Grant {
    /// For a connection of which nothing is known yet.
    pub(super) fn nobody() -> Self {
        Self {
            account: Account::Stranger,
            code: String::new(),
            token: String::new(),
            challenge: None,
            scope: String::new(),
            uses: 0,
        }
    }
}

/// A callback that goes out later.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) address: Address,
    /// None if it is a GET.
    pub(super) form: Option<String>,
}

#[derive(Debug)]
pub(super) struct Books {
    /// Where the provider listens: `http://127.0.0.1:…`
    pub(super) origin: String,
    /// The endpoints that the metadata names.
    pub(super) auth_url: String,
    pub(super) token_url: String,
    /// When the run's time is over.
    deadline: Mutex<Instant>,
    pub(super) record: Mutex<Record>,
    /// The client's streams, each with a lock of its own: it may say much, and that must not keep the others waiting.
    pub(super) out: Mutex<Stream>,
    pub(super) err: Mutex<Stream>,
    pub(super) grants: Mutex<Vec<Grant>>,
    /// The URLs that the client has opened, and nobody has fetched yet.
    opened: Mutex<VecDeque<String>>,
    /// Whether the client's browser stays until the script is over.
    holds_opener: AtomicBool,
    /// A callback that comes to the client while the token endpoint works.
    pub(super) meanwhile: Mutex<Option<Callback>>,
    /// Whether somebody wants to read what happened.
    pub(super) wants_events: bool,
    start: Instant,
    is_over: AtomicBool,
    /// The random bytes that every code and token of this run is made of, and how many were made.
    seed: [u8; 32],
    made: AtomicU32,
}

impl Books {
    /// Errors: where the system gives no random bytes.
    pub(super) fn new(origin: String, limit: Duration, record: Record) -> io::Result<Self> {
        Ok(Self {
            origin,
            auth_url: String::new(),
            token_url: String::new(),
            deadline: Mutex::new(Instant::now() + limit),
            record: Mutex::new(record),
            out: Mutex::new(Stream::new("standard output")),
            err: Mutex::new(Stream::new("standard error")),
            grants: Mutex::new(Vec::new()),
            opened: Mutex::new(VecDeque::new()),
            holds_opener: AtomicBool::new(false),
            meanwhile: Mutex::new(None),
            wants_events: false,
            start: Instant::now(),
            is_over: AtomicBool::new(false),
            seed: random::bytes()?,
            made: AtomicU32::new(0),
        })
    }

    /// RFC 9207 §2: the name of the provider.
    pub(super) fn issuer(&self) -> String {
        format!("{}/login/oauth", self.origin)
    }

    /// Ends what still goes on for this run.
    pub(super) fn close(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Whether the run still goes on.
    pub(super) fn goes_on(&self) -> bool {
        let is_over = self.is_over.load(Ordering::SeqCst) || is_interrupted();
        !is_over && Instant::now() < *locked(&self.deadline)
    }

    /// Writes down what the client has opened.
    pub(super) fn note_opened(&self, url: String) {
        let mut opened = locked(&self.opened);
        locked(&self.record).has_opened = true;
        if opened.len() < MAX_OPENED && url.len() <= MAX_URL {
            opened.push_back(url);
        }
    }

    /// Takes the next of what the client has opened.
    pub(super) fn take_opened(&self) -> Option<String> {
        locked(&self.opened).pop_front()
    }

    pub(super) fn hold_opener(&self, holds: bool) {
        self.holds_opener.store(holds, Ordering::SeqCst);
    }

    pub(super) fn holds_opener(&self) -> bool {
        self.holds_opener.load(Ordering::SeqCst) && self.goes_on()
    }

    /// Writes down what happens, if somebody wants to read it.
    pub(super) fn happens(&self, text: impl Into<String>) {
        if !self.wants_events {
            return;
        }
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(MAX_EVENT) {
            text.truncate(end);
        }
        let mut record = locked(&self.record);
        let mut bytes = text.len();
        for event in &record.events {
            bytes += event.text.len();
        }
        if record.events.len() < MAX_EVENTS && bytes <= MAX_EVENT_BYTES {
            record.events.push(Event { at: self.start.elapsed(), text });
        }
    }

    /// Text that nobody can guess, of up to 43 characters, and another each time.
    pub(super) fn random_text(&self, length: usize) -> String {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let mut bytes = self.seed.to_vec();
        bytes.extend(number.to_be_bytes());
        let mut text = base64url::encode(&sha256::digest(&bytes));
        text.truncate(length);
        text
    }

    /// How much of the run's time is left.
    pub(super) fn left(&self) -> Duration {
        locked(&self.deadline).saturating_duration_since(Instant::now())
    }

    /// The client has asked, and from now on has this much time.
    pub(super) fn begin(&self, limit: Duration) {
        *locked(&self.deadline) = Instant::now() + limit;
    }

    /// Makes the token of a code this long.
    pub(super) fn lengthen_token(&self, code: &str, length: usize) {
        let mut grants = locked(&self.grants);
        if let Some(grant) = grants.iter_mut().find(|grant| grant.code == code) {
            while grant.token.len() < length {
                grant.token.push('t');
            }
        }
    }

    /// Hands out a code.
    pub(super) fn grant(&self, grant: Grant) {
        if grant.account == Account::Person {
            locked(&self.record).codes.push(grant.code.clone());
        }
        locked(&self.grants).push(grant);
    }

    pub(super) fn of_code(&self, code: &str) -> Option<Grant> {
        let grants = locked(&self.grants);
        grants.iter().find(|grant| grant.code == code).cloned()
    }

    /// The grant of a token that was given, and is still good.
    pub(super) fn of_token(&self, token: &str) -> Option<Grant> {
        let grants = locked(&self.grants);
        grants.iter().find(|grant| grant.token == token && grant.uses == 1).cloned()
    }

    /// Counts a use of a code, and gives how many there were before.
    pub(super) fn use_code(&self, code: &str) -> u32 {
        let mut grants = locked(&self.grants);
        let Some(grant) = grants.iter_mut().find(|grant| grant.code == code) else { return 0 };
        grant.uses += 1;
        grant.uses - 1
    }
}

/// Random hexadecimal digits, as GitHub's client secrets are: no command line takes one for an option.
pub(super) fn random_hex() -> io::Result<String> {
    let mut text = String::new();
    for byte in random::bytes()?.iter().take(20) {
        text += &format!("{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_line_takes_the_client_secret_for_an_option() {
        for _ in 0..100 {
            let secret = random_hex().unwrap();
            assert_eq!(secret.len(), 40);
            assert!(secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
        }
    }
}
