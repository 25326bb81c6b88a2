//! The gate in git, with real repositories: what is pushed to a bare remote on disk, and what is refused.

mod budget;
mod chain;
mod ci;
mod hostile;
mod install;
mod kinds;
mod lfs;
mod limits;
mod objects;
#[path = "../process/mod.rs"]
mod process;
mod refused;
mod repository;
mod server;
mod trees;
mod trust;
