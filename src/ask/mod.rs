//! An HTTP client for legs 3 to 5: requests, answers, and a trace of their bytes.

pub mod answer;
pub mod client;
pub mod json;
pub mod request;
mod tap;
pub mod trace;
