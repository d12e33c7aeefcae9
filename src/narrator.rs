//! Everything that is said on the way, on standard error: the progress lines, what was ignored at
//! the port, and with `--explain` each leg in words, and then its bytes. Shown by
//! `tests/suite/login.rs` and `tests/suite/lesson.rs`.

pub mod lesson;
mod scopes;

use std::io::{self, IsTerminal};

use crate::ask::step::ShownStep;
use crate::ask::trace::{Level, Trace};
use crate::error::Error;
use crate::narrator::lesson::{Step, purpose};
use crate::protocol::Login;
use crate::protocol::callback::NotTaken;
use crate::protocol::revoke::Revoked;
use crate::protocol::token::{Granted, Scope};
use crate::receive::inbox::{Refused, Tab, UnreadableRequest};
use crate::setup::browser::Opener;
use crate::setup::cli::{Options, Output};
use crate::setup::config::Config;
use crate::show::hidden::Hidden;
use crate::show::terminal::{self, escape, escape_json, say, write_result};
use crate::wire::form::Form;
use crate::wire::url::RedirectUri;

/// Prints what happens, and with `--explain` what it means.
#[derive(Debug)]
pub struct Narrator<'a> {
    pub(crate) trace: Trace,
    config: &'a Config,
    opener: Opener,
    waits_for_enter: bool,
    /// The number of callbacks that were refused, reloads of the tab left out.
    ignored: u32,
    /// The number of reloads.
    late: u32,
    /// The requests that were no callbacks, each reported once.
    unreadable: Vec<UnreadableRequest>,
}

/// At most this many refused callbacks are reported one by one.
const MAX_REPORTED: u32 = 8;
/// The seconds of a day.
const DAY: u64 = 86_400;

impl<'a> Narrator<'a> {
    /// A narrator of a login with this configuration.
    pub fn new(config: &'a Config, options: &Options, opener: Opener) -> Self {
        let level = match options.explain {
            None => Level::Off,
            Some(explain) if explain.reveal => Level::Revealed,
            Some(_) => Level::Masked,
        };
        if level == Level::Revealed {
            say("Nothing below is masked: anyone who sees it sees your secrets.");
        }
        let wants_steps = match options.explain {
            Some(explain) => explain.step,
            None => false,
        };
        let trace = Trace::new(level, config.machine.has_colour);
        if let Some(secret) = &config.client_secret {
            trace.hidden.add(secret.expose(), secret);
        }
        Self {
            trace,
            config,
            opener,
            waits_for_enter: wants_steps && io::stdin().is_terminal(),
            ignored: 0,
            late: 0,
            unreadable: Vec::new(),
        }
    }

    /// The secrets that no error and no trace may show.
    pub(crate) fn secrets(&self) -> &Hidden {
        &self.trace.hidden
    }

    /// Explains a step. With `--step`, waits for Enter before each leg.
    pub(crate) fn explain(&self, step: Step) {
        self.trace.explain(step.lesson());
        if self.waits_for_enter && step.is_leg() {
            say("Press Enter to go on.");
            // The end of the input goes on as well.
            terminal::read_line(&mut io::stdin().lock());
        }
    }

    /// Says a line, which belongs to the step.
    pub(crate) fn say(&self, line: &str) {
        self.trace.say(line);
    }

    /// Takes every step so far, for the page.
    pub(crate) fn take_steps(&self) -> Vec<ShownStep> {
        self.trace.take_steps()
    }

    /// Always prints the URL on a line of its own, because a browser that has started may still not
    /// show it.
    pub(crate) fn show_url(&self, url: &str, redirect_uri: &RedirectUri) {
        let how = match self.opener {
            Opener::Program => {
                &format!("Opening your browser to authenticate with {}...", self.config.provider)
            }
            Opener::Person => "Open this URL in a browser:",
            Opener::NotFound => "No browser can be opened here. Open this URL in a browser:",
            Opener::StandIn => "Practice opens this URL itself:",
        };
        self.say(&format!("\n{how}\n{url}"));
        if self.trace.is_on() {
            self.explain_parameters(url);
        }
        let is_browser_here = !self.config.machine.is_over_ssh && self.opener != Opener::NotFound;
        if !is_browser_here && self.opener != Opener::StandIn {
            self.say_how_to_forward_ports(redirect_uri);
        }
    }

    fn explain_parameters(&self, url: &str) {
        let Some((_, query)) = url.split_once('?') else { return };
        self.say("Its parameters, decoded:");
        for (name, value) in Form::decode(query).pairs() {
            self.trace.say_parameter(name, value, purpose(name));
        }
    }

    /// The ports that a browser on another machine has to reach here: the practice provider's, and
    /// the callback's.
    fn say_how_to_forward_ports(&self, redirect_uri: &RedirectUri) {
        let auth_url = &self.config.auth_url;
        let provider_port = if auth_url.is_loopback() { auth_url.port } else { None };
        let mut ports = Vec::new();
        if let Some(port) = provider_port {
            ports.push(port);
        }
        if !self.config.paste {
            ports.push(redirect_uri.port);
        }
        if ports.is_empty() {
            return;
        }
        let mut command = "ssh".to_owned();
        for port in ports {
            command += &format!(" -L {port}:localhost:{port}");
        }
        let or_paste = if provider_port.is_none() { ", or start again with --paste" } else { "" };
        self.say(&format!(
            "Is your browser on another machine? First run this there: {command} THIS-MACHINE{or_paste}"
        ));
    }

