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
    FORM, Folder, GRANTED, HTML, PATIENCE, Program, Provider, Running, TOKEN, accept, get, post,
    press, reply, start_practice_provider, ticket,
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
            // A script that a new page interrupts is an error, and asked again.
            .http_status_as_error(false)
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

    /// Waits until the page has this text no longer.
    fn wait_for_no_text(&self, part: &str) {
        let start = Instant::now();
        while self.text().contains(part) || self.text().is_empty() {
            assert!(start.elapsed() < PATIENCE, "{part:?} is still on the page");
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

    /// Shows the page in a window of this width, in light or in dark.
    fn show_in(&self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", &features);
        let dark = self.script("return matchMedia('(prefers-color-scheme: dark)').matches");
        assert_eq!(dark, scheme == "dark");
    }

    /// The band on top: the side that speaks, its name and address, and the colour.
    fn band(&self) -> (String, String) {
        let band = self.script(
            "let it = document.querySelector('header');
             return [it.className + ': ' + it.innerText, getComputedStyle(it).backgroundColor]",
        );
        let [text, colour] = [0, 1].map(|at: usize| band[at].as_str().unwrap().to_owned());
        (text, colour)
    }

    /// The page fits a projector and a phone, and can be read in light and in dark, its drawings included.
    /// With `SCREENSHOTS` set, leaves pictures in that folder.
    fn assert_fits(&self, name: &str) {
        let start = Instant::now();
        while self.script("return document.readyState") != "complete" {
            assert!(start.elapsed() < PATIENCE, "{name} doesn't load");
        }
        // The board would come again in the middle.
        self.script("stop()");
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")] {
            self.show_in(width, scheme);
            let inner = self.script("return document.documentElement.scrollWidth - innerWidth");
            assert!(inner.as_i64().unwrap() <= 0, "{name} is {inner} too wide for {width}");
            assert_eq!(self.script(OUTSIDE), json!([]), "{name}, {width}, {scheme}");
            assert_eq!(self.script(FAINT), json!([]), "{name}, {width}, {scheme}");
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

/// The mark before the title, by which one sees at a glance how it went.
const TITLE_MARK: &str =
    "return getComputedStyle(document.querySelector('h1'), '::before').content";

/// Presses the middle of a row on the board, in one go: the page comes again every 3 seconds.
const PRESS_ROW_2: &str = "
    let row = document.querySelector('#login-2 summary');
    row.scrollIntoView();
    let box = row.getBoundingClientRect();
    document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).click();
";

/// The texts of drawings that leave the page, or are smaller than 12 pixels.
const OUTSIDE: &str = "
    return [...document.querySelectorAll('.drawing b, .drawing span, .drawing em')].filter(it => {
        let box = it.getBoundingClientRect();
        let isSmall = parseFloat(getComputedStyle(it).fontSize) < 12;
        return box.width > 0 && (box.left < 0 || box.right > innerWidth || isSmall);
    }).map(it => it.textContent);
";

/// The texts on the page that stand out less than WCAG 2.2 asks (§1.4.3, level AA: 4.5 to 1).
const FAINT: &str = "
    let numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    let over = (top, below) => {
        let alpha = top[3] ?? 1;
        return [0, 1, 2].map(at => top[at] * alpha + below[at] * (1 - alpha));
    };
    let light = colour => {
        let parts = colour.map(part => {
            let share = part / 255;
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    let isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    let below = element => {
        if (!element) return isDark ? [18, 18, 18] : [255, 255, 255];
        return over(numbers(getComputedStyle(element).backgroundColor), below(element.parentElement));
    };
    let faint = [];
    let walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        let element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
        let style = getComputedStyle(element);
        let ground = below(element);
        let ink = numbers(style.color);
        ink = over([...ink.slice(0, 3), (ink[3] ?? 1) * style.opacity], ground);
        let [one, other] = [light(ink), light(ground)].sort((a, b) => b - a);
        let contrast = (one + 0.05) / (other + 0.05);
        if (contrast < 4.5) faint.push(contrast.toFixed(2) + ' ' + walker.currentNode.data.trim());
    }
    return faint;
";

/// The arrows of the drawing: the place of each, its colour, and its lines with their colours.
const ARROWS: &str = "
    return [...document.querySelectorAll('.drawing p')].filter(it => it.checkVisibility()).map(it => {
        let all = it.closest('.drawing').getBoundingClientRect();
        let arrow = it.querySelector('line').getBoundingClientRect();
        let place = x => Math.round((x - all.left) / all.width * 100);
        return {
            from: place(arrow.left),
            to: place(arrow.right),
            colour: getComputedStyle(it.querySelector('line')).stroke,
            lines: [...it.querySelectorAll('b, span, em')].map(line => ({
                text: line.textContent,
                colour: getComputedStyle(line).color,
            })),
        };
    });
";

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
    let authorization = running.wait_for_authorization();
    browser.open(&authorization.url);
    browser.wait_for_text("The app practice asks to act for you, octocat");
    browser.wait_for_text("read your profile (read:user)");
    browser.assert_fits("consent");
    let (speaker, provider_colour) = browser.band();
    let origin = authorization.origin();
    assert_eq!(speaker, format!("provider: Practice, the provider, at {origin}"));
    // What a good client does is folded away, and so are the buttons.
    assert!(
        !browser.text().contains("A good client") && !browser.text().contains("A forged state")
    );
    browser.unfold();
    browser.wait_for_text("A good client ignores it");
    browser.assert_fits("consent-unfolded");
    // Two columns on a projector, one on a phone.
    for (width, columns) in [(1280, 2), (400, 1)] {
        browser.show_in(width, "light");
        let places = "return new Set([...document.querySelectorAll('.faults button')].map(
            it => it.getBoundingClientRect().left)).size";
        assert_eq!(browser.script(places), columns);
    }
    browser.command("Emulation.clearDeviceMetricsOverride", &json!({}));
    let button = "return getComputedStyle(document.querySelector('button')).backgroundColor";
    assert_eq!(browser.script(button), "rgb(26, 127, 55)");
    browser.assert_clean_console();
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    browser.wait_for_text("You can close this tab.");
    browser.assert_clean_console();
    browser.assert_fits("signed-in");
    let (speaker, client_colour) = browser.band();
    let address = authorization.address();
    assert_eq!(speaker, format!("client: bare-oauth, the client, at http://{address}"));
    assert_ne!(provider_colour, client_colour);
    assert_eq!(browser.script(TITLE_MARK), "\"✓ \"");
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
    browser.wait_for_text("You said no at the provider");
    browser.assert_fits("failure");
    assert_eq!(browser.script(TITLE_MARK), "\"✗ \"");
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

/// A practice login with its steps, up to its page in the tab.
fn start_lesson(browser: &Browser) -> Running {
    let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
    browser.open(&running.wait_for_authorization().url);
    browser.wait_for_text("Authorize");
    browser.click("button[value=authorize]");
    browser.wait_for_text("You are signed in as octocat (The Octocat).");
    running
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn a_class_reads_the_whole_login_in_the_tab() {
    let browser = Browser::start();
    let running = start_lesson(&browser);
    browser.wait_for_text("Leg 4: the profile request");
    browser.assert_fits("lesson");
    // The bytes are folded, and in the terminal's two colours.
    assert!(!browser.text().contains("POST /login/oauth/access_token HTTP/1.1"));
    browser.unfold();
    browser.wait_for_text("POST /login/oauth/access_token HTTP/1.1");
    browser.assert_fits("lesson-unfolded");
    let colours = "return ['sent', 'received'].map(
        it => getComputedStyle(document.querySelector('pre .' + it)).color)";
    let colours = browser.script(colours);
    assert_ne!(colours[0], colours[1]);
    browser.assert_clean_console();
    running.finish().assert_success();
}

/// A line of an arrow.
#[derive(Debug)]
struct Line {
    text: String,
    colour: String,
}

/// An arrow of a drawing, as the browser shows it.
#[derive(Debug)]
struct Arrow {
    /// The first line: `Leg 3, client to provider: POST /token`.
    name: String,
    colour: String,
    lines: Vec<Line>,
}

impl Arrow {
    /// The line of this parameter.
    fn line(&self, name: &str) -> &Line {
        let begin = format!("{name} = ");
        self.lines.iter().find(|line| line.text.starts_with(&begin)).expect(name)
    }
}

/// The arrows of the page's drawing.
fn arrows(browser: &Browser) -> Vec<Arrow> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let arrows = browser.script(ARROWS);
    let arrow = |arrow: &Value| {
        let lines = arrow["lines"].as_array().unwrap();
        let lines: Vec<_> = lines
            .iter()
            .map(|line| Line { text: text(&line["text"]), colour: text(&line["colour"]) })
            .collect();
        let name = lines[0].text.clone();
        assert_between_its_parties(&name, &arrow["from"], &arrow["to"]);
        Arrow { name, colour: text(&arrow["colour"]), lines }
    };
    arrows.as_array().unwrap().iter().map(arrow).collect()
}

/// The arrow is between the lines of the two parties that its text names.
fn assert_between_its_parties(name: &str, from: &Value, to: &Value) {
    let mut places = Vec::new();
    for (party, place) in [("browser", 11), ("client", 50), ("provider", 89)] {
        if name.split(':').next().unwrap().contains(party) {
            places.push(place);
        }
    }
    assert_eq!(json!([from, to]), json!(places), "{name}");
}

fn names(arrows: &[Arrow]) -> Vec<&str> {
    arrows.iter().map(|arrow| arrow.name.as_str()).collect()
}

/// The names of the arrows in this colour.
fn names_in<'a>(arrows: &'a [Arrow], colour: &str) -> Vec<&'a str> {
    let found = arrows.iter().filter(|arrow| arrow.colour == colour);
    found.map(|arrow| arrow.name.as_str()).collect()
}

