//! The login, from the first line to the last: the only file that knows the order of the legs.
//!
//! 1. listen, so that the callback can't come too early
//! 2. make the authorization request, and show or open it (leg 1)
//! 3. wait for the callback (leg 2)
//! 4. trade the code for a token (leg 3)
//! 5. ask who the token belongs to (leg 4)
//! 6. tell the tab how it went, and only then the terminal

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::browser::{self, Opener};
use crate::cli::{Options, Output};
use crate::config::Config;
use crate::error::Error;
use crate::explain::{Explain, Step};
use crate::flow::callback::{Answer, Arrival, Event, Expected};
use crate::flow::listener::Listener;
use crate::flow::profile::Profile;
use crate::flow::{authorize, paste, profile, scope, token};
use crate::page;
use crate::secret::{AccessToken, Code, State, Verifier};
use crate::terminal::{self, escape, profile_json, profile_lines, say, write_result};
use crate::wire::client::Client;
use crate::wire::trace::Direction;
use crate::wire::url::RedirectUri;

/// Somebody who can stand in for the person where there is no browser to open.
pub type StandIn = fn(url: String, events: mpsc::Sender<Event>);

/// Logs a person in and prints who it is.
///
/// # Errors
/// Every [`Error`] but the ones of the command line and the environment.
pub fn login(
    config: &Config,
    client: &Client,
    options: &Options,
    explain: &mut Explain,
    stand_in: Option<StandIn>,
) -> Result<(), Error> {
    // 1. Listen.
    explain.begin(Step::Listen);
    let listener = Listener::bind(config.redirect_uri.clone())?;
    let redirect_uri = listener.redirect_uri().clone();
    // Leg 1's values, made already: the listener has to know the state before anybody can connect.
    let state = State::random().map_err(Error::System)?;
    let verifier = Verifier::random().map_err(Error::System)?;
    explain.hidden().add(&config.client_secret);
    explain.hidden().add(&verifier);
    let url = authorize::url(config, redirect_uri.as_str(), &state, &verifier);
    let expected = Expected::new(&redirect_uri, state, config.issuer.clone(), explain.hidden());
    let expected = Arc::new(expected);
    let (events, inbox) = mpsc::channel();
    let server = listener.serve(&expected, &events)?;
    say(&format!("Callback server running on {} ...", redirect_uri.origin()));

    // 2. Leg 1: the browser carries the authorization request.
    explain.begin(Step::Leg1);
    let keyboard = send_there(&url, &redirect_uri, options, stand_in, &events, explain);
    if keyboard == Keyboard::Browser {
        explain.keyboard_is_gone();
    }

    // 3. Leg 2: the browser brings the answer.
    explain.begin(Step::Leg2);
    say("Waiting for authorization...");
    if keyboard == Keyboard::Paste && !expected.is_taken() {
        explain.keyboard_is_read_by(paste::ask(&expected, &events)?);
    }
    let arrival = wait(&inbox, options.timeout, &redirect_uri, explain);
    match expected.refusals() {
        0 => {}
        1 => say("Refused 1 callback that did not belong to this login."),
        count => say(&format!("Refused {count} callbacks that did not belong to this login.")),
    }
    let Arrival { answer, tab } = arrival?;

    match &tab {
        Some(tab) => explain.message(Direction::Received, &tab.request),
        None => explain.was_pasted(),
    }

    // 4 and 5. Legs 3 and 4: this program asks.
    let result = match answer {
        Answer::Granted(code) => {
            let redirect_uri = redirect_uri.as_str();
            redeem(config, client, redirect_uri, &code, &verifier, explain)
        }
        Answer::Refused { error, description } => Err(Error::Denied { error, description }),
    };

    // 6. The page claims nothing that has not happened.
    if let Some(tab) = tab {
        explain.begin(Step::Page);
        let page = tab.show(&match &result {
            Ok((_, profile)) => page::signed_in(profile.text("login"), profile.text("name")),
            Err(error) => page::failed(error),
        });
        explain.message(Direction::Sent, &page);
    }
    for event in inbox.try_iter() {
        if let Event::NotTaken { request, answer } = event {
            explain.not_taken(&request, &answer);
        }
    }
    // RFC 8252 §8.3: the port is open for the login only.
    drop(server);
    let (token, profile) = result?;
    show(options.output, &token, &profile)?;
    say("\nDone.");
    Ok(())
}

