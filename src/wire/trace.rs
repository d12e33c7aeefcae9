//! The tap: the bytes of legs 2 to 5, for `--explain`.
//!
//! ```text
//! sent, 412 bytes:
//! > POST /login/oauth/access_token HTTP/1.1
//! > …
//! > grant_type=authorization_code&code=4f2c… (20 characters)&redirect_uri=http%3A%2F%2F…
//! received, 316 bytes:
//! < HTTP/1.1 200 OK
//! < …
//! ```
//!
//! It is the last piece of `ureq`'s chain, so it sees what TLS protects. A request is shown while its
//! answer is awaited, and an answer when its leg has read it: its secrets aren't known before. They
//! are masked ([`super::hidden`]), and what can't be shown safely is withheld.
//!
//! Left out: the handshake of TLS, and the CONNECT request to a proxy. Shown by `tests/suite/explain.rs`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Timeout, http::Uri};

use super::{hidden::Hidden, locked};
use crate::secret::opaque;
use crate::terminal::{self, escape_message};

/// How much of a message is shown, and how much of an answer is kept, in bytes.
const SHOWN: usize = 64 * 1024;
const KEPT: usize = 4 << 20;
const REVEALED: &str =
    "The steps\nWith --reveal the terminal shows them unmasked, so this page doesn't.";
const UNCHUNKED: &str = "(the body is shown without its chunks; --reveal shows the raw bytes)";

/// What was said in a step: the words that explain it, and what followed.
pub type Step = (&'static str, String);

/// Shows the bytes of one login, or nothing. Clones share one tape.
#[derive(Clone, Default)]
pub struct Trace {
    /// The secrets that it masks.
    pub hidden: Hidden,
    /// Whether anything is shown.
    pub wanted: bool,
    reveal: bool,
    // What has gone over the wire and isn't shown yet.
    request: Tape,
    answer: Tape,
    steps: Arc<Mutex<Vec<Step>>>,
}

type Tape = Arc<Mutex<Vec<u8>>>;

opaque!(Trace);

impl Trace {
    /// A trace that shows something if it is wanted, and masks it unless told to reveal.
    pub fn new(wanted: bool, reveal: bool) -> Self {
        Self { wanted, reveal, ..Self::default() }
    }

    /// Explains the step that begins.
    pub fn explain(&self, words: &'static str) {
        if self.wanted {
            terminal::say(&format!("\n{words}"));
            locked(&self.steps).push((words, String::new()));
        }
    }

    /// Says a line, which belongs to the step.
    pub fn say(&self, line: &str) {
        terminal::say(line);
        self.keep(line);
    }

    fn keep(&self, line: &str) {
        if let Some((_, said)) = locked(&self.steps).last_mut().filter(|(_, it)| it.len() < SHOWN) {
            said.extend([line, "\n"]);
        }
    }

    /// Every step so far, as the page may show it. A secret may have been learned after it was shown.
    pub fn steps(&self) -> Vec<Step> {
        let hide = |said: &String| self.hidden.body(said).unwrap_or_else(|_| "(withheld)".into());
        let hidden = |(words, said): &Step| (*words, hide(said));
        let steps = locked(&self.steps).iter().map(hidden).collect();
        if self.reveal { vec![(REVEALED, String::new())] } else { steps }
    }

    /// Shows a message that this program has sent.
    pub fn sent(&self, message: &[u8]) {
        self.show("sent", message, Ok(message.get(head_length(message)..).unwrap_or_default()));
    }

    /// Shows a request that this program has received.
    pub fn received(&self, message: &[u8]) {
        self.show("received", message, Err("nobody here reads it"));
    }

    /// Shows what isn't shown yet of an exchange; the answer's body only if the leg could read it.
    pub fn exchanged(&self, body: Option<&[u8]>) {
        self.requested();
        let answer = std::mem::take(&mut *locked(&self.answer));
        self.show("received", &answer, body.ok_or("this leg can't read it"));
    }

    fn requested(&self) {
        let request = std::mem::take(&mut *locked(&self.request));
        self.sent(&request);
    }

    fn show(&self, word: &str, message: &[u8], body: Result<&[u8], &str>) {
        if !self.wanted || message.is_empty() {
            return;
        }
        let (text, remark) = self.masked(message, body);
        // The page ends with the steps, and they stand above.
        let is_page = word == "sent" && !self.reveal;
        let steps = text.find("<h2>").filter(|_| is_page);
        let end = steps.unwrap_or(SHOWN).min(text.len());
        let end = (0..=end).rfind(|&end| text.is_char_boundary(end)).unwrap_or_default();
        let (shown, rest) = text.split_at(end);
        let (mark, colour) = if word == "sent" { ("> ", "\x1b[36m") } else { ("< ", "\x1b[32m") };
        let why = if steps.is_some() { "repeats what stands above" } else { "isn't shown" };
        let cut = if rest.is_empty() { String::new() } else { format!("(the rest {why})\n") };
        let lines = |colour, plain| {
            let mut lines = format!("{word}, {} bytes:\n", message.len());
            for line in shown.split_inclusive('\n') {
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                lines.extend([colour, mark, line.trim_end_matches(['\r', '\n']), plain, end]);
            }
            (lines + &cut + &remark).trim_end_matches('\n').to_owned()
        };
        let (plain, painted) = (lines("", ""), lines(colour, "\x1b[0m"));
        terminal::say(if terminal::has_colour() { &painted } else { &plain });
        self.keep(&plain);
    }

    /// What may be shown of a message, and a remark about the rest.
    fn masked(&self, message: &[u8], body: Result<&[u8], &str>) -> (String, String) {
        if self.reveal {
            return (escape_message(message), String::new());
        }
        let withheld = |what, length: usize, why| {
            format!("(the {what}, {length} bytes, is withheld: {why}; --reveal shows it)")
        };
        let (head, rest) = message.split_at_checked(head_length(message)).unwrap_or_default();
        let head = match head {
            [] => Err("it doesn't begin with a whole HTTP head"),
            head => self.hidden.head(&escape_message(head)),
        };
        let masked = body.and_then(|body| self.hidden.body(&escape_message(body)));
        match (head, masked) {
            (Err(why), _) => (String::new(), withheld("message", message.len(), why)),
            (Ok(head), _) if rest.is_empty() => (head, String::new()),
            (Ok(head), Err(why)) => (head, withheld("body", rest.len(), why)),
            (Ok(head), Ok(masked)) if body == Ok(rest) => (head + &masked, String::new()),
            (Ok(head), Ok(masked)) => (head + &masked, UNCHUNKED.to_owned()),
        }
    }
}

/// How many bytes of a message are its head, with the empty line at the end; 0 if it isn't whole.
/// RFC 9110 §15.2: a client must "be able to parse one or more 1xx responses received prior to a
/// final response".
fn head_length(message: &[u8]) -> usize {
    let (mut start, mut end) = (0, 0);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        let head = message.get(start..end).unwrap_or_default();
        match line {
            b"\n" | b"\r\n" if head.starts_with(b"HTTP/1.1 1") => start = end,
            b"\n" | b"\r\n" => return end,
            // Neither a request line nor a status line.
            _ if line == head && !line.windows(5).any(|it| it == b"HTTP/") => return 0,
            _ => {}
        }
    }
    0
}

