//! The client's processes, as Linux tells of them: what they use, and their end.
//!
//! ```text
//! /proc/4711/stat       4711 (python3) S 4700 … 12 3 …      its parent, and its ticks
//! /proc/4711/task/4712/schedstat   539573139 655923675 193   nanoseconds in which a thread ran, and waited to
//! /proc/4711/environ    …\0BARE_OAUTH_EXAM=http://127.0.0.1:40123\0…
//! /proc/net/tcp         0: 0100007F:5022 00000000:0000 0A …      127.0.0.1:20514 listens
//! ```
//!
//! A child that has left its parent is known by the variable that every run has for itself.
//!
//! Left out: systems without /proc, where the client alone is ended, and children that have emptied
//! their environment and left.

use std::fs;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The unit of the times in `stat`.
const TICK: Duration = Duration::from_millis(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// The numbers that Linux tells of a process.
struct Stat {
    parent: u32,
    /// In user and in kernel mode.
    ticks: u32,
}

impl Stat {
    fn of(id: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name may have spaces and parentheses in it.
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<_> = fields.split(' ').collect();
        let user: u32 = fields.get(11)?.parse().ok()?;
        let kernel: u32 = fields.get(12)?.parse().ok()?;
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks: user + kernel })
    }
}

/// How long processes have used a core.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Busy {
    pub(super) ran: Duration,
    /// They wanted to run, and others did.
    pub(super) waited: Duration,
}

/// How busy a process and its children were; none where the system doesn't tell.
pub(super) fn busy(id: u32) -> Option<Busy> {
    Stat::of(id)?;
    let mut busy = Busy::default();
    let mut family = children(id);
    family.push(id);
    for process in family {
        let Some(stat) = Stat::of(process) else { continue };
        busy.ran += TICK * stat.ticks;
        busy.waited += waited(process);
    }
    Some(busy)
}

/// How long the threads of a process have waited for a core.
fn waited(id: u32) -> Duration {
    let mut waited = Duration::ZERO;
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return waited };
    for thread in threads.flatten() {
        let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let nanoseconds = text.split(' ').nth(1).unwrap_or_default();
        waited += Duration::from_nanos(nanoseconds.parse().unwrap_or(0));
    }
    waited
}

/// Ends a process and its children, the process first: a shell would tell of a child that was killed.
pub(super) fn end_with_children(id: u32) {
    let mut ids = vec![id];
    ids.extend(children(id));
    kill(&ids);
}

/// Ends every process that has this in its environment.
pub(super) fn end_marked(mark: &str) {
    kill_all(&|| marked(mark));
}

/// Ends the processes that are found, until none is found twice in a row: one that is just being made, or
/// just becomes another program, has no environment for a moment and is missed.
fn kill_all(find: &dyn Fn() -> Vec<u32>) {
    let mut looks_in_vain = 0;
    for _ in 0..20 {
        let ids = find();
        if ids.is_empty() {
            looks_in_vain += 1;
            if looks_in_vain == 2 {
                return;
            }
            thread::sleep(BETWEEN_LOOKS);
        } else {
            looks_in_vain = 0;
            kill(&ids);
        }
    }
}

/// The standard library ends no process but its own child. Every shell has a `kill`.
fn kill(ids: &[u32]) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "kill -KILL \"$@\"", "sh"]).args(ids.iter().map(u32::to_string));
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A socket on this machine.
struct Socket {
    ip: IpAddr,
    is_listening: bool,
}

/// The sockets of a port.
fn sockets(port: u16) -> Vec<Socket> {
    let its_end = format!(":{port:04X}");
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [_, local, _, state, ..] = fields.as_slice() else { continue };
            let Some(ip) = local.strip_suffix(&its_end) else { continue };
            let Some(ip) = read_ip(ip) else { continue };
            // `0A` is a port that listens, `06` one in TIME-WAIT.
            sockets.push(Socket { ip, is_listening: *state == "0A" });
        }
    }
    sockets
}

/// An address of 4 or 16 bytes, in words of the machine's own order.
fn read_ip(text: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    for word in text.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Some(IpAddr::from(bytes));
    }
    Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical())
}

/// An address of this machine at which others can come to a port.
pub(super) fn open_address(port: u16) -> Option<IpAddr> {
    let sockets = sockets(port);
    let open = sockets.iter().find(|socket| socket.is_listening && !socket.ip.is_loopback())?;
    Some(open.ip)
}

/// Whether the system still holds a port for connections that have ended.
pub(super) fn is_port_waiting(port: u16) -> bool {
    sockets(port).iter().any(|socket| !socket.is_listening)
}

/// The children of a process, with theirs.
fn children(id: u32) -> Vec<u32> {
    let mut family = vec![id];
    let ids = ids();
    loop {
        let before = family.len();
        // Numbers begin again when they have reached their end, so that a child may stand anywhere.
        for id in &ids {
            let is_child = Stat::of(*id).is_some_and(|stat| family.contains(&stat.parent));
            if is_child && !family.contains(id) {
                family.push(*id);
            }
        }
        if family.len() == before {
            family.remove(0);
            return family;
        }
    }
}

/// The processes that have this in their environment, and are no zombies.
fn marked(mark: &str) -> Vec<u32> {
    let mut marked = Vec::new();
    for id in ids() {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            marked.push(id);
        }
    }
    marked
}

/// Every process.
fn ids() -> Vec<u32> {
    let mut ids = Vec::new();
    let Ok(entries) = fs::read_dir("/proc") else { return ids };
    for entry in entries.flatten() {
        if let Ok(id) = entry.file_name().to_string_lossy().parse() {
            ids.push(id);
        }
    }
    ids
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_is_read_as_linux_writes_it() {
        let machine = if cfg!(target_endian = "little") { "0100007F" } else { "7F000001" };
        assert_eq!(read_ip(machine), Some(IpAddr::from([127, 0, 0, 1])));
        let word = if cfg!(target_endian = "little") { "01000000" } else { "00000001" };
        let v6 = format!("{}{word}", "0".repeat(24));
        assert_eq!(read_ip(&v6), "::1".parse().ok());
        assert_eq!(read_ip(&"0".repeat(32)), "::".parse().ok());
        for text in ["", "address", "0100007F01"] {
            assert_eq!(read_ip(text), None, "{text}");
        }
    }

    #[test]
    fn a_port_that_listens_on_loopback_is_closed_to_others() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = closed.local_addr().unwrap().port();
        assert!(sockets(port).iter().any(|socket| socket.is_listening));
        assert_eq!(open_address(port), None);
        let open = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = open.local_addr().unwrap();
        assert_eq!(open_address(address.port()), Some(address.ip()));
    }

    #[test]
    fn a_child_that_has_left_is_found_by_its_environment() {
        let mark = format!("BARE_OAUTH_EXAM=test-{}", std::process::id());
        let (name, value) = mark.split_once('=').unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "(sleep 100; echo still here) &"]).env(name, value);
        let mut shell = shell.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = shell.stdout.take().unwrap();
        // The shell is gone then, and its child holds the other end of the pipe.
        shell.wait().unwrap();
        end_marked(&mark);
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).unwrap();
        assert_eq!(printed, "");
        assert!(marked(&mark).is_empty());
    }
}
