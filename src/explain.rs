//! What `--explain` says: for each step of `login.rs` what is asked and why, and then the bytes.
//!
//! ```text
//! 4. Leg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)
//! The code came through the browser, where others may have seen it. …
//!
//! sent, 412 octets:
//! > POST /login/oauth/access_token HTTP/1.1
//! > …
//! ```
//!
//! It says everything on standard error, so that the result stays alone on standard output. Where
//! nobody asked for it, each of its functions returns at once.
//!
//! The bytes of legs 3 and 4 come from [`crate::wire::trace`]. Shown by `tests/suite/explain.rs`.

use std::io;
use std::thread::JoinHandle;

use crate::cli::Explanation;
use crate::secret::hidden::Hidden;
use crate::terminal::{self, escape, say};
use crate::wire::form::Form;
use crate::wire::trace::{Direction, Trace};

/// A step of the login, by the numbers of `login.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// 1. Listen.
    Listen,
    /// 2. Leg 1, the authorization request.
    Leg1,
    /// 3. Leg 2, the authorization response.
    Leg2,
    /// 4. Leg 3, the access token request.
    Leg3,
    /// 5. Leg 4, the profile request.
    Leg4,
    /// 6. The page for the tab.
    Page,
}

impl Step {
    /// Its heading, and why it is there.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Listen => (
                "1. Listen (RFC 8252 §7.3)",
                "The provider will send the browser back with the answer, so something on this \
                 machine has to listen before the browser leaves. The port is open on this machine \
                 only, and only until the login is over.",
            ),
            Self::Leg1 => (
                "2. Leg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)",
                "This program must not see the person's password. So it does not talk to the \
                 provider here: it makes an address, and the person's browser carries it there. Two \
                 random values are made for it. `state` will show that the answer belongs to this \
                 request. The code verifier stays here until leg 3; only its SHA-256 hash, the \
                 challenge, travels.",
            ),
            Self::Leg2 => (
                "3. Leg 2: the authorization response (RFC 6749 §4.1.2)",
                "The person decides at the provider, which answers with a redirect. So it is the \
                 browser that brings the answer here: a code, or an error. Anybody can knock at \
                 this port, so `state` is compared before anything else is read (RFC 6749 §10.12); \
                 what does not carry the right one is refused, and the wait goes on.",
            ),
            Self::Leg3 => (
                "4. Leg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)",
                "The code came through the browser, where others may have seen it. So it is good \
                 once, for a few minutes, and only together with what the browser never had: the \
                 client secret, and the code verifier, which the provider hashes and compares with \
                 the challenge of leg 1. This request goes straight to the provider.",
            ),
            Self::Leg4 => (
                "5. Leg 4: the profile request (RFC 6750 §2.1)",
                "Whoever bears the token may do what its scopes allow, without any further secret. \
                 It travels in a header, because addresses are kept in logs and histories.",
            ),
            Self::Page => (
                "6. The answer to leg 2: the page (RFC 9110 §15, RFC 9700 §4.2.4)",
                "The browser has been waiting since leg 2. Only now is it known how the login went, \
                 so only now is it told.",
            ),
        }
    }
}

/// Explains a login, or says nothing.
#[derive(Debug)]
pub struct Explain {
    hidden: Hidden,
    trace: Option<Trace>,
    step: bool,
    /// Whoever reads the keyboard now, and will say whether it read a line that was meant for here.
    reader: Option<JoinHandle<bool>>,
}

impl Explain {
    /// Explains as the person wants it.
    #[must_use]
    pub fn new(wanted: Option<Explanation>) -> Self {
        let hidden = Hidden::default();
        let reveal = wanted.is_some_and(|wanted| wanted.reveal);
        let step = wanted.is_some_and(|wanted| wanted.step) && terminal::has_keyboard();
        if reveal {
            say("Nothing is masked below: whoever sees it, sees the secrets.");
        }
        Self {
            trace: wanted.map(|_| Trace::new(hidden.clone(), reveal)),
            hidden,
            step,
            reader: None,
        }
    }

