//! The command line from outside: a process, its exit code, what it prints and what it leaves on disk.

mod contradictions;
mod crash;
mod destination;
mod evaluation;
mod gate;
mod hostile;
mod keys;
mod labels;
mod leftovers;
mod lies;
mod lineage;
mod output;
mod policy;
mod precision;
mod process;
mod reproduce;
mod reproducible;
mod several;
mod signer;
mod signing;
mod statement;
mod tamper;
mod training;
mod usage;
