//! Checks of the requests: what they have to have, and what they must not have.

use crate::exam::http::Message;
use crate::exam::judge::ends::last;
use crate::exam::kind::{Credentials, credentials, has_client_id, is_right_basic};
use crate::exam::parameters;
use crate::exam::seen::{Asked, LastLeg, Record};
use crate::exam::verdict::Finding;

/// The command can be started.
pub(in crate::exam) fn starts(run: &Record) -> Option<Finding> {
    let problem = run.problem.as_ref()?;
    Some(Finding::broken(format!("the command can't be started: {problem}")))
}

/// Each leg that the client has brings a request that the provider takes.
pub(in crate::exam) fn asks_in_each_leg(run: &Record) -> Option<Finding> {
    if run.request().is_none() {
        return Some(missing(run, "authorization", &run.leg_1));
    }
    if run.was_delivered != Some(true) {
        return Some(Finding::broken(format!("nobody took the callback: {}", last(run))));
    }
    if !run.leg_3.iter().any(|asked| asked.was_granted) {
        return Some(missing(run, "token", &run.leg_3));
    }
    if run.leg_3.len() > 1 {
        let count = run.leg_3.len();
        return Some(Finding::broken(format!("{count} token requests came")));
    }
    let has_profile = run.leg_4.iter().any(|asked| asked.was_granted);
    if run.last_leg == LastLeg::Profile && !has_profile {
        return Some(missing(run, "profile", &run.leg_4));
    }
    None
}

/// Why a leg is missing.
fn missing(run: &Record, name: &str, leg: &[Asked]) -> Finding {
    for asked in leg {
        if let Some(why) = &asked.refused {
            return Finding::broken(format!("the provider refused the {name} request: {why}"));
        }
    }
    let is_silent = run.out.length + run.err.length == 0 && !run.has_opened;
    if is_silent && run.end.is_none() {
        let seen = format!("no {name} request came, and nothing was opened or printed");
        let why =
            "A program that holds its output back, because nobody is at a terminal, shows no URL.";
        let advice = "Write the URL at once (flush it), start $BROWSER with it, or examine `script -qec COMMAND /dev/null`.";
        return Finding::broken(seen).because(why, advice);
    }
    Finding::broken(format!("no {name} request came: {}", last(run)))
}

pub(in crate::exam) fn response_type(run: &Record) -> Option<Finding> {
    if run.leg_1_parameter("response_type") == Some("code") {
        return None;
    }
    Some(Finding::broken("it sent no response_type=code"))
}

pub(in crate::exam) fn redirect_uri(run: &Record) -> Option<Finding> {
    let asked = run.leg_1_parameter("redirect_uri");
    let given = run.leg_3_parameter("redirect_uri");
    match (asked, given) {
        (None, None) => {
            let why = "The provider sends the browser to whatever is registered, which may be another port.";
            let advice = "Send the redirect_uri that you listen on in leg 1, and again in leg 3.";
            let seen = "neither leg had a redirect_uri";
            Some(Finding::weak(seen).because(why, advice))
        }
        (Some(_), None) => {
            let why = "RFC 6749 §4.1.3 wants it, so many providers refuse this; OAuth 2.1 differs, and has taken it out of leg 3.";
            let advice = "Send the same redirect_uri in leg 3 for as long as there are providers of OAuth 2.0.";
            Some(Finding::broken("leg 3 had no redirect_uri").because(why, advice))
        }
        (None, Some(_)) => Some(Finding::broken("leg 1 had no redirect_uri, and leg 3 had one")),
        (Some(asked), Some(given)) if asked == given => None,
        (Some(_), Some(_)) => {
            Some(Finding::broken("leg 3 had a different redirect_uri from leg 1"))
        }
    }
}