    /// What must not be shown: filled as the login goes on.
    #[must_use]
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// Shows the bytes, where that is wanted.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// Explains a step that begins. Before a leg it waits for Enter, where that is wanted.
    pub fn begin(&mut self, step: Step) {
        if self.trace.is_none() {
            return;
        }
        let (heading, why) = step.words();
        let (bold, plain) = if terminal::has_colour() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        say(&format!("\n{bold}{heading}{plain}\n{}", wrapped(why)));
        if self.step && !matches!(step, Step::Listen | Step::Page) {
            say("Press Enter to go on.");
            let reader = self.reader.take();
            let is_read = reader.is_some_and(|reader| reader.join().unwrap_or_default());
            if !is_read {
                // The end of the input goes on as well.
                let _ = io::stdin().read_line(&mut String::new());
            }
        }
    }

    /// Somebody else reads the keyboard now, until the end of this thread.
    pub fn keyboard_is_read_by(&mut self, reader: JoinHandle<bool>) {
        self.reader = Some(reader);
    }

    /// The keyboard belongs to a text browser: nobody here waits for Enter any more.
    pub fn keyboard_is_gone(&mut self) {
        self.step = false;
    }

    /// The parameters of leg 1's address, decoded, each with what it is for.
    pub fn parameters(&self, url: &str) {
        let form = Form::decode(url.split_once('?').map_or("", |(_, query)| query));
        let (Some(_), Ok(form)) = (&self.trace, form) else {
            return;
        };
        say("Its parameters, decoded:");
        for (name, value) in form.pairs() {
            let (purpose, name, value) = (purpose(name), escape(name), escape(value));
            say(&format!("  {name} = {value} ({purpose})"));
        }
    }

    /// A message of leg 2, whole.
    pub fn message(&self, direction: Direction, octets: &[u8]) {
        if let Some(trace) = &self.trace {
            trace.show(direction, octets);
        }
    }

    /// A callback that was not taken, and what it was told.
    pub fn not_taken(&self, request: &[u8], answer: &[u8]) {
        if self.trace.is_some() {
            say("\nA callback was not taken:");
            self.message(Direction::Received, request);
            self.message(Direction::Sent, answer);
        }
    }

    /// The callback came by way of the terminal.
    pub fn was_pasted(&self) {
        if self.trace.is_some() {
            say("The address was pasted here, so leg 2 went over no wire of this machine.");
        }
    }

    /// The bytes of a leg that has ended.
    pub fn end_leg(&self) {
        if let Some(trace) = &self.trace {
            trace.show_rest();
        }
    }
}

/// What a parameter of the authorization request is for.
fn purpose(name: &str) -> &'static str {
    match name {
        "response_type" => "what to answer with: a code, to be traded for a token in leg 3",
        "client_id" => "which app asks; it is public",
        "redirect_uri" => "where to send the browser with the answer: this program's port",
        "scope" => "what the token is to allow, for the person to agree to",
        "state" => "comes back in leg 2, and shows that the answer is the one to this request",
        "code_challenge" => {
            "the hash of the code verifier; who has the code must know the verifier too"
        }
        "code_challenge_method" => "how it was hashed: SHA-256",
        _ => "the provider's own, from AUTH_URL",
    }
}

/// A text in lines that fit a terminal.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 80;
    let mut wrapped = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 {
            let fits = width + 1 + length <= WIDTH;
            wrapped.push(if fits { ' ' } else { '\n' });
            width = if fits { width + 1 } else { 0 };
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for step in [Step::Listen, Step::Leg1, Step::Leg2, Step::Leg3, Step::Leg4, Step::Page] {
            let (heading, why) = step.words();
            let text = wrapped(why);
            assert_eq!(text.replace('\n', " "), why);
            for line in text.lines().chain([heading]) {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }
}
