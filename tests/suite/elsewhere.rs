//! Where the browser is on another machine: `--paste`, and the port that SSH forwards.

use std::net::TcpListener;

use crate::support::{CODE, GRANTED, Program, Provider, Running, TOKEN, get, open_on_a_free_port};

/// The program in a terminal, through `script`.
pub(crate) fn in_a_terminal(provider: &Provider, arguments: &str) -> Program {
    // What the terminal shows comes out of `script`, and is read on stderr like everything else.
    let program = crate::support::program();
    let command = format!(
        "command -v script || {{ echo 'script is not installed'; exit 1; }}; \
         exec script -q -e -f -c 'exec {program} {arguments}' /dev/null >&2"
    );
    Program::at(provider, &[]).through("/bin/sh", &["-c", &command])
}

const PASTED: &str =
    "Then paste the URL that the browser ends on, even if it shows an error, and press Enter:";

/// `--paste`, with a pipe for standard input. Its redirect URI must name a port.
fn pasting(provider: &Provider, arguments: &[&str]) -> Running {
    let arguments = [&["--paste"], arguments].concat();
    let redirect_uri = "http://localhost:8000/callback";
    // If a browser were opened, this one would be missed.
    let program = Program::at(provider, &arguments).env("BROWSER", "/nowhere/browser");
    program.env("REDIRECT_URI", redirect_uri).start()
}

#[test]
fn an_address_that_is_pasted_is_taken_as_if_it_had_arrived() {
    for whole in [true, false] {
        let provider = Provider::friendly();
        let mut running = pasting(&provider, &[]);
        let authorization = running.wait_for_url();
        running.wait_for(PASTED);
        let url = authorization.callback(GRANTED);
        running.type_line(if whole { &url } else { &url[url.find('?').unwrap()..] });
        running.wait_for("Authorization code received: c0de… (21 characters)");
        let finished = running.finish();
        finished.assert_success();
        finished.assert_no_secret();
        assert!(finished.stdout.starts_with("login: mona\n"), "{}", finished.stdout);
        for word in ["Callback server running", "could be opened", "Waiting"] {
            assert!(!finished.stderr.contains(word), "{}", finished.stderr);
        }
        let requests = provider.requests().concat();
        assert!(requests.contains("redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback&"));
    }
}

#[test]
fn a_token_can_be_had_where_only_a_pipe_can_be_read() {
    let mut running = pasting(&Provider::friendly(), &["--token"]);
    let authorization = running.wait_for_url();
    // A pipe needs no Enter at its end.
    running.type_text(&authorization.callback(GRANTED));
    running.close_input();
    let finished = running.finish();
    finished.assert_success();
    assert_eq!(finished.stdout, format!("{TOKEN}\n"));
}

#[test]
#[ignore = "needs script"]
fn an_address_that_is_pasted_into_a_terminal_is_taken_too() {
    let program = in_a_terminal(&Provider::friendly(), "--paste");
    let mut running = program.env("REDIRECT_URI", "http://localhost:8000/callback").start();
    let authorization = running.wait_for_url();
    running.wait_for(PASTED);
    running.type_line("hello");
    running.wait_for("That URL wasn't taken: a code alone proves nothing; its state is missing, so paste the whole URL. Paste another:");
    running.type_line(&authorization.callback(GRANTED));
    running.wait_for("login: mona");
    running.wait_for("Done.");
    running.finish().assert_success();
}

#[test]
fn a_wrong_paste_is_refused_with_the_reason_and_asked_for_again() {
    let provider = Provider::friendly();
    let mut running = pasting(&provider, &[]);
    let authorization = running.wait_for_url();
    for (line, reason) in [
        (
            "4f2c8d1e90".to_owned(),
            "a code alone proves nothing; its state is missing, so paste the whole URL",
        ),
        (
            authorization.callback("code=evil&state=guess"),
            "its state isn't the one this login sent",
        ),
        (authorization.callback("error=access_denied"), "it has no state"),
        (
            authorization.callback(GRANTED).replace("/callback", "/other"),
            "its path isn't the one of the redirect URI",
        ),
    ] {
        running.type_line(&line);
        running.wait_for(&format!("That URL wasn't taken: {reason}. Paste another:"));
    }
    running.type_line("");
    running.type_line(&authorization.callback("error=access_denied&state=STATE"));
    running.finish().assert_failure("the provider refused the authorization: `access_denied`");
    assert_eq!(provider.requests(), [] as [String; 0]);
}

#[test]
fn a_pasted_address_is_awaited_no_longer_than_there_is_something_to_read() {
    let mut running = pasting(&Provider::friendly(), &[]);
    running.type_line("hello");
    running.close_input();
    running
        .finish()
        .assert_failure("the input ended before the right URL was pasted: run this again");
    pasting(&Provider::friendly(), &["--timeout", "1"])
        .finish()
        .assert_failure("no callback within 1 s");
}

#[test]
fn to_paste_opens_no_port_and_needs_to_know_the_number() {
    // A program that holds the port is not in the way.
    let (_stranger, port) = open_on_a_free_port(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    let redirect_uri = format!("http://localhost:{port}/callback");
    let program = Program::at(&Provider::friendly(), &["--paste"]);
    let mut running = program.env("REDIRECT_URI", &redirect_uri).start();
    let authorization = running.wait_for_url();
    assert_eq!(authorization.parameter("redirect_uri"), redirect_uri);
    running.type_line(&authorization.callback(GRANTED));
    running.finish().assert_success();

    Program::at(&Provider::friendly(), &["--paste"])
        .run()
        .assert_failure("REDIRECT_URI must name a port for --paste, which opens none");
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn practice_can_be_pasted_too() {
    let mut running = Program::bare(&["practice", "--paste"]).start();
    let authorization = running.wait_for_url();
    running.type_line(&crate::support::press(&authorization, "authorize"));
    let finished = running.finish();
    finished.assert_success();
    assert!(finished.stdout.starts_with("login: octocat\n"));
}

#[test]
fn over_ssh_the_line_that_forwards_the_port_is_shown() {
    // Nothing of the variable is repeated.
    for connection in ["192.0.2.1 5 192.0.2.9 22", "$(evil) ; `evil` \u{1b}[31m"] {
        let mut running = Program::at(&Provider::friendly(), &[])
            .env("AUTH_URL", "https://idp.example/authorize")
            .env("SSH_CONNECTION", connection)
            .env("BROWSER", "/nowhere/browser")
            .start();
        let authorization = running.wait_for_url();
        let port = authorization.address().rsplit_once(':').unwrap().1;
        assert_eq!(
            running.wait_for("another machine"),
            format!(
                "Is your browser on another machine? First run this there: \
                 ssh -L {port}:localhost:{port} THIS-MACHINE, or start again with --paste"
            )
        );
    }
}

#[test]
fn without_paste_nothing_is_read() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    running.type_line(&authorization.callback("error=access_denied&state=STATE"));
    assert_eq!(get(&authorization.callback(GRANTED)).status, 200);
    let finished = running.finish();
    finished.assert_success();
    assert!(!finished.stderr.contains("paste"), "{}", finished.stderr);
    assert!(provider.requests()[0].contains(CODE));
}

#[test]
fn a_url_that_is_broken_over_lines_is_put_together_again() {
    let mut running = pasting(&Provider::friendly(), &[]);
    let authorization = running.wait_for_url();
    let url = authorization.callback(GRANTED);
    let third = url.len() / 3;
    running.type_line(&format!("> {}", &url[..third]));
    running.type_line(&format!("> {}", &url[third..2 * third]));
    running.type_line(&format!("> {}", &url[2 * third..]));
    running.finish().assert_success();
}
