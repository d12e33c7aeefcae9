//! The login, from the first line to the last: the only file that knows the order of the legs.

use crate::ask::client::Client;
use crate::error::Error;
use crate::narrator::Narrator;
use crate::narrator::lesson::Step;
use crate::protocol::callback::{AuthorizationResponse, Expected};
use crate::protocol::{Login, authorize, profile, revoke, token};
use crate::receive::inbox::{Callback, Tab};
use crate::receive::port::Port;
use crate::receive::{page, paste};
use crate::secret::{Code, State, Verifier};
use crate::setup::browser::Person;
use crate::setup::cli::Options;
use crate::setup::config::Config;
use crate::setup::proxy::Destination;
use crate::wire::url::RedirectUri;

/// Logs a person in, shows the result, and gives the token back if somebody asked for that.
pub fn run(config: &Config, options: &Options, person: &Person<'_>) -> Result<(), Error> {
    let mut tell = Narrator::new(config, options, person.opener);
    let client = Client::new(config, &tell.trace);

    // Before: listen, so that the callback can't come too early. With --paste nothing listens.
    let port = if config.paste { None } else { Some(open_port(config, &tell)?) };
    let redirect_uri = match &port {
        Some(port) => port.redirect_uri.clone(),
        None => config.redirect_uri.clone(),
    };

    // Leg 1: the browser carries the question. State and verifier stay here.
    tell.explain(Step::Leg1);
    let state = State::random()?;
    let verifier = Verifier::random()?;
    let url = authorize::url(config, &redirect_uri, &state, &verifier);
    let expected = Expected::new(&redirect_uri, state, &config.issuer, &tell.trace.hidden);
    let inbox = match port {
        Some(port) => port.serve(expected, config.limits)?,
        None => paste::read_lines(expected)?,
    };
    tell.show_url(&url, &redirect_uri);
    person.open(&url)?;

    // Leg 2: the browser brings the answer.
    tell.explain(Step::Leg2);
    tell.say_what_is_awaited();
    let callback = inbox.wait(config.timeout, |refused| tell.say_what_was_refused(refused));
    tell.say_how_many_were_ignored();
    let Callback { response, tab } = callback?;
    tell.show_callback(tab.as_ref());

    // Legs 3 and 4: this program asks.
    let result = match response {
        AuthorizationResponse::Granted(code) => {
            ask(config, &client, &redirect_uri, &code, &verifier, &tell)
        }
        AuthorizationResponse::Refused(error) => Err(error),
    };
    // The result comes first, because the tab and the port may have to be waited for.
    let shown = match &result {
        Ok(login) => tell.show(options.output, login),
        Err(_) => Ok(()),
    };

    // After: the page claims nothing that hasn't happened.
    if let Some(tab) = tab {
        answer(tab, &result, &tell);
    }
    inbox.close(|refused| tell.say_what_was_refused(refused));
    let login = result?;

    // Leg 5, if somebody asked: even when the result couldn't be shown, the token ends.
    if let Some(revoke_url) = &config.revoke_url {
        give_back(config, &client, revoke_url, &login, &tell)?;
    }
    shown?;
    tell.say("\nDone.");
    Ok(())
}

fn open_port(config: &Config, tell: &Narrator<'_>) -> Result<Port, Error> {
    let port = Port::open(&config.redirect_uri, config.listen)?;
    tell.explain(Step::Before);
    tell.say(&format!("Callback server running on {} ...", port.redirect_uri.origin()));
    if let Some(ip) = config.listen {
        tell.say(&format!("It listens on `{ip}`, as LISTEN says, so other machines may reach it."));
    }
    Ok(port)
}

/// Legs 3 and 4: trades the code for a token, and the token for the profile, if somebody wants it.
fn ask(
    config: &Config,
    client: &Client,
    redirect_uri: &RedirectUri,
    code: &Code,
    verifier: &Verifier,
    tell: &Narrator<'_>,
) -> Result<Login, Error> {
    tell.say(&format!("\nAuthorization code received: {code}"));
    tell.explain(Step::Leg3);
    let granted = token::exchange(client, config, redirect_uri, code, verifier)?;
    tell.say(&format!("Access token received: {}", granted.token));
    tell.compare_scopes(&granted.scope);

    let Some(user_url) = &config.user_url else { return Ok(Login { granted, profile: None }) };
    tell.explain(Step::Leg4);
    let profile = profile::fetch(client, user_url, &granted.token)?;
    Ok(Login { granted, profile: Some(profile) })
}

/// Answers the tab, which has been waiting since leg 2.
fn answer(tab: Tab, result: &Result<Login, Error>, tell: &Narrator<'_>) {
    let page = match result {
        Ok(login) => page::signed_in(login.text("login"), login.text("name"), &tell.steps()),
        Err(error) => page::not_signed_in(error, &tell.steps()),
    };
    let bytes = tab.show(&page);
    tell.explain(Step::After);
    tell.trace.sent(&bytes);
}

/// Leg 5: ends the tokens.
fn give_back(
    config: &Config,
    client: &Client,
    revoke_url: &Destination,
    login: &Login,
    tell: &Narrator<'_>,
) -> Result<(), Error> {
    tell.explain(Step::Leg5);
    let granted = &login.granted;
    let revoked =
        revoke::revoke(client, config, revoke_url, &granted.token, granted.refresh_token.as_ref());
    tell.say_what_was_revoked(&revoked, granted);
    revoked?;
    Ok(())
}
