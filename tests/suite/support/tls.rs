//! The other end of TLS: `openssl s_server`, so that the two ends are not of one make.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::Reply;

/// A folder with a CA, and a certificate for `localhost` and `idp.invalid`; none where there is no
/// openssl.
pub(crate) fn certificates(name: &str) -> Option<PathBuf> {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        eprintln!("not run: openssl is not installed");
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,DNS:idp.invalid\n").unwrap();
    for line in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    ] {
        let output =
            Command::new("openssl").args(line.split(' ')).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(folder)
}

/// An `openssl s_server`, whose standard input and output are the plain side of the connection.
pub(crate) struct TlsServer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl TlsServer {
    pub(crate) fn start(folder: &PathBuf) -> Self {
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                // One connection, and then its own end: nothing outlives the suite.
                "-naccept",
                "1",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                "server.pem",
                "-key",
                "server.key",
            ])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdin, mut stdout) =
            (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "openssl listens");
            if let Some(address) = line.trim().strip_prefix("ACCEPT ") {
                break address.rsplit_once(':').unwrap().1.parse().unwrap();
            }
        };
        Self { child, stdin, stdout, port }
    }

    /// Waits for a request and answers with this; gives the request, octet by octet.
    pub(crate) fn answer(mut self, method: &'static str, reply: &Reply) -> Receiver<String> {
        let Reply::Octets(octets) = reply.clone() else { unreachable!() };
        let (sender, request) = mpsc::channel();
        thread::spawn(move || {
            let (mut line, mut head, mut length) = (String::new(), String::new(), 0);
            // What stands before the request is openssl's own.
            while self.stdout.read_line(&mut line).is_ok_and(|count| count > 0) {
                if !head.is_empty() || line.starts_with(method) {
                    head.push_str(&line);
                }
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim_end().parse().unwrap();
                }
                if head.ends_with("\r\n\r\n") {
                    let mut body = vec![0; length];
                    self.stdout.read_exact(&mut body).unwrap();
                    let _ = sender.send(head + std::str::from_utf8(&body).unwrap());
                    self.stdin.write_all(&octets).unwrap();
                    // Until the program is done with it, and this side reads its end.
                    let _ = self.stdout.read_to_end(&mut Vec::new());
                    return;
                }
                line.clear();
            }
        });
        request
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
