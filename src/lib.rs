//! x
pub mod classes;
pub mod cut;
pub mod edit;
pub mod error;
mod graph;
pub mod linear;