/// The colour of errors.
fn red(browser: &Browser) -> String {
    let red = "let error = document.createElement('strong'); document.body.append(error);
        let red = getComputedStyle(error).color; error.remove(); return red";
    browser.script(red).as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn the_drawing_shows_that_a_value_comes_back_by_its_colour() {
    let browser = Browser::start();
    let running = start_lesson(&browser);
    running.finish().assert_success();
    for scheme in ["light", "dark"] {
        browser.show_in(1280, scheme);
        let arrows = arrows(&browser);
        assert_eq!(
            names(&arrows),
            [
                "Leg 1, browser to provider: GET the authorization URL",
                "Leg 2, browser to client: GET /callback",
                "Leg 3, client to provider: POST /login/oauth/access_token",
                "Leg 3, provider to client: 200 OK",
                "Leg 4, client to provider: GET /user",
                "Leg 4, provider to client: 200 OK",
            ]
        );
        let [leg_1, leg_2, leg_3] = &arrows[..3] else { unreachable!() };
        for (one, other) in
            [(leg_1.line("state"), leg_2.line("state")), (leg_2.line("code"), leg_3.line("code"))]
        {
            assert_eq!((&one.text, &one.colour), (&other.text, &other.colour));
        }
        let challenge = leg_1.line("code_challenge");
        assert_eq!(challenge.colour, leg_3.line("code_verifier").colour);
        let red = red(&browser);
        let mut colours = vec![red.as_str()];
        for line in [leg_2.line("state"), leg_2.line("code"), challenge, leg_1.line("scope")] {
            colours.push(&line.colour);
        }
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), 5, "{colours:?}");
        assert_eq!(names_in(&arrows, &red), [] as [&str; 0]);
    }
    // A screen reader reads the arrows, too.
    let tree = browser.command("Accessibility.getFullAXTree", &json!({})).to_string();
    for name in ["The login as a drawing", "Leg 4, client to provider: GET /user"] {
        assert!(tree.contains(name), "{name}");
    }
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn the_drawing_shows_in_red_what_went_wrong_on_its_arrow() {
    let browser = Browser::start();
    for (button, name, problem) in [
        (
            "cancel",
            "Leg 2, browser to client: GET /callback",
            "the provider refused the authorization: ",
        ),
        (
            "used-code",
            "Leg 3, provider to client: 200 OK",
            "leg 3, the token request, was refused: ",
        ),
        (
            "profile-401",
            "Leg 4, provider to client: 401 Unauthorized",
            "leg 4, the profile request, was answered with 401",
        ),
    ] {
        let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
        browser.open(&running.wait_for_authorization().url);
        browser.wait_for_text("Break it");
        browser.unfold();
        browser.click(&format!("button[value={button}]"));
        browser.wait_for_text("Not signed in");
        browser.assert_fits(&format!("lesson-{button}"));
        running.finish();
        for scheme in ["light", "dark"] {
            browser.show_in(1280, scheme);
            let red = red(&browser);
            let arrows = arrows(&browser);
            assert_eq!(names_in(&arrows, &red), [name]);
            let line = arrows.last().unwrap().lines.last().unwrap();
            assert!(line.text.starts_with(problem) && line.colour == red, "{line:?}");
        }
    }
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn pages_that_refuse_something_say_who_speaks_and_can_be_read() {
    let browser = Browser::start();
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    let origin = authorization.origin();
    for (name, url, side, text) in [
        ("no-page", format!("{origin}/nowhere"), "provider: ", "there is nothing at this URL"),
        (
            "no-app",
            format!("{origin}/login/oauth/authorize?client_id=other"),
            "provider: ",
            "no app with this client_id",
        ),
        ("no-callback", authorization.callback("code=a"), "client: ", "It has no state."),
    ] {
        browser.open(&url);
        browser.wait_for_text(text);
        assert!(browser.band().0.starts_with(side));
        assert_eq!(browser.script(TITLE_MARK), "\"✗ \"");
        browser.assert_fits(name);
        get(&url).assert_safe();
    }
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn the_board_shows_each_login_and_renews_itself() {
    let browser = Browser::start();
    let board = Browser::start();
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
    board.wait_for_text("code-twice: held");
    board.wait_for_text("signed in");
    board.wait_for_text("GET /login/oauth/acces_token");
    // A press on a row unfolds it, also after the page has come again.
    assert!(!board.text().contains("the client takes the first only"));
    board.script(PRESS_ROW_2);
    board.wait_for_text("the client takes the first only");
    board.script("document.body.append('Not yet')");
    board.wait_for_text("Not yet");
    board.wait_for_no_text("Not yet");
    assert!(board.text().contains("the client takes the first only"));
    board.assert_fits("board");
    assert_eq!(
        names(&arrows(&board)),
        [
            "Leg 1, browser to provider: GET /login/oauth/authorize",
            "Leg 2, browser to provider: POST /login/oauth/authorize",
            "Leg 2, provider to browser: 302",
            "Leg 3, client to provider: POST /login/oauth/access_token",
            "Leg 3, provider to client: 200",
            "Leg 4, client to provider: GET /user",
            "Leg 4, provider to client: 200",
        ]
    );
    let red = red(&board);
    assert_eq!(names_in(&arrows(&board), &red), ["Leg 3, provider to client: 200"]);
    // Another press folds it.
    board.script(PRESS_ROW_2);
    board.wait_for_no_text("the client takes the first only");
    board.assert_clean_console();
}

/// A client that sends nothing that it can leave out, and takes any state.
fn fall_for_a_forged_state(provider: &mut Running, origin: &str) {
    let bare = format!("{origin}/login/oauth/authorize?client_id=practice");
    let body = format!("ticket={}&decision=forged-state", ticket(&get(&bare)));
    let redirect = post(origin, "/login/oauth/authorize", FORM, &body);
    let (_, code) = redirect.header("location").unwrap().split_once("code=").unwrap();
    let (code, _) = code.split_once('&').unwrap();
    let secret = provider.variable("CLIENT_SECRET");
    let body = format!("client_id=practice&client_secret={secret}&code={code}");
    post(origin, "/login/oauth/access_token", FORM, &body);
}

#[test]
#[ignore = "needs chromium: make test-browser"]
fn forty_logins_fit_a_screen_and_the_missing_is_marked_as_missing() {
    let board = Browser::start();
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    get(&press(&authorization, "authorize"));
    running.finish().assert_success();
    for _ in 2..38 {
        get(&authorization.url);
    }
    fall_for_a_forged_state(&mut provider, authorization.origin());
    press(&authorization, "forged-state");
    press(&authorization, "cancel");

    let origin = authorization.origin();
    board.open(&format!("{origin}/"));
    board.wait_for_text("and again every 3 seconds.");
    board.assert_fits("board-of-forty");
    board.show_in(1280, "light");
    let height = board.script("return document.documentElement.scrollHeight").as_u64().unwrap();
    assert!(height <= 2000, "{height}");
    let rows =
        board.script("return [...document.querySelectorAll('summary')].map(it => it.innerText)");
    let row = |number: usize| {
        let row = rows[40 - number].as_str().unwrap().split_whitespace().collect::<Vec<_>>();
        assert_eq!(row[0], number.to_string());
        row[2..].join(" ")
    };
    assert_eq!(rows.as_array().unwrap().len(), 40);
    let asked = "✓ state ✓ PKCE ✓ response_type … grant_type … Accept";
    let missing = "✗ no state ✗ no PKCE ✗ no response_type ✗ no grant_type ✗ no Accept";
    let all = "✓ state ✓ PKCE ✓ response_type ✓ grant_type ✓ Accept";
    assert_eq!(row(1), format!("octocat {all} signed in"));
    assert_eq!(row(2), format!("nobody {asked} not finished"));
    assert_eq!(row(38), format!("nobody {missing} forged-state: fell for it"));
    assert_eq!(row(39), format!("nobody {asked} forged-state: not seen yet"));
    assert_eq!(row(40), format!("nobody {asked} the person said no"));
    let heights = "return [...document.querySelectorAll('details')].map(
        it => it.getBoundingClientRect().height)";
    let heights = board.script(heights);
    assert!(heights.as_array().unwrap().iter().all(|height| height == &heights[0]), "{heights}");

    // Everything that is wrong is red in the drawing of its login.
    board.open(&format!("{origin}/?login=38"));
    board.wait_for_text("missing: Accept");
    board.assert_fits("board-fell");
    let arrows = arrows(&board);
    assert_eq!(
        names_in(&arrows, &red(&board)),
        [
            "Leg 1, browser to provider: GET /login/oauth/authorize",
            "Leg 2, provider to browser: 302",
            "Leg 3, client to provider: POST /login/oauth/access_token",
        ]
    );
    let code = |number: usize| arrows[number].line("code");
    assert_eq!((&code(2).text, &code(2).colour), (&code(3).text, &code(3).colour));
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
    browser.assert_fits("ignored");
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
    let limit = "the profile request, met a rate limit (the provider says: API rate limit exceeded for user ID 583231.)";
    browser.wait_for_text(&format!("Leg 4, {limit}.\n\nTry again in "));
    running.finish().assert_failure(&format!("leg 4, {limit}: try again in "));
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
    let first = Browser::start();
    let second = Browser::start();
    first.open(&callback);
    let mut leg_3 = accept(&gate);
    second.open(&callback);
    second.wait_for_text("This login is already being completed in another tab.");
    second.assert_fits("second-tab");

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
