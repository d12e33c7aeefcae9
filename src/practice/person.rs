//! The person, where there is no browser: fetches the consent page, presses Authorize, follows the
//! redirect.
//!
//! ```text
//! GET  /login/oauth/authorize?…              200, the page with the form
//! POST /login/oauth/authorize  ticket=…      302, Location: http://localhost:…/callback?code=…
//! GET  /callback?code=…                      the page for the tab, after leg 4
//! ```
//!
//! Left out: reading the page as HTML. It is the page of this program, and its ticket is cut out.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use crate::error::Error;
use crate::flow::callback::Event;
use crate::wire::client::{Answer, Client};
use crate::wire::form;
use crate::wire::url::Endpoint;

/// Plays the person on a thread of its own. What goes wrong ends the login.
pub(super) fn authorize(url: String, events: Sender<Event>) {
    let give_up = events.clone();
    let run = move || {
        if let Err(problem) = decide(&url) {
            let _ = events.send(Event::GivenUp(Error::Practice(io::Error::other(problem))));
        }
    };
    if let Err(error) = thread::Builder::new().name("person".to_owned()).spawn(run) {
        let _ = give_up.send(Event::GivenUp(Error::System(error)));
    }
}

fn decide(url: &str) -> Result<(), String> {
    let client = Client::new(&|_| None, &[], None).map_err(|error| error.to_string())?;
    let endpoint = Endpoint::parse(url)?;
    let read = |answer: Result<Answer, Box<ureq::Error>>| answer.map_err(|error| error.to_string());

    let page = read(client.get(&endpoint, &[]))?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let ticket =
        html.split_once("name=\"ticket\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (ticket, _) = ticket.ok_or_else(|| {
        format!("there is no consent page, but a `{}`: check SCOPE and REDIRECT_URI", page.status)
    })?;

    let form = form::encode(&[("ticket", ticket), ("decision", "authorize")]);
    let redirect = read(client.post_form(&Endpoint::parse(endpoint.without_query())?, &[], &form))?;
    let location =
        redirect.header("location").ok_or("the provider did not redirect to the callback")?;
    // RFC 6761 §6.3: users "may assume that IPv4 and IPv6 address queries for localhost names will
    // always resolve to the respective IP loopback address." A browser knows it by itself; the
    // system looks it up in /etc/hosts, and an empty root has none.
    let location = location.replacen("http://localhost", "http://127.0.0.1", 1);
    // The answer is the page for the tab; nobody looks at it here.
    read(client.get(&Endpoint::parse(&location)?, &[])).map(drop)
}
