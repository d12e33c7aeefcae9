//! The login, from the first line to the last: the only file that knows the order of the legs.

use crate::flow::{authorize, paste, profile, revoke, token};
use crate::narrator::{Moment, Narrator};
use crate::secret::{State, Verifier};
use crate::{
    browser::Person, cli::Options, config::Config, error::Error, flow::callback::Expected,
    flow::port::Port, flow::profile::Profile, flow::token::Granted, page, wire::Variables,
    wire::client::Client,
};

/// Logs a person in, and shows the result.
pub fn run(
    config: &Config,
    variables: Variables<'_>,
    options: &Options,
    person: &Person<'_>,
) -> Result<(), Error> {
    let mut tell = Narrator::new(config, options, person.opener);
    let endpoints = [Some(&config.token_url), config.user_url.as_ref(), config.revoke_url.as_ref()];
    let client = Client::new(variables, &endpoints, config.limits, &tell.trace)?;
    let (granted, profile) = login(config, &client, person, &mut tell)?;
    let shown = tell.show(options.output, &granted, profile.as_ref());

    // Leg 5, if somebody asked: even when the result couldn't be shown, the token ends.
    if let Some(revoke_url) = &config.revoke_url {
        tell.about(Moment::Revoking);
        let result = revoke::revoke(&client, config, revoke_url, &granted.token);
        tell.about(Moment::Revoked(result.is_ok()));
        result.map_err(|error| error.masked(&|words| tell.trace.hidden.quote(words)))?;
    }
    shown.inspect(|()| tell.about(Moment::Done))
}

/// Logs a person in: what was granted, and to whom, if somebody asked. Errors: those of the legs.
pub fn login(
    config: &Config,
    client: &Client,
    person: &Person<'_>,
    tell: &mut Narrator<'_>,
) -> Result<(Granted, Option<Profile>), Error> {
    // Before: listen, so that the callback can't come too early.
    let port = (!config.paste).then(|| Port::open(&config.redirect_uri)).transpose()?;
    let redirect_uri =
        port.as_ref().map_or(&config.redirect_uri, |port| &port.redirect_uri).clone();
    tell.about(Moment::Listening(&redirect_uri));

    // Leg 1: the browser carries the question. State and verifier stay here.
    let state = State::random().map_err(Error::System)?;
    let verifier = Verifier::random().map_err(Error::System)?;
    let url = authorize::url(config, &redirect_uri.text, &state, &verifier);
    tell.about(Moment::Asking(&url, &redirect_uri));
    (person.open)(&url)?;

    // Leg 2: the browser brings the answer.
    tell.about(Moment::Waiting);
    let expected = Expected::new(&redirect_uri, state, config.issuer.clone(), &tell.trace.hidden);
    let inbox = match port {
        Some(port) => port.serve(expected, config.limits)?,
        None => paste::read_lines(expected)?,
    };
    let arrival = inbox.wait(config.timeout, |event| tell.about(Moment::Met(event)));
    tell.about(Moment::Waited(&arrival));
    let (answer, tab) = arrival?;

    // Legs 3 and 4: this program asks.
    let result = answer.and_then(|code| {
        tell.about(Moment::Exchanging(&code));
        let granted = token::exchange(client, config, &redirect_uri.text, &code, &verifier)?;
        tell.about(Moment::Exchanged(&granted));
        let profile = config.user_url.as_ref().map(|user_url| {
            tell.about(Moment::Fetching);
            profile::fetch(client, user_url, &granted.token)
        });
        Ok((granted, profile.transpose()?))
    });
    let result = result.map_err(|error| error.masked(&|words| tell.trace.hidden.quote(words)));

    // After: the page claims nothing that hasn't happened.
    if let Some(tab) = tab {
        let known = result.as_ref();
        let known = known.map(|(_, who)| ["login", "name"].map(|key| who.as_ref()?.text(key)));
        let page = tab.show(&page::after(known, &tell.trace.steps()));
        tell.about(Moment::Answered(&page));
    }
    while let Ok(event) = inbox.events.recv_timeout(std::time::Duration::ZERO) {
        tell.about(Moment::Met(&event));
    }
    result
}
