//! The provider: answers as each test tells it, and keeps what it was sent, byte by byte.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{JSON, PATIENCE, REFRESH_TOKEN, TOKEN};

/// The answer to a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends this head, then blanks without end, or until nobody reads.
    Blanks(Vec<u8>),
    /// Says nothing, and holds the connection.
    Nothing,
    /// Ends the connection with a reset.
    Reset,
    /// Sends these bytes, and ends the connection with a reset.
    CutByReset(Vec<u8>),
}

impl Reply {
    /// The answer as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            _ => unreachable!(),
        }
    }
}

/// A whole answer.
pub(crate) fn reply(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(
        format!("HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
            .into_bytes(),
    )
}

/// An answer in chunks of so many bytes, whose head and chunks end their lines so.
pub(crate) fn chunked(body: &str, size: usize, end: &str) -> Reply {
    let head = ["HTTP/1.1 200 OK", JSON.trim_end(), "Transfer-Encoding: chunked", "", ""].join(end);
    let mut bytes = head.into_bytes();
    for chunk in body.as_bytes().chunks(size) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    Reply::Bytes(bytes)
}

pub(crate) struct Provider {
    origin: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// A provider on a free port that answers the two requests so.
    pub(crate) fn start(token: Reply, user: Reply) -> Self {
        Self::start_with_revocation(token, user, reply(404, "", ""))
    }

    /// The same, with an answer for leg 5.
    pub(crate) fn start_with_revocation(token: Reply, user: Reply, revoke: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                let replies = [&token, &user, &revoke].map(Reply::clone);
                thread::spawn(move || serve(stream.unwrap(), &kept, &replies));
            }
        });
        Self { origin, requests }
    }

    /// A provider that says yes.
    pub(crate) fn friendly() -> Self {
        Self::start(Self::token(), Self::profile())
    }

    /// A good answer to leg 3.
    pub(crate) fn token() -> Reply {
        let body = format!(
            r#"{{"access_token":"{TOKEN}","expires_in":28800,"refresh_token":"{REFRESH_TOKEN}","scope":"read:user","token_type":"Bearer"}}"#
        );
        reply(200, JSON, &body)
    }

    /// A good answer to leg 4.
    pub(crate) fn profile() -> Reply {
        let body = r#"{"login":"mona","id":18446744073709551615,"name":"Mona <b>\u001b[31m\u202e","plan":{"z":1,"a":[]},"email":null}"#;
        reply(200, JSON, body)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request.
fn serve(mut stream: TcpStream, kept: &Mutex<Vec<String>>, [token, user, revoke]: &[Reply; 3]) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let Some(mut request) = read_head_but_its_last_byte(&mut stream) else {
        return;
    };
    let reply = match request.split(' ').nth(1) {
        Some("/token") if request.starts_with("POST ") => token,
        Some(path) if path.ends_with("/revoke") || path.contains("/applications/") => revoke,
        _ => user,
    };
    if matches!(reply, Reply::Reset) {
        // Closing a socket with unread bytes resets it.
        return;
    }
    if let Reply::CutByReset(bytes) = reply {
        if read_rest_but_its_last_byte(&mut stream, &request).is_some() {
            let _ = stream.write_all(bytes);
        }
        return;
    }
    let Some(rest) = read_rest(&mut stream, &request) else {
        return;
    };
    request.push_str(&rest);
    kept.lock().unwrap().push(request);
    match reply {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(bytes);
        }
        Reply::Blanks(head) => {
            let blanks = vec![b' '; 1 << 20];
            let _ = stream.write_all(head);
            while stream.write_all(&blanks).is_ok() {}
        }
        // The read ends when the other side gives up.
        Reply::Nothing => {
            let _ = stream.read(&mut [0]);
        }
        Reply::Reset | Reply::CutByReset(_) => unreachable!(),
    }
}

/// A head without the LF at its end, so that there is a byte to be left unread. None where it isn't
/// text, as with TLS.
fn read_head_but_its_last_byte(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        if !byte.is_ascii() {
            return None;
        }
        head.extend(byte);
    }
    Some(String::from_utf8(head).unwrap())
}

/// The last byte of the head, and a body of the length that the head says.
fn read_rest(stream: &mut TcpStream, head: &str) -> Option<String> {
    let mut rest = read_rest_but_its_last_byte(stream, head)?;
    let mut last = [0];
    stream.read_exact(&mut last).ok()?;
    rest.push(char::from(last[0]));
    Some(rest)
}

/// The same without its last byte, so that there is a byte to be left unread.
fn read_rest_but_its_last_byte(stream: &mut TcpStream, head: &str) -> Option<String> {
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).ok()?;
    Some(String::from_utf8(rest).unwrap())
}
