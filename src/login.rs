//! The login, from beginning to end: the only file that knows the order of the legs.
//!
//! ```text
//! leg 1  the browser carries the authorization request to the provider
//! leg 2  the browser brings the answer back: a code, or an error
//! leg 3  this program trades the code for a token
//! leg 4  this program asks for the profile, with the token
//! leg 5  this program revokes the token, with --revoke
//! ```

use crate::ask::client::Client;
use crate::error::Error;
use crate::narrator::Narrator;
use crate::narrator::lesson::Step;
use crate::protocol::callback::{AuthorizationResponse, ExpectedCallback};
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

/// Logs a person in and shows the result. With --revoke, revokes the tokens afterwards.
pub fn run(config: &Config, options: &Options, person: &Person<'_>) -> Result<(), Error> {
    let mut narrator = Narrator::new(config, options, person.opener);
    let http_client = Client::new(config, &narrator.trace);

    // Before: listen, so that the callback can't come too early. With --paste nothing listens.
    let port = if config.paste { None } else { Some(open_port(config, &narrator)?) };
    let redirect_uri = match &port {
        Some(port) => port.redirect_uri.clone(),
        None => config.redirect_uri.clone(),
    };

    // Leg 1: the browser carries the question, with the state in it. The verifier stays here until leg 3.
    narrator.explain(Step::Leg1);
    let state = State::random()?;
    let verifier = Verifier::random()?;
    let url = authorize::url(config, &redirect_uri, &state, &verifier);
    let secrets = narrator.secrets();
    let expected = ExpectedCallback::new(&redirect_uri, state, &config.issuer, secrets);
    narrator.show_url(&url, &redirect_uri);
    person.open(&url)?;

    // Leg 2: the browser brings the answer. With --paste, the person does.
    // With --step this reads Enter, so nothing else may read standard input yet.
    narrator.explain(Step::Leg2);
    let inbox = match port {
        Some(port) => port.serve(expected, config.limits)?,
        None => paste::read_lines(expected)?,
    };
    narrator.say_what_is_awaited();
    let arrival = inbox.wait(config.timeout, |refused| narrator.say_what_was_refused(refused));
    narrator.say_how_many_were_ignored();
    // The tab is the browser's connection, open until its page is known.
    let Callback { response, tab } = arrival?;
    narrator.show_callback(tab.as_ref());

    // Legs 3 and 4: this program asks.
    let result = match response {
        AuthorizationResponse::Granted(code) => {
            ask_provider(config, &http_client, &redirect_uri, &code, &verifier, &narrator)
        }
        AuthorizationResponse::Refused(error) => Err(error),
    };
    // The result is shown first: answering the tab and closing the port may take a moment.
    let shown = narrator.show_result(options.output, &result);

    // After: only now does the tab get its page, which says how the login went.
    if let Some(tab) = tab {
        answer_tab(tab, &redirect_uri, &result, &narrator);
    }
    inbox.close(|refused| narrator.say_what_was_refused(refused));
    let login = result?;

    // Leg 5, with --revoke. The tokens are revoked even if the result couldn't be shown.
    if let Some(revoke_url) = &config.revoke_url {
        revoke_tokens(config, &http_client, revoke_url, &login, &narrator)?;
    }
    shown?;
    narrator.say("\nDone.");
    Ok(())
}

fn open_port(config: &Config, narrator: &Narrator<'_>) -> Result<Port, Error> {
    let port = Port::open(&config.redirect_uri, config.listen)?;
    narrator.explain(Step::Before);
    narrator.say(&format!("Callback server running on {} ...", port.redirect_uri.origin()));
    if let Some(ip) = config.listen {
        narrator.say(&format!("It listens on `{ip}`, as LISTEN says."));
        if !ip.is_loopback() {
            narrator.say("Other machines may reach it.");
        }
    }
    Ok(port)
}

/// Legs 3 and 4: trades the code for a token, and uses the token to ask for the profile, except with
/// --token and --response.
fn ask_provider(
    config: &Config,
    http_client: &Client,
    redirect_uri: &RedirectUri,
    code: &Code,
    verifier: &Verifier,
    narrator: &Narrator<'_>,
) -> Result<Login, Error> {
    // A code and a token print masked, as `4f2c… (20 characters)`: their types see to that.
    narrator.say(&format!("\nAuthorization code received: {code}"));
    narrator.explain(Step::Leg3);
    let granted = token::exchange(http_client, config, redirect_uri, code, verifier)?;
    narrator.say(&format!("Access token received: {}", granted.token));
    narrator.compare_scopes(&granted.scope);

    let Some(user_url) = &config.user_url else { return Ok(Login { granted, profile: None }) };
    narrator.explain(Step::Leg4);
    let profile = profile::fetch(http_client, user_url, &granted.token)?;
    Ok(Login { granted, profile: Some(profile) })
}

/// Answers the tab, which has been waiting since leg 2.
fn answer_tab(
    tab: Tab,
    redirect_uri: &RedirectUri,
    result: &Result<Login, Error>,
    narrator: &Narrator<'_>,
) {
    let origin = redirect_uri.origin();
    let steps = narrator.take_steps();
    let page = match result {
        Ok(login) => {
            let name = login.profile_text("name");
            page::signed_in(&origin, login.profile_text("login"), name, &steps)
        }
        Err(error) => page::not_signed_in(&origin, error, &steps),
    };
    let bytes = tab.show(&page);
    narrator.explain(Step::After);
    narrator.trace.sent_page(&bytes);
}

/// Leg 5: gives the tokens back.
fn revoke_tokens(
    config: &Config,
    http_client: &Client,
    revoke_url: &Destination,
    login: &Login,
    narrator: &Narrator<'_>,
) -> Result<(), Error> {
    narrator.explain(Step::Leg5);
    let granted = &login.granted;
    let refresh_token = granted.refresh_token.as_ref();
    let revoked = revoke::revoke(http_client, config, revoke_url, &granted.token, refresh_token);
    narrator.say_what_was_revoked(&revoked, granted);
    revoked?;
    Ok(())
}
