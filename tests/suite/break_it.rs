//! *Break it*: each button of the practice provider's consent page, pressed, and what becomes of
//! the login. The name of a test begins with the name of its button.

use std::time::{Duration, Instant};

use crate::handout::tests_of_this_suite;
use crate::support::{Finished, Program, assert_golden, get, press, start_practice_provider};

/// `practice --break` with this button.
fn practice_with(button: &str) -> Finished {
    Program::bare(&["practice", "--break", button]).run()
}

/// The login ends with this error.
fn assert_ends_with(button: &str, error: &str) {
    practice_with(button).assert_failure(error);
}

/// The login goes well. Gives stderr.
fn assert_goes_on(button: &str) -> String {
    let finished = practice_with(button);
    finished.assert_success();
    assert!(finished.stdout.starts_with("login: octocat\n"));
    finished.stderr
}

/// The callback is ignored, which the tab and the terminal say at once, and the wait goes on: the
/// person goes back and agrees.
fn assert_waits_past(button: &str, said: &str) {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    let page = get(&press(&authorization, button));
    page.assert_safe();
    assert_eq!(page.status, 400);
    assert!(page.body.contains("<h1>Callback ignored</h1>"), "{}", page.body);
    running.wait_for(said);
    let page = get(&press(&authorization, "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"));
    running.finish().assert_success();
    let stderr = assert_goes_on(button);
    assert!(stderr.contains("and goes back and chooses Authorize if the callback is ignored.\n"));
    assert!(stderr.contains(&format!("\n{said}")), "{stderr}");
}

/// A button, as the consent page has it below *Break it*.
struct Button {
    name: String,
    label: String,
    /// The rest of its row: what it does, and what a good client does.
    texts: String,
}

fn buttons() -> Vec<Button> {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let page = get(&running.wait_for_authorization().url).body;
    // The two buttons of every provider come first.
    let (above, below) = page.split_once("\n<h2>Break it</h2>").unwrap();
    assert_eq!(above.matches("<button ").count(), 2, "{above}");
    assert!(above.contains(">Authorize</button>") && above.contains(">Cancel</button>"), "{above}");
    let mut buttons = Vec::new();
    for row in below.split("<button name=\"decision\" value=\"").skip(1) {
        let (name, rest) = row.split_once("\">").expect(row);
        let (label, texts) = rest.split_once("</button>").expect(row);
        buttons.push(Button {
            name: name.to_owned(),
            label: label.to_owned(),
            texts: texts.to_owned(),
        });
    }
    buttons
}

#[test]
fn every_button_has_its_test_and_its_texts_on_the_page() {
    let tests = tests_of_this_suite();
    let mut list = String::new();
    for Button { name, label, texts } in buttons() {
        let test = format!("break_it::{}_", name.replace('-', "_"));
        assert!(tests.iter().any(|known| known.starts_with(&test)), "{name} has no test");
        // What it does stands there, and what a good client does is folded away.
        let (what, good_client) = texts.split_once("<details><summary>").expect(&name);
        let what = what.strip_prefix(&format!(" <code>--break {name}</code><p>")).expect(what);
        assert!(what.ends_with(".</p>"), "{name}: {what}");
        let (_, good_client) = good_client.split_once("</summary><p>").expect(&name);
        assert!(!good_client.starts_with("</p>"), "{name}: {good_client}");
        list += &format!("{name}: {label}\n");
    }
    assert_golden("break-it.txt", &list);
}

#[test]
fn a_button_that_is_not_there_is_wrong_usage_and_the_buttons_are_named() {
    let names: Vec<_> = buttons().into_iter().map(|button| button.name).collect();
    for (arguments, given) in [
        (&["practice", "--break", "forged_state"] as &[_], "forged_state"),
        (&["practice", "--break"], ""),
    ] {
        let finished = Program::bare(arguments).run();
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
        let names = names.join(", ");
        let problem =
            format!("error: `--break` needs the name of a button, not `{given}`: {names}\n");
        assert!(finished.stderr.starts_with(&problem), "{}", finished.stderr);
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
    assert_waits_past(
        "forged-state",
        "Ignored a callback: its state isn't the one this login sent.",
    );
}

#[test]
fn missing_state_is_refused_and_waited_past() {
    assert_waits_past("missing-state", "Ignored a callback: it has no state.");
}

#[test]
fn wrong_issuer_is_refused_and_waited_past() {
    assert_waits_past(
        "wrong-issuer",
        "Ignored a callback: it names the issuer `https://attacker.example`, not `http://127.0.0.1:",
    );
}

#[test]
fn silent_connections_hold_nothing_up() {
    let start = Instant::now();
    assert_goes_on("silent-connections");
    // Each of them has ten seconds.
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn code_twice_is_exchanged_once() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    assert_eq!(get(&press(&authorization, "code-twice")).status, 200);
    let finished = running.finish();
    finished.assert_success();
    assert!(!finished.stderr.contains("Ignored a callback"), "{}", finished.stderr);
    assert!(!provider.wait_for("leg 2: ").contains("delivered the callback again"));
    let leg_3 = provider.wait_for("leg 3: ");
    assert!(
        leg_3
            .contains("delivered the callback again, and got 409: the client takes the first only"),
        "{leg_3}"
    );
    let next = provider.wait_for("leg ");
    assert!(next.contains("leg 4: "), "{next}");
}

#[test]
fn used_code_is_refused_with_what_to_do() {
    assert_ends_with(
        "used-code",
        "leg 3, the token request, was refused: `bad_verification_code` (The code passed is incorrect or expired.): \
         a code works only once, and only for a few minutes; run this again",
    );
}

#[test]
fn expired_code_is_refused_with_what_to_do() {
    assert_ends_with(
        "expired-code",
        "was refused: `bad_verification_code` (The code passed is incorrect or expired.): \
         a code works only once, and only for a few minutes; run this again",
    );
}

#[test]
fn token_error_200_is_told_with_the_variables_to_check() {
    assert_ends_with(
        "token-error-200",
        "leg 3, the token request, was refused: `incorrect_client_credentials` (The client_id and/or client_secret \
         passed are incorrect.): check `CLIENT_ID` and `CLIENT_SECRET`",
    );
}

#[test]
fn unverified_email_is_told_to_the_person() {
    assert_ends_with(
        "unverified-email",
        "was refused: `unverified_user_email` (The user must have a verified primary email.): \
         verify the email address of the account first",
    );
}

#[test]
fn token_redirect_is_not_followed() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    assert_eq!(get(&press(&authorization, "token-redirect")).status, 502);
    running.finish().assert_failure(
        "leg 3, the token request, was answered with a redirect (`307`), which isn't followed: correct `TOKEN_URL`",
    );
    // The next line of the log is the next login's.
    provider.wait_for("leg 3: 307");
    get(&authorization.url);
    assert!(provider.wait_for("leg ").contains("login 2, leg 1: "));
}

