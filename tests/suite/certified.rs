//! A certified authorization server that isn't ours: `oidc-provider` from npm, with the server of
//! `tests/certified/server.mjs`. npm installs it below `target`, and never into the repository.
//!
//! These tests need `node`, `npm`, `curl`, and the first time a network. Left out: a login without a
//! scope, because this server grants nothing where nothing is asked for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::{Finished, Folder, Program, Running};

/// The last version that supports Node 18 and 20 as well as later ones.
const PACKAGE: &str = "oidc-provider@8.8.1";
/// It has what the form encoding changes, which RFC 6749 §2.3.1 wants before base64.
const SECRET: &str = "s3cr3t of:the/cl1ent+100%";

/// A client, with the settings that it runs with.
#[derive(Clone, Copy)]
struct Client {
    id: &'static str,
    secret: &'static str,
    /// Its `CLIENT_AUTH`.
    auth: &'static str,
}

/// As the server knows them.
const PUBLIC: Client = Client { id: "public", secret: "", auth: "" };
const BASIC: Client = Client { id: "basic:client", secret: SECRET, auth: "basic" };
const POST: Client = Client { id: "post", secret: SECRET, auth: "" };

/// The folder with the server's package, which is installed once.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    if installed.exists() {
        return installed;
    }
    // Another suite may do the same at this time: then either copy will do.
    let folder = Folder::new("certified");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", PACKAGE]);
    let output = npm.arg("--prefix").arg(&*folder).output().expect("npm is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let _ = fs::rename(&*folder, &installed);
    installed
});

/// The server's script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certified/server.mjs");

/// The server. It is ended with the test.
struct Server {
    running: Running,
    issuer: String,
}

impl Server {
    fn start() -> Self {
        let module = INSTALLED.join("node_modules/oidc-provider/lib/index.js");
        let program = Program::bare(&[]).through("node", &[SCRIPT, module.to_str().unwrap()]);
        let program = program.env("PATH", &env::var("PATH").unwrap()).env("CLIENT_SECRET", SECRET);
        let mut server = Self { running: program.start(), issuer: String::new() };
        server.issuer = server.wait_for_word("issuer");
        server
    }

    /// Waits for the next line, which has to begin with this word: the rest of it.
    fn wait_for_word(&mut self, word: &str) -> String {
        let line = self.running.wait_for_stdout();
        line.strip_prefix(&format!("{word} ")).expect(&line).to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A whole login, with `curl` for a browser: the page at its end, and what the program left.
    fn log_in(&self, client: Client, arguments: &[&str]) -> (String, Finished) {
        let mut running = Program::bare(&[&["--no-browser"], arguments].concat())
            .env("CLIENT_ID", client.id)
            .env("CLIENT_SECRET", client.secret)
            .env("CLIENT_AUTH", client.auth)
            // Without the prompt it gives no refresh token.
            .env("AUTH_URL", &self.url("/auth?prompt=consent"))
            .env("TOKEN_URL", &self.url("/token"))
            .env("USER_URL", &self.url("/me"))
            .env("REVOKE_URL", &self.url("/token/revocation"))
            .env("ISSUER", &self.issuer)
            .env("SCOPE", "openid offline_access")
            .env("REDIRECT_URI", "http://127.0.0.1:0/callback")
            .start();
        // The empty file name turns cookies on.
        let page = curl(&["--location", "--cookie", "", &running.wait_for_authorization().url]);
        (page, running.finish())
    }

    /// The status that a token gets where it should bring the profile.
    fn status_for(&self, token: &str) -> String {
        let bearer = format!("Authorization: Bearer {token}");
        let status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
        curl(&[&status[..], &["--header", &bearer, &self.url("/me")]].concat())
    }
}

/// What `curl` receives.
fn curl(arguments: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]).args(arguments);
    let output = curl.output().expect("curl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Each kind of client logs in with these options, and its token gets this status afterwards.
fn assert_token_status_after(arguments: &[&str], status: &str) {
    let mut server = Server::start();
    for client in [PUBLIC, BASIC, POST] {
        let (page, finished) = server.log_in(client, arguments);
        finished.assert_success();
        assert_eq!(finished.stdout, "sub: mona\n");
        assert!(page.contains("You can close this tab."), "{page}");
        let token = server.wait_for_word("issued");
        assert_eq!(server.status_for(&token), status);
        let shown = [SECRET, &token].iter().any(|secret| finished.stderr.contains(secret));
        assert!(!shown, "{}", finished.stderr);
    }
}

#[test]
#[ignore = "needs node"]
fn a_public_client_and_both_places_for_a_secret_log_in() {
    assert_token_status_after(&[], "200");
}

#[test]
#[ignore = "needs node"]
fn a_token_that_is_given_back_is_dead() {
    assert_token_status_after(&["--revoke"], "401");
}

#[test]
#[ignore = "needs node"]
fn a_secret_in_the_wrong_place_is_refused() {
    let server = Server::start();
    for client in [Client { auth: "post", ..BASIC }, Client { auth: "basic", ..POST }] {
        let (_, finished) = server.log_in(client, &[]);
        finished.assert_failure("invalid_client");
    }
}

#[test]
#[ignore = "needs node"]
fn the_answer_is_printed_whole_with_a_refresh_token_that_works() {
    let mut server = Server::start();
    let (_, finished) = server.log_in(PUBLIC, &["--response"]);
    finished.assert_success();
    let answer: serde_json::Value = serde_json::from_str(&finished.stdout).expect(&finished.stdout);
    for name in ["access_token", "refresh_token", "id_token"] {
        assert!(!finished.stderr.contains(answer[name].as_str().unwrap()), "{}", finished.stderr);
    }
    assert_eq!(answer["access_token"], server.wait_for_word("issued"));
    let refresh = format!("refresh_token={}", answer["refresh_token"].as_str().unwrap());
    let form = ["-d", "grant_type=refresh_token", "-d", "client_id=public", "-d", &refresh];
    let refreshed = curl(&[&form[..], &[&server.url("/token")]].concat());
    assert!(refreshed.contains(&server.wait_for_word("issued")), "{refreshed}");
}
