//! This program as the browser of an examined client: it tells the exam what it should open.
//!
//! ```text
//! $BROWSER http://127.0.0.1:40123/login/oauth/authorize?client_id=…
//! GET /exam/opened?url=http%3A%2F%2F127.0.0.1%3A40123%2F… HTTP/1.1\r\n          to the exam's provider
//! ```

use std::env;

use super::address::Address;
use super::client::MARK;
use super::http::{self, Kind};
use super::provider::OPENED;
use super::visit::{self, Cookies, Pace, Visit};
use crate::wire::form;

/// If this program was started as an examined client's browser, tells the exam what to open, and says
/// so. Nobody else has the variable.
pub fn open_as_browser() -> bool {
    let Ok(origin) = env::var(MARK) else { return false };
    let Some(address) = Address::parse(&origin) else { return false };
    for word in env::args().skip(1) {
        if word.starts_with("http") || word.starts_with("javascript:") {
            tell(&address, &word);
            return true;
        }
    }
    false
}

/// Tells the exam, and stays as long as it wants this browser to stay.
fn tell(address: &Address, url: &str) {
    let target = format!("{OPENED}?{}", form::encode(&[("url", url)]));
    let address = Address { target, ..address.clone() };
    let Some(stream) = visit::connect(&address.sockets()) else { return };
    let visit = Visit::get();
    if visit::write(&stream, &address, &visit, &Cookies::default(), Pace::Whole).is_ok() {
        let _ = http::read(&stream, Kind::Answer, &|| true);
    }
}
