//! What the system says of the client's process, and its end. Only Linux tells of its children.
//!
//! ```text
//! /proc/4711/stat: 4711 (python3) S 4700 … 12 3 …      its parent; its ticks in user and kernel mode
//! ```
//!
//! Left out: a process that has left its parent, and systems without a shell. The standard library
//! ends no process but its own child, so the shell's `kill` does.

use std::fs;
use std::process::{Command, Stdio};

/// The ticks that a process and its children have used; none where the system doesn't tell.
pub(super) fn ticks(id: u32) -> Option<u32> {
    let used = |id| Some(number(id, 11)? + number(id, 12)?);
    used(id).map(|_| family(id).into_iter().filter_map(used).sum())
}

/// Ends a process, and its children where the system tells of them.
pub(super) fn end(id: u32) {
    // Every shell has a `kill` of its own.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -KILL \"$@\"", "sh"]).args(family(id).iter().map(u32::to_string));
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process and its children, with theirs.
fn family(id: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut family = vec![id];
    // They stand there in order, and a child comes after its parent.
    for id in ids {
        if number(id, 1).is_some_and(|parent| family.contains(&parent)) {
            family.push(id);
        }
    }
    family
}

/// A number among the fields after the name, which may have spaces in it.
fn number(id: u32, at: usize) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(at)?.parse().ok()
}
