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
use crate::flow::callback::{Answer, Arrival, Event, Expected};
use crate::flow::listener::Listener;
use crate::flow::profile::Profile;
use crate::flow::{authorize, paste, profile, scope, token};
use crate::page;
use crate::secret::quote::Hidden;
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
    let may_paste = send_there(&url, &redirect_uri, options, stand_in, &events);
    say("Waiting for authorization...");
    if may_paste {
        paste::ask(&expected, &events)?;
    }

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
        Answer::Granted(code) => {
            let hidden = expected.hidden();
            redeem(
                config,
                client,
                redirect_uri.as_str(),
                &code,
                &verifier,
                hidden,
            )
        }
        Answer::Refused { error, description } => Err(Error::Denied { error, description }),
    };

    // 6. The page claims nothing that has not happened.
    if let Some(tab) = tab {
        tab.show(&match &result {
            Ok((_, profile)) => page::signed_in(profile.text("login"), profile.text("name")),
            Err(error) => page::failed(error),
        });
    }
    // RFC 8252 §8.3: the port is open for the login only.
    drop(server);
    let (token, profile) = result?;
    show(options.output, &token, &profile)?;
    say("\nDone.");
    Ok(())
}

/// Shows the address, and opens it where there is a browser. Says whether the answer may have to be
/// pasted here: over SSH, or where the person opens the browser, it may be on another machine.
fn send_there(
    url: &str,
    redirect_uri: &RedirectUri,
    options: &Options,
    stand_in: Option<StandIn>,
    events: &mpsc::Sender<Event>,
) -> bool {
    let (opener, remark) = browser::opener(options.no_browser, stand_in.is_some());
    say(&format!(
        "\nOpening your browser to authenticate with GitHub...{remark}"
    ));
    // Alone on its line, and in every case: that a browser was started does not mean that it shows
    // the page.
    say(url);
    match (opener, stand_in) {
        (Opener::Program, _) => browser::open(url.to_owned()),
        (Opener::StandIn, Some(stand_in)) => stand_in(url.to_owned(), events.clone()),
        _ => {}
    }
    let over_ssh = browser::is_over_ssh() && opener != Opener::StandIn;
    let may_paste = paste::is_possible() && (over_ssh || opener == Opener::Person);
    if over_ssh || may_paste {
        let command = browser::forwarding(redirect_uri);
        say(&format!(
            "If that browser is on another machine, run this there first: {command}"
        ));
    }
    may_paste && !(opener == Opener::Program && browser::takes_keyboard())
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
    mut hidden: Hidden,
) -> Result<(AccessToken, Profile), Error> {
    say(&format!("\nAuthorization code received: {code}"));
    let granted = token::exchange(client, config, redirect_uri, code, verifier, &mut hidden)?;
    say(&format!("Access token received: {}", granted.token));
    // RFC 6749 §3.3: "If the issued access token scope is different from the one requested by the
    // client, the authorization server MUST include the "scope" response parameter to inform the
    // client of the actual scope granted."
    let missing = granted
        .scope
        .map(|granted| scope::missing(&config.scope, &granted))
        .unwrap_or_default();
    if !missing.is_empty() {
        say(&format!(
            "Not granted of what was asked for: {}",
            escape(&missing.join(" "))
        ));
    }
    let profile = profile::fetch(client, config, &granted.token, &hidden)?;
    Ok((granted.token, profile))
}
