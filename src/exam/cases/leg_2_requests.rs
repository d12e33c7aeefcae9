//! The cases of leg 2 about the callback's server: what comes beside the right callback, and how.

use std::net::TcpStream;

use super::case::{Case, Looks, Need};
use crate::exam::address::Address;
use crate::exam::answers;
use crate::exam::browser::Browser;
use crate::exam::judge::ends::{
    asks_no_token, fails, last, meets_no_stranger, sends_the_code_once, succeeds,
};
use crate::exam::judge::pages::{is_done_soon, probed};
use crate::exam::parameters::encode;
use crate::exam::person::{Pkce, parameter};
use crate::exam::plan::{Plan, does, token};
use crate::exam::seen::{Account, Point, Probe, Record};
use crate::exam::talk::good;
use crate::exam::verdict::{Finding, Leg, Level};
use crate::exam::visit::{self, Pace, SHORT, Visit};

/// Every character that a form escapes in its own way.
const ODD_CODE: &str = "4/0Ab+c=d&e%2F f~";

pub(super) static CASES: &[Case] = &[
    Case {
        name: "access-denied",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §4.1.2.1",
        what: "The person says no: error=access_denied with the right state. In a second run the provider has failed: error=server_error.",
        passes: "No token request comes, and the client ends soon with a status other than 0.",
        why: "The person has decided, and waits for an answer.",
        advice: "Read error before code, say so in the tab, and exit with a status other than 0.",
        needs: &[],
        runs: &[does(access_denied), does(server_error)],
        looks: Looks::OwnRuns(&[asks_no_token, fails, is_done_soon]),
    },
    Case {
        name: "unknown-parameters",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §3.1, §4.1.2, §5.1",
        what: "The callback and the token answer bring parameters that nobody knows, one of them twice, and an empty error; in a second run, an expires_in in quotes.",
        passes: "The login succeeds.",
        why: "Providers add parameters whenever they like; an empty one counts as missing.",
        advice: "Read the parameters that you know, and ignore the others.",
        needs: &[],
        runs: &[UNKNOWN_PARAMETERS, token(good(answers::number_in_quotes))],
        looks: Looks::OwnRuns(&[reads_what_it_knows]),
    },
    Case {
        name: "odd-code",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 A.11, appendix B",
        what: "The code is `4/0Ab+c=d&e%2F f~`.",
        passes: "It comes to the token endpoint exactly so.",
        why: "Such codes exist, and a code that was decoded or encoded once too often is another code.",
        advice: "Decode the callback once, and encode the form once.",
        needs: &[],
        runs: &[does(odd_code)],
        looks: Looks::OwnRuns(&[brings_the_code_as_it_is]),
    },
    Case {
        name: "code-twice",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §4.1.2",
        what: "The right callback comes again during leg 3, and once more after it.",
        passes: "The code is exchanged once, and the login succeeds.",
        why: "A provider revokes the token when its code comes twice.",
        advice: "Take the first right callback, and no other.",
        needs: &[],
        runs: &[CODE_TWICE],
        looks: Looks::OwnRuns(&[exchanges_it_once, outlives_a_reload]),
    },
    Case {
        name: "stray-requests",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9110 §15.5",
        what: "/favicon.ico, /, //, /%ff, a HEAD, an empty POST, and a POST with a stranger's code come first.",
        passes: "The login succeeds, and the stranger's code isn't exchanged.",
        why: "Browsers ask for more than the callback, and any web page can send a form.",
        advice: "Answer anything but a GET of the callback's path with a 404 or 405, and go on waiting.",
        needs: &[Need::Get],
        runs: &[does(stray_requests)],
        looks: Looks::OwnRuns(&[meets_no_stranger, succeeds]),
    },
    Case {
        name: "prefetch",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9110 §9.2.1",
        what: "A HEAD of the right callback comes, then a GET with Sec-Purpose: prefetch, then the person.",
        passes: "The login succeeds, and the person sees its page.",
        why: "Browsers and link previews fetch a URL before anybody has opened it.",
        advice: "Do nothing for a HEAD, or for a request whose Sec-Purpose begins with prefetch, and go on waiting.",
        needs: &[Need::Get],
        runs: &[does(prefetch)],
        looks: Looks::OwnRuns(&[probed, succeeds]),
    },
    Case {
        name: "closed-tab",
        leg: Leg::Two,
        level: Level::Should,
        rule: "people close tabs",
        what: "The browser brings the right callback and is gone.",
        passes: "The login succeeds.",
        why: "The page is for the person; the login is there without it.",
        advice: "Ignore an error of the connection once the callback is read.",
        needs: &[],
        runs: &[does(closed_tab)],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "many-cookies",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 6265 §8.5",
        what: "The right callback has 14 KiB of cookies.",
        passes: "The login succeeds.",
        why: "Cookies know no ports: the browser sends you those of every program on this machine that ever set one.",
        advice: "Accept request heads of up to 64 KiB.",
        needs: &[],
        runs: &[does(many_cookies)],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "silent-connections",
        leg: Leg::Two,
        level: Level::Should,
        rule: "browsers open connections before they need them",
        what: "30 connections say nothing, then the right callback comes.",
        passes: "The login succeeds soon, and the process ends.",
        why: "A server that reads one connection at a time waits for the wrong one.",
        advice: "Read each connection on a thread of its own, with a time limit.",
        needs: &[],
        runs: &[does(silent_connections)],
        looks: Looks::OwnRuns(&[succeeds, is_done_soon]),
    },
    Case {
        name: "split-request",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9112 §2.2",
        what: "The right callback comes byte by byte.",
        passes: "The login succeeds.",
        why: "TCP keeps the bytes in order, but not in the pieces they were sent in.",
        advice: "Read until the empty line that ends the head.",
        needs: &[],
        runs: &[does(split_request)],
        looks: Looks::OwnRuns(&[succeeds]),
    },
];

