//! The static binary in an empty root: nothing there but the file itself, and what each test adds.
//!
//! Ignored in plain `make test`; `make test-static` builds the binary and runs them. They need
//! Linux, `unshare`, `ip` and `openssl`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use support::tls::{TlsServer, certificates};
use support::{Folder, Program, Provider};

/// A folder with the static binary and these other files in it.
fn root(name: &str, files: &[(&str, &[u8])]) -> Folder {
    let folder = Folder::new(name);
    fs::create_dir(folder.join("etc")).unwrap();
    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/target/static/bare-oauth-classroom");
    let program = std::env::var("BARE_OAUTH_BIN").unwrap_or(whole.to_owned());
    fs::copy(program, folder.join("bare-oauth")).expect("make static has built it");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    if !files.iter().any(|(name, _)| name.starts_with("etc/")) {
        fs::remove_dir(folder.join("etc")).unwrap();
    }
    folder
}

/// The program in that folder, for which there is nothing else in the world.
fn shut_in(program: Program, root: &Path, arguments: &[&str]) -> Program {
    let root = root.to_str().unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let (command, mut all) = if is_root {
        ("chroot", vec![root, "/bare-oauth"])
    } else {
        ("unshare", vec!["-r", "chroot", root, "/bare-oauth"])
    };
    all.extend(arguments);
    program.through(command, &all)
}

#[cfg(feature = "classroom")]
#[test]
#[ignore = "needs the static binary: make test-static"]
fn practice_logs_in_with_nothing_but_the_file() {
    let root = root("empty-root", &[]);
    let names = || -> Vec<_> {
        fs::read_dir(&*root).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(), ["bare-oauth"]);
    for redirect_uri in ["http://localhost:0/callback", "http://127.0.0.1:0/callback"] {
        let program = Program::bare(&[]).env("REDIRECT_URI", redirect_uri);
        let finished = shut_in(program, &root, &["practice"]).run();
        finished.assert_success();
        assert!(finished.stdout.starts_with("login: octocat\n"));
    }
    assert_eq!(names(), ["bare-oauth"], "it writes nothing");
}

#[test]
#[ignore = "needs the static binary: make test-static"]
fn the_built_in_roots_refuse_a_stranger_with_nothing_but_the_file() {
    let folder = certificates("empty-root-stranger");
    let server = TlsServer::start(&folder);
    let provider = Provider::friendly();
    let program = Program::at(&provider, &[])
        .env("TOKEN_URL", &format!("https://127.0.0.1:{}/token", server.port));
    let root = root("empty-root-tls", &[]);
    let (_, finished) = shut_in(program, &root, &["--no-browser"]).log_in();
    finished
        .assert_failure("its certificate is signed by an authority that this program doesn't know");
    assert!(finished.error().contains("UnknownIssuer"), "{}", finished.error());
}

#[test]
#[ignore = "needs the static binary: make test-static"]
fn names_come_from_etc_hosts_or_from_etc_resolv_conf_and_each_is_looked_up_once() {
    // In a network of this test's own, so that it may be the DNS server there, and meets no other.
    let inside = "INSIDE_THE_NETWORK";
    if std::env::var_os(inside).is_none() {
        let status = Command::new("unshare")
            .args(["-rn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg(thread::current().name().unwrap())
            .env(inside, "1")
            .status()
            .expect("unshare is installed");
        assert!(status.success());
        return;
    }
    let questions = answer_names();
    let hosts = ("etc/hosts", &b"127.0.0.1 idp.invalid\n"[..]);
    let resolv_conf = ("etc/resolv.conf", &b"nameserver 127.0.0.1\n"[..]);
    // An A and an AAAA question are one lookup; leg 3 makes one, and leg 4.
    for (name, file, lookups) in [("root-hosts", hosts, 0), ("root-dns", resolv_conf, 2)] {
        let folder = certificates(&format!("{name}-ca"));
        let ca = fs::read(folder.join("ca.pem")).unwrap();
        let root = root(name, &[file, ("ca.pem", &ca)]);
        // Each takes one connection, and answers one request on it.
        let token = TlsServer::start(&folder);
        let user = TlsServer::start(&folder);
        let provider = Provider::friendly();
        let program = Program::at(&provider, &[])
            .env("TOKEN_URL", &format!("https://idp.invalid:{}/token", token.port))
            .env("USER_URL", &format!("https://idp.invalid:{}/user", user.port))
            .env("SSL_CERT_FILE", "/ca.pem");
        token.answer("POST /token HTTP/1.1", &Provider::token());
        user.answer("GET /user HTTP/1.1", &Provider::profile());
        let (_, finished) = shut_in(program, &root, &["--no-browser"]).log_in();
        finished.assert_success();
        assert!(finished.stdout.starts_with("login: mona\n"), "{}", finished.stdout);

        let mut asked = std::mem::take(&mut *questions.lock().unwrap());
        asked.sort_unstable();
        let v4 = vec![A; lookups];
        let v6 = vec![AAAA; lookups];
        assert_eq!(asked, [v4, v6].concat());
    }
}

/// The types of the questions for an IPv4 and an IPv6 address: RFC 1035 §3.2.2, RFC 3596 §2.1.
const A: u16 = 1;
const AAAA: u16 = 28;

/// A DNS server that knows one name, at 127.0.0.1; what it was asked, by type. RFC 1035 §4.1.
fn answer_names() -> Arc<Mutex<Vec<u16>>> {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let questions = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&questions);
    thread::spawn(move || {
        let mut bytes = [0; 512];
        loop {
            let (length, peer) = socket.recv_from(&mut bytes).unwrap();
            // A header of 12 bytes, then the name in labels, the type, and the class.
            let name = b"\x03idp\x07invalid\x00";
            let end = 12 + name.len() + 4;
            assert!(length >= end && bytes[12..].starts_with(name));
            let kind = u16::from_be_bytes([bytes[end - 4], bytes[end - 3]]);
            kept.lock().unwrap().push(kind);
            let count = u8::from(kind == A);
            let mut answer = bytes[..end].to_vec();
            // A response, recursion available; one question, as many answers, nothing else.
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0]);
            if kind == A {
                // The name of the question, type, class, a minute, four bytes of address.
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            socket.send_to(&answer, peer).unwrap();
        }
    });
    questions
}
