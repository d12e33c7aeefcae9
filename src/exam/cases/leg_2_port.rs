//! The cases of leg 2 about the port: where the client listens, and what its waiting costs.

use std::net::{SocketAddr, TcpListener};
use std::thread;

use super::case::{Case, Looks, Need};
use crate::exam::browser::Browser;
use crate::exam::family;
use crate::exam::judge::ends::succeeds;
use crate::exam::judge::pages::probed;
use crate::exam::plan::{Plan, does};
use crate::exam::seen::{Point, Probe};
use crate::exam::verdict::{Leg, Level};
use crate::exam::visit::SHORT;
use crate::practice::lock::locked;

pub(super) static CASES: &[Case] = &[
    Case {
        name: "both-families",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 8252 §7.3",
        what: "The right callback comes to [::1], and in another run to 127.0.0.1.",
        passes: "The login succeeds on both, or the client holds the other address, so that nobody else can listen there.",
        why: "localhost has two addresses: a stranger who listens on the other one gets the code.",
        advice: "Listen on both addresses, or use 127.0.0.1 as the redirect URI's host.",
        needs: &[],
        runs: &[
            at(|browser| agrees_at(browser, "[::1]")),
            at(|browser| agrees_at(browser, "127.0.0.1")),
        ],
        looks: Looks::OwnRuns(&[probed, succeeds]),
    },
    Case {
        name: "loopback-only",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 8252 §8.3, OAuth 2.1 §8.5.4",
        what: "Looks at the addresses that listen on the callback port.",
        passes: "Each is a loopback address.",
        why: "A port that is open on every address can be reached from the network.",
        advice: "Listen on 127.0.0.1 and [::1], and not on 0.0.0.0.",
        needs: &[Need::Linux],
        runs: &[does(looks_at_the_addresses)],
        looks: Looks::OwnRuns(&[probed]),
    },
    Case {
        name: "idle",
        leg: Leg::Two,
        level: Level::Should,
        rule: "a program that waits needs no processor",
        what: "The callback comes after 2 seconds.",
        passes: "The client uses next to no processor time while it waits.",
        why: "A loop that polls costs processor time and battery for as long as the person takes.",
        advice: "Wait for a connection or a message instead of looking at a variable.",
        needs: &[Need::Linux],
        runs: &[Plan { is_alone: true, ..does(takes_its_time) }],
        looks: Looks::OwnRuns(&[probed]),
    },
];

/// A run in which the client may not be reached.
const fn at(script: fn(&mut Browser<'_>)) -> Plan {
    Plan { point: Point::AuthorizationRequest, ..does(script) }
}

/// The right callback comes to this address only, if `localhost` may mean it.
fn agrees_at(browser: &mut Browser<'_>, ip: &str) {
    if browser.sockets.len() == 1 {
        browser.found(Probe::Untold("its redirect URI names one address".to_owned()));
        browser.agrees();
        return;
    }
    if TcpListener::bind(format!("{ip}:0")).is_err() {
        browser.found(Probe::Untold(format!("this machine has no {ip}")));
        browser.agrees();
        return;
    }
    browser.sockets.retain(|socket| socket.to_string().starts_with(ip));
    browser.looks_no_longer_than(4 * SHORT);
    browser.agrees();
    let is_reached = locked(&browser.books.record).was_delivered == Some(true);
    // A client may hold an address without listening there, so that nobody else can.
    if !is_reached && TcpListener::bind(format!("{ip}:{}", browser.home.port)).is_err() {
        browser.sockets = browser.home.sockets();
        browser.agrees();
        browser.found(Probe::Fine);
        return;
    }
    let seen = format!("nobody listened at `{ip}:{}`", browser.home.port);
    browser.found(if is_reached { Probe::Fine } else { Probe::Wrong(seen) });
}

fn looks_at_the_addresses(browser: &mut Browser<'_>) {
    // Once the client listens, and as long as it does.
    if let Some(_inside) = browser.connect() {
        browser.note_delivery(true);
        let port = browser.home.port;
        browser.found(match family::open_address(port) {
            Some(ip) => Probe::Wrong(format!("it listens on `{}`", SocketAddr::from((ip, port)))),
            None => Probe::Fine,
        });
    }
    browser.agrees();
}

fn takes_its_time(browser: &mut Browser<'_>) {
    // First the programs end that the client started for its browser.
    thread::sleep(SHORT / 4);
    let before = family::busy(browser.client.id());
    thread::sleep(SHORT);
    let after = family::busy(browser.client.id());
    if let (Some(before), Some(after)) = (before, after) {
        let ran = after.ran.saturating_sub(before.ran);
        let waited = after.waited.saturating_sub(before.waited);
        // On a busy machine a loop waits for a core more than it has it.
        let is_busy = ran > SHORT / 10 || ran + waited > SHORT / 2;
        let percent = (ran + waited).as_millis() * 100 / SHORT.as_millis();
        let seen = format!("it wanted {percent} % of a core while it waited");
        browser.found(if is_busy { Probe::Wrong(seen) } else { Probe::Fine });
    }
    browser.agrees();
}
