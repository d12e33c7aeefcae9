//! The parts of secrets: each run of eight bytes, by which a text is known to repeat one.
//!
//! ```text
//! the secret   4f2c8d1e90
//! its parts    4f2c8d1e  f2c8d1e9  2c8d1e90
//! ```
//!
//! The text is looked at as it is and with its escapes undone, one layer after another, so that any
//! mix of codings is found. Left out: secrets of fewer than eight bytes, and what [`super::coding`]
//! leaves out. Shown by `show/hidden.rs` and `show/tests.rs`.

use crate::show::coding::undo;

/// How many layers of escapes are undone.
const LAYERS: usize = 2;

/// Each run of eight bytes, as a number of 64 bits.
#[derive(Default)]
pub(super) struct Parts(Vec<u64>);

impl Parts {
    /// Adds the parts of a secret.
    pub(super) fn add(&mut self, secret: &str) {
        self.0.extend(runs(secret.as_bytes()));
    }

    /// Whether a part stands in the text, in whatever coding.
    pub(super) fn are_in(&mut self, text: &str) -> bool {
        // Hardly any work where they are in order already.
        self.0.sort_unstable();
        let mut text = text.as_bytes().to_vec();
        for _ in 0..LAYERS {
            if self.stand_in(&text) {
                return true;
            }
            let undone = undo(&text);
            if undone == text {
                return false;
            }
            text = undone;
        }
        self.stand_in(&text)
    }

    fn stand_in(&self, text: &[u8]) -> bool {
        runs(text).any(|run| self.0.binary_search(&run).is_ok())
    }
}

/// Each run of eight bytes. A `+`, which stands for a space in a form, counts as a space, both in the
/// secret and in the text.
fn runs(text: &[u8]) -> impl Iterator<Item = u64> {
    let mut run = 0;
    let runs = text.iter().map(move |&byte| {
        let byte = if byte == b'+' { b' ' } else { byte };
        run = (run << 8) | u64::from(byte);
        run
    });
    // The first seven are shorter.
    runs.skip(7)
}
