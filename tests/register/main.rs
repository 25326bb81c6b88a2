//! The register from outside: a process, its exit code, what it prints and what it leaves on disk.

mod bytes;
mod clock;
mod crash;
mod go;
mod home;
mod keys;
mod life;
mod proofs;
mod samples;
mod tamper;
mod usage;
mod writers;
