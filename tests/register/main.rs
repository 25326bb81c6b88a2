//! The register from outside: a process, its exit code, what it prints and what it leaves on disk.

mod bytes;
mod clock;
mod crash;
mod dossier;
mod forged;
mod go;
mod home;
mod keys;
mod life;
mod others;
mod proofs;
mod samples;
mod seen;
mod tamper;
#[path = "../judged/tsa.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod tsa;
mod usage;
mod views;
mod who;
mod writers;