/// Who needs the keyboard while the browser is away.
#[derive(PartialEq, Eq)]
enum Keyboard {
    /// The person, to paste the answer: over SSH, or where they open the browser themselves, it may
    /// be on another machine.
    Paste,
    /// A browser that runs in this terminal.
    Browser,
    /// Nobody.
    Free,
}

/// Shows the address, and opens it where there is a browser.
fn send_there(
    url: &str,
    redirect_uri: &RedirectUri,
    options: &Options,
    stand_in: Option<StandIn>,
    events: &mpsc::Sender<Event>,
    explain: &Explain,
) -> Keyboard {
    let (opener, remark) = browser::opener(options.no_browser, stand_in.is_some());
    say(&format!("\nOpening your browser to authenticate with GitHub...{remark}"));
    // Alone on its line, and in every case: that a browser was started does not mean that it shows
    // the page.
    say(url);
    explain.parameters(url);
    match (opener, stand_in) {
        (Opener::Program, _) => browser::open(url.to_owned()),
        (Opener::StandIn, Some(stand_in)) => stand_in(url.to_owned(), events.clone()),
        _ => {}
    }
    let over_ssh = browser::is_over_ssh() && opener != Opener::StandIn;
    let may_paste = terminal::has_keyboard() && (over_ssh || opener == Opener::Person);
    if over_ssh || may_paste {
        let command = browser::forwarding(redirect_uri);
        say(&format!("If that browser is on another machine, run this there first: {command}"));
    }
    match opener {
        Opener::Program if browser::takes_keyboard() => Keyboard::Browser,
        _ if may_paste => Keyboard::Paste,
        _ => Keyboard::Free,
    }
}

fn show(output: Output, token: &AccessToken, profile: &Profile) -> Result<(), Error> {
    let text = match output {
        Output::Token => return write_result(&format!("{}\n", token.expose())),
        Output::Lines => profile_lines(profile.members()),
        Output::Json => profile_json(profile.json()),
    };
    say("\n=== GitHub User Profile ===");
    write_result(&text)
}

/// Waits for the callback. A timed receive on the channel is one system call, however long it
/// takes.
fn wait(
    inbox: &Receiver<Event>,
    timeout: Duration,
    redirect_uri: &RedirectUri,
    explain: &Explain,
) -> Result<Arrival, Error> {
    let start = Instant::now();
    let mut hinted = false;
    loop {
        match inbox.recv_timeout(timeout.saturating_sub(start.elapsed())) {
            Ok(Event::Arrived(arrival)) => return Ok(arrival),
            Ok(Event::GivenUp(error)) => return Err(error),
            Ok(Event::NotTaken { request, answer }) => explain.not_taken(&request, &answer),
            Ok(Event::TlsSpoken) if hinted => {}
            Ok(Event::TlsSpoken) => {
                hinted = true;
                let (port, path) = (redirect_uri.port(), redirect_uri.path());
                say(&format!(
                    "A browser insists on HTTPS for this host, and this port speaks HTTP. \
                     REDIRECT_URI=http://127.0.0.1:{port}{path} avoids it, once registered."
                ));
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(Error::NoCallback(timeout.as_secs()));
            }
        }
    }
}

fn redeem(
    config: &Config,
    client: &Client,
    redirect_uri: &str,
    code: &Code,
    verifier: &Verifier,
    explain: &mut Explain,
) -> Result<(AccessToken, Profile), Error> {
    say(&format!("\nAuthorization code received: {code}"));
    explain.begin(Step::Leg3);
    let hidden = explain.hidden();
    let granted = token::exchange(client, config, redirect_uri, code, verifier, hidden);
    explain.end_leg();
    let granted = granted?;
    say(&format!("Access token received: {}", granted.token));
    // RFC 6749 §3.3: "If the issued access token scope is different from the one requested by the
    // client, the authorization server MUST include the "scope" response parameter to inform the
    // client of the actual scope granted."
    let missing =
        granted.scope.map(|granted| scope::missing(&config.scope, &granted)).unwrap_or_default();
    if !missing.is_empty() {
        say(&format!("Not granted of what was asked for: {}", escape(&missing.join(" "))));
    }
    explain.begin(Step::Leg4);
    let profile = profile::fetch(client, config, &granted.token, explain.hidden());
    explain.end_leg();
    Ok((granted.token, profile?))
}
