//! Showing text: secrets are masked, and marks that could fool a terminal are spelled out.

pub mod coding;
pub mod drawing;
pub mod hidden;
pub mod html;
pub mod learn;
pub mod mask;
pub mod names;
pub mod parts;
pub mod terminal;
#[cfg(test)]
mod tests;
