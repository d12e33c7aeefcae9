//! The cases of leg 1: the authorization request, and the login as a whole.

use std::time::Duration;

use super::case::{Case, Looks};
use crate::exam::browser::Browser;
use crate::exam::client::Variables;
use crate::exam::judge::ends::succeeds;
use crate::exam::judge::pages::probed;
use crate::exam::judge::random;
use crate::exam::judge::requests::{asks_in_each_leg, redirect_uri, response_type, starts};
use crate::exam::judge::secrets::secret_in_url;
use crate::exam::parameters::decode;
use crate::exam::plan::{Holds, NOTHING, Plan, does};
use crate::exam::seen::{Asked, Point, Probe, Record};
use crate::exam::verdict::{Finding, Leg, Level};
use crate::exam::visit;
use crate::practice::lock::locked;

/// A query that an endpoint has of its own.
const TENANT: &str = "tenant=a%26b";
/// How long a client that has printed its URL may take to start a browser.
const BROWSER_START: Duration = Duration::from_secs(1);

pub(super) static CASES: &[Case] = &[
    Case {
        name: "login",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1",
        what: "Nothing goes wrong.",
        passes: "It starts $BROWSER or prints the URL, makes one token request, asks for the profile if it needs one, and ends with 0.",
        why: "Every other case needs a login that works.",
        advice: "Start $BROWSER with the URL or print it, make one token request, and exit with 0.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[starts, asks_in_each_leg, succeeds]),
    },
    Case {
        name: "response-type",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1.1",
        what: "Nothing goes wrong.",
        passes: "Leg 1 has response_type=code.",
        why: "GitHub doesn't need it, but other providers refuse a request without it.",
        advice: "Send response_type=code in leg 1.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[response_type]),
    },
    Case {
        name: "state",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §10.10, §10.12",
        what: "Compares the state of all runs.",
        passes: "Each login has a new state of 128 bits or more.",
        why: "Anyone who can guess the state can sign you in as somebody else.",
        advice: "Send 32 random bytes in base64url as state in leg 1, new ones for each login.",
        needs: &[],
        runs: &[NOTHING],
        looks: Looks::AllRuns(random::state),
    },
    Case {
        name: "pkce",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 8252 §6, §8.4, RFC 7636 §4, §7.1, RFC 6749 §10.10",
        what: "Compares the challenges and the verifiers of all runs.",
        passes: "Leg 1 has a challenge by S256, leg 3 the verifier that it was made of; both are new each time, and have 256 bits.",
        why: "Without PKCE, anyone with the client secret can use a stolen code; an app's secret is in every copy of it.",
        advice: "Make a verifier of 32 random bytes in base64url (43 characters) for each login; send its SHA-256 hash, in base64url, in leg 1, and the verifier in leg 3.",
        needs: &[],
        runs: &[NOTHING],
        looks: Looks::AllRuns(random::pkce),
    },
    Case {
        name: "redirect-uri",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1.3, RFC 8252 §7.3",
        what: "Nothing goes wrong.",
        passes: "Both legs have the same redirect_uri.",
        why: "The provider compares the two, so that a code is good only where it was sent.",
        advice: "Send the same redirect_uri in leg 1 and in leg 3: http, and a loopback host.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[redirect_uri]),
    },
    Case {
        name: "secret-in-url",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §2.3.1, §4.1.3, RFC 7636 §4.5",
        what: "Looks at the URLs of all runs.",
        passes: "No request has the client secret or the verifier in its URL.",
        why: "URLs end up in browser histories and server logs.",
        advice: "Send the client secret and the verifier in the body of leg 3.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[secret_in_url]),
    },
    Case {
        name: "endpoint-query",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §3.1, §3.2",
        what: "AUTH_URL and TOKEN_URL have a query, ?tenant=a%26b.",
        passes: "Both requests have it, whole and once.",
        why: "Without it the provider asks the wrong tenant, or nobody.",
        advice: "Take the URLs apart, and add your parameters to those that are there.",
        needs: &[],
        runs: &[Plan { changes: with_a_query, point: Point::Start, ..NOTHING }],
        looks: Looks::OwnRuns(&[keeps_the_query]),
    },
    Case {
        name: "listens-first",
        leg: Leg::One,
        level: Level::Should,
        rule: "RFC 8252 §8.3",
        what: "The person is signed in already: the callback comes the moment the browser starts.",
        passes: "The port takes a connection by then.",
        why: "The tab says that nobody is there, or somebody else takes the port first.",
        advice: "Open the port first, and the browser after that.",
        needs: &[],
        runs: &[Plan {
            holds_browser: true,
            point: Point::AuthorizationRequest,
            ..does(comes_at_once)
        }],
        looks: Looks::OwnRuns(&[probed]),
    },
    Case {
        name: "foreground-browser",
        leg: Leg::One,
        level: Level::Should,
        rule: "some browsers keep their caller waiting",
        what: "$BROWSER brings the callback and waits for its page before it ends.",
        passes: "The login succeeds while the browser still runs.",
        why: "A text browser, or one in a container, stays in the foreground: the page waits for the program, and the program for the browser.",
        advice: "Start the browser on a thread or as a process of its own, and go on.",
        needs: &[],
        runs: &[Plan {
            holds_browser: true,
            point: Point::AuthorizationRequest,
            ..does(stays_in_the_foreground)
        }],
        looks: Looks::OwnRuns(&[probed, succeeds]),
    },
    Case {
        name: "port-taken",
        leg: Leg::One,
        level: Level::Should,
        rule: "RFC 8252 §8.3",
        what: "Another program listens on the callback port; in a second run on [::1] only.",
        passes: "No browser is sent to a port that the client does not hold.",
        why: "The program that holds the port gets the code.",
        advice: "Listen on every address that the redirect URI may mean, before the browser opens, and stop if one of them is taken.",
        needs: &[],
        runs: &[
            Plan { holds: Holds::Port, point: Point::Start, ..does(agrees_unless_held) },
            Plan { holds: Holds::PortOnV6, point: Point::Start, ..does(agrees_unless_held) },
        ],
        looks: Looks::OwnRuns(&[leaves_a_taken_port]),
    },
];

