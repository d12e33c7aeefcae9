//! Checks of the requests: what they have to have, and what they must not have.

use crate::exam::judge::ends::last_line;
use crate::exam::seen::{Asked, Record};
use crate::exam::verdict::{Finding, Weight};
use crate::protocol::{client_auth, pkce};
use crate::secret::{ClientSecret, Verifier};

/// The command can be started.
pub(in crate::exam) fn starts(run: &Record) -> Option<Finding> {
    let problem = run.problem.as_ref()?;
    Some(Finding::broken(format!("the command can't be started: {problem}")))
}

/// Each leg has a request that the provider takes.
pub(in crate::exam) fn asks_in_each_leg(run: &Record) -> Option<Finding> {
    if run.request().is_none() {
        return Some(missing(run, "authorization", &run.leg_1));
    }
    for (name, leg) in [("token", &run.leg_3), ("profile", &run.leg_4)] {
        if !leg.iter().any(|asked| asked.was_granted) {
            return Some(missing(run, name, leg));
        }
    }
    if run.leg_3.len() > 1 {
        let count = run.leg_3.len();
        return Some(Finding::broken(format!("{count} token requests came")));
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
    Finding::broken(format!("no {name} request came{}", last_line(run)))
}

pub(in crate::exam) fn response_type(run: &Record) -> Option<Finding> {
    if run.leg_1_parameter("response_type") == Some("code") {
        return None;
    }
    Some(Finding::broken("it sent no response_type=code"))
}

pub(in crate::exam) fn state(run: &Record) -> Option<Finding> {
    run.request()?;
    let Some(state) = run.leg_1_parameter("state") else {
        if run.leg_1_parameter("code_challenge").is_some() {
            // RFC 9700 §2.1 allows it, where the client knows that the provider looks at the challenge.
            let seen = "it sent no state, and relies on PKCE alone";
            return Some(Finding::new(Weight::Weak, seen));
        }
        return Some(Finding::broken("it sent no state"));
    };
    let count = state.chars().count();
    if count < 22 {
        return Some(Finding::broken(format!("its state has {count} characters, and needs 22")));
    }
    None
}

pub(in crate::exam) fn uses_pkce(run: &Record) -> Option<Finding> {
    run.request()?;
    let Some(challenge) = run.leg_1_parameter("code_challenge") else {
        return Some(Finding::broken("it sent no code_challenge"));
    };
    if run.leg_1_parameter("code_challenge_method") != Some("S256") {
        return Some(Finding::broken("its code_challenge_method isn't S256"));
    }
    if run.leg_3.is_empty() {
        return None;
    }
    let verifier = run.leg_3_parameter("code_verifier").unwrap_or_default();
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(is_unreserved) {
        let seen = "its code_verifier isn't 43 to 128 characters of the right kind";
        return Some(Finding::broken(seen));
    }
    if challenge == pkce::challenge(&Verifier::new(verifier.to_owned())) {
        return None;
    }
    Some(Finding::broken("its code_verifier doesn't hash to the code_challenge"))
}

/// No two runs have the same value of a parameter of leg 1.
pub(in crate::exam) fn is_new_each_time(runs: &[Record], name: &str) -> Option<Finding> {
    let mut values = Vec::new();
    for run in runs {
        let Some(value) = run.leg_1_parameter(name) else { continue };
        if values.contains(&value) {
            return Some(Finding::broken(format!("two logins had the same {name}")));
        }
        values.push(value);
    }
    None
}

pub(in crate::exam) fn redirect_uri(run: &Record) -> Option<Finding> {
    let Some(asked) = run.leg_1_parameter("redirect_uri") else {
        return Some(Finding::broken("leg 1 had no redirect_uri"));
    };
    match run.leg_3_parameter("redirect_uri") {
        None => Some(Finding::broken("leg 3 had no redirect_uri")),
        Some(given) if given == asked => None,
        Some(_) => Some(Finding::broken("leg 3 had another redirect_uri than leg 1")),
    }
}

pub(in crate::exam) fn token_request(run: &Record) -> Option<Finding> {
    let asked = run.leg_3.first()?;
    let method = asked.request.method();
    if method != "POST" {
        return Some(Finding::broken(format!("its method was {method}")));
    }
    let media_type = asked.request.header("content-type").unwrap_or_default();
    let is_form = media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    if !is_form || !asked.request.body.contains("code=") {
        return Some(Finding::broken("its body wasn't a form with the code"));
    }
    if asked.parameter("grant_type") != Some("authorization_code") {
        return Some(Finding::broken("it had no grant_type=authorization_code"));
    }
    let basic = client_auth::basic("practice", &ClientSecret::new(run.secret.clone()));
    let is_in_body = asked.parameter("client_id") == Some("practice")
        && asked.parameter("client_secret") == Some(&run.secret);
    if is_in_body || asked.request.header("authorization") == Some(&basic) {
        return None;
    }
    let seen = "client_id and client_secret were neither in the body nor in HTTP Basic";
    Some(Finding::broken(seen))
}

pub(in crate::exam) fn bearer(run: &Record) -> Option<Finding> {
    for asked in &run.leg_4 {
        if asked.request.query().contains("gho_") {
            return Some(Finding::broken("the token was in the address"));
        }
        let value = asked.request.header("authorization").unwrap_or_default();
        if !value.to_ascii_lowercase().starts_with("bearer ") {
            let seen = "it didn't send the token as Authorization: Bearer";
            return Some(Finding::broken(seen));
        }
    }
    None
}

pub(in crate::exam) fn goes_nowhere_else(run: &Record) -> Option<Finding> {
    if run.elsewhere.is_empty() { None } else { Some(Finding::broken("a request came there")) }
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
    if mebibytes < 64 { None } else { Some(Finding::broken(format!("it read {mebibytes} MiB"))) }
}
