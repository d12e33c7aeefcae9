//! The browser that the program opens: which one, what it gets to know, and whom it can hold up.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::support::{
    Authorization, Finished, Folder, GRANTED, Program, Provider, TOKEN, accept, get,
};

/// A browser that is a script. Its standard streams may lead nowhere, so it talks over a socket.
struct Browser {
    folder: Folder,
    gate: TcpListener,
}

impl Browser {
    /// A browser in a file of this name, which runs `commands` and sends their output to the test.
    fn new(name: &str, commands: &str) -> Self {
        let folder = Folder::new(name);
        let gate = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = gate.local_addr().unwrap().port();
        let script = format!("#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/{port}\n{commands}\n");
        std::fs::write(folder.join("a browser"), script).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.join("a browser"), mode).unwrap();
        Self { folder, gate }
    }

    fn path(&self) -> String {
        self.folder.file("a browser")
    }

    /// All that the browser says, until it ends.
    fn said(&self) -> String {
        let mut said = String::new();
        accept(&self.gate).read_to_string(&mut said).unwrap();
        said
    }
}

/// Logs in with this browser. Returns what the browser said.
fn log_in_with(browser: &Browser, variable: &str) -> (Authorization, String, Finished) {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--token"]).env("BROWSER", variable).start();
    let authorization = running.wait_for_authorization();
    let said = browser.said();
    get(&authorization.callback(GRANTED));
    (authorization, said, running.finish())
}

#[test]
#[ignore = "needs bash"]
fn the_browser_of_the_environment_is_opened_with_the_url_and_its_output_is_not_ours() {
    let browser = Browser::new("browser", "echo noise\necho noise >&2\necho \"$1\" >&3");
    let path = browser.path();
    for variable in [
        path.clone(),
        format!("'{path}'"),
        format!("\"{path}\" %s"),
        format!("/nowhere/browser:\"{path}\""),
    ] {
        let (authorization, said, finished) = log_in_with(&browser, &variable);
        assert_eq!(said.trim_end(), authorization.url, "{variable}");
        assert_eq!(finished.stdout, format!("{TOKEN}\n"));
        assert!(!finished.stderr.contains("noise"), "{}", finished.stderr);
    }
}

#[test]
#[ignore = "needs bash"]
fn the_browser_inherits_no_variable_that_is_named_like_a_secret() {
    let browser = Browser::new("environment", "env >&3");
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[])
        .env("BROWSER", &browser.path())
        .env("GITHUB_TOKEN", "of another program")
        .env("HARMLESS", "stays")
        .start();
    let authorization = running.wait_for_authorization();
    let environment = browser.said();
    get(&authorization.callback(GRANTED));
    running.finish().assert_success();
    assert!(environment.contains("HARMLESS=stays\n"), "{environment}");
    assert!(environment.contains("CLIENT_ID="), "{environment}");
    for name in ["CLIENT_SECRET", "GITHUB_TOKEN"] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[test]
#[ignore = "needs bash"]
fn a_browser_in_the_foreground_holds_up_nobody() {
    // It stays until the test closes the socket.
    let browser = Browser::new("foreground", "echo noise\ncat <&3");
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--token"]).env("BROWSER", &browser.path()).start();
    let authorization = running.wait_for_authorization();
    let open = accept(&browser.gate);
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    assert_eq!(finished.stdout, format!("{TOKEN}\n"));
    drop(open);
}

#[test]
#[ignore = "needs bash"]
fn a_browser_that_fails_at_once_is_told() {
    let browser = Browser::new("failing", "exit 3");
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).env("BROWSER", &browser.path()).start();
    let authorization = running.wait_for_authorization();
    running.wait_for_earlier_or_later(
        "No browser could be opened (BROWSER exited with status 3). Open the URL above in a browser.",
    );
    get(&authorization.callback(GRANTED));
    running.finish().assert_success();
}

#[test]
fn to_open_a_browser_it_needs_a_url_on_standard_input() {
    for input in ["", "file:///etc/passwd", "--help", "javascript:alert(1)"] {
        let mut running = Program::bare(&["open-browser"]).start();
        running.type_text(input);
        running.close_input();
        let finished = running.finish();
        assert_eq!(finished.code, Some(2), "{input}");
        assert!(finished.stderr.contains("`open-browser` needs a URL on standard input"));
    }
}

#[test]
fn a_browser_that_can_not_be_opened_is_said_and_the_wait_goes_on() {
    let mut running =
        Program::at(&Provider::friendly(), &[]).env("BROWSER", "/nowhere/browser").start();
    let authorization = running.wait_for_authorization();
    running.wait_for_earlier_or_later("No browser could be opened");
    assert_eq!(get(&authorization.callback(GRANTED)).status, 200);
    running.finish().assert_success();
}

#[test]
fn no_browser_is_opened_where_none_is_wanted_or_there_is_none() {
    for (arguments, browser, how) in [
        (&["--no-browser"] as &[_], "/nowhere/browser", "Open this URL in a browser:"),
        (&[], "", "No browser can be opened here. Open this URL in a browser:"),
    ] {
        let program = Program::at(&Provider::friendly(), arguments).env("BROWSER", browser);
        let (_, finished) = program.log_in();
        finished.assert_success();
        assert!(finished.stderr.lines().any(|line| line == how), "{}", finished.stderr);
        assert!(!finished.stderr.contains("could be opened"), "{}", finished.stderr);
    }
}
