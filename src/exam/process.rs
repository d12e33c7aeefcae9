//! What the system says of the client's process, and its end. Only Linux tells of its children.
//!
//! ```text
//! /proc/4711/stat: 4711 (python3) S 4700 … 12 3 …      its parent; its ticks in user and kernel mode
//! ```
//!
//! Left out: a process that has left its parent, and systems without a shell. The standard library
//! ends no process but its own child, so the shell's `kill` does.

use std::process::{Command, Stdio};
use std::{fs, iter};

/// The ticks that a process and its children have used; none where the system doesn't tell.
pub(super) fn ticks(id: u32) -> Option<u64> {
    stat(id)?;
    let number = |fields: &[String], at: usize| fields.get(at)?.parse::<u64>().ok();
    let used = |id| stat(id).and_then(|fields| Some(number(&fields, 11)? + number(&fields, 12)?));
    Some(family(id).into_iter().filter_map(used).sum())
}

/// Ends a process, and its children where the system tells of them.
pub(super) fn end(id: u32) {
    let family: Vec<_> = family(id).iter().map(ToString::to_string).collect();
    // Every shell has a `kill` of its own.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -KILL \"$@\"", "sh"]);
    let _ = command.args(family).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process and its children, with theirs.
fn family(id: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent = |id| stat(id).and_then(|fields| fields.get(1)?.parse::<u32>().ok());
    let known: Vec<_> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let of = |ids: &Vec<u32>| -> Vec<u32> {
        known.iter().filter(|(_, parent)| ids.contains(parent)).map(|(id, _)| *id).collect()
    };
    let next = |ids: &Vec<u32>| Some(of(ids)).filter(|ids| !ids.is_empty());
    iter::successors(Some(vec![id]), next).flatten().collect()
}

/// The fields after the name, which may have spaces in it.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}
