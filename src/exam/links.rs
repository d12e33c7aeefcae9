//! The folder with which the exam becomes the client's browser: links to this program, under the names
//! that programs look for. It is all that the exam writes, and it goes with the exam.
//!
//! ```text
//! BROWSER=/tmp/bare-oauth-exam-4711/browser
//! PATH=/tmp/bare-oauth-exam-4711:…            xdg-open, open, x-www-browser, sensible-browser, …
//! ```
//!
//! Left out: systems without links, where `$BROWSER` is this program itself and nothing else is.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The browsers of clients that don't look at `$BROWSER`.
const NAMES: [&str; 7] = [
    "browser",
    "xdg-open",
    "open",
    "x-www-browser",
    "www-browser",
    "sensible-browser",
    "gnome-open",
];

#[derive(Debug)]
pub(super) struct Links {
    folder: Option<PathBuf>,
    /// The value of `$BROWSER`.
    pub(super) browser: PathBuf,
}

impl Links {
    pub(super) fn make() -> io::Result<Self> {
        let program = env::current_exe()?;
        for place in [env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")] {
            let folder = place.join(format!("bare-oauth-exam-{}", std::process::id()));
            // Programs split `$BROWSER` at these, or replace them.
            if folder.to_string_lossy().contains([':', '%', ' ', '"', '\'']) {
                continue;
            }
            if link_all(&program, &folder).is_ok() {
                let browser = folder.join("browser");
                return Ok(Self { folder: Some(folder), browser });
            }
        }
        Ok(Self { folder: None, browser: program })
    }

    /// An empty folder, as the home of one run.
    pub(super) fn empty_home(&self, number: u16) -> io::Result<PathBuf> {
        let folder = self.folder.clone().unwrap_or_else(env::temp_dir);
        let home = folder.join(format!("home-{number}"));
        fs::create_dir(&home)?;
        Ok(home)
    }

    /// The client's `PATH`.
    pub(super) fn path(&self) -> Option<OsString> {
        let mut folders = vec![self.folder.clone()?];
        folders.extend(env::split_paths(&env::var_os("PATH")?));
        env::join_paths(folders).ok()
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Makes the folder. One that is there already was left behind, or laid as a trap.
fn link_all(program: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    for name in NAMES {
        link(program, &folder.join(name))?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(program: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, link)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
