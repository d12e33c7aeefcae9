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
//! are masked ([`crate::show::hidden`]), and what can't be shown safely is withheld.
//!
//! Left out: the handshake of TLS, and the CONNECT request to a proxy. Shown by `tests/suite/trace.rs`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Timeout, http::Uri};

use crate::secret::opaque;
use crate::show::hidden::Hidden;
use crate::show::locked;
use crate::show::terminal::{self, escape_message};

/// How much of a message is shown, and how much of an answer is kept, in bytes.
const SHOWN: usize = 64 * 1024;
const KEPT: usize = 4 << 20;
const UNCHUNKED: &str = "(the body is shown without its chunks; --reveal shows the raw bytes)";
const REVEALED: Step = Step {
    words: "The steps\nWith --reveal the terminal shows them unmasked, so this page doesn't.",
    said: String::new(),
};

/// The words that explain a step, and what was said in it.
#[derive(Clone, Debug)]
pub struct Step {
    pub words: &'static str,
    pub said: String,
}

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

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Sent,
    Received,
}

impl Trace {
    /// A trace that shows something if it is wanted, and masks it unless told to reveal.
    pub fn new(wanted: bool, reveal: bool) -> Self {
        Self { wanted, reveal, ..Self::default() }
    }

    /// Explains the step that begins.
    pub fn explain(&self, words: &'static str) {
        if self.wanted {
            terminal::say(&format!("\n{words}"));
            locked(&self.steps).push(Step { words, said: String::new() });
        }
    }

    /// Says a line, which belongs to the step.
    pub fn say(&self, line: &str) {
        terminal::say(line);
        self.keep(line);
    }

    fn keep(&self, line: &str) {
        if let Some(step) = locked(&self.steps).last_mut() {
            if step.said.len() < SHOWN {
                step.said += line;
                step.said += "\n";
            }
        }
    }

    /// Every step so far, as the page may show it. A secret may have been learned after it was shown.
    pub fn steps(&self) -> Vec<Step> {
        if self.reveal {
            return vec![REVEALED];
        }
        let mut steps = locked(&self.steps).clone();
        for step in &mut steps {
            step.said = self.hidden.body(&step.said).unwrap_or_else(|_| "(withheld)".to_owned());
        }
        steps
    }

    /// Shows a message that this program has sent.
    pub fn sent(&self, message: &[u8]) {
        let (_, body) = split_head(message);
        self.show(Direction::Sent, message, Ok(body));
    }

    /// Shows a request that this program has received.
    pub fn received(&self, message: &[u8]) {
        self.show(Direction::Received, message, Err("nobody here reads it"));
    }

    /// Shows what isn't shown yet of an exchange; the answer's body only if the leg could read it.
    pub fn exchanged(&self, body: Option<&[u8]>) {
        self.requested();
        let answer = std::mem::take(&mut *locked(&self.answer));
        self.show(Direction::Received, &answer, body.ok_or("this leg can't read it"));
    }

    fn requested(&self) {
        let request = std::mem::take(&mut *locked(&self.request));
        self.sent(&request);
    }

    /// Shows a message: its head, and its body, or why that is withheld.
    fn show(&self, direction: Direction, message: &[u8], body: Result<&[u8], &str>) {
        if !self.wanted || message.is_empty() {
            return;
        }
        let (mut text, mut remarks) = self.masked(message, body);
        if let Some(steps) = text.find("<h2>").filter(|_| direction == Direction::Sent) {
            // The page ends with the steps, and they stand above; but not those that are unmasked.
            if !self.reveal {
                text.truncate(steps);
                remarks.insert(0, "(the rest repeats what stands above)".to_owned());
            }
        }
        if text.len() > SHOWN {
            let end = (0..=SHOWN).rfind(|&end| text.is_char_boundary(end));
            text.truncate(end.unwrap_or_default());
            remarks.insert(0, "(the rest isn't shown)".to_owned());
        }
        let (verb, mark, colour) = match direction {
            Direction::Sent => ("sent", "> ", "\x1b[36m"),
            Direction::Received => ("received", "< ", "\x1b[32m"),
        };
        let heading = format!("{verb}, {} bytes:\n", message.len());
        let remarks = remarks.join("\n");
        let whole = |colour, plain| {
            let lines = mark_lines(&text, mark, colour, plain);
            format!("{heading}{lines}{remarks}").trim_end_matches('\n').to_owned()
        };
        let plain = whole("", "");
        if terminal::has_colour(terminal::is_plain(&|name| std::env::var_os(name))) {
            terminal::say(&whole(colour, "\x1b[0m"));
        } else {
            terminal::say(&plain);
        }
        self.keep(&plain);
    }

    /// What may be shown of a message, and remarks about the rest.
    fn masked(&self, message: &[u8], body: Result<&[u8], &str>) -> (String, Vec<String>) {
        if self.reveal {
            return (escape_message(message), Vec::new());
        }
        let (head, rest) = split_head(message);
        if head.is_empty() {
            let why = "it doesn't begin with a whole HTTP head";
            return (String::new(), vec![withheld("message", message, why)]);
        }
        let head = match self.hidden.head(&escape_message(head)) {
            Ok(head) => head,
            Err(why) => return (String::new(), vec![withheld("message", message, why)]),
        };
        if rest.is_empty() {
            return (head, Vec::new());
        }
        match body.and_then(|body| self.hidden.body(&escape_message(body))) {
            Err(why) => (head, vec![withheld("body", rest, why)]),
            Ok(masked) if body == Ok(rest) => (head + &masked, Vec::new()),
            Ok(masked) => (head + &masked, vec![UNCHUNKED.to_owned()]),
        }
    }
}

fn withheld(what: &str, bytes: &[u8], why: &str) -> String {
    let length = bytes.len();
    format!("(the {what}, {length} bytes, is withheld: {why}; --reveal shows it)")
}

/// Begins each line with a mark, in a colour.
fn mark_lines(text: &str, mark: &str, colour: &str, plain: &str) -> String {
    let mut lines = String::new();
    for line in text.split_inclusive('\n') {
        let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let line = line.trim_end_matches(['\r', '\n']);
        lines += &format!("{colour}{mark}{line}{plain}{end}");
    }
    lines
}

/// A message as its head, with the empty line at the end, and the rest. The head is empty if it
/// isn't whole.
fn split_head(message: &[u8]) -> (&[u8], &[u8]) {
    message.split_at_checked(head_length(message)).unwrap_or_default()
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
