//! The Python script that this program began as, at the practice provider: what it leaves open.

use std::io::{Read, Write};

use crate::support::{
    Authorization, Program, Running, connect, free_port, get, press, python, request,
    start_practice_provider,
};

/// Starts the script at the practice provider that runs beside it, with a browser that prints its URL.
fn start_original(provider: &mut Running) -> (Running, Authorization) {
    let python = python().expect("python3 with requests is installed");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/climb/0-original.py");
    let mut running = Program::bare(&[])
        .with_exports(&provider.exports())
        .env("REDIRECT_URI", &format!("http://localhost:{}/callback", free_port()))
        .env("BROWSER", "echo %s")
        .env("PYTHONUNBUFFERED", "1")
        .through(&python, &[script])
        .start();
    let mut url = None;
    let mut listens = false;
    while url.is_none() || !listens {
        // It has two threads and a browser, which sometimes print on one line.
        let line = running.wait_for_stdout();
        listens |= line.contains("Callback server running");
        if let Some(start) = line.find("http://127.0.0.1:") {
            url = Some(Authorization::read(line[start..].to_owned()));
        }
    }
    (running, url.unwrap())
}

/// The browser goes to a callback of the original, which answers by HTTP/1.0 and without a length.
fn visit(callback: &str) -> String {
    let mut stream = connect(callback.split('/').nth(2).unwrap());
    stream.write_all(request("GET", callback).as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
#[ignore = "needs python3 with requests"]
fn the_original_logs_in() {
    let mut provider = start_practice_provider();
    let (running, authorization) = start_original(&mut provider);
    let page = visit(&press(&authorization, "authorize"));
    assert!(page.contains("<h1>Login Successful!</h1>"), "{page}");
    let finished = running.finish();
    finished.assert_success();
    assert!(finished.stdout.contains("login: octocat\n"), "{}", finished.stdout);
}

#[test]
#[ignore = "needs python3 with requests"]
fn what_the_original_leaves_open_is_closed_here() {
    let mut provider = start_practice_provider();

    // It takes a callback that somebody else has sent, and is signed in as they are. It asks for no PKCE.
    let (running, authorization) = start_original(&mut provider);
    visit(&press(&authorization, "forged-state"));
    assert!(running.finish().stdout.contains("login: mallory\n"));
    let leg_1 = provider.wait_for("leg 1: ");
    assert!(leg_1.contains("; missing: code_challenge") && leg_1.contains("; missing: state"));
    provider.wait_for("; this code came with \"A forged state\": a good client would have stopped");

    // It claims a success that does not happen.
    let (running, authorization) = start_original(&mut provider);
    let page = visit(&press(&authorization, "used-code"));
    assert!(page.contains("<h1>Login Successful!</h1>"), "{page}");
    assert_ne!(running.finish().code, Some(0));

    // It waits for ever where the person has said no: another answer is still taken.
    let (mut running, authorization) = start_original(&mut provider);
    visit(&press(&authorization, "cancel"));
    assert!(running.is_running());
    visit(&press(&authorization, "authorize"));
    running.finish().assert_success();

    // And here, pressed in the same order.
    let mut provider = start_practice_provider();
    for (button, status) in [("forged-state", 400), ("used-code", 502), ("cancel", 403)] {
        let mut running = Program::at_practice_provider(&mut provider).start();
        let authorization = running.wait_for_authorization();
        assert_eq!(get(&press(&authorization, button)).status, status);
        match button {
            "forged-state" => assert!(running.is_running()),
            _ => running.finish().assert_failure("refused"),
        }
        let leg_1 = provider.wait_for("leg 1: ");
        assert!(!leg_1.contains("missing"), "{leg_1}");
    }
}
