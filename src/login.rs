//! The login, from the first line to the last: the only file that knows the order of the legs.

use crate::ask::client::Client;
use crate::error::Error;
use crate::narrator::{Narrator, Step};
use crate::protocol::Login;
use crate::protocol::authorize;
use crate::protocol::callback::{AuthorizationResponse, Expected};
use crate::protocol::profile;
use crate::protocol::revoke;
use crate::protocol::token;
use crate::receive::inbox::Callback;
use crate::receive::page;
use crate::receive::paste;
use crate::receive::port::Port;
use crate::secret::{Code, State, Verifier};
use crate::setup::Variables;
use crate::setup::browser::Person;
use crate::setup::cli::Options;
use crate::setup::config::Config;
use crate::wire::url::RedirectUri;

/// Logs a person in, shows the result, and gives the token back if somebody asked for that.
pub fn run(
    config: &Config,
    variables: Variables<'_>,
    options: &Options,
    person: &Person<'_>,
) -> Result<(), Error> {
    let mut tell = Narrator::new(config, options, person.opener);
    let client = Client::new(config, variables, &tell.trace)?;
    let login = login(config, &client, person, &mut tell)?;
    let shown = tell.show(options.output, &login);

    // Leg 5, if somebody asked: even when the result couldn't be shown, the token ends.
    if let Some(revoke_url) = &config.revoke_url {
        tell.explain(Step::Leg5);
        let revoked = revoke::revoke(&client, config, revoke_url, &login.granted.token);
        tell.say(match revoked {
            Ok(()) => "\nAccess token revoked.",
            Err(_) => "The token isn't revoked: it works until it expires, or you revoke the app's access at the provider.",
        });
        revoked?;
    }
    shown?;
    tell.say("\nDone.");
    Ok(())
}

/// Logs a person in. Errors: those of the legs.
pub fn login(
    config: &Config,
    client: &Client,
    person: &Person<'_>,
    tell: &mut Narrator<'_>,
) -> Result<Login, Error> {
    // Before: listen, so that the callback can't come too early. With --paste nothing listens.
    let port = if config.paste { None } else { Some(Port::open(&config.redirect_uri)?) };
    let redirect_uri = match &port {
        Some(port) => port.redirect_uri.clone(),
        None => config.redirect_uri.clone(),
    };
    if port.is_some() {
        tell.explain(Step::Before);
        tell.say(&format!("Callback server running on {} ...", redirect_uri.origin()));
    }

    // Leg 1: the browser carries the question. State and verifier stay here.
    tell.explain(Step::Leg1);
    let state = State::random()?;
    let verifier = Verifier::random()?;
    let url = authorize::url(config, &redirect_uri, &state, &verifier);
    tell.show_address(&url, &redirect_uri);
    person.open(&url)?;

    // Leg 2: the browser brings the answer.
    tell.explain(Step::Leg2);
    tell.say_what_is_awaited();
    let expected = Expected::new(&redirect_uri, state, config.issuer.clone(), &tell.trace.hidden);
    let inbox = match port {
        Some(port) => port.serve(expected, config.limits)?,
        None => paste::read_lines(expected)?,
    };
    let callback = inbox.wait(config.timeout, |refused| tell.say_what_was_refused(refused));
    tell.say_how_many_were_ignored();
    let Callback { response, tab } = callback?;
    tell.show_callback(tab.as_ref());

    // Legs 3 and 4: this program asks.
    let result = match response {
        AuthorizationResponse::Granted(code) => {
            ask(config, client, &redirect_uri, &code, &verifier, tell)
        }
        AuthorizationResponse::Refused(error) => Err(error),
    };

    // After: the page claims nothing that hasn't happened.
    if let Some(tab) = tab {
        let page = match &result {
            Ok(login) => page::signed_in(login.text("login"), login.text("name"), &tell.steps()),
            Err(error) => page::not_signed_in(error, &tell.steps()),
        };
        let bytes = tab.show(&page);
        tell.explain(Step::After);
        tell.trace.sent(&bytes);
    }
    inbox.close(|refused| tell.say_what_was_refused(refused));
    result
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
    tell.compare_scopes(granted.scope.as_deref());

    let Some(user_url) = &config.user_url else { return Ok(Login { granted, profile: None }) };
    tell.explain(Step::Leg4);
    let profile = profile::fetch(client, user_url, &granted.token)?;
    Ok(Login { granted, profile: Some(profile) })
}