pub(in crate::exam) fn token_request(run: &Record) -> Option<Finding> {
    let asked = run.leg_3.first()?;
    let method = asked.request.method();
    if method != "POST" {
        let why = "RFC 6749 §3.2: the client MUST use POST, so that no log has what it sends.";
        let advice = "Send a POST.";
        return Some(Finding::broken(format!("its method was {method}")).because(why, advice));
    }
    let media_type = asked.request.header("content-type").unwrap_or_default();
    let is_form = media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    if !is_form || !asked.request.body.contains("code=") {
        let why = "RFC 6749 §4.1.3 wants the parameters as a form in the body; few providers read anything else.";
        let advice = "Send the parameters in the body, as application/x-www-form-urlencoded.";
        let seen = "its body wasn't a form with the code";
        return Some(Finding::broken(seen).because(why, advice));
    }
    if asked.parameter("grant_type") != Some("authorization_code") {
        let why =
            "GitHub doesn't need it, but nearly every other provider refuses a request without it.";
        let advice = "Send grant_type=authorization_code.";
        let seen = "it had no grant_type=authorization_code";
        return Some(Finding::broken(seen).because(why, advice));
    }
    // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
    if let Some(name) = parameters::repeated(&asked.parameters) {
        let seen = format!("it had `{name}` twice");
        let why = "RFC 6749 §3.2: a parameter MUST NOT be there more than once; strict providers refuse the request.";
        let advice = "Send each parameter once.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    authentication(asked, run)
}

/// The provider understands who the client is.
pub(in crate::exam) fn is_authenticated(run: &Record) -> Option<Finding> {
    authentication(run.leg_3.first()?, run)
}

/// How a client says who it is.
fn authentication(asked: &Asked, run: &Record) -> Option<Finding> {
    let why = "A provider that asks for credentials refuses the request.";
    match credentials(asked) {
        Credentials::Both => {
            let seen = "its secret was in the body and in HTTP Basic";
            let why = "RFC 6749 §2.3: the client MUST NOT use more than one method in a request; strict providers refuse it.";
            let advice = "Send the secret in one place: in the body, or by HTTP Basic.";
            Some(Finding::broken(seen).because(why, advice))
        }
        Credentials::Basic if is_right_basic(asked, &run.secret) => None,
        Credentials::Basic => {
            let seen =
                "HTTP Basic had a client_id or client_secret that isn't CLIENT_ID or CLIENT_SECRET";
            let advice = "Encode each of the two as a form does, join them with a colon, and encode that in base64.";
            Some(Finding::broken(seen).because(why, advice))
        }
        Credentials::Body | Credentials::None if !has_client_id(asked) => {
            let seen = "it had no client_id";
            let advice = "Send client_id in the body, or id and secret by HTTP Basic.";
            Some(Finding::broken(seen).because(why, advice))
        }
        Credentials::Body if asked.parameter("client_secret") != Some(&run.secret) => {
            let seen = "its client_secret isn't the CLIENT_SECRET";
            let advice = "Send CLIENT_SECRET as it is, encoded as a form.";
            Some(Finding::broken(seen).because(why, advice))
        }
        Credentials::None if asked.parameter("code_verifier").is_none() => {
            let seen = "it had neither a client_secret nor a code_verifier";
            let why = "Nobody can tell this client from a thief who has the code.";
            let advice = "Send the client_secret, if there is one, and use PKCE.";
            Some(Finding::broken(seen).because(why, advice))
        }
        Credentials::Body | Credentials::None | Credentials::Assertion => None,
    }
}

pub(in crate::exam) fn bearer(run: &Record) -> Option<Finding> {
    is_bearer(&run.leg_4)
}

/// A client that asks again, after a refusal, doesn't send the token in another way.
pub(in crate::exam) fn stays_with_bearer(run: &Record) -> Option<Finding> {
    is_bearer(run.leg_4.get(1..).unwrap_or_default())
}

fn is_bearer(requests: &[Asked]) -> Option<Finding> {
    for asked in requests {
        if asked.request.query().contains("gho_") {
            let why =
                "URLs end up in browser histories and server logs (RFC 9700 §4.3.2 forbids it).";
            let advice = "Send the token as Authorization: Bearer.";
            return Some(Finding::broken("the token was in the URL").because(why, advice));
        }
    }
    for asked in requests {
        let value = asked.request.header("authorization").unwrap_or_default();
        let (scheme, _) = value.split_once(' ').unwrap_or(("", value));
        if !scheme.eq_ignore_ascii_case("bearer") {
            let seen = "it didn't send the token as Authorization: Bearer";
            let why = "GitHub takes other schemes; a resource server of RFC 6750 need not.";
            let advice = "Send Authorization: Bearer, a space, and the token.";
            return Some(Finding::weak(seen).because(why, advice));
        }
        if let Some(place) = second_place(&asked.request) {
            let why = "RFC 6750 §2: a client MUST NOT use more than one method to send the token; strict resource servers refuse the request.";
            let advice = "Send the token as Authorization: Bearer, and nowhere else.";
            let seen = format!("the token was in {place} as well");
            return Some(Finding::broken(seen).because(why, advice));
        }
    }
    None
}

/// Where a request has a token besides its Authorization.
fn second_place(request: &Message) -> Option<String> {
    if request.body.contains("gho_") {
        return Some("the body".to_owned());
    }
    for header in &request.headers {
        let is_authorization = header.name.eq_ignore_ascii_case("authorization");
        if !is_authorization && header.value.contains("gho_") {
            return Some(format!("the header `{}`", header.name));
        }
    }
    None
}

pub(in crate::exam) fn asks_for_json(run: &Record) -> Option<Finding> {
    let asked = run.leg_3.first()?;
    let accept = asked.request.header("accept").unwrap_or_default();
    if accept.to_ascii_lowercase().contains("application/json") {
        return None;
    }
    Some(Finding::broken("its Accept didn't name application/json"))
}

pub(in crate::exam) fn sends_no_such_header(run: &Record) -> Option<Finding> {
    for asked in &run.leg_4 {
        if asked.request.header("x-injected").is_some() {
            return Some(Finding::broken("the header came with leg 4"));
        }
    }
    None
}

/// At most this much of an answer without end, of which the system's buffers hold some.
pub(in crate::exam) fn stops_reading(run: &Record) -> Option<Finding> {
    let mebibytes = run.sent >> 20;
    if mebibytes < 64 {
        return None;
    }
    let why = "The program takes all the memory that there is.";
    let advice = "Read no more than 1 MiB of an answer.";
    Some(Finding::broken(format!("it read {mebibytes} MiB")).because(why, advice))
}
