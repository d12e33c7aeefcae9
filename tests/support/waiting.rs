//! A login that waits at its port while the test sends something else, and then the callback.

use std::time::{Duration, Instant};

use super::{Authorization, GRANTED, Program, Provider, Running, get};

/// The program, waiting for its callback at 127.0.0.1.
pub(crate) fn start_waiting(provider: &Provider) -> (Running, Authorization) {
    let program = Program::at(provider, &[]).env("REDIRECT_URI", "http://127.0.0.1:0/callback");
    let mut running = program.start();
    let authorization = running.wait_for_authorization();
    (running, authorization)
}

/// The right callback comes after all: it is answered, and exchanged once. Gives stderr.
pub(crate) fn assert_login(
    running: Running,
    authorization: &Authorization,
    provider: &Provider,
) -> String {
    assert_eq!(get(&authorization.callback(GRANTED)).status, 200);
    let finished = running.finish();
    finished.assert_success();
    assert_eq!(provider.requests().len(), 2);
    finished.assert_no_secret();
    finished.stderr
}

/// The same, where nothing that came before may hold the login up. A blocked port would take ten
/// seconds, the time that a head has.
pub(crate) fn assert_login_within_5_seconds(
    running: Running,
    authorization: &Authorization,
    provider: &Provider,
) {
    let start = Instant::now();
    assert_login(running, authorization, provider);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
