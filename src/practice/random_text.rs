//! Tickets, codes and tokens: random text.

use std::io;

use crate::secret::{base64url, random};

/// Random text of up to 43 characters. Errors: when the system gives no random bytes.
pub(super) fn random_text(length: usize) -> io::Result<String> {
    let mut text = base64url::encode(&random::bytes()?);
    text.truncate(length);
    Ok(text)
}
