//! Models from a hub and releases to it, against a server of this test's own on loopback.

mod failing;
mod fetching;
mod fleet;
mod hostile;
mod judging;
mod looking;
mod pushing;
mod releases;
mod run;
mod server;
#[path = "../judged/venv.rs"]
mod venv;
