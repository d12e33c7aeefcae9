//! *Break it*: each button of the practice provider's consent page, pressed, and what becomes of
//! the login. The name of a test begins with the value of its button.

use std::time::Instant;

use bare_oauth::practice::fault::{Button, Fault};

use crate::support::{Finished, Program, get, press};

/// `practice --break` with this button.
fn broken(button: &str) -> Finished {
    Program::bare(&["practice", "--break", button]).run()
}

/// The login ends with this error.
fn ends(button: &str, error: &str) {
    broken(button).failed_with(error);
}

/// The login goes well, and this is said on the way.
fn is_survived(button: &str) -> String {
    let finished = broken(button);
    finished.succeeded();
    assert!(finished.stdout.starts_with("login: octocat\n"));
    finished.stderr
}

/// The callback is ignored, which the tab and the terminal say at once, and the wait goes on: the
/// person goes back and agrees.
fn is_waited_past(button: &str, said: &str) {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.authorization();
    let page = get(&press(&authorization, button));
    page.is_safe();
    assert_eq!(page.status, 400);
    assert!(page.body.contains("<h1>Callback ignored</h1>"), "{}", page.body);
    running.line(said);
    let page = get(&press(&authorization, "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"));
    running.finish().succeeded();
    let stderr = is_survived(button);
    assert!(stderr.contains("and goes back and chooses Authorize if the callback is ignored.\n"));
    assert!(stderr.contains(&format!("\n{said}")), "{stderr}");
}

#[test]
fn every_button_has_its_test_and_stands_on_the_page() {
    let tests = include_str!("break_it.rs");
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let page = get(&running.authorization().url).body;
    let (_, below) = page.split_once(">Cancel</button>").unwrap();
    assert!(below.starts_with("\n<h2>Break it</h2>"), "{below}");
    for Button { name, label, what, .. } in Fault::ALL.iter().map(|fault| fault.button()) {
        let test = format!("\nfn {}_", name.replace('-', "_"));
        assert!(tests.contains(&test), "{name} has no test");
        let (before, after) = what.split_once('\n').expect(name);
        let button = format!("value=\"{name}\">{label}</button><p>{before}</p><details><summary>");
        let (_, rest) = below.split_once(&button).expect(name);
        let rest = rest.split_once("</summary>").unwrap().1;
        assert!(rest.starts_with(&format!("<p>{after}</p></details>")), "{name}: {rest}");
    }
}

#[test]
fn a_button_that_is_not_there_is_wrong_usage_and_the_buttons_are_named() {
    for (arguments, given) in [
        (&["practice", "--break", "forged_state"] as &[_], "forged_state"),
        (&["practice", "--break"], ""),
    ] {
        let finished = Program::bare(arguments).run();
        let problem = format!("error: `--break` needs the name of a button, not `{given}`: ");
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
        let names = finished.stderr.strip_prefix(&problem).expect(&finished.stderr);
        let names = names.split('\n').next().unwrap().split(", ");
        assert!(names.eq(Fault::ALL.iter().map(|fault| fault.button().name)));
    }
}

#[test]
fn with_break_no_browser_is_opened_where_there_is_one() {
    let program = Program::bare(&["practice", "--break", "used-code"]);
    let stderr = program.env("BROWSER", "/nowhere/browser").run().stderr;
    assert!(stderr.contains("\nPractice plays the person, who presses \"A used code\".\n"));
    assert!(!stderr.contains("browser could be opened"), "{stderr}");
}

#[test]
fn forged_state_is_refused_and_waited_past() {
    is_waited_past("forged-state", "Ignored a callback: its state isn't the one this login sent.");
}

#[test]
fn no_state_is_refused_and_waited_past() {
    is_waited_past("no-state", "Ignored a callback: it has no state.");
}

#[test]
fn wrong_issuer_is_refused_and_waited_past() {
    is_waited_past(
        "wrong-issuer",
        "Ignored a callback: it names the issuer `https://attacker.example`, not `http://127.0.0.1:",
    );
}

#[test]
fn silent_connections_hold_nothing_up() {
    is_survived("silent-connections");
}

#[test]
fn code_twice_is_exchanged_once() {
    let mut provider = Program::bare(&["provider", "--port", "0"]).start();
    let mut running = Program::of_the_provider(&mut provider).start();
    let authorization = running.authorization();
    assert_eq!(get(&press(&authorization, "code-twice")).status, 200);
    let finished = running.finish();
    finished.succeeded();
    assert!(!finished.stderr.contains("Ignored a callback"), "{}", finished.stderr);
    assert!(!provider.line("leg 2: ").contains("delivered the callback again"));
    let leg_3 = provider.line("leg 3: ");
    assert!(
        leg_3
            .contains("delivered the callback again, and got 409: the client takes the first only"),
        "{leg_3}"
    );
    let next = provider.line("leg ");
    assert!(next.contains("leg 4: "), "{next}");
}