#[test]
fn token_500_is_told_as_the_providers_problem() {
    assert_ends_with(
        "token-500",
        "leg 3, the token request, was answered with `500`: the provider has a problem; try again later",
    );
}

#[test]
fn token_html_is_told_and_not_shown() {
    assert_ends_with(
        "token-html",
        "leg 3, the token request, was answered with an HTML page instead of JSON: check `TOKEN_URL`",
    );
}

#[test]
fn token_error_400_is_told_as_a_refusal() {
    assert_ends_with(
        "token-error-400",
        "leg 3, the token request, was refused with `400`: `invalid_grant` (The code passed",
    );
}

#[test]
fn early_success_is_never_a_success() {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let page = get(&press(&running.wait_for_authorization(), "early-success"));
    assert_eq!(page.status, 502);
    assert!(page.body.contains("<h1>Not signed in</h1>"), "{}", page.body);
    let error = "leg 3, the token request, was refused: `unverified_user_email`";
    running.finish().assert_failure(error);
    assert_ends_with("early-success", error);
}

#[test]
fn token_newline_never_becomes_a_header() {
    assert_ends_with("token-newline", "an `access_token` that isn't printable ASCII");
}

#[test]
#[ignore = "takes 30 s"]
fn token_silence_ends_after_30_seconds() {
    let start = Instant::now();
    assert_ends_with("token-silence", "the answer wasn't complete after 30 seconds: try again");
    assert!((29..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[test]
fn token_endless_is_read_for_a_mebibyte() {
    assert_ends_with("token-endless", "the answer is longer than 1 MiB: check `TOKEN_URL`");
}

#[test]
fn token_type_that_is_unknown_is_not_used() {
    assert_ends_with(
        "token-type",
        "leg 3, the token request, was answered with a token type other than bearer, which can't be used here (the provider says: mac)",
    );
}

#[test]
fn fewer_scopes_are_told_and_the_login_goes_on() {
    let stderr = assert_goes_on("fewer-scopes");
    let remark = "\nScopes requested: read:user; granted: nothing\n";
    assert!(stderr.contains(remark), "{stderr}");
}

#[test]
fn profile_401_is_no_login() {
    assert_ends_with(
        "profile-401",
        "leg 4, the profile request, was answered with `401`, so the provider doesn't accept the token",
    );
}

#[test]
fn profile_redirect_is_not_followed() {
    assert_ends_with(
        "profile-redirect",
        "a redirect (`302`), which isn't followed: correct `USER_URL`",
    );
}

#[test]
fn terminal_escapes_are_shown_and_not_obeyed() {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let page = get(&press(&running.wait_for_authorization(), "terminal-escapes"));
    let name = "\\u001b[31mThe\\r\\u202eOctocat";
    assert!(page.body.contains(name), "{}", page.body);
    let finished = running.finish();
    finished.assert_success();
    assert!(finished.stdout.contains(&format!("name: {name}\n")), "{}", finished.stdout);
}

#[test]
fn profile_rate_limit_says_when_it_ends() {
    assert_ends_with(
        "profile-rate-limit",
        "leg 4, the profile request, met a rate limit (the provider says: API rate limit exceeded for user ID 583231.): \
         try again in ",
    );
}

#[test]
fn practice_lists_its_buttons_by_the_names_of_the_exams_cases() {
    let listed = Program::bare(&["practice", "--list"]).run();
    assert_eq!((listed.code, &*listed.stderr), (Some(0), ""));
    let names: Vec<_> =
        listed.stdout.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, buttons().into_iter().map(|button| button.name).collect::<Vec<_>>());
    // A name that a button had before is still its name.
    let old = Program::bare(&["practice", "--break", "token-error"]).run();
    let new = Program::bare(&["practice", "--break", "token-500"]).run();
    assert_eq!((old.code, old.error()), (new.code, new.error()));
}
