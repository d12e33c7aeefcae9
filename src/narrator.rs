//! Everything that is said on the way, on standard error: the original's lines, what was ignored at
//! the port, and with `--explain` each leg in words, and then its bytes. Shown by
//! `tests/suite/login.rs` and `tests/suite/explain.rs`.

use std::io::{self, IsTerminal};

use crate::browser::{self, Opener};
use crate::cli::{Options, Output};
use crate::flow::callback::{Arrival, Event, NotTaken};
use crate::terminal::{escape, escape_json, profile_lines, say, write_result};
use crate::wire::url::RedirectUri;
use crate::{
    config::Config, error::Error, flow::paste, flow::profile::Profile, flow::token::Granted,
    secret::Code, wire::form::Form, wire::trace::Trace,
};

/// What the narrator is told, in the order in which it happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment<'a> {
    Listening(&'a RedirectUri),
    Asking(&'a str, &'a RedirectUri), // leg 1 begins, with this address
    Waiting,                          // leg 2 begins
    Met(&'a Event),                   // it isn't the callback
    Waited(&'a Result<Arrival, Error>),
    Exchanging(&'a Code), // leg 3 begins
    Exchanged(&'a Granted),
    Fetching,           // leg 4 begins
    Answered(&'a [u8]), // the tab has this page
    Revoking,           // leg 5 begins
    Revoked(bool),      // or not
    Done,
}

/// Tells the person.
#[derive(Debug)]
pub struct Narrator<'a> {
    pub(crate) trace: Trace,
    config: &'a Config,
    opener: Opener,
    steps: bool,
    ignored: u32,
    has_met_tls: bool,
}

impl<'a> Narrator<'a> {
    /// Tells of a login with this configuration, as the person wants it.
    pub fn new(config: &'a Config, options: &Options, opener: Opener) -> Self {
        let (reveals, steps) = options.explain.map_or((false, false), |it| (it.reveal, it.step));
        if reveals {
            say("Nothing below is masked: anyone who sees it sees your secrets.");
        }
        let trace = Trace::new(options.explain.is_some(), reveals);
        if let Some(secret) = &config.client_secret {
            trace.hidden.add(secret.expose(), secret);
        }
        let steps = steps && io::stdin().is_terminal();
        Self { trace, config, opener, steps, ignored: 0, has_met_tls: false }
    }

    pub(crate) fn about(&mut self, moment: Moment<'_>) {
        match moment {
            Moment::Listening(redirect_uri) => {
                if !self.config.paste {
                    self.explain("Before");
                    let origin = redirect_uri.origin();
                    self.trace.say(&format!("Callback server running on {origin} ..."));
                }
            }
            Moment::Asking(url, redirect_uri) => self.ask(url, redirect_uri),
            Moment::Waiting => {
                self.explain("Leg 2");
                let wait = if self.config.paste { PASTE } else { "Waiting for authorization..." };
                self.trace.say(wait);
            }
            Moment::Met(Event::NotTaken(why, from, to)) => self.not_taken(why, from, to),
            Moment::Met(Event::TlsSpoken) if !self.has_met_tls => {
                self.has_met_tls = true;
                self.trace.say(HTTPS);
            }
            Moment::Waited(arrival) => {
                if self.ignored > 8 {
                    self.trace.say(&format!("Ignored {} callbacks in all.", self.ignored));
                }
                match arrival {
                    Ok((_, Some(tab))) => self.trace.received(&tab.request),
                    Ok(_) if self.trace.wanted => self.trace.say(PASTED),
                    _ => {}
                }
            }
            Moment::Exchanging(code) => {
                self.trace.say(&format!("\nAuthorization code received: {code}"));
                self.explain("Leg 3");
            }
            Moment::Exchanged(Granted { token, scope, .. }) => {
                self.trace.say(&format!("Access token received: {token}"));
                self.compare_scopes(scope.as_ref().unwrap_or(&self.config.scope));
            }
            Moment::Fetching => self.explain("Leg 4"),
            Moment::Answered(page) => {
                self.explain("After");
                self.trace.sent(page);
            }
            Moment::Revoking => self.explain("Leg 5"),
            Moment::Revoked(true) => self.trace.say("\nAccess token revoked."),
            Moment::Revoked(false) => self.trace.say(NOT_REVOKED),
            Moment::Done => self.trace.say("\nDone."),
            Moment::Met(_) => {}
        }
    }

    /// Shows the result of a login. Errors: [`Error::Output`] when it can't be written.
    pub(crate) fn show(
        &self,
        output: Output,
        granted: &Granted,
        profile: Option<&Profile>,
    ) -> Result<(), Error> {
        let text = match (output, profile) {
            (Output::Json, Some(profile)) => escape_json(&profile.json),
            (Output::Lines, Some(profile)) => profile_lines(&profile.members),
            (Output::Response, _) => escape_json(&granted.response),
            _ => granted.token.expose().to_owned(),
        };
        if profile.is_some() {
            let whose = if self.config.provider == "GitHub" { "GitHub User" } else { "User" };
            say(&format!("\n=== {whose} Profile ==="));
        }
        write_result(&text)
    }

    /// Explains a step. With `--step`, waits for Enter before each leg.
    fn explain(&self, step: &str) {
        let words = LESSON.split("\n\n").find(|words| words.starts_with(step));
        self.trace.explain(words.unwrap_or_default().trim_end());
        if self.steps && step.starts_with("Leg") {
            say("Press Enter to go on.");
            // The end of the input goes on as well.
            paste::read_line(&mut io::stdin().lock());
        }
    }

    /// Shows the address alone on its line, in every case: that a browser was started doesn't mean
    /// that it shows the page.
    fn ask(&self, url: &str, redirect_uri: &RedirectUri) {
        self.explain("Leg 1");
        let name = &self.config.provider;
        let how = match self.opener {
            Opener::Program => &format!("Opening your browser to authenticate with {name}..."),
            Opener::Person => "Open this address in a browser:",
            Opener::NotFound => "No browser can be opened here. Open this address in one:",
            Opener::StandIn => "Practice opens this address itself:",
        };
        self.trace.say(&format!("\n{how}\n{url}"));
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if let (true, Ok(form)) = (self.trace.wanted, Form::decode(query)) {
            self.trace.say("Its parameters, decoded:");
            for (name, value) in form.pairs() {
                let (purpose, name, value) = (purpose(name), escape(name), escape(value));
                self.trace.say(&format!("  {name} = {value} ({purpose})"));
            }
        }
        let is_here = self.opener == Opener::StandIn
            || !(browser::is_over_ssh() || self.opener == Opener::NotFound);
        let provider = self.config.auth_url.port.filter(|_| self.config.auth_url.is_loopback());
        let callback = Some(redirect_uri.port).filter(|_| !self.config.paste);
        let mut ports = String::new();
        for port in provider.iter().chain(&callback).filter(|_| !is_here) {
            ports = format!("{ports} -L {port}:localhost:{port}");
        }
        if !ports.is_empty() {
            let or_paste = if provider.is_none() { ", or start again with --paste" } else { "" };
            let command = format!("ssh{ports} THIS-MACHINE");
            self.trace.say(&format!(
                "Is your browser on another machine? First run this there: {command}{or_paste}"
            ));
        }
    }

    /// Up to eight callbacks that were ignored are told one by one.
    fn not_taken(&mut self, reason: &NotTaken, request: &[u8], answer: &[u8]) {
        let known = self.config.issuer.as_deref().unwrap_or_default();
        let why = match reason {
            NotTaken::OtherIssuer(named) => {
                format!("it names the issuer `{}`, not `{known}`. {ISSUER}", escape(named))
            }
            reason => reason.text().to_owned(),
        };
        // Reloading the tab isn't an attempt.
        let is_attempt = *reason != NotTaken::Late;
        if self.config.paste {
            self.trace.say(&format!("That address wasn't taken: {why}. Paste another:"));
        } else {
            self.ignored += u32::from(is_attempt);
            if self.ignored <= 8 && is_attempt {
                self.trace.say(&format!("Ignored a callback: {why}."));
            }
            if self.ignored <= 8 && self.trace.wanted {
                self.trace.say("A callback wasn't taken:");
                self.trace.received(request);
                self.trace.sent(answer);
            }
        }
    }

    /// RFC 6749 §3.3: "If the issued access token scope is different from the one requested by the
    /// client, the authorization server MUST include the "scope" response parameter to inform the
    /// client of the actual scope granted."
    fn compare_scopes(&self, granted: &str) {
        // GitHub differs: it separates by commas what RFC 6749 §3.3 separates by spaces, and leaves
        // out a scope that a wider one includes: `user` stands for `user read:user user:email`.
        let sorted = |scopes: &str| {
            let mut sorted = Vec::new();
            // Nobody has a thousand, and no provider shall keep this busy.
            for scope in scopes.split([' ', ',']).filter(|it| !it.is_empty()).take(1000) {
                sorted.insert(sorted.partition_point(|it| *it < scope), scope);
            }
            sorted.join(" ")
        };
        let (requested, granted) = (sorted(&self.config.scope), sorted(granted));
        if !requested.is_empty() && requested != granted {
            let granted = if granted.is_empty() { "nothing" } else { &granted };
            let granted = escape(&self.trace.hidden.quote(granted));
            self.trace.say(&format!("Scopes requested: {requested}; granted: {granted}"));
        }
    }
}

/// What `--explain` says: a paragraph for each step, in their order.
const LESSON: &str = include_str!("lesson.txt");
const NOT_REVOKED: &str = "The token isn't revoked: it works until it expires, or you revoke the app's access at \
                           the provider.";
const PASTE: &str =
    "Then paste the address that the browser ends on, even on an error, and press Enter:";
const PASTED: &str = "You pasted the address, so there are no bytes of leg 2 to show.";
const ISSUER: &str = "If that is this login's provider, set ISSUER to it";
const HTTPS: &str = "A browser insists on HTTPS, but this port speaks HTTP. Register the callback URL \
                     with the host 127.0.0.1, and set REDIRECT_URI to it.";

/// What a parameter of the authorization request is for.
fn purpose(name: &str) -> &'static str {
    match name {
        "response_type" => "what to answer with: a code, to trade for a token in leg 3",
        "client_id" => "which app is asking; it is public",
        "redirect_uri" => "where to send the browser with the answer",
        "scope" => "what the token will allow, if you agree",
        "state" => "comes back in leg 2, and shows that the answer belongs to this request",
        "code_challenge" => {
            "the code verifier's hash; whoever brings the code must know the verifier"
        }
        "code_challenge_method" => "how it was hashed: SHA-256",
        _ => "the provider's own, from AUTH_URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for line in LESSON.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
