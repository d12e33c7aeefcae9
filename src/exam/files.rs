//! The files that a client leaves in its home: those that hold a secret, and that others may read.
//!
//! ```text
//! .config/client/token.json     0644     others may read it
//! .config/client/token.json     0600     they may not
//! ```

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::books::Books;
use super::secrets::{Secret, Secrets};
use crate::practice::lock::locked;

/// How many files and folders are looked at, and how much of each file, in bytes.
const MAX_ENTRIES: usize = 5000;
const MAX_BYTES: u64 = 1 << 20;

/// The files in a folder that hold a secret of a run, and that others may read. The folder goes.
pub(super) fn with_secrets(home: &Path, books: &Books) -> Vec<String> {
    let mut secrets = Secrets::of(&locked(&books.record));
    // A verifier is worth nothing after its login.
    secrets.forget(Secret::Verifier);
    let mut open = Vec::new();
    for file in files(home) {
        if is_open(&file, home) && holds(&file, &secrets) {
            let name = file.strip_prefix(home).unwrap_or(&file);
            open.push(name.to_string_lossy().into_owned());
        }
    }
    let _ = fs::remove_dir_all(home);
    open
}

/// The files below a folder. A link leads out of it, and is left alone.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            if count == MAX_ENTRIES {
                return files;
            }
            count += 1;
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}

fn holds(file: &Path, secrets: &Secrets) -> bool {
    let Ok(file) = File::open(file) else { return false };
    let mut bytes = Vec::new();
    if file.take(MAX_BYTES).read_to_end(&mut bytes).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&bytes);
    secrets.first_in(&text).is_some()
}

/// The rights of the group, or of all others, as a mode has them.
#[cfg(unix)]
struct Rights {
    /// To read a file.
    read: u32,
    /// To come through a folder.
    enter: u32,
}

#[cfg(unix)]
const GROUP: Rights = Rights { read: 0o040, enter: 0o010 };
#[cfg(unix)]
const OTHERS: Rights = Rights { read: 0o004, enter: 0o001 };

/// Whether others may read a file, and come to it from this folder.
#[cfg(unix)]
fn is_open(file: &Path, home: &Path) -> bool {
    is_open_to(&GROUP, file, home) || is_open_to(&OTHERS, file, home)
}

#[cfg(unix)]
fn is_open_to(rights: &Rights, file: &Path, home: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    for path in file.ancestors() {
        if path == home {
            break;
        }
        let Ok(metadata) = fs::metadata(path) else { return false };
        let right = if path == file { rights.read } else { rights.enter };
        if metadata.permissions().mode() & right == 0 {
            return false;
        }
    }
    true
}

#[cfg(not(unix))]
fn is_open(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::env;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process;

    use super::*;

    #[test]
    fn others_may_read_what_they_come_to() {
        let home = env::temp_dir().join(format!("bare-oauth-files-{}", process::id()));
        let folder = home.join("client");
        let file = folder.join("token");
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, "").unwrap();
        let set = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (folder_mode, file_mode, is_told) in [
            (0o755, 0o644, true),
            (0o755, 0o604, true),
            (0o710, 0o640, true),
            (0o755, 0o600, false),
            // They may write, or run it.
            (0o755, 0o620, false),
            (0o755, 0o611, false),
            // They may see that it is there.
            (0o744, 0o644, false),
            (0o700, 0o644, false),
            // The group may come here, and others may read.
            (0o710, 0o604, false),
        ] {
            set(&folder, folder_mode);
            set(&file, file_mode);
            assert_eq!(is_open(&file, &home), is_told, "{folder_mode:o} {file_mode:o}");
        }
        fs::remove_dir_all(&home).unwrap();
    }
}
