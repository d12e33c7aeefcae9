//! The other end of TLS: `openssl s_server`, so that the two ends are not of one make.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::{Folder, Reply};

/// A folder with a CA, and a certificate for `localhost` and `idp.invalid`.
pub(crate) fn certificates(name: &str) -> Folder {
    let folder = Folder::new(name);
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,DNS:idp.invalid\n").unwrap();
    for line in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    ] {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(&*folder).output();
        let output = output.expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

/// Signs the server's certificate again, as `NAME.pem`, for a time from `from` to `to`.
pub(crate) fn sign_for_a_time(folder: &Folder, name: &str, from: &str, to: &str) {
    let configuration = "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nnew_certs_dir = .\n\
        default_md = sha256\nserial = serial.txt\npolicy = any\n[any]\ncommonName = supplied\n";
    fs::write(folder.join("ca.cnf"), configuration).unwrap();
    fs::write(folder.join("index.txt"), "").unwrap();
    let out = format!("{name}.pem");
    let output = Command::new("openssl")
        .args(["ca", "-batch", "-notext", "-create_serial", "-config", "ca.cnf"])
        .args(["-cert", "ca.pem", "-keyfile", "ca.key", "-in", "server.csr", "-extfile", "names"])
        .args(["-startdate", from, "-enddate", to, "-out", &out])
        .current_dir(&**folder)
        .output()
        .expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::copy(folder.join("server.key"), folder.join(format!("{name}.key"))).unwrap();
}

/// An `openssl s_server`, whose standard input and output are the plain side of the connection.
pub(crate) struct TlsServer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl TlsServer {
    /// A server with the certificate that the folder's CA has signed.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, "server")
    }

    /// A server with one of the folder's certificates.
    pub(crate) fn start_with(folder: &Path, name: &str) -> Self {
        let certificate = format!("{name}.pem");
        let key = format!("{name}.key");
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                // One connection, and then its own end: nothing outlives the suite.
                "-naccept",
                "1",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                &certificate,
                "-key",
                &key,
            ])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
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

    /// Waits for a request and answers with this; gives the request, byte by byte.
    pub(crate) fn answer(mut self, method: &'static str, reply: &Reply) -> Receiver<String> {
        let bytes = reply.text();
        let (sender, request) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let mut head = String::new();
            let mut length = 0;
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
                    self.stdin.write_all(bytes.as_bytes()).unwrap();
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