const CODE_TWICE: Plan =
    Plan { script: code_twice, ..token(good(answers::token_after_a_callback)) };
const UNKNOWN_PARAMETERS: Plan = Plan {
    script: unknown_parameters,
    point: Point::Callback,
    ..token(good(answers::unknown_members))
};

fn access_denied(browser: &mut Browser<'_>) {
    browser.refuses("access_denied", "The user has denied your application access.");
}

fn server_error(browser: &mut Browser<'_>) {
    browser.refuses("server_error", "The provider has failed.");
}

fn unknown_parameters(browser: &mut Browser<'_>) {
    let mut callback = browser.right();
    for (name, value) in
        [("session_state", "a.b"), ("authuser", "0"), ("x[]", "1"), ("x[]", "2"), ("error", "")]
    {
        callback.push(parameter(name, value));
    }
    browser.brings_at_last(&callback);
}

/// The last run is the provider's fault. RFC 6749 §5.1: "Numerical values are included as JSON numbers."
fn reads_what_it_knows(run: &Record) -> Option<Finding> {
    let finding = succeeds(run)?;
    if run.number == 0 {
        return Some(finding);
    }
    let why = "Some providers send this number in quotes, and the token is good all the same.";
    let advice = "Read expires_in only where you need it, and do without it where it is no number.";
    Some(Finding::weak(format!("expires_in in quotes: {}", finding.seen)).because(why, advice))
}

fn odd_code(browser: &mut Browser<'_>) {
    let challenge = browser.asked.parameter("code_challenge").map(str::to_owned);
    browser.gives(Account::Person, ODD_CODE, challenge);
    let callback = browser.with_state(vec![parameter("code", ODD_CODE), browser.issuer()]);
    browser.brings_at_last(&callback);
}

fn brings_the_code_as_it_is(run: &Record) -> Option<Finding> {
    let Some(asked) = run.leg_3.first() else {
        return Some(Finding::broken(format!("it never came: {}", last(run))));
    };
    let code = asked.parameter("code").unwrap_or_default();
    if code == ODD_CODE { None } else { Some(Finding::broken(format!("it came as `{code}`"))) }
}

fn code_twice(browser: &mut Browser<'_>) {
    let callback = browser.right();
    browser.lays_ready(&callback);
    browser.brings_at_last(&callback);
    browser.brings(&callback);
}

/// The second callback has brought the code, so that the case's own advice says what to do.
fn exchanges_it_once(run: &Record) -> Option<Finding> {
    Some(sends_the_code_once(run)?.without_advice())
}

/// The code is good all the same, so a login that ends here breaks no MUST.
fn outlives_a_reload(run: &Record) -> Option<Finding> {
    let finding = succeeds(run)?;
    let why =
        "People reload a page that is slow, and browsers bring a callback again by themselves.";
    let advice =
        "Answer a callback that comes again, with a 409 for example, and finish the login.";
    Some(Finding::weak(finding.seen).because(why, advice))
}

fn stray_requests(browser: &mut Browser<'_>) {
    let path = browser.home.path().to_owned();
    for target in ["/favicon.ico", "/", "//", "/%ff"] {
        browser.asks("GET", target);
    }
    browser.asks("POST", &path);
    browser.asks("HEAD", &path);
    let forged = Visit::post(encode(&browser.strangers(&[], Pkce::None)));
    browser.visit(browser.home.clone(), forged, SHORT);
    browser.agrees();
}

fn prefetch(browser: &mut Browser<'_>) {
    let callback = browser.right();
    let target = browser.callback_target(&encode(&callback));
    browser.asks("HEAD", &target);
    let address = Address { target, ..browser.home.clone() };
    let headers = "Sec-Purpose: prefetch\r\n".to_owned();
    browser.visit(address, Visit { headers, ..Visit::get() }, SHORT);
    let page = browser.brings_at_last(&callback);
    browser.found(match page {
        Some(page) if page.status() < 400 => Probe::Fine,
        Some(page) => Probe::Wrong(format!("the person's page had the status {}", page.status())),
        None => Probe::Wrong("the person got no page".to_owned()),
    });
}

/// The browser sends its request and reads nothing.
fn closed_tab(browser: &mut Browser<'_>) {
    let callback = browser.right();
    if let Some(stream) = browser.connect() {
        let visit = browser.request_for(&callback);
        let address = browser.address_for(&visit, &callback);
        browser.note_delivery(true);
        let _ = visit::write(&stream, &address, &visit, &browser.cookies, Pace::Whole);
        browser.notes_when_it_brought();
    }
}

fn many_cookies(browser: &mut Browser<'_>) {
    let mut cookies = Vec::new();
    for number in 0..140 {
        cookies.push(format!("other_program_{number}={}", "x".repeat(80)));
    }
    browser.headers = format!("Cookie: {}\r\n", cookies.join("; "));
    browser.agrees();
}

fn silent_connections(browser: &mut Browser<'_>) {
    // Once the client listens.
    if let Some(stream) = browser.connect() {
        browser.held.push(stream);
        browser.note_delivery(true);
    }
    for socket in browser.sockets.clone() {
        for _ in 0..30 {
            // An address that takes no connection isn't tried again.
            let Ok(stream) = TcpStream::connect_timeout(&socket, SHORT) else { break };
            browser.held.push(stream);
        }
    }
    browser.agrees();
}

fn split_request(browser: &mut Browser<'_>) {
    browser.pace = Pace::ByteByByte;
    browser.agrees();
}
