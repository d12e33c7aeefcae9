//! An HTTP client for legs 3 to 5: requests, answers, and a trace of their bytes.

pub mod answer;
mod broken;
pub mod client;
mod connect;
pub mod json;
mod layout;
mod message;
mod rate_limit;
mod refusal;
pub mod request;
mod resolve;
pub mod shown;
pub mod step;
mod tap;
pub mod trace;