#[test]
fn used_code_is_refused_with_what_to_do() {
    ends(
        "used-code",
        "leg 3, the token request, was refused: `bad_verification_code` (The code passed is incorrect or expired.): \
         a code is good once and for ten minutes; run this again",
    );
}

#[test]
fn expired_code_is_refused_with_what_to_do() {
    ends(
        "expired-code",
        "was refused: `bad_verification_code` (The code passed is incorrect or expired.): \
         a code is good once and for ten minutes; run this again",
    );
}

#[test]
fn wrong_secret_is_told_with_the_variables_to_check() {
    ends(
        "wrong-secret",
        "leg 3, the token request, was refused: `incorrect_client_credentials` (The client_id and/or client_secret \
         passed are incorrect.): check `CLIENT_ID` and `CLIENT_SECRET`",
    );
}

#[test]
fn unverified_email_is_told_to_the_person() {
    ends(
        "unverified-email",
        "was refused: `unverified_user_email` (The user must have a verified primary email.): \
         verify the email address of the account first",
    );
}

#[test]
fn token_redirect_is_not_followed() {
    let mut provider = Program::bare(&["provider", "--port", "0"]).start();
    let mut running = Program::of_the_provider(&mut provider).start();
    let authorization = running.authorization();
    assert_eq!(get(&press(&authorization, "token-redirect")).status, 502);
    running.finish().failed_with(
        "leg 3, the token request, was answered with a redirect (`307`), which isn't followed: correct `TOKEN_URL`",
    );
    // The next line of the log is the next login's.
    provider.line("leg 3: 307");
    get(&authorization.url);
    assert!(provider.line("leg ").contains("login 2, leg 1: "));
}

#[test]
fn token_error_is_told_as_the_providers_problem() {
    ends(
        "token-error",
        "leg 3, the token request, was answered with `500`: the provider has a problem; try again later",
    );
}

#[test]
fn token_html_is_told_and_not_shown() {
    ends(
        "token-html",
        "leg 3, the token request, was answered with an HTML page instead of JSON: check `TOKEN_URL`",
    );
}

#[test]
fn bad_request_is_told_as_a_refusal() {
    ends("bad-request", "leg 3, the token request, was refused: `invalid_grant` (The code passed");
}

#[test]
fn late_refusal_is_never_a_success() {
    ends("late-refusal", "leg 3, the token request, was refused: `unverified_user_email`");
}

#[test]
fn token_newline_never_becomes_a_header() {
    ends("token-newline", "an `access_token` that isn't printable ASCII");
}

#[test]
#[ignore = "takes 30 s"]
fn token_silence_ends_after_30_seconds() {
    let start = Instant::now();
    ends("token-silence", "it wasn't complete after 30 seconds; try again");
    assert!((29..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[test]
fn token_endless_is_read_for_a_mebibyte() {
    ends("token-endless", "it is longer than 1 MiB; check `TOKEN_URL`");
}

#[test]
fn token_type_that_is_unknown_is_not_used() {
    ends(
        "token-type",
        "leg 3, the token request, was answered with a token type other than bearer, which can't be used here (the provider says: mac)",
    );
}

#[test]
fn fewer_scopes_are_told_and_the_login_goes_on() {
    let stderr = is_survived("fewer-scopes");
    let remark = "\nScopes requested: read:user; granted: nothing\n";
    assert!(stderr.contains(remark), "{stderr}");
}

#[test]
fn revoked_token_is_no_login() {
    ends(
        "revoked-token",
        "leg 4, the profile request, was answered with `401`, so it doesn't accept the token",
    );
}

#[test]
fn profile_redirect_is_not_followed() {
    ends("profile-redirect", "a redirect (`302`), which isn't followed: correct `USER_URL`");
}

#[test]
fn profile_escapes_are_shown_and_not_obeyed() {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let page = get(&press(&running.authorization(), "profile-escapes"));
    let name = "\\u001b[31mThe\\r\\u202eOctocat";
    assert!(page.body.contains(name), "{}", page.body);
    let finished = running.finish();
    finished.succeeded();
    assert!(finished.stdout.contains(&format!("name: {name}\n")), "{}", finished.stdout);
}

#[test]
fn rate_limit_says_when_it_ends() {
    ends("rate-limit", "leg 4, the profile request, met a rate limit: try again in ");
}
