//! The login, from the first line to the last: the only file that knows the order of the legs.
//!
//! 1. listen, so that the callback can't come too early
//! 2. make the authorization request, and show or open it (leg 1)
//! 3. wait for the callback (leg 2)
//! 4. trade the code for a token (leg 3)
//! 5. ask who the token belongs to (leg 4)
//! 6. tell the tab how it went, and only then the terminal

use std::env;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::browser;
use crate::cli::{Options, Output};
use crate::config::Config;
use crate::error::Error;
use crate::flow::callback::{Answer, Arrival, Event, Expected};
use crate::flow::listener::Listener;
use crate::flow::profile::Profile;
use crate::flow::{authorize, paste, profile, token};
use crate::page;
use crate::secret::{AccessToken, Code, State, Verifier};
use crate::terminal::{escape, profile_json, profile_lines, say, write_result};
use crate::wire::client::Client;
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
    stand_in: Option<StandIn>,
) -> Result<(), Error> {
    // 1. Listen.
    let listener = Listener::bind(config.redirect_uri.clone())?;
    let redirect_uri = listener.redirect_uri().clone();
    let state = State::random().map_err(Error::System)?;
    let verifier = Verifier::random().map_err(Error::System)?;
    let url = authorize::url(config, redirect_uri.as_str(), &state, &verifier);
    let expected = Arc::new(Expected::new(&redirect_uri, state, config.issuer.clone()));
    let (events, inbox) = mpsc::channel();
    let server = listener.serve(&expected, &events)?;
    say(&format!(
        "Callback server running on {} ...",
        redirect_uri.origin()
    ));

    // 2. Leg 1: the browser carries the authorization request.
    let absence = browser::absence(options.no_browser);
    match absence {
        None => say("\nOpening your browser to authenticate with GitHub..."),
        Some(reason) => say(&format!(
            "\nOpening your browser to authenticate with GitHub... {reason}: open this address in one."
        )),
    }
    say(&url);
    match (absence, stand_in) {
        (None, _) => browser::open(url),
        (Some(_), Some(stand_in)) if !options.no_browser => stand_in(url, events.clone()),
        _ => {}
    }
    let elsewhere = browser::is_elsewhere();
    if elsewhere || (options.no_browser && paste::is_possible()) {
        say(&format!(
            "If that browser is on another machine, forward the port from there: {}",
            forwarding(&redirect_uri)
        ));
    }
    if (elsewhere || absence.is_some()) && stand_in.is_none() && paste::is_possible() {
        paste::ask(&expected, &events)?;
    }
    say("Waiting for authorization...");

    // 3. Leg 2: the browser brings the answer.
    let arrival = wait(&inbox, options.timeout, &redirect_uri);
    match expected.refusals() {
        0 => {}
        1 => say("Refused 1 callback that did not belong to this login."),
        count => say(&format!(
            "Refused {count} callbacks that did not belong to this login."
        )),
    }
    let Arrival { answer, tab } = arrival?;

    // 4 and 5. Legs 3 and 4: this program asks.
    let result = match answer {
        Answer::Granted(code) => redeem(config, client, redirect_uri.as_str(), &code, &verifier),
        Answer::Refused { error, description } => Err(Error::Denied { error, description }),
    };

    // 6. The page claims nothing that has not happened.
    let page = match &result {
        Ok((_, profile)) => page::signed_in(profile),
        Err(error) => page::failed(error),
    };
    if let Some(tab) = tab {
        tab.show(&page);
    }
    // RFC 8252 §8.3: the port is open for the login only.
    drop(server);
    let (token, profile) = result?;
    match options.output {
        Output::Lines => {
            say("\n=== GitHub User Profile ===");
            write_result(&profile_lines(&profile))?;
        }
        Output::Json => write_result(&profile_json(&profile))?,
        Output::Token => write_result(&format!("{}\n", token.expose()))?,
    }
    say("\nDone.");
    Ok(())
}

/// Waits for the callback. A timed receive on the channel is one system call, however long it takes.
fn wait(
    inbox: &Receiver<Event>,
    timeout: Duration,
    redirect_uri: &RedirectUri,
) -> Result<Arrival, Error> {
    let start = Instant::now();
    let mut explained = false;
    loop {
        match inbox.recv_timeout(timeout.saturating_sub(start.elapsed())) {
            Ok(Event::Arrived(arrival)) => return Ok(arrival),
            Ok(Event::GivenUp(error)) => return Err(error),
            Ok(Event::TlsSpoken) if explained => {}
            Ok(Event::TlsSpoken) => {
                explained = true;
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
) -> Result<(AccessToken, Profile), Error> {
    say(&format!("\nAuthorization code received: {code}"));
    let granted = token::exchange(client, config, redirect_uri, code, verifier)?;
    say(&format!("Access token received: {}", granted.token));
    // RFC 6749 §3.3: "If the issued access token scope is different from the one requested by the client, the
    // authorization server MUST include the "scope" response parameter to inform the client of the actual scope granted."
    let missing = granted
        .scope
        .map(|granted| token::missing_scopes(&config.scope, &granted))
        .unwrap_or_default();
    if !missing.is_empty() {
        say(&format!(
            "Not granted of what was asked for: {}",
            escape(&missing.join(" "))
        ));
    }
    let profile = profile::fetch(client, config, &granted.token)?;
    Ok((granted.token, profile))
}

/// The command that makes this machine's port reachable as the other machine's own.
fn forwarding(redirect_uri: &RedirectUri) -> String {
    let port = redirect_uri.port();
    let host = if redirect_uri.origin().starts_with("http://[") {
        "[::1]"
    } else {
        "127.0.0.1"
    };
    let bind = if host == "[::1]" { "[::1]:" } else { "" };
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"._-:".contains(&octet))
    };
    let variable = |name| env::var(name).ok();
    let user = variable("USER")
        .filter(|user| plain(user))
        .unwrap_or_else(|| "USER".to_owned());
    // sshd sets it to: client address, client port, server address, server port.
    let connection = variable("SSH_CONNECTION").unwrap_or_default();
    let mut server = connection.split(' ').skip(2).filter(|part| plain(part));
    let machine = server.next().unwrap_or("THIS-MACHINE");
    let ssh_port = server
        .next()
        .filter(|port| *port != "22")
        .map(|port| format!(" -p {port}"))
        .unwrap_or_default();
    format!("ssh -N{ssh_port} -L {bind}{port}:{host}:{port} {user}@{machine}")
}
