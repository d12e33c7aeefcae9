//! A login that fails in leg 3 or 4.

use super::{CLIENT_SECRET, CODE, Finished, Program, Provider, Reply, TOKEN};

/// The tab and the terminal both say that the login failed, and why; neither shows a secret.
pub(crate) fn assert_login_fails(provider: &Provider, error: &str) -> Finished {
    let (page, finished) = Program::at(provider, &[]).log_in();
    finished.assert_failure(error);
    assert_eq!(page.status, 502, "{error}");
    page.assert_safe();
    assert!(page.body.contains("<h1>Not signed in</h1>"), "{}", page.body);
    for secret in [CLIENT_SECRET, CODE, TOKEN] {
        assert!(!page.body.contains(secret), "{}", page.body);
    }
    finished
}

/// This answer ends the login in leg 3: leg 4 is not begun.
pub(crate) fn assert_leg_3_fails(token: Reply, error: &str) {
    let provider = Provider::start(token, Provider::profile());
    assert_login_fails(&provider, &format!("leg 3, the token request, {error}"));
    let leg_4 = provider.requests().into_iter().find(|request| request.starts_with("GET "));
    assert_eq!(leg_4, None, "leg 4 was not begun");
}

/// This answer ends the login in leg 4.
pub(crate) fn assert_leg_4_fails(user: Reply, error: &str) {
    let provider = Provider::start(Provider::token(), user);
    assert_login_fails(&provider, &format!("leg 4, the profile request, {error}"));
}
