//! The login in a real browser: Debian's Chromium, driven over `WebDriver` with the packages that
//! are here anyway.
//!
//! Ignored in plain `make test`; `make test-browser` runs it, and says what to install where the
//! browser is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use support::{
    Folder, GRANTED, HTML, PATIENCE, Program, Provider, TOKEN, accept, get, reply,
    start_practice_provider, ticket,
};

/// The key of an element reference in the JSON of `WebDriver` (§12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of its own: a driver, a session and a profile that nobody else uses.
struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    profile: Folder,
}

impl Browser {
    fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let profile = Folder::new(&format!("chromium-{count}"));
        // It takes one port on both addresses, and ends where a neighbour holds one of them.
        let (driver, port) = (0..10).find_map(|_| drive()).expect("chromedriver finds a port");
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, agent, session, profile };
        let arguments = [
            "--headless",
            // The tests may run as root, and meet no page but their own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", browser.profile.display()),
        ];
        let session = browser.post(
            "",
            &json!({"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": {"args": arguments},
                "goog:loggingPrefs": {"browser": "ALL"},
                // A page that waits for leg 4 must not hold up the test.
                "pageLoadStrategy": "none",
            }}}),
        );
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().unwrap());
        browser
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        value(self.agent.post(&url).content_type("application/json").send(body.to_string()))
    }

    fn get(&self, path: &str) -> Value {
        value(self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    fn click(&self, selector: &str) {
        let element = self.post("/element", &json!({"using": "css selector", "value": selector}));
        let id = element[ELEMENT].as_str().unwrap();
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// The text of the page, as the person reads it.
    fn text(&self) -> String {
        let text = self.script("return document.body ? document.body.innerText : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits for a page with this text.
    fn wait_for_text(&self, part: &str) {
        let start = Instant::now();
        loop {
            let text = self.text();
            if text.contains(part) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{part:?} is not on the page: {text:?}");
        }
    }

    fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": name, "params": parameters}))
    }

    /// Unfolds everything on the page.
    fn unfold(&self) {
        self.script("document.querySelectorAll('details').forEach(it => it.open = true)");
    }

    /// The page fits a projector and a phone, in light and in dark. With `SCREENSHOTS` set, leaves
    /// pictures in that folder.
    fn assert_fits(&self, name: &str) {
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")] {
            let size =
                json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
            self.command("Emulation.setDeviceMetricsOverride", &size);
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.command("Emulation.setEmulatedMedia", &features);
            let inner = self.script("return document.documentElement.scrollWidth - innerWidth");
            assert!(inner.as_i64().unwrap() <= 0, "{name} is {inner} too wide for {width}");
            let dark = self.script("return matchMedia('(prefers-color-scheme: dark)').matches");
            assert_eq!(dark, scheme == "dark");
            if let Ok(folder) = std::env::var("SCREENSHOTS") {
                let picture = json!({"captureBeyondViewport": true});
                let picture = self.command("Page.captureScreenshot", &picture);
                let file = format!("{folder}/{name}-{width}-{scheme}.base64");
                fs::write(file, picture["data"].as_str().unwrap()).unwrap();
            }
        }
        self.command("Emulation.clearDeviceMetricsOverride", &json!({}));
    }

    /// What the browser's console has said since it was last asked.
    fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// No page has left a word in the console.
    fn assert_clean_console(&self) {
        assert_eq!(self.console(), [] as [String; 0]);
    }
}

/// A driver, and its port.
fn drive() -> Option<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts: apt-get install chromium chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    if port.is_none() {
        driver.wait().unwrap();
    }
    Some((driver, port?))
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn value(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let text = result.expect("WebDriver answers").body_mut().read_to_string().unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["value"].take()
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_person_presses_authorize_and_sees_who_is_signed_in() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("The app practice asks to act for you, octocat");
    browser.wait_for_text("read your profile (read:user)");
    browser.assert_fits("consent");
    // What a good client does is folded away, and so are the buttons.
    assert!(
        !browser.text().contains("A good client") && !browser.text().contains("A forged state")
    );
    browser.unfold();
    browser.wait_for_text("A good client ignores it");
    browser.assert_fits("consent-unfolded");
    let button = "return getComputedStyle(document.querySelector('button')).backgroundColor";
    assert_eq!(browser.script(button), "rgb(26, 127, 55)");
    browser.assert_clean_console();
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    browser.wait_for_text("You can close this tab.");
    browser.assert_clean_console();
    // The style is the page's own, and its policy lets it through.
    let script = "return getComputedStyle(document.querySelector('h1')).fontSize";
    assert_eq!(browser.script(script), "24px");
    assert_eq!(browser.get("/title"), "Signed in – bare-oauth");
    let finished = running.finish();
    finished.assert_success();
    assert!(finished.stdout.starts_with("login: octocat\n"));
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_person_presses_cancel_and_sees_the_refusal_in_the_tab_and_in_the_terminal() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    browser.open(&authorization.url);
    browser.wait_for_text("Cancel");
    browser.click("button[value=cancel]");
    browser.wait_for_text("Not signed in");
    browser.wait_for_text(
        "The provider refused the authorization: access_denied (The user has denied",
    );
    browser.wait_for_text("Run this again and choose Authorize.");
    browser.assert_fits("failure");
    // The browser's own note that this page has an error status, as it has to, and nothing else.
    for message in browser.console() {
        assert!(message.contains("the server responded with a status of 403"), "{message}");
    }
    running.finish().assert_failure("the provider refused the authorization: `access_denied`");
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_dangerous_request_looks_like_what_it_is() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let url = running.wait_for_authorization().url;
    let bare = url.split("&scope=").next().unwrap();
    browser.open(&format!("{bare}&scope=repo+delete_repo+{}", "x".repeat(200)));
    browser.wait_for_text("Dangerous: delete your repositories (delete_repo)");
    browser.wait_for_text("This request has no state");
    browser.assert_fits("dangerous");
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_class_reads_the_whole_login_in_the_tab() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("Authorize");
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    browser.wait_for_text("Leg 4: the profile request");
    browser.assert_fits("lesson");
    browser.assert_clean_console();
    running.finish().assert_success();
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn the_board_shows_each_login_and_renews_itself() {
    let (browser, board) = (Browser::start(), Browser::start());
    let mut provider = start_practice_provider();
    let origin = provider.variable("ISSUER").replace("/login/oauth", "/");
    board.open(&origin);
    board.wait_for_text("export CLIENT_ID='practice'");
    for button in ["authorize", "code-twice"] {
        let mut running = Program::at_practice_provider(&mut provider).start();
        browser.open(&running.wait_for_authorization().url);
        browser.wait_for_text("Break it");
        browser.unfold();
        browser.click(&format!("button[value={button}]"));
        browser.wait_for_text("You are signed in as octocat");
        running.finish().assert_success();
    }
    browser.open(&format!("{origin}login/oauth/acces_token"));
    // Nobody has loaded it again.
    board.wait_for_text("Login 2, ");
    board.wait_for_text("The code delivered twice: not fooled, as far as the provider can see.");
    board.wait_for_text("the client takes the first only");
    board.assert_fits("board");
    board.assert_clean_console();
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_form_of_another_site_decides_nothing() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    // Even if it knew the ticket.
    let ticket = ticket(&get(&authorization.url));
    let form = format!(
        "<form method=\"post\" action=\"{}\"><input name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"authorize\">Win a prize</button></form>",
        authorization.endpoint
    );
    let evil = Provider::start(Provider::token(), reply(200, HTML, &form));
    browser.open(&evil.url("/prize"));
    browser.click("button[value=authorize]");
    browser.wait_for_text("a page of another site has sent this form");
    browser.open(&authorization.url);
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    running.finish().assert_success();
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_forged_state_is_refused_and_the_person_goes_back_and_agrees() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("Break it");
    browser.unfold();
    browser.click("button[value=forged-state]");
    browser.wait_for_text("Callback ignored");
    browser.wait_for_text("Its state isn't the one this login sent.");
    browser.post("/back", &json!({}));
    browser.wait_for_text("Break it");
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    let finished = running.finish();
    finished.assert_success();
    let remark = "Ignored a callback: its state isn't the one this login sent.";
    assert!(finished.stderr.contains(remark), "{}", finished.stderr);
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_callback_behind_30_silent_connections_signs_in() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("Break it");
    browser.unfold();
    browser.click("button[value=silent-connections]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    browser.assert_clean_console();
    running.finish().assert_success();
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_rate_limit_is_told_in_the_tab_and_in_the_terminal() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("Break it");
    browser.unfold();
    browser.click("button[value=profile-rate-limit]");
    browser.wait_for_text("Leg 4, the profile request, met a rate limit.\n\nTry again in ");
    running.finish().assert_failure("leg 4, the profile request, met a rate limit: try again in ");
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn the_same_address_in_a_second_tab_exchanges_nothing_twice() {
    // The token endpoint holds leg 3 open, and with it the first tab.
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = Provider::friendly();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&provider, &["--no-browser"]).env("TOKEN_URL", &token_url).start();
    let callback = running.wait_for_authorization().callback(GRANTED);

    // Two profiles: within one, Chromium holds the second request back until the first is answered.
    let (first, second) = (Browser::start(), Browser::start());
    first.open(&callback);
    let mut leg_3 = accept(&gate);
    second.open(&callback);
    second.wait_for_text("This login is already being completed in another tab.");

    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let _ = leg_3.read(&mut [0; 4096]);
    write!(leg_3, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    first.wait_for_text("You are signed in as mona");
    first.assert_clean_console();
    let finished = running.finish();
    finished.assert_success();
    gate.set_nonblocking(true).unwrap();
    assert!(gate.accept().is_err(), "one exchange, not more");
    let requests = provider.requests();
    assert!(matches!(&*requests, [one] if one.starts_with("GET ")), "{requests:?}");
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn localhost_works_where_chromium_goes_to_ipv6_first() {
    let browser = Browser::start();
    // Where does it go first? Two listeners on one port; only one of them is asked.
    let (v6, v4) = loop {
        let v6 = TcpListener::bind("[::1]:0").expect("this machine has IPv6");
        let port = v6.local_addr().unwrap().port();
        if let Ok(v4) = TcpListener::bind(("127.0.0.1", port)) {
            break (v6, v4);
        }
    };
    browser.open(&format!("http://localhost:{}/", v6.local_addr().unwrap().port()));
    let mut stream = accept(&v6);
    let _ = stream.read(&mut [0; 4096]);
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nv6")
        .unwrap();
    browser.wait_for_text("v6");
    v4.set_nonblocking(true).unwrap();
    assert!(v4.accept().is_err(), "Chromium asked [::1] only");

    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--no-browser"]).start();
    let callback = running.wait_for_authorization().callback(GRANTED);
    assert!(callback.starts_with("http://localhost:"));
    browser.open(&callback);
    browser.wait_for_text("You are signed in as mona (Mona <b>\\u001b[31m\\u202e).");
    browser.assert_clean_console();
    running.finish().assert_success();
}
