//! The cases of leg 2: the callback, whoever brings it, and the port that it comes to.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use super::case::{Case, Looks, Need};
use crate::exam::answers::{self, Talk};
use crate::exam::browser::Browser;
use crate::exam::family;
use crate::exam::judge::ends::{
    asks_no_token, fails, leaves_the_code, meets_no_stranger, sends_the_code_once, succeeds,
};
use crate::exam::judge::texts::{
    MARKUP, claims_no_success, is_answered, is_done_within, probed, repeats_no_markup,
};
use crate::exam::person::{FORGED, parameter};
use crate::exam::plan::{Plan, does, token};
use crate::exam::seen::{Point, Probe};
use crate::exam::verdict::{Leg, Level};
use crate::exam::visit::{Pace, SHORT};
use crate::show::locked;
use crate::wire::form;

pub(super) static CASES: &[Case] = &[
    Case {
        name: "forged-state",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.12",
        what: "A stranger's code comes with another state, then the right callback.",
        why: "Any web page can send this callback, and you are signed in as somebody else.",
        advice: "Compare state with the one you sent before you use the code.",
        needs: &[],
        runs: &[does(|browser| forged(browser, &[FORGED]))],
        looks: Looks::OwnRuns(&[meets_no_stranger]),
    },
    Case {
        name: "missing-state",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.12",
        what: "A stranger's code comes with no state, then the right callback.",
        why: "A check that can be left out is no check.",
        advice: "Refuse a callback that has no state.",
        needs: &[],
        runs: &[does(|browser| forged(browser, &[]))],
        looks: Looks::OwnRuns(&[meets_no_stranger]),
    },
    Case {
        name: "survives-forgery",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 6749 §10.12",
        what: "Four forged callbacks come, then the right one.",
        why: "Any web page can end this login.",
        advice: "Answer a callback without the right state with a 400, even if it brings an error, and go on waiting.",
        needs: &[],
        runs: &[does(survives_forgery)],
        looks: Looks::OwnRuns(&[succeeds, meets_no_stranger]),
    },
    Case {
        name: "access-denied",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §4.1.2.1",
        what: "The person says no: error=access_denied with the right state.",
        why: "The person has decided, and waits for an answer.",
        advice: "Read error before code, say so in the tab, and exit with a status other than 0.",
        needs: &[],
        runs: &[does(access_denied)],
        looks: Looks::OwnRuns(&[asks_no_token, fails, claims_no_success, |run| {
            is_done_within(run, 10)
        }]),
    },
    Case {
        name: "wrong-issuer",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9207 §2.4",
        what: "The callback has the right state, and names another issuer.",
        why: "A code of one provider can be carried to another (a mix-up attack).",
        advice: "If the callback has an iss, compare it with ISSUER before you use the code.",
        needs: &[],
        runs: &[does(wrong_issuer)],
        looks: Looks::OwnRuns(&[leaves_the_code]),
    },
    Case {
        name: "repeated-parameter",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 6749 §3.1",
        what: "A stranger's code comes with two states: a wrong one, then the right one.",
        why: "Two readers of this address can see two different states.",
        advice: "Refuse a callback that has a parameter twice.",
        needs: &[],
        runs: &[does(repeated_parameter)],
        looks: Looks::OwnRuns(&[leaves_the_code]),
    },
    Case {
        name: "code-twice",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §4.1.2",
        what: "The right callback comes again during leg 3, and once more after it.",
        why: "A provider revokes the token when its code comes twice.",
        advice: "Take the first right callback, and no other.",
        needs: &[],
        runs: &[CODE_TWICE],
        looks: Looks::OwnRuns(&[sends_the_code_once]),
    },
    Case {
        name: "stray-requests",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9110 §15.5",
        what: "/favicon.ico, /, a POST and a HEAD come first.",
        why: "Browsers ask for more than the callback.",
        advice: "Answer anything but a GET of the callback's path with a 404 or 405, and go on waiting.",
        needs: &[],
        runs: &[does(stray_requests)],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "silent-connections",
        leg: Leg::Two,
        level: Level::Should,
        rule: "browsers open them ahead of need",
        what: "30 connections say nothing, then the right callback comes.",
        why: "A server that reads one connection at a time waits for the wrong one.",
        advice: "Read each connection on a thread of its own, with a time limit.",
        needs: &[],
        runs: &[does(silent_connections)],
        looks: Looks::OwnRuns(&[succeeds, |run| is_done_within(run, 5)]),
    },
    Case {
        name: "split-request",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9112 §2.2",
        what: "The right callback comes byte by byte.",
        why: "TCP keeps the order of the bytes, and not the pieces.",
        advice: "Read until the empty line that ends the head.",
        needs: &[],
        runs: &[does(split_request)],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "reflected-markup",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.14",
        what: "Path, parameters and error_description bring HTML.",
        why: "Whoever makes a link writes on your page.",
        advice: "Escape what comes from outside, or don't repeat it.",
        needs: &[],
        runs: &[does(reflected_markup)],
        looks: Looks::OwnRuns(&[repeats_no_markup]),
    },
    Case {
        name: "both-families",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 8252 §7.3",
        what: "The right callback comes to [::1], and in another run to 127.0.0.1.",
        why: "localhost has two addresses, and the browser chooses.",
        advice: "Listen on both addresses, or use 127.0.0.1 as the redirect URI's host.",
        needs: &[],
        runs: &[
            at(|browser| agrees_at(browser, "[::1]")),
            at(|browser| agrees_at(browser, "127.0.0.1")),
        ],
        looks: Looks::OwnRuns(&[probed, is_answered, succeeds]),
    },
    Case {
        name: "loopback-only",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 8252 §8.3",
        what: "Somebody connects to 127.0.0.2.",
        why: "A port that is open on every address can be reached from the network.",
        advice: "Listen on 127.0.0.1 and [::1], and not on 0.0.0.0.",
        needs: &[Need::Linux],
        runs: &[does(comes_from_outside)],
        looks: Looks::OwnRuns(&[probed]),
    },
    Case {
        name: "idle",
        leg: Leg::Two,
        level: Level::Should,
        rule: "a program that waits needs no processor",
        what: "The callback comes after 2 seconds.",
        why: "A loop that looks again and again uses a whole core.",
        advice: "Wait for a connection or a message instead of looking at a variable.",
        needs: &[Need::Linux],
        runs: &[Plan { is_alone: true, ..does(takes_its_time) }],
        looks: Looks::OwnRuns(&[probed]),
    },
];