fn with_a_query(variables: &mut Variables) {
    variables.auth_url += &format!("?{TENANT}");
    variables.token_url += &format!("?{TENANT}");
}

/// Both requests have the query that their endpoint has.
fn keeps_the_query(run: &Record) -> Option<Finding> {
    for (name, leg) in [("authorization", &run.leg_1), ("token", &run.leg_3)] {
        let Some(asked) = leg.first() else {
            let seen = format!("no {name} request came");
            return Some(Finding::unclear(seen));
        };
        if !has_tenant(asked) {
            let seen =
                format!("the {name} request didn't have the query of its endpoint, whole and once");
            return Some(Finding::broken(seen));
        }
    }
    None
}

fn has_tenant(asked: &Asked) -> bool {
    let mut tenants = Vec::new();
    for parameter in decode(asked.request.query()) {
        if parameter.name == "tenant" {
            tenants.push(parameter.value);
        }
    }
    tenants == ["a&b"]
}

/// Looks for the client before its browser has returned.
fn comes_at_once(browser: &mut Browser<'_>) {
    let is_open = visit::connect(&browser.sockets).is_some();
    let port = browser.home.port;
    let seen = format!("nobody listened on port {port} when the browser started");
    browser.found(if is_open { Probe::Fine } else { Probe::Wrong(seen) });
    browser.books.hold_opener(false);
    browser.agrees();
}

/// Lets the client's browser return only once the page is there.
fn stays_in_the_foreground(browser: &mut Browser<'_>) {
    if !browser.has_opened_within(BROWSER_START) {
        browser.found(Probe::Untold(
            "this client had started no browser a second after its request".to_owned(),
        ));
        browser.books.hold_opener(false);
        browser.agrees();
        return;
    }
    let patience = browser.books.left() / 2;
    browser.looks_no_longer_than(patience);
    let callback = browser.right();
    let page = browser.brings_within(&callback, patience);
    let seen = "no page came as long as its browser ran".to_owned();
    browser.found(if page.is_some() { Probe::Fine } else { Probe::Wrong(seen) });
}

/// Nobody is signed in at an address that is somebody else's. A redirect URI with `127.0.0.1` doesn't
/// mean `[::1]`.
fn agrees_unless_held(browser: &mut Browser<'_>) {
    let is_held = locked(&browser.books.record).leads_to_held();
    if !is_held {
        browser.agrees();
    }
}

/// No browser is sent to an address that somebody else has.
fn leaves_a_taken_port(run: &Record) -> Option<Finding> {
    if !run.leads_to_held() {
        return None;
    }
    let authority = run.home.as_ref()?.authority();
    let seen = format!("it sent the browser to `{authority}`, where somebody else listens");
    Some(Finding::broken(seen))
}
