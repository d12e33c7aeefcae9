//! `--explain` and `--step`: each step with its standard, in the terminal and on the page.

use crate::support::{
    CLIENT_SECRET, CODE, GRANTED, JSON, Program, Provider, REFRESH_TOKEN, Reply, TOKEN, get, press,
    reply,
};

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn every_step_is_told_with_its_standard_and_every_parameter_with_its_purpose() {
    let finished = Program::bare(&["practice", "--explain"]).run();
    finished.assert_success();
    let stderr = &finished.stderr;
    let mut rest = stderr.as_str();
    for part in [
        "\nBefore: listen (RFC 8252 §7.3)\n",
        "\nLeg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)\n",
        "\nhttp://127.0.0.1:",
        "\nIts parameters, decoded:\n",
        "  response_type = code (what to answer with: ",
        "\n  client_id = practice (which app is asking; ",
        "\n  redirect_uri = http://localhost:",
        "\n  scope = read:user (what the token will allow, ",
        "\n  state = ",
        "\n  code_challenge = ",
        "\n  code_challenge_method = S256 (how it was hashed: SHA-256)\n",
        "\nLeg 2: the authorization response (RFC 6749 §4.1.2)\n",
        "\n< GET /callback?code=",
        "\nLeg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)\n",
        "\n> POST /login/oauth/access_token HTTP/1.1\r\n",
        "\n< HTTP/1.1 200 OK\r\n",
        "\nLeg 4: the profile request (RFC 6750 §2.1)\n",
        "\n> authorization: Bearer gho_… (40 characters)\r\n",
        "\n<   \"login\": \"octocat\",\n",
        "\nAfter: the page (RFC 9110 §15, RFC 9700 §4.2.4)\n",
        "\n> HTTP/1.1 200 OK\r\n",
        "\nDone.",
    ] {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} in {rest}"));
        rest = after;
    }
    assert!(!stderr.contains('\u{1b}'), "no colour without a terminal");
    assert!(finished.stdout.starts_with("login: octocat\n"));
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn a_login_that_is_explained_fits_three_screens() {
    let finished = Program::bare(&["practice", "--explain"]).run();
    let mut lines = 0;
    for line in finished.stderr.lines().chain(finished.stdout.lines()) {
        // A terminal of a hundred columns breaks a line that is longer.
        lines += line.chars().count().div_ceil(100).max(1);
    }
    assert!(lines <= 3 * 50, "{lines} lines");
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn step_without_a_terminal_waits_for_nobody() {
    let finished = Program::bare(&["practice", "--step"]).run();
    finished.assert_success();
    assert!(finished.stderr.contains("\nLeg 3: "));
    assert!(!finished.stderr.contains("Press Enter"));
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn a_broken_login_is_explained_up_to_where_it_broke() {
    let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
    let authorization = running.wait_for_authorization();
    get(&press(&authorization, "profile-rate-limit"));
    let finished = running.finish();
    finished.assert_failure("met a rate limit");
    assert!(finished.stderr.contains("\n< x-ratelimit-remaining: 0\r\n"));
}

#[test]
fn the_page_shows_every_step_masked_as_in_the_terminal_and_the_terminal_shows_none_twice() {
    let provider = Provider::friendly();
    let (page, finished) = Program::at(&provider, &["--explain"]).log_in();
    page.assert_safe();
    let begin = "<p>You can close this tab.</p><div class=\"drawing\" ";
    let (_, steps) = page.body.split_once(begin).unwrap();
    let (drawing, steps) = steps.split_once("</div><h2>Before: listen").unwrap();
    for part in [
        "<b>Leg 1, browser to provider: GET the authorization URL</b>",
        "<b>Leg 2, browser to client: GET /callback</b>",
        "<span class=\"code\">code = c0de… (21 characters)</span>",
        "<b>Leg 3, client to provider: POST /token</b>",
        "<span class=\"pkce\">code_verifier = … (43 characters)</span>",
        "<b>Leg 3, provider to client: 200 Status</b>",
        ">access_token = gho_… (40 characters)</span>",
        ">authorization = Bearer gho_… (40 characters)</span>",
        ">login = mona</span>",
    ] {
        assert!(drawing.contains(part), "{part} isn't in {drawing}");
    }
    assert_eq!(drawing.matches("class=\"state\"").count(), 2, "{drawing}");
    assert!(!drawing.contains("<em>"), "{drawing}");
    for part in [
        "<h2>Leg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)</h2><p>This program",
        "  <span class=\"\">code_challenge_method = S256</span> (how it was hashed: SHA-256)\n",
        "<h2>Leg 2: ",
        "<details><summary>As the terminal shows it</summary><pre>",
        "\n&lt; GET /callback?<span class=\"code\">code=c0de… (21 characters)</span>&amp;<span class=\"state\">state=",
        "<h2>Leg 3: ",
        "\n&gt; POST /token HTTP/1.1\n",
        "&quot;access_token&quot;:&quot;gho_… (40 characters)&quot;",
        "<h2>Leg 4: ",
        "\n&gt; authorization: Bearer gho_… (40 characters)\n",
    ] {
        assert!(steps.contains(part), "{part} isn't in {steps}");
    }
    for secret in [CLIENT_SECRET, CODE, TOKEN, REFRESH_TOKEN] {
        for part in secret.as_bytes().windows(8) {
            assert!(!drawing.contains(std::str::from_utf8(part).unwrap()), "{drawing}");
            assert!(!steps.contains(std::str::from_utf8(part).unwrap()), "{steps}");
        }
    }
    let (_, after) = finished.stderr.split_once("\nAfter: the page").unwrap();
    assert!(after.contains("\n> Content-Security-Policy: default-src 'none'; "), "{after}");
    assert!(
        after.contains("is withheld: it is the page in the tab; --reveal shows it)\n"),
        "{after}"
    );
    assert!(!finished.stderr.contains("<h1>"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("<style>"), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("POST /token HTTP/1.1").count(), 1);

    let (page, revealed) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
    let note = "<h2>The steps</h2><p>With --reveal the terminal shows them unmasked, so this page doesn&#39;t.</p>";
    assert!(page.body.contains(note) && !page.body.contains(TOKEN), "{}", page.body);
    assert!(revealed.stderr.contains("<style>"), "{}", revealed.stderr);
}

#[test]
fn the_drawing_shows_on_its_arrow_what_went_wrong() {
    // In leg 2, a forged callback before the right one; in legs 3 and 4, the provider's answer.
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--explain"]).start();
    let authorization = running.wait_for_authorization();
    get(&authorization.callback("code=somebody-elses&state=forged"));
    let page = get(&authorization.callback(GRANTED)).body;
    running.finish().assert_success();
    assert_eq!(bad_arrows(&page), ["Leg 2, browser to client: GET /callback"]);
    assert!(page.contains("<br><em>its state isn&#39;t the one this login sent</em>"), "{page}");

    for (query, leg) in [
        ("error=access_denied&state=STATE", "Leg 2, browser to client: GET /callback"),
        (GRANTED, "Leg 3, provider to client: 500 Status"),
    ] {
        let provider = Provider::start(reply(500, "", "no"), Provider::profile());
        let mut running = Program::at(&provider, &["--explain"]).start();
        let authorization = running.wait_for_authorization();
        let page = get(&authorization.callback(query)).body;
        running.finish();
        assert_eq!(bad_arrows(&page), [leg]);
    }
    let provider = Provider::start(Provider::token(), reply(401, JSON, r#"{"message":"no"}"#));
    let (page, _) = Program::at(&provider, &["--explain"]).log_in();
    assert_eq!(bad_arrows(&page.body), ["Leg 4, provider to client: 401 Status"]);
    assert!(page.body.contains(">message = no</span>"), "{}", page.body);
    // Without an answer the request is the last arrow.
    let provider = Provider::start(Reply::Reset, Provider::profile());
    let (page, _) = Program::at(&provider, &["--explain"]).log_in();
    assert_eq!(bad_arrows(&page.body), ["Leg 3, client to provider: POST /token"]);
}

/// The titles of the arrows that have a problem.
fn bad_arrows(page: &str) -> Vec<String> {
    let mut bad = Vec::new();
    let (_, drawing) = page.split_once("<div class=\"drawing\" ").unwrap();
    let (drawing, _) = drawing.split_once("<h2>").unwrap();
    for arrow in drawing.split("<p class=").skip(1) {
        let (_, title) = arrow.split_once("</svg></svg><b>").unwrap();
        if arrow.contains("<br><em>") {
            bad.push(title.split('<').next().unwrap().to_owned());
        }
    }
    bad
}

#[test]
fn a_failure_shows_the_steps_too_and_a_long_answer_does_not_make_the_page_long() {
    let long = format!("{{\"x\":\"{}\"}}", "<".repeat(900_000));
    let provider = Provider::start(reply(200, JSON, &long), Provider::profile());
    let (page, _) = Program::at(&provider, &["--explain"]).log_in();
    assert_eq!(page.status, 502);
    assert!(page.body.contains("<h2>Leg 3: ") && page.body.len() < 500_000, "{}", page.body.len());
    let (page, _) = Program::at(&provider, &[]).log_in();
    assert!(!page.body.contains("<h2>"), "{}", page.body);
}

#[cfg(unix)]
mod in_a_terminal {
    use super::*;
    use crate::elsewhere::in_a_terminal;
    use crate::support::{Authorization, Running};

    #[test]
    #[ignore = "needs script"]
    fn a_terminal_has_colours_unless_they_are_not_wanted() {
        for (name, value, coloured) in [
            ("LANG", "C", true),
            ("NO_COLOR", "", true),
            ("NO_COLOR", "1", false),
            ("TERM", "dumb", false),
        ] {
            let program = in_a_terminal(&Provider::friendly(), "--explain --no-browser");
            let (_, finished) = program.env(name, value).log_in();
            finished.assert_success();
            let colour = finished.stderr.contains("\u{1b}[36m> POST /token HTTP/1.1\u{1b}[0m\r");
            assert_eq!(colour, coloured, "{name}={value}");
            assert_eq!(finished.stderr.contains('\u{1b}'), coloured, "{name}={value}");
        }
    }

    /// The program with `--step` in a terminal, waiting for the callback.
    fn start_stepping(
        provider: &Provider,
        option: &str,
        redirect_uri: &str,
    ) -> (Running, Authorization) {
        let program = in_a_terminal(provider, &format!("--step {option}"));
        let mut running = program.env("REDIRECT_URI", redirect_uri).start();
        running.wait_for("Leg 1: ");
        running.wait_for("Press Enter to go on.");
        assert!(!running.so_far().contains("code_challenge="));
        running.type_line("");
        let authorization = running.wait_for_url();
        running.wait_for("Leg 2: ");
        running.wait_for("Press Enter to go on.");
        running.type_line("");
        (running, authorization)
    }

    /// Leg 3 waits for Enter, and so does leg 4.
    fn assert_legs_3_and_4_wait(mut running: Running, provider: &Provider) {
        running.wait_for("Leg 3: ");
        running.wait_for("Press Enter to go on.");
        assert_eq!(provider.requests(), [] as [String; 0]);
        running.type_line("");
        running.wait_for("Leg 4: ");
        running.wait_for("Press Enter to go on.");
        let requests = provider.requests();
        assert!(matches!(&*requests, [one] if one.starts_with("POST ")), "{requests:?}");
        running.type_line("");
        running.wait_for("Done.");
        running.finish().assert_success();
    }

    #[test]
    #[ignore = "needs script"]
    fn step_waits_for_enter_before_each_leg() {
        let provider = Provider::friendly();
        let (mut running, authorization) =
            start_stepping(&provider, "--no-browser", "http://localhost:0/callback");
        running.wait_for("Waiting for authorization...");
        let tab = std::thread::spawn(move || get(&authorization.callback(GRANTED)));
        assert_legs_3_and_4_wait(running, &provider);
        assert_eq!(tab.join().unwrap().status, 200);
    }

    #[test]
    #[ignore = "needs script"]
    fn step_waits_for_its_own_enter_after_an_address_was_pasted() {
        let provider = Provider::friendly();
        let (mut running, authorization) =
            start_stepping(&provider, "--paste", "http://localhost:8000/callback");
        running.wait_for("Then paste the URL");
        running.type_line(&authorization.callback(GRANTED));
        running.wait_for("You pasted the URL, so there are no bytes of leg 2 to show.");
        assert_legs_3_and_4_wait(running, &provider);
    }
}
