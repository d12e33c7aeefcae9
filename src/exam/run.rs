//! One run of the client: a provider of its own, a port of its own, and a browser that does what the
//! case says.
//!
//! The client starts this program as its browser, or prints the address. From there the exam's own
//! browser goes on. The run ends with the client, or with its time.

use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::browser::{Browser, Plan};
use super::client::{Shared, TICK, end_family, free_redirect_uri, keep, start};
use super::seen::{Asked, Run};
use crate::practice::answer::Seen;
use crate::practice::app::App;
use crate::practice::authorize;
use crate::practice::faults::token::{TOKEN_ENDLESS, TOKEN_SILENCE};
use crate::practice::http;
use crate::practice::lock::locked;
use crate::practice::provider::{Provider, Service};
use crate::practice::strictness::Strictness;
use crate::wire::url::RedirectUri;

/// Runs the client once.
pub(super) fn once(name: &'static str, command: &[OsString], seconds: u32, plan: Plan) -> Run {
    let shared = Arc::new(Mutex::new(Run { name, ..Run::default() }));
    let result = watch(&shared, command, seconds, plan);
    let problem = result.err().map_or_else(String::new, |problem| problem.to_string());
    Run { problem, ..std::mem::take(&mut *locked(&shared)) }
}

fn watch(run: &Shared, command: &[OsString], seconds: u32, plan: Plan) -> io::Result<()> {
    let provider = Provider::bind(0)?;
    let origin = provider.origin().to_owned();
    let app = App::new(&origin, Strictness::Examined).map_err(io::Error::other)?;
    let (given, _claim) = free_redirect_uri()?;
    let (grants, shared) = (app.grants(&provider, &given), Arc::clone(run));
    app.client_secret().clone_into(&mut locked(run).secret);
    let observer = move |seen: Seen<'_>| locked(&shared).note(&seen);
    provider.start(Service {
        grants: Arc::clone(&grants),
        board: Arc::default(),
        observer: Arc::new(observer),
    })?;

    let mut client = start(command, &app, &given)?;
    let out = keep(run, "standard output", client.stdout.take())?;
    let readers = [out, keep(run, "standard error", client.stderr.take())?];
    let times = if plan.fault == Some(&TOKEN_SILENCE) { 3 } else { 1 };
    let mut deadline = Instant::now() + times * Duration::from_secs(seconds.into());
    let mut request = None;
    while request.is_none() && client.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(TICK);
        // A client that opens nothing prints the address.
        let printed = locked(run).printed_url(&origin);
        let _ = printed.map(|url| http::get(&url, 100 * TICK));
        let read = |asked: &Asked| authorize::read(&asked.request.query, &locked(&grants)).ok();
        request = locked(run).leg_1.iter().find_map(read);
    }
    if let Some(mut request) = request {
        request.fault = plan.fault;
        let redirect_uri = RedirectUri::parse(&request.redirect_uri).map_err(io::Error::other)?;
        locked(run).has_own_port = redirect_uri.port != given.port;
        let (run, addresses, is_slow) = (Arc::clone(run), redirect_uri.addresses(), false);
        let mut browser =
            Browser { request, redirect_uri, addresses, grants, client, run, deadline, is_slow };
        (plan.script)(&mut browser);
        (client, deadline) = (browser.client, browser.deadline);
    }
    while client.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(TICK);
    }
    let brought = locked(run).brought;
    locked(run).took = brought.map_or(Duration::ZERO, |brought| brought.elapsed());
    locked(run).end = client.try_wait()?;
    if locked(run).end.is_none() {
        end_family(client.id());
        client.kill().and_then(|()| client.wait())?;
    }
    // A child of the client's may still hold a stream, and the provider needs a while to see that
    // nobody reads an answer without end any more.
    for _ in 0..100 {
        thread::sleep(TICK);
        let is_sending = plan.fault == Some(&TOKEN_ENDLESS) && locked(run).sent == 0;
        if !is_sending && readers.iter().all(JoinHandle::is_finished) {
            break;
        }
    }
    Ok(())
}
