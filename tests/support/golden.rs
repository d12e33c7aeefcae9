//! Lists that the program has, and that a test would only type a second time.

use std::path::Path;
use std::{env, fs};

/// The text is that of a file in `tests/golden`. With `UPDATE=1` in the environment the file is written
/// instead: `UPDATE=1 make test`, and then read the diff.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, text).unwrap();
        return;
    }
    // A checkout for Windows may end lines its own way.
    let known = fs::read_to_string(&file).unwrap_or_default().replace('\r', "");
    assert_eq!(text, known, "{} differs; UPDATE=1 rewrites it", file.display());
}