const CODE_TWICE: Plan = Plan { script: code_twice, ..token(answers::good(deliver_again)) };

/// A run in which the client may not be reached.
const fn at(script: fn(&mut Browser<'_>)) -> Plan {
    Plan { point: Point::AuthorizationRequest, ..does(script) }
}

fn forged(browser: &mut Browser<'_>, states: &[&str]) {
    browser.meets_stranger(states);
    browser.agrees();
}

fn survives_forgery(browser: &mut Browser<'_>) {
    let error = vec![parameter("error", "access_denied"), parameter("state", FORGED)];
    browser.brings(&error);
    browser.meets_stranger(&[FORGED]);
    browser.meets_stranger(&[]);
    let state = browser.state();
    let half = state.get(..state.len() / 2).unwrap_or_default();
    browser.meets_stranger(&[half]);
    browser.agrees();
}

fn access_denied(browser: &mut Browser<'_>) {
    browser.refuses("access_denied", "The user has denied your application access.");
}

fn wrong_issuer(browser: &mut Browser<'_>) {
    let mut callback = browser.right();
    for parameter in &mut callback {
        if parameter.name == "iss" {
            "https://attacker.example".clone_into(&mut parameter.value);
        }
    }
    browser.brings(&callback);
    browser.agrees();
}

fn repeated_parameter(browser: &mut Browser<'_>) {
    let state = browser.state();
    browser.meets_stranger(&[FORGED, &state]);
    browser.agrees();
}

fn code_twice(browser: &mut Browser<'_>) {
    let callback = browser.right();
    *locked(&browser.books.meanwhile) = Some(browser.url(&callback));
    browser.brings_at_last(&callback);
    browser.brings(&callback);
}

/// The token endpoint takes its time, and meanwhile the callback comes again.
fn deliver_again(talk: &Talk<'_>) -> std::io::Result<()> {
    talk.deliver_meanwhile();
    talk.json(200, &talk.token()?)
}

fn stray_requests(browser: &mut Browser<'_>) {
    let path = browser.home.path().to_owned();
    browser.asks("GET", "/favicon.ico");
    browser.asks("GET", "/");
    browser.asks("POST", &path);
    browser.asks("HEAD", &path);
    browser.agrees();
}

fn silent_connections(browser: &mut Browser<'_>) {
    // Once the client listens.
    if let Some(stream) = browser.connect() {
        browser.held.push(stream);
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

fn reflected_markup(browser: &mut Browser<'_>) {
    let markup = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
    browser.asks("GET", &format!("/{}", form::encode_value(MARKUP)));
    browser.asks("GET", &browser.callback_target(&markup));
    browser.refuses(MARKUP, MARKUP);
}

/// The right callback comes to this address only, if `localhost` may mean it.
fn agrees_at(browser: &mut Browser<'_>, ip: &str) {
    if browser.sockets.len() > 1 && TcpListener::bind(format!("{ip}:0")).is_ok() {
        browser.sockets.retain(|socket| socket.to_string().starts_with(ip));
        browser.found(Probe::Fine);
        browser.is_looked_for(4 * SHORT);
    }
    browser.agrees();
}

fn comes_from_outside(browser: &mut Browser<'_>) {
    let outside = SocketAddr::from(([127, 0, 0, 2], browser.home.port));
    // Once the client listens, and as long as it does.
    if let Some(_inside) = browser.connect() {
        let is_open = TcpStream::connect_timeout(&outside, SHORT).is_ok();
        let seen = format!("`{outside}` took a connection");
        browser.found(if is_open { Probe::Wrong(seen) } else { Probe::Fine });
    }
    browser.agrees();
}

fn takes_its_time(browser: &mut Browser<'_>) {
    // What the client has started as its browser ends first.
    thread::sleep(SHORT / 4);
    let before = family::ticks(browser.client.id());
    thread::sleep(SHORT);
    let after = family::ticks(browser.client.id());
    if let (Some(before), Some(after)) = (before, after) {
        // A tick is a hundredth of a second.
        let percent = after.saturating_sub(before) / 2;
        let seen = format!("it used {percent} % of a core while it waited");
        browser.found(if percent < 10 { Probe::Fine } else { Probe::Wrong(seen) });
    }
    browser.agrees();
}