/// The piece of `ureq`'s chain that taps the connections, and lets none outlive its limit: `ureq`
/// gives a proxy that long for each byte of its answer to CONNECT.
pub(super) struct Tap {
    pub(super) trace: Trace,
    /// Whose bytes these are. A proxy's own connection passes here too, and is no part of a leg.
    pub(super) endpoint: Option<Uri>,
    pub(super) limit: Duration,
}

opaque!(Tap, Tapped<In>: In);

impl<In: Transport> Connector<In> for Tap {
    type Out = Tapped<In>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let is_tapped = self.trace.wanted && self.endpoint.as_ref() == Some(details.uri);
        let trace = is_tapped.then(|| self.trace.clone());
        let deadline = Instant::now() + self.limit;
        Ok(chained.map(|connection| Tapped { connection, trace, deadline }))
    }
}

/// A connection with a deadline, which keeps what goes over it on the tape.
pub(super) struct Tapped<In> {
    connection: In,
    trace: Option<Trace>,
    deadline: Instant,
}

impl<In> Tapped<In> {
    fn capped(&self, mut timeout: NextTimeout) -> NextTimeout {
        let left = self.deadline.saturating_duration_since(Instant::now()).into();
        if left < timeout.after {
            (timeout.after, timeout.reason) = (left, Timeout::Global);
        }
        timeout
    }
}

impl<In: Transport> Transport for Tapped<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if let Some(trace) = &self.trace {
            let bytes = self.connection.buffers().output().iter().take(amount);
            locked(&trace.request).extend(bytes);
        }
        self.connection.transmit_output(amount, self.capped(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.trace.iter().for_each(Trace::requested);
        // The buffer keeps what isn't consumed yet in front, and adds to it.
        let known = self.connection.buffers().input().len();
        let progress = self.connection.await_input(self.capped(timeout))?;
        if let Some(trace) = &self.trace {
            let mut answer = locked(&trace.answer);
            let space = KEPT.saturating_sub(answer.len());
            answer.extend(self.connection.buffers().input().iter().skip(known).take(space));
        }
        Ok(progress)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
