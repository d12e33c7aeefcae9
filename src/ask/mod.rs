//! The HTTP client of legs 3 to 5, and the tap that shows its bytes.

pub mod client;
pub mod json;
pub mod trace;