    pub(crate) fn say_what_is_awaited(&self) {
        if self.config.paste {
            self.say(
                "Then paste the URL that the browser ends on, even if it shows an error, and press Enter:",
            );
        } else {
            self.say("Waiting for authorization...");
        }
    }

    pub(crate) fn show_callback(&self, tab: Option<&Tab>) {
        match tab {
            Some(tab) => self.trace.received(&tab.request, None),
            None if self.trace.is_on() => {
                self.say("You pasted the URL, so there are no bytes of leg 2 to show.");
            }
            None => {}
        }
    }

    /// Reports a request or a pasted text that isn't the callback. Of a flood of requests, eight are
    /// reported.
    pub(crate) fn say_what_was_refused(&mut self, refused: &Refused) {
        match refused {
            Refused::Request(problem) => self.say_unreadable(*problem),
            Refused::Pasted(why) => {
                let reason = reason(why);
                self.say(&format!("That URL wasn't taken: {reason}. Paste another:"));
            }
            Refused::Callback { why, request, answer } => {
                // Reloading the tab isn't an attempt.
                let is_late = *why == NotTaken::Late;
                let count = if is_late { &mut self.late } else { &mut self.ignored };
                *count += 1;
                if *count > MAX_REPORTED {
                    return;
                }
                if !is_late {
                    self.say(&format!("Ignored a callback: {}.", reason(why)));
                }
                if self.trace.is_on() {
                    self.say("A callback wasn't taken:");
                    self.trace.received(request, Some(why.text()));
                    self.trace.sent_page(answer);
                }
            }
        }
    }

    fn say_unreadable(&mut self, problem: UnreadableRequest) {
        if self.unreadable.contains(&problem) {
            return;
        }
        self.unreadable.push(problem);
        self.say(&problem.text());
    }

    pub(crate) fn say_how_many_were_ignored(&self) {
        if self.ignored > MAX_REPORTED {
            self.say(&format!("Ignored {} callbacks in all.", self.ignored));
        }
    }

    /// Says which scopes were granted, where they differ from those that were requested.
    pub(crate) fn compare_scopes(&self, granted: &Scope) {
        if let Some(granted) = scopes::other_than(&self.config.scope, granted) {
            let requested = scopes::sorted(&self.config.scope);
            let granted = escape(&self.trace.hidden.quote(&granted));
            self.say(&format!("Scopes requested: {requested}; granted: {granted}"));
        }
    }

    /// Says how leg 5 went.
    pub(crate) fn say_what_was_revoked(&self, revoked: &Result<Revoked, Error>, granted: &Granted) {
        let line = match revoked {
            Ok(Revoked::AccessToken | Revoked::AllButRefreshToken) => "\nAccess token revoked.",
            Ok(Revoked::BothTokens) => "\nRefresh token and access token revoked.",
            Err(_) => {
                "A token may still work, until it expires or you revoke the app's access at the provider."
            }
        };
        self.say(line);
        if let Ok(Revoked::AllButRefreshToken) = revoked {
            let time = match granted.refresh_token_expires_in {
                Some(seconds) if seconds >= 2 * DAY => format!(" for {} days", seconds / DAY),
                _ => String::new(),
            };
            self.say(&format!(
                "The refresh token still works{time}. To end it as well, revoke the app's access at the \
                 provider: GitHub has it at https://github.com/settings/applications"
            ));
        }
    }

    /// Shows the result of a login. Errors: [`Error::Output`] when it can't be written.
    pub(crate) fn show_result(
        &self,
        output: Output,
        result: &Result<Login, Error>,
    ) -> Result<(), Error> {
        let Ok(login) = result else {
            // The error is shown when the program ends.
            return Ok(());
        };
        let granted = &login.granted;
        let Some(profile) = &login.profile else {
            let text = match output {
                Output::Response => escape_json(&granted.response),
                _ => granted.token.expose().to_owned(),
            };
            return write_result(&text);
        };
        let whose = if self.config.is_github { "GitHub User" } else { "User" };
        say(&format!("\n=== {whose} Profile ==="));
        let text = match output {
            Output::Json => escape_json(profile.json()),
            _ => profile.lines(),
        };
        write_result(&text)
    }
}

/// Why a callback wasn't taken, and what to do if it should have been.
fn reason(why: &NotTaken) -> String {
    match why {
        NotTaken::OtherIssuer { named, expected } => {
            let named = escape(named);
            format!(
                "it names the issuer `{named}`, not `{expected}`. If `{named}` is this login's provider, \
                 set ISSUER to it, and run this again"
            )
        }
        NotTaken::Posted => {
            "it came as a form (POST), but this port reads the URL (GET). If the provider sent it, take \
             `response_mode` out of AUTH_URL, and run this again"
                .to_owned()
        }
        NotTaken::NoIssuer { expected } => format!(
            "it names no issuer, but ISSUER is `{expected}`. If this login's provider sends none, unset \
             ISSUER, and run this again"
        ),
        NotTaken::Ignored(_) | NotTaken::OtherMethod | NotTaken::Late => why.text().to_owned(),
    }
}
